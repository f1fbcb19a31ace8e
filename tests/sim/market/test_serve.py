"""Sites over HTTP: the same as without, under a clock that is set, broken where a trap says so."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import pytest

from tests.sim.market.conftest import NOON, always
from wayseal_sim.market import Clock, Sites, serve_market
from wayseal_sim.market.parts import TERMS, MarketWorld, Trap

Make = Callable[..., MarketWorld]
LIST = quote("/search?q=快递&page=1", safe="/?=&")


@contextmanager
def line_to(root: str) -> Iterator[http.client.HTTPConnection]:
    line = http.client.HTTPConnection(urlsplit(root).netloc, timeout=20)
    try:
        yield line
    finally:
        line.close()


def get(root: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    with line_to(root) as line:
        line.request("GET" if body is None else "POST", path, body=body)
        answer = line.getresponse()
        return answer.status, answer.read()


def test_pages_are_those_of_the_clock(market: Make) -> None:
    world, clock = market(), Clock(NOON)
    with serve_market(world, clock) as served:
        assert set(served.roots) == set(TERMS)
        assert {urlsplit(root).hostname for root in (*served.roots.values(), served.control)} == {"127.0.0.1"}
        alone = Sites(world)
        for at in (NOON, NOON + 5 * 86_400_000_000):
            said = get(served.control, "/_clock", json.dumps({"at": at}).encode())
            assert said == (200, json.dumps({"at": at}).encode())
            assert clock.now() == at
            for site, path in (("bazaar", LIST), ("board", "/feed.rss"), ("openapi", "/v1/offers?page=1")):
                there = alone.answer(site, path, {}, at)
                assert get(served.roots[site], path) == (there.status, there.body)
        assert get(served.control, "/_clock") == (200, json.dumps({"at": clock.now()}).encode())
        counts = json.loads(get(served.control, "/_counts")[1])
        assert counts["bazaar"] == {"requests": 2, "most_a_second": 1, "forbidden": 0}
        root = served.roots["bazaar"]
    with pytest.raises(ConnectionError):
        get(root, "/")


@pytest.mark.parametrize("order", [b"", b"{", b"[]", b'{"at": "now"}', b'{"at": true}', b'{"at": 1e9}', b"x" * 5_000])
def test_the_clock_takes_nothing_but_a_time(market: Make, order: bytes) -> None:
    clock = Clock(NOON)
    with serve_market(market(), clock) as served:
        assert get(served.control, "/_clock", order)[0] == 400
        assert get(served.control, "/_other", b'{"at": 1}')[0] == 400
        assert get(served.control, "/truth")[0] == 404
    assert clock.now() == NOON


def test_a_connection_that_is_kept_has_many_answers(market: Make) -> None:
    with serve_market(market(), Clock(NOON)) as served, line_to(served.roots["bazaar"]) as line:
        tags: list[str] = []
        for headers in ({}, {"If-None-Match": "again"}, {}):
            known = {name: tags[0] if value == "again" else value for name, value in headers.items()}
            line.request("GET", LIST, headers=known)
            answer = line.getresponse()
            tags.append(answer.headers.get("ETag", ""))
            assert (answer.status, bool(answer.read())) == ((304, False) if known else (200, True))
        assert tags[0] == tags[2] != ""


def test_a_cut_body_ends_too_early(market: Make) -> None:
    world = market(traps=always("bazaar", Trap.CUT))
    with serve_market(world, Clock(NOON)) as served, pytest.raises(http.client.IncompleteRead):
        get(served.roots["bazaar"], LIST)


def test_a_slow_answer_takes_its_time(market: Make) -> None:
    world = market(traps=always("bazaar", Trap.SLOW))
    clock = Clock(NOON)
    with serve_market(world, clock, patience=0.01) as served:
        begun = time.monotonic()
        assert get(served.roots["bazaar"], LIST)[0] == 200
        assert time.monotonic() - begun > 0.14
    assert 15 <= (clock.now() - NOON) / 1_000_000 <= 120


def test_a_body_without_end_ends_when_its_reader_leaves(market: Make) -> None:
    world = market(traps=always("bazaar", Trap.ENDLESS_BODY))
    with serve_market(world, Clock(NOON)) as served:
        address = urlsplit(served.roots["bazaar"])
        with socket.create_connection((address.hostname, address.port), timeout=20) as line:
            line.sendall(f"GET {LIST} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            size = 0
            while size < 3_000_000:
                part = line.recv(1 << 16)
                assert part
                size += len(part)
        assert get(served.roots["forum"], "/board?page=1")[0] == 200
