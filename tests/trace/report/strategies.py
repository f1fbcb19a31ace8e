"""Random traces with hostile ids."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.page.hostile import HOSTILE
from wayseal.merkle import Checkpoint
from wayseal.model.kinds import SourceKind, VerdictKind
from wayseal.page.words import catalogue
from wayseal.trace._result import DelayPart, Fit, LeakRow, Note, SawRow, SourceRow, TraceResult

ids: SearchStrategy[str] = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=()), max_size=12), st.just("u-1")
)
floats = st.one_of(st.floats(), st.floats(0, 1))
probabilities = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.9999999, 1.0, float("nan")]))
times = st.one_of(
    ids,
    st.sampled_from(["2026-03-10T08:00:00+00:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59Z", "2026-03-10"]),
)
codes = st.one_of(st.sampled_from(sorted({*catalogue("en"), *catalogue("en", "wayseal.trace.report")})), ids)
blank_names = st.sampled_from(["n", "p", "hours", "from", "to", "share", "lines", "code", "self", "id", "x"])
notes = st.builds(
    Note, code=codes, values=st.dictionaries(blank_names, st.one_of(ids, st.integers(), st.floats(), times), max_size=4)
)
kinds = st.sampled_from(SourceKind)
counts = st.integers(0, 10**12)


def few(one: SearchStrategy[object], most: int = 4) -> SearchStrategy[tuple[object, ...]]:
    return st.lists(one, max_size=most).map(tuple)


sources = st.builds(
    SourceRow,
    source=ids,
    kind=kinds,
    probability=probabilities,
    set_probability=probabilities,
    log10_lr=floats,
    share=floats,
    saw=counts,
    expected=floats,
    set=few(ids),
    leaks=few(ids),
    delays_h=few(floats),
    role=st.none() | ids,
    outlet=st.none() | ids,
)
leak_rows = st.builds(
    LeakRow,
    waybill=ids,
    line=counts,
    seen_at=times,
    found=st.booleans(),
    missing=st.none() | notes,
    accounts=counts,
    points_at=few(st.tuples(ids, floats)),
    unknown=floats,
)
saws = st.builds(SawRow, source=ids, kind=kinds, saw=st.integers(0, 50), expected=floats, probability=floats)
delays = st.builds(DelayPart, weight=floats, median_h=floats, sigma=floats)
results = st.builds(
    TraceResult,
    wayseal=ids,
    seed=st.integers(),
    ledger_digest=ids,
    leaks_digest=ids,
    leaks=counts,
    found=counts,
    verdict=st.sampled_from(VerdictKind),
    unknown_share=floats,
    fit=st.builds(
        Fit, p_value=st.none() | floats, note=notes, framed_by=st.none() | st.text(), framing_log10=st.none() | floats
    ),
    missing_tables=few(st.one_of(ids, st.sampled_from(["actors", "scans"]))),
    quality=few(notes),
    sources=few(sources, 8),
    leak_rows=few(leak_rows, 6),
    saw=few(saws, 6),
    sensitivity=few(st.tuples(floats, floats)),
    considered=st.dictionaries(kinds, counts),
    span=st.none() | st.tuples(times, times),
    accesses=counts,
    delay=few(delays),
    kappa=floats,
    checkpoint=st.none()
    | st.builds(
        Checkpoint,
        origin=st.uuids().map(lambda u: f"wayseal/{u.hex}"),
        size=counts,
        root=st.binary(min_size=32, max_size=32),
    ),
)
