"""Runs the portal: opens what it needs, answers until it is told to stop, and tells nobody when anybody came.

1. It holds public keys alone. Its secret is made while there is no box; a lost one is never replaced.
2. Nothing on the disk has the time of a visit. A pulse writes noise each minute, and all times of the database's files
   are its own, also those of a read; at night what was deleted is shredded.
3. The log says when it starts and ends, and once a day what broke, by kind and place and how often.
4. No core is dumped. What libraries say is counted (rule 3), not told.
"""

import logging
import os
import resource
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta, timezone
from functools import partial
from importlib import import_module

from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.errors import KeyFileError
from wayseal.cases.hotline.letters import PublicKeys, parse_public_keys
from wayseal.cases.hotline.receipts import SITE_HEAD, SITE_SECRET, SiteSecret
from wayseal.database import Database, DatabaseError, open_database
from wayseal.database.migrations import upgrade
from wayseal.model.errors import disk_says
from wayseal.portal._exchange import exchange_routes
from wayseal.portal._intake import Faults, Intake
from wayseal.portal._sessions import Sessions
from wayseal.portal._tickets import Gate
from wayseal.portal.app import Portal, create_app, headers_of
from wayseal.portal.errors import PortalSettingsError
from wayseal.portal.settings import DATABASE, KEY_FILE, PortalSettings
from wayseal.service import Repeated, handle_signals, make_log
from wayseal.service.argon2 import Cost
from wayseal.service.headers import Connection
from wayseal.service.http import Server, listen, make_config
from wayseal.service.keyfile import read_secret
from wayseal.service.log import LIBRARIES, Log, where
from wayseal.service.tokens import TokenFile

BEAT = 60.0
"""Seconds."""
_LAZY = ("anyio._backends._asyncio", "cryptography.hazmat.backends.openssl.backend")
"""What libraries would load with the first visit, whose time their files would have (rule 2)."""
_SHREDS = 2 << 30
"""A larger database is shredded by hand: that takes as much room again, and writers wait."""


def run_portal(settings: PortalSettings) -> None:
    """Serves until a signal ends it.

    Args:
        settings: How.

    Raises:
        PortalError: What it can't start with.
        KeyFileError: The team's keys can't be used.
        DatabaseError: Its database refuses.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in _LAZY:
        import_module(name)
    log = make_log()
    with (
        open_portal(settings) as portal,
        listen(settings.host, settings.port, PortalSettingsError) as pages,
        listen(settings.host, settings.exchange_port, PortalSettingsError) as exchange,
    ):
        intake = portal.intake
        count_library_logs(intake.faults)
        port, tokens = exchange.getsockname()[1], TokenFile(settings.tokens_path)
        app = create_app(portal, exchange_routes(intake.database, tokens, port, intake.type_in))
        protocol = partial(Connection, headers=headers_of(settings.secure))
        config = make_config(settings, app, protocol, PortalSettingsError, loop="uvloop", proxy_headers=False)
        server = Server(config, log)
        with Pulse(intake, log), handle_signals(server.end):
            server.run(sockets=[pages, exchange])
    log.info("stopped")


@contextmanager
def open_portal(settings: PortalSettings, cost: Cost | None = None) -> Iterator[Portal]:
    """What the pages stand on, its tables brought up to date. Errors as `run_portal`."""
    try:
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = disk_says(error)
        raise PortalSettingsError("the folder can't be made ({reason})", file=settings.folder, reason=reason) from None
    team, zone = read_team_keys(settings), timezone(timedelta(hours=settings.utc_offset_hours))
    with open_database(settings.database_path) as database:
        upgrade(database, mailbox.MAILBOX)
        make = not database.read(mailbox.has_boxes)
        secret = read_secret(
            settings.folder / KEY_FILE, SITE_HEAD, make=make, error=PortalSettingsError, size=SITE_SECRET
        )
        database.write(mailbox.drop_orphans)
        intake = Intake(
            settings=settings,
            database=database,
            team=team,
            site=SiteSecret.of(secret),
            faults=Faults(),
            today=lambda: datetime.now(zone).date(),
            cost=cost or Cost(),
        )
        yield Portal(intake=intake, gate=make_gate(settings), sessions=Sessions(60 * settings.session_minutes))


def make_gate(settings: PortalSettings, clock: Callable[[], float] = time.monotonic) -> Gate:
    """What lets forms in, by the settings."""
    return Gate(
        clock,
        reports_an_hour=settings.reports_an_hour,
        lookups_a_minute=settings.lookups_a_minute,
        waiting_a_minute=settings.waiting_a_minute,
        wait_minutes=settings.wait_minutes,
    )


def read_team_keys(settings: PortalSettings) -> PublicKeys:
    """The keys of the settings. KeyFileError: there are none."""
    try:
        return parse_public_keys(settings.keys_path.read_bytes())
    except OSError as error:
        reason = disk_says(error)
        raise KeyFileError("the key file can't be read ({reason})", file=settings.keys_path, reason=reason) from None
    except KeyFileError as error:
        raise error.at(file=settings.keys_path) from None


class Pulse(Repeated):
    """Rules 2 and 3, in a thread of its own."""

    def __init__(self, intake: Intake, log: Log, seconds: float = BEAT) -> None:
        super().__init__(self.beat, seconds, "pulse")
        self._intake, self._log = intake, log
        self._day: date = intake.today()

    def close(self) -> None:
        """Ends it, with a last beat."""
        super().close()
        self.beat()
        self._say_faults()

    def beat(self) -> None:
        """One beat; the first of a day says the faults of the day before, and shreds."""
        database, today = self._intake.database, self._intake.today()
        self._guarded(lambda: database.write(mailbox.beat, secrets.token_bytes(64)))
        self._guarded(database.empty_log)
        self._intake.sweep()
        for path in self._intake.settings.folder.glob(f"{DATABASE}*"):
            with suppress(OSError):
                os.utime(path)
        if today != self._day:
            self._day = today
            self._guarded(lambda: self._shred(database))
            self._say_faults()

    def _shred(self, database: Database) -> None:
        if database.size() > _SHREDS:
            self._intake.faults.note("TooLarge", "shred")
        else:
            database.shred(())

    def _guarded(self, act: Callable[[], object]) -> None:
        try:
            act()
        except DatabaseError as error:
            told = where(error)
            self._intake.faults.note(told["error"], told["place"])

    def _say_faults(self) -> None:
        for (error, place), size in sorted(self._intake.faults.take().items()):
            self._log.warning("faults", error=error, place=place, size=size)


class _Counting(logging.Handler):
    """Rule 4."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(logging.WARNING)
        self._faults = faults

    def emit(self, record: logging.LogRecord) -> None:
        raised = record.exc_info[1] if record.exc_info else None
        told = {"error": "library", "place": record.name} if raised is None else where(raised)
        self._faults.note(told["error"], told["place"])


def count_library_logs(faults: Faults) -> None:
    """Has what libraries log counted."""
    for name in LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [_Counting(faults)], False
