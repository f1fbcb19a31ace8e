"""Attribution: who had the leaked numbers, how much else they had, and what that makes probable.

The main job: from a ledger and a handful of leaked numbers to who they came from.

The path: match the leaks (`_leaks`) → gather exposures and strata (`_exposures`, `_strata`) → weigh
(`_posterior`) → check the fit (`_fit`) → verdict → rows.

How far the evidence carries, in one word.

1. Named: some set of at most three sources that can't be told apart holds a source with
   probability ≥ .99, and nothing says that the leaks are no fair draw from what it saw (`_fit`).
2. Shortlist: there is a source with probability ≥ .5 at all, and at most twenty sources hold ≥ .9
   of that probability.
3. Else insufficient.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wayseal import __version__
from wayseal.ledger import Snapshot
from wayseal.model import WaysealError
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.model.progress import Progress
from wayseal.model.times import iso
from wayseal.store.types import Leaks, Rejection
from wayseal.trace._evidence import ACTOR, DEVICE, KINDS, SESSION, Floats, ViewSample
from wayseal.trace._exposures import Exposures, gather
from wayseal.trace._fit import FitTest, apply_doubts, check_fit, find_doubtful
from wayseal.trace._leaks import LeakSet, hours, match_leaks, seen_until
from wayseal.trace._likelihood import SURELY, certain_events, seen_pairs, shares, touch_shares
from wayseal.trace._posterior import Posterior, infer
from wayseal.trace._quality import evidence_notes, leak_notes, log_notes, query_notes, summary_span
from wayseal.trace._replay import ReplayedReads
from wayseal.trace._result import DelayPart, Fit, LeakRow, Note, QueryCounts, SawRow, SourceRow, TraceResult
from wayseal.trace.report import LEDGER_KEYS, find_differences, render

__all__ = ["LEDGER_KEYS", "TraceError", "TraceResult", "find_differences", "render", "trace"]


MOST_ACCOUNTS = 5
SAMPLE = 300
"""Waybills drawn per account."""
ASKED = 4
"""So many times as many waybills are looked at where queries may have shown them."""


def view_samples(snapshot: Snapshot, exposures: Exposures, leaks: LeakSet, sources: Sequence[int]) -> list[ViewSample]:
    """One sample for each account among the sources, from the strata of the leaks, without them."""
    wanted = [c for c in sources if exposures.evidence.kind[c] == ACTOR]
    out = []
    for place in wanted[:MOST_ACCOUNTS]:
        views = _views(snapshot, exposures, int(exposures.key[place]))
        keys = np.setdiff1d(views, leaks.key)
        sample = _sample(snapshot, exposures, leaks, place, keys)
        if len(sample.own_at):
            out.append(sample)
    return out


def _views(snapshot: Snapshot, exposures: Exposures, actor: int) -> NDArray[np.uint64]:
    """Waybills of the strata that an account read by the log, and such as its queries may have shown."""
    predicates = exposures.strata.predicates
    logged = snapshot.views(actor, predicates, SAMPLE)
    questions = [] if exposures.replayed is None else exposures.replayed.replay.questions(actor)
    if not questions:
        return logged
    inside = [p for p in predicates if not p.everything]
    asked = snapshot.fitting(questions)
    if len(inside) == len(predicates):
        asked = np.intersect1d(asked, snapshot.fitting(inside))
    return np.union1d(logged, asked[: ASKED * SAMPLE])[: ASKED * SAMPLE]


def _sample(
    snapshot: Snapshot, exposures: Exposures, leaks: LeakSet, place: int, keys: NDArray[np.uint64]
) -> ViewSample:
    """Up to `SAMPLE` of the waybills, those that the account did read, and who else did."""
    reads = snapshot.reads(keys, ("waybill", "at", "actor"))
    waybill, actor = reads["waybill"].to_numpy(), reads["actor"].to_numpy()
    at = hours(reads["at"], leaks.epoch_us)
    if exposures.replayed is not None:
        rows = exposures.replayed.replay.exposures(keys).rows
        sure = rows.filter(pa.array(rows["weight"].to_numpy() >= SURELY))
        waybill = np.concatenate([waybill, sure["waybill"].to_numpy()])
        actor = np.concatenate([actor, sure["actor"].to_numpy()])
        at = np.concatenate([at, hours(sure["at"], leaks.epoch_us)])
    own = np.unique(waybill[actor == exposures.key[place]])[:SAMPLE]
    kept = np.isin(waybill, own)
    item, actor, at = np.searchsorted(own, waybill[kept]), actor[kept], at[kept]
    mine = actor == exposures.key[place]
    first = np.full(len(own), np.inf)
    np.minimum.at(first, item[mine], at[mine])
    return ViewSample(
        source=place,
        own_at=first,
        item=item[~mine].astype(np.int32),
        account=_account_numbers(exposures, actor[~mine]),
        at=at[~mine],
    )


def _account_numbers(exposures: Exposures, actor: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Places of accounts that are candidates; numbers from C on for the others."""
    kind = exposures.evidence.kind
    places = np.flatnonzero(kind == ACTOR)
    others, number = np.unique(actor, return_inverse=True)
    known = {int(key): int(place) for key, place in zip(exposures.key[places], places, strict=True)}
    code = [known.get(int(key), len(kind) + i) for i, key in enumerate(others)]
    return np.array(code, np.int32)[number] if len(actor) else np.zeros(0, np.int32)


