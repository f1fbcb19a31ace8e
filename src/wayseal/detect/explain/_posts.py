"""Who works where and answers for what, as arrays that loops can use.

1. An account works at the outlet that `actors` names, from when the ledger has it until another row came, and at
   outlets that `assignments` gives it, then. A head office is no place of work: no parcel passes it.
2. It answers for the cities, regions, channels and customers that `assignments` gives it, then.
3. Colleagues share role and place: the outlet, or without one the region.
4. A template that names roles, kinds or rights is for accounts that `actors` gives these; an account that `actors`
   doesn't know has none of them.
5. A right that more than EVERYBODY of the accounts of `actors` hold, of MANY or more, is no mandate: it says nothing
   of anybody's work.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.detect.explain._templates import TIMED, Template, TemplateKind
from wayseal.ledger.codes import Coder
from wayseal.model.arrays import Bytes, Ints, Longs, UInts
from wayseal.model.kinds import Action, OutletKind, Scope
from wayseal.store.tables import microseconds

Masks = npt.NDArray[np.uint32]

Keys = Callable[[Sequence[str] | pa.Array], UInts]

OUTLET, CITY, REGION, CHANNEL, CUSTOMER = range(5)
_SCOPES = {Scope.OUTLET: OUTLET, Scope.CITY: CITY, Scope.REGION: REGION}
_SCOPES |= {Scope.CHANNEL: CHANNEL, Scope.CUSTOMER: CUSTOMER}
_HEAD = str(OutletKind.HEAD_OFFICE)
_BY = {by: place for place, by in enumerate(TemplateKind)}
EVER = np.iinfo(np.int64).max // 4
_ACTIONS = {action: 1 << place for place, action in enumerate(Action, 1)}
EVERYBODY, MANY = 0.25, 20


class Posts(NamedTuple):
    """Posts of a accounts. What one read needs lies together, so that a read costs few misses of the cache.

    of: int32 (a, 4): where the account's posts start and end, its team (colleagues have the same, -1 none), and the
    outlet that is its only post, for ever (-1: none is). rows: int64 (p, 4): kind (OUTLET … CUSTOMER), place of the
    outlet, city, region, channel or customer, since, until (µs). area: int32 (3, outlets + 1): place of each outlet
    itself, its city and region by their kind, -1 none; the last column is that of no outlet (-1).
    """

    of: Ints
    rows: Longs
    area: Ints


class Rules(NamedTuple):
    """t templates: what each looks for (place in By), its times (µs; EVER without), bits of actions (0: any).

    allowed: uint32 (a,), bit t is set where template t is for the account.
    """

    by: Bytes
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


def build_staff(
    keys: Keys,
    known: UInts,
    actors: pa.Table,
    outlets: pa.Table,
    assignments: pa.Table,
    said: pa.Table | None = None,
) -> Staff:
    """The staff of a ledger. known: keys of all accounts that it names; keys: gives texts their keys.

    said: what `actors` said one after the other (`Snapshot.history`); None: `actors` alone.
    """
    said = actors.append_column("since", pa.nulls(len(actors), pa.timestamp("us"))) if said is None else said
    ids = keys(actors["actor"].to_pylist())
    everyone = Coder.of(np.concatenate([known[known != 0], ids]))
    given = {kind: assignments.filter(pc.equal(assignments["scope"], str(scope))) for scope, kind in _SCOPES.items()}
    names = outlets["outlet"].to_pylist()
    every = sorted({*names, *_texts(given[OUTLET]["value"]), *_texts(said["outlet"])})
    places, channels, customers = (
        Coder.of(keys(texts)) for texts in (every, _texts(given[CHANNEL]["value"]), _texts(given[CUSTOMER]["value"]))
    )
    where = dict(zip(every, places.places(keys(every)).tolist(), strict=True))
    cities, regions = _Places(), _Places()
    area = np.full((3, len(places) + 1), -1, np.int32)
    area[OUTLET, :-1] = np.arange(len(places))
    for row in outlets.select(["outlet", "city", "region"]).to_pylist():
        area[1:, where[row["outlet"]]] = cities(row["city"]), regions(row["region"])
    code_of: list[Callable[[str], int]] = [where.__getitem__, cities, regions]
    code_of += [lambda t: int(channels.places(keys([t]))[0]), lambda t: int(customers.places(keys([t]))[0])]
    place = everyone.places(ids)
    rows = [_homes(said, everyone.places(keys(said["actor"].to_pylist())), where)]
    rows += [_assigned(table, kind, everyone, keys, code_of[kind]) for kind, table in given.items()]
    head = [where[n] for n, kind in zip(names, outlets["kind"].to_pylist(), strict=True) if kind == _HEAD]
    kept = _widest(np.concatenate(rows), head)
    posts = _posts(kept, len(everyone), _teams(actors, place, len(everyone)), area)
    return Staff(actors=everyone, outlets=places, channels=channels, customers=customers, posts=posts, keys=keys)


def _texts(column: pa.ChunkedArray) -> list[str]:
    """Different texts of a column, sorted; without null and empty ones."""
    return sorted(t for t in pc.unique(column).to_pylist() if t)


def _coded(column: pa.ChunkedArray, code: Callable[[str], int]) -> Longs:
    """The code of each text, asked for once each; -1 for null and for empty text."""
    words = column.combine_chunks().dictionary_encode()
    codes = [code(t) if t else -1 for t in words.dictionary.to_pylist()]
    out: Longs = np.append(np.array(codes, np.int64), -1)[
        words.indices.fill_null(len(codes)).to_numpy(zero_copy_only=False)
    ]
    return out


def _homes(said: pa.Table, at: Ints, where: Mapping[str, int]) -> Longs:
    """Rows (actor, kind, code, since, until) of the outlets that `actors` named, one after the other."""
    codes = _coded(said["outlet"], where.__getitem__)
    since = np.maximum(microseconds(said["since"]), -EVER)
    until = np.where(np.append(at[1:] == at[:-1], False)[: len(at)], np.append(since[1:], EVER)[: len(at)], EVER)
    return np.column_stack([at, np.full(len(at), OUTLET), codes, since, until])[(codes >= 0) & (since < until)]


def _assigned(given: pa.Table, kind: int, everyone: Coder, keys: Keys, code: Callable[[str], int]) -> Longs:
    """Rows (actor, kind, code, since, until) of one kind of assignments."""
    who = everyone.places(keys(given["actor"].to_pylist()))
    until = np.where(given["to"].is_null().to_numpy(), EVER, microseconds(given["to"]))
    kinds = np.full(len(who), kind)
    return np.column_stack([who, kinds, _coded(given["value"], code), microseconds(given["from"]), until])


def _widest(rows: Longs, head: Sequence[int]) -> Longs:
    """Sorted rows, each once, of accounts that are known and of places of work (rule 1).

    Without posts that lie within another one of the same account and place: both tables often say the same.
    """
    rows = rows[(rows[:, 0] >= 0) & ~((rows[:, 1] == OUTLET) & np.isin(rows[:, 2], head))]
    rows = rows[np.lexsort(rows.T[::-1])]
    same = (rows[1:, :3] == rows[:-1, :3]).all(axis=1)
    start = np.flatnonzero(np.append(True, ~same)[: len(rows)])
    twice = np.append(False, same & (rows[1:, 3:] == rows[:-1, 3:]).all(axis=1))[: len(rows)]
    ever = (rows[:, 3] == -EVER) & (rows[:, 4] == EVER)
    widest = np.repeat(np.logical_or.reduceat(ever, start), np.diff(np.append(start, len(rows)))) if len(rows) else ever
    out: Longs = rows[(ever | ~widest) & ~twice]
    return out


def _teams(actors: pa.Table, at: Ints, count: int) -> Ints:
    """Rule 3."""
    outlet, area = (pc.fill_null(actors[n], "") for n in ("outlet", "region"))
    housed = pc.not_equal(outlet, "")
    area = pc.if_else(housed, "", area)
    words = pc.binary_join_element_wise(pc.fill_null(actors["role"], ""), outlet, area, "\x1f")
    placed = pc.or_(housed, pc.not_equal(area, "")).to_numpy() & (at >= 0)
    team = np.full(count, -1, np.int32)
    team[at[placed]] = words.combine_chunks().dictionary_encode().indices.to_numpy()[placed]
    return team


def _posts(rows: Longs, count: int, team: Ints, area: Ints) -> Posts:
    bounds = np.searchsorted(rows[:, 0], np.arange(count + 1))
    alone, home = (np.diff(bounds) == 1)[rows[:, 0]], np.full(count, -1)
    only = rows[alone & (rows[:, 1] == OUTLET) & (rows[:, 3] == -EVER) & (rows[:, 4] == EVER)]
    home[only[:, 0]] = only[:, 2]
    of = np.column_stack([bounds[:-1], bounds[1:], team, home]).astype(np.int32)
    return Posts(of=of, rows=np.ascontiguousarray(rows[:, 1:]), area=area)


def find_common_rights(actors: pa.Table) -> Mapping[str, float]:
    """Rights that are no mandate, since too many of `actors` hold them, and the share who do (rule 5)."""
    if len(actors) < MANY:
        return {}
    counts = pc.value_counts(pc.list_flatten(actors["rights"].combine_chunks())).to_pylist()
    shares = {count["values"]: count["counts"] / len(actors) for count in counts}
    return {right: share for right, share in sorted(shares.items()) if share > EVERYBODY}


def code_rules(templates: Sequence[Template], staff: Staff, keys: UInts, actors: pa.Table) -> Rules:
    """The templates as arrays (rules 4 and 5). keys: of the rows of `actors`."""
    allowed = np.zeros(len(staff.actors), np.uint32)
    place, common = staff.actors.places(keys), find_common_rights(actors).keys()
    for bit, t in enumerate(templates):
        if not (t.roles or t.kinds or t.rights):
            allowed |= np.uint32(1 << bit)
            continue
        fits = np.ones(len(place), np.bool_)
        for name, wanted in (("role", t.roles), ("kind", t.kinds)):
            if wanted:
                fits &= pc.is_in(actors[name], pa.array(sorted(wanted))).to_numpy()
        if t.rights:
            rights = actors["rights"].combine_chunks()
            telling = sorted(t.rights - common if t.by is TemplateKind.MANDATE else t.rights)
            named = pc.is_in(pc.list_flatten(rights), pa.array(telling, pa.string())).to_numpy(zero_copy_only=False)
            held = np.zeros(len(place), np.bool_)
            held[pc.list_parent_indices(rights).to_numpy()[named]] = True
            fits &= held
        allowed[place[fits & (place >= 0)]] |= np.uint32(1 << bit)
    return Rules(
        by=np.array([_BY[t.by] for t in templates], np.uint8),
        before=np.array([t.before if t.by in TIMED else EVER for t in templates], np.int64),
        after=np.array([t.after if t.by in TIMED else EVER for t in templates], np.int64),
        actions=np.array([sum(_ACTIONS[Action(a)] for a in t.actions) for t in templates], np.uint32),
        allowed=allowed,
    )
