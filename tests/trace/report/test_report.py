"""The report on a trace: text, a page, JSON, and its parts; snapshots hold what each says."""

import ast
import json
import math
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

import wayseal
from tests.effort import examples
from tests.page.hostile import HOSTILE
from tests.page.pages import Page, words
from tests.page.reports import check_any, check_catalogue, check_json, check_page, check_reports
from tests.tables import each
from tests.trace.report.fixtures import ALL, named, results
from wayseal.page.languages import LANGS
from wayseal.page.visible import shorten, visible
from wayseal.page.words import Translator, blanks, catalogue
from wayseal.trace import TraceResult, render
from wayseal.trace.report import render_parts

pytestmark = pytest.mark.once

PACKAGE = "wayseal.trace.report"
CONTRACT = words("actors outlets waybills changes scans accesses queries tickets assignments partner_calls leaks")


@pytest.mark.parametrize("name", ALL)
def test_what_is_said(name: str, snapshot: SnapshotAssertion) -> None:
    result = ALL[name]()
    for lang in LANGS:
        assert render(result, "text", lang) == snapshot(name=f"{name} {lang}")
    assert json.loads(render(result, "json", "en")) == snapshot(name=f"{name} json")


@pytest.mark.parametrize("name", ["named", "shortlist"])
def test_the_page_and_its_parts(name: str, snapshot: SnapshotAssertion) -> None:
    html = render(ALL[name](), "html", "zh")
    assert re.sub("<style>.*</style>|'sha256-[^']*'", "", html, flags=re.DOTALL) == snapshot(name=f"{name} page")
    assert asdict(render_parts(ALL[name](), "en")) == snapshot(name=f"{name} parts")


def test_every_form_of_every_result() -> None:
    check_reports(render, [make() for make in ALL.values()])
    for make in ALL.values():
        page = Page(render(make(), "html", "en"))
        rows = [e.text for e in page.all("tr")]
        for leak in make().leak_rows:
            assert any(row.startswith(f"{leak.line}{visible(leak.waybill)}") for row in rows), leak.line
        assert len(page.all("figure")) == 5


@each("hostile", HOSTILE)
def test_hostile_ids_are_shown_and_do_nothing(hostile: str) -> None:
    one = ALL["shortlist"]()
    hurt = replace(one.sources[0], source=hostile, set=(hostile, "u-9"), outlet=hostile)
    bad = replace(one.leak_rows[0], waybill=hostile, points_at=((hostile, 0.7),))
    result = replace(one, sources=(hurt,), leak_rows=(bad, *one.leak_rows))
    page = check_page(render(result, "html", "en"))
    assert shorten(visible(hostile), 160) in page.text
    assert page.elements[-1].tag == "footer"
    assert all(char == "\n" or char.isprintable() for char in render(result, "text", "en"))


@examples(80)
@given(results, st.integers(0, 200))
def test_any_trace_can_be_said(result: TraceResult, width: int) -> None:
    document = check_any(render, result, width)
    page = check_page(render(result, "html", "en"))
    assert all(shorten(visible(leak.waybill), 160) in page.text for leak in result.leak_rows)
    rows = document["sources"]
    assert [row["probability"] for row in rows] == sorted((r["probability"] for r in rows), reverse=True)
    assert sorted(row["source"] for row in rows) == sorted(r.source for r in result.sources if r.probability > 0.01)
    assert [row["waybill"] for row in document["leak_rows"]] == [row.waybill for row in result.leak_rows]
    assert document["unknown_share"] is None or math.isfinite(document["unknown_share"])
    assert check_json(render(result, "json", "en")) == document


def test_the_table_of_sources_keeps_its_numbers_on_a_narrow_terminal() -> None:
    one = ALL["shortlist"]()
    wide = replace(one, sources=(replace(one.sources[0], source="x" * 300), *one.sources[1:]))
    for lang, times in (("en", "13 thousand"), ("zh", "1.3 万")):
        assert re.search(rf"47\.0% +{times} +62\.2% +8 +0\.9\n", render(one, "text", lang, width=72))
        record = render(wide, "text", lang, width=72)
        assert all(re.search(rf"(?<![0-9.]){re.escape(x)}\s", record) for x in ("47.0%", times, "62.2%", "0.9"))


def test_lead_is_said_in_each_language() -> None:
    for lang, lead in (("zh", "调查线索"), ("en", "lead for investigators")):
        for name in ("named", "shortlist"):
            for form in ("text", "html"):
                assert lead in " ".join(render(ALL[name](), form, lang).split())


def note_codes() -> list[tuple[str, set[str] | None, str]]:
    """Every Note(code="…") of the package: code, names of its values where they are spelled out, place."""
    found = []
    for path in Path(wayseal.__file__).parent.rglob("*.py"):
        source = path.read_text("utf-8")
        for node in ast.walk(ast.parse(source if "Note(" in source else "")):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Note":
                given_ = {keyword.arg: keyword.value for keyword in node.keywords}
                code, values = given_.get("code"), given_.get("values")
                keys: list[Any] = values.keys if isinstance(values, ast.Dict) else []
                spelled = values is None or (keys and all(isinstance(key, ast.Constant) for key in keys))
                if isinstance(code, ast.Constant):
                    names = {str(key.value) for key in keys} if spelled else None
                    found.append((str(code.value), names, f"{path.name}:{node.lineno}"))
    return found


def test_every_note_has_a_text_whose_blanks_it_fills_and_every_text_is_asked_for() -> None:
    texts = catalogue("en", PACKAGE)
    for code, names, place in note_codes():
        assert code in texts, f"{place}: {code} has no text"
        assert names is None or blanks(texts[code]) <= names, f"{place}: {code} leaves blanks unfilled"
    assert [code for code in texts if code.startswith("table.")] == [f"table.{name}" for name in CONTRACT]
    sections = ("fit.", "quality.", "missing.", "table.", "verdict.", "plain.", "next.", "method.", "limits.", "ui.")
    check_catalogue(PACKAGE, *sections)


def test_codes_without_a_text_and_blanks_that_nobody_fills_do_not_stop_a_report() -> None:
    translator, page = (Translator("en", html=html, more=catalogue("en", PACKAGE)) for html in (False, True))
    assert (translator.say("quality.brand_new"), page.say("<b>")) == ("quality.brand_new", "&lt;b&gt;")
    assert "– of the records stand about – off" in translator.say("quality.clock_skew")
    assert "soon" in translator.say("quality.clock_skew", hours="soon", share=0.1)
    assert "from – to –" in translator.say("quality.gaps", hours=3, **{"from": None, "to": []})
    assert translator.say("quality.sold_before_read", n=1).startswith("1 of the leaked numbers was on sale")
    assert translator.say("quality.sold_before_read", n=2).startswith("2 of the leaked numbers were on sale")


def test_a_probability_below_one_never_rounds_to_one() -> None:
    result = replace(named(), sources=(replace(named().sources[0], probability=0.99999),))
    assert json.loads(render(result, "json", "en"))["sources"][0]["probability"] == 0.9999
