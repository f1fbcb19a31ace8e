"""Bad input, one kind after another, as a person meets it.

Each ends in a clear answer, or in one line that names the file (and the line where there is one); never in a traceback,
never in rows that are gone without a word.
"""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from tests.cli.running import LOG_ROWS, WAYSEAL, Ran, arguments, bought, inside, log, started
from tests.conftest import need
from wayseal.cli import app
from wayseal.store import arrow_schema, write_table
from wayseal.store.mapping import Format

pytestmark = pytest.mark.usefixtures("short")


def rows_of(ledger: Path) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(inside("show", ledger, "--format", "json").out)
    return shown


def refused(ran: Ran, code: int, *words: str) -> None:
    """One line that names what is wrong."""
    assert ran.code == code, ran
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("wayseal: ")
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("text", ["", "at,actor,waybill\n"], ids=["no byte", "no row"])
def test_an_empty_log(tmp_path: Path, base: Path, text: str) -> None:
    (tmp_path / "accesses.csv").write_text(text)
    took = inside("ingest", "L", "accesses.csv", cwd=tmp_path)
    assert took.code == 0
    assert "accesses: 0 rows" in took.err
    assert "Reads: none yet" in inside("show", tmp_path / "L").out
    traced = inside("trace", "L", "--leaks", base / "leaks.csv", "--format", "json", cwd=tmp_path)
    report = json.loads(traced.out)
    assert (traced.code, report["verdict"], report["found"], report["sources"]) == (0, "insufficient", 0, [])
    assert "The log holds no reads." in report["quality"]
    assert [row["missing"] for row in report["leak_rows"]] == ["not in the ledger"] * 6


def test_one_leak(tmp_path: Path, base: Path) -> None:
    bought(tmp_path / "one.csv", numbers=["YT2000009"])
    traced = inside("trace", base / "L", "--leaks", "one.csv", "--format", "json", cwd=tmp_path)
    report = json.loads(traced.out)
    assert (traced.code, report["leaks"], report["found"]) == (0, 1, 1)
    assert report["verdict"] != "named"
    assert "A single leaked number carries little evidence, whatever it points at." in report["quality"]


def test_a_leak_seen_before_any_read_of_it(tmp_path: Path, base: Path) -> None:
    bought(tmp_path / "early.csv", time="2026-03-01T00:00:00Z")
    traced = inside("trace", base / "L", "--leaks", "early.csv", "--format", "json", cwd=tmp_path)
    report = json.loads(traced.out)
    assert (traced.code, report["verdict"], report["sources"]) == (0, "insufficient", [])
    assert any("only after the sale" in remark for remark in report["quality"])
    assert any("6 were sold before the log begins" in remark for remark in report["quality"])
    assert all(row["found"] and "no account in the log read it" in row["missing"] for row in report["leak_rows"])


def test_times_without_an_offset_are_said(tmp_path: Path) -> None:
    log(tmp_path / "accesses.csv", [row.replace("Z,", ",") for row in LOG_ROWS])
    bought(tmp_path / "leaks.csv", time="2026-03-02T21:00:00", numbers=["YT2000009"])
    took = inside("ingest", "L", "accesses.csv", cwd=tmp_path)
    assert "accesses.csv: times without an offset were read as +00:00 (at)" in took.err
    traced = inside("trace", "L", "--leaks", "leaks.csv", "--format", "json", cwd=tmp_path)
    assert "leaks.csv: times without an offset were read as +00:00 (seen_at)" in traced.err
    assert "Times in the leaks file have no time zone; +00:00 was assumed." in json.loads(traced.out)["quality"]
    words = ("trace", tmp_path / "L", "--leaks", tmp_path / "leaks.csv", "--format", "json")
    told = inside(*words, "--offset", "+08:00")
    report = json.loads(told.out)
    assert report["leak_rows"][0]["seen_at"] == "2026-03-02T13:00:00Z"
    assert not any("time zone" in remark for remark in report["quality"])


def test_duplicated_rows(tmp_path: Path) -> None:
    """With an `access` id a repeat is left out and said; without, it is kept: two reads, one reader."""
    rows = ["2026-03-02T10:00:00Z,u,YT1,a1"] * 3 + ["2026-03-02T11:00:00Z,u,YT2,"] * 2
    log(tmp_path / "accesses.csv", rows, "at,actor,waybill,access")
    took = inside("ingest", "L", "accesses.csv", cwd=tmp_path)
    assert took.code == 0
    assert "accesses: 3 rows from accesses.csv, 2 known already" in took.err
    assert "2 rows left out as known already" in inside("show", tmp_path / "L").out
    again = inside("ingest", "L", "accesses.csv", cwd=tmp_path)
    assert "is in the ledger already; nothing changed" in again.err
    assert rows_of(tmp_path / "L")["rows"] == {"accesses": 3}


