"""How is a recording read again, whole or cut off?"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av
import msgspec
from mcap.data_stream import RecordBuilder
from mcap.records import Channel, DataEnd, Footer

from calibration.errors import BadInput
from calibration.site import Site
from calibration.site_file import parse_site
from recordings.atomic import open_temporary, put_in_place, temporary_beside, throw_away
from recordings.plant.records import World
from recordings.store_format import (
    EVENT_TYPES,
    MODEL_ATTACHMENT,
    NS,
    PROFILE,
    SITE_ATTACHMENT,
    TYPE_OF_SCHEMA,
    VERSION,
    VIDEO_ENCODING,
    decoder,
)
from recordings.store_scan import MAGIC, Contents, RawMessage, messages, open_recording, scan
from recordings.video_codec import KEYFRAME_PERIOD_S, Picture, VideoDecoder, is_key
from safety.records import AlarmTransition, Event, Snapshot
from tracking.records import Record


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One recorded picture. ``bgr``: (height, width, 3) of 8 bits, as H.264 kept it (lossy)."""

    camera: str
    time_s: float
    ready_s: float
    bgr: Picture


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """What a recording holds. ``counts``: messages per channel name. Times are monotonic seconds.

    ``complete`` is False where the file was cut off; ``cut_at_byte`` then says where the last whole
    record ends. ``cameras``: all that gave pictures, boxes or health, sorted.
    """

    version: int
    made_by: str
    wall_offset_s: float
    start_s: float
    end_s: float
    cameras: tuple[str, ...]
    video_cameras: tuple[str, ...]
    counts: dict[str, int]
    attachments: tuple[str, ...]
    complete: bool
    cut_at_byte: int | None
    size_bytes: int

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


class Recording:
    """One recording file, opened and looked through once; messages are read when they are asked for.

    Raises BadInput: no such file, empty, not a recording, of another version, damaged. A file that
    was cut off opens up to the cut, provided that the cut lies behind the version.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._contents = scan(self.path)
        self.info = _info(self.path, self._contents)

    @property
    def site_text(self) -> str:
        """The site file as it was attached. Raises BadInput where there is none."""
        data = self.attachment(SITE_ATTACHMENT)
        if data is None:
            raise BadInput(f"{self.path}: holds no {SITE_ATTACHMENT}, expected the site it was made at")
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise BadInput(f"{self.path}: its {SITE_ATTACHMENT} is not UTF-8 text") from None

    def site(self) -> Site:
        """The site it was made at. Raises BadInput where it is missing or not valid."""
        return parse_site(self.site_text, f"{self.path}, {SITE_ATTACHMENT}")

    @property
    def model_sha256(self) -> str | None:
        """Hash of the detector's weights, where one took part."""
        data = self.attachment(MODEL_ATTACHMENT)
        return None if data is None else data.decode("ascii", "replace")

    def attachment(self, name: str) -> bytes | None:
        return self._contents.attachments.get(name)

    def events(self) -> Iterator[Event]:
        """Inputs, commands and relay statuses in the order in which the core took them."""
        return (event for _, event in self.timed_events())

    def timed_events(self) -> Iterator[tuple[float, Event]]:
        """``events`` with the log time of each in seconds."""
        return cast(Iterator[tuple[float, Event]], self.records(EVENT_TYPES))

    def snapshots(self) -> Iterator[Snapshot]:
        """What the core decided at each tick when the recording was made."""
        return cast(Iterator[Snapshot], (record for _, record in self.records((Snapshot,))))

    def alarms(self) -> Iterator[AlarmTransition]:
        """The alarm log when the recording was made."""
        return cast(Iterator[AlarmTransition], (record for _, record in self.records((AlarmTransition,))))

    def truth(self) -> Iterator[World]:
        """What truly was, in time order; nothing where no simulation made the recording."""
        return cast(Iterator[World], (record for _, record in self.records((World,))))

    def records(
        self, types: Collection[type[Record]], from_s: float = -math.inf, to_s: float = math.inf
    ) -> Iterator[tuple[float, Record]]:
        """(log time in seconds, record) of the given types in file order, those with a log time between two only.

        Raises BadInput naming channel and time where a message does not decode.
        """
        channels = {}
        for number, channel in self._contents.channels.items():
            record_type = _record_type(self._contents, channel)
            if record_type in types:
                channels[number] = (channel.topic, decoder(record_type))
        for message in self._messages(channels):
            if not from_s * NS <= message.log_ns <= to_s * NS:
                continue
            topic, reader = channels[message.channel]
            try:
                record = cast(Record, reader.decode(message.data))
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                raise self._undecodable(topic, message, error) from None
            yield message.log_ns / NS, record

    def frames(
        self, cameras: Collection[str] | None = None, from_s: float = -math.inf, to_s: float = math.inf
    ) -> Iterator[VideoFrame]:
        """Pictures of the given cameras (all by default) in file order, decoded one at a time.

        Of those taken before ``from_s`` only what the decoder needs is decoded, and none of it given.

        Raises BadInput naming channel and time where a picture does not decode.
        """
        channels = {
            number: channel
            for number, channel in self._contents.channels.items()
            if channel.message_encoding == VIDEO_ENCODING and (cameras is None or _camera(channel) in cameras)
        }
        streams = {number: _VideoStream(self.path, channel) for number, channel in channels.items()}
        needed_ns = (from_s - 2.0 * KEYFRAME_PERIOD_S) * NS
        for message in self._messages(channels):
            stream = streams[message.channel]
            if message.publish_ns < needed_ns or message.publish_ns > to_s * NS:
                continue
            if not stream.begun and from_s > -math.inf and not is_key(message.data):
                continue
            try:
                yield from (frame for frame in stream.take(message) if frame.time_s >= from_s)
            except av.error.FFmpegError as error:
                raise self._undecodable(channels[message.channel].topic, message, error) from None
        for stream in streams.values():
            yield from (frame for frame in stream.rest() if frame.time_s >= from_s)

    def _messages(self, channels: Collection[int]) -> Iterator[RawMessage]:
        return messages(self.path, self._contents.size_bytes, frozenset(channels))

    def _undecodable(self, topic: str, message: RawMessage, error: Exception) -> BadInput:
        return BadInput(
            f"{self.path}: the message on channel {topic!r} at {message.log_ns / NS:.3f} s does not decode ({error})"
        )


