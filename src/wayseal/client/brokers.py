"""Brokers' addresses, and how they know us: secrets come from the environment, and from files that it names.

1. No address holds a secret: addresses stand in lists of processes, settings and errors.
2. NATS: WAYSEAL_NATS_CREDS (a file), or WAYSEAL_NATS_USER and WAYSEAL_NATS_PASSWORD, or WAYSEAL_NATS_TOKEN.
3. Kafka, with TLS: a file of the library's own settings, `name=value` on a line: WAYSEAL_KAFKA_CONFIG.
"""

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from wayseal.model.errors import WaysealError, disk_says
from wayseal.model.messages import N_

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


def broker_address(url: str, refused: type[WaysealError]) -> SplitResult | None:
    """The same of a broker alone; refused: is raised where it holds a name and password."""
    scheme = url.partition(":")[0]
    if scheme not in {"nats", "kafka"}:
        return None
    parts = split_address(url)
    if parts is None and "@" in url:
        raise refused(N_("an address holds no name and no password: they come from the environment"), key=scheme)
    return parts


def name_in(parts: SplitResult) -> str:
    """The stream, subject or topic that an address names; "" where it names none."""
    name = parts.path.strip("/")
    return name if name.isprintable() and not {*"/ *>"} & {*name} else ""


def nats_secrets(refused: type[WaysealError]) -> Mapping[str, Any]:
    """What a connection to NATS is given (rule 2). refused: is raised of a file that can't be read or holds none."""
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
        raise refused("can't be read ({reason})", file=place, reason=disk_says(error)) from None
    token, seed = _TOKEN.search(text), _SEED.search(text)
    if token is None or seed is None:
        raise refused(N_("holds no token and seed of NATS"), file=place)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(base64.b32decode(seed[0] + "======")[2:34])
    return {
        "user_jwt_cb": lambda: bytearray(token[1], "ascii"),
        "signature_cb": lambda nonce: base64.b64encode(key.sign(nonce.encode())),
    }


def kafka_settings(refused: type[WaysealError]) -> dict[str, Any]:
    """What a client of Kafka is given (rule 3). refused: is raised of a file that can't be read."""
    place = os.environ.get("WAYSEAL_KAFKA_CONFIG")
    if not place:
        return {}
    try:
        lines = Path(place).read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise refused(
            "can't be read ({reason})", file=place, reason=disk_says(error) if isinstance(error, OSError) else ""
        ) from None
    pairs = (line.partition("=") for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}
