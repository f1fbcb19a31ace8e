"""First mapping files for a file of any layout: for each table in it one, with what it isn't sure of.

1. Which table a file or a sheet is, is decided by what it holds (`recognise`), unless a person says it.
2. What is no table that is known, or is written in no way that is read, gets no mapping file: that is an error.
3. Nothing of a row stands in a mapping file but words of short lists, and no phone number, name or address.
4. A draft is read before it is handed out: what rows from all of the file say against it is a doubt (`_checked`).

A mapping file from a sample of a file: its text, and what it is not sure of.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from wayseal.model.messages import N_, Message, Translate
from wayseal.store._column_plan import describe
from wayseal.store._guess import Columns, Guess, describe_choice, is_list, named_alone, rivals_of, status_words
from wayseal.store._guess_times import zone_of
from wayseal.store._headings import ended
from wayseal.store._load_mapping import load_mapping
from wayseal.store._open_source import open_source
from wayseal.store._propose_log_mapping import UNSURE, Draft, propose_log
from wayseal.store._sample import MOST, Sample, read_sample, spread_lines
from wayseal.store._workbook import visible_sheets
from wayseal.store.errors import StoreError
from wayseal.store.logs import looks_personal
from wayseal.store.mapping import LOGS, Format
from wayseal.store.preview import BYTES, FilePreview, preview_source
from wayseal.store.recognise import FirstBatch, Recognised, look_at_sample, recognise
from wayseal.store.tables import Column, ColumnType

_TEXTS: Mapping[str, str] = {
    "leaks": N_(
        "A mapping from a list of numbers to the table `leaks`: which waybill was seen outside, when. Correct it."
    ),
    "accesses": N_("A mapping from a log to the table `accesses`: who read which waybill, when. Read it, correct it."),
    "other": N_("A mapping to the table `{table}`. Read it, correct it."),
    "chosen": N_("as it was chosen"),
    "columns": N_("[columns]: left, the column of Wayseal; right, the column of the log."),
    "by_name": N_("by its name"),
    "by_content": N_("by what it holds"),
    "address": N_("the log names no account: the address stands in for it"),
    "joined": N_("two columns, joined by a space"),
    "first": N_("the first of them that isn't empty"),
    "constant": N_("the same for all rows, since no column says it"),
    "factor": N_("taken for kilograms: by its name, or by its decimals"),
    "mixed": N_("written in several ways"),
    "unread": N_("rows of the sample whose time is written in no way that is known: {n}"),
    "by_day": N_("days without a time: each read counts as at the first moment of its day"),
    "several": N_("lists: each of their numbers is a read"),
    "unknown": N_("words that are not known, and how many rows hold each; say in `values` what they are called"),
    "known": N_("they can be"),
    "undecided": N_("not known: put those that showed nothing into the list, too"),
    "more": N_("and {n} more"),
    "missing": N_("NOT FOUND, and needed: put the log's column here"),
    "the_same": N_("or, if it is the same for all rows"),
    "offset_none": N_("The times carry no offset. UTC is assumed unless this line says otherwise."),
    "offset_cn": N_("The times carry no offset; the file is in Chinese, so China's time is assumed. Check it."),
    "offset_column": N_("The times carry no offset; the column {column} says which it is."),
    "clean": N_("Spaces, dashes and dots in numbers are dropped and letters made upper case; false leaves them."),
    "nothing": N_("Columns that could be set as well"),
    "drop": N_("Rows that are no reads can be left out, for instance failed requests:"),
    "rest": N_("Columns of the log that are left out"),
    "sheets": N_("Not read, unless it stands in a list here"),
    "positions": N_("The log has no header: a column is its number, from 1."),
    "headings": N_("The headings stand on this line; what stands above is skipped."),
    "cut": N_("The sample is the file's beginning: what is packed is read up to {most} MiB."),
}
_DOUBTS: Mapping[str, str] = {
    "close": N_("whether this is the table: `{other}` is nearly as likely (`--table` says which)"),
    "vague": N_("whether this is the table: nothing in it is called as only this table has it"),
    "missing": N_("`{column}`: nothing was found for it"),
    "offset": N_("the times carry no offset, and nothing says which it is"),
    "words": N_("`{column}`: {rows:,} rows of the sample hold words that are not known"),
    "times": N_("`{column}`: {rows:,} rows of the sample hold no time that is known"),
    "address": N_("`actor`: addresses stand in for accounts"),
    "people": N_("`kind`: no column says it, and not all that is listed may be people"),
    "rival": N_("`actor`: {columns} may be it as well; it is what the log of reads has"),
    "content": N_("`{column}`: its name says nothing; it is only by what it holds"),
    "conditions": N_("`waybill`: {rows:,} rows of the sample hold conditions of searches there, and are no reads"),
    "dates": N_("`{column}`: nothing was found for it, and days stand in {columns}: an end that is lost hides reads"),
}
_MOST_WORDS, _LONGEST_WORD = 12, 20
_STAFF = re.compile(r"工号|员工|职工|人员|emp|staff", re.IGNORECASE)
_PAIRS = re.compile(r"[^\W\d]\w*\s*[=:：]")
_BORN = re.compile(r"出生|生日|birth|last|最后|最近|打印|导出", re.IGNORECASE)  # days that end nothing


def propose_table(one: FirstBatch, translate: Translate, sheets: Sequence[str] = (), others: str = "") -> Draft:
    """The mapping file for what was found. sheets: that are read alike; others: that are not read."""
    say = {code: translate(text) for code, text in _TEXTS.items()} | {"unsure": translate(UNSURE)}
    doubts = tuple(Message(_DOUBTS[code], values).fill(translate) for code, values in _doubts(one))
    lines = [*_head(one, doubts, sheets, others, say), *_offset(one, say), *_columns(one, say)]
    if one.table.name == "accesses":
        lines += _drop(one.columns, one.found, say)
    return Draft(text="\n".join(lines) + "\n", table=one.table.name, doubts=doubts)


def _doubts(one: FirstBatch) -> Iterator[tuple[str, Mapping[str, object]]]:
    """List what a person has to decide before this file can be trusted: codes, and what fills their blanks."""
    found, table = one.found, one.table
    if one.close:
        yield "close", {"other": one.close}
    elif one.vague:
        yield "vague", {}
    timed = {column.name for column in table.columns if column.type is ColumnType.TIME}
    times = [each for each in one.columns.values() if each.written is not None and not each.written.counted]
    for name in table.required:
        made = found.get(name)
        if made is None:
            yield "missing", {"column": name}
        elif name == "actor" and "ip" in found and made.columns == found["ip"].columns:
            yield "address", {}
        elif made.columns and one.sample.header and not made.by_name and (len(times) > 1 or name not in timed):
            yield "content", {"column": name}
    used = {c for made in found.values() for c in made.columns}
    rest = tuple(n for n, each in one.columns.items() if n not in used and each.dated and not _BORN.search(n))
    for name in ("valid_from", "valid_to", "to"):
        if name in table.names and name not in found and rest:
            yield "dates", {"column": name, "columns": describe(rest)}
    numbers = one.columns[found["waybill"].columns[0]].texts if {"waybill", "actor"} <= set(found) else ()
    if asked := sum(bool(_PAIRS.match(text)) for text in numbers):
        yield "conditions", {"rows": asked}
    if "kind" in found and found["kind"].constant and not _STAFF.search(found["actor"].columns[0]):
        yield "people", {}
    if "actor" in found and (rivals := rivals_of(one.columns, found, table)):
        yield "rival", {"columns": describe(rivals)}
    if _offset_of(one) == "":
        yield "offset", {}
    for name, made in found.items():
        few = 0.02 * len(one.columns[made.columns[0]].texts) if made.unknown and not table.column(name).values else 0
        if is_list(made.unknown) and sum(made.unknown.values()) > few:
            yield "words", {"column": name, "rows": sum(made.unknown.values())}
        if made.written.unread > 1:
            yield "times", {"column": name, "rows": made.written.unread}


def _head(
    one: FirstBatch, doubts: Sequence[str], sheets: Sequence[str], others: str, say: Mapping[str, str]
) -> Iterator[str]:
    sample, table = one.sample, one.table
    yield f"# {say.get(table.name) or say['other'].format(table=table.name)}"
    for doubt in doubts:
        yield f"# {say['unsure']}: {doubt}"
    if sample.cut and sample.format is not Format.PARQUET:
        yield f"# {say['cut'].format(most=MOST >> 20)}"
    yield from ("wayseal = 1", f"table = {_quoted(table.name)}", f"format = {_quoted(sample.format)}")
    if sample.encoding:
        yield f"encoding = {_quoted(sample.encoding)}"
    if len(sheets) > 1:
        yield f"sheet = [{', '.join(map(_quoted, sheets))}]"
    elif sample.sheet:
        others = sample.other_sheets or others
        yield f"sheet = {_quoted(sample.sheet)}" + (f"  # {say['sheets']}: {others}" if others else "")
    if sample.format is Format.CSV:
        yield f"delimiter = {_quoted(sample.delimiter)}"
    if not sample.header:
        yield f"header = false  # {say['positions']}"
    elif sample.header is not True:
        yield f"header = {sample.header}  # {say['headings']}"


def _zone(one: FirstBatch) -> tuple[str, frozenset[str]] | None:
    return zone_of({name: each.texts for name, each in one.columns.items()})


def _offset_of(one: FirstBatch) -> str | None:
    """Find the offset of times without one: None if there are none; "" if nothing says it."""
    if not any(made.written.naive for made in one.found.values()):
        return None
    zone = _zone(one)
    if zone is not None and len(zone[1]) == 1:
        return next(iter(zone[1]))
    return "+08:00" if _is_chinese(one.sample) else ""


def _offset(one: FirstBatch, say: Mapping[str, str]) -> Iterator[str]:
    offset, zone = _offset_of(one), _zone(one)
    if offset:
        said = say["offset_column"].format(column=describe((zone[0],))) if zone else say["offset_cn"]
        yield from (f"# {said}", f"offset = {_quoted(offset)}")
    elif offset == "":
        yield from (f"# {say['offset_none']}", '# offset = "+08:00"')
    yield f"clean = true  # {say['clean']}"


def _is_chinese(sample: Sample) -> bool:
    """True if its headings or its values are in Chinese."""
    texts = (*sample.columns, sample.sheet or "", *(v for values in sample.columns.values() for v in values[:50] if v))
    return any(re.search("[\u4e00-\u9fff]", text) for text in texts)


def _columns(one: FirstBatch, say: Mapping[str, str]) -> Iterator[str]:
    sample, table, found = one.sample, one.table, one.found
    yield from ("", f"# {say['columns']}", "[columns]")
    for name in table.names:
        if name in found:
            yield _entry(name, found[name], found, say)
            yield from _unknown(table.column(name), found[name], say)
        elif name in table.required:
            yield f'# {name} = "…"  # {say["missing"]}'
            if table.column(name).type in {ColumnType.ID, ColumnType.ENUM}:
                known = f" ({say['known']} {', '.join(table.column(name).values)})" if table.column(name).values else ""
                yield f'# {name} = {{ constant = "…" }}  # {say["the_same"]}{known}'
    if unset := [n for n in table.names if n not in found and n not in table.required]:
        yield f"# {say['nothing']}: {', '.join(unset)}"
    used = {c for made in found.values() for c in made.columns}
    if rest := tuple(n for n in sample.columns if n not in used):
        yield f"# {say['rest']}: {describe(rest)}"


def _entry(name: str, made: Guess, found: Mapping[str, Guess], say: Mapping[str, str]) -> str:
    why = [say["by_name"] if made.by_name else say["by_content"]]
    if made.constant is not None:
        why = [say["constant"]]
    elif made.chosen:
        why = [say["chosen"]]
    elif name == "actor" and "ip" in found and made.columns == found["ip"].columns:
        why = [say["address"]]
    why += [say["first" if made.first else "joined"]] if len(made.columns) > 1 else []
    why += [say["factor"]] if made.factor != 1 else []
    why += [say["mixed"]] if len(made.written.formats) > 1 else []
    why += [say["unread"].format(n=made.written.unread)] if made.written.unread else []
    why += [say["by_day"]] if made.written.by_day and name == "at" else []
    why += [say["several"]] if made.several else []
    return f"{name} = {_value(made)}  # {'; '.join(why)}"


def _value(made: Guess) -> str:
    if made.constant is not None:
        return f"{{ constant = {_quoted(made.constant)} }}"
    formats, one = made.written.formats, len(made.columns) == 1
    if one and formats == ("iso",) and not made.values and made.factor == 1:
        return _quoted(made.columns[0])
    told = ", ".join(map(_quoted, made.columns))
    parts = [f"column = {told}" if one else f"{'first_of' if made.first else 'columns'} = [{told}]"]
    ways, pairs = ", ".join(map(_quoted, formats)), [f"{_quoted(k)} = {_quoted(v)}" for k, v in made.values.items()]
    parts += [f"formats = [{ways}]"] if len(formats) > 1 else [f"format = {ways}"] if formats != ("iso",) else []
    parts += [f"values = {{ {', '.join(pairs)} }}"] if pairs else []
    parts += [f"factor = {made.factor}"] if made.factor != 1 else []
    return "{ " + ", ".join(parts) + " }"


def _unknown(column: Column, made: Guess, say: Mapping[str, str]) -> Iterator[str]:
    """Words of the column that no list of words knows, and how many rows hold each."""
    if is_list(made.unknown):
        known = f"; {say['known']} {', '.join(column.values)}" if column.values else ""
        yield f"# {column.name}: {say['unknown']}{known}: {_counted(made.unknown, say)}"


def _counted(words: Mapping[str, int], say: Mapping[str, str]) -> str:
    """Words with their counts; long texts and what looks like a phone number are no words, and stay out."""
    told = [f"{_quoted(w)} ({n})" for w, n in words.items() if len(w) <= _LONGEST_WORD and not looks_personal(w)]
    rest = len(words) - len(told[:_MOST_WORDS])
    return ", ".join(told[:_MOST_WORDS]) + (f", {say['more'].format(n=rest)}" if rest else "")


def _drop(columns: Columns, found: Mapping[str, Guess], say: Mapping[str, str]) -> Iterator[str]:
    """Rows that are no reads: left out where the column that says so has words that are known."""
    used = {c for made in found.values() for c in made.columns}
    status = status_words({name: one for name, one in columns.items() if name not in used})
    yield from ("", f"# {say['drop']}")
    if status is None:
        yield from ("# [[drop]]", '# column = "status"', '# equals = ["403", "404"]')
        return
    column, words = status
    yield f"# {describe((column,))}: {_counted(words, say)}"
    if unknown := {word: n for word, n in words.items() if ended(word) is None}:
        yield f"# {say['undecided']}: {_counted(unknown, say)}"
    refused = sorted(word for word in words if ended(word) is False)
    mark = "" if refused else "# "
    equals = ", ".join(map(_quoted, refused or ["…"]))
    yield from (f"{mark}{line}" for line in ("[[drop]]", f"column = {_quoted(column)}", f"equals = [{equals}]"))


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's spelling is one, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


__all__ = ["Draft", "NoDraftError", "draft_mappings", "propose_mapping"]
_UNKNOWN = N_(
    "is read as {format}, but fits no table of the contract; nothing is proposed. If it is one, say `--table`"
)
_NESTED = N_(
    "holds its rows in a list, `unwrap = \"{name}\"` of a mapping; for a draft take them out: jq -c '.{name}[]'"
)
_LOST = N_("`{column}`: {rows:,} of {all:,} values that were looked at can't be read as it says: {reason}")
_FAILS = N_("the file can't be read as it says: {error}")
_MOST_SHEETS, _FEW = 40, 0.02


class NoDraftError(StoreError):
    """No mapping file can be proposed (rule 2)."""

    exit_code: ClassVar[int] = 17


def draft_mappings(
    path: Path, *, translate: Translate = str, table: str | None = None, sheet: str | None = None
) -> tuple[Draft, ...]:
    """Drafts a mapping file for each table that a file holds.

    Args:
        path: A log, a sheet, a workbook, a dump.
        translate: Puts comments and doubts into a language; `str` leaves them English.
        table: That it is; None: it is found out.
        sheet: Of a workbook; None: each that is a table, or the first one where a table is given.

    Returns:
        The mapping files, at least one.

    Raises:
        NoDraftError: It is no table of the contract, or its format is unknown (rule 2).
        StoreError: It holds no rows, or can't be read.
    """
    path = Path(path)
    found = recognise(path)
    if found.format is None:
        refusal = found.refusal(path)
        raise NoDraftError(refusal.message, file=path) from refusal
    if found.format in LOGS and (log := propose_log(path, translate)) is not None:
        return (_checked(log, path, translate),)
    alike: dict[tuple[str, ...], list[FirstBatch]] = {}
    left, nested = list[str](), ""
    for sample in _samples(path, found, table, sheet):
        if (one := look_at_sample(sample, table)) is None:
            left += [sample.sheet or ""]
            nested = min((name.rpartition(".")[0] for name in sample.lists if "." in name), key=len, default="")
        else:
            alike.setdefault((one.table.name, str(sample.header), *sample.columns), []).append(one)
    if not alike:
        raise NoDraftError(_NESTED if nested else _UNKNOWN, file=path, format=found.format, name=nested)
    others = describe(tuple(left)) if any(left) else ""
    made = (
        propose_table(one[0], translate, [each.sample.sheet or "" for each in one], others) for one in alike.values()
    )
    return tuple(_checked(each, path, translate) for each in made)


def _checked(draft: Draft, path: Path, translate: Translate) -> Draft:
    """The same with what the file's rows say against it, unless a doubt counts the column's rows already (rule 4)."""
    try:
        source = spread_lines(open_source(path, mapping=load_mapping(path, draft.text)))
        looks = preview_source(source, rows=0, most=8 * BYTES)
        if not any(look.batch.rows.num_rows or look.batch.rejected for look in looks):
            raise StoreError("no row was made of what was looked at", file=path)
        found = {one["column"]: Message(_LOST, one) for look in looks for one in _lost(look)}
    except StoreError as error:
        found = {"": Message(_FAILS, {"error": error.message})}
    told = " ".join(doubt for doubt in draft.doubts if any(map(str.isdigit, doubt)))
    made = [text.fill(translate) for n, text in found.items() if (f"`{n}`" not in told if n else not draft.doubts)]
    said = "".join(f"\n# {translate(UNSURE)}: {doubt}" for doubt in made)
    return replace(draft, text=draft.text.replace("\n", f"{said}\n", 1), doubts=(*draft.doubts, *made))


def _lost(look: FilePreview) -> Iterator[dict[str, object]]:
    """Columns for which more than a few rows are rejected, and optional ones of which most values are lost."""
    kept = look.batch.rows
    rows = kept.num_rows + len(look.batch.rejected)
    said = [(column or "*", reason, len(lines), rows, _FEW * rows) for (reason, column), lines in look.faults().items()]
    for one in look.batch.emptied:
        cells = len(one.lines) + kept.num_rows - kept[one.column].null_count
        said.append((one.column, one.reason.value, len(one.lines), cells, cells / 2))
    for column, reason, lost, cells, most in said:
        if lost > max(most, 1):
            yield {"column": column, "rows": lost, "all": cells, "reason": Message(reason)}


def propose_mapping(
    sample: Path,
    *,
    translate: Translate = str,
    table: str | None = "accesses",
    sheet: str | None = None,
    chosen: Mapping[str, str] | None = None,
    words: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """Proposes a mapping file for one table, whatever is missing for it.

    Args:
        sample: A file as for `draft_mappings`.
        translate: Puts the comments into a language; `str` leaves them English.
        table: A table of the contract; None: the likeliest, else `accesses`.
        sheet: Of a workbook; None: the one that would be read.
        chosen: Column of the contract → the log's column that a person says it is, "" for none; how it is written is
            found out all the same.
        words: Column of the contract → what a person says that words of the log are called there.

    Returns:
        TOML. It loads as it stands when every required column was found; what was not found stands there as a comment.

    Raises:
        StoreError: The sample holds no rows or can't be read, or lacks a column that was chosen.
    """
    if table in {None, "accesses"} and not (chosen or words) and (log := propose_log(sample, translate)) is not None:
        return log.text
    rows = read_sample(sample, table or "accesses", sheet)
    one = look_at_sample(rows, table) or look_at_sample(rows, "accesses")
    if one is None:
        raise NoDraftError(_UNKNOWN, file=rows.path, format=rows.format)
    found = {name: made for name, made in one.found.items() if name not in (chosen or {})}
    for name, column in (chosen or {}).items():
        if column and column not in one.columns:
            raise StoreError("there is no such column", file=rows.path, key=name)
        if column and name in one.table.names:
            found[name] = describe_choice(one.columns, one.table.column(name), column, one.table.name)
    found |= named_alone(one.columns, one.table, found, settled=chosen or {})
    for name, said in (words or {}).items():
        if (made := found.get(name)) is not None:
            unknown = {word: n for word, n in made.unknown.items() if word not in said}
            found[name] = replace(made, values={**made.values, **said}, unknown=unknown)
    return propose_table(replace(one, found=found), translate).text


def _samples(path: Path, found: Recognised, table: str | None, sheet: str | None) -> Iterator[Sample]:
    """Yield the samples: of a workbook or a dump each table that has rows, unless a table or a sheet is asked for."""
    names: Sequence[str] = ()
    if sheet is None and table is None:
        names = visible_sheets(path) if found.format is Format.XLSX else tuple(found.tables)
    if len(names) < 2:
        yield read_sample(path, table or "accesses", sheet)
        return
    for name in names[:_MOST_SHEETS]:
        with suppress(StoreError):
            yield read_sample(path, table or "accesses", name)
