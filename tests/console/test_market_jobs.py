"""Looks, imports and words of the market, asked for by browser: what their jobs do, and what is refused."""

import hashlib
import io
import json
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from httpx import Client
from PIL import Image

from tests.console.casework import said, send
from tests.console.working import run_all, state, with_ledger, worker
from tests.console.world import World, text
from tests.tables import each
from wayseal.cases.ledger.arrivals import market_leads
from wayseal.cases.types import Source
from wayseal.console import ConsoleSettings, Role
from wayseal.console.errors import JobError
from wayseal.console.jobs import JobState, kinds
from wayseal.console.jobs.imports import lay_out
from wayseal.console.jobs.logs import plain_name
from wayseal.console.jobs.results import WORDS, WordSeen
from wayseal.market.crawling import holding
from wayseal.market.crawling.imports import ImportForm
from wayseal.market.log import Line, LineKind, open_market
from wayseal.market.log.reads import Reads
from wayseal.market.reading import WordKind

OURS = "YT0000000000002"
OFFERS = ("出一手面单 1元一条，实时出货 QQ 123456789", f"快递单号批发，样品 {OURS}", "料子手拍，收货人信息文本")


@pytest.fixture
def market(world: World, ledger: Path, tmp_path: Path) -> Path:
    world.give_market(tmp_path / "market")
    for login, role in (("ann", Role.ANALYST), ("bo", Role.ANALYST), ("zhang", Role.AUDITOR)):
        world.person(login, role)
    return tmp_path / "market"


@pytest.fixture
def settings(world: World, ledger: Path, market: Path) -> ConsoleSettings:
    made = with_ledger(world, ledger, market=str(market), upload_megabytes="4")
    world.give_market(market)
    return made


def chat(*texts: str) -> bytes:
    """An export of Telegram Desktop."""
    messages = [
        {"id": n, "type": "message", "date_unixtime": str(1_790_000_000 + n), "from_id": f"user{n}", "text": one}
        for n, one in enumerate(texts, 1)
    ]
    return json.dumps({"id": 7, "messages": messages}, ensure_ascii=False).encode()


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return made.getvalue()


