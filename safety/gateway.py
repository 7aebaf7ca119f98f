"""The gateway to the plant's own systems: a process that listens on the bus, so that it can never hold a decision."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from calibration.errors import BadInput
from calibration.site_file import load_site
from safety.bus_client import BusClient
from safety.freshness import EngineWatch
from safety.gateway_mqtt import MqttEvents
from safety.heartbeat import Heartbeat
from safety.keys import key_folder
from safety.plant_events import Json, alarm_event, hall_state
from safety.plant_log import PlantLog
from safety.records import AlarmTransition, Snapshot
from safety.word_records import Verdict

if TYPE_CHECKING:
    from safety.gateway_opcua import OpcUaServer

RECEIVE_S = 0.1
NAME = "gateway"


def run_gateway(site_path: Path, stop: threading.Event, log: Callable[[str], None]) -> None:
    """Tell OPC UA clients and the plant's broker what the engine publishes, until ``stop`` is set.

    Raises:
        BadInput: the site file has no ``[gateway]``, or names what cannot be used; the key is missing.
        Unavailable: the port of OPC UA is taken, or OPC UA is not installed.
    """
    site = load_site(site_path)
    if site.gateway.opcua is None and site.gateway.mqtt is None:
        raise BadInput(f"{site_path}: gateway: expected a table [gateway.opcua] or [gateway.mqtt]")
    asyncio.run(_Gateway(site_path, log).run(stop))


class _Gateway:
    def __init__(self, site_path: Path, log: Callable[[str], None]) -> None:
        self._site = site = load_site(site_path)
        self._hall = site.site.name
        self._log = log
        folder = key_folder(site, site_path)
        self._client = BusClient.of_site(site.bus, folder, "viewer", NAME)
        self._opcua: OpcUaServer | None = None
        self._mqtt: MqttEvents | None = None
        try:
            if site.gateway.opcua is not None:
                self._opcua = _opcua(site_path)
            if site.gateway.mqtt is not None:
                self._mqtt = MqttEvents(site.gateway.mqtt, site_path.resolve().parent, self._hall)
        except BadInput as error:
            self._client.close()
            raise BadInput(f"{site_path}: {error}") from None
        self._watch = EngineWatch()
        self._book = PlantLog(self._hall)
        self._logged: list[Json] = []
        self._snapshot: Snapshot | None = None
        self._line = ""

    async def run(self, stop: threading.Event) -> None:
        try:
            if self._opcua is not None:
                await self._opcua.start()
            heart = Heartbeat()
            while not stop.is_set():
                heart.beat()
                events = self._take(await asyncio.to_thread(self._client.receive, RECEIVE_S))
                await self._tell(events)
        finally:
            if self._opcua is not None:
                await self._opcua.stop()
            if self._mqtt is not None:
                for event in self._book.close():
                    self._mqtt.log(event)
                self._mqtt.close()
            self._client.close()

    def _take(self, messages: Sequence[object]) -> list[Json]:
        """Keep the newest snapshot; returns the alarm transitions."""
        events: list[Json] = []
        now_s = time.monotonic()
        for message in messages:
            if isinstance(message, Snapshot):
                if self._watch.receive(message, now_s):
                    self._snapshot = message
                    self._logged += self._book.take(message)
            elif isinstance(message, AlarmTransition):
                run = "" if self._snapshot is None else self._snapshot.run
                events.append(alarm_event(self._hall, message, self._wall_s(message.time_s), run))
            elif isinstance(message, Verdict):
                self._logged.append(self._book.judged(message, self._wall_s(message.time_s)))
        return events

    async def _tell(self, events: list[Json]) -> None:
        now_s = time.monotonic()
        live = self._watch.pulse(now_s).live
        state = hall_state(self._hall, self._snapshot, live)
        if self._mqtt is not None:
            for event in events:
                self._mqtt.alarm(event)
            for event in self._logged:
                self._mqtt.log(event)
            self._mqtt.state(state, time.time(), now_s)
        self._logged.clear()
        if self._opcua is not None:
            await self._opcua.show(state)
            for event in events:
                await self._opcua.tell(event)
        self._say(live)

    def _wall_s(self, time_s: float) -> float:
        """Unix time of the engine's monotonic time, by the newest snapshot."""
        snapshot = self._snapshot
        return time.time() if snapshot is None else snapshot.wall_s + time_s - snapshot.time_s

    def _say(self, live: bool) -> None:
        parts = ["engine live" if live else f"engine silent {self._client.reason}".rstrip()]
        if self._mqtt is not None:
            parts.append("broker connected" if self._mqtt.connected else "broker NOT CONNECTED")
        line = "gateway: " + ", ".join(parts)
        if line != self._line:
            self._line = line
            self._log(line)


def _opcua(site_path: Path) -> OpcUaServer:
    try:
        from safety.gateway_opcua import OpcUaServer
    except ImportError as error:
        raise BadInput(f"gateway.opcua: needs the package {error.name}: pip install 'hoistwatch[gateway]'") from None
    site = load_site(site_path)
    assert site.gateway.opcua is not None
    return OpcUaServer(site.gateway.opcua, key_folder(site, site_path), site.policy, site.site.name)
