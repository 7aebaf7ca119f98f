"""An OPC UA server that shows the hall: hoists, permits, alarms, relays. Nothing in it can be written or called.

Only Basic256Sha256, signed and encrypted. A client's certificate must lie in ``opcua-trusted`` of the key folder, and
it signs in as a user of the site, of any role. The server's own certificate, ``opcua-server.der``, is made on the
first start, for ten years. When the engine falls silent, every value turns to *bad, no communication*.
"""

from __future__ import annotations

import datetime
import logging
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
from asyncua import Server, ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.cert_gen import (
    dump_private_key_as_pem,
    generate_private_key,
    generate_self_signed_app_certificate,
)
from asyncua.crypto.permission_rules import PermissionRuleset, SimpleRoleRuleset, User, UserRole
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from calibration.errors import BadInput, Unavailable
from calibration.gateway import OpcUaTable
from calibration.policy import Policy
from safety.keys import write_whole
from safety.plant_events import Json
from safety.records import Level
from safety.sessions import Sessions
from safety.users import load_users, verified

APP_URI = "urn:hoistwatch:gateway"
NAMESPACE = "https://hoistwatch/opcua/1"
CERTIFICATE, KEY, TRUSTED = "opcua-server.der", "opcua-server.pem", "opcua-trusted"
_SEVERITY = {Level.CLEAR.value: 1, Level.CAUTION.value: 300, Level.WARNING.value: 600, Level.DANGER.value: 900}
_WRITES = frozenset(
    ua.NodeId(kind)
    for kind in (
        ua.ObjectIds.WriteRequest_Encoding_DefaultBinary,
        ua.ObjectIds.CallRequest_Encoding_DefaultBinary,
    )
)

logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # what a stranger's client does is no fault of this server


class _ReadOnly(PermissionRuleset):  # type: ignore[misc]
    """As a plain user, less writing and calling."""

    def __init__(self) -> None:
        self._plain = SimpleRoleRuleset()

    def check_validity(self, user: User, action_type_id: ua.NodeId, body: object) -> bool:
        return action_type_id not in _WRITES and bool(self._plain.check_validity(user, action_type_id, body))


class _SiteUsers:
    """Users of the site by name and password, locked after too many wrong ones as at a console."""

    def __init__(self, folder: Path, policy: Policy, anonymous: bool) -> None:
        self._folder, self._anonymous = folder, anonymous
        self._tries = Sessions(policy, required=True)

    def get_user(
        self, iserver: object, username: str | None = None, password: str | None = None, certificate: object = None
    ) -> User | None:
        if not username:
            return User(role=UserRole.User) if self._anonymous else None
        now_s = time.monotonic()
        if self._tries.locked_s(username, "opcua", now_s) > 0.0:
            return None
        try:
            user = verified(load_users(self._folder), username, password or "")
        except BadInput:
            return None
        if user is None:
            self._tries.failed(username, f"opcua {username}", now_s)
            return None
        return User(role=UserRole.User, name=user.name)


