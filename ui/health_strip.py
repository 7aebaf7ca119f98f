"""The strip at the foot of the console: engine, latency, hoists, cameras, relay nodes."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ui.flow_layout import FlowLayout
from ui.health_model import Chip
from ui.symbols import draw_symbol
from ui.text import Language, say
from ui.theme import GHOST, PAIRS, SOFT, sized

_MARKS = {"good": "clear", "bad": "danger", "abnormal": "caution", "unknown": "waiting"}


class _Mark(QWidget):
    """The state of a card as colour and shape: tick, diamond, octagon or crossed disc."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._mark, self._live = "unknown", True
        self.setFixedSize(QSize(18, 18))

    def show_mark(self, mark: str, live: bool) -> None:
        if (mark, live) != (self._mark, self._live):
            self._mark, self._live = mark, live
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        pair = PAIRS[_MARKS[self._mark]]
        fill, ink = (QColor(pair.ground), QColor(pair.text)) if self._live else (QColor(GHOST), QColor("#FFFFFF"))
        draw_symbol(painter, QRectF(self.rect()), _MARKS[self._mark] if self._live else "waiting", fill, ink)
        painter.end()


class ChipCard(QFrame):
    """One card: mark, title, value and, on a latched relay node, the reset button."""

    reset = pyqtSignal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._node = ""
        self.mark = _Mark(self)
        self.title = QLabel(self)
        self.title.setFont(sized(9.0, bold=True))
        self.title.setStyleSheet(f"color: {SOFT};")
        self.value = QLabel(self)
        self.value.setFont(sized(10.5, bold=True))
        self.button = QPushButton(self)
        self.button.setVisible(False)
        self.button.clicked.connect(lambda: self.reset.emit(self._node))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.value)
        row = QHBoxLayout(self)
        row.setContentsMargins(7, 3, 9, 3)
        row.setSpacing(7)
        row.addWidget(self.mark)
        row.addLayout(words)
        row.addWidget(self.button)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def show_chip(self, chip: Chip, live: bool, language: Language) -> None:
        self._node = chip.node
        self.title.setText(chip.title)
        self.value.setText(chip.value)
        self.value.setStyleSheet(f"color: {PAIRS['panel'].text if live else GHOST};")
        self.setToolTip(chip.tip)
        self.mark.show_mark(chip.mark, live)
        self.button.setText(say(language, "button.reset"))
        self.button.setVisible(bool(chip.node))
        self.button.setEnabled(live)
        self.setAccessibleName(f"{chip.title}: {chip.value}")


class HealthStrip(QWidget):
    """All cards in as many lines as they need."""

    reset = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[ChipCard] = []
        self._shown: tuple[list[Chip], bool, Language] | None = None
        self._flow_box = QWidget(self)
        self._flow = FlowLayout(self._flow_box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._flow_box, 1)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_health(self, chips: list[Chip], live: bool, language: Language) -> None:
        """Show the cards. Only the engine's own card keeps its colour when nothing else is live."""
        if self._shown == (chips, live, language):
            return
        self._shown = (chips, live, language)
        while len(self.cards) < len(chips):
            card = ChipCard(self._flow_box)
            card.reset.connect(self.reset)
            self._flow.addWidget(card)
            self.cards.append(card)
        for i, card in enumerate(self.cards):
            card.setVisible(i < len(chips))
            if i < len(chips):
                card.show_chip(chips[i], live or i == 0, language)
        self._flow.invalidate()
        self.updateGeometry()
