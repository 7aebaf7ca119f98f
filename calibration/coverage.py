"""Floor coverage: how many cameras see each cell of the floor, and how accurately."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from calibration.camera import Array, Camera
from calibration.site import Site, Structure


@dataclass(frozen=True, slots=True)
class CoverageMap:
    """Cells of the watched floor; row 0 at the smallest y, column 0 at the smallest x.

    count: (rows, cols) cameras that see a foot in the middle of the cell, −1 outside the boundary.
    sigma_m: (rows, cols) standard deviation of a foot point fused over those cameras, inf where unseen.
    seen_by: (cameras, rows, cols) in the order of ``cameras``.
    """

    origin_m: tuple[float, float]
    cell_m: float
    cameras: tuple[str, ...]
    count: NDArray[np.int64]
    sigma_m: Array
    seen_by: NDArray[np.bool_]

    def cell_of(self, x_m: float, y_m: float) -> tuple[int, int] | None:
        """Row and column of a world point, None outside the map."""
        col = int(np.floor((x_m - self.origin_m[0]) / self.cell_m))
        row = int(np.floor((y_m - self.origin_m[1]) / self.cell_m))
        rows, cols = self.count.shape
        return (row, col) if 0 <= row < rows and 0 <= col < cols else None

    def share_seen(self, at_least: int = 1) -> float:
        """Part of the watched floor that at least so many cameras see, 0 to 1."""
        watched = self.count >= 0
        return float((self.count[watched] >= at_least).mean()) if watched.any() else 0.0


def coverage_map(site: Site, cell_m: float = 0.25) -> CoverageMap:
    """The coverage of a site's floor. Structures hide what lies behind them.

    Accuracy: covariance of the foot point from ``policy.foot_sigma_px`` through the Jacobian of each
    camera, fused as the inverse of summed information; the figure is sqrt(trace/2).
    """
    corners = np.asarray(site.site.boundary_m)
    low, high = corners.min(axis=0), corners.max(axis=0)
    cols, rows = (int(np.ceil(round((high[i] - low[i]) / cell_m, 9))) for i in (0, 1))
    xs = low[0] + (np.arange(cols) + 0.5) * cell_m
    ys = low[1] + (np.arange(rows) + 0.5) * cell_m
    floor = np.column_stack([np.tile(xs, rows), np.repeat(ys, cols)])
    watched = shapely.contains_xy(shapely.Polygon(site.site.boundary_m), floor[:, 0], floor[:, 1])
    solid = np.zeros(len(floor), bool)
    for structure in site.structure:
        solid |= shapely.contains_xy(shapely.Polygon(structure.polygon_m), floor[:, 0], floor[:, 1])

    information = np.zeros((len(floor), 2, 2))
    seen_by = np.zeros((len(site.camera), len(floor)), bool)
    for i, table in enumerate(site.camera):
        camera = Camera.from_table(table)
        points = np.column_stack([floor, np.zeros(len(floor))])
        seen = watched & ~solid & camera.visible(points)
        seen[seen] = ~hidden(camera.centre_m, floor[seen], site.structure)
        seen_by[i] = seen
        plane = camera.on_plane(camera.project(points[seen]))
        information[seen] += np.linalg.inv(
            plane.covariance_m2(site.policy.foot_sigma_px) + site.policy.observation_sigma_floor_m**2 * np.eye(2)
        )
    count = np.where(watched, seen_by.sum(axis=0), -1)
    sigma = np.full(len(floor), np.inf)
    any_seen = count > 0
    fused = np.linalg.inv(information[any_seen])
    sigma[any_seen] = np.sqrt(np.trace(fused, axis1=1, axis2=2) / 2.0)
    return CoverageMap(
        origin_m=(float(low[0]), float(low[1])),
        cell_m=cell_m,
        cameras=tuple(c.name for c in site.camera),
        count=count.reshape(rows, cols),
        sigma_m=sigma.reshape(rows, cols),
        seen_by=seen_by.reshape(len(site.camera), rows, cols),
    )


def hidden(centre_m: Array, floor_m: Array, structures: tuple[Structure, ...]) -> NDArray[np.bool_]:
    """Which floor points (n, 2) a camera at ``centre_m`` (3,) cannot see past upright structures.

    The line of sight sinks from the camera's height to the floor, so over a structure's outline it
    is lowest where it leaves the outline towards the floor point.
    """
    out = np.zeros(len(floor_m), bool)
    if not len(floor_m):
        return out
    start = np.broadcast_to(centre_m[:2], floor_m.shape)
    lines = shapely.linestrings(np.stack([start, floor_m], axis=1))
    length = np.linalg.norm(floor_m - centre_m[:2], axis=1)
    for structure in structures:
        outline = shapely.Polygon(structure.polygon_m)
        crossing = shapely.intersects(lines, outline)
        if not crossing.any():
            continue
        inside = shapely.intersection(lines[crossing], outline)
        target = shapely.points(floor_m[crossing])
        to_target = shapely.distance(inside, target)
        share_left = to_target / np.maximum(length[crossing], 1e-9)
        out[crossing] |= centre_m[2] * share_left < structure.height_m
    return out
