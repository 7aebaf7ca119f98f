"""Which version of Hoistwatch is this?"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

PRODUCT = "hoistwatch"


def product_version() -> str:
    """Version of the installed distribution, or of a bare checkout."""
    try:
        return version(PRODUCT)
    except PackageNotFoundError:
        return "0.1.0 (checkout)"
