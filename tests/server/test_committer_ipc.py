"""The way between processes, both ends in one: rules 1 to 4 of `server/_committer_ipc.py`, on a real vault."""

import asyncio
import io
import pickle
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
import uvloop

from tests.server.world import NUMBER, VALUES, World, world
from wayseal.database import errors as database_errors
from wayseal.model.errors import WaysealError
from wayseal.model.fields import Field
from wayseal.model.records import Answer, Ask, Disclosed, Parcel
from wayseal.server._committer_ipc import AT_ONCE, CommitterEnd, Frames, WorkerEnd, frame, split_results
from wayseal.service.log import make_log
from wayseal.vault import errors as vault_errors
from wayseal.vault.committer import Commits
from wayseal.vault.errors import BusyError, ReusedKeyError, VaultError
from wayseal.vault.requests import Caller, Decided, DiscloseJob, Verdict

T = TypeVar("T")
COURIER = Caller(client="all", actor="system-1", scopes=frozenset(), request="r")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        values = {Field(name): text for name, text in VALUES.items()}
        made.vault.seal(COURIER, [Parcel(waybill=f"{NUMBER}{n:03d}", values=values) for n in range(100)], now=_now())
        yield made


def _now() -> int:
    return time.time_ns() // 1000


class Core:
    """The committing end, in a thread, with as many other ends as are asked for."""

    def __init__(self, service: World, commit: Commits | None = None, ends: int = 1) -> None:
        self.log = io.StringIO()
        self.groups: list[int] = []
        pairs = [socket.socketpair() for _ in range(ends)]
        self.ends = [theirs for _, theirs in pairs]
        made = CommitterEnd(
            [ours for ours, _ in pairs],
            commit or service.vault.commit_group,
            service.vault.verdict_group,
            self.groups.append,
            make_log(self.log),
        )
        self.thread = threading.Thread(target=made.serve, daemon=True)
        self.thread.start()

    def run(self, work: Callable[..., Awaitable[T]], show: Callable[..., list[list[Answer] | Exception]]) -> T:
        """What `work` returns of an answering end for each of the ends; afterwards all are closed."""

        async def all_() -> T:
            fronts = [WorkerEnd(end, show) for end in self.ends]
            try:
                return await work(*fronts)
            finally:
                for front in fronts:
                    front.close()
                await asyncio.sleep(0)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            done = runner.run(all_())
        self.thread.join(10)
        assert not self.thread.is_alive()
        return done


def job(*numbers: int, key: str | None = None) -> DiscloseJob:
    asks = tuple(Ask(waybill=f"{NUMBER}{n:03d}", purpose="own_shipment", reason="x") for n in numbers)
    return DiscloseJob(caller=COURIER, asks=asks, key=key)


def test_every_job_comes_back_as_its_own_answer(service: World) -> None:
    """Rules 1 and 3, from two processes' worth of callers."""

    async def work(*fronts: WorkerEnd) -> list[list[Answer]]:
        jobs = [fronts[n % 2].disclose(job(n)) for n in range(100)]
        done = list(await asyncio.gather(*jobs))
        assert [front.waiting for front in fronts] == [0, 0]
        return done

    core = Core(service, ends=2)
    done = core.run(work, service.vault.show_group)
    assert [one.waybill for (one,) in done] == [f"{NUMBER}{n:03d}" for n in range(100)]
    assert len({one.seq for (one,) in done}) == 100
    assert sum(core.groups) == 100
    assert len(core.groups) < 20


def test_what_is_shown_is_what_one_process_shows(service: World) -> None:
    over = Core(service).run(lambda front: front.disclose(job(*range(100))), service.vault.show_group)
    (here,) = service.vault.disclose_group([job(*range(100))], now=_now())
    assert isinstance(here, list)
    for one, other in zip(over, here, strict=True):
        assert one.waybill == other.waybill
        assert isinstance(one, Disclosed)
        assert isinstance(other, Disclosed)
        assert one.values
        assert (one.values, one.forms) == (other.values, other.forms)


def test_errors_come_back_as_they_are(service: World) -> None:
    """Rule 1: of one job, while others of the message are answered."""

    async def work(front: WorkerEnd) -> list[object]:
        await front.disclose(job(1, key="k"))
        jobs = [front.disclose(one) for one in (job(2), job(2, key="k"), job(3))]
        return list(await asyncio.gather(*jobs, return_exceptions=True))

    done = Core(service).run(work, service.vault.show_group)
    assert [type(one) for one in done] == [list, ReusedKeyError, list]


