"""Contacts behind a real Mosquitto: broker, module and node are killed, stopped and unplugged in turn."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from calibration.errors import BadInput
from calibration.outputs import Relay
from safety.relay_drivers import ContactDriver, DriverFault, open_driver
from tests.safety.bus_helpers import free_port, process, wait_for
from tests.safety.mosquitto import PASSWORD, USER, mosquitto

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
OUTPUTS = {"K1": ("H1", "permit"), "S1": ("hall", "danger")}
ON, OFF = {"K1": True, "S1": True}, {"K1": False, "S1": False}
TOPIC = "hall3/cabinet"
VALID_S = 0.4


def relay(port: int, **options: object) -> Relay:
    table = {"topic": TOPIC} | options
    return Relay.model_validate(
        {"name": "c1", "driver": "mqtt", "address": f"localhost:{port}", "outputs": OUTPUTS, "mqtt": table}
    )


def reads(driver: ContactDriver) -> dict[str, bool] | str:
    try:
        return driver.read_back()
    except DriverFault as fault:
        return str(fault)


def becomes(driver: ContactDriver, expected: Callable[[object], bool], limit_s: float = 8.0) -> float:
    start_s = time.monotonic()
    wait_for(lambda: expected(reads(driver)), limit_s, what=f"another read-back than {reads(driver)}")
    return time.monotonic() - start_s


class Module:
    """The module's process, and when its contacts moved."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self.child = child
        self.moves: list[tuple[float, dict[str, bool]]] = []
        assert child.stdout is not None
        assert child.stdout.readline().startswith("ready")
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            stamp, _, contacts = line.partition(" ")
            self.moves.append((float(stamp), json.loads(contacts)))

    def say(self, word: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(word + "\n")
        self.child.stdin.flush()

    def opens_within_s(self, since_s: float) -> float:
        wait_for(lambda: bool(self.moves) and self.moves[-1][1] == OFF, 5.0, "the module's contacts open")
        return self.moves[-1][0] - since_s


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start_module(stack: ExitStack, *arguments: str | Path) -> Module:
    return Module(stack.enter_context(process("-m", "tests.safety.mqtt_module", *arguments)))


def start_held(stack: ExitStack, port: int, folder: Path) -> subprocess.Popen[str]:
    table = json.dumps(relay(port).model_dump(mode="json", exclude_defaults=True))
    held = stack.enter_context(process("-m", "tests.safety.relay_held", table, folder))
    assert held.stdout is not None
    assert held.stdout.readline().strip() == "closed"
    return held


def retained(port: int, topic: str) -> dict[str, object]:
    """What somebody finds who comes later."""
    found: list[bytes] = []
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.on_connect = lambda c, *_: c.subscribe(topic, qos=1)
    client.on_message = lambda _c, _d, message: found.append(message.payload) if message.retain else None
    client.connect("localhost", port)
    client.loop_start()
    wait_for(lambda: bool(found), what=f"a retained message on {topic}")
    client.disconnect()
    client.loop_stop()
    return json.loads(found[-1])


def test_moves_reads_back_and_leaves_the_safe_state(stack: ExitStack, tmp_path: Path) -> None:
    port = free_port()
    stack.enter_context(mosquitto(tmp_path, port))
    module = start_module(stack, str(port), TOPIC)
    driver = open_driver(relay(port), lambda: None, tmp_path)
    becomes(driver, lambda read: read == OFF)
    driver.apply(ON)
    took_s = becomes(driver, lambda read: read == ON)
    print(f"\nMQTT: command to read-back {1e3 * took_s:.0f} ms")
    assert retained(port, f"{TOPIC}/set")["contacts"] == OFF, "an energising command must never be retained"
    time.sleep(1.0)
    assert module.moves[-1][1] == ON, "commands are repeated before they end"
    end_s = time.monotonic()
    driver.close()
    assert module.opens_within_s(end_s) < VALID_S
    assert retained(port, f"{TOPIC}/set")["contacts"] == OFF


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_node_that_dies_or_freezes_opens_the_contacts(
    stack: ExitStack, tmp_path: Path, number: signal.Signals
) -> None:
    port = free_port()
    stack.enter_context(mosquitto(tmp_path, port))
    module = start_module(stack, str(port), TOPIC)
    held = start_held(stack, port, tmp_path)
    start_s = time.monotonic()
    held.send_signal(number)
    took_s = module.opens_within_s(start_s)
    print(f"\n{number.name} of the node: module's contacts open after {1e3 * took_s:.0f} ms")
    assert took_s < VALID_S + 0.1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_broker_that_is_gone_opens_the_contacts_and_is_told(
    stack: ExitStack, tmp_path: Path, number: signal.Signals
) -> None:
    port = free_port()
    broker = stack.enter_context(mosquitto(tmp_path, port))
    module = start_module(stack, str(port), TOPIC)
    driver = open_driver(relay(port), lambda: None, tmp_path)
    stack.callback(driver.close)
    becomes(driver, lambda read: read == OFF)
    driver.apply(ON)
    becomes(driver, lambda read: read == ON)
    start_s = time.monotonic()
    broker.send_signal(number)
    told_s = becomes(driver, lambda read: isinstance(read, str))
    opened_s = module.opens_within_s(start_s)
    print(f"\n{number.name} of the broker: told after {1e3 * told_s:.0f} ms, open after {1e3 * opened_s:.0f} ms")
    assert told_s < 1.0
    assert opened_s < VALID_S + 0.1
    if number == signal.SIGKILL:
        broker.wait()
        stack.enter_context(mosquitto(tmp_path, port))
        becomes(driver, lambda read: read == OFF, 15.0)
        assert module.moves[-1][1] == OFF, "its return closes nothing"
        driver.apply(ON)
        becomes(driver, lambda read: read == ON)


def test_a_module_that_is_gone_or_stuck(stack: ExitStack, tmp_path: Path) -> None:
    port = free_port()
    stack.enter_context(mosquitto(tmp_path, port))
    module = start_module(stack, str(port), TOPIC)
    driver = open_driver(relay(port), lambda: None, tmp_path)
    stack.callback(driver.close)
    becomes(driver, lambda read: read == OFF)
    driver.apply(ON)
    becomes(driver, lambda read: read == ON)
    module.say("stick")
    time.sleep(0.1)
    driver.apply(OFF)
    time.sleep(0.3)
    assert reads(driver) == ON, "the read-back tells of the contacts, not of the command"
    module.child.kill()
    assert becomes(driver, lambda read: "the module does not answer" in str(read)) < 1.0


def test_tls_and_password(stack: ExitStack, tmp_path: Path) -> None:
    port = free_port()
    stack.enter_context(mosquitto(tmp_path, port, secure=True))
    start_module(stack, str(port), TOPIC, USER, PASSWORD, tmp_path / "ca.pem")
    secret = tmp_path / "mqtt.password"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    access = {"username": USER, "password_file": "mqtt.password", "ca_file": "ca.pem"}
    driver = open_driver(relay(port, **access), lambda: None, tmp_path)
    becomes(driver, lambda read: read == OFF)
    driver.apply(ON)
    becomes(driver, lambda read: read == ON)
    driver.close()
    secret.write_text("wrong\n")
    driver = open_driver(relay(port, **access), lambda: None, tmp_path)
    becomes(driver, lambda read: "refuses this node" in str(read))
    assert "wrong" not in str(reads(driver))
    driver.close()
    plain = open_driver(relay(port), lambda: None, tmp_path)
    becomes(plain, lambda read: isinstance(read, str) and "has not connected" not in read)
    plain.close()


def test_a_password_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("x\n")
    (tmp_path / "p").chmod(0o644)
    with pytest.raises(BadInput, match="readable by other users"):
        open_driver(relay(1, username="u", password_file="p"), lambda: None, tmp_path)
    with pytest.raises(BadInput, match=r"ca_file: expected a PEM certificate"):
        open_driver(relay(1, ca_file="none.pem"), lambda: None, tmp_path)


def test_nobody_there(tmp_path: Path) -> None:
    driver = open_driver(relay(free_port()), lambda: None, tmp_path)
    becomes(driver, lambda read: "the broker cannot be reached" in str(read))
    driver.close()