def test_an_actor_unknown_to_actors(tmp_path: Path, short: None) -> None:
    data = tmp_path / "data"
    data.mkdir()
    log(data / "accesses.csv")
    log(data / "actors.csv", [f"c-{n},person,clerk" for n in range(20)], "actor,kind,role")
    bought(tmp_path / "leaks.csv")
    assert inside("ingest", "L", "data", cwd=tmp_path).code == 0
    shown = inside("show", tmp_path / "L").out
    assert "2.4% of the reads are by accounts that `actors` doesn't know" in shown
    traced = inside("trace", tmp_path / "L", "--leaks", tmp_path / "leaks.csv", "--format", "json")
    report = json.loads(traced.out)
    assert traced.code == 0
    assert report["sources"][0]["source"] == "thief"
    assert any("does not know" in remark for remark in report["quality"])


def test_many_rows_of_one_waybill(tmp_path: Path) -> None:
    """Ten million are a benchmark; what counts is the pair of account and waybill, so thousands read quickly too."""
    log(tmp_path / "accesses.csv", [f"2026-03-02T10:{n % 60:02d}:00Z,u-{n % 90},YT1" for n in range(3600)])
    bought(tmp_path / "leaks.csv", numbers=["YT1"])
    assert inside("ingest", "L", "accesses.csv", cwd=tmp_path).code == 0
    shown = rows_of(tmp_path / "L")
    assert (shown["rows"], shown["accounts"], shown["waybills"]) == ({"accesses": 3600}, 90, 1)
    traced = inside("trace", "L", "--leaks", "leaks.csv", "--format", "json", cwd=tmp_path)
    report = json.loads(traced.out)
    assert (traced.code, report["verdict"]) == (0, "insufficient")
    assert report["leak_rows"][0]["accounts"] == 90


def test_a_truncated_parquet_file(tmp_path: Path, base: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(base / "accesses.csv"), whole)
    for keep in (0, whole.stat().st_size // 2, whole.stat().st_size - 1):
        (tmp_path / "cut.parquet").write_bytes(whole.read_bytes()[:keep])
        ran = inside("ingest", f"L{keep}", "cut.parquet", cwd=tmp_path)
        refused(ran, 3, "cut.parquet")
        assert not (tmp_path / f"L{keep}").exists()
    refused(inside("trace", base / "L", "--leaks", "cut.parquet", cwd=tmp_path), 3, "cut.parquet")


def test_a_file_in_gb18030(tmp_path: Path) -> None:
    text = "at,actor,waybill\n2026-03-02T10:00:00+08:00,张三,YT1\n2026-03-02T11:00:00+08:00,𠮷四,YT2\n"
    (tmp_path / "accesses.csv").write_bytes(text.encode("gb18030"))
    took = inside("ingest", "L", "accesses.csv", cwd=tmp_path)
    assert took.code == 0
    assert "accesses.csv: read as GB18030" in took.err
    bought(tmp_path / "leaks.csv", numbers=["YT2"])
    traced = inside("trace", "L", "--leaks", "leaks.csv", "--format", "json", cwd=tmp_path)
    assert "𠮷四" in {row["source"] for row in json.loads(traced.out)["sources"]}


def test_bytes_in_no_encoding_are_named_by_line(tmp_path: Path) -> None:
    good = "at,actor,waybill\n2026-03-02T10:00:00Z,张三,YT1\n".encode()
    (tmp_path / "accesses.csv").write_bytes(good + b"2026-03-02T10:00:00Z,\xff\xfe\xff,YT2\n")
    ran = inside("ingest", "L", "accesses.csv", cwd=tmp_path)
    listed = "".join(p.read_text() for p in (tmp_path / "L").glob("quarantine/*.csv"))
    assert "accesses.csv:3" in ran.err or "accesses.csv,3," in listed


def test_bad_rows_are_listed_by_line(tmp_path: Path) -> None:
    log(tmp_path / "accesses.csv", ["2026-03-02T10:00:00Z,u,YT1", "never,secret,YT2", "2026-03-02T10:00:00Z,u"])
    took = inside("ingest", "L", "accesses.csv", cwd=tmp_path)
    assert took.code == 14
    assert "1 row from accesses.csv, 2 rejected" in took.err
    assert "secret" not in took.err
    [listed] = (tmp_path / "L/quarantine").glob("*.csv")
    assert listed.read_text().splitlines()[1:] == ["accesses.csv,3,at,not-a-time", "accesses.csv,4,,too-few-fields"]


def test_two_writers_at_once(tmp_path: Path, base: Path) -> None:
    """The second is told at once who writes; the first is not disturbed."""
    log(tmp_path / "other.csv", ["2026-03-02T10:00:00Z,u,YT1"])
    inside("ingest", tmp_path / "L", base / "accesses.csv")
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "L/lock")], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        refused(inside("ingest", "L", "other.csv", cwd=tmp_path), 4, "is writing to it")
        # Readers are let in.
        assert rows_of(tmp_path / "L")["rows"] == {"accesses": len(LOG_ROWS)}
    finally:
        holder.kill()
        holder.communicate()
    assert inside("ingest", tmp_path / "L", tmp_path / "other.csv").code == 0


