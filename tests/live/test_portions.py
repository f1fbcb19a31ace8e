"""Segments of the arrival log in the ledger (rules of `wayseal.live.portions`)."""

import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.ledger.children import child, ended
from wayseal import ledger, store
from wayseal.ledger import IngestOptions
from wayseal.ledger.errors import LedgerBusyError
from wayseal.live.errors import LiveError, SpoolError
from wayseal.live.portions import IngestProcess, _by_table, _table_of, bring_in, committed
from wayseal.live.spool import Spool, open_spool
from wayseal.live.types import Batch, Position
from wayseal.store.errors import StoreError

STEPS = ("swept", "batch", "read", "part", "written", "durable", "committed", "cleaned")


def read(n: int) -> bytes:
    row = {"at": f"2026-03-02T08:{n % 60:02}:00Z", "actor": f"u-{n % 3}", "waybill": f"YT{n % 7}"}
    return json.dumps(row).encode() + b"\n"


SCAN = b'{"table":"scans","waybill":"YT1","at":"2026-03-02T07:00:00Z","kind":"pickup","outlet":"o-1"}\n'


def put(spool: Spool, lines: bytes, offset: int) -> None:
    spool.append(Batch(lines=lines, position=Position(stream="t", parts={"": offset})))


def fill(folder: Path, segments: int = 2) -> None:
    """A log with closed segments of ten reads and a scan each, and an open one."""
    with open_spool(folder) as spool:
        for n in range(segments):
            put(spool, b"".join(read(10 * n + k) for k in range(5)), 2 * n)
            put(spool, SCAN + b"".join(read(10 * n + k) for k in range(5, 10)), 2 * n + 1)
            spool.roll()
        put(spool, read(99), 2 * segments)


def counts(path: Path) -> tuple[int, int, int]:
    """Reads, scans and sources."""
    with ledger.open_ledger(path) as snapshot:
        made = snapshot.manifest
        return made.rows("accesses"), made.rows("scans"), len(made.sources)


def ledger_rows(path: Path, table: str) -> int:
    with ledger.open_ledger(path) as snapshot:
        return snapshot.manifest.rows(table)


def rejected(path: Path) -> list[tuple[str, str]]:
    """Line and reason of each row in quarantine."""
    lines = [line for file in (path / "quarantine").iterdir() for line in file.read_text().splitlines()[1:]]
    return [(line.split(",")[1], line.split(",")[3]) for line in lines]


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from wayseal.ledger import IngestOptions
    from wayseal.live.portions import bring_in
    from wayseal.live.spool import open_spool
    folder, into, step = sys.argv[1:]
    def on_step(name):
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)
    def release(position):
        on_step("release")
    with open_spool(Path(folder)) as spool:
        bring_in(spool, Path(into), release=release, options=IngestOptions(parts=2, memory=1, on_step=on_step))
