"""Changing what is sealed: obligations 1 to 7 of `vault/_revise.py`."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.vault.world import DAY, OPERATOR, SECRETS, World, person, tables, world
from wayseal.model.kinds import ScanKind
from wayseal.store.database import open_database
from wayseal.vault import _revise
from wayseal.vault import _tables as t
from wayseal.vault._acts import Ask, Disclosed, Parcel, Refused, Revised
from wayseal.vault._rewrap import rewrap_keys
from wayseal.vault._vault import Vault
from wayseal.vault._verify import RecordCode, verify_records
from wayseal.vault.backup import back_up, restore
from wayseal.vault.errors import BusyError, ReusedKeyError, VaultError
from wayseal.vault.fields import Field, Form
from wayseal.vault.keyring import KeyPurpose, LocalKeys, Wrapped
from wayseal.vault.log import EntryKind
from wayseal.vault.policy import default_texts
from wayseal.vault.sealing import SealedItem, open_parcels

ADDRESS = "北京市朝阳区不存在路9号7层"
PHONE = "13700001111"
NEW = {Field.RECIPIENT_ADDRESS: ADDRESS, Field.RECIPIENT_PHONE: PHONE}


def parcel(at: World, name: str = "t", actor: str = "agent") -> str:
    """A sealed parcel with a ticket of customer service."""
    (number,) = at.seal()
    at.ticket(f"{name}-{number}", number, actor)
    return number


def change(
    at: World, number: str, values: Mapping[Field, str] = NEW, purpose: str = "change_address", **more: Any
) -> Revised | Refused:
    caller = at.caller(more.pop("actor", "agent"))
    return at.vault.revise(caller, number, purpose, "收件人来电", values, now=at.now, **more)


def changed(at: World, number: str, values: Mapping[Field, str] = NEW, **more: Any) -> Revised:
    done = change(at, number, values, **more)
    assert isinstance(done, Revised), done
    return done


def refused(at: World, number: str, values: Mapping[Field, str] = NEW, **more: Any) -> str:
    done = change(at, number, values, **more)
    assert isinstance(done, Refused), done
    assert done.zh
    assert done.en
    return done.rule


def record(at: World, number: str) -> Any:
    return at.main.read(lambda c: c.execute(sa.select(t.waybills).where(t.waybills.c.waybill == number)).one())


def keys(at: World, number: str) -> list[Any]:
    which = sa.select(t.data_keys).where(t.data_keys.c.waybill == number).order_by(t.data_keys.c.revision)
    return list(at.keys.read(lambda c: c.execute(which).all()))


def put_back(at: World, row: Any) -> None:
    """What somebody with the main database does who kept an old row."""
    values = {name: getattr(row, name) for name in ("sealed", "revision", "key_id")}
    at.main.write(lambda c: c.execute(sa.update(t.waybills).where(t.waybills.c.waybill == row.waybill).values(values)))


def whole(at: World, number: str) -> dict[Field, str]:
    """All that a record holds."""
    row = record(at, number)
    (key,) = [k for k in keys(at, number) if k.key_id == row.key_id]
    item = SealedItem(number, row.sealed, Wrapped(key.key_version, key.wrapped), revision=row.revision)
    (opened,) = open_parcels(LocalKeys(at.keyring), [item])
    assert isinstance(opened, dict)
    return opened


def findings(at: World) -> list[tuple[RecordCode, str]]:
    found = verify_records(at.main, at.keys, LocalKeys(at.keyring), lambda *_: None)
    return [(one.code, one.waybill) for one in found.findings]


def test_what_changes_is_sealed_anew_and_the_rest_stays(both: World) -> None:
    number = parcel(both)
    before = record(both, number)
    done = changed(both, number)
    assert (done.revision, set(done.tokens), done.forms) == (2, set(NEW), {Field.RECIPIENT_ADDRESS: Form.FULL})
    for field, token in done.tokens.items():
        assert both.vault.read_token(token) == (number, field)
    assert whole(both, number) == {**SECRETS, **NEW}
    shown = both.shown("courier-1", number)
    assert shown.values[Field.RECIPIENT_ADDRESS] == ADDRESS
    after = record(both, number)
    assert (after.revision, after.sealed_at, after.sealed_by, after.outlet) == (
        2, before.sealed_at, before.sealed_by, "deliver-here",
    )  # fmt: skip
    assert after.key_id != before.key_id
    assert changed(both, number, {Field.RECIPIENT_ADDRESS: "北京市"}).revision == 3
    assert whole(both, number)[Field.RECIPIENT_PHONE] == PHONE
    assert findings(both) == []


def test_a_field_that_was_not_there_is_added(small: World) -> None:
    """And a parcel of one field stays one."""
    small.vault.seal(OPERATOR, [Parcel(waybill="YT1", values={Field.GOODS: "书"})], now=small.now)
    small.ticket("t", "YT1", "agent")
    changed(small, "YT1", {Field.RECIPIENT_PHONE: PHONE})
    assert whole(small, "YT1") == {Field.GOODS: "书", Field.RECIPIENT_PHONE: PHONE}


def test_phones_are_found_by_what_is_sealed_now(both: World) -> None:
    number = parcel(both)

    def found(phone: str) -> list[str] | Refused:
        return both.vault.find(both.caller("agent"), phone, "after_sales", "x", now=both.now)

    changed(both, number)
    assert found(PHONE) == [number]
    assert found(SECRETS[Field.SENDER_PHONE]) == [number]
    assert found(SECRETS[Field.RECIPIENT_PHONE]) == []


def test_the_entry_names_fields_and_holds_none_of_them(both: World) -> None:
    """Obligation 2."""
    number = parcel(both)
    done = changed(both, number)
    last = both.entries()[done.seq]
    assert (last.kind, last.waybill, last.purpose, last.fields) == (EntryKind.REVISED, number, "change_address", {})
    assert last.more == {"fields": "recipient_phone recipient_address", "revision": 2}
    assert last.reason is not None
    assert done.leaf == both.main.read(
        lambda c: bytes(c.execute(sa.select(t.entries.c.leaf).where(t.entries.c.seq == done.seq)).scalar_one())
    )
    seen = b""
    for database, metadata in ((both.main, t.main), (both.keys, t.keys)):
        for table in metadata.sorted_tables:
            rows = database.read(lambda c, table=table: c.execute(sa.select(table)).all())  # type: ignore[misc]
            seen += b"".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
    assert not [text for text in (ADDRESS, PHONE, "收件人来电", *SECRETS.values()) if text.encode() in seen]
    assert ADDRESS not in repr(done)


class TestWho:
    """Obligation 1."""

    def test_whom_the_policy_refuses_as_it_does_a_disclosure(self, both: World) -> None:
        number = parcel(both)
        other = both.seal()[0]
        assert refused(both, number, actor="courier-1") == "role"
        assert refused(both, number, purpose="no_such_purpose") == "unknown_purpose"
        assert refused(both, other) == refused(both, "YT404") == "no_ticket"
        both.vault.block(OPERATOR, "agent", now=both.now)
        assert refused(both, number) == "blocked"
        assert [e.rule for e in both.entries() if e.kind is EntryKind.REFUSED] == [
            "role", "unknown_purpose", "no_ticket", "no_ticket", "blocked",
        ]  # fmt: skip
        last = both.entries()[-1]
        assert last.more["act"] == "revise"
        assert record(both, number).revision == 1
        assert len(keys(both, number)) == 1

    def test_fields_that_the_purpose_does_not_change(self, small: World) -> None:
        number = parcel(small)
        assert refused(small, number, {Field.GOODS: "x"}) == "revises"
        assert refused(small, number, {**NEW, Field.RECIPIENT_NAME: "x"}) == "revises"
        assert refused(small, number, purpose="after_sales") == "revises"
        assert refused(small, number, actor="courier-1", purpose="deliver") == "revises"
        # Whoever may not have the purpose at all is told that.
        assert refused(small, number, {Field.GOODS: "x"}, actor="courier-3", purpose="deliver") == "custody"
        assert record(small, number).revision == 1

    def test_a_policy_of_before_changes_nothing(self, small: World) -> None:
        number = parcel(small)
        purposes, rules = default_texts()
        small.vault.activate_policy(
            OPERATOR, "\n".join(line for line in purposes.splitlines() if not line.startswith("revises")), rules,
            now=small.now,
        )  # fmt: skip
        assert refused(small, number) == "revises"

    def test_after_delivery_it_is_too_late_and_an_erased_one_is_gone(self, both: World) -> None:
        number, gone = parcel(both), parcel(both)
        both.scan([number], "deliver-here", ScanKind.DELIVERED)
        both.now += 3_600_000_000
        assert refused(both, number) == "too_late"
        both.vault.erase(OPERATOR, [gone], now=both.now)
        assert refused(both, gone) == "erased"
        assert keys(both, gone) == []

    def test_each_change_counts(self, both: World) -> None:
        """3 a day and two for each ticket, and looking counts too."""
        number = parcel(both)
        both.shown("agent", number, "change_address")
        for _ in range(4):
            changed(both, number)
        assert refused(both, number) == "budget"
        assert record(both, number).revision == 5
        parcel(both)  # with a ticket more
        assert changed(both, number).revision == 6


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"values": {}}, "values"),
        ({"values": {Field.RECIPIENT_ADDRESS: " "}}, "recipient_address"),
        ({"values": {Field.RECIPIENT_ADDRESS: "x" * 1001}}, "recipient_address"),
        ({"waybill": ""}, "waybill"),
        ({"reason": ""}, "reason"),
        ({"purpose": "p" * 41}, "purpose"),
        ({"key": ""}, "key"),
    ],
)
def test_bad_requests_name_the_field(small: World, given: dict[str, Any], field: str) -> None:
    asked = {"waybill": "YT1", "purpose": "change_address", "reason": "x", "values": NEW, **given}
    with pytest.raises(VaultError, match=f"^{field}") as caught:
        small.vault.revise(small.caller("agent"), now=small.now, **asked)
    assert ADDRESS not in str(caught.value)


def test_the_same_request_is_done_once(both: World) -> None:
    """Obligation 7."""
    number = parcel(both)
    first = changed(both, number, key="k")
    count = len(both.entries())
    both.vault.block(OPERATOR, "agent", now=both.now)
    assert change(both, number, key="k") == first
    assert len(both.entries()) == count + 1
    assert record(both, number).revision == 2
    with pytest.raises(ReusedKeyError):
        change(both, number, {Field.RECIPIENT_ADDRESS: "x"}, key="k")
    with pytest.raises(ReusedKeyError):
        both.ask("agent", [number], key="k")
    no = change(both, number, key="k2")
    both.vault.unblock(OPERATOR, "agent", now=both.now)
    assert change(both, number, key="k2") == no
    assert isinstance(no, Refused)


def test_an_older_revision_that_is_put_back_is_damaged(both: World) -> None:
    """Obligation 4: a whole row, its parts, and of a revision before the last."""
    number, first = parcel(both), []
    for _ in range(2):
        first.append(record(both, number))
        changed(both, number)
    now = record(both, number)
    for row in first:
        put_back(both, row)
        assert both.rule("courier-1", number) == "damaged"
        assert refused(both, number) == "damaged"
        assert findings(both) == [(RecordCode.STALE, number)]
        for name in ("sealed", "revision", "key_id"):
            put_back(both, now)
            which = t.waybills.c.waybill == number
            values = {name: getattr(row, name)}
            both.main.write(lambda c, w=which, v=values: c.execute(sa.update(t.waybills).where(w).values(v)))  # type: ignore[misc]
            assert both.rule("courier-1", number) == "damaged"
            assert [waybill for _, waybill in findings(both)] == [number]
    put_back(both, now)
    assert findings(both) == []
    # The same once the old keys are gone.
    both.now += 3 * DAY
    assert both.vault.tidy(now=both.now) == 2
    put_back(both, first[0])
    assert both.rule("courier-1", number) == "damaged"
    assert findings(both) == [(RecordCode.STALE, number)]


def test_old_keys_are_kept_for_a_while_and_go(both: World) -> None:
    """Obligation 5."""
    number, other = parcel(both), parcel(both)
    changed(both, number)
    assert [key.superseded_by is None for key in keys(both, number)] == [False, True]
    both.now += _revise.KEPT
    assert both.vault.tidy(now=both.now) == 0
    assert both.vault.tidy(now=both.now + 1) == 1
    assert [key.revision for key in keys(both, number)] == [2]
    assert len(keys(both, other)) == 1
    both.shown("courier-1", number)
    assert findings(both) == []


def test_erasing_takes_every_key(both: World) -> None:
    number = parcel(both)
    changed(both, number)
    both.vault.erase(OPERATOR, [number], now=both.now)
    assert keys(both, number) == []
    assert both.rule("courier-1", number) == "erased"
    assert findings(both) == []


def test_a_record_that_does_not_open_is_not_changed(both: World) -> None:
    number = parcel(both)
    damaged = record(both, number).sealed[:-1] + b"x"
    both.main.write(lambda c: c.execute(sa.update(t.waybills).values(sealed=damaged)))
    assert refused(both, number) == "damaged"
    assert both.entries()[-1].rule == "damaged"
    assert record(both, number).revision == 1
    assert len(keys(both, number)) == 1


@pytest.mark.parametrize("later", [False, True])
def test_a_backup_of_records_from_before_opens_with_keys_from_after(both: World, tmp_path: Path, later: bool) -> None:
    """Obligation 5, and rule 5 of `backup/_restore.py`; with records of after it, too, and both are tidied."""
    number = parcel(both)
    if later:
        changed(both, number)
    else:
        back_up(both.main, "main", tmp_path / "m", now=both.now)
        changed(both, number)
    back_up(both.keys, "keys", tmp_path / "k", now=both.now)
    if later:
        back_up(both.main, "main", tmp_path / "m", now=both.now)
    databases = [open_database(f"sqlite:///{tmp_path / name}.restored") for name in ("m", "k")]
    for database, name, chain in zip(databases, ("m", "k"), ("main", "keys"), strict=True):
        restore(tmp_path / name, database, chain, erased=[])  # type: ignore[arg-type]
    again = World(vault=Vault(*databases, both.keyring), main=databases[0], keys=databases[1], keyring=both.keyring)
    old = record(again, number)
    assert again.vault.tidy(now=again.now) == 0
    assert (old.revision, whole(again, number) == {**SECRETS, **NEW}) == (2 if later else 1, later)
    shown = again.shown("courier-1", number).values[Field.RECIPIENT_ADDRESS]
    assert shown == (ADDRESS if later else SECRETS[Field.RECIPIENT_ADDRESS])
    assert findings(again) == []
    assert changed(again, number).revision == old.revision + 1
    assert sum(key.superseded_by is None for key in keys(again, number)) == 1
    again.vault.close()


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


@pytest.mark.parametrize("step", ["_keep_key", "_keep"])
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
            rewrap_keys(both.keys, LocalKeys(ring), 2, lambda *_: None)

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
    job = both.vault.job(both.caller("courier-1"), [_ask(number)])
    decided = both.vault.commit_group([job], now=both.now + DAY // 2)
    changed(both, number)
    ((answer,),) = both.vault.show_group(decided)
    assert isinstance(answer, Disclosed)
    assert answer.values[Field.RECIPIENT_ADDRESS] == SECRETS[Field.RECIPIENT_ADDRESS]
    assert both.shown("courier-1", number).values[Field.RECIPIENT_ADDRESS] == ADDRESS


def _ask(number: str) -> Ask:
    return Ask(waybill=number, purpose="deliver", reason="x")


def test_who_is_overtaken_again_and_again_is_told_to_come_again(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = parcel(small)
    monkeypatch.setattr(_revise, "_place", lambda _row: object())
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
            both.caller("courier-1"), [_ask(n) for n in numbers], now=both.now
        )]  # fmt: skip

    def rotates() -> list[object]:
        begin.wait()
        ring = both.keyring.rotate(KeyPurpose.WRAP, both.now)
        rewrap_keys(both.keys, LocalKeys(ring), 1, lambda *_: None)
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


KILLED = """
import os, signal, sys
from wayseal.store.database import open_database
from wayseal.vault import Caller, Vault
from wayseal.vault.fields import Field
from wayseal.vault.keyring import Keyring
from pathlib import Path

