"""Reading and writing ``site.toml``; every fault is named by file, table and field."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from calibration.errors import BadInput
from calibration.site import Site


def load_site(path: Path | str) -> Site:
    """Read a site file. Raises BadInput naming file, table, field and what was expected."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"{path}: no such site file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as UTF-8 text: {error}") from None
    return parse_site(text, str(path))


def parse_site(text: str, name: str) -> Site:
    """Read a site from TOML text; ``name`` stands in error messages."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{name}: is not valid TOML: {error}") from None
    try:
        return Site.model_validate(data)
    except ValidationError as error:
        raise BadInput(f"{name}: {_sentence(error, data)}") from None


def site_text(site: Site) -> str:
    """The site as TOML text that ``parse_site`` reads back to an equal site."""
    return tomli_w.dumps(site.model_dump(mode="json", exclude_none=True, exclude_defaults=True))


def _sentence(error: ValidationError, data: dict[str, Any]) -> str:
    """The first fault in words, and how many more there are."""
    faults = error.errors(include_url=False)
    first = faults[0]
    where = _where(first["loc"], data)
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{where}{_what(dict(first))}{more}"


def _what(fault: dict[str, Any]) -> str:
    match fault["type"]:
        case "extra_forbidden":
            return "is not a known key"
        case "missing":
            return "is missing"
        case "value_error":
            return str(fault["ctx"]["error"])
        case "tuple_type" | "too_short" | "too_long":
            return f"{_lower(fault['msg'])}, got {_short(fault['input'])}"
    return f"{_lower(fault['msg'])}, got {_short(fault['input'])}"


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _where(loc: tuple[int | str, ...], data: dict[str, Any]) -> str:
    """``[[camera]] 'cam1', matrix[2]: `` from a pydantic location."""
    if not loc:
        return ""
    table, rest = loc[0], list(loc[1:])
    rows = data.get(str(table))
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
