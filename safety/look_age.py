"""How old may what is known of a place be? The longest recent wait between looks, place by place.

Everything comes from the stamps of accepted looks and the times of ticks, so that a replay reckons with
the very waits of the live run, however the detector's time was shared out then.
"""

from __future__ import annotations

from collections.abc import Iterable

from calibration.coverage import CoverageMap
from calibration.policy import Policy
from tracking.tracker import Tracks

_WINDOW_S = 2.0


class LookAges:
    """Waits between looks of every camera and every other source.

    A source that falls silent counts by its silence, up to ``policy.camera_stale_s``: from there on a camera
    is blind, which is a state of its own. A camera that never looked counts as silent for so long.
    """

    def __init__(self, cells: CoverageMap | None, policy: Policy) -> None:
        self._map, self._policy = cells, policy
        self._waits: dict[str, list[tuple[float, float]]] = {}
        self._heard_s: dict[str, float] = {}
        self._now_s = 0.0

    def carry_on(self, old: LookAges) -> None:
        """Go on from the waits that ``old`` knows."""
        self._waits, self._heard_s, self._now_s = old._waits, old._heard_s, old._now_s

    def hear(self, now_s: float, tracks: Tracks) -> None:
        """Take in the looks of one tick."""
        self._now_s = now_s
        for source, waits in tracks.waits_s.items():
            self._heard_s[source] = now_s
            self._waits.setdefault(source, []).extend((now_s, wait_s) for wait_s in waits)
        for known in self._waits.values():
            while known and known[0][0] < now_s - _WINDOW_S:
                known.pop(0)

    def wait_s(self, source: str) -> float:
        """The longest wait between two looks in the last 2 s, or since the last one if that is longer."""
        limit_s = self._policy.camera_stale_s
        if source not in self._heard_s:
            return limit_s
        # Counted from the tick that brought it: how long it took to get there is no wait between looks.
        silence_s = self._now_s - self._heard_s[source]
        return min(limit_s, max([silence_s, *(wait_s for _, wait_s in self._waits[source])]))

    def at(self, x_m: float, y_m: float, sources: Iterable[str]) -> float:
        """The same for a place: of the best among the cameras that see it, and the ``sources`` of what is there.

        0 where there is none of either: no look is late there, for none is taken, which is for the hazards
        of sight to tell.
        """
        names = set(sources) & self._heard_s.keys()
        if self._map is not None and (cell := self._map.cell_of(x_m, y_m)) is not None:
            seen_by = self._map.seen_by[:, cell[0], cell[1]]
            names |= {name for name, sees in zip(self._map.cameras, seen_by, strict=True) if sees}
        return min((self.wait_s(name) for name in names), default=0.0)

    def late_s(self, x_m: float, y_m: float, sources: Iterable[str]) -> float:
        """What to add to the reaction time at a place: the wait beyond the one that it includes."""
        return max(0.0, self.at(x_m, y_m, sources) - self._policy.look_interval_s)
