"""Making a vault, bringing its tables up to date, and how it stands."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from wayseal.cli._options import Lang
from wayseal.cli._vault_example import fill
from wayseal.cli._vault_open import CLIENT, PATIENCE, SETTINGS, Opened, caller_of, keyring_of, now, opened, settings_of
from wayseal.cli._vault_words import VAULT_TEXTS
from wayseal.cli._words import filled
from wayseal.model.times import iso
from wayseal.store.database import open_database
from wayseal.store.database.migrations import Chain, pending, upgrade, version
from wayseal.vault import Caller, Vault, new_vault
from wayseal.vault.errors import VaultError
from wayseal.vault.inspection import Counts, counts
from wayseal.vault.key_rotation import versions_in_use
from wayseal.vault.keyring import KeyPurpose, Keyring
from wayseal.vault.policy import default_texts

KEYRING = "keyring.json"
_ORIGIN = re.compile("[!-*,-~]{1,128}")
_ODD = re.compile("[^A-Za-z0-9._-]+")
_CHAINS: tuple[Chain, ...] = ("main", "keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a new vault is made with; None: what is usual."""

    database: str | None = None
    key_database: str | None = None
    origin: str | None = None
    example: bool = False


def make(folder: Path, given: Given, actor: str | None, lang: Lang) -> None:
    """Makes folder, settings, keyring, tables and the first policy; what was begun is taken away if it fails."""
    if given.origin is not None and not _ORIGIN.fullmatch(given.origin):
        raise VaultError("origin: printable ASCII without spaces and plus signs, as it names the key of checkpoints")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise VaultError(f"{folder}: not a new or empty folder")
    caller = caller_of(actor)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    try:
        _make(folder, given, caller)
    except BaseException:
        for left in folder.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
        raise
    words = VAULT_TEXTS[lang]
    typer.echo(filled(words["made"], folder=folder))
    if given.example:
        with opened(folder, actor) as at:
            done = fill(at.vault, at.caller, at.now)
        typer.echo(filled(words["filled"], **done))
    typer.echo(words["keep_keyring"])


def _make(folder: Path, given: Given, caller: Caller) -> None:
    _write(folder / SETTINGS, _toml(given))
    settings = settings_of(folder)
    # What the environment names may be there already.
    if settings.keyring_file is not None and not settings.keyring_file.exists():
        Keyring.new(now()).save(settings.keyring_file)
    with (
        open_database(settings.database, patience=PATIENCE) as main,
        open_database(settings.key_database, patience=PATIENCE) as keys,
    ):
        upgrade(main, "main")
        upgrade(keys, "keys")
        new_vault(main, keys, given.origin or _named(folder), *default_texts(), caller, now())
        vault = Vault(main, keys, keyring_of(settings))
        # Nobody is told its secret, and it has no scope: it acts on this machine alone.
        vault.add_client(caller, CLIENT, scopes=frozenset(), acts_for=frozenset(vault.policy.roles), now=now())


def _named(folder: Path) -> str:
    """A name for the log after the vault's folder; it stands in key files, which are ASCII."""
    return (_ODD.sub("-", folder.resolve().name).strip("-") or "vault") + ".local"


def _toml(given: Given) -> str:
    main, keys = given.database or "sqlite:///main.db", given.key_database or "sqlite:///keys.db"
    lines = [
        "# A vault. Files count from this folder; each setting can stand in the environment instead (WAYSEAL_PORT).",
        f"database = {json.dumps(main)}",
        f"key_database = {json.dumps(keys)}",
        f"keyring_file = {json.dumps(KEYRING)}",
        'host = "127.0.0.1"',
        "port = 8443",
    ]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    """A new file for its owner alone: an address of a database may hold a password."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def bring_up(folder: Path, lang: Lang) -> None:
    """Does the steps that the tables lack."""
    words = VAULT_TEXTS[lang]
    done = 0
    for chain, url in _addresses(folder):
        with open_database(url, patience=PATIENCE) as database:
            for step in upgrade(database, chain):
                typer.echo(filled(words["step"], revision=step.revision, what=step.what))
                done += 1
    typer.echo(filled(words["upgraded"], steps=done) if done else words["no_upgrade"])


def _addresses(folder: Path) -> Iterator[tuple[Chain, str]]:
    settings = settings_of(folder)
    return zip(_CHAINS, (settings.database, settings.key_database), strict=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a vault stands.

    bytes: of both databases; keys: versions of each purpose; data_keys: how many each version has wrapped; trouble:
    codes of `_trouble`.
    """

    origin: str
    tables: dict[str, str | None]
    policy: int
    policy_sha256: str
    counts: Counts
    bytes: dict[str, int]
    keys: dict[str, dict[str, object]]
    data_keys: dict[int, int]
    trouble: list[str]


