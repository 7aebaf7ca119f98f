"""Where does the sample recording take place? One hall, one bridge crane, four cameras in its corners."""

from __future__ import annotations

import math

import numpy as np

from calibration.site import CameraTable, Floor, Hoist, Relay, Site, Structure, Zone

HOIST = "H1"
FAILING_CAMERA = "cam3"
WIDTH_M, DEPTH_M = 24.0, 12.0
CRATE_M = (0.9, 0.8, 0.8)
"""Length, width and height of the load."""
SLING_M = 0.8
RATE_HZ = 10.0

_SIZE_PX = (1920, 1080)
_VIEW_RAD = math.radians(84.0)
_COLUMN_M = 0.4


def sample_site() -> Site:
    """The site that the sample recording carries with it."""
    return Site(
        site=Floor(name="Hall 3", boundary_m=_box(0.0, 0.0, WIDTH_M, DEPTH_M)),
        camera=(
            _camera("cam1", (0.3, 0.3, 5.8), (8.5, 6.2)),
            _camera("cam2", (23.7, 0.3, 5.6), (15.5, 6.2)),
            _camera("cam3", (23.7, 11.7, 5.9), (15.5, 5.8)),
            _camera("cam4", (0.3, 11.7, 5.7), (8.5, 5.8)),
        ),
        hoist=(
            Hoist(
                name=HOIST,
                kind="bridge",
                travel_m=((1.5, 1.0), (22.5, 11.0)),
                beam_height_m=7.0,
                hook_height_m=(0.3, 6.0),
                travel_speed_mps=(0.17, 0.5),
                hoist_speed_mps=(0.05, 0.32),
                deceleration_mps2=0.3,
                load_radius_m=0.6,
                load_height_m=CRATE_M[2],
                sling_length_m=SLING_M,
            ),
        ),
        structure=(
            Structure(name="column C2", polygon_m=_column(8.6, 2.8), height_m=6.0),
            Structure(name="column C4", polygon_m=_column(17.4, 2.8), height_m=6.0),
            Structure(name="press", polygon_m=_box(18.6, 9.6, 21.4, 11.2), height_m=2.6),
        ),
        zone=(
            Zone(name="aisle", kind="walkway", polygon_m=_box(0.0, 1.3, WIDTH_M, 2.6)),
            Zone(name="assembly bay", kind="work", polygon_m=_box(4.0, 6.0, 9.5, 10.5)),
            Zone(name="press pit", kind="exclusion", polygon_m=_box(18.2, 9.2, 21.8, 11.6)),
        ),
        relay=(
            Relay(
                name="cabinet-1",
                outputs={
                    "permit": (HOIST, "permit"),
                    "slow": (HOIST, "slow"),
                    "siren": ("hall", "danger"),
                    "beacon": ("hall", "warning"),
                },
            ),
        ),
    )


def _camera(name: str, at_m: tuple[float, float, float], to_m: tuple[float, float]) -> CameraTable:
    """An upright camera at one point that looks at a point 1 m above the floor."""
    centre = np.array(at_m)
    forward = np.array((*to_m, 1.0)) - centre
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    # Rounded as a calibration file would be; the sample is made with the rounded camera as well.
    rotation = np.round(np.stack([right, np.cross(forward, right), forward]), 6)
    focal = round(_SIZE_PX[0] / 2 / math.tan(_VIEW_RAD / 2), 1)
    return CameraTable(
        name=name,
        size_px=_SIZE_PX,
        matrix=((focal, 0.0, _SIZE_PX[0] / 2), (0.0, focal, _SIZE_PX[1] / 2), (0.0, 0.0, 1.0)),
        rotation=tuple(tuple(float(v) for v in row) for row in rotation),
        translation_m=tuple(round(float(v), 6) for v in -rotation @ centre),
        rate_hz=RATE_HZ,
    )


def _column(x_m: float, y_m: float) -> tuple[tuple[float, float], ...]:
    return _box(x_m, y_m, x_m + _COLUMN_M, y_m + _COLUMN_M)


def _box(x0: float, y0: float, x1: float, y1: float) -> tuple[tuple[float, float], ...]:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
