"""`wayseal vault client add`: a system that may call the service."""

from typing import Annotated

import typer

from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, ClientArgument, VaultOption
from wayseal.model.messages import filled
from wayseal.server.scopes import SCOPES
from wayseal.vault.errors import VaultError


def add(
    client: ClientArgument,
    scope: Annotated[
        list[str], typer.Option(help="What it may call ([scopes](api.md#routes)); may be given several times.")
    ],
    vault: VaultOption = VAULT,
    itself: Annotated[str | None, typer.Option("--as", help="Actor that it is when it acts for itself.")] = None,
    acts_for: Annotated[
        list[str] | None, typer.Option(help="Role on whose behalf it may act; may be given several times.")
    ] = None,
    per_second: Annotated[int, typer.Option(help="Most requests a second.", min=1)] = 1000,
    certificate: Annotated[str | None, typer.Option(help="SHA-256 of the TLS certificate that it is bound to.")] = None,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Add a system that may call the service; its secret is printed once.

    The secret stands alone on standard output. [Clients and tokens](api.md#clients-and-tokens) says more.

    \b
    wayseal vault client add handhelds --scope disclose --acts-for courier
    """
    scopes = frozenset(scope)
    if unknown := sorted(scopes - SCOPES.keys()):
        raise VaultError("there is no scope {name}; there are {known}", name=unknown[0], known=list(SCOPES))
    with open_vault(vault, actor) as session:
        secret = session.vault.add_client(
            session.caller,
            client,
            scopes=scopes,
            actor=itself,
            acts_for=frozenset(acts_for or ()),
            per_second=per_second,
            certificate_sha256=certificate,
            now=session.now,
        )
    typer.echo(filled(VAULT_TEXTS[lang]["client_added"], client=client), err=True)
    typer.echo(secret)  # alone on standard output
