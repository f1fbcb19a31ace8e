"""Logs before they are in the ledger: what is proposed, what is shown of them, what is refused."""

import gzip
import random
import re
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from tests.console.working import HEAD, look, reads, run_all
from tests.console.world import World, text
from tests.tables import each
from wayseal.console import ConsoleSettings
from wayseal.console.access.types import ActKind
from wayseal.console.jobs import JobState
from wayseal.console.jobs._look import column_name, shape_of, shown_original, shown_value
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
    assert "Table: accesses" in page.text
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
        ("long.jsonl", b'{"at": 1}\n[1]\nx\n', "is of no format that is known here"),
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
        ("accesses", "waybill", "wangwu12", "xxxxxx00", "xxxxxx00"),
        ("accesses", "actor", "wang.wu@x.cn", "xxxx.xx@x.xx", "xxxx.xx@x.xx"),
        ("accesses", "session", "s-1", "x-0", "x-0"),
        ("accesses", "device", "imei-1", "xxxx-0", "xxxx-0"),
        ("accesses", "purpose", "李四 投诉", "字字 字字", "字字 字字"),
        ("accesses", "via", "crm-web", "crm-web", "crm-web"),
        ("accesses", "via", "wang.wu", "xxxx.xx", "xxxx.xx"),
        ("accesses", "via", "13812345678", "00000000000", "00000000000"),
        ("accesses", "fields", ["phone", "wang"], "xxxxx,xxxx", "['xxxxx', 'xxxx']"),
        ("accesses", "fields", ["phone"], "phone", "['xxxxx']"),
        ("accesses", "ip", "10.0.0.1", "00.0.0.0", "00.0.0.0"),
        ("accesses", "action", "view", "view", "view"),
        ("waybills", "weight_g", 13812345678, "00000000000", "00000000000"),
        ("scans", "operator", "李四", "字字", "字字"),
        ("partner_calls", "partner", "李四", "字字", "字字"),
        ("scans", "outlet", "o-1", "o-1", "o-1"),
        ("scans", "outlet", "o-2", "x-0", "x-0"),
    ],
)
def test_what_is_shown_of_a_value(table: str, column: str, value: object, shown: str, original: str) -> None:
    found = TABLES[table].column(column)
    assert shown_value(found, value, KNOWN) == shown
    assert shown_original(found, str(value), value, KNOWN) == original


def KNOWN(kind: str, text: str) -> bool:  # noqa: N802 (what a ledger of these tests knows)
    return (kind, text) in {("via", "crm-web"), ("fields", "phone"), ("outlet", "o-1"), ("via", "13812345678")}


@each(
    ("table", "column", "original"),
    [
        ("accesses", "action", "xxxx-0"),
        ("waybills", "weight_g", "xxxx-0"),
        ("tickets", "closed_at", "xxxx-0"),
        ("outlets", "latitude", "xxxx-0"),
    ],
)
def test_what_became_nothing_of_its_kind_is_a_shape(table: str, column: str, original: str) -> None:
    assert shown_original(TABLES[table].column(column), "wang-3", None, KNOWN) == original


STAFF = (
    "time,until,who,copy,waybill,counter\n"
    "2026-03-03 09:00:00,,wang-1002,wang-1002,YT0000000000021,crm-web\n"
    "2026-03-03 09:05:00,,li-1003,li-1003,YT0000000000022,crm-web\n"
)
PLAIN = 'table = "accesses"\noffset = "+08:00"\n[columns]\nat = "time"\nwaybill = "waybill"\nactor = "who"\n'


@each(
    ("mapping", "said"),
    [
        (PLAIN + 'via = "who"', "can't be both"),
        (PLAIN + 'action = "who"', "can't be both"),
        (PLAIN + 'purpose = { columns = ["counter", "who"] }', "can't be both"),
        (PLAIN + 'via = { first_of = ["counter", "who"] }', "can't be both"),
        (PLAIN.replace('"who"', '{ first_of = ["who", "counter"] }') + 'via = "counter"', "can't be both"),
        (PLAIN.replace('actor = "who"', 'actor = { constant = "x" }') + 'device = "who"\nvia = "who"', "can't be both"),
        (PLAIN.replace('at = "time"', 'at = { first_of = ["time", "copy"] }'), "from time + copy"),
        (PLAIN.replace('"waybill"\n', '{ first_of = ["waybill", "copy"] }\n'), "from waybill + copy"),
        (PLAIN + 'via = "copy"', "from copy"),
        (PLAIN + 'action = "copy"', "from copy"),
        (PLAIN + 'fields = "copy"', "from copy"),
        (PLAIN + 'session = "who"', "from who"),
        (PLAIN + 'via = "counter"', "from counter"),
    ],
)
def test_no_mapping_shows_whose_an_account_is(world: World, settings: ConsoleSettings, mapping: str, said: str) -> None:
    browser = world.signed_in("ann")
    seen = look(world, settings, browser, log=("staff.csv", STAFF.encode()))
    again = browser.post(f"/jobs/{seen}/look", data={"how": "text", "toml": mapping})
    run_all(world.site.jobs, settings)
    page = browser.get(again.headers["location"])
    assert said in text(page), text(page)
    kept = [file.read_text("utf-8") for file in world.site.jobs.folder.glob("j-*/look.json")]
    assert not [
        shown for shown in (page.text, *kept) if "wang-1002" in shown or "crm-web" in shown or "p-" in text(page)
    ]
    if "both" in said:
        assert browser.post(again.headers["location"].replace("/look", "/ingest")).status_code == 409


