"""The command ``soak``: the whole chain for any length of time, watched for growth, missed permits and slowness."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_soak_command(app: typer.Typer) -> None:
    """Add this module's command to the command line."""
    app.command()(soak)


def soak(
    out: Annotated[Path, typer.Option("-o", "--out", help="A new folder for samples, logs and report.")] = Path(
        "out/soak"
    ),
    minutes: Annotated[float, typer.Option("--minutes", min=0.05, max=43_200.0, help="How long.")] = 60.0,
    cameras: Annotated[int, typer.Option("--cameras", min=1, max=16, help="How many cameras.")] = 4,
    rate: Annotated[float, typer.Option("--rate", min=1.0, max=30.0, help="Pictures a second of each.")] = 10.0,
    detector_px: Annotated[
        int, typer.Option("--detector-px", min=160, max=1280, help="Size of the detector's input; less is faster.")
    ] = 640,
    warm_up: Annotated[
        float | None,
        typer.Option("--warm-up", min=0.0, help="Minutes before growth counts; default: a sixth, at most ten."),
    ] = None,
    period: Annotated[float, typer.Option("--every", min=0.2, max=600.0, help="Seconds from sample to sample.")] = 5.0,
    judge_only: Annotated[
        bool, typer.Option("--judge", help="Judge the run in the folder again and write its report, and end.")
    ] = False,
) -> None:
    """Run engine, relay node, console and annunciator on cameras of its own, over real sockets, and judge it.

    Cameras are a sample recording over RTSP, the cabinet is a Modbus server. Watched: memory, threads and file handles
    of each process, permits, the permit contact from outside, the time from picture to permit. Exit code 1 where
    anything was not as it should be or was not shown. Ctrl-C ends it with a report of what there is.
    """
    from ui.soak import SoakOptions, run_soak, tell

    if judge_only:
        raise typer.Exit(tell(out, typer.echo))
    warm_up_s = None if warm_up is None else 60.0 * warm_up
    options = SoakOptions(minutes, cameras, rate, detector_px, warm_up_s, period)
    raise typer.Exit(run_soak(out, options, typer.echo))
