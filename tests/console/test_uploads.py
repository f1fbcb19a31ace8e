"""Files that are sent: who may, what is taken, what is left of them, and what never reaches the disk."""

import asyncio
import errno
import hashlib
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from httpx import Client
from httpx import Response as Answer
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tests.console.world import HOUR, PASSWORD, World, hidden, text
from wayseal.console import Page, Role
from wayseal.console.access._sessions import Sessions
from wayseal.console.errors import UploadError
from wayseal.console.web import _uploads
from wayseal.console.web._uploads import Upload, make_spool, read_upload
from wayseal.console.web.app import create_app
from wayseal.console.web.pages import PAGES
from wayseal.database import DatabaseGoneError
from wayseal.service import make_log, multipart
from wayseal.service.multipart import FILES

MOST = 3_000_000
BIG = bytes(range(256)) * 8192
"""Two of the parts that go to the disk at once."""


@pytest.fixture
def taken() -> list[Upload]:
    return []


@pytest.fixture
def upload_world(world: World, tmp_path: Path, taken: list[Upload]) -> World:
    def take(ask: Any) -> Response:
        taken.extend(ask.files)
        for upload in ask.files:
            if upload.form_field == "kept":
                upload.keep(tmp_path / upload.sha256)
        return PlainTextResponse("|".join(f"{name}={value}" for name, value in ask.form.items() if name != "csrf"))

    page = Page(method="POST", path="/take", act=take, roles=frozenset({Role.ANALYST}), upload=MOST)
    world.site = replace(world.site, spool=make_spool(tmp_path / "spool"))
    world._app = create_app(world.site, make_log(world.log), [*PAGES, page])
    world.person("ann", Role.ANALYST)
    return world


def left(world: World) -> list[Path]:
    assert world.site.spool is not None
    return list(world.site.spool.iterdir())


def test_a_file_is_hashed_as_it_comes_and_goes_unless_kept(
    upload_world: World, taken: list[Upload], tmp_path: Path
) -> None:
    browser = upload_world.signed_in("ann")
    files = [("kept", ("../etc/<b>运单\u202e.csv", BIG)), ("other", ("a", b"--x\r\n"))]
    answer = browser.post("/take", data={"why": "从市场买的", "empty": ""}, files=files)
    assert (answer.status_code, answer.text) == (200, "why=从市场买的|empty=")
    first, second = taken
    assert (first.name, first.size, first.sha256) == ("<b>运单.csv", len(BIG), hashlib.sha256(BIG).hexdigest())
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(BIG)
    assert first.sm3 == sm3.finalize().hex()
    assert (tmp_path / first.sha256).read_bytes() == BIG
    assert (tmp_path / first.sha256).stat().st_mode & 0o777 == 0o600
    assert (second.form_field, second.size) == ("other", 5)
    assert left(upload_world) == []
    assert "csv" not in upload_world.log.getvalue()


