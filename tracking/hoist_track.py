"""One hoist over time: its filter, its birth and loss, which readings it took, and its load."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from calibration.camera import Array
from calibration.policy import Policy
from calibration.site import Hoist
from tracking import hoist_filter as filters
from tracking import hoist_motion as motion
from tracking.hoist_birth import Place, Rays
from tracking.hoist_filter import HoistFilter, Reading
from tracking.hoist_load import Below, HoistLoad
from tracking.hoist_readings import Seen, usual_drop_m
from tracking.unscented import Expected

_BIRTH_SIGMA_M = 1.0
_LOAD_OF_SIZE = 0.05
_SLING_SIGMA = 0.12
_LOAD_ASIDE_M = 0.05
_LASTS_S = 1.0
_HOOK_LATELY_S = 0.3
_HEIGHT_POOR_M = 0.08
_OUTSIDE_M = 1.0
_OUTSIDE_SIGMAS = 4.0
_ELSEWHERE_S = 2.0
_ELSEWHERE_READINGS = 4
_ELSEWHERE_KEEP_S = 4.0
_FIRST_READINGS_AGREE_SIGMAS = 4.0


@dataclass(slots=True)
class HoistTrack:
    """One hoist of the site and what is known of it. What it holds is replaced, never changed in place."""

    hoist: Hoist
    policy: Policy
    rays: Rays
    load: HoistLoad
    filter: HoistFilter | None = None
    seen_s: float = -math.inf
    sources: dict[str, float] = field(default_factory=dict)
    hook_s: float = -math.inf
    load_s: float = -math.inf
    elsewhere: tuple[tuple[float, float, float], ...] = ()
    births: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def copy(self) -> HoistTrack:
        return HoistTrack(
            self.hoist,
            self.policy,
            self.rays.copy(),
            self.load.copy(),
            None if self.filter is None else self.filter.copy(),
            self.seen_s,
            dict(self.sources),
            self.hook_s,
            self.load_s,
            self.elsewhere,
            self.births,
            Counter(self.counts),
        )

    def of_hoist(self, hoist: Hoist) -> HoistTrack:
        """A copy as the track of the same hoist with another table: what is known of its place stays."""
        other = self.copy()
        if hoist != self.hoist:
            other.hoist = other.load.hoist = hoist
            if other.filter is not None:
                other.filter = other.filter.of_hoist(hoist)
        return other

    def possible(self, seen: Seen) -> bool:
        """Whether a place in metres can be this hoist's at all; those far out of its travel are counted."""
        if seen.camera is not None:
            return True
        x, y = float(seen.z[0]), float(seen.z[1])
        out_m = math.dist((x, y), motion.reach_point(x, y, self.hoist))
        limit_m = _OUTSIDE_M + _OUTSIDE_SIGMAS * math.sqrt(max(seen.noise[0, 0], seen.noise[1, 1]))
        if out_m <= limit_m:
            return True
        self.counts["hoist_outside_travel"] += 1
        return False

    def take(self, seen: Sequence[Seen], what: Expected | None = None) -> list[bool]:
        """Feed what one look saw of this hoist. Readings beyond their gates are counted, and remembered.

        A filter that refuses places which agree with each other for long enough starts anew where they are.
        """
        if self.filter is None:
            return [self.locate(one) for one in seen]
        self.filter.predict_to(seen[0].time_s)
        readings = [Reading(s.z, s.noise, s.measure(self.hoist)) for s in seen]
        what = what or self.filter.expected_all([r.measure for r in readings])
        taken = self.filter.take(readings, what, [True] * len(readings))
        for k, one in enumerate(seen):
            if taken[k]:
                self._took(one)
            elif one.kind != "load":
                self.counts["hoist_outliers"] += 1
                taken[k] = self._refused(one)
        return taken

    def locate(self, seen: Seen) -> bool:
        """Start a filter where readings say that the hoist is; False while they do not say enough."""
        place = self._place(seen)
        if place is None:
            return False
        spread = place.sigma_m if place.cov_m2 is None else place.cov_m2
        self.filter = HoistFilter(self.hoist, self.policy, seen.time_s, place.xy_m, spread, place.hook)
        if place.cov_m2 is None and place.hook is None:
            self.filter.correct(seen.z, seen.noise, seen.measure(self.hoist))
        self.load.forget()
        self.births += 1
        self._took(seen)
        return True

    def height(self, z_m: float, variance_m2: float) -> None:
        """Feed the hook's height, as an encoder tells it."""
        assert self.filter is not None
        if not self.filter.correct(np.array([z_m]), np.array([[variance_m2]]), filters.hook_height(self.hoist)):
            self.counts["hoist_outliers"] += 1

    def take_load(self, seen: Seen) -> None:
        """Where the load hangs tells roughly where the hook is."""
        assert self.filter is not None
        self.filter.predict_to(seen.time_s)
        loose = seen.noise
        if seen.camera is not None and seen.box is not None:
            state = self.filter.state
            ends = [motion.below_hook(state, self.hoist.beam_height_m, d) for d in (0.0, usual_drop_m(self.hoist))]
            column = seen.camera.project(np.array(ends))
            down = column[1] - column[0]
            size2 = _LOAD_OF_SIZE**2 * seen.box.width_px * seen.box.height_px
            # Slings differ from lift to lift, but not from look to look: what one look tells, the next repeats.
            since_s = max(seen.time_s - self.load_s, 1e-3)
            lasting = max(1.0, _LASTS_S / since_s)
            loose = loose + lasting * (size2 * np.eye(2) + _SLING_SIGMA**2 * np.outer(down, down))
            if not np.isfinite(loose).all():
                return
            self.load_s = seen.time_s
        elif len(seen.z) == 3:
            down_m = _SLING_SIGMA * usual_drop_m(self.hoist)
            loose = loose + np.diag([_LOAD_ASIDE_M**2, _LOAD_ASIDE_M**2, down_m**2])
        if self.filter.correct(seen.z, loose, seen.measure(self.hoist)):
            self.seen_s = max(self.seen_s, seen.time_s)
            self.sources[seen.source] = seen.time_s

    def needs_load(self, time_s: float, hook_in_look: bool) -> bool:
        """Whether the load's place would tell more of the hook: nothing shows the hook, or not how far away it is."""
        assert self.filter is not None
        if self.load.resting:
            # Slack slings: the hook may be anywhere above.
            return False
        blind = not hook_in_look and time_s - self.hook_s > _HOOK_LATELY_S
        return blind or self.filter.cov[motion.L, motion.L] > _HEIGHT_POOR_M**2

    def until(self, now_s: float) -> float:
        """How far the hoist is predicted: what was lost stays where it was last thought to be."""
        return min(now_s, self.seen_s + 2 * self.policy.hoist_lost_s)

    def below(self, time_s: float, pixel: Array | None) -> Below | None:
        """Where the hook is at a time not before the filter's, for what hangs below it."""
        if self.filter is None:
            return None
        state, cov = self.filter.at(time_s)
        return Below(time_s, motion.hook_of(state, self.hoist.beam_height_m), motion.hook_cov_m2(state, cov), pixel)

    def _took(self, seen: Seen) -> None:
        self.seen_s = max(self.seen_s, seen.time_s)
        self.sources[seen.source] = seen.time_s
        if seen.kind == "hook":
            self.hook_s = max(self.hook_s, seen.time_s)
        self.elsewhere = ()

    def _refused(self, seen: Seen) -> bool:
        """Remember where a refused reading would have it; start anew there once enough of them agree."""
        place = self._place(seen)
        if place is None:
            return False
        x, y = float(place.xy_m[0]), float(place.xy_m[1])
        kept = [e for e in self.elsewhere if seen.time_s - e[0] <= _ELSEWHERE_KEEP_S]
        agree = [e for e in kept if self._reachable(e, (seen.time_s, x, y), place.sigma_m)]
        # A place that moves faster than the machine can is another reflection, not the way there.
        self.elsewhere = (*(agree if agree else ()), (seen.time_s, x, y))
        first_s = self.elsewhere[0][0]
        if len(self.elsewhere) < _ELSEWHERE_READINGS or seen.time_s - first_s < _ELSEWHERE_S:
            return False
        self.counts["hoist_relocated"] += 1
        return self.locate(seen)

    def _reachable(self, old: tuple[float, float, float], new: tuple[float, float, float], sigma_m: float) -> bool:
        top_mps = math.sqrt(2.0) * self.hoist.travel_speed_mps[1]
        limit_m = top_mps * (new[0] - old[0]) + _FIRST_READINGS_AGREE_SIGMAS * sigma_m
        return math.dist(old[1:], new[1:]) <= limit_m

    def _place(self, seen: Seen) -> Place | None:
        """Where on the floor plan the trolley stands if the reading is true; None if it cannot say."""
        if seen.kind == "load":
            return None
        if seen.camera is None:
            sigma_m = math.sqrt(max(seen.noise[0, 0], seen.noise[1, 1], 0.05**2))
            return Place(seen.z[:2], sigma_m if self.filter is not None else _BIRTH_SIGMA_M)
        if seen.kind == "hook":
            return self.rays.add(seen.camera, seen.time_s, seen.z, self.hoist)
        plane = seen.camera.on_plane(seen.z[None], self.hoist.beam_height_m)
        return Place(plane.xy_m[0], _BIRTH_SIGMA_M) if plane.valid[0] else None
