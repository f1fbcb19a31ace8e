"""`wayseal ingest --sources`: several systems' logs in one job, each with its own outcome."""

import gzip
import os
import time
from pathlib import Path

import pytest

from tests.cli.running import Ran, inside, log
from tests.cli.test_ingest import rows
from tests.tables import each
from wayseal.ledger import open_ledger
from wayseal.model.times import micros

OLD = time.time() - 3600
GATE = 'wayseal = 1\n[columns]\nat = "时间"\nactor = "工号"\nwaybill = "运单号"\n'
SCANS = """
wayseal = 1
table = "scans"
[columns]
at = "t"
waybill = "no"
outlet = "site"
kind = { column = "op", values = { "揽收" = "pickup" } }
"""
SOURCES = """
wayseal = 1
[gate]
files = "inbox/gate/*.csv"
map = "gate.toml"
offset = "+08:00"
[counter]
files = ["inbox/counter/*.jsonl", "inbox/counter/**/*.gz"]
map = "scans.toml"
[sheets]
files = "inbox/*.csv"
"""


def settled(path: Path, text: str | bytes) -> Path:
    """A file that was last written to an hour ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(path, (OLD, OLD))
    return path


def gate(start: int, count: int) -> str:
    return "时间,工号,姓名,运单号\n" + "".join(
        f"2026-03-02 08:{n:02d}:00,c-1,李样本,YT{start + n}\n" for n in range(count)
    )


def scans(start: int, count: int) -> str:
    return "".join(
        f'{{"t":"2026-03-02T00:{n:02d}:00Z","no":"YT{start + n}","site":"o-7","op":"揽收"}}\n' for n in range(count)
    )


def filled(tmp_path: Path) -> Path:
    """A machine's inbox: three systems, each with its own columns, table and clock."""
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "sources.toml").write_text(SOURCES, encoding="utf-8")
    (tmp_path / "gate.toml").write_text(GATE, encoding="utf-8")
    (tmp_path / "scans.toml").write_text(SCANS, encoding="utf-8")
    settled(tmp_path / "inbox/gate/monday.csv", gate(1_000_000, 3))
    settled(tmp_path / "inbox/counter/a.jsonl", scans(1_000_000, 4))
    settled(tmp_path / "inbox/counter/old/b.gz", gzip.compress(scans(2_000_000, 5).encode()))
    settled(tmp_path / "inbox/outlets.csv", "outlet,kind,city,region\no-7,outlet,深圳,华南\n")
    return tmp_path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return filled(tmp_path)


def take(place: Path, *options: object) -> Ran:
    return inside("ingest", place / "L", "--sources", place / "sources.toml", *options)


def counts(place: Path) -> dict[str, int]:
    with open_ledger(place / "L") as snapshot:
        found = snapshot.summary().rows
    return {table: found[table] for table in ("accesses", "scans", "outlets") if found.get(table)}


def test_each_source_comes_in_by_its_own_mapping_table_and_clock(place: Path) -> None:
    ran = take(place)
    assert (ran.code, ran.out) == (0, "")
    assert counts(place) == {"accesses": 3, "scans": 9, "outlets": 1}
    assert [line for line in ran.err.splitlines() if line.startswith("Source")] == [
        "Source gate: 1 file",
        "Source counter: 2 files",
        "Source sheets: 1 file",
    ]
    assert "李样本" not in ran.err
    with open_ledger(place / "L") as snapshot:
        assert snapshot.summary().first_at == micros("2026-03-02T00:00:00Z")


def test_the_same_files_twice_change_nothing_and_a_new_one_comes_in(place: Path) -> None:
    take(place)
    with open_ledger(place / "L") as snapshot:
        before = snapshot.digest
    assert take(place, "--quiet").code == 0
    with open_ledger(place / "L") as snapshot:
        assert snapshot.digest == before
    settled(place / "inbox/gate/tuesday.csv", gate(3_000_000, 2))
    settled(place / "inbox/gate/monday.csv", gate(1_000_000, 5))
    assert take(place).code == 0
    assert counts(place)["accesses"] == 7


WRONG = {
    "a mapping that can't be read": ("gate.toml", "[columns]\nwho = 1\n", 3),
    "no mapping": ("gate.toml", None, 3),
    "other columns": ("inbox/gate/monday.csv", "a,b,c\n1,2,3\n", 3),
    "a broken feed": ("inbox/gate/monday.csv", "时间,工号,运单号\n昨天,c-1,YT1\n昨天,c-2,YT2\n", 14),
    "a source that is silent": ("inbox/gate/monday.csv", None, 14),
}


@each("what", list(WRONG))
def test_what_is_wrong_with_one_source_stops_no_other(tmp_path: Path, what: str) -> None:
    made = filled(tmp_path / what)
    name, text, code = WRONG[what]
    (made / name).unlink()
    if text is not None:
        settled(made / name, text)
    ran = take(made, "--quiet")
    assert ran.code == code, ran.err
    assert counts(made) == {"scans": 9, "outlets": 1}
    assert [line for line in ran.err.splitlines() if line.startswith("gate: ")]
    assert ran.err.splitlines()[-1] == "1 of 3 sources failed: gate"
    assert "c-1" not in ran.err


