"""A detector of YOLO's form that finds nobody, and computes no numbers (NaN) for a picture that is bright."""

from __future__ import annotations

from pathlib import Path

BRIGHTEST = 0.58
"""Mean of a picture, of 1, from which on the root below is of a negative number."""
_PLACES = 100


def nan_model(folder: Path) -> Path:
    """Write the model as OpenVINO's .xml and .bin; the .xml."""
    import numpy as np
    import openvino
    from openvino import opset13 as ops

    picture = ops.parameter([1, 3, -1, -1], np.float32, name="images")
    mean = ops.reduce_mean(picture, np.array([0, 1, 2, 3]), keep_dims=False)
    root = ops.sqrt(ops.subtract(ops.constant(np.float32(BRIGHTEST)), mean))
    # Times zero: nobody is found; NaN times zero stays NaN.
    nothing = ops.multiply(root, ops.constant(np.zeros((1, 5, _PLACES), np.float32)))
    model = openvino.Model([nothing], [picture], "nan")
    model.set_rt_info("person", ["model_info", "labels"])
    path = folder / "nan.xml"
    openvino.save_model(model, path, compress_to_fp16=False)
    return path
