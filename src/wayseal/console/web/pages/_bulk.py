"""One decision on many: what was picked of the queue or the list of cases, or all that fits what is chosen.

1. Nothing is done before a page showed what will be done to what, and how many there are.
2. What is done is what was shown: the form names each, and the casebook's last line at that moment. What came since
   isn't touched; what somebody changed since is left as it is, and told.
3. It is done in one go, up to `MOST_AT_ONCE`, and can be taken back in one for a minute. A verdict isn't given to many:
   each is looked at by itself.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from wayseal.cases.types import CLOSED_STATES, CaseState, Priority, one_line
from wayseal.cases.views import CaseRow, Decision, Deed, ItemRow
from wayseal.console.errors import AccessError
from wayseal.console.web._ask import Ask
from wayseal.console.web._case_words import reasons_of, reasons_of_item
from wayseal.console.web.pages._desk import bar, me, number_given, owner_given, the_cases, until_given, with_query

PICK = "pick."
OF_ITEMS = (Deed.PROMOTE, Deed.ASSIGN, Deed.SNOOZE, Deed.DISMISS)
OF_CASES = (Deed.ASSIGN, Deed.PRIORITY, Deed.SNOOZE, Deed.STATE)
STATES = (
    CaseState.IN_PROGRESS,
    CaseState.WAITING,
    CaseState.DUPLICATE,
    CaseState.NO_CASE,
    CaseState.REOPENED,
)
"""What can be given to many."""
SHOWN = 100
"""Rows that are shown of what will be done; of the others, their ids."""
_REASONED = (Deed.PROMOTE, Deed.SNOOZE, Deed.DISMISS, Deed.STATE)
_ID = re.compile(r"[cq]-[1-9][0-9]{0,15}")
Row = CaseRow | ItemRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is to be decided on together.

    Attributes:
        rows: Each.
        total: How many fit, where all that fit are meant: more than `rows` where they are too many for one go.
        line: The casebook's last line when that was so.
        gone: What was picked and isn't there any more.
    """

    rows: Sequence[Row]
    total: int
    line: int
    gone: Sequence[str] = ()


def picked(ask: Ask) -> list[str]:
    """What was ticked."""
    return sorted(name.removeprefix(PICK) for name, value in ask.form.items() if name.startswith(PICK) and value)


def means_all(ask: Ask) -> bool:
    """Whether all that fits is meant, and not what was ticked."""
    return ask.field("scope") == "all"


def decision_given(ask: Ask, deeds: Sequence[Deed]) -> Decision:
    """What is to be done, of the form: checked before anything is done.

    Args:
        ask: The request.
        deeds: What there is to choose.

    Returns:
        It.

    Raises:
        AccessError: Nothing was chosen, or it lacks something.
        CasebookUsageError: The reason can't be one.
    """
    if ask.field("act") not in deeds:
        raise AccessError("choose what is to be done", key="act")
    deed, why = Deed(ask.field("act")), ask.line("why")
    if deed in _REASONED:
        one_line(why, "why")
    until = until_given(ask) if deed is Deed.SNOOZE else None
    if deed is Deed.SNOOZE and until is None:
        raise AccessError("until when is it put off?", key="until")
    state, priority = ask.field("to_state"), ask.field("priority")
    if deed is Deed.STATE and state not in STATES:
        raise AccessError("choose one of the list", key="to_state")
    if deed is Deed.PRIORITY and priority not in set(Priority):
        raise AccessError("choose one of the list", key="priority")
    return Decision(
        deed=deed,
        why=why,
        owner=owner_given(ask) if deed is Deed.ASSIGN else None,
        until=until,
        state=CaseState(state) if deed is Deed.STATE else None,
        priority=Priority(priority) if deed is Deed.PRIORITY else None,
    )


def show_preview(ask: Ask, place: str, chosen: Chosen, decision: Decision, state: Mapping[str, str]) -> Response:
    """What will be done to what (rule 1).

    Args:
        ask: The request.
        place: The path of the list.
        chosen: What it will be done to.
        decision: What will be done.
        state: What the list's address said, to come back to it.

    Returns:
        The page.
    """
    return ask.page(
        "bulk_preview",
        place=place,
        decision=decision,
        chosen=chosen,
        lines=[(row, _reasons(ask, row)) for row in chosen.rows[:SHOWN]],
        others=[row.id for row in chosen.rows[SHOWN:]],
        ids=",".join(row.id for row in chosen.rows),
        closes=decision.deed is Deed.DISMISS or decision.state in CLOSED_STATES,
        fields={name: ask.field(name) for name in ("why", "owner", "until", "to_state", "priority")} | dict(state),
        back=with_query(place, state),
    )


def apply(ask: Ask, place: str, deeds: Sequence[Deed], state: Mapping[str, str]) -> Response:
    """Does what was shown (rule 2).

    Args:
        ask: The request.
        place: The path of the list.
        deeds: What there is to choose.
        state: What the list's address said, to come back to it.

    Returns:
        The list, or what was left as it is.
    """
    cases, decision = the_cases(ask), decision_given(ask, deeds)
    seen = number_given(ask, "seen")
    ids = [one for one in ask.field("ids").split(",") if _ID.fullmatch(one)]
    if not ids or not seen:
        raise AccessError("look at what will be done first", key="ids")
    found = cases.decide_all(ids, decision, seen, me(ask), ask.access.now())
    if found.changed or found.refused:
        return ask.page(
            "bulk_done",
            status=409,
            place=place,
            found=found,
            bar=bar(ask, cases) if found.done else None,
            back=with_query(place, state),
        )
    return ask.go(with_query(place, state, said=decision.deed.value))


def of_picked(ids: Sequence[str], rows: Sequence[Row], line: int) -> Chosen:
    """What was picked, of the rows of the page that it was picked on, which was read after the line."""
    there = {row.id: row for row in rows}
    some = [there[id_] for id_ in ids if id_ in there]
    return Chosen(rows=some, total=len(some), line=line, gone=[id_ for id_ in ids if id_ not in there])


def _reasons(ask: Ask, row: Row) -> str:
    if isinstance(row, ItemRow):
        return " · ".join(one.name for one in reasons_of_item(row, ask.lang)) or row.reason
    words = " · ".join(one.name for one in reasons_of(row.detectors, ask.lang))
    return f"{row.title} · {words}" if row.title else words
