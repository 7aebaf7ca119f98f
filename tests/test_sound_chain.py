"""Engine, console and annunciator as processes: a self-test by command, its record, and an annunciator that dies."""

from __future__ import annotations

from pathlib import Path

import pytest

from calibration.site_file import site_text
from safety.annunciator.records import AnnunciatorView, SoundTest
from safety.audit import AuditLog
from safety.records import Situation
from tests.live_chain import START_S, Chain, resting_hoist
from tests.safety.annunciator.scenes import speaker
from tests.safety.bus_helpers import wait_for
from tests.worlds import bridge, hall


def view(chain: Chain) -> AnnunciatorView | None:
    snapshot = chain.listen()
    return snapshot.annunciators[0] if snapshot is not None and snapshot.annunciators else None


@pytest.mark.slow
def test_a_self_test_by_command_and_an_annunciator_that_dies(tmp_path: Path) -> None:
    site = hall(cameras=0, hoists=[bridge()]).model_copy(
        update={"annunciator": (speaker(speech=False, full_scale_dba=105.0),)}
    )
    recording = resting_hoist(tmp_path / "rest.mcap", site_text(site))
    with Chain(tmp_path, site, "--playback", recording, driver="simulated") as chain:
        wait_for(chain.permit_given, START_S, "the engine's permit")
        wait_for(lambda: view(chain) is not None, START_S, "the engine's view of its annunciators")
        ask = SoundTest(time_s=0.0, by="", annunciator="south")
        chain.console.send(ask)
        wait_for(lambda: any("'south' does not report" in r.reason for r in chain.refusals()), 5.0, "the refusal")

        chain.start("south", "-m", "ui.cli", "annunciator", "--site", chain.site_path, "--name", "south")
        wait_for(lambda: bool((v := view(chain)) and v.connected and not v.fault), START_S, "the annunciator's report")
        chain.console.send(ask)
        wait_for(lambda: bool((v := view(chain)) and v.testing), 5.0, "the test")
        chain.console.send(ask)  # one at a time: this one changes nothing
        wait_for(lambda: bool((v := view(chain)) and v.tested_s is not None), 30.0, "the result of the test")
        tested = view(chain)
        assert tested is not None
        assert [check.what for check in tested.test if check.passed] == ["attention", "warning", "danger", "fault"]

        chain.process("south").kill()

        def told() -> bool:
            snapshot = chain.listen()
            return snapshot is not None and any(a.situation is Situation.ANNUNCIATOR_FAULT for a in snapshot.alarms)

        wait_for(told, 8.0, "the alarm of the annunciator that is gone")
        assert chain.permit_given(), "the stop itself still works, so nobody has to stop for it"
        with AuditLog(chain.records / "audit.sqlite", read_only=True) as log:
            rows = [row for row in log.rows() if row.what in ("soundtest", "sound_test")]
    assert [(row.role, row.what) for row in rows] == [
        ("console", "soundtest"),
        ("console", "soundtest"),
        ("annunciator", "sound_test"),
    ]
    assert '"what":"danger"' in rows[-1].detail
