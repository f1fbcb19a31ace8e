"""Days at the desk, in a real browser, by the keyboard alone, each in both languages; and the ways in.

Somebody sends a log and gets the name of the account that read what was sold; signs in for the first time and takes
evidence home; opens a case, or may not; merges cases and takes them apart; writes a note while somebody else does;
comes in by the company's sign-in. Each page is checked where it shows most.
"""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from tests.console.browsing import FOCUS, LANGUAGES, Visitor, served
from tests.console.house import House, open_house
from tests.console.parcels_shown import keep_made_up
from tests.console.stall import Stall
from tests.console.working import reads
from tests.console.world import HOUR, PASSWORD, World
from tests.detect.watched import Watched, small
from tests.market.log.lines_of import capture, offered
from tests.trace.rim import write
from wayseal.cases import load_pseudonyms
from wayseal.cases.evidence import verify_pack
from wayseal.cases.types import Alert, CaseState
from wayseal.console import Role
from wayseal.console.access.types import Way
from wayseal.ledger import ingest
from wayseal.market.log import Line, LineKind, open_market
from wayseal.store import open_source

__all__ = ["small"]

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.slow,
    pytest.mark.once,
    # Of the provider, which reads keys by a module of Authlib that will go.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
each_language = pytest.mark.parametrize("language", LANGUAGES)


