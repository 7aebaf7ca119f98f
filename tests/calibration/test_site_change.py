"""What differs between two versions of a site, in words, and what a running engine cannot take in."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from calibration.site import Site, Zone
from calibration.site_change import changes, obstacle, public_site, version_of, with_sources, words
from tests.worlds import bridge, hall

A = Zone(name="A", kind="walkway", polygon_m=((0.0, 0.0), (4.0, 0.0), (4.0, 2.0)))
B = Zone(name="B", kind="work", polygon_m=((5.0, 0.0), (9.0, 0.0), (9.0, 2.0)))


def site(*zones: Zone) -> Site:
    return hall(cameras=2, hoists=[bridge()], zones=zones)


def other(row: BaseModel, **more: object) -> Zone:
    return Zone.model_validate(row.model_dump() | more)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (site(A), site(A), []),
        (site(A), site(A, B), ["zone 'B' added"]),
        (site(A, B), site(B), ["zone 'A' removed"]),
        (site(A), site(other(A, name="C")), ["zone 'A' renamed to 'C'"]),
        (site(A), site(other(A, kind="work")), ["zone 'A': kind walkway → work"]),
        (site(A), site(other(A, polygon_m=B.polygon_m)), ["zone 'A': polygon_m redrawn"]),
    ],
)
def test_changes_in_words(old: Site, new: Site, said: list[str]) -> None:
    assert [words(change) for change in changes(old, new)] == said
    assert obstacle(old, new) == ""
    assert (version_of(old) == version_of(new)) == (not said)


def test_numbers_and_tags_of_a_hoist() -> None:
    new = site().model_copy(
        update={"hoist": (bridge(load_radius_m=0.8, hook_height_m=(0.5, 5.0), tag={"id": 7, "size_m": 0.2}),)}
    )
    (change,) = changes(site(), new)
    assert words(change) == (
        "hoist 'H1': hook_height_m 0.3–6 → 0.5–5, load_radius_m 0.5 → 0.8, "
        "tag none → family april_36h11 id 7 size_m 0.2"
    )


def test_what_a_running_engine_cannot_take_in_is_named() -> None:
    running = site(A)
    moved = running.camera[0].model_copy(update={"source": "rtsp://192.0.2.9/s"})
    assert obstacle(running, running.model_copy(update={"camera": (moved, running.camera[1])})).startswith(
        "[[camera]] 'cam1' source differs from what runs;"
    )
    assert obstacle(running, running.model_copy(update={"camera": running.camera[:1]})).startswith("[[camera]] differs")
    floor = running.site.model_copy(update={"name": "Hall 9"})
    assert obstacle(running, running.model_copy(update={"site": floor})).startswith("[site] name differs")


def test_sources_of_cameras_go_nowhere_and_come_back() -> None:
    secret = site(A)
    tables = tuple(
        c.model_copy(update={"source": f"rtsp://u:secret@192.0.2.{i}/s"}) for i, c in enumerate(secret.camera)
    )
    secret = secret.model_copy(update={"camera": tables})
    shown = public_site(secret)
    assert "secret" not in repr(shown)
    assert with_sources(shown, secret) == secret
