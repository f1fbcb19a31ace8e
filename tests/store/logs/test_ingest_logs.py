from pathlib import Path

from tests.store.helpers import put
from tests.store.logs.making import COMBINED, mapping
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
    assert again.skipped == (("accesses", "access.log"), ("queries", "access.log"))
    with open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.loose("queries")["filter"].to_pylist() == ['{"origin_city":"a"}']
