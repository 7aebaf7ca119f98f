"""What detect nodes and engine say to each other.

A detect node is a machine of its own with cameras and a detector. All stamps in what it sends are of its own
monotonic clock; the engine turns them into its own (``clock_offset.py``) before anything else sees them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from tracking.records import Boxes, CameraHealth, PictureHealth, Record, Sight

TAG_SOURCE = "tag "
"""What the source of a hook tag's sight begins with; the camera's name follows."""
Seen = Boxes | Sight | CameraHealth | PictureHealth
NodeFault = Literal["", "absent", "silent", "differs", "clock_unknown", "clock_wide", "clock_stepped"]
"""Why nothing of a node counts: it never reported, it reports no more, its site file has other cameras than the
engine's, or its clock is not known yet, not known well enough, or jumped a moment ago."""


class DetectStatus(Record, frozen=True, kw_only=True):
    """What a detect node reports several times a second, and at once when it is asked the time.

    ``asked_ns`` repeats the engine's stamp of the newest question (0 before the first), ``received_ns`` and
    ``sent_ns`` are the node's monotonic clock as it came in and as this leaves. ``wall_s`` is the node's Unix
    time at ``sent_ns``, for display only. ``cameras`` are those that it serves, with the size of their pictures.
    """

    node: str
    boot: str
    seq: int
    asked_ns: int
    received_ns: int
    sent_ns: int
    wall_s: float
    cameras: Annotated[dict[str, tuple[int, int]], msgspec.Meta(max_length=64)]


class Detected(Record, frozen=True, kw_only=True):
    """One input of the core as the node has it, stamped by the node's clock; ``sent_ns`` is that clock as it leaves."""

    node: str
    boot: str
    seq: int
    sent_ns: int
    item: Seen


class DetectedPicture(Record, frozen=True, kw_only=True):
    """A reduced JPEG for consoles, as ``safety.records.Picture``, stamped by the node's clock."""

    node: str
    boot: str
    seq: int
    camera: str
    time_s: float
    scale: float
    jpeg: bytes


class AskTime(Record, frozen=True, kw_only=True):
    """The engine asks a node what time it is; ``asked_ns`` is the engine's monotonic clock as it leaves."""

    node: str
    asked_ns: int


Remote = DetectStatus | Detected | DetectedPicture
"""What detect nodes send. What they have seen becomes an event once its time is one of the engine's clock."""


class DetectNodeView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One detect node as the console shows it.

    ``offset_s`` is the node's monotonic clock minus the engine's, known to within ``error_s``; both None while
    nothing is known. ``wall_offset_s`` is how far its clock on the wall is ahead of the engine's. ``steps``
    counts the jumps of its clock, ``step_s`` is the newest one, ``restarts`` how often it came anew.
    """

    node: str
    cameras: tuple[str, ...]
    fault: NodeFault
    age_s: float
    offset_s: float | None = None
    error_s: float | None = None
    delay_s: float | None = None
    wall_offset_s: float | None = None
    steps: int = 0
    step_s: float = 0.0
    restarts: int = 0


def camera_of(message: Remote) -> str | None:
    """The camera that a message tells of; None for one that tells of the node itself."""
    match message:
        case DetectStatus():
            return None
        case DetectedPicture():
            return message.camera
        case Detected(item=Sight() as sight):
            return sight.source.removeprefix(TAG_SOURCE)
        case Detected(item=Boxes() | CameraHealth() | PictureHealth() as item):
            return item.camera
    raise AssertionError


def numbers_of(message: Remote) -> tuple[float, ...]:
    """The numbers that must be finite for a message to count."""
    match message:
        case DetectStatus():
            return (message.wall_s,)
        case DetectedPicture():
            return (message.time_s, message.scale)
        case Detected():
            return tuple(_numbers_of(message.item))
    raise AssertionError


def _numbers_of(item: Seen) -> Iterator[float]:
    yield from (item.time_s, item.ready_s)
    match item:
        case Boxes():
            yield item.sigma_px
            for box in item.boxes:
                yield from (box.left_px, box.top_px, box.width_px, box.height_px, box.score)
        case CameraHealth():
            yield item.rate_hz
        case PictureHealth():
            yield from (item.since_s, item.shift_px)
        case Sight():
            for seen in item.observations:
                yield from (seen.x_m, seen.y_m, seen.z_m or 0.0, seen.var_x_m2, seen.cov_xy_m2, seen.var_y_m2)
