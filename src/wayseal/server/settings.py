"""Settings of the service, from a TOML file and the environment, which wins.

1. A setting that isn't known, or can't be as it is, stops the start; the error names it and the nearest one that is
   known, and never its value.
2. What holds a secret (addresses of databases, keys) shows itself in no `repr`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from wayseal.merkle import MerkleError, VerifyKey
from wayseal.model.schema import CLOSED, Name, TomlText, keys_of, parsed_by, read_values
from wayseal.model.times import clock_hours
from wayseal.server.errors import SettingsError
from wayseal.service.settings import NUMBER, OWN, WHOLE, File, Flag, check_tls, unknown_setting

PREFIX = "WAYSEAL_"
NO_SETTINGS = frozenset({"ACTOR", "LANG", "NOTIFY", "STAMP_URL", "VAULT", "REQUIRE_ALL", "SHARED"})
"""What stands behind `PREFIX` in the environment for the command line, and for the project's own checks."""
_OTHERS = ("TEST_", "CONSOLE_", "WATCH_", "NATS_", "KAFKA_")
"""Beginnings of those of the project's tests and of other services."""


def _parse_witness(value: str) -> str:
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.username is not None or parts.query or parts.fragment:
        raise SettingsError("needs an address, https://HOST or https://HOST/PATH")
    if parts.scheme == "http" and parts.hostname not in OWN:
        raise SettingsError("needs https, unless it is this machine's own address")
    return value


def _parse_witness_key(value: str) -> VerifyKey:
    try:
        key = VerifyKey.parse(value)
    except MerkleError:
        key = None
    if key is None or not key.witness:
        raise SettingsError("needs the public key of a witness, NAME+ID+KEY, of the kind that cosigns (cosignature/v1)")
    return key


