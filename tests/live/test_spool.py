"""The arrival log (rules of `wayseal.live.spool`)."""

import errno
import os
import re
import stat
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.ledger.children import ended
from wayseal.live.errors import SpoolError
from wayseal.live.spool import Spool, open_spool
from wayseal.live.types import Batch, Position
from wayseal.model.messages import Message
from wayseal.store.errors import JournalBusyError

LINES = st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"")), max_size=4)
STEPS = st.lists(st.one_of(LINES, st.just("roll"), st.just("again")), max_size=12)


def place(offset: int) -> Position:
    return Position(stream="test/1", parts={"": offset})


def batch(lines: Sequence[bytes], offset: int = 0) -> Batch:
    return Batch(lines=b"".join(line + b"\n" for line in lines), position=place(offset))


def held(spool: Spool, after: int = 0) -> list[tuple[int, bytes]]:
    """Each event with its number."""
    found: list[tuple[int, bytes]] = []
    for first, lines in spool.read(after):
        found += enumerate(lines.split(b"\n")[:-1], first)
    return found


def filled(folder: Path, batches: int = 3) -> Path:
    """A log of one segment; where it lies."""
    with open_spool(folder) as spool:
        for n in range(batches):
            spool.append(batch([b'{"a":%d}' % n, b'{"b":%d}' % n], n + 1))
    return folder / "arrivals-00000001.jsonl"


@examples(200, 30)
@given(steps=STEPS, after=st.integers(0, 20))
def test_what_arrived_is_read_in_any_split(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[bytes] | str], after: int
) -> None:
    folder, arrived, offset = tmp_path_factory.mktemp("spool") / "log", list[bytes](), 0
    spool = open_spool(folder)
    try:
        for step in steps:
            if isinstance(step, list):
                offset += 1
                arrived += step
                assert spool.append(batch(step, offset)) == len(arrived)
            elif step == "roll":
                spool.roll()
            else:
                spool.close()
                spool = open_spool(folder)
        assert spool.number == len(arrived)
        assert spool.position == (place(offset) if offset else None)
        moved = [b" " * line.startswith(b'{"wayseal":') + line for line in arrived]
        assert held(spool, after) == list(enumerate(moved, 1))[after:]
    finally:
        spool.close()


@examples(200, 40)
@given(cut=st.integers(0, 10_000), junk=st.binary(max_size=5).map(lambda b: b.replace(b"\n", b"")))
def test_a_torn_tail_is_cut_back_to_the_last_whole_batch(
    tmp_path_factory: pytest.TempPathFactory, cut: int, junk: bytes
) -> None:
    """Wherever a crash stopped, also where what was to come had no time to become what it should."""
    path = filled(tmp_path_factory.mktemp("spool") / "log")
    content = path.read_bytes()
    ends = list(accumulate(len(line) + 1 for line in content.split(b"\n")[:-1]))
    whole = [end for end, line in zip(ends, content.split(b"\n"), strict=False) if line.startswith(b'{"wayseal"')]
    cut = whole[0] + cut % (len(content) - whole[0])
    torn = content[:cut] + (junk if cut not in whole else b"")
    path.write_bytes(torn)
    said: list[Message] = []
    kept = sum(end <= cut for end in whole) - 1
    with open_spool(path.parent, say=said.append) as spool:
        assert (spool.number, spool.position) == (2 * kept, place(kept) if kept else None)
        assert [m.values["first"] for m in said] == ([] if len(torn) == whole[kept] else [whole[kept]])
        spool.append(batch([b"next"], 9))
        assert held(spool)[-1] == (2 * kept + 1, b"next")


@examples(300, 60)
@given(at=st.integers(0, 10_000), flip=st.integers(1, 255), closed=st.booleans())
def test_a_flipped_byte_is_named(tmp_path_factory: pytest.TempPathFactory, at: int, flip: int, closed: bool) -> None:
    """In the last control line, what was changed can look like a crash: then it is cut off and said, not raised."""
    path = filled(tmp_path_factory.mktemp("spool") / "log")
    if closed:
        with open_spool(path.parent) as spool:
            spool.roll()
    content = bytearray(path.read_bytes())
    at %= len(content)
    content[at] ^= flip
    path.write_bytes(content)
    said: list[Message] = []
    try:
        with open_spool(path.parent, say=said.append) as spool:
            held(spool)
    except SpoolError as error:
        named = error.file
        first, last = map(int, re.findall(r"bytes (\d+) to (\d+)", str(error))[0])
    else:
        named = path
        assert not closed
        assert at >= bytes(content).rfind(b"\n", 0, len(content) - 1)
        first, last = int(str(said[0].values["first"])), int(str(said[0].values["last"]))
    assert named == path
    assert first <= at < last


