"""A self-test in words: its lines for the console and the terminal, and the page that is printed and signed."""

from __future__ import annotations

import datetime as dt
import html
from dataclasses import dataclass

from safety.self_test_records import SelfTestItem, SelfTestReport, Verdict
from ui.text import TEXT, Language, say

_TONES = ("attention", "warning", "danger", "fault")
_COLOURS: dict[Verdict, str] = {"passed": "#12733A", "failed": "#C40D28", "untested": "#7A5200"}
_SIGNS: dict[Verdict, str] = {"passed": "✓", "failed": "✗", "untested": "–"}


@dataclass(frozen=True, slots=True)
class Line:
    """One item: what is tested, of what, how it came out and why."""

    kind: str
    name: str
    verdict: Verdict
    verdict_text: str
    why: str


def lines(report: SelfTestReport, language: Language) -> tuple[Line, ...]:
    return tuple(_line(item, language) for item in report.items)


def outcome(report: SelfTestReport) -> Verdict:
    """The worst of all items; what could not be tested is no pass."""
    if not report.done:
        return "running"
    if report.count("failed"):
        return "failed"
    return "untested" if report.count("untested") or not report.items else "passed"


def headline(report: SelfTestReport, language: Language) -> str:
    """The result in one line; while it runs, how far it is."""
    counts = {"passed": report.count("passed"), "failed": report.count("failed"), "untested": report.count("untested")}
    of_all = len(report.items)
    if not report.done:
        return say(language, "selftest.progress", done=sum(counts.values()), all=of_all)
    key = {"failed": "failed", "passed": "all_passed", "untested": "passed"}[outcome(report)]
    return say(language, f"selftest.{key}" if of_all else "selftest.none", all=of_all, **counts)


def who(report: SelfTestReport, language: Language) -> str:
    began = _time(report.began_wall_s)
    if report.ended_wall_s is None:
        return say(language, "selftest.running", by=report.by, began=began)
    return say(language, "selftest.who", by=report.by, began=began, ended=_time(report.ended_wall_s))


def summary(report: SelfTestReport, language: Language) -> str:
    """Everything in one line."""
    return f"{headline(report, language)} · {who(report, language)}"


def record(report: SelfTestReport, language: Language) -> str:
    """Where it stands in the audit log, empty until it does."""
    return say(language, "selftest.record", row=report.row, hash=report.hash) if report.row else ""


def page(report: SelfTestReport, site: str, language: Language) -> str:
    """The whole report as an HTML page without anything to load, for printing on paper."""
    rows = "\n".join(
        f'<tr><td>{html.escape(line.kind)}</td><td>{html.escape(line.name)}</td><td class="v" style="color:'
        f'{_COLOURS.get(line.verdict, "#171C21")}">{_SIGNS.get(line.verdict, "")} {html.escape(line.verdict_text)}</td>'
        f"<td>{html.escape(line.why)}</td></tr>"
        for line in lines(report, language)
    )
    title = say(language, "selftest.of", site=site) if site else say(language, "selftest.title")
    check = say(language, "selftest.check", row=report.row, hash=report.hash) if report.row else ""
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{html.escape(title)}</title>
<style>
body {{ font-family: "Noto Sans CJK KR", "NanumGothic", "Malgun Gothic", "DejaVu Sans", sans-serif; color: #171C21;
  max-width: 60em; margin: 2em auto; padding: 0 1em; }}
table {{ border-collapse: collapse; width: 100%; }}
td {{ border-top: 1px solid #B6BEC6; padding: .35em .6em; vertical-align: top; }}
tr {{ break-inside: avoid; }}
.v {{ white-space: nowrap; font-weight: bold; }}
.small {{ color: #4A545E; font-size: .85em; overflow-wrap: anywhere; }}
.sign {{ margin-top: 3em; border-top: 1px solid #171C21; width: 24em; padding-top: .3em; }}
</style></head><body>
<h1>{html.escape(title)}</h1>
<h2>{html.escape(headline(report, language))}</h2>
<p>{html.escape(who(report, language))}</p>
<table>
{rows}
</table>
<p class="small">{html.escape(record(report, language))}<br>{html.escape(check)}</p>
<p class="sign small">{html.escape(say(language, "selftest.signature"))}</p>
</body></html>
"""


def _line(item: SelfTestItem, language: Language) -> Line:
    key = f"selfwhy.{item.why}"
    # What an annunciator or a relay node says in its own words stays in them.
    why = say(language, key, about=item.about) if key in TEXT else item.about
    return Line(
        kind=say(language, f"selfkind.{item.kind}"),
        name=_name(item, language),
        verdict=item.verdict,
        verdict_text=say(language, f"selfverdict.{item.verdict}"),
        why=why,
    )


def _name(item: SelfTestItem, language: Language) -> str:
    """A tone by the name that it has at the console."""
    head, _, last = item.name.rpartition(" ")
    if item.kind == "sound" and head and last in _TONES:
        return f"{head} {say(language, f'tone.{last}')}"
    return item.name


def _time(wall_s: float) -> str:
    return dt.datetime.fromtimestamp(wall_s).strftime("%Y-%m-%d %H:%M:%S")
