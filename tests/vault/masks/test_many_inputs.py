"""What masks leave of very many inputs whose truth is known: real shapes, each spelled in some way of its own."""

import random
import re
import unicodedata
from collections.abc import Callable
from functools import partial

import pytest
from benchmarks.vault._addresses import Address, addresses
from benchmarks.vault.masks import judge

from tests.effort import DEEP
from wayseal.model.fields import FieldKind
from wayseal.vault.masks import GOODS, RULE_SETS, mask
from wayseal.vault.masks._names import COMPOUND, SINGLE

INPUTS = 53_000 if DEEP else 500
"""Of each kind, each under every set of rules: 212,000 in deep runs."""
_GIVEN = "晖韬婷昊涵霖淼彤烨骏瑶琪漪芃旖昕煊"
"""Characters of given names, none of which stands in a family name or in a title."""
assert not set(_GIVEN) & set("".join((*COMPOUND, SINGLE)))
_TITLES = ["", "", "", "先生", "女士", "收", "（收）", "(门卫)", "/李四", " 13800138078", "的快递"]
_WORDS = ["两件", "送人", "1kg", "XL", "红色", "急用", "蔓", "A-1", "*"]


def spelled(text: str, chance: random.Random) -> str:
    """The same to a reader: full-width here and there, or with something invisible in it."""
    wide = (chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and chance.random() < 0.1 else c for c in text)
    unseen = ("\u200b", "\u2060", "\ufeff", "\u00ad")
    return "".join(c + chance.choice(unseen) if chance.random() < 0.03 else c for c in wide)


def digits(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isascii() and c.isdecimal())


def one_phone(chance: random.Random) -> str:
    """A mobile, a landline or a service number, with what stands before, in and behind them."""
    number = chance.choice(
        [
            f"1{chance.randrange(30, 100)}{chance.randrange(10**8):08}",
            f"0{chance.randrange(10, 1000)}-{chance.randrange(10**7, 10**8)}",
            f"400{chance.randrange(10**7):07}",
        ]
    )
    at = sorted(chance.sample(range(1, len(number)), chance.randrange(3)), reverse=True)
    for place in at:
        number = number[:place] + chance.choice("- .") + number[place:]
    extension = chance.choice(["", "", "转", "-", " ext. "])
    return (
        chance.choice(["", "", "+86", "86 ", "0086-"]) + number + (extension and f"{extension}{chance.randrange(9999)}")
    )


def check_phone(rules: str, chance: random.Random) -> None:
    phone = spelled(
        chance.choice(["/", "、", "；"]).join(one_phone(chance) for _ in range(chance.choice([1, 1, 2]))), chance
    )
    shown = mask(phone, FieldKind.PHONE, RULE_SETS[rules])
    assert len(digits(phone)) - len(digits(shown)) >= 6, (phone, shown)
    for part in shown.split("/"):
        assert re.fullmatch(r"[0-9]{0,3}[+*-]*[0-9]{0,2}(转\*+)?", part), (phone, shown)


def check_name(rules: str, chance: random.Random) -> None:
    family = chance.choice(COMPOUND) if chance.random() < 0.2 else chance.choice(SINGLE)
    given = "".join(chance.sample(_GIVEN, chance.choice([1, 2, 2, 3])))
    name = spelled(chance.choice(["", "", " ", "小", "·"]) + family + given + chance.choice(_TITLES), chance)
    shown = mask(name, FieldKind.NAME, RULE_SETS[rules])
    assert not set(given) & set(shown), (name, shown)
    assert not digits(shown), (name, shown)
    assert set(shown) <= {*family, "*", "·"}, (name, shown)


def check_goods(rules: str, chance: random.Random) -> None:
    words = [word for row in GOODS for word in re.findall(r"[\u4e00-\u9fff]+", row.pattern)]
    goods = spelled("".join(chance.sample([*_WORDS, *chance.sample(words, 2)], chance.randrange(1, 5))), chance)
    shown = mask(goods, FieldKind.GOODS, RULE_SETS[rules])
    assert shown in ({"***"} if rules == "minimal" else {row.show for row in GOODS} | {"***"}), (goods, shown)


CHECKS: dict[FieldKind, Callable[[str, random.Random], None]] = {
    FieldKind.PHONE: check_phone,
    FieldKind.NAME: check_name,
    FieldKind.GOODS: check_goods,
}


@pytest.mark.parametrize("kind", CHECKS)
def test_what_is_to_be_hidden_is_hidden(kind: FieldKind) -> None:
    chance = random.Random(f"{kind}")
    for _ in range(INPUTS):
        for rules in RULE_SETS:
            CHECKS[kind](rules, chance)


def test_units_of_addresses_are_hidden_however_they_are_spelled() -> None:
    chance = random.Random(5)
    made = [
        Address(form=one.form, pieces=tuple((spelled(text, chance), kind) for text, kind in one.pieces))
        for one in addresses(INPUTS, 11)
    ]
    for rules in RULE_SETS.values():
        found = judge(made, partial(mask, kind=FieldKind.ADDRESS, rules=rules))
        assert found.hidden / found.count >= 0.999, found.leaks[:5]
