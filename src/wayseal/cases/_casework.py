"""What people do with cases and with what waits in the queue, as acts (rules 14 to 20).

Decisions on many are made as they were seen (rule 22).
"""

from collections.abc import Sequence
from dataclasses import asdict

from wayseal.cases._judging import Judging
from wayseal.cases._notes import Notes
from wayseal.cases._pages import pack_acts
from wayseal.cases._project_records import PREFIX, SEPARATOR, concerned
from wayseal.cases._records import (
    change_state,
    dismiss_item,
    promote_item,
    refuse_merged,
    set_field,
    tag_case,
    take_item,
)
from wayseal.cases._tables import ACTS, ALERTS, CASES, FILES, QUEUE, THINGS, marks
from wayseal.cases._unit_of_work import UnitOfWork, in_act
from wayseal.cases.book import UNDOABLE, act_name
from wayseal.cases.decisions import BulkAction, Decided, Decision
from wayseal.cases.errors import CasebookUsageError, CaseStateError, NoSuchCaseError, UndoError
from wayseal.cases.types import (
    OPEN_STATES,
    UNDO_US,
    Alert,
    CaseState,
    FileNamed,
    Linked,
    Merged,
    Observable,
    ObservableKind,
    PackHeld,
    PackStep,
    Priority,
    Split,
    Undone,
)
from wayseal.cases.views import Pack
from wayseal.cases.writing import clean_tag, one_line, reasoned
from wayseal.database import query
from wayseal.database.raw import record_of
from wayseal.model.times import iso

_HANDED = frozenset({PackStep.HANDED_OVER, PackStep.RETURNED})
_OF_ITEMS = ("owner", "snoozed")
"""What of something in the queue can be changed as of a case."""
MOST_AT_ONCE = 1000
"""Cases and items of one batch; as many acts are taken back together."""
_MOST_VALUES = 500
"""Values in one statement."""
_NEEDS = {
    BulkAction.STATE: "state",
    BulkAction.PRIORITY: "priority",
    BulkAction.TAG: "tag",
    BulkAction.UNTAG: "tag",
}
_LIGHT = {BulkAction.ASSIGN, BulkAction.PRIORITY, BulkAction.TAG, BulkAction.UNTAG}
"""What needs no reason."""


