"""Camera tiles: the newest picture with its boxes, and in large letters when there is none."""

from __future__ import annotations

import math

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from calibration.site import Site
from recordings.faces import CELLS, head_of_box
from tracking.records import Boxes
from ui.health_model import Tile
from ui.hues import BLACK, PAIRS, YELLOW
from ui.text import Language, say
from ui.theme import sized

_BOX_COLOURS = {"person": "#7FE7FF", "hook": "#FFFFFF", "load": "#FFFFFF", "trolley": "#D0D6DB"}
_CAPTION_PX = 22.0


class CameraTile(QWidget):
    """One camera. The JPEG is decoded once when it changes."""

    def __init__(self, size_px: tuple[int, int], language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._size_px = size_px
        self._tile: Tile | None = None
        self._image = QImage()
        self._broken = False
        self.heads_hidden = False
        """Whether heads are painted over: for pictures that leave the system."""
        self.setMinimumSize(QSize(90, 52))

    def show_tile(self, tile: Tile, language: Language) -> None:
        if tile == self._tile and language == self._language:
            return
        if tile.picture is not None and (self._tile is None or tile.picture is not self._tile.picture):
            image = QImage.fromData(tile.picture.jpeg)
            self._broken = image.isNull()
            self._image = image if not self._broken else self._image
        self._tile, self._language = tile, language
        self.setAccessibleName(f"{tile.camera}: {tile.caption} {tile.notice}")
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(PAIRS["tile"].ground))
        tile = self._tile
        if tile is not None:
            frame = self._frame()
            if not self._image.isNull():
                painter.drawImage(frame, self._image)
                if self.heads_hidden:
                    self._hide_heads(painter, tile.boxes, frame)
            if tile.boxes is not None and not tile.dim:
                self._paint_boxes(painter, tile.boxes, frame)
            if tile.dim:
                painter.fillRect(self.rect(), QColor(16, 19, 22, 190))
            notice = say(self._language, "camera.broken") if self._broken else tile.notice
            if notice:
                self._paint_notice(painter, notice, tile.dim or self._broken)
            self._paint_caption(painter, tile)
        painter.end()

    def _frame(self) -> QRectF:
        """Where the picture lies: as large as fits under the caption, its shape kept."""
        w, h = self._size_px
        free_h = max(10.0, self.height() - _CAPTION_PX)
        scale = min(self.width() / w, free_h / h)
        return QRectF((self.width() - w * scale) / 2, _CAPTION_PX + (free_h - h * scale) / 2, w * scale, h * scale)

    def _hide_heads(self, painter: QPainter, boxes: Boxes | None, frame: QRectF) -> None:
        """Leave a few cells of each head; where nobody looked at the picture, of the whole of it."""
        if boxes is None:
            across = max(CELLS, self._image.width() // 40)
            painter.drawImage(frame, self._image.scaledToWidth(across).scaledToWidth(int(frame.width())))
            return
        scale = frame.width() / self._size_px[0]
        of_image = self._image.width() / self._size_px[0]
        for left, top, right, bottom in (head_of_box(box) for box in boxes.boxes if box.kind == "person"):
            room = QRectF(frame.left() + left * scale, frame.top() + top * scale,
                          (right - left) * scale, (bottom - top) * scale).intersected(frame)  # fmt: skip
            part = QRectF(left, top, right - left, bottom - top)
            cut = self._image.copy(
                QRectF(
                    part.x() * of_image, part.y() * of_image, part.width() * of_image, part.height() * of_image
                ).toRect()
            )
            few = cut.scaled(CELLS, CELLS, transformMode=Qt.TransformationMode.SmoothTransformation)
            painter.drawImage(room, few)

    def _paint_boxes(self, painter: QPainter, boxes: Boxes, frame: QRectF) -> None:
        """Boxes come in pixels of the full picture, whatever the size of the reduced one."""
        scale = frame.width() / self._size_px[0]
        for box in boxes.boxes:
            rect = QRectF(
                frame.left() + box.left_px * scale,
                frame.top() + box.top_px * scale,
                box.width_px * scale,
                box.height_px * scale,
            ).intersected(frame)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            # A dark line under the light one keeps the box visible on any picture.
            painter.setPen(QPen(QColor(BLACK), 3.0))
            painter.drawRect(rect)
            painter.setPen(QPen(QColor(_BOX_COLOURS[box.kind]), 1.6))
            painter.drawRect(rect)

    def _paint_notice(self, painter: QPainter, text: str, grave: bool) -> None:
        room = QRectF(6, _CAPTION_PX, self.width() - 12, self.height() - _CAPTION_PX)
        points = 20.0 if grave else 9.5
        font = sized(points, bold=grave)
        while points > 7.0 and QFontMetricsF(font).horizontalAdvance(text) > room.width():
            points -= 1.0
            font = sized(points, bold=grave)
        painter.setFont(font)
        painter.setPen(QColor(YELLOW if grave else PAIRS["tile"].text))
        # A remark stands at the lower edge, out of the way of boxes; a fault in the middle.
        place = Qt.AlignmentFlag.AlignCenter if grave else Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
        painter.drawText(room.adjusted(0, 0, 0, -6), place | Qt.TextFlag.TextWordWrap, text)

    def _paint_caption(self, painter: QPainter, tile: Tile) -> None:
        bar = QRectF(0, 0, self.width(), _CAPTION_PX)
        painter.fillRect(bar, QColor(PAIRS["tile"].ground))
        painter.setPen(QColor(PAIRS["tile"].text))
        font = sized(10.0)
        inner = bar.adjusted(7, 0, -7, 0)
        free = inner.width() - QFontMetricsF(sized(10.0, bold=True)).horizontalAdvance(tile.camera) - 8
        while font.pointSizeF() > 7.0 and QFontMetricsF(font).horizontalAdvance(tile.caption) > free:
            font.setPointSizeF(font.pointSizeF() - 0.5)
        painter.setFont(font)
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, tile.caption)
        painter.setFont(sized(10.0, bold=True))
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, tile.camera)


