"""The fault table: what is done to the real processes, and how long until the permit contact is open.

Engine and relay node are processes of the command line, the contact is a coil of a Modbus server in a process
of its own, read by a client that is none of theirs. Run: python -m tests.benchmarks.bench_faults [NAME …]
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Literal

from calibration.site import Bus
from calibration.site_file import site_text
from safety.audit import AuditLog
from safety.bus_client import BusClient
from safety.keys import add_party
from safety.records import RelayStatus, Reset
from tests.benchmarks.faults import (
    Meanwhile,
    Proxy,
    Swapped,
    clock,
    disk_free_again,
    flipped,
    full_disk,
    libfaketime,
    said,
    slowed,
)
from tests.live_chain import NODE, Chain
from tests.shared_data import ROOT
from tests.test_fail_safe import resting_hoist
from tests.worlds import bridge, hall

WATCH_S = 4.0
Undo = Callable[[], object]
Must = Literal["open", "hold", "withdraw"]


class FaultChain(Chain):
    """The chain with a proxy on both connections of the relay node, and a wall clock that can be set."""

    def start_node(self) -> None:
        if not hasattr(self, "proxies"):
            self.proxies = [Proxy(self.site.bus.publish_port), Proxy(self.site.bus.command_port)]
            self.node_site = self.folder / "node.toml"
            bus = Bus(publish_port=self.proxies[0].port, command_port=self.proxies[1].port)
            self.node_site.write_text(site_text(self.site.model_copy(update={"bus": bus})), encoding="utf-8")
        self.start("node", "-m", "ui.cli", "relay", "--site", self.node_site, "--node", NODE)

    def revive(self) -> None:
        """Everything runs and the permit contact is closed."""
        for proxy in self.proxies:
            proxy.clear()
        for name, start in (("modbus", self.start_modbus), ("node", self.start_node), ("engine", self.start_engine)):
            process = self.process(name)
            process.send_signal(signal.SIGCONT)
            if process.poll() is not None:
                start()
        self.free()
        self.stays_closed(0.5)
        self.messages.clear()


def _signal(name: str, number: signal.Signals) -> Callable[[FaultChain], Undo]:
    def inject(chain: FaultChain) -> Undo:
        chain.process(name).send_signal(number)
        return lambda: None

    return inject


def _proxied(set_to: Callable[[Proxy], object]) -> Callable[[FaultChain], Undo]:
    def inject(chain: FaultChain) -> Undo:
        for proxy in chain.proxies:
            set_to(proxy)
        return lambda: [proxy.clear() for proxy in chain.proxies]

    return inject


def _within(make: Callable[[FaultChain], AbstractContextManager[object]]) -> Callable[[FaultChain], Undo]:
    def inject(chain: FaultChain) -> Undo:
        context = make(chain)
        context.__enter__()
        return lambda: context.__exit__(None, None, None)

    return inject


def _stuck(on: bool) -> Callable[[FaultChain], Undo]:
    """The coil goes back at once whatever the node writes; a withdrawn permit shows one that is stuck on."""

    def inject(chain: FaultChain) -> Undo:
        from tests.safety.bus_helpers import Coils

        coils = Coils(chain.modbus_port)
        holding = Meanwhile(lambda: coils.write(0, on), 0.002)
        holding.__enter__()
        if on:
            # Long enough for the permit to run out: the node opens, and the coil does not.
            chain.process("engine").send_signal(signal.SIGSTOP)
            time.sleep(0.35)
            chain.process("engine").send_signal(signal.SIGCONT)

        def undo() -> None:
            holding.__exit__()
            coils.write(0, False)
            coils.close()

        return undo

    return inject


def _forged(role: str, listed: bool) -> Callable[[FaultChain], Undo]:
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

        return Meanwhile(send, 0.02)

    return _within(make)


def _garbage(chain: FaultChain) -> Undo:
    def knock() -> None:
        for port in (chain.site.bus.command_port, chain.site.bus.publish_port):
            with socket.create_connection(("127.0.0.1", port), timeout=0.5) as link:
                link.sendall(b"\xff\x00" * 4000)

    return _within(lambda _: Meanwhile(knock, 0.01))(chain)


def _disk(chain: FaultChain) -> Undo:
    full_disk(chain)
    # Something to be written: a reset that is refused, and an alarm, both go to the audit log.
    chain.console.send(Reset(time_s=0.0, by="x", node=NODE))
    return lambda: disk_free_again(chain)


def _locked(chain: FaultChain) -> Undo:
    import sqlite3

    held = sqlite3.connect(chain.records / "audit.sqlite", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    chain.console.send(Reset(time_s=0.0, by="x", node=NODE))
    return lambda: (held.execute("ROLLBACK"), held.close())


def _clock(offset: str) -> Callable[[FaultChain], Undo]:
    def inject(chain: FaultChain) -> Undo:
        (chain.folder / "clock").write_text(offset)
        return lambda: (chain.folder / "clock").write_text("+0")

    return inject


# Name, what must happen (the contact opens, it stays closed, the engine withdraws its permit), by when, what is done.
FAULTS: list[tuple[str, Must, float, Callable[[FaultChain], Undo]]] = [
    ("nothing (control)", "hold", 0.0, lambda _: lambda: None),
    ("engine killed", "open", 0.4, _signal("engine", signal.SIGKILL)),
    ("engine stopped", "open", 0.4, _signal("engine", signal.SIGSTOP)),
    ("engine ended", "open", 0.4, _signal("engine", signal.SIGTERM)),
    ("engine slowed to a tenth", "open", 0.4, _within(lambda c: slowed(c, "engine", 0.45, 0.05))),
    ("relay node ended", "open", 0.4, _signal("node", signal.SIGTERM)),
    ("relay node slowed to a tenth", "open", 0.8, _within(lambda c: slowed(c, "node", 0.45, 0.05))),
    ("Modbus server killed", "withdraw", 2.0, _signal("modbus", signal.SIGKILL)),
    ("bus cut for good", "open", 0.4, _proxied(lambda p: setattr(p, "hole", True))),
    ("bus late by 0.5 s", "open", 0.8, _proxied(lambda p: setattr(p, "delay_s", 0.5))),
    ("bus packets doubled", "open", 0.8, _proxied(lambda p: setattr(p, "mangle", lambda d: [d, d]))),
    ("bus packets in another order", "open", 0.8, _proxied(lambda p: setattr(p, "mangle", Swapped()))),
    ("one bit of each packet flipped", "open", 0.8, _proxied(lambda p: setattr(p, "mangle", flipped))),
    ("every third packet dropped", "open", 0.8, _proxied(lambda p: setattr(p, "mangle", _third()))),
    ("connections broken once", "hold", 0.0, _proxied(lambda p: p.cut())),
    ("bus late by 0.05 s", "hold", 0.0, _proxied(lambda p: setattr(p, "delay_s", 0.05))),
    ("reset forged without a listed key", "hold", 0.0, _forged("console", listed=False)),
    ("status forged without a listed key", "hold", 0.0, _forged("relay", listed=False)),
    ("old status replayed with the node's key", "open", 2.0, _forged("relay", listed=True)),
    ("garbage to both ports", "hold", 0.0, _garbage),
    ("relay stuck open", "open", 2.0, _stuck(on=False)),
    ("relay stuck closed", "withdraw", 2.0, _stuck(on=True)),
    ("disk full (audit log)", "hold", 0.0, _disk),
    ("audit database locked", "hold", 0.0, _locked),
    ("wall clock +1 h", "hold", 0.0, _clock("+3600")),
    ("wall clock -1 h", "hold", 0.0, _clock("-3600")),
]


def _third() -> Callable[[bytes], list[bytes]]:
    count = [0]

    def drop(data: bytes) -> list[bytes]:
        count[0] += 1
        return [] if count[0] % 3 == 0 else [data]

    return drop


def measured(chain: FaultChain, must: Must, inject: Callable[[FaultChain], Undo]) -> tuple[float | None, str]:
    """Seconds until what is looked for (None: it does not come), and what the console says a second later."""
    start_s = time.monotonic()
    undo = inject(chain)
    came: float | None = None
    try:
        while time.monotonic() - start_s < (WATCH_S if came is None else came + 1.2):
            if must == "withdraw":
                chain.listen(0.01)
                if came is None and chain.newest and chain.newest.time_s > start_s and chain.newest.alarms:
                    came = time.monotonic() - start_s
                continue
            if came is None and not chain.permit_closed():
                came = time.monotonic() - start_s
            chain.listen(0.001)
        chain.listen(0.05)
        return came, said(chain)
    finally:
        undo()


def corrupt(folder: Path, chain: FaultChain, recording: Path) -> list[tuple[str, str]]:
    """Files that are broken before the start: the command must end with one line that names them."""
    copies = folder / "corrupt"
    shutil.copytree(chain.folder / "keys", copies / "keys")
    for path in (chain.site_path, chain.records / "audit.sqlite", recording):
        shutil.copy(path, copies / path.name)
    play = ("--playback", str(copies / recording.name), "--record-to", str(copies))
    command = [sys.executable, "-m", "ui.cli", "run", "--site", str(copies / "site.toml"), *play]
    out = []
    for name, file in (
        ("key of the engine cut", "keys/engine.key"),
        ("site file cut", "site.toml"),
        ("audit database overwritten", "audit.sqlite"),
        ("recording cut at its head", recording.name),
    ):
        path = copies / file
        sound = path.read_bytes()
        third = len(sound) // 3
        path.write_bytes(sound[:third] if name.endswith("cut") else b"\x00broken" + sound[third:])
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        path.write_bytes(sound)
        last = done.stderr.strip().splitlines()[-1].replace(f"{copies}/", "")
        out.append((name, f"code {done.returncode}: {last}"))
    return out


def main() -> None:
    wanted = sys.argv[1:]
    rows: list[tuple[str, str, str, str, str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = hall(cameras=0, hoists=[bridge()])
        recording = resting_hoist(folder / "rest.mcap", site_text(site))
        (folder / "chain").mkdir()
        environment = clock(folder / "chain", "+0") if libfaketime() and any("clock" in w for w in wanted) else {}
        with FaultChain(
            folder / "chain", site, "--playback", recording, "--no-record", environment=environment
        ) as chain:
            for fault, must, limit_s, inject in FAULTS:
                if wanted and not any(w in fault for w in wanted):
                    continue
                if fault.startswith("wall clock") and not environment:
                    print(f"{fault}: only by name (bench_faults clock), and with libfaketime installed", flush=True)
                    continue
                try:
                    chain.revive()
                except AssertionError as error:
                    print(f"{fault}: the contact could not be closed before it ({error})", flush=True)
                    continue
                before = _rows(chain)
                took_s, words = measured(chain, must, inject)
                shown = "none" if took_s is None else f"{1e3 * took_s:.0f} ms"
                good = took_s is None if must == "hold" else took_s is not None and took_s <= limit_s
                limit = {"hold": "stays closed", "open": "opens", "withdraw": "permit withdrawn"}[must]
                limit += f" in {limit_s:g} s" if limit_s else ""
                time.sleep(1.0)  # what waited for the disk is written by now
                rows.append((fault, limit, shown + ("" if good else ", MISSED"), words, _lost(chain, before)))
                print(" | ".join(rows[-1]), flush=True)
            if not wanted or "corrupt" in wanted:
                chain.process("engine").kill()
                for fault, words in corrupt(folder, chain, recording):
                    rows.append((fault, "does not start", "contact open", words, "-"))
                    print(" | ".join(rows[-1]), flush=True)
            for proxy in chain.proxies:
                proxy.close()
    print("\n| fault | permit contact must | measured | console | audit log |\n|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |")


def _rows(chain: Chain) -> int:
    with suppress(Exception), AuditLog(chain.records / "audit.sqlite", read_only=True) as log:
        return log.head()[0]
    return 0


def _lost(chain: Chain, before: int) -> str:
    """Whether the log is still sound and no shorter than it was."""
    with suppress(Exception), AuditLog(chain.records / "audit.sqlite", read_only=True) as log:
        verdict = log.verify()
        if not verdict.sound:
            return verdict.message
        return f"sound, {log.head()[0] - before} new" if log.head()[0] >= before else "rows lost"
    return "cannot be read"


if __name__ == "__main__":
    main()
