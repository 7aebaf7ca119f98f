"""Health in words: cameras and their tiles, relay nodes, hoists, latency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calibration.outputs import Relay
from calibration.policy import Policy
from calibration.site import Site
from safety.camera_records import CameraView
from safety.freshness import Pulse
from safety.records import HoistView, Level, NodeView, Picture, Snapshot
from tracking.records import Boxes
from ui.detect_node_model import node_words
from ui.outputs_model import bypass_tips, proof_words
from ui.sound_model import sound_words
from ui.text import TEXT, Language, duration, fault_words, milliseconds, say, word

Mark = Literal["good", "bad", "abnormal", "unknown"]
_NEARLY_ALL = 0.9
_BROKEN = frozenset(
    {
        "stamp_not_finite",
        "stamp_in_future",
        "unknown_camera",
        "person_bad_boxes",
        "person_bad_readings",
        "hoist_bad_boxes",
        "hoist_bad_readings",
        "recording_fault",
        "audit_fault",
    }
)


@dataclass(frozen=True, slots=True)
class Chip:
    """One small card of the health strip. ``node`` is set where a reset can be asked for."""

    title: str
    value: str
    mark: Mark
    tip: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One camera tile. ``notice`` is written across the picture; ``dim`` says that it is not live."""

    camera: str
    caption: str
    notice: str
    dim: bool
    alive: bool
    picture: Picture | None
    boxes: Boxes | None


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest picture of a camera with the boxes that fit it best, and when it came in."""

    picture: Picture | None = None
    picture_at_s: float = 0.0
    boxes: tuple[Boxes, ...] = ()
    boxes_at_s: float = 0.0

    def fitting(self, now_s: float, limit_s: float) -> Boxes | None:
        """The boxes nearest in time to the picture, None where they are older than ``limit_s``."""
        if not self.boxes or now_s - self.boxes_at_s > limit_s:
            return None
        if self.picture is None:
            return self.boxes[-1]
        stamp_s = self.picture.time_s
        best = min(self.boxes, key=lambda b: abs(b.time_s - stamp_s))
        return best if abs(best.time_s - stamp_s) <= limit_s else None


def tile(name: str, view: CameraView | None, seen: Seen, pulse: Pulse, now_s: float, words: Words) -> Tile:
    """What one camera's tile shows now."""
    language, limit_s = words.language, words.policy.camera_stale_s
    alive = pulse.live and view is not None and view.alive
    since_s = now_s - seen.picture_at_s
    # The engine knows how old the camera's last frame was when it spoke; its silence adds to that.
    age_s = max(since_s if seen.picture else 0.0, view.age_s + pulse.age_s if view and not alive else 0.0)
    dim, notice = False, ""
    if seen.picture is None and alive:
        notice = say(language, "camera.boxes_only")
    elif seen.picture is None:
        dim, notice = True, say(language, "camera.never")
    elif pulse.live and view is not None and view.trouble is not None:
        dim, notice = not view.alive, troubled(view, language)
    elif not alive or since_s > limit_s:
        dim, notice = True, say(language, "camera.no_picture", age=duration(language, age_s))
    caption = say(language, "camera.unknown")
    if view is not None and pulse.live:
        caption = rate_of(view, language)
    return Tile(name, caption, notice, dim, alive and not dim, seen.picture, seen.fitting(now_s, limit_s))


@dataclass(frozen=True, slots=True)
class Words:
    """What every line of health needs besides its own numbers."""

    language: Language
    policy: Policy
    site: Site


