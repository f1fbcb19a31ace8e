"""Detection from end to end, on simulated couriers and on ledgers that lack almost everything."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.detect.watched import Watched, rows_of, tables_of
from tests.effort import DEEP
from tests.ledger.helpers import put, read, write
from wayseal import store
from wayseal.detect import Case, DetectResult, ExternalEvidence, ExternalVerdict, Options, detect
from wayseal.detect.detectors import detectors
from wayseal.detect.window import WindowError
from wayseal.ledger import ingest, open_ledger
from wayseal.model.times import EPOCH

pytestmark = pytest.mark.once

TABLES = ("waybills", "scans", "tickets", "actors", "assignments", "outlets")
DAY_US = 86_400_000_000


def run(ledger: Path, options: Options | None = None, external: ExternalEvidence | None = None) -> DetectResult:
    with open_ledger(ledger) as snapshot:
        return detect(snapshot, options, external or ExternalEvidence())


def actors(result: DetectResult) -> set[str]:
    return {a for c in result.cases for a in c.actors}


def codes(result: DetectResult) -> set[str]:
    return {n.code for n in result.not_judged}


def silent(result: DetectResult) -> set[str]:
    return {str(n.values["detector"]) for n in result.not_judged if n.code == "not.detector"}


def one_of(result: DetectResult, actor: str) -> Case:
    return next(c for c in result.cases if actor in c.actors)


def local_day(us: int) -> int:
    return (us + 8 * 3_600_000_000) // DAY_US


def test_insiders_are_found_and_innocents_are_not(watched: Watched) -> None:
    named = actors(watched.result)
    found = named & watched.insiders.keys()
    assert len(found) >= 7, "of ten accounts"
    assert len(named - watched.insiders.keys()) <= 4, "of nine hundred"
    colluders = {a for a, kind in watched.insiders.items() if kind == "colluders"}
    joint = max(watched.result.cases, key=lambda c: len(colluders & set(c.actors)))
    assert len(colluders & set(joint.actors)) >= 4
    assert set(joint.actors) <= watched.insiders.keys()
    assert {"rhythm"} <= set(joint.by)


def test_the_first_case_is_no_innocent_s(watched: Watched, small: Watched) -> None:
    for world in (watched, small):
        assert set(world.result.cases[0].actors) <= world.insiders.keys()


def test_an_alert_comes_after_the_insider_began(watched: Watched) -> None:
    result = watched.result
    pulled = pq.read_table(watched.dataset.parent / "pulled.parquet")
    for actor in actors(result) & watched.insiders.keys():
        mine = pulled.filter(pc.equal(pulled["actor"], actor))
        began = (pc.min(mine["at"]).as_py() - EPOCH).total_seconds() * 1e6
        person = next(p for c in result.cases for p in c.people if p.actor == actor)
        assert person.alerted_at is None or person.alerted_at >= began


def test_what_a_result_holds_agrees_with_itself(watched: Watched, small: Watched) -> None:
    for r in (watched.result, small.result):
        f = r.first_reads
        assert f.all == f.explained + f.mandate + f.learnt + f.weak + f.unknown + f.unexplained
        assert min(f.explained, f.mandate, f.learnt, f.weak, f.unknown, f.unexplained) >= 0
        assert sum(first for _, first, _ in r.first_days) == f.all
        assert sum(odd for _, _, odd in r.first_days) == f.unexplained + f.unknown - r.judged.left_out
        assert (r.judged.enough, r.judged.left_out) == (True, 0)
        assert f.all * 0.9 < r.judged.first_reads <= f.all
        assert [c.expected_loss for c in r.cases] == sorted((c.expected_loss for c in r.cases), reverse=True)
        assert len(actors(r)) == sum(len(c.actors) for c in r.cases), "nobody stands in two cases"
        for case in r.cases:
            assert r.since <= case.alerted_at < r.until
            assert case.alerted_at <= case.until < r.until
            assert 0 < case.score < 1
            for person in case.people:
                assert [x.weight for x in person.reasons] == sorted((x.weight for x in person.reasons), reverse=True)
                for reason in person.reasons:
                    assert reason.since <= reason.until < r.until
                    assert len(reason.reads) == min(10, reason.total_reads)
                    assert all(reason.since <= x.at <= reason.until for x in reason.reads)
                    assert all(x.actor == person.actor for x in reason.reads)


def test_the_same_again_gives_the_same(small: Watched, tmp_path: Path) -> None:
    kept = Options(folder=tmp_path / "detect")
    assert run(small.ledger, kept) == small.result, "where nothing was kept"
    assert run(small.ledger, kept) == small.result, "out of what was kept"


def test_a_budget_of_one_a_day(small: Watched) -> None:
    r = run(small.ledger, Options(budget=1))
    days = [local_day(c.alerted_at) for c in r.cases]
    assert len(days) == len(set(days))
    assert len(r.cases) + r.held >= 2
    assert actors(r) <= actors(small.result)
    assert r.budget == 1


def test_given_days(small: Watched) -> None:
    last = local_day(small.result.until - 1)
    r = run(small.ledger, Options(since=last - 2, until=last))
    assert local_day(r.since) == last - 2
    assert (r.until - r.since) // DAY_US == 3
    assert len(r.first_days) == 3
    assert r.reads < small.result.reads
    before = run(small.ledger, Options(until=last - 10))
    assert not actors(before) & watched_late(small), "nobody pulled yet"
    with pytest.raises(WindowError, match="no read is of these days"):
        run(small.ledger, Options(since=last + 300, until=last + 301))


def watched_late(world: Watched) -> set[str]:
    """The insiders: they begin in the second quarter of the log."""
    return set(world.insiders)


def test_other_local_days(small: Watched) -> None:
    r = run(small.ledger, Options(offset=-5 * 3_600_000_000))
    assert r.offset == -5 * 3_600_000_000
    assert r.reads == small.result.reads
    assert (r.since + r.offset) % DAY_US == 0


# --- increments ---


def part(world: Watched, out: Path, low: float, high: float) -> Path:
    """The dataset's rows about reads, scans and tickets between two days; the other tables with the first."""
    start = np.datetime64("2026-03-02T00:00:00") - np.timedelta64(8, "h")
    out.mkdir()
    for name in tables_of(world):
        table = rows_of(world, name)
        column = {"accesses": "at", "scans": "at", "tickets": "opened_at", "partner_calls": "at"}.get(name)
        if column is None:
            if low == 0:
                pq.write_table(table, out / f"{name}.parquet")
            continue
        days = (table[column].to_numpy() - start) / np.timedelta64(1, "D")
        some = (days >= (low or -99)) & (days < high)
        if some.any():
            pq.write_table(table.filter(some), out / f"{name}.parquet")
    return out


