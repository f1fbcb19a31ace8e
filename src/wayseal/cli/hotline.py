"""`wayseal hotline`: keys and tokens, and the log of letters, checked against them and accounted for, leaf by leaf."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases.hotline.acts import RECORD, HotlineRecord
from wayseal.cases.hotline.daylog import DATABASE, Leaf, LogFault, Stands, account_for, verify_log
from wayseal.cases.hotline.errors import HotlineError
from wayseal.cases.hotline.keyring import PRIVATE, PUBLIC, make_keys
from wayseal.cli._options import PUBLIC_KEY, OutputFormat, OutputFormatOption
from wayseal.cli._output import print_result
from wayseal.cli._texts import _, echo
from wayseal.cli.proofs import parse_key_file
from wayseal.database import Database, open_database
from wayseal.merkle import VerifyKey
from wayseal.model.errors import Finding, exit_code_of
from wayseal.model.messages import N_
from wayseal.model.times import clock
from wayseal.service.tokens import add_token, remove_token

TOKENS = "exchange.tokens"
_FAULTS = {
    LogFault.LEAF: N_(
        "the letter of this leaf isn't there, and no act says that it was deleted; or the leaf was added"
    ),
    LogFault.TREE: N_("the tree isn't the one over its leaves"),
    LogFault.NOTE: N_("this checkpoint isn't of the log as it stands, or is signed by another key"),
    LogFault.ACT: N_("the record of acts says something else of this day, or nothing"),
    LogFault.LETTER: N_("no act of staff's is by this letter"),
    LogFault.CODES: N_("codes are worth {worth:,} yuan, and {granted:,} were granted"),
}
_STANDS = {
    Stands.THERE: N_("is there"),
    Stands.DELETED: N_("deleted on {gone} by the rule {rule}"),
    Stands.DECOY: N_("decoy"),
    Stands.MISSING: N_("is MISSING"),
}
FolderArgument = Annotated[Path, typer.Argument(help="The hotline's folder.", metavar="FOLDER")]


def hotline_key_new(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of the keys, on the team's machine: made if it isn't there.", metavar="FOLDER", file_okay=False
        ),
    ],
) -> None:
    """Make keys for reports, names and the team's signature, after those that are there.

    `hotline.private` stays with the console, readable by you alone: without it nobody opens a report. `hotline.public`
    goes to the portal. Keys that were there still open what was sealed under them ([the hotline](hotline.md)).

    \b
    wayseal hotline key new hotline-keys
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = make_keys(folder, datetime.now(clock()).date())
    echo(
        "{private} stays with the console: back it up, and keep it to yourself. {public} goes to the portal. It holds "
        "{count} {count:key|keys}.",
        private=folder / PRIVATE,
        public=folder / PUBLIC,
        count=len(keys.keys),
    )


def hotline_token(
    portal: Annotated[
        Path, typer.Argument(help="Folder of the portal.", metavar="PORTAL", exists=True, file_okay=False)
    ],
    name: Annotated[str, typer.Argument(help="Of the console that fetches letters there.", metavar="NAME")],
    revoke: Annotated[bool, typer.Option("--revoke", help="Take its token back instead.")] = False,
) -> None:
    """Make the token with which a console fetches letters from the portal, and print it once.

    Only its SHA-256 is kept. A new one takes the place of the old, at once, while the portal runs.

    \b
    wayseal hotline token portal console
    """
    if revoke:
        remove_token(portal / TOKENS, name, HotlineError)
        echo("{gateway} has no token any more.", gateway=name)
    else:
        typer.echo(add_token(portal / TOKENS, name, HotlineError))


def _opened(folder: Path) -> tuple[Database, HotlineRecord]:
    """The database and the record of a folder. HotlineError: there is no hotline in it."""
    for name in (DATABASE, RECORD):
        if not (folder / name).exists():
            raise HotlineError("there is no hotline here", file=folder / name)
    return open_database(folder / DATABASE), HotlineRecord(folder)


def hotline_verify(
    folder: FolderArgument,
    key: Annotated[Path, PUBLIC_KEY],
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that others kept; may be given several times.")
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Check every leaf of the log, every checkpoint, and that each letter is there or was deleted by an act.

    Nothing is opened. A finding ends with exit code 7.

    \b
    wayseal hotline verify hotline --key hotline-log.pub
    wayseal hotline verify hotline --key hotline-log.pub --checkpoint kept/2026-12-01
    """
    public = parse_key_file(key, VerifyKey.parse)
    notes = [(str(one), one.read_bytes()) for one in checkpoint or []]
    database, record = _opened(folder)
    with closing(database):
        found = verify_log(database, record, public, notes)
        days = len(record.state().days)
    content = {"days": days, "findings": [{"code": one.code.value, "where": one.where, **one.values} for one in found]}
    print_result(format, content, _verified(days, found))
    raise typer.Exit(exit_code_of(found))


def _verified(days: int, found: Sequence[Finding]) -> Iterator[str]:
    yield _("{days:,} {days:day|days} of the log; {count:,} {count:finding|findings}", days=days, count=len(found))
    for one in found:
        yield f"  {one.where}: {_(_FAULTS[LogFault(one.code)], **one.values)}"


def hotline_account(
    folder: FolderArgument,
    upto: Annotated[datetime, typer.Option(help="The last day that counts.", formats=["%Y-%m-%d"], metavar="DAY")],
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """List every leaf of the log up to a day, and what stands behind it: that no report is among them but these.

    Each line can be hashed anew from day, kind, digest and salt, and stands in the checkpoints that were published.

    \b
    wayseal hotline account hotline --upto 2026-12-01
    """
    database, record = _opened(folder)
    with closing(database):
        found = account_for(database, record, upto.date())
    print_result(format, [_as_json(one) for one in found], map(_line, found))


def _line(leaf: Leaf) -> str:
    said = _(_STANDS[leaf.stands], gone=leaf.gone, rule=leaf.rule)
    return f"{leaf.place}  {leaf.day}  {leaf.kind}  {leaf.digest.hex()}  {leaf.salt.hex()}  {said}"


def _as_json(leaf: Leaf) -> dict[str, object]:
    entry: dict[str, object] = {"index": leaf.place, "entry": leaf.entry, "salt": leaf.salt.hex()}
    deleted = {"gone": str(leaf.gone), "rule": leaf.rule} if leaf.stands is Stands.DELETED else {}
    return entry | {"stands": leaf.stands.value} | deleted
