"""A coloured triangle mesh in world metres: what every part of a scene comes down to before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
Faces = NDArray[np.int32]
Colours = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles with a colour at each corner.

    Attributes:
        points_m: (n, 3) corners, world frame.
        faces: (m, 3) corners of each triangle, counter-clockwise seen from outside.
        colours: (n, 3) sRGB.
        shine: 0 matt to 1 polished.
        smooth: shade over the edges, as for bodies; boxes stay flat.
    """

    points_m: Points
    faces: Faces
    colours: Colours
    shine: float = 0.1
    smooth: bool = False
