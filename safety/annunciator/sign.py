"""The LED sign or floor projector: what a call reads as text, and how the lines get there."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from calibration.annunciator import Annunciator, Sign
from calibration.errors import BadInput
from safety.annunciator.choose import Call
from safety.annunciator.sentences import sentences, sign_word

_TIMEOUT_S = 1.0
SYMBOLS = {"danger": "■", "warning": "▲", "attention": "●", "fault": "✕"}
"""A shape beside the word, for encodings that have it: level is never told by colour alone."""


def sign_lines(call: Call | None, annunciator: Annunciator) -> tuple[str, ...]:
    """One line a language: shape, word of the level, what to do; the idle text where there is nothing to tell."""
    sign = annunciator.sign
    assert sign is not None
    if call is None:
        return (_fitting(sign.idle, sign),)
    lines = []
    for language in sign.languages or annunciator.languages:
        text = f"{SYMBOLS.get(call.tone, '')} {sign_word(call.tone, language)} {sentences()[call.words][language]}"
        lines.append(_fitting(text.strip(), sign))
    return tuple(lines)


def sign_problems(annunciator: Annunciator) -> list[str]:
    """Languages that the sign's encoding cannot show, a sentence each."""
    sign = annunciator.sign
    if sign is None:
        return []
    out = []
    for language in sign.languages or annunciator.languages:
        lost = {c for row in sentences().values() for c in row[language] if not _shown(c, sign)}
        if lost:
            out.append(f"sign: encoding {sign.encoding!r} cannot show {language!r} ({''.join(sorted(lost)[:5])})")
    return out


def encoded(lines: tuple[str, ...], sign: Sign) -> bytes:
    """The lines as the sign takes them; what its encoding lacks is left out."""
    return "".join(line + sign.line_end for line in lines).encode(sign.encoding, "ignore")


def _fitting(text: str, sign: Sign) -> str:
    """Without what the encoding lacks, cut where the sign is too short for it."""
    kept = "".join(c for c in text if _shown(c, sign)).strip()
    return kept[: sign.line_characters].rstrip() if sign.line_characters else kept


def _shown(character: str, sign: Sign) -> bool:
    try:
        character.encode(sign.encoding)
    except UnicodeEncodeError:
        return False
    return True


class _Way(Protocol):
    def send(self, data: bytes) -> None: ...
    def close(self) -> None: ...


class SignDriver:
    """Sends lines in a thread of its own: at once on every change, and again each ``repeat_s``.

    Args:
        sign: the ``[annunciator.sign]`` table.
        folder: that of the site file, for output ``file``.
    """

    def __init__(self, sign: Sign, folder: Path) -> None:
        self._sign, self._folder = sign, folder
        self._lines: tuple[str, ...] = ()
        self._changed = threading.Condition()
        self._stopped = False
        self._fault = ""
        self._thread = threading.Thread(target=self._run, name="sign", daemon=True)
        self._thread.start()

    @property
    def fault(self) -> str:
        """Why the sign cannot be reached; empty where the last text went out."""
        return self._fault

    def show(self, lines: tuple[str, ...]) -> None:
        """Show these lines from now on; never blocks."""
        with self._changed:
            if lines != self._lines:
                self._lines = lines
                self._changed.notify()

    def close(self) -> None:
        """Let go of the sign, which keeps its last text until its own time-out."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(2.0 * _TIMEOUT_S)

    def _run(self) -> None:
        way: _Way | None = None
        sent: tuple[str, ...] = ()
        while True:
            with self._changed:
                if self._lines == sent and not self._stopped:
                    self._changed.wait(self._sign.repeat_s)
                if self._stopped:
                    break
                lines = sent = self._lines
            if not lines:
                continue
            try:
                way = way or _open_way(self._sign, self._folder)
                way.send(encoded(lines, self._sign))
                self._fault = ""
            except OSError as error:  # serial faults are OSErrors too
                self._fault = f"sign at {self._sign.address} cannot be reached ({error.strerror or error})"
                if way is not None:
                    way.close()
                way = None
        if way is not None:
            way.close()


def _open_way(sign: Sign, folder: Path) -> _Way:
    match sign.output:
        case "tcp":
            return _Tcp(sign.address)
        case "serial":
            return _Serial(sign)
        case _:
            return _File(folder / sign.address)


class _Tcp:
    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host.strip("[]"), int(port)), _TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        self._socket.setblocking(False)
        with suppress(BlockingIOError):  # what a sign answers interests nobody, but its hanging up does
            if self._socket.recv(4096) == b"":
                raise ConnectionResetError("the sign has hung up")
        self._socket.settimeout(_TIMEOUT_S)
        self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()


class _Serial:
    def __init__(self, sign: Sign) -> None:
        self._port = pyserial().Serial(sign.address, sign.baud, timeout=0.0, write_timeout=_TIMEOUT_S)

    def send(self, data: bytes) -> None:
        self._port.write(data)
        self._port.flush()

    def close(self) -> None:
        with suppress(OSError):
            self._port.close()


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, data: bytes) -> None:
        """Replaced as a whole, so that whoever reads it never sees half a text."""
        part = self._path.with_name(f".{self._path.name}.part")
        part.write_bytes(data)
        os.replace(part, self._path)

    def close(self) -> None:
        pass


def pyserial() -> Any:
    """The module ``serial``.

    Raises:
        BadInput: it is not installed.
    """
    try:
        import serial
    except ImportError:
        raise BadInput("a serial sign needs pyserial: pip install pyserial") from None
    return serial
