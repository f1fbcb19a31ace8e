"""How brokers are reached, and know us: secrets come from the environment, and from files that it names.

1. NATS: WAYSEAL_NATS_CREDS (a file), or WAYSEAL_NATS_USER and WAYSEAL_NATS_PASSWORD, or WAYSEAL_NATS_TOKEN.
2. Kafka, with TLS: a file of the library's own settings, `name=value` on a line: WAYSEAL_KAFKA_CONFIG.
"""

import asyncio
import base64
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wayseal.live.errors import SourceError
from wayseal.model.errors import disk_says

Published = tuple[str, bytes, dict[str, str] | None]
"""A message: subject, body, headers."""
_SEED = re.compile(r"\bSU[A-Z2-7]{56}\b")
_TOKEN = re.compile(r"-BEGIN NATS USER JWT-+\s+(\S+)")


def split_address(url: str) -> SplitResult | None:
    """The parts of a server's address, Kafka's of several; None where it is none, or holds a name and password."""
    try:
        parts = urlsplit(url)
        places = parts.netloc.split(",") if parts.scheme == "kafka" else [parts.netloc]
        whole = all((one := urlsplit(f"//{place}")).hostname and one.port != 0 for place in places)
    except ValueError:
        return None
    return parts if whole and "@" not in parts.netloc else None


def name_in(parts: SplitResult) -> str:
    """The stream, subject or topic that an address names; "" where it names none."""
    name = parts.path.strip("/")
    return name if name.isprintable() and not {*"/ *>"} & {*name} else ""


def nats_secrets() -> Mapping[str, Any]:
    """What a connection to NATS is given (rule 1). SourceError: a file can't be read, or holds no secret."""
    said = {
        name: value
        for name in ("user", "password", "token")
        if (value := os.environ.get(f"WAYSEAL_NATS_{name.upper()}"))
    }
    place = os.environ.get("WAYSEAL_NATS_CREDS")
    if not place:
        return said
    try:
        text = Path(place).read_text("ascii", "replace")
    except OSError as error:
        raise SourceError("can't be read ({reason})", file=place, reason=disk_says(error)) from None
    token, seed = _TOKEN.search(text), _SEED.search(text)
    if token is None or seed is None:
        raise SourceError("holds no token and seed of NATS", file=place)
    key = Ed25519PrivateKey.from_private_bytes(base64.b32decode(seed[0] + "======")[2:34])
    return {
        "user_jwt_cb": lambda: bytearray(token[1], "ascii"),
        "signature_cb": lambda nonce: base64.b64encode(key.sign(nonce.encode())),
    }


def nats_options(server: str, seconds: float) -> dict[str, Any]:
    """How a client of NATS connects, for once. server: HOST:PORT; seconds: that it has; SourceError as above."""
    return {
        "servers": f"nats://{server}", "allow_reconnect": False, "max_reconnect_attempts": 1, "reconnect_time_wait": 0,
        "connect_timeout": int(seconds), "error_cb": _ignore, "name": "wayseal", **nats_secrets(),
    }  # fmt: skip


def publish_nats(server: str, seconds: float, make: Callable[[int], Iterable[Published]]) -> None:
    """Publishes to JetStream, each message once it has the one before; OSError, TimeoutError, NATS' Error, SourceError.

    server: HOST:PORT; seconds: that all of it may take; make: the messages, by how many bytes the server takes of one.
    """
    from nats.aio.client import Client

    async def work() -> None:
        client = Client()
        await client.connect(**nats_options(server, seconds / 2))
        try:
            stream = client.jetstream(timeout=seconds / 2)
            for subject, body, headers in make(client.max_payload):
                await stream.publish(subject, body, headers=headers)
        finally:
            await client.close()

    asyncio.run(asyncio.wait_for(work(), seconds))


async def _ignore(_error: Exception) -> None:
    """It is raised where it matters."""


def kafka_settings() -> dict[str, Any]:
    """What a client of Kafka is given (rule 2). SourceError: a file can't be read."""
    place = os.environ.get("WAYSEAL_KAFKA_CONFIG")
    if not place:
        return {}
    try:
        lines = Path(place).read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise SourceError(
            "can't be read ({reason})", file=place, reason=disk_says(error) if isinstance(error, OSError) else ""
        ) from None
    pairs = (line.partition("=") for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}
