"""How does a table of observations in metres become a recording?"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import cast, get_args

from recordings.csv_rows import Row, read_rows
from recordings.imports import import_site, new_import, write_inputs
from recordings.store import Recording, RecordingInfo
from tracking.records import Kind, Observation, Sight

COLUMNS = ("time_s", "kind", "source", "x_m", "y_m", "z_m", "sigma_xy_m", "sigma_z_m")
_KINDS: tuple[str, ...] = get_args(Kind)


def import_observations(site_path: Path | str, obs_path: Path | str, out: Path | str) -> RecordingInfo:
    """Write ``obs.csv`` as a recording at ``out``. Raises BadInput; nothing is then left behind."""
    text, _ = import_site(site_path)
    sights = read_observations(obs_path)
    with new_import(out, text, "observations") as writer:
        write_inputs(writer, sights)
    return Recording(out).info


def read_observations(path: Path | str) -> list[Sight]:
    """Rows ``time_s,kind,source,x_m,y_m,z_m,sigma_xy_m,sigma_z_m`` in any order, one Sight per source and time.

    People stand on the floor: their z is empty (or 0). Elsewhere an empty z is an unknown height, and
    an empty ``sigma_z_m`` beside a known one counts as ``sigma_xy_m``. Sorted by time, source, kind
    and place, so that the order of the rows does not matter. Raises BadInput naming file, line, column.
    """
    rows = sorted(((_key(row), _observation(row)) for row in read_rows(Path(path), COLUMNS)), key=_order)
    out = []
    for (time_s, source), group in itertools.groupby(rows, key=lambda item: item[0]):
        seen = tuple(observation for _, observation in group)
        out.append(Sight(source=source, time_s=time_s, ready_s=time_s, observations=seen))
    return out


def _key(row: Row) -> tuple[float, str]:
    return row.time_s(), row.text("source")


def _order(item: tuple[tuple[float, str], Observation]) -> tuple[float, str, str, float, float, float, float]:
    (time_s, source), seen = item
    return time_s, source, seen.kind, seen.x_m, seen.y_m, seen.z_m or 0.0, seen.var_x_m2


def _observation(row: Row) -> Observation:
    kind = row.values["kind"]
    if kind not in _KINDS:
        raise row.fault("kind", f"one of {', '.join(_KINDS)}")
    sigma_m = row.positive("sigma_xy_m")
    z_m = row.number_or_none("z_m")
    sigma_z_m = row.positive("sigma_z_m") if row.values["sigma_z_m"] else None
    if kind == "person":
        if z_m not in (None, 0.0):
            raise row.fault("z_m", "nothing for a person, who stands on the floor")
        z_m = None
    return Observation(
        kind=cast(Kind, kind),
        x_m=row.number("x_m"),
        y_m=row.number("y_m"),
        z_m=z_m,
        var_x_m2=sigma_m**2,
        var_y_m2=sigma_m**2,
        sigma_z_m=None if z_m is None else sigma_z_m or sigma_m,
    )
