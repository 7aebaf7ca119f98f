"""A real engine behind a real bus, for the tests of the console: the core stepped ten times a second in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from calibration.policy import Policy
from calibration.site import Bus, Site
from calibration.site_file import site_text
from safety.bus import EngineBus
from safety.engine import Engine
from safety.keys import make_keys
from safety.records import Acknowledge, Event, Reset, Shelve
from tests.ui.example_site import example_site

TICK_S = 0.1
PATIENCE_S = 15.0


def quick_site(bus: Bus | None = None) -> Site:
    """The example hall with cameras that are missed at once: without pictures, an alarm rises by itself."""
    policy = Policy(startup_grace_s=0.0, camera_stale_s=0.2, on_delay_s=0.1)
    return example_site(hoists=0, bus=bus or Bus(publish_port=0, command_port=0)).model_copy(update={"policy": policy})


def wait_for(true: Callable[[], bool], what: str = "") -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until, f"waited {PATIENCE_S} s in vain for {what}"
        time.sleep(0.01)


class Hall:
    """An engine that runs until ``close``; ``pause`` holds its breath, as SIGSTOP would."""

    def __init__(self, folder: Path) -> None:
        site = quick_site()
        make_keys(folder / "keys", site)
        self.bus = EngineBus(site.bus, folder / "keys", lambda *_: None)
        ports = self.bus.ports
        self.site = quick_site(Bus(publish_port=ports.publish, command_port=ports.command))
        self.site_path = folder / "site.toml"
        self.site_path.write_text(site_text(self.site), encoding="utf-8")
        self.commands: list[Acknowledge | Shelve | Reset] = []
        self.pause = threading.Event()
        self.deaf = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        engine = Engine(self.site, wall_offset_s=time.time() - time.monotonic())
        while not self._stop.wait(TICK_S):
            received = self.bus.receive(0.0)
            if self.pause.is_set():
                continue
            events: list[Event] = [] if self.deaf.is_set() else [r.message for r in received]
            self.commands += [e for e in events if isinstance(e, Acknowledge | Shelve | Reset)]
            step = engine.step(time.monotonic(), events)
            self.bus.publish(step.snapshot)
            for transition in step.transitions:
                self.bus.publish(transition)
            for refusal in step.refusals:
                self.bus.send("console", "console-1", refusal)
        self.bus.close()
