"""A site as it is edited: undo and redo of whatever was done, and faults in words of both languages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.example_site import example_site
from ui.site_draft import Ref, Rows, SiteDraft
from ui.site_faults import fault_words

SITE = example_site()
near = st.floats(-5.0, 30.0, width=16)
places = st.tuples(near, near)
refs = st.builds(Ref, st.sampled_from(["zone", "structure", "hoist"]), st.integers(0, 6))
edits = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(["zone", "structure", "hoist"]), places),
    st.tuples(st.just("delete"), refs),
    st.tuples(st.just("move"), refs, places),
    st.tuples(st.just("move_corner"), refs, st.integers(0, 5), places),
    st.tuples(st.just("insert_corner"), refs, st.integers(0, 3), places),
    st.tuples(st.just("remove_corner"), refs, st.integers(0, 5)),
    st.tuples(st.just("put"), refs, st.sampled_from(["name", "height_m"]), st.sampled_from(["aisle", "", 2.0, -1.0])),
    st.tuples(st.just("undo")),
    st.tuples(st.just("redo")),
)  # fmt: skip


def do(draft: SiteDraft, edit: tuple[object, ...]) -> None:
    name, *values = edit
    if name == "add":
        values.append("thing")
    getattr(draft, str(name))(*values)


@settings(max_examples=80)
@given(st.lists(edits, max_size=14))
def test_undo_goes_back_to_the_start_and_redo_to_the_end(steps: list[tuple[object, ...]]) -> None:
    draft = SiteDraft(SITE)
    start = draft.rows
    for edit in steps:
        before = draft.rows
        do(draft, edit)
        if draft.rows != before and edit[0] not in ("undo", "redo"):
            after = draft.rows
            draft.undo()
            assert draft.rows == before
            draft.redo()
            assert draft.rows == after
    end, seen = draft.rows, [draft.rows]
    while draft.can_undo:
        draft.undo()
        seen.append(draft.rows)
    assert draft.rows == start
    assert not draft.dirty
    assert draft.checked()[0] == SITE
    back: list[Rows] = [draft.rows]
    while draft.can_redo and draft.rows != end:
        draft.redo()
        back.append(draft.rows)
    assert back == seen[::-1]


def test_a_drag_is_one_step() -> None:
    draft = SiteDraft(SITE)
    zone = Ref("zone", 0)
    for k in range(20):
        draft.move_corner(zone, 0, (0.0, 0.1 * k), same_step=k > 0)
    draft.undo()
    assert not draft.dirty


def test_new_things_have_names_of_their_own_and_are_sound() -> None:
    draft = SiteDraft(SITE)
    for table in ("zone", "structure", "hoist", "zone", "hoist"):
        draft.add(table, (12.0, 6.0), "new")  # type: ignore[arg-type]
    site, faults = draft.checked()
    assert faults == ()
    assert site is not None
    assert [z.name for z in site.zone][-2:] == ["new 1", "new 2"]
    assert site.hoist[-1].beam_height_m == SITE.hoist[-1].beam_height_m
    first = SiteDraft(example_site(hoists=0))
    first.add("hoist", (5.0, 5.0), "H")
    assert first.checked()[1] == ()


@pytest.mark.parametrize(
    ("ref", "field", "value", "english", "korean"),
    [
        (Ref("zone", 1), "name", "aisle", "Zone: the name “aisle” is given twice", "두 번"),
        (Ref("zone", 1), "name", "", "Zone “”, Name: needs a name", "이름이어야"),
        (Ref("zone", 0), "polygon_m", ((0.0, 0.0), (4.0, 4.0), (4.0, 0.0), (0.0, 4.0)), "must not cross", "교차"),
        (Ref("structure", 3), "height_m", "abc", "Structure “press”, Height, m: must be a number, is “abc”", "숫자"),
        (Ref("structure", 3), "height_m", -1.0, "Height, m: must be above 0, is -1", "0보다"),
        (Ref("structure", 3), "height_m", 300.0, "must be at most 200", "200 이하"),
        (Ref("hoist", 0), "hook_height_m", (0.3, 8.0), "Hoist “H1”: the hook must stay below the beam", "빔보다"),
        (Ref("hoist", 0), "hook_height_m", (5.0, 2.0), "Hook height, m: the first number must not", "앞의 값"),
        (Ref("hoist", 0), "travel_m", ((1.0, 1.0), (9.0, 1.0)), "two opposite corners", "마주 보는"),
        (Ref("hoist", 0), "name", "X", "relay node “cabinet-1” switches hoist “H1”", "제어하므로"),
        (Ref("hoist", 0), "tag", {"id": "?", "size_m": 0.2}, "Marker number: must be a number", "마커 번호"),
    ],
)  # fmt: skip
def test_faults_are_told_in_plain_words(ref: Ref, field: str, value: object, english: str, korean: str) -> None:
    draft = SiteDraft(SITE)
    draft.put(ref, field, value)
    site, faults = draft.checked()
    assert site is None
    assert english in fault_words(faults[0], draft, "en")
    told = fault_words(faults[0], draft, "ko")
    assert korean in told
    assert not re.search(r"[a-z]{4,} [a-z]{3,} [a-z]{2,}", told), "no English sentence in Korean"
