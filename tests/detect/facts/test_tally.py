"""Tables of counts that begin far too small: what they grow to hold is what a plain count finds."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from wayseal.detect.facts import _tally
from wayseal.detect.facts._tally import ADDRESS, HOURS, SHOWN, USES, CounterTable
from wayseal.detect.facts._walk import _count_with_room

pytestmark = pytest.mark.kernels
N, DAY = 400, 86_400_000_000
CHANCE = np.random.default_rng(3)
AT = np.sort(CHANCE.integers(0, 3 * DAY, N))
ACTOR = CHANCE.integers(0, 9, N).astype(np.int32)
VALUE = CHANCE.integers(0, 30, N).astype(np.uint64)
KIND = CHANCE.integers(0, 4, N).astype(np.uint8)
WHY = CHANCE.choice([0, 1, 5, 253, 254], N).astype(np.uint8)


def test_hours() -> None:
    table = CounterTable(HOURS, 4)
    _count_with_room(table, lambda i, t: _tally.count_hours(i, AT, ACTOR, WHY, 1, t.slots, t.room), N)
    expected: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for at, actor, why in zip(AT.tolist(), ACTOR.tolist(), WHY.tolist(), strict=True):
        cell = expected[actor, at // (DAY // 24)]
        cell[0] += 1
        cell[1] += why != 253
        cell[2] += why == 0
    ids, counts = table.rows()
    found = {divmod(key, 1 << 32): row for (key,), row in zip(ids.tolist(), counts.tolist(), strict=True)}
    assert found == expected
    assert len(table.slots) * 6 // 10 >= len(found) > 100


def test_uses() -> None:
    table = CounterTable(USES, 4)
    _count_with_room(table, lambda i, t: _tally.count_uses(i, AT, ACTOR, VALUE, ADDRESS, 0, t.slots, t.room), N)
    expected: dict[tuple[int, int], list[int]] = {}
    for at, actor, value in zip(AT.tolist(), ACTOR.tolist(), VALUE.tolist(), strict=True):
        if value:
            cell = expected.setdefault((actor << 32 | at // DAY << 2 | ADDRESS, value), [0, at, at])
            cell[0], cell[2] = cell[0] + 1, at
    ids, counts = table.rows()
    assert {tuple(k): row for k, row in zip(ids.tolist(), counts.tolist(), strict=True)} == expected


def test_marks_that_go_to_late_reads() -> None:
    """Of each pair whose first read is a late one, the first of those that were there before lost its mark."""
    key = np.sort(CHANCE.integers(0, 40, N)).astype(np.uint64)
    actor, fresh = CHANCE.integers(0, 5, N).astype(np.uint64), CHANCE.random(N) < 0.4
    pairs = list(zip(key.tolist(), actor.tolist(), strict=True))
    first = np.array([pair not in pairs[:n] for n, pair in enumerate(pairs)])
    rows: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for n, pair in enumerate(pairs):
        rows[pair].append(n)
    older = [[n for n in mine if not fresh[n]] for mine in rows.values() if fresh[mine[0]]]
    found = _tally.find_demoted(key, actor, first, fresh)
    assert found.tolist() == sorted(some[0] for some in older if some)
    assert not all(older)
    assert len(found) > 20


def test_shown() -> None:
    table = CounterTable(SHOWN, 4)
    purpose, fields = VALUE % np.uint64(3), VALUE % np.uint64(5)
    _count_with_room(table, lambda i, t: _tally.count_shown(i, AT, ACTOR, KIND, purpose, fields, 0, t.slots, t.room), N)
    rows = zip(AT.tolist(), ACTOR.tolist(), KIND.tolist(), purpose.tolist(), fields.tolist(), strict=True)
    expected = Counter((actor << 32 | at // DAY << 4 | kind, p, f) for at, actor, kind, p, f in rows)
    ids, counts = table.rows()
    assert {tuple(k): n for k, (n,) in zip(ids.tolist(), counts.tolist(), strict=True)} == expected
