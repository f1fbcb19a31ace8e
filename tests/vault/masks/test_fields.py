"""Names, phones and goods: case tables.

Rule 5: every row's example is what the code does; rule 4: a mask of a mask shows nothing more.
"""

import pytest

from tests.tables import each
from wayseal.model.fields import FieldKind
from wayseal.vault.masks import GB_T_41833, RULE_SETS, MaskRule, RuleSet, mask

NAMES = {
    "": "",
    " ": "***",
    "\u200b": "***",
    "张": "***",
    "J": "***",
    "J.": "***",
    "·": "***",
    "*": "***",
    "张三": "张**",
    "张三丰": "张**",
    " 张三 ": "张**",
    "张 三": "张**",
    "张\u3000三": "张**",
    "张\u200b三": "张**",
    "張三豐": "張**",
    "陈方安生": "陈**",
    "欧阳": "欧**",
    "欧阳娜娜": "欧阳**",
    "歐陽娜娜": "歐陽**",
    "司马光": "司马**",
    "上官婉儿": "上官**",
    "诸葛亮": "诸葛**",
    "王女士": "王**",
    "李先生": "李**",
    "张三先生": "张**",
    "小王": "***",
    "老李头": "***",
    "阿强": "***",
    "买买提·艾力": "买**·**",
    "买买提•艾力": "买**·**",
    "买买提‧艾力": "买**·**",
    "买买提・艾力": "买**·**",
    "买买提.艾力": "买**·**",
    "阿卜杜拉·买买提·艾力": "阿**·**",
    "迪丽热巴 · 迪力木拉提": "迪**·**",
    "John Smith": "J**",
    "J. Smith": "J**",
    "JOHN": "J**",
    "Ｊｏｈｎ Ｓｍｉｔｈ": "J**",
    "O'Brien": "O**",
    "Anne-Marie": "A**",
    "Müller": "M**",
    "张三13800138078": "张**",
    "欧阳娜娜13800138078": "欧阳**",
    "张三（收）": "张**",
    "张三、李四": "张**",
    "张三/李四": "张**",
    "张(门卫)": "张**",
    "13800138078": "***",
    "13800138078张三": "***",
    "（张三）": "***",
    "张三John": "张**",
    "John张三": "***",
    "深圳市某某科技有限公司 张三": "***",
    "某某科技有限公司": "***",
    "王家村小卖部王老板": "***",
    "김철수": "***",
    "たなか": "***",
    "😀": "***",
    "张**": "张**",
    "欧阳**": "欧阳**",
    "张*三": "张**",
}


@each(("name", "masked"), NAMES.items())
def test_names(name: str, masked: str) -> None:
    for rules in RULE_SETS.values():
        assert mask(name, FieldKind.NAME, rules) == masked


PHONES = {
    "": ("", ""),
    "13800138078": ("138******78", "78"),
    "138 0013 8078": ("138******78", "78"),
    "138-0013-8078": ("138******78", "78"),
    "138.0013.8078": ("138******78", "78"),
    "１３８００１３８０７８": ("138******78", "78"),
    "138\u200b00138078": ("138******78", "78"),
    "+8613800138078": ("138******78", "78"),
    "+86 138 0013 8078": ("138******78", "78"),
    "(+86)13800138078": ("138******78", "78"),
    "0086-13800138078": ("138******78", "78"),
    "86-13800138078": ("138******78", "78"),
    "8613800138078": ("138******78", "78"),
    "13800138078-1234": ("138******78转***", "78"),
    "13800138078转1234": ("138******78转***", "78"),
    "13800138078,1234": ("138******78转***", "78"),
    "13800138078，1234#": ("138******78转***", "78"),
    "13800138078 ext. 12": ("138******78转***", "78"),
    "010-12345678": ("010-******78", "78"),
    "(010)12345678": ("010-******78", "78"),
    "01012345678": ("010-******78", "78"),
    "021-12345678-801": ("021-******78转***", "78"),
    "0755-87654321": ("075*-*****21", "21"),
    "0755-8765432": ("075*-*****32", "32"),
    "07558765432": ("075*-*****32", "32"),
    "0755-8765432-801": ("075*-*****32转***", "32"),
    "0755-87654321转801": ("075*-*****21转***", "21"),
    "400-820-8820": ("400******0", "20"),
    "4008208820": ("400******0", "20"),
    "800-8208-820": ("800******0", "20"),
    "95013 1234 5678 转 1234": ("950******78", "78"),
    "95013123456": ("950******56", "56"),
    "87654321": ("******21", "21"),
    "8765 4321": ("******21", "21"),
    "8765432": ("******2", None),
    "+1 212 555 0123": ("+******23", "23"),
    "+852 9123 4567": ("+******67", "67"),
    "0044 20 7946 0958": ("+******58", "58"),
    "138****1234": ("138******34", "34"),
    "138******78": ("138******78", "78"),
    "95588": (None, None),
    "110": (None, None),
    "13800138078张三": (None, None),
    "张三13800138078": (None, None),
    "138001380781": (None, None),
    "13800138078 13900139001": (None, None),
    "138001380７８९": (None, None),
    "一三八零零一三八零七八": (None, None),
    "abc": (None, None),
}


