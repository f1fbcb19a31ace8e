"""Many deadlines with one timer, held to asyncio's own timeouts.

What threads finish comes to the loop.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any

import pytest
import uvloop

from wayseal.server._async_vault import LoopFutures
from wayseal.server._middleware import Deadlines

pytestmark = pytest.mark.once

FAST_ROUTES = 0.05
Within = Callable[[Awaitable[Any]], Awaitable[Any]]


async def theirs(work: Awaitable[Any]) -> Any:
    """asyncio's timeout, which says what is right."""
    async with asyncio.timeout(FAST_ROUTES):
        return await work


def ours() -> Within:
    return Deadlines(FAST_ROUTES).within


async def slow(seconds: float = 5.0) -> str:
    await asyncio.sleep(seconds)
    return "done"


async def stubborn() -> str:
    """Doesn't let itself be cancelled."""
    try:
        await asyncio.sleep(5)
    except asyncio.CancelledError:
        return "done"
    return "never"


async def breaks() -> None:
    try:
        await asyncio.sleep(5)
    finally:
        raise ValueError("broken")


async def wrong() -> None:
    raise ValueError("wrong")


async def nested(within: Within) -> str:
    """The inner one is over; the outer one goes on."""
    try:
        await within(slow())
    except TimeoutError:
        return "inner"
    return "none"


async def told(work: Awaitable[Any]) -> tuple[str, int]:
    """What comes of it, and how many cancellations are left on the task."""
    task = asyncio.current_task()
    assert task is not None
    try:
        result = str(await work)
    except (Exception, asyncio.CancelledError) as error:
        result = f"{type(error).__name__} of {type(error.__cause__).__name__}"
    return result, task.cancelling()


async def scenes(within: Within) -> list[tuple[str, int]]:
    async def cancelled(after: float, times: int = 1) -> tuple[str, int]:
        task = asyncio.create_task(told(within(slow())))
        await asyncio.sleep(after)
        for _ in range(times):
            task.cancel()
        return await task

    async def within_another() -> tuple[str, int]:
        async with asyncio.timeout(5):
            return await told(nested(within))

    async def cancelled_too() -> tuple[str, int]:
        """Cancelled from outside in the same turn of the loop in which its time is over."""
        task = asyncio.create_task(told(within(slow())))
        await asyncio.sleep(FAST_ROUTES / 5)
        asyncio.get_running_loop().call_later(FAST_ROUTES, task.cancel)
        time.sleep(FAST_ROUTES * 2)
        return await task

    return [
        await told(within(slow(0))),
        await told(within(slow())),
        await told(within(stubborn())),
        await told(within(breaks())),
        await told(within(wrong())),
        await cancelled(0),
        await cancelled(FAST_ROUTES / 5),
        await cancelled(FAST_ROUTES / 5, 2),
        await cancelled_too(),
        await within_another(),
    ]


@pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_what_comes_of_work_is_as_with_timeouts_of_asyncio(make_loop: Any) -> None:
    with asyncio.Runner(loop_factory=make_loop) as runner:
        expected = runner.run(scenes(theirs))
        assert runner.run(scenes(ours())) == expected
    assert [result for result, _ in expected][:5] == [
        "done",
        "TimeoutError of CancelledError",
        "done",
        "ValueError of NoneType",
        "ValueError of NoneType",
    ]
    assert expected[1][1] == expected[2][1] == expected[3][1] == 0
    assert expected[-2:] == [("CancelledError of NoneType", 1), ("inner", 0)]


def test_each_ends_at_its_own_time() -> None:
    async def one(deadlines: Deadlines, after: float) -> float:
        await asyncio.sleep(after)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await deadlines.within(slow())
        return time.monotonic() - began

    async def all_of() -> list[float]:
        deadlines = Deadlines(0.4)
        quick = [deadlines.within(slow(n / 2000)) for n in range(100)]
        late = [one(deadlines, n / 50) for n in range(20)]
        took = asyncio.gather(*late)
        assert await asyncio.gather(*quick) == ["done"] * 100
        await took
        # What comes after all that is over has its time, too.
        assert not deadlines._running
        await asyncio.sleep(0.5)
        assert deadlines._loop is None
        return [*took.result(), await one(deadlines, 0)]

    took = asyncio.run(all_of())
    assert min(took) > 0.395
    assert max(took) < 3


def test_one_timer_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    async def all_of() -> None:
        deadlines = Deadlines(60)
        loop = asyncio.get_running_loop()
        timers: list[float] = []
        monkeypatch.setattr(loop, "call_at", lambda when, *rest: timers.append(when))
        for _ in range(50):
            await deadlines.within(asyncio.sleep(0))
        assert len(timers) == 1

    asyncio.run(all_of())


def test_another_loop_has_a_timer_of_its_own() -> None:
    deadlines = Deadlines(FAST_ROUTES)
    for _ in range(3):
        assert asyncio.run(told(deadlines.within(slow(0)))) == ("done", 0)
        assert asyncio.run(told(deadlines.within(slow())))[0].startswith("TimeoutError")
        # Whose loop ended before its time was over.
        assert asyncio.run(told(deadlines.within(slow(0)))) == ("done", 0)


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
