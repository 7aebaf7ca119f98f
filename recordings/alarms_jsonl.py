"""How is the alarm log written as one JSON object a line?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from recordings.atomic import atomic_text
from recordings.numbers import rounded
from safety.records import AlarmTransition


def alarm_line(transition: AlarmTransition) -> str:
    """One line without its end. Keys and their order are an interface: other programs read them.

    Times have 3 decimals, the probability 4; a number that is unknown or not finite is null.
    """
    fields = {
        "time_s": rounded(transition.time_s, 3),
        "alarm": transition.alarm,
        "event": transition.event,
        "level": transition.level.value,
        "situation": transition.situation.value,
        "hoist": transition.hoist,
        "person": transition.person,
        "probability": rounded(transition.probability, 4),
        "time_to_contact_s": rounded(transition.time_to_contact_s, 3),
        "time_to_last_safe_stop_s": rounded(transition.time_to_last_safe_stop_s, 3),
        "reason": transition.reason,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class AlarmsJsonl:
    """Writes transitions in the order in which they are added."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def add(self, transition: AlarmTransition) -> None:
        self._stream.write(alarm_line(transition) + "\n")


@contextmanager
def alarms_jsonl(path: Path | str) -> Iterator[AlarmsJsonl]:
    """An alarm log that replaces ``path`` when the block ends without an error. Raises BadInput."""
    with atomic_text(path) as stream:
        yield AlarmsJsonl(stream)
