"""Does each output still move? A node's proof test: one output after the other to its other state and back.

A test is never less safe than what the engine asks: an enabling output is only ever opened, so the test needs
it closed and a permit stays open afterwards until a person resets it; beacons and sirens are switched on for
their minimum time, at least half a second, and off. Silence or a fault ends the test.
"""

from __future__ import annotations

from collections.abc import Mapping

from calibration.outputs import OutputRule
from safety.output_records import ProofReport, ProofResult

PULSE_S = 0.5
"""A beacon or siren is on so long at least: enough to see and hear which one it is."""


class ProofRun:
    """One run of the test. Times are nanoseconds of the node's monotonic clock.

    Args:
        identity: the id of the order.
        rules: the outputs; enabling ones are tested first, else in this order.
    """

    def __init__(self, identity: str, rules: Mapping[str, OutputRule]) -> None:
        self._id = identity
        self._rules = dict(rules)
        # What must not be opened while a hoist moves comes first: that none moves was found a moment ago.
        self._left = sorted(rules, key=lambda name: not rules[name].enabling)
        self._results: list[ProofResult] = []
        self._since_ns: int | None = None
        self._moved_s: float | None = None
        self._back = False

    @property
    def done(self) -> bool:
        return not self._left

    def report(self) -> ProofReport:
        return ProofReport(id=self._id, done=self.done, results=tuple(self._results))

    def abort(self, why: str) -> None:
        """End with the rest untested."""
        self._results += [ProofResult(contact=name, verdict="failed", detail=why) for name in self._left]
        self._left.clear()

    def step(self, commanded: Mapping[str, bool], contacts: Mapping[str, bool], now_ns: int) -> dict[str, bool]:
        """What to command at this moment instead of what the gate commands.

        Args:
            commanded: the gate's command, without the test.
            contacts: the read-back.
            now_ns: this moment.
        """
        if self.done:
            return dict(commanded)
        name = self._left[0]
        rule = self._rules[name]
        if self._since_ns is None:
            if why := _obstacle(rule, commanded[name]):
                self._finish(ProofResult(contact=name, verdict="skipped", detail=why))
                return dict(commanded)
            self._since_ns = now_ns
        for_s = (now_ns - self._since_ns) / 1e9
        wanted = (not rule.enabling) != self._back
        if contacts[name] == wanted and self._moved_s is None:
            self._moved_s = for_s
        if self._moved_s is None and for_s > rule.fault_after_s:
            stuck = "off" if wanted else "on"
            self._finish(ProofResult(contact=name, verdict="failed", detail=f"stuck {stuck}"))
            return dict(commanded)
        if for_s >= self._hold_s(rule) and self._moved_s is not None:
            self._turn(rule, now_ns)
        return {**commanded, name: wanted} if self._left[:1] == [name] else dict(commanded)

    def _hold_s(self, rule: OutputRule) -> float:
        if rule.enabling or self._back:
            return rule.fault_after_s
        return max(PULSE_S, rule.minimum_on_s, rule.fault_after_s)

    def _turn(self, rule: OutputRule, now_ns: int) -> None:
        """The way there is done; beacons and sirens have a way back too."""
        if not rule.enabling and not self._back:
            self._back, self._since_ns, self._moved_s = True, now_ns, None
            return
        if rule.reads_back:
            self._finish(ProofResult(contact=rule.name, verdict="passed", took_s=self._moved_s))
        else:
            detail = "moved, but cannot be read back: look and listen"
            self._finish(ProofResult(contact=rule.name, verdict="unread", detail=detail))

    def _finish(self, result: ProofResult) -> None:
        self._results.append(result)
        self._left.pop(0)
        self._since_ns, self._moved_s, self._back = None, None, False


def _obstacle(rule: OutputRule, on: bool) -> str:
    if rule.enabling and not on:
        return "it was open already: free it, then test again"
    if not rule.enabling and on:
        return "it was on already: test again when it is off"
    return ""
