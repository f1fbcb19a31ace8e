"""Synthetic addresses of every form, seeded, with the truth: which pieces may be read, which must be hidden.

Names of roads and estates are composed of characters here, regions are real. A piece is (text, what it is): `region`,
`street` (roads, towns, villages) and `estate` may be read; `unit` (door, lane, building, unit, floor, room, group,
phone, addressee) must be hidden; `glue` is neither.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

REGION, STREET, ESTATE, UNIT, GLUE = "region", "street", "estate", "unit", "glue"
Piece = tuple[str, str]

_REGIONS = (
    ("广东省", "深圳市", "南山区"),
    ("广东省", "广州市", "天河区"),
    ("北京市", "", "朝阳区"),
    ("上海市", "", "浦东新区"),
    ("重庆市", "", "渝北区"),
    ("浙江省", "杭州市", "西湖区"),
    ("四川省", "成都市", "武侯区"),
    ("湖北省", "荆州市", "沙市区"),
    ("河南省", "郑州市", "二七区"),
    ("新疆维吾尔自治区", "伊犁哈萨克自治州", "伊宁市"),
    ("内蒙古自治区", "呼和浩特市", "赛罕区"),
    ("广西壮族自治区", "南宁市", "青秀区"),
    ("江苏省", "南京市", "六合区"),
    ("黑龙江省", "哈尔滨市", "香坊区"),
    ("浙江省", "台州市", "三门县"),
    ("河北省", "石家庄市", "正定县"),
    ("福建省", "三明市", "三元区"),
    ("海南省", "海口市", "龙华区"),
    ("山东省", "青岛市", "市南区"),
    ("河南省", "三门峡市", "湖滨区"),
    ("广东省", "东莞市", ""),
    ("陕西省", "西安市", "雁塔区"),
    ("吉林省", "吉林市", "船营区"),
)
_CORE = (
    "和平",
    "建设",
    "人民",
    "中山",
    "解放",
    "南京",
    "长江",
    "文三",
    "工体北",
    "科苑",
    "祖冲之",
    "五一",
    "八一",
    "三里河",
    "十里铺",
    "四川",
    "望江",
    "天府",
    "百花",
    "万寿",
    "六合",
    "九龙",
    "千山",
    "张江",
    "王府井",
    "李家沱",
)
_ROADS = (
    "路",
    "街",
    "大道",
    "大街",
    "东路",
    "西路",
    "南路",
    "北路",
    "中路",
    "巷",
    "胡同",
    "路东段",
    "一路",
    "二街",
    "公路",
)
_TOWNS = ("街道", "镇", "乡")
_VILLAGES = ("王家", "李家", "张", "三合", "大石", "小河", "赵庄", "上", "五里")
_ESTATES = (
    "阳光花园",
    "万科城市之光",
    "碧桂园凤凰城",
    "中海国际",
    "科兴科学园",
    "世纪家园",
    "和平里小区",
    "翠竹苑",
    "百合公寓",
    "四季花城",
    "金地名苑",
    "汇景豪庭",
    "东方明珠大厦",
    "软件园",
    "三盛国际广场",
    "一品华府",
    "学府佳苑",
    "龙湖源著",
    "保利香槟",
    "九龙仓",
    "丽景",
    "铂悦府",
    "盛世嘉园",
    "幸福新村",
    "书香门第",
)
_PEOPLE = ("张三", "李四", "王红旗", "欧阳娜娜", "赵小路", "陈建镇", "刘村", "孙苑")
_DIGITS = "〇一二三四五六七八九"
_FULL_WIDTH = str.maketrans("0123456789ABCDEFGH#-", "０１２３４５６７８９ＡＢＣＤＥＦＧＨ＃－")
_TRADITIONAL = str.maketrans(
    "号楼层单栋镇乡县区国马门户组队厦广场园东龙华阳", "號樓層單棟鎮鄉縣區國馬門戶組隊廈廣場園東龍華陽"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address: its form and its pieces, which make its text."""

    form: str
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """What was written."""
        return "".join(text for text, _ in self.pieces)


def chinese(n: int) -> str:
    """A number below 1,000 in Chinese numerals."""
    hundreds, tens, ones = n // 100, n // 10 % 10, n % 10
    out = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        out += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        out += "零"
    return out + (_DIGITS[ones] if ones else "")


