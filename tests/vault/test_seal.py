"""Sealing (rules 1 to 4 of `vault/_seal.py`), tokens, and what the databases' bytes tell."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.vault.world import DAY, NOON, OPERATOR, SECRETS, World
from wayseal.database import Connection, Database, DatabaseError
from wayseal.model.fields import Field
from wayseal.model.records import Disclosed, Parcel, Refused, Sealed
from wayseal.vault import Vault, erasure
from wayseal.vault import tables as t
from wayseal.vault.errors import ReusedKeyError, VaultError
from wayseal.vault.keyring import KeyPurpose
from wayseal.vault.log import EntryKind, UnitOfWork
from wayseal.vault.policy import default_texts

pytestmark = pytest.mark.once

NUMBER = "YT0000000000042"

BAD = ["", " - ", "A/B", "../../etc", "单号1", "YT1\x00", "YT1?x=y", "YT%2F1", "A:B", "é1", "x" * 65]
"""Numbers under which nothing is sealed."""


def parcel(number: str = NUMBER, **values: str) -> Parcel:
    return Parcel(waybill=number, values={**SECRETS, **{Field(k): v for k, v in values.items()}})


def count(database: Database, table: sa.Table) -> int:
    return int(database.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(table)).scalar()) or 0)


def test_every_field_gets_a_token_that_leads_back(both: World) -> None:
    (answer,) = both.vault.seal(OPERATOR, [parcel()], now=NOON)
    assert isinstance(answer, Sealed)
    assert set(answer.tokens) == set(Field)
    for field, token in answer.tokens.items():
        assert both.vault.read_token(token) == (NUMBER, field)
        assert NUMBER not in token


def test_a_number_is_sealed_once(both: World) -> None:
    """Rule 2; the key of the one that was refused is left to nobody."""
    both.vault.seal(OPERATOR, [parcel()], now=NOON)
    again = both.vault.seal(OPERATOR, [parcel("yt-0000000000042", goods="x"), parcel("YT1")], now=NOON)
    assert isinstance(again[0], Refused)
    assert again[0].rule == "exists"
    assert isinstance(again[1], Sealed)
    assert count(both.main, t.waybills) == 2
    assert count(both.keys, t.data_keys) == 2


def test_a_request_leaves_one_entry(small: World) -> None:
    """Rule 4."""
    small.vault.seal(OPERATOR, [parcel(), parcel("YT1")], now=NOON)
    last = small.entries()[-1]
    assert (last.kind, last.more["waybills"], last.more["refused"]) == (EntryKind.SEALED, 2, 0)


def test_the_same_request_with_its_key_gets_the_same_answer(both: World) -> None:
    """Rule 3."""
    first = both.vault.seal(OPERATOR, [parcel(), parcel("YT1")], now=NOON, key="k")
    entries = len(both.entries())
    assert both.vault.seal(OPERATOR, [parcel(), parcel("YT1")], now=NOON + 1, key="k") == first
    assert len(both.entries()) == entries
    assert count(both.keys, t.data_keys) == 2
    with pytest.raises(ReusedKeyError):
        both.vault.seal(OPERATOR, [parcel(goods="other"), parcel("YT1")], now=NOON, key="k")


def test_keys_are_durable_before_what_they_open(small: World) -> None:
    """Rule 1: when records can't be written, a key is left over, and the number can be sealed all the same."""

    def most(connection: Connection, pages: int) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    small.main.write(most, 1)

    def until_full() -> None:
        for n in range(200):
            small.vault.seal(OPERATOR, [parcel(f"YT{n}")], now=NOON)

    with pytest.raises(DatabaseError, match="full"):
        until_full()
    sealed = count(small.main, t.waybills)
    assert count(small.keys, t.data_keys) == sealed + 1
    small.main.write(most, 1 << 30)
    (answer,) = small.vault.seal(OPERATOR, [parcel(f"YT{sealed}")], now=NOON)
    assert isinstance(answer, Sealed)
    small.scan([f"YT{sealed}"], "deliver-here")
    small.shown("courier-1", f"YT{sealed}")


@pytest.mark.parametrize(
    ("parcels", "field"),
    [
        ([], "waybills"),
        *[([parcel(), parcel(number)], r"parcels\.1\.waybill: a waybill number has 1 to 64 letters") for number in BAD],
        ([parcel(), parcel("yt 0000000000042")], "waybills"),
        ([parcel(goods="")], "goods"),
        ([parcel(goods="x" * 1001)], "goods"),
        ([parcel(recipient_name="a\x00b")], "recipient_name"),
        ([parcel(recipient_name="\ud800")], "recipient_name"),
        ([Parcel(waybill=NUMBER, values={})], "values"),
        ([Parcel(waybill=NUMBER, values=SECRETS, origin_outlet=" x")], "origin_outlet"),
        ([parcel(f"YT{n}") for n in range(1001)], "waybills"),
    ],
)
def test_bad_parcels_name_the_field_and_seal_nothing(small: World, parcels: list[Parcel], field: str) -> None:
    with pytest.raises(VaultError, match=f"^{field}") as caught:
        small.vault.seal(OPERATOR, parcels, now=NOON)
    assert not any(secret in str(caught.value) for secret in SECRETS.values())
    assert count(small.main, t.waybills) == 0


