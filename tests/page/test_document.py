"""A report of blocks in all its forms: whole, escaped, within its width."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.page.hostile import HOSTILE
from tests.page.pages import Page
from tests.page.tables import WIDTHS, lost
from tests.tables import each
from wayseal.page import Banner, Columns, Document, Report, Section, Table
from wayseal.page.charts import columns_chart
from wayseal.page.languages import LANGS
from wayseal.page.programs import as_json
from wayseal.page.visible import cells, visible
from wayseal.page.words import Translator

ids = st.sampled_from(HOSTILE).map(visible)


def document(text: str, translator: Translator) -> Document:
    table = Table(head=(text, "n"), rows=((text, "1"), ("b", "2")), numbers=frozenset({1}), bars=(0.5, 1.0))
    chart = columns_chart("days", text, text, [(text, 1), ("b", 2)])
    brief = Table(
        head=("line", text, "share"),
        short=("l", text, "s"),
        rows=(("1", translator.id(text), "50%"), ("2", text)),
        numbers=frozenset({2}),
        places=("mark", "name", "value"),
    )
    first = Section(title=text, table=brief, terms=((text, text),), prose=(text,))
    second = Section(title=text, table=replace(table, rows=table.rows[:1], barred=0, bars=(0.25,)))
    steps = Section(title=text, points=(text, text), steps=True, parts=(Section(title=text, note=text),))
    return Document(
        title=text,
        banner=Banner(text=text, strength="weak", tag=text),
        headline=text,
        lede=(translator.say("unit.time", moment="2026-03-10T08:00:00"),),
        facts=((text, text),),
        sections=(
            Section(title=text, note=text, chart=chart, table=table, fold=translator.say("ui.as_table")),
            Section(title=text, table=Table(head=("a",), rows=()), points=(text, text)),
            Columns(columns=((first, second), (steps,))),
        ),
        version=text,
        origin=((text, text),),
        command=text,
        footer=text,
    )


class Told(Report[str | Document]):
    """A document, or one that is made of a text."""

    texts, area = "wayseal.page", "ui"

    def document(self) -> Document:
        return document(self.r, self.translator) if isinstance(self.r, str) else self.r

    def keys(self) -> dict[str, object]:
        return {"id": self.r}


rendered = Told.render


@given(ids, st.sampled_from(LANGS))
def test_nothing_breaks_out_of_a_page(text: str, lang: str) -> None:
    page = Page(rendered(text, "html", lang))
    assert not {e.tag for e in page.elements} & {"script", "img", "a", "b", "i"}
    assert [e.tag for e in page.elements].count("style") == 1
    assert len(page.all("section")) == 4
    assert not {name for e in page.elements for name in e.attributes if name.startswith("on")}
    assert page.all("h1")[0].text == text
    assert page.all("code")[0].text == text


@given(ids, st.sampled_from(LANGS), st.integers(40, 120))
def test_no_line_is_wider_than_asked(text: str, lang: str, width: int) -> None:
    said = rendered(text, "text", lang, width=width)
    assert all(cells(line) <= width for line in said.splitlines())


def test_bars_stand_at_the_end_of_their_lines() -> None:
    lines = rendered("a", "text", "en").splitlines()
    assert [line.count("█") for line in lines if "█" in line] == [12, 24, 6]
    assert next(line for line in lines if line.count("█") == 6).endswith("█ 1")


def test_bars_stand_only_where_a_line_has_room_and_on_a_page_where_no_picture_does() -> None:
    long = visible("x" * 60)
    assert "█" in rendered(long, "text", "en", width=100)
    assert "█" not in rendered(long, "text", "en", width=80)
    assert len(Page(rendered("a", "html", "en")).styled("meter")) == 2


def test_each_block_has_its_form_in_text() -> None:
    said = rendered("a", "text", "en")
    assert said.startswith(" a  a\na\n")
    for lines in (
        "l a   s\n───────\n1 a 50%\n2 a\n  - a: a\n  a\n",
        "  1. a\n  2. a\n\na\n  a\n",
        "\nWayseal a · a a\n",
    ):
        assert lines in said, said


def test_each_block_has_its_form_on_a_page() -> None:
    page = Page(rendered("a", "html", "zh"))
    assert [e.text for e in page.styled("chip")] == ["a", "a"]
    assert len(page.styled("column")) == 2
    assert [e.text for e in page.all("ol")] == ["aa"]
    assert [e.text for e in page.styled("block")] == ["\na\na\n"]
    (void,) = page.styled("void")
    assert [(e.tag, e.attributes.get("colspan")) for e in page.styled("rest")] == [("td", "2")]
    assert void.text == "2a"
    assert [e.attributes.get("data-label") for e in page.styled("value")] == [None, "share"]


def test_a_closed_section_shows_its_title_until_it_is_opened() -> None:
    parts = (Section(title="smaller", prose=("within",)),)
    closed = Section(title="folded", note="why", parts=parts, closed=True)
    whole = replace(document("a", Translator("en")), sections=(closed,))
    page = Page(rendered(whole, "html", "en", width=88))
    (folded,) = page.styled("closed")
    assert folded.tag == "details"
    assert "open" not in folded.attributes
    assert [e.text for e in page.all("summary")] == ["folded"]
    assert folded.text.split() == ["folded", "why", "smaller", "within"]
    said = rendered(whole, "text", "en", width=88)
    assert said.index("folded") < said.index("why") < said.index("within"), "text hides nothing"


def test_wide_tables_are_stacked_on_narrow_pages() -> None:
    head = ("a", "b", "c", "d", "e")
    table = Table(head=head, rows=(head,))
    wide = replace(document("a", Translator("en")), sections=(Section(title="t", table=table),))
    page = Page(rendered(wide, "html", "en", width=88))
    assert len(page.styled("stack")) == 1
    assert [e.attributes.get("data-label") for e in page.all("td")] == ["b", "c", "d", "e"]


def test_a_table_that_is_too_wide_gives_way_by_its_words() -> None:
    table = Table(head=("name", "other", "n"), rows=(("运" * 30, "x" * 9, "123,456"),), numbers=frozenset({2}))
    narrow = replace(document("a", Translator("en")), sections=(Section(title="t", table=table),))
    said = rendered(narrow, "text", "en", width=40)
    lines = said.splitlines()
    assert all(cells(line) <= 40 for line in lines)
    assert next(line for line in lines if "123,456" in line).startswith("运运运")
    assert said.count("运") == 30


NUMBERS_OF_A_TRACE = Table(
    head=("Source", "Kind", "Probability", "log10 LR", "Share", "Saw", "Expected"),
    short=("Source", "Kind", "Probability", "LR", "Share", "Saw", "Expected"),
    rows=(("u-1042", "account", "97.1%", "+6.8", "62.2%", "18", "0.8"), ("svc-track-api", "line 7 was not read")),
    numbers=frozenset({2, 3, 4, 5, 6}),
    bars=(0.971, 0.0),
)
LONG_NUMBERS = Table(
    head=("Breach", "Reads", "Days", "Worst"),
    rows=(("Calls an hour", "1,234,567", "28", "2026-03-02 14:00: 4,000,000 of 40,000"), ("", "1", "1", "–")),
    numbers=frozenset({1, 2}),
)
SHORT_ROW = Table(head=("a",) * 6, rows=(("0.0%", "2026-03-01 10:00", "aaaaaaaaa", "0.0%", "0.0%"),))
"""Its last cell has two columns of one sign each."""
ENDS_EMPTY = Table(head=("a",) * 7 + ("aaaaaaaa",), rows=(("0,000,000", "00,000,000", ""),))
"""A short row as a record, whose last cell says nothing."""
FIRST_IS_A_NUMBER = Table(head=("κ", "Wahrscheinlichkeit" * 3), rows=(("0.5", "97.25%"),), numbers=frozenset({0, 1}))


@each("table", [NUMBERS_OF_A_TRACE, LONG_NUMBERS, SHORT_ROW, ENDS_EMPTY, FIRST_IS_A_NUMBER])
def test_no_figure_is_lost_where_a_line_is_narrow(table: Table) -> None:
    assert {width: lost(table, width) for width in WIDTHS} == dict.fromkeys(WIDTHS, ({}, {}))


_cells = st.one_of(
    st.from_regex(r"[0-9]{1,3}(,[0-9]{3}){0,2}|[0-9]\.[0-9]%|2026-03-0[1-9] 1[0-9]:00|", fullmatch=True),
    st.text("ab 运单，（）", max_size=30),
)


@st.composite
def _tables(draw: st.DrawFn) -> Table:
    head = tuple(draw(st.lists(st.text("abc 运", min_size=1, max_size=20), min_size=1, max_size=8)))
    rows = draw(st.lists(st.lists(_cells, min_size=1, max_size=len(head)).map(tuple), min_size=1, max_size=4))
    return Table(head=head, rows=tuple(rows), numbers=draw(st.frozensets(st.integers(0, len(head) - 1))))


@given(_tables(), st.integers(40, 120))
def test_whatever_a_table_holds_is_said_at_any_width(table: Table, width: int) -> None:
    assert lost(table, width) == ({}, {})


def test_a_row_that_no_line_holds_is_a_record_with_titles() -> None:
    narrow = replace(document("a", Translator("en")), sections=(Section(title="t", table=NUMBERS_OF_A_TRACE),))
    assert """
