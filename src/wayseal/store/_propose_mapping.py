"""A first mapping file from a sample of a log."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from wayseal.model.messages import N_, Translate
from wayseal.store._column_plan import describe
from wayseal.store._guess import (
    Columns,
    Guess,
    describe_choice,
    guess,
    guess_by_name,
    guess_leaks,
    is_list,
    showed_nothing,
    status_words,
)
from wayseal.store._propose_log_mapping import propose_log
from wayseal.store._sample import Sample, read_sample
from wayseal.store.errors import StoreError
from wayseal.store.formats import Format
from wayseal.store.logs import looks_personal
from wayseal.store.tables import TABLES, Table

_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "leaks": N_(
            "A mapping from a list of numbers to the table `leaks`: which waybill was seen outside, when. Correct it."
        ),
        "accesses": N_(
            "A mapping from a log to the table `accesses`: who read which waybill, when. Read it, correct it."
        ),
        "other": N_("A mapping to the table `{table}`. Read it, correct it."),
        "chosen": N_("as it was chosen"),
        "columns": N_("[columns]: left, the column of Wayseal; right, the column of the log."),
        "by_name": N_("by its name"),
        "by_content": N_("by what it holds"),
        "address": N_("the log names no account: the address stands in for it"),
        "joined": N_("two columns, joined by a space"),
        "mixed": N_("written in several ways"),
        "unread": N_("rows of the sample whose time is written in no way that is known: {n}"),
        "by_day": N_("days without a time: each read counts as at the first moment of its day"),
        "several": N_("lists: each of their numbers is a read"),
        "unknown": N_("words that are not known, and how many rows hold each; say in `values` what they are called"),
        "undecided": N_("not known: put those that showed nothing into the list, too"),
        "more": N_("and {n} more"),
        "missing": N_("NOT FOUND, and needed: put the log's column here"),
        "offset_none": N_("The times carry no offset. UTC is assumed unless this line says otherwise."),
        "offset_cn": N_("The times carry no offset; the headings are Chinese, so China's time is assumed. Check it."),
        "clean": N_("Spaces, dashes and dots in numbers are dropped and letters made upper case; false leaves them."),
        "nothing": N_("Columns that could be set as well"),
        "drop": N_("Rows that are no reads can be left out, for instance failed requests:"),
        "rest": N_("Columns of the log that are left out"),
        "sheets": N_("Not read, unless it stands in a list here"),
        "positions": N_("The log has no header: a column is its number, from 1."),
    }
)
_MOST_WORDS, _LONGEST_WORD = 12, 20
_PLAIN_NAME = re.compile(r"[^\W\d][\w .:/()-]{0,39}")
_GUESSES: Mapping[str, Callable[[Columns], dict[str, Guess]]] = {"accesses": guess, "leaks": guess_leaks}


def propose_mapping(
    sample: Path,
    *,
    translate: Translate = str,
    table: str = "accesses",
    sheet: str | None = None,
    chosen: Mapping[str, str] | None = None,
) -> str:
    """Proposes a mapping file for the log, or list of leaks, that a sample is from.

    Args:
        sample: CSV, JSON Lines, Parquet, a workbook or a raw log (csvlog of PostgreSQL, combined, OCSF), which is
            recognised.
        translate: Puts the comments into a language; `str` leaves them English.
        table: "accesses" or "leaks"; of others columns are known by the contract's names, and as they are chosen.
        sheet: Of a workbook; None: the one that would be read.
        chosen: Column of the contract → the log's column that a person says it is, "" for none; how it is written is
            found out all the same.

    Returns:
        TOML. It loads as it stands when every required column (`accesses`: actor, waybill and time; `leaks`: waybill
        and when it was seen) was found; what was not found stands there as a comment.

    Raises:
        StoreError: The sample holds no rows or can't be read, or lacks a column that was chosen.
    """
    if table == "accesses" and not chosen and (log := propose_log(Path(sample), translate)) is not None:
        return log
    rows = read_sample(Path(sample), table, sheet)
    say = {code: translate(text) for code, text in _TEXTS.items()}
    found = _with_chosen(rows, TABLES[table], _found(rows, table), chosen or {})
    return "\n".join(_lines(rows, TABLES[table], found, say)) + "\n"


def _found(sample: Sample, table: str) -> Mapping[str, Guess]:
    """The guesses; of all columns only the waybill number may be a list."""
    if table not in _GUESSES:
        return guess_by_name(sample.columns, TABLES[table])
    found = _GUESSES[table]({n: v for n, v in sample.columns.items() if n not in sample.lists})
    if not sample.lists:
        return found
    whole = _GUESSES[table](sample.columns)
    if (number := whole.get("waybill")) is None or number.columns[0] not in sample.lists:
        return found
    return found | {"waybill": replace(number, several=True)}


def _with_chosen(
    sample: Sample, table: Table, found: Mapping[str, Guess], chosen: Mapping[str, str]
) -> Mapping[str, Guess]:
    """The guesses, and before them what a person said."""
    made = {name: one for name, one in found.items() if name not in chosen}
    for name, column in chosen.items():
        if column and column not in sample.columns:
            raise StoreError("there is no such column", file=sample.path, key=name)
        if column and name in table.names:
            told = describe_choice(sample.columns, table.column(name), column)
            made[name] = replace(told, chosen=True, several=name == "waybill" and column in sample.lists)
    return made


def _lines(sample: Sample, table: Table, found: Mapping[str, Guess], say: Mapping[str, str]) -> Iterator[str]:
    yield f"# {say.get(table.name) or say['other'].format(table=table.name)}"
    yield "wayseal = 1"
    yield f"table = {_quoted(table.name)}"
    yield f"format = {_quoted(sample.format)}"
    if sample.encoding:
        yield f"encoding = {_quoted(sample.encoding)}"
    if sample.sheet:
        yield f"sheet = {_quoted(sample.sheet)}" + (
            f"  # {say['sheets']}: {sample.other_sheets}" if sample.other_sheets else ""
        )
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
            yield from _unknown(name, found[name], say)
        elif name in table.required:
            yield f'# {name} = "…"  # {say["missing"]}'
    unset = [n for n in table.names if n not in found and n not in table.required]
    yield f"# {say['nothing']}: {', '.join(unset)}"
    yield from _rest(sample, found, say)
    if table.name == "accesses":
        yield from _drop(sample, found, say)


def _offset(sample: Sample, found: Mapping[str, Guess], say: Mapping[str, str]) -> Iterator[str]:
    if not any(made.naive for made in found.values()):
        return
    if _is_chinese(sample):
        yield f"# {say['offset_cn']}"
        yield 'offset = "+08:00"'
    else:
        yield f"# {say['offset_none']}"
        yield '# offset = "+08:00"'


def _is_chinese(sample: Sample) -> bool:
    return any(re.search("[\u4e00-\u9fff]", text) for text in (*sample.columns, sample.sheet or ""))


def _entry(name: str, made: Guess, found: Mapping[str, Guess], say: Mapping[str, str]) -> str:
    why = say["by_name"] if made.by_name else say["by_content"]
    if made.chosen:
        why = say["chosen"]
    elif name == "actor" and "ip" in found and made.columns == found["ip"].columns:
        why = say["address"]
    if len(made.columns) > 1:
        why = f"{why}; {say['joined']}"
    if len(made.formats) > 1:
        why = f"{why}; {say['mixed']}"
    if made.unread:
        why = f"{why}; {say['unread'].format(n=made.unread)}"
    if made.by_day and name == "at":
        why = f"{why}; {say['by_day']}"
    if made.several:
        why = f"{why}; {say['several']}"
    return f"{name} = {_value(made)}  # {why}"


def _value(made: Guess) -> str:
    one = len(made.columns) == 1
    if one and made.formats == ("iso",) and not made.values:
        return _quoted(made.columns[0])
    parts = [f"column = {_quoted(made.columns[0])}"]
    if not one:
        parts = [f"columns = [{', '.join(map(_quoted, made.columns))}]"]
    if len(made.formats) > 1:
        parts.append(f"formats = [{', '.join(map(_quoted, made.formats))}]")
    elif made.formats != ("iso",):
        parts.append(f"format = {_quoted(made.formats[0])}")
    if made.values:
        pairs = ", ".join(f"{_quoted(k)} = {_quoted(v)}" for k, v in made.values.items())
        parts.append(f"values = {{ {pairs} }}")
    return "{ " + ", ".join(parts) + " }"


def _rest(sample: Sample, found: Mapping[str, Guess], say: Mapping[str, str]) -> Iterator[str]:
    used = {c for g in found.values() for c in g.columns}
    rest = tuple(n for n in sample.columns if n not in used)
    if rest:
        yield f"# {say['rest']}: {describe(rest)}"


def _unknown(name: str, made: Guess, say: Mapping[str, str]) -> Iterator[str]:
    """Words of the column that no list of words knows, and how many rows hold each."""
    if is_list(made.unknown):
        yield f"# {name}: {say['unknown']}: {_counted(made.unknown, say)}"


def _counted(words: Mapping[str, int], say: Mapping[str, str]) -> str:
    """Words with their counts; long texts and what looks like a phone number are no words, and stay out."""
    told = [f"{_quoted(w)} ({n})" for w, n in words.items() if len(w) <= _LONGEST_WORD and not looks_personal(w)]
    rest = len(words) - len(told[:_MOST_WORDS])
    return ", ".join(told[:_MOST_WORDS]) + (f", {say['more'].format(n=rest)}" if rest else "")


def _drop(sample: Sample, found: Mapping[str, Guess], say: Mapping[str, str]) -> Iterator[str]:
    """Rows that are no reads: left out where the column that says so has words that are known."""
    used = {c for g in found.values() for c in g.columns}
    status = status_words({name: values for name, values in sample.columns.items() if name not in used})
    yield ""
    yield f"# {say['drop']}"
    if status is None:
        yield "# [[drop]]"
        yield '# column = "status"'
        yield '# equals = ["403", "404"]'
        return
    column, words = status
    yield f"# {column if _PLAIN_NAME.fullmatch(column) else '…'}: {_counted(words, say)}"
    unknown = {word: n for word, n in words.items() if showed_nothing(word) is None}
    if unknown:
        yield f"# {say['undecided']}: {_counted(unknown, say)}"
    refused = sorted(word for word in words if showed_nothing(word))
    mark = "" if refused else "# "
    yield f"{mark}[[drop]]"
    yield f"{mark}column = {_quoted(column)}"
    yield f"{mark}equals = [{', '.join(map(_quoted, refused or ['…']))}]"


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's spelling is one, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
