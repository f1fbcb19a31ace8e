"""What threads finish comes to the loop."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from wayseal.server._async_vault import LoopFutures


def test_results_and_errors_arrive_each_where_it_is_waited_for() -> None:
    async def run() -> list[object]:
        futures = LoopFutures()
        theirs: list[Future[int]] = [Future() for _ in range(200)]
        mine = [futures.of(one) for one in theirs]

        def finish() -> None:
            for place, one in enumerate(theirs):
                if place % 3:
                    one.set_result(place)
                else:
                    one.set_exception(KeyError(place))

        thread = threading.Thread(target=finish)
        thread.start()
        done = await asyncio.gather(*mine, return_exceptions=True)
        thread.join()
        return list(done)

    done = asyncio.run(run())
    assert [one.args[0] if isinstance(one, KeyError) else one for one in done] == list(range(200))
    assert sum(isinstance(one, KeyError) for one in done) == 67


def test_who_goes_away_takes_nothing_back() -> None:
    async def run() -> None:
        futures = LoopFutures()
        theirs: Future[int] = Future()
        other: Future[int] = Future()
        mine, stays = futures.of(theirs), futures.of(other)
        mine.cancel()
        assert not theirs.cancelled()
        theirs.set_result(1)
        other.set_result(2)
        assert await stays == 2
        with pytest.raises(asyncio.CancelledError):
            await mine

    asyncio.run(run())


def test_what_finishes_after_the_loop_was_closed_is_nobodys() -> None:
    futures = LoopFutures()
    theirs: Future[int] = Future()

    async def run() -> None:
        futures.of(theirs)

    asyncio.run(run())
    theirs.set_result(1)
    assert theirs.result() == 1
