"""What can't stand in a column of no mark refuses its own number, and nobody else's, with a rule.

Nothing that is sealed stands anywhere in the plain: in no file, row, backup, ledger or log of statements.
"""

import base64
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from tests.tables import each
from tests.vault.listening import statements
from tests.vault.revising import NEW
from tests.vault.tampering import change, rows_of
from tests.vault.world import DAY, OPERATOR, ORIGIN, SECRETS, World
from wayseal.model.fields import Field
from wayseal.model.records import Refused
from wayseal.vault import tables as t
from wayseal.vault.backup import back_up
from wayseal.vault.data_keys import rewrap_keys
from wayseal.vault.errors import LogChangedError
from wayseal.vault.inspection import EntryFilter, entries
from wayseal.vault.keyring import LocalKeys
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.log.projection import project

ODD = [
    (t.waybills.c.sealed, "abc"),
    (t.waybills.c.sealed, 2**62),
    (t.data_keys.c.wrapped, "abc"),
    (t.data_keys.c.wrapped, 2**62),
    (t.data_keys.c.key_id, "abc"),
    (t.data_keys.c.key_version, "x"),
    (t.data_keys.c.superseded_by, "x"),
]


@each(["column", "value"], ODD)
def test_one_number_is_refused_and_the_others_are_shown(small: World, column: sa.Column[Any], value: object) -> None:
    odd, sound = small.seal(2)
    small.ticket(odd, odd, "agent")
    database = small.keys if column.table is t.data_keys else small.main
    (row,) = [row for row in rows_of(database, column.table) if row["waybill"] == odd]
    assert change(database, column, row, value)
    refused, shown = small.ask("courier-1", [odd, sound])
    assert (isinstance(refused, Refused) and refused.rule, shown.waybill) == ("damaged", sound)
    values = {Field.RECIPIENT_ADDRESS: "广东省深圳市南山区科技园路9号"}
    done = small.vault.revise(small.caller("agent"), odd, "change_address", "改派", values, now=small.now)
    assert isinstance(done, Refused)
    if database is small.keys:
        again = rewrap_keys(small.keys, LocalKeys(small.keyring, ORIGIN), 2, lambda *_: None)
        assert set(again.failed) <= {odd}
    small.vault.tidy(now=small.now)
    small.vault.erase(OPERATOR, [odd], now=small.now)


def test_a_count_of_look_ups_that_is_none_refuses(small: World) -> None:
    small.seal()
    small.vault.find(small.caller("agent"), "13987654321", "contact", "x", now=small.now)
    (row,) = [row for row in rows_of(small.main, t.budgets) if row["purpose"] == "look-ups"]
    assert change(small.main, t.budgets.c.used, row, "x")
    answer = small.vault.find(small.caller("agent"), "13987654321", "contact", "x", now=small.now)
    assert isinstance(answer, Refused)
    assert answer.rule == "quota"


def test_a_version_of_the_directory_that_is_none_counts_as_before_all(small: World) -> None:
    (row,) = [row for row in rows_of(small.main, t.facts) if row["name"] == "directory"]
    assert change(small.main, t.facts.c.value, row, "9" * 5000)
    assert small.vault.directory_version() == 0


def test_an_entry_that_is_text_is_named_where_the_log_is_listed(small: World) -> None:
    small.seal()
    row = rows_of(small.main, t.entries)[-1]
    assert change(small.main, t.entries.c.entry, row, "abc")
    with pytest.raises(LogChangedError):
        entries(small.main, EntryFilter(waybill="YT1"), 10)


def test_a_number_that_is_none_keeps_nobody_else_from_retention(small: World) -> None:
    kept, odd = small.seal(2, keep_until=small.now + 1)
    row = next(row for row in rows_of(small.main, t.waybills) if row["waybill"] == odd)
    assert change(small.main, t.waybills.c.waybill, row, b"\xff")
    assert [one.waybill for one in small.vault.retain(OPERATOR, now=small.now + 2)] == [kept]


REASON = "今日派送"
ANOTHER = "收件人来电改派"
WORDS = (*SECRETS.values(), *NEW.values(), REASON, ANOTHER, "文三路", "软件大厦", "不存在路", "12345678", "87654321")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){4,}")


