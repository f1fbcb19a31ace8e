"""How letters and files of the hotline are sealed, and opened.

1. A letter is sealed to the team and to the box's reporter; the secret of its files to the team alone; a name to the
   team's identity key alone. Whoever holds public keys opens none of it.
2. A letter opens at its own place alone: box, sender, number, day, kind, digest and salt are bound. A byte that was
   changed, cut or added opens nothing (SealedError). It is never said which.
3. Whether a reporter gave a name or sent files can't be seen in a letter: each of a reporter's holds all parts.
4. Lengths say little: letters from 4 KiB on and files are filled up (Padmé: by an eighth at most).
5. A chunk of a file opens at its own number alone, and the letter says the file's size and SHA-256: none is left out,
   put elsewhere or cut off unseen.
6. What one side couldn't read isn't sealed by the other (ValueError), and nobody is believed what a letter is.
7. Staff's letters are signed by the team's key, over all that is stored of them, and open for nobody without it.
   Nobody signs a reporter's: whoever writes into a mailbox can write as one.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wayseal.cases.hotline.errors import KeyFileError, NoKeyError, SealedError, UnsignedError
from wayseal.cases.hotline.letters import (
    ID,
    KEY,
    READER,
    FileKind,
    Letter,
    LetterFile,
    LetterKind,
    PrivateKeys,
    PublicKeys,
    Purpose,
    SealedLetter,
    Sender,
    key_id,
    spell_letter,
)
from wayseal.model.messages import N_
from wayseal.model.schema import parse_json

CHUNK: Final = 256 * 1024
"""Bytes of a file that are sealed at a time."""
MOST_IDENTITY: Final = 250
KEYS_AT: Final = {Purpose.REPORTS: 7, Purpose.IDENTITY: 280}
"""Where in a reporter's letter the ids of the team's keys stand, under which it is sealed."""
_IDENTITY, _LEAST, _LENGTH = 1024, 4096, 4
_HEAD = b"WSL\x01\x01"
"""Format and suite: another one is another byte."""
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_LETTER_INFO, _FILE_INFO = b"wayseal hotline letter 1\0", b"wayseal hotline file 1\0"
_SIGNED, _SIGNATURE = b"wayseal hotline signed 1\0", 64
_ONCE = bytes(12)
"""The nonce of a key that seals one text and no other."""
_TO_READ, _TO_FILES, _TO_NAME = b"L", b"F", b"I"
_OF_REPORTERS = (LetterKind.REPORT, LetterKind.MESSAGE)
_NOTES = (Sender.INNER, LetterKind.NOTE)
_CHANGED = N_("the letter can't be opened: it was changed, or belongs elsewhere")
_FILE_CHANGED = N_("the file can't be opened: it was changed or cut off, or belongs elsewhere")


def padded(size: int) -> int:
    """The length to which so many bytes are filled up (rule 4)."""
    size = max(size, _LEAST)
    exponent = size.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (size + mask) & ~mask


def seal_letter(
    letter: Letter,
    team: PublicKeys,
    reader: bytes,
    *,
    box: bytes,
    sender: Sender,
    place: int,
    secret: bytes = b"",
    identity: str = "",
    private: PrivateKeys = MappingProxyType({}),
) -> SealedLetter:
    """Seals a letter.

    Args:
        letter: What it says.
        team: The team's keys.
        reader: The public key of the box.
        box: In which box,
        sender: from whom, and
        place: as which number it is stored.
        secret: Of its files (`FileSealer`), if it has some.
        identity: A reporter's name and how to reach them, if `letter.identity`.
        private: The team's, the key that signs among them, for staff's.

    Returns:
        It, as it is stored. ValueError: there can be no such letter; KeyFileError: a key is none.
    """
    spelling, name = spell_letter(letter), identity.encode()
    parse_json(spelling, Letter)  # rule 6
    given, kept = (bool(secret), bool(identity)), (bool(letter.files), letter.identity)
    if given != kept or len(identity) > MOST_IDENTITY or (sender is not Sender.REPORTER and any(given)):
        raise ValueError("letter")
    made = _unsealed(letter, box, sender, place, secrets.token_bytes(KEY))
    key, reports = secrets.token_bytes(KEY), team.newest(Purpose.REPORTS)
    parts = [(_TO_READ, reports.id, reports.public, key), (_TO_READ, key_id(READER, reader), reader, key)]
    if sender is Sender.REPORTER:  # rule 3
        named = team.newest(Purpose.IDENTITY)
        parts.append((_TO_FILES, reports.id, reports.public, secret or secrets.token_bytes(KEY)))
        parts.append((_TO_NAME, named.id, named.public, _filled(name, _IDENTITY)))
    wrapped = b"".join(_wrap(made, *part) for part in parts)
    head = _HEAD + len(parts).to_bytes(1, "big") + wrapped
    body = _filled(spelling, padded(_LENGTH + len(spelling)))
    content = head + AESGCM(key).encrypt(_ONCE, body, head)
    if sender is Sender.REPORTER:
        return replace(made, sealed=content)
    if not isinstance(signs := private.get(team.newest(Purpose.LETTERS).id), Ed25519PrivateKey):
        raise KeyFileError("the key that signs letters isn't here")
    return replace(made, sealed=content + signs.sign(_SIGNED + made.bound() + content))


def open_letter(stored: SealedLetter, keys: PrivateKeys, team: PublicKeys | None = None) -> Letter:
    """A letter, for a reporter or the team, whose public keys staff's need (rule 7).

    SealedError: it doesn't open; NoKeyError: not with these keys; UnsignedError: nobody of the team wrote it.
    """
    key, head, sealed = _unwrap(stored, keys, _TO_READ)
    if stored.sender is not Sender.REPORTER:
        sealed, signature = sealed[:-_SIGNATURE], sealed[-_SIGNATURE:]
        signed = _SIGNED + stored.bound() + head + sealed
        if not any(_signs(one.public, signature, signed) for one in (team.of(Purpose.LETTERS) if team else ())):
            raise UnsignedError("the letter isn't signed by the team: somebody else wrote it")
    try:
        body = AESGCM(key).decrypt(_ONCE, sealed, head)
        letter = parse_json(_unfilled(body), Letter)
        # Whoever sealed it may have lied about what it is.
        made = _unsealed(letter, stored.box, stored.sender, stored.place, stored.salt)
    except (InvalidTag, ValueError):
        raise SealedError(_CHANGED) from None
    if made != replace(stored, sealed=b"", taken=False):
        raise SealedError(_CHANGED)
    return letter


def open_secret(stored: SealedLetter, keys: PrivateKeys) -> bytes:
    """The secret of a letter's files, for the team. SealedError, NoKeyError as `open_letter`."""
    return _unwrap(stored, keys, _TO_FILES)[0]


