"""Rule 1: a process that is killed amid its writes loses nothing that was acknowledged, and leaves no half of any."""

from contextlib import suppress
from multiprocessing import Pipe

import pytest
import sqlalchemy as sa

from tests.database.places import opened
from tests.database.writing import write_for_ever
from tests.forking import forked


@pytest.mark.parametrize("after", [1, 40])
def test_nothing_acknowledged_is_lost(after: int, url: str) -> None:
    ours, theirs = Pipe(duplex=False)
    with ours:
        process = forked(write_for_ever, url, theirs)
        theirs.close()
        last = [ours.recv() for _ in range(after)][-1]
        process.kill()
        with suppress(EOFError):
            while True:
                last = ours.recv()
        process.join()
    with opened(url) as database:
        found = database.read(
            lambda c: [tuple(r) for r in c.execute(sa.text("SELECT i, half FROM k ORDER BY i, half"))]
        )
    known = {(i, half) for i in range(last + 1) for half in (1, 2)}
    # One more may have been done without a word of it.
    assert set(found) in (known, known | {(last + 1, 1), (last + 1, 2)})