def test_swapped_and_missing_pieces_are_named(tmp_path: Path) -> None:
    path = filled(tmp_path / "log")
    with open_spool(path.parent) as spool:
        spool.roll()
        spool.append(batch([b"x"]))
        spool.roll()
    head, *pieces, _ = re.split(rb'(?<=\}\}\n)(?=\{"[ab])', path.read_bytes() + b'{"a')
    for order in ((1, 0, 2), (0, 2), (0, 1), (1, 2), (0, 0, 1, 2)):
        path.write_bytes(head + b"".join((*pieces, b"")[n] for n in order))
        with open_spool(path.parent) as spool, pytest.raises(SpoolError, match="not what was written") as caught:
            held(spool)
        assert caught.value.file == path
    (path.parent / "arrivals-00000002.jsonl").unlink()
    with pytest.raises(SpoolError, match=r"00000002\.jsonl: is missing"):
        open_spool(path.parent)


def test_an_event_is_no_control_line(tmp_path: Path) -> None:
    """Rule 6: also one that repeats a control line to the letter."""
    with open_spool(tmp_path / "log") as spool:
        spool.append(batch([b"a"], 1))
        forged = (tmp_path / "log/arrivals-00000001.jsonl").read_bytes().split(b"\n")[2]
        spool.append(batch([forged, b"b", forged], 2))
        spool.append(batch([forged], 3))
    with open_spool(tmp_path / "log") as spool:
        assert [line for _, line in held(spool)] == [b"a", b" " + forged, b"b", b" " + forged, b" " + forged]


def test_segments_go_and_numbers_stay(tmp_path: Path) -> None:
    with open_spool(tmp_path / "log") as spool:
        for n in range(4):
            spool.append(batch([b"x", b"y"], n))
            spool.roll()
            spool.roll()
        assert [(s.index, s.after, s.until) for s in spool.segments] == [(1, 0, 2), (2, 2, 4), (3, 4, 6), (4, 6, 8)]
        spool.remove(5)
        assert (spool.first, spool.removed) == (3, 4)
        with pytest.raises(SpoolError, match="events 3 to 4 were removed"):
            held(spool, 2)
        assert [n for n, _ in held(spool, 5)] == [6, 7, 8]
        assert list(spool.read(4, 6)) == [(5, b"x\ny\n")]
        spool.remove(8)
    with open_spool(tmp_path / "log") as spool:
        assert (spool.number, spool.position, spool.segments) == (8, place(3), ())
        assert spool.append(batch([b"z"], 5)) == 9
        assert held(spool, 8) == [(9, b"z")]


def test_nobody_else_reads_or_writes_it(tmp_path: Path) -> None:
    with open_spool(tmp_path / "log") as spool:
        with pytest.raises(JournalBusyError, match="another process"):
            open_spool(tmp_path / "log")
        spool.append(batch([b"x"]))
        spool.roll()
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "log").iterdir()} == {0o600}


def test_a_segment_that_was_never_begun(tmp_path: Path) -> None:
    path = filled(tmp_path / "log")
    said: list[Message] = []
    (tmp_path / "log/arrivals-00000002.jsonl").write_bytes(b'{"wayseal":{"pos')
    with open_spool(tmp_path / "log", say=said.append) as spool:
        assert (len(said), spool.number) == (1, 6)
        spool.roll()
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(SpoolError, match="bytes 0 to 20"):
        open_spool(tmp_path / "log")
    path.unlink()
    (tmp_path / "log/arrivals-00000002.jsonl").write_bytes(b"")
    with pytest.raises(SpoolError):
        open_spool(tmp_path / "log")


LIMITED = """
    import errno, resource, sys
    from pathlib import Path
    from wayseal.live.spool import open_spool
    from wayseal.live.types import Batch, Position
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    def put(spool, line):
        return spool.append(Batch(lines=line, position=Position(stream="t", parts={"": 1})))
    with open_spool(Path(sys.argv[1])) as spool:
        put(spool, b"a\\n")
        resource.setrlimit(resource.RLIMIT_FSIZE, (spool.size + 100, hard))
        for _ in range(2):
            try:
                put(spool, b"b" * 500 + b"\\n")
            except OSError as error:
                assert error.errno == errno.EFBIG
        try:
            spool.roll()
        except OSError:
            print("unreached")
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert put(spool, b"b" * 500 + b"\\n") == 2
        spool.sync()
        print([(n, len(lines)) for n, lines in spool.read()])
"""


def test_a_full_disk_leaves_the_log_whole(tmp_path: Path) -> None:
    process = ended(LIMITED, tmp_path / "log")
    assert (process.err, process.code) == ("", 0)
    assert process.out.strip() == "[(1, 2), (2, 501)]"
    with open_spool(tmp_path / "log") as spool:
        assert spool.number == 2


def test_a_disk_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_handle: int) -> None:
        raise OSError(errno.EIO, "")

    with open_spool(tmp_path / "log") as spool:
        spool.append(batch([b"x"]))
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refuse)
            with pytest.raises(OSError, match="Errno 5"):
                spool.roll()
        assert [file.name for file in (tmp_path / "log").iterdir()] == ["arrivals-00000001.jsonl"]
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", refuse)
            with pytest.raises(OSError, match="Errno 5"):
                spool.sync()
        for refused in (spool.sync, spool.roll, lambda: spool.append(batch([b"x"]))):
            with pytest.raises(SpoolError, match="open the arrival log again"):
                refused()
