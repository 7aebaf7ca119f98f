"""Roles and phase change what is allowed: levels of hazards kept within the rows of one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from calibration.allowed import ALLOWED, Allowance
from calibration.site import Site
from safety.records import Hazard, Level, Role
from safety.scene import Scene

_SLOW_TOLERANCE = 1.2


class Allowed:
    """The table of one site."""

    def __init__(self, site: Site) -> None:
        self._rows: dict[str, list[Allowance]] = {}
        for row in (*site.allowed, *ALLOWED):
            self._rows.setdefault(row.situation, []).append(row)

    def judge(self, hazards: Iterable[Hazard], scenes: Iterable[Scene], roles: Mapping[str, Role]) -> list[Hazard]:
        """The hazards at the levels that the table allows; those that it clears are left out.

        A level that was changed keeps what it was before in its terms, as ``judged_rank``.
        """
        known = {s.state.name: s for s in scenes}
        out = []
        for hazard in hazards:
            row = self._row(hazard, known.get(hazard.hoist or ""), roles.get(hazard.person or "", Role.UNKNOWN))
            level = hazard.level if row is None else _within(hazard.level, row)
            if level is hazard.level:
                out.append(hazard)
            elif level is not Level.CLEAR:
                terms = {**hazard.terms, "judged_rank": float(hazard.level.rank)}
                out.append(msgspec.structs.replace(hazard, level=level, terms=terms))
        return out

    def _row(self, hazard: Hazard, scene: Scene | None, role: Role) -> Allowance | None:
        return next((r for r in self._rows.get(hazard.situation.value, ()) if _holds(r, scene, role)), None)


def _holds(row: Allowance, scene: Scene | None, role: Role) -> bool:
    if row.role and role.value not in row.role:
        return False
    if scene is None:
        return not row.phase and row.slow is None and row.below_m is None
    slow = scene.state.travel_speed_mps <= _SLOW_TOLERANCE * scene.hoist.travel_speed_mps[0]
    return (
        (not row.phase or scene.phase.value in row.phase)
        and (row.slow is None or row.slow == slow)
        and (row.below_m is None or scene.body.highest_m < row.below_m)
    )


def _within(level: Level, row: Allowance) -> Level:
    low, high = Level(row.lowest), Level(row.highest)
    if level.rank > high.rank:
        return high
    return low if level.rank < low.rank else level
