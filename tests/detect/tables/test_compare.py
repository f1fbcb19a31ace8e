"""Detection with and without tables: what becomes of cases (obligations of `tables._compare`)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.detect.report.fixtures import case, person, result
from tests.detect.watched import Watched, tables_of
from wayseal.detect import DetectResult, Options, detect
from wayseal.detect._result import FirstReads
from wayseal.detect.tables import TABLES, compare_tables, with_names
from wayseal.detect.tables._compare import Change, TablesResult
from wayseal.ledger import Snapshot, open_ledger

Rows = list[tuple[str, tuple[str, ...], float | None, float | None]]


class Ledger(Snapshot):
    """One that has these tables, and nothing else that anybody asks for."""

    def __init__(self, *tables: str) -> None:
        self._tables = frozenset(tables)

    @property
    def tables(self) -> frozenset[str]:
        return self._tables


def compared(
    monkeypatch: pytest.MonkeyPatch, finds: Callable[[frozenset[str]], DetectResult], *tables: str
) -> TablesResult:
    """What is compared where detection finds this without some tables."""

    def run(_: Snapshot, options: Options, *__: object) -> DetectResult:
        assert options.folder is None, "nothing is kept (obligation 3)"
        return finds(options.without)

    monkeypatch.setattr("wayseal.detect.tables._compare.detect", run)
    return compare_tables(Ledger("accesses", *tables))


def rows(found: TablesResult, *without: str) -> Rows:
    (step,) = (s for s in found.steps if s.without == without)
    return [(c.change, tuple(p.actor for p in c.people), c.before, c.after) for c in step.cases]


def one(score: float, *actors: str) -> DetectResult:
    return result(case("", *(person(a) for a in actors), score=score))


def test_each_table_that_is_there_is_left_out_once_and_all_of_them_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Obligation 3."""
    found = compared(monkeypatch, lambda _: result(), "tickets", "scans", "leaks")
    assert [s.without for s in found.steps] == [(), ("scans",), ("tickets",), ("scans", "tickets")]
    assert [s.without for s in compared(monkeypatch, lambda _: result(), "scans").steps] == [(), ("scans",)]
    assert [s.without for s in compared(monkeypatch, lambda _: result()).steps] == [()]


def test_cases_stay_go_and_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Obligations 1 and 2."""
    whole = result(
        case("", person("a"), person("b"), score=0.99), case("", person("c"), score=0.8),
        case("", person("d"), score=0.7), case("", person("e"), score=0.3),
    )  # fmt: skip
    less = result(
        case("", person("b"), score=0.6), case("", person("c"), score=0.49), case("", person("e"), score=0.9),
        case("", person("f"), score=0.55), case("", person("g"), score=0.1),
    )  # fmt: skip
    found = compared(monkeypatch, lambda without: less if without else whole, "scans")
    assert rows(found) == [
        (Change.STAYS, ("a", "b"), 0.99, 0.99), (Change.STAYS, ("c",), 0.8, 0.8), (Change.STAYS, ("d",), 0.7, 0.7),
    ]  # fmt: skip
    assert rows(found, "scans") == [
        (Change.STAYS, ("a", "b"), 0.99, 0.6), (Change.NEW, ("e",), 0.3, 0.9), (Change.GONE, ("c",), 0.8, 0.49),
        (Change.GONE, ("d",), 0.7, None), (Change.NEW, ("f",), None, 0.55),
    ]  # fmt: skip
    assert [s.watched for s in found.steps] == [1, 2]


def test_a_case_that_falls_apart_stays_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Obligation 1: by any of its accounts."""
    less = result(case("", person("a"), score=0.9), case("", person("b"), score=0.8))
    found = compared(monkeypatch, lambda w: less if w else one(0.99, "a", "b"), "scans")
    assert rows(found, "scans") == [(Change.STAYS, ("a", "b"), 0.99, 0.9)]
    back = compared(monkeypatch, lambda w: one(0.99, "a", "b") if w else less, "scans")
    assert [r[0] for r in rows(back, "scans")] == [Change.STAYS, Change.STAYS]


def test_shares_are_those_of_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    first = FirstReads(all=100, explained=20, mandate=10, learnt=5, weak=1, unknown=0)
    found = compared(monkeypatch, lambda w: replace(result(), first_reads=first) if w else result(), "scans")
    step = found.steps[1]
    assert (step.first, step.explained, step.learnt, step.judged, step.enough) == (100, 30, 5, 107_600, True)


def test_accounts_stand_under_the_names_that_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    found = with_names(compared(monkeypatch, lambda _: one(0.9, "a"), "scans"), str.upper)
    assert {p.actor for s in found.steps for c in s.cases for p in c.people} == {"A"}
    assert not [p for s in found.steps for c in s.cases for p in c.people if p.reasons]


def test_without_tables_it_looks_as_if_they_werent_there(small: Watched) -> None:
    """On a real ledger: what is left out is missing, and nothing else is touched."""
    there = [t for t in TABLES if t in tables_of(small)]
    with open_ledger(small.ledger) as snapshot:
        whole = detect(snapshot)
        less = detect(snapshot, Options(without=frozenset(("scans", "tickets"))))
        bare = detect(snapshot, Options(without=frozenset(there)))
        assert snapshot.tables == {*there, "accesses"} | (snapshot.tables - set(TABLES))
        again = detect(snapshot)
    assert whole.cases == again.cases == small.result.cases
    assert (less.digest, less.without) == (whole.digest, ("scans", "tickets"))
    missing = {n.code for n in less.not_judged} - {n.code for n in whole.not_judged}
    assert missing == {"not.scans", "not.tickets"}
    assert less.first_reads.all == whole.first_reads.all
    assert 0 < less.first_reads.explained < whole.first_reads.explained
    assert bare.first_reads.explained == 0
    assert not bare.judged.enough


def test_nothing_is_kept_of_a_what_if(small: Watched, tmp_path: object) -> None:
    """Though a folder is given."""
    from pathlib import Path

    folder = Path(str(tmp_path)) / "kept"
    with open_ledger(small.ledger) as snapshot:
        detect(snapshot, Options(without=frozenset(("scans",)), folder=folder))
    assert not folder.exists()
