"""The whole chain as processes of the real command line, and an operator with a console's key in the test's hands."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from calibration.outputs import Relay
from calibration.site import Bus, Site
from calibration.site_file import site_text
from recordings.store import RecordingWriter
from safety.bus_client import BusClient
from safety.keys import make_keys
from safety.records import AlarmTransition, NodeView, Refusal, Reset, SignIn, Snapshot
from tests.safety.bus_helpers import Coils, free_port, wait_for
from tests.shared_data import ROOT
from tracking.records import Telemetry

NODE = "cabinet-1"
OUTPUTS = {"permit": ("H1", "permit"), "slow": ("H1", "slow"), "siren": ("hall", "danger")}
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # its observer knocks until the server is up
START_S = 30.0
"""How long a slow machine may take until a process is up."""
LENGTH_S = 600.0


def resting_hoist(path: Path, site: str) -> Path:
    """A recording of a hoist that nobody is near, so that its permit is given."""
    with RecordingWriter(path, site_text=site, wall_offset_s=0.0, made_by="test", atomic=True) as out:
        for number in range(round(LENGTH_S * 5)):
            time_s = number / 5.0
            out.write(Telemetry(hoist="H1", time_s=time_s, ready_s=time_s, x_m=6.0, y_m=5.0, z_m=3.0), time_s)
    return path


class Chain:
    """A context manager: Modbus server, relay node, engine and whatever else a test starts.

    Args:
        folder: site file, keys, logs and recordings go here.
        site: a site with hoist H1; relay node and free ports are put in.
        play: the arguments of ``hoistwatch run`` behind the site file.
        environment: of every process, beside this one's own.
        outputs: contacts of the node in the order of their coils.
        driver: of the node; without "modbus_tcp" there is no server.
        relay: further keys of the node's table. With ``read_back = "discrete_inputs"`` inputs follow the coils.
    """

    def __init__(
        self,
        folder: Path,
        site: Site,
        *play: str | Path,
        environment: Mapping[str, str] = MappingProxyType({}),
        outputs: Mapping[str, tuple[str, str]] = OUTPUTS,
        driver: str = "modbus_tcp",
        **relay: object,
    ) -> None:
        self.folder = folder
        self.records = folder / "kept"
        self.site_path = folder / "site.toml"
        self.modbus_port = free_port()
        address = f"127.0.0.1:{self.modbus_port}"
        table = {"name": NODE, "driver": driver, "address": address, "outputs": dict(outputs)} | relay
        bus = Bus(publish_port=free_port(), command_port=free_port())
        self.site = site.model_copy(update={"relay": (Relay.model_validate(table),), "bus": bus})
        folder.mkdir(parents=True, exist_ok=True)
        self.site_path.write_text(site_text(self.site), encoding="utf-8")
        make_keys(folder / "keys", self.site)
        self._play = play
        self._environment = os.environ | {"PYTHONUNBUFFERED": "1"} | environment
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._started: list[subprocess.Popen[bytes]] = []
        self.messages: list[object] = []
        self.newest: Snapshot | None = None
        self._asked_s = 0.0
        self.coils: Coils | None = None

    def __enter__(self) -> Self:
        if self.site.relay[0].driver == "modbus_tcp":
            self.start_modbus()
        self.start_node()
        self.start_engine()
        self.listen_anew()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        self.console.close()
        if self.coils is not None:
            self.coils.close()

    # Processes.

    def start(self, name: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """A process of this Python whose output is appended to ``name``.log."""
        with self.log_file(name).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *map(str, arguments)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        self._processes[name] = process
        self._started.append(process)
        return process

    def start_modbus(self) -> None:
        """All coils are open at first."""
        wired = ("wired",) if self.site.relay[0].read_back == "discrete_inputs" else ()
        self.start("modbus", "-m", "recordings.soak.modbus_server", str(self.modbus_port), *wired)
        if self.coils is not None:
            self.coils.close()
        self.coils = Coils(self.modbus_port)

    def start_node(self) -> None:
        self.start("node", "-m", "ui.cli", "relay", "--site", self.site_path, "--node", NODE)

    def start_engine(self) -> None:
        self.newest = None
        kept = ("--record-to", self.records)
        self.start("engine", "-m", "ui.cli", "run", "--site", self.site_path, *self._play, *kept)

    def process(self, name: str) -> subprocess.Popen[bytes]:
        return self._processes[name]

    def log_file(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def log(self, name: str) -> str:
        return self.log_file(name).read_text(errors="replace")

    # What a console sees and does.

    def listen_anew(self) -> None:
        """The test's console as at the start, once another program has let go of its key."""
        self.console = BusClient.of_site(self.site.bus, self.folder / "keys", "console", "console-1", conflate=False)
        self.newest = None
        wait_for(lambda: self.listen() is not None, START_S, "a snapshot")

    def sign_in(self, user: str, password: str) -> None:
        """Sign in at the test's console."""
        self.console.send(SignIn(time_s=0.0, by="somebody", user=user, password=password))
        wait_for(
            lambda: bool((s := self.listen()) and any(view.user == user for view in s.sessions)), 10.0, "the session"
        )

    def listen(self, for_s: float = 0.02) -> Snapshot | None:
        """Take in what came; the newest snapshot of the engine that runs now."""
        for message in self.console.receive(for_s):
            self.messages.append(message)
            if isinstance(message, Snapshot):
                self.newest = message
        return self.newest

    def node_view(self) -> NodeView | None:
        snapshot = self.listen()
        return snapshot.nodes[0] if snapshot and snapshot.nodes else None

    def transitions(self) -> list[AlarmTransition]:
        self.listen()
        return [m for m in self.messages if isinstance(m, AlarmTransition)]

    def refusals(self) -> list[Refusal]:
        self.listen()
        return [m for m in self.messages if isinstance(m, Refusal)]

    def permit_given(self) -> bool:
        """Whether the engine would let the hoist move."""
        snapshot = self.listen()
        return snapshot is not None and snapshot.outputs["H1/permit"]

    def reset(self) -> None:
        """Ask for a reset, as a person does: not more often than twice a second."""
        if time.monotonic() - self._asked_s > 0.5:
            self._asked_s = time.monotonic()
            self.console.send(Reset(time_s=0.0, by="somebody", node=NODE))

    def free(self) -> None:
        """Reset until the permit contact is closed."""

        def once() -> bool:
            view = self.node_view()
            if view is not None and view.latched and not view.fault and self.permit_given():
                self.reset()
            return self.permit_closed()

        wait_for(once, START_S, "the permit contact closing")

    # What the contacts do, seen from outside.

    def permit_closed(self) -> bool:
        assert self.coils is not None
        return self.coils.read()[0]

    def opens_within_s(self, limit_s: float = 5.0) -> float:
        """Seconds from now until the permit contact is open."""
        start_s = time.monotonic()
        while self.permit_closed():
            assert time.monotonic() - start_s < limit_s, "the permit contact stays closed"
        return time.monotonic() - start_s

    def holds(self, closed: bool, for_s: float, meanwhile: Callable[[], object] = lambda: None) -> None:
        """The permit contact stays as it is, while messages are taken in."""
        end_s = time.monotonic() + for_s
        while time.monotonic() < end_s:
            self.listen(0.005)
            meanwhile()
            assert self.permit_closed() is closed, f"permit contact {'opened' if closed else 'closed'} by itself"

    def stays_closed(self, for_s: float) -> None:
        """As ``holds``, on a machine that may be too busy for a moment: then the contact opens, and is freed anew."""
        for attempt in range(4):
            try:
                self.holds(closed=True, for_s=for_s)
            except AssertionError:
                if attempt == 3:
                    raise
                self.free()
            else:
                return
