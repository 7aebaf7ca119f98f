"""Are the annunciators there, and well? The engine's half. Times are the engine's monotonic seconds, given."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from calibration.annunciator import Annunciator
from safety.annunciator.records import AnnunciatorStatus, AnnunciatorView
from safety.records import Hazard, Level, Situation

SILENCE_S = 3.0
"""One that reports once a second and was silent this long is gone."""
GRACE_S = 10.0
"""How long one may take to report first."""


@dataclass(slots=True)
class _Annunciator:
    status: AnnunciatorStatus | None = None
    heard_s: float = 0.0
    tested_s: float | None = None


class AnnunciatorMonitor:
    """Follows every annunciator of a site.

    Args:
        annunciators: the site's ``[[annunciator]]`` tables.
        start_s: when the engine started.
    """

    def __init__(self, annunciators: Collection[Annunciator], start_s: float) -> None:
        self._start_s = start_s
        self._known = {annunciator.name: _Annunciator() for annunciator in annunciators}

    def observe(self, status: AnnunciatorStatus, now_s: float) -> bool:
        """Take in a report. Returns False for one that is unknown or older than the last."""
        one = self._known.get(status.annunciator)
        if one is None:
            return False
        last = one.status
        same_run = last is not None and last.boot == status.boot
        if last is not None and same_run and status.seq <= last.seq:
            return False
        if status.test and not (last is not None and same_run and last.tests == status.tests):
            one.tested_s = now_s
        one.status, one.heard_s = status, now_s
        return True

    def hazards(self, now_s: float) -> tuple[Hazard, ...]:
        """A caution for each one that people may not hear. No hoist has to stop for it: the stop itself still works."""
        return tuple(
            Hazard(situation=Situation.ANNUNCIATOR_FAULT, level=Level.CAUTION, source=name)
            for name in self.faults(now_s)
        )

    def faults(self, now_s: float) -> dict[str, str]:
        """Name to what is wrong with it, only those with something wrong."""
        found = ((name, self._fault(one, now_s)) for name, one in self._known.items())
        return {name: text for name, text in found if text}

    def views(self, now_s: float) -> tuple[AnnunciatorView, ...]:
        """Every annunciator of the site, in the order of the site file."""
        return tuple(self._view(name, one, now_s) for name, one in self._known.items())

    def _view(self, name: str, one: _Annunciator, now_s: float) -> AnnunciatorView:
        status, fault = one.status, self._fault(one, now_s)
        if status is None:
            return AnnunciatorView(annunciator=name, connected=False, fault=fault, age_s=now_s - self._start_s)
        return AnnunciatorView(
            annunciator=name,
            connected=now_s - one.heard_s <= SILENCE_S,
            tone=status.tone,
            fault=fault,
            latency_s=status.latency_s,
            testing=status.testing,
            tested_s=one.tested_s,
            test=status.test,
            age_s=now_s - one.heard_s,
        )

    def _fault(self, one: _Annunciator, now_s: float) -> str:
        status = one.status
        if status is None:
            return "" if now_s - self._start_s <= GRACE_S else "has not reported yet"
        if now_s - one.heard_s > SILENCE_S:
            return "does not report"
        if status.fault:
            return status.fault
        failed = [check.what for check in status.test if not check.passed]
        return f"failed its self-test: {', '.join(failed)}" if failed else ""
