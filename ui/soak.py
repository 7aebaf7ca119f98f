"""A long run of the whole chain: real processes on real sockets, sampled, judged and told, however it ends."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from calibration.annunciator import Annunciator
from calibration.errors import HoistwatchError
from calibration.outputs import Relay
from calibration.site import Bus, CameraTable, Site
from calibration.site_file import site_text
from recordings.sample_files import sample_path
from recordings.soak.cameras import stand_ins
from recordings.soak.contact_watch import OBEY_S, ContactWatch, Told, denied_since, heard_enough, opening
from recordings.soak.folder import SoakFolder, read_run
from recordings.soak.judge import Line, judge, passed
from recordings.soak.process_meter import ProcessMeter
from recordings.soak.records import Kept, Look, Permits, Sample
from recordings.soak.report import verdict, write_soak_report
from recordings.store import Recording
from safety.health_records import EngineHealth
from safety.keys import add_party, key_folder, make_keys
from safety.records import AlarmTransition, NodeView, Published, Snapshot
from ui.demo_processes import Processes, free_ports
from ui.operator import OPERATOR, Operator

SAMPLE = "crush"
"""Three cameras find hook, load and people without telemetry; permits are withdrawn and given again all the time."""
NODE, SPEAKER = "cabinet-1", "speaker-1"
PARTS = ("engine", "relay", "console", "annunciator")
START_LIMIT_S = 180.0
_WARM_UP_SHARE, _WARM_UP_MOST_S = 1 / 6, 600.0
_TOLD_SPAN_S = 10.0
_REPORT_PERIOD_S = 300.0
_FILE_MINUTES, _FILES_KEPT = 10.0, 3
"""A long run of four cameras is gigabytes: of its recordings only the newest stay."""


@dataclass(frozen=True, slots=True)
class SoakOptions:
    """What is run, and how long.

    warm_up_s: None for a sixth of the time, ten minutes at most. period_s: from sample to sample.
    """

    minutes: float
    cameras: int = 4
    rate_hz: float = 10.0
    detector_px: int = 640
    warm_up_s: float | None = None
    period_s: float = 5.0


def run_soak(out: Path, options: SoakOptions, say: Callable[[str], None]) -> int:
    """Run, judge, write the report into ``out``; the exit code is 0 only where everything was shown.

    Ends early, with a report of what there is, on Ctrl-C, on SIGTERM, and where a process ends.

    Raises:
        BadInput: ``out`` holds a run already, or cannot be written.
    """
    folder = SoakFolder(out)
    run = _Run(folder, options, say)
    try:
        with _stopped_by_signals(run.stop):
            run.go()
    finally:
        folder.close()
    return tell(out, say)


def tell(folder: Path, say: Callable[[str], None]) -> int:
    """Judge a run's folder anew, write its report, say each line; 0 only where everything was shown."""
    kept, samples = read_run(folder)
    lines = judge(kept, samples)
    page = write_soak_report(folder, kept, samples, lines)
    wide = max(len(line.what) for line in lines)
    for line in lines:
        say(f"{_word(line):10s}{line.what:{wide}s}  {line.figures}")
    say(f"{verdict(lines)}; {page}")
    return 0 if passed(lines) else 1


def _word(line: Line) -> str:
    return {"passed": "passed", "failed": "FAILED", "untested": "not shown"}[line.verdict]


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class _Seen:
    """What was heard of the engine so far."""

    newest: Snapshot | None = None
    health: EngineHealth | None = None
    told: deque[Told] = field(default_factory=deque)
    alarms: int = 0
    denied_s: float | None = None
    """Since when a contact that is still closed ought to be open, once counted."""

    def take(self, message: Published) -> None:
        if isinstance(message, EngineHealth):
            self.health = message
        elif isinstance(message, AlarmTransition):
            self.alarms += message.event == "raised"
        elif isinstance(message, Snapshot):
            self.newest = message
            node = self.node()
            if node is not None:
                permit = all(on for key, on in message.outputs.items() if key.endswith("/permit"))
                self.told.append(Told(message.time_s, permit, node.lapsed, node.fault))
            while self.told and message.time_s - self.told[0].time_s > _TOLD_SPAN_S:
                self.told.popleft()

    def node(self) -> NodeView | None:
        return next((n for n in self.newest.nodes if n.node == NODE), None) if self.newest else None


