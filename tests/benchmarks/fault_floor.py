"""The rows of the fault table about those who only tell: the console and the annunciator. And about the supervisor."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from calibration.site import Site
from calibration.site_file import site_text
from safety.keys import add_party
from tests.benchmarks.fault_chain import Fault, FaultChain, Inject, Undo, resting_hoist
from tests.benchmarks.fault_rows import signalled, slow
from tests.benchmarks.faults import Meanwhile
from tests.live_chain import NODE, START_S
from tests.safety.annunciator.scenes import speaker
from tests.safety.bus_helpers import wait_for
from tests.worlds import bridge, hall


class FloorChain(FaultChain):
    """With a console, headless, that keeps a picture of each change of its headline, and an annunciator."""

    def __init__(self, folder: Path) -> None:
        site = hall(cameras=0, hoists=[bridge()]).model_copy(update={"annunciator": (speaker(speech=False),)})
        recording = resting_hoist(folder / "rest.mcap", site_text(site))
        super().__init__(folder / "chain", site, "--playback", recording, "--no-record")
        add_party(self.folder / "keys", "console", "console-2")
        self._consoles = 0

    @property
    def parts(self) -> dict[str, Callable[[], object]]:
        return super().parts | {"south": self.start_south, "console": self.start_console}

    def start_south(self) -> None:
        self.start("south", "-m", "ui.cli", "annunciator", "--site", self.site_path, "--name", "south")

    def start_console(self) -> None:
        self._consoles += 1
        arguments = ("--site", self.site_path, "--name", "console-2", "--headless", "--screenshot-dir", self.pictures)
        self.start("console", "-m", "ui.cli", "console", *arguments)
        wait_for(lambda: any(self.pictures.glob("*.png")), START_S, "a picture of the console")

    @property
    def pictures(self) -> Path:
        return self.folder / f"pictures-{self._consoles}"

    def start_engine(self) -> None:
        super().start_engine()
        for name, start in (("south", self.start_south), ("console", self.start_console)):
            if name not in self._processes:
                start()

    def free(self) -> None:
        def well() -> bool:
            snapshot = self.listen()
            views = snapshot.annunciators if snapshot is not None else ()
            return bool(views) and all(v.connected and not v.fault for v in views)

        wait_for(well, START_S, "the annunciator")
        super().free()


def _shows(chain: FaultChain) -> str:
    """The console that runs now shows what is so now."""
    assert isinstance(chain, FloorChain)
    wait_for(lambda: any(chain.pictures.glob("*-clear.png")), START_S, "the console showing that all is well")
    return "console shows all well again"


def _hangs_while_it_alarms(chain: FaultChain) -> Undo:
    """A console that hangs, then an alarm: what it must show once it goes on."""
    chain.process("console").send_signal(signal.SIGSTOP)
    chain.process("modbus").kill()
    chain.fault_s = time.monotonic()
    return lambda: chain.process("console").send_signal(signal.SIGCONT)


def _caught_up(chain: FaultChain) -> str:
    assert isinstance(chain, FloorChain)
    seen = len(list(chain.pictures.iterdir()))
    chain.process("modbus").kill()
    wait_for(lambda: len(list(chain.pictures.iterdir())) > seen, START_S, "the console going on")
    chain.revive()
    return "console goes on"


FLOOR = (
    Fault("console killed", "hold", 0.0, signalled("console", signal.SIGKILL), then=_shows),
    Fault("console stopped (SIGSTOP)", "hold", 0.0, signalled("console", signal.SIGSTOP), then=_caught_up),
    Fault("console ended (SIGTERM)", "hold", 0.0, signalled("console", signal.SIGTERM), then=_shows),
    Fault("console slowed to a tenth", "hold", 0.0, slow("console"), then=_caught_up),
    Fault("an alarm while the console hangs", "withdraw", 2.0, _hangs_while_it_alarms, then=_caught_up),
    Fault("annunciator killed", "hold", 0.0, signalled("south", signal.SIGKILL)),
    Fault("annunciator stopped (SIGSTOP)", "hold", 0.0, signalled("south", signal.SIGSTOP)),
    Fault("annunciator ended (SIGTERM)", "hold", 0.0, signalled("south", signal.SIGTERM)),
    Fault("annunciator slowed to a tenth", "hold", 0.0, slow("south")),
)


class SupervisedChain(FaultChain):
    """Engine and relay node are children of a supervisor."""

    def __init__(self, folder: Path, site: Site) -> None:
        recording = resting_hoist(folder / "rest.mcap", site_text(site))
        super().__init__(folder / "chain", site, "--playback", recording, "--no-record")

    def start_node(self) -> None:
        """The supervisor does."""

    def start_engine(self) -> None:
        self.newest = None
        kept = ("--record-to", self.records)
        self.start("supervisor", "-m", "ui.cli", "supervise", "--site", self.site_path, *self._play, *kept)

    @property
    def parts(self) -> dict[str, Callable[[], object]]:
        return {"modbus": self.start_modbus, "supervisor": self.start_engine}

    def child(self, name: str) -> int:
        """Process id of the newest start of a part."""
        said = [line.split() for line in self.log("supervisor").splitlines() if f"{name}: started as process" in line]
        return int(said[-1][-1])


def _child(name: str, number: signal.Signals) -> Inject:
    def inject(chain: FaultChain) -> Undo:
        assert isinstance(chain, SupervisedChain)
        os.kill(chain.child(name), number)
        return lambda: None

    return inject


def _again_and_again(name: str) -> Inject:
    """A part that dies whenever it comes: after five restarts in a minute it is given up."""

    def inject(chain: FaultChain) -> Undo:
        assert isinstance(chain, SupervisedChain)

        def kill() -> None:
            os.kill(chain.child(name), signal.SIGKILL)

        killing = Meanwhile(kill, 0.05).__enter__()

        def undo() -> None:
            wait_for(lambda: "given up" in chain.log("supervisor"), 60.0, "giving up")
            killing.__exit__()
            assert not chain.permit_closed()
            chain.process("supervisor").terminate()
            chain.process("supervisor").wait(20.0)

        return undo

    return inject


ENGINE, RELAY = "engine", f"relay {NODE}"
SUPERVISED = (
    Fault("supervised engine killed", "open", 0.4, _child(ENGINE, signal.SIGKILL), ("supervisor killed",)),
    Fault("supervised engine hangs (SIGSTOP)", "open", 0.4, _child(ENGINE, signal.SIGSTOP), ("supervisor hangs",)),
    Fault("supervised relay node killed", "open", 0.4, _child(RELAY, signal.SIGKILL), ("supervisor killed",)),
    Fault("supervised relay node hangs", "open", 0.4, _child(RELAY, signal.SIGSTOP), ("supervisor hangs",)),
    Fault("supervisor killed", "open", 0.4, signalled("supervisor", signal.SIGKILL), ("stop",)),
    Fault("supervisor ended (SIGTERM)", "open", 0.4, signalled("supervisor", signal.SIGTERM), ("stop",)),
    Fault("supervisor stopped (SIGSTOP)", "hold", 0.0, signalled("supervisor", signal.SIGSTOP)),
    Fault("supervisor slowed to a tenth", "hold", 0.0, slow("supervisor")),
    Fault("engine dies at each start, given up", "open", 0.4, _again_and_again(ENGINE), ("supervisor given up",)),
)
