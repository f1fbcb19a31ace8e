"""`wayseal show`: what is in a ledger, from when to when, what is missing, how good it is."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from wayseal.cli._options import LedgerArgument, OutputFormat, OutputFormatOption
from wayseal.cli._output import print_lines, print_result
from wayseal.cli._texts import _, current_lang, pgettext
from wayseal.ledger import Summary, open_ledger
from wayseal.model.times import HOUR_US, SECOND_US, iso, stamp
from wayseal.page.visible import cells
from wayseal.page.words import Translator, reason_text

GAPS_SHOWN = 5
PURGE = ("before", "who", "why", "at", "reads", "waybills", "held", "below_minimum")
SOURCE = ("table", "name", "sha256", "bytes", "rows", "repeated", "dropped", "after", "replaced")


def show(
    ledger: LedgerArgument,
    account: Annotated[
        str | None, typer.Option("--account", help="Instead: what `actors` said of this account, and since when.")
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
) -> None:
    """Show what is in a ledger, from when to when, what is missing and how good the data is.

    Tables and their rows are counted, and the digest of the ledger is printed.

    \b
    wayseal show ledger
    wayseal show ledger --format json | jq .rows
    wayseal show ledger --account u-17
    """
    with open_ledger(ledger) as snapshot:
        if account is not None:
            rows = snapshot.history("actors").to_pylist()
            print_lines(_versions([row for row in rows if row["actor"] == account], format))
            return
        summary = snapshot.summary()
        accounts = len(set(snapshot.volumes()["actor"].to_pylist()))
        waybills = snapshot.size()
    print_result(format, as_json(summary, accounts, waybills), lines(summary, accounts, waybills, str(ledger)))


def _versions(rows: list[dict[str, Any]], format: OutputFormat) -> Iterator[str]:
    """The rows of an account, the first one first."""
    said = [{n: v.isoformat() if isinstance(v, datetime) else v for n, v in row.items()} for row in rows]
    if format is OutputFormat.JSON:
        yield json.dumps(said, ensure_ascii=False, indent=1)
        return
    for row in said:
        since = row.pop("since")
        begun = pgettext("since", "since {at}", at=since) if since else _("at first")
        yield begun + _(": ") + json.dumps({n: v for n, v in row.items() if v}, ensure_ascii=False)
    if not said:
        yield _("`actors` says nothing of this account")


def as_json(summary: Summary, accounts: int, waybills: int) -> dict[str, object]:
    """The summary as JSON holds it."""
    return {
        "digest": summary.digest,
        "generation": summary.generation,
        "rows": dict(summary.rows),
        "accounts": accounts,
        "waybills": waybills,
        "from": second(summary.first_at),
        "to": second(summary.last_at),
        "missing_tables": list(summary.missing_tables),
        "rejected": dict(summary.rejected),
        "repeated": summary.repeated,
        "dropped": summary.dropped,
        "conflicts": dict(summary.conflicts),
        "gaps": [{"from": iso(a * HOUR_US), "to": iso(b * HOUR_US)} for a, b in summary.gaps],
        "known_actors": summary.known_actors,
        "sample": {
            "waybills": summary.shares.sample,
            "with_waybills_row": summary.shares.described,
            "with_scans": summary.shares.scanned,
            "read_before_issue": summary.shares.early,
        },
        "purges": [
            {n: getattr(p, n) for n in PURGE} | {"rows": dict(p.rows), "segments": len(p.segments)}
            for p in summary.purges
        ],
        "sources": [
            {name: getattr(s, name) for name in SOURCE}
            | {"rejected": sum(s.rejected.values()), "emptied": dict(s.emptied)}
            for s in summary.sources
        ],
    }


def lines(summary: Summary, accounts: int, waybills: int, name: str) -> Iterator[str]:
    """The summary in words."""
    colon = _(": ")
    digest = _("{digest} (generation {generation})", digest=summary.digest[:20], generation=summary.generation)
    yield f"{_('Ledger')}{colon}{name}"
    yield f"{_('Digest')}{colon}{digest}"
    first, last = summary.first_at, summary.last_at
    span = _("none yet")
    if first is not None and last is not None:
        span = _("{first} to {last}", first=stamp(first), last=stamp(last))
    yield pgettext("span", "Reads") + colon + span
    yield f"{_('Accounts that read')}{colon}{accounts:,}   {_('Waybills seen')}{colon}{waybills:,}"
    yield f"{_('Rows')}{colon.rstrip()}"
    translator = Translator(current_lang().value)
    named = {translator.value(table): rows for table, rows in summary.rows.items()}
    width = max(map(cells, named), default=0)
    for table, rows in named.items():
        yield f"  {table}{' ' * (width - cells(table))}  {rows:>15,}"
    if summary.missing_tables:
        yield f"{_('Not there')}{colon}{translator.all_values(summary.missing_tables)}"
    for source in summary.sources:
        if source.replaced:
            yield (
                _("Read again")
                + colon
                + _(
                    "{table}: {name} was read again: {rows:,} {rows:row|rows} of its earlier reading went",
                    table=source.table,
                    name=source.name,
                    rows=source.replaced,
                )
            )
    for purge in summary.purges:
        said = {n: getattr(purge, n) for n in PURGE}
        yield (
            _("Purged")
            + colon
            + _(
                "on {at} by {who} ({why}): everything about waybills first seen before {before}, {reads:,} "
                "{reads:read|reads} of {waybills:,} {waybills:waybill|waybills}",
                **said,
            )
        )
    yield f"{_('Quality')}{colon.rstrip()}"
    remarks = list(quality(summary))
    for remark in remarks or [_("nothing to report")]:
        yield f"  {remark}"


def quality(summary: Summary) -> Iterator[str]:
    """List the flaws of the data, a line each."""
    if summary.first_at is None:
        asked = summary.rows.get("queries") and summary.rows.get("waybills")
        yield _(
            "this ledger holds no reads, only what was asked: a trace replays it on the waybills of the ledger"
            if asked
            else "this ledger holds no reads; nothing can be traced in it yet"
        )
    for reason, rows in summary.rejected.items():
        yield _(
            "{rows:,} {rows:row|rows} rejected: {reason}", rows=rows, reason=reason_text(reason, current_lang().value)
        )
    emptied: Counter[str] = Counter()
    for source in summary.sources:
        emptied.update(source.emptied)
    for which, rows in sorted(emptied.items()):
        column, _blank, reason = which.rpartition(" ")
        yield _(
            "{rows:,} {rows:cell|cells} that could not be read left empty: {column}, {reason}",
            rows=rows,
            column=column,
            reason=reason_text(reason, current_lang().value),
        )
    if summary.dropped:
        yield _("{rows:,} {rows:row|rows} left out as mappings say", rows=summary.dropped)
    if summary.repeated:
        yield _("{rows:,} {rows:row|rows} left out as known already", rows=summary.repeated)
    for table, rows in summary.conflicts.items():
        if rows:
            yield _(
                "{table}: {rows:,} {rows:row|rows} replaced one with the same id and other content",
                table=table,
                rows=rows,
            )
    for start, end in sorted(summary.gaps, key=lambda gap: gap[0] - gap[1])[:GAPS_SHOWN]:
        yield _(
            "no read for {hours:,} h, from {first} to {last}",
            hours=end - start,
            first=stamp(start * HOUR_US),
            last=stamp(end * HOUR_US),
        )
    if summary.known_actors is not None and summary.known_actors < 1 and summary.rows.get("actors"):
        yield _("{share:.1%} of the reads are by accounts that `actors` doesn't know", share=1 - summary.known_actors)
    if summary.shares.early:
        yield _(
            "{share:.2%} of the reads precede the issue: clocks differ, or lists hold numbers not issued yet",
            share=summary.shares.early,
        )
    if summary.rows.get("waybills") and summary.shares.described < 1:
        yield _("{share:.1%} of the waybills have no row in `waybills`", share=1 - summary.shares.described)


def second(us: int | None) -> str | None:
    """A moment to the second; None for none."""
    return None if us is None else iso(us - us % SECOND_US)
