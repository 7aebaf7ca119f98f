"""Variations stay what they are meant to be, are judged by the truth, and a run that was ended goes on."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from calibration.errors import BadInput
from recordings.evaluate_situations import TRIALS, Order, evaluate_situations, judged_scenarios
from recordings.plant.records import BodyState, CraneState, LoadState, World
from recordings.plant.scenario import Scenario
from recordings.plant.scenario_file import LIBRARY, load_scenario, scenario_text
from recordings.plant.truth import Truth
from recordings.situations.records import Trial
from recordings.situations.report import markdown, rows, write_report
from recordings.situations.trial import judged
from recordings.situations.truths import AIMS, Run
from recordings.situations.vary import varied
from safety.records import AlarmTransition, Level, Situation
from tests.recordings.plant.small_plant import small


def library(name: str) -> Scenario:
    return load_scenario(LIBRARY / f"{name}.toml")


def test_every_scenario_of_the_library_has_an_aim_or_is_normal() -> None:
    found = {library(name).scenario.situation for name in judged_scenarios()}
    assert found - {"normal"} == set(AIMS)


@pytest.mark.parametrize("name", ["struck-by", "hands-on-load", "person-on-platform", "two-hoists-closing"])
def test_a_variation_is_another_sound_scenario_and_the_same_again_for_the_same_seed(name: str) -> None:
    original = library(name)
    drawn = [varied(original, np.random.default_rng(seed)) for seed in range(6)]
    again = [varied(original, np.random.default_rng(seed)) for seed in range(6)]
    assert drawn == again
    kept = [one for one in drawn if one is not None]
    assert len(kept) >= 3
    assert len({one.scenario.seed for one in kept}) == len(kept)
    for one in kept:
        assert one.scenario.situation == original.scenario.situation
        assert len(one.person) == len(original.person)
        speed = one.hoist[0].plan[1].x_mps or one.hoist[0].plan[1].lift_mps or 0.0
        before = original.hoist[0].plan[1].x_mps or original.hoist[0].plan[1].lift_mps or 0.0
        assert 0.8 < speed / before < 1.2
        assert one.load[0].size_m[2] == original.load[0].size_m[2]


def test_way_and_time_of_a_hoist_go_together_in_a_variation() -> None:
    original = library("struck-by")
    one = next(v for seed in range(9) if (v := varied(original, np.random.default_rng(seed))) is not None)

    def way_m(scenario: Scenario) -> float:
        plan = [d for d in scenario.hoist[0].plan if d.x_mps is not None]
        return sum((b.at_s - a.at_s) * (a.x_mps or 0.0) for a, b in pairwise(plan))

    assert way_m(one) == pytest.approx(way_m(original), rel=1e-6)


def transition(time_s: float, situation: Situation, level: Level, event: str = "raised") -> AlarmTransition:
    return AlarmTransition(
        time_s=time_s,
        alarm="a-1",
        event=event,  # type: ignore[arg-type]
        level=level,
        situation=situation,
        hoist="H1",
        person=None,
        source=None,
        probability=None,
        time_to_contact_s=None,
        time_to_last_safe_stop_s=None,
        reason="",
    )


STRUCK = AIMS["struck_by"]


def test_told_by_name_and_level_before_the_contact_counts_with_its_lead() -> None:
    said = [
        transition(15.0, Situation.STRUCK_BY, Level.CAUTION),
        transition(17.5, Situation.STRUCK_BY, Level.DANGER, "escalated"),
    ]
    result = judged("a", "struck_by", 0, (0, 30.0), STRUCK, 20.0, said)
    assert result.lead_s == pytest.approx(2.5)
    assert result.named_s == result.acted_s == 17.5
    assert result.needless == ()


def test_by_another_name_it_was_acted_on_only_and_after_the_contact_it_was_missed() -> None:
    other = judged("a", "struck_by", 0, (0, 30.0), STRUCK, 20.0, [transition(18.0, Situation.FALL_ZONE, Level.WARNING)])
    assert (other.named_s, other.acted_s) == (None, 18.0)
    late = judged("a", "struck_by", 0, (0, 30.0), STRUCK, 20.0, [transition(20.1, Situation.STRUCK_BY, Level.DANGER)])
    assert (late.named_s, late.acted_s, late.lead_s) == (None, None, None)


def test_long_before_the_event_it_was_needless_and_no_hit() -> None:
    early = judged("a", "struck_by", 0, (0, 30.0), STRUCK, 20.0, [transition(5.0, Situation.STRUCK_BY, Level.DANGER)])
    assert early.named_s is None
    assert [t.time_s for t in early.needless] == [5.0]


def test_in_the_very_tick_of_the_event_is_in_time() -> None:
    tick_s = 131 * 0.1
    assert tick_s > 13.1
    same = judged("a", "struck_by", 0, (0, 30.0), STRUCK, 13.1, [transition(tick_s, Situation.STRUCK_BY, Level.DANGER)])
    assert same.named_s == tick_s


def test_of_a_normal_one_everything_is_needless() -> None:
    said = [
        transition(5.0, Situation.FALL_ZONE, Level.CAUTION),
        transition(9.0, Situation.FALL_ZONE, Level.CAUTION, "cleared"),
    ]
    result = judged("n", "normal", 0, (0, 30.0), None, None, said)
    assert [t.time_s for t in result.needless] == [5.0]


def world(time_s: float, **changes: object) -> World:
    body = {"name": "a", "role": "slinger", "x_m": 4.0, "y_m": 5.0, "posture": "lie"}
    load = {"name": "crate", "shape": "crate", "size_m": (1.0, 1.0, 1.0), "x_m": 9.0, "y_m": 5.0, "z_m": 1.0}
    crane = {"name": "H1", "trolley_m": (9.0, 5.0, 6.0), "hook_m": (9.0, 5.0, 2.5), "rope_m": 3.5}
    for part in (body, load, crane):
        part |= {key: changes[key] for key in changes if key in ("posture", "hand_m") and part is body}
    load |= {
        key: value for key, value in changes.items() if key in ("x_m", "hung_from", "resting", "vz_mps", "orientation")
    }
    crane |= {key: value for key, value in changes.items() if key in ("hook_m", "tension_n", "hook_velocity_mps")}
    return World(
        time_s=time_s,
        people=(BodyState(**body),),  # type: ignore[arg-type]
        loads=(LoadState(**load),),  # type: ignore[arg-type]
        cranes=(CraneState(**crane),),  # type: ignore[arg-type]
    )


def run_of(*worlds: World) -> Run:
    return Run(small(), worlds, Truth(small()).summary())


def test_truths_are_found_in_the_plants_own_state() -> None:
    hung = {"hung_from": "H1", "resting": False}
    assert AIMS["person_down"].finder(run_of(world(0.0, **hung), world(1.0, x_m=5.0, **hung))) == 1.0
    assert AIMS["person_down"].finder(run_of(world(0.0, x_m=5.0, posture="stand", **hung))) is None
    hands = {"posture": "bend", "hand_m": (4.0, 5.0, 1.0)}
    off = run_of(world(0.0, **hands), world(2.0, vz_mps=0.1, **hung, **hands))
    assert AIMS["hands_on_load"].finder(off) == 2.0
    assert AIMS["hands_on_load"].finder(run_of(world(2.0, vz_mps=0.1, **hung))) is None
    tilted = (float(np.cos(0.15)), float(np.sin(0.15)), 0.0, 0.0)
    assert AIMS["topple"].finder(run_of(world(0.0), world(3.0, orientation=tilted))) == 3.0
    pulls = {"hook_m": (9.5, 5.0, 2.5), "tension_n": 3000.0, "hook_velocity_mps": (0.0, 0.0, 0.1)}
    assert AIMS["side_pull"].finder(run_of(world(0.0), world(4.0, **pulls))) == 4.0
    assert AIMS["side_pull"].finder(run_of(world(4.0, **(pulls | {"tension_n": 100.0})))) is None


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario of a second in which nothing happens."""
    scenario = small()
    about = scenario.scenario.model_copy(update={"seconds": 1.0, "situation": "normal"})
    path = tmp_path_factory.mktemp("scenario") / "short.toml"
    path.write_text(scenario_text(scenario.model_copy(update={"scenario": about, "expect": (), "quiet": ()})))
    return path


