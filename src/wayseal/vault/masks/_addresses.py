"""Addresses: street, village and estate may be read, numbers of doors, buildings and rooms never.

The region is found first; numbers split what follows; between them stand words, of which those are shown that a row
knows. Behind a building or a room nothing is shown.

Of one in Latin letters names of roads, estates and places are shown, numbers and anything else are hidden.

Province, city and district are known by a table of their official names: `regions.txt` holds them as of 2023. A
district that is younger than the table is left out of a region: less is shown.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib import resources
from itertools import chain

from wayseal.vault.masks._address_words import HIDE_DOOR, HIDE_ON, KEEP, REGION, SIGN, STARTS
from wayseal.vault.masks._names import SINGLE
from wayseal.vault.masks._rule import HAN, HIDDEN, LONGEST, Mask, MaskRule, clean, simple

_NUMBERED = (
    "room|rm|unit|building|bldg|block|blk|floor|flr|flat|apt|apartment|suite|ste|no|door|house|tower|shop|stall|"
    "locker|desk|"
    "number|lot|level|box|group|team|phase|attn|to|mr|mrs|ms|miss|dr|c|care|of|"
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|ground|top|dorm|cell|tel|phone|mobile"
)
_WORD = rf"(?!(?:{_NUMBERED})\b)[A-Za-z][A-Za-z'-]+\.?"
_ROADS = (
    "Road|Rd|Street|St|Avenue|Ave|Boulevard|Blvd|Lane|Alley|Highway|Hwy|Drive|Hutong|Dadao|Dajie|Jie|Village|"
    "Town|Township|"
    "Estate|Garden|Gardens|Plaza|Square|Mansion|Park|Court"
)
_REGIONS = "District|Dist|New Area|County|City|Province|Prefecture"
_PLACES = (
    "China|P ?R ?China|PRC|Hong Kong|HK|Kowloon|New Territories|Macau|Macao|Taiwan|Beijing|Shanghai|Tianjin|"
    "Chongqing|Hebei|Shanxi|Liaoning|"
    "Jilin|Heilongjiang|Jiangsu|Zhejiang|Anhui|Fujian|Jiangxi|Shandong|Henan|Hubei|Hunan|Guangdong|Guangxi|Hainan|"
    "Sichuan|Guizhou|Yunnan|Tibet|Shaanxi|Gansu|Qinghai|Ningxia|Xinjiang|Inner Mongolia|Guangzhou|Shenzhen|Dongguan|"
    "Foshan|Zhuhai|Huizhou|Hangzhou|Ningbo|Wenzhou|Jinhua|Yiwu|Nanjing|Suzhou|Wuxi|Wuhan|Changsha|Chengdu|Xi'?an|"
    "Xiamen|Fuzhou|Quanzhou|Qingdao|Jinan|Zhengzhou|Hefei|Nanchang|Kunming|Nanning|Guiyang|Shenyang|Dalian|Harbin|"
    "Changchun|Shijiazhuang|Taiyuan|Lanzhou|Urumqi|Haikou|Sanya|Taipei|Kaohsiung|Taichung"
)
_NAMED = rf"(?:{_WORD} +){{1,3}}?"
_TAKEN = re.compile(
    rf"(?<![\w'-])(?P<region>(?:{_PLACES})(?: (?:City|Province|Municipality|SAR))?(?= *(?:[,;.]|$|[0-9]{{5,6}}\b))|"
    rf"{_NAMED}(?:{_REGIONS})\b\.?)"
    rf"|(?<![\w'-]){_NAMED}(?:{_ROADS})\b\.?",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"[ ,.;]*")


def english(text: str, *, regions_alone: bool = False) -> str:
    """Mask cleaned text with stars, except what may be read; keep only provinces, cities and districts if asked."""
    out: list[str] = []
    at = 0
    for found in _TAKEN.finditer(text):
        if regions_alone and not found["region"]:
            continue
        if regions_alone or _SEPARATOR.fullmatch(text, at, found.start()):
            out.append(", " if out else "")
        else:
            out.append(f" {HIDDEN} " if out else f"{HIDDEN} ")
        out.append(found[0])
        at = found.end()
    if not out:
        return HIDDEN
    if not regions_alone and not _SEPARATOR.fullmatch(text, at):
        out.append(f" {HIDDEN}")
    return "".join(out)


PROVINCE, CITY, COUNTY = 1, 2, 3
_BARE = re.compile(r"(?:维吾尔|壮族|回族)?自治区|特别行政区|[省市]|地区|盟")
# 恩施土家族苗族自治州 is written 恩施州.
_PEOPLES = re.compile(
    r"(?:(?:藏|羌|彝|哈尼|壮|苗|傣|景颇|傈僳|白|布依|侗|土家|朝鲜|回|蒙古)族|蒙古|哈萨克|柯尔克孜)+自治(?=州)"
)
_ZONE = re.compile(
    r"(?:高新(?:技术)?(?:产业)?(?:开发)?|经济(?:技术)?开发|经济|经开|技术开发|开发|新|工业园|自贸|综合保税|示范|管理)区"
)
# A road or a place named after a region: 南京路, 北京东路, 中山大学.
_NAMESAKE = re.compile(
    r"[东西南北中]?[一二三四五六]?(?:路|街|道|大道|大街|巷|村|里|新村|桥|门|大学|学院|小区|花园|广场|大厦|公馆|"
    r"国际|市场)"
)
_COUNTRIES, _SEPARATORS = ("中", "C", " ", ","), (" ", ",", ".", "/", "|", "-")
_COUNTRY = re.compile(r"(?:中华人民共和国|中国|CHINA|China)?[ ,]*")
_BETWEEN = re.compile(r"[ ,./|\\-]*")


def _names() -> dict[str, tuple[int, ...]]:
    """Full and short names → their levels, the highest first (吉林 is a province and a city)."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    text = resources.files(__package__).joinpath("regions.txt").read_text("utf-8")
    for line in text.splitlines()[1:]:
        head, _, counties = line.strip().partition("：")
        level = CITY if line.startswith(" ") else PROVINCE
        for county in counties.split():
            found[county].add(COUNTY)
        if head:
            found[head].add(level)
            for short in (_BARE.sub("", head), _PEOPLES.sub("", head)):
                found[short].add(level)
    return {name: tuple(sorted(levels)) for name, levels in found.items()}


