"""Verdicts on accounts, and what waits for a second person or for an investigator's answer.

1. What the settings give to two persons is proposed by one, and put in force by another one with the right to do it.
2. Whoever may not see names asks for them, with a reason. An investigator who says yes has the case from then on: no
   answer shows a name to a role that may see none.
3. An account is named as the page shows it: by its id somebody would learn whose pseudonym it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from wayseal.cases import Cases
from wayseal.cases.errors import NoSuchCaseError
from wayseal.cases.types import ObservableKind
from wayseal.cases.verdicts import HearingPoint, ProposalKind
from wayseal.cases.views import Dossier, ObservableRow, Proposal
from wayseal.console.roles import CASE_ROLES, OPENERS
from wayseal.console.web._ask import Ask, StatusError
from wayseal.console.web._render import translator_of
from wayseal.console.web.pages._casework import look_of, me

ASKERS = CASE_ROLES - OPENERS
"""Who may ask for names (rule 2)."""


def give_verdict(ask: Ask, cases: Cases, case: str, at: int) -> None:
    """Gives a verdict, or proposes it (rule 1)."""
    true = ask.choice("verdict", ("true", "false")) == "true"
    accounts = [ask.field("account")] if ask.field("account") else []
    shown = {one.name for one in accounts_of(cases.dossier(case, **look_of(ask, case)))} if accounts else set()
    if not shown.issuperset(accounts):
        raise NoSuchCaseError("{id} has no such thing of its own", id=case)
    lacking, why = bool(ask.field("lacking")), ask.line("why")
    if ProposalKind.VERDICT in ask.site.settings.second_person:
        kind = ProposalKind.VERDICT
        cases.propose(case, kind, me(ask), why, at, true=true, accounts=accounts, lacking=lacking)
    else:
        cases.verdict(case, true, me(ask), why, at, accounts=accounts, lacking=lacking)


def ask_for_names(ask: Ask, cases: Cases, case: str, at: int) -> None:
    """Asks an investigator for names (rule 2)."""
    cases.propose(case, ProposalKind.ASK, me(ask), ask.line("why"), at)


def answer(ask: Ask, cases: Cases, case: str, at: int) -> None:
    """Puts a proposal in force, or declines it. StatusError: it is for others to say."""
    wanted, yes = ask.field("proposal"), ask.field("answer") == "yes"
    found = next((one for one in cases.dossier(case).proposals if one.made.proposal == wanted), None)
    if found is None:
        raise NoSuchCaseError("{id} has no proposal {proposal}", id=case, proposal=wanted[:40])
    if found.made.who != me(ask) and not may_answer(ask, found):
        raise StatusError(403)
    cases.answer(case, wanted, yes, me(ask), ask.line("why"), at)


def may_answer(ask: Ask, one: Proposal) -> bool:
    """Whether somebody may put it in force: never its proposer, and looks and packs are for those who see names."""
    allowed = CASE_ROLES if one.made.kind is ProposalKind.VERDICT else OPENERS
    return one.made.who != me(ask) and ask.whose.person.role in allowed


def accounts_of(dossier: Dossier) -> tuple[ObservableRow, ...]:
    """The accounts of a case, each once, with what all hearings of its person lack."""
    found: dict[str, ObservableRow] = {}
    for one in dossier.things:
        if one.kind is ObservableKind.ACCOUNT and len(one.lacking) <= len(found.get(one.name, one).lacking):
            found[one.name] = one
    return tuple(found.values())


def _hearings(ask: Ask, dossier: Dossier) -> list[tuple[list[str], str]]:
    """Which accounts' hearings lack what, in words; "" where nobody of them was heard."""
    alike: dict[tuple[HearingPoint, ...], list[str]] = {}
    for one in accounts_of(dossier):
        alike.setdefault(one.lacking, []).append(one.name)
    say = translator_of(ask.lang)
    words = {lacking: say.all_of(say.say(f"point.{point.value}") for point in lacking) for lacking in alike}
    words[tuple(HearingPoint)] = ""
    return [(names, words[lacking]) for lacking, names in alike.items() if lacking]


def judging(ask: Ask, dossier: Dossier) -> Mapping[str, Any]:
    """Return what the page of a case says of verdicts, hearings and proposals."""
    now, mine = ask.access.now(), (me(ask), ProposalKind.NAMES)
    return {
        "accounts": accounts_of(dossier),
        "hearings": _hearings(ask, dossier),
        "points": [point.value for point in HearingPoint if point is not HearingPoint.STATEMENT],
        "second": {kind.value for kind in ask.site.settings.second_person},
        "let": any(one.lets(now) for one in dossier.proposals if (one.made.who, one.made.kind) == mine),
        "may_ask": ask.whose.person.role in ASKERS,
        **waiting(ask, dossier.proposals),
    }


def waiting(ask: Ask, some: Sequence[Proposal]) -> Mapping[str, Any]:
    """Return proposals as pages show them: how each stands now, and whether this reader may answer it."""
    now = ask.access.now()
    told = [(one, one.state_at(now).value, may_answer(ask, one)) for one in some]
    return {"proposals": told}
