"""Hints save time and change no reading. All handles and texts are invented."""

import random

import pytest

from wayseal.market.reading import Reader, _reader
from wayseal.market.reading._fold import Folded, fold
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
