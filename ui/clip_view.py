"""A clip with its controls: the plan and the pictures at an instant, playing, scrubbing, step by step."""

from __future__ import annotations

import bisect
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSlider, QSplitter, QVBoxLayout, QWidget

from ui.camera_tiles import CameraTiles
from ui.floor_plan import FloorPlan
from ui.review_model import Moment, moment_of
from ui.text import Language, say
from ui.theme import sized, wear

if TYPE_CHECKING:
    from recordings.clips import Clip

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0)
_FRAME_MS = 40
_UNIT_S = 0.01
"""A step of the slider; of the clip's own decisions there are ten a second."""


class ClipView(QWidget):
    """Shows one clip. ``shown`` tells the moment after each change; ``clock`` gives seconds for playing."""

    shown = pyqtSignal(object)

    def __init__(
        self, clip: Clip, language: Language, parent: QWidget | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self.clip, self._language, self._clock = clip, language, clock
        self.time_s = min(max(clip.moment_s, clip.from_s), clip.to_s)
        self._played_s = 0.0
        self.plan = FloorPlan(clip.site, language, self)
        self.cameras = CameraTiles(clip.site, language, self)
        self.badge = QLabel(self)
        self.badge.setFont(sized(10.5, bold=True))
        self.badge.setContentsMargins(8, 2, 8, 2)
        wear(self.badge, "waiting", ground=True)
        self.caption = QLabel(self)
        self.buttons = {name: QPushButton(self) for name in ("moment", "back", "play", "on")}
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, max(1, round((clip.to_s - clip.from_s) / _UNIT_S)))
        self.slider.setPageStep(round(1.0 / _UNIT_S))
        self.slider.setSingleStep(round(0.1 / _UNIT_S))
        self.speed_label = QLabel(self)
        self.speed = QComboBox(self)
        for value in SPEEDS:
            self.speed.addItem(f"× {value:g}", value)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._lay_out()
        self._timer.timeout.connect(self._on_timer)
        self.slider.valueChanged.connect(lambda value: self.go_to(self.clip.from_s + value * _UNIT_S))
        self.buttons["moment"].clicked.connect(lambda: self.go_to(self.clip.moment_s))
        self.buttons["back"].clicked.connect(lambda: self.step(-1))
        self.buttons["on"].clicked.connect(lambda: self.step(1))
        self.buttons["play"].clicked.connect(self.play_or_pause)
        for key, slot in (
            ("Space", self.play_or_pause),
            ("Left", lambda: self.step(-1)),
            ("Right", lambda: self.step(1)),
            ("0", lambda: self.go_to(self.clip.moment_s)),
        ):
            QShortcut(QKeySequence(key), self, slot, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.retranslate(language)

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def retranslate(self, language: Language) -> None:
        self._language = language
        for view in (self.plan, self.cameras):
            view.retranslate(language)
        self.badge.setText(say(language, "review.past"))
        self.speed_label.setText(say(language, "review.speed"))
        for name in ("moment", "back", "on"):
            self.buttons[name].setText(say(language, f"review.{name}"))
        self.slider.setToolTip(say(language, "review.tip"))
        self.slider.setAccessibleName(say(language, "review.tip"))
        self._show_play()
        self.go_to(self.time_s)

    def play_or_pause(self) -> None:
        """Play on from here; from the end, from the beginning."""
        if self.playing:
            self._timer.stop()
        else:
            if self.time_s >= self.clip.to_s - _UNIT_S:
                self.go_to(self.clip.from_s)
            self._played_s = self._clock()
            self._timer.start()
        self._show_play()

    def step(self, by: int) -> None:
        """To the next decision, or the one before."""
        self._timer.stop()
        self._show_play()
        ticks = self.clip.ticks_s
        k = (
            bisect.bisect_right(ticks, self.time_s + 1e-6) - 1
            if by > 0
            else bisect.bisect_left(ticks, self.time_s - 1e-6)
        )
        self.go_to(ticks[min(max(k + by, 0), len(ticks) - 1)])

    def go_to(self, time_s: float) -> None:
        """Show the clip at a time."""
        self.time_s = min(max(time_s, self.clip.from_s), self.clip.to_s)
        moment = moment_of(self.clip, self.time_s, self._language)
        self.plan.show_plan(moment.plan)
        self.cameras.show_tiles(list(moment.tiles))
        self.caption.setText(moment.caption)
        self.slider.blockSignals(True)
        self.slider.setValue(round((self.time_s - self.clip.from_s) / _UNIT_S))
        self.slider.blockSignals(False)
        self._tell(moment)

    def _tell(self, moment: Moment) -> None:
        self.shown.emit(moment)

    def _on_timer(self) -> None:
        now_s = self._clock()
        passed_s, self._played_s = now_s - self._played_s, now_s
        self.go_to(self.time_s + passed_s * float(self.speed.currentData()))
        if self.time_s >= self.clip.to_s:
            self.play_or_pause()

    def _show_play(self) -> None:
        self.buttons["play"].setText(say(self._language, "review.pause" if self.playing else "review.play"))

    def _lay_out(self) -> None:
        views = QSplitter(Qt.Orientation.Horizontal, self)
        views.addWidget(self.plan)
        views.addWidget(self.cameras)
        views.setSizes([560, 440] if self.clip.site.camera else [900, 100])
        views.setChildrenCollapsible(False)
        top = QHBoxLayout()
        top.addWidget(self.badge)
        top.addWidget(self.caption, 1)
        controls = QHBoxLayout()
        for button in self.buttons.values():
            controls.addWidget(button)
        controls.addStretch(1)
        controls.addWidget(self.speed_label)
        controls.addWidget(self.speed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addWidget(views, 1)
        column.addWidget(self.slider)
        column.addLayout(controls)
