"""Rules 11, 12 and 24: verdicts on accounts, what a hearing lacks, and what waits for a second person."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cases.making import DAY, NOW, alert, secret
from tests.tables import each
from wayseal.cases import Cases, open_cases, verify
from wayseal.cases.errors import CasebookError, CasebookUsageError, CaseStateError, NoSuchCaseError
from wayseal.cases.types import CaseState, Observable, ObservableKind, Verdict
from wayseal.cases.verdicts import HearingPoint, ProposalKind, ProposalState

S = CaseState
ALL = tuple(HearingPoint)


@pytest.fixture
def cases(tmp_path: Path) -> Iterator[Cases]:
    """Two cases: c-1 of u-1, u-2 and u-3, c-2 of u-4."""
    with open_cases(tmp_path / "detect", entropy=secret) as opened:
        opened.register([alert("u-1", "u-2", "u-3"), alert("u-4")], NOW)
        yield opened
    assert verify(tmp_path / "detect").sound


def state(cases: Cases, case: str = "c-1") -> CaseState:
    return cases.dossier(case).row.state


def verdicts(cases: Cases, case: str = "c-1") -> list[bool | None]:
    return [one.guilty for one in cases.dossier(case).things]


def test_a_case_closes_with_the_verdict_on_its_last_account(cases: Cases) -> None:
    cases.open("c-1", "Li", "complaint", NOW)
    cases.verdict("c-1", False, "Li", "was on duty", NOW + 1, accounts=["u-1"])
    assert (state(cases), verdicts(cases)) == (S.OPENED, [False, None, None])
    named = cases.dossier("c-1", names=True).things
    assert [one.hidden for one in named] == [True, False, False], "who was found not guilty is a pseudonym again"
    assert cases.known().verdicts == (), "an open case teaches nothing"
    cases.verdict("c-1", True, "Li", "sold", NOW + 2, accounts=[cases.pseudonyms.of("u-2")], lacking=True)
    cases.verdict("c-1", False, "Li", "lent", NOW + 3, accounts=["u-3"])
    assert state(cases) is S.TRUE
    assert [(one.true, one.actors) for one in cases.known().verdicts] == [(True, ("u-2",)), (False, ("u-1", "u-3"))]
    assert cases.known().verdicts == cases.book.verdicts
    # Of an account the last one counts, and the case follows.
    cases.verdict("c-1", False, "Wang", "was work", NOW + 4, accounts=["u-2"])
    assert state(cases) is S.FALSE
    cases.set_state("c-1", S.REOPENED, "Wang", "new numbers", NOW + 5)
    cases.verdict("c-1", True, "Wang", "sold", NOW + 6, lacking=True)
    assert (state(cases), verdicts(cases)) == (S.TRUE, [True, True, True])
    cases.set_state("c-2", S.NO_CASE, "Wang", "nothing", NOW)
    cases.link("c-2", Observable(kind=ObservableKind.ACCOUNT, value="u-9"), "Wang", "seen", NOW)
    with pytest.raises(CaseStateError, match="open it again"):
        cases.verdict("c-2", False, "Wang", "x", NOW, accounts=["u-9"])
    with pytest.raises(NoSuchCaseError):
        cases.verdict("c-2", False, "Wang", "x", NOW, accounts=["u-1"])


def test_a_new_case_with_its_first_verdict_is_in_progress_and_verdicts_are_taken_back_one_by_one(cases: Cases) -> None:
    cases.verdict("c-1", False, "Li", "x", NOW, accounts=["u-1", "u-2"])
    assert state(cases) is S.IN_PROGRESS
    cases.verdict("c-1", False, "Li", "x", NOW + 1, accounts=["u-3"])
    assert state(cases) is S.FALSE
    cases.undo("Li", NOW + 2)
    assert (state(cases), verdicts(cases)) == (S.IN_PROGRESS, [False, False, None])
    line = next(entry.line for entry in cases.timeline("c-1").rows if entry.told.get("accounts") == _aliases(cases, 2))
    cases.undo("Li", NOW + 3, [line])
    assert (state(cases), verdicts(cases)) == (S.NEW, [None, None, None])
    cases.verdict("c-1", False, "Li", "x", NOW + 4, accounts=["u-1"])
    cases.set_state("c-1", S.WAITING, "Wang", "x", NOW + 5)
    with pytest.raises(CasebookError, match="changed c-1 since"):
        cases.undo("Li", NOW + 6)


def _aliases(cases: Cases, many: int) -> list[str]:
    return [cases.pseudonyms.of(f"u-{n}") for n in range(1, many + 1)]


def test_a_verdict_of_guilt_says_what_hearings_lack(cases: Cases) -> None:
    lacking = HearingPoint.SHOWN, HearingPoint.WITNESSES
    cases.hear("c-1", "Li", "I lent it", NOW, actor="u-1", points=[HearingPoint.TOLD])
    cases.hear("c-1", "Li", "To Wang", NOW + 1, actor="u-1", points=[HearingPoint.SHARED])
    cases.hear("c-1", "Li", "No", NOW + 2, actor="u-2", points=ALL)
    assert [one.lacking for one in cases.dossier("c-1").things] == [lacking, (), ALL]
    for meant in (["u-1"], ["u-2", "u-3"], []):
        with pytest.raises(CasebookUsageError, match="lacks points"):
            cases.verdict("c-1", True, "Li", "sold", NOW + 3, accounts=meant)
        with pytest.raises(CasebookUsageError, match="lacks points"):
            cases.propose("c-1", ProposalKind.VERDICT, "Li", "sold", NOW + 3, true=True, accounts=meant)
    cases.verdict("c-1", True, "Li", "sold", NOW + 3, accounts=["u-2"])
    cases.verdict("c-1", True, "Li", "sold", NOW + 4, accounts=["u-1"], lacking=True)
    acts = [act for act in cases.find("c-1").acts if isinstance(act, Verdict)]
    assert [act.accounts[0].lacking for act in acts] == [(), lacking]
    # What was heard goes with the account, into another case and out of it.
    made = cases.split("c-1", [Observable(kind=ObservableKind.ACCOUNT, value="u-1")], "Li", "two", NOW + 5)
    assert [(one.guilty, one.lacking) for one in cases.dossier(made).things] == [(None, lacking)]
    cases.merge(made, "c-2", "Li", "one", NOW + 6)
    assert [one.lacking for one in cases.dossier("c-2").things] == [ALL, lacking]


def test_a_verdict_waits_for_a_second_person(cases: Cases) -> None:
    one = cases.propose("c-1", ProposalKind.VERDICT, "Li", "sold", NOW, true=True, accounts=["u-1"], lacking=True)
    assert [(p.made.case, p.made.proposal, p.made.why, p.made.accounts) for p in cases.proposals(NOW)] == [
        ("c-1", one, "sold", ())
    ]
    assert state(cases) is S.NEW
    with pytest.raises(CaseStateError, match="another person"):
        cases.answer("c-1", one, True, "Li", "yes", NOW + 1)
    with pytest.raises(CaseStateError, match="waits for an answer already"):
        cases.propose("c-1", ProposalKind.VERDICT, "Li", "again", NOW, true=True, accounts=["u-1"], lacking=True)
    cases.answer("c-1", one, True, "Wang", "I agree", NOW + 1)
    assert (state(cases), verdicts(cases)) == (S.IN_PROGRESS, [True, None, None])
    acts = [(entry.act, entry.who, entry.why) for entry in cases.timeline("c-1").rows[:3]]
    assert acts == [("verdict", "Wang", "sold"), ("answered", "Wang", "I agree"), ("proposed", "Li", "sold")]
    # Declined, taken back, and too late.
    no, own, late = (
        cases.propose("c-1", ProposalKind.VERDICT, who, "x", NOW + 2, accounts=["u-2"]) for who in ("Li", "Zhao", "Wu")
    )
    cases.answer("c-1", no, False, "Wang", "the roster says otherwise", NOW + 3)
    cases.answer("c-1", own, False, "Zhao", "wrong account", NOW + 3)
    with pytest.raises(CaseStateError, match="has lapsed"):
        cases.answer("c-1", late, True, "Wang", "yes", NOW + 2 + 3 * DAY)
    with pytest.raises(CaseStateError, match="was answered"):
        cases.answer("c-1", no, True, "Wang", "after all", NOW + 4)
    assert cases.proposals(NOW + 2 + 3 * DAY) == ()
    told = cases.dossier("c-1").proposals
    now = NOW + 4 * DAY
    assert [one.state_at(now).value for one in told] == ["lapsed", "declined", "declined", "granted"]
    assert told[2].answer is not None
    assert told[2].answer.why == "the roster says otherwise"
    assert verdicts(cases) == [True, None, None]


def test_looks_and_packs_are_let_for_a_day_and_who_answers_an_ask_has_the_case(cases: Cases) -> None:
    for kind in (ProposalKind.NAMES, ProposalKind.PACK):
        one = cases.propose("c-2", kind, "Li", "complaint", NOW, to="the police")
        assert cases.granted("c-2", kind, "Li", NOW) is None
        cases.answer("c-2", one, True, "Wang", "yes", NOW + 1)
        found = cases.granted("c-2", kind, "Li", NOW + DAY)
        assert found is not None
        assert (found.made.to, found.state_at(NOW)) == ("the police", ProposalState.GRANTED)
        assert cases.granted("c-2", kind, "Wang", NOW + 1) is None
        assert cases.granted("c-2", kind, "Li", NOW + 1 + DAY) is None
    one = cases.propose("c-2", ProposalKind.ASK, "ann", "who is it?", NOW)
    cases.answer("c-2", one, True, "Wang", "I take it", NOW + 1)
    assert cases.dossier("c-2").row.owner == "Wang"
    assert not cases.book.opened_actors, "no answer opens a name"


REFUSED: list[tuple[Callable[[Cases], object], type[Exception]]] = [
    (lambda c: c.propose("c-9", ProposalKind.NAMES, "Li", "x", NOW), NoSuchCaseError),
    (lambda c: c.propose("c-1", ProposalKind.NAMES, "Li", "", NOW), CasebookUsageError),
    (lambda c: c.propose("c-1", ProposalKind.VERDICT, "Li", "x", NOW, accounts=["u-4"]), NoSuchCaseError),
    (lambda c: c.answer("c-1", "p-1", True, "Li", "x", NOW), NoSuchCaseError),
    (lambda c: c.hear("c-1", "Li", "said", NOW), CasebookUsageError),
]


@each(["act", "error"], REFUSED)
def test_what_is_refused(act: Callable[[Cases], object], error: type[Exception], cases: Cases) -> None:
    line = cases.line()
    with pytest.raises(error):
        act(cases)
    assert cases.line() == line
