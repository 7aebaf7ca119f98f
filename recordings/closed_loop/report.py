"""How are results told? A page of tables, rows for whoever wants to look further, and pictures."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from recordings.atomic import atomic_text
from recordings.closed_loop.arms import ENGINE, FORESIGHT, OPEN, UNITS, Arm
from recordings.closed_loop.branch import AHEAD_S
from recordings.closed_loop.cases import case_of
from recordings.closed_loop.crowd_cases import read_crowds
from recordings.closed_loop.evaluate import Order, arms_of
from recordings.closed_loop.figures import (
    SLOW_NEAR_M,
    STOP_NEAR_M,
    Sum,
    band_names,
    encounters,
    needless,
    sums,
)
from recordings.closed_loop.intervals import CONFIDENCE, rate_interval, share_interval
from recordings.closed_loop.meter import MOVING_MPS
from recordings.closed_loop.plots import plot_leads, plot_trade_offs
from recordings.closed_loop.records import CaseResult
from recordings.closed_loop.store import Results
from recordings.plant.scenario_file import scenario_text

REPORT = "report.md"
MISSED = "missed"
_MOST_MISSED = 50
Row = Sequence[object]


def write_report(results: Results, order: Order) -> Path:
    """Write ``report.md``, three csv files, two pictures and the scenarios with missed contacts; the page's path."""
    found = results.read(order.scenarios)
    out = results.folder
    compared = [r for r in found if len(arms_of(order, r.number)) > len(order.arms)]
    arms = (*order.arms, *order.baselines)
    shown = sums(compared if order.baselines else found, [arm.name for arm in arms])
    _write_rows(found, out)
    plot_trade_offs(list(zip(arms, shown, strict=True)), out / "trade_offs.png")
    engine = sums(found, [ENGINE])[0]
    plot_leads(engine, out / "leads.png")
    _write_missed(engine, order, out / MISSED)
    with atomic_text(out / REPORT) as stream:
        stream.write("\n".join(_page(found, compared, order, engine, list(zip(arms, shown, strict=True)))) + "\n")
    return out / REPORT


def _page(
    found: Sequence[CaseResult], compared: Sequence[CaseResult], order: Order, engine: Sum, shown: list[tuple[Arm, Sum]]
) -> list[str]:
    lines = ["# Closed loop", "", *_about(found, order), "", "## Contacts of people", ""]
    lines += _table(("energy", "contacts", "prevented", "softened", "missed", "prevented, %"), _band_rows(engine))
    lines += ["", *_other(engine), "", "## Lead time", "", *_leads(engine), "", "![](leads.png)", ""]
    lines += ["## Where", "", *_table(_WHERE, _where_rows(found)), "", "## Beside the rules that others use", ""]
    if not order.baselines:
        lines += ["No baseline was asked for."]
    else:
        lines += [f"On the same {len(compared)} scenarios.", "", *_table(_BESIDE, [_beside(a, s) for a, s in shown])]
        lines += ["", "![](trade_offs.png)"]
    return lines


def _about(found: Sequence[CaseResult], order: Order) -> list[str]:
    count = {s: sum(r.stratum == s for r in found) for s in ("library", "hall", "crowd")}
    hours = sum(r.seconds for r in found) / 3600.0
    crowds = "no recordings of crowds were given" if order.crowds is None else f"{count['crowd']} of real crowds"
    left = "" if len(found) == order.scenarios else f" of {order.scenarios} asked for"
    return [
        f"{len(found)} scenarios{left}, seed {order.seed}: {count['library']} variations of the library, "
        f"{count['hall']} random halls, {crowds}; {hours:.2f} h in all, made dense: rates an hour compare systems, "
        "they are not those of a working day.",
        "",
        f"A contact counts while load or hook move faster than {MOVING_MPS:g} m/s; its energy is what the hoist brings "
        "into it, without the walker's own. Prevented: the same scenario with the same seed without the system has the "
        "contact (same person, same hoist), with it has not; softened: it comes in a lower band of energy. A stop is "
        f"needless where, in the {AHEAD_S:g} s after it had it not come, nobody would have come within "
        f"{STOP_NEAR_M:g} m ({SLOW_NEAR_M:g} m for a slow-down) of what moves or hangs, nobody below, no load so near "
        "to anything fixed, and the scenario itself called for no alarm. "
        f"Intervals are exact, {100 * CONFIDENCE:g} %: Clopper-Pearson for shares, Garwood for rates.",
    ]


