"""Who is signed in at which console, and what may they do? Pure: times are arguments, passwords never come here.

A session belongs to a console, whose key the bus has proven, so there is no token that could be stolen. Without
any user of the site, every admitted console acts as an operator, as long as no command asks for more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calibration.policy import Policy
from safety.output_records import Bypass
from safety.records import Command, Refusal, SessionView
from safety.site_records import ApplySite
from safety.users import User, UserRole
from safety.word_records import Access

_RANK: Mapping[UserRole, int] = {"viewer": 0, "operator": 1, "engineer": 2}
_NAMES_KEPT = 1024


@dataclass(slots=True)
class _Session:
    user: User
    from_s: float
    until_s: float


@dataclass(slots=True)
class _Failures:
    times_s: tuple[float, ...] = ()
    locked_until_s: float = 0.0


def least_role(command: Command) -> UserRole:
    """The role that a command takes at least."""
    match command:
        case Access(purpose="look", faces="blurred"):
            return "viewer"
        case Bypass(for_s=0.0):
            return "operator"
        case Bypass() | ApplySite() | Access(faces="shown"):
            return "engineer"
        case _:
            return "operator"


class Sessions:
    """Sessions of all consoles. ``required`` says whether the site has users at all."""

    def __init__(self, policy: Policy, required: bool) -> None:
        self._policy = policy
        self.required = required
        self._open: dict[str, _Session] = {}
        self._failures: dict[tuple[str, str], _Failures] = {}

    def locked_s(self, user: str, console: str, now_s: float) -> float:
        """For how much longer nobody can sign in by that name, or at that console; 0 where they can."""
        keys = (("user", user), ("console", console))
        return max(0.0, *(self._failures.get(key, _Failures()).locked_until_s - now_s for key in keys))

    def failed(self, user: str, console: str, now_s: float) -> float:
        """Count a wrong name or password. Seconds for which it is locked now, 0 where it is not."""
        since_s = now_s - self._policy.sign_in_lock_s
        for key in (("user", user), ("console", console)):
            known = self._failures.setdefault(key, _Failures())
            known.times_s = (*(t for t in known.times_s if t > since_s), now_s)
            if len(known.times_s) >= self._policy.sign_in_tries:
                known.times_s, known.locked_until_s = (), now_s + self._policy.sign_in_lock_s
        if len(self._failures) > _NAMES_KEPT:
            self._failures = {k: f for k, f in self._failures.items() if f.times_s or f.locked_until_s > now_s}
        return self.locked_s(user, console, now_s)

    def open(self, console: str, user: User, now_s: float) -> None:
        """Somebody has proven who they are. Whoever was signed in there is not any more."""
        self._failures.pop(("user", user.name), None)
        self._failures.pop(("console", console), None)
        self._open[console] = _Session(user, now_s, now_s + self._policy.sign_in_for_s)

    def close(self, console: str) -> User | None:
        """End a session; whose it was."""
        session = self._open.pop(console, None)
        return session.user if session is not None else None

    def ended(self, users: Mapping[str, User], now_s: float) -> list[tuple[str, User]]:
        """End what has run out, and what belongs to somebody who is not listed as that any more: console and user."""
        over = [
            (console, session.user)
            for console, session in self._open.items()
            if now_s >= session.until_s or users.get(session.user.name) != session.user
        ]
        for console, _ in over:
            del self._open[console]
        return over

    def by(self, console: str) -> str:
        """Who acts at a console: ``kim@console-1``, or the console alone where nobody is signed in."""
        session = self._open.get(console)
        return f"{session.user.name}@{console}" if session is not None else console

    def refusal(self, console: str, command: Command, now_s: float) -> Refusal | None:
        """Why nobody there may give this command now; None where they may."""
        name, least = type(command).__name__, least_role(command)
        session = self._open.get(console)
        if session is None and (self.required or least == "engineer"):
            why = f"{name} needs somebody to be signed in"
            return Refusal(time_s=now_s, command=name, reason=why, code="sign_in")
        if session is not None and _RANK[session.user.role] < _RANK[least]:
            why = f"{name} is not for a {session.user.role}"
            return Refusal(time_s=now_s, command=name, reason=why, code="role")
        if isinstance(command, Access) and command.faces == "shown" and not command.reason.strip():
            return Refusal(time_s=now_s, command=name, reason="showing faces needs a reason", code="reason")
        return None

    def views(self) -> tuple[SessionView, ...]:
        """Everybody who is signed in, by console."""
        return tuple(
            SessionView(console=console, user=s.user.name, role=s.user.role, until_s=s.until_s)
            for console, s in sorted(self._open.items())
        )