SAW_ROWS = 15
"""Bars in the picture "who saw how many"."""

POINTS_LEAST = 0.01
"""A leak is said to point at a source above this probability."""


class Assembly:
    """The rows of a result, made from one posterior and what its places stand for."""

    def __init__(self, exposures: Exposures, posterior: Posterior, leaks: LeakSet) -> None:
        self._x = exposures
        self._p = posterior
        self._leaks = leaks
        evidence = exposures.evidence
        self._source, self._leak = seen_pairs(evidence)
        self._count = np.bincount(self._source, minlength=evidence.candidates)
        logged = np.isin(evidence.kind, (ACTOR, SESSION, DEVICE))[:, None]
        rate = np.where(logged, shares(evidence), touch_shares(evidence))
        self._expected = rate[:, evidence.stratum].sum(axis=1)

    def source_rows(self, candidates: Sequence[int]) -> tuple[SourceRow, ...]:
        """One row a candidate, in the order given."""
        return tuple(self._source_row(c) for c in candidates)

    def saw_rows(self, leading: Sequence[int]) -> tuple[SawRow, ...]:
        """The accounts that saw most and the leading sources; a session or device of an account shows as this."""
        evidence = self._x.evidence
        count = self._count
        actors = np.flatnonzero((evidence.kind == ACTOR) & (count > 0))
        order = actors[np.lexsort((actors, self._expected[actors], -count[actors]))]
        lead = [c for c in leading if not evidence.part[c]][:SAW_ROWS]
        chosen = list(dict.fromkeys([*lead, *(int(c) for c in order[:SAW_ROWS])]))
        chosen.sort(key=lambda c: (-int(count[c]), float(self._expected[c]), c))
        return tuple(
            SawRow(
                source=self._x.name[c],
                kind=KINDS[evidence.kind[c]],
                saw=int(count[c]),
                expected=float(self._expected[c]),
                probability=float(self._p.probability[c]),
            )
            for c in chosen[:SAW_ROWS]
        )

    def leak_rows(self, file: Leaks, candidates: Sequence[int]) -> tuple[LeakRow, ...]:
        """Every row of the leaks file, in its order, used or not."""
        evidence = self._x.evidence
        points = [(c, self._p.points_at(c)) for c in candidates if not evidence.part[c]]
        by_account = evidence.kind[self._source] == ACTOR
        accounts = np.bincount(self._leak[by_account], minlength=len(self._leaks))
        place = {int(row): leak for leak, row in enumerate(self._leaks.row)}
        why = dict(self._leaks.unused)
        ends = [iso(us) if day else None for us, day in zip(seen_until(file).tolist(), file.by_day, strict=True)]
        columns = zip(file.rows["waybill"].to_pylist(), times(file.rows["seen_at"]), ends, strict=True)
        rows = []
        for row, (waybill, seen_at, until) in enumerate(columns):
            leak = place.get(row)
            rows.append(
                LeakRow(
                    waybill=waybill,
                    line=int(file.line[row]),
                    seen_at=seen_at,
                    seen_until=until,
                    found=leak is not None or why[row].code == "missing.duplicate",
                    missing=why.get(row) if leak is None else self._unread(int(accounts[leak])),
                    accounts=0 if leak is None else int(accounts[leak]),
                    points_at=() if leak is None else self._points(points, leak),
                    unknown=1.0 if leak is None else float(self._p.unknown[leak]),
                )
            )
        rows += [_rejected(rejection) for rejection in file.rejected]
        return tuple(sorted(rows, key=lambda row: row.line))

    @staticmethod
    def _unread(accounts: int) -> Note | None:
        return None if accounts else Note(code="missing.no_reads_before_sale")

    def _points(self, points: Sequence[tuple[int, Floats]], leak: int) -> tuple[tuple[str, float], ...]:
        pairs = [(self._x.name[c], float(p[leak])) for c, p in points if p[leak] > POINTS_LEAST]
        return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))

    def _source_row(self, c: int) -> SourceRow:
        evidence = self._x.evidence
        members, together = self._p.set_of(c)
        points = self._p.points_at(c)
        mine = self._leak[self._source == c]
        last = self._last_look(c)
        order = mine[np.lexsort((mine, -points[mine]))]
        return SourceRow(
            source=self._x.name[c],
            kind=KINDS[evidence.kind[c]],
            probability=float(self._p.probability[c]),
            set_probability=max(float(together), float(self._p.probability[c])),
            log10_lr=float(self._p.log10_lr[c]),
            share=float(self._p.share[c]),
            saw=len(mine),
            expected=float(self._expected[c]),
            set=tuple(self._x.name[int(m)] for m in members),
            leaks=tuple(self._leaks.waybill[i] for i in order),
            delays_h=tuple(float(evidence.sold_at[i] - last[i]) for i in order),
            role=self._x.role[c],
            outlet=self._x.outlet[c] or None,
            account=self._x.name[evidence.parent[c]] if evidence.part[c] and evidence.parent[c] >= 0 else None,
        )

    def _last_look(self, c: int) -> Floats:
        """[n] last read by the candidate before the sale, NaN without one."""
        evidence, reads = self._x.evidence, certain_events(self._x.evidence, self._x.evidence.reads)
        mine = (reads.source == c) & (reads.at < evidence.sold_at[reads.leak])
        last = np.full(evidence.leaks, -np.inf)
        np.maximum.at(last, reads.leak[mine], reads.at[mine])
        return np.where(np.isinf(last), np.nan, last)


