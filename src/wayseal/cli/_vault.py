"""`wayseal vault`: what an operator does with a vault. What needs the vault's packages is imported when it is run."""

from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, Quiet
from wayseal.cli._server_parts import server_parts
from wayseal.cli._vault_keep import add_keeping
from wayseal.cli._vault_key import key_app
from wayseal.cli._vault_log import add_log
from wayseal.cli._vault_options import (
    VAULT,
    ActorOption,
    NumbersArgument,
    PurposeOption,
    ReasonOption,
    VaultFormat,
    VaultFormatOption,
    VaultOption,
)
from wayseal.cli._vault_who import actor_app, client_app

BAD = 3
app = typer.Typer(help="Sealed waybill data and who saw it. 封存的运单信息及其披露。", no_args_is_help=True)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new vault.", metavar="FOLDER")] = VAULT,
    database: Annotated[
        str | None, typer.Option(help="Main database: sqlite:///FILE or postgresql://...; default: a file there.")
    ] = None,
    key_database: Annotated[
        str | None, typer.Option(help="Database of wrapped keys, with backups of its own; likewise.")
    ] = None,
    origin: Annotated[str | None, typer.Option(help="Name of its log, for good; default: from the folder.")] = None,
    example: Annotated[bool, typer.Option("--example", help="Put a few people and parcels of nobody in.")] = False,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Make a vault: settings, keyring, two databases with their tables, the built-in policy.

    \b
    wayseal vault init vault --example
    wayseal vault init vault --database postgresql://vault@db/vault --key-database postgresql://keys@kdb/keys
    """
    with server_parts():
        from wayseal.cli._vault_made import Given, make  # noqa: PLC0415
    given = Given(database=database, key_database=key_database, origin=origin, example=example)
    make(folder, given, actor, lang)


@app.command()
def upgrade(vault: VaultOption = VAULT, lang: LangOption = Lang.EN) -> None:
    """Bring the tables of both databases to the version of this Wayseal. Make a backup first.

    \b
    wayseal vault upgrade
    """
    with server_parts():
        from wayseal.cli._vault_made import bring_up  # noqa: PLC0415
    bring_up(vault, lang)


@app.command()
def status(
    vault: VaultOption = VAULT,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Say how much is sealed, how long the log is, which keys and policy are in use, and what to see to.

    \b
    wayseal vault status
    wayseal vault status --format json | jq .trouble
    """
    with server_parts():
        from wayseal.cli._vault_made import status_of  # noqa: PLC0415
    status_of(vault, lang, as_json=format is VaultFormat.JSON)


@app.command()
def seal(
    file: Annotated[Path, typer.Argument(help="Parcels: CSV or JSON Lines.", metavar="FILE", dir_okay=False)],
    vault: VaultOption = VAULT,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write numbers and tokens here (JSON Lines).")] = None,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Seal the parcels of a file. Bad rows are named by line and column, never by what is in them.

    \b
    wayseal vault seal parcels.csv
    wayseal vault seal parcels.jsonl --out tokens.jsonl
    """
    with server_parts():
        from wayseal.cli._vault_sealed import seal_file  # noqa: PLC0415
    if seal_file(vault, file, out, actor, lang, quiet=quiet):
        raise typer.Exit(BAD)


@app.command()
def disclose(
    numbers: NumbersArgument,
    purpose: PurposeOption,
    reason: ReasonOption,
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    field: Annotated[
        list[str] | None, typer.Option(help="Fewer fields than the purpose has; may be given again.")
    ] = None,
    approval: Annotated[str | None, typer.Option(help="An approval of bulk.")] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency key: asked again, it leaves no second entry.")] = None,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Show what a purpose opens of waybills, once that stands in the log. The policy holds for you too.

    \b
    wayseal vault disclose YT0000000000001 --actor courier-12 --purpose deliver --reason "route 12"
    wayseal vault disclose YT1 YT2 --purpose after_sales --reason "claim 7" --field recipient_phone --format json
    """
    with server_parts():
        from wayseal.cli._vault_shown import Wanted, disclose  # noqa: PLC0415
    wanted = Wanted(
        numbers=numbers, purpose=purpose, reason=reason, fields=field or (), approval=approval, key=key
    )  # fmt: skip
    disclose(vault, wanted, actor, lang, as_json=format is VaultFormat.JSON)


@app.command()
def find(
    purpose: PurposeOption,
    reason: ReasonOption,
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Find the waybills of a phone, which is read from standard input: arguments stay in histories. Few a day.

    \b
    wayseal vault find --purpose after_sales --reason "caller asks for the parcel"
    """
    with server_parts():
        from wayseal.cli._vault_shown import find  # noqa: PLC0415
    find(vault, purpose, reason, actor, lang, as_json=format is VaultFormat.JSON)


@app.command()
def ask(
    purpose: Annotated[str, typer.Argument(help="What for: a code of the policy.", metavar="PURPOSE")],
    most: Annotated[int, typer.Argument(help="How many waybills.", min=1, metavar="MOST")],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Ask a second person to agree to bulk; prints the approval's id, which `disclose` takes once it is given.

    \b
    wayseal vault ask audit 200
    """
    with server_parts():
        from wayseal.cli._vault_shown import ask  # noqa: PLC0415
    ask(vault, purpose, most, actor, lang)


@app.command()
def approve(
    approval: Annotated[str, typer.Argument(help="Id of the approval.", metavar="APPROVAL")],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Agree to bulk that another asked for.

    \b
    wayseal vault approve 3f0c9a1b2c3d4e5f6a7b
    """
    with server_parts():
        from wayseal.cli._vault_shown import approve  # noqa: PLC0415
    approve(vault, approval, actor, lang)


@app.command()
def erase(
    numbers: NumbersArgument,
    vault: VaultOption = VAULT,
    why: Annotated[str, typer.Option(help="A code that stands in the log, such as request.")] = "request",
    actor: ActorOption = None,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Erase what is sealed under numbers, and say when the last backup of its key is gone. There is no way back.

    \b
    wayseal vault erase YT0000000000001
    """
    with server_parts():
        from wayseal.cli._vault_shown import erase  # noqa: PLC0415
    erase(vault, numbers, why, actor, lang, as_json=format is VaultFormat.JSON)


@app.command()
def retain(
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Erase everything whose time to be kept is over, and the bytes of erased keys. Run it every night.

    \b
    wayseal vault retain
    """
    with server_parts():
        from wayseal.cli._vault_shown import retain  # noqa: PLC0415
    retain(vault, actor, lang, as_json=format is VaultFormat.JSON)


add_keeping(app)
add_log(app)
app.add_typer(key_app, name="key")
app.add_typer(client_app, name="client")
app.add_typer(actor_app, name="actor")
