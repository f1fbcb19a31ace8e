"""Baskets: what can be typed and pasted into them, what becomes of it, and two who change one number."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.console.world import HOUR, Clock, World, text
from tests.database.places import KINDS, fresh
from tests.tables import each
from wayseal.console import Role
from wayseal.console.errors import StaleNumberError, TraceWorkError
from wayseal.console.serve import TABLES
from wayseal.console.tracing import MOST, Baskets, Runs, leaks_lines, read_file, read_typed
from wayseal.console.tracing.types import BasketAct, Number, RunKind
from wayseal.console.web.app import make_spool
from wayseal.database import open_database
from wayseal.database.migrations import upgrade
from wayseal.store import read_leaks

A, B = "YT9075324304139", "YT4246528562446"
SEEN = {"seen_at": "2026-03-05 10:00"}
TEN = 1_772_676_000_000_000
"""2026-03-05 10:00 at UTC+8."""


@pytest.fixture
def baskets(world: World) -> Baskets:
    return Baskets(world.access.database, world.clock)


@pytest.mark.parametrize("kind", KINDS)
def test_both_databases_keep_baskets_and_runs(kind: str, tmp_path: Path) -> None:
    clock = Clock()
    with fresh(kind, tmp_path) as url, open_database(url) as database:
        upgrade(database, TABLES)
        baskets, runs = Baskets(database, clock), Runs(database, clock)
        id_ = baskets.make("5 March", "ann", "")
        baskets.add(id_, read_typed(f"{A} {B}", SEEN | {"seller": "店"}, 8).numbers, "ann", "")
        basket = baskets.find(id_)
        assert basket is not None
        first, _ = baskets.rows(basket)
        baskets.change(id_, first.row, first.since, replace(first.number, seller=None), "bo", "why")
        basket = baskets.find(id_)
        assert basket is not None
        assert [row.number.seller for row in baskets.rows(basket)] == [None, "店"]
        assert [act.count for act in baskets.acts(basket)] == [1, 2, 0]
        by_day = read_typed(B, {"seen_at": "2026-03-04"}, 8).numbers
        baskets.add(baskets.make("another", "ann", ""), by_day, "ann", "")
        stand = [(one.basket, one.version, one.number.seller) for one in baskets.sightings(B)]
        assert stand == [("b-2", 2, None), ("b-1", 2, "店")]
        assert (baskets.sightings("none"), baskets.sold_at([])) == ((), {})
        assert baskets.sold_at([A, B, "none"]) == {A: TEN, B: TEN - 10 * HOUR * 1_000_000}
        basket = baskets.find(id_)
        assert basket is not None
        assert basket in baskets.page()
        runs.note("j-1", RunKind.TRACE, id_, 3, 7, "ann")
        runs.note("j-2", RunKind.LEFT_OUT, id_, 3, 7, "ann", "j-1")
        runs.settle("j-1", "done", {"lead": "p-1"})
        runs.queue("j-1", "q-1")
        (run,) = runs.page([RunKind.TRACE], basket=id_, before=9)
        assert (run.told, run.item, run.open) == ({"lead": "p-1"}, "q-1", False)
        assert runs.find("j-1") == run
        found = runs.left_out("j-1")
        assert found is not None
        assert (found.job, found.open) == ("j-2", True)


@each(
    ["typed", "fields", "numbers"],
    [
        (f"{A} {B}\r\n{A}", SEEN, 3),
        (f"{A}、{B}，", SEEN, 2),
        ("yt9075324304139", SEEN, 1),
        (f"waybill,seen_at\r\n{A},2026-03-05T10:00+08:00\r\n", {}, 1),
        (f"waybill;seen_at\n{A};2026-03-05 10:00", {}, 1),
        (f"运单号\t发现时间\t卖家\n{A}\t2026/3/5 10:00\t店\n", {}, 1),
        (f"运单号，发现时间\n{A}，2026-03-05 10:00", {}, 1),
        (f"单号\n{A}", SEEN, 1),
        (f"waybill\n{A}", SEEN, 1),
        (json.dumps({"waybill": A, "seen_at": "2026-03-05T02:00:00Z"}), {}, 1),
        (f"\ufeffwaybill,seen_at\n{A},2026-03-05 10:00", {}, 1),
    ],
)
def test_what_can_be_typed(typed: str, fields: dict[str, str], numbers: int) -> None:
    found = read_typed(typed, fields, 8)
    assert found.faults == ()
    assert [(one.waybill, one.seen_at) for one in found.numbers[:1]] == [(A, TEN)]
    assert len(found.numbers) == numbers


@each(
    ["typed", "fields", "fault"],
    [
        (A, {}, (0, "seen_at", "no_time")),
        (A, {"seen_at": "5.3.2026"}, (0, "seen_at", "not-a-time")),
        (A, {"seen_at": "2226-01-01"}, (0, "seen_at", "time-out-of-range")),
        (A, SEEN | {"found_by": "theft"}, (0, "found_by", "unknown-value")),
        (A, SEEN | {"asked": "{"}, (0, "asked", "not_a_condition")),
        (A, SEEN | {"asked": '{"nothing": 1}'}, (0, "asked", "not_a_condition")),
        (A, SEEN | {"price": "1" * 41}, (0, "price", "too_long")),
        (A, SEEN | {"seller": "a\x07b"}, (0, "seller", "control")),
        ("waybill,seen_at\nYT1,2026-03-05\nYT2,nix", {}, (3, "seen_at", "not-a-time")),
        (f"waybill,seen_at\n{A},2026-03-05\n,2026-03-05", {}, (3, "waybill", "empty")),
        (f"waybill,seen_at,found_by\n{A},2026-03-05,theft", {}, (2, "found_by", "unknown-value")),
        (f'waybill,seen_at,asked\n{A},2026-03-05,"{{"', {}, (2, "asked", "not-an-object")),
        (f'waybill,seen_at,asked\n{A},2026-03-05,"{{""x"": 1}}"', {}, (2, "asked", "not_a_condition")),
        (f'waybill,seen_at\n{A},"2026-03-05', {}, (2, "", "unterminated-quote")),
        (f"waybill,seen_at\n{A}", {}, (2, "", "too-few-fields")),
        ('{"waybill": "YT1"', SEEN, (1, "", "not-json")),
        (
            '{"waybill": "YT1", "seen_at": "2026-03-05", "found_by": "x"}\n{',
            {},
            (1, "found_by", "unknown-value"),
        ),
        (f"{A}\n\0", SEEN, (2, "", "control")),
        ("<script>alert(1)</script>", SEEN, (1, "", "no_table")),
        ("=cmd|' /C calc'!A0", SEEN, (1, "", "no_table")),
        ("13812345678", SEEN, (1, "", "no_table")),
        ("x" * 140_000, SEEN, (1, "", "no_table")),
        ("a,b\n" + "x" * 140_000, SEEN, (1, "", "no_table")),
    ],
)
def test_what_is_wrong_is_named_and_nothing_taken(
    typed: str, fields: dict[str, str], fault: tuple[int, str, str]
) -> None:
    found = read_typed(typed, fields, 8)
    assert found.numbers == ()
    assert fault in [(one.line, one.column, one.reason) for one in found.faults]


def test_nothing_and_too_much() -> None:
    for typed in ("", " \n\r\n", "\ufeff"):
        with pytest.raises(TraceWorkError, match="at least one"):
            read_typed(typed, SEEN, 8)
    many = "\n".join(f"YT{n:013}" for n in range(MOST + 1))
    with pytest.raises(TraceWorkError, match="at most"):
        read_typed(many, SEEN, 8)


def test_fields_fill_what_a_table_leaves_open() -> None:
    fields = SEEN | {"seller": "shop 7", "price": "¥1", "bought_by": "Li", "asked_at": "2026-03-05 09:00"}
    table = f"waybill,seen_at,seller\n{A},2026-03-05,shop 8\n{B},2026-03-06,"
    day, moment = read_typed(table, fields | {"origin_city": "深圳"}, 8).numbers
    assert (day.seller, moment.seller) == ("shop 8", "shop 7")
    assert day.seen_day
    assert day.seen_at == TEN - 10 * 3_600_000_000
    assert {one.asked_at for one in (day, moment)} == {TEN - 3_600_000_000}
    assert {(one.price, one.bought_by) for one in (day, moment)} == {("¥1", "Li")}
    assert json.loads(day.asked or "") == {"origin_city": "深圳"}


def test_files_are_read_as_commands_read_them(tmp_path: Path) -> None:
    made = tmp_path / "upload"
    made.write_text(f"运单号,发现时间\n{A},2026-03-05 10:00\n", encoding="gbk")
    assert [one.waybill for one in read_file(made, "从表格.CSV", {}, 8).numbers] == [A]
    made.write_text(f"{A}\n{B}", encoding="utf-8")
    assert len(read_file(made, "numbers.txt", SEEN, 8).numbers) == 2
    assert read_file(made, "numbers.xlsx", SEEN, 8).faults
    assert read_file(made, "numbers.parquet", SEEN | {"found_by": "x"}, 8).faults[0].column == "found_by"
    with pytest.raises(TraceWorkError, match=r"ends in \.csv"):
        read_file(made, "numbers.exe", SEEN, 8)


def test_what_is_far_more_than_a_basket_holds_is_refused_before_it_is_read(tmp_path: Path) -> None:
    made = tmp_path / "sent"
    many = pa.array(["x"]).dictionary_encode().take(pa.array([0] * 30_000))
    long = pa.array(["x" * 800_000]).dictionary_encode().take(pa.array([0] * MOST))
    for seller in (many, long):
        pq.write_table(pa.table({"seller": seller}), made)
        with pytest.raises(TraceWorkError, match="2,000 numbers at most"):
            read_file(made, "numbers.parquet", {}, 8)
    for content in (b"x\n" * 30_000, "号\n".encode("gbk") * 30_000):
        made.write_bytes(content)
        with pytest.raises(TraceWorkError, match="2,000 numbers at most"):
            read_file(made, "numbers.csv", {}, 8)
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", bytes(65 << 20))
    with pytest.raises(TraceWorkError, match="2,000 numbers at most"):
        read_file(made, "numbers.xlsx", {}, 8)


def test_a_basket_is_traced_as_it_was_typed(tmp_path: Path) -> None:
    """Days stay days, moments moments, on whatever clock."""
    table = f'waybill,seen_at,seller,asked\n{A},2026-03-05,=cmd,"{{""origin_city"": ""深圳""}}"\n{B},2026-03-05 10:00,,'
    numbers = read_typed(table, {}, -3).numbers
    path = tmp_path / "leaks.jsonl"
    path.write_text(leaks_lines(numbers, -3), encoding="utf-8")
    read = read_leaks(path, offset="-03:00")
    (tmp_path / "typed.csv").write_text(table, encoding="utf-8")
    again = read_leaks(tmp_path / "typed.csv", offset="-03:00")
    assert read.rows == again.rows
    assert read.by_day.tolist() == [True, False]


def test_every_act_makes_a_version_and_all_stay(baskets: Baskets) -> None:
    id_ = baskets.make("  5 March,  shop 7 ", "ann", "complaints")
    numbers = read_typed(f"{A} {B}", SEEN, 8).numbers
    assert baskets.add(id_, numbers, "ann", "") == (2, 0)
    assert baskets.add(id_, [*numbers, *numbers], "bo", "again") == (0, 4)
    basket = baskets.find(id_)
    assert basket is not None
    assert (basket.name, basket.version, basket.numbers, basket.changed_by) == ("5 March, shop 7", 2, 2, "ann")
    first, second = baskets.rows(basket)
    other = Number(waybill=A, seen_at=TEN, seller="shop 8")
    baskets.change(id_, first.row, first.since, other, "bo", "seen again")
    baskets.remove(id_, second.row, second.since, "bo", "no number of ours")
    # The same again, from what was seen, is nothing.
    baskets.change(id_, first.row, 3, other, "bo", "")
    basket = baskets.find(id_)
    assert basket is not None
    assert (basket.version, basket.numbers) == (4, 1)
    assert [row.number for row in baskets.rows(basket)] == [other]
    assert [row.number for row in baskets.rows(basket, version=2)] == list(numbers)
    assert [row.number.seller for row in baskets.rows(basket, version=3)] == ["shop 8", None]
    acts = baskets.acts(basket)
    assert [act.act for act in acts] == [BasketAct.REMOVED, BasketAct.CHANGED, BasketAct.ADDED, BasketAct.MADE]
    assert [(act.who, act.why) for act in acts[:2]] == [("bo", "no number of ours"), ("bo", "seen again")]


def test_what_somebody_changed_meanwhile_is_told(baskets: Baskets) -> None:
    id_ = baskets.make("x", "ann", "")
    baskets.add(id_, read_typed(A, SEEN, 8).numbers, "ann", "")
    basket = baskets.find(id_)
    assert basket is not None
    (row,) = baskets.rows(basket)
    theirs = Number(waybill=A, seen_at=TEN, price="¥2")
    baskets.change(id_, row.row, row.since, theirs, "bo", "")
    with pytest.raises(StaleNumberError) as caught:
        baskets.change(id_, row.row, row.since, Number(waybill=A, seen_at=TEN, price="¥3"), "ann", "")
    found = caught.value.theirs
    assert getattr(found, "number", None) == theirs
    baskets.remove(id_, row.row, 3, "bo", "")
    with pytest.raises(StaleNumberError) as caught:
        baskets.remove(id_, row.row, 3, "ann", "")
    assert caught.value.theirs is None


def test_what_a_basket_refuses(baskets: Baskets) -> None:
    for name in ("", " ", "x" * 121, "a\x00b", "a\u202eb"):
        with pytest.raises(TraceWorkError, match="one line"):
            baskets.make(name, "ann", "")
    with pytest.raises(TraceWorkError, match="one line"):
        baskets.make("x", "ann", "y" * 501)
    for missing in ("b-7", "b-", "c-1", "b-²", "b-" + "9" * 20):
        assert baskets.find(missing) is None
        with pytest.raises(TraceWorkError, match="no such"):
            baskets.rename(missing, "y", "ann", "")
    id_ = baskets.make("x", "ann", "")
    baskets.add(id_, [Number(waybill=f"YT{n}", seen_at=TEN) for n in range(MOST)], "ann", "")
    with pytest.raises(TraceWorkError, match="at most"):
        baskets.add(id_, [Number(waybill="YT-1", seen_at=TEN)], "ann", "")
    baskets.close(id_, "ann", "done")
    with pytest.raises(TraceWorkError, match="closed"):
        baskets.add(id_, [], "ann", "")
    assert baskets.page() == ()
    assert [one.id for one in baskets.page(closed=True)] == [id_]
    baskets.close(id_, "ann", "", closed=False)
    baskets.rename(id_, "y", "ann", "")
    assert [one.name for one in baskets.page()] == ["y"]


def test_baskets_go_by_key(baskets: Baskets, world: World) -> None:
    made = []
    for number in range(5):
        world.clock.sleep(1 if number != 2 else 0)
        made.append(baskets.make(f"x {number}", "ann", ""))
    first = baskets.page(limit=3)
    rest = baskets.page(after=(first[-1].changed_at, first[-1].number), limit=3)
    assert [one.id for one in (*first, *rest)] == made[::-1]


def test_the_pages_of_a_basket(world: World) -> None:
    world.person("ann", Role.ANALYST)
    browser = world.signed_in("ann")
    assert "No basket yet" in text(browser.get("/trace"))
    refused = browser.post("/trace/baskets", data={"name": " ", "why": "kept as typed"})
    assert refused.status_code == 400
    assert "kept as typed" in refused.text
    place = browser.post("/trace/baskets", data={"name": "<b>5 March</b>", "why": "w"}).headers["location"]
    assert "&lt;b&gt;5 March" in browser.get("/trace").text
    page = browser.get(place)
    assert "None yet" in text(page)
    assert "numbers can be kept, but not traced" in text(browser.get("/trace"))
    wrong = browser.post(f"{place}/numbers", data={"typed": "waybill,seen_at\nYT1,nix\n<i>,2026-03-05", "price": "¥9"})
    assert wrong.status_code == 400
    assert "Line 2: Seen on sale is no time" in text(wrong)
    assert "&lt;i&gt;,2026-03-05</textarea>" in wrong.text
    assert 'value="¥9"' in wrong.text
    assert browser.post(f"{place}/numbers", data={"typed": " "}).status_code == 400
    hostile = {
        "typed": f"{A} {B}",
        "seller": "=cmd<img src=x>",
        "bought_by": "@x",
        "price": "+1",
        "origin_city": "上海",
    }
    added = browser.post(f"{place}/numbers", data=hostile | SEEN)
    assert "2 numbers added." in text(browser.get(added.headers["location"]))
    again = browser.post(f"{place}/numbers", data=hostile | SEEN)
    assert "2 were there already" in text(browser.get(again.headers["location"]))
    page = browser.get(place)
    assert "<img src=x" not in page.text
    assert "from 上海" in text(page)
    sheet = browser.get(f"{place}/numbers.csv")
    assert "attachment" in sheet.headers["content-disposition"]
    cells = sheet.content.decode("utf-8-sig").splitlines()[1].split(",")
    assert (cells[5], cells[-2], cells[-1]) == ("'=cmd<img src=x>", "'+1", "'@x")
    assert browser.get("/trace/baskets/b-9").status_code == 404
    assert browser.get(f"{place}/numbers/9").status_code == 404
    named = browser.post(place, data={"name": "8 March", "why": ""})
    assert "8 March" in text(browser.get(named.headers["location"]))
    assert browser.post(place, data={"name": ""}).status_code == 400
    browser.post(place, data={"act": "close"})
    page = browser.get(place)
    assert "Closed" in text(page)
    assert "Add numbers" not in text(page)
    assert browser.post(f"{place}/numbers", data={"typed": A} | SEEN).status_code == 400
    assert "No basket yet" in text(browser.get("/trace"))
    assert "8 March" in text(browser.get("/trace?closed=1"))
    browser.post(place, data={"act": "open"})
    refused = browser.post(f"{place}/run", data={"seed": "7"})
    assert "no ledger is set" in text(refused)


def test_two_who_change_one_number_see_both(world: World) -> None:
    for login in ("ann", "bo"):
        world.person(login, Role.ANALYST)
    ann, bo = world.signed_in("ann"), world.signed_in("bo")
    place = ann.post("/trace/baskets", data={"name": "x"}).headers["location"]
    ann.post(f"{place}/numbers", data={"typed": A, "asked": '{"origin_region": "华东"}'} | SEEN)
    page = ann.get(f"{place}/numbers/1")
    assert 'name="since" value="2"' in page.text
    assert 'value="2026-03-05 10:00:00"' in page.text
    form = {"typed": A, "since": "2", "asked": '{"origin_region": "华东"}'} | SEEN
    assert bo.post(f"{place}/numbers/1", data=form | {"price": "¥2"}).status_code == 303
    mine = ann.post(f"{place}/numbers/1", data=form | {"price": "¥3", "seller": "shop"})
    assert mine.status_code == 409
    assert "Two wrote at the same time" in text(mine)
    assert "¥2" in text(mine)
    assert 'name="price" type="text" value="¥3"' in mine.text
    assert 'name="since" value="3"' in mine.text
    saved = ann.post(f"{place}/numbers/1", data=form | {"price": "¥3", "since": "3", "origin_city": "x"})
    assert saved.status_code == 303
    wrong = ann.post(f"{place}/numbers/1", data=form | {"since": "4", "seen_at": "nix"})
    assert (wrong.status_code, "is no time" in text(wrong)) == (400, True)
    two = ann.post(f"{place}/numbers/1", data=form | {"since": "4", "typed": f"{A} {B}"})
    assert (two.status_code, "one number stands here" in text(two)) == (400, True)
    assert bo.post(f"{place}/numbers/1/remove", data={"since": "2"}).status_code == 409
    assert bo.post(f"{place}/numbers/1/remove", data={"since": "4", "why": "not ours"}).status_code == 303
    gone = ann.post(f"{place}/numbers/1", data=form | {"since": "4"})
    assert (gone.status_code, "somebody changed this number" in text(gone).lower()) == (409, True)


def test_a_file_is_added_whole_or_not(world: World, tmp_path: Path) -> None:
    world.site = replace(world.site, spool=make_spool(tmp_path / "spool"))
    world.person("ann", Role.ANALYST)
    browser = world.signed_in("ann")
    place = browser.post("/trace/baskets", data={"name": "x"}).headers["location"]
    for content, status in (
        (f"waybill,seen_at\n{A},2026-03-05\n{B},nix", 400),
        (f"waybill,seen_at\n{A},2026-03-05", 303),
    ):
        sent = {"file": ("numbers.csv", content.encode(), "text/csv")}
        answer = browser.post(f"{place}/file", data={"seller": "shop", "typed": ""}, files=sent)
        assert answer.status_code == status, text(answer)
    assert "1 number added" in text(browser.get(answer.headers["location"]))
    assert list((tmp_path / "spool").iterdir()) == []
