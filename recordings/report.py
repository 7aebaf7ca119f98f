"""One page that tells what happened in a recording: a self-contained ``report.html``."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from calibration.coverage import coverage_map
from calibration.errors import BadInput
from calibration.product import product_version
from calibration.site import Site
from recordings.atomic import atomic_text
from recordings.evaluate_recording import ATTACHMENT, AlarmScores, Episode, evaluate_recording
from recordings.replay import Progress, steps
from recordings.report_data import Happened, gather
from recordings.report_rows import story_rows
from recordings.report_text import Language, say, title_of
from recordings.store import Recording
from safety.engine import Step

REPORT = "report.html"
_TEMPLATE = Path(__file__).parent / "report.html.jinja"
_SHORT_MINUTES = 30.0


def write_report(
    recording: Recording | Path | str,
    out_dir: Path | str,
    *,
    site: Site | None = None,
    language: Language | None = None,
    replay: Iterable[Step] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write ``report.html`` into a folder, which is made if need be, and return its path.

    Args:
        recording: what happened.
        site: judge by this site instead of the recorded one.
        language: of the page; the site's by default.
        replay: the steps of a replay that was made already (or is being made); replayed anew by default.
        progress: called with the share of the replay that is done, 0 to 1.

    Raises BadInput where the recording cannot be replayed or the folder cannot be written.
    """
    opened = recording if isinstance(recording, Recording) else Recording(recording)
    used = opened.site() if site is None else site
    out = Path(out_dir)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{out}: cannot be made a folder ({error.strerror or error})") from None
    happened = gather(steps(opened, site, progress=progress) if replay is None else replay, used)
    scores = None
    if opened.attachment(ATTACHMENT) is not None:
        scores = evaluate_recording(opened, (told.transition for told in happened.told))
    page = report_page(opened, happened, scores, language or used.site.language)
    with atomic_text(out / REPORT) as stream:
        stream.write(page)
    return out / REPORT


def report_page(recording: Recording, happened: Happened, scores: AlarmScores | None, language: Language) -> str:
    """The whole page as text; nothing in it comes from outside of it."""
    import jinja2

    from recordings.report_plots import coverage_png, floor_png, timeline_png

    words = partial(say, language)
    story, cut = story_rows(happened, language)
    coverage = coverage_png(happened.site, language)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        language=language,
        say=words,
        title=words("title", site=happened.site.site.name),
        head=_head(recording, happened, language),
        cards=_cards(happened, scores, language),
        story=story,
        story_cut=words("story.cut", count=cut) if cut else "",
        timeline=_inline(timeline_png(happened, language)),
        floor=_inline(floor_png(happened, language)),
        kinds=_kinds(happened, language),
        load=_load(happened, language),
        expected=_expected(scores, happened.origin_s, language),
        quiet=_quiet(recording, scores, language),
        cameras=_cameras(happened),
        coverage=_inline(coverage) if coverage else "",
        coverage_note=_coverage_note(happened.site, language) if coverage else "",
        counts=[(name, count) for name, count in happened.counts.items() if count],
    )


def _inline(png: bytes) -> str:
    return base64.b64encode(png).decode("ascii")


