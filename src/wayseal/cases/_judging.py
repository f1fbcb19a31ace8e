"""Hearing people, verdicts on accounts, and what one person proposes and another answers (rules 11, 12 and 24)."""

from collections.abc import Sequence

from wayseal.cases._page_rows import Call, proposal_row
from wayseal.cases._project_judging import PROPOSAL_PREFIX, lacking_of, verdicts_of
from wayseal.cases._project_records import SEPARATOR
from wayseal.cases._records import Records, account_of, accounts_in, refuse_merged, set_field, several_lines
from wayseal.cases._tables import PROPOSALS, THINGS, Row
from wayseal.cases._unit_of_work import UnitOfWork
from wayseal.cases.book import RecordedCase
from wayseal.cases.errors import CasebookUsageError, CaseStateError, NoSuchCaseError
from wayseal.cases.types import (
    OPEN_STATES,
    VERDICTS,
    Answered,
    CaseState,
    Heard,
    Proposed,
    Verdict,
    one_line,
)
from wayseal.cases.verdicts import WAIT_US, AccountVerdict, HearingPoint, ProposalKind, ProposalState
from wayseal.cases.views import Proposal

_MOST = 50


class Judging(Records):
    """What leads to a verdict. Errors as for `Records`; CaseStateError: not as things stand now."""

    def hear(
        self,
        case: str,
        who: str,
        statement: str,
        at: int,
        *,
        actor: str | None = None,
        points: Sequence[HearingPoint] = (),
    ) -> RecordedCase:
        """Records what the person concerned said (rule 11). who: who wrote it down.

        actor: whose account it is, by id or pseudonym; a case of several accounts needs it (CasebookUsageError).
        points: what of a hearing was done. NoSuchCaseError also where that account is none of the case's. Returns the
        case.
        """
        ticked = tuple(point for point in HearingPoint if point in points and point is not HearingPoint.STATEMENT)

        def hear(unit: UnitOfWork) -> None:
            whose, by = _whose(unit, case, actor), one_line(who, "who")
            said = several_lines(statement, "statement")
            unit.add(Heard(case=case, at=at, who=by, statement=said, actor=whose, points=ticked))

        self._act(hear)
        return self.find(case)

    def verdict(
        self, case: str, true: bool, who: str, why: str, at: int, *, accounts: Sequence[str] = (), lacking: bool = False
    ) -> RecordedCase:
        """Judges accounts of a case, which closes it once all are judged (rule 12). Returns it.

        true: the reads were not work. accounts: by id or pseudonym; () for all. lacking: it says that hearings lack
        points where they do, without which it is refused (CasebookUsageError).
        """
        self._act(lambda unit: unit.add(_verdict(unit, case, true, (who, why, at), accounts, lacking)))
        return self.find(case)

    def propose(
        self,
        case: str,
        kind: ProposalKind,
        who: str,
        why: str,
        at: int,
        *,
        true: bool = False,
        accounts: Sequence[str] = (),
        lacking: bool = False,
        to: str = "",
    ) -> str:
        """Proposes something that another person puts in force (rule 24); its id. Of a verdict as `verdict`."""

        def propose(unit: UnitOfWork) -> str:
            row = unit.case(case)
            refuse_merged(unit, case)
            whose: tuple[str, ...] = ()
            if kind is ProposalKind.VERDICT:
                meant = _verdict(unit, case, true, (who, why, at), accounts, lacking)
                whose = tuple(one.account for one in meant.accounts) if accounts else ()
            made = Proposed(
                case=case,
                at=at,
                who=one_line(who, "who"),
                why=one_line(why, "why"),
                proposal=f"{PROPOSAL_PREFIX}{row['next_proposal']}",
                kind=kind,
                until=at + WAIT_US,
                true=true,
                accounts=whose,
                lacking=lacking,
                to=one_line(to, "to") if to else "",
            )
            if any(_same(each, made) for each in unit.rows.group(PROPOSALS, case).values()):
                raise CaseStateError("the same waits for an answer already")
            unit.add(made)
            return made.proposal

        return self._act(propose)

    def answer(self, case: str, proposal: str, yes: bool, who: str, why: str, at: int) -> None:
        """Puts what another person proposed in force, or declines it; one's own can be taken back (rule 24).

        A verdict is given with it, and whoever says yes to an `ask` has the case from then on; the others let their
        proposer do it, for a day.
        """

        def answer(unit: UnitOfWork) -> None:
            unit.case(case)
            row = unit.rows.get(PROPOSALS, case, proposal)
            if row is None:
                raise NoSuchCaseError("{id} has no proposal {proposal}", id=case, proposal=proposal)
            if row["state"] != ProposalState.WAITING or at >= row["until"]:
                raise CaseStateError("it was answered, or has lapsed")
            if yes and row["who"] == who:
                raise CaseStateError("another person puts it in force, never its proposer")
            by, reason = one_line(who, "who"), one_line(why, "why")
            unit.add(Answered(case=case, at=at, who=by, why=reason, proposal=proposal, yes=yes))
            if yes and row["kind"] == ProposalKind.VERDICT:
                accounts, given = _split(row["accounts"]), (who, row["why"], at)
                unit.add(_verdict(unit, case, bool(row["guilty"]), given, accounts, bool(row["lacking"])))
            elif yes and row["kind"] == ProposalKind.ASK:
                set_field(unit, case, "owner", who, who, why, at)

        self._act(answer)

    def granted(self, case: str, kind: ProposalKind, who: str, now: int) -> Proposal | None:
        """Find what another person lets somebody do now; None: nothing of that kind. 1 statement."""

        def ask(unit: UnitOfWork) -> Proposal | None:
            rows = unit.rows.group(PROPOSALS, case).values()
            own = (proposal_row(row, _nameless) for row in rows if row["who"] == who and row["kind"] == kind)
            return max((one for one in own if one.lets(now)), key=lambda one: one.answered_at, default=None)

        return self._look(ask)

    def case_proposals(self, case: str, kind: ProposalKind) -> tuple[Proposal, ...]:
        """Return what was proposed of a kind in a case, the newest first, without accounts: 1 statement."""
        rest = "WHERE case_id = ? AND kind = ? ORDER BY at DESC LIMIT ?"
        rows = self._look(lambda unit: unit.select(PROPOSALS, rest, (case, kind.value, _MOST)))
        return tuple(proposal_row({**row, "accounts": ""}, _nameless) for row in rows)

    def proposals(self, now: int) -> tuple[Proposal, ...]:
        """Return what waits for a second person, what lapses first at first, without accounts: 1 statement."""
        rest = "WHERE state = ? AND until > ? ORDER BY until, case_id LIMIT ?"
        rows = self._look(lambda unit: unit.select(PROPOSALS, rest, (ProposalState.WAITING.value, now, _MOST)))
        return tuple(proposal_row({**row, "accounts": ""}, _nameless) for row in rows)


