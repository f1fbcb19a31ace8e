"""A market that looks like one: sites, shops that close and come back, sellers, prices, own numbers, requests.

All of it is made up: no handle, text or number is anybody's.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from tests.market.log.lines_of import capture as capture_of
from tests.market.log.lines_of import reading
from wayseal.market.log import Line, LineKind, open_market
from wayseal.market.log.acts import line_of
from wayseal.market.takedown import (
    RULES,
    Act,
    Answer,
    Answered,
    CounterNotice,
    CounterNoticeReviewed,
    Escalated,
    Filed,
    Reminded,
    Withdrawn,
)

DAY, HOUR = 86_400_000_000, 3_600_000_000
WEEKS = 12
SITES = ("flea-a", "board-b", "search-c", "chat-export-d", "feed-e")
KINDS = ("waybill",) * 6 + ("personal",) * 3 + ("insider", "empty_parcels", "empty_parcels", "logistics", "logistics")
HIDDEN_PHONE = "13800138000"
"""A bystander's, on a picture of a label that somebody typed out; of the range that is never given out."""
TEXTS = {
    "waybill": (
        "出一手面单 {price}元一条",
        "快递单号批发，{fresh}出货，{origin}发货都有\n量大从优，先看样品再付款\n联系 QQ {qq}",
    ),
    "personal": (
        "母婴料子 手拍",
        "收货人信息文本，{fresh}，{price}元一条，可指定{origin}\n样品：张** {phone}\n飞机 @{tg}",
    ),
    "insider": ("找快递内部人员", "寻找快递网点内部人员长期合作，{origin}优先，日结，待遇好谈，加 @{tg}"),
    "empty_parcels": (
        "空包代发 {price}元",
        "真实物流轨迹空包，{price}元一单，{origin}发出，签收快，当天出轨迹\nQQ {qq}",
    ),
    "logistics": ("面单打印纸 三层", "热敏电子面单纸 100*180，一箱包邮，支持各家快递打印软件"),
}
MARKS = {
    "waybill": (("一手", 1.2), ("面单", 2.1), ("单号批发", 2.6), ("样品", 0.7)),
    "personal": (("料子", 1.9), ("手拍", 1.6), ("收货人信息", 2.2), ("文本", 0.8)),
    "insider": (("内部人员", 2.9), ("长期合作", 0.9), ("日结", 0.6)),
    "empty_parcels": (("空包", 3.1), ("真实物流轨迹", 1.4)),
    "logistics": (("打印纸", -1.8), ("热敏", -1.1), ("面单", 0.9)),
}
PLACES = ("广东", "浙江", "江苏", "福建", "河南", "")
UNITS = {"waybill": "number", "personal": "record", "empty_parcels": "parcel"}
NAMES = (
    "小鹿物流",
    "速达单号",
    "阿强面单店",
    "云仓服务",
    "顺心代发",
    "南风货源",
    "老周快递料",
    "鼎盛空包网",
    "橙子小铺",
    "诚信单号",
)


class _Making:
    """Lines, with what was made of them so far."""

    def __init__(self, now: int, seed: int) -> None:
        self.random, self.now, self.captures = Random(seed), now, 0
        self.begin = now - WEEKS * 7 * DAY + DAY

    def capture(self, source: str, at: int) -> tuple[str, Line]:
        self.captures += 1
        id_ = hashlib.sha256(f"capture {self.captures}".encode()).hexdigest()
        body = {**capture_of(self.captures, source), "id": id_, "at": at, "size": 18_000 + 37 * self.captures}
        body["sha256"] = hashlib.sha256(f"body {self.captures}".encode()).hexdigest()
        return id_, Line(kind=LineKind.CAPTURED, at=at, body=body)


def lines(now: int, *, offers: int = 200, sellers: int = 30, seed: int = 7) -> Iterator[Line]:
    """All of them, in their order."""
    making = _Making(now, seed)
    yield from _sources(making)
    shops = _shops(making, sellers)
    made = [_offer(making, number, shops[number % len(shops)]) for number in range(offers)]
    made.sort(key=lambda one: one[-1].at)
    for capture, line in made:
        yield capture
        yield line
    yield from _links(making, [line for _, line in made])
    yield from _states(making, shops)
    yield from _last(making, [line for _, line in made])


