"""The report in both languages and all forms: everything has words, nothing hostile gets through."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import wayseal
from tests.detect.partners.test_reconcile import logs
from tests.detect.partners.world import CONTRACT, actor, at, call, checked, only, read, us, waybill
from tests.page.pages import BANNED, Page
from wayseal.detect.partners import Kind, PartnersResult, render_partners
from wayseal.model.period import Period
from wayseal.page.languages import LANGS
from wayseal.page.visible import cells
from wayseal.page.words import catalogue

PACKAGE = "wayseal.detect.partners"
MORE = ("headline_", "misfit_")
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


@pytest.mark.parametrize("lang", LANGS)
def test_texts(results: dict[str, PartnersResult], lang: str) -> None:
    for name, result in results.items():
        text = render_partners(result, "text", lang)
        assert max(cells(line) for line in text.splitlines()) <= 88, name
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert "{" not in text, name
        assert not re.search(r"partners\.[a-z_]+", text.replace("partners.html", "")), name
        assert not BANNED.search(text)
        assert re.sub("\x1b\\[[0-9;]*m", "", render_partners(result, "text", lang, color=True)).split() == text.split()


@pytest.mark.parametrize("lang", LANGS)
def test_pages(results: dict[str, PartnersResult], lang: str) -> None:
    for name, result in results.items():
        html = render_partners(result, "html", lang)
        page = Page(html)
        assert not {e.tag for e in page.elements} & {"script", "img", "link", "iframe", "b"}, name
        assert "\u202e" not in html
        assert not BANNED.search(html)


def test_json_is_the_same_in_both_languages(results: dict[str, PartnersResult]) -> None:
    for result in results.values():
        text = render_partners(result, "json", "en")
        assert text == render_partners(result, "json", "zh")
        assert [p["partner"] for p in json.loads(text)["partners"]] == [p.partner for p in result.partners]


def flat(text: str) -> str:
    return " ".join(text.split())


def test_what_is_said(results: dict[str, PartnersResult]) -> None:
    said = {name: flat(render_partners(result, "text", "en")) for name, result in results.items()}
    assert "1 of 2 partners with a contract went beyond what was agreed; 1 account has none" in said["all"]
    assert "p-no in b.toml: no account of the ledger has this id" in said["all"]
    assert said["all"].index("Ids that don't fit") < said["all"].index("At a glance")
    assert "The partner's log is 8 h ahead of ours: a time zone." in said["all"]
    assert "more likely somebody else" in said["all"]
    assert "192.0.2.66 (2, never in both)" in said["all"]
    assert "No partner is known to this ledger" in said["none"]
    assert "Nothing could be checked: the ledger has no read of 1 partner" in said["late"]
    assert "No breach was found at 1 partner with a contract" in said["plain"]
    assert "not in this ledger (table partner_calls)" in said["plain"]
    assert "behind ours; taken out." in said["drift"]
    assert "drifts by +9 s a day" in said["drift"]
    assert "Both logs carry request ids, but hardly any in common" in said["drift"]
    assert "was set anew" in said["jump"]
    assert "The 14 days that differ most" in said["few"]
    assert "agree within 1 second." in said["same"]
    assert "In 9 calls both logs say the fields, and agree." in said["same"]
    assert "The two logs share no time" in said["apart"]
    assert "No read falls into the period." in said["late"]
    chinese = render_partners(results["all"], "text", "zh")
    assert "属于时区不同" in chinese.replace("\n", "").replace(" ", "")


def test_every_text_is_asked_for() -> None:
    root = Path(wayseal.__file__).parent / "detect/partners"
    source = "".join(p.read_text("utf-8") for p in root.glob("*.py"))
    families = ("kind_", "unjudged_", "contract_", "alone_", "skew_", "zone_", "ours_", "theirs_", "field_", *MORE)
    for code in catalogue("en", PACKAGE):
        name = code.partition(".")[2]
        assert re.search(f"[\"']{name}[\"']", source) or name.startswith(families), code
    assert {f"partners.kind_{kind.value}" for kind in Kind} <= {*catalogue("en", PACKAGE)}


def test_unknown_formats_and_languages_are_refused(results: dict[str, PartnersResult]) -> None:
    with pytest.raises(ValueError, match="format must be one of"):
        render_partners(results["none"], "pdf", "en")
    with pytest.raises(ValueError, match="lang must be one of"):
        render_partners(results["none"], "text", "fr")
