"""Which cameras are worth a look now: those that see a hoist that moves, most of all with a person beside it."""

from __future__ import annotations

import pytest

from calibration.policy import Policy
from calibration.site import Floor, Site
from safety.attention import Attention
from safety.records import HoistView, Level, Phase, Snapshot
from tests.safety.situations import Somebody, bank_of, hoist_state
from tests.worlds import HALL_M, bridge, looking
from tracking.records import HoistState


def two_ends() -> Site:
    """A long hall whose two cameras see one end each and nothing in common."""
    return Site(
        site=Floor(name="Hall", boundary_m=HALL_M),
        camera=(
            looking("left", (4.0, -4.0, 7.0), (4.0, 6.0, 0.0), view_deg=50.0),
            looking("right", (20.0, -4.0, 7.0), (20.0, 6.0, 0.0), view_deg=50.0),
        ),
        hoist=(bridge(),),
        policy=Policy(attention_radius_m=4.0),
    )


def shot(
    state: HoistState | None, people: list[Somebody] | None = None, phase: Phase = Phase.TRAVELLING, **view: object
) -> Snapshot:
    known: dict[str, object] = {"level": Level.CLEAR, "permit": True, "slow": False}
    hoists = () if state is None else (HoistView(state=state, phase=phase, **(known | view)),)  # type: ignore[arg-type]
    return Snapshot(
        time_s=10.0,
        wall_s=10.0,
        seq=1,
        level=Level.CLEAR,
        people=bank_of(people or [])[1],
        paths=(),
        hoists=hoists,
        hazards=(),
        alarms=(),
        outputs={},
        cameras=(),
    )


AT_LEFT = hoist_state(x_m=4.0, y_m=6.0, vx_mps=0.4)


@pytest.fixture(scope="module")
def attention() -> Attention:
    return Attention(two_ends())


def test_the_camera_that_sees_the_moving_hoist_counts_more(attention: Attention) -> None:
    weights = attention.weights(shot(AT_LEFT), 10.0)
    assert 2.0 < weights["left"] <= 4.0
    assert weights["right"] == 1.0
    other = attention.weights(shot(hoist_state(x_m=20.0, y_m=6.0, vx_mps=0.4)), 10.0)
    assert other["right"] > 2.0 > other["left"] == 1.0


def test_a_person_beside_it_counts_more_still_and_one_elsewhere_does_not(attention: Attention) -> None:
    alone = attention.weights(shot(AT_LEFT), 10.0)
    beside = attention.weights(shot(AT_LEFT, [Somebody(6.0, 6.0)]), 10.0)
    assert beside["left"] == pytest.approx(alone["left"] + 4.0)
    assert attention.weights(shot(AT_LEFT, [Somebody(20.0, 6.0)]), 10.0) == alone


@pytest.mark.parametrize(
    "snapshot",
    [
        shot(hoist_state(x_m=4.0), phase=Phase.TRAVELLING),
        shot(hoist_state(x_m=4.0), phase=Phase.UNKNOWN),
        shot(hoist_state(x_m=4.0, vz_mps=0.05), phase=Phase.IDLE),
        shot(hoist_state(x_m=4.0, vx_mps=0.2), phase=Phase.LANDED),
        shot(hoist_state(x_m=4.0, lost=True), phase=Phase.IDLE),
        shot(hoist_state(x_m=4.0), phase=Phase.RIGGING, level=Level.CAUTION),
    ],
)
def test_what_may_hurt_somebody_is_watched(attention: Attention, snapshot: Snapshot) -> None:
    assert attention.weights(snapshot, 10.0)["left"] > 2.0


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.RIGGING, Phase.LANDED])
def test_a_hoist_at_rest_needs_no_more_than_the_others(attention: Attention, phase: Phase) -> None:
    assert attention.weights(shot(hoist_state(x_m=4.0), [Somebody(4.5, 6.0)], phase), 10.0) == {
        "left": 1.0,
        "right": 1.0,
    }


def test_an_old_decision_or_none_says_nothing(attention: Attention) -> None:
    even = {"left": 1.0, "right": 1.0}
    assert attention.weights(shot(AT_LEFT), 11.5) == even
    assert attention.weights(None, 10.0) == even
    assert attention.quiet(shot(None), 11.5) == attention.quiet(None, 10.0) == frozenset()


def test_quiet_is_a_camera_that_sees_neither_person_nor_moving_hoist(attention: Attention) -> None:
    assert attention.quiet(shot(None), 10.0) == {"left", "right"}
    assert attention.quiet(shot(AT_LEFT), 10.0) == {"right"}
    assert attention.quiet(shot(AT_LEFT, [Somebody(20.0, 6.0)]), 10.0) == frozenset()
    lost = shot(None, [Somebody(20.0, 6.0, lost=True, unseen_s=3.0)])
    assert attention.quiet(lost, 10.0) == {"left"}, "who was lost there may still be there"


def test_a_site_without_cameras_has_no_weights() -> None:
    bare = two_ends().model_copy(update={"camera": ()})
    assert Attention(bare).weights(shot(AT_LEFT), 10.0) == {}
    assert Attention(bare).quiet(shot(AT_LEFT), 10.0) == frozenset()
