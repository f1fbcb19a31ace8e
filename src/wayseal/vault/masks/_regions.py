"""Which province, city and district an address begins with, by a table of their official names.

`regions.txt` holds them as of 2023. A district that is younger than the table is left out of a region: less is shown.
"""

import re
from collections import defaultdict
from importlib import resources
from itertools import chain

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


def find(text: str) -> list[tuple[int, int]]:
    """Spans of the province, the city and the district in simplified text, in their order; [] where there are none.

    Looked for at the start, then behind whatever stands before the first province that is written out.
    """
    if spans := read(text, 0):
        return spans
    starts = (found.end() for found in _SEPARATED.finditer(text))
    for start in chain(starts, (found.start() for found in _FULL.finditer(text))):
        if spans := read(text, start):
            return spans
    return []


def read(text: str, index: int) -> list[tuple[int, int]]:
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