HOLD = """
import fcntl, sys, time
lock = open(sys.argv[1], "r+")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


def test_two_real_writers_at_once(tmp_path: Path) -> None:
    """Started together, each either writes or is told; in the end nothing is lost and nothing stands twice."""
    logs = [log(tmp_path / f"log{n}.csv", [f"2026-03-02T10:00:00Z,u{n},YT{k}" for k in range(500)]) for n in range(2)]
    both = [started("ingest", "L", path, cwd=tmp_path) for path in logs]
    errors = [process.communicate()[1] for process in both]
    for process, err, path in zip(both, errors, logs, strict=True):
        assert "Traceback" not in err
        assert process.returncode in {0, 4}, err
        if process.returncode == 4:
            assert "is writing to it" in err
            assert inside("ingest", "L", path, cwd=tmp_path).code == 0
    assert rows_of(tmp_path / "L")["rows"] == {"accesses": 1000}


def test_a_file_that_may_not_grow(tmp_path: Path, base: Path) -> None:
    """As on a full disk, for whoever may not mount one."""
    inside("ingest", tmp_path / "L", base / "accesses.csv")
    before = rows_of(tmp_path / "L")
    more = log(tmp_path / "more.csv", [f"2026-03-02T10:00:00Z,u{n},YT{n}" for n in range(3000)])
    refused(inside("ingest", "L", more, cwd=tmp_path, limit=2000), 5, "L", "too large", "as it was before")
    assert rows_of(tmp_path / "L") == before
    assert inside("ingest", tmp_path / "L", more).code == 0
    assert rows_of(tmp_path / "L")["rows"] == {"accesses": len(LOG_ROWS) + 3000}


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path, base: Path) -> None:
    old = tmp_path / "report.html"
    old.write_text("the old one")
    one = bought(base / "one.csv", numbers=["YT2000009"])
    words = ("trace", base / "L", "--leaks", one, "--format", "html", "--out", old)
    refused(inside(*words, cwd=tmp_path, limit=4096), 5, "report.html", "too large")
    assert old.read_text() == "the old one"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert inside(*words).code == 0
    assert old.read_text().rstrip().endswith("</html>")


def test_a_simulation_on_a_full_disk(tmp_path: Path) -> None:
    ran = inside("simulate", "world", "--scenario", "tiny", "--accesses", 1000, cwd=tmp_path, limit=1000)
    refused(ran, 5, "world/dataset", "can't be written (File too large)")


OUTLETS = [{"outlet": f"o-{n}", "kind": "outlet", "city": f"c-{n}", "region": f"r-{n * n}"} for n in range(3000)]


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command `write` that writes a table."""
    monkeypatch.setattr(app, "registered_commands", [*app.registered_commands])

    @app.command(name="write")
    def _(form: str) -> None:
        table = pa.Table.from_pylist(OUTLETS, arrow_schema("outlets"))
        write_table(Path("D"), "outlets", [table], form=Format(form))


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_table_on_a_full_disk(tmp_path: Path, writes: None, form: str) -> None:
    """What `simulate` writes at its end (leaks.csv) goes this way."""
    ran = inside("write", form, cwd=tmp_path, limit=4096)
    refused(ran, 5, f"D/outlets.{form}: can't be written (File too large)")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with room for hardly anything."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=192k", "none", str(place)]
    tried = subprocess.run(mount, check=False, capture_output=True, text=True)
    need(tried.returncode == 0, f"no disk can be mounted here ({tried.stderr.strip()})")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.needs("mount", "umount")