class Maker:
    """Draws pieces of addresses."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def pick(self, *of: str) -> str:
        """One of several."""
        return self.rng.choice(of)

    def number(self, most: int = 999) -> str:
        """A number, mostly in Arabic digits."""
        n = self.rng.randint(1, most)
        return chinese(n) if self.rng.random() < 0.15 else str(n)

    def region(self) -> list[Piece]:
        """Province, city, district; sometimes without endings or without the province."""
        province, city, county = self.rng.choice(_REGIONS)
        kind = self.rng.random()
        if kind < 0.2 and city:
            province = ""
        elif kind < 0.35:
            province, city = (_short(name) for name in (province, city))
        space = " " if self.rng.random() < 0.1 else ""
        pieces = [(name, REGION) for name in (province, city, county) if name]
        out: list[Piece] = []
        for piece in pieces:
            out += [piece, (space, GLUE)]
        return out

    def road(self) -> list[Piece]:
        """A town at times, then a road, numbered at times."""
        town = [(self.pick(*_CORE) + self.pick(*_TOWNS), STREET)] if self.rng.random() < 0.4 else []
        if self.rng.random() < 0.08:
            return [
                *town,
                (
                    self.pick("2号大街", "三号路", "G318国道", "107国道", "5号路", "经三路", "纬五街", "东三环中路"),
                    STREET,
                ),
            ]
        return [*town, (self.pick(*_CORE) + self.pick(*_ROADS), STREET)]

    def door(self) -> list[Piece]:
        """A number of a door."""
        n = self.number()
        return [
            (
                self.pick(
                    f"{n}号",
                    f"{n}号",
                    f"{n}号",
                    f"甲{n}号",
                    f"{n}号附{self.number(9)}号",
                    f"{n}-{self.number(9)}号",
                    f"{n}号院",
                    f"{n}弄{self.number(60)}号",
                    f"{n}弄",
                    f"{n} 号",
                    f"门牌{n}号",
                    f"{n}号大院",
                ),
                UNIT,
            )
        ]

    def estate(self) -> list[Piece]:
        """A name of an estate or a building."""
        return [(self.pick(*_ESTATES), ESTATE)]

    def rooms(self) -> list[Piece]:
        """Building, unit, floor and room in one of many ways."""
        b, u, f, r = self.number(40), self.number(6), self.number(33), str(self.rng.randint(101, 3306))
        letter = self.pick("A", "B", "C", "甲", "东", "南")
        return [
            (
                self.pick(
                    f"{b}栋{u}单元{r}室",
                    f"{b}幢{u}单元{r}",
                    f"{b}号楼{u}单元{f}层{r}室",
                    f"{b}-{u}-{r}",
                    f"{b}#{r}",
                    f"{letter}座{r}",
                    f"{letter}座{f}楼{r}室",
                    f"{b}座{r}房",
                    f"{b}栋 {u}单元 {r}室",
                    f"{f}楼",
                    f"{f}层{r}号",
                    f"{b}号楼{r}",
                    f"B{u}层{r}铺",
                    f"负一楼{r}档",
                    f"{letter}栋{r}",
                    f"{b}号{r}室",
                    f"{b}栋{r}房{u}床",
                    f"{b}单元{r}户",
                    f"{f}楼{r}工位",
                    f"{b}号楼丰巢柜{u}号柜",
                    f"{b}栋{chinese(self.rng.randint(101, 999))}室",
                    f"{b}/{u}/{r}",
                    f"{b}门{r}",
                    f"{r}",
                    f"第{b}栋第{u}单元",
                    f"{b}期{u}栋{r}",
                    f"{letter}区{b}栋{r}",
                    f"{letter}{r}",
                    f"{b}幢{r}室之{u}",
                    f"{b}号楼{u}门{r}",
                ),
                UNIT,
            )
        ]

    def person(self) -> list[Piece]:
        """A name or a phone that was typed behind the address."""
        phone = f"1{self.rng.randint(3000000000, 9999999999)}"
        name = self.pick(*_PEOPLE)
        return [
            (self.pick(" ", ",", "，", ""), GLUE),
            (self.pick(f"{name}收", f"{name} {phone}", phone, f"{name}先生"), UNIT),
        ]


def _short(name: str) -> str:
    for end in ("维吾尔自治区", "壮族自治区", "自治区", "省", "市"):
        if name.endswith(end):
            return name.removesuffix(end)
    return name


def _city(m: Maker) -> list[Piece]:
    return [*m.region(), *m.road(), *m.door(), *m.estate(), *m.rooms()]


def _no_estate(m: Maker) -> list[Piece]:
    return [*m.region(), *m.road(), *m.door(), *m.rooms()]


def _no_door(m: Maker) -> list[Piece]:
    return [*m.region(), *m.road(), *m.estate(), *m.rooms()]


def _estate_alone(m: Maker) -> list[Piece]:
    return [*m.region(), *m.estate(), *m.rooms()]


def _door_alone(m: Maker) -> list[Piece]:
    return [*m.region(), *m.road(), *m.door()]


def _no_region(m: Maker) -> list[Piece]:
    return [*m.road(), *m.door(), *m.estate(), *m.rooms()]


def _with_person(m: Maker) -> list[Piece]:
    return [*m.rng.choice((_city, _no_estate, _no_door, _door_alone))(m), *m.person()]


def _village(m: Maker) -> list[Piece]:
    n = m.number(20)
    end = m.pick(
        f"{n}组",
        f"{n}组{m.number(60)}号",
        f"{n}社",
        f"第{n}村民小组{m.number(60)}号",
        f"{n}队",
        f"{n}组 {m.number(60)}号",
        f"门牌{m.number(90)}号",
    )
    return [
        *m.region(),
        (m.pick(*_CORE) + m.pick("镇", "乡"), STREET),
        (m.pick(*_VILLAGES) + "村", STREET),
        (end, UNIT),
    ]


def _city_village(m: Maker) -> list[Piece]:
    n = m.number(30)
    return [
        *m.region(),
        (m.pick(*_VILLAGES) + "村", STREET),
        (m.pick("东", "西", "", "第") + f"{m.rng.randint(1, 20)}巷", STREET),
        (f"{n}号{m.rng.randint(101, 909)}房", UNIT),
    ]


def _postcode(m: Maker) -> list[Piece]:
    return [(f"{m.rng.randint(100000, 859999)}", UNIT), (m.pick(" ", "，"), GLUE), *_city(m)]


def _spaced(m: Maker) -> list[Piece]:
    return [(text + m.pick("", " ", "  ", "\u3000", "\u200b", ","), kind) for text, kind in _city(m) if text]


def _full_width(m: Maker) -> list[Piece]:
    return [(text.translate(_FULL_WIDTH), kind) for text, kind in _city(m)]


def _traditional(m: Maker) -> list[Piece]:
    return [(text.translate(_TRADITIONAL), kind) for text, kind in _city(m)]


def _taiwan(m: Maker) -> list[Piece]:
    city, county = m.rng.choice(
        (("台北市", "大安區"), ("臺北市", "信義區"), ("高雄市", "三民區"), ("新北市", "板橋區"))
    )
    lane = [(f"{m.number(200)}巷", STREET)] if m.rng.random() < 0.3 else []
    n = m.rng.randint(1, 300)
    end = m.pick(
        f"{n}號{m.rng.randint(2, 20)}樓",
        f"{n}號{m.rng.randint(2, 20)}樓之{m.rng.randint(1, 9)}",
        f"{n}之{m.rng.randint(1, 9)}號",
        f"{m.rng.randint(1, 60)}弄{n}號",
    )
    return [
        (city, REGION),
        (county, REGION),
        (m.pick("忠孝東", "中山北", "民生", "復興南") + "路" + m.pick("", "一段", "四段"), STREET),
        *lane,
        (end, UNIT),
    ]


def _hong_kong(m: Maker) -> list[Piece]:
    n = m.rng.randint(1, 900)
    tower = m.pick("A座", "B座", f"{m.rng.randint(1, 9)}座", "")
    return [
        (m.pick("香港", "香港特別行政區"), REGION),
        (m.pick("九龍", "新界", ""), REGION),
        (m.pick("彌敦道", "軒尼詩道", "皇后大道中", "青山公路"), STREET),
        (f"{n}號", UNIT),
        (m.pick("美麗華大廈", "時代廣場", "海富中心"), ESTATE),
        (f"{tower}{m.rng.randint(1, 50)}樓{m.rng.randint(1, 30)}室", UNIT),
    ]


def _english(m: Maker) -> list[Piece]:
    room = m.pick(
        f"Room {m.rng.randint(101, 3306)}",
        f"Flat {m.pick('A', 'B')}, {m.rng.randint(1, 40)}/F",
        f"Rm. {m.rng.randint(101, 909)}, Unit {m.rng.randint(1, 5)}",
    )
    road = m.pick("Zhongshan Rd", "West Nanjing Road", "Jianguo Street", "Keyuan Avenue")
    return [
        (f"{room}, {m.pick('Building', 'Bldg', 'Block')} {m.pick('3', '12', 'A')}", UNIT),
        (", ", GLUE),
        (f"No. {m.rng.randint(1, 999)}", UNIT),
        (" ", GLUE),
        (road, STREET),
        (", ", GLUE),
        (m.pick("Nanshan District", "Chaoyang District", "Tianhe District"), REGION),
        (", ", GLUE),
        (m.pick("Shenzhen", "Beijing", "Guangzhou"), REGION),
    ]


FORMS: tuple[tuple[Callable[[Maker], list[Piece]], int], ...] = (
    (_city, 20),
    (_no_estate, 12),
    (_no_door, 10),
    (_estate_alone, 8),
    (_door_alone, 6),
    (_no_region, 4),
    (_with_person, 10),
    (_village, 8),
    (_city_village, 4),
    (_postcode, 2),
    (_spaced, 4),
    (_full_width, 3),
    (_traditional, 2),
    (_taiwan, 2),
    (_hong_kong, 2),
    (_english, 3),
)
"""What makes the addresses of a form, and its weight."""


def addresses(count: int, seed: int = 1) -> list[Address]:
    """So many addresses, the same for the same seed."""
    rng = random.Random(seed)
    maker = Maker(rng)
    makers = rng.choices([form for form, _ in FORMS], [weight for _, weight in FORMS], k=count)
    return [Address(form=form.__name__.strip("_"), pieces=tuple(p for p in form(maker) if p[0])) for form in makers]


def tail_numbers(address: Address) -> list[str]:
    """The pieces that must not be read."""
    return [text for text, kind in address.pieces if kind == UNIT]
