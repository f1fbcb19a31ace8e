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
_MYSQL = re.compile(
    r"""(?P<run>(?:(?>[^\W\d][\w$]*)(?!['"])|[(),=<>*.;:\s])++)
      | (?P<space>--(?=\s|\Z)[^\n]*|\#[^\n]*)
      | (?P<block>/\*(?!!))
      | (?P<executed>/\*!)
      | (?P<string>(?:[bBxXnN]|_\w+\s*)?'(?:[^'\\]++|\\.|'')*+'|"(?:[^"\\]++|\\.|"")*+")
      | (?P<name>`(?:[^`]|``)*`)
      | (?P<word>@*[^\W\d][\w$]*)
      | (?P<number>(?:[0-9]|\.[0-9])(?:[0-9.]|[eE][+-]?[0-9])*)
      | (?P<quote>['"`])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_NAME = re.compile(r"\"((?:[^\"]|\"\")*)\"|`((?:[^`]|``)*)`|([^\W\d][\w$]*)")
_SPACES = re.compile(r"\s+")
_EDGE = re.compile(r"/\*|\*/")
_PAIR = re.compile(r"(?<![\w.-])([\w.-]{1,64})\s{0,4}[=:]\s{0,4}(?:'([^']*)'|([^\s,;'*]+))")


_PIECES = {
    False: re.compile(
        r"""(['/"0-9](?:(?<=')(?<![\w&$]')[^']*+'(?!')|(?<=/)\*[^*/]*+\*/|(?<=[0-9])(?<![\w.$][0-9])[0-9]*+(?![\w.])"""
        r"""|(?<=")[^"]*+"(?!")))"""
    ),
    True: re.compile(
        r"""(['/`0-9](?:(?<=')(?<![\w@]')[^'\\]*+'(?!')|(?<=/)\*(?!!)[^*/]*+\*/|(?<=[0-9])(?<![\w.@][0-9])[0-9]*+(?![\w.])"""
        r"""|(?<=`)[^`]*+`(?!`)))"""
    ),
}
"""A text, a comment, a whole number, a quoted name: of most statements all that a value could stand in."""
_UNSURE = {False: re.compile(r"['\"\\]|/\*|\*/|--|\$(?![0-9])"), True: re.compile(r"['\"\\`#]|/\*|\*/|--")}
_DIGITS = str.maketrans("123456789", "0" * 9)
_SHAPES = 4096


class UnreadableError(ValueError):
    """A statement that isn't whole: a quote or a comment is never closed."""


@dataclass(slots=True)
class ParsedStatement:
    """literals: text of each, None where its escapes are not read here."""

    template: str
    literals: tuple[str | None, ...]
    comments: tuple[str, ...]


def part(statement: str, mysql: bool = False) -> ParsedStatement:
    """The statement parted; UnreadableError if it isn't whole. mysql: by that dialect's rules, else PostgreSQL's."""
    tokens = _MYSQL if mysql else _TOKEN
    out: list[str] = []
    literals: list[str | None] = []
    comments: list[str] = []
    index = 0
    while found := tokens.match(statement, index):
        kind, text, index = found.lastgroup, found[0], found.end()
        if kind == "block":
            end = _comment_end(statement, index, mysql)
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
            literals.append(_mysql_value(text) if mysql else _value(text))
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


@dataclass(frozen=True, slots=True)
class _Form:
    """A form that statements of different values share. literals: of each its place in the pieces, or itself."""

    template: str
    literals: tuple[tuple[int, slice] | str | None, ...]
    comments: tuple[int, ...]


class Parts:
    """Parts statements as `part` does; those that differ in their values alone are gone through once."""

    def __init__(self, mysql: bool) -> None:
        self._mysql = mysql
        self._split = _PIECES[mysql].split
        self._forms: dict[tuple[str, ...], _Form | None] = {}

    def part(self, statement: str) -> ParsedStatement:
        """The statement parted; UnreadableError if it isn't whole."""
        pieces = self._split(statement)
        kinds = "".join([token[0] for token in pieces[1::2]]).translate(_DIGITS)
        named = "".join(pieces) if '"' in kinds or "`" in kinds else ""
        key = (kinds, named, "\0".join(pieces[::2]))
        try:
            form = self._forms[key]
        except KeyError:
            form = self._form(pieces)
            if len(self._forms) > _SHAPES:
                self._forms.clear()
            self._forms[key] = form
        if form is None:
            return part(statement, self._mysql)
        return ParsedStatement(
            form.template,
            tuple([pieces[at[0]][at[1]] if type(at) is tuple else at for at in form.literals]),  # type: ignore[misc]
            tuple([pieces[at][2:-2] for at in form.comments]),
        )

    def _form(self, pieces: list[str]) -> _Form | None:
        """Make the form of these pieces with a mark for each value, each of which `part` must find again; else None."""
        unsure = _UNSURE[self._mysql].search
        if len(pieces) > 1 << 10 or any("\0" in p or unsure(p) for p in pieces[::2]):
            return None
        marks: dict[str, int] = {}
        out = list(pieces)
        for at in range(1, len(pieces), 2):
            mark, sign = str(10**9 + at), pieces[at][0]
            if sign in '"`':
                continue
            marks[mark] = at
            out[at] = f"'{mark}'" if sign == "'" else f"/*{mark}*/" if sign == "/" else mark
        try:
            made = part("".join(out), self._mysql)
        except UnreadableError:
            return None
        found = [marks.pop(text, text) if text else text for text in made.literals]
        comments = tuple(marks.pop(text, -1) for text in made.comments)
        literals = tuple(
            (at, slice(1, -1) if pieces[at][0] == "'" else slice(None)) if isinstance(at, int) else at for at in found
        )
        return None if marks or -1 in comments else _Form(made.template, literals, comments)


def _placeholder(kind: str | None, text: str, number: int) -> str:
    if kind == "run":
        return _SPACES.sub(" ", text)
    if kind == "space":
        return " "
    if kind in {"string", "escaped"}:
        return f"'{number}'"
    if kind == "executed":  # what MySQL runs of a comment is no comment: the parser is to stop there
        return "/ !"
    return str(number) if kind == "number" else text


def _value(text: str) -> str | None:
    if text[0] == "'" or text[0] in "nN":
        return text.lstrip("nN")[1:-1].replace("''", "'")
    if text[-1] == "'":
        plain = text[text.index("'") + 1 : -1].replace("''", "'")
        return plain if text[0] in "eE" and "\\" not in plain else None
    return text.replace("_", "")


def _mysql_value(text: str) -> str | None:
    quote = text[-1]
    if quote not in "'\"":
        return text
    head, _, body = text[:-1].partition(quote)
    if head and head not in "nN" and not head.startswith("_"):
        return None
    unquoted = quote.join(body.split(quote * 2))
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), unquoted, flags=re.DOTALL)


def _comment_end(statement: str, index: int, flat: bool) -> int:
    """Where a comment ends that is open at `index`; they nest, unless they are `flat`."""
    depth = 1
    for edge in _EDGE.finditer(statement, index):
        if flat and edge[0] == "/*":
            continue
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    raise UnreadableError("a comment is not closed")


def pairs(comments: tuple[str, ...]) -> dict[str, str]:
    """The `key=value` pairs of comments; a key that stands there twice keeps its last value."""
    return {m[1]: (m[2] if m[2] is not None else m[3]).strip() for text in comments for m in _PAIR.finditer(text)}


def words(template: str) -> frozenset[str]:
    """The names that stand in a template, in lower case."""
    return frozenset((m[1] or m[2] or m[3] or "").lower() for m in _NAME.finditer(template))