main, keys, ring, number, step, now, address = sys.argv[1:]
databases = [open_database(url) for url in (main, keys)]
for database in databases:
    write = database.write
    def killed(work, *args, _write=write, **kwargs):
        if work.__name__ == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return _write(work, *args, **kwargs)
    database.write = killed
vault = Vault(*databases, Keyring.load(Path(ring)))
caller = Caller(client="app", actor="agent", scopes=frozenset(), request="killed")
vault.revise(caller, number, "change_address", "x", {Field.RECIPIENT_ADDRESS: address}, now=int(now), key="k")
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_between_its_steps(kind: str, tmp_path: Path) -> None:
    """Obligations 3 and 4: after the key, before the record; and after the record, before the old key is marked."""
    with tables(kind, tmp_path) as urls, world(urls) as at:
        ring = tmp_path / "keyring.json"
        at.keyring.save(ring)
        number = parcel(at)

        def killed(step: str) -> None:
            words = [sys.executable, "-c", KILLED, *urls, str(ring), number, step, str(at.now), ADDRESS]
            done = subprocess.run(words, env=os.environ, capture_output=True, timeout=60, check=False)
            assert done.returncode == -signal.SIGKILL, done.stderr

        def address() -> str:
            return at.shown("courier-1", number).values[Field.RECIPIENT_ADDRESS]

        killed("_keep")
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