def test_a_number_is_sealed_in_its_one_spelling(small: World) -> None:
    written = ["yt-000.000 001", "ＹＴ２", "JD0_1–2"]
    done = small.vault.seal(OPERATOR, [parcel(number) for number in written], now=NOON)
    assert [one.waybill for one in done] == ["YT000000001", "YT2", "JD012"]


def test_an_erased_waybill_is_gone(both: World) -> None:
    numbers = both.seal(2)
    before = len(both.entries())
    done = both.vault.erase(OPERATOR, [numbers[0]], now=both.now)
    assert done[0].gone_at - done[0].erased_at == timedelta(days=30)
    assert both.rule("courier-1", numbers[0]) == "erased"
    both.shown("courier-1", numbers[1])
    left = sa.select(t.waybills.c.sealed).where(t.waybills.c.waybill == numbers[0])
    assert both.main.read(lambda c: bytes(c.execute(left).scalar_one())) == b""
    rows = both.keys.read(lambda c: [row.waybill for row in c.execute(sa.select(t.data_keys))])
    assert rows == [numbers[1]]
    assert both.vault.erase(OPERATOR, [numbers[0]], now=both.now + 5) == done
    acts = [e.more.get("act") for e in both.entries()[before:] if e.kind is EntryKind.ADMIN]
    assert acts == ["erased"]
    with pytest.raises(VaultError, match="1 of these"):
        both.vault.erase(OPERATOR, [numbers[1], "YT404"], now=both.now)
    both.shown("courier-1", numbers[1])


def test_the_bytes_of_an_erased_key_leave_the_file(small: World, tmp_path: Path) -> None:
    numbers = small.seal(200)
    wrapped = small.keys.read(lambda c: {r.waybill: bytes(r.wrapped) for r in c.execute(sa.select(t.data_keys))})
    for number in numbers[50:60]:
        small.vault.erase(OPERATOR, [number], now=small.now)
    small.keys.shred(["data_keys"])
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert wrapped[numbers[0]] in content
    assert [n for n in numbers[50:60] if wrapped[n] in content] == []


def test_an_erased_key_stays_in_no_log(small: World, tmp_path: Path) -> None:
    numbers = small.seal(20)
    wrapped = small.keys.read(lambda c: {r.waybill: bytes(r.wrapped) for r in c.execute(sa.select(t.data_keys))})
    small.vault.erase(OPERATOR, numbers[5:10], now=small.now)
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("keys.db")}
    assert wrapped[numbers[0]] in files["keys.db"]
    assert files["keys.db-wal"] == b""
    assert [n for n in numbers[5:10] if wrapped[n] in files["keys.db"]] == []


def test_who_reads_the_keys_meanwhile_hinders_no_erasure(small: World, tmp_path: Path) -> None:
    numbers = small.seal(2)
    reader = sqlite3.connect(tmp_path / "keys.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM data_keys").fetchall()
    small.vault.erase(OPERATOR, numbers[:1], now=small.now)
    assert (tmp_path / "keys.db-wal").stat().st_size > 0
    reader.close()
    small.vault.erase(OPERATOR, numbers[1:], now=small.now)
    assert (tmp_path / "keys.db-wal").stat().st_size == 0


def test_what_is_kept_long_enough_goes_by_itself(both: World) -> None:
    both.seal(3, keep_until=NOON + 10)
    (kept,) = both.seal(1)
    assert both.vault.retain(OPERATOR, now=NOON + 5) == []
    assert len(both.vault.retain(OPERATOR, now=NOON + 11)) == 3
    assert both.vault.retain(OPERATOR, now=NOON + 12) == []
    both.shown("courier-1", kept)
    assert count(both.main, t.phones) == 2


@pytest.mark.parametrize("keep_until", [None, NOON + 30, NOON + 10_000])
def test_a_key_that_a_crash_left_goes_with_the_next_retention(both: World, keep_until: int | None) -> None:
    """`erasure`, rule 1: the act stands in the log, and then the service was killed."""
    left, other = both.seal(2, keep_until=keep_until)

    def there() -> set[str]:
        return both.keys.read(lambda c: set(c.execute(sa.select(t.data_keys.c.waybill)).scalars()))

    marks = both.vault.marks
    both.main.write(lambda c: erasure._mark(UnitOfWork(c, marks, OPERATOR, 1, NOON + 20, 0), [left], "request"))
    assert there() == {left, other}
    done = both.vault.retain(OPERATOR, now=NOON + 21)
    assert [one.waybill for one in done] == [left]
    assert there() == {other}
    assert both.vault.retain(OPERATOR, now=NOON + 22) == []
    assert [entry.more.get("act") for entry in both.entries()].count("erased") == 1
    # What is erased in one piece is never due again.
    both.vault.erase(OPERATOR, [other], now=NOON + 23)
    assert both.vault.retain(OPERATOR, now=NOON + 20_000) == []


