"""The keys of the numbers, and the short codes that are made with them. Pure: no clock, no randomness.

1. One secret, in a file of its owner's alone; each purpose has a subkey of its own by HKDF-SHA256 with a label.
2. The public gate gets two of them (`GateKeys`): with `gate` it can check a shipment's secret and not make one.
3. What a MAC is over is spelled without doubt: each part with its length before it.
4. Codes are read with `hmac.compare_digest`; what a person types is forgiven case, blanks, O for 0 and I or L for 1.
5. No key shows itself in a `repr`.
"""

import hmac
from dataclasses import dataclass, fields
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wayseal.model.base32 import ALPHABET, MEANT, spell
from wayseal.model.times import MINUTE_US
from wayseal.numbers.errors import NumbersKeyError
from wayseal.service.keyfile import read_secret
from wayseal.store.durable import replace_file

SECRET_LENGTH = 10
"""Characters of a shipment's secret: 50 bits, for one live number."""
VERIFIER = 16
"""Bytes by which a secret is checked."""
_HEAD, _GATE_HEAD = "wayseal numbers 1 ", "wayseal gate 1 "
_KEY = 32
_FORGIVEN = MEANT | str.maketrans("", "", " -\t\n\r")
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GateKeys:
    """What the public gate may have (rule 2).

    Attributes:
        gate: Checks shipments' secrets.
        courier: Makes the courier's codes of the minute.
    """

    gate: bytes
    courier: bytes

    def write(self, path: Path) -> None:
        """Write a file for the gate, its owner's alone."""
        replace_file(path, f"{_GATE_HEAD}{(self.gate + self.courier).hex()}\n".encode(), mode=0o600)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KeySet:
    """The subkeys, by purpose (rule 1): 32 bytes each.

    Attributes:
        codec: Of FF1.
        secret: Makes shipments' secrets.
        gate: Checks them.
        order: Makes tags of orders and commitments.
        answer: Seed of the Ed25519 key that signs answers on bindings.
        handover: Makes handover codes.
        courier: Makes the courier's codes.
        events: Chains the record of moves.
    """

    codec: bytes
    secret: bytes
    gate: bytes
    order: bytes
    answer: bytes
    handover: bytes
    courier: bytes
    events: bytes

    def gate_part(self) -> GateKeys:
        """The part that the gate may have (rule 2)."""
        return GateKeys(gate=self.gate, courier=self.courier)


def derive_keys(secret: bytes) -> KeySet:
    """Derive the subkeys of a secret of 32 bytes (rule 1)."""

    def of(purpose: str) -> bytes:
        return HKDF(algorithm=SHA256(), length=_KEY, salt=None, info=f"wayseal numbers {purpose}".encode()).derive(
            secret
        )

    return KeySet(**{one.name: of(one.name) for one in fields(KeySet)})


def open_keys(path: Path, *, make: bool = False) -> KeySet:
    """Read the keys of a file.

    Args:
        path: The file.
        make: One that isn't there is made.

    Returns:
        The keys.

    Raises:
        NumbersKeyError: The file can't be used.
    """
    return derive_keys(read_secret(path, _HEAD, make=make, error=NumbersKeyError, size=_KEY))


def open_gate_keys(path: Path) -> GateKeys:
    """Read what `GateKeys.write` wrote. NumbersKeyError where it can't be used."""
    both = read_secret(path, _GATE_HEAD, make=False, error=NumbersKeyError, size=2 * _KEY)
    return GateKeys(gate=both[:_KEY], courier=both[_KEY:])


def mac(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 over parts (rule 3)."""
    spelled = [part.encode() for part in parts]
    return hmac.digest(key, b"".join(len(one).to_bytes(4) + one for one in spelled), "sha256")


def make_secret(key: bytes, number: str) -> str:
    """The shipment's secret of a number: ten characters of base 32. key: `secret`."""
    return spell(int.from_bytes(mac(key, number)[:8]), SECRET_LENGTH)


def parse_secret(text: str) -> str | None:
    """What somebody typed as a secret (rule 4); None where it can't be one."""
    found = text[: 4 * SECRET_LENGTH].upper().translate(_FORGIVEN)
    return found if len(found) == SECRET_LENGTH and set(found) <= set(ALPHABET) else None


def make_verifier(key: bytes, number: str, secret: str) -> bytes:
    """The bytes by which the gate checks a secret. key: `gate`."""
    return mac(key, number, secret)[:VERIFIER]


def secret_fits(key: bytes, number: str, typed: str, verifier: bytes) -> bool:
    """Whether what was typed is the number's secret; as much work where it can be none. key: `gate`."""
    secret = parse_secret(typed)
    same = hmac.compare_digest(make_verifier(key, number, secret or ""), verifier)
    return same and secret is not None


def handover_code(key: bytes, number: str, station: str, day: str, turn: int = 0) -> str:
    """The six digits that open a handover.

    Args:
        key: `handover`.
        number: The parcel's number.
        station: The outlet or pick-up point that it lies at.
        day: On which it arrived there, like 2026-03-02.
        turn: How many codes were made for it before, as one that was used up gets another.

    Returns:
        Six digits.
    """
    return _digits(mac(key, number, station, day, str(turn)))


def courier_code(key: bytes, number: str, minute: int) -> str:
    """The six digits that the courier's app shows for a parcel. key: `courier`; minute: since 1970."""
    return _digits(mac(key, number, str(minute)))


def courier_code_fits(key: bytes, number: str, typed: str, at: int, *, around: int = 1) -> bool:
    """Whether a code is that of a moment, or of `around` minutes before or after. at: microseconds since 1970."""
    known = [courier_code(key, number, at // MINUTE_US + apart) for apart in range(-around, around + 1)]
    given = typed.strip().encode()
    return any(hmac.compare_digest(one.encode(), given) for one in known)


def _digits(code: bytes) -> str:
    return f"{int.from_bytes(code[:8]) % 10**_DIGITS:0{_DIGITS}d}"
