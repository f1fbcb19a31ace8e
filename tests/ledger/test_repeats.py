"""Rows that came by another file, of logs of each form and of tables beside reads (rules 1 and 2)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.ledger.helpers import at, put, read, write
from tests.store.workbooks import workbook
from wayseal import ledger as room
from wayseal.ledger.repeats import Repeats, find_repeats
from wayseal.store import open_source
from wayseal.store.preview import preview_source

WAYBILLS = [f"YT{n:013}" for n in range(8)]
EARLIER = timedelta(hours=8)


def found(path: Path, ledger: Path) -> Repeats:
    source = open_source(path)
    (one,) = find_repeats(source, preview_source(source, rows=8), ledger)
    assert one is not None
    return one


def test_reads_by_another_file_are_there_but_for_those_with_the_same_id(tmp_path: Path) -> None:
    rows = [read(n, "u-1", w, access=f"a{n}") for n, w in enumerate(WAYBILLS)]
    put(write(tmp_path / "one", "accesses", rows), tmp_path / "L")
    other = [row | {"access": row["access"] if n < 3 else f"b{n}"} for n, row in enumerate(rows)]
    seen = found(write(tmp_path / "two", "accesses", other), tmp_path / "L")
    assert (seen.compared, seen.rows, seen.shifted, seen.files) == (8, 5, 0, ("accesses.parquet",))
    assert seen.most
    assert found(tmp_path / "one" / "accesses.parquet", tmp_path / "L").known


def test_a_workbook_of_the_same_reads_and_one_with_a_wrong_offset(tmp_path: Path) -> None:
    rows = [read(n, "u-1", w) for n, w in enumerate(WAYBILLS)]
    put(write(tmp_path / "one", "accesses", rows), tmp_path / "L")
    for name, shift, wanted in (("same", timedelta(0), (8, 0, 0)), ("off", EARLIER, (0, 8, 8))):
        sheet = [["at", "actor", "waybill"], *([(r["at"] - shift).isoformat(), r["actor"], r["waybill"]] for r in rows)]
        seen = found(workbook(tmp_path / f"{name}.accesses.xlsx", {"accesses": sheet}), tmp_path / "L")
        assert (seen.rows, seen.shifted, seen.hours) == wanted


def test_scans_are_compared_by_their_place(tmp_path: Path) -> None:
    def scans(outlet: str) -> list[dict[str, Any]]:
        return [{"at": at(n), "outlet": outlet, "waybill": w, "kind": "pickup"} for n, w in enumerate(WAYBILLS)]

    put(write(tmp_path / "one", "scans", scans("o-1")), tmp_path / "L")
    assert found(write(tmp_path / "two", "scans", scans("o-1")[:5] + scans("o-2")[5:]), tmp_path / "L").rows == 5


def test_a_file_that_is_read_again_is_not_held_against_itself(tmp_path: Path) -> None:
    """Nor is a table whose newer sheets replace what older ones say."""
    path = tmp_path / "accesses.csv"
    lines = [f"2026-03-01 10:0{n}:00,u-1,{w}" for n, w in enumerate(WAYBILLS)]
    path.write_text("\n".join(["at,actor,waybill", *lines, ""]), "utf-8")
    room.ingest(open_source(path, offset="+08:00"), tmp_path / "L")
    source = open_source(path, offset="+00:00")
    (seen,) = find_repeats(source, preview_source(source, rows=8), tmp_path / "L")
    assert seen is not None
    assert (seen.known, seen.compared, seen.rows, seen.shifted) == (False, 8, 0, 0)
    staff = open_source(write(tmp_path / "staff", "actors", [{"actor": "u-1", "kind": "person", "role": "clerk"}]))
    assert find_repeats(staff, preview_source(staff, rows=8), tmp_path / "L") == (None,)
