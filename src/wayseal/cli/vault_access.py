"""`wayseal vault policy`, `client` and `actor`: who may ask for what."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import VAULT, OutputFormat, OutputFormatOption
from wayseal.cli._output import print_result
from wayseal.cli._texts import echo, warn
from wayseal.cli._vault_session import (
    CLIENT,
    ActorOption,
    ClientArgument,
    Session,
    VaultOption,
    WhoArgument,
    open_vault,
)
from wayseal.cli._vault_view import BadRow, Row, print_bad_rows, print_records, read_rows
from wayseal.cli.policy import policy_json, policy_lines, read_policy_file, sort_files
from wayseal.model.kinds import ActorKind
from wayseal.model.records import Actor
from wayseal.model.schema import plain
from wayseal.model.times import iso, micros, time_at
from wayseal.server.scopes import SCOPES
from wayseal.vault import check
from wayseal.vault.errors import VaultError
from wayseal.vault.policy import Policy


def vault_policy_show(vault: VaultOption = VAULT, format: OutputFormatOption = OutputFormat.TEXT) -> None:
    """Show the policy in force.

    It looks as `wayseal policy show` shows a file.

    \b
    wayseal vault policy show --lang zh
    """
    with open_vault(vault) as session:
        policy = session.vault.policy
    if format is OutputFormat.TEXT:
        echo("Version {version}", version=policy.version)
    print_result(format, policy_json(policy), policy_lines(policy))


def vault_policy_activate(
    files: Annotated[
        list[Path],
        typer.Argument(help="A file of purposes (`.toml`), one of rules (`.cedar`), or one of each.", dir_okay=False),
    ],
    vault: VaultOption = VAULT,
    actor: ActorOption = None,
) -> None:
    """Put files of a policy in force; what no file is given of stays.

    Try them first with `wayseal policy test`. Every version is kept, and the act stands in the log.

    \b
    wayseal vault policy activate purposes.toml rules.cedar
    """
    purposes_file, rules_file = sort_files(files)
    texts = [None if file is None else read_policy_file(file) for file in (purposes_file, rules_file)]
    with open_vault(vault, actor) as session:
        old = session.vault.policy_texts()
        purposes, rules = (
            before if new is None else new for new, before in zip(texts, (old.purposes, old.rules), strict=True)
        )
        Policy.parse(purposes, rules, 0, purposes_file=purposes_file, rules_file=rules_file)
        made = session.vault.activate_policy(session.caller, purposes, rules, now=session.now)
        _widen_roles(session, frozenset(made.roles))
    echo("policy {version} is in force ({sha256})", version=made.version, sha256=made.sha256)


def _widen_roles(session: Session, roles: frozenset[str]) -> None:
    """The command line may act for roles that the new policy brings."""
    client = session.vault.client(CLIENT)
    if client is not None and not roles <= client.acts_for:
        session.vault.set_client_roles(session.caller, CLIENT, roles | client.acts_for, now=session.now)


def vault_client_add(
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
    warn("client {client} is there; this is its secret, which nobody can tell again:", client=client)
    typer.echo(secret)  # alone on standard output


def vault_client_list(vault: VaultOption = VAULT, format: OutputFormatOption = OutputFormat.TEXT) -> None:
    """List the clients, and what each may do.

    \b
    wayseal vault client list
    """
    with open_vault(vault) as session:
        found = session.vault.list_clients()
    rows = [
        {
            "client": c.client,
            "scopes": sorted(c.scopes),
            "actor": c.actor,
            "acts_for": sorted(c.acts_for),
            "per_second": c.per_second,
            "certificate_sha256": c.certificate_sha256,
            "disabled_at": None if c.disabled_at is None else iso(c.disabled_at),
        }
        for c in found
    ]
    print_records(rows, ("client", "scopes", "actor", "acts_for", "disabled_at"), format)


def vault_client_disable(client: ClientArgument, vault: VaultOption = VAULT, actor: ActorOption = None) -> None:
    """End a client's rights at once.

    \b
    wayseal vault client disable handhelds
    """
    with open_vault(vault, actor) as session:
        session.vault.disable_client(session.caller, client, now=session.now)
    echo("client {client} may do nothing any more", client=client)


def vault_client_secret(client: ClientArgument, vault: VaultOption = VAULT, actor: ActorOption = None) -> None:
    """Give a client another secret, printed once; the old one ends at once.

    \b
    wayseal vault client secret handhelds
    """
    with open_vault(vault, actor) as session:
        new = session.vault.new_client_secret(session.caller, client, now=session.now)
    warn("client {client} has another secret, which nobody can tell again; the old one has ended:", client=client)
    typer.echo(new)  # alone on standard output


COLUMNS = ("actor", "kind", "role", "outlet", "region", "valid_from", "valid_to", "trained_until")
"""Columns of a file of actors, as in the data contract."""
_AT_ONCE = 1000
BAD = 3


def vault_actor_put(
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
        if _put_file(vault, file, actor):
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
    echo("{count:,} {count:actor|actors} put into the directory", count=1)


def _put_file(folder: Path, file: Path, actor: str | None) -> int:
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
    echo("{count:,} {count:actor|actors} put into the directory", count=len(good))
    print_bad_rows(bad, file)
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


def vault_actor_block(who: WhoArgument, vault: VaultOption = VAULT, actor: ActorOption = None) -> None:
    """Put an actor on the blocked list: it is shown nothing any more.

    \b
    wayseal vault actor block courier-31
    """
    with open_vault(vault, actor) as session:
        session.vault.block(session.caller, who, now=session.now)
    echo("{actor} is blocked: it is shown nothing any more", actor=who)


def vault_actor_unblock(who: WhoArgument, vault: VaultOption = VAULT, actor: ActorOption = None) -> None:
    """Take an actor off the blocked list.

    \b
    wayseal vault actor unblock courier-31
    """
    with open_vault(vault, actor) as session:
        session.vault.unblock(session.caller, who, now=session.now)
    echo("{actor} is not blocked any more", actor=who)


def vault_actor_list(vault: VaultOption = VAULT, format: OutputFormatOption = OutputFormat.TEXT) -> None:
    """List the directory.

    \b
    wayseal vault actor list
    """
    with open_vault(vault) as session:
        found = session.vault.list_actors()
    rows = [plain(record) for record in found]
    if format is OutputFormat.TEXT:
        rows = [row | {name: _day_of(row[name]) for name in ("trained_until", "blocked_at")} for row in rows]
    print_records(rows, ("actor", "kind", "role", "outlet", "trained_until", "blocked_at"), format)


def _day_of(text: object) -> str | None:
    """The day of a time."""
    return None if text is None else str(text)[:10]
