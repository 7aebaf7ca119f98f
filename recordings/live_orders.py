"""What people have the live engine do: may they, can it be done now, to whom does it go, and what is kept of it?"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import msgspec

from calibration.site import Site
from recordings.live_sessions import SessionDesk
from recordings.live_site import SiteDesk
from safety.annunciator.records import SoundTest
from safety.audit import AuditLog, AuditRow
from safety.bus import EngineBus, Received
from safety.detect_records import Remote
from safety.output_desk import OutputDesk
from safety.output_records import Bypass, ProofTest
from safety.records import Event, Refusal, Report, Reset, SignIn, SignOut, Snapshot
from safety.self_test import SelfTestRun
from safety.self_test_records import SelfTest, SelfTestReport
from safety.site_records import ApplySite
from safety.standstill import Standstill
from safety.word_records import Verdict, Word

SELF_TEST = "self_test"
"""What the audit log calls the record of a self-test; that one was asked for is ``selftest``."""
Note = Callable[..., None]
Asked = tuple[str, str, Event]


class OrderDesk:
    """Takes commands of the deciding thread in; none of its calls waits.

    Args:
        site: the site file.
        bus: by which annunciators and consoles are told.
        sessions: who is signed in where.
        sites: where the site is changed.
        outputs: what goes to the relay nodes.
        note: writes role, name, what, details and, as ``told``, a callable for the row to the audit log.
        wall_offset_s: from the engine's clock to Unix time.
    """

    def __init__(
        self,
        site: Site,
        bus: EngineBus,
        sessions: SessionDesk,
        sites: SiteDesk,
        outputs: OutputDesk,
        note: Note,
        wall_offset_s: float,
    ) -> None:
        self._site, self._bus, self._sessions, self._sites, self._outputs = site, bus, sessions, sites, outputs
        self._note, self._wall_offset_s = note, wall_offset_s
        self._standstill = Standstill(site.relay, site.policy)
        self._waiting: list[Asked] = []
        self._run: SelfTestRun | None = None
        self.self_test: SelfTestReport | None = None
        """The one that runs, or the newest."""

    def take(self, entry: Received, newest: Snapshot | None, now_s: float) -> None:
        """Take a command, or refuse it. ``newest`` is what was decided last."""
        assert not isinstance(entry.message, Report | Remote | SignIn | SignOut)
        refusal = self._sessions.refusal(entry.name, entry.message, now_s)
        if refusal is not None:
            self.refuse(entry.role, entry.name, refusal)
            return
        command = msgspec.structs.replace(entry.message, time_s=now_s, by=self._sessions.by(entry.name))
        if isinstance(command, ApplySite):
            self._sites.take(entry.name, command, now_s, now_s + self._wall_offset_s)
            return
        if isinstance(command, Word):
            if isinstance(command, Verdict):
                self._bus.publish(command)
            self._note(entry.role, entry.name, type(command).__name__.lower(), msgspec.to_builtins(command))
            return
        refusal = self._obstacle(command, newest, now_s)
        if refusal is not None:
            self.refuse(entry.role, entry.name, refusal)
            return
        self._waiting.append((entry.role, entry.name, command))

    def drain(self) -> list[Event]:
        """The commands that were taken since the last tick, noted in the audit log."""
        taken, self._waiting = self._waiting, []
        for role, name, command in taken:
            self._note(role, name, type(command).__name__.lower(), msgspec.to_builtins(command))
        return [command for _, _, command in taken]

    def step(self, snapshot: Snapshot, now_s: float) -> bool:
        """Follow a tick, and go on with a self-test; whether there is news of it."""
        self._standstill.see(now_s, snapshot.hoists, snapshot.nodes)
        if self._run is None:
            return False
        before = self.self_test

        def give(order: ProofTest | SoundTest) -> str:
            refusal = self._obstacle(order, snapshot, now_s, by_self_test=True)
            if refusal is None:
                self._waiting.append(("engine", "self-test", order))
            return "" if refusal is None else refusal.reason

        self._run.step(snapshot, now_s, give)
        self.self_test = report = self._run.report()
        if report.done:
            self._run = None
            detail: dict[str, Any] = msgspec.to_builtins(report)
            self._note("engine", "self-test", SELF_TEST, detail, told=self._kept)
        return report != before

    def refuse(self, role: str, name: str, refusal: Refusal) -> None:
        self._note(role, name, "refused", {"command": refusal.command, "reason": refusal.reason})
        if role == "console":
            self._bus.send("console", name, refusal)

    def _obstacle(
        self, command: Any, newest: Snapshot | None, now_s: float, *, by_self_test: bool = False
    ) -> Refusal | None:
        """Why it cannot be done now; None where it is done or on its way."""
        name = type(command).__name__
        if isinstance(command, ProofTest | SelfTest) and newest is not None:
            relays = [r for r in self._site.relay if isinstance(command, SelfTest) or r.name == command.node]
            found = self._standstill.unrest(now_s, relays)
            if found is not None:
                return Refusal(time_s=now_s, command=name, reason=found.text, code=found.code, about=found.about)
        if isinstance(command, ProofTest | SoundTest | SelfTest) and self._run is not None and not by_self_test:
            return Refusal(time_s=now_s, command=name, reason="a self-test is running", code="self_test_runs")
        reason = ""
        if isinstance(command, Reset | Bypass | ProofTest):
            reason = self._outputs.take(command, newest.outputs if newest is not None else {}, now_s)
        elif isinstance(command, SoundTest) and not self._bus.send("annunciator", command.annunciator, command):
            reason = f"annunciator {command.annunciator!r} does not report"
        elif isinstance(command, SelfTest):
            self._run = SelfTestRun(self._site, uuid.uuid4().hex, command.by, self._wall_offset_s, now_s)
        return Refusal(time_s=now_s, command=name, reason=reason) if reason else None

    def _kept(self, row: AuditRow) -> None:
        """Called by the audit log's thread once the record is on the disk."""
        report = report_of(row)
        if report is not None and self.self_test is not None and self.self_test.id == report.id:
            self.self_test = report


def report_of(row: AuditRow) -> SelfTestReport | None:
    """The self-test of a row of the audit log, with number and hash of that row; None where it is none."""
    try:
        report = msgspec.json.decode(row.detail, type=SelfTestReport)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return msgspec.structs.replace(report, row=row.n, hash=row.hash)


def newest_self_test(log: AuditLog) -> SelfTestReport | None:
    """The newest self-test that an audit log knows; None where it knows none."""
    reports = [report for row in log.rows_of(SELF_TEST) if (report := report_of(row)) is not None]
    return reports[-1] if reports else None
