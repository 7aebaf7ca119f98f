"""What travels on the bus and how: topics, encoding, ports, and the socket options of both ends."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import zmq

from calibration.errors import Unavailable
from safety.annunciator.records import SoundTest
from safety.detect_records import AskTime, Detected, DetectedPicture, DetectStatus, numbers_of
from safety.health_records import EngineHealth
from safety.records import (
    AlarmTransition,
    FromPeer,
    Permit,
    Published,
    Refusal,
    Snapshot,
    ToPeer,
)
from safety.site_records import SiteNews
from safety.word_records import Verdict
from tracking.records import Boxes

PUBLISH_QUEUE = 256
"""Messages kept for one slow subscriber, then further ones are dropped for it: about 5 s of a busy site."""
COMMAND_QUEUE = 64
COMMAND_BYTES_MAX = 65_536
PUBLISHED_BYTES_MAX = 16_777_216
KEEPALIVE_S = 1

_encoder = msgspec.msgpack.Encoder()
_from_peer: msgspec.msgpack.Decoder[FromPeer] = msgspec.msgpack.Decoder(FromPeer)
_from_engine: msgspec.msgpack.Decoder[Published | ToPeer] = msgspec.msgpack.Decoder(Published | ToPeer)


@dataclass(frozen=True, slots=True)
class BusPorts:
    """TCP ports of one engine."""

    publish: int
    command: int


def topic(message: Published) -> bytes:
    """First frame of a published message: the class name, with the camera's name after it where there is one."""
    name = type(message).__name__
    if isinstance(message, Snapshot | AlarmTransition | EngineHealth | SiteNews | Verdict):
        return name.encode()
    return f"{name}/{message.camera}".encode()


def encode(message: Published | FromPeer | ToPeer) -> bytes:
    return _encoder.encode(message)


def decode_from_peer(payload: bytes) -> FromPeer | None:
    """A command or status; None where it is not one, or holds a number that is not finite."""
    try:
        message = _from_peer.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return message if all(math.isfinite(number) for number in _numbers(message)) else None


def decode_from_engine(payload: bytes) -> Published | ToPeer | None:
    """A message of the engine; None where it is not one."""
    try:
        return _from_engine.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _numbers(message: FromPeer) -> Iterable[float]:
    if isinstance(message, DetectStatus | Detected | DetectedPicture):
        return numbers_of(message)
    return (value for value in msgspec.structs.astuple(message) if isinstance(value, float))


def conflate(messages: list[Published | ToPeer]) -> list[Published | ToPeer]:
    """Leave the newest snapshot and health, and the newest boxes and picture of each camera; all else in its order."""
    newest: dict[tuple[str, str], int] = {}
    for index, message in enumerate(messages):
        if (key := _replaces(message)) is not None:
            newest[key] = index
    kept = set(newest.values())
    return [m for i, m in enumerate(messages) if i in kept or _replaces(m) is None]


def _replaces(message: Published | ToPeer) -> tuple[str, str] | None:
    match message:
        case AlarmTransition() | Verdict() | Permit() | Refusal() | SoundTest() | AskTime():
            return None
        case Snapshot() | EngineHealth() | SiteNews():
            return (type(message).__name__, "")
        case _:
            return ("Boxes" if isinstance(message, Boxes) else "Picture", message.camera)


def endpoint(host: str, port: int, key: str = "host") -> str:
    """``tcp://ADDRESS:PORT`` of a host name or address.

    Raises:
        Unavailable: the name does not resolve.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable(f"[bus] {key}: {host!r} cannot be resolved, expected a host name or address") from None
    family, address = min((row[0], row[4][0]) for row in found)  # IPv4 before IPv6
    return f"tcp://[{address}]:{port}" if family == socket.AF_INET6 else f"tcp://{address}:{port}"


def is_ipv6(address: str) -> bool:
    """Whether an ``endpoint`` is one; IPv4 peers of an IPv6 socket would show in mapped notation."""
    return address.startswith("tcp://[")


def common_options(link: zmq.Socket[bytes], bytes_max: int) -> None:
    """What every socket of the bus needs, before it binds or connects.

    No message outlives its socket, a dead machine is noticed in three seconds, and no message may be
    larger than the largest that is meant to come. ZMTP's own heartbeats stay off: with them libzmq 4.3 ends the whole
    process by an assertion when a peer is lost while its input waits (zeromq/libzmq issues 3937, 4767, 4841).
    """
    link.setsockopt(zmq.LINGER, 0)
    link.setsockopt(zmq.MAXMSGSIZE, bytes_max)
    link.setsockopt(zmq.TCP_KEEPALIVE, 1)
    link.setsockopt(zmq.TCP_KEEPALIVE_IDLE, KEEPALIVE_S)
    link.setsockopt(zmq.TCP_KEEPALIVE_INTVL, KEEPALIVE_S)
    link.setsockopt(zmq.TCP_KEEPALIVE_CNT, 2)
    link.setsockopt(zmq.TCP_MAXRT, 1_000 * 3 * KEEPALIVE_S)
    link.setsockopt(zmq.HANDSHAKE_IVL, 5_000)
