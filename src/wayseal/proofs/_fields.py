"""Proofs as JSON, read strictly: every member is there, of its type and in its one spelling, and no other is.

1. What is shown is what was read: a member that stands there twice, a number that isn't whole or a text that is no
   Unicode is refused, since other readers may see something else in it.
2. A ValueError names the member that is wrong, and nothing of what is in it.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from wayseal.merkle.hashing import SIZE
from wayseal.proofs.errors import ProofError

VERSION = 1
"""Of all kinds of proofs."""
MOST = 1 << 21
"""Longest proof, bytes."""
NUMBERS = 1 << 63


class Proof:
    """What all kinds of proofs have. NAME: the member by which their JSON says its version."""

    __slots__ = ()
    NAME: ClassVar[str]

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Reads what `to_json` gives; nothing is verified.

        Args:
            content: The file.

        Returns:
            The proof.

        Raises:
            ProofError: It is something else.
        """
        try:
            found = read_json(content)
            said = found.get(cls.NAME)
            if said is None:
                raise ValueError(cls.NAME)
            if type(said) is not int or said != VERSION:
                raise ProofError("this version of Wayseal reads proofs of version {version}", version=VERSION)
            return cls._build(found)
        except ValueError as wrong:
            raise ProofError("this is no proof of Wayseal's", key=str(wrong) or None) from None

    @classmethod
    def _build(cls, found: dict[str, Any]) -> Self:
        """The proof out of its members, by the functions below."""
        raise NotImplementedError


def read_json(content: bytes) -> dict[str, Any]:
    """The members of a JSON object (rule 1)."""
    try:
        if len(content) > MOST:
            raise ValueError
        found = json.loads(
            content.decode(), object_pairs_hook=_once, parse_float=_refuse_number, parse_constant=_refuse_number
        )
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ValueError from None
    if type(found) is not dict:
        raise ValueError
    return found


def spell_proof(members: dict[str, Any]) -> str:
    """The form in which a proof is handed on."""
    return json.dumps(members, ensure_ascii=False, indent=1) + "\n"


def exactly(found: Any, names: Iterable[str], key: str = "") -> dict[str, Any]:
    """An object with these members and no other."""
    if type(found) is not dict:
        raise ValueError(key)
    if wrong := sorted(set(found) ^ set(names)):
        known = wrong[0] in names
        raise ValueError(wrong[0] if known else key)
    return found


def whole(found: dict[str, Any], key: str, below: int = NUMBERS) -> int:
    """A whole number from 0."""
    value = found[key]
    if type(value) is not int or not 0 <= value < below:
        raise ValueError(key)
    return value


def text(found: dict[str, Any], key: str) -> str:
    """A text."""
    value = found[key]
    if type(value) is not str:
        raise ValueError(key)
    return value


def digits(found: dict[str, Any], key: str, size: int) -> bytes:
    """So many bytes as small hexadecimal digits."""
    return _bytes(found[key], key, size)


def hashes(found: dict[str, Any], key: str) -> tuple[bytes, ...]:
    """A list of hashes, each as hexadecimal digits."""
    values = found[key]
    if type(values) is not list:
        raise ValueError(key)
    return tuple(_bytes(value, key, SIZE) for value in values)


def base64_bytes(found: dict[str, Any], key: str) -> bytes:
    """Bytes as base64, in its one spelling."""
    value = text(found, key)
    try:
        raw = base64.b64decode(value, validate=True)
    except ValueError:
        raise ValueError(key) from None
    if spell_base64(raw) != value:
        raise ValueError(key)
    return raw


def spell_base64(raw: bytes) -> str:
    """Spell bytes as `base64_bytes` reads them."""
    return base64.b64encode(raw).decode()


def spell_hashes(values: Sequence[bytes]) -> list[str]:
    """Spell hashes as `hashes` reads them."""
    return [value.hex() for value in values]


def _bytes(value: Any, key: str, size: int) -> bytes:
    try:
        raw = bytes.fromhex(value)
    except (TypeError, ValueError):
        raise ValueError(key) from None
    if len(raw) != size or raw.hex() != value:
        raise ValueError(key)
    return raw


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError
    return found


def _refuse_number(_text: str) -> Any:
    raise ValueError
