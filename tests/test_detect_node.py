"""A detect node as a process with a real video and the real detector, an engine as a process, and what goes wrong."""

from __future__ import annotations

import itertools
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from calibration.site import CameraTable, Site
from calibration.site_file import site_text
from recordings.clips import load_clip
from recordings.store import Recording
from safety.audit import AuditLog
from safety.bus_client import BusClient
from safety.camera_records import CameraView
from safety.detect_records import Detected, DetectNodeView
from safety.keys import make_keys
from safety.records import Picture, Situation
from tests.live_chain import START_S, Chain, resting_hoist
from tests.safety.bus_helpers import wait_for
from tests.shared_data import ROOT
from tracking.records import Boxes

SAMPLE = ROOT / "recordings/samples/passer-by.mcap"
LOST_S = 1.0
HOUR_S = 3600.0


def video_of(sample: Path, camera: str, path: Path, rate_hz: int) -> Path:
    """What one camera of a recording saw, as a file that lasts for minutes: there and back again."""
    of_camera = (frame.bgr for frame in Recording(sample).frames() if frame.camera == camera)
    pictures = list(itertools.islice(of_camera, 30))
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate_hz, options={"preset": "ultrafast"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for _ in range(15):
            for bgr in (*pictures, *pictures[::-1]):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(bgr, format="bgr24")))
        out.mux(stream.encode())
    return path


def chain_of(folder: Path) -> Chain:
    """Engine and relay node; cam1 hangs on the detect node "north", and nothing else sees the hall."""
    sample = Recording(SAMPLE).site()
    video = video_of(SAMPLE, "cam1", folder / "cam1.mp4", 5)
    keys = {"node": "north", "source": str(video), "rate_hz": 5.0}
    cam1, cam2 = (CameraTable.model_validate(c.model_dump() | keys) for c in sample.camera[:2])
    other = CameraTable.model_validate(cam2.model_dump() | {"name": "cam9", "node": "south"})
    site = Site(site=sample.site, camera=(cam1, other), hoist=sample.hoist)
    recording = resting_hoist(folder / "rest.mcap", site_text(site))
    return Chain(folder, site, "--playback", recording, driver="simulated")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with chain_of(tmp_path_factory.mktemp("nodes")) as chain:
        yield chain


def node_view(chain: Chain) -> DetectNodeView | None:
    snapshot = chain.listen()
    return snapshot.detect_nodes[0] if snapshot is not None and snapshot.detect_nodes else None


def known(chain: Chain) -> DetectNodeView:
    """The node, of which nothing is wrong."""
    wait_for(lambda: bool((v := node_view(chain)) and v.fault == ""), 5.0, "a node that counts")
    view = node_view(chain)
    assert view is not None
    return view


def blind(chain: Chain) -> str:
    """What the alarms of cameras that do not see say now."""
    snapshot = chain.listen()
    alarms = snapshot.alarms if snapshot is not None else ()
    return " ".join(a.reason_en for a in alarms if a.situation is Situation.CAMERA_BLIND)


def camera(chain: Chain) -> CameraView | None:
    snapshot = chain.listen()
    return next((c for c in snapshot.cameras if c.camera == "cam1"), None) if snapshot else None


def sees(chain: Chain) -> bool:
    view = camera(chain)
    return view is not None and view.alive and view.rate_hz > 1.0


def start_node(chain: Chain, ahead_s: float | None = None) -> None:
    command = ("detect-node", "--site", chain.site_path, "--name", "north")
    if ahead_s is None:
        chain.start("north", "-m", "ui.cli", *command)
    else:
        (chain.folder / "ahead").write_text(str(ahead_s))
        chain.start("north", "-m", "tests.skewed_clock", chain.folder / "ahead", *command)


