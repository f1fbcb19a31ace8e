"""What the vault knows of work comes into the ledger with what it disclosed, so that detection judges for real."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ledger.helpers import write
from tests.vault.world import DAY, HOUR, NOON, OPERATOR, SECRETS, World, person
from wayseal import ledger as ledgers
from wayseal import store
from wayseal.database import Connection
from wayseal.detect import DetectResult, Options, detect
from wayseal.ledger import Snapshot, open_ledger
from wayseal.ledger.retention import PurgeOrder, purge
from wayseal.model.kinds import ScanKind
from wayseal.model.records import Ask, Disclosed, Parcel, Scan, Ticket
from wayseal.model.times import time_at
from wayseal.vault import tables as t
from wayseal.vault.log.projection import Projected, project
from wayseal.vault.policy import default_texts

Row = Mapping[str, Any]


def projected(world: World, folder: Path) -> Projected:
    return project(world.main, world.vault.marks, folder / "work", folder / "L")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "L"


def rows(snapshot: Snapshot, name: str, numbers: list[str]) -> list[Row]:
    """Rows of a table that hangs on waybills, with times in microseconds."""
    return plain(snapshot.table(name, snapshot.keys(numbers)))


def plain(table: pa.Table) -> list[Row]:
    kept = [c.cast(pa.int64()) if pa.types.is_timestamp(c.type) else c for c in table.columns]
    found: list[Row] = pa.Table.from_arrays(kept, names=table.column_names).to_pylist()
    return found


def test_what_the_vault_knows_stands_in_the_ledger_once(both: World, tmp_path: Path, ledger: Path) -> None:
    number, other = both.seal(2)
    both.ticket("T-1", number, "agent", closed_at=NOON)
    both.ticket("T-2", other, "agent")
    done = projected(both, tmp_path)
    assert dict(done.work) == {"actors": 6, "assignments": 1, "waybills": 2, "scans": 2, "tickets": 2}
    with open_ledger(ledger) as snapshot:
        assert rows(snapshot, "scans", [number]) == [
            {"waybill": number, "at": NOON - 1000, "kind": "arrive", "outlet": "deliver-here", "operator": None,
             "weight_g": None, "entered": None, "device": None, "trip": None},
        ]  # fmt: skip
        (route,) = rows(snapshot, "waybills", [number])
        assert {name: value for name, value in route.items() if value is not None} == {
            "waybill": number, "issued_at": NOON, "channel": "platform", "origin_outlet": "collect-here",
            "destination_outlet": "deliver-here",
        }  # fmt: skip
        tickets = {row["ticket"]: row for row in rows(snapshot, "tickets", [number, other])}
        first = {
            "ticket": "T-1",
            "waybill": number,
            "opened_at": NOON,
            "actor": "agent",
            "closed_at": NOON,
            "kind": None,
        }
        assert tickets == {"T-1": first, "T-2": first | {"ticket": "T-2", "waybill": other, "closed_at": None}}
        people = {row["actor"]: row for row in plain(snapshot.actors())}
        assert people["courier-1"] == {
            "actor": "courier-1", "kind": "person", "role": "courier", "outlet": "deliver-here", "region": None,
            "rights": None, "valid_from": None, "valid_to": None, "trained_until": NOON + 365 * DAY,
        }  # fmt: skip
        assert plain(snapshot.assignments()) == [
            {"actor": "platform", "scope": "channel", "value": "platform", "from": NOON, "to": None}
        ], "of whoever seals for itself, and of nobody else"
    before = (ledger / "manifest.json").read_bytes()
    assert (projected(both, tmp_path).work, (ledger / "manifest.json").read_bytes()) == ({}, before)


def test_what_is_new_comes_late_and_in_any_order(both: World, tmp_path: Path, ledger: Path) -> None:
    """Rows that were in one night aren't brought again, those between them are; what went back to before comes too."""
    number, other = sorted(both.seal(2))
    projected(both, tmp_path)
    late = Scan(waybill=number, at=time_at(NOON - 5 * HOUR), kind=ScanKind.PICKUP, outlet="collect-here")
    both.vault.scans(both.caller("scans", "feed"), [late], now=both.now)
    both.ticket("T-1", other, "agent")
    for role in ("clerk", "courier"):
        both.put(person("courier-1", role, "deliver-here"))
        assert projected(both, tmp_path).work["actors"] == 1
        with open_ledger(ledger) as snapshot:
            assert {row["actor"]: row["role"] for row in plain(snapshot.actors())}["courier-1"] == role
    both.ticket("T-1", other, "agent", closed_at=NOON)
    done = projected(both, tmp_path)
    assert dict(done.work) == {"tickets": 1}
    with open_ledger(ledger) as snapshot:
        assert [row["kind"] for row in rows(snapshot, "scans", [number])] == ["pickup", "arrive"]
        assert [row["closed_at"] for row in rows(snapshot, "tickets", [other])] == [None, NOON]
        assert snapshot.manifest.rows("scans") == 3
        assert all(not entry.rejected for entry in snapshot.manifest.sources)


