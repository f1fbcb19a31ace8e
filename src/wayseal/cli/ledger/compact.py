"""`wayseal ledger compact`: one file a kind and bucket."""

import typer

from wayseal.cli._options import Lang, LangOption, LedgerArgument, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._words.retention import RETENTION_TEXTS
from wayseal.ledger import retention


def compact(ledger: LedgerArgument, lang: LangOption = Lang.EN, quiet: QuietOption = False) -> None:
    """Merge a ledger's small files: one a kind and day.

    Reads, answers and proofs stay what they are; where there is nothing to do it says so and changes nothing.

    \b
    wayseal ledger compact ledger
    """
    with progress_bars(quiet) as progress:
        done = retention.compact(ledger, hooks=retention.Hooks(progress=progress))
    words = RETENTION_TEXTS[lang]
    if done.nothing:
        typer.echo(words["compact_nothing"])
        return
    typer.echo(
        words["compacted"].format(
            files_before=done.files_before, files=done.files, bytes_before=done.bytes_before, bytes=done.bytes
        )
    )
    if done.left:
        typer.echo(words["compact_left"].format(bytes=done.left))
