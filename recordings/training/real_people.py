"""Does a detector still find real people as well as the one it came from? F1 of "person", side by side.

Two sources of truth serve. *Boxes*: a csv of labelled boxes by frame of a video, as PETS 2009 has them.
*Reference*: where a video has no labels, what the original detector finds with high confidence at twice
the input size stands in for them, and at the usual size where that finds nothing. That is no truth: a
person that the original misses even so counts for nobody, and its own habits of drawing boxes count for
it. A person should look at pictures of such a reference before its figures are believed;
``draw_reference`` makes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.errors import BadInput
from calibration.site import DetectorTable
from recordings.atomic import atomic_text
from recordings.csv_rows import header_of, read_rows
from recordings.training.dataset import Label
from recordings.training.scores import (
    Matches,
    Picture,
    Point,
    at_threshold,
    average_precision,
    best_f1,
    corners,
    matched,
    overlaps,
)
from tracking.detector import open_detector
from tracking.records import Box
from tracking.video_file import frames_of

LOWEST_SCORE = 0.01
REFERENCE_CONFIDENCE = 0.5
_NEW_OVERLAP = 0.3

Found = Mapping[int, tuple[Box, ...]]
Truth = Mapping[int, Sequence[Label | Box]]

PEOPLE_FILE = "people.md"

_BOX_COLUMNS = ("frame0", "id", "bb_left", "bb_top", "bb_width", "bb_height")


@dataclass(frozen=True, slots=True)
class PeopleRow:
    """Figures of one model on one stretch of a video: at the product's threshold, and at its best one."""

    where: str
    model: str
    labelled: int
    operating: Point
    best: Point
    ap50: float | None


def truth_boxes(path: Path) -> dict[int, list[Label]]:
    """Boxes by frame number (from 0) of a csv with at least frame0, id, bb_left, bb_top, bb_width, bb_height.

    Raises:
        BadInput: naming file, line and column.
    """
    columns = header_of(path)
    missing = [name for name in _BOX_COLUMNS if name not in columns]
    if missing:
        raise BadInput(f"{path}, line 1: expected the columns {','.join(_BOX_COLUMNS)}, {missing[0]} is missing")
    truth: dict[int, list[Label]] = {}
    for row in read_rows(path, columns):
        label = Label(
            "person", row.number("bb_left"), row.number("bb_top"), row.positive("bb_width"), row.positive("bb_height")
        )
        truth.setdefault(row.whole("frame0", 0), []).append(label)
    return truth


def people_in(
    video: Path, weights: Path, first: int, last: int | None, *, size_px: int = 640, confidence: float = LOWEST_SCORE
) -> dict[int, tuple[Box, ...]]:
    """People in the frames ``first`` to ``last`` (from 0, both included) of a video, by frame.

    Frames after ``last`` are not asked for. Raises BadInput, Unavailable.
    """
    table = DetectorTable(
        weights=str(weights.resolve()), size_px=size_px, confidence=confidence, classes={"person": "person"}
    )
    detector = open_detector(table, Path.cwd())
    try:
        return dict(detector.stream(frames_between(video, first, last)))
    finally:
        detector.close()


