"""The gate by HTTP: who is shown what, and that nothing before the secret helps to guess."""

import asyncio
import json
import os
import re
import resource
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import uvloop
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gate.world import SHOP, World, make_parcels, open_world
from wayseal.database import DatabaseError, DatabaseGoneError
from wayseal.gate import _kept, _lookup, serve
from wayseal.gate.errors import GateError
from wayseal.gate.settings import DATABASE, KEY_FILE, GateSettings
from wayseal.model.times import SECOND_US
from wayseal.numbers.breaches import Breach, BreachKind
from wayseal.numbers.errors import NumbersError
from wayseal.service.http import Server


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as world:
        yield world


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("gate"), prefix_a_minute=10_000_000) as world:
        yield world


def told(answer: Response) -> tuple[int, bytes, Any]:
    return answer.status_code, answer.content, dict(answer.headers)


def misses(world: World) -> dict[str, tuple[str, str]]:
    """Number and secret, by the reason for which nothing is shown."""
    p, live = world.parcels, world.parcels.live
    return {
        "unknown": ("YT0000000000000", p.secret("YT0000000000000")),
        "wrong secret": (live[0], "0000000000"),
        "no secret": (live[0], ""),
        "bound": (p.bound[0], p.secret(p.bound[0])),
        "issued": (p.issued[0], p.secret(p.issued[0])),
        "closed long ago": (p.closed[0], p.secret(p.closed[0])),
        "the decoy": ("-", "0000000000"),
        "no number": ("'; DROP TABLE", "0000000000"),
    }


def test_whoever_has_the_secret_sees_kinds_times_and_cities_alone(world: World) -> None:
    number = world.parcels.live[0]
    secret = world.parcels.secret(number)
    answer = world.ask(number, secret)
    events = answer.json()["events"]
    assert [(one["kind"], one["city"]) for one in events] == [
        ("pickup", "上海"), ("arrive", "北京"), ("out_for_delivery", "北京")]  # fmt: skip
    assert set(answer.json()) == {"number", "events"}
    assert {*events[0]} == {"kind", "at", "city"}
    wide = number.translate({ord(one): ord(one) + 0xFEE0 for one in "0123456789YT"})
    typed = f" {secret[:5].lower()}-{secret[5:]} ".replace("0", "o").replace("1", "l")
    page = world.visitor().post("/", data={"number": wide, "secret": typed})
    assert "Out for delivery" in page.text
    assert "上海" in page.text
    assert "hub" not in page.text
    assert secret not in page.text
    post = world.visitor().post("/v1/track", data={"number": number, "secret": secret})
    assert post.json() == answer.json()


def test_whatever_finds_nothing_is_one_answer(world: World) -> None:
    found = {why: told(world.ask(*asked)) for why, asked in misses(world).items()}
    other = world.token("other-shop")
    found["forbidden"] = told(world.ask(world.parcels.live[1], authorization=f"Bearer {other}"))
    for count in range(20):
        world.ask(f"YT11111111111{count:02d}", "0000000000", address="198.51.100.7")
    live = world.parcels.live
    assert [world.ask(one, world.parcels.secret(one), "198.51.100.7").status_code for one in live[:3]] == [
        200,
        404,
        404,
    ]
    found["refused"] = told(world.ask(live[4], world.parcels.secret(live[4]), "198.51.100.7"))
    assert found["unknown"][0] == 404
    assert all(one == found["unknown"] for one in found.values()), found
    pages = {
        why: world.visitor("203.0.113.5").post("/", data={"number": number[:1] and "X", "secret": secret}).content
        for why, (number, secret) in misses(world).items()
    }
    assert len(set(pages.values())) == 1
    headers = found["unknown"][2]
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


def test_an_account_asks_without_secrets_for_what_it_holds(world: World) -> None:
    token, live = world.token(SHOP), world.parcels.live[0]
    assert world.ask(live, authorization=f"Bearer {token}").status_code == 200
    assert world.ask(live, "0000000000", authorization=f"bearer {token}").status_code == 200
    assert world.ask(world.parcels.bound[0], authorization=f"Bearer {token}").status_code == 404
    assert world.breaches() == [], "a holder may ask before the first scan"
    for wrong in ("Bearer x", f"Basic {token}", "", "Bearer \x7f"):
        answer = world.ask(live, world.parcels.secret(live), authorization=wrong)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_number_before_its_first_scan_names_its_asker_within_a_second(world: World) -> None:
    bound, issued = world.parcels.bound[0], world.parcels.issued[0]
    other = world.token("other-shop")
    with world.pulse:
        for _ in range(3):
            world.ask(bound, address="198.51.100.7")
        world.ask(bound, world.parcels.secret(bound), address="203.0.113.1")
        world.ask(issued, authorization=f"Bearer {other}")
        time.sleep(0.8)
        with sqlite3.connect(world.folder / "numbers.sqlite") as c:
            ((soon,),) = c.execute("SELECT COUNT(*) FROM breaches")
        c.close()
        assert soon == 3
    found = world.breaches()
    assert [(one.kind, one.number, one.holder) for one in found] == [
        (BreachKind.TRACKED_EARLY, bound, SHOP),
        (BreachKind.TRACKED_EARLY, bound, SHOP),
        (BreachKind.TRACKED_EARLY, issued, SHOP),
    ]
    assert [one.facts["secret"] for one in found] == ["none or wrong", "right", "none or wrong"]
    assert found[2].asker == "other-shop"
    assert found[0].asker.startswith("prefix:")
    assert "198.51" not in str(found)


