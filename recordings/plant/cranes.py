"""All hoists and loads of a plant over time: the entry to its physics.

Time runs on a fixed grid of steps, so that states do not depend on how often they are asked for: between
two steps places go on at their speed. Orders take effect with the first step after they are given.
Everything is a function of scenario and orders alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from recordings.plant.ground import Prism, near, press, prisms_of
from recordings.plant.lift import Lift
from recordings.plant.loads import Body
from recordings.plant.mishaps import hoist_faults, slips, topples
from recordings.plant.records import CraneState, LoadState, Order
from recordings.plant.scenario import Scenario

STEP_HZ = 400
_NEAR_STEPS = 20
_NEAR_M = 0.2
_STILL_MPS = 0.005
_STILL_RADPS = 0.01
_ASLEEP_AFTER_S = 0.25


class Cranes:
    """Hoists and loads of a scenario, from its start on."""

    def __init__(self, scenario: Scenario) -> None:
        """All loads stand where the file puts them and all hooks hang at rest.

        A load with a base above the floor, on no structure, that is hooked on at 0 s hangs from the start:
        at rest below the hook, whatever its ``at_m``. Raises ValueError for a plan that hooks on a load
        that is not in the scenario.
        """
        self._bodies = {load.name: Body(load) for load in scenario.load}
        for crane in scenario.hoist:
            for drive in crane.plan:
                if drive.attach is not None and drive.attach not in self._bodies:
                    raise ValueError(f"[[hoist]] {crane.name!r} attaches {drive.attach!r}, which is no [[load]]")
        self._lifts = [Lift(c, self._bodies, hoist_faults(scenario, c.name)) for c in scenario.hoist]
        self._prisms: tuple[Prism, ...] = prisms_of(scenario)
        self._near: dict[str, list[Prism]] = {name: [] for name in self._bodies}
        self._slips = list(slips(scenario))
        self._topples = topples(scenario)
        self._steps = 0
        self._at_s = 0.0
        self._hang_from_the_start()

    def advance(self, to_s: float, orders: Mapping[str, Order]) -> tuple[tuple[CraneState, ...], tuple[LoadState, ...]]:
        """Go on to ``to_s`` under these orders, by hoist; a hoist without one may run fast.

        Returns the states at ``to_s`` in the order of the scenario file. Raises ValueError where time
        would run backwards.
        """
        if not to_s >= self._at_s or math.isinf(to_s):
            raise ValueError(f"to_s must not be before {self._at_s:g} s, is {to_s!r}")
        for lift in self._lifts:
            lift.order(self._at_s, orders.get(lift.crane.name, Order()))
        last = math.floor(to_s * STEP_HZ + 1e-6)
        while self._steps < last:
            self._steps += 1
            self._step(self._steps / STEP_HZ, 1.0 / STEP_HZ)
        self._at_s = to_s
        ahead_s = max(0.0, to_s - self._steps / STEP_HZ)
        hung = {lift.rig.body.name: lift.crane.name for lift in self._lifts if lift.rig and lift.rig.carries()}
        return (
            tuple(lift.state(ahead_s) for lift in self._lifts),
            tuple(body.state(ahead_s, hung.get(name, "")) for name, body in self._bodies.items()),
        )

    def waiting(self) -> tuple[tuple[str, str], ...]:
        """(hoist, load) where the plan hooks on a load whose slings do not reach the hook yet."""
        return tuple((lift.crane.name, lift.waits_for) for lift in self._lifts if lift.waits_for)

    def _step(self, time_s: float, dt_s: float) -> None:
        if self._slips or self._topples:
            self._mishaps(time_s, dt_s)
        lifts = self._lifts
        for lift in lifts:
            lift.begin(time_s, dt_s)
        held = {lift.rig.body.name for lift in lifts if lift.rig is not None and lift.holds(lift.rig.body)}
        for body in self._bodies.values():
            if body.name in held:
                body.halt()
            elif not body.asleep:
                body.begin(dt_s)
            body.clear()
        for lift in lifts:
            self._act(lift, dt_s)
        for body in self._bodies.values():
            if not body.asleep and body.name not in held:
                self._land(body, dt_s)
        for lift in lifts:
            lift.finish(dt_s)

    def _act(self, lift: Lift, dt_s: float) -> None:
        lift.act(dt_s)
        rig = lift.rig
        if rig is not None and rig.body.asleep and rig.pull_n > 0.0:
            self._wake(rig.body)

    def _land(self, body: Body, dt_s: float) -> None:
        """Contacts, the rest of the step, and rest where nothing moves any more."""
        if self._steps % _NEAR_STEPS == 0:
            self._near[body.name] = near(self._prisms, body, _NEAR_M)
        body.resting = press(body, self._near[body.name])
        body.kick(0.5 * dt_s)
        pulled = any(lift.rig is not None and lift.rig.body is body and lift.rig.pull_n > 0.0 for lift in self._lifts)
        still = (
            body.resting
            and not pulled
            and math.hypot(body.vx, body.vy, body.vz) < _STILL_MPS
            and math.hypot(body.wx, body.wy, body.wz) < _STILL_RADPS
        )
        body.still_s = body.still_s + dt_s if still else 0.0
        if body.still_s >= _ASLEEP_AFTER_S:
            body.asleep = True
            body.halt()

    def _wake(self, body: Body) -> None:
        body.asleep = False
        body.still_s = 0.0
        self._near[body.name] = near(self._prisms, body, _NEAR_M)

    def _mishaps(self, time_s: float, dt_s: float) -> None:
        while self._slips and self._slips[0][0] <= time_s:
            _, load, slip_m = self._slips.pop(0)
            for lift in self._lifts:
                lift.slip(load, slip_m)
        for topple in list(self._topples):
            body = self._bodies[topple.load]
            hung = any(lift.rig is not None and lift.rig.body is body and lift.rig.carries() for lift in self._lifts)
            if topple.at_s <= time_s and body.resting and not hung:
                self._wake(body)
                if topple.step(dt_s, body):
                    self._topples.remove(topple)

    def _hang_from_the_start(self) -> None:
        for lift in self._lifts:
            first = next(iter(lift.crane.plan), None)
            if first is None or first.at_s > 0.0 or first.attach is None:
                continue
            pad = [p for p in self._prisms if p.pad_for == first.attach]
            if pad:
                self._prisms = tuple(p for p in self._prisms if p is not pad[0])
                body = self._bodies[first.attach]
                lift.hang(body)
                self._wake(body)
