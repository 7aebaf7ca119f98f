"""Commands of the project's own detector: train it, on rendered pictures or on a site's recordings, and judge it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import typer

from calibration.errors import BadInput

_LINE_EVERY_S = 20.0


def add_train_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command()(train)


def train(  # noqa: PLR0913 - options of a command
    data: Annotated[Path, typer.Argument(help="Training folder with data.yaml.", metavar="DATA")],
    out: Annotated[Path, typer.Option("-o", "--out", help="New folder for the training.", metavar="OUT")],
    *,
    weights: Annotated[Path, typer.Option("--weights", help="What to start from.")] = Path("yolov8n.pt"),
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=10_000, help="Passes over the pictures, at most.")] = 30,
    size: Annotated[int, typer.Option("--size", min=64, max=4096, help="Longer side of the input, px.")] = 640,
    batch: Annotated[int, typer.Option("--batch", min=2, max=512, help="Pictures a step.")] = 16,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same pictures in the same order.")] = 1,
    freeze: Annotated[int, typer.Option("--freeze", min=0, max=22, help="Leave the first N layers as they are.")] = 0,
    real: Annotated[Path | None, typer.Option("--real", help="Real pictures of people to mix in.")] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.01, help="Be done in that time.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training in OUT.")] = False,
) -> None:
    """Train the detector of person, hook, load and trolley. Ctrl-C stops it and keeps what it has learnt."""
    from recordings.training.train import Watched, new_settings, settings_of
    from recordings.training.train import train as run

    if size % 32:
        raise BadInput(f"--size {size}: expected a multiple of 32")
    if resume:
        settings = settings_of(out)
        if Path(settings.data) != data.resolve():
            raise BadInput(f"{out}: was begun on {settings.data}, expected that folder and not {data}")
    else:
        settings = new_settings(
            data,
            weights,
            real=real,
            epochs=epochs,
            size_px=size,
            batch=batch,
            seed=seed,
            freeze=freeze,
        )
    with _stoppable() as stop_wanted:
        line = _Line()
        result = run(
            settings,
            out,
            Watched(monotonic, stop_wanted, line),
            resume=resume,
            budget_s=None if minutes is None else minutes * 60.0,
        )
        line.end()
    how = "stopped" if result.stopped else "done"
    typer.echo(f"{how} after {result.epochs_done} epochs and {result.spent_s / 60.0:.0f} min")
    typer.echo(f"weights {result.weights}, for OpenVINO {result.exported}, loss by epoch {result.loss_csv}")


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

    def __call__(self, at: Any) -> None:
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
