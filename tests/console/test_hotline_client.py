"""What the console brings over from the portal and takes there: nothing lost, nothing twice, wherever it breaks off
(`wayseal.console.hotline_client`)."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.hotline.making import DAY, ONCE, letter
from tests.cases.hotline.test_mailbox import LATER, a_box, file_of, opened, put, row, rows
from tests.effort import examples
from tests.portal.exchanging import (
    PUBLIC,
    RECEIPT,
    URL,
    InProcess,
    Typist,
    make_app,
    make_token,
    staffs,
    whole_app,
)
from tests.portal.world import open_world
from tests.tables import each
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.letters import Letter, LetterKind, Sender, new_nonce
from wayseal.cases.hotline.sealing import open_chunks, open_letter, open_secret, seal_letter
from wayseal.cases.hotline.transit import MOST_CARRIED, MOST_CHUNK, Carried, TypedIn, Untaken
from wayseal.console import hotline_client
from wayseal.console.hotline_client import AnswerError, ExchangeError, HotlineClient
from wayseal.database import Database, DatabaseError
from wayseal.model.errors import WaysealError
from wayseal.model.schema import plain
from wayseal.service.tokens import remove_token

ONE, TWO, THREE, FOUR = (a_box(n).box for n in (1, 2, 3, 4))


class CrashError(Exception):
    """The process ends here."""


@dataclass
class Steps:
    """What a round does beyond itself, one after the other, and at which of these it breaks off, before or after."""

    fails: frozenset[int] = frozenset()
    late: bool = False
    crash: bool = True
    done: int = 0

    def take(self, error: Exception, act: Callable[..., Any], *args: Any) -> Any:
        """One step. error: what it raises where the process goes on."""
        self.done += 1
        if self.done in self.fails and not self.late:
            raise CrashError if self.crash else error
        found = act(*args)
        if self.done in self.fails:
            raise CrashError if self.crash else error
        return found


class Breaking(httpx.BaseTransport):
    """A network that breaks."""

    def __init__(self, steps: Steps, inner: httpx.BaseTransport) -> None:
        self._steps, self._inner = steps, inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        found: httpx.Response = self._steps.take(httpx.ReadError("cut"), self._inner.handle_request, request)
        return found


class BreakingDatabase:
    """A database at whose writes the process may end."""

    def __init__(self, steps: Steps, inner: Database) -> None:
        self._steps, self._inner, self.read, self.empty_log = steps, inner, inner.read, inner.empty_log
        self.size = inner.size

    def write(self, *args: Any) -> Any:
        """One transaction."""
        return self._steps.take(DatabaseError("full"), self._inner.write, *args)


@dataclass(kw_only=True)
class World:
    """A portal and a console, each with its mailbox."""

    folder: Path
    portal: Database
    console: Database
    typist: Typist
    transport: httpx.BaseTransport

    @contextmanager
    def client(self, steps: Steps | None = None, url: str = URL) -> Iterator[HotlineClient]:
        """A console's process."""
        database: Any = BreakingDatabase(steps, self.console) if steps else self.console
        transport = Breaking(steps, self.transport) if steps else self.transport
        client = HotlineClient(url, self.folder / "token", database, transport=Shared(transport))
        try:
            yield client
        finally:
            client.close()

    def round(self, steps: Steps | None = None) -> list[Any]:
        """What a collector does, in a process of its own."""
        with self.client(steps) as client:
            return [*client.pull(), *client.push()]


