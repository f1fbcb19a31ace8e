"""One box for everything, by role; and the pages of accounts, devices and outlets, with a ledger and without."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from httpx import Client

from tests.console.beneath import copied, open_beneath
from tests.console.casework import NAMES, Bench, said, send
from tests.console.world import MINUTE, World, statements
from wayseal.cases.types import Observable, ObservableKind
from wayseal.console import Role
from wayseal.console.tracing import Baskets
from wayseal.ledger import open_ledger


def found(browser: Client, words: str) -> list[str]:
    """Where the rows that are found lead."""
    page = browser.get("/search", params={"q": words})
    assert page.status_code == 200, words
    part = page.text.partition('<div id="found"')[2].partition("</main>")[0]
    return [unescape(one) for one in re.findall(r'href="([^"]+)" data-open', part)]


def test_words_of_cases_find_them_and_nothing_else_does(bench: Bench) -> None:
    first, second = bench.alert(*NAMES), bench.alert("u-2")
    cases, now = bench.cases, bench.now
    alias = cases.pseudonyms.of(NAMES[0])
    note = cases.add_note(first, "Called the outlet: 她说面单是夜里打印的。 See invoice 2026-77.", "ann", now)
    cases.rename(second, "Numbers sold by night", "ann", now)
    cases.hear(first, "chen", "unheard-of statement", now, actor=NAMES[0])
    for kind, value in ((ObservableKind.SELLER, "阿强单号"), (ObservableKind.NUMBER, "YT7712345678901")):
        cases.link(second, Observable(kind=kind, value=value), "ann", "seen", now)
    cases.link(second, Observable(kind=ObservableKind.DEVICE, value="phone-of-li"), "ann", "seen", now)
    item = bench.item((ObservableKind.SELLER, "shop seven"), reason="bought ten at dusk")
    basket = Baskets(bench.world.access.database, bench.world.access.now).make("From 闲鱼 in March", "ann", "x")
    ann = bench.browser("ann")
    page, shop = f"/cases/{first}/notes/{note}", "/cases?state=all&thing="
    for words, wanted in (
        ("c-2", ["/cases/c-2"]),
        ("2", ["/cases/c-2"]),
        ("called THE", [page]),
        ("面单 invoice", [page]),
        ("夜里", [page]),
        ("夜打", []),
        ("2026-7", [page]),
        ("invoices", []),
        ("sold night", [f"/cases/{second}"]),
        ("dusk", [f"/queue?at={item}"]),
        ("强单", [f"{shop}%E9%98%BF%E5%BC%BA%E5%8D%95%E5%8F%B7"]),
        ("seven", [f"{shop}shop+seven"]),
        ("678901", ["/waybills?number=YT7712345678901"]),
        ("闲鱼", [f"/trace/baskets/{basket}"]),
        (basket, [f"/trace/baskets/{basket}"]),
        (alias, [f"/accounts/{alias}"]),
        (alias[7:11], [f"/accounts/{alias}"]),
        (alias[2:9].upper(), [f"/accounts/{alias}"]),
        *((name, []) for name in (*NAMES, "courier", "phone", "phone-of-li", "unheard")),
        ("%", []),
        ("'\"<script>", []),
        ("x" * 5000, []),
    ):
        assert found(ann, words) == wanted, words
    # What is written otherwise, taken back or taken out is no longer found.
    cases.edit_note(first, note, 1, "nothing of it", "ann", now)
    assert (found(ann, "夜里"), found(ann, "nothing of")) == ([], [page])
    cases.rename(second, None, "ann", now)
    number = Observable(kind=ObservableKind.NUMBER, value="YT7712345678901")
    cases.link(second, number, "ann", "no", now, on=False)
    assert found(ann, "sold night") == found(ann, "678901") == []


def test_a_name_finds_its_account_while_a_look_lasts(bench: Bench) -> None:
    case = bench.alert(*NAMES)
    other = bench.alert("courier-8")
    alias = bench.cases.pseudonyms.of(NAMES[0])
    ann, chen = bench.browser("ann"), bench.browser("chen")
    assert found(chen, "courier") == []
    send(chen, f"/cases/{case}/open", why="complaint 7")
    bench.cases.open(other, "chen", "complaint 8", bench.now)  # on record, but not in this session
    assert found(chen, "courier") == [f"/accounts/{alias}"]
    assert "courier-7" not in said(chen.get(f"/accounts/{alias}"))
    assert found(ann, "courier") == found(bench.browser("chen"), "courier") == []
    bench.world.clock.sleep(16 * MINUTE)
    assert found(chen, "courier") == []


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("search")
    with open_beneath(folder, copied(folder / "L")) as made:
        for role in Role:
            made.person(role.value, role, outlet="BJ-0001")
        yield made


@pytest.fixture(scope="module")
def analyst(shown: World) -> Client:
    return shown.signed_in("analyst")


def test_what_a_role_may_not_see_is_not_found(shown: World, analyst: Client) -> None:
    """Nor counted: the same page as for what isn't there."""
    actor = "u-0251"
    alias = shown.cases.pseudonyms.of(actor)
    assert shown.site.ledger is not None
    assert shown.site.reading is not None
    with open_ledger(shown.site.ledger.folder) as snapshot:
        number = snapshot.names("waybill", snapshot.control(1))[0]
    assert found(analyst, alias[5:12]) == [f"/accounts/{alias}"]
    assert found(analyst, number.lower()) == [f"/waybills?number={number}"]
    assert "/outlets/BJ-0001" in found(analyst, "bj-0001")
    assert "/outlets/BJ-0001" in found(analyst, "北京001")
    shown.cases.add_note("c-1", "a word of a note", "analyst", shown.clock.at)
    secret = (alias, alias[5:12], number, "BJ-0002", "c-1", "word of a note", "seller", "shop")
    for role, own in (
        (Role.OUTLET_MANAGER, {"bj-0001": "/outlets/BJ-0001"}),
        (Role.ADMINISTRATOR, {"auditor": "/people/"}),
        (Role.AUDITOR, {"rights": "/rights"}),
    ):
        browser = shown.signed_in(role.value)
        for words in secret:
            page = said(browser.get("/search", params={"q": words}))
            assert page == said(browser.get("/search", params={"q": "zzzz"})).replace("zzzz", words), (role, words)
        for words, path in own.items():
            assert any(one.startswith(path) for one in found(browser, words)), (role, words)
    for words in (actor, "u-0251", "0251"):
        assert found(analyst, words) == [], words


