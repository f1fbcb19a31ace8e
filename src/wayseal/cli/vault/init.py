"""`wayseal vault init`: a new vault."""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import (
    CLIENT,
    PATIENCE,
    SETTINGS,
    identify_caller,
    load_keyring,
    load_settings,
    now_us,
    open_vault,
)
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._example import fill_vault
from wayseal.cli.vault._options import ActorOption
from wayseal.model.messages import filled
from wayseal.store.database import open_database
from wayseal.store.database.migrations import upgrade as upgrade_tables
from wayseal.vault import Caller, Vault, new_vault
from wayseal.vault.errors import VaultError
from wayseal.vault.keyring import Keyring
from wayseal.vault.log.memory import LogMemory
from wayseal.vault.policy import default_texts
from wayseal.vault.tables import CHAINS

KEYRING = "keyring.json"


_ORIGIN = re.compile("[!-*,-~]{1,128}")


_ODD = re.compile("[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVault:
    """What a new vault is made with; None: what is usual."""

    database: str | None = None
    key_database: str | None = None
    origin: str | None = None
    example: bool = False


def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new vault, new or empty.", metavar="FOLDER")] = VAULT,
    database: Annotated[
        str | None,
        typer.Option(
            help="Address of the main database: `sqlite:///FILE` or `postgresql://...`; files count from the folder.",
            show_default="a file in the folder",
        ),
    ] = None,
    key_database: Annotated[
        str | None,
        typer.Option(
            help="Address of the database of wrapped keys, with backups of its own; likewise.",
            show_default="a file in the folder",
        ),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            help="Name of its log, which signs checkpoints: for good.", show_default="the folder's name and .local"
        ),
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Put a few people and parcels of nobody in.")] = False,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Make a vault: settings, keyring, two databases with their tables, the built-in policy.

    The folder (mode 0700) holds settings, keyring (0600) and, unless addresses are given, two SQLite databases. The
    commands act as its client `cli`. The [quick start](vault.md) shows it from the beginning.

    Keep the folder for operators: whoever can read it is believed to be who `--actor` says, so the id of each request
    in the log carries the login (`cli-LOGIN-...`). All that the settings can say may stand in the environment instead
    ([settings](api.md#settings)); without a folder the environment suffices. `wayseal vault` needs packages of its own:
    `pip install 'wayseal[vault]'`.

    \b
    wayseal vault init vault --example
    wayseal vault init vault --database postgresql://vault@db/vault --key-database postgresql://keys@kdb/keys
    """
    new = NewVault(database=database, key_database=key_database, origin=origin, example=example)
    make_vault(folder, new, actor, lang)


def make_vault(folder: Path, new: NewVault, actor: str | None, lang: Lang) -> None:
    """Makes folder, settings, keyring, tables and the first policy; what was begun is taken away if it fails."""
    if new.origin is not None and not _ORIGIN.fullmatch(new.origin):
        raise VaultError("origin: printable ASCII without spaces and plus signs, as it names the key of checkpoints")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise VaultError("not a new or empty folder", file=folder)
    caller = identify_caller(actor)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    try:
        _write_vault(folder, new, caller)
    except BaseException:
        for left in folder.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
        raise
    words = VAULT_TEXTS[lang]
    typer.echo(filled(words["made"], folder=folder))
    if new.example:
        with open_vault(folder, actor) as session:
            done = fill_vault(session.vault, session.caller, session.now)
        typer.echo(filled(words["filled"], **done))
    typer.echo(words["keep_keyring"])


def _write_vault(folder: Path, new: NewVault, caller: Caller) -> None:
    _write_private(folder / SETTINGS, _settings_toml(new))
    settings = load_settings(folder)
    # What the environment names may be there already.
    if settings.keyring_file is not None and not settings.keyring_file.exists():
        Keyring.new(now_us()).save(settings.keyring_file)
    with (
        open_database(settings.database, patience=PATIENCE) as main,
        open_database(settings.key_database, patience=PATIENCE) as keys,
    ):
        upgrade_tables(main, CHAINS["main"])
        upgrade_tables(keys, CHAINS["keys"])
        source = load_keyring(settings)
        LogMemory(settings.memory_file).forget()
        new_vault(main, keys, source.current(), new.origin or _name_log(folder), *default_texts(), caller, now_us())
        vault = Vault(main, keys, source)
        # Nobody is told its secret, and it has no scope: it acts on this machine alone.
        vault.add_client(caller, CLIENT, scopes=frozenset(), acts_for=frozenset(vault.policy.roles), now=now_us())


def _name_log(folder: Path) -> str:
    """A name for the log after the vault's folder; it stands in key files, which are ASCII."""
    return (_ODD.sub("-", folder.resolve().name).strip("-") or "vault") + ".local"


def _settings_toml(new: NewVault) -> str:
    main, keys = new.database or "sqlite:///main.db", new.key_database or "sqlite:///keys.db"
    lines = [
        "# A vault. Files count from this folder; each setting can stand in the environment instead (WAYSEAL_PORT).",
        f"database = {json.dumps(main)}",
        f"key_database = {json.dumps(keys)}",
        f"keyring_file = {json.dumps(KEYRING)}",
        'host = "127.0.0.1"',
        "port = 8443",
    ]
    return "\n".join(lines) + "\n"


def _write_private(path: Path, text: str) -> None:
    """A new file for its owner alone: an address of a database may hold a password."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
