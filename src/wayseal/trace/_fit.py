"""Tests of the leaks as a fair draw from what a named source saw.

The model takes a leak to be drawn evenly from the source's views, and sold some hours after its
read. A seller who sells only what one colleague had also read breaks that, and the colleague may be
named in his place. So, for each source in question:

1. Company: does some other account stand beside the source on its leaks more often than on its
   other reads? The largest such excess over all accounts is compared with the same after the leaks
   and the other reads have been shuffled, so the many accounts looked at are allowed for.
2. Delay: do its reads precede the sales as closely as a seller's would, or no more than anybody's?
   The time evidence for it is compared with that of sales made up from its reads by the model.
3. Afterwards: did it read leaks only after they were sold, more often than chance gives? Nobody
   sells what he has yet to read; but who chooses by somebody's views does just that to him.
4. An outlet is tested for co-readers alone: does one of its accounts read the leaks, before or after
   their sale, far more often than what else comes there?
5. Framing (`_framing`): does another account, hiding behind the source, explain its leaks better? This is no test with
   a p-value but a ratio; it stands beside the others and is enough by itself.
6. The p-values of a source are joined by the better of weighted Bonferroni and Fisher's method
   (they come from different data), doubled; the smallest over the sources counts, times their
   number. It is at least .01 in 99 of 100 honest cases. Strata and days are not tested: purchases,
   not sellers, choose those.

What is left of a source's probability when somebody may have chosen what to sell so that it looks like the source.

7. The sampler takes every draw for a fair one. Against "a fair draw from what this source had read" stands, for another
   account that could hide behind it, "a draw from what both had read" (`_framing`, which gives the ratio of the two).
8. Beforehand one source in five thousand is taken to be the victim of such a choice. So of its probability P the part
   (1 + φ·own) / (1 + φ·own + φ·ratio) stays, where `own` is the ratio of the mirror image: that the source chose. Of
   the rest the account with the largest ratio gets its share of the ratio, and what other accounts would get belongs
   to nobody.
9. Its sessions and devices lose with it. Numbers that pointed at it point at the other account in the same measure.
10. Only sources with a probability of at least one half are looked at, and those that a tie with at most two others
   keeps below it: what is said of others accuses nobody.
11. The verdict does not ask for this prior: a ratio of one is enough to name nobody (`_fit`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from wayseal.trace._delay import past_h
from wayseal.trace._evidence import ACTOR, OUTLET, Events, Evidence, Floats, Ints, ViewSample
from wayseal.trace._framing import (
    FRAMED,
    OWN,
    CoReader,
    Framing,
    at_least,
    check_co_readers,
    check_outlet_readers,
    find_co_readers,
    weigh_framing,
)
from wayseal.trace._leaks import DAY_H
from wayseal.trace._likelihood import certain_events, likelihood, shares, touch_shares
from wayseal.trace._posterior import SUPPORTED, Posterior, Shift

LEAST_LEAKS = 3
"""Fewer leaks than this say nothing about co-readers."""

POOR = 0.01
"""A smaller p-value means that the leaks are no fair draw."""

_PARTS = {"fit.company": 0.4, "fit.delay": 0.3, "fit.after": 0.3}
"""How the allowed share of false alarms is split between the tests of a source."""

_MADE_UP = 500
"""Sales made up per leak for the test of the delay."""

_MOST_LEAKS = 25
"""Leaks that the test of the delay looks at; more cost time and tell little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitTest:
    """Outcome over all sources in question.

    p_value: None where there was nothing to test. code: "fit.no_source", "fit.none" (nothing to test), "fit.good",
    "fit.framed" (another account, hiding behind the source, explains the leaks better), "fit.company" (the leaks are
    those that another account had also seen), "fit.delay" (its reads and the sales don't follow one another),
    "fit.after" (it read leaks after their sale, too many for chance). source: candidate that the code is about, -1
    for none. co_reader: of that source. framed: the strongest framing of any source, framings: of
    each. tests: every p-value by (code,
    source).
    """

    p_value: float | None
    code: str
    source: int = -1
    co_reader: CoReader | None = None
    framed: Framing | None = None
    framings: Mapping[int, Framing] = field(default_factory=dict)
    tests: Mapping[tuple[str, int], float] = field(default_factory=dict)

    @property
    def fair(self) -> bool:
        """True if nothing speaks against a fair draw from what each source saw."""
        return self.code in ("fit.no_source", "fit.none", "fit.good")


