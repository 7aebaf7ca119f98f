"""Records of a site that is changed while its engine runs."""

from __future__ import annotations

from typing import Annotated

import msgspec

from calibration.site_change import SiteChange
from tracking.records import Record

TEXT_MAX = 56_000
"""Characters of a site that one message on the command port may hold."""
COMMENT_MAX = 500


class ApplySite(Record, frozen=True, kw_only=True):
    """An engineer has the engine go on by another version of its site.

    ``base`` is the version that was changed: where another runs by now, the command is refused. ``text`` is the whole
    site as TOML; cameras without a source keep theirs. ``back_to`` is the number of a version of the history instead.
    """

    time_s: float
    by: str
    base: str
    text: Annotated[str, msgspec.Meta(max_length=TEXT_MAX)] = ""
    comment: Annotated[str, msgspec.Meta(max_length=COMMENT_MAX)] = ""
    back_to: int = 0


class SiteEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version in a site's history: who put it in force, when (Unix time), and what it changed."""

    n: int
    version: str
    wall_s: float
    by: str
    comment: str = ""
    changes: tuple[SiteChange, ...] = ()


class SiteNews(Record, frozen=True, kw_only=True):
    """The site that the engine runs, without its cameras' sources, and its newest history, oldest first."""

    time_s: float
    version: str
    text: str
    history: tuple[SiteEntry, ...] = ()