def _sources(making: _Making) -> Iterator[Line]:
    kinds = ("page", "page", "search", "chat", "feed")
    for place, (source, kind) in enumerate(zip(SITES, kinds, strict=True)):
        settings: dict[str, Any] = {"every": 6 * 3600, "budget": 200, "start": [f"https://{source}.example/"]}
        if place == 2:
            settings["robots_ignored"] = "counsel, 2 September"
        body = {"source": source, "kind": kind, "settings": settings, "next_at": making.now}
        yield Line(kind=LineKind.SOURCE, at=making.begin, body=body)


def _shops(making: _Making, sellers: int) -> list[dict[str, Any]]:
    out = []
    for number in range(sellers):
        count = 1 + (number % 4 == 0) + (number % 8 == 0) + 2 * (number == 0)
        begin = making.begin + making.random.randrange(50) * DAY
        for turn in range(count):
            source = SITES[(number + turn) % 4]
            gone = None if turn == count - 1 else begin + (9 + making.random.randrange(6)) * DAY
            name = f"{NAMES[(number + 3 * turn) % len(NAMES)]}{number or ''}"
            shop = f"{source}/{4000 + 10 * number + turn}"
            state = "gone" if gone else "seen"
            out.append(
                {
                    "seller": number,
                    "shop": shop,
                    "source": source,
                    "name": name,
                    "begin": begin,
                    "gone": gone,
                    "state": state,
                }
            )
            begin = (gone or begin) + (2 + making.random.randrange(4)) * DAY
    return out


def _offer(making: _Making, number: int, shop: dict[str, Any]) -> tuple[Line, Line]:
    random = making.random
    kind = KINDS[random.randrange(len(KINDS))]
    until = shop["gone"] or making.now - HOUR
    at = shop["begin"] + random.randrange(max(until - shop["begin"], HOUR)) // HOUR * HOUR + number
    low = {"waybill": 0.8, "personal": 2.5, "empty_parcels": 2.0}.get(kind, 0.0)
    price = round(low * (1 + random.random()) + 0.02 * (at - making.begin) / DAY, 1)
    origin, fresh = random.choice(PLACES), random.choice(("realtime", "same_day", "same_day", "history"))
    said = {"realtime": "实时", "same_day": "当天", "history": "历史"}[fresh]
    filled = {
        "price": price,
        "origin": origin or "全国",
        "fresh": said,
        "qq": 880_000_000 + shop["seller"],
        "tg": f"sample_{shop['seller']}",
        "phone": HIDDEN_PHONE,
    }
    title, text = (one.format(**filled) for one in TEXTS[kind])
    whole = f"{title}\n{text}"
    got = _reading(kind, whole, price, origin, fresh, filled, random)
    capture, line = making.capture(shop["source"], at)
    offer = offer_id(number)
    body = {
        "offer": offer,
        "source": shop["source"],
        "shop": shop["shop"],
        "shop_name": shop["name"],
        "title": title,
        "text": text,
        "url": f"https://{shop['source']}.example/item/{number}",
        "price": f"{price}",
        "posted_at": at - HOUR,
        "capture": capture,
        "reading": got,
        "pictures": _pictures(number, capture),
    }
    return line, Line(kind=LineKind.OFFERED, at=at, body=body)


def _reading(
    kind: str, whole: str, price: float, origin: str, fresh: str, filled: dict[str, Any], random: Random
) -> dict[str, Any]:
    reasons = [
        {"text": word, "at": [whole.find(word), whole.find(word) + len(word)], "weight": weight}
        for word, weight in MARKS[kind]
        if word in whole
    ]
    reasons.sort(key=lambda one: -abs(one["weight"]))  # type: ignore[arg-type]
    chance = round(0.72 + 0.27 * random.random(), 3)
    rest = [one for one in ("waybill", "personal", "logistics", "other") if one != kind][:3]
    handles = []
    for name, value in (("qq", str(filled["qq"])), ("telegram", filled["tg"])):
        if value in whole:
            handles.append({"kind": name, "value": value, "at": [whole.find(value), whole.find(value) + len(value)]})
    unit = UNITS.get(kind)
    return reading(
        kind,
        probability=chance,
        probabilities={kind: chance, **{one: round((1 - chance) / 3, 3) for one in rest}},
        prices=[{"yuan": price, "unit": unit, "at": [0, 1]}] if unit else [],
        routes=[{"origin": origin, "destination": random.choice(("", "北京", "上海")), "at": [0, 1]}]
        if origin and unit
        else [],
        couriers=["yto"] if random.random() < 0.4 else [],
        freshness=fresh if kind in ("waybill", "personal") else "",
        handles=handles,
        reasons=reasons,
    )


