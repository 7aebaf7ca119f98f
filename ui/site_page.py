"""The page on which an engineer edits the site: list, drawing, fields, history, and applying it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from safety.records import Picture, SessionView
from safety.site_records import COMMENT_MAX
from ui.hues import HUES
from ui.site_draft import Point, Ref
from ui.site_editor import ShapeEditor
from ui.site_form import SiteForm
from ui.site_page_model import HistoryRow, SitePageModel
from ui.site_picture import SitePicture
from ui.site_plan import SitePlan
from ui.text import Language, say
from ui.theme import sized, wear

TABLES = ("zone", "structure", "hoist")
_PAIR = {"soft": "soft", "calm": "calm", "error": "error", "caution": "caution"}


class SitePage(QWidget):
    """``apply`` carries a comment, ``go_back`` the number of a version: both are for whoever sends commands."""

    apply = pyqtSignal(str)
    go_back = pyqtSignal(int)

    def __init__(self, model: SitePageModel, language: Language, parent: QWidget) -> None:
        super().__init__(parent)
        self.model, self._language = model, language
        self._history: tuple[HistoryRow, ...] | None = None
        self._listed: object = None
        self._draft = model.draft
        self.things = QTreeWidget(self)
        self.things.setHeaderHidden(True)
        self.buttons = {name: QPushButton(self) for name in (
            "add_zone", "add_structure", "add_hoist", "delete", "undo", "redo", "discard", "apply", "go_back"
        )}  # fmt: skip
        self.buttons["apply"].setObjectName("primary")
        self.choice, self.stack = QComboBox(self), QStackedWidget(self)
        self.plan = SitePlan(model, language, self)
        cameras = model.draft.base.camera
        self.pictures = {c.name: SitePicture(c, model, language, self) for c in cameras}
        self.form = SiteForm(model, language, self)
        self.help, self.view_label, self.status = QLabel(self), QLabel(self), QLabel(self)
        for label in (self.help, self.status):
            label.setWordWrap(True)
        self.help.setObjectName("soft")
        self.comment = QLineEdit(self)
        self.comment.setMaxLength(COMMENT_MAX)
        self.versions = QListWidget(self)
        self.versions.setWordWrap(True)
        self.versions.setSpacing(2)
        self.versions.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.side = QTabWidget(self)
        self._lay_out()
        self._connect()
        self.retranslate(language)

    # What the window tells

    def show_state(
        self, session: SessionView | None, users: bool, now_s: float, pictures: Mapping[str, Picture]
    ) -> None:
        """Show how applying stands, the history and the newest picture of the camera that is drawn on."""
        if self._draft is not self.model.draft:
            self._draft = self.model.draft
            if self.model.taken:
                self.comment.clear()  # it was about that change, not about the next
            self.refresh()
        status = self.model.status(session, users, now_s, self._language)
        if self.status.text() != status.text:
            self.status.setText(status.text)
            self.status.setAccessibleName(status.text)
            wear(self.status, _PAIR[status.tone], ground=status.tone in ("caution", "calm"))
        self._enable()
        self._show_history()
        editor = self.stack.currentWidget()
        if isinstance(editor, SitePicture):
            editor.show_picture(pictures.get(editor.camera.name))

    def retranslate(self, language: Language) -> None:
        self._language = language
        for name, button in self.buttons.items():
            button.setText(say(language, f"site.{name}"))
        self.help.setText(say(language, "site.help"))
        self.view_label.setText(say(language, "site.view"))
        self.comment.setPlaceholderText(say(language, "site.comment"))
        self.comment.setAccessibleName(say(language, "site.comment"))
        self.things.setAccessibleName(say(language, "site.things"))
        self.versions.setAccessibleName(say(language, "site.history"))
        self.choice.setAccessibleName(say(language, "site.view"))
        chosen = max(0, self.choice.currentIndex())
        self.choice.clear()
        self.choice.addItem(say(language, "site.plan"))
        self.choice.addItems([say(language, "site.camera", name=name) for name in self.pictures])
        self.choice.setCurrentIndex(chosen)
        for k, key in enumerate(("fields", "history")):
            self.side.setTabText(k, say(language, f"site.{key}"))
        for editor in (self.plan, *self.pictures.values()):
            editor.retranslate(language)
        self._listed = self._history = None
        self.form.retranslate(language)
        self.refresh()

    def refresh(self) -> None:
        """Show the draft and the selection everywhere."""
        self._list()
        self.form.refresh()
        self.plan.update()
        for picture in self.pictures.values():
            picture.update()
        self._enable()

    def _enable(self) -> None:
        """Every button can be pressed exactly while it would do something."""
        model = self.model
        self.buttons["undo"].setEnabled(model.draft.can_undo)
        self.buttons["redo"].setEnabled(model.draft.can_redo)
        self.buttons["delete"].setEnabled(model.selected is not None)
        self.buttons["discard"].setEnabled(model.draft.dirty)
        self.buttons["apply"].setEnabled(model.can_apply())

    # Layout

    def _lay_out(self) -> None:
        left = QFrame(self)
        left.setObjectName("panel")
        column = QVBoxLayout(left)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(self.things, 1)
        for name in ("add_zone", "add_structure", "add_hoist", "delete"):
            column.addWidget(self.buttons[name])
        centre = QWidget(self)
        middle = QVBoxLayout(centre)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(4)
        bar = QHBoxLayout()
        bar.addWidget(self.view_label)
        bar.addWidget(self.choice, 1)
        bar.addWidget(self.buttons["undo"])
        bar.addWidget(self.buttons["redo"])
        middle.addLayout(bar)
        for editor in (self.plan, *self.pictures.values()):
            self.stack.addWidget(editor)
        middle.addWidget(self.stack, 1)
        middle.addWidget(self.help)
        history = QWidget(self)
        past = QVBoxLayout(history)
        past.setContentsMargins(4, 4, 4, 4)
        past.addWidget(self.versions, 1)
        past.addWidget(self.buttons["go_back"])
        self.side.addTab(self.form, "")
        self.side.addTab(history, "")
        across = QSplitter(Qt.Orientation.Horizontal, self)
        for widget in (left, centre, self.side):
            across.addWidget(widget)
        across.setSizes([210, 720, 330])
        across.setStretchFactor(1, 1)
        across.setChildrenCollapsible(False)
        foot = QHBoxLayout()
        self.status.setFont(sized(10.5, bold=True))
        foot.addWidget(self.status, 3)
        foot.addWidget(self.comment, 2)
        foot.addWidget(self.buttons["discard"])
        foot.addWidget(self.buttons["apply"])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.addWidget(across, 1)
        whole.addLayout(foot)

    def _connect(self) -> None:
        model = self.model
        for table in TABLES:
            self.buttons[f"add_{table}"].clicked.connect(partial(self._add, table))
        actions: dict[str, Callable[[], None]] = {
            "delete": model.delete_selected, "undo": model.undo, "redo": model.redo, "discard": model.discard,
        }  # fmt: skip
        for name, action in actions.items():
            self.buttons[name].clicked.connect(lambda _=False, action=action: self._do(action))
        self.buttons["apply"].clicked.connect(lambda: self.apply.emit(self.comment.text().strip()))
        self.buttons["go_back"].clicked.connect(self._ask_back)
        for keys, name in (("Ctrl+Z", "undo"), ("Ctrl+Y", "redo"), ("Ctrl+Shift+Z", "redo"), ("Ctrl+Return", "apply")):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(self.buttons[name].click)
        self.choice.currentIndexChanged.connect(self.stack.setCurrentIndex)
        self.things.currentItemChanged.connect(self._choose)
        self.versions.itemSelectionChanged.connect(self._may_go_back)
        for editor in (self.plan, *self.pictures.values()):
            editor.edited.connect(self.refresh)
        self.form.edited.connect(self.refresh)

    # What a person does

    def _do(self, action: Callable[[], None]) -> None:
        action()
        self.refresh()

    def _add(self, table: str, _checked: bool = False) -> None:
        self.model.add(table, self._middle(), self._language)  # type: ignore[arg-type]
        self.refresh()
        editor = self.stack.currentWidget()
        if editor is not None:
            editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _middle(self) -> Point:
        """The floor point in the middle of what is drawn on."""
        editor = self.stack.currentWidget()
        found = editor.floor.to_floor(editor.rect().toRectF().center()) if isinstance(editor, ShapeEditor) else None
        if found is not None:
            return found
        xs, ys = zip(*self.model.draft.base.site.boundary_m, strict=True)
        return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2

    def _choose(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None = None) -> None:
        ref = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        if isinstance(ref, Ref) and ref != self.model.selected:
            self.model.select(ref)
            self.refresh()

    def _ask_back(self) -> None:
        if (number := self._chosen_version()) is not None:
            self.go_back.emit(number)

    def _chosen_version(self) -> int | None:
        rows = self._history or ()
        chosen = [self.versions.row(item) for item in self.versions.selectedItems()]
        return next((rows[k].n for k in chosen if not rows[k].runs), None)

    def _may_go_back(self) -> None:
        self.buttons["go_back"].setEnabled(self._chosen_version() is not None)

    # Lists

    def _list(self) -> None:
        """The tree of things; rebuilt only when it changes, so that it keeps scroll and focus."""
        model = self.model
        faulty = model.faulty()
        wanted = (
            tuple((r, str((model.draft.row(r) or {})["name"]), r in faulty) for r in model.draft.refs()),
            self._language,
        )
        self.things.blockSignals(True)
        if wanted != self._listed:
            self._listed = wanted
            self.things.clear()
            for table in TABLES:
                head = QTreeWidgetItem([say(self._language, f"site.{table}s")])
                head.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self.things.addTopLevelItem(head)
                for ref, name, wrong in wanted[0]:
                    if ref.table == table:
                        item = QTreeWidgetItem([f"✕ {name}" if wrong else name])
                        item.setData(0, Qt.ItemDataRole.UserRole, ref)
                        if wrong:
                            item.setForeground(0, QColor(HUES.fault))
                        head.addChild(item)
            self.things.expandAll()
        self._mark_selected()
        self.things.blockSignals(False)

    def _mark_selected(self) -> None:
        for k in range(self.things.topLevelItemCount()):
            head = self.things.topLevelItem(k)
            for child in (head.child(i) for i in range(head.childCount())) if head is not None else ():
                if child is not None and child.data(0, Qt.ItemDataRole.UserRole) == self.model.selected:
                    self.things.setCurrentItem(child)
                    return
        self.things.setCurrentItem(None)

    def _show_history(self) -> None:
        rows = self.model.history(self._language)
        if rows == self._history:
            return
        self._history = rows
        self.versions.clear()
        for row in rows:
            mark = f" · {say(self._language, 'site.in_force')}" if row.runs else ""
            self.versions.addItem("\n".join([f"{row.n}{mark} · {row.when} · {row.by}", *row.what]))
        if not rows:
            self.versions.addItem(say(self._language, "site.no_history"))
        self._may_go_back()
