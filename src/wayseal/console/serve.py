"""Runs the console: opens what it needs, answers until it is told to stop, and closes everything.

A demonstration has a link that opens the console once, and a basket of what was bought, to trace: the ledger is asked
about that basket as about any other that changed, so that nobody meets it unasked.

1. Its tables are made, or brought up to date, at start.
2. Where nobody has an account yet, it says the code that lets the first administrator in, and says it nowhere else.
3. What takes too long or is no HTTP ends before anything of ours is asked (`service.connection`).
4. Told to stop (SIGTERM, SIGINT), it takes nothing new, finishes what it began, has its workers go, and closes its
   database then.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn

from wayseal.cases.bulletins.desk import BulletinDesk
from wayseal.cases.bulletins.website import Website
from wayseal.cases.errors import CasebookError
from wayseal.cases.ledger.casebook import FOLDER
from wayseal.console import access, jobs, tracing
from wayseal.console.access import Access, Provider, has_people, load_keys
from wayseal.console.access.types import Rules
from wayseal.console.errors import ConsoleSettingsError
from wayseal.console.hotline import Collector, HotlineOffice, open_office
from wayseal.console.jobs import jobs_of
from wayseal.console.jobs.worker import Workers
from wayseal.console.reading import CanaryWatch, CaseReader
from wayseal.console.roles import Role
from wayseal.console.settings import FILES, SECRETS, ConsoleSettings
from wayseal.console.task_lists import load_task_lists
from wayseal.console.tracing import Baskets, Runs, leaks_lines, read_file
from wayseal.console.tracing.types import RunKind
from wayseal.console.web.app import (
    CasebookResource,
    LedgerReader,
    LiveReader,
    MarketResource,
    Site,
    create_app,
    headers_of,
    make_spool,
)
from wayseal.database import open_database
from wayseal.database.migrations import Chain, Change, upgrade
from wayseal.merkle import MerkleError, VerifyKey
from wayseal.model.errors import disk_says
from wayseal.model.times import clock_hours, offset_text, set_clock
from wayseal.service import forget, forward_library_logs, handle_signals, make_log
from wayseal.service.headers import Connection
from wayseal.service.http import Server, listen, make_config
from wayseal.service.log import Log

__all__ = ["TABLES", "Demo", "make_site", "open_access", "run_console"]
LOGIN, NAME = "demo", "Demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The link and the basket of a demonstration.

    Attributes:
        say: Told the address of the link.
        basket: What the basket is called.
        bought: A file of numbers that go into it; None: there is none.
    """

    say: Callable[[str], None]
    basket: str = ""
    bought: Path | None = None


def begin_demo(demo: Demo, site: Site, address: str) -> None:
    """Fills the basket, once, has the ledger asked about it, and makes the link.

    Args:
        demo: What there is.
        site: What the console stands on.
        address: Of the console.

    Raises:
        ConsoleError: The file can't be read.
    """
    if demo.bought is not None and not _baskets(site).page():
        _fill(demo.basket, demo.bought, site)
    token = site.access.people.make_demo_link(LOGIN, NAME, Role.INVESTIGATOR)
    demo.say(f"{address}/demo/{token}")


def _baskets(site: Site) -> Baskets:
    return Baskets(site.access.database, site.access.now)


def _fill(name: str, bought: Path, site: Site) -> None:
    numbers = read_file(bought, bought.name, {}, 0).numbers
    basket = _baskets(site).make(name, LOGIN, "")
    _baskets(site).add(basket, numbers, LOGIN, "")
    filled = _baskets(site).find(basket)
    if filled is None or site.ledger is None:
        return
    hours = clock_hours()
    values = {"leaks": leaks_lines(numbers, hours), "offset": offset_text(hours), "seed": "7"}
    job = site.jobs.start(RunKind.CHECK.value, values, LOGIN, subject=basket)
    Runs(site.access.database, site.access.now).note(job, RunKind.CHECK, basket, filled.version, 7, LOGIN)


SPOOL = "spool"
"""Where files that are sent lie until they are kept, in the console's folder."""
_PATIENCE = 3600.0
TABLES = Chain(
    name="console",
    what="People and how they sign in, what was marked, jobs, baskets of numbers, and traces.",
    tables=(access.METADATA, jobs.METADATA, tracing.METADATA),
    first=9,
    changes=(Change(what="jobs are found by who asked for them", work=jobs.note_who_and_schedule),),
)


@contextmanager
def open_access(settings: ConsoleSettings) -> Iterator[Access]:
    """People and sessions of the settings, their tables brought up to date (rule 1).

    ConsoleSettingsError, DatabaseError: what can't be opened.
    """
    try:
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConsoleSettingsError(
            "the folder can't be made ({reason})", file=settings.folder, reason=disk_says(error)
        ) from None
    with open_database(settings.database_address, patience=_PATIENCE) as database:
        upgrade(database, TABLES)
    with open_database(settings.database_address) as database:
        rules = Rules(idle=60 * settings.idle_minutes, absolute=3600 * settings.session_hours)
        keys = load_keys(settings.key_path, make=not has_people(database))
        provider = _make_provider(settings)
        yield Access.over(database, keys, rules=rules, provider=provider, company_only=settings.oidc_only)


