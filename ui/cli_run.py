"""Commands that run something: demo, live engine, console, relay node, keys."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from safety.stderr import to_stderr
from ui.cli_common import language_of

if TYPE_CHECKING:
    from safety.keys import Role

SiteOption = Annotated[Path, typer.Option("--site", help="The site file.", metavar="SITE.toml")]


def add_run_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command()(demo)
    app.command()(run)
    app.command()(console)
    app.command()(relay)
    app.command()(supervise)
    app.command()(keys)


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Without a window, also where there is a screen.")
    ] = False,
    out: Annotated[Path, typer.Option("--out", help="Where report, pictures and logs go.")] = Path("out/demo"),
    language: Annotated[str, typer.Option("--language", help="en or ko: language of console and report.")] = "en",
    speed: Annotated[float, typer.Option("--speed", min=0.5, max=4.0, help="Play faster or slower.")] = 1.0,
    sample: Annotated[
        list[str] | None, typer.Option("--sample", help="Only this sample; can be given again.", show_default="all")
    ] = None,
) -> None:
    """The whole chain on the sample recordings: engine, relay node and console as processes."""
    from recordings.sample_files import SAMPLES
    from ui.demo import run_demo

    samples = tuple(dict.fromkeys(sample)) if sample else SAMPLES
    spoken = language_of(language) or "en"
    raise typer.Exit(run_demo(out, samples=samples, headless=headless, language=spoken, speed=speed))


def run(
    site: SiteOption,
    playback: Annotated[
        Path | None, typer.Option("--playback", help="Play this recording in real time instead of the cameras.")
    ] = None,
    detect: Annotated[
        bool, typer.Option("--detect", help="With --playback: look at the recorded video again.")
    ] = False,
    speed: Annotated[float, typer.Option("--speed", min=0.1, max=20.0, help="Speed of --playback.")] = 1.0,
    record_to: Annotated[
        Path | None, typer.Option("--record-to", help="Folder for recordings and the audit log.")
    ] = None,
    record: Annotated[bool, typer.Option("--record/--no-record", help="Keep recordings.")] = True,
) -> None:
    """The live engine: cameras to bus, recorder included. Ends on Ctrl-C or SIGTERM."""
    from recordings.live import LiveOptions, run_live

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def ready(publish: int, command: int) -> None:
        to_stderr(f"engine ready, publishing on port {publish}, commands on port {command}")

    options = LiveOptions(playback, detect, speed, record_to, record)
    summary = run_live(site, options, stop, to_stderr, ready)
    to_stderr(
        f"engine ended after {summary.ticks} ticks: {summary.events['raised']} alarms raised, "
        f"{summary.events['cleared']} cleared, worst {summary.worst.value}"
    )


def console(  # noqa: PLR0913 - options of a command
    site: SiteOption,
    *,
    name: Annotated[str, typer.Option("--name", help="This console's name, as its key file says.")] = "console-1",
    language: Annotated[str | None, typer.Option("--language", help="en or ko; default: the site's.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Draw into memory, for pictures only.")] = False,
    screenshot: Annotated[
        Path | None, typer.Option("--screenshot", help="Keep a PNG of the most severe state here.")
    ] = None,
    screenshot_dir: Annotated[
        Path | None, typer.Option("--screenshot-dir", help="Write a PNG here at every change of the headline.")
    ] = None,
    records: Annotated[
        Path | None, typer.Option("--records", help="Folder of the engine's records, for the statistics.")
    ] = None,
    group: Annotated[
        Path | None,
        typer.Option("--group", help="A group file: statistics of all its halls, too.", metavar="GROUP.toml"),
    ] = None,
    theme: Annotated[
        str | None, typer.Option("--theme", help="light, night or contrast; default: as chosen last on this desk.")
    ] = None,
    size: Annotated[
        int | None, typer.Option("--size", help="Everything this large, in per cent.", min=100, max=200)
    ] = None,
) -> None:
    """The desktop console for the safety manager."""
    from ui.appearance import theme_of
    from ui.console import ConsoleOptions, run_console

    options = ConsoleOptions(
        language=language_of(language),
        headless=headless,
        screenshot=screenshot,
        screenshot_dir=screenshot_dir,
        records=records,
        group=group,
        theme=theme_of(theme),
        size=size,
    )
    code = run_console(site, name, options)
    raise typer.Exit(code)


def relay(
    site: SiteOption,
    node: Annotated[str, typer.Option("--node", help="Its name in the site file.")],
    proof_test: Annotated[
        bool, typer.Option("--proof-test", help="Have the running node move every output and read it back, then end.")
    ] = False,
    console: Annotated[str, typer.Option("--console", help="With --proof-test: whose key is used.")] = "console-1",
    user: Annotated[str, typer.Option("--user", help="With --proof-test: who signs in.")] = "",
) -> None:
    """A relay node: its contacts are closed only while fresh permits arrive."""
    from safety.relay_service import run_relay
    from ui.cli_outputs import proof_test as ask_for_proof

    if proof_test:
        raise typer.Exit(ask_for_proof(site, node, console, user))

    run_relay(site, node)


def supervise(
    site: SiteOption,
    playback: Annotated[
        Path | None, typer.Option("--playback", help="The engine plays this recording instead of the cameras.")
    ] = None,
    record_to: Annotated[
        Path | None, typer.Option("--record-to", help="Folder for recordings and the audit log.")
    ] = None,
    record: Annotated[bool, typer.Option("--record/--no-record", help="Keep recordings.")] = True,
) -> None:
    """All parts of a site: starts them, and again when one crashes or hangs. Ends on Ctrl-C or SIGTERM."""
    from ui.supervise import run_supervisor

    arguments = [] if playback is None else ["--playback", str(playback)]
    arguments += [] if record_to is None else ["--record-to", str(record_to)]
    arguments += [] if record else ["--no-record"]
    raise typer.Exit(run_supervisor(site, tuple(arguments), record_to, to_stderr))


def keys(
    site: SiteOption,
    add: Annotated[
        str | None, typer.Option("--add", help="Add one party, ROLE:NAME, such as console:console-2.")
    ] = None,
    remove: Annotated[
        str | None, typer.Option("--remove", help="Refuse one party from now on, ROLE:NAME; for a lost key.")
    ] = None,
    rotate: Annotated[
        str | None, typer.Option("--rotate", help="Give one party a new key, ROLE:NAME; its old one is refused.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Make all keys anew; every party needs its new one.")
    ] = False,
) -> None:
    """Make the keys of engine, console, relay nodes, annunciators, recorder and viewer; existing ones are kept."""
    from calibration.site_file import load_site
    from safety.keys import add_party, key_folder, make_keys, remove_party, rotate_party

    loaded = load_site(site)
    folder = key_folder(loaded, site)
    if add is not None:
        typer.echo(f"made {add_party(folder, *_party(add, '--add'))}")
    if remove is not None:
        remove_party(folder, *_party(remove, "--remove"))
        typer.echo(f"{remove} is off the list: an engine that runs refuses it within a second")
    if rotate is not None:
        path = rotate_party(folder, *_party(rotate, "--rotate"))
        typer.echo(f"made {path} anew: take it to that machine; the old key is refused from now on")
    if add is not None or remove is not None or rotate is not None:
        return
    made = make_keys(folder, loaded, overwrite=overwrite)
    typer.echo(f"{folder}: made {', '.join(made.created) or 'nothing'}")
    if made.existed:
        typer.echo(f"{folder}: kept {', '.join(made.existed)}")
    if made.created:
        typer.echo("Copy engine.pub and its own .key file to each machine by hand, and keep them secret.")


def _party(text: str, option: str) -> tuple[Role, str]:
    """Role and name out of ``ROLE:NAME``. Raises BadInput for other forms and for roles that have no such key."""
    from calibration.errors import BadInput
    from safety.keys import ROLES

    role, _, name = text.partition(":")
    roles = [r for r in ROLES if r != "engine"]
    if role not in roles or not name:
        raise BadInput(f"{option} {text!r}: expected ROLE:NAME with a role of {', '.join(roles)}")
    return cast("Role", role), name
