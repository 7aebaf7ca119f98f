"""How long does it take to make another version of a site ready, and how long does the deciding thread wait for that?

The thread that decides is stood for by one that wakes every 5 ms: relay nodes open their contacts when it is late by
some 0.2 s. Run with ``python -m tests.benchmarks.bench_site_change``.
"""

from __future__ import annotations

import threading
import time

from calibration.site import Site, Structure
from safety.engine import Engine
from tests.worlds import bridge, hall, hall_cameras


def site(cameras: int, structures: int, side_m: float, shift_m: float = 0.0) -> Site:
    base = hall(cameras=min(cameras, 4), hoists=[bridge()])
    tables = hall_cameras(4)
    eyes = tuple(tables[k % 4].model_copy(update={"name": f"cam{k + 1}"}) for k in range(cameras))
    posts = tuple(
        Structure(
            name=f"S{k}",
            polygon_m=tuple(
                (2.0 + k % 10 * 2.0 + dx + shift_m, 2.0 + k // 10 * 2.0 + dy)
                for dx, dy in ((0, 0), (0.4, 0), (0.4, 0.4))
            ),
            height_m=4.0,
        )
        for k in range(structures)
    )
    floor = base.site.model_copy(update={"boundary_m": ((0.0, 0.0), (side_m, 0.0), (side_m, side_m), (0.0, side_m))})
    return base.model_copy(update={"site": floor, "camera": eyes, "structure": posts})


def measure(cameras: int, structures: int, side_m: float) -> tuple[float, float, float]:
    """Seconds to make ready, seconds to change over, longest wait of the deciding thread beyond its 5 ms."""
    running = Engine(site(cameras, structures, side_m))
    made: list[Engine] = []
    work = threading.Thread(target=lambda: made.append(Engine(site(cameras, structures, side_m, 0.1))))
    start_s = last_s = time.monotonic()
    work.start()
    worst_s = 0.0
    while work.is_alive():
        time.sleep(0.005)
        now_s = time.monotonic()
        worst_s, last_s = max(worst_s, now_s - last_s - 0.005), now_s
    ready_s = time.monotonic() - start_s
    start_s = time.perf_counter()
    made[0].carry_on(running)
    return ready_s, time.perf_counter() - start_s, worst_s


if __name__ == "__main__":
    idle_s, end_s = 0.0, time.monotonic() + 3.0
    while (last_s := time.monotonic()) < end_s:
        time.sleep(0.005)
        idle_s = max(idle_s, time.monotonic() - last_s - 0.005)
    print(f"longest wait on this machine without any change: {1e3 * idle_s:.0f} ms")
    print("cameras  structures  floor m   ready s   change over ms   longest wait ms")
    for row in ((1, 5, 24.0), (4, 10, 24.0), (8, 20, 50.0)):
        took_s, over_s, wait_s = measure(*row)
        print(f"{row[0]:7d}  {row[1]:10d}  {row[2]:7.0f}  {took_s:8.2f}  {1e3 * over_s:14.2f}  {1e3 * wait_s:16.0f}")