_WHOLE = ("省", "市", "区", "县", "旗", "州", "盟")
_GOES_ON = ("场", "委", "政")  # 市场, 市委, 市政府
_LEVELS = _names()
_Name = tuple[str, int, tuple[int, ...], bool]  # name, its length, its levels, whether it is written out
_starts: defaultdict[str, list[_Name]] = defaultdict(list)
for _name in sorted(_LEVELS, key=len, reverse=True):
    _starts[_name[:2]].append((_name, len(_name), _LEVELS[_name], _name.endswith(_WHOLE)))
_BY_START = {start: tuple(names) for start, names in _starts.items()}
_provinces = [name for name, levels in _LEVELS.items() if PROVINCE in levels and name[-1] in "省市区"]
_FULL = re.compile(f"(?=[{''.join(name[0] for name in _provinces)}])(?:{'|'.join(_provinces)})")
_SEPARATED = re.compile("[ ,;:()]+")


def find_regions(text: str) -> list[tuple[int, int]]:
    """Spans of the province, the city and the district in simplified text, in their order; [] where there are none.

    Looked for at the start, then behind whatever stands before the first province that is written out.
    """
    if spans := _read_regions(text, 0):
        return spans
    starts = (found.end() for found in _SEPARATED.finditer(text))
    for start in chain(starts, (found.start() for found in _FULL.finditer(text))):
        if spans := _read_regions(text, start):
            return spans
    return []


def _read_regions(text: str, index: int) -> list[tuple[int, int]]:
    """The same, of names that begin at a place."""
    if text[index : index + 1] in _COUNTRIES:
        index = _COUNTRY.match(text, index).end()  # type: ignore[union-attr]
    spans: list[tuple[int, int]] = []
    last, sure = 0, False
    while last < COUNTY:
        end, level, whole = _name_at(text, index, last)
        if not end:
            break
        last = level
        sure = sure or whole or level == PROVINCE
        spans.append((index, end))
        index = end
        if text[index : index + 1] in _SEPARATORS:
            index = _BETWEEN.match(text, index).end()  # type: ignore[union-attr]
    if last in (PROVINCE, CITY) and (zone := _ZONE.match(text, index)):
        spans.append(zone.span())
        sure = True
    # A bare name of a city proves nothing unless a region is beside it or nothing follows.
    return spans if sure or len(spans) > 1 or (spans and index == len(text)) else []


def _name_at(text: str, index: int, above: int) -> tuple[int, int, bool]:
    """The longest name below a level: where it ends (0: there is none), its level, and whether it is written out."""
    for name, length, levels, whole in _BY_START.get(text[index : index + 2], ()):
        # 东区 alone may be a part of an estate.
        if levels[-1] > above and text.startswith(name, index) and (above or length > 2 or levels[0] < COUNTY):
            end = index + length
            if text[end : end + 1] not in _GOES_ON if whole else not _NAMESAKE.match(text, end):
                return end, levels[0] if levels[0] > above else levels[-1], whole
    return 0, 0, False


