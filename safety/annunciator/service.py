"""The annunciator as a process of its own: snapshots in, sound and signs out, until it is told to end."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from calibration.annunciator import Annunciator
from calibration.errors import BadInput
from calibration.site import Site
from calibration.site_file import load_site
from safety.annunciator.choose import ENGINE_SILENT, Call, choose
from safety.annunciator.loudness import loudness_problems, tone_loudness
from safety.annunciator.mixer import Mixer, programme
from safety.annunciator.self_test import open_ears, self_test
from safety.annunciator.sign import SignDriver, pyserial, sign_lines, sign_problems
from safety.annunciator.sinks import Sink, open_sink
from safety.annunciator.speech import Speech, installed_voices, speech_problems
from safety.annunciator.tones import PATTERNS
from safety.bus_client import BusClient
from safety.freshness import EngineWatch
from safety.keys import key_folder
from safety.records import Snapshot
from safety.relay_service import end_on_signals

POLL_S = 0.05
"""Longest wait for a snapshot: how late a silence can be noticed."""
START_GRACE_S = 10.0
"""An engine that was not heard since this process began is given this long before that is a fault."""


class AnnunciatorNode:
    """Ties bus, mixer and sign together. ``step`` in a loop, then ``close``; one thread does both.

    Args:
        site: the site file.
        annunciator: the node's own table of it.
        client: its connection to the engine.
        mixer: what plays; the sink pulls from it.
        sink: where it plays.
        speech: spoken sentences, or None.
        sign: the sign, or None.
        log: gets one line on each change of state.
    """

    def __init__(
        self,
        site: Site,
        annunciator: Annunciator,
        client: BusClient,
        mixer: Mixer,
        sink: Sink,
        speech: Speech | None,
        sign: SignDriver | None,
        log: Callable[[str], None],
    ) -> None:
        self._site, self._annunciator = site, annunciator
        self._client, self._mixer, self._sink = client, mixer, sink
        self._speech, self._sign, self._log = speech, sign, log
        self._watch = EngineWatch()
        self._snapshot: Snapshot | None = None
        self._start_s = time.monotonic()
        self._told: tuple[Call | None, int] | None = None
        self._line = ""
        self._heard: tuple[float, float] | None = None
        self.latency_s: float | None = None
        """From the newest change's arrival to the first sample heard of it."""

    def step(self) -> None:
        """Wait up to ``POLL_S`` for a snapshot, then let sound and sign follow it."""
        for message in self._client.receive(POLL_S):
            if isinstance(message, Snapshot) and self._watch.receive(message, time.monotonic()):
                self._snapshot = message
        now_s = time.monotonic()
        self._follow(self._call(now_s), now_s)
        self._print()

    def close(self) -> None:
        """Be silent, and let go of everything."""
        self._mixer.play(None)
        self._client.close()
        if self._speech is not None:
            self._speech.close()
        if self._sign is not None:
            self._sign.close()
        self._sink.close()

    def _call(self, now_s: float) -> Call | None:
        pulse = self._watch.pulse(now_s)
        if pulse.live and self._snapshot is not None:
            return choose(self._snapshot, self._site, self._annunciator)
        waiting = pulse.kind == "waiting" and now_s - self._start_s < START_GRACE_S
        return None if waiting else ENGINE_SILENT

    def _follow(self, call: Call | None, now_s: float) -> None:
        """Begin another programme where what is to be heard has changed, or is to be louder from this hour on."""
        hour = time.localtime().tm_hour
        before, hour_before = self._told or (None, hour)
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

        def started(heard_s: float) -> None:
            self.latency_s = heard_s - now_s

        pieces = None if call is None else programme(call, self._annunciator, hour, self._speech)
        self._mixer.play(pieces, started)

    def _print(self) -> None:
        call = self._told[0] if self._told else None
        sounding = f"{call.tone}: {call.words}" + (f" ({call.alarm})" if call.alarm else "") if call else "silent"
        if call is ENGINE_SILENT:
            sounding = "fault: the engine is silent"
        faults = [self._sink.fault, self._sign.fault if self._sign else ""]
        parts = [
            sounding,
            *(f"fault: {fault}" for fault in faults if fault),
            "" if self._client.connected else f"engine: {self._client.reason or self._client.state}",
        ]
        line = "; ".join(part for part in parts if part)
        if line != self._line:
            self._line = line
            self._log(f"annunciator {self._annunciator.name}: {line}")