def spellings(word: str) -> Iterator[bytes]:
    """A word in every encoding in which it could lie somewhere."""
    for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        yield word.encode(code)
    yield word.encode("unicode_escape")
    yield word.encode().hex().encode()
    for shift in range(3):
        # What stands before it decides how it is spelled; what surrounds it decides its ends.
        coded = base64.b64encode(b"\0" * shift + word.encode())
        yield coded[4 if shift else 0 : len(coded) - 4]


def found(content: bytes) -> list[str]:
    """The words that stand there, in hexadecimal digits too."""
    unhexed = b"\n".join(bytes.fromhex(run.decode()) for run in _HEX.findall(content))
    return [word for word in WORDS if any(one in content or one in unhexed for one in spellings(word) if one)]


def live(world: World, folder: Path) -> str:
    """Everything that a vault does with what it seals, once; the number of a waybill that it was done with."""
    first, revised, erased = world.seal(3, keep_until=world.now + 90 * DAY)
    for _ in range(2):
        world.ask("courier-1", [first, "YT9999999999999"], key="k")
    world.ask("courier-3", [first])
    world.ticket("t", revised, "agent")
    world.vault.find(world.caller("agent"), SECRETS[Field.RECIPIENT_PHONE], "after_sales", REASON, now=world.now)
    world.vault.revise(world.caller("agent"), revised, "change_address", ANOTHER, NEW, now=world.now, key="r")
    world.ask("agent", [revised], "after_sales")
    world.vault.erase(OPERATOR, [erased], now=world.now)
    world.vault.tidy(now=world.now + 3 * DAY)
    note = world.vault.checkpoint(now=world.now)
    memory = LogMemory(folder / "seen")
    memory.keep_signed(note)
    memory.learn(len(world.entries()), bytes(32))
    memory.save()
    for database, chain in ((world.main, "main"), (world.keys, "keys")):
        back_up(database, "main" if chain == "main" else "keys", folder / f"backup-{chain}", now=world.now)
    project(world.main, world.vault.marks, folder / "work", folder / "ledger")
    return first


@pytest.fixture
def lived(both: World, tmp_path: Path) -> Iterator[tuple[World, str, list[str]]]:
    with statements(both) as heard:
        yield both, live(both, tmp_path), heard


def bytes_of(path: Path) -> bytes:
    """What a file holds; of a compressed one, what is told to whoever reads it."""
    return repr(pq.read_table(path).to_pylist()).encode() if path.suffix == ".parquet" else path.read_bytes()


def test_no_statement_no_row_and_no_file_holds_it(lived: tuple[World, str, list[str]], tmp_path: Path) -> None:
    world, number, heard = lived
    rows = b""
    for database, metadata in ((world.main, t.main), (world.keys, t.keys)):
        for table in metadata.sorted_tables:
            some = database.read(lambda c, table=table: c.execute(sa.select(table)).all())  # type: ignore[misc]
            rows += b"\n".join(v if isinstance(v, bytes) else str(v).encode() for row in some for v in row)
    files = {str(path.relative_to(tmp_path)): bytes_of(path) for path in tmp_path.rglob("*") if path.is_file()}
    for content in ("\n".join(heard).encode(), rows, files["backup-main/main.db"]):
        # What is looked at is the right thing.
        assert number.encode() in content
    assert {name.partition("/")[0] for name in files} >= {"backup-main", "backup-keys", "ledger", "seen"}
    assert {name: words for name, content in files.items() if (words := found(content))} == {}
    assert found(rows) == []
    assert [statement for statement in heard if found(statement.encode())] == []


@each(
    ("code", "before"),
    [("utf-8", ""), ("utf-16-le", ""), ("gb18030", ""), ("hex", "x'"), *product(["base64"], ["", "x", "xy"])],
)
def test_looking_finds_what_is_there(code: str, before: str) -> None:
    """A search that finds nothing could be none."""
    for word in WORDS:
        text = f"{before}{word}tail"
        match code:
            case "hex":
                content = b"x'" + text.encode().hex().encode()
            case "base64":
                content = base64.b64encode(text.encode())
            case _:
                content = text.encode(code)
        assert word in found(b"something " + content + b" else"), word
