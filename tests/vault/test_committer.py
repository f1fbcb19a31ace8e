"""Group commit: rules 1 to 4 of `vault/committer.py`, on a real vault."""

import threading
import time
from collections.abc import Sequence

import pytest

from tests.vault.world import World
from wayseal.database import DatabaseError, DatabaseGoneError
from wayseal.model.records import Answer, Ask, Disclosed
from wayseal.vault.committer import Committer, Outcomes
from wayseal.vault.errors import BusyError, ReusedKeyError, VaultError
from wayseal.vault.requests import Decided, DiscloseJob


def job(world: World, number: str, actor: str = "courier-1", key: str | None = None) -> DiscloseJob:
    ask = Ask(waybill=number, purpose="deliver", reason="x")
    return world.vault.job(world.caller(actor), [ask], key=key)


def test_many_threads_get_their_own_answers(both: World) -> None:
    """Rule 1: every answer stands in the log, each once, and several share a commit."""
    both.now = time.time_ns() // 1000
    numbers = both.seal(60)
    groups: list[int] = []
    committer = Committer(both.vault.commit_group, both.vault.answer_group, seen=groups.append)
    answers: dict[str, Answer] = {}

    def work(mine: Sequence[str]) -> None:
        for number in mine:
            (answers[number],) = committer.submit(job(both, number)).result(30)

    threads = [threading.Thread(target=work, args=(numbers[n::12],)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    committer.close()
    assert all(isinstance(answer, Disclosed) and answer.waybill == n for n, answer in answers.items())
    assert len({answer.seq for answer in answers.values()}) == 60
    entries = both.entries()
    assert all(entries[answer.seq or 0].waybill == number for number, answer in answers.items())
    assert sum(groups) == 60
    assert max(groups) > 1


def test_a_job_that_fails_fails_alone(small: World) -> None:
    """Rule 2: an idempotency key that was used for something else."""
    one, other = small.seal(2)
    committer = Committer(small.vault.commit_group, small.vault.answer_group)
    small.vault.disclose(small.caller("courier-1"), job(small, one).asks, now=small.now, key="k")
    futures = [committer.submit(job(small, other, key=key)) for key in (None, "k", None)]
    assert isinstance(futures[0].result(10)[0].seq, int)
    with pytest.raises(ReusedKeyError):
        futures[1].result(10)
    futures[2].result(10)
    committer.close()


class _Breaks:
    """A vault that waits for its gate, and fails for jobs of one actor as a value that a database refuses would."""

    def __init__(self, world: World, error: Exception) -> None:
        self._world, self._error = world, error
        self.sizes: list[int] = []
        self.gate = threading.Event()

    def commit_group(self, jobs: Sequence[DiscloseJob], *, now: int) -> list[list[Decided] | VaultError]:
        self.gate.wait(10)
        self.sizes.append(len(jobs))
        if any(each.caller.actor == "courier-2" for each in jobs):
            raise self._error
        return self._world.vault.commit_group(jobs, now=now)

    def answer_group(self, jobs: Outcomes) -> list[list[Answer] | Exception]:
        return self._world.vault.answer_group(jobs)


@pytest.mark.parametrize("error", [DatabaseError("no"), RuntimeError("bug")])
def test_a_group_that_is_refused_is_tried_job_by_job(small: World, error: Exception) -> None:
    """Rule 2."""
    numbers = small.seal(5)
    breaks = _Breaks(small, error)
    committer = Committer(breaks.commit_group, breaks.answer_group)
    actors = ["courier-1", "courier-1", "courier-2", "courier-1", "courier-1"]
    first = committer.submit(job(small, numbers[0]))
    while committer.waiting:
        pass
    futures = [committer.submit(job(small, n, a)) for n, a in zip(numbers, actors, strict=True)]
    breaks.gate.set()
    first.result(10)
    for future, actor in zip(futures, actors, strict=True):
        if actor == "courier-2":
            with pytest.raises(type(error)):
                future.result(10)
        else:
            assert isinstance(future.result(10)[0].seq, int)
    committer.close()
    assert max(breaks.sizes) == 5


def test_a_database_that_is_gone_fails_the_group_once(small: World) -> None:
    (number,) = small.seal()
    breaks = _Breaks(small, DatabaseGoneError("gone"))
    breaks.gate.set()
    committer = Committer(breaks.commit_group, breaks.answer_group)
    with pytest.raises(DatabaseGoneError):
        committer.submit(job(small, number, "courier-2")).result(10)
    assert len(committer.submit(job(small, number)).result(10)) == 1
    committer.close()


def test_it_says_busy_and_goes_on(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 3."""
    numbers = small.seal(3)
    monkeypatch.setattr("wayseal.vault.committer.MOST_WAITING", 2)
    slow = _Breaks(small, DatabaseError("never"))
    committer = Committer(slow.commit_group, slow.answer_group)
    taken = [committer.submit(job(small, numbers[0]))]
    while committer.waiting:
        pass
    taken += [committer.submit(job(small, n)) for n in numbers[1:]]
    with pytest.raises(BusyError, match="too many"):
        committer.submit(job(small, numbers[0]))
    slow.gate.set()
    assert all(len(future.result(10)) == 1 for future in taken)
    committer.close()


def test_closing_finishes_what_was_taken(small: World) -> None:
    """Rule 4."""
    numbers = small.seal(20)
    committer = Committer(small.vault.commit_group, small.vault.answer_group)
    futures = [committer.submit(job(small, n)) for n in numbers]
    committer.close()
    assert all(future.done() for future in futures)
    assert len({future.result()[0].seq for future in futures}) == 20
    with pytest.raises(BusyError, match="stopping"):
        committer.submit(job(small, numbers[0]))


def test_a_group_is_bounded(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.vault.committer.MOST", 4)
    numbers = small.seal(12)
    groups: list[int] = []
    committer = Committer(small.vault.commit_group, small.vault.answer_group, seen=groups.append)
    futures = [committer.submit(job(small, n)) for n in numbers]
    for future in futures:
        future.result(10)
    committer.close()
    assert max(groups) <= 4
    assert sum(groups) == 12


def test_whoever_went_away_before_it_began_leaves_no_entry(small: World) -> None:
    numbers = small.seal(3)
    slow = _Breaks(small, DatabaseError("never"))
    committer = Committer(slow.commit_group, slow.answer_group)
    first = committer.submit(job(small, numbers[0]))
    while committer.waiting:
        pass
    gone, stays = (committer.submit(job(small, n)) for n in numbers[1:])
    assert gone.cancel()
    before = len(small.entries())
    slow.gate.set()
    first.result(10)
    stays.result(10)
    committer.close()
    assert [entry.waybill for entry in small.entries()[before:]] == [numbers[0], numbers[2]]
