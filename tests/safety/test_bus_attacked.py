"""The bus when bytes are spoilt, keys change, and somebody floods, stalls or repeats."""

import time
from pathlib import Path

import pytest

from safety.bus import CONSOLE_BURST, EngineBus
from safety.bus_seal import Seal
from safety.bus_wire import PUBLISH_QUEUE, BusPorts, decode_from_engine, encode
from safety.keys import (
    add_party,
    load_identity,
    remove_party,
    rotate_party,
)
from safety.records import (
    Acknowledge,
    Picture,
    Refusal,
)
from tests.benchmarks.faults import Mangle, Proxy, Swapped, flipped
from tests.safety.bus_hall import (
    RESET,
    STATUS,
    Hall,
    collected,
    encode_seal,
    hears,
    joined,
    raw,
    sealed,
    snapshot,
    told,
)
from tests.safety.bus_helpers import LOOPBACK, client, make_site_keys, wait_for


@pytest.mark.parametrize("mangled", [lambda data: [data, data], Swapped(), flipped])
def test_a_node_hears_again_after_bytes_that_mean_nothing(hall: Hall, mangled: Mangle) -> None:
    """Whatever a network did to them: the connection is given up, and a new one comes by itself."""
    proxy = Proxy(hall.bus.ports.command)
    relay = client(BusPorts(hall.bus.ports.publish, proxy.port), hall.keys, "relay", "cabinet-1")
    hall.clients.append(relay)
    try:

        def answered() -> bool:
            before = len(hall.received)
            relay.send(STATUS)
            relay.receive(0.01)
            hall.pump()
            if len(hall.received) > before:
                hall.bus.send("relay", "cabinet-1", Refusal(time_s=0.0, command="", reason="heard"))
            return any(isinstance(m, Refusal) and m.reason == "heard" for m in relay.receive(0.01))

        wait_for(answered, what="the first answer")
        proxy.mangle = mangled
        wait_for(lambda: not any(answered() for _ in range(20)), 8.0, "the node being deaf")
        proxy.mangle = None
        wait_for(answered, 15.0, "an answer again")
    finally:
        proxy.close()


# --- keys that change while it runs --------------------------------------------------------------


def test_a_rotated_key_is_cut_off_and_its_successor_let_in(hall: Hall) -> None:
    console, viewer = joined(hall, "console", "console-1"), joined(hall, "viewer", "viewer")
    assert hears(hall, viewer)
    rotate_party(hall.keys, "viewer", "viewer")
    told(hall, "refused from now on: viewer 'viewer'")
    hall.until(lambda: viewer.state == "refused")
    assert not hears(hall, viewer, 0.7)
    assert "its key is not listed" in hall.reasons()
    assert hears(hall, joined(hall, "viewer", "viewer")), "with the new key"
    assert hears(hall, console), "everybody else dials again by itself"
    console.send(RESET)
    hall.until(lambda: len(hall.received) == 1)


def test_a_removed_console_cannot_command_and_an_added_one_can(hall: Hall) -> None:
    first = joined(hall, "console", "console-1")
    add_party(hall.keys, "console", "console-2")
    told(hall, "refused from now on: nobody")
    second = joined(hall, "console", "console-2")
    remove_party(hall.keys, "console", "console-1")
    told(hall, "refused from now on: console 'console-1'")
    first.send(RESET)
    second.send(Acknowledge(time_s=0.0, by="", alarm="a-1"))
    hall.until(lambda: len(hall.received) == 1)
    assert hall.received[0].name == "console-2"


def test_a_broken_list_changes_nothing(hall: Hall) -> None:
    console = joined(hall, "console", "console-1")
    (hall.keys / "allow.toml").write_text("[[party]]\n")
    told(hall, "the keys of before stay in force: ")
    console.send(RESET)
    hall.until(lambda: len(hall.received) == 1)


# --- nobody holds the engine up -----------------------------------------------------------------


