"""Load on slings: modes of the double pendulum, tilt, lift-off, side pull, slip, snag, twist."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh

from recordings.plant.loads import form_of
from recordings.plant.rigging import BLOCK_SHARE, STRETCH_M
from tests.recordings.plant.hoists import Film, crane, hung, load, plant, tilt_rad
from tests.recordings.plant.swings import period_s
from tracking.hoist_motion import GRAVITY_MPS2 as G

ON = {"at_s": 0.0, "attach": "crate"}


@pytest.mark.parametrize(("shape", "across"), [("crate", 500.0 * (0.8**2 + 0.6**2) / 12), ("coil", None)])
def test_moments_of_inertia(shape: str, across: float | None) -> None:
    form = form_of(load(shape=shape, size_m=(1.0, 0.8, 0.6) if shape == "crate" else (0.8, 1.0, 1.0)))
    if across is not None:
        assert form.inertia_kgm2[0] == pytest.approx(across)
        return
    outer, inner = 0.5, 0.25
    assert form.inertia_kgm2[0] == pytest.approx(500.0 * (outer**2 + inner**2) / 2)
    assert form.inertia_kgm2[1] == pytest.approx(500.0 * (3 * (outer**2 + inner**2) + 0.8**2) / 12)


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize(("sling", "mass"), [(1.0, 500.0), (2.5, 500.0), (2.0, 60.0)])
def test_hook_and_load_swing_in_the_modes_of_a_double_pendulum(sling: float, mass: float, mode: int) -> None:
    """Eigenvalues of a point mass M on a rope L and below it a rigid body (m, I) whose CoG hangs s lower.

    Small angles φ, ψ of rope and body from plumb: kinetic energy ½(M + m)L²φ′² + mLsφ′ψ′ +
    ½(ms² + I)ψ′², potential ½(M + m)gLφ² + ½mgsψ².
    """
    table = crane([ON], damping=0.0, block_kg=25.0, start_hook_m=4.0)
    world = plant(table, hung(sling_m=sling, mass_kg=mass))
    form = form_of(load(mass_kg=mass))
    block, rope = max(25.0, BLOCK_SHARE * mass), 4.0
    arm = sling + 0.4 + STRETCH_M
    inertia = np.array(
        [
            [(block + mass) * rope**2, mass * rope * arm],
            [mass * rope * arm, mass * arm**2 + form.inertia_kgm2[1]],
        ]
    )
    squares, shapes = eigh(np.diag([(block + mass) * G * rope, mass * G * arm]), inertia)
    phi, psi = shapes[:, mode] / np.abs(shapes[:, mode]).max() * 0.02 * math.sqrt(squares[mode])
    lift, body = world._lifts[0], world._bodies["crate"]
    lift.hook.vx = rope * phi
    body.vx = rope * phi + arm * psi
    body.ly = -form.inertia_kgm2[1] * psi
    film = Film(world, 21.0 / math.sqrt(squares[mode]), 0.0025 if mode else 0.01)
    swing = film.hook()[:, 0] - 5.0
    # Legs that stretch by 1 cm leave a little room at the hook.
    assert period_s(film.time_s, swing) == pytest.approx(
        2 * math.pi / math.sqrt(squares[mode]), rel=0.02 if mode else 2e-3
    )


def test_a_hung_load_keeps_its_energy_without_damping() -> None:
    world = plant(crane([ON], damping=0.0), hung(sling_m=2.0))
    lift, body = world._lifts[0], world._bodies["crate"]
    lift.hook.vx = 0.6
    body.vx = body.vy = 0.9

    def energy() -> float:
        hook = lift.hook
        spin = 0.5 * (body.lx * body.wx + body.ly * body.wy + body.lz * body.wz)
        moving = 0.5 * hook.mass_kg * (hook.vx**2 + hook.vy**2 + hook.vz**2)
        moving += 0.5 * body.mass_kg * (body.vx**2 + body.vy**2 + body.vz**2) + spin
        return moving + G * (hook.mass_kg * (hook.z - 4.0) + body.mass_kg * (body.cz - (4.0 - 2.4 - STRETCH_M)))

    energies = []
    for k in range(1, 300):
        world.advance(k * 0.1, {})
        energies.append(energy())
    assert np.mean(energies[-50:]) == pytest.approx(np.mean(energies[20:70]), rel=0.01)


def test_a_load_on_the_hook_from_the_start_hangs_still() -> None:
    film = Film(plant(crane([ON]), hung(offset_m=(0.2, -0.1, 0.1), yaw_deg=30.0)), 5.0)
    assert np.ptp(film.load(), axis=0).max() < 0.012
    assert film.loads[-1].hung_from == "H1"
    assert film.cranes[-1].tension_n == pytest.approx((500.0 + 25.0) * G, rel=0.01)


@settings(max_examples=8, deadline=None)
@given(offset=st.floats(-0.8, 0.8), sling=st.floats(1.0, 3.0))
def test_an_eccentric_beam_hangs_tilted_with_its_centre_of_gravity_plumb_under_the_hook(
    offset: float, sling: float
) -> None:
    beam = load(shape="beam", size_m=(5.0, 0.3, 0.4), legs=2, offset_m=(offset, 0.0, 0.0), sling_m=sling, base_m=1.0)
    film = Film(plant(crane([ON], damping=0.05), beam), 6.0, 0.1)
    assert tilt_rad(film.loads[-1]) == pytest.approx(math.atan(abs(offset) / (sling + 0.2)), abs=0.02)


def test_the_weight_passes_over_gradually_at_lift_off() -> None:
    table = crane(
        [{"at_s": 1.0, "attach": "crate"}, {"at_s": 2.0, "lift_mps": 0.05}, {"at_s": 8.0, "lift_mps": 0.0}],
        start_hook_m=1.7,
    )
    film = Film(plant(table, load()), 10.0)
    tension, heights = film.tension(), film.load()[:, 2]
    assert tension[film.between(0.0, 3.5)] == pytest.approx(25.0 * G, rel=0.05)
    lifting = film.time_s[(tension > 0.1 * 500.0 * G) & (tension < 0.9 * 500.0 * G)]
    assert np.ptp(lifting) > 0.1
    on_floor = heights < heights[0] + 1.5e-3
    assert tension[on_floor].max() < 1.25 * 525.0 * G
    assert tension[~on_floor].min() > 0.75 * 525.0 * G
    assert heights[-1] - heights[0] == pytest.approx(0.05 * 6.0 - 0.1 - STRETCH_M, abs=0.005)
    assert np.ptp(film.load()[:, :2], axis=0).max() < 1e-3
    carried = [w.hung_from for w in film.loads]
    assert carried[0] == ""
    assert carried[-1] == "H1"
    assert not film.loads[-1].resting
    assert len(film.cranes[-1].slings) == 4


def test_hooked_on_aside_the_load_is_pulled_and_swings_in() -> None:
    plan = [{"at_s": 0.5, "attach": "crate"}, {"at_s": 1.0, "lift_mps": 0.2}, {"at_s": 6.0, "lift_mps": 0.0}]
    table = crane(plan, start_hook_m=1.3, start_m=(5.7, 5.0))
    film = Film(plant(table, load(sling_m=1.2)), 12.0)
    lean = np.hypot(*(film.hook()[:, :2] - film.trolley()[:, :2]).T) / np.array([c.rope_m for c in film.cranes])
    resting = np.array([w.resting for w in film.loads])
    assert lean[resting].max() > math.radians(2.0)
    aside = film.load()[:, 0] - 5.7
    assert aside[0] == pytest.approx(-0.7)
    assert aside[film.between(6.0, 12.0)].max() > 0.1
    assert np.abs(film.load()[:, 1] - 5.0).max() < 1e-3


def test_slings_that_do_not_reach_wait_for_the_hook() -> None:
    world = plant(crane([{"at_s": 0.0, "attach": "crate"}, {"at_s": 2.0, "lift_mps": -0.2}]), load())
    world.advance(1.0, {})
    assert world.waiting() == (("H1", "crate"),)
    cranes, _ = world.advance(20.0, {})
    assert world.waiting() == ()
    assert cranes[0].carries == "crate"


@pytest.mark.parametrize(("legs", "tilts"), [(1, False), (2, True), (4, True)])
def test_a_sling_that_slips_drops_or_tilts_the_load(legs: int, tilts: bool) -> None:
    fault = {"kind": "sling_slip", "of": "crate", "at_s": 3.0, "amount": 0.3}
    film = Film(plant(crane([ON], damping=0.05), hung(legs=legs), [fault]), 12.0)
    before, after = film.loads[100], film.loads[-1]
    assert tilt_rad(before) < 0.01
    low = film.load()[film.between(3.0, 3.6), 2].min()
    assert before.z_m - low > 0.1
    if tilts:
        assert tilt_rad(after) > math.radians(10.0)
    else:
        assert before.z_m - after.z_m == pytest.approx(0.3, abs=0.02)
    assert film.tension()[film.between(3.0, 4.0)].max() > 1.2 * 525.0 * G


def test_a_snag_holds_the_load_while_trolley_and_hook_move_on() -> None:
    fault = {"kind": "snag", "of": "H1", "at_s": 4.0, "until_s": 8.0}
    table = crane([ON, {"at_s": 1.0, "x_mps": 0.3}, {"at_s": 9.0, "x_mps": 0.0}])
    film = Film(plant(table, hung(legs=1, sling_m=1.5), [fault]), 18.0)
    held = film.between(4.02, 7.98)
    assert np.ptp(film.load()[held], axis=0).max() < 1e-6
    assert np.ptp(film.hook()[held, 0]) > 0.15
    assert film.tension()[held].max() < 2.2 * 525.0 * G
    assert film.load()[film.between(9.0, 18.0), 0].max() > film.trolley()[-1, 0] + 0.5
    assert film.cranes[-1].rope_m == pytest.approx(4.0, abs=1e-6)


def test_a_load_caught_on_its_way_down_stays_while_the_hook_sinks() -> None:
    fault = {"kind": "snag", "of": "H1", "at_s": 3.0, "until_s": 7.0}
    plan = [ON, {"at_s": 1.0, "lift_mps": -0.1}, {"at_s": 6.0, "lift_mps": 0.0}]
    film = Film(plant(crane(plan), hung(), [fault]), 9.0)
    held = film.between(3.02, 6.98)
    assert np.ptp(film.load()[held], axis=0).max() < 1e-6
    assert np.ptp(film.hook()[held, 2]) == pytest.approx(0.3, abs=0.02)
    assert film.loads[300].hung_from == ""
    assert film.load()[-1, 2] == pytest.approx(film.load()[0, 2] - 0.5, abs=0.03)


def test_a_snagged_load_tears_free_at_its_limit() -> None:
    fault = {"kind": "snag", "of": "H1", "at_s": 0.0, "amount": 1.5}
    plan = [{"at_s": 0.5, "attach": "crate"}, {"at_s": 1.0, "lift_mps": 0.1}, {"at_s": 8.0, "lift_mps": 0.0}]
    film = Film(plant(crane(plan, start_hook_m=1.7), load(), [fault]), 10.0)
    on_floor = film.load()[:, 2] < 0.405
    assert film.tension()[on_floor].max() > 1.4 * 500.0 * G
    assert film.load()[-1, 2] > 0.8


def test_a_bare_hook_is_held_by_a_snag() -> None:
    fault = {"kind": "snag", "of": "H1", "at_s": 2.0, "until_s": 6.0}
    film = Film(plant(crane([{"at_s": 0.0, "x_mps": 0.3}]), faults=[fault]), 10.0)
    held = film.between(2.02, 5.98)
    assert np.ptp(film.hook()[held], axis=0).max() < 1e-9
    assert np.ptp(film.trolley()[held, 0]) == pytest.approx(0.3 * 3.96, abs=0.01)


def test_falls_of_the_rope_turn_a_load_back_in_the_time_of_a_bifilar_pendulum() -> None:
    """ω² = m·g·d²/(4·L·I)."""
    world = plant(crane([ON], damping=0.0), hung())
    body = world._bodies["crate"]
    inertia = body.form.inertia_kgm2[2]
    body.lz = inertia * 0.02
    film = Film(world, 36.0, 0.1)
    rate = math.sqrt(500.0 * G * 0.25**2 / (4 * 4.0 * inertia))
    assert period_s(film.time_s, np.array([c.yaw_rad for c in film.cranes]) + 1e-12) == pytest.approx(
        2 * math.pi / rate, rel=0.01
    )
