"""Who may talk on the bus: CURVE key pairs of the parties, and the engine's list of whom it lets in.

A key folder of the engine holds one secret file per party, ``engine.pub`` and ``allow.toml``. To set
up another machine, copy its party's ``.key`` file and ``engine.pub`` there, and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import zmq

from calibration.errors import BadInput, Unavailable
from calibration.site import Site

Role = Literal["engine", "console", "relay", "annunciator", "detector", "recorder", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)
ALLOW_FILE = "allow.toml"
SERVER_FILE = "engine.pub"

_Z85 = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#")


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a public key stands for."""

    role: Role
    name: str

    def __str__(self) -> str:
        return f"{self.role} {self.name!r}"


@dataclass(frozen=True, slots=True)
class Identity:
    """One party's key pair, both keys as 40 bytes of Z85. ``repr`` leaves the secret out."""

    role: Role
    name: str
    public: bytes
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeysMade:
    """File names in the key folder: those written now, and those that stood there and were kept."""

    created: tuple[str, ...]
    existed: tuple[str, ...]


def fingerprint(public: bytes) -> str:
    """First 16 hex digits of SHA-256 over the Z85 public key: short enough to read out and compare."""
    return hashlib.sha256(public).hexdigest()[:16]


def key_folder(site: Site, site_path: Path) -> Path:
    """Where the keys of a site lie: ``[bus] keys``, relative to the folder of the site file."""
    return site_path.parent / site.bus.keys


def key_file(role: Role, name: str) -> str:
    """Name of the secret file of a party: ``engine.key``, ``console-1.key``, ``relay-NAME.key`` …"""
    if role not in ("relay", "annunciator", "detector") and (name == role or name.startswith(f"{role}-")):
        return f"{name}.key"
    return f"{role}-{name}.key"


def make_keys(folder: Path, site: Site, *, overwrite: bool = False) -> KeysMade:
    """Make the keys that a site needs: engine, console-1, every relay node, annunciator and detect node,
    recorder, viewer.

    Keys that exist are kept unless ``overwrite``. Parties that were added by hand stay on the list.
    Running it again after an interruption completes what is missing.

    Raises:
        BadInput: an existing key file is malformed or readable by others.
        Unavailable: the folder cannot be written.
    """
    parties = [
        Party("engine", "engine"),
        Party("console", "console-1"),
        *(Party("relay", relay.name) for relay in site.relay),
        *(Party("annunciator", annunciator.name) for annunciator in site.annunciator),
        *(Party("detector", node) for node in site.detect_nodes),
        Party("recorder", "recorder"),
        Party("viewer", "viewer"),
        Party("viewer", "gateway"),
    ]
    created: list[str] = []
    existed: list[str] = []
    allow: dict[Party, bytes] = {party: public for public, party in _allow_or_empty(folder).items()}
    _make_folder(folder)
    for party in parties:
        file = key_file(party.role, party.name)
        if (folder / file).exists() and not overwrite:
            public = load_identity(folder, party.role, party.name).public
            existed.append(file)
        else:
            public = _write_pair(folder / file, party)
            created.append(file)
        if party.role == "engine":
            write_whole(folder / SERVER_FILE, f'# Public key of the engine.\npublic = "{public.decode()}"\n', 0o644)
        else:
            allow[party] = public
    _write_allow(folder, allow)
    return KeysMade(tuple(created), tuple(existed))


def add_party(folder: Path, role: Role, name: str) -> Path:
    """Make a key for one more party, such as a second console, and list it. Returns its secret file.

    An engine that runs lets it in within a second.

    Raises:
        BadInput: no such role, an unfit name, or the party exists already.
        Unavailable: the folder cannot be written.
    """
    if role not in ROLES or role == "engine":
        raise BadInput(f"role {role!r}: expected one of {', '.join(r for r in ROLES if r != 'engine')}")
    if not name or len(name) > 64 or not name.isprintable() or any(c in '/\\"' for c in name):
        raise BadInput(f"name {name!r}: expected 1 to 64 printable characters without slashes or quotes")
    party = Party(role, name)
    path = folder / key_file(role, name)
    if not (folder / SERVER_FILE).exists():
        raise BadInput(f"{folder}: holds no {SERVER_FILE}, make the site's keys first")
    allow = {listed: public for public, listed in _allow_or_empty(folder).items()}
    if path.exists() or party in allow:
        raise BadInput(f"{path}: {party} has a key already")
    allow[party] = _write_pair(path, party)
    _write_allow(folder, allow)
    return path


def rotate_party(folder: Path, role: Role, name: str) -> Path:
    """Give a listed party a new key pair. Returns its secret file, to be taken to that party's machine.

    An engine that runs refuses the old key within a second.

    Raises:
        BadInput: the party is not listed.
        Unavailable: the folder cannot be written.
    """
    party = Party(role, name)
    allow = {listed: public for public, listed in load_allow(folder).items()}
    if party not in allow:
        raise BadInput(f"{folder / ALLOW_FILE}: {role} {name!r} is not listed")
    path = folder / key_file(role, name)
    allow[party] = _write_pair(path, party)
    _write_allow(folder, allow)
    return path


