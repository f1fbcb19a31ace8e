"""The result of a trace: everything that a report says, before it is put into words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from wayseal.merkle import Checkpoint
from wayseal.model.kinds import SourceKind, VerdictKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One remark on the data or the method: a code of the message catalogue, and its blanks."""

    code: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Test of the leaked numbers as a fair draw from what the sources saw.

    p_value: None where there was nothing to test (no source above the threshold, or too few leaks). framed_by: the
    account that, hiding behind a source, explains its leaks better than the source does; framing_log10: by how much
    (logarithm of the likelihood ratio), None where nobody could.
    """

    p_value: float | None
    note: Note
    framed_by: str | None = None
    framing_log10: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One source above probability .01.

    probability: that the source is among those the leaks came from. set: the sources it can't be
    told from, itself included; set_probability: that at least one of them is a source. log10_lr:
    likelihood ratio "among the sources" against "not", capped by what the sampler can resolve.
    share: expected share of the leaks, given that it is a source. saw: leaks it had seen before
    they were sold; expected: of so many comparable waybills, how many it would have seen. leaks:
    the numbers it saw; delays_h: hours from its last look before the sale to the sale, beside them
    (NaN where only the route is known). account: that of which a session or device is a part.
    """

    source: str
    kind: SourceKind
    probability: float
    set_probability: float
    log10_lr: float
    share: float
    saw: int
    expected: float
    set: tuple[str, ...]
    leaks: tuple[str, ...]
    delays_h: tuple[float, ...]
    role: str | None = None
    outlet: str | None = None
    account: str | None = None

    @property
    def chance(self) -> float:
        """The probability that it, or one that it can't be told from, is a source."""
        return self.set_probability if len(self.set) > 1 else self.probability


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakRow:
    """One row of the leaks file: whether the ledger knows it and what it points at.

    points_at: (source, probability that this number came from it), highest first; unknown: the
    rest that no source takes. missing: why it could not be used (a message code), None when it
    was. accounts: how many accounts had read it before the sale. seen_at: ISO 8601; seen_until: the end of the day that
    begins there, where only the day is known.
    """

    waybill: str
    line: int
    seen_at: str
    found: bool
    missing: Note | None
    accounts: int
    points_at: tuple[tuple[str, float], ...]
    unknown: float
    seen_until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SawRow:
    """One bar of the picture "who saw how many", for the accounts that saw most."""

    source: str
    kind: SourceKind
    saw: int
    expected: float
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayPart:
    """One log-normal part of the assumed delay from read to sale; the weights of all parts sum to at most 1.

    weight: share of this part; median_h: its median in hours; sigma: standard deviation of the logarithm.
    """

    weight: float
    median_h: float
    sigma: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryCounts:
    """Logged queries: replayed ones, those of them that show a parcel with some probability only, and useless ones."""

    replayed: int
    soft: int
    useless: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceResult:
    """A whole trace. Text, JSON and HTML reports are functions of this and of the language alone.

    Attributes:
        wayseal: Version that made it.
        seed: Of all randomness.
        ledger_digest: Of the ledger.
        leaks_digest: Of the leaks.
        leaks: How many numbers were given.
        found: How many of them the ledger knows.
        verdict: How far the evidence carries.
        unknown_share: Share of the numbers that come from elsewhere.
        fit: How well the model fits.
        missing_tables: Tables of the contract that the ledger lacks.
        quality: What a reader must know of the data.
        sources: Sources by probability.
        leak_rows: The numbers, each with what is known of it.
        saw: Who had which number.
        sensitivity: Pairs (expected number of sources a priori κ, probability of the leading source under it).
        considered: How many sources of each kind stood to choice.
        span: First and last read of the log, ISO 8601.
        accesses: Reads of the log.
        delay: How long after the read numbers are sold.
        kappa: Expected number of sources a priori.
        queries: None for a ledger without any.
        checkpoint: What the ledger's tree was; None in a ledger without one.
    """

    wayseal: str
    seed: int
    ledger_digest: str
    leaks_digest: str
    leaks: int
    found: int
    verdict: VerdictKind
    unknown_share: float
    fit: Fit
    missing_tables: tuple[str, ...]
    quality: tuple[Note, ...]
    sources: tuple[SourceRow, ...]
    leak_rows: tuple[LeakRow, ...]
    saw: tuple[SawRow, ...]
    sensitivity: tuple[tuple[float, float], ...]
    considered: Mapping[SourceKind, int]
    span: tuple[str, str] | None
    accesses: int
    delay: tuple[DelayPart, ...] = ()
    kappa: float = 2.0
    queries: QueryCounts | None = None
    checkpoint: Checkpoint | None = None

    @property
    def lead(self) -> SourceRow | None:
        """The leading source; None: no source stands out."""
        return next((row for row in self.sources if row.account is None), None)

    def renamed(self, name_of: Callable[[str, SourceKind], str]) -> "TraceResult":
        """The same trace with its sources under other names, in remarks, too.

        Args:
            name_of: The new name of a source, by its name and kind.

        Returns:
            The trace under those names. What stands in it without a kind and is no source of its own is an account.
        """
        known = [(row.source, row.kind) for row in self.saw] + [(row.source, row.kind) for row in self.sources]
        # A text that is an account and something else must not stand there as it is.
        kinds = dict(known) | {name: kind for name, kind in known if kind is SourceKind.ACTOR}

        def new(name: str) -> str:
            return name_of(name, kinds.get(name, SourceKind.ACTOR))

        framed = None if self.fit.framed_by is None else new(self.fit.framed_by)
        values = {key: new(str(text)) if key == "other" else text for key, text in self.fit.note.values.items()}
        return replace(
            self,
            fit=replace(self.fit, framed_by=framed, note=replace(self.fit.note, values=values)),
            sources=tuple(
                replace(
                    row,
                    source=name_of(row.source, row.kind),
                    set=tuple(name_of(n, row.kind) if n == row.source else new(n) for n in row.set),
                    account=None if row.account is None else name_of(row.account, SourceKind.ACTOR),
                )
                for row in self.sources
            ),
            leak_rows=tuple(
                replace(row, points_at=tuple((new(name), p) for name, p in row.points_at)) for row in self.leak_rows
            ),
            saw=tuple(replace(row, source=name_of(row.source, row.kind)) for row in self.saw),
        )
