"""Receivers: where notices go, beside what follows from them.

1. No id of an account and no waybill leaves: an account goes under its pseudonym, whoever opened its case.
2. A receiver has a notice once the other side said so; of syslog, which says nothing, once it was handed over. What
   failed comes again under its id (`Notice.id`), so whoever gets it can know it again.
3. Whatever the other side does, telling ends after some `SECONDS`. Nobody is followed elsewhere, and the web is spoken
   to by TLS but on this machine.
4. Secrets stand in files of their own, and in no error.
"""

import hashlib
import hmac
import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import SplitResult
from urllib.request import HTTPRedirectHandler, Request, build_opener

from wayseal.client.brokers import kafka_settings, name_in, split_address
from wayseal.detect.report.ocsf import Activity, Finding
from wayseal.live.brokers import publish_nats
from wayseal.live.errors import ReceiverError, SourceError
from wayseal.live.notices import Send
from wayseal.live.types import Notice, NoticeKind
from wayseal.model.errors import disk_says
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Name, TomlText
from wayseal.model.times import iso, now_us
from wayseal.service.settings import OWN, File

SECONDS: Final = 10.0
_LINGER = 1.0
"""Seconds that the other side has to end a connection."""
LEAST_SECRET: Final = 16
"""Bytes that the secret of a signature has at least."""
_AUTH = 10 * 8
"""Syslog's facility of what concerns security, in the place that it has in a priority."""
_PRIORITY = {2: 5, 3: 4, 4: 3, 5: 2}
"""Syslog's severity for OCSF's: notice, warning, error, critical."""


_ACTIVITY = {
    NoticeKind.RAISED: Activity.CREATE,
    NoticeKind.CHANGED: Activity.UPDATE,
    NoticeKind.WITHDRAWN: Activity.CLOSE,
}


class Body(StrEnum):
    """What is sent."""

    NOTICE = "notice"
    OCSF = "ocsf"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What isn't in a notice. account: its pseudonym (rule 1); case: the case that it is in, "" for none."""

    account: str
    case: str


Describe = Callable[[Notice], About]
"""Tells what isn't in a notice. OSError, WaysealError: it can't be told now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where notices go.

    Attributes:
        url: `https://…`, `syslog+udp://HOST:PORT`, `syslog+tcp://…`, `syslog+tls://…`, `kafka://HOST:PORT,…/TOPIC`,
            `nats://HOST:PORT/SUBJECT`.
        format: What is sent; syslog takes `ocsf` alone.
        secret_file: A file with the secret by which requests are signed; of `https` alone.
        authorization_file: A file with the value of the header `Authorization`; of `https` alone.
    """

    __pydantic_config__: ClassVar = CLOSED
    url: Name
    format: Body = Body.NOTICE
    secret_file: File | None = None
    authorization_file: File | None = None


def document(notice: Notice, about: About) -> dict[str, Any]:
    """A notice for programs: what the webhook, Kafka and NATS carry.

    about: what isn't in it. Gives what JSON can hold.
    """
    return {
        "notice": notice.id,
        "kind": notice.kind,
        "at": iso(notice.at),
        "actors": [about.account],
        "probability": notice.probability,
        "reasons": [{"detector": one.detector, "value": one.value, "usual": one.usual} for one in notice.reasons],
        "ledger_version": notice.limits,
        "raised": notice.raised or None,
        "case": about.case or None,
    }


def finding(notice: Notice, about: About) -> dict[str, Any]:
    """A notice as a Detection Finding of OCSF; one that goes on or is withdrawn is the same finding.

    about: what isn't in it. Gives what JSON can hold.
    """
    return Finding(
        id=notice.raised or notice.id,
        event=notice.id,
        score=notice.probability,
        alert=notice.kind is not NoticeKind.WITHDRAWN,
        at=notice.at,
        since=notice.at,
        until=notice.at,
        message="work explains it now" if notice.kind is NoticeKind.WITHDRAWN else "reads that no work explains",
        analytic="wayseal watch",
        rules=[one.detector for one in notice.reasons],
        accounts=[about.account],
        unmapped=document(notice, about),
        activity=_ACTIVITY[notice.kind],
    ).document()


