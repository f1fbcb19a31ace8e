"""Sources that are read again (rules 7 to 11 of `_ingest`), and newer sheets of staff and outlets."""

import shutil
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.ledger.children import ended
from tests.ledger.helpers import at, content, load_manifest, put, read, write
from tests.ledger.kept import iso, purged
from tests.ledger.sealed import looked, note
from tests.ledger.test_crash import assert_tidy, sound
from tests.store.workbooks import Cell, workbook
from wayseal import ledger, store
from wayseal.ledger import IngestReport, LedgerError
from wayseal.ledger.upkeep import examine
from wayseal.ledger.withdrawal import withdraw
from wayseal.store.errors import StoreError
from wayseal.store.types import Source

EARLY = [
    read(n, f"u-{n % 5}", f"YT{n % 31}" if n % 7 else f"X-{n % 9}Q", session=f"s{n % 9}", ip="10.0.0.1", via="gate",
         request=f"r{n}", fields=["phone", "name"], purpose="p", device=f"d{n % 3}", action="view")
    for n in range(0, 200, 2)
]  # fmt: skip
LATE = [read(n, f"u-{n % 5}", f"YT{n % 37}", access=f"a{n}", session=f"s{n % 11}") for n in range(1, 200, 3)]
WAYBILLS = [
    {"waybill": f"YT{n}", "issued_at": at(-60), "channel": f"c{n % 3}", "origin_outlet": f"o{n % 4}",
     "destination_outlet": "o9"}
    for n in range(40)
]  # fmt: skip
SCANS = [{"waybill": f"YT{n}", "at": at(n), "kind": "pickup", "outlet": f"o{n % 5}"} for n in range(30)]
WRONG = 'wayseal = 1\n[columns]\nat = "t"\nactor = "phone"\nwaybill = "no"\nsession = "u"\n'
RIGHT = 'wayseal = 1\n[columns]\nat = "t"\nactor = "u"\nwaybill = "no"\ndevice = "d"\n'
LINES = [f"2026-03-01T01:{n % 60:02d}:00Z,1380013800{n % 7},u-{n % 5},YT{n % 37},d{n % 3}\n" for n in range(90)]


def mapped(folder: Path, text: str, log: str = "gateway.csv") -> Source:
    (folder / "m.toml").write_text(text)
    return store.open_source(folder / log, mapping=store.load_mapping(folder / "m.toml"))


def gateway(folder: Path, lines: list[str] = LINES) -> None:
    (folder / "gateway.csv").write_text("t,phone,u,no,d\n" + "".join(lines))


def dataset(folder: Path) -> Path:
    write(folder / "1", "accesses", EARLY)
    write(folder / "1", "waybills", WAYBILLS)
    write(folder / "1", "scans", SCANS)
    return folder / "1"


def take(folder: Path, into: Path, text: str, **options: Any) -> IngestReport:
    return ledger.ingest(mapped(folder, text), into, options=ledger.IngestOptions(**options))


