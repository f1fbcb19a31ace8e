"""What makes facts be counted anew, and what doesn't (obligation 2 of `facts/_update.py`)."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.detect.making import CHINA, DAY, STAFF, commit, facts, same
from tests.ledger.helpers import at, read
from tests.ledger.kept import order
from wayseal.detect.explain import Template, TemplateKind, load_templates
from wayseal.detect.facts import _facts, totals
from wayseal.ledger.retention import compact, purge

BUILT_IN = load_templates(None)
ROUTE = {
    "waybill": "YT1", "issued_at": at(0), "channel": "c-1", "origin_outlet": "o-1", "destination_outlet": "o-2",
}  # fmt: skip
SCAN = {"waybill": "YT1", "at": at(9), "kind": "arrive", "outlet": "o-1"}
FIRST: dict[str, Any] = {
    "waybills": [ROUTE],
    "accesses": [read(60, "u-1", "YT1"), read(90, "u-3", "YT1"), read(60 * DAY, "u-2", "YT2")],
}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A ledger of which the facts are known in `state`."""
    commit(tmp_path, tmp_path / "L", STAFF, "staff")
    commit(tmp_path, tmp_path / "L", FIRST, "first")
    facts(tmp_path / "L", tmp_path / "state")
    return tmp_path


ROWS: dict[str, tuple[dict[str, Any], bool]] = {
    # what comes, and whether what was counted can stay
    "nothing": ({}, True),
    "a read": ({"accesses": [read(99, "u-1", "YT9")]}, True),
    "a read of somebody new": ({"accesses": [read(99, "new", "YT9")]}, True),
    "a scan at a place that is new": ({"scans": [{**SCAN, "outlet": "o-77"}]}, True),
    "a waybill": ({"waybills": [{**ROUTE, "waybill": "YT3"}]}, True),
    "the same waybill": ({"waybills": [ROUTE, ROUTE]}, True),
    "a waybill's row that is replaced": ({"waybills": [{**ROUTE, "origin_outlet": "o-3"}]}, False),
    "a query": ({"queries": [{"request": "r", "at": at(5), "actor": "u-1", "filter": "{}"}]}, True),
    "an account": ({"actors": [{"actor": "u-3", "kind": "person", "role": "clerk", "outlet": "o-1"}]}, False),
    "an outlet": ({"outlets": [{"outlet": "o-3", "kind": "head_office", "city": "c", "region": "r"}]}, False),
    "a duty": ({"assignments": [{"actor": "u-3", "scope": "outlet", "value": "o-1", "from": at(0)}]}, False),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "stays"), ROWS.values(), ids=ROWS.keys())
def test_rows(made: Path, rows: dict[str, Any], stays: bool, counts: list[bool]) -> None:
    if rows:
        commit(made, made / "L", rows, "second")
    brought = facts(made / "L", made / "state")
    assert counts == ([stays] if rows else [])
    same(brought, facts(made / "L"))
    counts.clear()
    same(facts(made / "L", made / "state"), brought)
    assert counts == []


def changed(by: TemplateKind, **changes: Any) -> list[Template]:
    return [replace(t, **changes) if t.by is by else t for t in BUILT_IN]


CUSTODY = next(t for t in BUILT_IN if t.by is TemplateKind.CUSTODY)
OTHER: dict[str, list[Template]] = {
    "one more": [*BUILT_IN[:-1], Template(name="x", by=TemplateKind.CHANNEL, strong=True), BUILT_IN[-1]],
    "one less": list(BUILT_IN[:-1]),
    "before and after in each other's place": changed(TemplateKind.CUSTODY, before=CUSTODY.after, after=CUSTODY.before),
    "kinds in the place of roles": changed(TemplateKind.TICKET, kinds=frozenset(("person",))),
    "roles in the place of kinds": changed(TemplateKind.TICKET, roles=frozenset(("person",))),
    "weak in the place of strong": changed(TemplateKind.HANDOVER, strong=False),
    "another right": changed(TemplateKind.MANDATE, rights=frozenset(("waybill.most",))),
}