@each(("phone", "masked"), PHONES.items())
def test_phones(phone: str, masked: tuple[str | None, str | None]) -> None:
    assert mask(phone, FieldKind.PHONE) == ("***" if masked[0] is None else masked[0])
    least = "***" if masked[1] is None else f"*********{masked[1]}" if phone else ""
    assert mask(phone, FieldKind.PHONE, RULE_SETS["minimal"]) == least


@pytest.mark.parametrize("between", ["/", "、", "；", "|", " / ", "或", "，"])
def test_several_phones_are_masked_one_by_one(between: str) -> None:
    phone = f"13800138078{between}0755-8765432"
    assert mask(phone, FieldKind.PHONE) == "138******78/075*-*****32"
    assert mask(f"13800138078{between}张三", FieldKind.PHONE) == "138******78/***"


GOODS = {
    "": "",
    "白色连衣裙 M 码": "服装",
    "衣服": "服装",
    "iPhone 15 手机壳": "数码产品",
    "洗衣机": "家用电器",
    "大米 5kg": "食品",
    "图书": "图书文具",
    "ＵＳＢ充电线": "数码产品",
    "行李箱": "鞋包",
    "女鞋": "鞋包",
    "婴儿奶粉": "母婴用品",
    "文件": "文件",
    "身份证件": "***",
    "避孕套": "***",
    "感冒药": "***",
    "儿童退烧药": "***",
    "给张三的礼物": "***",
    "黄金项链 20 克": "***",
    "abc": "***",
    "食品": "食品",
    "藥品": "***",
    "襪子": "***",
}


@each(("goods", "masked"), GOODS.items())
def test_goods(goods: str, masked: str) -> None:
    assert mask(goods, FieldKind.GOODS) == masked
    assert mask(goods, FieldKind.GOODS, RULE_SETS["minimal"]) == ("***" if goods else "")


ROWS = [(rules, kind, row) for rules in RULE_SETS.values() for kind, rows in rules.rows.items() for row in rows]


@each(("rules", "kind", "row"), ROWS)
def test_a_row_does_what_its_example_says(rules: RuleSet, kind: FieldKind, row: MaskRule) -> None:
    assert mask(row.example, kind, rules) == row.masked


@each(("rules", "kind", "row"), ROWS)
def test_what_a_row_shows_is_masked_to_itself(rules: RuleSet, kind: FieldKind, row: MaskRule) -> None:
    assert mask(row.masked, kind, rules) == row.masked


def test_rows_have_ids_of_their_own_and_say_what_they_do() -> None:
    for rules in RULE_SETS.values():
        ids = [row.id for rows in rules.rows.values() for row in rows]
        assert len(ids) == len(set(ids))
        assert all(row.says for rows in rules.rows.values() for row in rows)


def test_sets_are_found_by_their_id_and_have_every_kind() -> None:
    assert {name: rules.id for name, rules in RULE_SETS.items()} == {name: name for name in RULE_SETS}
    assert GB_T_41833 is RULE_SETS["gb-t-41833-2022"]
    assert all(set(rules.rows) == set(FieldKind) for rules in RULE_SETS.values())
