"""Rules 5 and 6: come-backs are told once; planned looks are made or named."""

from dataclasses import replace

from wayseal.market.types import Look, Sight
from wayseal.market.watch import NotMade, Planned, account, find_come_backs, first_seen
from wayseal.market.watch.types import DAY, State, Target

NOW = 1_700_000_000_000_000


def target(first: float, state: State = State.SEEN, last: float = 0.0) -> Target:
    made = first_seen("f", "k", NOW + int(first * DAY), ("page",))
    gone_at = NOW + int(last * DAY) if state in (State.GONE, State.REMOVED) else 0
    return replace(made, state=state, gone_at=gone_at, since=NOW + int(last * DAY) if gone_at else made.since)


def test_a_new_shop_of_one_that_was_gone_is_told_once() -> None:
    targets = {
        "f/old": target(-50, State.GONE, -20),
        "f/later": target(-30, State.REMOVED, -9),
        "f/new": target(-2),
        "f/other": target(-1),
    }
    sellers = [("f/old", "f/later", "f/new"), ("f/other",)]
    (told,) = find_come_backs(sellers, targets, ())
    assert (told.shop, told.before, told.removed, told.looks) == ("f/new", "f/later", True, 1)
    assert find_come_backs(sellers, targets, {(told.shop, told.since)}) == ()


def test_a_second_shop_beside_the_first_is_none() -> None:
    targets = {"f/old": target(-50, State.GONE, -1), "f/beside": target(-30)}
    assert find_come_backs([("f/old", "f/beside")], targets, ()) == ()
    assert find_come_backs([("f/old",), ("f/beside",)], targets, ()) == ()
    assert find_come_backs([("f/unknown", "f/old")], targets, ()) == ()


def test_who_moves_a_day_before_he_closes_is_one() -> None:
    targets = {"f/old": target(-50, State.GONE, -1), "f/new": target(-2)}
    assert [one.shop for one in find_come_backs([("f/old", "f/new")], targets, ())] == ["f/new"]


def test_a_shop_that_is_back_under_its_own_name_is_told_each_time() -> None:
    back = replace(target(-50), state=State.BACK, since=NOW)
    (told,) = find_come_backs([("f/old",)], {"f/old": back}, ())
    assert told.before == "f/old"
    again = replace(back, since=NOW + DAY)
    assert find_come_backs([("f/old",)], {"f/old": again}, {(told.shop, told.since)}) != ()


def test_planned_looks_are_made_named_or_counted() -> None:
    planned = [Planned(at=NOW + n, source="f", key=str(n % 2), way="page") for n in range(6)]
    looks = [
        Look(source="f", target=str(n % 2), planned_at=NOW + n, at=NOW + n + 5, sight=Sight.UNSEEN, hindrance=None,
             captures=(), listings=())
        for n in (0, 1, 2)
    ]  # fmt: skip
    stray = replace(looks[0], planned_at=NOW + 77)
    found = account(planned, [*looks, stray], [NotMade(planned=planned[3], reason="budget")])
    assert (found.planned, found.made, dict(found.named)) == (6, 3, {"budget": 1})
    assert found.unnamed == (planned[4], planned[5])
    assert found.share_made == 0.5
    assert account([], looks, []).share_made == 1.0
