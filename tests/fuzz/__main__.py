"""Many spoilt files for every parser, and a table: ``python -m tests.fuzz [--each N] [--seed S] [--only NAME]``.

Exit code 1 where one was neither read nor refused by name.
"""

from __future__ import annotations

import argparse
import faulthandler
import sys
import tempfile
from pathlib import Path

from tests.fuzz.cases import Tally, Target, run, totals
from tests.fuzz.targets_binary import binary_targets
from tests.fuzz.targets_text import text_targets

HANG_S = 120.0
"""What hangs in a library cannot be interrupted: then the whole run ends with a trace of where."""


def targets(folder: Path) -> list[Target]:
    folder.mkdir(parents=True, exist_ok=True)
    return [*text_targets(folder), *binary_targets(folder)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=3000, help="files for each parser that is quick")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="parsers whose name holds this")
    chosen = parser.parse_args()
    tallies: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, target in enumerate(targets(folder / "made")):
            if chosen.only not in target.name:
                continue
            faulthandler.dump_traceback_later(HANG_S + chosen.each, exit=True)
            tallies[target.name] = run(target, folder / str(number), chosen.seed, max(1, chosen.each // target.cost))
            faulthandler.cancel_dump_traceback_later()
            print(f"{target.name}: {tallies[target.name].cases} files", file=sys.stderr, flush=True)
            for fault in tallies[target.name].faults:
                print(fault, flush=True)
    print("\n".join(totals(tallies)))
    return 1 if any(tally.faults for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
