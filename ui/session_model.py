"""Who is signed in at this console, and what became of signing in: the presenter, without a screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from safety.records import Refusal, SessionView, SignIn, SignOut, Snapshot
from ui.alarm_rows import wall_text
from ui.text import Language, duration, say

SILENT_S = 4.0
"""An engine that has not answered a sign-in by then does not answer."""
Outcome = Literal["none", "checking", "wrong", "locked", "no_users", "silent"]
Send = Callable[[SignIn | SignOut], None]


@dataclass(frozen=True, slots=True)
class SessionLabel:
    """What stands in the corner: a word, and a sentence for whoever points at it. ``alert`` asks for attention."""

    text: str
    tip: str
    alert: bool = False


class SessionDesk:
    """Signs in and out at the engine and follows by its snapshots who is. It never keeps a password."""

    def __init__(self, console: str, send: Send | None = None) -> None:
        self._console, self._send = console, send
        self._snapshot: Snapshot | None = None
        self._outcome: Outcome = "none"
        self._locked_until_s = 0.0
        self._asked_s = 0.0

    @property
    def mine(self) -> SessionView | None:
        """The session at this console, None where nobody is signed in."""
        sessions = self._snapshot.sessions if self._snapshot is not None else ()
        return next((s for s in sessions if s.console == self._console), None)

    @property
    def signature(self) -> str:
        """Who acts here, as the engine writes it in its log: by the last that it told."""
        session = self.mine
        return self._console if session is None else f"{session.user}@{self._console}"

    @property
    def needed(self) -> bool:
        """Whether a command would be refused for want of a sign-in."""
        return self._snapshot is not None and self._snapshot.sign_in_required and self.mine is None

    def sign_in(self, user: str, password: str, now_s: float) -> None:
        self._outcome, self._asked_s = "checking", now_s
        if self._send is not None:
            self._send(SignIn(time_s=now_s, by=self._console, user=user, password=password))

    def sign_out(self, now_s: float) -> None:
        if self._send is not None:
            self._send(SignOut(time_s=now_s, by=self._console))

    def begin(self) -> None:
        """A dialog opens: nothing has been tried in it yet."""
        self._outcome = "none"

    def observe(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        if self.mine is not None:
            self._outcome = "none"

    def refused(self, refusal: Refusal, now_s: float) -> None:
        """What the engine, or the bus, has against a sign-in."""
        match refusal.code:
            case "wrong" | "no_users":
                self._outcome = refusal.code
            case "locked":
                self._outcome, self._locked_until_s = "locked", now_s + refusal.wait_s
            case _:
                self._outcome = "silent"

    def outcome(self, now_s: float) -> Outcome:
        if self._outcome == "checking" and now_s - self._asked_s > SILENT_S:
            self._outcome = "silent"
        if self._outcome == "locked" and now_s >= self._locked_until_s:
            self._outcome = "none"
        return self._outcome

    def words(self, language: Language, now_s: float) -> str:
        """The outcome as a sentence, empty before anything was tried."""
        outcome = self.outcome(now_s)
        if outcome == "none":
            return ""
        if outcome == "locked":
            return say(language, "signin.locked", time=duration(language, self._locked_until_s - now_s))
        return say(language, f"signin.{outcome}")

    def label(self, language: Language) -> SessionLabel:
        if self._snapshot is None:
            return SessionLabel(say(language, "session.unknown"), "")
        if not self._snapshot.sign_in_required:
            return SessionLabel(say(language, "session.open"), say(language, "session.open_tip"), alert=True)
        session = self.mine
        if session is None:
            return SessionLabel(say(language, "session.out"), say(language, "session.out_tip"))
        role = say(language, f"user.{session.role}")
        until = wall_text(self._snapshot, session.until_s)[:5]
        return SessionLabel(
            say(language, "session.in", user=session.user, role=role),
            say(language, "session.in_tip", role=role, time=until),
        )
