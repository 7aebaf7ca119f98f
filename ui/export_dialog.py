"""The dialog that takes a clip out of the system: asked for at the engine, noted in the access log, then written."""

from __future__ import annotations

import threading
import uuid
from contextlib import suppress
from pathlib import Path

from PyQt6.QtCore import QStandardPaths, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from calibration.errors import HoistwatchError
from recordings.clips import Clip
from safety.word_records import Access
from ui.audit_reader import AuditReader
from ui.clip_export import ExportOrder, name_for, write_clip
from ui.kept_word import KeptWord
from ui.text import Language, say
from ui.theme import sized, wear

_REASON_LENGTH = 200
_STEPS = 1000


class ExportDialog(QDialog):
    """Nothing is written before the audit log shows that the engine has allowed it.

    Args:
        clip: what to write.
        alarm: its name in the log, and ``what`` it is called, for the file.
        reader: of the audit log.
    """

    _moved = pyqtSignal(float)
    _over = pyqtSignal(bool, str)

    def __init__(
        self, clip: Clip, alarm: str, what: str, reader: AuditReader, language: Language, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self._clip, self._alarm, self._what, self._language = clip, alarm, what, language
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self.word = KeptWord(reader, "export.noted", language, self)
        self._build(name_for(clip, alarm))
        self.browse.clicked.connect(self._browse)
        self.path.textChanged.connect(self._check)
        self.reason.textChanged.connect(self._check)
        self.faces.toggled.connect(self._check)
        self.write.clicked.connect(self._ask)
        self.close_button.clicked.connect(self.close)
        self.word.kept.connect(self._begin)
        self._moved.connect(lambda done: self.bar.setValue(round(done * _STEPS)))
        self._over.connect(self._ended)
        self._check()
        self.write.setFocus(Qt.FocusReason.OtherFocusReason)

    def _build(self, file_name: str) -> None:
        self.setWindowTitle(say(self._language, "export.title"))
        self.setMinimumWidth(640)
        heading = QLabel(self._what, self)
        heading.setFont(sized(13.0, bold=True))
        heading.setWordWrap(True)
        text = QLabel(say(self._language, "export.text"), self)
        text.setWordWrap(True)
        movies = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)
        folder = Path(movies) if movies and Path(movies).is_dir() else Path.home()
        self.path = QLineEdit(str(folder / file_name), self)
        self.browse = QPushButton(say(self._language, "export.browse"), self)
        self.browse.setAutoDefault(False)
        self.faces = QCheckBox(say(self._language, "export.faces"), self)
        self.reason = QLineEdit(self)
        self.reason.setMaxLength(_REASON_LENGTH)
        self.reason.setPlaceholderText(say(self._language, "export.reason_hint"))
        self.bar = _bar(self)
        self.write = QPushButton(say(self._language, "export.write"), self)
        self.write.setObjectName("primary")
        self.write.setDefault(True)
        self.close_button = QPushButton(say(self._language, "dialog.close"), self)
        self.close_button.setAutoDefault(False)
        place = QHBoxLayout()
        place.addWidget(self.path, 1)
        place.addWidget(self.browse)
        form = QFormLayout()
        form.addRow(say(self._language, "export.file"), place)
        form.addRow("", self.faces)
        form.addRow(say(self._language, "shelve.reason"), self.reason)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.write)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.setContentsMargins(20, 18, 20, 14)
        column.addWidget(heading)
        column.addWidget(text)
        column.addLayout(form)
        column.addWidget(self.bar)
        column.addWidget(self.word.feedback)
        column.addLayout(buttons)

    def done(self, result: int) -> None:
        """However it closes, what is being written ends, and nothing of it stays."""
        self._ending.set()
        super().done(result)

    def _check(self) -> None:
        self.reason.setEnabled(self.faces.isChecked())
        needed = self.faces.isChecked() and not self.reason.text().strip()
        self.write.setEnabled(bool(self.path.text().strip()) and not needed and self._thread is None)

    def _browse(self) -> None:
        filters = say(self._language, "export.filter")
        path, _ = QFileDialog.getSaveFileName(self, self.windowTitle(), self.path.text(), filters)
        if path:
            self.path.setText(path)

    def _ask(self) -> None:
        access = Access(
            time_s=0.0,
            by="",
            id=uuid.uuid4().hex,
            purpose="export",
            from_wall_s=self._clip.from_s + self._clip.wall_offset_s,
            to_wall_s=self._clip.to_s + self._clip.wall_offset_s,
            alarm=self._alarm,
            faces="shown" if self.faces.isChecked() else "blurred",
            reason=self.reason.text().strip() if self.faces.isChecked() else "",
        )
        self.word.ask(access, lambda log: access.id in log.accesses)

    def _begin(self) -> None:
        """The engine has noted it: write, beside the screen."""
        path = Path(self.path.text().strip()).expanduser()
        order = ExportOrder(path, self._language, self.faces.isChecked(), self._what)
        for field in (self.path, self.browse, self.faces, self.reason, self.write):
            field.setEnabled(False)
        self.bar.setValue(0)
        self.bar.setVisible(True)

        def progress(done: float) -> bool:
            with suppress(RuntimeError):  # the dialog was closed meanwhile
                self._moved.emit(done)
            return not self._ending.is_set()

        def work() -> None:
            try:
                whole, fault = write_clip(self._clip, order, progress), ""
            except (HoistwatchError, OSError) as error:
                whole, fault = False, str(error)
            with suppress(RuntimeError):
                self._over.emit(whole, fault)

        self._thread = threading.Thread(target=work, name="clip-export", daemon=True)
        self._thread.start()

    def _ended(self, whole: bool, fault: str) -> None:
        self._thread = None
        for field in (self.path, self.browse, self.faces):
            field.setEnabled(True)
        self._check()
        self.bar.setVisible(whole)
        key, pair = ("export.done", "calm") if whole else ("export.failed", "error")
        self.word.feedback.setText(say(self._language, key, file=self.path.text(), why=fault))
        wear(self.word.feedback, pair)


def _bar(parent: QWidget) -> QProgressBar:
    """Hidden, but with its room: else it would take it from the fields when it appears."""
    bar = QProgressBar(parent)
    bar.setRange(0, _STEPS)
    kept = bar.sizePolicy()
    kept.setRetainSizeWhenHidden(True)
    bar.setSizePolicy(kept)
    bar.setVisible(False)
    return bar
