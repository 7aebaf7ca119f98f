"""One row of the fault table: everything well for a while, the fault, what came of it, all well again, and the log."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from calibration.site import Bus, Site
from calibration.site_file import site_text
from recordings.store import RecordingWriter
from safety.audit import AUDIT_FILE
from safety.records import Acknowledge, AlarmState, Snapshot
from tests.benchmarks.fault_audit import Seen, head, judged
from tests.benchmarks.faults import Proxy
from tests.live_chain import NODE, START_S, Chain
from tests.safety.bus_helpers import Coils, wait_for
from tracking.records import Telemetry
from ui.console_model import ConsoleModel
from ui.health_model import Chip

WATCH_S = 4.0
WORDS_S = 1.2
"""How long after the contact has opened the console is asked."""
CONTROL_S = 1.5
LENGTH_S = 3600.0
Undo = Callable[[], object]
Must = Literal["open", "hold", "withdraw", "end"]
MUST = {
    "open": "opens",
    "hold": "stays closed",
    "withdraw": "permit withdrawn, alarm",
    "end": "does not start",
}


def resting_hoist(path: Path, site: str, at_m: tuple[float, float, float] = (6.0, 5.0, 3.0)) -> Path:
    """A recording, an hour long, of a hoist that hangs and rests."""
    x, y, z = at_m
    with RecordingWriter(path, site_text=site, wall_offset_s=0.0, made_by="test", atomic=True) as out:
        for k in range(round(LENGTH_S * 5)):
            out.write(Telemetry(hoist="H1", time_s=k / 5.0, ready_s=k / 5.0, x_m=x, y_m=y, z_m=z), k / 5.0)
    return path


class FaultChain(Chain):
    """The chain with a proxy on both connections of the relay node, and a Modbus module with its watchdog on.

    Args:
        further: as of ``Chain``.
        hours: run engine and node by ``tests.skewed_clock`` with the wall clock of the file ``hours``.
    """

    def __init__(
        self,
        folder: Path,
        site: Site,
        *play: str | Path,
        hours: bool = False,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(folder, site, *play, environment=environment)
        self.proxies: list[Proxy] = []
        self.stuck = folder / "stuck"
        self._program: tuple[str | Path, ...] = ("-m", "ui.cli")
        if hours:
            (folder / "hours").write_text("0")
            self._program = ("-m", "tests.skewed_clock", "--wall", folder / "hours")
        self.fault_s = 0.0
        """When the fault came: an injection that needs a while before sets it anew."""
        self.acknowledged = 0

    def start_modbus(self) -> None:
        self.start(
            "modbus", "-m", "tests.safety.modbus_module", str(self.modbus_port), "watchdog", f"stuck={self.stuck}"
        )
        if self.coils is not None:
            self.coils.close()
        self.coils = Coils(self.modbus_port)

    def start_node(self) -> None:
        if not self.proxies:
            self.proxies = [Proxy(self.site.bus.publish_port), Proxy(self.site.bus.command_port)]
            self.node_site = self.folder / "node.toml"
            bus = Bus(publish_port=self.proxies[0].port, command_port=self.proxies[1].port)
            self.node_site.write_text(site_text(self.site.model_copy(update={"bus": bus})), encoding="utf-8")
        self.start("node", *self._program, "relay", "--site", self.node_site, "--node", NODE)

    def start_engine(self) -> None:
        self.newest = None
        kept = ("--record-to", self.records)
        self.start("engine", *self._program, "run", "--site", self.site_path, *self._play, *kept)

    @property
    def audit(self) -> Path:
        return self.records / AUDIT_FILE

    @property
    def parts(self) -> dict[str, Callable[[], object]]:
        """What runs while all is well, in the order of starting."""
        return {"modbus": self.start_modbus, "node": self.start_node, "engine": self.start_engine}

    def revive(self) -> None:
        """Everything runs and the permit contact is closed."""
        for proxy in self.proxies:
            proxy.clear()
        self.stuck.unlink(missing_ok=True)
        for name, start in self.parts.items():
            process = self.process(name)
            process.send_signal(signal.SIGCONT)
            if process.poll() is not None:
                start()
        self.free()
        self.acknowledge()

    def acknowledge(self) -> None:
        """As a person does once all is well: every alarm that waits for it."""
        asked: set[str] = set()

        def all_seen() -> bool:
            snapshot = self.listen()
            waiting = snapshot.alarms if snapshot is not None else ()
            open_ = {a.id for a in waiting if a.state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)}
            for alarm in open_ - asked:
                self.console.send(Acknowledge(time_s=0.0, by="somebody", alarm=alarm))
                self.acknowledged += 1
            asked.update(open_)
            return not open_

        wait_for(all_seen, START_S, "every alarm being acknowledged")

    def permit_closed(self) -> bool:
        """A module that cannot be read has no contact that could be closed."""
        try:
            return super().permit_closed()
        except Exception:  # noqa: BLE001 - whatever a client makes of a server that is gone
            return False

    def close(self) -> None:
        for proxy in self.proxies:
            proxy.close()


Inject = Callable[[FaultChain], Undo]


@dataclass(frozen=True)
class Fault:
    """What is done, and what must come of it.

    name: as the table shows it. must, limit_s: what the contact or the permit does, and by when. inject: does it, and
    returns what undoes it. leaves: rows of the audit log beside what is seen on the bus. begins_open: the contact is
    open and latched when the fault comes. then: what else must be so once it was undone, in words; "" where it is not.
    watch_s: how long it lasts where nothing comes of it.
    """

    name: str
    must: Must
    limit_s: float
    inject: Inject
    leaves: tuple[str, ...] = ()
    begins_open: bool = False
    then: Callable[[FaultChain], str] | None = None
    watch_s: float = WATCH_S


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    fault: str
    must: str
    measured: str
    control: str
    console: str
    audit: str
    good: bool

    @classmethod
    def invalid(cls, fault: Fault, why: str) -> Row:
        """One that cannot be judged."""
        return cls(fault.name, MUST[fault.must], f"not valid: {why}", "", "", "", good=False)

    def __str__(self) -> str:
        cells = (self.fault, self.must, self.measured, self.control, self.console, self.audit)
        return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


HEAD = (
    "| fault | permit contact must | measured | control: all well before | console | audited events in the log |\n"
    + ("|---" * 6 + "|")
)


@dataclass
class Watched:
    """What was seen while a fault lasted."""

    opened_s: float | None = None
    withdrawn_s: float | None = None
    words: str = ""
    said: list[str] = field(default_factory=list)


def watch(chain: FaultChain, model: ConsoleModel, seconds: float, until: Must | None, begun_s: float) -> Watched:
    """Look on for so long, or until what must come has come and the console has had its say."""
    out = Watched()
    while True:
        now_s = time.monotonic()
        if out.opened_s is None and not chain.permit_closed():
            out.opened_s = time.monotonic() - begun_s
        taken = len(chain.messages)
        chain.listen(0.001)
        for message in chain.messages[taken:]:
            model.receive(message, now_s)
            fresh = isinstance(message, Snapshot) and message.time_s > begun_s
            if fresh and out.withdrawn_s is None and message.alarms and not message.outputs["H1/permit"]:
                out.withdrawn_s = time.monotonic() - begun_s
        head_line = model.headline(now_s)
        chips = [_shown(c) for c in model.chips(now_s) if c.mark in ("bad", "abnormal") and c.title != "Proof tests"]
        said = "; ".join([f"{head_line.title}: {head_line.reason}".strip(": "), *chips])
        if head_line.kind != "clear" or chips or not out.words:
            # What was said last of all that was not "all is well".
            out.words = said
        came_s = {"open": out.opened_s, "withdraw": out.withdrawn_s}.get(until or "")
        if now_s - begun_s > (seconds if came_s is None else came_s + WORDS_S):
            return out


def _shown(chip: Chip) -> str:
    """A card of the health strip; of one that only counts, what its tip says."""
    return f"{chip.title}: {chip.tip if chip.title == 'Unused input' else chip.value}".replace("\n", ", ")


def controlled(chain: FaultChain, fault: Fault) -> tuple[str, ConsoleModel]:
    """All is well, and stays so for a while with nothing done: else what is measured next says nothing.

    Raises:
        AssertionError: three times over it did not stay so.
    """
    for attempt in range(1, 4):
        chain.revive()
        if fault.begins_open:
            chain.process("node").kill()
            chain.process("node").wait()
            chain.start_node()
            wait_for(lambda: bool((v := chain.node_view()) and v.latched and not v.fault), START_S, "a latched node")
            wait_for(chain.permit_given, START_S, "the engine's permit")
        chain.messages.clear()
        model = ConsoleModel(chain.site)
        begun_s = time.monotonic()
        seen = watch(chain, model, CONTROL_S, None, begun_s)
        moves = Seen(begun_s)
        moves.take(chain.messages, chain.newest.run if chain.newest else "")
        closed = fault.begins_open or seen.opened_s is None
        if closed and not moves.moves and seen.withdrawn_s is None:
            state = "latched" if fault.begins_open else "closed"
            return f"{CONTROL_S:g} s {state}, no alarm" + (f" ({attempt} tries)" if attempt > 1 else ""), model
    raise AssertionError("without the fault the contact opens too")


def row_of(chain: FaultChain, fault: Fault) -> Row:
    """Do it and see.

    Raises:
        AssertionError: not all was well before, or not again after.
    """
    control, model = controlled(chain, fault)
    chain.acknowledged = 0
    before, run = head(chain.audit), chain.newest.run if chain.newest else ""
    chain.messages.clear()
    from_s = chain.fault_s = time.monotonic()
    undo = fault.inject(chain)
    try:
        seen = watch(chain, model, fault.watch_s, fault.must, chain.fault_s)
        during = Seen(from_s)
        during.take(chain.messages, run)
        in_log = judged_now(chain, before, during)
    finally:
        undo()
    resets_s = time.monotonic()
    chain.revive()
    then = fault.then(chain) if fault.then is not None else None
    chain.stays_closed(0.3)
    all_seen = Seen(from_s, resets=int(fault.begins_open or seen.opened_s is not None))
    all_seen.acknowledged = chain.acknowledged
    all_seen.take(chain.messages, run)
    log, whole = judged(chain.audit, before, all_seen, fault.leaves, chain.listen)
    took_s = seen.withdrawn_s if fault.must == "withdraw" else seen.opened_s
    shown = {"hold": "stays closed"}.get(fault.must, "does not come") if took_s is None else f"{1e3 * took_s:.0f} ms"
    good = took_s is None if fault.must == "hold" else took_s is not None and took_s <= fault.limit_s
    if then is not None:
        shown, good = f"{shown}; {then or 'NOT as before'}", good and bool(then)
    limit = MUST[fault.must] + (f" in {fault.limit_s:g} s" if fault.limit_s else "")
    back = f"well again after {time.monotonic() - resets_s:.0f} s"
    shown += "" if good else ", **MISSED**"
    log = (f"in the fault {in_log}; after it " if in_log else "") + log + ("" if whole else ", **LOST**")
    return Row(fault.name, limit, f"{shown} ({back})", control, seen.words, log, good and whole)


def judged_now(chain: FaultChain, before: int, seen: Seen) -> str:
    """What the log still lacks while the fault lasts; empty where it lacks nothing."""
    if not seen.moves and not seen.refusals:
        return ""
    from tests.benchmarks.fault_audit import counted, rows_since

    try:
        counts = counted(rows_since(chain.audit, before), seen, ())
    except Exception:  # noqa: BLE001 - a log that cannot be read is what some faults are
        return "unreadable"
    return ", ".join(str(c) for c in counts if c.there < c.of)
