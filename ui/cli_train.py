"""Commands of the project's own detector: train it, on rendered pictures or on a site's recordings, and judge it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from calibration.errors import BadInput
from recordings.training.progress import Progress
from ui.cli_common import progress_bar
from ui.cli_data import evaluate_app

WeightsOption = Annotated[Path, typer.Option("--weights", help="A .pt file or an exported model.", metavar="WEIGHTS")]
ReportOption = Annotated[Path | None, typer.Option("--report", help="Write tables and plots here.", metavar="DIR")]
SizeOption = Annotated[int, typer.Option("--size", min=64, max=4096, help="Longer side of the input, px.")]
ConfidenceOption = Annotated[
    float, typer.Option("--confidence", min=0.01, max=0.99, help="The threshold that the product uses.")
]

_LINE_EVERY_S = 20.0


def add_train_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command()(train)
    app.command("label")(label_people)
    evaluate_app.command("detector")(evaluate_detector)
    evaluate_app.command("people")(evaluate_people)


def train(  # noqa: PLR0913 - options of a command
    inputs: Annotated[
        list[Path] | None, typer.Argument(help="A training folder; with --site, recordings.", metavar="DATA | REC...")
    ] = None,
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="New folder for the training.", metavar="OUT")],
    weights: WeightsOption = Path("yolov8n.pt"),
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=10_000, help="Passes over the pictures, at most.")] = 30,
    size: SizeOption = 640,
    batch: Annotated[int, typer.Option("--batch", min=2, max=512, help="Pictures a step.")] = 16,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same pictures in the same order.")] = 1,
    rate: Annotated[float, typer.Option("--rate", min=1e-6, max=1.0, help="Learning rate at its highest.")] = 1e-3,
    freeze: Annotated[int, typer.Option("--freeze", min=0, max=22, help="Leave the first N layers as they are.")] = 0,
    real: Annotated[Path | None, typer.Option("--real", help="Training folder of real pictures to mix in.")] = None,
    real_share: Annotated[
        float, typer.Option("--real-share", min=0.01, max=0.9, help="Their share of an epoch.")
    ] = 0.25,
    blend: Annotated[
        float | None, typer.Option("--blend", min=0.05, max=1.0, help="Share of the trained weights; 1 keeps them all.")
    ] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.01, help="Be done in that time.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training in OUT.")] = False,
    site: Annotated[
        Path | None, typer.Option("--site", help="Train on this site's recordings.", metavar="SITE")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="With --site: a folder with corrected labels.", metavar="FOLDER")
    ] = None,
    label_only: Annotated[bool, typer.Option("--label-only", help="With --site: write the labels and end.")] = False,
    apart: Annotated[
        float, typer.Option("--apart", min=0.0, help="With --site: least seconds between pictures.")
    ] = 2.0,
    loads: Annotated[str, typer.Option("--loads", help="With --site: recorded, always or never loaded.")] = "recorded",
) -> None:
    """Train the detector of person, hook, load and trolley. Ctrl-C stops it and keeps what it has learnt."""
    given = inputs or []
    wish = _Wish(
        weights=weights,
        resume=resume,
        minutes=minutes,
        blend=blend,
        options={
            "epochs": epochs,
            "size_px": _whole_strides(size),
            "batch": batch,
            "seed": seed,
            "rate": rate,
            "freeze": freeze,
            "real": real,
            "real_share": real_share,
        },
    )
    if site is None:
        if labels is not None or label_only:
            raise BadInput("--labels and --label-only: expected --site SITE beside them")
        if len(given) != 1:
            raise BadInput(
                f"{len(given)} folders are named, expected one training folder DATA (or --site and recordings)"
            )
        from recordings.training.dataset import read_dataset

        _trained(read_dataset(given[0]), out, wish)
        return
    _train_site(site, given, out, wish, labels=labels, label_only=label_only, apart_s=apart, loads=loads)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a training is asked for; ``options`` by name in ``recordings.training.train.Settings``."""

    weights: Path
    resume: bool
    minutes: float | None
    blend: float | None
    options: dict[str, Any]


def _whole_strides(size: int) -> int:
    if size % 32:
        raise BadInput(f"--size {size}: expected a multiple of 32")
    return size


def _trained(dataset: Any, out: Path, wish: _Wish) -> Any:
    """Train, write figures and card, and say so."""
    from recordings.training.dataset import read_dataset
    from recordings.training.model_card import write_report
    from recordings.training.train import Watched, new_settings, settings_of
    from recordings.training.train import train as run

    if wish.resume:
        settings = settings_of(out)
        if Path(settings.data) != dataset.folder.resolve():
            raise BadInput(f"{out}: was begun on {settings.data}, expected that folder and not {dataset.folder}")
    else:
        settings = new_settings(dataset.folder, wish.weights, **wish.options)
    mixed = None if settings.real is None else read_dataset(Path(settings.real), needed=("train",))
    with _stoppable() as stop_wanted:
        line = _Line()
        result = run(
            settings,
            out,
            Watched(monotonic, stop_wanted, line),
            resume=wish.resume,
            blend=wish.blend,
            budget_s=None if wish.minutes is None else wish.minutes * 60.0,
            dataset=dataset,
            real=mixed,
        )
        line.end()
    how = "stopped" if result.stopped else "done"
    typer.echo(f"{how} after {result.epochs_done} epochs and {result.spent_s / 60.0:.0f} min")
    typer.echo(f"weights {result.weights}, for OpenVINO {result.exported}, loss by epoch {result.loss_csv}")
    with progress_bar("evaluate") as bar:
        report = write_report(result, dataset, mixed, told=bar)
    typer.echo(f"figures in {report.folder}, model card {report.card}")
    return result


