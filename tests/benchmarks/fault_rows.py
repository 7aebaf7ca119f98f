"""The rows of the fault table about engine, relay node, contacts and bus, in one hall."""

from __future__ import annotations

import shutil
import signal
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from safety.bus_client import BusClient
from safety.bus_seal import Sealer
from safety.health_records import PartView
from safety.keys import add_party
from safety.parts_file import PARTS_FILE, PartsWriter
from safety.records import AlarmTransition, RelayStatus, Reset
from tests.benchmarks.fault_chain import Fault, FaultChain, Inject, Undo
from tests.benchmarks.faults import (
    Meanwhile,
    Proxy,
    Swapped,
    Third,
    disk_free_again,
    flipped,
    full_disk,
    slowed,
)
from tests.live_chain import NODE
from tests.safety.bus_helpers import Coils, wait_for


def signalled(name: str, number: signal.Signals) -> Inject:
    def inject(chain: FaultChain) -> Undo:
        process = chain.process(name)
        process.send_signal(number)
        # One that was asked to end may take its time; only then is it started anew.
        return lambda: None if number == signal.SIGSTOP else process.wait(20.0)

    return inject


def slow(name: str, stop_s: float = 0.45, go_s: float = 0.05) -> Inject:
    return within(lambda chain: slowed(chain, name, stop_s, go_s))


def within(make: Callable[[FaultChain], AbstractContextManager[object]]) -> Inject:
    def inject(chain: FaultChain) -> Undo:
        context = make(chain)
        context.__enter__()
        return lambda: context.__exit__(None, None, None)

    return inject


def _proxied(set_to: Callable[[Proxy], object]) -> Inject:
    def inject(chain: FaultChain) -> Undo:
        for proxy in chain.proxies:
            set_to(proxy)
        return lambda: [proxy.clear() for proxy in chain.proxies]

    return inject


def _mangled(mangle: Callable[[], Callable[[bytes], list[bytes]]]) -> Inject:
    return _proxied(lambda proxy: setattr(proxy, "mangle", mangle()))


def _killed_as_it_alarms(chain: FaultChain) -> Undo:
    """A supervisor tells that it gave a part up, the engine raises an alarm, and dies as soon as the alarm is heard."""
    supervisor = PartsWriter(chain.records / PARTS_FILE)
    gone = PartView(part="annunciator x", state="given_up", restarts=5, restarts_all=5, event="given up", said="silent")
    telling = Meanwhile(lambda: supervisor.write((gone,), time.monotonic()), 0.1).__enter__()
    wait_for(lambda: bool(chain.listen(0.001)) and any(isinstance(m, AlarmTransition) for m in chain.messages), 5.0)
    chain.process("engine").kill()
    chain.fault_s = time.monotonic()
    telling.__exit__()
    supervisor.close()
    return lambda: None


def _stuck(state: str) -> Inject:
    """Coil 0 is that, whatever is commanded."""

    def inject(chain: FaultChain) -> Undo:
        chain.stuck.write_text(state)
        coils = Coils(chain.modbus_port)
        coils.write(0, state == "on")
        coils.close()
        return chain.stuck.unlink

    return inject


def _forged(role: str, *, listed: bool) -> Inject:
    """Messages at 50 Hz with a key that is not on the list, or a second party with the node's own key."""

    def make(chain: FaultChain) -> AbstractContextManager[object]:
        folder, name = chain.folder / "keys", NODE
        if not listed:
            folder, name = chain.folder / f"stranger-{role}", f"{role}-x"
            if not folder.exists():
                shutil.copytree(chain.folder / "keys", folder)
                add_party(folder, role, name)  # type: ignore[arg-type]
        party = BusClient.of_site(chain.site.bus, folder, role, name)  # type: ignore[arg-type]
        old = RelayStatus(node=NODE, boot="b", stamp_ns=1, seq=1, commanded={}, contacts={}, latched=False)
        message = old if role == "relay" else Reset(time_s=0.0, by="x", node=NODE)

        def send() -> None:
            party.receive(0.001)
            party.send(message)

        return _Closing(Meanwhile(send, 0.02), party)

    return within(make)


