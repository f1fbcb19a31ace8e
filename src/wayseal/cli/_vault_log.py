"""`wayseal vault verify`, `checkpoint`, `prove`, `prove-growth`, `verify-proof`, `log`, `project`, and `policy`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, Quiet
from wayseal.cli._server_parts import server_parts
from wayseal.cli._vault_options import VAULT, ActorOption, VaultFormat, VaultFormatOption, VaultOption

MOST = 100
policy_app = typer.Typer(help="The policy of a vault. 封缄库的规则。", no_args_is_help=True)


class Kind(StrEnum):
    """What an entry says."""

    DISCLOSED = "disclosed"
    REFUSED = "refused"
    SEALED = "sealed"
    REVISED = "revised"
    FOUND = "found"
    ADMIN = "admin"


def add_log(app: typer.Typer) -> None:
    """Adds these commands to `wayseal vault`."""
    for name, command in (
        ("verify", verify),
        ("checkpoint", checkpoint),
        ("prove", prove),
        ("prove-growth", prove_growth),
        ("verify-proof", verify_proof),
        ("log", log),
        ("project", project),
    ):
        app.command(name=name)(command)
    app.add_typer(policy_app, name="policy")


def verify(
    vault: VaultOption = VAULT,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="An older checkpoint that must still hold; may be given again.")
    ] = None,
    key: Annotated[
        list[Path] | None, typer.Option(help="Public key beside the vault's own (a file); may be given again.")
    ] = None,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Check every entry, node and checkpoint of the log, and open every sealed record in memory; name what was changed.

    \b
    wayseal vault verify
    wayseal vault verify --checkpoint 2026-03-01.checkpoint --key vault.pub
    """
    with server_parts():
        from wayseal.cli._vault_checked import verify  # noqa: PLC0415
    as_json = format is VaultFormat.JSON
    if code := verify(vault, checkpoint or (), key or (), lang, as_json=as_json, quiet=quiet):
        raise typer.Exit(code)


def checkpoint(
    vault: VaultOption = VAULT,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write here instead of to the screen.")] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Sign the log as it is now. Let another administrator keep it: what was signed can't be changed unseen.

    \b
    wayseal vault checkpoint --out 2026-03-01.checkpoint
    """
    with server_parts():
        from wayseal.cli._vault_checked import checkpoint  # noqa: PLC0415
    checkpoint(vault, out, lang)


def prove(
    seq: Annotated[int, typer.Argument(help="The entry: its place in the log.", min=0, metavar="ENTRY")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the proof here.")],
    vault: VaultOption = VAULT,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Under this checkpoint; default: a new one.", dir_okay=False)
    ] = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Prove one entry of the log to somebody who doesn't have it, and tell nothing of other entries.

    \b
    wayseal vault prove 17 --out disclosure.proof
    """
    with server_parts():
        from wayseal.cli._vault_checked import prove  # noqa: PLC0415
    prove(vault, seq, out, checkpoint, lang)


def prove_growth(
    old: Annotated[Path, typer.Argument(help="The earlier checkpoint.", metavar="OLD", dir_okay=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the proof here.")],
    new: Annotated[
        Path | None, typer.Argument(help="The later checkpoint; default: a new one.", metavar="NEW", dir_okay=False)
    ] = None,
    vault: VaultOption = VAULT,
    lang: LangOption = Lang.EN,
) -> None:
    """Prove that the log of one checkpoint goes on from that of another: nothing that was in it is gone or changed.

    \b
    wayseal vault prove-growth 2026-03-01.checkpoint --out growth.proof
    wayseal vault prove-growth 2026-03-01.checkpoint 2026-04-01.checkpoint --out growth.proof
    """
    with server_parts():
        from wayseal.cli._vault_checked import prove_growth  # noqa: PLC0415
    prove_growth(vault, old, new, out, lang)


def verify_proof(
    proof: Annotated[
        Path, typer.Argument(help="File that `wayseal vault prove` or `prove-growth` wrote.", metavar="PROOF")
    ],
    key: Annotated[list[Path], typer.Option("--key", help="Public key of the vault (a file); may be given again.")],
    lang: LangOption = Lang.EN,
) -> None:
    """Check a proof with nothing but the vault's public key.

    \b
    wayseal vault verify-proof disclosure.proof --key vault.pub
    wayseal vault verify-proof growth.proof --key vault.pub
    """
    with server_parts():
        from wayseal.cli._vault_checked import verify_proof  # noqa: PLC0415
    verify_proof(proof, key, lang)


def log(
    vault: VaultOption = VAULT,
    waybill: Annotated[str | None, typer.Option(help="Only entries about this waybill.")] = None,
    by: Annotated[str | None, typer.Option(help="Only entries of, or about, this actor.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Only entries for this purpose.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only entries of this kind.")] = None,
    since: Annotated[str | None, typer.Option(help="Only since then: a date (UTC), or a time with an offset.")] = None,
    before: Annotated[str | None, typer.Option(help="Only before then; likewise.")] = None,
    most: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = MOST,
    reasons: Annotated[
        bool, typer.Option("--reasons", help="Open the sealed reasons; that is an entry of the log itself.")
    ] = False,
    actor: ActorOption = None,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """List who was shown what, when and for what. Personal data is never in it, and reasons stay sealed.

    \b
    wayseal vault log --waybill YT0000000000001
    wayseal vault log --by courier-12 --since 2026-03-01 --reasons
    """
    with server_parts():
        from wayseal.cli._vault_listed import Asked, log  # noqa: PLC0415
    asked = Asked(waybill=waybill, actor=by, purpose=purpose, kind=kind, since=since, before=before, most=most)
    log(vault, asked, actor, lang, with_reasons=reasons, as_json=format is VaultFormat.JSON)


def project(
    ledger: Annotated[Path, typer.Option("--ledger", help="Folder of the ledger; made where there is none.")],
    vault: VaultOption = VAULT,
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Take what was disclosed since the last time into an analytics ledger, for `detect` and `trace`.

    \b
    wayseal vault project --ledger ledger
    """
    with server_parts():
        from wayseal.cli._vault_listed import project  # noqa: PLC0415
    project(vault, ledger, lang, quiet=quiet)


@policy_app.command(name="show")
def show_policy(
    vault: VaultOption = VAULT,
    format: VaultFormatOption = VaultFormat.TEXT,  # noqa: A002
    lang: LangOption = Lang.EN,
) -> None:
    """Show the policy in force.

    \b
    wayseal vault policy show --lang zh
    """
    with server_parts():
        from wayseal.cli._vault_listed import show_policy  # noqa: PLC0415
    show_policy(vault, lang, as_json=format is VaultFormat.JSON)


@policy_app.command(name="activate")
def activate_policy(
    files: Annotated[list[Path], typer.Argument(help="Purposes (.toml), rules (.cedar), or both.", dir_okay=False)],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Put files of a policy in force; what no file is given of stays. Try them first with `wayseal policy test`.

    \b
    wayseal vault policy activate purposes.toml rules.cedar
    """
    with server_parts():
        from wayseal.cli._vault_listed import activate_policy  # noqa: PLC0415
    activate_policy(vault, files, actor, lang)
