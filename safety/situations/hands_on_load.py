"""Hands on the load at lift-off: the hook goes up while somebody still stands at arm's length of the load.

Taking up slack with hands at the slings is told as a caution; once the load itself must have left the
floor it is a warning, and a danger where it hangs free with the hands still there. A hook that goes up from a load
which it has just set down mostly leaves it there: no more than a caution, while nothing tells where the load is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from safety.records import Hazard, Level, Phase, Situation
from safety.scene import Scene, gaps
from safety.situations.moment import Moment

_AT_REST = (Phase.RIGGING, Phase.LANDED, Phase.IDLE)
_RISEN_M = 0.04
_SIGMAS = 2.0
_SLACK_M = 0.3
_LASTS_S = 6.0


@dataclass(slots=True)
class _LiftOff:
    """Where one hook was when it last stood at a load on the floor, and when it began to rise from there."""

    rest_z_m: float
    after_lift: bool
    since_s: float | None = None


@dataclass(slots=True)
class HandsOnLoad:
    """The rule; it remembers at which height each hook rested."""

    _hooks: dict[str, _LiftOff] = field(default_factory=dict)
    _hung: set[str] = field(default_factory=set)

    def __call__(self, moment: Moment) -> list[Hazard]:
        return [h for scene in moment.scenes for h in self._judge(scene, moment)]

    def _judge(self, scene: Scene, moment: Moment) -> list[Hazard]:
        s, policy = scene.state, moment.policy
        if s.lost or not s.height_known or not scene.body.loaded:
            self._hooks.pop(s.name, None)
            self._hung.discard(s.name)
            return []
        if scene.body.bottom_m > policy.landed_gap_m and scene.phase not in _AT_REST:
            self._hung.add(s.name)
        rises = s.vz_mps > policy.lifting_speed_mps
        if not rises and scene.phase in _AT_REST:
            self._hooks[s.name] = _LiftOff(s.z_m, s.name in self._hung)
        hook = self._hooks.get(s.name)
        if hook is None:
            return []
        risen = s.z_m - hook.rest_z_m
        if hook.since_s is None and rises and risen > max(_RISEN_M, _SIGMAS * s.sigma_z_m):
            hook.since_s = moment.now_s
        # A load that is seen to stay while its hook is long above the slack is not on that hook.
        let_go = bool(s.load_resting) and risen > _SLACK_M
        if hook.since_s is None or let_go:
            return []
        if moment.now_s - hook.since_s > _LASTS_S:
            del self._hooks[s.name]
            return []
        return [
            Hazard(
                situation=Situation.HANDS_ON_LOAD,
                level=_level(scene, moment, risen, hook.after_lift),
                hoist=s.name,
                person=person.id,
                gap_m=float(gap),
                terms={
                    "lift_mps": s.vz_mps,
                    "bottom_m": scene.body.bottom_m,
                    "risen_m": risen,
                    "load_mps": s.travel_speed_mps,
                },
            )
            for person, gap in zip(scene.people, gaps(scene, policy.person_radius_m), strict=True)
            if gap < policy.hands_reach_m and not person.lost
        ]


def _level(scene: Scene, moment: Moment, risen_m: float, after_lift: bool) -> Level:
    policy = moment.policy
    if scene.state.load_resting or (after_lift and scene.state.load_resting is None):
        return Level.CAUTION
    if min(scene.body.bottom_m, risen_m) > policy.fall_zone_min_height_m:
        return Level.DANGER
    return Level.WARNING
