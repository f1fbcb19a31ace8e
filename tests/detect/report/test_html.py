"""Detection as a page: no script, nothing from outside, everything escaped."""

import re
from dataclasses import replace

import pytest
from hypothesis import given

from tests.detect.report.fixtures import ALL, case, person, read, reason, result
from tests.detect.report.strategies import results
from tests.effort import examples
from tests.page.hostile import HOSTILE
from tests.page.pages import Page
from tests.trace.report.test_html import check_page
from wayseal.detect._result import DetectResult
from wayseal.detect.report import render_detect
from wayseal.page.languages import LANGS
from wayseal.page.visible import shorten, visible

CASES = [(name, lang) for name in ALL for lang in LANGS]


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_the_page_allows_nothing_but_its_own_style_sheet(name: str, lang: str) -> None:
    html = render_detect(ALL[name](), "html", lang)
    page = check_page(html)
    meta = {m.attributes.get("http-equiv"): m.attributes.get("content", "") for m in page.all("meta")}
    policy = dict(part.strip().split(" ", 1) for part in meta["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]+'", policy["style-src"])
    assert not page.all("script")
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#hatch)", html)
    (root,) = page.all("html")
    assert root.attributes["lang"] == {"zh": "zh-CN", "en": "en"}[lang]
    assert len(page.all("h1")) == 1


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_every_picture_says_what_it_shows_and_ids_are_unique(name: str, lang: str) -> None:
    page = Page(render_detect(ALL[name](), "html", lang))
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    texts = {e.attributes["id"]: e.text for e in page.elements if "id" in e.attributes}
    for picture in page.styled("picture"):
        assert picture.attributes["role"] == "img"
        assert all(texts[label].strip() for label in picture.attributes["aria-labelledby"].split()[:1])
    assert all("scope" in th.attributes for th in page.all("th"))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_ids_are_shown_and_do_nothing(hostile: str, lang: str) -> None:
    odd = replace(read(0), waybill=hostile, actor=hostile)
    why = (replace(reason("unexplained_first_reads", 9.0), reads=(odd,)), reason("number_walks", 2.0))
    who = [replace(person(hostile, hostile, hostile), reasons=why), person("p-2", hostile, "")]
    found = result(replace(case("c-1", *who, by=("ip",)), waybills=(hostile,)), case("c-2", who[0]))
    page = check_page(render_detect(found, "html", lang))
    assert page.text.count(shorten(visible(hostile), 44)) >= 4
    assert page.elements[-1].tag == "footer"


@examples(25)
@given(results)
def test_any_result_makes_a_sound_page(found: DetectResult) -> None:
    for lang in LANGS:
        check_page(render_detect(found, "html", lang))
