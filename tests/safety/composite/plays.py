"""Whole plays through the engine: bodies as cameras see them, a hoist as a laser sees it, tick by tick."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from calibration.camera import Camera
from calibration.site import Site
from recordings.plant.outlines import body_points
from recordings.plant.records import BodyState, Posture
from safety.engine import Step
from safety.records import Event, Level, Situation
from tests.safety.situations import HOIST, lift, run
from tests.worlds import boxes_at, seen_at, sight_at
from tracking.records import Box

Spoil = Callable[[str, float, list[Box]], list[Box]]
"""What becomes of one camera's boxes at a time."""
CAMERA_HZ = 5.0
LASER_HZ = 10.0
Cast = Callable[[float], Sequence[BodyState]]
Hook = Callable[[float], tuple[float, float, float]]
"""Where the hook is at a time, x, y, z in metres."""


def body(
    name: str, x_m: float, y_m: float, posture: Posture = "stand", *, z_m: float = 0.0, up: float = 0.0
) -> BodyState:
    """Somebody at a place; ``up`` is where the chest points (rad), or the head of one who lies."""
    bend = 1.0 if posture == "bend" else 0.0
    return BodyState(name=name, role="operator", x_m=x_m, y_m=y_m, z_m=z_m, heading_rad=up, posture=posture, bend=bend)


def play(
    site: Site,
    cast: Cast,
    hook: Hook,
    until_s: float,
    *,
    loaded: bool = True,
    sigma_px: float = 1.0,
    spoil: Spoil | None = None,
    load_z: Callable[[float], float] | None = None,
) -> list[Step]:
    """Every tick of a play, with pixel noise of a seed. ``load_z`` is of a load that does not hang there."""
    random = np.random.default_rng(3)
    cameras = [Camera.from_table(table) for table in site.camera]
    events: list[Event] = []
    for k in range(round(until_s * LASER_HZ)):
        time_s = (k + 0.5) / LASER_HZ
        seen = lift(*hook(time_s), hoist=HOIST, loaded=loaded)
        if load_z is not None:
            seen[1:] = [seen_at("load", seen[0].x_m, seen[0].y_m, load_z(time_s), 0.03)]
        events.append(sight_at("laser", time_s, seen))
    for k in range(round(until_s * CAMERA_HZ)):
        for i, camera in enumerate(cameras):
            time_s = (k + (i + 1) / (len(cameras) + 1)) / CAMERA_HZ
            bodies = [b for one in cast(time_s) if (b := box_of(one, camera, random, sigma_px)) is not None]
            shown = bodies if spoil is None else spoil(camera.name, time_s, bodies)
            events.append(boxes_at(camera.name, time_s, shown))
    return run(site, events, until_s)


def box_of(one: BodyState, camera: Camera, random: np.random.Generator, sigma_px: float) -> Box | None:
    """The box round a whole body; None where any part of it is out of the picture."""
    points = body_points(one, camera.centre_m)
    if not camera.visible(points).all():
        return None
    px = camera.project(points)
    left, top, right, bottom = np.concatenate([px.min(axis=0), px.max(axis=0)]) + random.normal(0.0, sigma_px, 4)
    return Box(float(left), float(top), float(right - left), float(bottom - top), 0.9)


def told(steps: Sequence[Step], situation: Situation) -> list[tuple[float, str, Level]]:
    """Each transition of a situation: when, what, level."""
    return [(round(t.time_s, 1), t.event, t.level) for s in steps for t in s.transitions if t.situation is situation]


def reached_s(steps: Sequence[Step], situation: Situation, level: Level) -> float | None:
    """When a situation was first told at a level or a higher one."""
    rising = (
        t.time_s
        for s in steps
        for t in s.transitions
        if t.situation is situation and t.event in ("raised", "escalated") and t.level.rank >= level.rank
    )
    return next(rising, None)


def cleared_s(steps: Sequence[Step], situation: Situation) -> float | None:
    """When a situation was last told to be over, None where it never was, or came back."""
    last = [t for s in steps for t in s.transitions if t.situation is situation]
    return last[-1].time_s if last and last[-1].event == "cleared" else None


def reasons(steps: Sequence[Step], situation: Situation) -> list[str]:
    """Why, as it was told."""
    return [t.reason for s in steps for t in s.transitions if t.situation is situation]


def ramp(time_s: float, from_s: float, speed: float, most: float) -> float:
    """A way gone from ``from_s`` on at a speed, ``most`` at the end."""
    return min(max(time_s - from_s, 0.0) * speed, most)
