"""Every sentence that safety's sources write of a fault is there in Korean, with what it quotes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.fault_words import in_korean
from safety.relay_polled import LOST
from tests.shared_data import ROOT

HANGUL = re.compile("[가-힣]")
RETURNING = ("_fault", "fault", "_mismatch", "_judge", "_judge_sequence", "_farewell")
FILLED = "xyz-1"


def sentences() -> Iterator[tuple[str, str]]:
    """Where and what: the texts given to DriverFault, kept as a fault, or returned by what tells of one."""
    files = [*ROOT.glob("safety/relay_*.py"), *ROOT.glob("safety/annunciator/*.py")]
    files += [ROOT / "safety" / name for name in ("permit.py", "permit_issuer.py")]
    for path in files:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            for told in (*_raised(node), *_kept(node), *_returned(node)):
                yield path.name, told


def _raised(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "DriverFault":
        yield from _texts(node.args[0])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_fail":
        yield from _texts(node.args[0])


def _kept(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Assign):
        names = {target.attr for target in node.targets if isinstance(target, ast.Attribute)}
        if names & {"_fault", "fault", "_refused", "_stuck"}:
            yield from _texts(node.value)


def _returned(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef) and node.name in RETURNING:
        for part in ast.walk(node):
            if isinstance(part, ast.Return) and part.value is not None:
                yield from _texts(part.value)
            if node.name == "_judge" and isinstance(part, ast.Tuple):
                yield from _texts(part.elts[-1])


def _texts(value: ast.expr) -> Iterator[str]:
    """Constant texts and f-strings in an expression, what is filled in standing for itself."""
    match value:
        case ast.Constant(value=str(text)) if " " in text:
            yield text
        case ast.JoinedStr():
            yield "".join(_piece(piece) for piece in value.values)
        case ast.IfExp():
            yield from (*_texts(value.body), *_texts(value.orelse))
        case ast.BoolOp():
            for part in value.values:
                yield from _texts(part)
        case ast.Tuple():
            for part in value.elts:
                yield from _texts(part)


def _piece(piece: ast.expr) -> str:
    match piece:
        case ast.Constant(value=text):
            return str(text)
        case ast.FormattedValue(value=ast.Name(id="LOST")):
            return LOST
        case _:
            return FILLED


FOUND = sorted(set(sentences()))


def test_the_sources_are_read() -> None:
    assert len(FOUND) > 35
    assert ("relay_modbus.py", "does not answer") in FOUND
    assert ("permit.py", "it is late") in FOUND


@pytest.mark.parametrize(("file", "text"), FOUND)
def test_every_sentence_is_there_in_korean(file: str, text: str) -> None:
    korean = in_korean(text)
    assert HANGUL.search(korean), f"{file}: {text!r} has no Korean"
    assert not re.search(r"[a-z]{4,}", korean.replace(FILLED, "").replace("Modbus", "")), korean
    assert korean.count(FILLED) == text.count(FILLED)


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        (
            "Modbus 127.0.0.1:5020: does not answer; its contacts cannot be opened from here",
            "Modbus 127.0.0.1:5020: 응답하지 않음. 여기서는 접점을 열 수 없음",
        ),
        (
            "MQTT b:1883: the broker cannot be reached (timed out: 3 s); its contacts cannot be opened from here",
            "MQTT b:1883: 브로커에 연결할 수 없음 (timed out: 3 s). 여기서는 접점을 열 수 없음",
        ),
        ("permit refused: it is late", "운전 허가 거부: 늦게 도착함"),
        (
            "contact K1 (stuck on), K2 does not follow its command",
            "접점 K1 (켜진 채 고착), K2이(가) 지령을 따르지 않음",
        ),
        (
            "the sound device is not open yet; sign at s:80 cannot be reached (refused)",
            "음향 장치가 아직 열리지 않음; 전광판 s:80에 연결할 수 없음 (refused)",
        ),
        ("of a newer node", "of a newer node"),
    ],
)
def test_what_it_quotes_stays(english: str, korean: str) -> None:
    assert in_korean(english) == korean


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    in_korean(text)
