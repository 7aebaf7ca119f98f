"""A client of an MQTT broker as every part here wants one: TLS, password from a file, last will, no surprises."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from calibration.errors import BadInput

QOS = 1


class MqttAccess(Protocol):
    """What ``[relay.mqtt]`` and ``[gateway.mqtt]`` have in common."""

    @property
    def username(self) -> str: ...
    @property
    def password_file(self) -> str: ...
    @property
    def ca_file(self) -> str: ...


def mqtt_client(
    client_id: str,
    access: MqttAccess,
    base: Path,
    will: tuple[str, bytes] | None,
    *,
    reconnect: bool = True,
    keep_session: bool = False,
) -> paho.Client:
    """A client that is not connected yet.

    Args:
        client_id: a second client of this name makes the broker drop the first.
        access: user, password file and certificate authority, the files relative to ``base``.
        base: the folder of the site file.
        will: topic and payload that the broker publishes, retained, when this client is gone; None for
            one that nobody waits for.
        keep_session: the broker keeps what was subscribed to while this client is gone, and each message until the
            client says ``ack``, which it then has to do itself.
        reconnect: whether it connects anew by itself once it was connected.

    Raises:
        BadInput: password or certificate file missing, unfit, or the password readable by others.
    """
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=not keep_session,
        manual_ack=keep_session,
        reconnect_on_failure=reconnect,
    )
    if access.username:
        password = read_secret(base / access.password_file) if access.password_file else None
        client.username_pw_set(access.username, password)
    if access.ca_file:
        try:
            client.tls_set(ca_certs=str(base / access.ca_file))
        except (OSError, ValueError) as error:
            raise BadInput(f"{base / access.ca_file}: ca_file: expected a PEM certificate ({error})") from None
    if will is not None:
        client.will_set(will[0], will[1], qos=QOS, retain=True)
    client.reconnect_delay_set(min_delay=1, max_delay=5)
    client.max_inflight_messages_set(100)
    client.max_queued_messages_set(1000)
    return client


def read_secret(path: Path) -> str:
    """The first line of a file that only its owner may read. Raises BadInput."""
    try:
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise BadInput(f"{path}: is readable by other users, expected mode 0600: run chmod 600 '{path}'")
            return file.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: password file cannot be read ({getattr(error, 'strerror', error)})") from None
