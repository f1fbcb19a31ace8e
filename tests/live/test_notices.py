"""The record of notices, and how receivers are told (`wayseal.live.notices`)."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.noticed import noticed, withdrawn
from wayseal.live import notices
from wayseal.live.errors import RecordError
from wayseal.live.notices import FILE, Delivery, Muted, NoticeRecord, Send, each, open_notices, read_notices
from wayseal.live.types import Notice, NoticeKind
from wayseal.model.messages import Message

MUTED = Muted(mute="m-1", why="a new hub")


@contextmanager
def delivering(
    folder: Path, first: Mapping[str, Send], beside: Mapping[str, Send], say: Callable[[Message], None] = print
) -> Iterator[tuple[NoticeRecord, Delivery]]:
    all_first = {name: each(send) for name, send in first.items()}
    with open_notices(folder) as record, Delivery(record, all_first, beside, say) as delivery:
        yield record, delivery


def until(there: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not there():
        assert time.monotonic() < end
        time.sleep(0.005)


class Told:
    """A receiver. fails: how often it can't be told."""

    def __init__(self, fails: int = 0) -> None:
        self.had: list[str] = []
        self.fails = fails

    def __call__(self, notice: Notice) -> bool:
        if self.fails:
            self.fails -= 1
            raise ConnectionError
        self.had.append(notice.id)
        return True


def test_each_is_told_once_and_in_order(tmp_path: Path) -> None:
    first, beside = Told(), Told()
    with delivering(tmp_path, {"acts": first}, {"soc": beside}) as (record, delivery):
        assert [one.id for one in record.add([noticed("a"), noticed("b")])] == ["a", "b"]
        assert not delivery.deliver()
        assert first.had == ["a", "b"]
    assert beside.had == ["a", "b"]
    with delivering(tmp_path, {"acts": first}, {"soc": beside, "new": (new := Told())}) as (record, delivery):
        assert record.add([noticed("b"), noticed("c")]) == [noticed("c")]
        delivery.deliver()
    assert first.had == beside.had == ["a", "b", "c"]
    assert new.had == ["c"]


def test_who_cannot_be_told_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "_LONGEST_PAUSE", 0.02)
    stands, said = threading.Event(), list[str]()
    fails, told = Told(3), Told()
    slow: list[str] = []

    def hang(notice: Notice) -> bool:
        stands.wait()
        slow.append(notice.id)
        return True

    beside: dict[str, Send] = {"slow": hang, "down": fails, "soc": told}
    with delivering(tmp_path, {}, beside, lambda m: said.append(m.text.split()[1])) as (record, delivery):
        for k in range(5):
            record.add([noticed(str(k))])
            delivery.deliver()
        until(lambda: len(told.had) == len(fails.had) == 5)
        until(lambda: len(said) == 2)
        assert (slow, len(record.waiting("slow"))) == ([], 5)
        stands.set()
    assert slow == ["0", "1", "2", "3", "4"]
    assert said == ["can't", "has"]


def test_what_comes_once_all_were_told_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_notices(tmp_path) as record:
        record.add([noticed("a")])
        waiting = record.waiting

        def and_one_more(name: str) -> list[Notice]:
            found = waiting(name)
            if not found and "b" not in record.notices:
                record.add([noticed("b")])
            return found

        monkeypatch.setattr(record, "waiting", and_one_more)
        assert record.tell("soc", each(Told())) == 0


def test_the_end_waits_for_nobody_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "LAST", 0.1)
    stands, ended = threading.Event(), threading.Event()

    def hang(_notice: Notice) -> bool:
        stands.wait()
        ended.set()
        return True

    with delivering(tmp_path, {}, {"slow": hang}) as (record, delivery):
        record.add([noticed("a"), noticed("b")])
        delivery.deliver()
    size = (tmp_path / FILE).stat().st_size
    stands.set()
    assert ended.wait(10)
    time.sleep(0.05)
    assert (tmp_path / FILE).stat().st_size == size
    assert [one.id for one in read_notices(tmp_path).waiting("slow")] == ["a", "b"]


def test_what_follows_is_tried_again_and_its_errors_are_told(tmp_path: Path) -> None:
    answers = [False, True]
    with delivering(tmp_path, {"acts": lambda _notice: answers.pop(0)}, {}, lambda _message: None) as (record, both):
        record.add([noticed("a")])
        assert both.deliver()
        assert not both.deliver()
    with delivering(tmp_path, {"acts": Told(1)}, {}) as (record, both):
        record.add([noticed("b")])
        with pytest.raises(ConnectionError):
            both.deliver()


def test_a_disk_that_refuses_is_told_by_the_next_delivery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with delivering(tmp_path, {}, {"soc": Told()}) as (record, both):
        record.add([noticed("a")])

        def refuse(*_: object) -> None:
            raise OSError(28, "")

        monkeypatch.setattr(record, "_write", refuse)
        both.deliver()
        until(lambda: not any(t.is_alive() for t in both._threads))
        with pytest.raises(OSError, match="28"):
            both.deliver()


def test_a_muted_notice_is_acted_on_and_told_nobody(tmp_path: Path) -> None:
    acts, soc = Told(), Told()
    quiet = {"a", "c"}
    with delivering(tmp_path, {"acts": acts}, {"soc": soc}) as (record, both):
        some = [
            noticed("a"),
            noticed("b"),
            withdrawn("a-", "a"),
            withdrawn("b-", "b"),
            noticed("c"),
            noticed("c+", kind=NoticeKind.CHANGED, raised="c"),
            withdrawn("c-", "c"),
        ]
        record.add(some, lambda one: MUTED if one.id in quiet else None)
        both.deliver()
    assert acts.had == [one.id for one in some]
    assert soc.had == ["b", "b-", "c+", "c-"]
    assert read_notices(tmp_path).muted == {"a": MUTED, "a-": MUTED, "c": MUTED}
    with delivering(tmp_path, {}, {"soc": soc}) as (record, both):
        record.add([withdrawn("a--", "a")], lambda _notice: None)
        both.deliver()
    assert soc.had == ["b", "b-", "c+", "c-"]


def test_a_record_that_was_changed_is_refused(tmp_path: Path) -> None:
    with open_notices(tmp_path) as record:
        record.add([noticed("a")], lambda _notice: MUTED)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes().replace(b"a new hub", b"an old hub"))
    with pytest.raises(RecordError, match=":2"):
        read_notices(tmp_path)
