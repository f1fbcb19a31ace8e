"""Reads against a contract, on ledgers whose breaches can be counted by hand."""

import random
from collections import Counter
from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detect.partners.world import (
    CONTRACT,
    actor,
    at,
    breach,
    call,
    checked,
    kinds,
    only,
    read,
    us,
    waybill,
)
from tests.effort import examples
from wayseal.detect.partners import Kind, breaches_of
from wayseal.detect.partners._judge import Networks, as_address
from wayseal.detect.partners._result import NamedCount, PartnersResult, Place
from wayseal.model.period import Period, parse_period

DAY = (date(2026, 3, 2) - date(1970, 1, 1)).days


def said(result: PartnersResult, kind: Kind) -> dict[str, int]:
    return {c.name: c.reads for c in breach(result, kind).what}


def unjudged(result: PartnersResult) -> dict[str, tuple[int, int]]:
    return {u.code: (u.reads, u.of) for u in only(result).unjudged}


def test_a_contract_that_is_kept(tmp_path: Path) -> None:
    more: dict[str, Any] = {"ip": "203.0.113.5", "fields": ["status"], "action": "api", "purpose": "tracking"}
    result = checked(
        tmp_path,
        {"accesses": [read(at(n), n, **more) for n in range(5)], "waybills": [waybill(n) for n in range(5)]},
        CONTRACT + 'fields = "status"\nactions = "api"\npurposes = "tracking"\naddresses = "203.0.113.0/24"\n'
        'hours = "08:00-20:00"\nvalid_from = 2026-03-02\nvalid_to = 2026-03-02\nproducts.channels = "app"\n'
        "volume.calls_per_day = 5\nvolume.calls_per_hour = 1\nvolume.waybills_per_day = 5",
    )
    check = only(result)
    assert (check.breaches, check.unjudged, check.reads, check.waybills) == ((), (), 5, 5)
    assert check.silent == ("products.customers", "products.goods_classes")
    assert (check.first, check.last) == (us(at(0)), us(at(4)))
    assert breaches_of(result) == {}


def test_fields_by_purpose(tmp_path: Path) -> None:
    """Obligation 4: fields for any purpose, and those for its own."""
    rows = [
        read(at(0), 0, purpose="tracking", fields=["status"]),
        read(at(1), 1, purpose="tracking", fields=["status", "phone", "name"]),
        read(at(2), 2, purpose="returns", fields=["phone", "status"]),
        read(at(3), 3, fields=["phone", "name"]),
        read(at(4), 4, purpose="tracking", fields=["phone"]),
        read(at(5), 5, purpose="tracking"),
    ]
    result = checked(
        tmp_path, {"accesses": rows}, CONTRACT + 'fields = "status"\nfields_by_purpose.returns = ["phone"]'
    )
    found = breach(result, Kind.FIELD)
    assert said(result, Kind.FIELD) == {"name": 2, "phone": 2}
    assert (found.reads, found.waybills, found.days, found.worst.value) == (3, 3, 1, 3)
    assert (found.first, found.last) == (us(at(1)), us(at(4)))
    assert found.agreed == ("status", "phone (returns)")
    assert [(e.waybill, e.at, e.actor) for e in found.examples] == [
        (f"YT{2_000_000 + n}", us(at(n)), "p-a") for n in (1, 3, 4)
    ]
    assert unjudged(result) == {"no_fields": (1, 6)}


def test_purposes_and_actions(tmp_path: Path) -> None:
    rows = [
        read(at(0), 0, purpose="tracking", action="api"),
        read(at(1), 1, purpose="sale", action="export"),
        read(at(2), 2, purpose="sale", action="view"),
        read(at(3), 2),
    ]
    result = checked(tmp_path, {"accesses": rows}, CONTRACT + 'purposes = "tracking"\nactions = ["api", "view"]')
    assert said(result, Kind.PURPOSE) == {"sale": 2}
    assert said(result, Kind.ACTION) == {"export": 1}
    assert breach(result, Kind.ACTION).agreed == ("api", "view")
    assert unjudged(result) == {"no_purpose": (1, 4), "no_action": (1, 4)}


