"""What the health page shows: the presenter, without a screen. States of cameras are told as in the health strip."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass

from calibration.outputs import ENABLING, Relay
from safety.annunciator.records import AnnunciatorView
from safety.camera_records import CameraView
from safety.freshness import Pulse
from safety.health_records import EngineHealth, PartView, SoundTested, Spread, Ways
from safety.output_records import ProofDue
from safety.records import NodeView, Snapshot
from ui.health_model import Mark, Words, onoff, troubled, unused_words
from ui.sound_model import sound_words
from ui.text import Language, duration, fault_words, milliseconds, say

CAMERAS = ("camera", "state", "age", "rate")
OUTPUTS = ("output", "meaning", "contact", "state", "tested", "due")
SOUNDS = ("annunciator", "state", "delay", "tested")
PARTS = ("part", "state", "restarts", "event")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what it is of, its mark beside the state, and a word for each column."""

    key: tuple[str, ...]
    mark: Mark
    cells: tuple[str, ...]
    tip: str = ""


@dataclass(frozen=True, slots=True)
class HealthView:
    """The whole page. ``head`` says how the engine is, ``alarm`` what was given up, empty where nothing is."""

    live: bool
    head: str
    alarm: str = ""
    unused: str = ""
    cameras: tuple[Row, ...] = ()
    outputs: tuple[Row, ...] = ()
    sounds: tuple[Row, ...] = ()
    parts: tuple[Row, ...] | None = None
    latency: tuple[str, ...] = ()
    to_permit: Ways | None = None


def health_view(
    snapshot: Snapshot | None,
    health: EngineHealth | None,
    parts: tuple[PartView, ...] | None,
    pulse: Pulse,
    words: Words,
) -> HealthView:
    """The page as of now.

    Args:
        snapshot, health: the engine's newest, None before the first.
        parts: what the supervisor tells; None where there is none.
        pulse: whether the engine is live.
        words: language, policy and site.
    """
    language = words.language
    alarm = given_up_words(parts, language)
    part_rows = None if parts is None else tuple(_part(p, language) for p in parts)
    if snapshot is None:
        return HealthView(False, say(language, "health.nothing"), alarm, parts=part_rows)
    tested = {s.annunciator: s for s in health.sounds} if health is not None else {}
    return HealthView(
        live=pulse.live,
        head=_head(snapshot, health, pulse, language),
        alarm=alarm,
        unused=say(language, "health.unused_line", what=unused_words(snapshot, language)),
        cameras=tuple(_camera(c, words) for c in snapshot.cameras),
        outputs=tuple(_outputs(snapshot, words.site.relay, language)),
        sounds=tuple(_sound(a, tested.get(a.annunciator), snapshot.time_s, language) for a in snapshot.annunciators),
        parts=part_rows,
        latency=_latency(health, language),
        to_permit=health.to_permit if health is not None else None,
    )


def given_up_words(parts: Iterable[PartView] | None, language: Language) -> str:
    """What the supervisor does not start any more and what that means, a sentence each; empty where nothing is."""
    return "\n".join(
        say(language, "health.given_up", part=p.part, then=say(language, f"given_up.{p.part.split()[0]}"))
        for p in parts or ()
        if p.state == "given_up"
    )


def _head(snapshot: Snapshot, health: EngineHealth | None, pulse: Pulse, language: Language) -> str:
    if not pulse.live:
        return say(language, "health.old", time=_minute(snapshot.wall_s))
    since = _minute(health.started_wall_s) if health is not None else "–"
    return say(language, "health.up", rate=f"{pulse.rate_hz:.1f}", time=since)


def _camera(view: CameraView, words: Words) -> Row:
    language = words.language
    state, mark = _camera_state(view, words)
    rate = f"{view.rate_hz:.1f} Hz"
    if view.received_hz > 0.0:
        rate = f"{view.rate_hz:.1f} / {view.received_hz:.1f} Hz"
    notes = say(language, "camstate.notes", gaps=view.gaps, rejected=view.rejected)
    tip = f"{notes}\n{view.message}".strip()
    return Row((view.camera,), mark, (view.camera, state, duration(language, view.age_s), rate), tip)


def _camera_state(view: CameraView, words: Words) -> tuple[str, Mark]:
    language = words.language
    if view.trouble is not None:
        return troubled(view, language), "abnormal" if view.alive else "bad"
    if not view.alive:
        return say(language, "health.dead", age=duration(language, view.age_s)), "bad"
    if view.wait_s > words.policy.look_interval_s:
        return say(language, "camstate.late"), "abnormal"
    return say(language, "camstate.live"), "good"


def _outputs(snapshot: Snapshot, relays: Iterable[Relay], language: Language) -> Iterable[Row]:
    views = {view.node: view for view in snapshot.nodes}
    dues = {(due.node, due.contact): due for due in snapshot.proofs}
    for relay in relays:
        for contact in relay.outputs:
            yield _output(relay, contact, views.get(relay.name), dues.get((relay.name, contact)), language)


