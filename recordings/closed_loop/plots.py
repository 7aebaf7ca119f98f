"""What does prevention cost, rule by rule, and how early do stops come? Pictures of results."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recordings.atomic import put_in_place, temporary_beside, throw_away
from recordings.closed_loop.arms import ENGINE, FORESIGHT, Arm
from recordings.closed_loop.figures import Sum
from recordings.closed_loop.intervals import share_interval

_LABELS = {
    ENGINE: "Hoistwatch",
    "radius": "fixed radius, m",
    "ttc": "time to contact, s",
    "separation": "ISO/TS 15066 separation, m/s",
    FORESIGHT: "foresight (oracle), s",
}
_COLOURS = {
    ENGINE: "tab:red",
    "radius": "tab:blue",
    "ttc": "tab:green",
    "separation": "tab:purple",
    FORESIGHT: "dimgrey",
}
_BIN_S = 0.25
_TEXT_WIDE, _TEXT_HIGH = 0.07, 3.0
"""Room that a setting's value takes: a share of the widest cost, and percent."""


@dataclass(frozen=True, slots=True)
class _Point:
    """What a system achieves, and how far its interval reaches to either side; 0 where it has none."""

    percent: float
    below: float = 0.0
    above: float = 0.0


Gain = Callable[[Sum], _Point]


def plot_trade_offs(totals: Sequence[tuple[Arm, Sum]], path: Path) -> None:
    """What is prevented, and of how much energy, over needless stops and slow-downs and lost time, by rule (PNG)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.0, 9.0), layout="constrained")
    costs: tuple[tuple[str, Callable[[Sum], float]], ...] = (
        ("needless stops an hour", lambda s: s.needless_stops / s.hours),
        ("needless slow-downs an hour", lambda s: s.needless_slows / s.hours),
        ("production time lost, %", lambda s: 100.0 * s.lost_share),
    )
    gains: tuple[tuple[str, Gain], ...] = (
        ("contacts prevented, %", _prevented),
        ("energy of contacts taken away, %", _energy_away),
    )
    panels = figure.subplots(len(gains), len(costs), sharex="col", sharey="row")
    for row, (gained, gain) in zip(panels, gains, strict=True):
        for axes, (label, cost) in zip(row, costs, strict=True):
            widest = max((cost(total) for _, total in totals), default=0.0) or 1.0
            for rule in dict.fromkeys(arm.rule for arm, _ in totals):
                _curve(axes, [(arm, total) for arm, total in totals if arm.rule == rule], cost, gain, widest)
            # What costs nothing stands clear of the edge.
            axes.set_xlim(-0.03 * widest, 1.06 * widest)
            axes.xaxis.set_tick_params(labelbottom=True)
            axes.set_xlabel(label)
            axes.grid(alpha=0.3)
        # Below nothing where a system brought more energy into contacts than it took away.
        row[0].set(ylabel=gained, ylim=(min([0.0, *(gain(total).percent - 2.0 for _, total in totals)]), 105.0))
    figure.axes[0].legend(loc="lower right")
    _save(figure, path)


def plot_leads(total: Sum, path: Path) -> None:
    """How long before the contact that would have come the stop was decided (PNG)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    fates = (("missed", "tab:red", "//"), ("softened", "tab:orange", ".."), ("prevented", "tab:green", ""))
    leads = [[e.lead_s for e in total.encounters if e.fate == fate and e.lead_s is not None] for fate, _, _ in fates]
    bins = np.arange(0.0, max([4.0, *(lead for of in leads for lead in of)]) + 2 * _BIN_S, _BIN_S).tolist()
    bottom = np.zeros(len(bins) - 1)
    for (fate, colour, hatch), of in zip(fates, leads, strict=True):
        counts = np.histogram(of, bins=bins)[0]
        axes.bar(
            bins[:-1], counts, _BIN_S, bottom, align="edge", color=colour, hatch=hatch, edgecolor="white", lw=0.3,
            label=f"{fate} ({len(of)})",
        )  # fmt: skip
        bottom += counts
    axes.set(xlabel="decision to stop before the contact, s", ylabel="contacts")
    axes.legend()
    axes.grid(alpha=0.3)
    _save(figure, path)


def _prevented(total: Sum) -> _Point:
    of = len(total.encounters)
    low, high = share_interval(total.prevented, of)
    percent = 100.0 * total.prevented / of if of else 0.0
    return _Point(percent, max(0.0, percent - 100.0 * low), max(0.0, 100.0 * high - percent))


def _energy_away(total: Sum) -> _Point:
    left = total.energy_left_share
    return _Point(0.0 if left is None else 100.0 * (1.0 - left))


def _curve(
    axes: Any, totals: Sequence[tuple[Arm, Sum]], cost: Callable[[Sum], float], gain: Gain, widest: float
) -> None:
    rule = totals[0][0].rule
    x = [cost(total) for _, total in totals]
    points = [gain(total) for _, total in totals]
    y = [point.percent for point in points]
    bars = ([p.below for p in points], [p.above for p in points])
    between = any(bars[0] + bars[1])
    style = "*" if rule == ENGINE else "o-"
    size = 12 if rule == ENGINE else 5
    axes.errorbar(
        x,
        y,
        yerr=bars if between else None,
        fmt=style,
        ms=size,
        color=_COLOURS[rule],
        label=_LABELS[rule],
        lw=1.2,
        elinewidth=0.7,
    )
    for text, at in labels([arm for arm, _ in totals], list(zip(x, y, strict=True)), widest):
        # An oracle's above its points: it stands at no cost beside the least settings of others.
        off = (4, 3 if rule == FORESIGHT else -11)
        axes.annotate(text, at, xytext=off, textcoords="offset points", fontsize=8, color=_COLOURS[rule])


def labels(
    arms: Sequence[Arm], places: Sequence[tuple[float, float]], widest: float
) -> list[tuple[str, tuple[float, float]]]:
    """What is written at which point; settings in a row that lie on one another share one text."""
    out: list[tuple[str, tuple[float, float]]] = []
    for arm, at in zip(arms, places, strict=True):
        if arm.value is None:
            continue
        text = f"{arm.field}={arm.value:g}" if arm.field else f"{arm.value:g}"
        last, there = out[-1] if out else ("", (math.inf, math.inf))
        if abs(there[0] - at[0]) <= _TEXT_WIDE * widest and abs(there[1] - at[1]) <= _TEXT_HIGH:
            out[-1] = f"{last}, {text}", there
        else:
            out.append((text, at))
    return out


def _save(figure: Any, path: Path) -> None:
    temporary = temporary_beside(path)
    try:
        figure.savefig(temporary, format="png", dpi=110)
    except BaseException as error:
        throw_away(temporary, path, error)
        raise
    put_in_place(temporary, path)