def _head(recording: Recording, happened: Happened, language: Language) -> list[tuple[str, str]]:
    info = recording.info
    start = say(language, "head.unknown_time")
    if info.wall_offset_s:
        start = datetime.fromtimestamp(happened.wall_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    name = recording.path.name + ("" if info.complete else f" ({say(language, 'head.cut')})")
    return [
        (say(language, "head.recording"), name),
        (say(language, "head.made_by"), info.made_by),
        (say(language, "head.time"), start),
        (say(language, "head.duration"), f"{happened.duration_s:.1f} s"),
        (say(language, "head.ticks"), str(happened.ticks)),
        (say(language, "head.version"), f"Hoistwatch {product_version()}"),
        (say(language, "head.model"), recording.model_sha256 or say(language, "head.no_model")),
    ]


def _cards(happened: Happened, scores: AlarmScores | None, language: Language) -> list[dict[str, str]]:
    worst = happened.worst.value
    cards = [
        {"name": say(language, "card.worst"), "value": say(language, f"level.{worst}"), "level": worst},
        {"name": say(language, "card.alarms"), "value": str(happened.load.raised), "level": ""},
    ]
    for kind in ("permit", "slow"):
        # What was not given yet at the start was not withdrawn.
        off = [
            s
            for (k, _), spells in happened.spells.items()
            if k == kind
            for s in (spells if spells[0].value else spells[1:])
            if not s.value
        ]
        seconds = f"{sum(s.until_s - s.from_s for s in off):.1f}"
        text = say(language, "times", count=len(off), seconds=seconds)
        cards.append({"name": say(language, f"card.{kind}"), "value": text, "level": ""})
    if happened.cameras:
        share = sum(c.alive_share for c in happened.cameras) / len(happened.cameras)
        cards.append({"name": say(language, "card.cameras"), "value": f"{share:.1%}", "level": ""})
    if scores is not None:
        text = f"{len(scores.hits)} / {len(scores.outcomes)}"
        level = "clear" if scores.passed else "danger"
        cards.append({"name": say(language, "card.expected"), "value": text, "level": level})
    return cards


def _kinds(happened: Happened, language: Language) -> list[dict[str, str]]:
    return [
        {
            "title": title_of(language, row.situation),
            "count": str(row.count),
            "level": row.worst.value,
            "level_word": say(language, f"level.{row.worst.value}"),
            "stood": f"{row.stood_s:.1f}",
        }
        for row in happened.kinds
    ]


def _load(happened: Happened, language: Language) -> list[tuple[str, str]]:
    load = happened.load
    minutes = happened.duration_s / 60.0
    rate = f"{load.per_hour:.1f}"
    if minutes < _SHORT_MINUTES:
        rate = say(language, "load.extrapolated", value=f"{load.per_hour:.0f}", minutes=f"{minutes:.1f}")
    chatter = ", ".join(f"{title_of(language, situation)} ({who})" for situation, who in load.chattering)
    most = str(load.most_in_window)
    return [
        (say(language, "load.per_hour"), rate),
        (say(language, "load.flood"), say(language, "load.yes", count=most) if load.flood else most),
        (say(language, "load.chatter"), chatter or say(language, "load.none")),
        (say(language, "load.standing"), str(load.standing_at_end or say(language, "load.none"))),
    ]


def _expected(scores: AlarmScores | None, origin_s: float, language: Language) -> list[dict[str, Any]]:
    if scores is None:
        return []
    rows: list[dict[str, Any]] = [
        {
            "name": f"{o.expectation.name} ({title_of(language, o.expectation.situation)}, "
            f"{say(language, f'level.{o.expectation.level.value}')})",
            "good": o.hit,
            "result": say(language, "expected.hit") if o.hit else o.fault,
            "reached": "–" if o.reached_s is None else f"{o.reached_s - origin_s:.1f} s",
            "lead": "–" if o.lead_s is None else f"{o.lead_s:.1f} s",
        }
        for o in scores.outcomes
    ]
    rows += [_extra(e, say(language, "expected.needless", window=w), origin_s, language) for e, w in scores.needless]
    rows += [_extra(e, say(language, "expected.unjudged"), origin_s, language) for e in scores.unjudged]
    return rows


def _extra(episode: Episode, result: str, origin_s: float, language: Language) -> dict[str, Any]:
    who = " ".join(part for part in (episode.hoist, episode.person, episode.source) if part)
    return {
        "name": f"{title_of(language, episode.situation)} ({who})",
        "good": False,
        "result": result,
        "reached": f"{episode.raised_s - origin_s:.1f} s",
        "lead": "–",
    }


def _quiet(recording: Recording, scores: AlarmScores | None, language: Language) -> str:
    if scores is None:
        return ""
    from recordings.evaluate_recording import parse_expected

    windows = parse_expected(recording.attachment(ATTACHMENT) or b"{}", str(recording.path)).quiet
    broken = {name for _, name in scores.needless}
    kept = [w.name for w in windows if w.name not in broken]
    if not windows:
        return ""
    return say(language, "expected.quiet", kept=len(kept), all=len(windows), names="; ".join(w.name for w in windows))


def _cameras(happened: Happened) -> list[dict[str, str]]:
    return [
        {
            "name": c.name,
            "alive": f"{c.alive_share:.1%}",
            "rate": f"{c.rate_hz:.1f}",
            "gap": f"{c.longest_age_s:.1f}",
            "rejected": str(c.rejected),
        }
        for c in happened.cameras
    ]


def _coverage_note(site: Site, language: Language) -> str:
    cover = coverage_map(site)
    return say(language, "coverage.note", one=f"{cover.share_seen(1):.1%}", two=f"{cover.share_seen(2):.1%}")
