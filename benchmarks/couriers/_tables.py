"""The contract's tables of a courier, with their gaps.

1. Only what `Gaps` says is lost: rows by chance, columns whole; a required column that is blank has one word for all.
2. A table that is absent is never made.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks.couriers._further_tables import changes, further_columns, partner_calls
from benchmarks.couriers._names import role_names
from benchmarks.couriers._outside import contracts
from benchmarks.couriers._plan import PEOPLE, Role
from benchmarks.couriers._world import PURPOSES, Draft
from wayseal_sim.text import coded, hexes, mix
from wayseal_sim.types import DAY, HOUR, MINUTE, Floats, Ints

Rng = np.random.Generator
BLANK = "-"
_TIME = pa.timestamp("us", tz="UTC")
_VIA = ("counter", "pda", "pda", "crm", "crm", "web", "web", "web", "web", "api", "api", "api")
_ACTIONS = {"intake": "print", "inquiry": "search", "order": "api", "push": "api", "sync": "api", "track": "api"}
_FIELDS = {
    "order": ["name", "phone", "address"], "intake": ["name", "address"], "collect": ["name", "phone", "address"],
    "delivery": ["name", "phone", "address"], "signed": ["name"], "inquiry": ["name", "phone", "status"],
    "claim": ["name", "phone", "address", "goods"], "sync": ["status", "weight"], "desk": ["name", "goods"],
}  # fmt: skip
_KINDS = ("person",) * PEOPLE + ("service", "partner", "device")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a courier's things are called: accounts, waybills, channels."""

    accounts: tuple[str, ...]
    waybills: pa.Array
    channels: tuple[str, ...]
    salt: int


def make_tables(draft: Draft, words: Words, rows: tuple[Ints, ...], rng: Rng) -> dict[str, pa.Table]:
    """All tables that exist. rows: the log in order of time (at, account, parcel, purpose, insider, hand)."""
    makers: dict[str, Callable[[], pa.Table]] = {
        "actors": lambda: _actors(draft, words, rng),
        "outlets": lambda: _outlets(draft, rng),
        "waybills": lambda: _waybills(draft, words, rng),
        "scans": lambda: _scans(draft, words, rng),
        "tickets": lambda: _tickets(draft, words),
        "assignments": lambda: _assignments(draft, words, rng),
        "accesses": lambda: _accesses(draft, words, rows),
    }
    gaps = draft.plan.gaps
    if draft.plan.work.redirect and not gaps.no_changes:
        makers["changes"] = lambda: changes(draft, words.waybills)
    if gaps.partner_logs:
        makers["partner_calls"] = lambda: partner_calls(draft, words.accounts, words.waybills, rows, rng)
    tables = {name: make() for name, make in makers.items() if name not in gaps.tables}
    for path in (*gaps.columns, *gaps.blank):
        name, column = path.split(".")
        if name in tables and column in tables[name].column_names:
            at = tables[name].column_names.index(column)
            tables[name] = tables[name].remove_column(at)
            if path in gaps.blank:
                tables[name] = tables[name].add_column(at, column, pa.array([BLANK] * len(tables[name]), pa.string()))
    return tables


def _text(values: list[str] | list[str | None]) -> pa.Array:
    return pa.array(values, pa.string())


def _actors(draft: Draft, words: Words, rng: Rng) -> pa.Table:
    s, places, gaps = draft.staff, draft.places, draft.plan.gaps
    home = s.home.copy()
    if gaps.knows == "new":
        for move in s.moves:
            if move.until == draft.span.days:
                home[move.account] = move.new
    n = len(s)
    bare = (s.role >= Role.SERVICE) & (s.role != Role.DEVICE) | (rng.random(n) < gaps.empty_outlet)
    bare |= np.isin(s.role, [int(role) for role in gaps.no_outlet])
    unknown = (s.region < 0) | (rng.random(n) < gaps.empty_region)
    kinds = [_KINDS[r] for r in s.role.tolist()]
    if gaps.wrong_kinds:
        wrong = rng.random(n) < 0.6
        kinds = ["person" if bad else kind for kind, bad in zip(kinds, wrong.tolist(), strict=True)]
    since = np.where(s.first > 0, draft.span.start + s.first * DAY, draft.span.start - rng.integers(30, 2_000, n) * DAY)
    until = draft.span.start + s.last * DAY
    table = pa.table(
        {
            "actor": _text(list(words.accounts)),
            "kind": _text(kinds),
            "role": _text(role_names(draft.plan.staffing.names, s, rng)),
            "outlet": coded(np.where(bare, -1, home), _text(list(places.ids))),
            "region": coded(np.where(unknown, -1, s.region), _text(list(places.region_names))),
            **({"rights": _rights(draft)} if draft.plan.staffing.rights != "none" else {}),
            "valid_from": pa.array(since, _TIME),
            "valid_to": pa.array(until, _TIME, mask=s.last >= draft.span.days),
        }
    )  # fmt: skip
    return table.filter(pa.array(rng.random(n) >= gaps.no_row))


