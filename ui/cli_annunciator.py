"""The command ``annunciator``: sound and signs on the floor, their check and their self-test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli_run import SiteOption

_PLAY_S = 10.0


def add_annunciator_commands(app: typer.Typer) -> None:
    """Add this module's command to the command line."""
    app.command()(annunciator)


def annunciator(
    site: SiteOption,
    name: Annotated[str, typer.Option("--name", help="Its name in the site file.")],
    check: Annotated[
        bool, typer.Option("--check", help="Say what is missing for this site's voices, levels and sign, and end.")
    ] = False,
    self_test: Annotated[
        bool, typer.Option("--self-test", help="Play every tone and voice, measure what is heard, and end.")
    ] = False,
    play: Annotated[
        str | None, typer.Option("--play", help="Play attention, warning, danger or fault for ten seconds, and end.")
    ] = None,
    sentences: Annotated[
        bool, typer.Option("--sentences", help="Print every sentence in every language, for native speakers; and end.")
    ] = False,
) -> None:
    """Tones, spoken words and signs for the people on the floor."""
    if sentences:
        _print_sentences()
        return
    if check:
        raise typer.Exit(_check(site, name))
    from safety.annunciator.service import play_tone, run_annunciator, run_self_test

    if play is not None:
        play_tone(site, name, play, _PLAY_S)
        return
    if self_test:
        passed = run_self_test(site, name, typer.echo)
        raise typer.Exit(0 if passed else 1)

    run_annunciator(site, name)


def _check(site_path: Path, name: str) -> int:
    from calibration.site_file import load_site
    from safety.annunciator.loudness import tone_loudness
    from safety.annunciator.sentences import NAMES, checked_by
    from safety.annunciator.service import annunciator_named, problems

    site = load_site(site_path)
    table = annunciator_named(site, site_path, name)
    found = problems(site, table, site_path.parent)
    for hour in range(24) if len(table.ambient_dba) > 1 else range(1):
        tone = tone_loudness(table, hour, "danger")
        given = "as loud as it can" if tone.given_dba is None else f"{tone.given_dba:.0f} dB(A)"
        when = f"{hour:02d} h" if len(table.ambient_dba) > 1 else "at all hours"
        typer.echo(f"{when}: hall {table.ambient_at(hour):.0f}, needed {tone.asked_dba:.0f}, danger tone {given}")
    for language in table.languages:
        who = checked_by(language)
        typer.echo(f"{NAMES[language]}: sentences " + (f"checked by {who}" if who else "machine-written, unchecked"))
    for problem in found:
        typer.echo(f"missing: {problem}")
    return 1 if found else 0


def _print_sentences() -> None:
    from safety.annunciator.sentences import LANGUAGES, NAMES, checked_by, sentences

    for key, row in sentences().items():
        typer.echo(key)
        for language in LANGUAGES:
            mark = "" if checked_by(language) else "  (machine-written)"
            typer.echo(f"  {NAMES[language]:<11}{row[language]}{mark}")