class Casework(Judging, Notes):
    """Acts of casework. Every method returns what a page needs to go on; errors as for `Records`."""

    # Cases

    def set_state(self, case: str, state: CaseState, who: str, why: str, at: int) -> None:
        """Changes how a case stands (rule 14), also closes it as a duplicate or as no case. CaseStateError.

        A verdict is given by `verdict`, names are opened by `open`.
        """
        self._act(lambda unit: change_state(unit, case, state, who, why, at))

    def assign(self, id_: str, owner: str | None, who: str, at: int, why: str = "") -> None:
        """Gives a case, or something in the queue, to somebody; None: to nobody. The same again changes nothing."""
        new = None if owner is None else one_line(owner, "owner")
        self._act(lambda unit: set_field(unit, id_, "owner", new, who, why, at))

    def snooze(self, id_: str, until: int | None, who: str, why: str, at: int) -> None:
        """Puts a case, or something in the queue, off until a moment; None: no longer."""
        self._act(lambda unit: set_field(unit, id_, "snoozed", None if until is None else iso(until), who, why, at))

    def prioritise(self, case: str, priority: Priority, who: str, at: int, why: str = "") -> None:
        """Says how urgent a case is."""
        self._act(lambda unit: set_field(unit, case, "priority", priority.value, who, why, at))

    def rename(self, case: str, title: str | None, who: str, at: int, why: str = "") -> None:
        """Gives a case a title, without names of people; None: takes it away."""
        new = None if title is None else one_line(title, "title")
        self._act(lambda unit: set_field(unit, case, "title", new, who, why, at))

    # Links and files

    @in_act
    def link(
        self, unit: UnitOfWork, case: str, thing: Observable, who: str, why: str, at: int, *, on: bool = True
    ) -> None:
        """Links a case to a thing, or takes the link away; the accounts of a case stay. The same again is nothing."""
        unit.case(case)
        there = unit.rows.get(THINGS, case, thing.kind.value, thing.value, "") is not None
        if not on and thing.kind is ObservableKind.ACCOUNT:
            raise CaseStateError("accounts of {id} stay; split the case", id=case)
        if thing.kind is ObservableKind.CASE:
            unit.case(thing.value)
        if there != on:
            said = Observable(kind=thing.kind, value=one_line(thing.value, "thing"))
            unit.add(Linked(case=case, at=at, thing=said, on=on, **reasoned(who, why)))

    @in_act
    def name_file(
        self,
        unit: UnitOfWork,
        case: str,
        digest: str,
        name: str,
        size: int,
        who: str,
        why: str,
        at: int,
        *,
        on: bool = True,
        sm3: str | None = None,
    ) -> None:
        """Says that a file belongs to a case, or no longer does. digest: its SHA-256, sm3: its SM3, 64 digits each."""
        unit.case(case)
        if (unit.rows.get(FILES, case, digest) is not None) != on:
            about = {"digest": digest, "name": one_line(name, "name")}
            unit.add(FileNamed(case=case, at=at, **about, size=size, on=on, sm3=sm3, **reasoned(who, why)))

    @in_act
    def seal_pack(self, unit: UnitOfWork, case: str, pack: Pack, who: str, why: str, at: int, *, to: str = "") -> None:
        """Says that a pack of evidence of a case was sealed (rule 21). to: for whom it was made; "" for nobody yet."""
        unit.case(case)
        given = one_line(to, "to") if to else ""
        unit.add(PackHeld(case=case, at=at, step=PackStep.SEALED, to=given, **asdict(pack), **reasoned(who, why)))

    @in_act
    def hold_pack(
        self, unit: UnitOfWork, case: str, seal: str, step: PackStep, who: str, why: str, at: int, *, to: str = ""
    ) -> Pack:
        """Says what was done with a pack that was sealed; to: to whom it went, or who brought it back (rule 21).

        NoSuchCaseError: no pack with this seal was sealed of this case. Returns the pack.
        """
        unit.case(case)
        packs = [one.pack for one in pack_acts(unit, case) if one.pack.seal == seal]
        if not packs:
            raise NoSuchCaseError("no pack of {id} has this seal", id=case)
        given = one_line(to, "to") if to or step in _HANDED else ""
        unit.add(PackHeld(case=case, at=at, step=step, to=given, **asdict(packs[0]), **reasoned(who, why)))
        return packs[0]

    # Several cases

    @in_act
    def merge(self, unit: UnitOfWork, case: str, into: str, who: str, why: str, at: int) -> None:
        """Puts a case into an open one: its accounts, things and acts are seen there, too (rule 16). CaseStateError."""
        for id_ in (case, into):
            refuse_merged(unit, id_)
        if case == into or CaseState(unit.case(into)["state"]) not in OPEN_STATES:
            raise CaseStateError("{id} can only go into another case that is open", id=case)
        if any(row["via"] for row in unit.rows.group(ALERTS, case).values()):
            raise CaseStateError("other cases went into {id}: take them out first, or merge the other way", id=case)
        before = CaseState(unit.case(case)["state"])
        unit.add(Merged(case=case, at=at, into=into, before=before, on=True, **reasoned(who, why)))

    @in_act
    def unmerge(self, unit: UnitOfWork, case: str, who: str, why: str, at: int) -> None:
        """Takes a case out of the one that it went into: both are as they were, with what was done since."""
        row = unit.case(case)
        if row["merged_into"] is None:
            raise CaseStateError("{id} went into no other case", id=case)
        was = {"into": row["merged_into"], "before": CaseState(row["merged_state"])}
        unit.add(Merged(case=case, at=at, **was, on=False, **reasoned(who, why)))

    @in_act
    def split(self, unit: UnitOfWork, case: str, things: Sequence[Observable], who: str, why: str, at: int) -> str:
        """Makes a case of some things of another one; its id. Accounts may be given by pseudonym.

        CaseStateError: the case isn't open, or no account would be left in it.
        """
        row = unit.case(case)
        if CaseState(row["state"]) not in OPEN_STATES:
            raise CaseStateError("{id} is closed or merged, and can't be split", id=case)
        chosen = tuple(_own_thing(unit, case, thing) for thing in dict.fromkeys(things))
        accounts = tuple(thing.value for thing in chosen if thing.kind is ObservableKind.ACCOUNT)
        own = [t for t in unit.rows.group(THINGS, case).values() if t["kind"] == ObservableKind.ACCOUNT]
        if not chosen or (accounts and len(accounts) == len(own)):
            raise CaseStateError("something has to go out of {id}, and an account to stay in it", id=case)
        made = f"{PREFIX}{unit.last('case') + 1}"
        detectors = tuple(row["detectors"].split(SEPARATOR)) if row["detectors"] else ()
        alert = record_of(Alert, row, actors=accounts, detectors=detectors, worth=bool(row["worth"]))
        unit.add(Split(case=case, at=at, made=made, things=chosen, alert=alert, **reasoned(who, why)))
        return made

    # Taking back

    @in_act
    def undo(self, unit: UnitOfWork, who: str, at: int, lines: Sequence[int] | None = None) -> str:
        """Takes back what somebody did within a minute (rule 19); the id of the case or item. UndoError.

        lines: of acts of theirs, such as all of a batch: all are taken back, the newest first, or none. None: what they
        did last.
        """
        by = one_line(who, "who")
        chosen = sorted(set(lines), reverse=True) if lines else [_last_line(unit, by)]
        cases = [_take_back(unit, line, by, at) for line in chosen]
        return cases[0]

    # The queue

    def promote(self, item: str, who: str, why: str, at: int) -> str:
        """Makes a case of something in the queue; its id. A case of detection is one: somebody works on it now."""
        return self._act(lambda unit: promote_item(unit, item, who, why, at))

    def take(self, item: str, who: str, at: int) -> None:
        """Makes something in the queue somebody's, and in progress; a case of detection leaves the queue by it."""
        self._act(lambda unit: take_item(unit, item, who, at))

    def dismiss(self, item: str, who: str, why: str, at: int) -> None:
        """Takes something out of the queue, as nothing to act on. A case of detection is closed as no case."""
        self._act(lambda unit: dismiss_item(unit, item, who, why, at))

    # One, or many at once

    @in_act
    def decide(self, unit: UnitOfWork, id_: str, decision: Decision, who: str, at: int) -> str | None:
        """Decides on a case, or on something in the queue; the case that this is now, if it was promoted."""
        _check(decision, who)
        return _decide(unit, id_, decision, who, at)

    @in_act
    def decide_all(
        self, unit: UnitOfWork, ids: Sequence[str], decision: Decision, seen: int, who: str, at: int
    ) -> Decided:
        """Decides on each of some cases and items, in one transaction and at one moment (rule 22).

        What changed behind the line `seen` is left as it is and told, and so is what can't be done to one of them.
        CasebookUsageError: there are more than MOST_AT_ONCE, or the decision lacks something; nothing was done.
        """
        chosen = tuple(dict.fromkeys(ids))
        if len(chosen) > MOST_AT_ONCE:
            raise CasebookUsageError("up to {most} cases at once", key="ids", most=MOST_AT_ONCE)
        _check(decision, who)
        _load(unit, chosen)
        done, changed = [], []
        refused: list[tuple[str, CaseStateError | NoSuchCaseError]] = []
        for id_ in chosen:
            if unit.line_of(id_) > seen:
                changed.append(id_)
                continue
            line = unit.head[0]
            try:
                _decide(unit, id_, decision, who, at)
            except (CaseStateError, NoSuchCaseError) as error:
                refused.append((id_, error))
            else:
                done += [id_] if unit.head[0] > line else []
        same = len(chosen) - len(done) - len(changed) - len(refused)
        return Decided(done=tuple(done), changed=tuple(changed), refused=tuple(refused), same=same)


