"""The results as a table (Markdown and CSV) and a picture: recall, false rate, lead time of every situation."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recordings.atomic import atomic_text
from recordings.closed_loop.intervals import share_interval
from recordings.situations.records import Trial

Span = tuple[float, float]
_LEADS = (10, 50)
_ABOUT = """# Every situation, over seeded variations

`hoistwatch evaluate situations` runs each scenario of the library again and again on another day: at another pace, with
people and loads of other sizes at other places, and other noise. Here are {runs} runs. Nobody obeys the engine in them,
so that what would have come is seen to come; when a situation truly began is told by the plant's own state.

- *drawn again*: variations in which the situation did not come about at all, and another one was drawn.
- *told by name*: by its own name, at the level that it calls for, in time: before a contact, or within the seconds that
  a situation needs to show at all. *Slowed or stopped*: anything was told in time that slows or stops the hoist.
- *needless*: runs with a warning or danger more than ten seconds before the situation; in normal ones, with anything.
- *lead*: from the alarm to the event in seconds, negative after it; its tenth and fiftieth percentile.

Intervals are those of Clopper and Pearson, 95 %.

![Recall and lead](situations.png)

"""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the exact 95 % interval of Clopper and Pearson."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> Span:
        return share_interval(self.hits, self.of)


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario, or all of them together.

    ``named``: told by its name and level in time. ``acted``: anything that slows or stops was told in time.
    ``needless``: runs with an alarm that nothing called for. Both shares are None for normal scenarios. Leads are
    in seconds before the event, negative after it, over the runs that were told in time.
    """

    scenario: str
    situation: str
    runs: int
    redrawn: int
    invalid: int
    named: Share | None
    acted: Share | None
    needless: Share
    lead_p10_s: float | None
    lead_p50_s: float | None
    needless_kinds: tuple[str, ...]


def rows(trials: Sequence[Trial]) -> list[Row]:
    """A row for each scenario, in the order of the trials."""
    names = list(dict.fromkeys(t.scenario for t in trials))
    return [_row([t for t in trials if t.scenario == name]) for name in names]


def write_report(trials: Sequence[Trial], folder: Path) -> Path:
    """``situations.md``, ``.csv`` and ``.png`` in ``folder``; returns the first."""
    table = rows(trials)
    out = folder / "situations.md"
    with atomic_text(out) as stream:
        stream.write(_ABOUT.format(runs=len(trials)) + markdown(table))
    with atomic_text(folder / "situations.csv") as stream:
        stream.write(as_csv(table))
    _picture(table, trials, folder / "situations.png")
    return out


def markdown(table: Sequence[Row]) -> str:
    """The table for a person."""
    lines = [
        "| scenario | situation | runs (drawn again) | told by name | slowed or stopped | needless | lead p10 / p50 |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in table:
        leads = "–" if row.lead_p50_s is None else f"{row.lead_p10_s:.1f} / {row.lead_p50_s:.1f} s"
        needless = _words(row.needless) + (f": {', '.join(row.needless_kinds)}" if row.needless_kinds else "")
        invalid = f", {row.invalid} never" if row.invalid else ""
        lines.append(
            f"| {row.scenario} | {row.situation} | {row.runs} ({row.redrawn}{invalid}) | {_words(row.named)} "
            f"| {_words(row.acted)} | {needless} | {leads} |"
        )
    return "\n".join(lines) + "\n"


def as_csv(table: Sequence[Row]) -> str:
    """The table for a program."""
    stream = io.StringIO()
    out = csv.writer(stream, lineterminator="\n")
    shares = [f"{name}{part}" for name in ("named", "acted", "needless") for part in ("", "_low", "_high")]
    out.writerow(["scenario", "situation", "runs", "redrawn", "invalid", *shares, "lead_p10_s", "lead_p50_s"])
    for row in table:
        numbers = [v for share in (row.named, row.acted, row.needless) for v in _numbers(share)]
        leads = ["" if v is None else f"{v:.3f}" for v in (row.lead_p10_s, row.lead_p50_s)]
        out.writerow([row.scenario, row.situation, row.runs, row.redrawn, row.invalid, *numbers, *leads])
    return stream.getvalue()


def _row(trials: Sequence[Trial]) -> Row:
    valid = [t for t in trials if t.valid]
    events = [t for t in valid if t.event_s is not None]
    leads = [t.lead_s for t in events if t.lead_s is not None]
    p10, p50 = (float(v) for v in np.percentile(leads, _LEADS)) if leads else (None, None)
    normal = trials[0].situation == "normal"
    return Row(
        scenario=trials[0].scenario,
        situation=trials[0].situation,
        runs=len(valid),
        redrawn=sum(t.redrawn for t in valid),
        invalid=len(trials) - len(valid),
        named=None if normal else Share(len(leads), len(events)),
        acted=None if normal else Share(sum(t.acted_s is not None for t in events), len(events)),
        needless=Share(sum(bool(t.needless) for t in valid), len(valid)),
        lead_p10_s=p10,
        lead_p50_s=p50,
        needless_kinds=tuple(sorted({told.situation for t in valid for told in t.needless})),
    )


def _words(share: Share | None) -> str:
    if share is None:
        return "–"
    low, high = share.interval
    return f"{share.hits} of {share.of} ({100 * low:.0f}–{100 * high:.0f} %)"


def _numbers(share: Share | None) -> list[str]:
    if share is None or share.share is None:
        return ["", "", ""]
    return [f"{v:.4f}" for v in (share.share, *share.interval)]


def _picture(table: Sequence[Row], trials: Sequence[Trial], path: Path) -> None:
    """Left how many were told, with intervals; right how long before (or after) the event."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    shown = [row for row in table if row.named is not None]
    quiet = [row for row in table if row.named is None]
    order = [*shown, *quiet]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 0.34 * len(order) + 1.4), sharey=True)
    for y, row in enumerate(order):
        share, colour = (row.needless, "tab:red") if row.named is None else (row.named, "tab:blue")
        low, high = share.interval
        left.plot([low, high], [y, y], color=colour, linewidth=1.5)
        left.plot([share.share or 0.0], [y], "o", color=colour)
        leads = [t.lead_s for t in trials if t.scenario == row.scenario and t.lead_s is not None]
        right.plot(leads, [y] * len(leads), "|", color="tab:blue", markersize=9)
    left.set_yticks(range(len(order)), [row.scenario for row in order])
    left.invert_yaxis()
    left.set_xlim(-0.02, 1.02)
    left.set_xlabel("blue: told by name in time; red: needless (95 % interval)")
    right.axvline(0.0, color="black", linewidth=0.8)
    right.set_xlabel("seconds from the alarm to the event; negative: after it")
    for axes in (left, right):
        axes.grid(axis="x", alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=120, metadata={"Software": None})
    plt.close(figure)
