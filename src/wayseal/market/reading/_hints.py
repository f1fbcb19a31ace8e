"""What a text has of what patterns can't do without, found for all texts at once, so that few patterns are tried.

1. A hint is a bit. It says that a character, or one of some characters right before one of others, stands in the folded
   text; that a run of characters is long enough; or that something was dropped between two characters.
2. Hints never say too little: where a pattern finds something, its hints are there. They may say too much, and the
   pattern then finds nothing. So they save time and change no reading. `AMOUNT` alone is a condition of its own: what
   has none of those characters is no amount, whatever a pattern finds (两rmb).
3. What a finder needs stands beside its patterns (`NEEDS`); this module knows characters and bits alone.

One folded text beside what was seen, for extraction.

4. Patterns are tried on the folded copy, and on one of the same length in which numbers are plain digits; what they
   find is placed in the text as it was seen.
5. Runs of digits are put plain as a whole: Chinese digits, and the letters o, l and i where enough digits stand beside
   them. A run of Chinese digits alone is a number from five on: 一一 and 三三 are words.

Routes, couriers and freshness in a text.

6. A route is two places with a word between that leads from one to the other, or one place with a word that says which
   end it is. 全国 and the like leave an end open.
7. A courier is named in full, by letters that are a word of their own, or as one of a group (三通一达); in a text about
   parcels also by characters that sound like its name, unless they are everyday words.
8. The freshest that a text says is what it is about.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from wayseal.market.reading._fold import FIRST_HAN, Bounds, Folded, tables
from wayseal.market.types import FLAGGED, Kind, Route
from wayseal.model.arrays import Codes, Ints
from wayseal.model.runtime import kernel

DIGITS, LETTERS = "0123456789", "abcdefghijklmnopqrstuvwxyz"
CHINESE_DIGITS, DIGIT_LETTERS = "零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺", "oli"
"""What is read as a digit beside digits."""
SPACES = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
"""What a pattern's `\\s` is."""

