"""The main job: from a ledger and a handful of leaked numbers to who they came from.

The path: match the leaks (`_leaks`) → gather exposures and strata (`_exposures`, `_strata`) → weigh
(`_posterior`) → check the fit (`_fit`, `_framing_doubt`) → verdict (`_verdict`) → rows (`_assemble`).
"""

import math
from collections.abc import Callable, Mapping, Sequence

from wayseal import __version__
from wayseal.ledger import Snapshot
from wayseal.model import WaysealError
from wayseal.model.times import iso
from wayseal.store.types import Leaks
from wayseal.trace._assemble import Assembly, considered
from wayseal.trace._exposures import Exposures, gather
from wayseal.trace._fit import FitTest, check_fit
from wayseal.trace._framing_doubt import apply_doubts, find_doubtful
from wayseal.trace._leaks import LeakSet, match_leaks
from wayseal.trace._posterior import Posterior, infer
from wayseal.trace._quality import evidence_notes, leak_notes, log_notes, query_notes, summary_span
from wayseal.trace._replay import ReplayedReads
from wayseal.trace._result import DelayPart, Fit, Note, QueryCounts, TraceResult
from wayseal.trace._verdict import leading_sources, named_sources, verdict
from wayseal.trace._views import view_samples

Progress = Callable[[str, int, int], None]

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
