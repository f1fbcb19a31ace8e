"""What pages say: no code of ours in Chinese, no unit that only one page of the docs explains, no bare times."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from httpx import Client

from tests.cli.running import inside
from tests.console.words import WHO, Reader, open_everything, pages_of
from tests.console.world import World, text
from tests.trace.rim import short_chains
from wayseal.console import Role
from wayseal.console.web.pages import PAGES
from wayseal.page.words import words

pytestmark = pytest.mark.once

ROLES = sorted(Role, key=lambda role: role is not Role.INVESTIGATOR)
NAMING = {"/market/import"}
"""Where columns of a file are named as it has to have them."""
LATIN = re.compile(r"[A-Za-z](?:[\w.\-/@+]*[A-Za-z0-9])?")
ALLOWED = frozenset(
    # Names of things that are called so in Chinese, too, units, keys, and files.
    re.findall(
        r"\S+",
        "Wayseal CSV JSON HTML PDF WARC SHA RFC UTC MB MiB GB QQ Telegram Desktop Parquet Lines Kaplan Meier Code128 "
        "Kafka UTF-8 csv Ctrl Enter Esc English IP URL https zip gz txt robots.txt",
    )
)
IDS = re.compile(
    r"""[a-z]{1,7}-[0-9a-z-]+ | [0-9a-f]{6,} | YT[0-9]+ | [A-Z]{2}-[A-Z0-9]+ | [a-z]+\.[a-z]+
    | [a-z]+-[a-z]+(-[a-z])?(/[0-9]+)? | [\w./@-]+\.(example|csv|html|zip) | [A-Z2-7]{1,4} | text/html | SHA-256
    | UTC[+]8 | [a-zA-Z]""",
    re.VERBOSE,
)
"""Ids of ours and of the log, names of rights (waybill.view), logins, addresses and files, and keys to press."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        short_chains(patch)
        with open_everything(tmp_path_factory.mktemp("words")) as made:
            yield made


Pages = list[tuple[Role, str, Reader]]


@pytest.fixture(scope="module")
def pages(world: World) -> Callable[[str], Pages]:
    """What a language's pages say: all of an investigator's, and of each other role's those that none before it has."""

    @cache
    def pages(lang: str) -> Pages:
        seen: set[str] = set()
        return [(role, *page) for role in ROLES for page in pages_of(browser_of(world, role, lang), seen)]

    return pages


def browser_of(world: World, role: Role, lang: str) -> Client:
    browser = world.signed_in(WHO[role])
    browser.headers["accept-language"] = lang
    browser.post("/preferences", data={"lang": lang})
    return browser


def foreign(text: str) -> list[str]:
    """Words of a Chinese text that are neither Chinese nor anything that is called so everywhere."""
    words = LATIN.findall(re.sub(r"\S*…\S*", "", text))
    return [word for word in words if word not in ALLOWED and not IDS.fullmatch(word)]


def test_no_code_stands_on_a_chinese_page(pages: Callable[[str], Pages]) -> None:
    codes = {"market", *words("en", "unit.values"), *words("en", "unit.columns")} - {"wayseal"}
    found = {
        f"{role} {address.partition('?')[0]}: {text}"
        for role, address, page in pages("zh")
        for text in (*page.said, *(one for one in page.quoted if one in codes and address not in NAMING))
        if (foreign(text) or text in codes) and text != "channel"  # of a condition of the data contract, as code
    }
    assert "\n".join(sorted(found)) == ""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_evidence_is_told_in_times_and_odds(pages: Callable[[str], Pages], lang: str) -> None:
    seen = [text for *_, page in pages(lang) for text in (*page.said, *page.quoted)]
    assert len(seen) > 1000
    assert [text for text in seen if re.search(r"\bnats?\b|奈特|log10", text)] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_time_of_a_page_is_on_its_clock(pages: Callable[[str], Pages], lang: str) -> None:
    seen = [text for *_, page in pages(lang) for text in page.said]
    assert [text for text in seen if re.search(r"\dT\d\d:\d\d", text)] == []