def test_brought_up_to_date_ingest_by_ingest_it_is_the_whole(small: Watched, tmp_path: Path) -> None:
    ledger, kept = tmp_path / "L", Options(folder=tmp_path / "detect")
    for k, (low, high) in enumerate([(0, 6), (6, 9.5), (9.5, 99)]):
        ingest(store.open_source(part(small, tmp_path / f"{k}", low, high)), ledger)
        stepwise = run(ledger, kept)
        assert k == 0 or stepwise == run(ledger), "counted anew"
    whole = replace(small.result, digest=stepwise.digest, ledger=stepwise.ledger)
    assert stepwise == whole


# --- what is missing ---


def without(world: Watched, out: Path, tables: Sequence[str], columns: Sequence[str] = ()) -> Path:
    """A ledger of the world that lacks tables, and columns of its reads."""
    dataset = out / "dataset"
    dataset.mkdir(parents=True)
    for name in tables_of(world):
        if name not in tables:
            table = rows_of(world, name)
            kept = [c for c in table.column_names if name != "accesses" or c not in columns]
            pq.write_table(table.select(kept), dataset / f"{name}.parquet")
    ingest(store.open_source(dataset), out / "L")
    return out / "L"


@pytest.mark.parametrize("table", TABLES)
def test_without_one_table(small: Watched, tmp_path: Path, table: str) -> None:
    r = run(without(small, tmp_path, [table]))
    assert f"not.{table}" in codes(r)
    assert codes(r) - {f"not.{table}", "not.detector", "not.unknown_waybills"} == set()
    gone = {d.name for d in detectors() if table in d.needs}
    assert silent(r) == silent(small.result) | gone
    assert r.reads == small.result.reads
    assert r.first_reads.all == small.result.first_reads.all
    assert r.first_reads.unexplained >= 0
    assert r.judged.enough, "one table less is no blindness"


def test_without_anything_but_reads(small: Watched, tmp_path: Path) -> None:
    columns = ("device", "ip", "fields", "purpose", "action", "session", "via", "request")
    r = run(without(small, tmp_path, [*TABLES, "partner_calls", "changes", "queries"], columns))
    assert codes(r) == {*(f"not.{t}" for t in TABLES), "not.detector", "not.unknown_waybills"}
    able = {d.name for d in detectors()} - silent(r)
    assert able == {d.name for d in detectors() if not d.needs}
    assert r.first_reads.unknown == r.first_reads.all > 0, "left out, and yet counted"
    assert r.first_reads.unexplained == 0
    assert (r.judged.enough, r.judged.first_reads, r.judged.left_out) == (False, 0, r.first_reads.all)
    assert {odd for _, _, odd in r.first_days} == {0}, "what was left out is no sign on any day"
    assert all(p.role == p.place == "" for c in r.cases for p in c.people)


