"""Reports of scope and extent: both languages, all formats, nothing loaded, nothing hostile gets through."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import wayseal
from tests.page.pages import BANNED, Page
from tests.trace.extent.test_extent import TWO, found, said
from tests.trace.rim import World, number, opened
from tests.trace.scope.world import scoped, snapshot_of, world
from wayseal.ledger import Snapshot
from wayseal.model.kinds import SourceKind
from wayseal.page.languages import LANGS, Lang
from wayseal.page.visible import cells
from wayseal.page.words import catalogue
from wayseal.trace.extent import render_extent
from wayseal.trace.scope import parse_period, render_scope

ROOT = Path(wayseal.__file__).parent / "trace"
PACKAGES = ("scope", "extent")
NASTY = '<script>alert(1)</script>"&\u202eevil'


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    made = world()
    made.outlet("o-x", NASTY, "<b>")
    made.actor(NASTY, "o-a", role="<i>")
    made.issue(1, "YT7", "o-x", "o-a", channel="c-0")
    made.read(5, NASTY, "YT7", via="<u>", fields=["<s>"])
    with snapshot_of(made, tmp_path_factory.mktemp("page")) as opened_:
        yield opened_


@pytest.fixture(scope="module")
def pages(snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every report by a name of its own."""
    texts: dict[str, str] = {}
    sources: list[tuple[str, SourceKind | None]] = [
        ("u-a", None),
        ("u-b", None),
        ("s-1", None),
        ("c-1", None),
        ("o-a", None),
        ("浙江", None),
    ]
    sources.append((NASTY, SourceKind.ACTOR))
    results = [scoped(snapshot, text, kind)[0] for text, kind in sources]
    results.append(scoped(snapshot, "u-a", period=parse_period("2025-01-01", "2025-01-01"))[0])
    results.append(scoped(snapshot, "u-a", period=parse_period("2026-03-02", None))[0])
    with snapshot_of(world(tables=frozenset()), tmp_path_factory.mktemp("bare")) as bare:
        results.append(scoped(bare, "u-a")[0])
    for lang in LANGS:
        for format_ in ("text", "json", "html"):
            for n, result in enumerate(results):
                texts[f"scope-{n}-{lang}.{format_}"] = render_scope(result, format_, lang)
    extents = World()
    for place in range(400):
        extents.read(place % 24, "u-1", number(place))
    cases = [
        TWO,
        [*TWO, *found(range(30, 75), found_by="seizure", seller=NASTY)],
        [*TWO, *TWO[:3], *found([9999], found_by="fraud"), *found(range(9), hours=44)],
        [*found(range(30), found_by="purchase"), *found(range(50, 80), found_by="report")],
        found(range(30), found_by="report"),
        found(range(30), seller=NASTY),
        [
            *found([*range(60), 380, 381, 399], found_by="purchase"),
            *found([*range(100, 150), 380, 382, 399], found_by="report"),
            *found([*range(200, 255), 381, 382, 399], found_by="seizure"),
        ],
        found([9999], found_by="report"),
    ]  # fmt: skip
    with opened(extents, tmp_path_factory.mktemp("extents")) as ledger:
        made = [said(ledger, rows) for rows in cases]
    for lang in LANGS:
        for format_ in ("text", "json", "html"):
            for n, extent in enumerate(made):
                texts[f"extent-{n}-{lang}.{format_}"] = render_extent(extent, format_, lang)
    return texts


def of(pages: dict[str, str], ending: str) -> dict[str, str]:
    return {name: text for name, text in pages.items() if name.endswith(ending)}


def test_pages_are_whole_and_load_nothing(pages: dict[str, str]) -> None:
    for name, page in of(pages, ".html").items():
        tags = {element.tag for element in Page(page).elements}
        assert not tags & {"script", "img", "link", "iframe", "b", "i", "u", "s", "form"}, name
        assert not re.search(r"https?://|url\((?!#)|@import|javascript:", page), name
        assert "default-src 'none'" in page
        assert f'<html lang="{"zh-CN" if "-zh." in name else "en"}">' in page
        assert "\u202e" not in page