LISTS = (
    "/cases.csv", "/queue.csv", "/ledger/files.csv", "/jobs.csv",
    "/rights.csv?list={list}", "/partners.csv?only=all", "/market/offers.csv",
    "/market/sellers.csv", "/market/removals.csv", "/trace/runs.csv", "/trace/baskets/b-1/numbers.csv",
    "/cases/{case}/reads.csv", "/waybills.csv?number={number}",
    "/overview/weeks.csv", "/outlets.csv", "/bulletins.csv",
    "/parcels.csv", "/parcels/askers.csv", "/parcels/reads.csv",
)  # fmt: skip
TIMED = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?( ?[+-]\d\d:?\d\d|Z)?$")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
"""A moment, and the one form that all lists have it in: on the console's clock, to the second, with its offset."""
BARE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(?![\d:]|\+08:00)")
"""A time without its offset."""


def rows_of(browser: Client, address: str) -> list[list[str]]:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_every_list_is_in_the_language_asked_for_and_has_whole_times(world: World) -> None:
    lists = [page for page in PAGES if page.path.endswith(".csv")]
    known = {page.path for page in lists if Role.INVESTIGATOR in (page.roles or ())}
    assert {re.sub(r"\?.*", "", one).replace("b-1", "{basket}") for one in LISTS} - {"/waybills.csv"} <= known
    assert len(known) == len(LISTS)
    browser = world.signed_in(WHO[Role.INVESTIGATOR])
    case = world.cases.cases().rows[1].id
    number = rows_of(browser, f"/cases/{case}/reads.csv?only=all")[1][1]
    rights = sorted(set(re.findall(r"list=([a-z]+)", browser.get("/rights").text)))
    assert len(rights) == 9
    addresses = [
        one.format(case=case, number=number, list=name) for one in LISTS for name in (rights if "list" in one else "-")
    ]
    for lang in ("zh", "en"):
        browser.post("/preferences", data={"lang": lang})
        for address in addresses:
            head, *rows = rows_of(browser, address)
            for name in head:
                latin = [one for one in re.findall("[A-Za-z_]+", name) if one != "Wayseal"]
                assert (not latin) if lang == "zh" else ("_" not in name and name.isascii()), (address, name)
            assert [cell for row in rows for cell in row if BARE.search(cell)] == [], address
            timed = [cell for row in rows for cell in row if TIMED.match(cell)]
            assert [cell for cell in timed if not STAMP.fullmatch(cell)] == [], address
            if lang == "zh":
                codes = {code for code in words("zh", "unit.values") if code.isalpha()}
                assert not codes & {cell for row in rows for cell in row}, address


def test_a_basket_goes_out_and_comes_back_in_each_language(world: World) -> None:
    browser = world.signed_in(WHO[Role.INVESTIGATOR])
    for lang in ("zh", "en"):
        browser.post("/preferences", data={"lang": lang})
        sent = browser.get("/trace/baskets/b-1/numbers.csv").content
        place = browser.post("/trace/baskets", data={"name": lang}).headers["location"]
        answer = browser.post(f"{place}/numbers", data={"typed": sent.decode("utf-8-sig")})
        assert answer.status_code == 303, text(answer)
        assert browser.get(f"{place}/numbers.csv").content == sent


def test_reports_of_commands_hold_no_code_in_chinese(world: World) -> None:
    ledger = world.site.jobs.folder.parent / "ledger"
    number = rows_of(world.signed_in(WHO[Role.INVESTIGATOR]), "/trace/baskets/b-1/numbers.csv")[1][0]
    codes = set(words("en", "unit.values")) - {"empty"}
    for asked in (("show",), ("case", "list"), ("rights", "-q"), ("reads", "--waybill", number)):
        words_of = asked[:2] if asked[0] == "case" else asked[:1]
        ran = inside(*words_of, ledger, *asked[len(words_of) :], "--lang", "zh")
        assert ran.code == 0, ran
        found = {one for one in re.findall(r"(?<![\w.:/-])[a-z_-]+(?![\w.:/-])", ran.out) if one in codes}
        assert found == set(), asked
        assert not re.search(r"\bnats?\b|奈特", ran.out)
