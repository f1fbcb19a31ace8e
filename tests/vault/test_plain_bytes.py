"""Nothing that is sealed stands anywhere in the plain: in no file, row, backup, ledger or log of statements."""

import base64
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from tests.tables import each
from tests.vault.listening import statements
from tests.vault.revising import NEW
from tests.vault.world import DAY, OPERATOR, SECRETS, World
from wayseal.model.fields import Field
from wayseal.vault import tables as t
from wayseal.vault.backup import back_up
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.log.projection import project

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
