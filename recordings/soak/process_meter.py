"""What do running processes hold now?"""

from __future__ import annotations

from collections.abc import Mapping

import psutil

from recordings.soak.records import ProcessUse


class ProcessMeter:
    """Looks at processes by their ids; what has ended gives nothing."""

    def __init__(self, ids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in ids.items()}

    def look(self) -> dict[str, ProcessUse]:
        """Resident memory, threads, open handles (sockets and pipes included) and processor time of each."""
        out = {}
        for name, process in self._processes.items():
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    out[name] = ProcessUse(
                        memory_bytes=process.memory_info().rss,
                        threads=process.num_threads(),
                        handles=process.num_handles() if psutil.WINDOWS else process.num_fds(),
                        cpu_s=times.user + times.system,
                    )
            except psutil.Error:
                continue
        return out
