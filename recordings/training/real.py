"""Real pictures of people for training, labelled by the detector that is not to be forgotten.

A model that is trained on drawn people alone forgets real ones. So real pictures are mixed in, and what
the original detector finds in them with a large input is their label: the new model learns to go on
seeing what the old one sees (distillation by hard labels). Where the teacher is not sure, the picture
says nothing: the place is blurred, so that it is neither a person nor a background to be learnt.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.errors import BadInput
from calibration.site import DetectorTable
from recordings.training.dataset import Label, data_yaml, yolo_text
from recordings.training.real_people import frames_between
from recordings.training.scores import Placed, corners, overlaps
from tracking.detector import open_detector
from tracking.records import Box

SURE = 0.5
UNSURE = 0.15
MOST_BLURRED = 0.2
"""Of a picture. With more of it in doubt the picture is left out."""
_SAME_OVERLAP = 0.5
_JPEG_QUALITY = 95

Bgr = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Source:
    """Frames ``first`` to ``last`` (from 0, both included; None: to the end) of a file, ``every`` so many."""

    path: Path
    first: int = 0
    last: int | None = None
    every: int = 1


@dataclass(frozen=True, slots=True)
class Labelled:
    """What was made: pictures kept and left out, people labelled, places blurred."""

    folder: Path
    pictures: int
    left_out: int
    people: int
    blurred: int


def source_of(text: str) -> Source:
    """``FILE``, ``FILE:FIRST-LAST`` or ``FILE:FIRST-LAST/EVERY``. Raises BadInput."""
    form = re.fullmatch(r"(.+?)(?::(\d+)-(\d+)(?:/(\d+))?)?", text)
    assert form is not None or not text
    if form is None or not Path(form[1]).is_file():
        raise BadInput(f"{text}: no such file, expected FILE, FILE:FIRST-LAST or FILE:FIRST-LAST/EVERY")
    first, last, every = int(form[2] or 0), None if form[3] is None else int(form[3]), int(form[4] or 1)
    if (last is not None and last < first) or every < 1:
        raise BadInput(f"{text}: expected FIRST not after LAST, and EVERY from 1")
    return Source(Path(form[1]), first, last, every)


def label_people(
    sources: Sequence[Source],
    teacher: Path,
    out: Path,
    *,
    size_px: int = 1280,
    told: Callable[[int], None] = lambda pictures: None,
) -> Labelled:
    """Make the training folder ``out`` with split train alone: all of it, or nothing.

    Raises:
        BadInput: a source that cannot be read, ``out`` exists, or no picture was left.
        Unavailable: the teacher is missing or damaged.
    """
    if out.exists():
        raise BadInput(f"{out}: exists already, expected the name of a new folder")
    table = DetectorTable(
        weights=str(teacher.resolve()), size_px=size_px, confidence=UNSURE, classes={"person": "person"}
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    detector = open_detector(table, Path.cwd())
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    count = [0, 0, 0, 0]
    try:
        for part in ("images", "labels"):
            (made / part / "train").mkdir(parents=True)
        for number, source in enumerate(sources):
            for frame, bgr in frames_between(source.path, source.first, source.last, source.every):
                cleaned = without_doubts(bgr, detector.detect([bgr])[0])
                if cleaned is None:
                    count[1] += 1
                    continue
                picture, people, blurred = cleaned
                _write(made, f"{number:02d}-{source.path.stem}-{frame:05d}", picture, people)
                count[0] += 1
                count[2] += len(people)
                count[3] += blurred
                told(count[0])
        if not count[0]:
            raise BadInput(f"{out}: no picture of the sources shows a person that the teacher is sure of")
        (made / "data.yaml").write_text(data_yaml(("train",)), encoding="utf-8")
        made.chmod(0o755)
        os.replace(made, out)
    finally:
        detector.close()
        shutil.rmtree(made, ignore_errors=True)
    return Labelled(out, *count)


def without_doubts(
    bgr: Bgr, boxes: Sequence[Box], *, keep: Sequence[Placed] = (), nobody_is_fine: bool = False
) -> tuple[Bgr, list[Label], int] | None:
    """A picture in which every doubtful place is blurred, its people, and the number of such places.

    What lies in a box of ``keep`` is not blurred. None where too much of the picture is in doubt, or
    nobody is there for sure unless that is fine.
    """
    sure = [box for box in boxes if box.score >= SURE]
    doubtful = [box for box in boxes if box.score < SURE]
    if not sure and not nobody_is_fine:
        return None
    if doubtful and sure:
        # A weaker box on the same person is no doubt about anybody.
        same = overlaps(corners(doubtful), corners(sure)).max(axis=1) >= _SAME_OVERLAP
        doubtful = [box for box, known in zip(doubtful, same, strict=True) if not known]
    blurred = np.zeros(bgr.shape[:2], bool)
    for box in doubtful:
        blurred[_inside(box, bgr)] = True
    for place in (*sure, *keep):
        blurred[_inside(place, bgr)] = False
    if blurred.mean() > MOST_BLURRED:
        return None
    people = [Label("person", box.left_px, box.top_px, box.width_px, box.height_px) for box in sure]
    return _blur(bgr, blurred), people, len(doubtful)


def _inside(box: Placed, bgr: Bgr) -> tuple[slice, slice]:
    rows = slice(max(0, int(box.top_px)), min(bgr.shape[0], int(np.ceil(box.top_px + box.height_px))))
    return rows, slice(max(0, int(box.left_px)), min(bgr.shape[1], int(np.ceil(box.left_px + box.width_px))))


def _blur(bgr: Bgr, where: NDArray[np.bool_]) -> Bgr:
    if not where.any():
        return bgr
    import cv2

    coarse = cv2.resize(bgr, (max(1, bgr.shape[1] // 48), max(1, bgr.shape[0] // 48)), interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(coarse, (bgr.shape[1], bgr.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.where(where[..., None], smooth, bgr), np.uint8)


def _write(folder: Path, name: str, bgr: Bgr, people: Sequence[Label]) -> None:
    import cv2

    picture = folder / "images" / "train" / f"{name}.jpg"
    if not cv2.imwrite(str(picture), bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]):
        raise BadInput(f"{picture}: cannot be written")
    text = yolo_text(people, (bgr.shape[1], bgr.shape[0]))
    (folder / "labels" / "train" / f"{name}.txt").write_text(text, encoding="ascii")
