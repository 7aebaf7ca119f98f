"""One record of every type, a site, and pictures: what the tests of this package write and read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recordings.plant.records import BodyState, CraneState, LoadState, TruckState, World
from safety.annunciator.records import AnnunciatorStatus, SoundCheck, SoundTest
from safety.camera_records import CameraView
from safety.health_records import PartsStatus, PartView
from safety.output_records import Bypass, ProofTest
from safety.records import (
    Acknowledge,
    Alarm,
    AlarmState,
    AlarmTransition,
    Hazard,
    HoistView,
    Latency,
    Level,
    NodeView,
    Phase,
    Picture,
    RelayStatus,
    Reset,
    Shelve,
    Situation,
    Snapshot,
    Swept,
)
from safety.self_test_records import SelfTest
from tracking.records import (
    Box,
    Boxes,
    CameraHealth,
    HoistState,
    Mode,
    Observation,
    Path,
    Person,
    PictureHealth,
    Record,
    Sight,
    Telemetry,
)

SITE_TOML = """
[site]
name = "Hall 3"
boundary_m = [[0.0, 0.0], [24.0, 0.0], [24.0, 12.0], [0.0, 12.0]]

[[camera]]
name = "cam1"
size_px = [320, 240]
matrix = [[300.0, 0.0, 160.0], [0.0, 300.0, 120.0], [0.0, 0.0, 1.0]]
rotation = [2.1, 0.1, -0.2]
translation_m = [0.4, 1.2, 9.0]

[[camera]]
name = "cam2"
size_px = [320, 240]
matrix = [[300.0, 0.0, 160.0], [0.0, 300.0, 120.0], [0.0, 0.0, 1.0]]
rotation = [2.1, 0.3, -0.2]
translation_m = [0.4, 1.2, 9.0]

