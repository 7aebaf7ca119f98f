"""Bodies: as tall as they should be, on the floor, at their hands' point, in the clothes of their look."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibration.errors import Unavailable
from recordings.plant.records import BodyState, Posture
from recordings.plant.scenario import Worker
from recordings.plant.walking import phase_rate_radps
from recordings.render.bodies import Bodies, Look
from recordings.render.body_model import BodyModel, load_model
from recordings.render.cutting import cut, part_by_label
from recordings.render.looks import FLUORESCENT, HELMETS, SILVER
from recordings.render.mesh import Mesh
from recordings.render.poses import SEAT_M
from tests.shared_data import ROOT
from tracking.detector_files import cache_folder

TURN = 2.0 * np.pi
PLAIN = Look(clothes="plain", helmet="none", seed=11)


@pytest.fixture(scope="module")
def bodies() -> Bodies:
    try:
        return Bodies()
    except Unavailable as missing:
        pytest.skip(str(missing))


def person(**known: Any) -> BodyState:
    return BodyState(**({"name": "p", "role": "slinger", "x_m": 0.0, "y_m": 0.0} | known))


def share_near(mesh: Mesh, colour: tuple[int, int, int], within: float = 45.0) -> float:
    return float((np.linalg.norm(mesh.colours.astype(float) - colour, axis=1) < within).mean())


@pytest.mark.parametrize(("woman", "build"), [(False, 0.0), (False, 1.0), (True, 0.5), (True, 0.9)])
@pytest.mark.parametrize("height_m", [1.5, 1.72, 2.0])
def test_height_is_that_of_the_look(bodies: Bodies, woman: bool, build: float, height_m: float) -> None:
    look = replace(PLAIN, height_m=height_m, woman=woman, build=build)
    points = bodies.mesh(look, person(height_m=height_m, z_m=0.4)).points_m
    assert points[:, 2].max() - points[:, 2].min() == pytest.approx(height_m, abs=0.01)
    assert points[:, 2].min() == pytest.approx(0.4, abs=0.001)


def test_helmet_comes_on_top(bodies: Bodies) -> None:
    bare, helmeted = (np.ptp(bodies.mesh(replace(PLAIN, helmet=h), person()).points_m[:, 2]) for h in ("none", "blue"))
    assert 0.01 < helmeted - bare < 0.08


def test_build_and_sex_change_the_shape(bodies: Bodies) -> None:
    def depth(look: Look) -> float:
        points = bodies.mesh(look, person()).points_m
        belly = points[(points[:, 2] > 1.0) & (points[:, 2] < 1.2)]
        return float(np.ptp(belly[np.abs(belly[:, 1]) < 0.12][:, 0]))

    assert depth(replace(PLAIN, build=1.0)) > depth(replace(PLAIN, build=0.0)) + 0.04
    man, woman = (bodies.mesh(replace(PLAIN, woman=w), person()).points_m for w in (False, True))
    size = min(len(man), len(woman))
    assert np.abs(man[:size] - woman[:size]).max() > 0.01


@pytest.mark.parametrize("speed_mps", [0.3, 0.9, 1.4, 2.2, -0.7])
def test_feet_are_on_the_floor_through_a_stride(bodies: Bodies, speed_mps: float) -> None:
    for phase in np.linspace(0.0, TURN, 13):
        state = person(posture="walk", speed_mps=speed_mps, phase_rad=float(phase), z_m=1.0)
        points = bodies.mesh(PLAIN, state).points_m
        assert points[:, 2].min() == pytest.approx(1.0, abs=0.001)
        assert points[:, 2].max() == pytest.approx(1.0 + 1.72, abs=0.09)


@pytest.mark.parametrize("speed_mps", [1.3, -0.8])
def test_a_foot_on_the_floor_stays_where_it_is(bodies: Bodies, speed_mps: float) -> None:
    step_s, phase, last, slid = 0.04, 0.0, None, []
    for step in range(40):
        sway = 0.02 * min(abs(speed_mps) / 1.34, 1.0) * np.sin(phase)
        state = person(
            posture="walk", speed_mps=speed_mps, phase_rad=phase % TURN, x_m=speed_mps * step * step_s, y_m=float(sway)
        )
        points = bodies.mesh(PLAIN, state).points_m
        if last is not None and (flat := (points[:, 2] < 0.004) & (last[:, 2] < 0.004)).any():
            slid.append(np.median(np.linalg.norm((points - last)[flat][:, :2], axis=1)) / step_s)
        last = points
        phase += float(np.sign(speed_mps) * phase_rate_radps(abs(speed_mps), 1.72)) * step_s
    assert len(slid) > 30
    assert np.median(slid) < 0.15 * abs(speed_mps)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(phase=st.floats(0.0, 6.0), speed=st.floats(0.2, 2.0))
def test_gait_is_periodic_and_mirrors_after_half_a_stride(bodies: Bodies, phase: float, speed: float) -> None:
    def at(phase_rad: float) -> Mesh:
        return bodies.mesh(PLAIN, person(posture="walk", speed_mps=speed, phase_rad=phase_rad))

    here, round_, half = at(phase).points_m, at(phase + TURN).points_m, at(phase + np.pi).points_m
    assert np.abs(here - round_).max() < 1e-4
    low, high = (points.min(axis=0) for points in (here, half)), (points.max(axis=0) for points in (here, half))
    (a_low, b_low), (a_high, b_high) = low, high
    # Left and right swap; folds of cloth are not symmetrical, hence the centimetres.
    assert a_low[[0, 2]] == pytest.approx(b_low[[0, 2]], abs=0.03)
    assert a_high[[0, 2]] == pytest.approx(b_high[[0, 2]], abs=0.03)
    assert a_low[1] == pytest.approx(-b_high[1], abs=0.03)


def test_left_heel_is_ahead_at_phase_zero(bodies: Bodies) -> None:
    points = bodies.mesh(PLAIN, person(posture="walk", speed_mps=1.3)).points_m
    ground = points[points[:, 2] < 0.15]
    assert ground[ground[:, 1] > 0.02, 0].max() > ground[ground[:, 1] < -0.02, 0].max() + 0.3


def test_pose_turns_and_moves_with_the_state(bodies: Bodies) -> None:
    here = bodies.mesh(PLAIN, person(posture="walk", speed_mps=1.2, phase_rad=0.7)).points_m
    there = bodies.mesh(
        PLAIN, person(posture="walk", speed_mps=1.2, phase_rad=0.7, x_m=3.0, y_m=-2.0, heading_rad=np.pi / 2)
    ).points_m
    turned = np.column_stack([3.0 - here[:, 1], -2.0 + here[:, 0], here[:, 2]])
    assert np.abs(there - turned).max() < 1e-4


@pytest.mark.parametrize(
    "hand_m", [(0.5, 0.0, 1.2), (0.6, 0.2, 0.9), (0.5, 0.0, 0.3), (0.42, 0.0, 0.08), (0.45, 0.0, 1.7), (0.75, 0.0, 1.0)]
)
@pytest.mark.parametrize("posture", ["reach", "bend"])
def test_hands_are_where_they_reach(bodies: Bodies, hand_m: tuple[float, float, float], posture: Posture) -> None:
    heading, place = 0.8, np.array([2.0, 1.0, 0.0])
    c, s = np.cos(heading), np.sin(heading)
    target = place + np.array([c * hand_m[0] - s * hand_m[1], s * hand_m[0] + c * hand_m[1], hand_m[2]])
    look = replace(PLAIN, skin=(255, 0, 255), hair=(0, 0, 0), top=(0, 60, 0), trousers=(0, 0, 60), seed=3)
    hand = tuple(float(v) for v in target)
    state = person(posture=posture, x_m=2.0, y_m=1.0, heading_rad=heading, hand_m=hand)
    mesh = bodies.mesh(look, state)
    skin = mesh.points_m[mesh.colours[:, 0].astype(int) > 150]
    # Skin of hands all round the point: the palms lie 4 cm to either side of it.
    near = skin[np.linalg.norm(skin - target, axis=1) < 0.12]
    assert len(near) > 60
    assert np.linalg.norm(near.mean(axis=0) - target) < 0.05


def test_bending_brings_the_head_down(bodies: Bodies) -> None:
    tops = [bodies.mesh(PLAIN, person(posture="bend", bend=b)).points_m[:, 2].max() for b in (0.1, 0.4, 0.7, 1.0)]
    assert all(low < high for high, low in pairwise(tops))
    assert tops[-1] < 1.2


def test_lying_and_sitting(bodies: Bodies) -> None:
    for seed in range(8):
        points = bodies.mesh(replace(PLAIN, seed=seed), person(posture="lie", z_m=0.2, heading_rad=0.3)).points_m
        assert points[:, 2].min() == pytest.approx(0.2, abs=0.001)
        assert points[:, 2].max() < 0.2 + 0.75
        assert 1.4 < np.ptp(points @ [np.cos(0.3), np.sin(0.3), 0.0]) < 2.4
    seated = bodies.mesh(PLAIN, person(posture="sit", z_m=0.6)).points_m
    under = seated[(np.abs(seated[:, 0]) < 0.1) & (np.abs(seated[:, 1]) < 0.2), 2].min()
    assert under == pytest.approx(0.6 + SEAT_M, abs=0.03)
    assert seated[:, 2].min() == pytest.approx(0.6, abs=0.06)


def test_an_operator_walks_with_the_pendant(bodies: Bodies) -> None:
    standing = bodies.mesh(PLAIN, person(posture="pendant"))
    walking = bodies.mesh(PLAIN, person(posture="pendant", speed_mps=1.2))
    for mesh in (standing, walking):
        yellow = mesh.points_m[np.linalg.norm(mesh.colours.astype(float) - (236, 186, 24), axis=1) < 1]
        assert len(yellow) == 8
        assert 0.15 < yellow[:, 0].mean() < 0.6
        assert 0.9 < yellow[:, 2].mean() < 1.4
    assert np.ptp(walking.points_m[:, 0]) > np.ptp(standing.points_m[:, 0]) + 0.15


def test_the_same_twice_and_whatever_was_drawn_between(bodies: Bodies) -> None:
    state = person(posture="walk", speed_mps=1.1, phase_rad=2.0)
    first = bodies.mesh(PLAIN, state)
    bodies.mesh(Look.random(np.random.default_rng(1)), state)
    again = Bodies().mesh(PLAIN, state)
    assert np.array_equal(first.points_m, again.points_m)
    assert np.array_equal(first.colours, again.colours)
    assert np.array_equal(first.faces, again.faces)


@pytest.mark.parametrize("posture", ["stand", "walk", "bend", "reach", "pendant", "lie", "sit"])
def test_meshes_are_sound(bodies: Bodies, posture: Posture) -> None:
    look = Look.random(np.random.default_rng(5))
    mesh = bodies.mesh(look, person(posture=posture, speed_mps=1.0 if posture == "walk" else 0.0))
    assert mesh.points_m.dtype == np.float32
    assert mesh.faces.dtype == np.int32
    assert mesh.colours.dtype == np.uint8
    assert np.isfinite(mesh.points_m).all()
    assert mesh.colours.shape == mesh.points_m.shape
    assert 0 <= mesh.faces.min() <= mesh.faces.max() < len(mesh.points_m)
    a, b, c = (mesh.points_m[mesh.faces[:, k]].astype(float) for k in range(3))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0
    assert 0.04 < volume < 0.2  # faces look outwards


def test_clothes_show_their_colours(bodies: Bodies) -> None:
    vest = bodies.mesh(Look(clothes="vest", helmet="yellow", seed=2), person())
    assert max(share_near(vest, colour) for colour in FLUORESCENT) > 0.1
    assert share_near(vest, SILVER) > 0.05
    assert share_near(vest, HELMETS["yellow"], 5.0) > 0.01
    plain = bodies.mesh(PLAIN, person())
    assert max(share_near(plain, colour) for colour in FLUORESCENT) == 0.0
    assert share_near(plain, SILVER, 25.0) == 0.0
    for colour in (PLAIN.skin, PLAIN.top, PLAIN.trousers, PLAIN.hair):
        assert share_near(plain, colour) > 0.02


def test_cloth_stands_off_the_body(bodies: Bodies) -> None:
    model = load_model()
    shape = model.shape(False, 0.3, 0.5, 0.5)
    points, _ = bodies._tailor.dress(PLAIN, shape.skin_m, shape.under_m)
    away = np.linalg.norm(points - shape.skin_m[model.source], axis=1)
    assert 0.008 < np.quantile(away, 0.5) < 0.04


def test_looks_follow_scenario_and_seed() -> None:
    worker = Worker(name="anna", start_m=(1.0, 1.0), height_m=1.6, woman=True, clothes="vest", helmet="red")
    look = Look.of(worker, 4)
    assert (look.height_m, look.woman, look.clothes, look.helmet) == (1.6, True, "vest", "red")
    assert look == Look.of(worker, 4)
    assert look != Look.of(worker, 5)
    assert look != Look.of(worker.model_copy(update={"name": "berta"}), 4)
    rng = np.random.default_rng(0)
    drawn = [Look.random(rng) for _ in range(60)]
    assert {look.clothes for look in drawn} == {"vest", "workwear", "plain", "dark"}
    assert len({look.helmet for look in drawn}) == 5
    assert len({look.top for look in drawn}) > 50


def test_a_cached_start_needs_neither_torch_nor_anny(bodies: Bodies) -> None:
    code = (
        "import sys; from recordings.render.bodies import Bodies, Look; from recordings.plant.records import BodyState;"
        "Bodies().mesh(Look(), BodyState(name='p', role='slinger', x_m=0, y_m=0));"
        "print(*[n for n in ('torch', 'anny', 'pyvista', 'cv2') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


@pytest.mark.slow
def test_a_damaged_cache_is_made_anew(bodies: Bodies, tmp_path: Path) -> None:
    known = cache_folder() / "bodies"
    file = next(path for path in known.glob("bodies-*.npz") if _loads(path))
    if not (known / "anny").is_dir():
        pytest.skip("anny's own cache is not there, and making it takes a minute")
    folder = tmp_path / "bodies"
    folder.mkdir()
    (folder / "anny").symlink_to(known / "anny")
    whole = file.read_bytes()
    (folder / file.name).write_bytes(whole[: len(whole) // 2])
    made = load_model(tmp_path)
    kept = load_model()
    assert isinstance(made, BodyModel)
    assert np.allclose(made.shapes_m, kept.shapes_m)
    assert np.array_equal(made.faces, kept.faces)
    assert _loads(folder / file.name)
    assert not list(folder.glob(".*.part"))


def _loads(path: Path) -> bool:
    try:
        with np.load(path, allow_pickle=False) as file:
            return "under_m" in file.files
    except (OSError, ValueError):
        return False


def test_nothing_cached_and_no_anny_names_the_extra(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['anny'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'anny' else find(name, *rest)\n"
        "from pathlib import Path; from calibration.errors import Unavailable\n"
        "from recordings.render.bodies import Bodies\n"
        f"try: Bodies(Path({str(tmp_path)!r}))\n"
        "except Unavailable as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "hoistwatch[plant]" in done.stdout


@settings(max_examples=40, deadline=None)
@given(level=st.floats(-1.2, 1.2), column=st.integers(0, 2))
def test_a_cut_keeps_the_surface_and_leaves_nothing_across(level: float, column: int) -> None:
    grid = np.linspace(-1.0, 1.0, 6)
    x, y = (a.reshape(-1) for a in np.meshgrid(grid, grid))
    rows = np.column_stack([x, y, x + 0.3 * y])
    corner = np.array([i * 6 + j for i in range(5) for j in range(5)])
    faces = np.concatenate(
        [np.column_stack([corner, corner + 1, corner + 7]), np.column_stack([corner, corner + 7, corner + 6])]
    )
    field = np.column_stack([rows, rows[:, column]])
    out, cut_faces = cut(field, faces, 3, level)

    def area(points: np.ndarray, triangles: np.ndarray) -> float:
        a, b, c = (points[triangles[:, k], :2] for k in range(3))
        return float(((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]).sum() / 2.0)

    assert area(out, cut_faces) == pytest.approx(area(rows, faces))
    sides = np.sign(out[cut_faces, 3] - level)
    assert not ((sides.max(axis=1) > 0) & (sides.min(axis=1) < 0)).any()
    labels = (out[cut_faces, 3].mean(axis=1) > level).astype(np.int64)
    source, parted, label = part_by_label(cut_faces, labels)
    assert np.array_equal(source[parted], cut_faces)
    assert np.array_equal(label[parted], np.repeat(labels, 3).reshape(-1, 3))
