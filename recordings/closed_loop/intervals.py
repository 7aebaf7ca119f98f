"""How sure is a share or a rate? Exact two-sided intervals."""

from __future__ import annotations

from scipy.special import betaincinv, chdtri

CONFIDENCE = 0.95


def share_interval(hits: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Bounds of a binomial share, Clopper and Pearson 1934 (by beta quantiles); (0, 1) where nothing was tried.

    Raises ValueError unless 0 ≤ hits ≤ of.
    """
    if not 0 <= hits <= of:
        raise ValueError(f"expected 0 to {of} hits, got {hits}")
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if hits == 0 else float(betaincinv(hits, of - hits + 1, tail))
    high = 1.0 if hits == of else float(betaincinv(hits + 1, of - hits, 1.0 - tail))
    return low, high


def rate_interval(events: int, over: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Bounds of a Poisson rate per unit of ``over``, Garwood 1936 (by chi-square quantiles).

    Raises ValueError for a negative number of events or no exposure.
    """
    if events < 0 or over <= 0.0:
        raise ValueError(f"expected events from 0 over a positive time, got {events} over {over:g}")
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if events == 0 else float(chdtri(2 * events, 1.0 - tail)) / 2.0
    return low / over, float(chdtri(2 * events + 2, tail)) / 2.0 / over
