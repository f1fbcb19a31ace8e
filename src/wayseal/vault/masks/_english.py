"""Addresses in Latin letters: names of roads, estates and places are shown, numbers and anything else are hidden."""

import re

from wayseal.vault.masks._rule import HIDDEN

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