def run_annunciator(
    site_path: Path, name: str, stop_event: threading.Event | None = None, log: Callable[[str], None] | None = None
) -> None:
    """Run one annunciator until ``stop_event`` is set or SIGTERM or SIGINT arrives.

    Args:
        site_path: the site file; key folder, recorded words and files are found from it.
        name: an ``[[annunciator]]`` of that file.
        stop_event: ends the loop; in the main thread signals end it too.
        log: gets one line on each change of state, by default stderr.

    Raises:
        BadInput: site file, name, keys or sound device unfit.
        Unavailable: the engine's host name does not resolve.
    """
    site = load_site(site_path)
    annunciator = annunciator_named(site, site_path, name)
    folder = site_path.parent
    log = log or _to_stderr
    for problem in problems(site, annunciator, folder):
        log(f"annunciator {name}: {problem}")
    for tone in PATTERNS:
        tone_loudness(annunciator, 0, tone)  # made now, not when it is needed
    stop = stop_event or threading.Event()
    client = BusClient.of_site(site.bus, key_folder(site, site_path), "annunciator", name)
    mixer = Mixer(annunciator.rate_hz)
    try:
        if annunciator.sign is not None and annunciator.sign.output == "serial":
            pyserial()
        sink = open_sink(annunciator, mixer, folder)
    except BadInput as error:
        client.close()
        raise BadInput(f"{site_path}: [[annunciator]] {name!r}: {error}") from None
    speech = Speech(annunciator, folder) if annunciator.speech else None
    if speech is not None:
        speech.start()
    sign = SignDriver(annunciator.sign, folder) if annunciator.sign is not None else None
    restore = end_on_signals(stop)
    node = AnnunciatorNode(site, annunciator, client, mixer, sink, speech, sign, log)
    try:
        while not stop.is_set():
            node.step()
    finally:
        node.close()
        restore()


def run_self_test(site_path: Path, name: str, log: Callable[[str], None]) -> bool:
    """Play and measure everything once, without an engine; whether all was heard as asked.

    Args:
        site_path: the site file.
        name: an ``[[annunciator]]`` of that file.
        log: gets one line for each tone and voice.

    Raises:
        BadInput: site file, name, sound device or microphone unfit.
    """
    site = load_site(site_path)
    annunciator = annunciator_named(site, site_path, name)
    folder, mixer = site_path.parent, Mixer(annunciator.rate_hz)
    played = folder / f"{name}.self-test.wav"
    apart = annunciator.model_copy(update={"file": played.name})
    with ExitStack() as stack:
        try:
            sink = open_sink(apart, mixer, folder)
            stack.callback(sink.close)
            ears = open_ears(apart, played)
            stack.callback(ears.close)
        except BadInput as error:
            raise BadInput(f"{site_path}: [[annunciator]] {name!r}: {error}") from None
        speech = Speech(annunciator, folder) if annunciator.speech else None
        if speech is not None:
            speech.start()
            stack.callback(speech.close)
        passed = True
        for check in self_test(annunciator, mixer, ears, speech, time.localtime().tm_hour):
            passed &= check.passed
            log(f"{'passed' if check.passed else 'FAILED'}  {check.what}: {check.text}")
        if sink.fault:
            log(f"FAILED  output: {sink.fault}")
        return passed and not sink.fault


def problems(site: Site, annunciator: Annunciator, folder: Path) -> list[str]:
    """Everything that keeps this annunciator from telling all it should, a sentence each."""
    return [
        *speech_problems(annunciator, folder, installed_voices),
        *loudness_problems(site, annunciator),
        *sign_problems(annunciator),
    ]


def annunciator_named(site: Site, site_path: Path, name: str) -> Annunciator:
    """The table of this name. Raises BadInput naming those there are."""
    found = site.annunciator_named(name)
    if found is None:
        known = ", ".join(repr(a.name) for a in site.annunciator) or "none"
        raise BadInput(f"{site_path}: annunciator: no {name!r}, expected one of this file's: {known}")
    return found


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
