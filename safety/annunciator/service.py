"""The annunciator as a process of its own: snapshots in, sound and signs out, until it is told to end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from calibration.annunciator import Annunciator
from calibration.errors import BadInput, Unavailable
from calibration.site import Site
from calibration.site_file import load_site
from safety.annunciator.loudness import loudness_problems, tone_loudness
from safety.annunciator.mixer import Mixer
from safety.annunciator.node import AnnunciatorNode, Parts, hour_of_day
from safety.annunciator.self_test import open_ears, self_test
from safety.annunciator.sign import SignDriver, pyserial, sign_problems
from safety.annunciator.sinks import open_sink, wait_played
from safety.annunciator.speech import Speech, installed_voices, speech_problems
from safety.annunciator.tones import PATTERNS, burst
from safety.bus_client import BusClient
from safety.heartbeat import Heartbeat
from safety.keys import key_folder
from safety.relay_service import end_on_signals
from safety.stderr import to_stderr


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
    log = log or to_stderr
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
    node = AnnunciatorNode(site, annunciator, client, Parts(mixer, sink, speech, sign), folder, log)
    heart = Heartbeat()
    try:
        while not stop.is_set():
            node.step()
            heart.beat()
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
        for check in self_test(annunciator, mixer, ears, speech, hour_of_day()):
            passed &= check.passed
            log(f"{'passed' if check.passed else 'FAILED'}  {check.what}: {check.text}")
        if sink.fault:
            log(f"FAILED  output: {sink.fault}")
        return passed and not sink.fault


def play_tone(site_path: Path, name: str, tone: str, seconds: float) -> None:
    """Play one tone alone, at the level of this hour, to measure it where people stand.

    Raises:
        BadInput: site file, name, tone or sound device unfit.
    """
    site = load_site(site_path)
    annunciator = annunciator_named(site, site_path, name)
    wanted = next((known for known in PATTERNS if known == tone), None)
    if wanted is None:
        raise BadInput(f"--play {tone!r}: expected one of {', '.join(PATTERNS)}")
    mixer = Mixer(annunciator.rate_hz)
    try:
        sink = open_sink(annunciator, mixer, site_path.parent)
    except BadInput as error:
        raise BadInput(f"{site_path}: [[annunciator]] {name!r}: {error}") from None
    gain = tone_loudness(annunciator, hour_of_day(), wanted).gain
    mixer.play(iter([burst(wanted, annunciator.rate_hz, seconds) * np.float32(gain)]))
    wait_played(lambda: mixer.busy, seconds + 2.0, 0.2, lambda: False)
    fault = sink.fault
    sink.close()
    if fault:
        raise Unavailable(f"{site_path}: [[annunciator]] {name!r}: {fault}")


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
