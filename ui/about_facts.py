"""What runs here: this product, its packages with their licences as they declare them, site, policy and detector.

Everything is read at run time; nothing of it is a secret, so that it can be sent to whoever is asked for help.
"""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import zmq
from PyQt6.QtCore import PYQT_VERSION_STR, qVersion

from calibration.policy import Policy
from calibration.product import PRODUCT, product_version
from calibration.site import Site
from calibration.site_change import version_of
from safety.health_records import EngineHealth
from tracking import own_weights
from ui.text import Language, say

LICENCE = "AGPL-3.0-or-later"
SOURCE = Path(__file__).resolve().parents[1]
"""Where the source that runs lies: Python is its own source."""
_NOT_RUN = ("dev",)
"""Extras of this product that no installation needs to run."""
_LINE = 64
_SHORT = 16
_NAME = re.compile(r"^\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


@dataclass(frozen=True, slots=True)
class Part:
    """One installed package; ``licence`` as it declares it, empty where it declares none."""

    name: str
    version: str
    licence: str


def parts(root: str = PRODUCT) -> tuple[Part, ...]:
    """All installed packages that ``root`` needs, through others too, by name.

    Reads some hundred files: not for a screen's thread.
    """
    found: dict[str, Part] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(root, frozenset())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        name, extras = wanted
        try:
            here = distribution(name)
        except PackageNotFoundError:
            continue
        if _plain(name) != _plain(root):
            declared = str(here.metadata["Name"] or name)
            found[_plain(declared)] = Part(declared, here.version, licence_of(here))
        else:
            offered = here.metadata.get_all("Provides-Extra") or []
            extras = frozenset(extra for extra in offered if extra not in _NOT_RUN)
        waiting += needed(here.requires or (), extras)
    return tuple(found[name] for name in sorted(found))


def needed(requirements: Iterable[str], extras: frozenset[str]) -> list[tuple[str, frozenset[str]]]:
    """Names and extras of requirements, without those of extras that nobody asked for."""
    out = []
    for line in requirements:
        only_for = _EXTRA.findall(line)
        match = _NAME.match(line)
        if match is None or (only_for and not extras.intersection(only_for)):
            continue
        asked = frozenset(extra.strip() for extra in (match[2] or "").split(",") if extra.strip())
        out.append((match[1], asked))
    return out


def licence_of(package: Distribution) -> str:
    """The licence expression, else a licence of one line, else what the classifiers say."""
    told = package.metadata
    expression = told["License-Expression"] or ""
    if expression:
        return str(expression)
    line = str(told["License"] or "").strip()
    if line and "\n" not in line and len(line) <= _LINE:
        return line.removeprefix("OSI Approved :: ")
    classes = [str(c).split(" :: ") for c in told.get_all("Classifier") or []]
    return ", ".join(c[-1] for c in classes if c[0] == "License" and c[-1] != "OSI Approved")


def machine(language: Language) -> tuple[tuple[str, str], ...]:
    """What the packages stand on; without the machine's name."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return (
        ("Python", f"{platform.python_version()} ({platform.python_implementation()})"),
        ("Qt", f"{qVersion()} (PyQt {PYQT_VERSION_STR})"),
        ("ZeroMQ", zmq.zmq_version()),
        (say(language, "about.system"), system),
    )


def site_facts(
    site: Site, running: str, health: EngineHealth | None, language: Language
) -> tuple[tuple[str, str], ...]:
    """Site, policy and detector, each by an identity that two people can compare.

    Args:
        running: version of the site that the engine says it runs, empty while it has said none.
        health: what the engine told of itself.
    """

    def word(key: str, **values: object) -> str:
        return say(language, f"about.{key}", **values)

    told = running or version_of(site)
    engine = health.product if health is not None and health.product else word("untold")
    return (
        (word("engine"), engine),
        (word("site"), f"{site.site.name}, {told} ({word('by_engine' if running else 'by_file')})"),
        (word("policy"), policy_words(site.policy, language)),
        (word("detector"), _detector(health, language)),
    )


def policy_words(policy: Policy, language: Language) -> str:
    """A short name of all its values, and which of them are not the defaults."""
    name = hashlib.sha256(policy.model_dump_json().encode()).hexdigest()[:12]
    changed = [f"{key} = {value}" for key, value in policy.model_dump(exclude_defaults=True).items()]
    how = say(language, "about.changed", what=", ".join(changed)) if changed else say(language, "about.defaults")
    return f"{name}, {how}"


def _detector(health: EngineHealth | None, language: Language) -> str:
    if health is None:
        return say(language, "about.untold")
    if not health.model_sha256:
        return say(language, "about.no_detector")
    short = f"SHA-256 {health.model_sha256[:_SHORT]}…"
    card = own_weights.CARD
    own = card.is_file() and health.model_sha256 in card.read_text(encoding="utf-8")
    return f"{short}, {say(language, 'about.own' if own else 'about.other')}"


def as_text(heads: Iterable[tuple[str, str]], packages: Iterable[Part]) -> str:
    """All of it as lines, to be pasted into a letter."""
    lines = [f"Hoistwatch {product_version()}, {LICENCE}", *(f"{name}: {value}" for name, value in heads), ""]
    return "\n".join([*lines, *(f"{p.name} {p.version}  {p.licence or '-'}" for p in packages)]) + "\n"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
