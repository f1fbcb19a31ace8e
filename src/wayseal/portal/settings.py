"""Settings of the portal, from the environment: WAYSEAL_PORTAL_ and the setting in capitals.

A setting that isn't known, or can't be as it is, stops the start; the error names it, and never its value.
"""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from wayseal.model.schema import CLOSED, Name
from wayseal.model.times import clock_hours
from wayseal.portal.errors import PortalSettingsError
from wayseal.service.settings import WHOLE, File, Flag, check_tls, read_environment

PREFIX = "WAYSEAL_PORTAL_"
DATABASE, KEY_FILE, KEYS, TOKENS = "portal.sqlite", "portal.key", "hotline.public", "exchange.tokens"
_Port = Annotated[int, WHOLE, Field(ge=0, le=65535)]
_Count = Annotated[int, WHOLE, Field(ge=1, le=1_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalSettings:
    """How the portal runs."""

    __pydantic_config__: ClassVar = CLOSED
    folder: File = Path("portal")
    """Where its database and its secret are, made at the first start."""
    keys: File | None = None
    """The team's public keys; by default `hotline.public` in the folder."""
    unit: str = ""
    """The company or unit whose hotline it is, as its pages name it."""
    contact: str = ""
    """Telephone and address of the hotline, named where too much comes at once."""
    host: Name = "127.0.0.1"
    port: _Port = 8480
    """Of the pages."""
    exchange_port: _Port = 8481
    """Of the exchange, where the console fetches and brings letters."""
    exchange_tokens: File | None = None
    """The file of its tokens; by default `exchange.tokens` in the folder."""
    tls_certificate: File | None = None
    tls_key: File | None = None
    https: Flag = False
    """A proxy before it speaks TLS."""
    utc_offset_hours: Annotated[int, WHOLE, Field(ge=-12, le=14)] = field(default_factory=clock_hours)
    """The clock by which a day ends."""
    reports_an_hour: _Count = 60
    """So many reports come in without waiting."""
    waiting_a_minute: _Count = 20
    """Of those that waited, so many come in a minute."""
    lookups_a_minute: _Count = 60
    """So many receipts are looked up without waiting."""
    wait_minutes: Annotated[int, WHOLE, Field(ge=1, le=60)] = 3
    """How long whoever waits does."""
    file_megabytes: _Count = 100
    """A file may have so many."""
    letter_files: Annotated[int, WHOLE, Field(ge=1, le=20)] = 10
    """A report or message may have so many files."""
    most_gigabytes: _Count = 20
    """From this size of the database on, no more files are taken; beyond a tenth more, nothing is."""
    session_minutes: Annotated[int, WHOLE, Field(ge=1, le=120)] = 15
    """So long after the last press the receipt has to be typed again."""
    stop_seconds: Annotated[int, WHOLE, Field(ge=0, le=3600)] = 30

    def __post_init__(self) -> None:
        """PortalSettingsError: others could read along."""
        check_tls(self, PortalSettingsError, "https")

    @property
    def secure(self) -> bool:
        """Whether browsers come by https."""
        return self.https or self.tls_certificate is not None

    @property
    def database_path(self) -> Path:
        """Where its database is."""
        return self.folder / DATABASE

    @property
    def keys_path(self) -> Path:
        """Where the team's public keys are."""
        return self.keys or self.folder / KEYS

    @property
    def tokens_path(self) -> Path:
        """Where the exchange's tokens are."""
        return self.exchange_tokens or self.folder / TOKENS


read_portal_settings = partial(read_environment, PREFIX, PortalSettings, PortalSettingsError, {})
"""Reads them, as `read_environment` says."""
