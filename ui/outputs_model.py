"""Outputs that somebody has taken away from the engine, and those that have to be tested, in words."""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from calibration.outputs import ENABLING, Relay
from safety.output_records import BypassState, ProofDue
from safety.records import NodeView, Snapshot
from ui.text import Language, duration, say

_SHOWN = 2
_WORST_FIRST = ("failed", "overdue", "due", "good")
_COUNTED = {"failed": "proof.failed", "overdue": "proof.overdue", "due": "proof.due"}


@dataclass(frozen=True, slots=True)
class Bypassed:
    """One bypass, and which hoist or hall and which signal it concerns; empty where the site does not say."""

    target: str
    signal: str
    state: BypassState


def bypassed(nodes: Iterable[NodeView], relays: Iterable[Relay]) -> list[Bypassed]:
    """Every bypass that a node reports, the permits first."""
    outputs = {relay.name: relay.outputs for relay in relays}
    found = [
        Bypassed(*outputs.get(node.node, {}).get(state.contact, ("", "")), state)
        for node in nodes
        if node.connected
        for state in node.bypasses
    ]
    return sorted(found, key=lambda b: (b.signal != "permit", b.target, b.state.contact))


def bypass_text(found: list[Bypassed], language: Language) -> str:
    """What the banner says of them, one a line; empty where there is none."""
    lines = [_line(one, language) for one in found[:_SHOWN]]
    more = len(found) - _SHOWN
    return "\n".join(lines) + (f" +{more}" if more > 0 else "")


def _line(one: Bypassed, language: Language) -> str:
    target = say(language, "hall") if one.target == "hall" else one.target
    signal = say(language, f"signal.{one.signal}") if one.signal else one.state.contact
    left = duration(language, math.ceil(one.state.left_s))
    held = one.signal in ("", *ENABLING)
    return say(language, "bypass.one" if held else "bypass.quiet", target=target, signal=signal, left=left)


def bypass_reason(found: list[Bypassed], language: Language) -> str:
    """Who bypassed the first of them, and why."""
    return say(language, "bypass.reason", by=found[0].state.by, reason=found[0].state.reason)


def bypass_tips(node: NodeView, language: Language) -> list[str]:
    """Who, why and for how long, for the tip of a node's card."""
    return [
        say(
            language,
            "node.tip_bypass",
            contact=state.contact,
            by=state.by,
            left=duration(language, math.ceil(state.left_s)),
            reason=state.reason,
        )
        for state in node.bypasses
    ]


def proof_words(snapshot: Snapshot, language: Language) -> tuple[str, bool, str] | None:
    """Value, whether all is well, and tip of the card of proof tests; None where the site asks for none."""
    if not snapshot.proofs:
        return None
    counts = Counter(due.state for due in snapshot.proofs)
    told = [say(language, key, n=counts[state]) for state, key in _COUNTED.items() if counts[state]]
    tips = [_tip(due, language) for due in sorted(snapshot.proofs, key=lambda d: _WORST_FIRST.index(d.state))]
    return " · ".join(told) or say(language, "proof.good"), not counts["failed"] + counts["overdue"], "\n".join(tips)


def _tip(due: ProofDue, language: Language) -> str:
    if due.state == "failed":
        return say(language, "proof.tip_failed", node=due.node, contact=due.contact)
    if due.last_s is None:
        return say(language, "proof.tip_never", node=due.node, contact=due.contact)
    return say(language, "proof.tip", node=due.node, contact=due.contact, last=_day(due.last_s), due=_day(due.due_s))


def _day(wall_s: float) -> str:
    return datetime.datetime.fromtimestamp(wall_s).strftime("%Y-%m-%d")
