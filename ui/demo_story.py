"""What happened in the demonstration, gathered from snapshots and told in one screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from safety.alarm_table import TABLE
from safety.records import Level, Snapshot

_STYLES = {Level.CLEAR: "green", Level.CAUTION: "yellow", Level.WARNING: "dark_orange", Level.DANGER: "bold red"}
_REASON_CHARACTERS = 88


@dataclass(slots=True)
class Story:
    """Grows with every snapshot. Times are told from the first one."""

    lines: list[tuple[float, str, str]] = field(default_factory=list)
    start_s: float | None = None
    contact_changes: int = 0
    latency_s: tuple[float | None, float | None] = (None, None)
    _alarms: dict[str, Level] = field(default_factory=dict)
    _contacts: dict[str, bool] = field(default_factory=dict)

    def did(self, time_s: float, what: str) -> None:
        """Somebody did something."""
        self._line(time_s, "blue", what)

    def add(self, snapshot: Snapshot) -> None:
        """Note what has changed since the snapshot before."""
        if self.start_s is None:
            self.start_s = snapshot.time_s
        self._tell_alarms(snapshot)
        for node in snapshot.nodes:
            for contact, closed in node.contacts.items():
                name = f"{node.node} {contact}"
                if self._contacts.get(name, False) != closed:
                    self._contacts[name] = closed
                    self.contact_changes += 1
                    self._line(
                        snapshot.time_s,
                        "green" if closed else "magenta",
                        f"contact {contact} of {node.node} {'closes' if closed else 'OPENS'}",
                    )
        latency = snapshot.latency
        self.latency_s = (latency.frame_to_decision_p50_s, latency.frame_to_contact_p50_s)

    def _tell_alarms(self, snapshot: Snapshot) -> None:
        listed = {alarm.id: alarm for alarm in snapshot.alarms}
        for name, before in list(self._alarms.items()):
            if name not in listed and before is not Level.CLEAR:
                self._alarms[name] = Level.CLEAR
                self._line(snapshot.time_s, _STYLES[Level.CLEAR], f"cleared {name}")
        for alarm in snapshot.alarms:
            before = self._alarms.get(alarm.id, Level.CLEAR)
            self._alarms[alarm.id] = alarm.level
            title = TABLE[alarm.situation].title_en
            if alarm.level.rank > before.rank:
                text = f"{alarm.level.value.upper()} {alarm.id} {title} – {alarm.reason_en}"
            elif alarm.level is Level.CLEAR and before is not Level.CLEAR:
                text = f"cleared {alarm.id} {title}"
            elif alarm.level is not before:
                text = f"eases to {alarm.level.value} {alarm.id} {title}"
            else:
                continue
            self._line(snapshot.time_s, _STYLES[alarm.level], text)

    def _line(self, time_s: float, style: str, text: str) -> None:
        self.lines.append((time_s - (self.start_s if self.start_s is not None else time_s), style, text))


def tell(story: Story, files: Mapping[str, Path]) -> None:
    """Print the story and where its traces lie."""
    console = Console(width=None if Console().is_terminal else 132)
    table = Table(title="What happened", show_header=False, box=None, pad_edge=False)
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column()
    for time_s, style, text in story.lines:
        shown = text if len(text) <= _REASON_CHARACTERS + 30 else text[: _REASON_CHARACTERS + 29] + "…"
        table.add_row(f"{time_s:5.1f} s", f"[{style}]{shown}[/{style}]")
    console.print(table)
    decision, contact = (None if s is None else f"{1000 * s:.0f} ms" for s in story.latency_s)
    console.print(
        f"Contacts moved {story.contact_changes} times; observation to decision {decision or '–'}, "
        f"to moved contact {contact or '–'} (median)."
    )
    for name, path in files.items():
        console.print(f"{name}: {path}", soft_wrap=True)
