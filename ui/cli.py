"""The command line. Bad input ends with exit code 2 and one line on stderr; a fault at run time with 1."""

from __future__ import annotations

import sys
from importlib.metadata import version

import typer

from calibration.errors import BadInput, HoistwatchError
from ui.cli_annunciator import add_annunciator_commands
from ui.cli_data import add_data_commands
from ui.cli_detect_node import add_detect_node_commands
from ui.cli_evaluate import add_evaluate_commands
from ui.cli_gateway import add_gateway_commands
from ui.cli_group import add_group_commands
from ui.cli_outputs import add_output_commands
from ui.cli_plant import add_plant_commands
from ui.cli_run import add_run_commands
from ui.cli_self_test import add_self_test_command
from ui.cli_site import add_site_commands
from ui.cli_situations import add_situation_commands
from ui.cli_soak import add_soak_command
from ui.cli_tools import add_tool_commands
from ui.cli_train import add_train_commands
from ui.cli_users import add_user_commands

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
add_user_commands(app)
add_annunciator_commands(app)
add_site_commands(app)
add_output_commands(app)
add_self_test_command(app)
add_detect_node_commands(app)
add_gateway_commands(app)
add_group_commands(app)
add_data_commands(app)
add_plant_commands(app)
add_tool_commands(app)
add_train_commands(app)
add_situation_commands()
add_soak_command(app)
add_evaluate_commands()


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


_UsageError = typer.BadParameter.__mro__[1]
"""What every fault of usage is. Typer moved the class from one package to another, but not its child."""
_INTERRUPTED = 130


def main() -> None:
    """Entry point of the command ``hoistwatch``."""
    try:
        # Not standalone: typer would frame its messages over several lines.
        code = app(prog_name="hoistwatch", standalone_mode=False) or 0
    except BadInput as error:
        _end(f"hoistwatch: {error}", 2)
    except HoistwatchError as error:
        _end(f"hoistwatch: {error}", 1)
    except _UsageError as error:
        _end(_usage(error), 2)
    except OSError as error:
        # A disk or a device that failed where nobody expected it to: still one line, with its name.
        _end(f"hoistwatch: {error.filename or 'input or output'}: {error.strerror or error}", 1)
    else:
        _end("hoistwatch: interrupted" if code == _INTERRUPTED else "", code)


def _usage(error: Exception) -> str:
    """What was wrong with the command's arguments; empty where typer has shown the help instead."""
    message = str(error.format_message()) if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "hoistwatch"
    return f"{command}: {message.rstrip('.')}; see {command} --help" if message else ""


def _end(line: str, code: int) -> None:
    if line:
        print(" ".join(line.split()), file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
