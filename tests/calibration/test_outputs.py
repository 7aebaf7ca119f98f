"""Table ``[[relay]]``: the short form, what can be said of each output, and what is refused."""

from __future__ import annotations

import tomllib

import pytest

from calibration.errors import BadInput
from calibration.outputs import Relay
from calibration.site import Site
from calibration.site_file import parse_site, site_text
from tests.safety.bus_helpers import site_text as small_site

SHORT = """
name = "cabinet-1"
driver = "modbus_tcp"
outputs = { permit = ["H1", "permit"], slow = ["H1", "slow"], siren = ["hall", "danger"], lamp = ["hall", "warning"] }
"""


def relay(more: str = "", **keys: object) -> Relay:
    return Relay.model_validate(tomllib.loads(SHORT + more) | keys)


def test_the_short_form_says_all_that_most_sites_need() -> None:
    rules = relay().rules()
    assert list(rules) == ["permit", "slow", "siren", "lamp"]
    assert [rule.device for rule in rules.values()] == ["run", "full_speed", "siren", "beacon"]
    assert [rule.minimum_on_s for rule in rules.values()] == [0.0, 0.0, 1.0, 0.5]
    assert [rule.enabling for rule in rules.values()] == [True, True, False, False]
    assert not any(rule.safe_on for rule in rules.values())
    assert {rule.fault_after_s for rule in rules.values()} == {0.3}


def test_what_is_said_of_an_output_survives_writing() -> None:
    more = "[output.lamp]\nsafe_state = 'on'\nminimum_on_s = 2.0\nfault_after_s = 1.0\nproof_test_days = 7\n"
    site = Site.model_validate(tomllib.loads(small_site()) | {"relay": [tomllib.loads(SHORT + more)]})
    again = parse_site(site_text(site), "again")
    assert again == site
    rule = again.relay[0].rules()["lamp"]
    assert (rule.safe_on, rule.minimum_on_s, rule.fault_after_s, rule.proof_test_days) == (True, 2.0, 1.0, 7.0)


def test_simulated_contacts_need_no_proof() -> None:
    assert {rule.proof_test_days for rule in relay(driver="simulated").rules().values()} == {0.0}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("[output.permit]\nsafe_state = 'on'", "safe_state of a permit output must be off"),
        ("[output.slow]\nminimum_on_s = 1.0", "it opens at once"),
        ("[output.bell]\nminimum_on_s = 1.0", "expected one of outputs"),
        ("[output.siren]\ndevice = 'run'", "does not fit the signal 'danger'"),
        ("[output.permit]\ndevice = 'siren'", "does not fit the signal 'permit'"),
        ("[output.siren]\nfault_after_s = 5.0", "fault_after_s"),
        ("[output.siren]\nvolume = 3", "volume"),
        ("[mqtt]\ntopic = 'a'", "mqtt belongs to driver 'mqtt'"),
    ],
)
def test_what_no_output_can_be(more: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        relay(more)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"driver": "mqtt"}, r"needs a table \[relay.mqtt\]"),
        ({"driver": "mqtt", "mqtt": {"topic": "a/#"}}, "without wildcards"),
        ({"driver": "gpio"}, r"needs a table \[relay.gpio\]"),
        ({"driver": "serial"}, "needs a device file"),
        ({"driver": "serial", "address": "/dev/ttyUSB0", "board": {"channels": 3}}, "do not fit on 3 channels"),
        ({"driver": "serial", "address": "/dev/ttyUSB0", "run_input": 1}, "has no inputs"),
        ({"driver": "profibus"}, "driver"),
    ],
)
def test_what_no_driver_takes(keys: dict[str, object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        relay(**keys)


def test_a_fault_is_named_by_file_and_field() -> None:
    text = small_site() + "\n[relay.output.K1]\nsafe_state = 'on'\n"
    with pytest.raises(BadInput, match=r"^site\.toml: "):
        parse_site(text.replace("[bus]", "[bus]", 1), "site.toml")
