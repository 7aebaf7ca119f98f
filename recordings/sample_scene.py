"""The sample recording: what happens in it, and how it is made. ``python -m recordings.sample_scene OUT.mcap``.

A simulated hall without pictures: boxes as a detector would give them. The hoist is not in a loop with
the engine. Its drive follows a plan that obeys the outputs the engine gives on this very recording
(``WARNED_S``, ``STOP_S``, ``SLOW_S``, ``FAST_S``), one reaction later; a test holds the two together.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from calibration.camera import Array, Camera, Flags
from calibration.errors import BadInput
from calibration.site import Site
from calibration.site_file import site_text
from recordings.evaluate_recording import ATTACHMENT, Expectation, ExpectedAlarms, Quiet
from recordings.imports import write_inputs
from recordings.numbers import fixed
from recordings.sample_boxes import Eye, frame_times
from recordings.sample_motion import Drive, Driven, Walk, Walked, driven, walked
from recordings.sample_site import CRATE_M, FAILING_CAMERA, HOIST, RATE_HZ, SLING_M, sample_site
from recordings.store import RecordingWriter
from safety.records import Level, Situation
from tracking.records import Boxes, CameraHealth, Input

SAMPLES = Path(__file__).parent / "samples"
TRUTH = "truth.csv"
SEED = 20260302
END_S = 60.0
WALL_OFFSET_S = 1_772_409_600.0  # 2 March 2026, 09:00 in Seoul: for display only

LIFT_S = 9.5
TRAVEL_S = 17.5
WARNED_S, STOP_S = 25.9, 26.6
RESUME_S = 34.1
FAIL_S, RETURN_S = 37.0, 42.0
SLOW_S, FAST_S = 38.4, 43.6
ARRIVE_S = 46.5
LOWER_S, CREEP_S, DOWN_S = 49.8, 55.5, 57.8
_REACTION_S = 0.5
_SLACK_M = 0.1
_START_M = (6.5, 8.0)
_SOFT_MPS2 = 0.133  # 0.5 m/s in one period of the swing: leaves the load without any
_CATCHING_MPS2 = 0.25  # started at the right moment of the swing that the stop has left, it takes it away
_TRUTH_STEP_S = 0.1
_LATENCY_S, _LATENCY_SPREAD_S = 0.07, 0.015
_HEALTH_PERIOD_S = 1.0

DRIVES = (
    Drive(LIFT_S, lift_mps=0.3),
    Drive(16.2),
    Drive(TRAVEL_S, travel_mps=0.5, travel_mps2=_SOFT_MPS2),
    Drive(WARNED_S + _REACTION_S, travel_mps=0.17, travel_mps2=_SOFT_MPS2),
    Drive(STOP_S + _REACTION_S, travel_mps2=0.3),
    Drive(RESUME_S, travel_mps=0.5, travel_mps2=_CATCHING_MPS2),
    Drive(SLOW_S + _REACTION_S, travel_mps=0.17, travel_mps2=_SOFT_MPS2),
    Drive(FAST_S + _REACTION_S, travel_mps=0.5, travel_mps2=_SOFT_MPS2),
    Drive(ARRIVE_S, travel_mps2=_SOFT_MPS2),
    Drive(LOWER_S, lift_mps=-0.3),
    Drive(CREEP_S, lift_mps=-0.1),
    Drive(DOWN_S),
)

SLINGER = Walk(
    "slinger",
    points=(
        (0.0, 6.5, 6.95),
        (3.8, 6.5, 6.95),
        (5.2, 7.55, 7.5),
        (7.4, 7.6, 7.9),
        (9.2, 6.8, 10.4),
        (20.5, 6.6, 10.6),
        (26.0, 8.0, 10.4),
        (35.0, 8.2, 10.5),
        (49.0, 11.6, 10.2),
        (57.8, 12.0, 9.9),
        (59.5, 13.6, 8.9),
        (END_S, 13.7, 8.8),
    ),
    heights=((0.0, 1.35), (0.5, 1.25), (3.2, 1.25), (3.8, 1.78), (5.2, 1.78), (5.7, 1.4), (6.9, 1.4), (7.4, 1.78)),
)
OPERATOR = Walk(
    "operator",
    points=(
        (0.0, 4.7, 6.2),
        (18.8, 4.6, 6.1),
        (26.3, 7.4, 5.7),
        (27.2, 7.6, 5.7),
        (34.3, 7.6, 5.8),
        (39.0, 9.5, 5.8),
        (45.0, 10.5, 5.9),
        (48.5, 11.6, 6.0),
        (END_S, 12.0, 6.2),
    ),
    heights=((0.0, 1.71),),
)
PASSER_BY = Walk(
    "passer-by",
    points=(
        (13.0, 23.8, 1.9),
        (19.3, 16.2, 2.1),
        (24.6, 12.9, 7.7),
        (26.5, 12.9, 7.8),
        (28.2, 10.9, 8.1),
        (30.4, 10.0, 10.7),
        (END_S, 10.0, 10.9),
    ),
    heights=((0.0, 1.68),),
)
PLANS = (SLINGER, OPERATOR, PASSER_BY)

UNDER_S = 27.7
"""When the passer-by is below the load, ``load_radius_m`` and ``person_radius_m`` from its middle."""

EXPECTED = ExpectedAlarms(
    expected=(
        Expectation(
            name="passer-by stands in the way of the travelling load",
            situation=Situation.STRUCK_BY,
            hoist=HOIST,
            level=Level.WARNING,
            raise_from_s=24.0,
            raise_until_s=26.3,
            contact_s=UNDER_S,
        ),
        Expectation(
            name="passer-by walks into the travelling load",
            situation=Situation.STRUCK_BY,
            hoist=HOIST,
            level=Level.DANGER,
            raise_from_s=25.0,
            raise_until_s=27.0,
            clear_until_s=33.0,
            contact_s=UNDER_S,
        ),
        Expectation(
            name="passer-by is about to be below the load",
            situation=Situation.FALL_ZONE,
            hoist=HOIST,
            raise_from_s=25.5,
            raise_until_s=27.6,
            contact_s=UNDER_S,
        ),
        Expectation(
            name="passer-by is below the load",
            situation=Situation.FALL_ZONE,
            hoist=HOIST,
            level=Level.DANGER,
            raise_from_s=27.4,
            raise_until_s=28.4,
            clear_until_s=33.0,
        ),
        Expectation(
            name="camera fails",
            situation=Situation.CAMERA_BLIND,
            source=FAILING_CAMERA,
            level=Level.WARNING,
            raise_from_s=FAIL_S + 0.9,
            raise_until_s=FAIL_S + 2.0,
            clear_until_s=RETURN_S + 2.5,
        ),
    ),
    quiet=(
        Quiet(name="slinger at the resting load", from_s=0.0, until_s=LIFT_S),
        Quiet(name="lifting, people stand back", from_s=LIFT_S, until_s=TRAVEL_S),
        Quiet(name="operator walks beside the travelling load", from_s=TRAVEL_S, until_s=24.0),
        Quiet(name="travel goes on", from_s=31.5, until_s=FAIL_S),
        Quiet(name="one camera less, the others cover the floor", from_s=FAIL_S + 2.0, until_s=RETURN_S),
        Quiet(name="set down, slinger comes to the load", from_s=RETURN_S, until_s=END_S),
    ),
)


def sample_path(name: str = "passer-by") -> Path:
    """The recording of this name that comes with the program. Raises BadInput where there is none."""
    path = SAMPLES / f"{name}.mcap"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in SAMPLES.glob("*.mcap"))) or "none at all"
        raise BadInput(f"{path}: no such sample recording, expected one of {known}")
    return path


class Scene:
    """The true motions, and everything that is drawn from them. The same seed gives the same scene."""

    def __init__(self, seed: int = SEED) -> None:
        self.site: Site = sample_site()
        motion, self._boxes, self._timing = (np.random.default_rng([seed, k]) for k in range(3))
        self.people: tuple[Walked, ...] = tuple(walked(plan, motion) for plan in PLANS)
        hook_m = SLING_M + CRATE_M[2] - _SLACK_M
        self.hoist: Driven = driven(self.site.hoist[0], DRIVES, _START_M, hook_m, END_S)

    def events(self) -> list[Input]:
        """All inputs of the core in the order in which they were ready."""
        events: list[Input] = []
        for table in self.site.camera:
            eye = Eye(Camera.from_table(table), self.site, self._boxes)
            times = frame_times(self._timing, RATE_HZ, END_S)
            fails = table.name == FAILING_CAMERA
            events += self._boxes_of(table.name, eye, times[~_failed(times)] if fails else times)
            events += _health(table.name, fails)
        return sorted(events, key=lambda e: (e.ready_s, e.camera if isinstance(e, Boxes | CameraHealth) else ""))

    def truth(self) -> Iterator[tuple[float, str, str, Array]]:
        """(time, kind, id, position (3,)) ten times a second; a load's position is its middle."""
        for k in range(round(END_S / _TRUTH_STEP_S) + 1):
            time_s = k * _TRUTH_STEP_S
            for person in self.people:
                at = person.at(time_s)
                if at is not None:
                    yield time_s, "person", person.name, np.append(at[0], 0.0)
            yield time_s, "hook", HOIST, self.hoist.hook_m(time_s)
            yield time_s, "load", HOIST, self.hoist.load_m(time_s)

    def _boxes_of(self, camera: str, eye: Eye, times: Array) -> Iterator[Boxes]:
        ready_s = 0.0
        for time_s in times:
            boxes = eye.look(float(time_s), self.people, self.hoist)
            delay = max(0.03, self._timing.normal(_LATENCY_S, _LATENCY_SPREAD_S))
            ready_s = max(ready_s + 0.001, round(float(time_s + delay), 4))
            yield Boxes(camera=camera, time_s=float(time_s), ready_s=round(ready_s, 4), boxes=boxes)


