"""Random results of detection with hostile ids."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.detect.report.fixtures import AT, DAY, HOUR
from tests.page.hostile import HOSTILE
from wayseal.cases.types import CaseState
from wayseal.detect._result import (
    Case,
    Comparison,
    DetectResult,
    FirstReads,
    Ground,
    Judged,
    MissingWork,
    Others,
    Person,
    Read,
    Reason,
    Remark,
    ServiceArea,
    Table,
)
from wayseal.detect.detectors import detectors
from wayseal.page.words import catalogue

ids: SearchStrategy[str] = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=()), max_size=12), st.just("u-1")
)
counts = st.integers(0, 10**12)
times = st.integers(AT - 400 * DAY, AT + 400 * DAY)
nats = st.floats(-5, 500)
names = st.sampled_from([d.name for d in detectors()])
TEXTS = catalogue("en", "wayseal.detect.report")
codes = st.sampled_from([c for c in TEXTS if c.startswith(("not.", "remark.")) and c != "not.detector"])


def few(one: SearchStrategy[object], most: int = 3) -> SearchStrategy[tuple[object, ...]]:
    return st.lists(one, max_size=most).map(tuple)


values = st.dictionaries(st.sampled_from(["n", "share", "x"]), st.integers() | ids, max_size=2)
lacking = st.fixed_dictionaries({"detector": names, "needs": few(ids)})
remarks = st.builds(Remark, code=codes, values=values) | st.builds(Remark, code=st.just("not.detector"), values=lacking)
reads = st.builds(Read, waybill=ids, actor=ids, at=times, why=st.sampled_from(["", "early", "unknown", "weak"]))
compared = st.builds(
    Comparison, others=st.sampled_from(Others), accounts=counts, days=counts, own=counts, unknown=st.floats(0, 1)
)
grounds = st.builds(ServiceArea, ground=st.sampled_from(Ground), id=ids, reads=counts)
missing = st.builds(
    MissingWork, role=ids, kind=ids, accounts=counts, reads=counts, first=st.integers(1, 10**12),
    table=st.sampled_from(Table),
)  # fmt: skip
reasons = st.builds(
    Reason, detector=names, weight=nats, value=counts, peers=st.tuples(counts, counts), since=times, until=times,
    values=st.fixed_dictionaries({"days": st.integers(1, 28)}), reads=few(reads), total_reads=counts,
    against=compared, before=nats,
)  # fmt: skip
people = st.builds(
    Person,
    actor=ids,
    role=ids,
    place=ids,
    evidence=nats,
    alerted_at=st.none() | times,
    reasons=few(reasons),
    odd=counts,
    territory=few(grounds),
)
cases = st.builds(
    Case,
    id=st.sampled_from(["", "c-1", "c-99"]),
    people=st.lists(people, min_size=1, max_size=7).map(tuple),
    score=st.floats(0, 1),
    evidence=nats,
    alerted_at=times,
    reads=counts,
    waybills=few(ids),
    by=few(st.sampled_from(["device", "ip", "rhythm", "range"])),
    last_read=times,
    state=st.sampled_from(["", *CaseState]),
    young=st.booleans(),
    parcels_a_day=st.floats(0, 10**6),
    worth=st.booleans(),
    course=few(st.tuples(st.integers(20_000, 20_400), st.floats(0, 1))),
)
results = st.builds(
    DetectResult,
    wayseal=st.just("0.1.0"),
    ledger=ids,
    digest=st.just("9f2c61d5a0e84b77"),
    offset=st.integers(-12, 14).map(lambda h: h * HOUR),
    since=st.integers(20_000, 20_400).map(lambda d: d * DAY),
    until=st.integers(20_000, 20_800).map(lambda d: d * DAY),
    budget=counts,
    accounts=counts,
    reads=counts,
    first_reads=st.builds(
        FirstReads, all=counts, explained=counts, mandate=counts, learnt=counts, weak=counts, unknown=counts
    ),
    judged=st.builds(Judged, first_reads=counts, left_out=counts, enough=st.booleans()),
    first_days=few(st.tuples(st.integers(20_000, 20_400), counts, counts)),
    not_judged=few(remarks),
    remarks=few(remarks),
    cases=few(cases),
    held=counts,
    missing_work=few(missing),
)
