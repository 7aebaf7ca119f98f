"""The site: what stands where, who watches it, and who acts. Tables of ``site.toml`` as models."""

from __future__ import annotations

import itertools
import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Field, field_validator, model_validator
from shapely import Polygon, is_valid_reason

from calibration.allowed import Allowance
from calibration.annunciator import Annunciator
from calibration.gateway import Gateway
from calibration.outputs import Relay
from calibration.policy import Policy
from calibration.table import HALL, Name, Table

Finite = Annotated[float, Field(allow_inf_nan=False)]
Point = tuple[Finite, Finite]
Vector3 = tuple[Finite, Finite, Finite]
Matrix3 = tuple[Vector3, Vector3, Vector3]
Range = tuple[Finite, Finite]


def _is_polygon(points: tuple[Point, ...]) -> tuple[Point, ...]:
    if len(points) < 3:
        raise ValueError(f"must have at least 3 corners, has {len(points)}")
    shape = Polygon(points)
    with np.errstate(over="ignore", invalid="ignore"):
        crossing = "" if shape.is_valid else is_valid_reason(shape)
    if crossing:
        raise ValueError(f"must not cross itself ({crossing})")
    if not 0.0 < shape.area < math.inf:
        raise ValueError("must enclose an area")
    return points


def _is_rising(value: Range) -> Range:
    if value[0] > value[1]:
        raise ValueError(f"must rise, {value[0]} > {value[1]}")
    return value


def _shape(value: Any) -> str:
    """The shape of nested lists in words, such as 3×3; "ragged" where rows differ in length."""
    if not isinstance(value, list | tuple):
        return "a single value"
    rows = {len(row) if isinstance(row, list | tuple) else None for row in value}
    if rows == {None}:
        return str(len(value))
    return f"{len(value)}×{rows.pop()}" if len(rows) == 1 else "ragged"


def _rise(value: tuple[str, ...]) -> tuple[str, ...]:
    if any(later <= earlier for earlier, later in itertools.pairwise(value)):
        raise ValueError("must rise, each time once")
    return value


