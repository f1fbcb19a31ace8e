"""Waybill numbers in a text.

1. What may be one has a courier's format (`model.numbers`), and is no phone and no number of an identity card; marks
   and spaces inside are dropped, and Chinese digits and letters that stand for digits are read.
2. Nothing inside a link, a handle or a longer name is one.

Prices and quantities in a text.

3. A price is in yuan: 元, 块, 毛, 角, ¥, or a bare number right before or after what it is for (1.2一个, 一个1.2).
   What one earns, pays down or is fined is no price of goods, and other currencies are left alone.
4. 块 and 毛 take a tail: 一块五 is 1.5, 8毛5 is .85, 1块2毛5 is 1.25. 一 and a word behind it count goods (2毛一枚).
5. What the price is for is said by the counter (个, 条, 张, 单); 单 and 个 mean what the text is about.
6. A quantity has a counter or a multiple, and is no price; it is a day's if the words before it say so.

Addresses in a text: chat services, invitations, phones, mail, links, payment.

7. A handle has one clean spelling: lower case, without marks; invitations and payment addresses keep their case.
8. Where a text says of what service a handle is (微信, qq, 飞机), it is of that one; a number that is a phone's as well
   is told as that, too.
9. Chinese digits inside or at the end of a handle, and a space inside, belong to it: what stands before the space is
   too short to be one, or only a few digits follow that say nothing else.
10. Every pattern looks at each character a bounded number of times.
"""

import re
from collections.abc import Iterator, Sequence

