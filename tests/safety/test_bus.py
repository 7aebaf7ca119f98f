"""The bus on real sockets: who is let in, who may say what, and that nobody can hold the engine up."""

import socket
import threading
import time
from pathlib import Path

import msgspec
import pytest
import zmq

from calibration.errors import BadInput, Unavailable
from calibration.site import Bus
from safety.bus import BusClient, EngineBus, Received
from safety.bus_auth import RefusalLog
from safety.bus_wire import conflate, encode
from safety.keys import (
    Identity,
    add_party,
    load_identity,
    make_keys,
)
from safety.records import (
    Acknowledge,
    Permit,
    Picture,
    Refusal,
    RelayStatus,
    Reset,
    Shelve,
)
from tests.safety.bus_hall import (
    RESET,
    STATUS,
    Hall,
    attempt,
    collected,
    joined,
    raw,
    sealed,
    snapshot,
    transition,
)
from tests.safety.bus_helpers import LOOPBACK, client, make_site_keys, wait_for
from tracking.records import Boxes

# --- the good case ------------------------------------------------------------------------------


def test_console_hears_and_commands(hall: Hall) -> None:
    console = joined(hall, "console", "console-1")
    wait_for(lambda: snapshot(1) in collected(hall, console, snapshot(1)))
    console.send(RESET)
    console.send(Acknowledge(time_s=1.0, by="x", alarm="a-1"))
    console.send(Shelve(time_s=1.0, by="x", alarm="a-1", for_s=60.0, reason="test"))
    hall.until(lambda: len(hall.received) == 3)
    assert {(r.role, r.name) for r in hall.received} == {("console", "console-1")}
    assert hall.received[0].message == Reset(time_s=1.0, by="console-1", node="cabinet-1"), "by is who it proved to be"
    assert hall.bus.send("console", "console-1", Refusal(time_s=2.0, command="Reset", reason="no"))
    wait_for(lambda: Refusal(time_s=2.0, command="Reset", reason="no") in console.receive(0.01))
    assert hall.refused == []


def test_relay_reports_and_gets_its_permit(hall: Hall) -> None:
    assert not hall.bus.send("relay", "cabinet-1", Refusal(time_s=0.0, command="", reason="")), "never heard of it"
    relay = joined(hall, "relay", "cabinet-1")
    relay.send(STATUS)
    relay.receive(0.0)
    hall.until(lambda: len(hall.received) == 1)
    assert hall.received == [Received("relay", "cabinet-1", STATUS)]
    permit = Permit(
        node="cabinet-1", boot="b", engine="e", seq=1, echo_ns=1, validity_ns=2, outputs={"K1": True}, reset=True
    )
    assert hall.bus.send("relay", "cabinet-1", permit)
    wait_for(lambda: relay.receive(0.01) == [permit])
    assert hall.bus.counts["bus_unsent"] == 1


def test_viewer_and_recorder_listen(hall: Hall) -> None:
    viewer = joined(hall, "viewer", "viewer")
    recorder = joined(hall, "recorder", "recorder", conflate=False)
    boxes = Boxes(camera="cam1", time_s=1.0, ready_s=1.0)
    assert boxes in collected(hall, viewer, boxes)
    assert len(collected(hall, recorder, boxes, enough=2)) >= 2
    viewer.send(RESET)
    (answer,) = [m for m in viewer.receive(0.0) if isinstance(m, Refusal)]
    assert answer.reason == "this role may only listen"


def test_topics_can_be_chosen(hall: Hall) -> None:
    peer = BusClient("127.0.0.1", hall.bus.ports, hall.keys, "viewer", "viewer", topics=("Picture/cam2",))
    hall.clients.append(peer)
    got: list[object] = []

    def once() -> bool:
        for name in ("cam1", "cam2"):
            hall.bus.publish(Picture(camera=name, time_s=1.0, scale=0.5, jpeg=b"x"))
        hall.bus.publish(snapshot(1))
        got.extend(peer.receive(0.02))
        return bool(got)

    wait_for(once)
    assert {m.camera for m in got if isinstance(m, Picture)} == {"cam2"}
    assert all(isinstance(m, Picture) for m in got)


def test_conflation_keeps_every_transition_and_the_newest_of_the_rest() -> None:
    first, second = Boxes(camera="a", time_s=1.0, ready_s=1.0), Boxes(camera="a", time_s=2.0, ready_s=2.0)
    other = Boxes(camera="b", time_s=1.0, ready_s=1.0)
    messages = [snapshot(1), transition(1), first, other, second, transition(2), snapshot(2)]
    assert conflate(messages) == [transition(1), other, second, transition(2), snapshot(2)]


