"""Puts noise and gaps into a world as it runs, and counts what of them the log holds."""

from collections import Counter
from collections.abc import Callable

import numpy as np

from wayseal_sim._noise import KINDS, Habits, make_strays
from wayseal_sim._parcels import Parcels
from wayseal_sim._planted import usual_reason
from wayseal_sim._reads import Inquiries, Reads, waking
from wayseal_sim._scenario import Scenario
from wayseal_sim._staff import Role
from wayseal_sim.types import Ints, Mask, stream

Arrives = Callable[[np.random.Generator, Reads], Mask]
HANDED, UNWRITTEN = "handovers", "missing_tickets"


class Gaps:
    """The noise of a world, inquiries that another agent goes on with, and tickets that nobody wrote.

    first_reads: how many first reads of work there are a parcel. arrives: which reads the log gets. end: of the log.
    `told` counts by KINDS (tests: waybills), handovers and missing tickets.
    """

    def __init__(
        self, scenario: Scenario, habits: Habits, seed: int, *, first_reads: float, arrives: Arrives, end: int
    ) -> None:
        self._scenario, self._habits, self._seed = scenario, habits, seed
        self._first_reads, self._arrives, self._end = first_reads, arrives, end
        self.told: Counter[str] = Counter()

    @property
    def silent(self) -> bool:
        """Whether this world has no noise and no gaps."""
        told = self._scenario
        return not (told.noise or told.handovers or told.missing_tickets)

    def reads(self, k: int, p: Parcels, reads: Reads, asked: Inquiries) -> list[Reads]:
        """What the log gets of the noise to the k-th run of parcels, and of inquiries that changed hands."""
        rng = stream(self._seed, 24, k)
        return [self._noise(rng, p, reads), self._handed_on(rng, p, asked)]

    def tickets(self, k: int, asked: Inquiries) -> Inquiries:
        """The inquiries of the k-th run for which there is a ticket."""
        written = stream(self._seed, 25, k).random(len(asked.parcel)) >= self._scenario.missing_tickets
        self.told[UNWRITTEN] += int(np.count_nonzero(~written & (asked.opened < self._end)))
        return asked.keep(written)

    def _noise(self, rng: np.random.Generator, p: Parcels, reads: Reads) -> Reads:
        share = self._scenario.noise
        count = int(rng.poisson(share / (1 - share) * self._first_reads * len(p)))
        made = make_strays(rng, p, reads, self._habits, count)
        out = self._as_reads(p, made.at, made.idx, made.actor)
        kept = self._kept(rng, out)
        for nth, name in enumerate(KINDS):
            mine = kept & (made.kind == nth)
            pairs = made.actor[mine] * len(p) + made.idx[mine]
            self.told[name] += len(np.unique(pairs))
        return out.keep(kept)

    def _handed_on(self, rng: np.random.Generator, p: Parcels, asked: Inquiries) -> Reads:
        some = np.flatnonzero(rng.random(len(asked.parcel)) < self._scenario.handovers)
        opened, closed, first = asked.opened[some], asked.closed[some], asked.actor[some]
        at = waking(opened + (rng.uniform(0.1, 0.9, len(some)) * (closed - opened)).astype(np.int64))
        staff = self._habits.staff
        place = len(staff.scanner) + staff.region[first]
        other = staff.colleague(rng, place, Role.CUSTOMER_SERVICE, at, first)
        out = self._as_reads(p, at, asked.parcel[some] - p.base, other)
        kept = self._kept(rng, out)
        self.told[HANDED] += int(np.count_nonzero(kept))
        return out.keep(kept)

    def _as_reads(self, p: Parcels, at: Ints, idx: Ints, actor: Ints) -> Reads:
        return Reads(
            at=at,
            parcel=(idx + p.base).astype(np.int32),
            actor=actor.astype(np.int32),
            reason=usual_reason(self._habits.staff.role[actor]).astype(np.int8),
        )

    def _kept(self, rng: np.random.Generator, reads: Reads) -> Mask:
        out: Mask = self._arrives(rng, reads) & (reads.at < self._end)
        return out


def first_reads(reads: Reads, parcels: int, actors: int) -> float:
    """How many pairs of a parcel and an account there are a parcel."""
    pairs = reads.parcel.astype(np.int64) * actors + reads.actor
    return len(np.unique(pairs)) / parcels
