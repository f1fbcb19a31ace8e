"""First mapping files for a file of any layout: for each table in it one, with what it isn't sure of.

1. Which table a file or a sheet is, is decided by what it holds (`_choose_table`), unless a person says it.
2. What is no table that is known, or is written in no way that is read, gets no mapping file: that is an error.
3. Nothing of a row stands in a mapping file but words of short lists, and no phone number, name or address.
4. A draft is read before it is handed out: what rows from all of the file say against it is a doubt (`_checked`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from wayseal.model.messages import N_, Message, Translate
from wayseal.store._choose_table import Looked, look_at_sample
from wayseal.store._column_plan import describe
from wayseal.store._guess import describe_choice
from wayseal.store._load_mapping import parse_mapping
from wayseal.store._open_source import open_source
from wayseal.store._propose_log_mapping import UNSURE, Draft, propose_log
from wayseal.store._propose_mapping import propose_table
from wayseal.store._sample import Sample, read_sample, spread_lines
from wayseal.store._workbook import visible_sheets
from wayseal.store.errors import StoreError
from wayseal.store.formats import LOGS, Format
from wayseal.store.look import BYTES, FileLook, look_at_source
from wayseal.store.recognise import Recognised, recognise

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
    alike: dict[tuple[str, ...], list[Looked]] = {}
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
        source = spread_lines(open_source(path, mapping=parse_mapping(draft.text, path)))
        looks = look_at_source(source, rows=0, most=8 * BYTES)
        if not any(look.batch.rows.num_rows or look.batch.rejected for look in looks):
            raise StoreError("no row was made of what was looked at", file=path)
        found = {one["column"]: Message(_LOST, one) for look in looks for one in _lost(look)}
    except StoreError as error:
        found = {"": Message(_FAILS, {"error": error.message})}
    told = " ".join(doubt for doubt in draft.doubts if any(map(str.isdigit, doubt)))
    made = [text.fill(translate) for n, text in found.items() if (f"`{n}`" not in told if n else not draft.doubts)]
    said = "".join(f"\n# {translate(UNSURE)}: {doubt}" for doubt in made)
    return replace(draft, text=draft.text.replace("\n", f"{said}\n", 1), doubts=(*draft.doubts, *made))


def _lost(look: FileLook) -> Iterator[dict[str, object]]:
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
) -> str:
    """Proposes a mapping file for one table, whatever is missing for it.

    Args:
        sample: A file as for `draft_mappings`.
        translate: Puts the comments into a language; `str` leaves them English.
        table: A table of the contract; None: the likeliest, else `accesses`.
        sheet: Of a workbook; None: the one that would be read.
        chosen: Column of the contract → the log's column that a person says it is, "" for none; how it is written is
            found out all the same.

    Returns:
        TOML. It loads as it stands when every required column was found; what was not found stands there as a comment.

    Raises:
        StoreError: The sample holds no rows or can't be read, or lacks a column that was chosen.
    """
    if table in {None, "accesses"} and not chosen and (log := propose_log(sample, translate)) is not None:
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
    return propose_table(replace(one, found=found), translate).text


def _samples(path: Path, found: Recognised, table: str | None, sheet: str | None) -> Iterator[Sample]:
    """What is looked at: of a workbook or a dump each table that has rows, unless a table or a sheet is asked for."""
    names: Sequence[str] = ()
    if sheet is None and table is None:
        names = visible_sheets(path) if found.format is Format.XLSX else tuple(found.tables)
    if len(names) < 2:
        yield read_sample(path, table or "accesses", sheet)
        return
    for name in names[:_MOST_SHEETS]:
        with suppress(StoreError):
            yield read_sample(path, table or "accesses", name)
