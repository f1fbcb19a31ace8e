"""A ledger as if some tables weren't in it (`Snapshot.without`)."""

from pathlib import Path

import numpy as np

from tests.detect.watched import Watched, small
from wayseal.ledger import open_ledger
from wayseal.ledger.beside import Beside, Wanted

__all__ = ["small"]


def rows(stretch: Beside) -> dict[str, int]:
    return {name: table.num_rows for name, table in stretch.tables.items()}


def test_what_is_left_out_has_no_rows_and_all_else_stays(small: Watched) -> None:
    with open_ledger(small.ledger) as whole:
        less = whole.without({"scans", "actors"})
        assert less.tables == whole.tables - {"scans", "actors"}
        assert (less.actors().num_rows, less.outlets()) == (0, whole.outlets())
        keys = np.sort(whole.control(50))
        assert less.scans(keys).num_rows == 0
        assert whole.scans(keys).num_rows > 0
        assert less.waybills(keys) == whole.waybills(keys)
        assert less.reads(keys) == whole.reads(keys)
        wanted = Wanted(reads=("waybill",), tables={"scans": ("waybill",), "waybills": ("waybill",)})
        seen = [found for found, _, _ in less.beside(wanted, rows)]
        assert sum(one["scans"] for one in seen) == 0
        assert sum(one["waybills"] for one in seen) > 0
        assert less.digest == whole.digest, "it is the same ledger"
        assert less.without({"tickets"}).digest == whole.digest
        assert less.without({"tickets"}).tables == whole.tables - {"scans", "actors", "tickets"}


def test_it_needs_no_closing_and_leaves_the_other_open(small: Watched) -> None:
    with open_ledger(small.ledger) as whole:
        less = whole.without({"scans"})
        less.close()
        assert whole.actors().num_rows > 0
        assert whole.scans(np.sort(whole.control(50))).num_rows > 0


def test_the_files_are_as_they_were(small: Watched) -> None:
    def files() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in small.ledger.rglob("*") if path.is_file()}

    before = files()
    with open_ledger(small.ledger) as whole:
        assert whole.without(whole.tables - {"accesses"}).tables == {"accesses"}
    assert files() == before