ShiftStarts = Annotated[
    tuple[Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")], ...],
    Field(min_length=1, max_length=12),
    AfterValidator(_rise),
]
PolygonM = Annotated[tuple[Point, ...], AfterValidator(_is_polygon)]
RisingRange = Annotated[Range, AfterValidator(_is_rising)]
Length = Annotated[float, Field(gt=0.0, le=200.0, allow_inf_nan=False)]


class Floor(Table):
    """Table ``[site]``."""

    name: Name
    boundary_m: PolygonM
    language: Literal["en", "ko"] = "en"
    shift_starts: ShiftStarts = Field(("06:00", "14:00", "22:00"), description="When shifts begin, local time, rising.")


class CameraTable(Table):
    """Table ``[[camera]]``: x_cam = R·X + t, metres, world z up, floor z = 0."""

    name: Name
    source: str | int | None = None
    node: Name | None = Field(None, description="The detect node, on another machine, that this camera hangs on.")
    size_px: tuple[Annotated[int, Field(ge=16, le=16384)], Annotated[int, Field(ge=16, le=16384)]]
    matrix: Matrix3
    distortion: tuple[Finite, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)
    rotation: Vector3 | Matrix3
    translation_m: Vector3
    rate_hz: float = Field(10.0, gt=0.0, le=120.0)
    reference: str | None = Field(
        None, description="A picture of this camera as it was calibrated; if absent, learned at each start."
    )

    @field_validator("matrix", mode="before")
    @classmethod
    def _is_3x3(cls, value: Any) -> Any:
        if _shape(value) != "3×3":
            raise ValueError(f"must be a 3×3 matrix, is {_shape(value)}")
        return value

    @field_validator("rotation", mode="before")
    @classmethod
    def _is_3_or_3x3(cls, value: Any) -> Any:
        if _shape(value) not in ("3", "3×3"):
            raise ValueError(f"must be a Rodrigues vector of 3 or a 3×3 matrix, is {_shape(value)}")
        return value

    @field_validator("matrix")
    @classmethod
    def _is_intrinsic(cls, value: Matrix3) -> Matrix3:
        if value[0][0] <= 0 or value[1][1] <= 0:
            raise ValueError("must have positive focal lengths on its diagonal")
        if value[1][0] != 0 or value[2] != (0.0, 0.0, 1.0):
            raise ValueError("must be upper triangular with last row 0, 0, 1")
        return value

    @field_validator("distortion")
    @classmethod
    def _is_opencv(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if len(value) not in (0, 4, 5, 8, 12, 14):
            raise ValueError(f"must have 0, 4, 5, 8, 12 or 14 values in OpenCV order, has {len(value)}")
        return value

    @field_validator("rotation")
    @classmethod
    def _is_rotation(cls, value: Vector3 | Matrix3) -> Vector3 | Matrix3:
        r = np.asarray(value, float)
        with np.errstate(over="ignore", invalid="ignore"):
            wrong = r.shape == (3, 3) and not (np.abs(r @ r.T - np.eye(3)).max() <= 1e-4 and np.linalg.det(r) > 0)
        if wrong:
            raise ValueError("must be a right-handed rotation: R·Rᵀ = 1 and det R = 1")
        return value


class TagTable(Table):
    """Table ``[hoist.tag]``: an AprilTag or ArUco marker on the hook block."""

    family: Literal["april_16h5", "april_25h9", "april_36h10", "april_36h11", "aruco_4x4_50", "aruco_5x5_100"] = (
        "april_36h11"
    )
    id: int = Field(ge=0, le=1000)
    size_m: float = Field(gt=0.01, le=2.0)


class Hoist(Table):
    """Table ``[[hoist]]``."""

    name: Name
    kind: Literal["bridge", "monorail", "jib"]
    travel_m: tuple[Point, Point]
    beam_height_m: Length
    hook_height_m: RisingRange
    travel_speed_mps: RisingRange
    hoist_speed_mps: RisingRange
    deceleration_mps2: float = Field(gt=0.0, le=10.0)
    load_radius_m: float = Field(gt=0.0, le=20.0)
    load_height_m: float = Field(ge=0.0, le=20.0)
    sling_length_m: float = Field(0.5, ge=0.0, le=20.0, description="Hook to the top of the load.")
    telemetry_point: Literal["trolley", "hook"] = "trolley"
    telemetry_sigma_m: float = Field(0.05, gt=0.0, le=5.0)
    tag: TagTable | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Hoist:
        if self.name == HALL:
            raise ValueError(f"name must not be {HALL!r}, which stands for the whole hall in outputs of relays")
        if self.hook_height_m[0] < 0.0:
            raise ValueError("hook_height_m must not lie below the floor")
        if self.hook_height_m[1] >= self.beam_height_m:
            raise ValueError("hook_height_m must stay below beam_height_m")
        (x0, y0), (x1, y1) = self.travel_m
        if math.hypot(x1 - x0, y1 - y0) < 0.1:
            raise ValueError("travel_m must span at least 0.1 m")
        if self.kind == "bridge" and (abs(x1 - x0) < 0.1 or abs(y1 - y0) < 0.1):
            raise ValueError("travel_m of a bridge must be two opposite corners of a rectangle")
        return self


class Structure(Table):
    """Table ``[[structure]]``: something fixed that hides people and that a load can crush against."""

    name: Name
    polygon_m: PolygonM
    height_m: Length
    platform: bool = Field(False, description="People stand and work on top of it.")


class Zone(Table):
    """Table ``[[zone]]``."""

    name: Name
    kind: Literal["walkway", "work", "exclusion", "ignore"] = Field(
        description="walkway: who walks there is likely a passer-by. work: drawn only. exclusion: whoever is there is "
        "told. ignore: nobody is looked for there."
    )
    polygon_m: PolygonM


class Bus(Table):
    """Table ``[bus]``: where the engine listens, and where keys lie (relative to the site file)."""

    host: str = "127.0.0.1"
    publish_port: int = Field(5570, ge=0, le=65535)
    command_port: int = Field(5571, ge=0, le=65535)
    keys: str = "keys"
    command_age_s: float = Field(
        3.0, ge=0.5, le=30.0, description="A command of a console that has heard nothing for longer is refused."
    )


class DetectorTable(Table):
    """Table ``[detector]``: the model that looks at pictures."""

    weights: str | None = Field(
        None, description="A .pt file, or a folder or .xml exported for OpenVINO; the project's own if absent."
    )
    backend: Literal["auto", "openvino", "ultralytics"] = "auto"
    size_px: int = Field(640, ge=64, le=4096, multiple_of=32)
    confidence: float = Field(0.25, gt=0.0, lt=1.0)
    overlap: float = Field(0.6, gt=0.0, lt=1.0, description="Intersection over union above which boxes are one.")
    classes: dict[str, Literal["person", "hook", "load", "trolley"]] = Field(
        default={"person": "person", "hook": "hook", "load": "load", "trolley": "trolley"},
        description="The model's class names, and what they mean here.",
    )


class RecordingTable(Table):
    """Table ``[recording]``: what the live engine keeps (relative to the site file)."""

    enabled: bool = True
    folder: str = "recordings"
    retention_days: float = Field(30.0, gt=0.0, le=3650.0)
    video: bool = True
    file_minutes: float = Field(60.0, gt=0.0, le=1440.0)


class Site(Table):
    """A whole site file."""

    site: Floor
    camera: tuple[CameraTable, ...] = ()
    hoist: tuple[Hoist, ...] = ()
    structure: tuple[Structure, ...] = ()
    zone: tuple[Zone, ...] = ()
    relay: tuple[Relay, ...] = ()
    annunciator: tuple[Annunciator, ...] = ()
    bus: Bus = Bus()
    gateway: Gateway = Gateway()
    detector: DetectorTable = DetectorTable()
    recording: RecordingTable = RecordingTable()
    policy: Policy = Policy()
    allowed: tuple[Allowance, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Site:
        for table in ("camera", "hoist", "structure", "zone", "relay", "annunciator"):
            names = [row.name for row in getattr(self, table)]
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ValueError(f"[[{table}]] name {twice[0]!r} is given twice")
        targets = {h.name for h in self.hoist} | {HALL}
        for relay in self.relay:
            for contact, (target, signal) in relay.outputs.items():
                if target not in targets:
                    raise ValueError(
                        f"[[relay]] {relay.name!r} outputs {contact!r} names {target!r}, "
                        f"expected a hoist of this file or 'hall'"
                    )
                if target == HALL and signal in ("permit", "slow"):
                    raise ValueError(
                        f"[[relay]] {relay.name!r} outputs {contact!r}: {signal!r} needs a hoist, not 'hall'"
                    )
        places = targets | {z.name for z in self.zone}
        for annunciator in self.annunciator:
            if unknown := [name for name in annunciator.serves if name not in places]:
                raise ValueError(
                    f"[[annunciator]] {annunciator.name!r} serves names {unknown[0]!r}, "
                    f"expected hoists or zones of this file or 'hall'"
                )
        return self

    @property
    def detect_nodes(self) -> dict[str, tuple[str, ...]]:
        """Each detect node and its cameras, in the order of the file."""
        nodes: dict[str, tuple[str, ...]] = {}
        for camera in self.camera:
            if camera.node is not None:
                nodes[camera.node] = (*nodes.get(camera.node, ()), camera.name)
        return nodes

    def seen_from(self, node: str | None) -> Site:
        """The same site with the cameras of one detect node alone; of None, those of the engine's own machine."""
        return self.model_copy(update={"camera": tuple(c for c in self.camera if c.node == node)})

    def camera_named(self, name: str) -> CameraTable | None:
        return next((c for c in self.camera if c.name == name), None)

    def hoist_named(self, name: str) -> Hoist | None:
        return next((h for h in self.hoist if h.name == name), None)

    def annunciator_named(self, name: str) -> Annunciator | None:
        return next((a for a in self.annunciator if a.name == name), None)
