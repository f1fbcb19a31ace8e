"""Addresses: real shapes with their masks, written by hand, and synthetic ones of every form with their truth."""

import re
from pathlib import Path

import pytest
from benchmarks.vault._addresses import FORMS, UNIT, Address, addresses
from benchmarks.vault.masks import judge, shown

from tests.docs.pages import ROOT
from tests.tables import each
from wayseal.model.fields import FieldKind
from wayseal.vault.masks import GB_T_41833, RULE_SETS, mask, region
from wayseal.vault.masks._address_words import SIGN, STARTS
from wayseal.vault.masks._addresses import NOT_SCANNED

ROWS = [line.split("\t") for line in (ROOT / "tests/vault/masks/addresses.tsv").read_text("utf-8").splitlines()[1:]]
MINIMAL = RULE_SETS["minimal"]


def hidden(text: str) -> str:
    return mask(text, FieldKind.ADDRESS)


def test_the_table_is_large_and_says_nothing_twice() -> None:
    assert len(ROWS) >= 250
    assert len({row[0] for row in ROWS}) == len(ROWS)


@each(("address", "masked", "where"), ROWS)
def test_a_real_shape(address: str, masked: str, where: str) -> None:
    assert hidden(address) == masked
    assert region(address) == where
    assert mask(address, FieldKind.ADDRESS, MINIMAL) == (where if where == "***" else f"{where}***")


@each(("address", "masked", "where"), ROWS)
def test_a_mask_of_a_mask_shows_no_more(address: str, masked: str, where: str) -> None:
    again = hidden(masked)
    rest = iter(masked)
    assert all(c in rest for c in again.replace("*", ""))


# What an address may hold that nobody should read, wherever it stands.
PRIVATE = (
    "张三",
    "李小路",
    "王红旗",
    "欧阳娜娜",
    "13800138078",
    "138 0013 8078",
    "３栋２单元",
    "甲座",
    "B1层",
    "5楼",
    "3-2-501",
    "3#501",
    "二单元五零一",
    "负一楼12档",
    "12号铺",
    "东单元",
    "A1203",
    "八组",
    "四社",
    "工位15",
    "501室",
    "伍零壹室",
    "12/F",
)


@each("private", PRIVATE)
@each("before", ["广东省深圳市南山区科苑路15号 ", "西湖区文三路科苑花园 ", "正定县王家村3组 "])
def test_private_parts_are_hidden(before: str, private: str) -> None:
    plain = hidden(before + private).removesuffix("***")
    assert not set("张三李王红旗欧阳娜") & set(plain.replace("文三路", "").replace("王家村", ""))
    for more in ("收", " 13900139000", "，张三收", " 501"):
        assert hidden(before + private + more) == f"{plain}***"
    assert hidden(before).removesuffix("***") == plain


@pytest.mark.parametrize("seed", [1, 2])
def test_synthetic_addresses_of_every_form(seed: int) -> None:
    made = addresses(3000, seed)
    assert {address.form for address in made} == {form.__name__.strip("_") for form, _ in FORMS}
    found = judge(made, hidden)
    assert found.hidden / found.count >= 0.999, found.leaks[:5]
    assert found.readable / found.count >= 0.95, found.unread[:5]
    assert found.estates / found.with_estate >= 0.8


def test_the_judge_sees_what_is_shown_and_what_is_missing() -> None:
    made = addresses(200)
    everything = judge(made, lambda text: text)
    assert (everything.hidden, everything.readable) == (0, 200)
    nothing = judge(made, lambda _: "***")
    assert (nothing.hidden, nothing.readable) == (200, 0)
    one = Address(form="one", pieces=(("科苑路", "street"), ("15号", UNIT), ("3栋", UNIT)))
    assert [flag for _, flag in shown(one, "科苑路***3***")] == [True, True, True, False, False, False, True, False]
    with pytest.raises(ValueError, match="substring"):
        shown(one, "科苑路16***")


def test_the_same_seed_gives_the_same_addresses() -> None:
    assert addresses(50, 7) == addresses(50, 7) != addresses(50, 8)


def test_the_table_of_regions_lies_beside_the_code() -> None:
    lines = Path(ROOT / "src/wayseal/vault/masks/regions.txt").read_text("utf-8").splitlines()
    assert sum(not line.startswith((" ", "#")) for line in lines) == 34
    assert sum(len(line.partition("：")[2].split()) for line in lines[1:]) > 2800


def test_first_characters_leave_no_row_out() -> None:
    rows = [row for row in GB_T_41833.rows[FieldKind.ADDRESS] if row.id not in NOT_SCANNED]
    numbers = [re.compile(row.pattern) for row in rows]
    assert len(numbers) == 7
    starts = re.compile(STARTS)
    for text in (*(row[0] for row in ROWS), *(address.text for address in addresses(500, 3))):
        for found in (found for pattern in numbers for found in pattern.finditer(text)):
            assert starts.match(found[0]), found[0]


@pytest.mark.parametrize("person", ["张三收", "王小姐", "李雷先生", "请放门卫", "联系张三", "店的对面", "赵经理"])
def test_an_addressee_has_a_sign(person: str) -> None:
    assert re.search(SIGN, person)
    assert hidden(f"西湖区文三路 {person}") == "西湖区文三路***"
    assert hidden(f"西湖区文三路{person}三号路") == "西湖区文三路***"
