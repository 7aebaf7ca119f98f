"""A site while it is edited: zones, structures and hoists as rows that may be wrong for a while; undo, redo. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from calibration.site import Site
from calibration.site_change import TABLES

Row = dict[str, Any]
"""One row's fields as the site file names them. Never changed in place."""
Rows = Mapping[str, tuple[Row, ...]]
Point = tuple[float, float]
TableName = Literal["zone", "structure", "hoist"]
MILLIMETRES = 3
"""Corners are kept to the millimetre, finer than anything on a floor is measured."""
_SIDE_M = 2.0
STEPS_KEPT = 500


@dataclass(frozen=True, slots=True)
class Ref:
    """A row: its table, and its place there."""

    table: str
    index: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the draft: where, and pydantic's own account of it."""

    ref: Ref | None
    field: str
    kind: str
    context: Mapping[str, Any]
    value: object


def points_of(row: Row) -> tuple[Point, ...]:
    """Corners of a zone or structure, or both ends of a hoist's reach, in metres."""
    points: tuple[Point, ...] = row["travel_m" if "travel_m" in row else "polygon_m"]
    return points


class SiteDraft:
    """Edits of one version of a site. Every call that changes something is one step of undo, or part of the last."""

    def __init__(self, site: Site) -> None:
        self.base = site
        self._start: Rows = {table: tuple(row.model_dump() for row in getattr(site, table)) for table in TABLES}
        self.rows: Rows = self._start
        self._past: list[Rows] = []
        self._future: list[Rows] = []

    @property
    def dirty(self) -> bool:
        """Whether anything differs from the version that is edited."""
        return self.rows != self._start

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    def undo(self) -> None:
        if self._past:
            self._future.append(self.rows)
            self.rows = self._past.pop()

    def redo(self) -> None:
        if self._future:
            self._past.append(self.rows)
            self.rows = self._future.pop()

    def row(self, ref: Ref | None) -> Row | None:
        """The row, None where there is none (any more)."""
        rows = self.rows[ref.table] if ref is not None else ()
        return rows[ref.index] if ref is not None and 0 <= ref.index < len(rows) else None

    def refs(self) -> tuple[Ref, ...]:
        """All rows in the order of the site file."""
        return tuple(Ref(table, k) for table in TABLES for k in range(len(self.rows[table])))

    # Changes

    def add(self, table: TableName, at_m: Point, name: str) -> Ref:
        """A new row around a place, of an ordinary size, with a name that is free."""
        rows = self.rows[table]
        self._change({**self.rows, table: (*rows, _new_row(table, at_m, _free(name, rows), rows))})
        return Ref(table, len(rows))

    def delete(self, ref: Ref) -> None:
        if self.row(ref) is not None:
            rows = self.rows[ref.table]
            self._change({**self.rows, ref.table: rows[: ref.index] + rows[ref.index + 1 :]})

    def put(self, ref: Ref, field: str, value: object, same_step: bool = False) -> None:
        """Set one field, to whatever was entered."""
        row = self.row(ref)
        if row is not None and (field not in row or row[field] != value or type(row[field]) is not type(value)):
            self._put_row(ref, {**row, field: value}, same_step)

    def put_points(self, ref: Ref, points: tuple[Point, ...], same_step: bool = False) -> None:
        """Set the whole shape."""
        row = self.row(ref)
        rounded = tuple((round(x, MILLIMETRES), round(y, MILLIMETRES)) for x, y in points)
        if row is not None and rounded != points_of(row):
            self._put_row(ref, {**row, "travel_m" if "travel_m" in row else "polygon_m": rounded}, same_step)

    def move_corner(self, ref: Ref, corner: int, to_m: Point, same_step: bool = False) -> None:
        row = self.row(ref)
        if row is not None and 0 <= corner < len(points_of(row)):
            points = points_of(row)
            self.put_points(ref, (*points[:corner], to_m, *points[corner + 1 :]), same_step)

    def insert_corner(self, ref: Ref, after: int, at_m: Point) -> None:
        """A further corner behind the one of that number; hoists have none."""
        row = self.row(ref)
        if row is not None and "polygon_m" in row:
            points = points_of(row)
            self.put_points(ref, (*points[: after + 1], at_m, *points[after + 1 :]))

    def remove_corner(self, ref: Ref, corner: int) -> None:
        """Take a corner away, as long as three are left."""
        row = self.row(ref)
        if row is not None and "polygon_m" in row and len(points_of(row)) > 3:
            points = points_of(row)
            self.put_points(ref, points[:corner] + points[corner + 1 :])

    def move(self, ref: Ref, by_m: Point, same_step: bool = False) -> None:
        row = self.row(ref)
        if row is not None:
            self.put_points(ref, tuple((x + by_m[0], y + by_m[1]) for x, y in points_of(row)), same_step)

    def put_all(self, site: Site) -> None:
        """Make it another site's zones, structures and hoists, as one step."""
        rows: Rows = {table: tuple(row.model_dump() for row in getattr(site, table)) for table in TABLES}
        if rows != self.rows:
            self._change(rows)

    def _put_row(self, ref: Ref, row: Row, same_step: bool) -> None:
        rows = self.rows[ref.table]
        fresh = {**self.rows, ref.table: (*rows[: ref.index], row, *rows[ref.index + 1 :])}
        if same_step and self._past:
            self.rows = fresh
        else:
            self._change(fresh)

    def _change(self, rows: Rows) -> None:
        self._past = [*self._past[-STEPS_KEPT + 1 :], self.rows]
        self._future = []
        self.rows = rows

    # What it amounts to

    def checked(self) -> tuple[Site | None, tuple[Fault, ...]]:
        """The site, or what is wrong with it."""
        data = self.base.model_dump() | dict(self.rows)
        try:
            return Site.model_validate(data), ()
        except ValidationError as error:
            return None, tuple(_fault(dict(fault)) for fault in error.errors(include_url=False))


