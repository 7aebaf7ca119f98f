"""Drawing triangles with VTK, off screen and in software if need be: one pass gives colour, number and depth.

Colours are drawn as they are, without lamps: light is worked out before (``light``). The number of
the object stands in the alpha channel, which needs blending switched off.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.errors import Unavailable
from recordings.render.batch import Batch
from recordings.render.lens import Lens

NEAR_M, FAR_M = 0.25, 300.0
_GL_BLEND = 0x0BE2
Colour = NDArray[np.uint8]
Depth = NDArray[np.float32]


class Raster:
    """One off-screen window. Use ``raster()``: a process needs only one."""

    def __init__(self) -> None:
        drawing, core = _vtk("vtkRenderingOpenGL2"), _vtk("vtkRenderingCore")
        # On Linux the window of EGL needs no display; elsewhere VTK's own choice does.
        kind = getattr(drawing, "vtkEGLRenderWindow", None) if sys.platform.startswith("linux") else None
        self._window: Any = (kind or drawing.vtkOpenGLRenderWindow)()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._renderer: Any = core.vtkRenderer()
        self._renderer.SetBackground(0.0, 0.0, 0.0)
        self._renderer.SetBackgroundAlpha(0.0)
        self._renderer.AddObserver("StartEvent", self._without_blending)
        self._window.AddRenderer(self._renderer)
        self._mapper: Any = core.vtkPolyDataMapper()
        self._mapper.SetColorModeToDirectScalars()
        actor = core.vtkActor()
        actor.SetMapper(self._mapper)
        actor.GetProperty().LightingOff()
        actor.ForceOpaqueOn()
        self._renderer.AddActor(actor)
        self._projection: Any = _vtk("vtkCommonMath").vtkMatrix4x4()
        self._size: tuple[int, int] = (0, 0)

    def _without_blending(self, *_: object) -> None:
        self._window.GetState().vtkglDisable(_GL_BLEND)

    def draw(self, lens: Lens, batch: Batch, colours: Colour) -> tuple[Colour, Depth]:
        """Colour and number (h, w, 4) uint8, and depth (h, w) from 0 near to 1 far or nothing; ``metres`` reads it.

        ``colours`` (n, 3) are of the corners, lit already. Sizes are ``lens.drawn_px``.
        """
        common, to_numpy = _vtk("vtkCommonCore"), _vtk("util.numpy_support").vtk_to_numpy
        width, height = lens.drawn_px
        if self._size != lens.drawn_px:
            self._window.SetSize(width, height)
            self._size = lens.drawn_px
        self._mapper.SetInputData(_poly_data(batch, colours))
        self._aim(lens)
        self._window.Render()
        pixels, depths = common.vtkUnsignedCharArray(), common.vtkFloatArray()
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, pixels)
        self._window.GetZbufferData(0, 0, width - 1, height - 1, depths)
        picture = np.ascontiguousarray(to_numpy(pixels).reshape(height, width, 4)[::-1])
        z = np.ascontiguousarray(to_numpy(depths).reshape(height, width)[::-1])
        return picture, z

    def _aim(self, lens: Lens) -> None:
        camera = self._renderer.GetActiveCamera()
        pose = lens.camera
        camera.SetPosition(*pose.centre_m)
        camera.SetFocalPoint(*(pose.centre_m + pose.rotation[2]))
        camera.SetViewUp(*(-pose.rotation[1]))
        (fx, skew, cx), (_, fy, cy) = lens.matrix[0], lens.matrix[1]
        width, height = lens.drawn_px
        # Camera axes right, down, forward to the graphics card's right, up, backward.
        rows = (
            (2 * fx / width, -2 * skew / width, 1 - 2 * (cx + 0.5) / width, 0.0),
            (0.0, 2 * fy / height, 2 * (cy + 0.5) / height - 1, 0.0),
            (0.0, 0.0, (FAR_M + NEAR_M) / (NEAR_M - FAR_M), 2 * FAR_M * NEAR_M / (NEAR_M - FAR_M)),
            (0.0, 0.0, -1.0, 0.0),
        )
        self._projection.DeepCopy([float(v) for row in rows for v in row])
        camera.SetUseExplicitProjectionTransformMatrix(True)
        camera.SetExplicitProjectionTransformMatrix(self._projection)


@lru_cache(maxsize=1)
def raster() -> Raster:
    """The process's window. Raises Unavailable without VTK."""
    return Raster()


def _vtk(module: str) -> Any:
    """A module of VTK, which has no types that hold on every machine."""
    try:
        return import_module(f"vtkmodules.{module}")
    except ImportError as error:
        raise Unavailable(f"drawing a plant needs VTK ({error}), expected: pip install hoistwatch[plant]") from error


def _poly_data(batch: Batch, colours: Colour) -> Any:
    arrays, model = _vtk("util.numpy_support"), _vtk("vtkCommonDataModel")
    points = _vtk("vtkCommonCore").vtkPoints()
    points.SetData(arrays.numpy_to_vtk(batch.points_m, deep=True))
    cells = model.vtkCellArray()
    offsets = np.arange(0, 3 * len(batch.faces) + 1, 3, dtype=np.int64)
    cells.SetData(
        arrays.numpy_to_vtkIdTypeArray(offsets, deep=True),
        arrays.numpy_to_vtkIdTypeArray(batch.faces.ravel().astype(np.int64), deep=True),
    )
    scalars = arrays.numpy_to_vtk(np.column_stack([colours, batch.ids]), deep=True)
    scalars.SetName("colour and number")
    data = model.vtkPolyData()
    data.SetPoints(points)
    data.SetPolys(cells)
    data.GetPointData().SetScalars(scalars)
    return data


def metres(buffer: Depth) -> Depth:
    """Depth in metres along the axis of a drawn depth of 0 to 1; inf where nothing is."""
    with np.errstate(divide="ignore"):
        z = (NEAR_M * FAR_M) / (FAR_M - buffer * np.float32(FAR_M - NEAR_M))
    z[buffer >= 1.0] = np.inf
    return np.asarray(z, np.float32)