def remove_party(folder: Path, role: Role, name: str) -> None:
    """Take a party off the list, so that the engine refuses its key: one that runs, within a second.

    Raises:
        BadInput: the party is not listed.
    """
    allow = {listed: public for public, listed in load_allow(folder).items()}
    if allow.pop(Party(role, name), None) is None:
        raise BadInput(f"{folder / ALLOW_FILE}: {role} {name!r} is not listed")
    _write_allow(folder, allow)


def load_identity(folder: Path, role: Role, name: str) -> Identity:
    """Read one party's key pair.

    Raises:
        BadInput: the file is missing, malformed, of another party, or readable by group or others.
    """
    path = folder / key_file(role, name)
    table = read_table(path, secret=True)
    public, secret = _key(path, table, "public"), _key(path, table, "secret")
    if (table.get("role"), table.get("name")) != (role, name):
        raise BadInput(f"{path}: role and name: expected {role} {name!r}, found another party's key")
    if zmq.curve_public(secret) != public:
        raise BadInput(f"{path}: public: expected the public half of this file's secret key")
    return Identity(role, name, public, secret)


def load_server_key(folder: Path) -> bytes:
    """The engine's public key, 40 bytes of Z85.

    Raises:
        BadInput: missing or malformed.
    """
    path = folder / SERVER_FILE
    return _key(path, read_table(path), "public")


def load_allow(folder: Path) -> Mapping[bytes, Party]:
    """Whom the engine lets in: public key (Z85) to party.

    Raises:
        BadInput: missing or malformed, a key or a party listed twice.
    """
    path = folder / ALLOW_FILE
    table = read_table(path)
    rows = table.get("party", [])
    if set(table) - {"party"} or not isinstance(rows, list):
        raise BadInput(f"{path}: expected [[party]] tables only")
    allow: dict[bytes, Party] = {}
    for row in rows:
        if not isinstance(row, dict) or set(row) != {"public", "role", "name"}:
            raise BadInput(f"{path}: party: expected the keys public, role and name")
        role, name = row["role"], row["name"]
        if role not in ROLES or role == "engine" or not isinstance(name, str) or not name:
            raise BadInput(
                f"{path}: party: expected a role of {', '.join(r for r in ROLES if r != 'engine')}, and a name"
            )
        public, party = _key(path, row, "public"), Party(role, name)
        if public in allow or party in allow.values():
            raise BadInput(f"{path}: party: {party} is listed twice, or shares its key")
        allow[public] = party
    return allow


def _allow_or_empty(folder: Path) -> Mapping[bytes, Party]:
    return load_allow(folder) if (folder / ALLOW_FILE).exists() else {}


def read_table(path: Path, *, secret: bool = False, made_by: str = "hoistwatch keys") -> dict[str, object]:
    """A TOML file of the key folder. Raises BadInput: missing, malformed, or a secret that others can read."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if secret and stat.S_IMODE(mode) & 0o077:
                raise BadInput(f"{path}: is readable by other users, expected mode 0600: run chmod 600 '{path}'")
            return tomllib.load(file)
    except FileNotFoundError:
        raise BadInput(f"{path}: no such key file, make it with '{made_by}' or copy it here") from None
    except (ValueError, RecursionError):  # no TOML, no UTF-8, endless numbers or nesting
        raise BadInput(f"{path}: expected a file made by '{made_by}', found something else") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from None


def _key(path: Path, table: Mapping[str, object], name: str) -> bytes:
    value = table.get(name)
    key = value.encode() if isinstance(value, str) else b""
    if len(key) != 40 or not _Z85.issuperset(key):
        raise BadInput(f"{path}: {name}: expected a key of 40 Z85 characters")
    return key


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder}: key folder cannot be made ({error.strerror})") from None


def _write_pair(path: Path, party: Party) -> bytes:
    public, secret = zmq.curve_keypair()
    text = (
        f"# Secret key of a Hoistwatch party. Whoever holds this file can act as it.\n"
        f'role = "{party.role}"\nname = "{party.name}"\n'
        f'public = "{public.decode()}"\nsecret = "{secret.decode()}"\n'
    )
    write_whole(path, text, 0o600)
    return public


def _write_allow(folder: Path, allow: Mapping[Party, bytes]) -> None:
    write_whole(folder / ALLOW_FILE, "\n".join(_allow_lines(allow)), 0o600)


def _allow_lines(allow: Mapping[Party, bytes]) -> Iterable[str]:
    yield "# Whom the engine lets in, by public key. Delete a party to lock it out."
    for party in sorted(allow, key=lambda p: (p.role, p.name)):
        yield f'\n[[party]]\nrole = "{party.role}"\nname = "{party.name}"\npublic = "{allow[party].decode()}"'
    yield ""


def write_whole(path: Path, text: str, mode: int) -> None:
    """Replace a file as a whole; mkstemp makes it 0600, so a secret is never readable in between.

    Raises Unavailable where it cannot be written.
    """
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise Unavailable(f"{path}: cannot be written ({error.strerror})") from None
