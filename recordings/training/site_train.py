"""A site's own detector, from its recordings to the line that goes into its site file.

OUT holds ``data/`` (pictures with labels, in two forms, that a person may correct), ``training/`` (see
``recordings.training.train``) and ``before_after.md``: what the detector that the training began with and
the new one find in the part of the recordings that was held back, the last in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration.errors import BadInput
from calibration.site import DetectorTable
from calibration.site_file import load_site
from recordings.atomic import atomic_text
from recordings.training.dataset import Dataset, read_dataset
from recordings.training.evaluate_detector import KINDS, DetectorFigures, evaluate_detector
from recordings.training.real import UNSURE
from recordings.training.scores import Point
from recordings.training.site_data import SiteData, corrected, make_site_data
from recordings.training.site_labels import SiteRules
from recordings.training.train import TrainResult
from tracking.detector import open_detector

DATA, TRAINING, BEFORE_AFTER = "data", "training", "before_after.md"


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """Both detectors on the part of the recordings that neither was trained on."""

    before: DetectorFigures
    after: DetectorFigures
    table: Path


def label_site(
    site_path: Path,
    recordings: Sequence[Path],
    out: Path,
    weights: Path,
    rules: SiteRules,
    *,
    size_px: int = 640,
    told: Callable[[int], None] = lambda pictures: None,
) -> SiteData:
    """Labelled pictures of recordings as ``out``/data; people by the model ``weights``.

    Raises:
        BadInput, Unavailable: as ``make_site_data`` and ``open_detector``.
    """
    if not recordings:
        raise BadInput("no recording is named, expected REC.mcap of the site")
    site = load_site(site_path)
    table = DetectorTable(
        weights=str(weights.resolve()), size_px=size_px, confidence=UNSURE, classes={"person": "person"}
    )
    detector = open_detector(table, Path.cwd())
    try:
        return make_site_data(site, recordings, detector, out / DATA, rules, told)
    finally:
        detector.close()


def site_dataset(out: Path, labels: Path | None) -> Dataset:
    """The folder to train on: ``out``/data, or what a person has corrected. Raises BadInput."""
    needed = ("train", "val", "test")
    if labels is None or (out / DATA).is_dir():
        return read_dataset(out / DATA, needed)
    data = corrected(labels, out / DATA)
    missing = [split for split in needed if not data.samples.get(split)]
    if missing:
        raise BadInput(f"{data.folder}: has no picture of split {missing[0]}, expected train, val and test")
    return data


def compare_on_held_back(
    result: TrainResult,
    dataset: Dataset,
    out: Path,
    *,
    confidence: float = 0.25,
    told: Callable[[float], None] = lambda share: None,
) -> BeforeAfter:
    """Measure both detectors on split test, and write the table to ``out``. Raises BadInput."""
    both = []
    for number, weights in enumerate((Path(result.settings.weights), result.exported)):
        both.append(
            evaluate_detector(
                dataset,
                weights,
                "test",
                size_px=result.settings.size_px,
                confidence=confidence,
                told=lambda share, done=number: told((done + share) / 2.0),  # type: ignore[misc]
            )
        )
    path = out / BEFORE_AFTER
    with atomic_text(path) as stream:
        stream.write(markdown(both[0], both[1]))
    return BeforeAfter(both[0], both[1], path)


def markdown(before: DetectorFigures, after: DetectorFigures) -> str:
    """Both side by side as a table in Markdown."""
    c = after.confidence
    lines = [
        f"{after.pictures} pictures that were held back, the last in time; labels as in training, a box counts from "
        f"an intersection over union of 0.5, threshold {c:g}.",
        "",
        "| kind | labelled | "
        + " | ".join(f"{name} before | after" for name in ("recall", "precision", "F1", "AP50"))
        + " |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for kind in KINDS:
        old, new = before.of(kind), after.of(kind)
        if old is None or new is None:
            continue
        cells = [*_pair(old.operating, new.operating), (old.ap50, new.ap50)]
        text = " | ".join("–" if v is None else f"{v:.3f}" for pair in cells for v in pair)
        lines.append(f"| {kind} | {new.labelled} | {text} |")
    return "\n".join(lines) + "\n"


def _pair(old: Point, new: Point) -> list[tuple[float | None, float | None]]:
    return [(old.recall, new.recall), (old.precision, new.precision), (old.f1, new.f1)]


def site_lines(result: TrainResult) -> str:
    """What to enter in the site file to use the new detector."""
    return f'[detector]\nweights = "{result.exported.resolve()}"\nsize_px = {result.settings.size_px}'
