"""Records of what the situation means and what was decided."""

from __future__ import annotations

from enum import Enum
from typing import Literal

import msgspec

from safety.annunciator.records import AnnunciatorStatus, AnnunciatorView, SoundTest
from safety.camera_records import CameraView
from safety.detect_records import AskTime, DetectNodeView, Remote
from safety.health_records import EngineHealth, PartsStatus
from safety.output_records import Bypass, BypassOrder, BypassState, ProofDue, ProofReport, ProofTest
from safety.self_test_records import SelfTest
from safety.site_records import ApplySite, SiteNews
from safety.word_records import Verdict, Word
from tracking.records import (
    Boxes,
    CameraHealth,
    HoistState,
    Path,
    Person,
    PictureHealth,
    Record,
    Sight,
    Telemetry,
)


class Level(Enum):
    """How severe; the most severe one wins."""

    CLEAR = "clear"
    CAUTION = "caution"
    WARNING = "warning"
    DANGER = "danger"

    def __init__(self, value: str) -> None:
        self.rank = ("clear", "caution", "warning", "danger").index(value)


class Phase(Enum):
    """Lift phase of one hoist."""

    UNKNOWN = "unknown"
    IDLE = "idle"
    RIGGING = "rigging"
    LIFTING = "lifting"
    TRAVELLING = "travelling"
    LOWERING = "lowering"
    LANDED = "landed"


class Situation(Enum):
    """Named composite situation; each has a row in the alarm table."""

    STRUCK_BY = "struck_by"
    SWING = "swing"
    CRUSH = "crush"
    FALL_ZONE = "fall_zone"
    TOPPLE = "topple"
    SIDE_PULL = "side_pull"
    SNAG = "snag"
    SLING_SLIP = "sling_slip"
    LOAD_STRUCTURE = "load_structure"
    HOISTS_CLOSING = "hoists_closing"
    OPERATOR_BACKWARDS = "operator_backwards"
    PLATFORM = "platform"
    BLIND_LIFT = "blind_lift"
    HANDS_ON_LOAD = "hands_on_load"
    PERSON_DOWN = "person_down"
    EXCLUSION = "exclusion"
    CAMERA_BLIND = "camera_blind"
    HOIST_LOST = "hoist_lost"
    PERSON_LOST = "person_lost"
    RELAY_FAULT = "relay_fault"
    ANNUNCIATOR_FAULT = "annunciator_fault"
    PART_GIVEN_UP = "part_given_up"


class Role(Enum):
    """What a person does at a hoist, as far as behaviour, vest or tag tell."""

    UNKNOWN = "unknown"
    OPERATOR = "operator"
    SLINGER = "slinger"
    PASSER_BY = "passer_by"


class RoleView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The role that one person is taken to have, and how probable it is; of ``UNKNOWN``, that of the likeliest one."""

    person: str
    role: Role
    probability: float


class AlarmState(Enum):
    """States of ISA-18.2, annex to its alarm state diagram (shelved is held beside the others)."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    SHELVED = "shelved"


class Hazard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One situation judged at one tick, with the numbers that led to its level.

    ``held_s``: how long it is known to have lasted when it is told for the first time; the on-delay has begun then.
    """

    situation: Situation
    level: Level
    hoist: str | None = None
    person: str | None = None
    source: str | None = None
    probability: float | None = None
    gap_m: float | None = None
    time_to_contact_s: float | None = None
    time_to_last_safe_stop_s: float | None = None
    terms: dict[str, float] = msgspec.field(default_factory=dict)
    held_s: float = 0.0

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two hazards the same alarm over time."""
        return (self.situation.value, self.hoist or "", self.person or "", self.source or "")


class AlarmTransition(Record, frozen=True, kw_only=True):
    """One line of the alarm log. Field names are an interface: other programs read them."""

    time_s: float
    alarm: str
    event: Literal["raised", "escalated", "eased", "cleared"]
    level: Level
    situation: Situation
    hoist: str | None
    person: str | None
    source: str | None
    probability: float | None
    time_to_contact_s: float | None
    time_to_last_safe_stop_s: float | None
    reason: str


class Alarm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One alarm as the console shows it. ``level`` is CLEAR once the situation has returned."""

    id: str
    situation: Situation
    level: Level
    worst: Level
    state: AlarmState
    raised_s: float
    changed_s: float
    reason_en: str
    reason_ko: str
    hoist: str | None = None
    person: str | None = None
    source: str | None = None
    shelved_until_s: float | None = None
    shelve_reason: str | None = None


class Swept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Floor area that the load of a hoist can reach if it is stopped now, swing included."""

    hoist: str
    outline_m: tuple[tuple[float, float], ...]
    bottom_m: float
    top_m: float


