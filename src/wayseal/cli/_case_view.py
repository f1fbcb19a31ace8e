"""What commands about cases share: options, times, acts of forgetting."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from wayseal.cases.types import Forgotten
from wayseal.cli._errors import WrongUsageError
from wayseal.model.messages import filled
from wayseal.model.times import EPOCH, micros, stamp
from wayseal.page import numbers
from wayseal.page.visible import visible

CaseArgument = Annotated[
    str, typer.Argument(help="Id of the case, such as `c-17`, as `wayseal case list` has it.", metavar="CASE")
]
WhoOption = Annotated[
    str, typer.Option("--who", help="Who does it: a line of up to 500 characters that stays in the casebook.")
]
WhyOption = Annotated[
    str, typer.Option("--why", help="Why, in the same way: the rule or the request; no names of the accounts.")
]
Words = Mapping[str, str]


def read_statement(file: Path) -> str:
    """The text of a file, or of standard input."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise WrongUsageError("is no text in UTF-8", param_hint="--file") from None


def clock_time(us: int) -> str:
    """A moment as reports show it: local, to the minute."""
    return numbers.clock(EPOCH + timedelta(microseconds=us))


def now_us() -> int:
    """Now, to the second."""
    return micros(datetime.now(UTC).replace(microsecond=0).isoformat())


def forgotten_line(done: Forgotten, words: Words) -> str:
    values = {"cases": done.cases, "before": stamp(done.before), "why": visible(done.why)}
    return filled(words["forgotten"], at=clock_time(done.at), who=visible(done.who), **values)
