"""How long from light on the sensor to a decision, and to a contact that has moved."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence

import numpy as np

from safety.records import Latency

_KEPT_SAMPLES = 300
_KEPT_DECISIONS = 100


class LatencyMeter:
    """Collects samples of the last half minute or so; times are monotonic seconds of the engine.

    A frame's age counts from its stamp on receipt. The contact's time is when its read-back reached
    the engine, so the figure includes the way back and errs on the long side.
    """

    def __init__(self) -> None:
        self._detect_s: deque[float] = deque(maxlen=_KEPT_SAMPLES)
        self._decision_s: deque[float] = deque(maxlen=_KEPT_SAMPLES)
        self._contact_s: deque[float] = deque(maxlen=_KEPT_SAMPLES)
        self._frame_of: OrderedDict[float, float] = OrderedDict()
        self._moved_by: dict[str, int] = {}

    def detected(self, delay_s: float) -> None:
        """Boxes came in so long after their frame. May be called from any thread."""
        self._detect_s.append(delay_s)

    def decided(self, tick_s: float, decided_s: float, frame_times_s: Iterable[float]) -> None:
        """A tick was decided at ``decided_s`` from frames of these times."""
        times = list(frame_times_s)
        self._decision_s.extend(decided_s - t for t in times)
        if times:
            self._frame_of[tick_s] = max(times)
            while len(self._frame_of) > _KEPT_DECISIONS:
                self._frame_of.popitem(last=False)

    def moved(self, node: str, seq: int, tick_s: float, now_s: float) -> float | None:
        """A node reports that the permit ``seq``, decided at the tick ``tick_s``, last moved a contact.

        Returns how long it took from the newest picture of that tick; None where that is told already or unknown.
        """
        if self._moved_by.get(node) == seq:
            return None
        first = node not in self._moved_by
        self._moved_by[node] = seq
        frame_s = self._frame_of.get(tick_s)
        if frame_s is None or first:
            return None
        self._contact_s.append(now_s - frame_s)
        return now_s - frame_s

    def latency(self) -> Latency:
        """Percentiles of what was collected; None where there is nothing yet."""
        # A copy is one step of the interpreter, so no thread can add to what is being counted.
        detect, decision, contact = list(self._detect_s.copy()), list(self._decision_s), list(self._contact_s)
        return Latency(
            detect_p50_s=_percentile(detect, 50),
            frame_to_decision_p50_s=_percentile(decision, 50),
            frame_to_decision_p99_s=_percentile(decision, 99),
            frame_to_contact_p50_s=_percentile(contact, 50),
            frame_to_contact_p99_s=_percentile(contact, 99),
        )


def _percentile(samples: Sequence[float], share: float) -> float | None:
    return float(np.percentile(samples, share)) if samples else None
