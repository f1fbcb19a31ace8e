"""Facts as arrays: what lies in a view, and where."""

import numpy as np

from tests.detect.viewed import AGAIN, CHINA, FIRST, MANDATE, NEW, PLAIN, WEAK, WORK, R, key, names, place, view
from wayseal.detect._view import without_gaps

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
