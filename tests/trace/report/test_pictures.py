"""The pictures of a trace and what they are made of, and a trace under other names."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.page.colours import THEMES, blend, contrast, palettes
from tests.trace.rim import World, leaks, number, office, sale, short_chains, traced
from wayseal.model.kinds import SourceKind
from wayseal.page.words import Translator, catalogue
from wayseal.trace import TraceResult, render
from wayseal.trace._result import DelayPart, Fit, LeakRow, Note
from wayseal.trace.report import render_parts
from wayseal.trace.report._charts import OTHERS, UNKNOWN, _hill, _opacity, kappa_chart, parts
from wayseal.trace.report._story import ranges


def test_ranges() -> None:
    assert ranges([3, 7, 12, 13, 14, 15, 3]) == "3, 7, 12–15"
    assert ranges([]) == ""


def leak(*points: tuple[str, float]) -> LeakRow:
    return LeakRow(waybill="w", line=1, seen_at="", found=True, missing=None, accounts=1, points_at=points, unknown=0.2)


def test_parts_of_the_leaks_sum_to_one() -> None:
    shares = parts([leak(("a", 0.6), ("x", 0.2))], 0.2, {"a": "A", "b": "B"})
    assert [key for key, _ in shares] == ["A", OTHERS, UNKNOWN]
    assert [part for _, part in shares] == pytest.approx([0.6, 0.2, 0.2])
    assert parts([], 1.0, {}) == [(UNKNOWN, 1.0)]
    assert [key for key, _ in parts([], 0.7, {})] == [OTHERS, UNKNOWN]


def test_pictures_with_little_to_show() -> None:
    translator = Translator("en", more=catalogue("en", "wayseal.trace.report"))
    assert kappa_chart([(2.0, 0.5)], 2.0, translator) is not None
    assert kappa_chart([(0.0, 0.5), (2.0, math.nan)], 2.0, translator) is None
    assert _hill([DelayPart(weight=1, median_h=1e300, sigma=1e-3)], 0, 1, 50) == ""


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_more_probable_cell_is_never_lighter(a: float, b: float) -> None:
    low, high = sorted((a, b))
    for own in (True, False):
        assert _opacity(low, own=own) <= _opacity(high, own=own)


@pytest.mark.parametrize("theme", range(3), ids=THEMES)
def test_the_contrast_of_cells_is_aa(theme: int) -> None:
    p = palettes()[theme]
    for value in (0.0, 0.3, 0.6, 0.61, 0.8, 1.0):
        cell = blend(p["accent"], p["wash"], _opacity(value, own=True))
        assert contrast(p["on-accent" if value > 0.6 else "ink"], cell) >= 4.5, value
        assert contrast(p["ink"], blend(p["mark"], p["wash"], _opacity(value, own=False))) >= 4.5, value


STOLEN = range(0, 56, 7)


@pytest.fixture
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TraceResult:
    short_chains(monkeypatch)
    world: World = office()
    for turn, place in enumerate(STOLEN):
        world.read(40 + turn, "thief", number(place), session="s-thief", device="d-thief")
        world.read(41 + turn, "thief", number(place + 3), session="s-thief", device="d-thief")
    bought = [sale(number(place), 44 + turn) for turn, place in enumerate(STOLEN)]
    found = traced(world.ledger(tmp_path), leaks(tmp_path, bought))
    framed = Fit(
        p_value=0.001,
        note=Note(code="fit.framed", values={"n": 8, "p": 0.001, "other": "c-3", "seen": 8, "leaks": 8}),
        framed_by="c-3",
        framing_log10=1.0,
    )
    return replace(found, fit=framed)


def alias(name: str, kind: SourceKind) -> str:
    return f"{kind.value}~{len(name)}{sum(map(ord, name))}"


def test_no_name_is_left(result: TraceResult) -> None:
    renamed = result.renamed(alias)
    for form in ("json", "html", "text"):
        for lang in ("en", "zh"):
            said = render(renamed, form, lang)
            for name in ("thief", *(f'"c-{n}"' for n in range(40)), ">c-3<", " c-3 "):
                assert name not in said, (form, name)
            assert alias("thief", SourceKind.ACTOR) in said
    told = render_parts(renamed, "en")
    assert all("thief" not in str(part) for part in (told, told.saw, told.delay, told.unknown))
    assert alias("thief", SourceKind.ACTOR) in told.headline or told.verdict != "Named"
    kinds = {row.kind for row in renamed.sources}
    assert {row.source.partition("~")[0] for row in renamed.sources} == {kind.value for kind in kinds}


def test_an_account_that_is_called_like_an_outlet_is_an_account(result: TraceResult) -> None:
    lead = result.sources[0]
    twin = replace(lead, kind=SourceKind.OUTLET)
    pointed = tuple(replace(row, points_at=((lead.source, 0.9),)) for row in result.leak_rows)
    both = replace(result, sources=(*result.sources, twin), leak_rows=pointed).renamed(
        lambda name, kind: name if kind is SourceKind.OUTLET else alias(name, kind)
    )
    assert {name for row in both.leak_rows for name, _ in row.points_at} == {alias(lead.source, SourceKind.ACTOR)}


def test_the_parts_of_a_report_are_those_of_the_report(result: TraceResult) -> None:
    for lang in ("en", "zh"):
        told, page = render_parts(result, lang), render(result, "html", lang)
        for part in (told.headline, *told.plain, *told.means, *told.steps, *told.quality):
            assert str(part) in page
    with pytest.raises(ValueError, match="lang"):
        render_parts(result, "de")
    nobody = replace(result, sources=(), saw=(), found=0, leak_rows=(), sensitivity=())
    told = render_parts(nobody, "en")
    assert (told.saw, told.unknown, told.delay, told.kappa) == (None, None, None, None)