class TestFind:
    """Look-ups by phone: rules 1 to 3 of `vault/_find.py`."""

    phone = SECRETS[Field.RECIPIENT_PHONE]

    def test_the_same_number_is_found_however_it_is_written(self, both: World) -> None:
        numbers = both.seal(2)
        for phone in (self.phone, f"+86 {self.phone[:3]}-{self.phone[3:7]}-{self.phone[7:]}", f"0086{self.phone}"):
            found = both.vault.find(both.caller("agent"), phone, "after_sales", "x", now=both.now)
            assert sorted(found) == numbers if isinstance(found, list) else False
        last = both.entries()[-1]
        assert (last.kind, last.more["found"]) == (EntryKind.FOUND, 2)
        assert both.vault.find(both.caller("agent"), "13700000000", "after_sales", "x", now=both.now) == []

    def test_a_quota_ends_it(self, small: World) -> None:
        small.seal()
        answers = [
            small.vault.find(small.caller("agent"), f"137000000{n:02d}", "after_sales", "x", now=small.now)
            for n in range(21)
        ]
        assert answers[:20] == [[]] * 20
        last = answers[20]
        assert isinstance(last, Refused)
        assert last.rule == "quota"
        assert small.entries()[-1].kind is EntryKind.REFUSED

    def test_quota_and_most_are_the_purposes(self, both: World) -> None:
        """Rule 2: both are data; look-ups for one purpose count against another's quota too."""
        numbers = both.seal(3)
        purposes, rules = default_texts()
        for code, bounds in (("after_sales", "quota = 3, most = 2"), ("change_address", "quota = 2")):
            purposes = purposes.replace(f'code = "{code}"', f'code = "{code}"\nfind = {{ {bounds} }}')
        both.vault.activate_policy(OPERATOR, purposes, rules, now=both.now)

        def look(purpose: str) -> list[str] | str:
            found = both.vault.find(both.caller("agent"), self.phone, purpose, "x", now=both.now)
            return found.rule if isinstance(found, Refused) else found

        assert look("change_address") == numbers
        assert look("after_sales") == numbers[:2]
        assert look("change_address") == "quota"
        assert look("after_sales") == numbers[:2]
        assert look("after_sales") == "quota"
        both.now += DAY
        assert look("change_address") == numbers

    @pytest.mark.parametrize(("actor", "purpose"), [("courier-1", "after_sales"), ("nobody", "after_sales")])
    def test_who_may_not_is_refused(self, small: World, actor: str, purpose: str) -> None:
        small.seal()
        answer = small.vault.find(small.caller(actor), self.phone, purpose, "x", now=small.now)
        assert isinstance(answer, Refused)
        assert small.entries()[-1].rule == answer.rule

    def test_no_number_is_an_error_that_does_not_say_it(self, small: World) -> None:
        with pytest.raises(VaultError, match=r"^phone") as caught:
            small.vault.find(small.caller("agent"), "张三", "after_sales", "x", now=small.now)
        assert "张三" not in str(caught.value)


def test_sqlite_alone_can_read_the_files_back(small: World, tmp_path: Path) -> None:
    """A control of the two tests of bytes: what isn't sealed does stand there."""
    small.seal(1)
    (file,) = [p for p in tmp_path.rglob("*.db") if b"deliver-here" in p.read_bytes() + _wal(p)]
    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("SELECT outlet FROM waybills").fetchall() == [("deliver-here",)]


def _wal(path: Path) -> bytes:
    wal = path.with_name(path.name + "-wal")
    return wal.read_bytes() if wal.exists() else b""


def test_disclosures_after_a_rotation_of_every_key(both: World) -> None:
    """Old records open, new ones are sealed, old tokens and tags still lead somewhere."""
    (old,) = both.seal()
    tokens = both.vault.seal(OPERATOR, [parcel("YT77")], now=NOON)[0]
    ring = both.keyring
    for purpose in KeyPurpose:
        ring = ring.rotate(purpose, NOON + 1)
    both.vault = Vault(both.main, both.keys, ring)
    (new,) = both.seal()
    assert isinstance(both.shown("courier-1", old), Disclosed)
    assert isinstance(both.shown("courier-1", new), Disclosed)
    assert isinstance(tokens, Sealed)
    assert both.vault.read_token(tokens.tokens[Field.GOODS]) == ("YT77", Field.GOODS)
    found = both.vault.find(both.caller("agent"), SECRETS[Field.RECIPIENT_PHONE], "after_sales", "x", now=both.now)
    assert set(found) == {old, new, "YT77"} if isinstance(found, list) else False
