"""The peers' side of ``bench_peers``: runs in their own environment, reads floor points, writes tracks and times.

``python peers.py POINTS.npz OUT.npz PEER``. POINTS: ``frame``, ``camera``, ``x``, ``y``, ``xx``, ``xy``, ``yy``
(a row a point, covariance in m²), ``times_s``, and the same columns with ``fused_`` before them (a row a
person and frame, by clustering). PEER: ``filterpy``, ``norfair``, ``gnn``, ``jpda``. OUT: ``rows`` (frame
from 1, id, x, y) and ``took_ms`` a frame. ``SETTINGS``, one for all scenes, are the best by MOTA + IDF1 of a
random search on the first 150 frames of cmc2 with both detectors and 40 of synth_floor (filterpy 39 tries, norfair
22; Stone Soup, which takes long, on cmc2 alone: GNN 11, JPDA 2), and for norfair of 7, for JPDA of 8 further
tries, which ``tune_peers`` lists and runs again: norfair's changed nothing, JPDA's shortened ``keep_s``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import process_time
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

SETTINGS: dict[str, dict[str, float]] = {
    # q: white acceleration, m²/s³ (norfair: its own unit). gate: squared Mahalanobis distance (Stone Soup: not
    # squared). hits to be confirmed, keep_s seconds to keep unseen. apart_m: no birth so near to a track.
    "filterpy": {"q": 0.3, "gate": 16.0, "hits": 12, "keep_s": 0.5, "apart_m": 1.0},
    "norfair": {"reach_m": 1.3, "hits": 3, "keep_s": 0.5, "q": 0.3},
    "gnn": {"q": 1.0, "gate": 4.0, "hits": 2, "keep_s": 0.5},
    "jpda": {"q": 0.3, "gate": 4.0, "clutter": 0.05, "detected": 0.9, "hits": 3, "keep_s": 0.75},
}
Points = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of one frame: camera (k,), place (k, 2), covariance (k, 2, 2)."""
Step = Callable[[float, Points], list[tuple[int, float, float]]]


def frames_of(data: dict[str, np.ndarray], prefix: str) -> list[Points]:
    """Points of every frame."""
    frame = data[prefix + "frame"]
    x, y, xx, xy, yy = (data[prefix + name] for name in ("x", "y", "xx", "xy", "yy"))
    cov = np.stack([np.stack([xx, xy], axis=1), np.stack([xy, yy], axis=1)], axis=1)
    place = np.column_stack([x, y])
    out = []
    for k in range(len(data["times_s"])):
        rows = frame == k + 1
        out.append((data[prefix + "camera"][rows], place[rows], cov[rows]))
    return out


def transition(dt_s: float, q: float) -> tuple[np.ndarray, np.ndarray]:
    """Constant velocity over x, y, vx, vy with white acceleration noise."""
    f = np.eye(4) + dt_s * np.eye(4, k=2)
    block = q * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
    return f, np.kron(block, np.eye(2))


