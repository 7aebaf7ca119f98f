"""People over time: birth, following, coasting, merging and death, in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon, contains_xy

from calibration.camera import Array
from calibration.site import Site
from tracking import people_filter as imm
from tracking.associate import assign, clusters, fuse, gate_of, mahalanobis2
from tracking.observe import PersonFrame, inside
from tracking.records import Mode, Person
from tracking.stature import Stature
from tracking.visibility import Visibility

_MODES = (Mode.STAND, Mode.WALK, Mode.MANOEUVRE)
_NEAR_TRACK_M = 0.6
_MERGE_TIME_S = 1.0
_TENTATIVE_COST = 3.0
# Existence is kept as log odds. A camera's frames are not independent of each other: one camera
# gives a full piece of evidence each half second, whatever its rate.
_EVIDENCE_TIME_S = 0.5
_CLUTTER = 0.1
_HIT_UNEXPECTED = 0.5
_LOG_ODDS_RANGE = (-4.0, 5.0)
_LOG_ODDS_CONFIRMED = 1.5
_LOG_ODDS_GONE = -2.0


@dataclass(slots=True)
class _Life:
    """What a track remembers beside its filter."""

    number: int
    born_s: float
    seen_s: float
    log_odds: float = 0.0
    confirmed: bool = False
    lost: bool = False
    stature: Stature = field(default_factory=Stature)
    sources: dict[str, float] = field(default_factory=dict)


class PeopleTracker:
    """Follows people from frames of any number of cameras. Deterministic: state in, state out."""

    def __init__(self, site: Site) -> None:
        self._policy = site.policy
        self._watched = Polygon(site.site.boundary_m).buffer(site.policy.boundary_margin_m)
        shapely.prepare(self._watched)
        self._visibility = Visibility(site)
        self._gate = gate_of(site.policy.gate_probability, 2)
        self._looked_s: dict[str, float] = {}
        self._bank = imm.Bank.empty()
        self._lives: list[_Life] = []
        self._time_s: float | None = None
        self._next_number = 1
        self._close_since: dict[tuple[int, int], float] = {}
        self._apart: set[tuple[int, int]] = set()

    @property
    def time_s(self) -> float | None:
        """Time of the filter: of the newest observation taken in."""
        return self._time_s

    def observe(self, frames: list[PersonFrame]) -> None:
        """Take in the frames of one tick, in time order; equal times share one prediction."""
        frames = sorted(frames, key=lambda f: (f.time_s, f.source))
        start = 0
        for end in range(1, len(frames) + 1):
            if end == len(frames) or frames[end].time_s > frames[start].time_s:
                self._observe_group(frames[start:end])
                start = end

    def end_tick(self, now_s: float) -> None:
        """Confirm, merge, lose and remove tracks by the time that has passed."""
        for life in self._lives:
            unseen = now_s - life.seen_s > self._policy.coast_time_s
            life.lost = life.confirmed and (unseen or life.log_odds <= _LOG_ODDS_GONE)
        self._merge(now_s)
        self._remove(now_s)

    def people(self, now_s: float) -> tuple[Person, ...]:
        """Confirmed people at ``now_s`` (s), oldest first; lost ones are marked."""
        bank = self.bank_at(now_s)
        mean, cov = bank.fused()
        rows = [i for i, life in enumerate(self._lives) if life.confirmed]
        return tuple(
            self._person(self._lives[i], mean[i], cov[i], bank.probability[i], now_s)
            for i in rows
            if np.isfinite(mean[i]).all()
        )

    def bank_at(self, now_s: float) -> imm.Bank:
        """The filters of all tracks predicted to ``now_s`` without changing them."""
        if self._time_s is None or not self._lives:
            return self._bank
        return imm.predict(self._bank, imm.models(self._policy, max(0.0, now_s - self._time_s)))

    def confirmed_rows(self) -> NDArray[np.int64]:
        """Rows of ``bank_at`` in the order of ``people``."""
        return np.array([i for i, life in enumerate(self._lives) if life.confirmed], np.int64)

    def _observe_group(self, frames: list[PersonFrame]) -> None:
        time_s = frames[0].time_s
        late_s = 0.0
        if self._time_s is not None:
            late_s = max(0.0, self._time_s - time_s)
            if time_s > self._time_s and self._lives:
                self._bank = imm.predict(self._bank, imm.models(self._policy, time_s - self._time_s))
        self._time_s = time_s if self._time_s is None else max(self._time_s, time_s)
        # A late frame is taken as of now, wider by how far a person can have walked since.
        widen = (self._policy.walk_speed_mps * late_s) ** 2 * np.eye(2)
        left: list[tuple[int, PersonFrame, NDArray[np.bool_]]] = []
        mean, cov = self._bank.fused()
        for number, frame in enumerate(frames):
            watched = contains_xy(self._watched, frame.position_m[:, 0], frame.position_m[:, 1])
            kept = inside(frame, watched)
            kept = replace(kept, time_s=time_s, cov_m2=kept.cov_m2 + widen)
            distance2, log_det = mahalanobis2(mean[:, :2], cov[:, :2, :2], kept.position_m, kept.cov_m2)
            self._prefer_confirmed(log_det)
            rows, cols = assign(distance2, log_det, self._gate)
            self._bank = imm.update(self._bank, rows, kept.position_m[cols], kept.cov_m2[cols])
            self._seen(rows, cols, kept)
            self._weigh(rows, kept, mean)
            free = np.ones(len(kept), bool)
            free[cols] = False
            left.append((number, kept, free))
        self._give_birth(left, mean)

    def _prefer_confirmed(self, log_det: Array) -> None:
        """A tentative track must not take an observation from a confirmed one at equal distance."""
        for row, life in enumerate(self._lives):
            if not life.confirmed:
                log_det[row] += _TENTATIVE_COST

    def _seen(self, rows: NDArray[np.int64], cols: NDArray[np.int64], frame: PersonFrame) -> None:
        for row, col in zip(rows, cols, strict=True):
            life = self._lives[row]
            life.seen_s = max(life.seen_s, frame.time_s)
            life.sources[frame.source] = frame.time_s
            life.stature.see(frame, int(col))
        numbers = sorted(self._lives[row].number for row in rows)
        self._apart.update((a, b) for i, a in enumerate(numbers) for b in numbers[i + 1 :])

    def _weigh(self, hit_rows: NDArray[np.int64], frame: PersonFrame, mean: Array) -> None:
        """Existence evidence of one camera's look: found, or not found where it should have been."""
        looked_s = self._looked_s.get(frame.source, -np.inf)
        self._looked_s[frame.source] = max(looked_s, frame.time_s)
        weight = min(1.0, max(0.0, frame.time_s - looked_s) / _EVIDENCE_TIME_S)
        detection = self._visibility.detection(frame.source, mean[:, :2])
        hit = set(hit_rows.tolist())
        for row, life in enumerate(self._lives):
            expected = float(detection[row])
            step = np.log(max(expected, _HIT_UNEXPECTED) / _CLUTTER) if row in hit else np.log1p(-expected)
            life.log_odds = float(np.clip(life.log_odds + weight * step, *_LOG_ODDS_RANGE))
            long_enough = life.seen_s - life.born_s >= self._policy.birth_time_s
            life.confirmed |= long_enough and life.log_odds >= _LOG_ODDS_CONFIRMED

    def _give_birth(self, left: list[tuple[int, PersonFrame, NDArray[np.bool_]]], mean: Array) -> None:
        position = np.concatenate([f.position_m[free] for _, f, free in left])
        if not len(position):
            return
        cov = np.concatenate([f.cov_m2[free] for _, f, free in left])
        camera = np.concatenate([np.full(int(free.sum()), n, np.int64) for n, _, free in left])
        box = np.concatenate([np.flatnonzero(free) for _, _, free in left])
        if len(mean):
            # A second box on somebody already followed is not a second person.
            nearest = np.linalg.norm(position[:, None] - mean[None, :, :2], axis=2).min(axis=1)
            fresh = nearest > _NEAR_TRACK_M
            position, cov, camera, box = position[fresh], cov[fresh], camera[fresh], box[fresh]
        time_s = left[0][1].time_s
        frames = {n: f for n, f, _ in left}
        for members in clusters(position, cov, camera, self._gate):
            where, certainty = fuse(position[members], cov[members])
            self._bank = self._bank.joined(imm.born(self._policy, where[None], certainty[None]))
            life = _Life(
                number=self._next_number,
                born_s=time_s,
                seen_s=time_s,
                confirmed=self._policy.birth_time_s == 0.0,
                sources={frames[int(camera[m])].source: time_s for m in members},
            )
            for member in members:
                life.stature.see(frames[int(camera[member])], int(box[member]))
            self._lives.append(life)
            self._next_number += 1

    def _merge(self, now_s: float) -> None:
        """Two tracks on one spot for long, never seen apart by one camera: the younger one ends."""
        mean, _ = self._bank.fused()
        distance = np.linalg.norm(mean[:, None, :2] - mean[None, :, :2], axis=2)
        close: dict[tuple[int, int], float] = {}
        ended: set[int] = set()
        for i, j in np.argwhere(np.triu(distance < self._policy.merge_distance_m, 1)):
            older, younger = sorted((self._lives[i], self._lives[j]), key=lambda life: life.number)
            pair = (older.number, younger.number)
            if pair in self._apart:
                continue
            close[pair] = self._close_since.get(pair, now_s)
            if now_s - close[pair] >= _MERGE_TIME_S:
                ended.add(younger.number)
        self._close_since = close
        self._apart.clear()
        if ended:
            self._keep(np.array([i for i, life in enumerate(self._lives) if life.number not in ended], np.int64))

    def _remove(self, now_s: float) -> None:
        mean, _ = self._bank.fused()
        watched = contains_xy(self._watched, mean[:, 0], mean[:, 1])
        keep = [i for i, life in enumerate(self._lives) if self._alive(life, bool(watched[i]), now_s)]
        if len(keep) < len(self._lives):
            self._keep(np.array(keep, np.int64))

    def _alive(self, life: _Life, watched: bool, now_s: float) -> bool:
        unseen_s = now_s - life.seen_s
        if not life.confirmed:
            return unseen_s <= self._policy.tentative_coast_s and life.log_odds > _LOG_ODDS_GONE
        if not watched and unseen_s > self._policy.tentative_coast_s:
            return False
        return unseen_s <= self._policy.coast_time_s + self._policy.lost_keep_s

    def _keep(self, rows: NDArray[np.int64]) -> None:
        self._bank = self._bank.take(rows)
        self._lives = [self._lives[i] for i in rows]

    def _person(self, life: _Life, mean: Array, cov: Array, probability: Array, now_s: float) -> Person:
        recent = now_s - self._policy.coast_time_s
        stand, walk, manoeuvre = (float(p) for p in probability)
        return Person(
            id=f"P{life.number}",
            time_s=now_s,
            x_m=float(mean[0]),
            y_m=float(mean[1]),
            vx_mps=float(mean[2]),
            vy_mps=float(mean[3]),
            var_x_m2=float(cov[0, 0]),
            cov_xy_m2=float(cov[0, 1]),
            var_y_m2=float(cov[1, 1]),
            mode=_MODES[int(np.argmax(probability))],
            mode_probability=(stand, walk, manoeuvre),
            born_s=life.born_s,
            unseen_s=max(0.0, now_s - life.seen_s),
            sources=tuple(sorted(s for s, t in life.sources.items() if t >= recent)),
            height_m=life.stature.height_m,
            lost=life.lost,
            floor_m=life.stature.floor_m,
            top_m=life.stature.top_m(now_s),
        )
