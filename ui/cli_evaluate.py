"""The command that evaluates the system in closed loop: evaluate plant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from calibration.errors import BadInput
from ui.cli_common import progress_bar
from ui.cli_data import evaluate_app

_MOST = 100_000
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def add_evaluate_commands() -> None:
    """Add this module's command to ``evaluate``."""
    evaluate_app.command("plant")(evaluate_plant)


def evaluate_plant(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder of results; what is missing in it is run.")],
    *,
    scenarios: Annotated[int, typer.Option("--scenarios", help="How many.", min=1, max=_MOST)] = 2000,
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="Processes; default: one for each core.", min=1, max=256)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Other scenarios.", min=0, max=2**32 - 1)] = 1,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            "--baseline",
            help="radius, ttc, separation, foresight (an oracle, the limit of what a stop so many seconds before "
            "contact prevents), any of them with :VALUE,VALUE; or none. Default: all, at usual values.",
            metavar="RULE",
        ),
    ] = None,
    compared: Annotated[
        int | None, typer.Option("--compared", help="Run the baselines on the first so many only.", min=1)
    ] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option("--engine", help="Also with another value of a policy field.", metavar="FIELD:VALUE,VALUE"),
    ] = None,
    crowds: Annotated[
        Path | None,
        typer.Option("--crowds", help="Folder of NAME/obsmat.txt, recorded ways of people (ETH, UCY).", metavar="DIR"),
    ] = None,
) -> None:
    """What would have been prevented, and at what cost: hoists obey the system in many seeded scenarios.

    Goes on where it was stopped. Writes report.md, csv files and pictures.
    """
    from recordings.closed_loop.arms import baselines, engines
    from recordings.closed_loop.evaluate import Order, evaluate
    from recordings.closed_loop.report import write_report

    if crowds is not None and not crowds.is_dir():
        raise BadInput(f"--crowds {crowds}: no such folder")
    order = Order(
        scenarios=scenarios,
        seed=seed,
        arms=engines(engine or []),
        baselines=baselines(baseline or []),
        compared=compared,
        crowds=crowds,
        jobs=jobs or os.cpu_count() or 1,
    )
    for name in _THREADS:
        # One thread a process: processes share the cores, not threads.
        os.environ.setdefault(name, "1")
    with progress_bar("evaluate") as bar:
        results = evaluate(order, out, lambda done, of: bar(done / of))
    if crowds is None:
        typer.echo("no recordings of real crowds were given (--crowds DIR): random halls took their place")
    typer.echo(str(write_report(results, order)))
