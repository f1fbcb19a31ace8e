"""`wayseal vault prune`: old backups go."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption
from wayseal.cli._vault_session import DAY, now_us
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import DatabaseArgument
from wayseal.model.messages import filled
from wayseal.vault.backup import prune as prune_backups


def prune(
    which: DatabaseArgument,
    place: Annotated[Path, typer.Argument(help="Folder with backups in it.", metavar="PLACE", file_okay=False)],
    keep_days: Annotated[int, typer.Option(help="Keep those that are younger than so many days.", min=0)],
    lang: LangOption = Lang.EN,
) -> None:
    """Delete old backups.

    An erasure is real only when the backups of `keys` from before it are gone.

    \b
    wayseal vault prune keys /mnt/b --keep-days 30
    """
    words = VAULT_TEXTS[lang]
    gone = prune_backups(place, which.value, before=now_us() - keep_days * DAY)
    for folder in gone:
        typer.echo(filled(words["pruned"], folder=folder))
    if not gone:
        typer.echo(words["pruned_none"])
