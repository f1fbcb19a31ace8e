"""`wayseal rights`: what accounts may do, held against what they did."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import (
    Lang,
    LangOption,
    LedgerArgument,
    OutOption,
    QuietOption,
    ReportFormat,
    ReportFormatOption,
    TemplatesOption,
)
from wayseal.cli._output import write_report
from wayseal.cli._progress import progress_bars
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.detect.rights import load_map, render_rights
from wayseal.detect.rights import rights as run
from wayseal.ledger import open_ledger
from wayseal.model.times import clock_us


def rights(
    ledger: LedgerArgument,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days of the log, counted back from its last read.")] = 90,
    map_: Annotated[
        Path | None,
        typer.Option(
            "--map",
            help="File that says [what each right permits](rights.md#what-a-right-permits), beside the built-in one.",
            show_default="the built-in rights",
            dir_okay=False,
        ),
    ] = None,
    templates: TemplatesOption = None,
    format: ReportFormatOption = ReportFormat.TEXT,
    out: OutOption = None,
    lang: LangOption = Lang.EN,
    quiet: QuietOption = False,
) -> None:
    """Hold rights against use: unused rights, dormant accounts, shared logins, the smallest sets that would do.

    It also lists rights wider than peers' and expired training. The smallest set is what would have allowed all
    explained reads. [Rights against use](rights.md) explains each list and the [keys of the
    JSON](rights.md#keys-of-the-json). The ledger is only read. Whatever it finds, the exit code is 0.

    **The report names accounts and is personal data of staff**: it is for those who manage accounts.

    \b
    wayseal rights ledger
    wayseal rights ledger --days 180 --map rights.toml --format html --out rights.html
    wayseal rights ledger --format json | jq .dormant
    """
    permits, work = load_map(map_), load_templates(templates)
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        facts = update_facts(snapshot, None, work, clock_us(), progress)
        result = run(snapshot, facts, work, permits, days, progress)
    write_report(partial(render_rights, result), format, lang, out, quiet=quiet)
