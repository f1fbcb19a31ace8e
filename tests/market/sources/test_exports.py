"""Exports of chats and folders: any size, cut anywhere, in any encoding."""

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

import pytest

from tests.market.sources.test_source import EXAMPLES
from wayseal.market.errors import SourceError
from wayseal.market.sources import Source, files_of, parse, parse_source, read_chat, read_export
from wayseal.market.sources.source import ChatFormat, Flaw, Problem
from wayseal.market.types import Listing
from wayseal.model.times import micros


def source(name: str, folder: Path | None = None) -> Source:
    text = (EXAMPLES / f"{name}.toml").read_text(encoding="utf-8")
    return parse_source(text, folder / "source.toml" if folder else None)


def message(number: int, text: object = "一手面单") -> dict[str, object]:
    return {
        "id": number,
        "type": "message",
        "date": "2026-03-02T08:00:00",
        "date_unixtime": "1772409600",
        "from": "卖家",
        "from_id": f"user{number % 9}",
        "text": text,
    }


def chat(*messages: object, number: int = 77) -> dict[str, object]:
    return {"name": 'a "messages": [', "type": "public_supergroup", "id": number, "messages": list(messages)}


def read(name: str, content: bytes) -> tuple[list[Listing], list[Problem]]:
    seen = parse(source(name), content, "", "")
    return list(seen.listings), list(seen.problems)


def test_telegram_of_one_chat() -> None:
    rich = [
        "加 ",
        {"type": "mention", "text": "@someone"},
        {"type": "text_link", "text": "群", "href": "https://t.me/x"},
    ]
    service = {"id": 3, "type": "service", "action": "join"}
    content = chat(message(1), message(2, rich), service, "broken", message(4, "") | {"photo": "photos/p.jpg"})
    found, problems = read("chat", json.dumps(content).encode())
    assert [one.key for one in found] == ["77/1", "77/2", "77/4"]
    assert found[1].text == "加 @someone群\nhttps://t.me/x"
    assert (found[0].shop, found[0].shop_name, found[0].posted_at) == ("user1", "卖家", micros("2026-03-02T00:00Z"))
    assert found[2].pictures == ("photos/p.jpg",)
    assert [(p.flaw, p.item) for p in problems] == [(Flaw.BAD_RECORD, 3)]


def test_telegram_of_an_account_keeps_chats_apart() -> None:
    whole = {"about": "x", "chats": {"about": "y", "list": [chat(message(1)), chat(message(1), number=78)]}}
    found, problems = read("chat", json.dumps(whole).encode())
    assert ([one.key for one in found], problems) == (["77/1", "78/1"], [])


