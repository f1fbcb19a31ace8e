"""What queries showed, in a scope: certain, uncertain, known by the log, and by range of keys."""

import csv
import io
from pathlib import Path

import pytest

from tests.cli.running import here, log
from wayseal.ledger import open_ledger
from wayseal.model.kinds import SourceKind
from wayseal.trace.scope import Listing, ScopeResult, parse_period, scope

HEAD = "request,at,actor,filter,rows,session"
FIRST = '"{""origin_outlet"":""o-0""}"'
SOME = '"{""origin_outlet"":""o-1"",""limit"":5}"'
UNREADABLE = '"{""colour"":""red""}"'
WAYBILLS = [f"YT{n},2026-03-01T01:00:00Z,c-1,o-{n % 4},o-9" for n in range(40)]
QUERIES = [
    f"q1,2026-03-02T06:00:00Z,asker,{FIRST},,s-1",
    f"q2,2026-03-03T06:00:00Z,asker,{FIRST},,s-2",
    f"q3,2026-03-02T07:00:00Z,asker,{SOME},5,s-1",
    f"q4,2026-03-02T08:00:00Z,asker,{UNREADABLE},,s-1",
    f"q5,2026-03-02T08:00:00Z,other,{SOME},5,s-3",
]
READS = ["2026-03-02T06:30:00Z,asker,YT4", "2026-03-02T06:30:00Z,other,YT8"]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    data = folder / "dataset"
    data.mkdir()
    log(data / "waybills.csv", WAYBILLS, "waybill,issued_at,channel,origin_outlet,destination_outlet")
    log(data / "queries.csv", QUERIES, HEAD)
    log(data / "accesses.csv", READS)
    here("ingest", folder / "L", data, "-q")
    return folder / "L"


def told(
    ledger: Path, source: str = "asker", start: str | None = None, end: str | None = None
) -> tuple[ScopeResult, list[dict[str, str]]]:
    out = io.BytesIO()
    with open_ledger(ledger) as snapshot:
        result = scope(
            snapshot, source, period=parse_period(start, end), listing=Listing(out), progress=lambda _s, _d, _t: None
        )
    return result, list(csv.DictReader(io.StringIO(out.getvalue().decode())))


def test_certain_ones_are_listed_and_uncertain_ones_counted(ledger: Path) -> None:
    result, rows = told(ledger)
    assert (result.waybills, result.reads, result.queries) == (1, 1, 4)
    assert (result.by_query.waybills, result.by_query.uncertain, result.by_query.replayed) == (9, 10, 3)
    assert result.by_query.expected == pytest.approx(5.0)
    assert [(r["waybill"], r["basis"], r["reads"]) for r in rows[:1]] == [("YT4", "log", "1")]
    assert {r["waybill"] for r in rows[1:]} == {f"YT{n}" for n in range(0, 40, 4)} - {"YT4"}
    assert {(r["basis"], r["first time"], r["last time"], r["reads"], r["fields"]) for r in rows[1:]} == {
        ("query", "2026-03-02T14:00:00+08:00", "2026-03-03T14:00:00+08:00", "", "")
    }


def test_only_the_period_counts(ledger: Path) -> None:
    result, rows = told(ledger, start="2026-03-03")
    assert (result.by_query.waybills, result.by_query.uncertain) == (10, 0)
    assert "YT4" in {r["waybill"] for r in rows}
    assert told(ledger, end="2026-03-01")[0].by_query.waybills == 0


def test_a_session_asks_too_and_others_queries_are_theirs(ledger: Path) -> None:
    result, rows = told(ledger, "s-1")
    assert result.kind is SourceKind.SESSION
    assert (result.by_query.waybills, result.by_query.uncertain, len(rows)) == (10, 10, 10)
    result, rows = told(ledger, "other")
    assert (result.by_query.waybills, result.by_query.uncertain, len(rows)) == (0, 10, 1)
    assert told(ledger, "o-0")[0].by_query.replayed == 0


def test_ranges_of_keys_make_no_difference(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = told(ledger)
    with open_ledger(ledger) as snapshot:
        everything = [keys.tolist() for keys in snapshot.everything(1 << 20)]
        assert sum(map(len, everything)) == snapshot.size() == 40
        monkeypatch.setattr("wayseal.trace.scope.RANGE", 1)
    result, rows = told(ledger)
    assert (result.by_query.waybills, result.by_query.uncertain) == (9, 10)
    assert rows == whole[1]
