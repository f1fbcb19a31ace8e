"""Options that several commands share."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cli._errors import WrongUsageError

MARK, BOUGHT, MARKET = ".wayseal-demo", "leaks.csv", "market"
"""What a demo's folder has: the file that says so, what was bought, and the market's folder."""


class Lang(StrEnum):
    """The languages of screens and reports."""

    ZH = "zh"
    EN = "en"


class OutputFormat(StrEnum):
    """The format of listings and findings."""

    TEXT = "text"
    JSON = "json"


class ReportFormat(StrEnum):
    """The format of a report."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars and no notices.")]
MapOption = Annotated[
    Path | None,
    typer.Option(
        "--map", help="[Mapping file](mapping-files.md) (TOML) that says which column is what.", dir_okay=False
    ),
]
OffsetOption = Annotated[
    str | None,
    typer.Option(
        help="Offset from UTC of times that carry none, such as `+08:00`; goes before the mapping's.",
        show_default="UTC, and said",
    ),
]
LeaksMapOption = Annotated[
    Path | None,
    typer.Option("--map", help="Mapping file (TOML) for the leaks file, not for the log.", dir_okay=False),
]
LeaksOffsetOption = Annotated[
    str | None,
    typer.Option(help="Offset from UTC of times in the leaks file that carry none.", show_default="UTC, and said"),
]
SeedOption = Annotated[
    int, typer.Option(min=0, help="Seed of all randomness: same input, version and seed, same output.")
]
NewLedgerArgument = Annotated[
    Path, typer.Argument(help="Folder of the ledger; made where there is none.", metavar="LEDGER")
]
LedgerArgument = Annotated[Path, typer.Argument(help="Folder of the ledger.", metavar="LEDGER")]
LeaksOption = Annotated[
    Path,
    typer.Option(
        "--leaks",
        help="The numbers that turned up: table [`leaks`](data-contract.md#leaks), as CSV, JSON Lines, Parquet or a "
        "workbook (`.xlsx`).",
    ),
]
OutputFormatOption = Annotated[
    OutputFormat, typer.Option("--format", help="`text` for the screen, `json` for programs.")
]
ReportFormatOption = Annotated[
    ReportFormat,
    typer.Option("--format", help="`text` for the screen, `json` for programs, `html` for a file or a printer."),
]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file.", show_default="the screen")]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        help="From this day (UTC+8) or this time on: `2026-03-02`, `2026-03-02T08:00+08:00`. A time without an offset "
        "is in UTC+8.",
        show_default="the beginning",
    ),
]
ToOption = Annotated[
    str | None,
    typer.Option(help="Up to this day, which is included, or up to this time, which is not.", show_default="the end"),
]
TemplatesOption = Annotated[
    Path | None,
    typer.Option(
        "--templates",
        help="[File of explanation templates](explanations.md#a-file-of-templates), beside the built-in ones.",
        show_default="the built-in templates",
        dir_okay=False,
    ),
]
CaseArgument = Annotated[
    str, typer.Argument(help="Id of the case, such as `c-17`, as `wayseal case list` has it.", metavar="CASE")
]
WhoOption = Annotated[
    str, typer.Option("--who", help="Who does it: a line of up to 500 characters that stays on record.")
]
WhyOption = Annotated[
    str, typer.Option("--why", help="Why, in the same way: the rule or the request; no names of the accounts.")
]
STATEMENT_FILE = "A text file with it (UTF-8); `-` for standard input."
StatementFileOption = Annotated[
    Path | None, typer.Option("--file", help=STATEMENT_FILE, show_default="this or --text", dir_okay=False)
]
PUBLIC_KEY = typer.Option(
    "--key", help="Public key (the file that ends in `.pub`); may be given more than once, where keys were rotated."
)
VAULT = Path("vault")
"""The vault's folder where nothing says another."""


def read_statement(said: str | None, file: Path | None) -> str:
    """The words of an option, or of the text file that stands for it; `-` is standard input."""
    if file is None:
        return said or ""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise WrongUsageError("is no text in UTF-8", param_hint="--file") from None


def check_detectors(names: list[str] | None) -> list[str] | None:
    """Names of detectors, of which the stream must count by each: others would be no reason of any notice."""
    from wayseal.detect.detectors import detectors

    known = [one.name for one in detectors() if one.choose is not None]
    if not {*(names or ())} <= {*known}:
        raise WrongUsageError("needs one of {known}", param_hint="--detector", known=known)
    return names
