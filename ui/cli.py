"""The command line. Bad input ends with exit code 2 and one line on stderr; a fault at run time with 1."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version

import typer

from calibration.errors import BadInput, HoistwatchError
from ui.cli_data import add_data_commands
from ui.cli_run import add_run_commands
from ui.cli_tools import add_tool_commands

app = typer.Typer(
    name="hoistwatch",
    help="Sees people, hook and load beside hoists and cranes, foresees contact, and withdraws the hoist's permit. "
    "A supplementary warning system: not a certified safety function.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
add_run_commands(app)
add_data_commands(app)
add_tool_commands(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hoistwatch {version('hoistwatch')}")
        raise typer.Exit


@app.callback()
def _root(
    show_version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    """Global options."""


def main() -> None:
    """Entry point of the command ``hoistwatch``."""
    try:
        app(standalone_mode=True)
    except BadInput as error:
        _end(f"hoistwatch: {error}", 2)
    except HoistwatchError as error:
        _end(f"hoistwatch: {error}", 1)
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain about it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        _end("hoistwatch: interrupted", 130)


def _end(line: str, code: int) -> None:
    print(" ".join(line.split()), file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
