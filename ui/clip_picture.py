"""One picture of an exported clip: every camera with its boxes, when it was, and what the system said then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPen

from tracking.records import Boxes
from ui.alarm_rows import AlarmRow
from ui.hues import BLACK, PAIRS
from ui.theme import level_pair, sized

Bgr = NDArray[np.uint8]
TILE_PX = (640, 360)
_TOP_PX, _CAPTION_PX, _LINE_PX = 40, 24, 40
_LINES = 3
_BOX_INK = "#7FE7FF"


@dataclass(frozen=True, slots=True)
class TilePicture:
    """One camera's picture, reduced by ``scale``; without one, ``notice`` says why."""

    camera: str
    bgr: Bgr | None
    scale: float
    boxes: Boxes | None
    notice: str


def size_of(cameras: int) -> tuple[int, int]:
    """Width and height in pixels, both even."""
    columns, rows = _grid(cameras)
    return columns * TILE_PX[0], _TOP_PX + rows * (TILE_PX[1] + _CAPTION_PX) + _LINES * _LINE_PX


def picture_of(tiles: Sequence[TilePicture], heading: str, note: str, alarms: Sequence[AlarmRow]) -> Bgr:
    """A picture (height, width, 3) of the size of ``size_of``. May be called in any thread.

    Args:
        tiles: every camera of the site, in the same order each time.
        heading: site and time, at the upper edge.
        note: how faces are shown, beside it.
        alarms: the gravest of them are written below.
    """
    width, height = size_of(len(tiles))
    image = QImage(width, height, QImage.Format.Format_BGR888)
    image.fill(QColor(PAIRS["tile"].ground))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    _line(painter, QRectF(10, 0, width - 20, _TOP_PX), heading, note)
    columns, _ = _grid(len(tiles))
    for k, tile in enumerate(tiles):
        left, top = k % columns * TILE_PX[0], _TOP_PX + k // columns * (TILE_PX[1] + _CAPTION_PX)
        _tile(painter, tile, QRectF(left, top, TILE_PX[0], TILE_PX[1] + _CAPTION_PX))
    shown = sorted((row for row in alarms if row.active), key=lambda row: -row.level.rank)[:_LINES]
    for k, row in enumerate(shown):
        _alarm(painter, row, QRectF(0, height - (_LINES - k) * _LINE_PX, width, _LINE_PX))
    painter.end()
    return _array_of(image)


def _grid(cameras: int) -> tuple[int, int]:
    columns = max(2, math.ceil(math.sqrt(cameras)))
    return columns, max(1, math.ceil(cameras / columns))


def _tile(painter: QPainter, tile: TilePicture, room: QRectF) -> None:
    painter.setFont(sized(10.0, bold=True))
    painter.setPen(QColor(PAIRS["tile"].text))
    caption = QRectF(room.left() + 8, room.top(), room.width() - 16, _CAPTION_PX)
    painter.drawText(caption, Qt.AlignmentFlag.AlignVCenter, tile.camera)
    place = room.adjusted(0, _CAPTION_PX, 0, 0)
    if tile.bgr is None:
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, tile.notice)
        return
    height, width = tile.bgr.shape[:2]
    fit = min(place.width() / width, place.height() / height)
    frame = QRectF(place.center().x() - width * fit / 2, place.top(), width * fit, height * fit)
    painter.drawImage(frame, _image_of(tile.bgr))
    unit = fit * tile.scale
    for box in tile.boxes.boxes if tile.boxes is not None else ():
        rect = QRectF(
            frame.left() + box.left_px * unit,
            frame.top() + box.top_px * unit,
            box.width_px * unit,
            box.height_px * unit,
        ).intersected(frame)
        for ink, width_px in ((BLACK, 3.0), (_BOX_INK, 1.5)):
            painter.setPen(QPen(QColor(ink), width_px))
            painter.drawRect(rect)


def _alarm(painter: QPainter, row: AlarmRow, room: QRectF) -> None:
    pair = level_pair(row.level)
    painter.fillRect(room, QColor(pair.ground))
    painter.setPen(QColor(pair.text))
    painter.setFont(sized(11.0, bold=True))
    words = " · ".join(filter(None, (row.level_text, row.situation, row.reason)))
    inner = room.adjusted(10, 0, -10, 0)
    text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(inner.width()))
    painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)


def _line(painter: QPainter, room: QRectF, left: str, right: str) -> None:
    painter.setPen(QColor(PAIRS["tile"].text))
    painter.setFont(sized(12.0, bold=True))
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, left)
    painter.setFont(sized(10.0))
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, right)


def _image_of(bgr: Bgr) -> QImage:
    whole = np.ascontiguousarray(bgr)
    height, width = whole.shape[:2]
    # Copied: the array is gone before the picture is drawn.
    return QImage(whole.tobytes(), width, height, 3 * width, QImage.Format.Format_BGR888).copy()


def _array_of(image: QImage) -> Bgr:
    bits = image.constBits()
    assert bits is not None
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())  # type: ignore[call-overload]
    return np.array(rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3))
