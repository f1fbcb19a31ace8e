"""Forms with files, as they come: what is taken, what is passed over, and that nothing half is left."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from wayseal.model.errors import WaysealError
from wayseal.service import multipart
from wayseal.service.multipart import FIELDS, FILES, Parts, file_name, read_parts

MOST, ROOM = 3_000_000, 262_144
FORM = "multipart/form-data; boundary=b"


class FormError(WaysealError):
    """What a web of ours calls it."""


@dataclass
class Memory:
    """A file's bytes; `fails` names the call that the disk refuses."""

    name: str
    fails: str = ""
    content: bytearray = field(default_factory=bytearray)
    dropped: bool = False

    def write(self, part: memoryview, /) -> None:
        self.content += part
        if self.fails == "write":
            raise OSError("full")

    def done(self) -> "Memory":
        if self.fails == "done":
            raise OSError("full")
        return self

    def drop(self) -> None:
        self.dropped = True


@dataclass
class Opener:
    """Opens files by `may`, told the fields before them; remembers all."""

    may: Callable[[Mapping[str, str]], bool] = lambda _: True
    fails: str = ""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    opened: list[Memory] = field(default_factory=list)

    def __call__(self, form_field: str, name: str, fields: Mapping[str, str]) -> Memory | None:
        self.asked.append((form_field, name, dict(fields)))
        if self.fails == "open" and self.opened:
            raise OSError("full")
        if not self.may(fields):
            return None
        self.opened.append(Memory(name, self.fails))
        return self.opened[-1]


def part(heads: bytes, content: bytes = b"x") -> bytes:
    return b"--b\r\n" + heads + b"\r\n\r\n" + content + b"\r\n"


def named(name: str, content: bytes = b"x") -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"'.encode(), content)


def filed(name: str, content: bytes = b"x") -> bytes:
    return part(f'Content-Disposition: form-data; name="f"; filename="{name}"'.encode(), content)


END = b"--b--\r\n"


def sent(pieces: Iterable[bytes], kind: str = FORM, length: int | None = None, *, gone: bool = False) -> Request:
    """A request whose body comes in these pieces. gone: whoever sends it is, behind them."""
    left = iter(pieces)

    async def receive() -> dict[str, Any]:
        piece = next(left, None)
        if piece is None and gone:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    heads = [(b"content-type", kind.encode())]
    heads += [] if length is None else [(b"content-length", b"%d" % length)]
    return Request({"type": "http", "method": "POST", "headers": heads}, receive)


def read(request: Request, opens: Opener) -> Parts[Memory]:
    return asyncio.run(read_parts(request, most=MOST, room=ROOM, opens=opens, error=FormError))


LONG = b"a\r\n--x\r\n--bb" * 9
BODY = named("why", "从市场买的".encode()) + filed("../运单\u202e.csv", LONG) + filed("") + filed("b") + END


@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=30).map(sorted))
def test_however_it_is_cut_the_same_comes_out(cuts: list[int]) -> None:
    opens = Opener()
    pieces = (BODY[a:b] for a, b in zip([0, *cuts], [*cuts, len(BODY)], strict=True))
    found = read(sent(pieces), opens)
    assert dict(found.fields) == {"why": "从市场买的"}
    assert [(one.name, bytes(one.content)) for one in found.files] == [
        ("运单.csv", LONG),
        ("b", b"x"),
    ]
    assert (found.unread, [one.dropped for one in opens.opened]) == ((), [False, False])


def test_1_a_file_is_asked_for_with_what_stands_before_it() -> None:
    opens = Opener(may=lambda fields: "ticket" in fields)
    found = read(sent([filed("early", b"secret"), named("ticket"), filed("b/late"), named("text"), END]), opens)
    assert opens.asked == [("f", "early", {}), ("f", "late", {"ticket": "x"})]
    assert [one.name for one in opens.opened] == [one.name for one in found.files] == ["late"]
    assert found.unread == (("f", "early"),)
    assert dict(found.fields) == {"ticket": "x", "text": "x"}


