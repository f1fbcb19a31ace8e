"""Which table of the contract a foreign file is.

Each table is tried: its columns are guessed, and what was found is weighed. A name that only this table uses says more
than one that any may have; a column that the table can't do without counts more than another, and costs where it is
missing. Words of a list that are known say much (收件, 派件: scans). A table of staff or outlets has a row for
each, and no waybill numbers. What a file or a sheet is called is a hint, no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from wayseal.store._guess import Columns, Guess, Profile, coded, guess, known_share
from wayseal.store._headings import OUTRIGHT, hints_at, is_own, name_score, synonyms
from wayseal.store._sample import Sample
from wayseal.store.tables import TABLES, ColumnType, Table

_LEAST, _LEAST_NUMBERED = 1.2, 0.0
"""A table with a lower weight is none; the lower is for a file that holds waybill numbers, whatever they are for."""
_MARGIN = 0.8
"""By so much the best has to outweigh the next."""
_STRANGE = 0.3
"""If less of a column of words is known, it may be another column."""
_OF_READS = frozenset({"action", "ip", "session", "device", "via", "request", "fields"})
_KEYS = ("actors", "outlets", "tickets", "waybills")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A sample, the table that it is, and the columns that were found for it.

    close: a table that is nearly as likely, "" for none. vague: nothing is called as in this table alone.
    """

    sample: Sample
    columns: Columns
    table: Table
    found: Mapping[str, Guess]
    close: str = ""
    vague: bool = False


class _Candidate(NamedTuple):
    weight: float
    table: Table
    found: Mapping[str, Guess]
    missing: int


def look_at_sample(sample: Sample, table: str | None) -> Looked | None:
    """Recognize a sample's table; None: none that is known. table: which a person says it is; None: the likeliest."""
    columns = {name: Profile(name, values, several=name in sample.lists) for name, values in sample.columns.items()}
    if table is not None:
        return Looked(sample=sample, columns=columns, table=TABLES[table], found=guess(columns, table))
    numbered = any(
        name_score("waybill", name) >= OUTRIGHT or one.number >= (0.8 if name_score("waybill", name) else 1.2)
        for name, one in columns.items()
    )
    ranked = [_weighed(columns, one, sample.hint, numbered) for one in TABLES.values()] if sample.table_like else []
    least = _LEAST_NUMBERED if numbered else _LEAST
    ranked = [one for one in ranked if one.weight >= least and one.missing * 2 <= len(one.table.required)]
    if not (ranked := sorted(ranked, key=lambda one: (-one.weight, one.missing))):
        return None
    weight, best, found, missing = ranked[0]
    near = [one.table.name for one in ranked[1:2] if one.missing <= missing and weight - one.weight < _MARGIN]
    vague = _is_vague(best.name, found, f"{sample.hint} {' '.join(columns)}")
    return Looked(sample=sample, columns=columns, table=best, found=found, close="".join(near), vague=vague)


def _is_vague(table: str, found: Mapping[str, Guess], hint: str) -> bool:
    """True if nothing is called as in this table alone: rows of who, when and which waybill may be anything."""
    own = any(made.by_name and (made.constant or is_own(name, made.columns[0], table)) for name, made in found.items())
    return not own and not (table == "accesses" and _OF_READS & set(found)) and not hints_at(table, hint)


def _weighed(columns: Columns, table: Table, hint: str, numbered: bool) -> _Candidate:
    found = guess(columns, table.name)
    missing = sum(name not in found for name in table.required)
    weight = sum(_weight(columns, table, name, made) for name, made in found.items()) - 1.2 * missing
    weight += 1.0 if hints_at(table.name, hint) else 0.0
    weight += 0.3 if table.name == "accesses" else 0.0
    # A number and a time are in every table.
    weight -= _MARGIN if table.name == "leaks" and _is_vague(table.name, found, hint) else 0.0
    weight -= 3.0 if numbered and "waybill" not in table.names else 0.0
    key = found.get(table.columns[0].name)
    weight -= 1.5 if table.name in _KEYS and key and columns[key.columns[0]].variety < 0.9 else 0.0
    return _Candidate(weight, table, found, missing)


def _weight(columns: Columns, table: Table, name: str, made: Guess) -> float:
    column = table.column(name)
    if not made.columns:
        return 0.0 if made.by_name else -0.4
    heading = made.columns[0]
    named = name_score(name, heading, table.name)
    outright, partly = (1.0, 0.7) if is_own(name, heading, table.name) else (0.4, 0.25)
    weight = outright if named >= OUTRIGHT else partly if named else 0.3
    if column.type is ColumnType.ENUM:
        words = dict(synonyms(name, table.name)) | {word: word for word in column.values}
        share = known_share(columns[heading], words)
        told = weight * share + (1.0 if column.required else 0.6) * share - (0.8 if share < _STRANGE else 0.0)
        weight = weight / 3 if share < _STRANGE and coded(columns[heading]) else told
    weight = -0.6 if name == "actor" and table.name == "accesses" and not made.by_name else weight
    filled = len(columns[heading].texts) / max(len(columns[heading].values), 1)
    return weight * (1.5 * filled if column.required else 0.6)
