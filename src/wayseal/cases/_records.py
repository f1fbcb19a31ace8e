"""The acts that a casebook always knew: alerts, looks at names, forgetting (rules 7 to 10, and 13).

And decisions on one case, or one thing in the queue, within a transaction (rules 14 and 17).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial

from wayseal.cases._project_records import ITEM_PREFIX, PREFIX, SEPARATOR, concerned, state_field
from wayseal.cases._read import load_lines, select_lines
from wayseal.cases._tables import ALERTS, CASES, THINGS, Row, marks
from wayseal.cases._unit_of_work import ALL_TABLES, Journal, UnitOfWork, in_act, no_such_case, replace_journal
from wayseal.cases.book import Casebook, RecordedCase
from wayseal.cases.errors import CaseStateError, NoSuchCaseError
from wayseal.cases.types import (
    CHANGES,
    CLOSED_STATES,
    OPEN_STATES,
    UNDECIDED,
    Act,
    Alert,
    CaseState,
    Changed,
    Forgotten,
    ItemChanged,
    ItemState,
    Linked,
    NamesShown,
    Observable,
    ObservableKind,
    Promoted,
    Queued,
    Registered,
    Tagged,
    Undone,
    Unmasking,
)
from wayseal.cases.writing import clean_tag, one_line, reasoned
from wayseal.database import Connection, query
from wayseal.detect.policy import FALSE_ALARM, is_worth

WEEKS_US = 28 * 86_400_000_000
"""Four weeks: so long an open case waits for a further alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A case that shares accounts with an alert. number: its place among cases."""

    id: str
    number: int
    state: CaseState
    actors: frozenset[str]
    alerted_at: int
    last_alerted_at: int
    read_until: int


def find_continued_case(cases: Iterable[Candidate], alert: Alert, taken: Set[str]) -> Candidate | None:
    """The case that an alert belongs to; None where it is a case of its own. taken: cases that others have."""
    actors = frozenset(alert.actors)
    some = [case for case in sorted(cases, key=lambda case: case.number) if case.id not in taken]
    some = [case for case in some if not actors.isdisjoint(case.actors)]
    waiting = [case for case in some if case.state in OPEN_STATES and _near(case, alert.alerted_at)]
    if waiting:
        return max(waiting, key=lambda case: _likeness(actors, case))
    judged = [
        case
        for case in some
        if case.state in CLOSED_STATES and actors.issubset(case.actors) and alert.alerted_at <= case.read_until
    ]
    return max(judged, key=lambda case: _likeness(actors, case), default=None)


def _near(case: Candidate, at: int) -> bool:
    return case.alerted_at - WEEKS_US <= at <= case.last_alerted_at + WEEKS_US


def _likeness(actors: frozenset[str], case: Candidate) -> float:
    """The share of accounts in common; of equal ones `max` takes the oldest."""
    return len(actors.intersection(case.actors)) / len(actors.union(case.actors))


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """acts: how many recorded acts go. kept: those that stay, in their order, each with the line it had."""

    acts: int
    kept: tuple[tuple[int, Act], ...]


def forget_cases(acts: Sequence[tuple[int, Act]], cases: Set[str], before: int) -> Remainder:
    """Return the acts that remain without some cases; an act over several cases stays for those that stay.

    With a case goes what it was in the queue; what was dismissed there before a moment goes, too.
    """
    gone = cases | {act.item for _, act in acts if isinstance(act, Promoted) and act.case in cases}
    gone |= _dismissed(acts, before)
    undone = {act.line for _, act in acts if isinstance(act, Undone)}
    gone |= {act.case for line, act in acts if isinstance(act, Promoted) and line in undone and act.item in gone}
    kept: list[tuple[int, Act]] = []
    lines: set[int] = set()
    for line, act in acts:
        left = _without(act, gone)
        if left is not None and not (isinstance(left, Undone) and left.line not in lines):
            kept.append((line, left))
            lines.add(line)
    return Remainder(acts=len(acts) - len(kept), kept=tuple(kept))


def _dismissed(acts: Sequence[tuple[int, Act]], before: int) -> set[str]:
    left: dict[str, int] = {}
    states = {line: act for line, act in acts if isinstance(act, ItemChanged) and act.field == "state"}
    for line, act in acts:
        if line in states and isinstance(act, ItemChanged) and act.after == ItemState.DISMISSED:
            left[act.item] = act.at
        elif line in states or (isinstance(act, Undone) and act.line in states) or isinstance(act, Promoted):
            for id_ in concerned(act):
                left.pop(id_, None)
    return {item for item, at in left.items() if at < before}


def _without(act: Act, gone: Set[str]) -> Act | None:
    """Return the rest of an act without the cases that are gone; None: nothing is left."""
    match act:
        case Forgotten():
            return act
        case NamesShown():
            cases = {case: actors for case, actors in act.cases.items() if case not in gone}
            return replace(act, cases=cases) if cases else None
        case Queued() | ItemChanged():
            return None if act.item in gone else act
        case Promoted():
            return None if act.case in gone else act
        case Linked() if act.thing.kind is ObservableKind.CASE and act.thing.value in gone:
            return None
        case _:
            return None if concerned(act)[0] in gone else act


def renumber(kept: Iterable[tuple[int, Act]], first: int) -> list[Act]:
    """Acts as they stand on lines from `first` on: what one takes back is known by its new line."""
    lines: dict[int, int] = {}
    made: list[Act] = []
    for number, (line, act) in enumerate(kept, start=first):
        lines[line] = number
        made.append(replace(act, line=lines[act.line]) if isinstance(act, Undone) else act)
    return made


MOST_TAGS = 20
"""Tags of a case."""
_MOST_VALUES = 500
"""Values in one statement."""


class Records(Journal):
    """The core of every casebook. What a method did is durable when it returns; what it refuses isn't done.

    Every `at` is microseconds after 1970, UTC. NoSuchCaseError: no such case; CasebookUsageError: nothing says who or
    why; CasebookDiskError: the disk refuses; CasebookBusyError: another process writes for too long.
    """

    @property
    def book(self) -> Casebook:
        """All that the casebook says now: a replay of the whole journal."""
        return load_lines(self._store.read(select_lines), self._store.place).book

    def find(self, case: str) -> RecordedCase:
        """A case, with what was done with it."""
        return self._look(lambda unit: unit.record(case))

    def register(self, alerts: Sequence[Alert], at: int) -> tuple[str, ...]:
        """Puts alerts into cases (rules 9 and 10); returns the case of each, in their order.

        An alert that the case has as its last one already, or that a verdict has judged, changes nothing. ValueError:
        an alert without accounts.
        """
        if any(not alert.actors for alert in alerts):
            raise ValueError("actors")
        return self._act(lambda unit: _register(unit, alerts, at)) if alerts else ()

    def open(self, case: str, who: str, why: str, at: int) -> RecordedCase:
        """Opens a case: from here on its accounts' names may be shown (rule 7). Returns it."""
        self._act(lambda unit: _show(unit, {case: accounts_in(unit, case)}, who, why, at, Unmasking.OPENED))
        return self.find(case)

    def unmask(self, cases: Sequence[str], who: str, why: str, at: int) -> None:
        """Opens several cases in one act, for a list that names all of them. None: nothing is recorded."""
        if cases:
            self._act(
                lambda unit: _show(
                    unit, {case: accounts_in(unit, case) for case in cases}, who, why, at, Unmasking.UNMASKED
                )
            )

    @in_act
    def show_reads(
        self, unit: UnitOfWork, case: str, who: str, why: str, at: int, *, actor: str | None = None
    ) -> tuple[str, ...]:
        """Records that somebody sees the reads of a case's accounts, or of one: their names may be shown (rule 7).

        actor: which one, by id or pseudonym; NoSuchCaseError where it is none of the case's. Returns the accounts.
        """
        actors = accounts_in(unit, case)
        chosen = actors if actor is None else (account_of(unit, case, actor),)
        _show(unit, {case: chosen}, who, why, at, Unmasking.READS)
        return chosen

    def forget(self, before: int, who: str, why: str, at: int) -> Forgotten | None:
        """Forgets the cases that were closed before a moment (rule 13); None where there are none."""
        by = reasoned(who, why)

        def work(connection: Connection) -> Forgotten | None:
            found = load_lines(select_lines(connection), self._store.place)
            gone = frozenset(case.id for case in found.book.closed_before(before))
            left = forget_cases(list(found.acts.items()), gone, before)
            if not left.acts:
                return None
            lines, head = len(found.chain.sums), found.chain.sums[-1]
            done = Forgotten(
                at=at,
                **by,
                before=before,
                cases=len(gone),
                acts=left.acts,
                lines=lines,
                head=head,
                last=found.last[0],
                last_item=found.last[1],
            )
            earlier = [act for _, act in left.kept if isinstance(act, Forgotten)]
            others = [(line, act) for line, act in left.kept if not isinstance(act, Forgotten)]
            acts = [*earlier, done, *renumber(others, len(earlier) + 3)]
            self._head = replace_journal(connection, acts, self.pseudonyms.check, self._alias)
            return done

        done = self._store.write(work)
        if done is not None:
            self._store.shred(ALL_TABLES)
        return done