def test_an_export_that_was_cut_is_read_so_far() -> None:
    whole = json.dumps(chat(*(message(n) for n in range(50)))).encode()
    for cut in range(len(whole) // 2, len(whole) - 2, 397):
        found, problems = read("chat", whole[:cut])
        assert 0 < len(found) < 50 or cut > len(whole) - 10
        assert problems[-1].flaw is Flaw.CUT_FILE
    assert read("chat", b"")[1] == [Problem(flaw=Flaw.CUT_FILE, item=1)]


class Long:
    """An export of so many messages, made as it is read."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.seek(0)

    def _parts(self) -> Iterator[bytes]:
        yield b'{"name": "n", "id": 5, "messages": ['
        for first in range(0, self.count, 1000):
            lines = (json.dumps(message(n)) for n in range(first, min(first + 1000, self.count)))
            yield (",\n" if first else "").encode() + ",\n".join(lines).encode()
        yield b"]}"

    def seek(self, place: int, whence: int = 0) -> int:
        assert (place, whence) == (0, 0)
        self._left, self._held = self._parts(), b""
        return 0

    def read(self, size: int = -1) -> bytes:
        while len(self._held) < size and (part := next(self._left, None)) is not None:
            self._held += part
        out, self._held = self._held[:size], self._held[size:]
        return out


def most_memory(count: int) -> int:
    tracemalloc.start()
    assert sum(1 for _ in read_chat(source("chat"), cast(IO[bytes], Long(count)), "")) == count
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_a_long_export_takes_no_more_memory_than_a_short_one() -> None:
    assert most_memory(12_000) < most_memory(3_000) * 1.3


def test_a_plain_log_with_lines_that_go_on() -> None:
    log = "#群\n2026-03-02 08:00:00 卖家(123): 一手\n第二行\n2026-03-02 08:01:00 b: x\n2026-99-99 08:01:00 b: y\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        found, problems = read("log", log.encode(encoding))
        assert [one.text for one in found] == ["一手\n第二行", "x", "y"]
        assert [p.flaw for p in problems] == [Flaw.BAD_RECORD, Flaw.BAD_TIME]
        assert (found[0].shop, found[0].posted_at) == ("卖家", micros("2026-03-02T08:00+08:00"))
    assert len({one.key for one in found}) == 3
    assert read("log", log.encode())[0][0].key == found[0].key


def test_tables_by_a_mapping() -> None:
    table = 'StrTime,NickName,StrContent\n2026-03-02 08:00:00,卖家,"=1+1, 一手\n第二行"\n,,\nx,b,c\n'
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        found, problems = read("table", table.encode(encoding))
        assert [one.text for one in found] == ["=1+1, 一手\n第二行", "c"]
        assert [p.flaw for p in problems] == [Flaw.BAD_RECORD, Flaw.BAD_TIME]


@pytest.mark.parametrize("items", [None, "a.list"])
def test_lists_and_lines_of_json(items: str | None) -> None:
    records = [{"StrContent": "一手", "NickName": "a"}, {"StrContent": "二"}, 7, {}]
    by = replace(source("table"), format=ChatFormat.JSON, items=items)
    whole = json.dumps({"a": {"list": records}} if items else records).encode()
    bodies = [whole, b"\xef\xbb\xbf" + whole]
    if items is None:
        bodies.append(b"\n".join(json.dumps(one).encode() for one in records))
    for body in bodies:
        seen = parse(by, body, "", "")
        assert [one.text for one in seen.listings] == ["一手", "二"]
        assert [p.flaw for p in seen.problems] == [Flaw.BAD_RECORD] * 2


def test_a_line_that_never_ends_is_one_bad_record() -> None:
    by = replace(source("table"), format=ChatFormat.JSON)
    seen = parse(by, b'{"StrContent": "' + b"x" * (3 << 20) + b'"}\n{"StrContent": "y"}\n{"StrContent', "", "")
    assert [one.text for one in seen.listings] == ["y"]
    assert [p.flaw for p in seen.problems] == [Flaw.BAD_RECORD] * 2


def test_a_folder_pairs_pictures_with_texts(tmp_path: Path) -> None:
    place = tmp_path / "hotline"
    (place / "march").mkdir(parents=True)
    (place / "march/1.jpg").write_bytes(b"picture")
    (place / "march/1.txt").write_bytes("一手".encode("gb18030"))
    (place / "2.png").write_bytes(b"picture")
    (place / ".3.png").write_bytes(b"picture")
    (place / "4.pdf").write_bytes(b"paper")
    (tmp_path / "outside.png").write_bytes(b"picture")
    (place / "5.png").symlink_to(tmp_path / "outside.png")
    one = source("folder", tmp_path)
    found = [made for file in files_of(one) for made in read_export(one, file)]
    assert [(m.key, m.text, m.pictures) for m in found if isinstance(m, Listing)] == [
        ("2", "", ("2.png",)),
        ("march/1", "一手", ("march/1.jpg",)),
    ]


def test_files_by_a_pattern_or_a_name(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for name in ("a.txt", "b.txt", "c.csv"):
        (tmp_path / "logs" / name).write_bytes("2026-03-02 08:00:00 b: 一手\n".encode())
    by = source("log", tmp_path)
    assert [one.name for one in files_of(by)] == ["a.txt", "b.txt"]
    assert [one.name for one in files_of(replace(by, files="logs/c.csv"))] == ["c.csv"]
    assert [one.name for one in files_of(replace(by, files="logs"))] == ["a.txt", "b.txt", "c.csv"]
    found = [made for file in files_of(by) for made in read_export(by, file)]
    assert len(found) == 2


def test_a_text_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "hotline").mkdir()
    (tmp_path / "hotline/1.txt").write_bytes("一手面单".encode() + b"\xff" + "快递".encode())
    one = source("folder", tmp_path)
    made, problem = [each for file in files_of(one) for each in read_export(one, file)]
    assert isinstance(made, Listing)
    assert problem == Problem(flaw=Flaw.ENCODING)


def test_a_cell_that_never_ends_is_one_bad_record() -> None:
    found, problems = read("table", b'StrTime,NickName,StrContent\n,a,"' + b"x" * (2 << 20) + b'"\n,b,y\n')
    assert [one.text for one in found] == ["y"]
    assert Flaw.BAD_RECORD in [p.flaw for p in problems]


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        list(files_of(source("log", tmp_path)))
    with pytest.raises(SourceError):
        list(read_export(source("log", tmp_path), tmp_path / "none"))
