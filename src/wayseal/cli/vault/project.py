"""`wayseal vault project`: what was disclosed, and the work behind it, taken into an analytics ledger."""

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, NewLedgerArgument, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import VaultOption
from wayseal.model.messages import filled
from wayseal.vault.log.projection import project as project_log
from wayseal.vault.log.work_tables import WORK_TABLES


def project(
    ledger: NewLedgerArgument,
    vault: VaultOption = VAULT,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Take what was disclosed since the last time into an analytics ledger, for `detect` and `trace`.

    Scans, tickets, routes and people come along, as far as the vault has them: by these `detect` tells work from what
    is none. [The analytics ledger](disclosure-log.md#the-analytics-ledger) says what comes and what doesn't. A ledger
    that stands where this log never stood is refused with exit code 7.

    \b
    wayseal vault project ledger
    """
    with open_vault(vault) as session, progress_bars(quiet) as progress:
        done = project_log(session.vault.main, session.vault.marks, ledger.absolute().parent, ledger, progress=progress)
    words = VAULT_TEXTS[lang]
    typer.echo(filled(words["projected" if done.rows else "projected_none"], rows=done.rows, ledger=ledger))
    if done.unmarked:
        typer.echo(filled(words["projected_unmarked"], rows=done.unmarked), err=True)
    if done.work:
        typer.echo(filled(words["projected_work"], **{name: done.work.get(name, 0) for name in WORK_TABLES}))