def _register(unit: UnitOfWork, alerts: Sequence[Alert], at: int) -> tuple[str, ...]:
    """Rule 10, for alerts that came together: they never share a case, and see the casebook as it was before."""
    candidates = _candidates(unit, sorted({actor for alert in alerts for actor in alert.actors}))
    ids: list[str] = []
    acts: list[Registered] = []
    last = unit.last("case")
    for alert in alerts:
        case = find_continued_case(candidates, alert, set(ids))
        if case is None:
            last += 1
            ids.append(f"{PREFIX}{last}")
            acts.append(Registered(case=ids[-1], at=at, alert=alert, first=True))
            continue
        ids.append(case.id)
        if case.state not in CLOSED_STATES and _last_alert(unit, case.id) != alert:
            acts.append(Registered(case=case.id, at=at, alert=alert, first=False))
    for act in acts:
        unit.add(act)
    return tuple(ids)


def _candidates(unit: UnitOfWork, actors: Sequence[str]) -> list[Candidate]:
    ids: set[str] = set()
    for start in range(0, len(actors), _MOST_VALUES):
        some = actors[start : start + _MOST_VALUES]
        text = f"SELECT DISTINCT case_id FROM {THINGS.full_name} WHERE kind = ? AND value IN ({marks(some)})"
        ids.update(row[0] for row in query(unit.connection, text, (ObservableKind.ACCOUNT.value, *some)))
    found = []
    for id_ in sorted(ids):
        row = unit.rows.get(CASES, id_)
        if row is not None and row["state"] != CaseState.MERGED:
            times = {name: row[name] for name in ("number", "alerted_at", "last_alerted_at", "read_until")}
            whose = frozenset(accounts_in(unit, id_))
            found.append(Candidate(id=id_, state=CaseState(row["state"]), actors=whose, **times))
    return found


