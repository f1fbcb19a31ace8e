"""Asking sites: manners, bounds, and what is refused, against a server of this machine."""

import gzip
import ipaddress
import resource
import ssl
import threading
import time
import zlib
from pathlib import Path
from random import Random

import pytest

from tests.market.fetching.site import START, Answer, Clock, Handler, Site, bomb, endless, serving, source
from tests.tables import each
from wayseal.market.fetching import DAY_US, Fetched, Fetcher, Means, Missed, Patience, Validators, read_retry_after
from wayseal.market.fetching._address import is_public
from wayseal.market.types import FailureReason
from wayseal.model.times import SECOND_US

OK = (200, {"Content-Type": "text/html"}, b"page")
NO_ROBOTS: Answer = (404, {}, b"")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fetcher(tmp_path: Path, clock: Clock) -> Fetcher:
    return Fetcher(tmp_path, clock.means(), Patience(seconds=5, wait=30))


def test_an_answer_and_how_it_was_asked_for(fetcher: Fetcher, clock: Clock) -> None:
    with serving(page=OK) as site:
        found = fetcher.fetch(source(site), f"{site.url}/page#part")
        assert isinstance(found, Fetched)
        assert (found.status, found.body, found.raw, found.media_type) == (200, b"page", b"page", "text/html")
        assert (found.address, found.inside, found.hindrance) == ("127.0.0.1", True, None)
        assert found.at == clock.at
        assert site.paths() == ["/robots.txt", "/page"]
        sent = site.asked[1][1]
        assert "security@courier.example" in sent["User-Agent"]
        assert "Cookie" not in sent
        assert dict(found.request[1]) == sent
        assert clock.slept == [2.0]
        fetcher.fetch(source(site), f"{site.url}/page")
        assert clock.slept == [2.0, 2.0]


def test_jitter_makes_the_pause_longer(fetcher: Fetcher, clock: Clock) -> None:
    with serving(page=OK) as site:
        for _ in range(3):
            fetcher.fetch(source(site, jitter="1.0"), f"{site.url}/page")
    assert all(2 <= one <= 4 for one in clock.slept)
    assert len(set(clock.slept)) == 3


def test_what_did_not_change_is_not_sent_again(fetcher: Fetcher) -> None:
    def answer(handler: Handler) -> None:
        same = handler.headers["If-None-Match"] == '"v1"' and handler.headers["If-Modified-Since"]
        handler.send_response(304 if same else 200)
        handler.send_header("ETag", '"v1"')
        handler.send_header("Last-Modified", "Mon, 02 Mar 2026 08:00:00 GMT")
        handler.send_header("Content-Length", "0" if same else "4")
        handler.end_headers()
        handler.wfile.write(b"" if same else b"page")

    with serving(page=answer) as site:
        first = fetcher.fetch(source(site), f"{site.url}/page")
        assert isinstance(first, Fetched)
        again = fetcher.fetch(source(site), f"{site.url}/page", first.validators)
        assert isinstance(again, Fetched)
        assert (again.unchanged, again.body, again.hindrance) == (True, b"", None)
        bad = Validators(etag="a\r\nX: y", last_modified="\x00")
        assert isinstance(fetcher.fetch(source(site), f"{site.url}/page", bad), Fetched)


def missed(found: Fetched | Missed) -> FailureReason:
    assert isinstance(found, Missed)
    return found.hindrance


def test_a_budget_ends_with_its_day(fetcher: Fetcher, clock: Clock) -> None:
    with serving(page=OK) as site:
        few = source(site, budget="3")
        got = [fetcher.fetch(few, f"{site.url}/page") for _ in range(4)]
        assert [isinstance(one, Fetched) for one in got] == [True, True, False, False]
        assert missed(got[3]) is FailureReason.BUDGET
        assert len(site.asked) == 3
        clock.at += DAY_US
        assert isinstance(fetcher.fetch(few, f"{site.url}/page"), Fetched)


def test_the_budget_is_shared_and_outlives_the_process(tmp_path: Path, clock: Clock) -> None:
    with serving(page=OK) as site:
        for _ in range(3):
            Fetcher(tmp_path, clock.means()).fetch(source(site, budget="2"), f"{site.url}/page")
        assert len(site.asked) == 2


