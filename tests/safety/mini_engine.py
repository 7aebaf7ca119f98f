"""The engine's side of bus and permits as a process: the real classes, with the core's decision told on stdin.

``mini_engine.py SITE_FILE``. Lines on stdin: ``permit on`` or ``permit off``. Resets come from a console
on the bus. Every status is answered with a permit at once, as the live engine does, and a snapshot with
the relay nodes goes out ten times a second.
"""

from __future__ import annotations

import sys
import threading
import time
import uuid
from pathlib import Path

from calibration.site_file import load_site
from safety.bus import EngineBus
from safety.keys import key_folder
from safety.permit_issuer import NodeMonitor
from safety.records import Level, RelayStatus, Reset, Snapshot

TICK_S = 0.1


class MiniEngine:
    """One thread reads stdin, this one does everything else."""

    def __init__(self, site_path: Path) -> None:
        site = load_site(site_path)
        self.outputs = {"H1/permit": True, "H1/slow": True, "hall/danger": False}
        self.bus = EngineBus(site.bus, key_folder(site, site_path), lambda *row: print("refused", *row, flush=True))
        self.monitor = NodeMonitor(
            site.relay, uuid.uuid4().hex, site.policy.permit_validity_s, start_s=time.monotonic()
        )
        self.seq = 0

    def read_commands(self) -> None:
        for line in sys.stdin:
            self.outputs = self.outputs | {"H1/permit": line.strip() == "permit on"}
            self.bus.wake()

    def run(self) -> None:
        next_s = time.monotonic()
        while True:
            heard, resets = set(), set()
            for entry in self.bus.receive(next_s - time.monotonic()):
                if isinstance(entry.message, RelayStatus):
                    self.monitor.observe(entry.message, time.monotonic())
                    heard.add(entry.message.node)
                elif isinstance(entry.message, Reset):
                    resets.add(entry.message.node)
            now_s = time.monotonic()
            outputs = dict(self.outputs)
            if self.monitor.faults(now_s):
                outputs["H1/permit"] = False
            ticks = now_s >= next_s
            only = None if ticks or resets else heard
            for permit in self.monitor.permits(outputs, now_s, resets, only=only):
                self.bus.send("relay", permit.node, permit)
            if ticks:
                next_s = now_s + TICK_S
                self.publish(outputs, now_s)

    def publish(self, outputs: dict[str, bool], now_s: float) -> None:
        self.seq += 1
        self.bus.publish(
            Snapshot(
                time_s=now_s,
                wall_s=0.0,
                seq=self.seq,
                level=Level.CLEAR,
                people=(),
                paths=(),
                hoists=(),
                hazards=(),
                alarms=(),
                outputs=outputs,
                cameras=(),
                nodes=self.monitor.views(now_s),
                counts=self.bus.counts,
            )
        )


if __name__ == "__main__":
    engine = MiniEngine(Path(sys.argv[1]))
    threading.Thread(target=engine.read_commands, daemon=True).start()
    print("ready", engine.bus.ports.publish, engine.bus.ports.command, flush=True)
    engine.run()
