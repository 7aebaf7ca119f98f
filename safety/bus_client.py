"""A peer's end of the bus: console, recorder, viewer, annunciator, relay node and detect node."""

from __future__ import annotations

import errno
import math
import socket
import time
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Literal

import zmq
from zmq.utils.monitor import recv_monitor_message

from calibration.site import Bus
from safety.bus_auth import COMMAND, MAY_CONNECT, PUBLISH
from safety.bus_seal import Sealer
from safety.bus_wire import (
    COMMAND_BYTES_MAX,
    COMMAND_QUEUE,
    PUBLISH_QUEUE,
    PUBLISHED_BYTES_MAX,
    BusPorts,
    common_options,
    conflate,
    decode_from_engine,
    encode,
    endpoint,
    is_ipv6,
)
from safety.keys import Identity, Role, load_identity, load_server_key
from safety.records import FromPeer, Published, Refusal, Snapshot, ToPeer, Unsealed

State = Literal["connecting", "connected", "refused"]

REDIAL_S = 1.0
"""libzmq does not dial again after it was refused, or has read bytes that mean nothing; but a key may be listed, an
engine replaced, or a network mended, later."""
STILL_S = 10.0
"""Without a connection and without any event for longer than a handshake may take (5 s): dial anew."""
SILENT_S = 3.0
"""A connection on which the engine spoke several times a second, and is silent for so long, is made anew: it may be
half open, or its bytes out of step."""
_BATCH = 2048
_EVENTS = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CLOSED
    | zmq.EVENT_CONNECT_RETRIED
)


class _Link:
    """One connected socket, and what its monitor says about the connection.

    ``steady``: the engine speaks on it several times a second.
    """

    def __init__(
        self, link: zmq.Socket[bytes], address: str, identity: Identity, server_key: bytes, *, steady: bool
    ) -> None:
        self.socket = link
        self.state: State = "connecting"
        self.reason = ""
        self._address = address
        self._redial_s: float | None = None
        self._event_s: float | None = None
        self._heard_s: float | None = None
        self._steady = steady
        link.setsockopt(zmq.CURVE_SERVERKEY, server_key)
        link.setsockopt(zmq.CURVE_PUBLICKEY, identity.public)
        link.setsockopt(zmq.CURVE_SECRETKEY, identity.secret)
        link.setsockopt(zmq.RECONNECT_IVL, 50)
        link.setsockopt(zmq.RECONNECT_IVL_MAX, 1_000)
        link.setsockopt(zmq.IPV6, is_ipv6(address))
        self.monitor = link.get_monitor_socket(_EVENTS)
        link.connect(address)

    def service(self, now_s: float) -> None:
        with suppress(zmq.ZMQError):
            while True:
                event = recv_monitor_message(self.monitor, zmq.NOBLOCK)
                self._follow(int(event["event"]), int(event["value"]), now_s)
        if self._event_s is None:
            self._event_s = now_s
        if self._redial_s is None and self.state != "connected" and now_s - self._event_s >= STILL_S:
            self._redial_s = now_s
        if self._heard_s is not None and self.state == "connected" and now_s - self._heard_s >= SILENT_S:
            self.state, self.reason, self._redial_s = "connecting", "the engine is silent", now_s
        if self._redial_s is not None and now_s >= self._redial_s:
            self._redial_s, self._event_s, self._heard_s = None, now_s, None
            with suppress(zmq.ZMQError):
                self.socket.disconnect(self._address)
            self.socket.connect(self._address)

    def heard(self, now_s: float) -> None:
        """A message has come."""
        if self._steady:
            self._heard_s = now_s

    def _follow(self, event: int, value: int, now_s: float) -> None:
        """Keep up with libzmq, which dials again by itself after some ends of a connection and not after others.

        A protocol error after the handshake, or in its first bytes, shows as nothing but DISCONNECTED, and libzmq
        never dials that address again. Where it does, CONNECT_RETRIED follows.
        """
        self._event_s = now_s
        if event == zmq.EVENT_DISCONNECTED and self._redial_s is None:
            self._redial_s = now_s + REDIAL_S
        match event:
            case zmq.EVENT_CONNECT_RETRIED:
                self._redial_s = None
            case zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self.state, self.reason, self._redial_s = "connected", "", None
                self.heard(now_s)
            case zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                self.state, self.reason = "refused", "the engine does not admit this key here"
                self._redial_s = now_s + REDIAL_S
            case zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
                self.state, self.reason = "refused", "what listens there is not this site's engine"
                self._redial_s = now_s + REDIAL_S
            case zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL if value in (errno.EPIPE, errno.ECONNRESET):
                self.state, self.reason = "refused", "the handshake failed: engine.pub may be another engine's key"
            case zmq.EVENT_DISCONNECTED if self.state == "connected":
                self.state, self.reason = "connecting", "the connection was lost"
            case zmq.EVENT_CLOSED | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
                self.state, self.reason = "connecting", "the engine does not answer"

    def close(self, linger_ms: int) -> None:
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close(linger_ms)