class FilterpyLoop:
    """Camera after camera: predict once a frame, assign by Mahalanobis distance, one update a box."""

    def __init__(self, q: float, gate: float, hits: float, keep_s: float, apart_m: float) -> None:
        self.q, self.gate, self.hits, self.keep_s, self.apart_m = q, gate, hits, keep_s, apart_m
        self.tracks: list[FilterpyTrack] = []
        self.now_s: float | None = None
        self.next = 1

    def __call__(self, now_s: float, points: Points) -> list[tuple[int, float, float]]:
        camera, place, cov = points
        f, noise = transition(0.0 if self.now_s is None else now_s - self.now_s, self.q)
        self.now_s = now_s
        for t in self.tracks:
            t.filter.predict(F=f, Q=noise)
        for c in np.unique(camera):
            rows = np.flatnonzero(camera == c)
            for j in self._assigned(place[rows], cov[rows], now_s):
                self._born(place[rows[j]], cov[rows[j]], now_s)
        limits = [self.keep_s if t.hits >= self.hits else 0.3 for t in self.tracks]
        self.tracks = [t for t, limit in zip(self.tracks, limits, strict=True) if now_s - t.seen_s <= limit]
        out = []
        for t in self.tracks:
            if t.hits >= self.hits:
                if t.number == 0:
                    t.number, self.next = self.next, self.next + 1
                out.append((t.number, float(t.filter.x[0]), float(t.filter.x[1])))
        return out

    def _assigned(self, place: np.ndarray, cov: np.ndarray, now_s: float) -> list[int]:
        """Corrects the tracks by their points; the points that are left."""
        free = set(range(len(place)))
        if self.tracks:
            off = place[None] - np.array([t.filter.x[:2] for t in self.tracks])[:, None]
            s = np.linalg.inv(np.array([t.filter.P[:2, :2] for t in self.tracks])[:, None] + cov[None])
            d2 = np.einsum("tni,tnij,tnj->tn", off, s, off)
            a, b = linear_sum_assignment(np.minimum(d2, self.gate))
            for i, j in zip(a.tolist(), b.tolist(), strict=True):
                if d2[i, j] < self.gate:
                    track = self.tracks[i]
                    track.filter.update(place[j], R=cov[j])
                    track.hits, track.seen_s = track.hits + 1, now_s
                    free.discard(j)
        return sorted(free)

    def _born(self, place: np.ndarray, cov: np.ndarray, now_s: float) -> None:
        from filterpy.kalman import KalmanFilter

        if any(np.hypot(*(t.filter.x[:2] - place)) < self.apart_m for t in self.tracks):
            return
        kf = KalmanFilter(dim_x=4, dim_z=2)
        kf.x, kf.P, kf.H = np.array([*place, 0.0, 0.0]), np.diag([0.0, 0.0, 1.0, 1.0]), np.eye(2, 4)
        kf.P[:2, :2] = cov
        self.tracks.append(FilterpyTrack(kf, now_s))


@dataclass
class FilterpyTrack:
    """One filter, when it was last seen and how often; its number once it is confirmed."""

    filter: Any
    seen_s: float
    hits: int = 1
    number: int = 0


def norfair_loop(reach_m: float, hits: float, keep_s: float, q: float, rate_hz: float) -> Step:
    """Norfair's tracker on one point a person and frame."""
    from norfair import Detection, OptimizedKalmanFilterFactory, Tracker

    tracker = Tracker(
        distance_function=lambda d, t: float(np.hypot(*(d.points[0] - t.estimate[0]))),
        distance_threshold=reach_m,
        initialization_delay=int(hits),
        hit_counter_max=max(int(hits) + 1, round(keep_s * rate_hz)),
        filter_factory=OptimizedKalmanFilterFactory(R=0.02, Q=q),
    )

    def step(_now_s: float, points: Points) -> list[tuple[int, float, float]]:
        people = tracker.update(detections=[Detection(points=p[None]) for p in points[1]])
        return [(t.id, float(t.estimate[0, 0]), float(t.estimate[0, 1])) for t in people]

    return step


