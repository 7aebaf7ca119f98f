"""Capture from real files and real servers, which are killed, stopped and started again."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from calibration.errors import BadInput
from calibration.site import CameraTable
from tests.tracking.videos import make_video, number_of
from tracking.capture import CaptureGroup, CaptureSettings, Frame
from tracking.capture_readers import DeviceReader, PumpedReader, SourceLost
from tracking.capture_sources import Source, camera_source
from tracking.records import CameraHealth

HERE = Path(__file__).parent
SIZE_PX = (320, 240)
QUICK = CaptureSettings(
    open_timeout_s=3.0, read_timeout_s=1.2, poll_s=0.2, backoff_first_s=0.2, backoff_most_s=0.5, silent_after_s=0.5
)


def table(source: str | int | None, size_px: tuple[int, int] = SIZE_PX, name: str = "cam1") -> CameraTable:
    return CameraTable(
        name=name,
        source=source,
        size_px=size_px,
        matrix=((300.0, 0.0, 160.0), (0.0, 300.0, 120.0), (0.0, 0.0, 1.0)),
        rotation=(0.0, 0.0, 0.0),
        translation_m=(0.0, 0.0, 5.0),
        rate_hz=20.0,
    )


def health_of(group: CaptureGroup) -> CameraHealth:
    return group.health(time.monotonic())[0]


def until(group: CaptureGroup, holds: Callable[[CameraHealth], bool], timeout_s: float = 8.0) -> CameraHealth:
    """Wait until a camera's health is as wanted."""
    end_s = time.monotonic() + timeout_s
    while not holds(health := health_of(group)):
        assert time.monotonic() < end_s, f"still {health}"
        time.sleep(0.02)
    return health


def capture_threads() -> list[str]:
    prefixes = ("camera ", "open ", "pump ")
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(prefixes)]


# --- files