def make_site(
    settings: ConsoleSettings, access: Access, address: str = "", hotline: HotlineOffice | None = None
) -> Site:
    """Return what the console stands on. address: where browsers find it."""
    ledger = settings.ledger
    return Site(
        access=access,
        ledger=None if ledger is None else LedgerReader(ledger, settings.checkpoint_folder, _key(settings)),
        jobs=jobs_of(settings, access.database),
        settings=settings,
        upload_most=settings.upload_megabytes << 20,
        cases=None if ledger is None else CasebookResource(ledger / FOLDER),
        reading=None if ledger is None else CaseReader(ledger, ledger / FOLDER),
        live=None if ledger is None else LiveReader(ledger, access.now),
        market=None if settings.market is None else MarketResource(settings.market, settings.market_database),
        canaries=None if settings.canaries is None else CanaryWatch(settings.canaries),
        spool=make_spool(settings.folder / SPOOL),
        files=settings.folder / FILES,
        task_lists=load_task_lists(settings.task_lists),
        hotline=hotline,
        bulletins=None if ledger is None else _bulletins(settings, access.now),
        address=(settings.address or address).rstrip("/"),
    )


def _bulletins(settings: ConsoleSettings, now: Callable[[], int]) -> BulletinDesk:
    folder, address, authority = settings.bulletins_publish, settings.bulletins_address, settings.bulletins_authority
    website = None
    if folder is not None and address is not None and authority is not None:
        website = Website(folder=folder, address=address.rstrip("/"), authority=authority, unit=settings.unit)
    return BulletinDesk(settings.folder / "bulletins", now, website)


def run_console(settings: ConsoleSettings, *, say_setup: Callable[[str, str], None], demo: Demo | None = None) -> None:
    """Serves until a signal ends it.

    Args:
        settings: How.
        say_setup: Told the address and the code that lets the first administrator in (rule 2).
        demo: A demonstration; None: there is none.

    Raises:
        ConsoleError: What it can't start with.
        DatabaseError: Its database refuses.
    """
    set_clock(settings.utc_offset_hours)
    forget(SECRETS)
    log = make_log()
    forward_library_logs(log)
    with (
        open_access(settings) as access,
        open_office(settings, access) as hotline,
        listen(settings.host, settings.port, ConsoleSettingsError) as place,
        closing(make_site(settings, access, _address(settings, place), hotline)) as site,
    ):
        _open_cases(site, log)
        if site.reading is not None:
            site.reading.warm()
        server = Server(_config(settings, create_app(site, log)), log)
        address = _address(settings, place)
        if demo is not None:
            begin_demo(demo, site, address)
        elif (code := access.people.prepare_setup()) is not None:
            say_setup(f"{address}/setup", "-".join(code[i : i + 6] for i in range(0, len(code), 6)))
        with ExitStack() as stack:
            stack.enter_context(Workers(settings, site.jobs, log))
            if hotline is not None and site.cases is not None:
                stack.enter_context(Collector(hotline, site.cases.need, log))
            stack.enter_context(handle_signals(server.end))
            server.run(sockets=[place])
    log.info("stopped")


def _open_cases(site: Site, log: Log) -> None:
    """Looks at every line of the casebook now, and not while somebody waits for a page; without one, pages say why."""
    try:
        if site.cases is not None:
            site.cases.look()
    except CasebookError as error:
        log.error("casebook", error=type(error).__name__)


def _config(settings: ConsoleSettings, app: object) -> uvicorn.Config:
    return make_config(
        settings,
        app,
        partial(Connection, headers=headers_of(settings.secure)),
        ConsoleSettingsError,
        loop="uvloop",
        proxy_headers=settings.proxies is not None,
        forwarded_allow_ips=settings.proxies or "",
    )


def _address(settings: ConsoleSettings, place: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.tls_certificate else 'http'}://{host}:{place.getsockname()[1]}"


def _make_provider(settings: ConsoleSettings) -> Provider | None:
    if settings.oidc_issuer is None or settings.oidc_client_id is None or settings.oidc_client_secret is None:
        return None
    return Provider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)


def _key(settings: ConsoleSettings) -> VerifyKey | None:
    if settings.checkpoint_key is None:
        return None
    try:
        return VerifyKey.parse(settings.checkpoint_key.read_text("utf-8").strip())
    except (OSError, UnicodeDecodeError, MerkleError):
        raise ConsoleSettingsError("this is no public key", file=settings.checkpoint_key) from None
