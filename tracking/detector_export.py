"""From PyTorch weights to a model that OpenVINO runs: once, whole, and in a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from calibration.errors import BadInput, Unavailable
from tracking.detector_files import cache_folder, sha256_of

_ROOT = Path(__file__).resolve().parents[1]
_LAYOUT = "openvino-1"
"""Part of a cached model's name; rises when exports change so that older ones do not fit."""


def export_openvino(weights: Path, out_folder: Path, size_px: int = 640, half: bool = False) -> Path:
    """Export a .pt detector for OpenVINO into ``out_folder``: all of it, or nothing.

    The model keeps a dynamic input shape, so that each camera gets the tightest input of its own
    aspect ratio; ``size_px`` is only what its metadata names. ``half`` stores weights as 16-bit
    floats. An earlier export in ``out_folder`` is replaced. The work is done by a child process:
    torch does not stay in this one's memory, and nothing is sent or downloaded.

    Raises:
        Unavailable: the weights are missing or damaged.
        BadInput: ``out_folder`` is something else than an exported model.
    """
    if not weights.is_file():
        raise Unavailable(f"{weights}: there is no such file, expected the .pt file of an ultralytics detector")
    if out_folder.exists() and not (out_folder.is_dir() and _replaceable(out_folder)):
        raise BadInput(f"{out_folder}: holds something else than an exported model, expected a new or empty folder")
    try:
        out_folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{out_folder.name}-", dir=out_folder.parent))
    except OSError as error:
        raise BadInput(f"{out_folder}: cannot be written ({error.strerror})") from error
    try:
        fresh = _in_child(weights, made, size_px, half)
        if out_folder.exists():
            os.replace(out_folder, made / "old")
        os.replace(fresh, out_folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return out_folder


def cached_export(weights: Path, cache_dir: Path | None = None, size_px: int = 640) -> Path:
    """The OpenVINO export of a .pt file, made at first use and kept under the hash of the file.

    ``cache_dir`` is by default the user's cache folder, or what HOISTWATCH_CACHE names.
    """
    if not weights.is_file():
        raise Unavailable(f"{weights}: there is no such file, expected the .pt file of an ultralytics detector")
    folder = (cache_dir or cache_folder()) / "models" / f"{sha256_of(weights)[:32]}-{_LAYOUT}"
    if folder.is_dir() and any(folder.glob("*.xml")):
        return folder
    try:
        return export_openvino(weights, folder, size_px)
    except OSError:
        # Another process was faster: its export is as good.
        if any(folder.glob("*.xml")):
            return folder
        raise


def _replaceable(folder: Path) -> bool:
    return all(file.suffix in (".xml", ".bin", ".yaml") for file in folder.iterdir())


def _in_child(weights: Path, folder: Path, size_px: int, half: bool) -> Path:
    """Run ``main`` below in a new interpreter; the folder with the export."""
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join([str(_ROOT), *filter(None, [environment.get("PYTHONPATH")])])
    command = [
        sys.executable,
        "-m",
        "tracking.detector_export",
        str(weights),
        str(folder),
        str(size_px),
        str(int(half)),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    made = folder / "model_openvino_model"
    if done.returncode != 0 or not any(made.glob("*.xml")):
        last = (done.stderr.strip().splitlines() or ["the exporter ended without a word"])[-1]
        raise Unavailable(last if done.returncode == 2 else f"{weights}: cannot be exported for OpenVINO ({last})")
    return made


def main(arguments: list[str]) -> int:
    """The child's part: arguments are weights, folder, size, half."""
    weights, folder, size_px, half = Path(arguments[0]), Path(arguments[1]), int(arguments[2]), arguments[3] == "1"
    # OpenVINO's converter reports its use over the network unless this package is absent.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    from tracking.torch_models import load_yolo

    copy = folder / "model.pt"
    shutil.copyfile(weights, copy)
    try:
        model = load_yolo(copy)
    except Unavailable as error:
        print(str(error).replace(str(copy), str(weights)), file=sys.stderr)
        return 2
    with contextlib.redirect_stdout(sys.stderr):
        model.export(format="openvino", imgsz=size_px, dynamic=True, verbose=False, **({"half": True} if half else {}))
    copy.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
