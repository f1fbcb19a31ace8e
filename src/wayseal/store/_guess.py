"""Which column of a foreign file is which column of a table of the contract: by its name and by what it holds.

Rules: a name that says it outright weighs most, and at its end more than elsewhere; then what the values look like.
What is clearest is settled first, and a column serves once; but the address may stand in for an account where the log
names none. What looks like a phone number or an identity card is never taken for a waybill number, and a column whose
name speaks of people's names, phones or addresses for nothing.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from wayseal.model.numbers import candidates, clean_waybill
from wayseal.store._convert import NOTHING
from wayseal.store._guess_times import (
    CLOCK,
    DATE,
    Written,
    counts_time,
    joined_format,
    mostly,
    says,
    time_format,
    with_zone,
    zone_of,
)
from wayseal.store._headings import OUTRIGHT, PERSONAL, ended, means_nothing, name_score, synonyms, word_of
from wayseal.store.logs import looks_personal
from wayseal.store.tables import TABLES, Column, ColumnType, Table

Columns = Mapping[str, "Profile"]
_IP = re.compile(r"(?:[0-9]{1,3}\.){3}\w{1,3}|[0-9a-fA-F]*:[0-9a-fA-F:]+:[0-9a-fA-F]*")
_NUMBER = re.compile(r"[A-Z]{0,4}[0-9]{8,24}[A-Z]{0,2}")
_PERSON = re.compile("[\u4e00-\u9fff·]{2,5}")
_CODED = re.compile(r"[A-Za-z]{0,2}[0-9]{1,4}")
_QUANTITY = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?\s*(?:kg|g|千克|公斤|克)?", re.IGNORECASE)
_UNIT = re.compile(r"(?:^|[._]|weight)(?:unit|uom)$|单位$", re.IGNORECASE)
_GRAMS = re.compile("k?g|千?克|公斤|斤", re.IGNORECASE)
_NULL = "NULL"  # what a database's client prints for no value
_MOST_WORDS, _LOOKED_AT, _TIMES = 40, 500, 3000
_LEAST_GAPS, _LEAST_FILLED, _KILOGRAMS = 0.01, 0.5, 100
_RIVAL, _LEAST_TOLD, _MOST_SAME, _LEAST_MEASURED = 2.0, 20, 0.95, 0.2
_SIGNS = frozenset([*NOTHING.to_pylist(), _NULL])
_SERIAL = re.compile(r"(?:^|[._])(?:(?:log|evt|event|row)_?)?(?:id|seq|sn)$|序号|流水", re.IGNORECASE)
_OTHERS = {"actor": "accesses", "operator": "scans", "order_ref": "waybills", "customer": "waybills", "outlet": "scans"}
_MARKS = frozenset({"session", "device", "via", "request", "access"})  # what tells rows from one another
MAIN = {
    "leaks": "seen_at", "waybills": "issued_at", "tickets": "opened_at", "assignments": "from",
    "actors": "", "outlets": "",
}  # fmt: skip
"""The time that a table can't do without, where it is not called `at`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Columns of the log for one column of the contract; `by_name`: its name says so, else what it holds.

    written: of a time. values: known words of the log. unknown: the other words, and how many rows hold each.
    several: its values are lists. chosen: a person said so. first: the first of its columns that isn't empty.
    constant: no column, but this for all rows. factor: what numbers are multiplied by.
    """

    columns: tuple[str, ...]
    by_name: bool
    written: Written = field(default_factory=Written)
    share: float = 1.0
    values: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    several: bool = False
    chosen: bool = False
    first: bool = False
    constant: str | None = None
    factor: int = 1


class Profile:
    """One column of a sample, and what its values look like; each is found out once."""

    def __init__(self, name: str, values: Sequence[str | None], *, several: bool = False) -> None:
        self.name, self.values, self.several = name, values, several
        self.texts = [text for v in values if v is not None and (text := v.strip()) and text not in _SIGNS]
        self.few = spread(self.texts, _LOOKED_AT)

    @cached_property
    def nothing(self) -> Mapping[str, str]:
        """Words for no value and no end (未称, 长期), as the sign for none that is read in each column."""
        return {word: "-" for word in sorted(self.words) if means_nothing(word)}

    @cached_property
    def number(self) -> float:
        """The share that could be waybill numbers, more for a courier's format and for many different ones."""
        timed = self.written is not None and not self.written.counted
        return 0.0 if timed or not self.few else _like_number(self.few)

    @cached_property
    def ip(self) -> float:
        """The share that is addresses of machines."""
        return like_ip(self.few)

    @cached_property
    def written(self) -> Written | None:
        """How its times are written; None: it holds none."""
        return time_format(spread([text for text in self.texts if text not in self.nothing], _TIMES))

    @property
    def dated(self) -> bool:
        """True if it holds days or moments, whatever else."""
        told = self.written is not None and (not self.written.counted or self.written.formats == ("%Y%m%d",))
        return told or any(DATE.fullmatch(text) and not text.isdigit() for text in self.few)

    @property
    def same(self) -> bool:
        """True if nearly all of its many rows hold the same."""
        return len(self.texts) >= _LEAST_TOLD and max(self.words.values()) >= _MOST_SAME * len(self.texts)

    @cached_property
    def words(self) -> Mapping[str, int]:
        """Its values with how many rows hold each, the most frequent first."""
        return dict(Counter(self.texts).most_common())

    @property
    def variety(self) -> float:
        """Different values, as a share of all."""
        return len(self.words) / max(len(self.texts), 1)

    @cached_property
    def quantity(self) -> float:
        """The share of what it holds that is plain numbers."""
        told = [text for text in self.texts if text not in self.nothing]
        return sum(bool(_QUANTITY.fullmatch(text)) for text in told) / max(len(told), 1)


