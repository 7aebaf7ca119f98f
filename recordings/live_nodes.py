"""The live engine's end of its detect nodes: what they send goes where local cameras put theirs."""

from __future__ import annotations

import time
from typing import Protocol

from calibration.site import Site
from safety.bus import EngineBus
from safety.detect_monitor import WORDS, DetectMonitor
from safety.detect_records import DetectNodeView, NodeFault, Remote
from safety.records import Picture
from tracking.records import Input


class Taker(Protocol):
    """Where inputs and pictures go: the part of a source's sink that is needed here."""

    def put(self, item: Input) -> None: ...
    def show(self, picture: Picture) -> None: ...
    def keep_reduced(self, picture: Picture) -> None: ...


class NodeDesk:
    """All detect nodes of one run. For the deciding thread.

    Args:
        site: cameras with their nodes.
        bus: the engine's, on which they are asked the time.
        awaited: whether a node that never reported is a fault.
    """

    def __init__(self, site: Site, bus: EngineBus, awaited: bool = True) -> None:
        start_s = time.monotonic()
        self._bus = bus
        self._monitor = DetectMonitor(site, start_s, time.time() - start_s, awaited)
        self._told: dict[str, tuple[NodeFault, int]] = {}

    @property
    def counts(self) -> dict[str, int]:
        return self._monitor.counts

    def take(self, message: Remote, sink: Taker) -> None:
        """Hand on what a node sent, in the engine's time."""
        item = self._monitor.take(message, time.monotonic_ns())
        if isinstance(item, Picture):
            sink.show(item)
            sink.keep_reduced(item)
        elif item is not None:
            sink.put(item)

    def turn(self, sink: Taker) -> list[tuple[str, str, dict[str, object]]]:
        """Once a tick: tell what is lost, ask the time. What became of which node, for log and audit log."""
        for ask in self._monitor.asks(time.monotonic_ns()):
            self._bus.send("detector", ask.node, ask)
        now_s = time.monotonic()
        for health in self._monitor.lost(now_s):
            sink.put(health)
        return [
            (view.node, "detect_node", self._detail(view))
            for view in self.views(now_s)
            if self._told.get(view.node) != (view.fault, view.steps)
        ]

    def views(self, now_s: float) -> tuple[DetectNodeView, ...]:
        return self._monitor.views(now_s)

    def _detail(self, view: DetectNodeView) -> dict[str, object]:
        before = self._told.get(view.node, ("", 0))[1]
        self._told[view.node] = (view.fault, view.steps)
        jumped = f", its clock jumped by {view.step_s:+.3f} s" if view.steps > before else ""
        clock = "" if view.error_s is None else f", clock known to {1e3 * view.error_s:.1f} ms"
        detail: dict[str, object] = {"words": f"{WORDS[view.fault]}{jumped}{clock}", "fault": view.fault}
        return detail | {"offset_s": view.offset_s, "error_s": view.error_s, "steps": view.steps}
