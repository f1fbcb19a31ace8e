"""The findings of detection, complete: every report is a function of it and of the language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from wayseal.detect.policy import FALSE_ALARM
from wayseal.page.programs import alias, rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalVerdict:
    """A decision on a case.

    Attributes:
        actors: Ids of its accounts.
        true: Whether they pulled.
        until: Up to when that is known, microseconds since 1970.
    """

    actors: tuple[str, ...]
    true: bool
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalEvidence:
    """Evidence from outside of the ledger.

    Attributes:
        counted: Detector → (account id, microseconds since 1970, count) of what it is told.
        reads: Detector → (account id, microseconds since 1970, waybill): some or all of the reads behind what it is
            told.
        verdicts: On earlier cases.
        linked: Ids of the accounts of each open case of several.
    """

    counted: Mapping[str, Sequence[tuple[str, int, int]]] = field(default_factory=dict)
    reads: Mapping[str, Sequence[tuple[str, int, str]]] = field(default_factory=dict)
    verdicts: Sequence[ExternalVerdict] = ()
    linked: Sequence[tuple[str, ...]] = ()


NOTHING = ExternalEvidence()


class Strength(StrEnum):
    """How strongly something speaks for pulling, in a word.

    CLEAR: at least ten times as probable as under work; STRONG: a thousand times; VERY_STRONG: a hundred thousand
    times; WEAK: less than ten times.
    """

    WEAK = "weak"
    CLEAR = "clear"
    STRONG = "strong"
    VERY_STRONG = "very_strong"


STRENGTHS = ((0.0, Strength.WEAK), (2.3, Strength.CLEAR), (6.9, Strength.STRONG), (11.5, Strength.VERY_STRONG))
"""From how many nats on: logarithms of one, ten, a thousand, a hundred thousand."""


def strength_of(nats: float) -> Strength:
    """The word for an amount of evidence."""
    return next((word for least, word in reversed(STRENGTHS) if nats >= least), Strength.WEAK)


class Others(StrEnum):
    """Whom a count is held against.

    PEERS: the role at places of like size; ROLE: the role; EVERYBODY: all accounts; NOBODY: there is nobody else.
    """

    PEERS = "peers"
    ROLE = "role"
    EVERYBODY = "everybody"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The yardstick of a count.

    Attributes:
        others: Whom.
        accounts: How many these are.
        days: Days before the count begins on which the account itself read.
        own: The same count on these days.
        unknown: Share of the others' first reads (of their role, else kind) that no table explains.
    """

    others: Others = Others.NOBODY
    accounts: int = 0
    days: Annotated[int, alias("own_days")] = 0
    own: int = 0
    unknown: Annotated[float, rounded(3)] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One read: number of the waybill, id of the account, µs; why: what is said of it, such as "early"."""

    waybill: str
    actor: str
    at: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an account stands out: a detector's evidence (nats), its count since a time (µs), and what others have.

    peers: 5th and 95th percentile of the same count of those whom it is held against, in the same days. values: blanks
    of the text. reads: some of the reads behind it, the newest last; all of them are `total_reads`. against: what else
    it was held against. before: its evidence at the end of the day of the alert, so that one sees what moved the score.
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
    against: Comparison = field(default_factory=Comparison)
    before: float = 0.0


class Ground(StrEnum):
    """Why reads look like work that no table knows: of one outlet, of what an interface issues, of the own area."""

    OUTLET = "outlet"
    INTERFACE = "interface"
    AREA = "area"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceArea:
    """First reads in the window that look like an account's work, as they have a ground in common.

    id: of the outlet or interface; "" of an area. Those of an area count weakly, the others not at all.
    """

    ground: Ground
    id: str
    reads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account of a case: id, role, place (outlet or region), evidence, and its reasons, the strongest first.

    evidence: log odds that its reasons add to the base. signals: what these were made of (`_score`). odd: how many of
    the case's odd reads are its own. kind: as `actors` has it, "" for none. territory: reads that look
    like its work, the most first.
    """

    actor: str
    role: str
    place: str
    evidence: float
    alerted_at: int | None
    reasons: tuple[Reason, ...]
    signals: Mapping[str, float] = field(default_factory=dict)
    odd: int = 0
    kind: str = ""
    territory: tuple[ServiceArea, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Accounts that stand out, alone or together.

    Attributes:
        id: "" until a casebook has given one.
        people: The accounts, each with its reasons.
        score: Probability, as of the window's end, that the one of the most odds pulls, as it was right of couriers of
            many kinds.
        evidence: Log odds that the reasons of this one add to the base.
        alerted_at: Microseconds since 1970 of the read that tipped the balance.
        reads: Odd reads of single parcels.
        waybills: Their numbers, the newest first, cut at `MOST_WAYBILLS`.
        by: What links the accounts.
        last_read: Microseconds since 1970 of the newest odd read; 0 without any.
        state: How it stands in the casebook (`cases.types.CaseState`); "" where it stands in none.
        young: Whether all that it tells is of so few days that it may be help, training or an audit.
        parcels_a_day: Odd reads of single parcels a day, from the first to the newest, over a week at least; or as many
            as it reads beyond what its role does, if that is its reason and more.
        worth: Whether it is worth acting on (`is_worth`). The others are what somebody may watch.
        course: The score at the end of each day from that of the alert on: (local day since 1970, score).
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
    young: bool = False
    parcels_a_day: float = 0.0
    worth: bool = False
    course: tuple[tuple[int, float], ...] = ()

    @property
    def expected_loss(self) -> float:
        """Parcels a day that one has to expect are lost by it: by this cases are in order."""
        return self.score * self.parcels_a_day

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


class Table(StrEnum):
    """A table, or a column of one, that would explain reads; of `assignments` by what it is about."""

    ACTORS = "actors"
    OUTLET = "actors.outlet"
    REGION = "actors.region"
    SCANS = "scans"
    TICKETS = "tickets"
    CHANNELS = "assignments.channel"
    REGIONS = "assignments.region"
    DUTIES = "assignments"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingWork:
    """A role (of none: a kind) whose first reads in the window are mostly explained by no table.

    accounts: how many of it have such reads. reads: how many these are, of `first`. table: what would explain them, by
    what they look like. lone: the account that has more than half of them, "" for none: that table would explain away
    what it alone does; lone_reads: how many.
    """

    role: str
    kind: str
    accounts: int
    reads: int
    first: int
    table: Table
    lone: str = ""
    lone_reads: int = 0


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
        cases: What stands out, the greatest expected loss first.
        held: Cases that found no room in the budget.
        peers: Version of what was learnt about peers.
        missing_work: Roles whose reads no table explains, those with the most such reads first.
        false_alarm: What a false alarm costs, in parcels a day (`is_worth`).
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
    missing_work: tuple[MissingWork, ...] = ()
    false_alarm: float = FALSE_ALARM

    @property
    def worth(self) -> tuple[Case, ...]:
        """Cases that are worth acting on."""
        return tuple(c for c in self.cases if c.worth)

    @property
    def watched(self) -> tuple[Case, ...]:
        """The others: not enough to act on."""
        return tuple(c for c in self.cases if not c.worth)


MOST_WAYBILLS = 1_000
MOST_READS = 10