class _Run:
    """One run; ``go`` returns when it is over, however it ends, and has kept everything by then."""

    def __init__(self, folder: SoakFolder, options: SoakOptions, say: Callable[[str], None]) -> None:
        self.stop = threading.Event()
        self._folder, self._options, self._say = folder, options, say
        self._seen = _Seen()
        self._opened: list[float] = []
        warm_up_s = options.warm_up_s
        if warm_up_s is None:
            warm_up_s = min(_WARM_UP_MOST_S, 60.0 * options.minutes * _WARM_UP_SHARE)
        self._kept = Kept(
            minutes=options.minutes,
            rate_hz=options.rate_hz,
            detector_px=options.detector_px,
            brought={},
            parts=PARTS,
            machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            period_s=options.period_s,
            warm_up_s=warm_up_s,
            begun_wall_s=time.time(),
        )
        self._samples = 0

    def go(self) -> None:
        self._folder.keep(self._kept)
        ended = "interrupted"
        try:
            ended = self._run()
        except HoistwatchError as error:
            ended = str(error)
        finally:
            self._keep(ended=" ".join(ended.split()))

    def _keep(self, **changes: object) -> None:
        self._kept = msgspec.structs.replace(self._kept, **changes)
        self._folder.keep(self._kept)

    def _run(self) -> str:
        """Everything from the first process to the last; how it ended."""
        ports = free_ports(4)
        modbus, cameras = ports[2], ports[3]
        site_path, site = _prepare(self._folder.folder, self._options, ports)
        with ExitStack() as stack:
            processes = stack.enter_context(Processes(self._folder.folder / "logs"))
            self._start(processes, site_path, modbus, cameras)
            operator = Operator(site, site_path, automatic=True, did=lambda *_: None, conflate=False)
            stack.callback(operator.close)
            watch = ContactWatch(modbus)
            watch.start()
            stack.callback(watch.end)
            if not self._wait(processes, operator):
                return "interrupted"
            return self._watch(processes, operator, watch)

    def _start(self, processes: Processes, site_path: Path, modbus: int, cameras: int) -> None:
        """All processes; cameras and cabinet first."""
        o, python = self._options, [sys.executable, "-m"]
        feed = ["recordings.soak.cameras", SAMPLE, str(cameras), str(o.rate_hz), str(o.cameras)]
        processes.start("cameras", [*python, *feed], apart=True)
        processes.start("modbus", [*python, "recordings.soak.modbus_server", str(modbus), "wired"], apart=True)
        self._say("preparing the cameras' pictures …")
        while not (told := processes.log("cameras")).endswith("\n") and not self.stop.wait(0.2):
            if said := processes.ended():
                raise HoistwatchError(said)
        if told.endswith("\n"):
            self._keep(brought=json.loads(told))
        site = ["--site", str(site_path)]
        records = str(self._folder.folder / "recordings")
        for name, arguments in (
            ("relay", ["relay", *site, "--node", NODE]),
            ("console", ["console", *site, "--headless", "--records", records]),
            ("annunciator", ["annunciator", *site, "--name", SPEAKER]),
            ("engine", ["run", *site, "--record-to", records]),
        ):
            processes.start(name, [*python, "ui.cli", *arguments], apart=True)

    def _wait(self, processes: Processes, operator: Operator) -> bool:
        """Until the permit contact was first freed; False where stopped before. Raises HoistwatchError."""
        self._say("starting the processes …")
        end_s = time.monotonic() + START_LIMIT_S
        while not operator.resets:
            self._listen(operator)
            if self.stop.is_set():
                return False
            if said := processes.ended():
                raise HoistwatchError(said)
            if time.monotonic() > end_s:
                raise HoistwatchError(f"no permit could be given within {START_LIMIT_S:.0f} s; see {processes.folder}")
        return True

    def _listen(self, operator: Operator, for_s: float = 0.05) -> None:
        for message in operator.messages(for_s):
            self._seen.take(message)
            if isinstance(message, Snapshot):
                operator.act(message)

    def _watch(self, processes: Processes, operator: Operator, watch: ContactWatch) -> str:
        """Sample until the time is over."""
        self._say(f"running for {self._options.minutes:g} min; Ctrl-C ends it with a report of what there is")
        meter = ProcessMeter(processes.ids())
        zero_s = time.monotonic()
        end_s, sample_s, report_s = zero_s + 60.0 * self._options.minutes, zero_s, zero_s + _REPORT_PERIOD_S
        told_s = zero_s
        every_s = max(10.0, min(60.0, 6.0 * self._options.minutes))
        while True:
            self._listen(operator)
            now_s = time.monotonic()
            self._judge_contact(watch, now_s, zero_s)
            if now_s >= sample_s:
                sample = self._sample(meter, operator, now_s - zero_s)
                self._folder.add(sample)
                _drop_old(self._folder.folder / "recordings")
                # Samples that were missed on a busy machine are not made up for.
                sample_s = max(sample_s + self._options.period_s, now_s)
                if now_s >= told_s:
                    told_s += every_s
                    self._say(_progress(sample, self._kept))
            if now_s >= report_s:
                report_s += _REPORT_PERIOD_S
                self._report()
            if said := processes.ended():
                return said
            if now_s >= end_s:
                return "in full"
            if self.stop.is_set():
                return "interrupted"

    def _judge_contact(self, watch: ContactWatch, now_s: float, zero_s: float) -> None:
        """Why did the contact open, and is it open when it must be?"""
        seen = self._seen
        self._opened += [at_s for at_s, closed in watch.take() if not closed and at_s >= zero_s]
        due = [at_s for at_s in self._opened if heard_enough(at_s, tuple(seen.told), now_s)]
        if due:
            self._opened = [at_s for at_s in self._opened if at_s not in due]
            found = tuple(opening(at_s, tuple(seen.told), zero_s) for at_s in due)
            self._keep(openings=self._kept.openings + found)
        since_s = denied_since(tuple(seen.told))
        if since_s is None or not watch.closed:
            seen.denied_s = None
        elif seen.denied_s is None and watch.read_s - since_s > OBEY_S:
            seen.denied_s = since_s
            self._keep(closed_though_denied=self._kept.closed_though_denied + 1)

    def _sample(self, meter: ProcessMeter, operator: Operator, time_s: float) -> Sample:
        snapshot, health, node = self._seen.newest, self._seen.health, self._seen.node()
        assert snapshot is not None
        minute = health.to_permit.minute if health is not None else None
        return Sample(
            time_s=time_s,
            load=os.getloadavg()[0],
            processes=meter.look(),
            permits=Permits() if node is None else _permits(node),
            p50_s=minute.p50_s if minute else None,
            p99_s=minute.p99_s if minute else None,
            pictures=minute.count if minute else 0,
            looks={
                c.camera: Look(received_hz=c.received_hz, looked_hz=c.rate_hz, alive=c.alive) for c in snapshot.cameras
            },
            overruns=snapshot.counts.get("overruns", 0),
            alarms=self._seen.alarms,
            resets=operator.resets,
        )

    def _report(self) -> None:
        """What there is by now, so that a run that is killed has a page too."""
        kept, samples = read_run(self._folder.folder)
        write_soak_report(self._folder.folder, kept, samples, judge(kept, samples))


