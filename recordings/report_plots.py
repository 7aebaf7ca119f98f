"""The report's pictures: time line, floor plan, coverage. matplotlib is imported when one is drawn."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from calibration.camera import Camera
from calibration.coverage import coverage_map
from calibration.site import Site
from recordings.report_data import Happened, Spell
from recordings.report_text import Language, say
from safety.records import Level

_KOREAN_FONTS = ("NanumGothic", "NanumBarunGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic")
_LEVEL_COLOURS = {"clear": "#CFE6D6", "caution": "#FFE14D", "warning": "#FFAE00", "danger": "#C40D28"}
_PHASE_COLOURS = {
    "unknown": "#9AA3AC",
    "idle": "#EEF1F4",
    "rigging": "#CBD9EA",
    "lifting": "#93B4DA",
    "travelling": "#5B8CC4",
    "lowering": "#93B4DA",
    "landed": "#DDE6F0",
}
_ON, _OFF, _GONE = "#12733A", "#C40D28", "#3B434B"
_ZONES = {"walkway": "#0B4F9E", "work": "#12733A", "exclusion": "#C40D28", "ignore": "#6B747C"}
_PEOPLE = ("#0B4F9E", "#8A3FA0", "#00796B", "#B45309", "#5D4037", "#37597A", "#9C2F5A", "#4B6B1E")
_INK, _SOFT = "#171C21", "#4A545E"
_DPI = 110
_LABEL_SHARE = 0.07
_CLOSE_SHARE = 0.02
_STEPS = 3
_MARK_OFFSETS_PT = ((10, 18), (28, 8), (-14, 18), (-30, 6), (10, -22), (-16, -22))


def plot_language(language: Language) -> Language:
    """Korean only where a font with its letters is installed, else English."""
    return language if language == "en" or _korean_font() else "en"


def timeline_png(h: Happened, language: Language) -> bytes:
    """Levels, phase, outputs, contacts and cameras over time."""
    words = plot_language(language)
    rows = _rows(h, words)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for k, (label, kind, spells) in enumerate(rows):
            y = len(rows) - 1 - k
            for spell in spells:
                colour = _colour(kind, spell.value)
                axes.broken_barh([(spell.from_s, max(spell.until_s - spell.from_s, 1e-3))], (y - 0.36, 0.72), fc=colour)
                if kind in ("phase", "level") and spell.until_s - spell.from_s > _LABEL_SHARE * h.duration_s:
                    middle = (spell.from_s + spell.until_s) / 2
                    ink = "white" if spell.value in ("danger", "travelling") else _INK
                    text = say(words, f"{kind}.{spell.value}")
                    axes.text(middle, y, text, ha="center", va="center", fontsize=7.5, color=ink)
            axes.text(-0.008, y, label, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=8.5)
        last_s, step = -1e9, 0
        for number, time_s, _, _ in _raised(h):
            # Numbers that would touch each other climb.
            step = step + 1 if time_s - last_s < _CLOSE_SHARE * h.duration_s else 0
            last_s, top = time_s, len(rows) - 0.42 + 0.34 * (step % _STEPS)
            axes.plot([time_s, time_s], [-0.5, top], color=_SOFT, lw=0.6, ls=":")
            axes.text(time_s, top, str(number), ha="center", va="bottom", fontsize=7.5, color=_INK)
        axes.set_ylim(-0.6, len(rows) - 0.4 + 0.34 * _STEPS)
        axes.set_xlim(h.first_s, h.first_s + max(h.duration_s, 1e-3))
        axes.set_yticks([])
        axes.set_xlabel(say(words, "plot.seconds"))
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)

    return _png(draw, (9.6, 1.0 + 0.36 * len(rows)), words)


def floor_png(h: Happened, language: Language) -> bytes:
    """The floor with everybody's way, the hook's way, and where alarms were raised."""
    words = plot_language(language)
    corners = np.asarray(h.site.site.boundary_m)
    wide, deep = np.ptp(corners, axis=0)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        _site(axes, h.site, words)
        for k, (name, rows) in enumerate(h.people_m.items()):
            colour = _PEOPLE[k % len(_PEOPLE)]
            axes.plot(rows[:, 1], rows[:, 2], color=colour, lw=1.6, label=name)
            axes.plot(*rows[0, 1:], "o", color=colour, ms=5)
            axes.plot(*rows[-1, 1:], "s", color=colour, ms=5)
        for name, rows in h.hooks_m.items():
            axes.plot(rows[:, 1], rows[:, 2], color=_INK, lw=3.0, alpha=0.75, label=say(words, "plot.hook", name=name))
            axes.plot(*rows[-1, 1:3], "X", color=_INK, ms=9)
        for number, _, place, level in _raised(h):
            if place is not None:
                axes.annotate(
                    str(number),
                    place,
                    xytext=_MARK_OFFSETS_PT[number % len(_MARK_OFFSETS_PT)],
                    textcoords="offset points",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if level is Level.DANGER else _INK,
                    bbox={"boxstyle": "circle,pad=0.25", "fc": _LEVEL_COLOURS[level.value], "ec": _INK, "lw": 0.8},
                    arrowprops={"arrowstyle": "-", "color": _INK, "lw": 0.8},
                )
        _legend(axes)

    return _png(draw, (9.6, max(3.0, 9.6 * float(deep) / float(wide) * 0.82 + 0.9)), words)


def coverage_png(site: Site, language: Language) -> bytes | None:
    """How many cameras see each spot, and how well; None for a site without cameras."""
    if not site.camera:
        return None
    words = plot_language(language)
    cover = coverage_map(site)
    rows, cols = cover.count.shape
    x0, y0 = cover.origin_m
    extent = (x0, x0 + cols * cover.cell_m, y0, y0 + rows * cover.cell_m)
    count = np.ma.masked_less(cover.count, 0)
    sigma = np.ma.masked_where(cover.count <= 0, np.where(np.isfinite(cover.sigma_m), cover.sigma_m, 0.0))

    def draw(figure: Any) -> None:
        from matplotlib.colors import BoundaryNorm, ListedColormap

        left, right = figure.subplots(1, 2)
        most = max(len(site.camera), 1)
        shades = ["#C40D28", "#F2C879", "#A9CBA4", "#6FA98A", "#3E8271", "#1F5C58"]
        colours = [shades[min(k, len(shades) - 1)] for k in range(most + 1)]
        norm = BoundaryNorm(np.arange(-0.5, most + 1.0), most + 1)
        image = left.imshow(count, origin="lower", extent=extent, cmap=ListedColormap(colours), norm=norm)
        bar = figure.colorbar(image, ax=left, orientation="horizontal", pad=0.14, ticks=range(most + 1))
        bar.set_label(say(words, "plot.count"))
        image = right.imshow(sigma, origin="lower", extent=extent, cmap="viridis_r", vmin=0.0, vmax=0.5)
        bar = figure.colorbar(image, ax=right, orientation="horizontal", pad=0.14, extend="max")
        bar.set_label(say(words, "plot.sigma"))
        for axes in (left, right):
            _site(axes, site, words, quiet=True)

    corners = np.asarray(site.site.boundary_m)
    wide, deep = np.ptp(corners, axis=0)
    return _png(draw, (9.6, max(2.8, 4.4 * float(deep) / float(wide) + 1.6)), words)


def _rows(h: Happened, words: Language) -> list[tuple[str, str, tuple[Spell, ...]]]:
    """Label, kind and spells of every row of the time line, top down."""
    out = [(say(words, "row.level", name=say(words, "hall")), "level", h.spells.get(("level", "hall"), ()))]
    for hoist in h.site.hoist:
        for kind in ("level", "phase", "permit", "slow"):
            spells = h.spells.get((kind, hoist.name))
            if spells:
                out.append((say(words, f"row.{kind}", name=hoist.name), kind, spells))
    for kind in ("contact", "camera"):
        rows = [(name, spells) for (k, name), spells in h.spells.items() if k == kind]
        out += [(say(words, f"row.{kind}", name=name), kind, spells) for name, spells in rows]
    return out


def _raised(h: Happened) -> list[tuple[int, float, tuple[float, float] | None, Level]]:
    """Number, time, place, level of every transition that raised or escalated an alarm; as in the table."""
    rising = (t for t in h.told if t.transition.event in ("raised", "escalated"))
    return [(number, t.time_s, t.place_m, t.transition.level) for number, t in enumerate(rising, start=1)]


def _colour(kind: str, value: str | bool) -> str:
    if kind == "level":
        return _LEVEL_COLOURS[str(value)]
    if kind == "phase":
        return _PHASE_COLOURS[str(value)]
    if value:
        return _ON
    return {"slow": "#FFAE00", "camera": _GONE, "contact": "#B6BEC6"}.get(kind, _OFF)


def _site(axes: Any, site: Site, words: Language, quiet: bool = False) -> None:
    from matplotlib.patches import Polygon
    from matplotlib.patheffects import withStroke

    corners = np.asarray(site.site.boundary_m)
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle = (low + high) / 2
    for zone in site.zone:
        colour = _ZONES[zone.kind]
        filled = {"fc": colour, "alpha": 0.12} if not quiet else {"fill": False}
        axes.add_patch(Polygon(zone.polygon_m, closed=True, lw=0.0 if not quiet else 0.8, ec=colour, **filled))
        if not quiet:
            x, y = np.min(zone.polygon_m, axis=0)
            text = f"{zone.name} · {say(words, f'zone.{zone.kind}')}"
            halo = [withStroke(linewidth=2.5, foreground="white")]
            axes.text(x + 0.12, y - 0.12, text, fontsize=7, color=colour, va="top", path_effects=halo, zorder=5)
    for structure in site.structure:
        axes.add_patch(Polygon(structure.polygon_m, closed=True, fc="#8C959E", ec=_INK, lw=0.6))
    for table in site.camera:
        x, y = Camera.from_table(table).centre_m[:2]
        axes.plot(x, y, "^", color=_INK, ms=6)
        if not quiet:
            inwards = (9 if x < middle[0] else -9, 0)
            side = "left" if x < middle[0] else "right"
            offset = {"xytext": inwards, "textcoords": "offset points", "ha": side, "va": "center"}
            axes.annotate(table.name, (x, y), fontsize=7.5, color=_SOFT, **offset)
    axes.add_patch(Polygon(site.site.boundary_m, closed=True, fill=False, ec=_INK, lw=1.2))
    axes.set_xlim(low[0] - 0.6, high[0] + 0.6)
    axes.set_ylim(low[1] - 0.6, high[1] + 0.6)
    axes.set_aspect("equal")
    axes.tick_params(labelsize=7.5)
    if not quiet:
        axes.set_xlabel("x (m)")
        axes.set_ylabel("y (m)")


def _legend(axes: Any) -> None:
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=6, fontsize=8, frameon=False)


def _korean_font() -> str | None:
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _KOREAN_FONTS if name in known), None)


def _png(draw: Any, size_in: tuple[float, float], language: Language) -> bytes:
    """Draw on a figure of its own, without pyplot's global state."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    family = ["DejaVu Sans"] if language == "en" else [str(_korean_font()), "DejaVu Sans"]
    with mpl.rc_context({"font.family": family, "font.size": 9.0, "axes.unicode_minus": False}):
        figure = Figure(figsize=size_in, dpi=_DPI, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
