"""What an administrator and an auditor look up: rules and keys of the console, and what was done with cases.

1. A key is told by an id that is computed from it, and from which nobody gets back; never the key.
2. Who may call what stands there as the gate has it, every route.
3. Of acts on cases an auditor sees who did what to which case when, and how it stood before and after: no account, no
   thing, and nothing that somebody wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from wayseal.cases import CasebookError
from wayseal.cases.views import ActLine, Page
from wayseal.console.roles import ADMINISTRATORS, AUDITOR, Role
from wayseal.console.roles import Page as Route
from wayseal.console.web._ask import Ask
from wayseal.model.times import clock_hours, micros, stamp
from wayseal.page.words import Voice

_MANY = 50
_ID = 16
"""Digits of a key's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, by its id (rule 1). name: of the text that says what it is for."""

    name: str
    id: str


def show_rules(ask: Ask, routes: Sequence[Route]) -> Response:
    """Rules and keys. routes: all there are."""
    site = ask.site
    return ask.page(
        "rules",
        keys=_keys(ask),
        rules=ask.access.rules,
        secure=site.secure,
        cases_a_day=site.cases_a_day,
        upload_most=site.upload_most,
        offset=clock_hours(),
        roles=list(Role),
        routes=sorted(routes, key=lambda page: (page.path, page.method)),
    )


def _keys(ask: Ask) -> Sequence[Key]:
    found = [Key(name="access", id=ask.access.keys.mac("id")[:_ID])]
    if ask.site.ledger is not None and ask.site.ledger.key is not None:
        found.append(Key(name="checkpoint", id=ask.site.ledger.key.id))
    try:
        cases = ask.cases
    except CasebookError:
        cases = None
    if cases is not None:
        found.append(Key(name="pseudonyms", id=cases.pseudonyms.check[:_ID]))
    return found


def show_case_acts(ask: Ask) -> Response:
    """Acts on cases, the newest first (rule 3)."""
    cases, given = ask.cases, ask.query.get("before", "")
    before = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None
    page: Page[ActLine] = Page(rows=(), after=None) if cases is None else cases.acts(before, _MANY)
    return ask.page("case_acts", rows=page.rows, onward=page.after, before=before, change=_change)


def _change(voice: Voice, line: ActLine) -> str:
    """How it stood before and after, in words."""
    words = {"state": "item_state" if line.of_item else "case_state", "priority": "priority"}
    known = words.get(line.field)
    stood = [one and stamp(micros(one))[:10] if line.field == "snoozed" else one for one in (line.before, line.after)]
    said = [voice.say(f"{known}.{one}") if known and one else one or "—" for one in stood]
    return " → ".join(said)


def make_pages(others: Sequence[Route]) -> tuple[Route, ...]:
    """The pages. others: all other routes, which one of them tells."""
    acts = Route(method="GET", path="/acts/cases", act=show_case_acts, roles=AUDITOR)

    def show(ask: Ask) -> Response:
        return show_rules(ask, (*others, acts, rules))

    rules = Route(method="GET", path="/rules", act=show, roles=ADMINISTRATORS)
    return acts, rules
