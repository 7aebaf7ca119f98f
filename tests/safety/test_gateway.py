"""The gateway as a process, between a real bus, a real Mosquitto and real OPC UA clients."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from asyncua import Client, ua
from asyncua.crypto.cert_gen import (
    dump_private_key_as_pem,
    generate_private_key,
    generate_self_signed_app_certificate,
)
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from safety.bus import BusPorts, EngineBus
from safety.plant_events import ALARM_SCHEMA, STATE_SCHEMA
from safety.records import AlarmTransition, Level, NodeView, Situation, Snapshot
from safety.users import add_user
from safety.word_records import Verdict
from tests.safety.bus_helpers import LOOPBACK, free_port, make_site_keys, process, site_text, wait_for
from tests.safety.mosquitto import mosquitto

PASSWORD = "heron over water"
TOPIC = "plant/hall3"
URI = "urn:test:client"


class Engine:
    """The engine's own bus, publishing ten snapshots a second in a thread."""

    def __init__(self, keys: Path) -> None:
        self.bus = EngineBus(LOOPBACK, keys, lambda *_: None)
        self.silent = self.permit = False
        self.transitions: list[AlarmTransition | Verdict] = []
        self._stop = threading.Event()
        self._seq = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self.bus.receive(0.0)
            if not self.silent:
                self._seq += 1
                self.bus.publish(self._snapshot())
            while self.transitions:
                self.bus.publish(self.transitions.pop(0))

    def _snapshot(self) -> Snapshot:
        contacts = {"K1": self.permit, "K2": self.permit, "S1": False}
        node = NodeView(node="cabinet-1", connected=True, latched=False, commanded=contacts, contacts=contacts)
        return Snapshot(
            time_s=time.monotonic(),
            wall_s=time.time(),
            seq=self._seq,
            level=Level.CLEAR,
            people=(),
            paths=(),
            hoists=(),
            hazards=(),
            alarms=(),
            outputs={"H1/permit": self.permit},
            cameras=(),
            nodes=(node,),
        )

    def alarm(self, name: str, event: str = "raised") -> None:
        self.transitions.append(
            AlarmTransition(
                time_s=time.monotonic(),
                alarm=name,
                event=event,
                level=Level.DANGER,
                situation=Situation.STRUCK_BY,
                hoist="H1",
                person="P3",
                source=None,
                probability=0.7,
                time_to_contact_s=1.2,
                time_to_last_safe_stop_s=0.1,
                reason="P3 will be struck",
            )
        )

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.bus.close()


@dataclass
class Listener:
    """A system of the plant at the broker."""

    port: int
    heard: list[tuple[str, str]] = field(default_factory=list)
    subscribed: int = 0

    def __post_init__(self) -> None:
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="plant", clean_session=False)
        self.client.on_connect = lambda client, *_: client.subscribe(f"{TOPIC}/#", qos=1)
        self.client.on_message = lambda _c, _d, m: self.heard.append((m.topic, m.payload.decode()))
        self.client.on_subscribe = lambda *_: setattr(self, "subscribed", self.subscribed + 1)
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", self.port)
        self.client.loop_start()

    def texts(self, topic: str) -> list[str]:
        return [payload for name, payload in self.heard if name == f"{TOPIC}/{topic}"]

    def newest(self, topic: str) -> str:
        return (self.texts(topic) or [""])[-1]

    def state(self) -> dict[str, object]:
        return json.loads(self.newest("state") or "{}")

    def alarms(self) -> list[dict[str, object]]:
        return [json.loads(text) for text in self.texts("alarm")]


