"""Takes the halls' events from the broker into the database, each once, whatever restarts meanwhile.

The broker keeps for this client what was told while it is away (a persistent session), and each message until it
is acknowledged. It is acknowledged once it is on the database's disk. What the broker then sends a second time
changes nothing.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from calibration.errors import BadInput, Unavailable
from calibration.group import BrokerTable, load_group
from recordings.group.events import BYTES_MAX, HallEvent, read_event
from recordings.group.store import GroupStore, Refused
from safety.heartbeat import Heartbeat
from safety.mqtt_client import QOS, mqtt_client

BATCH = 200
WAIT_S = 0.2
RETRY_S = 1.0
FORGET_PERIOD_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the broker's, of its ``session``-th connection."""

    session: int
    number: int
    topic: str
    payload: bytes


class Inbox:
    """The broker's end: messages in, acknowledgements out. ``take`` and ``done`` are for one thread.

    Raises:
        BadInput: malformed address, or password or certificate unfit.
    """

    def __init__(self, table: BrokerTable, base: Path) -> None:
        host, _, port = table.address.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise BadInput(f"broker.address {table.address!r}: expected HOST:PORT")
        self._topics = [(f"{prefix}/{kind}", QOS) for prefix in table.topics for kind in ("alarm", "log")]
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._session = 0
        self._subscribed = False
        self._refused = ""
        self._client = mqtt_client(table.client_id, table, base, None, keep_session=True)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._gone
        self._client.on_subscribe = self._listening
        self._client.on_message = self._heard
        self._client.connect_async(host.strip("[]"), int(port), keepalive=table.keepalive_s)
        self._client.loop_start()

    @property
    def state(self) -> str:
        """How it stands with the broker, in words."""
        if not self._client.is_connected():
            return f"broker NOT CONNECTED {self._refused}".rstrip()
        return "broker connected" if self._subscribed else f"broker refuses the topics {self._refused}".rstrip()

    def take(self, timeout_s: float) -> list[Message]:
        """Messages that came in, at most ``BATCH``, waiting for the first. Those of a lost connection come again."""
        out: list[Message] = []
        try:
            out.append(self._messages.get(timeout=timeout_s))
            while len(out) < BATCH:
                out.append(self._messages.get_nowait())
        except queue.Empty:
            pass
        return [message for message in out if message.session == self._session]

    def done(self, messages: Sequence[Message]) -> None:
        """These are safe: the broker may forget them."""
        for message in messages:
            # The number is of its connection: on another one it may be another message's.
            if message.session == self._session:
                self._client.ack(message.number, QOS)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    # What the client's own thread calls.

    def _connected(self, client: paho.Client, _data: object, _flags: object, code: object, _more: object) -> None:
        if str(code) == "Success":
            self._session += 1
            self._refused = ""
            client.subscribe(self._topics)
        else:
            self._refused = f"({code})"

    def _gone(self, *_: object) -> None:
        self._subscribed = False

    def _listening(
        self, _client: paho.Client, _data: object, _mid: int, codes: list[ReasonCode], _more: Properties
    ) -> None:
        refused = [str(code) for code in codes if code.is_failure]
        self._subscribed, self._refused = not refused, f"({refused[0]})" if refused else ""

    def _heard(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self._messages.put(Message(self._session, message.mid, message.topic, bytes(message.payload)))


def run_collector(group_path: Path, stop: threading.Event, log: Callable[[str], None]) -> None:
    """Collect until ``stop`` is set.

    Raises:
        BadInput: the group file, or what it names, cannot be used.
        Unavailable: psycopg is not installed. A database or broker that is away is waited for.
    """
    group = load_group(group_path)
    base = group_path.resolve().parent

    def open_store() -> GroupStore:
        return GroupStore(group.database, base)

    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise Unavailable(f"{group_path}: needs the package {error.name}: pip install 'hoistwatch[group]'") from None
    try:
        inbox = Inbox(group.broker, base)
    except BadInput as error:
        raise BadInput(f"{group_path}: {error}") from None
    try:
        Collector(inbox, open_store, group.group.retention_days, log).run(stop)
    finally:
        inbox.close()


class Collector:
    """Broker to database.

    Args:
        inbox: where messages come from.
        open_store: a fresh connection; may raise Unavailable.
        retention_days: older events are deleted once a day.
        log: gets one line on each change of state, and for each message that is no event.
    """

    def __init__(
        self, inbox: Inbox, open_store: Callable[[], GroupStore], retention_days: float, log: Callable[[str], None]
    ) -> None:
        self._inbox, self._open, self._log = inbox, open_store, log
        self._retention_s = 86_400.0 * retention_days
        self._forgot_s = -FORGET_PERIOD_S
        self._store: GroupStore | None = None
        self._fault = ""
        self._line = ""
        self.kept = 0

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set. Raises BadInput where the tables are of a newer version."""
        heart = Heartbeat()
        waiting: list[Message] = []
        try:
            while not stop.is_set():
                heart.beat()
                self._say()
                if not waiting:
                    waiting = self._inbox.take(WAIT_S)
                if not self._ready() or (waiting and not self._keep(waiting)):
                    stop.wait(RETRY_S)
                    continue
                self._inbox.done(waiting)
                waiting = []
        finally:
            self._drop()

    def _ready(self) -> bool:
        try:
            if self._store is None:
                self._store = self._open()
                self._fault = ""
            if time.monotonic() - self._forgot_s >= FORGET_PERIOD_S:
                gone = self._store.forget(time.time() - self._retention_s)
                self._forgot_s = time.monotonic()
                if gone:
                    self._log(f"group: deleted {gone} events that were too old")
        except Unavailable as error:
            self._lost(error)
            return False
        return True

    def _keep(self, messages: Sequence[Message]) -> bool:
        """Write them all; one that the database cannot hold is told and kept apart. False where nothing was written."""
        assert self._store is not None
        events: list[HallEvent] = []
        refused: list[Refused] = []
        for message in messages:
            try:
                events.append(read_event(message.topic, message.payload))
            except BadInput as error:
                refused.append(self._refuse(message, str(error)))
        try:
            try:
                self.kept += self._store.write(events, refused)
            except ValueError:
                self._one_by_one(messages)
        except Unavailable as error:
            self._lost(error)
            return False
        return True

    def _one_by_one(self, messages: Sequence[Message]) -> None:
        assert self._store is not None
        for message in messages:
            try:
                self.kept += self._store.write([read_event(message.topic, message.payload)])
            except (BadInput, ValueError) as error:
                if isinstance(error, Unavailable):
                    raise
                self._store.write([], [self._refuse(message, str(error))])

    def _refuse(self, message: Message, why: str) -> Refused:
        self._log(f"group: message refused: {why}")
        return Refused(message.topic, why, message.payload[:BYTES_MAX])

    def _lost(self, error: Unavailable) -> None:
        self._fault = str(error)
        self._drop()

    def _drop(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _say(self) -> None:
        stored = "database connected" if self._store is not None else f"database away: {self._fault or 'connecting'}"
        line = f"group: {self._inbox.state}, {stored}"
        if line != self._line:
            self._line = line
            self._log(line)
