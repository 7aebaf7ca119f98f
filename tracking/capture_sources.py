"""Where does each camera's picture come from, and how patient is capture?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from calibration.errors import BadInput
from calibration.site import CameraTable

Clock = Callable[[], float]

_STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https")


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """How patient capture is. One for all cameras of a site."""

    open_timeout_s: float = 5.0
    read_timeout_s: float = 3.0
    poll_s: float = 0.4
    """Longest wait of a camera's thread: a stop is noticed within it."""
    backoff_first_s: float = 0.5
    backoff_most_s: float = 10.0
    late_limit_s: float = 0.5
    """Pictures that a stream delivers later than this are dropped."""
    behind_limit_s: float = 5.0
    """A stream that stays late for longer than this is opened anew."""
    silent_after_s: float = 1.0
    """A camera without a picture for this long (or 2.5 intervals) does not count as connected."""
    loop_files: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What one camera is read from: the part of its table that capture needs."""

    camera: str
    kind: Literal["file", "stream", "device"]
    address: str | int
    size_px: tuple[int, int]
    rate_hz: float

    @property
    def shown(self) -> str:
        """The address without the user name and password that a URL may carry."""
        return re.sub(r"(?<=://)[^/@]*@", "", str(self.address))


def camera_source(table: CameraTable, base_folder: Path) -> Source:
    """Read the source of a camera table; file names are relative to ``base_folder``.

    Raises:
        BadInput: the table has no source, or one with a scheme that cannot be read.
    """
    given = table.source
    where = f"camera {table.name!r}: source"
    if given is None or given == "":
        raise BadInput(f"{where} is absent, expected a video file, a device number or an rtsp/http address")
    kind: Literal["file", "stream", "device"] = "file"
    address: str | int = given
    if isinstance(given, int) or re.fullmatch(r"\d+", given) or given.startswith("/dev/video"):
        kind, address = "device", int(given) if str(given).isdigit() else given
    elif (scheme := re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", given)) is not None:
        if scheme[1].lower() not in _STREAM_SCHEMES:
            raise BadInput(f"{where} has the scheme {scheme[1]!r}, expected one of {', '.join(_STREAM_SCHEMES)}")
        kind = "stream"
    else:
        address = str(base_folder / given)
    return Source(table.name, kind, address, table.size_px, table.rate_hz)
