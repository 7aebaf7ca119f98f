"""The console on a real screen, worked by mouse and keyboard; what was done is checked at engine, log and files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from calibration.site_file import load_site, site_text
from recordings.clips import Clip, load_clip
from recordings.sample_files import sample_path
from recordings.site_store import SiteStore
from recordings.store import Recording, RecordingWriter
from safety.audit import AuditLog
from safety.records import AlarmState, Picture, Situation, Snapshot
from safety.users import add_user
from tests.live_chain import Chain
from tests.recordings.test_faces import detail
from tests.shared_data import ROOT
from tests.ui.driven_console import (
    HAZARDS,
    MOVED_M,
    PASSWORD,
    SHELVE_REASON,
    SHELVE_S,
    SITE_COMMENT,
    USER,
    VERDICT,
    VERDICT_COMMENT,
    ZONE,
)
from tests.ui.virtual_screen import virtual_screen
from tracking.records import Boxes, Telemetry
from ui.text import LANGUAGE_NAMES, Language

pytestmark = pytest.mark.slow

FROM_S, TO_S, LENGTH_S = 14.0, 27.5, 300.0
NAME = f"{USER}@console-1"


def passer_by_and_then_darkness(path: Path, text: str) -> Path:
    """The sample's passer-by; after that no camera gives a picture any more, and the hoist stands."""
    sample = Recording(sample_path("passer-by"))
    events = [(t, e) for t, e in sample.timed_events() if FROM_S <= t < TO_S and isinstance(e, Boxes | Telemetry)]
    cameras = sample.info.video_cameras
    last = next(e for _, e in reversed(events) if isinstance(e, Telemetry))
    with RecordingWriter(path, site_text=text, wall_offset_s=0.0, made_by="test", atomic=True) as out:
        for time_s, event in events:
            out.write(event, time_s)
        for number, frame in enumerate(sample.frames(from_s=FROM_S, to_s=TO_S)):
            if number // len(cameras) % 3 == 0:  # boxes come from the recording; pictures cost a small machine much
                out.write_frame(frame.camera, frame.time_s, frame.bgr, frame.ready_s)
        for time_s in np.arange(TO_S, TO_S + LENGTH_S, 0.2):
            stamps = {"time_s": float(time_s), "ready_s": float(time_s)}
            still = {"hoist": last.hoist, "x_m": last.x_m, "y_m": last.y_m, "z_m": last.z_m}
            out.write(Telemetry(**stamps, **still), float(time_s))  # type: ignore[arg-type]
    return path


@dataclass
class Done:
    """What a driven console has left."""

    folder: Path
    chain: Chain
    out: Path
    last: Snapshot

    def rows(self, what: str) -> list[dict[str, object]]:
        with AuditLog(self.chain.records / "audit.sqlite", read_only=True) as log:
            return [json.loads(row.detail) for row in log.rows_of(what)]


@pytest.fixture(scope="module", params=LANGUAGE_NAMES)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """One driven run; everything after it is looked at from outside."""
    language: Language = request.param
    folder = tmp_path_factory.mktemp(f"driven-{language}")
    site = Recording(sample_path("passer-by")).site()
    # Above 120 s the dialog counts in minutes; the test has no time for one.
    policy = site.policy.model_copy(update={"shelve_limit_s": 100.0})
    site = site.model_copy(update={"policy": policy})
    played = passer_by_and_then_darkness(folder / "played.mcap", site_text(site))
    started = Chain(folder, site, "--playback", played, driver="simulated")
    add_user(folder / "keys", USER, "engineer", PASSWORD)
    out = folder / "out"
    out.mkdir()
    with started as chain:
        chain.console.close()  # its key is the driven console's from now on
        with virtual_screen(1280, 800) as environment:
            command = [sys.executable, "-m", "tests.ui.driven_console", chain.site_path, chain.records, out, language]
            run = subprocess.run(
                list(map(str, command)),
                cwd=ROOT,
                env=environment | {"XDG_CONFIG_HOME": str(folder / "config")},
                capture_output=True,
                text=True,
                timeout=300.0,
                check=False,
            )
        assert run.returncode == 0, f"{run.stdout}\n{run.stderr}\n{chain.log('engine')}"
        chain.listen_anew()
        assert chain.newest is not None
        last = chain.newest
    return Done(folder, chain, out, last)


