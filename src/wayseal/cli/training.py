"""`wayseal training`: who is due, other courses, and until when rights are open, for ledger and vault."""

from dataclasses import asdict
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import pyarrow as pa
import typer

from wayseal.cases.errors import TrainingError
from wayseal.cases.training.courses import Account, Standing, load_rules
from wayseal.cases.training.record import Adopted, Held, Shutting, TrainingRecord, read_accounts
from wayseal.cli._options import VAULT, LedgerArgument, OutputFormat, OutputFormatOption, WhoOption
from wayseal.cli._output import now_us, print_result
from wayseal.cli._texts import echo
from wayseal.ledger import open_ledger
from wayseal.model.kinds import ActorKind
from wayseal.model.times import iso, micros_of, stamp, time_at
from wayseal.page.visible import visible
from wayseal.store import arrow_schema, write_table
from wayseal.store.mapping import Format


def training_due(ledger: LedgerArgument, format: OutputFormatOption = OutputFormat.TEXT) -> None:
    """List accounts whose training ends within 30 days, is in grace, has expired, or never was.

    With `--format json`, for whoever sends messages by cron.

    \b
    wayseal training due ledger
    """
    state, now = TrainingRecord(ledger).state(), now_us()
    with open_ledger(ledger) as snapshot:
        found = [state.standing(one, now) for one in read_accounts(snapshot).values()]
    due = sorted((one for one in found if one.state != "valid"), key=lambda one: one.until or 0)
    rows = [_row(one) for one in due]
    print_result(format, rows, ("  ".join(visible(str(each or "-")) for each in row.values()) for row in rows))


def _row(one: Standing) -> dict[str, object]:
    until = None if one.until is None else iso(one.until)
    days = {"ends": one.ends and str(one.ends), "closes": one.closes and str(one.closes), "trained_until": until}
    return {**asdict(one.account), "state": one.state, "course": one.course, **days}


def training_courses(
    ledger: LedgerArgument,
    file: Annotated[Path, typer.Argument(help="File of courses (TOML).", metavar="FILE", dir_okay=False)],
    who: WhoOption,
) -> None:
    """Put other courses and limits in force.

    Where this would shut out many at once, it waits for a second person ([training](training.md#the-brake)).

    \b
    wayseal training courses ledger courses.toml --who "Li, human resources"
    """
    act = Adopted(at=now_us(), who=who, rules=load_rules(file))
    with open_ledger(ledger) as snapshot:
        done = TrainingRecord(ledger).put(act, read_accounts(snapshot).values(), id=token_hex(4))
    if isinstance(done, Held):
        echo(
            "it waits for a second person in the console: {count:,} would be shut out at once, or a limit is wider",
            count=done.shut,
        )
        raise typer.Exit(3)
    echo("{count:,} {count:course|courses} in force", count=len(act.rules.course))


def training_export(
    ledger: LedgerArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the table; made if need be.", file_okay=False)],
) -> None:
    """Write the rows of `actors` whose `trained_until` has changed, for `wayseal ingest`; all else is as it was.

    \b
    wayseal training export ledger --out directory
    wayseal ingest ledger directory
    """
    with open_ledger(ledger) as snapshot:
        accounts = read_accounts(snapshot)
        rows = [row for row in snapshot.actors().to_pylist() if row["actor"] in accounts]
    state, now = TrainingRecord(ledger).state(), now_us()
    ends = {name: state.standing(one, now).until for name, one in accounts.items()}
    new = [{**row, "trained_until": None if (end := ends[row["actor"]]) is None else time_at(end)} for row in rows]
    changed = [row for row, before in zip(new, rows, strict=True) if row != before]
    file = write_table(out, "actors", [pa.Table.from_pylist(changed, arrow_schema("actors"))], form=Format.CSV)
    echo("{count:,} {count:account|accounts} changed: {file}", count=len(changed), file=file)


def training_apply(
    ledger: LedgerArgument,
    vault: Annotated[Path, typer.Option("--vault", envvar="WAYSEAL_VAULT", help="Folder of the vault.")] = VAULT,
    actor: Annotated[
        str | None, typer.Option("--actor", envvar="WAYSEAL_ACTOR", help="Who does it.", show_default="your login")
    ] = None,
) -> None:
    """Bring until when each person is trained into the vault's directory: it counts from the next disclosure on.

    Only what has changed is written, and nothing else of an account; the log tells it. Run it by cron, and at once
    after an emergency opening. Where many would be shut out at once, nothing is written ([the
    brake](training.md#the-brake)).

    \b
    wayseal training apply ledger --vault vault
    """
    from wayseal.cli._vault_session import open_vault

    with open_vault(vault, actor) as session:
        record, now = TrainingRecord(ledger), session.now
        state, people = record.state(), [one for one in session.vault.list_actors() if one.kind is ActorKind.PERSON]
        changes, shut = dict[str, int | None](), 0
        for one in people:
            stands = state.standing(Account(account=one.actor, role=one.role, outlet=one.outlet), now)
            if stands.until != (None if one.trained_until is None else micros_of(one.trained_until)):
                changes[one.actor] = stands.until
                shut += one.trained_at(now) and not stands.open
        of = sum(one.trained_at(now) for one in people)
        if not state.may_shut(shut, of, now):
            if not any(one.shut >= shut for one in state.waiting(now) if isinstance(one, Held)):
                act = Shutting(at=now, who=session.caller.actor, shut=shut, of=of)
                record.put(act, id=token_hex(4))
            raise TrainingError(
                "{shut:,} of {of:,} who are open would be shut out at once: nothing was done. Once another person has "
                "agreed on the console's page of training, do it again",
                shut=shut,
                of=of,
            )
        if changes:
            session.vault.train(session.caller, changes, now=now)
    echo("{count:,} {count:account|accounts} changed on {at}", count=len(changes), at=stamp(now))
