"""All detectors on a view.

How probable it is that an account does work that no table knows: then odd reads say nothing, if they go on as ever.

1. That no table knows an account's work at all (most of its reads are odd) is learnt from peers by partial pooling:
   accounts of the same role, shrunk towards those of the same kind (person, service, partner, device), and these
   towards everybody. Who answers for something by a table, and reads it, has those for peers who do, too: roles may be
   missing. Among n others of the kind it is never less probable than SINGLE in n + 1: of a few services, each may do
   what no other does.
2. That such work is of the account's size, or that it has odd work beside that which tables know, is learnt from
   ranks: how many others of the role typically have at least 1 / NEAR of its odd reads a day. One in PULLING may pull,
   too; and as long as there are few others (FEW halve it), or neither role nor kind tells anybody's work, anything is
   thought possible. Of people, whose work is of a size, what is more than NEAR times that of the third of the others
   is less probable, as much as it is more. Nothing is less probable than SELDOM: among many there is always one whose
   work is other.
3. Its own odd reads make it no more probable, so that whoever only pulls stands out among peers whose work the tables
   know. But an account that was explained up to the day before is known.
4. What many people of a role have done at some time is work that one of them may begin, though seldom (EVER): a search
   for lost parcels, a new task; interfaces and devices vouch for nobody. It is as probable as the share of others that
   so far have ever begun as much, or 1 / NEAR of it, and gone on with it as long. RING of them may be a ring, but never
   more than TOGETHER of the role.
5. What is said of a day hangs on that day and those before it, but for who is whose peer.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from wayseal.detect._view import View
from wayseal.detect.detectors import Detector, Odd
from wayseal.detect.peers import AGES, WEEKS, Causes, DailyEvidence, Usual, evidence, fit
from wayseal.model.arrays import Flags, Floats, Ints, Longs
from wayseal.model.kinds import ActorKind

IDLE, SEEN = 0.5, 5
"""Share of an account's first reads that are odd, above which no table knows its work; of SEEN or more."""
SINGLE = 0.3
NEAR, FEW, PULLING, SELDOM = 2.0, 8.0, 0.005, 2e-5
MOST = 0.5
"""Of all accounts: a role that more have tells nobody's work."""
RING, TOGETHER = 6, 0.3
EVER = 5e-3
BEGUN, SOME = 2.0, 4
"""How many times what it was before something must be to have begun; odd reads below which nobody began anything."""
_POOL, _ANYBODY = 0.5, 0.01
"""For how many accounts the wider group stands; what is taken where nobody was seen."""


