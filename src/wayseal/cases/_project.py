"""What recorded acts come to, one after another: rows (rules 7, 9, 10, 12 to 20). No clock, no database.

An act that can't follow what was taken before is refused by a KeyError or ValueError, and nothing of it is taken.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from wayseal.cases._acts import act_name
from wayseal.cases._rows import Row, Rows
from wayseal.cases._tables import ACTS, ALERTS, CASES, COUNTS, FILES, NOTES, QUEUE, TASKS, THINGS
from wayseal.cases._work import (
    CHANGES,
    CLOSED_STATES,
    OPEN_STATES,
    PERSONAL,
    VERDICTS,
    Alert,
    CaseState,
    Changed,
    FileNamed,
    ItemChanged,
    ItemState,
    Linked,
    Merged,
    NoteWritten,
    Priority,
    Promoted,
    Queued,
    Source,
    Split,
    TaskContent,
    TaskSet,
    TaskState,
    Thing,
    ThingKind,
    Undone,
)
from wayseal.cases.types import Act, Forgotten, Heard, NamesShown, Registered, Verdict
from wayseal.model.times import iso, micros

PREFIX, ITEM_PREFIX = "c-", "q-"
PRIORITIES = tuple(Priority)
SEPARATOR = "\n"
"""Between detectors in a row."""
Alias = Callable[[Thing], str]
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
            return (act.case, act.made) if act.made else (act.case,)
        case _:
            return (act.case,)


class Projector:
    """Takes acts in their order. act_at: the act of an earlier line (for acts that take one back)."""

    def __init__(self, rows: Rows, act_at: Callable[[int], Act], alias: Alias) -> None:
        self._rows = rows
        self._act_at = act_at
        self._alias = alias

    def take(self, line: int, act: Act) -> None:
        """Takes the act of a line."""
        match act:
            case Registered():
                self._register(line, act)
            case NamesShown():
                self._show(line, act)
            case Heard():
                self._hear(line, act)
            case Verdict():
                self._judge(line, act)
            case Forgotten():
                self._remember_last(act)
            case Changed():
                self._change(line, act)
            case NoteWritten():
                self._write_note(line, act)
            case TaskSet():
                self._set_task(line, act)
            case Linked():
                self._link(line, act)
            case FileNamed():
                self._name_file(line, act)
            case Merged():
                self._merge(line, act)
            case Split():
                self._split(line, act)
            case Queued():
                self._queue(line, act)
            case ItemChanged():
                self._change_item(line, act)
            case Promoted():
                self._promote(line, act)
            case Undone():
                self._undo(line, act)
        who = getattr(act, "who", "")
        for id_ in concerned(act):
            self._rows.append(ACTS, {"case_id": id_, "line": line, "act": act_name(act), "at": act.at, "who": who})

    def last(self, name: str) -> int:
        """The highest number that was given so far. name: case or item."""
        row = self._rows.get(COUNTS, "last", name)
        return int(row["n"]) if row else 0

    # Rows ------------------------------------------------------------------------------------------------------------

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
        same = ("case_id", "source", "owner", "snoozed_until", "score", "changed_at", "changed_line")
        row = {name: case[name] for name in same}
        reason = case["detectors"].replace(SEPARATOR, ", ")
        self._put_item(
            old,
            {
                "item": case["case_id"],
                "number": case["number"],
                **row,
                "state": state,
                "reason": reason,
                "since": case["alerted_at"],
            },
        )

    def _put_item(self, old: Row | None, new: Row) -> None:
        self._rows.put(QUEUE, new)
        waiting = [row and row["state"] == ItemState.WAITING and row["source"] for row in (old, new)]
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

    def _remember_last(self, act: Forgotten) -> None:
        self._raise_last("case", act.last)
        self._raise_last("item", act.last_item)

    def _things(self, case: str) -> list[Row]:
        return list(self._rows.group(THINGS, case).values())

    def _accounts(self, case: str) -> set[str]:
        return {row["value"] for row in self._things(case) if row["kind"] == ThingKind.ACCOUNT}

    def _add_things(self, case: str, things: Iterable[Thing], via: str = "", named: Iterable[str] = ()) -> None:
        place = max((row["place"] for row in self._things(case)), default=-1) + 1
        shown = set(named)
        for thing in things:
            if self._rows.get(THINGS, case, thing.kind.value, thing.value, via) is None:
                row = {"case_id": case, "kind": thing.kind.value, "value": thing.value, "via": via, "place": place}
                self._rows.put(THINGS, {**row, "alias": self._alias(thing), "named": int(thing.value in shown)})
                place += 1

    def _children(self, case: str) -> set[str]:
        """The cases that went into a case."""
        return {row["via"] for row in self._rows.group(ALERTS, case).values()} - {""}

    # Alerts ----------------------------------------------------------------------------------------------------------

    def _register(self, line: int, act: Registered) -> None:
        if not act.alert.actors:
            raise ValueError("actors")
        if act.first:
            self._make(line, act.case, act.at, Source.DETECTION, act.alert)
            return
        row = self._case(act.case)
        self._add_alert(line, act.case, act.alert)
        self._add_things(act.case, (Thing(kind=ThingKind.ACCOUNT, value=actor) for actor in act.alert.actors))
        self._touch(row, line, act.at, **self._told(act.case))

    def _make(self, line: int, case: str, at: int, source: Source, alert: Alert, things: Iterable[Thing] = ()) -> None:
        """Makes a case; ValueError where there is one of that id."""
        number = number_of(case)
        if self._rows.get(CASES, case) is not None:
            raise ValueError("case")
        self._raise_last("case", number)
        self._add_alert(line, case, alert)
        self._add_things(case, (*(Thing(kind=ThingKind.ACCOUNT, value=actor) for actor in alert.actors), *things))
        nothing = dict.fromkeys(("title", "owner", "closed_at", "verdict_line", "merged_into", "merged_state"))
        made = {"made_at": at, "changed_at": at, "changed_line": line, "priority": PRIORITIES.index(Priority.NORMAL)}
        zero = {"snoozed_until": 0, "statements": 0, "next_note": 1, "next_task": 1}
        head = {"case_id": case, "number": number, "state": CaseState.NEW.value, "source": source.value}
        self._put_case(None, {**head, **nothing, **made, **zero, **self._told(case)})

    def _add_alert(self, line: int, case: str, alert: Alert, via: str = "") -> None:
        detectors = SEPARATOR.join(alert.detectors)
        times = {"alerted_at": int(alert.alerted_at), "read_until": alert.until}
        row = {"case_id": case, "line": line, "via": via, **times, "score": float(alert.score), "detectors": detectors}
        self._rows.put(ALERTS, row)

    def _told(self, case: str) -> Row:
        """What the alerts of a case come to."""
        alerts = sorted(self._rows.group(ALERTS, case).values(), key=lambda row: row["line"])
        names = dict.fromkeys(name for row in alerts for name in row["detectors"].split(SEPARATOR) if name)
        return {
            "score": alerts[-1]["score"],
            "detectors": SEPARATOR.join(names),
            "alerted_at": min(row["alerted_at"] for row in alerts),
            "last_alerted_at": max(row["alerted_at"] for row in alerts),
            "read_until": max(row["read_until"] for row in alerts),
        }

    # What the casebook always knew -----------------------------------------------------------------------------------

    def _show(self, line: int, act: NamesShown) -> None:
        for case, actors in act.cases.items():
            self._case(case)
            if not set(actors) <= self._accounts(case):
                raise ValueError("actors")
        for case, actors in act.cases.items():
            shown = set(actors)
            for row in self._things(case):
                if row["value"] in shown and row["kind"] == ThingKind.ACCOUNT and not row["named"]:
                    self._rows.put(THINGS, {**row, "named": 1})
            found = self._case(case)
            state = CaseState.OPENED.value if found["state"] == CaseState.NEW else found["state"]
            self._touch(found, line, act.at, state=state)

    def _hear(self, line: int, act: Heard) -> None:
        row = self._case(act.case)
        if act.actor is not None and act.actor not in self._accounts(act.case):
            raise ValueError("actor")
        self._touch(row, line, act.at, statements=row["statements"] + 1)

    def _judge(self, line: int, act: Verdict) -> None:
        row = self._case(act.case)
        if row["state"] != act.before or act.before == CaseState.MERGED:
            raise ValueError("was")
        state = CaseState.TRUE if act.true else CaseState.FALSE
        if not act.true:
            for case in (act.case, *sorted(self._children(act.case))):
                for thing in self._things(case):
                    if thing["named"]:
                        self._rows.put(THINGS, {**thing, "named": 0})
        self._touch(row, line, act.at, state=state.value, closed_at=act.at, verdict_line=line)

    # Casework --------------------------------------------------------------------------------------------------------

    def _change(self, line: int, act: Changed) -> None:
        row = self._case(act.case)
        if state_field(row, act.field) != act.before or act.before == act.after:
            raise ValueError("was")
        if act.field == "state":
            after = CaseState(act.after or "")
            if after not in CHANGES[CaseState(row["state"])]:
                raise ValueError("state")
        self._set_field(line, act.at, row, act.field, act.after)

    def _set_field(self, line: int, at: int, row: Row, field: str, value: str | None) -> None:
        changes: Row
        match field:
            case "state":
                changes = {"state": CaseState(value or "").value}
                if value in CLOSED_STATES and row["state"] in OPEN_STATES:
                    changes["closed_at"] = at
            case "priority":
                changes = {"priority": PRIORITIES.index(Priority(value or ""))}
            case "snoozed":
                changes = {"snoozed_until": 0 if value is None else micros(value)}
            case _:
                changes = {field: value}
        self._touch(row, line, at, **changes)

    def _write_note(self, line: int, act: NoteWritten) -> None:
        row = self._case(act.case)
        number = number_of(act.note, "n-")
        old = self._rows.get(NOTES, act.case, act.note)
        if old is None:
            if act.version != 1 or act.before is not None or number != row["next_note"]:
                raise ValueError("version")
            row = {**row, "next_note": number + 1}
        elif act.version != old["version"] + 1 or act.before != old["text"]:
            raise ValueError("version")
        self._put_note(act.case, act.note, act.version, act.after, act.who, act.at, old)
        self._put_touched(line, act.at, row)

    def _put_touched(self, line: int, at: int, row: Row) -> None:
        self._touch(self._case(row["case_id"]), line, at, next_note=row["next_note"], next_task=row["next_task"])

    def _put_note(self, case: str, note: str, version: int, text: str, who: str, at: int, old: Row | None) -> None:
        first = old["first_who"] if old else who
        row = {"case_id": case, "note": note, "version": version, "text": text, "first_who": first}
        self._rows.put(NOTES, {**row, "who": who, "at": at})

    def _set_task(self, line: int, act: TaskSet) -> None:
        row = self._case(act.case)
        number = number_of(act.task, "t-")
        old = self._rows.get(TASKS, act.case, act.task)
        if (None if old is None else task_of(old)) != act.before or act.after is None:
            raise ValueError("was")
        if old is None:
            if number != row["next_task"]:
                raise ValueError("task")
            row = {**row, "next_task": number + 1}
        self._put_task(line, act.at, act.who, act.case, act.task, act.after)
        self._put_touched(line, act.at, row)

    def _put_task(self, line: int, at: int, who: str, case: str, task: str, content: TaskContent | None) -> None:
        old = self._rows.get(TASKS, case, task)
        if content is None:
            self._rows.drop(TASKS, case, task)
        else:
            said = {"text": content.text, "state": content.state.value, "owner": content.owner, "due": content.due}
            self._rows.put(TASKS, {"case_id": case, "task": task, **said, "who": who, "at": at, "line": line})
        self._count("tasks", _open_task(task_of(old)) if old else None, _open_task(content))

    def _link(self, line: int, act: Linked) -> None:
        row = self._case(act.case)
        if act.thing.kind is ThingKind.CASE:
            self._case(act.thing.value)
        there = self._rows.get(THINGS, act.case, act.thing.kind.value, act.thing.value, "")
        if (there is not None) == act.on or (not act.on and act.thing.kind is ThingKind.ACCOUNT):
            raise ValueError("on")
        self._set_link(act.case, act.thing, act.on)
        self._touch(row, line, act.at)

    def _set_link(self, case: str, thing: Thing, on: bool) -> None:
        if on:
            self._add_things(case, (thing,))
        else:
            self._rows.drop(THINGS, case, thing.kind.value, thing.value, "")

    def _name_file(self, line: int, act: FileNamed) -> None:
        row = self._case(act.case)
        if (self._rows.get(FILES, act.case, act.digest) is not None) == act.on:
            raise ValueError("on")
        self._set_file(act, act.on, act.who, act.at)
        self._touch(row, line, act.at)

    def _set_file(self, act: FileNamed, on: bool, who: str, at: int) -> None:
        if on:
            row = {"case_id": act.case, "digest": act.digest, "name": act.name, "size": act.size}
            self._rows.put(FILES, {**row, "who": who, "at": at})
        else:
            self._rows.drop(FILES, act.case, act.digest)

    def _merge(self, line: int, act: Merged) -> None:
        row, into = self._case(act.case), self._case(act.into)
        if act.on:
            free = act.case != act.into and not self._children(act.case) and into["state"] in OPEN_STATES
            if not free or row["state"] == CaseState.MERGED or row["state"] != act.before:
                raise ValueError("into")
        elif row["merged_into"] != act.into or row["merged_state"] != act.before:
            raise ValueError("into")
        self._set_merged(line, act, act.on)

    def _set_merged(self, line: int, act: Merged, on: bool) -> None:
        if on:
            own = [row for row in self._things(act.case) if not row["via"]]
            things = (Thing(kind=ThingKind(row["kind"]), value=row["value"]) for row in own)
            self._add_things(act.into, things, act.case, [row["value"] for row in own if row["named"]])
            for alert in self._rows.group(ALERTS, act.case).values():
                self._rows.put(ALERTS, {**alert, "case_id": act.into, "via": act.case})
        else:
            for thing in self._things(act.into):
                if thing["via"] == act.case:
                    self._rows.drop(THINGS, act.into, thing["kind"], thing["value"], act.case)
            for alert in list(self._rows.group(ALERTS, act.into).values()):
                if alert["via"] == act.case:
                    self._rows.drop(ALERTS, act.into, alert["line"])
        state = CaseState.MERGED if on else act.before
        went = {"merged_into": act.into if on else None, "merged_state": act.before.value if on else None}
        self._touch(self._case(act.case), line, act.at, state=state.value, **went)
        self._touch(self._case(act.into), line, act.at, **self._told(act.into))

    def _split(self, line: int, act: Split) -> None:
        row = self._case(act.case)
        own = {(t["kind"], t["value"]): t for t in self._things(act.case) if not t["via"]}
        moved = [(thing.kind.value, thing.value) for thing in act.things]
        if not moved or not own.keys() >= set(moved) or row["state"] not in OPEN_STATES:
            raise ValueError("things")
        if {value for kind, value in moved if kind == ThingKind.ACCOUNT} != set(act.alert.actors):
            raise ValueError("actors")
        if act.made:
            self._make(line, act.made, act.at, Source(row["source"]), act.alert, act.things)
        for kind, value in moved:
            self._rows.drop(THINGS, act.case, kind, value, "")
        self._touch(self._case(act.case), line, act.at)

    # The queue -------------------------------------------------------------------------------------------------------

    def _queue(self, line: int, act: Queued) -> None:
        number = number_of(act.item, ITEM_PREFIX)
        if act.source is Source.DETECTION or self._rows.get(QUEUE, act.item) is not None:
            raise ValueError("item")
        self._raise_last("item", number)
        self._add_things(act.item, act.things)
        head = {"item": act.item, "number": number, "case_id": None, "source": act.source.value}
        said = {"score": float(act.score), "reason": act.reason, "since": int(act.since)}
        state = {"state": ItemState.WAITING.value, "owner": None, "snoozed_until": 0}
        self._put_item(None, {**head, **said, **state, "changed_at": act.at, "changed_line": line})

    def _item(self, id_: str) -> Row:
        row = self._rows.get(QUEUE, id_)
        if row is None or not id_.startswith(ITEM_PREFIX):
            raise KeyError("item")
        return row

    def _change_item(self, line: int, act: ItemChanged) -> None:
        row = self._item(act.item)
        if state_field(row, act.field) != act.before or act.before == act.after:
            raise ValueError("was")
        states = {ItemState.WAITING, ItemState.DISMISSED}
        if row["state"] == ItemState.PROMOTED or (act.field == "state" and act.after not in states):
            raise ValueError("state")
        self._set_item(line, act.at, row, act.field, act.after)

    def _set_item(self, line: int, at: int, row: Row, field: str, value: str | None) -> None:
        changes: Row = {field: value}
        if field == "snoozed":
            changes = {"snoozed_until": 0 if value is None else micros(value)}
        self._put_item(row, {**row, **changes, "changed_at": at, "changed_line": line})

    def _promote(self, line: int, act: Promoted) -> None:
        item = self._rows.get(QUEUE, act.item)
        if item is not None:  # it may have been forgotten
            if item["state"] != ItemState.WAITING or item["case_id"] is not None:
                raise ValueError("item")
            self._put_item(
                item,
                {
                    **item,
                    "state": ItemState.PROMOTED.value,
                    "case_id": act.case,
                    "changed_at": act.at,
                    "changed_line": line,
                },
            )
        source = Source(item["source"]) if item else Source.LISTING
        self._make(line, act.case, act.at, source, act.alert, act.things)

    # Taking back -----------------------------------------------------------------------------------------------------

    def _undo(self, line: int, act: Undone) -> None:
        """Rule 19: what the act changed is as it was, unless somebody changed it since."""
        undone = self._act_at(act.line)
        if act.line >= line or act.case not in concerned(undone):
            raise ValueError("line")
        match undone:
            case Changed():
                row = self._case(undone.case)
                if state_field(row, undone.field) != undone.after:
                    raise ValueError("was")
                self._set_field(line, act.at, row, undone.field, undone.before)
            case Verdict():
                row = self._case(undone.case)
                if row["verdict_line"] != act.line or row["state"] not in VERDICTS or undone.before in VERDICTS:
                    raise ValueError("was")
                self._touch(row, line, act.at, state=undone.before.value)
            case NoteWritten():
                note = self._rows.get(NOTES, undone.case, undone.note)
                if note is None or note["version"] != undone.version:
                    raise ValueError("version")
                text = undone.before or ""
                self._put_note(undone.case, undone.note, undone.version + 1, text, act.who, act.at, note)
                self._touch(self._case(undone.case), line, act.at)
            case TaskSet():
                task = self._rows.get(TASKS, undone.case, undone.task)
                if task is None or task_of(task) != undone.after:
                    raise ValueError("was")
                self._put_task(line, act.at, act.who, undone.case, undone.task, undone.before)
                self._touch(self._case(undone.case), line, act.at)
            case Linked() | FileNamed() | Merged():
                back = replace(undone, on=not undone.on, at=act.at, who=act.who)
                self._take_back(line, back)
            case ItemChanged():
                item = self._item(undone.item)
                if state_field(item, undone.field) != undone.after or item["state"] == ItemState.PROMOTED:
                    raise ValueError("was")
                self._set_item(line, act.at, item, undone.field, undone.before)
            case _:
                raise ValueError("line")

    def _take_back(self, line: int, back: Linked | FileNamed | Merged) -> None:
        match back:
            case Linked():
                there = self._rows.get(THINGS, back.case, back.thing.kind.value, back.thing.value, "")
                if (there is not None) == back.on:
                    raise ValueError("on")
                self._set_link(back.case, back.thing, back.on)
                self._touch(self._case(back.case), line, back.at)
            case FileNamed():
                self._name_file(line, back)
            case Merged():
                self._merge(line, back)


def state_field(row: Row, field: str) -> str | None:
    """What a row says of a field of `Changed` or `ItemChanged`, as these say it."""
    if field == "snoozed":
        return iso(row["snoozed_until"]) if row["snoozed_until"] else None
    if field == "priority":
        return PRIORITIES[row["priority"]].value
    value: str | None = row[field]
    return value


def task_of(row: Row) -> TaskContent:
    """What a row says of a task."""
    return TaskContent(text=row["text"], state=TaskState(row["state"]), owner=row["owner"], due=row["due"])


def alias_by(pseudonym: Callable[[str, str], str]) -> Alias:
    """What things are called while names may not be shown: people by a pseudonym, others by their name."""

    def alias(thing: Thing) -> str:
        if thing.kind not in PERSONAL:
            return thing.value
        return pseudonym(thing.value, "actor" if thing.kind is ThingKind.ACCOUNT else thing.kind.value)

    return alias


def _open_owner(row: Row) -> str | None:
    owner: str | None = row["owner"] if row["state"] in OPEN_STATES else None
    return owner


def _open_task(content: TaskContent | None) -> str | None:
    if content is None or content.state in {TaskState.DONE, TaskState.CANCELLED}:
        return None
    return content.owner or ""
