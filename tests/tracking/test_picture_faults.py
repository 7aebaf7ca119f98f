"""A camera that no longer sees is told by name from its pictures; one that sees is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.errors import BadInput
from calibration.policy import Policy
from calibration.site import Site
from recordings.store import Recording
from tests.shared_data import ROOT, shared
from tests.worlds import hall
from tracking.picture_faults import PictureWatch
from tracking.picture_group import PictureWatches
from tracking.records import PictureHealth

Bgr = NDArray[np.uint8]
Spoil = Callable[[Bgr, float], Bgr]
SEED = 5
POLICY = Policy()


def scene(width: int = 480, height: int = 270) -> Bgr:
    """A hall's worth of edges: boxes of all sizes and greys, at places that repeat nowhere."""
    rng = np.random.default_rng(SEED)
    picture = np.full((height, width, 3), 110, np.uint8)
    for _ in range(160):
        x, y = rng.integers(0, width), rng.integers(0, height)
        w, h = rng.integers(6, width // 6, 2)
        grey = int(rng.integers(20, 235))
        cv2.rectangle(picture, (int(x), int(y)), (int(x + w), int(y + h)), (grey, grey, grey), -1)
    return picture


GRAIN = np.random.default_rng(SEED).standard_normal((16, 600, 800, 1)).astype(np.float32)
"""Made once: noise is most of the cost of a made-up picture."""


def noisy(picture: NDArray[np.floating] | Bgr, rng: np.random.Generator, sigma: float = 2.0) -> Bgr:
    height, width = picture.shape[:2]
    y, x = rng.integers(0, 600 - height + 1), rng.integers(0, 800 - width + 1)
    grain = GRAIN[rng.integers(len(GRAIN)), y : y + height, x : x + width]
    return np.clip(picture + sigma * grain, 0, 255).astype(np.uint8)


def filmed(picture: Bgr, seconds: float, rate_hz: float = 10.0, from_s: float = 0.0) -> Iterator[tuple[float, Bgr]]:
    """A camera that looks at one scene, with the noise of its sensor."""
    rng = np.random.default_rng(SEED)
    for k in range(round(seconds * rate_hz)):
        yield from_s + k / rate_hz, noisy(picture, rng)


def moved(px: float) -> Spoil:
    def spoil(bgr: Bgr, _: float) -> Bgr:
        height, width = bgr.shape[:2]
        way = np.array([[1.0, 0.0, px], [0.0, 1.0, px / 3.0]])
        return cv2.warpAffine(bgr, way, (width, height), borderMode=cv2.BORDER_REFLECT).astype(np.uint8)

    return spoil


def covered(share: float) -> Spoil:
    rng = np.random.default_rng(SEED)

    def spoil(bgr: Bgr, _: float) -> Bgr:
        out = bgr.copy()
        wide = round(share * bgr.shape[1])
        out[:, :wide] = noisy(np.full((bgr.shape[0], wide, 3), 45.0), rng)
        return out

    return spoil


def spoils() -> dict[str, tuple[str | None, float, Spoil]]:
    """What is done to a picture, what it is told as, and within how many seconds."""
    rng = np.random.default_rng(SEED)
    return {
        "lights off, lens black": ("dark", 1.0, lambda b, _: noisy(b * 0.03, rng, 3.0)),
        "sun into the lens": ("blinded", 1.0, lambda b, _: np.clip(b * 3.0 + 130, 0, 255).astype(np.uint8)),
        "hand before the lens": ("covered", 1.0, covered(1.0)),
        "sheet before two thirds": ("covered", 1.0, covered(0.67)),
        "out of focus": ("defocused", 3.0, lambda b, _: cv2.GaussianBlur(b, (0, 0), b.shape[1] / 160).astype(np.uint8)),
        "knocked": ("moved", 3.5, lambda b, t: moved(b.shape[1] * 0.02)(b, t)),
        "turned away": ("moved", 3.5, lambda b, t: moved(b.shape[1] * 0.3)(b, t)),
        "half the light": (None, 0.0, lambda b, _: (b * 0.5).astype(np.uint8)),
    }


def small_hall() -> Site:
    """One camera of small pictures."""
    site = hall(1, [])
    return site.model_copy(update={"camera": (site.camera[0].model_copy(update={"size_px": (480, 270)}),)})


def judged(pictures: Iterator[tuple[float, Bgr]], watch: PictureWatch) -> list[PictureHealth]:
    return [health for time_s, bgr in pictures if (health := watch.look(time_s, bgr)) is not None]


def told(health: list[PictureHealth]) -> set[str]:
    return {h.trouble for h in health if h.trouble is not None}


@pytest.mark.parametrize("rate_hz", [4.0, 10.0])
@pytest.mark.parametrize("name", spoils())
def test_each_fault_is_told_by_name_in_seconds_at_any_rate(name: str, rate_hz: float) -> None:
    trouble, limit_s, spoil = spoils()[name]
    watch = PictureWatch("cam1", 480, POLICY)
    assert not told(judged(filmed(scene(), 4.0, rate_hz), watch))
    bad = ((t, spoil(bgr, t)) for t, bgr in filmed(scene(), 6.0, rate_hz, 4.0))
    health = judged(bad, watch)
    assert told(health) == ({trouble} if trouble else set())
    if trouble:
        first = next(h for h in health if h.trouble)
        assert first.time_s - 4.0 <= limit_s
        assert first.time_s - first.since_s <= limit_s
    assert not any(h.trouble for h in judged(filmed(scene(), 6.0, rate_hz, 10.0), watch)[-int(4 * min(rate_hz, 5)) :])


def test_the_same_picture_again_and_again_is_frozen_and_a_still_scene_is_not() -> None:
    watch = PictureWatch("cam1", 480, POLICY)
    assert not told(judged(filmed(scene(), 5.0), watch))
    still = noisy(scene(), np.random.default_rng(9))
    health = judged(((5.0 + k / 10, still) for k in range(30)), watch)
    assert told(health) == {"frozen"}
    assert next(h for h in health if h.trouble).time_s <= 5.0 + POLICY.camera_frozen_s + 2 * POLICY.camera_check_s
    assert all(h.blind == (h.trouble is not None) for h in health)


def test_black_and_white_pictures_are_not_called_frozen() -> None:
    for grey, name in ((0, "dark"), (255, "blinded"), (90, "covered")):
        watch = PictureWatch("cam1", 480, POLICY)
        judged(filmed(scene(), 2.0), watch)
        flat = np.full((270, 480, 3), grey, np.uint8)
        assert told(judged(((2.0 + k / 10, flat) for k in range(40)), watch)) == {name}


def test_a_camera_that_was_covered_before_the_start_is_told_without_a_reference() -> None:
    rng = np.random.default_rng(SEED)
    flat = ((k / 10, noisy(np.full((270, 480, 3), 80.0), rng)) for k in range(30))
    assert told(judged(flat, PictureWatch("cam1", 480, POLICY))) == {"covered"}


def test_a_knock_says_how_far_and_widens_what_is_found() -> None:
    watch = PictureWatch("cam1", 480, POLICY)
    judged(filmed(scene(), 3.0), watch)
    assert watch.sigma_px == 0.0
    way_px = 9.0
    health = judged(((t, moved(way_px)(b, t)) for t, b in filmed(scene(), 4.0, from_s=3.0)), watch)[-1]
    far_px = float(np.hypot(way_px, way_px / 3))
    assert health.trouble == "moved"
    assert health.shift_px == pytest.approx(far_px, abs=1.0)
    assert watch.sigma_px == pytest.approx(far_px, abs=1.0)
    assert not health.blind
    far = judged(((t, moved(70.0)(b, t)) for t, b in filmed(scene(), 4.0, from_s=7.0)), watch)[-1]
    assert far.blind


def test_a_kept_reference_tells_of_a_camera_that_was_moved_while_nobody_looked(tmp_path: Path) -> None:
    site = small_hall()
    width, height = site.camera[0].size_px
    cv2.imwrite(str(tmp_path / "cam.png"), scene(width, height))
    camera = site.camera[0].model_copy(update={"reference": "cam.png"})
    kept = site.model_copy(update={"camera": (camera,)})
    pictures = [(t, moved(width * 0.02)(b, t)) for t, b in filmed(scene(width, height), 3.0)]
    for used, expected in ((kept, "moved"), (site, None)):
        watches = PictureWatches(used, tmp_path)
        health = [h for t, b in pictures if (h := watches.look("cam1", t, b)) is not None]
        assert health[-1].trouble == expected
    cv2.imwrite(str(tmp_path / "small.png"), scene(96, 48))
    (tmp_path / "text.png").write_bytes(b"no picture")
    for name, word in (("none.png", "cannot be read"), ("text.png", "not a picture"), ("small.png", "96 x 48")):
        wrong = camera.model_copy(update={"reference": name})
        with pytest.raises(BadInput, match=word):
            PictureWatches(site.model_copy(update={"camera": (wrong,)}), tmp_path)


def test_any_change_is_told_at_once_and_all_else_once_a_second() -> None:
    site = small_hall()
    watches = PictureWatches(site)
    width, height = site.camera[0].size_px
    pictures = [*filmed(scene(width, height), 3.0)]
    pictures += [(t, covered(1.0)(b, t)) for t, b in filmed(scene(width, height), 2.0, from_s=3.0)]
    told = [h for t, b in pictures if (h := watches.look("cam1", t, b)) is not None]
    assert len(told) <= 8
    assert next(h for h in told if h.trouble).time_s <= 3.0 + POLICY.camera_unseeing_s + 2 * POLICY.camera_check_s
    assert watches.look("nobody", 0.0, pictures[0][1]) is None


def test_no_fault_is_told_on_real_video_and_each_is_where_it_is_altered() -> None:
    """PETS 2009, every eighth of a second: people walk through the view, the wind moves the trees."""
    video = cv2.VideoCapture(str(shared("data/pets2009_s2l1/vtest.avi")))
    pictures: list[tuple[float, Bgr]] = []
    while (read := video.read())[0]:
        pictures.append((len(pictures) / 10.0, read[1].astype(np.uint8)))
    sound = PictureWatch("view1", 768, POLICY)
    assert len(pictures) > 700
    assert not told(judged(iter(pictures[::2]), sound))
    for name, (trouble, limit_s, spoil) in spoils().items():
        watch = PictureWatch("view1", 768, POLICY)
        judged(iter(pictures[:40:2]), watch)
        health = judged(((t, spoil(b, t)) for t, b in pictures[40:90:2]), watch)
        assert told(health) == ({trouble} if trouble else set()), name
        if trouble:
            assert next(h for h in health if h.trouble).time_s - 4.0 <= limit_s, name
    watch = PictureWatch("view1", 768, POLICY)
    judged(iter(pictures[:40:2]), watch)
    assert told(judged(((t, pictures[40][1]) for t, _ in pictures[40:70:2]), watch)) == {"frozen"}


@pytest.mark.parametrize("sample", ["failing-camera", "swing"])
def test_no_fault_is_told_on_the_sample_recordings(sample: str) -> None:
    """Lamps, glare and dusk; loads and people pass close by."""
    recording = Recording(ROOT / f"recordings/samples/{sample}.mcap")
    watches = PictureWatches(recording.site())
    health = [h for f in recording.frames() if (h := watches.look(f.camera, f.time_s, f.bgr)) is not None]
    assert len(health) > 80
    assert not told(health)
