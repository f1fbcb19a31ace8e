"""Notices of new cases, as the command line asks for them (`cases.notices`)."""

from collections.abc import Sequence
from pathlib import Path

import typer

from wayseal.cases.notices import DAYS, Left, find_unknown, read_address_file, send_waiting
from wayseal.cli._case_view import now_us
from wayseal.cli._errors import WrongUsageError
from wayseal.model import WaysealError
from wayseal.model.messages import N_, filled
from wayseal.page.languages import ByLanguage

TEXTS = ByLanguage(
    {
        "elsewhere": N_("{n} {n:notice waits|notices wait} for addresses that were not given this time"),
        "let_go": N_(
            "{n} {n:notice|notices} waited {days} days for addresses that are given no more, and {n:was|were} let go; "
            "`wayseal case list` has the cases"
        ),
    }
)


class NotifyError(WaysealError):
    """A notice could not be sent; says to which address in the list, never what it is."""

    exit_code = 5


def read_addresses(given: Sequence[str]) -> list[str]:
    """Addresses of notices; `@FILE` stands for those in a file, one a line, # for remarks.

    BadParameter says which in the list can't be read; OSError.
    """
    out: list[str] = []
    for text in given:
        out += _read_file(Path(text[1:])) if text.startswith("@") else [text]
    number = find_unknown(out)
    if number is not None:
        raise WrongUsageError("address {number} is none that Apprise knows", param_hint="--notify", number=number)
    return out


def _read_file(path: Path) -> list[str]:
    try:
        return read_address_file(path)
    except UnicodeDecodeError:
        raise WrongUsageError("{path} isn't text in UTF-8", param_hint="--notify", path=path) from None


def send_notices(ledger: Path, folder: Path, to: Sequence[str], lang: str, *, quiet: bool) -> None:
    """Sends what waits to each address. NotifyError names the first that failed."""
    sent = send_waiting(ledger, folder, to, lang, now_us)
    _say_left(sent.left, lang, quiet)
    if sent.failed:
        raise NotifyError(
            "--notify: nothing could be sent to address {number}; the cases are registered, and the next run tries "
            "again",
            number=sent.failed[0],
        )


def _say_left(left: Left, lang: str, quiet: bool) -> None:
    if left.elsewhere and not quiet:
        typer.echo(filled(TEXTS[lang]["elsewhere"], n=left.elsewhere), err=True)
    if left.let_go:
        typer.echo(filled(TEXTS[lang]["let_go"], n=left.let_go, days=DAYS), err=True)
