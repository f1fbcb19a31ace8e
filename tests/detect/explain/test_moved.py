"""Who moved to another outlet: reads of before are judged by where he worked then, by the kernel and by rows alike."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ledger.helpers import put
from wayseal.detect.explain import built_in
from wayseal.detect.facts import update_facts
from wayseal.detect.reasons import explain_pair
from wayseal.ledger import open_ledger
from wayseal.store import arrow_schema

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def bring(folder: Path, table: str, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows, arrow_schema(table)), folder / f"{table}.parquet")
    put(folder / f"{table}.parquet", folder / "L")


@pytest.mark.parametrize("moves", [True, False])
def test_reads_of_before_a_move_are_work_where_he_worked_then(tmp_path: Path, moves: bool) -> None:
    outlets = [{"outlet": o, "kind": "outlet", "city": o, "region": o} for o in ("a", "b")]
    bring(tmp_path, "outlets", outlets)
    bring(tmp_path, "actors", [{"actor": "u", "kind": "person", "role": "clerk", "outlet": "a"}])
    for day, outlet in ((0, "a"), (5, "b")):
        at = START + timedelta(days=day)
        if day and moves:
            bring(tmp_path, "actors", [{"actor": "u", "kind": "person", "role": "clerk", "outlet": "b"}])
        number = f"YT{day}"
        bring(tmp_path, "scans", [{"waybill": number, "at": at, "kind": "arrive", "outlet": outlet}])
        bring(
            tmp_path, "accesses", [{"at": at + timedelta(hours=1), "actor": "u", "waybill": number, "action": "view"}]
        )
    with open_ledger(tmp_path / "L") as snapshot:
        templates = built_in()
        suspects = update_facts(snapshot, None, templates, 0, lambda *_: None).suspects
        assert suspects.num_rows == (0 if moves else 1)
        verdicts = [explain_pair(snapshot, "u", f"YT{day}", templates).reads[0].verdict for day in (0, 5)]
        assert [v == "unexplained" for v in verdicts] == [False, not moves]
