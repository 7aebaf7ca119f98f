"""Messages as an engine publishes them in several states of the example hall, made by hand for the console's tests."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from PyQt6.QtCore import QBuffer, QIODevice, QRectF
from PyQt6.QtGui import QColor, QImage, QLinearGradient, QPainter

from calibration.camera import Camera
from calibration.site import Site
from safety.camera_records import CameraView
from safety.health_records import EngineHealth, PartView, SoundTested, Ways
from safety.latency_bins import Spreads
from safety.output_records import BypassState, ProofDue
from safety.records import (
    Alarm,
    AlarmState,
    AlarmTransition,
    HoistView,
    Latency,
    Level,
    NodeView,
    Phase,
    Picture,
    Situation,
    Snapshot,
    Swept,
)
from safety.self_test_records import Kind, SelfTestItem, SelfTestReport, Verdict
from tracking.records import Box, Boxes, HoistState, Mode, Path, Person, Record

START_S = 5000.0
WALL_S = 1_790_000_000.0
AHEAD_S = tuple(i * 0.25 for i in range(17))

PEOPLE = (
    ("P1", 10.2, 8.6, 0.0, 0.0, Mode.STAND),
    ("P3", 14.2, 3.9, 0.4, 1.1, Mode.WALK),
    ("P4", 4.0, 5.6, 1.3, 0.0, Mode.WALK),
    ("P7", 20.6, 2.2, -0.3, 0.5, Mode.MANOEUVRE),
)


def person(name: str, x_m: float, y_m: float, vx: float, vy: float, mode: Mode, *, lost: bool = False) -> Person:
    return Person(
        id=name, time_s=START_S, x_m=x_m, y_m=y_m, vx_mps=vx, vy_mps=vy, var_x_m2=0.012, cov_xy_m2=0.0,
        var_y_m2=0.012, mode=mode, mode_probability=(0.1, 0.8, 0.1), born_s=START_S - 20.0,
        unseen_s=1.4 if lost else 0.0, sources=("cam1", "cam2"), lost=lost,
    )  # fmt: skip


def path(name: str, x_m: float, y_m: float, vx: float, vy: float) -> Path:
    return Path(
        id=name,
        ahead_s=AHEAD_S,
        x_m=tuple(x_m + vx * t for t in AHEAD_S),
        y_m=tuple(y_m + vy * t for t in AHEAD_S),
        sigma_m=tuple(0.1 + 0.22 * t for t in AHEAD_S),
    )


def hoist(name: str, x_m: float, y_m: float, vx: float, *, loaded: bool = True, **view: object) -> HoistView:
    z_m = 2.3 if loaded else 3.6
    radius = 0.8 if loaded else 0.4
    state = HoistState(
        name=name, time_s=START_S, x_m=x_m, y_m=y_m, z_m=z_m, vx_mps=vx, vy_mps=0.0, vz_mps=0.0, trolley_x_m=x_m,
        trolley_y_m=y_m, trolley_vx_mps=vx, trolley_vy_mps=0.0, rope_m=4.0, sway_x_rad=0.0, sway_y_rad=0.0,
        sway_amplitude_m=0.1, sigma_m=0.05, sigma_z_m=0.05, carrying="loaded" if loaded else "empty",
        height_known=True, unseen_s=0.0,
    )  # fmt: skip
    ring = [2 * math.pi * i / 24 for i in range(24)]
    reach = radius + 0.3
    swept = Swept(
        hoist=name,
        outline_m=tuple(
            (x_m + (2.2 * vx if math.cos(a) > 0 else 0) + reach * math.cos(a), y_m + reach * math.sin(a)) for a in ring
        ),
        bottom_m=1.0,
        top_m=2.0,
    )
    known: dict[str, object] = {"phase": Phase.TRAVELLING, "level": Level.CLEAR, "permit": True, "slow": False}
    return HoistView(state=state, swept=swept if loaded else None, **(known | view))  # type: ignore[arg-type]


def alarm(
    number: int, situation: Situation, level: Level, state: AlarmState, en: str, ko: str, **more: object
) -> Alarm:
    known: dict[str, object] = {"worst": level, "raised_s": START_S - 6.0 * number, "changed_s": START_S - 2.0}
    return Alarm(
        id=f"a-{number}", situation=situation, level=level, state=state, reason_en=en, reason_ko=ko,
        **(known | more),  # type: ignore[arg-type]
    )  # fmt: skip


STRUCK = alarm(
    17, Situation.STRUCK_BY, Level.DANGER, AlarmState.UNACKNOWLEDGED,
    "P3 is 1.3 m from the load of H1, which moves at 0.67 m/s; contact in 1.9 s; a stop needs 2.0 m and 3.2 s, "
    "safe if stopped within 0.2 s",
    "P3 – H1 하물까지 1.3 m, 하물 속도 0.67 m/s; 접촉 1.9 s 후; 정지 거리 2.0 m, 정지 시간 3.2 s, "
    "0.2 s 안에 정지하면 안전",
    hoist="H1", person="P3",
)  # fmt: skip
FALL = alarm(
    16, Situation.FALL_ZONE, Level.WARNING, AlarmState.ACKNOWLEDGED,
    "P1 is in the fall zone of H1: zone 1.4 m, lower edge at 1.0 m",
    "P1 – H1 낙하위험구역 내부: 반경 1.4 m, 하물 하단 1.0 m",
    hoist="H1", person="P1",
)  # fmt: skip
BLIND = alarm(
    15, Situation.CAMERA_BLIND, Level.CAUTION, AlarmState.UNACKNOWLEDGED,
    "No picture from cam2 for 3.2 s; no camera sees the floor below H1",
    "cam2 영상 없음 (3.2 s); H1 주변을 보는 카메라가 없음",
    source="cam2",
)  # fmt: skip
PASSED = alarm(
    12, Situation.STRUCK_BY, Level.CLEAR, AlarmState.RETURNED,
    "P4 is 2.9 m from the load of H1, which moves at 0.67 m/s; contact not predicted",
    "P4 – H1 하물까지 2.9 m, 하물 속도 0.67 m/s; 접촉 예측 없음",
    hoist="H1", person="P4", worst=Level.WARNING,
)  # fmt: skip
SHELVED = alarm(
    9, Situation.RELAY_FAULT, Level.CAUTION, AlarmState.SHELVED,
    "Relay node cabinet-2: no report for 4.1 s",
    "릴레이 노드 cabinet-2: 4.1 s 동안 보고 없음",
    source="cabinet-2", shelved_until_s=START_S + 540.0, shelve_reason="electrician replaces the terminal",
)  # fmt: skip


def hoists(site: Site) -> tuple[HoistView, ...]:
    """H1 travels with a load across the hall, H2 stands empty."""
    views = (
        hoist("H1", 13.6, 5.6, 0.6),
        hoist("H2", 5.0, 10.4, 0.0, loaded=False, phase=Phase.IDLE),
    )
    return views[: len(site.hoist)]


def snapshot(site: Site, *, time_s: float = START_S, seq: int = 100, **changes: object) -> Snapshot:
    """A quiet moment; ``changes`` replace its fields."""
    closed = {"permit": True, "slow": True, "siren": False}
    quiet = Snapshot(
        time_s=time_s,
        wall_s=WALL_S + time_s - START_S,
        seq=seq,
        level=Level.CLEAR,
        people=tuple(person(*row) for row in PEOPLE),
        paths=tuple(path(*row[:5]) for row in PEOPLE),
        hoists=hoists(site),
        hazards=(),
        alarms=(),
        outputs={"cabinet-1/permit": True},
        cameras=tuple(camera(c.name, 0.08) for c in site.camera),
        nodes=tuple(
            NodeView(node=r.name, connected=True, latched=False, age_s=0.05, commanded=closed, contacts=closed)
            for r in site.relay
        ),
        latency=Latency(
            detect_p50_s=0.041,
            frame_to_decision_p50_s=0.11,
            frame_to_decision_p99_s=0.19,
            frame_to_contact_p50_s=0.124,
            frame_to_contact_p99_s=0.213,
        ),
    )
    return msgspec.structs.replace(quiet, **changes)


def health(site: Site, *, given_up: bool = False) -> EngineHealth:
    """An engine that has run for three hours under a supervisor; it restarted the relay node once."""

    def ways(middle: float, seed: int) -> Ways:
        spreads = Spreads()
        samples = np.random.default_rng(seed).lognormal(math.log(middle), 0.25, 3000)
        for k, sample in enumerate(samples):
            spreads.add(float(sample), 0.1 * k)
        return spreads.ways(300.0)

    lives = {"relay cabinet-1": ("running", 0, 1), "engine": ("running", 0, 0), "annunciator south": ("waiting", 3, 3)}
    parts = [
        PartView(
            part=part,
            state=state,  # type: ignore[arg-type]
            restarts=minute,
            restarts_all=in_all,
            how="started" if state == "running" else "killed",
            code=9 * (state == "waiting"),
            wall_s=WALL_S - 3600.0,
        )
        for part, (state, minute, in_all) in lives.items()
    ]
    if given_up:
        event = "ended with code 2; given up after 5 restarts in 60 s"
        gone = PartView(part="gateway", state="given_up", restarts=5, restarts_all=5, how="ended", code=2, event=event)
        parts.append(msgspec.structs.replace(gone, wall_s=WALL_S - 40.0))
    return EngineHealth(
        time_s=START_S,
        wall_s=WALL_S,
        started_wall_s=WALL_S - 10_800.0,
        to_permit=ways(0.11, 1),
        to_contact=ways(0.13, 2),
        supervised=True,
        parts=tuple(parts),
        sounds=(SoundTested(annunciator="south", wall_s=WALL_S - 7200.0, passed=4, of=4),),
    )


def self_test(*, done: bool = True) -> SelfTestReport:
    """One of every verdict; while it runs, the last of them wait."""
    rows: tuple[tuple[Kind, str, Verdict, str, str], ...] = (
        ("camera", "cam1", "passed", "live", "9.8 Hz"),
        ("camera", "cam2", "failed", "covered", ""),
        ("place", "cam1", "passed", "in_place", "0.4 px"),
        ("place", "cam2", "untested", "unseeing", ""),
        ("relay", "cabinet-1 permit", "passed", "follows", "31 ms"),
        ("relay", "cabinet-1 slow", "untested", "was_open", ""),
        ("relay", "cabinet-1 siren", "failed", "stuck_off", ""),
        ("sound", "south danger", "passed", "heard", "800 to 1500 Hz, 3.60 pulses a second, 95.0 dB(A)"),
    )
    items = [SelfTestItem(kind=k, name=n, verdict=v, why=w, about=a) for k, n, v, w, a in rows]
    if not done:
        items[4:] = [
            SelfTestItem(kind=i.kind, name=i.name, verdict="waiting" if n else "running")
            for n, i in enumerate(items[4:])
        ]
    return SelfTestReport(
        id="t-1",
        by="kim@console-1",
        began_wall_s=WALL_S - 60.0,
        ended_wall_s=WALL_S - 20.0 if done else None,
        items=tuple(items),
        row=1284 if done else 0,
        hash="5c" * 32 if done else "",
    )


def camera(name: str, age_s: float) -> CameraView:
    """A camera alive at 9.8 Hz, or blind where its last frame is over a second old."""
    alive = age_s < 1.0
    return CameraView(camera=name, alive=alive, rate_hz=9.8 * alive, age_s=age_s, gaps=3, rejected=0)


def short_of_looks(site: Site) -> Snapshot:
    """Cameras bring more pictures than the detector takes; every other one is looked at too seldom."""
    quiet = snapshot(site)
    cameras = tuple(
        msgspec.structs.replace(c, rate_hz=2.1 if i % 2 else 7.4, received_hz=15.0, wait_s=0.55 if i % 2 else 0.19)
        for i, c in enumerate(quiet.cameras)
    )
    return msgspec.structs.replace(quiet, cameras=cameras)


def bypassed(site: Site) -> Snapshot:
    """A hoist without a permit that runs on a bypass, a quiet siren, a node whose controls are held, and tests."""
    quiet = snapshot(site)
    first = msgspec.structs.replace(quiet.hoists[0], permit=False, slow=True)
    who = {"by": "kim@console-1", "reason": "camera 3 is being replaced"}
    states = tuple(
        BypassState(id=f"b-{i}", contact=contact, left_s=left_s, **who)
        for i, (contact, left_s) in enumerate({"permit": 252.4, "siren": 31.2}.items())
    )
    proofs = tuple(
        ProofDue(node="cabinet-1", contact=contact, state=state, last_s=last_s, due_s=WALL_S + 86_400.0)
        for contact, state, last_s in (("permit", "overdue", None), ("slow", "failed", None), ("siren", "good", WALL_S))
    )
    nodes = tuple(msgspec.structs.replace(n, latched=True, run_commanded=True, bypasses=states) for n in quiet.nodes)
    return msgspec.structs.replace(quiet, hoists=(first, *quiet.hoists[1:]), nodes=nodes, proofs=proofs)


def danger(site: Site, time_s: float = START_S, seq: int = 100) -> Snapshot:
    """Several alarms at once: a danger, a warning, a blind camera, one passed, one shelved; the node latched."""
    quiet = snapshot(site, time_s=time_s, seq=seq)
    first = msgspec.structs.replace(quiet.hoists[0], level=Level.DANGER, permit=False, slow=True)
    opened = {"permit": False, "slow": False, "siren": True}
    nodes = (msgspec.structs.replace(n, latched=True, commanded=opened, contacts=opened) for n in quiet.nodes)
    return msgspec.structs.replace(
        quiet,
        level=Level.DANGER,
        hoists=(first, *quiet.hoists[1:]),
        alarms=(SHELVED, PASSED, BLIND, FALL, STRUCK),
        cameras=tuple(camera(c.name, 3.2 if c.name == "cam2" else 0.08) for c in site.camera),
        nodes=tuple(nodes),
    )


RAISED = AlarmTransition(
    time_s=START_S - 0.4, alarm="a-17", event="raised", level=Level.DANGER, situation=Situation.STRUCK_BY, hoist="H1",
    person="P3", source=None, probability=0.4, time_to_contact_s=1.9, time_to_last_safe_stop_s=0.2,
    reason=STRUCK.reason_en,
)  # fmt: skip


def pictures(site: Site, shot: Snapshot) -> list[Record]:
    """Picture and boxes of every camera at a snapshot's time: people as dark blocks where the camera sees them."""
    out: list[Record] = []
    stamp_s = shot.time_s - 0.1
    for table in site.camera:
        boxes = _boxes(Camera.from_table(table), shot)
        scale = 480 / table.size_px[0]
        jpeg = _jpeg(boxes, scale, (480, int(table.size_px[1] * scale)))
        out.append(Picture(camera=table.name, time_s=stamp_s, scale=scale, jpeg=jpeg))
        out.append(Boxes(camera=table.name, time_s=stamp_s, ready_s=stamp_s, boxes=boxes))
    return out


def _boxes(eye: Camera, shot: Snapshot) -> tuple[Box, ...]:
    out = []
    for p in shot.people:
        ends = np.array([[p.x_m, p.y_m, 0.0], [p.x_m, p.y_m, 1.75]])
        if eye.visible(ends).all():
            (x, foot), (_, top) = eye.project(ends)
            h = float(foot - top)
            out.append(Box(left_px=float(x) - 0.18 * h, top_px=float(top), width_px=0.36 * h, height_px=h, score=0.8))
    return tuple(out)


def _jpeg(boxes: tuple[Box, ...], scale: float, size_px: tuple[int, int]) -> bytes:
    image = QImage(*size_px, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    shade = QLinearGradient(0, 0, 0, size_px[1])
    shade.setColorAt(0.0, QColor("#5a646c"))
    shade.setColorAt(1.0, QColor("#9aa39c"))
    painter.fillRect(image.rect(), shade)
    for b in boxes:
        rect = QRectF(b.left_px * scale, b.top_px * scale, b.width_px * scale, b.height_px * scale)
        painter.fillRect(rect, QColor("#2c4a6e"))
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPEG", 80)
    return bytes(buffer.data().data())
