"""An outlet manager's own outlet; its pages come with the public side."""

from starlette.responses import Response

from wayseal.console.roles import OUTLET_MANAGERS, Page
from wayseal.console.web._ask import Ask


def show_outlet(ask: Ask) -> Response:
    """What there is of an outlet, and what comes."""
    return ask.page("outlet", outlet=ask.names["outlet"])


PAGES = (Page(method="GET", path="/outlets/{outlet}", act=show_outlet, roles=OUTLET_MANAGERS, own_outlet=True),)
