"""Sending what waits in an outbox."""

import logging
import socket
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wayseal.cases._cases import Cases, open_cases
from wayseal.cases.notices._outbox import FILE, Left, Notice, Outbox, open_outbox
from wayseal.model.messages import N_, filled
from wayseal.model.times import iso
from wayseal.page.languages import ByLanguage
from wayseal.page.numbers import expected, percent

if TYPE_CHECKING:
    from apprise import Apprise

PAUSES = (1.0, 2.0, 4.0)
"""Seconds after which what could not be sent is tried again."""
_JSON = "jsons"
"""Apprise's word for webhooks that take JSON."""
_TEXTS = ByLanguage(
    {
        "title": N_("Wayseal: {n} new {n:case|cases} in {ledger} ({host})"),
        "line": N_("{id}: {score}, {n} {n:account|accounts}"),
        "line_loss": N_("{id}: about {loss} parcels a day expected to be lost, {score}, {n} {n:account|accounts}"),
        "more": N_("See them with `wayseal detect` or `wayseal case list`."),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The outcome of sending notices.

    Attributes:
        sent: How many each address got, in the order of the addresses.
        failed: Places, from 1, of addresses that did not get all.
        left: What goes on waiting for others.
    """

    sent: tuple[int, ...]
    failed: tuple[int, ...]
    left: Left


def read_address_file(path: Path) -> list[str]:
    """Addresses in a file, one a line, # for remarks. UnicodeDecodeError: it isn't text in UTF-8; OSError."""
    lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def find_unknown(addresses: Sequence[str]) -> int | None:
    """The place, from 1, of the first address that can't be read (rule 4); None: there is none."""
    return next((number for number, address in enumerate(addresses, 1) if _sender(address) is None), None)


def service_of(address: str) -> str:
    """Return the service of an address, such as dingtalk: all of it that is no secret (rule 2)."""
    return address.partition("://")[0].lower()[:20]


@contextmanager
def noticing(ledger: Path, folder: Path, to: Sequence[str], now: Callable[[], int]) -> Iterator[None]:
    """Whatever cases are registered within are to be told of, whatever happens to this process meanwhile.

    Args:
        ledger: What they are found in.
        folder: Of the casebook.
        to: Addresses; none: nobody is told.
        now: Microseconds after 1970.
    """
    if not to:
        yield
        return
    with open_outbox(folder) as outbox, open_cases(folder) as cases:
        outbox.expect(cases, to)
        yield
        _collect(outbox, ledger, cases, now())


def send_waiting(ledger: Path, folder: Path, to: Sequence[str], lang: str, now: Callable[[], int]) -> Sent:
    """Sends what waits to each address (rules 3 and 5).

    Args:
        ledger: What cases were found in.
        folder: Of the casebook.
        to: Addresses.
        lang: Of the notices.
        now: Microseconds after 1970.

    Returns:
        What became of them.

    Raises:
        OutboxError: The outbox is damaged.
        JournalBusyError: Another process has it.
    """
    if not to or not (folder / FILE).exists():
        return Sent(sent=(0,) * len(to), failed=(), left=Left(elsewhere=0, let_go=0))
    with open_outbox(folder) as outbox:
        if outbox.expects:
            with open_cases(folder) as cases:
                _collect(outbox, ledger, cases, now())
        done = [_send_all(outbox, address, lang, time.sleep) for address in to]
        left = outbox.settle(to, at=now())
    failed = tuple(number for number, (_, whole) in enumerate(done, 1) if not whole)
    return Sent(sent=tuple(sent for sent, _ in done), failed=failed, left=left)


def _sender(address: str) -> "Apprise | None":
    """Make a sender for an address; None if it is none. Its log is kept to itself: addresses stand in it (rule 2)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of modules that Apprise loads
        from apprise import Apprise

        log = logging.getLogger("apprise")
        log.addHandler(logging.NullHandler())
        log.propagate = False
        made = Apprise()
        return made if made.add(address) else None


def _collect(outbox: Outbox, ledger: Path, cases: Cases, at: int) -> None:
    outbox.collect(cases, ledger=ledger.resolve().name, host=socket.gethostname(), at=at)


def _send_all(outbox: Outbox, address: str, lang: str, pause: Callable[[float], None]) -> tuple[int, bool]:
    """Sends an address what it has not had, in its order; how much went out, and whether that is all of it."""
    sent = 0
    for notice in outbox.waiting_for(address):
        sender = _sender(address)  # one each: a webhook's holds what its notice says
        if sender is None or not _send(sender, notice, lang, pause):
            return sent, False
        outbox.sent(notice, address)
        sent += 1
    return sent, True


def _send(sender: "Apprise", notice: Notice, lang: str, pause: Callable[[float], None]) -> bool:
    words = _TEXTS[lang]
    lines = []
    for case in notice.cases:
        told = {"id": case.id, "score": percent(case.score), "n": case.accounts, "loss": expected(case.expected_loss)}
        lines.append(filled(words["line_loss" if case.expected_loss else "line"], **told))
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
            "expected_loss": case.expected_loss,
            "accounts": case.accounts,
            "alerted_at": iso(case.alerted_at),
        }
        for case in notice.cases
    ]
    return {"notice": notice.id, "at": iso(notice.at), "ledger": notice.ledger, "host": notice.host, "cases": cases}
