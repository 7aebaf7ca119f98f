"""What moves on the floor plan: people with their paths, hoists with their load and its reach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from calibration.site import Site
from safety.records import HoistView, Level, Snapshot
from tracking.records import Path, Person
from ui.hues import HUES
from ui.plan_geometry import View, girder
from ui.plan_static import Layers, shape, sheer
from ui.text import Language, say, word
from ui.theme import level_colour, sized

_PERSON_PX = 6.5


@dataclass(frozen=True, slots=True)
class Label:
    """A name beside a symbol: where the symbol is, how far to stay away, and what to write."""

    x_px: float
    y_px: float
    away_px: float
    text: str
    bold: bool


class LivePainter:
    """Paints one snapshot. With ``ghost`` everything is grey: the data are not live."""

    def __init__(self, painter: QPainter, view: View, site: Site, language: Language, ghost: bool) -> None:
        self._painter = painter
        self._view = view
        self._site = site
        self._language = language
        self._ghost = ghost
        self._labels: list[Label] = []

    def paint(self, snapshot: Snapshot, layers: Layers) -> None:
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for hoist in snapshot.hoists:
            if layers.swept:
                self._paint_swept(hoist)
        for hoist in snapshot.hoists:
            self._paint_hoist(hoist)
        if layers.paths:
            hoists = {h.state.name for h in snapshot.hoists}
            for path in snapshot.paths:
                self._paint_path(path, path.id in hoists)
        levels = person_levels(snapshot)
        for person in snapshot.people:
            self._paint_person(person, levels.get(person.id, Level.CLEAR))
        self._write_labels()

    def _colour(self, colour: QColor | str, alpha: int = 255) -> QColor:
        out = QColor(HUES.ghost) if self._ghost else QColor(colour)
        out.setAlpha(alpha)
        return out

    def _level(self, level: Level, alpha: int = 255) -> QColor:
        return self._colour(QColor(HUES.swept) if level is Level.CLEAR else level_colour(level), alpha)

    def _paint_swept(self, hoist: HoistView) -> None:
        if hoist.swept is None or len(hoist.swept.outline_m) < 3:
            return
        alpha = 40 if hoist.level is Level.CLEAR else 105
        self._painter.setBrush(self._level(hoist.level, alpha))
        edge = HUES.ink if hoist.level is not Level.CLEAR else HUES.soft
        self._painter.setPen(QPen(self._colour(edge), 1.4, Qt.PenStyle.DashLine))
        self._painter.drawPolygon(shape(self._view, hoist.swept.outline_m))

    def _paint_hoist(self, hoist: HoistView) -> None:
        state, painter = hoist.state, self._painter
        table = self._site.hoist_named(state.name)
        style = Qt.PenStyle.DotLine if state.lost else Qt.PenStyle.SolidLine
        trolley = QPointF(*self._view.px(state.trolley_x_m, state.trolley_y_m))
        hook = QPointF(*self._view.px(state.x_m, state.y_m))
        beam = girder(table, state) if table is not None else None
        if beam is not None:
            painter.setPen(QPen(self._colour(HUES.hoist, 110), 4.0, style))
            painter.drawLine(*(QPointF(*self._view.px(*end)) for end in beam))
        painter.setPen(QPen(self._colour(HUES.hoist), 1.5, style))
        painter.setBrush(self._colour(HUES.halo, 200))
        painter.drawRect(QRectF(trolley.x() - 7, trolley.y() - 7, 14, 14))
        painter.drawLine(trolley, hook)
        radius = (table.load_radius_m if table is not None else 0.5) * self._view.scale_px_per_m
        if state.carrying != "empty":
            known = state.carrying == "loaded" and not state.lost
            painter.setPen(
                QPen(self._colour(HUES.hoist), 2.0, Qt.PenStyle.SolidLine if known else Qt.PenStyle.DashLine)
            )
            painter.setBrush(self._colour(HUES.hoist, 90 if known else 30))
            painter.drawEllipse(hook, radius, radius)
        else:
            radius = 6.0
        painter.setPen(QPen(self._colour(HUES.hoist), 2.2))
        painter.drawLine(hook - QPointF(6, 0), hook + QPointF(6, 0))
        painter.drawLine(hook - QPointF(0, 6), hook + QPointF(0, 6))
        self._labels.append(Label(hook.x(), hook.y(), radius, self._hoist_text(hoist), True))

    def _hoist_text(self, hoist: HoistView) -> str:
        state = hoist.state
        doing = say(self._language, "mode.lost") if state.lost else word(self._language, hoist.phase)
        unknown = say(self._language, "plan.tip_height_unknown")
        height = f"z {state.z_m:.1f} m" if state.height_known else unknown
        return f"{state.name} · {doing} · {height}{self._level_word(hoist.level)}"

    def _level_word(self, level: Level) -> str:
        """The level in words, so that colour does not carry it alone."""
        return "" if level is Level.CLEAR else f" · {word(self._language, level)}"

    def _paint_path(self, path: Path, hoist: bool) -> None:
        """A trail that fades as it grows less certain, with a disc of one sigma at every whole second ahead."""
        painter, scale = self._painter, self._view.scale_px_per_m
        points = [QPointF(*self._view.px(x, y)) for x, y in zip(path.x_m, path.y_m, strict=True)]
        colour = QColor(HUES.hoist if hoist else HUES.ink)
        horizon_s = max(path.ahead_s, default=0.0) or 1.0
        for point, ahead_s, sigma_m in zip(points, path.ahead_s, path.sigma_m, strict=True):
            if ahead_s <= 0.0 or ahead_s % 1.0 > 1e-6:
                continue
            faded = 1.0 - ahead_s / horizon_s
            painter.setPen(QPen(self._colour(colour, int(25 + 70 * faded)), 0.8))
            painter.setBrush(self._colour(colour, int(8 + 22 * faded)))
            painter.drawEllipse(point, max(1.5, sigma_m * scale), max(1.5, sigma_m * scale))
        for a, b, ahead_s in zip(points, points[1:], path.ahead_s[1:], strict=False):
            faded = 1.0 - ahead_s / horizon_s
            style = Qt.PenStyle.DashLine if hoist else Qt.PenStyle.SolidLine
            painter.setPen(QPen(self._colour(colour, int(40 + 180 * faded)), 2.0, style))
            painter.drawLine(a, b)

    def _paint_person(self, person: Person, level: Level) -> None:
        painter = self._painter
        at = QPointF(*self._view.px(person.x_m, person.y_m))
        radius = max(_PERSON_PX, 0.25 * self._view.scale_px_per_m)
        if level is not Level.CLEAR:
            painter.setPen(QPen(self._colour(HUES.ink), 1.2))
            painter.setBrush(self._level(level))
            painter.drawEllipse(at, radius + 6.0, radius + 6.0)
        painter.setPen(QPen(self._colour(HUES.halo), 1.6))
        painter.setBrush(self._colour(HUES.ink))
        if person.lost or person.unseen_s > 0.5:
            # A person who is not seen now is drawn hollow, as large as the doubt about the place.
            doubt = max(radius, person.sigma_m * self._view.scale_px_per_m)
            painter.setPen(QPen(self._colour(HUES.ink), 2.0, Qt.PenStyle.DashLine))
            painter.setBrush(self._colour(HUES.halo, 120))
            painter.drawEllipse(at, doubt, doubt)
        else:
            painter.drawEllipse(at, radius, radius)
        mode = say(self._language, "mode.lost") if person.lost else word(self._language, person.mode)
        text = f"{person.id} · {mode}{self._level_word(level)}"
        self._labels.append(Label(at.x(), at.y(), radius + 6.0, text, level is not Level.CLEAR))

    def _write_labels(self) -> None:
        """Each label goes to the first of eight places that hits no symbol and no earlier label."""
        painter = self._painter
        marks = [QRectF(a.x_px - 7, a.y_px - 7, 14, 14) for a in self._labels]
        taken: list[QRectF] = []
        room = QRectF(painter.viewport())
        for label in sorted(self._labels, key=lambda a: (not a.bold, a.text)):
            font = sized(10.0, bold=label.bold)
            painter.setFont(font)
            metrics = QFontMetricsF(font)
            w, h = metrics.horizontalAdvance(label.text) + 8.0, metrics.height()
            boxes = list(_places(label, w, h))
            free = [b for b in boxes if room.contains(b) and not any(b.intersects(t) for t in [*taken, *marks])]
            box = free[0] if free else boxes[0]
            taken.append(box)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(sheer(HUES.panel, 220))
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(self._colour(HUES.ink))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label.text)


def _places(label: Label, w: float, h: float) -> Iterable[QRectF]:
    x, y, r = label.x_px, label.y_px, label.away_px + 3.0
    yield QRectF(x + r, y - h / 2, w, h)
    yield QRectF(x - r - w, y - h / 2, w, h)
    yield QRectF(x - w / 2, y - r - h, w, h)
    yield QRectF(x - w / 2, y + r, w, h)
    d = 0.75 * r
    yield QRectF(x + d, y - d - h, w, h)
    yield QRectF(x + d, y + d, w, h)
    yield QRectF(x - d - w, y - d - h, w, h)
    yield QRectF(x - d - w, y + d, w, h)


def person_levels(snapshot: Snapshot) -> dict[str, Level]:
    """The most severe level in which each person is named: hazards of this tick and active alarms."""
    named = [(h.person, h.level) for h in snapshot.hazards] + [(a.person, a.level) for a in snapshot.alarms]
    out: dict[str, Level] = {}
    for person, level in named:
        if person is not None and level.rank > out.get(person, Level.CLEAR).rank:
            out[person] = level
    return out
