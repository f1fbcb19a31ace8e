"""The reads of a case are those that detection counted."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import compress

import pyarrow as pa
import pytest

from tests.detect.watched import Watched
from wayseal.detect import _odd_reads
from wayseal.detect._odd_reads import OddReads, ReadFilter, find_odd_reads
from wayseal.detect._result import Case
from wayseal.detect.errors import TooManyReadsError
from wayseal.detect.explain import load_templates
from wayseal.detect.window import DAY_US, HOUR_US
from wayseal.ledger import Snapshot, open_ledger

CHINA = 8 * HOUR_US
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
