"""Did this machine look at a sample's pictures in time? Else a demonstration shows the machine and not the system."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from recordings.store import Recording
from tracking.records import Boxes, Telemetry

_AGAIN_S = 0.5
"""A sample's camera without a picture for so long is down in the sample, whatever machine plays it."""


@dataclass(frozen=True, slots=True)
class LateLook:
    """The longest time for which a camera's picture was waited for; ``limit_s`` is what the site allows."""

    camera: str
    wait_s: float
    limit_s: float


def first_s(recording: Recording) -> float:
    """Stamp of the first telemetry, which a live run records as it came; the recording's start where it has none."""
    stamps = (event.time_s for _, event in recording.timed_events() if isinstance(event, Telemetry))
    return next(stamps, recording.info.start_s)


def late_look(sample: Recording, kept: Recording, speed: float) -> LateLook | None:
    """The worst look of a live run on a sample that came later than the site allows; None where all were in time.

    A wait counts from the picture that was looked at before to when the next look was done, and only where the
    sample itself has pictures of that camera all the while.
    """
    limit_s = sample.site().policy.camera_stale_s
    offset_s, sample_s = first_s(kept), first_s(sample)
    pictures: dict[str, list[float]] = defaultdict(list)
    for _, look in _looks(sample):
        pictures[look.camera].append((look.time_s - sample_s) / speed + offset_s)
    before_s: dict[str, float] = {}
    worst: LateLook | None = None
    for done_s, look in _looks(kept):
        from_s = before_s.get(look.camera)
        before_s[look.camera] = look.time_s
        if from_s is None or done_s - from_s <= max(limit_s, worst.wait_s if worst is not None else 0.0):
            continue
        if _throughout(pictures[look.camera], from_s, done_s, _AGAIN_S / speed):
            worst = LateLook(look.camera, done_s - from_s, limit_s)
    return worst


def _looks(recording: Recording) -> Iterable[tuple[float, Boxes]]:
    return ((at_s, event) for at_s, event in recording.timed_events() if isinstance(event, Boxes))


def _throughout(times_s: list[float], from_s: float, to_s: float, gap_s: float) -> bool:
    """Whether there is one in every ``gap_s`` of a span."""
    inside = times_s[bisect_left(times_s, from_s) : bisect_right(times_s, to_s)]
    edges = [from_s, *inside, to_s]
    return all(b - a <= gap_s for a, b in itertools.pairwise(edges))
