"""`wayseal numbers`, and its breaches in the casebook's queue."""

import json
import signal
import time
from pathlib import Path

import pytest

from tests.cli.running import Ran, inside, started
from tests.numbers.world import NOW
from wayseal.cases import Cases, open_cases
from wayseal.cases.breaches import breach_lead, queue_breaches
from wayseal.cases.types import ObservableKind, Source
from wayseal.console.texts import TEXTS
from wayseal.database import execute, open_database
from wayseal.numbers import breaches
from wayseal.numbers.breaches import Breach, BreachKind


def run(what: str, folder: Path, *words: object) -> Ran:
    return inside("numbers", what, folder, *words)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    done = run("init", tmp_path / "numbers")
    assert (done.code, "gate.key" in done.out) == (0, True), done.err
    return tmp_path / "numbers"


def test_numbers_are_issued_shown_swept_and_verified(folder: Path) -> None:
    issued = run("issue", folder, 3, "--holder", "shop", "--key", "k").out.split()
    assert len(issued) == 3
    assert run("issue", folder, 3, "--holder", "shop", "--key", "k").out.split() == issued
    assert run("show", folder, issued[0].lower()).out == "issued  shop  cli\n"
    assert json.loads(run("show", folder, issued[0], "--format", "json").out)["scans"] == []
    assert run("show", folder, "YT0000000000000").code == 3
    assert "idle_block: 0" in run("sweep", folder).out
    assert run("verify", folder).out == "Every number stands as its moves say.\n"
    with open_database(folder / "numbers.db") as database:
        database.write(execute, "UPDATE numbers SET state = 'bound' WHERE number = ?", [(issued[0],)])
    wrong = run("verify", folder)
    assert (wrong.code, f"numbers/{issued[0]}" in wrong.out) == (7, True)


def test_a_second_series_and_a_lost_key(folder: Path) -> None:
    assert run("init", folder, "--series", "SH", "--digits", 16).code == 0
    assert len(run("issue", folder, 1, "--holder", "shop", "--series", "SH").out.strip()) == 18
    (folder / "numbers.key").unlink()
    assert run("issue", folder, 1, "--holder", "shop").code == 3
    assert run("init", folder).code == 3, "a key that was lost is never replaced"


def test_nothing_is_issued_after_a_restore_until_the_rest_is_burnt(folder: Path) -> None:
    run("issue", folder, 5, "--holder", "shop")
    (folder / "numbers.key.issued").write_text('{"YT": 70}')
    refused = run("issue", folder, 1, "--holder", "shop")
    assert (refused.code, "wayseal numbers restored" in refused.err) == (6, True)
    assert "99,995 numbers burnt" in run("restored", folder).out
    assert run("issue", folder, 1, "--holder", "shop").code == 0


def test_without_a_database_nothing_is_done(tmp_path: Path) -> None:
    assert run("verify", tmp_path).code == 3


@pytest.mark.parametrize("kind", BreachKind)
def test_each_kind_has_words_on_the_queue(kind: BreachKind) -> None:
    lead = breach_lead(Breach(kind=kind, number="YT1", at=NOW, asker="mole", holder="shop"))
    assert f"lead.{lead.reason}" in TEXTS
    assert lead.things[0].value == "mole"


def queue(cases: Cases) -> list[tuple[str, frozenset[str]]]:
    return [(row.reason, frozenset(thing.name for thing in row.things)) for row in cases.queue(NOW).rows]


def test_breaches_come_into_the_queue_once_by_their_asker(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "book").mkdir(mode=0o700)
    some = [Breach(kind=BreachKind.READ_EARLY, number=f"YT{n}", at=NOW, asker="mole") for n in range(3)]
    alarm = Breach(kind=BreachKind.COVERAGE, number="", at=NOW, asker="SH-1")
    with open_database(folder / "numbers.db") as database, open_cases(tmp_path / "book") as cases:
        database.write(breaches.add, *some[:2], alarm)
        assert queue_breaches(database, cases, "book", NOW) == 3
        assert queue_breaches(database, cases, "book", NOW) == 0
        database.write(breaches.add, some[2])
        database.write(breaches.keep_place, "book", 0)  # as after a crash: all come again
        assert queue_breaches(database, cases, "book", NOW) == 4
        rows = cases.queue(NOW).rows
        assert {row.source for row in rows} == {Source.NUMBERS}
        assert sorted((row.reason, len(row.things)) for row in rows) == [
            ("numbers_coverage", 1),
            ("numbers_read_early", 4),
        ]
        assert {thing.kind for row in rows for thing in row.things} >= {ObservableKind.OUTLET, ObservableKind.NUMBER}


def test_the_watch_puts_a_breach_into_the_queue_within_a_second(folder: Path, tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.mkdir(mode=0o700)
    with open_cases(book):
        pass
    with open_database(folder / "numbers.db") as database, open_cases(book) as cases:
        one = Breach(kind=BreachKind.READ_EARLY, number="YT1", at=NOW, asker="mole")
        database.write(breaches.add, one)
        watch = started("numbers", "watch", folder, "--casebook", book, cwd=tmp_path)
        try:
            wait(cases, 1, 30)
            start = time.monotonic()
            database.write(breaches.add, Breach(kind=BreachKind.NEVER_ISSUED, number="YT2", at=NOW, asker="mole"))
            wait(cases, 2, 10)
            assert time.monotonic() - start < 1
        finally:
            watch.send_signal(signal.SIGTERM)
            watch.communicate(timeout=10)
        assert watch.returncode == 0


def wait(cases: Cases, rows: int, seconds: float) -> None:
    start = time.monotonic()
    while len(cases.queue(NOW).rows) < rows and time.monotonic() - start < seconds:
        time.sleep(0.02)
    assert len(cases.queue(NOW).rows) == rows
