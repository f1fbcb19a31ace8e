"""`wayseal vault retain`: what was kept long enough goes."""

import typer

from wayseal.cli._options import VAULT, Lang, LangOption, OutputFormat, OutputFormatOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption
from wayseal.cli.vault.erase import print_erasures
from wayseal.model.records import Erased


def retain(
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """Erase everything whose time to be kept is over, and the bytes of erased keys.

    That is every number whose `keep_until` is over, and data keys that a [change](keys.md#changes) left behind two days
    ago; the bytes are taken out of the key database's files. Run it every night: it needs a moment in which the key
    database isn't written to.

    \b
    wayseal vault retain
    """
    done: list[Erased] = []
    with open_vault(vault, actor) as session:
        while some := session.vault.retain(session.caller, now=session.now):
            done += some
        session.vault.tidy(now=session.now)
        session.vault.keys.shred(["data_keys"])
    if not done and format is OutputFormat.TEXT:
        typer.echo(VAULT_TEXTS[lang]["none_due"])
    print_erasures(done, format, lang)
