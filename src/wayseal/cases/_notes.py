"""What people write on a case, as acts: notes and tasks (rule 15), marks on reads, tags."""

from collections.abc import Sequence
from datetime import date, timedelta

from wayseal.cases._project_records import mark_of, open_task, task_of
from wayseal.cases._records import Records, tag_case
from wayseal.cases._tables import NOTES, READ_MARKS, TASKS
from wayseal.cases._unit_of_work import UnitOfWork, in_act
from wayseal.cases.errors import CasebookUsageError, CaseStateError, NoSuchCaseError, StaleError
from wayseal.cases.types import NoteWritten, ReadMark, ReadMarked, TaskContent, TaskSet
from wayseal.cases.writing import one_line, several_lines
from wayseal.model.times import time_at

MOST_MARKS = 1000
"""Reads of a case that are marked."""
_FAR = timedelta(days=3653)


class Notes(Records):
    """Acts of writing. Every method returns what a page needs to go on; errors as for `Records`."""

    # Notes and tasks

    @in_act
    def add_note(self, unit: UnitOfWork, case: str, text: str, who: str, at: int) -> str:
        """Writes a new note, as its version 1; its id."""
        note = f"n-{unit.case(case)['next_note']}"
        said, by = several_lines(text, "note"), one_line(who, "who")
        unit.add(NoteWritten(case=case, at=at, who=by, note=note, version=1, before=None, after=said))
        return note

    @in_act
    def edit_note(self, unit: UnitOfWork, case: str, note: str, version: int, text: str, who: str, at: int) -> int:
        """Writes a note anew; "" takes it out. version: the one that the edit was made from (rule 15).

        The new version. StaleError: somebody wrote it meanwhile; the error has both texts.
        """
        unit.case(case)
        row = unit.rows.get(NOTES, case, note)
        if row is None:
            raise NoSuchCaseError("{id} has no note {note}", id=case, note=note)
        if row["version"] != version:
            raise StaleError(id=note, version=row["version"], theirs=row["text"], mine=text)
        said = several_lines(text, "note") if text else ""
        new, before, by = version + 1, row["text"], one_line(who, "who")
        unit.add(NoteWritten(case=case, at=at, who=by, note=note, version=new, before=before, after=said))
        return new

    @in_act
    def add_task(self, unit: UnitOfWork, case: str, content: TaskContent, who: str, at: int) -> str:
        """Makes a task; its id."""
        (task,) = _add_tasks(unit, case, [content], who, at)
        return task

    @in_act
    def add_tasks(self, unit: UnitOfWork, case: str, contents: Sequence[TaskContent], who: str, at: int) -> int:
        """Makes several tasks at once, but for those that are open there already; how many were made."""
        unit.case(case)
        there = [task_of(row) for row in unit.rows.group(TASKS, case).values()]
        texts = {one.text for one in there if open_task(one) is not None}
        new = [one for one in dict.fromkeys(contents) if one.text not in texts]
        return len(_add_tasks(unit, case, new, who, at))

    @in_act
    def set_task(
        self, unit: UnitOfWork, case: str, task: str, before: TaskContent, after: TaskContent, who: str, at: int
    ) -> None:
        """Changes a task from what the editor saw. StaleError: somebody changed it meanwhile."""
        unit.case(case)
        row = unit.rows.get(TASKS, case, task)
        if row is None:
            raise NoSuchCaseError("{id} has no task {task}", id=case, task=task)
        if task_of(row) != before:
            raise StaleError(id=task, version=row["line"], theirs=row["text"], mine=after.text)
        if after != before:
            by = one_line(who, "who")
            unit.add(TaskSet(case=case, at=at, who=by, task=task, before=before, after=_task(after, at)))

    # Marks and tags

    @in_act
    def mark_read(
        self,
        unit: UnitOfWork,
        case: str,
        read: str,
        waybill: str,
        before: ReadMark | None,
        after: ReadMark,
        who: str,
        at: int,
    ) -> None:
        """Stars a read of a case, or comments on it, from what the editor saw; the same again is nothing.

        read: source and row in the ledger, such as 3:1042; whoever calls knows that the case has it. StaleError:
        somebody marked it otherwise meanwhile. CaseStateError: MOST_MARKS reads of the case are marked.
        """
        unit.case(case)
        row = unit.rows.get(READ_MARKS, case, read)
        if mark_of(row) != before:
            theirs = row or {"line": unit.line_of(case), "comment": ""}
            raise StaleError(id=read, version=theirs["line"], theirs=theirs["comment"], mine=after.comment)
        if row is None and len(unit.rows.group(READ_MARKS, case)) >= MOST_MARKS:
            raise CaseStateError("{most} reads of {id} are marked, and no more can be", id=case, most=MOST_MARKS)
        comment = one_line(after.comment, "comment") if after.comment else ""
        new = ReadMark(starred=after.starred, comment=comment) if after.starred or comment else None
        if new != before:
            by, of = one_line(who, "who"), waybill if row is None else row["waybill"]
            unit.add(ReadMarked(case=case, at=at, who=by, read=read, waybill=of, before=before, after=new))

    def tag(self, case: str, tag: str, who: str, at: int, *, on: bool = True) -> None:
        """Gives a case a tag, or takes it away; the same again is nothing. CaseStateError: it has MOST_TAGS."""
        self._act(lambda unit: tag_case(unit, case, tag, who, at, on=on))


def _add_tasks(unit: UnitOfWork, case: str, contents: Sequence[TaskContent], who: str, at: int) -> list[str]:
    by, made = one_line(who, "who"), []
    for content in contents:
        made.append(f"t-{unit.case(case)['next_task']}")
        unit.add(TaskSet(case=case, at=at, who=by, task=made[-1], before=None, after=_task(content, at)))
    return made


def _task(content: TaskContent, at: int) -> TaskContent:
    owner = None if content.owner is None else one_line(content.owner, "owner")
    due = None if content.due is None else _day(content.due, at)
    return TaskContent(text=one_line(content.text, "task"), state=content.state, owner=owner, due=due)


def _day(text: str, at: int) -> str:
    """A day as tasks have it, within ten years of a moment."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CasebookUsageError("this is no day such as 2026-01-01", key="due") from None
    if not day.isoformat() == text or abs(day - time_at(at).date()) > _FAR:
        raise CasebookUsageError("a task is due on a day within ten years, such as 2026-01-01", key="due")
    return text
