"""Notices of new cases: to 钉钉, 飞书, 企业微信, mail or a webhook, by the addresses of Apprise.

1. A notice names no account and no waybill: ids of cases, scores, how many accounts. Who may know more looks it up.
2. An address holds a secret, so none stands in an error, a log or the list of processes where it can be avoided: it may
   come from a file or the environment.
3. What could not be sent is said, with the place of its address in the list, and waits in the outbox for the next run.
   Whatever fails with one address, the others are tried.
4. An address that Apprise can't read is refused before the work begins.
5. Each address gets its notices in their order: where one fails after `PAUSES`, those behind it wait as well.
6. A webhook (`json`, `jsons`) gets as JSON all that a notice says, and its id, by which a receiver knows it again.
"""

import logging
import socket
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from wayseal.cases import Cases, open_cases
from wayseal.cli._case_view import now_us
from wayseal.cli._errors import WrongUsageError
from wayseal.cli._outbox import DAYS, FILE, Left, Notice, Outbox, open_outbox
from wayseal.model import WaysealError
from wayseal.model.messages import N_, filled
from wayseal.model.times import iso
from wayseal.page.languages import ByLanguage
from wayseal.page.numbers import percent

if TYPE_CHECKING:
    from apprise import Apprise

PAUSES = (1.0, 2.0, 4.0)
"""Seconds after which what could not be sent is tried again."""
_JSON = "jsons"
"""Apprise's word for webhooks that take JSON."""

TEXTS = ByLanguage(
    {
        "title": N_("Wayseal: {n} new {n:case|cases} in {ledger} ({host})"),
        "line": N_("{id}: {score}, {n} {n:account|accounts}"),
        "more": N_("See them with `wayseal detect` or `wayseal case list`."),
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

    BadParameter says which in the list can't be read (rule 4); OSError.
    """
    out: list[str] = []
    for text in given:
        out += _read_file(Path(text[1:])) if text.startswith("@") else [text]
    for number, address in enumerate(out, 1):
        if _sender(address) is None:
            raise WrongUsageError("address {number} is none that Apprise knows", param_hint="--notify", number=number)
    return out


def _read_file(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise WrongUsageError("{path} isn't text in UTF-8", param_hint="--notify", path=path) from None
    return [line for line in lines if line and not line.startswith("#")]


def _sender(address: str) -> "Apprise | None":
    """What sends to an address; None where it is none. Its log is kept to itself: addresses stand in it (rule 2)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of modules that Apprise loads
        from apprise import Apprise

        log = logging.getLogger("apprise")
        log.addHandler(logging.NullHandler())
        log.propagate = False
        made = Apprise()
        return made if made.add(address) else None


@contextmanager
def noticing(ledger: Path, folder: Path, to: Sequence[str]) -> Iterator[None]:
    """Whatever cases are registered within are to be told of, whatever happens to this process meanwhile."""
    if not to:
        yield
        return
    with open_outbox(folder) as outbox, open_cases(folder) as cases:
        outbox.expect(cases, to)
        yield
        _collect(outbox, ledger, cases)


def send_notices(ledger: Path, folder: Path, to: Sequence[str], lang: str, *, quiet: bool) -> None:
    """Sends what waits to each address (rules 3 and 5). NotifyError names the first that failed."""
    if not to or not (folder / FILE).exists():
        return
    with open_outbox(folder) as outbox:
        if outbox.expects:
            with open_cases(folder) as cases:
                _collect(outbox, ledger, cases)
        failed = [number for number, address in enumerate(to, 1) if not _send_all(outbox, address, lang, time.sleep)]
        left = outbox.settle(to, at=now_us())
    _say_left(left, lang, quiet)
    if failed:
        raise NotifyError(
            "--notify: nothing could be sent to address {number}; the cases are registered, and the next run tries "
            "again",
            number=failed[0],
        )


def _collect(outbox: Outbox, ledger: Path, cases: Cases) -> None:
    outbox.collect(cases, ledger=ledger.resolve().name, host=socket.gethostname(), at=now_us())


def _send_all(outbox: Outbox, address: str, lang: str, pause: Callable[[float], None]) -> bool:
    """Sends an address what it has not had, in its order; whether all of it went out."""
    for notice in outbox.waiting_for(address):
        sender = _sender(address)  # one each: a webhook's holds what its notice says
        if sender is None or not _send(sender, notice, lang, pause):
            return False
        outbox.sent(notice, address)
    return True


def _send(sender: "Apprise", notice: Notice, lang: str, pause: Callable[[float], None]) -> bool:
    words = TEXTS[lang]
    lines = [filled(words["line"], id=c.id, score=percent(c.score), n=c.accounts) for c in notice.cases]
    title = filled(words["title"], n=len(notice.cases), ledger=notice.ledger, host=notice.host)
    for plugin in sender:
        if plugin.secure_protocol == _JSON:
            plugin.payload_extras = {**_spell(notice), **plugin.payload_extras}
    for seconds in (*PAUSES, None):
        if sender.notify(body="\n".join([*lines, words["more"]]), title=title):
            return True
        if seconds is not None:
            pause(seconds)
    return False


def _spell(notice: Notice) -> dict[str, Any]:
    """A notice for programs (rule 6). Scores are those of the JSON report, and as the text says them."""
    cases = [
        {
            "case": case.id,
            "score": case.score,
            "score_text": percent(case.score),
            "accounts": case.accounts,
            "alerted_at": iso(case.alerted_at),
        }
        for case in notice.cases
    ]
    return {"notice": notice.id, "at": iso(notice.at), "ledger": notice.ledger, "host": notice.host, "cases": cases}


def _say_left(left: Left, lang: str, quiet: bool) -> None:
    if left.elsewhere and not quiet:
        typer.echo(filled(TEXTS[lang]["elsewhere"], n=left.elsewhere), err=True)
    if left.let_go:
        typer.echo(filled(TEXTS[lang]["let_go"], n=left.let_go, days=DAYS), err=True)
