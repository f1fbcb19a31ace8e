"""What an ingest does with rows that contradict, and what it leaves when it is refused."""

from pathlib import Path
from typing import Any

import pytest

from tests.ledger.helpers import at, put, read, write
from wayseal import ledger
from wayseal.ledger import LedgerError
from wayseal.store.errors import StoreError

ROWS = [read(n, f"u-{n % 2}", f"YT{n}") for n in range(5)]
OUTLETS: list[dict[str, Any]] = [
    {"outlet": f"o-{n}", "kind": "outlet", "city": "Xi'an", "region": "NW"} for n in range(3)
]


def test_rows_of_actors_and_outlets_that_contradict_are_counted(tmp_path: Path) -> None:
    clerk: dict[str, Any] = {"actor": "u", "kind": "person", "role": "clerk", "rights": ["a", "b"], "valid_from": at(0)}
    same = [clerk, clerk, {**clerk, "actor": "v", "rights": None}]
    write(tmp_path / "1", "actors", same)
    first = put(write(tmp_path / "1", "outlets", OUTLETS).parent, tmp_path / "L")
    assert not any(first.conflicts.values())
    other = [{**clerk, "rights": ["a"]}, clerk, {**clerk, "actor": "v", "rights": []}, {**clerk, "actor": "w"}]
    write(tmp_path / "2", "actors", other)
    moved = [{**OUTLETS[0], "latitude": 34.3}, OUTLETS[1], {**OUTLETS[2], "city": "Wuhan"}]
    second = put(write(tmp_path / "2", "outlets", moved).parent, tmp_path / "L", commit_bytes=1)
    assert second.conflicts == {"actors": 3, "outlets": 2}
    write(tmp_path / "3/outlets", "outlets", [*moved, moved[0]], "a")
    put(write(tmp_path / "3/outlets", "outlets", [OUTLETS[1], OUTLETS[0]], "b").parent.parent, tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.summary().conflicts == {"actors": 3, "outlets": 3}
        assert [r["actor"] for r in snapshot.actors().to_pylist()] == ["u", "v", "w"]


@pytest.mark.parametrize("there", [False, True])
def test_a_first_ingest_that_is_refused_leaves_nothing(tmp_path: Path, there: bool) -> None:
    folder = write(tmp_path / "D", "actors", [{"actor": "u", "kind": "person", "role": "clerk"}]).parent
    (folder / "accesses.csv").write_text("at,who,waybill\n2026-03-01T00:00:00Z,u,YT1\n")
    if there:
        (tmp_path / "L").mkdir()
    with pytest.raises(StoreError, match="actor"):
        put(folder, tmp_path / "L")
    assert (tmp_path / "L").exists() == there
    assert not there or list((tmp_path / "L").iterdir()) == []
    with pytest.raises(LedgerError, match="no ledger here"):
        ledger.open_ledger(tmp_path / "L")
    write(folder, "outlets", OUTLETS)
    (folder / "accesses.csv").write_text("at,actor,waybill\n2026-03-01T00:00:00Z,u,YT1\n")
    assert put(folder, tmp_path / "L").rows == 2 + len(OUTLETS)


def test_a_later_ingest_that_is_refused_leaves_the_ledger(tmp_path: Path) -> None:
    first = put(write(tmp_path / "1", "accesses", ROWS), tmp_path / "L")
    (tmp_path / "accesses.csv").write_text("at,who,waybill\n2026-03-01T00:00:00Z,u,YT1\n")
    with pytest.raises(StoreError, match="actor"):
        put(tmp_path / "accesses.csv", tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.digest == first.digest


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "D", "accesses", ROWS)
    (tmp_path / "D/lock").write_text("not a ledger's")
    with pytest.raises(LedgerError, match="holds other things"):
        put(path, tmp_path / "D")
    assert sorted(p.name for p in (tmp_path / "D").iterdir()) == ["accesses.parquet", "lock"]
    assert (tmp_path / "D/lock").read_text() == "not a ledger's"


@pytest.mark.parametrize("name", ["secret", "secret.new", "tree/a", "manifest.json.new"])
def test_a_foreign_folder_with_names_of_a_ledger_is_left_alone(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "D", "accesses", ROWS)
    mine = tmp_path / "L" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("not a ledger's")
    with pytest.raises(LedgerError, match="holds other things"):
        put(path, tmp_path / "L")
    assert [p for p in (tmp_path / "L").rglob("*") if p.is_file()] == [mine]
    assert mine.read_text() == "not a ledger's"


def test_a_ledger_is_made_anew_beside_a_casebook_which_is_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "D", "accesses", ROWS)
    casebook = tmp_path / "L/detect/casebook.db"
    casebook.parent.mkdir(parents=True)
    casebook.write_text("somebody's cases")
    put(path, tmp_path / "L")
    assert casebook.read_text() == "somebody's cases"


def test_a_folder_named_as_that_of_cases_without_any_is_foreign(tmp_path: Path) -> None:
    path = write(tmp_path / "D", "accesses", ROWS)
    (tmp_path / "L/detect").mkdir(parents=True)
    with pytest.raises(LedgerError, match="holds other things"):
        put(path, tmp_path / "L")


def test_a_first_ingest_that_was_killed_early_is_begun_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "D", "accesses", ROWS)
    (tmp_path / "L").mkdir()
    for name in ("readers.lock", "secret", "secret.new"):
        (tmp_path / "L" / name).touch()
    put(path, tmp_path / "L")
    with ledger.open_ledger(tmp_path / "L") as snapshot:
        assert snapshot.summary().rows["accesses"] == len(ROWS)
