"""What would the core have decided? A recording through the same engine as live, as fast as it goes."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from calibration.errors import BadInput
from calibration.site import Site
from recordings.alarms_jsonl import alarms_jsonl
from recordings.store import Recording
from recordings.store_format import EVENT_TYPES
from recordings.tracks_csv import tracks_csv
from safety.engine import Engine, Step
from safety.records import AlarmTransition, Event, Level, Snapshot
from tracking.detector import Detector
from tracking.records import Boxes, Input, PictureHealth

Bgr = NDArray[np.uint8]

LIVE = "run"
"""``made_by`` of recordings that the live engine makes: their snapshots say when it ticked."""
Progress = Callable[[float], None]
LONGEST_PAUSE_S = 86_400.0
_SLACK_S = 1e-9


@dataclass(slots=True)
class ReplaySummary:
    """What a replay brought, counted while it runs."""

    ticks: int = 0
    start_s: float | None = None
    end_s: float = 0.0
    people: set[str] = field(default_factory=set)
    events: Counter[str] = field(default_factory=Counter)
    worst: Level = Level.CLEAR
    output_changes: Counter[str] = field(default_factory=Counter)
    counts: dict[str, int] = field(default_factory=dict)
    _outputs: dict[str, bool] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        s = step.snapshot
        self.ticks += 1
        self.start_s = s.time_s if self.start_s is None else self.start_s
        self.end_s = s.time_s
        self.people.update(p.id for p in s.people)
        self.events.update(t.event for t in step.transitions)
        self.worst = max(self.worst, s.level, key=lambda level: level.rank)
        self.output_changes.update(k for k, on in s.outputs.items() if self._outputs.get(k, on) != on)
        self._outputs = s.outputs
        self.counts = s.counts

    @property
    def duration_s(self) -> float:
        return self.end_s - (self.start_s or 0.0)


def steps(
    recording: Recording, site: Site | None = None, detector: Detector | None = None, progress: Progress | None = None
) -> Iterator[Step]:
    """Every tick of a replay, in order.

    A recording of the live engine is replayed at the ticks at which it decided; any other one, and any
    replay with another site or with a detector, on a fixed grid of ``policy.tick_s``.

    Args:
        recording: what happened.
        site: judge by this site instead of the recorded one.
        detector: look at the recorded video again; recorded boxes of cameras with video are left out.
        progress: called with the share of the recording that is done, 0 to 1.

    Raises BadInput where the recording has nothing that can be replayed.
    """
    used = recording.site() if site is None else site
    unseen = [c for c in recording.info.video_cameras if not recording.info.counts.get(f"boxes/{c}")]
    if unseen and detector is None:
        raise BadInput(f"{recording.path}: holds video of {unseen[0]} but no detections; replay it with --detect")
    live = recording.info.made_by.startswith(LIVE)
    engine = Engine(used, recording.info.wall_offset_s, watch_relays=live)
    if live and site is None and detector is None:
        ticks = _recorded_ticks(recording)
    else:
        ticks = grid_ticks(recording, used, detector)
    first_s, length_s = recording.info.start_s, max(recording.info.duration_s, _SLACK_S)
    count = 0
    for now_s, events in ticks:
        yield engine.step(now_s, events)
        count += 1
        if progress is not None:
            progress(min(1.0, max(0.0, (now_s - first_s) / length_s)))
    if not count:
        raise BadInput(f"{recording.path}: holds no observations, so there is nothing to replay")
    if progress is not None:
        progress(1.0)


def run_replay(
    recording: Recording,
    *,
    site: Site | None = None,
    detector: Detector | None = None,
    alarms: Path | None = None,
    tracks: Path | None = None,
    progress: Progress | None = None,
) -> ReplaySummary:
    """Replay and write the alarm log and the tracks, where wanted; files appear only when all went well."""
    summary = ReplaySummary()
    with ExitStack() as files:
        alarm_log = files.enter_context(alarms_jsonl(alarms)) if alarms else None
        floor_m = (recording.site() if site is None else site).site.boundary_m
        track_log = files.enter_context(tracks_csv(tracks, floor_m)) if tracks else None
        for step in steps(recording, site, detector, progress):
            summary.add(step)
            if track_log:
                track_log.add(step.snapshot)
            if alarm_log:
                for transition in step.transitions:
                    alarm_log.add(transition)
    return summary


def alarms_of(recording: Recording, site: Site | None = None) -> tuple[AlarmTransition, ...]:
    """All alarm transitions of a replay."""
    return tuple(t for step in steps(recording, site) for t in step.transitions)


def ready_s(log_time_s: float, event: Event) -> float:
    """When an event reached the core."""
    return event.ready_s if isinstance(event, Input) else log_time_s


def grid_ticks(
    recording: Recording, site: Site, detector: Detector | None = None
) -> Iterator[tuple[float, list[Event]]]:
    """What comes in at each tick of a fixed grid of ``policy.tick_s``; ``detector`` looks at the video again."""
    return _grid_ticks(_events(recording, detector, site), site.policy.tick_s, recording.path)


def _recorded_ticks(recording: Recording) -> Iterator[tuple[float, list[Event]]]:
    """The live engine writes each snapshot behind the events that it was made from."""
    events: list[Event] = []
    for _, record in recording.records((*EVENT_TYPES, Snapshot)):
        if isinstance(record, Snapshot):
            yield record.time_s, events
            events = []
        else:
            events.append(cast(Event, record))


def _grid_ticks(timed: Iterator[tuple[float, Event]], tick_s: float, path: Path) -> Iterator[tuple[float, list[Event]]]:
    """Ticks at first event + k·tick_s; an event belongs to the first tick not before it.

    Raises BadInput for a pause that no recording has: a broken time would otherwise be ticked up to for ever.
    """
    start_s: float | None = None
    count = 0
    waiting: list[Event] = []
    for time_s, event in timed:
        if start_s is None:
            start_s = time_s
        if time_s - (start_s + count * tick_s) > LONGEST_PAUSE_S:
            raise BadInput(
                f"{path}: an event at {time_s:g} s comes {time_s - start_s - count * tick_s:g} s after all before it, "
                f"expected at most {LONGEST_PAUSE_S:g} s"
            )
        while time_s > start_s + count * tick_s + _SLACK_S:
            yield start_s + count * tick_s, waiting
            waiting = []
            count += 1
        waiting.append(event)
    if start_s is not None:
        yield start_s + count * tick_s, waiting


def _events(recording: Recording, detector: Detector | None, site: Site) -> Iterator[tuple[float, Event]]:
    recorded = ((ready_s(t, e), e) for t, e in recording.timed_events())
    if detector is None:
        return recorded
    check_detectable(recording)
    again = set(recording.info.video_cameras)
    others = ((t, e) for t, e in recorded if not (isinstance(e, Boxes | PictureHealth) and e.camera in again))
    return heapq.merge(others, detected(recording, detector, site), key=lambda item: item[0])


def check_detectable(recording: Recording) -> None:
    """Raises BadInput where there are no pictures: to be called before a detector is opened, which takes long."""
    if not recording.info.video_cameras:
        raise BadInput(f"{recording.path}: holds no video, so there is nothing to detect on")


def detected(recording: Recording, detector: Detector, site: Site) -> Iterator[tuple[float, Boxes | PictureHealth]]:
    """Boxes of every recorded picture, in file order, and what pictures say of their camera; overlaps decoding."""
    from tracking.picture_group import PictureWatches

    watches = PictureWatches(site)

    def shots() -> Iterator[tuple[tuple[Boxes, PictureHealth | None], Bgr]]:
        for f in recording.frames():
            health = watches.look(f.camera, f.time_s, f.bgr)
            told = None if health is None else msgspec.structs.replace(health, ready_s=f.ready_s)
            sigma_px = watches.sigma_px(f.camera)
            yield (Boxes(camera=f.camera, time_s=f.time_s, ready_s=f.ready_s, sigma_px=sigma_px), told), f.bgr

    for (look, told), boxes in detector.stream(shots()):
        if told is not None:
            yield told.ready_s, told
        yield look.ready_s, msgspec.structs.replace(look, boxes=boxes)
