"""A first mapping file from a sample of a log."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from wayseal.model.messages import N_, Translate
from wayseal.store._column_plan import describe
from wayseal.store._guess import Columns, Guess, guess, guess_leaks
from wayseal.store._propose_log_mapping import propose_log
from wayseal.store._sample import Sample, read_sample
from wayseal.store.formats import Format
from wayseal.store.tables import TABLES, Table

_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "leaks": N_(
            "A mapping from a list of numbers to the table `leaks`: which waybill was seen outside, when. Correct it."
        ),
        "accesses": N_(
            "A mapping from a log to the table `accesses`: who read which waybill, when. Read it, correct it."
        ),
        "columns": N_("[columns]: left, the column of Wayseal; right, the column of the log."),
        "by_name": N_("by its name"),
        "by_content": N_("by what it holds"),
        "address": N_("the log names no account: the address stands in for it"),
        "joined": N_("two columns, joined by a space"),
        "missing": N_("NOT FOUND, and needed: put the log's column here"),
        "offset_none": N_("The times carry no offset. UTC is assumed unless this line says otherwise."),
        "offset_cn": N_("The times carry no offset; the headings are Chinese, so China's time is assumed. Check it."),
        "clean": N_("Spaces, dashes and dots in numbers are dropped and letters made upper case; false leaves them."),
        "nothing": N_("Columns that could be set as well"),
        "drop": N_("Rows that are no reads can be left out, for instance failed requests:"),
        "rest": N_("Columns of the log that are left out"),
        "positions": N_("The log has no header: a column is its number, from 1."),
    }
)
_GUESSES: Mapping[str, Callable[[Columns], dict[str, Guess]]] = {"accesses": guess, "leaks": guess_leaks}


def propose_mapping(sample: Path, *, translate: Translate = str, table: str = "accesses") -> str:
    """Proposes a mapping file for the log, or list of leaks, that a sample is from.

    Args:
        sample: CSV, JSON Lines, Parquet or a raw log (csvlog of PostgreSQL, combined, OCSF), which is recognised.
        translate: Puts the comments into a language; `str` leaves them English.
        table: "accesses" or "leaks".

    Returns:
        TOML. It loads as it stands when every required column (`accesses`: actor, waybill and time; `leaks`: waybill
        and when it was seen) was found; what was not found stands there as a comment.

    Raises:
        StoreError: The sample holds no rows or can't be read.
    """
    if table == "accesses" and (log := propose_log(Path(sample), translate)) is not None:
        return log
    rows = read_sample(Path(sample))
    say = {code: translate(text) for code, text in _TEXTS.items()}
    return "\n".join(_lines(rows, TABLES[table], _GUESSES[table](rows.columns), say)) + "\n"


def _lines(sample: Sample, table: Table, found: Mapping[str, Guess], say: Mapping[str, str]) -> Iterator[str]:
    yield f"# {say[table.name]}"
    yield "wayseal = 1"
    yield f"table = {_quoted(table.name)}"
    yield f"format = {_quoted(sample.format)}"
    if sample.encoding:
        yield f"encoding = {_quoted(sample.encoding)}"
    if sample.format is Format.CSV:
        yield f"delimiter = {_quoted(sample.delimiter)}"
        if not sample.header:
            yield f"header = false  # {say['positions']}"
    yield from _offset(sample, found, say)
    yield f"clean = true  # {say['clean']}"
    yield ""
    yield f"# {say['columns']}"
    yield "[columns]"
    for name in table.names:
        if name in found:
            yield _entry(name, found[name], found, say)
        elif name in table.required:
            yield f'# {name} = "…"  # {say["missing"]}'
    unset = [n for n in table.names if n not in found and n not in table.required]
    yield f"# {say['nothing']}: {', '.join(unset)}"
    yield from _rest(sample, found, say)
    if table.name == "accesses":
        yield from _drop(say)


def _offset(sample: Sample, found: Mapping[str, Guess], say: Mapping[str, str]) -> Iterator[str]:
    if not any(made.naive for made in found.values()):
        return
    if any(re.search("[\u4e00-\u9fff]", n) for n in sample.columns):
        yield f"# {say['offset_cn']}"
        yield 'offset = "+08:00"'
    else:
        yield f"# {say['offset_none']}"
        yield '# offset = "+08:00"'


def _entry(name: str, made: Guess, found: Mapping[str, Guess], say: Mapping[str, str]) -> str:
    why = say["by_name"] if made.by_name else say["by_content"]
    if name == "actor" and "ip" in found and made.columns == found["ip"].columns:
        why = say["address"]
    if len(made.columns) > 1:
        why = f"{why}; {say['joined']}"
    return f"{name} = {_value(made)}  # {why}"


def _value(made: Guess) -> str:
    one = len(made.columns) == 1
    if one and made.format == "iso" and not made.values:
        return _quoted(made.columns[0])
    parts = [f"column = {_quoted(made.columns[0])}"]
    if not one:
        parts = [f"columns = [{', '.join(map(_quoted, made.columns))}]"]
    if made.format != "iso":
        parts.append(f"format = {_quoted(made.format)}")
    if made.values:
        pairs = ", ".join(f"{_quoted(k)} = {_quoted(v)}" for k, v in made.values.items())
        parts.append(f"values = {{ {pairs} }}")
    return "{ " + ", ".join(parts) + " }"


def _rest(sample: Sample, found: Mapping[str, Guess], say: Mapping[str, str]) -> Iterator[str]:
    used = {c for g in found.values() for c in g.columns}
    rest = tuple(n for n in sample.columns if n not in used)
    if rest:
        yield f"# {say['rest']}: {describe(rest)}"


def _drop(say: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield f"# {say['drop']}"
    yield "# [[drop]]"
    yield '# column = "status"'
    yield '# equals = ["403", "404"]'


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's spelling is one, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
