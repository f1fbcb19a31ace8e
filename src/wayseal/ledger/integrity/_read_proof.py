"""A proof that one read stands in a ledger: to be checked without the ledger, and telling nothing of other reads.

1. A proof holds the read, its salt, the hashes of the other reads of its page, the path to the root, and a signed
   checkpoint. Hashes of other reads are salted with salts that the proof doesn't hold.
2. It holds or it doesn't: every field that it shows goes into the hash, and nothing is taken from it that doesn't.
3. Of `access` 64 bits are bound, of all other ids 256.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from wayseal import store
from wayseal.ledger._hash import UNPACKED
from wayseal.ledger._keys import Keyer, digest_texts, pack_numbers
from wayseal.ledger._layout import KEYED, OPTIONAL
from wayseal.ledger._pages import PAGE, Rows, hash_page, hash_rows
from wayseal.ledger._proof_fields import check_version, name_keys, parse_hashes, spell_hashes
from wayseal.ledger._salts import SIZE as SALT
from wayseal.ledger.errors import LedgerChangedError
from wayseal.merkle import Checkpoint, MerkleError, VerifyKey, verify_inclusion
from wayseal.merkle.hashing import SIZE, Digests

VERSION = 1
_LAYOUT = KEYED["accesses"]
_ACTIONS = store.TABLES["accesses"].column("action").values
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 1 << 20
_KEY_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProof:
    """What `_read_proof` rule 1 lists. read: column → text, or null; place: of the read in its page; leaf: of the page.

    others: hashes of the other reads of the page, in order.
    """

    read: Mapping[str, str | int | None]
    salt: bytes
    generation: int
    part: int
    page: int
    place: int
    others: bytes
    leaf: int
    path: tuple[bytes, ...]
    note: str

    def to_json(self) -> str:
        """The form in which it is handed on."""
        content = {
            "wayseal_proof": VERSION,
            "read": dict(self.read),
            "salt": self.salt.hex(),
            "page": {"generation": self.generation, "part": self.part, "page": self.page, "place": self.place},
            "others": base64.b64encode(self.others).decode(),
            "leaf": self.leaf,
            "path": spell_hashes(self.path),
            "checkpoint": self.note,
        }
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


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
    own = read_hash(proof.read, proof.salt)
    hashes = proof.others[: proof.place * SIZE] + own + proof.others[proof.place * SIZE :]
    leaf = hash_page(proof.generation, proof.part, proof.page, hashes)
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
    try:
        found = json.loads(content[:_MOST])
        check_version(found, "wayseal_proof", VERSION)
        page = found["page"]
        proof = ReadProof(
            read=found["read"], salt=bytes.fromhex(found["salt"]), generation=page["generation"], part=page["part"],
            page=page["page"], place=page["place"], others=_bytes(found["others"]),
            leaf=found["leaf"], path=parse_hashes(found["path"]), note=found["checkpoint"],
        )  # fmt: skip
        _check(proof)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MerkleError("this is no proof of Wayseal's") from error
    return proof


def _bytes(text: str) -> bytes:
    """What base64 `text` stands for, in its one spelling."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64")
    return raw


def _check(proof: ReadProof) -> None:
    """Raises ValueError, KeyError or TypeError where a part of a proof can't be (rule 2)."""
    read = proof.read
    numbers = {"source": read["source"], "row": read["row"]}
    texts = {k: v for k, v in read.items() if k not in numbers}
    shown = {"waybill", "at", "action", "actor", *OPTIONAL, *(f"{n}_key" for n in _LAYOUT.hashed)}
    counts = (*numbers.values(), proof.generation, proof.part, proof.page, proof.place, proof.leaf)
    if not all(type(n) is int and 0 <= n < 1 << 31 for n in counts):
        raise ValueError("number")
    if not (set(texts) <= shown and all(v is None or (v and isinstance(v, str)) for v in texts.values())):
        raise ValueError("read")
    if not (texts["waybill"] and texts["actor"]) or texts["action"] not in (None, *_ACTIONS):
        raise ValueError("read")
    _microseconds(str(read["at"]))
    for name in _LAYOUT.hashed:
        if name in read and (f"{name}_key" in read or not read[name]):
            raise ValueError("key")
        if f"{name}_key" in read and (len(str(read[f"{name}_key"])) != _KEY_DIGITS or _key(read, name) < 0):
            raise ValueError("key")
    if len(proof.salt) != SALT or len(proof.others) % SIZE or len(proof.others) >= PAGE * SIZE:
        raise ValueError("size")
    if proof.place > len(proof.others) // SIZE or not isinstance(proof.note, str):
        raise ValueError("place")
