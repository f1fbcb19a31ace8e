"""`wayseal market import`: exports of chats, screenshots and pictures of purchases, taken in."""

import time
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption
from wayseal.cli.market._view import (
    CanariesOption,
    MarketArgument,
    OwnOption,
    queue_finds,
    report_lines,
    watching,
)
from wayseal.market.fetching.types import now_us
from wayseal.market.looking import ImportForm, Planned, bring_in


def import_(
    market: MarketArgument,
    files: Annotated[list[Path], typer.Argument(help="Files, or a folder.", exists=True)],
    form: Annotated[
        ImportForm,
        typer.Option(
            "--as",
            help="`telegram`: an export of Telegram Desktop (JSON); `csv` and `json`: records with the fields of "
            "offers; `pictures`: screenshots and pictures, each with a text of its name where there is one.",
        ),
    ],
    name: Annotated[str, typer.Option(help="What it is called here: small letters, digits, hyphens.")],
    own: OwnOption = None,
    canaries: CanariesOption = None,
    lang: LangOption = Lang.EN,
) -> None:
    """Take in what was brought: exports of chats, screenshots, pictures of purchases and of the hotline.

    Files are copied into the watch's folder, kept as captures, and read; the same file twice changes nothing.

    \b
    wayseal market import market result.json --as telegram --name group-7 --own ledger
    wayseal market import market bought/ --as pictures --name purchase-12 --own ledger
    """
    bring_in(market, name, form, ((file.name, file) for file in _whole(files)))
    with watching(market, own, canaries, time.sleep) as watch:
        report = watch.look(Planned(source=name, at=now_us()))
    for line in report_lines(report, lang):
        typer.echo(line)
    queue_finds(market, own, report, lang)


def _whole(files: list[Path]) -> list[Path]:
    return [one for file in files for one in (sorted(file.iterdir()) if file.is_dir() else [file]) if one.is_file()]
