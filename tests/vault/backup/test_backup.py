"""Backups and the way back, of both chains, between both kinds of database."""

import hashlib
import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.database.places import KINDS, SERVER, fresh, opened
from tests.database.rows import ROWS
from tests.database.test_migrations import contents, fill
from tests.vault.log.helpers import RING, signed
from tests.vault.log.helpers import filled as log_filled
from tests.vault.world import OPERATOR
from wayseal.database import Database, DatabaseError
from wayseal.database.migrations import check, upgrade
from wayseal.model.records import Erased
from wayseal.model.times import time_at
from wayseal.vault import tables as t
from wayseal.vault.backup import back_up, check_backup, prune, restore
from wayseal.vault.erasure import erasures_of, load_erasures, save_erasures
from wayseal.vault.errors import BackupError, LogChangedError, VaultError
from wayseal.vault.log import newest_checkpoint
from wayseal.vault.log.tiles import tree

NOW = 1_790_000_000_000_000
CHAINS: tuple[t.ChainName, ...] = ("main", "keys")
RINGS = {"main": RING, "keys": None}
LOG = ("entries", "nodes", "checkpoints", "facts")


def filled(database: Database) -> None:
    """Rows in every table of both chains, with a log of its own."""
    for chain in CHAINS:
        upgrade(database, t.CHAINS[chain])
        database.write(fill, {name: lines for name, lines in ROWS[chain].items() if name not in LOG})
    database.write(lambda c: c.execute(sa.update(t.waybills).values(erased_at=None)))
    database.write(lambda c: c.execute(t.facts.insert(), {"name": "origin", "value": "vault.example/log"}))
    log_filled(database, 300)
    signed(database)
    log_filled(database, 10, first=300)


@pytest.fixture(scope="module", params=KINDS)
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database of each kind that is filled, and that nobody has open."""
    with fresh(request.param, tmp_path_factory.mktemp("original")) as url:
        with opened(url) as database:
            filled(database)
        yield url


@pytest.fixture
def source(original: str, tmp_path: Path) -> Iterator[Database]:
    """A copy of it."""
    with fresh(original.partition(":")[0], tmp_path, like=original) as url, opened(url) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Iterator[str]:
    """Where to restore to, where the kind doesn't matter."""
    with fresh("sqlite", tmp_path) as url:
        yield url


def empty(database: Database, chain: t.ChainName) -> bool:
    return not any(database.read(contents, chain).values())