(
    MIXED_DIGITS, PHONE, NUMBER, NAME,
    AMOUNT, DIGIT, SIGN, COIN, FOR_ONE, PER, COUNTED, DAY, TIMES,
    LINK, MENTION, SITE, SERVICE,
    PLACE, LED_FROM, LED_TO, DRAWN, END, COURIER, FRESH,
) = (1 << bit for bit in range(24))  # fmt: skip
"""Bits. The first four are runs: of five digits or more, not all of them plain; of eleven with marks between; of ten
letters, digits and marks with eight digits among them; of 34 letters and digits."""
_MIXED_FROM, _PHONE_FROM, _NUMBER_FROM, _DIGITS_OF_NUMBER, _NAME_FROM = 5, 11, 10, 8, 34
_DIGIT, _CHINESE, _DIGIT_LETTER, _LETTER, _MARK = 1, 2, 4, 8, 16
_READ_AS_DIGIT, _WORD = _DIGIT | _CHINESE | _DIGIT_LETTER, _DIGIT | _DIGIT_LETTER | _LETTER
_CLASSES = (
    (DIGITS, _DIGIT),
    (CHINESE_DIGITS, _CHINESE),
    (LETTERS, _LETTER),
    (DIGIT_LETTERS, _DIGIT_LETTER),
    (" .-", _MARK),
)
_CODES = 0x110000


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The needs of a hint: any of some characters; with `after`, only right after one of those (rule 1)."""

    hint: int
    any_of: str
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HintTables:
    """By code point: hints that it sets alone, as the first and as the second of two, and its class in runs."""

    alone: Ints
    first: Ints
    second: Ints
    classes: npt.NDArray[np.uint8]


def need_words(hint: int, words: Iterable[str]) -> Need:
    """Build the need of one of some words: how any of them begins (two characters)."""
    known = list(words)
    return Need(hint=hint, any_of="".join({word[1] for word in known}), after="".join({word[0] for word in known}))


def lay_out_hints(needs: Iterable[Need]) -> HintTables:
    """Tables for `find_hints`."""
    alone, first, second = (np.zeros(_CODES, np.int32) for _ in range(3))
    for need in needs:
        if need.after:
            first[_codes(need.after)] |= np.int32(need.hint)
            second[_codes(need.any_of)] |= np.int32(need.hint)
        else:
            alone[_codes(need.any_of)] |= np.int32(need.hint)
    classes = np.zeros(_CODES, np.uint8)
    for chars, sort in _CLASSES:
        classes[_codes(chars)] = sort
    return HintTables(alone=alone, first=first, second=second, classes=classes)


def find_hints(folded: Folded, tables: HintTables) -> list[int]:
    """The hints of each text."""
    hints = np.zeros(len(folded.bounds) - 1, np.int32)
    _find(
        folded.codes, folded.begins, folded.ends, folded.bounds,
        tables.alone, tables.first, tables.second, tables.classes, hints,
    )  # fmt: skip
    found: list[int] = hints.tolist()
    return found


def _codes(chars: str) -> npt.NDArray[np.int64]:
    return np.array([ord(char) for char in set(chars)], np.int64)


@kernel
def _find(
    codes: Codes,
    begins: Ints,
    ends: Ints,
    bounds: Bounds,
    alone: Ints,
    first: Ints,
    second: Ints,
    classes: npt.NDArray[np.uint8],
    hints: Ints,
) -> None:
    """Fills the last one."""
    for text in range(len(bounds) - 1):
        start, end = bounds[text], bounds[text + 1]
        found = _find_runs(codes, start, end, classes)
        for at in range(start, end):
            found |= int(alone[codes[at]])
            if at > start:
                both = int(first[codes[at - 1]] & second[codes[at]])
                if begins[at] <= ends[at - 1]:
                    both &= ~DRAWN
                found |= both
        hints[text] = found


@kernel
def _find_runs(codes: Codes, start: int, end: int, classes: npt.NDArray[np.uint8]) -> int:
    """The hints of runs."""
    found = digits = unlike = spaced = word = run = of_run = 0
    for at in range(start, end):
        sort = classes[codes[at]]
        like_digit = sort & _READ_AS_DIGIT != 0
        if like_digit:
            digits += sort & _DIGIT_LETTER == 0
            unlike += sort & _DIGIT == 0
            spaced += 1
            of_run += 1
            if digits >= _MIXED_FROM and unlike > 0:
                found |= MIXED_DIGITS
            if spaced >= _PHONE_FROM:
                found |= PHONE
        else:
            digits = unlike = 0
            if sort != _MARK:
                spaced = 0
        word = word + 1 if sort & _WORD != 0 else 0
        run = run + 1 if sort != 0 else 0
        of_run = of_run if sort != 0 else 0
        if word >= _NAME_FROM:
            found |= NAME
        if run >= _NUMBER_FROM and of_run >= _DIGITS_OF_NUMBER:
            found |= NUMBER
    return found


PLAIN_DIGITS = str.maketrans(CHINESE_DIGITS, "00123456789123456789" + "1")
_PLAIN = PLAIN_DIGITS | str.maketrans(DIGIT_LETTERS, "011")
_MIXED = re.compile(rf"(?<![a-z@_])[0-9{CHINESE_DIGITS}{DIGIT_LETTERS}]{{5,}}(?![a-z_])")
_DIGITS_RE = re.compile(r"[0-9]")
_CHINESE_RE = re.compile(f"[{CHINESE_DIGITS}]")
_LETTERS = re.compile(f"[{DIGIT_LETTERS}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One text.

    Attributes:
        raw: As it was seen.
        text: Folded.
        plain: Folded, with plain digits (rule 5).
        hints: What patterns can't do without and is in `text` (`_hints`).
        begins: Where the stretch of each folded character begins in `raw`.
        ends: Where it ends.
    """

    raw: str
    text: str
    plain: str
    hints: int
    begins: Ints
    ends: Ints

    def place(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of the folded text in the text as it was seen."""
        return int(self.begins[start]), int(self.ends[end - 1])

    def spelled(self, start: int, end: int) -> str:
        """Spell a stretch as it was seen, in compatibility form, without what is invisible: where case matters."""
        first, last = self.place(start, end)
        wide = unicodedata.normalize("NFKC", self.raw[first:last])
        return "".join(char for char in wide if "!" <= char <= "~")


def view(raw: str, text: str, hints: int, folded: Folded, index: int) -> View:
    """One of folded texts. text: its folded copy."""
    start, end = folded.bounds[index], folded.bounds[index + 1]
    return View(
        raw=raw,
        text=text,
        plain=_MIXED.sub(_put_plain, text) if hints & MIXED_DIGITS else text,
        hints=hints,
        begins=folded.begins[start:end],
        ends=folded.ends[start:end],
    )


def _put_plain(found: re.Match[str]) -> str:
    run = found.group()
    digits, chinese, letters = (len(kind.findall(run)) for kind in (_DIGITS_RE, _CHINESE_RE, _LETTERS))
    if digits + chinese < 5 or 2 * letters > digits + chinese:
        return run
    return run.translate(_PLAIN)


_PLACES = frozenset(
    """
    北京 上海 天津 重庆 广东 浙江 江苏 福建 山东 河北 河南 湖北 湖南 安徽 江西 四川 贵州 云南 陕西 山西 辽宁
    吉林 黑龙江 内蒙古 广西 海南 甘肃 青海 宁夏 新疆 西藏 香港 澳门 台湾 广州 深圳 东莞 佛山 中山 珠海 惠州 汕头
    揭阳 潮州 杭州 宁波 温州 义乌 金华 绍兴 嘉兴 湖州 台州 南京 苏州 无锡 常州 南通 徐州 扬州 盐城 连云港 宿迁
    福州 厦门 泉州 莆田 漳州 济南 青岛 烟台 临沂 潍坊 石家庄 保定 邯郸 廊坊 白沟 郑州 洛阳 南阳 商丘 武汉 襄阳
    宜昌 长沙 株洲 衡阳 合肥 芜湖 阜阳 南昌 赣州 九江 成都 绵阳 贵阳 昆明 西安 咸阳 太原 大同 沈阳 大连 鞍山
    长春 哈尔滨 大庆 呼和浩特 包头 南宁 柳州 桂林 海口 三亚 兰州 西宁 银川 乌鲁木齐 拉萨 江浙沪 珠三角 长三角
    美国 日本 韩国 泰国 越南 印尼 马来西亚 新加坡 俄罗斯 英国 德国 加拿大 澳大利亚 国内 海外
""".split()
)
_OPEN = frozenset({"全国", "各地", "全省", "全球", "任意", "任何"})
_LONGEST = max(map(len, _PLACES))
_LEADS = re.compile(r"发往|发至|发到|寄往|寄到|直达|发|到|至|寄|往|飞")
_DRAWN = re.compile(r"[→➡⇒>—–~～-]")
_ORIGIN = "发货地|发件地|始发地|寄件地|揽收地"
_DESTINATION = "收货地|收件地|目的地|派送地"
_LEFT = "发出|始发|寄出|揽收"
_ENDS = re.compile(rf"(?P<origin>{_ORIGIN})[:是在]?|(?P<destination>{_DESTINATION})[:是在]?|(?P<left>{_LEFT})")
_NAMED = "圆通|中通|申通|韵达|顺丰|极兔|邮政|德邦|菜鸟|云途|京东快递|京东物流|三通一达|通达系"
_LETTERED = "ems|yto|zto|sto|yt|zt|st|yd|sf|jt|dpk|yunexpress"
_COURIERS = rf"{_NAMED}|(?<![a-z0-9@_./])(?:{_LETTERED})(?![a-z_./@])"
_COURIER_CODES = {
    "圆通": ("yto",), "yto": ("yto",), "yt": ("yto",), "中通": ("zto",), "zto": ("zto",), "zt": ("zto",),
    "申通": ("sto",), "sto": ("sto",), "st": ("sto",), "韵达": ("yunda",), "yd": ("yunda",), "顺丰": ("sf",),
    "sf": ("sf",), "极兔": ("jt",), "jt": ("jt",), "邮政": ("ems",), "ems": ("ems",), "德邦": ("deppon",),
    "dpk": ("deppon",), "菜鸟": ("cainiao",), "云途": ("yunexpress",), "yunexpress": ("yunexpress",),
    "京东快递": ("jd",), "京东物流": ("jd",), "三通一达": ("yto", "zto", "sto", "yunda"),
    "通达系": ("yto", "zto", "sto", "yunda"),
}  # fmt: skip
_ABOUT_PARCELS = FLAGGED - {Kind.PERSONAL} | {Kind.LOGISTICS}
_SOUNDED = "圆通 中通 申通 韵达 顺丰 极兔 菜鸟 云途".split()
_EVERYDAY = re.compile("一路顺风|顺风车|神通|运达|云图")
_FRESHNESS = (
    ("realtime", "实时|即时|秒更|实实数据"),
    ("same_day", "当天|当日|今天|今日|日更|未揽收|未扫描|新鲜|刚签收|天天有货"),
    ("history", "历史|去年|往年|旧料|陈料|老数据|旧数据"),
)
_FRESH = tuple((name, re.compile(words)) for name, words in _FRESHNESS)
_KNOWN = _PLACES | _OPEN
_BEGIN, _LAST = "".join({place[0] for place in _KNOWN}), "".join({place[-1] for place in _KNOWN}) + "省市"
_NEEDS = (
    need_words(PLACE, _PLACES),
    Need(hint=LED_FROM, any_of="发寄直到至往飞", after=_LAST),
    Need(hint=LED_TO, any_of=_BEGIN, after="往至到达发寄飞"),
    Need(hint=DRAWN, any_of=_BEGIN, after=_LAST),
    need_words(END, "|".join((_ORIGIN, _DESTINATION, _LEFT)).split("|")),
    need_words(COURIER, f"{_NAMED}|{_LETTERED}".split("|")),
    need_words(FRESH, "|".join(words for _, words in _FRESHNESS).split("|")),
)


def needs() -> tuple[Need, ...]:
    """List the needs of all patterns."""
    first, second = ({name[at].translate(_sounds()) for name in _SOUNDED} for at in (0, 1))
    sounding = ("".join(chr(code) for code, char in _sounds().items() if char in some) for some in (second, first))
    return (*_NEEDS, Need(hint=COURIER, any_of=next(sounding), after=next(sounding)))


def find_routes(view: View) -> list[Route]:
    """The routes of a text (rule 6)."""
    hints = view.hints
    found: dict[tuple[str, str], Route] = {}
    led = _led(view.text) if hints & LED_FROM and hints & LED_TO else ()
    drawn = _drawn(view) if hints & DRAWN else ()
    told = _told(view.text) if hints & END else ()
    for start, end, origin, destination in (*led, *drawn, *told):
        if all(origin not in {"", known[0]} or destination not in {"", known[1]} for known in found):
            found[origin, destination] = Route(origin=origin, destination=destination, at=view.place(start, end))
    return list(found.values())


def find_couriers(view: View, kind: Kind) -> list[str]:
    """The couriers that a text names, by their codes, in its order (rule 7). kind: what it is about."""
    text, pattern, codes = view.text, *_patterns()[kind in _ABOUT_PARCELS]
    if kind in _ABOUT_PARCELS:
        text = _EVERYDAY.sub(lambda found: "-" * len(found.group()), text).translate(_sounds())
    return list(dict.fromkeys(code for name in pattern.findall(text) for code in codes[name]))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Mapping[str, tuple[str, ...]]], ...]:
    """Names of couriers and their codes: as they are written, and as they sound."""
    sounded = {name.translate(_sounds()): codes for name, codes in _COURIER_CODES.items()}
    return (re.compile(_COURIERS), _COURIER_CODES), (re.compile(_COURIERS.translate(_sounds())), sounded)


@cache
def _sounds() -> dict[int, str]:
    """Map each character that sounds like one of a courier's name to that one."""
    syllables = tables().syllables.tolist()
    meant = {syllables[ord(char) - FIRST_HAN]: char for name in _SOUNDED for char in name}
    return {code + FIRST_HAN: meant[one] for code, one in enumerate(syllables) if one in meant}


def find_freshness(view: View) -> str:
    """Find how fresh a text says its goods are (rule 8)."""
    return next((name for name, words in _FRESH if words.search(view.text)), "")


def _led(text: str) -> Iterator[tuple[int, int, str, str]]:
    for match in _LEADS.finditer(text):
        start, end = match.span()
        origin, destination = _place_before(text, start), _place_after(text, end)
        if origin and destination and (origin in _PLACES or destination in _PLACES):
            yield start - len(origin), end + len(destination), _closed(origin), _closed(destination)


def _drawn(view: View) -> Iterator[tuple[int, int, str, str]]:
    """Places with an arrow or a dash between, which the folded text lacks."""
    if _DRAWN.search(view.raw) is None:
        return
    begins, ends = view.begins.tolist(), view.ends.tolist()
    for at in range(1, len(view.text)):
        if ends[at - 1] < begins[at] and _DRAWN.search(view.raw, ends[at - 1], begins[at]):
            origin, destination = _place_before(view.text, at), _place_after(view.text, at)
            if origin and destination and (origin in _PLACES or destination in _PLACES):
                yield at - len(origin), at + len(destination), _closed(origin), _closed(destination)


def _told(text: str) -> Iterator[tuple[int, int, str, str]]:
    for match in _ENDS.finditer(text):
        start, end = match.span()
        if match.lastgroup == "left":
            origin = _place_before(text, start)
            if origin in _PLACES:
                yield start - len(origin), end, origin, ""
            continue
        place = _place_after(text, end)
        if place in _PLACES:
            is_origin = match.lastgroup == "origin"
            yield start, end + len(place), place if is_origin else "", "" if is_origin else place


def _place_before(text: str, end: int) -> str:
    end -= text[end - 1 : end] in {"省", "市"}
    for length in range(min(_LONGEST, end), 1, -1):
        if (place := text[end - length : end]) in _PLACES or place in _OPEN:
            return place
    return ""


def _place_after(text: str, start: int) -> str:
    for length in range(_LONGEST, 1, -1):
        if (place := text[start : start + length]) in _PLACES or place in _OPEN:
            return place
    return ""


def _closed(place: str) -> str:
    return "" if place in _OPEN else place
