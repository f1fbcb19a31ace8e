"""What each detector counts on a day, and the work that no table of the courier's knows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.making import DAY, commit
from tests.detect.peers.test_evidence import ENOUGH, usual_of, weighed
from tests.detect.test_service_area import AWAY, DAYS, HERE, WHERE, crowd, found, looked, only, reads, spread
from tests.detect.viewed import (
    CHINA,
    DAY_US,
    FIRST,
    NEW,
    OWN_WORK,
    PLAIN,
    WEAK,
    WORK,
    R,
    judged,
    key,
    names,
    place,
    staff,
    view,
)
from tests.detect.views import MINUTE, Seen, cut, facts_of_reads, look
from tests.detect.views import WEAK as WEAK_REASON
from tests.ledger.helpers import at, read
from wayseal.detect import detect
from wayseal.detect._judge import judge
from wayseal.detect._missing_work import LEAST, count_unknown_work, find_missing_work
from wayseal.detect._result import MissingWork, Table
from wayseal.detect._service_area import AT_OUTLET, BY_CHANNEL, NONE, settle_by_service_area
from wayseal.detect._view import AccountPosts, OutletPlaces, View, without_gaps
from wayseal.detect.detectors import CHANCE, Odd, detectors
from wayseal.detect.explain import UNEXPLAINED, UNKNOWN
from wayseal.detect.peers._fit import WEEKS
from wayseal.ledger import open_ledger

BY_NAME = {d.name: d for d in detectors()}


def counted(name: str, v: View) -> Odd:
    return BY_NAME[name].count(v)


def odd_of(name: str, v: View, actor: str = "a") -> list[int]:
    out: list[int] = counted(name, v).odd[place(v, actor)].tolist()
    return out


def moments(
    actor: str, minutes: Iterable[float], day: int = 0, what: str = PLAIN, start: int = 0, **more: Any
) -> list[R]:
    """First reads at these minutes of a day."""
    first = 1_000_000 * ord(actor) + 100_000 * day + start
    return [
        R(actor=actor, day=day, minute=m, waybill=first + k, what=what, **more) for k, m in enumerate(sorted(minutes))
    ]  # fmt: skip


def scattered(n: int, low: float, high: float, seed: int) -> list[float]:
    """Minutes at random between two."""
    out: list[float] = np.random.default_rng(seed).uniform(low, high, n).tolist()
    return out


# --- tempo ---


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("whole", [False, True], ids=["µs", "whole seconds"])
def test_hundreds_in_an_hour_at_random_moments_are_no_tempo(seed: int, whole: bool) -> None:
    """Some two dozen of 300 come within a second of another."""
    minutes = scattered(300, 600, 660, seed)
    minutes = [int(m * 60) / 60 for m in minutes] if whole else minutes
    v = view(moments("a", minutes), 1)
    gaps = np.diff(v.suspects.at)
    assert 10 < (gaps <= 1_000_000).sum() < CHANCE * 300**2 / 3600 + 10 * whole
    assert odd_of("inhuman_tempo", v) == [0]


@pytest.mark.parametrize("n", [2, 10, 300, 1_500])
def test_a_machine_reads_one_after_another(n: int) -> None:
    v = view(moments("a", (600 + k / 60 for k in range(n))), 1)
    assert odd_of("inhuman_tempo", v) == [n - 1]


def test_a_machine_that_works_for_a_while_among_a_day_s_reads() -> None:
    """An hour is looked at for itself, and account by account."""
    people = moments("a", scattered(300, 600, 660, 1))
    burst = moments("a", (720 + k / 60 for k in range(40)), start=5_000)
    v = view([*people, *burst, *moments("b", (660 - k / 60 for k in range(1, 30)))], 1)
    found = counted("inhuman_tempo", v)
    assert found.odd[[place(v, x) for x in "ab"], 0].tolist() == [39, 28]
    assert found.suspects is not None
    assert v.suspects.at[found.suspects & (v.suspects.actor == place(v, "a"))].min() >= v.suspects.at[300]


def test_two_in_a_second_are_odd_where_few_are_read() -> None:
    pair = [*moments("a", [600, 600.01]), *moments("a", [700, 710], start=50)]
    assert odd_of("inhuman_tempo", view(pair, 1)) == [1]
    slower = moments("a", [600, 600 + 1.01 / 60, 600 + 2.02 / 60])
    assert odd_of("inhuman_tempo", view(slower, 1)) == [0]


def test_what_an_area_or_learnt_territory_explains_has_no_tempo() -> None:
    minutes = [600 + k / 60 for k in range(40)]
    assert odd_of("inhuman_tempo", view(moments("a", minutes, what=WEAK), 1)) == [0]
    assert odd_of("inhuman_tempo", view(moments("a", minutes, what=NEW), 1)) == [39], "of unknown parcels it has"
    others = [r for k, x in enumerate("bcde") for r in moments(x, [500, 510], origin=30 + k, destination=40 + k)]
    helps = [
        R(actor="a", day=0, minute=m, waybill=k, origin=7, destination=50 + k) for k, m in enumerate(minutes)
    ]  # fmt: skip
    v = view([*others, *helps], 1)
    settled = settle_by_service_area(v)
    assert settled.suspects.learnt.sum() == 40
    assert odd_of("inhuman_tempo", v) == [39]
    found = counted("inhuman_tempo", settled)
    assert found.odd.sum() == 0
    assert found.base[place(v, "a"), 0] == 0


# --- own tickets ---


def work(actor: str, days: Iterable[int], n: int, what: str = WORK) -> list[R]:
    start = 1_000_000 * ord(actor) + 50_000 * len(what)
    return [R(actor=actor, day=d, minute=480, n=n, waybill=start + 1_000 * d, what=what) for d in days]


def test_reads_that_only_an_own_ticket_explains_are_counted_and_handled() -> None:
    v = view([*staff("bcde", 4), *work("a", range(4), 10), *work("a", [2, 3], 30, OWN_WORK)], 4)
    found, a = counted("own_tickets", v), place(v, "a")
    assert found.odd[a].tolist() == [0, 0, 30, 30]
    assert found.base[a].tolist() == [30, 30, 30, 30]
    assert v.handled[a].tolist() == [10, 10, 40, 40]
    assert not counted("unexplained_first_reads", v).odd[a].any()
    assert not counted("inhuman_tempo", v).base[a].any()


def test_whoever_opens_own_tickets_stands_out_only_where_others_dont() -> None:
    desk = [read for actor in "bcdefghi" for read in work(actor, range(14), 20, OWN_WORK)]
    counter = [*staff("jklmnopq", 14), *work("a", range(14), 20), *work("a", range(7, 14), 15, OWN_WORK)]
    roles = dict.fromkeys("bcdefghi", "service")
    v = view([*desk, *counter], 14, roles=roles)
    (found,) = judged(v, BY_NAME["own_tickets"])
    assert found.is_detail
    evidence = dict(zip(names("actor", v.keys.tolist()), found.evidence.total.max(axis=1).tolist(), strict=True))
    assert evidence.pop("a") > 5
    assert max(evidence.values()) < 0.1


# --- weakly explained reads ---


def test_weakly_explained_reads_stand_beside_explained_ones_and_what_is_usual() -> None:
    v = view([*staff("bcde", 4), *work("a", range(4), 10), *work("a", [2, 3], 30, WEAK)], 4)
    found, a = counted("responsibility_only", v), place(v, "a")
    assert found.weak
    assert found.odd[a].tolist() == [0, 0, 30, 30]
    assert found.base[a].tolist() == [10 + 20, 10 + 20, 10 + 20, 10 + 20], "ten of its own, and twenty as its peers"
    old = [replace(r, begun=((FIRST + 2) * DAY_US - CHINA - 90 * 3_600_000_000)) for r in work("a", [2], 30, WEAK)]
    assert counted("responsibility_only", view([*staff("bcde", 4), *old], 4)).odd.sum() == 0, "parcels that are old"
    idle = view([*staff("bcde", 4), *work("a", [2], 30, WEAK)], 4)
    assert counted("responsibility_only", idle).base[place(idle, "a")].tolist() == [0, 0, 20, 0]


TEMPO = next(d for d in detectors() if d.name == "inhuman_tempo")


def test_no_outlet_anywhere(tmp_path: Path) -> None:
    """IndexError in `find_service_area`: a ledger of reads and tickets, without outlets, waybills and scans."""
    rows = [read(n * 700 + k, f"u-{n}", f"YT{n:02d}{k:02d}") for n in range(12) for k in range(10)]
    tickets = [
        {"ticket": f"t{k}", "waybill": r["waybill"], "opened_at": at(9 * DAY), "actor": "x"} for k, r in enumerate(rows)
    ]
    commit(tmp_path, tmp_path / "L", {"accesses": rows, "tickets": tickets})
    with open_ledger(tmp_path / "L") as snapshot:
        assert detect(snapshot).first_reads.all == 120


def test_no_days() -> None:
    """IndexError: `chance[-1]` of no days."""
    assert len(settle_by_service_area(cut(view([*crowd(days=1)], 1, where=WHERE), 0)).suspects) == 0


def test_4_a_route_without_cities_is_no_ground_at_either_end() -> None:
    """`_on_route` falls back to the other outlet for an origin, not for a destination."""
    rows = [*crowd(), *reads("a", 8, [*[(HERE, 33)] * 30, *AWAY])]
    assert AT_OUTLET not in only(settle_by_service_area(view(rows, DAYS)))


def test_4_a_route_between_two_cities_is_no_area_either() -> None:
    """All of them touch the city where the route begins: a learnt area, so weak."""
    assert only(looked([*crowd(), *reads("a", 8, [(HERE, 33)] * 30)])) == {NONE}


def test_3_an_interface_that_has_a_name_of_its_own_learns_no_other_one() -> None:
    """Ten a day of its own, then 200 a day of one other interface: all of it counts as explained."""
    rows = [*crowd(), *(r for d in range(DAYS) for r in reads("a", d, spread(10, start=d), lambda _: key("a")))]
    rows += [r for d in (7, 8, 9) for r in reads("a", d, spread(200, start=d), lambda _: 503)]
    rows = [replace(r, waybill=k) for k, r in enumerate(rows)]
    assert found(looked(rows))[9].count(BY_CHANNEL) == 10


@pytest.mark.parametrize("pace", [1.0, 0.1])
def test_the_quickest_machines_have_tempo(pace: float) -> None:
    """From 1,800 an hour on, twice what chance gives is more than there are reads."""
    v = view(moments("a", (600 + k * pace / 60 for k in range(3_000))), 1)
    assert TEMPO.count(v).odd[place(v, "a")].tolist() == [2_999]


def test_tempo_says_something_where_too_many_parcels_are_unknown() -> None:
    rows = [*staff("bcdefgh", 8), *work("a", range(8), 20)]
    rows += [r for x in "bcdefgh" for r in moments(x, range(500, 520), 0, NEW, 60_000)]
    rows += [r for d in range(4, 8) for r in moments("a", (600 + k / 60 for k in range(200)), d, NEW)]
    v = without_gaps(view(rows, 8))
    assert v.gaps > 0.2
    tempo = next(f for f in judge(v, detectors()) if f.name == TEMPO.name)
    assert tempo.evidence.total[place(v, "a"), -1] > 9


@pytest.mark.parametrize("a_day", [300, 3_000])
def test_3_what_may_be_learnt_is_bounded(a_day: int) -> None:
    """Of somebody whose work the tables know (unknown 0), after four weeks too: the floor of 1e-12 is a prior."""
    odd, base = np.full(120, a_day), np.full(120, a_day * 1.2)
    seen = weighed(odd, base, usual_of(120, rate=0.01, between=0.3, within=0.3))
    assert seen.total[0, -WEEKS:].max() > ENOUGH


def test_evidence_does_not_jump_when_only_what_is_thought_of_peers_does() -> None:
    """Fifty odd reads every day; `unknown` falls from .5 to 0: 4.8 nats out of nothing."""
    unknown = np.full(20, 0.5)
    unknown[15:] = 0.0
    total = weighed(np.full(20, 50), np.full(20, 40.0), usual_of(20), unknown=unknown).total[0]
    assert total[15] - total[14] < 2


ALL = frozenset(("actors", "assignments", "outlets", "scans", "tickets", "waybills"))
OUTLETS = range(201, 241)
"""Forty, ten in each of four regions."""
LIE = OutletPlaces(
    keys=np.array(OUTLETS, np.uint64), city=np.array([401 + k for k in range(40)], np.uint64),
    region=np.array([301 + k // 10 for k in range(40)], np.uint64),
)  # fmt: skip
ANY: Sequence[int] = OUTLETS


def posts_of(*rows: tuple[int, str, str, int, int]) -> AccountPosts:
    """Accounts: key, role, kind, outlet, region."""
    key, role, kind, outlet, region = zip(*rows, strict=True)
    return AccountPosts(
        keys=np.array(key, np.uint64), role=pa.array(role), kind=pa.array(kind),
        place=pa.array([f"o-{o}" if o else "" for o in outlet]), outlet=np.array(outlet, np.uint64),
        region=np.array(region, np.uint64),
    )  # fmt: skip


def reading(
    actor: int, n: int, *, why: int | None = UNEXPLAINED, among: Sequence[int] = ANY, channels: Sequence[int] = (900,),
    mandate: bool = False,
) -> Iterator[Seen]:  # fmt: skip
    """n first reads a minute apart over four days, of parcels between outlets of some."""
    chance = np.random.default_rng(actor)
    for k in range(n):
        ends = tuple(chance.choice(among, 2).tolist())
        at = k * 4 // n * DAY_US + (k % 600) * MINUTE
        yield Seen(
            actor=actor, at=at, waybill=actor * 10_000 + k, why=why, mandate=mandate, ends=(*ends, 0, 0),
            channel=int(chance.choice(channels)),
        )  # fmt: skip


def viewed(who: AccountPosts, *reads: Iterator[Seen]) -> View:
    return without_gaps(look(facts_of_reads([r for some in reads for r in some], 0), 4, who=who, where=LIE))


def told(view: View, tables: frozenset[str] = ALL) -> dict[str, MissingWork]:
    return {m.role or m.kind: m for m in find_missing_work(view, tables)}


CLERK = (90, "clerk", "person", 201, 0)


def test_a_role_is_told_of_where_most_of_its_reads_are_explained_by_no_table() -> None:
    """Obligation 1."""
    who = posts_of((1, "hotline", "person", 0, 0), (2, "hotline", "person", 0, 0), CLERK)
    view = viewed(
        who, reading(1, 200), reading(2, 100, why=None), reading(2, 100), reading(90, 300, why=None), reading(90, 60)
    )
    (found,) = find_missing_work(view, ALL)
    assert (found.role, found.kind, found.accounts, found.table) == ("hotline", "person", 2, Table.TICKETS)
    assert (found.reads, found.first) == (300, 400)
    few = viewed(who, reading(1, LEAST - 1), reading(90, 300, why=None))
    assert find_missing_work(few, ALL) == ()
    weak = viewed(who, reading(1, 200, why=WEAK_REASON), reading(90, 300, why=None))
    assert find_missing_work(weak, ALL) == (), "a weak template is a table's"


def test_accounts_of_cases_worth_acting_on_are_left_out() -> None:
    """Obligation 1: one that pulls makes no role of which no table knows the work."""
    who = posts_of(*((k, "hotline", "person", 0, 0) for k in (1, 2)), CLERK)
    view = viewed(who, reading(1, 900), reading(2, 100), reading(2, 200, why=None), reading(90, 900, why=None))
    assert told(view)["hotline"].reads == 1_000
    assert find_missing_work(view, ALL, apart=view.keys == 1) == ()
    (found,) = find_missing_work(view, ALL, apart=view.keys == 2)
    assert (found.accounts, found.reads, found.first) == (1, 900, 900)


def test_reads_under_a_mandate_and_those_that_are_left_out_have_no_say() -> None:
    """Obligations 1 and 2."""
    who = posts_of((1, "hotline", "person", 0, 0), CLERK)
    bound = viewed(who, reading(1, 100), reading(90, 400, why=None))
    some, judged = count_unknown_work(bound)
    assert some.tolist() == [100, 0]
    assert judged.tolist() == [100, 400]
    unknown = viewed(who, reading(1, 60, why=UNKNOWN), reading(90, 400, why=None))
    assert told(unknown)["hotline"].reads == 60
    gaps = viewed(who, reading(1, 300, why=UNKNOWN), reading(90, 400, why=None))
    assert gaps.gaps > 0
    assert find_missing_work(gaps, ALL) == (), "so many unknown parcels are no sign"
    mandate = viewed(who, reading(1, 300, mandate=True), reading(1, 20), reading(90, 400, why=None))
    assert find_missing_work(mandate, ALL) == ()


def test_interfaces_that_share_issuing_interfaces_lack_assignments_of_these() -> None:
    """Obligation 3: few issuing interfaces."""
    who = posts_of(*((k, "partner", "partner", 0, 0) for k in (1, 2, 3)), (4, "desk", "service", 0, 0), CLERK)
    others = range(910, 930)
    view = viewed(
        who, *(reading(k, 200, channels=(900 + k,)) for k in (1, 2, 3)), reading(4, 200, channels=others),
        reading(90, 400, why=None),
    )  # fmt: skip
    found = told(view)
    assert found["partner"].table is Table.CHANNELS
    assert found["desk"].table is Table.DUTIES
    alone = viewed(posts_of((1, "partner", "partner", 0, 0), CLERK), reading(1, 200), reading(90, 400, why=None))
    assert told(alone)["partner"].table is Table.CHANNELS, "there are no others whose reads it could be like"


@pytest.mark.parametrize(
    ("outlet", "region", "among", "tables", "wanted"),
    [
        (0, 0, (0,), ALL, Table.OUTLET),
        (0, 0, (0, 1, 2, 3, 4), ALL, Table.REGION),
        (0, 1, (0, 1, 2, 3, 4), ALL, Table.REGIONS),
        (0, 1, (0, 1, 2, 3, 4), ALL - {"tickets"}, Table.TICKETS),
        (0, 0, None, ALL, Table.TICKETS),
        (1, 0, None, ALL - {"scans"}, Table.SCANS),
    ],
)
def test_what_persons_lack_is_told_by_what_their_reads_look_like(
    outlet: int, region: int, among: Sequence[int] | None, tables: frozenset[str], wanted: Table
) -> None:
    """Obligation 3: three accounts, each in its own region, with few outlets, or everywhere."""
    people = [(k, "desk", "person", 201 + 10 * k if outlet else 0, 300 + k if region else 0) for k in (1, 2, 3)]
    some = [reading(k, 300, among=ANY if among is None else [191 + 10 * k + n for n in among]) for k in (1, 2, 3)]
    view = viewed(posts_of(*people, CLERK), *some, reading(90, 1_200, why=None))
    assert told(view, tables)["desk"].table is wanted


def test_of_accounts_that_nobody_knows_the_actors_are_missing() -> None:
    """Obligation 3, and the order: the most reads first."""
    who = posts_of((1, "hotline", "person", 0, 0), CLERK)
    view = viewed(who, reading(1, 100), reading(7, 300), reading(90, 900, why=None))
    assert [(m.role, m.kind, m.table) for m in find_missing_work(view, ALL)] == [
        ("", "", Table.ACTORS),
        ("hotline", "person", Table.TICKETS),
    ]


def test_only_days_of_the_window_count_and_nobody_is_nobody() -> None:
    who = posts_of((1, "hotline", "person", 0, 0), CLERK)
    view = viewed(who, reading(1, 400), reading(90, 900, why=None))
    assert find_missing_work(view, ALL, skip=2)[0].reads == 200
    assert find_missing_work(viewed(who, iter(())), ALL) == ()


def test_rows_in_any_order_say_the_same() -> None:
    who = posts_of(*((k, "partner", "partner", 0, 0) for k in (1, 2, 3)), CLERK)
    reads = [r for k in (1, 2, 3) for r in reading(k, 100, channels=(900 + k,))] + list(reading(90, 300, why=None))
    one = viewed(who, iter(reads))
    assert find_missing_work(one, ALL) == find_missing_work(viewed(who, iter(reads[::-1])), ALL)


def test_one_account_that_has_most_of_them_is_named() -> None:
    """Obligation 4."""
    who = posts_of(*((k, "partner", "partner", 0, 0) for k in (1, 2, 3)), CLERK)
    work = reading(90, 400, why=None)
    even = viewed(who, *(reading(k, 200) for k in (1, 2, 3)), work)
    assert (told(even)["partner"].lone, told(even)["partner"].lone_reads) == ("", 0)
    one = viewed(who, reading(1, 500), reading(2, 200), reading(3, 200), work)
    found = told(one)["partner"]
    assert (found.lone, found.lone_reads, found.reads) == ("0", 500, 900)
    by_itself = viewed(posts_of((1, "partner", "partner", 0, 0), CLERK), reading(1, 500), work)
    assert told(by_itself)["partner"].lone == "", "there is nobody else whom its role's work would be like"
