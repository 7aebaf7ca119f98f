"""Ten thousand messages that mean nothing, to a running engine: it decides on, the contact stays, nothing changes."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
import zmq

from calibration.site_file import site_text
from safety.audit import AuditLog
from safety.bus_seal import Seal
from safety.bus_wire import COMMAND_BYTES_MAX, decode_from_engine, decode_from_peer, encode
from safety.keys import Role, load_identity, load_server_key
from safety.output_records import Bypass, ProofTest
from safety.records import Acknowledge, FromPeer, RelayStatus, Reset, Shelve, SignIn
from safety.word_records import Access, HandOver, Verdict
from tests.live_chain import NODE, START_S, Chain, resting_hoist
from tests.safety.bus_helpers import wait_for
from tests.worlds import bridge, hall

COUNT = 12_000
SOUND: tuple[FromPeer, ...] = (
    Acknowledge(time_s=1.0, by="x", alarm="a-1"),
    Shelve(time_s=1.0, by="x", alarm="a-1", for_s=60.0, reason="r"),
    Reset(time_s=1.0, by="x", node=NODE),
    Bypass(time_s=1.0, by="x", node=NODE, contact="permit", for_s=60.0, reason="r"),
    ProofTest(time_s=1.0, by="x", node=NODE),
    SignIn(time_s=1.0, by="x", user="kim", password="heron"),
    Verdict(time_s=1.0, by="x", alarm="a-1", raised_wall_s=1.0, verdict="true"),
    HandOver(time_s=1.0, by="x", text="t"),
    Access(time_s=1.0, by="x", id="1", purpose="look", from_wall_s=1.0, to_wall_s=2.0),
    RelayStatus(node=NODE, boot="1", seq=1, stamp_ns=1, commanded={}, contacts={}, latched=False),
)
"""What the engine would take in; each is spoilt before it goes."""


def spoilt(draw: random.Random) -> bytes:
    """Bytes that are no command: random, cut, with bits flipped or bytes put in, nested deep, or of other types."""
    data = bytearray(encode(draw.choice(SOUND)))
    match draw.randrange(7):
        case 0:
            return draw.randbytes(draw.randrange(0, 300))
        case 1:
            return bytes(data[: draw.randrange(len(data))])
        case 2:
            for _ in range(draw.randrange(1, 9)):
                data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        case 3:
            place = draw.randrange(len(data))
            data[place:place] = draw.randbytes(draw.randrange(1, 40))
        case 4:
            return bytes([draw.choice((0x91, 0x81, 0xDF, 0xDD))]) * draw.randrange(1, 4000)
        case 5:
            return msgspec.msgpack.encode({"type": "Reset", "time_s": float("nan"), "by": "x", "node": NODE})
        case _:
            made = msgspec.msgpack.decode(bytes(data))
            key = draw.choice(sorted(made))
            made[key] = draw.choice((None, [], {}, -1, 1 << 60, float("inf"), "\x00" * 50, b"\xff"))
            return msgspec.msgpack.encode(made)
    return bytes(data)


def test_no_parser_of_the_bus_ends_by_what_it_reads() -> None:
    draw = random.Random(7)
    taken = 0
    for _ in range(40_000):
        data = spoilt(draw)
        taken += decode_from_peer(data) is not None
        decode_from_engine(data)
    # A flipped bit within a name leaves a command: those are for roles and seals to refuse.
    assert taken < 12_000


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("bad")
    site = hall(cameras=0, hoists=[bridge()])
    recording = resting_hoist(folder / "rest.mcap", site_text(site))
    with Chain(folder, site, "--playback", recording) as chain:
        wait_for(chain.permit_given, START_S, "the engine's permit")
        chain.free()
        yield chain


def link_of(chain: Chain, role: Role, name: str) -> zmq.Socket[bytes]:
    keys = chain.folder / "keys"
    identity = load_identity(keys, role, name)
    link: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
    link.setsockopt(zmq.LINGER, 0)
    link.setsockopt(zmq.SNDHWM, 0)
    link.setsockopt(zmq.CURVE_SERVERKEY, load_server_key(keys))
    link.setsockopt(zmq.CURVE_PUBLICKEY, identity.public)
    link.setsockopt(zmq.CURVE_SECRETKEY, identity.secret)
    link.connect(f"tcp://127.0.0.1:{chain.site.bus.command_port}")
    return link


def frames(draw: random.Random, number: int) -> list[bytes]:
    """A message with a seal that is spoilt or of long ago, or of some other number of frames."""
    old = msgspec.msgpack.encode(Seal("run", number, 1))
    seal = draw.choice((old, b"", draw.randbytes(20), old[:-2]))
    rest = [draw.randbytes(draw.randrange(30)) for _ in range(draw.choice((0, 0, 0, 1, 4)))]
    return [spoilt(draw), *([seal] if draw.random() < 0.8 else []), *rest]


def garbage(port: int, draw: random.Random) -> None:
    """Bytes that are no ZMTP, over plain TCP."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0) as link:
        link.sendall(draw.randbytes(draw.randrange(1, 2000)))


