"""Bulletins: what is written, approved, published, corrected and withdrawn, and what nobody can make of it."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.making import alert, secret
from tests.tables import each
from wayseal.cases import Cases, open_cases
from wayseal.cases.bulletins import acts
from wayseal.cases.bulletins.acts import Both, Bulletins, BulletinState, Decided
from wayseal.cases.bulletins.desk import RECORD, BulletinDesk
from wayseal.cases.bulletins.figures import Figure, K, settle
from wayseal.cases.bulletins.notices import fill_notice, load_templates
from wayseal.cases.bulletins.website import ATOM, Website, differences
from wayseal.cases.errors import (
    CasebookChangedError,
    CasebookDiskError,
    CasebookError,
    CasebookUsageError,
    CaseStateError,
    StaleError,
)
from wayseal.cases.types import Observable, ObservableKind, Source
from wayseal.store import durable

AUTHORITY = "courier.example,2026-01-01"
NOVEMBER = datetime(2026, 11, 5, tzinfo=UTC)
A = f"{{{ATOM}}}"


def at(month: int, day: int = 3, hour: int = 0) -> int:
    """A moment of 2026."""
    return round(datetime(2026, month, day, hour, tzinfo=UTC).timestamp() * 1_000_000)


class Office:
    """A desk on a casebook, with a clock that moves by itself."""

    def __init__(self, folder: Path, cases: Cases) -> None:
        self.folder, self.cases, self.time = folder, cases, at(11)
        self.out = folder / "out"
        self.desk = BulletinDesk(folder / "bulletins", self.now, self.site(self.out))

    def site(self, folder: Path) -> Website:
        return Website(folder=folder, address="https://b.example/x", authority=AUTHORITY, unit="YTO <Express>")

    def now(self) -> int:
        self.time += 1_000_000
        return self.time

    def found(self, many: int, month: int) -> list[str]:
        """Cases that detection made in a month."""
        first = self.cases.last_case() + 1
        for n in range(first, first + many):
            self.cases.register([alert(f"u-{n}", at=at(month))], at(month))
        return [f"c-{n}" for n in range(first, first + many)]

    def listed(self, many: int, month: int) -> list[str]:
        """Cases that listings led to, each of a seller and two numbers of its own."""
        made = []
        for _ in range(many):
            n = self.cases.last_case() + 1
            names = (
                (ObservableKind.SELLER, f"shop {n}"),
                (ObservableKind.NUMBER, f"YT{n}"),
                (ObservableKind.NUMBER, f"ZT{n}"),
            )
            things = [Observable(kind=kind, value=value) for kind, value in names]
            item = self.cases.enqueue(Source.LISTING, things, "seen", "li", at(month))
            made.append(self.cases.promote(item, "li", "sold", at(month)))
        return made

    def draft(self, text: str = "one", who: str = "li", id_: str = "", reason: str = "", of: str | None = None) -> str:
        both = Both(zh=f"{reason}因", en=reason) if reason else None
        known = self.desk.state()[id_].written.digest if id_ else ""
        made = self.desk.draw_up(
            id_, Both(zh="标题", en="Title"), Both(zh=f"中文 {text}", en=f"English {text}"), both, who, self.cases,
            known if of is None else of,
        )  # fmt: skip
        self.desk.write(made)
        return made.bulletin

    def digest(self, id_: str) -> str:
        return self.desk.state()[id_].written.digest

    def approve(self, id_: str, who: str = "wang") -> None:
        self.desk.decide("approved", id_, self.digest(id_), who, self.cases)

    def publish(self, id_: str, who: str = "wang") -> None:
        self.desk.decide("published", id_, self.digest(id_), who, self.cases)

    def withdraw(self, id_: str, reason: Both) -> None:
        self.desk.decide("withdrawn", id_, self.digest(id_), "wang", self.cases, reason)

    def done(self, text: str, **more: Any) -> str:
        """Written, approved and published."""
        id_ = self.draft(text, **more)
        self.approve(id_)
        self.publish(id_)
        return id_

    def told(self, id_: str) -> dict[str, int | None]:
        return {one.asked: one.count if one.given else None for one in self.desk.state()[id_].written.figures}

    def page(self, name: str) -> str:
        return (self.out / name).read_text("utf-8")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_cases(tmp_path / "detect", entropy=secret) as cases:
        yield Office(tmp_path, cases)


# The record


def test_the_way_of_a_bulletin(office: Office) -> None:
    id_ = office.draft()
    states = [office.desk.state()[id_].state]
    office.approve(id_)
    states.append(office.desk.state()[id_].state)
    office.publish(id_)
    states.append(office.desk.state()[id_].state)
    office.draft("two", "zhao", id_, "wrong")
    states.append(office.desk.state()[id_].state)
    assert "中文 one" in office.page("b-1.html")  # until the correction is published
    office.approve(id_)
    states.append(office.desk.state()[id_].state)
    office.publish(id_)
    office.withdraw(id_, Both(zh="撤", en="gone"))
    states.append(office.desk.state()[id_].state)
    assert states == [
        BulletinState.DRAFT, BulletinState.APPROVED, BulletinState.PUBLISHED, BulletinState.CORRECTING,
        BulletinState.CORRECTED, BulletinState.WITHDRAWN,
    ]  # fmt: skip
    again = BulletinDesk(office.folder / "bulletins", office.now).state()
    assert again == office.desk.state()


@each("who", ["li", " LI ", "zhao"])
def test_nobody_approves_what_they_wrote_in(tmp_path_factory: pytest.TempPathFactory, who: str) -> None:
    folder = tmp_path_factory.mktemp("office")
    with open_cases(folder / "detect", entropy=secret) as cases:
        office = Office(folder, cases)
        id_ = office.draft()
        office.draft("two", "zhao", id_)  # li wrote an earlier text of it
        with pytest.raises(CaseStateError, match="another investigator"):
            office.approve(id_, who)
        assert office.desk.state()[id_].state is BulletinState.DRAFT


def test_an_approval_is_of_the_text_that_was_read(office: Office) -> None:
    id_ = office.draft()
    read = office.digest(id_)
    office.draft("two", id_=id_)
    with pytest.raises(CaseStateError, match="read it again"):
        office.desk.decide("approved", id_, read, "wang", office.cases)
    office.approve(id_)
    office.draft("three", id_=id_)
    with pytest.raises(CaseStateError, match="isn't approved"):
        office.publish(id_)
    assert not office.out.exists()


def test_two_who_write_at_once_lose_nothing(office: Office) -> None:
    id_ = office.draft()
    read = office.digest(id_)
    office.draft("two", "zhao", id_)
    with pytest.raises(StaleError) as refused:
        office.draft("three", "li", id_, of=read)
    assert ("two" in refused.value.theirs, "three" in refused.value.mine) == (True, True)
    assert len(office.desk.state()[id_].acts) == 2


def test_a_record_that_was_changed_isnt_read(office: Office) -> None:
    office.done("one")
    path = office.folder / "bulletins" / RECORD
    path.write_bytes(path.read_bytes().replace(b"English one", b"English two"))
    with pytest.raises(CasebookChangedError):
        BulletinDesk(office.folder / "bulletins", office.now).state()


def test_what_cant_be_isnt_taken_whoever_wrote_it(office: Office) -> None:
    id_ = office.done("one")
    one = office.desk.state()[id_]
    by: dict[str, Any] = {"at": at(11), "bulletin": id_}
    text: dict[str, Any] = {"title": one.written.title, "text": one.written.text}
    by_digest: dict[str, Any] = {"digest": one.written.digest, "who": "wang"}
    reason = one.written.title
    wrong: list[acts.AnyAct] = [
        Decided(**by, **by_digest, kind="published"),  # it is
        Decided(**by, **by_digest, kind="approved"),
        Decided(**by, **by_digest, kind="withdrawn"),  # and doesn't say why
        Decided(**by, who="wang", kind="withdrawn", digest="0", reason=reason),
        Decided(at=at(11), bulletin="b-9", **by_digest, kind="withdrawn", reason=reason),
        acts.Written(**by, who="li", kind="revised", of=one.written.digest, **text),
        acts.Written(**by, who="li", kind="corrected", of=one.written.digest, **text),
        acts.Written(**by, who="li", kind="corrected", of="0", reason=reason, **text),
        acts.Written(**by, who="li", kind="drafted", **text),
    ]
    for act in wrong:
        with pytest.raises(ValueError, match="read it again"):
            Bulletins({id_: one}).apply(act)
    withdrawn = one.after(Decided(**by, **by_digest, kind="withdrawn", reason=reason))
    with pytest.raises(ValueError, match="was withdrawn"):
        withdrawn.after(Decided(**by, **by_digest, kind="withdrawn", reason=reason))


@each(
    ["text", "says"],
    [
        ("", None),
        ("17 {cases}", "no figure"),
        ("{opened:2026-13}", "no figure"),
        ("{opened.everything:2026-10}", "no figure"),
        ("{accounts.detection:2026-10}", "no figure"),
        ("{opened:2026-10", "no figure"),
        ("}", "no figure"),
        ("{opened:2026-11}", "over"),
        ("{opened:2026-09..2026-11}", "over"),
        ("{opened:2026-10..2026-09}", "over"),
        ("{opened:0000-01}", "over"),
        ("a\0", "up to"),
        ("x" * 20_001, "up to"),
        (" ".join(f"{{opened:{y}-01}}" for y in range(1975, 2026)), "up to"),
    ],
)
def test_texts_that_cant_be(tmp_path_factory: pytest.TempPathFactory, text: str, says: str | None) -> None:
    folder = tmp_path_factory.mktemp("office")
    with open_cases(folder / "detect", entropy=secret) as cases:
        office = Office(folder, cases)
        if says is None:
            office.draft(text)
            return
        with pytest.raises(CasebookUsageError, match=says):
            office.draft(text)
        assert not office.desk.state()


def test_both_texts_quote_the_same(office: Office) -> None:
    with pytest.raises(CasebookUsageError, match="same figures"):
        office.desk.draw_up("", Both(zh="a", en="a"), Both(zh="{opened:2026-10}", en="none"), None, "li", office.cases)


def test_a_correction_says_why(office: Office) -> None:
    id_ = office.done("one")
    with pytest.raises(CasebookUsageError):
        office.draft("two", id_=id_)
    with pytest.raises(CasebookUsageError):
        office.withdraw(id_, Both(zh="撤", en=" "))


# Figures


def test_figures_are_counted_by_whole_months_of_the_clock(office: Office) -> None:
    # 16:00 UTC on the last day of September is October in China.
    office.cases.register([alert(f"v-{n}", at=at(9, 30, 16)) for n in range(6)], at(9, 30, 16))
    office.cases.register([alert(f"w-{n}", at=at(9, 30, 15)) for n in range(7)], at(9, 30, 15))
    office.listed(5, 10)
    id_ = office.draft("{opened:2026-09} {opened:2026-10} {opened.listing:2026-10} {sellers:2026-10} {parcels:2026-10}")
    assert list(office.told(id_).values()) == [7, 11, 5, 5, 10]
    head = office.cases.head
    assert {(one.line, one.sum) for one in office.desk.state()[id_].written.figures} == {(head.lines, head.sum)}


def test_verdicts_and_their_accounts(office: Office) -> None:
    some = office.found(12, 9)
    for case in some[:6]:
        office.cases.verdict(case, True, "li", "sold", at(10), lacking=True)
    for case in some[6:]:
        office.cases.verdict(case, False, "li", "work", at(10))
    office.cases.register([alert("guilty", "innocent", at=at(9))], at(9))
    for account in ("guilty", "innocent"):
        office.cases.verdict("c-13", account == "guilty", "li", "x", at(10), accounts=[account], lacking=True)
    id_ = office.draft("{closed:2026-10} {closed.true:2026-10} {accounts:2026-10} {opened:2026-10}")
    assert list(office.told(id_).values()) == [13, 7, 7, 0]


def test_small_counts_are_held_back_and_zero_isnt(office: Office) -> None:
    office.found(4, 10)
    id_ = office.done("{opened:2026-10} {opened:2026-09}")
    assert office.told(id_) == {"{opened:2026-10}": None, "{opened:2026-09}": 0}
    assert "English not given 0" in office.page("b-1.en.html")
    assert "中文 不公布 0" in office.page("b-1.html")
    assert "fewer than 5" in office.page("b-1.en.html")


def test_what_a_difference_would_tell_is_held_back(office: Office) -> None:
    office.found(12, 10)
    office.listed(3, 10)
    first = office.done("{opened:2026-10}")
    second = office.draft("{opened.detection:2026-10} {opened.listing:2026-10}")
    assert office.told(first) == {"{opened:2026-10}": 15}
    assert office.told(second) == {"{opened.detection:2026-10}": None, "{opened.listing:2026-10}": None}


def test_periods_that_overlap(office: Office) -> None:
    for month, many in ((8, 9), (9, 6), (10, 2)):
        office.found(many, month)
    office.done("{opened:2026-08..2026-10}")
    id_ = office.draft("{opened:2026-08..2026-09} {opened:2026-08} {opened:2026-07..2026-08}")
    assert list(office.told(id_).values()) == [None, 9, None]


def test_one_within_the_other_is_given_as_long_as_each_rest_is_large(office: Office) -> None:
    for month, many in ((8, 6), (9, 7), (10, 8)):
        office.found(many, month)
    id_ = office.draft(
        "{opened:2026-08..2026-10} {opened:2026-08} {opened:2026-08..2026-09} {opened.detection:2026-08}"
    )
    assert list(office.told(id_).values()) == [21, 6, 13, 6]


def test_of_what_is_counted_once_no_months_overlap(office: Office) -> None:
    for month in (8, 9, 10):
        office.listed(8, month)
    office.done("{sellers:2026-08..2026-09}")
    id_ = office.draft("{sellers:2026-08} {sellers:2026-10} {sellers:2026-08..2026-09}")
    assert list(office.told(id_).values()) == [None, 8, 16]


def test_a_figure_that_changed_since_it_was_written_isnt_approved(office: Office) -> None:
    office.found(6, 10)
    id_ = office.draft("{opened:2026-10}")
    office.found(1, 10)
    with pytest.raises(CaseStateError, match="revise") as refused:
        office.approve(id_)
    assert "was 6" in str(refused.value.message)
    office.draft("{opened:2026-10}", id_=id_)
    office.approve(id_)
    office.publish(id_)
    assert office.told(id_) == {"{opened:2026-10}": 7}


def test_what_another_bulletin_published_meanwhile_counts(office: Office) -> None:
    office.found(12, 10)
    office.listed(3, 10)
    one, other = office.draft("{opened:2026-10}"), office.draft("{opened.detection:2026-10}", "zhao")
    office.approve(one)
    office.approve(other)
    office.publish(one)
    with pytest.raises(CaseStateError, match="revise"):
        office.publish(other)
    assert office.desk.state()[other].state is BulletinState.APPROVED


def test_a_published_figure_changes_by_a_correction_alone(office: Office) -> None:
    office.found(6, 10)
    first, other = office.done("{opened:2026-10}"), office.done("see {opened:2026-10}")
    office.found(2, 10)
    with pytest.raises(CaseStateError, match="correct that bulletin first"):
        office.draft("{opened:2026-10}")
    office.done("{opened:2026-10}", id_=first, reason="counted late")
    third = office.done("{opened:2026-10}")
    assert (office.told(first), office.told(third)) == ({"{opened:2026-10}": 8}, {"{opened:2026-10}": 8})
    assert office.told(other) == {"{opened:2026-10}": 6}  # as it was published, until somebody corrects it


# Pages


def test_pages_say_what_was_published_and_nothing_of_staff(office: Office) -> None:
    id_ = office.done(
        "a <b>bold</b> claim {opened:2026-10}\n\n# Part\n\n[x](javascript:alert(1)) ![p](https://e.example/p)"
    )
    page = office.page("b-1.en.html")
    assert "&lt;b&gt;bold&lt;/b&gt; claim 0" in page
    assert "<h2>Part</h2>" in page
    assert not re.search(r"<(img|script|iframe|link rel=\"icon)|href=\"javascript", page)
    assert "default-src 'none'; style-src 'self'" in page
    assert "YTO &lt;Express&gt;" in page
    for name in ("li", "wang"):
        assert not any(f">{name}<" in office.page(one.name) for one in office.out.iterdir())
    assert sorted(one.name for one in office.out.iterdir()) == [
        "atom.en.xml", "atom.xml", f"{id_}.en.html", f"{id_}.html", "index.en.html", "index.html", "public.css",
        "tokens.css",
    ]  # fmt: skip
    assert (office.out / "index.html").stat().st_mode & 0o777 == 0o644


def test_history_shows_every_version_and_what_changed(office: Office) -> None:
    id_ = office.done("stays. goes!\n")
    office.done("stays. comes!\n", id_=id_, reason="It was wrong")
    page = office.page("b-1.en.html")
    assert page.count("It was wrong") == 2
    assert "<del>goes!" in page
    assert "<ins>comes!" in page
    assert "Version 1 of 2026-11-03" in page
    assert "2026-11-03 更正：It was wrong因" in office.page("index.html")
    office.withdraw(id_, Both(zh="撤回因", en="Nothing of it holds"))
    page = office.page("b-1.en.html")
    assert page.index("Nothing of it holds") < page.index("<details>")
    assert "<ins>comes!" in page
    assert "Withdrawn on" in office.page("index.en.html")


def test_differences_are_told_by_sentences() -> None:
    assert list(differences("一。二。三", "一。四。三")) == [("", "一。"), ("del", "二。"), ("ins", "四。"), ("", "三")]
    assert "".join(part for kind, part in differences("a\nb. c", "d! b. c\n") if kind != "del") == "d! b. c\n"


def test_the_same_record_makes_the_same_bytes_and_heals(office: Office, tmp_path: Path) -> None:
    office.done("one")
    office.done("two", id_=office.done("three"), reason="x")
    before = {one.name: one.read_bytes() for one in office.out.iterdir()}
    (office.out / "b-1.html").write_bytes(before["b-1.html"][:100])
    (office.out / "atom.xml").unlink()
    (office.out / "index.html.new").write_bytes(b"half")  # as a crash leaves it
    (office.out / "index.html").write_bytes(b"")
    office.desk.build()
    assert {one.name: one.read_bytes() for one in office.out.iterdir()} == before
    other = BulletinDesk(office.folder / "bulletins", office.now, office.site(tmp_path / "elsewhere"))
    other.build()
    assert {one.name: one.read_bytes() for one in (tmp_path / "elsewhere").iterdir()} == before


def test_a_disk_that_refuses_is_told_and_healed_by_the_next(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = office.draft()
    office.approve(id_)

    def full(*given: object, **more: object) -> None:
        raise OSError(28, "full")

    with monkeypatch.context() as patch:
        patch.setattr("wayseal.cases.bulletins.website.replace_file", full)
        with pytest.raises(CasebookDiskError, match="on record"):
            office.publish(id_)
    assert office.desk.state()[id_].state is BulletinState.PUBLISHED
    office.done("two")
    assert "English one" in office.page("b-1.en.html")
    assert durable.replace_file is not full


def test_without_a_website_all_but_publishing_goes(office: Office) -> None:
    id_ = office.draft()
    office.desk.website = None
    office.approve(id_)
    with pytest.raises(CaseStateError, match="bulletins_publish"):
        office.publish(id_)
    with pytest.raises(CaseStateError, match="bulletins_publish"):
        office.desk.build()
    assert office.desk.state()[id_].state is BulletinState.APPROVED
    office.withdraw(id_, Both(zh="弃", en="dropped"))


# Feeds


def feed(office: Office, lang: str = "en") -> ET.Element:
    return ET.fromstring((office.out / ("atom.xml" if lang == "zh" else f"atom.{lang}.xml")).read_bytes())


def said(of: ET.Element, name: str) -> str:
    (found,) = of.findall(A + name)
    return found.text or ""


def test_feeds_are_atom_with_ids_that_stay(office: Office) -> None:
    one = office.done("one & <two>")
    office.done("other")
    before = {said(e, "id"): said(e, "updated") for e in feed(office).findall(A + "entry")}
    office.done("corrected", id_=one, reason="why so")
    root = feed(office)
    assert root.tag == A + "feed"
    assert said(root, "id") == f"tag:{AUTHORITY}:bulletins/en"
    after = {said(e, "id"): said(e, "updated") for e in root.findall(A + "entry")}
    changed, same = f"tag:{AUTHORITY}:b-1/en", f"tag:{AUTHORITY}:b-2/en"
    assert before.keys() == after.keys() == {changed, same}
    assert (after[changed] > before[changed], after[same] == before[same]) == (True, True)
    assert said(root, "updated") == max(after.values())
    office.withdraw("b-2", Both(zh="撤", en="not so"))
    entry = next(e for e in feed(office).findall(A + "entry") if said(e, "id") == same)
    assert said(entry, "title") == "Withdrawn: Title"
    assert "not so" in said(entry, "content")
    assert "other" not in said(entry, "content")
    assert {said(e, "id") for e in feed(office, "zh").findall(A + "entry")} == {
        one.replace("/en", "/zh") for one in after
    }


def test_feeds_have_what_the_standard_asks_for(office: Office) -> None:
    office.desk.build()
    assert not feed(office).findall(A + "entry")
    assert said(feed(office), "updated") == "2026-01-01T00:00:00Z"
    office.done("one & <two> \ufffe\u202e")  # what XML can't hold, and what turns a text round
    for lang in ("zh", "en"):
        root = feed(office, lang)
        moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
        for of in (root, *root.findall(A + "entry")):  # RFC 4287, 4.1.1 and 4.1.2: exactly one of each
            assert said(of, "title")
            assert re.fullmatch(r"tag:[a-z.]+,\d{4}-\d\d-\d\d:[a-z0-9/-]+", said(of, "id"))
            assert moment.fullmatch(said(of, "updated"))
        assert said(root.findall(A + "author")[0], "name") == "YTO <Express>"
        links = {one.get("rel"): one.get("href") for one in root.findall(A + "link")}
        assert links["self"] == f"https://b.example/x/atom{'' if lang == 'zh' else '.en'}.xml"
        (entry,) = root.findall(A + "entry")
        (content,) = entry.findall(A + "content")
        assert content.get("type") == "html"
        assert "one &amp; &lt;two&gt;" in (content.text or "")


# Notices

SCOPE: dict[str, Any] = {
    "waybills": 105, "reads": 125, "source": {"id": "u-0111", "kind": "actor", "role": "clerk", "outlet": "SH-0002"},
    "first": "2026-03-02T00:18:00Z", "last": "2026-03-05T06:53:00Z",
    "days": [{"day": "2026-03-02", "waybills": 25, "reads": 30}, {"day": "2026-03-03", "waybills": 0, "reads": 0}],
    "vias": [{"name": "counter", "waybills": 25, "reads": 30}, {"name": None, "waybills": 1, "reads": 1}],
    "fields": [{"name": "phone", "waybills": 25, "reads": 30}],
}  # fmt: skip


def test_notices_are_filled_from_a_scope_and_dont_say_whose(office: Office) -> None:
    for template in load_templates("notice"):
        made = fill_notice(template, json.dumps(SCOPE), "圆通", "95554", at(11))
        for word in ("电话", "phone", "2026-03-02T08:18:00+08:00", "圆通", "95554", "待填写", "to be filled in"):
            assert word in made, word
        assert not re.search(r"\{|u-0111|SH-0002|clerk", made)
    empty: dict[str, Any] = {"waybills": 0, "first": None, "last": None, "days": [], "vias": [], "fields": []}
    assert "None" not in fill_notice(load_templates("notice")[0], json.dumps(empty), "", "", at(11))


@each("scope", ["", "[]", "{", json.dumps(SCOPE | {"waybills": "1"}), json.dumps(SCOPE | {"days": [{"day": "x"}]})])
def test_what_is_no_scope(scope: str) -> None:
    with pytest.raises(CasebookUsageError, match="wayseal scope"):
        fill_notice(load_templates("notice")[0], scope, "", "", at(11))


def test_texts_to_begin_with_quote_figures_that_there_are(office: Office) -> None:
    for one in load_templates("bulletin"):
        text = Both(zh=one.text.zh.replace("MONTH", "2026-10"), en=one.text.en.replace("MONTH", "2026-10"))
        office.desk.draw_up("", one.title, text, None, "li", office.cases)


def test_errors_are_of_one_tree() -> None:
    assert issubclass(acts.RefusedActError, CasebookError)


# What anybody can make of all that is given

PARTS, MONTHS, MOST = ("trace", "listing"), ("2026-09", "2026-10"), 9
CELLS = [(part, month) for part in PARTS for month in MONTHS]
ASKED = [
    f"{{{name}:{months}}}"
    for name in ("opened", *(f"opened.{part}" for part in PARTS))
    for months in (*MONTHS, "..".join(MONTHS))
]


def total(asked: str, table: dict[tuple[str, str], int]) -> int:
    """What a figure comes to in a table of parts and months."""
    name, months = asked.strip("{}").split(":")
    first, _, last = months.partition("..")
    return sum(
        n
        for (part, month), n in table.items()
        if name in ("opened", f"opened.{part}") and first <= month <= (last or first)
    )


@given(
    st.lists(st.integers(0, MOST), min_size=4, max_size=4),
    st.lists(st.lists(st.sampled_from(ASKED), min_size=1, max_size=4, unique=True), min_size=1, max_size=4),
)
def test_nothing_small_can_be_worked_out(counts: list[int], bulletins: list[list[str]]) -> None:
    truth = dict(zip(CELLS, counts, strict=True))
    published: list[Figure] = []
    for asked in bulletins:
        counted = [Figure(asked=one, count=total(one, truth), given=False, line=1, sum="") for one in asked]
        published += settle(counted, published)
    given_ = {one.asked: one.count for one in published if one.given}
    assert all(n == 0 or n >= K for n in given_.values())
    # Every table that agrees with all that was given, with no more in a cell than could be: what an attacker can't tell
    # from the truth. Parts that nobody can quote here are 0 for them, which is more than anybody knows.
    most = max([K, *given_.values()])
    possible = (
        [
            dict(zip(CELLS, some, strict=True))
            for some in product(range(most + 1), repeat=len(CELLS))
            if all(total(one, dict(zip(CELLS, some, strict=True))) == n for one, n in given_.items())
        ]
        if given_
        else [truth]
    )
    for one in ASKED:
        if given_ and 0 < total(one, truth) < K:
            seen = {total(one, table) for table in possible}
            assert seen >= set(range(K + 1)), (one, truth, given_)


def test_two_new_drafts_at_once_are_two(office: Office) -> None:
    both = Both(zh="a", en="a")
    made = [office.desk.draw_up("", both, both, None, who, office.cases) for who in ("li", "wang")]
    assert [office.desk.write(one) for one in made] == ["b-1", "b-2"]
