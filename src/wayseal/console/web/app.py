"""The console's web, put together: what it is made of stands here and in `console.serve`, and nowhere else."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from wayseal.console.roles import Page
from wayseal.console.web._ask import Site
from wayseal.console.web._gate import Gate, check_routes
from wayseal.console.web._headers import App, Connection, HeadersLayer, headers_of
from wayseal.console.web._render import Assets, Renderer
from wayseal.console.web._resources import CasebookResource, LedgerReader, MarketResource
from wayseal.console.web._uploads import make_spool
from wayseal.console.web.pages import PAGES
from wayseal.service.log import Log

__all__ = [
    "CasebookResource",
    "Connection",
    "LedgerReader",
    "MarketResource",
    "Site",
    "create_app",
    "create_router",
    "headers_of",
    "make_spool",
]


def create_app(site: Site, log: Log, pages: Sequence[Page] = PAGES) -> App:
    """The app that a server runs.

    Args:
        site: What it stands on.
        log: Gets a line a request.
        pages: What there is.

    Returns:
        It.

    Raises:
        RouteError: A route doesn't say who may call it.
        ConsoleError: Files of the front end are missing.
    """
    return HeadersLayer(create_router(site, pages), secure=site.secure, log=log)


def create_router(site: Site, pages: Sequence[Page] = PAGES) -> Starlette:
    """The routes, behind their gate; nobody reaches them but through `create_app`."""
    assets = Assets()
    gate = Gate(site, Renderer(assets.addresses), assets)
    router = Starlette(
        routes=[gate.route(page) for page in pages],
        exception_handlers={HTTPException: gate.http_error},
    )
    router.router.redirect_slashes = False
    check_routes(router.routes)
    return router
