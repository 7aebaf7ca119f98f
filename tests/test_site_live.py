"""A site that is changed while it runs: real engine, relay node, Modbus server and bus, an engineer at a console."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from calibration.site import Site, Zone
from calibration.site_change import version_of
from calibration.site_file import load_site, site_text
from recordings.site_store import SiteStore
from recordings.store import RecordingWriter
from safety.audit import AuditLog
from safety.records import Refusal, SignOut
from safety.site_records import ApplySite, SiteNews
from safety.users import add_user
from tests.live_chain import START_S, Chain
from tests.safety.bus_helpers import wait_for
from tests.shared_data import ROOT
from tests.ui.windows import keep
from tests.worlds import bridge, hall
from tracking.records import Observation, Sight, Telemetry
from ui.console_model import ConsoleModel
from ui.console_window import PAGES, ConsoleWindow

os.environ["QT_QPA_PLATFORM"] = "offscreen"

PASSWORD = "heron over water"
CORNERS = ((4.0, 3.0), (8.0, 3.0), (8.0, 7.0), (4.0, 7.0))
IGNORED = Zone(name="racks", kind="ignore", polygon_m=CORNERS)
LENGTH_S = 300.0


def under_a_load(path: Path, site: str) -> Path:
    """A load that hangs still, and somebody who stands under it."""
    here: dict[str, float] = {"x_m": 6.0, "y_m": 5.0, "var_x_m2": 0.0025, "var_y_m2": 0.0025}
    seen = (Observation(kind="person", **here), Observation(kind="load", z_m=2.0, sigma_z_m=0.05, **here))  # type: ignore[arg-type]
    with RecordingWriter(path, site_text=site, wall_offset_s=0.0, made_by="test", atomic=True) as out:
        for number in range(round(LENGTH_S * 5)):
            time_s = number / 5.0
            out.write(Sight(source="uwb", time_s=time_s, ready_s=time_s, observations=seen), time_s)
            out.write(Telemetry(hoist="H1", time_s=time_s, ready_s=time_s, x_m=6.0, y_m=5.0, z_m=3.0), time_s)
    return path


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("site")
    site = hall(cameras=0, hoists=[bridge()], zones=[IGNORED])
    chain = Chain(folder, site, "--playback", under_a_load(folder / "load.mcap", site_text(site)))
    chain.site_path.write_text(f"# the hall by the river\n{site_text(chain.site)}", encoding="utf-8")
    chain.site_path.chmod(0o640)
    add_user(folder / "keys", "kim", "engineer", PASSWORD)
    add_user(folder / "keys", "lee", "viewer", PASSWORD)
    with chain:
        wait_for(chain.permit_given, START_S, "the engine's permit")
        yield chain


def _news(chain: Chain) -> list[SiteNews]:
    return [m for m in chain.messages if isinstance(m, SiteNews)]


def fresh(chain: Chain) -> SiteNews:
    """The site as it is told from now on."""
    chain.messages.clear()
    wait_for(lambda: chain.listen() is not None and bool(_news(chain)), 6.0, "the site")
    return _news(chain)[-1]


def ask(chain: Chain, site: Site, base: str, **more: object) -> None:
    chain.messages.clear()
    command = {"time_s": 0.0, "by": "x", "base": base, "text": site_text(site), "comment": "as measured"} | more
    chain.console.send(ApplySite(**command))  # type: ignore[arg-type]


def refused(chain: Chain) -> Refusal:
    wait_for(lambda: any(r.command == "ApplySite" for r in chain.refusals()), 10.0, "a refusal")
    return [r for r in chain.refusals() if r.command == "ApplySite"][-1]


def in_force(chain: Chain, site: Site) -> SiteNews:
    wait_for(
        lambda: chain.listen() is not None and any(n.version == version_of(site) for n in _news(chain)),
        15.0, "the new version",
    )  # fmt: skip
    return _news(chain)[-1]


def zones(chain: Chain, *zones: Zone) -> Site:
    return chain.site.model_copy(update={"zone": zones})


def aisle(to_m: float) -> tuple[tuple[float, float], ...]:
    return ((0.0, 8.0), (24.0, 8.0), (24.0, to_m), (0.0, to_m))


# One story: each test stands on the one before.


def test_who_may_not_and_what_cannot_be_used_changes_nothing(chain: Chain) -> None:
    before = chain.site_path.read_bytes()
    base = fresh(chain).version
    assert base == version_of(chain.site)
    ask(chain, zones(chain), base)
    assert refused(chain).code == "sign_in"
    chain.sign_in("lee", PASSWORD)
    ask(chain, zones(chain), base)
    assert refused(chain).code == "role"
    chain.console.send(SignOut(time_s=0.0, by=""))
    chain.sign_in("kim", PASSWORD)
    chain.free()
    text = site_text(chain.site).replace('kind = "ignore"', 'kind = "swamp"')
    ask(chain, chain.site, base, text=text)
    assert "[[zone]] 'racks' kind must be 'walkway'" in refused(chain).reason
    slow = chain.site.model_copy(update={"policy": chain.site.policy.model_copy(update={"reaction_time_s": 0.9})})
    ask(chain, slow, base)
    assert "[policy] reaction_time_s differs from what runs" in refused(chain).reason
    ask(chain, chain.site, base)
    assert "nothing differs" in refused(chain).reason
    ask(chain, zones(chain), "0" * 12)
    assert refused(chain).code == "stale"
    ask(chain, zones(chain), base, back_to=7)
    assert "no version 7" in refused(chain).reason
    assert chain.site_path.read_bytes() == before
    assert not SiteStore(chain.site_path).folder.exists()
    chain.stays_closed(0.5)


def test_a_harmless_change_keeps_permit_tracks_and_the_files_own_words(chain: Chain) -> None:
    held = 0
    for number in range(4):
        new = zones(chain, IGNORED, Zone(name="aisle", kind="walkway", polygon_m=aisle(9.0 + number)))
        ask(chain, new, fresh(chain).version)
        try:
            chain.holds(closed=True, for_s=1.0)
            held += 1
        except AssertionError:  # a machine that is busy for a quarter second opens it, with or without a change
            chain.free()
        in_force(chain, new)
    assert held >= 2
    assert chain.newest is not None
    assert [h.state.name for h in chain.newest.hoists] == ["H1"]
    assert chain.permit_closed()
    assert load_site(chain.site_path) == new
    assert chain.site_path.read_text(encoding="utf-8").startswith("# the hall by the river\n")
    assert chain.site_path.stat().st_mode & 0o777 == 0o640
    assert not list(chain.folder.glob(".*part"))


def test_what_an_engineer_draws_counts_at_once_and_a_stop_stays_a_stop(chain: Chain) -> None:
    base = fresh(chain).version
    new = zones(chain)  # nobody is ignored any more
    ask(chain, new, base)
    news = in_force(chain, new)
    wait_for(lambda: any(t.situation.value == "fall_zone" for t in chain.transitions()), 15.0, "the alarm")
    wait_for(lambda: not chain.permit_closed(), 5.0, "the permit contact opening")
    assert [e.by for e in news.history] == ["", *["kim@console-1"] * 5]
    assert [(c.what, c.table, c.name) for c in news.history[-1].changes] == [
        ("removed", "zone", "racks"), ("removed", "zone", "aisle"),
    ]  # fmt: skip
    # Whoever applies the version in which nobody is seen there takes the alarm away, never the stop.
    ask(chain, zones(chain, IGNORED), news.version, text="", back_to=1)
    wait_for(lambda: chain.listen() is not None and any(n.history[-1].n == 7 for n in _news(chain)), 15.0, "version 7")
    chain.holds(closed=False, for_s=1.0)
    wait_for(chain.permit_given, 60.0, "the engine's permit")
    chain.holds(closed=False, for_s=2.0)
    view = chain.node_view()
    assert view is not None
    assert view.latched
    chain.free()
    assert load_site(chain.site_path) == chain.site


def test_a_zone_is_drawn_by_mouse_at_a_console_and_the_engine_runs_by_it(chain: Chain, qtbot: QtBot) -> None:
    model = ConsoleModel(load_site(chain.site_path), send=chain.console.send)
    window = ConsoleWindow(model, time.monotonic)
    keep(qtbot, window)
    window.resize(1280, 800)
    window.show()
    window.pages.setCurrentIndex(PAGES.index("site"))

    def seen() -> str:
        """Hand the console what came over the bus, and read the line beside its buttons."""
        chain.messages.clear()
        chain.listen()
        for message in chain.messages:
            model.receive(message, time.monotonic())
        window.refresh()
        QApplication.processEvents()
        return window.site_page.status.text()

    wait_for(lambda: seen() == "This is the site that runs.", 10.0, "the engine's site")
    plan, left = window.site_page.plan, Qt.MouseButton.LeftButton
    start, end = (plan.floor.to_px(at) for at in ((6.0, 4.0), (16.0, 4.0)))
    assert start is not None
    assert end is not None
    qtbot.mousePress(plan, left, pos=start.toPoint())
    qtbot.mouseMove(plan, end.toPoint())
    qtbot.mouseRelease(plan, left, pos=end.toPoint())
    qtbot.mouseClick(window.site_page.buttons["apply"], left)
    wait_for(lambda: "Applied" in seen(), 15.0, "the engine's answer")
    (zone,) = load_site(chain.site_path).zone
    assert zone.name == IGNORED.name
    assert zone.polygon_m[0] == pytest.approx((14.0, 3.0), abs=0.1)
    # Whoever stood in it is seen from now on, and stands under a load.
    wait_for(lambda: chain.listen() is not None and not chain.permit_given(), 15.0, "the permit withdrawn")
    wait_for(lambda: not chain.permit_closed(), 5.0, "the permit contact opening")


def test_everything_is_in_the_audit_log_and_in_the_history(chain: Chain) -> None:
    with AuditLog(chain.records / "audit.sqlite", read_only=True) as log:
        rows = [json.loads(row.detail) for row in log.rows_of("site")]
        refusals = [json.loads(row.detail) for row in log.rows_of("refused")]
        assert log.verify().sound
    assert [row["version"] for row in rows] == [2, 3, 4, 5, 6, 7, 8]
    assert rows[4]["by"] == "kim@console-1"
    assert rows[4]["changes"] == ["zone 'racks' removed", "zone 'aisle' removed"]
    assert rows[5]["back_to"] == 1
    assert sum(row.get("command") == "ApplySite" for row in refusals) == 7
    listed = subprocess.run(
        [sys.executable, "-m", "ui.cli", "site", "history", "--site", str(chain.site_path)],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert listed.returncode == 0, listed.stderr
    assert "kim@console-1" in listed.stdout
    assert "zone 'aisle' added" in listed.stdout
    # A recording holds one version: each change began a new file.
    assert len(list(chain.records.glob("*.mcap"))) == 8
