"""Table ``[[annunciator]]``: a loudspeaker, and perhaps a sign, that tells people on the floor what to do."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from calibration.table import HALL, Name, Table

Language = Literal["ko", "en", "vi", "zh", "ne", "th", "uz"]
Dba = Annotated[float, Field(ge=30.0, le=130.0, allow_inf_nan=False)]
_HOURS = 24


class Sign(Table):
    """Table ``[annunciator.sign]``: an LED sign or floor projector that takes lines of text.

    The text is sent on every change and again each ``repeat_s``; a sign that clears itself after a few
    silent seconds therefore never shows what is no longer known.
    """

    output: Literal["serial", "tcp", "file"]
    address: str = Field(min_length=1, description="Serial device, HOST:PORT, or a file beside the site file.")
    baud: int = Field(9600, ge=300, le=921_600, description="Bits a second of a serial line.")
    languages: tuple[Language, ...] = Field((), description="In this order; those of the annunciator if empty.")
    encoding: Literal["utf-8", "euc-kr", "utf-16-le"] = "utf-8"
    line_end: str = Field("\r\n", max_length=8)
    line_characters: int = Field(0, ge=0, le=500, description="Longest line that the sign can show; 0: any.")
    idle: str = Field("", max_length=200, description="What it shows while there is nothing to tell.")
    repeat_s: float = Field(2.0, ge=0.2, le=60.0)

    @field_validator("address")
    @classmethod
    def _printable(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be printable")
        return value

    @model_validator(mode="after")
    def _has_port(self) -> Sign:
        host, _, port = self.address.rpartition(":")
        if self.output == "tcp" and (not host or not port.isdecimal() or not 0 < int(port) < 65536):
            raise ValueError(f"address must be HOST:PORT for output 'tcp', is {self.address!r}")
        return self


class Annunciator(Table):
    """Table ``[[annunciator]]``: one loudspeaker group with a process of its own."""

    name: Name
    serves: tuple[Name, ...] = Field(
        (HALL,), min_length=1, description="Hoists and zones whose alarms it tells; 'hall' for all."
    )
    languages: tuple[Language, ...] = Field(("ko", "en"), description="Spoken in this order.")
    speech: bool = Field(True, description="Words after the tone.")
    voices: dict[Language, str] = Field({}, description="Language to a voice of espeak-ng, instead of the usual one.")
    words_per_minute: int = Field(165, ge=80, le=300)
    recordings: str | None = Field(
        None, description="Folder, relative to the site file, with SITUATION.LANGUAGE.wav; these come before any voice."
    )
    caution: bool = Field(False, description="Tell a caution too, once, by the attention tone.")
    fault_repeat_s: float = Field(30.0, ge=5.0, le=3600.0, description="The fault tone comes again after this long.")
    output: Literal["device", "file"] = "device"
    device: str | int | None = Field(None, description="Sound device by name or number; the machine's own if absent.")
    file: str | None = Field(None, description="Of output 'file', relative to the site file; NAME.wav if absent.")
    file_keep_s: float = Field(600.0, ge=1.0, le=86_400.0, description="Length at which a new file is begun.")
    rate_hz: Literal[22_050, 32_000, 44_100, 48_000] = Field(48_000, description="Samples a second.")
    ambient_dba: tuple[Dba, ...] = Field(
        (80.0,), description="Level of the hall: one for all hours, or 24 from 0 h on."
    )
    over_ambient_db: float = Field(15.0, ge=10.0, le=30.0, description="Signal over the hall (ISO 7731: 15).")
    level_max_dba: float = Field(110.0, ge=65.0, le=118.0, description="Never louder than this at the listening place.")
    full_scale_dba: Dba | None = Field(
        None,
        description="What a 1 kHz sine at full scale gives at the listening place, as measured; "
        "absent: not measured, and tones come as loud as the loudspeaker gives them.",
    )
    microphone: str | int | None = Field(None, description="Sound device that hears it, for the self-test.")
    microphone_full_scale_dba: Dba | None = Field(
        None, description="Level at the listening place that fills the microphone's scale; absent: level not judged."
    )
    sign: Sign | None = None

    @field_validator("ambient_dba")
    @classmethod
    def _by_hour(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if len(value) not in (1, _HOURS):
            raise ValueError(f"must have 1 value or {_HOURS}, one for each hour, has {len(value)}")
        return value

    @field_validator("languages")
    @classmethod
    def _once_each(cls, value: tuple[Language, ...]) -> tuple[Language, ...]:
        if len(set(value)) != len(value):
            raise ValueError("must name each language once")
        return value

    @model_validator(mode="after")
    def _speaks_something(self) -> Annunciator:
        if self.speech and not self.languages:
            raise ValueError("languages must name at least one while speech is true")
        return self

    def ambient_at(self, hour: int) -> float:
        """Level of the hall in dB(A) in this hour of the day, 0 to 23."""
        return self.ambient_dba[hour % _HOURS] if len(self.ambient_dba) == _HOURS else self.ambient_dba[0]
