"""Rules of masks as data: a row says what it takes, what is shown of it, an example, and why; code runs the rows.

Obligations (code and tests cite the numbers):
1. A mask never fails, whatever the text.
2. What no row takes is hidden whole; a row that is in doubt hides more, not less.
3. What is hidden stands as stars whose number tells nothing of it, but for the middle of a phone number.
4. A mask of a mask shows nothing that the first mask hid.
5. Each row's example is what the code does, and the documentation shows the rows as they are: tests run both.

Text before rules read it: one form for digits, letters, dashes and dots, nothing invisible, simple characters.

Masks are cut out of cleaned text, so that nothing odd in a value can come out with them. The characters of rules have
traditional forms; `simple` puts simplified ones in their places, one for one, for matching alone.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff〇"
"""Chinese characters, for a class of a regular expression."""
LONGEST = 400
"""Values with more characters than this are hidden whole: no name, phone or address is as long."""

_PLAIN = re.compile(r"[\u4e00-\u9fff!-~]*(?: [\u4e00-\u9fff!-~]+)*").fullmatch
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u02d7"
_DOTS = "\u2022\u2027\u2219\u22c5\u30fb\u0387\u16eb\u25cf\u2024\u2e31\u2e33"
_STOPS = {"。": ".", "、": ",", "〜": "~", "～": "~", "‘": "'", "’": "'", "【": "(", "】": ")", "〔": "(", "〕": ")"}
_SAME = str.maketrans({**dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_DOTS, "·"), **_STOPS})
_HAS_SAME = re.compile("[" + re.escape("".join(map(chr, _SAME))) + "]").search
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]"
)

_TRADITIONAL = (
    "烏號樓層單棟鎮鄉縣區國馬門戶組隊間廈廣場園莊灣島龍蘭東陽寧慶蘇漢瀋濟鄭連長遼貴雲臺澤聖豐華岡崗澗溝寶劉"
    "陳張黃趙吳鄧蕭許馮錢孫楊鐘譚韓賈鄒閻陸葉嚴餘盧蔣謝鄔顧龔賴湯倫萬範羅關魯倉櫃庫鋪檔臨邨閣軒凈學業產創"
    "軟術實驗醫館賓機車橋廠銀際環線灘壩嶺峽嶼塢壇欄圍徑輔側內堯墾興鐵陝肅兗滬粵閩贛齊歐諸聞後濱個麗錦鳳麥"
    "壢蘆鶯樹貢鹽義營歸龜觀邊溫紅綠藍點順達開發爾貳參幾巖驛幹貨總雙廳頂負農濰煙棗儀揚錫無紹滄渦鄖隨荊歲糧"
    "絲綫裏裡劍蓮橫縱龐齡傑偉強遠榮頭陰賢權閒"
)
_SIMPLIFIED = (
    "乌号楼层单栋镇乡县区国马门户组队间厦广场园庄湾岛龙兰东阳宁庆苏汉沈济郑连长辽贵云台泽圣丰华冈岗涧沟宝刘"
    "陈张黄赵吴邓萧许冯钱孙杨钟谭韩贾邹阎陆叶严余卢蒋谢邬顾龚赖汤伦万范罗关鲁仓柜库铺档临村阁轩净学业产创"
    "软术实验医馆宾机车桥厂银际环线滩坝岭峡屿坞坛栏围径辅侧内尧垦兴铁陕肃兖沪粤闽赣齐欧诸闻后滨个丽锦凤麦"
    "坜芦莺树贡盐义营归龟观边温红绿蓝点顺达开发尔贰叁几岩驿干货总双厅顶负农潍烟枣仪扬锡无绍沧涡郧随荆岁粮"
    "丝线里里剑莲横纵庞龄杰伟强远荣头阴贤权闲"
)
_SIMPLE = {ord(a): b for a, b in zip(_TRADITIONAL, _SIMPLIFIED, strict=True)}
_HAS_TRADITIONAL = re.compile("[" + "".join(map(chr, _SIMPLE)) + "]").search


def clean(value: str) -> str:
    """The value in NFKC, without what can't be seen, one kind of dash, dot and space, and no space at its ends."""
    if _PLAIN(value):
        return value
    text = unicodedata.normalize("NFKC", value)
    if _HAS_SAME(text):
        text = text.translate(_SAME)
    if _INVISIBLE.search(text):
        text = _INVISIBLE.sub("", text)
    return " ".join(text.split())


def simple(text: str) -> str:
    """The same number of characters, those of rules and places in their simplified form."""
    return text.translate(_SIMPLE) if _HAS_TRADITIONAL(text) else text


HIDDEN: Final = "***"
"""Stands for a whole value, or for a stretch of one, that isn't shown."""

Mask = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskRule:
    r"""A row. pattern: a regular expression on cleaned text; show: what comes out, `\1` being its first group.

    In rows of addresses `show` is one of `keep`, `hide`, `hide door` (fewer words may be read behind it),
    `hide on` (with all that follows) and `region`. says: in words, English; catalogues have it in other languages.
    """

    id: str
    pattern: str
    show: str
    example: str
    masked: str
    says: str


def first_match(rows: Iterable[MaskRule]) -> Callable[[str], str | None]:
    """The rows as a function: what the first row that takes a whole text shows of it, None if none does."""
    steps = [(re.compile(row.pattern).fullmatch, _compile_template(row.show)) for row in rows]

    def run(text: str) -> str | None:
        for match, show in steps:
            if found := match(text):
                return show(found)
        return None

    return run


def _compile_template(template: str) -> Callable[[re.Match[str]], str]:
    """A template as a function; the shapes that occur often need no loop."""
    parts = re.split(r"\\(\d)", template)
    if len(parts) == 1:
        return lambda _: template
    if len(parts) == 3 and not parts[0]:
        end = parts[2]
        return lambda found: found[1] + end
    if len(parts) == 5 and parts[2] and not parts[0]:
        middle, last = parts[2], parts[4]
        return lambda found: found[1] + middle + found[2] + last
    pieces = [(int(part), "") if at % 2 else (0, part) for at, part in enumerate(parts)]
    return lambda found: "".join((found[group] or "") if group else text for group, text in pieces)
