"""What alerts and looks at names come to: rows (rules 7, 9 and 10)."""

from collections.abc import Callable, Iterable

from wayseal.cases._tables import ALERTS, CASES, COUNTS, QUEUE, TERMS, THINGS, Row, Rows
from wayseal.cases._terms import terms_of
from wayseal.cases.types import (
    CLOSED_STATES,
    OPEN_STATES,
    PERSONAL,
    UNDECIDED,
    Act,
    Alert,
    CaseState,
    Forgotten,
    ItemChanged,
    ItemState,
    Merged,
    NamesShown,
    Observable,
    ObservableKind,
    Priority,
    Promoted,
    Queued,
    ReadMark,
    Registered,
    Source,
    Split,
    TaskContent,
    TaskState,
)
from wayseal.detect.policy import expected_loss
from wayseal.model.times import iso

PREFIX, ITEM_PREFIX = "c-", "q-"
PRIORITIES = tuple(Priority)
SEPARATOR = "\n"
"""Between detectors in a row."""
Alias = Callable[[Observable], str]
"""What a thing is called while its name may not be shown."""


def number_of(id_: str, prefix: str = PREFIX) -> int:
    """The number in an id; ValueError where it is none."""
    digits = id_.removeprefix(prefix)
    if not id_.startswith(prefix) or not digits.isascii() or not digits.isdigit() or digits.startswith("0"):
        raise ValueError("case")
    return int(digits)


def concerned(act: Act) -> tuple[str, ...]:
    """The cases, and things in the queue, that an act is about."""
    match act:
        case Forgotten():
            return ()
        case NamesShown():
            return tuple(act.cases)
        case Queued() | ItemChanged():
            return (act.item,)
        case Promoted():
            return (act.case, act.item)
        case Merged():
            return (act.case, act.into)
        case Split():
            return (act.case, act.made)
        case _:
            return (act.case,)


