"""`wayseal market import`: exports of chats, screenshots and pictures of purchases, taken in."""

import shutil
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError
from wayseal.cli._options import Lang, LangOption
from wayseal.cli.market._view import (
    CanariesOption,
    MarketArgument,
    OwnOption,
    queue_finds,
    report_lines,
    source_text,
    watching,
)
from wayseal.market.fetching.types import now_us
from wayseal.market.looking import IMPORTS, SOURCES, Planned
from wayseal.market.sources import parse_source
from wayseal.market.sources.source import Fields


class ImportForm(StrEnum):
    """What is brought in."""

    TELEGRAM = "telegram"
    CSV = "csv"
    JSON = "json"
    PICTURES = "pictures"


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
    to = market / IMPORTS / name
    text = _source(name, form)
    parse_source(text)
    place = market / SOURCES / f"{name}.toml"
    if place.exists() and place.read_text("utf-8") != text:
        raise WrongUsageError("another source has this name", param_hint="--name")
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in _whole(files):
        shutil.copyfile(file, to / file.name)
    place.write_text(text, "utf-8")
    with watching(market, own, canaries, time.sleep) as watch:
        report = watch.look(Planned(source=name, at=now_us()))
    for line in report_lines(report, lang):
        typer.echo(line)
    queue_finds(market, own, report, lang)


def _whole(files: list[Path]) -> list[Path]:
    return [one for file in files for one in (sorted(file.iterdir()) if file.is_dir() else [file]) if one.is_file()]


def _source(name: str, form: ImportForm) -> str:
    place = f"../{IMPORTS}/{name}"
    if form is ImportForm.PICTURES:
        said: dict[str, str] = {"name": name, "kind": "folder", "files": place}
    else:
        said = {"name": name, "kind": "chat", "format": form.value, "files": f"{place}/*"}
    text = source_text(said)
    if form in {ImportForm.CSV, ImportForm.JSON}:
        text += "\n[fields]\n" + source_text({name: name for name in Fields.__slots__ if name != "url"})
    return text
