"""The way between processes, both ends in one: rules 1 to 3 of `server/_link.py`, on a real vault."""

import io
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import Pipe
from pathlib import Path

import pytest

from tests.server.world import NUMBER, VALUES, World, world
from wayseal.model.errors import WaysealError
from wayseal.server._link import AT_ONCE, AnsweringEnd, CommittingEnd, _portions
from wayseal.server._logs import make_log
from wayseal.store.database import errors as database_errors
from wayseal.vault import errors as vault_errors
from wayseal.vault._acts import Ask, Caller, Disclosed, Parcel
from wayseal.vault._committer import Committer
from wayseal.vault._disclose import Decided, DiscloseJob
from wayseal.vault._show import Verdict
from wayseal.vault.errors import BusyError, ReusedKeyError, VaultError
from wayseal.vault.fields import Field

COURIER = Caller(client="all", actor="system-1", scopes=frozenset(), request="r")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        values = {Field(name): text for name, text in VALUES.items()}
        made.vault.seal(COURIER, [Parcel(waybill=f"{NUMBER}-{n}", values=values) for n in range(100)], now=_now())
        yield made


def _now() -> int:
    return time.time_ns() // 1000


class Ends:
    """Both ends of a link over a committer."""

    def __init__(self, service: World, commit: Callable[..., list[list[Decided] | VaultError]] | None = None) -> None:
        self.log = io.StringIO()
        self.theirs, ours = Pipe()
        self.committer: Committer[Verdict] = Committer(
            commit or service.vault.commit_group, service.vault.verdict_group
        )
        self.core = CommittingEnd(self.theirs, make_log(self.log))
        self.thread = threading.Thread(target=self.core.serve, args=(self.committer,))
        self.thread.start()
        self.front = AnsweringEnd(ours, service.vault.show_group)


@contextmanager
def ends(service: World, commit: Callable[..., list[list[Decided] | VaultError]] | None = None) -> Iterator[Ends]:
    made = Ends(service, commit)
    yield made
    made.front.close()
    made.thread.join(10)
    assert not made.thread.is_alive()
    made.committer.close()


def job(*numbers: int, key: str | None = None) -> DiscloseJob:
    asks = tuple(Ask(waybill=f"{NUMBER}-{n}", purpose="own_shipment", reason="x") for n in numbers)
    return DiscloseJob(caller=COURIER, asks=asks, key=key)


def test_every_job_comes_back_as_its_own_answer(service: World) -> None:
    """Rule 1, from many threads."""
    wrong: list[str] = []

    def ask(start: int, both: Ends) -> None:
        for n in range(start, 100, 8):
            (answer,) = both.front.submit(job(n)).result(30)
            if answer.waybill != f"{NUMBER}-{n}":
                wrong.append(answer.waybill)

    with ends(service) as both:
        threads = [threading.Thread(target=ask, args=(n, both)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert both.front.waiting == 0
    assert not wrong


def test_what_is_shown_is_what_one_process_shows(service: World) -> None:
    with ends(service) as both:
        over = both.front.submit(job(*range(30))).result(30)
    (here,) = service.vault.disclose_group([job(*range(30))], now=_now())
    assert isinstance(here, list)
    for one, other in zip(over, here, strict=True):
        assert type(one) is type(other)
        assert one.waybill == other.waybill
        if isinstance(one, Disclosed) and isinstance(other, Disclosed):
            assert (one.values, one.forms) == (other.values, other.forms)
            assert one.values


def test_errors_come_back_as_they_are(service: World) -> None:
    """Rule 1: of one job, while others of the message are answered."""
    with ends(service) as both:
        first = both.front.submit(job(1, key="k"))
        first.result(30)
        with pytest.raises(ReusedKeyError):
            both.front.submit(job(2, key="k")).result(30)
        assert len(both.front.submit(job(3)).result(30)) == 1
        both.committer.close()
        with pytest.raises(BusyError):
            both.front.submit(job(4)).result(30)


def test_what_nobody_expected_is_told_without_its_text(service: World) -> None:
    def breaks(jobs: Sequence[DiscloseJob], *, now: int) -> list[list[Decided] | VaultError]:
        raise ZeroDivisionError("Mk7Zq")

    with ends(service, breaks) as both, pytest.raises(RuntimeError, match="the process that commits failed"):
        both.front.submit(job(1)).result(30)
    assert "ZeroDivisionError" in both.log.getvalue()
    assert "Mk7Zq" not in both.log.getvalue()


def test_who_waits_is_told_when_the_other_end_is_gone(service: World) -> None:
    """Rule 1."""
    gate = threading.Event()

    def slow(jobs: Sequence[DiscloseJob], *, now: int) -> list[list[Decided] | VaultError]:
        gate.wait(10)
        return service.vault.commit_group(jobs, now=now)

    both = Ends(service, slow)
    future = both.front.submit(job(1))
    while not both.committer._queue and both.committer.waiting:
        time.sleep(0.01)
    both.front._connection.send([])  # What a process that ends says; the committing end lets go then.
    with pytest.raises(BusyError):
        future.result(10)
    both.thread.join(10)
    with pytest.raises(BusyError):
        both.front.submit(job(2))
    gate.set()
    both.committer.close()
    both.front.close()


def test_a_verdict_that_can_not_be_shown_hurts_nobody_else(service: World) -> None:
    real = service.vault.show_group

    def show(groups: Sequence[list[Verdict] | WaysealError]) -> list[list[object] | WaysealError]:
        if any(isinstance(group, list) and group[0].waybill.endswith("-13") for group in groups):
            raise ZeroDivisionError
        return real(groups)  # type: ignore[return-value]

    service.vault.show_group = show  # type: ignore[method-assign,assignment]
    with ends(service) as both:
        with pytest.raises(ZeroDivisionError):
            both.front.submit(job(13)).result(10)
        assert len(both.front.submit(job(14)).result(10)) == 1


def test_portions_keep_order_and_lose_nothing() -> None:
    """Rule 3's messages may be large; what was asked for first is shown first."""
    verdict = Verdict("w", 0, b"", "", "", "", {}, 0, b"", 0, None)
    sizes = [1, AT_ONCE - 1, 3 * AT_ONCE, 1, 2, 1]
    given = [(n, [verdict] * size) for n, size in enumerate(sizes)]
    portions = list(_portions([*given, (9, VaultError("x"))]))
    assert [n for some in portions for n, _ in some] == [0, 1, 2, 3, 4, 5, 9]
    assert [len(some) for some in portions] == [2, 1, 4]


@pytest.mark.parametrize("room", [vault_errors, database_errors])
def test_errors_survive_the_way(room: object) -> None:
    kinds = [one for one in vars(room).values() if isinstance(one, type) and issubclass(one, WaysealError)]
    assert kinds
    for kind in kinds:
        made = kind("text")
        again = pickle.loads(pickle.dumps(made))
        assert type(again) is kind
        assert str(again) == str(made)