class HoistView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One hoist as the console shows it. ``near`` are the people for whom it has to go slowly, without an alarm."""

    state: HoistState
    phase: Phase
    level: Level
    permit: bool
    slow: bool
    swept: Swept | None = None
    near: tuple[str, ...] = ()


class RelayStatus(Record, frozen=True, kw_only=True):
    """What a relay node reports, several times a second and on every change.

    ``stamp_ns`` is the node's own monotonic clock; the engine echoes it in its next permit, so
    that the node can tell a permit's age without trusting anybody else's clock. ``contacts`` is
    the read-back, ``commanded`` what the node asked of its driver, both as on and off of the output itself.
    Permits since its start: ``accepted``, ``refused``, ``lapsed`` (one ran out before the next had come), and the least
    time ``margin_s`` that one still had when the next came.
    """

    node: str
    boot: str
    stamp_ns: int
    seq: int
    commanded: dict[str, bool]
    contacts: dict[str, bool]
    latched: bool
    fault: str = ""
    refused: int = 0
    accepted: int = 0
    lapsed: int = 0
    margin_s: float | None = None
    moved_by_seq: int = 0
    bypasses: tuple[BypassState, ...] = ()
    run_commanded: bool = False
    proof: ProofReport | None = None


class Permit(Record, frozen=True, kw_only=True):
    """Outputs that a node may energise until ``echo_ns`` + validity on its own clock."""

    node: str
    boot: str
    engine: str
    seq: int
    echo_ns: int
    validity_ns: int
    outputs: dict[str, bool]
    reset: bool = False
    bypasses: tuple[BypassOrder, ...] = ()
    proof_test: str = ""


class Acknowledge(Record, frozen=True, kw_only=True):
    """A person has seen the alarm."""

    time_s: float
    by: str
    alarm: str


class Shelve(Record, frozen=True, kw_only=True):
    """A person sets an alarm aside for a stated time and reason; zero seconds brings it back."""

    time_s: float
    by: str
    alarm: str
    for_s: float
    reason: str


class Reset(Record, frozen=True, kw_only=True):
    """A person frees a relay node that latched after a stop."""

    time_s: float
    by: str
    node: str


class SignIn(Record, frozen=True, kw_only=True):
    """Somebody at a console says who they are. Never recorded, logged or shown."""

    time_s: float
    by: str
    user: str
    password: str

    def __repr__(self) -> str:
        return f"SignIn(user={self.user!r}, password=...)"


class SignOut(Record, frozen=True, kw_only=True):
    """Whoever is signed in at that console leaves."""

    time_s: float
    by: str


class SessionView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who is signed in at a console, until when at the latest (the engine's time)."""

    console: str
    user: str
    role: Literal["viewer", "operator", "engineer"]
    until_s: float


class NodeView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One relay node as the console shows it; counts of permits as in ``RelayStatus``."""

    node: str
    connected: bool
    latched: bool
    commanded: dict[str, bool]
    contacts: dict[str, bool]
    fault: str = ""
    refused: int = 0
    accepted: int = 0
    lapsed: int = 0
    margin_s: float | None = None
    age_s: float = 0.0
    bypasses: tuple[BypassState, ...] = ()
    run_commanded: bool = False
    proof: ProofReport | None = None


class Latency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Measured by the live engine over the last seconds; None until there is a sample."""

    detect_p50_s: float | None = None
    frame_to_decision_p50_s: float | None = None
    frame_to_decision_p99_s: float | None = None
    frame_to_contact_p50_s: float | None = None
    frame_to_contact_p99_s: float | None = None


class Snapshot(Record, frozen=True, kw_only=True):
    """Everything that the core decided at one tick. ``wall_s`` is for display only (Unix time).

    ``run`` names one run of a live engine: names of alarms come again in the next.
    """

    time_s: float
    wall_s: float
    seq: int
    level: Level
    people: tuple[Person, ...]
    paths: tuple[Path, ...]
    hoists: tuple[HoistView, ...]
    hazards: tuple[Hazard, ...]
    alarms: tuple[Alarm, ...]
    outputs: dict[str, bool]
    cameras: tuple[CameraView, ...]
    nodes: tuple[NodeView, ...] = ()
    latency: Latency = Latency()
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    roles: tuple[RoleView, ...] = ()
    sessions: tuple[SessionView, ...] = ()
    sign_in_required: bool = False
    proofs: tuple[ProofDue, ...] = ()
    annunciators: tuple[AnnunciatorView, ...] = ()
    detect_nodes: tuple[DetectNodeView, ...] = ()
    run: str = ""


class Picture(Record, frozen=True, kw_only=True):
    """A reduced JPEG of one camera for the console; ``scale`` is its width over the full width."""

    camera: str
    time_s: float
    scale: float
    jpeg: bytes


class Refusal(Record, frozen=True, kw_only=True):
    """The engine's answer to a command that it did not carry out.

    ``code`` is for what a console says in its own words: ``sign_in`` (nobody is signed in), ``role`` (not for
    that role), ``wrong`` (name or password), ``locked`` (too many tries, for ``wait_s`` more), ``late`` (held up on
    the way, or given by a console that hears nothing), ``hoist_moves``, ``hoist_carries``, ``commanded`` (no test of
    outputs then; ``about`` is the hoist or node), ``self_test_runs``.
    """

    time_s: float
    command: str
    reason: str
    code: str = ""
    wait_s: float = 0.0
    about: str = ""


Order = Acknowledge | Shelve | Reset | Bypass | ProofTest | SoundTest | SelfTest
"""What a person has the engine do; recorded, and taken in by the core."""
Command = Order | Word | ApplySite
Report = RelayStatus | AnnunciatorStatus
"""What comes in by itself, several times a second, from those who act."""
Unsealed = Report | Remote
"""What says itself of when it is, so that it needs no seal."""
Event = Boxes | Sight | Telemetry | CameraHealth | PictureHealth | PartsStatus | Report | Order
Published = Snapshot | AlarmTransition | Boxes | Picture | EngineHealth | SiteNews | Verdict
"""What the engine publishes to consoles, recorders and viewers."""
FromPeer = Report | Remote | Command | SignIn | SignOut
"""What may come in on the engine's command port; the bus checks which role may send which."""
ToPeer = Permit | Refusal | SoundTest | AskTime
"""What the engine answers on its command port."""
