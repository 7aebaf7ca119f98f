"""Boxes per frame as text: the MOT format, read strictly and written whole."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast, get_args

from calibration.errors import BadInput
from tracking.records import Box, Kind

_FIELDS = ("frame", "id", "left", "top", "width", "height", "score")
_KINDS = get_args(Kind)


def read_mot_boxes(path: str | Path) -> dict[int, tuple[Box, ...]]:
    """Boxes by frame number (from 1), in rising order of frames and the file's order within one.

    Lines are ``frame,id,left,top,width,height,score[,class…]`` in pixels, separated by commas or by
    blanks; empty lines are skipped. A class that is one of our kinds is taken as such; any number
    there (MOT's own classes, or -1) means a person.

    Raises:
        BadInput: naming file, line and field.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise BadInput(f"{path}: cannot be read ({reason}), expected a file of MOT boxes") from error
    frames: dict[int, list[Box]] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            frame, box = _row(line, f"{path}, line {number}")
            frames.setdefault(frame, []).append(box)
    return {frame: tuple(frames[frame]) for frame in sorted(frames)}


def write_mot_boxes(path: str | Path, frames: Mapping[int, Sequence[Box]] | Iterable[tuple[int, Sequence[Box]]]) -> int:
    """Write boxes by frame number (from 1) in the order given; returns the number of boxes.

    ``frames`` may be an iterator that is still being made: the file appears only when it has ended
    without an error, and is otherwise as before.

    Raises:
        BadInput: the file cannot be written.
    """
    path = Path(path)
    rows = frames.items() if isinstance(frames, Mapping) else frames
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror})") from error
    count = 0
    try:
        with open(handle, "w", encoding="ascii", newline="\n") as file:
            for frame, boxes in rows:
                for box in boxes:
                    file.write(_line(frame, box))
                    count += 1
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return count


def _line(frame: int, box: Box) -> str:
    kind = "-1" if box.kind == "person" else box.kind
    return (
        f"{frame},-1,{box.left_px:.2f},{box.top_px:.2f},{box.width_px:.2f},{box.height_px:.2f},"
        f"{box.score:.4f},{kind},-1,-1\n"
    )


def _row(line: str, where: str) -> tuple[int, Box]:
    fields = [field.strip() for field in line.split(",")] if "," in line else line.split()
    if len(fields) < len(_FIELDS):
        raise BadInput(f"{where}: has {len(fields)} fields, expected {','.join(_FIELDS)}[,class]")
    values = {name: _number(field, where, name) for name, field in zip(_FIELDS, fields, strict=False)}
    if values["frame"] != int(values["frame"]) or values["frame"] < 1:
        raise BadInput(f"{where}: frame is {fields[0]}, expected a whole number from 1")
    for name in ("width", "height"):
        if values[name] <= 0.0:
            raise BadInput(f"{where}: {name} is {values[name]:g}, expected more than 0")
    if not 0.0 <= values["score"] <= 1.0:
        raise BadInput(f"{where}: score is {values['score']:g}, expected 0 to 1")
    kind: Kind = "person"
    if len(fields) > len(_FIELDS):
        kind = _kind(fields[len(_FIELDS)], where)
    box = Box(values["left"], values["top"], values["width"], values["height"], values["score"], kind)
    return int(values["frame"]), box


def _number(text: str, where: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadInput(f"{where}: {name} is {text!r}, expected a number") from None
    if not math.isfinite(value):
        raise BadInput(f"{where}: {name} is {text}, expected a finite number")
    return value


def _kind(text: str, where: str) -> Kind:
    if text in _KINDS:
        return cast(Kind, text)
    try:
        float(text)
    except ValueError:
        raise BadInput(f"{where}: class is {text!r}, expected a number or one of {', '.join(_KINDS)}") from None
    return "person"
