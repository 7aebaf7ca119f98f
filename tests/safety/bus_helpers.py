"""A small site, its keys, and waiting: shared by the tests of bus, relay node and engine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pymodbus.client import ModbusTcpClient

from calibration.site import Bus, Site
from safety.bus import BusPorts, EngineBus
from safety.bus_client import BusClient
from safety.keys import Role, make_keys

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = Bus(publish_port=0, command_port=0)

SITE_TOML = """
[site]
name = "Hall"
boundary_m = [[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]]

[[hoist]]
name = "H1"
kind = "monorail"
travel_m = [[1.0, 1.0], [8.0, 1.0]]
beam_height_m = 6.0
hook_height_m = [0.3, 5.0]
travel_speed_mps = [0.1, 0.5]
hoist_speed_mps = [0.03, 0.1]
deceleration_mps2 = 0.3
load_radius_m = 0.5
load_height_m = 0.8

[[relay]]
name = "cabinet-1"
driver = "{driver}"
address = "{address}"
outputs = {{ K1 = ["H1", "permit"], K2 = ["H1", "slow"], S1 = ["hall", "danger"] }}

[bus]
publish_port = {publish_port}
command_port = {command_port}
"""


def site_text(ports: BusPorts | None = None, *, driver: str = "simulated", address: str = "127.0.0.1:502") -> str:
    ports = ports or BusPorts(5570, 5571)
    return SITE_TOML.format(driver=driver, address=address, publish_port=ports.publish, command_port=ports.command)


def make_site_keys(folder: Path) -> Path:
    """The key folder of the small site, made beside it."""
    make_keys(folder / "keys", Site.model_validate(tomllib.loads(site_text())))
    return folder / "keys"


def wait_for(condition: Callable[[], bool], limit_s: float = 8.0, what: str = "the condition") -> None:
    """Poll until true; fails the test when the time is over."""
    end_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end_s, f"{what} did not come true within {limit_s} s"
        time.sleep(0.005)


def client(engine: EngineBus | BusPorts, folder: Path, role: Role, name: str, **options: bool) -> BusClient:
    ports = engine if isinstance(engine, BusPorts) else engine.ports
    return BusClient("127.0.0.1", ports, folder, role, name, **options)


@contextmanager
def process(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A Python process run from the project root; continued and killed at the end, whatever its state."""
    child = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGCONT)
            child.kill()
        child.communicate()


def free_port() -> int:
    """A port that was free a moment ago, for servers that cannot be told to choose one themselves."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Coils:
    """An observer of a Modbus server, apart from the node's own connection."""

    def __init__(self, port: int) -> None:
        self._client = ModbusTcpClient("127.0.0.1", port=port, timeout=1.0, retries=0)
        wait_for(self._client.connect, what="the Modbus server")

    def read(self, count: int = 3) -> list[bool]:
        answer = self._client.read_coils(0, count=count, device_id=1)
        assert not answer.isError(), answer
        return [bool(bit) for bit in answer.bits[:count]]

    def write(self, number: int, on: bool) -> None:
        assert not self._client.write_coil(number, on, device_id=1).isError()

    def close(self) -> None:
        self._client.close()