@pytest.mark.parametrize(
    ("columns", "gone"),
    [
        (("device", "purpose"), {"fields_beyond_purpose"}),  # without devices, addresses do
        (("device", "ip", "action"), {"new_device_or_address", "two_places_at_once", "heavy_actions"}),
        (("fields",), {"fields_beyond_purpose"}),
        *(
            [
                (("device",), set()),
                (("device", "ip"), {"new_device_or_address", "two_places_at_once"}),
                (("purpose",), {"fields_beyond_purpose"}),
                (("action",), {"heavy_actions"}),
            ]
            if DEEP
            else []
        ),
    ],
)
def test_without_columns(small: Watched, tmp_path: Path, columns: tuple[str, ...], gone: set[str]) -> None:
    r = run(without(small, tmp_path, [], columns))
    assert silent(r) - silent(small.result) == gone
    assert actors(r) & small.insiders.keys()


@pytest.mark.parametrize(
    ("works", "known", "enough"), [("o-1", 10, True), ("O1", 10, False), ("o-1", 6, True), ("o-1", 4, False)]
)
def test_enough_could_be_judged_from_half_on(tmp_path: Path, works: str, known: int, enough: bool) -> None:
    """works: the outlet as the table of accounts spells it; known: so many of ten parcels have scans."""
    people = [f"u-{n}" for n in range(12)]
    reads = [read(n * 700 + k, who, f"YT{n:02d}{k:02d}") for n, who in enumerate(people) for k in range(10)]
    scans = [{**row, "kind": "arrive", "outlet": "o-1"} for row in reads if int(row["waybill"][-2:]) < known]
    write(tmp_path / "d", "accesses", reads)
    write(tmp_path / "d", "scans", [{k: v for k, v in row.items() if k != "actor"} for row in scans])
    write(tmp_path / "d", "actors", [{"actor": a, "kind": "person", "role": "clerk", "outlet": works} for a in people])
    put(tmp_path / "d", tmp_path / "L")
    r = run(tmp_path / "L")
    assert (r.cases, r.judged.enough) == ((), enough)
    assert r.judged.first_reads == (0 if works == "O1" else 12 * known)
    assert ("not.idle_accounts" in codes(r)) == (works == "O1")
    assert r.judged.left_out == (0 if known == 10 else 12 * (10 - known))


def test_an_empty_ledger(tmp_path: Path) -> None:
    write(tmp_path / "d", "actors", [{"actor": "u-1", "kind": "person", "role": "clerk"}])
    put(tmp_path / "d", tmp_path / "L")
    r = run(tmp_path / "L", Options(folder=tmp_path / "detect"))
    assert (r.cases, r.reads, r.accounts, r.held, r.first_days, r.first_reads.all) == ((), 0, 0, 0, (), 0)
    assert "not.no_reads" in codes(r)
    assert not r.judged.enough
    assert r.until <= r.since


def test_one_read(tmp_path: Path) -> None:
    write(tmp_path / "d", "accesses", [read(0, "u-1", "YT1")])
    put(tmp_path / "d", tmp_path / "L")
    for _ in range(2):
        r = run(tmp_path / "L", Options(folder=tmp_path / "detect", budget=1))
        assert (r.cases, r.reads, r.accounts, r.first_reads.all) == ((), 1, 1, 1)


def test_clocks_that_jumped(tmp_path: Path) -> None:
    day = 24 * 60
    rows = [read(d * day + k, f"u-{k % 7}", f"YT{d}{k:03d}") for d in range(10) for k in range(210)]
    rows += [read(4_000 * day, "u-1", "YT9"), read(-4_000 * day, "u-2", "YT8")]
    write(tmp_path / "d", "accesses", rows)
    put(tmp_path / "d", tmp_path / "L")
    r = run(tmp_path / "L")
    assert [(n.code, n.values) for n in r.remarks] == [("remark.stray", {"n": 2})]
    assert (r.until - r.since) // DAY_US in (10, 11)
    assert r.reads == 2_100


# --- what others know ---


def test_a_verdict_false_and_the_same_reads_do_not_come_again(small: Watched) -> None:
    cases = sorted(small.result.cases, key=lambda c: len(c.actors))
    for case in cases if DEEP else (cases[0], cases[-1]):
        verdict = ExternalVerdict(actors=case.actors, true=False, until=case.until)
        again = run(small.ledger, external=ExternalEvidence(verdicts=[verdict]))
        assert not actors(again) & set(case.actors)
        assert set(case.actors) | actors(again) <= actors(small.result)


