"""A scenario becomes a recording: the same bytes, the truth beside it, and an engine that the hoist obeys."""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec
import numpy as np
import pytest

from calibration.errors import BadInput
from recordings.evaluate_recording import ATTACHMENT, evaluate_recording, parse_expected
from recordings.plant.loop import Options, Picture, Simulated
from recordings.plant.records import World
from recordings.plant.scenario_file import parse_scenario
from recordings.plant.simulate import SCENARIO_ATTACHMENT, simulate
from recordings.plant.truth import TRUTH_ATTACHMENT, TruthSummary, told
from recordings.replay import alarms_of, steps
from recordings.store import Recording
from safety.records import Level, Situation
from tests.recordings.plant.small_plant import HERE, shorter, small
from tracking.records import Boxes, CameraHealth, Telemetry

DEAD = '[[fault]]\nkind = "camera_dead"\nof = "cam2"\nat_s = 1.0\nuntil_s = 2.0\n\n[[relay]]'
FROZEN = '[[fault]]\nkind = "camera_frozen"\nof = "cam2"\nat_s = 1.0\n\n[[relay]]'
LOST = '[[fault]]\nkind = "telemetry_lost"\nof = "H1"\nat_s = 1.0\n\n[[relay]]'


def shades(world: World, camera: str) -> Picture:
    """Pictures in which everybody can tell camera and time: red for one, blue for the other, brighter with time."""
    rgb = np.zeros((540, 960, 3), np.uint8)
    rgb[..., 0 if camera == "cam1" else 2] = 100 + round(40 * world.time_s)
    return rgb


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Simulated, Recording]:
    path = tmp_path_factory.mktemp("closed") / "a.mcap"
    return simulate(small(), HERE, path), Recording(path)


