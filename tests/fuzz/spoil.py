"""How bytes are spoilt: as disks, editors, spreadsheets and people in a hurry do it. Seeded: each case comes again."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Spoil = Callable[[bytes, random.Random], bytes]

WILD = (
    "nan", "inf", "-inf", "1e999", "-1e308", "1e18", "99999999999999999999999999", "0", "-0.0", "-1", "", " ", "0x1F",
    "0x" + "f" * 5000, "9" * 5000, "1_000", "１２", "true", "null", "None", '"', "''", "[]", "{}", "[[]]", "1,5", "1;5",
    "é", "한국", "\x00", "\ud7ff", "2026-13-45", "1979-05-27T07:32:00", "/", "../../etc/passwd", "%s%n", "=1+1",
)  # fmt: skip
_NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])")
_WORD = re.compile(rb"[A-Za-z_]{2,}")


def flip(data: bytes, draw: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(draw.choice((1, 1, 3, 20))):
        out[draw.randrange(len(out))] ^= 1 << draw.randrange(8)
    return bytes(out)


def cut(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data))]


def behead(data: bytes, draw: random.Random) -> bytes:
    return data[draw.randrange(len(data)) :]


def hole(data: bytes, draw: random.Random) -> bytes:
    a, b = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    return data[:a] + data[b:]


def double(data: bytes, draw: random.Random) -> bytes:
    a, b = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    return data[:b] + data[a:b] * draw.choice((1, 1, 5)) + data[b:]


def insert(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data[:at] + draw.randbytes(draw.randrange(1, 40)) + data[at:]


def zeros(data: bytes, draw: random.Random) -> bytes:
    a, b = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    return data[:a] + bytes(b - a) + data[b:]


def swap(data: bytes, draw: random.Random) -> bytes:
    a, b, c = sorted(draw.randrange(len(data) + 1) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def noise(_: bytes, draw: random.Random) -> bytes:
    return draw.randbytes(draw.choice((1, 16, 300, 5000)))


def nothing(_: bytes, draw: random.Random) -> bytes:
    return draw.choice((b"", b"\n", b" ", b"\x00", b"\xef\xbb\xbf"))


BINARY: tuple[Spoil, ...] = (flip, flip, cut, behead, hole, double, insert, zeros, swap, noise, nothing)


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) or [b""]


def swap_lines(data: bytes, draw: random.Random) -> bytes:
    rows = _lines(data)
    a, b = draw.randrange(len(rows)), draw.randrange(len(rows))
    rows[a], rows[b] = rows[b], rows[a]
    return b"".join(rows)


def drop_line(data: bytes, draw: random.Random) -> bytes:
    rows = _lines(data)
    del rows[draw.randrange(len(rows))]
    return b"".join(rows)


def double_line(data: bytes, draw: random.Random) -> bytes:
    rows = _lines(data)
    at = draw.randrange(len(rows))
    rows.insert(draw.randrange(len(rows) + 1), rows[at])
    return b"".join(rows)


def swap_fields(data: bytes, draw: random.Random) -> bytes:
    rows = _lines(data)
    at = draw.randrange(len(rows))
    fields = rows[at].rstrip(b"\r\n").split(b",")
    draw.shuffle(fields)
    if draw.random() < 0.3:
        fields = fields[:-1] if draw.random() < 0.5 else [*fields, b"7"]
    rows[at] = b",".join(fields) + b"\n"
    return b"".join(rows)


def wild_number(data: bytes, draw: random.Random) -> bytes:
    return _replaced(_NUMBER, data, draw)


def wild_word(data: bytes, draw: random.Random) -> bytes:
    return _replaced(_WORD, data, draw)


def _replaced(pattern: re.Pattern[bytes], data: bytes, draw: random.Random) -> bytes:
    found = list(pattern.finditer(data))
    for match in sorted(draw.sample(found, min(len(found), draw.choice((1, 1, 2)))), key=lambda m: -m.start()):
        data = data[: match.start()] + draw.choice(WILD).encode() + data[match.end() :]
    return data


def other_encoding(data: bytes, draw: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return draw.choice(
        (
            lambda: text.encode("utf-16"),
            lambda: text.encode("utf-32"),
            lambda: ("é한" + text).encode("cp949", "replace"),
            lambda: ("é" + text).encode("latin-1", "replace"),
            lambda: b"\xef\xbb\xbf" + data,
            lambda: data.replace(b"\n", b"\r"),
            lambda: data.replace(b"\n", b"\r\n"),
        )
    )()


def giant(data: bytes, draw: random.Random) -> bytes:
    """A gigantic line, gigantic field, or deep nesting, somewhere."""
    rows = _lines(data)
    at = draw.randrange(len(rows) + 1)
    what = draw.choice(
        (b"x" * 1_000_000, b"9" * 200_000, b"," * 200_000, b"[" * 20_000, b'{"a":' * 20_000, b"a." * 1500 + b"b = 1")
    )
    return b"".join([*rows[:at], what, draw.choice((b"\n", b"")), *rows[at:]])


def quotes(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data) + 1)
    return data[:at] + draw.choice((b'"', b"'", b'"""', b"\\", b"<", b"&", b"]]>", b"#", b"\\u0000", b"=")) + data[at:]


TEXT: tuple[Spoil, ...] = (
    *BINARY, swap_lines, drop_line, double_line, swap_fields, swap_fields, wild_number, wild_number, wild_number,
    wild_number, wild_word, wild_word, other_encoding, giant, quotes, quotes,
)  # fmt: skip


def spoilt(data: bytes, draw: random.Random, ways: tuple[Spoil, ...]) -> bytes:
    """One to three ways, one upon the other."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        if not data:
            break
        data = draw.choice(ways)(data, draw)
    return data
