"""Real people's recorded ways with a hoist put to work in their midst. Nobody in them knows of it.

The recordings (``obsmat.txt`` of ETH and UCY: frame, id, x, z, y, ..., 0.4 s between frames) are not part of
the program; a folder with them is named by whoever has it.

Nobody comes from nowhere: where a recorded way begins or ends amid the floor (43 % of those of ``hotel`` end
where the hoist works), its person is taken to have come, and to go on, straight ahead as over its last metre, to
the side of the hall. No system can foresee who appears beside a load, nor should it forget who vanishes there.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calibration.errors import BadInput
from recordings.closed_loop.branch import AHEAD_S
from recordings.closed_loop.hall_cases import corner_cameras, drives_of, hung
from recordings.closed_loop.variation import sound
from recordings.plant.scenario import Scenario

SECONDS = 20.0
FRAME_S, FRAME_STEP = 0.4, 10
_FILE = "obsmat.txt"
_MARGIN_M = 3.0
_MOST = 12
_LEAST = 2
_LEAST_ROWS = 5
_HEADING_M = 1.0
_LEAST_MPS = 0.8
_LONGEST_S = 40.0
_WALL_M = 0.3
_BEAM_M = 7.0
_LOAD_M = (1.0, 0.8, 0.8)
Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Crowd:
    """One recording: rows (n, 3) of time, x, y by person, from one side of a hall from (0, 0) to another."""

    name: str
    size_m: tuple[float, float]
    ways: tuple[Array, ...]
    box_m: tuple[tuple[float, float], tuple[float, float]]
    """Where people are, from the 10th to the 90th percentile: the hoist works there."""


def read_crowds(folder: Path) -> tuple[Crowd, ...]:
    """Every ``NAME/obsmat.txt`` in a folder, by name. Raises BadInput where there is none, or one is of no use."""
    paths = sorted(folder.glob(f"*/{_FILE}"))
    if not paths:
        raise BadInput(f"{folder}: expected folders with {_FILE}, recorded ways of people")
    return tuple(_read(path) for path in paths)


def crowd_case(number: int, crowd: Crowd, rng: np.random.Generator) -> tuple[Scenario, dict[str, str]]:
    """Twenty seconds of a crowd with a hoist travelling through it, and the files of its people's ways."""
    last_s = max(way[-1, 0] for way in crowd.ways)
    while True:
        from_s = float(rng.uniform(0.0, max(last_s - SECONDS, 0.0)))
        ways = [cut for way in crowd.ways if (cut := _cut(way, from_s)) is not None]
        if len(ways) < _LEAST:
            continue
        if len(ways) > _MOST:
            ways = [ways[k] for k in sorted(rng.choice(len(ways), _MOST, replace=False))]
        files = {f"way-{k + 1}.csv": _csv(way) for k, way in enumerate(ways)}
        scenario = Scenario.model_validate(_tables(number, crowd, ways, rng))
        if sound(scenario):
            return scenario, files


def _read(path: Path) -> Crowd:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # an empty file, of which the next lines tell
            rows = np.loadtxt(path, ndmin=2)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: expected rows of numbers: frame, id, x, z, y ({error})") from None
    if rows.shape[0] < _LEAST_ROWS or rows.shape[1] < 5 or not np.isfinite(rows[:, [0, 1, 2, 4]]).all():
        raise BadInput(f"{path}: expected at least {_LEAST_ROWS} rows of finite numbers: frame, id, x, z, y")
    corner = rows[:, [2, 4]].min(axis=0) - _MARGIN_M
    size = np.maximum(rows[:, [2, 4]].max(axis=0) + _MARGIN_M - corner, 9.0)
    ways = []
    for person in np.unique(rows[:, 1]):
        mine = rows[rows[:, 1] == person]
        way = np.column_stack([mine[:, 0] / FRAME_STEP * FRAME_S, mine[:, [2, 4]] - corner])
        rising = np.concatenate([[True], np.diff(way[:, 0]) > 0])
        if rising.sum() >= _LEAST_ROWS:
            ways.append(way[rising])
    if not ways:
        raise BadInput(f"{path}: expected somebody seen at least {_LEAST_ROWS} times")
    first_s = min(way[0, 0] for way in ways)
    at = np.vstack(ways)[:, 1:]
    (x0, y0), (x1, y1) = np.percentile(at, [10, 90], axis=0)
    return Crowd(
        path.parent.name,
        (float(size[0]), float(size[1])),
        tuple(_whole(way, size) - (first_s, 0.0, 0.0) for way in ways),
        ((float(x0), float(y0)), (float(x1), float(y1))),
    )


def _whole(way: Array, size_m: Array) -> Array:
    """The way with what leads from a side of the hall to its beginning, and from its end to a side."""
    after = _onward(way, size_m)
    before = _onward(way[::-1] * (-1.0, 1.0, 1.0), size_m)[::-1] * (-1.0, 1.0, 1.0)
    return np.vstack([before, way, after])


