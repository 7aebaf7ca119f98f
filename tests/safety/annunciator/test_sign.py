"""The sign's text, and its way over a real pseudo-terminal, a real TCP socket and a file."""

from __future__ import annotations

import os
import pty
import socket
import tty
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from calibration.annunciator import Sign
from safety.annunciator.choose import Call
from safety.annunciator.sign import SignDriver, encoded, sign_lines, sign_problems
from tests.safety.annunciator.scenes import speaker
from tests.safety.bus_helpers import wait_for

DANGER = Call("danger", "struck_by", "a-1")


def lines(call: Call | None, **sign: object) -> tuple[str, ...]:
    return sign_lines(call, speaker(sign={"output": "file", "address": "sign.txt"} | sign))


def test_a_line_a_language_with_shape_word_and_order() -> None:
    assert lines(DANGER) == ("■ 위험 하물이 옵니다. 비키세요.", "■ DANGER Load coming. Move away.")
    assert lines(DANGER, languages=("uz", "en"))[0].startswith("■ XAVF Yuk")
    assert lines(None) == ("",)
    assert lines(None, idle="안전 제일") == ("안전 제일",)


def test_a_short_or_old_sign_gets_what_it_can_show() -> None:
    assert lines(DANGER, line_characters=8)[1] == "■ DANGER"
    # KS X 1001 has the square and Hangul; of Vietnamese it lacks most letters, and the check says so.
    old = speaker(languages=("ko", "vi"), sign={"output": "file", "address": "s", "encoding": "euc-kr"})
    assert sign_lines(DANGER, old)[0] == "■ 위험 하물이 옵니다. 비키세요."
    (said,) = sign_problems(old)
    assert "encoding 'euc-kr' cannot show 'vi'" in said
    assert encoded(("위험", "x"), Sign(output="file", address="s", encoding="euc-kr")) == "위험\r\nx\r\n".encode(
        "euc-kr"
    )
    assert not sign_problems(speaker())


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def driver(stack: ExitStack, folder: Path, **table: object) -> SignDriver:
    made = SignDriver(Sign.model_validate({"repeat_s": 0.2} | table), folder)
    stack.callback(made.close)
    return made


def test_a_file_always_holds_one_whole_text(stack: ExitStack, tmp_path: Path) -> None:
    sign, path = driver(stack, tmp_path, output="file", address="sign.txt"), tmp_path / "sign.txt"
    for text in ("one", "two", "위험"):
        sign.show((text,))
        wait_for(lambda text=text: path.exists() and path.read_text("utf-8") == f"{text}\n", what=text)
    assert [p.name for p in tmp_path.iterdir()] == ["sign.txt"]
    assert not sign.fault


def test_a_serial_sign_hears_each_change_at_once_and_again(stack: ExitStack, tmp_path: Path) -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    stack.callback(os.close, master)
    stack.callback(os.close, slave)
    sign = driver(stack, tmp_path, output="serial", address=os.ttyname(slave))
    got = bytearray()

    def hears(text: str, times: int) -> bool:
        with suppress(BlockingIOError):
            got.extend(os.read(master, 4096))
        return got.decode("utf-8", "ignore").count(text) >= times

    sign.show(("■ 위험",))
    wait_for(lambda: hears("■ 위험\r\n", 1), 1.0, "the first text")
    wait_for(lambda: hears("■ 위험\r\n", 3), 2.0, "its repetition")
    sign.show(("",))
    got.clear()
    wait_for(lambda: got.endswith(b"\r\n") or hears("\r\n", 1), 1.0, "the empty text")


def test_a_tcp_sign_that_goes_and_comes_back_is_found_again(stack: ExitStack, tmp_path: Path) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    server.settimeout(5.0)
    sign = driver(stack, tmp_path, output="tcp", address=f"127.0.0.1:{port}")
    sign.show(("one",))
    peer, _ = server.accept()
    peer.settimeout(5.0)
    assert peer.recv(64).startswith(b"one\r\n")
    peer.close()
    server.close()
    wait_for(lambda: "cannot be reached" in sign.fault, 5.0, "the fault")
    again = socket.create_server(("127.0.0.1", port))
    stack.callback(again.close)
    again.settimeout(5.0)
    sign.show(("two",))
    peer, _ = again.accept()
    stack.callback(peer.close)
    peer.settimeout(5.0)
    assert peer.recv(64).startswith(b"two\r\n")
    wait_for(lambda: not sign.fault, 2.0, "the fault to go")


def test_a_sign_that_is_not_there_is_named(stack: ExitStack, tmp_path: Path) -> None:
    sign = driver(stack, tmp_path, output="serial", address="/dev/no-such-port")
    sign.show(("x",))
    wait_for(lambda: "/dev/no-such-port" in sign.fault, 3.0, "the fault")