def spread(texts: list[str], most: int) -> list[str]:
    """Up to so many of them, from all of it."""
    return texts if len(texts) <= most else [texts[n * len(texts) // most] for n in range(most)]


def guess(columns: Columns, table: str = "accesses") -> dict[str, Guess]:
    """Guess the columns of a table; those that nothing speaks for are left out."""
    target = TABLES[table]
    flat = {name: one for name, one in columns.items() if not one.several}
    found = _guess_times(flat, target)
    used = {c for made in found.values() for c in made.columns}
    free = {
        name: one for name, one in columns.items()
        if name not in used and not (one.written is not None and not one.written.counted)
    }  # fmt: skip
    found |= _assign(target, free)
    if table == "assignments":
        found |= _scoped(found, free)
    if table == "actors" and "kind" not in found and "actor" in found:
        found["kind"] = Guess(columns=(), by_name=False, constant="person")
    if table == "accesses" and "actor" not in found and "ip" in found:
        found["actor"] = Guess(columns=found["ip"].columns, by_name=False)
    if table == "accesses" and "access" in found and not _tells_reads(columns, found):
        found.setdefault("request", found.pop("access"))
    found = {name: _completed(made, name, free, target) for name, made in found.items()}
    for name, made in found.items():
        if any(_NULL in columns[c].values for c in made.columns) and target.column(name).type is not ColumnType.TIME:
            found[name] = replace(made, values={**made.values, _NULL: ""})
    others = {c for made in found.values() if made.first for c in made.columns[1:]}
    return {name: found[name] for name in target.names if name in found and not others & set(found[name].columns[:1])}


def _tells_reads(columns: Columns, found: Mapping[str, Guess]) -> bool:
    """True if rows with the same number in `access` are the same read, as where an export repeats some."""
    made = [found[name] for name in ("access", "waybill", "actor", "at") if name in found]
    rows = set(zip(*(columns[name].values for one in made for name in one.columns), strict=True))
    return len({row[0] for row in rows} - {None, ""}) == len(rows) and not any(one.several for one in made)


def _assign(table: Table, columns: Columns) -> dict[str, Guess]:
    """A column for each of the targets that one speaks for: names that say it outright, then contents, then hints.

    Among these what is clearest is settled first, then what stands first among the targets.
    """
    scored = []
    for order, target in enumerate(c for c in table.columns if c.type is not ColumnType.TIME):
        content = _content(target, table.name)
        for place, (name, one) in enumerate(columns.items()):
            if one.several and target.type not in {ColumnType.WAYBILL, ColumnType.LIST}:
                continue
            named = name_score(target.name, name, table.name)
            looks = content(one) if content and not PERSONAL.search(name) else 0.0
            if target.type is ColumnType.WAYBILL and not named and (_SERIAL.search(name) or any(
                name_score(other, name, where) >= OUTRIGHT for other, where in _OTHERS.items()
            )):  # fmt: skip
                looks *= 0.4  # who, where, whose, or which row
            if _barred(target, one, looks):
                continue
            if named >= OUTRIGHT or looks >= 0.5 or (named and (looks or content is None)):
                tier = 0 if named >= OUTRIGHT else 1 if looks >= 0.5 else 2
                tier += 3 * (one.same and target.name == "actor")
                scored.append((tier, -named - looks, order, place, target.name, name, named > 0, looks))
    found: dict[str, Guess] = {}
    for *_, target_name, name, by_name, looks in sorted(scored):
        if target_name not in found and all(name not in made.columns for made in found.values()):
            several = columns[name].several and target_name == "waybill"
            found[target_name] = Guess(columns=(name,), by_name=by_name, share=looks, several=several)
    return found


def _barred(target: Column, one: Profile, looks: float) -> bool:
    """True if a column can't be this one, whatever it is called: it is no number or object, or marks all rows."""
    counted = one.texts and target.type in {ColumnType.INT, ColumnType.FLOAT, ColumnType.JSON}
    return one.name.startswith("__") or (target.name in _MARKS and one.same) or bool(counted and not looks)


def _content(target: Column, table: str) -> Callable[[Profile], float] | None:
    """Choose the test of values for a column; None where only its name can tell."""
    if target.type is ColumnType.WAYBILL or target.name == "ip":
        return lambda one: one.ip if target.name == "ip" else one.number
    if target.type in {ColumnType.INT, ColumnType.FLOAT}:
        return lambda one: 0.3 * one.quantity if one.quantity >= _LEAST_MEASURED or one.nothing else 0.0
    if target.type is ColumnType.JSON:
        return lambda one: 0.8 * sum(t.startswith("{") and t.endswith("}") for t in one.few) / max(len(one.few), 1)
    if words := synonyms(target.name, table):
        weight = 0.8 if target.required else 0.6
        return lambda one: weight * known_share(one, words)
    return None


def coded(one: Profile) -> bool:
    """True if its words are codes, which say nothing by themselves (50, 31, A3)."""
    return is_list(one.words) and mostly(_CODED, list(one.words))


def known_share(one: Profile, words: Mapping[str, str]) -> float:
    """The share of a column that is words of a list; one word alone, or a digit, is no reason."""
    known = [w for w in one.words if word_of(w, words) is not None]
    return (1.0 if len(known) > 1 else 0.5) * sum(one.words[w] for w in known) / max(len(one.texts), 1)


def _like_number(values: Sequence[str]) -> float:
    spread = len(set(values)) / len(values)
    clean = [clean_waybill(v) for v in values]
    shaped = sum(bool(_NUMBER.fullmatch(c)) for c in clean) / len(clean)
    known = sum(bool(candidates(c)) for c in clean) / len(clean)
    personal = sum(looks_personal(v) for v in values) / len(values)
    return 0.0 if max(like_ip(values), personal) > 0.5 or spread < 0.02 else shaped * (0.5 + 0.5 * spread) + known


def like_ip(values: Sequence[str]) -> float:
    return sum(bool(_IP.fullmatch(v)) and not CLOCK.fullmatch(v) for v in values) / len(values) if values else 0.0


def _completed(made: Guess, name: str, free: Columns, table: Table) -> Guess:
    """The same with its words, its factor, and the columns that it stands in where the first is empty."""
    column = table.column(name)
    if not made.columns or column.type is ColumnType.TIME:
        return made
    if (one := free.get(made.columns[0])) is None:
        return made
    if column.type in {ColumnType.INT, ColumnType.FLOAT}:
        return _measured(made, one, name, free)
    if words := synonyms(name, table.name):
        return _with_values(made, one, words, column.values)
    if name in {"actor", "partner", "operator"} and not made.chosen and (more := list(_others(one, name, free))):
        return replace(made, columns=(*made.columns, *more), first=True)
    return made


def _others(one: Profile, name: str, free: Columns) -> Iterator[str]:
    """Columns of accounts that are filled where those before them are empty."""
    gaps = [n for n, value in enumerate(one.values) if not (value or "").strip()]
    for other in free.values():
        if len(gaps) < max(_LEAST_GAPS * len(one.values), 1):
            return
        if other.name == one.name or other.several or other.same or PERSONAL.search(other.name) or other.number >= 0.9:
            continue
        named = max(name_score("actor", other.name), name_score("partner", other.name, "partner_calls"))
        filled = [n for n in gaps if (other.values[n] or "").strip()]
        if named >= 1.5 and len(filled) >= _LEAST_FILLED * len(gaps):
            yield other.name
            gaps = sorted(set(gaps) - set(filled))


def rivals_of(columns: Columns, found: Mapping[str, Guess], table: Table) -> tuple[str, ...]:
    """Other columns that are called like accounts, and hold no names of people."""
    used = {c for made in found.values() for c in made.columns}
    return tuple(
        name for name, one in columns.items()
        if name not in used and one.texts and not one.several and name_score("actor", name, table.name) >= _RIVAL
        and not mostly(_PERSON, one.few)
    )  # fmt: skip


def _measured(made: Guess, one: Profile, name: str, columns: Columns) -> Guess:
    """A column of numbers with its factor, or the column beside it that says the unit, and its words."""
    told = {w: n for w, n in one.words.items() if w not in one.nothing and not _QUANTITY.fullmatch(w)}
    for unit in columns.values():
        if name == "weight_g" and _UNIT.search(unit.name) and unit.words and all(map(_GRAMS.fullmatch, unit.words)):
            return replace(made, columns=(one.name, unit.name), unknown=told)
    return replace(made, values=one.nothing, unknown=told, factor=_factor(one) if name == "weight_g" else 1)


def _factor(one: Profile) -> int:
    """Guess the factor to grams: 1000 where the heading says kilograms, or says nothing and values have decimals.

    A value that names its unit itself needs none.
    """
    name = one.name.casefold()
    if re.search(r"kg|千克|公斤|kilo", name):
        return 1000
    plain = [text for text in one.few if _QUANTITY.fullmatch(text) and text[-1].isdigit()]
    decimals = sum("." in text for text in plain)
    small = sorted(map(float, plain))[len(plain) // 2] < _KILOGRAMS if plain else False
    silent = not re.search(r"克|_g$|\bg\b|gram", name)
    return 1000 if silent and small and decimals * 5 > max(len(one.few), 1) else 1


def _scoped(found: Mapping[str, Guess], columns: Columns) -> dict[str, Guess]:
    """Of an assignment: what it is of, by the name of the column that says of which."""
    if "scope" in found and "value" in found:
        return {}
    used = {c for key, made in found.items() if key != "value" for c in made.columns}
    scored = [
        (name_score(scope, name, "scopes"), scope, name)
        for name in columns if name not in used for scope in ("outlet", "city", "region", "customer", "channel")
    ]  # fmt: skip
    score, scope, name = max(scored, default=(0.0, "", ""))
    made = {"scope": Guess(columns=(), by_name=True, constant=scope)} if "scope" not in found else {}
    return made | {"value": Guess(columns=(name,), by_name=True)} if score else {}


def _guess_times(columns: Columns, table: Table) -> dict[str, Guess]:
    """A column for each time of a table, by the names; the one that it can't do without by what is left, too."""
    main = MAIN.get(table.name, "at")
    targets = [c.name for c in table.columns if c.type is ColumnType.TIME]
    scored = []
    for order, target in enumerate(targets):
        for place, (name, one) in enumerate(columns.items()):
            named = name_score(target, name, table.name)
            written = one.written
            if written is None and named >= OUTRIGHT and target != main:  # words beside times: 长期
                written = time_format([text for text in one.texts if _QUANTITY.match(text)])
            moment = written is not None and (named >= OUTRIGHT or not written.counted or target == main)
            if named and (moment or (len(one.nothing) == len(one.words) and named >= OUTRIGHT)):
                day = target == main == "at" and mostly(DATE, one.texts)
                scored.append((day, -named, order, place, target, name, written or Written()))
    found: dict[str, Guess] = {}
    for day, *_, target, name, written in sorted(scored, key=lambda one: one[:4]):
        if target not in found and not day and all(name not in made.columns for made in found.values()):
            found[target] = _timed(columns, (name,), written, by_name=True)
    if main and main not in found:
        rest = {n: one for n, one in columns.items() if all(n not in made.columns for made in found.values())}
        if (made := _main_time(rest, main, table.name)) is not None:
            found[main] = made
    return found


def _main_time(columns: Columns, main: str, table: str) -> Guess | None:
    """The time of a table whose name says nothing: a moment, a date beside a time of day, a count, a day."""
    days = [n for n, one in columns.items() if mostly(DATE, one.few)]
    plain = [n for n, one in columns.items() if one.written is not None and not one.written.counted]
    if main != "at":
        named = [n for n in plain if name_score("at", n) >= OUTRIGHT]
        alone = named if len(named) == 1 else plain if len(plain) == 1 else []
        return _timed(columns, (alone[0],), columns[alone[0]].written, by_name=bool(named)) if alone else None
    if plain := [n for n in plain if n not in days]:
        name = max(plain, key=lambda n: (name_score("at", n), columns[n].written.share))  # type: ignore[union-attr]
        return _timed(columns, (name,), columns[name].written, by_name=name_score("at", name) > 0)
    clocks = [n for n, one in columns.items() if mostly(CLOCK, one.few)]
    if joined := joined_format({n: one.values for n, one in columns.items()}, days, clocks):
        return Guess(columns=joined[0], by_name=says(joined[0][0], "date", "日期") > 0, written=joined[1])
    for name, one in columns.items():
        nameless = not any(name_score(c, name, table) for c in TABLES[table].names) and not PERSONAL.search(name)
        if nameless and one.written is not None and counts_time(one.written, one.few):
            return Guess(columns=(name,), by_name=False, written=one.written)
    for name in days:
        written = columns[name].written
        named_so = name_score("at", name, table) > 0 or says(name, "date", "日期") > 0
        if written is not None and (named_so or written.formats[0] != "%Y%m%d"):
            return _timed(columns, (name,), written, by_name=named_so)
    return None


def _timed(columns: Columns, names: tuple[str, ...], written: Written | None, *, by_name: bool) -> Guess:
    """A time; where it says no zone and another column says several, they are read together."""
    made = Guess(columns=names, by_name=by_name, written=written or Written(), values=columns[names[0]].nothing)
    zone = zone_of({n: one.texts for n, one in columns.items()}) if made.written.naive else None
    if zone and len(zone[1]) > 1 and (both := with_zone(columns[names[0]].values, columns[zone[0]].values)):
        return replace(made, columns=(*names, zone[0]), written=both)
    return made


def _with_values(made: Guess, one: Profile, words: Mapping[str, str], ours: Sequence[str]) -> Guess:
    """The same with its words: those that are known, and those that nobody knows. ours: what needs no translation."""
    known = {w: found for w in sorted(one.words) if w.casefold() not in ours and (found := word_of(w, words))}
    unknown = {w: n for w, n in one.words.items() if w not in known and w.casefold() not in ours}
    return replace(made, values=known, unknown=unknown)


def status_words(columns: Columns) -> tuple[str, Mapping[str, int]] | None:
    """The column that says how each request ended, and its words with how many rows hold each; None without one."""
    scored = []
    for place, (name, one) in enumerate(columns.items()):
        told = sum(n for w, n in one.words.items() if ended(w) is not None)
        named = name_score("status", name)
        if (named >= OUTRIGHT or (named and told)) and is_list(one.words):
            scored.append((named + told / max(len(one.texts), 1), -place, name, one.words))
    best = max(scored, key=lambda item: item[:2], default=None)
    return best and best[2:]


def is_list(words: Mapping[str, int]) -> bool:
    """True if a column with these words holds words of a list, and not a text or a name of its own in each row."""
    return 0 < len(words) <= _MOST_WORDS


def describe_choice(columns: Columns, target: Column, name: str, table: str) -> Guess:
    """How a column is written that is known to be the one."""
    one = columns[name]
    made = Guess(columns=(name,), by_name=True, chosen=True, several=one.several and target.name == "waybill")
    if target.type is ColumnType.TIME:
        # Times that can't be read are the file's own: they carry no more of an offset than its others.
        return replace(made, written=one.written or Written(naive=True, unread=len(one.texts)), values=one.nothing)
    return _completed(made, target.name, columns, TABLES[table])


def named_alone(columns: Columns, table: Table, found: Mapping[str, Guess], settled: Iterable[str]) -> dict[str, Guess]:
    """Columns that a table can't do without and that only their names tell: nothing in them can be read as that.

    settled: of which a person said something.
    """
    free, made = dict(columns), dict[str, Guess]()
    for one in found.values():
        for name in one.columns:
            free.pop(name, None)
    for target in (column for column in table.columns if column.required and column.name not in {*found} | {*settled}):
        best = max(free, key=lambda name: name_score(target.name, name, table.name), default="")
        if best and name_score(target.name, best, table.name) >= OUTRIGHT:
            made[target.name] = replace(describe_choice(columns, target, best, table.name), chosen=False)
            del free[best]
    return made
