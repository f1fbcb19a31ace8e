from pathlib import Path

from tests.store.helpers import put
from tests.store.logs.making import COMBINED, PGAUDIT, audit, mapping, record
from tests.store.logs.test_combined import hit
from wayseal.ledger import IngestOptions, ingest, open_ledger
from wayseal.store import open_source


def test_both_tables_of_a_file_are_committed_together(tmp_path: Path) -> None:
    """Each has rows in quarantine, which is one file; the second time nothing changes."""
    log = hit("/api/waybill/YT1") + "noise\n" + hit("/api/search?from=a", user="-") + hit("/api/search?from=a")
    source = open_source(put(tmp_path / "access.log", log), mapping=mapping(COMBINED))
    options = IngestOptions(keep_rejected=True, commit_bytes=1)
    report = ingest(source, tmp_path / "L", options=options)
    assert [(e.table, e.rows, dict(e.rejected)) for e in report.ingested] == [
        ("accesses", 1, {"too-few-fields": 1}),
        ("queries", 1, {"empty": 1}),
    ]
    listed = [p.read_text() for p in sorted((tmp_path / "L/quarantine").glob("*.csv"))]
    assert len(listed) == 2
    assert [line.split(",")[1] for line in listed[0].splitlines()[1:]] == ["2", "3"]
    assert "noise" in listed[1]
    again = ingest(source, tmp_path / "L", options=options)
    assert [(s.table, s.name) for s in again.skipped] == [("accesses", "access.log"), ("queries", "access.log")]
    with open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.loose("queries")["filter"].to_pylist() == ['{"origin_city":"a"}']


def test_of_a_raw_log_that_has_grown_only_what_is_new_comes_in(tmp_path: Path) -> None:
    """Records that belong to the other table, or to none, are told from a cut in the middle of one."""
    rows = [
        record(audit("select * from waybill_main where mail_no = 'YT1'", rows=1)),
        record("connection received"),
        record(audit("select * from waybill_main where from_site = 'o-1'", number=2, rows=7)),
        record(audit("select 1 from\nsomewhere", number=3)),
        record(audit("select * from waybill_main where mail_no = 'YT2'", number=4, rows=1)),
    ]
    made, log = mapping(PGAUDIT), tmp_path / "pg.csv"
    for count in range(1, len(rows) + 1):
        log.write_text("".join(rows[:count]))
        ingest(open_source(log, mapping=made), tmp_path / "grown")
    ingest(open_source(log, mapping=made), tmp_path / "whole")
    for name in ("grown", "whole"):
        with open_ledger(tmp_path / name) as snapshot:
            summary = snapshot.summary()
            assert (summary.rows["accesses"], summary.rows["queries"], summary.dropped) == (2, 1, 2), name
