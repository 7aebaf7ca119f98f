"""How well is a sway told that nobody measures? The trolley's place in, the sway out, on a real gantry.

``python -m tests.benchmarks.bench_hoist_sway`` feeds the hoist filter nothing but the encoder's places of
the shared laboratory recordings (100 Hz), and prints the error's RMS by the RMS of the measured sway. As a
limit it prints the same for the plant's own pendulum driven by the whole recording, smoothed forward and
backward, without and with the bearing friction that belongs to that laboratory. The rope length given is
that of the equivalent simple pendulum, as its free swing shows it; the rod's own length is tried as well.
"""

from __future__ import annotations

import math

import numpy as np

from calibration.camera import Array
from calibration.policy import Policy
from calibration.site import Hoist
from tests.recordings.plant.test_gantry_sway import LENGTH_M, RECORDINGS, ROD_M, recorded, simulated
from tracking import hoist_motion as motion
from tracking.hoist_filter import HoistFilter, trolley_floor

ENCODER_SIGMA_M = 0.0005
BEAM_M = 1.0


def gantry(rope_m: float) -> Hoist:
    """The laboratory as a site file would have it: a fast small monorail with a rod of fixed length."""
    low_m = BEAM_M - rope_m
    return Hoist(
        name="gantry",
        kind="monorail",
        travel_m=((-2.0, 0.0), (2.0, 0.0)),
        beam_height_m=BEAM_M,
        hook_height_m=(low_m - 1e-4, low_m + 1e-4),
        travel_speed_mps=(0.1, 0.6),
        hoist_speed_mps=(1e-5, 2e-5),
        deceleration_mps2=5.0,
        load_radius_m=0.05,
        load_height_m=0.05,
        telemetry_sigma_m=ENCODER_SIGMA_M,
    )


def told(time_s: Array, trolley_m: Array, rope_m: float) -> Array:
    """Sway (n,) of the filter after each place (n,) of the trolley."""
    filter_ = HoistFilter(
        gantry(rope_m), Policy(), float(time_s[0]), np.array([trolley_m[0], 0.0]), 0.001, (BEAM_M - rope_m, 1e-4)
    )
    out = np.empty(len(time_s))
    for k, (t, x) in enumerate(zip(time_s, trolley_m, strict=True)):
        filter_.predict_to(float(t))
        filter_.correct(np.array([x, 0.0]), ENCODER_SIGMA_M**2 * np.eye(2), trolley_floor)
        out[k] = filter_.state[motion.AX]
    return out


def share(estimate: Array, sway: Array) -> float:
    """RMS of the error by the RMS of the sway."""
    return math.sqrt(float(((estimate - sway) ** 2).mean() / (sway**2).mean()))


def main() -> None:
    names = list(RECORDINGS)
    rows: dict[str, list[float]] = {}
    all_sway: list[Array] = []
    errors: dict[str, list[Array]] = {}
    for name in names:
        time_s, trolley_m, sway = recorded(name)
        all_sway.append(sway)
        for label, estimate in (
            (f"filter, rope {LENGTH_M} m", told(time_s, trolley_m, LENGTH_M)),
            (f"filter, rod {ROD_M} m", told(time_s, trolley_m, ROD_M)),
            ("plant, smoothed, no friction", simulated(time_s, trolley_m, 0.0)),
            ("plant, smoothed, lab's friction", simulated(time_s, trolley_m)),
        ):
            rows.setdefault(label, []).append(share(estimate, sway))
            errors.setdefault(label, []).append(estimate - sway)
    print("\nerror by RMS of the sway         " + " ".join(f"{name:>8s}" for name in names) + "      all")
    whole = np.concatenate(all_sway)
    for label, values in rows.items():
        both = math.sqrt(float((np.concatenate(errors[label]) ** 2).mean() / (whole**2).mean()))
        print(f"{label:32s} " + " ".join(f"{v:8.1%}" for v in values) + f" {both:8.1%}")


if __name__ == "__main__":
    main()
