"""Rule 5: the tables are what the lines come to, row for row, on both databases."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cases.doing import work
from tests.cases.making import NOW, secret
from tests.database.places import KINDS, fresh
from wayseal.cases import Cases, _read, open_cases, read_casebook, read_known, verify
from wayseal.cases._read import URL_FILE, opened_store, read_table
from wayseal.cases._tables import TABLES
from wayseal.cases.errors import CasebookError
from wayseal.cases.upkeep import copy_casebook, rebuild

pytestmark = pytest.mark.once


@pytest.fixture(params=KINDS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A casebook's folder; one says that its database is PostgreSQL."""
    path = tmp_path / "detect"
    path.mkdir()
    if request.param == "sqlite":
        yield path
        return
    with fresh("postgresql", tmp_path) as address:
        (path / URL_FILE).write_text(address + "\n")
        yield path


def tables(folder: Path) -> dict[str, list[Any]]:
    with opened_store(folder) as store:
        return store.read(lambda c: {t.name: sorted(read_table(c, t), key=repr) for t in TABLES})


def test_any_acts_and_the_tables_made_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the journal is many batches long."""
    monkeypatch.setattr(_read, "BATCH", 37)
    rng = random.Random(24)
    with open_cases(folder, entropy=secret) as cases:
        done = work(cases, rng, 400)
        there = tables(folder)
        assert verify(folder).sound
        lines = rebuild(folder)
        assert tables(folder) == there
        assert lines == verify(folder).head.lines
        book = read_casebook(folder)
        assert all(cases.find(case.id) == case for case in book.cases)
        assert cases.counts().states == _states(cases)
        # What detection and notices ask of the tables is what the whole book says.
        known = book.known
        assert known.verdicts
        assert known.opened
        assert (cases.known(), read_known(folder)) == (known, known)
        assert str(cases.head) == str(verify(folder).head)
        assert set(cases.never_worth()) == {c.id for c in book.cases if not any(a.worth for a in c.alerts)}
        late = [c for c in book.cases if int(c.id[2:]) > 9 or c.id == "c-3"]
        told = [(one.id, one.accounts, one.alerted_at) for one in cases.once_worth(9, ["c-3"])]
        assert told == [(c.id, len(c.actors), c.alerted_at) for c in late if any(a.worth for a in c.alerts)]
        assert cases.last_case() >= max(int(case.id[2:]) for case in book.cases)
    assert len(done) == 27, "every kind of act was done, and none was refused each time"
    for seed in range(3):
        with open_cases(folder) as cases:
            work(cases, random.Random(seed), 25, NOW + 10**10 * (seed + 1))
    assert verify(folder).sound


def test_forgetting_in_the_midst_of_casework(folder: Path) -> None:
    rng = random.Random(5)
    with open_cases(folder, entropy=secret) as cases:
        work(cases, rng, 300)
        before = {case.id: case for case in cases.book.cases}
        moment = NOW + 200 * 7_000_000
        gone = {case.id for case in cases.book.closed_before(moment)}
        assert gone
        assert cases.forget(moment, "Li", "rule", moment) is not None
        assert verify(folder).sound
        after = {case.id: case for case in cases.book.cases}
        assert after.keys() == before.keys() - gone
        for id_, case in after.items():
            assert (case.state, set(case.actors)) == (before[id_].state, set(before[id_].actors))
        work(cases, rng, 60, moment + 10**9)
    assert verify(folder).sound


def test_a_copy_as_of_a_moment(folder: Path, tmp_path: Path) -> None:
    with open_cases(folder, entropy=secret) as cases:
        work(cases, random.Random(1), 30)
        lines = copy_casebook(folder, tmp_path / "copy")
        assert lines == verify(folder).head.lines
        assert (read_casebook(tmp_path / "copy"), tables(tmp_path / "copy")) == (cases.book, tables(folder))
        assert {p.name: p.stat().st_mode & 0o777 for p in (tmp_path / "copy").iterdir()} == {
            "casebook.db": 0o600,
            "secret": 0o600,
        }
        work(cases, random.Random(2), 10, NOW + 10**9)
    found = verify(tmp_path / "copy")
    assert found.sound
    assert verify(folder, head=found.head).earlier is True
    with pytest.raises(CasebookError, match="something lies here already"):
        copy_casebook(folder, tmp_path / "copy")


def _states(cases: Cases) -> dict[str, int]:
    found: dict[str, int] = {}
    for case in cases.book.cases:
        found[case.state] = found.get(case.state, 0) + 1
    return found