def frames_between(
    video: Path, first: int, last: int | None, every: int = 1
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Frame number (from 0) and BGR picture of a stretch of a video or picture file; reading ends with ``last``."""
    with frames_of(video) as frames:
        for frame in frames:
            if frame.index >= first and (frame.index - first) % every == 0:
                yield frame.index, frame.bgr
            if last is not None and frame.index >= last:
                return


def compare(
    where: str, truth: Truth, found: Mapping[str, Found], first: int, last: int, confidence: float
) -> list[PeopleRow]:
    """Figures of several models (by name) on the frames ``first`` to ``last`` of one video."""
    rows = []
    for model, boxes in found.items():
        matches = _matches(truth, boxes, first, last)
        rows.append(
            PeopleRow(
                where,
                model,
                len(matches.label_score),
                at_threshold(matches, confidence),
                best_f1(matches),
                average_precision(matches),
            )
        )
    return rows


def _matches(truth: Truth, found: Found, first: int, last: int) -> Matches:
    return matched(Picture(found.get(n, ()), truth.get(n, ())) for n in range(first, last + 1))


def reference(video: Path, teacher: Path, size_px: int = 640) -> dict[int, tuple[Box, ...]]:
    """What stands in for labels of a video without any; see the head of this module."""
    large, usual = (
        people_in(video, teacher, 0, None, size_px=size, confidence=REFERENCE_CONFIDENCE)
        for size in (2 * size_px, size_px)
    )
    return {number: _merged(boxes, usual.get(number, ())) for number, boxes in large.items()}


def _merged(boxes: tuple[Box, ...], more: tuple[Box, ...]) -> tuple[Box, ...]:
    """``boxes``, and those of ``more`` that lie on none of them."""
    apart = overlaps(corners(more), corners(boxes)).max(axis=1, initial=0.0) < _NEW_OVERLAP
    return (*boxes, *(box for box, new in zip(more, apart, strict=True) if new))


def draw_reference(video: Path, boxes: Found, folder: Path, every: int = 10) -> list[Path]:
    """Pictures of a reference for a person to look at (PNG)."""
    import cv2

    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for number, bgr in frames_between(video, 0, None, every):
        for box in boxes.get(number, ()):
            corner = (round(box.left_px), round(box.top_px))
            opposite = (round(box.left_px + box.width_px), round(box.top_px + box.height_px))
            cv2.rectangle(bgr, corner, opposite, (0, 255, 0), 1)
        drawn.append(folder / f"{video.stem}-{number:04d}.png")
        cv2.imwrite(str(drawn[-1]), bgr)
    return drawn


def evaluate_people(
    video: Path,
    models: Mapping[str, Path],
    truth: Path | None,
    stretches: Sequence[str],
    *,
    size_px: int = 640,
    confidence: float = 0.25,
) -> list[PeopleRow]:
    """Figures of ``models`` by name on a video, whole and in ``stretches`` such as "150-399".

    The first model is what the others are compared with, and without a ``truth`` file its reference
    is the measure. With one, only the frames up to the last labelled one are read.

    Raises:
        BadInput, Unavailable.
    """
    spans = [_span(text) for text in stretches]
    labels: Truth
    if truth is None:
        labels, what = reference(video, next(iter(models.values())), size_px), "reference"
    else:
        labels, what = truth_boxes(truth), "labels"
    end = max(labels, default=-1)
    if any(last > end for _, last in spans):
        raise BadInput(f"--frames: {what} of {video} end with frame {end}, expected no later one")
    found = {name: people_in(video, weights, 0, end, size_px=size_px) for name, weights in models.items()}
    rows = []
    for first, last in [(0, end), *spans]:
        rows += compare(f"{video.stem} {first}–{last} ({what})", labels, found, first, last, confidence)
    return rows


def _span(text: str) -> tuple[int, int]:
    first, sign, last = text.partition("-")
    if not (sign and first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        raise BadInput(f"--frames {text!r}: expected FIRST-LAST, frame numbers from 0")
    return int(first), int(last)


def write_people(rows: Sequence[PeopleRow], confidence: float, folder: Path) -> Path:
    """Put the table into ``folder`` as people.md, where a model card finds it; rows of other videos stay."""
    path = folder / PEOPLE_FILE
    table = markdown(rows, confidence)
    if path.is_file():
        head, _, body = table.partition("|---:|\n")
        places = {row.where for row in rows}
        old = path.read_text(encoding="utf-8").splitlines(keepends=True)[2:]
        kept = [line for line in old if line.split("|")[1].strip() not in places]
        table = head + "|---:|\n" + "".join(kept) + body
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_text(path) as stream:
        stream.write(table)
    return path


def markdown(rows: Sequence[PeopleRow], confidence: float) -> str:
    """The rows as a table in Markdown; the first model of each place is what the others are compared with."""
    lines = [
        f"| people in | model | labelled | AP50 | F1 at {confidence:g} | precision | recall | best F1 | at | "
        f"difference of F1 at {confidence:g} / best, points |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    first: dict[str, PeopleRow] = {}
    for row in rows:
        base = first.setdefault(row.where, row)
        o, b = row.operating, row.best
        cells = (row.ap50, o.f1, o.precision, o.recall, b.f1, b.threshold)
        apart = "–" if base is row else f"{_points(o, base.operating)} / {_points(b, base.best)}"
        lines.append(
            f"| {row.where} | {row.model} | {row.labelled} | "
            + " | ".join("–" if v is None else f"{v:.3f}" for v in cells)
            + f" | {apart} |"
        )
    return "\n".join(lines) + "\n"


def _points(own: Point, other: Point) -> str:
    return "–" if own.f1 is None or other.f1 is None else f"{100.0 * (own.f1 - other.f1):+.1f}"
