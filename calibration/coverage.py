"""Floor coverage: how many cameras see each cell of the floor, and how accurately."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray

from calibration.camera import Array, Camera
from calibration.site import CameraTable, Site, Structure


@dataclass(frozen=True, slots=True)
class CoverageMap:
    """Cells of the watched floor; row 0 at the smallest y, column 0 at the smallest x.

    count: (rows, cols) cameras that see a foot in the middle of the cell, −1 outside the boundary and where a
    structure stands: there is no floor. On a platform people stand, and the foot is on its top.
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

    def without(self, cameras: Collection[str]) -> CoverageMap:
        """The same floor as the other cameras see it; ``sigma_m`` stays where anybody sees."""
        kept = np.array([name not in cameras for name in self.cameras], bool)
        count = np.where(self.count < 0, -1, self.seen_by[kept].sum(axis=0))
        sigma = np.where(count > 0, self.sigma_m, np.inf)
        return replace(self, count=count, sigma_m=sigma, seen_by=self.seen_by & kept[:, None, None])

    def share_seen(self, at_least: int = 1) -> float:
        """Part of the watched floor that at least so many cameras see, 0 to 1."""
        watched = self.count >= 0
        return float((self.count[watched] >= at_least).mean()) if watched.any() else 0.0


def coverage_map(site: Site, cell_m: float = 0.25, height_m: float = 0.0) -> CoverageMap:
    """The coverage of a site's floor. Structures hide what lies behind them.

    ``height_m`` asks for points so far above the floor instead of feet.
    Accuracy: covariance of the foot point from ``policy.foot_sigma_px`` through the Jacobian of each
    camera, fused as the inverse of summed information; the figure is sqrt(trace/2). The arrays are read-only:
    whoever asks for the same floor gets the same map.
    """
    noise = site.policy.foot_sigma_px, site.policy.observation_sigma_floor_m
    return _mapped(site.site.boundary_m, site.structure, site.camera, noise, cell_m, height_m)


@lru_cache(maxsize=8)
def _mapped(
    boundary_m: tuple[tuple[float, float], ...],
    structures: tuple[Structure, ...],
    tables: tuple[CameraTable, ...],
    noise: tuple[float, float],
    cell_m: float,
    height_m: float,
) -> CoverageMap:
    foot_sigma_px, floor_sigma_m = noise
    corners = np.asarray(boundary_m)
    low, high = corners.min(axis=0), corners.max(axis=0)
    cols, rows = (int(np.ceil(round((high[i] - low[i]) / cell_m, 9))) for i in (0, 1))
    xs = low[0] + (np.arange(cols) + 0.5) * cell_m
    ys = low[1] + (np.arange(rows) + 0.5) * cell_m
    floor = np.column_stack([np.tile(xs, rows), np.repeat(ys, cols)])
    watched = shapely.contains_xy(shapely.Polygon(boundary_m), floor[:, 0], floor[:, 1])
    level = np.zeros(len(floor))
    solid = np.zeros(len(floor), bool)
    for structure in sorted(structures, key=lambda s: (s.height_m, s.platform)):
        inside = shapely.contains_xy(shapely.Polygon(structure.polygon_m), floor[:, 0], floor[:, 1])
        level[inside], solid[inside] = structure.height_m, not structure.platform
    watched &= ~solid

    information = np.zeros((len(floor), 2, 2))
    seen_by = np.zeros((len(tables), len(floor)), bool)
    for i, table in enumerate(tables):
        camera = Camera.from_table(table)
        points = np.column_stack([floor, level + height_m])
        seen = watched & camera.visible(points)
        seen[seen] = ~hidden(camera.centre_m, points[seen], structures)
        seen_by[i] = seen
        plane = camera.on_plane(camera.project(points[seen]), points[seen, 2])
        information[seen] += np.linalg.inv(plane.covariance_m2(foot_sigma_px) + floor_sigma_m**2 * np.eye(2))
    count = np.where(watched, seen_by.sum(axis=0), -1)
    sigma = np.full(len(floor), np.inf)
    any_seen = count > 0
    fused = np.linalg.inv(information[any_seen])
    sigma[any_seen] = np.sqrt(np.trace(fused, axis1=1, axis2=2) / 2.0)
    out = CoverageMap(
        origin_m=(float(low[0]), float(low[1])),
        cell_m=cell_m,
        cameras=tuple(c.name for c in tables),
        count=count.reshape(rows, cols),
        sigma_m=sigma.reshape(rows, cols),
        seen_by=seen_by.reshape(len(tables), rows, cols),
    )
    for values in (out.count, out.sigma_m, out.seen_by):
        values.setflags(write=False)
    return out


def coverage_csv(cells: CoverageMap) -> str:
    """One line a watched cell: its middle, how many cameras see it, and how accurately (empty where none does)."""
    lines = ["x_m,y_m,cameras,sigma_m"]
    for (row, col), count in np.ndenumerate(cells.count):
        if count < 0:
            continue
        x, y = (cells.origin_m[i] + (n + 0.5) * cells.cell_m for i, n in ((0, col), (1, row)))
        sigma = f"{cells.sigma_m[row, col]:.3f}" if count > 0 else ""
        lines.append(f"{x:.3f},{y:.3f},{count},{sigma}")
    return "\n".join(lines) + "\n"


def hidden(centre_m: Array, points_m: Array, structures: tuple[Structure, ...]) -> NDArray[np.bool_]:
    """Which points (n, 3) a camera at ``centre_m`` (3,) cannot see past upright structures.

    The line of sight sinks from the camera to the point, so over a structure's outline it is lowest
    where it leaves the outline towards the point (for a camera above the points).
    """
    out = np.zeros(len(points_m), bool)
    if not len(points_m):
        return out
    low = points_m[:, 2]
    for structure in structures:
        left = _left_at(centre_m[:2], points_m[:, :2], structure.polygon_m)
        out |= low + (centre_m[2] - low) * (1.0 - left) < structure.height_m  # never true of nan
    return out


def _left_at(centre_m: Array, points_m: Array, outline_m: tuple[tuple[float, float], ...]) -> Array:
    """How far along lines from ``centre_m`` (2,) to points (n, 2) an outline is left for the last time.

    0 at the centre, 1 at the point, also where that lies within the outline; nan where the line does not meet it.
    """
    corners, way_m = np.asarray(outline_m), points_m - centre_m
    left = np.where(shapely.contains_xy(shapely.Polygon(outline_m), points_m[:, 0], points_m[:, 1]), 1.0, np.nan)
    for start_m, edge_m in zip(corners, np.roll(corners, -1, axis=0) - corners, strict=True):
        to_m = start_m - centre_m
        with np.errstate(divide="ignore", invalid="ignore"):  # a line along the edge meets its neighbours too
            turn = way_m[:, 0] * edge_m[1] - way_m[:, 1] * edge_m[0]
            along = (to_m[0] * edge_m[1] - to_m[1] * edge_m[0]) / turn
            across = (to_m[0] * way_m[:, 1] - to_m[1] * way_m[:, 0]) / turn
            met = (along >= 0.0) & (along <= 1.0) & (across >= 0.0) & (across <= 1.0)
        left = np.fmax(left, np.where(met, along, np.nan))
    return left
