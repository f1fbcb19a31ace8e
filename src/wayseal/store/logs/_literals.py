"""A statement parted into its template, its literals and its comments.

The parser sees the template alone, in which each literal is replaced by its number: no value of a statement can turn
up in a parser's error or log (obligation 1), and a statement that comes again with other values is parsed once.
"""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<run>(?:(?>[^\W\d][\w$]*)(?!['&])|[(),=<>*.;:\s])++)
      | (?P<space>--[^\n]*)
      | (?P<block>/\*)
      | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
      | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
      | (?P<string>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
      | (?P<open>[eE]')
      | (?P<name>"(?:[^"]|"")*")
      | (?P<bind>\$[0-9]+)
      | (?P<word>[^\W\d][\w$]*)
      | (?P<number>(?:[0-9]|\.[0-9])(?:[0-9_.]|[eE][+-]?[0-9])*)
      | (?P<quote>['"])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"\"((?:[^\"]|\"\")*)\"|([^\W\d][\w$]*)")
_SPACES = re.compile(r"\s+")
_EDGE = re.compile(r"/\*|\*/")
_PAIR = re.compile(r"(?<![\w.-])([\w.-]{1,64})\s{0,4}[=:]\s{0,4}(?:'([^']*)'|([^\s,;'*]+))")


class UnreadableError(ValueError):
    """A statement that isn't whole: a quote or a comment is never closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedStatement:
    """literals: text of each, None where its escapes are not read here."""

    template: str
    literals: tuple[str | None, ...]
    comments: tuple[str, ...]


def part(statement: str) -> ParsedStatement:
    """The statement parted; UnreadableError if it isn't whole."""
    out: list[str] = []
    literals: list[str | None] = []
    comments: list[str] = []
    index = 0
    while found := _TOKEN.match(statement, index):
        kind, text, index = found.lastgroup, found[0], found.end()
        if kind == "block":
            end = _comment_end(statement, index)
            comments.append(statement[index : end - 2])
            kind, index = "space", end
        elif kind == "dollar":
            end = statement.find(text, index)
            if end < 0:
                raise UnreadableError("a quote is not closed")
            literals.append(statement[index:end])
            kind, index = "string", end + len(text)
        elif kind in {"quote", "open"}:
            raise UnreadableError("a quote is not closed")
        elif kind in {"string", "escaped", "number"}:
            literals.append(_value(text))
        shown = _placeholder(kind, text, len(literals) - 1)
        shown = shown.lstrip() if out and out[-1].endswith(" ") else shown
        if out and out[-1].endswith(("'", "&")) and shown.startswith("'"):
            shown = f" {shown}"  # or two literals would read as one with a quote in it, and "U&" as a prefix
        if shown:
            out.append(shown)
    return ParsedStatement(
        template="".join(out).strip().rstrip("; "),
        literals=tuple(literals),
        comments=tuple(comments),
    )


def _placeholder(kind: str | None, text: str, number: int) -> str:
    if kind == "run":
        return _SPACES.sub(" ", text)
    if kind == "space":
        return " "
    if kind in {"string", "escaped"}:
        return f"'{number}'"
    return str(number) if kind == "number" else text


def _value(text: str) -> str | None:
    if text[0] == "'" or text[0] in "nN":
        return text.lstrip("nN")[1:-1].replace("''", "'")
    if text[-1] == "'":
        plain = text[text.index("'") + 1 : -1].replace("''", "'")
        return plain if text[0] in "eE" and "\\" not in plain else None
    return text.replace("_", "")


def _comment_end(statement: str, index: int) -> int:
    """Where a comment ends that is open at `index`; they nest."""
    depth = 1
    for edge in _EDGE.finditer(statement, index):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    raise UnreadableError("a comment is not closed")


def pairs(comments: tuple[str, ...]) -> dict[str, str]:
    """The `key=value` pairs of comments; a key that stands there twice keeps its last value."""
    return {m[1]: (m[2] if m[2] is not None else m[3]).strip() for text in comments for m in _PAIR.finditer(text)}


def words(template: str) -> frozenset[str]:
    """The names that stand in a template, in lower case."""
    return frozenset((m[1] or m[2] or "").lower() for m in _NAME.finditer(template))
