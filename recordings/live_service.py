"""The live engine: inputs in, decisions out on the bus, permits to the relay nodes, everything kept.

One thread decides. It waits on the bus, so that a relay node's status is answered within about a
millisecond, and ticks at ``policy.tick_s``. Sources, recorder and audit log have threads of their own.
"""

from __future__ import annotations

import functools
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict

import msgspec
import numpy as np
from numpy.typing import NDArray

from calibration.errors import HoistwatchError
from calibration.site import Site
from recordings.alarm_place import place_of
from recordings.live_health import SOUND_TEST, HealthDesk
from recordings.live_latency import LatencyMeter
from recordings.live_nodes import NodeDesk
from recordings.live_orders import OrderDesk
from recordings.live_rates import RateReport
from recordings.live_recorder import LiveRecorder
from recordings.live_sessions import SessionDesk
from recordings.live_site import SiteDesk, SiteFiles
from recordings.live_sources import LiveSource, PlaybackSource
from recordings.live_summary import LiveSummary
from safety.annunciator.records import AnnunciatorStatus
from safety.audit import AuditQueue, AuditRow
from safety.bus import EngineBus
from safety.detect_records import Remote
from safety.engine import Engine, Step
from safety.heartbeat import Heartbeat
from safety.output_desk import OutputDesk
from safety.permit_issuer import NodeMonitor
from safety.proof_schedule import PROOF_TEST, ProofSchedule
from safety.records import Event, Order, Picture, RelayStatus, Report
from safety.stderr import to_stderr
from tracking.records import Boxes, Input

Bgr = NDArray[np.uint8]
_LINGER_S = 0.3
_FAULT_PERIOD_S = 10.0
_WRITE_S = 0.02


