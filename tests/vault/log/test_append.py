"""Rules of `_append` and `proofs`, on both databases.

What stands above the leaves, for a log of more than 65,536 entries; and sets of places.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from tests.vault.log.helpers import KEY, KINDS, MARKS, ORIGIN, START, database, entry, filled, signed
from tests.vault.log.test_integrity import looked
from wayseal.database import Connection, Database
from wayseal.merkle import Checkpoint, MerkleError, Tree, verify_consistency
from wayseal.merkle.bulk import stacked
from wayseal.merkle.hashing import leaf_hash
from wayseal.merkle.tiles import Tile, tiles
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log import Appended, Tail, append, make_checkpoint, newest_checkpoint, tail
from wayseal.vault.log.entries import count_places, encode, format_spans, make_spans, parse_spans, subtract_spans
from wayseal.vault.log.integrity import CandidateTile, Levels
from wayseal.vault.log.proofs import signed_at
from wayseal.vault.log.tiles import size, tile, tile_named, tree


@pytest.fixture(scope="module", params=KINDS)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with database(request.param, tmp_path_factory.mktemp("log")) as found:
        yield found


@pytest.fixture
def made(opened: Database) -> Database:
    """A database with an empty log."""
    for table in (t.entries, t.nodes, t.checkpoints):
        opened.write(Connection.execute, table.delete())
    return opened


def leaves(connection: Connection) -> list[bytes]:
    return [bytes(r.leaf) for r in connection.execute(sa.select(t.entries).order_by(t.entries.c.seq))]


@pytest.mark.parametrize("groups", [(1, 1, 1), (255, 1, 1), (256,), (250, 12, 600, 3), (700,)])
def test_the_tables_hold_the_tree(made: Database, groups: tuple[int, ...]) -> None:
    last: Tail | None = None
    first = 0
    for count in groups:
        done = made.write(append, MARKS, [entry(first + n) for n in range(count)], tail=last)
        assert (done.first, len(done.leaves), done.tail.size) == (first, count, first + count)
        first, last = first + count, done.tail
        assert made.read(tail) == last
    stored = made.read(leaves)
    right = Tree.of(stacked(stored))
    assert made.read(size) == first
    assert made.read(lambda c: tree(c).root()) == right.root() == last.tree().root() if last else False
    rows = made.read(lambda c: c.execute(sa.select(t.entries)).all())
    assert all(leaf_hash(r.salt + r.entry) == r.leaf and r.entry == encode(entry(r.seq)) for r in rows)
    assert len({bytes(r.salt) for r in rows}) == first
    for one in tiles(first):
        assert tile_named(one.path) == one
        assert made.read(tile, first, one) == b"".join(
            right._complete((one.first + n) << 8 * one.level, (one.first + n + 1) << 8 * one.level)
            for n in range(one.width)
        )


def test_a_tail_grows_like_the_tree_through_three_levels() -> None:
    hashes = [leaf_hash(n.to_bytes(4, "big")) for n in range(66_000)]
    grown, start = Tail(), 0
    nodes: list[tuple[int, int, bytes]] = []
    for count in (1, 254, 1, 1, 65_000, 278, 1, 464):
        grown, some = grown.grown(hashes[start : start + count])
        nodes, start = nodes + some, start + count
        assert grown.tree().root() == Tree.of(stacked(hashes[:start])).root()
    assert start == grown.size == 66_000
    assert sorted((level, place) for level, place, _ in nodes) == [*((1, n) for n in range(257)), (2, 0)]
    assert grown.grown([]) == (grown, [])


def test_a_stale_tail_makes_no_second_history(made: Database) -> None:
    empty = made.read(tail)
    filled(made, 300)
    stale = made.read(tail)
    other = made.write(append, MARKS, [entry(300)])
    for old in (empty, stale, Tail(size=301, last=b"x" * 32, edges=(b"x" * 45 * 32, b"x" * 32))):
        done = made.write(append, MARKS, [entry(301)], tail=old)
        assert done.first == made.read(size) - 1
    assert other.first == 300
    with_nothing = made.write(lambda c: (c.execute(t.entries.delete()), append(c, MARKS, [entry(0)], tail=stale))[1])
    assert with_nothing.first == 0
    made.write(lambda c: (c.execute(t.entries.delete()), c.execute(t.nodes.delete())))
    filled(made, 300)
    assert made.read(lambda c: tree(c).root()) == Tree.of(stacked(made.read(leaves))).root()


def test_a_tail_of_what_was_rolled_back_is_noticed(made: Database) -> None:
    filled(made, 250)
    kept: list[Appended] = []

    def fails(connection: Connection) -> None:
        kept.append(append(connection, MARKS, [entry(n) for n in range(5)]))
        raise KeyError

    with pytest.raises(KeyError):
        made.write(fails)
    made.write(append, MARKS, [entry(n) for n in range(5)])
    made.write(append, MARKS, [entry(n) for n in range(5)], tail=kept[0].tail)
    assert made.read(lambda c: tree(c).root()) == Tree.of(stacked(made.read(leaves))).root()


def test_nothing_goes_on_from_a_log_that_lacks_something(made: Database) -> None:
    filled(made, 530)
    made.write(lambda c: c.execute(t.nodes.delete().where(t.nodes.c.place == 0)))
    with pytest.raises(LogChangedError, match="level 1"):
        made.write(append, MARKS, [entry(1)])
    made.write(lambda c: c.execute(t.entries.delete().where(t.entries.c.seq == 515)))
    with pytest.raises(LogChangedError, match="level 0"):
        made.write(append, MARKS, [entry(1)])


def test_nothing_is_appended_for_nothing_and_salts_must_fit(made: Database) -> None:
    assert made.write(append, MARKS, []).tail == Tail()
    with pytest.raises(ValueError, match="salt"):
        made.write(append, MARKS, [entry(0)], b"short")


def test_checkpoints_are_signed_once_a_size(made: Database) -> None:
    assert made.read(newest_checkpoint) is None
    notes = [signed(made), signed(made, START + 1)]
    assert notes[0] == notes[1]
    filled(made, 300)
    notes.append(signed(made, START + 5))
    filled(made, 700, first=300)
    notes.append(signed(made, START + 9))
    points = [Checkpoint.open(n, [KEY.verify_key])[0] for n in notes]
    assert [(p.origin, p.size, signed_at(p)) for p in points[1:]] == [
        (ORIGIN, 0, START), (ORIGIN, 300, START + 5), (ORIGIN, 1000, START + 9),
    ]  # fmt: skip
    assert made.read(newest_checkpoint) == notes[-1].decode()
    path = made.read(lambda c: tree(c).consistency(300, 1000))
    assert verify_consistency(300, points[2].root, 1000, points[3].root, path)


@pytest.mark.parametrize("how", ["cut", "rewritten", "scribbled"])
def test_a_history_that_was_written_anew_is_not_signed(made: Database, how: str) -> None:
    filled(made, 300)
    signed(made)
    if how == "cut":
        made.write(lambda c: c.execute(t.entries.delete().where(t.entries.c.seq > 290)))
    elif how == "rewritten":
        made.write(lambda c: c.execute(t.entries.update().where(t.entries.c.seq == 299).values(leaf=b"x" * 32)))
    else:
        made.write(lambda c: c.execute(t.checkpoints.update().values(note="nothing")))
    with pytest.raises(LogChangedError, match="newest checkpoint"):
        made.write(make_checkpoint, ORIGIN, KEY, START)


@each(
    "path",
    ["", "0", "0/1", "0/0001", "64/000", "0/000.p/256", "0/000.p/0", "0/000.p/01", "0/x000/001", "0/x001/1", "-1/000",
     "0/001/", "0/0٠0", "00/000", "0/x001/x002/003.p/", "checkpoint"],
)  # fmt: skip
def test_what_names_no_tile(path: str) -> None:
    assert tile_named(path) is None


def test_tiles_that_a_tree_does_not_have(made: Database) -> None:
    filled(made, 300)
    at_hand = Tile(level=0, index=1, width=44)
    assert made.read(tile, 300, at_hand)
    for wrong in ({"width": 45}, {"index": 2}, {"level": 1}, {"width": 0}, {"index": -1}):
        assert made.read(tile, 300, replace(at_hand, **wrong)) is None
    with pytest.raises(MerkleError):
        made.read(lambda c: tree(c).root(301))


def test_signed_at_needs_one_plain_number() -> None:
    point = Checkpoint(origin="o", size=0, root=bytes(32))
    for more in ((), ("at x",), ("at ١",), ("at 1", "at 2"), ("at -1",)):
        assert signed_at(replace(point, more=more)) is None


def found(nodes: dict[tuple[int, int], bytes], hashes: list[bytes], roots: dict[int, bytes]) -> Iterator[object]:
    """What is named: findings, checkpoints that hold, tiles in doubt."""
    named: list[object] = []
    levels = Levels(
        lambda level, place: nodes.get((level, place)), lambda code, where: named.append((str(code), where))
    )
    for first in range(0, len(hashes), 256):
        tile = CandidateTile(first=first, options=[hashes[first : first + 256]])
        counts = levels.judge(tile) if tile.full else b""
        named += [n for n, root in roots.items() if first <= n < first + 256 and levels.fits(root, n, tile)]
        if tile.full:
            levels.add(tile, counts)
    return iter([*named, *levels.doubted()])


def test_three_levels_as_they_were_written_and_changed() -> None:
    leaves = np.random.default_rng(5).integers(0, 256, (66_000, 32), np.uint8)
    hashes = [row.tobytes() for row in leaves]
    nodes = {(level, place): hash_ for level, place, hash_ in Tail().grown(hashes)[1]}
    roots = {n: Tree.of(leaves[:n]).root() for n in (300, 65_536, 65_999)}
    assert list(found(nodes, hashes, roots)) == [300, 65_536, 65_999]
    assert list(found({**nodes, (2, 0): bytes(32)}, hashes, {})) == [("node", "nodes/2/0")]
    assert list(found({k: v for k, v in nodes.items() if k != (2, 0)}, hashes, {})) == [("node-missing", "nodes/2/0")]
    other = [*hashes]
    other[700] = bytes(32)
    assert list(found(nodes, other, roots)) == [300, 65_536, 65_999, (2, True)]
    assert list(found({**nodes, (1, 2): bytes(32)}, hashes, roots)) == [300, 65_536, 65_999, (2, False)]


@pytest.mark.parametrize("size", [0, 256, 512])
def test_checkpoints_of_whole_tiles(size: int, tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as made:
        filled(made, size)
        signed(made, START)
        assert [k.size for k in looked(made).checkpoints] == [size]


PLACES = st.sets(st.integers(0, 40))


@given(PLACES, PLACES)
def test_spans_are_sets(some: set[int], others: set[int]) -> None:
    spans = make_spans(some)
    assert count_places(spans) == len(some)
    assert not some or parse_spans(format_spans(spans)) == spans
    left = [n for first, last in subtract_spans(spans, make_spans(others)) for n in range(first, last + 1)]
    assert left == sorted(some - others)


@each("text", ["", "-1", "1-", "01", "1,", "1 ,2", "x", "1-2-3", "١", "9-3"])
def test_what_names_no_places(text: str) -> None:
    with pytest.raises(VaultError):
        parse_spans(text)
