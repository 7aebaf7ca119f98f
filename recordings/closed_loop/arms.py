"""Which systems are compared? Nobody, this engine, the rules that others use at several settings, and an oracle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from pydantic import ValidationError

from calibration.errors import BadInput
from calibration.policy import Policy

Rule = Literal["radius", "ttc", "separation", "foresight"]
RULES: tuple[Rule, ...] = get_args(Rule)
OPEN = "open"
ENGINE = "hoistwatch"
FORESIGHT: Final = "foresight"
"""No rule that anybody can buy: it knows the contacts of the open loop."""
SWEEP: dict[Rule, tuple[float, ...]] = {
    "radius": (0.5, 1.0, 1.5, 2.0, 3.0, 4.0),
    "ttc": (1.0, 1.5, 2.0, 2.5, 3.0, 4.0),
    "separation": (0.0, 0.4, 0.8, 1.2, 1.6),
    "foresight": (1.0, 1.5, 2.0, 3.0, 4.0, 6.0),
}
"""What is tried of each rule: metres, seconds, the metres a second at which people are taken to come, seconds."""
UNITS: dict[Rule, str] = {"radius": "m", "ttc": "s", "separation": "m/s", "foresight": "s"}
_LIMIT = 100.0


@dataclass(frozen=True, slots=True)
class Arm:
    """One system. ``rule`` is "hoistwatch" or one of RULES, ``value`` the rule's parameter.

    For the engine ``field`` names a policy value that is set to ``value``, or is empty for the policy as it is.
    """

    rule: str
    value: float | None = None
    field: str = ""

    @property
    def name(self) -> str:
        """Unique among the arms of a run."""
        if self.value is None:
            return self.rule
        return f"{self.rule} {self.field + '=' if self.field else ''}{self.value:g}"


def baselines(texts: list[str]) -> tuple[Arm, ...]:
    """Arms of ``RULE`` or ``RULE:VALUE,VALUE``; none for ``none``, all at their usual settings for no text.

    Raises BadInput naming the argument and what was expected.
    """
    if texts == ["none"]:
        return ()
    out: list[Arm] = []
    for text in texts or list(RULES):
        name, colon, values = text.partition(":")
        rule = next((r for r in RULES if r == name), None)
        if rule is None:
            raise BadInput(f"--baseline {text!r}: expected {', '.join(RULES)}, one with :VALUE,VALUE, or none alone")
        out += [Arm(rule, v) for v in (_numbers("--baseline", text, values) if colon else SWEEP[rule])]
    return _once(out, "--baseline")


def engines(texts: list[str]) -> tuple[Arm, ...]:
    """The engine as it is, and with each ``FIELD:VALUE,VALUE`` of its policy. Raises BadInput."""
    out = [Arm(ENGINE)]
    for text in texts:
        field, _, values = text.partition(":")
        if field not in Policy.model_fields:
            raise BadInput(f"--engine {text!r}: expected FIELD:VALUE,VALUE with a field of the [policy] table")
        for value in _numbers("--engine", text, values):
            arm = Arm(ENGINE, value, field)
            try:
                policy_of(arm, Policy())
            except ValidationError as error:
                raise BadInput(f"--engine {text!r}: {field} = {value:g}: {error.errors()[0]['msg']}") from None
            out.append(arm)
    return _once(out, "--engine")


def policy_of(arm: Arm, policy: Policy) -> Policy:
    """The policy that an arm of the engine runs with."""
    if not arm.field:
        return policy
    return Policy.model_validate(policy.model_dump() | {arm.field: arm.value})


def _numbers(option: str, text: str, values: str) -> tuple[float, ...]:
    out = []
    for part in values.split(","):
        try:
            number = float(part)
        except ValueError:
            number = float("nan")
        if not 0.0 <= number <= _LIMIT:
            raise BadInput(f"{option} {text!r}: expected numbers of 0 to {_LIMIT:g} after the colon, got {part!r}")
        out.append(number)
    return tuple(out)


def _once(arms: list[Arm], option: str) -> tuple[Arm, ...]:
    names = [arm.name for arm in arms]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"{option}: {name!r} is given twice")
    return tuple(arms)
