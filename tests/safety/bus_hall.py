"""An engine's bus under test, its peers, and what a test says over it."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import zmq

from safety.bus import BusClient, EngineBus, Received
from safety.bus_seal import Seal
from safety.keys import (
    Identity,
    load_server_key,
)
from safety.records import (
    AlarmTransition,
    Level,
    RelayStatus,
    Reset,
    Situation,
    Snapshot,
)
from tests.safety.bus_helpers import client, wait_for

STATUS = RelayStatus(node="cabinet-1", boot="b", stamp_ns=1, seq=1, commanded={}, contacts={}, latched=True)
RESET = Reset(time_s=1.0, by="somebody", node="cabinet-1")


def snapshot(seq: int) -> Snapshot:
    return Snapshot(
        time_s=seq * 0.1,
        wall_s=0.0,
        seq=seq,
        level=Level.CLEAR,
        people=(),
        paths=(),
        hoists=(),
        hazards=(),
        alarms=(),
        outputs={"H1/permit": True},
        cameras=(),
    )


def transition(seq: int) -> AlarmTransition:
    return AlarmTransition(
        time_s=seq * 0.1,
        alarm=f"a-{seq}",
        event="raised",
        level=Level.DANGER,
        situation=Situation.STRUCK_BY,
        hoist="H1",
        person="P1",
        source=None,
        probability=0.5,
        time_to_contact_s=1.0,
        time_to_last_safe_stop_s=0.1,
        reason="near",
    )


encode_seal = msgspec.msgpack.Encoder().encode


@dataclass
class Hall:
    """An engine's bus under test and everything it reported."""

    bus: EngineBus
    keys: Path
    refused: list[tuple[str, str, str]]
    received: list[Received] = field(default_factory=list)
    clients: list[BusClient] = field(default_factory=list)

    def pump(self) -> None:
        self.received += self.bus.receive(0.005)

    def until(self, condition: Callable[[], bool], limit_s: float = 8.0) -> None:
        def once() -> bool:
            self.pump()
            for peer in self.clients:
                peer.receive(0.0)
            return condition()

        wait_for(once, limit_s)

    def reasons(self) -> str:
        return " | ".join(reason for _, _, reason in self.refused)


def joined(hall: Hall, role: str, name: str, **options: bool) -> BusClient:
    peer = client(hall.bus, hall.keys, role, name, **options)  # type: ignore[arg-type]
    hall.clients.append(peer)
    wait_for(lambda: bool(hall.pump() or peer.receive(0.0) or peer.connected), what=f"{role} connected")
    if role == "console":
        collected(hall, peer, snapshot(0))  # a command of one that has heard nothing is refused
    return peer


def collected(hall: Hall, peer: BusClient, publish: object, enough: int = 1) -> list[object]:
    """Publish again until the subscription, which the engine learns of late, has taken hold."""
    got: list[object] = []

    def once() -> bool:
        hall.bus.publish(publish)  # type: ignore[arg-type]
        got.extend(peer.receive(0.02))
        return len(got) >= enough

    wait_for(once)
    return got


def raw(hall: Hall, identity: Identity | None, kind: int = zmq.DEALER, *, publish: bool = False) -> zmq.Socket[bytes]:
    """A bare socket, with a key pair or with none at all."""
    link = zmq.Context.instance().socket(kind)
    link.setsockopt(zmq.LINGER, 0)
    if identity is not None:
        link.setsockopt(zmq.CURVE_SERVERKEY, load_server_key(hall.keys))
        link.setsockopt(zmq.CURVE_PUBLICKEY, identity.public)
        link.setsockopt(zmq.CURVE_SECRETKEY, identity.secret)
    if kind == zmq.SUB:
        link.setsockopt(zmq.SUBSCRIBE, b"")
    ports = hall.bus.ports
    link.connect(f"tcp://127.0.0.1:{ports.publish if publish else ports.command}")
    return link


def sealed(number: int) -> bytes:
    """The seal of a command that has heard the engine just now."""
    return encode_seal(Seal("run", number, time.monotonic_ns()))


def attempt(link: zmq.Socket[bytes], message: bytes) -> None:
    """Send if it can be sent: libzmq keeps no connection of who was refused, and a send would wait for ever."""
    with suppress(zmq.Again):
        link.send(message, zmq.NOBLOCK)


def hears(hall: Hall, peer: BusClient, within_s: float = 4.0) -> bool:
    """Whether a peer gets what is published from now on."""
    end_s = time.monotonic() + within_s
    peer.receive(0.0)
    while time.monotonic() < end_s:
        hall.pump()
        hall.bus.publish(snapshot(7))
        if snapshot(7) in peer.receive(0.01):
            return True
    return False


def told(hall: Hall, words: str) -> None:
    notices: list[str] = []
    hall.until(lambda: bool(notices.extend(hall.bus.notices()) or words in " | ".join(notices)))
