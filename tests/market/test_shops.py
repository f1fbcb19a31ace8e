"""Rules 1 to 4 of the watch."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from wayseal.market.shops import (
    YEAR,
    Evidence,
    Reappearance,
    ShopMemory,
    ShopState,
    advance,
    ask,
    fall_quiet,
    find_reappearances,
    first_seen,
    next_visit,
    take_back,
)

HOUR = 3_600_000_000
DAY = 24 * HOUR
T = 1_790_000_000_000_000


def walk(*steps: tuple[int, Evidence], asked: int | None = None) -> ShopMemory:
    shop = first_seen("a/1", T, own_page=True)
    if asked is not None:
        shop = ask(shop, T + asked)
    for after, evidence in steps:
        shop = advance(shop, evidence, T + after)
    return shop


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([], ShopState.SEEN),
        ([(6 * HOUR, Evidence.MISSED_BOTH)], ShopState.MISSED),
        ([(6 * HOUR, Evidence.MISSED_BOTH), (7 * HOUR, Evidence.MISSED_BOTH)], ShopState.MISSED),
        ([(6 * HOUR, Evidence.MISSED_BOTH), (12 * HOUR, Evidence.MISSED_BOTH)], ShopState.GONE),
        (
            [(6 * HOUR, Evidence.MISSED_BOTH), (12 * HOUR, Evidence.LISTED), (18 * HOUR, Evidence.MISSED_BOTH)],
            ShopState.MISSED,
        ),
        (
            [(6 * HOUR, Evidence.MISSED_BOTH), (12 * HOUR, Evidence.MISSED_BOTH), (DAY, Evidence.LISTED)],
            ShopState.SEEN,
        ),
    ],
)
def test_gone_needs_two_looks_that_missed_it_in_both_ways(steps: list[tuple[int, Evidence]], state: ShopState) -> None:
    assert walk(*steps).state is state


def test_what_went_after_a_request_is_removed_and_then_no_longer_asked_for() -> None:
    gone = walk((6 * HOUR, Evidence.MISSED_BOTH), (12 * HOUR, Evidence.MISSED_BOTH), asked=HOUR)
    assert (gone.state, gone.gone_at, gone.asked_at) == (ShopState.REMOVED, T + 6 * HOUR, None)
    back = advance(gone, Evidence.LISTED, T + 9 * DAY)
    assert (back.state, back.returned_at) == (ShopState.SEEN, T + 9 * DAY)
    assert ask(gone, T + DAY) == gone
    assert walk((6 * HOUR, Evidence.LISTED), asked=HOUR).state is ShopState.ASKED


def test_what_is_withdrawn_is_no_longer_asked_for() -> None:
    asked = walk((6 * HOUR, Evidence.LISTED), asked=HOUR)
    seen = take_back(asked, T + DAY)
    assert (seen.state, seen.since, seen.asked_at) == (ShopState.SEEN, T + DAY, None)
    missed = walk((6 * HOUR, Evidence.MISSED_BOTH), asked=HOUR)
    assert advance(take_back(missed, T + 7 * HOUR), Evidence.MISSED_BOTH, T + DAY).state is ShopState.GONE


def test_an_older_look_changes_nothing() -> None:
    shop = walk((6 * HOUR, Evidence.LISTED))
    assert advance(shop, Evidence.MISSED_BOTH, T + HOUR) == shop


def test_silence_makes_quiet_where_nothing_else_can_be_seen() -> None:
    shop = first_seen("c/1", T, own_page=False)
    assert fall_quiet(shop, T + DAY) == shop
    assert fall_quiet(shop, T + 3 * DAY).state is ShopState.QUIET
    assert fall_quiet(replace(shop, own_page=True), T + 3 * DAY).state is ShopState.SEEN
    again = advance(fall_quiet(shop, T + 3 * DAY), Evidence.LISTED, T + 4 * DAY)
    assert (again.state, again.returned_at) == (ShopState.SEEN, None)


def test_who_spoke_daily_and_then_not_at_all_is_back_when_heard_again() -> None:
    """Rule 2: silence is measured by how often somebody spoke before."""
    shop = replace(first_seen("c/1", T, own_page=False), last_at=T + 9 * DAY)
    quiet = fall_quiet(shop, T + 12 * DAY)
    assert quiet.state is ShopState.QUIET
    often = advance(quiet, Evidence.LISTED, T + 13 * DAY, heard=10)
    assert (often.state, often.returned_at, often.gone_at) == (ShopState.SEEN, T + 13 * DAY, None)
    assert backs(often, now=T + 13 * DAY) == (Reappearance(shop="c/1", was="c/1"),)
    assert backs(often, told=True, now=T + 13 * DAY) == ()
    assert advance(quiet, Evidence.LISTED, T + 13 * DAY, heard=3).returned_at is None


def test_looks_for_what_went_come_after_hours_then_days_for_a_year() -> None:
    now, looks = T, []
    while (at := next_visit(T, now, 0.5)) is not None:
        looks.append(at - T)
        now = at
    gaps = [b - a for a, b in zip([0, *looks], looks, strict=False)]
    assert looks[0] < 2 * HOUR
    assert sum(at <= 2 * DAY for at in looks) >= 5
    assert YEAR * 0.9 < looks[-1] <= YEAR * 1.06
    assert max(gaps) <= 35 * DAY
    assert len(looks) < 40


def backs(
    new: ShopMemory, *others: ShopMemory, told: bool = False, bound: Sequence[str] = (), now: int = T + 5 * DAY
) -> tuple[Reappearance, ...]:
    return find_reappearances([new], lambda _: others, lambda *_: told, lambda _: bound, now)


def test_another_shop_of_the_seller_is_a_come_back_only_once_the_old_one_is_away() -> None:
    old = replace(walk((DAY, Evidence.MISSED_BOTH), (2 * DAY, Evidence.MISSED_BOTH)), shop="a/old")
    new = first_seen("b/new", T + 3 * DAY, own_page=True)
    assert backs(new, old) == (Reappearance(shop="b/new", was="a/old"),)
    assert backs(new, old, told=True) == ()
    assert backs(new, replace(old, state=ShopState.SEEN)) == ()
    assert backs(new, replace(old, last_at=T + 4 * DAY)) == ()
    assert backs(new, replace(old, first_at=T + 4 * DAY)) == ()
    assert backs(new, old, now=T + 40 * DAY) == ()
    later = replace(old, shop="a/later", last_at=old.last_at + HOUR)
    assert backs(new, old, later) == (Reappearance(shop="b/new", was="a/later"),)


def test_a_text_that_anybody_can_copy_tells_only_soon_afterwards() -> None:
    old = replace(walk((DAY, Evidence.MISSED_BOTH), (2 * DAY, Evidence.MISSED_BOTH)), shop="a/old")
    new = first_seen("b/new", T + 24 * DAY, own_page=True)
    assert backs(new, old, now=T + 24 * DAY) == ()
    assert backs(new, old, bound=[old.shop], now=T + 24 * DAY) == (Reappearance(shop="b/new", was="a/old"),)


def test_the_old_shop_is_one_that_is_bound_to_the_new_one_if_there_is_such() -> None:
    old = replace(walk((DAY, Evidence.MISSED_BOTH), (2 * DAY, Evidence.MISSED_BOTH)), shop="a/old")
    copied = replace(old, shop="a/copied", last_at=old.last_at + HOUR)
    new = first_seen("b/new", T + 3 * DAY, own_page=True)
    assert backs(new, old, copied, bound=["a/old"]) == (Reappearance(shop="b/new", was="a/old"),)
    there = replace(old, state=ShopState.SEEN)
    assert backs(new, there, copied, bound=["a/old"]) == (), "a second shop beside one that is there"


def test_a_shop_that_opens_again_is_its_own_come_back() -> None:
    gone = walk((DAY, Evidence.MISSED_BOTH), (2 * DAY, Evidence.MISSED_BOTH))
    back = advance(gone, Evidence.LISTED, T + 5 * DAY)
    assert backs(back) == (Reappearance(shop="a/1", was="a/1"),)
    assert backs(back, now=T + 6 * DAY) == ()
    again = advance(back, Evidence.LISTED, T + 5 * DAY)
    assert again == back, "another offer of it in the same look"
