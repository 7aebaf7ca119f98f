"""Where was each hoist, as its encoder, laser or tag reported it in a csv file?"""

from __future__ import annotations

from pathlib import Path

from calibration.site import Site
from recordings.csv_rows import read_rows
from tracking.records import Telemetry

COLUMNS = ("time_s", "hoist", "x_m", "y_m", "z_m")


def read_telemetry(path: Path | str, site: Site) -> list[Telemetry]:
    """Rows ``time_s,hoist,x_m,y_m,z_m`` (z may be empty), sorted by time, then hoist.

    Raises BadInput naming file, line and column, also for a hoist that the site does not have.
    """
    hoists = tuple(hoist.name for hoist in site.hoist)
    out = []
    for row in read_rows(Path(path), COLUMNS):
        time_s = row.time_s()
        if row.text("hoist") not in hoists:
            raise row.fault("hoist", f"a hoist of the site ({', '.join(hoists) or 'it has none'})")
        out.append(
            Telemetry(
                hoist=row.text("hoist"),
                time_s=time_s,
                ready_s=time_s,
                x_m=row.number("x_m"),
                y_m=row.number("y_m"),
                z_m=row.number_or_none("z_m"),
            )
        )
    return sorted(out, key=lambda t: (t.time_s, t.hoist))
