"""Texts written to be unreadable to machines: homophones, look-alikes, signs between characters, traditional ones.

The tables are the simulation's own, and small; the room `market` has its own, from other sources, and neither knows
the other. What is altered stays readable to people.
"""

import numpy as np

_WORDS = (
    ("快递", ("KD", "筷递", "kuai递", "快d", "赽递")), ("面单", ("MD", "面D", "麺单", "面當", "mian单")),
    ("单号", ("丹号", "单浩", "danhao", "单hao", "D号")), ("数据", ("数剧", "shu据", "sj", "数剧")),
    ("微信", ("薇信", "V信", "威信", "wx", "薇❤")), ("手机", ("手鸡", "shou机", "手扌几")),
    ("查询", ("木旦询", "碴询", "cha询", "查旬")), ("空包", ("空bao", "崆包", "空勹", "kb")),
    ("实时", ("实shi", "时实", "实溡")), ("内部", ("内bu", "nei部", "内卩")),
    ("一手", ("1手", "①手", "一扌")), ("料子", ("枓子", "liao子", "料孑")),
    ("信息", ("信西", "xin息", "信x")), ("身份", ("身fen", "shen份", "身亻分")),
)  # fmt: skip
_LIKE = str.maketrans("料号查手码价收货发真快信现要包单", "枓呺査扌碼價収貨發眞筷訫現婹苞単")
_TRADITIONAL = str.maketrans(
    "单号数据实时电话业务联系价格发货马图买卖优质点货问题个人员记录查询当天内长期稳定网络详细间东广苏",
    "單號數據實時電話業務聯繫價格發貨馬圖買賣優質點貨問題個人員記錄查詢當天內長期穩定網絡詳細間東廣蘇",
)
_SIGNS = "·*♥★_/|~、。-✦❤"
_HIDDEN = ("\u200b", "\u200c", "\u2060", "\ufe0f")
_DIGITS = ("０１２３４５６７８９", "⓪①②③④⑤⑥⑦⑧⑨", "零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖")


def alter(text: str, share: float, rng: np.random.Generator) -> str:
    """The text with about that share of its Han characters altered: half by sound or shape, the rest by signs."""
    if share <= 0:
        return text
    for word, others in _WORDS:
        if word in text and rng.random() < min(1.0, share * 2):
            text = text.replace(word, str(rng.choice(others)), int(rng.integers(1, 3)))
    draws, kinds, out = rng.random(len(text)), rng.random(len(text)), []
    for char, draw, kind in zip(text, draws.tolist(), kinds.tolist(), strict=True):
        if draw >= share or not "一" <= char <= "鿿":
            out.append(char)
        elif kind < 0.4:
            out.append(char.translate(_LIKE))
        elif kind < 0.6:
            out.append(char.translate(_TRADITIONAL))
        elif kind < 0.9:
            out.append(char + _SIGNS[int(draw / share * len(_SIGNS))])
        else:
            out.append(char + _HIDDEN[int(draw / share * len(_HIDDEN))])
    return "".join(out)


def hide_digits(value: str, rng: np.random.Generator, *, words: bool) -> str:
    """A number with some digits written otherwise, or broken by a sign; a person reads the same.

    words: Chinese digits are among the ways.
    """
    way = int(rng.integers(4))
    if way == 0:
        cut = len(value) // 2
        return value[:cut] + str(rng.choice((" ", "-", ".", " · "))) + value[cut:]
    digits = _DIGITS[int(rng.integers(4 if words else 2))]
    hidden = rng.random(len(value)) < (1.0 if way == 1 else 0.3)
    return "".join(
        digits[int(c)] if c.isascii() and c.isdigit() and h else c for c, h in zip(value, hidden, strict=True)
    )
