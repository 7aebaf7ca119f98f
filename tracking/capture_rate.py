"""Is a camera keeping time? Its rate, its gaps, and how far its pictures lag behind."""

from __future__ import annotations

import statistics
from collections import deque

GAP_INTERVALS = 2.5
"""A pause longer than this many frame intervals is a gap."""

_WINDOW = 25
_RATE_SPAN_S = 3.0
_DRIFT = 5e-4


class FrameRate:
    """Counts frames of one camera by their receipt times; knows no clock.

    The frame interval is the median of the last 25: a median does not follow the very gaps that it
    is to find. Until five are known it is the shortest so far, but not under what the site file expects.
    """

    def __init__(self, expected_hz: float) -> None:
        self._expected_s = 1.0 / expected_hz
        self._intervals_s: deque[float] = deque(maxlen=_WINDOW)
        self._times_s: deque[float] = deque()
        self._closed_gaps = 0
        self.last_s: float | None = None

    @property
    def interval_s(self) -> float:
        """The frame interval that holds now."""
        known = self._intervals_s
        return statistics.median(known) if len(known) >= 5 else max(self._expected_s, min(known, default=0.0))

    def add(self, time_s: float) -> None:
        """Take the receipt time of a frame; times must rise."""
        if self.last_s is not None:
            pause_s = time_s - self.last_s
            if pause_s > GAP_INTERVALS * self.interval_s:
                self._closed_gaps += 1
            self._intervals_s.append(pause_s)
        self.last_s = time_s
        self._times_s.append(time_s)
        self._forget(time_s)

    def silence_s(self, now_s: float) -> float | None:
        """Time since the last frame; None before the first."""
        return None if self.last_s is None else max(0.0, now_s - self.last_s)

    def gaps(self, now_s: float) -> int:
        """Gaps so far, one that is still open included."""
        silence_s = self.silence_s(now_s)
        still_open = silence_s is not None and silence_s > GAP_INTERVALS * self.interval_s
        return self._closed_gaps + int(still_open)

    def rate_hz(self, now_s: float) -> float:
        """Frames a second over the last 3 s; it falls while nothing comes."""
        self._forget(now_s)
        if len(self._times_s) < 2:
            return 0.0
        span_s = max(self._times_s[-1], now_s - self.interval_s) - self._times_s[0]
        return (len(self._times_s) - 1) / span_s if span_s > 0.0 else 0.0

    def _forget(self, now_s: float) -> None:
        while self._times_s and now_s - self._times_s[0] > _RATE_SPAN_S:
            self._times_s.popleft()


class StreamLag:
    """How old a picture already was on receipt, from the stream's own time stamps.

    After a stall a stream delivers what piled up, and a picture of three seconds ago would pass
    for one of now. The smallest difference of receipt and stream time seen so far marks a picture
    that came at once; what a later one has on top is lag. Camera clocks drift, so the mark rises by
    0.5 ms a second. It starts anew when stream time steps back.
    """

    def __init__(self) -> None:
        self._offset_s: float | None = None
        self._received_s = 0.0
        self._stream_s = 0.0

    def add(self, received_s: float, stream_s: float | None) -> float:
        """Lag in seconds (0 or more) of a picture with stream time ``stream_s``."""
        if stream_s is None:
            return 0.0
        offset_s = received_s - stream_s
        if self._offset_s is None or stream_s < self._stream_s:
            self._offset_s = offset_s
        else:
            drifted_s = self._offset_s + _DRIFT * (received_s - self._received_s)
            self._offset_s = min(drifted_s, offset_s)
        self._received_s, self._stream_s = received_s, stream_s
        return offset_s - self._offset_s
