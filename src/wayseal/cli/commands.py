"""What commands of other distributions are made of.

Such a command is a function that Typer can read, named by an entry point of the group `wayseal.commands`: its name is
the word, and its module holds the function of that name.
"""

from wayseal.cli._loading import SETUP
from wayseal.cli._options import MARK, MARKET, Lang, OutputFormat, QuietOption, SeedOption
from wayseal.cli._output import ProgressCallback, now_us, print_lines, progress_bars, write_text
from wayseal.cli._texts import _, current_lang, echo, pgettext, warn

__all__ = [
    "MARK",
    "MARKET",
    "SETUP",
    "Lang",
    "OutputFormat",
    "ProgressCallback",
    "QuietOption",
    "SeedOption",
    "_",
    "current_lang",
    "echo",
    "now_us",
    "pgettext",
    "print_lines",
    "progress_bars",
    "warn",
    "write_text",
]
