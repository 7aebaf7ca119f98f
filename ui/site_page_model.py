"""The page on which the site is edited, without a screen: draft, selection, applying, history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from calibration.errors import BadInput
from calibration.site import Site
from calibration.site_change import changes, public_site
from calibration.site_file import parse_site, site_text
from safety.records import Refusal, SessionView
from safety.site_records import TEXT_MAX, ApplySite, SiteEntry, SiteNews
from ui.site_draft import Fault, Point, Ref, Rows, SiteDraft, TableName, points_of
from ui.site_faults import change_words, fault_words
from ui.text import Language, refusal_words, say

ANSWER_S = 60.0
"""An engine that has neither taken nor refused a site by then has not answered."""
Tone = Literal["soft", "calm", "error", "caution"]


@dataclass(frozen=True, slots=True)
class Status:
    """One line beside the buttons, and how it is meant."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One version, newest first. ``runs`` is the one in force."""

    n: int
    when: str
    by: str
    what: tuple[str, ...]
    runs: bool


@dataclass(slots=True)
class _Sent:
    site: Site | None
    base: str
    at_s: float


class SitePageModel:
    """What is edited and what became of it. ``send`` hands a command to the bus; it must not block."""

    def __init__(self, site: Site, console: str, send: Callable[[ApplySite], None] | None) -> None:
        self._console, self._send = console, send
        self._running = public_site(site)
        self.draft = SiteDraft(self._running)
        self.news: SiteNews | None = None
        self.selected: Ref | None = None
        self.corner: int | None = None
        self._base = ""
        self._sent: _Sent | None = None
        self._outcome: Status | Refusal | Literal["taken", "silent", "unsent", ""] = ""
        self._checked: tuple[Rows | None, tuple[Site | None, tuple[Fault, ...]]] = (None, (None, ()))

    # What the engine tells

    def receive(self, news: SiteNews) -> Site | None:
        """Take in the site that the engine runs; the site where it is another than before, else None."""
        before, self.news = self.news, news
        if before is not None and before.version == news.version:
            return None
        try:
            site = parse_site(news.text, "site")
        except BadInput:
            return None  # an engine of another version, which the banner says
        if self._sent is not None and before is not None and _mine(news, self._console):
            self._sent, self._outcome = None, "taken"
            self._start(site, news.version)
        elif not self.draft.dirty:
            self._start(site, news.version)
        elif site == self.draft.base:
            self._base = news.version
        running, self._running = self._running, site
        return site if site != running else None

    def refused(self, refusal: Refusal) -> None:
        """The engine, or the bus, did not take what was sent."""
        self._sent, self._outcome = None, refusal

    @property
    def stale(self) -> bool:
        """Whether the edits were made to another version than the one that runs."""
        return self.news is not None and self._base != self.news.version

    # Editing

    def add(self, table: TableName, at_m: Point, language: Language) -> None:
        self._edited()
        self.select(self.draft.add(table, at_m, say(language, f"site.new_{table}")))

    def delete_selected(self) -> None:
        if self.selected is not None:
            self._edited()
            self.draft.delete(self.selected)
            self.select(None)

    def select(self, ref: Ref | None, corner: int | None = None) -> None:
        self.selected, self.corner = ref, corner

    def next_corner(self, step: int = 1) -> None:
        row = self.draft.row(self.selected)
        if row is not None:
            number = len(points_of(row))
            self.corner = (0 if step > 0 else number - 1) if self.corner is None else (self.corner + step) % number

    def nudge(self, by_m: Point) -> None:
        """Move the chosen corner, or the whole thing where none is chosen."""
        row, ref = self.draft.row(self.selected), self.selected
        if row is None or ref is None:
            return
        self._edited()
        if self.corner is None or self.corner >= len(points_of(row)):
            self.draft.move(ref, by_m)
        else:
            x, y = points_of(row)[self.corner]
            self.draft.move_corner(ref, self.corner, (x + by_m[0], y + by_m[1]))

    def split_edge(self, after: int | None = None) -> None:
        """A new corner in the middle of the edge behind the chosen one."""
        row, ref = self.draft.row(self.selected), self.selected
        if row is None or ref is None:
            return
        points = points_of(row)
        k = after if after is not None else self.corner or 0
        (x0, y0), (x1, y1) = points[k % len(points)], points[(k + 1) % len(points)]
        self._edited()
        self.draft.insert_corner(ref, k, ((x0 + x1) / 2, (y0 + y1) / 2))
        self.corner = k + 1 if "polygon_m" in row else self.corner

    def remove_corner(self) -> None:
        if self.selected is not None and self.corner is not None:
            self._edited()
            self.draft.remove_corner(self.selected, self.corner)
            self.corner = None

    def put(self, field: str, value: object) -> None:
        if self.selected is not None:
            self._edited()
            self.draft.put(self.selected, field, value)

    def undo(self) -> None:
        self._edited()
        self.draft.undo()
        self._keep_selection()

    def redo(self) -> None:
        self._edited()
        self.draft.redo()
        self._keep_selection()

    def discard(self) -> None:
        """Forget the edits and go on from the site that runs."""
        self._outcome = ""
        self._start(self._running, self.news.version if self.news is not None else "")

    def changed_in_drag(self) -> None:
        """A shape is dragged: what became of the last apply is no news any more."""
        self._edited()

    # What it amounts to

    def checked(self) -> tuple[Site | None, tuple[Fault, ...]]:
        """The edited site, or its faults."""
        if self._checked[0] is not self.draft.rows:
            self._checked = (self.draft.rows, self.draft.checked())
        return self._checked[1]

    def shown(self) -> Site:
        """The site as it is edited, right or wrong, to be drawn."""
        site, _ = self.checked()
        if site is not None:
            return site
        from calibration.site import Hoist, Structure, Zone

        models = {"zone": Zone, "structure": Structure, "hoist": Hoist}
        rows = {t: tuple(models[t].model_construct(**row) for row in self.draft.rows[t]) for t in models}
        return self.draft.base.model_copy(update=rows)

    def faulty(self) -> frozenset[Ref]:
        """Rows with a fault, to be marked where they are drawn and listed."""
        return frozenset(fault.ref for fault in self.checked()[1] if fault.ref is not None)

    def edits(self) -> int:
        """How many rows differ from the version that is edited."""
        if not self.draft.dirty:
            return 0
        site, _ = self.checked()
        return len(changes(self.draft.base, site)) or 1 if site is not None else max(1, len(self.faulty()))

    def can_apply(self) -> bool:
        ready = self.news is not None and not self.stale and self._sent is None
        return ready and self.draft.dirty and self.checked()[0] is not None

    def apply(self, comment: str, now_s: float) -> None:
        """Send the edited site to the engine."""
        site, _ = self.checked()
        if site is None or not self.can_apply():
            return
        self._tell(
            ApplySite(time_s=now_s, by=self._console, base=self._base, text=site_text(site), comment=comment), site
        )

    def go_back(self, n: int, now_s: float, comment: str) -> None:
        """Ask for a version of the history."""
        if self.news is not None and self._sent is None:
            command = ApplySite(time_s=now_s, by=self._console, base=self.news.version, back_to=n, comment=comment)
            self._tell(command, None)

    def _tell(self, command: ApplySite, site: Site | None) -> None:
        if len(command.text) > TEXT_MAX:
            self._outcome = Refusal(time_s=command.time_s, command="ApplySite", reason="", code="too_long")
        elif self._send is None:
            self._outcome = "unsent"
        else:
            self._sent, self._outcome = _Sent(site, command.base, command.time_s), ""
            self._send(command)

    @property
    def taken(self) -> bool:
        """Whether the newest that was applied is what runs now."""
        return self._outcome == "taken"

    def status(self, session: SessionView | None, users: bool, now_s: float, language: Language) -> Status:
        """The line beside the buttons: what went wrong before what is to be done next."""
        if self._sent is not None and now_s - self._sent.at_s > ANSWER_S:
            self._sent, self._outcome = None, "silent"
        if self._sent is not None:
            return Status(say(language, "site.sent"), "soft")
        if (told := self._told(language)) is not None:
            return told
        if self.news is None:
            return Status(say(language, "site.waiting"), "caution")
        if self.draft.dirty and self.stale:
            newest = self.news.history[-1] if self.news.history else None
            by, time = (newest.by, _when(newest)[-5:]) if newest else ("–", "–")
            return Status(say(language, "site.stale", by=by or say(language, "site.found"), time=time), "error")
        return self._draft_status(session, users, language)

    def _told(self, language: Language) -> Status | None:
        """What became of the last apply, as long as nothing was edited since."""
        match self._outcome:
            case Refusal(code="too_long"):
                return Status(say(language, "site.unsent", why=say(language, "site.too_long", most=TEXT_MAX)), "error")
            case Refusal() as refusal:
                why = refusal_words(language, refusal.code, refusal.reason)
                return Status(say(language, "site.refused", why=why), "error")
            case "taken" if not self.draft.dirty:
                return Status(say(language, "site.taken"), "calm")
            case "silent":
                return Status(say(language, "site.silent"), "error")
            case "unsent":
                return Status(say(language, "site.unsent", why="–"), "error")
        return None

    def _draft_status(self, session: SessionView | None, users: bool, language: Language) -> Status:
        _, faults = self.checked()
        if faults:
            words = fault_words(faults[0], self.draft, language)
            key = "site.faulty" if len(faults) == 1 else "site.faulty_more"
            return Status(
                say(language, key, fault=words, **({"n": len(faults) - 1} if len(faults) > 1 else {})), "error"
            )
        if not self.draft.dirty:
            return Status(say(language, "site.unchanged"), "soft")
        words = say(language, "site.edited", n=self.edits())
        if not users:
            words += " " + say(language, "site.needs_users")
        elif session is not None and session.role != "engineer":
            words += " " + say(language, "site.needs_engineer", user=session.user)
        return Status(words, "caution")

    def history(self, language: Language) -> tuple[HistoryRow, ...]:
        """Versions of this site, newest first."""
        if self.news is None:
            return ()
        entries = self.news.history
        runs = max((e.n for e in entries if e.version == self.news.version), default=0)
        return tuple(
            HistoryRow(
                e.n,
                _when(e),
                e.by or say(language, "site.found"),
                (*((f"“{e.comment}”",) if e.comment else ()), *(change_words(c, language) for c in e.changes)),
                e.n == runs,
            )
            for e in reversed(entries)
        )

    def _edited(self) -> None:
        self._outcome = ""

    def _start(self, site: Site, version: str) -> None:
        row, table = self.draft.row(self.selected), self.selected.table if self.selected else ""
        self.draft, self._base = SiteDraft(site), version
        name = row["name"] if row is not None else None
        same = (r for r in self.draft.refs() if r.table == table and self.draft.rows[table][r.index]["name"] == name)
        self.selected = next(same, None)

    def _keep_selection(self) -> None:
        row = self.draft.row(self.selected)
        if row is None:
            self.select(None)
        elif self.corner is not None and self.corner >= len(points_of(row)):
            self.corner = None


def _mine(news: SiteNews, console: str) -> bool:
    return bool(news.history) and news.history[-1].by.rpartition("@")[2] == console


def _when(entry: SiteEntry) -> str:
    return dt.datetime.fromtimestamp(entry.wall_s).strftime("%Y-%m-%d %H:%M")