@pytest.mark.parametrize(("here", "there"), list(product(KINDS, KINDS)))
def test_what_is_restored_is_what_was_there(here: str, there: str, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    with fresh(here, tmp_path) as url, opened(url) as source, fresh(there, tmp_path) as other, opened(other) as target:
        filled(source)
        for chain in CHAINS:
            made = back_up(source, chain, tmp_path / chain, now=NOW, progress=lambda *said: seen.append(said))
            assert made == check_backup(tmp_path / chain)
            done = restore(
                tmp_path / chain,
                target,
                chain,
                erased=[],
                keyring=None,
                caller=OPERATOR,
                now=NOW,
                progress=lambda *said: seen.append(said),
            )
            assert done.rows == made.rows
            assert done.erased_again == 0
            check(target, t.CHAINS[chain])
            assert target.read(contents, chain) == source.read(contents, chain)
        assert target.read(lambda c: tree(c).root()) == source.read(lambda c: tree(c).root())
    assert ("entries", 310, 0) in seen
    assert ("entries", 310, 310) in seen


def test_a_backup_is_its_owners_alone_and_one_file(source: Database, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    made = back_up(source, "main", folder, now=NOW)
    found = {p.name: stat.S_IMODE(p.stat().st_mode) for p in [folder, *folder.iterdir()]}
    assert found == {"b": 0o700, "main.db": 0o600, "manifest.json": 0o600}
    assert (made.chain, made.version, made.made_at) == ("main", "main_0003", NOW)
    assert made.log_size == made.rows["entries"] == 310
    assert made.log_root == source.read(lambda c: tree(c).root()).hex()
    assert made.checkpoint == source.read(newest_checkpoint)


def test_a_backup_of_one_chain_holds_nothing_of_the_other(source: Database, tmp_path: Path) -> None:
    names = {c: set(back_up(source, c, tmp_path / c, now=NOW).rows) for c in CHAINS}
    assert names == {"main": set(t.main.tables), "keys": set(t.keys.tables)}
    wrapped = ROWS["keys"]["data_keys"][0]["wrapped"]
    assert wrapped in (tmp_path / "keys/keys.db").read_bytes()
    assert wrapped not in (tmp_path / "main/main.db").read_bytes()
    assert b"data_keys" not in (tmp_path / "main/main.db").read_bytes()


def test_a_backup_is_one_snapshot(source: Database, tmp_path: Path) -> None:
    """Whoever writes while it is made doesn't get half into it."""
    wrote: list[bool] = []

    with opened(address(source)) as beside:

        def meanwhile(table: str, done: int, total: int) -> None:
            if not wrote:
                wrote.append(True)
                log_filled(beside, 5, first=310)

        made = back_up(source, "main", tmp_path / "b", now=NOW, progress=meanwhile)
    assert wrote
    assert made.log_size == made.rows["entries"] == 310
    assert source.read(lambda c: tree(c).size) == 315


def address(database: Database) -> str:
    if database.dialect == "sqlite":
        return f"sqlite:///{database.path}"  # type: ignore[attr-defined]
    name = database.read(lambda c: c.exec_driver_sql("SELECT current_database()").scalar_one())
    return f"{SERVER}/{name}"


def test_bytes_of_deleted_rows_stay_behind(source: Database, tmp_path: Path) -> None:
    key = ROWS["keys"]["data_keys"][0]
    source.write(lambda c: c.execute(sa.delete(t.data_keys).where(t.data_keys.c.waybill == key["waybill"])))
    back_up(source, "keys", tmp_path / "b", now=NOW)
    assert key["wrapped"] not in (tmp_path / "b/keys.db").read_bytes()


def test_a_backup_from_where_nothing_can_be_written(source: Database, tmp_path: Path, place: str) -> None:
    back_up(source, "keys", tmp_path / "b", now=NOW)
    before = {p: p.read_bytes() for p in (tmp_path / "b").iterdir()}
    (tmp_path / "b").chmod(0o500)
    with opened(place) as target:
        restore(tmp_path / "b", target, "keys", erased=[], keyring=None, caller=OPERATOR, now=NOW)
    assert {p: p.read_bytes() for p in (tmp_path / "b").iterdir()} == before


def test_nothing_is_overwritten(source: Database, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    back_up(source, "keys", folder, now=NOW)
    before = {p: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(BackupError, match="not empty"):
        back_up(source, "main", folder, now=NOW + 1)
    for chain in CHAINS:
        with pytest.raises(BackupError, match=r"backup of keys|holds rows already"):
            restore(folder, source, chain, erased=[], keyring=None, caller=OPERATOR, now=NOW)
    assert {p: p.read_bytes() for p in folder.iterdir()} == before


def test_a_backup_that_fails_leaves_nothing(source: Database, tmp_path: Path) -> None:
    def stop(table: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(source, "main", tmp_path / "b", now=NOW, progress=stop)
    assert not (tmp_path / "b").exists()
    (tmp_path / "made").mkdir()
    with pytest.raises(KeyboardInterrupt):
        back_up(source, "main", tmp_path / "made", now=NOW, progress=stop)
    assert list((tmp_path / "made").iterdir()) == []
    with pytest.raises(BackupError, match="No such file"):
        back_up(source, "main", tmp_path / "no/where", now=NOW)
    (tmp_path / "file").touch()
    with pytest.raises(BackupError, match="exists"):
        back_up(source, "main", tmp_path / "file", now=NOW)


def test_nothing_to_back_up(database: Database, tmp_path: Path) -> None:
    database.write(lambda c: None)
    with pytest.raises(BackupError, match="no tables of keys"):
        back_up(database, "keys", tmp_path / "b", now=NOW)
    assert not (tmp_path / "b").exists()


def edited(folder: Path, **changes: Any) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def resigned(folder: Path, statement: str) -> None:
    """What whoever can write to a backup can do, too."""
    with closing(sqlite3.connect(folder / "main.db")) as raw, raw:
        raw.execute(statement)
    data = (folder / "main.db").read_bytes()
    edited(folder, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def flip(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


TAMPERED: dict[str, tuple[Callable[[Path], object], type[VaultError], str]] = {
    "a bit": (lambda f: flip(f / "main.db", 5000), BackupError, "SHA-256"),
    "the end": (lambda f: os.truncate(f / "main.db", 8192), BackupError, "SHA-256"),
    "no file": (lambda f: (f / "main.db").unlink(), BackupError, "can't be read"),
    "no manifest": (lambda f: (f / "manifest.json").unlink(), BackupError, "wasn't finished"),
    "not JSON": (lambda f: (f / "manifest.json").write_text("{"), BackupError, "can't be read"),
    "a list": (lambda f: (f / "manifest.json").write_text("[]"), BackupError, "another version"),
    "another format": (lambda f: edited(f, wayseal_backup=2), BackupError, "another version"),
    "a key more": (lambda f: edited(f, more=1), BackupError, "isn't a manifest"),
    "another chain": (lambda f: edited(f, chain="../x"), BackupError, "isn't a manifest"),
    "rows of text": (lambda f: edited(f, rows={"facts": "1"}), BackupError, "isn't a manifest"),
    "rows as a list": (lambda f: edited(f, rows=[1]), BackupError, "isn't a manifest"),
    "a newer version": (lambda f: edited(f, version="main_9999"), BackupError, "another Wayseal"),
    "a table less": (lambda f: edited(f, rows={"facts": 1}), BackupError, "tables of its manifest"),
    "another root": (lambda f: edited(f, log_root="00" * 32), LogChangedError, "isn't the one of its manifest"),
    "a row less": (
        lambda f: resigned(f, "DELETE FROM tickets WHERE ticket = 't-1'"),
        BackupError,
        "rows of its manifest",
    ),
    "another entry": (
        lambda f: resigned(f, "UPDATE entries SET leaf = zeroblob(32) WHERE seq = 309"),
        LogChangedError,
        "isn't the one of its manifest",
    ),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    with opened(f"sqlite:///{folder}/vault.db") as source:
        filled(source)
        back_up(source, "main", folder / "b", now=NOW)
    return folder / "b"


@pytest.mark.parametrize("case", TAMPERED)
def test_what_was_changed_isnt_restored(case: str, good: Path, tmp_path: Path, place: str) -> None:
    change, error, said = TAMPERED[case]
    folder = tmp_path / "b"
    shutil.copytree(good, folder)
    change(folder)
    with opened(place) as target:
        with pytest.raises(error, match=said):
            restore(folder, target, "main", erased=[], keyring=None, caller=OPERATOR, now=NOW)
        upgrade(target, t.CHAINS["main"])
        assert empty(target, "main")
        assert restore(good, target, "main", erased=[], keyring=None, caller=OPERATOR, now=NOW).rows["entries"] == 310


def test_tables_of_another_version_are_left_alone(good: Path, place: str) -> None:
    with opened(place) as target:
        upgrade(target, t.CHAINS["main"])
        target.write(lambda c: c.exec_driver_sql("UPDATE version_of_main SET revision = 'main_9999'") and None)
        with pytest.raises(DatabaseError, match="run the Wayseal that made them"):
            restore(good, target, "main", erased=[], keyring=None, caller=OPERATOR, now=NOW)


def erased(waybill: str, erased_at: int, gone_at: int) -> Erased:
    return Erased(waybill=waybill, erased_at=time_at(erased_at), gone_at=time_at(gone_at))


def test_what_was_erased_since_doesnt_come_back(source: Database, tmp_path: Path) -> None:
    """Neither a key, nor what it would open, nor a tag; by the key database's own list, or by the records."""
    for chain in CHAINS:
        back_up(source, chain, tmp_path / chain, now=NOW)
    number = ROWS["keys"]["data_keys"][0]["waybill"]
    gone = [erased(number, NOW, NOW + 9), erased("YT8", 1, 2)]
    with fresh(source.dialect, tmp_path) as other, opened(other) as target:
        done = {
            c: restore(tmp_path / c, target, c, erased=gone, keyring=RINGS[c], caller=OPERATOR, now=NOW) for c in CHAINS
        }
        assert {c: d.erased_again for c, d in done.items()} == {"main": 1, "keys": 1}
        keys, main = (target.read(contents, c) for c in ("keys", "main"))
        assert [r["waybill"] for r in keys["data_keys"]] == ["YT2"]
        assert {r["waybill"] for r in keys["erasures"]} == {number, "YT8", "YT3"}
        assert main["phones"] == []
        (row,) = [r for r in main["waybills"] if r["waybill"] == number]
        assert (row["sealed"], row["erased_at"]) == (b"", NOW)
        assert gone[0] in erasures_of(target, "keys")


def test_the_records_say_what_was_erased(source: Database, tmp_path: Path) -> None:
    """Where the key database is lost, its list with it."""
    number = ROWS["keys"]["data_keys"][0]["waybill"]
    marked = sa.update(t.waybills).where(t.waybills.c.waybill == number).values(erased_at=5)
    source.write(lambda c: c.execute(marked))
    assert erasures_of(source, "main", backups=7) == [erased(number, 5, 12)]
    assert [e.waybill for e in erasures_of(source, "keys")] == ["YT3"]


def test_no_erased_key_touches_the_files(source: Database, tmp_path: Path) -> None:
    back_up(source, "keys", tmp_path / "b", now=NOW)
    key = ROWS["keys"]["data_keys"][0]
    with opened(f"sqlite:///{tmp_path}/new.db") as target:
        gone = [erased(key["waybill"], 1, 2)]
        restore(tmp_path / "b", target, "keys", erased=gone, keyring=None, caller=OPERATOR, now=NOW)
        assert key["wrapped"] not in b"".join(p.read_bytes() for p in tmp_path.glob("new.db*"))


def test_lists_of_erasures_come_back(tmp_path: Path) -> None:
    file = tmp_path / "list"
    gone = [erased(f"YT{n}\n\u2028", n, n + 1) for n in range(5)]
    save_erasures(file, gone)
    assert load_erasures(file) == gone
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(BackupError, match="exists"):
        save_erasures(file, [])


@pytest.mark.parametrize(
    "line",
    ["", "x", "[]", "1", "{}", '{"waybill": 1, "erased_at": 1, "gone_at": 1}',
     '{"waybill": "a", "erased_at": "1", "gone_at": 1}', '{"waybill": "a", "erased_at": 1, "gone_at": true}'],
)  # fmt: skip
def test_lists_that_are_none(line: str, tmp_path: Path) -> None:
    file = tmp_path / "list"
    save_erasures(file, [erased("a", 1, 2)])
    file.write_text(file.read_text() + line + "\n")
    with pytest.raises(BackupError, match=":2: not a line"):
        load_erasures(file)


def test_lists_that_cant_be_read(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"\xff\xfe")
    for name in ("list", "nothing"):
        with pytest.raises(BackupError, match="can't be read"):
            load_erasures(tmp_path / name)


def test_old_backups_of_keys_go(source: Database, tmp_path: Path) -> None:
    place = tmp_path / "all"
    place.mkdir()
    chains: dict[str, t.ChainName] = {"k1": "keys", "k2": "keys", "k3": "keys", "m1": "main"}
    for name, chain in chains.items():
        back_up(source, chain, place / name, now=int(name[1]))
    (place / "half").mkdir()
    (place / "half/keys.db").touch()
    assert prune(place, "keys", before=3) == [place / "k1", place / "k2"]
    assert sorted(p.name for p in place.iterdir()) == ["half", "k3", "m1"]
    assert prune(place, "keys", before=3) == []


def test_a_damaged_log_is_backed_up_all_the_same(source: Database, tmp_path: Path, place: str) -> None:
    source.write(lambda c: c.execute(sa.delete(t.entries).where(t.entries.c.seq == 300)))
    made = back_up(source, "main", tmp_path / "b", now=NOW)
    assert made.log_root is None
    with opened(place) as target:
        done = restore(tmp_path / "b", target, "main", erased=[], keyring=None, caller=OPERATOR, now=NOW)
        assert done.rows["entries"] == 309
