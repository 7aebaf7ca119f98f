"""The command ``self-test``: everything tested at the start of a shift, at a running engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli_common import language_of
from ui.cli_outputs import ConsoleOption, SiteOption, UserOption, ask_password

LIMIT_S = 1800.0


def add_self_test_command(app: typer.Typer) -> None:
    """Add this module's command to the command line."""
    app.command("self-test")(self_test)


def self_test(
    site: SiteOption,
    console: ConsoleOption = "console-1",
    user: UserOption = "",
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write the record here, as a page to print.")] = None,
    language: Annotated[str, typer.Option("--language", help="en or ko.")] = "en",
) -> None:
    """Test everything at the start of a shift: cameras, their places, every relay with read-back, sirens and voices.

    Refused while a hoist moves or carries. Permits that were tested are latched: reset them at a console. The result is
    kept in the audit log. Exit code 1 where something failed; what could not be tested is named.
    """
    from calibration.site_file import load_site
    from recordings.atomic import atomic_text
    from safety.self_test_records import SelfTestReport
    from ui.order import Terminal
    from ui.self_test_words import Line, headline, lines, outcome, page, record

    spoken = language_of(language) or "en"
    told: set[Line] = set()

    def tell(report: SelfTestReport) -> None:
        for line in lines(report, spoken):
            if line.verdict in ("passed", "failed", "untested") and line not in told:
                told.add(line)
                typer.echo(f"{line.verdict_text:12s}{line.kind} {line.name}: {line.why}")

    with Terminal(site, console, user, ask_password) as terminal:
        report = terminal.self_test(tell, LIMIT_S)
    tell(report)
    typer.echo(headline(report, spoken))
    typer.echo(record(report, spoken))
    if out is not None:
        with atomic_text(out) as stream:
            stream.write(page(report, load_site(site).site.name, spoken))
        typer.echo(str(out))
    raise typer.Exit(1 if outcome(report) == "failed" else 0)