def whole(path: Path) -> list[object]:
    """All that a ledger answers, in a form that hangs on no source; that its marks and counts are right is examined."""
    assert examine(path, deep=True).diagnoses == ()
    assert sound(path)
    with ledger.open_ledger(path) as snapshot:
        ids = {
            kind: sorted(snapshot.names(kind, snapshot.ids(kind))) for kind in ("actor", "device", "channel", "outlet")
        }
        sessions = snapshot.session_volumes(snapshot.ids("session")).to_pylist()
        reads, *rest = content(path)
        key = ("waybill", "at", "actor", "session", "device", "row")
        return [
            sorted(str([r[k] for k in key]) for r in reads),
            *rest,
            ids,
            sessions,
            snapshot.first_seen().to_pylist(),
        ]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a log that was read with a wrong mapping (L), and with the right one from the start (R)."""
    folder = tmp_path_factory.mktemp("again")
    gateway(folder)
    for name, text in (("L", WRONG), ("R", RIGHT)):
        put(dataset(folder), folder / name, parts=4)
        if name == "L":
            take(folder, folder / name, text, parts=2)
        put(write(folder / "2", "accesses", LATE), folder / name, parts=2)
        if name == "R":
            take(folder, folder / name, text)
    return folder


@pytest.fixture
def wrong(clean: Path, tmp_path: Path) -> Path:
    shutil.copytree(clean / "L", tmp_path / "L")
    gateway(tmp_path)
    return tmp_path / "L"


def test_a_corrected_mapping_reads_its_source_again(clean: Path, wrong: Path) -> None:
    """Rules 1, 2, 4 and 5: it is as if the wrong reading had never been, and the tree says that it was."""
    early = note(wrong)
    report = take(wrong.parent, wrong, RIGHT)
    assert [(s.name, s.rows) for s in report.replaced] == [("gateway.csv", 90)]
    assert (report.rows, report.skipped) == (90, ())
    assert whole(wrong) == whole(clean / "R")
    assert looked(wrong, early, note(wrong)).findings == ()
    assert_tidy(wrong)
    made = load_manifest(wrong)
    assert [(s.rows, s.replaced) for s in made.sources if s.name == "gateway.csv"] == [(0, 90), (90, 0)]
    assert made.rows("accesses") == len(EARLY) + len(LATE) + 90
    assert made.gone_reads == 90
    assert take(wrong.parent, wrong, RIGHT).ingested == ()
    assert load_manifest(wrong) == made


def test_a_mapping_that_reads_nothing_takes_nothing_away(wrong: Path) -> None:
    """It replaced 90 rows by none, and said so when they were gone."""
    before = load_manifest(wrong)
    nobody = RIGHT + '[[keep]]\ncolumn = "u"\nequals = "nobody"\n'
    broken = WRONG.replace('at = "t"', 'at = "no"')
    for text in (broken, broken.replace("phone", "u"), nobody):
        with pytest.raises(StoreError, match="90 of the earlier one stay"):
            take(wrong.parent, wrong, text)
        assert load_manifest(wrong) == before
    assert_tidy(wrong)
    assert take(wrong.parent, wrong, RIGHT).rows == 90


def test_ids_of_a_wrong_reading_go(wrong: Path) -> None:
    take(wrong.parent, wrong, RIGHT)
    for path in (wrong / "data").rglob("dictionary-*.parquet"):
        assert b"1380013800" not in path.read_bytes()


def test_again_and_again(clean: Path, wrong: Path) -> None:
    """Also back to the wrong one, and on demand with the same."""
    for text in (RIGHT, WRONG, RIGHT):
        assert len(take(wrong.parent, wrong, text).replaced) == 1
    report = take(wrong.parent, wrong, RIGHT, again=True)
    assert [s.rows for s in report.replaced] == [90]
    assert whole(wrong) == whole(clean / "R")
    put(write(wrong.parent / "3", "accesses", [read(400, "u-1", "YT1")]), wrong)
    assert sound(wrong)


def test_all_sources_again(clean: Path, wrong: Path) -> None:
    """The dataset itself, every table of it; a waybill stays in the bucket of the day on which what was left saw it."""
    take(wrong.parent, wrong, RIGHT)
    put(dataset(wrong.parent), wrong, again=True)
    assert whole(wrong)[:-1] == whole(clean / "R")[:-1]


def test_where_leaks_lie_in_the_ledger(tmp_path: Path) -> None:
    """Their numbers are texts: a footer that took each `waybill` for a key called the file damaged."""
    gateway(tmp_path)
    take(tmp_path, tmp_path / "L", WRONG)
    write(tmp_path / "1", "leaks", [{"waybill": "YT3", "seen_at": at(500)}])
    put(tmp_path / "1", tmp_path / "L")
    report = take(tmp_path, tmp_path / "L", RIGHT)
    assert [(old.table, old.rows) for old in report.replaced] == [("accesses", 90)]
    assert examine(tmp_path / "L", deep=True).diagnoses == ()
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.summary().rows == {"accesses": 90, "leaks": 1}


def test_a_log_that_grew_is_read_again_from_its_first_line(tmp_path: Path) -> None:
    for name, texts in (("L", (WRONG, WRONG, RIGHT)), ("M", (WRONG, RIGHT, RIGHT)), ("R", (RIGHT,) * 3)):
        for count, text in zip((30, 60, 90), texts, strict=True):
            gateway(tmp_path, LINES[:count])
            take(tmp_path, tmp_path / name, text)
    assert whole(tmp_path / "L") == whole(tmp_path / "R")
    assert whole(tmp_path / "M") == whole(tmp_path / "R")
    assert [s.replaced for s in load_manifest(tmp_path / "L").sources] == [30, 30, 0]
    assert [s.replaced for s in load_manifest(tmp_path / "M").sources] == [30, 0, 0]
    gateway(tmp_path, LINES[:30])
    for more in (False, True):
        report = take(tmp_path, tmp_path / "M", RIGHT, again=more)
        assert report.ingested == (), "what was read again from its beginning holds this one"


def test_an_offset_that_was_wrong(tmp_path: Path) -> None:
    log = tmp_path / "accesses.csv"
    log.write_text("at,actor,waybill\n2026-03-01T08:00:00,u,YT1\n")
    put(log, tmp_path / "L")
    ledger.ingest(store.open_source(log, offset="+08:00"), tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.reads(snapshot.keys(["YT1"]))["at"].to_pylist() == [at(0)]


STEPS = ("swept", "range", "batch", "read", "part", "written", "durable", "committed", "cleaned")
KILLED = """
    import os, signal, sys
    from pathlib import Path
    from wayseal import ledger, store
    source, mapping, into, step = sys.argv[1:]
    def on_step(name):
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)
    opened = store.open_source(Path(source), mapping=store.load_mapping(Path(mapping)))
    ledger.ingest(opened, Path(into), options=ledger.IngestOptions(on_step=on_step))
