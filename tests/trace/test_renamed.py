"""A trace under other names: none of the old ones is left, in no place."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.trace.rim import World, leaks, number, office, sale, short_chains, traced
from wayseal.model.kinds import SourceKind
from wayseal.trace import TraceResult, render
from wayseal.trace._result import Fit, Note
from wayseal.trace.report import render_parts

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