def test_a_file_plays_at_its_own_rate_and_then_ends(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4", frames=12, rate_hz=20, size_px=SIZE_PX)
    frames: list[Frame] = []
    after: dict[str, int] = {}
    began_s = time.monotonic()
    with CaptureGroup([table("a.mp4")], tmp_path, QUICK) as group:
        while not frames or frames[-1].index < 11:
            for frame in group.wait(after, 2.0):
                frames.append(frame)
                after[frame.camera] = frame.index
            assert time.monotonic() < began_s + 8.0
        health = until(group, lambda h: not h.connected)
    assert health.message == "end of file"
    assert health.reconnects == 0
    assert frames[-1].time_s - frames[0].time_s > 0.05 * (frames[-1].index - frames[0].index) - 0.03
    assert all(a.time_s < b.time_s for a, b in itertools.pairwise(frames))
    assert frames[-1].bgr.shape == (240, 320, 3)
    assert number_of(frames[-1].bgr) == 11
    assert capture_threads() == []


def test_a_looped_file_goes_on_and_a_slow_reader_gets_only_the_newest(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4", frames=4, rate_hz=20, size_px=SIZE_PX)
    with CaptureGroup([table("a.mp4")], tmp_path, CaptureSettings(loop_files=True)) as group:
        first = group.wait({}, 3.0)
        time.sleep(0.6)
        newest = group.newest({"cam1": first[0].index})
        assert len(newest) == 1
        assert newest[0].index >= first[0].index + 5
        assert group.newest({"cam1": newest[0].index + 1000}) == []


def test_stamps_come_from_the_given_clock(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4", frames=3, rate_hz=20, size_px=SIZE_PX)
    group = CaptureGroup([table("a.mp4")], tmp_path, clock=lambda: time.monotonic() + 5000.0)
    with group:
        frame = group.wait({}, 3.0)[0]
    assert frame.time_s == pytest.approx(time.monotonic() + 5000.0, abs=5.0)


def test_files_that_cannot_be_used_are_named_before_anything_starts(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4", frames=3, size_px=(160, 120))
    (tmp_path / "b.mp4").write_bytes(b"this is no video" * 100)
    with pytest.raises(BadInput, match=r"camera 'cam1': size_px is 320 x 240, but its source .*a\.mp4 gives 160 x 120"):
        CaptureGroup([table("a.mp4")], tmp_path)
    with pytest.raises(BadInput, match=r"camera 'cam1': source .*b\.mp4 cannot be read as video"):
        CaptureGroup([table("b.mp4")], tmp_path)
    with pytest.raises(BadInput, match=r"camera 'cam1': source .*c\.mp4 is not a file"):
        CaptureGroup([table("c.mp4")], tmp_path)
    with pytest.raises(BadInput, match="has the scheme 'ftp', expected one of rtsp"):
        CaptureGroup([table("ftp://host/a.mp4")], tmp_path)
    assert CaptureGroup([table(None)], tmp_path).names == ()
    assert capture_threads() == []


# --- sources


def test_sources_are_told_apart(tmp_path: Path) -> None:
    kinds = {
        given: camera_source(table(given), tmp_path).kind for given in (0, "2", "/dev/video1", "a.mp4", "http://h/x")
    }
    assert kinds == {0: "device", "2": "device", "/dev/video1": "device", "a.mp4": "file", "http://h/x": "stream"}
    assert camera_source(table("2"), tmp_path).address == 2
    assert camera_source(table("rtsp://user:pass@host/x"), tmp_path).shown == "rtsp://host/x"
    with pytest.raises(BadInput, match="camera 'cam1': source is absent"):
        camera_source(table(None), tmp_path)


def test_an_absent_device_is_a_fault_that_is_tried_again(tmp_path: Path) -> None:
    with CaptureGroup([table(97)], tmp_path, QUICK) as group:
        health = until(group, lambda h: h.message != "not started")
        assert not health.connected
        assert "97" in health.message
        assert group.newest({}) == []
    assert capture_threads() == []


def test_the_device_reader_gives_pictures_and_lets_go(tmp_path: Path) -> None:
    """OpenCV takes a file for a device, which runs the very same code."""
    path = make_video(tmp_path / "a.avi", frames=40, size_px=SIZE_PX, codec="mpeg4")
    device = DeviceReader(Source("cam1", "device", str(path), SIZE_PX, 20.0), time.monotonic)
    reader = PumpedReader(device, "cam1", QUICK, time.monotonic)
    grab = reader.read()
    assert grab is not None
    assert grab.bgr.shape == (240, 320, 3)

    def read_on() -> None:
        for _ in range(100):
            reader.read()

    with pytest.raises(SourceLost, match="gives no more pictures"):
        read_on()
    reader.close()
    deadline_s = time.monotonic() + 2.0
    while capture_threads() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert capture_threads() == []


# --- servers


class Server:
    """A camera server as a process of its own, always on the same port."""

    def __init__(self, kind: str, size_px: tuple[int, int] = SIZE_PX) -> None:
        script = HERE / f"serve_{kind}.py"
        python = "/usr/bin/python3" if kind == "rtsp" else sys.executable
        self._command = [python, str(script)]
        self._size = [str(size_px[0]), str(size_px[1]), "20"]
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        self.start()
        path = "cam" if kind == "rtsp" else "stream"
        self.url = f"{'rtsp' if kind == 'rtsp' else 'http'}://viewer:hidden@127.0.0.1:{self.port}/{path}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*self._command, str(self.port), *self._size], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line.isdigit():
            self.process.kill()
            said = line or (self.process.communicate()[1].strip().splitlines() or ["nothing"])[-1]
            pytest.skip(f"needs GStreamer's RTSP server for {self._command[0]}: {said}")
        self.port = int(line)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(5.0)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.fixture(params=["mjpeg", "rtsp"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "rtsp" and not Path("/usr/bin/python3").exists():
        pytest.skip("needs GStreamer's RTSP server and the system's Python, which is absent")
    running = Server(request.param)
    yield running
    running.kill()


def test_a_stream_is_lost_found_again_and_stopped_while_silent(server: Server, tmp_path: Path) -> None:
    group = CaptureGroup([table(server.url)], tmp_path, QUICK)
    group.start()
    try:
        frames = group.wait({}, 8.0)
        assert frames[0].bgr.shape == (240, 320, 3)
        assert abs(time.monotonic() - frames[0].time_s) < 1.0
        health = until(group, lambda h: h.connected and h.rate_hz > 12.0)
        assert (health.gaps, health.reconnects) == (0, 0)

        server.kill()
        health = until(group, lambda h: not h.connected and h.gaps >= 1)
        assert "hidden" not in health.message
        until(group, lambda h: "cannot be opened" in h.message)

        server.start()
        health = until(group, lambda h: h.connected)
        assert health.reconnects == 1
        assert health.gaps >= 1
        assert group.wait({"cam1": frames[0].index}, 2.0)[0].time_s > frames[0].time_s

        server.send(signal.SIGSTOP)
        assert "no picture for" in until(group, lambda h: not h.connected).message
        until(group, lambda h: "silent for" in h.message)
        server.send(signal.SIGCONT)
        assert until(group, lambda h: h.connected).reconnects == 2

        server.send(signal.SIGSTOP)
        until(group, lambda h: not h.connected)
    finally:
        began_s = time.monotonic()
        ended = group.stop()
    assert ended
    assert time.monotonic() - began_s < 1.0
    assert not health_of(group).connected


def test_a_short_stall_costs_no_reconnect(server: Server, tmp_path: Path) -> None:
    patient = CaptureSettings(read_timeout_s=6.0, poll_s=0.2, silent_after_s=0.4)
    with CaptureGroup([table(server.url)], tmp_path, patient) as group:
        until(group, lambda h: h.connected and h.rate_hz > 12.0)
        server.send(signal.SIGSTOP)
        until(group, lambda h: not h.connected)
        time.sleep(0.5)  # several poll times: FFmpeg's reads are broken off and begun again
        server.send(signal.SIGCONT)
        health = until(group, lambda h: h.connected)
    assert health.reconnects == 0
    assert health.gaps >= 1


def test_a_silent_server_is_not_waited_for(server: Server, tmp_path: Path) -> None:
    """The server takes the connection and never answers: stop comes in the middle of opening."""
    server.send(signal.SIGSTOP)
    group = CaptureGroup([table(server.url)], tmp_path, CaptureSettings(open_timeout_s=3.0))
    group.start()
    time.sleep(0.3)
    began_s = time.monotonic()
    assert group.stop()
    assert time.monotonic() - began_s < 1.0


def test_a_stream_of_another_size_is_bad_input(tmp_path: Path) -> None:
    server = Server("mjpeg", (160, 120))
    try:
        with (
            CaptureGroup([table(server.url)], tmp_path, QUICK) as group,
            pytest.raises(BadInput, match=r"camera 'cam1': size_px is 320 x 240, but its source .* gives 160 x 120"),
        ):
            group.wait({}, 8.0)
    finally:
        server.kill()


def test_one_dead_camera_does_not_hold_up_another(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4", frames=40, rate_hz=20, size_px=SIZE_PX)
    dead = table("rtsp://127.0.0.1:1/cam", name="dead")
    with CaptureGroup([dead, table("a.mp4", name="live")], tmp_path, QUICK) as group:
        assert [frame.camera for frame in group.wait({}, 3.0)] == ["live"]
        deadline_s = time.monotonic() + 3.0
        while "cannot be opened" not in (health := group.health(time.monotonic()))[0].message:
            assert time.monotonic() < deadline_s
        assert [h.connected for h in health] == [False, True]
        assert group.names == ("dead", "live")
