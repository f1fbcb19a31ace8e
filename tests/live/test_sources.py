"""Pipes, files that grow, addresses, and what brokers' sources share."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples
from tests.tables import each
from wayseal.live.errors import GapError, SourceError
from wayseal.live.sources import Reading, Start, open_source_of
from wayseal.live.sources import _files as files
from wayseal.live.sources._files import FileSource, PipeSource
from wayseal.live.sources._reading import Outage, lines_of
from wayseal.live.types import Batch, Position, Source
from wayseal.model.messages import Message


def all_of(source: Source, after: Position | None = None) -> tuple[bytes, Position | None]:
    """All lines up to the end, and the place behind them."""
    with source.open(after):
        batches = [batch for batch in source.batches(0.01) if batch is not None]
    return b"".join(batch.lines for batch in batches), batches[-1].position if batches else after


def file_source(path: Path, *, follow: bool = False, start: Start = Start.BEGINNING) -> Source:
    return open_source_of(f"file:{path}", Reading(until_end=not follow, start=start))


def some(batches: Iterator[Batch | None]) -> Batch:
    """The next one that is none of silence."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if (batch := next(batches)) is not None:
            return batch
    raise TimeoutError


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_POLL", 0.001)
    monkeypatch.setattr(files, "_QUIET", 0.003)


@each(
    ("message", "lines"),
    [
        (b"a", b"a\n"),
        (b"a\nb\n", b"a\nb\n"),
        (b"a\n\nb", b"a\nb\n"),
        (b"\na\r\n\r\n", b"a\r\n"),
        (b"", b""),
        (b"\n", b""),
        (b"\r\n\n", b""),
        (b"\xff\0", b"\xff\0\n"),
    ],
)
def test_lines_of_a_message(message: bytes, lines: bytes) -> None:
    assert lines_of(message) == lines


@each(
    ("url", "message"),
    [
        ("jsonl:x", "jsonl: an address is"),
        ("file:", "file: an address is"),
        ("file://", "an address is"),
        ("reads.jsonl", "an address is"),
        ("nats://127.0.0.1:1", "nats: an address is"),
        ("nats://127.0.0.1:1/a/b", "an address is"),
        ("nats://127.0.0.1:1/a?colour=red", "an address is"),
        ("nats://127.0.0.1:1/a?subject=b&subject=c", "an address is"),
        ("nats://h:x/a", "nats: an address is"),
        ("nats://h:99999/a", "nats: an address is"),
        ("nats://:4222/a", "nats: an address is"),
        ("nats://[::1/a", "nats: an address is"),
        ("kafka://[::1/a", "kafka: an address is"),
        ("kafka:///reads", "an address is"),
        ("kafka://127.0.0.1:1,b:x/reads", "kafka: an address is"),
        ("nats://[::1/reads", "nats: an address is"),
        ("kafka://127.0.0.1:1/reads?subject=x", "an address is"),
        ("nats://anna:hunter2@127.0.0.1:1/a", "nats: an address holds no name and no password"),
        ("kafka://anna:hunter2@127.0.0.1:1/a", "no password"),
    ],
)
def test_addresses_that_are_none(url: str, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        open_source_of(url)
    assert "hunter2" not in str(caught.value)
    assert "red" not in str(caught.value)


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme, name in (("nats", "nats.aio.client"), ("kafka", "confluent_kafka")):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, f"wayseal.live.sources._{scheme}", raising=False)
        with pytest.raises(SourceError, match=rf"{name} is not installed: pip install 'WHEEL\[live\]'"):
            open_source_of(f"{scheme}://127.0.0.1:1/reads")


def test_a_pipe_ends_where_it_ends() -> None:
    assert open_source_of("jsonl:-").name == "jsonl:-"
    reader, writer = os.pipe()
    source = PipeSource(reader)
    with source.open(None), os.fdopen(reader, "rb"):
        batches = source.batches(0.005)
        assert next(batches) is None
        os.write(writer, b"a\n\nb\nc")
        assert some(batches) == Batch(lines=b"a\nb\n", position=Position(stream="pipe", parts={"": 5}))
        os.write(writer, b"c\nd")
        assert some(batches).lines == b"cc\n"
        os.close(writer)
        assert [b and (b.lines, b.position.parts[""]) for b in batches] == [(b"d\n", 9)]


def test_a_line_without_end_comes_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_CHUNK", 4)
    (tmp_path / "f").write_bytes(b"abcdefghij\nk\n")
    assert all_of(file_source(tmp_path / "f"))[0] == b"abcd\nefgh\nij\nk\n"
    with (tmp_path / "f").open("rb") as file:
        assert all_of(PipeSource(file.fileno()))[0].replace(b"\n", b"") == b"abcdefghijk"


