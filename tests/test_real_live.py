"""The live engine on real CCTV with a real crane's path, in real time: moving contacts at the other end.

Everything goes through the real command line. Needs the shared test data; skips where they are absent.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from calibration.site_file import load_site
from recordings.replay import alarms_of, steps
from recordings.store import Recording
from safety.records import Level
from tests.live_chain import START_S, Chain
from tests.real_input import Bench, Pets, imported_pets, same_bytes
from tests.safety.bus_helpers import wait_for
from tests.shared_data import shared
from tracking.detector_export import cached_export

LIVE_S = 17.0
"""Of the recording: the crane comes near people within the first ten seconds."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Bench:
    return Bench(tmp_path_factory.mktemp("real"), model_cache)


@pytest.fixture(scope="module")
def imported(bench: Bench) -> Pets:
    return imported_pets(bench)


@pytest.fixture(scope="module")
def live(bench: Bench, imported: Pets) -> Iterator[Chain]:
    """The live engine with the detector on the same recording, in real time."""
    cached_export(shared("data/weights/yolov8n.pt"), bench.cache)
    play = ("--playback", imported.recording, "--detect")
    environment = {"HOISTWATCH_CACHE": str(bench.cache)}
    with Chain(bench.folder / "live", load_site(imported.site), *play, environment=environment) as chain:
        yield chain


@pytest.fixture(scope="module")
def kept(live: Chain) -> Path:
    """What the live engine recorded until it was ended in the middle."""
    engine = live.process("engine")
    if engine.poll() is None:
        engine.send_signal(signal.SIGTERM)
    assert engine.wait(20.0) == 0, live.log("engine")
    (recording,) = live.records.glob("*.mcap")
    return recording


def test_the_live_engine_moves_contacts_by_what_the_detector_sees(live: Chain) -> None:
    """From pixels to permit: the contact of a Modbus server opens because people walk near the moving crane."""
    live.free()
    first = live.newest
    assert first is not None
    end_s = time.monotonic() + START_S + LIVE_S
    while live.permit_closed():
        live.listen()
        assert time.monotonic() < end_s, "the permit contact did not open"
    wait_for(lambda: any(t.level is Level.DANGER for t in live.transitions()), 5.0, "the alarm that opened it")
    wait_for(lambda: bool((view := live.node_view()) and view.latched and not view.contacts["permit"]), 5.0, "the node")
    snapshot = live.newest
    assert snapshot is not None
    assert len(snapshot.people) >= 3
    assert snapshot.latency.frame_to_decision_p50_s is not None
    cause = next(t for t in live.transitions() if t.level is Level.DANGER)
    assert cause.hoist == "H1"
    assert cause.person is not None


def test_the_live_recording_replays_to_the_alarms_that_it_kept(kept: Path) -> None:
    """Also with video, commands and relay statuses in it, and although it was ended in the middle."""
    recording = Recording(kept)
    assert recording.info.complete
    assert recording.info.counts["boxes/view1"] > 20
    assert recording.info.counts["video/view1"] >= recording.info.counts["boxes/view1"]
    recorded = tuple(recording.alarms())
    assert any(t.level is Level.DANGER for t in recorded)
    assert alarms_of(recording) == recorded
    decided = [(s.time_s, s.outputs, s.people) for s in recording.snapshots()]
    assert [(s.snapshot.time_s, s.snapshot.outputs, s.snapshot.people) for s in steps(recording)] == decided


def test_the_live_recording_gives_the_same_bytes_again(bench: Bench, kept: Path) -> None:
    same_bytes(bench, kept)
