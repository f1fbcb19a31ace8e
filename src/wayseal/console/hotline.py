"""The hotline as the console has it: its desk, its answers and rules, and the collector that goes to the portal.

1. A round brings over what came, closes the days that are over, reminds and deletes, and takes there what staff wrote.
   While the portal can't be asked no day is closed and nothing deleted: its reporter may have written meanwhile.
2. A day is closed behind a look at the portal that began after its end.
3. Of several consoles with one folder one collects.
4. What breaks is logged by type and place alone, and tried again by the next round.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Annotated, ClassVar, Final

from httpx import BaseTransport
from pydantic import Field

from wayseal.cases import Cases
from wayseal.cases.hotline.codes import CODES
from wayseal.cases.hotline.daylog import DATABASE, DAYLOG, DayLog
from wayseal.cases.hotline.desk import Hotline
from wayseal.cases.hotline.keyring import PRIVATE, PUBLIC, load_private_keys
from wayseal.cases.hotline.letters import parse_public_keys
from wayseal.cases.hotline.mailbox import MAILBOX
from wayseal.cases.hotline.rewards import Rules, load_rules
from wayseal.console.access import Access
from wayseal.console.errors import ConsoleSettingsError
from wayseal.console.hotline_client import ExchangeError, HotlineClient
from wayseal.console.settings import ConsoleSettings
from wayseal.console.task_lists import Text
from wayseal.database import Database, open_database
from wayseal.database.migrations import upgrade
from wayseal.merkle import MerkleError, SigningKey
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, TomlText
from wayseal.service import Repeated
from wayseal.service.log import Log, where
from wayseal.store.durable import lock_folder

FOLDER, TURN = "hotline", "collector"
"""In the console's folder: what is the hotline's; in that, what the one holds who collects."""
SECONDS: Final = 60.0
_PATIENCE = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer to begin with. name: as officers choose it."""

    __pydantic_config__: ClassVar = CLOSED
    name: Text
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    __pydantic_config__: ClassVar = CLOSED
    answer: Annotated[tuple[Answer, ...], Field(max_length=50)] = ()


@dataclass(slots=True, kw_only=True)
class Contact:
    """How the portal was found. at: when it answered last; away: why it doesn't; left: letters it didn't hand over.

    full: it has more than there is room for.
    """

    at: int
    away: ExchangeError | None = None
    left: int = 0
    full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HotlineOffice:
    """What staff have of the hotline.

    Attributes:
        folder: Where its record and its mailbox are.
        desk: Reads, writes and decides.
        contact: With the portal.
        rules: Of rewards.
        answers: To begin with.
        client: Asks the portal; None: no address is set.
        log: The days; None: no key is set.
        publish: Where they go; None: nowhere.
    """

    folder: Path
    desk: Hotline
    contact: Contact
    rules: Rules
    answers: tuple[Answer, ...] = ()
    client: HotlineClient | None = None
    log: DayLog | None = None
    publish: Path | None = None

    def collect(self, cases: Cases) -> None:
        """A round (rules 1 and 2). ExchangeError: the portal can't be asked."""
        day, left = self.desk.today(), 0
        if self.client is not None:
            left = len(self.client.pull())
        if self.log is not None and day == self.desk.today():
            self.log.close_days()
        self.desk.remind_and_purge(cases)
        if self.client is not None:
            left += len(self.client.push())
            self.contact.full = self.client.full
        if self.log is not None and self.publish is not None:
            self.log.publish(self.publish)
        self.contact.at, self.contact.left = self.desk.now(), left


class Collector(Repeated):
    """Collects once a minute, as long as it is open.

    Args:
        office: Whose.
        cases: Gives the casebook.
        log: Gets a line of what breaks (rule 4).
        seconds: Between two rounds.
    """

    def __init__(
        self, office: HotlineOffice, cases: Callable[[], Cases], log: Log, *, seconds: float = SECONDS
    ) -> None:
        super().__init__(self.round, seconds, "collector", at_once=True)
        self._office, self._cases, self._log = office, cases, log

    def round(self) -> None:
        """One round, if nobody else collects; it raises nothing."""
        contact, turn = self._office.contact, self._office.folder / TURN
        try:
            turn.mkdir(mode=0o700, exist_ok=True)
            with lock_folder(turn, wait=False):
                self._office.collect(self._cases())
            contact.away = None
        except BlockingIOError:
            return
        except ExchangeError as error:
            if contact.away is None:
                self._log.error("portal_away", error=type(error).__name__)
            contact.away = error
        except Exception as error:
            self._log.error("collector_broke", **where(error))


def load_answers(path: Path | None) -> tuple[Answer, ...]:
    """The answers of a file; None: those that come along. ConsoleSettingsError: it can't be read, with its line."""
    try:
        content = (path or resources.files(__package__).joinpath("hotline_answers.toml")).read_bytes()
    except OSError:
        raise ConsoleSettingsError(N_("hotline_answers: the file can't be read"), file=path) from None
    toml = TomlText(content, ConsoleSettingsError, file=path, example='name = { en = "Thanks", zh = "感谢" }')
    return toml.read(_Answers).answer


@contextmanager
def open_office(
    settings: ConsoleSettings, access: Access, *, transport: BaseTransport | None = None
) -> Iterator[HotlineOffice | None]:
    """What the settings say of the hotline; None: there is none. transport: to the portal; None: the network.

    ConsoleSettingsError, KeyFileError, RewardError, DatabaseError: what can't be opened.
    """
    if settings.hotline_keys is None:
        yield None
        return
    folder, keys = settings.folder / FOLDER, settings.hotline_keys
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        team = parse_public_keys((keys / PUBLIC).read_bytes())
    except OSError:
        raise ConsoleSettingsError("hotline_keys: its keys can't be read", file=keys / PUBLIC) from None
    with ExitStack() as stack:
        database = stack.enter_context(_open(folder / DATABASE))
        private, days = load_private_keys(keys / PRIVATE), settings.hotline_days
        mac = partial(access.keys.mac, "reward")
        desk = Hotline(folder, database, team, private, mac, days=days, now=access.now)
        client = None
        if settings.hotline is not None and settings.hotline_token is not None:
            most = settings.hotline_gigabytes << 30
            client = HotlineClient(settings.hotline, settings.hotline_token, database, transport=transport, most=most)
            stack.callback(client.close)
        key = settings.hotline_log_key
        yield HotlineOffice(
            folder=folder,
            desk=desk,
            contact=Contact(at=access.now()),
            rules=load_rules(settings.hotline_rewards),
            answers=load_answers(settings.hotline_answers),
            client=client,
            log=None if key is None else DayLog(desk, _key(key), settings.unit),
            publish=settings.hotline_publish,
        )


@contextmanager
def _open(path: Path) -> Iterator[Database]:
    url = f"sqlite:///{path.absolute()}"
    with open_database(url, patience=_PATIENCE) as database:
        for chain in (MAILBOX, CODES, DAYLOG):
            upgrade(database, chain)
    with open_database(url) as database:
        yield database


def _key(path: Path) -> SigningKey:
    try:
        return SigningKey.parse(path.read_text("ascii").strip())
    except (OSError, UnicodeDecodeError, MerkleError):
        raise ConsoleSettingsError("this is no private key", file=path) from None
