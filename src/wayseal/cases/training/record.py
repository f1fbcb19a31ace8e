"""The record of training, and what it comes to (rules 3 to 6 of `cases.training`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wayseal.cases.errors import CasebookChangedError, TrainingError
from wayseal.cases.training.courses import Account, Rules, Standing, add_months, load_rules
from wayseal.cases.verdicts import WAIT_US
from wayseal.journal.record import Act, StateRecord, same_person
from wayseal.ledger import Snapshot
from wayseal.model.kinds import ActorKind
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Moment, Name
from wayseal.model.times import DAY_US, HOUR_US

FOLDER, RECORD = "training", "training.jsonl"
"""In a ledger: where the record is."""
_HEADER = {"wayseal": "training", "version": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """That somebody completed a course on a day. score: percent."""

    __pydantic_config__: ClassVar = CLOSED
    account: Name
    course: Name
    day: date
    score: Annotated[int, Field(ge=0, le=100)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed(Act):
    """Completions: typed in, of a test that `who` supervised (`failed` counts for nothing), or of a file.

    file, sha256: name, digest; whole: the course of which it is all; gone: who had completed that, and is missing.
    """

    kind: Literal["completed"] = "completed"
    how: Literal["typed", "test", "failed", "imported"]
    rows: tuple[Done, ...]
    file: str = ""
    sha256: str = ""
    whole: str = ""
    gone: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked(Act):
    """A completion was a mistake."""

    kind: Literal["revoked"] = "revoked"
    row: Done
    why: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Act):
    """An emergency opening (rule 5)."""

    kind: Literal["opened"] = "opened"
    id: Name
    account: Name
    until: Moment
    why: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted(Act):
    """Other rules."""

    kind: Literal["adopted"] = "adopted"
    rules: Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutting(Act):
    """A vault is to shut out so many, of so many who are open there."""

    kind: Literal["shutting"] = "shutting"
    shut: int
    of: int


Braked = Completed | Revoked | Adopted | Shutting


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Act):
    """What waits for a second person (rule 4). shut: how many it would shut out."""

    kind: Literal["held"] = "held"
    id: Name
    act: Annotated[Braked, Field(discriminator="kind")]
    shut: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Act):
    """The second person's answer to what is held or was opened."""

    kind: Literal["answered"] = "answered"
    id: Name
    yes: bool


AnyAct = Braked | Opened | Held | Answered
ACT: Any = Annotated[AnyAct, Field(discriminator="kind")]


