"""`wayseal vault backup`: one of the two databases, copied."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._vault_session import now_us, open_one_database
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import DatabaseArgument, VaultOption
from wayseal.model.messages import filled
from wayseal.vault.backup import back_up


def backup(
    which: DatabaseArgument,
    dest: Annotated[Path, typer.Argument(help="Folder of the backup, new or empty.", metavar="DEST")],
    vault: VaultOption = VAULT,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Copy one of the two databases while the service runs: main first, then keys, each to a place of its own.

    [Backup](operation.md#backup) says why in this order.

    \b
    wayseal vault backup main /mnt/a/main-2026-03-01
    wayseal vault backup keys /mnt/b/keys-2026-03-01
    """
    with open_one_database(vault, which.value) as database, progress_bars(quiet) as progress:
        made = back_up(database, which.value, dest, now=now_us(), progress=progress)
    if format is OutputFormat.JSON:
        typer.echo(json.dumps(asdict(made), indent=1))
        return
    text = VAULT_TEXTS[lang]["backed_up"]
    typer.echo(filled(text, chain=which.value, rows=sum(made.rows.values()), folder=dest))
