"""All hoists of a site over time: whose each box and reading is, looks in their true order, what is told."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from calibration.camera import Array, Camera
from calibration.coverage import hidden
from calibration.site import Site
from tracking import hoist_readings as readings
from tracking.associate import gate_of
from tracking.hoist_birth import PATIENCE_S, Rays
from tracking.hoist_load import Below, HoistLoad
from tracking.hoist_readings import Seen
from tracking.hoist_rest import HoistRest
from tracking.hoist_standing import Standing
from tracking.hoist_state import state_of
from tracking.hoist_track import HoistTrack
from tracking.observe import sane
from tracking.records import Boxes, HoistState, Kind, Look, Sight, Telemetry, source_of
from tracking.unscented import Expected, distance2

_SLACK_S = 1e-9


@dataclass(frozen=True, slots=True)
class _Before:
    """A look, and everything as it was before it."""

    item: Look
    tracks: tuple[HoistTrack, ...]
    standing: Standing


class HoistTracker:
    """Follows all hoists of a site. Deterministic: state in, state out.

    A look that arrives after younger ones is taken in its true place: all goes back to before it, and the
    younger ones are taken again. That reaches back as far as late looks are accepted; what is older still
    is counted and left out.
    """

    def __init__(self, site: Site) -> None:
        self._site, self._policy = site, site.policy
        self._cameras = {c.name: Camera.from_table(c) for c in site.camera}
        patience_s = PATIENCE_S if len(site.camera) > 1 else 0.0
        self._tracks = tuple(HoistTrack(h, site.policy, Rays(patience_s), HoistLoad(h)) for h in site.hoist)
        self._rests = tuple(HoistRest(h, site.policy) for h in site.hoist)
        self._births = [0] * len(site.hoist)
        self._standing = Standing()
        self._gate = gate_of(site.policy.hoist_gate_probability, 2)
        self._tell_loads: set[str] = set()
        self._log: deque[_Before] = deque()
        self._counts: Counter[str] = Counter()

    def carry_on(self, old: HoistTracker) -> None:
        """Follow on the hoists of ``old`` that this site has too; one whose table changed stays where it is seen."""
        known = {rest.hoist.name: k for k, rest in enumerate(old._rests)}
        fresh = self._tracks

        def mine(tracks: tuple[HoistTrack, ...]) -> tuple[HoistTrack, ...]:
            return tuple(
                tracks[known[new.hoist.name]].of_hoist(new.hoist) if new.hoist.name in known else new.copy()
                for new in fresh
            )

        self._tracks = mine(old._tracks)
        for k, rest in enumerate(self._rests):
            if rest.hoist.name in known:
                rest.carry_on(old._rests[known[rest.hoist.name]])
                self._births[k] = old._births[known[rest.hoist.name]]
        self._standing = old._standing.copy()
        self._tell_loads = set(old._tell_loads)
        self._log = deque(_Before(b.item, mine(b.tracks), b.standing) for b in old._log)
        self._counts = Counter(old._counts)

    @property
    def counts(self) -> dict[str, int]:
        """How many readings were left out so far, by reason, and how often a hoist was found elsewhere."""
        out = Counter(self._counts)
        for track in self._tracks:
            out.update(track.counts)
        return {name: number for name, number in sorted(out.items()) if number}

    @property
    def refused(self) -> int:
        """How many readings were left out so far."""
        return sum(number for name, number in self.counts.items() if name != "hoist_relocated")

    def observe(self, inputs: list[Look]) -> None:
        """Take in what one tick brought, each look at its own time."""
        if not self._tracks or not inputs:
            return
        for item in self._rewound(inputs):
            self._log.append(_Before(item, tuple(t.copy() for t in self._tracks), self._standing.copy()))
            if isinstance(item, Telemetry):
                self._telemetry(item)
            else:
                self._look(item)
        newest_s = self._log[-1].item.time_s if self._log else -math.inf
        while self._log and self._log[0].item.time_s < newest_s - self._policy.late_limit_s - self._policy.tick_s:
            self._log.popleft()
        for k, (track, rest) in enumerate(zip(self._tracks, self._rests, strict=True)):
            if track.filter is None:
                continue
            if track.births != self._births[k]:
                self._births[k] = track.births
                rest.forget()
            rest.update(track.filter.time_s, track.filter.state, track.filter.cov)

    def states(self, now_s: float) -> tuple[HoistState, ...]:
        """All hoists that were ever located, at ``now_s``; lost ones are marked."""
        tell_loads = bool(self._tell_loads)
        pairs = zip(self._tracks, self._rests, strict=True)
        return tuple(state_of(t, rest, now_s, tell_loads) for t, rest in pairs if t.filter is not None)

    def mean_and_cov(self, name: str, at_s: float) -> tuple[Array, Array] | None:
        """Filter mean (10,) and covariance (10, 10) of one hoist at ``at_s``, for prediction."""
        for track, rest in zip(self._tracks, self._rests, strict=True):
            if track.hoist.name == name and track.filter is not None:
                mean, cov = track.filter.at(track.until(at_s))
                return rest.told(mean), cov
        return None

    def _rewound(self, inputs: list[Look]) -> list[Look]:
        """Inputs in time order, with the younger looks that have to be taken again; all is as before the first."""
        good = [i for i in inputs if math.isfinite(i.time_s)]
        self._counts["hoist_bad_readings"] += len(inputs) - len(good)
        if self._log:
            oldest_s = self._log[0].item.time_s
            late = [i for i in good if i.time_s < oldest_s - _SLACK_S]
            # The log is short only at the start: then nothing is lost by taking all from the beginning.
            reach_s = self._log[-1].item.time_s - self._policy.late_limit_s - self._policy.tick_s
            too_late = [i for i in late if i.time_s < reach_s]
            self._counts["hoist_too_late"] += len(too_late)
            good = [i for i in good if not any(i is old for old in too_late)]
        if not good:
            return []
        first_s = min(i.time_s for i in good)
        again: list[Look] = []
        while self._log and self._log[-1].item.time_s >= first_s:
            before = self._log.pop()
            again.append(before.item)
            self._tracks, self._standing = before.tracks, before.standing
        return sorted([*again, *good], key=lambda i: (i.time_s, source_of(i)))

    def _telemetry(self, item: Telemetry) -> None:
        track = next((t for t in self._tracks if t.hoist.name == item.hoist), None)
        values = [item.x_m, item.y_m] + ([] if item.z_m is None else [item.z_m])
        if track is None or not sane(*values):
            # Counted on a track so that taking a look again does not count it twice.
            self._tracks[0].counts["hoist_bad_readings"] += 1
            return
        hoist = track.hoist
        variance = hoist.telemetry_sigma_m**2
        on_hook = hoist.telemetry_point == "hook"
        kind: Kind = "hook" if on_hook else "trolley"
        seen = Seen("telemetry", item.time_s, kind, np.array(values[:2]), variance * np.eye(2))
        if not track.possible(seen):
            return
        track.take([seen])
        if item.z_m is not None and track.filter is not None:
            track.height(item.z_m, variance)

    def _look(self, item: Boxes | Sight) -> None:
        counts = self._tracks[0].counts
        if isinstance(item, Boxes):
            camera = self._cameras.get(item.camera)
            if camera is None:
                return
            seen = readings.of_boxes(item, camera, self._policy, counts)
        else:
            seen = readings.of_sight(item, counts)
        if not seen and not isinstance(item, Boxes):
            return
        loads = [s for s in seen if s.kind == "load"]
        if loads:
            self._tell_loads.add(source_of(item))
        taken = self._assign(item.time_s, [s for s in seen if s.kind != "load"])
        if isinstance(item, Boxes):
            self._load_boxes(item, self._cameras[item.camera], loads, taken)
        elif loads or item.source in self._tell_loads:
            self._load_places(item, loads, taken)

    def _assign(self, time_s: float, seen: Sequence[Seen]) -> list[Seen | None]:
        """Hand hooks and trolleys of one look to the hoists; of each hoist, the hook that it took."""
        of_each: list[list[Seen]] = [[] for _ in self._tracks]
        hooks: list[Seen | None] = [None] * len(self._tracks)
        if not seen:
            return hooks
        for track in self._tracks:
            if track.filter is not None:
                track.filter.predict_to(time_s)
        expected: list[dict[tuple[Kind, int], tuple[Array, Array]]] = [{} for _ in self._tracks]
        for kind in ("trolley", "hook"):
            of_kind = [s for s in seen if s.kind == kind]
            for k, j in self._pairs(of_kind, expected):
                if self._tracks[k].possible(of_kind[j]):
                    of_each[k].append(of_kind[j])
        for k, (track, own) in enumerate(zip(self._tracks, of_each, strict=True)):
            if not own:
                continue
            taken = track.take(own)
            hooks[k] = next((s for s, used in zip(own, taken, strict=True) if used and s.kind == "hook"), None)
        return hooks

    def _pairs(
        self, seen: Sequence[Seen], expected: list[dict[tuple[Kind, int], tuple[Array, Array]]]
    ) -> list[tuple[int, int]]:
        """Pairs (hoist, reading) of least total distance; hoists not located yet take what is left over."""
        if not seen:
            return []
        if len(self._tracks) == len(seen) == 1:
            return [(0, 0)]
        cost = np.full((len(self._tracks), len(seen)), 10.0 * self._gate)
        for k, track in enumerate(self._tracks):
            if track.filter is None:
                continue
            for j, one in enumerate(seen):
                seen_as = (one.kind, len(one.z))
                if seen_as not in expected[k]:
                    what: Expected = track.filter.expected_all([one.measure(track.hoist)])
                    expected[k][seen_as] = what.mean, what.cov
                cost[k, j] = min(distance2(one.z, one.noise, *expected[k][seen_as]), 20.0 * self._gate)
        rows, columns = linear_sum_assignment(cost)
        return [(int(k), int(j)) for k, j in zip(rows, columns, strict=True)]

    def _load_boxes(self, item: Boxes, camera: Camera, loads: list[Seen], hooks: list[Seen | None]) -> None:
        if not self._tell_loads:
            return
        places = self._standing.look(camera, item.time_s, loads)
        straight = camera.straight
        belows = [
            t.below(item.time_s, None if hook is None else hook.z) for t, hook in zip(self._tracks, hooks, strict=True)
        ]
        for k, below in enumerate(belows):
            if below is None:
                continue
            track, hook = self._tracks[k], hooks[k]

            def elsewhere(k: int = k, below: Below = below) -> list[bool]:
                known = self._standing.elsewhere(item, places, below.hook_m[:2])
                for other, at in zip(self._tracks, belows, strict=True):
                    if other is not self._tracks[k] and at is not None:
                        known = [a or b for a, b in zip(known, other.load.claims(straight, at, loads), strict=True)]
                return known

            def open_view(k: int = k, below: Below = below) -> bool:
                return hooks[k] is not None and self._open(camera, self._tracks[k].load.expected_m(below), item)

            box = track.load.look(straight, below, loads, elsewhere, open_view)
            if box is not None and track.needs_load(item.time_s, hook is not None):
                track.take_load(box)

    def _open(self, camera: Camera, at_m: Array, item: Boxes) -> bool:
        """Whether a load at ``at_m`` (3,) would be seen: in the picture, behind no structure and no other box."""
        if not camera.visible(at_m[None])[0]:
            return False
        u, v = camera.project(at_m[None])[0]
        for box in item.boxes:
            inside = 0.0 <= u - box.left_px <= box.width_px and 0.0 <= v - box.top_px <= box.height_px
            if inside and box.kind in ("person", "load"):
                return False
        return not self._site.structure or not hidden(camera.centre_m, at_m[None], self._site.structure)[0]

    def _load_places(self, item: Sight, loads: list[Seen], hooks: list[Seen | None]) -> None:
        """Loads that a source gives in metres."""
        for k, track in enumerate(self._tracks):
            below = track.below(item.time_s, None)
            if below is None:
                continue
            mine = track.load.place(item.source, below, loads, hooks[k] is not None)
            if mine is not None and not track.load.resting:
                track.take_load(mine)