@dataclass(slots=True, kw_only=True)
class Training:
    """What the record comes to.

    done: days that count, by account and course; struck: what was revoked, without scores; asked: what is held or was
    opened, by id; failed: when a test wasn't passed last, by account and course; acts: by account, in their order.
    """

    rules: Rules = field(default_factory=load_rules)
    done: dict[tuple[str, str], frozenset[date]] = field(default_factory=dict)
    struck: dict[Done, Revoked] = field(default_factory=dict)
    asked: dict[str, Held | Opened] = field(default_factory=dict)
    answers: dict[str, Answered] = field(default_factory=dict)
    acts: dict[str, tuple[AnyAct, ...]] = field(default_factory=dict)
    failed: dict[tuple[str, str], int] = field(default_factory=dict)

    def standing(self, account: Account, now: int) -> Standing:
        """How an account stands."""
        openings = (one for one in self.acts.get(account.account, ()) if isinstance(one, Opened))
        until = (one.until for one in openings if now < one.until and getattr(self.answers.get(one.id), "yes", True))
        stands = partial(Standing, account=account, opened=max(until, default=None), now=now)
        ends = list[tuple[date, str, date]]()
        for one in self.rules.needed(account.role):
            days = self.done.get((account.account, one.name))
            if not days:
                return stands(course=one.name)
            end = add_months(max(days), one.months)
            ends.append((end, one.name, end + timedelta(days=one.grace_days)))
        if not ends:
            return stands()
        first, course, _ = min(ends)
        return stands(course=course, ends=first, closes=min(closes for *_, closes in ends))

    def completions(self, account: str) -> list[Done]:
        """The days of an account that count."""
        found = [(course, day) for (who, course), days in self.done.items() if who == account for day in days]
        return [Done(account=account, course=course, day=day) for course, day in sorted(found)]

    def waiting(self, now: int) -> list[Held | Opened]:
        """What a second person has to answer; what was held for too long isn't among it."""
        asked = (one for one in self.asked.values() if one.id not in self.answers)
        return [one for one in asked if isinstance(one, Opened) or now <= one.at + WAIT_US]

    def may_shut(self, shut: int, of: int, now: int) -> bool:
        """Check whether a vault may shut out so many: few, or no more than two have agreed to within a day (rule 4)."""
        agreed = {a.id for a in self.answers.values() if a.yes and now < a.at + DAY_US}
        allowed = sum(one.shut for one in self.asked.values() if isinstance(one, Held) and one.id in agreed)
        return shut <= allowed or not self.rules.brakes(shut, of)

    def may_try(self, account: str, course: str, now: int) -> bool:
        """Check whether somebody may take the test (rule 6)."""
        return now >= self.failed.get((account, course), 0) + DAY_US

    def weigh(self, act: AnyAct, accounts: Iterable[Account]) -> tuple[int, int]:
        """How many of those who are open an act would shut out, and how many are. TrainingError: it can't be."""
        after = self.copy()
        try:
            after.apply(act)
        except ValueError as error:
            raise TrainingError(str(error)) from None
        if isinstance(act, Shutting):
            return act.shut, act.of
        adds = isinstance(act, Completed) and not act.gone
        before = [] if adds else [one for one in accounts if self.standing(one, act.at).open]
        return sum(not after.standing(one, act.at).open for one in before), len(before)

    def copy(self) -> "Training":
        """One that doesn't change with it."""
        tables = {name: dict(getattr(self, name)) for name in self.__slots__ if name != "rules"}
        return Training(rules=self.rules, **tables)

    def apply(self, act: AnyAct) -> None:
        """Takes an act. ValueError, which says why: it can't be."""
        match act:
            case Completed():
                self._complete(act)
            case Revoked():
                key, struck = (act.row.account, act.row.course), replace(act.row, score=None)
                days = self.done.get(key, frozenset())
                _must(act.row.day in days, N_("there is no such completion (any more)"))
                self.done[key], self.struck[struck] = days - {act.row.day}, act
                self._note(act.row.account, act)
            case Adopted():
                self.rules = act.rules
            case Opened():
                most = act.at + self.rules.emergency_hours * HOUR_US
                _must(act.at < act.until <= most, N_("an emergency opening may not last so long"))
                owed = {one.account for one in self.waiting(act.at) if isinstance(one, Opened)}
                _must(act.account not in owed, N_("its last opening waits for a second person's answer"))
                self.asked[act.id] = act
                self._note(act.account, act)
            case Held():
                self.asked[act.id] = act
            case Answered():
                self._answer(act)

    def _complete(self, act: Completed) -> None:
        for row in act.rows:
            key, struck = (row.account, row.course), replace(row, score=None)
            if act.how == "failed":
                self.failed[key] = act.at
            elif act.how != "imported" or struck not in self.struck:
                self.struck.pop(struck, None)
                self.done[key] = self.done.get(key, frozenset()) | {row.day}
        for account in act.gone:
            self.done.pop((account, act.whole), None)
        for account in {row.account for row in act.rows}.union(act.gone):
            self._note(account, act)

    def _answer(self, act: Answered) -> None:
        asked = {one.id: one for one in self.waiting(act.at)}.get(act.id)
        if asked is None:
            raise ValueError(N_("nothing waits under this id (any more)"))
        withdrawn = isinstance(asked, Held) and not act.yes
        _must(withdrawn or not same_person(asked.who, act.who), N_("another person than the first has to answer"))
        self.answers[act.id] = act
        if isinstance(asked, Opened):
            self._note(asked.account, act)
        elif act.yes:
            self.apply(replace(asked.act, at=act.at))

    def _note(self, account: str, act: AnyAct) -> None:
        self.acts[account] = (*self.acts.get(account, ()), act)


def _must(can_be: bool, why: str) -> None:
    if not can_be:
        raise ValueError(why)


class TrainingRecord(StateRecord[Training]):
    """The record of a ledger."""

    def __init__(self, ledger: Path) -> None:
        """Takes the ledger, in which the first act makes a folder."""
        changed = partial(CasebookChangedError, N_("the record of training was changed"))
        super().__init__(ledger / FOLDER / RECORD, _HEADER, ACT, Training, changed)

    def put(self, act: AnyAct, accounts: Iterable[Account] = (), *, id: str) -> AnyAct:  # noqa: A002
        """Puts an act on record, or holds it for a second person (rule 4), which is what comes back then.

        accounts: all there are, among whom is counted who is shut out; id: a new one, of what is held. TrainingError:
        it can't be. CasebookChangedError, JournalBusyError, OSError: nothing was added.
        """
        with self.writing() as (state, write):
            shut, of = state.weigh(act, accounts)
            rules = state.rules
            if isinstance(act, Braked) and (
                rules.brakes(shut, of) or (isinstance(act, Adopted) and act.rules.loosens(rules))
            ):
                act = Held(at=act.at, who=act.who, id=id, act=act, shut=shut)
            write(act)
            return act


def read_accounts(snapshot: Snapshot) -> Mapping[str, Account]:
    """The people of a ledger's directory, by account."""
    rows = snapshot.actors().select(["actor", "kind", "role", "outlet"]).to_pylist()
    people = [row for row in rows if row["kind"] == ActorKind.PERSON]
    return {row["actor"]: Account(account=row["actor"], role=row["role"], outlet=row["outlet"]) for row in people}
