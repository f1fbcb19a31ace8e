"""Work apart: what it may take, and that the next piece is as ever (rules 1 to 3)."""

import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from threading import Lock

import pytest

from tests.tables import each
from wayseal.market import apart as room
from wayseal.market.apart import ApartError, apart
from wayseal.market.sources import Source, parse, parse_apart, parse_source
from wayseal.market.types import FailureReason

pytestmark = pytest.mark.once

URL = "http://a.example/"
HEAD = 'name = "a"\ncontact = "a@courier.example"\nstart = "http://a.example/"\n'
PAGE = parse_source(HEAD + 'kind = "page"\nitems = ".o"\n[fields]\nkey = "@id"\n')
FEED = parse_source(HEAD + 'kind = "feed"\n')
HONEST = b"<ul>" + b"".join(b"<li class=o id=%d><a href=/%d>waybills %d</a> 3 yuan each" % (n, n, n) for n in range(40))
FORMATS = b"<p>" + b"".join(b"<b a=%d>" % n for n in range(1200)) + b"<p>x" * 3600
"""25 kB that took 1.6 GB: each paragraph opens all formats again."""
RSS = (
    b"<?xml version='1.0'?><rss version='2.0'><channel><item>"
    b"<guid>1</guid><title>t</title><author>%s</author></item></channel></rss>"
)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "SECONDS", 1)


def twice(number: int) -> int:
    return 2 * number


def take(size: int) -> int:
    return len(bytearray(size))


def loop() -> int:
    while True:
        pass


def fail() -> int:
    raise KeyError


def end() -> int:
    os._exit(3)


def say(text: str) -> int:
    print(text)
    return len(text)


def lie() -> int:
    return "no number"  # type: ignore[return-value]


@each(("function", "values"), [(take, (2 << 30,)), (loop, ()), (fail, ()), (end, ()), (lie, ()), (sys.exit, ())])
def test_what_takes_too_much_or_raises_is_one_error_and_the_next_is_as_ever(
    function: object, values: tuple[int, ...]
) -> None:
    with pytest.raises((ApartError, KeyError)):
        apart(function, *values)  # type: ignore[arg-type]
    assert apart(twice, 21) == 42
    assert apart(take, 100 << 20) == 100 << 20


def test_a_child_that_was_killed_meanwhile_is_replaced() -> None:
    apart(twice, 1)
    child = room._children[os.getpid()]
    child.kill()
    child.wait()
    assert apart(twice, 2) == 4


def test_an_answer_that_nobody_waited_for_is_not_the_next_one() -> None:
    class Interrupt(BaseException):
        pass

    def stop(*_: object) -> None:
        raise Interrupt

    before = signal.signal(signal.SIGALRM, stop)
    try:
        apart(twice, 1)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Interrupt):
            apart(loop)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert apart(twice, 3) == 6


def test_threads_and_forks_get_their_own_answers() -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda n: apart(twice, n), range(50))) == [2 * n for n in range(50)]
    process = get_context("fork").Process(target=_in_fork)
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert apart(say, "what it prints is no answer") == 27


def _in_fork() -> None:
    assert apart(twice, 5) == 10
    room._end()


@each(
    ("source", "body"),
    [
        (PAGE, FORMATS),
        (FEED, RSS % (b"&#97;" * 40_000)),
        (FEED, RSS % (b"&lt;" * 3 + FORMATS.replace(b"<", b"&lt;"))),
        (PAGE, b"<div>" * 100_000),
        (PAGE, b"<div></span>" * 50_000),
        (PAGE, b"".join(b"<b id=%d><p>" % n for n in range(50_000))),
    ],
)
def test_pages_that_cost_more_than_any_page_needs(source: Source, body: bytes) -> None:
    seen = parse_apart(source, body, "", URL)
    assert seen.hindrance in {FailureReason.UNREADABLE, FailureReason.CHANGED} or seen.listings[0].key == "1"
    assert parse_apart(PAGE, HONEST, "text/html", URL) == parse(PAGE, HONEST, "text/html", URL)


def test_a_feed_with_a_word_of_200_000_letters_is_cut_and_read() -> None:
    seen = parse_apart(FEED, RSS % (b"a" * 200_000), "", URL)
    assert (seen.hindrance, [one.key for one in seen.listings]) == (None, ["1"])


@each(
    "code",
    [
        "os.write(1, b'\\xff' * 8)\nfor _ in range(1 << 30): os.write(1, bytes(1 << 16))",
        "os.write(1, ((256 << 20) + 1).to_bytes(8, 'big'))",
        "",
    ],
)
def test_a_child_that_was_taken_over_takes_no_memory_and_no_time_of_its_parent(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_WAIT", 1)
    room._end()
    with monkeypatch.context() as taken:
        taken.setattr(room, "_CODE", f"import os, time\n{code}\ntime.sleep(600)")
        with pytest.raises(ApartError):
            apart(twice, 1)
    assert apart(twice, 4) == 8


def test_a_lock_that_is_held_while_somebody_forks_holds_nobody_up() -> None:
    with room._locks.setdefault(os.getpid(), Lock()):
        process = get_context("fork").Process(target=_in_fork)
        process.start()
    process.join(20)
    try:
        assert process.exitcode == 0
    finally:
        process.kill()


def test_pieces_of_html_in_an_export() -> None:
    chat = parse_source(
        'name = "a"\nkind = "chat"\nformat = "json"\nfiles = "x"\n[fields]\nkey = "id"\ntext = "text"\nprice = "p"\n'
    )
    records = [{"id": 1, "text": "<p>a<br>b</p>"}, {"id": 2, "text": FORMATS.decode() + "</p>", "p": "1"}]
    seen = parse(chat, json.dumps(records).encode(), "", "")
    assert [(one.key, one.text) for one in seen.listings] == [("1", "a\nb")]
