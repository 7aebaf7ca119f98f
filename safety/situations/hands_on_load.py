"""Hands on the load at lift-off: hook and load go up while somebody still stands at arm's length of the load.

Taking up slack with hands at the slings is told as a caution. A load that rises with its hook is lifted, and that is
a warning however little it has risen; it is a danger where it hangs free with the hands still there. Where the load is
not seen, it is taken to be lifted as soon as its hook goes up from the floor; only of a hook that has just set it down
the contrary is likelier. A load that stays while its hook goes up by more than slack slings allow has been let go.
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
_LOAD_RISEN_M = 0.05
"""More than a load at rest is seen to stray, by its height relative to before."""
_LOAD_OF_HOOK = 0.3
"""A lifted load rises by all that its hook does but for the slack; what is seen to do less than this part stays."""
_LET_GO_OF_HOOK = 0.5
"""Once it was seen to stay, as a load that falls over does, it takes so much of its hook's way to say otherwise."""
_GAIN, _SLOW_GAIN = 0.05, 0.02


@dataclass(slots=True)
class _Stand:
    """Where one hook, and the load that was seen below it, stood on the floor; when the hook began to rise from there.

    ``lifted``: whether the load was seen to rise with it, None where it is not seen. ``let_go``: it was seen to stay.
    """

    hook_z_m: float
    load_z_m: float | None
    after_lift: bool
    since_s: float | None = None
    lifted: bool | None = None
    let_go: bool = False

    def settle(self, hook_z_m: float, load_z_m: float | None, gain: float) -> None:
        """Take in another look at what stands."""
        self.hook_z_m = min(hook_z_m, self.hook_z_m + gain * (hook_z_m - self.hook_z_m))
        if load_z_m is not None:
            before = load_z_m if self.load_z_m is None else self.load_z_m
            self.load_z_m = before + gain * (load_z_m - before)

    def rise(self, hook_z_m: float, load_z_m: float | None, resting: bool | None) -> None:
        """Take in a look at a hook that is higher than where it stood."""
        risen_m = hook_z_m - self.hook_z_m
        if load_z_m is None or self.load_z_m is None:
            self.lifted = None
        else:
            share = _LET_GO_OF_HOOK if self.let_go else _LOAD_OF_HOOK
            enough_m = max(_LOAD_RISEN_M, share * risen_m) * (0.5 if self.lifted else 1.0)
            self.lifted = load_z_m - self.load_z_m > enough_m
        if self.lifted:
            self.let_go = False
        elif risen_m > _SLACK_M and (self.lifted is False or resting):
            self.let_go = True


@dataclass(slots=True)
class HandsOnLoad:
    """The rule; it remembers at which height each hook rested."""

    _stands: dict[str, _Stand] = field(default_factory=dict)
    _hung: set[str] = field(default_factory=set)

    def carry_on(self, old: HandsOnLoad) -> None:
        self._stands, self._hung = old._stands, old._hung

    def __call__(self, moment: Moment) -> list[Hazard]:
        return [h for scene in moment.scenes for h in self._judge(scene, moment)]

    def _judge(self, scene: Scene, moment: Moment) -> list[Hazard]:
        s, policy = scene.state, moment.policy
        if s.lost or not s.height_known or not scene.body.loaded:
            self._stands.pop(s.name, None)
            self._hung.discard(s.name)
            return []
        if scene.body.bottom_m > policy.landed_gap_m and scene.phase not in _AT_REST:
            self._hung.add(s.name)
        stand = self._watch(scene, moment)
        if stand is None or stand.since_s is None or stand.let_go:
            return []
        level = _level(scene, moment, stand)
        if level is Level.CLEAR:
            return []
        return [
            Hazard(
                situation=Situation.HANDS_ON_LOAD,
                level=level,
                hoist=s.name,
                person=person.id,
                gap_m=float(gap),
                terms={
                    "lift_mps": s.vz_mps,
                    "bottom_m": scene.body.bottom_m,
                    "risen_m": s.z_m - stand.hook_z_m,
                    "load_mps": s.travel_speed_mps,
                },
            )
            for person, gap in zip(scene.people, gaps(scene, policy.person_radius_m), strict=True)
            if gap < policy.hands_reach_m and not person.lost
        ]

    def _watch(self, scene: Scene, moment: Moment) -> _Stand | None:
        """Keep where the hook stood, and say since when it has been going up from there."""
        s, policy = scene.state, moment.policy
        stand = self._stands.get(s.name)
        rises = s.vz_mps > policy.lifting_speed_mps
        rests = not rises and scene.phase in _AT_REST
        if stand is None:
            if rests:
                self._stands[s.name] = _Stand(s.z_m, s.load_z_m, s.name in self._hung)
            return None
        if s.z_m - stand.hook_z_m <= max(_RISEN_M, _SIGMAS * s.sigma_z_m):
            if rests:
                stand.settle(s.z_m, s.load_z_m, _GAIN)
                stand.since_s, stand.lifted, stand.let_go = None, None, False
            return stand
        stand.rise(s.z_m, s.load_z_m, s.load_resting)
        if stand.since_s is None:
            # A speed takes a second to be told from noise; hook and load together take less.
            if rises or stand.lifted:
                stand.since_s = moment.now_s
            elif rests:
                stand.settle(s.z_m, s.load_z_m, _SLOW_GAIN)
        elif moment.now_s - stand.since_s > _LASTS_S:
            del self._stands[s.name]
            return None
        return stand


def _level(scene: Scene, moment: Moment, stand: _Stand) -> Level:
    s, policy = scene.state, moment.policy
    if stand.lifted is False:
        return Level.CLEAR if stand.after_lift else Level.CAUTION
    if stand.lifted is None and (s.load_resting or (stand.after_lift and s.load_resting is None)):
        return Level.CAUTION
    if min(scene.body.bottom_m, s.z_m - stand.hook_z_m) > policy.fall_zone_min_height_m:
        return Level.DANGER
    return Level.WARNING
