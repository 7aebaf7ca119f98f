"""Does a long run show growth, missed permits, or slowness? Pure: samples in, verdicts out.

**Growth** is the median of the last fifth of the time after warm-up over the median of its first fifth, less one.
Medians pass over what is opened for a moment, and over memory that is taken and given back. The slope beside it (Theil
and Sen: the median of the slopes of all pairs) says whether it still goes on; it is shown and not judged.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recordings.soak.records import Kept, ProcessUse, Sample

Verdict = Literal["passed", "failed", "untested"]
PARTS = 5
SAMPLES_MIN = 10
"""Fewer after warm-up and nothing is said about growth."""
_PAIRS_MAX = 300


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be.

    growth: of memory, threads and handles after warm-up, as a share. slower: p99 of the last fifth over that of the
    first. brought: share of the asked rate that each camera must bring. looked: share of the pictures brought that must
    have been looked at.
    """

    growth: float = 0.02
    slower: float = 1.5
    brought: float = 0.9
    looked: float = 0.9


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was judged: what, how, and the figures in words."""

    what: str
    verdict: Verdict
    figures: str


@dataclass(frozen=True, slots=True)
class Growth:
    """From the median of the first fifth to that of the last, and the slope a second."""

    first: float
    last: float
    slope: float

    @property
    def share(self) -> float:
        return self.last / self.first - 1.0 if self.first > 0.0 else float(self.last > 0.0)


def growth(times_s: Sequence[float], values: Sequence[float]) -> Growth | None:
    """Growth of a course in time order; None with fewer than ``SAMPLES_MIN`` values."""
    if len(values) < SAMPLES_MIN:
        return None
    fifth = max(1, len(values) // PARTS)
    first, last = statistics.median(values[:fifth]), statistics.median(values[-fifth:])
    return Growth(first, last, slope(times_s, values))


def slope(times_s: Sequence[float], values: Sequence[float]) -> float:
    """Theil's and Sen's slope; of long courses each n-th sample is taken. 0 where all times are the same."""
    step = -(-len(values) // _PAIRS_MAX)
    t, v = np.asarray(times_s, float)[::step], np.asarray(values, float)[::step]
    late, early = np.triu_indices(len(t), 1)[::-1]
    apart_s = t[late] - t[early]
    found = (v[late] - v[early])[apart_s > 0.0] / apart_s[apart_s > 0.0]
    return float(np.median(found)) if found.size else 0.0


def judge(kept: Kept, samples: Sequence[Sample], limits: Limits = LIMITS) -> tuple[Line, ...]:
    """Everything that a run shows, line by line. ``samples`` are in time order, those of warm-up included."""
    warm = [s for s in samples if s.time_s >= kept.warm_up_s]
    lines = [_lasted(kept, samples)]
    for name in kept.parts:
        lines += _uses(name, warm, limits)
    lines += [_permits(samples), _contact(kept, samples), _obeyed(kept, samples)]
    lines += [_latency(warm, limits), _brought(kept, warm, limits), _looked(warm, limits)]
    return tuple(lines)


def passed(lines: Sequence[Line]) -> bool:
    """Whether everything was shown."""
    return all(line.verdict == "passed" for line in lines)


def _lasted(kept: Kept, samples: Sequence[Sample]) -> Line:
    got_min = samples[-1].time_s / 60.0 if samples else 0.0
    figures = f"{got_min:.1f} of {kept.minutes:g} min; {kept.ended or 'cut off'}"
    if kept.ended == "in full":
        return Line("run", "passed", figures)
    return Line("run", "untested" if kept.ended in ("", "interrupted") else "failed", figures)


def _uses(name: str, warm: Sequence[Sample], limits: Limits) -> list[Line]:
    kinds: tuple[tuple[str, Callable[[ProcessUse], float], str], ...] = (
        ("memory", lambda use: use.memory_bytes / 2**20, "MiB"),
        ("threads", lambda use: float(use.threads), ""),
        ("file handles", lambda use: float(use.handles), ""),
    )
    here = [(s.time_s, s.processes[name]) for s in warm if name in s.processes]
    out = []
    for what, of, unit in kinds:
        found = growth([t for t, _ in here], [of(use) for _, use in here])
        title = f"{name}: {what}"
        if found is None:
            out.append(Line(title, "untested", f"{len(here)} samples after warm-up, at least {SAMPLES_MIN} are needed"))
            continue
        figures = f"{_number(found.first)} to {_number(found.last)} {unit}".rstrip()
        an_hour = 100.0 * 3600.0 * found.slope / found.first if found.first else 0.0
        figures += f", {100.0 * found.share:+.1f} % (slope {an_hour:+.1f} % an hour)"
        out.append(Line(title, "passed" if found.share <= limits.growth else "failed", figures))
    return out


def _permits(samples: Sequence[Sample]) -> Line:
    if not samples or not samples[-1].permits.accepted:
        return Line("permits missed", "untested", "none came")
    told = samples[-1].permits
    margin = (
        "" if told.margin_s is None else f"; the closest came {1e3 * told.margin_s:.0f} ms before the last one ran out"
    )
    figures = f"{told.lapsed} missed, {told.refused} late or refused, of {told.accepted + told.refused}{margin}"
    return Line("permits missed", "failed" if told.lapsed else "passed", figures)


def _contact(kept: Kept, samples: Sequence[Sample]) -> Line:
    if not samples or not samples[-1].resets:
        return Line("contact opened unasked", "untested", "it was never closed")
    wrong = [o for o in kept.openings if o.cause != "decided"]
    figures = f"{len(kept.openings)} openings, {len(kept.openings) - len(wrong)} by a decision"
    if wrong:
        first = wrong[0]
        figures += f"; the first other at {first.time_s / 60.0:.1f} min, {first.cause} {first.detail}".rstrip()
    return Line("contact opened unasked", "failed" if wrong else "passed", figures)


def _obeyed(kept: Kept, samples: Sequence[Sample]) -> Line:
    title = "contact open when denied"
    if not samples or not samples[-1].resets:
        return Line(title, "untested", "it was never closed")
    n = kept.closed_though_denied
    return Line(title, "failed" if n else "passed", f"{n} times closed half a second after a permit was withdrawn")


def _latency(warm: Sequence[Sample], limits: Limits) -> Line:
    title = "picture to permit, p99"
    told = [(s.time_s, s.p99_s) for s in warm if s.p99_s is not None]
    found = growth([t for t, _ in told], [p for _, p in told])
    if found is None:
        return Line(title, "untested", f"{len(told)} samples after warm-up, at least {SAMPLES_MIN} are needed")
    p50_s = statistics.median(s.p50_s for s in warm if s.p50_s is not None)
    worst_s = max(p for _, p in told)
    times = found.last / found.first if found.first > 0.0 else float("inf")
    figures = f"{1e3 * found.first:.0f} to {1e3 * found.last:.0f} ms, {times:.2f} times; p50 {1e3 * p50_s:.0f} ms"
    figures += f", worst minute {1e3 * worst_s:.0f} ms"
    return Line(title, "passed" if times <= limits.slower else "failed", figures)


def _brought(kept: Kept, warm: Sequence[Sample], limits: Limits) -> Line:
    title = f"cameras bring {kept.rate_hz:g} pictures a second"
    if not warm:
        return Line(title, "untested", "no sample after warm-up")
    medians = {
        name: statistics.median(s.looks[name].received_hz for s in warm if name in s.looks)
        for name in kept.brought
        if any(name in s.looks for s in warm)
    }
    bad = [name for name in kept.brought if medians.get(name, 0.0) < limits.brought * kept.rate_hz]
    figures = ", ".join(f"{name} {hz:.1f}" for name, hz in medians.items())
    silent = [f"{name} by {100.0 * (1.0 - share):.0f} %" for name, share in kept.brought.items() if share < 0.98]
    figures += f" (medians); silent by plan: {', '.join(silent)} of the time" if silent else " (medians)"
    return Line(title, "failed" if bad else "passed", figures)


def _looked(warm: Sequence[Sample], limits: Limits) -> Line:
    title = "pictures looked at"
    brought = sum(look.received_hz for s in warm for look in s.looks.values())
    looked = sum(min(look.looked_hz, look.received_hz) for s in warm for look in s.looks.values())
    if brought <= 0.0:
        return Line(title, "untested", "no pictures came")
    share = looked / brought
    figures = f"{100.0 * share:.0f} %, {looked / len(warm):.1f} of {brought / len(warm):.1f} a second"
    if share >= limits.looked:
        return Line(title, "passed", figures)
    return Line(title, "failed", f"{figures}: this machine is too slow for the cameras, as busy as it was")


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"
