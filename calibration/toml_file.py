"""Reading a TOML file into tables; every fault is one sentence that names file, table and field."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from calibration.errors import BadInput

Tables = TypeVar("Tables", bound=BaseModel)


def read_text(path: Path | str, what: str) -> str:
    """The text of a file. ``what`` names its kind. Raises BadInput where it is missing or not UTF-8."""
    path = Path(path)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"{path}: no such {what}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as UTF-8 text: {error}") from None


def parse_tables(text: str, name: str, model: type[Tables]) -> Tables:
    """Read TOML text as ``model``; ``name`` stands in error messages. Raises BadInput."""
    data = toml_of(text, name)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise BadInput(f"{name}: {sentence(error, data)}") from None


def toml_of(text: str, name: str) -> dict[str, Any]:
    """The tables of TOML text. Raises BadInput."""
    try:
        return tomllib.loads(text)
    # TOMLDecodeError; a number of thousands of digits; lists in lists in lists.
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name}: is not valid TOML: {error}") from None


def sentence(error: ValidationError, data: dict[str, Any]) -> str:
    """The first fault in words, and how many more fields have one."""
    faults = error.errors(include_url=False)
    fields = {_field_of(fault["loc"], data) for fault in faults}
    more = f" (and {len(fields) - 1} more)" if len(fields) > 1 else ""
    return f"{_where(faults[0]['loc'], data)}{_what(dict(faults[0]))}{more}"


_PLAIN = {"extra_forbidden": "is not a known key", "missing": "is missing"}
_TYPES = {
    "finite_number": "a finite number",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("below", "lt"),
    "multiple_of": ("a multiple of", "multiple_of"),
}


def _what(fault: dict[str, Any]) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "value_error":
        return str(context["error"])
    if kind == "tuple_type" and len(fault["loc"]) == 1:
        return f"must be an array of tables, [[{fault['loc'][0]}]]"
    return f"{_expected(kind, context, fault['msg'])}, is {_short(fault['input'])}"


def _expected(kind: str, context: dict[str, Any], message: str) -> str:
    if kind in _TYPES:
        return f"must be {_TYPES[kind]}"
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"must be {words} {context[key]:g}"
    if kind in ("literal_error", "enum"):
        return f"must be {context['expected']}"
    return f"is not accepted: {message[:1].lower()}{message[1:]}"


def _short(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # a hexadecimal number of thousands of digits, which Python does not write
        text = "a number of too many digits"
    return text if len(text) <= 60 else text[:57] + "..."


def _field_of(loc: tuple[int | str, ...], data: dict[str, Any]) -> tuple[int | str, ...]:
    """Table, row and key of a pydantic location, without what lies inside the key's value."""
    return loc[: 3 if isinstance(data.get(str(loc[0])) if loc else None, list) else 2]


def _where(loc: tuple[int | str, ...], data: dict[str, Any]) -> str:
    """``[[camera]] 'cam1' matrix[2] `` from a pydantic location."""
    if not loc:
        return ""
    table, rest = loc[0], list(loc[1:])
    rows = data.get(str(table), {})
    head = f"[{table}]"
    if isinstance(rows, list):
        head = f"[[{table}]]"
        if rest and isinstance(rest[0], int):
            index = rest.pop(0)
            row = rows[int(index)]
            named = row.get("name") if isinstance(row, dict) else None
            head += f" {named!r}" if named else f" number {int(index) + 1}"
    elif not isinstance(rows, dict) and not rest:
        return f"{table} "
    field = ""
    for part in rest:
        if isinstance(part, int):
            field += f"[{part}]"
        elif not part.startswith(("tuple[", "function-", "constrained", "float", "str", "int")):
            field += f".{part}" if field else part
    return f"{head} {field} " if field else f"{head} "
