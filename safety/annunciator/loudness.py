"""How loud: 15 dB over the hall as it is at this hour, within what ears bear and the loudspeaker gives (ISO 7731)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from calibration.annunciator import Annunciator
from calibration.site import Site
from calibration.table import HALL
from safety.alarm_table import Tone
from safety.annunciator.measure import level_db
from safety.annunciator.tones import PATTERNS, period

LEAST_DBA = 65.0
"""A danger signal is never softer than this, however quiet the hall (ISO 7731)."""
LIGHT_FROM_DBA = 100.0
"""In a louder hall sound alone is not enough: a visual signal is needed too (ISO 7731)."""
_TOLERANCE_DB = 0.05


@dataclass(frozen=True, slots=True)
class Loudness:
    """How a sound of known level is to be played.

    gain: factor for the samples. asked_dba: what it should be at the listening place. given_dba: what it will be, None
    where the loudspeaker was not measured. short_db: by how much it falls behind, 0 where it does not.
    """

    gain: float
    asked_dba: float
    given_dba: float | None
    short_db: float


def loudness(annunciator: Annunciator, hour: int, own_db: float, peak: float = 1.0) -> Loudness:
    """How to play a sound at an hour of the day.

    Args:
        annunciator: its table of the site file.
        hour: 0 to 23.
        own_db: the sound's A-weighted level as it is, relative to a 1 kHz sine at full scale.
        peak: its largest sample; it is never driven beyond full scale.
    """
    asked = max(LEAST_DBA, annunciator.ambient_at(hour) + annunciator.over_ambient_db)
    asked_dba = min(asked, annunciator.level_max_dba)
    headroom = 1.0 / max(peak, 1e-6)
    if annunciator.full_scale_dba is None:
        return Loudness(headroom, asked, None, 0.0)
    wanted = 10.0 ** ((asked_dba - annunciator.full_scale_dba - own_db) / 20.0)
    gain = min(wanted, headroom)
    given_dba = annunciator.full_scale_dba + own_db + 20.0 * math.log10(gain)
    short_db = asked - given_dba
    return Loudness(gain, asked, given_dba, short_db if short_db > _TOLERANCE_DB else 0.0)


def tone_loudness(annunciator: Annunciator, hour: int, tone: Tone) -> Loudness:
    """How loud a tone is played at an hour; its level is that of its pulses."""
    return loudness(annunciator, hour, _tone_db(tone, annunciator.rate_hz))


def light_for(site: Site, annunciator: Annunciator) -> bool:
    """Whether people this annunciator serves also see something: a beacon on a relay, or a sign."""
    served = {HALL, *annunciator.serves}
    lit = any(
        target in served and signal in ("warning", "danger")
        for relay in site.relay
        for target, signal in relay.outputs.values()
    )
    return lit or annunciator.sign is not None


def loudness_problems(site: Site, annunciator: Annunciator) -> list[str]:
    """What the loudspeaker cannot do, or what nobody has measured, hour by hour; one sentence each."""
    if annunciator.full_scale_dba is None:
        return ["full_scale_dba is not given: nobody has measured the loudspeaker, so it plays as loud as it can"]
    out = []
    hours = range(24) if len(annunciator.ambient_dba) > 1 else range(1)
    tones: tuple[Tone, ...] = tuple(PATTERNS)
    short = {hour: max(tone_loudness(annunciator, hour, tone).short_db for tone in tones) for hour in hours}
    worst = max(short, key=lambda hour: short[hour])
    if short[worst] > 0.0:
        when = f" at {worst} h" if len(short) > 1 else ""
        out.append(
            f"the loudspeaker gives {short[worst]:.0f} dB less than the "
            f"{tone_loudness(annunciator, worst, 'danger').asked_dba:.0f} dB(A) needed{when}: "
            f"bring it nearer, take a stronger one, or wire a beacon"
        )
    loudest = max(annunciator.ambient_dba)
    if loudest > LIGHT_FROM_DBA and not light_for(site, annunciator):
        out.append(
            f"the hall reaches {loudest:.0f} dB(A), where sound alone is not enough (over {LIGHT_FROM_DBA:.0f}): "
            f"wire a beacon to a relay output with signal warning or danger, or add a sign"
        )
    return out


@cache
def _tone_db(tone: Tone, rate_hz: int) -> float:
    """A-weighted level of a tone's pulses at full scale."""
    pattern = PATTERNS.get(tone)
    length_s = pattern.pulse_s if pattern else 0.0
    return level_db(period(tone, rate_hz)[: round(length_s * rate_hz)], rate_hz)
