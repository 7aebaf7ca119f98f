"""One hoist in motion: drives, rope, hook and what hangs on it, step by step.

A snag holds the load (the bare hook, where nothing hangs on it) where it is while drives and rope go on.
The rope's clutch pays out rope above 1.25 times the capacity or twice the weight on the hook, whichever
is less, and winds it up again slowly afterwards.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping

from recordings.plant.drives import FREE, Command, Drives
from recordings.plant.kinematics import Track
from recordings.plant.loads import Body
from recordings.plant.mishaps import HoistFaults
from recordings.plant.pendulum import Hook, natural_rad_s
from recordings.plant.records import CraneState, Order
from recordings.plant.rigging import BLOCK_SHARE, Rig, hang, heading, within_reach
from recordings.plant.scenario import Crane, Fault
from tracking.hoist_motion import GRAVITY_MPS2

_ROPE_MIN_M = 0.2
_CLUTCH_OF_CAPACITY = 1.25
_CLUTCH_OF_WEIGHT = 2.0
_PAY_OUT_MPS = 1.0
_PAY_OUT_MPS2 = 5.0


class Lift:
    """A hoist. ``rig`` is there while slings hold a load on its hook."""

    __slots__ = (
        "_bodies", "_changes_s", "_clutch_n", "_command", "_faults", "_free_again", "_hooking", "_next", "_orders",
        "_paid_m", "_paying_mps", "_rope_mps", "_slips", "_snag", "_support_mps", "_x", "_y", "crane", "drives", "hook",
        "rig", "rope_m", "track", "waits_for",
    )  # fmt: skip

    def __init__(self, crane: Crane, bodies: Mapping[str, Body], faults: HoistFaults) -> None:
        self.crane = crane
        self.track = Track(crane)
        self.drives = Drives(crane, self.track.start_m, self.track.limits_m, faults.brake_share)
        self._bodies, self._faults = bodies, faults
        self._orders: list[tuple[float, Order]] = [(-math.inf, Order())]
        self._changes_s = list(faults.changes_s())
        self._command = FREE
        self._snag: Fault | None = None
        self._free_again: Fault | None = None
        self._hooking = [d for d in crane.plan if d.attach is not None or d.release]
        self._next = 0
        self.waits_for = ""
        """A load that the plan hooks on but whose slings do not reach the hook yet."""
        self._x, self._y = self.track.point(self.drives.a.place_m, self.drives.b.place_m)
        self._support_mps = (0.0, 0.0)
        self._rope_mps = self._paid_m = self._paying_mps = 0.0
        self.rope_m = max(_ROPE_MIN_M, crane.beam_height_m - self.drives.lift.place_m)
        self.hook = Hook(self._x, self._y, crane.beam_height_m - self.rope_m, crane.block_kg)
        self.rig: Rig | None = None
        self._slips: dict[str, float] = {}
        self._clutch_n = math.inf
        self._weigh()
        self._recall(0.0)

    def order(self, time_s: float, order: Order) -> None:
        """From this time on this order stands at the relay."""
        if order != self._orders[-1][1]:
            self._orders.append((time_s + self.crane.relay_delay_s, order))
            bisect.insort(self._changes_s, time_s + self.crane.relay_delay_s)

    def begin(self, time_s: float, dt_s: float) -> None:
        """Drives and rope to the end of the step that ends at ``time_s``, the hook with them."""
        if self._changes_s and self._changes_s[0] <= time_s:
            self._recall(time_s)
        drives = self.drives
        drives.step(dt_s, self._command)
        self._x, self._y = self.track.point(drives.a.place_m, drives.b.place_m)
        self._support_mps = self.track.velocity(drives.a.speed_mps, drives.b.speed_mps)
        self._clutch(dt_s)
        rope = max(_ROPE_MIN_M, self.crane.beam_height_m - drives.lift.place_m + self._paid_m)
        hook = self.hook
        if self.rig is None and self._snag is not None:
            held = math.dist((self._x, self._y, self.crane.beam_height_m), (hook.x, hook.y, hook.z))
            self._paid_m += max(0.0, held - rope)
            hook.vx = hook.vy = hook.vz = 0.0
            hook.taut = held > rope
            self.rope_m, self._rope_mps = max(rope, held), 0.0
            return
        self._rope_mps = (rope - self.rope_m) / dt_s
        self.rope_m = rope
        hook.begin(dt_s, self._x, self._y, self.crane.beam_height_m, rope)
        hook.ax = hook.ay = hook.az = 0.0

    def act(self, dt_s: float) -> None:
        """Forces of slings and damping, on hook and load."""
        damping, rig = self.crane.damping, self.rig
        if rig is None:
            self.hook.damp(2.0 * damping * natural_rad_s(self.rope_m), *self._support_mps)
            return
        rig.run_out(dt_s)
        rig.pull(self.hook)
        if rig.pull_n > 0.0:
            rig.twist(self.rope_m, self.track.angle_rad)
            rig.damp(self.hook, (self._x, self._y, self.crane.beam_height_m), self._support_mps, damping)
            return
        self.hook.damp(2.0 * damping * natural_rad_s(self.rope_m), *self._support_mps)

    def finish(self, dt_s: float) -> None:
        """The rest of the hook's step, then what the plan hooks on and takes off."""
        if self.rig is not None or self._snag is None:
            self.hook.finish(dt_s, *self._support_mps, self._rope_mps)
        else:
            self.hook.tension_n = self._clutch_n if self.hook.taut else 0.0
        if self._due(self._next):
            self._hook_on_or_off()

    def holds(self, body: Body) -> bool:
        """Whether a snag holds this load."""
        rig = self.rig
        if self._snag is None or rig is None or rig.body is not body:
            return False
        limit = self._snag.amount * body.mass_kg * GRAVITY_MPS2
        if 0.0 < limit < self.hook.tension_n - self.hook.mass_kg * GRAVITY_MPS2:
            self._free_again, self._snag = self._snag, None
            return False
        return True

    def slip(self, load: str, slip_m: float) -> None:
        """Slings of that load slip now, or are longer when they are put on."""
        self._slips[load] = slip_m
        if self.rig is not None and self.rig.body.name == load:
            self.rig.slip(slip_m)

    def hang(self, body: Body) -> None:
        """Begin with that load in the slings, at rest under the hook."""
        hang(body, (self.hook.x, self.hook.y, self.hook.z))
        self._put_on(body)
        self._next = 1

    def state(self, ahead_s: float) -> CraneState:
        """The record of this hoist, ``ahead_s`` after the step."""
        hook, rig = self.hook, self.rig
        vx, vy = self._support_mps
        hook_m = (hook.x + ahead_s * hook.vx, hook.y + ahead_s * hook.vy, hook.z + ahead_s * hook.vz)
        body = None if rig is None else rig.body
        moved = (0.0, 0.0, 0.0) if body is None else (ahead_s * body.vx, ahead_s * body.vy, ahead_s * body.vz)
        return CraneState(
            name=self.crane.name,
            trolley_m=(self._x + ahead_s * vx, self._y + ahead_s * vy, self.crane.beam_height_m),
            hook_m=hook_m,
            trolley_velocity_mps=(vx, vy),
            hook_velocity_mps=(hook.vx, hook.vy, hook.vz),
            rope_m=self.rope_m + ahead_s * self._rope_mps,
            tension_n=hook.tension_n,
            yaw_rad=self._yaw(),
            carries="" if body is None else body.name,
            slings=() if rig is None else rig.lines(hook_m, moved),
        )

    def _yaw(self) -> float:
        """The block turns with its load, without one it hangs as the track runs."""
        rig = self.rig
        if rig is None or not rig.carries():
            return self.track.angle_rad
        return self.track.angle_rad + rig.turned_rad(self.track.angle_rad)

    def _recall(self, time_s: float) -> None:
        """What acts from now until the next change."""
        while self._changes_s and self._changes_s[0] <= time_s:
            self._changes_s.pop(0)
        while len(self._orders) > 1 and self._orders[1][0] <= time_s:
            self._orders.pop(0)
        order = self._orders[0][1]
        command = Command(
            permit=order.permit,
            slow=order.slow,
            brake_share=self._faults.brake_share(time_s),
            run_on_m=self._faults.run_on_m(time_s),
        )
        # Only what is the very same record lets the drives take their short way.
        self._command = FREE if command == FREE else command
        snag = self._faults.snagged(time_s)
        self._snag = None if snag is self._free_again else snag

    def _clutch(self, dt_s: float) -> None:
        """Pay out rope under too much pull and wind it up again; both get up to speed gradually."""
        if self._paid_m == 0.0 and self.hook.tension_n <= self._clutch_n:
            return
        if self._snag is not None and self.rig is None:
            return
        goal = _PAY_OUT_MPS if self.hook.tension_n > self._clutch_n else 0.0
        if goal == 0.0 and self._snag is None:
            goal = -self.crane.hoist_speed_mps[0]
        change = _PAY_OUT_MPS2 * dt_s
        self._paying_mps += max(-change, min(change, goal - self._paying_mps))
        self._paid_m += self._paying_mps * dt_s
        if self._paid_m <= 0.0:
            self._paid_m = self._paying_mps = 0.0

    def _weigh(self) -> None:
        """The block's mass and the clutch's limit for what hangs on the hook."""
        load = 0.0 if self.rig is None else self.rig.body.mass_kg
        self.hook.mass_kg = max(self.crane.block_kg, BLOCK_SHARE * load)
        most = _CLUTCH_OF_CAPACITY * self.crane.capacity_kg
        if load > 0.0:
            most = min(most, _CLUTCH_OF_WEIGHT * (load + self.hook.mass_kg))
        self._clutch_n = max(most, 2.0 * self.hook.mass_kg) * GRAVITY_MPS2

    def _due(self, number: int) -> bool:
        return number < len(self._hooking) and self._hooking[number].at_s <= self.drives.clock_s + 1e-9

    def _hook_on_or_off(self) -> None:
        drive = self._hooking[self._next]
        if drive.release and self.rig is not None:
            self.rig = None
            self._weigh()
        if drive.attach is not None:
            body = self._bodies[drive.attach]
            if within_reach(body, (self.hook.x, self.hook.y, self.hook.z)):
                self._put_on(body)
            elif not self._due(self._next + 1):
                self.waits_for = body.name
                return
        self.waits_for = ""
        self._next += 1

    def _put_on(self, body: Body) -> None:
        self.rig = Rig(body, self._slips.get(body.name, 0.0), heading(body) - self.track.angle_rad)
        self._weigh()
