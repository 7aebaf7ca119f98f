"""What differs between two versions of a site, and what of that an engine can take in while it runs. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from calibration.site import Site
from calibration.site_file import site_text

TABLES = ("zone", "structure", "hoist")
"""The tables of a site that a running engine takes in."""
SHAPES = ("polygon_m", "travel_m")
What = Literal["added", "removed", "renamed", "changed"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field's value before and after as text, empty where there was none; of a shape both are empty."""

    field: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class SiteChange:
    """One row of a table of the site. ``renamed`` has the new name as the field ``name``."""

    what: What
    table: str
    name: str
    fields: tuple[FieldChange, ...] = ()


def version_of(site: Site) -> str:
    """A short name of a site's whole content: equal sites, and only they, have the same."""
    return hashlib.sha256(site_text(site).encode()).hexdigest()[:12]


def public_site(site: Site) -> Site:
    """The site without its cameras' sources, whose addresses often hold a password."""
    return site.model_copy(update={"camera": tuple(c.model_copy(update={"source": None}) for c in site.camera)})


def with_sources(site: Site, running: Site) -> Site:
    """The site with the sources of ``running`` for cameras that name none."""
    known = {c.name: c.source for c in running.camera}
    cameras = (c if c.source is not None else c.model_copy(update={"source": known.get(c.name)}) for c in site.camera)
    return site.model_copy(update={"camera": tuple(cameras)})


def changes(old: Site, new: Site) -> tuple[SiteChange, ...]:
    """What was done to zones, structures and hoists, in the order of the site file's tables."""
    return tuple(change for table in TABLES for change in _of_table(table, _rows(old, table), _rows(new, table)))


def obstacle(old: Site, new: Site) -> str:
    """Why an engine that runs ``old`` cannot take in ``new``, as a sentence; empty where it can."""
    before, after = old.model_dump(), new.model_dump()
    for table, value in after.items():
        if table in TABLES or value == before[table]:
            continue
        return f"{_first_difference(table, before[table], value)} differs from what runs; a running engine takes in " \
            "zones, structures and hoists only: change the site file and start the engine anew"  # fmt: skip
    return ""


def words(change: SiteChange) -> str:
    """A change in plain English, for logs."""
    head = f"{change.table} {change.name!r}"
    match change.what:
        case "renamed":
            return f"{head} renamed to {change.fields[0].after!r}"
        case "changed":
            return f"{head}: " + ", ".join(_field_words(f) for f in change.fields)
    return f"{head} {change.what}"


def _field_words(change: FieldChange) -> str:
    if change.field in SHAPES:
        return f"{change.field} redrawn"
    return f"{change.field} {change.before or 'none'} → {change.after or 'none'}"


def _rows(site: Site, table: str) -> dict[str, dict[str, Any]]:
    return {row.name: row.model_dump() for row in getattr(site, table)}


def _of_table(table: str, old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]) -> list[SiteChange]:
    gone = {n: row for n, row in old.items() if n not in new}
    come = {n: row for n, row in new.items() if n not in old}
    out: list[SiteChange] = []
    for name, row in list(gone.items()):
        same = next((n for n, other in come.items() if {**other, "name": name} == row), None)
        if same is not None:
            del gone[name], come[same]
            out.append(SiteChange("renamed", table, name, (FieldChange("name", name, same),)))
    for name, row in new.items():
        if name in old and row != old[name]:
            out.append(SiteChange("changed", table, name, _fields(old[name], row)))
    out += [SiteChange("added", table, name) for name in come]
    return out + [SiteChange("removed", table, name) for name in gone]


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(key) if key in SHAPES else FieldChange(key, _short(old[key]), _short(value))
        for key, value in new.items()
        if value != old[key]
    )


def _short(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case tuple() | list():
            return "–".join(_short(v) for v in value)
        case dict():
            return " ".join(f"{k} {_short(v)}" for k, v in value.items())
    return str(value)


def _first_difference(table: str, old: object, new: object) -> str:
    """``[[camera]] 'cam1' source`` or ``[policy] tick_s``."""
    if isinstance(old, dict) and isinstance(new, dict):
        return f"[{table}] {next(k for k in new if new[k] != old[k])}"
    rows_old = {r.get("name", k): r for k, r in enumerate(old)} if isinstance(old, tuple | list) else {}
    rows_new = {r.get("name", k): r for k, r in enumerate(new)} if isinstance(new, tuple | list) else {}
    for name, row in rows_new.items():
        if name in rows_old and row != rows_old[name]:
            return f"[[{table}]] {name!r} {next(k for k in row if row[k] != rows_old[name].get(k))}"
    return f"[[{table}]]"
