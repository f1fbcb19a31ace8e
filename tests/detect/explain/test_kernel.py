"""What the kernel's obligations say, case by case; the oracle tests the rest."""

from typing import Any

import pytest

from tests.detect.explain.worlds import DAY, HOUR, START, Drawn, Row, by_kernel, by_rows
from wayseal.detect.explain import NOT_FIRST, UNEXPLAINED, UNKNOWN, Template, TemplateKind

pytestmark = pytest.mark.kernels

READ = {"waybill": "YT1", "at": START, "actor": "u-1", "action": None, "first": True}
OWN = {"ticket": "k-1", "waybill": "YT1", "opened_at": START, "closed_at": None, "actor": "u-1"}


def person(actor: str, **more: object) -> Row:
    return {"actor": actor, "kind": "person", "role": "claims", "outlet": None, "region": "东", "rights": None} | more


def outlet(name: str, city: str = "杭州", region: str = "东", kind: str = "outlet") -> Row:
    return {"outlet": name, "kind": kind, "city": city, "region": region}


def given(scope: str, value: str, since: int = 0, until: int | None = None) -> Row:
    end = None if until is None else START + until * DAY
    return {"actor": "u-1", "scope": scope, "value": value, "from": START + since * DAY, "to": end}


def issued(day: int = 0, **more: str) -> Row:
    ends = {"origin_outlet": "o-1", "destination_outlet": "o-2", "channel": "app", "customer": "shop"}
    return {"waybill": "YT1", "issued_at": START + day * DAY} | ends | more


def scan(day: int, place: str = "o-1") -> Row:
    return {"waybill": "YT1", "at": START + day * DAY, "kind": "arrive", "outlet": place}


def ticket(closed: int | None, actor: str = "u-1") -> Row:
    end = None if closed is None else START + closed * DAY
    return {"ticket": "k-1", "waybill": "YT1", "opened_at": START, "closed_at": end, "actor": actor}


def why(world: Drawn, template: Template) -> int:
    return by_kernel(world, (template,))[0][0]


