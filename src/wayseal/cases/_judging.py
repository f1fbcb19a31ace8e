"""Hearing people, verdicts on accounts, and what one person proposes and another answers (rules 11, 12 and 24)."""

from collections.abc import Sequence

from wayseal.cases._page_rows import proposals_of
from wayseal.cases._project_judging import PROPOSAL_PREFIX, lacking_of, verdicts_of
from wayseal.cases._records import Records, account_of, accounts_in, refuse_merged, set_field
from wayseal.cases._tables import JOURNAL, PROPOSALS, THINGS, Row, marks
from wayseal.cases._unit_of_work import UnitOfWork, in_act, in_look
from wayseal.cases.book import PROPOSING, RecordedCase
from wayseal.cases.errors import CasebookUsageError, CaseStateError, NoSuchCaseError
from wayseal.cases.types import OPEN_STATES, VERDICTS, Answered, CaseState, Heard, Proposed, Verdict
from wayseal.cases.verdicts import WAIT_US, AccountVerdict, HearingPoint, ProposalKind, ProposalState
from wayseal.cases.views import Proposal
from wayseal.cases.writing import one_line, reasoned, several_lines
from wayseal.database import query

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

        def hear(unit: UnitOfWork) -> None:
            whose = None if actor is None else account_of(unit, case, actor)
            if whose is None and len(accounts_in(unit, case)) > 1:
                raise CasebookUsageError("{id} has several accounts: say whose statement it is", key="actor", id=case)
            by, said = one_line(who, "who"), several_lines(statement, "statement")
            ticked = tuple(one for one in HearingPoint if one in points and one is not HearingPoint.STATEMENT)
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

    @in_act
    def propose(
        self,
        unit: UnitOfWork,
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
        row = unit.case(case)
        refuse_merged(unit, case)
        whose: tuple[str, ...] = ()
        if kind is ProposalKind.VERDICT:
            meant = _verdict(unit, case, true, (who, why, at), accounts, lacking)
            whose = tuple(one.account for one in meant.accounts) if accounts else ()
        made = Proposed(
            case=case,
            at=at,
            **reasoned(who, why),
            proposal=f"{PROPOSAL_PREFIX}{row['next_proposal']}",
            kind=kind,
            until=at + WAIT_US,
            true=true,
            accounts=whose,
            lacking=lacking,
            to=one_line(to, "to") if to else "",
        )
        if any(_same(unit, each, made) for each in unit.rows.group(PROPOSALS, case).values()):
            raise CaseStateError("the same waits for an answer already")
        unit.add(made)
        return made.proposal

    @in_act
    def answer(self, unit: UnitOfWork, case: str, proposal: str, yes: bool, who: str, why: str, at: int) -> None:
        """Puts what another person proposed in force, or declines it; one's own can be taken back (rule 24).

        A verdict is given with it, and whoever says yes to an `ask` has the case from then on; the others let their
        proposer do it, for a day.
        """
        unit.case(case)
        row = unit.rows.get(PROPOSALS, case, proposal)
        if row is None:
            raise NoSuchCaseError("{id} has no proposal {proposal}", id=case, proposal=proposal)
        if row["state"] != ProposalState.WAITING or at >= row["until"]:
            raise CaseStateError("it was answered, or has lapsed")
        if yes and row["who"] == who:
            raise CaseStateError("another person puts it in force, never its proposer")
        unit.add(Answered(case=case, at=at, **reasoned(who, why), proposal=proposal, yes=yes))
        made = unit.act_at(row["line"])
        if yes and isinstance(made, Proposed) and made.kind is ProposalKind.VERDICT:
            unit.add(_verdict(unit, case, made.true, (who, made.why, at), made.accounts, made.lacking))
        elif yes and isinstance(made, Proposed) and made.kind is ProposalKind.ASK:
            set_field(unit, case, "owner", who, who, why, at)

    def granted(self, case: str, kind: ProposalKind, who: str, now: int) -> Proposal | None:
        """Find what another person lets somebody do now; None: nothing of that kind. 1 statement."""
        return next((one for one in self.case_proposals(case, kind) if one.made.who == who and one.lets(now)), None)

    @in_look
    def case_proposals(self, unit: UnitOfWork, case: str, kind: ProposalKind) -> tuple[Proposal, ...]:
        """Return what was proposed of a kind in a case, the newest first, without accounts: 1 statement."""
        where = f"a.case_id = ? AND a.act IN ({marks(PROPOSING)}) ORDER BY a.line DESC LIMIT ?"
        acts = unit.acts(where, (case, *PROPOSING, 4 * _MOST))
        return tuple(one for one in proposals_of((act for _, act in acts)) if one.made.kind is kind)

    @in_look
    def proposals(self, unit: UnitOfWork, now: int) -> tuple[Proposal, ...]:
        """Return what waits for a second person, what lapses first at first, without accounts: 1 statement."""
        text = (
            f"SELECT p.line, j.content FROM {PROPOSALS.full_name} AS p JOIN {JOURNAL} AS j ON j.line = p.line "
            "WHERE p.state = ? AND p.until > ? ORDER BY p.until, p.line LIMIT ?"
        )
        rows = query(unit.connection, text, (ProposalState.WAITING.value, now, _MOST))
        acts = (unit.parse(int(line), content) for line, content in rows)
        return tuple(one for act in acts for one in proposals_of((act,)))


def _same(unit: UnitOfWork, row: Row, made: Proposed) -> bool:
    if row["state"] != ProposalState.WAITING or row["until"] <= made.at or row["who"] != made.who:
        return False
    old = unit.act_at(row["line"])
    what = (made.kind, made.true, made.accounts)
    return isinstance(old, Proposed) and (old.kind, old.true, old.accounts) == what


def _verdict(
    unit: UnitOfWork, case: str, true: bool, by: tuple[str, str, int], given: Sequence[str], lacking: bool
) -> Verdict:
    """The act that judges accounts of a case."""
    before = CaseState(unit.case(case)["state"])
    refuse_merged(unit, case)
    who, why, at = by
    signed = reasoned(who, why)
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
    return Verdict(case=case, at=at, **signed, true=true, before=before, accounts=judged)
