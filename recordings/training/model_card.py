"""What should be known of a trained detector? Its figures as files, and a model card made from its own run.

Nothing in the card is typed in: data, settings, time, figures and weak places are those of the run.
"""

from __future__ import annotations

import csv
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from recordings.atomic import atomic_text
from recordings.training.dataset import SPLITS, Dataset
from recordings.training.evaluate_detector import (
    KINDS,
    WANTED_PRECISION,
    DetectorFigures,
    evaluate_detector,
    markdown,
    write_csv,
)
from recordings.training.real_people import PEOPLE_FILE
from recordings.training.score_plots import plot_curves, plot_loss
from recordings.training.train import TrainResult
from tracking.detector_files import sha256_of
from tracking.records import Kind

CARD = "model_card.md"
FIGURES = "figures"

_WANTED_RECALL = 0.9
_WEAK = 0.8
_FEW_LABELS = 50


@dataclass(frozen=True, slots=True)
class Report:
    """What was written about a training, and the figures themselves."""

    card: Path
    folder: Path
    figures: DetectorFigures


def write_report(
    result: TrainResult,
    data: Dataset,
    real: Dataset | None = None,
    *,
    confidence: float = 0.25,
    told: Callable[[float], None] = lambda share: None,
) -> Report:
    """Evaluate the exported model on split test (val where there is none), and write figures and card.

    Raises:
        BadInput: a file cannot be written.
    """
    split = "test" if data.samples.get("test") else "val"
    size_px = result.settings.size_px
    figures = evaluate_detector(data, result.exported, split, size_px=size_px, confidence=confidence, told=told)
    folder = result.folder / FIGURES
    write_figures(figures, folder)
    with open(result.loss_csv, encoding="utf-8", newline="") as stream:
        plot_loss(list(csv.DictReader(stream)), folder / "loss.png")
    card = result.folder / CARD
    with atomic_text(card) as stream:
        stream.write("\n".join(_card(result, data, real, figures)) + "\n")
    return Report(card, folder, figures)


def write_figures(figures: DetectorFigures, folder: Path) -> None:
    """Tables and curves of one evaluation: detector.md, detector.csv, precision_recall.png, …_by_light.png."""
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_text(folder / "detector.md") as stream:
        stream.write(markdown(figures))
    write_csv(figures, folder / "detector.csv")
    title = f"{figures.pictures} pictures, split {figures.split}"
    plot_curves({str(k): m for k, m in figures.matches.items()}, figures.confidence, title, folder / "curves.png")
    for kind in KINDS:
        matches = figures.matches[kind]
        lights = sorted({*matches.label_group} - {""})
        if len(lights) > 1:
            parts = {light: matches.of_group(light) for light in lights}
            plot_curves(parts, figures.confidence, f"{kind}, {title}", folder / f"curves_{kind}_by_light.png")


def _card(result: TrainResult, data: Dataset, real: Dataset | None, figures: DetectorFigures) -> Iterator[str]:
    yield "# Detector of person, hook, load and trolley"
    yield ""
    yield f"- weights `{result.weights.name}`, {_mb(result.weights)}, SHA-256 `{sha256_of(result.weights)}`"
    exported = result.exported
    yield f"- for OpenVINO `{exported.name}`, {_mb(*exported.iterdir())}, SHA-256 `{sha256_of(exported)}`"
    yield f"- input {result.settings.size_px} px at its longer side"
    for title, part in (
        ("Data", _data(result, data, real)),
        ("Training", _training(result)),
        ("Figures", _figures(result, figures)),
        ("Limits", (f"- {limit}" for limit in limits(data, real, figures))),
    ):
        yield from ("", f"## {title}", "")
        yield from part


def _data(result: TrainResult, data: Dataset, real: Dataset | None) -> Iterator[str]:
    if data.description:
        yield from (data.description, "")
    yield "| split | pictures | " + " | ".join(KINDS) + " | halls | lights |"
    yield "|---|---:|" + "---:|" * len(KINDS) + "---:|---|"
    for split in SPLITS:
        if data.samples.get(split):
            yield _data_row(split, data, split)
    if real is not None:
        yield _data_row(f"real pictures, {100 * result.settings.real_share:.0f} % of each epoch", real, "train")


