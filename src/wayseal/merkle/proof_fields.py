"""What proofs have in common: their version, hashes as text, the keys that signed."""

import json
from collections.abc import Callable, Iterable
from typing import Annotated, TypeVar

from pydantic import PlainValidator

from wayseal.merkle.checkpoint import VerifyKey
from wayseal.merkle.errors import MerkleError
from wayseal.merkle.hashing import SIZE
from wayseal.model.schema import parse_json, parsed_by, plain, value_at

P = TypeVar("P")


def check_version(content: bytes, name: str, version: int) -> bool:
    """Whether a proof says its version; MerkleError where it is another than the one that is read."""
    said = value_at(content, name)
    if said is not None and repr(said) != str(version):
        raise MerkleError("this version of Wayseal reads proofs of version {version}", version=version)
    return said is not None


def parse_proof(content: bytes, name: str, version: int, kind: Callable[..., P]) -> P:
    """A proof whose JSON says its version under a name; MerkleError where it is none. Nothing is verified.

    kind: A record with a field of that name.
    """
    said = check_version(content, name, version)
    try:
        if not said:
            raise ValueError(name)
        return parse_json(content, kind)
    except ValueError as wrong:
        raise MerkleError("this is no proof of Wayseal's", key=str(wrong)) from None


def spell_proof(proof: object) -> str:
    """The form in which a proof is handed on; `parse_json` reads it."""
    return json.dumps(plain(proof), ensure_ascii=False, indent=1) + "\n"


def hex_of(size: int) -> PlainValidator:
    """A field of so many bytes as hexadecimal digits, in their one spelling."""

    def parse(text: str) -> bytes:
        found = bytes.fromhex(text)
        if len(found) != size or found.hex() != text:
            raise ValueError("digits")
        return found

    return parsed_by(parse, str, bytes.hex)


Hashes = tuple[Annotated[bytes, hex_of(SIZE)], ...]
"""Hashes out of a proof."""


def name_keys(keys: Iterable[VerifyKey]) -> tuple[str, ...]:
    """Keys by name and id, as notes spell them."""
    return tuple(f"{k.name}+{k.id}" for k in keys)
