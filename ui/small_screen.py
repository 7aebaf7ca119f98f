"""Room on small screens, and on large ones at twice the size: pages scroll before anything of them is cut off."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

COMPACT_PX = 640
"""A window lower than this has a lower banner and at most ``_STRIP_SHARE`` of its height for the health strip."""
LEAST_PX = (800, 500)
"""Of the whole window: 1280 x 800 at 150 % and 1920 x 1080 at 200 % have more."""
_STRIP_SHARE = 0.08


class PagePlace(QScrollArea):
    """A page that fills its place where that holds the least it needs, and else can be scrolled.

    Qt's own way to fill a place gives a page with wrapped words the height that it would like best, and scrolls.
    """

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(page)
        page.installEventFilter(self)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        if event is not None and event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(200, 100)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        page = self.widget()
        return page.sizeHint() if page is not None else super().sizeHint()

    def _fit(self) -> None:
        page, room = self.widget(), self.maximumViewportSize()
        if page is None:
            return
        width, least = room.width(), page.minimumSizeHint().expandedTo(page.minimumSize())
        if _least_height(page, width, least) > room.height():
            width -= self._bar_px()
        width = max(width, least.width())
        height = room.height() - (self._bar_px() if width > room.width() else 0)
        page.resize(width, max(height, _least_height(page, width, least)))

    def _bar_px(self) -> int:
        bar = self.verticalScrollBar()
        return bar.sizeHint().width() if bar is not None else 0


def _least_height(page: QWidget, width: int, least: QSize) -> int:
    layout = page.layout()
    if layout is not None and layout.hasHeightForWidth():
        return max(least.height(), layout.minimumHeightForWidth(width))
    return least.height()


class StripPlace(QScrollArea):
    """The place of a strip that knows its own height: all of it on a high window, a share of a low one."""

    def __init__(self, strip: QWidget) -> None:
        super().__init__()
        self._most_px = 10_000
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setWidget(strip)
        strip.installEventFilter(self)

    def fit(self, window_px: int) -> None:
        """Take the height that a window of this height can give."""
        self._most_px = round(window_px * _STRIP_SHARE) if window_px < COMPACT_PX else 10_000
        self._take()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        if event is not None and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._take()
        return super().eventFilter(watched, event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(200, 0)

    def _take(self) -> None:
        strip = self.widget()
        if strip is not None:
            height = min(max(strip.minimumHeight(), 1), self._most_px)
            if height != self.height() or height != self.minimumHeight():
                self.setFixedHeight(height)
