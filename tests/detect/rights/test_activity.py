"""What each account did, counted read by read, against the same counts in NumPy."""

import numpy as np
import pytest

from wayseal.detect.rights._activity import _count

N, ACCOUNTS, ACTIONS, NEVER = 300, 7, 4, 2**62


@pytest.mark.kernels
def test_reads_are_counted_by_account_and_action() -> None:
    chance = np.random.default_rng(5)
    at, actor = chance.integers(0, 1000, N), chance.integers(0, ACCOUNTS - 1, N).astype(np.int32)
    action, beyond = chance.integers(0, ACTIONS, N).astype(np.uint8), chance.random(N) < 0.3
    bounds = np.column_stack([chance.integers(0, 1000, ACCOUNTS), np.full(ACCOUNTS, NEVER)])
    reads, after = np.zeros((ACCOUNTS, ACTIONS, 2), np.int64), np.zeros((ACCOUNTS, 2), np.int64)
    ends = np.column_stack([np.zeros(ACCOUNTS, np.int64), np.full(ACCOUNTS, NEVER), np.full(ACCOUNTS, -1)])
    for part in (slice(0, 100), slice(100, N), slice(N, N)):
        _count(at[part], actor[part], action[part], beyond[part], 400, bounds, reads, ends, after)
    for a in range(ACCOUNTS):
        mine = at[actor == a]
        assert ends[a].tolist() == ([len(mine), mine.min(), mine.max()] if len(mine) else [0, NEVER, -1])
        assert after[a].tolist() == [int((mine >= bounds[a, 0]).sum()), 0]
        for k in range(ACTIONS):
            chosen = (actor == a) & (action == k) & (at >= 400)
            assert reads[a, k].tolist() == [int((chosen & ~beyond).sum()), int((chosen & beyond).sum())]
