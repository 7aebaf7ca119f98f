"""A long run as a page (Markdown) with one picture of its courses."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from recordings.atomic import atomic_text, put_in_place, temporary_beside, throw_away
from recordings.soak.judge import LIMITS, Line, passed
from recordings.soak.records import Kept, ProcessUse, Sample

PAGE, PICTURE = "report.md", "courses.png"
_MARKS = {"passed": "passed", "failed": "**FAILED**", "untested": "not shown"}
_COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:purple", "tab:brown", "tab:pink")
_LINES = ("-", "--", "-.", ":")


def write_soak_report(folder: Path, kept: Kept, samples: Sequence[Sample], lines: Sequence[Line]) -> Path:
    """Write page and picture into ``folder``; gives the page's path. Raises BadInput where they cannot be written."""
    if samples:
        plot_courses(kept, samples, folder / PICTURE)
    with atomic_text(folder / PAGE) as stream:
        stream.write(page(kept, samples, lines))
    return folder / PAGE


def verdict(lines: Sequence[Line]) -> str:
    """All of it in one line."""
    if passed(lines):
        return "passed"
    failed = [line.what for line in lines if line.verdict == "failed"]
    if failed:
        return f"FAILED: {', '.join(failed)}"
    return f"not shown: {', '.join(line.what for line in lines if line.verdict == 'untested')}"


def page(kept: Kept, samples: Sequence[Sample], lines: Sequence[Line]) -> str:
    """The page's text."""
    begun = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(kept.begun_wall_s))
    loads = sorted(s.load for s in samples)
    load = f"load {loads[len(loads) // 2]:.1f} (median), at most {loads[-1]:.1f}" if loads else "load unknown"
    out = [
        "# Long run of the whole chain\n",
        f"**{verdict(lines)}**\n",
        f"{len(kept.brought)} cameras at {kept.rate_hz:g} pictures a second over RTSP, decoded and looked at by the "
        f"detector at {kept.detector_px} px; engine with recorder, relay node at a Modbus server, console, "
        f"annunciator. Begun {begun} on {kept.machine}; {load}.\n",
        "| what | verdict | figures |\n|---|---|---|",
        *(f"| {line.what} | {_MARKS[line.verdict]} | {line.figures} |" for line in lines),
        "",
        f"Sampled every {kept.period_s:g} s. The first {kept.warm_up_s / 60.0:.1f} min are warm-up. Growth is the "
        "median of the last fifth of the time after it over the median of its first fifth, less one; more than "
        f"{100.0 * LIMITS.growth:g} % fails, and so does a p99 (of the minute before each sample) of more than "
        f"{LIMITS.slower:g} times that of the first fifth. Permits and contact are judged from the first moment on.\n",
    ]
    if samples:
        out += [*_processors(kept, samples), _happened(kept, samples), f"![Courses]({PICTURE})\n"]
    return "\n".join(out)


def _processors(kept: Kept, samples: Sequence[Sample]) -> list[str]:
    """Share of one core that each process took."""
    first, last = samples[0], samples[-1]
    span_s = last.time_s - first.time_s
    if span_s <= 0.0:
        return []
    rows = ["| process | cores | |", "|---|---|---|"]
    for name in last.processes:
        if name in first.processes:
            share = (last.processes[name].cpu_s - first.processes[name].cpu_s) / span_s
            rows.append(f"| {name} | {share:.2f} | {'' if name in kept.parts else 'stands in, not judged'} |")
    return [*rows, ""]


def _happened(kept: Kept, samples: Sequence[Sample]) -> str:
    last = samples[-1]
    return (
        f"Meanwhile {last.alarms} alarms were raised, the permit contact opened {len(kept.openings)} times and was "
        f"freed by {last.resets} resets; {last.overruns} ticks began late.\n"
    )