def test_other_templates(made: Path, counts: list[bool]) -> None:
    for name, templates in OTHER.items():
        counts.clear()
        brought = facts(made / "L", made / "state", templates)
        assert counts == [False], name
        same(brought, facts(made / "L", templates=templates))


def test_the_same_templates_read_again(made: Path, counts: list[bool]) -> None:
    """Sets have no order; what they hold is what counts."""
    many = frozenset(f"role-{n}" for n in range(50))
    facts(made / "L", made / "state", [replace(BUILT_IN[0], roles=many), *BUILT_IN[1:]])
    counts.clear()
    facts(
        made / "L", made / "state", [replace(BUILT_IN[0], roles=frozenset(sorted(many, reverse=True))), *BUILT_IN[1:]]
    )
    assert counts == []


def test_other_local_days(made: Path, counts: list[bool]) -> None:
    brought = facts(made / "L", made / "state", offset=0)
    assert (counts, brought.offset) == ([False], 0)
    assert facts(made / "L", made / "state", offset=CHINA).offset == CHINA
    assert counts == [False, False]


def test_a_purge(made: Path, counts: list[bool]) -> None:
    commit(made, made / "L", {"accesses": [read(60 * DAY + 5, "u-1", "YT4")]}, "second")
    purge(made / "L", order((at(30 * DAY)).date().isoformat(), at=at(90 * DAY), below_minimum=True))
    brought = facts(made / "L", made / "state")
    assert counts == [False]
    assert totals(brought)[0] == 2
    same(brought, facts(made / "L"))


def test_files_folded_into_one(made: Path, counts: list[bool]) -> None:
    """They hold what they held: of what comes later only that is counted."""
    commit(made, made / "L", {"accesses": [read(61, "u-2", "YT1")]}, "second")
    compact(made / "L")
    same(facts(made / "L", made / "state"), facts(made / "L"))
    compact(made / "L")
    commit(made, made / "L", {"accesses": [read(55, "u-1", "YT1"), read(56, "u-1", "YT2")]}, "third")
    compact(made / "L")
    counts.clear()
    brought = facts(made / "L", made / "state")
    assert counts == [True]
    same(brought, facts(made / "L"))


def test_another_version(made: Path, counts: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_facts, "VERSION", 99)
    facts(made / "L", made / "state")
    assert counts == [False]


def test_another_ledger_of_the_same_files(made: Path, counts: list[bool]) -> None:
    commit(made / "again", made / "M", STAFF, "staff")
    commit(made / "again", made / "M", FIRST, "first")
    facts(made / "M", made / "state")
    assert counts == [False]


def test_a_ledger_put_back_from_a_backup(made: Path, counts: list[bool]) -> None:
    """Its steps since then are others, so generations say nothing: what was counted stays, nothing is left out."""
    shutil.copytree(made / "L", made / "backup")
    for n in range(3):
        commit(made, made / "L", {"accesses": [read(70 + n, "u-1", f"YT{n + 5}")]}, f"step-{n}")
    facts(made / "L", made / "state")
    shutil.rmtree(made / "L")
    shutil.copytree(made / "backup", made / "L")
    together = made / "together" / "accesses"
    together.mkdir(parents=True)
    for n in range(3):
        shutil.copy(made / f"step-{n}" / "accesses.parquet", together / f"{n}.parquet")
    commit(made, made / "L", {}, "together")
    commit(made, made / "L", {"accesses": [read(80, "u-1", "YT8")]}, "next")
    counts.clear()
    brought = facts(made / "L", made / "state")
    assert counts == [True]
    same(brought, facts(made / "L"))


def test_a_ledger_put_back_and_not_brought_up_to_date(made: Path, counts: list[bool]) -> None:
    shutil.copytree(made / "L", made / "backup")
    commit(made, made / "L", {"accesses": [read(70, "u-1", "YT5")]}, "second")
    facts(made / "L", made / "state")
    counts.clear()
    same(facts(made / "backup", made / "state"), facts(made / "backup"))
    assert counts == [False, False]
