"""Cameras from Tsai files and projection matrices, on real calibrations."""

from __future__ import annotations

import csv
import json
import math
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from calibration.camera import Camera
from calibration.convert import camera_from_projection, camera_from_tsai
from calibration.errors import BadInput
from tests.shared_data import shared
from tests.worlds import looking

TSAI_XML = """<?xml version="1.0" encoding="UTF-8"?>
<Camera name="V"><Geometry width="768" height="576" ncx="795" nfx="752" dx="0.00485" dy="0.00465"
dpx="0.00512" dpy="0.00465"/><Intrinsic focal="5.55" kappa1="0.0051" cx="324.2" cy="282.6" sx="1.0"/>
<Extrinsic tx="-4.8" ty="-5.5" tz="42000.0" rx="1.7" ry="0.4" rz="-0.1"/></Camera>
"""


def tsai_floor_m(values: dict[str, float], px: np.ndarray) -> np.ndarray:
    """Floor points (n, 2) by Tsai's own equations, written down here once more."""
    xd = (px[:, 0] - values["cx"]) * values["dpx"] / values["sx"]
    yd = (px[:, 1] - values["cy"]) * values["dpy"]
    factor = 1.0 + values["kappa1"] * (xd**2 + yd**2)
    rays = np.column_stack([xd * factor / values["focal"], yd * factor / values["focal"], np.ones(len(px))])
    ca, sa = math.cos(values["rx"]), math.sin(values["rx"])
    cb, sb = math.cos(values["ry"]), math.sin(values["ry"])
    cg, sg = math.cos(values["rz"]), math.sin(values["rz"])
    r = (
        np.array([[cg, -sg, 0], [sg, cg, 0], [0, 0, 1]])
        @ np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
        @ np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]])
    )
    centre = -r.T @ np.array([values["tx"], values["ty"], values["tz"]]) / 1000.0
    world = rays @ r
    return centre[:2] + world[:, :2] * (-centre[2] / world[:, 2:])


def test_feet_of_the_ground_truth_land_where_it_says() -> None:
    camera = Camera.from_table(camera_from_tsai(shared("data/pets2009_s2l1/View_001.xml"), "view1"))
    with shared("data/pets2009_s2l1/gt_frames_0_399.csv").open() as rows:
        gt = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(rows)]
    feet = np.array([(r["bb_left"] + r["bb_width"] / 2, r["bb_top"] + r["bb_height"]) for r in gt])
    expected = np.array([(r["ground_x_m"], r["ground_y_m"]) for r in gt])
    assert len(gt) > 1000
    off = np.linalg.norm(camera.on_plane(feet).xy_m - expected, axis=1)
    assert off.max() < 0.01


def test_whole_picture_agrees_with_tsai_s_equations() -> None:
    path = shared("data/pets2009_s2l1/View_001.xml")
    root = ET.parse(path).getroot()
    values = {k: float(v) for tag in root for k, v in tag.attrib.items()}
    camera = Camera.from_table(camera_from_tsai(path, "view1"))
    u, v = np.meshgrid(np.linspace(0, 767, 20), np.linspace(250, 575, 20))
    px = np.column_stack([u.ravel(), v.ravel()])
    off = np.linalg.norm(camera.on_plane(px).xy_m - tsai_floor_m(values, px), axis=1)
    assert off.max() < 0.02


@pytest.mark.parametrize("room", ["cmc1", "cmc2"])
def test_projection_matrices_reproject(room: str) -> None:
    matrices = json.loads(shared(f"data/{room}/P_3x4_metres.json").read_text())
    random = np.random.default_rng(5)
    points = random.uniform([2.0, 0.0, 0.0], [6.3, 3.4, 2.0], (200, 3))
    for name in ("cam1", "cam2", "cam3", "cam4"):
        p = np.array(matrices[f"{name}_cam_mat"])
        camera = Camera.from_table(camera_from_projection(p, (1920, 1024), name))
        homogeneous = np.column_stack([points, np.ones(len(points))]) @ p.T
        expected = homogeneous[:, :2] / homogeneous[:, 2:]
        px = camera.project(points)
        front = np.isfinite(px).all(axis=1)
        assert front.sum() > 100
        assert np.abs(px[front] - expected[front]).max() < 1e-6
        # The site file accepts what the converter makes.
        assert camera.matrix[0, 0] > 0
        assert camera.matrix[1, 1] > 0
        assert np.linalg.det(camera.rotation) == pytest.approx(1.0)


@pytest.mark.parametrize("scale", [1.0, -1.0, 0.013, -250.0])
def test_scale_and_sign_of_a_projection_matrix_do_not_matter(scale: float) -> None:
    base = Camera.from_table(looking("c", (0.0, 0.0, 5.0), (6.0, 1.0, 0.0)))
    p = scale * base.matrix @ np.column_stack([base.rotation, base.translation_m])
    camera = Camera.from_table(camera_from_projection(p, base.size_px, "c"))
    assert camera.matrix == pytest.approx(base.matrix, abs=1e-8)
    assert camera.rotation == pytest.approx(base.rotation, abs=1e-10)
    assert camera.centre_m == pytest.approx(base.centre_m, abs=1e-9)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (np.eye(3), "3×4"),
        (np.full((3, 4), np.nan), "finite"),
        (np.zeros((3, 4)), "singular"),
        (np.column_stack([np.ones((3, 3)), np.ones(3)]), "singular"),
    ],
)
def test_what_is_no_projection_matrix_is_refused(matrix: np.ndarray, expected: str) -> None:
    with pytest.raises(BadInput, match=expected) as caught:
        camera_from_projection(matrix, (640, 480), "cam7")
    assert "cam7" in str(caught.value)


def test_a_projection_matrix_in_small_units_is_not_taken_for_singular() -> None:
    base = Camera.from_table(looking("c", (0.0, 0.0, 5.0), (6.0, 1.0, 0.0)))
    p = 1e-6 * base.matrix @ np.column_stack([base.rotation, base.translation_m])
    camera = Camera.from_table(camera_from_projection(p, base.size_px, "c"))
    assert camera.matrix == pytest.approx(base.matrix, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not xml", "is not XML"),
        ("<Camera/>", "<Geometry> attribute width must be a number"),
        (TSAI_XML.replace('focal="5.55"', ""), "<Intrinsic> attribute focal must be a number"),
        (TSAI_XML.replace('focal="5.55"', 'focal="wide"'), "<Intrinsic> attribute focal must be a number, is 'wide'"),
        (TSAI_XML.replace('tx="-4.8"', 'tx="nan"'), "<Extrinsic> attribute tx must be finite"),
        (TSAI_XML.replace('focal="5.55"', 'focal="0"'), "<Intrinsic> attribute focal must be above 0"),
        (TSAI_XML.replace('dpx="0.00512"', 'dpx="0"'), "<Geometry> attribute dpx must be above 0"),
        (TSAI_XML.replace('width="768"', 'width="3"'), "<Geometry> attribute width must be .* 16"),
        (TSAI_XML.replace('kappa1="0.0051"', 'kappa1="-0.4"'), "kappa1 does not fit"),
    ],
)
def test_a_bad_tsai_file_is_named_with_its_attribute(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "camera.xml"
    path.write_text(text)
    with pytest.raises(BadInput, match=expected) as caught:
        camera_from_tsai(path, "v")
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message


def test_a_missing_or_unreadable_tsai_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such calibration file"):
        camera_from_tsai(tmp_path / "none.xml", "v")
    with pytest.raises(BadInput, match="cannot be read"):
        camera_from_tsai(tmp_path, "v")
