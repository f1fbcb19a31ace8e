"""What recorded acts come to, one after another: rows (rules 7, 9, 10, 12 to 20). No clock, no database.

An act that can't follow what was taken before is refused by a KeyError or ValueError, and nothing of it is taken.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wayseal.cases import types
from wayseal.cases._project_judging import JudgeProjector
from wayseal.cases._project_records import (
    ITEM_PREFIX,
    PRIORITIES,
    SEPARATOR,
    concerned,
    mark_of,
    number_of,
    open_task,
    state_field,
    task_of,
)
from wayseal.cases._tables import (
    ACTS,
    ALERTS,
    CASES,
    FILES,
    INBOX,
    NOTES,
    QUEUE,
    READ_MARKS,
    TAGS,
    TASKS,
    THINGS,
    Row,
)
from wayseal.cases.book import act_name
from wayseal.cases.inbox import concerned_by
from wayseal.detect.policy import expected_loss
from wayseal.model.times import micros

_NOT_MERGED = {"merged_into": None, "merged_state": None}


class WorkProjector(JudgeProjector):
    """Changes, notes, tasks, marks, tags, links, files, and cases that go into one another or come apart."""

    def _change(self, line: int, act: types.Changed) -> None:
        row = self._case(act.case)
        if state_field(row, act.field) != act.before or act.before == act.after:
            raise ValueError("was")
        if act.field == "state":
            after = types.CaseState(act.after or "")
            if after not in types.CHANGES[types.CaseState(row["state"])]:
                raise ValueError("state")
        self._set_field(line, act.at, row, act.field, act.after)

    def _set_field(self, line: int, at: int, row: Row, field: str, value: str | None) -> None:
        changes: Row
        match field:
            case "state":
                changes = {"state": types.CaseState(value or "").value}
                if value in types.CLOSED_STATES and row["state"] in types.OPEN_STATES:
                    changes["closed_at"] = at
            case "priority":
                changes = {"priority": PRIORITIES.index(types.Priority(value or ""))}
            case "snoozed":
                changes = {"snoozed_until": 0 if value is None else micros(value)}
            case _:
                changes = {field: value}
                if field == "title":
                    self._find_by(row["case_id"], "title", "", value or "", row["title"] or "")
        self._touch(row, line, at, **changes)

    def _write_note(self, line: int, act: types.NoteWritten) -> None:
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
        self._find_by(case, "note", note, text, old["text"] if old else "")

    def _set_task(self, line: int, act: types.TaskSet) -> None:
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

    def _put_task(self, line: int, at: int, who: str, case: str, task: str, content: types.TaskContent | None) -> None:
        old = self._rows.get(TASKS, case, task)
        if content is None:
            self._rows.drop(TASKS, case, task)
        else:
            said = {"text": content.text, "state": content.state.value, "owner": content.owner, "due": content.due}
            self._rows.put(TASKS, {"case_id": case, "task": task, **said, "who": who, "at": at, "line": line})
        self._count("tasks", open_task(task_of(old)) if old else None, open_task(content))
        some = [task_of(row) for row in self._rows.group(TASKS, case).values()]
        due = min((one.due for one in some if one.due and open_task(one) is not None), default=None)
        self._put_case(self._case(case), {**self._case(case), "due": due})

    def _mark_read(self, line: int, act: types.ReadMarked, back: types.ReadMarked | None = None) -> None:
        """Marks a read, or (back: the act) takes that back."""
        wanted, before = (act.after, act.before) if back is None else (back.before, back.after)
        old = self._rows.get(READ_MARKS, act.case, act.read)
        if mark_of(old) != before or wanted == before or (old and old["waybill"] != act.waybill):
            raise ValueError("was")
        if wanted is None:
            self._rows.drop(READ_MARKS, act.case, act.read)
        elif not wanted.starred and not wanted.comment:
            raise ValueError("after")
        else:
            said = {"waybill": act.waybill, "starred": int(wanted.starred), "comment": wanted.comment}
            place = {"case_id": act.case, "read": act.read, "who": act.who, "at": act.at, "line": line}
            self._rows.put(READ_MARKS, {**place, **said})
        self._touch(self._case(act.case), line, act.at)

    def _tag(self, line: int, act: types.Tagged) -> None:
        row = self._case(act.case)
        if (self._rows.get(TAGS, act.case, act.tag) is not None) == act.on:
            raise ValueError("on")
        if act.on:
            self._rows.put(TAGS, {"case_id": act.case, "tag": act.tag, "line": line})
        else:
            self._rows.drop(TAGS, act.case, act.tag)
        self._count("tag", None if act.on else act.tag, act.tag if act.on else None)
        tags = sorted(one["tag"] for one in self._rows.group(TAGS, act.case).values())
        self._touch(row, line, act.at, tags=SEPARATOR.join(tags))

    def _link(self, line: int, act: types.Linked) -> None:
        row = self._linked(act.case)
        if act.thing.kind is types.ObservableKind.CASE:
            self._case(act.thing.value)
        if (self._linked_thing(act) is not None) == act.on or (
            not act.on and act.thing.kind is types.ObservableKind.ACCOUNT
        ):
            raise ValueError("on")
        self._set_link(row, line, act)

    def _linked_thing(self, act: types.Linked) -> Row | None:
        return self._rows.get(THINGS, act.case, act.thing.kind.value, act.thing.value, "")

    def _linked(self, id_: str) -> Row:
        """A case, or something that still stands in the queue: what was found of it since comes to it."""
        if not id_.startswith(ITEM_PREFIX):
            return self._case(id_)
        row = self._rows.get(QUEUE, id_)
        if row is None or row["state"] not in types.UNDECIDED:
            raise KeyError("item")
        return row

    def _set_link(self, row: Row, line: int, act: types.Linked) -> None:
        if act.on:
            self._add_things(act.case, (act.thing,))
        elif (old := self._linked_thing(act)) is not None:
            self._drop_thing(old)
        if act.case.startswith(ITEM_PREFIX):
            many = row["count"] + (1 if act.on else -1)
            self._put_item(row, {**row, "count": many, "changed_at": act.at, "changed_line": line})
        else:
            self._touch(row, line, act.at)

    def _name_file(self, line: int, act: types.FileNamed) -> None:
        row, old = self._case(act.case), self._rows.get(FILES, act.case, act.digest)
        if (old is not None) == act.on:
            raise ValueError("on")
        if old is None:
            about = {"digest": act.digest, "name": act.name, "size": act.size, "sm3": act.sm3}
            self._rows.put(FILES, {"case_id": act.case, **about, "who": act.who, "at": act.at})
            self._find_by(act.case, "file", act.digest, act.name)
        else:
            self._rows.drop(FILES, act.case, act.digest)
            self._find_by(act.case, "file", act.digest, "", old["name"])
        self._touch(row, line, act.at)

    def _merge(self, line: int, act: types.Merged) -> None:
        row, into = self._case(act.case), self._case(act.into)
        if act.on:
            free = act.case != act.into and not self._children(act.case) and into["state"] in types.OPEN_STATES
            if not free or row["state"] == types.CaseState.MERGED or row["state"] != act.before:
                raise ValueError("into")
        elif row["merged_into"] != act.into or row["merged_state"] != act.before:
            raise ValueError("into")
        if act.on:
            own = [row for row in self._things(act.case) if not row["via"]]
            things = (types.Observable(kind=types.ObservableKind(row["kind"]), value=row["value"]) for row in own)
            self._add_things(act.into, things, act.case, own)
            for alert in self._rows.group(ALERTS, act.case).values():
                self._rows.put(ALERTS, {**alert, "case_id": act.into, "via": act.case})
        else:
            for thing in self._things(act.into):
                if thing["via"] == act.case:
                    self._drop_thing(thing)
            for alert in list(self._rows.group(ALERTS, act.into).values()):
                if alert["via"] == act.case:
                    self._rows.drop(ALERTS, act.into, alert["line"])
        state = types.CaseState.MERGED if act.on else act.before
        went = {"merged_into": act.into, "merged_state": act.before.value} if act.on else _NOT_MERGED
        self._touch(self._case(act.case), line, act.at, state=state.value, **went)
        self._touch(self._case(act.into), line, act.at, **self._told(act.into))

    def _split(self, line: int, act: types.Split) -> None:
        row = self._case(act.case)
        own = {(t["kind"], t["value"]): t for t in self._things(act.case) if not t["via"]}
        moved = [(thing.kind.value, thing.value) for thing in act.things]
        if not moved or not own.keys() >= set(moved) or row["state"] not in types.OPEN_STATES:
            raise ValueError("things")
        if {value for kind, value in moved if kind == types.ObservableKind.ACCOUNT} != set(act.alert.actors):
            raise ValueError("actors")
        self._make(line, act.made, act.at, types.Source(row["source"]), act.alert, act.things)
        for kind, value in moved:
            if heard := own[kind, value]["heard"]:  # it goes with the account that was heard
                self._rows.put(
                    THINGS, {**self._rows.group(THINGS, act.made)[act.made, kind, value, ""], "heard": heard}
                )
            self._drop_thing(own[kind, value])
        self._touch(self._case(act.case), line, act.at)


class Projector(WorkProjector):
    """Takes acts in their order."""

    def take(self, line: int, act: types.Act) -> None:
        """Takes the act of a line."""
        _TAKEN_BY[type(act)](self, line, act)
        who = getattr(act, "who", "")
        for id_ in concerned(act):
            self._rows.append(ACTS, {"case_id": id_, "line": line, "act": act_name(act), "at": act.at, "who": who})
        self._tell(line, act, who)

    def _tell(self, line: int, act: types.Act, who: str) -> None:
        """Puts an act into the inboxes of those whom it concerns, and takes one out that was taken back."""
        back = act.line if isinstance(act, types.Undone) else 0
        told = self._act_at(back) if back else act
        if not (ids := concerned(told)):
            return
        row = self._rows.get(QUEUE if ids[0].startswith(ITEM_PREFIX) else CASES, ids[0])
        for login, why in concerned_by(told, None if row is None else row["owner"]).items():
            if back:
                self._rows.remove(INBOX, login, back)
                continue
            said = {"login": login, "line": line, "at": act.at, "kind": why.value, "act": act_name(act)}
            self._rows.append(INBOX, {**said, "case_id": ids[0], "who": who})

    def _hold_pack(self, line: int, act: types.PackHeld) -> None:
        self._touch(self._case(act.case), line, act.at)

    def _queue(self, line: int, act: types.Queued) -> None:
        number = number_of(act.item, ITEM_PREFIX)
        if act.source is types.Source.DETECTION or self._rows.get(QUEUE, act.item) is not None:
            raise ValueError("item")
        self._raise_last("item", number)
        self._add_things(act.item, act.things)
        head = {"item": act.item, "number": 2 * number + 1, "case_id": None, "source": act.source.value}
        loss = {"parcels_a_day": 0.0, "loss": expected_loss(act.score, 0)}
        until = int(act.since if act.until is None else max(act.since, act.until))
        said = {"score": float(act.score), **loss, "reason": act.reason, "since": int(act.since), "read_until": until}
        times = {"queued_at": act.at, "changed_at": act.at, "changed_line": line, "count": len(act.things)}
        state = {"state": types.ItemState.WAITING.value, "owner": None, "snoozed_until": 0}
        self._put_item(None, {**head, **said, **state, **times})
        self._find_by(act.item, "reason", "", act.reason)

    def _item(self, id_: str) -> Row:
        row = self._rows.get(QUEUE, id_)
        if row is None or not id_.startswith(ITEM_PREFIX):
            raise KeyError("item")
        return row

    def _change_item(self, line: int, act: types.ItemChanged) -> None:
        row = self._item(act.item)
        if state_field(row, act.field) != act.before or act.before == act.after:
            raise ValueError("was")
        states = {*types.UNDECIDED, types.ItemState.DISMISSED}
        if row["state"] == types.ItemState.PROMOTED or (act.field == "state" and act.after not in states):
            raise ValueError("state")
        self._set_item(line, act.at, row, act.field, act.after)

    def _set_item(self, line: int, at: int, row: Row, field: str, value: str | None) -> None:
        changes: Row = {field: value}
        if field == "snoozed":
            changes = {"snoozed_until": 0 if value is None else micros(value)}
        self._put_item(row, {**row, **changes, "changed_at": at, "changed_line": line})

    def _promote(self, line: int, act: types.Promoted) -> None:
        item = self._rows.get(QUEUE, act.item)
        if item is not None:  # it may have been forgotten
            if item["state"] not in types.UNDECIDED or item["case_id"] is not None:
                raise ValueError("item")
            self._put_item(
                item,
                {
                    **item,
                    "state": types.ItemState.PROMOTED.value,
                    "case_id": act.case,
                    "changed_at": act.at,
                    "changed_line": line,
                },
            )
        source = types.Source(item["source"]) if item else types.Source.LISTING
        self._make(line, act.case, act.at, source, act.alert, act.things)

    def _undo(self, line: int, act: types.Undone) -> None:
        """Rule 19: what the act changed is as it was, unless somebody changed it since."""
        undone = self._act_at(act.line)
        if act.line >= line or act.case not in concerned(undone):
            raise ValueError("line")
        if getattr(undone, "who", None) != act.who or not 0 <= act.at - undone.at <= types.UNDO_US:
            raise ValueError("who")
        match undone:
            case types.Changed():
                row = self._case(undone.case)
                if state_field(row, undone.field) != undone.after:
                    raise ValueError("was")
                self._set_field(line, act.at, row, undone.field, undone.before)
            case types.Verdict():
                self._unjudge(line, act.at, undone, act.line)
            case types.NoteWritten():
                note = self._rows.get(NOTES, undone.case, undone.note)
                if note is None or note["version"] != undone.version:
                    raise ValueError("version")
                text = undone.before or ""
                self._put_note(undone.case, undone.note, undone.version + 1, text, act.who, act.at, note)
                self._touch(self._case(undone.case), line, act.at)
            case types.TaskSet():
                task = self._rows.get(TASKS, undone.case, undone.task)
                if task is None or task_of(task) != undone.after:
                    raise ValueError("was")
                self._put_task(line, act.at, act.who, undone.case, undone.task, undone.before)
                self._touch(self._case(undone.case), line, act.at)
            case types.ReadMarked():
                self._mark_read(line, replace(undone, who=act.who, at=act.at), undone)
            case types.Linked():  # what `_link` wouldn't take away is taken back all the same
                back = replace(undone, on=not undone.on, at=act.at, who=act.who)
                if (self._linked_thing(back) is not None) == back.on:
                    raise ValueError("on")
                self._set_link(self._linked(back.case), line, back)
            case types.FileNamed() | types.Merged() | types.Tagged():
                _TAKEN_BY[type(undone)](self, line, replace(undone, on=not undone.on, at=act.at, who=act.who))
            case types.ItemChanged():
                item = self._item(undone.item)
                if state_field(item, undone.field) != undone.after or item["state"] == types.ItemState.PROMOTED:
                    raise ValueError("was")
                self._set_item(line, act.at, item, undone.field, undone.before)
            case types.Promoted():
                self._unmake(line, act.at, undone, act.line)
            case _:
                raise ValueError("line")

    def _unmake(self, line: int, at: int, made: types.Promoted, made_line: int) -> None:
        """Takes a case away that nobody has touched, and lets what it was made of wait again."""
        row, item = self._case(made.case), self._rows.get(QUEUE, made.item)
        if row["changed_line"] != made_line:
            raise ValueError("was")
        self._drop_case(row)
        if item is not None:
            waits = {"state": types.ItemState.WAITING.value, "case_id": None}
            self._put_item(item, {**item, **waits, "changed_at": at, "changed_line": line})


_TAKEN_BY: Mapping[type[types.Act], Callable[[Projector, int, Any], None]] = {
    types.Registered: Projector._register,
    types.NamesShown: Projector._show,
    types.Heard: Projector._hear,
    types.Verdict: Projector._judge,
    types.Proposed: Projector._propose,
    types.Answered: Projector._answer,
    types.Forgotten: Projector._remember_last,
    types.Changed: Projector._change,
    types.NoteWritten: Projector._write_note,
    types.TaskSet: Projector._set_task,
    types.ReadMarked: Projector._mark_read,
    types.Tagged: Projector._tag,
    types.Linked: Projector._link,
    types.FileNamed: Projector._name_file,
    types.PackHeld: Projector._hold_pack,
    types.Merged: Projector._merge,
    types.Split: Projector._split,
    types.Queued: Projector._queue,
    types.ItemChanged: Projector._change_item,
    types.Promoted: Projector._promote,
    types.Undone: Projector._undo,
}
