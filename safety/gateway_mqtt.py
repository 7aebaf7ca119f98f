"""Tells the plant's broker: each alarm transition once, what statistics need beside, the newest state, retained, and
whether anybody tells at all."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import paho.mqtt.client as paho

from calibration.errors import BadInput
from calibration.gateway import MqttEventsTable
from safety.mqtt_client import QOS, mqtt_client
from safety.plant_events import Json, wall_time

ONLINE, OFFLINE = b"online", b"offline"
STATE_PERIOD_S = 5.0
"""The state is told at each change, and this often where nothing changes."""


class MqttEvents:
    """TOPIC/alarm, TOPIC/log, TOPIC/state and TOPIC/online.

    One thread calls all methods; none of them waits for the broker. While the broker is gone events
    wait, a thousand at most; of states only the newest counts.

    Args:
        table: ``[gateway.mqtt]``.
        base: the folder of the site file.
        name: distinguishes this gateway from others at the broker.

    Raises:
        BadInput: malformed address, or password or certificate unfit.
    """

    def __init__(self, table: MqttEventsTable, base: Path, name: str) -> None:
        host, _, port = table.address.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise BadInput(f"gateway.mqtt.address {table.address!r}: expected HOST:PORT")
        self._topic = table.topic
        self._state: Json = {}
        self._told_s = -STATE_PERIOD_S
        self.unsent = 0
        """Alarms that were dropped because too many waited."""
        online = f"{table.topic}/online"
        self._client = mqtt_client(f"hoistwatch-gateway-{name}", table, base, (online, OFFLINE))
        self._client.on_connect = self._connected
        self._client.connect_async(host.strip("[]"), int(port), keepalive=table.keepalive_s)
        self._client.loop_start()

    @property
    def connected(self) -> bool:
        return self._client.is_connected()

    def alarm(self, event: Json) -> None:
        self._tell("alarm", event)

    def log(self, event: Json) -> None:
        self._tell("log", event)

    def _tell(self, topic: str, event: Json) -> None:
        told = self._client.publish(f"{self._topic}/{topic}", msgspec.json.encode(event), qos=QOS)
        self.unsent += told.rc == paho.MQTT_ERR_QUEUE_SIZE

    def state(self, state: Json, wall_s: float, now_s: float) -> None:
        """Tell the state where it has changed or is due again."""
        if not self.connected or (state == self._state and now_s - self._told_s < STATE_PERIOD_S):
            return
        self._state, self._told_s = state, now_s
        payload = msgspec.json.encode({**state, "time": wall_time(wall_s)})
        self._client.publish(f"{self._topic}/state", payload, qos=QOS, retain=True)

    def close(self) -> None:
        """Say that nobody tells any more, and leave."""
        if self.connected:
            told = self._client.publish(f"{self._topic}/online", OFFLINE, qos=QOS, retain=True)
            end_s = time.monotonic() + 1.0
            while not told.is_published() and time.monotonic() < end_s:
                time.sleep(0.01)
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: paho.Client, _data: object, _flags: object, code: object, _more: object) -> None:
        if str(code) == "Success":
            self._told_s = -STATE_PERIOD_S  # whoever subscribes to this broker has not heard it yet
            client.publish(f"{self._topic}/online", ONLINE, qos=QOS, retain=True)
