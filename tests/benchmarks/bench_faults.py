"""The fault table: what is done to the real processes, how long until the contact is open, what is said, what is kept.

Every part is a process of the command line, the contact a coil of a Modbus server in a process of its own whose
watchdog is set to 250 ms, read by a client that is none of theirs. Before each fault all must be
well with nothing done. Run: python -m tests.benchmarks.bench_faults [--out FILE.md] [GROUP or words of a name …]
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from calibration.site_file import site_text
from tests.benchmarks.fault_chain import HEAD, Fault, FaultChain, Row, resting_hoist, row_of
from tests.benchmarks.fault_files import corrupt_rows
from tests.benchmarks.fault_floor import FLOOR, SUPERVISED, FloorChain, SupervisedChain
from tests.benchmarks.fault_rows import CLOCK, HALL
from tests.benchmarks.fault_sight import SIGHT, SightChain
from tests.worlds import bridge, hall

Group = Callable[[Path, list[str]], Iterator[Row]]


def wanted(fault: str, group: str, words: list[str]) -> bool:
    return not words or group in words or any(word in fault for word in words)


def rows(chain: FaultChain, group: str, faults: tuple[Fault, ...], words: list[str]) -> Iterator[Row]:
    """One after the other; one that has no valid control, or after which not all is well again, is tried once more."""
    for fault in faults:
        if not wanted(fault.name, group, words):
            continue
        for _ in range(2):
            try:
                yield row_of(chain, fault)
                break
            except AssertionError as error:
                why = str(error)
        else:
            yield Row.invalid(fault, why)


def in_hall(folder: Path, words: list[str]) -> Iterator[Row]:
    site = hall(cameras=0, hoists=[bridge()])
    recording = resting_hoist(folder / "rest.mcap", site_text(site))
    yield from _in(FaultChain(folder / "chain", site, "--playback", recording), "hall", HALL, words)
    clocks = FaultChain(folder / "clock", site, "--playback", recording, "--no-record", hours=True)
    yield from _in(clocks, "clock", CLOCK, words)
    if wanted("corrupt", "corrupt", words):
        yield from corrupt_rows(folder, site, recording)


def on_floor(folder: Path, words: list[str]) -> Iterator[Row]:
    yield from _in(FloorChain(folder), "floor", FLOOR, words)


def supervised(folder: Path, words: list[str]) -> Iterator[Row]:
    yield from _in(SupervisedChain(folder, hall(cameras=0, hoists=[bridge()])), "supervised", SUPERVISED, words)


def by_cameras(folder: Path, words: list[str]) -> Iterator[Row]:
    yield from _in(SightChain(folder), "sight", SIGHT, words)


def _in(chain: FaultChain, group: str, faults: tuple[Fault, ...], words: list[str]) -> Iterator[Row]:
    if not any(wanted(f.name, group, words) for f in faults):
        return
    try:
        with chain:
            yield from rows(chain, group, faults, words)
    except AssertionError as error:
        for fault in faults:
            if wanted(fault.name, group, words):
                yield Row.invalid(fault, str(error))
    finally:
        chain.close()


GROUPS: tuple[Group, ...] = (in_hall, on_floor, supervised, by_cameras)


def main() -> None:
    words = sys.argv[1:]
    out: Path | None = None
    if words and words[0] == "--out":
        out, words = Path(words[1]), words[2:]
    started_s, loads = time.monotonic(), [os.getloadavg()[0]]
    table: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        for number, group in enumerate(GROUPS):
            folder = Path(name) / str(number)
            folder.mkdir()
            for row in group(folder, words):
                table.append(row)
                loads.append(os.getloadavg()[0])
                print(row, flush=True)
    minutes = (time.monotonic() - started_s) / 60.0
    valid = sum(row.control != "" for row in table)
    good = sum(row.good for row in table)
    told = (
        f"{valid} rows with a valid control, {good} of them as they must be, in {minutes:.0f} min; "
        f"{os.cpu_count()} cores ({platform.machine()}), load of the last minute {min(loads):.1f} to "
        f"{max(loads):.1f}, at the middle row {sorted(loads)[len(loads) // 2]:.1f}"
    )
    text = "\n".join([told, "", HEAD, *map(str, table)]) + "\n"
    print(f"\n{told}")
    if out is not None:
        out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
