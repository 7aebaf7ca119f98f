"""How well do the tracks of people agree with ground truth on the floor?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.errors import BadInput
from calibration.site import Point
from recordings.csv_rows import header_of, read_rows
from recordings.tracks_csv import TrackRow, read_tracks

FRAMES_FROM_1 = ("frame", "id", "x", "y")
FRAMES_FROM_0 = ("frame0", "id", "bb_left", "bb_top", "bb_width", "bb_height", "ground_x_m", "ground_y_m")
TIMES = ("time_s", "id", "x_m", "y_m")

FRAMES_MOST = 5_000_000
"""Two days at 25 Hz: a frame number with digits too many must not fill the memory."""
_REACH = 0.6  # half a tick, and some room for ticks that are not quite even
_ROUNDING_S = 0.0006  # a tracks csv gives times to the millisecond

Places = dict[str, tuple[float, float]]
"""Name to (x, y) in metres."""


@dataclass(frozen=True, slots=True)
class TrackScores:
    """Scores over all ground-truth frames. ``misses`` are the false negatives.

    ``mota`` and ``idf1`` are shares of one (MOTA may be negative). Errors are floor distances in
    metres over all matched pairs, None where nothing matched.
    """

    threshold_m: float
    frames: int
    objects: int
    true_ids: int
    track_ids: int
    mota: float
    idf1: float
    switches: int
    fragmentations: int
    false_positives: int
    misses: int
    mean_error_m: float | None
    median_error_m: float | None


def evaluate_tracks(
    gt_csv: Path | str,
    tracks_csv: Path | str,
    threshold_m: float = 1.0,
    rate_hz: float | None = None,
    region_m: Sequence[Point] | None = None,
) -> TrackScores:
    """Score the people of a tracks csv against ground truth, matched within ``threshold_m``.

    Ground truth is one of: ``frame,id,x,y`` (frames from 1), ``frame0,id,bb_left,bb_top,bb_width,
    bb_height,ground_x_m,ground_y_m`` (frames from 0), both at ``rate_hz`` with the first frame at
    time 0 and every frame from the first to the last counted; or ``time_s,id,x_m,y_m``. Only its own
    frames count. Each is compared with the tick nearest to it, the later of two, no farther than half a tick.
    ``region_m``: only people and tracks within this polygon count.

    CLEAR MOT (Bernardin and Stiefelhagen 2008) and IDF1 (Ristani et al. 2016) by py-motmetrics, with
    Euclidean distance. Raises BadInput naming file, line, column, and for a missing rate.
    """
    if not 0.0 < threshold_m < float("inf"):
        raise BadInput(f"threshold: expected metres above 0, got {threshold_m}")
    truth = read_truth(Path(gt_csv), rate_hz)
    rows = read_tracks(tracks_csv)
    seen = _at_times(rows, [time_s for time_s, _ in truth])
    pairs = [(_inside(true, region_m), _inside(found, region_m)) for (_, true), found in zip(truth, seen, strict=True)]
    return _score(pairs, threshold_m)


def read_truth(path: Path, rate_hz: float | None) -> list[tuple[float, Places]]:
    """(time in seconds, places by id) of every ground-truth frame, in order. Raises BadInput."""
    columns = _columns(path)
    x, y = columns[-2:]
    counted = columns != TIMES
    if counted and rate_hz is None:
        raise BadInput(f"{path}: counts frames, expected --rate with frames per second")
    if rate_hz is not None and not 0.0 < rate_hz < float("inf"):
        raise BadInput(f"--rate: expected frames per second above 0, got {rate_hz}")
    first = int(columns == FRAMES_FROM_1)
    by_key: dict[float, Places] = defaultdict(dict)
    for row in read_rows(path, columns):
        key = row.whole(columns[0], first) if counted else row.time_s()
        if row.text("id") in by_key[key]:
            raise row.fault("id", "each id once in a frame")
        by_key[key][row.text("id")] = (row.number(x), row.number(y))
    if not counted or rate_hz is None:
        return sorted(by_key.items())
    begin, end = int(min(by_key)), int(max(by_key))
    if end - begin > FRAMES_MOST:
        raise BadInput(f"{path}: frames from {begin:g} to {end:g}, expected at most {FRAMES_MOST} from first to last")
    frames = range(begin, end + 1)
    return [((frame - first) / rate_hz, by_key.get(frame, {})) for frame in frames]


def _columns(path: Path) -> tuple[str, ...]:
    known = (FRAMES_FROM_1, FRAMES_FROM_0, TIMES)
    header = header_of(path)
    for columns in known:
        if sorted(header) == sorted(columns):
            return columns
    expected = " or ".join(",".join(columns) for columns in known)
    raise BadInput(f"{path}, line 1: expected the columns {expected}, got {','.join(header)}")


def _at_times(rows: list[TrackRow], times_s: list[float]) -> list[Places]:
    """People at the tick nearest to each time, none where no tick is within half a tick.

    A tick in which nothing was followed has no rows, so an absent tick means nobody. Therefore the
    tick's length is taken from the shorter steps between rows, a tenth of them being shorter still.
    """
    ticks: dict[float, Places] = defaultdict(dict)
    for row in rows:
        people = ticks[row.time_s]
        if row.kind == "person":
            people[row.id] = (row.x_m, row.y_m)
    if not ticks:
        return [{} for _ in times_s]
    stamps = np.array(sorted(ticks))
    tick_s = float(np.quantile(np.diff(stamps), 0.1)) if len(stamps) > 1 else 0.0
    reach_s = _REACH * tick_s + _ROUNDING_S
    out: list[Places] = []
    for time_s in times_s:
        # Of two ticks equally near the later one counts: it is the first that can know of this instant.
        away = np.abs(stamps - time_s)
        nearest = float(stamps[np.flatnonzero(away <= away.min() + _ROUNDING_S)[-1]])
        out.append(ticks[nearest] if abs(nearest - time_s) <= reach_s else {})
    return out


def _inside(places: Places, region_m: Sequence[Point] | None) -> Places:
    if region_m is None:
        return places
    import shapely

    region = shapely.Polygon(region_m)
    return {name: xy for name, xy in places.items() if region.covers(shapely.Point(xy))}


def _score(pairs: list[tuple[Places, Places]], threshold_m: float) -> TrackScores:
    import motmetrics

    true_numbers = _numbers([true for true, _ in pairs])
    track_numbers = _numbers([found for _, found in pairs])
    accumulator = motmetrics.MOTAccumulator(auto_id=True)
    for true, found in pairs:
        distance = _distances_m(true, found)
        accumulator.update(
            [true_numbers[name] for name in true],
            [track_numbers[name] for name in found],
            np.where(distance <= threshold_m, distance, np.nan),
        )
    wanted = ["mota", "idf1", "num_switches", "num_fragmentations", "num_false_positives", "num_misses", "num_objects"]
    result = motmetrics.metrics.create().compute(accumulator, metrics=wanted, return_dataframe=False)
    events = accumulator.mot_events
    errors = events[events.Type.isin(["MATCH", "SWITCH"])].D.to_numpy(float)
    return TrackScores(
        threshold_m=threshold_m,
        frames=len(pairs),
        objects=int(result["num_objects"]),
        true_ids=len(true_numbers),
        track_ids=len(track_numbers),
        mota=float(result["mota"]),
        idf1=float(result["idf1"]),
        switches=int(result["num_switches"]),
        fragmentations=int(result["num_fragmentations"]),
        false_positives=int(result["num_false_positives"]),
        misses=int(result["num_misses"]),
        mean_error_m=float(errors.mean()) if len(errors) else None,
        median_error_m=float(np.median(errors)) if len(errors) else None,
    )


def _numbers(frames: list[Places]) -> dict[str, int]:
    return {name: number for number, name in enumerate(sorted({name for places in frames for name in places}), start=1)}


def _distances_m(true: Places, found: Places) -> NDArray[np.float64]:
    a = np.array(list(true.values()), float).reshape(-1, 1, 2)
    b = np.array(list(found.values()), float).reshape(1, -1, 2)
    distance: NDArray[np.float64] = np.linalg.norm(a - b, axis=2)
    return distance
