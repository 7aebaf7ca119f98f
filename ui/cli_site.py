"""``hoistwatch site``: which versions of a site were in force, and who changed what."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

SiteOption = Annotated[Path, typer.Option("--site", help="The site file.", metavar="SITE.toml")]
site_app = typer.Typer(help="Versions of a site that were in force.", no_args_is_help=True)


def add_site_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.add_typer(site_app, name="site")


@site_app.command("history")
def history(site: SiteOption) -> None:
    """Who changed zones, structures and hoists of this site from a console, when, and what; newest last."""
    from calibration.site_change import version_of, words
    from calibration.site_file import load_site
    from recordings.site_store import SiteStore

    now = version_of(load_site(site))
    store = SiteStore(site)
    entries = store.entries()
    newest = max((e.n for e in entries if e.version == now), default=0)
    for entry in entries:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.wall_s))
        mark = "  (this file)" if entry.n == newest else ""
        typer.echo(f"{entry.n:4d}  {when}  {entry.by or 'found in the file'}{mark}")
        if entry.comment:
            typer.echo(f"      {entry.comment}")
        for change in entry.changes:
            typer.echo(f"      {words(change)}")
    if not entries:
        typer.echo("no changes yet: the history begins with the first change from a console")
    else:
        typer.echo(f"each version is kept as a site file in {store.folder}")


@site_app.command("show")
def show(
    site: SiteOption, number: Annotated[int, typer.Argument(help="Its number in the history.", metavar="N")]
) -> None:
    """Print the site file as it was in one version of the history."""
    from recordings.site_store import SiteStore

    typer.echo(SiteStore(site).text_of(number), nl=False)
