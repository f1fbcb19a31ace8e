r"""Lines of a log out of what container runtimes and shippers put around each.

1. Docker writes `{"log": "…\n", "stream": "stdout", "time": "…"}`, containerd and CRI-O `TIME stdout F …`: both
   are known by the first line. A shipper's field is named by a mapping (`unwrap`), dotted where it lies deeper.
2. A line that was cut into several is one again, on its last piece's line; the others are blank, so that numbers stay.
3. A line without such a field stays as it is, for the log's own reader to turn away.
"""

import json
import re
from typing import Any

CRI = "<cri>"
_DOCKER = frozenset({"log", "stream", "time", "attrs"})
_CRI = re.compile(
    r"\d{4}-\d\d-\d\dT[0-9:.]{8,18}(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([FP])(?::\S*)?(?: (.*))?", re.DOTALL
)


def wrapping_of(line: str) -> str:
    """What a line stands in; "" where it is nothing that is known by itself."""
    if _CRI.fullmatch(line.strip()):
        return CRI
    row = _object(line)
    return "log" if isinstance(row.get("log"), str) and len(row) > 1 and row.keys() <= _DOCKER else ""


class Unwrapper:
    """Takes the lines of one file out. name: the field, or `CRI`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._held: dict[str, str] = {}

    def lines(self, data: bytes) -> bytes:
        """As many lines as there are in `data`, which ends with a newline."""
        found = [self._line(line) for line in data.decode("utf-8", "surrogateescape")[:-1].split("\n")]
        return ("\n".join(found) + "\n").encode("utf-8", "surrogateescape")

    def rest(self) -> bytes:
        """What was cut and never ended."""
        return "".join(f"{text}\n" for text in self._held.values()).encode("utf-8", "surrogateescape")

    def _line(self, line: str) -> str:
        stream, text, more = self._parted(line)
        if text is None:
            return line
        text = self._held.pop(stream, "") + text
        if more and len(text) < 1 << 24:
            self._held[stream] = text
            return ""
        return text.rstrip("\r\n").replace("\r", " ").replace("\n", " ")

    def _parted(self, line: str) -> tuple[str, str | None, bool]:
        """The stream, the piece of a line on it, and whether the line goes on."""
        if self._name == CRI:
            found = _CRI.fullmatch(line)
            return (found[1], found[3] or "", found[2] == "P") if found else ("", None, False)
        row = _object(line)
        value: Any = row.get(self._name, row)
        for name in self._name.split(".") if value is row else ():
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, dict):
            value = json.dumps(value, ensure_ascii=False)
        if not isinstance(value, str):
            return "", None, False
        return str(row.get("stream", "")), value, row.keys() <= _DOCKER and not value.endswith("\n")


def _object(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line) if line.lstrip().startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}
