"""The self-test's story by snapshots: each way in which something passes, fails, or cannot be tested."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from calibration.outputs import Relay
from calibration.site import Site
from safety.annunciator.records import AnnunciatorView, SoundCheck, SoundTest
from safety.output_records import ProofReport, ProofResult, ProofTest
from safety.records import NodeView, Snapshot
from safety.self_test import WATCH_S, SelfTestRun
from safety.self_test_records import SelfTestReport
from safety.standstill import SETTLED_S, Standstill, unrest
from tests.safety.annunciator.scenes import speaker
from tests.ui import scenes
from tests.ui.example_site import example_site

TICK_S = 0.1
SITE = example_site(cameras=1, hoists=1).model_copy(update={"annunciator": (speaker(speech=False),)})
RELAYS = SITE.relay
Change = Callable[[Snapshot, float], Snapshot]
PROVED = ProofReport(
    id="p2",
    done=True,
    results=(
        ProofResult(contact="permit", verdict="passed", took_s=0.03),
        ProofResult(contact="slow", verdict="skipped", detail="it was open already"),
        ProofResult(contact="siren", verdict="failed", detail="stuck off"),
    ),
)
HEARD = (SoundCheck(what="danger", passed=True, text="800 Hz"), SoundCheck(what="fault", passed=False, text="nothing"))


def still(site: Site = SITE) -> Snapshot:
    """Everything well: the hoist rests with an empty hook, the camera sees and stands in its place."""
    quiet = scenes.snapshot(site, hoists=(scenes.hoist("H1", 6.0, 5.0, 0.0, loaded=False),))
    return msgspec.structs.replace(
        quiet,
        cameras=tuple(msgspec.structs.replace(c, offset_px=0.4, kept=True) for c in quiet.cameras),
        annunciators=(AnnunciatorView(annunciator="south", connected=True),),
    )


def node(shot: Snapshot, **changes: object) -> Snapshot:
    return msgspec.structs.replace(shot, nodes=(msgspec.structs.replace(shot.nodes[0], **changes),))


def sound(shot: Snapshot, **changes: object) -> Snapshot:
    return msgspec.structs.replace(shot, annunciators=(msgspec.structs.replace(shot.annunciators[0], **changes),))


class Hall:
    """A hall that does as it is told: a node proves itself a second after the order, an annunciator after eight."""

    def __init__(self, refuses: str = "", proof: ProofReport | None = PROVED, heard: bool = True) -> None:
        self.refuses, self.proof, self.heard = refuses, proof, heard
        self.orders: dict[type, float] = {}
        self.now_s = 0.0

    def give(self, order: ProofTest | SoundTest) -> str:
        if self.refuses != type(order).__name__:
            self.orders[type(order)] = self.now_s
            return ""
        return "it has a fault"

    def shot(self, change: Change) -> Snapshot:
        shot = still()
        asked_s = self.orders.get(ProofTest)
        if asked_s is not None and self.proof is not None:
            shot = node(shot, proof=self.proof if self.now_s > asked_s + 1.0 else ProofReport(id="p2", done=False))
        asked_s = self.orders.get(SoundTest)
        if asked_s is not None and self.heard:
            over = self.now_s > asked_s + 8.0
            shot = sound(shot, testing=not over, tested_s=self.now_s if over else None, test=HEARD if over else ())
        return change(shot, self.now_s)


def run(hall: Hall | None = None, change: Change = lambda shot, _: shot) -> SelfTestReport:
    hall = hall or Hall()
    test = SelfTestRun(SITE, "t-1", "kim@console-1", 1000.0, 0.0)
    while not test.done:
        assert hall.now_s < 300.0, "it does not end"
        hall.now_s += TICK_S
        test.step(hall.shot(change), hall.now_s, hall.give)
    return test.report()


def found(report: SelfTestReport) -> dict[str, tuple[str, str]]:
    return {f"{i.kind} {i.name}": (i.verdict, i.why) for i in report.items}


def test_everything_is_named_and_the_sounds_one_by_one() -> None:
    report = run()
    assert found(report) == {
        "camera cam1": ("passed", "live"),
        "place cam1": ("passed", "in_place"),
        "relay cabinet-1 permit": ("passed", "follows"),
        "relay cabinet-1 slow": ("untested", "was_open"),
        "relay cabinet-1 siren": ("failed", "stuck_off"),
        "sound south danger": ("passed", "heard"),
        "sound south fault": ("failed", "unheard"),
    }
    assert (report.by, report.began_wall_s, report.count("passed")) == ("kim@console-1", 1000.0, 4)
    assert report.ended_wall_s == pytest.approx(1000.0 + WATCH_S + 9.3, abs=0.5)


def camera(**changes: object) -> Change:
    return lambda shot, _: msgspec.structs.replace(shot, cameras=(msgspec.structs.replace(shot.cameras[0], **changes),))


@pytest.mark.parametrize(
    ("change", "sees", "place"),
    [
        (camera(alive=False), ("failed", "no_picture"), ("untested", "unseeing")),
        (camera(alive=False, trouble="frozen"), ("failed", "frozen"), ("untested", "unseeing")),
        (camera(trouble="moved", shift_px=14.0), ("passed", "live"), ("failed", "moved")),
        (camera(alive=False, trouble="moved", shift_px=900.0), ("passed", "live"), ("failed", "moved")),
        (camera(kept=False), ("passed", "live"), ("untested", "no_reference")),
        (camera(offset_px=None), ("passed", "live"), ("untested", "no_landmarks")),
        (lambda s, _: msgspec.structs.replace(s, cameras=()), ("failed", "no_picture"), ("untested", "unseeing")),
        # A fault within the watch counts, also where it is over at its end.
        (lambda s, t: camera(trouble="dark")(s, t) if 0.5 < t < 0.8 else s, ("failed", "dark"), ("passed", "in_place")),
    ],
)
def test_what_a_camera_can_fail_by(change: Change, sees: tuple[str, str], place: tuple[str, str]) -> None:
    told = found(run(change=change))
    assert (told["camera cam1"], told["place cam1"]) == (sees, place)


def with_hoist(**changes: object) -> Change:
    def put(shot: Snapshot, _: float) -> Snapshot:
        view = shot.hoists[0]
        return msgspec.structs.replace(
            shot, hoists=(msgspec.structs.replace(view, state=msgspec.structs.replace(view.state, **changes)),)
        )

    return put


@pytest.mark.parametrize(
    ("hall", "change", "verdict"),
    [
        (Hall(), lambda s, _: node(s, connected=False), ("failed", "not_connected")),
        (Hall(), lambda s, _: node(s, run_commanded=True), ("untested", "commanded")),
        (Hall(), with_hoist(carrying="loaded"), ("untested", "hoist_carries")),
        (Hall(), with_hoist(trolley_vx_mps=0.4), ("untested", "hoist_moves")),
        (Hall(refuses="ProofTest"), lambda s, _: s, ("failed", "refused")),
        (Hall(proof=None), lambda s, _: s, ("failed", "no_result")),
        (Hall(proof=ProofReport(id="p2", done=False)), lambda s, _: s, ("failed", "no_result")),
        (Hall(proof=ProofReport(id="p2", done=True)), lambda s, _: s, ("failed", "no_result")),
        (Hall(), lambda s, t: node(s, connected=t < 2.6), ("failed", "not_connected")),
    ],
)
def test_why_outputs_are_not_proved(hall: Hall, change: Change, verdict: tuple[str, str]) -> None:
    assert found(run(hall, change))["relay cabinet-1 permit"] == verdict


@pytest.mark.parametrize(
    ("hall", "change", "verdict"),
    [
        (Hall(), lambda s, _: sound(s, connected=False), ("failed", "not_connected")),
        (Hall(), lambda s, _: sound(s, tone="danger"), ("untested", "sounding")),
        (Hall(refuses="SoundTest"), lambda s, _: s, ("failed", "refused")),
        (Hall(heard=False), lambda s, _: s, ("failed", "no_result")),
        (Hall(), lambda s, _: sound(s, tested_s=None), ("untested", "cut_short")),
        (Hall(), lambda s, _: sound(s, testing=s.annunciators[0].testing or bool(s.annunciators[0].test)),
         ("failed", "no_result")),
        (Hall(), lambda s, t: sound(s, connected=t < 5.0), ("failed", "not_connected")),
    ],
)  # fmt: skip
def test_why_sounds_are_not_heard(hall: Hall, change: Change, verdict: tuple[str, str]) -> None:
    assert found(run(hall, change))["sound south"] == verdict


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"carrying": "unknown"}, None),
        ({"carrying": "loaded", "load_resting": True}, None),
        ({"carrying": "loaded", "load_resting": False}, "hoist_carries"),
        ({"carrying": "loaded"}, "hoist_carries"),
        ({"vz_mps": -0.1}, "hoist_moves"),
        ({"trolley_vy_mps": 0.3}, "hoist_moves"),
        ({"trolley_vy_mps": 0.3, "lost": True}, None),
    ],
)
def test_a_permit_is_not_opened_under_a_load_or_in_motion(change: dict[str, object], code: str | None) -> None:
    shot = with_hoist(**change)(still(), 0.0)
    told = unrest(RELAYS, shot.hoists, (), SITE.policy)
    assert (told.code if told else None) == code
    assert told is None or "H1" in told.text
    beacon = Relay(name="lamp", outputs={"lamp": ("H1", "warning")})
    assert unrest((beacon,), shot.hoists, (), SITE.policy) is None, "a beacon moves no hoist"
    assert unrest((beacon,), (), (NodeView(
        node="lamp", connected=True, latched=False, commanded={}, contacts={}, run_commanded=True
    ),), SITE.policy) is not None  # fmt: skip


def test_a_hoist_that_turns_back_is_not_at_rest() -> None:
    stands, goes = still(), with_hoist(trolley_vy_mps=0.3)(still(), 0.0)
    kept = Standstill(RELAYS, SITE.policy)
    kept.see(0.0, stands.hoists, ())
    assert kept.unrest(0.0, RELAYS) is None
    kept.see(0.1, goes.hoists, ())
    kept.see(0.2, stands.hoists, ())
    found = kept.unrest(0.2, RELAYS)
    assert found is not None
    assert found.code == "hoist_moves"
    assert kept.unrest(0.1 + SETTLED_S, RELAYS) is None
