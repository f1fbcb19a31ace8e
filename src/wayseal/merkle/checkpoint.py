"""Checkpoints: what a tree was, in a signed note (C2SP signed-note and tlog-checkpoint), and the keys that sign.

A log signs its own; a witness cosigns what it found to go on from what it cosigned before (C2SP tlog-cosignature).

1. Text counts only once a signature by a key that was given has been verified over exactly its bytes.
2. A signature by an unknown key proves nothing and hurts nothing; a wrong one by a known key fails the
   whole note.
3. A private key shows itself in no text and no error.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from wayseal.merkle.errors import MerkleError, UnknownKeyError
from wayseal.merkle.hashing import SIZE
from wayseal.model.messages import Message

_ED25519 = b"\x01"
_COSIGNATURE = b"\x04"
_TIME = 8
_LATEST = (1 << 63) - 1
_SEED = 32
_PRIVATE = "PRIVATE+KEY+"
_LINE = re.compile("\u2014 ([^ +\\s]+) ([A-Za-z0-9+/]+={0,2})")
_MOST = 1 << 20
_NUMBER = re.compile("0|[1-9][0-9]{0,18}")
_FEWEST_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyKey:
    """A public key with its name.

    Attributes:
        name: Under which it signs.
        public: 32 bytes.
        witness: Whether its signatures are cosignatures, with a time of their own.
    """

    name: str
    public: bytes
    witness: bool = False

    @property
    def id(self) -> str:
        """Eight hexadecimal digits by which its signatures are found."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).hexdigest()[:8]

    @property
    def _typed(self) -> bytes:
        return (_COSIGNATURE if self.witness else _ED25519) + self.public

    def __str__(self) -> str:
        """The form in which it is kept: name+id+key."""
        return f"{self.name}+{self.id}+{_text(self._typed)}"

    @staticmethod
    def parse(text: str) -> "VerifyKey":
        """Reads what `str` gives.

        Args:
            text: One line.

        Returns:
            The key.

        Raises:
            MerkleError: It is something else.
        """
        name, given, kind, key = _parts(text.strip(), Message("public"), (_ED25519, _COSIGNATURE))
        made = VerifyKey(name=name, public=key, witness=kind == _COSIGNATURE)
        if made.id != given:
            raise MerkleError("the public key doesn't fit its own id")
        return made

    def signed(self, text: bytes, signature: bytes) -> bool:
        """True if a signature is this key's.

        Args:
            text: What was signed.
            signature: 64 bytes; a witness's has 8 before them, seconds since 1970, which are signed, too.

        Returns:
            True only if it is.
        """
        if self.witness:
            time, signature = int.from_bytes(signature[:_TIME]), signature[_TIME:]
            if time > _LATEST:
                return False
            text = b"cosignature/v1\ntime %d\n" % time + text
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except InvalidSignature:
            return False
        return True


