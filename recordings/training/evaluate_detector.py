"""What does a detector find in a folder of labelled pictures? Figures by class, by distance and by light.

The pictures go the way that the product's own do: through ``tracking.detector`` and OpenVINO, with its
scaling and suppression. Distance bands and states (posture, slung) tell the recall alone, since a box that
is no object has neither.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from calibration.errors import BadInput
from calibration.site import DetectorTable
from recordings.atomic import atomic_text
from recordings.training.dataset import NUMBERS, Dataset, Sample
from recordings.training.scores import (
    Matches,
    Picture,
    Point,
    at_precision,
    at_threshold,
    average_precision,
    best_f1,
    matched,
)
from tracking.detector import Detector, open_detector
from tracking.records import Box, Kind

KINDS: tuple[Kind, ...] = cast("tuple[Kind, ...]", tuple(NUMBERS))
BANDS_M = ((0.0, 6.0), (6.0, 9.0), (9.0, 12.0), (12.0, 16.0), (16.0, 22.0), (22.0, float("inf")))
WANTED_PRECISION = 0.9
LOWEST_SCORE = 0.01
"""What weaker boxes add to a curve is its very end, at a precision that nobody would use."""

COLUMNS = (
    "kind",
    "group",
    "value",
    "labelled",
    "ap50",
    "working_point",
    "threshold",
    "precision",
    "recall",
    "f1",
)


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one kind, all together or of one distance band or light."""

    kind: Kind
    group: str
    value: str
    labelled: int
    ap50: float | None
    operating: Point
    best: Point | None
    at_wanted: Point | None


@dataclass(frozen=True, slots=True)
class DetectorFigures:
    """Everything that was measured on one split with one model. ``matches`` by kind, for plots."""

    folder: Path
    split: str
    pictures: int
    weights: Path
    sha256: str
    size_px: int
    confidence: float
    rows: tuple[Row, ...]
    matches: dict[Kind, Matches]

    def of(self, kind: Kind, group: str = "all", value: str = "") -> Row | None:
        return next((r for r in self.rows if (r.kind, r.group, r.value) == (kind, group, value)), None)


def evaluate_detector(
    dataset: Dataset,
    weights: Path,
    split: str = "test",
    *,
    size_px: int = 640,
    confidence: float = 0.25,
    told: Callable[[float], None] = lambda share: None,
) -> DetectorFigures:
    """Run a model over a split and compare. ``confidence`` is the working threshold of the product.

    Raises:
        BadInput: the split has no pictures.
        Unavailable: the weights are missing or damaged.
    """
    samples = dataset.samples.get(split, ())
    if not samples:
        raise BadInput(
            f"{dataset.folder}: split {split!r} has no pictures, expected one of {', '.join(dataset.samples)}"
        )
    table = DetectorTable(weights=str(weights.resolve()), size_px=size_px, confidence=LOWEST_SCORE)
    detector = open_detector(table, Path.cwd())
    try:
        found = found_in(detector, [sample.picture for sample in samples], told)
    finally:
        detector.close()
    matches = {kind: _matches(samples, found, kind) for kind in KINDS}
    rows = tuple(row for kind in KINDS for row in _rows(kind, matches[kind], confidence))
    return DetectorFigures(
        dataset.folder, split, len(samples), weights, detector.sha256, size_px, confidence, rows, matches
    )


def found_in(
    detector: Detector, pictures: Sequence[Path], told: Callable[[float], None] = lambda share: None
) -> list[tuple[Box, ...]]:
    """Boxes of picture files, in their order."""

    def opened() -> Iterator[tuple[int, NDArray[np.uint8]]]:
        import cv2

        for number, picture in enumerate(pictures):
            bgr = cv2.imread(str(picture), cv2.IMREAD_COLOR)
            if bgr is None:
                raise BadInput(f"{picture}: cannot be read as a picture")
            yield number, np.asarray(bgr, np.uint8)

    found: list[tuple[Box, ...]] = []
    for number, boxes in detector.stream(opened()):
        found.append(boxes)
        told((number + 1) / len(pictures))
    return found


def _matches(samples: Sequence[Sample], found: Sequence[tuple[Box, ...]], kind: Kind) -> Matches:
    return matched(
        Picture(
            found=[box for box in boxes if box.kind == kind],
            labels=(labels := [label for label in sample.labels if label.kind == kind]),
            group=sample.light or "",
            values=[label.distance_m for label in labels],
            states=[label.state or "" for label in labels],
        )
        for sample, boxes in zip(samples, found, strict=True)
    )


