"""What the floor plan says about the thing under the pointer."""

from __future__ import annotations

import math

import shapely

from safety.records import HoistView, Role, Snapshot
from tracking.records import Person
from ui.plan_geometry import View
from ui.plan_static import StaticPlan
from ui.text import Language, say, word

_NEAR_PX = 14.0


def tip_at(
    static: StaticPlan, snapshot: Snapshot | None, view: View, at_px: tuple[float, float], language: Language
) -> str:
    """The tooltip at a widget pixel: people before hoists before what stands still."""

    def near(x_m: float, y_m: float, reach_px: float) -> bool:
        x, y = view.px(x_m, y_m)
        return math.hypot(x - at_px[0], y - at_px[1]) <= reach_px

    if snapshot is not None:
        for person in snapshot.people:
            if near(person.x_m, person.y_m, _NEAR_PX):
                role = next((view.role for view in snapshot.roles if view.person == person.id), Role.UNKNOWN)
                return person_tip(person, role, language)
        for hoist in snapshot.hoists:
            table = static.site.hoist_named(hoist.state.name)
            reach = max(_NEAR_PX, (table.load_radius_m if table else 0.0) * view.scale_px_per_m)
            if near(hoist.state.x_m, hoist.state.y_m, reach):
                return hoist_tip(hoist, language)
    for name, (place, _) in static.places.items():
        if near(*place, _NEAR_PX):
            return say(language, "plan.tip_camera", name=name)
    return _still_tip(static, view.floor(*at_px), language)


def person_tip(person: Person, role: Role, language: Language) -> str:
    mode = say(language, "mode.lost") if person.lost else word(language, person.mode)
    return say(
        language,
        "plan.tip_person",
        name=person.id,
        role=word(language, role),
        mode=mode,
        speed=f"{person.speed_mps:.1f}",
        sigma=f"{person.sigma_m:.2f}",
    )


def hoist_tip(hoist: HoistView, language: Language) -> str:
    state = hoist.state
    return say(
        language,
        "plan.tip_hoist",
        name=state.name,
        phase=word(language, hoist.phase),
        carrying=say(language, f"carrying.{state.carrying}"),
        z=f"{state.z_m:.1f}" if state.height_known else "?",
        speed=f"{state.travel_speed_mps:.2f}",
    )


def _still_tip(static: StaticPlan, at_m: tuple[float, float], language: Language) -> str:
    point = shapely.Point(at_m)
    for structure in static.site.structure:
        if shapely.Polygon(structure.polygon_m).contains(point):
            return say(language, "plan.tip_structure", name=structure.name, height=f"{structure.height_m:g}")
    lines = [
        f"{zone.name} · {say(language, f'zone.{zone.kind}')}"
        for zone in static.site.zone
        if shapely.Polygon(zone.polygon_m).contains(point)
    ]
    cell = static.coverage.cell_of(*at_m) if static.coverage is not None and static.site.camera else None
    if cell is not None and static.coverage is not None:
        count = int(static.coverage.count[cell])
        sigma_m = float(static.coverage.sigma_m[cell])
        if count > 0:
            lines.append(say(language, "plan.tip_coverage", count=count, sigma=f"{sigma_m:.2f}"))
        elif count == 0:
            lines.append(say(language, "plan.tip_uncovered"))
    lines.append(say(language, "plan.help"))
    return "\n".join(lines)
