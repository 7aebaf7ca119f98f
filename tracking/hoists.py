"""Hoists over time: which box or reading belongs to which hoist, birth, load evidence, loss."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

from calibration.camera import Array, Camera
from calibration.site import Hoist, Site
from tracking import hoist_filter as filters
from tracking import hoist_motion as motion
from tracking.associate import gate_of
from tracking.hoist_birth import PATIENCE_S, Place, Rays
from tracking.hoist_filter import HoistFilter, Measure
from tracking.hoist_rest import HoistRest
from tracking.observe import finite, sane, sound
from tracking.records import Box, Boxes, HoistState, Kind, Look, Observation, Sight, Telemetry, source_of

_BIRTH_SIGMA_M = 1.0
_LOAD_WINDOW_S = 1.0
_LOAD_PIXEL_OF_SIZE = 0.3
_HEIGHT_KNOWN_SIGMA_M = 0.5
_OUTLIERS_TO_RESTART_S = 2.0


@dataclass(slots=True)
class _Followed:
    """One hoist of the site and what is known of it."""

    hoist: Hoist
    rest: HoistRest
    filter: HoistFilter | None = None
    rays: Rays = field(default_factory=Rays)
    seen_s: float = -math.inf
    refused_since_s: float | None = None
    load_seen_s: float = -math.inf
    load_possible_s: float = -math.inf
    sources: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A measurement ready for any hoist's filter."""

    source: str
    time_s: float
    kind: Kind
    z: Array
    cov: Array
    box: Box | None = None
    camera: Camera | None = None

    def measure(self, hoist: Hoist) -> Measure:
        if self.camera is not None:
            if self.kind == "trolley":
                return filters.trolley_pixel(hoist, self.camera)
            drop = 0.0 if self.kind == "hook" else hoist.sling_length_m + hoist.load_height_m / 2
            return filters.pixel(hoist, self.camera, drop)
        if self.kind == "trolley":
            return filters.trolley_floor
        if len(self.z) == 2:
            return filters.hook_floor(hoist)
        if self.kind == "load":
            drop = hoist.sling_length_m + hoist.load_height_m / 2
            return lambda s: motion.below_hook(s, hoist.beam_height_m, drop)
        return filters.hook_position(hoist)


