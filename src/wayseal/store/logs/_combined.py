r"""The combined (and common) log of nginx and Apache.

`10.1.2.3 - u-17 [04/Mar/2026:11:02:31 +0800] "GET /api/waybill/YT1?x=1 HTTP/1.1" 200 512 "referer" "agent"`; what a
server adds at the end of a line is left alone. Quotes inside stand as \x22 (nginx) or \" (Apache).
"""

import re

from wayseal.store.logs._line_blocks import Found, LineBlocks
from wayseal.store.logs._outcomes import Outcome, Unreadable
from wayseal.store.logs._row_builder import MADE
from wayseal.store.logs._url_paths import Asked, parted
from wayseal.store.mapping import LogMapping
from wayseal.store.types import ReadOptions, Reason, SourceFile

LINE = re.compile(
    r"(?P<client_ip>\S+) (?P<ident>\S+) (?P<user>.+?) \[(?P<time>[^\]]{1,40})\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>[0-9]{3}) (?P<bytes>[0-9]+|-)'
    r'(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?(?: .*)?'
)
REQUEST = re.compile(r"(?P<method>[A-Za-z]{1,20}) (?P<target>.+?)(?: (?P<protocol>HTTP/[0-9.]+))?")
FIELDS = ("client_ip", "ident", "user", "time", "method", "status", "bytes", "agent", "line_id")
NAMES = (*FIELDS, *MADE)
QUERY = "query."
LONGEST = 64 << 10


class CombinedBlocks(LineBlocks):
    """A combined log, opened: its requests as raw rows of `accesses` or `queries`."""

    def __init__(self, file: SourceFile, mapping: LogMapping, options: ReadOptions, keep_rejected: bool) -> None:
        super().__init__(file, mapping, options, keep_rejected)
        self._parameters = sorted(c.removeprefix(QUERY) for c in self.wanted if c.startswith(QUERY))
        self.names = (*NAMES, *(QUERY + p for p in self._parameters))

    def record(self, data: bytes, number: int, found: Found) -> Outcome | Asked | None:
        """A request."""
        text = data.decode(errors="replace").rstrip("\r")
        if not text.strip():
            return None
        match = LINE.fullmatch(text) if len(text) <= LONGEST else None
        request = REQUEST.fullmatch(match["request"]) if match else None
        values: dict[str, str | None] = dict(match.groupdict()) if match else {}
        values["method"] = request["method"] if request else None
        values["line_id"] = f"{values.get('time', '')}#{number}"
        query: dict[str, str] = {}
        if request and self._parameters:
            query = dict(parted(unescaped(request["target"]))[1] or ())
        for name, column in found.items():
            value = query.get(name.removeprefix(QUERY)) if name.startswith(QUERY) else values.get(name)
            column.append(None if value in {"-", ""} else value)
        if match is None:
            return Unreadable(column="", reason=_reason(data, text))
        refused = self.requests.refused(request["method"] if request else "-", match["status"])
        if refused is not None or request is None:
            return refused or Unreadable(column="request", reason=Reason.TOO_FEW_FIELDS)
        return Asked(target=unescaped(request["target"]))


def _reason(data: bytes, text: str) -> Reason:
    if len(text) > LONGEST:
        return Reason.TOO_LONG
    try:
        data.decode()
    except UnicodeDecodeError:
        return Reason.UNDECODABLE
    if "\0" in text:
        return Reason.NUL_BYTE
    return (
        Reason.UNTERMINATED_QUOTE
        if text.replace("\\\\", "").replace('\\"', "").count('"') % 2
        else Reason.TOO_FEW_FIELDS
    )


def unescaped(text: str) -> str:
    r"""A request as it was sent: \x22 and \" are the quote."""
    if "\\" not in text:
        return text
    data = re.sub(r"\\x([0-9A-Fa-f]{2})", lambda m: "%" + m[1], text)
    return re.sub(r'\\(["\\])', r"\1", data)
