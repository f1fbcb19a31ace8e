"""Rule 4: whatever is changed behind the record's back is found."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.market.log.making import NOW, record, some
from wayseal.market.log import open_market, verify
from wayseal.market.log._lines import leaf_of
from wayseal.market.log._verify import Code
from wayseal.merkle import SigningKey

KEY = SigningKey(name="market", seed=b"k" * 32)
OTHER = SigningKey(name="market", seed=b"o" * 32)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    with record("sqlite", folder) as (_, _, market):
        rng = random.Random(1)
        for _ in range(18):
            market.append(some(rng))
        note = market.sign(KEY).encode()
        market.append(some(rng))
        market.purge(NOW + 500, at=NOW, who="x", why="y")
    return folder / "market", note


def run(text: str) -> Callable[[sqlite3.Connection], object]:
    return lambda raw: raw.execute(text)


def swap(raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE market_lines SET seq = -1 WHERE seq = 40")
    raw.execute("UPDATE market_lines SET seq = 40 WHERE seq = 41")
    raw.execute("UPDATE market_lines SET seq = 41 WHERE seq = -1")


def forge(raw: sqlite3.Connection) -> None:
    """A line written anew with the leaf that goes with it."""
    seq, line = raw.execute("SELECT seq, line FROM market_lines WHERE line LIKE '%budget%' LIMIT 1").fetchone()
    line = line.replace("budget", "robots")
    raw.execute("UPDATE market_lines SET line = ?, leaf = ? WHERE seq = ?", (line, leaf_of(line).hex(), seq))


TAMPERED: dict[str, Callable[[sqlite3.Connection], object]] = {
    "a line": run("UPDATE market_lines SET line = replace(line, 'budget', 'robots') WHERE line LIKE '%budget%'"),
    "a leaf": run("UPDATE market_lines SET leaf = replace(leaf, 'a', 'b') WHERE seq = 9"),
    "a line with its leaf": forge,
    "two lines": swap,
    "a line gone": run("DELETE FROM market_lines WHERE seq = 30"),
    "the last line gone": run("DELETE FROM market_lines WHERE seq = (SELECT max(seq) FROM market_lines)"),
    "a line emptied": run("UPDATE market_lines SET line = NULL WHERE seq = 3"),
    "a line of no sense": run("UPDATE market_lines SET line = '[]' WHERE seq = 3"),
    "a node": run("UPDATE market_nodes SET node = replace(node, '1', '2')"),
    "a node too many": run("INSERT INTO market_nodes VALUES (2, 0, '00')"),
    "an offer": run("UPDATE market_offers SET verdict = 'harmless' WHERE verdict = 'evidence'"),
    "an offer gone": run("DELETE FROM market_offers WHERE rowid = (SELECT max(rowid) FROM market_offers)"),
    "a look more": run("INSERT INTO market_looks SELECT 1, source, target, way, 1, 1, sight, NULL, '', '' "
                       "FROM market_looks LIMIT 1"),
    "a request": run("UPDATE market_removals SET at = at + 1"),
    "a row that is no line's": run("UPDATE market_jargon SET line = -5"),
    "a checkpoint": run("UPDATE market_checkpoints SET note = replace(note, char(10), char(10) || 'x')"),
}  # fmt: skip


NAMED = {
    "a line": Code.CHANGED,
    "a line with its leaf": Code.CHECKPOINT,
    "a line gone": Code.MISSING,
    "a line emptied": Code.EMPTY,
    "a line of no sense": Code.CHANGED,
    "a node": Code.TREE,
    "an offer": Code.TABLES,
    "a checkpoint": Code.CHECKPOINT,
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_found(whole: tuple[Path, bytes], tmp_path: Path, name: str) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole[0], folder)
    assert verify(folder, keys=[KEY.verify_key], notes=[whole[1]]).sound
    with sqlite3.connect(folder / "market.db") as raw:
        TAMPERED[name](raw)
    raw.close()
    found = verify(folder, keys=[KEY.verify_key], notes=[whole[1]])
    assert not found.sound
    assert NAMED.get(name, found.faults[0].code) in {fault.code for fault in found.faults}


def test_a_record_made_anew_is_held_against_what_was_signed(whole: tuple[Path, bytes], tmp_path: Path) -> None:
    """Whoever writes all of it anew is found by a note that lies elsewhere, and not without one."""
    with open_market(tmp_path / "forged", at=NOW) as market:
        rng = random.Random(77)
        for _ in range(18):
            market.append(some(rng))
        market.sign(OTHER)
    assert verify(tmp_path / "forged").sound
    assert not verify(tmp_path / "forged", notes=[whole[1]]).sound
    assert not verify(tmp_path / "forged", keys=[KEY.verify_key]).sound, "signed by another"
