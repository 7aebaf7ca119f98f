"""What happens when, while a scenario runs? The plant moves on, sources look, the engine decides.

The engine runs at the ticks at which a replay of the recording runs it, on the events that a replay
gives it: what it decided while the plant ran is what a replay says that it decided.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from calibration.site import Site
from recordings.plant.cabinet import Cabinet, OrderChange, Tape
from recordings.plant.camera_faults import trouble_of
from recordings.plant.records import Order, World
from recordings.plant.scenario import Scenario
from recordings.plant.sources import Sources
from recordings.plant.timing import Look
from recordings.plant.truth import Truth, TruthSummary
from recordings.plant.world import Plant
from recordings.store import RecordingWriter
from recordings.video_codec import CRF
from safety.engine import Engine
from safety.records import AlarmTransition
from tracking.records import Boxes, Input

TRUTH_HZ = 20.0
_DECIMALS = 4
_SLACK_S = 1e-9

Picture = NDArray[np.uint8]
Progress = Callable[[float], None]
Render = Callable[[World, str], Picture]
"""Draws the world as a camera sees it, (height, width, 3) RGB."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a scenario is run.

    render: pictures of every camera go into the recording. boxes: so does what a detector would give;
    without, a replay has to detect on the pictures. obeys: the hoists obey an engine in the loop, where
    the scenario wants it too. orders: what the contacts did in an earlier run, to do the same again. crf: rate
    factor of the pictures' H.264, 18 fine to 35 coarse.
    """

    render: Render | None = None
    boxes: bool = True
    obeys: bool = True
    orders: tuple[OrderChange, ...] | None = None
    crf: int = CRF


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of it: what truly happened, and what the engine in the loop said (nothing in an open loop)."""

    truth: TruthSummary
    alarms: tuple[AlarmTransition, ...]
    frames: int


class Loop:
    """One run of a scenario. ``through`` runs it; to be used once."""

    def __init__(
        self, scenario: Scenario, site: Site, folder: Path, writer: RecordingWriter, options: Options, wall_s: float
    ) -> None:
        self._scenario, self._options, self._writer = scenario, options, writer
        self._plant = Plant(scenario, folder)
        self._world = self._plant.advance(0.0, {})
        self._sources = Sources(scenario)
        self._looks = self._sources.looks
        self._waiting: dict[Look, Input] = {}
        self._inbox: list[Input] = []
        self._due = deque(self._looks)
        self._truth = Truth(scenario)
        self._alarms: list[AlarmTransition] = []
        self._frames = 0
        self._pictures: dict[str, Picture] = {}
        self._cabinet: Cabinet | Tape | None = None
        if options.orders is not None:
            self._cabinet = Tape(options.orders, [hoist.name for hoist in scenario.hoist])
        elif options.obeys and scenario.scenario.obeys and scenario.hoist:
            self._cabinet = Cabinet(site, scenario.hoist)
        self._engine = Engine(site, wall_s)
        self._tick_s = site.policy.tick_s

    def through(self, progress: Progress) -> Simulated:
        """From the beginning to the end."""
        end_s = self._scenario.scenario.seconds
        for time_s, action in self._agenda():
            self._move_on(time_s)
            self._flush(time_s)
            action(time_s)
            progress(min(1.0, time_s / end_s))
        self._flush(float("inf"))
        if self._cabinet is not None:
            self._truth.orders(self._cabinet.changes)
        progress(1.0)
        return Simulated(self._truth.summary(), tuple(self._alarms), self._frames)

    def _agenda(self) -> Iterator[tuple[float, Callable[[float], None]]]:
        """Everything whose time is known beforehand, in order: the truth first, looks, then a decision."""
        end_s = self._scenario.scenario.seconds
        items: list[tuple[float, int, int, Callable[[float], None]]] = []
        for k in range(int(end_s * TRUTH_HZ + _SLACK_S) + 1):
            items.append((k / TRUTH_HZ, 0, k, self._tell))
        for k, look in enumerate(sorted(self._looks, key=lambda look: (look.time_s, look.source, look.name))):
            items.append((look.time_s, 1, k, lambda _, look=look: self._take(look)))  # type: ignore[misc]
        if self._cabinet is not None and self._looks:
            start_s = self._looks[0].ready_s
            for k in range(int((end_s - start_s) / self._tick_s) + 1):
                items.append((start_s + k * self._tick_s, 2, k, self._decide))
        for time_s, _, _, action in sorted(items, key=lambda item: item[:3]):
            yield time_s, action

    def _move_on(self, time_s: float) -> None:
        """The plant at ``time_s``; contacts move when they move."""
        while self._cabinet is not None:
            change_s = self._cabinet.next_change_s()
            if change_s is None or change_s > time_s:
                break
            self._advance(max(change_s, self._world.time_s))
            self._cabinet.orders(change_s)
        self._advance(time_s)

    def _advance(self, to_s: float) -> None:
        if to_s > self._world.time_s:
            self._world = self._plant.advance(to_s, self._orders())

    def _orders(self) -> Mapping[str, Order]:
        """What the hoists are allowed now; everything without an engine in the loop."""
        if self._cabinet is None:
            return {}
        return self._cabinet.orders(self._world.time_s)

    def _tell(self, time_s: float) -> None:
        """Keep the truth."""
        world = msgspec.structs.replace(self._world, time_s=round(time_s, _DECIMALS))
        self._truth.add(world)
        self._writer.write(_rounded(world), time_s)

    def _take(self, look: Look) -> None:
        """One source looks."""
        self._waiting[look] = self._sources.take(look, self._world)
        if look.source == "camera" and self._options.render is not None:
            self._shoot(self._options.render, look)

    def _shoot(self, render: Render, look: Look) -> None:
        """A picture into the recording; a frozen camera gives its last one again."""
        frozen = trouble_of(self._scenario, look.name, look.time_s) == "camera_frozen"
        if not frozen or look.name not in self._pictures:
            self._pictures[look.name] = np.ascontiguousarray(render(self._world, look.name)[..., ::-1])
        self._writer.write_frame(look.name, look.time_s, self._pictures[look.name], look.ready_s)
        self._frames += 1

    def _flush(self, until_s: float) -> None:
        """What is ready by now goes to the recording and to the engine, in the order in which it was ready."""
        while self._due and self._due[0].ready_s <= until_s + _SLACK_S and self._due[0] in self._waiting:
            event = self._waiting.pop(self._due.popleft())
            self._inbox.append(event)
            if self._options.boxes or not isinstance(event, Boxes):
                self._writer.write(event, event.ready_s)

    def _decide(self, time_s: float) -> None:
        """One tick of the engine, and what the contacts make of it."""
        assert self._cabinet is not None
        step = self._engine.step(time_s, self._inbox)
        self._inbox = []
        self._alarms += step.transitions
        self._cabinet.decide(time_s, step.snapshot.outputs)


def _rounded(world: World) -> World:
    """Tenths of millimetres: what is written is small, and the same on every machine."""
    return msgspec.convert(_trimmed(msgspec.to_builtins(world)), World)


def _trimmed(value: object) -> object:
    if isinstance(value, float):
        return round(value, _DECIMALS) + 0.0
    if isinstance(value, list | tuple):
        return [_trimmed(item) for item in value]
    if isinstance(value, dict):
        return {key: _trimmed(item) for key, item in value.items()}
    return value
