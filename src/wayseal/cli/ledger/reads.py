"""`wayseal ledger reads`: every read of one waybill, and what `wayseal ledger prove` calls it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import typer

from wayseal.cli._options import Lang, LangOption, LedgerArgument, OutputFormat, OutputFormatOption
from wayseal.cli._words.ledger import LEDGER_TEXTS
from wayseal.ledger import Snapshot, open_ledger
from wayseal.model import clean_waybill
from wayseal.model.messages import filled
from wayseal.model.times import iso
from wayseal.page.visible import visible

_TEXTS = ("actor", "session", "via", "ip", "device", "purpose")


def reads(
    ledger: LedgerArgument,
    waybill: Annotated[str, typer.Option(help="Number of the waybill.")],
    format: OutputFormatOption = OutputFormat.TEXT,
    lang: LangOption = Lang.EN,
) -> None:
    """List the reads of one waybill, each with the name by which `wayseal ledger prove --read` knows it.

    Each comes with source and row, time, account, action, system and file. `read` (source and row, such as `0:42`) is
    what `wayseal ledger prove --read` takes. The ledger keeps only keys of `access` ids, so these aren't shown;
    `has_access_id` in the JSON says whether a read has one.

    \b
    wayseal ledger reads ledger --waybill YT9876543210123
    wayseal ledger reads ledger --waybill YT9876543210123 --format json | jq -r '.reads[].read'
    """
    waybill = clean_waybill(waybill)
    with open_ledger(ledger) as snapshot:
        rows = list(_read_rows(snapshot, waybill))
    if format is OutputFormat.JSON:
        typer.echo(json.dumps({"waybill": waybill, "reads": rows}, ensure_ascii=False, indent=1))
        return
    words = LEDGER_TEXTS[lang]
    typer.echo(filled(words["reads"], count=len(rows), waybill=visible(waybill)))
    for row in rows:
        shown = [row["actor"], row["action"], row["via"], row["file"]]
        typer.echo(f"  {row['read']:<12}  {row['at']}  " + "  ".join(visible(x) if x else words["none"] for x in shown))


def _read_rows(snapshot: Snapshot, waybill: str) -> Iterator[dict[str, Any]]:
    found = snapshot.reads(snapshot.keys([waybill]))
    texts = {name: snapshot.names(name, found[name].fill_null(0).to_numpy()) for name in _TEXTS}
    found = found.set_column(found.schema.get_field_index("at"), "at", found["at"].cast(pa.int64()))
    for n, row in enumerate(found.select(["source", "row", "at", "action", "access"]).to_pylist()):
        source = snapshot.manifest.sources[row["source"]]
        yield {
            "read": f"{row['source']}:{row['row']}",
            "source": row["source"],
            "row": row["row"],
            "file": Path(source.name).name,
            "at": iso(row["at"]),
            "action": row["action"],
            **{name: texts[name][n] or None for name in _TEXTS},
            "has_access_id": row["access"] is not None,
        }
