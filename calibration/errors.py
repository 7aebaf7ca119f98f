"""The errors that a user can cause and mend."""

from __future__ import annotations


class HoistwatchError(Exception):
    """Base of every error that this product raises on purpose."""


class BadInput(HoistwatchError):
    """Input from outside that cannot be used: one sentence naming file, field and what was expected.

    The command line prints the sentence on stderr and ends with exit code 2.
    """


class Unavailable(BadInput):
    """Something outside this process is missing: a port, a display, a device, a package, a model."""