class Shared(httpx.BaseTransport):
    """Isn't closed with its client."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.handle_request = inner.handle_request  # type: ignore[method-assign]


@contextmanager
def opened_world(folder: Path) -> Iterator[World]:
    with ExitStack() as stack:
        portal, console = (stack.enter_context(opened(folder / f"{name}.sqlite")) for name in ("portal", "console"))
        typist = Typist()
        transport = InProcess(make_app(portal, folder / "exchange.tokens", typist))
        stack.callback(transport.close)
        yield World(folder=folder, portal=portal, console=console, typist=typist, transport=transport)


def fill(world: World) -> None:
    """Two reports and a message wait at the portal; at the console an answer, and a box that was deleted."""
    put(world.portal, 1)
    put(world.portal, 2, files=0)
    second = replace(file_of(1, place=2), chunks=1)
    world.portal.write(mailbox.add_chunk, second.file, 1, b"sealed" * 50)
    world.portal.write(mailbox.add_letter, row(1, place=2), [second])
    for n in (3, 4):
        world.portal.write(mailbox.add_box, a_box(n), row(n, taken=True))
        world.console.write(mailbox.add_box, a_box(n, lookup=None), row(n, taken=True))
    world.console.write(mailbox.add_letter, staffs(3))
    world.console.write(mailbox.add_letter, staffs(4))
    world.console.write(mailbox.add_letter, staffs(4, place=3, kind="closing"))
    world.console.write(mailbox.bury, FOUR, LATER, "days")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    make_token(folder / "exchange.tokens")
    with opened_world(folder) as world:
        fill(world)
    return folder


@pytest.fixture
def world(filled: Path, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(filled, tmp_path / "w")
    with opened_world(tmp_path / "w") as found:
        yield found


def state(world: World) -> Any:
    return [
        {name: found for name, found in rows(one).items() if name != "pulse"} for one in (world.portal, world.console)
    ]


def chunks(database: Database) -> set[tuple[bytes, int, bytes]]:
    return set(rows(database)["chunks"])


def test_what_came_is_brought_over_and_what_staff_wrote_is_taken_there(world: World) -> None:
    sent = chunks(world.portal)
    assert len(sent) == 3
    assert world.round() == []
    assert world.console.read(mailbox.letters_of, ONE) == [row(1, taken=True), row(1, place=2, taken=True)]
    assert world.console.read(mailbox.letters_of, TWO) == [row(2, taken=True)]
    assert world.console.read(mailbox.box_of, ONE) == a_box(1, lookup=None)
    assert (chunks(world.console), chunks(world.portal)) == (sent, set())
    assert [one.chunks for one in world.console.read(mailbox.files_of, ONE)] == [2, 1]
    assert world.portal.read(mailbox.untaken, Sender.REPORTER) == []
    assert world.console.read(mailbox.untaken, Sender.STAFF) == []
    assert world.portal.read(mailbox.letters_of, THREE)[-1] == staffs(3, taken=True)
    closing = staffs(4, place=3, kind="closing", taken=True)
    assert world.portal.read(mailbox.letters_of, FOUR) == [row(4, sealed=None, taken=True), closing]
    assert world.portal.read(mailbox.box_of, FOUR) == a_box(4, gone=LATER, rule="days")
    after = state(world)
    for _ in range(2):
        assert world.round() == []
        assert state(world) == after


class Whole:
    """Where a round ends that nothing breaks off, and how many steps it has."""

    def __init__(self, after: Any, steps: int) -> None:
        self.after, self.steps = after, steps


@pytest.fixture(scope="module")
def whole(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Where a round ends that nothing breaks off, and how many steps it has."""
    folder = shutil.copytree(filled, tmp_path_factory.mktemp("whole") / "w")
    with opened_world(folder) as world:
        steps = Steps()
        assert world.round(steps) == []
        return Whole(state(world), steps.done)


def broken(filled: Path, folder: Path, fails: frozenset[int], late: bool, crash: bool) -> Any:
    """Where it ends if the first round breaks off there, and the next ones are whole."""
    shutil.copytree(filled, folder)
    with opened_world(folder) as world:
        steps = Steps(fails, late, crash)
        with suppress(CrashError, ExchangeError, DatabaseError):
            world.round(steps)
        assert all(has(world, file) for file in rows(world.portal)["files"])
        assert world.round() == []
        return state(world)


def has(world: World, file: Any) -> bool:
    """Check that a file is whole on one side."""
    return any(
        {(file[0], n) for n in range(1, file[3] + 1)} <= {c[:2] for c in chunks(d)}
        for d in (world.portal, world.console)
    )


def test_wherever_it_breaks_off_the_next_round_ends_the_same(filled: Path, whole: Whole, tmp_path: Path) -> None:
    after, steps = whole.after, whole.steps
    assert steps > 20
    for at in range(1, steps + 1):
        for late in (False, True):
            found = broken(filled, tmp_path / f"{at}-{late}", frozenset({at}), late, at % 2 == 1)
            assert found == after, (at, late)


