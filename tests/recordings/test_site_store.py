"""The site file and its history: whole or as before, with the installer's own words, and no more readable."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recordings.site_store as module
from calibration.errors import BadInput
from calibration.site import Site, Structure, Zone
from calibration.site_change import version_of
from calibration.site_file import load_site, parse_site, site_text
from recordings.site_store import SiteStore, edited
from tests.worlds import bridge, hall

A = Zone(name="A", kind="walkway", polygon_m=((0.0, 0.0), (4.0, 0.0), (4.0, 2.0)))
B = Zone(name="B", kind="work", polygon_m=((5.0, 0.0), (9.0, 0.0), (9.0, 2.0)))
POST = Structure(name="post", polygon_m=A.polygon_m, height_m=3.0, platform=True)
WRITTEN = """# Hall 3, measured by Kim
[site]
name = "Hall 3"
boundary_m = [[0, 0], [24, 0], [24, 12], [0, 12]]   # wall to wall

[[zone]]
name = "A"   # the aisle
kind = "walkway"
polygon_m = [[0, 0], [4, 0], [4, 2]]

[[zone]]
name = "old"
kind = "work"
polygon_m = [[0, 5], [4, 5], [4, 7]]

[policy]
reaction_time_s = 0.6   # measured on 3 May
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    path.chmod(0o600)
    return path


def changed(site: Site, **tables: object) -> Site:
    return Site.model_validate(site.model_dump() | tables)


def test_a_change_leaves_the_installers_words(path: Path) -> None:
    site = load_site(path)
    new = changed(site, zone=(A.model_dump() | {"kind": "work"}, B.model_dump()), structure=(POST.model_dump(),))
    entry = SiteStore(path).put(site, new, "kim@c1", 1000.0, "new layout")
    text = path.read_text(encoding="utf-8")
    assert load_site(path) == new
    for kept in ("# Hall 3, measured by Kim", "# wall to wall", "# the aisle", "# measured on 3 May"):
        assert kept in text
    assert "polygon_m = [[0, 0], [4, 0], [4, 2]]" in text
    assert '"old"' not in text
    assert (entry.n, entry.version, entry.by) == (2, version_of(new), "kim@c1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    store = SiteStore(path)
    assert store.text_of(1) == WRITTEN
    assert {stat.S_IMODE(p.stat().st_mode) for p in store.folder.iterdir()} == {0o600}


def test_what_other_hands_wrote_meanwhile_is_not_overwritten(path: Path) -> None:
    site = load_site(path)
    path.write_text(WRITTEN.replace("0.6", "0.7"), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(BadInput, match="changed by other hands"):
        SiteStore(path).put(site, changed(site, zone=()), "kim", 1.0, "")
    assert path.read_bytes() == before
    assert not SiteStore(path).folder.exists()


def test_what_came_by_hand_between_two_starts_is_in_the_history(path: Path) -> None:
    site, store = load_site(path), SiteStore(path)
    store.note_start(site, 1.0)
    assert store.entries() == ()
    new = changed(site, zone=(A.model_dump(),))
    store.put(site, new, "kim", 2.0, "")
    store.note_start(load_site(path), 3.0)
    assert len(store.entries()) == 2
    path.write_text(path.read_text().replace("0.6", "0.7"), encoding="utf-8")
    store.note_start(load_site(path), 4.0)
    assert [(e.n, e.by) for e in store.entries()] == [(1, ""), (2, "kim"), (3, "")]


def test_a_file_that_cannot_be_replaced_leaves_no_version_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, store = load_site(path), SiteStore(path)
    place = module.put_in_place

    def no_room(temporary: Path, target: Path) -> None:
        if target == store.path:
            temporary.unlink()
            raise BadInput(f"{target}: cannot be written (No space left on device)")
        place(temporary, target)

    monkeypatch.setattr(module, "put_in_place", no_room)
    with pytest.raises(BadInput, match="No space left"):
        store.put(site, changed(site, zone=()), "kim", 1.0, "")
    assert path.read_text() == WRITTEN
    assert [e.n for e in store.entries()] == [1]


def test_undo_puts_file_and_history_back(path: Path) -> None:
    site, store = load_site(path), SiteStore(path)
    store.undo(store.put(site, changed(site, zone=()), "kim", 1.0, ""))
    assert path.read_text() == WRITTEN
    assert [e.n for e in store.entries()] == [1]


def test_tables_in_one_line_are_written_anew() -> None:
    text = WRITTEN.split("[[zone]]", maxsplit=1)[0] + "[policy]\nreaction_time_s = 0.6\n"
    text = 'zone = [{name = "A", kind = "work", polygon_m = [[0, 0], [4, 0], [4, 2]]}]\n' + text
    new = changed(parse_site(text, "t"), zone=(B.model_dump(), A.model_dump()))
    assert parse_site(edited(text, new), "t") == new


@st.composite
def zones(draw: st.DrawFn) -> list[dict[str, object]]:
    names = draw(st.lists(st.sampled_from(["A", "old", "새 구역", "x # y", "C"]), unique=True, max_size=4))
    tips = [draw(st.floats(0.0, 9.0, width=16)) for _ in names]
    kinds = [draw(st.sampled_from(["walkway", "work"])) for _ in names]
    return [
        {"name": name, "kind": kind, "polygon_m": [(0.0, 0.0), (9.5, 0.0), (tip, 9.5)]}
        for name, kind, tip in zip(names, kinds, tips, strict=True)
    ]


@settings(max_examples=40)
@given(zones(), st.booleans(), st.booleans())
def test_whatever_is_drawn_is_what_is_read_back(rows: list[dict[str, object]], hoist: bool, tag: bool) -> None:
    more = {"tag": {"id": 7, "size_m": 0.2}} if tag else {}
    hoists = [bridge(**more).model_dump()] if hoist else []
    new = changed(parse_site(WRITTEN, "t"), zone=rows, hoist=hoists)
    assert parse_site(edited(WRITTEN, new), "t") == new
    again = edited(site_text(hall()), changed(hall(), zone=rows))
    assert parse_site(again, "t") == changed(hall(), zone=rows)
