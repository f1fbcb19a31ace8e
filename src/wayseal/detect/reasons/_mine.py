"""Which templates would explain the most of what nothing explains, each after the ones before it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from wayseal import __version__
from wayseal.detect.explain import Template, code_rules
from wayseal.detect.facts import ExplanationContext, Facts
from wayseal.detect.reasons._candidates import COLLEAGUE, Candidate, candidates
from wayseal.detect.reasons._colleagues_and_lanes import by_colleague, by_lane, reads_of
from wayseal.detect.reasons._measure import Side, Support, support
from wayseal.detect.reasons._sample import Flags, Ints, ReadPairs, Sample, sample_of
from wayseal.ledger import Snapshot

Progress = Callable[[str, int, int], None]
_ENOUGH = 0.9
"""Of a family the narrowest template is taken that explains such a part of what its best one does."""
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_-]+")
Hits = tuple[Flags, Flags]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateProposal:
    """A template that would explain `reads` suspects of `accounts` accounts. template: None where none can say it.

    kind: its `by`, or colleague or lane. share: of all suspects; chance: of chance reads; lift: how many times more.
    largest: share of the account that has most; median: reads of an account. left_out: accounts that dominate, and
    their reads. roles: names. example: account (as it may be shown), waybill, µs.
    """

    kind: str
    template: Template | None
    roles: tuple[str, ...]
    reads: int
    accounts: int
    share: float
    chance: float
    lift: float
    largest: float
    median: float
    left_out: tuple[int, int]
    example: tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MineResult:
    """What mining found. first_reads: in the ledger; unexplained: by no work, of known parcels; looked: of these.

    chance: reads drawn. left: of those looked at, what no proposal explains.
    """

    wayseal: str
    ledger_digest: str
    first_reads: int
    unexplained: int
    looked: int
    chance: int
    left: int
    proposals: tuple[TemplateProposal, ...]


def mine_templates(
    snapshot: Snapshot,
    facts: Facts,
    context: ExplanationContext,
    templates: Sequence[Template],
    limit: int,
    name: Callable[[str], str] = str,
    progress: Progress = lambda *_: None,
) -> MineResult:
    """Looks for up to `limit` templates. ground: of these templates; name: under which an account may be shown."""
    sample = sample_of(snapshot, facts.suspects, context)
    roles, names = _roles(snapshot, context)
    tried = candidates(templates)
    found = []
    hits = _Hits(snapshot=snapshot, sample=sample, context=context)
    for done, one in enumerate(tried):
        progress("mine", done, len(tried))
        found.append(hits.of(one))
    progress("mine", len(tried), len(tried))
    chosen, left = _greedy(sample, tried, found, roles, len(names), limit)
    taken = {t.name for t in templates}
    proposals = []
    for one, s in chosen:
        proposals.append(_proposal(snapshot, context, sample, one, s, names, taken, name))
        taken |= {t.name for p in proposals if (t := p.template)}
    return MineResult(
        wayseal=__version__,
        ledger_digest=snapshot.digest,
        first_reads=int(np.sum(facts.hours["first"].to_numpy())),
        unexplained=sample.all,
        looked=len(sample.suspects),
        chance=len(sample.chance),
        left=left,
        proposals=tuple(proposals),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hits:
    snapshot: Snapshot
    sample: Sample
    context: ExplanationContext

    def of(self, one: Candidate) -> Hits:
        """Which suspects and which chance reads a candidate explains."""
        s = self.sample
        if one.template is not None:
            none = pa.table({"role": [], "kind": [], "rights": []})
            rules = code_rules([one.template], self.context.staff, np.zeros(0, np.uint64), none)
            return (
                s.suspects.why(s.tables, self.context, rules) == 0,
                s.chance.why(s.tables, self.context, rules) == 0,
            )
        if one.kind != COLLEAGUE:
            return (self.lane(s.suspects), self.lane(s.chance))
        keys = np.union1d(s.suspects.waybill, s.chance.waybill)
        reads = reads_of(self.snapshot, keys, self.context)
        return (self.colleague(s.suspects, reads), self.colleague(s.chance, reads))

    def lane(self, pairs: ReadPairs) -> Flags:
        return by_lane(pairs, self.sample.tables, self.sample.controls, self.context)

    def colleague(self, pairs: ReadPairs, reads: ReadPairs) -> Flags:
        return by_colleague(pairs, reads, self.sample.tables, self.context)


def _roles(snapshot: Snapshot, context: ExplanationContext) -> tuple[Ints, tuple[str, ...]]:
    """Code of each account's role (-1: none known), and the roles' names."""
    actors = snapshot.actors()
    place = context.staff.actors.places(snapshot.keys(actors["actor"].to_pylist()))
    names: dict[str, int] = {}
    out = np.full(len(context.staff.actors), -1, np.int32)
    codes = [names.setdefault(role, len(names)) for role in actors["role"].to_pylist()]
    there = place >= 0
    out[place[there]] = np.array(codes, np.int32)[there]
    return out, tuple(names)


def _greedy(
    sample: Sample, tried: Sequence[Candidate], found: Sequence[Hits], roles: Ints, count: int, limit: int
) -> tuple[list[tuple[Candidate, Support]], int]:
    """The best candidate, then the best of what is left, and so on; how many suspects are left at the end."""
    real = Side(role=roles[sample.suspects.actor], actor=sample.suspects.actor, open=_all(sample.suspects))
    chance = Side(role=roles[sample.chance.actor], actor=sample.chance.actor, open=_all(sample.chance))
    out: list[tuple[Candidate, Support]] = []
    while len(out) < limit:
        each = [(k, s) for k, (a, b) in enumerate(found) if (s := support(a, b, real, chance, count)) is not None]
        if not each:
            break
        k, best = _narrowest(each, tried)
        out.append((tried[k], best))
        mine = np.isin(real.role, best.roles)
        real = replace(real, open=real.open & ~(found[k][0] & mine))
        chance = replace(chance, open=chance.open & ~(found[k][1] & np.isin(chance.role, best.roles)))
    return out, int(real.open.sum())


def _all(pairs: ReadPairs) -> Flags:
    return np.ones(len(pairs), np.bool_)


def _narrowest(each: Sequence[tuple[int, Support]], tried: Sequence[Candidate]) -> tuple[int, Support]:
    """The candidate that explains most beyond chance, or a narrower one of its family that explains nearly as much.

    What a template can say goes before what none can.
    """
    sayable = [(k, s) for k, s in each if tried[k].template is not None] or each
    best = max(sayable, key=lambda pair: pair[1].excess)
    family = [p for p in sayable if tried[p[0]].family == tried[best[0]].family]
    return next(p for p in family if p[1].excess >= _ENOUGH * best[1].excess)


def _proposal(
    snapshot: Snapshot,
    context: ExplanationContext,
    sample: Sample,
    one: Candidate,
    found: Support,
    names: Sequence[str],
    taken: set[str],
    name: Callable[[str], str],
) -> TemplateProposal:
    roles = tuple(sorted(names[code] for code in found.roles))
    template = None
    if one.template is not None:
        template = replace(one.template, name=_named(one.family, roles, taken), roles=frozenset(roles))
    first = int(np.flatnonzero(found.which)[0])
    key = context.staff.actors.keys[sample.suspects.actor[first]]
    actor = snapshot.names("actor", [int(key)])[0]
    waybill = snapshot.names("waybill", [int(sample.suspects.waybill[first])])[0]
    return TemplateProposal(
        kind=one.kind,
        template=template,
        roles=roles,
        reads=found.reads,
        accounts=found.accounts,
        share=found.reads / max(len(sample.suspects), 1),
        chance=found.chance,
        lift=found.lift,
        largest=found.largest,
        median=found.median,
        left_out=found.left_out,
        example=(name(actor), waybill, int(sample.suspects.at[first])),
    )


def _named(family: str, roles: Sequence[str], taken: set[str]) -> str:
    """A name that is still free: the family's, and the role's where it is one."""
    base = family.removeprefix("new ") + ("-" + roles[0].lower() if len(roles) == 1 else "-more")
    base = _NOT_IN_NAMES.sub("-", base).strip("-")[:36]
    free = (n for k in range(1, len(taken) + 2) if (n := base if k == 1 else f"{base}-{k}") not in taken)
    return next(free)
