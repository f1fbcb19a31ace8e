"""Does a number stand for an order? Who may know, and how often."""

import base64
import hashlib
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.numbers.world import DAY, KEYS, NOW, Desk
from wayseal.database import query
from wayseal.numbers import bindings
from wayseal.numbers.bindings import GUESSES, Order, QuotaError, SignedAnswer


def ask(desk: Desk, number: str, by: str = "shop", now: int = NOW, most: int = 1000, **more: str) -> str:
    return str(json.loads(signed(desk, number, by, now, most, **more).answer)["answer"])


def signed(desk: Desk, number: str, by: str = "shop", now: int = NOW, most: int = 1000, **more: str) -> SignedAnswer:
    parts = {"order": f"order of {number}", "phone": "138 0013 8000", "city": " 北京", **more}
    return bindings.ask(desk.numbers, number, Order(client=by, **parts), "nonce-123", now, most)


def test_only_all_four_parts_match(both: Desk) -> None:
    bound, issued = both.issue(2)
    both.bind(bound)
    assert ask(both, bound) == "match"
    assert [ask(both, bound, **{part: "other"}) for part in ("order", "phone", "city")] == ["mismatch"] * 3
    assert ask(both, issued) == ask(both, "YT0000000000000") == "unknown"


def test_others_learn_nothing_but_a_match(both: Desk) -> None:
    bound, issued = both.issue(2)
    both.bind(bound)
    wrong = [ask(both, number, by="other", phone="1") for number in (bound, issued, "YT0000000000000")]
    assert wrong == ["unknown"] * 3
    assert ask(both, bound, by="other") == "match"


def test_guesses_end_and_dont_lock_the_holder(one: Desk) -> None:
    (bound,) = one.issue(1)
    one.bind(bound)
    for phone in range(GUESSES + 1):
        ask(one, bound, by=f"guesser {phone}", phone=str(phone))
    assert ask(one, bound, by="other") == "unknown"
    assert ask(one, bound) == "match"
    assert ask(one, bound, by="other", now=NOW + DAY) == "match"


def test_a_client_has_a_quota(both: Desk) -> None:
    for _ in range(2):
        ask(both, "YT1", most=2)
    with pytest.raises(QuotaError):
        ask(both, "YT1", most=2)
    assert ask(both, "YT1", by="other", most=2) == "unknown"
    assert ask(both, "YT1", now=NOW + DAY, most=2) == "unknown"


def test_an_answer_is_signed_with_nonce_and_question(one: Desk) -> None:
    (bound,) = one.issue(1)
    one.bind(bound)
    made = signed(one, bound)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(bindings.public_key(KEYS)))
    key.verify(base64.b64decode(made.signature), made.answer.encode())
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(made.signature), made.answer.replace("match", "mismatch").encode())
    said = json.loads(made.answer)
    asked = json.dumps(["nonce-123", bound, f"order of {bound}", "138 0013 8000", " 北京"], ensure_ascii=False)
    assert said == {
        "answer": "match", "asked": hashlib.sha256(asked.encode()).hexdigest(), "at": NOW, "client": "shop",
        "nonce": "nonce-123", "number": bound,
    }  # fmt: skip


def test_nothing_of_an_order_is_kept(one: Desk) -> None:
    (bound,) = one.issue(1)
    one.bind(bound, order="order-4711", phone="13912345678")
    one.bind(bound, order="order-4712", phone="13912345678")
    tables = ("numbers", "number_events", "breaches", "blocks", "quotas")
    kept = "".join(str(one.numbers.database.read(query, f"SELECT * FROM {table}")) for table in tables)
    assert "4711" not in kept
    assert "4712" not in kept
    assert "13912345678" not in kept
    assert "13912345678" not in repr(Order(client="shop", order="o", phone="13912345678", city="c"))