def test_a_verdict_says_nothing_of_later_reads(small: Watched) -> None:
    joint = max(small.result.cases, key=lambda c: len(c.actors))
    early = ExternalVerdict(actors=joint.actors, true=False, until=small.result.since + DAY_US)
    assert set(joint.actors) <= actors(run(small.ledger, external=ExternalEvidence(verdicts=[early])))


@pytest.mark.parametrize("true", [True, False])
def test_a_verdict_moves_the_threshold_of_peers_alone(small: Watched, true: bool) -> None:
    role = {p.actor: p.role for c in small.result.cases for p in c.people}
    single = [c for c in small.result.cases if len(c.actors) == 1]
    judged = single[-1]
    old = small.result.since - DAY_US  # of reads before the window, so that none is cleared
    after = run(
        small.ledger, external=ExternalEvidence(verdicts=[ExternalVerdict(actors=judged.actors, true=true, until=old)])
    )
    mine = one_of(after, judged.actors[0]) if actors(after) & set(judged.actors) else None
    assert mine is None or (mine.score > judged.score) is true
    assert not true or mine is not None
    for case in single:
        if role[case.actors[0]] != role[judged.actors[0]] and case.actors[0] in actors(after):
            assert one_of(after, case.actors[0]).score == case.score


def test_a_verdict_on_accounts_that_nobody_knows(small: Watched) -> None:
    verdict = ExternalVerdict(actors=("nobody", "", "u-9999999"), true=False, until=small.result.until)
    assert run(small.ledger, external=ExternalEvidence(verdicts=[verdict])) == small.result


def test_touches_of_canaries_are_a_reason_with_their_reads(small: Watched) -> None:
    quiet = next(a for a in _staff(small) if a not in actors(small.result))
    times = [small.result.until - (k + 1) * 3_600_000_000 for k in range(3)]
    rows = [(quiet, t, 1) for t in times] + [("nobody", times[0], 1), (quiet, small.result.until + DAY_US, 1)]
    reads = [(quiet, t, f"YT-canary-{k}") for k, t in enumerate(times)] + [("nobody", times[0], "YT-x")]
    r = run(small.ledger, external=ExternalEvidence(counted={"canary_touch": rows}, reads={"canary_touch": reads}))
    assert "canary_touch" not in silent(r)
    (person,) = (p for p in one_of(r, quiet).people if p.actor == quiet)
    (reason,) = (x for x in person.reasons if x.detector == "canary_touch")
    assert (reason.value, reason.peers, reason.total_reads) == (3, (0, 0), 3)
    assert [(x.waybill, x.at) for x in reason.reads] == [(f"YT-canary-{k}", times[k]) for k in (2, 1, 0)]
    assert actors(r) - {quiet} == actors(small.result)


def test_one_touch_of_a_canary_is_a_case_until_somebody_says_that_it_was_none(small: Watched) -> None:
    quiet = next(a for a in _staff(small) if a not in actors(small.result))
    rows = [(quiet, small.result.until - 3 * DAY_US, 1)]
    given = ExternalEvidence(counted={"canary_touch": rows}, reads={})
    case = one_of(run(small.ledger, external=given), quiet)
    assert case.score > 0.5
    assert local_day(case.alerted_at) == local_day(rows[0][1])
    said = ExternalVerdict(actors=(quiet,), true=False, until=case.until)
    assert quiet not in actors(run(small.ledger, external=replace(given, verdicts=[said])))
    assert "canary_touch" not in silent(run(small.ledger, external=ExternalEvidence(counted={"canary_touch": []})))


def _staff(world: Watched) -> list[str]:
    """Accounts that read on the last day, in order."""
    reads = rows_of(world, "accesses")
    last = pc.max(reads["at"]).as_py() - timedelta(hours=6)
    return sorted(set(reads.filter(pc.greater(reads["at"], pa.scalar(last, reads["at"].type)))["actor"].to_pylist()))


def test_examples_are_fewer_than_what_was_counted(small: Watched) -> None:
    quiet = next(a for a in _staff(small) if a not in actors(small.result))
    last = small.result.until - 3_600_000_000
    rows = [(quiet, last - k * DAY_US, 100) for k in range(4)]
    given = ExternalEvidence(counted={"partner_contract": rows}, reads={"partner_contract": [(quiet, last, "YT1")]})
    case = one_of(run(small.ledger, external=given), quiet)
    (person,) = (p for p in case.people if p.actor == quiet)
    (reason,) = (x for x in person.reasons if x.detector == "partner_contract")
    assert (reason.value, reason.total_reads, [x.waybill for x in reason.reads]) == (400, 400, ["YT1"])
