"""What was found of parcels, complete: every report is a function of it and of the language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from wayseal.page.programs import Day, Moment, OrNull, rounded

Probability = Annotated[float, rounded(4)]


class Code(StrEnum):
    """The facts of which reasons are made."""

    UNREAD = "unread"
    TYPED_IN = "typed_in"
    APART = "apart"
    TRUCK = "truck"
    LANE_TIME = "lane_time"
    WEIGHT = "weight"
    SAME_WEIGHT = "same_weight"
    BURST = "burst"
    TWO_PLACES = "two_places"
    BUNCH = "bunch"
    STRANGER = "stranger"
    TAG = "tag"
    REBOUND = "rebound"


class Kind(StrEnum):
    """What a parcel seems to be: scans without one, a real one with nothing in it, or one that is of another order."""

    GHOST = "ghost"
    EMPTY = "empty"
    BORROWED = "borrowed"


class NotJudged(StrEnum):
    """Why parcels weren't judged: no scan says how it came in; no place with a machine; too little is read there."""

    NO_ENTRIES = "no_entries"
    NO_MACHINE = "no_machine"
    COVERAGE = "coverage"


class Skill(StrEnum):
    """How ghosts are made, and what stands for another order; which of them can't be found."""

    CLUMSY = "clumsy"
    LANES = "lanes"
    WEIGHTS = "weights"
    REPLAY = "replay"
    REPLAY_MACHINE = "replay_machine"
    BORROWED = "borrowed"
    UNWATCHED = "unwatched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A fact of a parcel, and by how many nats it speaks for there being none (against it, if below 0)."""

    code: Code
    fact: Mapping[str, int | float | str]
    llr: Annotated[float, rounded(2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelFinding:
    """A parcel that seems never to have been, or to be empty; reasons: the strongest first."""

    waybill: str
    probability: Probability
    kind: Kind
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFinding:
    """Parcels of a sender, an outlet, an operator and a day.

    Attributes:
        sender: Of the waybills; "" where it isn't known.
        outlet: Of the first scan.
        operator: Who collected them; "" where nobody is named.
        day: Local day of the first scan, since 1970.
        probability: That any of them never was, or is empty.
        size: How many parcels the group has.
        expected: How many of them never were, as far as one can expect.
        parcels: Numbers of those that are likelier than not, the most probable first.
        reasons: What their reasons have in common: of each code the mean.
    """

    sender: Annotated[str, OrNull]
    outlet: str
    operator: Annotated[str, OrNull]
    day: Day
    probability: Probability
    size: int
    expected: Annotated[float, rounded(1)]
    parcels: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstained:
    """Parcels that weren't judged, for a reason, of the place that sees least and the day; waybills: some of them."""

    reason: NotJudged
    outlet: Annotated[str, OrNull]
    day: Day | None
    coverage: Annotated[float, rounded(3)] | None
    parcels: int
    waybills: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Share of what passed a place on a local day that its machines read, of so many parcels."""

    outlet: str
    day: Day
    share: Annotated[float, rounded(4)]
    parcels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyRead:
    """An account asked for a number before the parcel's first scan; minutes: how long before."""

    waybill: str
    asker: str
    at: Moment
    minutes: Annotated[float, rounded(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """An account that asks before pickup more than its kind does.

    Attributes:
        asker: The account.
        kind, role: As `actors` has them, "" where it doesn't.
        early: Parcels that it asked for before their first scan.
        parcels: All that it asked for.
        usual: Share that others of its kind and role ask for so early.
        chance: That it does it so often at twice the odds of those of its kind that do it most.
    """

    asker: str
    kind: str
    role: str
    early: int
    parcels: int
    usual: Probability
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillReach:
    """Whether a skill can be found in this ledger; `why` is a code of the report's texts."""

    skill: Skill
    found: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelsResult:
    """Shipments with a history and no parcel.

    Attributes:
        wayseal: Version that made it.
        ledger_digest: Of the ledger's state.
        parcels_seen: How many had a scan in the period.
        judged: How many of them could be judged.
        prior: Share of the judged that never were, as learnt from them.
        threshold: Probability from which on groups are told.
        parcels: Those that are likelier than not, the most probable first, up to `MOST`.
        parcels_found: How many they are in all.
        groups: The most probable first.
        abstained: What wasn't judged, the most parcels first.
        coverage: Of places with machines, by outlet and day.
        askers: Accounts that ask before pickup, the most unusual first.
        reads_before_pickup: What they asked for, up to `MOST`.
        early_reads: Parcels that anybody but the issuing side asked for so early.
        lacking: Tables and columns whose absence leaves facts unsaid.
        skills: What can be found, and what can't.
    """

    wayseal: str
    ledger_digest: str
    parcels_seen: int
    judged: int
    prior: Annotated[float, rounded(6)]
    threshold: float
    parcels: tuple[ParcelFinding, ...] = ()
    parcels_found: int = 0
    groups: tuple[GroupFinding, ...] = ()
    abstained: tuple[Abstained, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    askers: tuple[Asker, ...] = ()
    reads_before_pickup: tuple[EarlyRead, ...] = ()
    early_reads: int = 0
    lacking: tuple[str, ...] = ()
    skills: tuple[SkillReach, ...] = field(default=())


MOST = 10_000
