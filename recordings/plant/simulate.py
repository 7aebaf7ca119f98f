"""How does a scenario become a recording, with everything that belongs to it?"""

from __future__ import annotations

from pathlib import Path

import msgspec

from calibration.errors import BadInput
from calibration.site_file import site_text
from recordings.evaluate_recording import ATTACHMENT, Expectation, ExpectedAlarms, Quiet
from recordings.plant.loop import Loop, Options, Progress, Simulated
from recordings.plant.scenario import Scenario
from recordings.plant.scenario_file import scenario_text
from recordings.plant.scenario_site import site_of
from recordings.plant.truth import TRUTH_ATTACHMENT
from recordings.store import RecordingWriter

SCENARIO_ATTACHMENT = "scenario.toml"
MADE_BY = "hoistwatch simulate"
WALL_OFFSET_S = 1_772_409_600.0  # 2 March 2026, 09:00 in Seoul: for display only


def simulate(
    scenario: Scenario, folder: Path, out: Path | str, options: Options | None = None, progress: Progress | None = None
) -> Simulated:
    """Run a scenario and write its recording at ``out``, whole or not at all.

    Args:
        scenario: a checked scenario.
        folder: where its trajectories lie.
        out: the recording.
        options: pictures, boxes, and whether the hoists obey; both this and the scenario must want the last.
        progress: called with the share that is done, 0 to 1.

    Raises BadInput where a trajectory or ``out`` cannot be used; nothing is then left behind. The same
    scenario gives the same bytes.
    """
    site = site_of(scenario)
    chosen = options or Options()
    with RecordingWriter(
        out,
        site_text=site_text(site),
        wall_offset_s=WALL_OFFSET_S,
        made_by=f"{MADE_BY} {scenario.scenario.name}",
        atomic=True,
        crf=chosen.crf,
    ) as writer:
        writer.attach(SCENARIO_ATTACHMENT, "application/toml", scenario_text(scenario).encode())
        for name in sorted({p.trajectory for p in scenario.person if p.trajectory is not None}):
            writer.attach(name, "text/csv", _read(folder / name))
        expected = expected_alarms(scenario)
        if expected.expected or expected.quiet:
            writer.attach(ATTACHMENT, "application/json", msgspec.json.format(msgspec.json.encode(expected)))
        loop = Loop(scenario, site, folder, writer, chosen, WALL_OFFSET_S)
        done = loop.through(progress or (lambda share: None))
        writer.attach(TRUTH_ATTACHMENT, "application/json", msgspec.json.format(msgspec.json.encode(done.truth)))
    return done


def expected_alarms(scenario: Scenario) -> ExpectedAlarms:
    """The tables ``[[expect]]`` and ``[[quiet]]`` as the attachment that ``evaluate recording`` reads."""
    return ExpectedAlarms(
        expected=tuple(Expectation(**dict(row)) for row in scenario.expect),
        quiet=tuple(Quiet(**dict(row)) for row in scenario.quiet),
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from None
