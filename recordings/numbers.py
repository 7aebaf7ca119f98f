"""How are numbers written so that equal results give equal bytes?"""

from __future__ import annotations

import math


def fixed(value: float, decimals: int) -> str:
    """Fixed decimals, and no minus sign before a zero."""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0.0 else text


def rounded(value: float | None, decimals: int) -> float | None:
    """Rounded, without a negative zero; None for None and for what is not finite, which JSON lacks."""
    if value is None or not math.isfinite(value):
        return None
    return round(value, decimals) + 0.0
