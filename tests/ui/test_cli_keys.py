"""Keys from the command line: a party added is listed, one removed is refused by the list."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from calibration.site_file import site_text
from safety.keys import Party, load_allow, load_identity
from tests.shared_data import ROOT
from tests.worlds import bridge, hall


def keys(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ui.cli", "keys", "--site", str(site), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_a_party_is_added_and_removed(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(site_text(hall(0, [bridge()])), encoding="utf-8")
    console = Party("console", "console-2")
    assert keys(site).returncode == 0
    assert keys(site, "--add", "console:console-2").returncode == 0
    assert console in load_allow(tmp_path / "keys").values()
    assert keys(site, "--remove", "console:console-2").returncode == 0
    assert console not in load_allow(tmp_path / "keys").values()
    again = keys(site, "--remove", "console:console-2")
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1
    assert "not listed" in again.stderr


def test_a_key_is_rotated(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(site_text(hall(0, [bridge()])), encoding="utf-8")
    assert keys(site).returncode == 0
    before = load_allow(tmp_path / "keys")
    done = keys(site, "--rotate", "console:console-1")
    assert done.returncode == 0
    assert "console-1.key anew" in done.stdout
    after = load_allow(tmp_path / "keys")
    assert set(before.values()) == set(after.values())
    assert [party.name for public, party in before.items() if public not in after] == ["console-1"]
    assert load_identity(tmp_path / "keys", "console", "console-1").public in after
    assert keys(site, "--rotate", "console:nobody").returncode == 2