def _last_alert(unit: UnitOfWork, case: str) -> Alert | None:
    line = max(row["line"] for row in unit.rows.group(ALERTS, case).values())
    act = unit.act_at(line)
    return getattr(act, "alert", None)


def _show(
    unit: UnitOfWork, actors: Mapping[str, tuple[str, ...]], who: str, why: str, at: int, look: Unmasking
) -> None:
    unit.add(NamesShown(cases=actors, at=at, **reasoned(who, why), look=look))


def accounts_in(unit: UnitOfWork, case: str) -> tuple[str, ...]:
    """A case's accounts, in the order in which they came."""
    unit.case(case)
    things = sorted(unit.rows.group(THINGS, case).values(), key=lambda row: row["place"])
    return tuple(dict.fromkeys(row["value"] for row in things if row["kind"] == ObservableKind.ACCOUNT))


def account_of(unit: UnitOfWork, case: str, given: str) -> str:
    """The id of a case's account that was given by id or pseudonym."""
    actors = accounts_in(unit, case)
    if given in actors:
        return given
    things = unit.rows.group(THINGS, case).values()
    meant = {row["value"] for row in things if row["alias"] == given and row["kind"] == ObservableKind.ACCOUNT}
    if len(meant) != 1:
        raise NoSuchCaseError("{id} has no such account; `wayseal case list` shows its accounts", id=case)
    return str(meant.pop())


def refuse_merged(unit: UnitOfWork, case: str) -> None:
    """CaseStateError where a case went into another one."""
    if into := unit.case(case)["merged_into"]:
        raise CaseStateError("{id} went into {into}: work on that one, or take it out again", id=case, into=into)


_OF_ITEMS = ("owner", "snoozed")
"""What of something in the queue can be changed as of a case."""


