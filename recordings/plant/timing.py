"""When does each source look, and when is what it saw ready? Drawn once, before anything happens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from calibration.camera import Array
from recordings.plant.camera_faults import fault_at
from recordings.plant.scenario import Eye, Scenario

Source = Literal["camera", "telemetry", "health"]
_FRAME_JITTER = 0.06
_LATENCY_SPREAD = 0.2
_LATENCY_LEAST_S = 0.005
_IN_ORDER_S = 0.001
_WIRE_S = 0.01
_HEALTH_PERIOD_S = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Look:
    """One look of one source, in the order in which what they bring is ready."""

    ready_s: float
    source: Source
    name: str
    time_s: float


def looks_of(scenario: Scenario, rng: np.random.Generator) -> list[Look]:
    """All looks of a scenario in the order of ``ready_s``; none of a dead camera or of lost telemetry."""
    end_s = scenario.scenario.seconds
    out: list[Look] = []
    for eye in scenario.camera:
        times, ready = _frames(eye, end_s, rng)
        for time_s, ready_s in zip(times, ready, strict=True):
            if fault_at(scenario, "camera_dead", eye.name, float(time_s)) is None:
                out.append(Look(float(ready_s), "camera", eye.name, float(time_s)))
        out += [Look(float(k), "health", eye.name, float(k)) for k in range(math.ceil(end_s / _HEALTH_PERIOD_S))]
    if scenario.observations.telemetry:
        period_s = 1.0 / scenario.observations.telemetry_hz
        for crane in scenario.hoist:
            for time_s in np.round(np.arange(0.0, end_s, period_s) + rng.uniform(0.0, period_s), 4):
                if time_s < end_s and fault_at(scenario, "telemetry_lost", crane.name, float(time_s)) is None:
                    out.append(Look(round(float(time_s) + _WIRE_S, 4), "telemetry", crane.name, float(time_s)))
    return sorted(out)


def _frames(eye: Eye, end_s: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Times of a camera's frames, with its own phase and a jitter that does not add up, and when they are ready."""
    period_s = 1.0 / eye.rate_hz
    phase_s = rng.uniform(0.0, period_s)
    count = max(0, math.floor((end_s - phase_s) / period_s))
    jitter_s = rng.uniform(-_FRAME_JITTER, _FRAME_JITTER, count) * period_s
    times: Array = np.round(np.maximum(phase_s + period_s * np.arange(count) + jitter_s, 0.0), 4).astype(np.float64)
    delay_s = rng.normal(eye.latency_s, _LATENCY_SPREAD * eye.latency_s, count)
    ready = np.empty(count)
    last_s = 0.0
    for k in range(count):
        # What was taken first is ready first: the frames of a camera pass through one queue.
        last_s = max(last_s + _IN_ORDER_S, float(times[k] + max(delay_s[k], _LATENCY_LEAST_S)))
        ready[k] = last_s
    return times, np.round(ready, 4).astype(np.float64)
