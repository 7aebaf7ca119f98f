"""A hall for the tests of the console: 24 x 12 m, four cameras, two hoists, columns, zones, a relay node."""

from __future__ import annotations

import math

import numpy as np

from calibration.outputs import Relay
from calibration.site import Bus, CameraTable, Floor, Hoist, Site, Structure, Zone

SIZE_PX = (1920, 1080)


def looking(name: str, at_m: tuple[float, float, float], to_m: tuple[float, float, float]) -> CameraTable:
    """A camera at one point that looks at another, upright, with a field of view of about 80 degrees."""
    centre = np.array(at_m)
    forward = np.array(to_m) - centre
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    focal = SIZE_PX[0] / 2 / math.tan(math.radians(40.0))
    return CameraTable(
        name=name,
        size_px=SIZE_PX,
        matrix=((focal, 0.0, SIZE_PX[0] / 2), (0.0, focal, SIZE_PX[1] / 2), (0.0, 0.0, 1.0)),
        rotation=tuple(tuple(float(v) for v in row) for row in rotation),
        translation_m=tuple(float(v) for v in -rotation @ centre),
    )


def example_site(cameras: int = 4, hoists: int = 2, language: str = "en", bus: Bus | None = None) -> Site:
    eyes = (
        looking("cam1", (0.3, 0.3, 6.0), (9.0, 6.0, 0.0)),
        looking("cam2", (23.7, 0.3, 6.0), (15.0, 6.0, 0.0)),
        looking("cam3", (23.7, 11.7, 6.0), (15.0, 6.0, 0.0)),
        looking("cam4", (0.3, 11.7, 6.0), (9.0, 6.0, 0.0)),
    )
    lifts = (
        Hoist(
            name="H1",
            kind="bridge",
            travel_m=((1.0, 1.0), (23.0, 11.0)),
            beam_height_m=7.0,
            hook_height_m=(0.3, 6.0),
            travel_speed_mps=(0.17, 0.67),
            hoist_speed_mps=(0.03, 0.12),
            deceleration_mps2=0.25,
            load_radius_m=0.8,
            load_height_m=0.8,
        ),
        Hoist(
            name="H2",
            kind="monorail",
            travel_m=((2.0, 10.4), (11.0, 10.4)),
            beam_height_m=5.0,
            hook_height_m=(0.3, 4.0),
            travel_speed_mps=(0.1, 0.33),
            hoist_speed_mps=(0.03, 0.1),
            deceleration_mps2=0.25,
            load_radius_m=0.4,
            load_height_m=0.5,
        ),
    )
    columns = [(6.0, 3.4), (12.0, 3.4), (18.0, 3.4)]
    return Site(
        site=Floor(name="Hall 3", boundary_m=((0.0, 0.0), (24.0, 0.0), (24.0, 12.0), (0.0, 12.0)), language=language),
        camera=eyes[:cameras],
        hoist=lifts[:hoists],
        structure=(
            *(
                Structure(
                    name=f"column C{i + 1}",
                    polygon_m=((x, y), (x + 0.4, y), (x + 0.4, y + 0.4), (x, y + 0.4)),
                    height_m=6.0,
                )
                for i, (x, y) in enumerate(columns)
            ),
            Structure(name="press", polygon_m=((19.5, 8.5), (22.0, 8.5), (22.0, 10.5), (19.5, 10.5)), height_m=3.0),
        ),
        zone=(
            Zone(name="aisle", kind="walkway", polygon_m=((0.0, 5.0), (24.0, 5.0), (24.0, 6.2), (0.0, 6.2))),
            Zone(name="bay", kind="work", polygon_m=((8.0, 7.0), (15.0, 7.0), (15.0, 10.0), (8.0, 10.0))),
            Zone(name="press pit", kind="exclusion", polygon_m=((19.0, 8.0), (22.6, 8.0), (22.6, 11.0), (19.0, 11.0))),
            Zone(name="office", kind="ignore", polygon_m=((0.0, 0.0), (3.0, 0.0), (3.0, 2.0), (0.0, 2.0))),
        ),
        relay=(
            Relay(
                name="cabinet-1",
                outputs={"permit": ("H1", "permit"), "slow": ("H1", "slow"), "siren": ("hall", "danger")},
            ),
        )
        if hoists
        else (),
        bus=bus or Bus(),
    )
