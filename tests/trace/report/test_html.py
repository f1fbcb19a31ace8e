import base64
import hashlib
import re
from dataclasses import replace

import pytest
from hypothesis import given

from tests.effort import examples
from tests.page.hostile import HOSTILE
from tests.page.pages import Page, words
from tests.trace.report.fixtures import ALL
from tests.trace.report.strategies import results
from wayseal.page.languages import LANGS
from wayseal.page.visible import shorten, visible
from wayseal.trace._result import TraceResult
from wayseal.trace.report import render

CASES = [(name, lang) for name in ALL for lang in LANGS]
SAFE_ATTRIBUTES = words(
    "aria-hidden aria-label aria-labelledby charset class colspan content cx cy d data-label dx fill fill-opacity "
    "height http-equiv id lang name overflow patterntransform patternunits points preserveaspectratio r role rx scope "
    "text-anchor viewbox width x x1 x2 y y1 y2"
)
SAFE_TAGS = words(
    "html head meta title style body header main section footer div span p h1 h2 h3 ul ol li dl dt dd table thead "
    "tbody tr th td figure figcaption details summary small code bdi br hr svg g rect line circle text tspan polygon "
    "defs pattern desc"
)
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def check_page(html: str) -> Page:
    """Obligations 1 and 2 of the page."""
    page = Page(html)
    assert {element.tag for element in page.elements} <= set(SAFE_TAGS)
    assert {name for element in page.elements for name in element.attributes} <= set(SAFE_ATTRIBUTES)
    assert not HIDDEN.search(html)
    html.encode("utf-8")
    for element in page.elements:
        for name, value in element.attributes.items():
            if name not in {"data-label", "content"}:
                assert "url(" not in value or value == "url(#hatch)"
    return page


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_the_page_allows_nothing_but_its_own_style_sheet(name: str, lang: str) -> None:
    page = check_page(render(ALL[name](), "html", lang))
    meta = {
        m.attributes["http-equiv"]: m.attributes["content"] for m in page.all("meta") if "http-equiv" in m.attributes
    }
    policy = dict(part.strip().split(" ", 1) for part in meta["Content-Security-Policy"].split(";"))
    (style,) = page.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    tags = [element.tag for element in page.elements]
    assert tags.index("style") > tags.index("meta")


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_the_page_refers_to_nothing_outside_itself(name: str, lang: str) -> None:
    html = render(ALL[name](), "html", lang)
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#hatch)", html)


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_language_title_and_one_heading(name: str, lang: str) -> None:
    page = Page(render(ALL[name](), "html", lang))
    (html,) = page.all("html")
    assert html.attributes["lang"] == {"zh": "zh-CN", "en": "en"}[lang]
    assert len(page.all("h1")) == 1
    assert page.all("title")[0].text
    assert page.all("h1")[0].text.strip()


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_every_leak_stands_on_the_page_with_its_line(name: str, lang: str) -> None:
    result = ALL[name]()
    page = Page(render(result, "html", lang))
    rows = [e.text for e in page.all("tr")]
    for leak in result.leak_rows:
        assert any(row.startswith(f"{leak.line}{visible(leak.waybill)}") for row in rows), leak.line


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_every_picture_says_what_it_shows(name: str, lang: str) -> None:
    page = Page(render(ALL[name](), "html", lang))
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    pictures = page.styled("picture")
    assert len(pictures) == {"named": 5, "shortlist": 5, "nobody": 3}[name]
    texts = {e.attributes["id"]: e.text for e in page.elements if "id" in e.attributes}
    for picture in pictures:
        assert picture.attributes["role"] == "img"
        title, desc = picture.attributes["aria-labelledby"].split()
        assert texts[title].strip()
        assert texts[desc].strip()
    assert len(page.all("figure")) == 5


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_ids_within_the_page_are_unique_and_headers_have_a_scope(name: str, lang: str) -> None:
    page = Page(render(ALL[name](), "html", lang))
    assert all("scope" in th.attributes for th in page.all("th"))


def test_the_named_page_tells_the_story() -> None:
    page = Page(render(ALL["named"](), "html", "en"))
    assert page.all("h1")[0].text == "The records point to account u-1042: a lead for investigators"
    assert "u-1042 saw 18 of 19 leaked parcels; of 19 comparable ones 0.4 expected." in page.text
    assert "Next-best account: 14 of 19 (svc-track-api; 13 expected)." in page.text
    assert "not in the ledger" in page.text
    assert "sha256:9f2c61d5" in page.text
    assert "--seed 7" in page.text


def test_the_evidence_gives_the_last_look_and_the_sale_in_chinese_time() -> None:
    result = ALL["named"]()
    page = Page(render(result, "html", "zh"))
    table = page.styled("brief")[0].text
    assert table.count("小时") == 18
    assert "UTC+8" in page.text


def test_more_leaks_than_fit_the_picture_are_counted_and_all_listed() -> None:
    one = ALL["named"]()
    many = tuple(one.leak_rows[i % 20] for i in range(75))
    page = Page(render(replace(one, leak_rows=many), "html", "en"))
    assert "15 more rows stand in the table of leaks below." in page.text
    assert len(page.styled("brief")[-1].text.split("YT")) == 76


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("lang", LANGS)
def test_hostile_ids_are_shown_and_do_nothing(hostile: str, lang: str) -> None:
    one = ALL["shortlist"]()
    hurt = replace(one.sources[0], source=hostile, set=(hostile, "u-9"), outlet=hostile)
    bad = replace(one.leak_rows[0], waybill=hostile, points_at=((hostile, 0.7),))
    result = replace(one, sources=(hurt,), leak_rows=(bad, *one.leak_rows))
    page = check_page(render(result, "html", lang))
    assert shorten(visible(hostile), 160) in page.text
    assert page.elements[-1].tag == "footer"


@examples(80)
@given(results)
def test_any_trace_makes_a_sound_page(result: TraceResult) -> None:
    for lang in LANGS:
        page = check_page(render(result, "html", lang))
        for leak in result.leak_rows:
            assert shorten(visible(leak.waybill), 160) in page.text
