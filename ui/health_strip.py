"""The strip at the foot of the console: engine, latency, hoists, cameras, relay nodes."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QRectF, QSize, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ui.flow_layout import FlowLayout
from ui.health_model import Chip
from ui.hues import PAIRS
from ui.symbols import draw_symbol
from ui.text import Language, say
from ui.theme import sized, wear

_SIZE_EVENTS = (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show)
SYMBOLS = {"good": "clear", "bad": "danger", "abnormal": "caution", "unknown": "waiting"}


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
        pair = PAIRS[SYMBOLS[self._mark] if self._live else "not_live"]
        fill, ink = QColor(pair.ground), QColor(pair.text)
        draw_symbol(painter, QRectF(self.rect()), SYMBOLS[self._mark] if self._live else "waiting", fill, ink)
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
        wear(self.title, "soft")
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
        wear(self.value, "panel" if live else "ghost")
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
        self._flow = FlowLayout(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def restyle(self) -> None:
        """The colours have changed: the next cards are drawn whatever they are."""
        self._shown = None

    def show_health(self, chips: list[Chip], live: bool, language: Language) -> None:
        """Show the cards. Only the engine's own card keeps its colour when nothing else is live."""
        if self._shown == (chips, live, language):
            return
        self._shown = (chips, live, language)
        while len(self.cards) < len(chips):
            card = ChipCard(self)
            card.reset.connect(self.reset)
            self._flow.addWidget(card)
            self.cards.append(card)
        for i, card in enumerate(self.cards):
            card.setVisible(i < len(chips))
            if i < len(chips):
                card.show_chip(chips[i], live or i == 0, language)
        self._take_height()

    def event(self, event: QEvent | None) -> bool:
        done = super().event(event)
        # Cards ask for another size when their words or, on the first showing, their fonts change.
        if event is not None and event.type() in _SIZE_EVENTS:
            self._take_height()
        return done

    def _take_height(self) -> None:
        """As high as the lines of cards at this width; layouts above do not ask by width."""
        height = max(1, self._flow.heightForWidth(self.width()))
        if height != self.height() or height != self.minimumHeight():
            self.setFixedHeight(height)
