"""What tests of every package share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where models exported in this run are kept: each costs half a minute, so tests share them."""
    return tmp_path_factory.mktemp("models")
