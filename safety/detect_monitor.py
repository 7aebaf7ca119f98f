"""Which detect nodes are there, what time is it with them, and what of theirs counts? The engine's half; pure.

Times are the engine's monotonic clock, given. What a node saw is handed on with the engine's time, or not at all:
while the node's clock is in doubt, or the node is silent, its cameras are told as lost, like any camera.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import msgspec

from calibration.site import Site
from safety.clock_offset import ClockOffset, Exchange, Offset
from safety.detect_records import (
    AskTime,
    Detected,
    DetectedPicture,
    DetectNodeView,
    DetectStatus,
    NodeFault,
    Remote,
    Seen,
)
from safety.records import Picture
from tracking.records import CameraHealth, LostBy, PictureHealth

ASK_PERIOD_S = 0.25
HEALTH_PERIOD_S = 1.0
PICTURE_PERIOD_S = 0.1
TEXT_MAX = 300
_ASKED_KEPT = 64
_BOOTS_KEPT = 8
_NS = 1_000_000_000

WORDS: Mapping[NodeFault, str] = {
    "": "well",
    "absent": "has not reported yet",
    "silent": "is silent",
    "differs": "has other cameras or picture sizes in its site file than the engine",
    "clock_unknown": "has a clock that is not known yet",
    "clock_wide": "has a clock that is not known well enough",
    "clock_stepped": "has a clock that jumped",
}


@dataclass(slots=True)
class _Node:
    """One node: ``boots`` are the runs of its process so far, the present one last."""

    cameras: tuple[str, ...]
    boots: deque[str] = field(default_factory=lambda: deque(maxlen=_BOOTS_KEPT))
    restarts: int = -1
    heard_s: float | None = None
    status: DetectStatus | None = None
    item_seq: int = -1
    clock: ClockOffset = field(default_factory=ClockOffset)
    asked_ns: deque[int] = field(default_factory=lambda: deque(maxlen=_ASKED_KEPT))
    ask_s: float = -1e9
    wall_offset_s: float | None = None
    health: dict[str, CameraHealth] = field(default_factory=dict)
    shown_s: dict[str, float] = field(default_factory=dict)
    told: tuple[NodeFault, float] = ("", -1e9)


class DetectMonitor:
    """Follows every detect node of a site.

    Args:
        site: cameras with their nodes, policy.
        start_s: when the engine started.
        wall_offset_s: the engine's wall time minus its monotonic time.
        awaited: whether a node that never reported is a fault; False while a recording is played.
    """

    def __init__(self, site: Site, start_s: float, wall_offset_s: float = 0.0, awaited: bool = True) -> None:
        self._policy, self._start_s, self._wall_offset_s = site.policy, start_s, wall_offset_s
        self._awaited = awaited
        self._sizes = {c.name: c.size_px for c in site.camera}
        self._nodes = {name: _Node(cameras) for name, cameras in site.detect_nodes.items()}
        self._counts: Counter[str] = Counter()

    @property
    def counts(self) -> dict[str, int]:
        """Since the start: of old runs or out of order, untimed because of a clock in doubt, pictures too many."""
        return dict(self._counts)

    def take(self, message: Remote, received_ns: int) -> Seen | Picture | None:
        """What a node sent, in the engine's time, or None where it tells nothing that counts."""
        node = self._nodes.get(message.node)
        now_s = received_ns / _NS
        if node is None or not self._of_this_run(node, message.boot):
            self._counts["detect_stale"] += 1
            return None
        if isinstance(message, DetectStatus):
            self._hear(node, message, received_ns)
            return None
        node.heard_s = now_s
        if message.seq <= node.item_seq:
            self._counts["detect_stale"] += 1
            return None
        node.item_seq = message.seq
        offset = node.clock.offset(now_s)
        if offset is None or self._fault(node, now_s):
            self._counts["detect_untimed"] += 1
            return None
        if isinstance(message, DetectedPicture):
            return self._picture(node, message, offset, now_s)
        return self._seen(node, message, offset, now_s)

    def asks(self, now_ns: int) -> list[AskTime]:
        """Whom to ask the time now; to be sent at once, since ``now_ns`` goes with it."""
        now_s = now_ns / _NS
        out = []
        for name, node in self._nodes.items():
            # Often until the offset is known, so that a node's cameras count soon.
            if node.heard_s is None or (node.clock.sure and now_s - node.ask_s < ASK_PERIOD_S):
                continue
            node.ask_s = now_s
            node.asked_ns.append(now_ns)
            out.append(AskTime(node=name, asked_ns=now_ns))
        return out

    def lost(self, now_s: float) -> list[CameraHealth]:
        """Cameras of nodes of which nothing counts: at once when that begins, then once a second."""
        out: list[CameraHealth] = []
        for name, node in self._nodes.items():
            fault = self._fault(node, now_s)
            told, told_s = node.told
            if fault == told and (not fault or now_s - told_s < HEALTH_PERIOD_S):
                continue
            node.told = (fault, now_s)
            out += [self._health(name, node, camera, fault, now_s) for camera in node.cameras]
        return out

    def faults(self, now_s: float) -> dict[str, NodeFault]:
        """Every node, and what is wrong with it or nothing."""
        return {name: self._fault(node, now_s) for name, node in self._nodes.items()}

    def views(self, now_s: float) -> tuple[DetectNodeView, ...]:
        """Every node, in the order of the site file."""
        return tuple(self._view(name, node, now_s) for name, node in self._nodes.items())

    def _of_this_run(self, node: _Node, boot: str) -> bool:
        """Whether it is the newest run that speaks; one that was not heard before is the newest."""
        if node.boots and node.boots[-1] == boot:
            return True
        if boot in node.boots:
            return False
        node.boots.append(boot)
        node.restarts += 1
        steps, step_s = node.clock.steps, node.clock.step_s
        node.clock = ClockOffset()
        node.clock.steps, node.clock.step_s = steps, step_s
        node.status, node.item_seq = None, -1
        node.asked_ns.clear()
        node.shown_s.clear()
        return True

    def _hear(self, node: _Node, status: DetectStatus, received_ns: int) -> None:
        if node.status is not None and status.seq <= node.status.seq:
            self._counts["detect_stale"] += 1
            return
        node.heard_s, node.status = received_ns / _NS, status
        if status.asked_ns in node.asked_ns:
            # One answer to a question: repeated every time, its age would count as time on the way.
            node.asked_ns.remove(status.asked_ns)
            node.clock.add(Exchange(status.asked_ns, status.received_ns, status.sent_ns, received_ns))
        offset = node.clock.offset(node.heard_s)
        if offset is not None:
            here_s = status.sent_ns / _NS - offset.offset_s + self._wall_offset_s
            node.wall_offset_s = status.wall_s - here_s

    def _seen(self, node: _Node, message: Detected, offset: Offset, now_s: float) -> Seen | None:
        item = message.item
        sent_s = message.sent_ns / _NS - offset.offset_s
        taken_s = item.time_s - offset.offset_s
        if sent_s > now_s + offset.error_s:
            # Nothing arrives before it leaves: their clock has jumped since the last exchange.
            node.clock.jumped(sent_s - now_s)
        if not taken_s <= sent_s <= now_s + offset.error_s:
            # Stamped before it jumped back, and sent after.
            self._counts["detect_untimed"] += 1
            return None
        time_s = min(taken_s, now_s)
        if isinstance(item, PictureHealth):
            since_s = min(item.since_s - offset.offset_s, time_s)
            return msgspec.structs.replace(item, time_s=time_s, ready_s=now_s, since_s=since_s)
        if isinstance(item, CameraHealth):
            text = item.message[:TEXT_MAX]
            # A node tells what its own capture knows; what keeps the node itself away is for this end to say.
            item = msgspec.structs.replace(item, time_s=time_s, ready_s=now_s, message=text, lost_by="")
            node.health[item.camera] = item
            return item
        return msgspec.structs.replace(item, time_s=time_s, ready_s=now_s)

    def _picture(self, node: _Node, message: DetectedPicture, offset: Offset, now_s: float) -> Picture | None:
        if now_s - node.shown_s.get(message.camera, -1e9) < PICTURE_PERIOD_S:
            self._counts["detect_pictures"] += 1
            return None
        node.shown_s[message.camera] = now_s
        time_s = min(message.time_s - offset.offset_s, now_s)
        return Picture(camera=message.camera, time_s=time_s, scale=message.scale, jpeg=message.jpeg)

    def _fault(self, node: _Node, now_s: float) -> NodeFault:
        fault: NodeFault = ""
        if node.heard_s is None:
            return "absent" if self._awaited else ""
        offset = node.clock.offset(now_s)
        if now_s - node.heard_s > self._policy.camera_silent_s:
            fault = "silent"
        elif node.status is not None and self._differs(node, node.status.cameras):
            fault = "differs"
        elif offset is None or not node.clock.sure:
            fault = "clock_stepped" if node.clock.stepped else "clock_unknown"
        elif offset.error_s > self._policy.node_clock_error_s:
            fault = "clock_wide"
        return fault

    def _differs(self, node: _Node, cameras: Mapping[str, Collection[int]]) -> bool:
        """Boxes in pixels of another picture size would be people in other places."""
        return any(tuple(cameras.get(name, ())) != self._sizes[name] for name in node.cameras)

    def _health(self, name: str, node: _Node, camera: str, fault: NodeFault, now_s: float) -> CameraHealth:
        last = node.health.get(camera) or CameraHealth(camera=camera, time_s=now_s, ready_s=now_s, connected=True)
        if not fault:
            return msgspec.structs.replace(last, time_s=now_s, ready_s=now_s)
        by: LostBy = "clock" if fault.startswith("clock") else "node"
        return msgspec.structs.replace(
            last,
            time_s=now_s,
            ready_s=now_s,
            connected=False,
            rate_hz=0.0,
            message=f"detect node {name} {WORDS[fault]}",
            lost_by=by,
        )

    def _view(self, name: str, node: _Node, now_s: float) -> DetectNodeView:
        offset = node.clock.offset(now_s)
        heard_s = self._start_s if node.heard_s is None else node.heard_s
        return DetectNodeView(
            node=name,
            cameras=node.cameras,
            fault=self._fault(node, now_s),
            age_s=max(0.0, now_s - heard_s),
            offset_s=None if offset is None else offset.offset_s,
            error_s=None if offset is None else offset.error_s,
            delay_s=None if offset is None else offset.delay_s,
            wall_offset_s=node.wall_offset_s,
            steps=node.clock.steps,
            step_s=node.clock.step_s,
            restarts=max(0, node.restarts),
        )