class Peers:
    """Who is pooled with whom (rule 1): everybody, a kind, a role; and how many of each were seen by each day."""

    def __init__(self, view: View) -> None:
        s = view.suspects
        answers = (view.count(s.weak & (s.territory == 0)).sum(axis=1) >= SEEN).astype(np.int64)
        kind = view.kind.astype(np.int64) << 1 | answers
        judged = view.first - view.mandate
        self.active = np.maximum(np.cumsum(judged > 0, axis=1), 1)
        self.judged = np.cumsum(judged, axis=1)
        self.seen = self.judged >= SEEN
        self.groups = [Group(each) for each in (np.zeros_like(kind), kind, kind << 32 | view.role)]
        self.others = [group.others(self.seen) for group in self.groups]
        kinds_tell = len(np.unique(view.kind)) > 1
        self.people = np.array([kind == ActorKind.PERSON for kind in view.kinds])[view.kind]
        self.maybe_people = view.maybe_people
        self.telling = _tells(view.role, view.roles, MOST) | (kinds_tell & _tells(view.kind, view.kinds, 1.0))
        self._telling_others = np.where(self.telling[:, None], self.others[-1], 0)
        self._few: Floats = 0.5 ** (self._telling_others / FEW)

    def find_causes(self, odd: Longs) -> Causes:
        """All innocent causes of what counts as odd on each day, int64 (a, d)."""
        steady = self.find_steady_work(odd)
        return Causes(unknown=self.find_unknown_work(odd), steady=steady, shared=self.find_shared_work(odd))

    def find_shared_work(self, odd: Longs) -> Floats:
        """float64 (a, d, AGES): that what began on a day is what others of the role have done, too (rule 4)."""
        return self.follow_beginnings(odd)[0]

    def follow_beginnings(self, odd: Longs) -> tuple[Floats, Floats]:
        """`find_shared_work`, and the most that each account ever began, float64 (a, AGES), -1 for nothing."""
        accounts, days = odd.shape
        out = np.zeros((accounts, days, len(AGES)))
        every = np.full((accounts, len(AGES)), -1.0)
        some = np.flatnonzero((odd >= SOME).any(axis=1) & self.maybe_people)
        if not len(some):
            return out, every
        summed = np.zeros((len(some), days + 1))
        np.cumsum(odd[some], axis=1, out=summed[:, 1:])
        n = self.others[-1][some]
        most = every[some]
        for since in range(days):
            before = (summed[:, since] / max(since, 1))[:, None]
            ends = np.minimum(since + AGES, days - 1)
            more = (summed[:, ends + 1] - summed[:, since, None]) / (ends - since + 1) - before
            more[(more < (BEGUN - 1.0) * before) | (more <= 0)] = -1.0
            others = n[:, ends]
            spared = np.minimum(RING, TOGETHER * others)
            most = np.maximum(most, more)
            many = np.maximum(self.groups[-1].others_near(more, some, most) - spared, 0.0)
            out[some, since] = np.where(more > 0, EVER * many / (others + 1.0), 0.0)
        every[some] = most
        return out, every

    def find_unknown_work(self, odd: Longs) -> Floats:
        """float64 (a, d): that no table knows its work (rule 1), given what counts as odd on each day, int64 (a, d)."""
        idle = self.seen & (np.cumsum(odd, axis=1) > IDLE * self.judged)
        out = np.full(odd.shape, _ANYBODY)
        for group, seen in zip(self.groups, self.others, strict=True):
            out = (group.others(idle) + _POOL * out) / (seen + _POOL)
        out = np.maximum(out, SINGLE / (self.others[1] + 1.0))
        explained = np.zeros(odd.shape, np.bool_)
        explained[:, 1:] = (self.seen & ~idle)[:, :-1]
        return np.where(explained, 0.0, out)

    def find_steady_work(self, odd: Longs) -> Floats:
        """float64 (a, d): that work of its own may have as many odd reads a day as the account has (rule 2)."""
        typical = np.where(self.seen, np.cumsum(odd, axis=1) / self.active, -1.0)
        n = self._telling_others
        many = np.maximum(self.groups[-1].others_near(typical) - PULLING * n, 0.0)
        share: Floats = (many + self._few) / (n + 1.0)
        third = self.groups[-1].third_of_others(typical)
        far = np.where(third > 0, NEAR * third / np.maximum(typical, 1e-9), 1.0)
        share = np.where((self.people & self.telling)[:, None], share * np.minimum(far, 1.0), share)
        return np.clip(share, SELDOM, 1.0)


def _tells(codes: Ints, names: Sequence[str], most: float) -> Flags:
    """Bool (a,): whose word there is one, and not that of more than `most` of all."""
    telling = np.array([bool(name) for name in names]) & (np.bincount(codes, minlength=len(names)) <= most * len(codes))
    out: Flags = telling[codes]
    return out


