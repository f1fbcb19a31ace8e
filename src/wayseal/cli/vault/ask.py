"""`wayseal vault ask`: a second person is asked to agree to bulk."""

from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_vault, round_to_second
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption
from wayseal.model.messages import filled
from wayseal.model.records import Approval
from wayseal.model.times import micros_of


def ask(
    purpose: Annotated[str, typer.Argument(help="What for: a code of the policy.", metavar="PURPOSE")],
    most: Annotated[int, typer.Argument(help="How many waybills.", min=1, metavar="MOST")],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Ask a second person to agree to bulk; prints the approval's id, which `disclose` takes once it is given.

    It lasts for eight hours.

    \b
    wayseal vault ask audit 200
    """
    with open_vault(vault, actor) as session:
        made = session.vault.ask_approval(session.caller, purpose, most, now=session.now)
    typer.echo(describe_approval(made, "asked", lang))


def describe_approval(made: Approval, what: str, lang: Lang) -> str:
    """An approval, as what was done with it."""
    return filled(
        VAULT_TEXTS[lang][what],
        approval=made.approval,
        actor=made.actor,
        purpose=made.purpose,
        most=made.most,
        until=round_to_second(micros_of(made.expires_at)),
    )
