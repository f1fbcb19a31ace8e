"""A report of blocks in all its forms: whole, escaped, within its width."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.page.hostile import HOSTILE
from tests.page.pages import Page
from wayseal.page import Document, Section, Table, as_json, render_blocks
from wayseal.page.charts import columns_chart
from wayseal.page.languages import LANGS
from wayseal.page.visible import cells, visible
from wayseal.page.words import Voice

ids = st.sampled_from(HOSTILE).map(visible)


def document(text: str, voice: Voice) -> Document:
    table = Table(head=(text, "n"), rows=((text, "1"), ("b", "2")), numbers=frozenset({1}), bars=(0.5, 1.0))
    chart = columns_chart("days", text, text, [(text, 1), ("b", 2)])
    return Document(
        title=text,
        headline=text,
        lede=voice.say("unit.time", moment="2026-03-10T08:00:00"),
        facts=((text, text),),
        sections=(
            Section(title=text, note=text, chart=chart, table=table, fold=voice.say("ui.as_table")),
            Section(title=text, table=Table(head=("a",), rows=()), points=(text, text)),
        ),
        origin=(text, text),
        command=text,
        footer=text,
    )


def rendered(text: str, form: str, lang: str, *, color: bool = False, width: int = 88) -> str:
    return render_blocks(
        lambda voice: document(text, voice), lambda: {"id": text}, "wayseal.page", form, lang, color=color, width=width
    )


@given(ids, st.sampled_from(LANGS))
def test_nothing_breaks_out_of_a_page(text: str, lang: str) -> None:
    page = Page(rendered(text, "html", lang))
    assert not {e.tag for e in page.elements} & {"script", "img", "a", "b", "i"}
    assert [e.tag for e in page.elements].count("style") == 1
    assert len(page.all("section")) == 3
    assert page.all("h1")[0].text == text
    assert page.all("code")[0].text == text


@given(ids, st.sampled_from(LANGS), st.integers(40, 120))
def test_no_line_is_wider_than_asked(text: str, lang: str, width: int) -> None:
    said = rendered(text, "text", lang, width=width)
    assert all(cells(line) <= width for line in said.splitlines())


def test_bars_stand_at_the_end_of_their_lines() -> None:
    lines = rendered("a", "text", "en").splitlines()
    assert [line.count("█") for line in lines if "█" in line] == [12, 24]


def test_colours_only_where_they_are_asked_for() -> None:
    assert "\x1b[" not in rendered("a", "text", "en")
    assert "\x1b[" in rendered("a", "text", "en", color=True)


def test_a_document_of_nothing() -> None:
    empty = Document(title="t", headline="h", lede="l", facts=(), sections=(), origin=("o",), command="c", footer="f")
    said = render_blocks(lambda _: empty, dict, "wayseal.page", "text", "en", color=False, width=88)
    assert said == "t\nh\nl\n\no\n"


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
