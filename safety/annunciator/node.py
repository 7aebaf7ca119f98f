"""One annunciator at work: snapshots in, sound and sign out, a report of it back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from calibration.annunciator import Annunciator
from calibration.errors import BadInput
from calibration.site import Site
from calibration.site_file import parse_site
from safety.annunciator.bench import TestBench
from safety.annunciator.choose import ENGINE_SILENT, Call, choose
from safety.annunciator.mixer import Mixer, programme
from safety.annunciator.records import TEXT_MAX, AnnunciatorStatus, SoundTest
from safety.annunciator.sign import SignDriver, sign_lines
from safety.annunciator.sinks import Sink
from safety.annunciator.speech import Speech
from safety.bus_client import BusClient
from safety.freshness import EngineWatch
from safety.records import Snapshot
from safety.site_records import SiteNews

POLL_S = 0.05
"""Longest wait for a snapshot: how late a silence can be noticed."""
REPORT_S = 1.0
FAREWELL_S = 0.2
START_GRACE_S = 10.0
"""An engine that was not heard since this process began is given this long before that is a fault."""


def hour_of_day() -> int:
    """The hour that this machine's clock shows in the hall, 0 to 23."""
    return time.localtime().tm_hour


@dataclass(frozen=True, slots=True)
class Parts:
    """What plays and shows: the sink pulls from the mixer; speech and sign are None where there is none."""

    mixer: Mixer
    sink: Sink
    speech: Speech | None
    sign: SignDriver | None


class Reporter:
    """Writes this annunciator's reports: one a second, and one on every change."""

    def __init__(self, name: str) -> None:
        self._name, self._boot = name, uuid.uuid4().hex
        self._seq = 0
        self._told: tuple[object, ...] = ()
        self._sent_s = 0.0

    def report(
        self, call: Call | None, fault: str, latency_s: float | None, test: TestBench, now_s: float
    ) -> AnnunciatorStatus | None:
        """The report that is due now, or None."""
        state = (call, fault, latency_s, test.running, test.number)
        if state == self._told and now_s - self._sent_s < REPORT_S:
            return None
        self._seq += 1
        self._told, self._sent_s = state, now_s
        return AnnunciatorStatus(
            annunciator=self._name,
            boot=self._boot,
            seq=self._seq,
            tone=call.tone if call else "none",
            words=call.words if call else "",
            fault=fault[:TEXT_MAX],
            latency_s=latency_s,
            testing=test.running,
            tests=test.number,
            test=test.results,
        )


class AnnunciatorNode:
    """Ties bus, mixer and sign together. ``step`` in a loop, then ``close``; one thread does both.

    Args:
        site: the site file.
        annunciator: the node's own table of it.
        client: its connection to the engine.
        parts: what plays and shows.
        folder: that of the site file.
        log: gets one line on each change of state.
        clock: monotonic seconds.
        hour: hour of the hall's day, which the sound level follows.
    """

    def __init__(
        self,
        site: Site,
        annunciator: Annunciator,
        client: BusClient,
        parts: Parts,
        folder: Path,
        log: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        hour: Callable[[], int] = hour_of_day,
    ) -> None:
        self._clock, self._hour = clock, hour
        self._site, self._annunciator = site, annunciator
        self._client, self._log = client, log
        self._mixer, self._sink, self._speech, self._sign = parts.mixer, parts.sink, parts.speech, parts.sign
        self._watch = EngineWatch()
        self._snapshot: Snapshot | None = None
        self._start_s = clock()
        self._told: tuple[Call | None, int] | None = None
        self._line = ""
        self._version = ""
        self._plain = False
        self._latency_s: float | None = None
        self._reporter = Reporter(annunciator.name)
        self._test = TestBench(annunciator, parts.mixer, parts.speech, folder)

    def step(self) -> None:
        """Wait up to ``POLL_S`` for a snapshot, then let sound and sign follow it."""
        for message in self._client.receive(POLL_S):
            if isinstance(message, Snapshot) and self._watch.receive(message, self._clock()):
                self._snapshot = message
            elif isinstance(message, SiteNews):
                self._take_site(message)
            elif isinstance(message, SoundTest) and self._told is not None and self._told[0] is None:
                self._test.start(self._hour())
        now_s = self._clock()
        self._follow(self._call(now_s), now_s)
        call = self._told[0] if self._told else None
        report = self._reporter.report(call, self._fault(), self._latency_s, self._test, now_s)
        if report is not None:
            self._client.send(report)
        self._print()

    def close(self) -> None:
        """Be silent, tell the engine, and let go of everything."""
        self._test.stop()
        self._mixer.play(None)
        report = self._reporter.report(None, "the annunciator was ended", None, self._test, self._clock())
        if report is not None:
            self._client.send(report)
        self._client.close(FAREWELL_S)
        if self._speech is not None:
            self._speech.close()
        if self._sign is not None:
            self._sign.close()
        self._sink.close()

    def _take_site(self, news: SiteNews) -> None:
        """Served zones lie where the engine has them now; what this node itself is stays as it started."""
        if news.version == self._version:
            return
        self._version = news.version
        with suppress(BadInput):  # an engine of another version: what was known before still holds
            self._site = parse_site(news.text, "site")

    def _call(self, now_s: float) -> Call | None:
        pulse = self._watch.pulse(now_s)
        if pulse.live and self._snapshot is not None:
            return choose(self._snapshot, self._site, self._annunciator)
        waiting = pulse.kind == "waiting" and now_s - self._start_s < START_GRACE_S
        return None if waiting else ENGINE_SILENT

    def _follow(self, call: Call | None, now_s: float) -> None:
        """Begin another programme where what is to be heard has changed, or is to be louder from this hour on."""
        hour = self._hour()
        before, hour_before = self._told or (None, hour)
        if self._mixer.fault and not self._plain:
            self._told = before = None  # what broke off is begun anew
        if self._told is not None and (call, self._annunciator.ambient_at(hour)) == (
            before,
            self._annunciator.ambient_at(hour_before),
        ):
            return
        self._told = (call, hour)
        if self._sign is not None:
            self._sign.show(sign_lines(call, self._annunciator))
        same_sound = before is not None and call is not None and (before.tone, before.words) == (call.tone, call.words)
        if same_sound and hour == hour_before:
            return  # another alarm that says the same does not begin it anew

        if call is None and before is None:
            return  # silent from the start

        def started(heard_s: float) -> None:
            self._latency_s = heard_s - now_s

        self._test.stop()
        # Words that once broke a programme are left out of all others: the tone is what counts.
        self._plain = bool(self._mixer.fault)
        speech = None if self._plain else self._speech
        pieces = None if call is None else programme(call, self._annunciator, hour, speech)
        self._mixer.play(pieces, started)

    def _fault(self) -> str:
        """Why people may not hear or see what they should; empty where all is well."""
        faults = (self._sink.fault, self._mixer.fault, self._sign.fault if self._sign else "")
        return "; ".join(fault for fault in faults if fault)

    def _print(self) -> None:
        call = self._told[0] if self._told else None
        sounding = f"{call.tone}: {call.words}" + (f" ({call.alarm})" if call.alarm else "") if call else "silent"
        if call is ENGINE_SILENT:
            sounding = "fault: the engine is silent"
        fault = self._fault()
        parts = [
            sounding,
            f"fault: {fault}" if fault else "",
            "" if self._client.connected else f"engine: {self._client.reason or self._client.state}",
        ]
        line = "; ".join(part for part in parts if part)
        if line != self._line:
            self._line = line
            self._log(f"annunciator {self._annunciator.name}: {line}")
