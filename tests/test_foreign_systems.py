"""That the foreign systems are the same each time, and that their truth is what stands in their files."""

import csv
import gzip
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from benchmarks.foreign._judge import row
from benchmarks.foreign.foreign_systems import MAKERS, make

from tests.tables import each

Told = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    out = tmp_path_factory.mktemp("foreign")
    return out / "systems", make(out, 0.004)


def test_the_same_seed_gives_the_same_bytes(made: tuple[Path, Told], tmp_path: Path) -> None:
    again, other = make(tmp_path / "again", 0.004), make(tmp_path / "other", 0.004, seed=28)
    assert again == made[1]
    assert all(other[name]["sha256"] != again[name]["sha256"] for name in MAKERS)


def test_the_truth_stands_apart(made: tuple[Path, Told]) -> None:
    assert {path.name for path in made[0].iterdir()} == set(MAKERS)
    assert not [path for path in made[0].rglob("*") if "truth" in path.name]
    assert all((made[0].parent / "truth" / f"{name}.json").is_file() for name in MAKERS)


def test_phones_are_of_a_block_for_examples(made: tuple[Path, Told]) -> None:
    for path in made[0].rglob("*"):
        if path.suffix in (".log", ".sql", ".tsv", ".txt", ".jsonl"):
            text = path.read_bytes().decode("gb18030", "replace")
            assert set(re.findall(r"(?<!\d)(1[3-9]\d{5})\d{4}(?!\d)", text)) <= {"1390000"}, path


def lines(path: Path, encoding: str = "utf-8") -> list[str]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return raw.decode(encoding).splitlines()


def copied(folder: Path, table: str) -> int:
    text = (folder / "waybill_core.sql").read_text(encoding="utf-8")
    return text.split(f"COPY public.{table} (")[1].split("\n\\.\n")[0].count("\n")


def matches(paths: list[Path], pattern: str, encoding: str = "utf-8") -> int:
    return sum(len(re.findall(pattern, path.read_text(encoding=encoding))) for path in paths)


def sheet(path: Path, place: int) -> int:
    with zipfile.ZipFile(path) as book:
        return book.read(f"xl/worksheets/sheet{place}.xml").count(b"<row ")


def rows_of(paths: list[Path], encoding: str = "utf-8", heads: int = 1) -> int:
    return sum(len([line for line in lines(path, encoding) if line.strip()]) - heads for path in paths)