def test_more_than_a_portion(small: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.vault.log.work_tables._AT_ONCE", 3)
    small.seal(7)
    assert projected(small, tmp_path).work["scans"] == 7
    small.scan(small.seal(4, at=None), "deliver-here", ScanKind.PICKUP)
    assert dict(projected(small, tmp_path).work) == {"waybills": 4, "scans": 4}


def test_what_the_vault_does_not_keep_is_not_made_up(small: World, tmp_path: Path, ledger: Path) -> None:
    """A parcel without both ends is no route; rights, which only the ledger knows, stay as they are."""
    whole = small.seal(1)[0]
    half = Parcel(waybill="YT9", values=SECRETS, destination_outlet="deliver-here")
    small.vault.seal(OPERATOR, [half], now=small.now)
    staff = [{"actor": "analyst", "kind": "service", "role": "it", "rights": ["waybill.all"]}]
    write(tmp_path / "staff", "actors", staff)
    ledgers.ingest(store.open_source(tmp_path / "staff"), ledger)
    projected(small, tmp_path)
    with open_ledger(ledger) as snapshot:
        assert [row["waybill"] for row in rows(snapshot, "waybills", [whole, "YT9"])] == [whole]
        analyst = next(row for row in plain(snapshot.actors()) if row["actor"] == "analyst")
        assert (analyst["role"], analyst["rights"]) == ("analyst", ["waybill.all"]), "the directory's role"
        assert "outlets" not in snapshot.tables
        assert "operator" not in {row["actor"] for row in plain(snapshot.assignments())}, "a person answers for nothing"


def test_rows_that_the_vault_did_not_write_explain_nothing(both: World, tmp_path: Path, ledger: Path) -> None:
    """Somebody puts work into the database, or changes some: it is left out, and said."""
    number, other = both.seal(2)
    both.ticket("T-1", number, "agent")

    def forge(connection: Connection) -> None:
        row = {"waybill": number, "at": NOON - HOUR, "kind": "arrive", "outlet": "elsewhere", "mark": None}
        connection.execute(t.scans.insert(), row)
        connection.execute(t.tickets.update().values(actor="courier-3"))
        connection.execute(t.actors.update().where(t.actors.c.actor == "courier-3").values(outlet="deliver-here"))
        connection.execute(t.waybills.update().where(t.waybills.c.waybill == other).values(origin_outlet="elsewhere"))

    both.main.write(forge)
    done = projected(both, tmp_path)
    assert done.unmarked == 4
    assert dict(done.work) == {"actors": 5, "waybills": 1, "scans": 2, "assignments": 1}
    with open_ledger(ledger) as snapshot:
        assert "courier-3" not in {row["actor"] for row in plain(snapshot.actors())}
        assert [row["outlet"] for row in rows(snapshot, "scans", [number])] == ["deliver-here"]


def test_a_ledger_s_own_routes_stay(small: World, tmp_path: Path, ledger: Path) -> None:
    """Whoever ingests `waybills` knows more of them: the customer, the interface."""
    (number,) = small.seal(1)
    own = {"waybill": number, "issued_at": time_at(NOON), "channel": "eos-api", "origin_outlet": "collect-here",
           "destination_outlet": "deliver-here", "customer": "shop-7"}  # fmt: skip
    write(tmp_path / "own", "waybills", [own])
    ledgers.ingest(store.open_source(tmp_path / "own"), ledger)
    assert "waybills" not in projected(small, tmp_path).work
    with open_ledger(ledger) as snapshot:
        assert rows(snapshot, "waybills", [number])[0]["customer"] == "shop-7"


def test_times_that_a_ledger_does_not_take(small: World, tmp_path: Path, ledger: Path) -> None:
    """What lies before 1990 or what was purged is left out each time, instead of rejected; no end is no end."""
    small.put(person("courier-4", "courier", "deliver-here", valid_to=250_000_000_000 * 60_000))
    (number,) = small.seal(1)
    old = [Scan(waybill=number, at=time_at(day * DAY), kind=ScanKind.PICKUP, outlet="x") for day in (5, 18_000)]
    small.vault.scans(small.caller("scans", "feed"), old, now=small.now)
    assert projected(small, tmp_path).work["scans"] == 2
    order = PurgeOrder(who="w", why="y", at=time_at(NOON), before="2026-01-01", below_minimum=True)
    purge(ledger, order)
    projected(small, tmp_path)
    assert projected(small, tmp_path).work == {}
    with open_ledger(ledger) as snapshot:
        assert not [entry.name for entry in snapshot.manifest.sources if entry.rejected]
        people = {row["actor"]: row for row in plain(snapshot.actors())}
        assert people["courier-4"]["valid_to"] is None
        assert people["courier-4"]["role"] == "courier"


def test_where_somebody_worked_before_is_known(small: World, tmp_path: Path, ledger: Path) -> None:
    """So that who moves isn't suspected of all that was read at the outlet before."""
    projected(small, tmp_path)
    moves = [("next", NOON + DAY), ("next", NOON + 2 * DAY), (None, NOON + 3 * DAY), ("third", NOON + 4 * DAY)]
    for outlet, small.now in moves:
        small.put(person("courier-1", "courier", outlet))
        if outlet == "next":
            projected(small, tmp_path)
    projected(small, tmp_path)
    with open_ledger(ledger) as snapshot:
        mine = [row for row in plain(snapshot.assignments()) if row["actor"] == "courier-1"]
    assert [(row["scope"], row["value"], row["to"]) for row in mine] == [
        ("outlet", "deliver-here", NOON + DAY),
        ("outlet", "next", NOON + 3 * DAY),
    ]
    anew = project(small.main, small.vault.marks, tmp_path / "work", tmp_path / "M")
    assert anew.work["assignments"] == 2


def test_no_personal_data_is_projected(small: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what is sealed nor why somebody asked, in no column of no file that is written."""
    kept: dict[str, list[str]] = {}

    def ingest(source: Any, _ledger: Path, **_more: object) -> None:
        for file in source.files:
            kept.setdefault(file.table, []).append(repr(pq.read_table(file.path).to_pylist()))

    number = small.seal(3)[0]
    small.ticket("T-1", number, "agent")
    small.shown("courier-1", number)
    small.shown("agent", number, "contact")
    monkeypatch.setattr("wayseal.vault.log.projection.ingest", ingest)
    projected(small, tmp_path)
    assert set(kept) == {"accesses", "actors", "assignments", "waybills", "scans", "tickets"}
    everything = "".join(text for texts in kept.values() for text in texts)
    assert number in everything
    assert not [text for text in (*SECRETS.values(), "今日派送") if text in everything]


# --- the nightly pair


WIDE = 'principal == Role::"customer_service" ||\n  resource.custody.containsAny(context.relation) ||'
"""What lets customer service read whatever it likes: a login with wide rights, as couriers have them."""
DAYS, AGENTS, COURIERS = 8, 10, 4


def wide_policy(world: World) -> None:
    purposes, rules = default_texts()
    rules = rules.replace("resource.custody.containsAny(context.relation) ||", WIDE, 1)
    rules = rules.replace("(resource.ticket && context.ticket)\n};\n\n// Rec", "true\n};\n\n// Rec")
    purposes = purposes.replace("base = 5, per = { arrivals = 1.0, tickets = 2.0 }", "base = 150, per = {}")
    world.vault.activate_policy(OPERATOR, purposes, rules, now=world.now)


@pytest.fixture
def nights(small: World, tmp_path: Path) -> World:
    """Eight days: couriers deliver, agents answer tickets, one agent pulls beside it; each night is projected."""
    wide_policy(small)
    small.put(*(person(f"agent-{n}", "customer_service") for n in range(AGENTS)))
    small.put(*(person(f"rider-{n}", "courier", f"outlet-{n % 2}") for n in range(COURIERS)))
    for day in range(DAYS):
        small.now = NOON + day * DAY
        if day == DAYS // 2:
            small.put(person("rider-0", "courier", "outlet-1"))
        work(small, day)
        projected(small, tmp_path)
    return small


def work(world: World, day: int) -> None:
    """One day."""
    for n in range(COURIERS):
        outlet = "outlet-1" if n == 0 and day >= DAYS // 2 else f"outlet-{n % 2}"
        shown(world, f"rider-{n}", world.seal(6, at=outlet), "deliver")
    for n in range(AGENTS):
        numbers = world.seal(4, at="elsewhere")
        tickets = [
            Ticket(ticket=f"T-{day}-{n}-{k}", waybill=number, actor=f"agent-{n}", opened_at=time_at(world.now))
            for k, number in enumerate(numbers)
        ]
        world.vault.tickets(world.caller("tickets", "feed"), tickets, now=world.now)
        shown(world, f"agent-{n}", numbers, "contact")
    own = world.seal(5, at="elsewhere")
    shown(world, "platform", own, "own_shipment", client="shop")
    if day >= 2:
        # From everywhere: what is pulled from one outlet looks like help there.
        for k in range(10):
            shown(world, "agent-3", world.seal(2, at=f"far-{k}"), "contact")


def shown(world: World, actor: str, numbers: list[str], purpose: str, client: str = "app") -> None:
    asks = [Ask(waybill=n, purpose=purpose, reason="x") for n in numbers]
    answers = world.vault.disclose(world.caller(actor, client), asks, now=world.now)
    assert all(isinstance(answer, Disclosed) for answer in answers), answers[0]


def looked(ledger: Path) -> DetectResult:
    with open_ledger(ledger) as snapshot:
        return detect(snapshot, Options())


def test_the_nightly_pair_names_who_pulls_and_no_honest_work(nights: World, ledger: Path) -> None:
    found = looked(ledger)
    assert [case.actors for case in found.cases] == [("agent-3",)]
    first = found.first_reads
    assert first.unknown == 0, "some table knows every parcel"
    assert first.unexplained == 20 * (DAYS - 2), "what was pulled; nothing else"
    assert found.cases[0].reads == first.unexplained
