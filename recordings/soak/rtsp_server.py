"""An RTSP server that plays H.264 from memory for ever, as cameras do: RTP over the control connection.

Enough of RTSP (RFC 2326) for FFmpeg and what is built on it: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN.
A client that joins begins with the next key picture. Packets as RFC 6184 has them (single unit, and FU-A for what is
longer), interleaved (RFC 2326, 10.12).
"""

from __future__ import annotations

import asyncio
import base64
import math
import re
import struct
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

CLOCK_HZ = 90_000
PAYLOAD_TYPE = 96
PACKET_BYTES = 1400
_SILENT_CLIENT_S = 90.0
_REQUEST_BYTES_MAX = 16_384
_KINDS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
_START = re.compile(rb"\x00\x00\x00?\x01")


@dataclass(frozen=True, slots=True)
class Film:
    """One camera's pictures, played round and round.

    ``units`` holds one Annex B access unit a slot of 1/``rate_hz`` seconds, or None where the camera is silent;
    ``keys`` are the slots at which a client can begin.
    """

    rate_hz: float
    units: tuple[bytes | None, ...]
    keys: frozenset[int]

    @property
    def brought(self) -> float:
        """Share of the slots that have a picture."""
        return sum(unit is not None for unit in self.units) / len(self.units)


def nal_units(unit: bytes) -> list[bytes]:
    """Network abstraction layer units of an Annex B access unit, without start codes (ITU-T H.264, annex B)."""
    return [part for part in _START.split(unit) if part]


def rtp_packets(unit: bytes, stamp: int, seq: int, ssrc: int) -> list[bytes]:
    """RTP packets of an access unit (RFC 6184, 5.6 and 5.8); the last one carries the marker."""
    payloads: list[bytes] = []
    for nal in nal_units(unit):
        if len(nal) <= PACKET_BYTES:
            payloads.append(nal)
            continue
        indicator, kind = (nal[0] & 0xE0) | 28, nal[0] & 0x1F
        body = nal[1:]
        pieces = [body[at : at + PACKET_BYTES] for at in range(0, len(body), PACKET_BYTES)]
        for number, piece in enumerate(pieces):
            first, last = number == 0, number == len(pieces) - 1
            payloads.append(bytes((indicator, kind | (0x80 if first else 0) | (0x40 if last else 0))) + piece)
    out = []
    for number, payload in enumerate(payloads):
        marker = 0x80 if number == len(payloads) - 1 else 0
        head = struct.pack(">BBHII", 0x80, PAYLOAD_TYPE | marker, (seq + number) & 0xFFFF, stamp & 0xFFFFFFFF, ssrc)
        out.append(head + payload)
    return out


def description(film: Film, name: str) -> str:
    """The session description (RFC 4566) with the parameter sets of the first key picture."""
    first = next(unit for unit in film.units if unit is not None)
    sets = [base64.b64encode(n).decode() for n in nal_units(first) if n[0] & 0x1F in (7, 8)]
    lines = (
        "v=0", "o=- 0 0 IN IP4 127.0.0.1", f"s={name}", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;sprop-parameter-sets={','.join(sets)}", "a=control:trackID=0",
    )  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


class RtspServer:
    """Serves each film under its name on the loopback. ``run`` returns when cancelled."""

    def __init__(self, films: Mapping[str, Film]) -> None:
        self._films = dict(films)
        self._begun_s = time.monotonic()
        self.clients = 0
        """How many play now."""

    async def start(self, port: int) -> asyncio.Server:
        """Listen; port 0 for any."""
        return await asyncio.start_server(self._client, "127.0.0.1", port)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self, writer)
        try:
            while (request := await asyncio.wait_for(_request(reader), _SILENT_CLIENT_S)) is not None:
                if not session.answer(*request):
                    break
                await writer.drain()
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the other side went, or speaks no RTSP
        finally:
            session.stop()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def film(self, url: str) -> tuple[str, Film] | None:
        """The film that a URL names, with or without its track."""
        name = re.sub(r"^rtsp://[^/]*/", "", url).split("/")[0]
        return (name, self._films[name]) if name in self._films else None

    async def play(self, film: Film, channel: int, ssrc: int, writer: asyncio.StreamWriter) -> None:
        """Send the film's slots as they come due, from the next key picture on."""
        seq, begun = 0, False
        slot = math.ceil((time.monotonic() - self._begun_s) * film.rate_hz)
        self.clients += 1
        try:
            while not writer.is_closing():
                await asyncio.sleep(max(0.0, self._begun_s + slot / film.rate_hz - time.monotonic()))
                place = slot % len(film.units)
                unit = film.units[place]
                begun = begun or place in film.keys
                if unit is not None and begun:
                    for packet in rtp_packets(unit, round(slot * CLOCK_HZ / film.rate_hz), seq, ssrc):
                        writer.write(struct.pack(">cBH", b"$", channel, len(packet)) + packet)
                        seq += 1
                    await writer.drain()
                slot += 1
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.clients -= 1


