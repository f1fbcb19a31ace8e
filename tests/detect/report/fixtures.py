"""Results of detection as they come (alone, together, nobody, nothing), and random ones with hostile ids."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

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
from wayseal.detect.policy import FALSE_ALARM, is_worth
from wayseal.page.words import catalogue

DAY, HOUR = 86_400_000_000, 3_600_000_000
SINCE = 20_514 * DAY - 8 * HOUR
UNTIL = SINCE + 14 * DAY
AT = SINCE + 9 * DAY + 12 * HOUR + 42_000_007


def read(n: int, why: str = "") -> Read:
    return Read(waybill=f"YT{9_000_000 + n}", actor="p-3kx7-q2mf-9c4t", at=AT + n * 60_000_000, why=why)


def reason(detector: str, weight: float, value: int = 412, peers: tuple[int, int] = (0, 3), n: int = 5) -> Reason:
    reads = tuple(read(k, ("", "early", "unknown", "weak")[k % 4]) for k in range(n))
    values = {"days": 3}
    against = Comparison(others=Others.PEERS, accounts=12, days=20, own=4)
    return Reason(
        detector=detector, weight=weight, value=value, peers=peers, since=AT - DAY, until=AT + HOUR, values=values,
        reads=reads, total_reads=max(value, n), against=against,
    )  # fmt: skip


def person(actor: str = "p-3kx7-q2mf-9c4t", role: str = "clerk", place: str = "CQ-0231", *reasons: Reason) -> Person:
    why = reasons or (reason("unexplained_first_reads", 9.4), reason("number_walks", 3.1, 80, (0, 0)))
    nats = sum(r.weight for r in why)
    return Person(actor=actor, role=role, place=place, evidence=nats, alerted_at=AT, reasons=why, odd=412)


def case(id_: str = "c-17", *people: Person, score: float = 0.98, by: tuple[str, ...] = ()) -> Case:
    who = people or (person(),)
    return Case(
        id=id_, people=who, score=score, evidence=sum(p.evidence for p in who), alerted_at=AT, reads=412,
        waybills=tuple(f"YT{9_000_000 + k}" for k in range(412)), by=by, last_read=AT + HOUR,
        parcels_a_day=58.9, worth=is_worth(score, 58.9, FALSE_ALARM), course=((20_523, score),),
    )  # fmt: skip


def result(*cases: Case) -> DetectResult:
    return DetectResult(
        wayseal="0.1.0",
        ledger="L",
        digest="9f2c61d5a0e84b7733c1f0aa5d2e9b4c6e1f8d7a3b5c9e0d2f4a6b8c0d1e3f57",
        offset=8 * HOUR,
        since=SINCE,
        until=UNTIL,
        budget=20,
        accounts=948,
        reads=119_302,
        first_reads=FirstReads(all=107_659, explained=85_396, mandate=11_578, learnt=2_031, weak=150, unknown=9),
        judged=Judged(first_reads=107_600, left_out=0, enough=True),
        first_days=tuple((20_514 + k, 7_000 + k, 150 + 90 * k) for k in range(14)),
        not_judged=(
            Remark(code="not.tickets"),
            Remark(code="not.detector", values={"detector": "canary_touch", "needs": ("canaries",)}),
            Remark(code="not.detector", values={"detector": "number_walks", "needs": ("waybills|scans|tickets",)}),
            Remark(code="not.few_accounts", values={"n": 1}),
            Remark(code="not.unknown_waybills", values={"share": 0.31}),
        ),
        remarks=(Remark(code="remark.stray", values={"n": 2}),),
        cases=cases,
        held=3,
    )


def single() -> DetectResult:
    return result(case())


def joint() -> DetectResult:
    """Seven accounts together, one without a place, one that was never alerted, one without reasons."""
    people = [person(f"p-{k}", "courier", f"ZJ-{k:04d}") for k in range(6)]
    people[2] = replace(people[2], place="", role="", alerted_at=None)
    bare = replace(person("p-6"), reasons=(), odd=0)
    whole = case("c-18", *people, bare, by=("device", "ip", "range", "rhythm"), score=0.99987)
    return result(whole, case(), case("c-19", person("p-9", "partner", ""), score=0.5))


def watched() -> DetectResult:
    """A case to look into, one that is young, and two to watch, of which one has nobody to be compared with."""
    alone = replace(reason("unexplained_first_reads", 12.4), peers=(0, 0), against=Comparison(unknown=0.8))
    wide = replace(alone, against=Comparison(others=Others.EVERYBODY, accounts=900, unknown=0.8))
    grounds = (
        ServiceArea(ground=Ground.OUTLET, id="o-17", reads=300),
        ServiceArea(ground=Ground.INTERFACE, id="app", reads=1),
        ServiceArea(ground=Ground.AREA, id="", reads=40),
    )
    found = result(
        replace(case(), people=(replace(person(), territory=grounds),)),
        replace(case("c-20", person("p-20", "clerk", "", wide), score=0.5), young=True),
        case("c-21", person("p-21", "clerk", "CQ-0231", alone), score=0.4999),
        case("c-22", person("p-22", "clerk", "CQ-0231", alone), score=0.01),
    )
    missing = [("cs_hotline", "person", Table.TICKETS), ("", "service", Table.CHANNELS), ("", "", Table.ACTORS)]
    work = (MissingWork(role=r, kind=k, accounts=623, reads=31_000, first=33_000, table=t) for r, k, t in missing)
    return replace(found, missing_work=tuple(work))


def moved() -> DetectResult:
    """Who is probably right, but hardly loses anything, and one who may well work, and loses a thousand a day."""
    walk = replace(reason("number_walks", 3.1), before=3.0)
    why = (replace(reason("unexplained_first_reads", 4.4), before=1.0), walk)
    score, course = 0.15, ((20_523, 0.34), (20_524, 0.2), (20_525, 0.15))
    great = case("c-30", replace(person("p-30"), reasons=(replace(why[0], before=6.0), walk)), score=score)
    small = case("c-31", replace(person("p-31"), reasons=why), score=0.91)
    return result(
        replace(great, parcels_a_day=1_106.7, worth=True, course=course),
        replace(small, parcels_a_day=7.0, course=((20_523, 0.34), (20_524, 0.91))),
        replace(case("c-32", score=0.6), parcels_a_day=0.0, course=((20_523, 0.6), (20_524, 0.6))),
        case("c-33", score=0.04),
    )


def nobody() -> DetectResult:
    return replace(result(), not_judged=(), remarks=(), held=0)


def nothing() -> DetectResult:
    """An empty ledger."""
    none = FirstReads(all=0, explained=0, mandate=0, learnt=0, weak=0, unknown=0)
    remark = (Remark(code="not.no_reads"),)
    return replace(
        result(), since=-8 * HOUR, until=-8 * HOUR, accounts=0, reads=0, first_reads=none, first_days=(), held=0,
        not_judged=remark, remarks=(), judged=Judged(first_reads=0, left_out=0, enough=False),
    )  # fmt: skip


def blind() -> DetectResult:
    """A ledger of which hardly a parcel is known."""
    first = FirstReads(all=1_000, explained=30, mandate=0, learnt=0, weak=0, unknown=960)
    return replace(
        nobody(), first_reads=first, judged=Judged(first_reads=35, left_out=960, enough=False),
        not_judged=(
            Remark(code="not.unknown_waybills", values={"share": 0.96}),
            Remark(code="not.idle_accounts", values={"n": 1, "share": 0.005}),
        ),
    )  # fmt: skip


def standing() -> DetectResult:
    """Cases in every state, the first two decided; of reads one by one nothing is known of half of them."""
    states = ("true", "false", *(s for s in CaseState if s not in ("true", "false")), "")
    cases = (replace(case(f"c-{n}"), state=s, reads=412 * (n % 2)) for n, s in enumerate(states))
    return result(*cases)


def unnumbered() -> DetectResult:
    """No casebook has given ids; a number that a shell would take for a command; evidence that is held against nobody.

    One reason is of a day, from midnight on, and one goes over it.
    """
    midnight = SINCE + 7 * DAY
    day = replace(reason("number_walks", 10.0), since=midnight, until=midnight + DAY - 1)
    over = replace(reason("unusual_hour", 9.0), since=midnight - 1, until=midnight)
    sure = person("p-2", "", "", reason("canary_touch", 15.0), reason("partner_contract", 12.0), day, over)
    return result(
        replace(case("", sure), waybills=("$(rm -rf ~); x",)), case("", replace(person(), reasons=())),
        case("", person("p-3", "agent", "", replace(day, against=Comparison(days=2, own=1)))),
    )  # fmt: skip


def many() -> DetectResult:
    """More cases than are told one by one; much of what they read could not be judged."""
    why = reason("number_walks", 10.0, 3, (0, 0), 0)
    found = result(*(case(f"c-{k}", person(f"p-{k}", "clerk", "", why)) for k in range(70)))
    return replace(found, judged=replace(found.judged, first_reads=50_000, enough=False))


def unworthy() -> DetectResult:
    """Cases to watch alone."""
    found = watched()
    return replace(found, cases=found.cases[2:], missing_work=())


ALL = {
    "single": single, "joint": joint, "watched": watched, "moved": moved, "nobody": nobody, "nothing": nothing,
    "blind": blind, "standing": standing, "unnumbered": unnumbered, "many": many, "unworthy": unworthy,
}  # fmt: skip


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
