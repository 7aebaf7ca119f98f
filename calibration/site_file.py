"""Reading and writing ``site.toml``; every fault is named by file, table and field."""

from __future__ import annotations

from pathlib import Path

import tomli_w

from calibration.site import CameraTable, Site
from calibration.toml_file import parse_tables, read_text


def load_site(path: Path | str) -> Site:
    """Read a site file. Raises BadInput naming file, table, field and what was expected."""
    return parse_site(read_text(path, "site file"), str(path))


def parse_site(text: str, name: str) -> Site:
    """Read a site from TOML text; ``name`` stands in error messages."""
    return parse_tables(text, name, Site)


def site_text(site: Site) -> str:
    """The site as TOML text that ``parse_site`` reads back to an equal site."""
    return tomli_w.dumps(site.model_dump(mode="json", exclude_none=True, exclude_defaults=True))


def camera_text(table: CameraTable) -> str:
    """One camera as a ``[[camera]]`` table to paste into a site file."""
    return tomli_w.dumps({"camera": [table.model_dump(mode="json", exclude_none=True, exclude_defaults=True)]})