def _rejected(rejection: Rejection) -> LeakRow:
    reason = Note(code="missing.bad_row", values={"column": rejection.column, "reason": rejection.reason})
    return LeakRow(
        waybill="",
        line=rejection.line,
        seen_at="",
        found=False,
        missing=reason,
        accounts=0,
        points_at=(),
        unknown=1.0,
    )


def considered(posterior: Posterior) -> dict[SourceKind, int]:
    """How many sources of each kind stood to choice, those that saw nothing included."""
    return {kind: int(count) for kind, count in posterior.evidence.universe.items()}


def times(column: pa.ChunkedArray) -> list[str]:
    """Times as ISO 8601 in UTC, to the second unless there is more to say."""
    out: list[Any] = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_pylist()
    return [iso(us) for us in out]


NAMED = 0.99
NAMED_MOST = 3
SHORTLIST = 0.9
SHORTLIST_MOST = 20
SHORTLIST_SOME = 0.5


def leading_sources(posterior: Posterior, *, least: float = 0.01) -> list[int]:
    """Candidates above `least`, most probable first; ties by place."""
    p = posterior.probability
    order = np.argsort(-p, kind="stable")
    return [int(c) for c in order if p[c] > least]


def named_sources(posterior: Posterior, candidates: Sequence[int]) -> list[int]:
    """Those of the candidates that a set of at most three names, parts of accounts through these."""
    out = []
    for candidate in candidates:
        if posterior.evidence.part[candidate]:
            continue
        members, probability = posterior.set_of(candidate)
        if probability >= NAMED and len(members) <= NAMED_MOST:
            out.append(candidate)
    return out