@dataclass(slots=True, kw_only=True)
class _TestResults:
    """Results of the tests, by source."""

    tests: dict[tuple[str, int], float] = field(default_factory=dict)
    co_readers: dict[int, CoReader] = field(default_factory=dict)
    framings: dict[int, Framing] = field(default_factory=dict)


def check_fit(
    posterior: Posterior, sources: Sequence[int], samples: Sequence[ViewSample], *, seed: int, shuffles: int = 1000
) -> FitTest:
    """Test the sources in question (those that would be named); `samples` for as many as there are."""
    rng = np.random.default_rng(seed)
    by_source = {sample.source: sample for sample in samples}
    found = _TestResults()
    for source in sources:
        if posterior.evidence.kind[source] == OUTLET:
            _test_outlet(posterior, source, found)
        else:
            _test_account(posterior, source, by_source.get(source), found, rng, shuffles)
    if not found.tests:
        return FitTest(p_value=None, code="fit.none" if sources else "fit.no_source")
    combined = {s: _joined({code: p for (code, of), p in found.tests.items() if of == s}) for _, s in found.tests}
    source = min(combined, key=lambda s: combined[s])
    p_value = min(1.0, combined[source] * len(combined))
    code = min((code for code, of in found.tests if of == source), key=lambda code: found.tests[code, source])
    code = code if p_value < POOR else "fit.good"
    worst = max(found.framings, key=lambda s: found.framings[s].log_ratio, default=-1)
    framed = found.framings.get(worst)
    if framed is not None and framed.log_ratio >= FRAMED:
        source, code = worst, "fit.framed"
    return FitTest(
        p_value=p_value,
        code=code,
        source=source,
        co_reader=found.co_readers.get(source),
        framed=framed,
        framings=found.framings,
        tests=found.tests,
    )


def _test_outlet(posterior: Posterior, source: int, found: _TestResults) -> None:
    found.co_readers[source] = check_outlet_readers(posterior, source)
    found.tests["fit.company", source] = found.co_readers[source].p_value
    own = np.flatnonzero(posterior.points_at_set(source) >= OWN).astype(np.int32)
    if len(own) >= LEAST_LEAKS:
        found.framings[source] = weigh_framing(posterior, source, own, None)


def _test_account(
    posterior: Posterior,
    source: int,
    sample: ViewSample | None,
    found: _TestResults,
    rng: np.random.Generator,
    shuffles: int,
) -> None:
    own, delays = own_leaks(posterior, source)
    if len(own):
        found.tests["fit.delay", source] = _delay_test(posterior, source, own, rng)
        found.tests["fit.after", source] = _after_test(posterior, source)
    if len(own) >= LEAST_LEAKS and sample is not None:
        standing = find_co_readers(posterior.evidence, sample, own, delays, rng)
        found.co_readers[source] = check_co_readers(standing, rng, shuffles)
        found.tests["fit.company", source] = found.co_readers[source].p_value
        found.framings[source] = weigh_framing(posterior, source, own, standing.rates())


def _joined(tests: Mapping[str, float]) -> float:
    """Twice the better of two ways: one test that is far off, or several that are off together."""
    weight = sum(_PARTS[code] for code in tests)
    one = min(p * weight / _PARTS[code] for code, p in tests.items())
    half = -sum(math.log(max(p, 1e-300)) for p in tests.values())
    # The tail of a chi-square with two degrees of freedom for each test.
    several = math.exp(-half) * sum(half**i / math.factorial(i) for i in range(len(tests)))
    return min(1.0, (2 if len(tests) > 1 else 1) * min(one, several))


def own_leaks(posterior: Posterior, source: int) -> tuple[Ints, Floats]:
    """Leaks that are most likely its own, or of its set, and that the source read before their sale.

    Also the hours from its last read before the sale to the sale.
    """
    evidence = posterior.evidence
    reads = certain_events(evidence, evidence.reads)
    mine = np.flatnonzero(reads.source == source)
    leak, at = reads.leak[mine], reads.at[mine]
    last = np.full(evidence.leaks, -np.inf)
    before = at < evidence.sold_at[leak]
    np.maximum.at(last, leak[before], at[before])
    own = np.flatnonzero((posterior.points_at_set(source) >= OWN) & np.isfinite(last)).astype(np.int32)
    return own, evidence.sold_at[own] - last[own]


