"""What isn't for people: files, and whether the console is well."""

from starlette.responses import PlainTextResponse, Response

from wayseal.console.roles import Page
from wayseal.console.web._ask import Ask


def show_file(ask: Ask) -> Response:
    """A file that pages refer to."""
    found = ask.assets.answer(ask.names["name"], packed=ask.packed)
    return found or ask.page("error", status=404, status_shown=404)


def say_alive(ask: Ask) -> Response:
    """The process answers."""
    del ask
    return PlainTextResponse("ok\n")


def say_ready(ask: Ask) -> Response:
    """The database answers, too."""
    well = ask.access.database.healthy()
    return PlainTextResponse("ready\n" if well else "the database is away\n", 200 if well else 503)


PAGES = (
    Page(method="GET", path="/static/{name}", act=show_file, roles=None, bare=True),
    Page(method="GET", path="/healthz", act=say_alive, roles=None, bare=True),
    Page(method="GET", path="/readyz", act=say_ready, roles=None, bare=True),
)
