"""The command that tells the plant's own systems."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from safety.stderr import to_stderr


def add_gateway_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command()(gateway)


def gateway(site: Annotated[Path, typer.Option("--site", help="The site file.", metavar="SITE.toml")]) -> None:
    """Tell OPC UA clients and an MQTT broker what happens; read-only. Ends on Ctrl-C or SIGTERM."""
    from safety.gateway import run_gateway

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_gateway(site, stop, to_stderr)
