"""The presenter without a screen: health and tiles."""

from __future__ import annotations

import itertools

import msgspec

from tests.ui import scenes
from tests.ui.presenter import SITE, model_of
from tests.ui.scenes import START_S, danger, snapshot
from ui.console_model import ConsoleModel
from ui.health_model import Chip


def chip_values(model: ConsoleModel) -> dict[str, str]:
    return {c.title: c.value for c in model.chips(START_S)}


def test_health_says_rates_latency_and_contacts() -> None:
    values = chip_values(model_of(snapshot(SITE)))
    assert values["Frame to contact"] == "p50 124 ms · p99 213 ms"
    assert values["cam1"] == "9.8 Hz · 0.1 s ago"
    assert values["cabinet-1"] == "permit on · full speed on"
    assert values["H1"] == "travelling · permit given"


def test_health_of_a_bad_day() -> None:
    model = model_of(danger(SITE))
    chips = {c.title: c for c in model.chips(START_S)}
    assert chips["cam2"].value == "BLIND 3.2 s"
    assert chips["cam2"].mark == "bad"
    assert chips["cabinet-1"].value == "LATCHED, needs reset · permit off · full speed off · danger on"
    assert chips["cabinet-1"].node == "cabinet-1"
    assert chips["H1"].value == "travelling · PERMIT WITHDRAWN"


def test_what_could_not_be_used_is_said() -> None:
    def shown(**counts: int) -> Chip:
        model = model_of(msgspec.structs.replace(snapshot(SITE), counts=counts))
        return next(c for c in model.chips(START_S) if c.title == "Unused input")

    assert (shown(too_late=0).value, shown().mark) == ("none", "good")
    late = shown(too_late=3, hoist_outliers=4)
    assert (late.value, late.mark) == ("7 since start", "good")
    assert late.tip.splitlines()[0] == "3 that came too late to be used"
    assert shown(person_bad_boxes=1).mark == "abnormal"


def test_a_camera_that_brings_more_than_is_inspected_says_so() -> None:
    quiet = snapshot(SITE)
    first, *others = quiet.cameras
    busy = msgspec.structs.replace(first, rate_hz=6.2, received_hz=15.0, wait_s=0.21)
    chips = {c.title: c for c in model_of(msgspec.structs.replace(quiet, cameras=(busy, *others))).chips(START_S)}
    assert chips["cam1"].value == "6.2 of 15.0 Hz · 0.1 s ago"
    assert chips["cam1"].mark == "good", "the reaction time includes so long a wait"
    assert "Longest wait between two looks lately: 210 ms" in chips["cam1"].tip
    late = msgspec.structs.replace(busy, rate_hz=2.1, wait_s=0.55)
    model = model_of(msgspec.structs.replace(quiet, cameras=(late, *others)))
    chips = {c.title: c for c in model.chips(START_S)}
    assert chips["cam1"].mark == "abnormal"
    assert "reckons with 300 ms more reaction time" in chips["cam1"].tip
    assert model.tiles(START_S)[0].caption == "2.1 of 15.0 Hz · 0.1 s ago"
    nearly = msgspec.structs.replace(first, rate_hz=9.8, received_hz=10.0)
    values = chip_values(model_of(msgspec.structs.replace(quiet, cameras=(nearly, *others))))
    assert values["cam1"] == "9.8 Hz · 0.1 s ago"


def test_a_hoist_that_goes_slowly_for_somebody_near_says_for_whom_and_raises_no_alarm() -> None:
    quiet = snapshot(SITE)
    first, *others = quiet.hoists
    held = msgspec.structs.replace(first, slow=True, near=("P1", "P3"))
    for language, action in (("en", "H1 goes slowly, P1, P3 near it"), ("ko", "H1 저속 운전, P1, P3 가까이 있음")):
        model = model_of(msgspec.structs.replace(quiet, hoists=(held, *others)), language=language)
        headline = model.headline(START_S)
        assert headline.kind == model_of(quiet).headline(START_S).kind, "no alarm"
        assert action in headline.action
        chip = next(c for c in model.chips(START_S) if c.title == "H1")
        assert chip.mark == "abnormal"
        assert chip.tip.startswith("P1, P3:")


