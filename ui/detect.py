"""The detector alone on a file: what ``hoistwatch detect`` does."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray

from calibration.errors import BadInput
from calibration.site import DetectorTable
from calibration.site_file import load_site
from ui.cli_common import progress_bar


def run_detect(
    source: Path, boxes: Path | None, weights: Path | None, site: Path | None, settings: dict[str, Any]
) -> None:
    """Detect on a video or a picture, print a summary, and write MOT boxes where wanted."""
    from tracking.detector import open_detector
    from tracking.mot_boxes import write_mot_boxes

    if not source.is_file():
        raise BadInput(f"{source}: no such file, expected a video or a picture")
    table = load_site(site).detector if site is not None else DetectorTable()
    changes = {k: v for k, v in settings.items() if v is not None and (k != "backend" or v != "auto")}
    if weights is not None:
        changes["weights"] = str(weights.resolve())
    table = _checked(table, changes)
    detector = open_detector(table, site.resolve().parent if site else Path.cwd())
    found: list[tuple[int, Any]] = []
    kinds: Counter[str] = Counter()
    started_s = perf_counter()
    try:
        with progress_bar("detect") as bar:
            for frame, rows in detector.stream(_pictures(source, bar)):
                found.append((frame, rows))
                kinds.update(box.kind for box in rows)
    finally:
        detector.close()
    took_s = perf_counter() - started_s
    if boxes is not None:
        write_mot_boxes(boxes, found)
    counts = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())) or "nothing"
    typer.echo(f"{source}: {len(found)} pictures, found {counts}; {len(found) / took_s:.1f} pictures/s")
    if boxes is not None:
        typer.echo(f"boxes in {boxes}")


def _checked(table: DetectorTable, changes: dict[str, Any]) -> DetectorTable:
    from pydantic import ValidationError

    try:
        return DetectorTable.model_validate({**table.model_dump(), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(
            f"--{str(first['loc'][0]).removesuffix('_px')}: {first['msg']}, got {first['input']!r}"
        ) from None


def _pictures(source: Path, bar: Callable[[float], None]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Frame number from 1 and BGR picture."""
    from tracking.video_file import frames_of

    with frames_of(source) as video:
        for number, frame in enumerate(video, start=1):
            yield number, frame.bgr
            if video.announced:
                bar(min(1.0, number / video.announced))
        if video.end is not None and not video.end.complete:
            print(f"hoistwatch: {source}: {video.end.message}", file=sys.stderr)
