"""How is a csv file with named columns read, so that every fault is named by line and column?"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from calibration.errors import BadInput

LATEST_S = 1e10
"""A recording counts nanoseconds in 64 bits; this is 317 years of them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a csv file; ``line`` counts from 1, the header included."""

    path: Path
    line: int
    values: dict[str, str]

    def fault(self, column: str, expected: str) -> BadInput:
        return BadInput(
            f"{self.path}, line {self.line}, column {column}: expected {expected}, got {self.values[column]!r}"
        )

    def text(self, column: str) -> str:
        """A value that is not empty. Raises BadInput."""
        value = self.values[column]
        if not value:
            raise self.fault(column, "a name")
        return value

    def number(self, column: str, expected: str = "a finite number") -> float:
        """A finite number. Raises BadInput."""
        try:
            value = float(self.values[column])
        except ValueError:
            raise self.fault(column, expected) from None
        if not math.isfinite(value):
            raise self.fault(column, expected)
        return value

    def number_or_none(self, column: str) -> float | None:
        """A finite number, or None where the field is empty. Raises BadInput."""
        return self.number(column, "a finite number or nothing") if self.values[column] else None

    def time_s(self, column: str = "time_s") -> float:
        """Seconds from 0. Raises BadInput."""
        value = self.number(column, "a time in seconds from 0")
        if value < 0.0:
            raise self.fault(column, "a time in seconds from 0")
        if value > LATEST_S:
            raise self.fault(column, f"a time in seconds up to {LATEST_S:g}")
        return value

    def positive(self, column: str) -> float:
        value = self.number(column, "a positive number")
        if value <= 0.0:
            raise self.fault(column, "a positive number")
        return value

    def whole(self, column: str, lowest: int) -> int:
        """A whole number, ``lowest`` or more. Raises BadInput."""
        value = self.number(column, f"a whole number from {lowest}")
        if value != int(value) or value < lowest:
            raise self.fault(column, f"a whole number from {lowest}")
        return int(value)


def header_of(path: Path) -> tuple[str, ...]:
    """Names in the first line. Raises BadInput where there is no such text file, or nothing in it."""
    for _, fields in _lines(path):
        return tuple(fields)
    raise BadInput(f"{path}: is empty, expected a csv file with a header line")


def read_rows(path: Path, columns: tuple[str, ...], at_least_one: bool = True) -> Iterator[Row]:
    """Rows of a csv file (UTF-8, commas) that has exactly these columns, in any order.

    Raises BadInput naming file, line and column: no such file, no header or another one, a row with
    too few or too many fields, no row at all where ``at_least_one`` is wanted.
    """
    lines = _lines(path)
    header = next((fields for _, fields in lines), None)
    if header is None:
        raise BadInput(f"{path}: is empty, expected the columns {','.join(columns)}")
    if sorted(header) != sorted(columns):
        raise BadInput(f"{path}, line 1: expected the columns {','.join(columns)}, got {','.join(header)}")
    count = 0
    for line, fields in lines:
        if len(fields) != len(header):
            raise BadInput(f"{path}, line {line}: expected {len(header)} fields, got {len(fields)}")
        count += 1
        yield Row(path, line, dict(zip(header, fields, strict=True)))
    if count == 0 and at_least_one:
        raise BadInput(f"{path}: has no rows, expected at least one below its header")


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number, stripped fields) of every line that is not blank."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            for fields in reader:
                stripped = [field.strip() for field in fields]
                if any(stripped):
                    yield reader.line_num, stripped
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path}: cannot be read as csv text in UTF-8 ({error})") from None
