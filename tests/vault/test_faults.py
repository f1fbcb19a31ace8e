"""Killed, without room on its disk, without its database: what the service answered stands in the log, once.

The long form is `benchmarks.vault.vault_faults`, whose clients and checks these are.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from benchmarks.vault._faults_check import Checker
from benchmarks.vault._faults_load import Books, Told
from benchmarks.vault._faults_service import Server
from benchmarks.vault._faults_tamper import COLUMNS, tampered
from benchmarks.vault.vault_faults import Scene, connections_cut, database_gone, disk_full, finish, kills, scene

from tests.database.places import KINDS, fresh, opened
from tests.effort import DEEP
from wayseal.vault import tables as t
from wayseal.vault.keyring import Keyring

KILLS = 40 if DEEP else 2


@contextmanager
def loaded(kind: str, folder: Path) -> Iterator[Scene]:
    """A small vault under load."""
    with ExitStack() as stack:
        main, keys = (stack.enter_context(fresh(kind, folder)) for _ in range(2))
        yield stack.enter_context(scene(kind, (main, keys), folder, threads=4, count=60, pause=0 if DEEP else 0.05))


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_answered_stands_in_the_log_once(kind: str, tmp_path: Path) -> None:
    with loaded(kind, tmp_path) as at:
        server = Server(at.urls) if kind == "postgresql" else None
        kills(at, KILLS, 0.2, server)
        if server is None:
            disk_full(at, 0.2, 1)
        else:
            connections_cut(at, server, 3, 0.1)
            database_gone(at, server, 0.2, 1)
        finish(at)
        assert at.flaws() == []
        books = at.load.books
        assert books.told
        assert books.sealed
        assert books.unanswered
        assert books.again
        assert books.statuses[503]
        assert at.notes
        if kind == "sqlite":
            changed = tampered(at.urls, at.seeded.keyring, at.notes, len(COLUMNS))
            assert [flip.where for flip in changed if not flip.found] == []
            _check_that_checks_can_fail(at)


def _check_that_checks_can_fail(at: Scene) -> None:
    """Each answer that isn't in the log as it was given is found, and each request that stands there twice."""
    keyring = Keyring.load(at.seeded.keyring)
    with opened(at.urls[0]) as main, opened(at.urls[1]) as keys:

        def flaws(*told: Told, sealed: str | None = None) -> tuple[int, int]:
            checker = Checker(main, keys, keyring)
            checker.look(Books(told=list(told), sealed=[] if sealed is None else [sealed]))
            return len(checker.flaws.lost), len(checker.flaws.doubled)

        one = next(one for one in at.load.books.told if one.disclosed and not one.keyed)
        assert flaws(one, sealed=at.load.books.sealed[0]) == (0, 0)
        for other in (
            replace(one, seq=one.seq + 1),
            replace(one, leaf="00" * 32),
            replace(one, ask="another"),
            replace(one, waybill="YT9"),
            replace(one, request="another"),
            replace(one, disclosed=False),
        ):
            assert flaws(other) == (1, 0), other
        assert flaws(one, sealed="YS9") == (1, 0)
        row = main.read(lambda c: c.execute(sa.select(t.entries).where(t.entries.c.seq == one.seq)).one())
        size = main.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(t.entries)).scalar_one())
        main.write(lambda c: c.execute(t.entries.insert().values(**{**row._mapping, "seq": size})))
        assert flaws()[1] == 1
        assert flaws(replace(one, seq=size))[0] == 0
        assert flaws(one)[0] == 1
