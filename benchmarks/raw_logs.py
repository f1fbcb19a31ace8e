"""How fast raw logs are read: PostgreSQL's audit log, combined logs, OCSF events; beside them a counter's CSV.

    python -m benchmarks.raw_logs --rows 300000 --work /tmp/wayseal-raw-logs

Makes a seeded log of each form, reads it on one core, and prints a markdown table: records a second of CPU time over
both tables, and the most memory that the process held. Statements come in a few templates.
"""

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from wayseal.store import load_mapping, open_source, read_batches

SEED = 7
EXAMPLES = Path(__file__).parents[1] / "docs/examples"
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


def main() -> None:
    """Runs and prints; each form in a process of its own, so that its memory can be told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--work", type=Path, default=Path("/tmp/wayseal-raw-logs"))
    parser.add_argument("--form", choices=FORMS)
    chosen = parser.parse_args()
    if chosen.form:
        rows, seconds = read(chosen.form, chosen.work)
        size = (chosen.work / FORMS[chosen.form][0]).stat().st_size / 1e6
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {chosen.form} | {size:.0f} | {rows:,} | {chosen.rows / seconds:,.0f} | {most:.0f} |")
        return
    chosen.work.mkdir(parents=True, exist_ok=True)
    print("| log | MB | rows | records/s | peak MB |\n|---|---|---|---|---|", flush=True)
    for form, (name, _) in FORMS.items():
        with (chosen.work / name).open("w", encoding="utf-8") as out:
            out.writelines(records(form, chosen.rows))
        words = ["--rows", str(chosen.rows), "--work", str(chosen.work), "--form", form]
        subprocess.run([sys.executable, "-m", "benchmarks.raw_logs", *words], check=True)


if __name__ == "__main__":
    main()
