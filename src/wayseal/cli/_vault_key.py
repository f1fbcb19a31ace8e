"""`wayseal vault key`."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, Quiet
from wayseal.cli._server_parts import server_parts
from wayseal.cli._vault_options import (
    VAULT,
    ActorOption,
    PurposeArgument,
    VaultFormat,
    VaultFormatOption,
    VaultOption,
    VersionArgument,
)

key_app = typer.Typer(help="Keys of a vault. 封缄库的密钥。", no_args_is_help=True)


@key_app.command(name="list")
def list_(
    vault: VaultOption = VAULT,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """List the keys of the keyring by purpose and version, and what still needs them. No secret is shown.

    \b
    wayseal vault key list
    """
    with server_parts():
        from wayseal.cli._vault_keys import list_keys  # noqa: PLC0415
    list_keys(vault, lang, as_json=format is VaultFormat.JSON)


@key_app.command()
def rotate(
    purpose: PurposeArgument,
    vault: VaultOption = VAULT,
    wait: Annotated[
        bool, typer.Option("--wait", help="Only read with it at first: where several machines hold the keyring.")
    ] = False,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Add a key, which is written with from now on. A running service takes it within a second.

    \b
    wayseal vault key rotate wrap
    wayseal vault key rotate log --wait
    """
    with server_parts():
        from wayseal.cli._vault_keys import rotate  # noqa: PLC0415
        from wayseal.vault.keyring import KeyPurpose  # noqa: PLC0415
    rotate(vault, KeyPurpose(purpose), actor, lang, activate=not wait)


@key_app.command()
def activate(
    purpose: PurposeArgument,
    version: VersionArgument,
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Write with a key that could only be read with so far.

    \b
    wayseal vault key activate log 2
    """
    with server_parts():
        from wayseal.cli._vault_keys import activate_key  # noqa: PLC0415
        from wayseal.vault.keyring import KeyPurpose  # noqa: PLC0415
    activate_key(vault, KeyPurpose(purpose), version, actor, lang)


@key_app.command()
def retire(
    purpose: PurposeArgument,
    version: VersionArgument,
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Take a key out of the keyring for good. Refused while data keys or tags of phones need it.

    \b
    wayseal vault key retire wrap 1
    """
    with server_parts():
        from wayseal.cli._vault_keys import retire  # noqa: PLC0415
        from wayseal.vault.keyring import KeyPurpose  # noqa: PLC0415
    retire(vault, KeyPurpose(purpose), version, actor, lang)


@key_app.command()
def rewrap(
    vault: VaultOption = VAULT, actor: ActorOption = None, lang: LangOption = Lang.EN, quiet: Quiet = False
) -> None:
    """Wrap all data keys anew with the active key, while the service runs. Broken off, it goes on the next time.

    \b
    wayseal vault key rewrap
    """
    with server_parts():
        from wayseal.cli._vault_keys import rewrap  # noqa: PLC0415
    rewrap(vault, actor, lang, quiet=quiet)


@key_app.command()
def public(
    vault: VaultOption = VAULT,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write here instead of to the screen.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Of every version, retired ones too, a line each.")] = False,
) -> None:
    """Print the public key that verifies checkpoints and proofs: hand it to whoever is to check them.

    \b
    wayseal vault key public --out vault.pub
    """
    with server_parts():
        from wayseal.cli._vault_keys import public  # noqa: PLC0415
    public(vault, out, every=every)
