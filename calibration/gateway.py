"""What the plant's own systems are told: table ``[gateway]`` of the site file."""

from __future__ import annotations

from pydantic import Field

from calibration.outputs import Topic
from calibration.table import Table


class OpcUaTable(Table):
    """Table ``[gateway.opcua]``: a server, read-only, Basic256Sha256 signed and encrypted."""

    host: str = "127.0.0.1"
    port: int = Field(4840, ge=1, le=65535)
    anonymous: bool = Field(
        False, description="Whether a trusted client needs no name and password of a user of the site."
    )


class MqttEventsTable(Table):
    """Table ``[gateway.mqtt]``: TOPIC/alarm, TOPIC/state and TOPIC/online on the plant's broker."""

    address: str = Field(description="HOST:PORT of the broker.")
    topic: Topic = "hoistwatch/hall"
    username: str = ""
    password_file: str = Field("", description="File with the password alone, mode 0600, relative to the site file.")
    ca_file: str = Field("", description="Certificate authority for TLS, relative to the site file; empty: no TLS.")
    keepalive_s: int = Field(5, ge=1, le=60)


class Gateway(Table):
    """Table ``[gateway]``."""

    opcua: OpcUaTable | None = None
    mqtt: MqttEventsTable | None = None