def _band_rows(total: Sum) -> list[Row]:
    rows: list[Row] = []
    for band, name in ((None, "all"), *enumerate(band_names())):
        chosen = total.band(band)
        fates = [sum(e.fate == fate for e in chosen) for fate in ("prevented", "softened", "missed")]
        rows.append((name, len(chosen), *fates, _share(fates[0], len(chosen))))
    return rows


def _other(total: Sum) -> list[str]:
    hardest = max((t.energy_j for _, t in total.new), default=0.0)
    new = f"New contacts, which only came with the system: {len(total.new)}" + (
        f", the hardest of {hardest:.1f} J." if total.new else "."
    )
    return [
        f"Of those that came, {total.harder} came in a higher band. {new}",
        "",
        f"Energy left: {_energy_left(total)} % of the {total.energy_open_j:.1f} J of all contacts, "
        f"{total.energy_missed_j:.1f} J in those that came all the same and {total.energy_new_j:.1f} J in new ones.",
        "",
        f"Loads against structures, trucks and other hoists' loads: {total.crashes}, of them prevented "
        f"{total.crashes_prevented} ({_share(total.crashes_prevented, total.crashes)} %); new {total.crashes_new}.",
        "",
        f"Stops: {total.stops}, needless {total.needless_stops}, {_rate(total.needless_stops, total.hours)} an hour. "
        f"Slow-downs: {total.slows}, needless {total.needless_slows}, {_rate(total.needless_slows, total.hours)} an "
        f"hour. Production time lost: {100 * total.lost_share:.1f} % of {total.motion_s / 3600:.2f} h of motion.",
    ]


def _leads(total: Sum) -> list[str]:
    leads = [e.lead_s for e in total.encounters if e.lead_s is not None]
    none = f"For {len(total.encounters) - len(leads)} of {len(total.encounters)} contacts no stop was in force."
    if not leads:
        return [none]
    points = np.percentile(leads, (5, 25, 50, 75, 95))
    names = ("p5", "p25", "median", "p75", "p95")
    words = ", ".join(f"{name} {value:.2f} s" for name, value in zip(names, points, strict=True))
    return [f"From the decision to stop to when contact would have come: {words}. {none}"]


_WHERE = ("scenarios", "number", "contacts", "prevented, %", "needless stops / h", "needless slow-downs / h", "lost, %")


def _where_rows(found: Sequence[CaseResult]) -> list[Row]:
    groups: dict[str, list[CaseResult]] = {}
    for result in found:
        groups.setdefault(result.stratum, []).append(result)
    for result in found:
        groups.setdefault(f"{result.stratum}: {result.name}", []).append(result)
    rows: list[Row] = []
    for name in sorted(groups):
        total = sums(groups[name], [ENGINE])[0]
        if total.scenarios:
            rows.append(
                (
                    name,
                    total.scenarios,
                    len(total.encounters),
                    _share(total.prevented, len(total.encounters)),
                    f"{total.needless_stops / total.hours:.1f}",
                    f"{total.needless_slows / total.hours:.1f}",
                    f"{100 * total.lost_share:.1f}",
                )
            )
    return rows


_BESIDE = (
    "system",
    "contacts",
    "prevented, %",
    "new",
    "energy left, %",
    "stops / h",
    "needless stops / h",
    "needless slow-downs / h",
    "lost, %",
)


def _beside(arm: Arm, total: Sum) -> Row:
    unit = next((f" {unit}" for rule, unit in UNITS.items() if rule == arm.rule), "")
    hours = total.hours or 1.0
    oracle = " (oracle)" if arm.rule == FORESIGHT else ""
    return (
        f"{arm.name}{unit}{oracle}",
        len(total.encounters),
        _share(total.prevented, len(total.encounters)),
        len(total.new),
        _energy_left(total),
        f"{total.stops / hours:.1f}",
        _rate(total.needless_stops, total.hours),
        _rate(total.needless_slows, total.hours),
        f"{100 * total.lost_share:.1f}",
    )


