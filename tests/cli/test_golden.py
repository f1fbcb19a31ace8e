"""What commands print, held as a whole in both languages: a change of any word, number or key is seen here."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.cases.evidence.packs import need_font
from tests.cases.making import DAY, NOW, alert, lines, put_lines
from tests.cases.making import run as write
from tests.cli.running import inside, log
from tests.cli.transcripts import Transcript
from tests.market.log.lines_of import START, capture, offered, shop
from wayseal.cases import verify
from wayseal.cases.types import FILE
from wayseal.cli import market as market_commands
from wayseal.market.log import Line, LineKind, open_market

LANGS = pytest.mark.parametrize("lang", ["en", "zh"])
BY = ("--who", "Li, audit", "--why", "complaint 7")
CONTRACT = 'partner = "Thief & Co"\nactors = ["thief"]\nhours = "06:00-23:00"\n'


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Screens are as wide wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "88")


@LANGS
def test_a_ledger_and_who_sold(base: Path, tmp_path: Path, snapshot: SnapshotAssertion, lang: str) -> None:
    ledger, leaks = base / "L", base / "leaks.csv"
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "a.toml").write_text(CONTRACT, encoding="utf-8")
    said = Transcript(base, lang=lang, more={"contracts": str(tmp_path / "c")})
    said.run("show", ledger)
    said.run("trace", ledger, "--leaks", leaks, "-q")
    said.run("scope", ledger, "--source", "thief", "-q")
    said.run("extent", ledger, "--leaks", leaks, "-q")
    said.run("extent", ledger, "--leaks", leaks, "--lists", "day", "-q")
    said.run("extent", ledger, "--leaks", _found(tmp_path / "c" / "found.csv"), "-q")
    said.run("partners", "check", ledger, "--contracts", tmp_path / "c", "-q")
    said.run("rights", ledger, "-q")
    said.run("explain", ledger, "--actor", "thief", "--waybill", "YT2000009", "-q")
    said.run("reads", ledger, "--waybill", "YT2000009", "-q")
    said.run("reads", ledger, "--waybill", "YT2000009", "--format", "csv", "-q")
    said.run("ledger", "verify", ledger, "-q")
    key, note, proof = (tmp_path / "c" / name for name in ("k", "note", "proof"))
    said.run("ledger", "key", "new", "--out", key, "--name", "li")
    said.run("ledger", "checkpoint", ledger, "--key", key, "--out", note)
    kept = ("--checkpoint", note, "--key", f"{key}.pub")
    said.run("ledger", "verify", ledger, *kept, "-q")
    said.run("ledger", "verify", ledger, *kept, "-q", "--format", "json")
    said.run("ledger", "prove", ledger, "--read", "0:37", "--checkpoint", note, "--out", proof)
    said.run("ledger", "verify-proof", proof, "--key", f"{key}.pub")
    said.run("trace", ledger, "--leaks", tmp_path / "c" / "a.toml", "-q")
    assert str(said) == snapshot


def test_a_ledger_for_programs(base: Path, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    ledger, leaks, json_ = base / "L", base / "leaks.csv", ("--format", "json", "-q")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "a.toml").write_text(CONTRACT, encoding="utf-8")
    said = Transcript(base, more={"contracts": str(tmp_path / "c")})
    said.run("show", ledger, "--format", "json")
    said.run("trace", ledger, "--leaks", leaks, *json_)
    said.run("scope", ledger, "--source", "thief", *json_)
    said.run("extent", ledger, "--leaks", _found(tmp_path / "c" / "found.csv"), "--criterion", "bic", *json_)
    said.run("partners", "check", ledger, "--contracts", tmp_path / "c", *json_)
    said.run("rights", ledger, *json_)
    said.run("explain", ledger, "--actor", "thief", "--waybill", "YT2000009", *json_)
    said.run("reads", ledger, "--waybill", "YT2000009", *json_)
    said.run("ledger", "verify", ledger, *json_)
    said.run("ledger", "doctor", ledger, *json_)
    assert _without_disk(str(said)) == snapshot


def _found(path: Path) -> Path:
    """Numbers found in two ways, some of them in both."""
    ways = {"purchase": range(30), "report": range(20, 45)}
    rows = [f"YT{2_000_000 + n},2026-03-02T21:00:00Z,{way}" for way, numbers in ways.items() for n in numbers]
    return log(path, rows, "waybill,seen_at,found_by")


def _without_disk(text: str) -> str:
    """A text without how much is free on a disk, which is another number each time."""
    return "\n".join('"free": <bytes>' if '"free": ' in line else line for line in text.split("\n"))


@LANGS
def test_cases_from_an_alert_to_being_forgotten(tmp_path: Path, snapshot: SnapshotAssertion, lang: str) -> None:
    ledger = tmp_path / "L"
    assert inside("ingest", ledger, log(tmp_path / "accesses.csv"), "-q").code == 0
    alerts = [alert("thief", score=0.98), alert("u-1077", "王芳", detectors=(), at=NOW + DAY), alert("u-3", "u-4")]
    write(ledger / "detect", lambda cases: cases.register(alerts, NOW))
    said = Transcript(tmp_path, lang=lang)
    said.run("case", "list", ledger)
    said.run("case", "open", ledger, "c-1", *BY)
    said.run("case", "hear", ledger, "c-1", "--who", "Wu", "--statement", "I helped\n\n 我帮忙\u202e")
    said.run("case", "hear", ledger, "c-2", "--who", "Wu", "--statement", "I helped")
    said.run("case", "open", ledger, "c-1", *BY)
    said.run("case", "state", ledger, "c-2", "in_progress", *BY)
    said.run("case", "state", ledger, "c-2", "reopened", *BY)
    said.run("case", "note", ledger, "c-2", "--who", "Li", "--text", "asked the outlet")
    said.run("case", "merge", ledger, "c-3", "c-2", *BY)
    said.run("case", "merge", ledger, "c-3", "c-2", *BY)
    said.run("case", "list", ledger, "--sort", "number")
    said.run("case", "unmerge", ledger, "c-3", *BY)
    said.run("verdict", ledger, "c-1", "true", *BY, "--lacking")
    said.run("verdict", ledger, "c-3", "false", *BY)
    said.run("case", "open", ledger, "c-9", *BY)
    said.run("case", "list", ledger, "--sort", "number", "--format", "json")
    said.run("case", "verify", ledger, "-q")
    said.run("case", "verify", ledger, "-q", "--head", f"3:{'0' * 64}")
    said.run("case", "backup", ledger, tmp_path / "copy")
    said.run("case", "rebuild", ledger)
    said.run("case", "forget", ledger, "--before", "2100-01-01", *BY, "--dry-run")
    said.run("case", "forget", ledger, "--before", "2100-01-01", *BY)
    said.run("case", "list", ledger)
    said.run("case", "verify", ledger, "-q", "--format", "json")
    assert str(said) == snapshot
    assert b"thief" not in (ledger / "detect" / FILE).read_bytes()


@LANGS
def test_a_casebook_that_was_tampered_with(tmp_path: Path, snapshot: SnapshotAssertion, lang: str) -> None:
    ledger, book = tmp_path / "L", tmp_path / "L" / "detect"
    ledger.mkdir()
    write(book, lambda cases: cases.register([alert("thief", score=0.98), alert("u-1077", "王芳")], NOW))
    head = str(verify(book).head)
    said = Transcript(tmp_path, lang=lang)
    said.run("case", "open", ledger, "c-1", *BY)
    said.run("case", "verify", ledger, "-q", "--head", head)
    with closing(sqlite3.connect(book / FILE)) as db, db:
        db.execute("UPDATE casework_cases SET state = 'false'")
    said.run("case", "verify", ledger, "-q")
    said.run("case", "rebuild", ledger)
    said.run("case", "verify", ledger, "-q")
    there = lines(book)
    put_lines(book, [there[0], there[2], there[3].replace("Li", "Lu")])
    said.run("case", "verify", ledger, "-q", "--head", head)
    said.run("case", "verify", ledger, "-q", "--format", "json")
    said.run("case", "list", ledger)
    said.run("case", "open", ledger, "c-1", *BY)
    said.run("verdict", ledger, "c-1", "true", *BY, "--lacking")
    put_lines(book, there[1:])
    said.run("case", "rebuild", ledger)
    said.run("case", "backup", ledger, tmp_path / "other")
    assert str(said) == snapshot


@LANGS
@pytest.mark.usefixtures("looked_once")
def test_detection_and_a_pack(ready: Path, tmp_path: Path, snapshot: SnapshotAssertion, lang: str) -> None:
    ledger, detect = tmp_path / "L", tmp_path / "L" / "detect"
    shutil.copytree(ready, ledger)
    (detect / "secret").write_bytes(bytes(range(32)))
    said = Transcript(tmp_path, lang=lang)
    found = json.loads(said.ask("detect", ledger, "-q", "--format", "json").out)
    said.run("detect", ledger, "-q")
    said.run("detect", ledger, "-q", "--dry-run", "--unmask", *BY)
    case = next(one["case"] for one in found["cases"] if one["worth"])
    said.run("reads", ledger, "--case", case, "-q")
    said.run("reads", ledger, "--case", case, *BY, "-q")
    assert str(said) == snapshot
    cases = [
        {**one, "examples": [], "reasons": [reason["detector"] for reason in one["reasons"]]} for one in found["cases"]
    ]
    assert {**found, "ledger_digest": "", "cases": cases} == snapshot


@LANGS
def test_a_pack(tmp_path: Path, snapshot: SnapshotAssertion, lang: str) -> None:
    need_font()
    ledger, pack = tmp_path / "L", tmp_path / "c.zip"
    assert inside("ingest", ledger, log(tmp_path / "accesses.csv"), "-q").code == 0
    write(ledger / "detect", lambda cases: cases.register([alert("thief", score=0.98)], NOW))
    said = Transcript(tmp_path, lang=lang, more={"bytes": r"[0-9,]+(?= bytes| 字节)", "pack": r"evidence-c-1-\w+"})
    said.run("evidence", "export", ledger, "c-1", "--out", pack, *BY, "-q")
    said.run("evidence", "verify", pack)
    said.run("evidence", "verify", pack, "--format", "json", "--seal", "0" * 64)
    said.run("evidence", "verify", tmp_path / "accesses.csv")
    whole, other = pack.read_bytes(), tmp_path / "d.zip"
    at = whole.index(b'"thief"')
    other.write_bytes(whole[: at + 1] + b"T" + whole[at + 2 :])
    said.run("evidence", "verify", other, "--against", pack, "--seal", "0" * 64)
    assert re.sub(r'"bytes": \d+', '"bytes": <bytes>', str(said)) == snapshot


@LANGS
def test_the_market(tmp_path: Path, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.setattr(market_commands, "now_us", lambda: START + 2 * DAY)
    market, json_ = tmp_path / "m", ("--format", "json")
    other = offered("b", shop="site-b/9", source="site-b")
    found = [offered("a"), other, shop("site-a/1", "seen"), shop("site-b/9", "seen")]
    with open_market(market) as record:
        record.append([Line(kind=LineKind.CAPTURED, at=START, body=capture(0)), *found])
    said = Transcript(tmp_path, lang=lang, more={"days": r"(?<=, )[0-9.]+(?= days)|(?<=，)[0-9.]+(?= 天)"})
    said.run("market", "offers", market)
    said.run("market", "offers", market, *json_)
    said.run("market", "sellers", market)
    said.run("market", "sellers", market, *json_)
    said.run("market", "queue", market)
    said.run("market", "removals", market)
    said.run("market", "report", market, "-q")
    said.run("market", "report", market, "-q", *json_)
    said.run("market", "learn", market, "-q")
    said.run("market", "learn", market, "-q", *json_)
    said.run("market", "verify", market)
    texts = tmp_path / "texts.csv"
    texts.write_text("id,text\n1,出售快递面单实时 13800138000\n2,顺丰到付寄件\n", encoding="utf-8")
    said.run("market", "read", texts, "-q")
    assert str(said) == snapshot