class _Closing(AbstractContextManager[object]):
    def __init__(self, sending: Meanwhile, party: BusClient) -> None:
        self._sending, self._party = sending, party

    def __enter__(self) -> object:
        return self._sending.__enter__()

    def __exit__(self, *_: object) -> None:
        self._sending.__exit__()
        self._party.close()


def _repeated(chain: FaultChain) -> Undo:
    """A listed console's reset, sent again and again under the seal of its first time."""

    class Again(Sealer):
        kept = b""

        def seal(self) -> bytes:
            self.kept = self.kept or super().seal()
            return self.kept

    former, chain.console._sealer = chain.console._sealer, Again()
    wait_for(lambda: chain.console._sealer._heard_ns > 0 or not chain.listen(0.01), 5.0, "a snapshot")

    def send() -> None:
        chain.console.send(Reset(time_s=0.0, by="x", node=NODE))

    sending = Meanwhile(send, 0.3).__enter__()

    def undo() -> None:
        sending.__exit__()
        chain.console._sealer = former

    return undo


def _played_back(chain: FaultChain) -> Undo:
    """What the node sent from its first byte on, taken from the wire, is sent to the engine by somebody else."""
    taken = chain.proxies[1].tape()

    def play() -> None:
        with socket.create_connection(("127.0.0.1", chain.site.bus.command_port), timeout=0.5) as link:
            for piece in taken:
                link.sendall(piece)
                time.sleep(0.001)

    return within(lambda _: Meanwhile(play, 0.1))(chain)


def _garbage(chain: FaultChain) -> Undo:
    def knock() -> None:
        for port in (chain.site.bus.command_port, chain.site.bus.publish_port):
            with socket.create_connection(("127.0.0.1", port), timeout=0.5) as link:
                link.sendall(b"\xff\x00" * 4000)

    return within(lambda _: Meanwhile(knock, 0.01))(chain)


def _refused_command(chain: FaultChain) -> None:
    """Something that has to be written: a reset that frees nothing is refused, and that is audited."""
    chain.console.send(Reset(time_s=0.0, by="x", node="no-such-node"))


def _disk(chain: FaultChain) -> Undo:
    """Nothing of the engine grows any more: audit log, recording, all in its folder."""
    full_disk(chain)
    for _ in range(3):
        _refused_command(chain)
        time.sleep(0.15)
    return lambda: disk_free_again(chain)


def _disk_of_recording(chain: FaultChain) -> Undo:
    """No file may be larger than the recording is now; the audit log is smaller."""
    full_disk(chain, max(path.stat().st_size for path in chain.records.glob("*.mcap")))
    _refused_command(chain)
    return lambda: disk_free_again(chain)


