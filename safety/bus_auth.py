"""Who is let in on the bus, and what is said about those who are not."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import zmq
from zmq.auth.thread import ThreadAuthenticator

from safety.annunciator.records import AnnunciatorStatus
from safety.detect_records import Detected, DetectedPicture, DetectStatus, Remote, camera_of
from safety.keys import Party, Role, fingerprint
from safety.records import FromPeer, RelayStatus

PUBLISH, COMMAND = "publish", "command"
MAY_CONNECT: Mapping[str, frozenset[Role]] = {
    PUBLISH: frozenset({"console", "annunciator", "detector", "recorder", "viewer"}),
    COMMAND: frozenset({"console", "relay", "annunciator", "detector"}),
}
"""ZAP domain, one per socket of the engine, to the roles that may connect to it."""

REPEAT_S = 10.0
"""The same refusal is reported once in this time; a refused client dials again several times a second."""

OnRefused = Callable[[str, str, str], None]
"""Called with the peer's address, its key's fingerprint (empty where unknown) and the reason."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A connection or message that was turned away."""

    address: str
    fingerprint: str
    reason: str


class RefusalLog:
    """Collects refusals from any thread, hands them out in one, and keeps repetitions apart."""

    def __init__(self) -> None:
        self._new: deque[Refused] = deque(maxlen=1024)
        self._told: dict[Refused, tuple[float, int]] = {}
        self.count = 0

    def note(self, address: str, public: bytes, reason: str) -> None:
        self._new.append(Refused(address, fingerprint(public) if public else "", reason))

    def drain(self, now_s: float) -> list[Refused]:
        """What is to be told now. Repetitions within ``REPEAT_S`` are held back and told as a number later."""
        out: list[Refused] = []
        while self._new:
            entry = self._new.popleft()
            self.count += 1
            told_s, held = self._told.get(entry, (-REPEAT_S, 0))
            if now_s - told_s < REPEAT_S:
                self._told[entry] = (told_s, held + 1)
                continue
            more = f" (and {held} times more since it was last reported)" if held else ""
            out.append(Refused(entry.address, entry.fingerprint, entry.reason + more))
            self._told[entry] = (now_s, 0)
        if len(self._told) > 1024:
            self._told = {entry: row for entry, row in self._told.items() if now_s - row[0] < REPEAT_S}
        return out


class _Domain:
    """pyzmq's credentials provider for one socket of the engine."""

    def __init__(self, gatekeeper: Gatekeeper, domain: str) -> None:
        self._gatekeeper = gatekeeper
        self._domain = domain

    def callback(self, domain: str, key: bytes) -> bool:
        return self._gatekeeper.admits(self._domain, key)


class Gatekeeper(ThreadAuthenticator):
    """ZAP handler: admits listed keys to the sockets that their role may use, and notes everyone else.

    The authenticated public key becomes the ``User-Id`` of every message of that connection.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], allow: Mapping[bytes, Party], log: RefusalLog) -> None:
        super().__init__(context)
        self._parties = dict(allow)
        self._refusals = log
        self._address = ""
        for domain in MAY_CONNECT:
            self.configure_curve_callback(domain, _Domain(self, domain))

    async def handle_zap_message(self, msg: list[bytes]) -> None:
        """Remember the address that the next decision is about; requests come one at a time."""
        self._address = msg[3].decode("ascii", "replace") if len(msg) > 3 else ""
        await super().handle_zap_message(msg)

    def replace(self, allow: Mapping[bytes, Party]) -> frozenset[Party]:
        """Another list from now on. Returns whose keys of before are not on it."""
        gone = frozenset(party for public, party in self._parties.items() if allow.get(public) != party)
        self._parties = dict(allow)
        return gone

    def admits(self, domain: str, public: bytes) -> bool:
        party = self._parties.get(public)
        if party is None:
            self._refusals.note(self._address, public, f"its key is not listed ({domain} port)")
            return False
        if party.role not in MAY_CONNECT[domain]:
            self._refusals.note(self._address, public, f"{party} may not use the {domain} port")
            return False
        return True

    def party(self, user_id: str) -> Party | None:
        """Whom an authenticated ``User-Id`` stands for."""
        return self._parties.get(user_id.encode())


def violation(party: Party, message: FromPeer, assigned: Mapping[str, Collection[str]]) -> str:
    """Why this party may not send this message; empty where it may. ``assigned``: cameras of each detect node."""
    match message:
        case DetectStatus() | Detected() | DetectedPicture():
            return _not_its_own(party, message, assigned)
        case AnnunciatorStatus():
            if party.role != "annunciator" or message.annunciator != party.name:
                return f"{party} sent AnnunciatorStatus of {message.annunciator!r}, which only that one may send"
        case RelayStatus():
            if party.role != "relay":
                return f"{party} sent RelayStatus, which only a relay node may send"
            if message.node != party.name:
                return f"{party} sent RelayStatus of node {message.node!r}, expected its own"
        case _:
            if party.role != "console":
                return f"{party} sent {type(message).__name__}, which only a console may send"
    return ""


def _not_its_own(party: Party, message: Remote, assigned: Mapping[str, Collection[str]]) -> str:
    name = type(message).__name__
    if party.role != "detector":
        return f"{party} sent {name}, which only a detect node may send"
    if message.node != party.name:
        return f"{party} sent {name} of node {message.node[:64]!r}, expected its own"
    camera = camera_of(message)
    if camera is not None and camera not in assigned.get(party.name, ()):
        return f"{party} sent {name} of camera {camera[:64]!r}, which is not its own"
    return ""
