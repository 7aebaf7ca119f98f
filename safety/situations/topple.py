"""Topple: a slender load was set down and its slings are off or slack; it leans, or could, and somebody is near.

Falling over its edge it reaches as far as it is high.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from calibration.camera import Array
from calibration.policy import Policy
from calibration.site import Site
from safety.records import Hazard, Level, Situation
from safety.scene import Scene
from safety.situations.moment import Moment
from safety.situations.reach import people_near
from safety.situations.trail import fix_of
from tracking.records import HoistState

_SETTLED_S = 0.8
_OFF_M = 0.08
"""A hook that rises so much while its load stays has let go of it."""
_MOVED_M = 0.25
_SLENDER_MOVED_M = 0.08
"""What is broad is moved by hand; what is slender and leans is falling."""
_LIFTED_M = 0.15
_GAIN = 0.1


@dataclass(slots=True)
class _Standing:
    """A load where it was set down: its middle (3,), size, since when; and what its hook did since.

    ``left_s`` is when the hook rose from it. Once a taut rope pulled it aside it is moved, and does not fall.
    """

    middle_m: Array
    height_m: float
    base_m: float
    since_s: float
    hook_z_m: float
    left_s: float | None = None
    pulled: bool = False

    def slender(self, policy: Policy) -> bool:
        return self.height_m > policy.slender_ratio * self.base_m

    def moved_m(self, load_m: Array) -> float:
        """How far its middle went aside or came down."""
        dx, dy, dz = load_m - self.middle_m
        return math.sqrt(dx * dx + dy * dy + min(dz, 0.0) ** 2)


class Topple:
    """Remembers for every hoist of a site the load that it set down last."""

    def __init__(self, site: Site) -> None:
        self._standing: dict[str, _Standing] = {}

    def carry_on(self, old: Topple) -> None:
        self._standing = old._standing

    def __call__(self, moment: Moment) -> list[Hazard]:
        return [h for scene in moment.scenes for h in self._of(scene, moment)]

    def _of(self, scene: Scene, moment: Moment) -> list[Hazard]:
        state, policy = scene.state, moment.policy
        load_m = fix_of(state).load_m
        standing = self._standing.get(state.name)
        if standing is None:
            if state.load_resting is True and load_m is not None and not state.lost:
                self._standing[state.name] = _set_down(scene, load_m, moment.now_s)
            return []
        if _is_over(standing, state, load_m, moment):
            del self._standing[state.name]
            return []
        moved_m = 0.0 if load_m is None else _follow(standing, scene, load_m, moment)
        if moved_m > 0.0 or (standing.slender(policy) and standing.left_s is not None):
            return _judged(scene, standing, moved_m, policy)
        return []


def _set_down(scene: Scene, load_m: Array, now_s: float) -> _Standing:
    height, base = _size(scene)
    return _Standing(load_m, height, base, now_s, scene.state.z_m)


def _size(scene: Scene) -> tuple[float, float]:
    """Height and base of the load: as it is seen, else the usual one of the hoist."""
    s, hoist = scene.state, scene.hoist
    base = s.load_width_m if s.load_width_m is not None else math.sqrt(2) * hoist.load_radius_m
    return s.load_height_m or hoist.load_height_m, base


def _follow(standing: _Standing, scene: Scene, load_m: Array, moment: Moment) -> float:
    """Take in where the load is seen now; how far it has moved by itself, 0 if it stands."""
    state, policy = scene.state, moment.policy
    lean = math.atan2(math.hypot(state.x_m - state.trolley_x_m, state.y_m - state.trolley_y_m), state.rope_m)
    standing.pulled |= math.degrees(lean) > policy.lean_limit_deg
    if standing.left_s is None and state.z_m > standing.hook_z_m + _OFF_M:
        standing.left_s = moment.now_s
    moved_m = standing.moved_m(load_m)
    limit_m = _SLENDER_MOVED_M if standing.slender(policy) else _MOVED_M
    # Until the hook rises it comes to rest, and a load is seen a little off; what falls is soon far away.
    follows = moved_m < (_MOVED_M if standing.left_s is None else limit_m / 2)
    if moment.now_s - standing.since_s < _SETTLED_S or follows:
        standing.middle_m = standing.middle_m + _GAIN * (load_m - standing.middle_m)
        standing.hook_z_m = min(standing.hook_z_m, state.z_m)
        standing.height_m, standing.base_m = _size(scene)
    fallen_m = limit_m if standing.left_s is not None else _MOVED_M
    return moved_m if moved_m > fallen_m and not standing.pulled else 0.0


def _is_over(standing: _Standing, state: HoistState, load_m: Array | None, moment: Moment) -> bool:
    """Lifted again, out of sight, or watched for long enough."""
    if state.lost or (standing.left_s is not None and moment.now_s - standing.left_s > moment.policy.topple_watch_s):
        return True
    return load_m is not None and float(load_m[2]) > float(standing.middle_m[2]) + _LIFTED_M


def _judged(scene: Scene, standing: _Standing, gone_m: float, policy: Policy) -> list[Hazard]:
    reach_m = standing.height_m + standing.base_m / 2
    half = standing.height_m / 2
    tilt_deg = math.degrees(math.asin(min(1.0, gone_m / max(half, gone_m, 1e-9))))
    return [
        Hazard(
            situation=Situation.TOPPLE,
            level=Level.DANGER if gone_m > 0.0 else Level.WARNING,
            hoist=scene.state.name,
            person=person.id,
            gap_m=gap_m - standing.base_m / 2,
            terms={
                "height_m": standing.height_m,
                "base_m": standing.base_m,
                "tilt_deg": tilt_deg,
                "reach_m": reach_m,
            },
        )
        for person, gap_m in people_near(scene, standing.middle_m[:2], reach_m, policy)
    ]
