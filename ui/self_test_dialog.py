"""A self-test while it runs and its result: every item with passed, failed or not tested, and why."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from calibration.errors import BadInput
from recordings.atomic import atomic_text
from safety.self_test_records import SelfTestReport, Verdict
from ui.commands import Notice
from ui.self_test_words import headline, lines, outcome, page, record, who
from ui.symbols import level_icon
from ui.tables import cell, read_only
from ui.text import Language, say
from ui.theme import PAIRS, sized, wear

_COLUMNS = ("kind", "name", "verdict", "why")
_SYMBOLS: dict[Verdict, str] = {
    "passed": "clear",
    "failed": "danger",
    "untested": "caution",
    "running": "waiting",
    "waiting": "waiting",
}
_INKS: dict[Verdict, str] = {"passed": "calm", "failed": "error"}


class SelfTestDialog(QDialog):
    """Shows reports as they come; knows nothing of the bus. ``again`` asks for another run."""

    again = pyqtSignal()
    _wrote = pyqtSignal(str, str)

    def __init__(self, site: str, language: Language, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._site, self._language = site, language
        self._report: SelfTestReport | None = None
        self._notice: Notice | None = None
        self.setWindowTitle(say(language, "selftest.title"))
        self.resize(860, 560)
        self.head, self.by, self.record, self.feedback = (QLabel(self) for _ in range(4))
        self.head.setFont(sized(14.0, bold=True))
        for label in (self.head, self.by, self.record, self.feedback):
            label.setWordWrap(True)
        self.record.setObjectName("soft")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.table = read_only(self, len(_COLUMNS), len(_COLUMNS) - 1, choice="rows")
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(True)
        self.table.setHorizontalHeaderLabels([say(language, f"selfcol.{c}") for c in _COLUMNS])
        self.table.setAccessibleName(say(language, "selftest.title"))
        self.save = QPushButton(say(language, "selftest.save"), self)
        self.repeat = QPushButton(say(language, "selftest.again"), self)
        close = QPushButton(say(language, "dialog.close"), self)
        for button in (self.save, self.repeat):
            button.setAutoDefault(False)
        close.setDefault(True)
        self.save.clicked.connect(self._ask_where)
        self.repeat.clicked.connect(self.again)
        close.clicked.connect(self.accept)
        self._wrote.connect(self._written)
        buttons = QHBoxLayout()
        buttons.addWidget(self.feedback, 1)
        for button in (self.repeat, self.save, close):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(8)
        for widget in (self.head, self.by, self.bar):
            column.addWidget(widget)
        column.addWidget(self.table, 1)
        column.addWidget(self.record)
        column.addLayout(buttons)
        self.show_report(None, None)

    def show_report(self, report: SelfTestReport | None, notice: Notice | None) -> None:
        """The newest report, and what became of asking for one, where that is news."""
        if notice is not None and notice.action == "self_test" and notice != self._notice:
            self._notice = notice
            self.feedback.setText("" if notice.outcome == "confirmed" else notice.text(self._language))
            wear(self.feedback, "error" if notice.failed else "soft")
        done = report is not None and report.done
        self.save.setEnabled(done)
        self.repeat.setEnabled(done or report is None)
        if report is None:
            self.head.setText(say(self._language, "selftest.waiting"))
            return
        if report == self._report:
            return
        self._report = report
        ink = _INKS.get(outcome(report), "panel")
        self.head.setText(headline(report, self._language))
        wear(self.head, ink)
        self.by.setText(who(report, self._language))
        told = sum(item.verdict in ("passed", "failed", "untested") for item in report.items)
        self.bar.setRange(0, max(1, len(report.items)))
        self.bar.setValue(told if report.items else 1)
        opened = done and any(i.kind == "relay" and i.verdict == "passed" for i in report.items)
        notes = [record(report, self._language), say(self._language, "selftest.reset") if opened else ""]
        self.record.setText("\n".join(note for note in notes if note))
        self._fill(report)

    def _fill(self, report: SelfTestReport) -> None:
        rows = lines(report, self._language)
        if self.table.rowCount() != len(rows):
            self.table.setRowCount(len(rows))
        for i, line in enumerate(rows):
            for j, text in enumerate((line.kind, line.name, line.verdict_text, line.why)):
                item = self.table.item(i, j)
                if item is not None and item.text() == text:
                    continue
                item = cell(text)
                if j == _COLUMNS.index("verdict"):
                    item.setIcon(level_icon(_SYMBOLS[line.verdict], size_px=16))
                    item.setForeground(QColor(PAIRS[_INKS.get(line.verdict, "panel")].text))
                self.table.setItem(i, j, item)
            if line.verdict == "running":
                self.table.scrollToItem(self.table.item(i, 0))
        self.table.resizeRowsToContents()

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, say(self._language, "selftest.save"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("HTML (*.html)")
        dialog.setDefaultSuffix("html")
        dialog.fileSelected.connect(lambda name: self.write(Path(name)))
        dialog.open()

    def write(self, path: Path) -> None:
        """Write the report as a page, beside the screen: a folder on another machine may take its time."""
        report = self._report
        if report is None:
            return
        text = page(report, self._site, self._language)

        def work() -> None:
            why = ""
            try:
                with atomic_text(path) as stream:
                    stream.write(text)
            except BadInput as error:
                why = str(error)
            with suppress(RuntimeError):  # the dialog was closed meanwhile
                self._wrote.emit(str(path), why)

        threading.Thread(target=work, name="self-test-page", daemon=True).start()

    def _written(self, file: str, why: str) -> None:
        key = "selftest.unsaved" if why else "selftest.saved"
        self.feedback.setText(say(self._language, key, file=file, why=why))
        wear(self.feedback, "error" if why else "calm")
