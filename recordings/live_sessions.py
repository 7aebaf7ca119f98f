"""Sign-ins at the live engine: checked in a thread of their own, since a password takes some 50 ms and a decision 5.

Users may be added, changed or removed while the engine runs: their file is looked at once a second. Whoever is
removed, or gets another role or password, is signed out by it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from calibration.errors import HoistwatchError
from calibration.policy import Policy
from safety.bus import Received
from safety.file_watch import FileWatch
from safety.records import Command, Refusal, SessionView, SignIn, SignOut
from safety.sessions import Sessions
from safety.users import USERS_FILE, User, Users, load_users, verified

Answer = Callable[[str, Refusal], object]
Note = Callable[[str, str, str, dict[str, object]], None]
_LOOK_S = 1.0


class SessionDesk:
    """Everything about sessions that the deciding thread asks; no call of it waits.

    Args:
        folder: key folder of the site, with ``users.toml`` where there are users; None for a site without.
        answer: sends a refusal to a console.
        note: writes role, name, what and details to the audit log.
        wake: called from another thread once a password has been checked.

    Raises:
        BadInput: the file of users cannot be used.
    """

    def __init__(
        self, folder: Path | None, policy: Policy, answer: Answer, note: Note, wake: Callable[[], None]
    ) -> None:
        self._file = FileWatch(folder / USERS_FILE) if folder is not None else None
        self._users: Users = load_users(folder) if folder is not None else {}
        self._sessions = Sessions(policy, required=bool(self._users))
        self._answer, self._note, self._wake = answer, note, wake
        self._checks: dict[str, tuple[str, Future[User | None]]] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sign-in")
        self._look_s = 0.0
        self.fault = ""
        """Why the users of before still count, empty where the file is sound."""

    @property
    def required(self) -> bool:
        return self._sessions.required

    def views(self) -> tuple[SessionView, ...]:
        return self._sessions.views()

    def take(self, entry: Received, now_s: float) -> bool:
        """Handle a sign-in or sign-out; False where the message is none."""
        match entry.message:
            case SignIn() as asked:
                self._ask(entry.name, asked, now_s)
            case SignOut():
                self._closed(entry.name, self._sessions.close(entry.name), "signed out")
            case _:
                return False
        return True

    def refusal(self, console: str, command: Command, now_s: float) -> Refusal | None:
        """Why the command is not for whoever is at that console; None where it is."""
        return self._sessions.refusal(console, command, now_s)

    def by(self, console: str) -> str:
        return self._sessions.by(console)

    def settle(self, now_s: float) -> None:
        """What has been found out since: passwords checked, users changed, sessions run out."""
        for console, (name, check) in list(self._checks.items()):
            if check.done():
                del self._checks[console]
                self._checked(console, name, check.result(), now_s)
        if now_s - self._look_s >= _LOOK_S:
            self._look_s = now_s
            self._look()
        for console, user in self._sessions.ended(self._users, now_s):
            self._closed(console, user, "ended: time is up, or the user was changed")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, console: str, asked: SignIn, now_s: float) -> None:
        if not self.required:
            self._refuse(console, asked.user, "this site has no users", "no_users", now_s)
        elif (wait_s := self._sessions.locked_s(asked.user, console, now_s)) > 0.0:
            self._refuse(console, asked.user, "locked after too many wrong passwords", "locked", now_s, wait_s)
        elif console not in self._checks:  # a second click changes nothing
            check = self._pool.submit(verified, self._users, asked.user, asked.password)
            check.add_done_callback(lambda _: self._wake())
            self._checks[console] = (asked.user, check)

    def _checked(self, console: str, name: str, user: User | None, now_s: float) -> None:
        # Changed while it was checked: as good as wrong.
        if user is None or self._users.get(name) != user:
            wait_s = self._sessions.failed(name, console, now_s)
            code, why = ("locked", "locked after too many wrong passwords") if wait_s else ("wrong", "wrong password")
            self._refuse(console, name, why, code, now_s, wait_s)
            return
        self._closed(console, self._sessions.close(console), "another signed in")
        self._sessions.open(console, user, now_s)
        self._note("console", console, "sign_in", {"user": user.name, "role": user.role})

    def _refuse(self, console: str, user: str, why: str, code: str, now_s: float, wait_s: float = 0.0) -> None:
        self._note("console", console, "sign_in_refused", {"user": user, "reason": why})
        self._answer(console, Refusal(time_s=now_s, command="SignIn", reason=why, code=code, wait_s=wait_s))

    def _closed(self, console: str, user: User | None, why: str) -> None:
        if user is not None:
            self._note("console", console, "sign_out", {"user": user.name, "reason": why})

    def _look(self) -> None:
        if self._file is None or not self._file.changed():
            return
        try:
            self._users = load_users(self._file.path.parent)
            self.fault = ""
        except HoistwatchError as error:
            self.fault = str(error)
            self._note("engine", "engine", "fault", {"fault": self.fault})
            return
        # Never back to a console for everybody by losing a file: that takes a restart of the engine.
        self._sessions.required = self._sessions.required or bool(self._users)
        self._note("engine", "engine", "config", {"users": sorted(self._users)})
