"""Starting the console: as a desktop window, headless with pictures of what it shows, or as one picture."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from calibration.errors import BadInput
from calibration.site import Site
from ui.appearance import FIRST, Appearance, enlarge, load
from ui.display import prepare_display
from ui.hues import Theme
from ui.text import Language, say

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

    from ui.console_window import ConsoleWindow

SIZE_PX = (1600, 900)
_PICTURES_MAX = 500
_SETTLED_S = 0.7
"""A change of state is pictured at once, and again this much later in the same file."""
_kept: list[QApplication] = []
"""Qt aborts the process where the only reference to the application is lost."""
_LOG = logging.getLogger("hoistwatch.console")


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """How a console starts.

    language: instead of the site's. headless: draw into memory, for servers and for the demo. keys: folder with its
    key, by default the site's. screenshot: keep a PNG here of the most severe state that was shown. screenshot_dir:
    write a PNG here at every change of the headline, ``001-clear.png`` and so on. size_px: of the window; on a desk it
    starts as large as the screen. records: folder of the engine's records, by default that of the site file.
    group: a group file, for statistics over many halls. theme, size: instead of what was chosen last on this desk, or,
    headless, of the light one at 100 %.
    """

    language: Language | None = None
    headless: bool = False
    keys: Path | None = None
    screenshot: Path | None = None
    screenshot_dir: Path | None = None
    size_px: tuple[int, int] = SIZE_PX
    records: Path | None = None
    group: Path | None = None
    theme: Theme | None = None
    size: int | None = None


_DEFAULT = ConsoleOptions()


def run_console(site_path: Path, name: str = "console-1", options: ConsoleOptions = _DEFAULT) -> int:
    """Run one console until its window closes or the process gets SIGINT or SIGTERM; returns 0, or 1 after a fault.

    Args:
        site_path: the site file; the bus address and, unless ``options`` say otherwise, the key folder come from it.
        name: this console's name, which its key file bears.

    Raises:
        BadInput: an unusable site file or key. Unavailable: no display, or Qt cannot start.
    """
    from calibration.site_file import load_site
    from safety.audit import AUDIT_FILE
    from safety.bus import BusClient, BusPorts
    from safety.keys import key_folder
    from safety.parts_file import PARTS_FILE
    from tracking.picture_memory import keep_memory_steady

    keep_memory_steady()
    site_path = Path(site_path)
    site = load_site(site_path)
    prepare_display(options.headless)
    appearance = _appearance(options)
    enlarge(appearance.size)
    pictures = _picture_folder(options.screenshot_dir)
    ports = BusPorts(site.bus.publish_port, site.bus.command_port)
    client = BusClient(site.bus.host, ports, options.keys or key_folder(site, site_path), "console", name)
    app = _application()

    from ui.console_bus import ConsoleFeed, now_s
    from ui.console_model import ConsoleModel
    from ui.console_window import ConsoleWindow
    from ui.group_reader import GroupReader

    try:
        group = None if options.group is None else GroupReader(options.group)
    except BadInput:
        client.close()
        raise
    kept = options.records or site_path.resolve().parent / site.recording.folder
    feed = ConsoleFeed(client, parts=kept / PARTS_FILE)
    model = ConsoleModel(site, name, options.language, feed.send)
    window = ConsoleWindow(model, now_s, lambda: feed.pass_on(model), kept / AUDIT_FILE, group, appearance)
    _place(window, app, options.size_px, options.headless)
    feed.arrived.connect(window.refresh)
    loader = _load_coverage(site, window)
    window.site_changed.connect(lambda changed: _load_coverage(changed, window))
    shots = _Shots(window, pictures, options.screenshot)
    window.after_refresh = shots.look
    _end_on_signals(window.close)
    _end_on_errors(app)
    feed.start()
    window.start()
    try:
        return int(app.exec())
    finally:
        feed.close()
        loader.join(timeout=5.0)


def render_console(
    site: Site,
    messages: Iterable[object],
    out_png: Path,
    language: Language = "en",
    *,
    now_s: float | None = None,
    size_px: tuple[int, int] = SIZE_PX,
    theme: Theme = "light",
) -> Path:
    """Draw the whole console as it would stand after ``messages`` and write it as PNG.

    Args:
        messages: records that the engine publishes, in their order; each counts as received at its ``time_s``.
        now_s: the moment to draw, in the messages' time; by default that of the last snapshot.
            More than half a second after it, the console shows a silent engine.

    Raises:
        BadInput: the picture cannot be written. Unavailable: Qt cannot start.
    """
    app = application_in_memory()

    from PyQt6.QtCore import QEvent

    from calibration.coverage import coverage_map
    from safety.records import Snapshot
    from ui.console_model import ConsoleModel
    from ui.console_window import ConsoleWindow

    model = ConsoleModel(site, language=language)
    moment_s = 0.0
    for message in messages:
        at_s = float(getattr(message, "time_s", moment_s))
        model.receive(message, at_s)
        if isinstance(message, Snapshot):
            moment_s = at_s
    shown_s = moment_s if now_s is None else now_s
    window = ConsoleWindow(model, lambda: shown_s, appearance=Appearance(theme))
    try:
        if site.camera:
            window.plan.set_coverage(coverage_map(site))
        _settle(window, size_px)
        return save_picture(window, out_png)
    finally:
        window.close()
        window.deleteLater()
        app.sendPostedEvents(window, QEvent.Type.DeferredDelete)


def save_picture(window: ConsoleWindow, out_png: Path) -> Path:
    """Write what the window shows, heads hidden, as PNG: whole or not at all. Raises BadInput where it cannot be."""
    from PyQt6.QtCore import QCoreApplication, QEvent

    from ui.camera_tiles import CameraTile

    for _ in range(3):  # layouts within layouts settle one after the other
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    out_png = Path(out_png)
    partial = out_png.with_name(f".{out_png.name}.{os.getpid()}.part")
    tiles = window.findChildren(CameraTile)
    for tile in tiles:
        tile.heads_hidden = True
    try:
        out_png.parent.mkdir(parents=True, exist_ok=True)
        if not window.grab().save(str(partial), "PNG"):
            raise OSError("the picture could not be written")
        partial.replace(out_png)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise BadInput(f"{out_png}: expected a file that can be written: {error.strerror or error}") from None
    finally:
        for tile in tiles:
            tile.heads_hidden = False
    return out_png


def _appearance(options: ConsoleOptions) -> Appearance:
    """Pictures for others look as at first, whoever has chosen what on this desk."""
    chosen = FIRST if options.headless else load()
    return Appearance(options.theme or chosen.theme, options.size or chosen.size)


class _Shots:
    """Takes a picture whenever the headline changes, and keeps the one of the most severe state."""

    _ORDER = ("waiting", "clear", "silent", "caution", "warning", "danger")

    def __init__(self, window: ConsoleWindow, folder: Path | None, worst: Path | None) -> None:
        self._window = window
        self._folder = folder
        self._worst = worst
        self._kind = ""
        self._worst_rank = -1
        self._worst_count = 0
        self._count = 0
        self._again_s: float | None = None

    def look(self, kind: str, now_s: float) -> None:
        """Called after every refresh with the kind of headline that stands on the screen."""
        if kind != self._kind:
            self._kind = kind
            self._count += 1
            self._again_s = now_s + _SETTLED_S
            self._keep(kind)
        elif self._again_s is not None and now_s >= self._again_s:
            # The same state once more, with what followed it: contacts, pictures, further alarms.
            self._again_s = None
            self._keep(kind)

    def _keep(self, kind: str) -> None:
        if self._folder is not None and self._count <= _PICTURES_MAX:
            save_picture(self._window, self._folder / f"{self._count:03d}-{kind}.png")
        rank = self._ORDER.index(kind)
        if self._worst is not None and (rank > self._worst_rank or self._count == self._worst_count):
            self._worst_rank, self._worst_count = rank, self._count
            save_picture(self._window, self._worst)


def _picture_folder(folder: Path | None) -> Path | None:
    if folder is not None:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"{folder}: expected a folder that can be written: {error.strerror}") from None
        return Path(folder)
    return None


def _application() -> QApplication:
    from PyQt6.QtWidgets import QApplication

    from ui.theme import base_font, korean_families

    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(["hoistwatch"])
        _kept.append(app)
        app.setApplicationName("Hoistwatch")
        app.setStyle("Fusion")
    app.setFont(base_font())
    if not korean_families():
        _LOG.warning("%s", say("en", "window.no_korean_font"))
    return app


def application_in_memory() -> QApplication:
    """The QApplication of this process, or a new one that needs no display."""
    from PyQt6.QtWidgets import QApplication

    if QApplication.instance() is None:
        prepare_display(headless=True)
    return _application()


def _place(window: ConsoleWindow, app: QApplication, size_px: tuple[int, int], headless: bool) -> None:
    """Show the window: as large as asked for in memory, filling the screen on a desk."""
    screen = app.primaryScreen()
    if headless or screen is None:
        window.resize(*size_px)
        window.show()
        return
    free = screen.availableGeometry()
    window.resize(min(size_px[0], free.width()), min(size_px[1], free.height()))
    window.showMaximized()


def _settle(window: ConsoleWindow, size_px: tuple[int, int]) -> None:
    """Lay the window out at its final size before a picture is taken."""
    from PyQt6.QtCore import Qt
    from PyQt6.QtWidgets import QApplication

    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    window.resize(*size_px)
    window.show()
    for _ in range(3):
        window.refresh()
        QApplication.processEvents()


def _load_coverage(site: Site, window: ConsoleWindow) -> threading.Thread:
    """Work the coverage map out beside the window: a large hall takes seconds."""
    from PyQt6.QtCore import QObject, pyqtSignal

    class Carrier(QObject):
        ready = pyqtSignal(object)

    carrier = Carrier(window)
    # What was worked out for a site that does not run any more is too late.
    carrier.ready.connect(lambda cells: window.plan.set_coverage(cells) if window.model.site is site else None)

    def work() -> None:
        if not site.camera:
            return
        from calibration.coverage import coverage_map

        carrier.ready.emit(coverage_map(site))

    thread = threading.Thread(target=work, name="console-coverage", daemon=True)
    thread.start()
    return thread


def _end_on_signals(end: Callable[[], object]) -> None:
    """The window's timer lets Python see the signal within a tick."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end())


def _end_on_errors(app: QApplication) -> None:
    """A console that has failed somewhere must not stay open and look alive: tell and end."""

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _LOG.critical("the console failed and ends", exc_info=(kind, error, trace))
        app.exit(1)

    sys.excepthook = tell