def _last_line(unit: UnitOfWork, who: str) -> int:
    text = f"SELECT max(line) FROM {ACTS.full_name} WHERE who = ?"
    return int(query(unit.connection, text, (who,))[0][0] or 0)


def _take_back(unit: UnitOfWork, line: int, who: str, at: int) -> str:
    try:
        act = unit.act_at(line)
    except KeyError:
        act = None
    if act is None or act_name(act) not in UNDOABLE or getattr(act, "who", None) != who:
        raise UndoError("what {who} did last can't be taken back", who=who)
    if not 0 <= at - act.at <= UNDO_US:
        raise UndoError("an act can be taken back for a minute, and this one is older")
    case = concerned(act)[0]
    try:
        unit.add(Undone(case=case, at=at, who=who, line=line))
    except (KeyError, ValueError):
        raise UndoError("somebody changed {id} since, so that it can't be taken back", id=case) from None
    return case


def _own_thing(unit: UnitOfWork, case: str, thing: Observable) -> Observable:
    """A thing of a case that was given by its value or its alias."""
    own = [row for row in unit.rows.group(THINGS, case).values() if row["kind"] == thing.kind and not row["via"]]
    for name in ("value", "alias"):
        if len(found := {row["value"] for row in own if row[name] == thing.value}) == 1:
            return Observable(kind=thing.kind, value=found.pop())
    raise NoSuchCaseError("{id} has no such thing of its own", id=case)


