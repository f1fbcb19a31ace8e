"""What holds for any text: masks never fail, hide what they must, and never show more the second time."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from wayseal.model.fields import FieldKind
from wayseal.vault.masks import RULE_SETS, RuleSet, mask, region

SETS = [pytest.param(rules, id=rules.id) for rules in RULE_SETS.values()]
# Characters that rules look at come up often, any other sometimes, broken ones too.
_ODD = st.characters(exclude_categories=()) | st.sampled_from("\u200b\ufeff\u3000\ud800\x00\u0660\u00b7•*")
_USUAL = st.sampled_from(
    "张王欧阳三李中山路街道市区县村省号弄栋幢座楼单元室层户组"
    "队门牌园城花小区0123456789０１２一二三十百甲AbZ-#/, .()（）+转ext"
)
TEXT = st.text(_USUAL | _ODD, max_size=40)
DIGITS = re.compile("[0-9]")


@pytest.mark.parametrize("rules", SETS)
@pytest.mark.parametrize("kind", list(FieldKind))
@given(text=TEXT)
def test_never_fails_and_never_shows_more_the_second_time(rules: RuleSet, kind: FieldKind, text: str) -> None:
    once = mask(text, kind, rules)
    assert bool(once) == bool(text)
    twice = mask(once, kind, rules)
    assert is_subsequence(twice.replace("*", ""), once.replace("*", ""))


def is_subsequence(few: str, many: str) -> bool:
    rest = iter(many)
    return all(c in rest for c in few)


SEPARATORS = st.sampled_from(["", "", "", "-", " ", "(", ")", "/", ",", "转", "+", ".", "ext"])
PHONES = st.lists(st.tuples(SEPARATORS, st.text("0123456789", min_size=1, max_size=13)), min_size=1, max_size=4).map(
    lambda parts: "".join(a + b for a, b in parts)
) | st.from_regex(r"(\+?86)?1[3-9][0-9]{9}(转[0-9]{1,4})?|0[1-9][0-9]{1,2}-?[0-9]{7,8}(-[0-9]{1,4})?", fullmatch=True)


@pytest.mark.parametrize("rules", SETS)
@given(phone=PHONES)
def test_six_digits_of_a_phone_are_hidden(rules: RuleSet, phone: str) -> None:
    given_, shown = DIGITS.findall(phone), DIGITS.findall(mask(phone, FieldKind.PHONE, rules))
    assert len(given_) - len(shown) >= min(6, len(given_))
    for part in mask(phone, FieldKind.PHONE, rules).split("/"):
        assert len(DIGITS.findall(part)) <= 5
        assert re.fullmatch(r"[0-9]{0,3}[+*-]*[0-9]{0,2}(转\*+)?", part)


@pytest.mark.parametrize("rules", SETS)
@given(name=TEXT.filter(bool))
def test_a_name_hides_a_character_and_shows_its_start_alone(rules: RuleSet, name: str) -> None:
    shown = mask(name, FieldKind.NAME, rules)
    assert "*" in shown
    kept = shown.replace("*", "").replace("·", "")
    assert len(kept) <= 4
    assert len(kept) < len(name)


@given(text=TEXT)
def test_a_number_is_shown_only_as_part_of_a_road(text: str) -> None:
    shown = mask(text, FieldKind.ADDRESS)
    roads = r"[0-9]+号?(?:国道|省道|县道|乡道|高速|环路|大街|大道|马路|支路|横路|公路|街|道|路|巷|段)"
    assert not re.search("[0-9]", re.sub(roads, "", shown))
    assert not re.search("[0-9号弄栋幢座室]", mask(text, FieldKind.ADDRESS, RULE_SETS["minimal"]))


@given(text=TEXT)
def test_behind_a_building_nothing_is_shown(text: str) -> None:
    shown = mask(f"广东省深圳市南山区科苑路科苑花园3栋{text}", FieldKind.ADDRESS)
    assert shown in {"广东省深圳市南山区科苑路科苑花园***", "广东省深圳市南山区科苑路***"}


@given(text=TEXT)
def test_a_region_is_a_part_of_a_region_table(text: str) -> None:
    assert region(f"广东省深圳市南山区,{text}") == "广东省深圳市南山区"
    assert (region(text) == "") == (text == "")


def test_values_that_are_too_long_are_hidden_whole() -> None:
    for kind in FieldKind:
        assert mask("张" * 401, kind) == "***"
    assert region("广东省" * 200) == "***"


LONG = [
    "一",
    "路",
    "1-",
    "1",
    "0",
    "张",
    "(",
    " ",
    "A ",
    "a-",
    "万科",
    "*",
    "三号",
    "里",
    "收",
    "·a",
    "+1",
    "8-",
    "小区",
    "东1",
    "Rd ",
    "王·",
]


@each("piece", LONG)
@each("kind", list(FieldKind))
def test_no_text_takes_long(kind: FieldKind, piece: str) -> None:
    text = (piece * 400)[:400]
    begun = time.process_time()
    for rules in RULE_SETS.values():
        mask(text, kind, rules)
        mask(f"{text[:-1]}x", kind, rules)
    assert time.process_time() - begun < 5
