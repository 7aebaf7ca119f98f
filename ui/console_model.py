"""The console's presenter: takes what the bus brings, with times, and says what each view shows.

It holds no widget and reads no clock, so every state of the console can be tested without a screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from calibration.site import Site
from safety.freshness import EngineWatch, Pulse
from safety.health_records import EngineHealth, PartsStatus, PartView
from safety.records import AlarmTransition, Command, Picture, Refusal, SignIn, SignOut, Snapshot
from safety.site_records import SiteNews
from safety.word_records import Word
from tracking.records import Boxes
from ui.alarm_rows import AlarmRow, Headline, alarm_rows, event_text, headline, wall_text
from ui.calm import Calm
from ui.commands import CommandDesk, Notice
from ui.health_model import Chip, Seen, Tile, Words, chips, tile
from ui.health_page_model import HealthView, given_up_words, health_view
from ui.session_model import SessionDesk
from ui.site_page_model import SitePageModel
from ui.text import Language, say

Connection = Literal["waiting", "refused", "version"]
"""Why nothing has come yet: no answer, a key that is not admitted, another version."""
_BOXES_KEPT = 8
_NUMBERS = re.compile(r"[\d.]+")


@dataclass(frozen=True, slots=True)
class PlanView:
    """What the floor plan shows. ``stale`` is the text across it when it is not live, else empty."""

    snapshot: Snapshot | None
    live: bool
    stale: str


class ConsoleModel:
    """State of one console. All times are the console's own monotonic seconds."""

    def __init__(
        self,
        site: Site,
        name: str = "console-1",
        language: Language | None = None,
        send: Callable[[Command | SignIn | SignOut], None] | None = None,
    ) -> None:
        self.site = site
        self.language: Language = language or site.site.language
        self.desk = CommandDesk(name, send)
        self.session = SessionDesk(name, send)
        self.site_page = SitePageModel(site, name, send)
        self._send = send
        self._word_refused: Refusal | None = None
        self.snapshot: Snapshot | None = None
        self.health: EngineHealth | None = None
        self._parts: tuple[PartView, ...] | None = None
        """What the supervisor of this very machine tells, also when the engine is gone."""
        self.connection: Connection = "waiting"
        self._watch = EngineWatch()
        self._seen: dict[str, Seen] = {}
        self._event: AlarmTransition | None = None
        self._calm_head: Calm[Headline] = Calm()
        self._calm_rows: Calm[list[AlarmRow]] = Calm()
        self._calm_chips: Calm[list[Chip]] = Calm()
        self._calm_page: Calm[HealthView] = Calm()
        self._calm_tiles: dict[str, Calm[tuple[str, str]]] = {}

    def receive(self, message: object, received_s: float) -> None:
        """Take one message of the bus. ``received_s`` is when it reached this machine, not when it is handled."""
        match message:
            case Snapshot():
                if self._watch.receive(message, received_s):
                    self.snapshot = message
                    self.desk.observe(message)
                    self.session.observe(message)
            case SiteNews():
                self.site = self.site_page.receive(message) or self.site
            case EngineHealth():
                self.health = message
                self.desk.observe_self_test(message.self_test is not None and not message.self_test.done)
            case PartsStatus():
                self._parts = message.parts or None
            case AlarmTransition():
                self._event = message
            case Picture():
                old = self._seen.get(message.camera, Seen())
                self._seen[message.camera] = Seen(message, received_s, old.boxes, old.boxes_at_s)
            case Boxes():
                old = self._seen.get(message.camera, Seen())
                kept = (*old.boxes, message)[-_BOXES_KEPT:]
                self._seen[message.camera] = Seen(old.picture, old.picture_at_s, kept, received_s)
            case Refusal():
                self._refused(message, received_s)

    def _refused(self, refusal: Refusal, received_s: float) -> None:
        match refusal.command:
            case "SignIn":
                self.session.refused(refusal, received_s)
            case "ApplySite":
                self.site_page.refused(refusal)
            case "Verdict" | "HandOver" | "Access":
                self._word_refused = refusal
            case _:
                self.desk.refused(refusal, received_s)

    def pictures(self) -> dict[str, Picture]:
        """The newest picture of every camera that has sent one."""
        return {name: seen.picture for name, seen in self._seen.items() if seen.picture is not None}

    def tell(self, word: Word) -> None:
        """Send what a person has kept in the audit log: a verdict, or what one shift tells the next."""
        if self._send is not None:
            self._send(msgspec.structs.replace(word, by=self.desk.name))

    def word_refused(self) -> Refusal | None:
        """The engine's answer to a word that it did not take, once."""
        told, self._word_refused = self._word_refused, None
        return told

    def pulse(self, now_s: float) -> Pulse:
        return self._watch.pulse(now_s)

    def headline(self, now_s: float) -> Headline:
        address = f"{self.site.bus.host}:{self.site.bus.publish_port}"
        waiting_for = say(self.language, f"reason.{self.connection}", address=address)
        hoists = bool(self.site.hoist)
        head = headline(self.snapshot, self.pulse(now_s), self.language, waiting_for, hoists, self.site.relay)
        given_up = given_up_words([p for p in self._parts or () if p.part == "engine"], self.language)
        if given_up and head.kind in ("waiting", "silent"):
            head = replace(head, reason=say(self.language, "reason.given_up", given_up=given_up))
        meaning = (replace(head, reason=""), head.reason if head.kind == "waiting" else "")
        return self._calm_head.take((meaning, self.language), head, now_s)

    def rows(self, now_s: float) -> list[AlarmRow]:
        """The alarm list, most pressing first."""
        rows = alarm_rows(self.snapshot, self.language)
        meaning = tuple((r.id, r.level, r.active, r.state) for r in rows)
        return self._calm_rows.take((meaning, self.language), rows, now_s)

    def notice(self, now_s: float) -> Notice | None:
        return self.desk.notice(now_s)

    def event(self) -> str:
        """The last alarm transition as a line, empty before the first."""
        return event_text(self._event, self.snapshot, self.language) if self._event else ""

    def tiles(self, now_s: float) -> list[Tile]:
        """One tile per camera of the site, in its order, and after them any that only the engine names."""
        views = {c.camera: c for c in self.snapshot.cameras} if self.snapshot else {}
        names = [c.name for c in self.site.camera]
        names += sorted((set(views) | set(self._seen)) - set(names))
        pulse, words = self.pulse(now_s), self._words()
        tiles = [tile(n, views.get(n), self._seen.get(n, Seen()), pulse, now_s, words) for n in names]
        return [self._calmed(t, now_s) for t in tiles]

    def _calmed(self, new: Tile, now_s: float) -> Tile:
        """The tile with its numbers held back; picture and boxes never wait."""
        meaning = (new.alive, new.dim, _NUMBERS.sub("", new.notice), self.language)
        calm = self._calm_tiles.setdefault(new.camera, Calm())
        caption, notice = calm.take(meaning, (new.caption, new.notice), now_s)
        return replace(new, caption=caption, notice=notice)

    def chips(self, now_s: float) -> list[Chip]:
        cards = chips(self.snapshot, self.pulse(now_s), self._words())
        meaning = tuple((c.title, c.mark, c.node, _NUMBERS.sub("", c.value)) for c in cards)
        return self._calm_chips.take((meaning, self.language), cards, now_s)

    def health_page(self, now_s: float) -> HealthView:
        """The health page; its numbers are held back as those of the strip."""
        pulse = self.pulse(now_s)
        # The engine's own word goes before that of this machine, which may be another one's supervisor.
        told = self.health.parts if self.health is not None and self.health.supervised and pulse.live else self._parts
        view = health_view(self.snapshot, self.health, told, pulse, self._words())
        rows = (*view.cameras, *view.outputs, *view.sounds, *(view.parts or ()))
        meaning = tuple((row.key, row.mark, *(_NUMBERS.sub("", cell) for cell in row.cells)) for row in rows)
        return self._calm_page.take((meaning, view.live, view.alarm, self.language), view, now_s)

    def plan(self, now_s: float) -> PlanView:
        pulse = self.pulse(now_s)
        if self.snapshot is None:
            return PlanView(None, False, say(self.language, "plan.empty"))
        if pulse.live:
            return PlanView(self.snapshot, True, "")
        time = wall_text(self.snapshot, self.snapshot.time_s)
        return PlanView(self.snapshot, False, say(self.language, "plan.stale", time=time))

    def clock(self, now_s: float) -> str:
        """Time of day at the engine, carried on from the last snapshot; dashes before the first."""
        if self.snapshot is None:
            return "--:--:--"
        return wall_text(self.snapshot, self.snapshot.time_s + self.pulse(now_s).age_s)

    def latched(self, node: str) -> bool:
        return self.snapshot is not None and any(n.node == node and n.latched for n in self.snapshot.nodes)

    def _words(self) -> Words:
        return Words(self.language, self.site.policy, self.site)