class BusClient:
    """Connects to the engine's sockets that its role may use, and keeps trying.

    One thread calls ``receive`` and ``close``; ``send``, ``wake`` and the properties may be used from any.

    Args:
        host: where the engine listens.
        ports: the engine's ports.
        folder: key folder with this party's ``.key`` file and ``engine.pub``.
        role: this party's role.
        name: this party's name.
        conflate: let ``receive`` leave out snapshots, boxes and pictures that a newer one replaces.
            A recorder wants them all.
        topics: prefixes of topics to subscribe to, such as ``"Snapshot"`` or ``"Picture/cam1"``.

    Raises:
        BadInput: keys missing or malformed.
        Unavailable: the host name does not resolve.
    """

    def __init__(
        self,
        host: str,
        ports: BusPorts,
        folder: Path,
        role: Role,
        name: str,
        *,
        conflate: bool = True,
        topics: Collection[str] = ("",),
    ) -> None:
        identity = load_identity(folder, role, name)
        server_key = load_server_key(folder)
        publish, command = endpoint(host, ports.publish), endpoint(host, ports.command)
        self.name = name
        self._conflate = conflate
        self._outbox: deque[FromPeer] = deque(maxlen=COMMAND_QUEUE)
        self._undecodable = 0
        self._sealer = Sealer()
        self._closed = False
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._subscriber: _Link | None = None
        self._dealer: _Link | None = None
        if role in MAY_CONNECT[PUBLISH]:
            subscriber = self._context.socket(zmq.SUB)
            common_options(subscriber, PUBLISHED_BYTES_MAX)
            subscriber.setsockopt(zmq.RCVHWM, PUBLISH_QUEUE)
            for prefix in topics:
                subscriber.setsockopt_string(zmq.SUBSCRIBE, prefix)
            steady = any(Snapshot.__name__.startswith(prefix) for prefix in topics)
            self._subscriber = _Link(subscriber, publish, identity, server_key, steady=steady)
        if role in MAY_CONNECT[COMMAND]:
            dealer = self._context.socket(zmq.DEALER)
            common_options(dealer, COMMAND_BYTES_MAX)
            dealer.setsockopt(zmq.SNDHWM, COMMAND_QUEUE)
            dealer.setsockopt(zmq.RCVHWM, COMMAND_QUEUE)
            dealer.setsockopt(zmq.IMMEDIATE, 1)  # a command must not wait for an engine that comes later
            self._dealer = _Link(dealer, command, identity, server_key, steady=role in ("relay", "detector"))
        self._links = tuple(link for link in (self._subscriber, self._dealer) if link is not None)
        self._poller = zmq.Poller()
        for link in self._links:
            self._poller.register(link.socket, zmq.POLLIN)
            self._poller.register(link.monitor, zmq.POLLIN)
        self._poller.register(self._wake_out, zmq.POLLIN)

    @classmethod
    def of_site(
        cls,
        site_bus: Bus,
        folder: Path,
        role: Role,
        name: str,
        *,
        conflate: bool = True,
        topics: Collection[str] = ("",),
    ) -> BusClient:
        """Connect to the engine of a site file's ``[bus]`` table."""
        ports = BusPorts(site_bus.publish_port, site_bus.command_port)
        return cls(site_bus.host, ports, folder, role, name, conflate=conflate, topics=topics)

    @property
    def connected(self) -> bool:
        """Whether every socket of this role has completed its handshake and has not been lost since."""
        return all(link.state == "connected" for link in self._links)

    @property
    def state(self) -> State:
        """``refused`` is a fault of keys or addresses that a person must mend; the client keeps trying."""
        states = {link.state for link in self._links}
        if "refused" in states:
            return "refused"
        return "connecting" if "connecting" in states else "connected"

    @property
    def reason(self) -> str:
        """Why it is not connected, as a sentence; empty where it is, or has only begun to try."""
        return next((link.reason for link in self._links if link.state == self.state), "")

    @property
    def undecodable(self) -> int:
        """Messages of the engine that could not be understood: another version."""
        return self._undecodable

    def send(self, message: FromPeer) -> None:
        """Hand a message over to the receiving thread, from any thread.

        A command that cannot be sent now is not kept: ``receive`` returns a ``Refusal`` in its place.
        """
        self._outbox.append(message)
        self.wake()

    def wake(self) -> None:
        """Make a waiting ``receive`` return now. May be called from any thread."""
        with suppress(OSError):  # full: it wakes anyway; closed: nobody waits
            self._wake_in.send(b"w")

    def receive(self, timeout_s: float = 0.0) -> list[Published | ToPeer]:
        """Send what waits, then return what came in, waiting at most ``timeout_s`` for it."""
        refusals = self._flush()
        self._poller.poll(0 if refusals else math.ceil(max(0.0, timeout_s) * 1e3))
        with suppress(OSError):
            while self._wake_out.recv(4096):
                pass
        refusals += self._flush()
        now_s = time.monotonic()
        messages: list[Published | ToPeer] = [*refusals]
        for link in self._links:
            came = self._drain(link.socket)
            if came:
                link.heard(now_s)
            link.service(now_s)
            messages += came
        return conflate(messages) if self._conflate else messages

    def close(self, linger_s: float = 0.0) -> None:
        """Close, leaving at most ``linger_s`` for what was sent last to go out. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._flush()
        for link in self._links:
            link.close(int(linger_s * 1e3))
        self._context.term()
        self._wake_in.close()
        self._wake_out.close()

    def _flush(self) -> list[Refusal]:
        refusals = []
        while self._outbox:
            message = self._outbox.popleft()
            if (reason := self._send_now(message)) and not isinstance(message, Unsealed):
                refusals.append(Refusal(time_s=time.monotonic(), command=type(message).__name__, reason=reason))
        return refusals

    def _send_now(self, message: FromPeer) -> str:
        """Send, or say why not."""
        if self._dealer is None:
            return "this role may only listen"
        try:
            frames = [encode(message)]
            if not isinstance(message, Unsealed):
                frames.append(self._sealer.seal())
            self._dealer.socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.ZMQError:
            return "not connected to the engine"
        return ""

    def _drain(self, link: zmq.Socket[bytes]) -> list[Published | ToPeer]:
        messages: list[Published | ToPeer] = []
        for _ in range(_BATCH):
            try:
                frames = link.recv_multipart(zmq.NOBLOCK)
            except zmq.ZMQError:
                break
            # Topic, message and, with a snapshot, its stamp; what answers a command is the message alone.
            message = decode_from_engine(frames[min(1, len(frames) - 1)])
            if len(frames) == 3:
                self._sealer.heard(frames[2])
            if message is None:
                self._undecodable += 1
            else:
                messages.append(message)
        return messages
