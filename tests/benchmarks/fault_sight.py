"""The rows of the fault table about cameras, and about the detect node that looks through them.

A hoist hangs over floor that one camera alone sees. The camera is a process that speaks Motion JPEG, its detect node a
process of the command line with the real detector: times are from the switch at the camera to the open contact, with up
to one picture's interval in them and the way over the bus.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

from calibration.site import DetectorTable
from calibration.site_file import site_text
from safety.records import Snapshot
from tests.benchmarks.fault_chain import Fault, FaultChain, Inject, Undo, resting_hoist
from tests.benchmarks.fault_detector import nan_model
from tests.benchmarks.fault_rows import put, signalled, slow
from tests.live_chain import START_S
from tests.safety.bus_helpers import free_port, wait_for
from tests.worlds import bridge, hall, looking

SIZE_PX = (480, 270)
LOAD_M = (9.0, 6.0, 3.0)
DETECTOR_PX = 320


class SightChain(FaultChain):
    """With a camera, and the detect node that it hangs on; the engine plays where the hoist is."""

    def __init__(self, folder: Path) -> None:
        self.camera_port = free_port()
        camera = looking("cam1", (2.0, -2.0, 6.0), (9.0, 6.0, 0.0), size_px=SIZE_PX)
        source = f"http://127.0.0.1:{self.camera_port}/"
        camera = type(camera).model_validate(camera.model_dump() | {"node": "north", "source": source})
        site = hall(cameras=0, hoists=[bridge()])
        site = site.model_copy(update={"camera": (camera,), "detector": DetectorTable(size_px=DETECTOR_PX)})
        recording = resting_hoist(folder / "rest.mcap", site_text(site), LOAD_M)
        self.spoilt = folder / "spoilt"
        super().__init__(folder / "chain", site, "--playback", recording, "--no-record")
        self.node_of_nan = self.folder / "nan.toml"
        weights = DetectorTable(size_px=DETECTOR_PX, weights=str(nan_model(folder)))
        self.node_of_nan.write_text(site_text(self.site.model_copy(update={"detector": weights})), encoding="utf-8")
        self.north_site = self.site_path

    @property
    def parts(self) -> dict[str, Callable[[], object]]:
        return super().parts | {"camera": self.start_camera, "north": self.start_north}

    def start_camera(self) -> None:
        self.start("camera", "-m", "tests.benchmarks.fault_camera", str(self.camera_port), self.spoilt)

    def start_north(self) -> None:
        clock = ("-m", "tests.skewed_clock", self.folder / "ahead")
        if not (self.folder / "ahead").exists():
            put(self.folder / "ahead", 0.0)
        self.start("north", *clock, "detect-node", "--site", self.north_site, "--name", "north")

    def start_engine(self) -> None:
        super().start_engine()
        for name, start in (("camera", self.start_camera), ("north", self.start_north)):
            if name not in self._processes:
                start()

    def sees(self) -> bool:
        snapshot = self.listen()
        camera = next((c for c in snapshot.cameras), None) if snapshot is not None else None
        return camera is not None and camera.alive and camera.trouble is None and camera.rate_hz > 1.0

    def free(self) -> None:
        wait_for(lambda: self.sees() and self.permit_given(), 2 * START_S, "sight")
        super().free()


def spoilt(what: str) -> Inject:
    def inject(chain: FaultChain) -> Undo:
        assert isinstance(chain, SightChain)
        chain.spoilt.write_text(what)
        return lambda: chain.spoilt.write_text("")

    return inject


def _jumped(by_s: float) -> Inject:
    def inject(chain: FaultChain) -> Undo:
        put(chain.folder / "ahead", by_s)
        return lambda: put(chain.folder / "ahead", 0.0)

    return inject


def _no_numbers(chain: FaultChain) -> Undo:
    """The node runs a detector that computes NaN for a bright picture; then the light is switched on."""
    assert isinstance(chain, SightChain)
    chain.process("north").kill()
    chain.process("north").wait()
    wait_for(lambda: not chain.sees(), 5.0, "the engine knowing it")
    chain.north_site = chain.node_of_nan
    chain.start_north()
    chain.revive()
    chain.messages.clear()
    chain.spoilt.write_text("bright")
    chain.fault_s = time.monotonic()

    def undo() -> None:
        chain.process("north").wait(20.0)
        said = chain.log("north").strip().splitlines()[-1]
        assert "no numbers" in said, f"the node said: {said}"
        chain.spoilt.write_text("")
        chain.north_site = chain.site_path

    return undo


def _all_were_looked_at(chain: FaultChain) -> str:
    rates = [c.rate_hz for m in chain.messages if isinstance(m, Snapshot) for c in m.cameras]
    return f"looked at {min(rates):.0f} to {max(rates):.0f} times a second" if rates else ""


SIGHT = (
    Fault("camera unplugged", "open", 1.0, signalled("camera", signal.SIGKILL)),
    Fault("camera hangs (SIGSTOP)", "open", 1.0, signalled("camera", signal.SIGSTOP)),
    Fault("camera covered by a hand", "open", 1.0, spoilt("hand before the lens")),
    Fault("two thirds of the picture covered", "open", 1.0, spoilt("sheet before two thirds")),
    Fault("camera dark", "open", 1.0, spoilt("lights off, lens black")),
    Fault("camera blinded by the sun", "open", 1.0, spoilt("sun into the lens")),
    Fault("camera frozen", "open", 2.0, spoilt("frozen")),
    Fault("camera frozen before its encoder", "open", 2.0, spoilt("encoded")),
    Fault("camera out of focus", "open", 3.0, spoilt("out of focus")),
    Fault("camera turned away", "open", 3.5, spoilt("turned away")),
    Fault("camera knocked, told as caution", "hold", 0.0, spoilt("knocked")),
    Fault("camera brings 60 pictures a second", "hold", 0.0, spoilt("fast"), then=_all_were_looked_at),
    Fault("detect node killed", "open", 1.0, signalled("north", signal.SIGKILL), ("detect_node silent",)),
    Fault("detect node stopped (SIGSTOP)", "open", 1.0, signalled("north", signal.SIGSTOP), ("detect_node silent",)),
    Fault("detect node ended (SIGTERM)", "open", 1.0, signalled("north", signal.SIGTERM), ("detect_node silent",)),
    Fault("detect node slowed to a twentieth", "open", 1.0, slow("north", 1.9, 0.1)),
    Fault("detect node's clock jumps 3 s ahead", "open", 1.0, _jumped(3.0), ("detect_node jumped",)),
    Fault("detect node's clock jumps 3 s back", "open", 1.0, _jumped(-3.0), ("detect_node jumped",)),
    Fault("detector computes NaN", "open", 1.0, _no_numbers, ("detect_node silent",)),
)