def status_of(folder: Path, lang: Lang, *, as_json: bool) -> None:
    """Says how a vault stands."""
    waiting, tables = [], {}
    for chain, url in _addresses(folder):
        with open_database(url, patience=PATIENCE) as database:
            waiting += [step.revision for step in pending(database, chain)]
            tables[str(chain)] = version(database, chain)
    if waiting:
        raise VaultError(f"these steps are pending: {', '.join(waiting)}: run `wayseal vault upgrade`")
    with opened(folder) as at:
        found = _status(at, tables)
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=1))
    else:
        for line in _lines(found, folder, lang):
            typer.echo(line)


def _status(at: Opened, tables: dict[str, str | None]) -> Status:
    vault, keyring = at.vault, at.keyring
    held = vault.main.read(counts, at.now)
    in_use = versions_in_use(vault.keys)
    return Status(
        origin=vault.origin,
        tables=tables,
        policy=vault.policy.version,
        policy_sha256=vault.policy.sha256,
        counts=held,
        bytes={"main": vault.main.size(), "keys": vault.keys.size()},
        keys={str(p): {"active": keyring.active(p), "versions": keyring.versions(p)} for p in KeyPurpose},
        data_keys=in_use,
        trouble=list(_trouble(at, held, in_use)),
    )


def _trouble(at: Opened, held: Counts, in_use: dict[int, int]) -> Iterator[str]:
    """Codes of what an operator should see to; each has its words in the catalogue."""
    active, versions = at.keyring.active(KeyPurpose.WRAP), at.keyring.versions(KeyPurpose.WRAP)
    if any(v not in versions for v in in_use):
        yield "keys_lost"
    elif any(v != active for v in in_use):
        yield "keys_old"
    if held.earliest_due is not None and held.earliest_due < at.now:
        yield "overdue"
    if held.log_size and not held.checkpoint_size:
        yield "no_checkpoint"


def _lines(found: Status, folder: Path, lang: Lang) -> Iterator[str]:
    words = VAULT_TEXTS[lang]
    held = asdict(found.counts)
    yield filled(words["status_vault"], folder=folder, origin=found.origin)
    yield filled(words["status_records"], **held)
    yield filled(words["status_people"], **held)
    yield filled(words["status_log"], **held)
    yield filled(words["status_policy"], version=found.policy, sha256=found.policy_sha256[:20])
    yield filled(words["status_tables"], main=found.tables["main"], keys=found.tables["keys"], **_sizes(found))
    said = ", ".join(f"{p} {k['active']}" for p, k in found.keys.items())
    yield filled(words["status_keys"], keys=said)
    if found.counts.earliest_due is not None:
        yield filled(words["status_due"], at=iso(found.counts.earliest_due // 1_000_000 * 1_000_000))
    for code in found.trouble:
        yield words["trouble"] + words[f"trouble_{code}"]
    if not found.trouble:
        yield words["no_trouble"]


def _sizes(found: Status) -> dict[str, float]:
    return {f"{name}_mb": size / 1e6 for name, size in found.bytes.items()}


def serving(folder: Path) -> None:
    """Runs the service of a vault until a signal ends it."""
    from wayseal.server.serve import run  # noqa: PLC0415 (no other command needs it)

    os.umask(0o077)
    run(settings_of(folder))