WRONG: dict[str, tuple[str, bytes, str]] = {
    "another kind": ("multipart/mixed; boundary=b", named("a") + END, "forms with files"),
    "no kind": ("", b"x", "forms with files"),
    "no boundary": ("multipart/form-data", named("a"), "forms with files"),
    "a long boundary": ("multipart/form-data; boundary=" + "b" * 5_000, named("a"), "forms with files"),
    "no end": (FORM, filed("a"), "forms with files"),
    "half a file": (FORM, filed("a", b"x" * 9_000)[:-99], "forms with files"),
    "no beginning": (FORM, b"what is this", "forms with files"),
    "no name": (FORM, filed("a") + part(b"Content-Disposition: form-data") + END, "forms with files"),
    "a name twice": (FORM, filed("a") + named("a") * 2 + END, "twice"),
    "many names": (FORM, b"".join(named(str(n)) for n in range(FIELDS + 1)) + END, "twice"),
    "no text": (FORM, filed("a") + named("a", b"\xff") + END, "forms with files"),
    "no text in a name": (FORM, part(b'Content-Disposition: form-data; name="\xff"') + END, "forms with files"),
    "long fields": (FORM, filed("a") + named("a", b"x" * ROOM) + named("b") + END, "262,144"),
    "many files": (FORM, filed("a") * (FILES + 1) + END, "20 files at once"),
    "many heads": (
        FORM,
        part(b'Content-Disposition: form-data; name="f"; filename="a"\r\nX: ' + b"x" * 4000) * 18 + END,
        "forms with files",
    ),
    "more than there may be": (FORM, filed("a", b"x" * MOST) + END, "3,000,000"),
}


@pytest.mark.parametrize("case", WRONG)
def test_2_what_is_no_such_form_leaves_nothing(case: str) -> None:
    kind, body, said = WRONG[case]
    for size in (len(body), 50_000):
        opens = Opener()
        with pytest.raises(FormError, match=said):
            read(sent((body[n : n + size] for n in range(0, len(body), size)), kind), opens)
        assert all(one.dropped for one in opens.opened)


def test_2_files_that_are_passed_over_count_too() -> None:
    opens = Opener(may=lambda _: False)
    with pytest.raises(FormError, match="files at once"):
        read(sent([filed("a") * (FILES + 1), END]), opens)
    assert len(opens.asked) == FILES
    most = read(sent([filed("a") * FILES, filed(""), END]), Opener())
    assert len(most.files) == FILES


def test_2_what_is_announced_as_too_much_is_not_read() -> None:
    def body() -> Iterable[bytes]:
        pytest.fail("read")
        yield b""

    with pytest.raises(FormError, match="3,000,000"):
        read(sent(body(), length=MOST + 1), Opener())
    assert read(sent([named("a"), END], length=MOST), Opener()).fields == {"a": "x"}


def test_2_silence_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "SILENCE", 0.05)
    opens, pieces = Opener(), [filed("a", bytes(1 << 20)), named("b")]

    async def receive() -> dict[str, Any]:
        if not pieces:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": pieces.pop(0), "more_body": True}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", FORM.encode())]}
    with pytest.raises(FormError, match="in time"):
        read(Request(scope, receive), opens)
    assert [one.dropped for one in opens.opened] == [True]


@pytest.mark.parametrize("fails", ["open", "write", "done"])
def test_3_a_disk_that_refuses_leaves_nothing(fails: str) -> None:
    opens = Opener(fails=fails)
    with pytest.raises(OSError, match="full"):
        read(sent([filed("a"), filed("b"), END]), opens)
    assert [one.dropped for one in opens.opened] == [True]


def test_3_who_goes_leaves_nothing() -> None:
    opens = Opener()
    with pytest.raises(ClientDisconnect):
        read(sent([filed("a", bytes(1 << 20)), named("b")], gone=True), opens)
    assert [one.dropped for one in opens.opened] == [True]


@given(at=st.integers(0, len(BODY) - 1), flips=st.binary(min_size=1, max_size=8), cut=st.integers(0, len(BODY)))
def test_3_whatever_comes_is_a_form_or_leaves_nothing(at: int, flips: bytes, cut: int) -> None:
    opens = Opener()
    for body in (BODY[:at] + flips + BODY[at + len(flips) :], BODY[:cut] + flips + BODY[cut:], BODY[:cut]):
        opens = Opener()
        try:
            found = read(sent([body]), opens)
        except FormError:
            assert all(one.dropped for one in opens.opened)
        else:
            assert [id(one) for one in found.files] == [id(one) for one in opens.opened]
            assert not any(one.dropped for one in opens.opened)


def test_names_of_files() -> None:
    names: dict[str, str] = {
        "C:\\Users\\li\\a.csv": "a.csv",
        "../../x": "x",
        "": "file",
        "/": "file",
        "\x00\u202e": "file",
        " 运单 .csv ": "运单 .csv",
        "x" * 300: "x" * 200,
    }
    assert {sent: file_name(sent) for sent in names} == names