@each(
    ("paths", "said"),
    [
        ("[[paths]]\nregex = '/w/(?P<waybill>.{900})'\n", "No row of the sample"),
        ("[[paths]]\nregex = '/w/(?P<waybill>.{1000})'\n", "1,000 letters at most"),
        ("[[paths]]\nregex = '/w/(?P<waybill>.+)/" + "a" * 1000 + "'\n", "1,000 letters at most"),
        ("[[paths]]\npath = '/w/{waybill}'\n" * 51, "50 rules for paths at most"),
    ],
)
def test_patterns_of_a_mapping_that_is_sent_are_bounded(
    world: World, settings: ConsoleSettings, tmp_path: Path, paths: str, said: str
) -> None:
    """One of the folder has the room that the command gives it, also when it is taken in."""
    line = '10.0.0.1 - u1 [03/Mar/2026:09:00:00 +0800] "GET /w/x HTTP/1.1" 200 12 "-" "x"\n'
    browser = world.signed_in("ann")
    seen = look(world, settings, browser, log=("web.log", line.encode()))
    again = browser.post(f"/jobs/{seen}/look", data={"how": "text", "toml": f"format = 'combined'\n{paths}"})
    run_all(world.site.jobs, settings)
    page = browser.get(again.headers["location"])
    assert said in text(page), text(page)
    line, paths = line.replace("/w/x", "/w/YT0000000000031"), paths + "[[paths]]\npath = '/w/{waybill}'\n"
    (tmp_path / "mappings" / "web.toml").write_text(f"format = 'combined'\n{paths}", "utf-8")
    named = browser.post("/jobs/look", files={"mapping": (None, "web.toml"), "log": ("web.log", line.encode())})
    run_all(world.site.jobs, settings)
    taken = browser.post(named.headers["location"].replace("/look", "/ingest"))
    assert taken.status_code == 303, text(browser.get(named.headers["location"]))
    run_all(world.site.jobs, settings)
    assert "Done" in text(browser.get(taken.headers["location"]))


def test_columns_that_are_chosen_tell_none_of_their_words(world: World, settings: ConsoleSettings) -> None:
    browser = world.signed_in("ann")
    seen = look(world, settings, browser, log=("网关.csv", GATEWAY.encode()))
    columns = {"column.at": "0", "column.actor": "1", "column.waybill": "2", "column.action": "1"}
    for chosen in (columns, columns | {"column.actor": "3"}):
        again = browser.post(f"/jobs/{seen}/look", data={"how": "columns", "table": "accesses", **chosen})
        run_all(world.site.jobs, settings)
        page = browser.get(again.headers["location"])
        assert not [name for name in PERSONAL if name in page.text]


def test_a_preview_is_an_act_of_access(world: World, settings: ConsoleSettings, tmp_path: Path) -> None:
    """Each is, also of the same log again, and auditors read it in both languages."""
    (tmp_path / "logs" / "day.csv").write_text(STAFF, "utf-8")
    browser = world.signed_in("ann")
    seen = look(world, settings, browser, log=("staff.csv", STAFF.encode()))
    browser.post(f"/jobs/{seen}/look", data={"how": "text", "toml": "["})
    named = browser.post("/jobs/look", files={"file": (None, "day.csv")}).headers["location"].split("/")[2]
    assert browser.post(f"/jobs/{named}/cancel").status_code == 303
    assert browser.post(f"/jobs/{named}/retry").status_code == 303
    acts = [act for act in world.access.acts() if act.act is ActKind.LOG_PREVIEWED]
    digest = sha256(STAFF.encode()).hexdigest()
    assert [(act.who, act.detail["log"]) for act in acts] == [("ann", "day.csv")] * 2 + [("ann", digest)] * 2
    auditor = world.signed_in("zhang")
    assert "previewed the log day.csv before it was taken in" in text(auditor.get("/acts"))
    assert "在收入前预览了日志 day.csv" in text(auditor.get("/acts", headers={"accept-language": "zh-CN"}))


def test_shapes_and_names() -> None:
    assert shape_of("Ab 3号\u202e٣" + "x" * 50) == "Xx 0字·0" + "x" * 33 + "…"
    assert [column_name(name, 3) for name in ("运单号", "user id", "13812345678", "张三,x", "a\nb")] == [
        "运单号", "user id", "#3", "#3", "#3",
    ]  # fmt: skip
    at = TABLES["accesses"].column("at")
    assert shown_original(at, "2026年3月3日 09:00", 1, KNOWN) == "2026年3月3日 09:00"
    assert shown_original(at, "13812345678", 1, KNOWN) == "00000000000"
