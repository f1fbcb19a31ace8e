"""Roles whose work no table knows, and which table would settle it (obligations of `_missing_work`)."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pytest

from tests.detect.views import DAY_US, MINUTE, WEAK, Seen, facts_of_reads, look
from wayseal.detect._missing_work import LEAST, count_unknown_work, find_missing_work
from wayseal.detect._result import MissingWork, Table
from wayseal.detect._view import AccountPosts, OutletPlaces, View, without_gaps
from wayseal.detect.explain import UNEXPLAINED, UNKNOWN

ALL = frozenset(("actors", "assignments", "outlets", "scans", "tickets", "waybills"))
OUTLETS = range(201, 241)
"""Forty, ten in each of four regions."""
WHERE = OutletPlaces(
    keys=np.array(OUTLETS, np.uint64), city=np.array([401 + k for k in range(40)], np.uint64),
    region=np.array([301 + k // 10 for k in range(40)], np.uint64),
)  # fmt: skip
ANY: Sequence[int] = OUTLETS


def staff(*rows: tuple[int, str, str, int, int]) -> AccountPosts:
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
    return without_gaps(look(facts_of_reads([r for some in reads for r in some], 0), 4, who=who, where=WHERE))


def told(view: View, tables: frozenset[str] = ALL) -> dict[str, MissingWork]:
    return {m.role or m.kind: m for m in find_missing_work(view, tables)}


CLERK = (90, "clerk", "person", 201, 0)


def test_a_role_is_told_of_where_most_of_its_reads_are_explained_by_no_table() -> None:
    """Obligation 1."""
    who = staff((1, "hotline", "person", 0, 0), (2, "hotline", "person", 0, 0), CLERK)
    view = viewed(
        who, reading(1, 200), reading(2, 100, why=None), reading(2, 100), reading(90, 300, why=None), reading(90, 60)
    )
    (found,) = find_missing_work(view, ALL)
    assert (found.role, found.kind, found.accounts, found.table) == ("hotline", "person", 2, Table.TICKETS)
    assert (found.reads, found.first) == (300, 400)
    few = viewed(who, reading(1, LEAST - 1), reading(90, 300, why=None))
    assert find_missing_work(few, ALL) == ()
    weak = viewed(who, reading(1, 200, why=WEAK), reading(90, 300, why=None))
    assert find_missing_work(weak, ALL) == (), "a weak template is a table's"


def test_accounts_of_cases_worth_acting_on_are_left_out() -> None:
    """Obligation 1: one that pulls makes no role of which no table knows the work."""
    who = staff(*((k, "hotline", "person", 0, 0) for k in (1, 2)), CLERK)
    view = viewed(who, reading(1, 900), reading(2, 100), reading(2, 200, why=None), reading(90, 900, why=None))
    assert told(view)["hotline"].reads == 1_000
    assert find_missing_work(view, ALL, apart=view.keys == 1) == ()
    (found,) = find_missing_work(view, ALL, apart=view.keys == 2)
    assert (found.accounts, found.reads, found.first) == (1, 900, 900)


def test_reads_under_a_mandate_and_those_that_are_left_out_have_no_say() -> None:
    """Obligations 1 and 2."""
    who = staff((1, "hotline", "person", 0, 0), CLERK)
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
    who = staff(*((k, "partner", "partner", 0, 0) for k in (1, 2, 3)), (4, "desk", "service", 0, 0), CLERK)
    others = range(910, 930)
    view = viewed(
        who, *(reading(k, 200, channels=(900 + k,)) for k in (1, 2, 3)), reading(4, 200, channels=others),
        reading(90, 400, why=None),
    )  # fmt: skip
    found = told(view)
    assert found["partner"].table is Table.CHANNELS
    assert found["desk"].table is Table.DUTIES
    alone = viewed(staff((1, "partner", "partner", 0, 0), CLERK), reading(1, 200), reading(90, 400, why=None))
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
    view = viewed(staff(*people, CLERK), *some, reading(90, 1_200, why=None))
    assert told(view, tables)["desk"].table is wanted


def test_of_accounts_that_nobody_knows_the_actors_are_missing() -> None:
    """Obligation 3, and the order: the most reads first."""
    who = staff((1, "hotline", "person", 0, 0), CLERK)
    view = viewed(who, reading(1, 100), reading(7, 300), reading(90, 900, why=None))
    assert [(m.role, m.kind, m.table) for m in find_missing_work(view, ALL)] == [
        ("", "", Table.ACTORS),
        ("hotline", "person", Table.TICKETS),
    ]


def test_only_days_of_the_window_count_and_nobody_is_nobody() -> None:
    who = staff((1, "hotline", "person", 0, 0), CLERK)
    view = viewed(who, reading(1, 400), reading(90, 900, why=None))
    assert find_missing_work(view, ALL, skip=2)[0].reads == 200
    assert find_missing_work(viewed(who, iter(())), ALL) == ()


def test_rows_in_any_order_say_the_same() -> None:
    who = staff(*((k, "partner", "partner", 0, 0) for k in (1, 2, 3)), CLERK)
    reads = [r for k in (1, 2, 3) for r in reading(k, 100, channels=(900 + k,))] + list(reading(90, 300, why=None))
    one = viewed(who, iter(reads))
    assert find_missing_work(one, ALL) == find_missing_work(viewed(who, iter(reads[::-1])), ALL)


def test_one_account_that_has_most_of_them_is_named() -> None:
    """Obligation 4."""
    who = staff(*((k, "partner", "partner", 0, 0) for k in (1, 2, 3)), CLERK)
    work = reading(90, 400, why=None)
    even = viewed(who, *(reading(k, 200) for k in (1, 2, 3)), work)
    assert (told(even)["partner"].lone, told(even)["partner"].lone_reads) == ("", 0)
    one = viewed(who, reading(1, 500), reading(2, 200), reading(3, 200), work)
    found = told(one)["partner"]
    assert (found.lone, found.lone_reads, found.reads) == ("0", 500, 900)
    by_itself = viewed(staff((1, "partner", "partner", 0, 0), CLERK), reading(1, 500), work)
    assert told(by_itself)["partner"].lone == "", "there is nobody else whom its role's work would be like"