def _rights(draft: Draft) -> pa.Array:
    """What each account may: head office, desks and systems everything, or everybody."""
    role, everyone = draft.staff.role, draft.plan.staffing.rights == "everyone"
    wide = np.isin(role, [int(r) for r in (Role.HEAD, Role.IT, Role.DESK, Role.SERVICE)]) | everyone
    known = pa.array([["waybill.view"], ["waybill.view", "waybill.all"]], pa.list_(pa.string()))
    return known.take(pa.array(wide.astype(np.int32)))


def _outlets(draft: Draft, rng: Rng) -> pa.Table:
    del rng
    places = draft.places
    return pa.table(
        {
            "outlet": _text(list(places.ids)),
            "kind": _text(list(places.kind)),
            "city": _text([places.city_names[c] for c in places.city.tolist()]),
            "region": _text([places.region_names[r] for r in places.region.tolist()]),
        }
    )


def customer_names(draft: Draft) -> pa.Array:
    """Names of all customers, by number."""
    return _text([f"c{k:06d}" for k in range(int(draft.parcels.customer.max()) + 4)])


def _waybills(draft: Draft, words: Words, rng: Rng) -> pa.Table:
    p, ids = draft.parcels, _text(list(draft.places.ids))
    end = draft.places.parent[draft.booked] if draft.plan.gaps.ends == "parent" else draft.booked
    table = pa.table(
        {
            "waybill": words.waybills,
            "issued_at": pa.array(p.issued, _TIME),
            "channel": coded(p.channel, _text(list(words.channels))),
            "origin_outlet": coded(p.origin, ids),
            "destination_outlet": coded(end, ids),
            "customer": coded(p.customer, customer_names(draft)),
            "weight_g": pa.array((rng.lognormal(6.6, 1.0, len(p))).astype(np.int64)),
            **further_columns(draft, words.salt),
        }
    )
    return table.filter(pa.array(rng.random(len(p)) >= draft.plan.gaps.missing_waybills))


