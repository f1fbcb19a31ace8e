"""The exchange: on its own port, for its own tokens, and nothing of it twice (`wayseal.portal._exchange`)."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cases.hotline.making import ONCE, letter
from tests.cases.hotline.test_mailbox import LATER, a_box, file_of, opened, put, row, rows
from tests.portal.exchanging import PORT, PUBLIC, RECEIPT, URL, InProcess, Typist, carried, make_app, make_token, staffs
from tests.tables import each
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.errors import HotlineError
from wayseal.cases.hotline.letters import LetterKind, SealedLetter, Sender
from wayseal.cases.hotline.mailbox import Box
from wayseal.cases.hotline.transit import MOST_CARRIED, Carried, Gone, Held, TypedIn, Untaken
from wayseal.database import Database, DatabaseError
from wayseal.model.errors import WaysealError
from wayseal.model.schema import parse_json, plain
from wayseal.service.tokens import remove_token

ONE, TWO = a_box(1).box, a_box(2).box
FILE = file_of(1).file.hex()
GONE = plain(Gone(day=LATER, rule="days"))
PATHS = (
    ("GET", "untaken"),
    ("GET", f"letters/{ONE.hex()}/1"),
    ("PUT", f"letters/{ONE.hex()}/2"),
    ("POST", f"letters/{ONE.hex()}/1/taken"),
    ("GET", f"files/{FILE}/1"),
    ("PUT", f"boxes/{ONE.hex()}/gone"),
    ("POST", "typed"),
    ("GET", "held"),
)


@dataclass(kw_only=True)
class World:
    database: Database
    tokens: Path
    token: str
    typist: Typist
    http: httpx.Client

    def ask(self, method: str, path: str, body: Any = None, *, port: int = PORT, **more: Any) -> httpx.Response:
        known = {"headers": {"Authorization": f"Bearer {self.token}"}} | more
        address = f"http://portal:{port}/exchange/{path}"
        if isinstance(body, bytes):
            return self.http.request(method, address, content=body, **known)
        return self.http.request(method, address, json=body, **known)

    def put(self, stored: SealedLetter, box: Box | None = None, place: int | None = None) -> int:
        path = f"letters/{stored.box.hex()}/{place or stored.place}"
        return self.ask("PUT", path, plain(carried(stored, box))).status_code


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    tokens, typist = tmp_path / "exchange.tokens", Typist()
    token = make_token(tokens)
    with (
        opened(tmp_path / "portal.sqlite") as database,
        httpx.Client(transport=InProcess(make_app(database, tokens, typist)), base_url=URL) as http,
    ):
        put(database, 1)
        put(database, 2, files=0)
        yield World(database=database, tokens=tokens, token=token, typist=typist, http=http)


def test_on_another_port_there_is_no_exchange(world: World) -> None:
    before = rows(world.database)
    for method, path in (*PATHS, ("GET", "healthz"), ("DELETE", "untaken"), ("GET", "untaken/"), ("GET", "typed")):
        answer = world.ask(method, path, GONE, port=PUBLIC)
        nothing = world.http.request(method, f"http://portal:{PUBLIC}/nothing")
        assert (answer.status_code, answer.content, answer.headers) == (404, nothing.content, nothing.headers), path
    assert rows(world.database) == before


def test_where_no_port_is_known_there_is_none(world: World) -> None:
    for server in (None, ("/run/portal.sock", None)):
        for route in make_app(world.database, world.tokens).routes:
            scope: dict[str, Any] = {
                "type": "http",
                "method": "GET",
                "path": "/exchange/untaken",
                "headers": [],
                "server": server,
            }
            assert route.matches(scope)[1] == {}


@each("known", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer nobody"}, {"Authorization": "Basic x"}])
def test_without_a_token_nobody_gets_anything(world: World, known: dict[str, str]) -> None:
    before = rows(world.database)
    for method, path in PATHS:
        answer = world.ask(method, path, GONE, headers=known)
        assert (answer.status_code, answer.content) == (401, b""), path
    assert world.ask("GET", "untaken", headers={"Authorization": f"Basic {world.token}"}).status_code == 401
    assert rows(world.database) == before
    assert not world.typist.took


def test_a_token_that_was_taken_back_opens_nothing(world: World) -> None:
    assert world.ask("GET", "untaken").status_code == 200
    remove_token(world.tokens, "console", WaysealError)
    assert {world.ask(method, path, GONE).status_code for method, path in PATHS} == {401}
    world.tokens.unlink()
    assert world.ask("GET", "untaken").status_code == 401


def test_what_came_is_fetched_and_then_its_files_go(world: World) -> None:
    told = parse_json(world.ask("GET", "untaken").content, Untaken)
    assert told.letters == ((ONE, 1), (TWO, 1))
    found = parse_json(world.ask("GET", f"letters/{ONE.hex()}/1").content, Carried)
    assert found == Carried(box=a_box(1, lookup=None), letter=row(1), files=(file_of(1),))
    second = file_of(1, place=2)
    assert world.database.write(mailbox.add_letter, row(1, place=2), [second])
    found = parse_json(world.ask("GET", f"letters/{ONE.hex()}/2").content, Carried)
    assert (found.letter, found.files) == (row(1, place=2), (second,))
    assert world.ask("POST", f"letters/{ONE.hex()}/2/taken").status_code == 204
    chunk = world.ask("GET", f"files/{FILE}/2")
    assert chunk.content == world.database.read(mailbox.find_chunk, file_of(1).file, 2)
    for _ in range(2):
        assert world.ask("POST", f"letters/{ONE.hex()}/1/taken").status_code == 204
    assert world.ask("GET", f"files/{FILE}/2").status_code == 404
    assert parse_json(world.ask("GET", "untaken").content, Untaken).letters == ((TWO, 1),)
    assert world.database.read(mailbox.find_letter, ONE, Sender.REPORTER, 1) == row(1, taken=True)


def test_what_finds_a_box_by_its_receipt_never_leaves(world: World) -> None:
    box, lookup = a_box(3, lookup=b"the lookup of it"), b"the lookup of it"
    assert world.database.write(mailbox.add_box, box, row(3))
    for path in ("untaken", f"letters/{box.box.hex()}/1"):
        content = world.ask("GET", path).content
        assert base64.b64encode(box.box) in content
        for spelled in (lookup, lookup.hex().encode(), base64.b64encode(lookup)[:-3]):
            assert spelled not in content


def test_letters_of_staff_are_put_once(world: World) -> None:
    for _ in range(2):
        assert world.put(staffs()) == 204
    assert world.database.read(mailbox.find_letter, ONE, Sender.STAFF, 2) == staffs(taken=True)
    before = rows(world.database)
    for other in (staffs(sealed=b"other"), staffs(digest=bytes(32)), staffs(salt=bytes(32)), staffs(day=LATER)):
        assert world.put(other) == 409
    assert world.put(staffs(place=3), box=a_box(1, public=bytes(32))) == 409
    assert world.put(staffs(9)) == 404
    assert rows(world.database) == before
    assert parse_json(world.ask("GET", "untaken").content, Untaken).letters == ((ONE, 1), (TWO, 1))


def test_what_the_portal_has_of_staff_is_told_also_where_the_tombstone_alone_is_there(world: World) -> None:
    assert world.database.write(mailbox.add_letter, staffs(1))
    assert world.database.write(mailbox.add_letter, staffs(2))
    world.database.write(mailbox.bury, TWO, LATER, "days")
    told = parse_json(world.ask("GET", "held").content, Held)
    assert told == Held(letters=((ONE, 2), (TWO, 2)), gone=(TWO,))


def test_what_cant_be_put_isnt(world: World) -> None:
    before = rows(world.database)
    assert world.put(row(1, Sender.REPORTER, 2)) == 400
    assert world.put(staffs(), place=3) == 400
    body = plain(carried(staffs()))
    for path in (f"letters/{TWO.hex()}/2", f"letters/{ONE.hex()}/3"):
        assert world.ask("PUT", path, body).status_code == 400
    files = [plain(Carried.of(a_box(1), row(1), [file_of(1)]))["files"][0] | {"place": 2}]
    letter_ = body["letter"]
    wrong: Any
    for wrong in (
        {},
        [],
        b"",
        b"\xff",
        b"[" * 100_000,
        body | {"files": files},
        body | {"more": 1},
        body | {"letter": letter_ | {"taken": True}},
        body | {"letter": letter_ | {"place": 0}},
        body | {"letter": letter_ | {"place": 1 << 31}},
        body | {"letter": letter_ | {"digest": "AAAA"}},
        body | {"letter": letter_ | {"sender": "police"}},
        body | {"letter": letter_ | {"box": body["box"]["public"]}},
        body | {"box": body["box"] | {"gone": "2026-03-02"}},
        body | {"box": body["box"] | {"lookup": "AAAA"}},
        body | {"box": body["box"] | {"public": "AAAA"}},
        b" " * MOST_CARRIED + json.dumps(body).encode(),
    ):
        assert world.ask("PUT", f"letters/{ONE.hex()}/2", wrong).status_code == 400, str(wrong)[:200]
    assert rows(world.database) == before


@each("path", ["letters/{}/1", "files/{}/1", "letters/{}/1/taken", "boxes/{}/gone"])
def test_what_is_no_id_is_no_place(world: World, path: str) -> None:
    method = "PUT" if "gone" in path else "POST" if "taken" in path else "GET"
    before = rows(world.database)
    for wrong in ("", "1", ONE.hex().upper()[:-1] + "G", ONE.hex() + "00", "%2e%2e", "票" * 32, "'" * 32):
        assert world.ask(method, path.format(wrong), GONE).status_code == 404, wrong
    for number in ("0", "-1", "9", "9" * 9, "9" * 10, "9" * 5000, "x", "１"):
        if method == "GET":
            assert world.ask(method, path.format(ONE.hex()).replace("/1", f"/{number}")).status_code == 404, number
    assert rows(world.database) == before


def test_a_box_goes_once_its_letters_are_fetched(world: World) -> None:
    path = f"boxes/{ONE.hex()}/gone"
    assert world.put(staffs(kind="closing")) == 204
    before = rows(world.database)
    assert world.ask("PUT", path, GONE).status_code == 409
    assert rows(world.database) == before
    world.ask("POST", f"letters/{ONE.hex()}/1/taken")
    for day in (LATER, date(2027, 1, 1)):
        assert world.ask("PUT", path, plain(Gone(day=day, rule="days"))).status_code == 204
    assert world.database.read(mailbox.box_of, ONE) == a_box(1, gone=LATER, rule="days")
    assert world.database.read(mailbox.find_letter, ONE, Sender.REPORTER, 1) == row(1, sealed=None, taken=True)
    assert world.database.read(mailbox.find_letter, ONE, Sender.STAFF, 2) == staffs(kind="closing", taken=True)
    assert world.database.read(mailbox.find_letter, TWO, Sender.REPORTER, 1) == row(2)
    assert world.ask("PUT", f"boxes/{a_box(9).box.hex()}/gone", GONE).status_code == 404
    wrong: Any
    for wrong in ({}, GONE | {"rule": "x" * 101}, GONE | {"day": "2026-03-02T08:00"}):
        assert world.ask("PUT", path, wrong).status_code == 400


def typed(**more: Any) -> Any:
    return {"letter": plain(letter(came="telephone")) | more, "once": ONCE, "identity": ""}


def test_a_report_that_was_typed_in_gets_a_receipt(world: World) -> None:
    assert world.ask("POST", "typed", typed()).json() == {"receipt": RECEIPT.digits}
    named = typed(identity=True) | {"identity": "王小明"}
    assert world.ask("POST", "typed", named).status_code == 200
    said = letter(came="telephone")
    assert world.typist.took == [
        TypedIn(letter=said, once=ONCE),
        TypedIn(letter=replace(said, identity=True), once=ONCE, identity="王小明"),
    ]


def test_what_staff_cant_type_in_isnt_taken(world: World) -> None:
    file = {"file": "00" * 16, "kind": "pdf", "size": 1, "sha256": "00" * 32, "cleaned": False}
    wrong: Any
    for wrong in (
        {},
        typed(came="portal"),
        typed(kind=LetterKind.MESSAGE, type=None),
        typed(files=[file]),
        typed(identity=True),
        typed() | {"identity": "王小明"},
        typed() | {"once": ""},
        typed(text="x" * 250_001),
    ):
        assert world.ask("POST", "typed", wrong).status_code == 400
    assert not world.typist.took


def test_what_cant_be_done_now_is_asked_for_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.typist.error = HotlineError("the disk says 王小明")

    def broken(*_: Any) -> Any:
        raise DatabaseError("gone")

    for name in ("read", "write", "look"):
        monkeypatch.setattr(world.database, name, broken)
    world.http = httpx.Client(transport=InProcess(make_app(world.database, world.tokens, world.typist)))
    bodies = {PATHS[2]: plain(carried(staffs())), PATHS[6]: typed()}
    for path in PATHS:
        answer = world.ask(*path, bodies.get(path, GONE))
        assert (answer.status_code, answer.content, answer.headers["Retry-After"]) == (503, b"", "60"), path
    world.http.close()


def test_whether_it_runs_is_told_without_a_token(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.ask("GET", "healthz", headers={}).status_code == 204
    monkeypatch.setattr(world.database, "healthy", lambda: False)
    assert world.ask("GET", "healthz", headers={}).status_code == 503
