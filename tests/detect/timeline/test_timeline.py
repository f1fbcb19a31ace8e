"""Cases laid out: reads are those of `wayseal reads`, hours those of the log, and what lies on disk isn't believed."""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.detect.watched import Watched
from wayseal.detect._detect import view_of
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import Facts, update_facts
from wayseal.detect.reasons import ReadFilter, list_case_reads
from wayseal.detect.timeline import (
    CaseRequest,
    CaseTimeline,
    keep_timeline,
    lay_out,
    load_timeline,
    profile_hours,
    timeline_path,
)
from wayseal.detect.window import DAY_US, HOUR_US, window_of
from wayseal.ledger import Snapshot, ingest, open_ledger
from wayseal.store import open_source

CHINA = 8 * HOUR_US
WORK = load_templates(None)


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tells nobody."""


@pytest.fixture(scope="module")
def snapshot(small: Watched) -> Iterator[Snapshot]:
    with open_ledger(small.ledger) as opened:
        yield opened


@pytest.fixture(scope="module")
def facts(snapshot: Snapshot) -> Facts:
    return update_facts(snapshot, None, WORK, CHINA, silent)


@pytest.fixture(scope="module")
def requests(small: Watched) -> list[CaseRequest]:
    return [
        CaseRequest(
            case=f"c-{number}",
            actors=case.actors,
            detectors=tuple(dict.fromkeys(r.detector for p in case.people for r in p.reasons)),
            since=case.alerted_at,
            until=case.until,
            found=case,
        )
        for number, case in enumerate(small.result.cases, 1)
    ]


@pytest.fixture(scope="module")
def laid(snapshot: Snapshot, facts: Facts, requests: list[CaseRequest]) -> list[CaseTimeline]:
    return lay_out(snapshot, requests, WORK, facts, silent)


def test_reads_verdicts_and_reasons_are_those_of_the_list(
    snapshot: Snapshot, requests: list[CaseRequest], laid: list[CaseTimeline]
) -> None:
    assert [timeline.head.case for timeline in laid] == [one.case for one in requests]
    assert {"strong", "unexplained"} <= {v for timeline in laid for v in timeline.reads["verdict"].to_pylist()}
    for request, timeline in zip(requests[:3], laid, strict=False):
        wanted = ReadFilter(
            actors=request.actors, detectors=request.detectors, since=request.since, until=request.until,
            everything=True,
        )  # fmt: skip
        listed = list_case_reads(snapshot, wanted, "", WORK, CHINA, None, str, silent)
        bits = {name: 1 << place for place, name in enumerate(request.detectors)}
        said = [
            (
                r.at,
                r.source,
                r.row,
                r.waybill,
                r.actor,
                r.device,
                r.action,
                r.verdict,
                sum(bits[name] for name in r.reasons),
            )
            for r in listed.reads
        ]
        assert said == [
            (
                *(row[name] for name in ("at", "source", "row", "waybill")),
                request.actors[row["person"]],
                *(row[name] for name in ("device", "action", "verdict", "counted")),
            )
            for row in timeline.reads.to_pylist()
        ]
        assert timeline.head.unlisted == listed.unlisted
        assert (timeline.head.since + CHINA) // DAY_US == listed.since


def test_people_carry_what_detection_found_and_what_they_work_on(laid: list[CaseTimeline], small: Watched) -> None:
    for timeline, case in zip(laid, small.result.cases, strict=True):
        assert timeline.head.evidence == case.evidence
        for person, found in zip(timeline.head.people, case.people, strict=True):
            assert [r.weight for r in person.about.reasons] == [r.weight for r in found.reasons]
            assert not any(reason.reads for reason in person.about.reasons)
            assert person.duties
            assert person.hours is not None
            assert person.hours.peers > 0
    assert any(scans for timeline in laid for person in timeline.head.people for scans in person.scans)


def test_hours_are_means_over_days_with_reads(snapshot: Snapshot, facts: Facts, laid: list[CaseTimeline]) -> None:
    timeline = laid[0]
    first = (timeline.head.since + CHINA) // DAY_US
    window = window_of(snapshot.activity(), CHINA, first, (timeline.head.until + CHINA) // DAY_US - 1)
    assert window is not None
    view = view_of(snapshot, facts, window)
    key = snapshot.keys([timeline.head.people[0].about.actor])[0]
    made = profile_hours(view, first, key)
    assert made is not None
    mine = [row["at"] + CHINA for row in timeline.reads.to_pylist() if row["person"] == 0]
    days = {at // DAY_US for at in mine}
    hours = Counter(at // HOUR_US % 24 for at in mine)
    assert made.days == len(days)
    assert made.now == tuple(round(hours[hour] / len(days), 2) for hour in range(24))
    assert all(low <= middle <= high for low, middle, high in zip(made.low, made.middle, made.high, strict=True))
    assert profile_hours(view, first, np.uint64(1)) is None


def test_of_too_many_reads_those_that_count_stay(
    snapshot: Snapshot, facts: Facts, requests: list[CaseRequest], laid: list[CaseTimeline],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    counted = [row for row in laid[0].reads.to_pylist() if row["counted"]]
    monkeypatch.setattr("wayseal.detect.timeline.MOST", len(counted))
    cut = lay_out(snapshot, requests[:1], WORK, facts, silent)[0]
    assert cut.head.cut
    assert cut.reads.to_pylist() == counted


def test_days_without_a_log_make_no_timeline(snapshot: Snapshot, facts: Facts, requests: list[CaseRequest]) -> None:
    nobody = replace(requests[0], actors=("nobody",), found=None)
    made = lay_out(snapshot, [nobody], WORK, facts, silent)
    assert [len(timeline.reads) for timeline in made] == [0]
    assert made[0].head.people[0].hours is None
    assert made[0].head.people[0].about.reasons == ()
    assert lay_out(snapshot, [], WORK, facts, silent) == []


def test_a_ledger_of_reads_alone(small: Watched, requests: list[CaseRequest], tmp_path: Path) -> None:
    reads = tmp_path / "dataset/accesses"
    shutil.copytree(small.dataset / "accesses", reads)
    ingest(open_source(reads.parent), tmp_path / "L")
    with open_ledger(tmp_path / "L") as bare:
        timeline = lay_out(bare, requests[:1], WORK, update_facts(bare, None, WORK, CHINA, silent), silent)[0]
    assert set(timeline.reads["verdict"].to_pylist()) == {"unknown"}
    assert timeline.head.missing == ("waybills", "scans", "tickets", "actors", "outlets", "assignments")
    assert timeline.head.people[0].duties == ()


def test_what_is_kept_comes_back_and_nothing_else_does(laid: list[CaseTimeline], tmp_path: Path) -> None:
    for timeline in laid:
        keep_timeline(tmp_path, timeline)
        assert load_timeline(tmp_path, timeline.head.case) == timeline
    path = timeline_path(tmp_path, "c-1")
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for name in ("c-99999", "../c-1", "c-1/../c-1", "c-", "", "q-1", "c-1\n", "c-１"):
        assert load_timeline(tmp_path, name) is None, name
    # Another case's file, another version, a file that was cut short, none at all.
    content = path.read_bytes()
    other = timeline_path(tmp_path, "c-77")
    assert other is not None
    other.write_bytes(content)
    assert load_timeline(tmp_path, "c-77") is None
    path.write_bytes(content[:-200])
    assert load_timeline(tmp_path, "c-1") is None
    table = pq.read_table(other)
    changed = (table.schema.metadata or {})[b"wayseal"].replace(b'"version": 2', b'"version": 1')
    pq.write_table(table.replace_schema_metadata({b"wayseal": changed}), path)
    assert load_timeline(tmp_path, "c-1") is None
    with pytest.raises(ValueError, match="case"):
        keep_timeline(tmp_path, replace(laid[0], head=replace(laid[0].head, case="../x")))
