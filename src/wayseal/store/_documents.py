"""JSON as exports have it, laid out as JSON Lines: a list of records, or an object around one.

1. A record is an object of the list, in its order; line n of the text is record n. Objects one after another, each over
   several lines, are records, too.
2. An object is taken for what stands around a list where it holds nothing else (`{"Records": […]}`), or where the list
   is called as exports call theirs and scalars alone stand beside it. A list that lies deeper is named by a mapping.
3. Where the file is no JSON from some record on, it is refused, and the error says which record and line that is.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from wayseal.store.errors import StoreError

LONGEST = 16 << 20
_KNOWN = frozenset(["records", "events", "logs", "entries", "results", "hits", "value", "loglist", "logevents"])
_TEXT, _SPACE = r'"(?:[^"\\]|\\.)*+"', re.compile(r"\s*")
_SCALAR = rf"(?:{_TEXT}|true|false|null|-?[0-9][0-9.eE+-]*)"
_AROUND = re.compile(
    rf"\s*\{{\s*(?P<before>(?:{_TEXT}\s*:\s*{_SCALAR}\s*,\s*)*+)(?P<name>{_TEXT})\s*:\s*\[\s*(?=[{{\]])"
)
_BEFORE = rf"\{{\s*(?:{_TEXT}\s*:\s*(?:{_SCALAR}|[\[{{](?:{_TEXT}|[^\"\[\]{{}}])*+[\]}}])\s*,\s*)*+"
_OPEN = re.compile(rf"\s*(?:\[\s*\{{|\[\s*\]\s*\Z|\{{[ \t\r]*\n\s*{_TEXT}\s*:|\{{[^\n]*[\[{{,][ \t\r]*\n[ \t]+\S)")
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


def _around(path: str) -> re.Pattern[str]:
    """What stands around a list of records, that of a dotted path or any."""
    names = (rf"{_BEFORE}{re.escape(json.dumps(name, ensure_ascii=False))}\s*:\s*" for name in path.split("."))
    return re.compile(rf"\s*{''.join(names)}\[\s*(?=[{{\]])") if path else _AROUND


def is_document(head: str, path: str = "") -> bool:
    """Whether a text begins like such an export, and not with an object a line. head: its first line, and more.

    path: of the list, if a mapping names it.
    """
    if path:
        return _around(path).match(head) is not None
    if _OPEN.match(head):
        return True
    found = _AROUND.match(head)
    if found is None:
        return False
    try:
        whole = json.loads(head.lstrip().split("\n", 1)[0])
    except (ValueError, RecursionError):
        whole = None
    return _known(found) if whole is None else len(whole) == 1


def _known(found: re.Match[str]) -> bool:
    return found["name"].strip('"').lower() in _KNOWN


def records(blocks: Iterable[bytes], file: Path, path: str = "") -> Iterator[bytes]:
    """The records, a line each. blocks: the text in UTF-8, in pieces that end anywhere. StoreError (rule 3)."""
    return _Reader(blocks, file, path).lines()


class _Reader:
    def __init__(self, blocks: Iterable[bytes], file: Path, path: str) -> None:
        self._blocks, self._file, self._path, self._around = iter(blocks), file, path, _around(path)
        self._text, self._at, self._line, self._number = "", 0, 1, 0

    def lines(self) -> Iterator[bytes]:
        """The records of one value after another."""
        while self._next():
            around = self._match_around()
            if self._text[self._at] == "[":
                self._at += 1
                yield from self._listed()
            elif around is not None:
                self._at = around.end()
                yield from self._listed()
                self._close(around)
            else:
                yield self._record()

    def _match_around(self) -> "re.Match[str] | None":
        """What stands around a list, if that is how the value begins."""
        while (found := self._around.match(self._text, self._at)) is None and len(self._text) - self._at < 1 << 16:
            if not self._more():
                break
        return found if found and (self._path or not found["before"] or _known(found)) else None

    def _listed(self) -> Iterator[bytes]:
        while self._next() != "]":
            yield self._record()
            if self._next() == ",":
                self._at += 1
            elif self._text[self._at : self._at + 1] != "]":
                raise self._damaged()
        self._at += 1

    def _close(self, around: "re.Match[str]") -> None:
        """What follows the list in the objects around it: scalars, or nothing (rule 2)."""
        for _ in self._path.split("."):
            if self._next() == ",":
                self._text, self._at = "{" + self._text[self._at + 1 :], 0
                beside = json.loads(self._value()).values()
                if not self._path and (not _known(around) or any(isinstance(value, dict | list) for value in beside)):
                    raise StoreError("holds more than one list of records; save the one that is meant as JSON Lines",
                                     file=self._file, line=self._line)  # fmt: skip
            elif self._next() == "}":
                self._at += 1
            else:
                raise self._damaged()

    def _record(self) -> bytes:
        self._number += 1
        text = self._value()
        return text.replace("\n", " ").replace("\r", " ").encode("utf-8", "surrogateescape") + b"\n"

    def _value(self) -> str:
        self._next()
        while True:
            try:
                _, end = _scan(self._text, self._at)
                if end < len(self._text) or not self._more():
                    break
            except (StopIteration, ValueError):
                if len(self._text) - self._at > LONGEST or not self._more():
                    raise self._damaged() from None
            except RecursionError:
                raise self._damaged() from None
        found, self._at = self._text[self._at : end], end
        self._line += found.count("\n")
        return found

    def _next(self) -> str:
        """The next sign that is no space; "" at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            end = found.end() if found else self._at
            self._line += self._text.count("\n", self._at, end)
            self._at = end
            if end < len(self._text) or not self._more():
                return self._text[end : end + 1]

    def _more(self) -> bool:
        block = next(self._blocks, b"")
        self._text, self._at = self._text[self._at :] + block.decode("utf-8", "surrogateescape"), 0
        return bool(block)

    def _damaged(self) -> StoreError:
        return StoreError("is no JSON, or cut short, from record {record} on", file=self._file, line=self._line,
                          record=self._number)  # fmt: skip