def test_pictures_stand_in_pages(pages: dict[str, str]) -> None:
    assert pages["scope-0-en.html"].count('<svg class="picture') == 2
    assert "<svg" in pages["extent-1-en.html"]
    assert "<svg" not in pages["extent-4-en.html"]


def test_texts_keep_their_width(pages: dict[str, str]) -> None:
    for name, text in of(pages, ".text").items():
        assert max(cells(line) for line in text.splitlines()) <= 88, name
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_json_is_json_and_the_same_in_both_languages(pages: dict[str, str]) -> None:
    for name, text in of(pages, "-en.json").items():
        json.loads(text)
        assert text == pages[name.replace("-en.", "-zh.")]
        assert "\u202e" not in text


def test_no_report_judges_people_or_leaves_a_blank_or_a_code(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        assert not BANNED.search(text), name
        assert not re.search(r"\b(scope|extent)\.[a-z_]+\b(?!\.html)", text.replace("scope.html", "")), name
        if not name.endswith(".html"):
            assert "{" not in text or name.endswith(".json"), name


def test_scopes_say_that_being_listed_is_not_being_sold(pages: dict[str, str]) -> None:
    """Obligation 3 of the scope."""
    assert "not that it was sold" in " ".join(pages["scope-0-en.text"].split())
    assert "不说明它已被出售" in pages["scope-0-zh.text"].replace("\n", "")
    assert "work may stand in no table" in " ".join(pages["scope-0-en.text"].split())


def test_what_the_law_asks_for_is_left_to_be_filled_in(pages: dict[str, str]) -> None:
    assert " ".join(pages["scope-0-en.text"].split()).count(": to be filled in.") == 3
    assert pages["scope-0-zh.text"].count("待填写") == 3
    assert "fields" not in pages["scope-3-en.text"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_text_is_asked_for(package: str) -> None:
    source = "".join(p.read_text("utf-8") for p in (ROOT / package).glob("*.py"))
    families = ("warn_", "method_", "lists_note_", "left_", "work_", "headline_", "lede_", "auth_", "name_")
    for code in catalogue("en", f"wayseal.trace.{package}"):
        name = code.partition(".")[2]
        plural = name.endswith("s") and f'"{name[:-1]}"' in source
        assert re.search(f"[\"']({package}\\.)?{name}[\"']", source) or plural or name.startswith(families), code


def test_unknown_formats_and_languages_are_refused(snapshot: Snapshot) -> None:
    result, _ = scoped(snapshot, "u-a")
    with pytest.raises(ValueError, match="format must be one of"):
        render_scope(result, "pdf", "en")
    with pytest.raises(ValueError, match="lang must be one of"):
        render_scope(result, "text", "fr")
    extents = said(snapshot, found(range(3), found_by="report"))
    with pytest.raises(ValueError, match="format must be one of"):
        render_extent(extents, "pdf", "en")


@pytest.mark.parametrize("lang", LANGS)
def test_colours_are_only_added(snapshot: Snapshot, lang: Lang) -> None:
    result, _ = scoped(snapshot, "u-a")
    plain = render_scope(result, "text", lang, width=100)
    coloured = render_scope(result, "text", lang, color=True, width=100)
    bare = re.sub("\x1b\\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()
    assert "\x1b[" in coloured


def test_many_routes_are_cut_and_said(tmp_path: Path) -> None:
    made = World()
    for n in range(30):
        made.outlet(f"o-{n}", f"city {n}", "r")
        made.issue(n, number(n), f"o-{n}", "o-0")
        made.read(n + 1, "u-a", number(n))
    with snapshot_of(made, tmp_path) as snapshot:
        text = render_scope(scoped(snapshot, "u-a")[0], "text", "en")
    assert "10 further routes with 10 waybills in all" in text