def _energy_left(total: Sum) -> str:
    share = total.energy_left_share
    return "–" if share is None else f"{100 * share:.1f}"


def _share(hits: int, of: int) -> str:
    if not of:
        return "–"
    low, high = share_interval(hits, of)
    return f"{100 * hits / of:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def _rate(events: int, hours: float) -> str:
    if hours <= 0.0:
        return "–"
    low, high = rate_interval(events, hours)
    return f"{events / hours:.1f} ({low:.1f} to {high:.1f})"


def _table(head: Sequence[str], rows: Iterable[Row]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]


def _write_rows(found: Sequence[CaseResult], out: Path) -> None:
    """results.csv, contacts.csv and actions.csv: one row a scenario and arm, a contact and arm, an action."""
    results: list[Row] = []
    contacts: list[Row] = []
    actions: list[Row] = []
    for r in found:
        undisturbed = r.of(OPEN)
        assert undisturbed is not None
        for arm in r.arms:
            fates = encounters(r.number, undisturbed, arm)
            total = sums([r], [arm.arm])[0]
            what = (r.number, r.stratum, r.name, r.situation, r.seconds, r.people, arm.arm)
            came = (len(fates), total.prevented, len(total.new), len(arm.crashes))
            cost = (total.stops, total.needless_stops, total.slows, total.needless_slows, r.motion_s, arm.lost_s)
            results.append((*what, *came, *cost))
            for e in fates:
                row = (r.number, r.name, arm.arm, e.touch.person, e.touch.hoist, e.touch.kind, e.touch.from_s)
                lead = "" if e.lead_s is None else round(e.lead_s, 3)
                energies = (e.touch.load_mps, e.touch.energy_j, e.touch.relative_j)
                contacts.append((*row, *energies, e.fate, e.energy_j, lead))
            for a in arm.actions:
                order = (r.number, r.name, arm.arm, a.hoist, a.kind, " ".join(a.causes), a.decided_s, a.from_s)
                gaps = (_or_empty(a.gap_m), _or_empty(a.thing_gap_m))
                actions.append((*order, a.until_s, *gaps, int(a.below), int(a.called_for), int(needless(a))))
    _csv(out / "results.csv", _RESULTS, results)
    _csv(out / "contacts.csv", _CONTACTS, contacts)
    _csv(out / "actions.csv", _ACTIONS, actions)


_RESULTS = (
    "scenario,stratum,name,situation,seconds,people,arm,contacts_open,prevented,new,crashes,stops,needless_stops,"
    "slows,needless_slows,motion_s,lost_s"
)
_CONTACTS = "scenario,name,arm,person,hoist,kind,time_s,load_mps,energy_j,relative_j,fate,energy_left_j,lead_s"
_ACTIONS = "scenario,name,arm,hoist,kind,causes,decided_s,from_s,until_s,gap_m,thing_gap_m,below,called_for,needless"


def _or_empty(value: float | None) -> object:
    return "" if value is None else value


def _csv(path: Path, head: str, rows: Iterable[Row]) -> None:
    with atomic_text(path) as stream:
        stream.write(head + "\n")
        csv.writer(stream, lineterminator="\n").writerows(rows)


def _write_missed(total: Sum, order: Order, folder: Path) -> None:
    """Scenario files of contacts that were missed, to be looked at with ``hoistwatch simulate``."""
    crowds = read_crowds(order.crowds) if order.crowds is not None else ()
    numbers = list(dict.fromkeys(e.case for e in total.encounters if e.fate == "missed"))[:_MOST_MISSED]
    for number in numbers:
        case = case_of(number, order.seed, crowds)
        place = folder / f"{number:06d}"
        place.mkdir(parents=True, exist_ok=True)
        case.write(place)
        with atomic_text(place / "scenario.toml") as stream:
            stream.write(scenario_text(case.scenario))
