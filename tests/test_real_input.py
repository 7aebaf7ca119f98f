"""Real CCTV and the recorded path of a real crane in at one end, tracks and alarms out at the other.

Everything goes through the real command line. Needs the shared test data; skips where they are absent.
"""

from __future__ import annotations

import csv
import json
import math
import re
import statistics
from pathlib import Path

import pytest

from recordings.store import Recording
from tests.real_input import CMC_RATE_HZ, PETS_RATE_HZ, Bench, Pets, cmc_boxes, cmc_site, imported_pets, same_bytes
from tests.shared_data import shared
from tracking.mot_boxes import read_mot_boxes
from tracking.records import Telemetry

pytestmark = pytest.mark.slow

PETS_FRAMES = 795
SHORT_BYTES = 500_000
"""The video's first pictures alone."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Bench:
    return Bench(tmp_path_factory.mktemp("real"), model_cache)


@pytest.fixture(scope="module")
def imported(bench: Bench) -> Pets:
    return imported_pets(bench)


@pytest.fixture(scope="module")
def replayed(bench: Bench, imported: Pets) -> Pets:
    p = imported
    said = bench("replay", p.recording, "--detect", "--tracks", p.tracks, "--alarms", p.alarms)
    return Pets(p.recording, p.site, p.tracks, p.alarms, said)


def scores(said: str) -> dict[str, float]:
    """The figures of ``evaluate tracks`` by name."""
    found = re.findall(r"(MOTA|IDF1|median|mean) (-?[\d.]+)", said)
    return {name: float(value) for name, value in found}


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_import_holds_every_picture_and_the_crane(imported: Pets) -> None:
    info = Recording(imported.recording).info
    assert info.counts["video/view1"] == PETS_FRAMES
    assert info.duration_s == pytest.approx((PETS_FRAMES - 1) / PETS_RATE_HZ, abs=0.01)
    assert info.counts["telemetry"] > 100
    assert "view1" in imported.said


def test_tracks_of_real_people_lie_where_they_were(bench: Bench, replayed: Pets) -> None:
    truth = shared("data/pets2009_s2l1/gt_frames_0_399.csv")
    said = bench("evaluate", "tracks", truth, replayed.tracks, "--rate", PETS_RATE_HZ)
    print(f"\nPETS S2.L1, frames 0 to 399: {' '.join(said.split())}")
    found = scores(said)
    assert found["median"] <= 0.40
    assert found["MOTA"] >= 0.85
    assert found["IDF1"] >= 0.80


def test_the_crane_among_real_people_raises_and_clears_alarms(replayed: Pets) -> None:
    log = lines(replayed.alarms)
    events = [row["event"] for row in log]
    assert events.count("raised") >= 3
    assert events.count("cleared") >= 3
    assert {"struck_by", "fall_zone"} <= {row["situation"] for row in log}
    assert all(row["hoist"] == "H1" for row in log if row["situation"] != "camera_blind")
    changed = re.search(r"outputs changed: H1/permit (\d+), H1/slow (\d+)", replayed.said)
    assert changed is not None, replayed.said
    assert int(changed[1]) >= 2
    assert int(changed[2]) >= 2


def test_the_crane_is_followed_by_its_recorded_path(imported: Pets, replayed: Pets) -> None:
    told = [(e.time_s, e.x_m, e.y_m) for e in Recording(imported.recording).events() if isinstance(e, Telemetry)]
    with replayed.tracks.open(newline="") as stream:
        hook = {
            row["time_s"]: (float(row["x_m"]), float(row["y_m"])) for row in csv.DictReader(stream) if row["id"] == "H1"
        }
    near = [
        (at, math.dist(hook[tick], at)) for t, *at in told if (tick := f"{math.ceil(t * 10 - 1e-6) / 10:.3f}") in hook
    ]
    assert len(near) > 100
    assert statistics.median(way_m for _, way_m in near) < 0.25


def test_the_detector_alone_finds_a_worker(bench: Bench, imported: Pets) -> None:
    picture, boxes = shared("data/worker_zone/worker-zone-detection.gif"), bench.folder / "boxes.txt"
    said = bench("detect", picture, "--site", imported.site, "--boxes", boxes)
    assert re.search(r"71 pictures, found \d+ person", said)
    assert len(read_mot_boxes(boxes)) > 30


def test_four_cameras_through_their_box_files(bench: Bench) -> None:
    site, out, tracks = cmc_site(bench.folder), bench.folder / "cmc1.mcap", bench.folder / "cmc1.csv"
    boxes = [f"{camera}={path}" for camera, path in cmc_boxes("cmc1").items()]
    bench("import", "mot", "--site", site, "--rate", CMC_RATE_HZ, *boxes, "-o", out)
    bench("replay", out, "--tracks", tracks)
    said = bench("evaluate", "tracks", shared("data/cmc1/gt.csv"), tracks, "--rate", CMC_RATE_HZ)
    print(f"\nCMC1, four cameras: {' '.join(said.split())}")
    assert scores(said)["MOTA"] >= 0.90
    assert scores(said)["median"] <= 0.40
    same_bytes(bench, out)


# --- the same bytes -------------------------------------------------------------------------------


def test_detection_on_recorded_video_gives_the_same_bytes_again(bench: Bench, imported: Pets) -> None:
    """Decoding and inference run in several threads; their results come in order all the same."""
    part, out = bench.folder / "part.avi", bench.folder / "part.mcap"
    part.write_bytes(shared("data/pets2009_s2l1/vtest.avi").read_bytes()[:SHORT_BYTES])
    video = ("import", "video", "--site", imported.site, f"view1={part}", "--rate", PETS_RATE_HZ)
    bench(*video, "--telemetry", bench.folder / "crane.csv", "--allow-cut", "-o", out)
    outputs = []
    for seed in (1, 20):
        alarms, tracks = bench.folder / f"again-{seed}.jsonl", bench.folder / f"again-{seed}.csv"
        bench("replay", out, "--detect", "--alarms", alarms, "--tracks", tracks, seed=seed)
        outputs.append((alarms.read_bytes(), tracks.read_bytes()))
    assert b"person" in outputs[0][1]
    assert outputs[0] == outputs[1]