class CameraTiles(QFrame):
    """Grid of all cameras, arranged anew so that the pictures are as large as the room allows."""

    def __init__(self, site: Site, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._sizes = {c.name: c.size_px for c in site.camera}
        self._language = language
        self.tiles: dict[str, CameraTile] = {}
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        self._columns = 0
        self.empty = QLabel(say(language, "cameras.none"), self)
        self.empty.setObjectName("soft")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.empty)
        column.addLayout(self._grid, 1)
        self.retranslate(language)

    def show_tiles(self, tiles: list[Tile]) -> None:
        names = [t.camera for t in tiles]
        if names != list(self.tiles):
            self._rebuild(names)
        for tile in tiles:
            self.tiles[tile.camera].show_tile(tile, self._language)

    def retranslate(self, language: Language) -> None:
        self._language = language
        self.empty.setText(say(language, "cameras.none"))
        self.setAccessibleName(say(language, "cameras.title"))

    def _rebuild(self, names: list[str]) -> None:
        for tile in self.tiles.values():
            tile.setParent(None)
            tile.deleteLater()
        self.tiles = {n: CameraTile(self._sizes.get(n, (16, 9)), self._language, self) for n in names}
        self.empty.setVisible(not names)
        self._columns = 0
        self._arrange()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        columns = best_columns(len(self.tiles), self.width(), self.height())
        if not self.tiles or columns == self._columns:
            return
        self._columns = columns
        for i, tile in enumerate(self.tiles.values()):
            self._grid.removeWidget(tile)
            self._grid.addWidget(tile, i // columns, i % columns)


def best_columns(count: int, width_px: float, height_px: float, aspect: float = 16 / 9) -> int:
    """The number of columns that makes ``count`` pictures of one shape largest in a room; 1 for none."""
    if count < 2:
        return 1

    def picture_width(columns: int) -> float:
        rows = math.ceil(count / columns)
        return min(width_px / columns, max(1.0, height_px / rows - _CAPTION_PX) * aspect)

    return max(range(1, count + 1), key=lambda c: (picture_width(c), -c))
