"""What a composite situation is judged on: everything that is known at one tick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from calibration.policy import Policy
from safety.camera_records import CameraView
from safety.records import Hazard, Role
from safety.scene import Scene
from tracking.tracker import Tracks


@dataclass(frozen=True, slots=True)
class Moment:
    """One tick: all hoists among all people, and how well the cameras see.

    ``scenes`` hold the people on the floor, ``raised`` those on platforms, heights counted from there.
    ``roles`` maps a person's id to what the person does there; who is not in it is unknown.
    """

    now_s: float
    policy: Policy
    scenes: tuple[Scene, ...]
    tracks: Tracks
    cameras: tuple[CameraView, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=dict)
    raised: tuple[Scene, ...] = ()

    def role_of(self, person: str) -> Role:
        """What a person does, ``UNKNOWN`` where nothing tells."""
        return self.roles.get(person, Role.UNKNOWN)


Rule = Callable[[Moment], list[Hazard]]
"""One situation's judgement of a tick. What it remembers of earlier ticks it keeps itself.

A rule that remembers has ``carry_on(old)``, by which it goes on from what the same rule of a site's former version
remembers."""
