"""Settings of the console, from the environment: WAYSEAL_CONSOLE_ and the setting in capitals.

Files of cases lie in a private folder of the console's, each under its SHA-256.

1. A setting that isn't known, or can't be as it is, stops the start; the error names it, and never its value.
2. What may hold a secret shows itself in no `repr`.
"""

from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wayseal.cases.verdicts import ProposalKind
from wayseal.console.errors import ConsoleSettingsError
from wayseal.detect.policy import FALSE_ALARM, FALSE_ALARM_VARIABLE
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Name, needs, parsed_by
from wayseal.model.times import clock_hours
from wayseal.service.settings import NUMBER, OWN, WHOLE, File, Flag, check_tls, read_environment

PREFIX = "WAYSEAL_CONSOLE_"
DATABASE, KEY_FILE = "console.sqlite", "console.key"
_AUTHORITY = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?,[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_NO_AUTHORITY = N_("needs a domain and a day, such as courier.example,2026-01-01")
_DEEDS = {"verdicts": ProposalKind.VERDICT, "names": ProposalKind.NAMES, "packs": ProposalKind.PACK}


def _parse_deeds(value: Any) -> frozenset[ProposalKind]:
    given = {one.strip() for one in str(value).split(",")} - {""}
    if not given <= _DEEDS.keys():
        raise ConsoleSettingsError("names some of {known}, with commas between", known=", ".join(_DEEDS))
    return frozenset(_DEEDS[one] for one in given)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """How the console runs."""

    __pydantic_config__: ClassVar = CLOSED
    folder: File = Path("console")
    """Where its database and key file are, unless they are named: made at the first start."""
    database: Name | None = field(default=None, repr=False)
    """Address of its database: sqlite:///FILE (by default one in the folder) or postgresql://..."""
    key_file: File | None = None
    """The key file; by default in the folder."""
    ledger: File | None = None
    """The ledger that is shown."""
    logs_folder: File | None = None
    """Where logs lie that may be named instead of sent."""
    mappings_folder: File | None = None
    """Mapping files that may be chosen for a log."""
    templates: File | None = None
    """Templates of work, for detection and packs of evidence."""
    task_lists: File | None = None
    """Lists of tasks that a press adds to a case, by its kind."""
    canaries: File | None = None
    """A register of canaries, for the same, and to flag canaries on pages of waybills."""
    contracts: File | None = None
    """A folder of partners' contracts, for the same."""
    market: File | None = None
    """The folder of the record of the market's watch."""
    market_database: Name | None = field(default=None, repr=False)
    """Address of the PostgreSQL database that has that record instead: postgresql://..."""
    market_unseen_intervals: Annotated[int, WHOLE, Field(ge=1, le=1000)] = 4
    """A source that can't be seen for longer than so many of its intervals is told of."""
    notices: File | None = None
    """A file of addresses that are told of new cases."""
    notices_mail: Name | None = field(default=None, repr=False)
    """The server that people's own notices are mailed by, as an address of Apprise: mailtos://USER:PASSWORD@HOST."""
    notices_hosts: str = ""
    """Hosts, with commas between, to which people may send their own notices by webhooks."""
    notices_lang: Literal["en", "zh"] = "en"
    """The language of these notices."""
    stamp_url: Name | None = None
    """The time-stamping service (RFC 3161) that packs of evidence are sealed with."""
    unit: str = ""
    """The unit that hands evidence over and asks sites to remove offers, as papers and letters name it."""
    contact: str = ""
    """Where sites answer to requests for removal: a mail address, a page."""
    upload_megabytes: Annotated[int, WHOLE, Field(ge=1, le=1_000_000)] = 3072
    """A file that is sent may have so many."""
    checkpoint_folder: File | None = None
    """Where signed checkpoints of the ledger are kept (`deploy/keep-ledger.sh` writes them)."""
    checkpoint_key: File | None = None
    """The public key under which they count."""
    oidc_issuer: Name | None = None
    """The company's sign-in (OpenID Connect): its issuer, to the letter."""
    oidc_client_id: Name | None = None
    """The client as which it knows the console."""
    oidc_client_secret: Name | None = field(default=None, repr=False)
    """That client's secret; taken out of the environment once it was read."""
    oidc_only: Flag = False
    """Passwords let administrators in alone."""
    address: Name | None = None
    """Where browsers find the console, for the way back from the company's sign-in."""
    host: Name = "127.0.0.1"
    port: Annotated[int, WHOLE, Field(ge=0, le=65535)] = 8470
    tls_certificate: File | None = None
    tls_key: File | None = None
    proxies: Name | None = None
    """Addresses of proxies, with commas between, that may say from where and how a request comes."""
    https: Flag = False
    """A proxy before it speaks TLS: cookies are for https alone then."""
    utc_offset_hours: Annotated[int, WHOLE, Field(ge=-12, le=14)] = field(default_factory=clock_hours)
    """The clock of pages."""
    false_alarm: Annotated[float, NUMBER, Field(gt=0, allow_inf_nan=False)] = FALSE_ALARM
    """What a false alarm costs detection, in parcels a day; `WAYSEAL_FALSE_ALARM` sets it for commands, too."""
    cases_a_day: Annotated[int, WHOLE, Field(ge=1, le=100_000)] = 20
    """So many cases can be decided a day, all in all: what the overview holds the day's work against."""
    second_person: Annotated[frozenset[ProposalKind], parsed_by(_parse_deeds)] = frozenset()
    """Of verdicts, looks at names and packs those that one proposes and another puts in force: verdicts,names,packs."""
    idle_minutes: Annotated[int, WHOLE, Field(ge=1, le=1440)] = 60
    """A session that nobody uses ends after so long."""
    session_hours: Annotated[int, WHOLE, Field(ge=1, le=168)] = 12
    """A session ends so long after it began."""
    workers: Annotated[int, WHOLE, Field(ge=0, le=16)] = 1
    """Processes that run jobs; 0: none here."""
    job_days: Annotated[int, WHOLE, Field(ge=1, le=3650)] = 30
    """Files that jobs made, and uploads that weren't taken in, are removed after so long."""
    hotline_keys: File | None = None
    """The folder with the hotline's keys (`wayseal hotline key new`): with it there is a hotline."""
    hotline: Name | None = None
    """Address of the portal's exchange, from which reports come: http://127.0.0.1:8481."""
    hotline_token: File | None = None
    """The file with the token that the exchange knows."""
    hotline_log_key: File | None = None
    """The private key that signs the hotline's log, day by day."""
    hotline_publish: File | None = None
    """The folder into which the signed log goes, for others to keep."""
    hotline_days: Annotated[int, WHOLE, Field(ge=30, le=3650)] = 90
    """A report is kept so many days behind its last letter."""
    hotline_gigabytes: Annotated[int, WHOLE, Field(ge=1, le=1_000_000)] = 50
    """Size of the console's copy of the mailbox from which on nothing is brought over."""
    hotline_rewards: File | None = None
    """Rules of rewards; by default those that come along."""
    hotline_answers: File | None = None
    """Answers to begin with, in both languages; by default those that come along."""
    bulletins_publish: File | None = None
    """The folder into which bulletins go as pages, for a web server to carry."""
    bulletins_address: Name | None = None
    """Where that one shows them: https://bulletins.courier.example."""
    bulletins_authority: Annotated[str, Field(pattern=_AUTHORITY), needs(_NO_AUTHORITY)] | None = None
    """A domain of the unit's and a day on which it had it, for ids in feeds (RFC 4151): courier.example,2026-01-01."""
    stop_seconds: Annotated[int, WHOLE, Field(ge=0, le=3600)] = 30

    def __post_init__(self) -> None:
        """Rule 1."""
        if (self.checkpoint_folder is None) != (self.checkpoint_key is None):
            raise ConsoleSettingsError("checkpoint_folder and checkpoint_key go together")
        check_tls(self, ConsoleSettingsError, "https")
        if self.market_database is not None and self.market is None:
            raise ConsoleSettingsError("market_database goes with market")
        if self.market_database is not None and not self.market_database.startswith("postgresql://"):
            raise ConsoleSettingsError("market_database begins with postgresql://")
        if self.stamp_url is not None and not self.stamp_url.startswith(("http://", "https://")):
            raise ConsoleSettingsError("stamp_url begins with http:// or https://")
        company = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        if any(one is None for one in company) and (any(one is not None for one in company) or self.oidc_only):
            raise ConsoleSettingsError("oidc_issuer, oidc_client_id and oidc_client_secret go together")
        if self.oidc_issuer is not None and self.address is None and (self.https or self.host not in OWN):
            raise ConsoleSettingsError("address is needed with oidc_issuer: where browsers find the console")
        self._check_hotline()
        self._check_bulletins()

    def _check_hotline(self) -> None:
        if (self.hotline is None) != (self.hotline_token is None):
            raise ConsoleSettingsError("hotline and hotline_token go together")
        if self.hotline is not None and not self.hotline.startswith(("http://", "https://")):
            raise ConsoleSettingsError("hotline begins with http:// or https://")
        others = (self.hotline, self.hotline_log_key, self.hotline_publish, self.hotline_rewards, self.hotline_answers)
        if self.hotline_keys is None and any(one is not None for one in others):
            raise ConsoleSettingsError("all of the hotline goes with hotline_keys")
        if self.hotline_keys is not None and self.ledger is None:
            raise ConsoleSettingsError("hotline_keys goes with a ledger, whose cases reports belong to")
        if self.hotline_log_key is None and self.hotline_publish is not None:
            raise ConsoleSettingsError("hotline_publish goes with hotline_log_key")
        if self.hotline_log_key is not None and not self.unit:
            raise ConsoleSettingsError("hotline_log_key goes with unit, which its log names")

    def _check_bulletins(self) -> None:
        given = (self.bulletins_publish, self.bulletins_address, self.bulletins_authority)
        if any(given) and not all((*given, self.unit, self.ledger)):
            raise ConsoleSettingsError(
                "bulletins_publish, bulletins_address and bulletins_authority go together, with unit and a ledger"
            )
        if not (self.bulletins_address or "https://").startswith(("http://", "https://")):
            raise ConsoleSettingsError("bulletins_address begins with http:// or https://")

    @property
    def secure(self) -> bool:
        """Return whether browsers come by https."""
        return self.https or self.tls_certificate is not None

    @property
    def webhook_hosts(self) -> tuple[str, ...]:
        """Hosts to which people may send their own notices by webhooks."""
        return tuple(filter(None, (host.strip() for host in self.notices_hosts.split(","))))

    @property
    def database_address(self) -> str:
        """Where the database is."""
        return self.database or f"sqlite:///{self.folder.absolute() / DATABASE}"

    @property
    def key_path(self) -> Path:
        """Where the key file is."""
        return self.key_file or self.folder / KEY_FILE


SECRETS = tuple(PREFIX + one.name.upper() for one in fields(ConsoleSettings) if not one.repr)
"""Variables that may hold a secret (rule 2)."""


read_console_settings = partial(
    read_environment, PREFIX, ConsoleSettings, ConsoleSettingsError, {FALSE_ALARM_VARIABLE: "false_alarm"}
)
"""Reads them, as `read_environment` says."""
FILES = "files"
"""In the console's folder."""


def file_place(folder: Path, digest: str) -> Path:
    """Where a file lies.

    Args:
        folder: Of files of cases.
        digest: The file's SHA-256 in hex.

    Returns:
        Its place, whether there is a file or not.
    """
    return folder / digest[:2] / digest
