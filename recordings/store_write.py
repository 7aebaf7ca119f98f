"""How is a recording written?"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import msgspec
from mcap.writer import Writer

from recordings.atomic import open_target, open_temporary, put_in_place, temporary_beside, throw_away
from recordings.store_format import (
    JSON_ENCODING,
    MODEL_ATTACHMENT,
    NS,
    PROFILE,
    RECORD_TYPES,
    SITE_ATTACHMENT,
    VERSION,
    VIDEO_ENCODING,
    decoder,
    json_schema,
    nanoseconds,
    schema_name,
    topic_of,
    video_topic,
)
from recordings.video_codec import CRF, Picture, VideoEncoder
from tracking.records import Record

SYNC_PERIOD_S = 1.0


class RecordingWriter:
    """Writes one recording; a context manager.

    ``atomic``: nothing stands at ``path`` until ``close``, and nothing ever after an exception in the
    block; an existing file is replaced; a full disk is a BadInput. Otherwise (live) the file must be
    new, every message is handed to the operating system at once, the disk is told to keep it about
    once a second of log time, and a full disk is an OSError of the write that met it.

    ``write`` and ``write_frame`` may be called from several threads, the pictures of one camera from
    one thread at a time. A live ``write`` waits for the disk now and then: keep it off the thread
    that decides. Raises BadInput where the file cannot be made.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        site_text: str,
        wall_offset_s: float,
        made_by: str,
        model_sha256: str | None = None,
        atomic: bool,
        crf: int = CRF,
    ) -> None:
        if model_sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", model_sha256):
            raise ValueError(f"expected a SHA-256 in 64 hexadecimal digits, got {model_sha256!r}")
        self.path = Path(path)
        self._file = temporary_beside(self.path) if atomic else self.path
        self._atomic = atomic
        self._lock = threading.Lock()
        self._channels: dict[str, int] = {}
        self._schemas: dict[type[Record], int] = {}
        self._encoders: dict[str, VideoEncoder] = {}
        self._crf = crf
        self._encode = msgspec.json.Encoder().encode
        self._synced_ns = 0
        self._closed = False
        self._stream = open_temporary(self._file, self.path) if atomic else open_target(self.path)
        # Unchunked: a chunk that is cut loses all its messages, a message that is cut only itself.
        self._mcap = Writer(self._stream, use_chunking=False)
        try:
            self._begin(made_by, wall_offset_s)
            self.attach(SITE_ATTACHMENT, "application/toml", site_text.encode())
            if model_sha256 is not None:
                self.attach(MODEL_ATTACHMENT, "text/plain", model_sha256.encode())
        except BaseException as error:
            self.discard()
            throw_away(self._file, self.path, error)
            raise

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or not self._atomic:
            self.close()
            return
        self.discard()
        if error is not None:
            throw_away(self._file, self.path, error)

    def attach(self, name: str, media_type: str, data: bytes) -> None:
        """Put a small file into the recording; the reader gives the last one of a name."""
        with self._lock:
            self._mcap.add_attachment(create_time=0, log_time=0, name=name, media_type=media_type, data=data)
            self._passed(None)

    def write(self, record: Record, log_time_s: float) -> None:
        """Append one record, of a type in ``store_format.RECORD_TYPES``.

        Raises ValueError for another type, a time below zero, or a number that is not finite:
        JSON has no NaN, and a recording that cannot be read again would be worse than this error.
        """
        if not isinstance(record, RECORD_TYPES):
            raise ValueError(f"a recording does not hold records of type {type(record).__name__}")
        log_ns = nanoseconds(log_time_s)
        data = self._encode(record)
        if b"null" in data:
            _check_finite(record, data)
        with self._lock:
            channel = self._channel(topic_of(record), type(record))
            self._mcap.add_message(channel, log_time=log_ns, publish_time=log_ns, data=data)
            self._passed(log_ns)

    def write_frame(self, camera: str, time_s: float, bgr: Picture, ready_s: float) -> None:
        """Append one picture (height, width, 3) taken at ``time_s``, here since ``ready_s``.

        A camera may change its picture size in the middle: a new channel of the same name begins.
        """
        height_px, width_px = bgr.shape[:2]
        key = f"{video_topic(camera)}:{width_px}x{height_px}"
        encoder = self._encoders.get(camera)
        if encoder is None or (encoder.width_px, encoder.height_px) != (width_px, height_px):
            encoder = self._encoders[camera] = VideoEncoder(width_px, height_px, self._crf)
            self._channels.pop(key, None)
        taken_ns, log_ns = nanoseconds(time_s), nanoseconds(ready_s)
        data = encoder.encode(bgr, time_s)
        with self._lock:
            channel = self._channels.get(key)
            if channel is None:
                size = {"camera": camera, "width_px": str(width_px), "height_px": str(height_px)}
                channel = self._mcap.register_channel(video_topic(camera), VIDEO_ENCODING, 0, size)
                self._channels[key] = channel
            self._mcap.add_message(channel, log_time=log_ns, publish_time=taken_ns, data=data)
            self._passed(log_ns)

    def flush(self) -> None:
        """Hand everything to the operating system and have the disk keep it."""
        with self._lock:
            self._sync()

    def close(self) -> None:
        """Write the index and end the file; an atomic recording appears now, or BadInput is raised."""
        if not self._atomic:
            self._end(self._finish)
            return
        try:
            self._end(self._finish)
        except OSError as error:
            throw_away(self._file, self.path, error)
            raise
        if self._file.exists():
            put_in_place(self._file, self.path)

    def discard(self) -> None:
        """End without a file: what was written so far is removed."""
        with suppress(OSError):  # what a full disk did not take is thrown away anyhow
            self._end(self._stream.close)
        self._file.unlink(missing_ok=True)

    def _begin(self, made_by: str, wall_offset_s: float) -> None:
        self._mcap.start(profile=PROFILE, library=PROFILE)
        head = {"version": str(VERSION), "made_by": made_by, "wall_offset_s": repr(float(wall_offset_s))}
        self._mcap.add_metadata(PROFILE, head)

    def _end(self, how: Callable[[], None]) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                how()

    def _finish(self) -> None:
        with self._stream:
            self._mcap.finish()  # type: ignore[no-untyped-call]
            self._sync()

    def _channel(self, topic: str, record_type: type[Record]) -> int:
        channel = self._channels.get(topic)
        if channel is None:
            if record_type not in self._schemas:
                self._schemas[record_type] = self._mcap.register_schema(
                    schema_name(record_type), "jsonschema", json_schema(record_type)
                )
            channel = self._mcap.register_channel(topic, JSON_ENCODING, self._schemas[record_type])
            self._channels[topic] = channel
        return channel

    def _passed(self, log_ns: int | None) -> None:
        if self._atomic:
            return
        if log_ns is not None and abs(log_ns - self._synced_ns) >= SYNC_PERIOD_S * NS:
            self._synced_ns = log_ns
            self._sync()
        else:
            self._mcap.flush()  # type: ignore[no-untyped-call]

    def _sync(self) -> None:
        if not self._stream.closed:
            self._mcap.flush()  # type: ignore[no-untyped-call]
            os.fsync(self._stream.fileno())


def _check_finite(record: Record, data: bytes) -> None:
    try:
        decoder(type(record)).decode(data)
    except msgspec.ValidationError as error:
        raise ValueError(f"{type(record).__name__} holds a number that is not finite: {error}") from None