def _train_site(
    site: Path,
    recordings: list[Path],
    out: Path,
    wish: _Wish,
    *,
    labels: Path | None,
    label_only: bool,
    apart_s: float,
    loads: str,
) -> None:
    from recordings.training.site_labels import SiteRules
    from recordings.training.site_train import (
        DATA,
        TRAINING,
        compare_on_held_back,
        label_site,
        site_dataset,
        site_lines,
    )

    match loads:
        case "recorded" | "always" | "never":
            rules = SiteRules(apart_s=apart_s, loads=loads)
        case _:
            raise BadInput(f"--loads {loads!r}: expected recorded, always or never")
    if labels is None and not (wish.resume and (out / DATA).is_dir()):
        made = label_site(site, recordings, out, wish.weights, rules, size_px=wish.options["size_px"])
        c = made.counts
        typer.echo(
            f"{made.folder}: {c.taken} of {c.looked_at} pictures labelled ({', '.join(sorted(c.by))}); left out "
            f"{c.hook_unknown} with a hook whose place is not known, {c.nothing_new} with nothing new, "
            f"{c.in_doubt} with people in doubt"
        )
    dataset = site_dataset(out, labels)
    if label_only:
        typer.echo(f"correct labels/ or annotations.xml there, then: --labels {dataset.folder}")
        return
    result = _trained(dataset, out / TRAINING, wish)
    with progress_bar("before and after") as bar:
        both = compare_on_held_back(result, dataset, out, told=bar)
    typer.echo(both.table.read_text(encoding="utf-8").rstrip())
    typer.echo(f"\nTo use it, enter in {site}:\n{site_lines(result)}")


def label_people(
    sources: Annotated[
        list[str], typer.Argument(help="Videos and pictures; frames from 0.", metavar="FILE[:FIRST-LAST[/EVERY]]...")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="New training folder.", metavar="DATA")],
    weights: WeightsOption = Path("yolov8n.pt"),
    size: SizeOption = 1280,
) -> None:
    """Real pictures to mix into a training: people labelled by a detector, places in doubt blurred."""
    from recordings.training.real import label_people as run
    from recordings.training.real import source_of

    made = run([source_of(text) for text in sources], weights, out, size_px=size)
    typer.echo(
        f"{made.folder}: {made.pictures} pictures with {made.people} people, "
        f"{made.blurred} places blurred, {made.left_out} pictures left out"
    )


def evaluate_detector(
    data: Annotated[Path, typer.Argument(help="Training folder with data.yaml.", metavar="DATA")],
    weights: WeightsOption,
    split: Annotated[str, typer.Option("--split", help="train, val or test.")] = "test",
    report: ReportOption = None,
    size: SizeOption = 640,
    confidence: ConfidenceOption = 0.25,
) -> None:
    """Recall and precision of a detector on labelled pictures, by class, distance and light."""
    from recordings.training.dataset import SPLITS, read_dataset
    from recordings.training.evaluate_detector import evaluate_detector as run
    from recordings.training.evaluate_detector import markdown
    from recordings.training.model_card import write_figures

    if split not in SPLITS:
        raise BadInput(f"--split {split!r}: expected one of {', '.join(SPLITS)}")
    dataset = read_dataset(data, needed=(split,))
    with progress_bar("evaluate") as bar:
        figures = run(dataset, weights, split, size_px=size, confidence=confidence, told=bar)
    typer.echo(markdown(figures).rstrip())
    if report is not None:
        write_figures(figures, report)
        typer.echo(f"\ntables and plots in {report}")


def evaluate_people(
    video: Annotated[Path, typer.Argument(help="A real video or picture.", metavar="VIDEO")],
    weights: WeightsOption,
    against: Annotated[Path, typer.Option("--against", help="The model it came from.")],
    truth: Annotated[
        Path | None,
        typer.Option("--truth", help="frame0,id,bb_left,bb_top,bb_width,bb_height", metavar="CSV"),
    ] = None,
    frames: Annotated[list[str] | None, typer.Option("--frames", help="Stretches to tell apart.")] = None,
    report: ReportOption = None,
    size: SizeOption = 640,
    confidence: ConfidenceOption = 0.25,
) -> None:
    """Are real people still found as well as by the model it came from? Without --truth, that model is the measure."""
    from recordings.training.real_people import evaluate_people as run
    from recordings.training.real_people import markdown, write_people

    models = {against.stem: against, weights.stem if weights.stem != against.stem else str(weights): weights}
    rows = run(video, models, truth, frames or [], size_px=size, confidence=confidence)
    typer.echo(markdown(rows, confidence).rstrip())
    if report is not None:
        typer.echo(f"\ntable in {write_people(rows, confidence, report)}")


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Ctrl-C asks for an end after the batch at work; a second one ends at once."""
    asked: list[int] = []

    def ask(number: int, frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        print("\nhoistwatch: stopping after this batch; Ctrl-C again ends at once", file=sys.stderr, flush=True)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


class _Line:
    """Progress as one line that is written over; in a log, one line now and then and at each epoch's end."""

    def __init__(self) -> None:
        self._moving = sys.stderr.isatty()
        self._told_s = -_LINE_EVERY_S

    def __call__(self, at: Progress) -> None:
        last = at.batch == at.batches
        if not (self._moving or last or monotonic() - self._told_s >= _LINE_EVERY_S):
            return
        self._told_s = monotonic()
        left = "" if at.left_s is None else f"  {at.left_s / 60.0:.0f} min left"
        text = f"epoch {at.epoch}/{at.epochs}  batch {at.batch}/{at.batches}  loss {at.loss:.3f}{left}"
        if self._moving:
            print(f"\r{text:<70}", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._moving:
            print(file=sys.stderr)