def _onward(way: Array, size_m: Array) -> Array:
    """Rows that follow the last one, straight ahead as over the last metre, until the side of the hall."""
    back = np.hypot(*(way[:, 1:] - way[-1, 1:]).T)
    far = np.flatnonzero(back >= _HEADING_M)
    row = way[far[-1]] if len(far) else way[int(np.argmax(back))]
    gone = way[-1] - row
    length_m = float(np.hypot(gone[1], gone[2]))
    if length_m <= 0.0:  # one who stood all the time and has no way
        return np.empty((0, 3))
    by = gone[1:] / length_m * max(length_m / gone[0], _LEAST_MPS)
    times = np.arange(FRAME_S, _LONGEST_S, FRAME_S)
    rows = np.column_stack([way[-1, 0] + times, way[-1, 1:] + times[:, None] * by])
    inside = ((rows[:, 1:] > _WALL_M) & (rows[:, 1:] < size_m - _WALL_M)).all(axis=1)
    return rows[: int(np.argmin(inside))] if not inside.all() else rows


def _cut(way: Array, from_s: float) -> Array | None:
    """The rows of a window and of what is looked ahead from its end; None for who is hardly there."""
    inside = way[(way[:, 0] >= from_s) & (way[:, 0] <= from_s + SECONDS + AHEAD_S)]
    return inside - (from_s, 0.0, 0.0) if len(inside) >= _LEAST_ROWS else None


def _csv(way: Array) -> str:
    return "time_s,x_m,y_m\n" + "".join(f"{t:.3f},{x:.3f},{y:.3f}\n" for t, x, y in way)


def _tables(number: int, crowd: Crowd, ways: list[Array], rng: np.random.Generator) -> dict[str, Any]:
    (x0, y0), (x1, y1) = crowd.box_m
    fast = float(rng.choice((0.33, 0.67)))
    hoist: dict[str, Any] = {
        "name": "H1",
        "kind": "bridge",
        "travel_m": ((x0, y0), (x1, y1)),
        "beam_height_m": _BEAM_M,
        "hook_height_m": (0.3, _BEAM_M - 0.8),
    } | drives_of(rng, fast)
    load: dict[str, Any] = {"name": "crate", "size_m": _LOAD_M, "sling_m": 0.6, "yaw_deg": float(rng.uniform(0, 90))}
    start = (float(rng.uniform(x0, x1)), float(rng.uniform(y0, y1)))
    hung(load, hoist, float(rng.uniform(0.25, 1.2)), start)
    hoist["plan"] = _plan(start, crowd.box_m, fast, rng)
    return {
        "scenario": {"name": f"{crowd.name} {number}", "seconds": SECONDS, "seed": int(rng.integers(1_000_000))},
        "hall": {"size_m": crowd.size_m, "height_m": 9.0},
        "camera": corner_cameras(crowd.size_m, 5.2),
        "hoist": [hoist],
        "load": [load],
        "person": [
            {
                "name": f"passer-by {k + 1}",
                "start_m": (float(way[0, 1]), float(way[0, 2])),
                "height_m": float(np.clip(rng.normal(1.71, 0.08), 1.5, 1.95)),
                "trajectory": f"way-{k + 1}.csv",
            }
            for k, way in enumerate(ways)
        ],
    }


def _plan(
    start: tuple[float, float], box_m: tuple[tuple[float, float], tuple[float, float]], fast_mps: float,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:  # fmt: skip
    """From one random place of the box to the next, both axes at full speed until each is there."""
    plan: list[dict[str, Any]] = [{"at_s": 0.0, "attach": "crate"}]
    at, now_s = start, float(rng.uniform(2.5, 4.0))
    while now_s < SECONDS - 3.0:
        goal = tuple(float(rng.uniform(low, high)) for low, high in zip(*box_m, strict=True))
        legs = [(g - a, abs(g - a) / fast_mps) for a, g in zip(at, goal, strict=True)]
        x, y = (float(np.copysign(fast_mps, way)) for way, _ in legs)
        first, last = sorted((max(legs[0][1], 0.3), max(legs[1][1], 0.31)))
        stops = {"x_mps": 0.0} if legs[0][1] < legs[1][1] else {"y_mps": 0.0}
        plan.append({"at_s": now_s, "x_mps": x, "y_mps": y})
        plan.append({"at_s": now_s + first} | stops)
        plan.append({"at_s": now_s + last, "x_mps": 0.0, "y_mps": 0.0})
        now_s, at = now_s + last + float(rng.uniform(2.5, 4.0)), (goal[0], goal[1])
    return [step for step in plan if step["at_s"] < SECONDS - 0.1]
