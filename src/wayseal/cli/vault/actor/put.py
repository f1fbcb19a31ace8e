"""`wayseal vault actor put`: actors, put into the directory."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import VAULT, Lang, LangOption
from wayseal.cli._vault_session import open_vault
from wayseal.cli._words.vault import VAULT_TEXTS
from wayseal.cli.vault._options import ActorOption, VaultOption
from wayseal.cli.vault._rows import BadRow, Row, read_rows
from wayseal.cli.vault._view import print_bad_rows
from wayseal.model.kinds import ActorKind
from wayseal.model.messages import filled
from wayseal.model.records import Actor
from wayseal.model.times import micros, time_at
from wayseal.vault import check
from wayseal.vault.errors import VaultError

COLUMNS = ("actor", "kind", "role", "outlet", "region", "valid_from", "valid_to", "trained_until")
"""Columns of a file of actors, as in the data contract."""


_AT_ONCE = 1000

BAD = 3


def put(
    who: Annotated[str | None, typer.Argument(help="Id of the actor; or give `--file`.", metavar="ACTOR")] = None,
    vault: VaultOption = VAULT,
    file: Annotated[
        Path | None,
        typer.Option(help="Instead: CSV or JSON Lines; bad rows are named by line and column.", dir_okay=False),
    ] = None,
    kind: Annotated[str, typer.Option(help="`person`, `service`, `partner` or `device`.")] = "person",
    role: Annotated[str | None, typer.Option(help="Its role, as the policy has it.")] = None,
    outlet: Annotated[str | None, typer.Option(help="Its outlet.")] = None,
    region: Annotated[str | None, typer.Option(help="Its region.")] = None,
    valid_from: Annotated[
        str | None, typer.Option(help="Since when the account is valid: a time with an offset.")
    ] = None,
    valid_to: Annotated[str | None, typer.Option(help="Until when it is valid.")] = None,
    trained_until: Annotated[
        str | None, typer.Option(help="Until when its training is valid; without it nothing is shown.")
    ] = None,
    actor: ActorOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Put an actor into the directory, or a file of them; what was known of them is replaced.

    A file has the columns of the table [`actors`](data-contract.md#actors). Whether an actor is blocked stays as it is.

    \b
    wayseal vault actor put courier-12 --role courier --outlet o-7 --trained-until 2027-01-01T00:00+08:00
    wayseal vault actor put --file actors.csv
    """
    if (who is None) == (file is None):
        raise WrongUsageError("give one of ACTOR and --file", param_hint="--file")
    if file is not None:
        if _put_file(vault, file, actor, lang):
            raise typer.Exit(BAD)
        return
    values = {
        "actor": who, "kind": kind, "role": role, "outlet": outlet, "region": region,
        "valid_from": valid_from, "valid_to": valid_to, "trained_until": trained_until,
    }  # fmt: skip
    record = _parse_record(Row(line=0, values={name: value for name, value in values.items() if value}))
    if isinstance(record, BadRow):
        raise record.error
    with open_vault(vault, actor) as session:
        session.vault.actors(session.caller, [record], now=session.now)
    typer.echo(filled(VAULT_TEXTS[lang]["actors_put"], count=1))


def _put_file(folder: Path, file: Path, actor: str | None, lang: Lang) -> int:
    """Adds the actors of a file; how many rows were refused."""
    good: list[Actor] = []
    bad: list[BadRow] = []
    for row in read_rows(file, COLUMNS):
        made = row if isinstance(row, BadRow) else _parse_record(row)
        if isinstance(made, BadRow):
            bad.append(made)
        else:
            good.append(made)
    with open_vault(folder, actor) as session:
        for start in range(0, len(good), _AT_ONCE):
            session.vault.actors(session.caller, good[start : start + _AT_ONCE], now=session.now)
    typer.echo(filled(VAULT_TEXTS[lang]["actors_put"], count=len(good)))
    print_bad_rows(bad, file, lang)
    return len(bad)


def _parse_record(row: Row) -> Actor | BadRow:
    values = row.values
    for name in ("actor", "kind", "role"):
        if name not in values:
            return BadRow(line=row.line, error=VaultError("is missing", key=name))
    times: dict[str, datetime | None] = {}
    for name in ("valid_from", "valid_to", "trained_until"):
        try:
            times[name] = time_at(micros(values[name])) if name in values else None
        except ValueError:
            wrong = VaultError("needs a time with an offset, such as 2026-03-02T08:00+08:00", key=name)
            return BadRow(line=row.line, error=wrong)
    if values["kind"] not in tuple(ActorKind):
        return BadRow(line=row.line, error=VaultError("must be one of {known}", key="kind", known=list(ActorKind)))
    texts = {name: values.get(name) for name in ("actor", "role", "outlet", "region")}
    for name, text in texts.items():
        try:
            check.optional(name, text)
        except VaultError as error:
            return BadRow(line=row.line, error=error)
    return Actor(kind=ActorKind(values["kind"]), **texts, **times)  # type: ignore[arg-type]