def open_identity(stored: SealedLetter, keys: PrivateKeys) -> str:
    """The name that a letter gives; empty: none. SealedError, NoKeyError as `open_letter`."""
    try:
        return _unfilled(_unwrap(stored, keys, _TO_NAME)[0]).decode()
    except ValueError:
        raise SealedError(_CHANGED) from None


class FileSealer:
    """Seals a file as it comes, a chunk in memory at a time (rule 5).

    Args:
        secret: 32 random bytes, the same for all files of a letter; `seal_letter` takes it.
        file: 16 random bytes.
    """

    def __init__(self, secret: bytes, file: bytes) -> None:
        self._cipher = _file_cipher(secret, file)
        self._file = file
        self._waiting = bytearray()
        self._chunks = 0
        self._size = 0
        self._sha256 = hashlib.sha256()

    def write(self, content: bytes | memoryview) -> list[bytes]:
        """Takes what came; the chunks that are full, sealed."""
        self._sha256.update(content)
        self._size += len(content)
        return list(self._add(content))

    def finish(self) -> Iterator[bytes]:
        """The rest, sealed; nothing can be written any more."""
        left = padded(self._size) - self._size
        while left:
            zeros = bytes(min(left, CHUNK))
            left -= len(zeros)
            yield from self._add(zeros)
        if self._waiting:
            yield self._seal(bytes(self._waiting))

    def described(self, kind: FileKind, *, cleaned: bool) -> LetterFile:
        """What the letter says of it."""
        digest = self._sha256.hexdigest()
        return LetterFile(file=self._file.hex(), kind=kind, size=self._size, sha256=digest, cleaned=cleaned)

    def _add(self, content: bytes | memoryview) -> Iterator[bytes]:
        self._waiting += content
        while len(self._waiting) >= CHUNK:
            yield self._seal(bytes(self._waiting[:CHUNK]))
            del self._waiting[:CHUNK]

    def _seal(self, content: bytes) -> bytes:
        self._chunks += 1
        return self._cipher.encrypt(_chunk_nonce(self._chunks), content, None)


