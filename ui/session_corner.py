"""Signing in and out at the window: the corner that says who is signed in, and the dialog before a command."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QPushButton, QWidget

from ui.session_model import SessionDesk
from ui.sign_in import SignInDialog
from ui.text import Language
from ui.theme import wear

Clock = Callable[[], float]


class SessionCorner(QPushButton):
    """Who is signed in at this console; a click signs in, or out. Commands that need it go through ``then``."""

    def __init__(self, desk: SessionDesk, clock: Clock, language: Callable[[], Language], parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._clock, self._language = desk, clock, language
        self._window = parent
        self.dialog: SignInDialog | None = None
        self._then: Callable[[], object] | None = None
        self.setFlat(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self.sign_in_or_out)

    def refresh(self) -> None:
        """Show who is signed in now, and how the dialog's sign-in stands; goes on with what waited for it."""
        label = self._desk.label(self._language())
        if (self.text(), self.toolTip()) != (label.text, label.tip):
            self.setText(label.text)
            self.setToolTip(label.tip)
            self.setAccessibleName(label.text)
            wear(self, "caution" if label.alert else "panel", ground=True)
            self._fit_corner()
        if self.dialog is None:
            return
        if self._desk.mine is not None:
            then, self._then = self._then, None
            self.dialog.accept()
            if then is not None:
                then()
            return
        now_s = self._clock()
        checking = self._desk.outcome(now_s) == "checking"
        words = self._desk.words(self._language(), now_s)
        if words:
            self.dialog.show_result(words, checking)

    def then(self, what: str, command: Callable[[], object]) -> bool:
        """Ask for a sign-in where the command needs one, and give it after that; False where none is needed."""
        if not self._desk.needed:
            return False
        self.sign_in(what, command)
        return True

    def sign_in_or_out(self) -> None:
        if self._desk.mine is not None:
            self.sign_out()
        else:
            self.sign_in()

    def sign_in(self, what: str = "", then: Callable[[], object] | None = None) -> None:
        """Open the dialog; where it stands open already, it stays for what was asked first."""
        if self.dialog is not None or self._desk.mine is not None:
            return
        self._desk.begin()
        self._then = then
        self.dialog = SignInDialog(self._language(), what, self._window)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.asked.connect(lambda user, word: self._desk.sign_in(user, word, self._clock()))
        self.dialog.finished.connect(self._closed)
        self.dialog.open()

    def sign_out(self) -> None:
        if self._desk.mine is not None:
            self._desk.sign_out(self._clock())

    def _closed(self) -> None:
        self.dialog, self._then = None, None

    def _fit_corner(self) -> None:
        """A menu bar measures its corner once only; told again, it gives the words their room."""
        self.adjustSize()
        bar = self.parentWidget()
        if bar is not None:
            bar.adjustSize()
            bar.updateGeometry()
