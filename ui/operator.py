"""Who frees relay nodes and acknowledges alarms in a run without people, through the bus like any console."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from calibration.site import Site
from safety.bus import BusClient
from safety.keys import key_folder
from safety.records import Acknowledge, AlarmState, Published, Reset, Snapshot

OPERATOR = "operator"
"""The name of the console whose key is used."""
ACKNOWLEDGE_AFTER_S = 2.0
RESET_AFTER_S = 2.0
_FIRST_RESET_AFTER_S = 0.3


class Operator:
    """Acts by what the engine tells.

    Args:
        site: the site file, and where it lies.
        automatic: acknowledge alarms, and free nodes again and again; else only the first time.
        did: is told the engine's time and what was done.
        conflate: of what waits, only the newest of each kind is wanted.
    """

    def __init__(
        self,
        site: Site,
        site_path: Path,
        *,
        automatic: bool,
        did: Callable[[float, str], None],
        conflate: bool = True,
    ) -> None:
        folder = key_folder(site, site_path)
        self._client = BusClient.of_site(site.bus, folder, "console", OPERATOR, conflate=conflate)
        self._automatic, self._did = automatic, did
        self._seen_s: dict[str, float] = {}
        self._asked_s: dict[str, float] = {}
        self._free_since_s: float | None = None
        self.resets = 0

    def messages(self, timeout_s: float) -> list[Published]:
        """What the engine published since the last call."""
        return [m for m in self._client.receive(timeout_s) if isinstance(m, Published)]

    def act(self, snapshot: Snapshot) -> None:
        """Reset a node when its permit could be given; acknowledge what has stood for a while."""
        now_s = time.monotonic()
        self._reset(snapshot, now_s)
        if not self._automatic:
            return
        for alarm in snapshot.alarms:
            if alarm.state not in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED):
                self._seen_s.pop(alarm.id, None)
                continue
            since_s = self._seen_s.setdefault(alarm.id, now_s)
            if now_s - since_s >= ACKNOWLEDGE_AFTER_S and now_s - self._asked_s.get(alarm.id, -1e9) > 1.0:
                self._asked_s[alarm.id] = now_s
                self._client.send(Acknowledge(time_s=now_s, by=OPERATOR, alarm=alarm.id))
                self._did(snapshot.time_s, f"operator acknowledges {alarm.id}")
        listed = {alarm.id for alarm in snapshot.alarms}
        for kept in (self._seen_s, self._asked_s):
            for gone in kept.keys() - listed:
                del kept[gone]

    def _reset(self, snapshot: Snapshot, now_s: float) -> None:
        """A person waits until the situation has been calm for a moment before freeing the hoist."""
        wanted = all(on for key, on in snapshot.outputs.items() if key.endswith("/permit"))
        latched = [n for n in snapshot.nodes if n.connected and n.latched and not n.fault]
        if not wanted or not latched:
            self._free_since_s = None
            return
        self._free_since_s = self._free_since_s or now_s
        first = not self.resets
        wait_s = _FIRST_RESET_AFTER_S if first else RESET_AFTER_S
        if not (first or self._automatic) or now_s - self._free_since_s < wait_s:
            return
        for node in latched:
            self._client.send(Reset(time_s=now_s, by=OPERATOR, node=node.node))
            self._did(snapshot.time_s, f"operator resets relay node {node.node}")
        self.resets += 1
        self._free_since_s = now_s

    def close(self) -> None:
        self._client.close()
