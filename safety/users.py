"""Who may sign in at a console, and as what: names, roles and password hashes beside the keys of a site.

``users.toml`` in the key folder, mode 0600. A password is kept as its argon2id hash alone (RFC 9106, the
parameters of argon2-cffi's low-memory profile), so that nobody who reads the file can sign in by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from calibration.errors import BadInput
from safety.keys import read_table, write_whole

UserRole = Literal["viewer", "operator", "engineer"]
USER_ROLES: tuple[UserRole, ...] = get_args(UserRole)
USERS_FILE = "users.toml"
SHORTEST, LONGEST = 8, 128
_NAME_LONGEST = 32
_hasher = PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in. ``repr`` leaves the hash out."""

    name: str
    role: UserRole
    hash: str = field(repr=False)


Users = Mapping[str, User]


def load_users(folder: Path) -> Users:
    """Everybody by name; nobody where the file is not there.

    Raises:
        BadInput: malformed, a name listed twice, or readable by group or others.
    """
    path = folder / USERS_FILE
    if not path.exists():
        return {}
    table = read_table(path, secret=True, made_by="hoistwatch users add")
    rows = table.get("user", [])
    if set(table) - {"user"} or not isinstance(rows, list):
        raise BadInput(f"{path}: expected [[user]] tables only")
    users: dict[str, User] = {}
    for row in rows:
        if not isinstance(row, dict) or set(row) != {"name", "role", "hash"}:
            raise BadInput(f"{path}: user: expected the keys name, role and hash")
        user = User(str(row["name"]), row["role"], str(row["hash"]))
        if user.role not in USER_ROLES:
            raise BadInput(f"{path}: user {user.name!r}: role: expected one of {', '.join(USER_ROLES)}")
        if not user.hash.startswith("$argon2id$"):
            raise BadInput(f"{path}: user {user.name!r}: hash: expected an argon2id hash")
        if user.name in users:
            raise BadInput(f"{path}: user {user.name!r} is listed twice")
        users[user.name] = user
    return users


def add_user(folder: Path, name: str, role: UserRole, password: str) -> None:
    """List one more person.

    Raises:
        BadInput: unfit name or password, or the name is listed already.
        Unavailable: the folder cannot be written.
    """
    users = dict(load_users(folder))
    fit = name and len(name) <= _NAME_LONGEST and name.isprintable() and not any(c in ' "\\/@' for c in name)
    if not fit:
        raise BadInput(f"user {name!r}: expected 1 to {_NAME_LONGEST} characters without spaces, quotes, slashes or @")
    if role not in USER_ROLES:
        raise BadInput(f"role {role!r}: expected one of {', '.join(USER_ROLES)}")
    if name in users:
        raise BadInput(f"{folder / USERS_FILE}: user {name!r} is listed already")
    users[name] = User(name, role, hashed(password, name))
    _write(folder, users)


def change_user(folder: Path, name: str, *, role: UserRole | None = None, password: str | None = None) -> None:
    """Give somebody another role or password. Raises BadInput where nobody has that name, or the password is unfit."""
    users = dict(load_users(folder))
    user = _listed(folder, users, name)
    if role is not None:
        user = replace(user, role=role)
    if password is not None:
        user = replace(user, hash=hashed(password, name))
    users[name] = user
    _write(folder, users)


def remove_user(folder: Path, name: str) -> None:
    """Nobody signs in by that name any more. Raises BadInput where nobody has it."""
    users = dict(load_users(folder))
    del users[_listed(folder, users, name).name]
    _write(folder, users)


def hashed(password: str, name: str) -> str:
    """The argon2id hash to keep. Takes some 50 ms. Raises BadInput for a password that is too short, or the name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(f"password of {name!r}: expected {SHORTEST} to {LONGEST} characters")
    if password.casefold() == name.casefold() or len(set(password)) < 3:
        raise BadInput(f"password of {name!r}: expected neither the name nor one or two characters repeated")
    return _hasher.hash(password)


def verified(users: Users, name: str, password: str) -> User | None:
    """Whoever has that name and password. Takes as long for a name that nobody has."""
    user = users.get(name)
    try:
        _hasher.verify(user.hash if user is not None else _nobodys(), password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return None
    return user


def _listed(folder: Path, users: Users, name: str) -> User:
    if name not in users:
        known = ", ".join(sorted(users)) or "nobody yet"
        raise BadInput(f"{folder / USERS_FILE}: no user {name!r}, listed are: {known}")
    return users[name]


def _write(folder: Path, users: Users) -> None:
    lines = ["# Who may sign in at a console. Written by 'hoistwatch users'."]
    for user in sorted(users.values(), key=lambda u: u.name):
        # A JSON string of printable characters is a TOML string too.
        rows = {"name": user.name, "role": user.role, "hash": user.hash}
        lines += ["", "[[user]]", *(f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in rows.items())]
    write_whole(folder / USERS_FILE, "\n".join(lines) + "\n", 0o600)


@cache
def _nobodys() -> str:
    """Verified for names that are not listed, so that the answer's time does not tell which are."""
    return _hasher.hash("nobody has this password")