@pytest.mark.parametrize(
    ("hours", "inside"),
    [
        ('"06:00-23:00"', {*range(6, 23)}),
        ('["22:00-02:00", "12:00-13:00"]', {22, 23, 0, 1, 12}),
        ('"00:00-24:00"', {*range(24)}),
    ],
)
def test_hours_are_local(tmp_path: Path, hours: str, inside: set[int]) -> None:
    """Obligation 5: China's unless the contract says otherwise; the end is not included."""
    rows = [read(at(n), n) for n in range(24)]
    for offset, minutes in (("+08:00", 480), ("-03:30", -210)):
        local = [(n * 60 + minutes) // 60 % 24 for n in range(24)]
        wrong = Counter(f"{hour:02d}:00" for hour in local if hour not in inside)
        text = CONTRACT + f'hours = {hours}\noffset = "{offset}"'
        result = checked(tmp_path / str(minutes), {"accesses": rows}, text)
        assert (said(result, Kind.HOURS) if wrong else {}) == wrong
        assert kinds(result) == (["hours"] if wrong else [])


def test_addresses_of_both_kinds(tmp_path: Path) -> None:
    ips = {
        "203.0.113.9": True, "::ffff:203.0.113.9": True, "198.51.100.7": True, "2001:DB8::1": True,
        "198.51.100.8": False, "2001:db9::1": False, "203.0.114.1": False,
    }  # fmt: skip
    rows = [read(at(0, n), n, ip=ip) for n, ip in enumerate([*ips, "gateway:80"])] + [read(at(1), 99)]
    ips["192.0.2.1"] = True
    rows.append(read(at(2), 100, ip="192.0.2.1"))
    text = CONTRACT + 'addresses = ["203.0.113.0/24", "198.51.100.7", "2001:db8::/32", "::ffff:192.0.2.0/120"]'
    result = checked(tmp_path, {"accesses": rows}, text)
    assert said(result, Kind.ADDRESS) == {ip: 1 for ip, ours in ips.items() if not ours}
    assert breach(result, Kind.ADDRESS).agreed == (
        "198.51.100.7/32",
        "2001:db8::/32",
        "203.0.113.0/24",
        str(ip_network("::ffff:192.0.2.0/120")),  # spelled with c000:200 before Python 3.13
    )
    assert unjudged(result) == {"no_address": (1, 10), "odd_address": (1, 10)}


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_of_an_address(text: str) -> None:
    as_address(text)


@given(
    st.lists(st.one_of(st.ip_addresses(v=4, network="10.0.0.0/24"), st.ip_addresses(v=6, network="2001:db8::/120"))),
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 8), st.booleans()), max_size=6),
)
def test_networks_against_plain_looking(addresses: list[Any], some: list[tuple[int, int, bool]]) -> None:
    networks = [
        ip_network(f"2001:db8::{n:x}/{120 + bits}" if six else f"10.0.0.{n}/{24 + bits}", strict=False)
        for n, bits, six in some
    ]
    made = Networks(networks)
    assert [a in made for a in addresses] == [any(a in n for n in networks) for a in addresses]


def test_products(tmp_path: Path) -> None:
    """Obligation 3: a waybill that is not described, or without a customer, is not judged."""
    rows = [read(at(0, n), n) for n in range(6)]
    waybills = [
        waybill(0, channel="app", customer="c-1", goods_class="shoes"),
        waybill(1, channel="web", customer="c-2", goods_class="gold"),
        waybill(2, channel="app", customer="c-1", goods_class="gold"),
        waybill(3, channel="counter"),
        waybill(5, channel="app", customer="c-2"),
    ]
    text = CONTRACT + '[products]\nchannels = ["app", "web"]\ncustomers = "c-1"\ngoods_classes = "shoes"'
    result = checked(tmp_path, {"accesses": rows, "waybills": waybills}, text)
    assert said(result, Kind.CHANNEL) == {"counter": 1}
    assert said(result, Kind.CUSTOMER) == {"c-2": 2}
    assert said(result, Kind.GOODS_CLASS) == {"gold": 2}
    assert unjudged(result) == {"unknown_waybill": (1, 6), "no_customer": (1, 6), "no_goods_class": (2, 6)}


def test_one_kind_of_product_of_waybills_that_nobody_knows(tmp_path: Path) -> None:
    tables = {"accesses": [read(at(0), 0)], "waybills": [waybill(7)]}
    result = checked(tmp_path, tables, CONTRACT + 'products.customers = "c"')
    assert (kinds(result), unjudged(result)) == ([], {"unknown_waybill": (1, 1)})


