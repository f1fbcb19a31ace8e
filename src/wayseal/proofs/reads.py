"""A proof that one read stands in a ledger: to be checked without the ledger, and telling nothing of other reads.

1. A proof holds the read, its salt, the hashes of the other reads of its page, the path to the root, and a signed
   checkpoint. Hashes of other reads are salted with salts that the proof doesn't hold.
2. It holds or it doesn't: every field that it shows goes into the hash, and nothing is taken from it that doesn't.
3. Of `access` and `request` 64 bits are bound, of all other ids 256.
4. What is hashed of a read is defined here; the ledger hashes many at once, to the same bytes.

The key of a text: XXH64 with seed 0, in whole numbers.

The ledger makes keys by the million with a compiled form of it; this one needs no compiler, and is for one.
"""

import hashlib
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from wayseal.merkle import verify_inclusion
from wayseal.merkle.checkpoint import Checkpoint, VerifyKey, name_keys
from wayseal.merkle.hashing import SIZE, leaf_hash
from wayseal.proofs._fields import (
    VERSION,
    Proof,
    base64_bytes,
    digits,
    exactly,
    hashes,
    spell_base64,
    spell_hashes,
    spell_proof,
    text,
    whole,
)
from wayseal.proofs.errors import ProofFailsError

_ALL = (1 << 64) - 1
_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def text_key(text: str) -> int:
    """64 bits; never 0, which stands for no text."""
    return _xxh64(text.encode()) or 1


def _xxh64(data: bytes) -> int:
    at, size = 0, len(data)
    if size >= 32:
        lanes = [_P1 + _P2, _P2, 0, -_P1]
        while at + 32 <= size:
            lanes = [_mix(lane & _ALL, data[at + 8 * n : at + 8 * n + 8]) for n, lane in enumerate(lanes)]
            at += 32
        h = sum(_turned(lane, left) for lane, left in zip(lanes, (1, 7, 12, 18), strict=True)) & _ALL
        for lane in lanes:
            h = ((h ^ _mix(0, lane.to_bytes(8, "little"))) * _P1 + _P4) & _ALL
    else:
        h = _P5
    h = (h + size) & _ALL
    while at + 8 <= size:
        h = (_turned(h ^ _mix(0, data[at : at + 8]), 27) * _P1 + _P4) & _ALL
        at += 8
    if at + 4 <= size:
        word = int.from_bytes(data[at : at + 4], "little") * _P1 & _ALL
        h = (_turned(h ^ word, 23) * _P2 + _P3) & _ALL
        at += 4
    for byte in data[at:]:
        h = _turned(h ^ (byte * _P5 & _ALL), 11) * _P1 & _ALL
    h = (h ^ h >> 33) * _P2 & _ALL
    h = (h ^ h >> 29) * _P3 & _ALL
    return h ^ h >> 32


def _mix(lane: int, word: bytes) -> int:
    return _turned((lane + int.from_bytes(word, "little") * _P2) & _ALL, 31) * _P1 & _ALL


def _turned(x: int, left: int) -> int:
    return (x << left | x >> 64 - left) & _ALL


