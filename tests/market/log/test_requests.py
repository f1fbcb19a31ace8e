"""What can be asked for, and acts on it: refused where they can't be, and then nothing is written."""

from typing import Any

import pytest

from tests.market.log.lines_of import START, capture, offered, shop
from tests.tables import each
from wayseal.market.errors import MarketError, NoSuchThingError, RecordError, RemovalError
from wayseal.market.log import Line, LineKind, Market
from wayseal.market.log.acts import line_of
from wayseal.market.log.reads import Reads
from wayseal.market.log.requests import begin_request, checked_text, find_target, record_act
from wayseal.market.takedown import Answer, Answered, Filed, Outcome, Reminded, Removed, Withdrawn

pytestmark = pytest.mark.once

ID = f"{0:064x}"
GIVEN: dict[str, Any] = {
    "target": "site-a/1",
    "rule": "express",
    "address": "abuse@site.example",
    "lang": "zh",
    "who": "li",
    "why": "sells labels",
    "at": START + 9,
}


@pytest.fixture
def filled(market: Market) -> Market:
    market.append(
        [
            Line(kind=LineKind.CAPTURED, at=START, body=capture(0)),
            Line(kind=LineKind.CAPTURED, at=START, body=capture(1)),
            offered("a", url="https://site.example/a"),
            offered("b", START + 1, url="https://site.example/b", capture=f"{1:064x}"),
            offered("c", shop="site-b/9", url="https://other.example/c"),
            shop("site-a/1", "seen"),
            shop("site-b/9", "gone"),
        ]
    )
    return market


def begin(market: Market, **changed: Any) -> Filed:
    return begin_request(market, **{**GIVEN, **changed})


def test_a_shop_an_offer_and_an_address_are_found_with_what_shows_them(filled: Market) -> None:
    by_shop = find_target(filled, "site-a/1")
    assert (by_shop.id, by_shop.source, by_shop.url, by_shop.capture) == (
        "site-a/1", "site-a", "https://site.example/b", f"{1:064x}",
    )  # fmt: skip
    assert find_target(filled, "https://site.example/a").id == "site-a/1"
    one = find_target(filled, "a")
    assert (one.id, one.url, one.capture, one.gone) == ("a", "https://site.example/a", ID, False)
    assert [find_target(filled, name).gone for name in ("site-b/9", "c")] == [True, True]


def test_a_request_names_what_the_record_has(filled: Market) -> None:
    asked = begin(filled)
    assert (asked.captures, asked.url) == ((f"{1:064x}",), "https://site.example/b")
    other = begin(filled, target="a", captures=[ID, ID])
    assert (other.captures, other.target) == ((ID,), "a")
    assert [one.asked for one in Reads(filled).requests()] == sorted((asked, other), key=lambda one: one.request)
    assert filled.verify().lines == filled.size()


@each(
    ("changed", "error", "key"),
    [
        ({"target": "nobody/1"}, NoSuchThingError, "target"),
        ({"target": ""}, NoSuchThingError, "target"),
        ({"target": "site-b/9"}, RemovalError, "target"),
        ({"rule": "magic"}, RemovalError, "rule"),
        ({"lang": "fr"}, RemovalError, "rule"),
        ({"address": ""}, RemovalError, "address"),
        ({"address": "a\r\nBcc: b"}, RemovalError, "address"),
        ({"why": " "}, RemovalError, "why"),
        ({"who": ""}, RecordError, "who"),
        ({"captures": ["0" * 63]}, RemovalError, "captures"),
        ({"captures": [f"{n:064x}" for n in range(21)]}, RemovalError, "captures"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(
    filled: Market, changed: dict[str, Any], error: type[MarketError], key: str
) -> None:
    size = filled.size()
    with pytest.raises(error) as caught:
        begin(filled, **changed)
    assert (caught.value.key, filled.size()) == (key, size)


def test_what_is_asked_for_already_is_asked_again_only_once_that_ended(filled: Market) -> None:
    first = begin(filled)
    with pytest.raises(RemovalError, match=f"request {first.request} asks for it already"):
        begin(filled, target="https://site.example/a", at=START + 10)
    record_act(filled, Withdrawn(request=first.request, at=START + 11, who="li", why="a mistake"))
    assert begin(filled, at=START + 12).request != first.request


def test_an_act_that_cannot_be_leaves_the_record_as_it_was(filled: Market) -> None:
    asked = begin(filled)
    by_hand: dict[str, Any] = {"request": asked.request, "at": START + 20, "who": "li", "why": "by mail"}
    record_act(filled, Answered(**by_hand, answer=Answer.REFUSED, text="no"))
    record_act(filled, Withdrawn(**by_hand))
    size = filled.size()
    for act in (Reminded(**by_hand), Reminded(**{**by_hand, "request": "r-none"}), asked):
        with pytest.raises(RemovalError):
            record_act(filled, act)
    with pytest.raises(RecordError, match="no act"):
        filled.append([Line(kind=LineKind.HEARD, at=START, body={"of": "nothing"}, who="li", why="x")])
    assert filled.size() == size
    # A look that was under way isn't lost over a request that somebody withdrew meanwhile.
    filled.append([line_of(Removed(request=asked.request, at=START + 30, captures=(ID,)))])
    request = Reads(filled).request(asked.request)
    assert (request.outcome, request.settled_at) == (Outcome.WITHDRAWN, START + 20)
    assert filled.verify().lines == size + 1
    with pytest.raises(NoSuchThingError):
        Reads(filled).request("r-none")
    with pytest.raises(RemovalError):
        checked_text("x" * 5001, "text")
