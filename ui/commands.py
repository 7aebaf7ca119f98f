"""What the person at the console asked for, and whether the engine has done it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from safety.output_records import Bypass, ProofTest
from safety.records import Acknowledge, Alarm, AlarmState, Command, Refusal, Reset, Shelve, Snapshot
from safety.self_test_records import SelfTest
from ui.text import Language, duration, refusal_words, say

CONFIRM_S = 1.5
"""A command that no snapshot has confirmed by then is reported as not carried out."""
NOTICE_S = 12.0
Action = Literal["acknowledge", "shelve", "unshelve", "reset", "bypass", "unbypass", "prove", "self_test"]
_COMMANDS: dict[Action, str] = {
    "unshelve": "shelve",
    "unbypass": "bypass",
    "prove": "prooftest",
    "self_test": "selftest",
}
"""What the engine calls the command behind an action, where it is not the action's own name."""
TO_ACKNOWLEDGE = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)


@dataclass(frozen=True, slots=True)
class Notice:
    """The fate of one command, to be shown beside the buttons."""

    action: Action
    target: str
    outcome: Literal["pending", "confirmed", "unconfirmed", "refused", "unsent"]
    time_s: float
    reason: str = ""
    code: str = ""
    about: str = ""

    @property
    def failed(self) -> bool:
        return self.outcome in ("unconfirmed", "refused", "unsent")

    def text(self, language: Language) -> str:
        what = say(language, f"command.{self.action}", target=self.target)
        limit = duration(language, CONFIRM_S)
        reason = refusal_words(language, self.code, self.reason, self.about)
        return say(language, f"command.{self.outcome}", what=what, limit=limit, reason=reason)


