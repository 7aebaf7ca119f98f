"""The banner: the most severe state in one word, why in one sentence, and what the outputs do."""

from __future__ import annotations

import html

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF, QResizeEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ui.alarm_rows import Headline
from ui.hues import BLACK, PAIRS, YELLOW, Pair
from ui.symbols import Symbol
from ui.text import Language, say
from ui.theme import FLASH_HZ, sized, wear

_STRIPES_PX = 22
_HEIGHT_PX, _LOW_PX = 104, 88


def flash_on(now_s: float) -> bool:
    """Whether a flash is in its bright half at a monotonic time."""
    return (now_s * FLASH_HZ) % 1.0 < 0.5


class Banner(QFrame):
    """Shows a Headline. Its height does not change with its words, so nothing below jumps."""

    def __init__(self, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._head: Headline | None = None
        self._bright = True
        self._ground = QColor(PAIRS["waiting"].ground)
        self.symbol = Symbol(70, self)
        self.title = QLabel(self)
        self.title.setFont(sized(34.0, bold=True))
        self.reason = QLabel(self)
        self.reason.setFont(sized(15.0))
        self.reason.setWordWrap(True)
        self.reason.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.action = QLabel(self)
        self.action.setFont(sized(15.0, bold=True))
        self.action.setWordWrap(True)
        self.blind = QLabel(self)
        self.blind.setFont(sized(14.0, bold=True))
        self.blind.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bypass = QLabel(self)
        self.bypass.setFont(sized(14.0, bold=True))
        self.bypass.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.count = QLabel(self)
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.count.setFont(sized(11.0, bold=True))
        self.clock = QLabel(self)
        self.clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.clock.setFont(sized(11.0))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self.reason)
        words.addWidget(self.action)
        words.addStretch(1)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(_STRIPES_PX + 12, 4, _STRIPES_PX + 12, 4)
        row.setSpacing(16)
        row.addWidget(self.symbol)
        row.addWidget(self.title)
        row.addLayout(words, 1)
        row.addWidget(self.bypass)
        row.addWidget(self.blind)
        row.addWidget(self.count)
        row.addWidget(self.clock)
        self._low = False
        self.setFixedHeight(_HEIGHT_PX)

    def set_low(self, low: bool) -> None:
        """Lower, with smaller letters, for a window that has little height."""
        if low != self._low:
            self._low = low
            self.setFixedHeight(_LOW_PX if low else _HEIGHT_PX)
            self.symbol.setFixedSize(*((50, 50) if low else (70, 70)))
            edge = _STRIPES_PX + (2 if low else 12)
            self._row.setContentsMargins(edge, 2, edge, 2)
            self._row.setSpacing(10 if low else 16)
            self.title.setFont(sized(22.0 if low else 34.0, bold=True))
            for badge in (self.blind, self.bypass):
                badge.setFont(sized(11.0 if low else 14.0, bold=True))
            self._head = None  # the sizes of its figures are part of the words

    def restyle(self) -> None:
        """The colours have changed: the next headline is drawn whatever it is."""
        self._head = None

    def show_headline(self, head: Headline, now_s: float, language: Language) -> None:
        """Show a headline at a time; the time only drives the flash."""
        bright = not head.flash or flash_on(now_s)
        if head == self._head and bright == self._bright and language == self._language:
            return
        self._head, self._bright, self._language = head, bright, language
        name = _pair(head, bright)
        pair = PAIRS[name]
        self._ground = QColor(pair.ground)
        self.symbol.show_kind(head.kind, *_symbol_colours(head, pair))
        for label in (self.title, self.reason, self.action, self.count, self.clock):
            wear(label, name)
        self.title.setText(head.title)
        self.reason.setText(head.reason)
        self.action.setText(head.action)
        self.action.setVisible(bool(head.action))
        for label, key, words in ((self.blind, "blind.badge", head.blind), (self.bypass, "bypass.badge", head.bypass)):
            label.setObjectName("badge")
            wear(label, "caution", ground=True)
            label.setText(f"{say(language, key)}\n{words}" if words else "")
            label.setVisible(bool(words))
        words = say(language, "count.unacknowledged")
        self.count.setText(
            f"<span style='font-size:{16 if self._low else 26}pt'>{head.unacknowledged}</span><br>{words}"
            if head.unacknowledged
            else ""
        )
        self.count.setVisible(head.unacknowledged > 0)
        self.setAccessibleName(f"{head.title}. {head.reason} {head.action} {self.bypass.text()}".strip())
        self._fit_words()
        self.update()

    def show_clock(self, site: str, time: str) -> None:
        size = 14 if self._low else 20
        self.clock.setText(f"<span style='font-size:{size}pt'>{time}</span><br>{html.escape(site)}")

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit_words()

    def _fit_words(self) -> None:
        """Shrink the sentences until they fit their place: they must never be cut off."""
        layout = self.layout()
        if layout is None or self._head is None:
            return
        layout.activate()
        shown = [label for label in (self.reason, self.action) if not label.isHidden()]
        for points in (16.0, 15.0, 14.0, 13.0, 12.0, 11.0, 10.0, 9.0, 8.0, 7.0):
            self.reason.setFont(sized(points))
            self.action.setFont(sized(points, bold=True))
            needed = sum(label.heightForWidth(max(60, self.reason.width())) + 2 for label in shown)
            if needed <= self.height() - 10:
                return

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._ground)
        if self._head is not None and self._head.kind == "silent":
            for left in (0, self.width() - _STRIPES_PX):
                _stripes(painter, QRectF(left, 0, _STRIPES_PX, self.height()))
        painter.end()


def _pair(head: Headline, bright: bool) -> str:
    if head.kind == "clear":
        return "calm"
    return "danger_dark" if head.flash and not bright else head.kind


def _symbol_colours(head: Headline, pair: Pair) -> tuple[str, str]:
    """Fill and line of the symbol: on the calm banner the green of normal, elsewhere the banner's inverse."""
    if head.kind == "clear":
        return PAIRS["clear"].ground, PAIRS["clear"].text
    return pair.text, pair.ground


def _stripes(painter: QPainter, box: QRectF) -> None:
    """Yellow and black bars at the ends: this screen is out of order."""
    painter.save()
    painter.setClipRect(box)
    painter.fillRect(box, QColor(BLACK))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(YELLOW))
    w, step = box.width(), 26.0
    y = box.top() - w
    while y < box.bottom() + w:
        left, right = box.left(), box.right()
        corners = [QPointF(left, y + w), QPointF(right, y), QPointF(right, y + 13), QPointF(left, y + w + 13)]
        painter.drawPolygon(QPolygonF(corners))
        y += step
    painter.restore()