class _Session:
    """One connection's state; answers its requests."""

    def __init__(self, server: RtspServer, writer: asyncio.StreamWriter) -> None:
        self._server, self._writer = server, writer
        self._channel = 0
        self._id = f"{id(self) & 0xFFFFFFFF:08x}"
        self._playing: asyncio.Task[None] | None = None

    def stop(self) -> None:
        if self._playing is not None:
            self._playing.cancel()

    def answer(self, kind: str, url: str, headers: Mapping[str, str]) -> bool:
        """Write the answer; False once the client has said farewell."""
        found = self._server.film(url)
        if kind != "OPTIONS" and found is None:
            self._say(headers, "404 Not Found")
            return True
        match kind:
            case "OPTIONS":
                self._say(headers, "200 OK", {"Public": _KINDS})
            case "DESCRIBE" if found is not None:
                body = description(found[1], found[0])
                self._say(headers, "200 OK", {"Content-Type": "application/sdp", "Content-Base": f"{url}/"}, body)
            case "SETUP":
                self._set_up(headers)
            case "PLAY" if found is not None:
                self._say(headers, "200 OK", {"Session": self._id, "Range": "npt=0.000-"})
                if self._playing is None:
                    ssrc = int(self._id, 16)
                    task = self._server.play(found[1], self._channel, ssrc, self._writer)
                    self._playing = asyncio.get_running_loop().create_task(task)
            case "GET_PARAMETER" | "SET_PARAMETER":
                self._say(headers, "200 OK", {"Session": self._id})
            case "TEARDOWN":
                self._say(headers, "200 OK", {"Session": self._id})
                return False
            case _:
                self._say(headers, "501 Not Implemented")
        return True

    def _set_up(self, headers: Mapping[str, str]) -> None:
        asked = headers.get("transport", "")
        interleaved = re.search(r"interleaved=(\d+)-(\d+)", asked)
        if "RTP/AVP/TCP" not in asked or interleaved is None or not 0 <= int(interleaved[1]) < 255:
            self._say(headers, "461 Unsupported Transport")
            return
        self._channel = int(interleaved[1])
        transport = f"RTP/AVP/TCP;unicast;interleaved={interleaved[1]}-{interleaved[2]}"
        self._say(headers, "200 OK", {"Session": f"{self._id};timeout=60", "Transport": transport})

    def _say(
        self, asked: Mapping[str, str], status: str, more: Mapping[str, str] | None = None, body: str = ""
    ) -> None:
        fields = {"CSeq": asked.get("cseq", "0"), **(more or {})}
        if body:
            fields["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self._writer.write(f"RTSP/1.0 {status}\r\n{head}\r\n{body}".encode())


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]] | None:
    """The next request: kind, URL and headers in lower case; None at the end. Reports of RTCP are passed over.

    Raises ValueError for what is no request.
    """
    while True:
        first = await reader.read(1)
        if not first:
            return None
        if first == b"$":
            _, length = struct.unpack(">BH", await reader.readexactly(3))
            await reader.readexactly(length)
            continue
        head = first + await reader.readuntil(b"\r\n\r\n")
        if len(head) > _REQUEST_BYTES_MAX:
            raise ValueError("a request of this length is none")
        top, *rest = head.decode("utf-8", "replace").strip().split("\r\n")
        kind, url, *_ = [*top.split(" "), "", ""]
        headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in rest)}
        if (length_text := headers.get("content-length", "0")).isdecimal():
            await reader.readexactly(min(int(length_text), _REQUEST_BYTES_MAX))
        return kind.upper(), url, headers


def keys_of(units: Sequence[bytes | None], is_key: Sequence[bool]) -> frozenset[int]:
    """Slots at which a client can begin. Raises ValueError where there is none."""
    keys = frozenset(n for n, (unit, key) in enumerate(zip(units, is_key, strict=True)) if unit is not None and key)
    if not keys:
        raise ValueError("a film needs a key picture")
    return keys
