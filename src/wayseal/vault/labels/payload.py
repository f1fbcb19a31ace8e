"""The sealed payload of a label: what the print hides, for the delivery devices of one outlet and one day.

1. A key serves one outlet and one day. It is derived from the keyring's label key, and gives no other: whoever steals a
   handheld opens one day of one outlet.
2. The number is associated data, with version and key id: a payload that was copied to another label doesn't open.
3. The nonce is the number's hash, which a device reads beside the payload: it costs no byte of the symbol. AES-GCM-SIV
   stands the same nonce twice (a reprint): who compares them learns that the content is the same, and nothing else.
4. Content is filled up to one of three sizes, those of QR versions 5, 6 and 8 at level M: its length tells little.
5. What doesn't fit is refused, never cut. What opens is what was sealed, or LabelError.

Layout: version (1 byte), key id (4), sealed content and its tag (16). Content: door and alias in GB18030, a line each,
then 0x80 and zeros.
"""

import base64
import json
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Annotated, ClassVar, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from pydantic import BeforeValidator, Field

from wayseal.model.schema import CLOSED, Text, parse_json
from wayseal.vault.errors import LabelError
from wayseal.vault.keyring import Keyring
from wayseal.vault.keyring.keys import LabelKey
from wayseal.vault.masks import clean

VERSION: Final = b"\x01"
SIZES: Final = (84, 106, 152)
"""Bytes of payloads: what QR versions 5, 6 and 8 hold at level M (ISO/IEC 18004, table 7)."""
_ID, _TAG, _NONCE = 4, 16, 12
_OVERHEAD = len(VERSION) + _ID + _TAG
MOST: Final = SIZES[-1] - _OVERHEAD - 1
"""Most bytes of content."""
_END = b"\x80"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a payload holds. door: what the print hides of the address; alias: what to call the recipient."""

    door: str = field(default="", repr=False)
    alias: str = field(default="", repr=False)


def _secret(text: object) -> bytes:
    raw = base64.b64decode(str(text), validate=True)
    if len(raw) != 32 + _ID:
        raise ValueError
    return raw


@dataclass(frozen=True, slots=True, kw_only=True)
class DayKey:
    """The key of an outlet's labels of a day (obligation 1). secret: 32 bytes and the id of four."""

    __pydantic_config__: ClassVar = CLOSED
    format: Literal["wayseal-label-key-1"] = "wayseal-label-key-1"
    outlet: Text
    day: date
    secret: Annotated[bytes, BeforeValidator(_secret), Field(alias="key")] = field(repr=False)

    @property
    def id(self) -> bytes:
        """By which a device finds the key of a payload; four bytes that tell nothing of it."""
        return self.secret[32:]

    def to_json(self) -> str:
        """The key as a file, secret and all: for a device's owner alone."""
        key = base64.b64encode(self.secret).decode()
        said = {"format": self.format, "outlet": self.outlet, "day": self.day.isoformat(), "key": key}
        return json.dumps(said, ensure_ascii=False) + "\n"

    def seal(self, waybill: str, content: Content) -> bytes:
        """The payload of a number's label. LabelError: the content doesn't fit (obligation 5)."""
        raw = _encode(content)
        size = next((size - _OVERHEAD for size in SIZES if len(raw) < size - _OVERHEAD), None)
        if size is None:
            raise LabelError(
                "its sealed part has {size} bytes, a label holds {most}",
                key="recipient_address",
                size=len(raw),
                most=MOST,
            )
        head, nonce = VERSION + self.id, _nonce(waybill)
        return head + AESGCMSIV(self.secret[:32]).encrypt(
            nonce, (raw + _END).ljust(size, b"\0"), head + waybill.encode()
        )

    def sealed(self, payload: bytes) -> bool:
        """Whether a payload says that this key sealed it."""
        return payload[len(VERSION) : len(VERSION) + _ID] == self.id

    def open(self, waybill: str, payload: bytes) -> Content:
        """What was sealed for a number's label; LabelError otherwise, which says if another key is needed."""
        head, sealed = payload[: len(VERSION) + _ID], payload[len(VERSION) + _ID :]
        if not is_payload(payload):
            raise LabelError("this is no sealed payload of a label")
        if not self.sealed(payload):
            raise LabelError(
                "the payload wasn't sealed by this key, of {outlet} for {day}",
                outlet=self.outlet,
                day=self.day.isoformat(),
            )
        try:
            raw = AESGCMSIV(self.secret[:32]).decrypt(_nonce(waybill), sealed, head + waybill.encode())
        except InvalidTag:
            raw = b""
        door, line, alias = raw.rstrip(b"\0").removesuffix(_END).decode("gb18030").partition("\n")
        if not line:
            raise LabelError("the payload isn't the one of this number")
        return Content(door=door, alias=alias)


def is_payload(raw: bytes) -> bool:
    """Whether these bytes can be a payload."""
    return len(raw) in SIZES and raw.startswith(VERSION)


def day_key(keyring: Keyring, outlet: str, day: date) -> DayKey:
    """The key of an outlet and a day, from the active label key. KeyringError: the keyring has none."""
    context = b"wayseal/label/day\0" + outlet.encode() + b"\0" + day.isoformat().encode()
    return DayKey(outlet=outlet, day=day, secret=keyring.key(LabelKey).derive(context, 32 + _ID))


def read_day_key(text: str | bytes) -> DayKey:
    """A day key's file; LabelError, which holds nothing of it."""
    try:
        return parse_json(text, DayKey)
    except ValueError:
        pass
    raise LabelError("this is no file of a day key (`wayseal labels keys` makes one)")


def _nonce(waybill: str) -> bytes:
    return sha256(b"wayseal/label/nonce\0" + waybill.encode()).digest()[:_NONCE]


def _encode(content: Content) -> bytes:
    return f"{clean(content.door)}\n{clean(content.alias)}".encode("gb18030")