def test_a_run_goes_on_where_it_was_and_other_settings_are_refused(short: Path, tmp_path: Path) -> None:
    out, shares = tmp_path / "out", list[float]()
    first = evaluate_situations(Order((str(short),), 2), out, shares.append)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert [t.number for t in first] == [0, 1]
    files = sorted((out / TRIALS).iterdir())
    stamps = [f.stat().st_mtime_ns for f in files]
    files[1].unlink()
    more = evaluate_situations(Order((str(short),), 2), out, lambda share: None)
    assert more == first
    assert files[0].stat().st_mtime_ns == stamps[0]
    with pytest.raises(BadInput, match="another seed"):
        evaluate_situations(Order((str(short),), 2, seed=2), out, lambda share: None)
    with pytest.raises(BadInput, match="no such scenario"):
        evaluate_situations(Order(("nowhere",), 1), tmp_path / "other", lambda share: None)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x")
    with pytest.raises(BadInput, match="expected a new folder"):
        evaluate_situations(Order((str(short),), 1), tmp_path / "mine", lambda share: None)


def test_the_report_counts_and_says_how_sure_it_is(tmp_path: Path) -> None:
    hit = judged("s", "struck_by", 0, (1, 30.0), STRUCK, 20.0, [transition(17.0, Situation.STRUCK_BY, Level.DANGER)])
    miss = judged("s", "struck_by", 1, (0, 30.0), STRUCK, 20.0, [])
    never = Trial(scenario="s", situation="struck_by", number=2, redrawn=12, valid=False)
    quiet = judged("n", "normal", 0, (0, 30.0), None, None, [])
    table = rows([hit, miss, never, quiet])
    assert (table[0].runs, table[0].redrawn, table[0].invalid) == (2, 1, 1)
    assert table[0].named is not None
    assert (table[0].named.hits, table[0].named.of) == (1, 2)
    # Clopper and Pearson for 1 of 2: 1 − 0.975^(1/2) to 0.975^(1/2).
    assert table[0].named.interval == pytest.approx((1 - 0.975**0.5, 0.975**0.5), abs=1e-6)
    assert table[0].lead_p50_s == 3.0
    assert table[1].named is None
    assert "1 of 2 (1–99 %)" in markdown(table)
    path = write_report([hit, miss, never, quiet], tmp_path)
    assert path.read_text().endswith("\n\n" + markdown(table))
    assert "Here are 4 runs." in path.read_text()
    with open(tmp_path / "situations.csv", newline="") as stream:
        read = list(csv.DictReader(stream))
    assert read[0]["named"] == "0.5000"
    assert read[1]["named"] == ""
    assert (tmp_path / "situations.png").stat().st_size > 5000
    assert msgspec.json.decode(msgspec.json.encode(hit), type=Trial) == hit