def name_keys(keys: Iterable[VerifyKey]) -> tuple[str, ...]:
    """Keys by name and id.

    Args:
        keys: Keys that signed something.

    Returns:
        name+id of each.
    """
    return tuple(f"{key.name}+{key.id}" for key in keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key with its name.

    Attributes:
        name: Under which it signs.
        seed: 32 random bytes.
    """

    name: str
    seed: bytes

    def __post_init__(self) -> None:
        if not _LINE.fullmatch(f"\u2014 {self.name} AAAA"):
            raise MerkleError("the name of a key has no space and no plus sign, and at least one character")

    def __repr__(self) -> str:
        """Without the key (rule 3)."""
        return f"SigningKey(name={self.name!r})"

    @property
    def verify_key(self) -> VerifyKey:
        """Its public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifyKey(name=self.name, public=public)

    def to_text(self) -> str:
        """The form in which it is kept, for its owner's eyes alone.

        Returns:
            One line.
        """
        return f"{_PRIVATE}{self.name}+{self.verify_key.id}+{_text(_ED25519 + self.seed)}"

    @staticmethod
    def parse(text: str) -> "SigningKey":
        """Reads what `to_text` gives.

        Args:
            text: One line.

        Returns:
            The key.

        Raises:
            MerkleError: It is something else.
        """
        stripped = text.strip()
        if not stripped.startswith(_PRIVATE):
            raise MerkleError("this is no private key")
        name, given, _, seed = _parts(stripped.removeprefix(_PRIVATE), Message("private"), (_ED25519,))
        made = SigningKey(name=name, seed=seed)
        if made.verify_key.id != given:
            raise MerkleError("the private key doesn't fit its own id")
        return made

    def sign(self, text: str) -> str:
        """Signs a text.

        Args:
            text: Whole lines.

        Returns:
            A note with one signature.
        """
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        line = _text(bytes.fromhex(self.verify_key.id) + signature)
        return f"{text}\n\u2014 {self.name} {line}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of a tree at some time.

    Attributes:
        origin: Whose tree.
        size: How many leaves it has.
        root: Its root, 32 bytes.
        more: Further lines that were signed with it.
    """

    origin: str
    size: int
    root: bytes
    more: tuple[str, ...] = ()

    def to_text(self) -> str:
        """The lines that are signed.

        Returns:
            Origin, size, root and further lines, each with its line end.
        """
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), _text(self.root), *self.more))

    @staticmethod
    def open(note: bytes, keys: Sequence[VerifyKey]) -> tuple["Checkpoint", tuple[VerifyKey, ...]]:
        """Reads a note that must be signed (rules 1 and 2).

        Args:
            note: The note.
            keys: Keys that are trusted.

        Returns:
            The checkpoint, and which of the keys signed it, at least one.

        Raises:
            MerkleError: It is no checkpoint, or a signature is wrong.
            UnknownKeyError: It was signed by others alone.
        """
        text, signatures = _split(note)
        by, others = [], []
        for name, key_id, signature in signatures:
            known = [k for k in keys if (k.name, k.id) == (name, key_id)]
            if not known:
                others.append(f"{name}+{key_id}")
            elif known[0].signed(text.encode(), signature):
                by.append(known[0])
            else:
                raise MerkleError("the signature of {name}+{key_id} is not over this text", name=name, key_id=key_id)
        if not by:
            raise UnknownKeyError(others)
        return _parsed(text), tuple(by)

    @staticmethod
    def claimed(note: bytes) -> "Checkpoint":
        """Read a note, whoever signed it: for whoever compares it with a tree of his own.

        Args:
            note: The note.

        Returns:
            The checkpoint, unverified.

        Raises:
            MerkleError: It is no checkpoint.
        """
        return _parsed(_split(note)[0])


def add_cosignature(note: bytes, lines: bytes, key: VerifyKey) -> bytes:
    """A note with what a witness signed of it.

    Args:
        note: A signed checkpoint.
        lines: Signature lines; those of other keys are left out.
        key: The witness's.

    Returns:
        The note with one signature of the witness's behind the others.

    Raises:
        MerkleError: It is no note, these are no such lines, or its signature is wrong.
        UnknownKeyError: None of the lines is the key's.
    """
    text, _ = _split(note)
    found = _signatures(_decoded(lines))
    mine = [signature for *names, signature in found if names == [key.name, key.id]]
    if not mine:
        raise UnknownKeyError([f"{name}+{key_id}" for name, key_id, _ in found])
    if not key.signed(text.encode(), mine[0]):
        raise MerkleError("the signature of {name}+{key_id} is not over this text", name=key.name, key_id=key.id)
    return note + f"\u2014 {key.name} {_text(bytes.fromhex(key.id) + mine[0])}\n".encode()


def _parsed(text: str) -> Checkpoint:
    lines = text.split("\n")[:-1]
    if len(lines) < _FEWEST_LINES or not lines[0] or not _NUMBER.fullmatch(lines[1]) or "" in lines[3:]:
        raise MerkleError("this note is no checkpoint")
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=_bytes(lines[2], SIZE), more=tuple(lines[3:]))


def _split(note: bytes) -> tuple[str, list[tuple[str, str, bytes]]]:
    """Text and signatures (name, key id, signature) of a note."""
    whole = _decoded(note)
    text, gap, end = whole.rpartition("\n\n")
    if not gap:
        raise MerkleError("this is no signed note")
    return text + "\n", _signatures(end)


def _decoded(note: bytes) -> str:
    try:
        whole = note[:_MOST].decode()
    except UnicodeDecodeError:
        raise MerkleError("this is no signed note (not UTF-8)") from None
    if not whole.endswith("\n") or re.search("[\x00-\x09\x0b-\x1f]", whole):
        raise MerkleError("this is no signed note")
    return whole


def _signatures(lines: str) -> list[tuple[str, str, bytes]]:
    """Signature lines: (name, key id, signature) of each."""
    out = []
    for line in lines[:-1].split("\n"):
        found = _LINE.fullmatch(line)
        if not found:
            raise MerkleError("this is no signed note (a line of its end is no signature)")
        raw = _bytes(found[2], None)
        out.append((found[1], raw[:4].hex(), raw[4:]))
    return out


def _parts(text: str, what: Message, kinds: Sequence[bytes]) -> tuple[str, str, bytes, bytes]:
    """Name, key id, kind and the 32 bytes of a key."""
    parts = text.split("+", 2)
    if len(parts) != _FEWEST_LINES or not _LINE.fullmatch(f"\u2014 {parts[0]} AAAA"):
        raise MerkleError("this is no {what} key", what=what)
    raw = _bytes(parts[2], 1 + _SEED)
    if raw[:1] not in kinds:
        raise MerkleError("this {what} key is of a kind that Wayseal doesn't know", what=what)
    return parts[0], parts[1], raw[:1], raw[1:]


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str, size: int | None) -> bytes:
    """Decode base64 in its one spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MerkleError("base64 is wrong") from None
    if _text(raw) != text or (size is not None and len(raw) != size):
        raise MerkleError("base64 is wrong")
    return raw


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCheckpoint:
    """A checkpoint that holds: where it is, the size and root that it says, who signed it, and how the tree goes on.

    at: when it was signed, microseconds, if it says so. proof: hashes that lead from its root to the present one
    (RFC 9162, 2.1.4); empty for checkpoints that the log stores itself.
    """

    where: str
    size: int
    root: bytes
    keys: tuple[str, ...]
    proof: tuple[bytes, ...]
    at: int | None = None