@given(st.sets(st.integers(1, 40), min_size=2, max_size=8), st.booleans(), st.booleans())
@examples(60, 8)
def test_however_often_it_breaks_off(
    filled: Path,
    whole: Whole,
    tmp_path_factory: pytest.TempPathFactory,
    fails: set[int],
    late: bool,
    crash: bool,
) -> None:
    folder = tmp_path_factory.mktemp("broken") / "w"
    assert broken(filled, folder, frozenset(fails), late, crash) == whole.after


Answers = Callable[[str, str], httpx.Response | None]


class Lying(httpx.BaseTransport):
    """A portal that says something else where it likes to."""

    def __init__(self, inner: httpx.BaseTransport, lie: Answers) -> None:
        self._inner, self._lie = inner, lie
        self.asked: list[tuple[str, str]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        asked = request.method, request.url.path.removeprefix("/exchange/")
        self.asked.append(asked)
        return self._lie(*asked) or self._inner.handle_request(request)


def lying(world: World, lie: Answers) -> Lying:
    world.transport = Lying(world.transport, lie)
    return world.transport


def said(content: bytes, status: int = 200) -> httpx.Response:
    return httpx.Response(status, stream=httpx.ByteStream(content))


def spelled(record: Any) -> bytes:
    return json.dumps(plain(record)).encode()


FIRST = f"letters/{ONE.hex()}/1"
TOLD = Carried.of(a_box(1), row(1), [file_of(1)])


@each(
    "lie",
    [
        spelled(replace(TOLD, letter=row(1, place=2), files=())),
        spelled(Carried.of(a_box(2), row(2))),
        spelled(Carried.of(a_box(1), staffs(1, place=1))),
        spelled(TOLD).replace(b'"chunks": 2', b'"chunks": 100000000'),
        spelled(TOLD).replace(b'"place": 1, "chunks"', b'"place": 2, "chunks"'),
        spelled(TOLD).replace(b'"gone": null', b'"gone": "2026-03-02"'),
        spelled(TOLD).replace(b'"taken": false', b'"taken": true'),
        spelled(TOLD)[:-1],
        spelled(TOLD).ljust(MOST_CARRIED + 1),
        b"null",
        b"",
        b"<html>",
    ],
)
def test_a_letter_that_isnt_one_holds_up_no_other(filled: Path, tmp_path: Path, lie: bytes) -> None:
    assert lie != spelled(TOLD)
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    shutil.copytree(filled, folder)
    with opened_world(folder) as world:
        lying(world, lambda method, path: said(lie) if path == FIRST else None)
        assert world.round() == [(ONE, 1)]
        assert world.portal.read(mailbox.untaken, Sender.REPORTER) == [(ONE, 1)]
        assert world.console.read(mailbox.find_letter, ONE, Sender.REPORTER, 1) is None
        assert world.console.read(mailbox.letters_of, TWO) == [row(2, taken=True)]
        assert world.console.read(mailbox.untaken, Sender.STAFF) == []


@each("status", [400, 403, 404, 500, 503, 301, 206, 409])
def test_what_is_answered_otherwise_is_asked_for_again(filled: Path, tmp_path: Path, status: int) -> None:
    for n, at in enumerate(("GET " + FIRST, f"POST {FIRST}/taken", f"PUT letters/{THREE.hex()}/2", "GET untaken")):
        folder = tmp_path / f"{status}-{n}"
        shutil.copytree(filled, folder)
        with opened_world(folder) as world:
            inner = world.transport
            lying(world, lambda method, path, at=at: said(b"", status) if f"{method} {path}" == at else None)  # type: ignore[misc]
            if at == "GET untaken":
                with pytest.raises(AnswerError):
                    world.round()
            else:
                assert world.round() == [(THREE, 2) if "PUT" in at else (ONE, 1)]
            world.transport = inner
            assert world.round() == []
            assert world.portal.read(mailbox.untaken, Sender.REPORTER) == []
            assert world.console.read(mailbox.untaken, Sender.STAFF) == []


def test_a_chunk_that_cant_be_read_now_leaves_its_letter_there(world: World) -> None:
    inner, chunk = world.transport, f"files/{file_of(1).file.hex()}/2"
    for answer in (said(b"", 503), said(b"x" * (MOST_CHUNK + 1))):
        lying(world, lambda method, path, answer=answer: answer if path == chunk else None)  # type: ignore[misc]
        assert world.round() == [(ONE, 1)]
        assert world.portal.read(mailbox.untaken, Sender.REPORTER) == [(ONE, 1)]
        world.transport = inner
    sent = chunks(world.portal) | chunks(world.console)
    assert world.round() == []
    assert chunks(world.console) == sent


def test_a_file_that_broke_off_goes_on_where_it_was(world: World) -> None:
    inner, name = world.transport, f"files/{file_of(1).file.hex()}"

    def cut(_: str, path: str) -> None:
        if path == f"{name}/2":
            raise httpx.ReadError("cut")

    lying(world, cut)
    with pytest.raises(ExchangeError):
        world.round()
    world.transport = inner
    transport = lying(world, lambda *_: None)
    assert world.round() == []
    assert [path for _, path in transport.asked if path.startswith(name)] == [f"{name}/2"]


def test_a_file_that_is_taken_back_meanwhile_leaves_nothing(world: World) -> None:
    back = file_of(1).file

    def take_back(_: str, path: str) -> None:
        if path == f"files/{back.hex()}/2":
            world.portal.write(mailbox.drop_file, back)

    lying(world, take_back)
    assert world.round() == []
    assert world.console.read(mailbox.letters_of, ONE) == [row(1, taken=True), row(1, place=2, taken=True)]
    assert [one.place for one in world.console.read(mailbox.files_of, ONE)] == [2]
    assert back not in {one[0] for one in chunks(world.console)}


def test_a_chunk_that_is_withheld_withholds_nothing_else(world: World) -> None:
    lying(world, lambda _, path: said(b"", 404) if path == f"files/{file_of(1).file.hex()}/1" else None)
    assert world.round() == []
    assert world.console.read(mailbox.find_letter, ONE, Sender.REPORTER, 1) == row(1, taken=True)
    assert [one.chunks for one in world.console.read(mailbox.files_of, ONE)] == [2, 1]
    assert {one[1] for one in chunks(world.console) if one[0] == file_of(1).file} == {2}


def test_another_letter_under_the_same_place_is_told_and_stays_there(world: World) -> None:
    other = row(1, digest=bytes(32), taken=True)
    world.console.write(mailbox.add_box, a_box(1, lookup=None), other)
    world.console.write(mailbox.add_box, a_box(2, lookup=None, public=bytes(32)), row(2, place=5, taken=True))
    transport = lying(world, lambda *_: None)
    assert world.round() == [(ONE, 1), (TWO, 1)]
    assert not [path for _, path in transport.asked if path.startswith(f"files/{file_of(1).file.hex()}")]
    assert world.console.read(mailbox.find_letter, ONE, Sender.REPORTER, 1) == other
    assert world.portal.read(mailbox.untaken, Sender.REPORTER) == [(ONE, 1), (TWO, 1)]
    assert world.console.read(mailbox.find_letter, ONE, Sender.REPORTER, 2) == row(1, place=2, taken=True)


def test_staffs_letters_that_the_portal_refuses_are_told_and_stay(world: World) -> None:
    world.portal.write(mailbox.add_letter, staffs(3, salt=bytes(32), taken=True))
    world.console.write(mailbox.add_box, a_box(9, lookup=None), row(9, taken=True))
    world.console.write(mailbox.add_letter, staffs(9))
    nine = a_box(9).box
    for _ in range(2):
        assert world.round() == [(THREE, 2), (nine, 2)]
        assert world.console.read(mailbox.untaken, Sender.STAFF) == [(THREE, 2), (nine, 2)]
    assert world.portal.read(mailbox.box_of, FOUR) == a_box(4, gone=LATER, rule="days")


def test_what_was_deleted_before_it_was_sent_isnt_sent(world: World) -> None:
    transport = lying(world, lambda *_: None)
    assert world.round() == []
    sent = [path for method, path in transport.asked if method == "PUT"]
    assert sent == [f"letters/{THREE.hex()}/2", f"letters/{FOUR.hex()}/3", f"boxes/{FOUR.hex()}/gone"]


def test_a_message_that_waits_is_fetched_before_its_box_goes(world: World) -> None:
    written = row(4, place=5)

    def write(_: str, path: str) -> None:
        if path == f"boxes/{FOUR.hex()}/gone" and not world.portal.read(mailbox.find_letter, FOUR, Sender.REPORTER, 5):
            world.portal.write(mailbox.add_letter, written)

    lying(world, write)
    with world.client() as client:
        assert [*client.pull(), *client.push()] == []
        assert world.portal.read(mailbox.box_of, FOUR) == a_box(4)
        assert [*client.pull(), *client.push()] == []
    # Who wrote before the portal's copy went goes on writing there, until the report is deleted again.
    assert world.console.read(mailbox.find_letter, FOUR, Sender.REPORTER, 5) == replace(written, taken=True)
    assert world.portal.read(mailbox.box_of, FOUR) == a_box(4)
    world.console.write(mailbox.bury, FOUR, LATER, "days")
    assert world.round() == []
    assert world.portal.read(mailbox.box_of, FOUR) == a_box(4, gone=LATER, rule="days")


def test_a_deletion_is_told_until_the_portal_has_it(world: World) -> None:
    transport = lying(world, lambda *_: None)
    gone = ("PUT", f"boxes/{FOUR.hex()}/gone")
    with world.client() as client:
        for _ in range(3):
            client.push()
        assert transport.asked.count(gone) == 1
        world.portal.write(lambda c: c.execute(mailbox.boxes.update().values(gone=None, rule=None)))
        client.push()
        assert transport.asked.count(gone) == 2
    assert world.portal.read(mailbox.box_of, FOUR) == a_box(4, gone=LATER, rule="days")


def test_a_portal_out_of_a_backup_gets_again_what_staff_wrote(world: World) -> None:
    assert world.round() == []
    ours = world.portal.read(mailbox.letters_of, THREE)
    world.portal.write(lambda c: c.execute(mailbox.letters.delete().where(mailbox.letters.c.sender == "staff")))
    assert world.console.read(mailbox.untaken, Sender.STAFF) == []  # each was handed over once
    assert world.round() == []
    assert world.portal.read(mailbox.letters_of, THREE) == ours
    transport = lying(world, lambda *_: None)
    assert world.round() == []
    assert [path for method, path in transport.asked if method == "PUT"] == []


def test_a_portal_cant_fill_the_disk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many letters as it likes, with as many chunks as it likes: no more comes than is set, and that is told."""
    monkeypatch.setattr(hotline_client, "LETTERS", 1)
    with world.client() as client:
        assert client.pull() == [(ONE, 2), (TWO, 1)]
        assert client.full
        assert [client.pull(), client.pull(), client.full] == [[(TWO, 1)], [], False]
    put(world.portal, 7)
    sent = world.portal.read(mailbox.letters_of, a_box(7).box)
    for most in (0, MOST_CHUNK, 2 * MOST_CHUNK):  # nothing; the letter alone; the letter and one of its two chunks
        client = HotlineClient(
            URL, world.folder / "token", world.console, transport=Shared(world.transport),
            most=world.console.size() + most,
        )  # fmt: skip
        assert (client.pull(), client.full) == ([(a_box(7).box, 1)], True)
        assert world.console.read(mailbox.letters_of, a_box(7).box) == []
        assert not {one for one in chunks(world.console) if one[0] == file_of(7).file}
    assert world.round() == []
    assert world.console.read(mailbox.letters_of, a_box(7).box) == [replace(one, taken=True) for one in sent]


def test_what_was_deleted_here_doesnt_come_back_from_a_restored_portal(world: World) -> None:
    put(world.portal, 5)
    world.console.write(mailbox.add_box, a_box(5, lookup=None), row(5, taken=True), [file_of(5)])
    world.console.write(mailbox.bury, a_box(5).box, LATER, "days")
    assert world.round() == []
    assert world.console.read(mailbox.letters_of, a_box(5).box) == [row(5, sealed=None, taken=True)]
    assert file_of(5).file not in {one[0] for one in chunks(world.console) | chunks(world.portal)}
    assert world.portal.read(mailbox.letters_of, a_box(5).box) == [row(5, sealed=None, taken=True)]


def test_a_round_writes_whoever_came(world: World) -> None:
    seen = set()
    for _ in range(3):
        with world.client() as client:
            client.pull()
        seen.add((world.folder / "console.sqlite").read_bytes())
        assert (world.folder / "console.sqlite-wal").stat().st_size == 0
    assert len(seen) == 3


def test_what_staff_type_in_gets_a_receipt(world: World) -> None:
    report = TypedIn(
        letter=letter(came="letter", identity=True, text="票\U00020000" * 100_000), once=ONCE, identity="王小明"
    )
    with world.client() as client:
        assert client.type_in(report) == RECEIPT
        assert world.typist.took == [report]
        for lie in (b"", b"[]", b"{}", b'{"receipt": "1"}', b'{"receipt": 1}'):
            lying(world, lambda *_, lie=lie: said(lie))
            with world.client() as other, pytest.raises(AnswerError):
                other.type_in(report)


def test_a_portal_that_is_away_is_told(world: World) -> None:
    def away(*_: str) -> httpx.Response:
        raise httpx.ConnectError("refused")

    inner = world.transport
    lying(world, away)
    with pytest.raises(ExchangeError, match="can't be reached"):
        world.round()
    world.transport = inner
    with world.client(url=f"http://portal:{PUBLIC}") as client, pytest.raises(AnswerError):
        client.pull()
    remove_token(world.folder / "exchange.tokens", "console", WaysealError)
    with pytest.raises(ExchangeError, match="doesn't know"):
        world.round()
    (world.folder / "token").write_text("票")
    with pytest.raises(ExchangeError, match="token"):
        world.round()
    make_token(world.folder / "exchange.tokens")
    assert world.round() == []


def test_a_list_that_is_none_is_told(world: World) -> None:
    for lie in (b"", b"{}", b'{"letters": [["AAAA", 1]]}', spelled(Untaken(letters=())).replace(b"[]", b'[["x"]]')):
        lying(world, lambda *_, lie=lie: said(lie))
        with world.client() as client, pytest.raises(AnswerError):
            client.pull()


def test_a_report_reaches_the_team_and_what_it_answers_the_reporter(tmp_path: Path) -> None:
    """With the portal as it runs."""
    with open_world(tmp_path) as portal, opened(tmp_path / "hotline.sqlite") as console:
        make_token(tmp_path / "exchange.tokens")
        transport = InProcess(whole_app(portal.portal, tmp_path / "exchange.tokens"))
        visitor = portal.visitor().report(files=[("a.txt", b"numbers of today " * 40_000, "text/plain")])
        receipt = visitor.receipt
        client = HotlineClient(URL, tmp_path / "token", console, transport=transport)
        assert client.pull() == []
        ((box, place),) = [(one[0], one[2]) for one in rows(console)["letters"]]
        stored = console.read(mailbox.find_letter, box, Sender.REPORTER, place)
        its = console.read(mailbox.box_of, box)
        assert stored is not None
        assert its is not None
        read = open_letter(stored, portal.keys)
        (file,) = read.files
        sealed = [console.read(mailbox.find_chunk, one[0], one[1]) or b"" for one in sorted(rows(console)["chunks"])]
        assert len(sealed) == 3
        content = b"".join(open_chunks(sealed, open_secret(stored, portal.keys), file))
        assert content == b"numbers of today " * 40_000

        answer = Letter(kind=LetterKind.ANSWER, day=DAY, text="Which group?", nonce=new_nonce())
        team, at = portal.portal.intake.team, {"box": box, "sender": Sender.STAFF, "place": 2}
        to = seal_letter(answer, team, its.public, private=portal.keys, **at)
        assert console.write(mailbox.add_letter, to)
        assert client.push() == []
        assert "Which group?" in portal.visitor().back(receipt).page

        typed = client.type_in(TypedIn(letter=letter(came="telephone", text="Somebody called."), once=ONCE))
        assert "Somebody called." in portal.visitor().back(typed.shown()).page
        # Pressed twice, or again since the answer was lost, it is one report; what was changed meanwhile is another.
        same = TypedIn(letter=letter(came="telephone", text="Somebody called."), once=ONCE)
        assert client.type_in(same) == typed
        for other in (replace(same, once="1f" * 32), replace(same, letter=replace(same.letter, text="Somebody else."))):
            assert client.type_in(other) != typed
        assert client.pull() == []
        assert len(rows(console)["boxes"]) == 4

        with httpx.Client(transport=transport) as http:
            pages = f"http://portal:{PUBLIC}"
            known = {"Authorization": f"Bearer {(tmp_path / 'token').read_text().strip()}"}
            found = [http.get(f"{pages}/{path}", headers=known) for path in ("exchange/untaken", "nothing")]
        assert found[0].status_code == 404
        assert found[0].content.replace(b"exchange/untaken", b"nothing") == found[1].content
        client.close()
