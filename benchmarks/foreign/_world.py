"""Small courier networks of invented people, out of which foreign systems export, and what is true of each export."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
CHINA = timezone(timedelta(hours=8))
START = int(datetime(2026, 11, 2, tzinfo=CHINA).timestamp())
DAY = 86_400
CITIES = (
    ("杭州", "浙江", "华东", "0571", 30.27, 120.15),
    ("宁波", "浙江", "华东", "0574", 29.87, 121.55),
    ("金华", "浙江", "华东", "0579", 29.08, 119.65),
    ("上海", "上海", "华东", "021", 31.23, 121.47),
    ("苏州", "江苏", "华东", "0512", 31.30, 120.58),
    ("南京", "江苏", "华东", "025", 32.06, 118.80),
    ("广州", "广东", "华南", "020", 23.13, 113.26),
    ("深圳", "广东", "华南", "0755", 22.54, 114.06),
    ("东莞", "广东", "华南", "0769", 23.02, 113.75),
    ("北京", "北京", "华北", "010", 39.90, 116.40),
    ("石家庄", "河北", "华北", "0311", 38.04, 114.51),
    ("成都", "四川", "西南", "028", 30.57, 104.07),
    ("重庆", "重庆", "西南", "023", 29.56, 106.55),
    ("武汉", "湖北", "华中", "027", 30.59, 114.31),
    ("郑州", "河南", "华中", "0371", 34.75, 113.63),
    ("西安", "陕西", "西北", "029", 34.34, 108.94),
)
STREETS = ("城东", "城西", "滨江", "开发区", "高新", "人民路", "中山路", "火车站", "大学城", "新区", "南门", "北苑")
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "安邦博承德恩凡刚浩嘉健康乐明宁平清仁尚泰文信雅逸永泽志子梓梅兰竹菊"
GOODS = ("衣物", "文件", "食品", "数码", "日用品", "其他")
KINDS = ("pickup", "arrive", "depart", "out_for_delivery", "delivered", "returned", "problem")


class Outlet(NamedTuple):
    """A place of the network; latitude and longitude in degrees."""

    code: str
    name: str
    kind: str
    city: str
    province: str
    region: str
    latitude: float
    longitude: float


class Staff(NamedTuple):
    """Somebody with an account; times in seconds since 1970."""

    no: str
    name: str
    phone: str
    role: str
    outlet: Outlet
    rights: tuple[str, ...]
    since: int
    until: int | None
    trained: int | None
    place: int


class Waybill(NamedTuple):
    """A number that was issued."""

    no: str
    issued: int
    channel: str
    origin: Outlet
    destination: Outlet
    customer: str
    order: str
    grams: int
    goods: str
    receiver: str
    phone: str


class Scan(NamedTuple):
    """A scan of the contract's kind."""

    waybill: Waybill
    at: int
    kind: str
    outlet: Outlet
    operator: Staff
    grams: int | None


class Read(NamedTuple):
    """A look at a waybill, in milliseconds since 1970."""

    ms: int
    who: Staff
    waybill: Waybill
    action: str


@dataclass(frozen=True)
class Shape:
    """How large a company is, and how it writes its numbers and codes."""

    seed: int
    number: Callable[[int], str]
    staff_no: Callable[[int], str]
    outlet_code: Callable[[str, int], str]
    roles: tuple[str, ...]
    rights: tuple[str, ...]
    channels: tuple[str, ...]
    outlets: int
    staff: int
    waybills: int
    days: int = 7


