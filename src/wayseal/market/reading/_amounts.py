"""Prices and quantities in a text.

1. A price is in yuan: 元, 块, 毛, 角, ¥, or a bare number right before or after what it is for (1.2一个, 一个1.2).
   What one earns, pays down or is fined is no price of goods, and other currencies are left alone.
2. 块 and 毛 take a tail: 一块五 is 1.5, 8毛5 is .85, 1块2毛5 is 1.25. 一 and a word behind it count goods (2毛一枚).
3. What the price is for is said by the counter (个, 条, 张, 单); 单 and 个 mean what the text is about.
4. A quantity has a counter or a multiple, and is no price; it is a day's if the words before it say so.
"""

import re
from collections.abc import Iterator, Sequence

from wayseal.market.reading._hints import (
    AMOUNT,
    COIN,
    COUNTED,
    DAY,
    DIGIT,
    DIGITS,
    FOR_ONE,
    PER,
    SIGN,
    SPACES,
    TIMES,
    Need,
)
from wayseal.market.reading._view import View
from wayseal.market.types import Kind, Price, Quantity

_NUMBER = r"(?:[0-9]{1,7}(?:\.[0-9]{1,3})?|[零一二两三四五六七八九十百半]{1,4})"
_COUNTERS = "个条张单件份票次组"
_COUNTER = f"[{_COUNTERS}]"
_TAIL = rf"(?![1一](?![一钱起的每左])[\u3400-\u9fff])[0-9一二两三四五六七八九](?![0-9{_COUNTERS}万千百])"
_PRICE = re.compile(
    rf"(?P<before>(?:一|每|1){_COUNTER}[:是卖只要给]{{0,2}}|[0-9]?{_COUNTER}/)?"
    rf"(?:¥\s?(?P<sign>[0-9]{{1,7}}(?:\.[0-9]{{1,3}})?)"
    rf"|(?P<value>{_NUMBER})\s?(?P<coin>元|块|毛|角|rmb)(?:(?P<tail>{_TAIL})(?:[毛角](?P<last>{_TAIL})?)?)?钱?"
    rf"|(?P<bare>[0-9]{{1,3}}\.[0-9]{{1,2}}|[0-9]{{1,3}}))"
    rf"(?P<after>\s?(?P<per>/|一|每|(?<=[元块毛角])1)?{_COUNTER})?"
)
_COINS = {"元": 1.0, "块": 1.0, "毛": 0.1, "角": 0.1, "rmb": 1.0}
_EARNED = re.compile(r"(?:赚|入|薪|收益|押金|罚|赔|工资|奖|返|额度|充|损失|补贴|底薪|提成)[约到达过超]?[:]?$")
_QUANTITY = re.compile(
    rf"(?P<value>[0-9]{{1,7}}(?:\.[0-9]{{1,2}})?|[一二两三四五六七八九十百千几]{{1,4}})\s?(?P<by>万|千|w|k|百)?"
    rf"(?:多|余|\+|来)?(?P<counter>{_COUNTER})?(?![0-9a-z元块毛角岁年月点折])"
)
_BY = {"万": 10_000, "w": 10_000, "千": 1_000, "k": 1_000, "百": 100}
_DAILY = re.compile(
    r"(?:每天|每日|日更|日更新|日供|日发|日出|日单|日需|日产|日均|一天|天天|当日|今日|日用|日)[\u4e00-\u9fff:~约]{0,4}$"
)
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
_UNITS = {"条": "record", "张": "label", "件": "parcel", "票": "parcel", "次": "lookup"}
_OF_KIND = {
    Kind.WAYBILL: "number",
    Kind.EMPTY_PARCELS: "parcel",
    Kind.PERSONAL: "lookup",
    Kind.INSIDER: "lookup",
    Kind.LOGISTICS: "parcel",
    Kind.OTHER: "",
}
_IN_NUMBER, _IN_COUNT = DIGITS + "零一二两三四五六七八九十百半", DIGITS + "一二两三四五六七八九十百千几"
NEEDS = (
    Need(hint=AMOUNT, any_of=DIGITS + "万千百元块毛角个条张单件份票次"),
    Need(hint=DIGIT, any_of=DIGITS),
    Need(hint=SIGN, any_of="¥"),
    Need(hint=COIN, any_of="元块毛角r", after=_IN_NUMBER + SPACES),
    Need(hint=FOR_ONE, any_of=_COUNTERS, after="一每1/"),
    Need(hint=PER, any_of="/", after=_COUNTERS),
    Need(hint=COUNTED, any_of=_COUNTERS, after=_IN_COUNT + "万千wk百多余+来" + SPACES),
    Need(hint=DAY, any_of="日天"),
    Need(hint=TIMES, any_of="万千wk百", after=_IN_COUNT + SPACES),
)


