"""What stands in a recording file?

A recording is an MCAP file (https://mcap.dev/spec) without chunks, so that every record lies in it
on its own and a file cut off anywhere can be read up to the cut. In this order it holds

- metadata ``hoistwatch``: ``version``, ``made_by``, ``wall_offset_s``;
- attachment ``site.toml``, and ``model.sha256`` where a detector took part;
- attachments of a simulation: ``scenario.toml``, ``truth.json``, ``expected_alarms.json``;
- messages. Data are JSON (msgspec, tagged with the record's class name) on one channel per type, for
  what a camera gave one channel per camera. Pictures are H.264 in Annex B form, one access unit a
  message, on ``video/<camera>``; ``width_px`` and ``height_px`` stand in the channel's metadata. Of a camera
  whose pictures stay on a detect node, ``picture/<camera>`` holds the reduced JPEGs that the node sends.
  What truly was, where a simulation knows it, is on ``truth``.

``log_time`` is monotonic time at which a message reached the recorder's side of the core,
``publish_time`` of a picture is the time at which it was taken, both in nanoseconds. Messages stand
in the order in which they were written, which for events is the order in which the core took them;
their log times need not rise, since pictures and detections come along different ways.
"""

from __future__ import annotations

import functools
import math
from typing import Any, get_args

import msgspec

from recordings.plant.records import World
from safety.records import AlarmTransition, Event, Picture, Snapshot
from tracking.records import Boxes, CameraHealth, PictureHealth, Record

PROFILE = "hoistwatch"
VERSION = 1
SITE_ATTACHMENT = "site.toml"
MODEL_ATTACHMENT = "model.sha256"
JSON_ENCODING = "json"
VIDEO_ENCODING = "h264"
NS = 1_000_000_000

EVENT_TYPES: tuple[type[Record], ...] = get_args(Event)
RECORD_TYPES: tuple[type[Record], ...] = (*EVENT_TYPES, Snapshot, AlarmTransition, Picture, World)

TRUTH_TOPIC = "truth"
_TOPICS = {
    record_type: "".join("_" + c.lower() if c.isupper() else c for c in record_type.__name__).lstrip("_")
    for record_type in RECORD_TYPES
} | {World: TRUTH_TOPIC}


def schema_name(record_type: type[Record]) -> str:
    return f"{PROFILE}.{record_type.__name__}"


TYPE_OF_SCHEMA: dict[str, type[Record]] = {schema_name(t): t for t in RECORD_TYPES}


def topic_of(record: Record) -> str:
    """Channel name: ``boxes/cam1``, ``camera_health/cam1``, ``sight``, ``telemetry``, ``snapshot``, ``truth`` …"""
    topic = _TOPICS[type(record)]
    if isinstance(record, Boxes | CameraHealth | PictureHealth | Picture):
        return f"{topic}/{record.camera}"
    return topic


def video_topic(camera: str) -> str:
    return f"video/{camera}"


@functools.cache
def json_schema(record_type: type[Record]) -> bytes:
    """JSON Schema of a record, an object at its top level as MCAP readers expect."""
    schema: dict[str, Any] = msgspec.json.schema(record_type)
    definitions: dict[str, Any] = schema["$defs"]
    top = definitions[record_type.__name__]
    return msgspec.json.encode({**top, "$defs": definitions}, order="sorted")


@functools.cache
def decoder(record_type: type[Record]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(record_type)


def nanoseconds(time_s: float) -> int:
    """Seconds to the unsigned nanoseconds of MCAP. Raises ValueError below zero or where not finite."""
    if not math.isfinite(time_s) or time_s < 0.0:
        raise ValueError(f"a recording cannot hold the time {time_s} s, expected a finite number from 0")
    return round(time_s * NS)
