"""What detection has found, complete: every report is a function of it and of the language."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One read: number of the waybill, id of the account, µs; why: what is said of it, such as "early"."""

    waybill: str
    actor: str
    at: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an account stands out: a detector's evidence (nats), its count since a time (µs), and what its peers have.

    peers: 5th and 95th percentile of the same count of peers in the same days. values: blanks of the text. reads: some
    of the reads behind it, the newest last; all of them are `total_reads`.
    """

    detector: str
    weight: float
    value: int
    peers: tuple[int, int]
    since: int
    until: int
    values: Mapping[str, object] = field(default_factory=dict)
    reads: tuple[Read, ...] = ()
    total_reads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account of a case: id, role, place (outlet or region), evidence, and its reasons, the strongest first.

    odd: how many of the case's odd reads are its own.
    """

    actor: str
    role: str
    place: str
    evidence: float
    alerted_at: int | None
    reasons: tuple[Reason, ...]
    odd: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Accounts that stand out, alone or together.

    Attributes:
        id: "" until a casebook has given one.
        people: The accounts, each with its reasons.
        score: Probability, given prior and evidence.
        evidence: Nats.
        alerted_at: Microseconds since 1970 of the read that tipped the balance.
        reads: Odd reads of single parcels.
        waybills: Their numbers, the newest first, cut at `MOST_WAYBILLS`.
        by: What links the accounts.
        last_read: Microseconds since 1970 of the newest odd read; 0 without any.
        state: How it stands in the casebook (`casebook.types.State`); "" where it stands in none.
    """

    id: str
    people: tuple[Person, ...]
    score: float
    evidence: float
    alerted_at: int
    reads: int
    waybills: tuple[str, ...]
    by: tuple[str, ...] = ()
    last_read: int = 0
    state: str = ""

    @property
    def actors(self) -> tuple[str, ...]:
        """Ids of the accounts, the strongest first."""
        return tuple(p.actor for p in self.people)

    @property
    def until(self) -> int:
        """µs of the newest read that it tells of: what a verdict on it is about."""
        return max(self.alerted_at, self.last_read, *(r.until for p in self.people for r in p.reasons))


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstReads:
    """First reads in the window.

    all; explained by strong templates; under a mandate; explained by learnt territory; weakly explained; of waybills of
    which nothing is known; the rest nothing explains.
    """

    all: int
    explained: int
    mandate: int
    learnt: int
    weak: int
    unknown: int

    @property
    def unexplained(self) -> int:
        """Those that nothing explains."""
        return self.all - self.explained - self.mandate - self.learnt - self.weak - self.unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How much of the window could be judged.

    first_reads: so many could. left_out: so many are of waybills that no table knows, too many to be a sign. enough:
    whether it means something that an account doesn't stand out.
    """

    first_reads: int
    left_out: int
    enough: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that a reader must know: a code of the catalogue and its blanks."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectResult:
    """A run of detection over [since, until).

    Attributes:
        wayseal: Version that made it.
        ledger: The ledger's name.
        digest: The ledger's digest.
        offset: Local time, microseconds ahead of UTC.
        since: Microseconds since 1970.
        until: Microseconds since 1970, excluded.
        budget: Cases a day at most.
        accounts: How many were looked at.
        reads: How many were looked at.
        first_reads: First reads, and how many are explained by what.
        judged: How much of that could be judged.
        first_days: (local day since 1970, first reads, unexplained ones).
        not_judged: What could not be judged, and why.
        remarks: What else a reader must know.
        cases: What stands out, the weightiest first.
        held: Cases that found no room in the budget.
        peers: Version of what was learnt about peers.
    """

    wayseal: str
    ledger: str
    digest: str
    offset: int
    since: int
    until: int
    budget: int
    accounts: int
    reads: int
    first_reads: FirstReads
    judged: Judged
    first_days: tuple[tuple[int, int, int], ...]
    not_judged: tuple[Remark, ...]
    remarks: tuple[Remark, ...]
    cases: tuple[Case, ...]
    held: int
    peers: str = ""


MOST_WAYBILLS = 1_000
MOST_READS = 10
