"""The site file and its history: every version that was put in force, by whom, when, and what it changed.

Beside ``site.toml`` lies the folder ``site-history`` with two files for each version: ``0007.toml``, the site file
as it was, and ``0007.json``, who, when and why. The second is written last: a version without it never came about.
"""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import Any

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from calibration.errors import BadInput
from calibration.site import Hoist, Site, Structure, Zone
from calibration.site_change import TABLES, changes, version_of
from calibration.site_file import parse_site, site_text
from calibration.toml_file import read_text
from recordings.atomic import open_temporary, put_in_place, temporary_beside, throw_away
from safety.site_records import SiteEntry

PRIVATE = 0o600
_MODELS: dict[str, type[Zone | Structure | Hoist]] = {"zone": Zone, "structure": Structure, "hoist": Hoist}


class SiteStore:
    """One site file and its history. One thread calls what writes."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.folder = self.path.with_name(f"{self.path.stem}-history")

    def entries(self) -> tuple[SiteEntry, ...]:
        """The history, oldest first; empty before the first change. Raises BadInput for one that cannot be read."""
        out = []
        for path in sorted(self.folder.glob("[0-9]*.json")):
            try:
                entry = msgspec.json.decode(path.read_bytes(), type=SiteEntry)
            except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as error:
                raise BadInput(f"{path}: cannot be read as an entry of the site's history: {error}") from None
            if path.stem != f"{entry.n:04d}":
                raise BadInput(f"{path}: n is {entry.n}, expected the number in the file's name")
            out.append(entry)
        return tuple(out)

    def text_of(self, number: int) -> str:
        """The site file as it was in that version. Raises BadInput where there is none."""
        path = self.folder / f"{number:04d}.toml"
        if not path.with_suffix(".json").exists():
            raise BadInput(f"{self.path}: its history has no version {number}")
        return read_text(path, "version of the site")

    def note_start(self, site: Site, wall_s: float) -> None:
        """Keep a version that came into the file by other hands since the newest one of the history."""
        entries = self.entries()
        if entries and entries[-1].version != version_of(site):
            before = parse_site(self.text_of(entries[-1].n), str(self.path))
            entry = SiteEntry(
                n=entries[-1].n + 1, version=version_of(site), wall_s=wall_s, by="", changes=changes(before, site)
            )
            self._keep(entry, read_text(self.path, "site file"))

    def put(self, running: Site, site: Site, by: str, wall_s: float, comment: str) -> SiteEntry:
        """Write ``site`` over the file that holds ``running``, and both into the history.

        The file's own comments and order stay. After an error it is as it was before.

        Raises:
            BadInput: the file holds something else by now, or cannot be written.
        """
        text = read_text(self.path, "site file")
        if _parsed(text, self.path) != running:
            raise BadInput(
                f"{self.path.name}: was changed by other hands since the engine read it, "
                "expected the site that runs: put it back, or start the engine anew"
            )
        entries = self.entries()
        number = entries[-1].n + 1 if entries else 1
        if not entries:
            self._keep(SiteEntry(n=number, version=version_of(running), wall_s=wall_s, by=""), text)
            number += 1
        entry = SiteEntry(
            n=number, version=version_of(site), wall_s=wall_s, by=by, comment=comment, changes=changes(running, site)
        )
        new_text = edited(text, site)
        self._keep(entry, new_text)
        try:
            self._write(self.path, new_text, stat.S_IMODE(self.path.stat().st_mode))
        except (BadInput, OSError) as error:
            self.forget(entry)
            raise BadInput(str(error)) from None
        return entry

    def undo(self, entry: SiteEntry) -> None:
        """Put the version before ``entry`` back: the engine could not take ``entry`` in."""
        self._write(self.path, self.text_of(entry.n - 1), stat.S_IMODE(self.path.stat().st_mode))
        self.forget(entry)

    def forget(self, entry: SiteEntry) -> None:
        for suffix in (".json", ".toml"):
            (self.folder / f"{entry.n:04d}{suffix}").unlink(missing_ok=True)

    def _keep(self, entry: SiteEntry, text: str) -> None:
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise BadInput(f"{self.folder}: cannot be made ({error.strerror})") from None
        path = self.folder / f"{entry.n:04d}.toml"
        self._write(path, text, PRIVATE)
        self._write(path.with_suffix(".json"), msgspec.json.encode(entry).decode() + "\n", PRIVATE)

    def _write(self, path: Path, text: str, mode: int) -> None:
        """Whole or not at all, and no more readable than before: a camera's address may hold a password."""
        temporary = temporary_beside(path)
        try:
            with io.TextIOWrapper(open_temporary(temporary, path), encoding="utf-8", newline="\n") as stream:
                os.fchmod(stream.fileno(), mode)
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            throw_away(temporary, path, error)
            raise BadInput(f"{path}: cannot be written ({error.strerror or error})") from None
        put_in_place(temporary, path)


def edited(text: str, site: Site) -> str:
    """The site file's text with the zones, structures and hoists of ``site``; comments and all else stay."""
    try:
        document = tomlkit.parse(text)
        for table in TABLES:
            _fit(document, table, [row.model_dump(mode="json", exclude_none=True) for row in getattr(site, table)])
        new_text = tomlkit.dumps(document)
        if parse_site(new_text, "site") == site:
            return new_text
    except (TOMLKitError, BadInput):
        pass
    return site_text(site)  # a file written in an unusual way: right, if without its comments


def _parsed(text: str, path: Path) -> Site | None:
    try:
        return parse_site(text, str(path))
    except BadInput:
        return None


def _fit(document: tomlkit.TOMLDocument, table: str, rows: list[dict[str, Any]]) -> None:
    """Make the rows of one table what they are to be, each as it is written wherever its values stay."""
    found = document.get(table)
    old = [item for item in found if isinstance(item, Table)] if isinstance(found, AoT) else []
    known = {str(item.get("name")): item for item in old}
    if not rows:
        document.pop(table, None)
        return
    fresh = tomlkit.aot()
    for row in rows:
        fresh.append(_fitted(known.get(row["name"]), row, table))
    if found is not None:
        document[table] = fresh
    else:
        document.append(table, fresh)


def _fitted(item: Table | None, row: dict[str, Any], table: str) -> Table:
    if item is None:
        item = tomlkit.table()
    for key in [key for key in item if key not in row]:
        del item[key]
    for key, value in row.items():
        if key in item and item[key].unwrap() == value:
            continue
        if key not in item and value == _MODELS[table].model_fields[key].default:
            continue
        item[key] = value
    return item
