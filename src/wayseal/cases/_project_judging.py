"""What hearings, verdicts and proposals come to: rows (rules 11, 12 and 24)."""

from collections.abc import Iterable, Mapping
from typing import Any

from wayseal.cases._project_records import SEPARATOR, RecordProjector, number_of
from wayseal.cases._tables import PROPOSALS, THINGS
from wayseal.cases.types import (
    OPEN_STATES,
    VERDICTS,
    Answered,
    CaseState,
    Heard,
    ObservableKind,
    Proposed,
    Verdict,
)
from wayseal.cases.verdicts import WAIT_US, HearingPoint, ProposalState

PROPOSAL_PREFIX = "p-"
Row = Mapping[str, Any]


def accounts_of(things: Iterable[Row]) -> list[Row]:
    """Return those of a case's things that are accounts."""
    return [row for row in things if row["kind"] == ObservableKind.ACCOUNT]


def verdicts_of(things: Iterable[Row]) -> dict[str, bool | None]:
    """Return the verdict of each account of a case; None where it has none."""
    return {row["value"]: None if row["guilty"] is None else bool(row["guilty"]) for row in accounts_of(things)}


def lacking_of(things: Iterable[Row], account: str) -> tuple[HearingPoint, ...]:
    """Return the points that hearings of an account's person lack."""
    had = {one for row in accounts_of(things) if row["value"] == account for one in row["heard"].split(SEPARATOR)}
    return tuple(point for point in HearingPoint if point not in had)


def state_by(before: CaseState, verdicts: Iterable[bool | None]) -> CaseState:
    """Return how a case stands by its accounts' verdicts (rule 12). ValueError: it is closed otherwise."""
    some = tuple(verdicts)
    if None not in some or before in VERDICTS:
        return CaseState.TRUE if True in some else CaseState.FALSE
    if before not in OPEN_STATES:
        raise ValueError("state")
    return CaseState.IN_PROGRESS if before is CaseState.NEW else before


class JudgeProjector(RecordProjector):
    """Hearings, verdicts on accounts, and what one person proposes and another answers."""

    def _hear(self, line: int, act: Heard) -> None:
        row, accounts = self._case(act.case), self._accounts(act.case)
        if act.actor is not None and act.actor not in accounts:
            raise ValueError("actor")
        whose = accounts if act.actor is None and len(accounts) == 1 else {act.actor}
        for thing in accounts_of(self._things(act.case)):
            if thing["value"] in whose:
                points = {*thing["heard"].split(SEPARATOR), HearingPoint.STATEMENT, *act.points} - {""}
                self._rows.put(THINGS, {**thing, "heard": SEPARATOR.join(sorted(points))})
        self._touch(row, line, act.at, statements=row["statements"] + 1)

    def _judge(self, line: int, act: Verdict) -> None:
        row, things = self._case(act.case), self._things(act.case)
        if row["state"] != act.before or act.before == CaseState.MERGED:
            raise ValueError("was")
        were = verdicts_of(things)
        for one in act.accounts:
            if were.get(one.account, not one.was) is not one.was:
                raise ValueError("was")
            if one.lacking != (lacking_of(things, one.account) if act.true else ()):
                raise ValueError("lacking")
        whose = {one.account for one in act.accounts} or set(were)
        if len(whose) < len(act.accounts):
            raise ValueError("accounts")
        if not act.true:
            self._hide(act.case, whose)
        now = self._set_verdicts(act.case, dict.fromkeys(whose, act.true), line)
        state = state_by(act.before, now.values() or (act.true,))
        closed = {"closed_at": act.at} if state in VERDICTS else {}
        self._touch(row, line, act.at, state=state.value, verdict_line=line, **closed)

    def _set_verdicts(self, case: str, verdicts: Mapping[str, bool | None], line: int) -> dict[str, bool | None]:
        for thing in accounts_of(self._things(case)):
            if thing["value"] in verdicts:
                true = verdicts[thing["value"]]
                self._rows.put(THINGS, {**thing, "guilty": None if true is None else int(true), "judged_line": line})
        return verdicts_of(self._things(case))

    def _hide(self, case: str, whose: set[str]) -> None:
        """Names of those accounts may be shown no more, nor what may be shown because all names may (rule 7)."""
        everybody = whose == self._accounts(case)
        for id_ in (case, *sorted(self._children(case))):
            if everybody or whose & self._accounts(id_):
                for thing in self._things(id_):
                    account = thing["kind"] == ObservableKind.ACCOUNT
                    if thing["named"] and (everybody or not account or thing["value"] in whose):
                        self._rows.put(THINGS, {**thing, "named": 0})

    def _unjudge(self, line: int, at: int, undone: Verdict, made_line: int) -> None:
        """Takes the last verdict of a case back, unless the case was changed since."""
        row, things = self._case(undone.case), self._things(undone.case)
        now = verdicts_of(things)
        changed = row["state"] != state_by(undone.before, now.values() or (undone.true,))
        if changed or row["verdict_line"] != made_line or undone.before in VERDICTS:
            raise ValueError("was")
        were = {one.account: one.was for one in undone.accounts} or dict.fromkeys(now)
        if not were.keys() <= now.keys():
            raise ValueError("accounts")
        self._set_verdicts(undone.case, were, 0)
        last = max((thing["judged_line"] for thing in accounts_of(self._things(undone.case))), default=0)
        self._touch(row, line, at, state=undone.before.value, verdict_line=last or None)

    def _propose(self, line: int, act: Proposed) -> None:
        row = self._case(act.case)
        number = number_of(act.proposal, PROPOSAL_PREFIX)
        if number != row["next_proposal"] or not act.at < act.until <= act.at + WAIT_US:
            raise ValueError("proposal")
        if not self._accounts(act.case).issuperset(act.accounts):
            raise ValueError("accounts")
        waits = {"until": int(act.until), "state": ProposalState.WAITING.value}
        self._rows.put(
            PROPOSALS, {"case_id": act.case, "proposal": act.proposal, "line": line, "who": act.who, **waits}
        )
        self._touch(row, line, act.at, next_proposal=number + 1)

    def _answer(self, line: int, act: Answered) -> None:
        row, found = self._case(act.case), self._rows.get(PROPOSALS, act.case, act.proposal)
        if found is None or found["state"] != ProposalState.WAITING or act.at >= found["until"]:
            raise ValueError("proposal")
        if act.yes and act.who == found["who"]:
            raise ValueError("who")
        state = ProposalState.GRANTED if act.yes else ProposalState.DECLINED
        self._rows.put(PROPOSALS, {**found, "state": state.value})
        self._touch(row, line, act.at)
