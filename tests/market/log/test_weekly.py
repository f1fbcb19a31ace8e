"""What is counted of a stretch of time, on both databases."""

from dataclasses import replace

from tests.market.log.lines_of import DAY, START, whole
from wayseal.market.log import Market
from wayseal.market.log.queries import (
    WEEK,
    ActiveSeller,
    Looks,
    OwnCount,
    active_sellers,
    last_moment,
    looks_of,
    overdue,
    own_count,
)
from wayseal.market.log.reads import Reads


def test_a_stretch_of_time_is_counted_with_both_its_ends(market: Market) -> None:
    market.append(whole())
    until = START + 2 * DAY
    seen, unseen = Looks(source="site-a", hindrance="", count=2), Looks(source="site-a", hindrance="captcha", count=1)
    assert looks_of(market, START, until) == (seen, unseen)
    assert looks_of(market, START + 1, until - 1) == (replace(seen, count=1),)
    assert own_count(market, 0, until) == OwnCount(numbers=1, canaries=1, offers=1, by_chance=0.001)
    assert own_count(market, until, until).numbers == 0
    (one,) = active_sellers(market, START, until, 5)
    assert one == ActiveSeller(
        seller="seller-1", fresh=2, offers=2, shops=2, sources=1, ours=1, backs=1, last_at=START + DAY
    )
    assert active_sellers(market, START + DAY, until, 5) == (replace(one, fresh=0),)
    assert not active_sellers(market, START + DAY + 1, until, 5)


def test_a_watch_that_stopped_ends_its_weeks_with_its_last_look(market: Market) -> None:
    market.append(whole())
    sources = Reads(market).sources()
    last = START + 2 * DAY
    assert last_moment(sources, last + WEEK) == last + WEEK
    assert last_moment(sources, last + WEEK + 1) == last
    assert overdue(sources, last + DAY + DAY) == {"site-a"}
    assert not overdue(sources, last + DAY)
