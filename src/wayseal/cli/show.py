"""`wayseal show`: what is in a ledger, from when to when, what is missing, how good it is."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutputFormat, OutputFormatOption
from wayseal.cli._words import TEXTS
from wayseal.ledger import Summary, open_ledger
from wayseal.model.messages import filled
from wayseal.model.times import HOUR_US, SECOND_US, iso, stamp
from wayseal.page.visible import cells
from wayseal.page.words import Voice, reason_text

GAPS_SHOWN = 5


PURGE = ("before", "who", "why", "at", "reads", "waybills", "held", "below_minimum")


SOURCE = ("table", "name", "sha256", "bytes", "rows", "repeated", "dropped", "after", "replaced")


def show(
    ledger: LedgerArgument,
    account: Annotated[
        str | None, typer.Option("--account", help="Instead: what `actors` said of this account, and since when.")
    ] = None,
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
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
            for line in _versions([row for row in rows if row["actor"] == account], format, lang):
                typer.echo(line)
            return
        summary = snapshot.summary()
        accounts = len(set(snapshot.volumes()["actor"].to_pylist()))
        waybills = snapshot.size()
    if format is OutputFormat.JSON:
        typer.echo(json.dumps(as_json(summary, accounts, waybills), ensure_ascii=False, indent=1))
        return
    for line in lines(summary, accounts, waybills, str(ledger), lang):
        typer.echo(line)


def _versions(rows: list[dict[str, Any]], format: OutputFormat, lang: Lang) -> Iterator[str]:
    """The rows of an account, the first one first."""
    said = [{n: v.isoformat() if isinstance(v, datetime) else v for n, v in row.items()} for row in rows]
    if format is OutputFormat.JSON:
        yield json.dumps(said, ensure_ascii=False, indent=1)
        return
    for row in said:
        since = row.pop("since")
        begun = filled(TEXTS[lang]["since"], at=since) if since else TEXTS[lang]["always"]
        yield begun + TEXTS[lang]["colon"] + json.dumps({n: v for n, v in row.items() if v}, ensure_ascii=False)
    if not said:
        yield TEXTS[lang]["no_account"]


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


def lines(summary: Summary, accounts: int, waybills: int, name: str, lang: Lang) -> Iterator[str]:
    """The summary in words."""
    words = TEXTS[lang]
    colon = words["colon"]
    digest = filled(words["digest_value"], digest=summary.digest[:20], generation=summary.generation)
    yield f"{words['ledger']}{colon}{name}"
    yield f"{words['digest']}{colon}{digest}"
    first, last = summary.first_at, summary.last_at
    span = words["no_reads"]
    if first is not None and last is not None:
        span = filled(words["span_value"], first=stamp(first), last=stamp(last))
    yield f"{words['span']}{colon}{span}"
    yield f"{words['accounts']}{colon}{accounts:,}   {words['waybills']}{colon}{waybills:,}"
    yield f"{words['rows']}{colon.rstrip()}"
    voice = Voice(lang.value)
    named = {voice.value(table): rows for table, rows in summary.rows.items()}
    width = max(map(cells, named), default=0)
    for table, rows in named.items():
        yield f"  {table}{' ' * (width - cells(table))}  {rows:>15,}"
    if summary.missing_tables:
        yield f"{words['missing']}{colon}{voice.all_values(summary.missing_tables)}"
    for source in summary.sources:
        if source.replaced:
            values = {"table": source.table, "name": source.name, "rows": source.replaced}
            yield f"{words['again']}{colon}{filled(words['replaced'], **values)}"
    for purge in summary.purges:
        said = {n: getattr(purge, n) for n in PURGE}
        yield f"{words['purged']}{colon}{filled(words['purged_value'], **said)}"
    yield f"{words['quality']}{colon.rstrip()}"
    remarks = list(quality(summary, lang))
    for remark in remarks or [words["clean"]]:
        yield f"  {remark}"


def quality(summary: Summary, lang: Lang) -> Iterator[str]:
    """What is wrong with the data, a line each."""
    words = TEXTS[lang]
    if summary.first_at is None:
        asked = summary.rows.get("queries") and summary.rows.get("waybills")
        yield words["only_asked" if asked else "empty"]
    for reason, rows in summary.rejected.items():
        yield filled(words["rejected_for"], rows=rows, reason=reason_text(reason, lang.value))
    emptied: Counter[str] = Counter()
    for source in summary.sources:
        emptied.update(source.emptied)
    for which, rows in sorted(emptied.items()):
        column, _, reason = which.rpartition(" ")
        yield filled(words["emptied"], rows=rows, column=column, reason=reason_text(reason, lang.value))
    if summary.dropped:
        yield filled(words["dropped_rows"], rows=summary.dropped)
    if summary.repeated:
        yield filled(words["repeated_rows"], rows=summary.repeated)
    for table, rows in summary.conflicts.items():
        if rows:
            yield filled(words["conflicts"], table=table, rows=rows)
    for start, end in sorted(summary.gaps, key=lambda gap: gap[0] - gap[1])[:GAPS_SHOWN]:
        yield filled(words["gap"], hours=end - start, first=stamp(start * HOUR_US), last=stamp(end * HOUR_US))
    if summary.known_actors is not None and summary.known_actors < 1 and summary.rows.get("actors"):
        yield filled(words["unknown_actors"], share=1 - summary.known_actors)
    if summary.shares.early:
        yield filled(words["early"], share=summary.shares.early)
    if summary.rows.get("waybills") and summary.shares.described < 1:
        yield filled(words["undescribed"], share=1 - summary.shares.described)


def second(us: int | None) -> str | None:
    """A moment to the second; None for none."""
    return None if us is None else iso(us - us % SECOND_US)