def test_a_slow_subscriber_neither_blocks_nor_grows_the_engine(hall: Hall) -> None:
    slow = joined(hall, "viewer", "viewer", conflate=False)
    quick = joined(hall, "console", "console-1")
    collected(hall, slow, snapshot(0))
    collected(hall, quick, snapshot(0))
    jpeg = bytes(100_000)
    longest_s, newest = 0.0, 0
    for seq in range(1, 1501):  # 150 MB, of which the slow one takes nothing
        start_s = time.monotonic()
        hall.bus.publish(Picture(camera="cam1", time_s=float(seq), scale=0.5, jpeg=jpeg))
        longest_s = max(longest_s, time.monotonic() - start_s)
        for message in quick.receive(0.0):
            newest = int(message.time_s) if isinstance(message, Picture) else newest
    assert longest_s < 1.0
    assert newest > 0
    left = 0
    while got := slow.receive(0.3):
        left += len(got)
    assert left < 2 * PUBLISH_QUEUE + 400, "queues of both ends and the kernel's buffers, not all 1500"


def test_a_flood_of_commands_is_cut_to_what_a_person_gives(hall: Hall) -> None:
    link = raw(hall, load_identity(hall.keys, "console", "console-1"))
    for number in range(900):
        link.send_multipart([encode(RESET), sealed(number + 1)])
    relay = raw(hall, load_identity(hall.keys, "relay", "cabinet-1"))
    relay.send(encode(STATUS))
    hall.until(lambda: hall.bus.counts["bus_limited"] > 700 and any(r.role == "relay" for r in hall.received))
    assert CONSOLE_BURST <= sum(r.role == "console" for r in hall.received) < 2 * CONSOLE_BURST
    assert "console 'console-1' sends more than it may" in hall.reasons()
    link.close()
    relay.close()


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ([encode(RESET)], "it bears no seal"),
        ([encode(RESET), b"something"], "it bears no seal"),
        ([encode(RESET), encode_seal(Seal("run", 1, 0))], "its console had not heard the engine yet"),
        ([encode(RESET), encode_seal(Seal("run", 1, 1))], "it is late: what its console had heard last was"),
        ([encode(RESET), encode_seal(Seal("run", 1, 1 << 62))], "it is late"),
    ],
)
def test_a_command_that_is_not_of_now_is_refused_and_answered(hall: Hall, frames: list[bytes], why: str) -> None:
    link = raw(hall, load_identity(hall.keys, "console", "console-1"))
    link.send_multipart(frames)
    hall.until(lambda: bool(hall.refused))
    assert f"console 'console-1' sent Reset, but {why}" in hall.reasons()
    assert hall.received == []
    answer = decode_from_engine(link.recv())
    assert isinstance(answer, Refusal)
    assert (answer.command, answer.code) == ("Reset", "late")
    link.close()


def test_the_same_command_twice_or_out_of_order_is_carried_out_once(hall: Hall) -> None:
    link = raw(hall, load_identity(hall.keys, "console", "console-1"))
    for number in (5, 5, 4, 6):
        link.send_multipart([encode(RESET), sealed(number)])
    hall.until(lambda: len(hall.received) == 2 and hall.bus.counts["bus_violations"] == 2)
    assert "it has come before, or out of its order" in hall.reasons()
    link.close()


def test_a_console_that_has_heard_nothing_for_long_may_not_command(tmp_path: Path) -> None:
    """It shows a hall of seconds ago; a stopped console process, say, that goes on with what was clicked before."""
    keys = make_site_keys(tmp_path)
    bus = EngineBus(LOOPBACK.model_copy(update={"command_age_s": 0.5}), keys, lambda *_: None)
    hall = Hall(bus, keys, [])
    console = joined(hall, "console", "console-1")
    console.send(RESET)
    hall.until(lambda: len(hall.received) == 1)
    time.sleep(0.7)
    console.send(RESET)
    wait_for(
        lambda: bool(hall.pump() or any(isinstance(m, Refusal) and m.code == "late" for m in console.receive(0.01)))
    )
    assert len(hall.received) == 1
    collected(hall, console, snapshot(2))
    console.send(RESET)
    hall.until(lambda: len(hall.received) == 2)
    console.close()
    bus.close()


def test_answers_to_a_peer_that_is_gone_are_dropped_and_counted(hall: Hall) -> None:
    relay = raw(hall, load_identity(hall.keys, "relay", "cabinet-1"))
    relay.send(encode(STATUS))
    hall.until(lambda: len(hall.received) == 1)
    relay.close()
    refusal = Refusal(time_s=0.0, command="", reason="")
    wait_for(lambda: not hall.bus.send("relay", "cabinet-1", refusal))
    assert hall.bus.counts["bus_unsent"] == 1