u-1042
  Kind: account · Probability: 97.1%
  log10 LR: +6.8 · Share: 62.2%
  Saw: 18 · Expected: 0.8
svc-track-api
  line 7 was not read
""" in rendered(narrow, "text", "en", width=40)
    assert "κ: 0.5\n  Wahrscheinlichkeit" in rendered(
        replace(narrow, sections=(Section(title="t", table=FIRST_IS_A_NUMBER),)), "text", "en", width=40
    )


def test_colours_only_where_they_are_asked_for() -> None:
    assert "\x1b[" not in rendered("a", "text", "en")
    assert "\x1b[" in rendered("a", "text", "en", color=True)


def test_a_document_of_nothing() -> None:
    empty = Document(
        title="t", headline="h", lede=(), facts=(), sections=(), version="1", origin=(), command="c", footer="f"
    )
    said = rendered(empty, "text", "en", width=88)
    assert said == "t\nh\n\nWayseal 1\n"


@given(st.sampled_from(HOSTILE))
def test_json_shows_what_hides_and_keeps_its_value(text: str) -> None:
    said = as_json({"id": text})
    said.encode("utf-8")
    assert all(char == "\n" or char.isprintable() for char in said)
    assert json.loads(said) == {"id": text}
    assert rendered(text, "json", "en") == said


@pytest.mark.parametrize(
    ("form", "lang", "message"),
    [("pdf", "en", "format must be one of text, json, html"), ("text", "fr", "lang must be one of zh, en")],
)
def test_other_forms_and_languages_are_refused(form: str, lang: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rendered("a", form, lang)
