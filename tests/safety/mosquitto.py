"""A real Mosquitto for tests, with or without TLS and passwords."""

from __future__ import annotations

import datetime
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.safety.bus_helpers import wait_for

MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
USER, PASSWORD = "hoistwatch", "correct horse"


@contextmanager
def mosquitto(
    folder: Path, port: int, *, secure: bool = False, persistent: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """A broker on the loopback; ``secure`` asks for TLS (``ca.pem`` in the folder) and for USER and PASSWORD.

    A ``persistent`` one has what it kept on the disk after every change.
    """
    lines = [f"listener {port} 127.0.0.1", "max_queued_messages 1000", "user root"]
    lines += ["persistence true" if persistent else "persistence false"]
    if persistent:
        lines += [f"persistence_location {folder}/", "autosave_on_changes true", "autosave_interval 1"]
    if secure:
        make_certificate(folder)
        passwords = folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, USER, PASSWORD], check=True, capture_output=True)
        lines += ["allow_anonymous false", f"password_file {passwords}"]
        lines += [f"certfile {folder / 'ca.pem'}", f"keyfile {folder / 'broker.key'}"]
    else:
        lines += ["allow_anonymous true"]
    (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    with (folder / "mosquitto.log").open("ab") as log:
        broker = subprocess.Popen([MOSQUITTO, "-c", folder / "mosquitto.conf"], stdout=log, stderr=log)
    try:
        wait_for(lambda: _listens(port), what=f"the broker ({(folder / 'mosquitto.log').read_text()})")
        yield broker
    finally:
        if broker.poll() is None:
            broker.send_signal(signal.SIGCONT)
            broker.kill()
        broker.wait()


def make_certificate(folder: Path) -> None:
    """A certificate for localhost that vouches for itself: ``ca.pem`` and ``broker.key``."""
    if (folder / "ca.pem").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(2))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "broker.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True