def test_what_nobody_expected_is_told_without_its_text(service: World) -> None:
    def breaks(jobs: Sequence[DiscloseJob], *, now: int) -> list[list[Decided] | VaultError]:
        raise ZeroDivisionError("Mk7Zq")

    core = Core(service, breaks)
    with pytest.raises(RuntimeError, match="the process that commits failed"):
        core.run(lambda front: front.disclose(job(1)), service.vault.show_group)
    assert "ZeroDivisionError" in core.log.getvalue()
    assert "Mk7Zq" not in core.log.getvalue()


def test_who_waits_is_told_when_the_other_end_is_gone(service: World) -> None:
    """Rule 1, and whoever comes afterwards is told, too."""
    ours, theirs = socket.socketpair()

    async def work() -> list[object]:
        front = WorkerEnd(ours, service.vault.show_group)
        waiting = asyncio.ensure_future(front.disclose(job(1)))
        while not await asyncio.to_thread(theirs.recv, 1 << 16):
            pass
        theirs.close()
        first = await asyncio.gather(waiting, return_exceptions=True)
        second = await asyncio.gather(front.disclose(job(2)), return_exceptions=True)
        front.close()
        return [*first, *second]

    assert [type(one) for one in asyncio.run(work())] == [BusyError, BusyError]


def test_an_end_that_is_gone_takes_nobody_along(service: World) -> None:
    """What it sent is committed; the others are answered."""
    core = Core(service, ends=2)
    core.ends[0].sendall(frame([(7, job(1))]) + frame([(8, job(2))])[:-1])
    core.ends.pop(0).close()
    (answer,) = core.run(lambda front: front.disclose(job(3)), service.vault.show_group)
    assert isinstance(answer, Disclosed)
    assert sum(core.groups) == 2


def test_who_goes_away_takes_nothing_back(service: World) -> None:
    async def work(front: WorkerEnd) -> list[Answer]:
        task = asyncio.ensure_future(front.disclose(job(1)))
        await asyncio.sleep(0)
        task.cancel()
        return await front.disclose(job(2))

    core = Core(service)
    (answer,) = core.run(work, service.vault.show_group)
    assert answer.waybill == f"{NUMBER}002"
    assert sum(core.groups) == 2


def test_too_much_that_waits_is_not_taken(service: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.server._committer_ipc.MOST_WAITING", 2)

    async def work(front: WorkerEnd) -> list[object]:
        jobs = [front.disclose(job(n)) for n in range(3)]
        done: list[object] = list(await asyncio.gather(*jobs, return_exceptions=True))
        return [*done, await front.disclose(job(9))]

    done = Core(service).run(work, service.vault.show_group)
    assert [type(one) for one in done] == [list, list, BusyError, list]


def test_what_can_not_be_shown_hurts_nobody_else(service: World) -> None:
    def show(came: Sequence[list[Verdict] | Exception]) -> list[list[Answer] | Exception]:
        if any(isinstance(one, list) and one[0].waybill.endswith("013") for one in came):
            raise ZeroDivisionError
        return service.vault.show_group(came)

    async def work(front: WorkerEnd) -> list[object]:
        first = await asyncio.gather(front.disclose(job(13)), return_exceptions=True)
        return [*first, await front.disclose(job(14))]

    assert [type(one) for one in Core(service).run(work, show)] == [ZeroDivisionError, list]


def test_portions_keep_order_and_lose_nothing() -> None:
    verdict = Verdict("w", 0, b"", "", "", "", {}, 0, b"", 0, None)
    sizes = [1, AT_ONCE - 1, 3 * AT_ONCE, 1, 2, 1]
    given = [(n, [verdict] * size) for n, size in enumerate(sizes)]
    made = list(split_results([*given, (9, VaultError("x"))]))
    assert [n for some in made for n, _ in some] == [0, 1, 2, 3, 4, 5, 9]
    assert [len(some) for some in made] == [2, 1, 4]


@pytest.mark.parametrize("step", [1, 3, 7, 1000, 1_000_000])
def test_messages_come_out_of_any_pieces(step: int) -> None:
    messages = [[], [(1, "x" * 500)], b"y" * 70_000, {"z": None}]
    data = b"".join(frame(one) for one in messages)
    frames = Frames()
    assert [one for at in range(0, len(data), step) for one in frames.feed(data[at : at + step])] == messages


@pytest.mark.parametrize("room", [vault_errors, database_errors])
def test_errors_survive_the_way(room: object) -> None:
    kinds = [one for one in vars(room).values() if isinstance(one, type) and issubclass(one, WaysealError)]
    assert kinds
    for kind in kinds:
        made = kind("text")
        again = pickle.loads(pickle.dumps(made))
        assert type(again) is kind
        assert str(again) == str(made)
