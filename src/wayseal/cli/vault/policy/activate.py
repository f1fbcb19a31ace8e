"""`wayseal vault policy activate`: files of a policy, put in force."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import CLIENT, Session, open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption
from wayseal.model.messages import filled
from wayseal.vault.active_policy import texts_in_force
from wayseal.vault.errors import PolicyError
from wayseal.vault.policy import Policy


def activate(
    files: Annotated[
        list[Path],
        typer.Argument(help="A file of purposes (`.toml`), one of rules (`.cedar`), or one of each.", dir_okay=False),
    ],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Put files of a policy in force; what no file is given of stays.

    Try them first with `wayseal policy test`. Every version is kept, and the act stands in the log.

    \b
    wayseal vault policy activate purposes.toml rules.cedar
    """
    texts: dict[str, str] = {}
    for file in files:
        if file.suffix not in (".toml", ".cedar") or file.suffix in texts:
            raise WrongUsageError("give one file of purposes (.toml), one of rules (.cedar), or one of each")
        try:
            texts[file.suffix] = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise PolicyError("the file isn't UTF-8", file=file) from None
    with open_vault(vault, actor) as session:
        old = session.vault.main.read(texts_in_force)
        purposes, rules = texts.get(".toml", old.purposes), texts.get(".cedar", old.rules)
        named = {file.suffix: file for file in files}
        Policy.parse(purposes, rules, 0, purposes_file=named.get(".toml"), rules_file=named.get(".cedar"))
        made = session.vault.activate_policy(session.caller, purposes, rules, now=session.now)
        _widen_roles(session, frozenset(made.roles))
    typer.echo(filled(VAULT_TEXTS[lang]["policy_activated"], version=made.version, sha256=made.sha256))


def _widen_roles(session: Session, roles: frozenset[str]) -> None:
    """The command line may act for roles that the new policy brings."""
    client = session.vault.client(CLIENT)
    if client is not None and not roles <= client.acts_for:
        session.vault.set_client_roles(session.caller, CLIENT, roles | client.acts_for, now=session.now)
