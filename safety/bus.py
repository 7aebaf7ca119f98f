"""The engine's end of the bus: decisions go out to all who may hear, commands come in from those who may give them.

There is no broker. The engine binds two sockets, both under CURVE with a list of admitted keys:
PUB for what it publishes and ROUTER for commands, relay reports and permits. Nothing that a peer
does or fails to do blocks the engine, raises into it, or makes it grow: queues are bounded, messages
are limited in size, and what cannot be sent is dropped and counted.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import msgspec
import zmq
from zmq.utils.monitor import recv_monitor_message

from calibration.errors import BadInput, Unavailable
from calibration.site import Bus
from safety.bus_auth import COMMAND, MAY_CONNECT, PUBLISH, Gatekeeper, OnRefused, RefusalLog, violation
from safety.bus_client import BusClient
from safety.bus_seal import RateLimit, SealBook, stamp
from safety.bus_wire import (
    COMMAND_BYTES_MAX,
    COMMAND_QUEUE,
    PUBLISH_QUEUE,
    BusPorts,
    common_options,
    decode_from_peer,
    encode,
    endpoint,
    is_ipv6,
    topic,
)
from safety.file_watch import FileWatch
from safety.keys import ALLOW_FILE, Identity, Party, Role, load_allow, load_identity
from safety.records import FromPeer, Published, Refusal, Snapshot, ToPeer, Unsealed

__all__ = ["BusClient", "BusPorts", "EngineBus", "Received"]

CONSOLE_HZ, CONSOLE_BURST = 10.0, 60
"""More commands than a person gives; all alarms of a full list acknowledged at once are within it."""
RELAY_HZ, RELAY_BURST = 200.0, 400
DETECTOR_HZ, DETECTOR_BURST = 600.0, 1200
"""Sixteen cameras of 30 Hz, with what is told of them."""
KEYS_LOOK_S = 1.0
_BATCH = 512
"""Messages taken in by one call, so that a flood cannot hold the engine's tick."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message, and who sent it as the handshake proved. ``by`` in the message is that name."""

    role: Role
    name: str
    message: FromPeer