def locked() -> bytes:
    """A zip that says that its file is encrypted."""
    made = bytearray(zipped(**{"x.json": b"{}"}))
    made[6] |= 1
    made[made.find(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (60, 40), (200, 30, 30)).save(made, "PNG")
    return made.getvalue()


def bring(world: World, settings: ConsoleSettings, browser: Client, form: str, name: str, **files: bytes) -> str:
    """Sends files, looks at them and asks for them: the job that brings them in, or the look that failed."""
    sent = [("files", (called, content)) for called, content in files.items()]
    answer = browser.post("/market/import", data={"form": form, "name": name}, files=sent)
    assert answer.status_code == 303, text(answer)
    run_all(world.site.jobs, settings)
    seen = str(answer.headers["location"])
    if "Nothing of it is brought in yet" in text(browser.get(seen)):
        answer = browser.post(seen, data={"act": "in"})
        assert answer.status_code == 303, text(answer)
    return str(answer.headers["location"]).rpartition("/")[2]


def told(world: World, id_: str) -> list[str]:
    return [str(line.text) for line in world.site.jobs.lines(id_)]


def test_an_export_is_brought_in_read_and_what_is_ours_comes_into_the_queue(
    world: World, settings: ConsoleSettings, market: Path
) -> None:
    browser, content = world.signed_in("ann"), chat(*OFFERS)
    id_ = bring(
        world,
        settings,
        browser,
        "telegram",
        "group-7",
        **{"result.json": content, "notes.txt": b"x", "cut.json": b'{"id": 1, "m'},
    )
    run_all(world.site.jobs, settings)
    job = world.site.jobs.find(id_)
    assert job is not None
    assert job.state is JobState.DONE, job.error
    counts = {"files": "1", "left_out": "2", "looks": "1", "seen": "3", "new": "3", "changed": "0", "ours": "1"}
    assert {**counts, "queued": "1"}.items() <= dict(job.result).items()
    lines = " ".join(told(world, id_))
    for words in (
        f"SHA-256 {hashlib.sha256(content).hexdigest()}",
        "notes.txt is no such export; left out",
        "cut.json: nothing in it can be read like that; left out",
        "result.json: 3 offers",
        "group-7: 3 offers there, 3 new, 0 changed",
    ):
        assert words in lines
    assert OURS not in lines + json.dumps(dict(job.result))
    (item,) = world.cases.queue(world.clock.at).rows
    assert (item.source, OURS in {one.name for one in item.things}) == (Source.LISTING, True)
    page = said(browser.get(f"/jobs/{id_}"))
    assert "New offers 3" in page
    assert not list((world.site.jobs.folder / "uploads").glob("*/*"))
    with open_market(market) as record:
        (capture,) = [line.body for _, line in record.lines(LineKind.CAPTURED)]
        assert capture["sha256"] == hashlib.sha256(content).hexdigest()
    # The same once more changes nothing, and nothing comes into the queue twice.
    again = bring(world, settings, browser, "telegram", "group-7", **{"result.json": content})
    run_all(world.site.jobs, settings)
    assert world.site.jobs.find(again).result["new"] == "0"  # type: ignore[union-attr]
    assert len(world.cases.queue(world.clock.at).rows) == 1


def test_who_sells_own_numbers_is_told_from_who_mentions_them(
    world: World, settings: ConsoleSettings, market: Path
) -> None:
    asks = (f"我的件 {OURS} 卡在广州三天了", f"捡到一个快递 {OURS} 失主联系我", f"{OURS} 保价39元 丢了赔多少")
    browser = world.signed_in("ann")
    bring(world, settings, browser, "telegram", "group-7", **{"r.json": chat(*asks)})
    run_all(world.site.jobs, settings)
    # A number that stands beside a price is looked at, of whomever; where one asks or found something it is mentioned.
    (item,) = world.cases.queue(world.clock.at).rows
    assert (item.reason, item.count) == ("market_priced", 2)
    page = said(browser.get("/market/offers?flagged=no&ours=1"))
    assert page.count("1 own mentioned") == 3
    with open_market(market) as record:
        reads = Reads(record)
        assert [one.on_offer for one in reads.sightings()].count(True) == 1
        (price,) = (row.offer for row in reads.offers().rows if "保价" in row.text)
        # Threw it out: it is a mention. Keeps one: its author sells.
        for offer, state in (
            (price, "dismissed"),
            *((r.offer, "kept") for r in reads.offers().rows if "捡到" in r.text),
        ):
            body = {"offer": offer, "state": state}
            record.append([Line(kind=LineKind.TRIAGED, at=world.clock.at, body=body, who="li", why="read it")])
        assert {(one.sells, one.priced) for one in reads.sightings()} == {(True, False), (False, False)}
        assert [lead.reason for lead in market_leads(reads)] == ["market_ours"]


def test_pictures_and_texts_of_a_zip_are_one_offer_each(world: World, settings: ConsoleSettings, market: Path) -> None:
    browser = world.signed_in("ann")
    packed = zipped(**{
        "bought/a.png": picture(), "bought/a.txt": OFFERS[0].encode(), "bought/b.jpg": b"no picture",
        "bought/.DS_Store": b"x", "__MACOSX/bought/a.png": b"x", "bought/c.txt": OFFERS[2].encode("gb18030"),
    })  # fmt: skip
    id_ = bring(world, settings, browser, "pictures", "purchase-1", **{"样品.zip": packed})
    run_all(world.site.jobs, settings)
    job = world.site.jobs.find(id_)
    assert job is not None
    assert (job.state, job.result["new"], job.result["left_out"]) == (JobState.DONE, "2", "1")
    assert any(line.startswith("b.jpg: no picture of a kind that is read here") for line in told(world, id_))
    with open_market(market) as record:
        offers = {row.offer: row for row in Reads(record).offers(limit=10).rows}
        assert set(offers) == {"purchase-1/a", "purchase-1/c"}
        (read,) = Reads(record).offer("purchase-1/a").pictures
        assert read["name"] == "a.png"


@each(
    ("content", "why"),
    [
        (zipped(**{"../../x.json": b"{}"}), "holds a link, or a path that leads out of it"),
        (zipped(**{"/x.json": b"{}"}), "holds a link, or a path that leads out of it"),
        (b"PK no zip", "is damaged, or no zip"),
        (locked(), "is encrypted"),
        (zipped(**{"x.json": bytes(3 << 20)}), "unpacks to more than may be sent at once"),
        (zipped(**{f"{n}.json": b"" for n in range(2_001)}), "holds more than 2,000 files"),
    ],
)
def test_zips_that_are_not_unpacked(content: bytes, why: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("zip")
    (place / "a.zip").write_bytes(content)
    with pytest.raises(JobError, match=why):
        lay_out(ImportForm.JSON, [("a.zip", place / "a.zip")], place / "in", 1 << 20, lambda *_: None)
    assert not list(place.parent.glob("x.json"))


def test_an_export_lies_on_top_and_its_pictures_beside_it(tmp_path: Path) -> None:
    packed = zipped(**{"Export/result.json": b"{}", "Export/photos/1.jpg": b"x", "Export/style.css": b"x"})
    (tmp_path / "a.zip").write_bytes(packed)
    files, other = lay_out(
        ImportForm.TELEGRAM, [("a.zip", tmp_path / "a.zip")], tmp_path / "in", 1 << 20, lambda *_: None
    )
    assert ([name for name, _ in files], other) == (["result.json", "photos/1.jpg"], ["style.css"])
    # Names of Chinese Windows are read, and two files of one name are two.
    (tmp_path / "b.zip").write_bytes(zipped(**{"AAAA.json": b"{}"}).replace(b"AAAA", "样品".encode("gb18030")))
    sent = [("b.zip", tmp_path / "b.zip"), ("样品.json", tmp_path / "a.zip")]
    files, _ = lay_out(ImportForm.JSON, sent, tmp_path / "in-b", 1 << 20, lambda *_: None)
    assert [name for name, _ in files] == ["样品.json", "样品-2.json"]


def test_what_can_not_be_brought_in(world: World, settings: ConsoleSettings, market: Path) -> None:
    browser, jobs = world.signed_in("ann"), world.site.jobs
    sent = [("files", ("a.json", b"{}"))]
    for data, files in (
        ({"form": "telegram", "name": "Group 7"}, sent),
        ({"form": "telegram", "name": "../x"}, sent),
        ({"form": "none", "name": "x"}, sent),
        ({"form": "telegram", "name": "x"}, [("files", ("", b""))]),
    ):
        assert browser.post("/market/import", data=data, files=files).status_code == 400, data
    assert jobs.list() == ()
    wrong = bring(world, settings, browser, "telegram", "x", **{"a.json": b"[1, 2]"})
    assert "was the right form chosen?" in said(browser.get(f"/market/import/{wrong}"))
    assert not (market / "sources").exists()
    # A file that is another than what was sent is none.
    changed = bring(world, settings, browser, "telegram", "x", **{"a.json": chat(*OFFERS)})
    assert browser.post("/market/import", data={"form": "json", "name": "x"}, files=sent).status_code == 400
    (place,) = [one for one in (jobs.folder / "uploads").glob("*/a.json") if one.stat().st_size > 10]
    place.write_bytes(chat("something else"))
    run_all(jobs, settings)
    assert "this isn't what was sent" in said(browser.get(f"/jobs/{changed}"))
    # A name stands for one form; what is wrong with a part of a file is said, and the rest is brought in.
    bring(world, settings, browser, "telegram", "x", **{"a.json": chat(*OFFERS)})
    run_all(jobs, settings)
    taken = bring(world, settings, browser, "csv", "x", **{"a.csv": b"text\nabc\n"})
    partly = bring(
        world,
        settings,
        browser,
        "json",
        "y",
        **{"a.jsonl": b'{"key": "1", "text": "abc", "posted_at": "?"}\n{"key": "2"}\n[\n'},
    )
    run_all(jobs, settings)
    assert "another source has this name" in said(browser.get(f"/jobs/{taken}"))
    lines = told(world, partly)
    assert state(world, partly) is JobState.DONE
    for words in (
        "1 record can't be read; left out",
        "1 record that says nothing; left out",
        "1 time that can't be read",
    ):
        assert any(words in line for line in lines), (words, lines)


def test_whoever_else_looks_is_said_and_another_job_is_waited_for(
    world: World, settings: ConsoleSettings, market: Path
) -> None:
    browser, jobs = world.signed_in("ann"), world.site.jobs
    bring(world, settings, browser, "telegram", "group-7", **{"result.json": chat(*OFFERS)})
    run_all(jobs, settings)
    with holding(market):
        first = browser.post("/market/look").headers["location"]
        assert browser.post("/market/look").headers["location"] == first
        run_all(jobs, settings)
        page = said(browser.get(first))
        assert "another process looks at the market from this folder" in page
        assert "wayseal market watch" in page
        assert str(market) not in page
    with (jobs.folder / "market.turn").open("a") as held:
        flock(held, LOCK_EX)
        world.clock.at = time.time_ns() // 1000  # the queue's library counts from the machine's clock
        waits = browser.post("/market/sources/group-7/look").headers["location"].rpartition("/")[2]
        run_all(jobs, settings)
        assert state(world, waits) is JobState.QUEUED
        assert "another job looks at the market" in told(world, waits)[-1]
        assert waits in browser.get("/market/sources").text


@contextmanager
def site() -> Iterator[str]:
    """A page with one offer, on this machine."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"User-agent: *" if self.path == "/robots.txt" else "<li><a href='/1'>出面单</a></li>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *given: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def write_source(market: Path, url: str, name: str = "board", pause: int = 1) -> None:
    (market / "sources").mkdir(parents=True, exist_ok=True)
    (market / "sources" / f"{name}.toml").write_text(
        f'name = "{name}"\nkind = "page"\ncontact = "a@b.example"\nstart = "{url}"\nitems = "li"\npause = {pause}\n'
        'allow_inside = true\nevery = "1h"\n[fields]\nurl = "a@href"\ntext = "a"\n',
        "utf-8",
    )


def test_a_look_ends_while_a_site_is_given_its_pause_and_leaves_nothing(
    world: World, settings: ConsoleSettings, market: Path
) -> None:
    browser, jobs = world.signed_in("ann"), world.site.jobs
    with site() as url:
        write_source(market, url, pause=600)
        id_ = browser.post("/market/look").headers["location"].rpartition("/")[2]
        assert "board" not in said(browser.get("/market/sources"))
        jobs.set_schedule("market_due", None, "ann")
        assert "Each hour: Looks that are due at the market" in said(browser.get("/jobs"))
        id_ = browser.post("/market/sources/board/look").headers["location"].rpartition("/")[2]
        queue = worker(jobs, settings)
        queue.execute(queue.dequeue())  # nothing is due yet, and the source is known
        task = queue.dequeue()
        ends = threading.Timer(0.3, jobs.cancel, (id_, "ann"))
        ends.start()
        queue.execute(task)
        ends.join()
        assert state(world, id_) is JobState.CANCELLED
        with open_market(market) as record:
            assert not list(record.lines(LineKind.LOOKED))
        write_source(market, url)
        assert jobs.retry(id_, "ann")
        run_all(jobs, settings)
        assert jobs.find(id_).result["seen"] == "1"  # type: ignore[union-attr]


def test_a_source_that_is_long_unseen_is_told_until_it_is_seen_again(
    world: World, settings: ConsoleSettings, market: Path
) -> None:
    browser, jobs, clock = world.signed_in("ann"), world.site.jobs, world.clock
    write_source(market, "http://127.0.0.1:9/")
    made = browser.post("/market/sources/board/look").headers["location"]
    run_all(jobs, settings)
    assert "board can't be seen: can't be reached" in said(browser.get(made))
    places = ("/", "/market", "/market/sources")
    assert not [path for path in places if "seen for long" in said(browser.get(path))]
    clock.sleep(4 * 3600 + 60)
    # Files that are brought in by hand say nothing of other sources.
    bring(world, settings, world.signed_in("ann"), "telegram", "group-7", **{"r.json": chat("你好")})
    run_all(jobs, settings)
    for login in ("ann", "zhang"):
        browser = world.signed_in(login)
        shown = [path for path in places if "1 source wasn't seen for long: board" in said(browser.get(path))]
        assert shown == [*places], login
        assert "Nobody watches" in said(browser.get("/market")), login
    with site() as url:
        write_source(market, url)
        # Due a minute ago by the worker's clock: the next one lies an hour ahead, not at the next full hour.
        due_at = time.time_ns() // 1000 - 60_000_000
        body = {"source": "board", "kind": "page", "settings": {}, "next_at": due_at}
        with open_market(market) as record:
            record.append([Line(kind=LineKind.SOURCE, at=clock.at, body=body)])
        browser = world.signed_in("ann")
        due = browser.post("/market/look").headers["location"].rpartition("/")[2]
        run_all(jobs, settings)
        assert jobs.find(due).result["looks"] == "1"  # type: ignore[union-attr]
    assert not [path for path in places if "seen for long" in said(browser.get(path))]


def test_without_the_packages_pages_say_which_are_needed(
    world: World, settings: ConsoleSettings, market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.signed_in("ann")
    with open_market(market):
        pass

    def missing(name: str) -> object:
        raise ModuleNotFoundError(f"No module named {name}", name="selectolax")

    monkeypatch.setattr(kinds, "import_module", missing)
    monkeypatch.setattr("wayseal.console.web.pages._market.is_market_installed", lambda: False)
    for path in ("/market/sources", "/market/import"):
        assert "pip install 'WHEEL[market]'" in said(browser.get(path)), path
    made = browser.post("/market/look").headers["location"]
    run_all(world.site.jobs, settings)
    assert "pip install 'WHEEL[market]'" in said(browser.get(made))


def test_words_are_proposed_decided_on_and_taken_back(world: World, settings: ConsoleSettings, market: Path) -> None:
    browser, jobs = world.signed_in("ann"), world.site.jobs
    ends = "一二三四五六七八九十"
    texts = [f"面单{a}鲜货{b}出 电话 13800138000" for a, b in zip(ends, reversed(ends), strict=True)]
    bring(
        world,
        settings,
        browser,
        "telegram",
        "group-7",
        **{"r.json": chat(*texts, *(f"今天天气{one}好" for one in ends))},
    )
    run_all(jobs, settings)
    waits = browser.post("/market/words/look").headers["location"]
    assert browser.post("/market/words/look").headers["location"] == waits
    run_all(jobs, settings)
    page = browser.get("/market/words")
    assert "鲜货" in page.text
    assert "13800138000" not in page.text
    path = "/market/words"
    form = {"word": "鲜货", "kind": "waybill", "meaning": "刚出的单号", "why": "三个群都这么说"}
    for wrong in ({"act": "accept", "meaning": ""}, {"act": "accept", "kind": "x"}, {"act": "accept", "why": ""},
                  {"act": "accept", "word": "a b"}, {"act": "take_back"}, {"act": "eat"}):  # fmt: skip
        assert browser.post(path, data=form | wrong).status_code == 400, wrong
    assert "Accepted: 鲜货" in said(send(browser, path, act="accept", **form))
    with open_market(market) as record:
        assert Reads(record).words() == (("鲜货", "waybill", "刚出的单号"),)
    assert browser.post(path, data=form | {"act": "refuse"}).status_code == 400
    assert world.signed_in("bo").post(path, data={"word": "鲜货", "act": "undo"}).status_code == 400
    send(browser, path, act="undo", word="鲜货")
    send(browser, path, act="refuse", **form)
    world.clock.sleep(90)
    assert browser.post(path, data={"word": "鲜货", "act": "undo"}).status_code == 400
    send(world.signed_in("bo"), path, act="take_back", word="鲜货", why="doch")
    send(browser, path, act="accept", **form)
    with open_market(market) as record:
        lines = [(line.body["state"], line.who) for _, line in record.lines(LineKind.WORD)]
        assert lines == [("accepted", "ann"), ("new", "ann"), ("refused", "ann"), ("new", "bo"), ("accepted", "ann")]
        record.verify()
    acts = world.signed_in("zhang").get("/market/acts")
    assert "ann decided on the word" in said(acts)
    assert "鲜货" not in acts.text
    assert set(re.findall(r'<option value="(\w+)"', page.text)) >= set(WordKind)
    # What an earlier job found isn't proposed again once it was decided on.
    folder = jobs.folder_of(jobs.list(kind="market_words", limit=1)[0].id)
    WORDS.keep(folder, (WordSeen(word="x", kind="trade", texts=1, elsewhere=0, near=(), places=()),))
    assert "isn't what was written" in said(browser.get(path))


@each("name", ["a\r\nWARC-Type: response.json", "a\nb.json", "photos\x1b[2J/1.png", "a\u2028b.json", "a\x85b.json"])
def test_a_zip_with_control_characters_in_a_name_is_refused(name: str) -> None:
    with TemporaryDirectory() as place:
        file = Path(place) / "a.zip"
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr(name, b"{}")
        with pytest.raises(JobError, match="control characters"):
            lay_out(ImportForm.TELEGRAM, [("a.zip", file)], Path(place) / "in", 1 << 20, lambda *_: None)
    assert "\n" not in plain_name(name)
    assert plain_name("面\u3000单.json") == "面\u3000单.json"
