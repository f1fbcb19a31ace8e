"""What casework comes to: rows (rules 14 to 17)."""

from wayseal.cases._project_records import PRIORITIES, RecordProjector, number_of, open_task, state_field, task_of
from wayseal.cases._rows import Row
from wayseal.cases._tables import ALERTS, FILES, NOTES, TASKS, THINGS
from wayseal.cases._work import (
    CHANGES,
    CLOSED_STATES,
    OPEN_STATES,
    CaseState,
    Changed,
    FileNamed,
    Linked,
    Merged,
    NoteWritten,
    Priority,
    Source,
    Split,
    TaskContent,
    TaskSet,
    Thing,
    ThingKind,
)
from wayseal.model.times import micros


class WorkProjector(RecordProjector):
    """Changes, notes, tasks, links, files, and cases that go into one another or come apart."""

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
        self._count("tasks", open_task(task_of(old)) if old else None, open_task(content))

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
            row = {"case_id": act.case, "digest": act.digest, "name": act.name, "size": act.size, "sm3": act.sm3}
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
        self._make(line, act.made, act.at, Source(row["source"]), act.alert, act.things)
        for kind, value in moved:
            self._rows.drop(THINGS, act.case, kind, value, "")
        self._touch(self._case(act.case), line, act.at)
