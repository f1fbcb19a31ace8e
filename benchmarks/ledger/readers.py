"""How fast files are read and checked, beside the bare parser that only decodes them.

    python -m benchmarks run readers --rows 2000000 --work /tmp/wayseal-readers

Makes a seeded access log in each layout, reads it on one core, and prints a markdown table: rows a second of CPU time,
for Wayseal (decoded, checked, cleaned, numbered) and for Arrow on the same file. The better of two runs.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.json as pajson
import pyarrow.parquet as pq

from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.store import open_source, read_batches

SEED = 7
NAMES = ("at", "actor", "waybill", "action", "via", "session")


def make(rows: int) -> pa.Table:
    """A log of six columns; actors and sessions repeat, waybills hardly do."""
    rng = np.random.default_rng(SEED)

    def pick(words: list[str]) -> pa.Array:
        return pa.array(words).take(pa.array(rng.integers(0, len(words), rows)))

    return pa.table(
        {
            "at": pa.array(1_704_441_600_000_000 + np.arange(rows) * 1000, pa.timestamp("us", tz="UTC")),
            "actor": pick([f"u-{n:05}" for n in range(20_000)]),
            "waybill": pa.array([f"YT{n:013}" for n in rng.integers(0, 10**12, rows).tolist()]),
            "action": pick(["view", "search", "print"]),
            "via": pick(["app", "web"]),
            "session": pick([f"s-{n:07}" for n in range(100_000)]),
        }
    )


def write_all(table: pa.Table, work: Path) -> dict[str, Path]:
    """The log in every layout; made once."""
    plain, quoted = work / "plain.csv", work / "quoted.csv"
    paths = {
        "Parquet": work / "log.parquet",
        "CSV": plain,
        "CSV, all quoted": quoted,
        "CSV in GB18030": work / "gb.csv",
        "CSV, a bad line in every block": work / "bad.csv",
        "JSON Lines": work / "log.jsonl",
    }
    if all(p.exists() for p in paths.values()):
        return paths
    work.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, paths["Parquet"], compression="zstd", row_group_size=1 << 20)
    texts = table.set_column(0, "at", pc.strftime(table["at"], "%Y-%m-%dT%H:%M:%SZ"))
    pacsv.write_csv(texts, plain, pacsv.WriteOptions(quoting_style="none"))
    pacsv.write_csv(texts, quoted, pacsv.WriteOptions(quoting_style="all_valid"))
    body = plain.read_bytes()
    paths["CSV in GB18030"].write_bytes(body.replace(b",app,", ",应用,".encode("gb18030")))
    lines = body.split(b"\n")
    lines[1::100_000] = [b'x,"y' for _ in lines[1::100_000]]
    paths["CSV, a bad line in every block"].write_bytes(b"\n".join(lines))
    with paths["JSON Lines"].open("w", encoding="utf-8") as out:
        for batch in texts.to_batches():
            out.writelines(json.dumps(row) + "\n" for row in batch.to_pylist())
    return paths


def wayseal(path: Path) -> int:
    """Rows kept and rejected."""
    (file,) = open_source(path, table="accesses").files
    return sum(b.rows.num_rows + len(b.rejected) for b in read_batches(file))


def bare(path: Path) -> Callable[[], int] | None:
    """Arrow's parser on the file; it reads neither GB18030 nor past an open quote, where DuckDB gives up as well."""
    text = dict.fromkeys(NAMES, pa.string())
    if path.suffix == ".parquet":
        return lambda: sum(b.num_rows for b in pq.ParquetFile(path).iter_batches(1 << 19))
    if path.suffix == ".jsonl":
        options = pajson.ParseOptions(explicit_schema=pa.schema(list(text.items())))
        reading = pajson.ReadOptions(use_threads=False)
        return lambda: int(pajson.read_json(path, reading, options).num_rows)
    if path.stem in {"bad", "gb"}:
        return None
    reading_csv = pacsv.ReadOptions(use_threads=False)
    convert = pacsv.ConvertOptions(column_types=text)
    return lambda: int(pacsv.read_csv(path, reading_csv, convert_options=convert).num_rows)


def speed(run: Callable[[], int]) -> float:
    """Rows a second of CPU time, the better of two runs."""
    best = 0.0
    for _ in range(2):
        start = time.process_time()
        rows = run()
        best = max(best, rows / (time.process_time() - start))
    return best


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How long the files are."""

    rows: int = option(2_000_000)
    work: Path = option(Path("/tmp/wayseal-readers"), "folder for the files, made once")


@benchmark(
    minutes=2,
    kept=[
        Kept(
            f"rows read a second of CPU: {name}",
            name,
            "Wayseal, rows/s",
            "a second",
            beside=("Arrow", name, "Arrow, rows/s"),
        )
        for name in ("Parquet", "CSV", "CSV, all quoted", "CSV in GB18030", "JSON Lines")
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Read each layout."""
    pa.set_cpu_count(1)
    rows = []
    for name, path in write_all(make(options.rows), options.work).items():
        beside = bare(path)
        told = "none reads it" if beside is None else f"{speed(beside) / 1e6:.2f} M"
        mine = speed(lambda path=path: wayseal(path))  # type: ignore[misc]
        rows.append((name, f"{path.stat().st_size / 1e6:.0f}", f"{mine / 1e6:.2f} M", told))
    yield Table(("file", "MB", "Wayseal, rows/s", "Arrow, rows/s"), rows)
