"""Files on their way in: cleaned, sealed, bounded; nothing in the clear on the disk, nothing half left behind."""

import asyncio
import io
import os
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.portal.world import TEXT, Visitor, World, open_world
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.letters import FileKind, Sender
from wayseal.database import DatabaseError
from wayseal.portal.app import create_app

MEGABYTE = 1 << 20


def photo() -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F], exif[0x9003] = "Camera of Li Lei", "2026:03:01 14:31:02"
    Image.effect_noise((600, 400), 40).convert("RGB").save(out, "jpeg", exif=exif)
    return out.getvalue()


def test_pictures_are_cleaned_and_others_named(world: World) -> None:
    content = photo()
    assert b"Li Lei" in content
    visitor = world.visitor().report(
        files=[("IMG_20260301_143102.jpg", content), ("report of Li Lei.pdf", b"%PDF-1.7 x")]
    )
    assert "Place, time, device and remarks were taken out" in visitor.page
    assert "Not cleaned: a PDF" in visitor.page
    assert "143102" not in visitor.page
    kinds = {one.kind: one for one in world.letters()[0].files}
    assert {kind: one.cleaned for kind, one in kinds.items()} == {FileKind.JPEG: True, FileKind.PDF: False}
    files = world.files()
    assert b"%PDF-1.7 x" in files
    picture = next(one for one in files if one != b"%PDF-1.7 x")
    assert b"Li Lei" not in picture
    assert Image.open(io.BytesIO(picture)).tobytes() == Image.open(io.BytesIO(content)).tobytes()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.sampled_from([0, 1, 4096, 262_143, 262_144, 262_145, 1_100_000]), min_size=1, max_size=4))
def test_what_came_is_what_the_team_opens(world: World, sizes: list[int]) -> None:
    world.database.write(lambda c: [c.exec_driver_sql(f"DELETE FROM {one}") for one in ("boxes", "letters", "files")])
    sent = [bytes([0x80 + n]) * size for n, size in enumerate(sizes)]
    visitor = world.visitor().report(files=[(f"{n}.bin", one) for n, one in enumerate(sent)])
    assert visitor.answer.status_code == 200
    assert world.files() == sent


def test_files_of_a_message(world: World) -> None:
    visitor = world.visitor().report().send("look").send("message", text="More.", files=[("a.bin", b"\x80" * 9)])
    assert "file-1.txt" in visitor.page
    assert world.files(place=2) == [b"\x80" * 9]


def test_a_file_is_taken_back_until_the_team_has_it(world: World) -> None:
    visitor = world.visitor().report(files=[("a.pdf", b"%PDF-1"), ("b.pdf", b"%PDF-2")]).send("unfile")
    assert "was taken back" in visitor.page
    assert len(world.rows("chunks")) == len(world.rows("files")) == 1
    _, held = visitor.form("unfile")
    ((box, *_),) = world.rows("boxes")
    world.database.write(mailbox.take, Sender.REPORTER, [(box, 1)])
    visitor.send("unfile", **held)
    assert "has fetched this file already" in visitor.page
    visitor.send("look")
    with pytest.raises(AssertionError):
        visitor.form("unfile")


def test_nobody_takes_back_a_file_of_another_box(world: World) -> None:
    world.visitor().report(files=[("a.pdf", b"%PDF-1")])
    ((file, *_),) = world.rows("files")
    other = world.visitor().report(files=[("b.pdf", b"%PDF-2")])
    other.send("unfile", file=file.hex())
    assert len(world.rows("files")) == 2


def test_a_file_that_is_too_large_is_named_and_all_else_comes_in(tmp_path: Path) -> None:
    with open_world(tmp_path, file_megabytes=3) as world:
        visitor = world.visitor().report(files=[("film.mp4", b"\x80" * (3 * MEGABYTE + 1)), ("a.bin", b"\x81")])
        assert "film.mp4" in visitor.page
        assert "larger than 3 MB" in visitor.page
        assert visitor.receipt
        assert world.files() == [b"\x81"]
        assert len(world.rows("chunks")) == 1


