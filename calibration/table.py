"""What every table of the site file has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def _is_name(value: str) -> str:
    if not value or len(value) > 64 or any(c in '/\\"\n\r\t' or not c.isprintable() for c in value):
        raise ValueError("must be a printable name of 1 to 64 characters without slashes or quotes")
    return value


HALL = "hall"
"""Target of relay outputs and annunciators that belong to no single hoist."""
Name = Annotated[str, AfterValidator(_is_name)]


class Table(BaseModel):
    """A table of the site file: unknown keys are errors, values do not change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
