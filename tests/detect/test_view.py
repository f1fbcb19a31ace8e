"""The view that detectors count in: what it keeps, what its gaps leave out, and what others read in it."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.detect.viewed import AGAIN, CHINA, FIRST, MANDATE, NEW, PLAIN, WEAK, WORK, R, key, names, place, staff, view
from wayseal.detect._cases import Comparer, find_grounds
from wayseal.detect._result import Comparison, Ground, Others, ServiceArea
from wayseal.detect._service_area import settle_by_service_area
from wayseal.detect._view import View, _sort, without_gaps
from wayseal.model.arrays import Longs

READS = [
    R(actor="a", day=0, minute=0, waybill=10, what=PLAIN, device=5, ip=6, early=True),
    R(actor="a", day=0, minute=23 * 60 + 59, waybill=11, what=WEAK),
    R(actor="a", day=1, minute=0, n=3, waybill=20, what=WORK, device=5),
    R(actor="a", day=1, minute=10, n=2, waybill=20, what=AGAIN),
    R(actor="b", day=1, waybill=20, what=NEW),
    R(actor="b", day=2, n=4, waybill=30, what=MANDATE),
    R(actor="c", day=3, n=5, waybill=40, what=PLAIN),
]


def test_reads_are_counted_by_local_day() -> None:
    v = view(READS, 3)
    a, b = place(v, "a"), place(v, "b")
    assert v.shape == (2, 3), "who read on other days alone isn't there"
    assert v.reads[a].tolist() == [2, 5, 0]
    assert v.first[a].tolist() == [2, 3, 0]
    assert v.first[b].tolist() == [0, 1, 4]
    assert v.mandate[b].tolist() == [0, 0, 4]
    assert (v.day, v.offset) == (FIRST, CHINA)


@pytest.mark.parametrize("span", [3, 1 << 40, 1 << 62], ids=["many at once", "weeks", "too far apart for one number"])
def test_rows_are_sorted_by_account_time_and_waybill(span: int) -> None:
    chance = np.random.default_rng(span)
    for n in (0, 1, 2, 200):
        actor, at = chance.integers(0, 7, n, np.int32), chance.integers(-5, span, n)
        waybill = chance.permutation(n).astype(np.uint64)
        assert _sort(actor, at, waybill).tolist() == np.lexsort((waybill, at, actor)).tolist()


def test_suspects_lie_by_account_and_time() -> None:
    v = view([*READS, R(actor="a", day=0, minute=5, waybill=1)], 3)
    s = v.suspects
    assert np.all(np.diff(s.actor.astype(np.int64) * 10**17 + s.at) > 0)
    mine = s.actor == place(v, "a")
    assert s.waybill[mine].tolist() == [10, 1, 11]
    assert s.day[mine].tolist() == [0, 0, 0]
    assert s.plain[mine].tolist() == [True, True, False]
    assert s.weak[mine].tolist() == [False, False, True]
    assert s.early[mine].tolist() == [True, False, False]
    assert s.device[mine].tolist() == [5, 0, 0]
    assert s.unknown[~mine].tolist() == [True]
    assert v.count(s.plain)[place(v, "a")].tolist() == [2, 0, 0]
    assert names("actor", v.keys[[place(v, "a")]].tolist()) == ["a"]


def test_the_past_stands_before() -> None:
    v = view(READS, 4, past=7)
    assert v.shape == (3, 11)
    assert v.reads[place(v, "a")].nonzero()[0].tolist() == [7, 8]
    assert v.uses["day"].to_pylist() == [7, 7, 8]
    assert v.uses["actor"].to_pylist() == [place(v, "a")] * 3
    assert set(v.hours["hour"].to_pylist()) == {7 * 24, 7 * 24 + 23, 8 * 24, 8 * 24 + 10, 9 * 24 + 10, 10 * 24 + 10}


def test_amounts_are_spread_over_accounts_and_days() -> None:
    v = view(READS, 3)
    amounts = v.spread(np.array([1, 1, 0]), np.array([2, 2, 0]), np.array([3, 4, 5]))
    assert amounts.tolist() == [[5, 0, 0], [0, 0, 7]]


def test_peers_share_role_and_size_of_the_place() -> None:
    reads = [R(actor=x, day=0, n=4, waybill=100 * k, what=WORK) for k, x in enumerate("abcdef")]
    reads += [R(actor="f", day=1, n=600, waybill=9_000, what=WORK)]
    roles = {"a": "clerk", "b": "clerk", "c": "courier", "d": "clerk", "e": "", "f": "clerk"}
    v = view(reads, 3, roles=roles, places={"a": "x", "b": "y", "d": "x", "f": "z"})
    group = {x: int(v.group[place(v, x)]) for x in "abcdef"}
    assert group["a"] == group["d"]
    assert len({group[x] for x in "acf"}) == 3
    role = {x: v.roles[v.role[place(v, x)]] for x in "abcdef"}
    assert role == roles
    assert v.place[place(v, "a")] == v.place[place(v, "d")] != v.place[place(v, "b")]
    assert v.place[place(v, "c")] == -1


def test_size_is_that_of_work() -> None:
    """Whoever reads much more without work stays among the peers; where no waybill is known, all reads count."""
    reads = [R(actor=x, day=0, n=40, waybill=100 * k, what=WORK) for k, x in enumerate("abc")]
    places = dict(zip("abc", "xyz", strict=True))
    pulls = R(actor="c", day=1, n=900, waybill=9_000)
    v = view([*reads, pulls], 3, places=places)
    assert len(set(v.group.tolist())) == 1
    unknown = [R(actor=x, day=0, n=n, waybill=1_000 * k, what=NEW) for k, (x, n) in enumerate([("a", 4), ("b", 400)])]
    v = view(unknown, 3, places=places)
    assert len(set(v.group.tolist())) == 2
    assert v.gaps == 1.0
    assert v.suspects.unknown.all()
    assert not without_gaps(v).suspects.unknown.any()


def test_nothing_at_all() -> None:
    v = view([], 5)
    assert v.shape == (0, 5)
    assert len(v.suspects) == 0
    assert v.count(v.suspects.plain).shape == (0, 5)
    assert view(READS[-1:], 2).shape == (0, 2)


def test_keys_are_those_of_the_facts() -> None:
    assert view(READS, 4).keys.tolist() == sorted(key(x) for x in "abc")


LIE = {k: (400 + k, 300 + k // 10) for k in range(1, 60)}


def counts(v: View) -> Longs:
    """Unexplained reads."""
    return v.count(v.suspects.plain)


def held(v: View, actor: str, since: int, until: int) -> tuple[Comparison, tuple[int, int]]:
    return Comparer(v).compare(counts(v), place(v, actor), since, until)


def texts_of(kind: str, keys: Sequence[int]) -> list[str]:
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
    return settle_by_service_area(view(v, 4, where=LIE, **more))  # type: ignore[arg-type]


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
    assert find_grounds(v, actor, 0, texts_of) == (ServiceArea(ground=Ground.OUTLET, id="outlet 17", reads=80),)
    assert find_grounds(v, actor, 3, texts_of) == (ServiceArea(ground=Ground.OUTLET, id="outlet 17", reads=20),)
    assert find_grounds(v, place(v, "b"), 0, texts_of) == ()


def test_an_interface_is_named_that_issued_them() -> None:
    """Rule 3: it reads what it issued, or what one other did."""
    chance = np.random.default_rng(6)
    issued = [
        R(actor="a", day=k % 4, minute=600 + k, waybill=k, origin=int(o), destination=int(d), channel=key("a"))
        for k, (o, d) in enumerate(chance.integers(1, 60, (120, 2)))
    ]
    v = around([*everybody(), *issued], kinds={"a": "partner"})
    (found,) = find_grounds(v, place(v, "a"), 0, texts_of)
    assert (found.ground, found.id, found.reads) == (Ground.INTERFACE, f"channel {key('a')}", 120)
