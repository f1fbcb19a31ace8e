"""What recorded acts come to, one after another: rows (rules 7, 9, 10, 12 to 20). No clock, no database.

An act that can't follow what was taken before is refused by a KeyError or ValueError, and nothing of it is taken.
"""

from dataclasses import replace

from wayseal.cases._project_records import ITEM_PREFIX, concerned, number_of, state_field, task_of
from wayseal.cases._project_work import WorkProjector
from wayseal.cases._rows import Row
from wayseal.cases._tables import ACTS, NOTES, QUEUE, TASKS, THINGS
from wayseal.cases._work import (
    UNDO_US,
    VERDICTS,
    Changed,
    FileNamed,
    ItemChanged,
    ItemState,
    Linked,
    Merged,
    NoteWritten,
    PackHeld,
    Promoted,
    Queued,
    Source,
    Split,
    TaskSet,
    Undone,
)
from wayseal.cases.acts import act_name
from wayseal.cases.types import Act, Forgotten, Heard, NamesShown, Registered, Verdict
from wayseal.detect.policy import expected_loss
from wayseal.model.times import micros


class Projector(WorkProjector):
    """Takes acts in their order."""

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
            case PackHeld():
                self._touch(self._case(act.case), line, act.at)
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

    def _queue(self, line: int, act: Queued) -> None:
        number = number_of(act.item, ITEM_PREFIX)
        if act.source is Source.DETECTION or self._rows.get(QUEUE, act.item) is not None:
            raise ValueError("item")
        self._raise_last("item", number)
        self._add_things(act.item, act.things)
        head = {"item": act.item, "number": 2 * number + 1, "case_id": None, "source": act.source.value}
        loss = {"parcels_a_day": 0.0, "loss": expected_loss(act.score, 0)}
        said = {"score": float(act.score), **loss, "reason": act.reason, "since": int(act.since)}
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

    def _undo(self, line: int, act: Undone) -> None:
        """Rule 19: what the act changed is as it was, unless somebody changed it since."""
        undone = self._act_at(act.line)
        if act.line >= line or act.case not in concerned(undone):
            raise ValueError("line")
        if getattr(undone, "who", None) != act.who or not 0 <= act.at - undone.at <= UNDO_US:
            raise ValueError("who")
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
            case Promoted():
                self._unmake(line, act.at, undone, act.line)
            case _:
                raise ValueError("line")

    def _unmake(self, line: int, at: int, made: Promoted, made_line: int) -> None:
        """Takes a case away that nobody has touched, and lets what it was made of wait again."""
        row, item = self._case(made.case), self._rows.get(QUEUE, made.item)
        if row["changed_line"] != made_line:
            raise ValueError("was")
        self._drop_case(row)
        if item is not None:
            waits = {"state": ItemState.WAITING.value, "case_id": None}
            self._put_item(item, {**item, **waits, "changed_at": at, "changed_line": line})

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
