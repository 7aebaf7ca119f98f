"""Halls, a real Mosquitto, the collector as a process, a real PostgreSQL: each of them dies, and no event is lost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from calibration.gateway import MqttEventsTable
from calibration.group import DatabaseTable
from recordings.group.store import MIGRATIONS, GroupStore
from safety.gateway_mqtt import MqttEvents
from safety.plant_events import alarm_event
from safety.plant_log import PlantLog
from tests.recordings.postgres import PASSWORD, USER, Postgres
from tests.recordings.test_group import snapshot, transition
from tests.safety.bus_helpers import ROOT, free_port, wait_for
from tests.safety.mosquitto import PASSWORD as BROKER_PASSWORD
from tests.safety.mosquitto import USER as BROKER_USER
from tests.safety.mosquitto import mosquitto

GROUP = """
[group]
name = "Works"

[broker]
address = "localhost:{broker}"
topics = ["plant/+"]
username = "{user}"
password_file = "mqtt.password"
ca_file = "ca.pem"
keepalive_s = 1

[database]
port = {database}
password_file = "database.password"
"""


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with Postgres() as running:
        yield running


class Plant:
    """Broker with TLS and passwords, collector, and the gateways' own ends of two halls."""

    def __init__(self, folder: Path, database: Postgres) -> None:
        self.folder, self.database, self.port = folder, database, free_port()
        self.stack = ExitStack()
        self.config = folder / "group.toml"
        self.config.write_text(GROUP.format(broker=self.port, user=BROKER_USER, database=database.port))
        for name, secret in (("mqtt", BROKER_PASSWORD), ("database", PASSWORD)):
            path = folder / f"{name}.password"
            path.write_text(secret + "\n")
            path.chmod(0o600)
        self.start_broker()
        self.start()
        self.halls = {name: self._gateway(name) for name in ("press", "paint")}
        wait_for(lambda: all(hall.connected for hall in self.halls.values()), what="the gateways")
        self.sent = 0

    def start_broker(self) -> None:
        self.broker = self.stack.enter_context(mosquitto(self.folder, self.port, secure=True, persistent=True))

    def start(self) -> None:
        self.log = self.folder / "collector.log"
        with self.log.open("ab") as out:
            command = [sys.executable, "-m", "ui.cli", "group", "collect", "--config", str(self.config)]
            self.collector = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)
        self.says("broker connected, database connected")

    def says(self, what: str, limit_s: float = 20.0) -> None:
        """Wait until the newest line of the collector has these words."""
        wait_for(lambda: what in (self.log.read_text().splitlines() or [""])[-1], limit_s, self.log.read_text())

    def _gateway(self, name: str) -> MqttEvents:
        table = MqttEventsTable(
            address=f"localhost:{self.port}",
            topic=f"plant/{name}",
            username=BROKER_USER,
            password_file="mqtt.password",
            ca_file="ca.pem",
            keepalive_s=1,
        )
        return MqttEvents(table, self.folder, name)

    def tell(self, count: int) -> None:
        """So many alarms of every hall, each sent twice."""
        now_s = time.time()
        for _ in range(count):
            self.sent += 1
            for name, hall in self.halls.items():
                event = alarm_event(f"Hall {name}", transition(f"a-{self.sent}", "raised", self.sent), now_s, "r1")
                hall.alarm(event)
                hall.alarm(event)

    def kept(self) -> int:
        rows = self.database.rows(
            "SELECT count(*), count(DISTINCT (hall, body->>'alarm')) FROM event WHERE what = 'alarm'"
        )
        assert rows[0][0] == rows[0][1], "an event is there twice"
        return int(str(rows[0][0]))

    def all_there(self, limit_s: float = 20.0) -> None:
        wait_for(lambda: self.kept() == 2 * self.sent, limit_s, f"{2 * self.sent} events")

    def close(self) -> None:
        if self.collector.poll() is None:
            self.collector.kill()
        self.collector.wait()
        for hall in self.halls.values():
            hall.close()
        self.stack.close()


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory, database: Postgres) -> Iterator[Plant]:
    plant = Plant(tmp_path_factory.mktemp("group"), database)
    yield plant
    plant.close()


