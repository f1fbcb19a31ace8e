"""What proofs of reads and of purges have in common: their version, hashes as text, the keys that signed."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from wayseal.merkle import MerkleError, VerifyKey
from wayseal.merkle.hashing import SIZE
from wayseal.model.schema import parsed_by, value_at


def check_version(content: bytes, name: str, version: int) -> None:
    """MerkleError where a proof says that it is of another version than the one that is read."""
    said = value_at(content, name)
    if said is not None and repr(said) != str(version):
        raise MerkleError("this version of Wayseal reads proofs of version {version}", version=version)


def spell_hashes(hashes: Sequence[bytes]) -> list[str]:
    """Hashes as a proof spells them."""
    return [h.hex() for h in hashes]


def _parse_hash(text: str) -> bytes:
    found = bytes.fromhex(text)
    if len(found) != SIZE:
        raise ValueError("hash")
    return found


Hashes = tuple[Annotated[bytes, parsed_by(_parse_hash, str)], ...]
"""Hashes out of a proof."""


def name_keys(keys: Iterable[VerifyKey]) -> tuple[str, ...]:
    """Keys by name and id, as notes spell them."""
    return tuple(f"{k.name}+{k.id}" for k in keys)
