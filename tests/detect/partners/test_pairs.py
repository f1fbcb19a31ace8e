"""Which call of one log is which of the other, over arrays, against plain lists."""

from collections import defaultdict

import numpy as np
import numpy.typing as npt
import pytest

from wayseal.detect.partners._reads import Calls, Reads
from wayseal.detect.partners._reconcile import _near, match_by_id

pytestmark = pytest.mark.kernels
N, M, STEP = 150, 170, 7
Keys = npt.NDArray[np.uint64]


def drawn(seed: int, size: int) -> tuple[Keys, npt.NDArray[np.int64], Keys]:
    """Waybills, times and request ids (0: not logged), sorted by (waybill, time)."""
    chance = np.random.default_rng(seed)
    key, at = chance.integers(1, 40, size).astype(np.uint64), chance.integers(0, 60, size)
    order = np.lexsort((at, key))
    return key[order], at[order], chance.integers(0, 9, size).astype(np.uint64)


def test_equal_ids_go_together() -> None:
    """Of several with the same id and waybill the first with the first, and so on."""
    (key, at, request), (other, then, asked) = drawn(1, N), drawn(2, M)
    none, nowhere = np.zeros(N, np.uint64), np.full(M, -1)
    ours = Reads(
        waybill=key, at=at, actor=none, action=np.zeros(N, np.uint8), fields=none, ip=none, purpose=none,
        request=request,
    )  # fmt: skip
    theirs = Calls(waybill=other, at=then, actor=np.zeros(M, np.uint64), request=asked, fields=nowhere, ip=nowhere)
    free: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for b, pair in enumerate(zip(other.tolist(), asked.tolist(), strict=True)):
        free[pair].append(b)
    pairs = zip(key.tolist(), request.tolist(), strict=True)
    wanted = [free[pair].pop(0) if pair[1] and free[pair] else -1 for pair in pairs]
    found = match_by_id(ours, theirs)
    assert found.tolist() == wanted
    assert (found >= 0).sum() > 20


def test_near_times_go_together() -> None:
    """Waybill by waybill in order of time, of calls that are left on both sides."""
    (key, at, some), (other, then, others) = drawn(3, N), drawn(4, M)
    left, right = np.flatnonzero(some > 3), np.flatnonzero(others > 3)
    wanted = [-1] * N
    for waybill in set(key.tolist()):
        a = [i for i in left.tolist() if key[i] == waybill]
        b = [j for j in right.tolist() if other[j] == waybill]
        while a and b:
            if abs(at[a[0]] - then[b[0]]) <= STEP:
                wanted[a.pop(0)] = b.pop(0)
            elif at[a[0]] < then[b[0]]:
                a.pop(0)
            else:
                b.pop(0)
    found = np.full(N, -1, np.int64)
    _near(key, at, other, then, left, right, STEP, found)
    assert found.tolist() == wanted
    assert (found >= 0).sum() > 20