@pytest.fixture(scope="module")
def house(chromium: Any, small: Watched, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(chromium, small, tmp_path_factory.mktemp("house")) as made:
        yield made


def alerted(house: House, *accounts: str) -> list[str]:
    """Cases of detection, one for each of these accounts."""
    now = house.world.clock()
    alerts = [
        Alert(actors=(name,), alerted_at=now, score=0.9, detectors=("number_walks",), parcels_a_day=100.0, worth=True)
        for name in accounts
    ]
    return list(house.world.cases.register(alerts, now))


@each_language
def test_from_a_log_to_the_account_that_sold(house: House, language: str) -> None:
    thief = f"zhou-{LANGUAGES.index(language)}"
    log, bought = house.theft(thief, 40 + LANGUAGES.index(language))
    chen = house.at_desk(Role.INVESTIGATOR, language)
    a_log_is_taken_in(chen, log)
    what_was_bought_is_traced(chen, bought)
    assert chen.reads(load_pseudonyms(house.ledger / "detect").of(thief), "8 / 8")
    assert thief not in chen.page.content()
    case = it_becomes_a_case(chen)
    assert house.world.cases.dossier(case).row.state is CaseState.NEW
    assert thief not in chen.page.content()
    chen.press("o")
    chen.type(chen.words("单号在售", "its numbers are on sale"))
    assert thief in chen.page.content()
    chen.check()
    chen.end()


def a_log_is_taken_in(chen: Visitor, log: Path) -> None:
    chen.go("r", "/jobs")
    chen.open("n")
    chen.check()
    chen.reach("#log")
    chen.choose(log)
    chen.follow('form[action="/jobs/look"] button')
    chen.wait('form[action$="/ingest"] button')
    chen.check()
    assert log.stem not in chen.page.inner_text("main").replace(log.name, "")
    chen.follow('form[action$="/ingest"] button')
    chen.wait(".job-now .tag.done")
    chen.check()


def what_was_bought_is_traced(chen: Visitor, bought: str) -> None:
    """Pasted out of a spreadsheet; what the ledger knows of it comes by itself, and so does the verdict."""
    chen.go("t", "/trace")
    chen.check()
    chen.press("n")
    chen.type(chen.words("3 月 15 日，某店", "15 March, a shop"))
    chen.press("a")
    chen.paste(bought)
    chen.open("Control+Enter")
    chen.wait("#check .lede")
    chen.wait("#check tbody th")
    chen.check()
    chen.follow('form[action$="/run"] button')
    assert chen.shows("progress.run")
    chen.wait(".tag.verdict.named")
    chen.check()


def it_becomes_a_case(chen: Visitor) -> str:
    chen.follow('form[action$="/queue"] button[value="queue"]')
    chen.follow('.note.good a[href^="/queue?at="]')
    chen.check()
    chen.press("a")
    chen.type(chen.words("8 个单号全部查过，交调查员", "read all 8 of them; for an investigator"))
    return str(chen.page.url).rpartition("/")[2]


def test_from_an_offer_to_a_pack_in_five_clicks(house: House) -> None:
    """Own numbers that a seller has on offer: basket, run, case, pack."""
    thief, language = "qian", LANGUAGES[0]
    log, bought = house.theft(thief, 60)
    stolen = [line.partition("\t")[0] for line in bought.splitlines()[1:]]
    with log.open(encoding="utf-8", newline="") as file:
        reads = [{**row, "at": datetime.fromisoformat(row["at"])} for row in csv.DictReader(file)]
    ingest(open_source(write(house.folder / "more", "accesses", reads)), house.ledger)
    sold = int(house.until.timestamp() * 1_000_000) + 5 * HOUR * 1_000_000
    with open_market(house.folder / "market") as market:
        market.append([Line(kind=LineKind.CAPTURED, at=sold, body=capture(0))])
        market.append([offered("numbers", sold, title="单号现货")])
        body = {"offer": "numbers", "capture": f"{0:064x}", "expected_false": 0.001}
        body["ours"] = [{"number": waybill, "canary": False} for waybill in stolen]
        market.append([Line(kind=LineKind.MATCHED, at=sold, body=body)])
    chen = house.at_desk(Role.INVESTIGATOR, language, "/market/offers/numbers")
    chen.check()
    chen.clicks = 0
    for button, then in (
        ('form[action$="/basket"] button', 'form[action$="/run"] button'),
        ('form[action$="/run"] button', ".tag.verdict.named"),
        ('button[name="act"][value="case"]', "figure.lanes"),
        ('a[href$="/evidence"]', 'form[action$="/evidence"] button'),
        ('form[action$="/evidence"] button', ".job-now .tag.done"),
    ):
        if then.startswith(".job"):
            chen.page.fill("#why", "警方 7 号通知")
        chen.click(button, then)
    assert chen.clicks == 5
    job = chen.page.url.rpartition("/")[2]
    with (house.world.site.jobs.folder_of(job) / "pack.zip").open("rb") as file:
        assert verify_pack(file).sound
    chen.end()


def test_a_newcomers_ten_minutes_in_clicks(chromium: Any, small: Watched, tmp_path: Path) -> None:
    """In a console where nobody was before: invitation to pack; then a log of one's own to the account's name."""
    with open_house(chromium, small, tmp_path) as house:
        chen = house.visit(LANGUAGES[0], house.invite("new", Role.INVESTIGATOR))
        from_the_invitation_to_a_pack(house, chen)
        assert (chen.clicks, chen.fields) == (9, 4)
        chen.clicks = chen.fields = 0
        from_a_log_to_a_name(house, chen)
        assert (chen.clicks, chen.fields) == (12, 3)
        chen.end()


def from_the_invitation_to_a_pack(house: House, chen: Visitor) -> None:
    for field in ("#password", "#again"):
        chen.fill(field, PASSWORD)
    chen.click("main .btn-main", ".secret")
    house.world.secrets["new"] = chen.page.inner_text(".secret").replace(" ", "")
    chen.fill("#code", house.world.code("new"))
    for button, then in (
        ("main .btn-main", ".codes"),
        ("main .btn-main", "nav.side"),
        ('main form[action="/jobs/detect"] button', ".job-now .tag.done"),
        ('a[href="/cases?state=new"]', "tr[data-row]"),
        ("tr[data-row] [data-open]", "figure.lanes"),
        ('a[href$="/evidence"]', 'form[action$="/evidence"]'),
    ):
        chen.click(button, then)
    chen.check()
    chen.fill("#why", "警方 7 号通知")
    chen.click('form[action$="/evidence"] button', ".job-now .tag.done")
    with chen.page.expect_download() as fetched:
        chen.click('form[action*="/evidence/"] button', ".job-now")
    fetched.value.save_as(house.folder / "pack.zip")
    with (house.folder / "pack.zip").open("rb") as file:
        assert verify_pack(file).sound


def from_a_log_to_a_name(house: House, chen: Visitor) -> None:
    log, bought = house.theft("zhou", 40)
    chen.click('a[href="/jobs"]', 'a[href="/jobs/new"]')
    chen.click('a[href="/jobs/new"]', "#log")
    with chen.page.expect_file_chooser() as chooser:
        chen.click("#log", "#log")
    chooser.value.set_files(log)
    for button, then in (
        ('form[action="/jobs/look"] button', 'form[action$="/ingest"]'),
        ('form[action$="/ingest"] button', ".job-now .tag.done"),
        ('a[href="/trace"]', "#name"),
    ):
        chen.click(button, then)
    chen.fill("#name", "某店")
    chen.click('form[action="/trace/baskets"] button', "#typed")
    chen.fill("#typed", bought)
    for button, then in (
        ('form[action$="/numbers"] button.btn-main', 'form[action$="/run"]'),
        ('form[action$="/run"] button', ".tag.verdict.named"),
        ('button[name="act"][value="case"]', "figure.lanes"),
        ("summary[data-press=o]", "#open-why"),
    ):
        chen.click(button, then)
    assert "zhou" not in chen.page.content()
    chen.fill("#open-why", "单号在售")
    chen.click('form[action$="/open"] button', "#acts >> text=单号在售")
    assert "zhou" in chen.page.content()


@each_language
def test_the_inbox_tells_until_it_is_seen_and_leads_to_the_case(house: House, language: str) -> None:
    ann = house.at_desk(Role.ANALYST, language, "/inbox")
    login, cases, clock = f"{Role.ANALYST.value}-{language}".casefold(), house.world.cases, house.world.clock
    if ann.shows("tr.unseen"):
        ann.open("a")
    case, other = alerted(house, f"inbox-{language}-1", f"inbox-{language}-2")
    cases.assign(case, login, "chen", clock())
    cases.add_note(other, ann.words(f"请 @{login} 看一下", f"@{login}, have a look"), "chen", clock())
    ann.page.goto(f"{house.base}/queue")
    assert new_ones(ann) == "2"
    ann.go("i", "/inbox")
    ann.check()
    assert ann.reads(ann.words(f"chen 在 {other} 中提到了您", f"chen mentioned you in {other}"))
    ann.press("j")
    ann.follow("tr.at.unseen form button")
    assert (new_ones(ann), ann.page.locator("tr.unseen").count()) == ("1", 1)
    ann.press("j")
    ann.press("j")
    ann.reach(f'a[href="/cases/{case}"]', "k", 1)
    ann.open("Enter")
    assert (ann.page.url, new_ones(ann)) == (f"{house.base}/cases/{case}", "1")
    ann.go("i", "/inbox")
    ann.open("a")
    assert new_ones(ann) == ""
    ann.press("j")
    ann.open("Enter")
    assert ann.page.url == f"{house.base}/cases/{other}"
    ann.end()


def new_ones(visitor: Visitor) -> str:
    """What the menu says of the inbox."""
    return next(iter(visitor.page.inner_text("#unseen").split()), "")


@each_language
def test_a_shipment_without_a_parcel_goes_into_the_queue(house: House, language: str) -> None:
    keep_made_up(house.ledger)
    ann = house.at_desk(Role.ANALYST, language, "/queue")
    ann.go("x", "/parcels")
    ann.check()
    ann.press("j")
    ann.open("Enter")
    ann.page.set_viewport_size({"width": 390, "height": 844})
    ann.check()
    ann.follow(f'form[action="{urlsplit(ann.page.url).path}/queue"] button')
    ann.follow("p.note a")
    assert urlsplit(ann.page.url).path == "/queue"
    for path in ("askers", "skills"):
        ann.page.goto(f"{house.base}/parcels/{path}")
        ann.check()
    ann.page.set_viewport_size({"width": 1366, "height": 768})
    ann.end()


@each_language
def test_whatever_is_known_is_found_and_opened(house: House, language: str) -> None:
    """From any page by / or Ctrl+K: an account by part of its pseudonym, a number, and what can be done."""
    account, number = f"found-{language}", house.numbers[3]
    alerted(house, account)
    alias = load_pseudonyms(house.ledger / "detect").of(account)
    ann = house.at_desk(Role.ANALYST, language, "/cases")
    for key, words, path in (
        ("/", alias[7:14], f"/accounts/{alias}"),
        ("Control+k", number, f"/waybills?number={number}"),
        ("/", ann.words("日志", "take in"), "/jobs/new"),
    ):
        ann.press(key)
        ann.reach(".find input", most=1)
        ann.page.keyboard.type(words)
        ann.wait(f'.find tr [href="{path}"]')
        ann.check()
        ann.reach(f'.find tr.at [href="{path}"]', "ArrowDown")
        ann.open("Enter")
        assert ann.page.url == f"{house.base}{path}"
        assert words in ann.page.content() or path == "/jobs/new"
    ann.press("/")
    ann.page.keyboard.type(alias[7:14])
    ann.open("Enter")
    ann.check()
    ann.press("/")
    ann.reach(f'main tr.at [href="/accounts/{alias}"]', "ArrowDown")
    ann.press("/")
    ann.press("Escape")
    ann.go("c", "/cases")
    ann.end()


@each_language
def test_a_log_of_other_columns_comes_in_and_goes_again(house: House, language: str) -> None:
    """Columns and words are chosen by keys; what came in by mistake is withdrawn by whoever proves who they are."""
    log, before, at = house.folder / f"网关-{language}.csv", reads(house.ledger), house.until.strftime("%Y-%m-%d %H")
    rows = [f"{at}:{n:02},clerk-{language},{house.numbers[n]},{'抽查' if n % 3 else '查看'}" for n in range(12)]
    log.write_text("\n".join(["操作时间,工号,编码,操作", *rows, ""]), "utf-8")
    chen = house.at_desk(Role.INVESTIGATOR, language, "/jobs/new")
    chen.reach("#log")
    chen.choose(log)
    chen.follow('form[action="/jobs/look"] button')
    for chosen, value in (("#column-waybill", "2"), ('[id="action.0"]', "view")):
        chen.wait(chosen)
        chen.check()
        chen.pick(chosen, value)
        chen.follow("form:has(#column-waybill) button")
    chen.wait('form[action$="/ingest"] button')
    assert chen.reads(chen.words("查看", "view"), "抽查")
    chen.follow('form[action$="/ingest"] button')
    chen.wait(".job-now .tag.done")
    assert reads(house.ledger) == before + 12
    for key, reached in (("Enter", 'a.btn[href="/ledger"]'), ("Enter", 'a[href="/ledger/files"]')):
        chen.reach(reached)
        chen.open(key)
    chen.check()
    chen.press("j")
    chen.open("Enter")
    chen.check()
    unused_for_long(house.world, f"{Role.INVESTIGATOR.value}-{language}", "confirmed_at")
    chen.reach("#why")
    chen.type(chen.words("传错了", "the wrong file"))
    chen.type(PASSWORD)
    chen.open("Enter")
    chen.wait(".job-now .tag.done")
    assert reads(house.ledger) == before
    chen.end()


@each_language
def test_a_chat_is_pasted_seen_and_brought_in(house: House, language: str) -> None:
    ann = house.at_desk(Role.ANALYST, language, "/market/import")
    ann.check()
    ann.reach('[name="form"]')
    ann.press("Space")
    ann.reach("#name")
    ann.page.keyboard.type(f"group-{language.casefold()}")
    ann.reach("#pasted")
    ann.paste(f"出面单，实时单号，一手货源 {language}\n\n出快递单号，当天件，量大 {language}")
    ann.open("Control+Enter")
    ann.wait('button[value="in"]')
    ann.check()
    ann.follow('button[value="in"]')
    ann.wait(".job-now .tag.done")
    ann.follow('a[href^="/market/offers"]')
    ann.press("j")
    ann.open("Enter")
    assert ann.reads(language)
    ann.check()
    ann.end()


@each_language
def test_from_the_first_sign_in_to_a_pack_that_verifies(house: House, language: str) -> None:
    login = f"new-{LANGUAGES.index(language)}"
    chen = house.visit(language, house.invite(login, Role.INVESTIGATOR))
    chen.type(PASSWORD, PASSWORD)
    chen.check()
    house.world.secrets[login] = chen.page.inner_text(".secret").replace(" ", "")
    chen.type(house.world.code(login))
    chen.follow(".btn-main")
    chen.check()
    chen.go("r", "/jobs")
    chen.open("n")
    chen.follow('form[action="/jobs/detect"] button')
    chen.wait(".job-now .tag.done")
    chen.follow('a[href="/cases?state=new"]')
    chen.check()
    chen.press("j")
    chen.open("Enter")
    case = str(chen.page.url).rpartition("/")[2]
    pack = a_pack_is_fetched(chen, house.folder / f"{login}.zip", case)
    with pack.open("rb") as file:
        assert verify_pack(file).sound
    chen.end()


def a_pack_is_fetched(chen: Visitor, pack: Path, case: str) -> Path:
    assert chen.page.url.endswith(case)
    chen.open("p")
    chen.press("n")
    chen.type(chen.words("警方 7 号通知", "the police's letter no. 7"))
    chen.wait(".job-now .tag.done")
    chen.check()
    chen.reach(f'form[action^="/cases/{case}/evidence/"] button')
    with chen.page.expect_download() as fetched:
        chen.press("Enter")
    fetched.value.save_as(pack)
    return pack


@each_language
def test_who_may_see_names_and_who_may_not(house: House, language: str) -> None:
    """Refused to an analyst, also by address; shown to an investigator, for a reason that is recorded."""
    account = f"courier-{LANGUAGES.index(language)}"
    [case] = alerted(house, account)
    ann = house.at_desk(Role.ANALYST, language, f"/cases/{case}?names=1")
    assert account not in ann.page.content()
    ann.press("o")
    assert not ann.shows("details.deed[open]")
    ann.check()
    ann.end()
    chen = house.at_desk(Role.INVESTIGATOR, language, f"/cases/{case}")
    assert account not in chen.page.content()
    chen.press("o")
    why = chen.words("名单在售，与本案单号一致", "a list is on sale with the numbers of this case")
    chen.type(why)
    assert account in chen.page.content()
    assert why in chen.page.inner_text("#acts")
    chen.end()


@each_language
def test_cases_merged_and_taken_apart(house: House, language: str) -> None:
    one, two = alerted(house, f"clerk-{language}-1", f"clerk-{language}-2")
    ann = house.at_desk(Role.ANALYST, language, f"/cases/{two}")
    ann.reach("details:has(#into) > summary")
    ann.press("Enter")
    ann.press("Tab")
    ann.type(one, ann.words("同一批单号", "the same numbers"))
    assert house.world.cases.dossier(two).row.state is CaseState.MERGED
    ann.page.goto(f"{house.base}/cases/{two}")
    ann.check()
    ann.reach("#unmerge-why")
    ann.type(ann.words("并错了", "that was wrong"))
    assert house.world.cases.dossier(two).row.state is CaseState.NEW
    ann.end()


@each_language
def test_a_decision_by_keys_alone_and_on_a_phone(house: House, language: str) -> None:
    """Enter opens the row that a page marks by itself, Ctrl+Enter sends a reason, and each control shows its focus."""
    one, two = alerted(house, f"keys-{language}-1", f"keys-{language}-2")
    ann = house.at_desk(Role.ANALYST, language, f"/queue?at={one}")
    ann.open("Enter")
    assert ann.page.url == f"{house.base}/cases/{one}"
    for theme, forced in (("light", "none"), ("dark", "none"), ("light", "active")):
        ann.page.emulate_media(color_scheme=theme, forced_colors=forced)
        ann.page.goto(f"{house.base}/queue?at={one}")
        unseen = set()
        for _ in range(60):
            ann.press("Tab")
            unseen.add(ann.page.evaluate(FOCUS))
        assert unseen <= {""}, (theme, forced)
    ann.page.emulate_media(color_scheme="light", forced_colors="none")
    ann.page.goto(f"{house.base}/queue?at={one}")
    ann.press("a")
    ann.page.keyboard.type(ann.words("值得查", "worth a look"))
    ann.open("Control+Enter")
    assert house.world.cases.dossier(one).row.state is CaseState.IN_PROGRESS
    ann.page.set_viewport_size({"width": 390, "height": 844})
    ann.page.goto(f"{house.base}/queue")
    beside = "(id) => document.querySelector('.of-pane').previousElementSibling.textContent.includes(id)"
    ann.page.locator(f"tr:has(a[href='/cases/{two}']) [data-decide]").click()
    ann.wait(f"tr.at + .of-pane h2 a[href='/cases/{two}']")
    assert ann.page.evaluate(beside, two)
    ann.check()
    ann.reach("#pane button[value=dismiss]")
    ann.page.fill("#why", ann.words("误报", "a false alarm"))
    ann.follow("#pane button[value=dismiss]")
    assert house.world.cases.dossier(two).row.state is CaseState.NO_CASE
    ann.end()


@each_language
def test_two_who_write_the_same_note(house: House, language: str) -> None:
    """Whoever comes second sees both texts, and decides: no text is lost."""
    [case] = alerted(house, f"scanner-{language}")
    note = house.world.cases.add_note(case, "first\nsecond", "x", house.world.clock())
    chen, ann = (house.at_desk(role, language, f"/cases/{case}") for role in (Role.INVESTIGATOR, Role.ANALYST))
    for visitor in (chen, ann):
        visitor.reach(f"#{note} summary")
        visitor.press("Enter")
        visitor.reach(f"#edit-{note}")
        visitor.press("Control+End")
    for visitor, text, times in ((chen, "\n来自陈静", 2), (ann, "\nby ann", 1)):
        visitor.page.keyboard.type(text)
        visitor.open("Control+Enter", times)
    assert ann.reads("来自陈静", "by ann")
    ann.check()
    ann.press("Control+End")
    ann.page.keyboard.type("\n来自陈静")
    ann.press("Tab")
    ann.open("Enter")
    [kept] = house.world.cases.dossier(case).notes
    assert (kept.version, kept.text.splitlines()) == (3, ["first", "second", "by ann", "来自陈静"])
    for visitor in (chen, ann):
        visitor.end()


def unused_for_long(world: World, login: str, since: str = "seen_at") -> None:
    """Of one person's sessions: all others' go on, and so does the provider's clock. since: or `confirmed_at`."""
    (person,) = (one.id for one in world.access.people.all() if one.login == login.casefold())
    aged = sa.text(f"UPDATE sessions SET {since} = {since} - {2 * HOUR * 1_000_000} WHERE person = :person")
    aged = aged.bindparams(person=person)
    world.access.database.write(lambda connection: connection.execute(aged))


def test_too_much_is_told_before_it_is_sent_and_a_form_with_files_comes_back(house: House) -> None:
    """A text and a file that are more than a page takes stay where they are; after an hour away, files are named."""
    language = LANGUAGES[1]
    ann = house.at_desk(Role.ANALYST, language, "/queue/new")
    numbers, told = "#numbers", "document.activeElement.validationMessage"
    ann.page.evaluate("document.querySelectorAll('main [required]').forEach((field) => (field.value ||= 'x'))")
    ann.reach(numbers)
    ann.page.evaluate("document.activeElement.value = 'YT1234567890123\\n'.repeat(20000)")
    ann.press("Control+Enter")
    assert "more than can be sent at once" in ann.page.evaluate(told)
    assert len(ann.page.input_value(numbers)) == 320_000
    ann.page.keyboard.type("1")
    assert ann.page.evaluate(told) == ""
    (case,) = alerted(house, "u-files")
    ann.page.goto(f"{house.base}/cases/{case}")
    large, small = house.folder / "large.bin", house.folder / "运单.csv"
    with large.open("wb") as file:
        file.truncate((64 << 20) + 1)
    small.write_bytes(b"x")
    ann.reach('summary:has(~ form[action$="/files"])')
    ann.press("Enter")
    ann.reach("#file-why")
    ann.page.keyboard.type("bought on the market")
    ann.reach("#file")
    ann.choose(large)
    assert "64 MB at most" in ann.page.evaluate(told)
    ann.choose(small)
    assert ann.page.evaluate(told) == ""
    login = f"{Role.ANALYST.value}-{language}"
    unused_for_long(house.world, login)
    ann.follow('form[action$="/files"] button')
    ann.sign_in(house.world, login)
    assert ann.reads("bought on the market", small.name)
    ann.check()
    ann.reach("main input[type=file]")
    ann.choose(small)
    ann.follow("main button.btn-main")
    assert [one.name for one in house.world.cases.dossier(case).files] == [small.name]
    ann.end()


def test_in_by_the_companys_sign_in(house: House) -> None:
    """The link of an invitation ties somebody to their account there; the account of a stranger opens nothing."""
    with house.in_time():
        li = house.visit("zh-CN", house.invite("li", Role.ANALYST, way=Way.COMPANY))
        at_the_company = house.company.removeprefix("http://")
        li.context.route("https://**", lambda route: route.abort())  # a style sheet of the provider's
        li.check()
        for _ in range(2):
            li.open("Enter")
            li.wait('input[name="sub"]')
            li.reach('input[name="sub"]')
            li.type("s-li")
            li.wait("a[data-key=q]")
            li.follow('form[action="/sign-out"] button')
            li.wait('form[action="/sign-in/company"]')
        li.open("Enter")
        li.wait('input[name="sub"]')
        li.reach('input[name="sub"]')
        li.type("somebody else")
        li.wait('[role="alert"]')
        assert not li.shows("nav.side")
        li.check()
        li.end(at_the_company, "cdn.jsdelivr.net")


def test_the_first_administrator_and_whoever_is_invited(world: World, chromium: Any) -> None:
    code = world.access.people.prepare_setup()
    assert code is not None
    with served(world) as base:
        root = Visitor(chromium, base, "zh-CN")
        root.check()
        root.type(code, "root", "王小明", PASSWORD, PASSWORD)
        world.secrets["root"] = root.page.inner_text(".secret").replace(" ", "")
        root.type(world.code("root"))
        assert root.page.locator(".codes li").count() == 10
        root.go("p", "/people")
        root.check()
        root.reach("#login")
        root.type("li.na", "李娜")
        link = root.page.input_value("#link")
        assert link.startswith(base + "/invited/")
        root.press("Escape")
        root.go("a", "/acts")
        root.check()
        root.press("?")
        assert root.shows("dialog[open]")
        root.check()
        root.end()
        li = Visitor(chromium, link, "en-US")
        li.type(PASSWORD, PASSWORD)
        world.secrets["li.na"] = li.page.inner_text(".secret").replace(" ", "")
        li.type(world.code("li.na"))
        li.go("o", "/")
        assert not li.shows("a[data-key=p]")
        li.end()
    assert [one.role for one in world.access.people.all()] == [Role.ANALYST, Role.ADMINISTRATOR]


def test_offers_are_gone_through_by_the_keyboard(world: World, chromium: Any, tmp_path: Path) -> None:
    """In Chinese, in a real browser: from the overview to a decision, its undo, and a link between two shops."""
    stall = Stall(world, tmp_path)
    with served(stall.world) as base:
        ann = Visitor(chromium, f"{base}/market", LANGUAGES[0])
        ann.sign_in(stall.world, "ann")
        ann.check()
        ann.go("o", "/")
        ann.go("k", "/market")
        ann.check()
        ann.follow(".wanted .btn-main")
        ann.check()
        ann.press("j")
        ann.open("Enter")
        ann.check()
        first = ann.page.url.partition("?")[0].rpartition("/")[2]
        ann.press("a")
        ann.page.keyboard.type("出售面单")
        ann.press("Escape")
        ann.open("y")
        assert stall.reads.offer(first).row.state == "kept"
        assert ann.page.url.partition("?")[0].rpartition("/")[2] != first
        ann.open("u")
        assert stall.reads.offer(first).row.state == "new"
        seller = stall.reads.sellers(most="shops").rows[0].seller
        for path in ("/market/sources", "/market/import", "/market/words?word=糖单"):
            ann.page.goto(f"{base}{path}")
            ann.check()
        ann.press("a")
        ann.page.keyboard.type("三个群都这么说")
        ann.page.fill("#meaning", "面单")
        ann.press("Escape")
        ann.open("y")
        assert stall.reads.words() == (("糖单", "trade", "面单"),)
        ann.open("u")
        assert stall.reads.words() == ()
        ann.page.goto(f"{base}/market/sellers/{seller}")
        ann.check()
        ann.follow(".shop-graph a.edge")
        assert ann.shows("#pair .side-offer + .side-offer")
        ann.end()
