"""The report: one page that holds all it shows, in two languages, with figures that can be checked by hand."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import numpy as np
import pytest
from matplotlib.image import imread

from calibration.errors import BadInput
from calibration.site_file import parse_site
from recordings import report_plots
from recordings.evaluate_recording import episodes_of
from recordings.replay import steps
from recordings.report import report_page, write_report
from recordings.report_data import Gathering, Happened, gather, kinds_of, load_of
from recordings.report_rows import story_rows
from recordings.report_text import TEXT, say
from recordings.sample_files import sample_path
from recordings.store import Recording, RecordingWriter
from safety.engine import Step
from safety.records import AlarmTransition, Level, NodeView, Phase, Situation
from tests.recordings.examples import SITE_TOML, person, snapshot, transition
from tracking.records import Boxes


class Page(HTMLParser):
    """Collects text, pictures, and tags that are left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.pictures: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.addresses += [str(values[k]) for k in ("src", "href") if k in values]
        if tag == "img":
            assert values.get("alt")
            self.pictures.append(str(values["src"]))
        elif tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return "\n".join(self.words)


@pytest.fixture(scope="module")
def replayed() -> list[Step]:
    return list(steps(Recording(sample_path())))


@pytest.fixture(scope="module")
def happened(replayed: list[Step]) -> Happened:
    return gather(replayed, Recording(sample_path()).site())


@pytest.fixture(scope="module")
def failing() -> Happened:
    recording = Recording(sample_path("failing-camera"))
    return gather(steps(recording), recording.site())