def test_events_of_all_halls_are_kept_each_once(plant: Plant) -> None:
    plant.tell(20)
    plant.all_there()
    assert [h[0] for h in plant.database.rows("SELECT name FROM hall ORDER BY name")] == ["Hall paint", "Hall press"]


def test_what_is_no_event_holds_nothing_up_and_is_kept_apart(plant: Plant) -> None:
    stranger = paho.Client(paho.CallbackAPIVersion.VERSION2)
    stranger.username_pw_set(BROKER_USER, BROKER_PASSWORD)
    stranger.tls_set(ca_certs=str(plant.folder / "ca.pem"))
    stranger.connect("localhost", plant.port)
    stranger.loop_start()
    # A date that is right and that the database cannot hold, in the middle of others.
    late = alarm_event("Hall", transition("a-1", "raised", 1.0), time.time()) | {"reason": "\\u0000"}
    for payload in (b"garbage", b"", str(late).encode(), b'{"schema": "hoistwatch.alarm/9"}'):
        stranger.publish("plant/press/alarm", payload, qos=1).wait_for_publish(5.0)
    stranger.disconnect()
    stranger.loop_stop()
    plant.tell(1)
    plant.all_there()
    refused = plant.database.rows("SELECT topic, why, payload FROM refused")
    assert len(refused) == 4
    assert {row[0] for row in refused} == {"plant/press/alarm"}
    assert plant.log.read_text().count("message refused") == 4


def test_spans_that_were_watched_grow(plant: Plant) -> None:
    book, now_s = PlantLog("Hall press"), time.time()
    for event in (
        *book.take(snapshot(now_s - 7200.0)),
        *book.take(snapshot(now_s - 3600.0)),
        *book.take(snapshot(now_s)),
    ):
        plant.halls["press"].log(event)
    spans = "SELECT extract(epoch FROM until - at)::float FROM event WHERE what = 'watched'"
    wait_for(lambda: [round(float(str(r[0]))) for r in plant.database.rows(spans)] == [7200], what="the span")


def test_nothing_is_lost_while_the_database_is_gone(plant: Plant) -> None:
    plant.database.kill()
    plant.tell(30)
    plant.says("database away")
    plant.tell(30)
    plant.database.start()
    plant.all_there()
    plant.says("database connected")


def test_nothing_is_lost_while_the_broker_is_gone(plant: Plant) -> None:
    plant.tell(20)
    plant.broker.kill()
    plant.broker.wait()
    plant.says("NOT CONNECTED")
    plant.tell(20)
    plant.start_broker()
    plant.all_there()


def test_nothing_is_lost_while_the_collector_is_gone(plant: Plant) -> None:
    plant.tell(30)
    plant.collector.kill()
    plant.collector.wait()
    plant.tell(30)
    plant.start()
    plant.all_there()
    plant.collector.terminate()
    assert plant.collector.wait(10.0) == 0


def test_the_report_shows_every_hall(plant: Plant) -> None:
    done = run("group", "report", "--config", plant.config, "--period", "today")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert next(line for line in lines if line.startswith("Hall paint")).split()[2] == str(plant.sent)
    assert "Under suspended load" in done.stdout
    one = run("group", "report", "--config", plant.config, "--hall", "Hall press", "--language", "ko")
    assert "교대별" in one.stdout
    assert "Hall paint" not in one.stdout
    assert "no such hall" in run("group", "report", "--config", plant.config, "--hall", "x").stderr


def test_tables_of_a_newer_version_are_left_alone(plant: Plant, tmp_path: Path) -> None:
    table = DatabaseTable(port=plant.database.port, user=USER, password_file="database.password")
    with GroupStore(table, plant.folder) as store, store._link.transaction():
        store._link.execute("INSERT INTO hoistwatch_schema (version) VALUES (%s)", (len(MIGRATIONS) + 1,))
    for command in ("report", "collect"):
        done = run("group", command, "--config", plant.config)
        assert done.returncode == 2
        assert f"has tables of version {len(MIGRATIONS) + 1}, expected {len(MIGRATIONS)}" in done.stderr


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ui.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60.0, check=False)
