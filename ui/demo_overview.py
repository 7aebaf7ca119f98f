"""What the demonstration proves: for each sample, the alarms that its truth calls for beside those that came."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from rich.console import Console
from rich.table import Table

from recordings.atomic import atomic_text
from recordings.evaluate_recording import AlarmScores, Episode, Outcome, evaluate_recording
from recordings.store import Recording
from safety.alarm_table import TABLE
from safety.records import AlarmTransition, Level
from safety.words import WORDS
from ui.demo_looks import LateLook, first_s

_WORDS = {
    "en": {
        "title": "Hoistwatch: the sample recordings",
        "lead": "Simulated halls, rendered cameras; people, hooks and loads were found in the pictures as they played. "
        "Each sample knows what truly happened, and so which alarms it calls for.",
        "sample": "Sample",
        "expected": "Alarms called for",
        "needless": "Needless alarms",
        "verdict": "Verdict",
        "passed": "as it should be",
        "failed": "not as it should be",
        "late": "Played again with the detections that the sample brings along: this machine looked at the pictures of "
        "{camera} only after {wait:.1f} s, {limit:.1f} s is the limit, and the system rightly said so.",
        "none": "none",
        "came": "{level} at {time:.1f} s",
        "missed": "MISSED: {fault}",
        "at": "{title}, {level} at {time:.1f} s",
    },
    "ko": {
        "title": "Hoistwatch: 샘플 기록",
        "lead": "시뮬레이션한 작업장과 렌더링한 카메라 영상입니다. 재생하면서 영상에서 사람, 훅, 화물을 찾았습니다. "
        "각 샘플은 실제로 일어난 일을 알고 있으므로 어떤 경보가 필요한지 알고 있습니다.",
        "sample": "샘플",
        "expected": "필요한 경보",
        "needless": "불필요한 경보",
        "verdict": "판정",
        "passed": "정상",
        "failed": "비정상",
        "late": "샘플에 저장된 검출 결과로 다시 재생했습니다. 이 컴퓨터가 {camera} 영상을 확인하는 데 {wait:.1f}초가 "
        "걸려 한계 {limit:.1f}초를 넘었고, 시스템은 이를 올바르게 알렸습니다.",
        "none": "없음",
        "came": "{time:.1f}초에 {level}",
        "missed": "누락: {fault}",
        "at": "{title}, {time:.1f}초에 {level}",
    },
}
Language = Literal["en", "ko"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One sample that was shown, where its traces lie, and how its alarms compare with the truth."""

    name: str
    hall: str
    report: Path
    picture: Path
    scores: AlarmScores
    late: LateLook | None = None
    """Why it was played a second time, with the sample's own detections."""

    @property
    def passed(self) -> bool:
        return self.scores.passed


def judged(
    sample: Recording, kept: Recording, transitions: Iterable[AlarmTransition], speed: float = 1.0
) -> AlarmScores:
    """The alarms of a live run on a sample against the sample's truth.

    The run's own clock is laid over the sample's by the first telemetry of both, which the engine
    records as it came. Raises BadInput where the sample expects nothing.
    """
    from_s, to_s = first_s(kept), first_s(sample)
    moved = (
        msgspec.structs.replace(transition, time_s=to_s + (transition.time_s - from_s) * speed)
        for transition in transitions
    )
    return evaluate_recording(sample, moved)


