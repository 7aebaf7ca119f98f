"""A client that read bytes of no meaning, or hears nothing any more, dials again; and an engine outlives it all."""

from __future__ import annotations

import itertools
import socket
import time
from pathlib import Path

import msgspec
import pytest

from calibration.site import Bus
from safety import bus_client
from safety.bus import EngineBus
from safety.bus_client import BusClient, BusPorts
from safety.records import Refusal, RelayStatus
from tests.benchmarks.faults import Proxy
from tests.safety.bus_helpers import LOOPBACK, free_port, make_site_keys, process, site_text, wait_for

STATUS = RelayStatus(node="cabinet-1", boot="b", stamp_ns=1, seq=1, commanded={}, contacts={}, latched=True)
GREETING = b"\xff" + bytes(7) + b"\x01\x7f\x03\x01" + b"CURVE".ljust(20, b"\0") + b"\x01" + bytes(31)
READ = {
    "no greeting": b"\x05\x00hello",
    "zeros": bytes(64),
    "a greeting of before": GREETING[:10] + b"\x00" + bytes(40),
    "noise after the greeting": GREETING + b"\xff" * 64,
    "another mechanism": GREETING.replace(b"CURVE", b"NULL\0"),
}


@pytest.mark.parametrize("data", READ.values(), ids=READ.keys())
def test_a_node_that_read_bytes_of_no_meaning_finds_its_engine_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(bus_client, "REDIAL_S", 0.2)
    keys, port = make_site_keys(tmp_path), free_port()
    with socket.create_server(("127.0.0.1", port)) as other:
        other.settimeout(5.0)
        node = BusClient("127.0.0.1", BusPorts(free_port(), port), keys, "relay", "cabinet-1")
        link, _ = other.accept()
        link.sendall(data)

        def dropped() -> bool:
            node.receive(0.01)
            link.settimeout(0.01)
            try:
                return not link.recv(4096)
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        wait_for(dropped, what="the node letting go")
        link.close()
    bus = EngineBus(Bus(publish_port=0, command_port=port), keys, lambda *_: None)
    try:

        def heard() -> bool:
            node.send(STATUS)
            node.receive(0.01)
            return bool(bus.receive(0.01))

        wait_for(heard, 5.0, "a status at the engine")
        assert node.connected
        assert node.reason == ""
    finally:
        node.close()
        bus.close()


def test_bytes_that_are_lost_on_the_way_make_the_node_dial_anew(tmp_path: Path) -> None:
    """The connection stays open, but what comes after a gap cannot be read: only the silence tells."""
    keys = make_site_keys(tmp_path)
    bus = EngineBus(LOOPBACK, keys, lambda *_: None)
    proxy = Proxy(bus.ports.command)
    node = BusClient("127.0.0.1", BusPorts(bus.ports.publish, proxy.port), keys, "relay", "cabinet-1")
    try:

        def answered() -> bool:
            node.send(STATUS)
            for entry in bus.receive(0.01):
                bus.send("relay", entry.name, Refusal(time_s=0.0, command="", reason="heard"))
            return bool(node.receive(0.01))

        wait_for(answered, what="an answer")
        first = True

        def half(data: bytes) -> list[bytes]:
            nonlocal first
            piece, first = (data[: len(data) // 2] if first else b""), False
            return [piece]

        proxy.mangle = half
        wait_for(lambda: not any(answered() for _ in range(10)), what="the silence")
        proxy.mangle = None
        began_s = time.monotonic()
        wait_for(answered, bus_client.SILENT_S + 3.0, "an answer again")
        assert time.monotonic() - began_s < bus_client.SILENT_S + 2.0
    finally:
        node.close()
        proxy.close()
        bus.close()


def test_an_engine_outlives_peers_whose_bytes_come_twice(tmp_path: Path) -> None:
    """As a process, since libzmq ends it by an assertion where it fails; ZMTP's heartbeats made it."""
    keys = make_site_keys(tmp_path)
    ports = BusPorts(free_port(), free_port())
    (tmp_path / "site.toml").write_text(site_text(ports))
    proxy = Proxy(ports.command)
    with process("-m", "tests.safety.mini_engine", tmp_path / "site.toml") as engine:
        node = BusClient("127.0.0.1", BusPorts(ports.publish, proxy.port), keys, "relay", "cabinet-1")

        number = itertools.count(1)

        def answered() -> bool:
            node.send(msgspec.structs.replace(STATUS, seq=next(number)))
            return bool(node.receive(0.02))

        wait_for(answered, 20.0, "the engine")
        for _ in range(3):
            proxy.mangle = lambda data: [data, data]
            end_s = time.monotonic() + 1.2
            while time.monotonic() < end_s:
                answered()
            proxy.clear()
            wait_for(answered, what="a permit again")
        assert engine.poll() is None
        node.close()
    proxy.close()
