"""How tall somebody is, how high the body reaches now, and on what it stands: from looks of any camera."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tracking.observe import PersonFrame

_HEIGHT_GAIN = 0.1
_LEVEL_GAIN = 0.2
_TOP_TIME_S = 0.4
_TOP_AGE_S = 1.0


@dataclass(slots=True)
class Stature:
    """What one followed person's boxes told of the body. ``height_m`` is that of the whole body upright."""

    height_m: float | None = None
    _levels: dict[float, float] = field(default_factory=dict)
    _tops: dict[str, tuple[float, float]] = field(default_factory=dict)

    def see(self, frame: PersonFrame, row: int) -> None:
        """Take in one box of this person."""
        height, top, level = (float(values[row]) for values in (frame.height_m, frame.top_m, frame.floor_m))
        if math.isfinite(height):
            self.height_m = height if self.height_m is None else self.height_m + _HEIGHT_GAIN * (height - self.height_m)
        self._levels = {known: (1.0 - _LEVEL_GAIN) * weight for known, weight in self._levels.items()}
        self._levels[level] = self._levels.get(level, 0.0) + _LEVEL_GAIN
        if math.isfinite(top):
            before_s, before_m = self._tops.get(frame.source, (-math.inf, top))
            kept = math.exp(-max(frame.time_s - before_s, 0.0) / _TOP_TIME_S)
            self._tops[frame.source] = (max(before_s, frame.time_s), kept * before_m + (1.0 - kept) * top)

    @property
    def floor_m(self) -> float:
        """Height of what the person stands on, as most of the newest looks have it."""
        return max(self._levels, key=lambda level: (self._levels[level], -level), default=0.0)

    def top_m(self, now_s: float) -> float | None:
        """How far above that the body reaches, at most; None where no camera could tell of late.

        A camera that looks down on a body that lies along its line of sight sees it reach high in the
        picture, and never lower than it is: the least that any camera says bounds it best. One camera of
        many may be misled by feet that something hides, so of three or more the second least counts.
        """
        recent = sorted(top for time_s, top in self._tops.values() if now_s - time_s <= _TOP_AGE_S)
        if not recent:
            return None
        return recent[1] if len(recent) > 2 else recent[0]