_Seconds = Annotated[float, NUMBER, Field(ge=0.1, le=300)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the service runs. Each stands in the environment as WAYSEAL_ and its name in capitals."""

    __pydantic_config__: ClassVar = CLOSED
    database: Name = field(repr=False)
    """Address of the main database: sqlite:///FILE or postgresql://..."""
    key_database: Name = field(repr=False)
    """Address of the database of wrapped keys, with backups of its own."""
    keyring: Name | None = field(default=None, repr=False)
    """The keyring itself."""
    keyring_file: File | None = None
    """The file that holds the keyring."""
    host: Name = "127.0.0.1"
    port: Annotated[int, WHOLE, Field(ge=0, le=65535)] = 8443
    issuer: Name = "wayseal"
    """Who tokens say they are from: the service's public address."""
    log_memory: File | None = None
    """The file in which is kept what was seen of the log; by default beside `keyring_file`."""
    sign_seconds: Annotated[float, NUMBER, Field(ge=0, le=86_400)] = 60.0
    """So often the log is signed, where something was added; 0: only when somebody asks."""
    checkpoint_folder: File | None = None
    """Where signed checkpoints are written, one a day: best on a machine of somebody else's."""
    witness: Annotated[str, parsed_by(_parse_witness, str)] | None = None
    """Address of a witness (C2SP tlog-witness) that cosigns what is signed every `sign_seconds`."""
    witness_key: Annotated[VerifyKey, parsed_by(_parse_witness_key, str)] | None = None
    """The public key under which its answers count."""
    tls_certificate: File | None = None
    tls_key: File | None = None
    tls_client_ca: File | None = None
    """Certificates of clients are asked for, and have to be signed by this authority."""
    proxies: Name | None = None
    """Addresses of proxies, with commas between, that may say from where a request comes."""
    insecure: Flag = False
    """Without TLS on another address than this machine's own: behind a proxy that does TLS."""
    processes: Annotated[int, WHOLE, Field(ge=1, le=64)] = 1
    """Processes that answer. With more than one, another one commits for all; rates and `most_running` are each's."""
    most_bytes: Annotated[int, WHOLE, Field(ge=1024, le=67_108_864)] = 4_194_304
    most_running: Annotated[int, WHOLE, Field(ge=1, le=100_000)] = 1000
    most_connections: Annotated[int, WHOLE, Field(ge=1, le=100_000)] = 900
    """Beyond so many, of each process, whoever has waited longest without a request is cut off."""
    utc_offset_hours: Annotated[float, NUMBER, Field(ge=-12, le=14)] = field(default_factory=clock_hours)
    """The courier's clock, by which budgets have their days."""
    key_backup_days: Annotated[float, NUMBER, Field(ge=0, le=3660)] = 30.0
    """How long backups of the key database are kept: what is erased is erased for good after that."""
    blocked_file: File | None = None
    """The list of blocked accounts, as `wayseal blocked` swaps it."""
    numbers: Name | None = field(default=None, repr=False)
    """Address of the database of numbers, where the service issues and moves them."""
    numbers_key: File | None = None
    """Their key file."""
    aliases: Name | None = field(default=None, repr=False)
    """Address of the database of virtual numbers, stand-ins and handovers."""
    blocked_fails_open: Flag = False
    """Where that list was never read: disclose all the same, instead of refusing all."""
    body_seconds: _Seconds = 10.0
    answer_seconds: _Seconds = 30.0
    stop_seconds: Annotated[float, NUMBER, Field(ge=0, le=3600)] = 30.0

    def __post_init__(self) -> None:
        """Rule 1."""
        if self.keyring is not None and self.keyring_file is not None:
            raise SettingsError("keyring and keyring_file: one of the two, not both")
        if (self.witness is None) != (self.witness_key is None):
            raise SettingsError("witness and witness_key go together")
        if self.witness is not None and not (self.checkpoint_folder and self.sign_seconds):
            raise SettingsError("witness needs checkpoint_folder, for what it cosigns, and sign_seconds")
        if self.blocked_fails_open and self.blocked_file is None:
            raise SettingsError("blocked_fails_open needs blocked_file")
        if (self.numbers is None) != (self.numbers_key is None):
            raise SettingsError("numbers and numbers_key go together")
        if self.aliases is not None and self.numbers is None:
            raise SettingsError("aliases needs numbers")
        check_tls(self, SettingsError, "insecure")
        if self.tls_client_ca is not None and self.tls_certificate is None:
            raise SettingsError("tls_client_ca needs tls_certificate")

    @property
    def keyring_text(self) -> str:
        """`keyring`; SettingsError where neither it nor a file is given. A backup needs neither."""
        if self.keyring is None:
            raise SettingsError("keyring or keyring_file: one of the two is needed")
        return self.keyring

    @property
    def memory_file(self) -> Path | None:
        """Where it is kept what was seen of the log; None: nowhere."""
        beside = None if self.keyring_file is None else self.keyring_file.with_name(self.keyring_file.name + ".seen")
        return self.log_memory or beside

    @property
    def utc_offset(self) -> int:
        """`utc_offset_hours` in microseconds."""
        return round(self.utc_offset_hours * _HOUR)

    @property
    def backups(self) -> int:
        """`key_backup_days` in microseconds."""
        return round(self.key_backup_days * 24 * _HOUR)


SECRETS = tuple(PREFIX + one.name.upper() for one in fields(Settings) if not one.repr)
"""Variables that hold a secret (rule 2)."""
_HOUR = 3_600_000_000


def read_settings(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """Reads the settings of a file and of the environment, which wins.

    Args:
        environment: Names (WAYSEAL_ and the setting in capitals) and values.
        file: A TOML file, one flat table; None: there is none.

    Returns:
        The settings.

    Raises:
        SettingsError: A setting isn't known, missing, or can't be (rule 1).
    """
    toml = TomlText(_read(file), SettingsError, file=file, example="port = 8443")
    known = keys_of(Settings)
    for name in toml.content:
        if name not in known:
            raise unknown_setting(name, known, SettingsError).at(file=file, line=toml.line(name))
    _check_names(environment, [PREFIX + name.upper() for name in known])
    outside = {name: text for name in known if (text := environment.get(PREFIX + name.upper())) is not None}
    given = {**toml.content, **outside}
    # A keyring of the environment stands in for the file's, and the other way round.
    for name, other in (("keyring", "keyring_file"), ("keyring_file", "keyring")):
        if name in outside and other not in outside:
            given.pop(other, None)
    for name in ("database", "key_database"):
        if name not in given:
            raise SettingsError("{name} is needed ({variable})", name=name, variable=PREFIX + name.upper())
    try:
        return read_values(given, Settings, SettingsError)
    except SettingsError as error:
        if error.key in toml.content and error.key not in outside:
            error.at(file=file, line=toml.line(str(error.key)))
        raise


def _check_names(environment: Mapping[str, str], known: Sequence[str]) -> None:
    """Rule 1, of the environment."""
    for variable in sorted(environment.keys() - set(known)):
        name = variable.removeprefix(PREFIX)
        if name != variable and name not in NO_SETTINGS and not name.startswith(_OTHERS):
            raise unknown_setting(variable, known, SettingsError).at(key=variable)


def _read(file: Path | None) -> bytes:
    try:
        return b"" if file is None else file.read_bytes()
    except OSError as error:
        raise SettingsError("can't be read", file=file) from error
