"""How soon a detect node is missed, believed again, and caught with a clock that jumped; how well its clock is known.

Engine, relay node and detect node are processes of the real command line on this one machine, the node with a real
video and the real detector; its clock is an hour ahead.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.live_chain import START_S, Chain
from tests.safety.bus_helpers import wait_for
from tests.test_detect_node import HOUR_S, camera, chain_of, node_view, sees, start_node
from tracking.records import Boxes

TIMES = 4


def since(start_s: float, holds: Callable[[], bool], what: str) -> float:
    wait_for(holds, 2 * START_S, what)
    return time.monotonic() - start_s


def known(chain: Chain) -> bool:
    view = node_view(chain)
    return view is not None and not view.fault


def lost(chain: Chain) -> bool:
    view = camera(chain)
    return view is not None and not view.alive


def main() -> None:
    rows: dict[str, list[float]] = {}

    def note(what: str, value_s: float) -> None:
        rows.setdefault(what, []).append(value_s)

    with tempfile.TemporaryDirectory() as folder, chain_of(Path(folder)) as chain:
        for k in range(TIMES):
            start_node(chain, HOUR_S)
            wait_for(lambda: sees(chain) and chain.permit_given(), 2 * START_S, "what the node sees")
            view = node_view(chain)
            assert view is not None
            assert view.error_s is not None
            note("clock known to within", view.error_s)
            end_s = time.monotonic() + 2.0
            while time.monotonic() < end_s:
                chain.messages.clear()
                chain.listen(0.02)
                for message in chain.messages:
                    if isinstance(message, Boxes):
                        note("picture taken to boxes at the console", time.monotonic() - message.time_s)
            at_s = time.monotonic()
            (chain.folder / "ahead").write_text(str(HOUR_S + (3.0 if k % 2 else -3.0)))
            note("clock jumped by 3 s: told", since(at_s, lambda: not known(chain), "the jump"))
            note("clock jumped by 3 s: known again", since(at_s, lambda: known(chain), "the new time"))
            wait_for(lambda: sees(chain) and chain.permit_given(), 2 * START_S, "sight")
            chain.process("north").kill()
            at_s = time.monotonic()
            note("SIGKILL: camera lost", since(at_s, lambda: lost(chain), "the loss"))
            note("SIGKILL: permit withdrawn", since(at_s, lambda: not chain.permit_given(), "no permit"))
    print(f"{'detect node':45} {'median':>9} {'worst':>9}   n")
    for what, values in rows.items():
        print(f"{what:45} {1e3 * statistics.median(values):6.1f} ms {1e3 * max(values):6.1f} ms  {len(values):2d}")


if __name__ == "__main__":
    main()
