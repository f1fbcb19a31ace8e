"""Small views, made of reads that are written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from wayseal.detect._judge import FRESH, MAIN, Finding, judge
from wayseal.detect._view import AccountPosts, OutletPlaces, View, build_view
from wayseal.detect.detectors import Detector, Odd
from wayseal.detect.explain import OWN_TICKET, UNEXPLAINED, UNKNOWN
from wayseal.detect.facts import Facts
from wayseal.detect.facts._facts import SCHEMAS
from wayseal.model.arrays import UInts

CHINA = 8 * 3_600_000_000
DAY_US, MINUTE = 86_400_000_000, 60_000_000
FIRST = 20_514
"""2026-03-02, the first local day."""
WORK, MANDATE, AGAIN, WEAK, PLAIN, NEW = "work", "mandate", "again", "weak", "plain", "unknown"
OWN_WORK = "own"
WHY = {WEAK: 7, OWN_WORK: OWN_TICKET, PLAIN: UNEXPLAINED, NEW: UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class R:
    """Some reads of an account on a day: number `waybill` and those after it, one a minute from `minute` on (local)."""

    actor: str
    day: int
    minute: float = 600
    n: int = 1
    waybill: int = 0
    step: int = 1
    what: str = PLAIN
    device: int = 0
    ip: int = 0
    early: bool = False
    origin: int = 0
    destination: int = 0
    scanned: int = 0
    due: int = 0
    channel: int = 0
    begun: int = 0


def key(actor: str) -> int:
    """Key of an account: names that come late have small ones."""
    return 10_000 - int.from_bytes(actor.encode())


def names(kind: str, keys: Sequence[int]) -> list[str]:
    """The texts of keys of accounts (up to two letters) and of waybills."""
    return [str(k) if kind == "waybill" else (10_000 - k).to_bytes(2).lstrip(b"\0").decode() for k in keys]


def numbers(keys: UInts) -> UInts:
    """Each waybill's key is its number."""
    return keys


def facts_from(reads: Sequence[R]) -> Facts:
    """Facts of reads, counted row by row."""
    rows = [_row(r, k) for r in reads for k in range(r.n)]
    hours: dict[tuple[int, int], list[int]] = {}
    uses: dict[tuple[int, int, int, int], list[int]] = {}
    suspects: dict[tuple[int, int], dict[str, object]] = {}
    for a, at, w, r in rows:
        cell = hours.setdefault((a, at // 3_600_000_000), [0, 0, 0])
        for k, add in enumerate((1, r.what != AGAIN, r.what == MANDATE)):
            cell[k] += add
        for kind, value in enumerate((r.device, r.ip)):
            if value:
                use = uses.setdefault((a, (at + CHINA) // DAY_US, kind, value), [0, at, at])
                use[:] = use[0] + 1, min(use[1], at), max(use[2], at)
        if r.what in WHY:
            suspects[w, a] = {
                "waybill": w, "actor": a, "at": at, "action": 1, "device": r.device, "ip": r.ip, "session": 0,
                "why": WHY[r.what], "early": r.early,
                "origin": r.origin, "destination": r.destination, "scanned": r.scanned, "due": r.due,
                "channel": r.channel, "begun": r.begun,
            }  # fmt: skip
    return Facts(
        hours=_table("hours", [(*k, *v) for k, v in sorted(hours.items())]),
        uses=_table("uses", [(*k, *v) for k, v in sorted(uses.items())]),
        shown=SCHEMAS["shown"].empty_table(),
        suspects=pa.Table.from_pylist([suspects[k] for k in sorted(suspects)], schema=SCHEMAS["suspects"]),
        offset=CHINA,
    )


def _row(r: R, k: int) -> tuple[int, int, int, R]:
    at = (FIRST + r.day) * DAY_US + int((r.minute + k) * MINUTE) - CHINA
    return key(r.actor), at, r.waybill + k * r.step, r


def _table(name: str, rows: Sequence[tuple[int, ...]]) -> pa.Table:
    schema = SCHEMAS[name]
    columns = zip(*rows, strict=True) if rows else [[] for _ in schema]
    return pa.table([pa.array(list(c), f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


def view(
    reads: Sequence[R],
    days: int = 14,
    *,
    past: int = 0,
    roles: Mapping[str, str] | None = None,
    places: Mapping[str, str] | None = None,
    kinds: Mapping[str, str] | None = None,
    outlets: Mapping[str, int] | None = None,
    regions: Mapping[str, int] | None = None,
    where: Mapping[int, tuple[int, int]] | None = None,
) -> View:
    """The view of these days, counted from FIRST; `past` days lie before them. Nothing is settled by territory.

    outlets, regions: keys of those of accounts. where: outlet → its city and region.
    """
    accounts = sorted({r.actor for r in reads})
    roles, places, kinds = roles or {}, places or {}, kinds or {}
    outlets, regions, where = outlets or {}, regions or {}, where or {}
    who = AccountPosts(
        keys=np.array([key(a) for a in accounts], np.uint64),
        role=pa.array([roles.get(a, "clerk") for a in accounts], pa.string()),
        place=pa.array([places.get(a, "") for a in accounts], pa.string()),
        kind=pa.array([kinds.get(a, "person") for a in accounts], pa.string()),
        outlet=np.array([outlets.get(a, 0) for a in accounts], np.uint64),
        region=np.array([regions.get(a, 0) for a in accounts], np.uint64),
    )
    there = np.array([(k, *where[k]) for k in sorted(where)], np.uint64).reshape(-1, 3)
    lie = OutletPlaces(keys=there[:, 0], city=there[:, 1], region=there[:, 2])
    return build_view(facts_from(reads), who, numbers, FIRST - past, FIRST + days - 1, where=lie)


def place(v: View, actor: str) -> int:
    """Where an account stands in a view."""
    return int(np.flatnonzero(v.keys == np.uint64(key(actor)))[0])


def judged(v: View, *detectors: Detector, cleared: np.ndarray | None = None) -> tuple[Finding, ...]:
    """Findings of some detectors."""
    return judge(v, detectors, cleared)


def with_fresh(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """With what all reads say, said of fresh parcels: where it isn't known since when there is one it is the same."""
    return *found, *(replace(f, name=FRESH) for f in found if f.name == MAIN)


def constant(name: str, odd: np.ndarray, base: np.ndarray) -> Detector:
    """A detector that counts what it is told."""
    return Detector(name=name, needs=(), count=lambda _: Odd(odd=odd, base=base))


def staff(accounts: str, days: int, first: int = 0, n: int = 20, start: int = 0) -> list[R]:
    """Accounts who do n parcels' work a day and have one misdialled number every third day."""
    out = []
    for a, actor in enumerate(accounts):
        for day in range(first, days):
            number = 10_000_000 * (1 + start + a) + 1_000 * (day - first)
            out.append(R(actor=actor, day=day, minute=500 + a, n=n, waybill=number, what=WORK))
            if (day + a) % 3 == 0:
                out.append(R(actor=actor, day=day, minute=530 + 17 * a, waybill=number + 500))
    return out
