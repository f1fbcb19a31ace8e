"""Personal data of bystanders, masked in what people see.

1. Each sign that is masked becomes an asterisk, so that places in the text stay what they were: a reason is marked at
   the same place in both.
2. It is looked for in a folded copy, whose signs know their places: compatibility forms (NFKC), without what can't be
   seen, numerals of all scripts as digits. Numbers are found with signs between, with or without a country's prefix,
   and with signs, letters and Chinese characters that look or sound like digits; a tag is a sign between.
3. Masked are mobile and landline numbers, mail addresses, identity numbers with a right check digit (of 15 digits: a
   right region and day), numbers of houses, units and rooms, and the given name behind words such as 收件人. Handles of
   the seller are kept: they are what an offer is linked by.
4. What looks like a waybill number isn't masked: it is what is looked for, and says nothing of a person by itself.
5. It errs on the side of masking, and takes time in proportion to the text: where one number may begin in the other
   again and again, the whole run is masked. It is for eyes; what is kept as evidence is never changed.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from wayseal.model.numbers import couriers_of

_OWN = 0xE000
"""Numerals of Chinese become signs of their own, so that a word before a number is no digit of it."""
_HAN = {
    ord(han): chr(_OWN + digit)
    for digit, signs in enumerate(
        ("〇零洞", "一壹幺弌", "二贰貳两兩弍", "三叁參叄弎", "四肆", "五伍", "六陆陸", "七柒拐", "八捌", "九玖勾")
    )
    for han in signs
}
_HOMOPHONES = {
    ord(han): chr(_OWN + digit)
    for digit, signs in enumerate(
        (
            *("灵铃玲凌", "妖腰衣医依伊", "儿尔耳俩饵", "散伞仨", "似寺丝死斯"),
            *("武舞捂吾", "流留溜榴柳", "齐妻漆骑奇", "吧巴爸扒叭", "酒久旧救灸"),
        )
    )
    for han in signs
}
_LIKE = str.maketrans("оОοΟІіΙ∣丨хХ×○◯⭕ØøΘθӨө", "oOoOIIIIIXXXOOOOOOOOO")
_UNSEEN = frozenset({"Cf", "Mn", "Me"})
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,200}>")
_OWN_DIGITS = {_OWN + digit: str(digit) for digit in range(10)}
_LETTERS = str.maketrans("oOlI", "0011")
_ONE, _SIX, _EIGHT, _ZERO = (f"[{digit}{chr(_OWN + digit)}]" for digit in (1, 6, 8, 0))
_DIGIT, _LOOSE = "[0-9\ue000-\ue009]", "[0-9\ue000-\ue009oOlI]"
_GAP = r"[ \t.\-\u2010-\u2015\u2212~·•・∙⋅‧。,、_*()/|\\:;+=#\[\]{}<>【】「」『』〔〕《》]{0,3}"
_BEGIN = r"(?:(?<![0-9])(?=[0-9])|(?=[\ue000-\ue009])|(?<![A-Za-z0-9])(?=[lI]))"
_END = r"(?:(?<=[0-9])(?![0-9])|(?<=[\ue000-\ue009])(?![\ue000-\ue009])|(?<=[oOlI])(?![A-Za-z0-9]))"
_CHINA = rf"(?:{_ZERO}{_GAP})?{_EIGHT}{_GAP}{_SIX}\)?{_GAP}"
_ABROAD = rf"(?:\+|(?<![A-Za-z0-9]){_ZERO}{_GAP}{_ZERO}|(?<!\d)\(){_GAP}{_CHINA}{_ZERO}?"
_BARE = rf"(?<![A-Za-z0-9])(?:{_CHINA}|{_ZERO}{_GAP})"
_AREA = rf"(?:{_ONE}{_GAP}{_ZERO}|[2\ue002]{_GAP}{_DIGIT}|[3-9\ue003-\ue009]{_GAP}{_DIGIT}{_GAP}{_DIGIT})"
_CELL, _LINE = rf"[1\ue001lI]{_GAP}[3-9\ue003-\ue009](?:{_GAP}{_LOOSE}){{9}}", rf"(?:{_GAP}{_DIGIT}){{7,8}}"
_MOBILE = rf"(?:{_ABROAD}|{_BARE}|{_BEGIN})(?P<core>{_CELL}){_END}"
_LANDLINE = rf"(?:{_ABROAD}|{_BEGIN}{_ZERO}){_GAP}{_AREA}(?P<core>{_LINE}){_END}"


def _two(*pairs: str, like: str) -> str:
    """Two digits, each pair a first one and those that may follow; like: letters that stand for 0 and 1, or none."""
    said = {"0": like[:2], "1": like[2:]}
    return "|".join(
        _GAP.join(
            "[" + "".join(one + chr(_OWN + int(one)) + said.get(one, "") for one in part) + "]" for part in (a, b)
        )
        for a, b in (pair.split(":") for pair in pairs)
    )


def _born(sign: str, like: str, before: int) -> str:
    """A region, so many digits, and a month and day."""
    region = _two("1:12345", "2:123", "3:1234567", "4:123456", "5:01234", "6:12345", "7:1", "8:12", like=like)
    month = _two("0:123456789", "1:012", like=like)
    day = _two("0:123456789", "12:0123456789", "3:01", like=like)
    return rf"(?:{region})(?:{_GAP}{sign}){{{before}}}{_GAP}(?:{month}){_GAP}(?:{day})"


_IDENTITY = (
    rf"{_BEGIN}(?P<core>{_born(_LOOSE, 'oOlI', 8)}(?:{_GAP}{_LOOSE}){{3}}{_GAP}[0-9\ue000-\ue009oOlIXx])(?![A-Za-z0-9])"
)
_OLD = rf"{_BEGIN}(?P<core>{_born(_DIGIT, '', 6)}(?:{_GAP}{_DIGIT}){{3}})(?![A-Za-z0-9])"
_LONG, _RUN = re.compile(rf"(?:{_LOOSE}{_GAP}){{9}}"), re.compile(rf"(?:{_GAP}{_LOOSE})*+")
_MANY = 4
"""So many numbers that may begin one in the other are no list of them: the whole run is masked (rule 5)."""
_WAYBILL_WORD = re.compile(r"(?:单号|運單|运单|快递|快遞|面单)[^\n]{0,8}$")
_DECIMAL = re.compile(
    r"(?<![\d.])\d{1,4}\.\d{1,2}(?![\d.])|(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:])|"
    r"(?<!\d)20\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:[12]\d|3[01]|0?[1-9])(?!\d)"
)
"""Prices, times and days."""
_MAIL = re.compile(r"(?<![A-Za-z0-9._%+-])([A-Za-z0-9._%+-]{1,64})@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_NUMERAL = "[0-9一二三四五六七八九十百零〇A-Za-z\\-]"
_HOUSE = re.compile(rf"({_NUMERAL}{{1,8}})\s?(?:号院|号楼|号|弄|栋|幢|座|单元|室|层|楼)(?![码称])")
_PLACE = re.compile(
    r"[\u4e00-\u9fff]{1,12}(?:省|市|区|县|镇|乡|村|街道|路|街|大道|道|巷|胡同|小区|花园|公寓|大厦|苑|里)"
)
_NEAR = 24
"""Signs after a place within which a number is one of a house."""
_SURNAMES = "欧阳|司马|上官|诸葛|夏侯|皇甫|尉迟|公孙|慕容|令狐|东方|南宫"
_NAME = re.compile(
    r"(?:收件人|收货人|寄件人|发件人|联系人|收方|寄方|姓名|收件|客户)(?:姓名)?\s{0,3}[:：]?\s{0,3}"
    rf"((?:{_SURNAMES}|[\u4e00-\u9fff])([\u4e00-\u9fff·]{{1,3}}))(?![\u4e00-\u9fff])"
)
_NO_NAMES = frozenset(
    (
        *("地址", "电话", "信息", "手机", "号码", "方式", "姓名", "资料"),
        *("数据", "签收", "单号", "面单", "人数", "时间", "网点"),
    )
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
Span = tuple[int, int]
_Fits = Callable[[str, re.Match[str]], bool]


def mask_text(text: str, keep: Iterable[str] = ()) -> str:
    """A text with bystanders' personal data masked (rules 1 to 5).

    Args:
        text: As it was seen.
        keep: Values of the seller's handles, in any spelling.

    Returns:
        A text of the same length.
    """
    kept = {plain[-11:] if plain.isdecimal() else plain for one in keep if (plain := _plain(one))}
    signs = list(text)
    folded, places = _fold(text)
    for start, end in _spans(folded, kept):
        for at in places[start:end]:
            signs[at] = "*" if signs[at].isprintable() and not signs[at].isspace() else signs[at]
    return "".join(signs)


def _fold(text: str) -> tuple[str, Sequence[int]]:
    """The copy in which things are looked for, and the place in the text of each of its signs (rule 2)."""
    drawn = _TAG.sub(lambda tag: " " + "\u200b" * (len(tag[0]) - 1), text)
    table = {ord(one): _folded(one) for one in set(drawn)}
    if all(len(signs) == 1 for signs in table.values()):
        return drawn.translate(table), range(len(drawn))
    return drawn.translate(table), [at for at, one in enumerate(drawn) for _ in table[ord(one)]]


@cache
def _folded(sign: str) -> str:
    digit = unicodedata.numeric(sign, -1)
    if digit in range(10) and (unicodedata.category(sign) in {"Nd", "No"} or "〡" <= sign <= "〩"):
        return str(int(digit))
    if sign in _FILLERS or unicodedata.category(sign) in _UNSEEN:
        return ""
    whole = unicodedata.normalize("NFKC", sign).translate(_LIKE)
    return "".join("\ufffd" if ord(one) in _OWN_DIGITS else one for one in whole)


def _spans(text: str, kept: set[str]) -> Iterator[Span]:
    numbers = text.translate(_HAN)
    for view in {numbers, numbers.replace("|", "I"), numbers.translate(_HOMOPHONES)}:
        if _LONG.search(view):
            for pattern, shown, fits in _NUMBERS:
                yield from _found(view, pattern, shown, fits, kept)
    for found in _MAIL.finditer(text):
        if _plain(found[0]) not in kept:
            yield found.span(1)
    yield from _houses(text)
    for found in _NAME.finditer(text):
        if found[1] not in _NO_NAMES and not found[1].startswith(tuple(_NO_NAMES)):
            yield found.span(2)


def _found(text: str, pattern: re.Pattern[str], shown: int, fits: _Fits, kept: set[str]) -> Iterator[Span]:
    """Numbers of one kind; what is dear is asked of a bounded part of the places where one may begin."""
    at, end, met = 0, 0, 0
    while found := pattern.search(text, at):
        at = found.start() + 1
        met = met + 1 if found.start("core") < end else 1
        end = found.end("core")
        number = _number(found["core"])
        if not (met >= _MANY or fits(number, found)) or (kept and {number, _number(found[1])[-11:]} & kept):
            continue
        if _is_told(text, found):
            met = 0
        elif met >= _MANY and (run := _RUN.match(text, found.start("core"))):
            at = run.end()
            yield run.span()
        else:
            yield _without(found, shown), end


def _is_told(text: str, found: re.Match[str]) -> bool:
    """Check for a waybill number by its letters, or for prices one after the other (rule 4)."""
    start, end = found.span(1)
    letters = re.findall("[A-Za-z][A-Za-z0-9]{0,7}$", text[max(0, start - 8) : start])
    whole = re.findall("^[A-Za-z0-9]+", text[start : start + 40])
    waybill = letters and any(couriers_of(letters[0] + one) for one in (*whole, text[start:end].translate(_OWN_DIGITS)))
    return len([*_DECIMAL.finditer(text[max(0, start - 5) : end])]) > 1 or bool(waybill)


def _without(found: re.Match[str], shown: int) -> int:
    """Where the mask begins: after so many digits of what was found."""
    digits = [one.start() for one in re.finditer(_LOOSE, found["core"])]
    return found.start("core") + (digits[shown] if shown else 0)


def _houses(text: str) -> Iterator[Span]:
    """Numbers behind a place, each near the one before."""
    for place in _PLACE.finditer(text):
        end = place.end()
        for found in _HOUSE.finditer(text, end, end + 4 * _NEAR):
            if found.start() - end > _NEAR:
                break
            yield found.span(1)
            end = found.end()


def _plain(value: str) -> str:
    """A handle without the signs that people put between, digits in one spelling."""
    return "".join(one.casefold() for one in _fold(value)[0] if one.isalnum() or one in "@.")


def _number(found: str) -> str:
    """The digits of what was found, in ASCII."""
    return "".join(one for one in found.translate(_OWN_DIGITS).translate(_LETTERS) if one in "0123456789Xx")


def _is_mobile(number: str, found: re.Match[str]) -> bool:
    return bool(number) and len(re.findall(_DIGIT, found["core"])) >= 4


def _is_identity(number: str, found: re.Match[str]) -> bool:
    del found
    if not number[:17].isdecimal():
        return False
    check = "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, number, strict=False)) % 11]
    return number[17].upper() == check


def _is_old(number: str, found: re.Match[str]) -> bool:
    """One of 15 digits; where words say that it is a waybill number, it is (rule 4)."""
    del number
    said = found.string[max(0, found.start() - 12) : found.start()]
    return _WAYBILL_WORD.search(said) is None


_NUMBERS = tuple(
    (re.compile(f"(?=({pattern}))"), shown, fits)
    for pattern, shown, fits in (
        (_MOBILE, 3, _is_mobile),
        (_LANDLINE, 0, lambda number, found: True),
        (_IDENTITY, 2, _is_identity),
        (_OLD, 2, _is_old),
    )
)
"""What is looked for wherever it may begin, how many digits of it are shown, and what must hold of it."""