def test_products_without_waybills(tmp_path: Path) -> None:
    result = checked(tmp_path, {"accesses": [read(at(0), 0)]}, CONTRACT + 'products.channels = "app"')
    assert (kinds(result), unjudged(result)) == ([], {"no_waybills": (1, 1)})


def test_reads_outside_the_contracts_time_break_nothing_else(tmp_path: Path) -> None:
    """Obligation 2."""
    rows = [read(at(24 * day), day, action="export") for day in range(5)]
    text = CONTRACT + "valid_from = 2026-03-03\nvalid_to = 2026-03-05\nactions = 'api'\nvolume.calls_per_day = 1"
    result = checked(tmp_path, {"accesses": rows}, text)
    assert kinds(result) == ["action", "before_start", "after_end"]
    before, after = breach(result, Kind.BEFORE_START), breach(result, Kind.AFTER_END)
    assert (before.reads, before.last, before.agreed) == (1, us(at(0)), ("2026-03-02T16:00:00Z",))
    assert (after.reads, after.first, after.agreed) == (1, us(at(96)), ("2026-03-05T16:00:00Z",))
    assert breach(result, Kind.ACTION).reads == 3


def test_volumes(tmp_path: Path) -> None:
    """Of a day in waybills and calls, of an hour in calls; the actor that read most bears it."""
    rows = [read(at(0, n), n % 4) for n in range(8)]
    rows += [read(at(1, n), n, "p-b") for n in range(10)]
    rows += [read(at(24, n), n) for n in range(3)]
    text = CONTRACT.replace('"p-a"', '"p-a", "p-b"')
    text += "volume.calls_per_day = 12\nvolume.waybills_per_day = 9\nvolume.calls_per_hour = 9"
    result = checked(tmp_path, {"accesses": rows}, text)
    assert kinds(result) == ["calls_per_day", "waybills_per_day", "calls_per_hour"]
    calls, waybills = breach(result, Kind.CALLS_PER_DAY), breach(result, Kind.WAYBILLS_PER_DAY)
    hour = breach(result, Kind.CALLS_PER_HOUR)
    midnight = us(at(-8))
    assert (calls.reads, calls.waybills, calls.days, calls.agreed) == (6, None, 1, ("12",))
    assert (calls.worst.at, calls.worst.value, calls.worst.agreed) == (midnight, 18, 12)
    assert calls.what == (NamedCount(name="2026-03-02", reads=18),)
    assert (waybills.reads, waybills.worst.value) == (1, 10)
    assert (hour.reads, hour.worst.at, hour.what) == (1, us(at(1)), (NamedCount(name="2026-03-02 09:00", reads=10),))
    assert {e.actor for e in hour.examples} == {"p-b"}
    assert len(calls.examples) == 3
    assert breaches_of(result) == {
        "p-b": [(DAY, Kind.CALLS_PER_DAY, 6), (DAY, Kind.CALLS_PER_HOUR, 1), (DAY, Kind.WAYBILLS_PER_DAY, 1)]
    }


def test_days_are_those_of_the_contract(tmp_path: Path) -> None:
    rows = [read(at(hours), n) for n, hours in enumerate((15.9, 16.1))]
    for offset, over in (("+08:00", False), ("Z", True)):
        text = CONTRACT + f'volume.calls_per_day = 1\noffset = "{offset}"'
        assert bool(only(checked(tmp_path / offset[:1], {"accesses": rows}, text)).breaches) is over


def test_partners_without_a_contract(tmp_path: Path) -> None:
    rows = [read(at(n), n, name) for n, name in enumerate(["p-a", "p-x", "p-x", "u-1"])]
    actors = [actor("p-a"), actor("p-x"), actor("p-idle"), actor("u-1", "person")]
    result = checked(tmp_path, {"accesses": rows, "actors": actors}, CONTRACT)
    assert [(p.partner, p.contract, p.actors) for p in result.partners] == [
        ("p-x", "", ("p-x",)),
        ("Platform A", "a.toml", ("p-a",)),
    ]
    found = breach(result, Kind.NO_CONTRACT, "p-x")
    assert (found.reads, found.waybills, found.what, found.agreed) == (2, 2, (), ())
    assert breaches_of(result) == {"p-x": [(DAY, Kind.NO_CONTRACT, 2)]}


