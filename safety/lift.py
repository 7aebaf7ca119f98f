"""The load as a body: how wide, between which heights, in which phase of the lift."""

from __future__ import annotations

import math
from dataclasses import dataclass

from calibration.policy import Policy
from calibration.site import Hoist
from safety.records import Phase
from tracking.records import HoistState, Person

DRAGGED_FACTOR = 2.5
_HOOK_BLOCK_RADIUS_M = 0.25
_RIGGING_DISTANCE_M = 1.5
_AT_REST = (Phase.IDLE, Phase.RIGGING, Phase.LANDED)


@dataclass(frozen=True, slots=True)
class Body:
    """What hangs from the hook. Heights are worst case: ``lowest`` for striking, ``highest`` for falling."""

    radius_m: float
    bottom_m: float
    lowest_m: float
    highest_m: float
    loaded: bool


def body_of(state: HoistState, hoist: Hoist) -> Body:
    """Load or empty hook below one hoist. Unknown load counts as a load, unknown height as any height."""
    loaded = state.carrying != "empty"
    drop = hoist.sling_length_m + hoist.load_height_m if loaded else 0.0
    bottom = max(0.0, state.z_m - drop)
    margin = 2 * state.sigma_z_m
    low, high = hoist.hook_height_m
    lowest, highest = max(0.0, bottom - margin), max(0.0, bottom + margin)
    if not state.height_known:
        lowest, highest = max(0.0, low - drop), max(0.0, high - drop)
    return Body(
        radius_m=hoist.load_radius_m if loaded else _HOOK_BLOCK_RADIUS_M,
        bottom_m=bottom,
        lowest_m=lowest,
        highest_m=highest,
        loaded=loaded,
    )


def hangs_free(state: HoistState, body: Body, policy: Policy) -> bool:
    """Whether the hook can swing; over a load that the floor bears it cannot."""
    on_floor = body.loaded and state.height_known and body.bottom_m <= policy.landed_gap_m
    lifts = state.vz_mps > policy.lifting_speed_mps
    return state.load_resting is not True and (lifts or not on_floor)


class PhaseTracker:
    """Lift phase of one hoist; a new phase must hold for ``phase_hold_s`` before it counts.

    A hook that begins to rise or to sink counts at once: that it does has held before its speed was told,
    which is zero for whatever stays within its noise.
    """

    def __init__(self, hoist: Hoist, policy: Policy) -> None:
        self._hoist, self._policy = hoist, policy
        self._phase = Phase.UNKNOWN
        self._candidate = Phase.UNKNOWN
        self._since_s = 0.0

    def carry_on(self, old: PhaseTracker) -> None:
        """Go on from the phase of the same hoist by ``old``."""
        self._phase, self._candidate, self._since_s = old._phase, old._candidate, old._since_s

    def step(self, now_s: float, state: HoistState, body: Body, people: tuple[Person, ...]) -> Phase:
        seen = self._instant(state, body, people)
        if seen is not self._candidate:
            self._candidate, self._since_s = seen, now_s
        starts = self._phase in _AT_REST and seen in (Phase.LIFTING, Phase.LOWERING)
        held = now_s - self._since_s >= self._policy.phase_hold_s - 1e-9
        if self._phase is Phase.UNKNOWN or starts or held:
            self._phase = self._candidate
        return self._phase

    def _instant(self, state: HoistState, body: Body, people: tuple[Person, ...]) -> Phase:
        if state.lost:
            return Phase.UNKNOWN
        on_floor = state.height_known and body.bottom_m <= self._policy.landed_gap_m
        # Whoever takes up slack is about to lift off; the gap below the load shows too late for that.
        lifts = state.height_known and state.vz_mps > self._policy.lifting_speed_mps and not state.load_resting
        if body.loaded and (lifts or not on_floor):
            return self._airborne(state)
        if self._moves_on_floor(state, body):
            return Phase.TRAVELLING
        if not body.loaded and state.z_m > self._policy.parked_height_m:
            return Phase.IDLE
        if any(_distance_m(p, state) <= body.radius_m + _RIGGING_DISTANCE_M for p in people if not p.lost):
            return Phase.RIGGING
        return Phase.LANDED if body.loaded else Phase.IDLE

    def _moves_on_floor(self, state: HoistState, body: Body) -> bool:
        """An empty hook travels; a load on the floor is dragged.

        A hook over a load that was just set down sways on until it hangs plumb, and where nothing else shows the
        trolley, its filter takes that for travel.
        """
        if not body.loaded:
            return state.travel_speed_mps > self._policy.moving_speed_mps
        hook_mps = math.hypot(state.vx_mps, state.vy_mps)
        return min(state.travel_speed_mps, hook_mps) > DRAGGED_FACTOR * self._policy.moving_speed_mps

    def _airborne(self, state: HoistState) -> Phase:
        if state.travel_speed_mps > self._policy.moving_speed_mps:
            return Phase.TRAVELLING
        if state.height_known and state.vz_mps > self._policy.lifting_speed_mps:
            return Phase.LIFTING
        if state.height_known and state.vz_mps < -self._policy.lifting_speed_mps:
            return Phase.LOWERING
        # A load that hangs still is part of its travel: it can fall, and it may move again.
        return Phase.TRAVELLING if self._phase in (Phase.UNKNOWN, Phase.LANDED, Phase.IDLE) else self._phase


def _distance_m(person: Person, state: HoistState) -> float:
    return float(((person.x_m - state.x_m) ** 2 + (person.y_m - state.y_m) ** 2) ** 0.5)
