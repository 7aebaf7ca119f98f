"""Contacts on an I/O module that listens to an MQTT broker.

Commands go to ``TOPIC/set`` as JSON, all contacts at once, many times a second::

    {"contacts": {"K1": true, "K2": false}, "run": "4f1c…", "seq": 17, "valid_ms": 400}

The module must open every contact when no command has come for ``valid_ms``, must obey at once a command that
energises nothing, and must disregard any other whose ``run`` is the last one's and whose ``seq`` is not above it.
It tells its state on ``TOPIC/state``,
naming the command that it goes by::

    {"contacts": {"K1": true, "K2": false}, "run": "4f1c…", "seq": 17}

An energising command is never retained: who comes back later must not find one. The safe state, everything
de-energised, is: it stands on ``TOPIC/set`` from each connection on, is this client's last will, and is what it
sends at its end. So a node that is killed opens the module's contacts within milliseconds (the broker sees the
connection close), one whose machine loses power after 1.5 keep-alives, and a broker that is gone by ``valid_ms``.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
import paho.mqtt.client as paho

from calibration.outputs import MqttTable, Relay
from safety.mqtt_client import QOS, mqtt_client
from safety.relay_drivers import DriverFault
from safety.relay_modbus import parse_address
from safety.relay_polled import PolledDriver, Reading

VALID_S = 0.4
TIMEOUT_S = 0.25
"""For the state that answers a command."""
CONNECT_S = 0.5


class ModuleState(msgspec.Struct, frozen=True):
    """What a module tells of itself."""

    contacts: dict[str, bool]
    run: str
    seq: int


def open_mqtt(relay: Relay, on_change: Callable[[], None], base: Path) -> PolledDriver:
    """The driver of an ``mqtt`` table; files are relative to ``base``.

    Raises:
        BadInput: malformed address, or password or certificate unfit.
    """
    assert relay.mqtt is not None
    return PolledDriver(relay.outputs, _Module(relay, relay.mqtt, base), on_change)


class _Module:
    """Publishes a command and waits for the state that answers it."""

    def __init__(self, relay: Relay, table: MqttTable, base: Path) -> None:
        self._host, self._port = parse_address(relay, 8883 if table.ca_file else 1883)
        self.where = f"MQTT {self._host}:{self._port}/{table.topic}"
        self.stale_s = TIMEOUT_S + CONNECT_S
        self._table = table
        self._names = tuple(relay.outputs)
        self._run = uuid.uuid4().hex
        self._seq = 0
        self._refused = ""
        self._state: ModuleState | None = None
        self._lock = threading.Condition()
        self._set, self._told = f"{table.topic}/set", f"{table.topic}/state"
        self._safe = self._command(dict.fromkeys(self._names, False))
        self._client = mqtt_client(f"hoistwatch-{relay.name}", table, base, (self._set, self._safe), reconnect=False)
        self._client.on_connect = self._connected
        self._client.on_message = self._heard
        self._client.connect_timeout = CONNECT_S

    def exchange(self, wanted: Mapping[str, bool]) -> Reading:
        self._connect()
        self._seq += 1
        self._client.publish(self._set, self._command(wanted), qos=QOS)
        end_s = time.monotonic() + TIMEOUT_S
        with self._lock:
            while (state := self._answer()) is None:
                if not self._lock.wait(end_s - time.monotonic()):
                    raise DriverFault(self._refused or "the module does not answer")
        if not self._client.is_connected():
            raise DriverFault("the broker is gone")
        missing = [name for name in self._names if name not in state.contacts]
        if missing:
            raise DriverFault(f"the module tells nothing of contact {missing[0]}")
        return Reading({name: state.contacts[name] for name in self._names})

    def drop(self) -> None:
        """Leave the safe state on the topic where the broker still listens."""
        if self._client.is_connected():
            self._seq += 1
            told = self._client.publish(self._set, self._command(dict.fromkeys(self._names, False)), QOS, retain=True)
            with suppress(RuntimeError, ValueError):
                told.wait_for_publish(TIMEOUT_S)
        self._client.disconnect()
        self._client.loop_stop()
        self._state = None

    def _connect(self) -> None:
        if self._client.is_connected():
            return
        self._refused = ""
        try:
            self._client.loop_stop()
            self._client.connect(self._host, self._port, keepalive=self._table.keepalive_s)
        except (OSError, ValueError) as error:
            raise DriverFault(f"the broker cannot be reached ({error})") from None
        self._client.loop_start()
        with self._lock:
            ready = self._lock.wait_for(lambda: self._client.is_connected() or bool(self._refused), CONNECT_S)
        if self._refused or not ready:
            raise DriverFault(self._refused or "the broker does not answer")

    def _connected(self, client: paho.Client, _data: object, _flags: object, code: object, _more: object) -> None:
        with self._lock:
            self._refused = "" if str(code) == "Success" else f"the broker refuses this node ({code})"
            self._lock.notify_all()
        if not self._refused:
            client.subscribe(self._told, qos=QOS)
            client.publish(self._set, self._safe, qos=QOS, retain=True)

    def _heard(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        try:
            state = msgspec.json.decode(message.payload, type=ModuleState)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        with self._lock:
            self._state = state
            self._lock.notify_all()

    def _answer(self) -> ModuleState | None:
        state = self._state
        return state if state is not None and (state.run, state.seq) == (self._run, self._seq) else None

    def _command(self, contacts: Mapping[str, bool]) -> bytes:
        return msgspec.json.encode(
            {"contacts": dict(contacts), "run": self._run, "seq": self._seq, "valid_ms": round(VALID_S * 1e3)}
        )
