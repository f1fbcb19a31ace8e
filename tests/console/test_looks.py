"""Logs before they are in the ledger: what is proposed, what is shown of them, what is refused."""

import gzip
import random
import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.console.working import HEAD, look, reads, run_all
from tests.console.world import World, text
from tests.tables import each
from wayseal.console import ConsoleSettings
from wayseal.console.jobs import JobState
from wayseal.console.jobs._shown import column_name, shape_of, shown_original, shown_value
from wayseal.store.tables import TABLES

pytestmark = pytest.mark.usefixtures("people")
GATEWAY = (
    "操作时间,工号,运单号,收件人,手机,操作\n"
    "2026-03-03 09:00:00,王小明,YT0000000000021,李四,13812345678,查看\n"
    "2026-03-03 09:05:00,王小明,YT0000000000022,李四,13812345678,导出\n"
    "never,王小明,YT0000000000023,李四,13812345678,查看\n"
)
PERSONAL = ("王小明", "李四", "13812345678")


def test_a_log_of_its_own_columns(world: World, settings: ConsoleSettings, ledger: Path) -> None:
    """Proposed, seen, chosen otherwise, corrected as text, taken in as it was seen; no name of a person on the way."""
    browser = world.signed_in("ann")
    seen = look(world, settings, browser, log=("网关.csv", GATEWAY.encode("gb18030")))
    page = browser.get(f"/jobs/{seen}/look")
    told = text(page)
    for words in (
        "Proposed from the names of the columns", "GB18030", "+08:00", "2026-03-03 09:00 – 2026-03-03 09:05",
        "YT0000000000021", "from 操作时间", "export", "字字字", "3 rows: all of it", "not-a-time at 1 4",
    ):  # fmt: skip
        assert words in told, words
    assert "Table <code>accesses</code>" in page.text
    assert 'waybill = "运单号"' in page.text.replace("&#34;", '"')
    # A column of names where numbers should stand: nothing of it is shown, and nothing is in the ledger.
    columns = dict(re.findall(r'name="(column\.\w+)".*?<option value="(\d+)" selected>', page.text))
    assert columns["column.waybill"] == "2"
    again = browser.post(
        f"/jobs/{seen}/look", data={"how": "columns", "table": "accesses", **columns, "column.waybill": "3"}
    )
    run_all(world.site.jobs, settings)
    wrong = browser.get(again.headers["location"])
    assert "Made of the columns that were chosen" in text(wrong)
    mapping = 'table = "accesses"\noffset = "+07:00"\n[columns]\nat = "操作时间"\nactor = "工号"\nwaybill = "运单号"\n'
    for sent, words in (
        (mapping.replace("运单号", "单号"), "单号: there is no such column"),
        (mapping.replace("actor", "who"), "mapping.toml:5:columns.who"),
        ("[", "mapping.toml:1"),
    ):
        again = browser.post(f"/jobs/{seen}/look", data={"how": "text", "toml": sent})
        run_all(world.site.jobs, settings)
        bad = browser.get(again.headers["location"])
        assert words in text(bad), (words, text(bad)[300:900])
        assert browser.post(again.headers["location"].replace("/look", "/ingest")).status_code == 409
    again = browser.post(f"/jobs/{seen}/look", data={"how": "text", "toml": mapping})
    run_all(world.site.jobs, settings)
    right = browser.get(again.headers["location"])
    assert "As it was sent" in text(right)
    assert reads(ledger) == 4
    kept = [file.read_text("utf-8") for file in world.site.jobs.folder.glob("j-*/look.json")]
    assert len(kept) == 6
    for shown in (page.text, wrong.text, right.text, *kept):
        assert not [name for name in PERSONAL if name in shown]
    taken = browser.post(again.headers["location"].replace("/look", "/ingest"))
    run_all(world.site.jobs, settings)
    done = text(browser.get(taken.headers["location"]))
    assert "accesses: 2 rows from 网关.csv" in done
    assert "1 row rejected: not-a-time" in done
    assert reads(ledger) == 6
    assert not list(world.site.jobs.folder.glob("uploads/*"))
    gone = browser.post(f"/jobs/{seen}/ingest")
    assert (gone.status_code, "send it again" in text(gone)) == (409, True)