# --- who is let in ------------------------------------------------------------------------------


def test_an_unlisted_key_moves_nothing_and_is_logged(hall: Hall) -> None:
    public, secret = zmq.curve_keypair()
    stranger = Identity("console", "console-1", public, secret)
    command, listen = raw(hall, stranger), raw(hall, stranger, zmq.SUB, publish=True)
    attempt(command, encode(RESET))
    hall.until(lambda: len(hall.refused) >= 2)
    hall.bus.publish(snapshot(1))
    assert not listen.poll(200)
    hall.pump()
    assert hall.received == []
    assert {r[0] for r in hall.refused} == {"127.0.0.1"}
    assert "its key is not listed (command port)" in hall.reasons()
    assert "its key is not listed (publish port)" in hall.reasons()
    assert secret.decode() not in repr(hall.refused)
    command.close()
    listen.close()


def test_no_key_at_all_moves_nothing_and_is_logged(hall: Hall) -> None:
    bare = raw(hall, None)
    attempt(bare, encode(RESET))
    hall.until(lambda: "does not speak CURVE" in hall.reasons())
    assert hall.received == []
    bare.close()


def test_a_viewer_is_refused_at_the_command_port(hall: Hall) -> None:
    viewer = raw(hall, load_identity(hall.keys, "viewer", "viewer"))
    attempt(viewer, encode(RESET))
    hall.until(lambda: bool(hall.refused))
    assert hall.refused[0][2] == "viewer 'viewer' may not use the command port"
    relay = raw(hall, load_identity(hall.keys, "relay", "cabinet-1"), zmq.SUB, publish=True)
    hall.until(lambda: "relay 'cabinet-1' may not use the publish port" in hall.reasons())
    assert hall.received == []
    viewer.close()
    relay.close()


def test_no_one_is_let_in_while_nobody_checks(hall: Hall) -> None:
    """The authenticator gone, libzmq would by default admit everyone."""
    hall.bus._gatekeeper.stop()
    relay = raw(hall, load_identity(hall.keys, "relay", "cabinet-1"))
    attempt(relay, encode(STATUS))
    for _ in range(40):
        hall.pump()
    assert hall.received == []
    relay.close()


def test_the_client_knows_that_it_is_refused_and_tries_on(hall: Hall, tmp_path: Path) -> None:
    add_party(hall.keys, "console", "console-2")
    late = client(hall.bus, hall.keys, "console", "console-2")
    hall.clients.append(late)
    hall.until(lambda: late.state == "refused")
    assert not late.connected
    assert late.reason == "the engine does not admit this key here"
    ports = hall.bus.ports
    hall.bus.close()
    hall.bus = EngineBus(
        Bus(publish_port=ports.publish, command_port=ports.command), hall.keys, lambda *row: hall.refused.append(row)
    )
    hall.until(lambda: late.connected)


def test_the_client_knows_a_wrong_engine_key(hall: Hall, tmp_path: Path) -> None:
    from tests.safety.test_keys import SITE

    other = tmp_path / "other"
    make_keys(other, SITE)
    stranger = client(hall.bus, other, "console", "console-1")
    hall.clients.append(stranger)
    hall.until(lambda: stranger.state == "refused")
    assert "engine.pub" in stranger.reason
    assert "another engine's key" in hall.reasons()


def test_the_client_without_an_engine_connects_when_one_comes(tmp_path: Path) -> None:
    keys = make_site_keys(tmp_path)
    first = EngineBus(LOOPBACK, keys, lambda *_: None)
    ports = first.ports
    first.close()
    peer = client(ports, keys, "console", "console-1")
    peer.send(RESET)
    (answer,) = [m for m in peer.receive(0.2) if isinstance(m, Refusal)]
    assert (answer.command, answer.reason) == ("Reset", "not connected to the engine")
    wait_for(lambda: bool(peer.receive(0.01) or peer.reason))
    assert (peer.state, peer.reason) == ("connecting", "the engine does not answer")
    second = EngineBus(Bus(publish_port=ports.publish, command_port=ports.command), keys, lambda *_: None)
    hall = Hall(second, keys, [], clients=[peer])
    hall.until(lambda: peer.connected)
    assert hall.received == [], "a command given while there was no engine is not carried out later"
    second.close()
    wait_for(lambda: bool(peer.receive(0.01) or not peer.connected))
    peer.close()


