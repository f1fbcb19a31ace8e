"""What an ingest tells beside the rows, and who may read what it writes."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.ledger.helpers import at, put, read, write
from wayseal import ledger, store
from wayseal.ledger.summary import silent_hours
from wayseal.store.types import NoticeCode, ReadOptions

MIDNIGHT = 20_500 * 24


def usual(reads: int, silent: set[int], days: int = 4) -> tuple[list[int], list[int]]:
    hours = [MIDNIGHT + h for h in range(24 * days) if h not in silent]
    return hours, [reads] * len(hours)


@pytest.mark.parametrize(
    ("log", "gaps"),
    [
        (([], []), ()),
        (([MIDNIGHT], [500]), ()),
        (usual(30, set()), ()),
        (usual(30, {34, 35}), ((34, 36),)),
        (usual(29, {34, 35}), ()),
        (usual(30, {20, 47, 48}), ((20, 21), (47, 49))),
        (usual(99, {2, 26, 50, 74}), ()),
    ],
)
def test_silence_is_a_gap_where_reads_are_usual(
    log: tuple[list[int], list[int]], gaps: tuple[tuple[int, int], ...]
) -> None:
    found = silent_hours(np.array(log[0], np.int64), np.array(log[1], np.int64))
    assert found == tuple((MIDNIGHT + a, MIDNIGHT + b) for a, b in gaps)


def test_gaps_are_told_where_reads_are_usual(tmp_path: Path) -> None:
    hours = [h for h in range(72) if h not in {30, 31}]
    rows = [read(60 * h + n, f"u{n}", "YT5") for h in hours for n in range(30)]
    put(write(tmp_path, "accesses", rows), tmp_path / "L")
    first = int(at(0).timestamp()) // 3600
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.summary().gaps == ((first + 30, first + 32),)


def test_rows_that_filters_leave_out_are_counted(tmp_path: Path) -> None:
    columns = 'table = "accesses"\n[columns]\nat = "at"\nactor = "u"\nwaybill = "w"\n'
    text = columns + '[[drop]]\ncolumn = "s"\nequals = ["404"]\n'
    rows = [f"2026-03-01T00:0{n}:00Z,u,YT{n},{s}" for n, s in enumerate(["200", "404", "404"])]
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    (tmp_path / "log.csv").write_text("at,u,w,s\n" + "\n".join(rows) + "\n", encoding="utf-8")
    source = store.open_source(tmp_path / "log.csv", mapping=store.load_mapping(tmp_path / "m.toml"))
    report = ledger.ingest(source, tmp_path / "L")
    assert (report.rows, report.dropped) == (1, 2)
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.summary().dropped == 2


def test_what_counts_rows_is_said_once_a_file(tmp_path: Path) -> None:
    file = tmp_path / "accesses.csv"
    rows = "".join(f"2026-03-0{n % 9 + 1},u{n},YT{n},poke\n" for n in range(400))
    file.write_text("at,actor,waybill,action\n" + rows)
    small = replace(store.open_source(file), options=ReadOptions(block_bytes=1 << 10))
    said = [n for n in ledger.ingest(small, tmp_path / "ledger").notices if "rows" in n.values]
    assert {n.code: n.values["rows"] for n in said} == {NoticeCode.DAYS_ALONE: 400, NoticeCode.EMPTIED_CELLS: 400}
    assert len(said) == 2


def test_only_its_owner_can_read_a_ledger(tmp_path: Path) -> None:
    steps: list[str] = []

    def look(step: str) -> None:
        steps.append(step)
        for path in (tmp_path / "L", *(tmp_path / "L").rglob("*")):
            try:
                mode = path.stat().st_mode
            except FileNotFoundError:  # spilled rows, which the other thread has taken back meanwhile
                assert path.suffix == ".arrows"
                continue
            assert stat.S_IMODE(mode) == (0o700 if stat.S_ISDIR(mode) else 0o600), path.name

    before = os.umask(0o022)
    try:
        (tmp_path / "L").mkdir()
        folder = write(tmp_path / "D", "accesses", [read(n, "u", f"YT{n}") for n in range(99)]).parent
        bad = '{"at":"never","actor":"u","waybill":"YT1"}\n'
        (tmp_path / "accesses.jsonl").write_text(bad, encoding="utf-8")
        put(folder, tmp_path / "L", memory=1, parts=4, on_step=look)
        put(tmp_path / "accesses.jsonl", tmp_path / "L", keep_rejected=True, on_step=look)
    finally:
        os.umask(before)
    look("done")
    assert {"read", "committed"} <= set(steps)
    assert len(list((tmp_path / "L/quarantine").glob("*.csv"))) == 2


def test_a_session_of_several_accounts_and_days_is_one(tmp_path: Path) -> None:
    rows = [read(n, f"u-{n % 3}", f"YT{n}", session="s1" if n < 6 else "s2") for n in range(9)]
    put(write(tmp_path / "1", "accesses", [*rows, read(9, "u-9", "YT1")]), tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.sessions == 2
    more = [read(3000, "u-1", "YT1", session="s2"), read(3000, "u-1", "YT1", session="s3")]
    put(write(tmp_path / "2", "accesses", more), tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.sessions == 3
        assert snapshot.devices == 0
    put(write(tmp_path / "3", "accesses", [read(4000, "u-1", "YT1", device="d1")]), tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.devices == 1
