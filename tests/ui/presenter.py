"""A presenter for tests, and what was sent by it."""

from __future__ import annotations

from safety.records import Command, Snapshot
from tests.ui.example_site import example_site
from tests.ui.scenes import START_S
from ui.console_model import ConsoleModel

SITE = example_site()


def model_of(*messages: object, language: str = "en", at_s: float = START_S) -> ConsoleModel:
    model = ConsoleModel(SITE, language=language)  # type: ignore[arg-type]
    for message in messages:
        model.receive(message, at_s)
    return model


class Sent(list[Command]):
    """A bus that takes everything."""

    def send(self, command: Command) -> None:
        self.append(command)


def desk_of(site_shot: Snapshot | None = None) -> tuple[ConsoleModel, Sent]:
    sent = Sent()
    model = ConsoleModel(SITE, "console-1", "en", sent.send)
    if site_shot is not None:
        model.receive(site_shot, START_S)
    return model, sent
