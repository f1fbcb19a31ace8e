"""`wayseal vault`: who was shown what, and proofs of it."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from wayseal.cli._options import VAULT, NewLedgerArgument, OutputFormat, OutputFormatOption, QuietOption
from wayseal.cli._output import print_json, print_lines, progress_bars, write_text
from wayseal.cli._texts import _, echo, warn
from wayseal.cli._vault_session import ActorOption, VaultOption, open_vault, round_to_second
from wayseal.cli._vault_view import COLUMNS, format_table
from wayseal.cli.proofs import describe_entry
from wayseal.merkle import Checkpoint
from wayseal.model import clean_waybill
from wayseal.model.times import micros
from wayseal.vault.errors import VaultError
from wayseal.vault.inspection import EntryFilter, entries
from wayseal.vault.inspection import reasons as open_reasons
from wayseal.vault.log import Entry, EntryKind
from wayseal.vault.log.projection import project as project_log
from wayseal.vault.log.proofs import prove as prove_entry
from wayseal.vault.log.proofs import prove_growth as prove_log
from wayseal.vault.log.work_tables import WORK_TABLES

MOST = 100


def vault_log(
    vault: VaultOption = VAULT,
    waybill: Annotated[str | None, typer.Option(help="Only entries about this waybill.", show_default="all")] = None,
    by: Annotated[str | None, typer.Option(help="Only entries of this actor, or about it.", show_default="all")] = None,
    purpose: Annotated[str | None, typer.Option(help="Only entries for this purpose.", show_default="all")] = None,
    kind: Annotated[
        EntryKind | None,
        typer.Option(
            help="Only entries of a kind: `disclosed`, `refused`, `sealed`, `revised`, `found`, `admin`.",
            show_default="all",
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only since then: a date (UTC), or a time with an offset.", show_default="all")
    ] = None,
    before: Annotated[
        str | None, typer.Option(help="Only before then: a date (UTC), or a time with an offset.", show_default="all")
    ] = None,
    below: Annotated[
        int | None, typer.Option(help="Only entries whose number in the log is smaller.", show_default="all", min=0)
    ] = None,
    most: Annotated[int, typer.Option(help="At most so many, the newest.", min=1)] = MOST,
    reasons: Annotated[
        bool,
        typer.Option(
            "--reasons",
            help="Open the sealed reasons. That is an entry of the log itself, written before the first is opened.",
        ),
    ] = False,
    actor: ActorOption = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """List who was shown what, when and for what.

    Which rule refused what stands there, too. Personal data is never in it, and reasons stay sealed. Where older
    entries fit as well, standard error says so, and which `--below` goes on from there.

    \b
    wayseal vault log --waybill YT0000000000001
    wayseal vault log --by courier-12 --since 2026-03-01 --reasons
    """
    which = EntryFilter(
        waybill=None if waybill is None else clean_waybill(waybill), actor=by, purpose=purpose, kind=kind,
        since=_parse_time("--since", since), before=_parse_time("--before", before), below=below,
    )  # fmt: skip
    with open_vault(vault, actor) as session:
        found, more = entries(session.vault.main, which, most)
        why: dict[int, str] = {}
        if reasons:
            record = partial(session.vault.record_act, session.caller, now=session.now)
            why = open_reasons(record, session.keyring, found)
    if format is OutputFormat.JSON:
        print_json([_entry_json(*one, why) for one in found])
    else:
        _print_entries(found, why, with_reasons=reasons)
    _tell_the_rest(found, most=most if more else None)


def _tell_the_rest(found: Sequence[tuple[int, Entry]], *, most: int | None) -> None:
    """Says on standard error that nothing was found, or that these are the newest `most` of more."""
    if not found:
        warn("no entry of the log is as was asked for")
    elif most is not None:
        warn(
            "there are more: these are the newest {most:,}. `--below {below}` lists older ones, `--most` more at once",
            most=most,
            below=found[0][0],
        )


def _parse_time(name: str, text: str | None) -> int | None:
    try:
        return None if text is None else micros(text if "T" in text else f"{text}T00:00:00+00:00")
    except ValueError:
        raise VaultError("{name}: neither a date such as 2026-03-02 nor a time with an offset", name=name) from None


def _print_entries(found: Sequence[tuple[int, Entry]], why: dict[int, str], *, with_reasons: bool) -> None:
    names = ["seq", "at", "actor", "kind", "waybill", "purpose", "what", *(["reason"] if with_reasons else [])]
    rows = [
        [
            str(seq),
            round_to_second(entry.at),
            entry.actor,
            str(entry.kind),
            entry.waybill,
            entry.purpose,
            _describe_act(entry),
            *([why.get(seq)] if with_reasons else []),
        ]
        for seq, entry in found
    ]
    print_lines(format_table([_(COLUMNS[name]) for name in names], rows))


def _describe_act(entry: Entry) -> str:
    """Name what was shown, or done, or which rule refused."""
    if entry.rule is not None:
        return entry.rule
    if entry.fields:
        return ", ".join(f"{name} {form}" for name, form in entry.fields.items())
    if entry.kind is EntryKind.REVISED:
        return f"{', '.join(str(entry.more['fields']).split())} (revision {entry.more['revision']})"
    parts = [str(value) if name == "act" else f"{name} {value}" for name, value in entry.more.items()]
    return ", ".join(part for part in parts if len(part) < 60) or "-"


def _entry_json(seq: int, entry: Entry, why: dict[int, str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "seq": seq,
        **describe_entry(asdict(entry)),
        "fields": dict(entry.fields),
        "more": dict(entry.more),
    }
    return described | ({"reason": why[seq]} if seq in why else {})


def vault_checkpoint(
    vault: VaultOption = VAULT,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it here.", show_default="the screen")] = None,
) -> None:
    """Sign the log as it is now.

    Let another administrator keep it: what was signed can't be changed unseen.

    \b
    wayseal vault checkpoint --out 2026-03-01.checkpoint
    """
    with open_vault(vault) as session:
        note = session.vault.checkpoint(now=session.now)
    if out is None:
        typer.echo(note, nl=False)
        return
    write_text(out, note)
    point = Checkpoint.claimed(note.encode())
    echo(
        "{out}: {origin}, {size:,} {size:entry|entries}. Let somebody keep it who can't write to the vault.",
        out=out,
        origin=point.origin,
        size=point.size,
    )


def vault_prove(
    seq: Annotated[int, typer.Argument(help="The entry: its place in the log (`seq`).", min=0, metavar="ENTRY")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the proof here.")],
    vault: VaultOption = VAULT,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Prove it under this checkpoint.", show_default="a new one", dir_okay=False)
    ] = None,
) -> None:
    """Prove one entry of the log to somebody who doesn't have it, and tell nothing of other entries.

    The entry's reason stays sealed.

    \b
    wayseal vault prove 17 --out disclosure.proof
    """
    with open_vault(vault) as session:
        note = session.vault.checkpoint(now=session.now).encode() if checkpoint is None else checkpoint.read_bytes()
        made = session.vault.main.read(lambda connection: prove_entry(connection, session.vault.marks, seq, note))
    write_text(out, made.to_json())
    echo("{out}: entry {seq:,}", out=out, seq=seq)


def vault_prove_growth(
    old: Annotated[Path, typer.Argument(help="The earlier checkpoint (a file).", metavar="OLD", dir_okay=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Write the proof here.")],
    new: Annotated[
        Path | None,
        typer.Argument(help="The later checkpoint (a file).", show_default="a new one", metavar="NEW", dir_okay=False),
    ] = None,
    vault: VaultOption = VAULT,
) -> None:
    """Prove that the log of one checkpoint goes on from that of another: nothing that was in it is gone or changed.

    It tells nothing of entries.

    \b
    wayseal vault prove-growth 2026-03-01.checkpoint --out growth.proof
    wayseal vault prove-growth 2026-03-01.checkpoint 2026-04-01.checkpoint --out growth.proof
    """
    before = old.read_bytes()
    with open_vault(vault) as session:
        after = session.vault.checkpoint(now=session.now).encode() if new is None else new.read_bytes()
        made = session.vault.main.read(lambda connection: prove_log(connection, before, after))
    write_text(out, made.to_json())
    sizes = {name: Checkpoint.claimed(note).size for name, note in (("old", before), ("new", after))}
    echo("{out}: from {old:,} to {new:,} {new:entry|entries}", out=out, **sizes)


def vault_project(ledger: NewLedgerArgument, vault: VaultOption = VAULT, quiet: QuietOption = False) -> None:
    """Take what was disclosed since the last time into an analytics ledger, for `detect` and `trace`.

    Scans, tickets, routes and people come along, as far as the vault has them: by these `detect` tells work from what
    is none. [The analytics ledger](disclosure-log.md#the-analytics-ledger) says what comes and what doesn't. A ledger
    that stands where this log never stood is refused with exit code 7.

    \b
    wayseal vault project ledger
    """
    with open_vault(vault) as session, progress_bars(quiet) as progress:
        done = project_log(session.vault.main, session.vault.marks, ledger.absolute().parent, ledger, progress=progress)
    echo(
        "{rows:,} {rows:disclosure|disclosures} taken into {ledger}"
        if done.rows
        else "nothing new was disclosed since the last time",
        rows=done.rows,
        ledger=ledger,
    )
    if done.unmarked:
        warn(
            "{rows:,} {rows:row|rows} of work that somebody else than the vault wrote {rows:was|were} left out: "
            "run `wayseal vault verify`",
            rows=done.unmarked,
        )
    if done.work:
        echo(
            "of the work behind it: {scans:,} {scans:scan|scans}, {tickets:,} {tickets:ticket|tickets}, "
            "{waybills:,} {waybills:route|routes}, {actors:,} {actors:account|accounts}, {assignments:,} "
            "{assignments:duty|duties}",
            **{name: done.work.get(name, 0) for name in WORK_TABLES},
        )
