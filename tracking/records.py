"""Records that cross boundaries: what came in, what is followed, where it will be.

All are frozen, slotted and typed; units stand in the names. ``time_s`` is monotonic seconds of the
machine that received the data; ``ready_s`` is when the record reached the core (equal or later).
The world frame is the site's: metres, z up, floor z = 0.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

import msgspec

Kind = Literal["person", "hook", "load", "trolley"]
Carrying = Literal["unknown", "empty", "loaded"]
RoleHint = Literal["operator", "slinger", "passer_by"]
Trouble = Literal["frozen", "dark", "blinded", "covered", "defocused", "moved"]
"""What can be wrong with a camera that sends pictures in time."""


LostBy = Literal["", "node", "clock"]
"""What keeps the pictures of a camera away that hangs on another machine: that machine, or its clock."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag=True):
    """Base of every record. The class name is its tag on the wire and in files."""


Colour = tuple[int, int, int, int, int, int]
"""What somebody wears in one picture: CIELAB of the upper body, then of the legs."""


class Box(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One detection, in pixels of the camera's full picture; of people with their clothes' colours where seen."""

    left_px: float
    top_px: float
    width_px: float
    height_px: float
    score: float
    kind: Kind = "person"
    colour: Colour | None = None


class Boxes(Record, frozen=True, kw_only=True):
    """All detections of one frame of one camera; an empty tuple says that nobody was seen.

    ``sigma_px`` is pixel noise beyond the policy's, while the camera's place or sharpness is in doubt.
    """

    camera: str
    time_s: float
    ready_s: float
    boxes: tuple[Box, ...] = ()
    sigma_px: float = 0.0


class Observation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing seen at one place in the world by one source, with its 2x2 floor covariance.

    ``z_m`` is None for people and wherever the height is unknown. ``height_m`` is the measured
    body height, where feet and head were both seen. ``score`` is the detector's confidence. ``role`` is
    what the source knows of a person by a tag or a vest, None where it does not.
    """

    kind: Kind
    x_m: float
    y_m: float
    z_m: float | None = None
    var_x_m2: float
    cov_xy_m2: float = 0.0
    var_y_m2: float
    sigma_z_m: float | None = None
    score: float = 1.0
    height_m: float | None = None
    role: RoleHint | None = None


class Sight(Record, frozen=True, kw_only=True):
    """What one source saw at one time, already in metres (import, tag, UWB, laser)."""

    source: str
    time_s: float
    ready_s: float
    observations: tuple[Observation, ...] = ()


class Telemetry(Record, frozen=True, kw_only=True):
    """Position of a hoist by encoder, laser or UWB; which point it is, the site says."""

    hoist: str
    time_s: float
    ready_s: float
    x_m: float
    y_m: float
    z_m: float | None = None


class CameraHealth(Record, frozen=True, kw_only=True):
    """State of one camera as its capture thread sees it, or as the engine sees the machine that it hangs on."""

    camera: str
    time_s: float
    ready_s: float
    connected: bool
    rate_hz: float = 0.0
    gaps: int = 0
    reconnects: int = 0
    message: str = ""
    lost_by: LostBy = ""


class PictureHealth(Record, frozen=True, kw_only=True):
    """What one camera's pictures say of the camera itself, as of the picture of ``time_s``.

    ``since_s`` is when the trouble began, ``shift_px`` how far landmarks have moved in the full picture.
    ``blind`` says that nothing found in such pictures, and nothing missed in them, may be believed. ``offset_px`` is
    how far landmarks lie from where they were, moved or not, None where too few are found; ``kept`` says that they are
    those of a picture kept when the camera was calibrated.
    """

    camera: str
    time_s: float
    ready_s: float
    trouble: Trouble | None = None
    since_s: float = 0.0
    shift_px: float = 0.0
    blind: bool = False
    offset_px: float | None = None
    kept: bool = False


class Mode(Enum):
    """Motion mode of a person that is most probable now."""

    STAND = "stand"
    WALK = "walk"
    MANOEUVRE = "manoeuvre"


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A followed person. Covariances are of (x, y) in m². ``unseen_s`` grows while coasting.

    ``floor_m`` is the height of what the person stands on: 0 or that of a platform. ``top_m`` is how far the
    body reaches above that now, at most, where anybody can tell: well below ``height_m`` it bends or lies.
    ``existence`` is the probability that there is somebody at all, by what all cameras found and missed.
    """

    id: str
    time_s: float
    x_m: float
    y_m: float
    vx_mps: float
    vy_mps: float
    var_x_m2: float
    cov_xy_m2: float
    var_y_m2: float
    mode: Mode
    mode_probability: tuple[float, float, float]
    born_s: float
    unseen_s: float
    sources: tuple[str, ...] = ()
    height_m: float | None = None
    lost: bool = False
    floor_m: float = 0.0
    top_m: float | None = None
    existence: float = 1.0

    @property
    def sigma_m(self) -> float:
        """Circular standard deviation of the position: sqrt of half the trace."""
        return float(((self.var_x_m2 + self.var_y_m2) / 2.0) ** 0.5)

    @property
    def speed_mps(self) -> float:
        return float((self.vx_mps**2 + self.vy_mps**2) ** 0.5)


class HoistState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A followed hoist. x/y/z are of the hook; the trolley hangs above at beam height.

    ``carrying`` is "unknown" where no source can tell, and then counts as loaded.
    ``height_known`` is False where no source gives a height: worst case applies.

    ``load_*`` tell of the load on this hook where cameras see it, each None where they cannot tell:
    the middle of its body with the standard deviation ``load_sigma_m`` of its floor place, length (the
    longer side) and width on the floor plan, height, and ``load_yaw_rad`` from +x to its length, within
    ±π/2. ``load_resting`` is True while the floor bears it, False while it hangs.
    """

    name: str
    time_s: float
    x_m: float
    y_m: float
    z_m: float
    vx_mps: float
    vy_mps: float
    vz_mps: float
    trolley_x_m: float
    trolley_y_m: float
    trolley_vx_mps: float
    trolley_vy_mps: float
    rope_m: float
    sway_x_rad: float
    sway_y_rad: float
    sway_amplitude_m: float
    sigma_m: float
    sigma_z_m: float
    carrying: Carrying
    height_known: bool
    unseen_s: float
    lost: bool = False
    sources: tuple[str, ...] = ()
    load_x_m: float | None = None
    load_y_m: float | None = None
    load_z_m: float | None = None
    load_sigma_m: float | None = None
    load_yaw_rad: float | None = None
    load_length_m: float | None = None
    load_width_m: float | None = None
    load_height_m: float | None = None
    load_resting: bool | None = None

    @property
    def travel_speed_mps(self) -> float:
        return float((self.trolley_vx_mps**2 + self.trolley_vy_mps**2) ** 0.5)


class Path(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Predicted positions of one person or one hook; tuples of equal length over ``ahead_s``."""

    id: str
    ahead_s: tuple[float, ...]
    x_m: tuple[float, ...]
    y_m: tuple[float, ...]
    sigma_m: tuple[float, ...]


Look = Boxes | Sight | Telemetry
"""What tells where people and hoists are."""
Input = Look | CameraHealth | PictureHealth


def source_of(item: Look) -> str:
    """Name of the stream whose stamps must increase."""
    match item:
        case Boxes():
            return item.camera
        case Sight():
            return item.source
        case Telemetry():
            return f"telemetry of {item.hoist}"
