"""Load against structure: the load runs against something fixed that stands higher than its lower edge."""

from __future__ import annotations

import numpy as np
from shapely import Polygon

from calibration.policy import Policy
from calibration.site import Site
from safety.records import Hazard, Level, Situation
from safety.scene import Scene
from safety.situations.foresight import Closing, Ways, closing, machine_level, ways_of
from safety.situations.moment import Moment
from safety.situations.shapes import grown_by


class LoadStructure:
    """Judges every hoist against every structure of a site."""

    def __init__(self, site: Site) -> None:
        self._structures = [(s.name, Polygon(s.polygon_m), s.height_m) for s in site.structure]

    def __call__(self, moment: Moment) -> list[Hazard]:
        out = []
        for scene in moment.scenes:
            if scene.state.lost or scene.state.travel_speed_mps <= moment.policy.moving_speed_mps:
                continue
            ways = ways_of(scene, moment.policy)
            for name, shape, height_m in self._structures:
                hazard = _against(scene, ways, name, shape, height_m, moment.policy)
                if hazard is not None:
                    out.append(hazard)
        return out


def approach(
    scene: Scene, ways: Ways, shape: Polygon, height_m: float, keep_m: float, policy: Policy
) -> tuple[Closing, float] | None:
    """How a load's gap to a structure closes to ``keep_m``, and the gap now; None where it does not."""
    s = scene.state
    sunk = min(s.vz_mps, 0.0) * ways.ahead_s if s.height_known else np.zeros_like(ways.ahead_s)
    below = scene.body.lowest_m + sunk < height_m
    if not below.any():
        return None
    grown = grown_by(shape, scene)
    keep = keep_m + 2 * s.sigma_m
    now_m = float(grown.gap_m(ways.on_m[0]))
    # Nothing further away than the load can go needs a closer look.
    reach_m = float(np.hypot(*(ways.on_m - ways.on_m[0]).T).max()) + scene.stop.swing_m
    if now_m - keep > reach_m:
        return None
    on = np.where(below, grown.gap_m(ways.on_m) - keep, np.inf)
    stopped = np.where(below, grown.gap_m(ways.stopped_m) - keep - ways.swing_m, np.inf)
    found = closing(on, stopped, ways.ahead_s)
    return None if found is None else (found, now_m)


def _against(scene: Scene, ways: Ways, name: str, shape: Polygon, height_m: float, policy: Policy) -> Hazard | None:
    met = approach(scene, ways, shape, height_m, policy.machine_clearance_m, policy)
    if met is None:
        return None
    found, now_m = met
    level = machine_level(found, scene, policy)
    if level is Level.CLEAR:
        return None
    return Hazard(
        situation=Situation.LOAD_STRUCTURE,
        level=level,
        hoist=scene.state.name,
        source=name,
        gap_m=now_m,
        time_to_contact_s=found.contact_s,
        time_to_last_safe_stop_s=found.last_safe_s,
        terms={
            "load_mps": scene.state.travel_speed_mps,
            "stop_m": scene.stop.distance_m,
            "stop_s": scene.stop.time_s,
            "swing_m": scene.stop.swing_m,
            "height_m": height_m,
            "bottom_m": scene.body.lowest_m,
            "height_known": float(scene.state.height_known),
        },
    )