class LiveEngine:
    """Runs one site. ``run`` returns when told to, or when the source has nothing more.

    Args:
        site: the site file.
        bus: bound sockets; closed by ``run``.
        source: cameras or a playback; stopped by ``run``.
        recorder: where everything is kept, or None.
        files: the key folder, for the users who may sign in, and the site file, which engineers may change; None for
            a site without.
        audit: the audit log, or None; closed by ``run``.
        health: what is known of the system's own health and of proof tests so far; without it nothing.
        log: gets one line on whatever a person at the machine should know, by default stderr.
    """

    def __init__(
        self,
        site: Site,
        bus: EngineBus,
        source: LiveSource,
        *,
        recorder: LiveRecorder | None = None,
        audit: AuditQueue | None = None,
        files: SiteFiles | None = None,
        health: HealthDesk | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self._site, self._policy = site, site.policy
        self._bus, self._source = bus, source
        self._recorder, self._audit = recorder, audit
        self._log = log or to_stderr
        self._wall_offset_s = time.time() - time.monotonic()
        self._heart = Heartbeat()
        self._core = Engine(site, self._wall_offset_s, watch_relays=True)
        self._run = session = uuid.uuid4().hex
        self._nodes = NodeMonitor(site.relay, session, site.policy.permit_validity_s, start_s=time.monotonic())
        self._outputs = OutputDesk(site.relay, site.policy, self._nodes, session)
        self._remotes = NodeDesk(site, bus, awaited=not isinstance(source, PlaybackSource))
        self._inbox: queue.SimpleQueue[Input] = queue.SimpleQueue()
        self._pictures: queue.SimpleQueue[Picture] = queue.SimpleQueue()
        self._heard: list[tuple[float, Report]] = []
        self._tests: dict[str, tuple[str, int]] = {}
        answer = functools.partial(bus.send, "console")
        self._desk = SessionDesk(files.keys if files else None, site.policy, answer, self._note, bus.wake)
        self._sites = SiteDesk(site, files.store if files else None, (source, recorder), answer, self._note)
        self._last: Step | None = None
        self._latency = LatencyMeter()
        self._health = health or HealthDesk(None, ProofSchedule(site.relay), (), time.monotonic(), self._wall_offset_s)
        self._orders = OrderDesk(site, bus, self._desk, self._sites, self._outputs, self._note, self._wall_offset_s)
        self._orders.self_test = self._health.self_test
        self._rates = RateReport(site.policy)
        self._told: dict[str, float] = {}
        self.summary = LiveSummary()

    # What sources call, from their own threads.

    def put(self, item: Input) -> None:
        if isinstance(item, Boxes):
            self._latency.detected(time.monotonic() - item.time_s)
        self._inbox.put(item)

    def show(self, picture: Picture) -> None:
        self._pictures.put(picture)

    def keep(self, camera: str, time_s: float, bgr: Bgr) -> None:
        if self._recorder is not None:
            self._recorder.write_frame(camera, time_s, bgr, time.monotonic())

    def keep_reduced(self, picture: Picture) -> None:
        """Keep a picture of a camera whose full ones stay on its detect node."""
        if self._recorder is not None:
            self._recorder.write_picture(picture, time.monotonic())

    # The deciding thread.

    def run(self, stop: threading.Event) -> LiveSummary:
        """Decide until ``stop`` is set or the source has ended. Every output is denied before it returns.

        Raises:
            HoistwatchError: the source cannot go on; nodes then open by silence and by a last denial.
        """
        self._note("engine", "engine", "start", {"site": self._site.site.name})
        self._source.start(self)
        next_s = time.monotonic()
        ended_s: float | None = None
        try:
            while not stop.is_set() and (ended_s is None or time.monotonic() - ended_s < _LINGER_S):
                self._serve(next_s)
                now_s = time.monotonic()
                if now_s < next_s:
                    continue
                self._tick()
                self._heart.beat()
                next_s += self._policy.tick_s
                if next_s < now_s:
                    self.summary.overruns += 1
                    next_s = now_s + self._policy.tick_s
                if self._source.fault is not None:
                    self._give_up(self._source.fault)
                if self._source.finished and ended_s is None:
                    ended_s = now_s
        finally:
            self._end()
        return self.summary

    def _serve(self, until_s: float) -> None:
        """Answer the bus until the tick is due: statuses at once, commands at the tick."""
        heard: set[str] = set()
        self._desk.settle(time.monotonic())
        for entry in self._bus.receive(min(max(0.0, until_s - time.monotonic()), self._policy.tick_s)):
            now_s = time.monotonic()
            if isinstance(entry.message, Remote):
                self._remotes.take(entry.message, self)
            elif isinstance(entry.message, AnnunciatorStatus):
                self._sounded(entry.message, now_s)
            elif isinstance(entry.message, RelayStatus):
                if self._nodes.observe(entry.message, now_s):
                    heard.add(entry.message.node)
                    self._heard.append((now_s, entry.message))
                    self._follow(entry.message, now_s)
            elif not self._desk.take(entry, now_s):
                self._orders.take(entry, self._last.snapshot if self._last else None, now_s)
        if heard and self._last is not None:
            self._send_permits(heard)

    def _tick(self) -> None:
        for name, what, detail in self._remotes.turn(self):
            self._log(f"detect node {name}: {detail['words']}")
            self._note("detector", name, what, detail)
        events = self._collect()
        now_s = time.monotonic()
        self._core = self._sites.change_over(self._core, now_s)
        step = self._core.step(now_s, events)
        decided_s = time.monotonic()
        newest = [e.time_s for e in events if isinstance(e, Boxes)]
        self._latency.decided(now_s, decided_s, newest)
        counts = {**step.snapshot.counts, **self._bus.counts, **self._remotes.counts, **self._own_counts()}
        snapshot = msgspec.structs.replace(
            step.snapshot,
            latency=self._latency.latency(),
            counts=counts,
            sessions=self._desk.views(),
            sign_in_required=self._desk.required,
            proofs=self._health.proofs.due(now_s + self._wall_offset_s),
            run=self._run,
            detect_nodes=self._remotes.views(now_s),
        )
        self._last = Step(snapshot, step.transitions, step.refusals)
        self._source.attend(snapshot)
        self._send_permits(None)
        self._health.permitted(newest, time.monotonic())
        self._note_alarms()
        self._publish(events)
        news = self._orders.step(snapshot, now_s)
        if (told := self._health.told(self._orders.self_test, time.monotonic(), at_once=news)) is not None:
            self._bus.publish(told)
        self._keep(events)
        if (line := self._rates.line(snapshot)) is not None:
            self._log(line)
        for notice in self._bus.notices():
            self._log(notice)
            self._note("engine", "engine", "config", {"keys": notice})
        self.summary.count(self._last)

    def _collect(self) -> list[Event]:
        """Everything that has come in, stamped as it enters the core: what a replay goes by."""
        events: list[Event] = [status for _, status in self._heard]
        self._heard.clear()
        events += self._orders.drain()
        if (parts := self._health.parts_changed(time.monotonic())) is not None:
            events.append(parts)
        while True:
            try:
                item = self._inbox.get_nowait()
            except queue.Empty:
                return events
            events.append(msgspec.structs.replace(item, ready_s=time.monotonic()))

    def _sounded(self, status: AnnunciatorStatus, now_s: float) -> None:
        """An annunciator's report goes to the core; a new result of its self-test into the audit log too."""
        self._heard.append((now_s, status))
        test = (status.boot, status.tests)
        if status.test and self._tests.get(status.annunciator) != test:
            self._tests[status.annunciator] = test
            checks = [msgspec.to_builtins(check) for check in status.test]
            self._note("annunciator", status.annunciator, SOUND_TEST, {"checks": checks})
            self._health.sounded(status.annunciator, status.test, now_s + self._wall_offset_s)

    def _send_permits(self, only: set[str] | None) -> None:
        assert self._last is not None
        snapshot = self._last.snapshot
        orders = self._outputs.orders()
        permits = self._nodes.permits(
            snapshot.outputs,
            time.monotonic(),
            decided_s=snapshot.time_s,
            only=None if orders else only,
            orders=orders,
        )
        for permit in permits:
            self._bus.send("relay", permit.node, permit)

    def _follow(self, status: RelayStatus, now_s: float) -> None:
        """What a node's report means for the figures and for the audit log."""
        for what, detail in self._outputs.observe(status):
            if what == PROOF_TEST:
                self._health.proofs.note(now_s + self._wall_offset_s, detail)
            self._note("relay", status.node, what, detail)
        decided_s = self._nodes.decision_s(status.node, status.moved_by_seq)
        if decided_s is not None:
            took_s = self._latency.moved(status.node, status.moved_by_seq, decided_s, now_s)
            if took_s is not None:
                self._health.moved(took_s, now_s)

    def _publish(self, events: list[Event]) -> None:
        assert self._last is not None
        for event in events:
            if isinstance(event, Boxes):
                self._bus.publish(event)
        self._bus.publish(self._last.snapshot)
        if (news := self._sites.news(self._last.snapshot.time_s)) is not None:
            self._bus.publish(news)
        for transition in self._last.transitions:
            self._bus.publish(transition)
            self._log(f"{transition.event}: {transition.level.value} {transition.alarm} – {transition.reason}")
        newest: dict[str, Picture] = {}
        while True:
            try:
                picture = self._pictures.get_nowait()
            except queue.Empty:
                break
            newest[picture.camera] = picture
        for picture in newest.values():
            self._bus.publish(picture)

    def _note_alarms(self) -> None:
        """Into the audit log before anybody hears of them: an engine that dies right then must not have told in vain.

        A slow disk holds back the telling by so much at most; permits have gone out before.
        """
        assert self._last is not None
        for transition in self._last.transitions:
            place = place_of(transition, self._last.snapshot, self._sites.site)
            where = asdict(place) if place is not None else {}
            self._note("engine", "engine", "alarm", msgspec.to_builtins(transition) | where)
        if self._last.transitions and self._audit is not None:
            self._audit.written(_WRITE_S)

    def _keep(self, events: list[Event]) -> None:
        assert self._last is not None
        snapshot = self._last.snapshot
        if self._recorder is not None:
            for event in events:
                self._recorder.write(event, event.ready_s if isinstance(event, Input) else snapshot.time_s)
            self._recorder.write(snapshot, snapshot.time_s)
        for transition in self._last.transitions:
            if self._recorder is not None:
                self._recorder.write(transition, transition.time_s)
        commands = [e for e in events if isinstance(e, Order)]
        for refusal in self._last.refusals:
            for console in {c.by.rpartition("@")[2] for c in commands}:
                self._orders.refuse("console", console, refusal)
        for view in snapshot.nodes:
            if view.fault and snapshot.time_s - self._told.get(view.node, -1e9) > _FAULT_PERIOD_S:
                self._told[view.node] = snapshot.time_s
                self._note("relay", view.node, "relay", {"fault": view.fault})

    def _own_counts(self) -> dict[str, int]:
        counts = {"overruns": self.summary.overruns}
        if self._recorder is not None:
            counts["pictures_not_recorded"] = self._recorder.frames_dropped
            counts["recording_fault"] = int(bool(self._recorder.fault))
        if self._audit is not None:
            counts["audit_fault"] = int(bool(self._audit.fault))
        return counts

    def _note(
        self,
        role: str,
        name: str,
        what: str,
        detail: dict[str, object],
        told: Callable[[AuditRow], None] | None = None,
    ) -> None:
        if self._audit is not None:
            now_s = time.monotonic()
            self._audit.append(now_s + self._wall_offset_s, now_s, role, name, what, detail, told)

    def refused(self, address: str, fingerprint: str, why: str) -> None:
        """What the bus calls for every connection or message that it turned away."""
        self._log(f"bus: refused {address} key {fingerprint}: {why}")
        self._note("unknown", fingerprint, "refused", {"address": address, "reason": why})

    def _give_up(self, fault: BaseException) -> None:
        self._note("engine", "engine", "fault", {"fault": str(fault)})
        if isinstance(fault, HoistwatchError):
            raise fault
        raise HoistwatchError(f"the source of pictures ended with a fault: {fault!r}") from fault

    def _end(self) -> None:
        """Deny everything, then close: nodes open now and not only when their permit runs out."""
        now_s = time.monotonic()
        for permit in self._nodes.permits({}, now_s, decided_s=now_s):
            self._bus.send("relay", permit.node, permit)
        self._source.stop()
        self._sites.close()
        if (line := self._rates.summary()) is not None:
            self._log(line)
        self._note("engine", "engine", "stop", {"ticks": self.summary.ticks})
        if self._recorder is not None:
            self._recorder.close()
        if self._audit is not None:
            self._audit.close()
        self._desk.close()
        self._bus.close()
