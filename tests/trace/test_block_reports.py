"""Reports of scope and extent: both languages, all formats, nothing loaded, nothing hostile gets through."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.page.reports import check_catalogue, check_reports, rounded
from tests.trace.extent.test_extent import TWO, found, said
from tests.trace.rim import World, number, opened
from tests.trace.scope.world import scoped, snapshot_of, world
from wayseal.ledger import Snapshot
from wayseal.model.kinds import SourceKind
from wayseal.page.languages import LANGS
from wayseal.trace.extent import ExtentResult, render_extent
from wayseal.trace.scope import ScopeResult, parse_period, render_scope

NASTY = '<script>alert(1)</script>"&\u202eevil'


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    made = world()
    made.outlet("o-x", NASTY, "<b>")
    made.actor(NASTY, "o-a", role="<i>")
    made.issue(1, "YT7", "o-x", "o-a", channel="c-0")
    made.read(5, NASTY, "YT7", via="<u>", fields=["<s>"])
    with snapshot_of(made, tmp_path_factory.mktemp("page")) as opened_:
        yield opened_


@pytest.fixture(scope="module")
def scopes(ledger: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> list[ScopeResult]:
    sources = [(name, None) for name in ("u-a", "u-b", "s-1", "c-1", "o-a", "浙江")]
    results = [scoped(ledger, text, kind)[0] for text, kind in (*sources, (NASTY, SourceKind.ACTOR))]
    results.append(scoped(ledger, "u-a", period=parse_period("2025-01-01", "2025-01-01"))[0])
    results.append(scoped(ledger, "u-a", period=parse_period("2026-03-02", None))[0])
    with snapshot_of(world(tables=frozenset()), tmp_path_factory.mktemp("bare")) as bare:
        results.append(scoped(bare, "u-a")[0])
    return [replace(result, ledger_digest="0", wayseal="0") for result in results]


@pytest.fixture(scope="module")
def extents(tmp_path_factory: pytest.TempPathFactory) -> list[ExtentResult]:
    log = World()
    for place in range(400):
        log.read(place % 24, "u-1", number(place))
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
    with opened(log, tmp_path_factory.mktemp("extents")) as ledger:
        return [replace(said(ledger, rows), ledger_digest="0", leaks_digest="0", wayseal="0") for rows in cases]


def test_what_scopes_say(scopes: list[ScopeResult], snapshot: SnapshotAssertion) -> None:
    """Obligation 3 of the scope, and what the law asks for, which is left to be filled in, stand there."""
    check_reports(render_scope, scopes, widths=(88,))
    for n, result in enumerate(scopes):
        for lang in LANGS:
            assert render_scope(result, "text", lang) == snapshot(name=f"{n} {lang}")
        assert json.loads(render_scope(result, "json", "en")) == snapshot(name=f"{n} json")
        assert render_scope(result, "json", "en") == render_scope(result, "json", "zh")
    assert render_scope(scopes[0], "html", "en").count('<svg class="picture') == 2


def test_what_extents_say(extents: list[ExtentResult], snapshot: SnapshotAssertion) -> None:
    check_reports(render_extent, extents, widths=(88,))
    for n, result in enumerate(extents):
        for lang in LANGS:
            assert render_extent(result, "text", lang) == snapshot(name=f"{n} {lang}")
        assert rounded(json.loads(render_extent(result, "json", "en"))) == snapshot(name=f"{n} json")
        assert render_extent(result, "json", "en") == render_extent(result, "json", "zh")
    assert ["<svg" in render_extent(extents[n], "html", "en") for n in (1, 4)] == [True, False]


def test_every_text_is_asked_for() -> None:
    check_catalogue("wayseal.trace.scope", "work_", "headline_", "lede_", "auth_", "actions", "vias", "fields")
    check_catalogue("wayseal.trace.extent", "warn_", "method_", "lists_note_", "left_", "headline_", "lede_", "name_")


def test_many_routes_are_cut_and_said(tmp_path: Path) -> None:
    made = World()
    for n in range(30):
        made.outlet(f"o-{n}", f"city {n}", "r")
        made.issue(n, number(n), f"o-{n}", "o-0")
        made.read(n + 1, "u-a", number(n))
    with snapshot_of(made, tmp_path) as snapshot:
        text = render_scope(scoped(snapshot, "u-a")[0], "text", "en")
    assert "10 further routes with 10 waybills in all" in text