def plot_courses(kept: Kept, samples: Sequence[Sample], path: Path) -> None:
    """Memory, threads, handles, processor, latency, looks and permits over the time (PNG)."""
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(13.0, 10.0), layout="constrained")
    axes: Any = figure.subplots(4, 2, sharex=True)
    at_min = [s.time_s / 60.0 for s in samples]
    styles = {
        name: {"color": _COLOURS[n % len(_COLOURS)], "linestyle": _LINES[n % len(_LINES)], "linewidth": 1.4}
        for n, name in enumerate(kept.parts)
    }
    held: tuple[tuple[Any, str, Callable[[ProcessUse], float]], ...] = (
        (axes[0, 0], "resident memory, MiB", lambda use: use.memory_bytes / 2**20),
        (axes[0, 1], "threads", lambda use: use.threads),
        (axes[1, 0], "open file handles", lambda use: use.handles),
    )
    for axis, title, of in held:
        for name, style in styles.items():
            here = [(t, of(s.processes[name])) for t, s in zip(at_min, samples, strict=True) if name in s.processes]
            axis.plot([t for t, _ in here], [v for _, v in here], label=name, **style)
        axis.set_title(title)
        axis.set_ylim(bottom=0.0)
    _processor_lines(axes[1, 1], at_min, samples, styles)
    _latency_lines(axes[2, 0], at_min, samples)
    _look_lines(axes[2, 1], kept, at_min, samples)
    _permit_lines(axes[3, 0], kept, at_min, samples)
    axes[3, 1].plot(at_min, [s.load for s in samples], color="black")
    axes[3, 1].set_title("load of the machine")
    axes[3, 1].set_ylim(bottom=0.0)
    for axis in axes.flat:
        axis.axvspan(0.0, min(kept.warm_up_s / 60.0, max(at_min[-1], 0.01)), color="0.92", zorder=0)
        axis.grid(visible=True, color="0.88")
        axis.set_xlim(0.0, max(at_min[-1], 0.01))
        if axis.get_legend_handles_labels()[0]:
            axis.legend(loc="best", fontsize=8)
    for axis in axes[3]:
        axis.set_xlabel("minutes (grey: warm-up)")
    temporary = temporary_beside(path)
    try:
        figure.savefig(temporary, dpi=90, format="png")
    except BaseException as error:
        throw_away(temporary, path, error)
        raise
    put_in_place(temporary, path)


def _processor_lines(axis: Any, at_min: Sequence[float], samples: Sequence[Sample], styles: dict[str, Any]) -> None:
    for name, style in styles.items():
        times, shares = [], []
        for before, now, t in zip(samples, samples[1:], at_min[1:], strict=False):
            span_s = now.time_s - before.time_s
            if name in before.processes and name in now.processes and span_s > 0.0:
                times.append(t)
                shares.append((now.processes[name].cpu_s - before.processes[name].cpu_s) / span_s)
        axis.plot(times, shares, label=name, **style)
    axis.set_title("processor, cores")
    axis.set_ylim(bottom=0.0)


def _latency_lines(axis: Any, at_min: Sequence[float], samples: Sequence[Sample]) -> None:
    for label, colour, style, told in (
        ("p99", "tab:red", "-", [s.p99_s for s in samples]),
        ("p50", "tab:blue", "--", [s.p50_s for s in samples]),
    ):
        here = [(t, 1e3 * took_s) for t, took_s in zip(at_min, told, strict=True) if took_s is not None]
        axis.plot([t for t, _ in here], [v for _, v in here], label=label, color=colour, linestyle=style)
    axis.set_title("picture to permit over the last minute, ms")
    axis.set_ylim(bottom=0.0)


def _look_lines(axis: Any, kept: Kept, at_min: Sequence[float], samples: Sequence[Sample]) -> None:
    brought = [sum(look.received_hz for look in s.looks.values()) for s in samples]
    looked = [sum(look.looked_hz for look in s.looks.values()) for s in samples]
    axis.plot(at_min, brought, label="brought by the cameras", color="0.45", linestyle="--")
    axis.plot(at_min, looked, label="looked at", color="tab:green")
    axis.axhline(kept.rate_hz * len(kept.brought), color="black", linewidth=0.8, linestyle=":", label="asked for")
    axis.set_title("pictures a second, all cameras")
    axis.set_ylim(bottom=0.0)


def _permit_lines(axis: Any, kept: Kept, at_min: Sequence[float], samples: Sequence[Sample]) -> None:
    axis.plot(at_min, [s.permits.lapsed for s in samples], label="missed", color="tab:red")
    axis.plot(at_min, [s.permits.refused for s in samples], label="late or refused", color="tab:orange", linestyle="--")
    wrong = [o.time_s / 60.0 for o in kept.openings if o.cause != "decided"]
    axis.plot(wrong, [0.0] * len(wrong), "kx", label=f"opened unasked ({len(wrong)})")
    axis.set_title("permits, counted since the start")
    axis.set_ylim(bottom=-0.05, top=max(1.0, axis.get_ylim()[1]))
