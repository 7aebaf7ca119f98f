"""Every picture of a file in order, and a clear word on files that are cut or are no video."""

from __future__ import annotations

import collections
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.errors import BadInput
from tests.shared_data import shared
from tests.tracking.videos import make_video, number_of
from tracking.video_file import frames_of


def test_every_frame_in_order_with_the_files_own_times(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", frames=25, rate_hz=10)
    with frames_of(path) as video:
        frames = list(video)
    assert [frame.index for frame in frames] == list(range(25))
    assert [number_of(frame.bgr) for frame in frames] == list(range(25))
    np.testing.assert_allclose([frame.time_s for frame in frames], np.arange(25) / 10.0, atol=1e-6)
    assert (video.size_px, video.rate_hz, video.announced) == ((160, 120), 10.0, 25)
    assert video.end is not None
    assert (video.end.frames, video.end.complete, video.end.message) == (25, True, "")


def test_a_given_rate_overrides_the_container(tmp_path: Path) -> None:
    frames = list(frames_of(make_video(tmp_path / "a.avi", frames=8, codec="mpeg4"), rate_hz=7.0))
    assert [frame.time_s for frame in frames] == [index / 7.0 for index in range(8)]


@pytest.mark.parametrize("name", ["a.mkv", "a.avi"])
def test_a_cut_file_gives_what_is_there_and_says_so(tmp_path: Path, name: str) -> None:
    whole = make_video(tmp_path / name, frames=60, codec="mpeg4").read_bytes()
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(whole[: len(whole) // 2])
    with frames_of(cut) as video:
        frames = list(video)
    assert 5 < len(frames) < 60
    assert [number_of(frame.bgr) for frame in frames[:5]] == list(range(5))
    assert video.end is not None
    assert not video.end.complete
    assert f"cut-{name}" in video.end.message
    # An .avi announces its frames, an .mkv only how long it lasts.
    said = f"{len(frames)} of 60 frames read" if name.endswith(".avi") else f"{len(frames)} frames read"
    assert said in video.end.message


def test_files_without_a_picture_are_bad_input(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "a.mp4", frames=30).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])  # its index stood at the end
    (tmp_path / "text.avi").write_text("no video at all\n" * 50)
    (tmp_path / "empty.avi").write_bytes(b"")
    head = make_video(tmp_path / "b.avi", frames=30, codec="mpeg4").read_bytes()
    (tmp_path / "head.avi").write_bytes(head[: head.index(b"movi") + 4])
    for name in ("cut.mp4", "text.avi", "empty.avi", "head.avi"):
        with pytest.raises(BadInput, match=rf"{name}: .*0 frames reached"):
            list(frames_of(tmp_path / name))
    with pytest.raises(BadInput, match=r"none\.mp4: there is no such file"):
        frames_of(tmp_path / "none.mp4")
    with pytest.raises(BadInput, match="rate -1"):
        frames_of(tmp_path / "a.mp4", rate_hz=-1.0)


def test_a_picture_is_a_video_of_one_frame(tmp_path: Path) -> None:
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[:, :, 2] = 200
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    with frames_of(tmp_path / "a.png") as video:
        frames = list(video)
    assert len(frames) == 1
    assert frames[0].time_s == 0.0
    np.testing.assert_array_equal(frames[0].bgr, picture)
    assert video.end is not None
    assert video.end.complete


def test_the_real_video_is_whole() -> None:
    with frames_of(shared("data/pets2009_s2l1/vtest.avi"), rate_hz=7.0) as video:
        last = collections.deque(video, maxlen=1)[0]
    assert (last.index, last.time_s, last.bgr.shape) == (794, 794 / 7.0, (576, 768, 3))
    assert video.end is not None
    assert video.end.complete