@dataclass
class Site:
    folder: Path
    keys: Path
    engine: Engine
    broker_port: int
    opcua_port: int
    stack: ExitStack

    def gateway(self, *, opcua: bool = False) -> subprocess.Popen[str]:
        """A gateway to the broker, or one to OPC UA clients."""
        table = f"[gateway.mqtt]\naddress = '127.0.0.1:{self.broker_port}'\ntopic = '{TOPIC}'\n"
        if opcua:
            table = f"[gateway.opcua]\nport = {self.opcua_port}\n"
        path = self.folder / "site.toml"
        path.write_text(path.read_text().partition("[gateway")[0] + table, encoding="utf-8")
        return self.stack.enter_context(process("-m", "ui.cli", "gateway", "--site", self.folder / "site.toml"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        keys = make_site_keys(tmp_path)
        engine = Engine(keys)
        stack.callback(engine.close)
        broker, opcua = free_port(), free_port()
        ports = BusPorts(engine.bus.ports.publish, engine.bus.ports.command)
        (tmp_path / "site.toml").write_text(site_text(ports), encoding="utf-8")
        add_user(keys, "scada", "viewer", PASSWORD)
        yield Site(tmp_path, keys, engine, broker, opcua, stack)


def listener(site: Site) -> Listener:
    listener = Listener(site.broker_port)
    site.stack.callback(listener.client.loop_stop)
    return listener


# --- MQTT ---------------------------------------------------------------------------------------


def test_states_are_retained_and_alarms_told_once(site: Site) -> None:
    site.stack.enter_context(mosquitto(site.folder, site.broker_port))
    gateway = site.gateway()
    plant = listener(site)
    wait_for(lambda: plant.newest("online") == "online" and plant.state().get("live") is True, 15.0, "the state")
    assert plant.state()["schema"] == STATE_SCHEMA
    site.engine.permit = True
    wait_for(lambda: plant.state()["outputs"] == {"H1/permit": True}, what="the change")
    late = Listener(site.broker_port)
    late.client.loop_stop()
    site.engine.alarm("a-1")
    wait_for(lambda: len(plant.alarms()) == 1, what="the alarm")
    alarm = plant.alarms()[0]
    told = (alarm["schema"], alarm["hall"], alarm["alarm"], alarm["event"], alarm["level"], alarm["hoist"])
    assert told == (ALARM_SCHEMA, "Hall", "a-1", "raised", "danger", "H1")
    assert "x_m" not in json.dumps(plant.heard), "nobody's place leaves the system"
    site.engine.silent = True
    wait_for(lambda: plant.state()["live"] is False, what="the engine's silence told")
    site.engine.silent = False
    wait_for(lambda: plant.state()["live"] is True, what="the engine back")
    start_s = time.monotonic()
    gateway.send_signal(signal.SIGKILL)
    wait_for(lambda: plant.newest("online") == "offline", 8.0, "the last will")
    print(f"\nSIGKILL of the gateway: told offline after {1e3 * (time.monotonic() - start_s):.0f} ms")
    site.gateway()
    wait_for(lambda: plant.newest("online") == "online", 15.0, "another gateway")


def test_alarms_wait_for_a_broker_that_is_gone(site: Site) -> None:
    with mosquitto(site.folder, site.broker_port) as broker:
        gateway = site.gateway()
        plant = listener(site)
        wait_for(lambda: plant.state().get("live") is True, 15.0, "the state")
        broker.kill()
        broker.wait()
    time.sleep(0.3)
    for number in range(5):
        site.engine.alarm(f"a-{number}")
    time.sleep(0.5)
    # A broker that was killed has forgotten who listens, so the plant has to be back before the gateway is.
    gateway.send_signal(signal.SIGSTOP)
    before = plant.subscribed
    site.stack.enter_context(mosquitto(site.folder, site.broker_port))
    wait_for(lambda: plant.subscribed > before, 15.0, "the plant back at the broker")
    gateway.send_signal(signal.SIGCONT)
    wait_for(lambda: len(plant.alarms()) == 5, 15.0, "the alarms of meanwhile")
    assert [alarm["alarm"] for alarm in plant.alarms()] == [f"a-{number}" for number in range(5)]


def test_what_statistics_over_halls_need_is_told_too(site: Site) -> None:
    """When the engine watched, and verdicts, without who gave them."""
    site.stack.enter_context(mosquitto(site.folder, site.broker_port))
    plant = listener(site)
    gateway = site.gateway()

    def logged(what: str) -> list[dict[str, object]]:
        return [event for text in plant.texts("log") if (event := json.loads(text))["what"] == what]

    wait_for(lambda: bool(logged("watched")), 15.0, "the span that is watched")
    verdict = Verdict(time_s=time.monotonic(), by="kim", alarm="a-1", raised_wall_s=1e9, verdict="nuisance")
    site.engine.transitions.append(verdict)
    wait_for(lambda: bool(logged("verdict")), what="the verdict")
    told = logged("verdict")[0]
    assert (told["alarm"], told["verdict"], told["raised"]) == ("a-1", "nuisance", "2001-09-09T01:46:40.000+00:00")
    assert "kim" not in json.dumps(told)
    gateway.send_signal(signal.SIGTERM)
    assert gateway.wait(8.0) == 0
    wait_for(lambda: len(logged("watched")) == 2, what="the span's end")
    assert len({event["id"] for event in logged("watched")}) == 1


def test_an_orderly_end_says_so(site: Site) -> None:
    site.stack.enter_context(mosquitto(site.folder, site.broker_port))
    gateway = site.gateway()
    plant = listener(site)
    wait_for(lambda: plant.newest("online") == "online", 15.0, "the gateway")
    gateway.send_signal(signal.SIGTERM)
    assert gateway.wait(8.0) == 0
    wait_for(lambda: plant.newest("online") == "offline", what="the farewell")


def test_a_site_without_gateway_says_so(tmp_path: Path) -> None:
    make_site_keys(tmp_path)
    (tmp_path / "site.toml").write_text(site_text(), encoding="utf-8")
    with process("-m", "ui.cli", "gateway", "--site", tmp_path / "site.toml") as child:
        assert child.wait(15.0) == 2
        assert child.stderr is not None
        assert "gateway: expected a table [gateway.opcua] or [gateway.mqtt]" in child.stderr.read()


# --- OPC UA -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pass:
    """A client's certificate and key."""

    certificate: Path
    key: Path


def client_pass(folder: Path, name: str, trusted: Path | None) -> Pass:
    key = generate_private_key()
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(URI), x509.DNSName("localhost")]
    made = generate_self_signed_app_certificate(key, name, {}, names, [ExtendedKeyUsageOID.CLIENT_AUTH], days=2)
    out = Pass(folder / f"{name}.der", folder / f"{name}.pem")
    out.certificate.write_bytes(made.public_bytes(Encoding.DER))
    out.key.write_bytes(dump_private_key_as_pem(key))
    if trusted is not None:
        (trusted / f"{name}.der").write_bytes(out.certificate.read_bytes())
    return out


async def connected(site: Site, card: Pass | None, user: str = "scada", password: str = PASSWORD) -> Client:
    client = Client(f"opc.tcp://127.0.0.1:{site.opcua_port}/hoistwatch", timeout=2)
    client.application_uri = URI
    if user:
        client.set_user(user)
        client.set_password(password)
    if card is not None:
        await client.set_security(
            SecurityPolicyBasic256Sha256,
            str(card.certificate),
            str(card.key),
            mode=ua.MessageSecurityMode.SignAndEncrypt,
        )
    await client.connect()
    return client


async def until(true: Callable[[], Awaitable[bool]], limit_s: float = 8.0) -> None:
    end_s = time.monotonic() + limit_s
    while not await true():
        assert time.monotonic() < end_s
        await asyncio.sleep(0.05)


def started(site: Site) -> Pass:
    gateway = site.gateway(opcua=True)
    trusted = site.keys / "opcua-trusted"
    assert gateway.stderr is not None
    wait_for(trusted.is_dir, 15.0, "the folder of trusted clients")
    assert "engine" in gateway.stderr.readline()
    assert (site.keys / "opcua-server.pem").stat().st_mode & 0o077 == 0
    return client_pass(site.folder, "scada", trusted)


class Events:
    def __init__(self) -> None:
        self.heard: list[object] = []

    def event_notification(self, event: object) -> None:
        self.heard.append(event)


def test_opcua_shows_the_hall_read_only(site: Site) -> None:
    card = started(site)

    async def story() -> None:
        client = await connected(site, card)
        index = await client.get_namespace_index("https://hoistwatch/opcua/1")
        permit = client.get_node(ua.NodeId("hall/outputs/H1/permit", index))
        live = client.get_node(ua.NodeId("hall/live", index))
        await until(lambda: reads(live, True))
        assert await permit.read_value() is False
        site.engine.permit = True
        await until(lambda: reads(permit, True))
        contact = client.get_node(ua.NodeId("hall/relays/cabinet-1/contacts/K1", index))
        await until(lambda: reads(contact, True))
        for write in (permit.write_value(False), client.nodes.objects.add_object(index, "mine")):
            with pytest.raises(ua.UaStatusCodeError):
                await write
        events = Events()
        subscription = await client.create_subscription(50, events)
        await subscription.subscribe_events()
        site.engine.alarm("a-9")
        await until(lambda: heard(events))
        message = json.loads(events.heard[0].Message.Text)  # type: ignore[attr-defined]
        assert (message["alarm"], message["level"]) == ("a-9", "danger")
        site.engine.silent = True
        await until(lambda: reads(live, False))
        await until(lambda: is_bad(permit))
        site.engine.silent = False
        await until(lambda: reads(permit, True))
        await client.disconnect()

    asyncio.run(story())


def test_opcua_lets_in_only_whom_it_may(site: Site) -> None:
    card = started(site)
    stranger = client_pass(site.folder, "stranger", None)

    async def story() -> None:
        cases = (
            (stranger, "scada", PASSWORD),
            (card, "scada", "wrong password"),
            (card, "nobody", PASSWORD),
            (card, "", ""),
            (None, "scada", PASSWORD),
        )
        for who, user, password in cases:
            with pytest.raises((ua.UaError, ConnectionError, TimeoutError, asyncio.TimeoutError)):
                await connected(site, who, user, password)
        client = await connected(site, card)
        await client.disconnect()

    asyncio.run(story())


async def reads(node: object, value: object) -> bool:
    try:
        return await node.read_value() == value  # type: ignore[attr-defined]
    except ua.UaError:
        return False


async def is_bad(node: object) -> bool:
    data = await node.read_data_value(raise_on_bad_status=False)  # type: ignore[attr-defined]
    return not data.StatusCode.is_good()


async def heard(events: Events) -> bool:
    return bool(events.heard)
