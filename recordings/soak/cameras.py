"""Cameras for a long run: a sample recording's pictures at another rate, played for ever over RTSP.

``python -m recordings.soak.cameras SAMPLE PORT RATE_HZ COUNT`` serves ``rtsp://127.0.0.1:PORT/cam1`` and so on until
it is ended. Once it does, it says the share of the time in which each brings pictures, as JSON. A camera that was
silent in the recording is silent here; where there are several, the last one falls silent in every round.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.errors import BadInput
from calibration.site import CameraTable
from recordings.sample_files import sample_path
from recordings.soak.rtsp_server import Film, RtspServer, keys_of
from recordings.store import Recording
from recordings.video_codec import VideoEncoder, is_key

SILENT_S = 0.6
"""A pause in the recording longer than this is one here; a shorter one is filled with the picture before it."""
OUTAGE_S = (20.0, 28.0)
"""When the last camera is silent, in each round: long enough that it is lost, and dialled again."""
Bgr = NDArray[np.uint8]


def stand_ins(cameras: Sequence[CameraTable], count: int) -> tuple[CameraTable, ...]:
    """``count`` cameras named cam1 and so on; those beyond the recording's see what its first ones see."""
    return tuple(
        cameras[number % len(cameras)].model_copy(update={"name": f"cam{number + 1}"}) for number in range(count)
    )


def film_of(recording: Recording, camera: str, rate_hz: float) -> Film:
    """One camera's pictures of a recording at ``rate_hz``. Raises BadInput where it has none."""
    start_s, length_s = recording.info.start_s, recording.info.duration_s
    count = max(1, int(length_s * rate_hz))
    newest: tuple[float, Bgr] | None = None
    frames = iter(recording.frames({camera}))
    ahead = next(frames, None)
    if ahead is None:
        raise BadInput(f"{recording.path}: camera {camera!r} has no pictures")
    encoder = VideoEncoder(ahead.bgr.shape[1], ahead.bgr.shape[0])
    units: list[bytes | None] = []
    for slot in range(count):
        at_s = start_s + slot / rate_hz
        while ahead is not None and ahead.time_s <= at_s:
            newest, ahead = (ahead.time_s, ahead.bgr), next(frames, None)
        fresh = newest is not None and at_s - newest[0] <= SILENT_S
        units.append(encoder.encode(newest[1], at_s) if newest is not None and fresh else None)
    keys = keys_of(units, [unit is not None and is_key(unit) for unit in units])
    return Film(rate_hz, tuple(units), keys)


def films(path: Path, rate_hz: float, count: int) -> dict[str, Film]:
    """Films of the stand-ins by their names."""
    recording = Recording(path)
    own = recording.site().camera
    made: dict[str, Film] = {}
    out: dict[str, Film] = {}
    for number in range(count):
        name = own[number % len(own)].name
        if name not in made:
            made[name] = film_of(recording, name, rate_hz)
        film = made[name]
        out[f"cam{number + 1}"] = with_outage(film) if 0 < number == count - 1 else film
    return out


def with_outage(film: Film) -> Film:
    """The film with no pictures in ``OUTAGE_S`` of each round, whose next one is a key picture's."""
    first, last = (round(at_s * film.rate_hz) for at_s in OUTAGE_S)
    back = min((slot for slot in film.keys if slot >= last), default=len(film.units))
    units = (*film.units[:first], *((None,) * (back - first)), *film.units[back:])[: len(film.units)]
    return Film(film.rate_hz, units, frozenset(key for key in film.keys if units[key] is not None))


async def _serve(port: int, served: dict[str, Film]) -> None:
    server = await RtspServer(served).start(port)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.close)
    print(json.dumps({name: film.brought for name, film in served.items()}), flush=True)
    async with server:
        with contextlib.suppress(asyncio.CancelledError):
            await server.serve_forever()


if __name__ == "__main__":
    _, sample, port_text, rate_text, count_text = sys.argv
    asyncio.run(_serve(int(port_text), films(sample_path(sample), float(rate_text), int(count_text))))
