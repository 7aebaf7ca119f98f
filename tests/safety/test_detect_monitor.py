"""What the engine makes of its detect nodes, without a socket: their time, their silence, their clocks."""

from __future__ import annotations

import msgspec
import pytest

from calibration.policy import Policy
from calibration.site import CameraTable, Site
from safety.alarm_words import reason
from safety.detect_monitor import PICTURE_PERIOD_S, DetectMonitor
from safety.detect_records import Detected, DetectedPicture, DetectStatus, Seen
from safety.engine import Engine
from safety.records import Picture, Situation
from tests.worlds import hall
from tracking.records import Boxes, CameraHealth, PictureHealth

NS = 1_000_000_000
SIZES = {"cam2": (1920, 1080), "cam3": (1920, 1080)}


def site(policy: Policy | None = None) -> Site:
    plain = hall(cameras=3)
    on_node = [
        CameraTable.model_validate({**c.model_dump(), "node": "north"}) if c.name in SIZES else c for c in plain.camera
    ]
    return plain.model_copy(update={"camera": tuple(on_node), "policy": policy or Policy()})


class Node:
    """A node whose clock is ``ahead_s`` of the engine's, over a network with a delay, and the engine's monitor."""

    def __init__(self, ahead_s: float = 1000.0, delay_s: float = 0.002, policy: Policy | None = None) -> None:
        self.monitor = DetectMonitor(site(policy), start_s=100.0, wall_offset_s=5e8)
        self.now_s, self.ahead_s, self.delay_s = 100.0, ahead_s, delay_s
        self.wall_ahead_s, self.boot, self.seq, self.sizes = 0.0, "b1", 0, SIZES
        self.reports = True
        self.status(0)

    def status(self, asked_ns: int) -> None:
        self.seq += 1
        theirs_ns = round((self.now_s + self.delay_s / 2 + self.ahead_s) * NS)
        told = DetectStatus(
            node="north",
            boot=self.boot,
            seq=self.seq,
            asked_ns=asked_ns,
            received_ns=theirs_ns,
            sent_ns=theirs_ns,
            wall_s=self.now_s + self.delay_s / 2 + 5e8 + self.wall_ahead_s,
            cameras=self.sizes,
        )
        assert self.monitor.take(told, round((self.now_s + self.delay_s) * NS)) is None

    def run(self, for_s: float) -> list[CameraHealth]:
        """Ticks of the engine; what it tells of lost and found cameras."""
        told = []
        for _ in range(round(for_s / 0.1)):
            self.now_s += 0.1
            for ask in self.monitor.asks(round(self.now_s * NS)):
                if self.reports:
                    self.status(ask.asked_ns)
            told += self.monitor.lost(self.now_s)
        return told

    def sees(self, item: Seen, age_s: float = 0.03) -> Seen | Picture | None:
        """The node sends something that it stamped ``age_s`` ago."""
        self.seq += 1
        stamped = msgspec.structs.replace(item, time_s=self.theirs(age_s))
        sent_ns = round(self.theirs(0.001) * NS)
        message = Detected(node="north", boot=self.boot, seq=self.seq, sent_ns=sent_ns, item=stamped)
        return self.monitor.take(message, round(self.now_s * NS))

    def theirs(self, age_s: float) -> float:
        return self.now_s - age_s + self.ahead_s

    def fault(self) -> str:
        return self.monitor.faults(self.now_s)["north"]


BOXES = Boxes(camera="cam2", time_s=0.0, ready_s=0.0)


@pytest.mark.parametrize("ahead_s", [0.3, -50.0, 3600.0, -86_400.0])
def test_stamps_of_another_clock_become_the_engines(ahead_s: float) -> None:
    node = Node(ahead_s)
    node.run(1.0)
    got = node.sees(BOXES, age_s=0.08)
    assert isinstance(got, Boxes)
    assert got.time_s == pytest.approx(node.now_s - 0.08, abs=0.002)
    (view,) = node.monitor.views(node.now_s)
    assert view.fault == ""
    assert view.offset_s == pytest.approx(ahead_s, abs=0.002)
    assert view.error_s is not None
    assert view.error_s < 0.005
    assert view.wall_offset_s == pytest.approx(0.0, abs=0.002)


def test_times_inside_what_pictures_say_are_moved_too() -> None:
    node = Node()
    node.run(1.0)
    health = PictureHealth(camera="cam2", time_s=0.0, ready_s=0.0, trouble="dark", since_s=node.theirs(2.0), blind=True)
    got = node.sees(health)
    assert isinstance(got, PictureHealth)
    assert got.since_s == pytest.approx(node.now_s - 2.0, abs=0.002)


def test_nothing_counts_before_the_offset_is_known() -> None:
    node = Node()
    assert node.fault() == "clock_unknown"
    assert node.sees(BOXES) is None
    told = node.run(0.6)
    assert [(h.camera, h.connected) for h in told] == [("cam2", False), ("cam3", False), ("cam2", True), ("cam3", True)]
    assert node.sees(BOXES) is not None
    assert node.monitor.counts == {"detect_untimed": 1}


def test_a_silent_node_takes_its_cameras_with_it_and_brings_them_back() -> None:
    node = Node()
    node.run(1.0)
    node.reports = False
    lost = node.run(0.8)
    assert {h.camera for h in lost} == set(SIZES)
    assert all(not h.connected and h.lost_by == "node" and "north is silent" in h.message for h in lost)
    assert node.sees(BOXES) is not None, "what it says itself is a sign of life"
    node.reports = True
    assert {h.camera for h in node.run(0.5) if h.connected} == set(SIZES)