class OpcUaServer:
    """The server. All methods belong to one event loop.

    Args:
        table: ``[gateway.opcua]``.
        folder: the key folder.
        policy: of the site, for the lock-out.
        hall: name of the site.
    """

    def __init__(self, table: OpcUaTable, folder: Path, policy: Policy, hall: str) -> None:
        self._table, self._folder, self._hall = table, folder, hall
        self._server = Server(user_manager=_SiteUsers(folder, policy, table.anonymous))
        self._index = 0
        self._nodes: dict[str, Any] = {}
        self._told: dict[str, object] = {}
        self._live: bool | None = None
        self._root: Any = None
        self._events: Any = None

    async def start(self) -> None:
        """Bind and serve. Raises Unavailable where the port is taken, BadInput for an unfit certificate."""
        make_certificate(self._folder)
        server = self._server
        await server.init()
        server.set_endpoint(f"opc.tcp://{self._table.host}:{self._table.port}/hoistwatch")
        await server.set_application_uri(APP_URI)
        server.set_server_name(f"Hoistwatch {self._hall}")
        server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt], _ReadOnly())
        anonymous = [ua.AnonymousIdentityToken] if self._table.anonymous else []
        server.set_identity_tokens([ua.UserNameIdentityToken, *anonymous])
        await server.load_certificate(str(self._folder / CERTIFICATE))
        await server.load_private_key(str(self._folder / KEY))
        server.set_certificate_validator(self._trusted)
        self._index = await server.register_namespace(NAMESPACE)
        self._root = await server.nodes.objects.add_object(ua.NodeId("hall", self._index), "Hall")
        self._events = await server.get_event_generator()
        try:
            await server.start()
        except OSError as error:
            raise Unavailable(
                f"{self._table.host}:{self._table.port} cannot be bound ({error.strerror}): see [gateway.opcua]"
            ) from None

    async def stop(self) -> None:
        await self._server.stop()

    async def show(self, state: Json) -> None:
        """Bring the variables in line with a state of ``plant_events.hall_state``."""
        live = bool(state["live"])
        for path, value in flat(state).items():
            if path not in self._nodes:
                await self._add(path, value)
                await self._write(path, value, live or path == "live")
            elif self._told.get(path) != value or live != self._live:
                await self._write(path, value, live or path == "live")
        self._live = live

    async def tell(self, event: Json) -> None:
        """Send an alarm transition as an event: its JSON as the message, its level as the severity."""
        self._events.event.Severity = _SEVERITY[str(event["level"])]
        self._events.event.SourceName = self._hall
        await self._events.trigger(message=msgspec.json.encode(event).decode())

    async def _add(self, path: str, value: object) -> None:
        *folders, name = path.split("/")
        parent, so_far = self._root, "hall"
        for folder in folders:
            so_far = f"{so_far}/{folder}"
            if so_far not in self._nodes:
                self._nodes[so_far] = await parent.add_object(ua.NodeId(so_far, self._index), folder)
            parent = self._nodes[so_far]
        self._nodes[path] = await parent.add_variable(ua.NodeId(f"hall/{path}", self._index), name, _variant(value))

    async def _write(self, path: str, value: object, good: bool) -> None:
        now = datetime.datetime.now(datetime.UTC)
        code = ua.StatusCodes.Good if good else ua.StatusCodes.BadNoCommunication
        data = ua.DataValue(_variant(value), ua.StatusCode(code), now, now)
        await self._server.write_attribute_value(self._nodes[path].nodeid, data)
        self._told[path] = value

    async def _trusted(self, certificate: x509.Certificate, _application: object) -> None:
        now = datetime.datetime.now(datetime.UTC)
        der = certificate.public_bytes(Encoding.DER)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise ServiceError(ua.StatusCodes.BadCertificateTimeInvalid)
        if der not in _trusted_certificates(self._folder / TRUSTED):
            raise ServiceError(ua.StatusCodes.BadCertificateUntrusted)


def flat(state: Json) -> dict[str, object]:
    """State as variables: ``hoists/H1/permit`` to True; lists of things without a name become their JSON texts."""
    out: dict[str, object] = {}
    for key, value in state.items():
        if isinstance(value, dict):
            out |= {f"{key}/{name}": inner for name, inner in value.items()}
        elif isinstance(value, list) and key in ("hoists", "relays", "cameras"):
            for item in value:
                inner = flat({name: field for name, field in item.items() if name != "name"})
                out |= {f"{key}/{item['name']}/{path}": field for path, field in inner.items()}
        elif isinstance(value, list):
            out[key] = [item if isinstance(item, str) else msgspec.json.encode(item).decode() for item in value]
        else:
            out[key] = value
    return out


def _variant(value: object) -> Any:
    kind = ua.VariantType.Boolean if isinstance(value, bool) else ua.VariantType.String
    return ua.Variant(value, kind, is_array=isinstance(value, list))


def make_certificate(folder: Path) -> None:
    """Make the server's key (mode 0600), its certificate and the folder of trusted clients, where they are missing.

    Raises:
        Unavailable: the key folder cannot be written.
    """
    try:
        (folder / TRUSTED).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder / TRUSTED}: cannot be made ({error.strerror})") from None
    if (folder / KEY).exists() and (folder / CERTIFICATE).exists():
        return
    key = generate_private_key()
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(APP_URI), x509.DNSName(socket.gethostname())]
    certificate = generate_self_signed_app_certificate(
        key, "Hoistwatch", {"organizationName": "Hoistwatch"}, names, [ExtendedKeyUsageOID.SERVER_AUTH], days=3650
    )
    write_whole(folder / KEY, dump_private_key_as_pem(key).decode(), 0o600)
    (folder / CERTIFICATE).write_bytes(certificate.public_bytes(Encoding.DER))


def _trusted_certificates(folder: Path) -> set[bytes]:
    """DER of every certificate in the folder, read anew at each sign-in; what is none is passed over."""
    found: set[bytes] = set()
    for path in folder.glob("*"):
        content = path.read_bytes()
        try:
            if content.startswith(b"-----"):
                found.add(x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER))
            else:
                found.add(x509.load_der_x509_certificate(content).public_bytes(Encoding.DER))
        except ValueError:
            continue
    return found
