"""Is there really somebody? Existence as log odds, from what every camera found and failed to find.

A camera's frames are not independent of each other: one camera gives a full piece of evidence each
half second, whatever its rate.
"""

from __future__ import annotations

import numpy as np

from calibration.camera import Array, Flags

EVIDENCE_TIME_S = 0.5
RANGE = (-4.0, 5.0)
CONFIRMED = 1.5
"""Seen for ``birth_time_s``, this is enough."""
CERTAIN = 3.5
"""Enough at first sight: three cameras agree."""
GONE = -2.0
_FALSE_HIT, _FALSE_UNCLEAR = 0.1, 0.35
"""How often something else gives such a box: a whole upright body, or a part of one behind others."""
_HIT_UNEXPECTED = 0.5
_BIRTH = -float(np.log(0.85 / _FALSE_HIT))
"""Log odds of a box that no followed person explains to be somebody, before it is counted as evidence."""


def weight(since_s: Array) -> Array:
    """(sources,) how much of a full piece of evidence a look is, so long after the look before."""
    return np.clip(since_s / EVIDENCE_TIME_S, 0.0, 1.0)


def evidence(detection: Array, hit: Flags, clear: Flags) -> Array:
    """(sources, n) log likelihood ratio of there being somebody, by what each source found.

    detection: probability of being found if there. hit: found. clear: by a box that shows a whole
    body. log P(found | there) / P(found | not), or
    log P(missed | there) / 1.
    """
    found = np.log(np.maximum(detection, _HIT_UNEXPECTED) / np.where(clear, _FALSE_HIT, _FALSE_UNCLEAR))
    out: Array = np.where(hit, found, np.log1p(-detection))
    return out


def updated(log_odds: Array, weights: Array, ratios: Array) -> Array:
    """(n,) log odds after the looks of all sources."""
    out: Array = np.clip(log_odds + weights @ ratios, *RANGE)
    return out


def at_birth(ratios: Array) -> Array:
    """(k,) log odds of people first seen, by the evidence (sources, k) of that look."""
    out: Array = np.clip(_BIRTH + ratios.sum(axis=0), *RANGE)
    return out


def probability(log_odds: Array) -> Array:
    """Log odds as probabilities."""
    out: Array = 1.0 / (1.0 + np.exp(-log_odds))
    return out


def odds_of_detection(detection: Array, log_odds: Array) -> Array:
    """(sources, n) log of found against missed, for people who exist with ``log_odds`` (n,)."""
    found = np.maximum(detection, _HIT_UNEXPECTED) * probability(log_odds)
    return np.log(found) - np.log1p(-found)
