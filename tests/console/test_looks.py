"""Logs before they are in the ledger: what is proposed, what is shown of them, what is refused."""

import gzip
import random
import re
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from tests.console.working import HEAD, confirm, look, reads, run_all, take_in
from tests.console.world import World, text
from tests.store.workbooks import workbook
from tests.tables import each
from wayseal.cases import open_cases
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.cases.types import Alert
from wayseal.console import ConsoleSettings
from wayseal.console.access.types import ActKind
from wayseal.console.jobs import JobState
from wayseal.console.jobs._look import column_name, shape_of, shown_original, shown_value
from wayseal.ledger import open_ledger
from wayseal.ledger.integrity import verify
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
        "YT0000000000021", "from 操作时间", "export", "字字字", "3 rows: all of it", "1 row of 操作时间 isn't a time 4",
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
        (mapping.replace("actor", "who"), "line 5 of the mapping: "),
        ("[", "line 1 of the mapping: "),
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
        ("one.csv", "单号\nYT0000000000031\n".encode(), "at: no column of the log was found for this"),
        ("noise.csv", NOISE, "not text in UTF-8"),
        ("noise.parquet", NOISE, "not a whole Parquet file"),
        ("noise.xlsx", NOISE, "no workbook that can be read"),
        ("bomb.xlsx", workbook_bomb(), "unpacks to more than 2 GiB"),
        ("cut.csv.gz", gzip.compress(HEAD.encode())[:-9], "is damaged"),
        ("mixed.csv", HEAD.encode() + ROW.encode() + ROW.replace("courier", "快").encode("gb18030") + "运\n".encode(),
         "1 row: undecodable 3"),
        ("lines.csv", (HEAD + ROW + "2026-03-03T09:00:00+08:00,x\n").encode(), "1 row: too-few-fields 3"),
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


def sheet(rows: int, day: str = "2026-03-03 09", first: str = "流水") -> str:
    """A log of a Chinese system: a word that nobody knows, and a column of remarks of which some are days."""
    said = ("打印面单", "扫一扫", "扫一扫")
    lines = [
        f"{n},{day}:{n:02}:00,u{n % 4},YT00000000001{n:02},{said[n % 3]},{'2026/3/3' if n % 2 else 'x'}"
        for n in range(rows)
    ]
    return "\n".join([f"{first},查询时间,操作人,单号,操作,备注", *lines, ""])


def test_what_is_wrong_is_said_in_the_logs_own_words(world: World, settings: ConsoleSettings, ledger: Path) -> None:
    """Columns by their names, an offset that stays, and words that are told what they are called."""
    browser = world.signed_in("ann")
    broken = look(world, settings, browser, log=("坏.csv", sheet(43).replace("2026-03-03", "三月三").encode()))
    told = text(browser.get(f"/jobs/{broken}/look"))
    assert "43 rows of 查询时间 aren't times" in told
    assert ".toml" not in told
    chinese = text(browser.get(f"/jobs/{broken}/look", headers={"accept-language": "zh-CN"}))
    assert "查询时间 ”列有 43 行不是时间" in chinese, chinese[:600]
    seen = look(world, settings, browser, log=("网.csv", sheet(43).encode()))
    page = browser.get(f"/jobs/{seen}/look")
    assert "28 cells of 操作 can't be read" in text(page)
    chosen = {"how": "columns", "table": "accesses", "offset": "+08:00"}
    assert f'name="offset" value="{chosen["offset"]}"' in page.text
    fields = dict(re.findall(r'name="(word\.action\.\d+)" value="(\w+)"', page.text))
    assert fields == {"word.action.0": "扫一扫", "word.action.1": "打印面单"}
    words = {**fields, "means.action.0": "view", "means.action.1": "print"}
    for more, said in (
        ({"column.at": "5"}, ("22 rows of 备注 aren't times", "Times without an offset +08:00")),
        ({"column.at": "2"}, ("at: the column that this is made of is somebody's id already",)),
        ({"column.at": ""}, ("at: no column of the log was found for this, and it is needed",)),
        (words, ("view 扫一扫", "print 打印面单", "Would be taken in 43")),
    ):
        again = browser.post(f"/jobs/{seen}/look", data={**chosen, **more})
        run_all(world.site.jobs, settings)
        shown = text(browser.get(again.headers["location"]))
        assert not [one for one in said if one not in shown], (more, shown[:1500])
    assert '"扫一扫" = "view"' in browser.get(again.headers["location"]).text.replace("&#34;", '"')
    assert browser.post(f"/jobs/{seen}/look", data={**chosen, **words, "means.action.0": "steal"}).status_code == 400
    browser.post(again.headers["location"].replace("/look", "/ingest"))
    run_all(world.site.jobs, settings)
    with open_ledger(ledger) as snapshot:
        found = snapshot.reads(snapshot.keys(["YT0000000000101", "YT0000000000100"]), ("action",))
    assert sorted(found["action"].to_pylist()) == ["print", "view"]


