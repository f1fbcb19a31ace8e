"""Whatever bytes a file holds: batches, or a StoreError; and every line is kept, rejected or blank."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.store.helpers import Whole, put, read
from wayseal.store.errors import StoreError

HEAD = b"at,actor,waybill\n"
ROW = b"2024-01-05T08:00:00Z,u1,YT1\n"
PIECES = st.sampled_from(
    [
        ROW,
        b'"',
        b",",
        b"\n",
        b"\r",
        b"\r\n",
        b'""',
        b"\0",
        b"\xff",
        b"\xd5\xc5",
        "张".encode(),
        b"{",
        b"}",
        b'{"at":',
        b"[",
        b"u",
    ]
)
NOISE = st.lists(PIECES | st.binary(max_size=6), max_size=20).map(b"".join)


def attempt(path: Path, block_bytes: int) -> Whole | None:
    """None where the file is refused, and then it is named."""
    refused: Path | str | None = path
    try:
        return read(path, block_bytes=block_bytes, keep=True)
    except StoreError as error:
        refused = error.file
    assert refused == path
    return None


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".csv.gz", ".parquet", ".log"])
@given(noise=NOISE, block_bytes=st.sampled_from([1, 5, 64, 1 << 16]))
def test_noise(tmp_path_factory: pytest.TempPathFactory, suffix: str, noise: bytes, block_bytes: int) -> None:
    path = put(tmp_path_factory.mktemp("fuzz") / f"accesses{suffix}", noise)
    attempt(path, block_bytes)


@given(noise=NOISE)
@example(noise=b'"\n' + ROW)
@example(noise=b'a,"b\nc",d\n"')
def test_no_line_of_a_csv_file_is_lost(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    path = put(tmp_path_factory.mktemp("fuzz") / "accesses.csv", HEAD + ROW + noise + b"\n" + ROW)
    large, small = attempt(path, 1 << 16), attempt(path, 9)
    assert large is not None
    assert small is not None
    told = sorted(large.lines + [r[0] for r in large.rejected])
    assert len(set(told)) == len(told)
    assert told[0] == 2
    # A record of several lines is told by its first, so not every line appears; blank ones don't either.
    assert told[-1] <= path.read_bytes().count(b"\n") if b"\r" not in noise else True
    if b"\0" not in noise and noise.isascii():
        assert (small.lines, small.rejected) == (large.lines, large.rejected)
        assert small.raws == large.raws


@given(st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_parquet_file(tmp_path_factory: pytest.TempPathFactory, hits: list[tuple[int, int]]) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "accesses.parquet"
    count = 50
    table = pa.table({"at": ["2024-01-05T08:00:00Z"] * count, "actor": ["u1"] * count, "waybill": ["YT1"] * count})
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)
    data = bytearray(path.read_bytes())
    for at, value in hits:
        data[at % len(data)] = value
    attempt(put(path, bytes(data)), 64)
