"""Scans and tickets: rules 1 to 5 of `vault/work_events.py`."""

import json
from dataclasses import replace
from itertools import pairwise

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.effort import examples
from tests.vault.world import DAY, HOUR, OPERATOR, World, person
from wayseal.custody import present
from wayseal.model.kinds import ScanKind
from wayseal.model.records import Scan, Ticket
from wayseal.model.times import time_at
from wayseal.vault import tables as t
from wayseal.vault.errors import VaultError


def place(world: World, number: str) -> tuple[object, ...]:
    columns = (t.waybills.c.outlet, t.waybills.c.since, t.waybills.c.until, t.waybills.c.departed)
    row = world.main.read(lambda c: c.execute(sa.select(*columns).where(t.waybills.c.waybill == number)).one())
    return tuple(row)


def work(world: World) -> dict[tuple[str, str], int]:
    rows = world.main.read(lambda c: c.execute(sa.select(t.work)).all())
    return {(row.of, row.kind): row._mapping["count"] for row in rows}


@examples(25, quick=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scans=st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(list(ScanKind)), st.sampled_from("ABC")), min_size=1, max_size=12
    ),
    cuts=st.lists(st.integers(0, 12), max_size=4),
)
def test_a_parcel_is_where_its_scans_say_in_whatever_portions_they_come(
    small: World, scans: list[tuple[int, ScanKind, str]], cuts: list[int]
) -> None:
    """Rule 1: the same as custody says of all scans at once."""
    (number,) = small.seal(at=None)
    events = [
        Scan(waybill=number, at=time_at(small.now + at * HOUR), kind=kind, outlet=outlet) for at, kind, outlet in scans
    ]
    edges = sorted({0, *cuts, len(events)})
    for start, stop in pairwise(edges):
        if events[start:stop]:
            small.vault.scans(small.caller("feed"), events[start:stop], now=small.now + 20 * HOUR)
    time = pa.timestamp("us", tz="UTC")
    table = pa.table(
        {
            "waybill": [number] * len(events),
            "at": pa.array([e.at for e in events], time),
            "kind": [e.kind.value for e in events],
            "outlet": [e.outlet for e in events],
        }
    )
    (said,) = present(table).to_pylist()
    got = place(small, number)
    assert got[0] == said["outlet"]
    for value, name in zip(got[1:], ("since", "until", "departed"), strict=True):
        expected = said[name]
        assert value == (None if expected is None else round(expected.timestamp() * 1_000_000))


def test_what_comes_twice_changes_nothing(both: World) -> None:
    """Rule 2."""
    numbers = both.seal(3)
    before = work(both)
    event = Scan(waybill=numbers[0], at=time_at(both.now - 1000), kind=ScanKind.ARRIVE, outlet="deliver-here")
    assert both.vault.scans(both.caller("feed"), [event, event], now=both.now) == 0
    both.scan(numbers, "deliver-here", ScanKind.DEPART)  # no arrival of a parcel that was there before
    assert work(both) == before
    both.ticket("t", numbers[0], "agent")
    both.ticket("t", numbers[0], "agent")
    assert work(both) == {**before, ("actor:agent", "tickets"): 1}


def test_work_counts_on_the_day_on_which_it_comes_in(small: World) -> None:
    """Rule 3: with old dates, too."""
    (number,) = small.seal()
    small.now += 30 * DAY
    event = Scan(waybill=number, at=time_at(small.now - 20 * DAY), kind=ScanKind.ARRIVE, outlet="elsewhere")
    small.vault.scans(small.caller("feed"), [event], now=small.now)
    rows = small.main.read(lambda c: c.execute(sa.select(t.work).where(t.work.c.of == "outlet:elsewhere")).all())
    assert [row.day for row in rows] == [(small.now + 8 * HOUR) // DAY]


def test_work_is_counted_where_budgets_look(both: World) -> None:
    numbers = both.seal(2)
    both.ticket("t1", numbers[0], "courier-1")
    assert work(both) == {
        ("outlet:collect-here", "issued"): 2,
        ("actor:platform", "issued"): 2,
        ("outlet:deliver-here", "arrivals"): 2,
        ("actor:courier-1", "tickets"): 1,
        ("outlet:deliver-here", "tickets"): 1,
    }


def test_a_ticket_stays_with_its_waybill_and_actor(small: World) -> None:
    one, other = small.seal(2)
    small.ticket("t", one, "agent")
    for waybill, actor in ((other, "agent"), (one, "courier-1")):
        with pytest.raises(VaultError, match=r"^ticket"):
            small.ticket("t", waybill, actor)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"waybill": "-"}, "waybill"),
        ({"at": time_at(-1)}, "at"),
        ({"at": time_at(1 << 55)}, "at"),
        ({"outlet": "a\nb"}, "outlet"),
    ],
)
def test_bad_scans_name_the_field(small: World, change: dict[str, object], field: str) -> None:
    good = {"waybill": "YT1", "at": time_at(small.now), "kind": ScanKind.ARRIVE, "outlet": "A"}
    with pytest.raises(VaultError, match=f"^{field}"):
        small.vault.scans(small.caller("feed"), [Scan(**{**good, **change})], now=small.now)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "field"),
    [({"ticket": ""}, "ticket"), ({"closed_at": time_at(-1)}, "closed_at"), ({"actor": " a"}, "actor")],
)
def test_bad_tickets_name_the_field(small: World, change: dict[str, object], field: str) -> None:
    good = {"ticket": "t", "waybill": "YT1", "actor": "a", "opened_at": time_at(small.now)}
    with pytest.raises(VaultError, match=f"^{field}"):
        small.vault.tickets(small.caller("feed"), [Ticket(**{**good, **change})], now=small.now)  # type: ignore[arg-type]


