"""The console's main window: sets the views side by side and passes between them and the presenter."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup, QCloseEvent, QResizeEvent
from PyQt6.QtWidgets import QApplication, QMainWindow, QMenu, QSplitter, QTabWidget, QVBoxLayout, QWidget

from ui.about import AboutDialog
from ui.about_facts import site_facts
from ui.alarm_panel import AlarmPanel
from ui.appearance import FIRST, Appearance
from ui.audit_reader import AuditReader
from ui.banner import Banner
from ui.camera_tiles import CameraTiles
from ui.console_model import ConsoleModel
from ui.dialogs import ResetDialog, ShelveDialog, show
from ui.floor_plan import FloorPlan
from ui.group_reader import GroupReader
from ui.health_actions import HealthActions
from ui.health_page import HealthPage
from ui.health_strip import HealthStrip
from ui.hues import Theme, use
from ui.looks_menu import LooksMenu
from ui.past_desk import PastDesk
from ui.plan_static import Layers
from ui.review_page import ReviewPage
from ui.session_corner import SessionCorner
from ui.site_dialogs import BackDialog, LeaveDialog
from ui.site_page import SitePage
from ui.small_screen import COMPACT_PX, LEAST_PX, PagePlace, StripPlace
from ui.statistics_page import StatisticsPage
from ui.text import LANGUAGE_NAMES, Language, other, say
from ui.theme import base_font, palette, style_sheet

TICK_MS = 100
PAGES = ("live", "review", "statistics", "health", "site")


class ConsoleWindow(QMainWindow):
    """One console. ``clock`` gives the console's monotonic seconds; ``before_refresh`` fetches what has arrived.

    ``audit`` is the engine's audit log, where this machine has it; ``group`` reads of many halls.
    ``site_changed`` carries a new site.
    """

    site_changed = pyqtSignal(object)

    def __init__(
        self,
        model: ConsoleModel,
        clock: Callable[[], float],
        before_refresh: Callable[[], None] | None = None,
        audit: Path | None = None,
        group: GroupReader | None = None,
        appearance: Appearance = FIRST,
    ) -> None:
        super().__init__()
        self.model = model
        self._clock = clock
        self._before_refresh = before_refresh
        self.after_refresh: Callable[[str, float], None] | None = None
        self.setFont(base_font())
        self.setStyleSheet(style_sheet())
        language, site = model.language, model.site
        self.banner = Banner(language, self)
        self.plan = FloorPlan(site, language, self)
        self.cameras = CameraTiles(site, language, self)
        self.alarms = AlarmPanel(language, self)
        self.health = HealthStrip(self)
        reader = AuditReader(audit, self)
        self.review = ReviewPage(reader, site.site.shift_starts, time.time, language, self)
        self.statistics = StatisticsPage(reader, site.site.shift_starts, time.time, language, self, group, site)
        self.health_page = HealthPage(language, self)
        self.site_page = SitePage(model.site_page, language, self)
        self._site = site
        self._lay_out()
        self.session = SessionCorner(model.session, clock, lambda: model.language, self)
        self.past = PastDesk(model, self.review, self.session, clock, self)
        self.health_actions = HealthActions(self.health_page, model, self.session, clock, self)
        self._actions: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self._build_menus(appearance)
        self.alarms.acknowledge.connect(self._acknowledge)
        self.alarms.unshelve.connect(self._unshelve)
        self.alarms.shelve.connect(self._ask_shelve)
        self.health.reset.connect(self._ask_reset)
        self.site_page.apply.connect(self._apply_site)
        self.site_page.go_back.connect(self._ask_site_back)
        self.pages.currentChanged.connect(lambda _: self.refresh())
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self.restyle(appearance.theme)

    def start(self) -> None:
        """Refresh by the clock until the window closes."""
        self._timer.start(TICK_MS)

    def refresh(self) -> None:
        """Show the presenter's state of this moment in every view."""
        if self._before_refresh is not None:
            self._before_refresh()
        now_s, model = self._clock(), self.model
        live = model.pulse(now_s).live
        self.banner.show_headline(model.headline(now_s), now_s, model.language)
        self.banner.show_clock(model.site.site.name, model.clock(now_s))
        self.plan.show_plan(model.plan(now_s))
        self.cameras.show_tiles(model.tiles(now_s))
        self.alarms.show_alarms(model.rows(now_s), live)
        self.alarms.show_notice(model.notice(now_s), model.event())
        self.health.show_health(model.chips(now_s), live, model.language)
        if self.health_page.isVisible():
            self.health_page.show_view(model.health_page(now_s))
        self._show_site(now_s)
        self.health_actions.refresh()
        self.session.refresh()
        if (refusal := model.word_refused()) is not None:
            self.past.refused(refusal)
        if self.after_refresh is not None:
            self.after_refresh(model.headline(now_s).kind, now_s)

    def _show_site(self, now_s: float) -> None:
        """The site as it runs by now, and how editing it stands; edits that are not applied mark the page's name."""
        model = self.model
        if model.site is not self._site:
            self._site = model.site
            self.plan.set_site(model.site)
            self.statistics.take_site(model.site)
            self.site_changed.emit(model.site)
        name = say(model.language, "page.site") + (" *" if model.site_page.draft.dirty else "")
        if self.pages.tabText(PAGES.index("site")) != name:
            self.pages.setTabText(PAGES.index("site"), name)
        if self.site_page.isVisible():
            users = model.snapshot is None or model.snapshot.sign_in_required
            self.site_page.show_state(model.session.mine, users, now_s, model.pictures())

    def retranslate(self, language: Language) -> None:
        """Change every word on the screen."""
        self.model.language = language
        self.setWindowTitle(say(language, "window.title", site=self.model.site.site.name))
        for name, menu in self._menus.items():
            menu.setTitle(say(language, f"menu.{name}"))
        self.looks.retranslate(language)
        for key, action in self._actions.items():
            text = say(language, key)
            action.setText(text.removesuffix(" (A)"))
        for view in (
            self.plan,
            self.cameras,
            self.alarms,
            self.review,
            self.statistics,
            self.health_page,
            self.site_page,
        ):
            view.retranslate(language)
        for k, page in enumerate(PAGES):
            self.pages.setTabText(k, say(language, f"page.{page}"))
        self.refresh()

    def leave(self) -> None:
        """End the console; where edits of the site would be lost, only after a question."""
        edits = self.model.site_page.edits()
        if not edits:
            self.close()
            return
        dialog = LeaveDialog(edits, self.model.language, self)
        dialog.accepted.connect(self.close)
        show(dialog)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        # A person at the window's frame is asked; a signal to this process is not kept waiting.
        if event is not None and event.spontaneous() and self.model.site_page.draft.dirty:
            event.ignore()
            self.leave()
            return
        self._timer.stop()
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.banner.set_low(self.height() < COMPACT_PX)
        self._strip.fit(self.height())

    def _lay_out(self) -> None:
        upper = QSplitter(Qt.Orientation.Horizontal, self)
        upper.addWidget(self.plan)
        upper.addWidget(self.cameras)
        share = 42 if self.model.site.camera else 16
        upper.setStretchFactor(0, 100 - share)
        upper.setStretchFactor(1, share)
        upper.setSizes([(100 - share) * 20, share * 20])
        upper.setChildrenCollapsible(False)
        whole = QSplitter(Qt.Orientation.Vertical, self)
        whole.addWidget(upper)
        whole.addWidget(self.alarms)
        whole.setStretchFactor(0, 3)
        whole.setStretchFactor(1, 2)
        whole.setSizes([450, 300])
        whole.setChildrenCollapsible(False)
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        # Whatever page is open: banner above, health below.
        self.pages = QTabWidget(centre)
        self.pages.setDocumentMode(True)
        for page in (whole, self.review, self.statistics, self.health_page, self.site_page):
            self.pages.addTab(PagePlace(page), "")
        body = QVBoxLayout()
        body.setContentsMargins(8, 4, 8, 8)
        body.setSpacing(6)
        body.addWidget(self.pages, 1)
        self._strip = StripPlace(self.health)
        body.addWidget(self._strip)
        column.addLayout(body, 1)
        self.setCentralWidget(centre)
        self.setMinimumSize(*LEAST_PX)

    # Menus

    def _build_menus(self, appearance: Appearance) -> None:
        bar = self.menuBar()
        if bar is None:
            return
        bar.setCornerWidget(self.session)
        for name in ("view", "alarm", "health", "session", "help"):
            menu = bar.addMenu(name)
            if menu is not None:
                self._menus[name] = menu
        view = self._menus["view"]
        layers, language = view.addMenu("layers"), view.addMenu("language")
        if layers is not None and language is not None:
            self._menus |= {"layers": layers, "language": language}
            self._add_layers(layers)
            self._add_languages(language)
        self.looks = LooksMenu(view, appearance, lambda: self.model.language, self)
        self.looks.changed.connect(self.restyle)
        self._add(self.looks.menus["theme"], "theme.next", "T", self.looks.next_theme)
        view.addSeparator()
        for k, page in enumerate(PAGES):
            self._add(view, f"page.{page}", f"F{k + 2}", partial(self.pages.setCurrentIndex, k))
        view.addSeparator()
        self._add(view, "menu.fit", "Home", self.plan.fit)
        self._add(view, "menu.fullscreen", "F", self.toggle_full_screen)
        view.addSeparator()
        self._add(view, "menu.quit", "Ctrl+Q", self.leave)
        alarm = self._menus["alarm"]
        self._add(alarm, "button.acknowledge", "A", self.alarms.ask_acknowledge)
        self._add(alarm, "button.acknowledge_visible", "Shift+A", self.alarms.ask_acknowledge_visible)
        self._add(alarm, "button.shelve", "S", self.alarms.ask_shelve)
        self._add(alarm, "button.unshelve", "U", self.alarms.ask_unshelve)
        health, acts = self._menus["health"], self.health_actions
        self._add(health, "button.self_test", "Ctrl+T", acts.self_test)
        self._add(health, "button.self_test_show", "", acts.show_self_test)
        self._add(health, "button.prove", "Ctrl+P", acts.ask_prove)
        self._add(health, "button.bypass", "Ctrl+B", acts.ask_bypass)
        self._add(health, "button.unbypass", "Ctrl+E", acts.end_bypass)
        session = self._menus["session"]
        self._add(session, "menu.sign_in", "Ctrl+I", self.session.sign_in)
        self._add(session, "menu.sign_out", "Ctrl+O", self.session.sign_out)
        session.addSeparator()
        self._add(session, "menu.hand_over", "Ctrl+H", self.past.show_hand_over)
        self._add(self._menus["help"], "menu.about", "F1", self.show_about)

    def _add(self, menu: QMenu, key: str, shortcut: str, slot: Callable[[], object]) -> QAction:
        action = QAction(self)
        action.setShortcut(shortcut)
        action.triggered.connect(lambda _checked=False: slot())
        menu.addAction(action)
        # In full screen the menu bar may be hidden; the window keeps the shortcut.
        self.addAction(action)
        self._actions[key] = action
        return action

    def _add_layers(self, menu: QMenu) -> None:
        for field in fields(Layers):
            action = QAction(self)
            action.setCheckable(True)
            action.setChecked(getattr(self.plan.layers, field.name))
            action.toggled.connect(lambda on, name=field.name: self._set_layer(name, on))
            menu.addAction(action)
            self._actions[f"layer.{field.name}"] = action

    def _set_layer(self, name: str, on: bool) -> None:
        self.plan.set_layers(replace(self.plan.layers, **{name: on}))

    def _add_languages(self, menu: QMenu) -> None:
        group = QActionGroup(self)
        self._languages: dict[Language, QAction] = {}
        for language, name in LANGUAGE_NAMES.items():
            action = QAction(name, self)
            action.setCheckable(True)
            action.setChecked(language == self.model.language)
            action.triggered.connect(lambda _checked=False, to=language: self.retranslate(to))
            group.addAction(action)
            menu.addAction(action)
            self._languages[language] = action
        menu.addSeparator()
        self._add(menu, "menu.switch", "L", self.switch_language)

    def restyle(self, theme: Theme) -> None:
        """Other colours, at once and everywhere."""
        use(theme)
        QApplication.setPalette(palette())
        self.setStyleSheet(style_sheet())
        for view in (self.plan, self.banner, self.health, self.health_page):
            view.restyle()
        self.retranslate(self.model.language)

    def switch_language(self) -> None:
        to = other(self.model.language)
        self._languages[to].setChecked(True)
        self.retranslate(to)

    def toggle_full_screen(self) -> None:
        full = not self.isFullScreen()
        self.showFullScreen() if full else self.showNormal()
        bar = self.menuBar()
        if bar is not None:
            bar.setVisible(not full)

    def show_about(self) -> None:
        model = self.model
        running = model.site_page.news.version if model.site_page.news is not None else ""
        show(AboutDialog(model.language, self, site_facts(model.site, running, model.health, model.language)))

    # Commands

    def _acknowledge(self, alarm: str) -> None:
        if not self._signed_in_first("acknowledge", alarm, lambda: self._acknowledge(alarm)):
            self._command(self.model.desk.acknowledge, alarm)

    def _unshelve(self, alarm: str) -> None:
        if not self._signed_in_first("unshelve", alarm, lambda: self._unshelve(alarm)):
            self._command(self.model.desk.unshelve, alarm)

    def _apply_site(self, comment: str) -> None:
        if not self._signed_in_first("apply_site", "", lambda: self._apply_site(comment)):
            self.model.site_page.apply(comment, self._clock())
            self.refresh()

    def _ask_site_back(self, n: int) -> None:
        if self._signed_in_first("apply_site", "", lambda: self._ask_site_back(n)):
            return
        dialog = BackDialog(n, self.model.site_page.edits(), self.model.language, self)
        dialog.accepted.connect(lambda: self.model.site_page.go_back(n, self._clock(), dialog.comment.text().strip()))
        show(dialog)

    def _signed_in_first(self, action: str, target: str, command: Callable[[], object]) -> bool:
        """Whether the command has to wait until somebody has signed in."""
        return self.session.then(say(self.model.language, f"command.{action}", target=target), command)

    def _command(self, order: Callable[[str, float], None], target: str) -> None:
        order(target, self._clock())
        self.refresh()

    def _ask_shelve(self, alarm: str) -> None:
        row = next((r for r in self.model.rows(self._clock()) if r.id == alarm), None)
        if row is None or self._signed_in_first("shelve", alarm, lambda: self._ask_shelve(alarm)):
            return
        what = f"{row.level_text} · {row.situation} · {row.hoist} · {row.who}"
        limit_s = self.model.site.policy.shelve_limit_s
        dialog = ShelveDialog(alarm, what, limit_s, self.model.language, self)
        dialog.chosen.connect(self._shelve)
        show(dialog)

    def _shelve(self, alarm: str, for_s: float, reason: str) -> None:
        self.model.desk.shelve(alarm, for_s, reason, self._clock())
        self.refresh()

    def _ask_reset(self, node: str) -> None:
        if self._signed_in_first("reset", node, lambda: self._ask_reset(node)):
            return
        dialog = ResetDialog(node, self.model.language, self)
        dialog.chosen.connect(lambda name: self._command(self.model.desk.reset, name))
        show(dialog)