def late(draft: Draft, at: Ints) -> Ints:
    """Times as logged: what fell into an outage comes after it, all within some hours."""
    if draft.outage is None:
        return at
    begin, end = draft.outage
    out: Ints = np.where((at >= begin) & (at < end), end + (at - begin) * 3 // 10, at)
    return out


def _steps(draft: Draft) -> list[tuple[str, Ints, Ints, Ints | None]]:
    """Kind, time, place and account of each step that is scanned."""
    p, places, staff = draft.parcels, draft.places, draft.staff
    day = draft.span.day_of
    origin = staff.site(p.origin.astype(np.int64), day(p.pickup))
    own = staff.site(p.destination.astype(np.int64), day(p.arrive))
    at_parent = places.at_parent[p.destination] | (draft.plan.gaps.ends == "parent")
    parent = staff.site(places.parent[p.destination], day(p.arrive))
    last = np.where(at_parent, parent, own)
    full: list[tuple[str, Ints, Ints, Ints | None]] = [
        ("pickup", p.pickup, origin, draft.collector),
        ("arrive", p.pickup + (p.left - p.pickup) // 2, origin, None),
        ("depart", p.left, origin, None),
        ("arrive", p.hub1_in, p.hub1, None),
        ("depart", p.hub1_out, p.hub1, None),
        ("arrive", p.hub2_in, p.hub2, None),
        ("depart", p.hub2_out, p.hub2, None),
        ("arrive", p.arrive, parent, None),
        ("out_for_delivery", p.out, last, draft.deliverer),
        ("delivered", p.done, last, draft.deliverer),
    ]
    chosen = {"full": range(10), "lean": (0, 3, 5, 7, 9), "destination": (7, 8, 9), "ends": (0, 9), "hubs": range(3, 7)}
    return [full[k] for k in chosen[draft.plan.gaps.scans]]


def _scans(draft: Draft, words: Words, rng: Rng) -> pa.Table:
    p, gaps = draft.parcels, draft.plan.gaps
    kinds = ("pickup", "arrive", "depart", "out_for_delivery", "delivered", "problem")
    columns: list[tuple[Ints, ...]] = []
    scans = rng.random(len(draft.places.ids)) >= gaps.silent_outlets
    scans[draft.places.outlets :] = True
    for kind, at, unit, operator in _steps(draft):
        seen = (unit >= 0) & (at < draft.span.end) & scans[unit]
        there = np.flatnonzero(seen & (rng.random(len(p)) >= gaps.missing) & (~p.foreign | (at >= p.arrive)))
        code = np.full(len(there), kinds.index(kind))
        if kind == "delivered":
            code = np.where(p.problem[there], kinds.index("problem"), code)
        who = operator[there] if operator is not None else np.full(len(there), -1)
        columns.append((at[there], there, code, unit[there], who))
    at, parcel, code, unit, who = (np.concatenate(part) for part in zip(*columns, strict=True))
    if gaps.late:
        at = at + (rng.exponential(gaps.late, len(at)) * HOUR).astype(np.int64)
    at = late(draft, at)
    order = np.argsort(at, kind="stable")
    order = order[at[order] < draft.span.end]
    return pa.table(
        {
            "waybill": words.waybills.take(pa.array(parcel[order])),
            "at": pa.array(at[order], _TIME),
            "kind": coded(code[order], _text(list(kinds))),
            "outlet": coded(unit[order], _text(list(draft.places.ids))),
            "operator": coded(who[order], _text(list(words.accounts))),
        }
    )


def _tickets(draft: Draft, words: Words) -> pa.Table:
    parts = draft.tickets
    parcel, account, opened, closed = (
        np.concatenate([getattr(t, name) for t in parts] or [np.zeros(0, np.int64)])
        for name in ("parcel", "account", "opened", "closed")
    )
    kind = np.concatenate([np.full(len(t.parcel), k) for k, t in enumerate(parts)] or [np.zeros(0, np.int64)])
    order = np.argsort(opened, kind="stable")
    order = order[(opened[order] >= draft.span.start) & (opened[order] < draft.span.end)]
    n = len(order)
    return pa.table(
        {
            "ticket": hexes("t", mix(np.arange(n), words.salt + 3)),
            "waybill": words.waybills.take(pa.array(parcel[order])),
            "opened_at": pa.array(opened[order], _TIME),
            "actor": coded(account[order], _text(list(words.accounts))),
            "closed_at": pa.array(closed[order], _TIME, mask=closed[order] >= draft.span.end),
            "kind": coded(kind[order], _text([t.kind for t in parts])),
        }
    )


def _assignments(draft: Draft, words: Words, rng: Rng) -> pa.Table:
    s, places, start = draft.staff, draft.places, draft.span.start
    rows: list[tuple[int, str, str, int, int | None]] = []
    new = {m.account: m.new for m in s.moves if m.until == draft.span.days and draft.plan.gaps.knows == "new"}
    for who, role in enumerate(s.role.tolist()):
        since = start + int(s.first[who]) * DAY if s.first[who] else start - 30 * DAY
        if Role(role) in (*draft.plan.gaps.no_outlet, *draft.plan.gaps.no_assignment):
            continue
        at_office = role == Role.CLERK and draft.plan.staffing.clerks_at == "office"
        if role <= Role.SORTER and not at_office:
            unit = new.get(who, int(s.home[who]))
            city = draft.plan.gaps.by_city and unit < places.outlets
            named = places.city_names[int(places.city[unit])] if city else places.ids[unit]
            rows.append((who, "city" if city else "outlet", named, since, None))
        elif (at_office or role in (Role.AGENT, Role.CLAIMS, Role.MANAGER)) and s.region[who] >= 0:
            rows.append((who, "region", places.region_names[int(s.region[who])], since, None))
        elif s.owns[who] >= 0 and not draft.plan.gaps.staff_only:
            rows.append((who, "channel", words.channels[int(s.owns[who])], since, None))
        elif s.crawls[who] >= 0 and not draft.plan.gaps.staff_only:
            rows += [(who, "customer", f"c{int(s.crawls[who]) + k:06d}", since, None) for k in range(3)]
    for who, regions in s.also.items():
        known = rng.random() < 0.6  # of the others only people know
        rows += [(who, "region", places.region_names[k], start - 30 * DAY, None) for k in regions if known]
    for k, customer in enumerate(draft.key_customers):
        rows.append((int(s.teams["key_accounts"][k // 3]), "customer", f"c{customer:06d}", start - 30 * DAY, None))
    rows += [
        (m.account, "outlet", places.ids[m.new], start + m.since * DAY, start + m.until * DAY)
        for m in s.moves
        if m.recorded
    ]
    if not draft.plan.gaps.staff_only:
        rows += [(*row, start - 30 * DAY, None) for row in contracts(draft)]
    kept = rng.random(len(rows)) >= draft.plan.gaps.missing_assignments
    rows = [row for row, there in zip(rows, kept.tolist(), strict=True) if there]
    account, scope, value, since_, until = (list(c) for c in zip(*rows, strict=True))
    return pa.table(
        {
            "actor": coded(np.array(account), _text(list(words.accounts))),
            "scope": _text(scope),
            "value": _text(value),
            "from": pa.array(since_, _TIME),
            "to": pa.array(until, _TIME),
        }
    )


def _changes_of_device(draft: Draft, words: Words) -> Ints:
    """From which day on each account has another device; after the log for most."""
    n, days = len(draft.staff), draft.span.days
    rng = np.random.default_rng(words.salt + 5)
    changes = (rng.random(n) < draft.plan.staffing.new_devices) & (draft.staff.role < PEOPLE)
    return np.where(changes, rng.integers(1, days, n), days + 1)


def _places_of_reads(draft: Draft, words: Words, at: Ints, account: Ints, hand: Ints) -> tuple[pa.Array, pa.Array]:
    """Devices and addresses of reads: the account's own, or a hand's."""
    s, n = draft.staff, len(draft.staff)
    own = [f"d{k:012x}" for k in (mix(np.arange(n), words.salt + 1) >> np.uint64(16)).tolist()]
    shared = np.isin(s.role, [int(Role.COURIER), int(Role.SERVICE), int(Role.PARTNER)])
    net = np.where(shared, np.arange(n) + len(draft.places.ids), s.home)
    if (ways := draft.plan.staffing.gateways) > 0:
        net = np.where(s.role < PEOPLE, s.home % ways, net)
    device = np.arange(n)
    if draft.plan.staffing.counter_devices:
        clerks = np.flatnonzero(s.role == Role.CLERK)
        _, first, which = np.unique(s.home[clerks], return_index=True, return_inverse=True)
        device[clerks] = clerks[first[which]]
    old = np.flatnonzero(s.twin >= 0)
    device[s.twin[old]] = device[old]
    addresses = [f"10.{k >> 16 & 255}.{k >> 8 & 255}.{k & 255}" for k in range(n + len(draft.places.ids))]
    own += [f"n{k:012x}" for k in (mix(np.arange(n), words.salt + 4) >> np.uint64(16)).tolist()]
    changed = _changes_of_device(draft, words)
    device_of, address_of = device[account], net[account]
    if (many := draft.plan.staffing.shift_devices) > 1:
        shared_by = (Role.CLERK, Role.COURIER) if draft.plan.staffing.townships else (Role.SORTER,)
        mine = np.flatnonzero(np.isin(s.role[account], [int(role) for role in shared_by]))
        turn = (mix(at[mine] // (20 * MINUTE), words.salt + 6) % np.uint64(many)).astype(np.int64)
        device_of[mine] = len(own) + account[mine] * many + turn
        own += [f"p{k:012x}" for k in (mix(np.arange(n * many), words.salt + 7) >> np.uint64(16)).tolist()]
    fresh = (at - draft.span.start) // DAY >= changed[account]
    device_of[fresh] = n + account[fresh]
    for k, one in enumerate(draft.hands):
        mine = hand == k
        if one.device is not None:
            own.append(one.device)
            device_of[mine] = len(own) - 1
        if one.address is not None:
            addresses.append(one.address)
            address_of[mine] = len(addresses) - 1
    return coded(device_of, _text(own)), coded(address_of, _text(addresses))


def _accesses(draft: Draft, words: Words, rows: tuple[Ints, ...]) -> pa.Table:
    at, account, parcel, purpose, _, hand = rows
    action = draft.plan.gaps.action
    actions = [action or _ACTIONS.get(name, "view") for name in PURPOSES]
    known = sorted({*actions, *(one.action for one in draft.hands if one.action and not action)})
    done_by = np.array([known.index(a) for a in actions])[purpose]
    for k, one in enumerate(draft.hands):
        if one.action in known:
            done_by[hand == k] = known.index(one.action)
    device, address = _places_of_reads(draft, words, at, account, hand)
    day = (at - draft.span.start) // DAY
    key = mix(account.astype(np.int64) * 1_000 + day, words.salt + 2).astype(np.int64)
    session, at_code = np.unique(key, return_inverse=True)
    via = sorted(set(_VIA))
    of_role = np.array([via.index(v) for v in _VIA])
    fields = pa.array([_FIELDS.get(name, ["status"]) for name in PURPOSES], pa.list_(pa.string()))
    return pa.table(
        {
            "at": pa.array(at, _TIME),
            "actor": coded(account, _text(list(words.accounts))),
            "waybill": words.waybills.take(pa.array(parcel)),
            "action": coded(done_by, _text(known)),
            "via": coded(of_role[draft.staff.role[account]], _text(via)),
            "fields": fields.take(pa.array(purpose.astype(np.int32))),
            "session": coded(at_code, hexes("s", session.astype(np.uint64))),
            "ip": address,
            "device": device,
            "purpose": coded(purpose, _text(list(PURPOSES))),
        }
    )


def shares(tables: dict[str, pa.Table]) -> dict[str, dict[str, Floats | int | list[str]]]:
    """How many rows each table has, and which columns."""
    return {name: {"rows": len(t), "columns": list(t.column_names)} for name, t in tables.items()}
