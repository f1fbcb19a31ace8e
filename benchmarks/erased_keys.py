"""How long the bytes of erased keys lie in PostgreSQL's files: counted there, after each step that could remove them.

    python -m benchmarks.erased_keys [--server postgresql://postgres@127.0.0.1:5432] [--parcels 200] [--erased 43]

Needs a server on this machine whose files can be read, and makes two databases of its own on it, which are dropped.
Counted are wrapped keys whose bytes still stand in the table's file, in any file of its database, and in the
write-ahead log.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import asyncpg

from benchmarks._cases import table
from benchmarks._vault_world import OPERATOR, PLATFORM, now, parcels, seed
from wayseal.database import open_database
from wayseal.vault import Vault
from wayseal.vault.keyring import Keyring

NAMES = ("wayseal_erased_main", "wayseal_erased_keys")


def ask(server: str, database: str, statement: str) -> list[Any]:
    """What the server answers."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(f"{server}/{database}")
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    return asyncio.run(run())


def places(server: str) -> dict[str, list[Path]]:
    """Files of the table of keys, of its database, and of the write-ahead log."""
    query = "SELECT current_setting('data_directory'), pg_relation_filepath('data_keys')"
    data, heap = ask(server, NAMES[1], query)[0]
    file = Path(data, heap)
    return {
        "table": [file],
        "database": [one for one in file.parent.iterdir() if one.is_file()],
        "log": [one for one in Path(data, "pg_wal").iterdir() if one.is_file()],
    }


def left(server: str, keys: list[bytes]) -> list[str]:
    """How many of the keys stand in the files of each place."""
    out = []
    for files in places(server).values():
        found: set[bytes] = set()
        for file in files:
            with contextlib.suppress(FileNotFoundError):  # others' work goes on beside
                content = file.read_bytes()
                found |= {key for key in keys if key in content}
        out.append(str(len(found)))
    return out


def steps(server: str, count: int, erased: int) -> Iterator[list[str]]:
    """A row of the table after each step."""
    with tempfile.TemporaryDirectory() as folder:
        urls = [f"{server}/{name}" for name in NAMES]
        seed(urls[0], urls[1], Path(folder), count)
        vault = Vault(open_database(urls[0]), open_database(urls[1]), Keyring.load(Path(folder) / "keyring.json"))
        gone = [parcel.waybill for parcel in parcels(count)][:: max(1, count // erased)][:erased]
        before = {bytes(row["wrapped"]) for row in ask(server, NAMES[1], "SELECT wrapped FROM data_keys")}
        vault.erase(OPERATOR, gone, now=now())
        keys = list(before - {bytes(row["wrapped"]) for row in ask(server, NAMES[1], "SELECT wrapped FROM data_keys")})

        def row(name: str) -> list[str]:
            ask(server, NAMES[1], "CHECKPOINT")
            return [name, str(len(keys)), *left(server, keys)]

        yield row("erased")
        ask(server, NAMES[1], "VACUUM data_keys")
        yield row("VACUUM, as autovacuum does")
        vault.seal(PLATFORM, parcels(count + 20)[count:], now=now())
        yield row("20 parcels sealed after it")
        vault.retain(OPERATOR, now=now())
        vault.keys.shred(["data_keys"])  # as the command does
        yield row("`wayseal vault retain`")
        for _ in range(3):
            ask(server, NAMES[1], "SELECT pg_switch_wal()")
            ask(server, NAMES[1], "CHECKPOINT")
        yield row("three segments of the log later")
        vault.close()


def main() -> None:
    """Runs what was asked and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="postgresql://postgres@127.0.0.1:5432")
    parser.add_argument("--parcels", type=int, default=200)
    parser.add_argument("--erased", type=int, default=43)
    given = parser.parse_args()
    for name in NAMES:
        ask(given.server, "postgres", f"CREATE DATABASE {name}")
    try:
        rows = list(steps(given.server, given.parcels, given.erased))
    finally:
        for name in NAMES:
            ask(given.server, "postgres", f"DROP DATABASE {name} WITH (FORCE)")
    print("\n".join(table(["after", "erased keys", "in the table's file", "in the database", "in the log"], rows)))


if __name__ == "__main__":
    main()
