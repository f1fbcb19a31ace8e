"""The scope against plain counting, and what it says where tables are missing."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.trace.rim import START, World, number
from tests.trace.scope.world import CITIES, PARCELS, scoped, snapshot_of, world
from wayseal.ledger import Snapshot
from wayseal.model.kinds import SourceKind
from wayseal.model.period import PeriodError
from wayseal.model.times import micros_of, stamp
from wayseal.trace.scope import Period, ScopeError, parse_period

CHINA = timedelta(hours=8)
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def made() -> World:
    return world()


@pytest.fixture(scope="module")
def snapshot(made: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with snapshot_of(made, tmp_path_factory.mktemp("scope")) as opened:
        yield opened


def by_waybill(made: World, actor: str, period: Period | None = None) -> dict[str, Rows]:
    period = period or Period()
    out: dict[str, Rows] = defaultdict(list)
    for row in made.tables["accesses"]:
        us = round(row["at"].timestamp() * 1_000_000)
        if row["actor"] == actor and period.since <= us < period.until:
            out[row["waybill"]].append(row)
    return out


def place_of(waybill: str) -> int:
    return int(waybill[2:]) - 2_000_000


def city(place: int) -> str:
    return list(CITIES.values())[place % 3][0]


@pytest.mark.parametrize(("start", "end"), [(None, None), ("2026-03-03", "2026-03-03"), ("2026-03-02T20:00Z", None)])
def test_an_account_against_plain_counting(made: World, snapshot: Snapshot, start: str | None, end: str | None) -> None:
    """Obligation 1."""
    period = parse_period(start, end)
    plain = by_waybill(made, "u-a", period)
    result, (head, *rows) = scoped(snapshot, "u-a", period=period)
    reads = [row for rows_of in plain.values() for row in rows_of]
    assert (result.kind, result.waybills, result.reads) == (SourceKind.ACTOR, len(plain), len(reads))
    assert head == ["waybill", "first time", "last time", "reads", "fields", "origin", "destination", "basis"]
    assert sorted(row[0] for row in rows) == sorted(plain)
    for waybill, first, last, count, fields, origin, destination, by in rows:
        assert by == "log"
        mine, place = plain[waybill], place_of(waybill)
        times = [stamp(micros_of(f(r["at"] for r in mine))) for f in (min, max)]
        assert [first, last, int(count)] == [*times, len(mine)]
        assert fields == ";".join(sorted({f for r in mine for f in r.get("fields", [])}))
        assert (origin, destination) == (city(place), city(place + 1))
    days: dict[int, set[str]] = defaultdict(set)
    for row in reads:
        days[((row["at"] + CHINA).date() - date(1970, 1, 1)).days].add(row["waybill"])
    assert {day: n for day, n, _ in result.days if n} == {day: len(w) for day, w in days.items()}
    assert sum(m for _, _, m in result.days) == len(reads) == sum(result.hours)
    hours = Counter((row["at"] + CHINA).hour for row in reads)
    assert list(result.hours) == [hours[h] for h in range(24)]
    routes = Counter((city(place_of(w)), city(place_of(w) + 1)) for w in plain)
    assert {(r.origin, r.destination): r.waybills for r in result.routes} == dict(routes)
    said = Counter(f for rs in plain.values() for f in {f for r in rs for f in r.get("fields", [])})
    assert {c.name: c.waybills for c in result.fields} == dict(said)
    assert result.unsaid == sum("fields" not in r for r in reads)
    assert [(c.name, c.waybills, c.reads) for c in result.vias] == [("web", len(plain), len(reads))]
    assert [(c.name, c.waybills, c.reads) for c in result.actions] == [("view", len(plain), len(reads))]


def test_a_session_is_what_its_account_read_in_it(made: World, snapshot: Snapshot) -> None:
    account, _ = scoped(snapshot, "u-a")
    session, rows = scoped(snapshot, "s-1")
    assert session.kind is SourceKind.SESSION
    assert (session.waybills, session.reads, session.work) == (account.waybills, account.reads, account.work)
    assert len(rows) == session.waybills + 1


def test_a_device_is_what_was_read_on_it(snapshot: Snapshot) -> None:
    account, _ = scoped(snapshot, "u-a")
    device, rows = scoped(snapshot, "d-1")
    assert device.kind is SourceKind.DEVICE
    assert (device.waybills, device.reads) == (account.waybills, account.reads)
    assert device.work.reason == "no_reads"  # a device has no work; its accounts do
    assert len(rows) == device.waybills + 1


def test_an_interface_had_what_it_issued(snapshot: Snapshot) -> None:
    result, (_, *rows) = scoped(snapshot, "c-1")
    assert (result.kind, result.waybills, result.reads) == (SourceKind.CHANNEL, PARCELS // 2, 0)
    assert sorted(r[0] for r in rows) == sorted(number(n) for n in range(1, PARCELS, 2))
    assert all(first == last and reads == "" for _, first, last, reads, *_ in rows)
    assert result.work.reason == "no_reads"
    assert result.fields == result.actions == ()


def test_an_outlet_had_the_parcels_that_stayed_there(snapshot: Snapshot) -> None:
    """Stays are those of `custody`: at the origin until the arrival elsewhere, then until delivery."""
    result, (_, *rows) = scoped(snapshot, "o-a")
    here = [n for n in range(PARCELS) if n % 3 in (0, 2)]
    assert (result.kind, result.waybills) == (SourceKind.OUTLET, len(here))
    spans = {row[0]: row[1:3] for row in rows}
    for n in here:
        hours = (n + 1, n + 10) if n % 3 == 0 else (n + 10, n + 20)
        assert spans[number(n)] == [stamp(micros_of(START + timedelta(hours=h))) for h in hours]


def test_a_stay_counts_if_any_of_it_falls_into_the_period(snapshot: Snapshot) -> None:
    hour = 3_600_000_000
    start = round(START.timestamp() * 1_000_000)
    for low, high, inside in ((5, 6, True), (10, 11, False), (0, 1, False), (0, 2, True)):
        _, rows = scoped(snapshot, "o-a", period=Period(since=start + low * hour, until=start + high * hour))
        assert (number(0) in {r[0] for r in rows}) is inside, (low, high)


def test_a_region_is_its_outlets_together(snapshot: Snapshot) -> None:
    result, rows = scoped(snapshot, "浙江")
    assert result.kind is SourceKind.REGION
    assert result.waybills == len(rows) - 1 == PARCELS
    assert {(r.name, r.sent, r.received) for r in result.regions} == {("浙江", 40, 40), ("上海", 20, 20)}


def test_work_explains_what_touched_the_accounts_outlet(snapshot: Snapshot, made: World) -> None:
    result, _ = scoped(snapshot, "u-a")
    plain = by_waybill(made, "u-a")
    away = [w for w in plain if place_of(w) % 3 == 1]
    assert result.work.checked == len(plain)
    assert result.work.unexplained == len(away)
    assert result.work.passed == len(plain) - len(away)
    assert result.role == "clerk"
    assert result.outlet == "o-a"


def test_tickets_and_assignments_explain_too(tmp_path: Path) -> None:
    made = world()
    away = [w for w in by_waybill(made, "u-a") if place_of(w) % 3 == 1]
    made.add("tickets", ticket="t", waybill=away[0], opened_at=START, actor="u-a")
    made.add("tickets", ticket="u", waybill=away[1], opened_at=START, actor="u-b")
    made.add("assignments", actor="u-a", scope="channel", value="c-1", **{"from": START})
    made.add("assignments", actor="u-b", scope="outlet", value="o-b", **{"from": START})
    with snapshot_of(made, tmp_path) as snapshot:
        work = scoped(snapshot, "u-a")[0].work
        other = scoped(snapshot, "u-b")[0].work
    odd = [w for w in away[1:] if place_of(w) % 2]
    assert (work.ticket, work.assigned, work.unexplained) == (1, len(odd), len(away) - 1 - len(odd))
    assert (other.reason, other.passed) == ("", 40)


@pytest.mark.parametrize(
    ("scope", "value", "left"),
    [
        ("outlet", "o-b", 0),
        ("city", "上海", 0),
        ("region", "上海", 0),
        ("city", "杭州", None),
        ("customer", "none", None),
    ],
)
def test_an_assignment_to_a_place_is_work_there(tmp_path: Path, scope: str, value: str, left: int | None) -> None:
    made = world()
    made.add("assignments", actor="u-a", scope=scope, value=value, **{"from": START})
    with snapshot_of(made, tmp_path) as snapshot:
        work = scoped(snapshot, "u-a")[0].work
    away = [w for w in by_waybill(made, "u-a") if place_of(w) % 3 == 1]
    assert work.unexplained == (len(away) if left is None else left)


def test_an_account_without_any_work_in_the_tables_is_not_judged(tmp_path: Path) -> None:
    made = world()
    made.actor("u-b", None)
    made.add("outlets", outlet="hq", kind="head_office", city="杭州", region="浙江")
    made.actor("u-c", "hq")
    made.read(3, "u-c", number(1))
    with snapshot_of(made, tmp_path) as snapshot:
        assert scoped(snapshot, "u-b")[0].work.reason == "no_place"
        assert scoped(snapshot, "u-c")[0].work.reason == "no_place"


def test_without_tables_the_scope_says_what_is_unknown(tmp_path: Path) -> None:
    """Obligation 2: an old ledger that holds reads alone."""
    made = world(tables=frozenset())
    with snapshot_of(made, tmp_path) as snapshot:
        result, (_, *rows) = scoped(snapshot, "u-a")
    assert result.waybills == len(by_waybill(made, "u-a")) == len(rows)
    assert {(r.origin, r.destination) for r in result.routes} == {(None, None)}
    assert {"waybills", "outlets", "scans", "actors"} <= set(result.missing)
    assert result.work.reason == "no_actor"
    assert all(row[5:] == ["", "", "log"] for row in rows)


def test_without_scans_an_outlet_had_what_came_from_it(tmp_path: Path) -> None:
    with snapshot_of(world(tables=frozenset({"waybills", "outlets"})), tmp_path) as snapshot:
        result, rows = scoped(snapshot, "o-a")
    assert sorted(r[0] for r in rows[1:]) == sorted(number(n) for n in range(0, PARCELS, 3))
    assert result.waybills == 20


def test_a_waybill_without_a_route_is_not_checked(tmp_path: Path) -> None:
    made = world()
    made.read(9, "u-a", "YT9999999")
    with snapshot_of(made, tmp_path) as snapshot:
        work = scoped(snapshot, "u-a")[0].work
    assert work.unknown == 1


def test_a_period_without_reads(snapshot: Snapshot) -> None:
    result, rows = scoped(snapshot, "u-a", period=parse_period("2025-01-01", "2025-01-02"))
    assert (result.waybills, result.reads, result.first, result.days, len(rows)) == (0, 0, None, (), 1)


def test_the_same_question_gives_the_same_bytes(snapshot: Snapshot) -> None:
    """Obligation 5."""
    assert scoped(snapshot, "u-a") == scoped(snapshot, "u-a")


def test_an_id_of_several_kinds_must_say_which(tmp_path: Path) -> None:
    made = world()
    made.read(3, "c-1", number(1))
    with snapshot_of(made, tmp_path) as snapshot:
        with pytest.raises(ScopeError, match=r"--kind: actor, channel$"):
            scoped(snapshot, "c-1")
        assert scoped(snapshot, "c-1", SourceKind.ACTOR)[0].waybills == 1
        assert scoped(snapshot, "c-1", SourceKind.CHANNEL)[0].waybills == PARCELS // 2


@pytest.mark.parametrize(
    ("text", "kind", "hint"),
    [
        ("U-A", None, "an account with a similar id"),
        ("u-ab", None, "2 accounts with a similar id"),
        ("O-A", None, "outlet o-a"),
        ("nobody", None, "no source of this id$"),
        ("", None, "no source of this id$"),
        ("u-a", SourceKind.SESSION, "no session of this id"),
        ("浙 江", None, "region 浙江"),
    ],
)
def test_an_unknown_id_is_refused_without_naming_people(
    snapshot: Snapshot, text: str, kind: SourceKind | None, hint: str
) -> None:
    with pytest.raises(ScopeError, match=hint) as caught:
        scoped(snapshot, text, kind)
    said = str(caught.value)
    assert "u-a" not in said
    assert "u-b" not in said
    assert "s-1" not in said


def test_an_account_that_never_read_is_known(tmp_path: Path) -> None:
    made = world()
    made.actor("u-z", "o-b")
    with snapshot_of(made, tmp_path) as snapshot:
        assert scoped(snapshot, "u-z")[0].waybills == 0


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-13-01", None), (None, "soon"), ("2026-03-02T25:00", None), ("", None), ("9999-12-31", "9999-12-31")],
)
def test_times_that_cannot_be_read(start: str | None, end: str | None) -> None:
    with pytest.raises(PeriodError, match=r"--(from|to) is neither"):
        parse_period(start, end)


@pytest.mark.parametrize(("start", "end"), [("2026-03-03", "2026-03-02"), ("2026-03-02T08:00", "2026-03-02T08:00")])
def test_an_empty_period_is_refused(start: str, end: str) -> None:
    with pytest.raises(PeriodError, match="empty"):
        parse_period(start, end)


def test_days_are_those_of_china() -> None:
    whole = parse_period("2026-03-02", "2026-03-02")
    assert whole.until - whole.since == 86_400_000_000
    assert whole == parse_period("2026-03-02T00:00", "2026-03-03T00:00+08:00")
    assert whole == parse_period("2026-03-01T16:00:00Z", "2026-03-02T16:00:00Z")


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_a_period(text: str) -> None:
    with suppress(PeriodError):
        assert parse_period(text, None).since < parse_period(text, None).until


@examples(10)
@given(st.integers(0, 1000))
def test_parts_of_a_period_add_up(seed: int) -> None:
    """Reads are split by a cut; waybills are at most their sum and at least the larger part."""
    with TemporaryDirectory() as folder, snapshot_of(world(seed=seed), Path(folder)) as snapshot:
        cut = round((START + timedelta(hours=seed % 60)).timestamp() * 1_000_000)
        before, _ = scoped(snapshot, "u-a", period=Period(until=cut))
        after, _ = scoped(snapshot, "u-a", period=Period(since=cut))
        whole, _ = scoped(snapshot, "u-a")
    assert before.reads + after.reads == whole.reads
    assert max(before.waybills, after.waybills) <= whole.waybills <= before.waybills + after.waybills


def test_more_fields_than_bits_are_put_together(tmp_path: Path) -> None:
    made = World()
    for n in range(70):
        made.read(n, "u-a", number(n), fields=[f"f-{n:02d}", "name"])
    with snapshot_of(made, tmp_path) as snapshot:
        result, rows = scoped(snapshot, "u-a")
    assert len(result.fields) == 64
    assert result.fields[0].name == "name"
    assert "…" in {c.name for c in result.fields}
    assert sum(row[4].endswith("…") or "…" in row[4] for row in rows[1:]) == 70 - 62