class HoistTracker:
    """Follows all hoists of a site. Deterministic: state in, state out."""

    def __init__(self, site: Site) -> None:
        self._policy = site.policy
        self._cameras = {c.name: Camera.from_table(c) for c in site.camera}
        patience_s = PATIENCE_S if len(site.camera) > 1 else 0.0
        self._all = [_Followed(h, HoistRest(h, site.policy), rays=Rays(patience_s)) for h in site.hoist]
        self._gate = gate_of(site.policy.hoist_gate_probability, 2)
        self._loads_are_seen = False
        self.refused = 0

    def observe(self, inputs: list[Look]) -> None:
        """Take in what one tick brought, in time order."""
        if not self._all:
            return
        for item in sorted(inputs, key=lambda i: (i.time_s, source_of(i))):
            if isinstance(item, Telemetry):
                self._telemetry(item)
            else:
                self._look(item)
        if inputs:
            for followed in self._all:
                if followed.filter is not None:
                    followed.rest.update(followed.filter.time_s, followed.filter.state, followed.filter.cov)

    def states(self, now_s: float) -> tuple[HoistState, ...]:
        """All hoists that were ever located, at ``now_s``; lost ones are marked."""
        return tuple(self._state(f, f.filter, now_s) for f in self._all if f.filter is not None)

    def mean_and_cov(self, name: str, at_s: float) -> tuple[Array, Array] | None:
        """Filter mean (10,) and covariance (10, 10) of one hoist at ``at_s``, for prediction."""
        for followed in self._all:
            if followed.hoist.name == name and followed.filter is not None:
                mean, cov = followed.filter.at(self._until(followed, at_s))
                return followed.rest.told(mean), cov
        return None

    def _telemetry(self, item: Telemetry) -> None:
        followed = next((f for f in self._all if f.hoist.name == item.hoist), None)
        values = [item.x_m, item.y_m] + ([] if item.z_m is None else [item.z_m])
        if followed is None or not sane(*values):
            self.refused += 1
            return
        hoist = followed.hoist
        xy, variance = np.array([item.x_m, item.y_m]), hoist.telemetry_sigma_m**2
        on_hook = hoist.telemetry_point == "hook"
        kind: Kind = "hook" if on_hook else "trolley"
        self._take(followed, _Reading("telemetry", item.time_s, kind, xy, variance * np.eye(2)))
        if item.z_m is not None and followed.filter is not None:
            followed.filter.correct(np.array([item.z_m]), np.array([[variance]]), filters.hook_height(hoist))

    def _look(self, item: Boxes | Sight) -> None:
        readings = self._readings_of_boxes(item) if isinstance(item, Boxes) else _readings_of_sight(item)
        self._loads_are_seen |= any(r.kind == "load" for r in readings)
        for kind in ("trolley", "hook", "load"):
            of_kind = [r for r in readings if r.kind == kind]
            for followed, reading in self._assigned(of_kind):
                taken = self._take(followed, reading)
                if kind == "load" and taken:
                    followed.load_seen_s = reading.time_s
                if kind == "hook" and taken:
                    followed.load_possible_s = reading.time_s

    def _readings_of_boxes(self, item: Boxes) -> list[_Reading]:
        camera = self._cameras.get(item.camera)
        if camera is None:
            return []
        out = []
        for box in item.boxes:
            if box.kind == "person" or box.score < self._policy.hoist_score_min or not sound(box):
                continue
            middle = np.array([box.left_px + box.width_px / 2, box.top_px + box.height_px / 2])
            size_px = math.sqrt(box.width_px * box.height_px)
            loose_px = _LOAD_PIXEL_OF_SIZE * size_px if box.kind == "load" else 0.0
            sigma_px = math.hypot(self._policy.hook_sigma_px, loose_px)
            # The filter sees through a camera without distortion: its measurement functions stay cheap.
            ideal = camera.ideal(middle)[0]
            if np.isfinite(ideal).all():
                noise = sigma_px**2 * np.eye(2)
                out.append(_Reading(item.camera, item.time_s, box.kind, ideal, noise, box, camera.straight))
        return out

    def _assigned(self, readings: list[_Reading]) -> list[tuple[_Followed, _Reading]]:
        """Pairs of least total distance; hoists not located yet take what is left over."""
        if not readings:
            return []
        located = [f for f in self._all if f.filter is not None]
        for followed in located:
            assert followed.filter is not None
            followed.filter.predict_to(readings[0].time_s)
        if len(self._all) == len(readings) == 1:
            return [(self._all[0], readings[0])]
        cost = np.array([self._costs(f, readings) for f in self._all])
        rows, cols = linear_sum_assignment(cost)
        return [(self._all[i], readings[j]) for i, j in zip(rows, cols, strict=True)]

    def _costs(self, followed: _Followed, readings: list[_Reading]) -> list[float]:
        """Squared distance of each reading from where one hoist is expected; readings of a look share the latter."""
        if followed.filter is None:
            return [10.0 * self._gate] * len(readings)
        expected: dict[tuple[str, int], tuple[Array, Array]] = {}
        out = []
        for reading in readings:
            seen_as = (reading.source, len(reading.z))
            if seen_as not in expected:
                expected[seen_as] = followed.filter.expected(reading.measure(followed.hoist))
            distance2 = filters.distance2(reading.z, reading.cov, *expected[seen_as])
            out.append(min(distance2, 20.0 * self._gate) if np.isfinite(distance2) else 20.0 * self._gate)
        return out

    def _take(self, followed: _Followed, reading: _Reading) -> bool:
        """Feed one reading to one hoist; a filter that refuses everything for long starts anew."""
        if followed.filter is None:
            return self._locate(followed, reading)
        followed.filter.predict_to(reading.time_s)
        if followed.filter.correct(reading.z, reading.cov, reading.measure(followed.hoist)):
            followed.seen_s = max(followed.seen_s, reading.time_s)
            followed.sources[reading.source] = reading.time_s
            followed.refused_since_s = None
            return True
        self.refused += 1
        if reading.kind == "load":
            return False
        if followed.refused_since_s is None:
            followed.refused_since_s = reading.time_s
        long = reading.time_s - followed.refused_since_s >= _OUTLIERS_TO_RESTART_S
        return long and self._locate(followed, reading)

    def _locate(self, followed: _Followed, reading: _Reading) -> bool:
        """Start a filter where readings say that the hoist is; False while they do not say enough."""
        place = _place(followed, reading)
        if place is None:
            return False
        followed.filter = HoistFilter(
            followed.hoist, self._policy, reading.time_s, place.xy_m, place.sigma_m, place.hook
        )
        if place.hook is None:
            followed.filter.correct(reading.z, reading.cov, reading.measure(followed.hoist))
        followed.rest.forget()
        followed.refused_since_s = None
        followed.seen_s = max(followed.seen_s, reading.time_s)
        followed.sources[reading.source] = reading.time_s
        return True

    def _carrying(self, followed: _Followed, now_s: float) -> Literal["unknown", "empty", "loaded"]:
        if not self._loads_are_seen:
            return "unknown"
        if now_s - followed.load_seen_s <= _LOAD_WINDOW_S:
            return "loaded"
        # Only a hook that was looked at without a load below it is known to be empty.
        return "empty" if now_s - followed.load_possible_s <= _LOAD_WINDOW_S else "unknown"

    def _until(self, followed: _Followed, now_s: float) -> float:
        """How far a hoist is predicted: what was lost stays where it was last thought to be."""
        return min(now_s, followed.seen_s + 2 * self._policy.hoist_lost_s)

    def _state(self, followed: _Followed, filter_: HoistFilter, now_s: float) -> HoistState:
        estimate, cov = filter_.at(self._until(followed, now_s))
        state = followed.rest.told(estimate)
        hoist = followed.hoist
        x, y, z = motion.hook_of(state, hoist.beam_height_m)
        step_s = 0.02
        vx, vy, vz = (motion.hook_of(motion.moved(state, step_s), hoist.beam_height_m) - [x, y, z]) / step_s
        rope = float(state[motion.L])
        w0 = math.sqrt(motion.GRAVITY_MPS2 / rope)
        sway = math.sqrt(
            state[motion.AX] ** 2 + state[motion.AY] ** 2 + (state[motion.WX] ** 2 + state[motion.WY] ** 2) / w0**2
        )
        sigma_z = math.sqrt(max(cov[motion.L, motion.L], 0.0))
        unseen_s = max(0.0, now_s - followed.seen_s)
        recent = now_s - self._policy.hoist_lost_s
        return HoistState(
            name=hoist.name,
            time_s=now_s,
            x_m=float(x),
            y_m=float(y),
            z_m=float(z),
            vx_mps=float(vx),
            vy_mps=float(vy),
            vz_mps=float(vz),
            trolley_x_m=float(state[motion.X]),
            trolley_y_m=float(state[motion.Y]),
            trolley_vx_mps=float(state[motion.VX]),
            trolley_vy_mps=float(state[motion.VY]),
            rope_m=rope,
            sway_x_rad=float(state[motion.AX]),
            sway_y_rad=float(state[motion.AY]),
            sway_amplitude_m=min(float(rope * sway), followed.rest.swing_limit_m),
            sigma_m=motion.hook_sigma_m(state, cov),
            sigma_z_m=sigma_z,
            carrying=self._carrying(followed, now_s),
            height_known=sigma_z <= _HEIGHT_KNOWN_SIGMA_M,
            unseen_s=unseen_s,
            lost=unseen_s > self._policy.hoist_lost_s,
            sources=tuple(sorted(s for s, t in followed.sources.items() if t >= recent)),
        )