# --- who may say what ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "name", "message", "expected"),
    [
        ("relay", "cabinet-1", RESET, "relay 'cabinet-1' sent Reset, which only a console may send"),
        ("console", "console-1", STATUS, "console 'console-1' sent RelayStatus, which only a relay node may send"),
        (
            "relay",
            "cabinet-1",
            msgspec.structs.replace(STATUS, node="cabinet-2"),
            "relay 'cabinet-1' sent RelayStatus of node 'cabinet-2', expected its own",
        ),
    ],
)
def test_a_message_beyond_the_role_is_refused_and_logged(
    hall: Hall, role: str, name: str, message: RelayStatus | Reset, expected: str
) -> None:
    joined(hall, role, name).send(message)
    hall.until(lambda: bool(hall.refused))
    address, finger, reason = hall.refused[0]
    assert (address, len(finger), reason) == ("127.0.0.1", 16, expected)
    assert hall.received == []
    assert hall.bus.counts["bus_violations"] == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        b"not msgpack",
        b"\x91" * 30_000,
        msgspec.msgpack.encode({"type": "Reset", "time_s": 1.0, "by": b"\xff", "node": "n"}),
        msgspec.msgpack.encode({"type": "Reset", "time_s": 1.0, "by": "x", "node": "n", "more": 1}),
        msgspec.msgpack.encode({"type": "Nothing"}),
        encode(snapshot(1)),
        encode(Shelve(time_s=1.0, by="x", alarm="a", for_s=float("nan"), reason="")),
        encode(Acknowledge(time_s=float("inf"), by="x", alarm="a")),
    ],
)
def test_what_cannot_be_decoded_is_counted(hall: Hall, payload: bytes) -> None:
    link = raw(hall, load_identity(hall.keys, "console", "console-1"))
    link.send(payload)
    link.send_multipart([b"", encode(RESET)])
    link.send_multipart([encode(RESET), sealed(1), b"more"])
    link.send_multipart([encode(RESET), sealed(2)])
    hall.until(lambda: len(hall.received) == 1)
    assert hall.bus.counts["bus_undecodable"] == 3
    assert "console 'console-1' sent a message that cannot be decoded" in hall.reasons()
    link.close()


def test_a_message_too_large_ends_its_connection_only(hall: Hall) -> None:
    link = raw(hall, load_identity(hall.keys, "relay", "cabinet-1"))
    link.send(bytes(200_000))
    console = joined(hall, "console", "console-1")
    console.send(RESET)
    hall.until(lambda: len(hall.received) == 1)
    assert hall.bus.counts["bus_undecodable"] == 0
    link.close()


def test_receive_waits_and_wakes(hall: Hall) -> None:
    start_s = time.monotonic()
    threading.Timer(0.1, hall.bus.wake).start()
    assert hall.bus.receive(5.0) == []
    assert 0.05 < time.monotonic() - start_s < 3.0
    assert hall.bus.receive(0.05) == [], "one wake wakes once"
    peer = joined(hall, "console", "console-1")
    threading.Timer(0.1, lambda: peer.send(RESET)).start()
    start_s = time.monotonic()
    peer.receive(5.0)
    assert time.monotonic() - start_s < 3.0


# --- ports --------------------------------------------------------------------------------------


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    keys = make_site_keys(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for table in ({"publish_port": port, "command_port": 0}, {"publish_port": 0, "command_port": port}):
            name = next(key for key, value in table.items() if value)
            with pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{port} is taken .*\[bus\] {name}"):
                EngineBus(Bus.model_validate(table), keys, lambda *_: None)


def test_hosts_that_are_not_this_machine(tmp_path: Path) -> None:
    keys = make_site_keys(tmp_path)
    with pytest.raises(Unavailable, match="cannot be bound"):
        EngineBus(Bus(host="192.0.2.1", publish_port=0, command_port=0), keys, lambda *_: None)
    with pytest.raises(Unavailable, match="cannot be resolved"):
        EngineBus(Bus(host="no such host", publish_port=0, command_port=0), keys, lambda *_: None)
    bus = EngineBus(Bus(host="localhost", publish_port=0, command_port=0), keys, lambda *_: None)
    bus.close()
    bus.close()


def test_an_engine_without_keys(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"engine\.key: no such key file"):
        EngineBus(LOOPBACK, tmp_path, lambda *_: None)


def test_repeated_refusals_are_told_once_in_a_while() -> None:
    log = RefusalLog()
    for _ in range(5):
        log.note("a", b"k", "why")
    assert len(log.drain(0.0)) == 1
    log.note("a", b"k", "why")
    log.note("a", b"other", "why")
    assert [r.reason for r in log.drain(5.0)] == ["why"]
    log.note("a", b"k", "why")
    assert [r.reason for r in log.drain(11.0)] == ["why (and 5 times more since it was last reported)"]
    assert log.count == 8