def test_a_full_disk(tmp_path: Path, small_disk: Path) -> None:
    first = log(tmp_path / "first.csv", LOG_ROWS[:20])
    assert inside("ingest", small_disk / "L", first, cwd=tmp_path).code == 0
    before = inside("show", small_disk / "L", "--format", "json", cwd=tmp_path).out
    with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        for _ in range(1000):
            filler.write(bytes(1024))
    more = log(tmp_path / "more.csv", [f"2026-03-02T10:00:00Z,user-{n},YT{n * 7919}" for n in range(3000)])
    ran = inside("ingest", small_disk / "L", more, cwd=tmp_path)
    refused(ran, 5, "No space left on device")
    assert inside("show", small_disk / "L", "--format", "json", cwd=tmp_path).out == before


def test_a_screen_that_is_full(tmp_path: Path, base: Path) -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-c", WAYSEAL, *arguments("show", base / "L")],
            check=False, stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        )  # fmt: skip
    assert process.returncode == 5
    assert "Traceback" not in process.stderr


def test_a_screen_that_lacks_characters(base: Path) -> None:
    seen = io.BytesIO()
    screen = io.TextIOWrapper(seen, encoding="latin-1", errors="strict")
    assert inside("show", base / "L", "--lang", "zh", screen=screen).code == 0
    assert b"2026-03-02T" in seen.getvalue()
    assert rb"\u" in seen.getvalue(), "what it lacks is written in another way"


MISSING = [
    (("ingest", "L", "nothing.csv"), 3, "nothing.csv"),
    (("trace", "nowhere", "--leaks", "x.csv"), 6, "nowhere"),
    (("show", "nowhere"), 6, "nowhere"),
    (("ingest", "L", "x.csv", "--map", "nothing.toml"), 3, "nothing.toml"),
    (("ingest", "L", "x.csv", "--offset", "25:99"), 3, "offset: not an offset"),
    (("ingest", "x.csv", "x.csv"), 6, "the ledger is a folder"),
    (("ingest", "L", "."), 3, "no table of the contract"),
    (("simulate", "S", "--scenario", "huge"), 3, "tiny, demo, bench"),
    (("simulate", "S", "--leaker", "me"), 3, "leaker must be one of"),
    (("map", "empty.csv"), 3, "empty.csv"),
    (("map", "bytes.csv"), 3, "bytes.csv:1: not text"),
    (("map", "x.csv", "--out", "no/such.toml"), 5, "no/such.toml"),
]


@pytest.mark.parametrize(("words", "code", "named"), MISSING, ids=[" ".join(m[0]) for m in MISSING])
def test_what_is_not_there_or_not_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    log(tmp_path / "x.csv", ["2026-03-02T10:00:00Z,u,YT1"])
    (tmp_path / "empty.csv").touch()
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xc3\x28,\x9c\n\xff\xfe\xfa\n")
    refused(inside(*words), code, named)


def test_leaks_of_which_no_row_can_be_read(tmp_path: Path, base: Path) -> None:
    bought(tmp_path / "leaks.csv", time="soon")
    refused(inside("trace", base / "L", "--leaks", tmp_path / "leaks.csv"), 3, "leaks.csv:2: seen_at")
    (tmp_path / "none.csv").touch()
    refused(inside("trace", base / "L", "--leaks", tmp_path / "none.csv"), 3, "none.csv")
    log(tmp_path / "log.csv")
    refused(inside("trace", base / "L", "--leaks", tmp_path / "log.csv"), 3, "log.csv", "seen_at")


def test_a_damaged_ledger(tmp_path: Path, base: Path) -> None:
    inside("ingest", tmp_path / "L", base / "accesses.csv")
    manifest = tmp_path / "L/manifest.json"
    whole = manifest.read_bytes()
    manifest.write_bytes(whole[: len(whole) // 2])
    refused(inside("show", tmp_path / "L"), 6, "manifest.json")
    refused(inside("trace", tmp_path / "L", "--leaks", base / "leaks.csv"), 6, "manifest.json")
    manifest.write_bytes(whole)
    for path in (tmp_path / "L/data").rglob("accesses-*.parquet"):
        path.unlink()
    refused(inside("trace", tmp_path / "L", "--leaks", base / "leaks.csv"), 6, "accesses")