def test_rows_that_came_by_another_file(world: World, settings: ConsoleSettings, ledger: Path, tmp_path: Path) -> None:
    """They are noticed before they count twice, and where one of two offsets was wrong; not where a log has grown."""
    browser = world.signed_in("ann")
    take_in(world, settings, browser, log=("三月.csv", sheet(20).encode()))
    assert reads(ledger) == 24
    rows = [list(line.split(",")) for line in sheet(20, first="序号").splitlines()]
    for name, content, said, held in (
        (
            "again.xlsx",
            workbook(tmp_path / "x.xlsx", {"Sheet1": rows}).read_bytes(),
            "20 of the first 20 rows are in the ledger already",
            True,
        ),
        ("again.csv", sheet(30, first="序号").encode(), "20 of the first 30 rows are in the ledger already", True),
        ("late.csv", sheet(20, "2026-03-03 17").encode(), "20 rows are in the ledger already, 8 hours earlier", True),
        ("other.csv", sheet(20, "2026-03-04 09").encode(), "Would be taken in 20", False),
        ("三月.csv", sheet(20).encode(), "taking it in changes nothing", False),
        ("grown.csv", sheet(30).encode(), "Would be taken in 30", False),
    ):
        seen = look(world, settings, browser, log=(name, content))
        told = text(browser.get(f"/jobs/{seen}/look"))
        assert said in told, (name, told[300:1100])
        assert ("They came with 三月.csv" in told) == (held and name != "late.csv"), name
        assert ("They are other reads" in told) == held, name
        assert browser.post(f"/jobs/{seen}/ingest").status_code == (409 if held else 303), name
    run_all(world.site.jobs, settings)
    assert reads(ledger) == 24 + 20 + 10
    seen = look(world, settings, browser, log=("again.csv", sheet(20, first="号").encode()))
    assert browser.post(f"/jobs/{seen}/ingest", data={"twice": "1"}).status_code == 303


def test_a_file_is_withdrawn(world: World, settings: ConsoleSettings, ledger: Path) -> None:
    """The ledger says what came in, when and by whom; a file goes again as long as no case rests on it."""
    browser, lead = world.signed_in("ann"), world.signed_in("chen")
    take_in(world, settings, browser, log=("三月.csv", sheet(20).encode()))
    listed = browser.get("/ledger/files")
    assert re.search(r"三月.csv accesses 20 0 0 \d{4}-\d\d-\d\d \d\d:\d\d ann in the ledger", text(listed)), text(
        listed
    )
    assert "三月.csv" in browser.get("/ledger/files.csv").text
    place = re.findall(r'href="(/ledger/files/\d+)"', listed.text)[0]
    assert "Withdraw it" not in text(browser.get(place))
    assert browser.post(place, data={"why": "by mistake"}).status_code == 403
    confirm(world, lead)
    assert lead.post(place, data={"why": ""}).status_code == 409
    with open_cases(ledger / FOLDER) as cases:
        alert = Alert(actors=("u1",), alerted_at=1, score=1.0, detectors=("x",), parcels_a_day=0, worth=True)
        (case,) = cases.register([alert], 1)
    refused = lead.post(place, data={"why": "by mistake"})
    run_all(world.site.jobs, settings)
    assert f"{case} rests on it: it stays" in text(lead.get(refused.headers["location"]))
    assert reads(ledger) == 24
    others = sheet(20, "2026-03-05 09").replace(",u", ",v").encode()
    take_in(world, settings, browser, log=("又.csv", others))
    place = re.findall(r'href="(/ledger/files/\d+)"', browser.get("/ledger/files").text)[0]
    gone = lead.post(place, data={"why": "twice"})
    run_all(world.site.jobs, settings)
    assert "accesses: 20 rows of 又.csv went" in text(lead.get(gone.headers["location"]))
    assert reads(ledger) == 24
    page = text(browser.get(place))
    assert "by chen: twice (20 rows)" in page
    assert lead.post(place, data={"why": "twice"}).status_code == 409
    take_in(world, settings, browser, log=("又.csv", others))
    assert reads(ledger) == 44
    assert not verify(ledger, [], [], lambda *_: None).findings
