"""Fields of one waybill, sealed with its data key.

1. Every field is sealed on its own (AES-256-GCM-SIV, RFC 8452), under a nonce of its own: random bytes of this
   sealing, and the field's code.
2. Associated data binds a field to the whole header (format, algorithm, revision, nonce, which fields there are and
   how long each is), to its waybill number and to its code: nothing can be moved, dropped, added or cut.
3. Plain text is filled up to whole blocks of 16 bytes, so that a length tells little.
4. What is opened is what was sealed, or SealError; no part of it is given away before its check. That a field isn't
   there is said only once the header is proved.

Layout: magic, format version, algorithm, revision (4 bytes), nonce (11), a bit for each field that is there, two bytes
for each of them with its length in blocks, then the sealed fields (blocks and a tag of 16 bytes), all in the order of
the codes.
"""

import os
from collections.abc import Iterable, Mapping
from itertools import accumulate
from struct import Struct
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from wayseal.model.fields import Field
from wayseal.vault.errors import SealError
from wayseal.vault.sealing._padding import BLOCK, FILL, NO_TEXT, number_bytes, unpad

HEAD: Final = b"WSF\x01\x01"
"""Magic, format version 1, algorithm 1 (AES-256-GCM-SIV)."""
KEY = 32
"""Bytes of a data key."""
NONCE = 11
"""Random bytes of a sealing."""
MOST_BLOCKS: Final = 0xFFFF
MOST_REVISION = 0xFFFF_FFFF
_TAG = 16
CODES: dict[Field, int] = {
    Field.SENDER_NAME: 0,
    Field.SENDER_PHONE: 1,
    Field.SENDER_ADDRESS: 2,
    Field.RECIPIENT_NAME: 3,
    Field.RECIPIENT_PHONE: 4,
    Field.RECIPIENT_ADDRESS: 5,
    Field.GOODS: 6,
}
"""Codes of the fields in the format: never to be changed, only added to."""
_ORDERED = [(field, 1 << code, bytes([code])) for field, code in sorted(CODES.items(), key=lambda pair: pair[1])]
_FIXED = Struct(f">{len(HEAD)}sI{NONCE}sB")
_LENGTHS = [Struct(f">{count}H") for count in range(len(CODES) + 1)]
_Present: TypeAlias = Mapping[Field, tuple[int, bytes]]
_PRESENT: Mapping[int, _Present] = {
    mask: {
        field: (place, code)
        for place, (field, code) in enumerate((field, code) for field, bit, code in _ORDERED if mask & bit)
    }
    for mask in range(1, 1 << len(CODES))
}
"""Fields that are there, with place and code, by the header's bits."""


def seal_fields(
    waybill: str, values: Mapping[Field, str], data_key: bytes, revision: int, nonces: bytes | None = None
) -> bytes:
    """The values, sealed under the number.

    data_key: 32 random bytes of this waybill alone. nonces: 11 random bytes that were never used with this key; None:
    fresh ones. SealError where there is nothing to seal, or a value can't be sealed.
    """
    if nonces is None:
        nonces = os.urandom(NONCE)
    if len(nonces) != NONCE or len(data_key) != KEY or not 0 <= revision <= MOST_REVISION:
        raise SealError("a data key has 32 bytes, a nonce 11, a revision at most 32 bits")
    mask, texts = _texts(values)
    if not mask or not waybill or len(texts) != len(values):
        raise SealError("nothing to seal, or under no number")
    lengths = [len(raw) >> 4 for _, raw in texts]
    if max(lengths) > MOST_BLOCKS:
        raise SealError("a field is longer than a megabyte")
    header = _FIXED.pack(HEAD, revision, nonces, mask) + _LENGTHS[len(lengths)].pack(*lengths)
    bound = header + number_bytes(waybill)
    encrypt = AESGCMSIV(data_key).encrypt
    return header + b"".join([encrypt(nonces + code, raw, bound + code) for code, raw in texts])


def _texts(values: Mapping[Field, str]) -> tuple[int, list[tuple[bytes, bytes]]]:
    """The header's bits, and code and filled-up bytes of each value (rule 3); one loop, as every parcel passes here."""
    mask, out, get = 0, [], values.get
    try:
        for field, bit, code in _ORDERED:
            value = get(field)
            if value is not None:
                raw = value.encode()
                mask |= bit
                out.append((code, raw + FILL[len(raw) & 15]))
    except UnicodeEncodeError:
        # The library's error holds the text, so ours is raised outside the handler.
        pass
    else:
        return mask, out
    raise SealError(NO_TEXT)


def open_fields(
    waybill: str,
    sealed: bytes,
    data_key: bytes,
    fields: Iterable[Field] | None = None,
    *,
    revision: int | None = None,
) -> dict[Field, str]:
    """Open the fields sealed under the number, of those that are there (None: all).

    revision: the one that it must be; None: any. SealError where header, number or a field that is opened isn't what
    was sealed; to judge every byte, open all fields (rule 4).
    """
    nonces, present, ends = _directory(sealed, revision)
    wanted = present if fields is None else [f for f in fields if f in present]
    bound = sealed[: ends[0]] + number_bytes(waybill)
    try:
        decrypt = AESGCMSIV(data_key).decrypt
        out = {}
        for field in wanted:
            place, code = present[field]
            out[field] = unpad(decrypt(nonces + code, sealed[ends[place] : ends[place + 1]], bound + code))
        if not out:
            place, code = next(iter(present.values()))
            decrypt(nonces + code, sealed[ends[place] : ends[place + 1]], bound + code)
    except (InvalidTag, ValueError):
        # The library's error may hold what was sealed, so ours is raised outside the handler.
        pass
    else:
        return out
    raise SealError("this is not what was sealed under this number")


def _directory(sealed: bytes, revision: int | None) -> tuple[bytes, _Present, list[int]]:
    """Nonce, the fields that are there, and where each ends; the first end is the header's."""
    if len(sealed) < _FIXED.size:
        raise SealError("a sealed record is cut off")
    head, found, nonces, mask = _FIXED.unpack_from(sealed)
    if head != HEAD:
        raise SealError("a sealed record is of a format or an algorithm that Wayseal doesn't know")
    if revision is not None and found != revision:
        raise SealError("a sealed record is of another revision")
    present = _PRESENT.get(mask)
    if present is None:
        raise SealError("a sealed record has fields that Wayseal doesn't know")
    layout = _LENGTHS[len(present)]
    start = _FIXED.size + layout.size
    if len(sealed) < start:
        raise SealError("a sealed record is cut off")
    ends = list(accumulate((n * BLOCK + _TAG for n in layout.unpack_from(sealed, _FIXED.size)), initial=start))
    if ends[-1] != len(sealed):
        raise SealError("a sealed record is cut off, or has something behind it")
    return nonces, present, ends
