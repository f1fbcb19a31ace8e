"""On which line of a TOML text each key stands: the standard library's reader doesn't say.

1. The text is one that `tomllib` has read; each of its lines ends in a line feed alone. Nothing is checked again.
2. Every key of the document that `tomllib` makes has a place, and nothing else has: the path of names from the top,
   with a number for each item of a list.
3. A key that stands in several places (a table that is opened twice, by dots) has the first.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator

KeyPath = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_NAME = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_TEXT = re.compile(
    r'''"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}|\'\'\'(?:[^']|'{1,2}(?!'))*'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\''''
)
_PLAIN = re.compile(r"[^,\]}#\n]+")


def find_lines(text: str) -> dict[KeyPath, int]:
    """The line (from 1) of every key and every item of a list (rules 1 to 3)."""
    return _Walk(text).document()


class _Walk:
    """A place in the text that moves on; `places` grows with it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.places: dict[KeyPath, int] = {}
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._last: dict[KeyPath, int] = {}

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._blank():
            if self.text[self.offset] == "[":
                table = self._head()
            else:
                self._pair(table)
        return self.places

    def _head(self) -> KeyPath:
        """The table that a line in brackets opens; `[[…]]` one more of a list."""
        marks = 2 if self.text.startswith("[[", self.offset) else 1
        line = self._line()
        self.offset += marks
        path: KeyPath = ()
        names = list(self._names())
        for place, name in enumerate(names, 1):
            path = (*path, name)
            self.places.setdefault(path, line)
            if place == len(names) and marks == 2:
                self._last[path] = self._last.get(path, -1) + 1
            if path in self._last:
                path = (*path, self._last[path])
                self.places.setdefault(path, line)
        self.offset += marks
        return path

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = table
        for name in self._names():
            path = (*path, name)
            self.places.setdefault(path, line)
        self.offset += 1
        self._value(path)

    def _names(self) -> Iterator[str]:
        """The names of a dotted key; afterwards the place is at what stands behind it."""
        while True:
            self._skip(_SPACE)
            name = self._skip(_NAME)
            yield name if name[0] not in "\"'" else str(tomllib.loads(f"x = {name}")["x"])
            self._skip(_SPACE)
            if self.text[self.offset] != ".":
                return
            self.offset += 1

    def _value(self, path: KeyPath) -> None:
        self._skip(_SPACE)
        mark = self.text[self.offset]
        if mark in "\"'":
            self._skip(_TEXT)
        elif mark == "[":
            self._list(path)
        elif mark == "{":
            self._inline(path)
        else:
            self._skip(_PLAIN)

    def _list(self, path: KeyPath) -> None:
        self.offset += 1
        count = 0
        while self._blank() and self.text[self.offset] != "]":
            self.places.setdefault((*path, count), self._line())
            self._value((*path, count))
            count += 1
            self._comma()
        self.offset += 1

    def _inline(self, path: KeyPath) -> None:
        self.offset += 1
        while self._blank() and self.text[self.offset] != "}":
            self._pair(path)
            self._comma()
        self.offset += 1

    def _comma(self) -> None:
        if self._blank() and self.text[self.offset] == ",":
            self.offset += 1

    def _blank(self) -> bool:
        """Goes over spaces, line ends and remarks; whether anything is left."""
        self._skip(_BLANK)
        return self.offset < len(self.text)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.offset)
        if found is None:
            raise ValueError("no TOML")
        self.offset = found.end()
        return found[0]

    def _line(self) -> int:
        return bisect_right(self._ends, self.offset - 1) + 1
