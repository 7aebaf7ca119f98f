"""Reference pictures: taken from a real source, judged, written whole, and found again by what health tells."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.errors import BadInput
from calibration.site import Site
from recordings.reference_pictures import FEWEST_LANDMARKS, keep_references
from tests.worlds import hall
from tracking.picture_group import PictureWatches

SIZE = (640, 480)


def scene(contrast: float = 1.0) -> np.ndarray:
    """Blocks in grey, as good as a hall: corners in plenty."""
    random = np.random.default_rng(7)
    coarse = random.integers(30, 220, (24, 32)).astype(np.uint8)
    grey = cv2.resize(coarse, SIZE, interpolation=cv2.INTER_NEAREST)
    return cv2.cvtColor((128 + contrast * (grey.astype(float) - 128)).clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def site(folder: Path, picture: np.ndarray) -> Site:
    """A site with one camera whose source is a video of three seconds."""
    video = cv2.VideoWriter(str(folder / "cam1.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, SIZE)
    for _ in range(30):
        video.write(picture)
    video.release()
    whole = hall(cameras=2)
    first = whole.camera[0].model_copy(update={"source": "cam1.avi", "size_px": SIZE})
    return whole.model_copy(update={"camera": (first, whole.camera[1])})


def test_a_picture_is_kept_and_tells_a_camera_that_was_moved(tmp_path: Path) -> None:
    world = site(tmp_path, scene())
    (kept,) = keep_references(world, tmp_path, tmp_path / "reference")
    assert kept.landmarks >= FEWEST_LANDMARKS
    assert [p.name for p in (tmp_path / "reference").iterdir()] == ["cam1.png"]
    named = world.camera[0].model_copy(update={"reference": "reference/cam1.png"})
    watches = PictureWatches(world.model_copy(update={"camera": (named,)}), tmp_path)
    moved = np.roll(scene(), 6, axis=1)
    noise = np.random.default_rng(1)
    offsets: list[float | None] = []
    for k in range(40):
        shown = scene() if k < 20 else moved
        noisy = np.clip(shown.astype(int) + noise.integers(-3, 4, shown.shape), 0, 255).astype(np.uint8)
        if (health := watches.look("cam1", 0.5 * k, noisy)) is not None:
            assert health.kept or k == 0
            offsets.append(health.offset_px)
    assert offsets[8] is not None
    assert offsets[8] < 1.0
    assert offsets[-1] == pytest.approx(6.0, abs=1.0)


def test_what_shows_too_little_or_is_there_already_is_refused(tmp_path: Path) -> None:
    world = site(tmp_path, scene())
    with pytest.raises(BadInput, match="expected one of this site that has a source: 'cam1'"):
        keep_references(world, tmp_path, tmp_path / "reference", only=["cam2"])
    keep_references(world, tmp_path, tmp_path / "reference")
    with pytest.raises(BadInput, match="is there already"):
        keep_references(world, tmp_path, tmp_path / "reference")
    for name, picture, why in (("flat", scene(0.0), "landmarks"), ("dark", scene() // 40, "dark")):
        folder = tmp_path / name
        folder.mkdir()
        with pytest.raises(BadInput, match=why):
            keep_references(site(folder, picture), folder, folder / "reference")
        assert not (folder / "reference").exists()