def test_more_files_than_fit_are_named(tmp_path: Path) -> None:
    with open_world(tmp_path, letter_files=2) as world:
        visitor = world.visitor().report(files=[(f"{n}.bin", bytes([n])) for n in range(4)])
        assert "more than 2 files at once" in visitor.page
        assert [f"{n}.bin" in visitor.page for n in range(4)] == [False, False, True, True]
        assert len(world.files()) == 2


def test_a_full_portal_takes_text_and_then_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(world.database), "size", lambda _: 20 << 30)
    visitor = world.visitor().report(files=[("a.bin", b"x")])
    assert visitor.receipt
    assert "no room for files" in visitor.page
    assert world.rows("chunks") == []
    monkeypatch.setattr(type(world.database), "size", lambda _: 22 << 30)
    visitor = world.visitor().report(files=[("a.bin", b"x")])
    assert "can be stored here just now" in visitor.page
    assert "laosan" in visitor.page
    assert len(world.letters()) == 1


def test_who_waits_chooses_files_again(world: World) -> None:
    visitor = world.visitor().go("/report?type=sale").send(wait=0, files=[("<a>.png", b"x" * 99)], **TEXT)
    assert visitor.answer.status_code == 429
    assert "Please choose again:" in visitor.page
    assert "&lt;a&gt;.png" in visitor.page
    assert world.rows("chunks") == []


