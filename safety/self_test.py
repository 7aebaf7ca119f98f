"""The self-test at the start of a shift: one thing after the other, judged by what the engine's snapshots show.

Pure but for ``give``, by which it has relay nodes and annunciators test themselves. Times are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from calibration.outputs import OutputRule, Relay
from calibration.site import Site
from safety.annunciator.records import AnnunciatorView, SoundTest
from safety.camera_records import CameraView
from safety.output_records import ProofResult, ProofTest
from safety.proof_test import PULSE_S
from safety.records import NodeView, Snapshot
from safety.self_test_records import Kind, SelfTestItem, SelfTestReport, Verdict
from safety.standstill import unrest

WATCH_S = 2.0
"""Cameras are watched for so long: each must see all the while."""
_BEGIN_S = 5.0
"""A node or annunciator that has not begun by then does not."""
_SLACK_S = 10.0
_WORDS_S = 25.0
"""Longest time that one language takes, its making included."""
_TONES_S = 30.0
Give = Callable[[ProofTest | SoundTest], str]
"""Hands an order over; returns why it was not taken, or an empty string."""
Turn = tuple[Snapshot, float]
Found = tuple[Verdict, str, str]
"""Verdict, why, and what goes with it."""
_OVER = object()


class SelfTestRun:
    """One run. ``step`` with every snapshot until ``done``.

    Args:
        site: what there is to test.
        identity: of this run.
        by: who asked for it.
        wall_offset_s: from the times given to Unix time.
        now_s: this moment.
    """

    def __init__(self, site: Site, identity: str, by: str, wall_offset_s: float, now_s: float) -> None:
        self._site, self._by, self._id = site, by, identity
        self._wall_offset_s = wall_offset_s
        self._began_s = now_s
        self._ended_s: float | None = None
        self._items: dict[tuple[Kind, str], SelfTestItem] = {}
        for camera in site.camera:
            self._set("camera", camera.name, "waiting")
            self._set("place", camera.name, "waiting")
        for relay in site.relay:
            for contact in relay.outputs:
                self._set("relay", f"{relay.name} {contact}", "waiting")
        for annunciator in site.annunciator:
            self._set("sound", annunciator.name, "waiting")
        self._story: Iterator[None] | None = None
        self._turn: Turn | None = None

    @property
    def done(self) -> bool:
        return self._ended_s is not None

    def report(self) -> SelfTestReport:
        ended_s = self._ended_s
        return SelfTestReport(
            id=self._id,
            by=self._by,
            began_wall_s=self._began_s + self._wall_offset_s,
            ended_wall_s=None if ended_s is None else ended_s + self._wall_offset_s,
            items=tuple(self._items.values()),
        )

    def step(self, snapshot: Snapshot, now_s: float, give: Give) -> None:
        """Go on as far as this snapshot allows."""
        self._turn = (snapshot, now_s)
        if self._story is None:
            self._story = self._run(give)
        if not self.done and next(self._story, _OVER) is _OVER:
            self._ended_s = now_s

    # One generator tells the whole story; every ``yield`` waits for the next snapshot.

    def _run(self, give: Give) -> Iterator[None]:
        yield from self._watch_cameras()
        for relay in self._site.relay:
            yield from self._prove(relay, give)
        for annunciator in self._site.annunciator:
            limit_s = _TONES_S + _WORDS_S * len(annunciator.languages) * annunciator.speech
            yield from self._sound(annunciator.name, limit_s, give)

    @property
    def _now(self) -> Turn:
        assert self._turn is not None
        return self._turn

    def _set(self, kind: Kind, name: str, verdict: Verdict, why: str = "", about: str = "") -> None:
        self._items[kind, name] = SelfTestItem(kind=kind, name=name, verdict=verdict, why=why, about=about)

    def _watch_cameras(self) -> Iterator[None]:
        """Passed is who sees throughout; the first fault counts, also where it is over at the end."""
        names = [camera.name for camera in self._site.camera]
        failed: set[str] = set()
        for name in names:
            self._set("camera", name, "running")
        until_s = self._now[1] + WATCH_S
        while names:
            views = {view.camera: view for view in self._now[0].cameras}
            for name in names:
                if name not in failed and (why := _unseeing(views.get(name))):
                    failed.add(name)
                    self._set("camera", name, "failed", why)
            if self._now[1] >= until_s:
                break
            yield
        for name in names:
            view = next((v for v in self._now[0].cameras if v.camera == name), None)
            if name not in failed and view is not None:
                self._set("camera", name, "passed", "live", f"{view.rate_hz:.1f} Hz")
            self._set("place", name, *_place(view))

    def _prove(self, relay: Relay, give: Give) -> Iterator[None]:
        view = self._node(relay.name)
        before, began_s = view.proof.id if view is not None and view.proof is not None else "", self._now[1]
        obstacle = self._proof_obstacle(relay, view) or _given(
            give(ProofTest(time_s=began_s, by=self._by, node=relay.name))
        )
        if obstacle is not None:
            self._rest_of(relay, *obstacle)
            return
        self._rest_of(relay, "running")
        while not (why := self._proved(relay, before, began_s)):
            yield
        self._rest_of(relay, "failed", why)

    def _proof_obstacle(self, relay: Relay, view: NodeView | None) -> Found | None:
        snapshot, _ = self._now
        if view is None or not view.connected:
            return ("failed", "not_connected", "")
        found = unrest((relay,), snapshot.hoists, snapshot.nodes, self._site.policy)
        return None if found is None else ("untested", found.code, found.about)

    def _proved(self, relay: Relay, before: str, began_s: float) -> str:
        """Take the results in that there are; why what is left has none once the test is over, empty while it runs."""
        view, rules = self._node(relay.name), relay.rules()
        proof = view.proof if view is not None and view.proof is not None and view.proof.id != before else None
        for result in proof.results if proof is not None else ():
            if result.contact in rules:
                self._set("relay", f"{relay.name} {result.contact}", *_proved(result, rules[result.contact]))
        if view is None or not view.connected:
            return "not_connected"
        waited_s, limit_s = self._now[1] - began_s, _SLACK_S + sum(_longest_s(rule) for rule in rules.values())
        over = waited_s > (_BEGIN_S if proof is None else limit_s)
        return "no_result" if over or (proof is not None and proof.done) else ""

    def _rest_of(self, relay: Relay, verdict: Verdict, why: str = "", about: str = "") -> None:
        """The same of all outputs of a node that have no result."""
        for contact in relay.outputs:
            if self._items["relay", f"{relay.name} {contact}"].verdict in ("waiting", "running"):
                self._set("relay", f"{relay.name} {contact}", verdict, why, about)

    def _sound(self, name: str, limit_s: float, give: Give) -> Iterator[None]:
        view, began_s = self._annunciator(name), self._now[1]
        before_s = view.tested_s if view is not None else None
        found = _sound_obstacle(view) or _given(give(SoundTest(time_s=began_s, by=self._by, annunciator=name)))
        if found is None:
            self._set("sound", name, "running")
        tested = False
        while found is None:
            view, waited_s = self._annunciator(name), self._now[1] - began_s
            tested |= view is not None and view.testing
            if view is not None and view.connected and view.tested_s != before_s and not view.testing:
                self._heard(name, view)
                return
            found = _silent(view, tested, waited_s, limit_s)
            if found is None:
                yield
        self._set("sound", name, *found)

    def _heard(self, name: str, view: AnnunciatorView) -> None:
        """One item for each tone and voice, in the place of the annunciator's."""
        items = dict(self._items)
        self._items.clear()
        for key, item in items.items():
            if key != ("sound", name):
                self._items[key] = item
                continue
            for check in view.test:
                verdict: Verdict = "passed" if check.passed else "failed"
                self._set("sound", f"{name} {check.what}", verdict, "heard" if check.passed else "unheard", check.text)

    def _node(self, name: str) -> NodeView | None:
        return next((v for v in self._now[0].nodes if v.node == name), None)

    def _annunciator(self, name: str) -> AnnunciatorView | None:
        return next((v for v in self._now[0].annunciators if v.annunciator == name), None)


