"""The shared real recordings: sites made from their own calibrations, and commands run on them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.convert import camera_from_projection, camera_from_tsai
from calibration.outputs import Relay
from calibration.policy import Policy
from calibration.site import CameraTable, DetectorTable, Floor, Hoist, Site
from calibration.site_file import site_text
from recordings.replay import run_replay
from recordings.store import Recording
from tests.shared_data import ROOT, shared

PETS_RATE_HZ = 7.0
CMC_RATE_HZ = 4.0
CMC_CAMERAS = ("cam1", "cam2", "cam3", "cam4")
CRANE_SHIFT_M = (-16.0, -43.0)
"""Moves the recorded crane into the middle of the PETS scene."""


def pets_site(folder: Path) -> Path:
    """Site file of PETS 2009 S2.L1 View 001 with the recorded crane as hoist H1."""
    camera = camera_from_tsai(shared("data/pets2009_s2l1/View_001.xml"), "view1")
    hoist = Hoist(
        name="H1",
        kind="bridge",
        travel_m=((-11.0, -14.0), (-4.0, 0.0)),
        beam_height_m=7.0,
        hook_height_m=(0.3, 6.0),
        travel_speed_mps=(0.17, 0.67),
        hoist_speed_mps=(0.03, 0.12),
        deceleration_mps2=0.25,
        load_radius_m=0.5,
        load_height_m=0.8,
        telemetry_sigma_m=0.2,
    )
    site = Site(
        site=Floor(name="PETS", boundary_m=((-15.0, -16.0), (8.0, -16.0), (8.0, 9.0), (-15.0, 9.0))),
        camera=(camera.model_copy(update={"rate_hz": PETS_RATE_HZ}),),
        hoist=(hoist,),
        relay=(Relay(name="cabinet", outputs={"permit": ("H1", "permit"), "slow": ("H1", "slow")}),),
        detector=DetectorTable(weights=str(shared("data/weights/yolov8n.pt").resolve())),
    )
    return _written(folder / "pets.toml", site)


def pets_telemetry(folder: Path) -> Path:
    """The recorded overhead crane, moved onto the scene."""
    source = shared("data/crane_uwb/CraneTest1.csv")
    path = folder / "crane.csv"
    with source.open() as rows, path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["time_s", "hoist", "x_m", "y_m", "z_m"])
        for row in csv.DictReader(rows):
            x, y = float(row["x_m"]) + CRANE_SHIFT_M[0], float(row["y_m"]) + CRANE_SHIFT_M[1]
            writer.writerow([row["t_s"], "H1", f"{x:.3f}", f"{y:.3f}", ""])
    return path


def cmc_site(folder: Path, name: str = "cmc1") -> Path:
    """Site file of a CMC room; watched is the part of the floor that its ground truth covers."""
    matrices = json.loads(shared(f"data/{name}/P_3x4_metres.json").read_text())
    cameras = tuple(_cmc_camera(matrices, camera) for camera in CMC_CAMERAS)
    site = Site(
        site=Floor(name=name, boundary_m=((2.03, 0.0), (6.3, 0.0), (6.3, 3.41), (2.03, 3.41))),
        camera=cameras,
        policy=Policy(boundary_margin_m=0.0),
    )
    return _written(folder / f"{name}.toml", site)


def cmc_boxes(name: str = "cmc1", detector: str = "fairmot") -> dict[str, Path]:
    """MOT box files by camera."""
    return {camera: shared(f"data/{name}/{detector}/{camera}.txt") for camera in CMC_CAMERAS}


def _cmc_camera(matrices: dict[str, list[list[float]]], camera: str) -> CameraTable:
    table = camera_from_projection(np.array(matrices[f"{camera}_cam_mat"]), (1920, 1024), camera)
    return table.model_copy(update={"rate_hz": CMC_RATE_HZ})


def _written(path: Path, site: Site) -> Path:
    path.write_text(site_text(site), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Pets:
    """The imported recording, and what its replay brought."""

    recording: Path
    site: Path
    tracks: Path
    alarms: Path
    said: str


class Bench:
    """Runs commands in a folder, with one cache of models."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder, self.cache = folder, cache

    def __call__(self, *arguments: str | float | Path, seed: int = 0) -> str:
        """What ``hoistwatch ARGUMENTS`` says on stdout; ``seed`` is Python's hash seed."""
        done = subprocess.run(
            [sys.executable, "-m", "ui.cli", *map(str, arguments)],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": str(seed), "HOISTWATCH_CACHE": str(self.cache)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def imported_pets(bench: Bench) -> Pets:
    """The video of PETS and the crane as one recording."""
    site, crane, out = pets_site(bench.folder), pets_telemetry(bench.folder), bench.folder / "pets.mcap"
    video = f"view1={shared('data/pets2009_s2l1/vtest.avi')}"
    said = bench("import", "video", "--site", site, video, "--rate", PETS_RATE_HZ, "--telemetry", crane, "-o", out)
    return Pets(out, site, bench.folder / "tracks.csv", bench.folder / "alarms.jsonl", said)


def same_bytes(bench: Bench, recording: Path) -> None:
    """Two replays in this process, and one in another with another hash seed."""
    outputs = []
    for number in range(3):
        alarms, tracks = bench.folder / f"same-{number}.jsonl", bench.folder / f"same-{number}.csv"
        if number < 2:
            run_replay(Recording(recording), alarms=alarms, tracks=tracks)
        else:
            bench("replay", recording, "--alarms", alarms, "--tracks", tracks, seed=20)
        outputs.append((alarms.read_bytes(), tracks.read_bytes()))
    assert outputs[0][1].count(b"\n") > 20
    assert outputs[1] == outputs[0]
    assert outputs[2] == outputs[0]
