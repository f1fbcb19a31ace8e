"""The ledger: what is in it, and whether it is what was signed."""

from starlette.responses import Response

from wayseal.console.roles import LEDGER_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web._ledger_view import LedgerView


def show_ledger(ask: Ask) -> Response:
    """State of the ledger."""
    found = None if ask.site.ledger is None else ask.site.ledger.look()
    view = found if isinstance(found, LedgerView) else None
    trouble = None if view is not None or found is None else found
    return ask.page("ledger", status=503 if trouble else 200, view=view, trouble=trouble)


PAGES = (Page(method="GET", path="/ledger", act=show_ledger, roles=LEDGER_ROLES),)
