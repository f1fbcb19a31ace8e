"""What a caller may write as it likes stands in no entry of the log, which nothing takes back (rule 3 of `entries`).

A caller's text takes time by its length, whatever stands in it: nobody stops the vault with one request.
"""

import itertools
import random
import re
import time
from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa

from tests.tables import each
from tests.vault.sealing.waybills import RING
from tests.vault.world import OPERATOR, World
from wayseal.model.fields import VALUE, Field, FieldKind
from wayseal.model.numbers import FORMATS, looks_like_waybill
from wayseal.vault import tables as t
from wayseal.vault.errors import VaultError
from wayseal.vault.masks import RULE_SETS, mask
from wayseal.vault.policy._policy import _TOKEN
from wayseal.vault.sealing.phones import lookup_tags, phone_tags

pytestmark = pytest.mark.once

NAME = "王小明"
PHONE = "13912345678"
# A sealed reason is random letters and digits, among which a short text stands by chance.
SEALED = re.compile(r'"reason":"V1N[^"]*"')


def raw_entries(world: World) -> str:
    rows = world.main.read(lambda c: c.execute(sa.select(t.entries.c.entry)).all())
    return "\n".join(bytes(row.entry).decode() for row in rows)


def test_a_purpose_that_there_is_not_stands_in_the_log_as_unknown(both: World) -> None:
    (number,) = both.seal()
    assert both.rule("courier-1", number, NAME) == "unknown_purpose"
    both.vault.find(both.caller("agent"), PHONE, NAME, "x", now=both.now)
    both.vault.revise(both.caller("agent"), number, NAME, "x", {Field.GOODS: "茶"}, now=both.now)
    assert [entry.purpose for entry in both.entries()[-3:]] == ["unknown"] * 3
    assert NAME not in raw_entries(both)


@each(
    "text",
    [
        *(PHONE, "+86 139 1234 5678", "008613912345678", "0755-12345678", "4001234567"),
        *(NAME, "wangxiaoming", "A/B", "../../etc", "上海市浦东新区世纪大道100号", "YT1"),
        *("440301199001011234", "44030119900101123X"),
    ],
)
def test_a_number_that_could_be_anything_stands_in_no_entry(small: World, text: str) -> None:
    (answer,) = small.ask("courier-1", [text])
    small.vault.revise(small.caller("agent"), text, "change_address", "x", {Field.GOODS: "茶"}, now=small.now)
    shown, changed = small.entries()[-2:]
    # Whoever asks is told the number that it sent, and the log knows that there was one.
    assert (answer.status, shown.waybill, shown.rule) == ("refused", None, "custody")
    assert (shown.more["number"], changed.more["number"]) == ("unknown", "unknown")
    assert answer.waybill not in SEALED.sub("", raw_entries(small))


def test_a_number_that_looks_like_one_stands_there(small: World) -> None:
    for number in ("YT8888888888888", "773000000000001", "RR123456785CN"):
        small.ask("courier-1", [number])
        assert small.entries()[-1].waybill == number


def test_a_number_that_is_sealed_stands_there_whatever_it_looks_like(small: World) -> None:
    (number,) = small.seal()
    assert small.rule("courier-3", number) == "custody"
    assert small.entries()[-1].waybill == number


def test_why_something_is_erased_is_a_code(small: World) -> None:
    (number,) = small.seal()
    for why in (NAME, "Mr Wang", "", "x" * 41):
        with pytest.raises(VaultError, match="why: needs 1 to 40 lower-case letters"):
            small.vault.erase(OPERATOR, [number], why=why, now=small.now)


def test_every_couriers_format_looks_like_a_number() -> None:
    like = {"yunexpress": "YT" + "1" * 16, "yto": "YT" + "1" * 13, "jt": "JT" + "1" * 13, "deppon": "DPK" + "1" * 12,
            "sf": "SFA" + "1" * 12, "jd": "JDVA" + "1" * 11, "ems": "PA" + "1" * 11, "cainiao": "621" + "1" * 12,
            "sto": "77" + "1" * 13, "zto": "75" + "1" * 12, "yunda": "5" + "1" * 12}  # fmt: skip
    assert set(like) == {form.courier for form in FORMATS}
    assert all(any(form.pattern.fullmatch(number) for form in FORMATS) for number in like.values())
    assert all(looks_like_waybill(number) for number in like.values())


PIECES = (
    *(" ", "(", ")", "-", "+", "1", "1 ", "+1", "( ", "1-", "86", "0", "转", "1转", "*", "/", ".", "\u3000", "（"),
    *("\ufdfa", "㋉", "½", "①", "\u0301", "\u0301\u0327", "号", "1号", "路", "路1号", "省市", "甲", "A1 ", "St. "),
)
"""Spaces, brackets and signs that rules look for, and signs of which NFKC makes many."""


def spellings(length: int) -> list[str]:
    """Texts of this length out of each piece, and out of each pair of a few, with an end that fits nothing."""
    pairs = random.Random(7).sample(list(itertools.permutations(PIECES, 2)), 60)
    return [
        (a + b * length)[: length - 1] + end for a, b in [*zip(PIECES, PIECES, strict=True), *pairs] for end in "x1"
    ]


def least_seconds(work: Callable[[str], object], text: str) -> float:
    """CPU time of the quickest of three."""
    found = []
    for _ in range(3):
        start = time.thread_time()
        work(text)
        found.append(time.thread_time() - start)
    return min(found)


def grows_by_length(work: Callable[[str], object], most: int) -> None:
    """Four times the length takes about four times as long, not sixteen; a millisecond is the noise of small things."""
    for short, long in zip(spellings(most // 4), spellings(most), strict=True):
        assert least_seconds(work, long) < 9 * least_seconds(work, short) + 0.001, ascii(long[:20])


def test_tags_of_phones() -> None:
    grows_by_length(lambda text: phone_tags(RING, text), VALUE)
    grows_by_length(lambda text: lookup_tags(RING, text), VALUE)


@pytest.mark.parametrize("kind", FieldKind)
def test_masks(kind: FieldKind) -> None:
    for rules in RULE_SETS.values():
        mask("1号", kind, rules)  # loads what is loaded once
        grows_by_length(partial(mask, kind=kind, rules=rules), 400)


def test_words_of_a_policy() -> None:
    for piece in ('"', '"\\', '\\"', 'a"', ';"', '//"', '" '):
        short, long = (least_seconds(lambda text: list(_TOKEN.finditer(text)), piece * n) for n in (5_000, 20_000))
        assert long < 9 * short + 0.01, piece