def chips(snapshot: Snapshot | None, pulse: Pulse, words: Words) -> list[Chip]:
    """All cards of the health strip, in the order in which they stand."""
    out = [_engine(pulse, words.language), _latency(snapshot, words.language)]
    if snapshot is None:
        return out
    out += [_hoist(h, words.language) for h in snapshot.hoists]
    located = {h.state.name for h in snapshot.hoists}
    never = say(words.language, "hoist.never")
    out += [Chip(h.name, never, "abnormal") for h in words.site.hoist if h.name not in located]
    out += [_camera(c, words) for c in snapshot.cameras]
    for node in snapshot.detect_nodes:
        value, mark, tip = node_words(node, words.language)
        out.append(Chip(node.node, value, mark, tip))
    relays = {r.name: r for r in words.site.relay}
    out += [_node(n, relays.get(n.node), words.language) for n in snapshot.nodes]
    if not snapshot.nodes and not words.site.relay:
        title, none = say(words.language, "health.relay_title"), say(words.language, "health.no_relay")
        out.append(Chip(title, none, "unknown"))
    for view in snapshot.annunciators:
        value, mark, tip = sound_words(view, snapshot.time_s, words.language)
        out.append(Chip(view.annunciator, value, mark, tip))
    out.append(_unused(snapshot, words.language))
    if (proofs := proof_words(snapshot, words.language)) is not None:
        value, well, tip = proofs
        out.append(Chip(say(words.language, "proof.title"), value, "good" if well else "abnormal", tip))
    missing = [r.name for r in words.site.relay if r.name not in {n.node for n in snapshot.nodes}]
    out += [Chip(name, say(words.language, "node.disconnected"), "bad") for name in missing]
    return out


def _engine(pulse: Pulse, language: Language) -> Chip:
    title = say(language, "health.engine")
    if pulse.kind == "waiting":
        return Chip(title, say(language, "health.waiting"), "bad")
    if not pulse.live:
        age_s = pulse.late_s if pulse.kind == "late" else pulse.age_s
        return Chip(title, say(language, "health.silent", age=duration(language, age_s)), "bad")
    if pulse.rate_hz <= 0.0:
        return Chip(title, say(language, "health.live"), "good")
    return Chip(title, say(language, "health.rate", rate=f"{pulse.rate_hz:.1f}"), "good")


def _latency(snapshot: Snapshot | None, language: Language) -> Chip:
    """Frame to contact where relay nodes answer, else frame to decision."""
    latency = snapshot.latency if snapshot is not None else None
    p50, p99, title = None, None, say(language, "health.latency")
    if latency is not None:
        p50, p99 = latency.frame_to_contact_p50_s, latency.frame_to_contact_p99_s
        if p50 is None and latency.frame_to_decision_p50_s is not None:
            p50, p99 = latency.frame_to_decision_p50_s, latency.frame_to_decision_p99_s
            title = say(language, "health.latency_decision")
    if p50 is None:
        return Chip(title, say(language, "health.no_sample"), "unknown")
    value = say(language, "health.latency_value", p50=milliseconds(language, p50), p99=milliseconds(language, p99))
    return Chip(title, value, "good")


def _unused(snapshot: Snapshot, language: Language) -> Chip:
    """What came in and could not be used. Yellow where a source sends what no working one does."""
    told = {name: n for name, n in snapshot.counts.items() if n and f"unused.{name}" in TEXT}
    title = say(language, "health.unused")
    if not told:
        return Chip(title, say(language, "health.unused_none"), "good")
    tips = [say(language, f"unused.{name}", n=n) for name, n in told.items()]
    mark: Mark = "abnormal" if _BROKEN & set(told) else "good"
    return Chip(title, say(language, "health.unused_some", n=sum(told.values())), mark, "\n".join(tips))


def unused_words(snapshot: Snapshot, language: Language) -> str:
    """The same in one line."""
    told = {name: n for name, n in snapshot.counts.items() if n and f"unused.{name}" in TEXT}
    return "; ".join(say(language, f"unused.{name}", n=n) for name, n in told.items()) or say(
        language, "health.unused_none"
    )


def _hoist(view: HoistView, language: Language) -> Chip:
    if view.state.lost:
        value = say(language, "hoist.lost", age=duration(language, view.state.unseen_s))
    else:
        value = word(language, view.phase)
    mark: Mark
    if not view.permit:
        output, mark = say(language, "hoist.permit_off"), "bad"
    elif view.slow:
        output, mark = say(language, "hoist.slow"), "abnormal"
    else:
        output, mark = say(language, "hoist.permit_on"), "good"
    if mark == "good" and (view.state.lost or view.level is not Level.CLEAR):
        mark = "abnormal"
    tip = say(language, "hoist.tip_near", people=", ".join(view.near)) if view.near else ""
    return Chip(view.state.name, f"{value} · {output}", mark, tip)