def open_chunks(chunks: Iterable[bytes], secret: bytes, file: LetterFile) -> Iterator[bytes]:
    """What a file holds, a chunk at a time; it counts once the last one came out. SealedError: it doesn't open."""
    cipher, sha256 = _file_cipher(secret, bytes.fromhex(file.file)), hashlib.sha256()
    size = 0
    for number, chunk in enumerate(chunks, start=1):
        try:
            content = cipher.decrypt(_chunk_nonce(number), chunk, None)
        except (InvalidTag, ValueError):
            raise SealedError(_FILE_CHANGED) from None
        if part := content[: max(0, file.size - size)]:
            sha256.update(part)
            yield part
        size += len(content)
    if size != padded(file.size) or sha256.hexdigest() != file.sha256:
        raise SealedError(_FILE_CHANGED)


def _wrap(letter: SealedLetter, what: bytes, to: bytes, public: bytes, content: bytes) -> bytes:
    """A part of the head: what, to whom, how long, and HPKE (RFC 9180, base mode, one shot)."""
    try:
        key = X25519PublicKey.from_public_bytes(public)
        sealed = _SUITE.encrypt(content, key, _LETTER_INFO + what + letter.bound())
    except ValueError:
        raise KeyFileError("this key can't seal") from None
    return what + to + len(sealed).to_bytes(2, "big") + sealed


def _unwrap(letter: SealedLetter, keys: PrivateKeys, what: bytes) -> tuple[bytes, bytes, bytes]:
    """A part that one of the keys opens, with the head and what follows it."""
    if letter.sealed is None:
        raise SealedError("the letter was deleted")
    stream, found = BytesIO(letter.sealed), None
    if stream.read(len(_HEAD)) != _HEAD:
        raise SealedError(_CHANGED)
    for _ in range(int.from_bytes(stream.read(1), "big")):
        part, to = stream.read(1), stream.read(ID)
        sealed = stream.read(int.from_bytes(stream.read(2), "big"))
        if part == what and isinstance(key := keys.get(to), X25519PrivateKey):
            found = key, sealed
    if found is None:
        raise NoKeyError("the letter is sealed under a key that isn't here")
    try:
        content = _SUITE.decrypt(found[1], found[0], _LETTER_INFO + what + letter.bound())
    except (InvalidTag, ValueError):
        raise SealedError(_CHANGED) from None
    return content, letter.sealed[: stream.tell()], letter.sealed[stream.tell() :]


def _signs(public: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _file_cipher(secret: bytes, file: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY, salt=None, info=_FILE_INFO + file).derive(secret))


def _chunk_nonce(number: int) -> bytes:
    return number.to_bytes(len(_ONCE), "big")


def _unsealed(letter: Letter, box: bytes, sender: Sender, place: int, salt: bytes) -> SealedLetter:
    """A letter's row before it is sealed. ValueError: none of this kind stands there."""
    of_reporter, is_first = sender is Sender.REPORTER, (sender, place) == (Sender.REPORTER, 1)
    if of_reporter != (letter.kind in _OF_REPORTERS) or is_first != (letter.kind is LetterKind.REPORT):
        raise ValueError("kind")
    if (sender in _NOTES) != (letter.kind in _NOTES):
        raise ValueError("kind")
    return SealedLetter(
        box=box,
        sender=sender,
        place=place,
        day=letter.day,
        sealed=b"",
        digest=hashlib.sha256(spell_letter(letter)).digest(),
        salt=salt,
        kind="" if of_reporter else letter.kind.value,
    )


def _filled(content: bytes, size: int) -> bytes:
    return (len(content).to_bytes(_LENGTH, "big") + content).ljust(size, b"\0")


def _unfilled(content: bytes) -> bytes:
    return content[_LENGTH : _LENGTH + int.from_bytes(content[:_LENGTH], "big")]
