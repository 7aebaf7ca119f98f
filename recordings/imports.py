"""What do all imports share? Reading the site, naming the maker, writing in time order."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from pathlib import Path

from calibration.errors import BadInput
from calibration.site import Site
from calibration.site_file import load_site
from recordings.store import RecordingWriter
from tracking.records import Input


def import_site(path: Path | str) -> tuple[str, Site]:
    """(text, site) of a site file. Raises BadInput."""
    site = load_site(path)
    return Path(path).read_text(encoding="utf-8"), site


def new_import(out: Path | str, site_text: str, how: str) -> RecordingWriter:
    """A recording that appears at ``out`` when it is whole. Imports know no wall time: offset 0."""
    return RecordingWriter(out, site_text=site_text, wall_offset_s=0.0, made_by=f"hoistwatch import {how}", atomic=True)


def check_cameras(site_path: Path | str, site: Site, cameras: Collection[str]) -> None:
    """Raises BadInput unless there is a camera, and the site has each of them."""
    known = [camera.name for camera in site.camera]
    if not cameras:
        raise BadInput("import: no camera is given, expected at least one CAM=FILE")
    for name in cameras:
        if name not in known:
            raise BadInput(f"{site_path}: has no camera {name!r}, expected one of {', '.join(known) or 'none at all'}")


def check_rate(rate_hz: float) -> None:
    """Raises BadInput unless the rate can be one of a camera."""
    if not (math.isfinite(rate_hz) and 0.0 < rate_hz <= 1000.0):
        raise BadInput(f"--rate: expected pictures per second above 0 and up to 1000, got {rate_hz}")


def write_inputs(writer: RecordingWriter, events: Iterable[Input]) -> None:
    """Write events in their order, each at the time at which it was ready."""
    for event in events:
        writer.write(event, event.ready_s)
