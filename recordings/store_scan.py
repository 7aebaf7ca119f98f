"""What lies where in a recording file, as far as it goes?

Follows the framing of MCAP (opcode, length, body) from record to record, and stops before the first
one that is not whole. Bodies are parsed by the mcap library; message bodies are passed over unread.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO

from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Attachment, Channel, Metadata, Schema

from calibration.errors import BadInput

MAGIC = b"\x89MCAP0\r\n"
_FRAME = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<HIQQ")
_READERS: dict[int, Callable[[ReadDataStream], object]] = {
    Opcode.SCHEMA: Schema.read,
    Opcode.CHANNEL: Channel.read,
    Opcode.METADATA: Metadata.read,
    Opcode.ATTACHMENT: Attachment.read,
}


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message: channel number, log and publish time in nanoseconds, undecoded data."""

    channel: int
    log_ns: int
    publish_ns: int
    data: bytes


@dataclass(slots=True)
class Contents:
    """Everything but the messages. ``data_end``: byte at which the last whole record of data ends."""

    size_bytes: int
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    attachments: dict[str, bytes] = field(default_factory=dict)
    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)
    first_ns: int | None = None
    last_ns: int | None = None
    data_end: int = len(MAGIC)
    cut_at: int | None = None

    def saw(self, channel: int, log_ns: int) -> None:
        self.counts[channel] += 1
        self.first_ns = log_ns if self.first_ns is None else min(self.first_ns, log_ns)
        self.last_ns = log_ns if self.last_ns is None else max(self.last_ns, log_ns)


@contextmanager
def open_recording(path: Path) -> Iterator[IO[bytes]]:
    """Open for reading, past the magic bytes. Raises BadInput where it is not an MCAP file."""
    opened = False
    try:
        with open(path, "rb") as stream:
            magic = stream.read(len(MAGIC))
            if not magic:
                raise BadInput(f"{path}: is empty, expected a recording")
            if magic != MAGIC:
                raise BadInput(f"{path}: is not a recording, expected an MCAP file")
            opened = True
            yield stream
    except OSError as error:
        if opened:  # the caller's own fault within the block, not this file's
            raise
        if isinstance(error, FileNotFoundError):
            raise BadInput(f"{path}: no such recording") from None
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from None


def scan(path: Path) -> Contents:
    """Read everything but the messages' data. Raises BadInput where it is not MCAP, or damaged."""
    with open_recording(path) as stream:
        contents = Contents(size_bytes=path.stat().st_size)
        end, opcode, in_data = len(MAGIC), 0, True
        for opcode, start, length in _walk(stream, contents.size_bytes):
            end = start + length
            in_data = in_data and opcode != Opcode.DATA_END
            if in_data:
                _take(path, contents, stream, (opcode, start, length))
                contents.data_end = end
        stream.seek(end)
        if opcode != Opcode.FOOTER or stream.read(len(MAGIC)) != MAGIC:
            contents.cut_at = end
    return contents


def messages(path: Path, size_bytes: int, channels: frozenset[int]) -> Iterator[RawMessage]:
    """Messages of the given channels in file order; the data of all others are not read."""
    with open_recording(path) as stream:
        for opcode, start, length in _walk(stream, size_bytes):
            if opcode == Opcode.MESSAGE:
                channel, log_ns, publish_ns = _message_head(path, stream, start, length)
                if channel in channels:
                    yield RawMessage(channel, log_ns, publish_ns, stream.read(length - _MESSAGE.size))
            elif opcode == Opcode.DATA_END:
                return


def _walk(stream: IO[bytes], size: int) -> Iterator[tuple[int, int, int]]:
    """(opcode, start of body, length) of each whole record; the stream stands at the body's start.

    Opcode 0 does not exist: zeros are what a file system leaves behind a power failure.
    """
    position = len(MAGIC)
    while position + _FRAME.size <= size:
        opcode, length = _FRAME.unpack(stream.read(_FRAME.size))
        start = position + _FRAME.size
        if opcode == 0 or start + length > size:
            return
        yield opcode, start, length
        if opcode == Opcode.FOOTER:
            return
        position = start + length
        stream.seek(position)


def _take(path: Path, contents: Contents, stream: IO[bytes], record: tuple[int, int, int]) -> None:
    opcode, start, length = record
    if opcode == Opcode.MESSAGE:
        channel, log_ns, _ = _message_head(path, stream, start, length)
        contents.saw(channel, log_ns)
    elif opcode == Opcode.CHUNK:
        raise BadInput(f"{path}: holds chunks, expected a recording as this program writes it, without any")
    elif opcode in _READERS:
        try:
            _keep(contents, _READERS[opcode](ReadDataStream(BytesIO(stream.read(length)))))
        except (McapError, struct.error, ValueError) as error:
            raise BadInput(f"{path}: is damaged at byte {start} ({error})") from None


def _keep(contents: Contents, record: object) -> None:
    match record:
        case Schema():
            contents.schemas[record.id] = record
        case Channel():
            contents.channels[record.id] = record
        case Metadata():
            contents.metadata[record.name] = record.metadata
        case Attachment():
            contents.attachments[record.name] = record.data


def _message_head(path: Path, stream: IO[bytes], start: int, length: int) -> tuple[int, int, int]:
    if length < _MESSAGE.size:
        raise BadInput(f"{path}: is damaged at byte {start}, a message of {length} bytes cannot be")
    channel, _, log_ns, publish_ns = _MESSAGE.unpack(stream.read(_MESSAGE.size))
    return channel, log_ns, publish_ns
