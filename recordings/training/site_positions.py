"""Where did each hoist's trolley and hook hang when a picture was taken? From tags and telemetry, or not at all.

A label in the wrong place teaches the wrong thing, so a position is given only where a tag stands in
the picture itself, or where readings lie close before and after it. Telemetry of a trolley tells where
the hook is only while the trolley has stood long enough for the hook to hang below it.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.camera import Camera
from calibration.site import Hoist, Site
from recordings.store import Recording
from tracking.fiducial import HookTags
from tracking.records import Telemetry

Point3 = tuple[float, float, float]

LONGEST_GAP_S = 0.5
"""Between two readings that a position is interpolated from: at 0.67 m/s, a slack of centimetres."""
STILL_S = 6.0
"""A trolley that has stood for so long has a hook that hangs below it: swing has died down to what a box forgives."""
STILL_M = 0.1


@dataclass(frozen=True, slots=True)
class Hanging:
    """Where one hoist hangs. What is not known is None. ``by`` says from what: "tag" or "telemetry"."""

    hoist: str
    hook_m: Point3 | None
    trolley_m: Point3 | None
    by: str


class Readings:
    """Readings (time, point) of one thing in rising time."""

    def __init__(self, rows: Iterable[tuple[float, tuple[float, ...]]]) -> None:
        ordered = sorted(rows)
        self._times = [time_s for time_s, _ in ordered]
        self._points = [point for _, point in ordered]

    def at(self, time_s: float) -> tuple[float, ...] | None:
        """Between the readings before and after; None where they lie too far apart, or one is missing."""
        right = bisect.bisect_left(self._times, time_s)
        if right < len(self._times) and self._times[right] == time_s:
            return self._points[right]
        if right in (0, len(self._times)):
            return None
        start_s, end_s = self._times[right - 1], self._times[right]
        if end_s - start_s > LONGEST_GAP_S:
            return None
        share = (time_s - start_s) / (end_s - start_s)
        pairs = zip(self._points[right - 1], self._points[right], strict=True)
        return tuple(a + share * (b - a) for a, b in pairs)

    def still_before(self, time_s: float) -> bool:
        """Whether the thing has stood for the last ``STILL_S`` seconds, as far as readings tell."""
        first = bisect.bisect_left(self._times, time_s - STILL_S)
        last = bisect.bisect_right(self._times, time_s)
        if first == last or self._times[0] > time_s - STILL_S:
            return False
        points = np.array([point[:2] for point in self._points[first:last]])
        return bool(np.linalg.norm(points - points[-1], axis=1).max() <= STILL_M)


class Positions:
    """Trolleys and hooks of one recording. ``tags`` are looked for in every picture that is asked about."""

    def __init__(self, site: Site, recording: Recording) -> None:
        self._hoists: Sequence[Hoist] = site.hoist
        rows: dict[str, list[tuple[float, tuple[float, ...]]]] = defaultdict(list)
        heights: dict[str, list[tuple[float, tuple[float, ...]]]] = defaultdict(list)
        for _, record in recording.records((Telemetry,)):
            assert isinstance(record, Telemetry)
            rows[record.hoist].append((record.time_s, (record.x_m, record.y_m)))
            if record.z_m is not None:
                heights[record.hoist].append((record.time_s, (record.z_m,)))
        self._floor = {name: Readings(values) for name, values in rows.items()}
        self._heights = {name: Readings(values) for name, values in heights.items()}
        cameras = {table.name: Camera.from_table(table) for table in site.camera}
        # One detector a hoist: what a tag says does not name the hoist it hangs on.
        self._tags = {
            (name, hoist.name): HookTags([hoist], camera)
            for name, camera in cameras.items()
            for hoist in site.hoist
            if hoist.tag is not None
        }

    def at(self, camera: str, time_s: float, bgr: NDArray[np.uint8]) -> tuple[Hanging, ...]:
        """Each hoist at the time of one picture of one camera."""
        return tuple(self._of(hoist, camera, time_s, bgr) for hoist in self._hoists)

    def _of(self, hoist: Hoist, camera: str, time_s: float, bgr: NDArray[np.uint8]) -> Hanging:
        floor = self._floor[hoist.name].at(time_s) if hoist.name in self._floor else None
        tag = self._tag(hoist, camera, bgr)
        if tag is not None:
            above = tag[:2] if floor is None or hoist.telemetry_point == "hook" else (floor[0], floor[1])
            return Hanging(hoist.name, tag, (*above, hoist.beam_height_m), "tag")
        if floor is None:
            return Hanging(hoist.name, None, None, "")
        height = self._heights[hoist.name].at(time_s) if hoist.name in self._heights else None
        plumb = hoist.telemetry_point == "hook" or self._floor[hoist.name].still_before(time_s)
        hook = (floor[0], floor[1], height[0]) if height is not None and plumb else None
        return Hanging(hoist.name, hook, (floor[0], floor[1], hoist.beam_height_m), "telemetry")

    def _tag(self, hoist: Hoist, camera: str, bgr: NDArray[np.uint8]) -> Point3 | None:
        looker = self._tags.get((camera, hoist.name))
        for seen in () if looker is None else looker.observe(bgr):
            if seen.z_m is not None:
                return (seen.x_m, seen.y_m, seen.z_m)
        return None


class Carried:
    """Whether each hoist carried a load, as the recorded decisions have it."""

    def __init__(self, recording: Recording) -> None:
        self._times: list[float] = []
        self._states: list[dict[str, str]] = []
        for snapshot in recording.snapshots():
            self._times.append(snapshot.time_s)
            self._states.append({view.state.name: view.state.carrying for view in snapshot.hoists})

    def at(self, hoist: str, time_s: float) -> str:
        """ "loaded", "empty" or "unknown", by the last decision before a time."""
        last = bisect.bisect_right(self._times, time_s) - 1
        return self._states[last].get(hoist, "unknown") if last >= 0 else "unknown"
