"""`wayseal ingest` on feeds that break: never in silence."""

import gzip
import io
from pathlib import Path

import pytest

from tests.cli.running import inside, log
from wayseal.ledger import open_ledger


def rows(start: int, count: int, bad: int = 0) -> list[str]:
    """So many reads, the last of them without a time that can be read."""
    good = [f"2026-03-02T06:{n % 60:02d}:00Z,c-{n % 7},YT{start + n}" for n in range(count - bad)]
    return good + [f"yesterday,c-1,YT{start + n}" for n in range(bad)]


def test_a_feed_of_which_nothing_can_be_read(tmp_path: Path) -> None:
    file = log(tmp_path / "gate.csv", rows(1_000_000, 30, bad=30))
    ran = inside("ingest", tmp_path / "L", file, "-q")
    assert (ran.code, ran.out) == (14, "")
    assert ran.err.startswith(
        "wayseal: gate.csv: 30 of 30 rows were rejected, most of them as not-a-time; all are listed"
    )
    assert str(tmp_path / "L" / "quarantine") in ran.err
    again = inside("ingest", tmp_path / "M", file, "-q", "--lang", "zh")
    assert "不是时间" in again.err


@pytest.mark.parametrize(("most", "code"), [(None, 0), ("0.4", 14), ("0.41", 0), ("0", 14), ("1", 0)])
def test_the_share_that_is_a_broken_feed(tmp_path: Path, most: str | None, code: int) -> None:
    file = log(tmp_path / "gate.csv", rows(1_000_000, 50, bad=20))
    option = () if most is None else ("--most-rejected", most)
    assert inside("ingest", tmp_path / "L", file, "-q", *option).code == code
    with open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.summary().rows["accesses"] == 30
    # What is in the ledger already is no news.
    assert inside("ingest", tmp_path / "L", file, "-q", *option).code == 0


def test_a_clean_file_is_no_broken_feed_by_any_share(tmp_path: Path) -> None:
    file = log(tmp_path / "gate.csv", rows(1_000_000, 50))
    assert inside("ingest", tmp_path / "L", file, "-q", "--most-rejected", "0").code == 0


def test_rejects_that_jump_against_the_past_of_the_feed(tmp_path: Path) -> None:
    first, usual, worse = (
        log(tmp_path / name, made)
        for name, made in (
            ("monday.csv", rows(1_000_000, 400, bad=4)),
            ("tuesday.csv", rows(2_000_000, 400, bad=12)),
            ("wednesday.csv", rows(3_000_000, 400, bad=60)),
        )
    )
    for file in (first, usual):
        assert inside("ingest", tmp_path / "L", file, "-q").err == ""
    ran = inside("ingest", tmp_path / "L", worse, "-q")
    assert (ran.code, ran.err) == (
        0,
        "wednesday.csv: 15.0% of the rows were rejected, of this feed's earlier ones 2.0%\n",
    )
    again = log(tmp_path / "thursday.csv", rows(4_000_000, 400, bad=199))
    ran = inside("ingest", tmp_path / "L", again, "-q", "--lang", "zh")
    assert ran.code == 0
    assert ran.err.startswith("thursday.csv：49.8%")


def test_several_files_and_standard_input_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = log(tmp_path / "monday.csv", rows(1_000_000, 30))
    second = log(tmp_path / "tuesday.csv", rows(2_000_000, 20))
    third = log(tmp_path / "wednesday.csv", rows(3_000_000, 10)).read_bytes()
    ledger, said = tmp_path / "L", []
    for fed in (third, third, gzip.compress(third)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(fed)))
        ran = inside("ingest", ledger, first, "-", second)
        assert ran.code == 0
        said.append([line.removeprefix("accesses: ") for line in ran.err.splitlines()])
    known = "is in the ledger already; nothing changed"
    assert said[0] == ["30 rows from monday.csv", "10 rows from -", "20 rows from tuesday.csv"]
    assert said[1] == [*(f"{name} {known}" for name in ("monday.csv", "-", "tuesday.csv")), "nothing new"]
    # Other bytes are another source.
    assert said[2][0] == "10 rows from -"


def test_standard_input_is_read_once_and_its_errors_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = inside("ingest", tmp_path / "L", "-", "-")
    assert (ran.code, ran.err) == (3, "wayseal: -: standard input can be read once\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a,b\n1,2\n")))
    ran = inside("ingest", tmp_path / "L", "-")
    assert ran.code == 3
    assert ran.err.startswith("wayseal: -: at: the table accesses needs at, actor, waybill; the file has a, b")


def test_the_table_can_be_named(tmp_path: Path) -> None:
    file = log(tmp_path / "export.csv", ["o-1,hub,c,r"], header="outlet,kind,city,region")
    assert inside("ingest", tmp_path / "L", file, "--table", "outlets").err == ("outlets: 1 row from export.csv\n")
    ran = inside("ingest", tmp_path / "L", file, "--table", "outlet")
    assert (ran.code, "no table of the contract" in ran.err) == (3, True)
    mapping = tmp_path / "m.toml"
    mapping.write_text('[columns]\nat = "a"\nactor = "b"\nwaybill = "c"\n', encoding="utf-8")
    ran = inside("ingest", tmp_path / "L", file, "--map", mapping, "--table", "outlets")
    assert (ran.code, "the mapping is for the table accesses" in ran.err) == (3, True)


def test_one_of_several_files_that_is_missing_takes_none_in(tmp_path: Path) -> None:
    file = log(tmp_path / "monday.csv", rows(1_000_000, 30))
    ran = inside("ingest", tmp_path / "L", file, tmp_path / "tuesday.csv")
    assert (ran.code, (tmp_path / "L").exists()) == (3, False)


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for n, place in enumerate(("north", "south")):
        (tmp_path / place).mkdir()
        log(tmp_path / place / "week.csv", rows(1_000_000 + 100 * n, 30, bad=1))
    named = [tmp_path / "north" / "week.csv", tmp_path / "south" / "week.csv", log(tmp_path / "hq.csv", rows(5, 9))]
    told = inside("ingest", tmp_path / "L", *named).err
    assert [line for line in told.splitlines() if " from " in line] == [
        "accesses: 29 rows from north/week.csv, 1 rejected",
        "accesses: 29 rows from south/week.csv, 1 rejected",
        "accesses: 9 rows from hq.csv",
    ]
