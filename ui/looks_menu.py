"""The menus in which a person chooses how the console looks: colours at once, size from the next start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu, QMessageBox, QWidget

from ui.appearance import SIZES, Appearance, keep
from ui.hues import THEMES, Theme
from ui.text import Language, say


class LooksMenu(QObject):
    """Two menus within ``view``. ``changed`` tells the theme that was chosen, which the window then puts on."""

    changed = pyqtSignal(str)

    def __init__(self, view: QMenu, appearance: Appearance, language: Callable[[], Language], window: QWidget) -> None:
        super().__init__(window)
        self.appearance = appearance
        self._language, self._window = language, window
        self.menus = {"theme": QMenu(view), "size": QMenu(view)}
        self.themes: dict[Theme, QAction] = {}
        self.sizes: dict[int, QAction] = {}
        groups = {name: QActionGroup(self) for name in self.menus}
        for theme in THEMES:
            action = self.themes[theme] = QAction(self)
            action.triggered.connect(lambda _checked=False, to=theme: self.choose_theme(to))
            action.setChecked(theme == appearance.theme)
            groups["theme"].addAction(action)
        for size in SIZES:
            action = self.sizes[size] = QAction(f"{size} %", self)
            action.triggered.connect(lambda _checked=False, to=size: self.choose_size(to))
            groups["size"].addAction(action)
        for name, menu in self.menus.items():
            view.addMenu(menu)
            for action in groups[name].actions():
                action.setCheckable(True)
                menu.addAction(action)
        self._check()

    def retranslate(self, language: Language) -> None:
        for name, menu in self.menus.items():
            menu.setTitle(say(language, f"menu.{name}"))
        for theme, action in self.themes.items():
            action.setText(say(language, f"theme.{theme}"))

    def choose_theme(self, theme: Theme) -> None:
        self.appearance = replace(self.appearance, theme=theme)
        self._check()
        keep(self.appearance)
        self.changed.emit(theme)

    def next_theme(self) -> None:
        self.choose_theme(THEMES[(THEMES.index(self.appearance.theme) + 1) % len(THEMES)])

    def choose_size(self, size: int) -> None:
        self.appearance = replace(self.appearance, size=size)
        self._check()
        keep(self.appearance)
        language = self._language()
        told = QMessageBox(QMessageBox.Icon.Information, say(language, "menu.size"), say(language, "size.next"))
        told.setParent(self._window, told.windowFlags())
        told.open()

    def _check(self) -> None:
        self.themes[self.appearance.theme].setChecked(True)
        self.sizes[self.appearance.size].setChecked(True)
