"""The overview: for each role what wants a decision and how things stand; each number opens its list."""

from collections.abc import Mapping

from starlette.responses import Response

from wayseal.console.access.types import PersonState
from wayseal.console.roles import ADMINISTRATORS, ALL_ROLES, AUDITORS, CASE_ROLES, LEDGER_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web._ledger_view import LedgerView
from wayseal.console.web.pages._cases import newest_cases

_NEWEST = 8


def show_overview(ask: Ask) -> Response:
    """What there is for this role."""
    role = ask.whose.person.role
    found = newest_cases(ask) if role in CASE_ROLES and ask.site.casebook is not None else None
    counts, first = found if isinstance(found, tuple) else (None, ())
    looked = ask.site.ledger.look() if role in LEDGER_ROLES and ask.site.ledger is not None else None
    view = looked if isinstance(looked, LedgerView) else None
    return ask.page(
        "overview",
        cases=counts,
        first=first,
        case_trouble=None if isinstance(found, tuple) else found,
        view=view,
        trouble=None if view is not None else looked,
        no_ledger=role in LEDGER_ROLES and ask.site.ledger is None,
        people=_people(ask) if role in ADMINISTRATORS else None,
        acts=ask.access.acts(limit=_NEWEST) if role in AUDITORS else None,
    )


def _people(ask: Ask) -> Mapping[str, int]:
    everybody = ask.access.people.all()
    return {state.value: sum(one.state is state for one in everybody) for state in PersonState}


PAGES = (Page(method="GET", path="/", act=show_overview, roles=ALL_ROLES),)
