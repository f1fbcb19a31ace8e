"""Settings of the gate, from the environment: WAYSEAL_GATE_ and the setting in capitals.

A setting that isn't known, or can't be as it is, stops the start; the error names it, and never its value.
"""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from wayseal.gate.errors import GateError
from wayseal.model.messages import N_
from wayseal.model.schema import CLOSED, Name
from wayseal.model.times import DAY_US, clock_hours
from wayseal.numbers.tracking import AFTER_CLOSE_US
from wayseal.service.settings import NUMBER, WHOLE, File, Flag, check_tls, read_environment

PREFIX = "WAYSEAL_GATE_"
DATABASE, KEY_FILE, KEYS, TOKENS = "gate.sqlite", "prefixes.key", "gate.key", "gate.tokens"
MOST_CLOSED = AFTER_CLOSE_US // DAY_US
_Port = Annotated[int, WHOLE, Field(ge=0, le=65535)]
_Count = Annotated[int, WHOLE, Field(ge=1, le=100_000_000)]
_Share = Annotated[float, NUMBER, Field(gt=0, lt=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """How the gate runs."""

    __pydantic_config__: ClassVar = CLOSED
    numbers: Name = field(repr=False)
    """The numbers' database: a file of SQLite, or a URL of PostgreSQL. The gate reads it, and adds breaches."""
    folder: File = Path("gate")
    """Where `gate.key` and `gate.tokens` are, and its own database and its secret, made at the first start."""
    unit: str = ""
    """The courier, as pages name it."""
    contact: str = ""
    """Where people turn who don't get on, named on each page."""
    host: Name = "127.0.0.1"
    port: _Port = 8490
    """Of the pages and of `/v1/track`."""
    metrics_port: _Port = 8491
    """Of metrics and health, on this machine's own address."""
    tls_certificate: File | None = None
    tls_key: File | None = None
    https: Flag = False
    """A proxy before it speaks TLS."""
    proxies: Name | None = None
    """Addresses of proxies, with commas between, that may say from where a request comes."""
    utc_offset_hours: Annotated[int, WHOLE, Field(ge=-12, le=14)] = field(default_factory=clock_hours)
    """The clock of the pages."""
    closed_days: Annotated[int, WHOLE, Field(ge=0, le=MOST_CLOSED)] = MOST_CLOSED
    """So many days after a parcel was closed it is still shown."""
    miss_milliseconds: Annotated[int, WHOLE, Field(ge=1, le=5000)] = 50
    """Whatever finds nothing is answered so long after it came, or after a multiple of it."""
    honest_misses: _Share = 0.02
    """The share of honest people's requests that find nothing."""
    guessed_misses: _Share = 0.5
    """The share from which on a caller is one who guesses."""
    false_refusal: Annotated[float, NUMBER, Field(ge=1e-12, lt=0.1)] = 1e-6
    """At most so often, of all requests, an honest caller begins to be refused."""
    recovery_minutes: _Count = 60
    """After so long a pause, half of what speaks against a caller is forgotten."""
    slow_a_minute: _Count = 12
    """So many right secrets in a minute open for whoever is refused."""
    prefix_a_minute: _Count = 240
    """Requests in a minute of a /24 (IPv4) or /48 (IPv6); of a /16 or /32 sixteen times as many."""
    account_a_minute: _Count = 6000
    """Requests in a minute of an account; of all together a hundred times as many."""
    prefix_shown: _Count = 10_000
    """Parcels shown in a day to a /24 or /48; of a /16 or /32 sixteen times as many."""
    account_shown: _Count = 50_000
    """Parcels shown in a day to an account."""
    breadth: Annotated[int, WHOLE, Field(ge=2, le=250)] = 200
    """Origins, customers or days of parcels shown in a day to a /24 or /48."""
    stop_seconds: Annotated[int, WHOLE, Field(ge=0, le=3600)] = 10

    def __post_init__(self) -> None:
        """GateError: settings that don't go together."""
        check_tls(self, GateError, "https")
        if self.honest_misses * 4 > self.guessed_misses:
            raise GateError(N_("guessed_misses is at least four times honest_misses"))

    @property
    def secure(self) -> bool:
        """Whether browsers come by https."""
        return self.https or self.tls_certificate is not None


read_gate_settings = partial(read_environment, PREFIX, GateSettings, GateError, {})
"""Reads them, as `read_environment` says."""
