"""An annunciator's card: what it says, in both languages, and that it stands in the health strip."""

from __future__ import annotations

import msgspec
import pytest

from safety.annunciator.records import AnnunciatorView, SoundCheck
from safety.freshness import Pulse
from tests.ui import scenes
from tests.ui.example_site import example_site
from ui.health_model import Words, chips
from ui.sound_model import sound_words

WELL = AnnunciatorView(annunciator="south", connected=True, age_s=0.4)
GOOD = SoundCheck(what="danger", passed=True, text="")
BAD = SoundCheck(what="fault", passed=False, text="nothing was heard")


def words(**other: object) -> tuple[str, str, str]:
    return sound_words(msgspec.structs.replace(WELL, **other), 100.0, "en")


@pytest.mark.parametrize(
    ("change", "value", "mark"),
    [
        ({}, "ready", "good"),
        ({"tone": "danger"}, "♪ danger", "good"),
        ({"testing": True}, "self-test", "good"),
        ({"fault": "sound device of the machine has stopped"}, "FAULT: sound device of the machine has stopped", "bad"),
        ({"connected": False, "tone": "danger"}, "NOT CONNECTED", "bad"),
    ],
)
def test_what_the_card_says(change: dict[str, object], value: str, mark: str) -> None:
    assert words(**change)[:2] == (value, mark)


def test_the_tip_says_how_it_was_tested_and_how_soon_it_sounds() -> None:
    assert words()[2] == "Not tested since the engine started"
    tip = words(tested_s=40.0, test=(GOOD, BAD), latency_s=0.092)[2]
    assert "1 of 2 passed" in tip
    assert "fault: nothing was heard" in tip
    assert "92 ms" in tip
    korean = sound_words(msgspec.structs.replace(WELL, tone="warning"), 0.0, "ko")
    assert korean[0] == "♪ 경고음"


def test_it_stands_in_the_health_strip() -> None:
    site = example_site()
    shot = msgspec.structs.replace(scenes.snapshot(site), annunciators=(WELL,))
    found = chips(shot, Pulse("live"), Words("ko", site.policy, site))
    assert [chip.value for chip in found if chip.title == "south"] == ["대기 중"]
