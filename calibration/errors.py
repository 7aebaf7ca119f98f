"""The errors that a user can cause and mend."""

from __future__ import annotations

_LONGEST, _HEAD, _TAIL = 700, 500, 150


class HoistwatchError(Exception):
    """Base of every error that this product raises on purpose.

    A sentence that quotes a file's line of a megabyte is cut in its middle: who reads it must find its beginning and
    its end.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(text if len(text) <= _LONGEST else f"{text[:_HEAD]} … {text[-_TAIL:]}")


class BadInput(HoistwatchError):
    """Input from outside that cannot be used: one sentence naming file, field and what was expected.

    The command line prints the sentence on stderr and ends with exit code 2.
    """


class Unavailable(BadInput):
    """Something outside this process is missing: a port, a display, a device, a package, a model."""
