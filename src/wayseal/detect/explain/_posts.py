"""Who works where and answers for what, as arrays that loops can use.

1. An account works at the outlet that `actors` names, at any time, and at outlets that `assignments` gives it, then.
   A head office is no place of work: no parcel passes it.
2. It answers for the cities, regions, channels and customers that `assignments` gives it, then.
3. Colleagues share role and place: the outlet, or without one the region.
4. A template that names roles, kinds or rights is for accounts that `actors` gives these; an account that `actors`
   doesn't know has none of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.detect.explain._templates import By, Template
from wayseal.ledger.codes import Coder
from wayseal.model.kinds import Action, OutletKind, Scope
from wayseal.store.columns import microseconds

Words = npt.NDArray[np.uint64]
Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Masks = npt.NDArray[np.uint32]
Tiny = npt.NDArray[np.uint8]

Keys = Callable[[Sequence[str] | pa.Array], Words]

OUTLET, CITY, REGION, CHANNEL, CUSTOMER = range(5)
_SCOPES = {Scope.OUTLET: OUTLET, Scope.CITY: CITY, Scope.REGION: REGION}
_SCOPES |= {Scope.CHANNEL: CHANNEL, Scope.CUSTOMER: CUSTOMER}
_BY = {by: place for place, by in enumerate(By)}
EVER = np.iinfo(np.int64).max // 4
_ACTIONS = {action: 1 << place for place, action in enumerate(Action, 1)}


class Posts(NamedTuple):
    """Posts of a accounts. What one read needs lies together, so that a read costs few misses of the cache.

    of: int64 (a, 3): where the account's posts start and end, and its team (colleagues have the same, -1 none).
    rows: int64 (p, 4): kind (OUTLET … CUSTOMER), place of the outlet, city, region, channel or customer, since, until
    (µs). city, region: int32 (outlets,), codes of each outlet's.
    """

    of: Longs
    rows: Longs
    city: Ints
    region: Ints


class Rules(NamedTuple):
    """t templates: what each looks for (place in By), its times (µs), bits of actions (0: any).

    allowed: uint32 (a,), bit t is set where template t is for the account.
    """

    by: Tiny
    before: Longs
    after: Longs
    actions: Masks
    allowed: Masks


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Accounts of a ledger, by their place in `actors`; outlets, channels and customers likewise.

    keys: gives texts (an Arrow array or a sequence) their keys.
    """

    actors: Coder
    outlets: Coder
    channels: Coder
    customers: Coder
    posts: Posts
    keys: Keys