_nameless: Call = lambda thing: ""  # noqa: E731


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(SEPARATOR)) if text else ()


def _same(row: Row, made: Proposed) -> bool:
    waits = row["state"] == ProposalState.WAITING and row["until"] > made.at
    what = (row["kind"], row["guilty"], _split(row["accounts"]))
    return waits and row["who"] == made.who and what == (made.kind, made.true, made.accounts)


def _verdict(
    unit: UnitOfWork, case: str, true: bool, by: tuple[str, str, int], given: Sequence[str], lacking: bool
) -> Verdict:
    """The act that judges accounts of a case."""
    before = CaseState(unit.case(case)["state"])
    refuse_merged(unit, case)
    who, why, at = one_line(by[0], "who"), one_line(by[1], "why"), by[2]
    things = list(unit.rows.group(THINGS, case).values())
    were = verdicts_of(things)
    chosen = tuple(dict.fromkeys(account_of(unit, case, one) for one in given)) or accounts_in(unit, case)
    if set(chosen) < were.keys() and before not in OPEN_STATES | VERDICTS:
        raise CaseStateError("{id} is closed: open it again before some of its accounts are judged", id=case)
    judged = tuple(
        AccountVerdict(account=one, was=were[one], lacking=lacking_of(things, one) if true else ()) for one in chosen
    )
    if not lacking and any(one.lacking for one in judged):
        raise CasebookUsageError(
            "a hearing lacks points: hear the person, or say with the verdict that they are lacking", key="lacking"
        )
    return Verdict(case=case, at=at, who=who, why=why, true=true, before=before, accounts=judged)


def _whose(unit: UnitOfWork, case: str, given: str | None) -> str | None:
    """The id of a case's account that was given by id or pseudonym; None: it has one, and none was given."""
    if given is None:
        if len(accounts_in(unit, case)) > 1:
            raise CasebookUsageError("{id} has several accounts: say whose statement it is", key="actor", id=case)
        return None
    return account_of(unit, case, given)
