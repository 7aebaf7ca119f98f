"""What a person does on the health page: self-test, proof tests, bypasses; asked for, sent, and followed up."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from calibration.outputs import Relay
from ui.console_model import ConsoleModel
from ui.dialogs import show
from ui.health_page import HealthPage
from ui.output_dialogs import BypassDialog, ProofDialog
from ui.self_test_dialog import SelfTestDialog
from ui.session_corner import SessionCorner
from ui.text import say


class HealthActions(QObject):
    """Between the page's buttons and the presenter. Who may do what the engine decides, not this."""

    def __init__(
        self, page: HealthPage, model: ConsoleModel, session: SessionCorner, clock: Callable[[], float], window: QWidget
    ) -> None:
        super().__init__(window)
        self._page, self._model, self._session, self._clock, self._window = page, model, session, clock, window
        self.dialog: SelfTestDialog | None = None
        page.buttons["self_test"].clicked.connect(self.self_test)
        page.buttons["self_test_show"].clicked.connect(self.show_self_test)
        page.buttons["prove"].clicked.connect(self.ask_prove)
        page.buttons["bypass"].clicked.connect(self.ask_bypass)
        page.buttons["unbypass"].clicked.connect(self.end_bypass)

    def refresh(self) -> None:
        """Show the newest of the self-test, and what became of the last command."""
        now_s, model = self._clock(), self._model
        notice = model.notice(now_s)
        report = model.health.self_test if model.health is not None else None
        if self.dialog is not None:
            self.dialog.show_report(report, notice)
        if self._page.isVisible():
            chosen = self._page.outputs.chosen
            bypassed = chosen is not None and self._bypassed(*chosen.key)
            self._page.show_state(
                model.pulse(now_s).live, report, bypassed=bypassed, bypass_allowed=model.site.policy.bypass_max_s > 0.0
            )
            self._page.show_notice(notice)

    def self_test(self) -> None:
        """One click: the engine begins, or says in plain words why not."""
        if not self._in_first("self_test", "", self.self_test):
            self._model.desk.self_test(self._clock())
            self.show_self_test()

    def show_self_test(self) -> None:
        if self.dialog is None:
            self.dialog = SelfTestDialog(self._model.site.site.name, self._model.language, self._window)
            self.dialog.again.connect(self.self_test)
            self.dialog.finished.connect(self._closed)
            show(self.dialog)
        self.refresh()

    def ask_prove(self) -> None:
        chosen = self._page.outputs.chosen
        if chosen is None:
            return
        node = chosen.key[0]
        if self._in_first("prove", node, self.ask_prove):
            return
        dialog = ProofDialog(node, self._model.language, self._window)
        dialog.accepted.connect(lambda: self._sent(self._model.desk.prove, node))
        show(dialog)

    def ask_bypass(self) -> None:
        chosen = self._page.outputs.chosen
        limit_s = self._model.site.policy.bypass_max_s
        if chosen is None or limit_s <= 0.0 or self._in_first("bypass", " ".join(chosen.key), self.ask_bypass):
            return
        node, contact = chosen.key
        words, permit = chosen.cells[1], self._signal(node, contact) == "permit"
        dialog = BypassDialog(f"{node} {contact}: {words}", permit, limit_s, self._model.language, self._window)
        dialog.chosen.connect(lambda for_s, reason: self._sent(self._model.desk.bypass, node, contact, for_s, reason))
        show(dialog)

    def end_bypass(self) -> None:
        chosen = self._page.outputs.chosen
        if chosen is None or not self._bypassed(*chosen.key):
            return
        if not self._in_first("unbypass", " ".join(chosen.key), self.end_bypass):
            node, contact = chosen.key
            self._sent(self._model.desk.bypass, node, contact, 0.0, "ended at the console")

    def _sent(self, order: Callable[..., None], *arguments: object) -> None:
        order(*arguments, self._clock())
        self.refresh()

    def _in_first(self, action: str, target: str, command: Callable[[], object]) -> bool:
        """Whether the command has to wait until somebody has signed in."""
        return self._session.then(say(self._model.language, f"command.{action}", target=target), command)

    def _bypassed(self, node: str, contact: str) -> bool:
        nodes = self._model.snapshot.nodes if self._model.snapshot is not None else ()
        return any(n.node == node and b.contact == contact for n in nodes for b in n.bypasses)

    def _signal(self, node: str, contact: str) -> str:
        relay: Relay | None = next((r for r in self._model.site.relay if r.name == node), None)
        return relay.outputs.get(contact, ("", ""))[1] if relay is not None else ""

    def _closed(self) -> None:
        self.dialog = None