class _VideoStream:
    """The decoder of one channel, and the times of the pictures that it still holds."""

    def __init__(self, path: Path, channel: Channel) -> None:
        try:
            self._decoder = VideoDecoder(int(channel.metadata["width_px"]), int(channel.metadata["height_px"]))
        except (KeyError, ValueError):
            raise BadInput(
                f"{path}: channel {channel.topic!r} does not say width_px and height_px of its pictures"
            ) from None
        self._camera = _camera(channel)
        self._times: dict[int, tuple[int, int]] = {}
        self._number = 0

    @property
    def begun(self) -> bool:
        return self._number > 0

    def take(self, message: RawMessage) -> list[VideoFrame]:
        self._times[self._number] = (message.publish_ns, message.log_ns)
        self._number += 1
        return self._frames(self._decoder.decode(message.data, self._number - 1))

    def rest(self) -> list[VideoFrame]:
        return self._frames(self._decoder.flush())

    def _frames(self, pictures: list[tuple[int, Picture]]) -> list[VideoFrame]:
        out = []
        for number, bgr in pictures:
            taken_ns, log_ns = self._times.pop(number)
            out.append(VideoFrame(self._camera, taken_ns / NS, log_ns / NS, bgr))
        return out


def repair(path: Path | str, out: Path | str) -> RecordingInfo:
    """Copy the whole records of a recording to ``out`` and end it as MCAP demands, for other programs.

    Raises BadInput as ``Recording`` does, or where ``out`` cannot be written.
    """
    recording = Recording(path)
    target = Path(out)
    temporary = temporary_beside(target)
    try:
        with open_temporary(temporary, target) as sink, open_recording(recording.path) as source:
            sink.write(MAGIC)
            left = recording._contents.data_end - len(MAGIC)
            while left > 0:
                block = source.read(min(left, 1 << 20))
                sink.write(block)
                left -= len(block)
            end = RecordBuilder()
            DataEnd(0).write(end)
            Footer(0, 0, 0).write(end)
            sink.write(end.end() + MAGIC)  # type: ignore[no-untyped-call]
    except BaseException as error:
        throw_away(temporary, target, error)
        raise
    put_in_place(temporary, target)
    return Recording(target).info


def _info(path: Path, contents: Contents) -> RecordingInfo:
    head = contents.metadata.get(PROFILE)
    if head is None:
        if contents.cut_at is not None:
            raise BadInput(f"{path}: is cut off at byte {contents.cut_at}, before anything was recorded")
        raise BadInput(f"{path}: is an MCAP file of another program, expected a recording of this one")
    if head.get("version") != str(VERSION):
        raise BadInput(f"{path}: recording of version {head.get('version')}, this program reads {VERSION}")
    try:
        wall_offset_s = float(head["wall_offset_s"])
    except (KeyError, ValueError):
        raise BadInput(f"{path}: metadata {PROFILE}, wall_offset_s: expected a number") from None
    counts: dict[str, int] = {}
    for number, channel in contents.channels.items():
        counts[channel.topic] = counts.get(channel.topic, 0) + contents.counts[number]
    video = {_camera(c) for c in contents.channels.values() if c.message_encoding == VIDEO_ENCODING}
    named = {topic.partition("/")[2] for topic in counts if topic.startswith(("boxes/", "camera_health/"))}
    return RecordingInfo(
        version=VERSION,
        made_by=head.get("made_by", ""),
        wall_offset_s=wall_offset_s,
        start_s=(contents.first_ns or 0) / NS,
        end_s=(contents.last_ns or 0) / NS,
        cameras=tuple(sorted(video | named)),
        video_cameras=tuple(sorted(video)),
        counts=counts,
        attachments=tuple(contents.attachments),
        complete=contents.cut_at is None,
        cut_at_byte=contents.cut_at,
        size_bytes=contents.size_bytes,
    )


def _record_type(contents: Contents, channel: Channel) -> type[Record] | None:
    schema = contents.schemas.get(channel.schema_id)
    return None if schema is None else TYPE_OF_SCHEMA.get(schema.name)


def _camera(channel: Channel) -> str:
    return channel.topic.partition("/")[2]
