"""`wayseal rights`: what accounts may do, held against what they did."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Format, FormatOption, Lang, LangOption, LedgerArgument, Out, Quiet
from wayseal.cli._progress import progress_bars
from wayseal.cli._write import say_report
from wayseal.ledger import open_ledger
from wayseal.page.numbers import CHINA

TemplatesOption = Annotated[
    Path | None,
    typer.Option("--templates", help="Explanation templates (TOML) beside the built-in ones.", dir_okay=False),
]


def rights(
    ledger: LedgerArgument,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days of the log, counted back from its end.")] = 90,
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="What each right permits (TOML), beside the built-in ones.", dir_okay=False),
    ] = None,
    templates: TemplatesOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
    out: Out = None,
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Hold rights against use: unused rights, dormant accounts, shared logins, the smallest sets that would do.

    The report names accounts: it is personal data of staff, for those who manage accounts.

    \b
    wayseal rights ledger
    wayseal rights ledger --days 180 --map rights.toml --format html --out rights.html
    wayseal rights ledger --format json | jq .dormant
    """
    from wayseal.detect.explain import load_templates  # noqa: PLC0415 (only where it is asked for)
    from wayseal.detect.facts import facts_of  # noqa: PLC0415
    from wayseal.detect.rights import load_map, render_rights  # noqa: PLC0415
    from wayseal.detect.rights import rights as run  # noqa: PLC0415

    permits, work = load_map(map_), load_templates(templates)
    offset = CHINA.utcoffset(None) // timedelta(microseconds=1)
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        facts = facts_of(snapshot, None, work, offset, progress)
        result = run(snapshot, facts, work, permits, days, progress)
    say_report(partial(render_rights, result), format, lang, out, quiet=quiet)
