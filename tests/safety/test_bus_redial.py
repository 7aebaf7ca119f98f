"""A client of the bus that read bytes which mean nothing dials again: libzmq alone never would."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from calibration.site import Bus
from safety import bus_client
from safety.bus import EngineBus
from safety.bus_client import BusClient, BusPorts
from safety.records import RelayStatus
from tests.safety.bus_helpers import free_port, make_site_keys, wait_for

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