class CommandDesk:
    """Makes commands, remembers them until the engine's own snapshot shows their effect, and says what failed.

    ``send`` hands a command to the bus; it must not block.
    """

    def __init__(self, name: str, send: Callable[[Command], None] | None = None) -> None:
        self.name = name
        self.send = send
        self._pending: dict[tuple[Action, str], Notice] = {}
        self._notice: Notice | None = None

    def acknowledge(self, alarm: str, now_s: float) -> None:
        self._issue("acknowledge", alarm, Acknowledge(time_s=now_s, by=self.name, alarm=alarm), now_s)

    def shelve(self, alarm: str, for_s: float, reason: str, now_s: float) -> None:
        """Raises ValueError without a reason or a time: the engine would refuse it too."""
        if not reason.strip() or for_s <= 0.0:
            raise ValueError("shelving needs a reason and a time above zero")
        command = Shelve(time_s=now_s, by=self.name, alarm=alarm, for_s=for_s, reason=reason.strip())
        self._issue("shelve", alarm, command, now_s)

    def unshelve(self, alarm: str, now_s: float) -> None:
        command = Shelve(time_s=now_s, by=self.name, alarm=alarm, for_s=0.0, reason="ended at the console")
        self._issue("unshelve", alarm, command, now_s)

    def reset(self, node: str, now_s: float) -> None:
        self._issue("reset", node, Reset(time_s=now_s, by=self.name, node=node), now_s)

    def bypass(self, node: str, contact: str, for_s: float, reason: str, now_s: float) -> None:
        """Bypass an output, or end its bypass where ``for_s`` is zero. Raises ValueError without a reason."""
        if not reason.strip():
            raise ValueError("a bypass needs a reason")
        order = Bypass(time_s=now_s, by=self.name, node=node, contact=contact, for_s=for_s, reason=reason.strip())
        self._issue("bypass" if for_s > 0.0 else "unbypass", f"{node} {contact}", order, now_s)

    def prove(self, node: str, now_s: float) -> None:
        self._issue("prove", node, ProofTest(time_s=now_s, by=self.name, node=node), now_s)

    def self_test(self, now_s: float) -> None:
        self._issue("self_test", "", SelfTest(time_s=now_s, by=self.name), now_s)

    def observe_self_test(self, running: bool) -> None:
        """Close the asking for a self-test once one runs."""
        if running and ("self_test", "") in self._pending:
            self._close(("self_test", ""), "confirmed", self._pending["self_test", ""].time_s)

    def observe(self, snapshot: Snapshot) -> None:
        """Close the commands whose effect this snapshot shows."""
        alarms = {a.id: a for a in snapshot.alarms}
        for key, notice in list(self._pending.items()):
            if _done(notice, alarms, snapshot):
                self._close(key, "confirmed", notice.time_s)

    def refused(self, refusal: Refusal, now_s: float) -> None:
        """Close the pending command that was refused: the one whose target is named, else the oldest of its kind."""
        told = f"{refusal.command} {refusal.reason}".lower()
        matching = [k for k in self._pending if _COMMANDS.get(k[0], k[0]) in refusal.command.lower()]
        if matching:
            named = [k for k in matching if re.search(rf"(?<![\w-]){re.escape(k[1].lower())}(?![\w-])", told)]
            self._close((named or matching)[0], "refused", now_s, refusal.reason, refusal.code, refusal.about)

    def unsent(self, command: Command, reason: str, now_s: float) -> None:
        """The bus could not take the command."""
        action, target = _describe(command)
        self._pending.setdefault((action, target), Notice(action, target, "pending", now_s))
        self._close((action, target), "unsent", now_s, reason)

    def pending(self, target: str) -> bool:
        return any(name == target for _, name in self._pending)

    def notice(self, now_s: float) -> Notice | None:
        """The latest word to show; failures stay longer than successes."""
        for key, notice in list(self._pending.items()):
            if now_s - notice.time_s > CONFIRM_S:
                self._close(key, "unconfirmed", now_s)
        if self._notice is None:
            return None
        keep_s = NOTICE_S if self._notice.failed else NOTICE_S / 4
        if self._notice.outcome != "pending" and now_s - self._notice.time_s > keep_s:
            self._notice = None
        return self._notice

    def _issue(self, action: Action, target: str, command: Command, now_s: float) -> None:
        self._notice = self._pending[(action, target)] = Notice(action, target, "pending", now_s)
        if self.send is None:
            self._close((action, target), "unsent", now_s, "no engine")
        else:
            self.send(command)

    def _close(
        self,
        key: tuple[Action, str],
        outcome: Literal["confirmed", "unconfirmed", "refused", "unsent"],
        now_s: float,
        reason: str = "",
        code: str = "",
        about: str = "",
    ) -> None:
        notice = self._pending.pop(key)
        closed = Notice(notice.action, notice.target, outcome, now_s, reason, code, about)
        # A later success does not wipe out a failure that nobody can have read yet.
        if closed.failed or self._notice is None or not self._notice.failed:
            self._notice = closed


def _describe(command: Command) -> tuple[Action, str]:
    if isinstance(command, Reset):
        return "reset", command.node
    if isinstance(command, Acknowledge):
        return "acknowledge", command.alarm
    return ("shelve" if command.for_s > 0.0 else "unshelve"), command.alarm


def _done(notice: Notice, alarms: dict[str, Alarm], snapshot: Snapshot) -> bool:
    if notice.action == "reset":
        return any(n.node == notice.target and not n.latched for n in snapshot.nodes)
    if notice.action in ("bypass", "unbypass", "prove", "self_test"):
        return _output_done(notice, snapshot)
    alarm = alarms.get(notice.target)
    if alarm is None:
        return True
    if notice.action == "acknowledge":
        return alarm.state not in TO_ACKNOWLEDGE
    return (alarm.state is AlarmState.SHELVED) == (notice.action == "shelve")


def _output_done(notice: Notice, snapshot: Snapshot) -> bool:
    """Of a bypass or proof test; that a self-test runs, no snapshot shows."""
    if notice.action in ("bypass", "unbypass"):
        running = any(f"{n.node} {b.contact}" == notice.target for n in snapshot.nodes for b in n.bypasses)
        return running == (notice.action == "bypass")
    if notice.action == "prove":
        proofs = [n.proof for n in snapshot.nodes if n.node == notice.target and n.proof is not None]
        return any(not proof.done for proof in proofs)
    return False


def to_acknowledge(alarms: Iterable[Alarm]) -> list[Alarm]:
    """The alarms that wait for an acknowledgement, in their given order."""
    return [a for a in alarms if a.state in TO_ACKNOWLEDGE]
