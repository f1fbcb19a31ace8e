"""Personal data of bystanders, masked in what people see.

1. Each sign that is masked becomes an asterisk, so that places in the text stay what they were: a reason is marked at
   the same place in both.
2. Masked are mobile and landline numbers, mail addresses, identity numbers with a right check digit, numbers of houses,
   units and rooms, and the given name behind words such as 收件人. Handles of the seller are kept: they are what an
   offer is linked by.
3. What looks like a waybill number isn't masked: it is what is looked for, and says nothing of a person by itself.
4. It errs on the side of masking. It is for eyes; what is kept as evidence is never changed.
"""

import re
from collections.abc import Callable, Iterable, Iterator

_UNSEEN = r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]*"
_GAP = rf"{_UNSEEN}[ \t\-\u2010-\u2015.·_]?{_UNSEEN}"
_DIGIT = "[0-9０-９]"
_BEFORE, _AFTER = rf"(?<!{_DIGIT})", rf"(?!{_DIGIT})"
_MOBILE = re.compile(rf"{_BEFORE}[1１][3-9３-９](?:{_GAP}{_DIGIT}){{9}}{_AFTER}")
_LANDLINE = re.compile(rf"{_BEFORE}[0０]{_DIGIT}{{2,3}}[ \t\-\u2010-\u2015]{_DIGIT}{{7,8}}{_AFTER}")
_IDENTITY = re.compile(rf"{_BEFORE}{_DIGIT}{{17}}[0-9０-９XxＸｘ](?![0-9０-９A-Za-z])")
_MAIL = re.compile(r"(?<![A-Za-z0-9._%+-])([A-Za-z0-9._%+-]{1,64})@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_NUMERAL = "[0-9０-９一二三四五六七八九十百零〇A-Za-z\\-]"
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
    {
        "地址",
        "电话",
        "信息",
        "手机",
        "号码",
        "方式",
        "姓名",
        "资料",
        "数据",
        "签收",
        "单号",
        "面单",
        "人数",
        "时间",
        "网点",
    }
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
Span = tuple[int, int]


def mask_text(text: str, keep: Iterable[str] = ()) -> str:
    """A text with bystanders' personal data masked (rules 1 to 4).

    Args:
        text: As it was seen.
        keep: Values of the seller's handles, in any spelling.

    Returns:
        A text of the same length.
    """
    kept = {plain for one in keep if (plain := _plain(one))}
    signs = list(text)
    for start, end in _spans(text, lambda value: _plain(value) in kept):
        signs[start:end] = ["*" if one.isprintable() and not one.isspace() else one for one in signs[start:end]]
    return "".join(signs)


def _spans(text: str, kept: Callable[[str], bool]) -> Iterator[Span]:
    for found in _MOBILE.finditer(text):
        if not kept(found[0]):
            yield _part(text, found.span(), head=3, tail=0)
    for found in _LANDLINE.finditer(text):
        if not kept(found[0]):
            yield found.start() + 3, found.end()
    for found in _IDENTITY.finditer(text):
        if _is_identity(found[0]):
            yield found.start() + 2, found.end()
    for found in _MAIL.finditer(text):
        if not kept(found[0]):
            yield found.span(1)
    yield from _houses(text)
    for found in _NAME.finditer(text):
        if found[1] not in _NO_NAMES and not found[1].startswith(tuple(_NO_NAMES)):
            yield found.span(2)


def _houses(text: str) -> Iterator[Span]:
    """Numbers behind a place, each near the one before."""
    for place in _PLACE.finditer(text):
        end = place.end()
        for found in _HOUSE.finditer(text, end, end + 4 * _NEAR):
            if found.start() - end > _NEAR:
                break
            yield found.span(1)
            end = found.end()


def _part(text: str, span: Span, *, head: int, tail: int) -> Span:
    """The span without so many digits at its beginning and end."""
    start, end = span
    digits = [place for place in range(start, end) if text[place].isdecimal()]
    return digits[head], digits[len(digits) - 1 - tail] + 1


def _plain(value: str) -> str:
    """A handle without the signs that people put between, digits in one spelling."""
    return "".join(
        str(int(one)) if one.isdecimal() else one.casefold() for one in value if one.isalnum() or one in "@."
    )  # fmt: skip


def _is_identity(value: str) -> bool:
    digits = [int(one) for one in value[:17]]
    month, day = digits[10] * 10 + digits[11], digits[12] * 10 + digits[13]
    check = "10X98765432"[sum(w * d for w, d in zip(_WEIGHTS, digits, strict=True)) % 11]
    last = value[17]
    said = str(int(last)) if last.isdecimal() else "X"
    return 1 <= month <= 12 and 1 <= day <= 31 and said == check