def _load(unit: UnitOfWork, ids: Sequence[str]) -> None:
    """Loads what decisions look at, of all of them at once."""
    for table in (CASES, QUEUE, THINGS):
        for start in range(0, len(ids), _MOST_VALUES):
            some = ids[start : start + _MOST_VALUES]
            unit.rows.fill(table, some, unit.select(table, f"WHERE {table.key[0]} IN ({marks(some)})", some))


def _check(decision: Decision, who: str) -> None:
    """Raise, before anything is done, if every one of them would be refused."""
    one_line(who, "who")
    if decision.why or decision.action not in _LIGHT:
        one_line(decision.why, "why")
    if decision.owner is not None:
        one_line(decision.owner, "owner")
    if decision.tag is not None:
        clean_tag(decision.tag)
    needed = _NEEDS.get(decision.action)
    if needed is not None and getattr(decision, needed) is None:
        raise CasebookUsageError("say what it is to become", key=needed)


def _decide(unit: UnitOfWork, id_: str, decision: Decision, who: str, at: int) -> str | None:
    match decision.action:
        case BulkAction.PROMOTE:
            return promote_item(unit, id_, who, decision.why, at)
        case BulkAction.DISMISS:
            dismiss_item(unit, id_, who, decision.why, at)
        case BulkAction.ASSIGN:
            set_field(unit, id_, "owner", decision.owner, who, decision.why, at)
        case BulkAction.SNOOZE:
            until = None if decision.until is None else iso(decision.until)
            set_field(unit, id_, "snoozed", until, who, decision.why, at)
        case BulkAction.PRIORITY if decision.priority is not None:
            set_field(unit, id_, "priority", decision.priority.value, who, decision.why, at)
        case BulkAction.STATE if decision.state is not None:
            change_state(unit, id_, decision.state, who, decision.why, at)
        case BulkAction.TAG | BulkAction.UNTAG if decision.tag is not None:
            tag_case(unit, id_, decision.tag, who, at, on=decision.action is BulkAction.TAG)
    return None
