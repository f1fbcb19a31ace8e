"""What holds for every report, in both languages and all forms: obligations of the page, of text and of JSON."""

import base64
import hashlib
import importlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.page.pages import BANNED, Page, words
from wayseal.page.languages import LANGS
from wayseal.page.words import catalogue

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
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
OUTSIDE = re.compile(r"https?:|//[a-z]|@import|url\((?!#hatch)")
Render = Callable[..., str]


def check_page(html: str) -> Page:
    """Obligations 1 and 2 of the page, whatever stands on it."""
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


def check_whole_page(html: str, lang: str) -> Page:
    """Besides: nothing from outside, its own style sheet alone, language and one heading, pictures that say what they
    show, heads with a scope, ids once each."""
    page = check_page(html)
    assert not OUTSIDE.search(html)
    metas = {m.attributes.get("http-equiv"): m.attributes.get("content", "") for m in page.all("meta")}
    policy = dict(part.strip().split(" ", 1) for part in metas["Content-Security-Policy"].split(";"))
    (style,) = page.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    shut = dict.fromkeys(("default-src", "base-uri", "form-action"), "'none'")
    assert policy == {**shut, "style-src": f"'sha256-{digest}'"}
    tags = [element.tag for element in page.elements]
    assert tags.index("style") > tags.index("meta")
    (root,) = page.all("html")
    assert root.attributes["lang"] == {"zh": "zh-CN", "en": "en"}[lang]
    assert [bool(h.text.strip()) for h in page.all("h1")] == [True]
    assert page.all("title")[0].text
    ids = {e.attributes["id"]: e.text for e in page.elements if "id" in e.attributes}
    assert len(ids) == sum("id" in e.attributes for e in page.elements)
    for picture in page.styled("picture"):
        title, _desc = picture.attributes["aria-labelledby"].split()
        assert picture.attributes["role"] == "img"
        assert ids[title].strip()
    assert all("scope" in th.attributes for th in page.all("th"))
    return page


def check_reports(render: Render, results: Iterable[Any], *, widths: Iterable[int] = (60, 88, 120)) -> None:
    """Each result in each language: lines no wider than asked, colours that change no word, a whole page, JSON; no word
    that judges people, no blank and no code in place of a text."""
    for result in results:
        for lang in LANGS:
            check_text(render, result, lang, widths)
            html = render(result, "html", lang)
            page = check_whole_page(html, lang)
            text = render(result, "json", lang)
            check_json(text)
            for said in (html, text, page.text):
                assert not BANNED.search(said)
    with pytest.raises(ValueError, match="lang must be one of zh, en"):
        render(result, "text", "fr")
    with pytest.raises(ValueError, match="format must be one of"):
        render(result, "pdf", "en")


def check_text(render: Render, result: Any, lang: str, widths: Iterable[int] = (60, 88, 120)) -> None:
    """A result on a terminal."""
    for width in widths:
        assert [line for line in render(result, "text", lang, width=width).splitlines() if cell_len(line) > width] == []
    plain, colour = (render(result, "text", lang, color=color) for color in (False, True))
    assert all(char == "\n" or char.isprintable() for char in plain)
    assert "\x1b[" in colour
    assert [line.rstrip() for line in ESCAPE.sub("", colour).split("\n")] == plain.split("\n")
    assert not BANNED.search(plain)
    assert not re.search(r"\{[a-z_]*[:}]", plain), "a blank"


def check_json(text: str) -> dict[str, Any]:
    """A document that any parser reads, and that shows all of itself."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text.encode("utf-8")
    assert all(char == "\n" or char.isprintable() for char in text)
    document: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return document


def check_any(render: Render, result: Any, width: int = 88) -> dict[str, Any]:
    """Any result, with ids that are hostile, in all forms; the document in English."""
    for lang in LANGS:
        check_page(render(result, "html", lang))
        text = render(result, "text", lang, width=width)
        text.encode("utf-8")
        assert text.endswith("\n")
        assert all(char == "\n" or char.isprintable() for char in text)
        document = check_json(render(result, "json", lang))
    return document


def check_catalogue(package: str, *made: str) -> None:
    """Every text of a package's catalogue is asked for, and every text that is asked for is there.

    made: what codes begin with (behind the area) that are put together from parts.
    """
    folder = Path(importlib.import_module(package).__file__ or "").parent
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.py") if path.name != "texts.py")
    texts, shared = catalogue("en", package), catalogue("en")
    for code in texts:
        area, name = code.split(".")
        whole = re.search(f"[\"']({area}\\.)?{name}[\"']", source) or name.removesuffix("_note") in source
        assert whole or name.startswith(made) or f"{area}." in made, code
    asked = set(re.findall(r"""\bsay\(\s*["']([a-z_.]+)["']""", source))
    known = {code for text in (*texts, *shared) for code in (text, text.partition(".")[2])}
    assert asked <= known


def rounded(value: Any, digits: int = 3) -> Any:
    """A document with floats of so many digits that matter: what machines agree on."""
    if isinstance(value, dict):
        return {key: rounded(one, digits) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one, digits) for one in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value
