"""When does a run of a scenario truly become what it is meant to show? By the plant's state, never by the engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from calibration.coverage import coverage_map
from recordings.plant.records import CraneState, LoadState, World
from recordings.plant.scenario import Composite, Scenario
from recordings.plant.scenario_site import site_of
from recordings.plant.truth import TruthSummary
from safety.records import Level, Situation

_SWUNG_GAP_M = 0.3
_DOWN_GAP_M = 0.3
_TILT_DEG = 12.0
_LEAN_DEG = 4.0
_RISES_MPS = 0.03
_TAUT_N = 800.0
_CHEST_M = 1.2
_AROUND_M = 1.65
_NEEDED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """What truly happened in one run: every instant of the truth, and its summary."""

    scenario: Scenario
    worlds: Sequence[World]
    summary: TruthSummary


Finder = Callable[[Run], float | None]
"""The time (s) of what a situation is about, None where this run is no instance of it."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What must be told of a situation: by this name, at this level or a higher one, so long before or after it.

    Of a contact to come, ``latest_s`` is 0 or less: told later, it was missed. Of something that shows only
    once it is there, it is how long that may take. Told more than ``earliest_s`` before, it was needless.
    """

    finder: Finder
    names: tuple[Situation, ...]
    level: Level
    latest_s: float
    earliest_s: float = 10.0


def _contact(*kinds: str) -> Finder:
    def find(run: Run) -> float | None:
        times = [c.hit_s if c.kind == "crush" else c.from_s for c in run.summary.hits if c.kind in kinds]
        return min(times, default=None)

    return find


def _swings(run: Run) -> float | None:
    """Somebody is met, or all but met, by a load that swings while its trolley stands."""
    hit = _contact("body_load")(run)
    if hit is not None:
        return hit
    near = [a.time_s for a in run.summary.closest if a.kind == "body_load" and a.gap_m < _SWUNG_GAP_M]
    return min(near, default=None)


def _below(run: Run) -> float | None:
    return min((b.from_s for b in run.summary.below), default=None)


def _topples(run: Run) -> float | None:
    """A load that stands begins to tilt."""
    return _first(run, lambda w: any(_tilt_deg(load) > _TILT_DEG and load.resting for load in w.loads))


def _pulls_aside(run: Run) -> float | None:
    """A rope that is taut leans while the hook goes up."""
    return _first(
        run,
        lambda w: any(
            _lean_deg(c) > _LEAN_DEG and c.tension_n > _TAUT_N and c.hook_velocity_mps[2] > 0.0 for c in w.cranes
        ),
    )


def _snags(run: Run) -> float | None:
    """A rope leans because what hangs from it is held."""
    faults = [f for f in run.scenario.fault if f.kind == "snag"]
    begin = min((f.at_s for f in faults), default=math.inf)
    return _first(run, lambda w: w.time_s >= begin and any(_lean_deg(c) > _LEAN_DEG for c in w.cranes))


def _fault(*kinds: str) -> Finder:
    def find(run: Run) -> float | None:
        return min((f.at_s for f in run.scenario.fault if f.kind in kinds), default=None)

    return find


def _falls(run: Run) -> float | None:
    """The operator who walked backwards lies."""
    return _first(run, lambda w: any(b.role == "operator" and b.posture == "lie" for b in w.people))


def _at_height(run: Run) -> float | None:
    raised = {w.name for w in run.scenario.person if w.floor_m > 0.0}
    return min((c.from_s for c in run.summary.hits if c.kind == "body_load" and c.person in raised), default=None)


def _unseen(run: Run) -> float | None:
    """A load moves over floor that no camera sees."""
    cells = coverage_map(site_of(run.scenario), height_m=_CHEST_M)
    angles = np.arange(8) * math.pi / 4

    def blind(world: World) -> bool:
        for load in world.loads:
            if not load.hung_from or math.hypot(load.vx_mps, load.vy_mps, load.vz_mps) < _RISES_MPS:
                continue
            points = [(load.x_m, load.y_m)]
            points += [(load.x_m + _AROUND_M * math.cos(a), load.y_m + _AROUND_M * math.sin(a)) for a in angles]
            found = [c for p in points if (c := cells.cell_of(*p)) is not None and cells.count[c] >= 0]
            if found and float(np.mean([cells.count[c] > 0 for c in found])) < _NEEDED_SHARE:
                return True
        return False

    return _first(run, blind)


def _lifts_off(run: Run) -> float | None:
    """A load leaves the floor while somebody's hands are on it."""
    return _first(
        run,
        lambda w: (
            any(load.hung_from and not load.resting and load.vz_mps > 0.0 for load in w.loads)
            and any(b.hand_m is not None for b in w.people)
        ),
    )


