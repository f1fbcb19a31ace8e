"""A proof that one read stands in a ledger: to be checked without the ledger, and telling nothing of other reads.

1. A proof holds the read, its salt, the hashes of the other reads of its page, the path to the root, and a signed
   checkpoint. Hashes of other reads are salted with salts that the proof doesn't hold.
2. It holds or it doesn't: every field that it shows goes into the hash, and nothing is taken from it that doesn't.
3. Of `access` 64 bits are bound, of all other ids 256.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from wayseal import store
from wayseal.ledger._hash import UNPACKED
from wayseal.ledger._keys import Keyer, digest_texts, pack_numbers
from wayseal.ledger._layout import KEYED, OPTIONAL
from wayseal.ledger._pages import PAGE, Rows, hash_page, hash_rows
from wayseal.ledger._salts import SIZE as SALT
from wayseal.ledger.errors import LedgerChangedError
from wayseal.merkle import Checkpoint, MerkleError, VerifyKey, verify_inclusion
from wayseal.merkle.hashing import SIZE, Digests
from wayseal.merkle.proof_fields import Hashes, hex_of, name_keys, parse_proof, spell_proof
from wayseal.model.schema import CLOSED, parsed_by

VERSION = 1
_LAYOUT = KEYED["accesses"]
_ACTIONS = store.TABLES["accesses"].column("action").values
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMAT = "wayseal_proof"
_MOST = 1 << 20
_KEY_DIGITS = 16


def _parse_others(text: str) -> bytes:
    """Hashes out of base64, in its one spelling; fewer than a page has."""
    found = base64.b64decode(text, validate=True)
    if _spell_others(found) != text or len(found) % SIZE or len(found) >= PAGE * SIZE:
        raise ValueError("others")
    return found


def _spell_others(hashes: bytes) -> str:
    return base64.b64encode(hashes).decode()


_Number = Annotated[int, Field(ge=0, lt=1 << 31)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlace:
    """A read's page, and its place in it."""

    __pydantic_config__: ClassVar = CLOSED
    generation: _Number
    part: _Number
    page: _Number
    place: _Number


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProof:
    """What `_read_proof` rule 1 lists. read: column → text, or null; leaf: of the page.

    others: hashes of the other reads of the page, in order.
    """

    __pydantic_config__: ClassVar = CLOSED
    version: Annotated[int, Field(alias=_FORMAT, ge=VERSION, le=VERSION)] = VERSION
    read: Mapping[str, Annotated[str, Field(min_length=1)] | _Number | None]
    salt: Annotated[bytes, hex_of(SALT)]
    page: PagePlace
    others: Annotated[bytes, parsed_by(_parse_others, str, _spell_others)]
    leaf: _Number
    path: Hashes
    note: Annotated[str, Field(alias="checkpoint")]

    def to_json(self) -> str:
        """The form in which it is handed on."""
        return spell_proof(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRead:
    """What a proof has shown: this read stands in the tree that this checkpoint describes, signed by these keys."""

    read: Mapping[str, str | int | None]
    checkpoint: Checkpoint
    keys: tuple[str, ...]


def verify_proof(content: bytes, keys: Sequence[VerifyKey]) -> VerifiedRead:
    """Checks a proof (rules 1 to 3) with nothing but public keys.

    MerkleError: it is no proof; UnknownKeyError: its checkpoint is signed by others; LedgerChangedError: it fails.
    """
    proof = _parsed(content)
    point, by = Checkpoint.open(proof.note.encode(), keys)
    page, own = proof.page, read_hash(proof.read, proof.salt)
    hashes = proof.others[: page.place * SIZE] + own + proof.others[page.place * SIZE :]
    leaf = hash_page(page.generation, page.part, page.page, hashes)
    if not verify_inclusion(leaf, proof.leaf, point.size, proof.path, point.root):
        raise LedgerChangedError("the proof doesn't hold: this read is not what stands in the tree of the checkpoint")
    return VerifiedRead(read=proof.read, checkpoint=point, keys=name_keys(by))


def read_hash(read: Mapping[str, str | int | None], salt: bytes) -> bytes:
    """The salted hash of a read that is given in texts."""
    waybill = pa.array([read["waybill"]], pa.string())
    word, _ = pack_numbers(waybill)
    columns = tuple(n for n in OPTIONAL if n in read or f"{n}_key" in read)
    action = read["action"]
    rows = Rows(
        word=word,
        text=digest_texts(waybill) if word[0] >= UNPACKED else None,
        at=np.array([_microseconds(str(read["at"]))], np.int64),
        source=np.array([read["source"]], np.int32),
        row=np.array([read["row"]], np.int64),
        action=np.array([0 if action is None else 1 + _ACTIONS.index(str(action))], np.uint8),
        ids={n: _id(read[n]) for n in ("actor", *columns) if n in _LAYOUT.ids},
        hashed={n: np.array([_key(read, n)], np.uint64) for n in columns if n in _LAYOUT.hashed},
    )
    return hash_rows(rows, columns, np.frombuffer(salt, np.uint8).reshape(1, SALT)).tobytes()


def _id(text: str | int | None) -> tuple[Any, Digests]:
    table = np.zeros((2, SIZE), np.uint8)
    if text:
        table[1:] = digest_texts(pa.array([text], pa.string()))
    return np.ones(1, np.uint8), table


def _key(read: Mapping[str, str | int | None], name: str) -> int:
    """The key of an id that is hashed by its key: given as a text, or as the key itself."""
    if name in read:
        return int(Keyer().of([str(read[name])])[0])
    return int(str(read[f"{name}_key"]), 16)


def spell_time(us: int) -> str:
    """Microseconds after 1970 as text."""
    return (_EPOCH + timedelta(microseconds=us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _microseconds(text: str) -> int:
    return (datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


def _parsed(content: bytes) -> ReadProof:
    """A proof out of JSON whose every part has the form that `ReadProof.to_json` gives it."""
    proof = parse_proof(content[:_MOST], _FORMAT, VERSION, ReadProof)
    try:
        _check_read(proof.read)
        if proof.page.place > len(proof.others) // SIZE:
            raise ValueError("place")
    except (ValueError, KeyError) as error:
        raise MerkleError("this is no proof of Wayseal's") from error
    return proof


def _check_read(read: Mapping[str, str | int | None]) -> None:
    """Raises ValueError or KeyError where a read can't be (rule 2)."""
    numbers = {"source", "row"}
    shown = {"waybill", "at", "action", "actor", *OPTIONAL, *(f"{n}_key" for n in _LAYOUT.hashed)}
    whole = all(isinstance(read[name], int) == (name in numbers) for name in (*read, *numbers))
    if not (whole and set(read) - numbers <= shown):
        raise ValueError("read")
    if not (read["waybill"] and read["actor"]) or read["action"] not in (None, *_ACTIONS):
        raise ValueError("read")
    _microseconds(str(read["at"]))
    for name in _LAYOUT.hashed:
        if name in read and (f"{name}_key" in read or not read[name]):
            raise ValueError("key")
        if f"{name}_key" in read and (len(str(read[f"{name}_key"])) != _KEY_DIGITS or _key(read, name) < 0):
            raise ValueError("key")