def rate_of(view: CameraView, language: Language) -> str:
    """Pictures a second that are inspected, of how many where that is fewer, and the age of the last."""
    rate, age = f"{view.rate_hz:.1f}", duration(language, view.age_s)
    if view.rate_hz >= _NEARLY_ALL * view.received_hz:
        return say(language, "camera.rate", rate=rate, age=age)
    return say(language, "camera.rate_of", rate=rate, received=f"{view.received_hz:.1f}", age=age)


def troubled(view: CameraView, language: Language) -> str:
    """What the pictures say of their camera, and for how long."""
    age = duration(language, view.trouble_s)
    return say(language, "camera.trouble", trouble=say(language, f"trouble.{view.trouble}"), age=age)


def _camera(view: CameraView, words: Words) -> Chip:
    """Yellow where its looks come later than the reaction time includes."""
    language = words.language
    tips = [say(language, "health.tip_camera", gaps=view.gaps, rejected=view.rejected, message=view.message)]
    if view.trouble is not None:
        mark: Mark = "abnormal" if view.alive else "bad"
        return Chip(view.camera, troubled(view, language), mark, tips[0])
    if not view.alive:
        dead = say(language, "health.dead", age=duration(language, view.age_s))
        return Chip(view.camera, dead, "bad", tips[0])
    if view.received_hz > 0.0:
        rates = {"rate": f"{view.rate_hz:.1f}", "received": f"{view.received_hz:.1f}"}
        tips.append(say(language, "health.tip_wait", wait=milliseconds(language, view.wait_s), **rates))
    late_s = view.wait_s - words.policy.look_interval_s
    if late_s > 0.0:
        tips.append(say(language, "health.tip_late", late=milliseconds(language, late_s)))
    mark = "abnormal" if late_s > 0.0 else "good"
    return Chip(view.camera, rate_of(view, language), mark, "\n".join(tips))


def _node(view: NodeView, relay: Relay | None, language: Language) -> Chip:
    """One relay node: its fault, its latch, or what each contact is told and reads."""
    tips = bypass_tips(view, language)
    tips.append(say(language, "node.tip_counts", refused=view.refused, age=duration(language, view.age_s)))
    shown, differs = [], False
    for contact in _contacts(view, relay):
        sent, read = view.commanded.get(contact), view.contacts.get(contact)
        target, signal = relay.outputs.get(contact, ("", "")) if relay else ("", "")
        words = onoff(sent, language), onoff(read, language)
        named = say(language, f"signal.{signal}") if signal else contact
        place = say(language, "hall") if target == "hall" else target
        tips.append(
            say(language, "node.tip", contact=contact, target=place, signal=named, sent=words[0], read=words[1])
        )
        if sent != read:
            differs = True
            shown.append(f"{named} {say(language, 'node.mismatch', sent=words[0], read=words[1])}")
        elif signal in ("permit", "slow") or not signal or read:
            shown.append(f"{named} {words[1]}")
    value = " · ".join(shown) or "–"
    mark: Mark = "abnormal" if differs else "good"
    if not view.connected:
        value, mark = say(language, "node.disconnected"), "bad"
    elif view.fault:
        value, mark = say(language, "node.fault", fault=fault_words(language, view.fault)), "bad"
    elif view.latched:
        held = say(language, "node.held") if view.run_commanded else say(language, "node.latched")
        value, mark = f"{held} · {value}", "abnormal"
    if view.connected and view.proof is not None and not view.proof.done:
        value, mark = f"{say(language, 'node.proving')} · {value}", "abnormal"
    if view.connected and view.bypasses:
        signals = [relay.outputs.get(s.contact, ("", ""))[1] if relay else "" for s in view.bypasses]
        named = [
            say(language, f"signal.{signal}") if signal else s.contact
            for signal, s in zip(signals, view.bypasses, strict=True)
        ]
        what = ", ".join(named)
        value, mark = f"{say(language, 'node.bypass', what=what)} · {value}", "bad"
    reset = view.node if view.connected and view.latched else ""
    return Chip(view.node, value, mark, "\n".join(tips), reset)


def _contacts(view: NodeView, relay: Relay | None) -> list[str]:
    """Contacts in the order of the site file, others after them by name."""
    first = list(relay.outputs) if relay else []
    return first + sorted((set(view.commanded) | set(view.contacts)) - set(first))


def onoff(value: bool | None, language: Language) -> str:
    """A contact's state as a word, a question mark where it is not known."""
    if value is None:
        return "?"
    return say(language, "node.on" if value else "node.off")
