"""`wayseal vault client` and `wayseal vault actor`."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption
from wayseal.cli._server_parts import server_parts
from wayseal.cli._vault_options import VAULT, ActorOption, VaultFormat, VaultFormatOption, VaultOption

BAD = 3
client_app = typer.Typer(help="Systems that may call the service. 可调用服务的系统。", no_args_is_help=True)
actor_app = typer.Typer(help="People and systems that may ask. 可申请披露的人员和系统。", no_args_is_help=True)
ClientArgument = Annotated[str, typer.Argument(help="Id of the client.", metavar="CLIENT")]
WhoArgument = Annotated[str, typer.Argument(help="Id of the actor.", metavar="ACTOR")]


@client_app.command()
def add(
    client: ClientArgument,
    scope: Annotated[list[str], typer.Option(help="What it may call, such as disclose; may be given again.")],
    vault: VaultOption = VAULT,
    itself: Annotated[str | None, typer.Option("--as", help="Actor that it is when it acts for itself.")] = None,
    acts_for: Annotated[
        list[str] | None, typer.Option(help="Role on whose behalf it may act; may be given again.")
    ] = None,
    per_second: Annotated[int, typer.Option(help="Most requests a second.", min=1)] = 1000,
    certificate: Annotated[
        str | None, typer.Option(help="SHA-256 of its TLS certificate, in hexadecimal digits.")
    ] = None,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Add a system that may call the service; its secret is printed once.

    \b
    wayseal vault client add handhelds --scope disclose --acts-for courier
    """
    with server_parts():
        from wayseal.cli._vault_people import add_client  # noqa: PLC0415
    given = {
        "scopes": scope,
        "actor": itself,
        "acts_for": frozenset(acts_for or ()),
        "per_second": per_second,
        "certificate_sha256": certificate,
    }
    add_client(vault, client, given, actor, lang)


@client_app.command(name="list")
def list_clients(
    vault: VaultOption = VAULT,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """List the clients, and what each may do.

    \b
    wayseal vault client list
    """
    with server_parts():
        from wayseal.cli._vault_people import list_clients  # noqa: PLC0415
    list_clients(vault, lang, as_json=format is VaultFormat.JSON)


@client_app.command()
def disable(
    client: ClientArgument, vault: VaultOption = VAULT, actor: ActorOption = None, lang: LangOption = Lang.EN
) -> None:
    """End a client's rights at once.

    \b
    wayseal vault client disable handhelds
    """
    with server_parts():
        from wayseal.cli._vault_people import disable  # noqa: PLC0415
    disable(vault, client, actor, lang)


@client_app.command()
def secret(
    client: ClientArgument, vault: VaultOption = VAULT, actor: ActorOption = None, lang: LangOption = Lang.EN
) -> None:
    """Give a client another secret, printed once; the old one ends at once.

    \b
    wayseal vault client secret handhelds
    """
    with server_parts():
        from wayseal.cli._vault_people import new_secret  # noqa: PLC0415
    new_secret(vault, client, actor, lang)


@actor_app.command()
def put(
    who: Annotated[str | None, typer.Argument(help="Id of the actor; or give --file.", metavar="ACTOR")] = None,
    vault: VaultOption = VAULT,
    file: Annotated[
        Path | None, typer.Option(help="Instead: a table `actors`, CSV or JSON Lines.", dir_okay=False)
    ] = None,
    kind: Annotated[str, typer.Option(help="person, service, partner or device.")] = "person",
    role: Annotated[str | None, typer.Option(help="Its role, as the policy has it.")] = None,
    outlet: Annotated[str | None, typer.Option(help="Its outlet.")] = None,
    region: Annotated[str | None, typer.Option(help="Its region.")] = None,
    valid_from: Annotated[str | None, typer.Option(help="Since when the account is valid (time with offset).")] = None,
    valid_to: Annotated[str | None, typer.Option(help="Until when it is valid.")] = None,
    trained_until: Annotated[str | None, typer.Option(help="Until when its training is valid.")] = None,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Put an actor into the directory, or a file of them; what was known of them is replaced.

    \b
    wayseal vault actor put courier-12 --role courier --outlet o-7 --trained-until 2027-01-01T00:00+08:00
    wayseal vault actor put --file actors.csv
    """
    with server_parts():
        from wayseal.cli._vault_people import put_actor, put_actors  # noqa: PLC0415
    if (who is None) == (file is None):
        raise typer.BadParameter("give one of ACTOR and --file", param_hint="--file")
    if file is not None:
        if put_actors(vault, file, actor, lang):
            raise typer.Exit(BAD)
        return
    record = {
        "actor": who, "kind": kind, "role": role, "outlet": outlet, "region": region,
        "valid_from": valid_from, "valid_to": valid_to, "trained_until": trained_until,
    }  # fmt: skip
    put_actor(vault, record, actor, lang)


@actor_app.command()
def block(who: WhoArgument, vault: VaultOption = VAULT, actor: ActorOption = None, lang: LangOption = Lang.EN) -> None:
    """Put an actor on the blocked list: it is shown nothing any more.

    \b
    wayseal vault actor block courier-31
    """
    with server_parts():
        from wayseal.cli._vault_people import block  # noqa: PLC0415
    block(vault, who, actor, lang, on=True)


@actor_app.command()
def unblock(
    who: WhoArgument, vault: VaultOption = VAULT, actor: ActorOption = None, lang: LangOption = Lang.EN
) -> None:
    """Take an actor off the blocked list.

    \b
    wayseal vault actor unblock courier-31
    """
    with server_parts():
        from wayseal.cli._vault_people import block  # noqa: PLC0415
    block(vault, who, actor, lang, on=False)


@actor_app.command(name="list")
def list_actors(
    vault: VaultOption = VAULT,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """List the directory.

    \b
    wayseal vault actor list
    """
    with server_parts():
        from wayseal.cli._vault_people import list_actors  # noqa: PLC0415
    list_actors(vault, lang, as_json=format is VaultFormat.JSON)
