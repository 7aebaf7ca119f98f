"""Sessions by the clock: who may do what, how long, and what many wrong passwords bring."""

from __future__ import annotations

from typing import Literal

from calibration.policy import Policy
from safety.records import Acknowledge, Reset, Shelve
from safety.sessions import Sessions
from safety.users import User
from safety.word_records import Access

POLICY = Policy(sign_in_for_s=3600.0, sign_in_tries=3, sign_in_lock_s=60.0)
ANN = User("ann", "engineer", "$argon2id$3")
KIM, LEE = User("kim", "operator", "$argon2id$1"), User("lee", "viewer", "$argon2id$2")
USERS = {"kim": KIM, "lee": LEE}
ACKNOWLEDGE = Acknowledge(time_s=0.0, by="", alarm="a-1")
COMMANDS = (
    ACKNOWLEDGE,
    Shelve(time_s=0.0, by="", alarm="a", for_s=1.0, reason="x"),
    Reset(time_s=0.0, by="", node="n"),
)


def test_without_users_every_console_is_an_operator() -> None:
    sessions = Sessions(POLICY, required=False)
    assert all(sessions.refusal("c1", command, 0.0) is None for command in COMMANDS)
    assert sessions.by("c1") == "c1"


def test_with_users_nobody_acts_unsigned() -> None:
    sessions = Sessions(POLICY, required=True)
    for command in COMMANDS:
        refusal = sessions.refusal("c1", command, 5.0)
        assert refusal is not None
        assert (refusal.code, refusal.command, refusal.time_s) == ("sign_in", type(command).__name__, 5.0)


def test_each_role_does_what_it_may_at_its_own_console() -> None:
    sessions = Sessions(POLICY, required=True)
    sessions.open("c1", KIM, 0.0)
    sessions.open("c2", LEE, 0.0)
    assert all(sessions.refusal("c1", command, 1.0) is None for command in COMMANDS)
    assert [getattr(sessions.refusal("c2", command, 1.0), "code", None) for command in COMMANDS] == ["role"] * 3
    assert getattr(sessions.refusal("c3", ACKNOWLEDGE, 1.0), "code", None) == "sign_in"
    assert sessions.by("c1") == "kim@c1"
    assert [(v.console, v.user, v.role, v.until_s) for v in sessions.views()] == [
        ("c1", "kim", "operator", 3600.0),
        ("c2", "lee", "viewer", 3600.0),
    ]
    assert sessions.close("c1") == KIM
    assert sessions.close("c1") is None


def test_a_session_ends_by_time_and_by_a_change_of_the_user() -> None:
    sessions = Sessions(POLICY, required=True)
    sessions.open("c1", KIM, 0.0)
    assert sessions.ended(USERS, 3599.9) == []
    assert sessions.ended(USERS, 3600.0) == [("c1", KIM)]
    for users in ({}, {"kim": User("kim", "viewer", KIM.hash)}, {"kim": User("kim", "operator", "$argon2id$9")}):
        sessions.open("c1", KIM, 0.0)
        assert sessions.ended(users, 1.0) == [("c1", KIM)]
        assert getattr(sessions.refusal("c1", ACKNOWLEDGE, 1.0), "code", None) == "sign_in"


def test_wrong_passwords_lock_name_and_console_for_a_while() -> None:
    sessions = Sessions(POLICY, required=True)
    assert sessions.failed("kim", "c1", 0.0) == 0.0
    assert sessions.failed("kim", "c2", 1.0) == 0.0
    assert sessions.failed("kim", "c3", 2.0) == 60.0  # one name from many consoles
    assert sessions.locked_s("kim", "c9", 12.0) == 50.0
    assert sessions.locked_s("lee", "c9", 12.0) == 0.0
    for k, name in enumerate(("a", "b", "c")):
        sessions.failed(name, "c5", float(k))
    assert sessions.locked_s("lee", "c5", 12.0) == 50.0  # many names from one console
    assert sessions.locked_s("kim", "c9", 62.0) == 0.0


def test_tries_long_ago_and_before_a_right_one_do_not_count() -> None:
    sessions = Sessions(POLICY, required=True)
    for now_s in (0.0, 50.0, 111.0, 172.0):
        assert sessions.failed("kim", "c1", now_s) == 0.0
    sessions.open("c1", KIM, 173.0)
    assert sessions.failed("kim", "c1", 174.0) == 0.0
    assert sessions.failed("kim", "c1", 175.0) == 0.0
    assert sessions.failed("kim", "c1", 176.0) == 60.0


def test_looking_is_for_viewers_taking_out_for_operators_and_faces_for_engineers_with_a_reason() -> None:
    def access(purpose: Literal["look", "export"], faces: Literal["blurred", "shown"], reason: str = "") -> Access:
        return Access(
            time_s=0.0, by="", id="1", purpose=purpose, from_wall_s=0.0, to_wall_s=20.0, faces=faces, reason=reason
        )

    asked = (
        access("look", "blurred"),
        access("export", "blurred"),
        access("export", "shown"),
        access("export", "shown", "police"),
    )

    def codes(sessions: Sessions) -> list[str]:
        return [getattr(sessions.refusal("c1", one, 1.0), "code", "") for one in asked]

    sessions = Sessions(POLICY, required=True)
    assert codes(sessions) == ["sign_in"] * 4
    for user, expected in (
        (LEE, ["", "role", "role", "role"]),
        (KIM, ["", "", "role", "role"]),
        (ANN, ["", "", "reason", ""]),
    ):
        sessions.open("c1", user, 0.0)
        assert codes(sessions) == expected
    assert codes(Sessions(POLICY, required=False)) == ["", "", "sign_in", "sign_in"]
