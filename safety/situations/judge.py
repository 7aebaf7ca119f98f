"""All composite situations of this package at one tick. A new one is a module here and a line in ``RULES``."""

from __future__ import annotations

from collections.abc import Callable

from calibration.site import Site
from safety.records import Hazard
from safety.situations.blind_lift import make_blind_lift
from safety.situations.crush import Crush
from safety.situations.exclusion import make_exclusion
from safety.situations.hands_on_load import HandsOnLoad
from safety.situations.hoists_closing import hoists_closing
from safety.situations.load_structure import LoadStructure
from safety.situations.moment import Moment, Rule
from safety.situations.operator_backwards import make_operator_backwards
from safety.situations.person_down import make_person_down
from safety.situations.platform import make_platform
from safety.situations.side_pull import side_pull
from safety.situations.sling_slip import SlingSlip
from safety.situations.snag import Snag
from safety.situations.swing import swing
from safety.situations.topple import Topple

RULES: tuple[Callable[[Site], Rule], ...] = (
    lambda _site: swing,
    Crush,
    Topple,
    lambda _site: side_pull,
    Snag,
    SlingSlip,
    LoadStructure,
    lambda _site: hoists_closing,
    make_operator_backwards,
    make_platform,
    make_blind_lift,
    lambda _site: HandsOnLoad(),
    make_person_down,
    make_exclusion,
)
"""For each situation, what makes its rule for a site. They are judged in this order."""


class Judge:
    """Runs every situation's rule. Deterministic: it knows only the moments that it was given, in time order."""

    def __init__(self, site: Site) -> None:
        self._rules = [make(site) for make in RULES]

    def carry_on(self, old: Judge) -> None:
        """Let every rule go on from what its like in ``old`` remembers."""
        for rule, before in zip(self._rules, old._rules, strict=True):
            carry_on = getattr(rule, "carry_on", None)
            if carry_on is not None and type(rule) is type(before):
                carry_on(before)

    def step(self, moment: Moment) -> list[Hazard]:
        """All hazards of one tick."""
        return [hazard for rule in self._rules for hazard in rule(moment)]
