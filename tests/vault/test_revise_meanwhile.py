"""What others do while something is changed, and crashes: obligations 3, 4 and 6 of `vault/_revise.py`."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.forking import forked
from tests.vault.dying import revise_until
from tests.vault.revising import (
    ADDRESS,
    NEW,
    PHONE,
    asking,
    change,
    changed,
    findings,
    keys,
    parcel,
    put_back,
    record,
    refused,
    whole,
)
from tests.vault.world import DAY, OPERATOR, ORIGIN, SECRETS, World, person, tables, world
from wayseal.model.fields import Field
from wayseal.model.records import Disclosed, Refused, Revised
from wayseal.vault import Vault, _revise
from wayseal.vault.data_keys import rewrap_keys
from wayseal.vault.errors import BusyError
from wayseal.vault.keyring import KeyPurpose, LocalKeys
from wayseal.vault.log import EntryKind
from wayseal.vault.verification import RecordCode


def between(at: World, monkeypatch: pytest.MonkeyPatch, step: str, act: Callable[[], object]) -> None:
    """Has `act` happen once, right before a step of the next change."""
    for database in (at.main, at.keys):
        write = database.write
        done: list[int] = []

        def first(work: Any, *args: Any, _write: Any = write, _done: Any = done, **kwargs: Any) -> Any:
            if getattr(work, "__name__", "") == step and not _done:
                _done.append(1)
                act()
            return _write(work, *args, **kwargs)

        monkeypatch.setattr(database, "write", first)


@pytest.mark.parametrize("step", ["_store_key", "_commit_revision"])
class TestMeanwhile:
    """Obligation 6: what others do between two steps of a change."""

    def test_another_change(self, both: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        number = parcel(both)
        between(both, monkeypatch, step, lambda: changed(both, number, {Field.RECIPIENT_PHONE: PHONE}))
        assert changed(both, number, {Field.RECIPIENT_ADDRESS: ADDRESS}).revision == 3
        assert whole(both, number) == {**SECRETS, **NEW}
        assert [key.revision for key in keys(both, number)] == [1, 2, 3]
        assert findings(both) == []

    def test_the_same_request(self, both: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        number = parcel(both)
        answers: list[Revised] = []
        between(both, monkeypatch, step, lambda: answers.append(changed(both, number, key="k")))
        assert changed(both, number, key="k") == answers[0]
        assert record(both, number).revision == 2
        assert [key.revision for key in keys(both, number)] == [1, 2]
        assert both.shown("courier-1", number).values[Field.RECIPIENT_ADDRESS] == ADDRESS

    def test_an_erasure(self, both: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        number = parcel(both)
        between(both, monkeypatch, step, lambda: both.vault.erase(OPERATOR, [number], now=both.now))
        assert refused(both, number) == "erased"
        assert keys(both, number) == []
        assert record(both, number).sealed == b""
        assert findings(both) == []

    def test_a_rotation(self, both: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        number = parcel(both)
        ring = both.keyring.rotate(KeyPurpose.WRAP, both.now)

        def rewrapped() -> None:
            rewrap_keys(both.keys, LocalKeys(ring, ORIGIN), 2, lambda *_: None)

        between(both, monkeypatch, step, rewrapped)
        changed(both, number)
        both.keyring = ring
        both.vault = Vault(both.main, both.keys, ring)
        assert whole(both, number) == {**SECRETS, **NEW}
        assert changed(both, number).revision == 3
        assert findings(both) == []

    def test_tidying(self, both: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        number = parcel(both)
        between(both, monkeypatch, step, lambda: both.vault.tidy(now=both.now + 9 * DAY))
        changed(both, number)
        both.shown("courier-1", number)
        assert findings(both) == []

    def test_a_block(self, both: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        number = parcel(both)
        between(both, monkeypatch, step, lambda: both.vault.block(OPERATOR, "agent", now=both.now))
        assert refused(both, number) == "blocked"
        assert record(both, number).revision == 1
        assert len(keys(both, number)) == 1


def test_what_was_decided_before_a_change_is_shown_as_it_was_then(both: World) -> None:
    """Rule 3 of `_show`: by the log's order, whatever the clocks say."""
    number = parcel(both)
    job = both.vault.job(both.caller("courier-1"), [asking(number)])
    decided = both.vault.commit_group([job], now=both.now + DAY // 2)
    changed(both, number)
    (answers,) = both.vault.answer_group(decided)
    assert isinstance(answers, list)
    (answer,) = answers
    assert isinstance(answer, Disclosed)
    assert answer.values[Field.RECIPIENT_ADDRESS] == SECRETS[Field.RECIPIENT_ADDRESS]
    assert both.shown("courier-1", number).values[Field.RECIPIENT_ADDRESS] == ADDRESS


def test_who_is_overtaken_again_and_again_is_told_to_come_again(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = parcel(small)
    monkeypatch.setattr(_revise, "_version_of", lambda _row: object())
    with pytest.raises(BusyError):
        change(small, number)
    assert len(keys(small, number)) == 1
    assert all(entry.kind is not EntryKind.REVISED for entry in small.entries())


def test_many_at_once(both: World) -> None:
    """Changes, disclosures, a rotation and an erasure of the same numbers, from many threads."""
    numbers = [parcel(both, f"t{n}", f"agent-{n}") for n in range(4)]
    both.put(*(person(f"agent-{n}", "customer_service") for n in range(4)))
    others = [Vault(both.main, both.keys, both.keyring) for _ in range(2)]
    begin = threading.Barrier(10)
    values = [{Field.RECIPIENT_ADDRESS: f"北京市第{n}街"} for n in range(5)]

    def changes(place: int) -> list[object]:
        begin.wait()
        return [
            others[place % 2].revise(
                both.caller(f"agent-{n}"), number, "change_address", "x", values[place], now=both.now
            )
            for n, number in enumerate(numbers)
        ]

    def looks(place: int) -> list[object]:
        begin.wait()
        return [a for _ in range(4) for a in others[place % 2].disclose(
            both.caller("courier-1"), [asking(n) for n in numbers], now=both.now
        )]  # fmt: skip

    def rotates() -> list[object]:
        begin.wait()
        ring = both.keyring.rotate(KeyPurpose.WRAP, both.now)
        rewrap_keys(both.keys, LocalKeys(ring, ORIGIN), 1, lambda *_: None)
        both.vault.tidy(now=both.now + 9 * DAY)
        return []

    def erases() -> list[object]:
        begin.wait()
        return list(both.vault.erase(OPERATOR, numbers[3:], now=both.now))

    with ThreadPoolExecutor(10) as pool:
        jobs = [pool.submit(changes, n) for n in range(5)] + [pool.submit(looks, n) for n in range(3)]
        jobs += [pool.submit(rotates), pool.submit(erases)]
        answers = [answer for job in jobs for answer in job.result()]
    rules = {a.rule for a in answers if isinstance(a, Refused)}
    assert rules <= {"erased", "budget"}
    shown = {a.values[Field.RECIPIENT_ADDRESS] for a in answers if isinstance(a, Disclosed)}
    assert shown <= {v[Field.RECIPIENT_ADDRESS] for v in values} | {SECRETS[Field.RECIPIENT_ADDRESS]}
    said = [(e.waybill, e.more["revision"]) for e in both.entries() if e.kind is EntryKind.REVISED]
    assert len(said) == len(set(said)) == sum(isinstance(a, Revised) for a in answers)
    for number in numbers[:3]:
        assert record(both, number).revision == 1 + sum(waybill == number for waybill, _ in said)
        both.shown("courier-1", number)
    assert keys(both, numbers[3]) == []
    assert findings(both) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_between_its_steps(kind: str, tmp_path: Path) -> None:
    """Obligations 3 and 4: after the key, before the record; and after the record, before the old key is marked."""
    with tables(kind, tmp_path) as urls, world(urls) as at:
        ring = tmp_path / "keyring.json"
        at.keyring.save(ring)
        number = parcel(at)

        def killed(step: str) -> None:
            dying = forked(revise_until, urls, ring, number, step, at.now, ADDRESS)
            dying.join(60)
            assert dying.exitcode == -signal.SIGKILL

        def address() -> str:
            return at.shown("courier-1", number).values[Field.RECIPIENT_ADDRESS]

        killed("_commit_revision")
        assert [key.revision for key in keys(at, number)] == [1, 2]
        assert (record(at, number).revision, address()) == (1, SECRETS[Field.RECIPIENT_ADDRESS])
        assert findings(at) == []
        old = record(at, number)
        killed("_supersede")
        assert (record(at, number).revision, address()) == (2, ADDRESS)
        assert [key.superseded_by for key in keys(at, number)] == [None] * 3
        assert findings(at) == []
        # The log says it already; and nobody who tidies is led astray by what was put back.
        new = record(at, number)
        put_back(at, old)
        assert findings(at) == [(RecordCode.STALE, number)]
        at.vault.tidy(now=at.now)
        assert [key.superseded_by for key in keys(at, number)] == [None] * 3
        put_back(at, new)
        at.vault.tidy(now=at.now)
        assert [key.key_id for key in keys(at, number) if key.superseded_by is None] == [new.key_id]
        assert address() == ADDRESS
        put_back(at, old)
        assert at.rule("courier-1", number) == "damaged"
        put_back(at, new)
        assert at.vault.tidy(now=at.now + 3 * DAY) == 2
        assert address() == ADDRESS
        assert changed(at, number, key="k2").revision == 3