def shortlisted(posterior: Posterior) -> bool:
    """True if at most twenty sources hold ≥ .9 of the probability that there is one."""
    if posterior.some < SHORTLIST_SOME:
        return False
    p = np.where(posterior.evidence.part, -1.0, posterior.probability)
    best = np.argsort(-p, kind="stable")[:SHORTLIST_MOST]
    inside = [np.isin(posterior.account[members], best).mean() for members in posterior.seats.members]
    outside = 1.0 - np.append(inside, 0.0)[posterior.draws.states]
    return bool(1.0 - outside.prod(axis=1).mean() >= SHORTLIST * posterior.some)


def verdict(posterior: Posterior, *, fair: bool) -> VerdictKind:
    """Give the verdict; fair: nothing speaks against a fair draw from what the sources saw."""
    if fair and named_sources(posterior, leading_sources(posterior)):
        return VerdictKind.NAMED
    return VerdictKind.SHORTLIST if shortlisted(posterior) else VerdictKind.INSUFFICIENT


STEPS = 5
CHAINS_AGREE = 0.1
"""Largest difference of a probability between chains that needs no remark."""

KAPPA = 2.0
"""Accounts that are expected to leak before anything is known (`Prior`)."""

FIT_CODES: Mapping[str, str] = {
    "fit.no_source": "fit.no_source",
    "fit.none": "fit.untested",
    "fit.good": "fit.uniform_ok",
    "fit.framed": "fit.framed",
    "fit.company": "fit.co_reading",
    "fit.delay": "fit.delay",
    "fit.after": "fit.after",
}

SCALES = (0.25, 0.5, 1.0, 2.5, 5.0)
"""Multiples of every prior expectation κ for which the leading source's probability is shown."""


class TraceError(WaysealError):
    """The leaks can't be traced at all."""

    exit_code = 3


def trace(snapshot: Snapshot, leaks: Leaks, *, seed: int, progress: Progress) -> TraceResult:
    """Traces leaks in one generation of a ledger. Same snapshot, leaks and seed: same result.

    Args:
        snapshot: The ledger as it is.
        leaks: Numbers that turned up.
        seed: Of all randomness.
        progress: Called with ("trace", steps done, steps in all).

    Returns:
        The trace.

    Raises:
        TraceError: The file holds no number.
        LedgerError: A file of the ledger is damaged or missing.
    """
    if not len(leaks.rows):
        raise TraceError("the leaks file holds no number that could be read")
    progress("trace", 0, STEPS)
    found = match_leaks(snapshot, leaks)
    progress("trace", 1, STEPS)
    exposures = gather(snapshot, found)
    progress("trace", 2, STEPS)
    posterior = infer(exposures.evidence, seed=seed)
    progress("trace", 3, STEPS)
    test, believed = _tested(snapshot, exposures, posterior, found, seed)
    progress("trace", 4, STEPS)
    result = _result(snapshot, leaks, found, exposures, posterior, believed, test, seed)
    progress("trace", STEPS, STEPS)
    return result