def test_ids_that_do_not_fit_are_told_with_the_nearest(tmp_path: Path) -> None:
    names = ["svc-shop-track-2", *3 * ["P-Shop-Order"], "own"]
    tables = {
        "accesses": [read(at(n), n, name) for n, name in enumerate(names)],
        "actors": [actor(name) for name in {*names, "p-idle"}],
        "partner_calls": [call(at(n), n, "p_shop_orders") for n in range(2)],
    }
    agreed = 'partner = "Shop"\nactors = ["p-shop-order", "svc-shop-track-1", "own"]'
    result = checked(tmp_path, tables, CONTRACT, agreed)
    assert [(m.id, m.place, m.count, m.nearest, m.contract) for m in result.misfits] == [
        ("P-Shop-Order", Place.ACCOUNT, 3, "p-shop-order", "b.toml"),
        ("svc-shop-track-2", Place.ACCOUNT, 1, "svc-shop-track-1", "b.toml"),
        ("p_shop_orders", Place.LOG, 2, "p-shop-order", "b.toml"),
        ("p-a", Place.CONTRACT, 0, "", "a.toml"),
        ("p-shop-order", Place.CONTRACT, 0, "P-Shop-Order", "b.toml"),
        ("svc-shop-track-1", Place.CONTRACT, 0, "svc-shop-track-2", "b.toml"),
    ]


def test_of_many_ids_the_first_are_compared(tmp_path: Path) -> None:
    names = [f"p-shop-{n:02d}" for n in range(25)]
    tables = {"accesses": [read(at(n), n, name) for n, name in enumerate(names)], "actors": list(map(actor, names))}
    result = checked(tmp_path, tables, 'partner = "Shop"\nactors = ["p-shop"]')
    assert [bool(m.nearest) for m in result.misfits] == [True] * 20 + [False] * 5 + [True]


def test_what_matters_comes_first(tmp_path: Path) -> None:
    """Largest breach of a contract, most reads without one, the rest as it stands."""
    reads = {"p-a": 2, "p-b": 9, "p-c": 1, "p-d": 5, "p-x": 1, "p-y": 7}
    rows = [
        read(at(0, n), n, name, action="export" if name != "p-c" else "api", ip="192.0.2.1" if name == "p-d" else None)
        for name, count in reads.items()
        for n in range(count)
    ]
    texts = [f'partner = "{name}"\nactors = "p-{name}"\nactions = "api"\n' for name in "abcd"]
    texts[3] += 'addresses = "203.0.113.0/24"\nhours = "09:00-10:00"\n[volume]\ncalls_per_day = 4\n'
    result = checked(tmp_path, {"accesses": rows, "actors": list(map(actor, reads))}, *texts)
    assert [p.partner for p in result.partners] == ["b", "d", "a", "p-y", "p-x", "c"]
    assert [(b.kind, b.reads) for b in only(result, "d").breaches] == [
        (Kind.ACTION, 5), (Kind.HOURS, 5), (Kind.ADDRESS, 5), (Kind.CALLS_PER_DAY, 1),
    ]  # fmt: skip


def test_remarks_about_accounts(tmp_path: Path) -> None:
    rows = [read(at(0), 0), read(at(0), 1, "u-1")]
    text = 'partner = "A"\nactors = ["p-a", "u-1", "p-typo", "p-more", "p-1", "p-2", "p-3", "p-4"]'
    actors = [actor("p-a"), actor("u-1", "person")]
    result = checked(tmp_path, {"accesses": rows, "actors": actors}, text)
    assert [(r.code, r.values["n"], r.values["actors"]) for r in result.remarks] == [
        ("other_kind", 1, "u-1"),
    ]
    assert [(m.id, m.place, m.contract) for m in result.misfits] == [
        (name, Place.CONTRACT, "a.toml") for name in ("p-1", "p-2", "p-3", "p-4", "p-more", "p-typo")
    ]
    assert only(result, "A").reads == 2


def test_a_ledger_without_actors_or_partners(tmp_path: Path) -> None:
    result = checked(tmp_path, {"accesses": [read(at(0), 0)]}, CONTRACT)
    assert [r.code for r in result.remarks] == ["no_actors"]
    bare = checked(tmp_path, {}, *())
    assert ([r.code for r in bare.remarks], bare.partners) == (["no_actors", "no_partners"], ())


def test_an_empty_ledger(tmp_path: Path) -> None:
    result = checked(tmp_path, {"accesses": []}, CONTRACT)
    assert (only(result).reads, only(result).breaches, only(result).calls) == (0, (), None)


