"""Do the tables of a scenario agree with each other? What no schema can tell, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import shapely
import shapely.affinity

from recordings.plant.scenario import Crane, Eye, Load, Scenario, Standing, Step, Truck, Worker
from safety.records import Level
from tracking.hoist_motion import reach_point

_TOUCH_M = 0.01
_ON_TOP_M = 0.05
_TARGETS = {
    "camera_dead": "camera",
    "camera_frozen": "camera",
    "camera_dark": "camera",
    "camera_moved": "camera",
    "camera_covered": "camera",
    "sling_slip": "load",
    "topple": "load",
    "snag": "hoist",
    "brake_weak": "hoist",
    "drive_runs_on": "hoist",
    "telemetry_lost": "hoist",
}


def faults_of(scenario: Scenario, folder: Path) -> Iterator[str]:
    """Everything that contradicts, table by table, each as ``[[table]] 'name' field …``.

    ``folder`` is where trajectories lie.
    """
    yield from _twice(scenario)
    yield from _room(scenario)
    for eye in scenario.camera:
        yield from _eye(eye, scenario)
    for load in scenario.load:
        yield from _load(load, scenario)
    for crane in scenario.hoist:
        yield from _crane(crane, scenario)
    for truck in scenario.truck:
        yield from _truck(truck, scenario)
    for worker in scenario.person:
        yield from _worker(worker, scenario, folder)
    yield from _seats(scenario)
    yield from _fault_table(scenario)
    yield from _expectations(scenario)


def _twice(scenario: Scenario) -> Iterator[str]:
    for table in ("camera", "structure", "zone", "hoist", "load", "person", "truck"):
        names = [row.name for row in getattr(scenario, table)]
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield f"[[{table}]] name {name!r} is given twice"


def _room(scenario: Scenario) -> Iterator[str]:
    hall = scenario.hall
    for standing in scenario.structure:
        if any(_outside(corner, scenario) for corner in standing.polygon_m):
            yield f"[[structure]] {standing.name!r} polygon_m must lie inside the hall, {_size(scenario)}"
        if standing.height_m > hall.height_m:
            yield (
                f"[[structure]] {standing.name!r} height_m must stay below the roof at {hall.height_m:g} m, "
                f"is {standing.height_m:g}"
            )
    for corner in hall.watched_m or ():
        if _outside(corner, scenario):
            yield f"[hall] watched_m must lie inside the hall, {_size(scenario)}, has a corner at {_at(corner)}"


def _eye(eye: Eye, scenario: Scenario) -> Iterator[str]:
    x, y, z = eye.position_m
    head = f"[[camera]] {eye.name!r}"
    if z <= 0.0:
        yield f"{head} position_m must lie above the floor, is at {z:g} m"
    elif z >= scenario.hall.height_m:
        yield f"{head} position_m must lie below the roof at {scenario.hall.height_m:g} m, is at {z:g} m"
    if _outside((x, y), scenario):
        yield f"{head} position_m must lie inside the hall, {_size(scenario)}, is at {_at((x, y))}"
    if eye.look_at_m == eye.position_m:
        yield f"{head} look_at_m must be another point than position_m"
    for standing in scenario.structure:
        if z < standing.height_m and _inside((x, y), standing):
            yield f"{head} position_m lies inside [[structure]] {standing.name!r}"


def _load(load: Load, scenario: Scenario) -> Iterator[str]:
    head = f"[[load]] {load.name!r}"
    if _outside(load.at_m, scenario):
        yield f"{head} at_m must lie inside the hall, {_size(scenario)}, is at {_at(load.at_m)}"
    for standing in scenario.structure:
        if standing.height_m > load.base_m + _TOUCH_M and _overlaps(
            _print_of(load), shapely.Polygon(standing.polygon_m)
        ):
            yield (
                f"{head} at_m lies inside [[structure]] {standing.name!r}, expected a free place or base_m "
                f"{standing.height_m:g}"
            )
    for other in scenario.load:
        if other is load:
            break
        if _stacked(load, other) and _overlaps(_print_of(load), _print_of(other)):
            yield f"{head} at_m lies inside [[load]] {other.name!r}"
    if any(abs(offset) > size / 2 for offset, size in zip(load.offset_m, load.size_m, strict=True)):
        yield f"{head} offset_m must lie inside the load, whose size_m is {_at(load.size_m)}"


def _crane(crane: Crane, scenario: Scenario) -> Iterator[str]:
    head = f"[[hoist]] {crane.name!r}"
    low, high = crane.hook_height_m
    if crane.beam_height_m > scenario.hall.height_m:
        yield (
            f"{head} beam_height_m must stay below the roof at {scenario.hall.height_m:g} m, is {crane.beam_height_m:g}"
        )
    for corner in crane.travel_m:
        if _outside(corner, scenario):
            yield f"{head} travel_m must lie inside the hall, {_size(scenario)}, reaches {_at(corner)}"
    if any(abs(a - b) > _TOUCH_M for a, b in zip(reach_point(*crane.start_m, crane), crane.start_m, strict=True)):
        yield f"{head} start_m must lie within travel_m, is {_at(crane.start_m)}"
    if not low <= crane.start_hook_m <= high:
        yield f"{head} start_hook_m must lie within hook_height_m, {low:g} to {high:g}, is {crane.start_hook_m:g}"
    yield from _rising(head, [drive.at_s for drive in crane.plan], scenario)
    yield from _speeds(head, crane)
    yield from _rigging(head, crane, scenario)


def _speeds(head: str, crane: Crane) -> Iterator[str]:
    travel, lift = crane.travel_speed_mps[1], crane.hoist_speed_mps[1]
    for number, drive in enumerate(crane.plan):
        for field, most in (("x_mps", travel), ("y_mps", travel), ("lift_mps", lift)):
            speed = getattr(drive, field) or 0.0
            if abs(speed) > most:
                yield f"{head} plan[{number}].{field} must be at most the drive's {most:g} m/s, is {speed:g}"


def _rigging(head: str, crane: Crane, scenario: Scenario) -> Iterator[str]:
    """What is hooked on and taken off along the plan."""
    carries: str | None = None
    for number, drive in enumerate(crane.plan):
        at = f"{head} plan[{number}]."
        if drive.release:
            if carries is None:
                yield f"{at}release has nothing to take off, expected an attach before"
            carries = None
        if drive.attach is not None:
            if carries is not None:
                yield f"{at}attach finds {carries!r} on the hook, expected a release before"
            carries = drive.attach
            yield from _attached(f"{at}attach", crane, drive.attach, scenario)


def _attached(field: str, crane: Crane, name: str, scenario: Scenario) -> Iterator[str]:
    load = next((load for load in scenario.load if load.name == name), None)
    if load is None:
        yield _unknown(field, name, "load", [load.name for load in scenario.load])
        return
    if load.mass_kg > crane.capacity_kg:
        yield (
            f"{field} names [[load]] {name!r} of {load.mass_kg:g} kg, expected at most capacity_kg "
            f"{crane.capacity_kg:g}"
        )
    hook = load.base_m + load.size_m[2] + load.sling_m
    if hook >= crane.hook_height_m[1]:
        yield (
            f"{field} names [[load]] {name!r}, which would need the hook above {hook:g} m, expected at most "
            f"hook_height_m {crane.hook_height_m[1]:g}"
        )


def _truck(truck: Truck, scenario: Scenario) -> Iterator[str]:
    head = f"[[truck]] {truck.name!r}"
    yield from _place(f"{head} start_m", truck.start_m, 0.0, scenario)
    yield from _steps(head, truck.plan, 0.0, scenario)


def _worker(worker: Worker, scenario: Scenario, folder: Path) -> Iterator[str]:
    head = f"[[person]] {worker.name!r}"
    if worker.floor_m > 0.0 and not any(
        abs(s.height_m - worker.floor_m) <= _ON_TOP_M and _inside(worker.start_m, s) for s in scenario.structure
    ):
        yield f"{head} floor_m is {worker.floor_m:g}, expected a [[structure]] of that height at {_at(worker.start_m)}"
    if worker.drives is None:
        yield from _place(f"{head} start_m", worker.start_m, worker.floor_m, scenario)
    if worker.trajectory is not None:
        if worker.plan:
            yield f"{head} plan must be absent where a trajectory is given"
        if not (folder / worker.trajectory).is_file():
            yield f"{head} trajectory names {folder / worker.trajectory}, which is no file"
    yield from _steps(head, worker.plan, worker.floor_m, scenario)


def _seats(scenario: Scenario) -> Iterator[str]:
    taken: dict[str, str] = {}
    for worker in scenario.person:
        head = f"[[person]] {worker.name!r}"
        if worker.drives is None:
            if worker.role == "driver":
                yield f"{head} drives is missing, expected the truck of a driver"
            continue
        if worker.drives not in [truck.name for truck in scenario.truck]:
            yield _unknown(f"{head} drives", worker.drives, "truck", [truck.name for truck in scenario.truck])
        if worker.drives in taken:
            yield f"{head} drives [[truck]] {worker.drives!r}, on which {taken[worker.drives]!r} sits already"
        taken[worker.drives] = worker.name


def _steps(head: str, plan: Sequence[Step], floor_m: float, scenario: Scenario) -> Iterator[str]:
    yield from _rising(head, [step.at_s for step in plan], scenario)
    loads, hoists = ([row.name for row in rows] for rows in (scenario.load, scenario.hoist))
    for number, step in enumerate(plan):
        at = f"{head} plan[{number}]."
        if step.go_m is not None:
            yield from _place(f"{at}go_m", step.go_m, floor_m, scenario, moving=True)
        if step.hands_on is not None and step.hands_on not in loads:
            yield _unknown(f"{at}hands_on", step.hands_on, "load", loads)
        if step.follow is not None and step.follow not in hoists:
            yield _unknown(f"{at}follow", step.follow, "hoist", hoists)
        if step.until_s is not None and step.at_s is not None and step.until_s <= step.at_s:
            yield f"{at}until_s must be after at_s {step.at_s:g}, is {step.until_s:g}"


def _place(
    field: str, at_m: tuple[float, float], floor_m: float, scenario: Scenario, *, moving: bool = False
) -> Iterator[str]:
    """Somebody or something on the floor: inside the hall, in no structure, and at the start in no load."""
    if _outside(at_m, scenario):
        yield f"{field} must lie inside the hall, {_size(scenario)}, is at {_at(at_m)}"
    for standing in scenario.structure:
        if standing.height_m > floor_m + _ON_TOP_M and _inside(at_m, standing):
            yield f"{field} lies inside [[structure]] {standing.name!r}"
    if moving:
        return
    for load in scenario.load:
        if load.base_m + load.size_m[2] > floor_m + _ON_TOP_M and _print_of(load).contains(shapely.Point(at_m)):
            yield f"{field} lies inside [[load]] {load.name!r}"


def _fault_table(scenario: Scenario) -> Iterator[str]:
    for number, fault in enumerate(scenario.fault):
        head = f"[[fault]] number {number + 1}"
        table = _TARGETS[fault.kind]
        names = [row.name for row in getattr(scenario, table)]
        if fault.of not in names:
            yield _unknown(f"{head} of", fault.of, table, names)
        if fault.at_s > scenario.scenario.seconds:
            yield _too_late(f"{head} at_s", fault.at_s, scenario)
        if fault.until_s is not None and fault.until_s <= fault.at_s:
            yield f"{head} until_s must be after at_s {fault.at_s:g}, is {fault.until_s:g}"


def _expectations(scenario: Scenario) -> Iterator[str]:
    hoists = [crane.name for crane in scenario.hoist]
    for row in scenario.expect:
        head = f"[[expect]] {row.name!r}"
        if row.level is Level.CLEAR:
            yield f"{head} level must be 'caution', 'warning' or 'danger', is 'clear'"
        if row.raise_from_s > row.raise_until_s:
            yield f"{head} raise_from_s must not be after raise_until_s {row.raise_until_s:g}"
        for field in ("raise_until_s", "clear_until_s", "contact_s"):
            if (getattr(row, field) or 0.0) > scenario.scenario.seconds:
                yield _too_late(f"{head} {field}", getattr(row, field), scenario)
        if row.hoist is not None and row.hoist not in hoists:
            yield _unknown(f"{head} hoist", row.hoist, "hoist", hoists)
    yield from _quiet_windows(scenario)


def _quiet_windows(scenario: Scenario) -> Iterator[str]:
    hoists = [crane.name for crane in scenario.hoist]
    for window in scenario.quiet:
        head = f"[[quiet]] {window.name!r}"
        if window.from_s > window.until_s:
            yield f"{head} from_s must not be after until_s {window.until_s:g}"
        if window.until_s > scenario.scenario.seconds:
            yield _too_late(f"{head} until_s", window.until_s, scenario)
        if window.hoist is not None and window.hoist not in hoists:
            yield _unknown(f"{head} hoist", window.hoist, "hoist", hoists)


def _rising(head: str, times_s: Sequence[float | None], scenario: Scenario) -> Iterator[str]:
    """Times of a plan, some of them absent: each after the one before, none beyond the end."""
    before: float | None = None
    for number, time_s in enumerate(times_s):
        if time_s is None:
            continue
        if before is not None and time_s <= before:
            yield f"{head} plan[{number}].at_s must be after {before:g}, is {time_s:g}"
        if time_s > scenario.scenario.seconds:
            yield _too_late(f"{head} plan[{number}].at_s", time_s, scenario)
        before = time_s


def _too_late(field: str, time_s: float, scenario: Scenario) -> str:
    return f"{field} must be at most [scenario] seconds {scenario.scenario.seconds:g}, is {time_s:g}"


def _unknown(field: str, name: str, table: str, known: Sequence[str]) -> str:
    return f"{field} names {name!r}, expected one of [[{table}]]: {', '.join(known) or 'none is given'}"


def _outside(at_m: Sequence[float], scenario: Scenario) -> bool:
    return not all(0.0 <= at <= size for at, size in zip(at_m[:2], scenario.hall.size_m, strict=True))


def _inside(at_m: tuple[float, float], standing: Standing) -> bool:
    return bool(shapely.Polygon(standing.polygon_m).contains(shapely.Point(at_m)))


def _print_of(load: Load) -> shapely.Polygon:
    """The floor that a load covers at the start."""
    x, y, (length, width, _) = *load.at_m, load.size_m
    flat = shapely.box(x - length / 2, y - width / 2, x + length / 2, y + width / 2)
    turned: shapely.Polygon = shapely.affinity.rotate(flat, load.yaw_deg)
    return turned


def _overlaps(a: shapely.Polygon, b: shapely.Polygon) -> bool:
    """More than a touch along an edge."""
    return bool(a.buffer(-_TOUCH_M).intersects(b))


def _stacked(a: Load, b: Load) -> bool:
    """Whether their heights overlap."""
    low, high = max(a.base_m, b.base_m), min(a.base_m + a.size_m[2], b.base_m + b.size_m[2])
    return high - low > _TOUCH_M


def _size(scenario: Scenario) -> str:
    return f"{scenario.hall.size_m[0]:g} m by {scenario.hall.size_m[1]:g} m"


def _at(values: Sequence[float]) -> str:
    return "[" + ", ".join(f"{value:g}" for value in values) + "]"