def test_places_and_acts_are_found_in_both_languages(shown: World, analyst: Client) -> None:
    for words, path in (("new tr", "/trace"), ("新建", "/trace"), ("待办", "/queue"), ("LEDGER", "/ledger")):
        assert path in found(analyst, words), words
    page = analyst.get("/search?q=sign out")
    assert 'action="/sign-out"' in page.text.partition('id="found"')[2]
    assert "/people" in found(shown.signed_in("administrator"), "")
    assert not {"/people", "/rules"} & set(found(analyst, ""))


def test_an_account_a_device_and_an_outlet(shown: World, analyst: Client) -> None:
    """What they did, day by day, and who is near; a name nowhere."""
    assert shown.site.ledger is not None
    assert shown.site.reading is not None
    directory = shown.site.reading.directory(shown.cases.pseudonyms)
    place = directory.accounts.place_of("u-0251")
    assert place is not None
    alias = shown.cases.pseudonyms.of("u-0251")
    page = analyst.get(f"/accounts/{alias}")
    (device,) = directory.devices_of(place)
    name = directory.devices.name(device.device)
    for words in (alias, "courier", "BJ-0001", name, "Reads a day", "waybill.view", "Others of its outlet 5"):
        assert words in said(page), words
    with open_ledger(shown.site.ledger.folder) as snapshot:
        key = int(snapshot.keys(["u-0251"])[0])
        reads = sum(
            n
            for actor, n in zip(*(snapshot.volumes()[c].to_pylist() for c in ("actor", "reads")), strict=True)
            if actor == key
        )
    assert directory.reads(place) == reads == sum(sum(of.values()) for of in directory.days([place]).values())
    assert f"{device.reads:,}" in said(page)
    assert "u-0251" not in page.text
    through = analyst.get(f"/devices/{name}")
    assert (through.status_code, alias in said(through), "u-0251" in through.text) == (200, True, False)
    outlet = analyst.get("/outlets/BJ-0001")
    assert (outlet.status_code, alias in said(outlet), "u-0251" in outlet.text) == (200, True, False)
    case = shown.cases.dossier("c-1").things[0]
    assert "c-1" in said(analyst.get(f"/accounts/{case.name}"))
    for path in (
        "/accounts/u-0251",
        "/accounts/p-2222-2222-2222",
        f"/devices/{alias}",
        f"/accounts/{name}",
        "/outlets/BJ-9",
    ):
        assert analyst.get(path).status_code == 404, path
    manager = shown.signed_in("outlet_manager")
    assert alias not in (page := manager.get("/outlets/BJ-0001")).text
    assert (page.status_code, manager.get("/outlets/BJ-0002").status_code) == (200, 404)
    assert manager.get(f"/accounts/{alias}").status_code == 403


def test_without_a_ledger_cases_tell(bench: Bench) -> None:
    bench.alert("u-1")
    alias = bench.cases.pseudonyms.of("u-1")
    ann = bench.browser("ann")
    assert "c-1" in said(ann.get(f"/accounts/{alias}"))
    assert ann.get(f"/accounts/{alias[:-1]}{'32'[alias[-1] == '3']}").status_code == 404


def test_a_search_asks_little(shown: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 12 statements, whatever there is."""
    case = shown.cases.dossier("c-1").things[0]
    chen = shown.signed_in("investigator")
    send(chen, "/cases/c-1/open", why="complaint 7")
    shown.site.close()
    with statements(monkeypatch) as asked:
        chen.get("/queue")
        for path in ("/search?q=shop 12", "/search?q=c-1", f"/accounts/{case.name}", "/outlets/BJ-0001"):
            shown.clock.sleep(2 * MINUTE)
            asked.clear()
            assert chen.get(path).status_code == 200, path
            assert 2 < len(asked) <= 12, (path, asked)
