"""Where did an alarm happen? The person's place, else the hook's, and the zones around it, for statistics and maps."""

from __future__ import annotations

from dataclasses import dataclass

import shapely

from calibration.site import Site
from safety.records import AlarmTransition, Snapshot


@dataclass(frozen=True, slots=True)
class Place:
    """A point of the floor in metres, world frame, and the zones that it lies in."""

    at_m: tuple[float, float]
    zones: tuple[str, ...]


def place_of(transition: AlarmTransition, snapshot: Snapshot, site: Site) -> Place | None:
    """Where the alarm's person, else its hoist's hook, is in the snapshot; None of a camera's, or out of sight."""
    at_m = next(((p.x_m, p.y_m) for p in snapshot.people if p.id == transition.person), None)
    if at_m is None and transition.person is None:
        hooks = (view.state for view in snapshot.hoists)
        at_m = next(((s.x_m, s.y_m) for s in hooks if s.name == transition.hoist), None)
    if at_m is None:
        return None
    inside = (z.name for z in site.zone if shapely.contains_xy(shapely.Polygon(z.polygon_m), *at_m))
    return Place((round(at_m[0], 2), round(at_m[1], 2)), tuple(inside))
