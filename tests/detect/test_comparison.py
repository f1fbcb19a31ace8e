"""What a count is held against, and which reads look like work (rules of `_cases`)."""

from collections.abc import Sequence

import numpy as np

from tests.detect.viewed import MANDATE, PLAIN, WORK, R, key, place, staff, view
from wayseal.detect._cases import Comparer, find_grounds
from wayseal.detect._result import Comparison, Ground, Others, ServiceArea
from wayseal.detect._service_area import settle_by_service_area
from wayseal.detect._view import View
from wayseal.model.arrays import Longs

WHERE = {k: (400 + k, 300 + k // 10) for k in range(1, 60)}


def counts(v: View) -> Longs:
    """Unexplained reads."""
    return v.count(v.suspects.plain)


def held(v: View, actor: str, since: int, until: int) -> tuple[Comparison, tuple[int, int]]:
    return Comparer(v).compare(counts(v), place(v, actor), since, until)


def names(kind: str, keys: Sequence[int]) -> list[str]:
    return [f"{kind} {k}" for k in keys]


def test_it_is_held_against_its_peers_on_the_same_days_and_its_own_days_before() -> None:
    """Rules 1 and 2."""
    reads = [*staff("abcdef", 10), *(R(actor="a", day=d, n=5, waybill=9_000 + 100 * d) for d in (2, 6, 7))]
    reads += [R(actor="b", day=7, n=2, waybill=8_000), R(actor="c", day=2, n=50, waybill=7_000)]
    v = view(reads, 10)
    found, peers = held(v, "a", 6, 8)
    assert (found.others, found.accounts, found.days, found.own) == (Others.PEERS, 5, 6, 7), "5, and two misdialled"
    several = sorted(counts(v)[place(v, x), 6:9].sum() for x in "bcdef")
    assert peers == tuple(round(float(q)) for q in np.quantile(several, (0.05, 0.95)))
    assert peers[1] > 0
    alone, none = held(view([r for r in reads if r.day > 5 or r.actor == "a"], 10), "a", 2, 3)
    assert (alone.others, alone.accounts, none) == (Others.NOBODY, 0, (0, 0)), "nobody else read on these days"


def test_without_peers_it_is_its_role_and_without_these_everybody() -> None:
    """Rule 1."""
    many = [
        R(actor=a, day=d, n=60, waybill=1_000 * k + 100 * d, what=WORK) for k, a in enumerate("bc") for d in range(5)
    ]
    v = view([*many, R(actor="a", day=4, n=3, waybill=9_000)], 5, places={"a": "o-1", "b": "o-2", "c": "o-2"})
    found, _ = held(v, "a", 4, 4)
    assert (found.others, found.accounts) == (Others.ROLE, 2)
    other = view([*many, R(actor="a", day=4, n=3, waybill=9_000)], 5, roles={"a": "agent"})
    found, _ = held(other, "a", 4, 4)
    assert (found.others, found.accounts, found.days) == (Others.EVERYBODY, 2, 0)
    only = view([R(actor="a", day=4, n=3, waybill=9_000)], 5)
    assert held(only, "a", 4, 4)[0] == Comparison(others=Others.NOBODY)


def test_the_share_that_no_table_explains_is_that_of_the_others() -> None:
    reads = [R(actor="a", day=1, n=50, waybill=9_000)]
    reads += [R(actor="b", day=0, n=30, waybill=100), R(actor="b", day=1, n=10, waybill=200, what=WORK)]
    reads += [R(actor="b", day=1, n=99, waybill=400, what=MANDATE)]
    v = view(reads, 2)
    assert held(v, "a", 1, 1)[0].unknown == 0.75
    assert held(view(reads, 2, roles={"a": "agent"}), "a", 1, 1)[0].unknown == 0.0, "of nobody else nothing is known"


def around(v: Sequence[R], **more: object) -> View:
    return settle_by_service_area(view(v, 4, where=WHERE, **more))  # type: ignore[arg-type]


def everybody() -> list[R]:
    """Reads of others, from everywhere."""
    chance = np.random.default_rng(4)
    ends = chance.integers(1, 60, (400, 2)).tolist()
    return [
        R(actor="bcde"[k % 4], day=k % 4, waybill=50_000 + k, origin=o, destination=d, channel=700 + k % 9)
        for k, (o, d) in enumerate(ends)
    ]


def test_grounds_are_named_and_counted() -> None:
    """Rule 3."""
    chance = np.random.default_rng(5)
    ends = chance.integers(1, 60, (4, 20)).tolist()
    helper = [
        R(
            actor="a",
            day=day,
            minute=600 + k,
            waybill=1_000 * day + k,
            what=PLAIN,
            scanned=17,
            origin=o,
            channel=700 + k,
        )
        for day, some in enumerate(ends)
        for k, o in enumerate(some)
    ]
    v = around([*everybody(), *helper])
    actor = place(v, "a")
    assert find_grounds(v, actor, 0, names) == (ServiceArea(ground=Ground.OUTLET, id="outlet 17", reads=80),)
    assert find_grounds(v, actor, 3, names) == (ServiceArea(ground=Ground.OUTLET, id="outlet 17", reads=20),)
    assert find_grounds(v, place(v, "b"), 0, names) == ()


def test_an_interface_is_named_that_issued_them() -> None:
    """Rule 3: it reads what it issued, or what one other did."""
    chance = np.random.default_rng(6)
    issued = [
        R(actor="a", day=k % 4, minute=600 + k, waybill=k, origin=int(o), destination=int(d), channel=key("a"))
        for k, (o, d) in enumerate(chance.integers(1, 60, (120, 2)))
    ]
    v = around([*everybody(), *issued], kinds={"a": "partner"})
    (found,) = find_grounds(v, place(v, "a"), 0, names)
    assert (found.ground, found.id, found.reads) == (Ground.INTERFACE, f"channel {key('a')}", 120)
