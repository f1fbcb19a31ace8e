"""Which province, city and district an address begins with, by a table of their official names.

`regions.txt` holds them as of 2023. A district that is younger than the table is left out of a region: less is shown.
"""

import re
from collections import defaultdict
from importlib import resources
from itertools import chain

PROVINCE, CITY, COUNTY = 1, 2, 3
_BARE = re.compile(r"(?:维吾尔|壮族|回族)?自治区|特别行政区|[省市]|地区|盟")
_ZONE = re.compile(
    r"(?:高新(?:技术)?(?:产业)?(?:开发)?|经济(?:技术)?开发|经济|经开|技术开发|开发|新|工业园|自贸|综合保税|示范|管理)区"
)
# A road or a place named after a region: 南京路, 北京东路, 中山大学.
_NAMESAKE = re.compile(
    r"[东西南北中]?[一二三四五六]?(?:路|街|道|大道|大街|巷|村|里|新村|桥|门|大学|学院|小区|花园|广场|大厦|公馆|"
    r"国际|市场)"
)
_COUNTRY = re.compile(r"(?:中华人民共和国|中国|CHINA|China)?[ ,]*")
_BETWEEN = re.compile(r"[ ,./|\\-]*")


def _names() -> dict[str, int]:
    """Full and short names → level."""
    found: dict[str, int] = {}
    text = resources.files(__package__).joinpath("regions.txt").read_text("utf-8")
    for line in text.splitlines()[1:]:
        head, _, counties = line.strip().partition("：")
        level = CITY if line.startswith(" ") else PROVINCE
        found.update(dict.fromkeys(counties.split(), COUNTY) | found)
        if head:
            found[head] = min(level, found.get(head, level))
            short = _BARE.sub("", head)
            if len(short) > 1:
                found.setdefault(short, level)
    return found


_LEVELS = _names()
_BY_START: dict[str, tuple[str, ...]] = {}
_starts: defaultdict[str, list[str]] = defaultdict(list)
for _name in sorted(_LEVELS, key=len, reverse=True):
    _starts[_name[:2]].append(_name)
_BY_START.update({start: tuple(names) for start, names in _starts.items()})
_FULL = re.compile("|".join(name for name, level in _LEVELS.items() if level == PROVINCE and name[-1] in "省市区"))
_GOES_ON = ("场", "委", "政")  # 市场, 市委, 市政府
_WHOLE = ("省", "市", "区", "县", "旗", "州", "盟")


def find(text: str) -> list[tuple[int, int]]:
    """Spans of the province, the city and the district in simplified text, in their order; [] where there are none.

    Looked for at the start, then behind whatever stands before the first province that is written out.
    """
    if spans := read(text, 0):
        return spans
    starts = (found.end() for found in re.finditer(r"[ ,;:()]+", text))
    for start in chain(starts, (found.start() for found in _FULL.finditer(text))):
        if spans := read(text, start):
            return spans
    return []


def read(text: str, at: int) -> list[tuple[int, int]]:
    """The same, of names that begin at a place."""
    at = _COUNTRY.match(text, at).end()  # type: ignore[union-attr]
    spans: list[tuple[int, int]] = []
    last, sure = 0, False
    while last < COUNTY:
        name = _name_at(text, at, last)
        if name is None:
            break
        last = _LEVELS[name]
        sure = sure or name.endswith(_WHOLE) or last == PROVINCE
        spans.append((at, at + len(name)))
        at = _BETWEEN.match(text, at + len(name)).end()  # type: ignore[union-attr]
    if last in (PROVINCE, CITY) and (zone := _ZONE.match(text, at)):
        spans.append(zone.span())
        sure = True
    # A bare name of a city proves nothing unless a region is beside it or nothing follows.
    return spans if sure or len(spans) > 1 or (spans and at == len(text)) else []


def _name_at(text: str, at: int, above: int) -> str | None:
    for name in _BY_START.get(text[at : at + 2], ()):
        if _LEVELS[name] > above and text.startswith(name, at) and (above or len(name) > 2 or _LEVELS[name] < COUNTY):
            end = at + len(name)
            whole = name.endswith(_WHOLE)
            if text[end : end + 1] not in _GOES_ON if whole else not _NAMESAKE.match(text, end):
                return name
    return None
