"""`wayseal vault key`: the keys of a vault."""

from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._options import VAULT, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import print_result, progress_bars, write_text
from wayseal.cli._texts import _, echo
from wayseal.cli._vault_session import ActorOption, Session, VaultOption, open_vault, round_to_second
from wayseal.vault.data_keys import index_versions_in_use, rewrap_keys, versions_in_use
from wayseal.vault.errors import KeyringError
from wayseal.vault.keyring import KeyPurpose
from wayseal.vault.keyring.keys import KINDS, LogKey
from wayseal.vault.row_macs import mark_versions_in_use, remark_rows

KeyPurposeArgument = Annotated[
    KeyPurpose, typer.Argument(help="What the [key](keys.md#keys-of-the-keyring) is for.", metavar="PURPOSE")
]
KeyVersionArgument = Annotated[int, typer.Argument(help="Version of the key.", min=1, metavar="VERSION")]


def log_key_act(session: Session, act: str, purpose: KeyPurpose, version: int) -> None:
    """Log an act on keys before it is done."""
    session.vault.record_act(session.caller, act, now=session.now, purpose=str(purpose), version=version)


def vault_key_list(vault: VaultOption = VAULT, format: OutputFormatOption = OutputFormat.TEXT) -> None:
    """List the keys of the keyring by purpose and version, and what still needs them.

    How many rows still need a key is counted. No secret is shown.

    \b
    wayseal vault key list
    """
    with open_vault(vault) as session:
        main, keys = session.vault.main, session.vault.keys
        used = {
            KeyPurpose.WRAP: versions_in_use(keys),
            KeyPurpose.INDEX: index_versions_in_use(main),
            KeyPurpose.ROW: mark_versions_in_use(main),
        }
        rows = [
            {
                "purpose": str(purpose),
                "version": key.version,
                "active": key.version == session.keyring.active(purpose),
                "created_at": round_to_second(key.created_at),
                "in_use": used[purpose].get(key.version, 0) if purpose in used else None,
            }
            for purpose in KeyPurpose
            for key in session.keyring.keys(KINDS[purpose])
        ]
    print_result(format, rows, map(_key_line, rows))


def _key_line(row: dict[str, Any]) -> str:
    line = _(
        "{purpose} {version}  active, made at {created_at}"
        if row["active"]
        else "{purpose} {version}  can read, made at {created_at}",
        **row,
    )
    if row["in_use"] is None:
        return line
    return line + _(", {count:,} {count:row needs|rows need} it", count=row["in_use"])


def vault_key_rotate(
    purpose: KeyPurposeArgument,
    vault: VaultOption = VAULT,
    wait: Annotated[
        bool, typer.Option("--wait", help="Only read with it at first: where several machines hold the keyring.")
    ] = False,
    actor: ActorOption = None,
) -> None:
    """Add a key, which is written with from now on.

    A running service takes it within a second ([rotation](keys.md#rotation)).

    \b
    wayseal vault key rotate wrap
    wayseal vault key rotate log --wait
    """
    with open_vault(vault, actor) as session:
        ring = session.keyring.rotate(purpose, session.now, activate=not wait)
        version = max(ring.versions(purpose))
        log_key_act(session, "key_rotated", purpose, version)
        session.save(ring)
    echo(
        "{purpose} {version} can be read with. Bring the keyring to every machine, then run `wayseal vault key "
        "activate {purpose} {version}`."
        if wait
        else "{purpose} {version} is written with from now on",
        purpose=purpose,
        version=version,
    )
    if not wait and purpose is KeyPurpose.WRAP:
        echo("Older data keys can still be opened. To wrap them anew: `wayseal vault key rewrap`.")


def vault_key_activate(
    purpose: KeyPurposeArgument, version: KeyVersionArgument, vault: VaultOption = VAULT, actor: ActorOption = None
) -> None:
    """Write with a key that could only be read with so far.

    \b
    wayseal vault key activate log 2
    """
    with open_vault(vault, actor) as session:
        ring = session.keyring.activate(purpose, version)
        log_key_act(session, "key_activated", purpose, version)
        session.save(ring)
    echo("{purpose} {version} is written with from now on", purpose=purpose, version=version)


def vault_key_retire(
    purpose: KeyPurposeArgument, version: KeyVersionArgument, vault: VaultOption = VAULT, actor: ActorOption = None
) -> None:
    """Take a key out of the keyring for good.

    It is refused while the key is active, or while data keys, tags of phones or marks of rows need it
    ([retiring](keys.md#retiring)).

    \b
    wayseal vault key retire wrap 1
    """
    with open_vault(vault, actor) as session:
        ring = session.keyring.retire(purpose, version)
        used = {
            KeyPurpose.WRAP: versions_in_use,
            KeyPurpose.INDEX: index_versions_in_use,
            KeyPurpose.ROW: mark_versions_in_use,
        }.get(purpose)
        database = session.vault.keys if purpose is KeyPurpose.WRAP else session.vault.main
        if used is not None and (count := used(database).get(version, 0)):
            raise KeyringError(
                "{purpose} {version} is needed still: by {count} rows", purpose=purpose, version=version, count=count
            )
        log_key_act(session, "key_retired", purpose, version)
        session.save(ring)
    echo(
        "{purpose} {version} is out of the keyring; destroy older copies of the keyring, too",
        purpose=purpose,
        version=version,
    )


CHANGED = 7


def vault_key_rewrap(vault: VaultOption = VAULT, actor: ActorOption = None, quiet: QuietOption = False) -> None:
    """Wrap all data keys and mark all rows anew with the active keys, while the service runs.

    It goes portion by portion; broken off, it goes on the next time. Of a key that doesn't open the number is named,
    and the exit code is 7.

    \b
    wayseal vault key rewrap
    """
    with open_vault(vault, actor) as session:
        active = session.keyring.active(KeyPurpose.WRAP)
        log_key_act(session, "keys_rewrapped", KeyPurpose.WRAP, active)
        with progress_bars(quiet) as progress:
            done = rewrap_keys(session.vault.keys, session.service, active, progress)
            version = session.keyring.active(KeyPurpose.ROW)
            marked = remark_rows(session.vault.main, session.vault.marks, version, progress)
    echo("{count:,} {count:row|rows} marked anew with row {version}", count=marked, version=version)
    echo("{count:,} data {count:key|keys} wrapped anew with wrap {version}", count=done.done, version=active)
    for number in done.failed:
        echo("  {waybill}: its data key doesn't open: run `wayseal vault verify`", waybill=number)
    if done.failed:
        raise typer.Exit(CHANGED)


def vault_key_public(
    vault: VaultOption = VAULT,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it here.", show_default="the screen")] = None,
    every: Annotated[bool, typer.Option("--all", help="Of every version, retired ones too, a line each.")] = False,
) -> None:
    """Print the public key that verifies checkpoints and proofs: hand it to whoever is to check them.

    \b
    wayseal vault key public --out vault.pub
    """
    with open_vault(vault) as session:
        found = [session.keyring.key(LogKey).verifying(session.vault.origin)]
        if every:
            found = list(session.keyring.log_verify_keys(session.vault.origin))
    text = "".join(f"{key}\n" for key in found)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
