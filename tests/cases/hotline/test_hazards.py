"""What is risky about a file, by what stands in it (rules of `hazards`)."""

import struct
import time
import zlib
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayseal.cases.hotline.hazards import MOST, PIECES, Hazard, find_hazards, kind_of
from wayseal.cases.hotline.letters import FileKind

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def hazards(content: bytes, kind: FileKind | None = None) -> set[str]:
    """As of a file that comes by chunks, and is what its letter says."""
    parts = [content[at : at + 1000] for at in range(0, len(content), 1000)] if len(content) < 1 << 20 else [content]
    return {one.value for one in find_hazards(parts, kind or kind_of(content))}


def zipped(*members: tuple[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", method) as made:
        for name, content in members:
            made.writestr(name, content)
    return out.getvalue()


def office(*more: tuple[str, bytes]) -> bytes:
    return zipped(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w/>"), *more)


def pdf(inside: bytes, *objects: bytes) -> bytes:
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, one) for n, one in enumerate(objects, start=2))
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog " + inside + b" >>\nendobj\n" + body + b"%%EOF\n"


def packed(inside: bytes) -> bytes:
    content = zlib.compress(inside)
    return b"<< /Type /ObjStm /Filter /FlateDecode /Length %d >>\nstream\r\n%s\nendstream" % (len(content), content)


def utf16(text: str) -> bytes:
    return OLE + bytes(504) + text.encode("utf-16-le") + bytes(100)


CASES: dict[str, tuple[bytes, set[str]]] = {
    "a text": ("他们在群里卖单号\n".encode(), set()),
    "a picture": (b"\xff\xd8\xff\xe0" + bytes(50), set()),
    "the virus test file": (EICAR, {"virus_test"}),
    "the virus test file, zipped": (zipped(("a.txt", EICAR)), {"virus_test"}),
    "a plain PDF": (pdf(b"/Pages 2 0 R"), set()),
    "a PDF with a script": (pdf(b"/Names << /JavaScript 3 0 R >>"), {"script"}),
    "a script with a name that is spelled by numbers": (pdf(b"/S /J#61#76aScript"), {"script"}),
    "a name that only begins so": (pdf(b"/JSomething 1 /AAB 2"), set()),
    "a PDF that acts when it is opened": (pdf(b"/OpenAction 3 0 R"), {"action"}),
    "a PDF that starts a program": (pdf(b"/A << /S /Launch /F (cmd.exe) >>"), {"action"}),
    "a PDF with a file in it": (pdf(b"/Type /EmbeddedFile"), {"embedded"}),
    "a PDF with a password": (pdf(b"/Encrypt 9 0 R"), {"locked"}),
    "a script in an object stream": (pdf(b"", packed(b"5 0 << /S /JavaScript /JS (app.alert) >>")), {"script"}),
    "an object stream that isn't packed so": (pdf(b"", packed(b"").replace(b"x\x9c", b"??")), {"partly"}),
    "a document": (office(), set()),
    "a document with macros": (office(("word/vbaProject.bin", b"\1" * 40)), {"macro"}),
    "a document with another in it": (office(("word/embeddings/oleObject1.bin", b"\1" * 40)), {"embedded"}),
    "an old document": (utf16("WordDocument"), set()),
    "an old document with macros": (utf16("_VBA_PROJECT"), {"macro"}),
    "a document with a password": (utf16("EncryptedPackage"), {"locked"}),
    "rich text with an object": (rb"{\rtf1 {\object\objemb{\*\objdata 0105}}}", {"embedded"}),
    "a program": (b"MZ\x90\0\3\0\0\0" + bytes(200), {"program", "unseen"}),
    "a program of another system": (b"\x7fELF\2\1\1" + bytes(200), {"program", "unseen"}),
    "a script of a shell": (b"#!/bin/sh\nrm -rf ~\n", {"program"}),
    "a page": (b"<!doctype html><html><body>hi</body></html>", {"script"}),
    "a picture that is a page": (b'<svg xmlns="x"><script>1</script></svg>', {"script"}),
    "a zip": (zipped(("photo.jpg", b"\xff\xd8\xff")), set()),
    "a zip with a program": (zipped(("a.bin", b"MZ\x90\0\3\0\0\0" + bytes(90))), {"program"}),
    "a zip with a program by its name": (zipped(("list.exe", b"hello")), {"program"}),
    "a name with two endings": (zipped(("list.pdf     .exe", b"hello")), {"program", "name"}),
    "a name that is turned round": (zipped(("list\u202efdp.txt", b"hello")), {"name"}),
    "a name that leads out": (zipped(("../../a.txt", b"hello")), {"name"}),
    "a zip in a zip": (zipped(("a.zip", zipped(("b.txt", b"b")))), {"unseen"}),
    "a bomb": (zipped(*((f"{n}.txt", bytes(20 << 20)) for n in range(6))), {"bomb"}),
    "another archive": (b"Rar!\x1a\7\1\0" + bytes(90), {"unseen"}),
    "nobody knows what": (bytes(range(200)), {"unseen"}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_risky_is_named_and_nothing_else(name: str) -> None:
    content, risky = CASES[name]
    assert hazards(content) == risky


def test_a_zip_with_a_password() -> None:
    made = bytearray(zipped(("a.txt", b"hello")))
    for at in (6, made.index(b"PK\1\2") + 8):
        made[at] |= 1
    assert "locked" in hazards(bytes(made))


def test_what_is_something_else_than_its_letter_says() -> None:
    assert hazards(b"MZ\x90\0\3\0\0\0" + bytes(200), FileKind.JPEG) == {"program", "unseen", "kind"}


def test_of_a_large_file_the_beginning_is_searched_and_that_is_said() -> None:
    asked = []

    def parts() -> Iterator[bytes]:
        for n in range(40):
            asked.append(n)
            yield b"\xff\xd8\xff" + bytes((1 << 20) - 3)

    assert find_hazards(parts(), FileKind.JPEG) == (Hazard.PARTLY,)
    assert len(asked) == 40  # read to its end: only then it is known to be whole


SLOW = {
    "names": b"%PDF-" + b"/J#/J/J#6" * (MOST // 9),
    "streams": b"%PDF-" + (b"/ObjStm stream\n" + zlib.compress(bytes(1 << 20))) * 9000,
    "entries": b"PK\3\4" + struct.pack("<HHH8xIIHH", 20, 0, 8, 9, 9, 0, 0) + b"PK\3\4" * (MOST // 4),
    "directory": b"PK\3\4" + bytes(30) + (b"PK\1\2" + b"\xff" * 42) * (MOST // 46),
    "tags": b"<" * MOST,
    "spaces": b"a.pdf" + b" " * MOST,
}


@pytest.mark.parametrize("name", SLOW)
def test_nothing_takes_long(name: str) -> None:
    began = time.process_time()
    find_hazards([SLOW[name][:MOST]], kind_of(SLOW[name]))
    assert time.process_time() - began < 8


def test_a_bound_that_ended_the_search_is_named() -> None:
    entries = b"PK\3\4" + bytes(30) + (b"PK\1\2" + bytes(42)) * (PIECES + 1)
    assert "partly" in hazards(entries)
    assert "partly" in hazards(SLOW["streams"][: 1 << 20])


BEGINNINGS = [b"%PDF-", b"PK\3\4", b"PK\1\2", OLE, b"{\\rtf", b"MZ", b"/ObjStm", b"stream\n", b"x\x9c", b"/J#61", b""]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(BEGINNINGS), st.binary(max_size=60)), max_size=12))
def test_nothing_raises(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    found = find_hazards([content[at : at + 7] for at in range(0, len(content), 7)], FileKind.PDF)
    assert set(found) <= set(Hazard)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_nothing_raises_with_a_byte_that_is_another(data: st.DataObject) -> None:
    made = bytearray(data.draw(st.sampled_from([one for one, _ in CASES.values() if len(one) < 5000])))
    for _ in range(3):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    find_hazards([bytes(made)], kind_of(made))