class StoneSoup:
    """Stone Soup's own parts: Kalman filter, GNN by 2-D assignment or JPDA, birth from several points."""

    def __init__(self, kind: str, q: float, hits: float, keep_s: float, rate_hz: float, **more: float) -> None:
        from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
        from stonesoup.dataassociator.probability import JPDAwithEHM2
        from stonesoup.deleter.time import UpdateTimeStepsDeleter
        from stonesoup.hypothesiser.distance import DistanceHypothesiser
        from stonesoup.hypothesiser.probability import PDAHypothesiser
        from stonesoup.initiator.simple import MultiMeasurementInitiator
        from stonesoup.measures import Mahalanobis
        from stonesoup.models.measurement.linear import LinearGaussian
        from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
        from stonesoup.predictor.kalman import KalmanPredictor
        from stonesoup.types.state import GaussianState
        from stonesoup.updater.kalman import KalmanUpdater

        predictor = KalmanPredictor(CombinedLinearGaussianTransitionModel([ConstantVelocity(q), ConstantVelocity(q)]))
        self.updater = KalmanUpdater(None)
        nearest = DistanceHypothesiser(predictor, self.updater, Mahalanobis(), missed_distance=more["gate"])
        self.gnn = kind == "gnn"
        self.associator: Any = GNNWith2DAssignment(nearest)
        if not self.gnn:
            likely = PDAHypothesiser(predictor, self.updater, more["clutter"], prob_detect=more["detected"])
            self.associator = JPDAwithEHM2(likely)
        self.deleter = UpdateTimeStepsDeleter(max(1, round(keep_s * rate_hz)))
        self.initiator = MultiMeasurementInitiator(
            prior_state=GaussianState([[0], [0], [0], [0]], np.diag([0, 1.0, 0, 1.0])),
            measurement_model=LinearGaussian(ndim_state=4, mapping=(0, 2), noise_covar=0.02 * np.eye(2)),
            deleter=UpdateTimeStepsDeleter(2),
            data_associator=GNNWith2DAssignment(nearest),
            updater=self.updater,
            min_points=int(hits),
        )
        self.tracks: set[Any] = set()
        self.names: dict[str, int] = {}

    def __call__(self, now_s: float, points: Points) -> list[tuple[int, float, float]]:
        from stonesoup.models.measurement.linear import LinearGaussian
        from stonesoup.types.detection import Detection

        now = datetime(2024, 1, 1) + timedelta(seconds=now_s)
        seen = {
            Detection(p[:, None], timestamp=now, measurement_model=LinearGaussian(4, (0, 2), c))
            for p, c in zip(points[1], points[2], strict=True)
        }
        used: set[Any] = set()
        if self.tracks:
            for track, found in self.associator.associate(self.tracks, seen, now).items():
                used |= self._nearest(track, found) if self.gnn else self._mixed(track, found, now)
        self.tracks -= self.deleter.delete_tracks(self.tracks)
        self.tracks |= self.initiator.initiate(seen - used, now)
        return [
            (self.names.setdefault(t.id, len(self.names) + 1), float(t.state_vector[0]), float(t.state_vector[2]))
            for t in self.tracks
        ]

    def _nearest(self, track: Any, found: Any) -> set[Any]:
        track.append(self.updater.update(found) if found else found.prediction)
        return {found.measurement} if found else set()

    def _mixed(self, track: Any, found: Any, now: datetime) -> set[Any]:
        from stonesoup.functions import gm_reduce_single
        from stonesoup.types.array import StateVectors
        from stonesoup.types.update import GaussianStateUpdate

        used = {h.measurement for h in found if h and h.probability > 0.1}
        if not used:
            track.append(next(h.prediction for h in found if not h))
            return used
        states = [self.updater.update(h) if h else h.prediction for h in found]
        mean, covar = gm_reduce_single(
            StateVectors([s.state_vector for s in states]),
            np.stack([s.covar for s in states], axis=2),
            np.array([float(h.probability) for h in found]),
        )
        track.append(GaussianStateUpdate(mean, covar, found, now))
        return used


def peer(name: str, rate_hz: float, settings: dict[str, float]) -> Step:
    """A fresh tracker."""
    if name == "filterpy":
        return FilterpyLoop(**settings)
    if name == "norfair":
        return norfair_loop(rate_hz=rate_hz, **settings)
    return StoneSoup(name, rate_hz=rate_hz, **settings)


def run(data: dict[str, np.ndarray], name: str, settings: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and milliseconds of one peer over one scene."""
    times_s = data["times_s"]
    step = peer(name, 1.0 / float(np.median(np.diff(times_s))), settings)
    rows, took_ms = [], []
    for k, (now_s, points) in enumerate(
        zip(times_s.tolist(), frames_of(data, "" if name == "filterpy" else "fused_"), strict=True)
    ):
        began = process_time()
        people = step(now_s, points)
        took_ms.append(1e3 * (process_time() - began))
        rows += [(k + 1, *p) for p in people]
    return np.array(rows, float).reshape(-1, 4), np.array(took_ms)


def main() -> None:
    source, target, name = sys.argv[1:4]
    settings = SETTINGS[name] | (json.loads(sys.argv[4]) if len(sys.argv) > 4 else {})
    rows, took_ms = run(dict(np.load(source)), name, settings)
    np.savez(target, rows=rows, took_ms=took_ms)


if __name__ == "__main__":
    main()
