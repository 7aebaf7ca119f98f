"""Where the real test data lies beside a checkout, and how a test skips where it does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("HOISTWATCH_SHARED", ROOT.parent / "shared"))


def shared(relative: str) -> Path:
    """The path of a file or folder of shared test data; skips the test where it is absent."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"needs shared test data {relative}, which is not beside this checkout")
    return path
