"""The report in both languages and all forms: everything has words, nothing hostile gets through."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.detect.partners.test_reconcile import logs
from tests.detect.partners.world import CONTRACT, actor, at, call, checked, only, read, us, waybill
from tests.page.reports import check_catalogue, check_reports
from wayseal.detect.partners import Kind, PartnersResult, render_partners
from wayseal.model.period import Period
from wayseal.page.languages import LANGS
from wayseal.page.words import catalogue

PACKAGE = "wayseal.detect.partners"
NASTY = '<script>alert(1)</script>"&\u202eevil'
FULL = (
    CONTRACT.replace("Platform A", "平台 A")
    + """
fields = ["status"]
purposes = ["tracking"]
actions = ["api"]
addresses = ["203.0.113.0/24"]
hours = ["06:00-23:00"]
valid_from = 2026-03-02
valid_to = 2026-03-04
[volume]
waybills_per_day = 10
calls_per_day = 20
calls_per_hour = 2
[products]
channels = ["app"]
customers = ["c-1"]
goods_classes = ["shoes"]
"""
)


def everything(folder: Path) -> PartnersResult:
    """All kinds of breaches, all that can't be judged, all that two logs can differ in, all remarks, hostile names."""
    ours, theirs = logs(120, days=6, shift=8 * 3600 + 20)
    ours += [read(at(-30), 1)]
    for n, (row, other) in enumerate(zip(ours, theirs, strict=False)):
        row |= {
            "ip": ["203.0.113.1", "198.51.100.1", NASTY][n % 3],
            "fields": ["status", NASTY],
            "purpose": [NASTY, "tracking"][n % 2],
            "action": ["api", "export"][n % 2],
        }
        other |= {"ip": "203.0.113.1", "fields": ["status", "<b>"]}
    ours += [read(at(n, 10), 500 + n) for n in range(40)]
    ours += [read(at(40), 700, ip="192.0.2.66"), read(at(40), 700, ip="192.0.2.66")]
    theirs += [call(at(20 + 8), 900), call(at(20 + 8), 900), call(at(3), 1, "p-who"), call(at(1000), 3)]
    waybills = [waybill(n, channel=["app", NASTY][n % 2], customer=["c-1", NASTY][n % 2]) for n in range(20, 80)]
    waybills += [waybill(n, goods_class=NASTY) for n in range(20)]
    queries = [{"request": "q", "at": at(1), "actor": "p-a", "filter": "{}"}]
    tables = {
        "accesses": [*ours, read(at(2), 2, NASTY)],
        "partner_calls": theirs,
        "waybills": waybills,
        "queries": queries,
        "actors": [actor("p-a"), actor(NASTY), actor("u-1", "person"), actor("p-idle")],
    }
    return checked(folder, tables, FULL, f'partner = {json.dumps(NASTY[:-5] + "x")}\nactors = ["u-1", "p-no"]'.replace(
        "\\u202e", "x"
    ))  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PartnersResult]:
    def folder() -> Path:
        return tmp_path_factory.mktemp("r")

    ours, theirs = logs(300, days=30, shift=-400, drift=9)
    jump = [r | {"at": r["at"] + (at(7) - at() if r["at"] < at(300) else at(8) - at())} for r in logs(900, days=30)[1]]
    named = [r | {"request": f"a-{n}"} for n, r in enumerate(ours)]
    other = [r | {"request": f"b-{n}"} for n, r in enumerate(theirs)]
    few = [r for r in logs(100, days=40)[1] if r["waybill"][-1] == "1"]
    same: list[dict[str, Any]] = [r | {"fields": ["f"], "ip": "::1"} for r in logs(9)[0]]
    twin = [r | {"fields": ["f"], "ip": "::1"} for r in logs(9)[1]]
    return {
        "all": everything(folder()),
        "none": checked(folder(), {"accesses": [read(at(), 0, "u-1")]}),
        "plain": checked(folder(), {"accesses": ours}, CONTRACT, period=Period(since=us(at(1)))),
        "drift": checked(folder(), {"accesses": named, "partner_calls": other}, CONTRACT),
        "jump": checked(folder(), {"accesses": logs(900, days=30)[0], "partner_calls": jump}, CONTRACT),
        "few": checked(folder(), {"accesses": logs(100, days=40)[0], "partner_calls": few}, CONTRACT),
        "same": checked(folder(), {"accesses": same, "partner_calls": twin}, CONTRACT),
        "apart": checked(folder(), {"accesses": ours, "partner_calls": [call(at(9000), 1)]}, CONTRACT),
        "late": checked(folder(), {"accesses": ours}, CONTRACT, period=Period(since=us(at(9999)))),
        "idle": checked(
            folder(), {"accesses": same, "partner_calls": [call(at(1), 0, "p-x")], "actors": [actor("p-x")]}
        ),
    }


def test_every_kind_is_there(results: dict[str, PartnersResult]) -> None:
    kinds = {b.kind for p in results["all"].partners for b in p.breaches}
    assert kinds == {*Kind} - {Kind.ONLY_OURS}
    codes = {u.code for p in results["all"].partners for u in p.unjudged}
    said = {code.removeprefix("partners.unjudged_") for code in catalogue("en", PACKAGE) if "unjudged_" in code}
    assert codes == said - {"no_waybills"}
    assert only(results["all"], "平台 A").calls is not None


def test_what_is_said(results: dict[str, PartnersResult], snapshot: SnapshotAssertion) -> None:
    for name, result in results.items():
        same = replace(result, ledger_digest="0" * 64, wayseal="0")
        for lang in LANGS:
            assert render_partners(same, "text", lang) == snapshot(name=f"{name} {lang}")
        assert json.loads(render_partners(same, "json", "en")) == snapshot(name=f"{name} json")
        assert render_partners(result, "json", "en") == render_partners(result, "json", "zh")


def test_every_form_of_every_result(results: dict[str, PartnersResult]) -> None:
    check_reports(render_partners, results.values(), widths=(88,))


def test_every_text_is_asked_for() -> None:
    made = ("kind_", "unjudged_", "contract_", "alone_", "skew_", "zone_", "ours_", "theirs_", "field_")
    check_catalogue(PACKAGE, *made, "headline_", "misfit_")
    assert {f"partners.kind_{kind.value}" for kind in Kind} <= {*catalogue("en", PACKAGE)}
