"""One instant of following people: all that was seen at it in, the next state out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from shapely import Polygon, contains_xy

from calibration.camera import Array, Flags, Rows
from calibration.site import Site
from tracking import existence
from tracking import people_filter as imm
from tracking.appearance import Clothes
from tracking.associate import Matches, Predicted, associate, fused, gate_of
from tracking.births import clusters, fuse
from tracking.hit_rate import Grid, HitRates
from tracking.observe import PersonFrame
from tracking.people_state import Crowd, State
from tracking.readings import Readings, columns, readings_of
from tracking.set_off import RUN_MPS, STEP_ASIDE_M, set_off
from tracking.stature import Statures
from tracking.visibility import Visibility

_FOLLOWED_BEYOND_M = 0.5
"""Who steps out of the watched floor and its margin keeps the name so far, but is not told of."""
_NEAR_TRACK_M = 0.6
_MERGE_TIME_S = 1.0
_AT_ONCE_S = 0.5
_NEW_S = 1.0


class PeopleModel:
    """How people of one site come, move, are seen and go."""

    def __init__(self, site: Site) -> None:
        self.policy = site.policy
        floor = Polygon(site.site.boundary_m)
        self._watched = floor.buffer(site.policy.boundary_margin_m)
        self._followed = floor.buffer(site.policy.boundary_margin_m + _FOLLOWED_BEYOND_M)
        shapely.prepare(self._watched)
        shapely.prepare(self._followed)
        self.levels_m = np.array([0.0, *sorted({s.height_m for s in site.structure if s.platform})])
        self._visibility = Visibility(site)
        self._grid = Grid.over(site.site.boundary_m)
        self._gate = gate_of(site.policy.gate_probability, 2)

    def start(self) -> State:
        """Nobody yet."""
        return State.start(len(self.levels_m), self._grid.cells)

    def step(self, state: State, time_s: float, frames: Sequence[PersonFrame]) -> State:
        """The state after the frames of one instant, each of another source; ``time_s`` ≥ that of the state."""
        seen = readings_of(frames)
        state = self._moved(state.with_sources(seen.sources), time_s)
        columns_of = np.array([state.sources.index(s) for s in seen.sources], np.int64)
        weights = existence.weight(time_s - state.looked_s[columns_of])
        crowd = state.crowd
        mean, cov = crowd.bank.fused()
        bodies = mean[crowd.confirmed, :2]
        detection = self._detections(state, seen, mean[:, :2], bodies)
        tracks = Predicted(
            place=columns(mean[:, :2], cov[:, :2, :2]),
            height_m=crowd.stature.height_m,
            height_var_m2=crowd.stature.var_m2,
            gain=existence.odds_of_detection(detection, crowd.log_odds),
            clothes=crowd.clothes,
            column=columns_of,
        )
        matches = associate(tracks, seen, self.policy.person_height_m, self._gate)
        matches = set_off(matches, crowd, mean[:, :2], seen, time_s)
        hit = np.zeros(detection.shape, bool)
        hit[seen.camera[matches.box], matches.track] = True
        clear = np.zeros(detection.shape, bool)
        clear[seen.camera[matches.box], matches.track] = seen.clear[matches.box]
        crowd = self._corrected(crowd, matches, seen, (time_s, columns_of, self.levels_m))
        evidence = existence.evidence(detection, hit, clear)
        log_odds = existence.updated(crowd.log_odds, weights, evidence)
        crowd = self._noted(replace(crowd, log_odds=log_odds), hit, columns_of, time_s)
        born, next_key = self._born(state, crowd, seen, matches, hit, (time_s, columns_of))
        rates = self._learned(state, seen, crowd, hit, time_s)
        looked = state.looked_s.copy()
        looked[columns_of] = time_s
        poorly = (evidence.sum(axis=0) <= 0.0) | (hit.sum(axis=0) < 2)
        crowd = self._found_again(crowd if born is None else crowd.joined(born), time_s, poorly)
        crowd, close = self._merged(crowd, hit & clear, time_s, state.close_since)
        return State(time_s, crowd, state.sources, looked, next_key, close, rates)

    def alive(self, crowd: Crowd, mean_m: Array, now_s: float) -> Flags:
        """(n,) who is not forgotten at ``now_s``."""
        unseen_s = now_s - crowd.seen_s
        p = self.policy
        soon = unseen_s <= p.tentative_coast_s
        followed = contains_xy(self._followed, mean_m[:, 0], mean_m[:, 1])
        watched = self.watched(mean_m)
        kept = (unseen_s <= p.coast_time_s + p.lost_keep_s) & followed & (watched | soon)
        alive: Flags = np.where(crowd.confirmed, kept, soon & (crowd.log_odds > existence.GONE))
        return alive

    def watched(self, place_m: Array) -> Flags:
        """(n,) which places (n, 2) are on the watched floor or within its margin."""
        inside: Flags = contains_xy(self._watched, place_m[:, 0], place_m[:, 1])
        return inside

    def lost(self, crowd: Crowd, now_s: float) -> Flags:
        """(n,) whose place is not known any more."""
        silent = now_s - crowd.seen_s > self.policy.coast_time_s
        lost: Flags = crowd.confirmed & (silent | (crowd.log_odds <= existence.GONE))
        return lost

    def _moved(self, state: State, time_s: float) -> State:
        if state.time_s is None or not len(state.crowd):
            return state
        crowd = state.crowd
        if (time_s - crowd.seen_s.max()) > self.policy.coast_time_s + self.policy.lost_keep_s:
            return replace(state, crowd=crowd.take(np.zeros(len(crowd), bool)))
        dt_s = time_s - state.time_s
        bank = imm.halted(imm.predict(crowd.bank, imm.models(self.policy, dt_s)), dt_s)
        crowd = replace(crowd, bank=bank)
        mean, _ = crowd.bank.fused()
        # Time in which nobody looked speaks against nobody, but for long pauses.
        looked_s = max(state.time_s, time_s - self.policy.coast_time_s)
        keep = self.alive(crowd, mean[:, :2], looked_s)
        return replace(state, crowd=crowd if keep.all() else crowd.take(keep))

    def _detections(self, state: State, seen: Readings, place_m: Array, bodies_m: Array) -> Array:
        """(sources, n) probability that each source finds people at (n, 2): cameras as they look, others as learned."""
        out = self._visibility.detections(seen.sources, place_m, bodies_m)
        rows, columns_of = self._in_metres(state, seen)
        if len(rows) and len(place_m):
            out[rows] = state.rates.rate(columns_of, self._grid.cell_of(place_m))
        return out

    def _learned(self, state: State, seen: Readings, crowd: Crowd, hit: Flags, time_s: float) -> HitRates:
        """What sources in metres found of those who are surely there: found by anybody within a moment."""
        rows, columns_of = self._in_metres(state, seen)
        if not len(rows):
            return state.rates
        there = (crowd.confirmed & (crowd.log_odds > 0.0) & (crowd.seen_s >= time_s - _NEW_S)).nonzero()[0]
        mean, _ = crowd.bank.take(there).fused()
        return state.rates.counted(columns_of, self._grid.cell_of(mean[:, :2]), hit[np.ix_(rows, there)])

    def _in_metres(self, state: State, seen: Readings) -> tuple[Rows, Rows]:
        """Rows of sources that are no cameras, in the readings and in the state."""
        rows = [k for k, s in enumerate(seen.sources) if not self._visibility.knows(s)]
        return np.array(rows, np.int64), np.array([state.sources.index(seen.sources[k]) for k in rows], np.int64)

    def _corrected(self, crowd: Crowd, matches: Matches, seen: Readings, when: tuple[float, Rows, Array]) -> Crowd:
        if not len(matches):
            return crowd
        rows, place = fused(matches)
        cov = np.empty((len(rows), 2, 2))
        cov[:, 0, 0], cov[:, 1, 1] = place[2], place[4]
        cov[:, 0, 1] = cov[:, 1, 0] = place[3]
        bank = imm.update(crowd.bank, rows, place[:2].T, cov)
        stature = crowd.stature.seen((matches.track, matches.box, matches.by_head), seen, when)
        worn = crowd.clothes.seen(matches.track, when[1][seen.camera[matches.box]], seen.colour[matches.box])
        return replace(crowd, bank=bank, stature=stature, clothes=worn)

    def _noted(self, crowd: Crowd, hit: Flags, columns_of: Rows, time_s: float) -> Crowd:
        """Who was found, by whom, and who is confirmed by it."""
        heard = crowd.heard_s.copy()
        heard[:, columns_of] = np.where(hit.T, time_s, heard[:, columns_of])
        seen_s = np.where(hit.any(axis=0), time_s, crowd.seen_s)
        enough = (seen_s - crowd.born_s >= self.policy.birth_time_s) & (crowd.log_odds >= existence.CONFIRMED)
        confirmed = crowd.confirmed | enough | (crowd.log_odds >= existence.CERTAIN)
        return replace(crowd, heard_s=heard, seen_s=seen_s, confirmed=confirmed)

    def _born(
        self, state: State, crowd: Crowd, seen: Readings, matches: Matches, hit: Flags, when: tuple[float, Rows]
    ) -> tuple[Crowd | None, int]:
        (time_s, columns_of), next_key = when, state.next_key
        free = np.ones(len(seen), bool)
        free[matches.box] = False
        free &= contains_xy(self._followed, *seen.position_m.T)
        rows = free.nonzero()[0]
        if not len(rows):
            return None, next_key
        groups = [rows[g] for g in clusters(seen.position_m[rows], seen.cov_m2[rows], seen.camera[rows], self._gate)]
        places = [fuse(seen.position_m[g], seen.cov_m2[g]) for g in groups]
        where, certainty = np.array([p for p, _ in places]), np.array([c for _, c in places])
        mean, _ = crowd.bank.fused()
        found = np.zeros((len(hit), len(groups)), bool)
        whole = np.zeros((len(hit), len(groups)), bool)
        for k, group in enumerate(groups):
            found[seen.camera[group], k] = True
            whole[seen.camera[group], k] = seen.clear[group]
        detection = self._detections(state, seen, where, mean[crowd.confirmed, :2])
        log_odds = existence.at_birth(existence.evidence(detection, found, whole))
        # Beyond the watched floor people matter once they come in: then two sources know of them already.
        keep = (found.sum(axis=0) > 1) | self.watched(where)
        keep &= (log_odds > existence.GONE) & ~self._doubles(mean[:, :2], where, hit, whole)
        new = keep.nonzero()[0]
        if not len(new):
            return None, next_key
        stature = self._statures(
            seen, [groups[i] for i in new], (time_s, columns_of, self.levels_m), crowd.heard_s.shape[1]
        )
        heard = np.full((len(new), crowd.heard_s.shape[1]), -np.inf)
        heard[:, columns_of] = np.where(found[:, new].T, time_s, -np.inf)
        at = np.full(len(new), time_s)
        born = Crowd(
            bank=imm.born(self.policy, where[new], certainty[new]),
            key=np.arange(next_key, next_key + len(new)),
            born_s=at,
            seen_s=at,
            log_odds=log_odds[new],
            confirmed=(log_odds[new] >= existence.CERTAIN) | (self.policy.birth_time_s == 0.0),
            stature=stature,
            heard_s=heard,
            clothes=self._clothes(seen, [groups[i] for i in new], columns_of, heard.shape[1]),
        )
        return born, next_key + len(new)

    def _doubles(self, mean_m: Array, where_m: Array, hit: Flags, whole: Flags) -> Flags:
        """(k,) a second box on somebody already followed is not a second person.

        Unless two cameras, each of which sees the one who is followed by another box, agree on a whole body.
        """
        if not len(mean_m):
            return np.zeros(len(where_m), bool)
        near = np.hypot(*(where_m[:, None] - mean_m[None]).transpose(2, 0, 1)) <= _NEAR_TRACK_M
        both = whole.T.astype(np.int64) @ hit.astype(np.int64)
        doubles: Flags = (near & (both < 2)).any(axis=1)
        return doubles

    def _statures(self, seen: Readings, groups: list[Rows], when: tuple[float, Rows, Array], sources: int) -> Statures:
        p = self.policy
        new = Statures.unknown(len(groups), p.person_height_m, p.person_height_sigma_m, len(self.levels_m), sources)
        track = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
        box = np.concatenate(groups)
        looked = new.seen((track, box, np.ones(len(box), bool)), seen, when)
        return looked.first([seen.height_m[g] for g in groups])

    def _clothes(self, seen: Readings, groups: list[Rows], columns_of: Rows, sources: int) -> Clothes:
        track = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
        box = np.concatenate(groups)
        return Clothes.unknown(len(groups), sources).seen(track, columns_of[seen.camera[box]], seen.colour[box])

    def _found_again(self, crowd: Crowd, time_s: float, poorly: Flags) -> Crowd:
        """Who appears where somebody followed has just gone missing is that person, not a new one.

        On a floor that cameras watch nobody appears from nowhere; a person who starts to run, or was
        taken for another behind others, can be farther away than the motion models foresee.
        """
        new = ((crowd.born_s >= time_s - _NEW_S) & (crowd.seen_s == time_s)).nonzero()[0]
        if not len(new):
            return crowd
        missing = crowd.confirmed & (time_s - crowd.seen_s <= self.policy.coast_time_s)
        missing[: len(poorly)] &= poorly
        missing &= crowd.born_s < time_s - _NEW_S
        old = missing.nonzero()[0]
        several = (crowd.heard_s[new] == time_s).sum(axis=1) > 1
        new = new[several]
        if not len(old) or not len(new):
            return crowd
        mean, _ = crowd.bank.fused()
        away = np.hypot(*(mean[old, None, :2] - mean[None, new, :2]).transpose(2, 0, 1))
        reach = STEP_ASIDE_M + RUN_MPS * (time_s - crowd.seen_s[old])
        alike = np.array([[crowd.stature.alike(i, j) for j in new.tolist()] for i in old.tolist()])
        away = np.where((away <= reach[:, None]) & alike, away, np.inf)
        rows = np.arange(len(crowd))
        gone = np.zeros(len(crowd), bool)
        while np.isfinite(away).any():
            i, j = np.unravel_index(int(away.argmin()), away.shape)
            rows[old[i]], gone[new[j]] = new[j], True
            away[i], away[:, j] = np.inf, np.inf
        if not gone.any():
            return crowd
        told = crowd.take(rows)
        stature = crowd.stature.take(np.arange(len(crowd)))
        joined = replace(told, key=crowd.key, born_s=crowd.born_s, confirmed=crowd.confirmed, stature=stature)
        joined = replace(joined, log_odds=np.maximum(crowd.log_odds, told.log_odds))
        return joined.take(~gone)

    def _merged(
        self, crowd: Crowd, whole: Flags, time_s: float, since: tuple[tuple[tuple[int, int], float], ...]
    ) -> tuple[Crowd, tuple[tuple[tuple[int, int], float], ...]]:
        """Two tracks on one spot for long, of one height, never seen apart: the younger one ends.

        whole: (sources, n) who was found now by a box that shows a whole body. One camera may draw two boxes
        on one person; two whole bodies, or two boxes in each of two cameras, are two people.
        """
        mean, _ = crowd.bank.fused()
        x, y = mean[:, 0], mean[:, 1]
        near = (np.subtract.outer(x, x) ** 2 + np.subtract.outer(y, y) ** 2) < self.policy.merge_distance_m**2
        rows, cols = np.nonzero(np.triu(near, 1))
        if not len(rows):
            return crowd, ()
        n = whole.shape[1]
        old = dict(since)
        close: dict[tuple[int, int], float] = {}
        ended = np.zeros(len(crowd), bool)
        for i, j in zip(rows.tolist(), cols.tolist(), strict=True):
            if not crowd.stature.alike(i, j):
                continue
            both = (crowd.heard_s[i] == crowd.heard_s[j]) & (crowd.heard_s[i] >= time_s - _AT_ONCE_S)
            if both.sum() > 1 or (j < n and (whole[:, i] & whole[:, j]).any()):
                continue
            pair = (int(crowd.key[i]), int(crowd.key[j]))
            close[pair] = old.get(pair, time_s)
            ended[j] |= time_s - close[pair] >= _MERGE_TIME_S
        return crowd.take(~ended) if ended.any() else crowd, tuple(close.items())
