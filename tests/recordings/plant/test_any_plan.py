"""Whatever a plan does: ropes keep their length, nothing sinks into the floor, flies off or becomes undefined."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from recordings.plant.records import LoadState, Order
from tests.recordings.plant.hoists import Film, crane, load, plant

RACK = {
    "name": "rack",
    "kind": "rack",
    "polygon_m": [(9.0, 3.0), (12.0, 3.0), (12.0, 4.4), (9.0, 4.4)],
    "height_m": 2.5,
}
drives = st.fixed_dictionaries(
    {
        "x_mps": st.floats(-0.5, 0.5),
        "y_mps": st.floats(-0.5, 0.5),
        "lift_mps": st.floats(-0.2, 0.2),
        "emergency_stop": st.booleans(),
    }
)
shapes = st.sampled_from(
    [
        {"shape": "crate", "size_m": (1.2, 0.8, 0.8), "legs": 4},
        {"shape": "beam", "size_m": (6.0, 0.3, 0.3), "legs": 2, "offset_m": (0.4, 0.0, 0.0)},
        {"shape": "coil", "size_m": (1.0, 1.1, 1.1), "legs": 1},
        {"shape": "plate", "size_m": (2.5, 1.5, 0.05), "legs": 4},
        {"shape": "mould", "size_m": (0.8, 0.8, 1.4), "legs": 2},
    ]
)
faults = st.sampled_from(
    [
        [],
        [{"kind": "sling_slip", "of": "load", "at_s": 5.0, "amount": 0.4}],
        [{"kind": "snag", "of": "H1", "at_s": 4.0, "until_s": 7.0}],
        [{"kind": "topple", "of": "load", "at_s": 1.0}],
        [{"kind": "drive_runs_on", "of": "H1", "at_s": 2.0, "amount": 0.5}],
    ]
)


def lowest_m(state: LoadState) -> float:
    w, x, y, z = state.orientation
    a, b, c = (s / 2 for s in state.size_m)
    row = (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y))
    return state.z_m - abs(row[0]) * a - abs(row[1]) * b - abs(row[2]) * c


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    plan=st.lists(drives, min_size=1, max_size=5),
    shape=shapes,
    fault=faults,
    mass=st.floats(20.0, 4900.0),
    stops=st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_the_plant_stays_sound(
    plan: list[dict[str, Any]], shape: dict[str, Any], fault: list[dict[str, Any]], mass: float, stops: list[bool]
) -> None:
    height = shape["size_m"][2]
    entries = [{"at_s": 0.2, "attach": "load"}] + [{"at_s": 0.5 + 2.0 * k} | d for k, d in enumerate(plan)]
    entries[1] |= {"lift_mps": 0.2, "emergency_stop": False}
    entries.append({"at_s": 0.5 + 2.0 * len(plan), "release": len(plan) % 2 == 0, "x_mps": 0.5})
    table = crane(entries, start_m=(8.0, 4.0), start_hook_m=height + 0.9)
    world = plant(table, load(name="load", at_m=(8.0, 5.2), sling_m=1.6, mass_kg=mass, **shape), fault, [RACK])
    film = Film(world, 12.0, 0.05, lambda t: Order(permit=stops[int(max(t, 0.0))], slow=stops[-1 - int(max(t, 0.0))]))
    for c, w in zip(film.cranes, film.loads, strict=True):
        assert math.dist(c.trolley_m, c.hook_m) <= c.rope_m + 1e-3
        assert math.isfinite(c.tension_n)
        assert lowest_m(w) > -0.06
        assert math.hypot(w.vx_mps, w.vy_mps, w.vz_mps) < 9.0
        assert math.isclose(sum(v * v for v in w.orientation), 1.0, rel_tol=1e-9)
