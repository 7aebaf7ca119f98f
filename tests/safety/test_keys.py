"""Key files: made once, private, checked when read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import zmq

from calibration.errors import BadInput, Unavailable
from calibration.site import Site
from safety import keys

SITE = Site.model_validate(
    {
        "site": {"name": "Hall", "boundary_m": [[0, 0], [9, 0], [9, 9], [0, 9]]},
        "hoist": [
            {
                "name": "H1",
                "kind": "monorail",
                "travel_m": [[1, 1], [8, 1]],
                "beam_height_m": 6,
                "hook_height_m": [0.3, 5],
                "travel_speed_mps": [0.1, 0.5],
                "hoist_speed_mps": [0.03, 0.1],
                "deceleration_mps2": 0.3,
                "load_radius_m": 0.5,
                "load_height_m": 0.8,
            }
        ],
        "relay": [
            {"name": "cabinet-1", "outputs": {"K1": ["H1", "permit"]}},
            {"name": "홀 2", "outputs": {"K1": ["hall", "danger"]}},
        ],
    }
)
FILES = (
    "engine.key",
    "console-1.key",
    "relay-cabinet-1.key",
    "relay-홀 2.key",
    "recorder.key",
    "viewer.key",
    "viewer-gateway.key",
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_makes_one_private_file_per_party(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    made = keys.make_keys(folder, SITE)
    assert made == keys.KeysMade(FILES, ())
    assert mode(folder) == 0o700
    assert all(mode(folder / file) == 0o600 for file in FILES)
    assert sorted(p.name for p in folder.iterdir()) == sorted([*FILES, "engine.pub", "allow.toml"])
    allow = keys.load_allow(folder)
    assert {(p.role, p.name) for p in allow.values()} == {
        ("console", "console-1"),
        ("relay", "cabinet-1"),
        ("relay", "홀 2"),
        ("recorder", "recorder"),
        ("viewer", "viewer"),
        ("viewer", "gateway"),
    }
    node = keys.load_identity(folder, "relay", "홀 2")
    assert allow[node.public] == keys.Party("relay", "홀 2")
    assert keys.load_server_key(folder) == keys.load_identity(folder, "engine", "engine").public


def test_keeps_what_exists_and_completes_what_is_missing(tmp_path: Path) -> None:
    keys.make_keys(tmp_path, SITE)
    before = {p.name: p.read_text() for p in tmp_path.iterdir()}
    assert keys.make_keys(tmp_path, SITE) == keys.KeysMade((), FILES)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == before
    (tmp_path / "viewer.key").unlink()
    (tmp_path / "allow.toml").unlink()
    made = keys.make_keys(tmp_path, SITE)
    assert made.created == ("viewer.key",)
    assert keys.load_identity(tmp_path, "viewer", "viewer").public in keys.load_allow(tmp_path)
    assert len(keys.load_allow(tmp_path)) == 6
    again = keys.make_keys(tmp_path, SITE, overwrite=True)
    assert again == keys.KeysMade(FILES, ())
    assert (tmp_path / "engine.key").read_text() != before["engine.key"]
    assert len(keys.load_allow(tmp_path)) == 6


def test_further_parties_can_be_added_and_removed(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="make the site's keys first"):
        keys.add_party(tmp_path, "console", "console-2")
    keys.make_keys(tmp_path, SITE)
    assert keys.add_party(tmp_path, "console", "console-2").name == "console-2.key"
    assert keys.add_party(tmp_path, "viewer", "gate").name == "viewer-gate.key"
    assert mode(tmp_path / "console-2.key") == 0o600
    identity = keys.load_identity(tmp_path, "console", "console-2")
    assert keys.load_allow(tmp_path)[identity.public].name == "console-2"
    with pytest.raises(BadInput, match="has a key already"):
        keys.add_party(tmp_path, "console", "console-2")
    with pytest.raises(BadInput, match="expected one of console"):
        keys.add_party(tmp_path, "engine", "other")
    with pytest.raises(BadInput, match="without slashes"):
        keys.add_party(tmp_path, "viewer", "../../etc/x")
    keys.make_keys(tmp_path, SITE, overwrite=True)
    assert keys.load_allow(tmp_path)[identity.public].name == "console-2"
    keys.remove_party(tmp_path, "console", "console-2")
    assert identity.public not in keys.load_allow(tmp_path)
    with pytest.raises(BadInput, match="is not listed"):
        keys.remove_party(tmp_path, "console", "console-2")


def test_refuses_a_secret_that_others_can_read(tmp_path: Path) -> None:
    keys.make_keys(tmp_path, SITE)
    (tmp_path / "viewer.key").chmod(0o640)
    with pytest.raises(BadInput, match=r"viewer\.key: .*chmod 600"):
        keys.load_identity(tmp_path, "viewer", "viewer")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "public: expected a key of 40 Z85"),
        ("\x00\xff", "found something else"),
        ('role = "viewer"\nname = "viewer"\npublic = "short"\nsecret = "short"\n', "40 Z85"),
    ],
)
def test_refuses_a_malformed_secret(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "viewer.key"
    path.write_bytes(text.encode("latin-1"))
    path.chmod(0o600)
    with pytest.raises(BadInput, match=expected):
        keys.load_identity(tmp_path, "viewer", "viewer")


def test_refuses_missing_foreign_and_mixed_up_files(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"engine\.key: no such key file"):
        keys.load_identity(tmp_path, "engine", "engine")
    with pytest.raises(BadInput, match=r"allow\.toml: no such key file"):
        keys.load_allow(tmp_path)
    with pytest.raises(BadInput, match=r"engine\.pub: no such key file"):
        keys.load_server_key(tmp_path)
    keys.make_keys(tmp_path, SITE)
    (tmp_path / "viewer.key").write_bytes((tmp_path / "console-1.key").read_bytes())
    with pytest.raises(BadInput, match="another party's key"):
        keys.load_identity(tmp_path, "viewer", "viewer")
    public, _ = zmq.curve_keypair()
    text = (tmp_path / "recorder.key").read_text().splitlines()
    text[3] = f'public = "{public.decode()}"'
    (tmp_path / "recorder.key").write_text("\n".join(text))
    with pytest.raises(BadInput, match="public half"):
        keys.load_identity(tmp_path, "recorder", "recorder")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("party = 3", r"\[\[party\]\] tables only"),
        ("[[party]]\nrole = 'console'\n", "the keys public, role and name"),
        ("[[party]]\nrole = 'engine'\nname = 'x'\npublic = ''\n", "expected a role of"),
        ("[[party]]\nrole = 'viewer'\nname = 'x'\npublic = 'abc'\n", "40 Z85"),
        ("[[party]\n", "found something else"),
    ],
)
def test_refuses_a_malformed_list(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "allow.toml").write_text(text)
    with pytest.raises(BadInput, match=expected):
        keys.load_allow(tmp_path)


def test_refuses_a_key_listed_twice(tmp_path: Path) -> None:
    keys.make_keys(tmp_path, SITE)
    text = (tmp_path / "allow.toml").read_text()
    (tmp_path / "allow.toml").write_text(text + "\n".join(text.splitlines()[1:]))
    with pytest.raises(BadInput, match="listed twice"):
        keys.load_allow(tmp_path)


def test_the_secret_never_shows(tmp_path: Path) -> None:
    keys.make_keys(tmp_path, SITE)
    identity = keys.load_identity(tmp_path, "console", "console-1")
    assert identity.secret.decode() not in f"{identity!r} {identity}"
    assert len(keys.fingerprint(identity.public)) == 16


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(Unavailable, match="keys: key folder cannot be made"):
        keys.make_keys(tmp_path / "keys", SITE)
