"""Where a projection stands: a ledger that says otherwise is refused by name, and nobody else brings such names."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.helpers import read, write
from tests.tables import each
from tests.vault.log.helpers import MARKS, ORIGIN, database, filled
from wayseal import store
from wayseal.database import Database
from wayseal.ledger import IngestOptions, ingest, open_ledger
from wayseal.ledger.reserved import reserved_prefix
from wayseal.store.errors import StoreError
from wayseal.vault.errors import LogChangedError
from wayseal.vault.log.comparison import check_projection
from wayseal.vault.log.projection import positions_of, project, source_name

LEAF = bytes(32)
PREFIX = reserved_prefix(ORIGIN)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with database("sqlite", tmp_path_factory.mktemp("log")) as made:
        filled(made, 60)
        yield made


@pytest.fixture(scope="module")
def base(log: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    project(log, MARKS, folder, folder / "L")
    return folder / "L"


def reads_named(folder: Path, name: str) -> Path:
    """A dataset of one read, in a file of that name."""
    write(folder, "accesses", [read(0, "u-1", "YT1")])
    (folder / "accesses").mkdir()
    (folder / "accesses.parquet").rename(folder / "accesses" / name)
    return folder


def silent(_stage: str, _done: int, _total: int) -> None:
    pass


@each("name", [f"{PREFIX}0-999999999.parquet", source_name(ORIGIN, 0, 9, LEAF), f"vault-{'0' * 16}-x.parquet"])
def test_nobody_else_brings_a_file_of_such_a_name(
    base: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = tmp_path_factory.mktemp("forged")
    source = store.open_source(reads_named(folder / "d", name))
    for ledger in (Path(shutil.copytree(base, folder / "L")), folder / "new"):
        before = (ledger / "manifest.json").read_bytes() if ledger.exists() else None
        with pytest.raises(StoreError, match="kept for what `wayseal vault project`") as refused:
            ingest(source, ledger)
        assert refused.value.exit_code == 3
        assert name in str(refused.value)
        assert (ledger.exists() and (ledger / "manifest.json").read_bytes()) == (before or False)


@each("name", ["vault-export.parquet", "vault-2026-03-01.parquet", f"my-{PREFIX}1-2.parquet"])
def test_other_names_are_anybody_s(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("fine")
    assert ingest(store.open_source(reads_named(folder / "d", name)), folder / "L").rows == 1


FORGED = {
    source_name(ORIGIN, 60, 5000, LEAF): "up to 5,000, but the log has 60",
    source_name(ORIGIN, 0, 60, LEAF): "is of another log",
    f"{PREFIX}0-40.parquet": "is of another log",
    f"{PREFIX}40-3-{LEAF.hex()}.parquet": "is of another log",
}


@each(("name", "said"), FORGED.items())
def test_a_position_that_this_log_never_had_is_refused_by_name(
    log: Database, base: Path, tmp_path_factory: pytest.TempPathFactory, name: str, said: str
) -> None:
    """However such a source came in: by a ledger of another log, or by somebody who writes past the command."""
    folder = tmp_path_factory.mktemp("forged")
    ledger = Path(shutil.copytree(base, folder / "L"))
    ingest(store.open_source(reads_named(folder / "d", name)), ledger, options=IngestOptions(projection=True))
    before = (ledger / "manifest.json").read_bytes()
    with pytest.raises(LogChangedError, match=said) as refused:
        project(log, MARKS, folder / "work", ledger)
    assert name in str(refused.value)
    assert refused.value.exit_code == 7
    assert (ledger / "manifest.json").read_bytes() == before
    found = check_projection(log, MARKS, ledger, silent)
    assert found.rows == check_projection(log, MARKS, base, silent).rows, "what came in rightly is compared as before"
    assert {(str(f.code), f.where) for f in found.findings} == {("position", name), ("row-extra", name)}


def test_another_log_of_the_same_name_and_one_that_was_cut_back(base: Path, tmp_path: Path) -> None:
    for place, (first, size) in enumerate([(7, 60), (0, 40)]):
        (tmp_path / f"{place}").mkdir()
        with database("sqlite", tmp_path / f"{place}") as other:
            filled(other, size, first=first)
            said = "is of another log" if size == 60 else "up to 60, but the log has 40"
            with pytest.raises(LogChangedError, match=said):
                project(other, MARKS, tmp_path / "work", Path(shutil.copytree(base, tmp_path / f"L{place}")))


def test_it_stands_where_it_looked_whether_or_not_something_was_disclosed(tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as made:
        filled(made, 1, first=5)
        done = project(made, MARKS, tmp_path / "work", tmp_path / "L")
        assert (done.rows, done.stop) == (0, 1)
        with open_ledger(tmp_path / "L") as snapshot:
            assert [(p.first, p.stop) for p in positions_of(snapshot, ORIGIN)] == [(0, 1)]
        filled(made, 3, first=6)
        again = project(made, MARKS, tmp_path / "work", tmp_path / "L")
        assert (again.first, again.stop, again.rows) == (1, 4, 2)