def _place(followed: _Followed, reading: _Reading) -> Place | None:
    """Where on the floor plan the trolley stands if the reading is true; None if it cannot say."""
    if reading.kind == "load":
        return None
    if reading.camera is None:
        return Place(reading.z[:2], _BIRTH_SIGMA_M)
    if reading.kind == "hook":
        return followed.rays.add(reading.camera, reading.time_s, reading.z, followed.hoist)
    plane = reading.camera.on_plane(reading.z[None], followed.hoist.beam_height_m)
    return Place(plane.xy_m[0], _BIRTH_SIGMA_M) if plane.valid[0] else None


def _readings_of_sight(item: Sight) -> list[_Reading]:
    return [_reading_of(item, o) for o in item.observations if o.kind != "person" and finite(o)]


def _reading_of(item: Sight, o: Observation) -> _Reading:
    flat = np.array([[o.var_x_m2, o.cov_xy_m2], [o.cov_xy_m2, o.var_y_m2]])
    if o.z_m is None or o.kind == "trolley":
        return _Reading(item.source, item.time_s, o.kind, np.array([o.x_m, o.y_m]), flat)
    cov = np.zeros((3, 3))
    cov[:2, :2] = flat
    cov[2, 2] = (o.sigma_z_m or math.sqrt(max(o.var_x_m2, o.var_y_m2))) ** 2
    return _Reading(item.source, item.time_s, o.kind, np.array([o.x_m, o.y_m, o.z_m]), cov)