[[hoist]]
name = "H1"
kind = "bridge"
travel_m = [[1.0, 1.0], [23.0, 11.0]]
beam_height_m = 7.0
hook_height_m = [0.3, 6.0]
travel_speed_mps = [0.17, 0.67]
hoist_speed_mps = [0.03, 0.12]
deceleration_mps2 = 0.25
load_radius_m = 0.5
load_height_m = 0.8
"""


def person(person_id: str, time_s: float, x_m: float, y_m: float, lost: bool = False) -> Person:
    return Person(
        id=person_id,
        time_s=time_s,
        x_m=x_m,
        y_m=y_m,
        vx_mps=0.5,
        vy_mps=-0.25,
        var_x_m2=0.01,
        cov_xy_m2=0.001,
        var_y_m2=0.02,
        mode=Mode.WALK,
        mode_probability=(0.1, 0.8, 0.1),
        born_s=0.0,
        unseen_s=0.0,
        sources=("cam1",),
        lost=lost,
    )


def hoist_state(name: str, time_s: float, lost: bool = False) -> HoistState:
    return HoistState(
        name=name,
        time_s=time_s,
        x_m=4.0,
        y_m=5.0,
        z_m=2.5,
        vx_mps=0.3,
        vy_mps=-0.00001,
        vz_mps=0.02,
        trolley_x_m=4.1,
        trolley_y_m=5.0,
        trolley_vx_mps=0.3,
        trolley_vy_mps=0.0,
        rope_m=4.5,
        sway_x_rad=0.01,
        sway_y_rad=0.0,
        sway_amplitude_m=0.05,
        sigma_m=0.1,
        sigma_z_m=0.2,
        carrying="loaded",
        height_known=True,
        unseen_s=0.0,
        sources=("telemetry",),
        lost=lost,
    )


def transition(time_s: float, event: str, level: Level, alarm: str = "a-1", **changes: object) -> AlarmTransition:
    values: dict[str, object] = {
        "time_s": time_s,
        "alarm": alarm,
        "event": event,
        "level": level,
        "situation": Situation.STRUCK_BY,
        "hoist": "H1",
        "person": "P3",
        "source": None,
        "probability": 0.123456789,
        "time_to_contact_s": 1.23456,
        "time_to_last_safe_stop_s": -0.00001,
        "reason": "P3 walks under H1's load — 위험",
    }
    return AlarmTransition(**{**values, **changes})  # type: ignore[arg-type]


def snapshot(time_s: float, people: tuple[Person, ...] = (), lost_hoist: bool = False) -> Snapshot:
    swept = Swept(hoist="H1", outline_m=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), bottom_m=0.5, top_m=1.3)
    state = hoist_state("H1", time_s, lost_hoist)
    hazard = Hazard(
        situation=Situation.STRUCK_BY, level=Level.DANGER, hoist="H1", person="P3", gap_m=0.4, terms={"swing_m": 0.2}
    )
    alarm = Alarm(
        id="a-1",
        situation=Situation.STRUCK_BY,
        level=Level.DANGER,
        worst=Level.DANGER,
        state=AlarmState.UNACKNOWLEDGED,
        raised_s=time_s,
        changed_s=time_s,
        reason_en="struck by",
        reason_ko="충돌 위험",
    )
    return Snapshot(
        time_s=time_s,
        wall_s=1.7e9 + time_s,
        seq=7,
        level=Level.DANGER,
        people=people,
        paths=(Path(id="P3", ahead_s=(0.0, 0.25), x_m=(1.0, 1.1), y_m=(2.0, 2.1), sigma_m=(0.1, 0.2)),),
        hoists=(
            HoistView(state=state, phase=Phase.TRAVELLING, level=Level.DANGER, permit=False, slow=True, swept=swept),
        ),
        hazards=(hazard,),
        alarms=(alarm,),
        outputs={"cabinet-1/permit": False},
        cameras=(CameraView(camera="cam1", alive=True, rate_hz=10.0, age_s=0.1, gaps=0, rejected=1),),
        nodes=(NodeView(node="cabinet-1", connected=True, latched=False, commanded={"k": True}, contacts={"k": True}),),
        latency=Latency(detect_p50_s=0.02),
        counts={"rejected": 1},
    )


def every_record() -> list[tuple[float, Record]]:
    """(log time, record), one of each type that a recording holds."""
    seen = Observation(kind="hook", x_m=1.0 / 3.0, y_m=2.0, z_m=1.5, var_x_m2=0.01, var_y_m2=0.02, sigma_z_m=0.1)
    return [
        (0.1, Boxes(camera="cam1", time_s=0.05, ready_s=0.1, boxes=(Box(1.5, 2.25, 30.0, 80.0, 0.9),))),
        (0.1, Boxes(camera="cam 2", time_s=0.1 / 3.0, ready_s=0.1)),
        (
            0.14,
            PictureHealth(
                camera="cam1", time_s=0.1, ready_s=0.14, trouble="moved", since_s=0.02, shift_px=7.5, blind=True
            ),
        ),
        (0.15, CameraHealth(camera="cam1", time_s=0.1, ready_s=0.15, connected=False, message="time-out")),
        (0.2, Sight(source="uwb", time_s=0.2, ready_s=0.2, observations=(seen,))),
        (0.2, Telemetry(hoist="H1", time_s=0.2, ready_s=0.2, x_m=1.0, y_m=2.0)),
        (
            0.25,
            RelayStatus(
                node="cabinet-1",
                boot="b1",
                stamp_ns=2**62,
                seq=3,
                commanded={"permit": True},
                contacts={"permit": False},
                latched=True,
                fault="welded",
            ),
        ),
        (
            0.26,
            AnnunciatorStatus(
                annunciator="남쪽",
                boot="b1",
                seq=3,
                tone="danger",
                words="struck_by",
                latency_s=0.1 / 3.0,
                tests=1,
                test=(SoundCheck(what="danger", passed=False, text="nothing was heard"),),
            ),
        ),
        (0.3, Acknowledge(time_s=0.3, by="Kim", alarm="a-1")),
        (0.31, Shelve(time_s=0.31, by="김", alarm="a-1", for_s=60.0, reason="정비")),
        (0.32, Reset(time_s=0.32, by="Kim", node="cabinet-1")),
        (0.33, Bypass(time_s=0.33, by="Kim", node="cabinet-1", contact="K1", for_s=60.0, reason="정비")),
        (0.34, ProofTest(time_s=0.34, by="Kim", node="cabinet-1")),
        (0.35, SoundTest(time_s=0.35, by="Kim", annunciator="남쪽")),
        (0.355, SelfTest(time_s=0.355, by="Kim")),
        (0.36, PartsStatus(time_s=0.36, parts=(PartView(part="gateway", state="given_up", event="끝남", said="-"),))),
        (0.4, snapshot(0.4, (person("P3", 0.4, 1.0, 2.0),))),
        (0.4, Picture(camera="cam 3", time_s=0.38, scale=0.25, jpeg=b"\xff\xd8\x00\xff\xd9")),
        (0.4, transition(0.4, "raised", Level.DANGER)),
        (0.4, world(0.4)),
    ]


def world(time_s: float) -> World:
    """A true state with one of each thing."""
    return World(
        time_s=time_s,
        people=(BodyState(name="slinger", role="slinger", x_m=1.0 / 3.0, y_m=2.0, hand_m=(1.0, 2.0, 0.8)),),
        trucks=(TruckState(name="T1", x_m=9.0, y_m=2.0, heading_rad=0.5),),
        cranes=(CraneState(name="H1", trolley_m=(4.0, 5.0, 7.0), hook_m=(4.0, 5.0, 2.5), rope_m=4.5),),
        loads=(LoadState(name="crate", shape="crate", size_m=(1.0, 0.8, 0.8), x_m=4.0, y_m=5.0, z_m=0.4),),
    )


def picture(number: int, width_px: int = 320, height_px: int = 240) -> NDArray[np.uint8]:
    """A smooth picture (height, width, 3) with a bright square that moves with ``number``."""
    y, x = np.mgrid[0:height_px, 0:width_px]
    bgr = np.stack([x * 200 // width_px, y * 200 // height_px, (x + y) * 100 // (width_px + height_px)], axis=2)
    left = (7 * number) % max(width_px - 40, 1)
    bgr[height_px // 3 : height_px // 3 + 40, left : left + 40] = (230, 240, 250)
    return bgr.astype(np.uint8)
