"""Letters of the hotline: what stands in them, how they are spelled and stored, and the team's public keys.

1. A letter has one spelling. `digest` is its SHA-256: reporter and team compute the same one, and the letter's nonce
   hides a short text behind it.
2. Only fields that a report's type asks for are filled, and a report alone has a type.
3. What a letter holds stays out of `repr` and errors.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import Field

from wayseal.cases.hotline.errors import KeyFileError
from wayseal.model.fields import FieldKind
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, parse_json, parsed_by, plain
from wayseal.proofs.entries import spell_entry

MOST_TEXT: Final = 250_000
MOST_FILES: Final = 50
MOST_NUMBERS: Final = 50
KEY: Final = 32
ID: Final = 8
"""Bytes of a key's id."""


class Sender(StrEnum):
    """Whose letter it is. inner: a note of staff's among themselves, which never leaves the console."""

    REPORTER = "reporter"
    STAFF = "staff"
    INNER = "inner"


class LetterKind(StrEnum):
    """What a letter is."""

    REPORT = "report"
    MESSAGE = "message"
    ANSWER = "answer"
    STATE = "state"
    REWARD = "reward"
    PROOF = "proof"
    CLOSING = "closing"
    NOTE = "note"


class ReportType(StrEnum):
    """What a report is about."""

    SALE = "sale"
    CALL = "call"
    OFFERED = "offered"
    DOOR = "door"


class FileKind(StrEnum):
    """What a file is by its first bytes, as far as what may hide in it differs."""

    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    WEBP = "webp"
    TIFF = "tiff"
    HEIC = "heic"
    SOUND = "sound"
    VIDEO = "video"
    OFFICE = "office"
    ARCHIVE = "archive"
    PDF = "pdf"
    TEXT = "text"
    UNKNOWN = "unknown"


class Purpose(StrEnum):
    """What the team's keys are for. letters: to sign what staff write."""

    REPORTS = "reports"
    IDENTITY = "identity"
    LETTERS = "letters"


Came: TypeAlias = Literal["portal", "telephone", "letter"]
"""How a letter came; staff type in what came by telephone or letter."""
TYPE_TEXTS: Mapping[ReportType, str] = {
    ReportType.SALE: N_("Waybill numbers are on sale"),
    ReportType.CALL: N_("A strange call or message"),
    ReportType.OFFERED: N_("I was offered money"),
    ReportType.DOOR: N_("A fake courier at the door"),
}
FIELDS: Mapping[ReportType, frozenset[str]] = {
    ReportType.SALE: frozenset({"numbers", "seller", "where", "price", "when", "region"}),
    ReportType.CALL: frozenset({"numbers", "when", "region", "knew"}),
    ReportType.OFFERED: frozenset({"seller", "where", "price", "when", "region"}),
    ReportType.DOOR: frozenset({"numbers", "when", "region", "knew"}),
}
"""The fields that a report of a type may have."""
_Hex16 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Hex32 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
_Line = Annotated[str, Field(max_length=300)]
_Number = Annotated[str, Field(min_length=1, max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fields:
    """What a form asks for beside the text. when: a day; knew: what a caller knew."""

    __pydantic_config__: ClassVar = CLOSED
    numbers: Annotated[tuple[_Number, ...], Field(max_length=MOST_NUMBERS)] = ()
    seller: _Line = ""
    where: _Line = ""
    price: _Line = ""
    when: date | None = None
    region: _Line = ""
    knew: tuple[FieldKind, ...] = ()

    def filled(self) -> frozenset[str]:
        """The names of those that say something."""
        return frozenset(name for name in self.__slots__ if getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LetterFile:
    """A file that came with a letter. size and sha256: of what is kept; cleaned: its metadata was taken out."""

    __pydantic_config__: ClassVar = CLOSED
    file: _Hex16
    kind: FileKind
    size: Annotated[int, Field(ge=0, lt=1 << 40)]
    sha256: Hex32
    cleaned: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Letter:
    """A letter as it is read. identity: a name was given, which the identity key alone opens."""

    __pydantic_config__: ClassVar = CLOSED
    v: Literal[1] = 1
    kind: LetterKind
    day: date
    type: ReportType | None = None
    text: Annotated[str, Field(max_length=MOST_TEXT)]
    fields: Fields = Fields()
    files: Annotated[tuple[LetterFile, ...], Field(max_length=MOST_FILES)] = ()
    identity: bool = False
    came: Came = "portal"
    nonce: Hex32

    def __post_init__(self) -> None:
        """ValueError: a type and fields where they don't belong."""
        may_fill = FIELDS[self.type] if self.type else frozenset()
        if (self.type is None) == (self.kind is LetterKind.REPORT) or not self.fields.filled() <= may_fill:
            raise ValueError("fields")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedLetter:
    """A letter as it is stored; box, sender and place are its key.

    Attributes:
        place: 1 and the highest that its writer saw in the box, of either side.
        sealed: None: it was deleted, and this is its tombstone.
        digest: SHA-256 of the letter's spelling.
        salt: Of the leaf that stands for it.
        kind: Empty for a reporter's: what isn't a report at place 1 is a message.
        taken: The other side has it.
    """

    box: bytes
    sender: Sender
    place: int
    day: date
    sealed: bytes | None = field(repr=False)
    digest: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    kind: str
    taken: bool = False

    def bound(self) -> bytes:
        """All that it opens with alone (`sealing`)."""
        where = self.box + self.sender[0].encode() + self.place.to_bytes(4, "big")
        return where + self.day.isoformat().encode() + self.digest + self.salt + self.kind.encode()


PrivateKeys: TypeAlias = Mapping[bytes, X25519PrivateKey | Ed25519PrivateKey]
"""Private keys by their ids: the team's, or a reporter's."""


def _parse_key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY:
        raise ValueError("key")
    return key


KeyBytes = Annotated[bytes, parsed_by(_parse_key, str, lambda key: base64.b64encode(key).decode())]
"""A key as JSON has it."""


def key_id(purpose: str, public: bytes) -> bytes:
    """The 8 bytes that tell a key."""
    return hashlib.sha256(purpose.encode() + public).digest()[:ID]


READER = "reader"
"""The purpose of a reporter's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key of the team. made: a day."""

    __pydantic_config__: ClassVar = CLOSED
    purpose: Purpose
    made: date
    public: KeyBytes

    @property
    def id(self) -> bytes:
        """The key's id."""
        return key_id(self.purpose, self.public)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKeys:
    """The team's keys, the oldest first: all that the portal has of them."""

    __pydantic_config__: ClassVar = CLOSED
    wayseal_hotline_keys: Literal[1] = 1
    keys: tuple[PublicKey, ...]

    def of(self, purpose: Purpose) -> list[PublicKey]:
        """Those of a purpose."""
        return [key for key in self.keys if key.purpose is purpose]

    def newest(self, purpose: Purpose) -> PublicKey:
        """The key that seals, or signs. KeyFileError: there is none."""
        if not (found := self.of(purpose)):
            raise KeyFileError("these are no keys of the hotline")
        return found[-1]


def parse_public_keys(content: bytes) -> PublicKeys:
    """The keys of a `hotline.public`. KeyFileError: it is none, or a purpose has no key."""
    try:
        keys = parse_json(content, PublicKeys)
    except ValueError:
        raise KeyFileError("these are no keys of the hotline") from None
    for purpose in Purpose:
        keys.newest(purpose)
    return keys


def new_nonce() -> str:
    """A letter's nonce."""
    return secrets.token_hex(KEY)


def spell_letter(letter: Letter) -> bytes:
    """The one spelling of a letter (rule 5)."""
    return spell_entry(plain(letter))
