"""Changing what is sealed: obligations 1 to 5 and 7 of `vault/_revise.py`.

Data keys are wrapped anew while the vault is used.
"""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.vault.revising import (
    ADDRESS,
    NEW,
    PHONE,
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
from tests.vault.world import DAY, OPERATOR, ORIGIN, SECRETS, World
from wayseal.database import open_database
from wayseal.model.fields import Field, Form
from wayseal.model.kinds import ScanKind
from wayseal.model.records import Parcel, Refused
from wayseal.vault import Vault
from wayseal.vault import tables as t
from wayseal.vault.backup import back_up, restore
from wayseal.vault.data_keys import Rewrapped, index_versions_in_use, rewrap_keys, versions_in_use
from wayseal.vault.errors import ReusedKeyError, VaultError
from wayseal.vault.keyring import KeyPurpose, Keyring, LocalKeys
from wayseal.vault.log import EntryKind
from wayseal.vault.policy import default_texts
from wayseal.vault.verification import RecordCode, verify_vault

pytestmark = pytest.mark.once


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
    assert bytes.fromhex(done.leaf) == both.main.read(
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
            assert {waybill for _, waybill in findings(both)} == {number}
    put_back(both, now)
    assert findings(both) == []
    # The same once the old keys are gone.
    both.now += 3 * DAY
    assert both.vault.tidy(now=both.now) == 2
    put_back(both, first[0])
    assert both.rule("courier-1", number) == "damaged"
    assert findings(both) == [(RecordCode.STALE, number)]


def test_an_older_revision_is_known_by_its_key_where_the_log_says_nothing_any_more(small: World) -> None:
    """`verification`, rule 6: the entry of the change was erased."""
    number = parcel(small)
    old = record(small, number)
    seq = changed(small, number).seq
    small.main.write(lambda c: c.execute(sa.update(t.entries).where(t.entries.c.seq == seq).values(entry=None)))
    assert findings(small) == []
    put_back(small, old)
    assert findings(small) == [(RecordCode.STALE, number)]


def test_old_keys_are_kept_for_a_while_and_go(both: World) -> None:
    """Obligation 5."""
    number, other = parcel(both), parcel(both)
    changed(both, number)
    assert [key.superseded_by is None for key in keys(both, number)] == [False, True]
    both.now += 2 * 86_400_000_000
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
    sealed = record(both, number).sealed
    damaged = sealed[:-1] + bytes([sealed[-1] ^ 1])
    both.main.write(lambda c: c.execute(sa.update(t.waybills).values(sealed=damaged)))
    assert refused(both, number) == "damaged"
    assert both.entries()[-1].rule == "damaged"
    assert record(both, number).revision == 1
    assert len(keys(both, number)) == 1


@pytest.mark.parametrize("later", [False, True])
def test_a_backup_of_records_from_before_opens_with_keys_from_after(both: World, tmp_path: Path, later: bool) -> None:
    """Obligation 5, and rule 11 of `backup`; with records of after it, too, and both are tidied."""
    number = parcel(both)
    if later:
        changed(both, number)
    else:
        back_up(both.main, "main", tmp_path / "m", now=both.now)
        changed(both, number)
    back_up(both.keys, "keys", tmp_path / "k", now=both.now)
    if later:
        back_up(both.main, "main", tmp_path / "m", now=both.now)
    main, held = (open_database(f"sqlite:///{tmp_path / name}.restored") for name in ("m", "k"))
    restore(tmp_path / "m", main, "main", erased=[], keyring=None, caller=OPERATOR, now=0)
    restore(tmp_path / "k", held, "keys", erased=[], keyring=None, caller=OPERATOR, now=0)
    again = World(vault=Vault(main, held, both.keyring), main=main, keys=held, keyring=both.keyring)
    old = record(again, number)
    assert again.vault.tidy(now=again.now) == 0
    assert (old.revision, whole(again, number) == {**SECRETS, **NEW}) == (2 if later else 1, later)
    shown = again.shown("courier-1", number).values[Field.RECIPIENT_ADDRESS]
    assert shown == (ADDRESS if later else SECRETS[Field.RECIPIENT_ADDRESS])
    assert findings(again) == []
    assert changed(again, number).revision == old.revision + 1
    assert sum(key.superseded_by is None for key in keys(again, number)) == 1
    again.vault.close()


def rewrapped(world: World, keyring: Keyring) -> Rewrapped:
    return rewrap_keys(world.keys, LocalKeys(keyring, ORIGIN), keyring.active(KeyPurpose.WRAP), lambda *_: None)


def test_all_keys_get_the_active_one(both: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wayseal.vault.data_keys.PORTION", 3)
    both.seal(8)
    assert versions_in_use(both.keys) == {1: 8}
    assert index_versions_in_use(both.main) == {1: index_versions_in_use(both.main)[1]}
    keyring = both.keyring.rotate(KeyPurpose.WRAP, both.now)
    assert rewrapped(both, keyring) == Rewrapped(done=8, failed=())
    assert versions_in_use(both.keys) == {2: 8}
    assert rewrapped(both, keyring) == Rewrapped(done=0, failed=())
    left = keyring.retire(KeyPurpose.WRAP, 1)
    assert verify_vault(both.main, both.keys, left, LocalKeys(left, ORIGIN), lambda *_: None).findings == ()


def test_one_that_does_not_open_is_named_and_the_rest_goes_on(small: World) -> None:
    numbers = small.seal(5)
    bad = sa.update(t.data_keys).where(t.data_keys.c.waybill == numbers[2]).values(wrapped=b"none")
    small.keys.write(lambda c: c.execute(bad))
    keyring = small.keyring.rotate(KeyPurpose.WRAP, small.now)
    assert rewrapped(small, keyring) == Rewrapped(done=4, failed=(numbers[2],))


def test_what_is_erased_meanwhile_stays_erased(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = small.seal(3)
    write = small.keys.write

    def erased_first(work: object, *args: object) -> object:
        monkeypatch.setattr(small.keys, "write", write)
        small.vault.erase(OPERATOR, [numbers[1]], now=small.now)
        return write(work, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(small.keys, "write", erased_first)
    rewrapped(small, small.keyring.rotate(KeyPurpose.WRAP, small.now))
    assert versions_in_use(small.keys) == {2: 2}
