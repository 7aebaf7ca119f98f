"""How does somebody move whose real trajectory is known? Positions between the rows of a csv file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.camera import Array
from calibration.errors import BadInput
from recordings.csv_rows import read_rows
from recordings.plant.walking import WALK_MPS, phase_rate_radps, wrapped

COLUMNS = ("time_s", "x_m", "y_m")
LONGEST_S = 86_400.0
_TURN_S = 0.25
_GRID_S = 0.02
_FASTEST_MPS = 12.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Where somebody is, how fast, where the chest points and how far the gait is."""

    x_m: float
    y_m: float
    vx_mps: float
    vy_mps: float
    heading_rad: float
    phase_rad: float


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A real trajectory on a fine grid of time. Nobody is there before its first row or after its last."""

    start_s: float
    end_s: float
    rows: Array

    def at(self, time_s: float) -> Sample | None:
        """The state at a time, None outside the trajectory."""
        if not self.start_s - 1e-9 <= time_s <= self.end_s + 1e-9:
            return None
        k = min(max((time_s - self.start_s) / _GRID_S, 0.0), len(self.rows) - 1.0)
        low = min(int(k), len(self.rows) - 2)
        row = self.rows[low] + (k - low) * (self.rows[low + 1] - self.rows[low])
        return Sample(*(float(v) for v in row))


def read_trajectory(path: Path, height_m: float) -> Trajectory:
    """Read ``time_s,x_m,y_m``, at least two rows with rising times.

    Between the rows each coordinate is a monotone cubic (Fritsch and Carlson 1980), which does not
    overshoot. Raises BadInput naming file, line and column.
    """
    rows = list(read_rows(path, COLUMNS))
    if len(rows) < 2:
        raise BadInput(f"{path}: has one row, expected at least two")
    points = np.array([(row.time_s(), row.number("x_m"), row.number("y_m")) for row in rows])
    if points[-1, 0] - points[0, 0] > LONGEST_S:
        raise rows[-1].fault("time_s", f"a time at most {LONGEST_S:g} s after the first")
    steps = np.diff(points, axis=0)
    for row, (dt, dx, dy) in zip(rows[1:], steps, strict=True):
        if dt <= 0.0:
            raise row.fault("time_s", "a time after that of the row before")
        if np.hypot(dx, dy) > _FASTEST_MPS * dt:
            raise row.fault("x_m", f"a place that a person reaches from the row before, at most {_FASTEST_MPS:g} m/s")
    return smooth(points, height_m)


def smooth(points: Array, height_m: float) -> Trajectory:
    """A trajectory through points (n, 3) of time, x and y."""
    from scipy.interpolate import PchipInterpolator

    times = points[:, 0]
    count = max(int(np.ceil((times[-1] - times[0]) / _GRID_S)), 1)
    grid = times[0] + _GRID_S * np.arange(count + 1)
    inside = np.minimum(grid, times[-1])
    curve = PchipInterpolator(times, points[:, 1:])
    place, velocity = curve(inside), curve(inside, 1)
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    phase = np.concatenate([[0.0], np.cumsum(phase_rate_radps(speed, height_m)[:-1] * _GRID_S)])
    return Trajectory(
        float(times[0]), float(times[-1]), np.column_stack([place, velocity, _headings(velocity, speed), phase])
    )


def _headings(velocity: Array, speed: Array) -> Array:
    """Unwrapped headings (n,) along the way, kept while standing, and turned no quicker than a body turns."""
    going = np.flatnonzero(speed > WALK_MPS)
    if not len(going):
        return np.zeros(len(speed))
    last = np.maximum.accumulate(np.where(speed > WALK_MPS, np.arange(len(speed)), going[0]))
    course = np.arctan2(velocity[last, 1], velocity[last, 0])
    out = np.empty(len(course))
    heading = course[0]
    for k, angle in enumerate(course):
        heading += float(wrapped(np.asarray(angle - heading))) * min(1.0, _GRID_S / _TURN_S)
        out[k] = heading
    return out