def read_receivers(path: Path) -> Mapping[str, Receiver]:
    """The receivers of a file, by name.

    Args:
        path: TOML: a table a receiver, with the keys of `Receiver`.

    Returns:
        Each.

    Raises:
        ReceiverError: It can't be read or isn't as it must be; names line and key.
    """
    try:
        text = TomlText(path.read_bytes(), ReceiverError, file=path, example='[siem]\nurl = "https://…"')
    except OSError as error:
        raise ReceiverError("can't be read ({reason})", file=path, reason=disk_says(error)) from None
    return text.read(dict[Name, Receiver])


def make_receivers(receivers: Mapping[str, Receiver], describe: Describe) -> dict[str, Send]:
    """What tells each receiver.

    Args:
        receivers: By name.
        describe: Tells pseudonym and case.

    Returns:
        By name, what sends a notice and tells whether it arrived (rule 2).

    Raises:
        ReceiverError: One can't be as it is, or what it needs is not installed; names it.
    """
    made: dict[str, Send] = {}
    for name, one in receivers.items():
        try:
            carry = _carrier(one)
        except ReceiverError as error:
            raise error.at(key=name) from None
        made[name] = _sender(one, carry, describe)
    return made


Carry = Callable[[str, Mapping[str, Any], bytes], bool]
"""Sends a body: id of the notice, what is in it, and it as bytes."""


def _sender(receiver: Receiver, carry: Carry, describe: Describe) -> Send:
    make = finding if receiver.format is Body.OCSF else document

    def send(notice: Notice) -> bool:
        content = make(notice, describe(notice))
        return carry(notice.id, content, json.dumps(content, separators=(",", ":")).encode())

    return send


def _carrier(one: Receiver) -> Carry:
    parts = split_address(one.url)
    make = None if parts is None else _CARRIERS.get(parts.scheme)
    if parts is None or make is None:
        raise ReceiverError(_NO_ADDRESS)
    if parts.scheme not in {"http", "https"} and (one.secret_file or one.authorization_file):
        raise ReceiverError("secret_file and authorization_file go with https://")
    try:
        return make(parts, one)
    except ModuleNotFoundError as error:
        raise ReceiverError(
            "{name} is not installed: pip install 'WHEEL[live]', or `make setup-live` in a checkout", name=error.name
        ) from None


