"""What proofs of reads and of purges have in common: their version, hashes as text, the keys that signed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wayseal.merkle import MerkleError, VerifyKey
from wayseal.merkle.hashing import SIZE


def check_version(content: Mapping[str, Any], name: str, version: int) -> None:
    """Whether a proof is of the version that is read. MerkleError where it isn't; KeyError where it says none."""
    if repr(content[name]) != str(version):
        raise MerkleError("this version of Wayseal reads proofs of version {version}", version=version)


def spell_hashes(hashes: Sequence[bytes]) -> list[str]:
    """Hashes as a proof spells them."""
    return [h.hex() for h in hashes]


def parse_hashes(texts: Sequence[str]) -> tuple[bytes, ...]:
    """Hashes out of a proof; ValueError where one is none."""
    out = tuple(bytes.fromhex(t) for t in texts)
    if any(len(h) != SIZE for h in out):
        raise ValueError("hash")
    return out


def name_keys(keys: Iterable[VerifyKey]) -> tuple[str, ...]:
    """Keys by name and id, as notes spell them."""
    return tuple(f"{k.name}+{k.id}" for k in keys)
