"""A scenario file: hall, cameras, lights, hoists, loads, people, faults and seed, as pydantic tables.

The tables of the site file are used as they are wherever they say enough; what only a simulation
needs stands beside them. ``scenario_file.load_scenario`` reads one and names every fault.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from calibration.outputs import Relay
from calibration.policy import Policy
from calibration.site import DetectorTable, Finite, Hoist, Length, Point, PolygonM, Vector3, Zone
from calibration.table import Name, Table
from recordings.plant.records import Posture, Role, Shape
from safety.records import Level, Situation

Seconds = Annotated[float, Field(ge=0.0, le=3600.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]

Composite = Literal[
    "normal",
    "struck_by",
    "swing",
    "crush",
    "fall_zone",
    "topple",
    "side_pull",
    "snag",
    "sling_slip",
    "load_collision",
    "hoists_closing",
    "operator_backing",
    "person_on_platform",
    "blind_lift",
    "hands_on_load",
    "person_down",
    "system_blind",
]
"""The sixteen composite situations, whether the engine knows them yet or not, and what is normal."""


class About(Table):
    """Table ``[scenario]``."""

    name: Name
    describes: str = Field("", description="What happens, in one or two sentences.")
    situation: Composite = Field("normal", description="The composite situation that it shows, or normal.")
    seconds: float = Field(gt=0.0, le=3600.0, allow_inf_nan=False)
    seed: int = Field(0, ge=0)
    obeys: bool = Field(True, description="The hoists obey slow and stop of an engine in the loop.")


class Hall(Table):
    """Table ``[hall]``: the room, and how it looks."""

    size_m: tuple[Length, Length]
    height_m: float = Field(9.0, gt=2.5, le=40.0)
    watched_m: PolygonM | None = Field(None, description="The watched floor; the whole hall if absent.")
    floor: Literal["concrete", "worn", "epoxy_green", "epoxy_grey", "tiles"] = "concrete"
    walls: Literal["sheet", "block", "brick", "painted"] = "sheet"
    clutter: Share = Field(0.3, description="How much stands and lies about along the walls.")
    marks: bool = Field(True, description="Painted lines on the floor, along the zones.")


class Light(Table):
    """Table ``[light]``: what falls into the hall."""

    kind: Literal["lamps", "daylight", "dusk", "night", "glare"] = "lamps"
    level: float = Field(1.0, gt=0.0, le=3.0, description="Brightness, 1 for a well lit hall.")
    sun_deg: tuple[Finite, Finite] = Field((140.0, 40.0), description="Azimuth from the x axis, and height.")


class Eye(Table):
    """Table ``[[camera]]``: where a camera hangs, what it sees, and what it does to a picture."""

    name: Name
    position_m: Vector3
    look_at_m: Vector3
    field_of_view_deg: float = Field(75.0, gt=10.0, lt=130.0, description="Horizontal.")
    size_px: tuple[Annotated[int, Field(ge=64, le=4096)], Annotated[int, Field(ge=64, le=4096)]] = (960, 540)
    rate_hz: float = Field(8.0, gt=0.0, le=60.0)
    k1: float = Field(-0.05, ge=-0.5, le=0.5, description="First radial distortion, OpenCV order.")
    noise: Share = 0.15
    blur_px: float = Field(0.5, ge=0.0, le=10.0)
    dirt: Share = 0.0
    bands: Share = Field(0.0, description="Rolling bands of lamps that flicker.")
    latency_s: float = Field(0.07, ge=0.0, le=5.0)


class Standing(Table):
    """Table ``[[structure]]``: something fixed, and what it looks like."""

    name: Name
    kind: Literal["column", "rack", "machine", "wall", "platform", "pallet", "cabinet"] = "machine"
    polygon_m: PolygonM
    height_m: Length


class Drive(Table):
    """One entry of ``plan`` of a hoist. From ``at_s`` on the drives are asked for these speeds.

    Speeds that are absent stay as they are. ``attach`` hooks a load on, ``release`` takes it off.
    """

    at_s: Seconds
    x_mps: Finite | None = None
    y_mps: Finite | None = None
    lift_mps: Finite | None = Field(None, description="Upwards is positive.")
    attach: Name | None = None
    release: bool = False
    emergency_stop: bool = False


class Crane(Hoist):
    """Table ``[[hoist]]``: a hoist of the site file with its physics and its plan.

    ``x_mps`` and ``y_mps`` of a plan are along the bridge's axes, along and across the beam of a
    monorail (where y is ignored), and radial and tangential for a jib.
    """

    start_m: Point = Field(description="Trolley at the start.")
    start_hook_m: float = Field(gt=0.0, le=100.0, description="Height of the hook at the start.")
    ramp_mps2: float = Field(0.25, gt=0.0, le=20.0, description="Travel drives with their frequency converter.")
    brake_mps2: float = Field(0.6, gt=0.0, le=50.0, description="Travel brakes, when the permit falls.")
    hoist_ramp_mps2: float = Field(0.4, gt=0.0, le=20.0)
    hoist_brake_mps2: float = Field(1.5, gt=0.0, le=50.0)
    relay_delay_s: float = Field(0.15, ge=0.0, le=5.0, description="From the relay's contact to the brake.")
    capacity_kg: float = Field(5000.0, gt=0.0, le=500_000.0)
    block_kg: float = Field(25.0, gt=0.0, le=10_000.0)
    damping: float = Field(0.004, ge=0.0, le=0.5, description="Damping ratio of the swing.")
    plan: tuple[Drive, ...] = ()


class Load(Table):
    """Table ``[[load]]``. ``at_m`` is the middle of its foot print at the start, on the floor.

    One with a base above the floor and no structure there, hooked on at 0 s, hangs from the start.
    A coil lies with its eye along its x axis.

    ``offset_m`` is the centre of gravity from the middle of its box along its own axes.
    """

    name: Name
    shape: Shape = "crate"
    size_m: tuple[Length, Length, Length] = (1.2, 0.8, 0.8)
    mass_kg: float = Field(500.0, gt=0.0, le=200_000.0)
    at_m: Point
    base_m: float = Field(0.0, ge=0.0, le=20.0, description="Height of what it stands on.")
    yaw_deg: Finite = 0.0
    offset_m: Vector3 = (0.0, 0.0, 0.0)
    sling_m: float = Field(1.0, gt=0.0, le=20.0, description="Hook to the top of the load.")
    legs: Literal[1, 2, 4] = 4


class Step(Table):
    """One entry of ``plan`` of a person or a truck, done in order.

    ``at_s`` waits until then; what the step before began (standing, hands on a load, following) goes
    on meanwhile. With ``go_m`` the person walks there, then stands for ``wait_s`` and until ``until_s``.
    ``face_m`` is where the chest points, from the last metre of a way on; walking ``backwards`` turns
    the back to the way. ``hands_on`` names a load that the hands touch; ``follow`` a hoist whose hook is
    accompanied at ``distance_m`` until ``until_s``. The last step goes on to the end. A truck knows
    ``at_s``, ``go_m``, ``speed_mps``, ``wait_s``, ``until_s``, ``backwards`` and ``fork_m``.
    """

    at_s: Seconds | None = None
    go_m: Point | None = None
    speed_mps: float = Field(1.25, gt=0.0, le=6.0)
    wait_s: Seconds = 0.0
    posture: Posture | None = None
    face_m: Point | None = None
    backwards: bool = False
    hands_on: Name | None = None
    follow: Name | None = None
    distance_m: float = Field(2.5, ge=0.0, le=30.0)
    until_s: Seconds | None = None
    fork_m: float | None = Field(None, ge=0.0, le=12.0, description="Where a truck moves its forks to.")


class Worker(Table):
    """Table ``[[person]]``: a role, a body and a plan, or a real trajectory from a file."""

    name: Name
    role: Role = "passer_by"
    start_m: Point
    floor_m: float = Field(0.0, ge=0.0, le=20.0, description="Height of the platform that the person is on.")
    heading_deg: Finite = 0.0
    height_m: float = Field(1.72, ge=1.4, le=2.1)
    build: Share = Field(0.5, description="From slim to heavy.")
    woman: bool = False
    clothes: Literal["vest", "workwear", "plain", "dark"] = "workwear"
    helmet: Literal["none", "white", "yellow", "blue", "red"] = "white"
    drives: Name | None = Field(None, description="The truck that a driver sits on.")
    avoids: bool = Field(True, description="Steers round people, structures and resting loads.")
    plan: tuple[Step, ...] = ()
    trajectory: str | None = Field(None, description="CSV time_s,x_m,y_m beside the scenario; replaces the plan.")


class Truck(Table):
    """Table ``[[truck]]``: a forklift and its plan."""

    name: Name
    start_m: Point
    heading_deg: Finite = 0.0
    stops: bool = Field(True, description="Brakes for people in its way.")
    plan: tuple[Step, ...] = ()


class Fault(Table):
    """Table ``[[fault]]``: what goes wrong, where, and when.

    ``camera_*`` name a camera, ``sling_slip`` and ``topple`` a load, ``snag``,
    ``brake_weak``, ``telemetry_lost`` and ``drive_runs_on`` a hoist. ``amount`` means what the kind
    says: metres of slip, share of the brake that is left, metres of creep, degrees a camera turns; 0 stands
    for what is usual (``mishaps``). A snag holds the load, or a bare hook.
    """

    kind: Literal[
        "camera_dead",
        "camera_frozen",
        "camera_dark",
        "camera_moved",
        "camera_covered",
        "sling_slip",
        "topple",
        "snag",
        "brake_weak",
        "drive_runs_on",
        "telemetry_lost",
    ]
    of: Name
    at_s: Seconds
    until_s: Seconds | None = None
    amount: Finite = 0.0


class Senses(Table):
    """Table ``[observations]``: how boxes and telemetry differ from the truth."""

    sigma_px: float = Field(2.0, ge=0.0, le=100.0)
    missed: Share = 0.05
    false_hz: float = Field(0.02, ge=0.0, le=50.0, description="False boxes a camera and second.")
    telemetry: bool = Field(True, description="Encoders give the trolley and the hook's height.")
    telemetry_sigma_m: float = Field(0.01, ge=0.0, le=5.0)
    telemetry_hz: float = Field(10.0, gt=0.0, le=100.0)


class Expected(Table):
    """Table ``[[expect]]``: an alarm that the truth calls for, as ``evaluate_recording.Expectation``.

    Absent, ``hoist`` and ``source`` mean any. Times are those of the scenario.
    """

    name: str = Field(min_length=1)
    situation: Situation
    level: Level = Level.CAUTION
    hoist: Name | None = None
    source: Name | None = None
    raise_from_s: Seconds
    raise_until_s: Seconds
    clear_until_s: Seconds | None = None
    contact_s: Seconds | None = Field(None, description="When contact would come if nobody stopped the hoist.")


class Calm(Table):
    """Table ``[[quiet]]``: a stretch in which no alarm may rise above ``level``, as ``evaluate_recording.Quiet``."""

    name: str = Field(min_length=1)
    from_s: Seconds
    until_s: Seconds
    situations: tuple[Situation, ...] = Field((), description="All of them, where none is given.")
    hoist: Name | None = None
    level: Level = Level.CLEAR


class Scenario(Table):
    """A whole scenario file."""

    scenario: About
    hall: Hall
    light: Light = Light()
    camera: tuple[Eye, ...] = ()
    structure: tuple[Standing, ...] = ()
    zone: tuple[Zone, ...] = ()
    hoist: tuple[Crane, ...] = ()
    load: tuple[Load, ...] = ()
    person: tuple[Worker, ...] = ()
    truck: tuple[Truck, ...] = ()
    fault: tuple[Fault, ...] = ()
    observations: Senses = Senses()
    expect: tuple[Expected, ...] = ()
    quiet: tuple[Calm, ...] = ()
    relay: tuple[Relay, ...] = ()
    detector: DetectorTable = DetectorTable()
    policy: Policy = Policy()
