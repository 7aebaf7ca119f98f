"""Commands about outputs: bypass one for a while, test them all."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

SiteOption = Annotated[Path, typer.Option("--site", help="The site file.", metavar="SITE.toml")]
ConsoleOption = Annotated[str, typer.Option("--console", help="Whose key is used; it must not be in use elsewhere.")]
UserOption = Annotated[str, typer.Option("--user", help="Who signs in, where the site has users.")]
PROOF_LIMIT_S = 300.0


def add_output_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command()(bypass)


def bypass(
    site: SiteOption,
    node: Annotated[str, typer.Option("--node", help="A relay node of the site file.")],
    output: Annotated[str, typer.Option("--output", help="One of its outputs.")],
    for_s: Annotated[
        float, typer.Option("--for", min=0.0, help="Seconds, up to the policy's bypass_max_s; 0 ends a bypass.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; it goes into the audit log.")] = "",
    console: ConsoleOption = "console-1",
    user: UserOption = "",
) -> None:
    """Keep an output away from the system: a permit closed, a siren quiet. Engineers only, never for long.

    It ends by itself after its time, by the relay node's own clock, and at once when the engine falls silent or the
    node has a fault. A bypassed permit is latched afterwards. The password is read from standard input where that is
    no terminal.
    """
    from safety.output_records import Bypass
    from ui.order import Terminal

    with Terminal(site, console, user, ask_password) as terminal:
        command = Bypass(time_s=0.0, by=console, node=node, contact=output, for_s=for_s, reason=reason)
        view = terminal.order(
            command, lambda view: any(b.contact == output for b in view.bypasses) == (for_s > 0.0), node
        )
    left = [f"{b.left_s:.0f} s left" for b in view.bypasses if b.contact == output]
    typer.echo(f"{node} {output}: {'BYPASSED, ' + left[0] if left else 'no longer bypassed'}")


def proof_test(site: Path, node: str, console: str, user: str) -> int:
    """Have every output of a node moved and read back, and print how it went. Returns 1 where one failed, else 0.

    Raises:
        HoistwatchError: the engine does not answer, or refuses.
    """
    from safety.output_records import ProofTest
    from ui.order import Terminal

    with Terminal(site, console, user, ask_password) as terminal:
        before = terminal.view(node)
        old = before.proof.id if before is not None and before.proof is not None else ""
        view = terminal.order(
            ProofTest(time_s=0.0, by=console, node=node),
            lambda view: view.proof is not None and view.proof.done and view.proof.id != old,
            node,
            PROOF_LIMIT_S,
        )
    assert view.proof is not None
    for result in view.proof.results:
        took = f" in {1e3 * result.took_s:.0f} ms" if result.took_s is not None else ""
        typer.echo(f"{node} {result.contact:12s} {result.verdict}{took}{': ' if result.detail else ''}{result.detail}")
    verdicts = {result.verdict for result in view.proof.results}
    if view.latched:
        typer.echo("permits that were tested are latched: reset them at a console")
    return 1 if "failed" in verdicts else 0


def ask_password(user: str) -> str:
    """From the terminal, or one line of standard input where that is none."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return getpass.getpass(f"Password of {user}: ")
