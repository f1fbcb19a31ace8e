"""Settings of the service, from a TOML file and the environment, which wins.

1. A setting that isn't known, or can't be as it is, stops the start; the error names it and never its value.
2. What holds a secret (addresses of databases, keys) shows itself in no `repr`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from wayseal.server.errors import SettingsError

PREFIX = "WAYSEAL_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the service runs. Each stands in the environment as WAYSEAL_ and its name in capitals."""

    database: str = field(repr=False)
    """Address of the main database: sqlite:///FILE or postgresql://..."""
    key_database: str = field(repr=False)
    """Address of the database of wrapped keys, with backups of its own."""
    keyring: str | None = field(default=None, repr=False)
    """The keyring itself."""
    keyring_file: Path | None = None
    """The file that holds the keyring."""
    host: str = "127.0.0.1"
    port: int = 8443
    issuer: str = "wayseal"
    """Who tokens say they are from: the service's public address."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    """Certificates of clients are asked for, and have to be signed by this authority."""
    proxies: str | None = None
    """Addresses of proxies, with commas between, that may say from where a request comes."""
    insecure: bool = False
    """Without TLS on another address than this machine's own: behind a proxy that does TLS."""
    processes: int = 1
    """Processes that answer. With more than one, another one commits for all; rates and `most_running` are each's."""
    most_bytes: int = 4_194_304
    most_running: int = 1000
    most_connections: int = 900
    """Beyond so many, of each process, whoever has waited longest without a request is cut off."""
    utc_offset_hours: float = 8.0
    """The courier's clock, by which budgets have their days."""
    key_backup_days: float = 30.0
    """How long backups of the key database are kept: what is erased is erased for good after that."""
    body_seconds: float = 10.0
    answer_seconds: float = 30.0
    stop_seconds: float = 30.0

    def __post_init__(self) -> None:
        """Rule 1."""
        if (self.keyring is None) == (self.keyring_file is None):
            raise SettingsError("keyring or keyring_file: one of the two is needed")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise SettingsError("tls_certificate and tls_key go together")
        if self.tls_client_ca is not None and self.tls_certificate is None:
            raise SettingsError("tls_client_ca needs tls_certificate")
        if self.tls_certificate is None and not self.insecure and self.host not in _OWN:
            raise SettingsError("tls_certificate is needed where host is not this machine's own address")
        for name, (least, most) in _BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise SettingsError("{least:g} to {most:g}", key=name, least=least, most=most)

    @property
    def utc_offset(self) -> int:
        """`utc_offset_hours` in microseconds."""
        return round(self.utc_offset_hours * _HOUR)

    @property
    def backups(self) -> int:
        """`key_backup_days` in microseconds."""
        return round(self.key_backup_days * 24 * _HOUR)


_HOUR = 3_600_000_000
_OWN = {"127.0.0.1", "::1", "localhost"}
_BOUNDS: dict[str, tuple[float, float]] = {
    "port": (0, 65535),
    "processes": (1, 64),
    "most_bytes": (1024, 67_108_864),
    "most_running": (1, 100_000),
    "most_connections": (1, 100_000),
    "utc_offset_hours": (-12, 14),
    "key_backup_days": (0, 3660),
    "body_seconds": (0.1, 300),
    "answer_seconds": (0.1, 300),
    "stop_seconds": (0, 3600),
}


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
    given: dict[str, Any] = {} if file is None else _file(file)
    known = {one.name: one for one in fields(Settings)}
    for name in known:
        if (text := environment.get(PREFIX + name.upper())) is not None:
            given[name] = text
    # A keyring of the environment stands in for the file's, and the other way round.
    for name, other in (("keyring", "keyring_file"), ("keyring_file", "keyring")):
        if PREFIX + name.upper() in environment and PREFIX + other.upper() not in environment:
            given.pop(other, None)
    for name in given:
        if name not in known:
            raise SettingsError("the settings' file has a name that is no setting")
    for name in ("database", "key_database"):
        if name not in given:
            raise SettingsError("{name} is needed ({variable})", name=name, variable=PREFIX + name.upper())
    return Settings(**{name: _typed(name, str(known[name].type), value) for name, value in given.items()})


def _file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError("can't be read", file=file) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The parser's text could quote the line, and the line could be a secret.
        raise SettingsError("is no TOML", file=file) from None


def _typed(name: str, kind: str, value: object) -> Any:
    try:
        if "bool" in kind:
            return _flag(value)
        if "int" in kind:
            return int(str(value))
        if "float" in kind:
            return float(str(value))
    except ValueError:
        raise SettingsError("is no {kind}", key=name, kind=kind) from None
    if not isinstance(value, str) or not value:
        raise SettingsError("is no text", key=name)
    return Path(value) if "Path" in kind else value


def _flag(value: object) -> bool:
    text = str(value).lower()
    if text not in {"true", "false", "1", "0"}:
        raise ValueError
    return text in {"true", "1"}
