"""What a person at the engine's machine is told of the cameras' rates: in one line, and only when it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calibration.policy import Policy
from safety.camera_records import CameraView
from safety.records import Snapshot

_HOLD_S = 3.0
_SHORT_OF = 0.8


def short_of_pictures(view: CameraView) -> bool:
    """Fewer than four of five pictures that the camera brings are inspected."""
    return view.rate_hz < _SHORT_OF * view.received_hz


def rates_line(cameras: Sequence[CameraView], policy: Policy) -> str:
    """Inspected and received pictures a second of each camera, and what the longest wait costs."""
    each = ", ".join(
        f"{c.camera} {c.rate_hz:.1f} of {c.received_hz:.1f} Hz (longest wait {c.wait_s:.2f} s)" for c in cameras
    )
    late_s = max((c.wait_s - policy.look_interval_s for c in cameras if c.alive), default=0.0)
    more = f"; where no other camera sees, the stop model reckons with {late_s:.2f} s more" if late_s > 0.0 else ""
    return f"inspected: {each}{more}"


@dataclass(slots=True)
class _Sum:
    count: int = 0
    rate_hz: float = 0.0
    received_hz: float = 0.0
    wait_s: float = 0.0


class RateReport:
    """Follows the snapshots of one run; knows no clock."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._said: bool | None = None
        self._since_s: float | None = None
        self._sums: dict[str, _Sum] = {}

    def line(self, snapshot: Snapshot) -> str | None:
        """A line where the cameras have come short of the detector, or are no longer, for 3 s."""
        known = [c for c in snapshot.cameras if c.received_hz > 0.0]
        for view in known:
            total = self._sums.setdefault(view.camera, _Sum())
            total.count += 1
            total.rate_hz += view.rate_hz
            total.received_hz += view.received_hz
            total.wait_s = max(total.wait_s, view.wait_s)
        short = any(short_of_pictures(c) for c in known)
        if not known or short == self._said:
            self._since_s = None
            return None
        if self._since_s is None:
            self._since_s = snapshot.time_s
        if snapshot.time_s - self._since_s < _HOLD_S:
            return None
        self._said, self._since_s = short, None
        word = "more pictures than the detector takes" if short else "every picture finds the detector free"
        return f"cameras: {word}; {rates_line(known, self._policy)}"

    def summary(self) -> str | None:
        """Means of the whole run, None where no camera told what it brings."""
        if not self._sums:
            return None
        each = (
            f"{name} {t.rate_hz / t.count:.1f} of {t.received_hz / t.count:.1f} Hz (longest wait {t.wait_s:.2f} s)"
            for name, t in self._sums.items()
        )
        return f"cameras: on average inspected {', '.join(each)}"