def test_the_courier_is_real_or_not_and_nothing_else(world: World) -> None:
    number, other = world.parcels.live[:2]
    secret = world.parcels.secret(number)

    def check(number: str, secret: str, code: str, address: str = "192.0.2.8") -> Response:
        return world.visitor(address).post("/courier", data={"number": number, "secret": secret, "code": code})

    right = world.code(number)
    for _ in range(5):  # without the secret nobody locks it
        check(number, "0000000000", right, "198.51.100.7")
    assert "Yes: this courier" in check(number, secret, f" {right[:3]} {right[3:]}").text
    wrong = check(number, secret, world.code(other))
    assert "No: don" in wrong.text
    unknown = check("YT0000000000000", secret, right)
    assert unknown.content == wrong.content.replace(number.encode(), b"YT0000000000000")
    assert "No: don" in check(number, secret, "１２３４５６").text
    assert check(number, secret, right).content == wrong.content, "three codes in ten minutes"
    assert check(other, world.parcels.secret(other), world.code(other)).text.count("Yes") == 1


def test_what_is_no_request_of_ours(world: World) -> None:
    visitor, live = world.visitor(), world.parcels.live[0]
    secret = world.parcels.secret(live)
    assert visitor.get(f"/v1/track?number={live}&secret={secret}").status_code == 403
    assert visitor.post("/", data={"number": live}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert visitor.post("/", content=b"number=" + b"9" * 5000).status_code == 413
    assert visitor.post("/", content="number=９".encode()).status_code == 400
    assert visitor.post("/", content=b"&".join([b"a=1"] * 20)).status_code == 400
    assert visitor.get("/nothing").status_code == visitor.get("/static/nothing.css").status_code == 404
    assert visitor.get("/static/../serve.py").status_code == 404
    assert visitor.put("/").status_code == 405
    assert visitor.post("/", content=b"number=%ff%00&secret=%d8%00").status_code == 200
    assert world.ask(live, "!" * 3000, **{"x-forwarded-for": "1.2.3.4"}).status_code == 404


@settings(max_examples=40)
@given(number=st.text(max_size=80), secret=st.text(max_size=60))
def test_nothing_that_is_typed_breaks_it(shared: World, number: str, secret: str) -> None:
    typed = {"number": number.encode("utf-8", "replace"), "secret": secret.encode("utf-8", "replace")}
    answer = shared.visitor().post("/", data=typed)
    assert answer.status_code in {200, 413}
    assert "Nothing is shown" in answer.text or answer.status_code == 413


def test_pages_in_both_languages_weigh_little(shared: World) -> None:
    visitor = shared.visitor(**{"accept-language": "zh-CN"})
    for path in ("/", "/courier"):
        page = visitor.get(path)
        assert '<html lang="zh-CN">' in page.text
        assert visitor.get(f"{path}?lang=en").text.count("<script") == 0
        names = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
        assert len(page.content) + sum(len(visitor.get(one).content) for one in names) < 20_000
    assert 'value="YT1"' in visitor.get("/?number=YT1").text
    assert "set-cookie" not in visitor.get("/").headers


def test_too_many_requests_are_told_of(tmp_path: Path) -> None:
    with open_world(tmp_path, prefix_a_minute=2) as world:
        answers = [world.ask(world.parcels.live[0], "0000000000") for _ in range(3)]
        assert [one.status_code for one in answers] == [404, 404, 429]
        assert 0 < int(answers[2].headers["retry-after"]) <= 60
        page = world.visitor().post("/", data={})
        assert (page.status_code, "Wait for a minute" in page.text) == (429, True)


def test_nothing_found_waits_although_the_clock_of_the_loop_stands_still(world: World) -> None:
    """uvloop's has whole milliseconds, and is read once a turn: no time was spent by it, and no time was waited."""

    async def waited() -> float:
        began = time.monotonic()
        await world.gate._until(began)
        return time.monotonic() - began

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert min(runner.run(waited()) for _ in range(10)) > 0.002


def test_a_restart_forgets_no_refusal_and_holds_no_address(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        parcels = world.parcels
        for count in range(6):
            world.ask(f"YT11111111111{count:02d}", "0000000000", "198.51.100.7")
        with world.pulse:
            pass
    with open_world(tmp_path, parcels) as world:
        asked = [(one, parcels.secret(one)) for one in parcels.live[:2]]
        assert [world.ask(*one, "198.51.100.7").status_code for one in asked] == [200, 404]
        assert [world.ask(*one).status_code for one in asked] == [200, 200]
    stored = b"".join(one.read_bytes() for one in (tmp_path / "gate").glob(f"{DATABASE}*"))
    assert bytes([198, 51, 100]) not in stored
    assert b"YT1111" not in stored
    (tmp_path / "gate" / KEY_FILE).unlink()
    with pytest.raises(GateError, match="missing"), open_world(tmp_path, parcels):
        pass


def test_a_clock_that_jumps_forgives_no_more_than_a_pause(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        for count in range(6):
            world.ask(f"YT11111111111{count:02d}", "0000000000")
        kept: list[Any] = []
        world.gate.judge.keep(time.monotonic(), kept.extend)
        own = world.pulse._own
        own.write(_kept.save, kept, 5_000_000.0)
        assert all(one.age == 0 for one in own.read(_kept.load, 1_000_000.0))
        own.write(_kept.drop, 1)
        assert len(own.read(_kept.load, 1.0)) <= len(kept)
        world.gate.numbers.clock = lambda: 4_000_000_000 * SECOND_US
        assert world.ask(world.parcels.live[0], world.parcels.secret(world.parcels.live[0])).status_code == 404


def test_what_a_database_refuses_is_told_and_nothing_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers, bound = world.gate.numbers, world.parcels.bound[0]
    world.ask(bound)

    def refuses(*_: Any) -> Any:
        raise DatabaseGoneError("it went")

    with monkeypatch.context() as patch:
        patch.setattr(type(numbers._database), "write", refuses)
        patch.setattr(type(numbers._database), "read", refuses)
        world.pulse.beat()
        answer = world.ask(world.parcels.live[0], world.parcels.secret(world.parcels.live[0]))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "20")
    assert len(world.breaches()) == 1
    monkeypatch.setattr(_lookup, "MOST_QUEUED", 0)
    numbers.note(Breach(kind=BreachKind.TRACKED_EARLY, number=bound, at=1))
    assert numbers.lost == 1
    monkeypatch.setattr(numbers, "fits", lambda *_: 1 / 0)
    assert world.ask(bound).status_code == 500
    assert "It was noted" in world.visitor().post("/", data={"number": bound}).text


def test_who_was_shown_too_much_is_named(tmp_path: Path) -> None:
    with open_world(tmp_path, account_shown=3) as world:
        token = world.token(SHOP)
        got = [world.ask(one, authorization=f"Bearer {token}").status_code for one in world.parcels.live[:6]]
        assert got == [200] * 4 + [404] * 2
        (breach,) = world.breaches()
        assert (breach.kind, breach.asker, breach.facts) == (BreachKind.BULK_READ, SHOP, {"why": "breadth", "size": 4})
        text = serve.measure(world.gate)
        assert 'wayseal_gate_slowed{kind="account"} 1' in text
        assert SHOP not in text


def test_metrics_and_health_are_on_a_port_of_their_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    app, sent = serve.with_metrics(world.app, world.gate, 99), list[Any]()

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    def ask(path: str, port: int) -> int:
        sent.clear()
        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        scope["server"] = ("h", port)

        async def run() -> None:
            await app(scope, receive, send)

        asyncio.run(run())
        return int(sent[0]["status"])

    assert [ask(one, 99) for one in ("/healthz", "/readyz", "/metrics", "/", "/v1/track")] == [204, 204, 200, 404, 404]
    assert [ask(one, 80) for one in ("/metrics", "/healthz", "/")] == [404, 404, 200]
    monkeypatch.setattr(world.gate.numbers, "healthy", lambda: False)
    assert ask("/readyz", 99) == 503


@pytest.mark.slow
def test_it_serves_until_it_is_told_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    make_parcels(tmp_path)
    monkeypatch.setattr(Server, "run", lambda self, sockets: signal.raise_signal(signal.SIGTERM))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    monkeypatch.setattr(os, "umask", lambda *_: 0)
    monkeypatch.setattr(serve, "gc", MagicMock())
    serve.run_gate(
        GateSettings(numbers=str(tmp_path / "numbers.sqlite"), folder=tmp_path / "gate", port=0, metrics_port=0)
    )
    assert json.loads(capfd.readouterr().err.splitlines()[-1])["event"] == "stopped"
    with pytest.raises((NumbersError, DatabaseError)):
        serve.run_gate(GateSettings(numbers=str(tmp_path / "none.sqlite"), folder=tmp_path / "gate"))