_Scan = Callable[[str, int, int], Iterator[re.Match[str]]]
_HAN = re.compile(f"[{HAN}]").search
NOT_SCANNED = {"address.addressee", "address.word", "address.behind_door", "address.estate", "address.other"}
_SIGN = re.compile(SIGN).search
# 赵小路, 刘村: what stands apart, with no number of a door behind it, may be a person.
_PERSON = re.compile(rf"[{SINGLE}][{HAN}]{{1,2}}").fullmatch
_LAST = "last"  # what stands before a phone or the end
_MAYBE = {_LAST, HIDE_ON}
_APART = " ,.;:()/|_-"
_SPACE = re.compile(r"[ ,.;:()/|_\\-]*")
_is_space = _SPACE.fullmatch


def address_mask(rows: tuple[MaskRule, ...]) -> Mask:
    """The rows as a mask. An empty value stays empty."""
    if rows[0].show == REGION:
        return _up_to_district
    numbers = [row for row in rows if row.id not in NOT_SCANNED]
    scan = re.compile(f"(?={STARTS})(?:" + "|".join(f"({row.pattern})" for row in numbers) + ")").finditer
    shows = [""] + [_LAST if row.id == "address.long_number" else row.show for row in numbers]
    by_id = {row.id: re.compile(row.pattern) for row in rows}
    first, later = (_or_run(by_id[name].pattern) for name in ("address.word", "address.behind_door"))
    estate = by_id["address.estate"].fullmatch
    addressee = by_id["address.addressee"].search

    def shown(text: str, begin: int, spans: list[tuple[int, int]]) -> None:
        """Adds the spans that may be read from a place on."""
        wish = _SIGN(text, begin) and addressee(text, begin)
        end = wish.start() if wish else len(text)
        index, word = begin, first
        for found in scan(text, begin, end):
            start, row = found.start(), found.lastindex or 0
            show = shows[row]
            if index < start:
                words(word, text, index, start, show, spans)
            index = found.end()
            if show is KEEP:
                spans.append((start, index))
            elif show is HIDE_ON:
                return
            elif show is HIDE_DOOR:
                word = later
        if index < end:
            words(word, text, index, end, _LAST, spans)

    def words(word: _Scan, text: str, index: int, end: int, follows: str, spans: list[tuple[int, int]]) -> None:
        """Adds spans between two tokens. follows: how the second is shown, or that it is a phone or the end."""
        for found in word(text, index, end):
            if found.lastindex:
                start, index = span = found.span()
                apart = not start or text[start - 1] in _APART
                person = apart and follows in _MAYBE and _PERSON(text, start, index)
                if not (person and _is_space(text, index, end)):
                    spans.append(span)
        if index < end and follows is not KEEP and follows is not _LAST:
            index = _SPACE.match(text, index, end).end()  # type: ignore[union-attr]
            if estate(text, index, end):
                spans.append((index, end))

    def mask(value: str) -> str:
        text = clean(value)
        if not text:
            return HIDDEN if value else ""
        key = simple(text)
        if not _HAN(key):
            return english(text)
        spans = find_regions(key)
        shown(key, spans[-1][1] if spans else 0, spans)
        return render(text, spans)

    return mask


def _or_run(pattern: str) -> _Scan:
    """Takes what the pattern does as a group, or else all that stands before the next chance for it."""
    return re.compile(f"({pattern})|[{HAN}]+|[^{HAN}]+").finditer


def render(text: str, spans: list[tuple[int, int]]) -> str:
    """The text of the spans, in their order; stars for what lies between, unless that is a separator."""
    out: list[str] = []
    index, size = 0, len(text)
    for start, end in spans:
        if index < start:
            out.append((" " if out else "") if _is_space(text, index, start) else HIDDEN)
        out.append(text[start:end])
        index = end
    if index < size and not _is_space(text, index, size):
        out.append(HIDDEN)
    return "".join(out)


def region(address: str) -> str:
    """Province, city and district or county of an address as it writes them; stars where none is found."""
    if len(address) > LONGEST:
        return HIDDEN
    text = clean(address)
    if not text:
        return HIDDEN if address else ""
    key = simple(text)
    if not _HAN(key):
        return english(text, regions_alone=True)
    return "".join([text[start:end] for start, end in find_regions(key)]) or HIDDEN


def _up_to_district(value: str) -> str:
    found = region(value)
    return found if found.endswith(HIDDEN) or not found else found + HIDDEN
