"""Holds a ledger against the truth of a foreign system: by `wayseal show --format json` and by the ledger's Parquet files.

1. `missing` are rows that can be taken and aren't there. Of tables with one row an id the ids count.
2. `told` are rows that ingest said it rejected, left out or knew, beyond those that truly can't be taken or are no rows
   of the table. What is missing and not told is lost in silence: at least so many.
3. `extra` are rows that the ledger holds and the truth doesn't, beyond what may count either way.
4. A table none of whose sources came in is `absent`: nobody brought it, or nobody could. So are files, where the sources
   that came in are called like others: their rows are `unbrought`, and neither told nor silent.
5. Values are compared by sums, counts, first and last times: a wrong unit, zone or word shows there.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.registry import Said, Table

ONE_ROW = {"actors": "actor", "outlets": "outlet", "waybills": "waybill"}
TIMES = {"waybills": "issued_at", "tickets": "opened_at", "leaks": "seen_at"}


def judged(named: tuple[str, Path], truth: Path) -> dict[str, Any]:
    """What became of a system in a ledger."""
    name, ledger = named
    true = json.loads((truth / f"{name}.json").read_text(encoding="utf-8"))
    shown = _shown(ledger)
    kinds: Counter[str] = Counter()
    for log in true["logs"].values():
        for kind, many in log.items():
            kinds[kind.split(":")[0].split(" ")[0].rstrip(",")] += many
    besides = {
        "accesses": sum(kinds[k] for k in ("noise", "unknown", "either", "lists", "searches")),
        "": kinds["noise"] + kinds["unknown"],
        "queries": sum(kinds[k] for k in ("noise", "unknown", "either", "reads")),
    }
    tables = {}
    for table, said in true["tables"].items():
        if table == "leaks":
            continue
        held = _rows(ledger, table)
        if table in ONE_ROW and held is not None:
            shown["rows"][table] = held.num_rows
        beside = row(table, said, shown, besides.get(table, 0), besides[""])
        tables[table] = beside | {"values": [] if held is None else _values(held, table, said)}
    return {"system": name, "ledger": str(ledger), "tables": tables}


def _shown(ledger: Path) -> dict[str, Any]:
    words = [str(Path(sys.executable).with_name("wayseal")), "show", str(ledger), "--format", "json", "--lang", "en"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def row(table: str, said: dict[str, Any], shown: dict[str, Any], beside: int = 0, noise: int = 0) -> dict[str, Any]:
    """The numbers of one table; `beside`: records of its logs that are no rows of it; `noise`: of no table."""
    sources = [source for source in shown["sources"] if source["table"] == table]
    kin = [source for source in shown["sources"] if source["table"] in ("accesses", "queries")]
    present = sources or (table == "queries" and kin)
    true, held = said["ids"] if table in ONE_ROW else said["rows"], shown["rows"].get(table, 0)
    rejected, dropped, repeated = (
        sum(source[key] for source in sources) for key in ("rejected", "dropped", "repeated")
    )
    broken, other = sum(said["broken"].values()), sum(said["other"].values())
    missing = max(0, true - held)
    # Totals and headings are rejected, or a rule leaves them out; the records of a log that are no reads are left out.
    beyond = max(0, rejected - broken)
    told = max(0, beyond - other) + max(0, dropped + repeated - max(0, other - beyond) - beside)
    if table == "queries" and not sources:
        told = max(0, sum(source["dropped"] for source in kin) - noise)
    names = {source["name"] for source in sources or (kin if table == "queries" else [])}
    away = {file: counts["rows"] for file, counts in said["files"].items() if not _came(file, names)}
    # Files under other names may be the truth's, put into another form: then nothing says what was left away.
    known = all(any(_came(file, {name}) for file in said["files"]) for name in names)
    unbrought = missing if not present else min(missing, sum(away.values())) if known else 0
    told = min(told, missing - unbrought)
    return {
        "true": true,
        "broken": broken,
        "other": other,
        "either": said["either"],
        "held": held,
        "rejected": rejected,
        "dropped": dropped,
        "repeated": repeated,
        "missing": missing,
        "unbrought": unbrought,
        "told": told,
        "absent": not present,
        "silent": missing - unbrought - told,
        "extra": max(0, held - true - said["either"]),
        "away": len(away) if present else 0,
    }


def _came(file: str, names: set[str]) -> bool:
    """Whether a source is called like a file of the truth: `folder/name`, `name#sheet`, `name: table`."""
    bare = file.split(": ", maxsplit=1)[0].rsplit("/", 1)[-1]
    return any(name == bare or name.split("#")[0] == bare.split("#")[0] for name in names)


def _values(rows: pa.Table, table: str, said: dict[str, Any]) -> list[str]:
    """Where what the ledger's files hold differs from what is true."""
    found = []
    for column, many in said["sums"].items():
        total = pc.sum(rows[column]).as_py() or 0 if column in rows.column_names else 0
        if total != many:
            found.append(f"{column} comes to {total:,} instead of {many:,}")
    for column, many in said["filled"].items():
        filled = _filled(rows[column]) if column in rows.column_names else 0
        if filled != many:
            found.append(f"{column} is filled in {filled:,} instead of {many:,}")
    for column, words in said["words"].items():
        if column in rows.column_names:
            held = sorted(entry["counts"] for entry in pc.value_counts(rows[column].drop_null()).to_pylist())
            if held != sorted(words.values()):
                found.append(f"{column} holds {held} instead of {sorted(words.values())}")
    if "actors" in said and "actor" in rows.column_names:
        held = sorted((entry["counts"] for entry in pc.value_counts(rows["actor"]).to_pylist()), reverse=True)
        if (len(held), held[:5]) != (said["actors"]["distinct"], said["actors"]["most"]):
            most = (held[:5], said["actors"]["most"])
            found.append(
                f"{len(held)} actors instead of {said['actors']['distinct']}; most rows of one {most[0]} instead of {most[1]}"
            )
    at = TIMES.get(table, "at")
    if "from" in said and at in rows.column_names and rows.num_rows:
        for word, moment in (("from", pc.min(rows[at]).as_py()), ("to", pc.max(rows[at]).as_py())):
            hours = (
                moment - datetime.strptime(said[word], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            ).total_seconds() / 3600
            if abs(hours) > 0.1:
                found.append(f"times go {'from' if word == 'from' else 'to'} {hours:+.1f} h")
    return found


def _filled(column: pa.ChunkedArray) -> int:
    whole = column.drop_null()
    if pa.types.is_integer(whole.type) and pa.types.is_unsigned_integer(whole.type):
        return int(pc.sum(pc.not_equal(whole, pa.scalar(0, whole.type))).as_py() or 0)
    if pa.types.is_list(whole.type):
        return int(pc.sum(pc.greater(pc.list_value_length(whole), 0)).as_py() or 0)
    return len(whole)


def _rows(ledger: Path, table: str) -> pa.Table | None:
    """The table's rows as the manifest's files hold them; of one id the last."""
    kept = set(_paths(json.loads((ledger / "manifest.json").read_text(encoding="utf-8"))))
    start = "accesses-" if table == "accesses" else f"table-{table}"
    files = [
        p
        for p in sorted((ledger / "data").rglob("*.parquet"))
        if p.name.startswith(start) and any(str(p).endswith(k) for k in kept)
    ]
    if not files:
        return None
    rows = pa.concat_tables([pq.read_table(path) for path in files], promote_options="permissive")
    if table not in ONE_ROW or not rows.num_rows:
        return rows
    rows = rows.sort_by([("source", "ascending"), ("row", "ascending")])
    last = {key: place for place, key in enumerate(rows[ONE_ROW[table]].to_pylist())}
    return rows.take(np.array(sorted(last.values())))


def _paths(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        if part.endswith(".parquet"):
            yield part
    elif isinstance(part, dict):
        for key, inner in part.items():
            yield from _paths(key)
            yield from _paths(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _paths(inner)


HEADS = {
    "true": "true", "broken": "can't be taken", "other": "no rows", "held": "in", "rejected": "rejected", "dropped": "left out",
    "repeated": "known", "missing": "missing", "unbrought": "not brought", "told": "told", "silent": "in silence", "extra": "extra",
}  # fmt: skip


def lines_of(found: list[dict[str, Any]], minutes: dict[str, str]) -> Iterator[Said]:
    """A table a system, what to look at below, and all together."""
    total: Counter[str] = Counter()
    for one in found:
        spent = f", {minutes[one['system']]} minutes" if one["system"] in minutes else ""
        notes = []
        for table, r in one["tables"].items():
            total.update({key: r[key] for key in HEADS})
            notes += [f"- {table}: not brought in"] if r["absent"] else []
            if r["away"] and r["missing"]:
                notes.append(f"- {table}: no source is called like {r['away']} of its files")
            if r["either"] and r["held"] > r["true"]:
                notes.append(f"- {table}: {r['held'] - r['true']} of {r['either']} came in that may count either way")
            notes += [f"- {table}: {value}" for value in r["values"]]
        rows = ((table, *(f"{r[key]:,}" for key in HEADS)) for table, r in one["tables"].items())
        yield Table(("table", *HEADS.values()), rows, f"{one['system']}{spent}")
        yield from notes
    yield Table(("systems", *HEADS.values()), [("all", *(f"{total[key]:,}" for key in HEADS))])