def _unseeing(view: CameraView | None) -> str:
    """Why a camera does not see, empty where it does. That it was knocked is told with its place."""
    if view is None:
        return "no_picture"
    if view.trouble is not None and view.trouble != "moved":
        return view.trouble
    return "" if view.alive or view.trouble == "moved" else "no_picture"


def _place(view: CameraView | None) -> Found:
    """Whether a camera stands where it was calibrated."""
    if view is None or (not view.alive and view.trouble != "moved"):
        return "untested", "unseeing", ""
    if view.trouble == "moved":
        return "failed", "moved", f"{view.shift_px:.0f} px"
    if not view.kept:
        return "untested", "no_reference", ""
    if view.offset_px is None:
        return "untested", "no_landmarks", ""
    return "passed", "in_place", f"{view.offset_px:.1f} px"


def _given(refused: str) -> Found | None:
    return ("failed", "refused", refused) if refused else None


def _sound_obstacle(view: AnnunciatorView | None) -> Found | None:
    if view is None or not view.connected:
        return ("failed", "not_connected", "")
    return ("untested", "sounding", "") if view.tone != "none" else None


def _silent(view: AnnunciatorView | None, tested: bool, waited_s: float, limit_s: float) -> Found | None:
    """Why no result of an annunciator will come; None while one may. ``tested``: it has begun."""
    if view is None or not view.connected:
        return ("failed", "not_connected", "")
    if tested and not view.testing and waited_s > _BEGIN_S:
        return ("untested", "cut_short", "")
    if waited_s > (limit_s if tested else _BEGIN_S):
        return ("failed", "no_result", "")
    return None


def _proved(result: ProofResult, rule: OutputRule) -> Found:
    match result.verdict:
        case "passed":
            return "passed", "follows", "" if result.took_s is None else f"{1e3 * result.took_s:.0f} ms"
        case "unread":
            return "untested", "unread", ""
        case "skipped":
            return "untested", "was_open" if rule.enabling else "was_on", ""
        case _:
            stuck = {"stuck on": "stuck_on", "stuck off": "stuck_off"}.get(result.detail)
            return ("failed", stuck, "") if stuck else ("failed", "node_fault", result.detail)


def _longest_s(rule: OutputRule) -> float:
    """What the proof test of one output takes at most: there, its minimum time, and back."""
    return max(PULSE_S, rule.minimum_on_s, rule.fault_after_s) + 2.0 * rule.fault_after_s
