"""What does prevention cost, rule by rule, and how early do stops come? Pictures of results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recordings.atomic import put_in_place, temporary_beside, throw_away
from recordings.closed_loop.arms import ENGINE, Arm
from recordings.closed_loop.figures import Sum
from recordings.closed_loop.intervals import share_interval

_LABELS = {
    ENGINE: "Hoistwatch",
    "radius": "fixed radius, m",
    "ttc": "time to contact, s",
    "separation": "ISO/TS 15066 separation, m/s",
}
_COLOURS = {ENGINE: "tab:red", "radius": "tab:blue", "ttc": "tab:green", "separation": "tab:purple"}
_BIN_S = 0.25


def plot_trade_offs(totals: Sequence[tuple[Arm, Sum]], path: Path) -> None:
    """Contacts prevented over needless stops, needless slow-downs and lost time, a curve for each rule (PNG)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.0, 4.8), layout="constrained")
    costs: tuple[tuple[str, Callable[[Sum], float]], ...] = (
        ("needless stops an hour", lambda s: s.needless_stops / s.hours),
        ("needless slow-downs an hour", lambda s: s.needless_slows / s.hours),
        ("production time lost, %", lambda s: 100.0 * s.lost_share),
    )
    for axes, (label, cost) in zip(figure.subplots(1, len(costs), sharey=True), costs, strict=True):
        for rule in dict.fromkeys(arm.rule for arm, _ in totals):
            _curve(axes, [(arm, total) for arm, total in totals if arm.rule == rule], cost)
        axes.set(xlabel=label, xlim=(0.0, None), ylim=(0.0, 101.0))
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("contacts prevented, %")
    figure.axes[0].legend(loc="lower right")
    _save(figure, path)


def plot_leads(total: Sum, path: Path) -> None:
    """How long before the contact that would have come the stop was decided (PNG)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    for fate, colour in (("prevented", "tab:green"), ("softened", "tab:orange"), ("missed", "tab:red")):
        leads = [e.lead_s for e in total.encounters if e.fate == fate and e.lead_s is not None]
        bins = np.arange(0.0, max([4.0, *leads]) + 2 * _BIN_S, _BIN_S).tolist()
        axes.hist(leads, bins=bins, color=colour, alpha=0.7, label=f"{fate} ({len(leads)})")
    axes.set(xlabel="decision to stop before the contact, s", ylabel="contacts")
    axes.legend()
    axes.grid(alpha=0.3)
    _save(figure, path)


def _curve(axes: Any, points: Sequence[tuple[Arm, Sum]], cost: Callable[[Sum], float]) -> None:
    rule = points[0][0].rule
    x = [cost(total) for _, total in points]
    shares = [(total.prevented, len(total.encounters)) for _, total in points]
    y = [100.0 * hits / of if of else 0.0 for hits, of in shares]
    bounds = [share_interval(hits, of) for hits, of in shares]
    below = [max(0.0, v - 100.0 * low) for v, (low, _) in zip(y, bounds, strict=True)]
    above = [max(0.0, 100.0 * high - v) for v, (_, high) in zip(y, bounds, strict=True)]
    style = "*" if rule == ENGINE else "o-"
    size = 12 if rule == ENGINE else 5
    axes.errorbar(
        x, y, yerr=(below, above), fmt=style, ms=size, color=_COLOURS[rule], label=_LABELS[rule], lw=1.2, elinewidth=0.7
    )
    for (arm, _), at_x, at_y in zip(points, x, y, strict=True):
        if arm.value is not None:
            text = f"{arm.field}={arm.value:g}" if arm.field else f"{arm.value:g}"
            axes.annotate(text, (at_x, at_y), xytext=(4, -11), textcoords="offset points", fontsize=8)


def _save(figure: Any, path: Path) -> None:
    temporary = temporary_beside(path)
    try:
        figure.savefig(temporary, format="png", dpi=110)
    except BaseException as error:
        throw_away(temporary, path, error)
        raise
    put_in_place(temporary, path)
