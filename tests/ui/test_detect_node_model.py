"""A detect node's card: whether its cameras count, how well its clock is known, and why not."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from safety.detect_records import DetectNodeView, NodeFault
from safety.freshness import Pulse
from tests.ui import scenes
from tests.ui.example_site import example_site
from ui.detect_node_model import node_words
from ui.health_model import Words, chips

WELL = DetectNodeView(
    node="north",
    cameras=("cam2", "cam3"),
    fault="",
    age_s=0.1,
    offset_s=-4213.25,
    error_s=0.0007,
    delay_s=0.0012,
    wall_offset_s=0.02,
)


@pytest.mark.parametrize(
    ("change", "value", "mark"),
    [
        ({}, "clock ± 0.7 ms", "good"),
        ({"wall_offset_s": 3600.0}, "clock ± 0.7 ms", "abnormal"),
        ({"fault": "silent", "age_s": 2.1}, "SILENT 2.1 s", "bad"),
        ({"fault": "clock_wide", "error_s": 0.2}, "CLOCK IN DOUBT ± 200.0 ms", "bad"),
        ({"fault": "clock_unknown", "error_s": None, "offset_s": None}, "clock not known yet", "abnormal"),
    ],
)
def test_what_the_card_says(change: dict[str, object], value: str, mark: str) -> None:
    assert node_words(msgspec.structs.replace(WELL, **change), "en")[:2] == (value, mark)


@pytest.mark.parametrize("fault", get_args(NodeFault))
def test_every_fault_has_a_word(fault: NodeFault) -> None:
    shown = {node_words(msgspec.structs.replace(WELL, fault=fault), language)[0] for language in ("en", "ko")}
    assert len(shown) == 2


def test_the_tip_tells_clock_jumps_and_restarts() -> None:
    tip = node_words(msgspec.structs.replace(WELL, steps=2, step_s=-1.5, restarts=3), "en")[2]
    assert "cam2, cam3" in tip
    assert "-4213.250 s from the engine's, known to ± 0.7 ms" in tip
    assert "jumped 2 times, last by -1.500 s" in tip
    assert "started again 3 times" in tip


def test_it_stands_in_the_health_strip() -> None:
    site = example_site()
    shot = msgspec.structs.replace(scenes.snapshot(site), detect_nodes=(WELL,))
    found = chips(shot, Pulse("live"), Words("ko", site.policy, site))
    assert [chip.value for chip in found if chip.title == "north"] == ["시계 ± 0.7 ms"]
