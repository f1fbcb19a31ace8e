"""Letters, keys and boxes of the hotline for tests."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from wayseal.cases.hotline.letters import (
    READER,
    Letter,
    LetterKind,
    PrivateKeys,
    PublicKey,
    PublicKeys,
    Purpose,
    ReportType,
    SealedLetter,
    Sender,
    key_id,
)
from wayseal.cases.hotline.sealing import seal_letter
from wayseal.service.argon2 import Cost

CHEAP = Cost(memory=64, passes=1)
DAY = date(2026, 3, 2)
BOX = bytes(range(16))
SECRET = bytes(range(32))
ONCE = "0f" * 32
"""Of a form that staff fill in."""


def public_of(key: X25519PrivateKey | Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


@dataclass(frozen=True, kw_only=True)
class Team:
    """A team: all that is public of its keys, and the private half of each."""

    public: PublicKeys
    reports: PrivateKeys
    identity: PrivateKeys
    letters: PrivateKeys

    @property
    def private(self) -> PrivateKeys:
        return {**self.reports, **self.identity, **self.letters}


def team(seed: int = 1) -> Team:
    kinds: dict[Purpose, Any] = dict.fromkeys(Purpose, X25519PrivateKey) | {Purpose.LETTERS: Ed25519PrivateKey}
    private = {p: kinds[p].from_private_bytes(bytes([seed, n] * 16)) for n, p in enumerate(Purpose)}
    keys = {p: PublicKey(purpose=p, made=DAY, public=public_of(key)) for p, key in private.items()}
    halves = {p.value: {keys[p].id: private[p]} for p in Purpose}
    return Team(public=PublicKeys(keys=tuple(keys.values())), **halves)


TEAM = team()
READER_KEY = X25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
READS: PrivateKeys = {key_id(READER, public_of(READER_KEY)): READER_KEY}


def letter(**more: Any) -> Letter:
    given: dict[str, Any] = {
        "kind": LetterKind.REPORT,
        "day": DAY,
        "text": "他们在群里卖单号",
        "nonce": "5a" * 32,
    } | more
    if given["kind"] is LetterKind.REPORT:
        given = {"type": ReportType.SALE} | given
    return Letter(**given)


def sealed(said: Letter | None = None, **more: Any) -> SealedLetter:
    said = said or letter()
    to: dict[str, Any] = {"box": BOX, "sender": Sender.REPORTER, "place": 1, "private": TEAM.letters} | more
    return seal_letter(said, to.pop("team", TEAM.public), public_of(to.pop("reader", READER_KEY)), **to)
