"""Four logs as strangers keep them go from file to verdict, and nobody corrects a mapping but for words."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.running import Ran, inside
from tests.docs.strangers import FOLDER, THIEF, write
from tests.trace.rim import short_chains

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    short_chains(monkeypatch)


def done(*words: object, code: int = 0) -> Ran:
    ran = inside(*words)
    assert ran.code == code, ran.err
    return ran


def test_the_files_are_what_the_script_writes(tmp_path: Path) -> None:
    write(tmp_path)
    for path in sorted(FOLDER.iterdir()):
        assert path.stat().st_size < 100_000
        if path.suffix == ".xlsx":
            ours, made = zipfile.ZipFile(path), zipfile.ZipFile(tmp_path / path.name)
            assert {n: ours.read(n) for n in ours.namelist()} == {n: made.read(n) for n in made.namelist()}
        else:
            assert path.read_bytes() == (tmp_path / path.name).read_bytes()


# The log, what was bought, its sheet, words that a person adds, and what ingest says of the log.
LOGS: list[tuple[str, str, str | None, dict[str, str], str]] = [
    ("nginx.log", "nginx-bought.csv", None, {}, "11 records are no reads of waybills: sent elsewhere (redirects)"),
    (
        "counter.csv",
        "counter-bought.csv",
        None,
        {'"打印" = "print"': '"打印" = "print", "批量拉取" = "export"'},
        "accesses: 328 rows from counter.csv, 1 rejected, 16 left out as the mapping says",
    ),
    ("gateway.jsonl", "gateway-bought.jsonl", None, {}, "accesses: 321 rows from gateway.jsonl, 1 left out"),
    (
        "office.xlsx",
        "office.xlsx",
        "外泄单号",
        {'"打印" = "print"': '"打印" = "print", "扫码查看" = "view"'},
        "accesses: 322 rows from office.xlsx#查询记录, 1 rejected",
    ),
]


@pytest.mark.parametrize(("log", "bought", "sheet", "words", "said"), LOGS, ids=[row[0] for row in LOGS])
def test_from_file_to_verdict(
    log: str, bought: str, sheet: str | None, words: Mapping[str, str], said: str, tmp_path: Path
) -> None:
    mapping, leaks, ledger = tmp_path / "log.toml", tmp_path / "leaks.toml", tmp_path / "L"
    # A draft that doesn't know a word says so, and ends with a code of its own.
    done("map", FOLDER / log, "--table", "accesses", "--out", mapping, code=16 if words else 0)
    text = mapping.read_text(encoding="utf-8")
    for before, after in words.items():
        assert before in text
        text = text.replace(before, after)
    mapping.write_text(text, encoding="utf-8")
    ingested = done("ingest", ledger, FOLDER / log, "--map", mapping).err
    assert said in ingested
    assert "unknown values" not in ingested
    done("map", FOLDER / bought, "--table", "leaks", "--out", leaks, *(("--sheet", sheet) if sheet else ()))
    report = done("trace", ledger, "--leaks", FOLDER / bought, "--map", leaks).out
    assert f"The records point to account {THIEF}: a lead for investigators" in report
    assert f"{THIEF} saw 9 of 9 leaked parcels" in report
    assert ("only the day of the sighting is known" in report) == (log in {"counter.csv", "office.xlsx"})
