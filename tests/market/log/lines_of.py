"""Lines of a small market, one of each kind, whose shape is what the watch writes."""

from typing import Any

from wayseal.market.log import Line, LineKind

DAY = 86_400_000_000
START = 1_790_000_000_000_000
WAYBILL = "YT1234567890123"


def capture(number: int, source: str = "site-a") -> dict[str, Any]:
    return {
        "id": f"{number:064x}",
        "source": source,
        "url": f"https://{source}.example/{number}",
        "at": START + number,
        "status": 200,
        "media_type": "text/html",
        "sha256": f"{number + 1:064x}",
        "size": 1000 + number,
        "warc": "2026-10-01-1.warc.gz",
        "offset": number * 100,
        "length": 100,
    }


def reading(kind: str = "waybill", **said: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "prices": [],
        "quantities": [],
        "routes": [],
        "couriers": [],
        "freshness": "",
        "handles": [],
        "numbers": [],
        "reasons": [],
    }
    return {**empty, "kind": kind, "probability": 0.9, **said}


def offered(offer: str, at: int = START, **changed: Any) -> Line:
    body = {
        "offer": offer,
        "source": "site-a",
        "shop": "site-a/1",
        "shop_name": "店",
        "title": "面单",
        "text": "出一手面单",
        "url": "https://site-a.example/1",
        "price": "1",
        "posted_at": None,
        "capture": f"{0:064x}",
        "reading": reading(),
        "pictures": [],
        **changed,
    }
    return Line(kind=LineKind.OFFERED, at=at, body=body)


def looked(offers: list[str], at: int = START, sight: str = "seen", **changed: Any) -> Line:
    body = {
        "source": "site-a",
        "target": "",
        "planned_at": at,
        "made": sight != "unseen",
        "sight": sight,
        "hindrance": "captcha" if sight == "unseen" else None,
        "captures": [f"{0:064x}"],
        "offers": offers,
        "gone": [],
        "next_at": at + DAY,
        **changed,
    }
    return Line(kind=LineKind.LOOKED, at=at, body=body)


def link(a: str, b: str) -> dict[str, Any]:
    captures = [f"{0:064x}", f"{1:064x}"]
    return {"a": a, "b": b, "signal": "handle", "detail": "qq", "weight": 9.5, "captures": captures}


def shop(name: str, state: str, at: int = START) -> Line:
    body = {
        "shop": name,
        "source": name.partition("/")[0],
        "name": "店",
        "state": state,
        "since": at,
        "first_at": START,
        "last_at": at,
        "gone_at": at if state == "gone" else None,
        "next_at": at + DAY,
        "memory": {"misses": 0},
    }
    return Line(kind=LineKind.SHOP, at=at, body=body)


def act(what: LineKind, at: int = START, **body: Any) -> Line:
    return Line(kind=what, at=at, body=body, who="li", why="looked at it")


def whole() -> list[Line]:
    """Lines of every kind."""
    source = {"source": "site-a", "kind": "page", "settings": {"every": 3600}, "next_at": START}
    prices = [{"yuan": 1.5, "unit": "number", "at": [0, 2]}]
    routes = [{"origin": "广东", "destination": "", "at": [0, 2]}]
    said = reading(prices=prices, routes=routes, couriers=["yto"], freshness="realtime")
    ours = [{"number": WAYBILL, "canary": True}]
    asked: dict[str, Any] = {
        "request": "R1",
        "target": "site-a/1",
        "source": "site-a",
        "url": "https://site.example/1",
        "address": "abuse@site.example",
        "rule": "personal_data",
        "captures": [f"{0:064x}"],
        "lang": "zh",
    }
    back = {"shop": "site-b/9", "was": "site-a/1", "seller": "seller-1", "weight": 9.5, "offer": "b", "was_offer": "a"}
    return [
        Line(kind=LineKind.SOURCE, at=START, body=source),
        Line(kind=LineKind.CAPTURED, at=START, body=capture(0)),
        Line(kind=LineKind.CAPTURED, at=START, body=capture(1)),
        offered("a", reading=said),
        offered("b", shop="site-b/9", capture=f"{1:064x}"),
        offered("c", reading=reading("logistics")),
        Line(kind=LineKind.READ, at=START, body={"by": "x", "offer": "c", "reading": reading("logistics")}),
        looked(["a", "b", "c"]),
        Line(
            kind=LineKind.LINKED,
            at=START,
            body={"links": [link("a", "b")], "sellers": {"a": "seller-1", "b": "seller-1"}},
        ),
        shop("site-a/1", "seen"),
        looked(["b"], START + DAY, gone=["a"]),
        shop("site-a/1", "gone", START + DAY),
        shop("site-b/9", "seen", START + DAY),
        Line(kind=LineKind.BACK, at=START + DAY, body=back),
        Line(
            kind=LineKind.MATCHED,
            at=START + DAY,
            body={"offer": "b", "capture": f"{1:064x}", "ours": ours, "expected_false": 0.001},
        ),
        act(LineKind.TRIAGED, offer="c", state="dismissed"),
        act(LineKind.JOINED, a="a", b="c"),
        act(LineKind.SPLIT, a="a", b="b"),
        act(LineKind.TAKEN_BACK, seq=17),
        act(LineKind.ASKED, **asked),
        act(LineKind.REMINDED, START + DAY, request="R1"),
        act(LineKind.ANSWERED, START + DAY, request="R1", answer="other", text="looking into it"),
        act(LineKind.ESCALATED, START + DAY, request="R1", to="counsel"),
        act(LineKind.ACCUSED, START + DAY, request="R1", text="it isn't me"),
        act(LineKind.HEARD, START + DAY, request="R1"),
        Line(kind=LineKind.REMOVED, at=START + 2 * DAY, body={"request": "R1", "captures": [f"{1:064x}"]}),
        act(LineKind.ASKED, **{**asked, "request": "R2", "target": "site-b/9"}),
        act(LineKind.WITHDRAWN, START + DAY, request="R2"),
        act(LineKind.WORD, word="面当", kind="waybill", meaning="面单", state="accepted"),
        act(LineKind.LEARNT, START + DAY, digest="0", base="0", places="", weights=""),
        act(LineKind.UNLEARNT, START + 2 * DAY, seq=29),
        looked([], START + 2 * DAY, "unseen"),
    ]