_NO_ADDRESS = N_(
    "an address is https://…, syslog+udp://, syslog+tcp:// or syslog+tls://HOST:PORT, kafka://HOST:PORT/TOPIC or "
    "nats://HOST:PORT/SUBJECT, without name and password"
)


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Rule 3."""


def sign(secret: bytes, seconds: int, body: bytes) -> str:
    """The signature of a request: the value of its header `Wayseal-Signature`.

    Args:
        secret: What both sides know.
        seconds: When it is sent, since 1970.
        body: Of the request.

    Returns:
        `t=SECONDS,v1=` and the HMAC-SHA256, in hex, of seconds, a dot and the body.
    """
    return f"t={seconds},v1={hmac.new(secret, b'%d.' % seconds + body, hashlib.sha256).hexdigest()}"


def _http(parts: SplitResult, one: Receiver) -> Carry:
    if parts.scheme == "http" and parts.hostname not in OWN:
        raise ReceiverError("needs https, unless it is this machine's own address")
    secret, authorization = _secret(one.secret_file), _secret(one.authorization_file)
    if secret is None and authorization is None:
        raise ReceiverError("needs secret_file or authorization_file")
    if secret is not None and len(secret) < LEAST_SECRET:
        raise ReceiverError("secret_file holds less than {least} bytes", least=LEAST_SECRET)
    opener = build_opener(_NoRedirect)

    def carry(id_: str, _content: Mapping[str, Any], body: bytes) -> bool:
        headers = {"Content-Type": "application/json", "User-Agent": "wayseal", "Wayseal-Notice": id_}
        if secret is not None:
            headers["Wayseal-Signature"] = sign(secret, int(time.time()), body)
        if authorization is not None:
            headers["Authorization"] = authorization.decode("latin-1")
        request = Request(one.url, body, headers, method="POST")  # noqa: S310 (the scheme was looked at)
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                return 200 <= int(answer.status) < 300
        except (OSError, HTTPException):
            return False

    return carry


def _secret(path: Path | None) -> bytes | None:
    """Rule 4."""
    if path is None:
        return None
    try:
        found = path.read_bytes().strip()
    except OSError as error:
        raise ReceiverError("can't be read ({reason})", file=path, reason=disk_says(error)) from None
    if not found or b"\n" in found or b"\r" in found:
        raise ReceiverError("holds no secret: one line", file=path)
    return found


def _syslog(parts: SplitResult, one: Receiver) -> Carry:
    if one.format is not Body.OCSF:
        raise ReceiverError('syslog needs format = "ocsf"')
    if parts.port is None or parts.path.strip("/"):
        raise ReceiverError(_NO_ADDRESS)
    place, host, way = (parts.hostname or "", parts.port), socket.gethostname() or "-", parts.scheme
    secure = ssl.create_default_context() if way.endswith("tls") else None

    def carry(id_: str, content: Mapping[str, Any], body: bytes) -> bool:
        priority = _AUTH + _PRIORITY[content["severity_id"]]
        head = f"<{priority}>1 {iso(now_us())} {host} wayseal - {id_[:32]} - "
        message = head.encode("ascii", "replace") + body
        try:
            if way.endswith("udp"):
                family, _, _, _, address = socket.getaddrinfo(*place, type=socket.SOCK_DGRAM)[0]
                with socket.socket(family, socket.SOCK_DGRAM) as door:
                    return door.sendto(message, address) == len(message)
            with (
                socket.create_connection(place, SECONDS) as plain,
                # The connection of TLS takes the handle over, and closes it.
                secure.wrap_socket(plain, server_hostname=place[0]) if secure else plain as line,
            ):
                line.sendall(b"%d " % len(message) + message)
                return _ended(line)
        except OSError:
            return False

    return carry


def _ended(line: socket.socket) -> bool:
    """Ends a connection so that nothing is lost on its way; False where the other side threw it away."""
    line.settimeout(_LINGER)
    try:
        if isinstance(line, ssl.SSLSocket):
            line.unwrap()
        else:
            line.shutdown(socket.SHUT_WR)
            line.recv(1)
    except ConnectionError:
        return False
    except OSError:
        # It stays open there, or is closed without a word: what was sent is on its way all the same.
        return True
    return True


def _kafka(parts: SplitResult, _one: Receiver) -> Carry:
    from confluent_kafka import KafkaException, Producer

    topic = _name(parts)
    fixed = {"bootstrap.servers": parts.netloc, "message.timeout.ms": int(SECONDS * 1000), "log_level": 0}
    settings = {**kafka_settings(SourceError), **fixed, "error_cb": lambda _error: None}
    made: list[Producer] = []

    def carry(id_: str, _content: Mapping[str, Any], body: bytes) -> bool:
        had: list[bool] = []
        try:
            if not made:
                made.append(Producer(settings))
            made[0].produce(topic, body, key=id_, on_delivery=lambda error, _message: had.append(error is None))
            made[0].flush(SECONDS + 1)
        except (KafkaException, BufferError):
            return False
        return had == [True]

    return carry


def _nats(parts: SplitResult, _one: Receiver) -> Carry:
    from nats.errors import Error

    subject = _name(parts)

    def carry(id_: str, _content: Mapping[str, Any], body: bytes) -> bool:
        try:
            publish_nats(parts.netloc, SECONDS, lambda _most: [(subject, body, {"Nats-Msg-Id": id_})])
        except (OSError, TimeoutError, Error):
            return False
        return True

    return carry


def _name(parts: SplitResult) -> str:
    """A topic or a subject."""
    if not (name := name_in(parts)):
        raise ReceiverError(_NO_ADDRESS)
    return name


_CARRIERS: Mapping[str, Callable[[SplitResult, Receiver], Carry]] = {
    "https": _http,
    "http": _http,
    "syslog+udp": _syslog,
    "syslog+tcp": _syslog,
    "syslog+tls": _syslog,
    "kafka": _kafka,
    "nats": _nats,
}
