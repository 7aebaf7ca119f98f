"""The annunciator's loop with words that break: the tone comes all the same, and the engine hears of it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from safety.annunciator.mixer import Mixer
from safety.annunciator.node import AnnunciatorNode, Parts
from safety.annunciator.sinks import open_sink
from safety.annunciator.speech import Speech
from safety.annunciator.tones import PATTERNS
from safety.bus_client import BusClient
from safety.records import Level, Situation
from tests.safety.annunciator.hall import Hall
from tests.safety.annunciator.scenes import alarm
from tests.safety.bus_helpers import wait_for


class BrokenSpeech(Speech):
    """Says nothing, and not even that in an orderly way."""

    def get(self, key: str, language: str) -> None:  # type: ignore[override]
        raise MemoryError(f"{key}.{language}")


def test_words_that_break_do_not_take_the_tone_with_them(tmp_path: Path) -> None:
    with ExitStack() as stack:
        hall = Hall(tmp_path, stack)
        engine = hall.engine()
        annunciator = hall.site.annunciator[0]
        mixer = Mixer(annunciator.rate_hz)
        parts = Parts(mixer, open_sink(annunciator, mixer, tmp_path), BrokenSpeech(annunciator, tmp_path), None)
        client = BusClient.of_site(hall.site.bus, tmp_path / "keys", "annunciator", "south")
        said: list[str] = []
        node = AnnunciatorNode(hall.site, annunciator, client, parts, tmp_path, said.append)
        stack.callback(node.close)

        def until(condition: object, what: str) -> None:
            def once() -> bool:
                node.step()
                return bool(condition())  # type: ignore[operator]

            wait_for(once, 8.0, what)

        until(lambda: engine.report() is not None, "a report")
        engine.tell(alarm(Situation.STRUCK_BY, Level.DANGER))
        until(lambda: "broke off (MemoryError: struck_by.ko)" in engine.report().fault, "the fault at the engine")
        until(lambda: hall.pulses(PATTERNS["danger"].rate_hz), "the danger tone")
        assert "danger: struck_by (a-1); fault: what was to be told broke off" in said[-1]
        engine.tell()
        until(hall.silent, "silence")