def reads_of_postgres(folder: Path) -> int:
    """By the statements: one number by `=`, or each of an `IN`."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (folder / "log").iterdir())
    audits = re.findall(r"AUDIT: SESSION,\d+,1,READ,SELECT,TABLE,public\.t_waybill,(.*?)(?=\n2026|\Z)", text, re.DOTALL)
    return sum(len(re.findall(r"(?<!\d)66\d{13}(?!\d)", audit)) for audit in audits)


def reads_of_gateway(folder: Path) -> int:
    many = 0
    for path in (folder / "nginx").iterdir():
        for line in lines(path):
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if str(said["status"]) == "200":
                many += len(set(re.findall(r"SD\d{13}", said["uri"] + said["args"])))
    return many


def reads_of_cloud(folder: Path) -> int:
    many, seen = 0, set()
    for path in (folder / "sls").rglob("*.json"):
        for said in map(json.loads, lines(path)):
            if said["code"] == "0" and said["req_id"] not in seen:
                many += len(re.findall(r"JTX\d{12}", said.get("waybill_no", "") + said.get("waybill_nos", "")))
            seen.add(said["req_id"])
    for path in (folder / "AWSLogs").rglob("*.gz"):
        for event in json.loads(lines(path)[0])["Records"]:
            key = event["requestParameters"].get("key", "")
            if event["eventName"] == "GetItem" and "errorCode" not in event and "waybill_no" in key:
                many += 1
    return many


def reads_of_counter(folder: Path) -> int:
    serials = set()
    for path in (folder / "网点").rglob("*.csv"):
        for cells in csv.reader(lines(path, "gb18030")):
            if re.fullmatch(r'="77\d{11}"', cells[4]) and cells[5] != "修改地址" and cells[2] != "-":
                serials.add(cells[0])
    return len(serials)


def reads_of_mysql(folder: Path) -> int:
    """Each number in a SELECT that was run: none stands in one that was only prepared."""
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in ("db03.log", "general-mysql8.log"))
    asked = re.findall(r"\d (?:Query|Execute)\t(?:/\*[^*]*\*/ )?(SELECT.*?)(?=\n(?:\d{4}|\t\t)|\Z)", text, re.DOTALL)
    return sum(len(re.findall(r"'KF\d{11}'", one)) for one in asked)


def reads_of_saas(folder: Path) -> int:
    with zipfile.ZipFile(folder / "导出_20261109.xlsx") as book:
        page = book.read("xl/worksheets/sheet5.xml").decode("utf-8")
    cells = [re.findall(r"<t [^>]*>([^<]*)</t>|<v>", line) for line in page.split("<row ")[2:]]
    shown = [c for c in cells if c[-1] == "成功" and c[3] in ("查看", "打印", "导出")]
    return len(shown) + matches([folder / "logs/tms-app.log"], r"\] 查看运单 ND\d{10}-1-[12] ")


WHOLE = (
    ("01-core-pg", "waybills", lambda f: copied(f, "t_waybill")),
    ("01-core-pg", "scans", lambda f: copied(f, "t_scan")),
    ("01-core-pg", "outlets", lambda f: copied(f, "t_site")),
    ("01-core-pg", "actors", lambda f: sheet(f / "员工花名册.xlsx", 2) - 2),
    ("02-orders-mysql", "waybills", lambda f: rows_of([f / "express_order.tsv"])),
    ("02-orders-mysql", "scans", lambda f: matches([f / "scan_record.sql"], r"\(\d+,'KF\d")),
    ("02-orders-mysql", "outlets", lambda f: rows_of([f / "网点资料.csv"], "gb18030", 2)),
    ("03-api-gateway", "waybills", lambda f: rows_of(list(f.glob("issue_*")))),
    ("03-api-gateway", "actors", lambda f: rows_of([f / "apps.csv"])),
    ("03-api-gateway", "partner_calls",
        lambda f: (
            rows_of([f / "partners/kcd_calls.log"], heads=0) + matches([f / "partners/ylt_export.json"], "callTime")
        ),
    ),
    ("04-counter", "waybills", lambda f: rows_of(list(f.glob("台账/*")), "gb18030")),
    ("04-counter", "scans", lambda f: rows_of(list(f.glob("扫描/*")), "gb18030")),
    ("04-counter", "actors", lambda f: sum(sheet(p, 1) - 1 for p in f.glob("人员/*"))),
    ("05-cloud", "waybills", lambda f: pq.read_metadata(f / "waybill_snapshot.parquet").num_rows),
    ("05-cloud", "changes", lambda f: rows_of([f / "change_stream.jsonl"], heads=0)),
    ("05-cloud", "assignments", lambda f: sheet(f / "责任分工.xlsx", 1) - 2),
    ("05-cloud", "tickets", lambda f: len(json.loads(lines(f / "servicedesk-export.json")[0])["issues"]),
    ),
    ("06-oracle", "actors", lambda f: rows_of([f / "EMP.txt"], "gb18030", 0)),
    ("06-oracle", "waybills", lambda f: rows_of([f / "WAYBILL_MAIN.txt"], "gb18030")),
    ("06-oracle", "changes", lambda f: rows_of([f / "WB_CHG.txt"], "gb18030")),
    ("07-saas-tms", "waybills", lambda f: sheet(f / "导出_20261109.xlsx", 2) - 2),
    ("07-saas-tms", "actors", lambda f: sheet(f / "导出_20261109.xlsx", 4) - 1),
    ("07-saas-tms", "scans",
        lambda f: (
            sheet(f / "导出_20261109.xlsx", 3) - 1
            + matches([f / "webhook/events.jsonl"], r"(?m)^\{(?!.*bill\.settled)")
        ),
    ),
)  # fmt: skip


@each(["system", "table", "count"], WHOLE)
def test_rows_that_can_be_taken_and_others_are_all(
    made: tuple[Path, Told], system: str, table: str, count: Any
) -> None:
    said = made[1][system]["tables"][table]
    assert said["rows"] + sum(said["broken"].values()) + sum(said["other"].values()) == count(made[0] / system)


READS = {
    "01-core-pg": reads_of_postgres,
    "02-orders-mysql": reads_of_mysql,
    "03-api-gateway": reads_of_gateway,
    "04-counter": reads_of_counter,
    "05-cloud": reads_of_cloud,
    "06-oracle": lambda f: matches(list(f.glob("QRY_LOG_*")), r"(?m)\|F010[12]\|5\d{11}\|1\|0000\|", "gb18030"),
    "07-saas-tms": reads_of_saas,
}


@each(["system", "count"], READS.items())
def test_reads_are_those_of_the_log(made: tuple[Path, Told], system: str, count: Any) -> None:
    assert made[1][system]["tables"]["accesses"]["rows"] == count(made[0] / system)


@each("system", MAKERS)
def test_what_a_log_s_records_are_adds_up(made: tuple[Path, Told], system: str) -> None:
    told = made[1][system]
    kinds: dict[str, int] = {}
    for log in told["logs"].values():
        for kind, many in log.items():
            kinds[kind] = kinds.get(kind, 0) + many
    searches = sum(many for kind, many in kinds.items() if kind.startswith(("lists", "searches")))
    assert searches == told["tables"].get("queries", {"rows": 0})["rows"]


SHOWN = (
    (90, 10, 0, {"missing": 0, "silent": 0, "extra": 0}),
    (80, 10, 0, {"missing": 10, "told": 0, "silent": 10}),
    (80, 24, 0, {"missing": 10, "told": 10, "silent": 0}),
    (85, 10, 9, {"missing": 5, "told": 5, "silent": 0}),
    (95, 0, 0, {"missing": 0, "silent": 0, "extra": 3}),
    (85, 14, 0, {"missing": 5, "told": 0, "silent": 5}),
    (85, 14, 5, {"missing": 5, "told": 5, "silent": 0}),
)


@each(["held", "rejected", "dropped", "wanted"], SHOWN)
def test_what_is_lost_in_silence_is_told(held: int, rejected: int, dropped: int, wanted: dict[str, int]) -> None:
    said = {
        "rows": 90,
        "ids": 80,
        "broken": {"b": 10},
        "other": {"a total": 4},
        "either": 2,
        "files": {"a/x.csv": {"rows": 90}},
    }
    source = {"table": "scans", "name": "x.csv", "rejected": rejected, "dropped": dropped, "repeated": 0}
    judged = row("scans", said, {"rows": {"scans": held}, "sources": [source]})
    assert {key: judged[key] for key in wanted} == wanted
    assert not judged["absent"]
    absent = row("scans", said, {"rows": {}, "sources": []})
    assert (absent["absent"], absent["unbrought"], absent["silent"]) == (True, 90, 0)


def test_a_file_that_nobody_brought_is_no_loss() -> None:
    files = {"a/x.csv": {"rows": 60}, "b/y.csv": {"rows": 30}}
    said = {"rows": 90, "ids": 90, "broken": {}, "other": {}, "either": 0, "files": files}
    source = {"table": "scans", "name": "x.csv", "rejected": 0, "dropped": 0, "repeated": 0}
    judged = row("scans", said, {"rows": {"scans": 55}, "sources": [source]})
    assert [judged[key] for key in ("missing", "unbrought", "told", "silent", "away")] == [35, 30, 0, 5, 1]


@each(["dropped", "silent"], [(140, 0), (100, 40), (0, 90)])
def test_questions_of_a_log_that_was_read_for_reads_alone(dropped: int, silent: int) -> None:
    said = {"rows": 90, "ids": 90, "broken": {}, "other": {}, "either": 0, "files": {"x.csv": {"rows": 90}}}
    source = {"table": "accesses", "name": "x.csv", "rejected": 0, "dropped": dropped, "repeated": 0}
    judged = row("queries", said, {"rows": {}, "sources": [source]}, beside=7, noise=50)
    assert (judged["silent"], judged["told"]) == (silent, 90 - silent)
