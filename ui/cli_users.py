"""``hoistwatch users``: who may sign in at the consoles of a site."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from safety.users import UserRole

SiteOption = Annotated[Path, typer.Option("--site", help="The site file.", metavar="SITE.toml")]
Name = Annotated[str, typer.Argument(help="Name to sign in by.", metavar="NAME")]
Role = Annotated[
    str, typer.Option("--role", help="viewer (looks on), operator (acknowledges, shelves, resets) or engineer.")
]
users_app = typer.Typer(help="Who may sign in at the consoles of a site.", no_args_is_help=True)


def add_user_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.add_typer(users_app, name="users")


@users_app.command("add")
def add(name: Name, site: SiteOption, role: Role = "operator") -> None:
    """List one more person. The password is asked for, or read from standard input where that is no terminal.

    From the first user on, every command at a console needs somebody to be signed in.
    """
    from safety.users import add_user, load_users

    folder = _folder(site)
    first = not load_users(folder)
    add_user(folder, name, _role(role), _password(name))
    typer.echo(f"added {role} {name}")
    if first:
        typer.echo("This is the first user: from now on consoles need somebody to be signed in.")


@users_app.command("list")
def listing(site: SiteOption) -> None:
    """Names and roles."""
    from safety.users import load_users

    users = load_users(_folder(site))
    for user in sorted(users.values(), key=lambda u: u.name):
        typer.echo(f"{user.role:9s} {user.name}")
    if not users:
        typer.echo("nobody yet: every console acts as an operator without signing in")


@users_app.command("role")
def role_of(name: Name, role: Annotated[str, typer.Argument(help="viewer, operator or engineer.")],
            site: SiteOption) -> None:  # fmt: skip
    """Give somebody another role; signs them out."""
    from safety.users import change_user

    change_user(_folder(site), name, role=_role(role))
    typer.echo(f"{name} is {role} now")


@users_app.command("password")
def password_of(name: Name, site: SiteOption) -> None:
    """Give somebody another password; signs them out."""
    from safety.users import change_user

    folder = _folder(site)
    change_user(folder, name, password=_password(name))
    typer.echo(f"{name} has another password now")


@users_app.command("remove")
def remove(name: Name, site: SiteOption) -> None:
    """Nobody signs in by that name any more; signs them out."""
    from safety.users import remove_user

    remove_user(_folder(site), name)
    typer.echo(f"removed {name}")


def _folder(site: Path) -> Path:
    from calibration.errors import BadInput
    from calibration.site_file import load_site
    from safety.keys import SERVER_FILE, key_folder

    folder = key_folder(load_site(site), site)
    if not (folder / SERVER_FILE).exists():
        raise BadInput(f"{folder}: holds no {SERVER_FILE}, make the site's keys first: hoistwatch keys --site {site}")
    return folder


def _role(text: str) -> UserRole:
    from calibration.errors import BadInput
    from safety.users import USER_ROLES

    if text not in USER_ROLES:
        raise BadInput(f"role {text!r}: expected one of {', '.join(USER_ROLES)}")
    return cast("UserRole", text)


def _password(name: str) -> str:
    from calibration.errors import BadInput

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass(f"Password of {name}: ")
    if getpass.getpass("Once more: ") != password:
        raise BadInput(f"password of {name!r}: expected the same twice")
    return password