class _Places:
    """Codes for words: given as they come."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self.codes.setdefault(text, len(self.codes))


def staff_of(
    keys: Keys,
    known: Words,
    actors: pa.Table,
    outlets: pa.Table,
    assignments: pa.Table,
) -> Staff:
    """The staff of a ledger. known: keys of all accounts that it names; keys: gives texts their keys."""
    ids = keys(actors["actor"].to_pylist())
    everyone = Coder(np.unique(np.concatenate([known[known != 0], ids])))
    names = outlets["outlet"].to_pylist()
    homes = actors["outlet"].to_pylist()
    given = assignments.to_pylist()
    named = {r["value"] for r in given if r["scope"] == Scope.OUTLET} | {h for h in homes if h}
    every = sorted({*names, *named})
    places = Coder(np.unique(keys(every)))
    channels = Coder(np.unique(keys(sorted({r["value"] for r in given if r["scope"] == Scope.CHANNEL}))))
    customers = Coder(np.unique(keys(sorted({r["value"] for r in given if r["scope"] == Scope.CUSTOMER}))))
    where = dict(zip(every, places.places(keys(every)).tolist(), strict=True))
    kinds = dict(zip(names, outlets["kind"].to_pylist(), strict=True))
    cities, regions = _Places(), _Places()
    city, region = np.full(len(places), -1, np.int32), np.full(len(places), -1, np.int32)
    for row in outlets.select(["outlet", "city", "region"]).to_pylist():
        city[where[row["outlet"]]] = cities(row["city"])
        region[where[row["outlet"]]] = regions(row["region"])
    code_of: list[Callable[[str], int]] = [where.__getitem__, cities, regions]
    code_of += [lambda t: int(channels.places(keys([t]))[0]), lambda t: int(customers.places(keys([t]))[0])]
    at = everyone.places(ids).tolist()
    rows = [(a, OUTLET, where[h], -EVER, EVER) for a, h in zip(at, homes, strict=True) if h]
    rows += _assigned(given, everyone, keys, code_of)
    head = {where[n] for n in names if kinds[n] == OutletKind.HEAD_OFFICE}
    rows = _widest(sorted({r for r in rows if not (r[1] == OUTLET and r[2] in head) and r[0] >= 0}))
    posts = _posts(rows, len(everyone), _teams(actors, at, len(everyone)), city, region)
    return Staff(actors=everyone, outlets=places, channels=channels, customers=customers, posts=posts, keys=keys)


Row = tuple[int, int, int, int, int]


def _assigned(
    given: list[dict[str, object]],
    everyone: Coder,
    keys: Keys,
    code_of: Sequence[Callable[[str], int]],
) -> list[Row]:
    who = everyone.places(keys([str(r["actor"]) for r in given])).tolist()
    table = pa.table(
        {
            "from": pa.array([r["from"] for r in given], pa.timestamp("us", tz="UTC")),
            "to": pa.array([r["to"] for r in given], pa.timestamp("us", tz="UTC")),
        }
    )
    since, until = microseconds(table["from"]), microseconds(table["to"])
    until = np.where(table["to"].is_null().to_numpy(), EVER, until)
    out = []
    for actor, row, low, high in zip(who, given, since.tolist(), until.tolist(), strict=True):
        kind = _SCOPES[Scope(str(row["scope"]))]
        out.append((actor, kind, code_of[kind](str(row["value"])), low, high))
    return out


def _widest(rows: list[Row]) -> list[Row]:
    """Without posts that lie within another one of the same account and place: both tables often say the same."""
    ever = {r[:3] for r in rows if r[3] == -EVER and r[4] == EVER}
    return [r for r in rows if r[:3] not in ever or (r[3] == -EVER and r[4] == EVER)]


def _teams(actors: pa.Table, at: list[int], count: int) -> Ints:
    """Rule 3."""
    codes = _Places()
    team = np.full(count, -1, np.int32)
    for place, row in zip(at, actors.select(["role", "outlet", "region"]).to_pylist(), strict=True):
        if row["outlet"] or row["region"]:
            team[place] = codes(f"{row['role']}\x1f{row['outlet'] or ''}\x1f{'' if row['outlet'] else row['region']}")
    return team


def _posts(rows: list[Row], count: int, team: Ints, city: Ints, region: Ints) -> Posts:
    columns = np.array(rows, np.int64).reshape(-1, 5)
    bounds = np.searchsorted(columns[:, 0], np.arange(count + 1))
    of = np.column_stack([bounds[:-1], bounds[1:], team]).astype(np.int64)
    return Posts(of=of, rows=np.ascontiguousarray(columns[:, 1:]), city=city, region=region)


def rules_of(templates: Sequence[Template], staff: Staff, keys: Words, actors: pa.Table) -> Rules:
    """The templates as arrays (rule 4). keys: of the rows of `actors`."""
    allowed = np.zeros(len(staff.actors), np.uint32)
    at = staff.actors.places(keys)
    roles, kinds = actors["role"].to_pylist(), actors["kind"].to_pylist()
    rights = [frozenset(r or ()) for r in actors["rights"].to_pylist()]
    for bit, t in enumerate(templates):
        if not (t.roles or t.kinds or t.rights):
            allowed |= np.uint32(1 << bit)
            continue
        for place, role, kind, held in zip(at.tolist(), roles, kinds, rights, strict=True):
            fits = (not t.roles or role in t.roles) and (not t.kinds or kind in t.kinds)
            if place >= 0 and fits and (not t.rights or t.rights & held):
                allowed[place] |= np.uint32(1 << bit)
    return Rules(
        by=np.array([_BY[t.by] for t in templates], np.uint8),
        before=np.array([t.before for t in templates], np.int64),
        after=np.array([t.after for t in templates], np.int64),
        actions=np.array([sum(_ACTIONS[Action(a)] for a in t.actions) for t in templates], np.uint32),
        allowed=allowed,
    )
