"""What is wrong with an edited site, in a sentence of either language that names the row and the field."""

from __future__ import annotations

import re

from calibration.site_change import FieldChange, SiteChange
from ui.site_draft import Fault, SiteDraft
from ui.text import TEXT, Language, say

_KINDS = {
    "greater_than": ("site.must_above", "gt"),
    "greater_than_equal": ("site.must_at_least", "ge"),
    "less_than": ("site.must_below", "lt"),
    "less_than_equal": ("site.must_at_most", "le"),
}
_NUMBERS = ("float_parsing", "float_type", "finite_number", "int_parsing", "int_type", "int_from_float")
_OWN = (
    (r"must not cross itself", "site.must_not_cross"),
    (r"must have at least 3 corners", "site.must_corners"),
    (r"must enclose an area", "site.must_enclose"),
    (r"must rise", "site.must_rise"),
    (r"must be a printable name", "site.must_name"),
    (r"name must not be 'hall'", "site.must_not_hall"),
    (r"hook_height_m must not lie below the floor", "site.must_hook_floor"),
    (r"hook_height_m must stay below beam_height_m", "site.must_hook_beam"),
    (r"travel_m must span", "site.must_span"),
    (r"travel_m of a bridge", "site.must_rectangle"),
    (r"\[\[(?P<table>\w+)\]\] name '(?P<name>.*)' is given twice", "site.must_once"),
    (r"\[\[relay\]\] '(?P<relay>.*?)' outputs .* names '(?P<name>.*?)'", "site.must_for_relay"),
    (r"\[\[annunciator\]\] '(?P<relay>.*?)' serves names '(?P<name>.*?)'", "site.must_for_annunciator"),
)
"""Sentences of the site's own validators, and the texts that say the same in both languages."""


def fault_words(fault: Fault, draft: SiteDraft, language: Language) -> str:
    """``Structure “post”, height: must be above 0, is -1.``"""
    row = draft.row(fault.ref)
    where = ""
    if fault.ref is not None and row is not None:
        where = thing_words(fault.ref.table, str(row["name"]), language)
        if fault.field:
            where += f", {field_words(fault.field.split('.')[-1], language)}"
        where += ": "
    return where + _what(fault, language)


def thing_words(table: str, name: str, language: Language) -> str:
    return say(language, "site.thing", table=say(language, f"site.{table}"), name=name)


def field_words(field: str, language: Language) -> str:
    """A field's label, or its name in the site file where it has none."""
    key = f"site.field_{field}"
    return say(language, key) if key in TEXT else field


def change_words(change: SiteChange, language: Language) -> str:
    """One line of the history."""
    thing = thing_words(change.table, change.name, language)
    if change.what == "renamed":
        return say(language, "site.was_renamed", thing=thing, name=change.fields[0].after)
    if change.what == "changed":
        fields = ", ".join(_field_change(f, language) for f in change.fields)
        return say(language, "site.was_changed", thing=thing, fields=fields)
    return say(language, f"site.was_{change.what}", thing=thing)


def _field_change(change: FieldChange, language: Language) -> str:
    name = field_words(change.field, language)
    if not change.before and not change.after:
        return say(language, "site.redrawn", field=name)
    before, after = (_value(change.field, value, language) for value in (change.before, change.after))
    return say(language, "site.from_to", field=name, before=before, after=after)


def _value(field: str, value: str, language: Language) -> str:
    for key in (f"zone.{value}", f"site.{field}_{value}", f"site.value_{value}"):
        if key in TEXT:
            return say(language, key)
    return value or "–"


def _what(fault: Fault, language: Language) -> str:
    shown = _short(fault.value)
    if fault.kind in _KINDS:
        key, limit = _KINDS[fault.kind]
        return say(language, key, limit=f"{fault.context[limit]:g}", value=shown)
    if fault.kind in _NUMBERS:
        return say(language, "site.must_number", value=shown)
    if fault.kind == "value_error":
        told = str(fault.context.get("error", ""))
        for pattern, key in _OWN:
            found = re.search(pattern, told)
            if found:
                named = found.groupdict()
                if "table" in named:
                    named["table"] = say(language, f"site.{named['table']}")
                return say(language, key, **named)
        return told
    return say(language, "site.must_other", kind=fault.kind.replace("_", " "), value=shown)


def _short(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."