def _permits(node: NodeView) -> Permits:
    return Permits(accepted=node.accepted, refused=node.refused, lapsed=node.lapsed, margin_s=node.margin_s)


def _progress(sample: Sample, kept: Kept) -> str:
    engine = sample.processes.get("engine")
    held = "engine gone" if engine is None else (
        f"engine {engine.memory_bytes / 2**20:.0f} MiB, {engine.threads} threads, {engine.handles} handles"
    )  # fmt: skip
    late = "-" if sample.p99_s is None else f"{1e3 * sample.p99_s:.0f} ms"
    looked = sum(look.looked_hz for look in sample.looks.values())
    brought = sum(look.received_hz for look in sample.looks.values())
    wrong = sum(o.cause != "decided" for o in kept.openings)
    return (
        f"{sample.time_s / 60.0:5.1f} min  {held}; permits {sample.permits.accepted}, missed {sample.permits.lapsed}; "
        f"opened {len(kept.openings)}, unasked {wrong}; p99 {late}; looked at {looked:.0f} of {brought:.0f} a second; "
        f"load {sample.load:.1f}"
    )


def _prepare(out: Path, options: SoakOptions, ports: list[int]) -> tuple[Path, Site]:
    """Site file and keys."""
    recorded = Recording(sample_path(SAMPLE)).site()
    publish, command, modbus, cameras = ports
    hoist = recorded.hoist[0].name
    outputs = {"permit": (hoist, "permit"), "slow": (hoist, "slow"), "siren": ("hall", "danger")}
    relay = Relay.model_validate(
        {
            "name": NODE,
            "driver": "modbus_tcp",
            "address": f"127.0.0.1:{modbus}",
            "outputs": outputs,
            "read_back": "discrete_inputs",
        }
    )
    voice = shutil.which("espeak-ng") is not None
    speaker = Annunciator(name=SPEAKER, output="file", file_keep_s=60.0, speech=voice)
    own = stand_ins(recorded.camera, options.cameras)
    site = recorded.model_copy(
        update={
            "camera": tuple(_fed(camera, cameras, options.rate_hz) for camera in own),
            "bus": Bus(publish_port=publish, command_port=command),
            "relay": (relay,),
            "annunciator": (speaker,),
            "detector": recorded.detector.model_copy(update={"size_px": options.detector_px}),
            "recording": recorded.recording.model_copy(update={"file_minutes": _FILE_MINUTES, "retention_days": 1.0}),
        }
    )
    site_path = out / "site.toml"
    site_path.write_text(site_text(site), encoding="utf-8")
    folder = key_folder(site, site_path)
    make_keys(folder, site)
    add_party(folder, "console", OPERATOR)
    return site_path, site


def _fed(camera: CameraTable, port: int, rate_hz: float) -> CameraTable:
    return camera.model_copy(update={"source": f"rtsp://127.0.0.1:{port}/{camera.name}", "rate_hz": rate_hz})


def _drop_old(folder: Path) -> None:
    for path in sorted(folder.glob("*.mcap"), key=lambda p: p.name)[:-_FILES_KEPT]:
        path.unlink(missing_ok=True)
