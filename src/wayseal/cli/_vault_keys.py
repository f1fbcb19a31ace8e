"""Keys of a vault: listed, rotated, retired; data keys wrapped anew; the public key for third parties."""

import json
from pathlib import Path

import typer

from wayseal.cli._options import Lang
from wayseal.cli._progress import progress_bars
from wayseal.cli._vault_open import Opened, opened
from wayseal.cli._vault_words import VAULT_TEXTS
from wayseal.cli._words import filled
from wayseal.cli._write import write_text
from wayseal.merkle import VerifyKey
from wayseal.model.times import iso
from wayseal.vault.errors import KeyringError
from wayseal.vault.key_rotation import index_versions_in_use, rewrap_keys, versions_in_use
from wayseal.vault.keyring import KeyPurpose
from wayseal.vault.keyring.keys import KINDS, LogKey
from wayseal.vault.log import append
from wayseal.vault.log.entries import admin

CHANGED = 7


def list_keys(folder: Path, lang: Lang, *, as_json: bool) -> None:
    """Every key that can be read with; never a secret."""
    with opened(folder) as at:
        used = {KeyPurpose.WRAP: versions_in_use(at.vault.keys), KeyPurpose.INDEX: index_versions_in_use(at.vault.main)}
        rows = [
            {
                "purpose": str(purpose),
                "version": key.version,
                "active": key.version == at.keyring.active(purpose),
                "created_at": iso(key.created_at // 1_000_000 * 1_000_000),
                "in_use": used[purpose].get(key.version, 0) if purpose in used else None,
            }
            for purpose in KeyPurpose
            for key in at.keyring.keys(KINDS[purpose])
        ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    words = VAULT_TEXTS[lang]
    for row in rows:
        line = filled(words["key_active" if row["active"] else "key_older"], **row)
        typer.echo(line + ("" if row["in_use"] is None else filled(words["key_in_use"], count=row["in_use"])))


def rotate(folder: Path, purpose: KeyPurpose, actor: str | None, lang: Lang, *, activate: bool) -> None:
    """Adds a key; `activate`: and writes with it from now on."""
    with opened(folder, actor) as at:
        ring = at.keyring.rotate(purpose, at.now, activate=activate)
        version = max(ring.versions(purpose))
        _log(at, "key_rotated", purpose, version)
        at.save(ring)
    words = VAULT_TEXTS[lang]
    said = "rotated" if activate else "rotated_waiting"
    typer.echo(filled(words[said], purpose=purpose, version=version))
    if activate and purpose is KeyPurpose.WRAP:
        typer.echo(words["rotated_wrap"])


def activate_key(folder: Path, purpose: KeyPurpose, version: int, actor: str | None, lang: Lang) -> None:
    """Writes with this key from now on."""
    with opened(folder, actor) as at:
        ring = at.keyring.activate(purpose, version)
        _log(at, "key_activated", purpose, version)
        at.save(ring)
    typer.echo(filled(VAULT_TEXTS[lang]["rotated"], purpose=purpose, version=version))


def retire(folder: Path, purpose: KeyPurpose, version: int, actor: str | None, lang: Lang) -> None:
    """Takes a key out of the keyring for good; not while anything that can be counted needs it."""
    with opened(folder, actor) as at:
        ring = at.keyring.retire(purpose, version)
        used = {KeyPurpose.WRAP: versions_in_use, KeyPurpose.INDEX: index_versions_in_use}.get(purpose)
        database = at.vault.keys if purpose is KeyPurpose.WRAP else at.vault.main
        if used is not None and (count := used(database).get(version, 0)):
            raise KeyringError(f"{purpose} {version} is needed still: by {count} rows")
        _log(at, "key_retired", purpose, version)
        at.save(ring)
    typer.echo(filled(VAULT_TEXTS[lang]["retired"], purpose=purpose, version=version))


def rewrap(folder: Path, actor: str | None, lang: Lang, *, quiet: bool) -> None:
    """Wraps all data keys anew with the active key."""
    words = VAULT_TEXTS[lang]
    with opened(folder, actor) as at:
        active = at.keyring.active(KeyPurpose.WRAP)
        _log(at, "keys_rewrapped", KeyPurpose.WRAP, active)
        with progress_bars(quiet) as progress:
            done = rewrap_keys(at.vault.keys, at.service, active, progress)
    typer.echo(filled(words["rewrapped"], count=done.done, version=active))
    for number in done.failed:
        typer.echo(filled(words["rewrap_failed"], waybill=number))
    if done.failed:
        raise typer.Exit(CHANGED)


def public(folder: Path, out: Path | None, *, every: bool) -> None:
    """The public key that verifies checkpoints; `every`: of all versions, retired ones too, a line each."""
    with opened(folder) as at:
        found = [at.keyring.key(LogKey).verifying(at.vault.origin)]
        if every:
            found = list(at.keyring.log_verify_keys(at.vault.origin))
    text = "".join(f"{key}\n" for key in found)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)


def known_keys(at: Opened, given: list[VerifyKey]) -> list[VerifyKey]:
    """Keys by which checkpoints are judged: those that were given, and the vault's own."""
    own = at.keyring.log_verify_keys(at.vault.origin)
    return [*given, *(key for key in own if key not in given)]


def _log(at: Opened, act: str, purpose: KeyPurpose, version: int) -> None:
    """What was done with keys stands in the log before it is done."""
    entry = admin(at.caller, at.now, at.vault.policy.version, act, purpose=str(purpose), version=version)
    at.vault.main.write(lambda connection: append(connection, [entry]))
