"""The command ``detect-node``: cameras and a detector on a machine beside the engine's."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from safety.stderr import to_stderr
from ui.cli_run import SiteOption


def add_detect_node_commands(app: typer.Typer) -> None:
    """Add this module's command to the command line."""
    app.command(name="detect-node")(detect_node)


def detect_node(
    site: SiteOption,
    name: Annotated[str, typer.Option("--name", help="The node, as the cameras' 'node' in the site file.")],
) -> None:
    """Cameras and detector of another machine: sends what they find to the engine. Ends on Ctrl-C or SIGTERM."""
    from recordings.detect_node import run_detect_node

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_detect_node(site, name, stop, to_stderr)