def test_every_act_is_in_the_log_by_name_and_the_log_is_sound(done: Done) -> None:
    (signed,) = done.rows("sign_in")
    assert signed["user"] == USER
    assert len(done.rows("sign_out")) == 1
    (seen,) = done.rows("acknowledge")
    struck = [row for row in done.rows("alarm") if row["situation"] in [situation.value for situation in HAZARDS]]
    assert seen["by"] == NAME
    assert seen["alarm"] in {row["alarm"] for row in struck}
    (aside,) = done.rows("shelve")
    blind = {row["alarm"] for row in done.rows("alarm") if row["situation"] == "camera_blind"}
    assert (aside["by"], aside["for_s"], aside["reason"]) == (NAME, SHELVE_S, SHELVE_REASON)
    assert aside["alarm"] in blind
    (judged,) = done.rows("verdict")
    assert (judged["by"], judged["verdict"], judged["comment"]) == (NAME, VERDICT, VERDICT_COMMENT)
    looked, taken = done.rows("access")
    assert (looked["by"], looked["purpose"]) == (NAME, "look")
    assert (taken["by"], taken["purpose"], taken["faces"]) == (NAME, "export", "blurred")
    assert judged["alarm"] == looked["alarm"] == taken["alarm"]
    assert done.rows("refused") == []
    with AuditLog(done.chain.records / "audit.sqlite", read_only=True) as log:
        assert log.verify().sound


def test_the_shelved_alarm_is_back_and_waits(done: Done) -> None:
    (aside,) = done.rows("shelve")
    alarm = next(a for a in done.last.alarms if a.id == aside["alarm"])
    assert alarm.situation is Situation.CAMERA_BLIND
    assert alarm.state is AlarmState.UNACKNOWLEDGED
    assert alarm.shelved_until_s is None or alarm.shelved_until_s <= done.last.time_s


def test_the_zone_lies_where_it_was_dragged(done: Done) -> None:
    before = {zone.name: zone.polygon_m for zone in done.chain.site.zone}
    after = {zone.name: zone.polygon_m for zone in load_site(done.chain.site_path).zone}
    moved = np.array(after[ZONE]) - np.array(before[ZONE])
    assert moved == pytest.approx(np.tile([0.0, MOVED_M], (len(moved), 1)), abs=0.15)
    assert {k: v for k, v in after.items() if k != ZONE} == {k: v for k, v in before.items() if k != ZONE}
    *_, newest = SiteStore(done.chain.site_path).entries()
    assert (newest.by, newest.comment) == (NAME, SITE_COMMENT)
    assert [(change.what, change.table, change.name) for change in newest.changes] == [("changed", "zone", ZONE)]
    assert done.rows("site")[-1]["by"] == NAME


def test_the_clip_is_a_video_in_which_no_head_can_be_known(done: Done) -> None:
    (path,) = (p for p in done.out.iterdir() if p.is_file())
    with av.open(str(path)) as video:
        pictures = [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]
    (_, taken) = done.rows("access")
    clip = load_clip(done.chain.records, float(str(taken["from_wall_s"])) + 10.0)
    assert len(pictures) == pytest.approx(10.0 * (clip.to_s - clip.from_s), abs=3)
    shares = [share for k, picture in enumerate(pictures) for share in _kept_detail(clip, picture, k / 10.0)]
    # Where a drawn line still crosses, there is far more detail than in any head.
    heads = [share for share in shares if share < 2.0]
    assert len(heads) > 15
    assert np.median(heads) < 0.3
    assert np.quantile(heads, 0.9) < 0.6


def _kept_detail(clip: Clip, picture: np.ndarray, after_s: float) -> Iterator[float]:
    """How much of its detail in the recording the middle of each head has in a picture of the exported video.

    Tiles of 640 x 360 pixels, two in a row, each below its caption: see ui.clip_picture. Heads that the drawn lines of
    boxes cross are left out, and pictures that are older than the boxes drawn on them.
    """
    looks = list(clip.until(clip.from_s + after_s))
    for place, camera in enumerate(clip.site.camera):
        boxes = next((r for r in looks if isinstance(r, Boxes) and r.camera == camera.name), None)
        seen = next((r for r in looks if isinstance(r, Picture) and r.camera == camera.name), None)
        if boxes is None or seen is None or abs(boxes.time_s - seen.time_s) > 0.01:
            continue
        whole = cv2.imdecode(np.frombuffer(seen.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert whole is not None
        lines = np.zeros(whole.shape[:2], np.uint8)
        for box in boxes.boxes:
            corners = (box.left_px, box.top_px), (box.left_px + box.width_px, box.top_px + box.height_px)
            (x0, y0), (x1, y1) = ((round(x * seen.scale), round(y * seen.scale)) for x, y in corners)
            cv2.rectangle(lines, (x0, y0), (x1, y1), 1, 3)
        left, top = place % 2 * 640, 40 + place // 2 * (360 + 24) + 24
        tile = picture[top : top + 360, left : left + 640]
        for box in boxes.boxes:
            x0, x1 = (round((box.left_px + part * box.width_px) * seen.scale) for part in (0.25, 0.75))
            y0, y1 = (round((box.top_px + part * box.height_px) * seen.scale) for part in (0.0, 0.16))
            head = slice(max(0, y0 + 3), y1), slice(x0, x1)
            if box.kind != "person" or lines[head].size < 12 or lines[head].any():
                continue
            if (before := detail(whole[head])) > 5.0:
                yield detail(tile[head]) / before