class EngineBus:
    """Both sockets of the engine. One thread calls everything but ``wake``.

    Args:
        site_bus: the site's ``[bus]`` table. Port 0 takes a free port, see ``ports``.
        folder: the key folder.
        on_refused: called within ``receive`` for every connection or message that was turned away.
        assigned: the cameras of each detect node; it may tell of no others.

    Raises:
        BadInput: keys missing or malformed.
        Unavailable: a port is taken, or the host is none of this machine's.
    """

    def __init__(
        self,
        site_bus: Bus,
        folder: Path,
        on_refused: OnRefused,
        assigned: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> None:
        identity = load_identity(folder, "engine", "engine")
        allow = load_allow(folder)
        self._on_refused = on_refused
        self._assigned = assigned
        self._refusals = RefusalLog()
        self._undecodable = 0
        self._violations = 0
        self._unsent = 0
        self._limited = 0
        self._seals = SealBook(site_bus.command_age_s)
        self._limits = {
            "console": RateLimit(CONSOLE_HZ, CONSOLE_BURST),
            "relay": RateLimit(RELAY_HZ, RELAY_BURST),
            "annunciator": RateLimit(CONSOLE_HZ, CONSOLE_BURST),
            "detector": RateLimit(DETECTOR_HZ, DETECTOR_BURST),
        }
        self._routes: dict[tuple[Role, str], bytes] = {}
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._gatekeeper = Gatekeeper(self._context, allow, self._refusals)
        self._allow_file = FileWatch(folder / ALLOW_FILE)
        self._looked_s = time.monotonic()
        self._notices: list[str] = []
        self._identity, self._host = identity, site_bus.host
        self._reopening = False
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._sockets: list[zmq.Socket[bytes]] = []
        self._monitors: dict[zmq.Socket[bytes], str] = {}
        self._monitor_of: dict[zmq.Socket[bytes], zmq.Socket[bytes]] = {}
        self._closed = False
        self._gatekeeper.start()
        try:
            self._publisher = self._bind(zmq.PUB, PUBLISH, identity)
            publish = self._listen(self._publisher, site_bus.host, site_bus.publish_port, PUBLISH)
            self._router = self._bind(zmq.ROUTER, COMMAND, identity)
            command = self._listen(self._router, site_bus.host, site_bus.command_port, COMMAND)
        except Unavailable:
            self.close()
            raise
        self.ports = BusPorts(publish, command)
        self._poller = zmq.Poller()
        self._poller.register(self._router, zmq.POLLIN)
        self._poller.register(self._wake_out, zmq.POLLIN)

    @property
    def counts(self) -> dict[str, int]:
        """Since the start: connections and messages refused, messages malformed, not permitted or late, answers unsent,
        messages above the rate that a party may send."""
        return {
            "bus_refused": self._refusals.count,
            "bus_undecodable": self._undecodable,
            "bus_violations": self._violations,
            "bus_unsent": self._unsent,
            "bus_limited": self._limited,
        }

    def publish(self, message: Published) -> None:
        """Send to every subscriber that has room; for one that has not, the message is lost. Never blocks."""
        try:
            frames = [topic(message), encode(message)]
            if isinstance(message, Snapshot):
                frames.append(stamp(time.monotonic_ns()))
            self._publisher.send_multipart(frames, zmq.NOBLOCK)
        except zmq.ZMQError:
            self._unsent += 1

    def send(self, role: Role, name: str, message: ToPeer) -> bool:
        """Send to one party that has written before. False, and counted, where it is gone or full. Never blocks."""
        route = self._routes.get((role, name))
        if route is not None:
            with suppress(zmq.ZMQError):
                self._router.send_multipart((route, encode(message)), zmq.NOBLOCK)
                return True
        self._unsent += 1
        return False

    def receive(self, timeout_s: float = 0.0) -> list[Received]:
        """What came in, waiting at most ``timeout_s`` for the first message or for ``wake``."""
        self._poller.poll(math.ceil(max(0.0, timeout_s) * 1e3))
        self._drain_wake()
        self._look_at_keys(time.monotonic())
        received: list[Received] = []
        for _ in range(_BATCH):
            try:
                frames = self._router.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.ZMQError:
                break
            if (entry := self._admit(frames)) is not None:
                received.append(entry)
        self._watch_handshakes()
        for refused in self._refusals.drain(time.monotonic()):
            self._on_refused(refused.address, refused.fingerprint, refused.reason)
        return received

    def wake(self) -> None:
        """Make a waiting ``receive`` return now. May be called from any thread."""
        with suppress(OSError):  # full: it wakes anyway; closed: nobody waits
            self._wake_in.send(b"w")

    def notices(self) -> list[str]:
        """What became of changed keys since it was asked last, a sentence each."""
        told, self._notices = self._notices, []
        return told

    def close(self) -> None:
        """Close both sockets and end the authenticator. May be called twice."""
        if self._closed:
            return
        self._closed = True
        for link in self._sockets:
            link.disable_monitor()
            link.close(0)
        for monitor in self._monitors:
            monitor.close(0)
        self._gatekeeper.stop()
        self._context.destroy(0)
        self._wake_in.close()
        self._wake_out.close()

    def _bind(self, kind: int, domain: str, identity: Identity) -> zmq.Socket[bytes]:
        link = self._context.socket(kind)
        self._sockets.append(link)
        common_options(link, COMMAND_BYTES_MAX)
        link.setsockopt(zmq.SNDHWM, PUBLISH_QUEUE if domain == PUBLISH else COMMAND_QUEUE)
        link.setsockopt(zmq.RCVHWM, _BATCH)
        link.setsockopt(zmq.CURVE_SERVER, 1)
        link.setsockopt(zmq.CURVE_PUBLICKEY, identity.public)
        link.setsockopt(zmq.CURVE_SECRETKEY, identity.secret)
        link.setsockopt_string(zmq.ZAP_DOMAIN, domain)
        # Without this, libzmq lets everyone in whenever no ZAP handler runs.
        link.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
        if kind == zmq.ROUTER:
            link.setsockopt(zmq.ROUTER_MANDATORY, 1)  # so that a peer that is gone is counted, not passed over
        monitor = link.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)
        self._monitors[monitor] = domain
        self._monitor_of[monitor] = link
        return link

    def _listen(self, link: zmq.Socket[bytes], host: str, port: int, domain: str) -> int:
        address = endpoint(host, port)
        link.setsockopt(zmq.IPV6, is_ipv6(address))
        try:
            link.bind(address)
        except zmq.ZMQError as error:
            if error.errno == zmq.EADDRINUSE:
                raise Unavailable(
                    f"{host}:{port} is taken by another program, expected a free port: "
                    f"see [bus] {domain}_port in the site file"
                ) from None
            raise Unavailable(
                f"{host}:{port} cannot be bound ({error.strerror}): see [bus] host and {domain}_port in the site file"
            ) from None
        bound = link.getsockopt(zmq.LAST_ENDPOINT)
        return int(bytes(bound).rstrip(b"\0").rsplit(b":", 1)[1]) if isinstance(bound, bytes) else port

    def _admit(self, frames: list[zmq.Frame]) -> Received | None:
        """Turn frames into a message of a known party, or count and report why not."""
        user_id, address = _metadata(frames[-1], "User-Id"), _metadata(frames[-1], "Peer-Address")
        party = self._gatekeeper.party(user_id)
        if party is None:
            self._violations += 1
            found: FromPeer | str = "it sent a message without an admitted key"
        else:
            found = self._read(party, frames)
        if isinstance(found, str) or party is None:
            self._refusals.note(address, user_id.encode(), str(found))
            return None
        return Received(party.role, party.name, found)

    def _read(self, party: Party, frames: list[zmq.Frame]) -> FromPeer | str:
        """A party's message, or why it does not count."""
        limit = self._limits.get(party.role)
        if limit is not None and not limit.admits(party, time.monotonic()):
            self._limited += 1
            return f"{party} sends more than it may, the rest is dropped"
        message = decode_from_peer(frames[1].bytes) if 2 <= len(frames) <= 3 else None
        if message is None:
            self._undecodable += 1
            return f"{party} sent a message that cannot be decoded"
        if reason := violation(party, message, self._assigned):
            self._violations += 1
            return reason
        self._routes[party.role, party.name] = frames[0].bytes
        if isinstance(message, Unsealed):
            return message
        flaw = self._seals.flaw(party, frames[2].bytes if len(frames) == 3 else None, time.monotonic_ns())
        if not flaw:
            return msgspec.structs.replace(message, by=party.name)
        self._violations += 1
        name = type(message).__name__
        self.send(party.role, party.name, Refusal(time_s=time.monotonic(), command=name, reason=flaw, code="late"))
        return f"{party} sent {name}, but {flaw}"

    def _look_at_keys(self, now_s: float) -> None:
        """Once a second: has the list of parties changed? Whoever is on it no more loses its connection."""
        if self._reopening:
            self._reopen_publisher()
        if now_s - self._looked_s < KEYS_LOOK_S:
            return
        self._looked_s = now_s
        if not self._allow_file.changed():
            return
        try:
            allow = load_allow(self._allow_file.path.parent)
        except BadInput as error:
            self._notices.append(f"the keys of before stay in force: {error}")
            return
        gone = self._gatekeeper.replace(allow)
        self._notices.append(f"keys of {len(allow)} parties read anew; refused from now on: {_named(gone)}")
        for party in gone:
            self._routes.pop((party.role, party.name), None)
        # Commands of a key that is gone are refused one by one; who only listens has to be cut off.
        if any(party.role in MAY_CONNECT[PUBLISH] for party in gone):
            with suppress(zmq.ZMQError):
                self._publisher.unbind(endpoint(self._host, self.ports.publish))
            self._reopening = True
            self._reopen_publisher()

    def _reopen_publisher(self) -> None:
        """A new socket at the same place; all that are admitted dial again within a tenth of a second.

        The old one's port comes free a moment after it was let go, so this is tried until it succeeds.
        """
        fresh = self._bind(zmq.PUB, PUBLISH, self._identity)
        try:
            self._listen(fresh, self._host, self.ports.publish, PUBLISH)
        except Unavailable:
            self._drop(fresh)
            return
        old, self._publisher, self._reopening = self._publisher, fresh, False
        self._drop(old)

    def _drop(self, link: zmq.Socket[bytes]) -> None:
        monitor = next(m for m, of in self._monitor_of.items() if of is link)
        del self._monitors[monitor], self._monitor_of[monitor]
        self._sockets.remove(link)
        link.disable_monitor()
        monitor.close(0)
        link.close(0)

    def _watch_handshakes(self) -> None:
        """Peers without CURVE, or dialling with another engine's key, never reach the ZAP handler.

        Which end notices first, and so with which event, is a matter of microseconds.
        """
        for monitor, domain in self._monitors.items():
            with suppress(zmq.ZMQError):
                while True:
                    recv_monitor_message(monitor, zmq.NOBLOCK)
                    reason = f"it does not speak CURVE, knows another engine's key, or broke off ({domain} port)"
                    self._refusals.note("unknown", b"", reason)

    def _drain_wake(self) -> None:
        with suppress(OSError):
            while self._wake_out.recv(4096):
                pass


def _named(parties: Iterable[Party]) -> str:
    return ", ".join(sorted(map(str, parties))) or "nobody"


def _metadata(frame: zmq.Frame, name: str) -> str:
    try:
        return str(frame.get(name))
    except zmq.ZMQError:
        return ""