def change_state(unit: UnitOfWork, case: str, state: CaseState, who: str, why: str, at: int) -> None:
    """Changes how a case stands. CaseStateError: not from how it stands now."""
    refuse_merged(unit, case)
    before = CaseState(unit.case(case)["state"])
    if state not in CHANGES[before]:
        raise CaseStateError("{id} is {before}, and can't become {after}", id=case, before=before, after=state)
    _change(unit, case, "state", state.value, at, reasoned(who, why))


def set_field(unit: UnitOfWork, id_: str, field: str, after: str | None, who: str, why: str, at: int) -> None:
    """Changes a field of a case or an item, if it isn't so already."""
    by = reasoned(who, why) if why else {"who": one_line(who, "who"), "why": ""}
    if id_.startswith(ITEM_PREFIX):
        _waiting(unit, id_)
        if field not in _OF_ITEMS:
            raise no_such_case(id_)
    _change(unit, id_, field, after, at, by)


def _change(unit: UnitOfWork, id_: str, field: str, after: str | None, at: int, by: Mapping[str, str]) -> None:
    """Changes a field of a case or an item, if it isn't so already."""
    of_item = id_.startswith(ITEM_PREFIX)
    before = state_field(unit.item(id_) if of_item else unit.case(id_), field)
    act: Callable[..., Act] = partial(ItemChanged, item=id_) if of_item else partial(Changed, case=id_)
    if before != after:
        unit.add(act(at=at, field=field, before=before, after=after, **by))


def tag_case(unit: UnitOfWork, case: str, tag: str, who: str, at: int, *, on: bool) -> None:
    """Gives a case a tag, or takes it away, if it isn't so already."""
    row, said = unit.case(case), clean_tag(tag)
    tags = row["tags"].split(SEPARATOR) if row["tags"] else []
    if on and said not in tags and len(tags) >= MOST_TAGS:
        raise CaseStateError("{id} has {most} tags, and can't have more", id=case, most=MOST_TAGS)
    if (said in tags) != on:
        unit.add(Tagged(case=case, at=at, who=one_line(who, "who"), tag=said, on=on))


def promote_item(unit: UnitOfWork, item: str, who: str, why: str, at: int) -> str:
    """Makes a case of something in the queue; its id. A case of detection is one: somebody works on it now."""
    row = _waiting(unit, item)
    by = reasoned(who, why)
    if not item.startswith(ITEM_PREFIX):
        _change(unit, item, "state", CaseState.IN_PROGRESS.value, at, by)
        return item
    things = sorted(unit.rows.group(THINGS, item).values(), key=lambda thing: thing["place"])
    accounts = tuple(thing["value"] for thing in things if thing["kind"] == ObservableKind.ACCOUNT)
    others = tuple(
        Observable(kind=ObservableKind(thing["kind"]), value=thing["value"])
        for thing in things
        if thing["kind"] != ObservableKind.ACCOUNT
    )
    case = f"{PREFIX}{unit.last('case') + 1}"
    score = row["score"]
    said = {"score": score, "parcels_a_day": 0.0, "worth": is_worth(score, 0, FALSE_ALARM)}
    times = {"alerted_at": row["since"], "read_until": row["read_until"]}
    alert = Alert(actors=accounts, detectors=(row["source"],), **times, **said)
    unit.add(Promoted(item=item, case=case, at=at, alert=alert, things=others, **by))
    return case


def take_item(unit: UnitOfWork, item: str, who: str, at: int) -> None:
    """Makes something in the queue somebody's, and in progress."""
    _waiting(unit, item)
    set_field(unit, item, "owner", who, who, "", at)
    _change(unit, item, "state", ItemState.IN_PROGRESS.value, at, {"who": who, "why": ""})


def dismiss_item(unit: UnitOfWork, item: str, who: str, why: str, at: int) -> None:
    """Takes something out of the queue, as nothing to act on. A case of detection is closed as no case."""
    _waiting(unit, item)
    after = ItemState.DISMISSED if item.startswith(ITEM_PREFIX) else CaseState.NO_CASE
    _change(unit, item, "state", after.value, at, reasoned(who, why))


def _waiting(unit: UnitOfWork, item: str) -> Row:
    row = unit.item(item)
    if row["state"] not in UNDECIDED:
        raise CaseStateError("{id} waits for no decision any more", id=item)
    return row
