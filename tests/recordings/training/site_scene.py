"""A hall with one camera and a hoist whose hook, load and trolley are drawn where telemetry says they are."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from calibration.camera import Camera
from calibration.policy import Policy
from calibration.site import Floor, Site, Structure
from calibration.site_file import site_text
from recordings.plant.outlines import HOOK_BLOCK_M, TROLLEY_M
from recordings.store import RecordingWriter
from tests.worlds import HALL_M, bridge, looking
from tracking.records import Telemetry

SIZE_PX = (640, 360)
LOAD_M = (1.0, 1.0, 0.8)
SLING_M = 0.5
COLOURS = {"hook": (0, 220, 220), "load": (200, 80, 40), "trolley": (60, 200, 60)}


def scene_site(structures: tuple[Structure, ...] = (), **hoist: object) -> Site:
    camera = looking("cam1", (12.0, -6.0, 5.0), (12.0, 6.0, 3.0), size_px=SIZE_PX, view_deg=75.0)
    return Site(
        site=Floor(name="Hall", boundary_m=HALL_M),
        camera=(camera,),
        hoist=(bridge(telemetry_point="hook", sling_length_m=SLING_M, **hoist),),
        structure=structures,
        policy=Policy(),
    )


def hook_at(time_s: float) -> tuple[float, float, float]:
    """The hook goes back and forth over the hall at 0.3 m/s, up and down a little."""
    along = abs((0.3 * time_s) % 12.0 - 6.0)
    return 9.0 + along, 6.0, 3.0 + 0.5 * np.sin(time_s / 7.0)


def solids(hook_m: tuple[float, float, float], beam_m: float) -> dict[str, tuple[tuple[float, float, float], tuple]]:
    """Middle and size of what hangs there."""
    x, y, z = hook_m
    return {
        "trolley": ((x, y, beam_m), TROLLEY_M),
        "hook": (hook_m, HOOK_BLOCK_M),
        "load": ((x, y, z - SLING_M - LOAD_M[2] / 2), LOAD_M),
    }


def drawn_at(camera: Camera, hook_m: tuple[float, float, float], beam_m: float) -> np.ndarray:
    """The picture (BGR): each solid as the hull of its projected corners."""
    bgr = np.full((SIZE_PX[1], SIZE_PX[0], 3), 90, np.uint8)
    bgr[::7] = 100
    for kind, (middle, size) in solids(hook_m, beam_m).items():
        signs = np.array(np.meshgrid(*[(-0.5, 0.5)] * 3)).reshape(3, -1).T
        pixels = camera.project(np.asarray(middle) + signs * np.asarray(size))
        cv2.fillConvexPoly(bgr, cv2.convexHull(np.round(pixels).astype(np.int32)), COLOURS[kind])
    return bgr


def record_scene(path: Path, site: Site, seconds: float = 60.0, start_s: float = 100.0, wall_s: float = 0.0) -> Path:
    """A recording with two pictures a second and telemetry five times a second."""
    camera = Camera.from_table(site.camera[0])
    hoist = site.hoist[0]
    with RecordingWriter(path, site_text=site_text(site), wall_offset_s=wall_s, made_by="test", atomic=True) as writer:
        for step in range(round(seconds * 10)):
            time_s = start_s + step / 10
            hook = hook_at(step / 10)
            if step % 2 == 0:
                reading = Telemetry(
                    hoist=hoist.name, time_s=time_s, ready_s=time_s, x_m=hook[0], y_m=hook[1], z_m=float(hook[2])
                )
                writer.write(reading, time_s)
            if step % 5 == 0:
                writer.write_frame("cam1", time_s, drawn_at(camera, hook, hoist.beam_height_m), time_s)
    return path