@pytest.fixture(scope="module")
def english(replayed: list[Step], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "made" / "anew"
    return write_report(sample_path(), out, replay=replayed)


def step(time_s: float, *transitions: AlarmTransition, **changes: object) -> Step:
    return Step(msgspec.structs.replace(snapshot(time_s), **changes), transitions, ())


def test_the_page_holds_all_that_it_shows(english: Path) -> None:
    assert english.name == "report.html"
    page = Page(english.read_text(encoding="utf-8"))
    assert page.open == []
    assert len(page.pictures) == 3
    for address in page.addresses:
        assert address.startswith("data:image/png;base64,")
        picture = imread(io.BytesIO(base64.b64decode(address.partition(",")[2])), format="png")
        assert min(picture.shape[:2]) > 250
        assert np.ptp(picture[..., :3]) > 0.5
    assert english.stat().st_size < 2_000_000


def test_the_page_tells_the_story(english: Path) -> None:
    text = Page(english.read_text(encoding="utf-8")).text
    for words in (
        "Report · Press shop, hall 3",
        "passer-by.mcap",
        "hoistwatch simulate Press shop, hall 3",
        "2026-03-02 00:00:00 UTC",
        "Hoistwatch 0.1.0",
        "none took part",
        "Struck by moving load: raised",
        "Struck by moving load: eased",
        "Permit of H1 withdrawn: the hoist must stop",
        "Permit of H1 given",
        "Under suspended load: raised",
        "H1: lifting",
        "passer-by beside the hanging load (Under suspended load, Caution)",
        "It is not a certified",
        "claims no performance level",
    ):
        assert words in text, words
    assert text.count("\nmet\n") == 2
    assert "Quiet times kept: 2 of 2" in text


@pytest.mark.slow
def test_the_page_tells_of_a_camera_that_fails(failing: Happened, tmp_path: Path) -> None:
    path = write_report(sample_path("failing-camera"), tmp_path)
    text = Page(path.read_text(encoding="utf-8")).text
    for words in ("No picture from cam3", "cam3 is back", "camera fails (System cannot see, Warning)"):
        assert words in text, words
    cameras = {c.name: c for c in failing.cameras}
    assert cameras["cam3"].alive_share < 0.9
    assert all(c.alive_share == 1.0 for name, c in cameras.items() if name != "cam3")
    assert all(c.rate_hz == pytest.approx(6.0, abs=0.3) for c in cameras.values())


def test_in_korean(replayed: list[Step], tmp_path: Path) -> None:
    path = write_report(Recording(sample_path()), tmp_path, language="ko", replay=replayed)
    text = path.read_text(encoding="utf-8")
    assert '<html lang="ko">' in text
    shown = Page(text).text
    assert "이동 중 하물 충돌: 완화" in shown
    assert "인증된 안전 기능이 아니며" in shown
    assert "H1 운전 허가 해제" in shown
    assert "stop needs" not in shown


def test_the_same_recording_gives_the_same_page(replayed: list[Step], english: Path, tmp_path: Path) -> None:
    again = write_report(sample_path(), tmp_path, replay=replayed)
    assert again.read_bytes() == english.read_bytes()


def test_without_a_korean_font_plots_speak_english(monkeypatch: pytest.MonkeyPatch, happened: Happened) -> None:
    monkeypatch.setattr(report_plots, "_KOREAN_FONTS", ("No such font",))
    assert report_plots.plot_language("ko") == "en"
    assert report_plots.timeline_png(happened, "ko") == report_plots.timeline_png(happened, "en")


def test_both_languages_have_the_same_places_to_fill() -> None:
    for key, (english, korean) in TEXT.items():
        names = [sorted(set(re.findall(r"{(\w+)}", text))) for text in (english, korean)]
        assert names[0] == names[1], key
        assert korean.strip(), key
    for phase in Phase:
        say("ko", f"phase.{phase.value}")
    for level in Level:
        say("ko", f"level.{level.value}")


def test_figures_of_the_sample(happened: Happened) -> None:
    assert happened.worst is Level.DANGER
    assert happened.load.raised == 3
    assert happened.load.standing_at_end == 0
    assert not happened.load.flood
    assert {row.situation: row.worst for row in happened.kinds} == {
        Situation.STRUCK_BY: Level.DANGER,
        # He stands beside the load, in truth never nearer than 0.59 m, and its swing turns before it gets there.
        Situation.FALL_ZONE: Level.CAUTION,
    }
    permit = happened.spells["permit", "H1"]
    assert [s.value for s in permit] == [False, True, False, True]
    assert permit[0].until_s == permit[1].from_s
    assert permit[0].until_s - permit[0].from_s < 0.5


def test_alarm_load_by_hand() -> None:
    def raised(time_s: float, alarm: str, person_id: str) -> list[AlarmTransition]:
        return [
            transition(time_s, "raised", Level.CAUTION, alarm, person=person_id),
            transition(time_s + 2.0, "cleared", Level.CAUTION, alarm, person=person_id),
        ]

    spread = [t for k in range(10) for t in raised(100.0 + 60.0 * k, f"a-{k}", f"P{k}")]
    quiet = load_of(episodes_of(spread), 1800.0)
    assert (quiet.raised, quiet.per_hour, quiet.most_in_window, quiet.flood) == (10, 20.0, 10, False)
    assert quiet.chattering == ()
    flooded = sorted([*spread, *raised(101.0, "a-x", "P77")], key=lambda t: t.time_s)
    assert load_of(episodes_of(flooded), 1800.0).flood
    again = [t for k in range(3) for t in raised(10.0 + 20.0 * k, "a-1", "P3")]
    load = load_of(episodes_of(again), 1800.0)
    assert load.chattering == ((Situation.STRUCK_BY, "H1 P3"),)
    (kind,) = kinds_of(episodes_of([*again[:5], transition(50.5, "escalated", Level.DANGER)]), 60.0)
    assert (kind.count, kind.worst) == (3, Level.DANGER)
    assert kind.stood_s == pytest.approx(2.0 + 2.0 + 10.0)
    assert load_of((), 0.0).raised == 0


def test_contacts_phases_and_people_out_of_sight() -> None:
    gathering = Gathering(parse_site(SITE_TOML, "example"))
    lights = {"k": False, "siren": True}
    node = NodeView(node="cabinet-1", connected=True, latched=False, commanded={"k": True}, contacts=lights)
    people = (person("P3", 1000.0, 1.0, 2.0), person("P4", 1000.0, 3.0, 3.0, lost=True))
    gathering.add(step(1000.0, transition(1000.0, "raised", Level.DANGER), people=people))
    gathering.add(step(1000.1, nodes=(node,)))
    gathering.add(step(1000.2, nodes=(msgspec.structs.replace(node, contacts={"k": True, "siren": False}),)))
    gathering.add(step(1000.4, transition(1000.4, "cleared", Level.DANGER), hoists=()))
    h = gathering.happened()
    assert (h.origin_s, h.duration_s, h.ticks) == (1000.0, pytest.approx(0.4), 4)
    assert h.told[0].place_m == (1.0, 2.0)
    assert (h.told[0].reason_en, h.told[0].reason_ko) == ("struck by", "충돌 위험")
    assert set(h.people_m) == {"P3"}
    assert [(c.kind, c.name, c.value) for c in h.changes] == [
        ("contact", "cabinet-1 k", False),
        ("contact", "cabinet-1 k", True),
        ("contact", "cabinet-1 siren", False),
    ]
    rows, more = story_rows(h, "en")
    assert more == 0
    assert [r.what for r in rows] == [
        "Struck by moving load: raised",
        "Contact cabinet-1 k opens",
        "Contact cabinet-1 k closes; Contact cabinet-1 siren opens",
        "Struck by moving load: cleared",
    ]
    assert rows[3].why == "stood for 0.4 s"
    assert rows[0].number == "1"


def test_a_long_story_is_cut_with_a_word(happened: Happened) -> None:
    long = replace(happened, told=happened.told * 60)
    rows, more = story_rows(long, "en")
    assert len(rows) == 400
    assert more > 0


def test_names_from_outside_are_no_markup(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>"
    path = tmp_path / "odd.mcap"
    text = SITE_TOML.replace('name = "Hall 3"', "name = '<b>Hall<b>'")
    with RecordingWriter(
        path, site_text=text, wall_offset_s=0.0, made_by=f"test {name}", model_sha256="ab" * 32, atomic=True
    ) as writer:
        writer.attach(
            "expected_alarms.json",
            "application/json",
            json.dumps(
                {"expected": [{"name": name, "situation": "struck_by", "raise_from_s": 0.0, "raise_until_s": 9.0}]}
            ).encode(),
        )
        for k in range(20):
            writer.write(Boxes(camera="cam1", time_s=k * 0.1, ready_s=k * 0.1), k * 0.1)
    page = write_report(path, tmp_path / "out").read_text(encoding="utf-8")
    assert name not in page
    assert "<b>Hall<b>" not in page
    shown = html.unescape(page)
    assert name in shown
    assert "ab" * 32 in page
    assert "not raised" in page
    assert "not recorded" in page


def test_a_site_without_cameras_or_hoists(tmp_path: Path, happened: Happened) -> None:
    bare = happened.site.model_copy(update={"camera": (), "hoist": (), "relay": (), "structure": ()})
    empty = replace(happened, site=bare, cameras=(), told=(), changes=(), hooks_m={}, kinds=())
    page = Page(report_page(Recording(sample_path()), empty, None, "en")).text
    assert "This site has no cameras." in page
    assert "No alarm was raised." in page
    assert "Coverage" not in page


def test_a_folder_that_cannot_be_made_is_named(replayed: list[Step], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="file"):
        write_report(sample_path(), tmp_path / "file" / "out", replay=replayed)
