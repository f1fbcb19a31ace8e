"""What people see of bystanders; numbers and names are made up."""

import unicodedata
from unittest.mock import Mock

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.effort import examples
from tests.tables import each
from wayseal.market import masks
from wayseal.market.masks import mask_text


@each(
    ("text", "masked"),
    [
        ("电话13800001111。", "电话138********。"),
        ("电话 138 0000 1111", "电话 138 **** ****"),
        ("１３８００００１１１１", "１３８********"),
        ("010-12345678", "010*********"),
        ("mail a.b@example.com", "mail ***@example.com"),
        ("身份证110101199003070011", "身份证11****************"),
        ("11010119900307001 5", "11010119900307001 5"),
        ("单号 YT1234567890123 和 773012345678901", "单号 YT1234567890123 和 773012345678901"),
        ("收件人：张三丰", "收件人：张**"),
        ("收货人 欧阳小明,", "收货人 欧阳**,"),
        ("联系人电话", "联系人电话"),
        ("收件人地址：朝阳区建国路88号2单元301室", "收件人地址：朝阳区建国路**号*单元***室"),
        ("中山路五号", "中山路*号"),
        ("加微信号码88号群", "加微信号码88号群"),
        ("每天 3000 单 1.2 元", "每天 3000 单 1.2 元"),
        ("", ""),
        ("\u202e138\u200b0000\u200e1111 料", "\u202e138\u200b****\u200e**** 料"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    found = mask_text(text)
    assert found == masked
    assert len(found) == len(text)


def test_what_a_seller_is_reached_by_is_kept() -> None:
    text = "加 138-0000-1111 或 seller@example.com 或 010-12345678，买家 13900002222"
    assert mask_text(text, ["13800001111", "SELLER@example.com", "01012345678", ""]) == (
        "加 138-0000-1111 或 seller@example.com 或 010-12345678，买家 139********"
    )


def test_a_number_far_from_a_place_is_none_of_a_house() -> None:
    text = "北京市" + "很" * 30 + "3号发货"
    assert mask_text(text) == text


def test_masking_twice_changes_nothing() -> None:
    text = "收件人：张三 13800001111 建国路88号"
    assert mask_text(mask_text(text)) == mask_text(text)


PHONES = """
13800138008|+8613800138008|8613800138008|008613800138008|+86 138 0013 8008|0086-138-0013-8008
(86)13800138008|（86）138 0013 8008|+86-138-0013-8008|(+86)13800138008|013800138008|138 0013 8008
13 8001 38008|1 3 8 0 0 1 3 8 0 0 8|1-3-8-0-0-1-3-8-0-0-8|138.0013.8008|138·0013·8008|138•0013•8008
138—0013—8008|138——0013——8008|138–0013–8008|138−0013−8008|138_0013_8008|138~0013~8008
138、0013、8008|138。0013。8008|(138)0013-8008|138 (0013) 8008|138*0013*8008|138 - 0013 - 8008
138\u30000013\u30008008|138\u00a00013\u00a08008|138\u200b0013\u200b8008|138\u00ad0013\u00ad8008
138\ufe0f0013\ufe0f8008|1\u034f38001380\u200d08|138\u2060\u20640013\u31648008|１３８００１３８００８
１３８－００１３－８００８|①③⑧⓪⓪①③⑧⓪⓪⑧|❶❸❽⓿⓿❶❸❽⓿⓿❽|⑴⑶⑻00⑴⑶⑻00⑻|¹³⁸⁰⁰¹³⁸⁰⁰⁸|₁₃₈₀₀₁₃₈₀₀₈|𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟖
𝟣𝟥𝟪𝟢𝟢𝟣𝟥𝟪𝟢𝟢𝟪|١٣٨٠٠١٣٨٠٠٨|۱۳۸۰۰۱۳۸۰۰۸|१३८००१३८००८|一三八零零一三八零零八|幺三八洞洞幺三八洞洞八
壹叁捌零零壹叁捌零零捌|壹參捌零零壹參捌零零捌|一三八〇〇一三八〇〇八|㊀㊂㊇〇〇㊀㊂㊇〇〇㊇
一 三 八 零 零 一 三 八 零 零 八|一、三、八、零、零、一、三、八、零、零、八|1三8零0一3八0零8
138零零一三8008|l38OO138OO8|I38oo138oo8|138O0l38O08|138ООl38ОО8|1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣8️⃣
1⃣3⃣8⃣0⃣0⃣1⃣3⃣8⃣0⃣0⃣8⃣|wx13800138008|v13800138008|tel:13800138008|https://wa.me/8613800138008
https://x.example/?p=13800138008&q=1|wx138-0013-8008|13800138008@qq.com
"""
IDENTITIES = """
110101199003070011|11010119900307002X|11010119900307002x|1101 0119 9003 0700 11|110101-19900307-0011
110101 19900307 0011|110101·1990·0307·0011|１１０１０１１９９００３０７００１１|11010119900307002Ｘ
11010119900307002Х|11010119900307002×|一一零一零一一九九零零三零七零零一一
壹壹零壹零壹壹玖玖零零叁零柒零零壹壹|①①⓪①⓪①①⑨⑨⓪⓪③⓪⑦⓪⓪①①|1\u200b10101199003070011|ll0l0ll99003070011
11O1O1199OO3O7OO11|１１0１0１199００3０7００11|110101900307001|1101 0190 0307 001|320102800101123
身份证：110101199003070011|id110101199003070011。|sfz_110101199003070011
"""
LANDLINES = """
010-22345678|01022345678|(010)22345678|（0755）8888 8888|0755 8888 8888|075588888888
+86-755-88888888|0086 21 5888 8888|+86 10 2234 5678|010 2234 5678|零一零-八八八八八八八八
０１０－２２３４５６７８|0 1 0-2 2 3 4 5 6 7 8|(0571)8888888|0571-8888888
"""


def spellings(text: str) -> list[str]:
    """A row each."""
    shown = text.encode("ascii", "backslashreplace").decode("unicode_escape")
    return shown.strip().replace("\n", "|").split("|")


def digits_left(text: str) -> int:
    """Signs that still say a digit."""
    plain = unicodedata.normalize("NFKC", text)
    return sum(
        unicodedata.digit(one, None) is not None or one in "零〇洞一幺壹三叁參八捌九玖七柒oOlI∣" for one in plain
    )


@each(("spelled", "most"), [
    *((one, 3 + 4) for one in spellings(PHONES)),
    *((one, 2) for one in spellings(IDENTITIES)),
    *((one, 4 + 4) for one in spellings(LANDLINES)),
])  # fmt: skip
def test_spellings(spelled: str, most: int) -> None:
    for text in (spelled, f"打 {spelled} 找", f"统一{spelled}号"):
        if spelled[0] in "lIv" and text[0] == "统":
            continue
        found = mask_text(text)
        assert len(found) == len(text)
        assert found.count("*") - text.count("*") >= 7
        assert digits_left(found) <= most + text.count("一") * (text[0] == "统"), found


ODDLY = """
138/0013/8008|138\\\\0013\\\\8008|138:0013:8008|138：0013；8008|138+0013+8008|138=0013=8008|138#0013#8008
1/3/8/0/0/1/3/8/0/0/8|[1][3][8][0][0][1][3][8][0][0][8]|【1】【3】【8】【0】【0】【1】【3】【8】【0】【0】【8】
「138」「0013」「8008」|{138}{0013}{8008}|<138><0013><8008>|138○○138○○8|138◯◯138◯◯8|138ØØ138ØØ8|138θθ138θθ8
妖散吧零零妖散吧零零吧|138灵灵妖散吧灵灵吧|幺三巴洞洞衣伞爸铃铃扒|幺叁酒两似武流漆巴酒铃|洞八六幺三八洞洞幺三八洞洞八
08613800138008|086-13800138008|(086)13800138008|+086 13800138008|0 86 138 0013 8008
➀➂➇🄋🄋➀➂➇🄋🄋➇|➊➌➑🄌🄌➊➌➑🄌🄌➑|〡〣〨〇〇〡〣〨〇〇〨|138<b></b>0013<br/>8008|138<span class=x>0013</span>8008
110101/19900307/0011|110101:19900307:0011|[110101][19900307][0011]|110101<i>19900307</i>0011|0755:8888:8888|010/2234/5678
"""


@each("spelled", [*spellings(ODDLY), "138|0013|8008", "1|3|8|0|0|1|3|8|0|0|8", "|38 0013 8008"])
def test_odder_spellings(spelled: str) -> None:
    """Of each a person could still read the number."""
    for text in (spelled, f"打 {spelled} 找"):
        found = mask_text(text)
        assert len(found) == len(text)
        assert found.count("*") >= 7, found
        assert digits_left(found.translate({ord(one): None for one in "打找"})) <= 8, found


@each(
    "text",
    [
        "单价 15/18/20/25/30 元，13000起",
        "2026-03-02 08:00:00 至 2026/03/05 18:30:00",
        "08:30-10:45 13:00-14:30 15:00-18:00",
        "2026-01-01 12:09:56 到货87138件",
        "2026/02/13 01:11:20 到货614件",
        "1:3:5 配比 100/200/300/400 件",
        "1.3 5.20 3.1 18.55 1.38 0.0138",
        "YT1380013800812/YT1380013800813/YT1380013800814",
        "773012345678901/773012345678902 | 433012345678903",
        "<td>15000</td><td>20000</td><td>13000</td>",
        "一二三四五六七八九十，三散伞，一衣一酒",
        "#1 #2 #3 #4 #5 #6 #7 #8",
    ],
)
def test_prices_times_and_waybills_are_left_alone(text: str) -> None:
    assert mask_text(text) == text


@each("text", ["幺", "1 ", "0333 "])
def test_long_runs_are_masked_in_one(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place where a number might begin was looked at on its own: two minutes for each megabyte."""
    asked = Mock(side_effect=masks._number)
    monkeypatch.setattr(masks, "_number", asked)
    assert mask_text(text * 5_000).count("*") > 4_900
    assert asked.call_count < 50


def test_there_are_many_of_them() -> None:
    assert len(spellings(PHONES)) >= 60


STYLES = [
    "0123456789",
    "０１２３４５６７８９",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "⁰¹²³⁴⁵⁶⁷⁸⁹",
    "٠١٢٣٤٥٦٧٨٩",
    "零一二三四五六七八九",
    "零壹贰叁肆伍陆柒捌玖",
    "洞幺两三四五六拐八勾",
    "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    "Ol23456789",
]
GAPS = ("", "", " ", "-", ".", "·", "—", "_", "、", "\u3000", " - ", "\u00a0")
HIDDEN = ("", "", "\u200b", "\u00ad", "\ufe0f", "\u2060", "\u034f", "\ufe0f\u20e3")
PREFIXES = ("", "+86", "0086", "86", "(86)", "+86 ", "+86-", "0")
AROUND = (("", ""), ("电话", "号"), (" ", " "), ("：", "。"), ("call:", "，"), ("统一", "（同号）"), ("@", "\n"))


@examples(200)
@given(st.data())
def test_whatever_is_composed_is_masked(data: st.DataObject) -> None:
    tail = data.draw(st.lists(st.integers(0, 9), min_size=9, max_size=9))
    digits = [1, data.draw(st.integers(3, 9)), *tail]
    styles = data.draw(st.lists(st.sampled_from(STYLES), min_size=1, max_size=3))
    gap, hidden = data.draw(st.sampled_from(GAPS)), data.draw(st.sampled_from(HIDDEN))
    places: list[int] = []
    (before, after), prefix = data.draw(st.sampled_from(AROUND)), data.draw(st.sampled_from(PREFIXES))
    text = before + prefix
    for digit in digits:
        if text and len(places) > 0:
            text += hidden + (gap if data.draw(st.booleans()) else "")
        places.append(len(text))
        text += (styles[0] if digit < 2 and len(places) == 1 else data.draw(st.sampled_from(styles)))[digit]
    text += after
    plain = sum(one in "oOl" for one in text[places[0] :])
    assume(plain <= 7 and not (places[0] and text[places[0]] == "l" and text[places[0] - 1].isalnum()))
    assume(not (text[places[-1]] in "Ol" and after[:1].isascii() and after[:1].isalnum()))
    found = mask_text(text)
    assert [found[place] for place in places[3:]] == ["*"] * 8, (text, found)
    assert found.startswith(before) or before == "统一"
    assert len(found) == len(text)
