"""The cameras of a long run: FFmpeg, which the product reads cameras by, plays them over real sockets."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import av
import numpy as np
import pytest

from calibration.errors import BadInput
from calibration.site import CameraTable
from calibration.site_file import parse_site
from recordings.soak.cameras import OUTAGE_S, film_of, stand_ins, with_outage
from recordings.soak.rtsp_server import PACKET_BYTES, Film, RtspServer, nal_units, rtp_packets
from recordings.store import Recording, RecordingWriter
from tests.recordings.examples import SITE_TOML


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """4 s of 5 Hz whose grey tells the time, with a pause from 2 s to 3 s; noise makes pictures of several packets."""
    path = tmp_path_factory.mktemp("film") / "film.mcap"
    noise = np.random.default_rng(3).integers(0, 40, (240, 320, 3), np.uint8)
    with RecordingWriter(path, site_text=SITE_TOML, wall_offset_s=0.0, made_by="test", atomic=True) as out:
        for number in range(20):
            if not 10 <= number < 15:
                bgr = np.full((240, 320, 3), 8 * number, np.uint8) + noise
                out.write_frame("cam1", number / 5.0, bgr, number / 5.0)
    return Recording(path)


def test_a_film_has_the_pictures_at_another_rate_and_its_pauses(recording: Recording) -> None:
    film = film_of(recording, "cam1", 10.0)
    silent = [n / 10.0 for n, unit in enumerate(film.units) if unit is None]
    assert len(film.units) == 38
    assert silent == [2.5, 2.6, 2.7, 2.8, 2.9]
    assert {0, 10, 20, 30} <= film.keys
    assert film.brought == pytest.approx(33 / 38)
    assert with_outage(Film(10.0, (b"x",) * 400, frozenset(range(0, 400, 10)))).brought == pytest.approx(0.8)
    assert OUTAGE_S[1] - OUTAGE_S[0] == 8.0
    with pytest.raises(BadInput, match="no pictures"):
        film_of(recording, "cam9", 10.0)


def test_packets_put_together_are_the_unit(recording: Recording) -> None:
    """Units longer than a packet are cut by FU-A and fit together again."""
    unit = film_of(recording, "cam1", 10.0).units[0]
    assert unit is not None
    packets = rtp_packets(unit, 90_000, 65_535, 7)
    assert len(packets) > 3
    assert max(map(len, packets)) <= PACKET_BYTES + 14
    assert [p[1] & 0x80 for p in packets] == [0] * (len(packets) - 1) + [0x80]
    assert [int.from_bytes(p[2:4], "big") for p in packets[:2]] == [65_535, 0]
    nals: list[bytes] = []
    for packet in packets:
        body = packet[12:]
        if body[0] & 0x1F != 28:
            nals.append(body)
        elif body[1] & 0x80:
            nals.append(bytes([(body[0] & 0xE0) | (body[1] & 0x1F)]) + body[2:])
        else:
            nals[-1] += body[2:]
    assert nals == nal_units(unit)


async def ended(listening: asyncio.Server) -> None:
    listening.close()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@pytest.fixture
def served(recording: Recording) -> Iterator[tuple[RtspServer, int]]:
    loop = asyncio.new_event_loop()
    server = RtspServer({"cam1": film_of(recording, "cam1", 20.0)})
    listening = loop.run_until_complete(server.start(0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield server, listening.sockets[0].getsockname()[1]
    asyncio.run_coroutine_threadsafe(ended(listening), loop).result(5.0)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5.0)
    loop.close()


def test_ffmpeg_plays_it_at_its_pace_and_a_client_that_goes_is_forgotten(served: tuple[RtspServer, int]) -> None:
    server, port = served
    options = {"rtsp_transport": "tcp", "analyzeduration": "300000", "fpsprobesize": "0"}
    with av.open(f"rtsp://127.0.0.1:{port}/cam1", options=options, timeout=(5.0, 3.0)) as source:
        begun_s, times = time.monotonic(), []
        for frame in source.decode(video=0):
            times.append(float(frame.time or 0.0))
            assert (frame.width, frame.height) == (320, 240)
            if len(times) == 20:
                break
    took_s = time.monotonic() - begun_s
    assert np.diff(times).min() > 0.0
    assert times[-1] - times[0] == pytest.approx(took_s, abs=1.2)
    end_s = time.monotonic() + 5.0
    while server.clients and time.monotonic() < end_s:
        time.sleep(0.02)
    assert server.clients == 0
    with pytest.raises(av.error.HTTPNotFoundError):
        av.open(f"rtsp://127.0.0.1:{port}/cam2", options=options, timeout=(5.0, 3.0))


def test_stand_ins_are_named_in_a_row_and_see_what_the_first_ones_see() -> None:
    own = parse_site(SITE_TOML, "site.toml").camera
    made: tuple[CameraTable, ...] = stand_ins(own, 4)
    assert [camera.name for camera in made] == ["cam1", "cam2", "cam3", "cam4"]
    assert made[len(own)].translation_m == own[0].translation_m
