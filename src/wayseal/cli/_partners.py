"""`wayseal partners`: each partner's interface against its contract, and both sides' logs against each other."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Format, FormatOption, Lang, LangOption, LedgerArgument, Out, Quiet
from wayseal.cli._progress import progress_bars
from wayseal.cli._write import say_report
from wayseal.ledger import open_ledger

app = typer.Typer(help="Partner interfaces against their contracts. 合作方接口与合同的核查。", no_args_is_help=True)


@app.command()
def check(
    ledger: LedgerArgument,
    contracts: Annotated[Path, typer.Option(help="Folder of contracts, a TOML file each.")],
    from_: Annotated[
        str | None, typer.Option("--from", help="From this day (UTC+8) or time on, such as 2026-03-02.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="Up to this day, which is included, or this time, which is not.")
    ] = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
    out: Out = None,
    lang: LangOption = Lang.EN,
    quiet: Quiet = False,
) -> None:
    """Check what partners read against their contracts, and against their own logs where the ledger has them.

    \b
    wayseal partners check ledger --contracts contracts
    wayseal partners check ledger --contracts contracts --from 2026-03-02 --to 2026-03-08 --lang zh
    wayseal partners check ledger --contracts contracts --format html --out partners.html
    """
    from wayseal.detect.partners import (  # noqa: PLC0415 (only where it is asked for)
        check_partners,
        load_contracts,
        render_partners,
    )
    from wayseal.model.period import parse_period  # noqa: PLC0415

    period = parse_period(from_, to)
    agreed = load_contracts(contracts)
    with open_ledger(ledger) as snapshot, progress_bars(quiet) as progress:
        result = check_partners(snapshot, agreed, period=period, progress=progress)
    say_report(partial(render_partners, result), format, lang, out, quiet=quiet)
