"""From a ledger to what seems never to have been there: journeys, facts, nats, groups, words for their subjects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.stats import binom

from wayseal import __version__
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows
from wayseal.model.arrays import Flags, Floats, Longs, UInts
from wayseal.model.period import Period
from wayseal.model.progress import Progress, silent
from wayseal.model.times import DAY_US, clock_us
from wayseal.parcels._coverage import MachineReads, count_machine_reads
from wayseal.parcels._facts import (
    Fact,
    check_hands,
    compare_orders,
    compare_sign_offs,
    move_together,
    weigh_again,
)
from wayseal.parcels._journeys import Journeys, Rows, read_journeys
from wayseal.parcels._weigh import Groups, Weighed, judge_groups, weigh
from wayseal.parcels.result import (
    MOST,
    Abstained,
    Asker,
    Coverage,
    EarlyRead,
    GroupFinding,
    Kind,
    NotJudged,
    ParcelFinding,
    ParcelsResult,
    Reason,
    Skill,
    SkillReach,
)

_SAID = 0.5
"""Nats from which on a fact is told."""
_SOME = 20
_UNUSUAL = 0.01
_SHRUNK, _MANY = 20, 0.95
_SEED = 20131028
_HAS = {
    "entered": "scans.entered", "trip": "scans.trip", "operator": "scans.operator", "weight": "scans.weight_g",
    "typed": "waybills.weight_g", "customer": "waybills.customer", "order_ref": "waybills.order_ref",
    "channel": "waybills.channel",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to look.

    Attributes:
        period: Parcels whose first scan lies in it.
        threshold: Probability from which on groups are told.
        offset: Local time, microseconds ahead of UTC.
    """

    period: Period = field(default_factory=Period)
    threshold: float = 0.5
    offset: int = field(default_factory=clock_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Journeys, and all that was made of them.

    Attributes:
        journeys: What scans tell.
        reads: Machine reads; `judged`: whose parcels could be judged.
        facts: In classes.
        weighed: What they come to.
        groups: By sender, outlet, operator and day.
    """

    journeys: Journeys
    reads: MachineReads
    judged: Flags
    facts: tuple[Fact, ...]
    weighed: Weighed
    groups: Groups


def judge_journeys(j: Journeys, offset: int, places: Floats | None = None) -> Judged:
    """Weigh the facts of journeys; a pure function of them.

    Args:
        j: The journeys.
        offset: Local time, microseconds ahead of UTC.
        places: Latitude and longitude by outlet code, NaN where unknown.

    Returns:
        Nats and probabilities.
    """
    reads = count_machine_reads(j, offset)
    judged = reads.judged > 0
    rng = np.random.default_rng(_SEED)
    facts = (
        *move_together(j, rng), *weigh_again(j, offset), *check_hands(j, places), *compare_sign_offs(j),
        *compare_orders(j),
    )  # fmt: skip
    weighed = weigh(facts, reads, judged)
    p = j.parcels
    day = (p["first"] + offset) // DAY_US
    keys = [p["sender"].view(np.uint64).astype(np.int64), p["pickup"].astype(np.int64),
            p["collector"].astype(np.int64), day]  # fmt: skip
    groups = judge_groups(keys, weighed.nats, judged)
    return Judged(journeys=j, reads=reads, judged=judged, facts=facts, weighed=weighed, groups=groups)


def find_parcels(snapshot: Snapshot, options: Options | None = None, progress: Progress = silent) -> ParcelsResult:
    """Find shipments with a history and no parcel, and who asks for numbers before their parcels are there.

    Args:
        snapshot: The ledger as it is.
        options: How to look; None: as usual.
        progress: Called with a step's name, what is done and what there is in all.

    Returns:
        What was found, and what could not be judged.

    Raises:
        LedgerError: A file of the ledger is damaged or missing.
    """
    o = options or Options()
    j = read_journeys(snapshot, o.period, progress)
    progress("judge", 0, 1)
    made = judge_journeys(j, o.offset, _places(snapshot, j.outlets))
    tell = _Teller(snapshot, made, o)
    askers, early, all_early = _ask_early(snapshot, j)
    parcels = tell.parcels()
    result = ParcelsResult(
        wayseal=__version__,
        ledger_digest=snapshot.digest,
        parcels_seen=len(j.parcels),
        judged=int(made.judged.sum()),
        prior=made.weighed.prior if made.judged.any() else 0.0,
        threshold=o.threshold,
        parcels=parcels,
        parcels_found=int((made.groups.parcel >= 0.5).sum()),
        groups=tell.groups(),
        abstained=tell.abstained(),
        coverage=tell.coverage(),
        askers=askers,
        reads_before_pickup=early,
        early_reads=all_early,
        lacking=_lacking(snapshot, j),
        skills=_skills(made),
    )
    progress("judge", 1, 1)
    return result


def with_names(result: ParcelsResult, name: Callable[[str], str]) -> ParcelsResult:
    """The result with other names for accounts: pseudonyms, until somebody may see who it is.

    Args:
        result: What was found.
        name: Gives an account's name.

    Returns:
        The same about the same accounts.
    """
    return replace(
        result,
        groups=tuple(replace(g, operator=name(g.operator) if g.operator else "") for g in result.groups),
        askers=tuple(replace(a, asker=name(a.asker)) for a in result.askers),
        reads_before_pickup=tuple(replace(r, asker=name(r.asker)) for r in result.reads_before_pickup),
    )


def _places(snapshot: Snapshot, outlets: UInts) -> Floats | None:
    rows = snapshot.outlets()
    keys = snapshot.keys(rows["outlet"].to_pylist())
    order = np.argsort(keys)
    values = [np.append(rows[n].to_numpy()[order].astype(np.float64), np.nan) for n in ("latitude", "longitude")]
    found: Floats = np.column_stack(values)[find_rows(keys[order], outlets)]
    return found if np.isfinite(found).any() else None


class _Teller:
    """Puts what was judged into results, with names for keys and codes."""

    def __init__(self, snapshot: Snapshot, made: Judged, options: Options) -> None:
        self._snapshot, self._made, self._o = snapshot, made, options
        self._day = (made.journeys.parcels["first"] + options.offset) // DAY_US

    def _outlets(self, codes: Longs) -> list[str]:
        keys = np.append(self._made.journeys.outlets, np.uint64(0))
        return self._snapshot.names("outlet", keys[codes])

    def _numbers(self, places: Longs) -> list[str]:
        return self._snapshot.names("waybill", self._made.journeys.parcels["key"][places].astype(np.uint64))

    def parcels(self) -> tuple[ParcelFinding, ...]:
        """Those likelier than not, the most probable first."""
        made = self._made
        chance = made.groups.parcel
        found = np.flatnonzero(chance >= 0.5)
        found = found[np.lexsort((made.journeys.parcels["key"][found], -chance[found].round(6)))][:MOST]
        out = []
        for place, number in zip(found.tolist(), self._numbers(found), strict=True):
            kind = tuple(Kind)[made.groups.kind[place]]
            out.append(
                ParcelFinding(
                    waybill=number, probability=float(chance[place]), kind=kind, reasons=self._reasons(place)
                )
            )  # fmt: skip
        return tuple(out)

    def _reasons(self, place: int) -> tuple[Reason, ...]:
        w = self._made.weighed
        found = [c for c in range(len(w.facts)) if abs(w.llr[place, c]) >= _SAID and w.row[place, c] >= 0]
        found.sort(key=lambda c: -w.llr[place, c])
        return tuple(
            Reason(code=w.facts[c], fact=self._fact(c, int(w.row[place, c])), llr=float(w.llr[place, c])) for c in found
        )

    def _fact(self, column: int, row: int) -> Mapping[str, int | float | str]:
        """What the words of a reason need."""
        if not column:
            r = self._made.reads
            told: dict[str, int | float | str] = {
                "visits": int(r.judged[row]), "read": int(r.read[row]), "coverage": round(float(r.expected[row]), 3),
            }  # fmt: skip
            return told | ({"beside": round(float(r.beside[row]), 3)} if np.isfinite(r.beside[row]) else {})
        out: dict[str, int | float | str] = {}
        for name, values in self._made.facts[column - 1].values.items():
            value = values[row].item()
            if np.isfinite(value):
                out[name] = round(value, 2)
        return out

    def groups(self) -> tuple[GroupFinding, ...]:
        """Those from the threshold on, the most probable first."""
        g, p = self._made.groups, self._made.journeys.parcels
        found = np.flatnonzero(g.probability >= self._o.threshold)
        found = found[
            np.lexsort((p["key"][g.head[found]], -g.expected[found].round(3), -g.probability[found].round(4)))
        ]
        found = found[:MOST]
        members = _members(g.group, found)
        head = g.head[found]
        outlets = self._outlets(p["pickup"][head])
        actors = np.append(self._made.journeys.actors, np.uint64(0))
        operators = self._snapshot.names("actor", actors[p["collector"][head]])
        senders = self._senders(p["key"][head].astype(np.uint64))
        out = []
        for k, (place, all_) in enumerate(zip(found.tolist(), members, strict=True)):
            mine = all_[np.lexsort((p["key"][all_], -g.parcel[all_].round(6)))]
            likely = mine[g.parcel[mine] >= 0.5]
            out.append(
                GroupFinding(
                    sender=senders[k], outlet=outlets[k], operator=operators[k], day=int(self._day[head[k]]),
                    probability=float(g.probability[place]), size=int(g.size[place]),
                    expected=float(g.expected[place]), parcels=tuple(self._numbers(likely[:1000])),
                    reasons=self._shared(likely if len(likely) else mine[:1]),
                )
            )  # fmt: skip
        return tuple(out)

    def _senders(self, keys: UInts) -> list[str]:
        if not len(keys) or "waybills" not in self._snapshot.tables:
            return [""] * len(keys)
        rows = self._snapshot.kept("waybills", keys, ("customer",))
        names = [*rows["customer"].to_pylist(), None]
        return [names[row] or "" for row in find_rows(rows["waybill"].to_numpy(), keys).tolist()]

    def _shared(self, places: Longs) -> tuple[Reason, ...]:
        """Of each fact the mean over parcels, with that of the parcel in which it is strongest."""
        w = self._made.weighed
        mean = w.llr[places].mean(axis=0)
        out = []
        for c in np.argsort(-mean, kind="stable").tolist():
            top = int(places[np.argmax(w.llr[places, c])])
            if abs(mean[c]) >= _SAID and w.row[top, c] >= 0:
                out.append(Reason(code=w.facts[c], fact=self._fact(c, int(w.row[top, c])), llr=float(mean[c])))
        return tuple(out)

    def abstained(self) -> tuple[Abstained, ...]:
        """Rule 2: parcels that weren't judged, by the place that sees least, and the day."""
        made, visits = self._made, self._made.journeys.visits
        none = np.flatnonzero(~made.judged)
        if not len(none):
            return ()
        if "entered" not in made.journeys.has:
            some = tuple(self._numbers(none[:_SOME]))
            return (
                Abstained(
                    reason=NotJudged.NO_ENTRIES, outlet="", day=None, coverage=None, parcels=len(none), waybills=some
                ),
            )
        seen = {(c.outlet, c.day): c.share for c in made.reads.coverage}
        lowest = made.reads.lowest[none]
        outlet = np.where(lowest >= 0, visits["outlet"][lowest], -1) if len(visits) else np.full(len(none), -1)
        day = (visits["at"][lowest] + self._o.offset) // DAY_US if len(visits) else np.zeros(len(none), np.int64)
        watched = np.array([(str(a), b) in seen for a, b in zip(outlet.tolist(), day.tolist(), strict=True)])
        outlet, day = np.where(watched, outlet, -1), np.where(watched, day, self._day[none])
        cells, cell = np.unique(np.column_stack([outlet, day]), axis=0, return_inverse=True)
        names, out = self._outlets(cells[:, 0]), []
        for k, mine in enumerate(_members(cell.reshape(-1), np.arange(len(cells)))):
            at = int(cells[k, 1])
            share = seen.get((str(int(cells[k, 0])), at))
            reason = NotJudged.NO_MACHINE if share is None else NotJudged.COVERAGE
            some = tuple(self._numbers(none[mine[:_SOME]]))
            out.append(
                Abstained(
                    reason=reason, outlet=names[k], day=at, coverage=share, parcels=len(mine), waybills=some
                )
            )  # fmt: skip
        return tuple(sorted(out, key=lambda a: (-a.parcels, a.outlet, a.day)))

    def coverage(self) -> tuple[Coverage, ...]:
        """Of places with machines, by name."""
        rows = self._made.reads.coverage
        names = self._outlets(np.array([int(c.outlet) for c in rows], np.int64))
        named = [replace(c, outlet=name) for c, name in zip(rows, names, strict=True)]
        return tuple(sorted(named, key=lambda c: (c.outlet, c.day)))


def _members(group: Longs, wanted: Longs) -> list[Longs]:
    """Places of the members of some groups."""
    order = np.argsort(group, kind="stable")
    low, high = (np.searchsorted(group[order], wanted, side) for side in ("left", "right"))
    return [order[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True)]


def _lacking(snapshot: Snapshot, j: Journeys) -> tuple[str, ...]:
    tables = [t for t in ("scans", "waybills", "outlets", "accesses") if t not in snapshot.tables]
    columns = [full for name, full in _HAS.items() if name not in j.has and full.split(".")[0] not in tables]
    return (*tables, *columns)


def _skills(made: Judged) -> tuple[SkillReach, ...]:
    """What can be found with what the ledger has (rule 7)."""
    reads = bool(made.judged.any())
    moved = reads and bool(len(made.journeys.legs))
    able = {
        Skill.CLUMSY: reads, Skill.LANES: moved, Skill.WEIGHTS: moved, Skill.REPLAY: reads,
        Skill.REPLAY_MACHINE: False, Skill.BORROWED: False, Skill.UNWATCHED: False,
    }  # fmt: skip
    return tuple(
        SkillReach(skill=s, found=found, why=f"{s}_{'found' if found else 'not'}") for s, found in able.items()
    )


def _ask_early(snapshot: Snapshot, j: Journeys) -> tuple[tuple[Asker, ...], tuple[EarlyRead, ...], int]:
    """Rule 8: who asks before pickup, but for the issuing side, held to what others of the kind do."""
    rows = j.early[~_of_issuing_side(snapshot, j.early)]
    keys = j.readers
    if not len(rows):
        return (), (), 0
    names = snapshot.names("actor", keys)
    actors = snapshot.actors()
    posts = {a: (k, r) for a, k, r in zip(*(actors[n].to_pylist() for n in ("actor", "kind", "role")), strict=True)}
    kinds = [posts.get(name, ("", "")) for name in names]
    early = np.bincount(np.searchsorted(keys, rows["actor"]), minlength=len(keys))
    kind = np.unique(np.array([f"{a}\x1f{b}" for a, b in kinds]), return_inverse=True)[1]
    usual = _usual_share(early, j.reads, kind)
    chance = binom.sf(early - 1, j.reads, _most_share(early, j.reads, kind, usual))
    odd = np.flatnonzero((early > 0) & (chance * len(keys) < _UNUSUAL))
    odd = odd[np.lexsort((keys[odd], -(early[odd] - j.reads[odd] * usual[odd])))]
    askers = tuple(
        Asker(
            asker=names[k], kind=kinds[k][0], role=kinds[k][1], early=int(early[k]), parcels=int(j.reads[k]),
            usual=float(usual[k]), chance=float(f"{chance[k]:.3g}"),
        )
        for k in odd.tolist()
    )  # fmt: skip
    some = rows[np.isin(rows["actor"], keys[odd])]
    some = some[np.lexsort((some["key"], some["actor"], some["at"]))][:MOST]
    numbers, whose = (
        snapshot.names(kind, some[n].astype(np.uint64)) for kind, n in (("waybill", "key"), ("actor", "actor"))
    )
    listed = tuple(
        EarlyRead(waybill=number, asker=who, at=at, minutes=(first - at) / 60e6)
        for number, who, at, first in zip(numbers, whose, some["at"].tolist(), some["first"].tolist(), strict=True)
    )
    return askers, listed, len(rows)


def _usual_share(early: Longs, parcels: Longs, kind: Longs) -> Floats:
    """Share of early reads of the others of a kind, drawn to that of all where these are few."""
    all_ = (early.sum() + 1) / (parcels.sum() + 2)
    of_kind = [np.bincount(kind, x)[kind] - x for x in (early, parcels)]
    usual: Floats = (of_kind[0] + 50 * all_) / (of_kind[1] + 50)
    return np.clip(usual, 1e-4, 1.0)


def _most_share(early: Longs, parcels: Longs, kind: Longs, usual: Floats) -> Floats:
    """What is still no wonder: twice the odds of the twentieth of the others of a kind that ask early most.

    Honest people of a kind differ by far more than chance, and no shape of that holds in all houses: ranks do.
    """
    share, most = (early + _SHRUNK * usual) / (parcels + _SHRUNK), usual.copy()
    for one in range(int(kind.max()) + 1):
        mine = np.flatnonzero(kind == one)
        sorted_ = np.sort(share[mine])
        place = max(0, int(np.ceil(_MANY * (len(mine) - 1))) - 1)
        if len(mine) > 1:
            below = np.searchsorted(sorted_, share[mine]) <= place
            most[mine] = np.maximum(most[mine], np.where(below, sorted_[place + 1], sorted_[place]))
    odds: Floats = 2 * most / (1 - np.minimum(most, 0.9999))
    return odds / (1 + odds)


def _of_issuing_side(snapshot: Snapshot, rows: Rows) -> Flags:
    """Whether an account is the interface that issued the number, or holds it: by name, or by `assignments`."""
    a = snapshot.assignments()
    pairs: dict[str, Sequence[str]] = {n: [str(x) for x in a[n].to_pylist()] for n in ("actor", "scope", "value")}
    out: Flags = (rows["actor"] == rows["channel"]) | (rows["actor"] == rows["sender"])
    for scope, column in (("channel", "channel"), ("customer", "sender")):
        mine = [k for k, one in enumerate(pairs["scope"]) if one == scope]
        actors, values = (snapshot.keys([pairs[n][k] for k in mine]) for n in ("actor", "value"))
        out |= np.isin(_pair(rows["actor"]) ^ rows[column], _pair(actors) ^ values) & (rows[column] != 0)
    return out


def _pair(keys: UInts) -> UInts:
    with np.errstate(over="ignore"):
        out: UInts = keys * np.uint64(0x9E3779B97F4A7C15)
    return out