HERE = person("u-1", outlet="o-1")
PLACES = [
    outlet("o-0", "广州"),
    outlet("o-1"),
    outlet("o-2", "重庆", "西"),
    outlet("o-3"),
    outlet("hq", kind="head_office"),
]
ALWAYS = (-400 * DAY, 400 * DAY)
"""Before and after which nothing is tried."""
EDGES = {
    "a scan": (TemplateKind.CUSTODY, {"actors": [HERE], "scans": [scan(0)]}, (-DAY, 2 * DAY)),
    "a scan at an outlet that no table describes": (
        TemplateKind.CUSTODY,
        {"actors": [person("u-1", outlet="o-9")], "scans": [scan(3, "o-9"), scan(0, "o-1")]},
        (2 * DAY, 5 * DAY),
    ),
    "a scan where it is assigned": (
        TemplateKind.CUSTODY,
        {"assignments": [given("outlet", "o-1", 0, 1)], "scans": [scan(0)]},
        (0, DAY - 1),
    ),
    "the beginning of a route": (TemplateKind.CUSTODY, {"actors": [HERE], "waybills": [issued()]}, (-HOUR, 5 * DAY)),
    "the end of a route that scans lengthen": (
        TemplateKind.CUSTODY,
        {"actors": [person("u-1", outlet="o-2")], "waybills": [issued()], "scans": [scan(1), scan(9), scan(4)]},
        (-HOUR, 11 * DAY),
    ),
    "a scan elsewhere in the city": (TemplateKind.CITY, {"actors": [HERE], "scans": [scan(0, "o-3")]}, (-DAY, 2 * DAY)),
    "a route to the city": (
        TemplateKind.CITY,
        {"actors": [HERE], "waybills": [issued(origin_outlet="o-2", destination_outlet="o-3")]},
        (-HOUR, 5 * DAY),
    ),
    "a ticket": (TemplateKind.TICKET, {"tickets": [ticket(6)]}, (-DAY, 8 * DAY)),
    "an open ticket": (TemplateKind.TICKET, {"tickets": [ticket(None)]}, (-DAY, 16 * DAY)),
    "a colleague's ticket": (
        TemplateKind.HANDOVER,
        {"actors": [person("u-1"), person("u-2")], "tickets": [ticket(6, "u-2")]},
        (-DAY, 8 * DAY),
    ),
    "a channel": (
        TemplateKind.CHANNEL,
        {"assignments": [given("channel", "app", 0, 5)], "waybills": [issued()]},
        (0, 5 * DAY - 1),
    ),
    "a channel for good": (
        TemplateKind.CHANNEL,
        {"assignments": [given("channel", "app")], "waybills": [issued()]},
        (0, ALWAYS[1]),
    ),
    "a customer": (
        TemplateKind.CUSTOMER,
        {"assignments": [given("customer", "shop", 1, 5)], "waybills": [issued(30)]},
        (DAY, 5 * DAY - 1),
    ),
    "a city at the end of the route": (
        TemplateKind.RESPONSIBILITY,
        {"assignments": [given("city", "重庆", 1, 5)], "waybills": [issued(30)]},
        (DAY, 5 * DAY - 1),
    ),
    "a city at the beginning of the route": (
        TemplateKind.RESPONSIBILITY,
        {"assignments": [given("city", "杭州", 1, 5)], "waybills": [issued(30)]},
        (DAY, 5 * DAY - 1),
    ),
    "a region where it was scanned": (
        TemplateKind.RESPONSIBILITY,
        {"assignments": [given("region", "西", 1, 5)], "scans": [scan(0, "o-0"), scan(9, "o-2")]},
        (DAY, 5 * DAY - 1),
    ),
    "nothing of the account's": (TemplateKind.CUSTODY, {"actors": [HERE], "scans": [scan(0, "o-3")]}, None),
    "an end of the route elsewhere": (TemplateKind.CITY, {"actors": [HERE], "scans": [scan(0, "o-2")]}, None),
    "a city of an outlet that no table describes": (
        TemplateKind.CITY,
        {"actors": [person("u-1", outlet="o-9")], "scans": [scan(0, "o-8")]},
        None,
    ),
    "an outlet that no table knows": (
        TemplateKind.CITY,
        {"actors": [HERE], "outlets": [outlet("o-1"), outlet("o-3")], "scans": [scan(0, "o-8")]},
        None,
    ),
    "a head office": (TemplateKind.CUSTODY, {"actors": [person("u-1", outlet="hq")], "scans": [scan(0, "hq")]}, None),
    "colleagues without a place": (
        TemplateKind.HANDOVER,
        {"actors": [person("u-1", region=None), person("u-2", region=None)], "tickets": [ticket(6, "u-2")]},
        None,
    ),
    "colleagues at the same outlet, whatever their regions": (
        TemplateKind.HANDOVER,
        {"actors": [HERE, person("u-2", outlet="o-1", region="西")], "tickets": [ticket(6, "u-2")]},
        (-DAY, 8 * DAY),
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_the_moments_at_which_an_explanation_begins_and_ends(name: str) -> None:
    by, rows, span = EDGES[name]
    template = Template(name="x", by=by, strong=True, before=DAY, after=2 * DAY)
    known = any(name in rows for name in ("waybills", "scans", "tickets"))
    wanted = {
        ALWAYS[0]: span is not None and span[0] == ALWAYS[0],
        ALWAYS[1]: span is not None and span[1] == ALWAYS[1],
    }
    if span is None:
        wanted |= {0: False, DAY: False}
    else:
        low, high = span
        wanted |= {low: True, high: True, (low + high) // 2: True}
        wanted |= {low - 1: False} if low != ALWAYS[0] else {}
        wanted |= {high + 1: False} if high != ALWAYS[1] else {}
    reads = [READ | {"at": START + at} for at in wanted]
    world = Drawn(**({"outlets": PLACES, "reads": reads} | rows))
    no = UNEXPLAINED if known else UNKNOWN
    expected = [0 if fits else no for fits in wanted.values()]
    assert [why for why, _ in by_kernel(world, (template,))] == expected
    assert [why for why, _ in by_rows(world, (template,))] == expected


@pytest.mark.parametrize(
    ("holder", "by", "fits"),
    [
        ("u-1", TemplateKind.TICKET, True),
        ("u-1", TemplateKind.HANDOVER, False),
        ("u-2", TemplateKind.TICKET, False),
        ("u-2", TemplateKind.HANDOVER, True),
        ("u-3", TemplateKind.HANDOVER, False),
        ("u-9", TemplateKind.HANDOVER, False),
    ],
)
def test_a_handover_is_a_colleagues_ticket_and_not_ones_own(holder: str, by: TemplateKind, fits: bool) -> None:
    staff = [person("u-1"), person("u-2"), person("u-3", region="西")]
    world = Drawn(actors=staff, tickets=[OWN | {"actor": holder}], reads=[READ])
    assert why(world, Template(name="x", by=by, strong=True)) == (0 if fits else UNEXPLAINED)


NARROW: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "role": ({"roles": frozenset(["claims"])}, {"roles": frozenset(["clerk"])}),
    "kind": ({"kinds": frozenset(["person", "device"])}, {"kinds": frozenset(["partner"])}),
    "right": ({"rights": frozenset(["a", "c"])}, {"rights": frozenset(["c"])}),
    "action": ({"actions": frozenset(["print"])}, {"actions": frozenset(["view"])}),
}


@pytest.mark.parametrize("name", NARROW)
def test_a_template_is_for_whom_it_names(name: str) -> None:
    right, wrong = NARROW[name]
    world = Drawn(actors=[person("u-1", rights=["a", "b"])], tickets=[OWN], reads=[READ | {"action": "print"}])
    for keys, expected in ((right, 0), (wrong, UNEXPLAINED)):
        assert why(world, Template(name="x", by=TemplateKind.TICKET, strong=True, **keys)) == expected
    nobody = Drawn(tickets=[OWN | {"actor": "u-9"}], reads=[READ | {"actor": "u-9"}])
    assert why(nobody, Template(name="x", by=TemplateKind.TICKET, strong=True, **right)) == UNEXPLAINED
    assert why(nobody, Template(name="x", by=TemplateKind.TICKET, strong=True)) == 0


def test_a_right_covers_what_no_table_knows() -> None:
    world = Drawn(actors=[person("u-1", rights=["a"]), person("u-2")], reads=[READ, READ | {"actor": "u-2"}])
    template = Template(name="x", by=TemplateKind.MANDATE, strong=True, rights=frozenset(["a"]))
    assert [w for w, _ in by_kernel(world, (template,))] == [0, UNKNOWN]


@pytest.mark.parametrize(("holders", "of", "says"), [(5, 20, True), (6, 20, False), (19, 19, True)])
def test_a_right_that_many_hold_is_no_mandate(holders: int, of: int, says: bool) -> None:
    """But it still tells for whom another template is."""
    staff = [
        person("u-1", rights=["a"]),
        *(person(f"v-{k}", rights=["a"] if k < holders else None) for k in range(1, of)),
    ]
    mandate = Template(name="x", by=TemplateKind.MANDATE, strong=True, rights=frozenset(["a"]))
    ticket = Template(name="y", by=TemplateKind.TICKET, strong=True, rights=frozenset(["a"]))
    world = Drawn(actors=staff, tickets=[OWN], reads=[READ])
    assert why(world, mandate) == (0 if says else UNEXPLAINED)
    assert why(world, ticket) == 0
    assert by_kernel(world, (mandate, ticket)) == by_rows(world, (mandate, ticket)) == [(0 if says else 1, False)]


def test_before_the_first_scan_is_said_of_unexplained_reads_alone() -> None:
    reads = [READ | {"at": START + step} for step in (-1, 0)]
    world = Drawn(scans=[scan(3), scan(0)], reads=reads)
    assert by_kernel(world, ()) == [(UNEXPLAINED, True), (UNEXPLAINED, False)]
    fits = Template(name="x", by=TemplateKind.CUSTODY, strong=True, before=DAY)
    assert by_kernel(Drawn(actors=[HERE], scans=[scan(0)], reads=reads), (fits,)) == [(0, False), (0, False)]


def test_rows_of_other_parcels_are_passed_over() -> None:
    """Those of parcels that nobody reads, or that stand before or behind; and only first reads are judged."""
    parcels = [f"YT{n}" for n in range(12)]
    reads = [
        READ | {"waybill": name, "at": START + n * HOUR, "actor": actor, "first": n % 4 != 1}
        for n, name in enumerate(parcels[::2])
        for actor in ("u-1", "u-2")
    ]
    world = Drawn(
        actors=[person("u-1", outlet="o-1"), person("u-2", outlet="o-1")],
        outlets=PLACES,
        assignments=[
            given(*scope) for scope in (("city", "杭州"), ("city", "广州"), ("region", "西"), ("channel", "app"))
        ],
        waybills=[
            issued() | {"waybill": name} | ends
            for name, ends in zip(parcels[1::3], [{}, {"origin_outlet": "o-2", "channel": "web"}] * 2, strict=True)
        ],
        scans=[scan(0, f"o-{n % 4}") | {"waybill": name} for n, name in enumerate(parcels) if n % 3],
        tickets=[ticket(6, f"u-{1 + n % 2}") | {"waybill": name} for n, name in enumerate(parcels) if n % 5],
        reads=reads,
    )
    judged: set[int] = set()
    for by in TemplateKind:
        rights = frozenset(["a"] if by is TemplateKind.MANDATE else [])
        template = Template(name="x", by=by, strong=True, before=DAY, after=DAY, rights=rights)
        found = by_kernel(world, (template,))
        assert found == by_rows(world, (template,)), by
        judged |= {why for why, _ in found}
    assert judged == {0, NOT_FIRST, UNEXPLAINED, UNKNOWN}