class RecordProjector:
    """The rows of cases. act_at: the act of an earlier line (for acts that take one back)."""

    def __init__(self, rows: Rows, act_at: Callable[[int], Act], alias: Alias) -> None:
        self._rows = rows
        self._act_at = act_at
        self._alias = alias

    def last(self, name: str) -> int:
        """The highest number that was given so far. name: case or item."""
        row = self._rows.get(COUNTS, "last", name)
        return int(row["n"]) if row else 0

    def _case(self, id_: str) -> Row:
        row = self._rows.get(CASES, id_)
        if row is None:
            raise KeyError("case")
        return row

    def _put_case(self, old: Row | None, new: Row) -> None:
        self._rows.put(CASES, new)
        self._count("state", old["state"] if old else None, new["state"])
        self._count("owner", _open_owner(old) if old else None, _open_owner(new))
        if new["source"] == Source.DETECTION:
            self._sync_queue(new)

    def _drop_case(self, row: Row) -> None:
        """Takes a case away with its things and alerts; what was done with it stays in the journal."""
        case = row["case_id"]
        self._count("state", row["state"], None)
        self._count("owner", _open_owner(row), None)
        for thing in self._things(case):
            self._drop_thing(thing)
        for key in list(self._rows.group(ALERTS, case)):
            self._rows.drop(ALERTS, *key)
        self._rows.drop(CASES, case)

    def _touch(self, row: Row, line: int, at: int, **changes: object) -> None:
        self._put_case(row, {**row, **changes, "changed_line": line, "changed_at": at})

    def _sync_queue(self, case: Row) -> None:
        """A case of detection stands in the queue as long as nobody took it up."""
        old = self._rows.get(QUEUE, case["case_id"])
        waits = case["state"] == CaseState.NEW
        if old is None and not waits:
            return
        state = ItemState.WAITING if waits else ItemState.PROMOTED
        if case["state"] in CLOSED_STATES - {CaseState.TRUE}:
            state = ItemState.DISMISSED
        same = ("case_id", "source", "owner", "snoozed_until", "changed_at", "changed_line")
        row = {name: case[name] for name in (*same, "score", "parcels_a_day", "loss")}
        reason = case["detectors"].replace(SEPARATOR, ", ")
        self._put_item(
            old,
            {
                "item": case["case_id"],
                "number": 2 * case["number"],
                **row,
                "state": state,
                "reason": reason,
                "since": case["alerted_at"],
                "read_until": case["read_until"],
                "queued_at": case["made_at"],
                "count": 0,
            },
        )

    def _put_item(self, old: Row | None, new: Row) -> None:
        self._rows.put(QUEUE, new)
        waiting = [row and row["state"] in UNDECIDED and row["source"] for row in (old, new)]
        self._count("queue", waiting[0] or None, waiting[1] or None)

    def _count(self, name: str, old: str | None, new: str | None) -> None:
        if old == new:
            return
        for value, step in ((old, -1), (new, 1)):
            if value is not None:
                row = self._rows.get(COUNTS, name, value)
                n = (row["n"] if row else 0) + step
                if n:
                    self._rows.put(COUNTS, {"name": name, "value": value, "n": n})
                else:
                    self._rows.drop(COUNTS, name, value)

    def _raise_last(self, name: str, number: int) -> None:
        if number > self.last(name):
            self._rows.put(COUNTS, {"name": "last", "value": name, "n": number})

    def _remember_last(self, _line: int, act: Forgotten) -> None:
        self._raise_last("case", act.last)
        self._raise_last("item", act.last_item)

    def _things(self, case: str) -> list[Row]:
        """In the order in which they came, whatever order a database has them in."""
        return sorted(self._rows.group(THINGS, case).values(), key=lambda row: int(row["place"]))

    def _accounts(self, case: str) -> set[str]:
        return {row["value"] for row in self._things(case) if row["kind"] == ObservableKind.ACCOUNT}

    def _add_things(self, case: str, things: Iterable[Observable], via: str = "", like: Iterable[Row] = ()) -> None:
        """Puts things into a case. like: as they stand in another one, so far as hearings and names go."""
        place = max((row["place"] for row in self._things(case)), default=-1) + 1
        known = {(row["kind"], row["value"]): {name: row[name] for name in ("named", "heard")} for row in like}
        nothing: Row = {"named": 0, "heard": "", "guilty": None, "judged_line": 0}
        for thing in things:
            if self._rows.get(THINGS, case, thing.kind.value, thing.value, via) is None:
                row = {"case_id": case, "kind": thing.kind.value, "value": thing.value, "via": via, "place": place}
                alias, as_known = self._alias(thing), known.get((thing.kind.value, thing.value), {})
                self._rows.put(THINGS, {**row, "alias": alias, **nothing, **as_known})
                self._find_thing(row, alias, "")
                place += 1

    def _drop_thing(self, row: Row) -> None:
        self._rows.drop(THINGS, row["case_id"], row["kind"], row["value"], row["via"])
        self._find_thing(row, "", row["alias"])

    def _find_thing(self, row: Row, now: str, before: str) -> None:
        """A thing is found by its own case, not by one that it came into with another one."""
        if not row["via"] and row["kind"] != ObservableKind.CASE:
            self._find_by(row["case_id"], row["kind"], now or before, now, before)

    def _find_by(self, id_: str, what: str, ref: str, now: str, before: str = "") -> None:
        """A text is found by its words, and no longer by those of the one before."""
        new, old = terms_of(now), terms_of(before)
        for term in sorted(old - new):
            self._rows.discard(TERMS, id_, what, ref, term)
        for term in sorted(new - old):
            row = {"case_id": id_, "what": what, "ref": ref, "term": term}
            self._rows.append(TERMS, {**row, "number": int(id_[len(PREFIX) :])})

    def _children(self, case: str) -> set[str]:
        """The cases that went into a case."""
        return {row["via"] for row in self._rows.group(ALERTS, case).values()} - {""}

    def _register(self, line: int, act: Registered) -> None:
        if not act.alert.actors:
            raise ValueError("actors")
        if act.first:
            self._make(line, act.case, act.at, Source.DETECTION, act.alert)
            return
        row = self._case(act.case)
        self._add_alert(line, act.case, act.alert)
        self._add_things(act.case, (Observable(kind=ObservableKind.ACCOUNT, value=actor) for actor in act.alert.actors))
        self._touch(row, line, act.at, **self._told(act.case))

    def _make(
        self, line: int, case: str, at: int, source: Source, alert: Alert, things: Iterable[Observable] = ()
    ) -> None:
        """Makes a case; ValueError where there is one of that id."""
        number = number_of(case)
        if self._rows.get(CASES, case) is not None:
            raise ValueError("case")
        self._raise_last("case", number)
        self._add_alert(line, case, alert)
        self._add_things(
            case, (*(Observable(kind=ObservableKind.ACCOUNT, value=actor) for actor in alert.actors), *things)
        )
        nothing = dict.fromkeys(("title", "owner", "closed_at", "verdict_line", "merged_into", "merged_state"))
        made = {"made_at": at, "changed_at": at, "changed_line": line, "priority": PRIORITIES.index(Priority.NORMAL)}
        zero: Row = {"snoozed_until": 0, "statements": 0, "next_note": 1, "next_task": 1, "next_proposal": 1}
        zero |= {"tags": "", "due": None}
        head = {"case_id": case, "number": number, "state": CaseState.NEW.value, "source": source.value}
        self._put_case(None, {**head, **nothing, **made, **zero, **self._told(case)})

    def _add_alert(self, line: int, case: str, alert: Alert, via: str = "") -> None:
        detectors = SEPARATOR.join(alert.detectors)
        times = {"alerted_at": int(alert.alerted_at), "read_until": alert.until}
        said = {"score": float(alert.score), "parcels_a_day": float(alert.parcels_a_day), "worth": int(alert.worth)}
        self._rows.put(ALERTS, {"case_id": case, "line": line, "via": via, **times, **said, "detectors": detectors})

    def _told(self, case: str) -> Row:
        """Sum up the alerts of a case."""
        alerts = sorted(self._rows.group(ALERTS, case).values(), key=lambda row: row["line"])
        names = dict.fromkeys(name for row in alerts for name in row["detectors"].split(SEPARATOR) if name)
        last = alerts[-1]
        return {
            **{name: last[name] for name in ("score", "parcels_a_day", "worth")},
            "loss": expected_loss(last["score"], last["parcels_a_day"]),
            "detectors": SEPARATOR.join(names),
            "alerted_at": min(row["alerted_at"] for row in alerts),
            "last_alerted_at": max(row["alerted_at"] for row in alerts),
            "read_until": max(row["read_until"] for row in alerts),
        }

    def _show(self, line: int, act: NamesShown) -> None:
        for case, actors in act.cases.items():
            self._case(case)
            if not set(actors) <= self._accounts(case):
                raise ValueError("actors")
        for case, actors in act.cases.items():
            shown = set(actors)
            for row in self._things(case):
                if row["value"] in shown and row["kind"] == ObservableKind.ACCOUNT and not row["named"]:
                    self._rows.put(THINGS, {**row, "named": 1})
            self._name_others(case)
            found = self._case(case)
            state = CaseState.OPENED.value if found["state"] == CaseState.NEW else found["state"]
            self._touch(found, line, act.at, state=state)

    def _name_others(self, case: str) -> None:
        """Devices and addresses of a case may be shown as soon as all its accounts may."""
        things = self._things(case)
        if all(row["named"] for row in things if row["kind"] == ObservableKind.ACCOUNT):
            for row in things:
                if row["kind"] in PERSONAL and not row["named"]:
                    self._rows.put(THINGS, {**row, "named": 1})