class World:
    """One company: the same for the same shape and scale."""

    def __init__(self, shape: Shape, scale: float) -> None:
        self.rng = random.Random(shape.seed)
        self.shape = shape
        self.end = START + shape.days * DAY
        self.outlets = self._outlets(max(6, min(shape.outlets, int(shape.outlets * (scale**0.5)))))
        self.staff = self._staff(max(12, min(shape.staff, int(shape.staff * (scale**0.5)))))
        self.at: dict[str, list[Staff]] = {}
        for person in self.staff:
            self.at.setdefault(person.outlet.code, []).append(person)
        self.waybills = self._waybills(max(150, int(shape.waybills * scale)))

    def pick(self, many: tuple[T, ...] | list[T]) -> T:
        """One of many, evenly."""
        return many[int(self.rng.random() * len(many))]

    def phone(self) -> str:
        """A number of a block that stands in examples only."""
        return f"1390000{int(self.rng.random() * 10_000):04}"

    def name(self) -> str:
        """An invented name."""
        return self.pick(list(SURNAMES)) + "".join(self.pick(list(GIVEN)) for _ in range(1 + (self.rng.random() < 0.7)))

    def _outlets(self, many: int) -> list[Outlet]:
        made = []
        for place in range(many):
            city, province, region, code, north, east = CITIES[place % len(CITIES)]
            kind = "head_office" if place == 0 else "hub" if place % 9 == 4 else "outlet"
            name = {"head_office": "总部", "hub": f"{city}分拨中心"}.get(
                kind, f"{city}{STREETS[place // 3 % len(STREETS)]}{place}部"
            )
            spot = (round(north + self.rng.gauss(0, 0.1), 5), round(east + self.rng.gauss(0, 0.1), 5))
            made.append(Outlet(self.shape.outlet_code(code, place), name, kind, city, province, region, *spot))
        return made

    def _staff(self, many: int) -> list[Staff]:
        made = []
        for place in range(many):
            since = START - int(self.rng.random() * 900 + 20) * DAY
            until = START - int(self.rng.random() * 15) * DAY if self.rng.random() < 0.06 else None
            trained = START + int(self.rng.random() * 400 - 60) * DAY if self.rng.random() < 0.8 else None
            rights = tuple(r for r in self.shape.rights if self.rng.random() < 0.5) or self.shape.rights[:1]
            role, outlet = self.pick(self.shape.roles), self.outlets[place % len(self.outlets)]
            no = self.shape.staff_no(place)
            made.append(Staff(no, self.name(), self.phone(), role, outlet, rights, since, until, trained, place))
        return made

    def _waybills(self, many: int) -> list[Waybill]:
        rng, made = self.rng, []
        step, number = 1 + int(rng.random() * 3), 10_000 + int(rng.random() * 90_000)
        span = (self.shape.days - 1) * DAY
        for issued in sorted(START + int(rng.random() * span) for _ in range(many)):
            number += 1 + int(rng.random() * 9 * step)
            origin, destination = self.pick(self.outlets), self.pick(self.outlets)
            customer = f"C{int(rng.random() ** 3 * 800):05}"
            grams = int(100 + rng.expovariate(1 / 1400)) // 10 * 10
            made.append(
                Waybill(
                    self.shape.number(number),
                    issued,
                    self.pick(self.shape.channels),
                    origin,
                    destination,
                    customer,
                    f"DD{issued}{number % 1000:03}",
                    grams,
                    self.pick(GOODS),
                    self.name(),
                    self.phone(),
                )
            )
        return made

    def scans(self) -> Iterator[Scan]:
        """Scans by waybill: the way of each, as far as the export goes."""
        for w in self.waybills:
            at = w.issued + 1800 + int(self.rng.random() * 9 * 3600)
            last = "returned" if self.rng.random() < 0.02 else "delivered"
            way = [("pickup", w.origin), ("depart", w.origin), ("arrive", w.destination)]
            way += [("problem", w.destination)] if self.rng.random() < 0.04 else []
            way += [("out_for_delivery", w.destination), (last, w.destination)]
            for kind, outlet in way:
                if at >= self.end:
                    break
                who = self.pick(self.at.get(outlet.code, self.staff))
                yield Scan(w, at, kind, outlet, who, w.grams if kind in ("pickup", "arrive") else None)
                at += 1200 + int(self.rng.expovariate(1 / 14_000))

    def reads(self, many: int, actions: tuple[str, ...] = ("view", "view", "view", "print", "export")) -> list[Read]:
        """Looks at waybills, mostly by people where they pass, in the order of time."""
        made = []
        for _ in range(many):
            w = self.pick(self.waybills)
            ms = (w.issued + 60) * 1000 + int(self.rng.random() ** 2 * (self.end - w.issued - 120) * 1000)
            hours = (ms // 1000 - START) % DAY // 3600
            if hours < 7 and self.rng.random() < 0.93:
                ms += (8 + hours // 2) * 3_600_000
            local = self.rng.random()
            place = w.origin if local < 0.45 else w.destination if local < 0.85 else None
            who = self.pick(self.at.get(place.code, self.staff) if place else self.staff)
            made.append(Read(ms, who, w, self.pick(actions)))
        made.sort(key=lambda read: read.ms)
        return made


def clock(seconds: float, form: str = "%Y-%m-%d %H:%M:%S", zone: tzinfo = CHINA) -> str:
    """A time as a system writes it."""
    return datetime.fromtimestamp(seconds, zone).strftime(form)


def iso(seconds: float) -> str:
    """A time as the truth writes it: in UTC, to the second."""
    return clock(seconds, "%Y-%m-%dT%H:%M:%SZ", UTC)


@dataclass
class Counts:
    """What one file, or one sheet of it, holds for one table."""

    rows: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)


@dataclass
class TableTruth:
    """What is true of one table: `rows` can be taken, `broken` can't, `other` is no row of it at all."""

    columns: dict[str, str]
    zone: str = "none written; +08:00 is meant"
    notes: list[str] = field(default_factory=list)
    files: dict[str, Counts] = field(default_factory=dict)
    spoiled: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)
    words: dict[str, Counter[str]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    who: Counter[str] = field(default_factory=Counter)
    either: int = 0
    span: list[int] = field(default_factory=lambda: [1 << 40, 0])

    def file(self, name: str) -> Counts:
        """The counts of a file."""
        return self.files.setdefault(name, Counts())

    def row(
        self,
        name: str,
        key: str,
        at: int | None = None,
        sums: dict[str, int | None] | None = None,
        who: str = "",
        **cells: Any,
    ) -> None:
        """One good row: its id, its time in seconds, what its optional columns must come to, and who it is of."""
        if who:
            self.who[who] += 1
        self.file(name).rows += 1
        self.ids.add(key)
        if at is not None:
            self.span = [min(at, self.span[0]), max(at, self.span[1])]
        for column, value in cells.items():
            if value is not None and value != "":
                self.filled[column] += 1
        for column, number in (sums or {}).items():
            if number is not None:
                self.sums[column] += number
                self.filled[column] += 1

    def word(self, column: str, value: str) -> None:
        """One use of a word of an enum, in the contract's spelling."""
        self.words.setdefault(column, Counter())[value] += 1

    def told(self) -> dict[str, Any]:
        """All of it, for the truth's file."""
        total = Counts()
        for counts in self.files.values():
            total.rows += counts.rows
            total.broken += counts.broken
            total.other += counts.other
        made: dict[str, Any] = {
            "rows": total.rows,
            "ids": len(self.ids),
            "broken": dict(total.broken),
            "other": dict(total.other),
            "either": self.either,
            "spoiled_optional": dict(self.spoiled),
            "columns": self.columns,
            "zone": self.zone,
            "filled": dict(self.filled),
            "sums": dict(self.sums),
            "words": {k: dict(v) for k, v in self.words.items()},
            "notes": self.notes,
            "files": {n: vars(c) for n, c in self.files.items()},
        }
        if self.who:
            made["actors"] = {"distinct": len(self.who), "most": sorted(self.who.values(), reverse=True)[:5]}
        return made | ({"from": iso(self.span[0]), "to": iso(self.span[1])} if self.span[1] else {})


@dataclass
class Truth:
    """What is true of one system."""

    system: str
    number: str
    zone: str
    tables: dict[str, TableTruth] = field(default_factory=dict)
    logs: dict[str, Counter[str]] = field(default_factory=dict)
    distractors: dict[str, str] = field(default_factory=dict)

    def table(self, name: str, columns: dict[str, str], **more: Any) -> TableTruth:
        """Begins a table."""
        self.tables[name] = TableTruth(columns, **more)
        return self.tables[name]

    def line(self, file: str, kind: str, many: int = 1) -> None:
        """Counts what a log's record is."""
        self.logs.setdefault(file, Counter())[kind] += many

    def told(self) -> dict[str, Any]:
        """All of it, for its file."""
        made = {"system": self.system, "number": self.number, "zone": self.zone}
        tables = {name: table.told() for name, table in self.tables.items()}
        return made | {
            "tables": tables,
            "logs": {n: dict(c) for n, c in self.logs.items()},
            "distractors": self.distractors,
        }
