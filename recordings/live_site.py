"""Another version of the site for an engine that runs: checked, kept and made ready beside it, taken in between ticks.

What takes time, reading the text, working out which camera sees what, the disk, happens in a thread of its own, so
that no decision waits for it. The deciding thread changes over in one step. A site that cannot be used changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from calibration.errors import BadInput
from calibration.site import Site
from calibration.site_change import changes, obstacle, public_site, version_of, with_sources, words
from calibration.site_file import parse_site, site_text
from recordings.site_store import SiteStore
from safety.engine import Engine
from safety.records import Refusal
from safety.site_records import ApplySite, SiteEntry, SiteNews

NEWS_S = 2.0
"""How often the site is told to consoles that have started since."""
SHOWN = 40
Answer = Callable[[str, Refusal], object]
Note = Callable[[str, str, str, dict[str, object]], None]


class Follower(Protocol):
    """Whoever goes by the site: a source, the recorder."""

    def take_site(self, site: Site) -> None:
        """Go by this version from now on. Returns at once."""


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """What an engine finds beside its site: the key folder, and the site file with its history."""

    keys: Path
    store: SiteStore


@dataclass(frozen=True, slots=True)
class Ready:
    """A version that is on the disk, and an engine that can take the place of the one that runs."""

    site: Site
    engine: Engine
    entry: SiteEntry
    history: tuple[SiteEntry, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    console: str
    command: ApplySite
    made: Future[Ready]


class SiteDesk:
    """Everything about changing the site that the deciding thread asks; no call of it waits.

    Args:
        site: what runs.
        store: the site file and its history; None where there is no file, so that nothing can be changed.
        followers: who else goes by the site within this process.
        answer: sends a refusal to a console.
        note: writes role, name, what and details to the audit log.
    """

    def __init__(
        self,
        site: Site,
        store: SiteStore | None,
        followers: Sequence[Follower | None],
        answer: Answer,
        note: Note,
    ) -> None:
        self._site, self._version, self._store = site, version_of(site), store
        self._followers, self._answer, self._note = followers, answer, note
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="site")
        self._asked: _Asked | None = None
        self._history = self._read()
        self._told_s = -1e9

    @property
    def site(self) -> Site:
        """The version that the engine goes by."""
        return self._site

    def take(self, console: str, command: ApplySite, now_s: float, wall_s: float) -> None:
        """An engineer's command, already found to be one."""
        if self._store is None:
            self._refuse(console, "this engine runs without a site file", now_s)
        elif self._asked is not None:
            self._refuse(console, "another change is being taken in just now; look at it, then try again", now_s)
        elif command.base != self._version:
            why = "the site was changed meanwhile: this change was made to an older version than the one that runs"
            self._refuse(console, why, now_s, "stale")
        else:
            made = self._pool.submit(_ready, self._store, self._site, command, wall_s)
            self._asked = _Asked(console, command, made)

    def change_over(self, running: Engine, now_s: float) -> Engine:
        """The engine that decides from now on: ``running``, or one that goes on from it where another version is ready.

        Permits and latches are no part of it: what was stopped stays stopped.
        """
        asked = self._asked
        if asked is None or not asked.made.done():
            return running
        self._asked = None
        if (error := asked.made.exception()) is not None:
            self._refuse(asked.console, str(error) if isinstance(error, BadInput) else repr(error), now_s)
            return running
        ready = asked.made.result()
        try:
            ready.engine.carry_on(running)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, what runs must run on
            why = f"the engine could not take it in, and runs on as before ({error!r})"
            self._refuse(asked.console, why, now_s)
            if self._store is not None:
                self._pool.submit(self._store.undo, ready.entry)
            return running
        self._taken(asked, ready)
        return ready.engine

    def _taken(self, asked: _Asked, ready: Ready) -> None:
        detail: dict[str, object] = {
            "by": asked.command.by,
            "version": ready.entry.n,
            "was": self._version,
            "is": ready.entry.version,
            "changes": [words(change) for change in ready.entry.changes],
            "comment": ready.entry.comment,
            "back_to": asked.command.back_to,
        }
        self._note("console", asked.console, "site", detail)
        for follower in self._followers:
            if follower is not None:
                follower.take_site(ready.site)
        self._site, self._version = ready.site, ready.entry.version
        self._history, self._told_s = ready.history, -1e9

    def news(self, now_s: float) -> SiteNews | None:
        """What consoles are to know of the site, when it is time: at every change, and every few seconds."""
        if now_s - self._told_s < NEWS_S:
            return None
        self._told_s = now_s
        text = site_text(public_site(self._site))
        return SiteNews(time_s=now_s, version=self._version, text=text, history=self._history[-SHOWN:])

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _refuse(self, console: str, why: str, now_s: float, code: str = "") -> None:
        self._note("console", console, "refused", {"command": "ApplySite", "reason": why})
        self._answer(console, Refusal(time_s=now_s, command="ApplySite", reason=why, code=code))

    def _read(self) -> tuple[SiteEntry, ...]:
        try:
            return self._store.entries() if self._store is not None else ()
        except BadInput as error:
            self._note("engine", "engine", "fault", {"fault": str(error)})
            return ()


def _ready(store: SiteStore, running: Site, command: ApplySite, wall_s: float) -> Ready:
    """Check a version and make everything ready for it; on the disk last. Raises BadInput."""
    text = store.text_of(command.back_to) if command.back_to else command.text
    site = with_sources(parse_site(text, "site"), running)
    if why := obstacle(running, site):
        raise BadInput(why)
    if not changes(running, site):
        raise BadInput("nothing differs from the site that runs")
    engine = Engine(site)
    entry = store.put(running, site, command.by, wall_s, command.comment.strip())
    return Ready(site, engine, entry, store.entries())