def state_field(row: Row, field: str) -> str | None:
    """Return the value a row has for a field of `Changed` or `ItemChanged`, spelled as these spell it."""
    if field == "snoozed":
        return iso(row["snoozed_until"]) if row["snoozed_until"] else None
    if field == "priority":
        return PRIORITIES[row["priority"]].value
    value: str | None = row[field]
    return value


def task_of(row: Row) -> TaskContent:
    """Return the task that a row describes."""
    return TaskContent(text=row["text"], state=TaskState(row["state"]), owner=row["owner"], due=row["due"])


def mark_of(row: Row | None) -> ReadMark | None:
    """Return the mark that a row describes."""
    return None if row is None else ReadMark(starred=bool(row["starred"]), comment=row["comment"])


def alias_by(pseudonym: Callable[[str, str], str]) -> Alias:
    """Return a function that names things while names may not be shown: people by a pseudonym, others as they are."""

    def alias(thing: Observable) -> str:
        if thing.kind not in PERSONAL:
            return thing.value
        return pseudonym(thing.value, "actor" if thing.kind is ObservableKind.ACCOUNT else thing.kind.value)

    return alias


def _open_owner(row: Row) -> str | None:
    owner: str | None = row["owner"] if row["state"] in OPEN_STATES else None
    return owner


def open_task(content: TaskContent | None) -> str | None:
    if content is None or content.state in {TaskState.DONE, TaskState.CANCELLED}:
        return None
    return content.owner or ""
