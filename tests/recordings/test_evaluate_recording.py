"""Alarms of a replay against what the recording expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from calibration.errors import BadInput
from recordings.evaluate_recording import ATTACHMENT, evaluate_recording, parse_expected, score_alarms
from recordings.store import Recording, RecordingWriter
from safety.records import Level, Situation
from tests.recordings.examples import SITE_TOML, transition

EXPECTED = b"""{
  "expected": [
    {"name": "passer-by", "situation": "struck_by", "hoist": "H1", "raise_from_s": 12.0, "raise_until_s": 14.0,
     "level": "warning", "clear_until_s": 20.0, "contact_s": 15.5},
    {"name": "camera fails", "situation": "camera_blind", "source": "cam1", "raise_from_s": 40.0, "raise_until_s": 42.0}
  ],
  "quiet": [
    {"name": "slinger", "from_s": 25.0, "until_s": 35.0, "situations": ["struck_by", "fall_zone"], "hoist": "H1"}
  ]
}"""
BLIND = {"situation": Situation.CAMERA_BLIND, "hoist": None, "person": None, "source": "cam1"}


def test_all_as_expected() -> None:
    alarms = [
        transition(11.0, "raised", Level.CAUTION),
        transition(13.0, "escalated", Level.DANGER),
        transition(14.0, "eased", Level.CAUTION),
        transition(16.0, "cleared", Level.CLEAR),
        transition(41.0, "raised", Level.WARNING, "a-2", **BLIND),
    ]
    scores = score_alarms(parse_expected(EXPECTED, "x"), alarms)
    assert scores.passed
    assert len(scores.hits) == 2
    first, second = scores.outcomes
    assert (first.reached_s, first.lead_s) == (13.0, 2.5)
    assert first.episode is not None
    assert (first.episode.raised_s, first.episode.cleared_s) == (11.0, 16.0)
    assert (second.reached_s, second.lead_s) == (41.0, None)
    assert scores.unjudged == ()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ([], "not raised"),
        ([(13.0, "raised", Level.CAUTION)], "raised at 13.0 s, but did not reach warning"),
        ([(10.5, "raised", Level.DANGER)], "warning at 10.5 s, 1.5 s too early"),
        ([(14.5, "raised", Level.DANGER)], "warning at 14.5 s, 0.5 s too late"),
        ([(13.0, "raised", Level.DANGER)], "cleared never, expected by 20.0 s"),
        ([(13.0, "raised", Level.DANGER), (21.0, "cleared", Level.CLEAR)], "cleared at 21.0 s, expected by 20.0 s"),
    ],
)
def test_what_was_missed_is_said(changes: list[tuple[float, str, Level]], fault: str) -> None:
    scores = score_alarms(parse_expected(EXPECTED, "x"), [transition(*change) for change in changes])
    assert not scores.passed
    assert scores.outcomes[0].fault == fault
    assert scores.outcomes[1].fault == "not raised"


def test_one_good_alarm_of_several_is_a_hit() -> None:
    alarms = [
        transition(5.0, "raised", Level.DANGER),
        transition(6.0, "cleared", Level.CLEAR),
        transition(13.0, "raised", Level.DANGER),
        transition(13.5, "raised", Level.CAUTION, "a-9", person="P4"),
        transition(15.0, "cleared", Level.CLEAR),
        transition(15.0, "cleared", Level.CLEAR, "a-9", person="P4"),
    ]
    scores = score_alarms(parse_expected(EXPECTED, "x"), alarms)
    assert scores.outcomes[0].hit
    assert [episode.raised_s for episode in scores.unjudged] == [5.0]


def test_needless_alarms_are_those_in_quiet_windows() -> None:
    alarms = [
        transition(26.0, "raised", Level.CAUTION, "a-3"),
        transition(27.0, "raised", Level.CAUTION, "a-4", hoist="H2"),
        transition(28.0, "raised", Level.CAUTION, "a-5", situation=Situation.PERSON_LOST),
        transition(36.0, "raised", Level.CAUTION, "a-6"),
    ]
    scores = score_alarms(parse_expected(EXPECTED, "x"), alarms)
    assert [(episode.alarm, name) for episode, name in scores.needless] == [("a-3", "slinger")]
    assert [episode.alarm for episode in scores.unjudged] == ["a-4", "a-5", "a-6"]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"{", "x: "),
        (b"\xff", "x: "),
        (b'{"expected": [{"name": "a"}]}', "missing required field"),
        (b'{"expcted": []}', "unknown field"),
        (
            b'{"expected": [{"name": "a", "situation": "struck_by", "raise_from_s": 2, "raise_until_s": 1}]}',
            "raise_from_s not after raise_until_s",
        ),
        (
            b'{"expected": [{"name": "a", "situation": "struck_by", "raise_from_s": 0, "raise_until_s": 1,'
            b' "level": "clear"}]}',
            "got clear",
        ),
        (b'{"quiet": [{"name": "a", "from_s": 2, "until_s": 1}]}', "from_s not after until_s"),
    ],
)
def test_bad_expectations_are_named(data: bytes, fault: str) -> None:
    with pytest.raises(BadInput, match=fault):
        parse_expected(data, "x")


@pytest.mark.parametrize("attached", [True, False])
def test_expectations_travel_in_the_recording(tmp_path: Path, attached: bool) -> None:
    path = tmp_path / "a.mcap"
    with RecordingWriter(path, site_text=SITE_TOML, wall_offset_s=0.0, made_by="test", atomic=True) as out:
        if attached:
            out.attach(ATTACHMENT, "application/json", EXPECTED)
    if attached:
        assert len(evaluate_recording(Recording(path), []).misses) == 2
    else:
        with pytest.raises(BadInput, match=r"holds no expected_alarms\.json"):
            evaluate_recording(Recording(path), [])
