"""How are tracks written as csv, and read again?"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import shapely

from calibration.site import Point
from recordings.atomic import atomic_text
from recordings.csv_rows import read_rows
from recordings.numbers import fixed
from safety.records import Snapshot

COLUMNS = ("time_s", "kind", "id", "x_m", "y_m", "z_m", "vx_mps", "vy_mps", "vz_mps", "sigma_m")


class TracksCsv:
    """Writes one row per track and tick: people first, then hooks, in the order of the snapshot.

    ``floor_m``: the watched floor; people beside it, whom the core follows a little farther, have no row.
    """

    def __init__(self, stream: TextIO, floor_m: Sequence[Point] | None = None) -> None:
        self._floor = None if floor_m is None else shapely.Polygon(floor_m)
        self._rows = csv.writer(stream, lineterminator="\n")
        self._rows.writerow(COLUMNS)

    def add(self, snapshot: Snapshot) -> None:
        """Rows of one tick. People stand on the floor: z and vz are 0. What is lost has no row,
        for its place is not known any more. ``sigma_m`` is that of the floor position.
        """
        for p in snapshot.people:
            if not p.lost and (self._floor is None or shapely.intersects_xy(self._floor, p.x_m, p.y_m)):
                self._row(snapshot.time_s, "person", p.id, (p.x_m, p.y_m, 0.0, p.vx_mps, p.vy_mps, 0.0, p.sigma_m))
        for hoist in snapshot.hoists:
            h = hoist.state
            if not h.lost:
                self._row(
                    snapshot.time_s,
                    "hook",
                    h.name,
                    (h.x_m, h.y_m, h.z_m, h.vx_mps, h.vy_mps, h.vz_mps, h.sigma_m),
                )

    def _row(self, time_s: float, kind: str, track_id: str, values: tuple[float, ...]) -> None:
        self._rows.writerow([fixed(time_s, 3), kind, track_id, *(fixed(value, 4) for value in values)])


@contextmanager
def tracks_csv(path: Path | str, floor_m: Sequence[Point] | None = None) -> Iterator[TracksCsv]:
    """A tracks csv that replaces ``path`` when the block ends without an error. Raises BadInput."""
    with atomic_text(path) as stream:
        yield TracksCsv(stream, floor_m)


@dataclass(frozen=True, slots=True)
class TrackRow:
    """One row of a tracks csv, as far as evaluation needs it."""

    time_s: float
    kind: str
    id: str
    x_m: float
    y_m: float


def read_tracks(path: Path | str) -> list[TrackRow]:
    """Rows of a tracks csv in file order; none is an error here, a quiet scene has no tracks.

    Raises BadInput naming file, line, column and what was expected.
    """
    out = []
    for row in read_rows(Path(path), COLUMNS, at_least_one=False):
        kind = row.values["kind"]
        if kind not in ("person", "hook"):
            raise row.fault("kind", "person or hook")
        out.append(TrackRow(row.number("time_s"), kind, row.text("id"), row.number("x_m"), row.number("y_m")))
    return out