def _result(
    snapshot: Snapshot,
    leaks: Leaks,
    found: LeakSet,
    exposures: Exposures,
    posterior: Posterior,
    believed: Posterior,
    test: FitTest,
    seed: int,
) -> TraceResult:
    assembly, rows = Assembly(exposures, believed, found), leading_sources(believed)
    summary = snapshot.summary()
    span = summary_span(summary, exposures.replayed)
    notes = [*leak_notes(found, leaks, span), *log_notes(snapshot, summary), *query_notes(exposures.replayed)]
    notes += [*evidence_notes(exposures.evidence, exposures.strata), *_chain_notes(posterior)]
    return TraceResult(
        wayseal=__version__,
        seed=seed,
        ledger_digest=snapshot.digest,
        leaks_digest=leaks.digest,
        leaks=len(leaks.rows) + len(leaks.rejected),
        found=len(found),
        verdict=verdict(posterior, fair=test.fair),
        unknown_share=believed.unknown_share,
        fit=_fit(exposures, found, test),
        missing_tables=summary.missing_tables,
        quality=tuple(notes),
        sources=assembly.source_rows(rows),
        leak_rows=assembly.leak_rows(leaks, rows),
        saw=assembly.saw_rows(rows),
        sensitivity=_sensitivity(believed, rows),
        considered=considered(posterior),
        span=None if span is None else (iso(span[0]), iso(span[1])),
        accesses=summary.rows.get("accesses", 0),
        delay=_delay_parts(posterior),
        kappa=KAPPA,
        queries=_query_counts(exposures.replayed),
        checkpoint=snapshot.checkpoint,
    )


def _query_counts(found: ReplayedReads | None) -> QueryCounts | None:
    if found is None:
        return None
    counts = found.replay.counts
    return QueryCounts(replayed=counts.replayed, soft=counts.soft, useless=counts.useless)


def _tested(
    snapshot: Snapshot,
    exposures: Exposures,
    posterior: Posterior,
    found: LeakSet,
    seed: int,
) -> tuple[FitTest, Posterior]:
    """Test the fit of every source that would be named, and weigh the doubts about those that are probable."""
    sources = named_sources(posterior, leading_sources(posterior))
    samples = view_samples(snapshot, exposures, found, list(dict.fromkeys([*sources, *find_doubtful(posterior)])))
    test = check_fit(posterior, sources, samples, seed=seed)
    return test, apply_doubts(posterior, samples, test.framings, seed=seed)


def _fit(exposures: Exposures, found: LeakSet, test: FitTest) -> Fit:
    values: dict[str, str | int | float] = {"n": len(found)}
    if test.p_value is not None:
        values["p"] = test.p_value
    framed = test.framed if test.framed is not None and test.framed.other >= 0 else None
    other = None
    if framed is not None and test.code == "fit.framed":
        other = exposures.name[framed.other]
        values |= {"other": other, "seen": framed.seen, "leaks": framed.leaks}
    return Fit(
        p_value=test.p_value,
        note=Note(code=FIT_CODES[test.code], values=values),
        framed_by=other,
        framing_log10=None if framed is None else framed.log_ratio / math.log(10),
    )


def _chain_notes(posterior: Posterior) -> list[Note]:
    if posterior.disagreement <= CHAINS_AGREE:
        return []
    return [Note(code="quality.chains_disagree", values={"difference": posterior.disagreement})]


def _sensitivity(posterior: Posterior, rows: Sequence[int]) -> tuple[tuple[float, float], ...]:
    if not rows:
        return ()
    return tuple((KAPPA * scale, posterior.sensitivity(rows[0], scale)) for scale in SCALES)


def _delay_parts(posterior: Posterior) -> tuple[DelayPart, ...]:
    """The delays chosen between, weighted by their probability."""
    parts = []
    for delay, probability in zip(posterior.delays, posterior.draws.delays, strict=True):
        weight = float(probability) * (1 - delay.flat) / len(delay.medians_h)
        parts += [DelayPart(weight=weight, median_h=m, sigma=delay.sigma) for m in delay.medians_h]
    return tuple(parts)