class Group:
    """Accounts by a code each. codes: int64 (a,), from 0."""

    def __init__(self, codes: Longs) -> None:
        self._order = np.argsort(codes, kind="stable")
        ordered = codes[self._order]
        self._starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(codes)])
        self.codes = np.empty(len(codes), np.int64)
        self.codes[self._order] = np.searchsorted(self._starts, np.arange(len(codes)), side="right") - 1

    def others(self, flags: Flags) -> Longs:
        """int64 (a, d): of how many others of its group it is so."""
        if not len(flags):
            return flags.astype(np.int64)
        counts = np.add.reduceat(flags[self._order], self._starts, axis=0, dtype=np.int64)
        others: Longs = counts[self.codes] - flags
        return others

    def third_of_others(self, values: Floats) -> Floats:
        """float64 (a, d): the third largest value among others of its group; 0 where there are fewer."""
        out = np.zeros(values.shape)
        for start, stop in pairwise(np.append(self._starts, len(self._order)).tolist()):
            mine = self._order[start:stop]
            if len(mine) > 3:
                top = -np.partition(-values[mine], (2, 3), axis=0)[2:4]
                out[mine] = np.where(values[mine] >= top[0], top[1], top[0])
        return out

    def others_near(self, values: Floats, some: Longs | None = None, theirs: Floats | None = None) -> Longs:
        """int64 (a, d): how many others of its group have at least 1 / NEAR of its value; negative ones don't count.

        some: the accounts whose values these are; None: all.
        """
        out = np.zeros(values.shape, np.int64)
        order, starts = self._order, self._starts
        if some is not None:
            order = np.argsort(self.codes[some], kind="stable")
            starts = np.flatnonzero(np.diff(self.codes[some][order], prepend=-1))
        for start, stop in pairwise(np.append(starts, len(order)).tolist()):
            mine = order[start:stop]
            for day in range(values.shape[1]):
                own = values[mine, day]
                other = own if theirs is None else theirs[mine, day]
                below = np.searchsorted(np.sort(other), np.maximum(own / NEAR, 0.0))
                out[mine, day] = len(mine) - below - (own >= 0)
        return out


MAIN = "unexplained_first_reads"
FRESH = "fresh_first_reads"
RESPONSIBILITY = "responsibility_only"
STORIES = (FRESH, RESPONSIBILITY)
"""Detectors of whom the one that says most tells since when, and how, somebody reads what no work explains."""
SURE = frozenset(("canary_touch", "partner_contract"))
_THREADS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The judgement of one detector on a view: counts, what is usual among peers, evidence.

    causes: how probable innocent causes are. cleared: bool (a, d), days said to be work, or None for no day.
    """

    name: str
    odd: Odd
    usual: Usual
    evidence: DailyEvidence
    causes: Causes
    cleared: Flags | None = None

    @property
    def sure(self) -> bool:
        """True if what it counts is sure by itself, and no matter of what is usual."""
        return self.name in SURE

    @property
    def is_detail(self) -> bool:
        """True if it tells only how unexplained reads were done, or what else there was."""
        return self.name != MAIN and not self.sure and not self.odd.weak


def judge(view: View, detectors: Sequence[Detector], cleared: Flags | None = None) -> tuple[Finding, ...]:
    """Each detector's findings. cleared: bool (a, d), days of which somebody has said that they were work."""
    peers = Peers(view)
    main = view.count(view.suspects.plain | view.suspects.unknown)
    main_causes = peers.find_causes(main)

    def found(detector: Detector) -> Finding:
        odd = detector.count(view)
        own = detector.name != MAIN and odd.among is None
        causes = peers.find_causes(odd.odd) if own else main_causes
        usual = fit(odd.odd, odd.base, view.group, view.role)
        weighed = evidence(odd.odd, odd.base, view.group, usual, causes, cleared)
        if odd.least > 0:
            weighed = _at_least(weighed, odd, cleared)
        return Finding(
            name=detector.name,
            odd=odd,
            usual=usual,
            evidence=weighed,
            causes=causes,
            cleared=cleared,
        )

    # Those with the most to weigh first, so that no thread waits for the other at the end.
    with ThreadPoolExecutor(_THREADS) as pool:
        made = {d.name: pool.submit(found, d) for d in sorted(detectors, key=lambda d: d.name not in (MAIN, FRESH))}
        return tuple(made[d.name].result() for d in detectors)


def _at_least(weighed: DailyEvidence, odd: Odd, cleared: Flags | None) -> DailyEvidence:
    """Evidence of no less than `odd.least` on the four weeks from an odd read on, unless its day is cleared."""
    total, since = weighed.total.copy(), weighed.since.copy()
    counts = odd.odd > 0 if cleared is None else (odd.odd > 0) & ~cleared
    for actor in np.flatnonzero(counts.any(axis=1)).tolist():
        days = np.flatnonzero(counts[actor])
        for day in range(int(days[0]), total.shape[1]):
            recent = days[(days > day - WEEKS) & (days <= day)]
            if len(recent) and total[actor, day] < odd.least:
                total[actor, day], since[actor, day] = odd.least, recent[0]
    return replace(weighed, total=total, since=since)