def test_a_contact_that_does_not_follow_is_seen() -> None:
    quiet = snapshot(SITE)
    stuck = msgspec.structs.replace(quiet.nodes[0], commanded={"permit": False, "slow": True, "siren": False})
    values = chip_values(model_of(msgspec.structs.replace(quiet, nodes=(stuck,))))
    assert values["cabinet-1"].startswith("permit sent off, reads on")


def test_a_bypass_stands_in_the_banner_and_on_the_node() -> None:
    model = model_of(scenes.bypassed(SITE))
    head = model.headline(START_S)
    assert head.bypass.splitlines() == ["H1 permit, 4 min 13 s left", "hall danger kept quiet, 32 s left"]
    assert (head.kind, head.title) == ("caution", "BYPASS"), "never NORMAL while somebody holds an output"
    assert head.reason == "kim@console-1 took outputs away from the system: camera 3 is being replaced"
    assert "H1: runs on a bypass, the system does not stop it" in head.action
    assert "stopped" not in head.action.lower(), "a hoist that runs must not be called stopped"
    chip = next(c for c in model.chips(START_S) if c.title == "cabinet-1")
    assert chip.mark == "bad"
    assert chip.value.startswith("BYPASSED: permit, danger")
    assert "permit is bypassed by kim@console-1 for 4 min 13 s more: camera 3 is being replaced" in chip.tip
    assert model_of(snapshot(SITE)).headline(START_S).bypass == ""


def test_a_bypass_of_a_node_that_is_gone_is_none() -> None:
    held = scenes.bypassed(SITE)
    gone = tuple(msgspec.structs.replace(n, connected=False) for n in held.nodes)
    assert model_of(msgspec.structs.replace(held, nodes=gone)).headline(START_S).bypass == ""


def test_proof_tests_have_a_card() -> None:
    chip = next(c for c in model_of(scenes.bypassed(SITE)).chips(START_S) if c.title == "Proof tests")
    assert (chip.value, chip.mark) == ("1 FAILED · 1 OVERDUE", "abnormal")
    assert chip.tip.splitlines()[:2] == ["cabinet-1 slow: the newest test failed", "cabinet-1 permit: never tested"]
    assert not any(c.title == "Proof tests" for c in model_of(snapshot(SITE)).chips(START_S))


def test_what_the_engine_does_not_mention_is_missing_not_absent() -> None:
    values = chip_values(model_of(snapshot(SITE, nodes=(), hoists=())))
    assert values["cabinet-1"] == "NOT CONNECTED"
    assert values["H1"] == "not located yet"


def test_before_any_sample_there_is_no_latency() -> None:
    bare = msgspec.structs.replace(snapshot(SITE), latency=type(snapshot(SITE).latency)())
    assert chip_values(model_of(bare))["Frame to contact"] == "no sample"


def test_tiles_take_the_boxes_that_fit_the_picture() -> None:
    quiet = snapshot(SITE)
    picture, boxes = scenes.pictures(SITE, quiet)[:2]
    later = msgspec.structs.replace(boxes, time_s=START_S + 0.4)
    model = model_of(picture, boxes, later, quiet)
    tile = model.tiles(START_S)[0]
    assert tile.boxes is boxes
    assert model.tiles(START_S + 0.3)[0].boxes is boxes


def test_a_camera_that_lives_but_sends_no_picture_is_not_called_blind() -> None:
    tile = model_of(snapshot(SITE)).tiles(START_S)[0]
    assert tile.notice == "Alive; sends no picture"
    assert not tile.dim


def test_a_picture_that_stays_the_same_goes_stale_though_the_camera_lives() -> None:
    quiet = snapshot(SITE)
    model = model_of(*scenes.pictures(SITE, quiet), quiet)
    for i in range(1, 31):
        model.receive(msgspec.structs.replace(quiet, seq=100 + i, time_s=START_S + 0.1 * i), START_S + 0.1 * i)
    tile = model.tiles(START_S + 3.0)[0]
    assert tile.dim
    assert tile.notice == "NO PICTURE 3.0 s"


def test_every_transition_makes_a_line_in_both_languages() -> None:
    for language, event in itertools.product(("en", "ko"), ("raised", "escalated", "eased", "cleared")):
        moved = msgspec.structs.replace(scenes.RAISED, event=event)
        line = model_of(snapshot(SITE), moved, language=language).event()
        assert "H1 · P3" in line
