"""What the live engine tells of its own health, once a second: ways of time, the supervisor's parts, sound tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from calibration.product import product_version
from safety.annunciator.records import SoundCheck
from safety.audit import AuditRow
from safety.health_records import EngineHealth, PartsStatus, PartView, SoundTested
from safety.latency_bins import Spreads
from safety.parts_file import PARTS_FILE, read_parts
from safety.proof_schedule import ProofSchedule
from safety.self_test_records import SelfTestReport

SOUND_TEST = "sound_test"
PERIOD_S = 1.0
_PRODUCT = product_version()


class _Checks(msgspec.Struct, frozen=True):
    checks: tuple[SoundCheck, ...]


class HealthDesk:
    """Collects on the deciding thread; every call is a matter of microseconds, once a second of a few hundred.

    Args:
        folder: that of the engine's records, where a supervisor tells of its parts; None where nothing is kept.
        proofs: when outputs were tested.
        sound_tests: rows of the audit log, of kind ``SOUND_TEST``.
        model_sha256: the detector's weights.
        started_s: when the engine started, and ``wall_offset_s`` from its clock to Unix time.
    """

    def __init__(
        self,
        folder: Path | None,
        proofs: ProofSchedule,
        sound_tests: Iterable[AuditRow],
        started_s: float,
        wall_offset_s: float,
        model_sha256: str = "",
    ) -> None:
        self.proofs = proofs
        self.self_test: SelfTestReport | None = None
        """The newest one that the audit log knows as the engine starts."""
        self._model_sha256 = model_sha256
        self._file = None if folder is None else folder / PARTS_FILE
        self._started_s, self._wall_offset_s = started_s, wall_offset_s
        self._told_s = self._looked_s = -1e9
        self._parts: tuple[PartView, ...] | None = None
        self._to_permit, self._to_contact = Spreads(), Spreads()
        self._sounds: dict[str, SoundTested] = {}
        for row in sound_tests:
            try:
                self.sounded(row.name, msgspec.json.decode(row.detail, type=_Checks).checks, row.wall_s)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                continue

    def permitted(self, frame_times_s: Iterable[float], now_s: float) -> None:
        """Permits were sent at ``now_s`` that were decided with pictures of these times."""
        for time_s in frame_times_s:
            self._to_permit.add(now_s - time_s, now_s)

    def moved(self, took_s: float, now_s: float) -> None:
        """A contact has moved ``took_s`` after the picture that led to it."""
        self._to_contact.add(took_s, now_s)

    def sounded(self, annunciator: str, checks: tuple[SoundCheck, ...], wall_s: float) -> None:
        """An annunciator has tested itself."""
        passed = sum(check.passed for check in checks)
        self._sounds[annunciator] = SoundTested(annunciator=annunciator, wall_s=wall_s, passed=passed, of=len(checks))

    def parts_changed(self, now_s: float) -> PartsStatus | None:
        """What the core has to know of the supervisor's parts, looked at once a second; None while nothing changed."""
        if now_s - self._looked_s < PERIOD_S:
            return None
        self._looked_s = now_s
        parts = None if self._file is None else read_parts(self._file)
        before, self._parts = self._parts, parts
        return None if _states(parts) == _states(before) else PartsStatus(time_s=now_s, parts=parts or ())

    def told(self, self_test: SelfTestReport | None, now_s: float, *, at_once: bool) -> EngineHealth | None:
        """What is to be published now: once a second, and at once where there is news. Else None."""
        if not at_once and now_s - self._told_s < PERIOD_S:
            return None
        self._told_s = now_s
        return self.health(now_s, self_test)

    def health(self, now_s: float, self_test: SelfTestReport | None = None) -> EngineHealth:
        return EngineHealth(
            time_s=now_s,
            wall_s=now_s + self._wall_offset_s,
            started_wall_s=self._started_s + self._wall_offset_s,
            to_permit=self._to_permit.ways(now_s),
            to_contact=self._to_contact.ways(now_s),
            supervised=self._parts is not None,
            parts=self._parts or (),
            sounds=tuple(self._sounds.values()),
            self_test=self_test,
            product=_PRODUCT,
            model_sha256=self._model_sha256,
        )


def _states(parts: tuple[PartView, ...] | None) -> tuple[tuple[str, str], ...]:
    return tuple((part.part, part.state) for part in parts or ())