def _training(result: TrainResult) -> Iterator[str]:
    s, origin = result.settings, Path(result.settings.weights).name
    how = "stopped early" if result.stopped else "finished"
    frozen = f"; the first {s.freeze} layers left as they were" if s.freeze else ""
    yield f"- from `{origin}`, SHA-256 `{s.weights_sha256}`"
    yield f"- with ultralytics {version('ultralytics')} and torch {version('torch')} on {platform.machine()}"
    yield f"- {result.epochs_done} epochs of at most {s.epochs}, {how}, in {result.spent_s / 60.0:.0f} min"
    yield f"- batches of {s.batch}, AdamW at {s.rate:g} falling along a cosine{frozen}; seed {s.seed}"
    yield f"- mosaics in {100 * s.mosaic:.0f} % of the pictures but for the last epochs"
    if s.blend < 1.0:
        yield f"- {100 * s.blend:.0f} % of the weights kept are from training, the rest from `{origin}`"
    if result.levels:
        found = ", ".join(f"{kind} {threshold:.2f}" for kind, threshold in result.levels.items())
        yield f"- scores levelled on split val, where these thresholds were best before: {found}"
    yield f"- curve: `{result.loss_csv.name}`, `{FIGURES}/loss.png`"


def _figures(result: TrainResult, figures: DetectorFigures) -> Iterator[str]:
    yield markdown(figures)
    yield f"Curves: `{FIGURES}/curves.png`; all rows: `{FIGURES}/detector.csv`."
    # Written by ``hoistwatch evaluate people --report``.
    people = result.folder / FIGURES / PEOPLE_FILE
    if people.is_file():
        yield from ("", "### Real people, beside the model it came from", "")
        yield people.read_text(encoding="utf-8").rstrip()


def _data_row(name: str, data: Dataset, split: str) -> str:
    counts = data.counts(split)
    cells = [name, str(len(data.samples[split])), *(str(counts[kind]) for kind in KINDS)]
    return f"| {' | '.join([*cells, str(len(data.halls(split)) or '–'), ', '.join(data.lights(split)) or '–'])} |"


def limits(data: Dataset, real: Dataset | None, figures: DetectorFigures) -> Iterator[str]:
    """Sentences on what the data do not cover and where the figures are weak."""
    yield from _limits_of_data(data, real, figures.split)
    for kind in KINDS:
        yield from _limits_of_kind(kind, figures)
    yield "A box of 0.5 overlap counts as found; positions in metres depend on the calibration besides."


def _limits_of_data(data: Dataset, real: Dataset | None, split: str) -> Iterator[str]:
    for kind, count in data.counts("train").items():
        if count < _FEW_LABELS:
            yield f"Only {count} labelled boxes of kind {kind} were trained on."
    if split != "test":
        yield f"There was no test split: the figures are of {split}, by which the best epoch was chosen."
    if not data.halls(split):
        yield "The data do not say which hall a picture is of: whether halls of training and test differ is not known."
    if real is None:
        yield "No real picture was trained on; how real people are found must be measured apart."
    unseen = sorted(set(data.lights(split)) - set(data.lights("train")))
    if unseen:
        yield f"Light that was not trained on: {', '.join(unseen)}."
    far = [label.distance_m for s in data.samples["train"] for label in s.labels if label.distance_m is not None]
    if far:
        yield f"Trained on objects {min(far):.0f} to {max(far):.0f} m from the camera; nothing is known beyond."


def _limits_of_kind(kind: Kind, figures: DetectorFigures) -> Iterator[str]:
    row = figures.of(kind)
    if row is None or not row.labelled:
        yield f"The figures say nothing on {kind}: none is labelled in split {figures.split}."
        return
    if row.at_wanted is None or row.at_wanted.recall is None:
        yield f"A precision of {WANTED_PRECISION:g} is not reached for {kind} at any threshold."
    elif row.at_wanted.recall < _WANTED_RECALL:
        yield f"At a precision of {WANTED_PRECISION:g} the recall of {kind} is {row.at_wanted.recall:.2f}."
    weak = [r for r in figures.rows if r.kind == kind and r.group != "all" and (r.operating.recall or 0.0) < _WEAK]
    if weak:
        parts = ", ".join(f"{r.value} {r.operating.recall or 0.0:.2f}" for r in weak)
        yield f"Recall of {kind} at {figures.confidence:g} is under {_WEAK:g} for: {parts}."


def _mb(*files: Path) -> str:
    return f"{sum(file.stat().st_size for file in files) / 1e6:.1f} MB"