def _delay_test(posterior: Posterior, source: int, own: Ints, rng: np.random.Generator) -> float:
    """Test whether the source's time evidence is too weak for sales made up from its reads."""
    evidence = posterior.evidence
    own = own if len(own) <= _MOST_LEAKS else np.sort(rng.choice(own, _MOST_LEAKS, replace=False))
    reads = certain_events(evidence, evidence.reads)
    looks = [reads.at[(reads.source == source) & (reads.leak == i)] for i in own]
    sold = np.empty((1 + _MADE_UP, len(own)))
    sold[0] = evidence.sold_at[own]
    for place, (leak, at) in enumerate(zip(own, looks, strict=True)):
        read = rng.choice(at[at < evidence.sold_at[leak]], _MADE_UP)
        sold[1:, place] = read + _delays(posterior, int(leak), rng)
    strength = _time_evidence(posterior, source, own, sold)
    return float((1 + (strength[1:] <= strength[0]).sum()) / (1 + _MADE_UP))


def _delays(posterior: Posterior, leak: int, rng: np.random.Generator) -> Floats:
    """Delays drawn from the posterior of the delay, for one leak."""
    which = rng.choice(len(posterior.delays), _MADE_UP, p=posterior.draws.delays)
    medians = [posterior.delays[d].medians_h for d in which]
    median = np.array([m[int(u * len(m))] for m, u in zip(medians, rng.random(_MADE_UP), strict=True)])
    delay = posterior.delays[0]
    drawn = median * np.exp(delay.sigma * rng.standard_normal(_MADE_UP))
    anywhere = rng.random(_MADE_UP) * past_h(posterior.evidence)[leak]
    return np.where(rng.random(_MADE_UP) < delay.flat, anywhere, drawn)


def _time_evidence(posterior: Posterior, source: int, own: Ints, sold: Floats) -> Floats:
    """[R] log time evidence for the source, had the m leaks been sold at sold[R, m]."""
    evidence, reads = posterior.evidence, posterior.evidence.reads
    turns, m = sold.shape
    place = np.full(evidence.leaks, -1, np.int64)
    place[own] = np.arange(m)
    kept = (place[reads.leak] >= 0) & ((evidence.kind[reads.source] == ACTOR) | (reads.source == source))
    leak = (place[reads.leak[kept]][None, :] + m * np.arange(turns)[:, None]).ravel()
    unknown = np.full(turns * m, np.nan)
    sold, absent = _as_noted(evidence, own, sold)
    made_up = replace(
        evidence,
        sold_at=sold.ravel(),
        absent_at=absent.ravel(),
        asked_at=unknown,
        chosen=None,
        by_day=None,
        born=np.tile(evidence.born[own], turns),
        stratum=np.tile(evidence.stratum[own], turns),
        touches=Events.none(),
        reads=Events(
            source=np.tile(reads.source[kept], turns),
            leak=leak.astype(np.int32),
            at=np.tile(reads.at[kept], turns),
            weight=None if reads.weight is None else np.tile(reads.weight[kept], turns),
        ),
    )
    ratio = likelihood(made_up, posterior.delays[:1]).dense(np.array([source], np.int32))[0, 0]
    return np.asarray(np.log(np.maximum(ratio, 1e-300)).reshape(turns, m).sum(axis=1), np.float64)


def _as_noted(evidence: Evidence, own: Ints, sold: Floats) -> tuple[Floats, Floats]:
    """[R, m] sales and last looks as a buyer notes them who notes the day alone where the real one did."""
    by_day = np.zeros(len(own), np.bool_) if evidence.by_day is None else evidence.by_day[own]
    end = evidence.sold_at[own]
    ends = end + DAY_H * np.ceil((sold - end) / DAY_H)
    return np.where(by_day, ends, sold), np.where(by_day, ends - DAY_H, np.nan)


def _after_test(posterior: Posterior, source: int) -> float:
    """Test whether the source read leaks of nobody's after their sale more often than chance gives.

    Chance: its share of the stratum, or of what comes to its outlet, if the parcel did.
    """
    evidence, touches = posterior.evidence, posterior.evidence.touches
    reads = certain_events(evidence, evidence.reads)
    read = np.isin(np.arange(evidence.leaks), reads.leak[reads.source == source])
    early = np.isin(
        np.arange(evidence.leaks),
        reads.leak[(reads.source == source) & (reads.at < evidence.sold_at[reads.leak])],
    )
    open_ = ~early & (posterior.unknown + posterior.points_at(source) >= OWN)
    share = shares(evidence)[source, evidence.stratum]
    came = np.isin(np.arange(evidence.leaks), touches.leak[touches.source == source])
    passing = touch_shares(evidence)[source, evidence.stratum]
    chance = np.where(came, np.minimum(share / passing, 1.0), share)[open_]
    return at_least(int((read & open_).sum()), chance)