def write_sample(out: Path | str, scene: Scene | None = None) -> None:
    """Write the sample recording at ``out``. Raises BadInput; nothing is then left behind."""
    scene = scene or Scene()
    with RecordingWriter(
        out,
        site_text=site_text(scene.site),
        wall_offset_s=WALL_OFFSET_S,
        made_by="hoistwatch sample passer-by",
        atomic=True,
    ) as writer:
        writer.attach(ATTACHMENT, "application/json", msgspec.json.format(msgspec.json.encode(EXPECTED)))
        writer.attach(TRUTH, "text/csv", truth_csv(scene).encode())
        write_inputs(writer, scene.events())


def truth_csv(scene: Scene) -> str:
    """Where everybody and everything really was: ``time_s,kind,id,x_m,y_m,z_m``."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("time_s", "kind", "id", "x_m", "y_m", "z_m"))
    for time_s, kind, name, at in scene.truth():
        rows.writerow([fixed(time_s, 1), kind, name, *(fixed(float(v), 3) for v in at)])
    return text.getvalue()


def _failed(times: Array) -> Flags:
    return np.asarray((times >= FAIL_S) & (times < RETURN_S), np.bool_)


def _health(camera: str, fails: bool) -> Iterator[CameraHealth]:
    """What the capture thread of a camera says once a second."""
    for k in range(1, round(END_S / _HEALTH_PERIOD_S)):
        time_s = k * _HEALTH_PERIOD_S
        failed = fails and FAIL_S <= time_s < RETURN_S
        returned = fails and time_s >= RETURN_S
        yield CameraHealth(
            camera=camera,
            time_s=time_s,
            ready_s=time_s,
            connected=not failed,
            rate_hz=0.0 if failed else RATE_HZ,
            gaps=int(returned),
            reconnects=int(returned),
            message="no answer" if failed else "",
        )


def main(arguments: list[str]) -> int:
    """Write the sample to the one path given."""
    if len(arguments) != 1:
        print("usage: python -m recordings.sample_scene OUT.mcap", file=sys.stderr)
        return 2
    try:
        write_sample(arguments[0])
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
