"""Another version of a site in a running core: nothing that is known gets lost, and what is drawn counts at once."""

from __future__ import annotations

from collections import deque
from enum import Enum
from functools import cached_property
from types import FunctionType, MethodType

import msgspec
import numpy as np
import pytest
from pydantic import BaseModel
from shapely.geometry.base import BaseGeometry

from calibration.site import Site, Structure
from recordings.replay import grid_ticks
from recordings.sample_files import sample_path
from recordings.store import Recording
from safety.engine import Engine
from safety.records import Snapshot
from tests.worlds import bridge, hall
from tracking.records import Observation, Sight, Telemetry

PLAIN = (type(None), bool, int, float, str, bytes, Enum, np.generic, BaseModel, BaseGeometry, msgspec.Struct)
OF_ONE_TICK = {"_shown", "_waits_s"}


def everything(thing: object) -> object:
    """All that an object holds, however deep, as values to compare; what it has only computed is left out."""
    match thing:
        case np.ndarray():
            out: object = (thing.dtype.str, thing.shape, thing.tobytes())
        case dict():
            out = {repr(k): everything(v) for k, v in thing.items()}
        case set() | frozenset():
            out = sorted(map(repr, thing))
        case list() | tuple() | deque():
            out = [everything(v) for v in thing]
        case FunctionType() | MethodType():
            out = thing.__qualname__
        case _ if isinstance(thing, (*PLAIN, type)):
            out = repr(thing)
        case _:
            slots = {name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())}
            names = sorted(
                name
                for name in (slots | getattr(thing, "__dict__", {}).keys()) - OF_ONE_TICK
                if hasattr(thing, name) and not isinstance(getattr(type(thing), name, None), cached_property)
            )
            out = type(thing).__name__, {name: everything(getattr(thing, name)) for name in names}
    return out


def run(recording: Recording, site: Site, until_s: float, swap_each: int) -> list[Snapshot]:
    """Snapshots of a replay whose core is replaced by a fresh one of the same site every so many ticks."""
    engine = Engine(site, 0.0, watch_relays=True)
    out = []
    for n, (now_s, events) in enumerate(grid_ticks(recording, site)):
        if swap_each and n % swap_each == swap_each - 1:
            fresh = Engine(Site.model_validate(site.model_dump()))
            known = everything(engine) if n % (3 * swap_each) < swap_each else None
            fresh.carry_on(engine)
            engine = fresh
            assert known is None or everything(engine) == known
        step = engine.step(now_s, events)
        out.append(step.snapshot)
        if now_s - (recording.info.start_s or 0.0) > until_s:
            break
    return out


@pytest.mark.parametrize(("sample", "until_s"), [("crush", 12.0), ("failing-camera", 10.0)])
def test_a_core_of_the_same_site_goes_on_as_if_nothing_had_happened(sample: str, until_s: float) -> None:
    recording = Recording(sample_path(sample))
    site = recording.site()
    undisturbed = run(recording, site, until_s, 0)
    replaced = run(recording, site, until_s, 7)
    assert len(undisturbed) > 100
    assert any(shot.alarms for shot in undisturbed)
    for a, b in zip(undisturbed, replaced, strict=True):
        assert msgspec.json.encode(a) == msgspec.json.encode(b), a.time_s


def test_whoever_adds_state_to_the_core_says_whether_it_goes_on() -> None:
    of_the_site = {"_site", "_policy", "_allowed"}
    goes_on = {
        "_tracker", "_sight", "_roles", "_judge", "_book", "_limits", "_phases", "_drives", "_nodes", "_annunciators",
        "_given_up", "_watch_relays", "_wall_offset_s", "_seq",
    }  # fmt: skip
    assert vars(Engine(hall(cameras=0))).keys() == of_the_site | goes_on


class Core:
    """A core that is told of a hoist under way and of somebody who stands."""

    def __init__(self, site: Site) -> None:
        self.engine, self.site, self.tick = Engine(site), site, 0

    def run(self, seconds: float, x_m: float = 6.0, v_mps: float = 0.0) -> Snapshot:
        for _ in range(round(10 * seconds)):
            self.tick += 1
            t = 0.1 * self.tick
            here = Observation(kind="person", x_m=20.0, y_m=9.0, var_x_m2=0.0025, var_y_m2=0.0025)
            x = x_m + v_mps * 0.1 * _
            events = [
                Telemetry(hoist="H1", time_s=t, ready_s=t, x_m=x, y_m=5.0, z_m=2.0),
                Sight(source="uwb", time_s=t, ready_s=t, observations=(here,)),
            ]
            shot = self.engine.step(t, events).snapshot
        return shot

    def take(self, site: Site) -> None:
        fresh = Engine(site)
        fresh.carry_on(self.engine)
        self.engine = fresh


def test_a_column_that_is_drawn_in_the_way_of_a_load_alarms() -> None:
    site = hall(cameras=0, hoists=[bridge()])
    core = Core(site)
    core.run(3.0)
    before = core.run(3.0, 6.0, 0.6)
    assert before.outputs["H1/permit"]
    assert not before.hazards
    column = Structure(name="new column", polygon_m=((9.0, 4.6), (9.5, 4.6), (9.5, 5.4), (9.0, 5.4)), height_m=4.0)
    core.take(site.model_copy(update={"structure": (column,)}))
    after = core.run(1.0, 7.8, 0.6)
    assert ("load_structure", "new column") in {(h.situation.value, h.source) for h in after.hazards}
    assert [p.id for p in after.people] == [p.id for p in before.people]
    assert not after.outputs["H1/permit"]


def test_a_hoist_with_another_beam_height_stays_where_it_is_seen_and_a_new_one_has_no_permit() -> None:
    core = Core(hall(cameras=0, hoists=[bridge()]))
    before = core.run(3.0)
    core.take(hall(cameras=0, hoists=[bridge("H0"), bridge(beam_height_m=8.0, load_radius_m=1.0)]))
    after = core.run(0.1)
    (old,), (new,) = before.hoists, after.hoists
    assert (new.state.x_m, new.state.y_m, new.state.z_m) == pytest.approx(
        (old.state.x_m, old.state.y_m, old.state.z_m), abs=0.05
    )
    assert new.state.rope_m == pytest.approx(old.state.rope_m + 1.0, abs=0.05)
    assert after.outputs["H1/permit"]
    assert not after.outputs["H0/permit"]


def test_a_platform_that_comes_or_goes_loses_nobody() -> None:
    site = hall(cameras=0, hoists=[bridge()])
    core = Core(site)
    people = core.run(2.0).people
    deck = Structure(
        name="deck", polygon_m=((18.0, 8.0), (22.0, 8.0), (22.0, 10.0), (18.0, 10.0)), height_m=1.2, platform=True
    )
    core.take(site.model_copy(update={"structure": (deck,)}))
    on_it = core.run(1.0).people
    core.take(site)
    assert [p.id for p in core.run(1.0).people] == [p.id for p in on_it] == [p.id for p in people]
