"""Scores of tracks: against a second implementation, and on real ground truth."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from calibration.errors import BadInput
from recordings.evaluate_tracks import TrackScores, evaluate_tracks, read_truth
from recordings.tracks_csv import COLUMNS
from tests.shared_data import shared

Frames = list[tuple[dict[int, tuple[float, float]], dict[int, tuple[float, float]]]]


def write_tracks(path: Path, rows: list[tuple[float, str, float, float]], kind: str = "person") -> Path:
    lines = [f"{t:.3f},{kind},{name},{x},{y},0,0,0,0,0.1" for t, name, x, y in rows]
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    return path


def write_truth(path: Path, rows: list[tuple[float, int, float, float]]) -> Path:
    path.write_text("time_s,id,x_m,y_m\n" + "".join(f"{t},{n},{x},{y}\n" for t, n, x, y in rows))
    return path


def by_hand(frames: Frames, threshold_m: float) -> tuple[float, float, int, int, int]:
    """(MOTA, IDF1, switches, false positives, misses) straight from their definitions.

    CLEAR MOT: a pair of before is kept while it is near enough, the others are matched at least cost;
    a person matched to another track than the last time is a switch. IDF1: one-to-one matching of
    whole identities that agrees in most frames.
    """
    last: dict[int, int] = {}
    switches = false = misses = objects = tracks = 0
    agree: Counter[tuple[int, int]] = Counter()
    for true, found in frames:
        far = {(g, t): float(np.hypot(*np.subtract(true[g], found[t]))) for g in true for t in found}
        agree.update(pair for pair, d in far.items() if d <= threshold_m)
        objects, tracks = objects + len(true), tracks + len(found)
        pairs: dict[int, int] = {}
        for g in true:
            t = last.get(g)
            if t in found and t not in pairs.values() and far[g, t] <= threshold_m:
                pairs[g] = t
        left_g = [g for g in true if g not in pairs]
        left_t = [t for t in found if t not in pairs.values()]
        cost = np.array([[far[g, t] if far[g, t] <= threshold_m else 1e6 for t in left_t] for g in left_g])
        if cost.size:
            for i, j in zip(*linear_sum_assignment(cost), strict=True):
                if cost[i, j] < 1e6:
                    pairs[left_g[i]] = left_t[j]
        switches += sum(g in last and last[g] != t for g, t in pairs.items())
        last.update(pairs)
        misses += len(true) - len(pairs)
        false += len(found) - len(pairs)
    names_g = sorted({g for true, _ in frames for g in true})
    names_t = sorted({t for _, found in frames for t in found})
    best = 0
    if names_g and names_t:
        weight = np.array([[agree[g, t] for t in names_t] for g in names_g])
        best = int(weight[linear_sum_assignment(weight, maximize=True)].sum())
    return 1.0 - (switches + false + misses) / objects, 2.0 * best / (objects + tracks), switches, false, misses


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), people=st.integers(1, 4), steps=st.integers(2, 15))
def test_scores_agree_with_their_definitions(
    tmp_path_factory: pytest.TempPathFactory, seed: int, people: int, steps: int
) -> None:
    rng = np.random.default_rng(seed)
    place = rng.uniform(0.0, 4.0, (people, 2))
    frames: Frames = []
    for _ in range(steps):
        place = place + rng.normal(0.0, 0.3, place.shape)
        true = {n: (float(x), float(y)) for n, (x, y) in enumerate(place) if rng.random() < 0.9}
        noisy = place + rng.normal(0.0, 0.4, place.shape)
        names = [n if rng.random() < 0.9 else 10 + int(rng.integers(3)) for n in range(people)]
        found = {name: (float(x), float(y)) for name, (x, y) in zip(names, noisy, strict=True) if rng.random() < 0.8}
        frames.append((true, found))
    frames[0] = ({0: (1.0, 1.0)}, {0: (1.2, 1.0)})
    folder = tmp_path_factory.mktemp("scores")
    rows_t = [(k / 10.0, f"P{n}", *found[n]) for k, (_, found) in enumerate(frames) for n in found]
    rows_g = [(k / 10.0, n, *true[n]) for k, (true, _) in enumerate(frames) for n in true]
    write_truth(folder / "gt.csv", rows_g)
    write_tracks(folder / "t.csv", rows_t)
    with open(folder / "t.csv", "a") as stream:  # a hook in every tick, which tells the ticks' length
        stream.writelines(f"{k / 10.0:.3f},hook,H1,0,0,0,0,0,0,0\n" for k in range(steps))
    scores = evaluate_tracks(folder / "gt.csv", folder / "t.csv", 0.7)
    counted = [frame for frame in frames if frame[0]]
    mota, idf1, switches, false, misses = by_hand(counted, 0.7)
    assert (scores.switches, scores.false_positives, scores.misses) == (switches, false, misses)
    assert scores.mota == pytest.approx(mota)
    assert scores.idf1 == pytest.approx(idf1)
    assert scores.frames == len(counted)


def test_ticks_may_be_denser_than_ground_truth_and_longer(tmp_path: Path) -> None:
    truth = tmp_path / "gt.csv"
    truth.write_text("frame,id,x,y\n" + "".join(f"{n},7,{(n - 1) / 4.0:.4f},1\n" for n in range(1, 9)))
    ticks = [k / 10.0 for k in range(100)]
    tracks = write_tracks(tmp_path / "t.csv", [(t, "P1", t, 1.3) for t in ticks])
    scores = evaluate_tracks(truth, tracks, rate_hz=4.0)
    assert (scores.mota, scores.idf1, scores.frames, scores.objects) == (1.0, 1.0, 8, 8)
    assert scores.mean_error_m is not None
    assert 0.3 <= scores.mean_error_m < 0.31
    # A tick in which nobody was followed has no rows: the ground truth beside it is missed.
    holes = write_tracks(tmp_path / "t.csv", [(t, "P1", t, 1.3) for t in ticks if not 0.9 < t < 1.1])
    assert evaluate_tracks(truth, holes, rate_hz=4.0).misses == 1
    # A second person outside the region counts neither as missed nor as a false alarm.
    far = [(t, "P2", 50.0, 50.0) for t in ticks]
    both = write_tracks(tmp_path / "t.csv", sorted([(t, "P1", t, 1.3) for t in ticks] + far))
    assert evaluate_tracks(truth, both, rate_hz=4.0).false_positives == 8
    region = ((-1.0, -1.0), (10.0, -1.0), (10.0, 10.0), (-1.0, 10.0))
    assert evaluate_tracks(truth, both, rate_hz=4.0, region_m=region).mota == 1.0


def test_hooks_are_no_people_and_no_tracks_are_all_misses(tmp_path: Path) -> None:
    truth = write_truth(tmp_path / "gt.csv", [(0.0, 1, 0.0, 0.0), (0.1, 1, 0.0, 0.0)])
    hooks = write_tracks(tmp_path / "t.csv", [(0.0, "H1", 0.0, 0.0), (0.1, "H1", 0.0, 0.0)], kind="hook")
    for tracks in (hooks, write_tracks(tmp_path / "t2.csv", [])):
        scores = evaluate_tracks(truth, tracks)
        assert (scores.misses, scores.false_positives, scores.mota) == (2, 0, 0.0)
        assert scores.mean_error_m is None
        assert scores.median_error_m is None


def test_frames_without_people_count(tmp_path: Path) -> None:
    truth = tmp_path / "gt.csv"
    truth.write_text("frame,id,x,y\n1,1,0,0\n4,1,0,0\n")
    tracks = write_tracks(tmp_path / "t.csv", [(k / 10.0, "P1", 0.0, 0.0) for k in range(4)])
    scores = evaluate_tracks(truth, tracks, rate_hz=10.0)
    assert (scores.frames, scores.objects, scores.false_positives) == (4, 2, 2)


def test_bad_ground_truth_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gt.csv"
    tracks = write_tracks(tmp_path / "t.csv", [])
    for text, rate_hz, fault in [
        ("", None, "is empty"),
        ("a,b\n", None, "line 1: expected the columns frame,id,x,y or frame0"),
        ("frame,id,x,y\n1,1,0,0\n", None, "counts frames, expected --rate"),
        ("frame,id,x,y\n1,1,0,0\n", 0.0, "--rate: expected frames per second above 0"),
        ("frame,id,x,y\n0,1,0,0\n", 4.0, "line 2, column frame: expected a whole number from 1, got '0'"),
        ("frame,id,x,y\n1.5,1,0,0\n", 4.0, "line 2, column frame: expected a whole number from 1, got '1.5'"),
        ("frame,id,x,y\n1,1,0,nan\n", 4.0, "line 2, column y: expected a finite number, got 'nan'"),
        ("frame,id,x,y\n1,1,0,0\n1,1,0,0\n", 4.0, "line 3, column id: expected each id once in a frame, got '1'"),
        ("frame,id,x,y\n", 4.0, "has no rows"),
    ]:
        path.write_text(text)
        with pytest.raises(BadInput, match=fault):
            evaluate_tracks(path, tracks, rate_hz=rate_hz)
    with pytest.raises(BadInput, match="threshold"):
        evaluate_tracks(path, tracks, threshold_m=-1.0, rate_hz=4.0)


@pytest.mark.parametrize(
    ("relative", "rate_hz", "frames"),
    [("data/cmc1/gt.csv", 4.0, None), ("data/pets2009_s2l1/gt_frames_0_399.csv", 7.0, 400)],
)
def test_real_ground_truth_scored_against_itself(
    tmp_path: Path, relative: str, rate_hz: float, frames: int | None
) -> None:
    """Exact tracks score 1; moved by 0.6 m they still match at 1 m, and not at 0.5 m. The recording
    goes on behind the ground truth, which does not count."""
    path = shared(relative)
    truth = read_truth(path, rate_hz)
    assert frames is None or len(truth) == frames
    last_s = truth[-1][0]
    rows = [(t, f"P{n}", x + 0.6, y) for t, places in truth for n, (x, y) in places.items()]
    rows += [(last_s + k / rate_hz, "P99", 0.0, 0.0) for k in itertools.chain(range(1, 20))]
    tracks = write_tracks(tmp_path / "t.csv", rows)
    near: TrackScores = evaluate_tracks(path, tracks, 1.0, rate_hz)
    assert near.false_positives == near.misses
    assert near.mota > 0.95
    assert near.median_error_m == pytest.approx(0.6, abs=1e-3)
    far = evaluate_tracks(path, tracks, 0.5, rate_hz)
    assert far.mota < 0.0