def test_a_clock_that_is_far_ahead_moves_nothing(small: World) -> None:
    """Rule 5: one such scan would have held the parcel against whoever has it, for years."""
    (number,) = small.seal()
    before, minute = place(small, number), HOUR // 60
    for ahead in (6 * minute, 24 * HOUR, 70 * 365 * DAY):
        wrong = Scan(waybill=number, at=time_at(small.now + ahead), kind=ScanKind.ARRIVE, outlet="elsewhere")
        right = Scan(waybill=number, at=time_at(small.now), kind=ScanKind.PROBLEM, outlet="elsewhere")
        with pytest.raises(VaultError, match=r"^at: a time since 1970, and not in the future$"):
            small.vault.scans(small.caller("feed"), [right, wrong], now=small.now)
        ticket = Ticket(ticket=f"t-{ahead}", waybill=number, actor="a", opened_at=time_at(small.now + ahead))
        with pytest.raises(VaultError, match=r"^opened_at: "):
            small.vault.tickets(small.caller("feed"), [ticket], now=small.now)
    assert place(small, number) == before
    slightly = Scan(waybill=number, at=time_at(small.now + 4 * minute), kind=ScanKind.ARRIVE, outlet="elsewhere")
    assert small.vault.scans(small.caller("feed"), [slightly], now=small.now) == 1
    assert place(small, number) != before


def test_whoever_says_so_stands_in_the_log(small: World) -> None:
    """Rule 4: a report that brings something new, and a ticket that is changed; nothing where all was known."""
    (number,) = small.seal()
    count = len(small.entries())
    one = Ticket(ticket="t-1", waybill=number, actor="agent", opened_at=time_at(small.now))
    closed = replace(one, closed_at=time_at(small.now))
    for event in (one, one, closed, closed):
        small.vault.tickets(small.caller("courier-1"), [event], now=small.now)
    scan = Scan(waybill=number, at=time_at(small.now), kind=ScanKind.PROBLEM, outlet="elsewhere")
    for _ in range(2):
        small.vault.scans(small.caller("courier-2"), [scan], now=small.now)
    told = [(entry.actor, entry.more["act"], entry.more["rows"]) for entry in small.entries()[count:]]
    assert told == [("courier-1", "tickets", 1), ("courier-1", "tickets", 1), ("courier-2", "scans", 1)]
    first, second, scanned = [entry.more for entry in small.entries()[count:]]
    (was,), (became,) = json.loads(str(first["records"])), json.loads(str(second["records"]))
    assert became == {**was, "closed_at": small.now}
    assert len(str(scanned["sha256"])) == 64
    assert scanned["behind_s"] == 0


def test_the_log_says_what_actors_were_put_and_what_a_client_may(small: World) -> None:
    """A role that is changed and changed back leaves both; a client's scopes and roles stand there."""
    count = len(small.entries())
    for role in ("analyst", "courier"):
        small.put(person("turncoat", role, "deliver-here"))
    many = [person(f"{'long' * 30}-{n}", "courier", "o" * 120) for n in range(400)]
    small.put(*many)
    told = small.entries()[count:]
    assert [json.loads(str(entry.more["records"]))[0]["role"] for entry in told[:2]] == ["analyst", "courier"]
    rest = [record for entry in told[2:] for record in json.loads(str(entry.more["records"]))]
    assert [record["actor"] for record in rest] == [one.actor for one in many]
    assert sum(int(entry.more["actors"]) for entry in told[2:]) == 400
    assert len(told) > 3
    small.vault.add_client(
        OPERATOR,
        "wide",
        scopes=frozenset({"disclose", "work"}),
        actor=None,
        acts_for=frozenset({"courier"}),
        now=small.now,
    )
    assert {k: v for k, v in small.entries()[-1].more.items() if k not in ("per_second", "secret")} == {
        "act": "client_added",
        "client": "wide",
        "scopes": "disclose work",
        "acts_for": "courier",
    }