def test_faults_in_the_text_cost_no_file_and_no_ticket(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[Any] = []
    monkeypatch.setattr(mailbox, "add_chunk", lambda *found: stored.append(found))
    visitor = world.visitor().report(text=" ", files=[("a.bin", b"x" * 2 * MEGABYTE)])
    monkeypatch.undo()
    assert visitor.answer.status_code == 400
    assert stored == []
    visitor.send(wait=0, **TEXT)
    assert visitor.receipt


def test_a_disk_that_fills_up_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = mailbox.add_chunk

    def fills_up(c: Any, file: bytes, n: int, sealed: bytes) -> None:
        if n > 6:
            raise DatabaseError("the database's disk is full")
        stored(c, file, n, sealed)

    monkeypatch.setattr(mailbox, "add_chunk", fills_up)
    visitor = world.visitor().report(files=[("a.bin", b"\x80" * 3 * MEGABYTE)])
    assert "stored just now" in visitor.page
    assert "laosan" in visitor.page
    assert (world.rows("chunks"), world.rows("boxes")) == ([], [])
    assert [error for error, _ in world.portal.intake.faults.take()] == ["DatabaseError"]
    monkeypatch.undo()
    visitor.send(wait=0, **TEXT)
    assert visitor.receipt


def test_what_couldnt_be_dropped_is_dropped_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.database.write(mailbox.add_chunk, b"f" * 16, 1, b"sealed")

    def full(*_: object) -> None:
        raise DatabaseError("the database's disk is full")

    monkeypatch.setattr(mailbox, "drop_file", full)
    world.portal.intake.drop(b"f" * 16)
    monkeypatch.undo()
    assert len(world.rows("chunks")) == 1
    world.portal.intake.sweep()
    assert world.rows("chunks") == []


class _Streamed:
    """A request whose body is made while it is read."""

    def __init__(self, world: World, parts: Iterator[bytes], length: int | None, breaks: bool = False) -> None:
        visitor = world.visitor().go("/report?type=sale")
        self._held = visitor.form()[1] | TEXT
        world.sleep(10)
        self._world, self._breaks = world, breaks
        self._parts = self._body(parts)
        self._length = length
        self.start: Any = None
        self.body = b""
        self.read = 0

    def _body(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        for name, value in self._held.items():
            yield f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="film.mp4"\r\n\r\n'
        yield from parts
        yield b"\r\n--b--\r\n"

    def send(self) -> "_Streamed":
        headers = [(b"content-type", b"multipart/form-data; boundary=b"), (b"accept-language", b"en")]
        headers += [(b"content-length", str(self._length).encode())] if self._length else []
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/report",
            "raw_path": b"/report",
            "query_string": b"",
            "headers": headers,
            "http_version": "1.1",
            "scheme": "http",
            "root_path": "",
            "server": ("127.0.0.1", 80),
            "client": ("192.0.2.8", 1),
        }

        async def receive() -> Any:
            part = next(self._parts, None)
            if part is None:
                return {"type": "http.disconnect"} if self._breaks else await asyncio.sleep(3600)
            self.read += len(part)
            ends = part == b"\r\n--b--\r\n"
            return {"type": "http.request", "body": part, "more_body": not ends}

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.start = message
            else:
                self.body += message.get("body", b"")

        asyncio.run(self._world.app(scope, receive, answer))
        return self


def _parts(size: int, stop: int | None = None) -> Iterator[bytes]:
    part = b"\x80" * 65_536
    for _ in range((stop or size) // len(part)):
        yield part


def test_two_gigabytes_declared_bring_the_form_back(world: World) -> None:
    sent = _Streamed(world, _parts(2 << 30), 2 << 30).send()
    assert sent.start["status"] == 400
    assert b"more than can be sent at once" in sent.body
    assert b"laosan" in sent.body
    assert sent.read < 20 * MEGABYTE
    assert world.rows("chunks") == []


def test_two_gigabytes_in_pieces_take_little_memory(tmp_path: Path) -> None:
    with open_world(tmp_path, file_megabytes=8, letter_files=2) as world:
        create_app(world.portal)
        tracemalloc.start()
        try:
            sent = _Streamed(world, _parts(2 << 30), None).send()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert sent.start["status"] == 400
        assert b"laosan" in sent.body
        assert peak < 24 * MEGABYTE
        assert sent.read < 40 * MEGABYTE
        assert world.rows("chunks") == []


def test_what_breaks_off_leaves_nothing(world: World) -> None:
    def parts() -> Iterator[bytes]:
        yield from _parts(3 * MEGABYTE)

    sent = _Streamed(world, parts(), None, breaks=True)
    sent._parts = iter(list(sent._parts)[:-1])
    sent.send()
    assert (world.rows("chunks"), world.rows("boxes")) == ([], [])


def test_a_body_that_crawls_is_ended(world: World) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(100):
            world.sleep(20)
            yield b"x"

    sent = _Streamed(world, parts(), None).send()
    assert sent.start["status"] == 400
    assert b"come to its end in time" in sent.body
    assert world.rows("chunks") == []


def test_nothing_but_the_database_is_written(world: World, tmp_path: Path) -> None:
    opened: list[str] = []
    watching = True

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if (
            watching
            and event == "open"
            and isinstance(args[2], int)
            and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        ):
            opened.append(str(args[0]))

    sys.addaudithook(hook)
    secret = b"the words of Li Lei " * 52_429
    visitor = world.visitor().report(text="Words of Li Lei.", files=[("a.txt", secret[: 5 * MEGABYTE])])
    watching = False
    assert visitor.receipt
    assert [one for one in opened if "portal.sqlite" not in one] == []
    world.database.empty_log()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"Li Lei" not in path.read_bytes(), path


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=400), boundary=st.sampled_from(["b", "-", "x" * 70, "b b"]))
def test_any_body_has_an_answer(world: World, body: bytes, boundary: str) -> None:
    visitor = Visitor(world, {"content-type": f"multipart/form-data; boundary={boundary}"})
    for path in ("/report", "/back", "/mailbox"):
        answer = visitor.client.post(path, content=b"--" + boundary.encode() + b"\r\n" + body)
        assert answer.status_code in (400, 401, 429), answer.text
    assert world.portal.intake.faults.take() == {}
