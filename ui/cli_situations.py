"""The command that measures every situation: evaluate situations."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ui.cli_common import progress_bar
from ui.cli_data import evaluate_app

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def add_situation_commands() -> None:
    """Add this module's command to ``evaluate``."""
    evaluate_app.command("situations")(evaluate_situations)


def evaluate_situations(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(help="Scenarios by name or file; default: all situations and all that is normal."),
    ] = None,
    *,
    variations: Annotated[int, typer.Option("--variations", help="Of each scenario.", min=1, max=10_000)] = 50,
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="Processes; default: one for each core.", min=1, max=256)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Other variations.", min=0, max=2**32 - 1)] = 1,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of results; what is missing in it is run.")] = Path(
        "out/situations"
    ),
) -> None:
    """Recall, needless alarms and lead time of each situation, over seeded variations in an open loop.

    Goes on where it was stopped. Writes situations.md, .csv and .png.
    """
    from recordings.evaluate_situations import Order, judged_scenarios
    from recordings.evaluate_situations import evaluate_situations as evaluate
    from recordings.situations.report import markdown, rows, write_report

    for name in _THREADS:
        # One thread a process: processes share the cores, not threads.
        os.environ.setdefault(name, "1")
    names = tuple(dict.fromkeys(scenarios or judged_scenarios()))
    order = Order(names, variations, seed, jobs or os.cpu_count() or 1)
    with progress_bar("evaluate situations") as bar:
        trials = evaluate(order, out, bar)
    typer.echo(markdown(rows(trials)), nl=False)
    typer.echo(str(write_report(trials, out)))