"""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log") / "S"
    fill(folder)
    return folder


@pytest.fixture
def spool(log: Path, tmp_path: Path) -> Iterator[Spool]:
    shutil.copytree(log, tmp_path / "S")
    with open_spool(tmp_path / "S") as opened:
        yield opened


@pytest.mark.parametrize("step", [*STEPS, "release"])
def test_killed_at_a_step(log: Path, tmp_path: Path, step: str) -> None:
    shutil.copytree(log, tmp_path / "S")
    process = ended(KILLED, tmp_path / "S", tmp_path / "L", step)
    assert (process.err, process.code) == ("", -signal.SIGKILL)
    done = step in ("committed", "cleaned", "release")
    released: list[Position] = []
    with open_spool(tmp_path / "S") as spool:
        assert committed(tmp_path / "L", spool) == (22 if done else 0)
        report = bring_in(spool, tmp_path / "L", release=released.append)
        assert (report is None) == done
        assert (spool.first, spool.number, committed(tmp_path / "L", spool)) == (3, 23, 22)
        assert released == ([] if step == "release" else [Position(stream="t", parts={"": 3})])
    assert counts(tmp_path / "L") == (20, 2, 4)
    assert [file.name for file in (tmp_path / "S").iterdir()] == ["arrivals-00000003.jsonl"]


def test_broken_off_at_a_step(log: Path, tmp_path: Path) -> None:
    for step in STEPS:

        def stop(name: str, step: str = step) -> None:
            if name == step:
                raise KeyboardInterrupt

        shutil.copytree(log, tmp_path / step / "S")
        with open_spool(tmp_path / step / "S") as spool:
            with pytest.raises(KeyboardInterrupt):
                bring_in(spool, tmp_path / step / "L", options=IngestOptions(parts=2, memory=1, on_step=stop))
            assert [s.index for s in spool.segments] == [1, 2]
            bring_in(spool, tmp_path / step / "L")
        assert counts(tmp_path / step / "L") == (20, 2, 4)


def test_what_came_says_from_where(spool: Spool, tmp_path: Path) -> None:
    report = bring_in(spool, tmp_path / "L", options=IngestOptions(who="live", at=7))
    assert report is not None
    names = [f"live-{spool.id}-0000000{n}.jsonl" for n in (1, 2, 1, 2)]
    assert [(s.table, s.name) for s in report.ingested] == list(
        zip(["scans"] * 2 + ["accesses"] * 2, names, strict=True)
    )
    assert {(s.came_by, s.came_at) for s in report.ingested} == {('live {"stream":"t","parts":{"":3}}', 7)}


def test_who_still_reads_keeps_it(spool: Spool, tmp_path: Path) -> None:
    bring_in(spool, tmp_path / "L", needed_after=13)
    assert [s.index for s in spool.segments] == [2]
    spool.roll()
    bring_in(spool, tmp_path / "L", needed_after=22)
    assert [s.index for s in spool.segments] == [3]
    assert counts(tmp_path / "L") == (21, 2, 5)
    assert committed(tmp_path / "L", spool) == 23


def test_another_ledger_or_an_older_copy_is_refused(log: Path, spool: Spool, tmp_path: Path) -> None:
    bring_in(spool, tmp_path / "L")
    with pytest.raises(LiveError, match=r"segments up to 0 of the arrival log .* which has 3 to 3"):
        bring_in(spool, tmp_path / "L2")
    spool.close()
    shutil.rmtree(tmp_path / "S")
    shutil.copytree(log, tmp_path / "S")
    (tmp_path / "S/arrivals-00000003.jsonl").unlink()
    (tmp_path / "S/arrivals-00000002.jsonl").unlink()
    with open_spool(tmp_path / "S") as older, pytest.raises(LiveError, match=r"up to 2 .* which has 1 to 1"):
        committed(tmp_path / "L", older)


def test_nobody_else_brings_such_a_name(log: Path, tmp_path: Path) -> None:
    file = tmp_path / "live-0123456789abcdef-00000001.jsonl"
    file.write_bytes(read(1))
    with pytest.raises(StoreError, match="kept for what the stream brings"):
        ledger.ingest(store.open_source(file), tmp_path / "L")


def test_equal_segments_count_twice(tmp_path: Path) -> None:
    """Also one that begins with another, which in any other file would be one that has grown (rule 3)."""
    with open_spool(tmp_path / "S") as spool:
        for lines in (read(1), read(1), read(1) + read(2)):
            put(spool, lines, 1)
            spool.roll()
        bring_in(spool, tmp_path / "L")
    assert counts(tmp_path / "L") == (4, 0, 3)


def numbered(table: str, count: int, **more: object) -> bytes:
    """A row as a gateway sends it."""
    row = {"at": f"2026-03-02T08:{count % 60:02}:00Z", "actor": "u-1", "request": f"r-{count}", "filter": "{}"}
    if table == "partner_calls":
        row = {"at": row["at"], "partner": "p-1", "waybill": f"YT{count}"}
    head = {"table": table, "gateway": "gw-1", "epoch": 1, "count": count}
    return json.dumps({**head, **row, **more}).encode() + b"\n"


@pytest.mark.parametrize("table", ["queries", "partner_calls"])
def test_a_numbered_row_that_comes_again_counts_once(tmp_path: Path, table: str) -> None:
    """In one segment, in a later one, and in one of nothing else, after a restart before each (rule 7)."""
    one, two, three = (numbered(table, n) for n in (1, 2, 3))
    rows, known = [], []
    for lines in (one + two + one, two + SCAN + three, one + two, numbered(table, 4)):
        with open_spool(tmp_path / "S") as spool:
            put(spool, lines, 1)
            spool.roll()
            bring_in(spool, tmp_path / "L")
            rows.append(ledger_rows(tmp_path / "L", table))
            known += [path.name for path in spool.folder.glob("known-*")]
            assert committed(tmp_path / "L", spool) == spool.number
    assert rows == [2, 3, 3, 4]
    assert known == [f"known-{n:08}.bin" for n in (1, 2, 3, 4)]


def test_only_the_same_line_under_a_number_is_left_out(tmp_path: Path) -> None:
    """Not one of a gateway that begins its count anew and no epoch, nor what nobody numbered (rule 7)."""
    plain = b'{"table":"queries","at":"2026-03-02T08:00:00Z","actor":"u-1","request":"r","filter":"{}"}\n'
    null = numbered("queries", 7, epoch=None)
    other = numbered("queries", 1, at="2026-03-02T09:00:00Z")
    with open_spool(tmp_path / "S") as spool:
        for lines in (numbered("queries", 1) + plain + null, other + plain + null, numbered("queries", 1)):
            put(spool, lines, 1)
            spool.roll()
        bring_in(spool, tmp_path / "L")
    assert ledger_rows(tmp_path / "L", "queries") == 6


def test_the_last_lines_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.live.portions.KNOWN", 2)
    with open_spool(tmp_path / "S") as spool:
        for lines in (b"".join(numbered("queries", n) for n in range(4)), numbered("queries", 3), SCAN):
            put(spool, lines, 1)
            spool.roll()
            bring_in(spool, tmp_path / "L")
        assert ledger_rows(tmp_path / "L", "queries") == 4
        put(spool, numbered("queries", 1), 1)
        spool.roll()
        bring_in(spool, tmp_path / "L")
    assert ledger_rows(tmp_path / "L", "queries") == 5


@pytest.mark.parametrize("step", ["read", "durable", "committed", "release"])
def test_killed_at_a_step_the_same_rows_are_left_out(tmp_path: Path, step: str) -> None:
    """Nothing that a killed process wrote down as known keeps its rows out of the ledger (rule 7)."""
    one, two = (numbered("queries", n) for n in (1, 2))
    with open_spool(tmp_path / "S") as spool:
        put(spool, one, 1)
        spool.roll()
        bring_in(spool, tmp_path / "L")
        put(spool, one + two, 2)
        spool.roll()
    assert ended(KILLED, tmp_path / "S", tmp_path / "L", step).code == -signal.SIGKILL
    with open_spool(tmp_path / "S") as spool:
        put(spool, two + numbered("queries", 3), 3)
        spool.roll()
        bring_in(spool, tmp_path / "L")
    assert ledger_rows(tmp_path / "L", "queries") == 3


def test_what_is_known_and_was_changed_is_refused(tmp_path: Path) -> None:
    with open_spool(tmp_path / "S") as spool:
        put(spool, numbered("queries", 1), 1)
        spool.roll()
        bring_in(spool, tmp_path / "L")
        place = tmp_path / "S" / "known-00000001.bin"
        place.write_bytes(place.read_bytes() + bytes(8))
        put(spool, numbered("queries", 2), 1)
        spool.roll()
        with pytest.raises(SpoolError, match=r"known-00000001\.bin.*isn't what the watch wrote"):
            bring_in(spool, tmp_path / "L")
        place.unlink()
        bring_in(spool, tmp_path / "L")
    assert ledger_rows(tmp_path / "L", "queries") == 2


POISON: list[tuple[bytes, str]] = [
    (b"not json", "not-json"),
    (b"[1]", "not-an-object"),
    (b'"text"', "not-an-object"),
    (b'{"Records":[{"at":1}]}', "empty"),
    (b'[{"at":1},', "not-json"),
    (b'{"log":"x\\n","stream":"stdout","time":"t"}', "empty"),
    (b"2026-03-02T08:00:00.000000000Z stdout F x", "not-json"),
    (b"\xef\xbb\xbf{}", "not-json"),
    (b'{"actor":"\xd6\xd0\xb9\xfa"}', "undecodable"),
    (b"\xff\xfe{\0}\0", "undecodable"),
    (b"{\0}\0{\0}\0{\0}\0{\0}\0", "undecodable"),
    (b"\0", "undecodable"),
    (b"{}", "empty"),
    (b'{"at":NaN}', "not-json"),
    (b'{"at":1,"at":2}', "duplicate-key"),
    (b'{"table":"nothing","at":"2026-03-02T08:00:00Z","actor":"u","waybill":"YT1"}', "not-an-object"),
    (b'{"table":7}', "not-an-object"),
    (b'{"table":"scans"}', "empty"),
    (b'{"table":', "not-json"),
    (b"[" * 100_000, "not-json"),
    (b'{"waybill":"YT9"}', "empty"),
    (b'{"wayseal":{"position":null}}', "empty"),
]


def test_a_poisoned_line_spoils_no_other(tmp_path: Path) -> None:
    """Wherever it stands: what a reader of files would guess from it holds for no other line (rule 2)."""
    name = {"at": "2026-03-02T08:00:00Z", "actor": "张三", "waybill": "YT1"}
    good = json.dumps(name, ensure_ascii=False).encode() + b"\n"
    with open_spool(tmp_path / "S") as spool:
        for line, _ in POISON:
            for lines in (line + b"\n" + good, good + line + b"\n"):
                put(spool, lines, 1)
                spool.roll()
            put(spool, line + b"\n", 1)
            spool.roll()
        put(spool, b"".join(line + b"\n" for line, _ in POISON) + good, 1)
        spool.roll()
        report = bring_in(spool, tmp_path / "L")
    assert report is not None
    assert report.rows == 2 * len(POISON) + 1
    expected = {reason: 4 * sum(why == reason for _, why in POISON) for _, reason in POISON}
    assert report.rejected == expected
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.reads(snapshot.keys(["YT1"])).num_rows == 2 * len(POISON) + 1
    mixed = [line for line, reason in rejected(tmp_path / "L") if reason == "duplicate-key"]
    assert sorted(mixed) == ["1", "1", "15", "2"]


OBJECTS = [
    b'{"table":"scans","waybill":"YT1"}',
    b'{"waybill":"YT1","table": "waybills"}',
    b'{"table":"tickets","table":"scans"}',
    b'{"t\\u0061ble":"scans"}',
    b'{"\\u0074able":"scans","table":"waybills"}',
    b'{"x":{"table":"scans"}}',
    b'{"table":null,"at":1}',
    b'{"table":"scans"} {"table":"tickets"}',
    b'{"table":"scans"} ',
    b'{"table":"scans"',
    b"}",
    '{"table":"tickets","actor":"张三"}'.encode(),
    *(read(n).strip() for n in range(2)),
]


@examples(40)
@given(st.lists(st.sampled_from([*OBJECTS, *(line for line, _ in POISON)]), min_size=1, max_size=12))
def test_lines_are_parted_quickly_as_they_are_one_by_one(lines: Sequence[bytes]) -> None:
    expected: dict[str, bytes] = {}
    for line in lines:
        table, row = _table_of(line)
        expected[table] = expected.get(table, b"") + row + b"\n"
    found: dict[str, bytes] = {}
    for table, some in _by_table(b"".join(line + b"\n" for line in lines)):
        found[table] = found.get(table, b"") + some
    assert list(found.items()) == list(expected.items())


def test_a_process_of_its_own_brings_in_and_says_what_went_wrong(log: Path, spool: Spool, tmp_path: Path) -> None:
    folder = tmp_path / "L"
    with IngestProcess() as beside:
        segment = tmp_path / "S/arrivals-00000001.jsonl"
        content = segment.read_bytes()
        segment.write_bytes(content.replace(b"u-1", b"u-2"))
        with pytest.raises(SpoolError, match=r"bytes .* are not what was written"):
            bring_in(spool, folder, by=beside.ingest)
        segment.write_bytes(content)
        bring_in(spool, folder, by=beside.ingest, options=IngestOptions(who="live", at=7))
        assert counts(folder) == (20, 2, 4)
        put(spool, read(100), 9)
        spool.roll()
        with (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(LedgerBusyError):
                bring_in(spool, folder, by=beside.ingest)
        assert beside._process is not None
        assert beside._process.pid is not None
        os.kill(beside._process.pid, signal.SIGTERM)  # as whoever stops a whole group does
        bring_in(spool, folder, by=beside.ingest)
        assert counts(folder)[0] == 22
        put(spool, read(101), 10)
        spool.roll()
        os.kill(beside._process.pid, signal.SIGKILL)
        with pytest.raises(LiveError, match="ended by itself"):
            bring_in(spool, folder, by=beside.ingest)
        bring_in(spool, folder, by=beside.ingest)
        assert counts(folder)[0] == 23
    assert beside._process is None


LEFT_BEHIND = """
    import os, signal, sys, threading, time
    from pathlib import Path
    from wayseal.live.portions import IngestProcess, bring_in
    from wayseal.live.spool import open_spool
    folder, into = map(Path, sys.argv[1:])
    if __name__ == "__main__":
        spool, beside = open_spool(folder), IngestProcess()
        path = folder / "arrivals-00000001.jsonl"
        path.rename(path.with_suffix(".kept"))
        os.mkfifo(path)  # it waits there
        threading.Thread(target=bring_in, args=(spool, into), kwargs={"by": beside.ingest}, daemon=True).start()
        while not (folder / "portion").exists():
            time.sleep(0.01)
        print(beside._process.pid, flush=True)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_a_killed_watch_leaves_ends_before_the_next_one_begins(log: Path, tmp_path: Path) -> None:
    shutil.copytree(log, tmp_path / "S")
    process = child(LEFT_BEHIND, tmp_path / "S", tmp_path / "L")
    told, wrong = process.communicate(timeout=120)
    assert (process.returncode, wrong) == (-signal.SIGKILL, "")
    path = tmp_path / "S/arrivals-00000001.jsonl"
    path.with_suffix(".kept").replace(path)
    with open_spool(tmp_path / "S") as spool:
        bring_in(spool, tmp_path / "L")
    assert counts(tmp_path / "L") == (20, 2, 4)
    until = time.monotonic() + 60  # it has let go of the ledger, and takes its time to end
    while _runs(int(told)):
        assert time.monotonic() < until
        time.sleep(0.05)


def _runs(process: int) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    return False
