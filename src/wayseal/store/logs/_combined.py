r"""The combined (and common) log of nginx and Apache.

`10.1.2.3 - u-17 [04/Mar/2026:11:02:31 +0800] "GET /api/waybill/YT1?x=1 HTTP/1.1" 200 512 "referer" "agent"`; what a
server adds at the end of a line is left alone. Quotes inside stand as \x22 (nginx) or \" (Apache).
"""

import re
from collections.abc import Sequence

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
_USUAL = re.compile(
    r'([0-9a-fA-F.:]++) (-) ([^ \[]++) \[([^\]]{1,40}+)\] "([A-Za-z]{1,20}+) ([^ "\\]++) (?:HTTP/[0-9.]++)" '
    r"([0-9]{3}) ([0-9]++|-)"
    r'(?: "[^"\\]*+" "([^"\\]*+)"(?: .*)?)?'
).fullmatch
"""Most lines: of what `LINE` takes those without a quote, backslash or space where one could mislead."""
_GROUPS = ("client_ip", "ident", "user", "time", "method", "target", "status", "bytes", "agent")
_METHOD, _TARGET, _STATUS = 4, 5, 6
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
        self._refused: dict[tuple[str, str], Outcome | None] = {}

    def read(self, records: Sequence[tuple[int, str]], found: Found) -> list[Outcome | Asked]:
        """Requests."""
        fields: list[tuple[str | None, ...]] = []
        outcomes: list[Outcome | Asked] = []
        for number, text in records:
            match = _USUAL(text) if len(text) <= LONGEST else None
            made = match.groups() if match else _slow(text)
            fields.append(made)
            key = (made[_METHOD] or "-", made[_STATUS] or "")
            if key not in self._refused:
                self._refused[key] = self.requests.refused(*key) if made[_STATUS] else None
            outcomes.append(self._refused[key] or self._asked(number, text, made))
        columns = dict(zip(_GROUPS, zip(*fields, strict=True), strict=True)) if fields else {}
        for name, column in found.items():
            if name == "line_id":
                times = columns["time"]
                column += [f"{time or ''}#{number}" for time, (number, _) in zip(times, records, strict=True)]
            elif name in FIELDS:
                column += [None if value in {"-", ""} else value for value in columns[name]]
        if self._parameters:
            self._take_parameters([one[_TARGET] for one in fields], found)
        return outcomes

    def record(self, text: str, number: int, found: Found) -> Outcome | Asked:
        """A request."""
        return self.read([(number, text)], found)[0]

    def _asked(self, number: int, text: str, fields: tuple[str | None, ...]) -> Outcome | Asked:
        target = fields[_TARGET]
        if fields[_STATUS] is None:
            odd = text.replace("\\\\", "").replace('\\"', "").count('"') % 2
            reason = self.reason(number, text, Reason.UNTERMINATED_QUOTE if odd else Reason.TOO_FEW_FIELDS)
            return Unreadable(column="", reason=Reason.TOO_LONG if len(text) > LONGEST else reason)
        if target is None:
            return Unreadable(column="request", reason=Reason.TOO_FEW_FIELDS)
        return Asked(target=unescaped(target))

    def _take_parameters(self, targets: Sequence[str | None], found: Found) -> None:
        for target in targets:
            query = dict(parted(unescaped(target))[1] or ()) if target and "?" in target else {}
            for name in self._parameters:
                if (column := found.get(QUERY + name)) is not None:
                    value = query.get(name)
                    column.append(None if value in {"-", ""} else value)


def _slow(text: str) -> tuple[str | None, ...]:
    """The fields of a line that isn't written as most are; none of one that can't be read."""
    match = LINE.fullmatch(text) if len(text) <= LONGEST else None
    request = REQUEST.fullmatch(match["request"]) if match else None
    values = (match.groupdict() if match else {}) | (request.groupdict() if request else {})
    return tuple(values.get(name) for name in _GROUPS)


def unescaped(text: str) -> str:
    r"""A request as it was sent: \x22 and \" are the quote."""
    if "\\" not in text:
        return text
    data = re.sub(r"\\x([0-9A-Fa-f]{2})", lambda m: "%" + m[1], text)
    return re.sub(r'\\(["\\])', r"\1", data)