@examples(100, 20)
@given(
    pieces=st.lists(st.binary(max_size=30), max_size=6),
    cuts=st.lists(st.integers(0, 200), max_size=3),
    chunk=st.integers(8, 64),
)
def test_a_file_that_grows_is_read_once(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], cuts: list[int], chunk: int
) -> None:
    """However it grew, and wherever reading ended: by the place, it goes on behind what was taken."""
    path = tmp_path_factory.mktemp("grown") / "f"
    content = b"".join(b"%d:" % n + piece.hex().encode() + b"\n" for n, piece in enumerate(pieces))
    after, found = None, b""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_CHUNK", 128)
        patch.setattr(files, "_BEGINNING", chunk)
        for cut in sorted(cut % (len(content) + 1) for cut in cuts):
            whole = content[:cut].rfind(b"\n") + 1
            path.write_bytes(content[:whole])
            lines, after = all_of(file_source(path), after)
            found += lines
        path.write_bytes(content)
        lines, after = all_of(file_source(path), after)
    assert found + lines == content


def test_a_file_is_followed_through_rotations(tmp_path: Path) -> None:
    path = tmp_path / "reads.jsonl"
    source = file_source(path, follow=True)
    with source.open(None):
        batches = source.batches(0.002)
        assert next(batches) is None
        path.write_bytes(b"a\nb")
        assert some(batches).lines == b"a\n"
        with path.open("ab") as old:
            path.rename(tmp_path / "reads.jsonl.1")
            path.write_bytes(b"c\n")
            old.write(b"b\n")
            old.flush()
            assert some(batches).lines == b"bb\n"
            old.write(b"b3")
        assert some(batches).lines == b"b3\n"
        batch = some(batches)
        assert (batch.lines, batch.position.parts) == (b"c\n", {"": 2})


def test_rotated_while_nobody_read(tmp_path: Path) -> None:
    path = tmp_path / "reads.jsonl"
    path.write_bytes(b"a\n")
    _, after = all_of(file_source(path))
    with path.open("ab") as file:
        file.write(b"b\n")
    for n, lines in ((3, b"c\n"), (2, b"d\n"), (1, b"e\n")):
        path.rename(tmp_path / f"reads.jsonl.{n}")
        os.utime(tmp_path / f"reads.jsonl.{n}", (100 - n, 100 - n))
        path.write_bytes(lines)
    (tmp_path / "reads.jsonl.9.gz").write_bytes(b"packed")
    lines, _ = all_of(file_source(path), after)
    assert lines == b"b\nc\nd\ne\n"
    path.unlink()
    assert all_of(file_source(path), after)[0] == b"b\nc\nd\n"


def spoil_shorter(path: Path) -> None:
    path.write_bytes(b"a")


def spoil_anew(path: Path) -> None:
    path.write_bytes(b"x\ny\nz\n")


@each("spoil", [spoil_shorter, spoil_anew, Path.unlink])
def test_a_file_that_was_cut_or_made_anew_is_a_gap(tmp_path: Path, spoil: Any) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a\nb\n")
    _, after = all_of(file_source(path))
    spoil(path)
    with pytest.raises(GapError, match="what followed byte 4 is missing"):
        all_of(file_source(path), after)


def test_other_gaps(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a\nb\n")
    with pytest.raises(GapError, match="another source"):
        file_source(path).open(Position(stream="nats/READS/x", parts={"": 1}))
    source = file_source(path, follow=True)
    with source.open(None):
        batches = source.batches(0.002)
        assert some(batches).lines == b"a\nb\n"
        path.write_bytes(b"")
        with pytest.raises(GapError):
            some(batches)
    with pytest.raises(SourceError, match="No such file"):
        file_source(tmp_path / "none").open(None)
    (tmp_path / "folder").mkdir()
    with pytest.raises(SourceError, match="Is a directory"):
        all_of(file_source(tmp_path / "folder"))


def test_from_now_on(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"a\nb\nc")
    source = FileSource(path, Reading(start=Start.NOW))
    with source.open(None):
        batches = source.batches(0.002)
        assert next(batches) is None
        with path.open("ab") as file:
            file.write(b"c\n")
        assert some(batches).lines == b"cc\n"
        source.release(Position(stream="", parts={}))


def test_an_outage_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Message] = []
    outage = Outage("kafka://a/b", said.append)
    assert outage.wait(0)
    outage.end()
    for _ in range(20):
        outage.note("_TRANSPORT")
    assert not outage.wait(0.001)
    slept = list[float]()
    monkeypatch.setattr(time, "sleep", slept.append)
    assert outage.wait(60)
    assert 29 < slept[0] <= 30
    outage.end()
    outage.end()
    assert [str(one) for one in said] == [
        "kafka://a/b doesn't answer (_TRANSPORT); it is tried again until it does",
        "kafka://a/b answers again",
    ]
