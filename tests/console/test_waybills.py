"""A waybill beside the ledger: whether its number is a canary, when it was on sale, and what pages ask for it all."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from httpx import Client, Response

from tests.console.beneath import DAY, beneath, copied, open_beneath
from tests.console.world import MINUTE, World, statements, text
from tests.trace.canary.test_plan import write_register
from wayseal.cases import load_pseudonyms
from wayseal.cases.types import Observable, ObservableKind, Source
from wayseal.console import Role
from wayseal.console.access.types import ActKind
from wayseal.console.reading import PARTNERS, CanaryWatch, CaseReader
from wayseal.console.tracing import Baskets
from wayseal.console.tracing.types import Number
from wayseal.console.web.pages._waybills import MANY, choose_readers
from wayseal.detect.reasons import ListedRead
from wayseal.ledger import open_ledger
from wayseal.model.times import iso
from wayseal.trace.canary import record

UNKNOWN = "YT0000000000000"
FLAG = "This number is a canary"
Reads = list[tuple[str, int]]


@pytest.fixture(scope="module")
def number() -> tuple[str, Reads]:
    """A waybill that several accounts read, and its reads by time: account, µs."""
    with open_ledger(beneath()) as snapshot:
        for key in snapshot.control(500).tolist():
            rows = snapshot.reads(np.array([key], np.uint64), ("at", "actor"))
            actors = snapshot.names("actor", rows["actor"].to_numpy())
            found = sorted(zip(actors, rows["at"].cast("int64").to_pylist(), strict=True), key=lambda one: one[1])
            if len({actor for actor, _ in found}) > 2 and len({at for _, at in found}) == len(found):
                return snapshot.names("waybill", [key])[0], found
    raise AssertionError("no waybill with several readers")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("waybills")
    with open_beneath(folder, copied(folder / "L")) as made:
        for login, role in (("ann", Role.ANALYST), ("chen", Role.INVESTIGATOR), ("root", Role.ADMINISTRATOR)):
            made.person(login, role)
        yield made


@pytest.fixture(scope="module")
def ann(world: World) -> Client:
    return world.signed_in("ann")


def watching(world: World, path: Path) -> None:
    world.site = replace(world.site, canaries=CanaryWatch(path))
    world._app = None


def seen(world: World) -> list[str | None]:
    """Who had a canary shown."""
    return [act.who for act in world.access.acts(limit=50) if act.act is ActKind.CANARY_SEEN]


def test_a_canary_is_flagged_to_those_who_work_on_cases(
    world: World, number: tuple[str, Reads], tmp_path: Path
) -> None:
    waybill, reads = number
    alias = load_pseudonyms(beneath() / "detect").of
    first = next(actor for actor, _ in reads if actor != reads[0][0])
    path = write_register(tmp_path / "canaries.jsonl", DAY, [(waybill, (reads[0][0],)), (UNKNOWN, ("a", "b"))])
    watching(world, path)
    for login, times in (("ann", 1), ("chen", 2)):
        browser = world.signed_in(login)
        page = browser.get(f"/waybills?number={waybill.lower()}")
        said = text(page)
        assert FLAG in said
        assert f"First read by {alias(first)} , for whom it wasn't made" in said
        assert f"It was planned for {alias(reads[0][0])}" in said
        assert said.count("not made for it") == sum(actor != reads[0][0] for actor, _ in reads)
        assert seen(world) == [login, "ann"][:times]
        # No file says it; that there is one is on record.
        assert "canary" not in browser.get(f"/waybills.csv?number={waybill}").text
        assert len(seen(world)) == times
    lists = [act.detail["list"] for act in world.access.acts(limit=50) if act.act is ActKind.LIST_EXPORTED]
    assert lists == ["waybills", "waybills"]
    assert waybill not in world.log.getvalue()
    root = world.signed_in("root")
    assert "looked at a canary" in text(root.get("/acts"))
    assert waybill not in root.get("/acts").text
    refused = root.get(f"/waybills?number={waybill}")
    assert (refused.status_code, "canary" in refused.text) == (403, False)
    assert [act.detail for act in world.access.acts(limit=50) if act.act is ActKind.CANARY_SEEN] == [{}, {}]
    unread = browser.get(f"/waybills?number={UNKNOWN}")
    assert unread.status_code == 200
    assert "Nobody read it, as far as the ledger knows" in text(unread)
    assert "There is no such waybill in the ledger" in text(unread)
    # What became of it is told as soon as it is recorded; another number is none.
    record(path, UNKNOWN, 20_600 * DAY, silent=False)
    assert f"It was seen on sale: {iso(20_600 * DAY)[:10]}" in text(browser.get(f"/waybills?number={UNKNOWN}"))
    other = browser.get("/waybills?number=YT1")
    assert (other.status_code, "canary" in text(other)) == (404, False)
    assert len(seen(world)) == 4
    path.write_text("nothing", "utf-8")
    broken = browser.get(f"/waybills?number={waybill}")
    assert (broken.status_code, FLAG in text(broken)) == (200, False)
    assert "Nobody can say now whether this number is a canary" in text(broken)
    path.unlink()
    assert "can't be read" in text(browser.get(f"/waybills?number={waybill}"))
    world.site = replace(world.site, canaries=None)
    world._app = None


def test_a_sale_stands_in_the_life_of_a_waybill(world: World, ann: Client, number: tuple[str, Reads]) -> None:
    waybill, reads = number
    assert world.site.reading is not None
    before = f"/waybills?number={waybill}"
    assert "in no basket and in no listing" in text(ann.get(before))
    baskets, at = Baskets(world.access.database, world.clock), (reads[1][1] + reads[2][1]) // 2
    of_march, other, wrong = (baskets.make(name, "ann", "") for name in ("5 March <b>", "closed one", "wrong one"))
    seen_at = Number(
        waybill=waybill, seen_at=at, asked_at=at - 2, absent_at=at - 1, found_by="purchase", seller="店<b>"
    )
    baskets.add(of_march, [seen_at], "ann", "")
    baskets.add(other, [Number(waybill=waybill, seen_at=at - at % DAY, seen_day=True)], "ann", "")
    baskets.close(other, "ann", "")
    baskets.add(wrong, [Number(waybill=waybill, seen_at=1)], "ann", "")
    (row,) = baskets.rows(baskets.find(wrong) or pytest.fail("no basket"))
    baskets.remove(wrong, row.row, row.since, "ann", "a slip")
    item = ann.post("/queue", data={"source": "listing", "numbers": waybill.lower(), "reason": "¥1", "score": ""})
    assert item.status_code == 303, text(item)
    page = ann.get(before)
    said = text(page)
    for told in ("ordered by the buyer", "looked for, and not there yet", "seen on sale purchase", "closed one", "¥1"):
        assert told in said
    assert "wrong one" not in said
    assert "March &lt;b&gt;" in page.text
    assert f"2 of {len(reads)} reads, by {len({actor for actor, _ in reads[:2]})}" in said
    assert page.text.count('class="divide"') == 1
    rows = csv_of(ann.get(f"/waybills.csv?number={waybill}"))
    assert [one["before sale"] for one in rows] == ["1"] * 2 + ["0"] * (len(reads) - 2)
    # Reads of a case say so, too.
    case, read = next(
        (one.id, row)
        for one in world.cases.cases().rows
        if (found := world.site.reading.timeline(one.id)) is not None
        for row in found.reads.to_pylist()
        if row["counted"]
    )
    for moved, told in ((1, "on sale later"), (-1, "on sale already")):
        named = baskets.make("of a case", "ann", "")
        baskets.add(named, [Number(waybill=read["waybill"], seen_at=read["at"] + moved)], "ann", "")
        assert told in text(ann.get(f"/cases/{case}/reads"))
    # A number that the ledger doesn't know has a sale all the same.
    baskets.add(of_march, [replace(seen_at, waybill=UNKNOWN)], "ann", "")
    page = ann.get(f"/waybills?number={UNKNOWN}")
    assert (page.status_code, "5 March" in text(page), "no such waybill" in text(page)) == (200, True, True)


def csv_of(answer: Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_readers_are_chosen_sorted_and_paged(ann: Client, number: tuple[str, Reads]) -> None:
    waybill, _ = number
    base = f"?number={waybill}"
    whole = csv_of(ann.get(f"/waybills.csv{base}"))
    verdicts = ("mandate", "strong", "weak", "unexplained", "unknown")
    for sort, key in (("at", "at"), ("account", "account"), ("verdict", "verdict")):
        for down in ("", "-"):
            rows = csv_of(ann.get(f"/waybills.csv{base}&sort={down}{sort}"))
            wanted = sorted(
                whole, key=lambda row: verdicts.index(row[key]) if key == "verdict" else row[key], reverse=bool(down)
            )
            assert rows == wanted, (down, sort)
    odd = csv_of(ann.get(f"/waybills.csv{base}&only=unexplained&sort=-at"))
    assert odd == [row for row in whole if row["verdict"] in verdicts[3:]][::-1]
    assert ann.get(f"/waybills{base}&sort=-verdict").text.count('aria-sort="descending"') == 1
    assert ann.get(f"/waybills{base}&sort=size").status_code == 400


def test_a_page_of_readers_begins_behind_the_one_before(number: tuple[str, Reads]) -> None:
    with CaseReader(beneath(), beneath() / "detect") as reading:
        life = reading.life(number[0], str)
    assert life is not None
    many = [replace(life.reads[n % 2], row=n, at=life.reads[0].at + n // 3) for n in range(250)]
    query, seen = {"sort": "-account", "only": "all"}, list[ListedRead]()
    while True:
        found = choose_readers(query, number[0], many, None)
        seen += found.page
        assert len(found.page) <= MANY
        if found.onward is None:
            break
        query = dict(parse_qsl(found.onward.partition("?")[2]))
    assert [read.row for read in seen] == [read.row for read in found.reads]
    assert sorted(read.row for read in seen) == list(range(250))


def test_pages_of_reads_ask_little(
    world: World, number: tuple[str, Reads], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most 12 statements, whatever there is."""
    waybill, reads = number
    case = next(one for one in world.cases.cases().rows if one.source is Source.DETECTION).id
    thing = Observable(kind=ObservableKind.NUMBER, value=waybill)
    baskets = Baskets(world.access.database, world.clock)
    for count in range(12):
        world.cases.add_note(case, f"note {count}", "chen", world.clock())
        item = world.cases.enqueue(Source.LISTING, [thing], "on sale", "chen", world.clock())
        if count % 2:
            world.cases.promote(item, "chen", "real", world.clock())
        baskets.add(baskets.make("more", "ann", ""), [Number(waybill=waybill, seen_at=count)], "ann", "")
    watching(world, write_register(tmp_path / "canaries.jsonl", DAY, [(waybill, (reads[0][0],))]))
    browser = world.signed_in("chen")
    browser.post(f"/cases/{case}/reads", data={"why": "complaint 7"})
    assert world.site.reading is not None
    rows = world.site.reading.timeline(case)
    assert rows is not None
    row = rows.reads.to_pylist()[0]
    review = world.site.reading.review(PARTNERS)
    partner = "" if review is None else review.document["partners"][0]["partner"]
    job = browser.post("/ledger").headers["location"].partition("job=")[2]
    reads_of = f"/cases/{case}/reads"
    pages = (
        reads_of, f"{reads_of}?names=1&sort=-way&only=all&job={job}", f"{reads_of}?part=1&names=1",
        f"{reads_of}.csv?only=all", f"{reads_of}/{row['source']}-{row['row']}?names=1",
        f"/waybills?number={waybill}", f"/waybills.csv?number={waybill}", "/waybills",
        f"/rights?job={job}", "/rights?list=people&after=50&sort=-reads", "/rights.csv?list=people",
        f"/partners?partner={partner}&job={job}", "/partners.csv", f"/ledger?job={job}",
    )  # fmt: skip
    world.site.close()
    with statements(monkeypatch) as asked:
        browser.get("/queue")
        for path in pages:
            world.clock.sleep(2 * MINUTE / len(pages))
            asked.clear()
            assert browser.get(path).status_code == 200, path
            assert 0 < len(asked) <= 12, (path, asked)