def workbook_bomb() -> bytes:
    """A workbook that says of itself that it unpacks to more than there is room for."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<worksheet/>")
        archive.infolist()[0].file_size = 3 << 30
    return made.getvalue()


NOISE = random.Random(7).randbytes(20_000)
ROW = "2026-03-03T09:00:00+08:00,courier-7,YT0000000000031\n"


@each(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "the file is empty"),
        ("headings.csv", HEAD.encode(), "No row of the sample would be taken in"),
        ("one.csv", "单号\nYT0000000000031\n".encode(), "needs this column"),
        ("noise.csv", NOISE, "not text in UTF-8"),
        ("noise.parquet", NOISE, "not a whole Parquet file"),
        ("noise.xlsx", NOISE, "no workbook that can be read"),
        ("bomb.xlsx", workbook_bomb(), "unpacks to more than 2 GiB"),
        ("cut.csv.gz", gzip.compress(HEAD.encode())[:-9], "is damaged"),
        ("mixed.csv", HEAD.encode() + ROW.encode() + ROW.replace("courier", "快").encode("gb18030") + "运\n".encode(),
         "undecodable the whole row 1 3"),
        ("lines.csv", (HEAD + ROW + "2026-03-03T09:00:00+08:00,x\n").encode(), "too-few-fields the whole row 1 3"),
        ("naive.csv", (HEAD + ROW.replace("+08:00", "")).encode(), "+00:00, as nothing else is said: check that"),
        ("long.jsonl", b'{"at": 1}\n[1]\nx\n', "needs"),
    ],
)  # fmt: skip
def test_files_that_are_no_logs(
    world: World,
    settings: ConsoleSettings,
    ledger: Path,
    name: str,
    content: bytes,
    words: str,
) -> None:
    browser = world.signed_in("ann")
    seen = look(world, settings, browser, log=(name, content))
    page = browser.get(f"/jobs/{seen}/look")
    assert page.status_code == 200
    assert words in text(page)
    job = world.site.jobs.find(seen)
    assert job is not None
    assert job.state in (JobState.DONE, JobState.FAILED)
    assert reads(ledger) == 4
    assert browser.post(f"/jobs/{seen}/remove").status_code == 303
    assert not list(world.site.jobs.folder.glob("uploads/*"))


def test_a_sample_is_bounded(world: World, settings: ConsoleSettings, ledger: Path) -> None:
    many = HEAD + "".join(f"2026-03-03T09:00:00+08:00,courier-7,YT{n:013}\n" for n in range(60_000))
    browser = world.signed_in("ann")
    seen = look(world, settings, browser, log=("many.csv", many.encode()))
    told = text(browser.get(f"/jobs/{seen}/look"))
    assert "Times without an offset" not in told.partition("Read it as something else")[0]
    rows = re.search(r"the first ([\d,]+) rows", told)
    assert rows is not None
    assert 10_000 < int(rows[1].replace(",", "")) < 30_000
    assert reads(ledger) == 4


@each(
    ("table", "column", "value", "shown", "original"),
    [
        ("accesses", "waybill", "YT0000000000031", "YT0000000000031", "YT0000000000031"),
        ("accesses", "waybill", "13812345678", "00000000000", "00000000000"),
        ("accesses", "waybill", "张三丰", "字字字", "字字字"),
        ("accesses", "actor", "wang.wu@x.cn", "p-actor", "xxxx.xx@x.xx"),
        ("accesses", "session", "s-1", "p-session", "x-0"),
        ("accesses", "purpose", "李四 投诉", "字字 字字", "字字 字字"),
        ("accesses", "via", "crm-web", "crm-web", "crm-web"),
        ("accesses", "via", "13812345678", "00000000000", "00000000000"),
        ("accesses", "ip", "10.0.0.1", "00.0.0.0", "00.0.0.0"),
        ("accesses", "action", "view", "view", "view"),
        ("waybills", "weight_g", 13812345678, "00000000000", "00000000000"),
        ("scans", "operator", "李四", "p-actor", "字字"),
    ],
)
def test_what_is_shown_of_a_value(table: str, column: str, value: object, shown: str, original: str) -> None:
    found = TABLES[table].column(column)
    assert shown_value(found, value, lambda _, kind: f"p-{kind}") == shown
    assert shown_original(found, str(value), value) == original


def test_shapes_and_names() -> None:
    assert shape_of("Ab 3号\u202e٣" + "x" * 50) == "Xx 0字·0" + "x" * 33 + "…"
    assert [column_name(name, 3) for name in ("运单号", "user id", "13812345678", "张三,x", "a\nb")] == [
        "运单号", "user id", "#3", "#3", "#3",
    ]  # fmt: skip
    at = TABLES["accesses"].column("at")
    assert shown_original(at, "2026年3月3日 09:00", None) == "2026年3月3日 09:00"
    assert shown_original(at, "13812345678", None) == "00000000000"