def _locked(chain: FaultChain) -> Undo:
    held = sqlite3.connect(chain.audit, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    for _ in range(3):
        _refused_command(chain)
        time.sleep(0.15)
    return lambda: (held.execute("ROLLBACK"), held.close())


def _counted(name: str, words: str) -> Callable[[FaultChain], str]:
    def then(chain: FaultChain) -> str:
        with suppress(AssertionError):
            wait_for(lambda: bool((s := chain.listen()) and not s.counts.get(name)), 15.0, "it being well")
            return words
        return ""

    return then


def _keys(chain: FaultChain) -> Undo:
    """The list of admitted keys is overwritten while the engine runs."""
    file = chain.folder / "keys" / "allow.toml"
    sound = file.read_bytes()
    file.write_bytes(b"\x00broken" + sound)

    def undo() -> None:
        file.write_bytes(sound)
        time.sleep(1.5)

    return undo


HALL = (
    Fault("nothing at all", "hold", 0.0, lambda _: lambda: None),
    Fault("engine killed", "open", 0.4, signalled("engine", signal.SIGKILL)),
    Fault("engine stopped (SIGSTOP)", "open", 0.4, signalled("engine", signal.SIGSTOP)),
    Fault("engine ended (SIGTERM)", "open", 0.4, signalled("engine", signal.SIGTERM), ("stop",)),
    Fault("engine slowed to a tenth", "open", 0.4, slow("engine")),
    Fault("engine killed as it raises an alarm", "open", 0.4, _killed_as_it_alarms),
    Fault("relay node killed", "open", 0.4, signalled("node", signal.SIGKILL)),
    Fault("relay node stopped (SIGSTOP)", "open", 0.4, signalled("node", signal.SIGSTOP)),
    Fault("relay node ended (SIGTERM)", "open", 0.4, signalled("node", signal.SIGTERM)),
    Fault("relay node slowed to a tenth", "open", 0.8, slow("node")),
    Fault("Modbus server killed", "withdraw", 2.0, signalled("modbus", signal.SIGKILL)),
    Fault("Modbus server stopped (SIGSTOP)", "withdraw", 2.0, signalled("modbus", signal.SIGSTOP)),
    Fault("Modbus server slowed to a tenth", "withdraw", 2.0, slow("modbus")),
    Fault("relay stuck closed", "withdraw", 2.0, _stuck("on"), begins_open=True),
    Fault("relay stuck open", "withdraw", 2.0, _stuck("off")),
    Fault("bus cut for good", "open", 0.4, _proxied(lambda p: setattr(p, "hole", True))),
    Fault("bus broken once", "hold", 0.0, _proxied(lambda p: p.cut())),
    Fault("bus late by 0.05 s", "hold", 0.0, _proxied(lambda p: setattr(p, "delay_s", 0.05))),
    Fault("bus late by 0.5 s", "open", 0.8, _proxied(lambda p: setattr(p, "delay_s", 0.5))),
    Fault("every third packet dropped", "hold", 0.0, _mangled(Third)),
    Fault("packets doubled", "open", 0.8, _mangled(lambda: lambda d: [d, d])),
    Fault("packets in another order", "open", 0.8, _mangled(Swapped)),
    Fault("one bit of each packet flipped", "open", 0.8, _mangled(lambda: flipped)),
    Fault("reset forged, key not listed", "hold", 0.0, _forged("console", listed=False), ("refused",)),
    Fault("status forged, key not listed", "hold", 0.0, _forged("relay", listed=False), ("refused",)),
    Fault("old status with the node's own key", "open", 2.0, _forged("relay", listed=True)),
    Fault("a console's reset replayed under its seal", "hold", 0.0, _repeated, ("refused come before",)),
    Fault("the node's bytes replayed from the wire", "hold", 0.0, _played_back, ("refused CURVE",), watch_s=11.0),
    Fault("garbage to both ports", "hold", 0.0, _garbage),
    Fault("disk full", "hold", 0.0, _disk, then=_counted("audit_fault", "audit log goes on")),
    Fault(
        "disk full under the recording alone",
        "hold",
        0.0,
        _disk_of_recording,
        then=_counted("recording_fault", "recording goes on"),
    ),
    Fault("audit database locked", "hold", 0.0, _locked, then=_counted("audit_fault", "audit log goes on")),
    Fault("list of keys overwritten", "hold", 0.0, _keys, ("config keys",)),
)


def put(file: Path, ahead_s: float) -> None:
    """Set a clock of ``tests.skewed_clock``, in one go: the processes read the file ten times a second."""
    file.with_suffix(".new").write_text(str(ahead_s))
    file.with_suffix(".new").replace(file)


def clock_step(offset_s: float) -> Inject:
    def inject(chain: FaultChain) -> Undo:
        put(chain.folder / "hours", offset_s)
        return lambda: put(chain.folder / "hours", 0.0)

    return inject


def _then_killed(chain: FaultChain) -> Undo:
    """Its next start finds rows in the audit log that are of the future."""
    undo = clock_step(-3600.0)(chain)
    time.sleep(0.3)
    chain.process("engine").kill()
    chain.fault_s = time.monotonic()
    return undo


CLOCK = (
    Fault("wall clock of all set 1 h ahead", "hold", 0.0, clock_step(3600.0)),
    Fault("wall clock of all set 1 h back", "hold", 0.0, clock_step(-3600.0)),
    Fault("engine killed at a wall clock 1 h back", "open", 0.4, _then_killed),
)
