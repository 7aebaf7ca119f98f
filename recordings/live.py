"""Puts a live engine together from a site file: keys, bus, detector, source, recorder, audit log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.errors import BadInput
from calibration.site import Site
from calibration.site_file import load_site, site_text
from recordings.live_health import SOUND_TEST, HealthDesk
from recordings.live_orders import newest_self_test
from recordings.live_recorder import LiveRecorder
from recordings.live_service import LiveEngine
from recordings.live_site import SiteFiles
from recordings.live_sources import CameraSource, IdleSource, LiveSource, PlaybackSource
from recordings.live_summary import LiveSummary
from recordings.replay import check_detectable
from recordings.site_store import SiteStore
from recordings.store import Recording
from safety.audit import AUDIT_FILE, AuditLog, AuditQueue
from safety.bus import EngineBus
from safety.keys import key_folder
from safety.proof_schedule import PROOF_TEST, ProofSchedule
from tracking.detector import Detector, open_detector
from tracking.picture_memory import keep_memory_steady


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """How ``run_live`` differs from what the site file says.

    playback: a recording instead of the cameras. detect: look at its video again. speed: of playback.
    record_to: folder for recordings and the audit log. record: keep recordings at all.
    """

    playback: Path | None = None
    detect: bool = False
    speed: float = 1.0
    record_to: Path | None = None
    record: bool = True


def run_live(
    site_path: Path,
    options: LiveOptions,
    stop: threading.Event,
    log: Callable[[str], None],
    ready: Callable[[int, int], None] | None = None,
) -> LiveSummary:
    """Run the live engine of a site until ``stop`` is set or a playback ends.

    ``ready`` is told the publish and the command port once both are bound.

    Raises:
        BadInput: the site file, its keys, or the recording to play cannot be used.
        Unavailable: a port is taken, weights are missing, the folder cannot be written.
        HoistwatchError: the source broke while running.
    """
    keep_memory_steady()
    site = load_site(site_path)
    base = site_path.resolve().parent
    # What is quick to open comes before the detector, which is not.
    recording = None if options.playback is None else Recording(options.playback)
    if recording is not None and options.detect:
        check_detectable(recording)
    with ExitStack() as undo:
        detector = _detector(site, site_path, base, options)
        if detector is not None:
            undo.callback(detector.close)
        source = _source(site, base, recording, detector, options.speed)
        told: list[LiveEngine] = []

        def refused(address: str, fingerprint: str, why: str) -> None:
            for engine in told:
                engine.refused(address, fingerprint, why)

        keys = key_folder(site, site_path)
        bus = EngineBus(site.bus, keys, refused, site.detect_nodes)
        undo.callback(bus.close)
        folder = options.record_to or base / site.recording.folder
        folder.mkdir(parents=True, exist_ok=True)
        log_file = AuditLog(folder / AUDIT_FILE)
        proofs = ProofSchedule(site.relay)
        for row in log_file.rows_of(PROOF_TEST):
            proofs.read(row.wall_s, row.detail)
        now_s = time.monotonic()
        sha256 = detector.sha256 if detector is not None else None
        sounds = log_file.rows_of(SOUND_TEST)
        health = HealthDesk(folder, proofs, sounds, now_s, time.time() - now_s, sha256 or "")
        health.self_test = newest_self_test(log_file)
        audit = AuditQueue(log_file)
        undo.callback(audit.close)
        store = SiteStore(site_path)
        store.note_start(site, time.time())

        def deleted(path: Path) -> None:
            detail = {"file": path.name, "retention_days": site.recording.retention_days}
            audit.append(time.time(), time.monotonic(), "engine", "engine", "deleted", detail)

        recorder = None
        if options.record and site.recording.enabled:
            recorder = LiveRecorder(
                folder,
                site.recording,
                site_text=site_text(site),
                site_name=site.site.name,
                wall_offset_s=time.time() - time.monotonic(),
                model_sha256=sha256,
                log=log,
                deleted=deleted,
            )
        engine = LiveEngine(
            site,
            bus,
            source,
            recorder=recorder,
            audit=audit,
            health=health,
            files=SiteFiles(keys, store),
            log=log,
        )
        told.append(engine)
        if ready is not None:
            ready(bus.ports.publish, bus.ports.command)
        undo.pop_all()
        return engine.run(stop)


def _detector(site: Site, site_path: Path, base: Path, options: LiveOptions) -> Detector | None:
    if options.playback is not None and not options.detect:
        return None
    if options.playback is None and not any(camera.source is not None for camera in site.camera):
        raise BadInput(f"{site_path}: no [[camera]] has a source, expected at least one to run live")
    here = site if options.playback is not None else site.seen_from(None)
    return live_detector(here, base) if here.camera else None


def live_detector(site: Site, base: Path) -> Detector:
    """The site's detector, ready for its cameras' pictures. Raises Unavailable where weights are missing."""
    detector = open_detector(site.detector, base, "latency")
    # The first picture of a size makes the model compile, which must not hold up the first that counts.
    sizes = {camera.size_px for camera in site.camera}
    detector.detect([np.zeros((height, width, 3), np.uint8) for width, height in sorted(sizes)])
    return detector


def _source(site: Site, base: Path, recording: Recording | None, detector: Detector | None, speed: float) -> LiveSource:
    if recording is not None:
        return PlaybackSource(site, recording, detector, speed)
    return IdleSource() if detector is None else CameraSource(site.seen_from(None), base, detector)
