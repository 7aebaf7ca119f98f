"""Which outputs have to be tested, and when next? Kept by the audit log, in wall time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from calibration.outputs import OutputRule, Relay
from safety.output_records import ProofDue

PROOF_TEST = "proof_test"
DAY_S = 86_400.0
_DUE_SHARE = 0.1
"""A test is due for the last tenth of its interval."""


class ProofSchedule:
    """The newest test of every output that has an interval.

    Args:
        relays: the site's ``[[relay]]`` tables.
    """

    def __init__(self, relays: Iterable[Relay]) -> None:
        self._rules: dict[tuple[str, str], OutputRule] = {
            (relay.name, name): rule
            for relay in relays
            for name, rule in relay.rules().items()
            if rule.proof_test_days > 0.0
        }
        self._passed_s: dict[tuple[str, str], float] = {}
        self._failed: set[tuple[str, str]] = set()

    def read(self, wall_s: float, detail: str | bytes) -> None:
        """Take in one row of the audit log: its time and its JSON detail. Other rows than a test's are disregarded."""
        try:
            fields = msgspec.json.decode(detail)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        if isinstance(fields, dict):
            self.note(wall_s, fields)

    def note(self, wall_s: float, fields: Mapping[str, object]) -> None:
        """Take in one result, as the audit log has it. One that was skipped says nothing."""
        key = (str(fields.get("node")), str(fields.get("contact")))
        if fields.get("verdict") in ("passed", "unread"):
            self._passed_s[key] = wall_s
            self._failed.discard(key)
        elif fields.get("verdict") == "failed":
            self._failed.add(key)

    def due(self, wall_s: float) -> tuple[ProofDue, ...]:
        """Every output that has to be tested, in the order of the site file."""
        return tuple(self._due(key, rule, wall_s) for key, rule in self._rules.items())

    def _due(self, key: tuple[str, str], rule: OutputRule, wall_s: float) -> ProofDue:
        last_s = self._passed_s.get(key)
        interval_s = rule.proof_test_days * DAY_S
        due_s = wall_s if last_s is None else last_s + interval_s
        if key in self._failed:
            return ProofDue(node=key[0], contact=key[1], state="failed", last_s=last_s, due_s=due_s)
        if last_s is None or wall_s >= due_s:
            return ProofDue(node=key[0], contact=key[1], state="overdue", last_s=last_s, due_s=due_s)
        state: Literal["good", "due"] = "due" if due_s - wall_s <= _DUE_SHARE * interval_s else "good"
        return ProofDue(node=key[0], contact=key[1], state=state, last_s=last_s, due_s=due_s)