def find_prices(view: View, kind: Kind) -> list[Price]:
    """The prices of a text (rules 1 to 3). kind: what it is about."""
    found: list[Price] = []
    hints = view.hints
    if not (hints & (SIGN | COIN) or (hints & DIGIT and hints & (FOR_ONE | PER))):
        return found
    for match in _PRICE.finditer(view.text):
        yuan = _yuan_of(match)
        start, end = match.span()
        if yuan is None or yuan <= 0 or _EARNED.search(view.text, max(0, start - 6), start) or _goes_on(view.text, end):
            continue
        counter = (match.group("after") or match.group("before") or "").strip(" /:")
        found.append(Price(yuan=round(yuan, 3), unit=_unit_of(counter, kind), at=view.place(start, end)))
    return found


def find_quantities(view: View, kind: Kind, prices: Sequence[Price]) -> list[Quantity]:
    """The quantities of a text (rule 4)."""
    hints = view.hints
    if not (hints & COUNTED or (hints & DAY and hints & TIMES)):
        return []
    return list(_quantities(view, kind, [price.at for price in prices]))


def _quantities(view: View, kind: Kind, taken: Sequence[tuple[int, int]]) -> Iterator[Quantity]:
    at = 0
    for match in _QUANTITY.finditer(view.text):
        start, end = match.span()
        value, by, counter = parse_number(match.group("value")), match.group("by"), match.group("counter")
        if value is None or (start and (view.text[start - 1].isalnum() and view.text[start - 1].isascii())):
            continue
        daily = _DAILY.search(view.text, max(0, start - 8), start) is not None
        count = round(value * _BY.get(by or "", 1))
        enough = (counter is not None and count >= 10) or (daily and by is not None)
        if not enough or (counter is None and match.group("value")[0] in "十百千" and by is None):
            continue
        place = view.place(start, end)
        while at < len(taken) and taken[at][1] <= place[0]:
            at += 1
        if at < len(taken) and taken[at][0] < place[1]:
            continue
        yield Quantity(count=count, unit=_unit_of(counter or "", kind), daily=daily, at=place)


def parse_number(text: str) -> float | None:
    """A number of digits or of Chinese words up to 万; None if it is none."""
    if text[0].isdigit():
        return float(text)
    if text == "半":
        return 0.5
    total, current = 0, 0
    for char in text:
        if char in _DIGITS:
            current = current * 10 + _DIGITS[char] if current else _DIGITS[char]
        elif char in "十百千":
            total += (current or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            current = 0
        else:
            return None
    return float(total + current)


def _yuan_of(match: re.Match[str]) -> float | None:
    if match.group("sign"):
        return float(match.group("sign"))
    coin = match.group("coin")
    if coin:
        value, tail = parse_number(match.group("value")), match.group("tail")
        if value is None:
            return None
        more, last = (parse_number(digit) if digit else None for digit in (tail, match.group("last")))
        return (value + (more or 0.0) / 10 + (last or 0.0) / 100) * _COINS[coin]
    if match.group("bare") and (match.group("before") or match.group("per")):
        return float(match.group("bare"))
    return None


def _goes_on(text: str, end: int) -> bool:
    """Whether the number goes on, so that what was read isn't all of it."""
    return end < len(text) and (text[end].isdigit() or text[end] in "万千百倍折.%")


def _unit_of(counter: str, kind: Kind) -> str:
    return _UNITS.get(counter[-1:], _OF_KIND[kind] if counter else "")
