"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Lang(StrEnum):
    """The languages of screens and reports."""

    ZH = "zh"
    EN = "en"


class Format(StrEnum):
    """What a report is written as."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


LangOption = Annotated[Lang, typer.Option("--lang", envvar="WAYSEAL_LANG", help="Language: zh or en.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars and no notices.")]
Map = Annotated[
    Path | None,
    typer.Option("--map", help="Mapping file (TOML) that says which column is what.", dir_okay=False),
]
Offset = Annotated[
    str | None,
    typer.Option(help="Offset from UTC of times that carry none, such as +08:00 (default: UTC, and said)."),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed: same input, version and seed, same output.")]
LedgerArgument = Annotated[Path, typer.Argument(help="Folder of the ledger.", metavar="LEDGER")]
LeaksOption = Annotated[
    Path, typer.Option("--leaks", help="The numbers that turned up (table `leaks`): CSV, JSON Lines or Parquet.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="What to write.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Write here instead of to the screen.")]