def _fault(fault: dict[str, Any]) -> Fault:
    loc = fault["loc"]
    ref = Ref(str(loc[0]), int(loc[1])) if len(loc) > 1 and loc[0] in TABLES and isinstance(loc[1], int) else None
    field = ".".join(str(part) for part in loc[2:] if isinstance(part, str) and "[" not in part)
    return Fault(ref, field, fault["type"], fault.get("ctx", {}), fault.get("input"))


def _free(name: str, rows: tuple[Row, ...]) -> str:
    taken = {row["name"] for row in rows}
    number = 1
    while f"{name} {number}" in taken:
        number += 1
    return f"{name} {number}"


def _new_row(table: TableName, at_m: Point, name: str, rows: tuple[Row, ...]) -> Row:
    (x, y), half = at_m, _SIDE_M / 2
    if table == "structure":
        half /= 2
    square = tuple(
        (round(x + dx, MILLIMETRES), round(y + dy, MILLIMETRES))
        for dx, dy in ((-half, -half), (half, -half), (half, half), (-half, half))
    )
    if table == "zone":
        return {"name": name, "kind": "walkway", "polygon_m": square}
    if table == "structure":
        return {"name": name, "polygon_m": square, "height_m": 2.0, "platform": False}
    # A further hoist is most often like the last one; its place and tag are its own.
    like = rows[-1] if rows else _FIRST_HOIST
    return {**like, "name": name, "travel_m": (square[0], square[2]), "tag": None}


_FIRST_HOIST: Row = {
    "name": "",
    "kind": "bridge",
    "travel_m": ((0.0, 0.0), (1.0, 1.0)),
    "beam_height_m": 6.0,
    "hook_height_m": (0.3, 5.0),
    "travel_speed_mps": (0.17, 0.67),
    "hoist_speed_mps": (0.03, 0.12),
    "deceleration_mps2": 0.25,
    "load_radius_m": 0.5,
    "load_height_m": 0.8,
    "sling_length_m": 0.5,
    "telemetry_point": "trolley",
    "telemetry_sigma_m": 0.05,
    "tag": None,
}
