"""Rule 1: a process that is killed amid its writes loses nothing that was acknowledged, and leaves no half of any."""

import os
import signal
import subprocess
import sys

import pytest
import sqlalchemy as sa

from tests.store.database.places import opened

WRITER = """
import sys
from wayseal.store.database import open_database

database = open_database(sys.argv[1])

def make(connection):
    connection.exec_driver_sql("CREATE TABLE k (i INTEGER, half INTEGER, PRIMARY KEY (i, half))")

def put(connection, i):
    connection.exec_driver_sql(f"INSERT INTO k VALUES ({i}, 1)")
    connection.exec_driver_sql(f"INSERT INTO k VALUES ({i}, 2)")

database.write(make)
for i in range(1_000_000):
    database.write(put, i)
    print(i, flush=True)
"""


@pytest.mark.parametrize("after", [1, 40])
def test_nothing_acknowledged_is_lost(after: int, url: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = [process.stdout.readline() for _ in range(after)]
    os.kill(process.pid, signal.SIGKILL)
    said += process.stdout.read().splitlines(keepends=True)
    process.stdout.close()
    process.wait()
    last = max(int(line) for line in said if line.endswith("\n"))
    with opened(url) as database:
        found = database.read(
            lambda c: [tuple(r) for r in c.execute(sa.text("SELECT i, half FROM k ORDER BY i, half"))]
        )
    known = {(i, half) for i in range(last + 1) for half in (1, 2)}
    # One more may have been done without a word of it.
    assert set(found) in (known, known | {(last + 1, 1), (last + 1, 2)})
