"""The commands ``group collect`` and ``group report``: events of many halls in one database."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Annotated, cast

import typer

from calibration.errors import BadInput
from safety.stderr import to_stderr

GroupOption = Annotated[Path, typer.Option("--config", help="The group file.", metavar="GROUP.toml")]

group_app = typer.Typer(help="Events of many halls in one PostgreSQL.", no_args_is_help=True)


def add_group_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.add_typer(group_app, name="group")


@group_app.command()
def collect(config: GroupOption) -> None:
    """Take the halls' events from the broker into the database, each once. Ends on Ctrl-C or SIGTERM."""
    from recordings.group.collector import run_collector

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_collector(config, stop, to_stderr)


@group_app.command()
def report(
    config: GroupOption,
    period: Annotated[
        str, typer.Option("--period", help="this_shift, last_shift, today, week or month, up to now.")
    ] = "week",
    hall: Annotated[str | None, typer.Option("--hall", help="Only this hall.", show_default="all")] = None,
    language: Annotated[str, typer.Option("--language", help="en or ko.")] = "en",
) -> None:
    """Alarms per hall, day, shift and kind against the limits of ISA-18.2, as tables."""
    from calibration.group import load_group
    from recordings.group.figures import figures_of
    from recordings.group.load import load_halls
    from recordings.shifts import PERIODS, Period, span_of
    from ui.cli_common import language_of
    from ui.group_report import report_lines

    if period not in PERIODS:
        raise BadInput(f"--period {period!r}: expected one of {', '.join(PERIODS)}")
    spoken = language_of(language) or "en"
    group = load_group(config)
    starts = group.group.shift_starts
    span = span_of(cast("Period", period), time.time(), starts)
    halls = load_halls(group, config.resolve().parent, span, hall)
    for line in report_lines(group.group.name, figures_of(halls, span, starts), span, spoken):
        typer.echo(line)