def _output(relay: Relay, contact: str, view: NodeView | None, due: ProofDue | None, language: Language) -> Row:
    target, signal = relay.outputs[contact]
    place = say(language, "hall") if target == "hall" else target
    sent, read = (view.commanded.get(contact), view.contacts.get(contact)) if view is not None else (None, None)
    state, mark = _output_state(view, contact, signal, language)
    last, next_by = _tested(due, language)
    if mark == "good" and due is not None and due.state in ("overdue", "failed"):
        state, mark = say(language, f"outstate.test_{due.state}"), "abnormal"
    cells = (
        f"{relay.name} {contact}",
        f"{place} {say(language, f'signal.{signal}')}",
        f"{onoff(sent, language)} / {onoff(read, language)}",
        state,
        last,
        next_by,
    )
    fault = fault_words(language, view.fault) if view is not None else ""
    return Row((relay.name, contact), mark, cells, fault)


def _output_state(view: NodeView | None, contact: str, signal: str, language: Language) -> tuple[str, Mark]:
    """The most pressing thing to say of one output."""
    if view is None or not view.connected:
        return say(language, "node.disconnected"), "bad"
    if view.fault:
        return say(language, "node.fault", fault=fault_words(language, view.fault)), "bad"
    for bypass in view.bypasses:
        if bypass.contact == contact:
            left = duration(language, math.ceil(bypass.left_s))
            return say(language, "outstate.bypassed", left=left), "bad"
    proof = view.proof
    if proof is not None and not proof.done and contact not in {r.contact for r in proof.results}:
        return say(language, "outstate.testing"), "abnormal"
    return _contact_state(view, contact, signal, language)


def _contact_state(view: NodeView, contact: str, signal: str, language: Language) -> tuple[str, Mark]:
    """Of an output that nobody bypasses or tests, on a node that is well."""
    if view.commanded.get(contact) != view.contacts.get(contact):
        sent, read = onoff(view.commanded.get(contact), language), onoff(view.contacts.get(contact), language)
        return say(language, "node.mismatch", sent=sent, read=read), "abnormal"
    if view.latched and signal in ENABLING and not view.contacts.get(contact):
        return say(language, "outstate.latched"), "abnormal"
    return say(language, "outstate.follows"), "good"


def _tested(due: ProofDue | None, language: Language) -> tuple[str, str]:
    """When it was tested last, and by when again; dashes where no test is asked for."""
    if due is None:
        return "–", "–"
    last = say(language, "outstate.never") if due.last_s is None else _day(due.last_s)
    if due.state == "failed":
        last = say(language, "outstate.failed", day=last)
    if due.state != "overdue":
        return last, _day(due.due_s)
    return last, say(language, "outstate.now" if due.last_s is None else "outstate.overdue", day=_day(due.due_s))


def _sound(view: AnnunciatorView, tested: SoundTested | None, now_s: float, language: Language) -> Row:
    mark: Mark
    state, mark, tip = sound_words(view, now_s, language)
    delay = milliseconds(language, view.latency_s) if view.latency_s is not None else "–"
    last = say(language, "outstate.never")
    if tested is not None:
        last = say(language, "sound.of", day=_minute(tested.wall_s), passed=tested.passed, all=tested.of)
        mark = "abnormal" if mark == "good" and tested.passed < tested.of else mark
    return Row((view.annunciator,), mark, (view.annunciator, state, delay, last), tip)


def _part(part: PartView, language: Language) -> Row:
    restarts = say(language, "restarts.value", minute=part.restarts, all=part.restarts_all)
    event = say(language, f"partevent.{part.how}", time=_clock(part.wall_s), code=part.code)
    mark: Mark = "bad" if part.state == "given_up" else "abnormal"
    if part.state == "running" and not part.restarts:
        mark = "good"
    return Row((part.part,), mark, (part.part, say(language, f"partstate.{part.state}"), restarts, event), part.event)


def _latency(health: EngineHealth | None, language: Language) -> tuple[str, ...]:
    """Four lines of quantiles, only those that have samples."""
    if health is None:
        return (say(language, "latency.none"),)
    lines = [
        _quantiles(say(language, f"latency.{way}"), say(language, f"latency.{span}"), spread, language)
        for way, ways in (("permit", health.to_permit), ("contact", health.to_contact))
        for span, spread in (("minute", ways.minute), ("start", ways.start))
        if spread.count
    ]
    return tuple(lines) or (say(language, "latency.none"),)


def _quantiles(way: str, span: str, spread: Spread, language: Language) -> str:
    values = {
        name: milliseconds(language, value or 0.0)
        for name, value in (("p50", spread.p50_s), ("p95", spread.p95_s), ("p99", spread.p99_s))
    }
    return say(language, "latency.value", way=way, span=span, n=f"{spread.count:,}", **values)


def _day(wall_s: float) -> str:
    return dt.datetime.fromtimestamp(wall_s).strftime("%Y-%m-%d")


def _minute(wall_s: float) -> str:
    return dt.datetime.fromtimestamp(wall_s).strftime("%Y-%m-%d %H:%M")


def _clock(wall_s: float) -> str:
    return dt.datetime.fromtimestamp(wall_s).strftime("%H:%M:%S")
