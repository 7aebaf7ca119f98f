"""Were the alarms raised that a recording should raise, in time, and no others?

What is expected lies in the recording as attachment ``expected_alarms.json``::

    {
      "expected": [
        {"name": "passer-by under the load", "situation": "struck_by", "hoist": "H1",
         "raise_from_s": 12.0, "raise_until_s": 14.0, "level": "warning",
         "clear_until_s": 20.0, "contact_s": 15.5}
      ],
      "quiet": [
        {"name": "slinger at the resting load", "from_s": 30.0, "until_s": 60.0,
         "situations": ["struck_by", "fall_zone"], "hoist": "H1"}
      ]
    }

Times are those of the recording. An expectation is met by an alarm of its situation (and hoist and
source, where given; any person) that reaches ``level`` (caution if absent) within the window, and is
cleared by ``clear_until_s`` where that is given. ``contact_s`` is when contact would come; the lead
is the time from reaching ``level`` to it. In a quiet window no alarm that no expectation
explains may rise above its ``level``, clear if absent (all situations and hoists where none is
given). Time that neither covers is not judged: alarms there are listed apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from calibration.errors import BadInput
from recordings.store import Recording
from safety.records import AlarmTransition, Level, Situation

ATTACHMENT = "expected_alarms.json"


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One alarm that must come."""

    name: str
    situation: Situation
    raise_from_s: float
    raise_until_s: float
    hoist: str | None = None
    source: str | None = None
    level: Level = Level.CAUTION
    clear_until_s: float | None = None
    contact_s: float | None = None


class Quiet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time in which no alarm may rise above ``level``; no situations and no hoist means all of them."""

    name: str
    from_s: float
    until_s: float
    situations: tuple[Situation, ...] = ()
    hoist: str | None = None
    level: Level = Level.CLEAR


class ExpectedAlarms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Content of the attachment."""

    expected: tuple[Expectation, ...] = ()
    quiet: tuple[Quiet, ...] = ()


