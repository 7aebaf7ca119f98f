"""The demonstration: real processes on the sample recordings, a scripted operator, and the story told."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from calibration.errors import BadInput, HoistwatchError
from calibration.outputs import Relay
from calibration.site import Bus, Site
from calibration.site_file import site_text
from recordings.alarms_jsonl import alarms_jsonl
from recordings.replay import steps
from recordings.report import write_report
from recordings.sample_files import sample_path
from recordings.store import Recording
from recordings.tracks_csv import tracks_csv
from safety.engine import Step
from safety.keys import add_party, key_folder, make_keys
from safety.records import AlarmTransition, Snapshot
from ui.cli_common import progress_bar
from ui.demo_looks import late_look
from ui.demo_overview import Shown, judged, tell_overview, write_overview
from ui.demo_processes import Processes, free_ports
from ui.demo_story import Story, tell
from ui.display import has_display
from ui.operator import OPERATOR, Operator

_START_LIMIT_S = 60.0


def run_demo(out: Path, *, samples: Sequence[str], headless: bool, language: Literal["en", "ko"], speed: float) -> int:
    """Run engine, relay node and console on sample recordings, one after the other; returns the exit code.

    Leaves in ``out`` an overview, report.html, and for each sample a folder with its report.html,
    console.png and pictures of every state, alarms.jsonl, tracks.csv, the engine's own recording and
    audit log, and the processes' logs. 1 is returned where the alarms were not those that a sample's
    truth calls for. Where that was for looks that this machine took too late, the sample is played again
    with the detections that it brings along, and the overview says so.

    Raises:
        BadInput: a sample recording is missing, or ``out`` cannot be written.
        HoistwatchError: one of the processes ended before its time.
    """
    recordings = {name: Recording(sample_path(name)) for name in samples}
    window = not headless and has_display()
    shown: list[Shown] = []
    for number, (name, recording) in enumerate(recordings.items(), 1):
        print(f"Sample {number} of {len(recordings)}: {name}, {recording.info.duration_s:.0f} s of ", end="")
        show = _Show(name, recording, out / name, window, language, speed)
        one = _shown(show, detect=bool(recording.info.video_cameras))
        if not one.passed and one.late is not None:
            print(
                f"{name}: not as it should be, but this machine was too busy to look at the pictures in time "
                f"({one.late.camera} after {one.late.wait_s:.1f} s, {one.late.limit_s:.1f} s is the limit). "
                "Once more, with the detections that the sample brings along …"
            )
            one = replace(_shown(show, detect=False), late=one.late)
        else:
            one = replace(one, late=None)
        shown.append(one)
    page = write_overview(out, shown, language)
    tell_overview(shown, page)
    return 0 if all(one.passed for one in shown) else 1


@dataclass(frozen=True, slots=True)
class _Show:
    """One sample to be shown, and how."""

    name: str
    recording: Recording
    out: Path
    window: bool
    language: Literal["en", "ko"]
    speed: float


def _shown(show: _Show, detect: bool) -> Shown:
    """Play a sample, its pictures looked at by the detector or with the detections that it brings along."""
    story = Story()
    site = _play(show, story, detect)
    return _judge(show, site, story, detect)


def _play(show: _Show, story: Story, detect: bool) -> Site:
    """One sample through real processes."""
    recording, out, window, language, speed = show.recording, show.out, show.window, show.language, show.speed
    site_path, site = _prepare(out, recording, language)
    print(f"{site.site.name}{'' if window else ' (no window)'} …")
    with Processes(out / "logs") as processes:
        command = [sys.executable, "-m", "ui.cli"]
        for relay in site.relay:
            processes.start(f"relay-{relay.name}", [*command, "relay", "--site", str(site_path), "--node", relay.name])
        play = ["--playback", str(recording.path), "--speed", str(speed), "--record-to", str(out / "recordings")]
        if detect:
            play.append("--detect")
        console = ["console", "--site", str(site_path), "--language", language]
        console += ["--screenshot", str(out / "console.png"), "--screenshot-dir", str(out / "console")]
        processes.start("console", [*command, *console, *([] if window else ["--headless"])])
        processes.start("engine", [*command, "run", "--site", str(site_path), *play])
        operator = Operator(site, site_path, automatic=not window, did=story.did)
        try:
            with progress_bar("demo") as bar:
                _watch(processes, operator, story, recording.info.duration_s / speed, bar)
        finally:
            operator.close()
        if window:
            print("The sample has ended. Close the console window to go on.")
            processes.wait("console", None)
        processes.stop("console")
    return site


def _prepare(out: Path, recording: Recording, language: Literal["en", "ko"]) -> tuple[Path, Site]:
    """A fresh folder with site file and keys on free ports."""
    publish, command = free_ports(2)
    site = recording.site()
    relays = tuple(Relay.model_validate({**r.model_dump(), "driver": "simulated"}) for r in site.relay)
    site = site.model_copy(
        update={
            "site": site.site.model_copy(update={"language": language}),
            "bus": Bus(publish_port=publish, command_port=command),
            "relay": relays,
        }
    )
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in ("recordings", "console", "logs", "keys"):
            shutil.rmtree(out / name, ignore_errors=True)
        for name in ("report.html", "console.png", "alarms.jsonl", "tracks.csv"):
            (out / name).unlink(missing_ok=True)
        site_path = out / "site.toml"
        site_path.write_text(site_text(site), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out}: --out cannot be written ({error.strerror})") from None
    folder = key_folder(site, site_path)
    make_keys(folder, site)
    add_party(folder, "console", OPERATOR)
    return site_path, site


def _watch(
    processes: Processes, operator: Operator, story: Story, length_s: float, bar: Callable[[float], None]
) -> None:
    """Follow the engine's snapshots to its end."""
    began_s = time.monotonic()
    first_s: float | None = None
    while processes.running("engine"):
        processes.check()
        for snapshot in (m for m in operator.messages(0.1) if isinstance(m, Snapshot)):
            first_s = snapshot.time_s if first_s is None else first_s
            story.add(snapshot)
            operator.act(snapshot)
            bar(min(1.0, (snapshot.time_s - first_s) / (length_s + 2.0)))
        if first_s is None and time.monotonic() - began_s > _START_LIMIT_S:
            raise HoistwatchError(f"the engine sent nothing within {_START_LIMIT_S:.0f} s; see {processes.folder}")
    bar(1.0)
    processes.expect_success("engine")


def _judge(show: _Show, site: Site, story: Story, detect: bool) -> Shown:
    """Alarm log, tracks and report from what the engine recorded, in one replay; then story and verdict."""
    out = show.out
    kept = sorted((out / "recordings").glob("*.mcap"))
    if not kept:
        raise HoistwatchError(f"{out / 'recordings'}: the engine left no recording; see {out / 'logs'}")
    recording = Recording(kept[0])
    alarms, tracks = out / "alarms.jsonl", out / "tracks.csv"
    transitions: list[AlarmTransition] = []
    with progress_bar("report") as bar, alarms_jsonl(alarms) as alarm_log, tracks_csv(tracks) as track_log:

        def told() -> Iterator[Step]:
            for step in steps(recording, progress=bar):
                track_log.add(step.snapshot)
                for transition in step.transitions:
                    alarm_log.add(transition)
                    transitions.append(transition)
                yield step

        page = write_report(recording, out, language=show.language, replay=told())
    tell(story, {"report": page, "console picture": out / "console.png", "alarm log": alarms})
    scores = judged(show.recording, recording, transitions, show.speed)
    late = late_look(show.recording, recording, show.speed) if detect else None
    return Shown(show.name, site.site.name, page, out / "console.png", scores, late)
