"""What a camera's health is to those who are told of it."""

from __future__ import annotations

import msgspec

from tracking.records import LostBy, Trouble


class CameraView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One camera's health as the core sees it at this tick.

    ``rate_hz`` counts the pictures that were inspected and reached the core, ``received_hz`` those that the
    camera brought (0 where no capture thread tells). ``wait_s`` is the longest wait between two looks in
    the last seconds: what the reaction time of the stop model reckons with. ``trouble`` is what its pictures
    say of it, ``trouble_s`` long by now and ``shift_px`` far where it was moved; ``alive`` is False then, but
    where it was only knocked and its boxes are still used. ``lost_by`` says what else than the camera itself
    keeps its pictures away.
    """

    camera: str
    alive: bool
    rate_hz: float
    age_s: float
    gaps: int
    rejected: int
    message: str = ""
    received_hz: float = 0.0
    wait_s: float = 0.0
    trouble: Trouble | None = None
    trouble_s: float = 0.0
    shift_px: float = 0.0
    offset_px: float | None = None
    kept: bool = False
    lost_by: LostBy = ""