@pytest.fixture(scope="module")
def open_loop(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return simulate(small(), HERE, tmp_path_factory.mktemp("open") / "a.mcap", Options(obeys=False))


def test_the_same_scenario_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        simulate(shorter(2.0, ("seed = 5", f"seed = {seed}")), HERE, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_the_recording_holds_what_belongs_to_it(closed: tuple[Simulated, Recording]) -> None:
    done, recording = closed
    assert recording.info.complete
    assert recording.info.cameras == ("cam1", "cam2")
    assert {type(e) for e in recording.events()} == {Boxes, CameraHealth, Telemetry}
    assert parse_scenario((recording.attachment(SCENARIO_ATTACHMENT) or b"").decode(), "s", HERE) == small()
    truth = msgspec.json.decode(recording.attachment(TRUTH_ATTACHMENT) or b"", type=TruthSummary)
    assert truth == done.truth
    assert truth.situation == "struck_by"
    expected = parse_expected(recording.attachment(ATTACHMENT) or b"", "e")
    assert [e.name for e in expected.expected] == ["fitter in the way"]
    assert expected.expected[0].level is Level.WARNING
    assert [q.name for q in expected.quiet] == ["before the load moves"]


def test_the_truth_is_a_channel_of_its_own(closed: tuple[Simulated, Recording]) -> None:
    worlds = list(closed[1].truth())
    assert [w.time_s for w in worlds] == pytest.approx(np.arange(241) / 20.0, abs=1e-4)
    assert {w.people[0].name for w in worlds} == {"fitter"}
    assert worlds[0].loads[0].x_m == pytest.approx(3.0, abs=0.01)
    assert worlds[-1].cranes[0].trolley_m[0] > 4.0
    assert all(not isinstance(e, World) for e in closed[1].events())


def test_events_come_late_and_in_order(closed: tuple[Simulated, Recording]) -> None:
    events = list(closed[1].events())
    assert [e.ready_s for e in events] == sorted(e.ready_s for e in events)  # type: ignore[union-attr]
    for camera in ("cam1", "cam2"):
        frames = [e for e in events if isinstance(e, Boxes) and e.camera == camera]
        late = np.array([e.ready_s - e.time_s for e in frames])
        assert np.median(late) == pytest.approx(0.07, abs=0.01)
        assert late.std() > 0.005
        gaps = np.diff([e.time_s for e in frames])
        assert gaps.mean() == pytest.approx(1 / 6.0, abs=0.003)
        assert gaps.min() > 0.1


def test_telemetry_tells_trolley_and_hook(closed: tuple[Simulated, Recording]) -> None:
    worlds = list(closed[1].truth())
    times = np.array([w.time_s for w in worlds])
    readings = [e for e in closed[1].events() if isinstance(e, Telemetry)]
    assert len(readings) == pytest.approx(120, abs=1)
    x = np.interp([e.time_s for e in readings], times, [w.cranes[0].trolley_m[0] for w in worlds])
    off = np.array([e.x_m for e in readings]) - x
    assert np.std(off) == pytest.approx(0.01, abs=0.004)
    assert np.mean([e.z_m for e in readings]) == pytest.approx(2.5, abs=0.02)


def test_in_an_open_loop_the_load_strikes(open_loop: Simulated) -> None:
    hits = [c for c in open_loop.truth.hits if c.kind == "body_load"]
    assert hits
    assert hits[0].person == "fitter"
    assert hits[0].from_s == pytest.approx(8.2, abs=1.0)
    assert open_loop.alarms == ()
    assert open_loop.truth.orders == ()
    assert any("fitter and crate: contact" in line for line in told(open_loop.truth))


def test_a_lost_permit_stops_the_hoist_in_time(tmp_path: Path) -> None:
    # It goes slowly towards the fitter and is stopped near the end: some seconds more show that it rests.
    done = simulate(shorter(18.0), HERE, tmp_path / "a.mcap")
    recording = Recording(tmp_path / "a.mcap")
    assert done.truth.hits == ()
    stops = [o for o in done.truth.orders if not o.permit and o.time_s > 1.0]
    assert stops, "the permit was withdrawn"
    nearest = min(done.truth.closest, key=lambda a: a.gap_m)
    assert 0.0 < nearest.gap_m < 1.5
    # The trolley runs until the contact has moved and the drive has reacted, and then brakes.
    crane = small().hoist[0]
    speed = {round(w.time_s, 2): w.cranes[0].trolley_velocity_mps[0] for w in recording.truth()}
    stop_s = stops[0].time_s + crane.relay_delay_s
    before, after = max(t for t in speed if t <= stop_s), min(t for t in speed if t >= stop_s + 0.5 / crane.brake_mps2)
    assert speed[before] > 0.1
    assert speed[round(after + 0.1, 2)] == pytest.approx(0.0, abs=1e-3)
    danger = next(a.time_s for a in done.alarms if a.level is Level.DANGER)
    assert stop_s == pytest.approx(danger + small().policy.reaction_time_s, abs=0.06)


def test_a_replay_says_what_the_engine_in_the_loop_said(closed: tuple[Simulated, Recording]) -> None:
    done, recording = closed
    assert done.alarms
    assert alarms_of(recording) == done.alarms
    assert {a.situation for a in done.alarms} <= {Situation.STRUCK_BY, Situation.FALL_ZONE}
    scores = evaluate_recording(recording, done.alarms)
    assert [o.fault for o in scores.outcomes] == [""]
    fast = [s.snapshot.outputs["H1/slow"] for s in steps(recording) if s.snapshot.time_s > 1.0]
    assert fast[0]
    assert False in fast, "slowed, before anything has to be stopped"


def test_dead_frozen_and_lost(tmp_path: Path) -> None:
    simulate(shorter(3.0, ("[[relay]]", DEAD)), HERE, tmp_path / "dead")
    events = list(Recording(tmp_path / "dead").events())
    times = [e.time_s for e in events if isinstance(e, Boxes) and e.camera == "cam2"]
    assert times
    assert not [t for t in times if 1.0 <= t < 2.0]
    states = [e.connected for e in events if isinstance(e, CameraHealth) and e.camera == "cam2"]
    assert states == [True, False, True]
    assert all(e.connected for e in events if isinstance(e, CameraHealth) and e.camera == "cam1")

    simulate(shorter(3.0, ("[[relay]]", FROZEN)), HERE, tmp_path / "frozen")
    late = [e for e in Recording(tmp_path / "frozen").events() if isinstance(e, Boxes) and e.camera == "cam2"]
    late = [e for e in late if e.time_s >= 1.0]
    assert len(late) >= 11
    assert len({e.boxes for e in late}) == 1
    assert all(b.time_s > a.time_s for a, b in itertools.pairwise(late))

    simulate(shorter(2.0, ("[[relay]]", LOST)), HERE, tmp_path / "lost")
    readings = [e for e in Recording(tmp_path / "lost").events() if isinstance(e, Telemetry)]
    assert max(e.time_s for e in readings) < 1.0


def test_pictures_go_in_without_boxes_unless_asked_for(tmp_path: Path) -> None:
    scenario = shorter(2.0, ("[[relay]]", FROZEN))
    done = simulate(scenario, HERE, tmp_path / "a", Options(render=shades, boxes=False))
    recording = Recording(tmp_path / "a")
    frames = list(recording.frames())
    assert len(frames) == done.frames
    assert {f.camera for f in frames} == {"cam1", "cam2"}
    assert not [e for e in recording.events() if isinstance(e, Boxes)]
    assert list(recording.truth())
    with pytest.raises(BadInput, match="--detect"):
        list(steps(recording))
    for frame in frames:
        blue, _, red = frame.bgr.reshape(-1, 3).mean(axis=0)
        shown, other = (red, blue) if frame.camera == "cam1" else (blue, red)
        expected = 100 + 40 * (frame.time_s if frame.camera == "cam1" else min(frame.time_s, 0.95))
        assert shown == pytest.approx(expected, abs=8.0)
        assert other < 12.0
        assert frame.ready_s > frame.time_s
    simulate(scenario, HERE, tmp_path / "b", Options(render=shades))
    both = Recording(tmp_path / "b")
    assert [e for e in both.events() if isinstance(e, Boxes)]
    assert list(steps(both))


def test_progress_runs_to_the_end(tmp_path: Path) -> None:
    shares: list[float] = []
    simulate(shorter(1.0), HERE, tmp_path / "a", progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_fault_while_it_runs_leaves_nothing(tmp_path: Path) -> None:
    def breaks(world: World, camera: str) -> Picture:
        raise BadInput(f"{camera}: the renderer has no picture at {world.time_s}")

    with pytest.raises(BadInput, match="no picture"):
        simulate(shorter(1.0), HERE, tmp_path / "a", Options(render=breaks))
    assert not any(tmp_path.iterdir())


def test_a_plant_without_cameras_or_hoists_runs_too(tmp_path: Path) -> None:
    text = '[scenario]\nname = "Empty"\nseconds = 1.0\n\n[hall]\nsize_m = [9.0, 9.0]\n'
    person = '\n[[person]]\nname = "A"\nstart_m = [3.0, 3.0]\n'
    simulate(parse_scenario(text + person, "e", HERE), HERE, tmp_path / "a")
    recording = Recording(tmp_path / "a")
    assert len(list(recording.truth())) == 21
    assert not list(recording.events())