"""


@pytest.mark.parametrize("step", STEPS)
def test_killed_while_it_reads_again(clean: Path, wrong: Path, step: str) -> None:
    """Rule 5: the ledger is as before or as after, never without the rows of either reading."""
    folder = wrong.parent
    (folder / "m.toml").write_text(RIGHT)
    before = content(wrong)
    process = ended(KILLED, folder / "gateway.csv", folder / "m.toml", wrong, step)
    assert (process.err, process.code) == ("", -signal.SIGKILL)
    done = step in ("committed", "cleaned")
    assert sound(wrong)
    assert content(wrong) == (content(clean / "R") if done else before)
    assert len(take(folder, wrong, RIGHT).replaced) == int(not done)
    assert content(wrong) == content(clean / "R")
    assert_tidy(wrong)


@pytest.mark.parametrize("step", STEPS)
def test_broken_off_while_it_reads_again(clean: Path, wrong: Path, step: str) -> None:
    def stop(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    before = content(wrong)
    with pytest.raises(KeyboardInterrupt):
        take(wrong.parent, wrong, RIGHT, on_step=stop)
    assert_tidy(wrong)
    assert content(wrong) == (content(clean / "R") if step in ("committed", "cleaned") else before)


def test_a_file_that_was_changed_is_not_made_anew(wrong: Path) -> None:
    """Rule 3."""
    path = next((wrong / "data").rglob("accesses-*.parquet"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(LedgerError):
        take(wrong.parent, wrong, RIGHT)


def test_after_a_purge(tmp_path: Path) -> None:
    """What is older than the boundary stays gone, and both kinds of tombstones verify together."""
    gateway(tmp_path, [text.replace("2026-03-01", f"2025-01-{n % 28 + 1:02d}") for n, text in enumerate(LINES)])
    take(tmp_path, tmp_path / "L", WRONG)
    put(write(tmp_path / "2", "accesses", LATE), tmp_path / "L")
    purged(tmp_path / "L", iso(15))
    report = take(tmp_path, tmp_path / "L", RIGHT)
    old = sum(n % 28 + 1 < 16 for n in range(90))
    assert (report.rejected, report.rows) == ({"purged": old}, 90 - old)
    assert sound(tmp_path / "L")
    purged(tmp_path / "L", iso(25))
    assert sound(tmp_path / "L")
    assert examine(tmp_path / "L", deep=True).diagnoses == ()


@given(
    logs=st.lists(
        st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3), st.integers(0, 8)), max_size=12),
        min_size=2,
        max_size=4,
    ),
    turns=st.lists(st.integers(0, 3), min_size=1, max_size=3),
    parts=st.sampled_from([1, 4]),
)
@examples(15)
def test_any_sources_in_any_turn(
    tmp_path_factory: pytest.TempPathFactory,
    logs: list[list[tuple[int, int, int]]],
    turns: list[int],
    parts: int,
) -> None:
    """Rule 1: what is answered is what the sources bring once each, as they were last read."""
    folder = tmp_path_factory.mktemp("any")
    files = []
    for n, rows in enumerate(logs):
        path = folder / f"{n}" / "gateway.csv"
        path.parent.mkdir()
        body = "".join(f"2026-03-01T00:{m:02d}:00Z,p{a},u{a},YT{w},d{n}\n" for m, a, w in rows)
        path.write_text("t,phone,u,no,d\n" + body + f"2026-03-0{n + 1}T09:00:00Z,x{n},y{n},N{n},z\n")
        files.append(path)
    last = ["w"] * len(files)
    for n in range(len(files)):
        take(files[n].parent, folder / "L", WRONG, parts=parts)
    for turn in turns:
        n = turn % len(files)
        last[n] = "r" if last[n] == "w" else "w"
        take(files[n].parent, folder / "L", RIGHT if last[n] == "r" else WRONG, parts=parts)
    for n, how in enumerate(last):
        take(files[n].parent, folder / "M", RIGHT if how == "r" else WRONG)
    assert whole(folder / "L") == whole(folder / "M")


HEAD = "actor,kind,role,outlet\n"
SHEETS = {
    "one": HEAD + "u1,person,clerk,a\nu2,person,courier,a\n",
    "two": HEAD + "u1,person,manager,b\nu2,person,courier,a\nu3,person,clerk,a\n",
    "three": HEAD + "u2,person,clerk,b\nu1,person,clerk,a\n",
}


def staff(folder: Path, text: str, name: str = "actors.csv") -> IngestReport:
    (folder / name).write_text(text)
    return put(folder / name, folder / "L")


def roles(path: Path, moment: Any = None) -> dict[str, tuple[str, str]]:
    with ledger.open_ledger(path) as snapshot:
        rows = snapshot.actors(at=moment).to_pylist()
    return {r["actor"]: (r["role"], r["outlet"]) for r in rows}


@pytest.mark.parametrize(
    "order", ["one two three", "three one two", "one two one", "two three one three", "one one two"]
)
@pytest.mark.parametrize("dated", [False, True])
def test_a_newer_sheet_replaces_what_it_says(tmp_path: Path, order: str, dated: bool) -> None:
    """In whatever order, under one name or a new one each day; the same sheet twice changes nothing."""
    said: dict[str, tuple[str, str]] = {}
    before = ""
    for n, sheet in enumerate(order.split()):
        report = staff(tmp_path, SHEETS[sheet], f"actors.{n}.csv" if dated else "actors.csv")
        said |= {a: (r, o) for a, _, r, o in (line.split(",") for line in SHEETS[sheet].splitlines()[1:])}
        assert roles(tmp_path / "L") == said
        assert bool(report.rows) == (sheet != before)
        again = load_manifest(tmp_path / "L")
        staff(tmp_path, SHEETS[sheet], f"actors.{n}.csv" if dated else "actors.csv")
        assert load_manifest(tmp_path / "L") == again
        before = sheet


def test_only_rows_that_say_something_new_are_kept(tmp_path: Path) -> None:
    staff(tmp_path, SHEETS["one"])
    report = staff(tmp_path, SHEETS["two"])
    (entry,) = report.ingested
    assert (entry.rows, entry.repeated, report.conflicts) == (2, 1, {"actors": 1})


def test_what_a_sheet_said_as_of_a_time(tmp_path: Path) -> None:
    """A version holds from the newest read that the ledger had when it came, the first one of an account always did."""
    write(tmp_path, "accesses", [read(10, "u1", "YT1")], "1")
    staff(tmp_path, SHEETS["one"])
    put(tmp_path / "accesses.1.parquet", tmp_path / "L")
    staff(tmp_path, SHEETS["two"])
    put(write(tmp_path, "accesses", [read(20, "u1", "YT2")], "2"), tmp_path / "L")
    staff(tmp_path, SHEETS["three"])
    path, old = tmp_path / "L", {"u1": ("clerk", "a"), "u2": ("courier", "a"), "u3": ("clerk", "a")}
    assert roles(path, at(0)) == roles(path, at(10)) == old
    assert roles(path, at(11))["u1"] == roles(path, at(20))["u1"] == ("manager", "b")
    assert roles(path, at(21)) == roles(path) == old | {"u2": ("clerk", "b")}
    after = timedelta(microseconds=1)
    with ledger.open_ledger(path) as snapshot:
        made = [(r["role"], r["since"]) for r in snapshot.history("actors").to_pylist() if r["actor"] == "u1"]
    assert made == [("clerk", None), ("manager", at(10) + after), ("clerk", at(20) + after)]


def test_what_was_said_of_an_outlet(tmp_path: Path) -> None:
    for n, city in enumerate(("Hangzhou", "Ningbo")):
        write(tmp_path / str(n), "outlets", [{"outlet": "o1", "kind": "hub", "city": city, "region": "r"}])
        put(tmp_path / str(n), tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert [(row["city"], row["since"]) for row in snapshot.history("outlets").to_pylist()] == [
            ("Hangzhou", None), ("Ningbo", None),
        ]  # fmt: skip


def test_a_row_that_says_from_when_it_holds(tmp_path: Path) -> None:
    head = "actor,kind,role,valid_from\n"
    staff(tmp_path, head + "u1,person,clerk,2026-01-01Z\n")
    staff(tmp_path, head + "u1,person,manager,2026-03-01T00:30:00Z\n")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        said = [snapshot.actors(at=moment)["role"].to_pylist() for moment in (at(0), at(29), at(30), at(60))]
    assert said == [["clerk"], ["clerk"], ["manager"], ["manager"]]


def test_a_corrected_mapping_of_staff(tmp_path: Path) -> None:
    wrong = 'table = "actors"\n[columns]\nactor = "u"\nkind = { constant = "person" }\nrole = "o"\n'
    (tmp_path / "staff.csv").write_text("u,r,o\nu1,clerk,a\nu2,courier,b\n")
    for text in (wrong, wrong.replace('role = "o"', 'role = "r"')):
        ledger.ingest(mapped(tmp_path, text, "staff.csv"), tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.actors()["role"].to_pylist() == ["clerk", "courier"]
        assert snapshot.history("actors").num_rows == 2


def test_newer_rows_of_waybills(tmp_path: Path) -> None:
    for n, outlet in enumerate(("a", "b", "a")):
        rows = [{**WAYBILLS[0], "destination_outlet": outlet}]
        put(write(tmp_path, "waybills", rows), tmp_path / "L")
        with ledger.open_ledger(tmp_path / "L") as snapshot:
            assert snapshot.waybills(snapshot.keys(["YT0"]))["destination_outlet"].to_pylist() == [outlet], n


def test_a_workbook_of_reads_that_was_saved_anew_counts_nothing_twice(tmp_path: Path) -> None:
    """Rows are known by what they say; equal ones are counted, and what a later save lacks stays."""
    head: list[Cell] = ["at", "actor", "waybill"]
    rows: list[list[Cell]] = [[f"2026-03-01T00:0{n}:00Z", f"u{n % 2}", f"YT{n}"] for n in (1, 2, 2, 3)]
    path = tmp_path / "accesses.xlsx"
    taken = []
    for some in ([0, 1, 2], [0, 1, 2, 3], [3, 1, 2], [1, 3, 1, 1, 0]):
        report = put(workbook(path, {"sheet": [head, *(rows[n] for n in some)]}), tmp_path / "L")
        taken.append((report.rows, report.repeated))
    assert taken == [(3, 0), (1, 0), (0, 3), (1, 4)]
    assert sound(tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.reads(snapshot.keys(["YT2"])).num_rows == 3


def test_a_source_is_withdrawn(tmp_path: Path) -> None:
    """Nothing is left of it but who took it out and why; proofs hold, and it can come in again."""
    kept, other = write(tmp_path / "1", "accesses", EARLY), write(tmp_path / "2", "accesses", LATE, "late")
    put(kept, tmp_path / "L")
    alone = whole(tmp_path / "L")
    put(other, tmp_path / "L", who="ann", at=1_000_000)
    both = whole(tmp_path / "L")
    signed = note(tmp_path / "L")
    entry = load_manifest(tmp_path / "L").sources[1]
    assert (entry.came_by, entry.came_at) == ("ann", 1_000_000)
    said: dict[str, Any] = {"who": "ann", "why": "by mistake", "at": 2_000_000}
    with pytest.raises(LedgerError, match="no rows"):
        withdraw(tmp_path / "L", 0, entry.sha256, **said)
    assert withdraw(tmp_path / "L", 1, entry.sha256, **said).rows == len(LATE)
    assert whole(tmp_path / "L") == alone
    assert looked(tmp_path / "L", signed)
    gone = load_manifest(tmp_path / "L").sources[1]
    assert (gone.rows, gone.replaced, dict(gone.withdrawn)) == (
        0,
        len(LATE),
        {"at": "1970-01-01T00:00:02Z", "who": "ann", "why": "by mistake"},
    )
    with pytest.raises(LedgerError, match="no rows"):
        withdraw(tmp_path / "L", 1, entry.sha256, **said)
    assert put(other, tmp_path / "L").ingested[0].rows == len(LATE)
    assert whole(tmp_path / "L") == both
    assert not put(other, tmp_path / "L").ingested


def test_what_a_later_file_repeats_is_not_withdrawn(tmp_path: Path) -> None:
    first, second = write(tmp_path, "accesses", LATE), write(tmp_path, "accesses", [*LATE, EARLY[0]], "more")
    put(first, tmp_path / "L")
    put(second, tmp_path / "L")
    one, two = load_manifest(tmp_path / "L").sources
    said: dict[str, Any] = {"who": "ann", "why": "by mistake", "at": 2_000_000}
    with pytest.raises(LedgerError, match="would be lost"):
        withdraw(tmp_path / "L", 0, one.sha256, **said)
    withdraw(tmp_path / "L", 1, two.sha256, **said)
    withdraw(tmp_path / "L", 0, one.sha256, **said)
    assert load_manifest(tmp_path / "L").rows("accesses") == 0