@dataclass(slots=True)
class _Growing:
    first: AlarmTransition
    levels: list[tuple[float, Level]] = field(default_factory=list)
    cleared_s: float | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """One alarm from being raised to being cleared (None: never). ``levels``: each with its time."""

    alarm: str
    situation: Situation
    hoist: str | None
    person: str | None
    source: str | None
    raised_s: float
    levels: tuple[tuple[float, Level], ...]
    cleared_s: float | None

    def reached_s(self, level: Level) -> float | None:
        """When it was first at this level or a more severe one."""
        return next((time_s for time_s, at in self.levels if at.rank >= level.rank), None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one expectation. ``fault`` is empty for a hit, else says what was wrong."""

    expectation: Expectation
    episode: Episode | None
    reached_s: float | None
    lead_s: float | None
    fault: str

    @property
    def hit(self) -> bool:
        return not self.fault


@dataclass(frozen=True, slots=True)
class AlarmScores:
    """``needless``: raised within a quiet window, with the window's name; ``unjudged``: the rest."""

    outcomes: tuple[Outcome, ...]
    needless: tuple[tuple[Episode, str], ...]
    unjudged: tuple[Episode, ...]

    @property
    def hits(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.hit)

    @property
    def misses(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.hit)

    @property
    def passed(self) -> bool:
        """All that was expected came in time, and nothing needless did."""
        return not self.misses and not self.needless


def evaluate_recording(recording: Recording, alarms: Iterable[AlarmTransition]) -> AlarmScores:
    """Compare the alarms of a replay with what the recording expects.

    Raises BadInput where it has no ``expected_alarms.json``, or one that is not valid.
    """
    data = recording.attachment(ATTACHMENT)
    if data is None:
        raise BadInput(f"{recording.path}: holds no {ATTACHMENT}, expected alarms to compare with")
    return score_alarms(parse_expected(data, f"{recording.path}, {ATTACHMENT}"), alarms)


def parse_expected(data: bytes, name: str) -> ExpectedAlarms:
    """Read expected alarms from JSON; ``name`` stands in error messages. Raises BadInput."""
    try:
        expected = msgspec.json.decode(data, type=ExpectedAlarms)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadInput(f"{name}: {error}") from None
    for row in expected.expected:
        if row.raise_from_s > row.raise_until_s:
            raise BadInput(f"{name}: {row.name!r}: expected raise_from_s not after raise_until_s")
        if row.level is Level.CLEAR:
            raise BadInput(f"{name}: {row.name!r}: expected level caution, warning or danger, got clear")
    for window in expected.quiet:
        if window.from_s > window.until_s:
            raise BadInput(f"{name}: {window.name!r}: expected from_s not after until_s")
    return expected


def episodes_of(alarms: Iterable[AlarmTransition]) -> tuple[Episode, ...]:
    """Transitions in time order, put together per alarm. An alarm that is raised again is a new episode."""
    episodes: list[_Growing] = []
    open_now: dict[str, _Growing] = {}
    for transition in alarms:
        episode = open_now.get(transition.alarm)
        if episode is None:
            if transition.event == "cleared":
                continue  # raised before the first transition: nothing to judge
            episode = open_now[transition.alarm] = _Growing(transition)
            episodes.append(episode)
        if transition.event == "cleared":
            episode.cleared_s = transition.time_s
            del open_now[transition.alarm]
        else:
            episode.levels.append((transition.time_s, transition.level))
    return tuple(
        Episode(
            alarm=e.first.alarm,
            situation=e.first.situation,
            hoist=e.first.hoist,
            person=e.first.person,
            source=e.first.source,
            raised_s=e.first.time_s,
            levels=tuple(e.levels),
            cleared_s=e.cleared_s,
        )
        for e in episodes
    )


def score_alarms(expected: ExpectedAlarms, alarms: Iterable[AlarmTransition]) -> AlarmScores:
    """Pure comparison of a replay's transitions, in time order, with what is expected."""
    episodes = episodes_of(alarms)
    outcomes = tuple(_outcome(row, episodes) for row in expected.expected)
    needless: list[tuple[Episode, str]] = []
    unjudged: list[Episode] = []
    for episode in episodes:
        if any(_explains(row, episode) for row in expected.expected):
            continue
        window = next((w for w in expected.quiet if _breaks(w, episode)), None)
        if window is None:
            unjudged.append(episode)
        else:
            needless.append((episode, window.name))
    return AlarmScores(outcomes, tuple(needless), tuple(unjudged))


def _same(row: Expectation, episode: Episode) -> bool:
    return (
        row.situation is episode.situation
        and row.hoist in (None, episode.hoist)
        and row.source in (None, episode.source)
    )


def _explains(row: Expectation, episode: Episode) -> bool:
    """The episode is of the expected kind, and stood at some time of the window."""
    cleared_s = float("inf") if episode.cleared_s is None else episode.cleared_s
    return _same(row, episode) and episode.raised_s <= row.raise_until_s and cleared_s >= row.raise_from_s


def _breaks(window: Quiet, episode: Episode) -> bool:
    above_s = next((time_s for time_s, at in episode.levels if at.rank > window.level.rank), None)
    return (
        above_s is not None
        and window.from_s <= above_s <= window.until_s
        and (not window.situations or episode.situation in window.situations)
        and window.hoist in (None, episode.hoist)
    )


def _outcome(row: Expectation, episodes: tuple[Episode, ...]) -> Outcome:
    """The best of the alarms of this kind: a hit where there is one, else the first that says most."""
    same = [episode for episode in episodes if _same(row, episode)]
    judged = [(_fault(row, episode), episode) for episode in same]
    judged.sort(key=lambda item: (item[0] != "", not _explains(row, item[1]), item[1].raised_s))
    if not judged:
        return Outcome(row, None, None, None, "not raised")
    fault, episode = judged[0]
    reached_s = episode.reached_s(row.level)
    lead_s = None if row.contact_s is None or reached_s is None else row.contact_s - reached_s
    return Outcome(row, episode, reached_s, lead_s, fault)


def _fault(row: Expectation, episode: Episode) -> str:
    reached_s = episode.reached_s(row.level)
    if reached_s is None:
        return f"raised at {episode.raised_s:.1f} s, but did not reach {row.level.value}"
    if reached_s < row.raise_from_s:
        return f"{row.level.value} at {reached_s:.1f} s, {row.raise_from_s - reached_s:.1f} s too early"
    if reached_s > row.raise_until_s:
        return f"{row.level.value} at {reached_s:.1f} s, {reached_s - row.raise_until_s:.1f} s too late"
    if row.clear_until_s is not None and (episode.cleared_s is None or episode.cleared_s > row.clear_until_s):
        when = "never" if episode.cleared_s is None else f"at {episode.cleared_s:.1f} s"
        return f"cleared {when}, expected by {row.clear_until_s:.1f} s"
    return ""