CHOSEN = 2e-4
"""φ: prior odds that a source's numbers were chosen by somebody else for its having read them."""
FROM = 0.5
"""Sources of at least this probability are looked at."""
TIED = 3
"""Most sources of a set of which each is looked at."""


def find_doubtful(posterior: Posterior) -> list[int]:
    """Sources whose probability is worth a doubt (rule 10): accounts and outlets, most probable first."""
    likely = np.isin(posterior.evidence.kind, (ACTOR, OUTLET)) & (posterior.probability >= FROM / TIED)
    order = np.argsort(-posterior.probability, kind="stable")
    return [int(c) for c in order if likely[c] and (posterior.probability[c] >= FROM or _tied(posterior, int(c)))]


def _tied(posterior: Posterior, source: int) -> bool:
    members, together = posterior.set_of(source)
    return len(members) <= TIED and together >= FROM


def apply_doubts(
    posterior: Posterior, samples: Sequence[ViewSample], known: Mapping[int, Framing], *, seed: int
) -> Posterior:
    """The posterior with these doubts; known: framings that were weighed before."""
    rng = np.random.default_rng(seed)
    by_source = {sample.source: sample for sample in samples}
    shifts = []
    for source in find_doubtful(posterior):
        found = known.get(source) or _framing(posterior, source, by_source.get(source), rng)
        if found is not None and found.other >= 0:
            stays = _stays(found)
            moved = (1 - stays) * math.exp(found.best_log_ratio - found.log_ratio)
            shifts.append(Shift(source=source, other=found.other, stays=stays, moved=moved))
    return _shifted(posterior, shifts) if shifts else posterior


def _stays(found: Framing) -> float:
    """Rule 8."""
    log_phi = math.log(CHOSEN)
    own = float(np.logaddexp(0.0, log_phi + found.log_own))
    return 1 / (1 + math.exp(min(log_phi + found.log_ratio - own, 700.0)))


def _framing(posterior: Posterior, source: int, sample: ViewSample | None, rng: np.random.Generator) -> Framing | None:
    if posterior.evidence.kind[source] == OUTLET:
        own = np.flatnonzero(posterior.points_at_set(source) >= OWN).astype(np.int32)
        return weigh_framing(posterior, source, own, None) if len(own) >= LEAST_LEAKS else None
    own, delays = own_leaks(posterior, source)
    if sample is None or len(own) < LEAST_LEAKS:
        return None
    beside = find_co_readers(posterior.evidence, sample, own, delays, rng)
    return weigh_framing(posterior, source, own, beside.rates())


def _shifted(posterior: Posterior, shifts: Sequence[Shift]) -> Posterior:
    """Move probability and numbers from sources to those who may hide behind them (rules 8 and 9)."""
    before = posterior.probability
    p, held = before.copy(), before * posterior.share
    unknown = posterior.unknown.copy()
    for shift in shifts:
        family = posterior.account == shift.source
        p[family] *= shift.stays
        held[family] *= shift.stays
    for shift in shifts:
        gain = before[shift.source] * shift.moved
        p[shift.other] = min(p[shift.other] + gain, 1 - 1e-4)
        held[shift.other] += gain * posterior.share[shift.source]
        unknown += posterior.points_at(shift.source) * (1 - shift.stays - shift.moved)
    return replace(
        posterior,
        probability=p,
        share=np.divide(held, p, out=np.zeros_like(p), where=p > 0),
        log10_lr=_ratio(p, posterior),
        unknown=np.minimum(unknown, 1.0),
        unknown_share=float(np.minimum(unknown, 1.0).mean()),
        shifts=tuple(shifts),
    )


def _ratio(p: Floats, posterior: Posterior) -> Floats:
    capped = np.minimum(p, SUPPORTED)
    with np.errstate(divide="ignore"):
        out: Floats = np.log10(capped / (1 - capped)) - np.log10(posterior.rho / (1 - posterior.rho))
    return np.where(p == posterior.probability, posterior.log10_lr, out)
