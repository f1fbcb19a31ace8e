"""From evidence to cases and to their reads, which are those that a plain filter of the log finds."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.detect.viewed import CHINA, DAY_US, FIRST, R, constant, judged, names, place, staff, view, with_fresh
from tests.detect.watched import Watched
from wayseal.detect import DetectResult, _odd_reads
from wayseal.detect._alerts import AccountAlert
from wayseal.detect._cases import CaseInputs, build_cases
from wayseal.detect._detect import usable_detectors, view_of
from wayseal.detect._judge import MAIN, Finding, judge
from wayseal.detect._link import LinkedAccounts
from wayseal.detect._odd_reads import OddReads, ReadFilter, find_odd_reads
from wayseal.detect._result import MOST_READS, NOTHING, Case, Reason
from wayseal.detect._score import BEYOND, base_of, find_odds, probability
from wayseal.detect._signals import GROWN, measure_signals
from wayseal.detect._view import View
from wayseal.detect.detectors import detectors
from wayseal.detect.errors import TooManyReadsError
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import DEVICE, update_facts
from wayseal.detect.peers import DailyEvidence
from wayseal.detect.window import window_of
from wayseal.ledger import Snapshot, open_ledger
from wayseal.model.arrays import Floats
from wayseal.model.kinds import Action

pytestmark = pytest.mark.once

MAIN_ONE = next(d for d in detectors() if d.name == MAIN)
READS = [
    *staff("abcdefgh", 14),
    *(R(actor="a", day=d, minute=700, n=40, waybill=5_000 + 100 * d) for d in range(8, 14)),
    *(R(actor="b", day=d, minute=701, n=20, waybill=10_000 + 100 * d) for d in range(8, 14)),
]


def saying(found: Finding, total: Floats, name: str = "", since: int | None = None) -> Finding:
    """What a detector found, with other evidence. since: of all days, None: its own."""
    begun = found.evidence.since if since is None else np.full(total.shape, since, np.int64)
    return replace(found, name=name or found.name, evidence=DailyEvidence(total=total, since=begun))


@pytest.fixture(scope="module")
def world() -> tuple[View, Finding]:
    v = view(READS, 14, places={"a": "CQ-0231"})
    (main,) = judged(v, MAIN_ONE)
    return v, main


def ground(
    v: View, *found: Finding, first: int = 0, groups: Sequence[LinkedAccounts] = (), lift: float = 0.0
) -> CaseInputs:
    found = with_fresh(found)
    signals = measure_signals(v, found, groups, first)
    odds = find_odds(signals.values, lift)
    return CaseInputs(view=v, findings=found, signals=signals, odds=odds, names=names, first_day=first)


def alert(v: View, actor: str, day: int = 10) -> AccountAlert:
    return AccountAlert(actor=place(v, actor), day=day, at=at(day, 700))


def at(day: int, minute: int) -> int:
    return (FIRST + day) * DAY_US + minute * 60_000_000 - CHINA


def group(v: View, actors: str, *by: str) -> LinkedAccounts:
    return LinkedAccounts(actors=tuple(sorted(place(v, a) for a in actors)), by=frozenset(by))


def made(g: CaseInputs, alerted: Sequence[AccountAlert], groups: Sequence[LinkedAccounts] = ()) -> tuple[Case, ...]:
    return build_cases(g, alerted, frozenset(), groups)[0]


def test_a_case_of_one(world: tuple[View, Finding]) -> None:
    v, main = world
    g = ground(v, main)
    (case,) = made(g, [alert(v, "a")])
    (person,) = case.people
    assert (case.id, case.actors, case.by) == ("", ("a",), ())
    assert (person.role, person.place, person.alerted_at) == ("clerk", "CQ-0231", at(10, 700))
    assert case.alerted_at == at(10, 700)
    assert {r.detector for r in person.reasons} <= {MAIN, BEYOND}
    assert case.evidence == person.evidence == pytest.approx(sum(r.weight for r in person.reasons), abs=0.3)
    assert case.score == pytest.approx(probability(base_of(person.signals) + person.evidence)), "shares add up"
    assert case.parcels_a_day == case.reads / 7
    assert case.worth == (case.score >= 0.5)
    taught = ground(v, main, lift=2.0)
    (less,) = made(taught, [alert(v, "a")])
    assert less.score == pytest.approx(probability(base_of(person.signals) + person.evidence - 2.0))


def test_the_reads_are_those_since_it_began_to_stand_out(world: tuple[View, Finding]) -> None:
    v, main = world
    (case,) = made(ground(v, main), [alert(v, "a")])
    reason = next(r for r in case.people[0].reasons if r.detector == MAIN)
    s, a = v.suspects, place(v, "a")
    since = (reason.since + CHINA) // DAY_US - FIRST
    rows = np.flatnonzero((s.actor == a) & (s.day >= since))
    assert since <= 8
    assert case.reads == case.people[0].odd == len(rows)
    newest = sorted(rows.tolist(), key=lambda k: int(s.at[k]), reverse=True)
    assert case.waybills == tuple(str(int(s.waybill[k])) for k in newest)
    assert case.last_read == int(s.at[newest[0]]) <= case.until
    assert reason.value == reason.total_reads == len(rows)
    assert [r.waybill for r in reason.reads] == [str(int(s.waybill[k])) for k in newest[:MOST_READS][::-1]]
    assert {r.actor for r in reason.reads} == {"a"}
    assert reason.until == reason.reads[-1].at
    assert reason.values == {"days": len(set(s.day[rows].tolist()))}


def test_a_reason_that_counted_stays_and_goes_to_the_newest_read(world: tuple[View, Finding]) -> None:
    v, main = world
    total = np.zeros(v.shape)
    total[place(v, "a"), [2, 9, 10]] = 99.0, 12.0, 14.0
    (case,) = made(ground(v, saying(main, total), first=5), [alert(v, "a")])
    reason = next(r for r in case.people[0].reasons if r.detector == MAIN)
    assert reason.until == case.last_read > at(13, 0)
    assert reason.since == at(int(main.evidence.since[place(v, "a"), 10]), 0), "not that of the days before the window"


def test_the_course_of_a_score(world: tuple[View, Finding]) -> None:
    v, main = world
    g = ground(v, main)
    (case,) = made(g, [alert(v, "a", 9)])
    row = g.signals.row_of(place(v, "a"))
    assert case.course == tuple((v.day + d, probability(float(g.odds[row, d]))) for d in range(9, 14))
    assert case.course[-1][1] == case.score
    reason = next(r for r in case.people[0].reasons if r.detector == MAIN)
    assert reason.before < reason.weight, "what moved it"
    (on_its_day,) = made(g, [alert(v, "a", 13)])
    assert [(r.before, len(on_its_day.course)) for r in on_its_day.people[0].reasons] == [
        (r.weight, 1) for r in on_its_day.people[0].reasons
    ]


def test_who_reads_far_more_than_the_role_is_told_so() -> None:
    much = [R(actor="h", day=d, minute=800, n=900, waybill=700_000 + 1_000 * d, what="mandate") for d in range(8, 14)]
    v = view([*READS, *much], 14)
    (main,) = judged(v, MAIN_ONE)
    (case,) = made(ground(v, main), [alert(v, "h")])
    reasons = {reason.detector: reason for reason in case.people[0].reasons}
    assert set(reasons) == {BEYOND, GROWN}
    reason = reasons[BEYOND]
    assert reason.value == int(v.first[place(v, "h")].sum())
    assert reason.peers[1] < reason.value / 5
    assert (case.reads, reason.total_reads) == (0, 0)
    assert case.parcels_a_day >= (reason.value - reason.peers[1]) / 14, "what is beyond the role may be lost"


def test_peers_are_told_by_quantiles_without_the_account_itself() -> None:
    reads = [R(actor="a", day=d, n=50, waybill=10**6 + 100 * d) for d in range(4)]
    counts = {x: k for k, x in enumerate("bcdefghijklmnopqrstuv")}
    reads += [R(actor=x, day=3, minute=0, n=k, waybill=10_000 * (k + 1)) for x, k in counts.items() if k]
    reads += [R(actor=x, day=3, minute=0, waybill=9_000 + k, what="work") for x, k in counts.items()]
    v = view(reads, 4)
    odd = v.count(v.suspects.plain)
    (found,) = judged(v, constant("two_places_at_once", odd, np.maximum(v.reads, 1).astype(float)))
    total = np.zeros(v.shape)
    total[place(v, "a")] = 12.0
    found = saying(found, total, since=0)
    (case,) = made(ground(v, found), [alert(v, "a", 3)])
    reason = next(r for r in case.people[0].reasons if r.detector == "two_places_at_once")
    assert (reason.value, reason.peers) == (200, (1, 19))
    assert (reason.since, reason.until) == (at(0, 0), at(3, 11 * 60) - 1), "the end of the hour of its last read"
    assert (reason.reads, reason.total_reads) == ((), 0)
    alone = view(reads[:4], 4)
    odd = np.full(alone.shape, 3)
    (found,) = judged(alone, constant("two_places_at_once", odd, odd.astype(float)))
    found = saying(found, np.full(alone.shape, 12.0), since=0)
    (case,) = made(ground(alone, found), [alert(alone, "a", 3)])
    assert case.people[0].reasons[0].peers == (0, 0), "nobody to compare with"


def test_reasons_come_by_weight_and_weak_ones_not_at_all(world: tuple[View, Finding]) -> None:
    v, main = world

    def says(name: str, nats: float) -> Finding:
        return saying(main, np.full(v.shape, nats), name)

    some = says("unusual_hour", 2.4), says("partner_contract", 3.0), says("canary_touch", 9.0), says("own_tickets", 3.0)
    (case,) = made(ground(v, *some), [alert(v, "a")])
    told = [(r.detector, r.weight) for r in case.people[0].reasons if r.detector != BEYOND]
    assert told[:2] == [("canary_touch", 9.0), ("partner_contract", 3.0)], "what is sure counts as it is"
    assert [name for name, _ in told[2:]] == ["own_tickets"]
    assert 0 < told[2][1] < 3.0


def test_linked_accounts_are_one_case(world: tuple[View, Finding]) -> None:
    v, main = world
    both = [group(v, "ab", "rhythm", "ip")]
    g = ground(v, main, groups=both)
    (case,) = made(g, [alert(v, "b", 11), alert(v, "a", 10)], both)
    now = {x: float(g.odds[g.signals.row_of(place(v, x)), -1]) for x in "ab"}
    assert case.actors == tuple(sorted("ab", key=lambda x: -now[x]))
    assert case.by == ("ip", "rhythm")
    assert case.evidence == case.people[0].evidence == max(p.evidence for p in case.people)
    assert case.score == pytest.approx(probability(max(now.values())))
    assert case.alerted_at == at(10, 700)
    assert [p.alerted_at for p in sorted(case.people, key=lambda p: p.actor)] == [at(10, 700), at(11, 700)]
    assert case.reads == sum(p.odd for p in case.people) == len(case.waybills)


def test_an_alerted_account_brings_those_linked_to_it(world: tuple[View, Finding]) -> None:
    v, main = world
    (case,) = made(ground(v, main), [alert(v, "a")], [group(v, "ab", "device")])
    assert sorted(case.actors) == ["a", "b"]
    assert [p.alerted_at for p in case.people if p.actor != "a"] == [None]


def test_what_most_is_lost_by_comes_first(world: tuple[View, Finding]) -> None:
    v, main = world
    cases = made(ground(v, main), [alert(v, x) for x in "ba"])
    assert [c.actors for c in cases] == [("a",), ("b",)]
    assert cases[0].parcels_a_day > 1.5 * cases[1].parcels_a_day
    assert [c.expected_loss for c in cases] == [c.score * c.parcels_a_day for c in cases]


def test_who_found_no_room_and_is_in_no_case_is_counted(world: tuple[View, Finding]) -> None:
    v, main = world
    without = frozenset(place(v, x) for x in "bcd")
    found, held = build_cases(ground(v, main), [alert(v, "a")], without, [group(v, "ab", "ip")])
    assert (len(found), held) == (1, 2)


def test_no_case_without_an_alert(world: tuple[View, Finding]) -> None:
    v, main = world
    assert build_cases(ground(v, main), [], frozenset(), []) == ((), 0)


def test_an_account_without_the_main_detector_has_no_odd_reads(world: tuple[View, Finding]) -> None:
    v, main = world
    other = replace(main, name="canary_touch")
    (case,) = made(ground(v, other), [alert(v, "a")])
    assert (case.reads, case.waybills, case.last_read) == (0, (), 0)
    assert case.until >= case.alerted_at


Key = tuple[str, int, str]


@pytest.fixture(scope="module")
def snapshot(small: Watched) -> Iterator[Snapshot]:
    with open_ledger(small.ledger) as opened:
        yield opened


def wanted(case: Case, *detectors: str) -> ReadFilter:
    names = dict.fromkeys(r.detector for p in case.people for r in p.reasons)
    return ReadFilter(actors=case.actors, detectors=detectors or tuple(names), since=case.alerted_at, until=case.until)


def found(snapshot: Snapshot, sought: ReadFilter) -> OddReads:
    return find_odd_reads(snapshot, sought, load_templates(None), CHINA, None, lambda *_: None)


def rows(snapshot: Snapshot, reads: pa.Table) -> list[Key]:
    """Account, time and number of each read."""
    if not len(reads):
        return []
    actors, numbers = (snapshot.names(name, reads[name].to_numpy()) for name in ("actor", "waybill"))
    return list(zip(actors, reads["at"].cast(pa.int64()).to_pylist(), numbers, strict=True))


def test_each_reason_has_the_reads_that_detection_counted(small: Watched, snapshot: Snapshot) -> None:
    seen = set()
    for case in small.result.cases:
        sought = wanted(case)
        odd = found(snapshot, sought)
        every = rows(snapshot, odd.reads)
        assert [at for _, at, _ in every] == sorted(at for _, at, _ in every)
        for person in case.people:
            for reason in person.reasons:
                flags = odd.counted[:, sought.detectors.index(reason.detector)].tolist()
                days = range((reason.since + CHINA) // DAY_US, (reason.until + CHINA) // DAY_US + 1)
                mine = [r for r in compress(every, flags) if r[0] == person.actor and (r[1] + CHINA) // DAY_US in days]
                assert len(mine) == reason.total_reads, reason.detector
                assert {(r.actor, r.at, r.waybill) for r in reason.reads} <= set(mine)
                seen.add(reason.detector)
    assert {"unexplained_first_reads", "new_device_or_address"} <= seen, seen


def test_a_filter_narrows_and_all_of_them_widens(small: Watched, snapshot: Snapshot) -> None:
    case = small.result.cases[0]
    whole = rows(snapshot, found(snapshot, wanted(case)).reads)
    one = whole[len(whole) // 2]
    of_waybill = replace(wanted(case), waybill=one[2])
    assert rows(snapshot, found(snapshot, of_waybill).reads) == [r for r in whole if r[2] == one[2]]
    nobody = replace(wanted(case), waybill="YT0")
    assert len(found(snapshot, nobody).reads) == 0
    every = found(snapshot, replace(wanted(case), everything=True))
    assert set(whole) < set(rows(snapshot, every.reads))
    assert len(every.counted) == len(every.reads)


def test_reads_of_numbers_on_sale_are_the_case_s_on_whatever_day(snapshot: Snapshot, small: Watched) -> None:
    case = small.result.cases[0]
    on_sale = ReadFilter(actors=case.actors, detectors=("trace",), since=case.alerted_at, until=case.alerted_at)
    assert len(found(snapshot, on_sale).reads) == 0
    every = rows(snapshot, found(snapshot, replace(wanted(case), everything=True)).reads)
    bought = (every[0][2], every[-1][2], "YT0000000000000")
    for weeks in (0, 12):  # the log has no read in the four weeks before the last
        moment = case.alerted_at + weeks * 7 * DAY_US
        odd = found(snapshot, replace(on_sale, since=moment, until=moment, numbers=bought))
        assert rows(snapshot, odd.reads) == [read for read in every if read[2] in bought]
        assert not odd.counted.any()


def test_what_the_ledger_alone_does_not_know_is_said(small: Watched, snapshot: Snapshot) -> None:
    case = small.result.cases[0]
    names = ("canary_touch", "partner_contract", "route_sweeps", "of_another_version")
    assert found(snapshot, wanted(case, *names)).unlisted == names
    assert found(snapshot, wanted(case, "heavy_actions", "number_walks")).unlisted == ()


def test_accounts_that_read_nothing_have_nothing(small: Watched, snapshot: Snapshot) -> None:
    sought = replace(wanted(small.result.cases[0]), actors=("nobody",))
    assert len(found(snapshot, sought).reads) == 0


def test_a_list_that_nobody_can_read_is_refused(
    small: Watched, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_odd_reads, "MOST", 3)
    with pytest.raises(TooManyReadsError, match="more than 3 reads: narrow them"):
        found(snapshot, wanted(small.result.cases[0]))


Row = dict[str, object]


def found_in(snapshot: Snapshot) -> tuple[View, tuple[Finding, ...]]:
    """What detectors say, made again."""
    window = window_of(snapshot.activity(), CHINA, None, None)
    assert window is not None
    facts = update_facts(snapshot, None, load_templates(None), CHINA, lambda *_: None)
    view = view_of(snapshot, facts, window)
    return view, judge(view, usable_detectors(snapshot, facts, NOTHING)[0])


def reasons_of(result: DetectResult) -> Iterator[tuple[str, Reason]]:
    for case in result.cases:
        for person in case.people:
            for reason in person.reasons:
                yield person.actor, reason


@pytest.fixture(scope="module")
def log(watched: Watched) -> dict[str, list[Row]]:
    """The rows of the log, by account."""
    table = pq.read_table(watched.dataset / "accesses")
    table = table.set_column(table.column_names.index("at"), "at", table["at"].cast(pa.int64()))
    out: dict[str, list[Row]] = {}
    for row in table.to_pylist():
        out.setdefault(row["actor"], []).append(row)
    return out


def test_reads_behind_reasons_are_those_of_a_plain_filter(watched: Watched, log: dict[str, list[Row]]) -> None:
    seen: Counter[str] = Counter()
    with open_ledger(watched.ledger) as snapshot:
        view, found = found_in(snapshot)
        for actor, reason in reasons_of(watched.result):
            cells = next((f.odd.cells for f in found if f.name == reason.detector), None)
            if cells is None:
                continue
            seen[reason.detector] += 1
            place = int((view.keys == snapshot.keys([actor])[0]).nonzero()[0][0])
            days = range((reason.since + CHINA) // DAY_US, (reason.until + CHINA) // DAY_US + 1)
            odd = [c for c in cells.to_pylist() if c["actor"] == place and c["day"] + view.day in days]
            mine = [r for r in log[actor] if any(lies_in(r, c, snapshot, view) for c in odd)]
            mine.sort(key=lambda r: r["at"])  # type: ignore[arg-type, return-value]
            assert reason.total_reads == len(mine) > 0, reason.detector
            assert [x.at for x in reason.reads] == [r["at"] for r in mine[-MOST_READS:]]
            assert {x.waybill for x in reason.reads} <= {r["waybill"] for r in mine}
            assert reason.until == mine[-1]["at"]
    assert {"new_device_or_address", "fields_beyond_purpose"} <= seen.keys()


def lies_in(row: Row, cell: Row, snapshot: Snapshot, view: View) -> bool:
    """Whether a read lies in a cell."""
    at = row["at"]
    assert isinstance(at, int)
    if (at + CHINA) // DAY_US - view.day != cell["day"]:
        return False
    if "clock" in cell and (at + CHINA) // 3_600_000_000 % 24 != cell["clock"]:
        return False
    if "kind" in cell:
        return key(snapshot, row["device" if cell["kind"] == DEVICE else "ip"]) == cell["value"]
    if "action" in cell and list(Action)[int(str(cell["action"])) - 1] != row["action"]:
        return False
    if "purpose" in cell and key(snapshot, row["purpose"]) != cell["purpose"]:
        return False
    return "fields" not in cell or key(snapshot, row["fields"]) == cell["fields"]


def key(snapshot: Snapshot, value: object) -> int:
    """Key of a text, or of a list of them."""
    if not value:
        return 0
    text = value if isinstance(value, str) else "\x1f".join(value)  # type: ignore[arg-type]
    return int(snapshot.keys([text])[0])


def test_reads_behind_suspects_are_first_reads_of_the_log(watched: Watched, log: dict[str, list[Row]]) -> None:
    for actor, reason in reasons_of(watched.result):
        if reason.detector in ("unexplained_first_reads", "number_walks", "before_pickup"):
            first: dict[object, object] = {}
            for row in sorted(log[actor], key=lambda r: r["at"]):  # type: ignore[arg-type, return-value]
                first.setdefault(row["waybill"], row["at"])
            assert all(first[x.waybill] == x.at for x in reason.reads)
            assert reason.total_reads == reason.value


def test_what_a_case_lists_was_read_by_its_accounts(watched: Watched, log: dict[str, list[Row]]) -> None:
    for case in watched.result.cases:
        read = {r["waybill"] for a in case.actors for r in log[a]}
        assert set(case.waybills) <= read
        assert len(case.waybills) == min(case.reads, 1_000)