def _pictures(number: int, capture: str) -> list[dict[str, Any]]:
    if number % 9:
        return []
    waybill = f"YT{9_000_000_000_000 + number}"
    candidate = {"number": waybill, "couriers": ["yto"], "probability": 0.93}
    return [
        {
            "name": f"label-{number}.jpg",
            "capture": capture,
            "codes": [["Code128", waybill]],
            "lines": ["收件人 李** " + HIDDEN_PHONE],
            "numbers": [candidate],
            "handles": [],
            "hash": f"{number:016x}",
            "mirror_hash": f"{number + 1:016x}",
        }
    ]


def _links(making: _Making, offers: Sequence[Line]) -> Iterator[Line]:
    """Links between a seller's shops, and who is taken for one."""
    first: dict[str, Line] = {}
    sellers = {}
    for line in offers:
        number = int(line.body["shop"].rpartition("/")[2]) - 4000
        seller = seller_id(number // 10)
        sellers[line.body["offer"]] = seller
        first.setdefault(line.body["shop"], line)
    found = []
    shops = sorted(first)
    signals = (("handle", "qq", 7.9), ("picture", "", 5.2), ("text", "", 3.8), ("mirror", "", 4.6), ("style", "", 1.1))
    for place, a in enumerate(shops):
        for b in shops[place + 1 :]:
            ours = [first[one].body for one in (a, b)]
            if sellers[ours[0]["offer"]] == sellers[ours[1]["offer"]]:
                for turn in range(1 + making.random.randrange(3)):
                    signal, detail, weight = signals[(place + turn) % len(signals)]
                    found.append(
                        {
                            "a": ours[0]["offer"],
                            "b": ours[1]["offer"],
                            "signal": signal,
                            "detail": detail,
                            "weight": weight,
                            "captures": [one["capture"] for one in ours],
                        }
                    )
    yield Line(kind=LineKind.LINKED, at=making.now - HOUR, body={"links": found, "sellers": sellers})


def _states(making: _Making, shops: Sequence[dict[str, Any]]) -> Iterator[Line]:
    before: dict[int, dict[str, Any]] = {}
    for one in shops:
        end = one["gone"] or making.now - HOUR
        memory = {
            "shop": one["shop"],
            "state": one["state"],
            "since": one["begin"],
            "first_at": one["begin"],
            "last_at": end,
            "gone_at": one["gone"],
        }
        place = {"source": one["source"], "name": one["name"]}
        body = {**memory, **place, "next_at": making.now + 6 * HOUR, "memory": memory}
        yield Line(kind=LineKind.SHOP, at=end, body=body)
        was = before.get(one["seller"])
        if was is not None:
            seller = seller_id(one["seller"])
            back = {
                "shop": one["shop"],
                "was": was["shop"],
                "seller": seller,
                "weight": 8.4,
                "offer": offer_id(0),
                "was_offer": offer_id(1),
            }
            yield Line(kind=LineKind.BACK, at=one["begin"] + HOUR, body=back)
        before[one["seller"]] = one


def _last(making: _Making, offers: Sequence[Line]) -> Iterator[Line]:
    """The last looks, own numbers, decisions, requests."""
    now = making.now
    for place, source in enumerate(SITES):
        for turn in range(40):
            at = now - (40 - turn) * 6 * HOUR
            unseen = (place == 1 and turn > 35) or (place == 4 and turn > 20)
            there = [one.body["offer"] for one in offers if one.body["source"] == source][-20:]
            body = {
                "source": source,
                "target": "",
                "planned_at": at,
                "made": not (place == 4 and turn == 30),
                "sight": "unseen" if unseen else "seen",
                "hindrance": ("captcha" if place == 1 else "changed") if unseen else None,
                "captures": [],
                "offers": [] if unseen else there,
                "gone": [],
                "next_at": at + 6 * HOUR,
            }
            yield Line(kind=LineKind.LOOKED, at=at, body=body)
    for number, one in enumerate(offers):
        if one.body["pictures"] and number % 3 == 0:
            waybill = one.body["pictures"][0]["numbers"][0]["number"]
            body = {
                "offer": one.body["offer"],
                "capture": one.body["capture"],
                "ours": [{"number": waybill, "canary": False}],
                "expected_false": 0.0004,
            }
            yield Line(kind=LineKind.MATCHED, at=one.at + HOUR, body=body)
    for number, one in enumerate(offers[: len(offers) // 2]):
        if one.body["reading"]["kind"] != "logistics":
            state, why = ("dismissed", "旧文案，以前看过") if number % 3 == 0 else ("kept", "出售面单，有样品")
            yield Line(
                kind=LineKind.TRIAGED,
                at=now - 2 * DAY + number,
                body={"offer": one.body["offer"], "state": state},
                who="li.na",
                why=why,
            )
    a, b = offers[0].body["offer"], offers[-1].body["offer"]
    yield Line(kind=LineKind.JOINED, at=now - DAY, body={"a": a, "b": b}, who="chen.jing", why="同一个客服，电话里承认")
    by_shop = {one.body["shop"]: one for one in reversed(offers)}
    for number, one in enumerate(list(by_shop.values())[::-1][:8]):
        yield from _request(now, number, one)


def _request(now: int, number: int, one: Line) -> Iterator[Line]:
    """Of eight: four were removed, one was withdrawn; of the others the accused spoke up, a site is silent or asks."""
    at = now - (40 - 5 * number) * DAY
    of = {"request": f"r-{number:08x}"}

    def act(kind: Callable[..., Act], days: float, why: str, **more: Any) -> Line:
        return line_of(kind(**of, at=at + round(days * DAY), who="li.na", why=why, **more))

    source = one.body["source"]
    yield act(
        Filed,
        0,
        "站内举报入口提交，编号见附件",
        target=one.body["shop"],
        source=source,
        url=one.body["url"],
        address=f"abuse@{source}.example",
        rule=RULES[number % len(RULES)],
        captures=(one.body["capture"],),
        lang="zh",
    )
    if number in {1, 3, 4}:
        yield act(Reminded, 3.5, "站内信")
    if number == 3:
        yield act(Answered, 4, "邮件", answer=Answer.REFUSED, text="我们认为该商品没有违规")
        yield act(Escalated, 5, "邮件，附抓取记录", to="法务部")
    if number == 6:
        yield act(Answered, 1, "邮件", answer=Answer.MORE, text="请提供营业执照和授权书")
    if number in {0, 5}:
        yield act(CounterNotice, 2, "站内信转来", text=f"不是我卖的，有疑问请打 {HIDDEN_PHONE}")
    if number == 0:
        yield act(CounterNoticeReviewed, 2.5, "核对过抓取记录，请求照旧")
    if number < 4:
        body = {**of, "captures": [one.body["capture"]]}
        yield Line(kind=LineKind.REMOVED, at=at + round((2.2 + 2.7 * number) * DAY), body=body)
    if number == 4:
        yield act(Withdrawn, 6, "店铺编号写错了")


def offer_id(number: int) -> str:
    """The id of an offer; 0 is the first that is made up."""
    return hashlib.sha256(f"offer {number}".encode()).hexdigest()[:24]


def seller_id(number: int) -> str:
    """The id of a seller; 0 has the most shops."""
    return f"seller-{hashlib.sha256(str(number).encode()).hexdigest()[:12]}"


def fill_market(folder: Path, now: int, **sizes: int) -> None:
    """A record of it in a folder."""
    with open_market(folder) as market:
        made = list(lines(now, **sizes))
        for start in range(0, len(made), 500):
            market.append(made[start : start + 500])
