"""The file of users: what it keeps, what it refuses, and that a hash is all there is of a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from calibration.errors import BadInput
from safety.users import USERS_FILE, add_user, change_user, load_users, remove_user, verified

WORD = "heron over water"


def test_who_is_added_can_be_verified_and_nobody_else(tmp_path: Path) -> None:
    assert load_users(tmp_path) == {}
    add_user(tmp_path, "김철수", "engineer", WORD)
    add_user(tmp_path, "lee", "viewer", "another word")
    users = load_users(tmp_path)
    assert {name: user.role for name, user in users.items()} == {"김철수": "engineer", "lee": "viewer"}
    assert verified(users, "김철수", WORD) == users["김철수"]
    assert verified(users, "김철수", WORD + " ") is None
    assert verified(users, "lee", WORD) is None
    assert verified(users, "nobody", WORD) is None


def test_the_file_is_the_owners_alone_and_holds_no_password(tmp_path: Path) -> None:
    add_user(tmp_path, "kim", "operator", WORD)
    path = tmp_path / USERS_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert WORD not in path.read_text()
    assert "argon2id" in path.read_text()
    assert "argon2id" not in repr(load_users(tmp_path)["kim"])
    path.chmod(0o640)
    with pytest.raises(BadInput, match=r"users\.toml: is readable by other users, expected mode 0600"):
        load_users(tmp_path)


def test_role_password_and_leaving(tmp_path: Path) -> None:
    add_user(tmp_path, "kim", "viewer", WORD)
    change_user(tmp_path, "kim", role="operator")
    change_user(tmp_path, "kim", password="a new one now")
    users = load_users(tmp_path)
    assert users["kim"].role == "operator"
    assert verified(users, "kim", WORD) is None
    assert verified(users, "kim", "a new one now") is not None
    remove_user(tmp_path, "kim")
    assert load_users(tmp_path) == {}
    with pytest.raises(BadInput, match="no user 'kim', listed are: nobody yet"):
        remove_user(tmp_path, "kim")


@pytest.mark.parametrize(
    ("name", "role", "password", "says"),
    [
        ("kim", "operator", "short", "expected 8 to 128 characters"),
        ("kim", "operator", "x" * 129, "expected 8 to 128 characters"),
        ("kimkimkim", "operator", "KimKimKim", "expected neither the name"),
        ("kim", "operator", "aaaaaaaaa", "one or two characters"),
        ("a@b", "operator", WORD, "without spaces, quotes, slashes or @"),
        ("", "operator", WORD, "expected 1 to 32 characters"),
        ("kim", "boss", WORD, "expected one of viewer, operator, engineer"),
        ("lee", "operator", WORD, "is listed already"),
    ],
)
def test_unfit_people_are_refused_and_nothing_changes(
    name: str, role: str, password: str, says: str, tmp_path: Path
) -> None:
    add_user(tmp_path, "lee", "viewer", WORD)
    before = (tmp_path / USERS_FILE).read_bytes()
    with pytest.raises(BadInput, match=says):
        add_user(tmp_path, name, role, password)  # type: ignore[arg-type]
    assert (tmp_path / USERS_FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("what is this", "expected a file made by 'hoistwatch users add'"),
        ("[[person]]\n", r"expected \[\[user\]\] tables only"),
        ('[[user]]\nname = "kim"\n', "expected the keys name, role and hash"),
        ('[[user]]\nname = "kim"\nrole = "boss"\nhash = "$argon2id$"\n', "role: expected one of"),
        ('[[user]]\nname = "kim"\nrole = "viewer"\nhash = "secret"\n', "hash: expected an argon2id hash"),
        ('[[user]]\nname = "kim"\nrole = "viewer"\nhash = "$argon2id$x"\n' * 2, "listed twice"),
    ],
)
def test_a_file_of_no_use_is_refused_by_name(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / USERS_FILE).write_text(text)
    (tmp_path / USERS_FILE).chmod(0o600)
    with pytest.raises(BadInput, match=rf"users\.toml.*{says}"):
        load_users(tmp_path)


def test_a_damaged_hash_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / USERS_FILE).write_text('[[user]]\nname = "kim"\nrole = "viewer"\nhash = "$argon2id$x"\n')
    (tmp_path / USERS_FILE).chmod(0o600)
    assert verified(load_users(tmp_path), "kim", WORD) is None