def test_a_damaged_file_keeps_the_others_of_its_source_from_nothing(place: Path) -> None:
    settled(place / "inbox/counter/c.gz", gzip.compress(scans(4_000_000, 9).encode())[:-20])
    ran = take(place, "--quiet")
    assert ran.code == 3
    assert counts(place) == {"accesses": 3, "scans": 9, "outlets": 1}
    assert "c.gz" in ran.err
    settled(place / "inbox/counter/c.gz", gzip.compress(scans(4_000_000, 9).encode()))
    assert take(place, "--quiet").code == 0
    assert counts(place)["scans"] == 18


def test_a_file_that_is_being_written_waits_for_the_next_night(place: Path) -> None:
    half = place / "inbox/gate/tuesday.csv"
    half.write_text(gate(3_000_000, 9)[:-7], encoding="utf-8")
    (place / "inbox/gate/.wednesday.csv.part").write_text("x", encoding="utf-8")
    ran = take(place)
    assert ran.code == 0
    assert "Source gate: 1 file; 1 may still be written to: read once untouched for 600 seconds (`settle`)" in ran.err
    assert "Source sheets: 1 file\n" in ran.err
    assert counts(place)["accesses"] == 3
    settled(half, gate(3_000_000, 9))
    assert take(place).code == 0
    assert counts(place)["accesses"] == 12


def test_two_mappings_of_one_file_for_one_table_are_refused(place: Path) -> None:
    """The second took the place of the first without a word, and the next night the first that of the second."""
    twice = '[again]\nfiles = "inbox/../inbox/gate/mon*.csv"\nmap = "{}"\noffset = "{}"\n'
    (place / "other.toml").write_text(GATE.replace('"工号"', '"姓名"'), encoding="utf-8")
    for text, code in ((twice.format("other.toml", "+08:00"), 3), (twice.format("gate.toml", "+00:00"), 3),
                       (twice.format("gate.toml", "+08:00"), 0)):  # fmt: skip
        (place / "sources.toml").write_text(SOURCES + text, encoding="utf-8")
        ran = take(place, "--quiet")
        assert ran.code == code, ran.err
        assert counts(place) == {"accesses": 3, "scans": 9, "outlets": 1}
        if code:
            assert "monday.csv" in ran.err
            assert "gate (gate.toml)" in ran.err
            assert f"again ({text.split('map = ')[1].split(chr(34))[1]})" in ran.err
        with open_ledger(place / "L") as snapshot:
            assert snapshot.summary().first_at == micros("2026-03-02T00:00:00Z")
            assert not any(source.replaced for source in snapshot.summary().sources)


def test_a_reading_that_takes_the_place_of_another_is_said_with_quiet_too(place: Path) -> None:
    file, maps = place / "inbox/gate/monday.csv", (place / "gate.toml", place / "other.toml")
    maps[1].write_text(GATE.replace('"工号"', '"姓名"'), encoding="utf-8")
    said = [inside("ingest", place / "M", file, "--map", one, "--offset", "+08:00", "--quiet").err for one in maps]
    assert said == ["", "accesses: monday.csv was read again: 3 rows of its earlier reading went\n"]


def test_how_long_a_source_may_be_silent(place: Path) -> None:
    text = SOURCES.replace("[counter]", 'newest = "30m"\n[counter]')
    (place / "sources.toml").write_text(text, encoding="utf-8")
    ran = take(place, "--quiet")
    assert (ran.code, ran.err.splitlines()[0]) == (14, "gate: monday.csv: the newest file is older than it may be")
    (place / "sources.toml").write_text(text.replace("30m", "2h"), encoding="utf-8")
    assert take(place, "--quiet").code == 0
    (place / "inbox/gate/monday.csv").unlink()
    (place / "sources.toml").write_text(text.replace("30m", "0"), encoding="utf-8")
    assert take(place, "--quiet").code == 0


@each(
    ("text", "said"),
    [
        ("[gate]\nfile = 'x'\n", "sources.toml:2: gate.file: not known here"),
        ("[gate]\nfiles = 'x'\nmap = 3\n", "sources.toml:3: gate.map:"),
        ("[gate]\nfiles = 'x'\nsettle = 'soon'\n", "sources.toml:3: gate.settle:"),
        ("gate = 1\n", "sources.toml:1: gate:"),
        ("", "sources.toml"),
        ("[gate", "sources.toml:1:"),
    ],
)
def test_a_file_of_sources_that_cant_be_read_says_where(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(text, encoding="utf-8")
    ran = inside("ingest", tmp_path / "L", "--sources", file)
    assert ran.code == 3, ran.err
    assert said in ran.err
    assert not (tmp_path / "L").exists()


def test_files_and_a_file_of_sources_dont_go_together(place: Path) -> None:
    assert inside("ingest", place / "L").code == 2
    assert take(place, log(place / "gate.csv", rows(1, 1))).code == 2
    assert take(place, "--map", place / "gate.toml").code == 2


def test_a_ledger_that_is_none_stops_all(place: Path) -> None:
    (place / "L").write_text("x", encoding="utf-8")
    ran = take(place)
    assert ran.code == 6
    assert "counter" not in ran.err
