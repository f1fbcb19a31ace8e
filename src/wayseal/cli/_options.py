"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Lang(StrEnum):
    """The languages of screens and reports."""

    ZH = "zh"
    EN = "en"


class OutputFormat(StrEnum):
    """What listings and findings are written as."""

    TEXT = "text"
    JSON = "json"


class ReportFormat(StrEnum):
    """What a report is written as."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


LangOption = Annotated[Lang, typer.Option("--lang", envvar="WAYSEAL_LANG", help="Language: zh or en.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars and no notices.")]
MapOption = Annotated[
    Path | None,
    typer.Option("--map", help="Mapping file (TOML) that says which column is what.", dir_okay=False),
]
OffsetOption = Annotated[
    str | None,
    typer.Option(help="Offset from UTC of times that carry none, such as +08:00 (default: UTC, and said)."),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed: same input, version and seed, same output.")]
LedgerArgument = Annotated[Path, typer.Argument(help="Folder of the ledger.", metavar="LEDGER")]
LeaksOption = Annotated[
    Path, typer.Option("--leaks", help="The numbers that turned up (table `leaks`): CSV, JSON Lines or Parquet.")
]
OutputFormatOption = Annotated[OutputFormat, typer.Option("--format", help="What to write.")]
ReportFormatOption = Annotated[ReportFormat, typer.Option("--format", help="What to write.")]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="Write here instead of to the screen.")]
FromOption = Annotated[str | None, typer.Option("--from", help="From this day (UTC+8) or time on, such as 2026-03-02.")]
ToOption = Annotated[str | None, typer.Option(help="Up to this day, which is included, or this time, which is not.")]
TemplatesOption = Annotated[
    Path | None,
    typer.Option("--templates", help="File of explanation templates, beside the built-in ones.", dir_okay=False),
]
PUBLIC_KEY = typer.Option(
    "--key", help="Public key (the file that ends in .pub); more than one where keys were rotated."
)
VAULT = Path("vault")
"""The vault's folder where nothing says another."""
