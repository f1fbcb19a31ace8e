"""`wayseal market import`: exports of chats, screenshots and pictures of purchases, taken in."""

import time
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._options import Lang, LangOption, QuietOption
from wayseal.cli._progress import progress_bars
from wayseal.cli.market._view import (
    CanariesOption,
    MarketArgument,
    OwnOption,
    queue_finds,
    report_lines,
    watching,
)
from wayseal.market.crawling import ImportForm, Named, Planned, bring_in, check_files, place_files
from wayseal.market.fetching.types import now_us
from wayseal.model.messages import N_, filled
from wayseal.page.languages import translator
from wayseal.page.visible import visible


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
    quiet: QuietOption = False,
) -> None:
    """Take in what was brought: exports of chats, screenshots, pictures of purchases and of the hotline.

    Each file is read first: what can't be is said by its name and left out. The others are copied into the watch's
    folder, kept as captures, and read; the same file twice changes nothing. Give the folder of an export, and the
    pictures beside it are read as well.

    \b
    wayseal market import market result.json --as telegram --name group-7 --own ledger
    wayseal market import market bought/ --as pictures --name purchase-12 --own ledger
    """
    placed, other = place_files(form, [one for path in files for one in _find_files(path)])
    translate = translator(lang)

    def say(text: str, **values: object) -> None:
        plain = {key: visible(value) if isinstance(value, str) else value for key, value in values.items()}
        typer.echo(filled(translate(text), translate, **plain), err=True)

    for name_ in other:
        say(N_("{name} is no such export; left out"), name=name_)
    with progress_bars(quiet) as progress:
        good = check_files(form, placed, say, partial(progress, "check"))
    bring_in(market, name, form, good)
    with watching(market, own, canaries, time.sleep, lang) as watch:
        report = watch.look(Planned(source=name, at=now_us()))
    for line in report_lines(report, lang):
        typer.echo(line)
    queue_finds(market, own, report, lang)


def _find_files(path: Path) -> list[Named]:
    """A file, or those of a folder, without hidden ones and what is linked from elsewhere."""
    if not path.is_dir():
        return [(path.name, path)]
    found = ((one.relative_to(path), one) for one in sorted(path.rglob("*")))
    return [
        (name.as_posix(), one)
        for name, one in found
        if one.is_file() and not one.is_symlink() and not any(part.startswith(".") for part in name.parts)
    ]
