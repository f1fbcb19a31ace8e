"""Waybill data sealed with a data key of its own, that key wrapped, and the reasons in the log.

Fields of one waybill:

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

Whole parcels in batches:

5. A data key belongs to one parcel and one sealing; it is drawn anew each time, and leaves only wrapped.
6. A wrapped key is bound to its number: under another it doesn't open.
7. A batch takes one draw of randomness and one round trip to the key service.
8. One damaged record of a batch hides none of the others: it has an error in its place.
9. Wrapping anew changes no sealed byte: a rotation touches the key database alone.

Reasons, sealed in the log: whoever reads it sees that there was one, and only the keyring shows which.

10. A reason opens only in the place of the log that it was sealed for.
11. Like a field, it is filled up to whole blocks.
"""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from wayseal.model.fields import Field
from wayseal.model.messages import N_
from wayseal.model.records import Parcel
from wayseal.vault.errors import SealError, VaultError
from wayseal.vault.keyring import Keyring, KeyService, Wrapped
from wayseal.vault.keyring.keys import ReasonKey

BLOCK = 16
FILL = [b"\x80" + bytes(BLOCK - 1 - used) for used in range(BLOCK)]
"""What fills a text up (ISO/IEC 7816-4: 0x80, zeros), by the bytes that its last block has."""
NO_TEXT = N_("a value can't be written as UTF-8")


def pad(text: str) -> bytes:
    """UTF-8 of a text and its filling, at least one byte of it. SealError where it is no text (lone surrogates)."""
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raw = None
    if raw is None:
        # Raised outside the handler: the library's error holds the text.
        raise SealError(NO_TEXT)
    return raw + FILL[len(raw) % BLOCK]


def unpad(raw: bytes) -> str:
    """The text; ValueError where it wasn't made by `pad`."""
    text, mark, fill = raw.rpartition(b"\x80")
    if not mark or fill.strip(b"\0") or len(fill) >= BLOCK:
        raise ValueError("no filling")
    return text.decode()


def number_bytes(waybill: str) -> bytes:
    """A number as it is bound and sealed: one spelling for each, whatever characters are in it."""
    return waybill.encode("utf-8", "surrogatepass")


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


def key_binding(waybill: str) -> bytes:
    """Associated data of a wrapped data key (rule 6)."""
    return b"waybill\0" + number_bytes(waybill)


def rewrap(keys: KeyService, items: Sequence[tuple[str, Wrapped]]) -> list[Wrapped]:
    """Data keys of numbers, wrapped anew with the active key: after a rotation, before the old one is retired."""
    bindings = [key_binding(waybill) for waybill, _ in items]
    secrets = keys.unwrap([(bound, wrapped) for bound, (_, wrapped) in zip(bindings, items, strict=True)])
    return keys.wrap(list(zip(bindings, secrets, strict=True)))


_DRAW = KEY + NONCE


class SealedRecord(NamedTuple):
    """A sealed parcel, and its wrapped data key, which belongs in a store of its own."""

    waybill: str
    sealed: bytes
    wrapped: Wrapped


@dataclass(frozen=True, slots=True)
class SealedItem:
    """A sealed parcel that is to be opened: which of its fields (None: all), and which revision it must be."""

    waybill: str
    sealed: bytes
    wrapped: Wrapped
    fields: Collection[Field] | None = None
    revision: int | None = None


def seal_parcels(keys: KeyService, parcels: Sequence[Parcel], revisions: Sequence[int] | int = 1) -> list[SealedRecord]:
    """The parcels, sealed, in their order (rules 5 to 7). revisions: of each of them, or one for all."""
    each = [revisions] * len(parcels) if isinstance(revisions, int) else revisions
    random = os.urandom(_DRAW * len(parcels))
    sealed, secrets, place = [], [], 0
    for parcel, revision in zip(parcels, each, strict=True):
        secret = random[place : place + KEY]
        nonces = random[place + KEY : place + _DRAW]
        place += _DRAW
        sealed.append(seal_fields(parcel.waybill, parcel.values, secret, revision, nonces))
        secrets.append((key_binding(parcel.waybill), secret))
    wrapped = keys.wrap(secrets)
    return [SealedRecord(p.waybill, s, w) for p, s, w in zip(parcels, sealed, wrapped, strict=True)]


def open_parcels(keys: KeyService, items: Sequence[SealedItem]) -> list[dict[Field, str] | VaultError]:
    """Open sealed items, in their order; an error in the place of one that can't be opened (rule 8).

    The error is a SealError, or a KeyringError where the wrapping key is gone.
    """
    out: list[dict[Field, str] | VaultError] = []
    for item, secret in zip(items, _secrets(keys, items), strict=True):
        if isinstance(secret, VaultError):
            out.append(secret)
            continue
        try:
            out.append(open_fields(item.waybill, item.sealed, secret, item.fields, revision=item.revision))
        except VaultError as error:
            out.append(error)
    return out


def _secrets(keys: KeyService, items: Sequence[SealedItem]) -> Sequence[bytes | VaultError]:
    """Data keys; where the group doesn't open, each on its own (rule 8)."""
    asked = [(key_binding(item.waybill), item.wrapped) for item in items]
    try:
        return keys.unwrap(asked)
    except VaultError:
        return [_secret(keys, one) for one in asked]


def _secret(keys: KeyService, asked: tuple[bytes, Wrapped]) -> bytes | VaultError:
    try:
        return keys.unwrap([asked])[0]
    except VaultError as error:
        return error


_HEAD = b"WSR\x01\x01"
"""Magic, format version 1, algorithm 1 (AES-256-GCM-SIV)."""
_NONCE = 12
_VERSION = 2
_START = len(_HEAD) + _VERSION


def seal_reason(keyring: Keyring, seq_binding: bytes, text: str) -> bytes:
    """The reason, sealed with the active key. seq_binding: what is true of its place alone (rule 10)."""
    key = keyring.key(ReasonKey)
    header = _HEAD + key.version.to_bytes(_VERSION, "big")
    nonce = os.urandom(_NONCE)
    return header + nonce + key.cipher.encrypt(nonce, pad(text), header + seq_binding)


def open_reason(keyring: Keyring, seq_binding: bytes, sealed: bytes) -> str:
    """The reason; SealError where it isn't what was sealed there, KeyringError where its key is gone."""
    header, nonce, rest = sealed[:_START], sealed[_START : _START + _NONCE], sealed[_START + _NONCE :]
    if header[: len(_HEAD)] != _HEAD or not rest:
        raise SealError("a sealed reason is cut off, or of a format that Wayseal doesn't know")
    key = keyring.key(ReasonKey, int.from_bytes(header[len(_HEAD) :], "big"))
    try:
        return unpad(key.cipher.decrypt(nonce, rest, header + seq_binding))
    except (InvalidTag, ValueError):
        raise SealError("this is not the reason that was sealed here") from None