def _reaches_body(run: Run) -> float | None:
    """A load comes to somebody who lies."""
    for world in run.worlds:
        for body in world.people:
            if body.posture != "lie":
                continue
            for load in world.loads:
                near = math.hypot(load.x_m - body.x_m, load.y_m - body.y_m) - math.hypot(*load.size_m[:2]) / 2
                if load.hung_from and near < _DOWN_GAP_M:
                    return world.time_s
    return None


AIMS: dict[Composite, Aim] = {
    "struck_by": Aim(_contact("body_load", "body_hook"), (Situation.STRUCK_BY,), Level.DANGER, 0.0),
    "swing": Aim(_swings, (Situation.SWING,), Level.WARNING, 0.0),
    "crush": Aim(_contact("crush"), (Situation.CRUSH,), Level.DANGER, 0.0),
    "fall_zone": Aim(_below, (Situation.FALL_ZONE,), Level.WARNING, 0.0),
    "topple": Aim(_topples, (Situation.TOPPLE,), Level.WARNING, 0.5),
    "side_pull": Aim(_pulls_aside, (Situation.SIDE_PULL,), Level.WARNING, 2.0),
    "snag": Aim(_snags, (Situation.SNAG,), Level.WARNING, 2.0),
    "sling_slip": Aim(_fault("sling_slip"), (Situation.SLING_SLIP,), Level.WARNING, 2.0),
    "load_collision": Aim(_contact("load_structure", "load_truck"), (Situation.LOAD_STRUCTURE,), Level.WARNING, 0.0),
    "hoists_closing": Aim(_contact("hoists"), (Situation.HOISTS_CLOSING,), Level.WARNING, 0.0),
    "operator_backing": Aim(_falls, (Situation.OPERATOR_BACKWARDS,), Level.WARNING, 0.0),
    "person_on_platform": Aim(_at_height, (Situation.PLATFORM,), Level.DANGER, 0.0),
    "blind_lift": Aim(_unseen, (Situation.BLIND_LIFT,), Level.WARNING, 1.0),
    "hands_on_load": Aim(_lifts_off, (Situation.HANDS_ON_LOAD,), Level.WARNING, 1.5),
    "person_down": Aim(_reaches_body, (Situation.PERSON_DOWN,), Level.DANGER, 0.0),
    "system_blind": Aim(
        _fault("camera_dead", "camera_frozen", "camera_dark", "camera_covered", "camera_moved"),
        (Situation.CAMERA_BLIND,),
        Level.WARNING,
        4.0,
    ),
}
"""What is asked of each situation; ``normal`` has none: there nothing may be told."""


def _first(run: Run, holds: Callable[[World], bool]) -> float | None:
    return next((world.time_s for world in run.worlds if holds(world)), None)


def _lean_deg(crane: CraneState) -> float:
    """How far a rope is out of plumb."""
    aside = math.dist(crane.hook_m[:2], crane.trolley_m[:2])
    return math.degrees(math.atan2(aside, max(crane.trolley_m[2] - crane.hook_m[2], 1e-6)))


def _tilt_deg(load: LoadState) -> float:
    """Between a load's own up and the world's."""
    w, x, y, z = load.orientation
    return math.degrees(math.acos(float(np.clip(Rotation.from_quat((x, y, z, w)).as_matrix()[2, 2], -1.0, 1.0))))
