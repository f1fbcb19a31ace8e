"""How fast raw logs are read: PostgreSQL's audit log, combined logs, OCSF events; beside them a counter's CSV.

    python -m benchmarks run raw_logs --rows 300000 --work /tmp/wayseal-raw-logs

Makes a seeded log of each form, reads it on one core, and prints a markdown table: records a second of CPU time over
both tables, and the most memory that the process held. Statements come in a few templates.
"""

import csv
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.processes import child, spend
from wayseal.store import load_mapping, open_source, read_batches

SEED = 7
EXAMPLES = Path(__file__).parents[2] / "docs/examples"
FORMS = {
    "pgaudit-csvlog": ("pg.csv", "pgaudit"),
    "combined": ("access.log", "access"),
    "ocsf": ("e.jsonl", "ocsf"),
    "csv": ("counter.csv", ""),
}
SHAPES = (
    "SELECT * FROM waybill_main WHERE mail_no = '{no}' /* user={user} */",
    "SELECT c{n}, phone FROM waybill_main WHERE mail_no IN ('{no}', '{other}') /* user={user} */",
    "SELECT c{n} FROM waybill_main w JOIN site s ON s.site_code = w.from_site WHERE s.city = 'c{user}' LIMIT 50",
    "SELECT c{n} FROM waybill_main WHERE from_site = '{user}' AND receiver_name LIKE '{other}%'",
)


def records(form: str, rows: int) -> Iterator[str]:
    """Lines of a log."""
    rng = random.Random(SEED)
    if form == "csv":
        yield "at,actor,waybill,session,ip\n"
    for row in range(rows):
        no, other, user = f"YT{rng.randrange(10**13):013}", f"YT{rng.randrange(10**13):013}", f"u-{rng.randrange(5000)}"
        clock = f"{row // 3600 % 24:02}:{row // 60 % 60:02}:{row % 60:02}"
        if form == "csv":
            yield f"2026-03-04T{clock}+08:00,{user},{no},s-{row // 9},10.1.2.3\n"
            continue
        if form == "combined":
            path = f"/api/waybill/{no}" if row % 4 else f"/api/search?from=c{row % 90}&page=2"
            yield f'10.1.2.3 - {user} [04/Mar/2026:{clock} +0800] "GET {path} HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n'
            continue
        statement = SHAPES[row % 4].format(no=no, other=other, user=user, n=row % 5)
        if form == "ocsf":
            event = {"class_uid": 6005, "activity_id": 4, "time": 1772593351123 + row, "metadata": {"uid": f"e{row}"}}
            about = {"actor": {"user": {"name": user}}, "query_info": {"query_string": statement}}
            yield json.dumps(event | about) + "\n"
        else:
            yield audited(statement, f"2026-03-04 {clock}.{row % 1000:03} UTC", user, row)


def audited(statement: str, at: str, user: str, row: int) -> str:
    """One record of a csvlog."""
    said = _line(["SESSION", row, 1, "READ", "SELECT", "", "", statement, "<none>", 2])
    fields = [at, "wms", "ops", 4711, "10.1.2.3:50112", f"69a7a0f6.{user}", row, "SELECT", at, "3/4", 0, "LOG", "00000"]
    return _line([*fields, "AUDIT: " + said, *[""] * 8, "counter", "client backend", "", 0]) + "\n"


def _line(fields: list[object]) -> str:
    class _Out:
        text = ""

        def write(self, text: str) -> None:
            self.text = text

    out = _Out()
    csv.writer(out, lineterminator="").writerow(fields)
    return out.text


def read(form: str, work: Path) -> tuple[int, float]:
    """Rows of both tables, and the seconds of CPU time."""
    name, example = FORMS[form]
    mapping = load_mapping(EXAMPLES / f"{example}.toml") if example else None
    source = open_source(work / name, mapping=mapping)
    start = time.process_time()
    rows = sum(b.rows.num_rows for f in source.files for b in read_batches(f, mapping=mapping, options=source.options))
    return rows, time.process_time() - start


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How long the logs are."""

    rows: int = option(300_000)
    work: Path = option(Path("/tmp/wayseal-raw-logs"), "folder for the logs")


ASKED = {"pgaudit-csvlog": 40_000.0, "combined": 40_000.0}


@benchmark(
    minutes=2,
    kept=[
        Kept(
            f"lines of a log read a second of CPU: {form}",
            form,
            "lines a CPU second",
            "a second",
            least=ASKED.get(form),
        )
        for form in FORMS
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Read each form in a process of its own, so that its memory can be told."""
    options.work.mkdir(parents=True, exist_ok=True)
    rows = []
    for form, (name, _) in FORMS.items():
        with (options.work / name).open("w", encoding="utf-8") as out:
            out.writelines(records(form, options.rows))
        spent = spend(child("benchmarks.ledger.raw_logs:read", form, options.work))
        read_rows, seconds = json.loads(spent.out)
        size = (options.work / name).stat().st_size / 1e6
        rows.append(
            (form, f"{size:.0f}", f"{read_rows:,}", f"{options.rows / seconds:,.0f}", f"{spent.peak * 1000:.0f}")
        )
    yield Table(("log", "MB", "rows", "lines a CPU second", "peak MB"), rows)