def test_the_period_that_was_asked_for(tmp_path: Path) -> None:
    rows = [read(at(24 * day), day, action="export") for day in range(4)]
    period = parse_period("2026-03-03", "2026-03-04")
    result = checked(tmp_path, {"accesses": rows}, CONTRACT + 'actions = "api"', period=period)
    assert (only(result).reads, breach(result, Kind.ACTION).reads) == (2, 2)
    assert (result.since, result.until) == (period.since, period.until)
    none = checked(tmp_path, {}, CONTRACT, period=parse_period("2027-01-01", None))
    assert (only(none).reads, only(none).first, only(none).breaches) == (0, None, ())


def test_questions_are_not_judged(tmp_path: Path) -> None:
    queries = [{"request": f"q-{n}", "at": at(n), "actor": "p-a", "filter": "{}"} for n in range(3)]
    queries.append({"request": "q-x", "at": at(1), "actor": "p-x", "filter": "{}"})
    tables = {"accesses": [read(at(0), 0)], "queries": queries, "actors": [actor("p-a"), actor("p-x")]}
    result = checked(tmp_path, tables, CONTRACT, period=Period(since=us(at(0.5))))
    assert {p.partner: [(u.code, u.reads) for u in p.unjudged] for p in result.partners} == {
        "Platform A": [("queries", 2)],
        "p-x": [("queries", 1)],
    }


def test_hostile_names(tmp_path: Path) -> None:
    """Whatever the log says is a name and nothing else."""
    nasty = "<b>\u202e" + "x" * 300
    rows = [read(at(0), 0, purpose=nasty, ip=nasty, fields=[nasty, ""])]
    result = checked(tmp_path, {"accesses": rows}, CONTRACT + 'purposes = "p"\nfields = "f"\naddresses = "::1"')
    assert (said(result, Kind.PURPOSE), said(result, Kind.FIELD)) == ({nasty: 1}, {nasty: 1})
    assert unjudged(result) == {"odd_address": (1, 1)}


@examples(15)
@given(st.integers(0, 1 << 30))
def test_against_plain_counting(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Any log, in stretches of any length: what twenty plain lines count."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for _ in range(120):
        row = read(at(chance.uniform(0, 96)), chance.randrange(30), chance.choice(["p-a", "p-b", "u-1"]))
        for name, values in (
            ("fields", [["f"], ["f", "g"], ["g", "h"]]), ("purpose", ["x", "y"]), ("action", ["api", "view"]),
            ("ip", ["203.0.113.1", "198.51.100.1"]),
        ):  # fmt: skip
            if chance.random() < 0.8:
                row[name] = chance.choice(values)
        rows.append(row)
    text = 'partner = "Platform A"\nactors = ["p-a", "p-b"]\nfields = "f"\nfields_by_purpose.x = "g"\nactions = "api"\n'
    text += 'addresses = "203.0.113.0/24"\nhours = "06:00-22:00"\nvolume.waybills_per_day = 5\nvalid_to = 2026-03-04'
    mine = [r for r in rows if r["actor"] != "u-1"]
    live = [r for r in mine if r["at"] < at(64)]
    local = [(r, r["at"] + timedelta(hours=8)) for r in live]
    more = {"x": {"f", "g"}, "y": {"f"}, None: {"f", "g"}}
    plain = {
        "after_end": len(mine) - len(live),
        "field": sum(bool({*r.get("fields", ())} - more[r.get("purpose")]) for r in live),
        "action": sum(r.get("action") == "view" for r in live),
        "address": sum(r.get("ip") == "198.51.100.1" for r in live),
        "hours": sum(not 6 <= moment.hour < 22 for _, moment in local),
        "waybills_per_day": sum(
            max(0, n - 5) for n in Counter(d for _, d in {(r["waybill"], m.date()) for r, m in local}).values()
        ),
    }
    folder = tmp_path_factory.mktemp("plain")
    whole = checked(folder, {"accesses": rows}, text)
    assert {b.kind.value: b.reads for b in only(whole).breaches} == {k: n for k, n in plain.items() if n}
    assert only(whole).waybills == len({r["waybill"] for r in mine})
    assert checked(folder, {}, text, rows=1) == whole
    for found in only(whole).breaches:
        assert sum(n for _, _, n in found.by_day) == found.reads
        if found.waybills is not None:
            assert found.waybills <= found.reads