def _rows(kind: Kind, matches: Matches, confidence: float) -> Iterator[Row]:
    yield _row(kind, "all", "", matches, confidence, whole=True)
    for low, high in BANDS_M:
        part = matches.of_values(low, high)
        if len(part.label_score):
            name = f"{low:g}–{high:g} m" if np.isfinite(high) else f"from {low:g} m"
            yield _row(kind, "distance", name, part, confidence, whole=False)
    for state in sorted({*matches.label_state} - {""}):
        yield _row(kind, "state", state, matches.of_state(state), confidence, whole=False)
    for light in sorted({*matches.label_group, *matches.found_group} - {""}):
        yield _row(kind, "light", light, matches.of_group(light), confidence, whole=True)


def _row(kind: Kind, group: str, value: str, matches: Matches, confidence: float, *, whole: bool) -> Row:
    """``whole``: with what was found; otherwise recall alone has a meaning."""
    return Row(
        kind,
        group,
        value,
        len(matches.label_score),
        average_precision(matches) if whole else None,
        at_threshold(matches, confidence),
        best_f1(matches) if whole else None,
        at_precision(matches, WANTED_PRECISION) if whole else None,
    )


def write_csv(figures: DetectorFigures, path: Path) -> None:
    """All rows and working points as csv."""
    with atomic_text(path) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in figures.rows:
            head = (row.kind, row.group, row.value, row.labelled, _share(row.ap50))
            points = (("operating", row.operating), ("best_f1", row.best), ("precision_0.9", row.at_wanted))
            for name, point in points:
                if point is not None:
                    numbers = (point.threshold, point.precision, point.recall, point.f1)
                    writer.writerow((*head, name, *(_share(number) for number in numbers)))


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def markdown(figures: DetectorFigures) -> str:
    """The figures as tables in Markdown."""
    c = figures.confidence
    lines = [
        f"{figures.pictures} pictures of split *{figures.split}*, input {figures.size_px} px, a box counts from an "
        f"intersection over union of 0.5.",
        "",
        f"| kind | labelled | AP50 | at {c:g}: precision | recall | F1 | best F1 | at | "
        f"recall at precision {WANTED_PRECISION:g} |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for kind in KINDS:
        row = figures.of(kind)
        if row is not None and row.best is not None:
            o, b, w = row.operating, row.best, row.at_wanted
            cells = (row.ap50, o.precision, o.recall, o.f1, b.f1, b.threshold, None if w is None else w.recall)
            lines.append(f"| {kind} | {row.labelled} | " + " | ".join(_cell(v) for v in cells) + " |")
    lines += _grouped(figures, "distance", f"Recall at {c:g} by distance from the camera", with_precision=False)
    lines += _states(figures)
    lines += _grouped(figures, "light", f"Recall / precision at {c:g} by light", with_precision=True)
    return "\n".join(lines) + "\n"


def _states(figures: DetectorFigures) -> list[str]:
    """Recall by posture of people, and of loads by whether they are slung."""
    rows = [row for row in figures.rows if row.group == "state"]
    if not rows:
        return []
    lines = ["", f"Recall at {figures.confidence:g} by state:", "", "| kind | state | labelled | recall |"]
    lines.append("|---|---|---:|---:|")
    return lines + [f"| {r.kind} | {r.value} | {r.labelled} | {_cell(r.operating.recall)} |" for r in rows]


def _grouped(figures: DetectorFigures, group: str, title: str, *, with_precision: bool) -> list[str]:
    values = list(dict.fromkeys(row.value for row in figures.rows if row.group == group))
    if not values:
        return []
    if group == "distance":
        values.sort(key=lambda name: float(name.removeprefix("from ").partition("–")[0].removesuffix(" m")))
    lines = ["", f"{title} (labelled boxes in brackets):", ""]
    lines += ["| kind | " + " | ".join(values) + " |", "|---|" + "---:|" * len(values)]
    for kind in KINDS:
        cells = []
        for value in values:
            row = figures.of(kind, group, value)
            if row is None:
                cells.append("–")
                continue
            text = _cell(row.operating.recall)
            text += f" / {_cell(row.operating.precision)}" if with_precision else ""
            cells.append(f"{text} ({row.labelled})")
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return lines


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
