"""One command of a person at a terminal to the running engine, from signing in to its effect."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from calibration.errors import BadInput, HoistwatchError, Unavailable
from calibration.site_file import load_site
from safety.bus_client import BusClient
from safety.health_records import EngineHealth
from safety.keys import key_folder
from safety.records import Command, NodeView, Refusal, SignIn, SignOut, Snapshot
from safety.self_test_records import SelfTest, SelfTestReport

CONNECT_S = 5.0
EFFECT_S = 3.0


class Refused(HoistwatchError):
    """The engine did not carry the command out; the text says why."""


class Terminal:
    """A console without a window, as a context manager. Signs in where that is needed, and out at the end.

    Args:
        site_path: the site file.
        console: whose key it uses; no other program may use it at the same time.
        user: who signs in; empty where the site has no users.
        password: asked for the password of a user.

    Raises:
        BadInput: the site file, the key, or a user is missing.
        Unavailable: the engine does not answer.
        Refused: wrong name or password.
    """

    def __init__(self, site_path: Path, console: str, user: str, password: Callable[[str], str]) -> None:
        site = load_site(site_path)
        self._address = f"{site.bus.host}:{site.bus.publish_port}"
        self._client = BusClient.of_site(site.bus, key_folder(site, site_path), "console", console)
        self._console, self._user, self._password = console, user, password
        self._signed_in = False
        self.snapshot: Snapshot | None = None
        self.health: EngineHealth | None = None

    def __enter__(self) -> Self:
        try:
            self._wait(lambda: self.snapshot is not None and self._client.connected, CONNECT_S, "the engine")
            self._sign_in()
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._signed_in:
            self._client.send(SignOut(time_s=0.0, by=self._console))
        self._client.close(0.5)

    def order(
        self, command: Command, done: Callable[[NodeView], bool], node: str, limit_s: float = EFFECT_S
    ) -> NodeView:
        """Give a command and wait until the node shows its effect.

        Raises:
            Refused: the engine refuses it.
            Unavailable: nothing came of it in time.
        """
        self._client.send(command)
        self._wait(lambda: (view := self.view(node)) is not None and done(view), limit_s, f"relay node {node!r}")
        view = self.view(node)
        assert view is not None
        return view

    def self_test(self, seen: Callable[[SelfTestReport], None], limit_s: float) -> SelfTestReport:
        """Have everything tested; ``seen`` gets every report of it while it runs, and the last one is returned.

        Raises:
            Refused: the engine refuses it.
            Unavailable: nothing came of it in time.
        """
        self._wait(lambda: self.health is not None, CONNECT_S, "the engine's health")
        before = self.health.self_test.id if self.health is not None and self.health.self_test is not None else ""
        self._client.send(SelfTest(time_s=0.0, by=self._console))

        def newest() -> SelfTestReport | None:
            report = self.health.self_test if self.health is not None else None
            return report if report is not None and report.id != before else None

        def over() -> bool:
            if (report := newest()) is not None:
                seen(report)
            # The audit log's own number comes a moment after the last result.
            return report is not None and report.done and bool(report.row)

        self._wait(lambda: newest() is not None, CONNECT_S, "the self-test")
        self._wait(over, limit_s, "the self-test")
        report = newest()
        assert report is not None
        return report

    def view(self, node: str) -> NodeView | None:
        nodes = self.snapshot.nodes if self.snapshot is not None else ()
        return next((view for view in nodes if view.node == node), None)

    def _sign_in(self) -> None:
        if self.snapshot is None or not self.snapshot.sign_in_required:
            return
        if not self._user:
            raise BadInput("--user: expected who signs in, since this site has users")
        secret = self._password(self._user)
        self._client.send(SignIn(time_s=0.0, by=self._console, user=self._user, password=secret))
        self._wait(self._is_in, EFFECT_S, "signing in")
        self._signed_in = True

    def _is_in(self) -> bool:
        sessions = self.snapshot.sessions if self.snapshot is not None else ()
        return any((s.console, s.user) == (self._console, self._user) for s in sessions)

    def _wait(self, true: Callable[[], bool], limit_s: float, what: str) -> None:
        end_s = time.monotonic() + limit_s
        while not true():
            if time.monotonic() > end_s:
                raise Unavailable(f"{what} at {self._address} does not answer {self._client.reason}".rstrip())
            for message in self._client.receive(0.05):
                if isinstance(message, Snapshot):
                    self.snapshot = message
                elif isinstance(message, EngineHealth):
                    self.health = message
                elif isinstance(message, Refusal):
                    raise Refused(f"{message.command} was refused: {message.reason}")
