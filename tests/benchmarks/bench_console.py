"""Is the console's screen thread ever held up, and how much of a processor does the console take?

``python -m tests.benchmarks.bench_console [--seconds S] [--screen]`` prints a table. A process publishes what an engine
does on a real bus with CURVE: ten snapshots a second in which people and a load move and an alarm comes and goes, and
for each of four cameras ten pictures of 480 px and ten sets of boxes. The console is the real window with its real
feed, drawn into memory, or with ``--screen`` on an X server of its own.

A timer of 5 ms beats on the screen thread. Two gaps are told between beats: by the wall clock, in which a busy machine
has its share, and by the processor time that the thread itself used meanwhile, in which it has none. Beside the console
runs an empty Qt program with the same timer, and one that computes about as much as the console: their worst gaps are
what this machine does to any such program at that time.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QLabel

from calibration.camera import Camera
from calibration.site import Bus
from calibration.site_file import load_site, site_text
from recordings.sample_files import sample_path
from recordings.store import Recording
from recordings.video_codec import jpeg_of
from safety.bus import EngineBus
from safety.bus_client import BusClient
from safety.keys import make_keys
from safety.records import Picture, Snapshot
from tests.shared_data import ROOT
from tests.ui.example_site import example_site
from tracking.records import Boxes
from ui.console import _application
from ui.console_bus import ConsoleFeed, now_s
from ui.console_model import ConsoleModel
from ui.console_window import ConsoleWindow

RATE_HZ = 10.0
BEAT_MS = 5
WARM_S = 4.0
BUSY_MS = 10.0
PARTS = ("console", "empty", "busy")
LIMIT_MS = 50.0


@dataclass(frozen=True)
class Gaps:
    """Between beats of a timer, ms, and what the program used of a processor, as shares of one."""

    wall_ms: list[float]
    own_ms: list[float]
    thread_share: float
    process_share: float
    shown_hz: float = 0.0
    """Snapshots and pictures that the console was shown in a second."""

    def told(self, name: str) -> str:
        wall, own = np.array(self.wall_ms), np.array(self.own_ms)
        cells = [np.percentile(wall, 99), wall.max(), np.percentile(own, 99), own.max()]
        over = int((own > LIMIT_MS).sum())
        figures = "".join(f"{c:>9.1f}" for c in cells)
        return f"{name:<34}{figures}{over:>8}{self.thread_share:>10.2f}{self.process_share:>10.2f}{self.shown_hz:>9.1f}"


def publish(folder: Path, seconds: float) -> None:
    """Play the engine."""
    from tests.ui import scenes

    site = load_site(folder / "site.toml")
    bus = EngineBus(site.bus, folder / "keys", lambda *_: None)
    quiet, grave = scenes.snapshot(site), scenes.danger(site)
    jpegs = film()
    start_s = time.monotonic()
    for tick in range(round(seconds * RATE_HZ)):
        time.sleep(max(0.0, start_s + tick / RATE_HZ - time.monotonic()))
        bus.receive(0.0)
        now_s = time.monotonic()
        base = grave if tick // 50 % 2 else quiet
        people = tuple(
            msgspec.structs.replace(p, x_m=p.x_m + 0.5 * math.sin(tick / 9 + k), time_s=now_s)
            for k, p in enumerate(base.people)
        )
        alarms = tuple(msgspec.structs.replace(a, reason_en=f"{a.reason_en} ({tick / 10:.1f} s)") for a in base.alarms)
        shot = msgspec.structs.replace(base, time_s=now_s, wall_s=time.time(), seq=100 + tick)
        shot = msgspec.structs.replace(shot, people=people, alarms=alarms)
        for camera, pictures in zip(site.camera, jpegs, strict=True):
            jpeg = pictures[tick % len(pictures)]
            bus.publish(Picture(camera=camera.name, time_s=now_s, scale=480 / camera.size_px[0], jpeg=jpeg))
            boxes = scenes._boxes(Camera.from_table(camera), shot)
            bus.publish(Boxes(camera=camera.name, time_s=now_s, ready_s=now_s, boxes=boxes))
        bus.publish(shot)
    bus.close()


def film() -> list[list[bytes]]:
    """Two seconds of each camera of a sample, as an engine sends them to consoles."""
    found: dict[str, list[bytes]] = {}
    for frame in Recording(sample_path("failing-camera")).frames(from_s=5.0, to_s=7.0):
        found.setdefault(frame.camera, []).append(jpeg_of(frame.bgr, 480))
    return list(found.values())


class Pulse:
    """Beats on the screen's thread, from ``begin`` on noted."""

    def __init__(self, app: QApplication, seconds: float) -> None:
        self._app, self._seconds = app, seconds
        self._wall: list[float] = []
        self._own: list[float] = []
        self._last: tuple[float, float] | None = None
        self._begun = (0.0, 0.0, 0.0)
        self.seen = 0
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(BEAT_MS)
        QTimer.singleShot(round(1e3 * WARM_S), self._begin)

    def _begin(self) -> None:
        self.seen = 0
        self._begun = (time.perf_counter(), time.thread_time(), time.process_time())
        self._last = self._begun[:2]
        QTimer.singleShot(round(1e3 * self._seconds), self._app.quit)

    def _beat(self) -> None:
        if self._last is not None:
            now = time.perf_counter(), time.thread_time()
            self._wall.append(1e3 * (now[0] - self._last[0]))
            self._own.append(1e3 * (now[1] - self._last[1]))
            self._last = now

    def told(self) -> Gaps:
        took_s = time.perf_counter() - self._begun[0]
        thread = (time.thread_time() - self._begun[1]) / took_s
        return Gaps(self._wall, self._own, thread, (time.process_time() - self._begun[2]) / took_s, self.seen / took_s)


