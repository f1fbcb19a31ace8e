"""What mining looks at: first reads that no work explains, and what the same accounts would have read by chance.

A responsibility is no work: what only a weak template explains is looked at too. Reads of parcels that no table knows
are not, as no template could say anything of them.

1. Of many suspects the first of the key space are taken: keys are hashes, so they are a uniform sample of waybills.
2. Chance: each suspect's account with other waybills of the ledger that came into being at nearly the same time, and at
   the same age. So a template can't look better than chance only because both reads and work are of fresh parcels.
3. Chance reads that the templates explain already are left out, as such reads are no suspects either.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.detect.explain import UNKNOWN, Reads, Rules, explain
from wayseal.detect.facts import ExplanationContext, Tables, code_tables
from wayseal.ledger import Snapshot
from wayseal.ledger.beside import Beside

UInts = npt.NDArray[np.uint64]
Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Tiny = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

MOST, CONTROLS, ROUNDS = 100_000, 50_000, 4
_NEAR, _PART = 200, 50
_NEVER = np.iinfo(np.int64).max
_COLUMNS: dict[str, Sequence[str]] = {
    "waybills": ("issued_at", "channel", "origin_outlet", "destination_outlet", "customer"),
    "scans": ("at", "outlet"),
    "tickets": ("opened_at", "closed_at", "actor"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPairs:
    """n reads, real or drawn, sorted by waybill: keys, places of accounts among the staff, µs, codes of actions."""

    waybill: UInts
    actor: Ints
    at: Longs
    action: Tiny

    def __len__(self) -> int:
        return len(self.at)

    def take(self, which: Longs) -> "ReadPairs":
        """Some of them, in the order given."""
        return ReadPairs(
            waybill=self.waybill[which], actor=self.actor[which], at=self.at[which], action=self.action[which]
        )

    def why(self, tables: Tables, context: ExplanationContext, rules: Rules) -> Tiny:
        """What `explain` says of each."""
        n = len(self)
        reads = Reads(key=self.waybill, at=self.at, actor=self.actor, first=np.ones(n, np.bool_), action=self.action)
        out, early = np.empty(n, np.uint8), np.empty(n, np.bool_)
        explain(reads, tables.scans, tables.routes, tables.tickets, context.staff.posts, rules, out, early)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Suspects and chance reads; tables: of all waybills in them; controls: keys of those drawn from.

    all: how many suspects there are in the whole ledger, of which `suspects` are all or a sample.
    """

    suspects: ReadPairs
    chance: ReadPairs
    tables: Tables
    controls: UInts
    all: int


def sample_of(snapshot: Snapshot, suspects: pa.Table, context: ExplanationContext) -> Sample:
    """The sample of a ledger (rules 1 to 3). suspects: the table of the facts."""
    plain = suspects.filter(pa.array(suspects["why"].to_numpy() != UNKNOWN))
    taken = plain.slice(0, MOST)
    real = ReadPairs(
        waybill=taken["waybill"].to_numpy(),
        actor=context.staff.actors.places(taken["actor"].to_numpy()),
        at=taken["at"].to_numpy(),
        action=taken["action"].to_numpy(),
    )
    controls = snapshot.control(CONTROLS)
    every = np.union1d(real.waybill, controls)
    tables = tables_for(snapshot, every, context)
    drawn = _chance(real, controls, every, _begin(tables, every))
    drawn = drawn.take(np.flatnonzero(drawn.why(tables, context, context.rules) >= context.strong))
    return Sample(suspects=real, chance=drawn, tables=tables, controls=controls, all=len(plain))


def tables_for(snapshot: Snapshot, keys: UInts, context: ExplanationContext) -> Tables:
    """The tables of some waybills (sorted keys), coded."""
    found = {name: _batch(snapshot.kept(name, keys, columns)) for name, columns in _COLUMNS.items()}
    return code_tables(Beside(low=0, high=2**64 - 1, reads=(), tables=found), context.staff)


def _batch(table: pa.Table) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def _begin(tables: Tables, every: UInts) -> Longs:
    """When each waybill came into being: the earliest time of any row about it."""
    out = np.full(len(every), _NEVER, np.int64)
    rows = (
        (tables.routes.key, tables.routes.issued),
        (tables.scans.key, tables.scans.at),
        (tables.tickets.key, tables.tickets.opened),
    )
    for keys, times in rows:
        np.minimum.at(out, np.searchsorted(every, keys), times)
    return out


def _chance(real: ReadPairs, controls: UInts, every: UInts, begin: Longs) -> ReadPairs:
    """Rule 2."""
    born = begin[np.searchsorted(every, controls)]
    order = np.argsort(born, kind="stable")
    order = order[born[order] != _NEVER]
    born, keys = born[order], controls[order]
    if not len(keys):
        return real.take(np.zeros(0, np.int64))
    own = begin[np.searchsorted(every, real.waybill)]
    reach = min(_NEAR, max(1, len(keys) // _PART))
    place = np.searchsorted(born, own)
    parts = []
    for turn in range(ROUNDS):
        step = _mixed(real, turn) % (2 * reach + 1) - reach
        drawn = (place + step) % len(keys)
        drawn = np.where(keys[drawn] == real.waybill, (drawn + 1) % len(keys), drawn)
        other = keys[drawn] != real.waybill
        age = real.at - own
        parts.append((keys[drawn][other], real.actor[other], (born[drawn] + age)[other], real.action[other]))
    waybill, actor, when, action = (np.concatenate(column) for column in zip(*parts, strict=True))
    sampled = ReadPairs(waybill=waybill, actor=actor, at=when, action=action)
    return sampled.take(np.argsort(waybill, kind="stable"))


def _mixed(real: ReadPairs, turn: int) -> Longs:
    """Numbers that look drawn and are the same each time."""
    salt = 0x9E3779B97F4A7C15 * (turn + 1) % 2**64
    mixed = (real.waybill ^ np.uint64(salt)) * np.uint64(0xC2B2AE3D27D4EB4F) + real.actor.astype(np.uint64)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    out: Longs = (mixed >> np.uint64(33)).astype(np.int64)
    return out
