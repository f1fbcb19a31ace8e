"""A vault, opened for one command, and options that commands about a vault share.

1. Who acts on the command line is client `cli`, on behalf of `--actor` or of the system's user; rules hold for it as
   for anybody.
2. Every command is a request with an id of its own, which stands in the log. `--actor` proves nothing, so the id says
   under which login it was run.
"""

import os
import pwd
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wayseal.database import Database, open_database
from wayseal.model.times import iso, now_us
from wayseal.server.settings import PREFIX, Settings, read_settings
from wayseal.vault import Caller, Vault
from wayseal.vault.errors import KeyringError, VaultError
from wayseal.vault.keyring import ENVIRONMENT, Keyring, KeyringFile, LocalKeys
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.log.sound_entries import read_origin
from wayseal.vault.tables import ChainName

CLIENT = "cli"
SETTINGS = "wayseal.toml"
PATIENCE = 3600.0
"""Seconds: an operator rather waits than begins again."""
DAY = 86_400_000_000
_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A vault and who acts in it. source: the keyring; now: microseconds."""

    vault: Vault
    settings: Settings
    source: Keyring | KeyringFile
    caller: Caller
    now: int

    @property
    def keyring(self) -> Keyring:
        """The keyring as it is."""
        return self.source.current()

    @property
    def service(self) -> LocalKeys:
        """The service that wraps data keys."""
        return LocalKeys(self.source, self.vault.origin)

    def save(self, keyring: Keyring) -> None:
        """Puts another keyring in the place of the file; KeyringError where it doesn't stand in one."""
        if self.settings.keyring_file is None:
            raise KeyringError("the keyring stands in the environment: it can't be changed from here")
        keyring.save(self.settings.keyring_file)


@contextmanager
def open_vault(folder: Path, actor: str | None = None) -> Iterator[Session]:
    """The vault of a folder (rules 1 and 2). VaultError: there is none; SettingsError, KeyringError, DatabaseError."""
    settings = load_settings(folder)
    source = load_keyring(settings)
    who = identify_caller(actor)
    with (
        open_database(settings.database, patience=PATIENCE) as main,
        open_database(settings.key_database, patience=PATIENCE) as keys,
    ):
        memory = LogMemory(settings.memory_file)
        vault = Vault(main, keys, source, memory=memory, utc_offset=settings.utc_offset, backups=settings.backups)
        try:
            yield Session(vault=vault, settings=settings, source=source, caller=who, now=now_us())
        finally:
            memory.save()


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultParts:
    """The parts of a vault, for whoever looks at it without believing any of it."""

    main: Database
    keys: Database
    settings: Settings
    source: Keyring | KeyringFile

    @property
    def keyring(self) -> Keyring:
        """The keyring as it is."""
        return self.source.current()

    @property
    def service(self) -> LocalKeys:
        """The service that wraps data keys."""
        return LocalKeys(self.source, self.main.read(read_origin) or "")


@contextmanager
def open_parts(folder: Path) -> Iterator[VaultParts]:
    """The databases and the keyring of a vault, which may be damaged in any way."""
    settings = load_settings(folder)
    with (
        open_database(settings.database, patience=PATIENCE) as main,
        open_database(settings.key_database, patience=PATIENCE) as keys,
    ):
        yield VaultParts(main=main, keys=keys, settings=settings, source=load_keyring(settings))


def open_one_database(folder: Path, chain: ChainName) -> Database:
    """One of a vault's two databases, to be closed by whoever opened it."""
    settings = load_settings(folder)
    return open_database(settings.database if chain == "main" else settings.key_database, patience=PATIENCE)


def load_settings(folder: Path) -> Settings:
    """The settings of a vault's folder and of the environment, which wins and suffices.

    Paths in the file count from the folder.
    """
    file = folder / SETTINGS
    if not file.is_file():
        if all(PREFIX + name.upper() in os.environ for name in ("database", "key_database")):
            return read_settings(os.environ)
        raise VaultError("there is no vault here (no wayseal.toml): run `wayseal vault init`", file=folder)
    read = read_settings(os.environ, file)
    changes: dict[str, object] = {}
    for name in ("database", "key_database", "numbers", "aliases"):
        url = getattr(read, name) or ""
        if url.startswith(_SQLITE) and PREFIX + name.upper() not in os.environ:
            changes[name] = _SQLITE + str((folder / url.removeprefix(_SQLITE)).absolute())
    for name in (
        "keyring_file", "log_memory", "checkpoint_folder", "numbers_key", "tls_certificate", "tls_key", "tls_client_ca",
    ):  # fmt: skip
        if getattr(read, name) is not None and PREFIX + name.upper() not in os.environ:
            changes[name] = (folder / getattr(read, name)).absolute()
    return replace(read, **changes)  # type: ignore[arg-type]


def load_keyring(settings: Settings) -> Keyring | KeyringFile:
    """The keyring that the settings name."""
    if settings.keyring_file is not None:
        return KeyringFile(settings.keyring_file)
    return Keyring.from_environment({ENVIRONMENT: settings.keyring_text})


def identify_caller(actor: str | None) -> Caller:
    """Rules 1 and 2."""
    login = _login_name()
    if actor is None and login is None:
        raise VaultError("the system knows no name for you: give --actor")
    request = f"cli-{login or os.getuid()}-{secrets.token_hex(8)}"
    return Caller(client=CLIENT, actor=actor or login or "", scopes=frozenset(), request=request, via="cli")


def _login_name() -> str | None:
    """The name of whoever runs this, as the system has it; the environment could say another."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return None


def round_to_second(us: int) -> str:
    """A moment in ISO 8601, to the second."""
    return iso(us // 1_000_000 * 1_000_000)


VaultOption = Annotated[
    Path, typer.Option("--vault", envvar="WAYSEAL_VAULT", help="Folder of the vault.", file_okay=False)
]
ActorOption = Annotated[
    str | None,
    typer.Option(
        "--actor", envvar="WAYSEAL_ACTOR", help="Who does it, as the directory has it.", show_default="your login"
    ),
]
NumbersArgument = Annotated[list[str], typer.Argument(help="Waybill number; more than one may be given.")]
WhoArgument = Annotated[str, typer.Argument(help="Id of the actor.", metavar="ACTOR")]
ClientArgument = Annotated[str, typer.Argument(help="Id of the client.", metavar="CLIENT")]
PurposeOption = Annotated[
    str, typer.Option("--purpose", help="What for: a [code of the policy](purposes.md), such as `deliver`.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in at most 200 characters; sealed in the log.")]


class DatabaseName(StrEnum):
    """Which of the two databases."""

    MAIN = "main"
    KEYS = "keys"


DatabaseArgument = Annotated[
    DatabaseName,
    typer.Argument(help="Which database: `main` (records, directory, log) or `keys` (wrapped keys).", metavar="SET"),
]