FORMAT = "wayseal_proof"
READ_VERSION = 1
"""Of the bytes that are hashed of a read."""
SALT = 16
"""Bytes of a read's salt."""
PAGE = 256
"""Most reads of a page."""
READ = struct.Struct(">BB16s32sqIqB")
"""What is hashed of every read, before its actor: version, columns, salt, waybill, time, source, row, action."""
COLUMNS = ("access", "via", "fields", "request", "session", "ip", "device", "purpose")
"""Columns that are hashed where a commit has them, in this order; a place in this list is a bit of a read's second
byte."""
KEYS = frozenset(("access", "request"))
"""Those of which 64-bit keys are hashed (rule 3)."""
ACTIONS = ("view", "search", "export", "print", "api", "decrypt")
"""Their places, from 1, are what is hashed of an action; 0 is none."""
_PAGE = struct.Struct(">BBQIIH")
_PAGE_KIND = 1
_PAGE_VERSION = 1
_MEMBERS = (FORMAT, "read", "salt", "page", "others", "leaf", "path", "checkpoint")
_PLACE = ("generation", "part", "page", "place")
_BELOW = 1 << 31
_NUMBER = re.compile("([A-Z]{0,2})([0-9]*)")
_PLAIN_DIGITS, _LETTER_DIGITS = 18, 16
_NULL = frozenset(("action", *COLUMNS)) - KEYS
_KEY_DIGITS = re.compile("[0-9a-f]{16}")
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlace:
    """A read's page, and its place in it."""

    generation: int
    part: int
    page: int
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProof(Proof):
    """The proof of a read (rule 1).

    Attributes:
        read: Column → text, number or null.
        salt: 16 bytes.
        page: Its page, and its place in it.
        others: Hashes of the other reads of the page, in order, 32 bytes each.
        leaf: The page's place in the tree.
        path: Hashes that lead from the page to the root, the lowest first.
        note: The checkpoint, signed.
    """

    NAME: ClassVar = FORMAT
    read: Mapping[str, str | int | None]
    salt: bytes
    page: PagePlace
    others: bytes
    leaf: int
    path: tuple[bytes, ...]
    note: str

    def to_json(self) -> str:
        """The form in which it is handed on.

        Returns:
            JSON.
        """
        return spell_proof(
            {
                FORMAT: VERSION,
                "read": dict(self.read),
                "salt": self.salt.hex(),
                "page": {name: getattr(self.page, name) for name in _PLACE},
                "others": spell_base64(self.others),
                "leaf": self.leaf,
                "path": spell_hashes(self.path),
                "checkpoint": self.note,
            }
        )

    @classmethod
    def _build(cls, found: dict[str, Any]) -> Self:
        exactly(found, _MEMBERS)
        read, page = found["read"], exactly(found["page"], _PLACE, "page")
        _check_read(read)
        others = base64_bytes(found, "others")
        place = PagePlace(**{name: whole(page, name, _BELOW) for name in _PLACE})
        if len(others) % SIZE or not place.place <= len(others) // SIZE < PAGE:
            raise ValueError("others")
        return cls(
            read=read,
            salt=digits(found, "salt", SALT),
            page=place,
            others=others,
            leaf=whole(found, "leaf", _BELOW),
            path=hashes(found, "path"),
            note=text(found, "checkpoint"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenRead:
    """A read that was proven to stand in the tree that the checkpoint describes.

    Attributes:
        read: Column → text, number or null.
        checkpoint: Of which tree.
        keys: Who signed that, as name+id.
    """

    read: Mapping[str, str | int | None]
    checkpoint: Checkpoint
    keys: tuple[str, ...]


def verify_read(content: bytes, keys: Sequence[VerifyKey]) -> ProvenRead:
    """Checks a proof (rules 1 to 3) with nothing but public keys.

    ProofError: it is no proof; MerkleError: its checkpoint is none; UnknownKeyError: others signed it;
    ProofFailsError: it doesn't hold.
    """
    proof = ReadProof.from_json(content)
    point, by = Checkpoint.open(proof.note.encode(), keys)
    page, own = proof.page, hash_read(proof.read, proof.salt)
    reads = proof.others[: page.place * SIZE] + own + proof.others[page.place * SIZE :]
    leaf = hash_page(page.generation, page.part, page.page, reads)
    if not verify_inclusion(leaf, proof.leaf, point.size, proof.path, point.root):
        raise ProofFailsError("the proof doesn't hold: this read is not what stands in the tree of the checkpoint")
    return ProvenRead(read=proof.read, checkpoint=point, keys=name_keys(by))


def hash_page(generation: int, part: int, page: int, reads: bytes) -> bytes:
    """The hash of the leaf of a page: which one it is, and the hashes of its reads, in order."""
    return leaf_hash(_PAGE.pack(_PAGE_KIND, _PAGE_VERSION, generation, part, page, len(reads) // SIZE) + reads)


def hash_read(read: Mapping[str, str | int | None], salt: bytes) -> bytes:
    """The salted hash of a read that is given in texts (rule 4)."""
    columns = [name for name in COLUMNS if name in read or f"{name}_key" in read]
    action = read["action"]
    always = READ.pack(
        READ_VERSION,
        sum(1 << COLUMNS.index(name) for name in columns),
        salt,
        _waybill_bytes(str(read["waybill"])),
        _microseconds(str(read["at"])),
        read["source"],
        read["row"],
        0 if action is None else 1 + ACTIONS.index(str(action)),
    )
    return hashlib.sha256(always + b"".join(_id_bytes(read, name) for name in ("actor", *columns))).digest()


def spell_time(us: int) -> str:
    """Microseconds after 1970 as text."""
    return (_EPOCH + timedelta(microseconds=us)).strftime(_TIME)


def _waybill_bytes(number: str) -> bytes:
    """32 bytes: the packed form of a number and zeros, or the digest of its text where it has none.

    Numbers of up to 18 digits are counted first, the shorter before the longer; then those of A to ZZ and up to 16.
    """
    found = _NUMBER.fullmatch(number)
    letters, figures = (found[1], found[2]) if found else ("", "")
    if not found or len(figures) > (_LETTER_DIGITS if letters else _PLAIN_DIGITS):
        return hashlib.sha256(number.encode()).digest()
    packed = _shorter(len(figures)) + int(figures or "0")
    if letters:
        prefix = 0
        for letter in letters:
            prefix = prefix * 26 + ord(letter) - ord("A") + 1
        packed += _shorter(_PLAIN_DIGITS + 1) + (prefix - 1) * _shorter(_LETTER_DIGITS + 1)
    return packed.to_bytes(8, "big") + bytes(SIZE - 8)


def _shorter(count: int) -> int:
    """How many texts of fewer than so many digits there are."""
    return int((10**count - 1) // 9)


def _id_bytes(read: Mapping[str, str | int | None], name: str) -> bytes:
    """Return the hashed bytes of an id: the key of it, or the digest of its text; zeros for none."""
    value = read.get(name)
    if name in KEYS:
        return (text_key(str(value)) if name in read else int(str(read[f"{name}_key"]), 16)).to_bytes(8, "big")
    return bytes(SIZE) if value is None else hashlib.sha256(str(value).encode()).digest()


def _microseconds(at: str) -> int:
    return (datetime.strptime(at, _TIME).replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


def _check_read(read: Any) -> None:
    """Raises ValueError where a read can't be (rule 2)."""
    must_be = {"waybill", "at", "source", "row", "action", "actor"}
    may_be = {*COLUMNS, *(f"{name}_key" for name in KEYS)}
    if type(read) is not dict or not must_be <= read.keys() <= must_be | may_be:
        raise ValueError("read")
    for name in read:
        if name in ("source", "row"):
            whole(read, name, _BELOW)
        elif read[name] is None and name in _NULL:
            continue
        elif not text(read, name):
            raise ValueError(name)
    if read["action"] not in (None, *ACTIONS):
        raise ValueError("action")
    if _spelled(read["at"]) != read["at"]:
        raise ValueError("at")
    for name in KEYS:
        key = read.get(f"{name}_key")
        if key is not None and (name in read or not _KEY_DIGITS.fullmatch(key)):
            raise ValueError(name)


def _spelled(at: str) -> str:
    try:
        return spell_time(_microseconds(at))
    except ValueError:
        return ""