def test_an_engine_that_waits_for_a_node_says_so_and_a_played_recording_does_not() -> None:
    awaited = DetectMonitor(site(), start_s=0.0)
    assert {h.camera for h in awaited.lost(0.1)} == set(SIZES)
    assert awaited.views(2.0)[0].fault == "absent"
    played = DetectMonitor(site(), start_s=0.0, awaited=False)
    assert played.lost(0.1) == []
    assert played.views(2.0)[0].fault == ""


@pytest.mark.parametrize("jump_s", [2.0, -2.0])
def test_a_jump_of_its_clock_is_told_and_ends(jump_s: float) -> None:
    node = Node()
    node.run(1.0)
    node.ahead_s += jump_s
    told = node.run(1.5)
    assert [h.connected for h in told if h.camera == "cam2"] == [False, True]
    assert {h.lost_by for h in told if not h.connected} == {"clock"}
    (view,) = node.monitor.views(node.now_s)
    assert (view.fault, view.steps) == ("", 1)
    assert view.step_s == pytest.approx(jump_s, abs=0.01)
    got = node.sees(BOXES, age_s=0.05)
    assert isinstance(got, Boxes)
    assert got.time_s == pytest.approx(node.now_s - 0.05, abs=0.002)


def test_a_picture_stamped_before_the_clock_jumped_back_does_not_count_and_proves_nothing() -> None:
    node = Node()
    node.run(1.0)
    node.ahead_s -= 2.0
    node.run(1.0)
    assert node.sees(BOXES, age_s=-1.5) is None
    assert node.fault() == ""
    assert node.monitor.views(node.now_s)[0].steps == 1


def test_a_picture_from_the_future_proves_a_jump_before_the_next_question() -> None:
    node = Node()
    node.run(1.0)
    node.ahead_s += 0.2
    assert node.sees(BOXES) is None
    assert node.fault() == "clock_stepped"


def test_a_network_too_slow_to_know_the_time_by_blinds_the_cameras() -> None:
    node = Node(delay_s=0.3)
    told = node.run(1.0)
    assert node.fault() == "clock_wide"
    assert node.sees(BOXES) is None
    assert any(h.lost_by == "clock" and "not known well enough" in h.message for h in told)
    patient = Node(delay_s=0.3, policy=Policy(node_clock_error_s=0.2))
    patient.run(1.0)
    assert patient.sees(BOXES) is not None


def test_a_node_that_started_again_is_known_anew_and_its_old_run_is_over() -> None:
    node = Node()
    node.run(1.0)
    node.boot, node.seq, node.ahead_s = "b2", 0, -3.0
    node.status(0)
    assert node.fault() == "clock_unknown"
    node.run(0.6)
    assert node.sees(BOXES) is not None
    node.boot = "b1"
    assert node.sees(BOXES) is None
    assert node.monitor.counts["detect_stale"] == 1
    assert node.monitor.views(node.now_s)[0].restarts == 1
    assert node.monitor.views(node.now_s)[0].steps == 0


def test_what_comes_twice_counts_once() -> None:
    node = Node()
    node.run(1.0)
    assert node.sees(BOXES) is not None
    node.seq -= 1
    assert node.sees(BOXES) is None


def test_cameras_of_another_size_do_not_count() -> None:
    node = Node()
    node.sizes = {**SIZES, "cam3": (1280, 720)}
    node.run(1.0)
    assert node.fault() == "differs"
    node.sizes = {"cam2": (1920, 1080)}
    node.run(0.5)
    assert node.fault() == "differs"


def test_pictures_for_consoles_are_few() -> None:
    node = Node()
    node.run(1.0)
    shown = 0
    for k in range(50):
        node.now_s += 0.01
        picture = DetectedPicture(
            node="north", boot="b1", seq=1000 + k, camera="cam2", time_s=node.theirs(0.0), scale=0.5, jpeg=b"\xff\xd8"
        )
        shown += isinstance(node.monitor.take(picture, round(node.now_s * NS)), Picture)
    assert 1 < shown <= 0.5 / PICTURE_PERIOD_S + 1
    assert node.monitor.counts["detect_pictures"] == 50 - shown


@pytest.mark.parametrize(("by", "words"), [("node", "machine that it hangs on is silent"), ("clock", "clock of the")])
def test_the_core_tells_a_lost_nodes_camera_as_any_camera_and_says_why(by: str, words: str) -> None:
    engine = Engine(site())
    hazards = ()
    for tick in range(45):
        now_s = 100.0 + tick / 10
        events: list = [Boxes(camera=c, time_s=now_s - 0.02, ready_s=now_s) for c in ("cam1", "cam2", "cam3")]
        if tick >= 30:
            events = events[:1]
        if tick == 30:
            gone = {"ready_s": now_s, "connected": False, "lost_by": by}
            events += [CameraHealth(camera=c, time_s=now_s, **gone) for c in SIZES]
        step = engine.step(now_s, events)
        hazards = step.snapshot.hazards
        alive = {c.camera for c in step.snapshot.cameras if c.alive}
        if tick < 30:
            assert alive == {"cam1", "cam2", "cam3"}
    assert alive == {"cam1"}
    blind = [h for h in hazards if h.situation is Situation.CAMERA_BLIND]
    assert {h.source for h in blind} == set(SIZES)
    assert words in reason(blind[0], "en")
    assert "노드" in reason(blind[0], "ko")