def test_nothing_is_written_of_who_may_not_send(upload_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    upload_world.person("zhang", Role.AUDITOR)
    made: list[object] = []
    monkeypatch.setattr(_uploads, "_Writing", lambda *given: made.append(given))
    files = {"kept": ("a", b"x")}
    ann = upload_world.signed_in("ann")
    late = upload_world.signed_in("ann")
    nobody, other = upload_world.browser(), upload_world.signed_in("zhang")
    assert nobody.post("/take", files=files).status_code == 401
    assert other.post("/take", files=files).status_code == 403
    assert ann.post("/take", files=files, headers={"sec-fetch-site": "cross-site"}).status_code == 400
    upload_world.clock.sleep(2 * HOUR)
    assert late.post("/take", files=files).status_code == 401
    assert made == []


def test_without_the_browsers_word_the_token_stands_before_the_file(upload_world: World) -> None:
    browser = upload_world.signed_in("ann")
    token = hidden(browser.get("/account"), "csrf")
    del browser.headers["sec-fetch-site"]
    files = {"kept": ("a", b"x")}
    assert browser.post("/take", data={"csrf": token}, files=files).status_code == 200
    assert browser.post("/take", data={"csrf": "0" * 64}, files=files).status_code == 400
    assert browser.post("/take", data={"csrf": "0" * 64}, files={"x": (None, "y")}).status_code == 403
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n'
    body += b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + token.encode() + b"\r\n--b--\r\n"
    late = browser.post("/take", content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert late.status_code == 400
    assert left(upload_world) == []


def back_in(world: World, browser: Client, page: Answer) -> Answer:
    """Signs in again, with what the page kept."""
    signing = {"login": "ann", "password": PASSWORD, "kept": hidden(page, "kept"), "next": "/"}
    page = browser.post("/sign-in", data=signing)
    return browser.post("/sign-in/code", data={"code": world.code("ann"), "kept": hidden(page, "kept")})


def test_what_was_typed_beside_files_outlives_the_session(
    upload_world: World, taken: list[Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files don't: nothing of them is written, and they are named to nobody but their sender."""
    browser = upload_world.signed_in("ann")
    upload_world.clock.sleep(2 * HOUR)
    files = [("kept", ("甲<b>.csv", BIG)), ("kept", ("b.csv", b"x")), ("other", ("c", b"x"))]
    with monkeypatch.context() as patched:
        patched.setattr(_uploads, "_Writing", lambda *given: pytest.fail("written"))
        foreign = browser.post("/take", data={"why": "x"}, files=files, headers={"sec-fetch-site": "cross-site"})
        assert (foreign.status_code, 'name="kept"' in foreign.text) == (400, False)
        many = [("kept", ("a", b"x"))] * (FILES + 1)
        assert browser.post("/take", data={"why": "x"}, files=many).status_code == 400
        page = browser.post("/take", data={"why": "从市场买的\n第二行"}, files=files)
    assert page.status_code == 401
    assert "choose them again" in text(page)
    assert not any(part in page.text for part in ("从市场", "b.csv"))
    back = back_in(upload_world, browser, page)
    form = back.text[back.text.index('action="/take"') :]
    assert form.startswith('action="/take" enctype="multipart/form-data"')
    assert form.index('name="csrf"') < form.index('type="file"')
    assert "甲&lt;b&gt;.csv" in form
    assert [place.split(">")[0] for place in form.split("<input ")[1:] if 'type="file"' in place] == [
        'class="form-control" id="again-1" name="kept" type="file" aria-describedby="again-1-names" multiple required',
        'class="form-control" id="again-2" name="other" type="file" aria-describedby="again-2-names" required',
    ]
    assert browser.post("/take", data={"why": hidden(back, "why")}, files=files).status_code == 200
    assert [one.name for one in taken] == ["甲<b>.csv", "b.csv", "c"]


def test_a_database_that_comes_back_while_files_come_has_them_chosen_again(
    upload_world: World, monkeypatch: pytest.MonkeyPatch, taken: list[Upload]
) -> None:
    browser, find = upload_world.signed_in("ann"), Sessions.find
    gone = [DatabaseGoneError("gone")]

    def find_later(self: Sessions, token: str, *, used: bool = True) -> Any:
        if gone:
            raise gone.pop()
        return find(self, token, used=used)

    monkeypatch.setattr(Sessions, "find", find_later)
    page = browser.post("/take", data={"why": "for an hour"}, files={"kept": ("a.csv", b"x")})
    assert (page.status_code, taken) == (200, [])
    assert (hidden(page, "why"), "a.csv" in page.text) == ("for an hour", True)
    gone += [DatabaseGoneError("gone")] * 2
    page = browser.post("/take", data={"why": "for an hour"}, files={"kept": ("a.csv", b"x")})
    assert (page.status_code, hidden(page, "why"), "a.csv" in page.text) == (503, "for an hour", True)


def _part(heads: bytes, content: bytes = b"x") -> bytes:
    return b"--b\r\n" + heads + b"\r\n\r\n" + content + b"\r\n"


NAMED = b'Content-Disposition: form-data; name="a"'
FILED = NAMED + b'; filename="a"'
WRONG: dict[str, tuple[str, bytes, str]] = {
    "another kind": ("text/plain", b"x", "forms with files"),
    "no end": ("", _part(FILED), "forms with files"),
    "a name twice behind a file": ("", _part(FILED) + _part(NAMED) * 2 + b"--b--", "twice"),
    "a long field": ("", _part(NAMED, b"x" * 300_000) + b"--b--", "262,144"),
    "many files": ("", _part(FILED) * (FILES + 1) + b"--b--", "files at once"),
    "more than there may be": ("", _part(FILED, b"x" * MOST) + b"--b--", "3,000,000"),
}


def test_three_gigabytes_are_refused_before_a_byte_and_taken_in_bounded_memory(tmp_path: Path) -> None:
    """Refused by what is announced; what may come goes to the disk part by part."""
    spool = make_spool(tmp_path / "spool")
    boundary = b"multipart/form-data; boundary=b"
    sent: list[int] = []

    def ask(parts: Iterator[bytes], length: int) -> Request:
        async def receive() -> dict[str, Any]:
            part = next(parts, b"")
            sent.append(len(part))
            return {"type": "http.request", "body": part, "more_body": bool(part)}

        heads = [(b"content-type", boundary), (b"content-length", b"%d" % length)]
        return Request({"type": "http", "method": "POST", "headers": heads}, receive)

    async def take(request: Request, most: int) -> int:
        async with read_upload(request, spool, most, lambda _: True) as sent_form:
            return sent_form.files[0].size

    with pytest.raises(UploadError, match="more than the page takes"):
        asyncio.run(take(ask(iter([b"x"]), (3 << 30) + 1), 3 << 30))
    assert sent == []
    size, part = 48 << 20, bytes(1 << 16)
    body = chain([b"--b\r\n" + FILED + b"\r\n\r\n"], repeat(part, size // len(part)), [b"\r\n--b--"])
    tracemalloc.start()
    try:
        assert asyncio.run(take(ask(body, size), 3 << 30)) == size
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_such_form_leaves_nothing(upload_world: World, case: str) -> None:
    kind, body, said = WRONG[case]
    browser = upload_world.signed_in("ann")
    headers = {"content-type": kind or "multipart/form-data; boundary=b"}
    answer = browser.post("/take", content=body, headers=headers)
    assert (answer.status_code, said in text(answer)) == (400, True), text(answer)
    # Nor where it isn't told beforehand how much comes.
    chunked = browser.post("/take", content=iter([body]), headers=headers)
    assert (chunked.status_code, said in text(chunked)) == (400, True), text(chunked)
    assert left(upload_world) == []


@pytest.mark.parametrize(("refused", "said"), [(errno.ENOSPC, "the disk is full"), (errno.EIO, "can't be written")])
def test_a_disk_that_refuses_is_said(
    upload_world: World, monkeypatch: pytest.MonkeyPatch, refused: int, said: str
) -> None:
    def fail(*given: object) -> None:
        raise OSError(refused, "no")

    browser = upload_world.signed_in("ann")
    for name in ("write", "done"):
        with monkeypatch.context() as patch:
            patch.setattr(_uploads._Writing, name, fail)
            answer = browser.post("/take", files={"kept": ("a", b"x")})
        assert (answer.status_code, said in text(answer)) == (400, True)
    with monkeypatch.context() as patch:
        patch.setattr(_uploads, "sync_folder", fail)
        assert said in text(browser.post("/take", files={"kept": ("a", b"x")}))
    assert left(upload_world) == []


def test_who_stops_sending_is_not_waited_for(upload_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "SILENCE", 0)
    browser = upload_world.signed_in("ann")
    app, sent = upload_world.app, []
    request = browser.build_request("POST", "/take", files={"kept": ("a", b"x" * 90_000)})

    async def run() -> None:
        async def receive() -> Any:
            await asyncio.sleep(60)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(name.lower(), value) for name, value in request.headers.raw]
        scope = {"type": "http", "method": "POST", "path": "/take", "raw_path": b"/take", "query_string": b""}
        scope |= {"headers": headers, "scheme": "http", "server": ("console.test", 80), "root_path": ""}
        await app(scope | {"client": ("192.0.2.8", 1), "http_version": "1.1"}, receive, send)

    asyncio.run(run())
    assert sent[0]["status"] == 400
    assert left(upload_world) == []


def test_what_a_crash_left_goes_at_the_next_start(tmp_path: Path) -> None:
    folder = make_spool(tmp_path / "spool")
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "upload-abc").write_bytes(b"half")
    (folder / "other").write_bytes(b"not ours")
    assert [path.name for path in make_spool(folder).iterdir()] == ["other"]


def test_a_field_without_a_file_is_none(upload_world: World, taken: list[Upload]) -> None:
    body = _part(NAMED.replace(b'"a"', b'"f"') + b'; filename=""', b"") + _part(NAMED) + b"--b--"
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = upload_world.signed_in("ann").post("/take", content=body, headers=headers)
    assert (answer.status_code, answer.text, taken) == (200, "a=x", [])


def test_where_no_folder_is_set_no_file_is_taken(world: World) -> None:
    done: list[object] = []

    def act(ask: Any) -> Response:
        done.append(ask)
        return PlainTextResponse("")

    page = Page(method="POST", path="/take", act=act, roles=frozenset({Role.ANALYST}), upload=MOST)
    world.site = replace(world.site, spool=None)
    world._app = create_app(world.site, make_log(world.log), [*PAGES, page])
    world.person("ann", Role.ANALYST)
    answer = world.signed_in("ann").post("/take", files={"a": ("a", b"x")})
    assert (answer.status_code, "no folder for files" in text(answer)) == (400, True)
    assert done == []