def test_one_request_at_a_time_a_site(tmp_path: Path) -> None:
    asking, most = [0], [0]

    def slow(handler: Handler) -> None:
        asking[0] += 1
        most[0] = max(most[0], asking[0])
        time.sleep(0.05)
        asking[0] -= 1  # before the answer, after which the next may come
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with serving(page=slow, robots=NO_ROBOTS) as site:
        fetchers = [Fetcher(tmp_path, Clock().means()) for _ in range(4)]
        threads = [threading.Thread(target=one.fetch, args=(source(site), f"{site.url}/page")) for one in fetchers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert site.paths().count("/page") == 4
        assert most == [1]


@each(
    ("robots", "hindrance", "asked"),
    [
        ((200, {}, b"User-agent: *\nDisallow: /page"), FailureReason.ROBOTS, ["/robots.txt"]),
        ((200, {}, b"User-agent: wayseal-market-watch\nDisallow: /"), FailureReason.ROBOTS, ["/robots.txt"]),
        ((200, {}, b"User-agent: *\nDisallow: /other"), None, ["/robots.txt", "/page"]),
        ((200, {}, b"\xff\x00<html>no rules</html>"), None, ["/robots.txt", "/page"]),
        (NO_ROBOTS, None, ["/robots.txt", "/page"]),
        ((403, {}, b""), None, ["/robots.txt", "/page"]),
        ((500, {}, b""), FailureReason.ROBOTS, ["/robots.txt"]),
        ((503, {}, b""), FailureReason.ROBOTS, ["/robots.txt"]),
        (
            (302, {"Location": "http://169.254.169.254/robots.txt"}, b""),
            FailureReason.FORBIDDEN_ADDRESS,
            ["/robots.txt"],
        ),
        (endless(b"#" * 65_536, 0, 20), FailureReason.ROBOTS, ["/robots.txt"]),
    ],
)
def test_robots(tmp_path_factory: pytest.TempPathFactory, robots: object, hindrance: object, asked: list[str]) -> None:
    clock = Clock()
    fetcher = Fetcher(tmp_path_factory.mktemp("sites"), clock.means(), Patience(seconds=5, wait=30))
    with serving(page=OK, robots=robots) as site:  # type: ignore[arg-type]
        found = fetcher.fetch(source(site), f"{site.url}/page")
        assert (found.hindrance, site.paths()) == (hindrance, asked)
        fetcher.fetch(source(site), f"{site.url}/page")
        assert site.paths().count("/robots.txt") == (2 if hindrance is FailureReason.FORBIDDEN_ADDRESS else 1)
        assert site.paths().count("/page") == (0 if hindrance else 2)


@each(
    ("location", "hindrance"),
    [("/rules", FailureReason.ROBOTS), ("/robots.txt", None), ("ftp://x/", FailureReason.FORBIDDEN_ADDRESS)],
)
def test_robots_that_lead_elsewhere(
    tmp_path_factory: pytest.TempPathFactory, location: str, hindrance: FailureReason | None
) -> None:
    """Followed five times; what leads in a circle says nothing."""
    fetcher = Fetcher(tmp_path_factory.mktemp("sites"), Clock().means(), Patience(seconds=5, wait=30))
    with serving(page=OK, robots=(301, {"Location": location}, b"")) as site:
        site.answers["/rules"] = (200, {}, b"User-agent: *\nDisallow: /page")
        assert fetcher.fetch(source(site), f"{site.url}/page").hindrance is hindrance
        assert site.paths().count("/robots.txt") <= 6


def test_a_request_rate_counts_like_a_crawl_delay(fetcher: Fetcher, clock: Clock) -> None:
    with serving(page=OK, robots=(200, {}, b"User-agent: *\nRequest-rate: 1/20s")) as site:
        fetcher.fetch(source(site), f"{site.url}/page")
    assert clock.slept == [20.0]


def test_a_crawl_delay_that_is_longer_than_anybody_waits_is_waited_for(fetcher: Fetcher, clock: Clock) -> None:
    with serving(page=OK, robots=(200, {}, b"User-agent: *\nCrawl-delay: 9999")) as site:
        assert isinstance(fetcher.fetch(source(site), f"{site.url}/page"), Fetched)
    assert clock.slept == [9999.0]


def test_robots_that_could_not_be_had_are_asked_for_again(fetcher: Fetcher, clock: Clock) -> None:
    with serving(page=OK, robots=(500, {}, b"")) as site:
        found = fetcher.fetch(source(site), f"{site.url}/page")
        assert isinstance(found, Missed)
        assert found.not_before == START + 3600 * SECOND_US
        site.answers["/robots.txt"] = NO_ROBOTS
        clock.at += 3601 * SECOND_US
        assert isinstance(fetcher.fetch(source(site), f"{site.url}/page"), Fetched)


def test_a_crawl_delay_counts_where_it_is_longer(fetcher: Fetcher, clock: Clock) -> None:
    with serving(page=OK, robots=(200, {}, b"User-agent: *\nCrawl-delay: 9")) as site:
        for _ in range(2):
            fetcher.fetch(source(site), f"{site.url}/page")
    assert clock.slept == [9.0, 9.0]


def test_robots_are_left_aside_by_a_written_reason_alone(fetcher: Fetcher) -> None:
    with serving(page=OK, robots=(200, {}, b"User-agent: *\nDisallow: /")) as site:
        found = fetcher.fetch(source(site, robots_ignored='"order of the court 7/2026"'), f"{site.url}/page")
        assert isinstance(found, Fetched)
        assert found.robots_ignored == "order of the court 7/2026"
        assert site.paths() == ["/page"]


@each(
    ("after", "waits"),
    [
        ("120", 120),
        ("Mon, 02 Mar 2026 08:10:00 GMT", 598),
        ("", 60),
        ("soon", 60),
        ("999999999", 86_400),
        ("-5", 60),
    ],
)
def test_a_site_that_asks_to_come_later_is_left_alone(
    tmp_path_factory: pytest.TempPathFactory, after: str, waits: int
) -> None:
    clock = Clock()
    fetcher = Fetcher(tmp_path_factory.mktemp("sites"), clock.means(), Patience(seconds=5, wait=10))
    with serving(page=(429, {"Retry-After": after} if after else {}, b""), robots=NO_ROBOTS) as site:
        found = fetcher.fetch(source(site), f"{site.url}/page")
        assert (found.hindrance, isinstance(found, Fetched)) == (FailureReason.REFUSED, True)
        again = fetcher.fetch(source(site), f"{site.url}/page")
        assert isinstance(again, Missed)
        assert again.hindrance is FailureReason.REFUSED
        assert again.not_before is not None
        assert abs(again.not_before - clock.at - waits * SECOND_US) <= 2 * SECOND_US
        assert site.paths().count("/page") == 1
        clock.at += waits * SECOND_US
        fetcher.fetch(source(site), f"{site.url}/page")
        assert site.paths().count("/page") == 2


def test_retry_after_that_cannot_be_read() -> None:
    for text in ("", "x", "١٢x", "Mon, 99 Foo", "1e9"):
        assert read_retry_after(text, START) is None
    assert read_retry_after("9" * 400, START) is not None


@each(
    ("location", "hindrance"),
    [
        ("http://169.254.169.254/latest/meta-data/", FailureReason.FORBIDDEN_ADDRESS),
        ("http://127.0.0.1:9/", FailureReason.FORBIDDEN_ADDRESS),
        ("http://[::1]/", FailureReason.FORBIDDEN_ADDRESS),
        ("http://[::ffff:10.0.0.1]/", FailureReason.FORBIDDEN_ADDRESS),
        ("http://2130706433/", FailureReason.FORBIDDEN_ADDRESS),
        ("http://0x7f.1/", FailureReason.FORBIDDEN_ADDRESS),
        ("http://localhost:1/", FailureReason.FORBIDDEN_ADDRESS),
        ("http://100.64.0.1/", FailureReason.FORBIDDEN_ADDRESS),
        ("file:///etc/passwd", FailureReason.FORBIDDEN_ADDRESS),
        ("ftp://127.0.0.1/", FailureReason.FORBIDDEN_ADDRESS),
        ("javascript:alert(1)", FailureReason.FORBIDDEN_ADDRESS),
        ("http://user:word@market.example/", FailureReason.FORBIDDEN_ADDRESS),
        ("http://[", FailureReason.UNREADABLE),
        ("/page", FailureReason.ERROR_PAGE),
    ],
)
def test_where_a_redirect_may_not_lead(
    tmp_path_factory: pytest.TempPathFactory, location: str, hindrance: FailureReason
) -> None:
    fetcher = Fetcher(tmp_path_factory.mktemp("sites"), Clock().means(), Patience(seconds=5, wait=30))
    with serving(page=(302, {"Location": location}, b""), robots=NO_ROBOTS) as site:
        found = fetcher.fetch(source(site), f"{site.url}/page")
        assert missed(found) is hindrance
        assert found.hops[0].location == location


def test_a_redirect_on_the_site_is_followed_and_told(fetcher: Fetcher, clock: Clock) -> None:
    with serving(page=(301, {"Location": "/new?a=1"}, b""), robots=NO_ROBOTS) as site:
        site.answers["/new?a=1"] = OK
        found = fetcher.fetch(source(site), f"{site.url}/page")
        assert isinstance(found, Fetched)
        assert (found.asked, found.url) == (f"{site.url}/page", f"{site.url}/new?a=1")
        assert [(one.url, one.status) for one in found.hops] == [(f"{site.url}/page", 301)]
        assert clock.slept == [2.0, 2.0]


def test_inside_is_refused_where_the_source_does_not_allow_it(fetcher: Fetcher) -> None:
    with serving(page=OK) as site:
        assert missed(fetcher.fetch(source(site, allow_inside="false"), f"{site.url}/page")) is (
            FailureReason.FORBIDDEN_ADDRESS
        )
        other = source(site, start='"http://intranet.example/"')
        assert missed(fetcher.fetch(other, f"{site.url}/page")) is FailureReason.FORBIDDEN_ADDRESS
        assert site.asked == []


def test_a_name_that_changes_its_address_is_connected_to_as_it_was_looked_at(tmp_path: Path) -> None:
    """Public when it is looked at, inside the next time: there is no next time."""
    answers = iter([["192.0.2.1"], ["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["fe80::1%eth0"], []])
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    with serving(page=OK) as site:
        means = Clock().means(resolve=resolve)
        for n in range(5):
            fetcher = Fetcher(tmp_path / str(n), means, Patience(seconds=1))
            feed = source(site, start='"http://market.example/"', allow_inside="false")
            found = fetcher.fetch(feed, "http://market.example/page")
            assert missed(found) in {FailureReason.FORBIDDEN_ADDRESS, FailureReason.UNREACHABLE}
        assert asked == ["market.example"] * 5
        assert site.asked == []


def test_a_name_is_resolved_once_a_connection_and_stays_in_host(tmp_path: Path) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with serving(page=OK, robots=NO_ROBOTS) as site:
        port = site.url.rsplit(":", 1)[1]
        url = f"http://market.example:{port}/page"
        found = Fetcher(tmp_path, Clock().means(resolve=resolve)).fetch(source(site, start=f'"{url}"'), url)
        assert isinstance(found, Fetched)
        assert asked == ["market.example"] * 2
        assert site.asked[1][1]["Host"] == f"market.example:{port}"


SPECIAL = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29 192.0.0.8/32
192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24
192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 255.255.255.255/32 224.0.0.0/4
::1/128 ::/128 ::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128 2001:1::2/128
2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16
2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8
"""
"""The special-purpose registries of IANA (RFC 6890 and later), and multicast: also blocks that are reachable."""


@each("block", SPECIAL.split())
def test_no_special_block_is_public(block: str) -> None:
    network = ipaddress.ip_network(block)
    for address in (network[0], network[network.num_addresses // 2], network[-1]):
        assert not is_public(str(address))
        if isinstance(address, ipaddress.IPv4Address):
            assert not is_public(f"::ffff:{address}")
            assert not is_public(str(ipaddress.IPv6Address(int(ipaddress.ip_address("64:ff9b::")) + int(address))))


@each(
    ("address", "public"),
    [
        *((one, True) for one in ("8.8.8.8", "114.114.114.114", "2400:3200::1", "64:ff9b::808:808", "::ffff:8.8.8.8")),
        *((one, False) for one in ("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1")),
        *((one, False) for one in ("169.254.169.254", "100.64.0.1", "100.127.255.255", "224.0.0.1", "255.255.255.255")),
        *((one, False) for one in ("240.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.0.0.8")),
        *((one, False) for one in ("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1")),
        *((one, False) for one in ("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::7f00:1", "64:ff9b::7f00:1")),
        *((one, False) for one in ("2002:7f00:1::", "2001:0:0:0:0:0:80ff:fffe", "2001:db8::1", "fec0::1", "", "x")),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@each(
    ("name", "hindrance"),
    [
        ("large", FailureReason.TOO_BIG),
        ("said", FailureReason.TOO_BIG),
        ("bomb", FailureReason.TOO_BIG),
        ("endless", FailureReason.TIMEOUT),
        ("silent", FailureReason.TIMEOUT),
        ("drips", FailureReason.TIMEOUT),
        ("heads", FailureReason.UNREADABLE),
        ("cut", FailureReason.UNREADABLE),
        ("cut_gzip", FailureReason.UNREADABLE),
        ("no_gzip", FailureReason.UNREADABLE),
        ("brotli", FailureReason.UNREADABLE),
        ("twice", FailureReason.UNREADABLE),
        ("mail", FailureReason.UNREADABLE),
        ("closed", FailureReason.UNREADABLE),
    ],
)
def test_answers_that_are_too_much(
    tmp_path_factory: pytest.TempPathFactory, name: str, hindrance: FailureReason
) -> None:
    def heads(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 900) for n in range(500)))

    def drips(handler: Handler) -> None:
        for sign in b"HTTP/1.1 200 OK\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":
            handler.wfile.write(bytes([sign]))
            time.sleep(0.05)

    packed = gzip.compress(b"page" * 1000)
    ways: dict[str, object] = {
        "large": endless(bytes(1 << 20), 0, 500),
        "said": endless(bytes(1 << 20), 0, 500, {"Content-Length": str(500 << 20)}),
        "bomb": (200, {"Content-Encoding": "gzip"}, bomb(64 << 20)),
        "endless": endless(b"<p>", 0.05, 100),
        "silent": endless(b"", 0.05, 40),
        "drips": drips,
        "heads": heads,
        "cut": (200, {"Content-Length": "1000"}, b"page"),
        "cut_gzip": (200, {"Content-Encoding": "gzip"}, packed[:-9]),
        "no_gzip": (200, {"Content-Encoding": "gzip"}, b"page"),
        "brotli": (200, {"Content-Encoding": "br"}, b"page"),
        "twice": (200, {"Content-Encoding": "gzip, gzip"}, gzip.compress(packed)),
        "mail": lambda handler: handler.wfile.write(b"220 mail ready\r\n"),
        "closed": lambda handler: None,
    }
    means = Means(now=Clock().now, sleep=lambda _: None, random=Random(7))
    fetcher = Fetcher(tmp_path_factory.mktemp("sites"), means, Patience(seconds=0.6))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(page=ways[name], robots=NO_ROBOTS) as site:  # type: ignore[arg-type]
        began = time.monotonic()
        assert missed(fetcher.fetch(source(site, most_bytes="2097152"), f"{site.url}/page")) is hindrance
        assert time.monotonic() - began < 30
    if name in {"large", "said"}:
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


@each("packed", [("gzip", gzip.compress(b"page" * 99)), ("deflate", zlib.compress(b"page" * 99)), ("deflate", b"")])
def test_packed_answers(tmp_path_factory: pytest.TempPathFactory, packed: tuple[str, bytes]) -> None:
    name, body = packed
    if not body:
        small = zlib.compressobj(wbits=-15)
        body = small.compress(b"page" * 99) + small.flush()
    fetcher = Fetcher(tmp_path_factory.mktemp("sites"), Clock().means())
    with serving(page=(200, {"Content-Encoding": name}, body), robots=NO_ROBOTS) as site:
        found = fetcher.fetch(source(site), f"{site.url}/page")
        assert isinstance(found, Fetched)
        assert (found.body, found.raw) == (b"page" * 99, body)


@each(
    ("status", "hindrance"),
    [
        *((one, FailureReason.REFUSED) for one in (401, 403, 503)),
        *((one, FailureReason.ERROR_PAGE) for one in (404, 410, 500, 502)),
        (200, None),
    ],
)
def test_what_a_status_says(tmp_path_factory: pytest.TempPathFactory, status: int, hindrance: object) -> None:
    fetcher = Fetcher(tmp_path_factory.mktemp("sites"), Clock().means())
    with serving(page=(status, {}, b"body"), robots=NO_ROBOTS) as site:
        found = fetcher.fetch(source(site), f"{site.url}/page")
        assert isinstance(found, Fetched)
        assert (found.hindrance, found.body) == (hindrance, b"body")


def test_nobody_is_there(fetcher: Fetcher) -> None:
    nowhere = Site("http://127.0.0.1:9", {})
    aside = source(nowhere, robots_ignored='"x"')
    assert missed(fetcher.fetch(aside, "http://127.0.0.1:9/page")) is FailureReason.UNREACHABLE
    for _ in range(2):  # asked, and remembered
        assert missed(fetcher.fetch(source(nowhere), "http://127.0.0.1:9/page")) is FailureReason.UNREACHABLE


def test_tls_holds_the_name_against_the_certificate(tmp_path: Path) -> None:
    """The connection goes to the address that was looked at; the certificate must be of the name all the same."""
    with serving(page=OK) as site:
        port = site.url.rsplit(":", 1)[1]
        url = f"https://market.example:{port}/page"
        means = Clock().means(resolve=lambda host, port: ["127.0.0.1"], tls=ssl.create_default_context())
        found = Fetcher(tmp_path, means).fetch(source(site, start=f'"{url}"', robots_ignored='"x"'), url)
        assert missed(found) is FailureReason.UNREACHABLE
