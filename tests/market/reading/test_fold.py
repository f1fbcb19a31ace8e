"""The folded copy: what is dropped, what is put in its place, and places that lead back; hints."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayseal.market.errors import MarketError
from wayseal.market.reading import Reader, _reader
from wayseal.market.reading._fold import Folded, _variants, fold, tables
from wayseal.market.reading._hints import (
    AMOUNT,
    COURIER,
    DRAWN,
    MENTION,
    MIXED_DIGITS,
    NAME,
    NUMBER,
    PHONE,
    PLACE,
    HintTables,
    find_hints,
)


def folded(text: str) -> str:
    return fold([text]).texts()[0]


@pytest.mark.kernels
@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("快遞單號", "快递单号"),
        ("快·递★面 / 单", "快递面单"),
        ("快\u200b递\u202e面\u0336单\ufe0f", "快递面单"),
        ("ＫＤ 一手", "快递 一手"),
        ("kd_abc kdx @kd", "kd_abc kdx @kd"),
        ("面D", "面单"),
        ("木旦档", "查档"),
        ("面*D K-递 加 V", "面单 快递加v"),
        ("Q 12345 kd_a 面", "q 12345 kd_a 面"),
        ("块递枓", "快递料"),
        ("🐧①②③", "qq123"),
        ("1.2一个", "1.2一个"),
        ("㈱", "(株)"),
        ("\ud800a", "a"),
        ("٣", "٣"),
        ("", ""),
    ],
)
def test_spellings_of_the_trade(seen: str, meant: str) -> None:
    assert folded(seen) == meant


@pytest.mark.kernels
def test_places_lead_back_to_what_was_seen() -> None:
    text = "出\u200b快·遞 面D 1.2"
    made = fold(["x", text])
    at = made.texts()[1].index("快递")
    start = made.bounds[1] + at
    assert text[made.begins[start] : made.ends[start + 1]] == "快·遞"
    label = made.bounds[1] + made.texts()[1].index("面单")
    assert text[made.begins[label] : made.ends[label + 1]] == "面D"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec=None), max_size=30), max_size=4))
def test_any_text_is_folded_by_itself_and_in_order(texts: list[str]) -> None:
    made = fold(texts)
    for at, text in enumerate(texts):
        assert made.texts()[at] == folded(text)
        span = slice(made.bounds[at], made.bounds[at + 1])
        begins, ends = made.begins[span], made.ends[span]
        assert (np.diff(begins) >= 0).all()
        assert ((begins >= 0) & (begins < ends) & (ends <= len(text))).all()


def test_a_long_run_of_marks_costs_no_more_a_mark() -> None:
    made: Folded = fold(["/" * 300_000 + "面" + " /" * 100_000 + "单"])
    assert made.texts()[0] == "/" * 300_000 + "面单"


def test_what_is_folded_stays_as_it_is() -> None:
    known = tables()
    meant = sorted({chr(code) for code in known.into.tolist() if code < 0x10FFFF and not 0xD800 <= code < 0xE000})
    again = zip(meant, fold(meant).texts(), strict=True)
    odd = [char for char, text in again if text not in {char, ""} and len(text) == 1]
    assert odd == []


def test_variants_that_would_grow_a_text_are_refused() -> None:
    head = '[[group]]\nsort = "s"\nsource = "s"\ndate = "d"\n[group.pairs]\n'
    assert dict(_variants(head + '"木旦" = "查"\n')) == {"木旦": "查"}
    for wrong in ('"ab" = "abc"', '"abcdefg" = "a"', '"a" = ""'):
        with pytest.raises(MarketError):
            list(_variants(head + wrong + "\n"))


ALL = (1 << 24) - 1
_WORDS = """
    微信 qq Q： vx: wx+ 飞机 tg: telegram 支付宝 号 是 lizi8888 @ @lizi_bcd t.me/ joinchat/
    +AbCdEfGh12 https:// www. qm.qq.com/ a.example lizi@example.com 13800000000
    138.0000-0000 一三八零零零零零零零零 138O0O00l00 YT1234567890123 ７７３０１２３４５６７８９０１ 1 一 每 两 半 十
    百 千 万 w K 几 多 + / 个 条 张 组 票 单 ¥ 元 块 毛 角 RMB r 1.5 30 日 天天 日更 每天 押金 一块五 上海 义乌 黑龙江
    全国 任意 江浙沪 省 市 发 发往 到 至 直达 飞 → - ~ 发货地 收件地: 发出 揽收 圆通 三通一达 京东物流 yto ST
    ems 实时 当天 历史
    老数据 · ， 木旦 快递 料 收 x 👍 ½ ㈱ ①②③④⑤
"""
PIECES = (*_WORDS.split(), " ", "\n", "\u200b", "\u0301", "\u202e", "\ud800", "T" + "a1" * 17)


def hints_of(text: str) -> int:
    return find_hints(fold([text]), _reader._hint_tables())[0]


def test_no_reading_depends_on_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, reader = random.Random(5), Reader()
    texts = ["".join(rng.choices(PIECES, k=rng.randint(0, 9))) for _ in range(4_000)]
    hinted = reader.read_many(texts)

    def all_of(folded: Folded, tables: HintTables) -> list[int]:
        return [ALL & ~AMOUNT | hints & AMOUNT for hints in find_hints(folded, tables)]

    monkeypatch.setattr(_reader, "find_hints", all_of)
    assert hinted == reader.read_many(texts)
    for part in ("numbers", "handles", "prices", "quantities", "routes", "couriers", "freshness"):
        assert sum(bool(getattr(one, part)) for one in hinted) > 20, part


@pytest.mark.kernels
@pytest.mark.parametrize(
    ("text", "other", "hint"),
    [
        ("13800o", "138000", MIXED_DIGITS),
        ("138 0000-00.00", "138 0000-00.0", PHONE),
        ("yt12345678", "ytab345678", NUMBER),
        ("T" + "a1" * 17, "T" + "a1" * 16, NAME),
        ("@a", "a@", MENTION),
        ("圆通", "通圆", COURIER),
        ("上海", "海上", PLACE),
        ("海→上", "海上", DRAWN),
    ],
)
def test_what_is_there_is_hinted(text: str, other: str, hint: int) -> None:
    assert hints_of(text) & hint
    assert not hints_of(other) & hint


def test_hints_are_of_each_text_alone() -> None:
    assert find_hints(fold(["圆", "通", "13800", "000000"]), _reader._hint_tables()) == [
        hints_of(text) for text in ("圆", "通", "13800", "000000")
    ]