from wayseal.market.reading._hints import (
    AMOUNT,
    CHINESE_DIGITS,
    COIN,
    COUNTED,
    DAY,
    DIGIT,
    DIGITS,
    FOR_ONE,
    LETTERS,
    LINK,
    MENTION,
    NAME,
    PER,
    PHONE,
    PLAIN_DIGITS,
    SERVICE,
    SIGN,
    SITE,
    SPACES,
    TIMES,
    Need,
    View,
    need_words,
)
from wayseal.market.types import Handle, HandleKind, Kind, NumberCandidate, Price, Quantity
from wayseal.model.numbers import Formats, clean_waybill, couriers_of, looks_like_waybill

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
AMOUNT_NEEDS = (
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
    """The prices of a text (rules 3 to 5). kind: what it is about."""
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
    """The quantities of a text (rule 6)."""
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
    """Check if the number goes on, so that what was read isn't all of it."""
    return end < len(text) and (text[end].isdigit() or text[end] in "万千百倍折.%")


def _unit_of(counter: str, kind: Kind) -> str:
    return _UNITS.get(counter[-1:], _OF_KIND[kind] if counter else "")


_HAN = r"\u3007\u3400-\u9fff"
_CHINESE = f"[{CHINESE_DIGITS}]"
_READ = (
    rf"{_CHINESE}(?:(?={_CHINESE}{{0,7}}(?:[0-9_]|[a-z][a-z0-9_]|(?![{_HAN}a-z])))"
    rf"|(?={_CHINESE}{{2}})|(?<={_CHINESE}{{3}})|(?<={_CHINESE}{{2}})(?={_CHINESE}))"
)
"""Chinese digits in a handle (rule 9)."""
_FIGURE = f"[0-9{CHINESE_DIGITS}]"
_LETTER = rf"(?:[a-z0-9_-]|{_READ})"
_NAME = rf"(?:(?!https?:|t\.me/)[a-z0-9_]|{_READ}){{4,32}}"
_COUNTED = "个条张单件份票次组元块毛角万千百起岁年月点u"
_CUT = rf"[a-z][a-z0-9_]{{1,4}}\s(?=[a-z0-9_]*[0-9_])(?:[a-z0-9_]|{_READ}){{2,12}}(?!\s?[{_COUNTED}])"
_CUT_NAME = r"[a-z][a-z0-9_]{1,3}\s(?=[0-9_]*[a-z])(?=[a-z]*[0-9_])[a-z0-9_]{2,12}"
_MORE = rf"(?:\s[0-9]{{1,4}}(?!\s?[{_HAN}a-z0-9.%]))?"
"""A handle that is cut at a space (rule 9): after a service's name, after @ alone; and what may follow a whole one."""
_LINKS = re.compile(
    r"(?P<invite>(?:https?://)?(?:t|telegram)\.me/(?:\+|joinchat/)(?:(?!https?:)[a-z0-9_-]){8,40}"
    r"|(?:https?://)?(?:chat\.whatsapp\.com|discord\.gg|qm\.qq\.com|jq\.qq\.com|u\.wechat\.com)/(?:(?!https?:)[!-~]){4,200})"
    rf"|(?:https?://)?(?:t|telegram)\.me/(?:s/)?(?P<chat>{_NAME})"
    r"|(?P<mail>[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{2,62}){1,4})"
    rf"|@\s?(?P<at>[a-z]{_NAME}|{_CUT_NAME})"
    r"|(?P<link>https?://(?:(?!https?:)[!-~]){3,2000}|(?<![a-z0-9.])www\.[a-z0-9-]{1,63}(?:\.[a-z0-9-]{2,63}){1,4}[!-~]{0,200})"
    r"|(?<![a-z0-9])(?P<wallet>t[1-9a-z]{33}|0x[0-9a-f]{40})(?![a-z0-9])"
)
_BETWEEN = r"(?:号码|账号|帐号|群号|客服|号|群)?[\s:;=+/是为加→➡➜👉>-]{0,4}"
_SAID = re.compile(
    rf"(?:(?P<qq>qq|扣扣|抠抠|企鹅|(?<![a-z0-9])q(?=[\s:➡→])){_BETWEEN}(?P<qq_is>{_FIGURE}(?:[ ·.-]?{_FIGURE}){{4,10}})"
    rf"|(?P<wechat>微信|wechat|weixin|加微|微号|绿泡泡|绿泡|卫星|(?<![a-z0-9])(?:v|w|wx|vx)(?=[\s:+]))(?!群)"
    rf"{_BETWEEN}(?P<wechat_is>[a-z]{_LETTER}{{5,19}}{_MORE}|{_CUT}|1[3-9][0-9]{{9}}|[0-9]{{6,12}})"
    rf"|(?P<telegram>飞机|电报|telegram|(?<![a-z0-9])tg){_BETWEEN}(?P<telegram_is>[a-z]{_NAME}|{_CUT})"
    rf"|(?P<payment>支付宝){_BETWEEN}(?P<payment_is>1[3-9][0-9]{{9}}))(?![a-z0-9_@])"
)
_SERVICES = (
    ("qq", HandleKind.QQ),
    ("wechat", HandleKind.WECHAT),
    ("telegram", HandleKind.TELEGRAM),
    ("payment", HandleKind.PAYMENT),
)
_PHONE = re.compile(r"(?<![0-9a-z])(?:(?:\+|00)?86[ -]?)?(1[3-9][0-9](?:[ .-]?[0-9]){8})(?![0-9])")
_SERVICE_WORDS = "qq 扣扣 抠抠 企鹅 微信 we 加微 微号 绿泡 卫星 wx vx 飞机 电报 te tg 支付".split()
HANDLE_NEEDS = (
    Need(hint=LINK, any_of="/", after="emg/"),
    Need(hint=MENTION, any_of=DIGITS + LETTERS + SPACES, after="@"),
    Need(hint=SITE, any_of=".", after="w"),
    need_words(SERVICE, _SERVICE_WORDS),
    Need(hint=SERVICE, any_of=SPACES + ":+➡→", after="qvw"),
)
ADDRESSED = LINK | MENTION | SITE | NAME | SERVICE | PHONE
_NO_NAMES = frozenset({"https", "http", "gmail", "qq", "admin"})


def find_handles(view: View) -> list[Handle]:
    """The handles of a text, in its order; the same one once (rules 7 and 8)."""
    hints = view.hints
    found: dict[tuple[HandleKind, str], Handle] = {}
    if hints & (LINK | MENTION | SITE | NAME):
        for handle in _linked(view):
            found.setdefault((handle.kind, handle.value), handle)
    if hints & SERVICE:
        for handle in _said(view):
            found.setdefault((handle.kind, handle.value), handle)
    if hints & PHONE:
        for handle in _phones(view):
            found.setdefault((handle.kind, handle.value), handle)
    if len(found) < 2:
        return list(found.values())
    return sorted(found.values(), key=lambda handle: handle.at or (0, 0))


def _linked(view: View) -> Iterator[Handle]:
    for match in _LINKS.finditer(view.text):
        at = view.place(*match.span())
        group = match.lastgroup
        if group == "invite":
            spelled = view.spelled(*match.span())
            yield Handle(kind=HandleKind.INVITE, value=re.sub(r"^(?i:https?://)?", "https://", spelled), at=at)
        elif group in {"chat", "at"}:
            name = _spell(match.group(group))
            if name not in _NO_NAMES:
                yield Handle(kind=HandleKind.TELEGRAM, value=f"@{name}", at=at)
        elif group == "mail":
            mail = match.group("mail")
            yield Handle(kind=HandleKind.EMAIL, value=mail, at=at)
            name, _, host = mail.partition("@")
            if host == "qq.com" and name.isdigit() and 5 <= len(name) <= 11:
                yield Handle(kind=HandleKind.QQ, value=name, at=at)
        elif group == "wallet":
            yield Handle(kind=HandleKind.PAYMENT, value=view.spelled(*match.span()), at=at)
        else:
            yield Handle(kind=HandleKind.LINK, value=view.spelled(*match.span()), at=at)


def _said(view: View) -> Iterator[Handle]:
    for match in _SAID.finditer(view.plain):
        for name, kind in _SERVICES:
            value = match.group(f"{name}_is")
            if value is not None:
                at = view.place(*match.span(f"{name}_is"))
                value = _spell(value)
                shown = f"@{value}" if kind is HandleKind.TELEGRAM else value
                shown = re.sub(r"[·.-]", "", value) if kind is HandleKind.QQ else shown
                yield Handle(kind=kind, value=shown, at=at)


def _spell(name: str) -> str:
    """A handle's clean spelling (rule 9)."""
    if name.isidentifier() and name.isascii():
        return name
    return re.sub(r"\s", "", name).translate(PLAIN_DIGITS)


def _phones(view: View) -> Iterator[Handle]:
    for match in _PHONE.finditer(view.plain):
        value = re.sub(r"[ .-]", "", match.group(1))
        yield Handle(kind=HandleKind.PHONE, value=value, at=view.place(*match.span(1)))


_RUN = re.compile(r"(?<![a-z0-9@_/.])[a-z]{0,4}[0-9](?:[ .-]?[a-z0-9]){9,24}(?![a-z0-9_])")
AS_WRITTEN, READ = 1.0, 0.9
"""Probabilities: of a number whose digits are written as digits, and of one that took reading."""


def find_numbers(view: View, handles: Sequence[Handle], own: Formats = ()) -> list[NumberCandidate]:
    """Find possible waybill numbers in a text. own: formats that were learnt, beside those of couriers."""
    found: dict[str, NumberCandidate] = {}
    taken = [handle.at for handle in handles if handle.at is not None]
    for match in _RUN.finditer(view.plain):
        number = clean_waybill(match.group())
        if not looks_like_waybill(number):
            continue
        couriers = couriers_of(number, own)
        place = view.place(*match.span())
        if not couriers or any(start < place[1] and place[0] < end for start, end in taken):
            continue
        same = match.group() == view.text[match.start() : match.end()]
        found.setdefault(
            number,
            NumberCandidate(number=number, couriers=couriers, probability=AS_WRITTEN if same else READ, at=place),
        )
    return list(found.values())
