"""Effects of a CCTV camera keep size and type, are the same for the same time, and do what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.plant.scenario import Eye
from recordings.render.cctv import Electronics

GREY = np.full((120, 160, 3), 110, np.uint8)


def eye(**values: float) -> Eye:
    clean = {"noise": 0.0, "blur_px": 0.0, "dirt": 0.0, "bands": 0.0} | values
    return Eye.model_validate(
        {"name": "c", "position_m": (0, 0, 3), "look_at_m": (4, 4, 0), "size_px": (160, 120), **clean}
    )


@settings(deadline=None, max_examples=25)
@given(
    noise=st.floats(0, 1),
    blur=st.floats(0, 10),
    dirt=st.floats(0, 1),
    bands=st.floats(0, 1),
    gain=st.floats(0.01, 40),
    night=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_any_camera_gives_a_picture_of_the_same_size(
    noise: float, blur: float, dirt: float, bands: float, gain: float, night: bool, seed: int
) -> None:
    camera = Electronics(eye(noise=noise, blur_px=blur, dirt=dirt, bands=bands), gain, night, seed)
    first, again = camera.taken(GREY, 1.25), camera.taken(GREY, 1.25)
    assert first.shape == GREY.shape
    assert first.dtype == np.uint8
    assert first.tobytes() == again.tobytes()


def test_noise_grows_with_noise_and_gain_and_differs_between_frames() -> None:
    quiet, loud = (Electronics(eye(noise=n), 1.0, False, 3) for n in (0.0, 0.8))
    dark = Electronics(eye(noise=0.8), 6.0, False, 3)
    spread = [float(c.taken(GREY, 0.0)[..., 1].std()) for c in (quiet, loud, dark)]
    assert spread[0] < 3.0 < spread[1] < spread[2]
    assert loud.taken(GREY, 0.0).tobytes() != loud.taken(GREY, 0.125).tobytes()


def test_blur_softens_an_edge() -> None:
    edge = np.zeros((120, 160, 3), np.uint8)
    edge[:, 80:] = 200
    steep = [
        float(np.abs(np.diff(Electronics(eye(blur_px=b), 1.0, False, 3).taken(edge, 0.0)[60, :, 1].astype(int))).max())
        for b in (0.0, 3.0)
    ]
    assert steep[1] < 0.5 * steep[0]


def test_bands_darken_rows_and_roll() -> None:
    camera = Electronics(eye(bands=1.0), 1.0, False, 3)
    rows = camera.taken(GREY, 0.0)[..., 1].mean(axis=1)
    later = camera.taken(GREY, 0.2)[..., 1].mean(axis=1)
    assert rows.max() - rows.min() > 15
    assert np.abs(rows - later).max() > 10


@pytest.mark.parametrize("seed", range(12))
def test_night_mode_has_no_colour(seed: int) -> None:
    red = np.zeros((120, 160, 3), np.uint8)
    red[..., 0] = 180
    picture = Electronics(eye(), 5.0, True, seed).taken(red, 0.0).astype(int)
    colour = np.abs(picture[..., 0] - picture[..., 2]).mean()
    assert colour < 6 or colour > 40
