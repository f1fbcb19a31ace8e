"""What stands above the leaves, for a log of more than 65,536 entries; and sets of places."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import each
from tests.vault.log.helpers import START, database, filled, signed
from tests.vault.log.test_integrity import looked
from wayseal.merkle import Tree
from wayseal.vault.errors import VaultError
from wayseal.vault.log.entries import count_places, format_spans, make_spans, parse_spans, subtract_spans
from wayseal.vault.log.integrity import CandidateTile, Levels
from wayseal.vault.log.tiles import Tail


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
