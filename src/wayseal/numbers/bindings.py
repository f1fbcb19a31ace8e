"""Whether a number stands for an order: bound with keyed tags, asked with quotas, answered with a signature.

1. What is kept of an order is two tags, HMACs under the key `order`: one of client and order, by which an order has one
   number, and one of number, order, phone and city. Nothing else of it is kept, and nothing goes into an address.
2. `match` is said to whoever knows all four parts. `mismatch` is said to the client alone that bound the number. To
   everybody else a number of somebody else's, one that isn't bound and one that never was are `unknown`.
3. A client asks so many questions a day. Wrong ones about a number by others than who bound it are counted, too: beyond
   `GUESSES` a day they are `unknown` even if right, so that orders and phones aren't found by trying.
4. An answer is signed with Ed25519 over canonical JSON: it names the client, its nonce, the time, and a SHA-256 over
   nonce and question.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wayseal.database import Connection, execute, query
from wayseal.model.messages import N_
from wayseal.model.times import DAY_US
from wayseal.numbers import _store
from wayseal.numbers.codes import KeySet, mac
from wayseal.numbers.errors import NumbersError
from wayseal.numbers.moves import Numbers
from wayseal.numbers.rules import Move, MoveKind

QUESTIONS, GUESSES = 10_000, 20
_TAG = 16


class QuotaError(NumbersError):
    """The client has asked all that it may today."""


class Verdict(StrEnum):
    """What is said of a number and an order (rule 2)."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Order:
    """An order. client: whose; order: its id there; phone, city: of the recipient."""

    client: str
    order: str
    phone: str
    city: str

    def tags(self, key: bytes, number: str) -> tuple[bytes, bytes]:
        """The tags of the order and of all four parts (rule 1)."""
        phone, city, order = "".join(filter(str.isdigit, self.phone)), self.city.strip(), self.order.strip()
        return mac(key, "order", self.client, order)[:_TAG], mac(key, "all", number, order, phone, city)[:_TAG]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAnswer:
    """An answer. answer: canonical JSON; signature: over it, in Base64."""

    answer: str
    signature: str


def bind_move(keys: KeySet, number: str, order: Order) -> Move:
    """The move that binds a number to an order."""
    tag, commitment = order.tags(keys.order, number)
    return Move(number=number, move=MoveKind.BIND, by=order.client, order_tag=tag, commitment=commitment)


def public_key(keys: KeySet) -> str:
    """The key by which answers are checked, in Base64: 32 bytes of Ed25519."""
    return base64.b64encode(_signer(keys).public_key().public_bytes_raw()).decode()


def ask(numbers: Numbers, number: str, order: Order, nonce: str, now: int, most: int = QUESTIONS) -> SignedAnswer:
    """Answer a question.

    Args:
        numbers: Where.
        number: It, clean.
        order: What is asked of it; its client asks.
        nonce: The caller's, which stands in the answer.
        now: Microseconds since 1970.
        most: Questions a day.

    Returns:
        The answer.

    Raises:
        QuotaError: Rule 3.
    """
    verdict = numbers.database.write(_judge, numbers.keys, number, order, now // DAY_US, most)
    if verdict is None:
        raise QuotaError(N_("no more questions today"))
    asked = json.dumps([nonce, number, order.order, order.phone, order.city], ensure_ascii=False).encode()
    said = {"answer": verdict.value, "asked": hashlib.sha256(asked).hexdigest(), "at": now, "client": order.client}
    text = json.dumps(said | {"nonce": nonce, "number": number}, sort_keys=True, separators=(",", ":"))
    return SignedAnswer(answer=text, signature=base64.b64encode(_signer(numbers.keys).sign(text.encode())).decode())


def _signer(keys: KeySet) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.answer)


def _judge(connection: Connection, keys: KeySet, number: str, order: Order, day: int, most: int) -> Verdict | None:
    """None: the quota is used up."""
    if _count(connection, f"client:{order.client}", day) > most:
        return None
    _, commitment = order.tags(keys.order, number)
    found = _store.standing(connection, [number]).get(number)
    kept = (found and found.commitment) or bytes(_TAG)
    right = hmac.compare_digest(kept, commitment)
    if found is not None and found.commitment is not None and found.holder == order.client:
        return Verdict.MATCH if right else Verdict.MISMATCH
    guesses = _count(connection, f"number:{number}", day, 0 if right else 1)
    return Verdict.MATCH if right and guesses <= GUESSES else Verdict.UNKNOWN


def _count(connection: Connection, of: str, day: int, more: int = 1) -> int:
    text = (
        "INSERT INTO quotas (of, day, used) VALUES (?, ?, ?) ON CONFLICT (of, day) "
        "DO UPDATE SET used = quotas.used + excluded.used"
    )
    execute(connection, text, [(of, day, more)])
    return int(query(connection, "SELECT used FROM quotas WHERE of = ? AND day = ?", (of, day))[0][0])
