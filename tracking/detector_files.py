"""Which file is the model? Names, hashes and the cache of exported models."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path


def sha256_of(weights: Path) -> str:
    """SHA-256 of a weights file; of a folder or .xml, that of the .xml followed by the .bin."""
    if weights.is_dir():
        files = sorted(weights.glob("*.xml")) + sorted(weights.glob("*.bin"))
    elif weights.suffix == ".xml":
        files = [weights, weights.with_suffix(".bin")]
    else:
        files = [weights]
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where derived files may be kept: HOISTWATCH_CACHE, or the platform's folder for a user's caches."""
    if given := os.environ.get("HOISTWATCH_CACHE"):
        return Path(given)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "hoistwatch"
