"""`wayseal vault backup`, `restore`, `erased`, `prune`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, Quiet
from wayseal.cli._server_parts import server_parts
from wayseal.cli._vault_options import VAULT, VaultFormat, VaultFormatOption, VaultOption


class Set(StrEnum):
    """Which of the two databases."""

    MAIN = "main"
    KEYS = "keys"


SetArgument = Annotated[Set, typer.Argument(help="Which database: main or keys.", metavar="SET")]


def add_keeping(app: typer.Typer) -> None:
    """Adds these commands to `wayseal vault`."""
    for command in (backup, restore, erased, prune):
        app.command()(command)


def backup(
    which: SetArgument,
    dest: Annotated[Path, typer.Argument(help="Folder of the backup: new or empty.", metavar="DEST")],
    vault: VaultOption = VAULT,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Copy one of the two databases while the service runs: main first, then keys, each to a place of its own.

    \b
    wayseal vault backup main /mnt/a/main-2026-03-01
    wayseal vault backup keys /mnt/b/keys-2026-03-01
    """
    with server_parts():
        from wayseal.cli._vault_kept import backup  # noqa: PLC0415
    backup(vault, which.value, dest, lang, as_json=format is VaultFormat.JSON, quiet=quiet)


def restore(
    which: SetArgument,
    backup: Annotated[Path, typer.Argument(help="Folder that `wayseal vault backup` made.", metavar="BACKUP")],
    vault: VaultOption = VAULT,
    erased: Annotated[
        Path | None, typer.Option(help="List of what was erased, of `wayseal vault erased`.", dir_okay=False)
    ] = None,
    nothing_erased: Annotated[
        bool, typer.Option("--nothing-erased", help="Nothing was erased since the backup; you answer for that.")
    ] = False,
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Fill an empty database of a vault from a backup, without what was erased since. Stop the service first.

    \b
    wayseal vault restore keys /mnt/b/keys-2026-03-01
    wayseal vault restore main /mnt/a/main-2026-03-01 --erased erased.jsonl
    """
    with server_parts():
        from wayseal.cli._vault_kept import restore  # noqa: PLC0415
    restore(vault, which.value, backup, erased, lang, nothing=nothing_erased, quiet=quiet)


def erased(
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the list here: a new file.")],
    vault: VaultOption = VAULT,
    lang: LangOption = Lang.EN,
) -> None:
    """Write down which numbers were erased, and when: a restore needs it when both databases are lost.

    \b
    wayseal vault erased --out erased-2026-03-01.jsonl
    """
    with server_parts():
        from wayseal.cli._vault_kept import erased  # noqa: PLC0415
    erased(vault, out, lang)


def prune(
    which: SetArgument,
    place: Annotated[Path, typer.Argument(help="Folder with backups in it.", metavar="PLACE", file_okay=False)],
    keep_days: Annotated[int, typer.Option(help="Keep those that are younger than so many days.", min=0)],
    lang: LangOption = Lang.EN,
) -> None:
    """Delete old backups. An erasure is real only when the backups of keys from before it are gone.

    \b
    wayseal vault prune keys /mnt/b --keep-days 30
    """
    with server_parts():
        from wayseal.cli._vault_kept import prune_backups  # noqa: PLC0415
    prune_backups(place, which.value, keep_days, lang)