def write_overview(out: Path, shown: Sequence[Shown], language: Language) -> Path:
    """``report.html`` in ``out``: the verdict on each sample, with links to its own report and picture."""
    words = _WORDS[language]
    rows = []
    for one in shown:
        folder = html.escape(one.report.parent.name)
        expected = "<br>".join(html.escape(line) for line in _expected(one, language))
        needless = "<br>".join(html.escape(line) for line in _needless(one, language))
        verdict = words["passed" if one.passed else "failed"]
        if note := _note(one, language):
            verdict += f"<br><small>{html.escape(note)}</small>"
        rows.append(
            f'<tr><td><a href="{folder}/report.html">{folder}</a><br><small>{html.escape(one.hall)}</small></td>'
            f'<td><a href="{folder}/console.png"><img src="{folder}/console.png" alt="{folder}"></a></td>'
            f"<td>{expected}</td><td>{needless}</td>"
            f'<td class="{"passed" if one.passed else "failed"}">{verdict}</td></tr>'
        )
    heads = "".join(f"<th>{words[key]}</th>" for key in ("sample",)) + "<th></th>"
    heads += "".join(f"<th>{words[key]}</th>" for key in ("expected", "needless", "verdict"))
    page = _PAGE.format(language=language, title=words["title"], lead=words["lead"], heads=heads, rows="\n".join(rows))
    path = out / "report.html"
    with atomic_text(path) as stream:
        stream.write(page)
    return path


def tell_overview(shown: Sequence[Shown], page: Path) -> None:
    """Print the verdicts in one table."""
    console = Console(width=None if Console().is_terminal else 132)
    table = Table(title="What the samples call for, and what came")
    for head in ("sample", "alarms called for", "needless alarms", "verdict"):
        table.add_column(head)
    for one in shown:
        verdict = "[green]as it should be[/green]" if one.passed else "[bold red]not as it should be[/bold red]"
        table.add_row(one.name, "\n".join(_expected(one, "en")), "\n".join(_needless(one, "en")), verdict)
    console.print(table)
    for one in shown:
        if note := _note(one, "en"):
            console.print(f"{one.name}: {note}")
    console.print(f"overview: {page}", soft_wrap=True)


def _note(one: Shown, language: Language) -> str:
    if one.late is None:
        return ""
    late = one.late
    return _WORDS[language]["late"].format(camera=late.camera, wait=late.wait_s, limit=late.limit_s)


def _expected(one: Shown, language: Language) -> list[str]:
    return [_line(outcome, language) for outcome in one.scores.outcomes] or [_WORDS[language]["none"]]


def _line(outcome: Outcome, language: Language) -> str:
    words, row = _WORDS[language], outcome.expectation
    if not outcome.hit or outcome.reached_s is None:
        return f"{_title(row.situation.value, language)}: {words['missed'].format(fault=outcome.fault)}"
    came = words["came"].format(level=_level(row.level, language), time=outcome.reached_s)
    return f"{_title(row.situation.value, language)}: {came}"


def _needless(one: Shown, language: Language) -> list[str]:
    return [_told(episode, language) for episode, _ in one.scores.needless] or [_WORDS[language]["none"]]


def _told(episode: Episode, language: Language) -> str:
    worst = max((level for _, level in episode.levels), key=lambda level: level.rank)
    return _WORDS[language]["at"].format(
        title=_title(episode.situation.value, language), level=_level(worst, language), time=episode.raised_s
    )


def _level(level: Level, language: Language) -> str:
    english, korean = WORDS[f"level.{level.value}"]
    return korean if language == "ko" else english.lower()


def _title(situation: str, language: Language) -> str:
    row = next(row for key, row in TABLE.items() if key.value == situation)
    return row.title_ko if language == "ko" else row.title_en


_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  body {{ font: 15px/1.45 "Noto Sans KR", NanumGothic, "Malgun Gothic", system-ui, sans-serif; color: #171c21;
         background: #eceff1; margin: 0; }}
  main {{ max-width: 1100px; margin: 0 auto; padding: 24px 28px 48px; background: white; }}
  table {{ border-collapse: collapse; width: 100%; font-size: 14px; }}
  th {{ text-align: left; color: #4a545e; border-bottom: 2px solid #cfd5da; padding: 6px 8px; }}
  td {{ border-bottom: 1px solid #cfd5da; padding: 8px; vertical-align: top; }}
  img {{ width: 240px; height: auto; border: 1px solid #cfd5da; }}
  .passed {{ color: #0c5128; font-weight: 600; }}
  .failed {{ color: #c40d28; font-weight: 600; }}
  td small {{ color: #4a545e; font-weight: 400; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{lead}</p>
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</main>
</body>
</html>
"""