def test_a_node_of_another_hour_sees_for_the_engine_until_it_is_killed(chain: Chain) -> None:
    """Detections and pictures of a node whose clock is an hour ahead; the clock jumps; the node dies and comes back."""
    start_node(chain, HOUR_S)
    wait_for(lambda: sees(chain) and chain.permit_given(), 2 * START_S, "what the node sees, and the permit")
    wait_for(lambda: any(isinstance(m, Picture) for m in chain.messages), 5.0, "a picture")
    wait_for(lambda: any(isinstance(m, Boxes) and m.boxes for m in chain.messages), 10.0, "somebody who is seen")
    view = known(chain)
    assert view.offset_s == pytest.approx(HOUR_S, abs=0.05)
    assert view.wall_offset_s == pytest.approx(HOUR_S, abs=0.5)
    assert view.error_s is not None
    assert view.error_s < 0.05
    now_s = time.monotonic()
    late = [m for m in chain.messages if isinstance(m, Boxes | Picture) and not now_s - 60.0 < m.time_s < now_s]
    assert late == [], "stamps are of the engine's clock"
    clip = load_clip(chain.records, time.time() - 2.0, before_s=2.0, after_s=1.0)
    kept = [shown for shown in clip.shown if isinstance(shown, Picture)]
    assert {picture.camera for picture in kept} == {"cam1"}, "a clip shows what the node saw"
    assert all(abs(picture.time_s - clip.moment_s) < 2.5 for picture in kept)
    assert kept[0].jpeg[:2] == b"\xff\xd8"

    (chain.folder / "ahead").write_text(str(HOUR_S - 2.0))
    wait_for(lambda: bool((v := node_view(chain)) and v.steps == 1), 5.0, "the jump being told")
    wait_for(lambda: bool((v := node_view(chain)) and v.fault == ""), 5.0, "the new time")
    wait_for(lambda: sees(chain) and chain.permit_given(), 5.0, "sight and permit again")
    assert known(chain).step_s == pytest.approx(-2.0, abs=0.05)

    chain.process("engine").kill()
    chain.process("engine").wait()
    chain.start_engine()
    wait_for(lambda: sees(chain) and chain.permit_given(), START_S, "the node, known to another run of the engine")

    chain.process("north").kill()
    killed_s = time.monotonic()
    wait_for(lambda: bool((c := camera(chain)) and not c.alive), 3.0, "the camera being lost")
    took_s = time.monotonic() - killed_s
    assert took_s < LOST_S, f"the camera was lost after {took_s:.2f} s"
    wait_for(lambda: not chain.permit_given(), 3.0, "the permit being withdrawn: a load hangs where nobody sees")
    wait_for(lambda: bool((c := camera(chain)) and "north is silent" in c.message), 3.0, "the reason")
    wait_for(lambda: "the machine that it hangs on is silent" in blind(chain), 3.0, "the reason in the alarm")

    start_node(chain)
    wait_for(lambda: sees(chain) and chain.permit_given(), 2 * START_S, "the node again, with the right clock")
    assert known(chain).restarts == 1
    assert known(chain).offset_s == pytest.approx(0.0, abs=0.05)
    chain.process("north").terminate()
    assert chain.process("north").wait(5.0) == 0
    with AuditLog(chain.records / "audit.sqlite", read_only=True) as log:
        told = [row.detail for row in log.rows() if row.what == "detect_node"]
    assert any(re.search(r"jumped by -(1\.9|2\.0)", detail) for detail in told)
    assert any('"silent"' in detail for detail in told)


def test_a_node_may_tell_of_its_own_cameras_only(chain: Chain) -> None:
    wait_for(lambda: chain.listen() is not None, START_S, "the engine")
    before = chain.newest
    assert before is not None
    south = BusClient.of_site(chain.site.bus, chain.folder / "keys", "detector", "south", topics=())
    try:
        wait_for(lambda: bool(south.receive(0.02) or south.connected), what="the connection")
        boxes = Boxes(camera="cam1", time_s=1.0, ready_s=1.0)
        south.send(Detected(node="south", boot="b", seq=1, sent_ns=1, item=boxes))
        south.send(Detected(node="north", boot="b", seq=2, sent_ns=2, item=boxes))
        south.receive(0.02)
        refused = before.counts["bus_violations"] + 2
        wait_for(lambda: bool((s := chain.listen()) and s.counts["bus_violations"] == refused), 5.0, "refusals")
    finally:
        south.close()
    log = chain.log("engine")
    assert "detector 'south' sent Detected of camera 'cam1', which is not its own" in log
    assert "detector 'south' sent Detected of node 'north', expected its own" in log


def test_a_node_with_a_key_that_is_not_listed_is_refused(chain: Chain, tmp_path: Path) -> None:
    make_keys(tmp_path / "keys", chain.site)
    shutil.copy(chain.folder / "keys" / "engine.pub", tmp_path / "keys" / "engine.pub")
    (tmp_path / "site.toml").write_text(site_text(chain.site), encoding="utf-8")
    stranger = chain.start(
        "stranger", "-m", "ui.cli", "detect-node", "--site", tmp_path / "site.toml", "--name", "north"
    )
    try:
        wait_for(lambda: "refused the engine does not admit" in chain.log("stranger"), START_S, "the refusal")
    finally:
        stranger.kill()
    assert re.search(r"bus: refused \S+ key [0-9a-f]{16}: its key is not listed", chain.log("engine"))
    assert not sees(chain)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("east", "none has node 'east', expected one of this file's: 'north', 'south'"), ("north", "no such key file")],
)
def test_a_node_that_cannot_work_says_why(chain: Chain, tmp_path: Path, name: str, wanted: str) -> None:
    (tmp_path / "site.toml").write_text(site_text(chain.site), encoding="utf-8")
    log = f"bad-{name}"
    process = chain.start(log, "-m", "ui.cli", "detect-node", "--site", tmp_path / "site.toml", "--name", name)
    assert process.wait(START_S) == 2
    assert wanted in chain.log(log)
