"""What is allowed to whom, in which phase of a lift: one table, read from top to bottom.

A row says how severe a situation may at most, or must at least, be told where its conditions hold; absent
conditions hold always. The first row that fits decides. A site's rows, ``[[allowed]]``, come before these.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SituationName = Literal[
    "struck_by",
    "swing",
    "crush",
    "fall_zone",
    "topple",
    "side_pull",
    "snag",
    "sling_slip",
    "load_structure",
    "hoists_closing",
    "operator_backwards",
    "platform",
    "blind_lift",
    "hands_on_load",
    "person_down",
    "exclusion",
    "camera_blind",
    "hoist_lost",
    "person_lost",
    "relay_fault",
    "annunciator_fault",
    "part_given_up",
]
RoleName = Literal["unknown", "operator", "slinger", "passer_by"]
PhaseName = Literal["unknown", "idle", "rigging", "lifting", "travelling", "lowering", "landed"]
LevelName = Literal["clear", "caution", "warning", "danger"]
_LEVELS = ("clear", "caution", "warning", "danger")


class Allowance(BaseModel):
    """Table ``[[allowed]]``: conditions, and the highest or lowest level of a situation where they hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    situation: SituationName
    role: tuple[RoleName, ...] = Field((), description="Roles of the person that it holds for; all if empty.")
    phase: tuple[PhaseName, ...] = Field((), description="Phases of the hoist that it holds in; all if empty.")
    slow: bool | None = Field(None, description="Only while the hoist is at its slow speed, or only above it.")
    below_m: float | None = Field(None, gt=0.0, le=20.0, description="Only while the load's lower edge is below this.")
    highest: LevelName = Field("danger", description="It is told no more severely than this.")
    lowest: LevelName = Field("clear", description="It is told at least as severely as this.")

    @model_validator(mode="after")
    def _consistent(self) -> Allowance:
        if _LEVELS.index(self.lowest) > _LEVELS.index(self.highest):
            raise ValueError(f"lowest must not exceed highest, {self.lowest} > {self.highest}")
        return self


ALLOWED: tuple[Allowance, ...] = (
    # Only whoever runs or guides the hoist can walk backwards with it.
    Allowance(situation="operator_backwards", role=("passer_by",), highest="clear"),
    # Slinger and operator handle a load that stands: its hook may touch them, and is told, not stopped.
    Allowance(situation="struck_by", role=("slinger", "operator"), phase=("rigging", "landed"), highest="caution"),
    # A slinger leads a slow load at arm's length, by hand or tag-line: slow is what a warning asks for already.
    Allowance(situation="struck_by", role=("slinger",), slow=True, highest="warning"),
    # Setting down and lifting off is done beside the load, as long as it is low.
    Allowance(
        situation="fall_zone",
        role=("slinger", "operator"),
        phase=("lifting", "lowering"),
        below_m=1.0,
        highest="warning",
    ),
    # Goods are laid beside, onto and into things at slow speed, on purpose: told, not stopped. Who is between is told
    # by crush. Of what a load does by itself (slip, snag, side pull, topple, swing), and of two hoists that close,
    # nothing is allowed to anybody in any phase.
    Allowance(situation="load_structure", slow=True, highest="warning"),
    # Whoever has no business there must not be near a load that is being lifted off.
    Allowance(situation="hands_on_load", role=("passer_by",), lowest="warning"),
)
"""The rows that hold where a site says nothing else."""