def test_the_engine_decides_on_and_nothing_is_changed(chain: Chain) -> None:
    draw = random.Random(11)
    link = link_of(chain, "console", "console-1")
    before = chain.listen()
    assert before is not None
    engine = chain.process("engine").pid
    try:
        for number in range(COUNT):
            assert link.poll(5000, zmq.POLLOUT), f"the engine takes nothing more after {number} messages"
            link.send_multipart(frames(draw, number), zmq.NOBLOCK)
            if number % 400 == 0:
                garbage(chain.site.bus.command_port, draw)
                garbage(chain.site.bus.publish_port, draw)
                chain.listen(0.05)
                assert chain.permit_closed(), f"the contact opened after {number} messages"
        link.send(b"\xc0" * (COMMAND_BYTES_MAX + 1), zmq.NOBLOCK)  # ends the connection of whoever sends such
        time.sleep(0.5)
        chain.stays_closed(2.0)
    finally:
        link.close()
    after = chain.listen()
    assert after is not None
    assert chain.process("engine").pid == engine
    assert chain.process("engine").poll() is None
    assert after.seq > before.seq
    assert after.outputs == before.outputs
    assert [a.id for a in after.alarms] == [a.id for a in before.alarms]
    counts = {name: after.counts.get(name, 0) - before.counts.get(name, 0) for name in after.counts}
    told = sum(counts.get(f"bus_{why}", 0) for why in ("undecodable", "violations", "limited", "refused"))
    assert told >= COUNT * 0.95, f"what was refused is counted: {counts}"
    assert "Traceback" not in chain.log("engine")
    with AuditLog(chain.records / "audit.sqlite", read_only=True) as log:
        assert log.verify().sound
        done = {row.what for row in log.rows()}
    assert not done & {"acknowledge", "shelve", "bypass", "prooftest", "verdict", "handover", "access"}


def test_a_command_is_carried_out_as_before(chain: Chain) -> None:
    with suppress(Exception):
        chain.console.close()
    chain.listen_anew()
    wait_for(lambda: chain.listen() is not None, 5.0, "snapshots")
    chain.console.send(HandOver(time_s=0.0, by="x", text="all well"))

    def kept() -> bool:
        chain.listen()
        with AuditLog(chain.records / "audit.sqlite", read_only=True) as log:
            return any("all well" in row.detail for row in log.rows_of("handover"))

    wait_for(kept, 5.0, "the note in the log")


def test_files_that_are_none_end_with_one_sentence(tmp_path: Path) -> None:
    """Every parser of a file, on spoilt beginnings of real ones."""
    from calibration.errors import HoistwatchError
    from calibration.site_file import load_site
    from recordings.sample_files import sample_path
    from recordings.store import Recording

    draw = random.Random(3)
    site = site_text(hall(cameras=2, hoists=[bridge()])).encode()
    sample = sample_path("swing").read_bytes()[:60_000]

    def read_recording(path: Path) -> None:
        for _ in Recording(path).timed_events():
            pass

    for name, whole, read, tries in (
        ("site.toml", site, load_site, 400),
        ("day.mcap", sample, read_recording, 150),
    ):
        path = tmp_path / name
        for _ in range(tries):
            data = bytearray(whole[: draw.randrange(1, len(whole))] if draw.random() < 0.5 else whole)
            for _ in range(draw.randrange(0, 12)):
                data[draw.randrange(len(data))] = draw.randrange(256)
            path.write_bytes(data)
            with suppress(HoistwatchError):  # anything else fails the test
                read(path)