def beats_of_a_console(folder: Path, seconds: float) -> Gaps:
    """The real window on the bus of a folder."""
    app = _application()
    site = load_site(folder / "site.toml")
    feed = ConsoleFeed(BusClient.of_site(site.bus, folder / "keys", "console", "console-1"))
    model = ConsoleModel(site, "console-1", send=feed.send)
    window = ConsoleWindow(model, now_s, lambda: feed.pass_on(model))
    pulse, receive = Pulse(app, seconds), model.receive

    def counted(message: object, received_s: float) -> None:
        pulse.seen += isinstance(message, Snapshot | Picture)
        receive(message, received_s)

    model.receive = counted  # type: ignore[method-assign]
    feed.arrived.connect(window.refresh)
    feed.start()
    window.resize(1600, 900)
    window.show()
    window.start()
    app.exec()
    feed.close()
    return pulse.told()


def beats_of_nothing(seconds: float, busy_ms: float) -> Gaps:
    """An empty window; with ``busy_ms`` it also computes for so long twenty times a second, as a console does."""
    app = _application()
    window = QLabel("empty")
    window.resize(1600, 900)
    window.show()

    def compute() -> None:
        end_s = time.thread_time() + busy_ms / 1e3
        while time.thread_time() < end_s:
            pass

    timer = QTimer()
    timer.timeout.connect(compute)
    if busy_ms:
        timer.start(50)
    pulse = Pulse(app, seconds)
    app.exec()
    return pulse.told()


def child(*arguments: object, environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_console", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--screen", action="store_true", help="on an X server instead of in memory")
    parser.add_argument("--part", choices=("engine", *PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.part == "engine":
        publish(chosen.folder, chosen.seconds)
    elif chosen.part is not None:
        if chosen.part == "console":
            found = beats_of_a_console(chosen.folder, chosen.seconds)
        else:
            found = beats_of_nothing(chosen.seconds, BUSY_MS if chosen.part == "busy" else 0.0)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"gaps": msgspec.to_builtins(found), "peak_mb": peak_mb}))
    else:
        compare(chosen.seconds, screen=chosen.screen)


def compare(seconds: float, *, screen: bool) -> None:
    """Engine, console and empty program at the same time."""
    from tests.safety.bus_helpers import free_port
    from tests.ui.virtual_screen import virtual_screen

    memory = {k: v for k, v in os.environ.items() if k != "QT_QPA_PLATFORM_PLUGIN_PATH"}
    memory |= {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    with (
        tempfile.TemporaryDirectory() as name,
        virtual_screen(1920, 1080) if screen else nullcontext(memory) as environment,
    ):
        folder = Path(name)
        site = example_site(bus=Bus(publish_port=free_port(), command_port=free_port()))
        (folder / "site.toml").write_text(site_text(site), encoding="utf-8")
        make_keys(folder / "keys", site)
        engine = child("--part", "engine", "--folder", folder, "--seconds", seconds + 60.0, environment=memory)
        load_before = os.getloadavg()[0]
        parts = {
            part: child("--part", part, "--folder", folder, "--seconds", seconds, environment=environment)
            for part in PARTS
        }
        told = {part: json.loads(process.communicate()[0].strip().splitlines()[-1]) for part, process in parts.items()}
        assert engine.poll() is None, "what plays the engine has ended"
        engine.kill()
        engine.wait()
    where = "on an X server of 1920 x 1080" if screen else "drawn into memory"
    print(f"\nConsole with 4 tiles at {RATE_HZ:.0f} fps, 1600 x 900, {where}, {seconds:.0f} s; {os.cpu_count()} cores,")
    print(f"load of the machine {load_before:.1f} before and {os.getloadavg()[0]:.1f} after")
    print(f"{'':<34}{'gap by the wall':>18}{'own time in a gap':>18}{'over':>8}{'share of a processor':>20}")
    head = "".join(f"{h:>9}" for h in ("p99 ms", "max ms", "p99 ms", "max ms"))
    print(f"{'':<34}{head}{'50 ms':>8}{'screen':>10}{'all':>10}{'shown Hz':>9}")
    print(Gaps(**told["console"]["gaps"]).told(f"console ({told['console']['peak_mb']:.0f} MB)"))
    print(Gaps(**told["empty"]["gaps"]).told("empty Qt program beside it"))
    print(Gaps(**told["busy"]["gaps"]).told(f"the same, {BUSY_MS:.0f} ms busy 20 times/s"))


if __name__ == "__main__":
    main()
