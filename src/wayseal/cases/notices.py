"""Notices of new cases: to 钉钉, 飞书, 企业微信, mail or a webhook, by the addresses of Apprise.

1. A notice names no account and no waybill: ids of cases, scores, how many accounts. Who may know more looks it up.
2. An address holds a secret, so none stands in an error, a log or the list of processes where it can be avoided: it may
   come from a file or the environment, and is told by its place in the list and its service.
3. What could not be sent waits in the outbox for the next run. Whatever fails with one address, the others are tried.
4. An address that Apprise can't read is refused before the work begins.
5. Each address gets its notices in their order: where one fails after `PAUSES`, those behind it wait as well.
6. A webhook (`json`, `jsons`) gets as JSON all that a notice says, and its id, by which a receiver knows it again.
7. Told of are cases that are worth acting on, once they are. Before cases are registered it is written down for whom,
   up to which case there are any, and which of these are worth it not yet: what a crash leaves untold is found in the
   casebook by the next run.
8. A notice waits for every address that was given when its cases were new. Whatever address is given later gets what
   still waits, too: a secret may have been changed meanwhile. What waits only for addresses that are given no more is
   let go after `DAYS`.
9. That a notice went out is durable before the next one goes. A crash between the two sends it again, under its id.
10. No address stands here: each is known by a salted hash that is slow to make, as an address may hold a weak password.
"""

import hashlib
import json
import logging
import os
import re
import socket
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from wayseal.cases import Cases, open_cases
from wayseal.cases.views import Noticeable
from wayseal.journal.files import LockedJournal, lock_journal
from wayseal.model import WaysealError
from wayseal.model.messages import N_, filled
from wayseal.model.schema import CLOSED, parse_json, plain
from wayseal.model.times import iso
from wayseal.page.languages import ByLanguage
from wayseal.page.numbers import expected, percent

if TYPE_CHECKING:
    from apprise import Apprise

FILE = "notices.json"
"""In the casebook's folder."""
DAYS = 30
_FOLDER_MODE = 0o700
_DAY = 86_400_000_000
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


class OutboxError(WaysealError):
    """An outbox that isn't what was written."""

    exit_code: ClassVar[int] = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticedCase:
    """A case that is told of. alerted_at: microseconds since 1970."""

    __pydantic_config__: ClassVar = CLOSED
    id: str
    score: float
    expected_loss: float
    accounts: int
    alerted_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """New cases of one run. at: microseconds since 1970; to: addresses it waits for; had: those that have it."""

    __pydantic_config__: ClassVar = CLOSED
    id: str
    at: int
    ledger: str
    host: str
    cases: tuple[NoticedCase, ...]
    to: tuple[str, ...]
    had: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """The content of the file. after, below, to: rule 7; after None: no cases are being registered."""

    __pydantic_config__: ClassVar = CLOSED
    wayseal: Literal[2]
    salt: str
    after: int | None = None
    below: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    waiting: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Counts of notices that go on waiting for addresses that weren't given, and of those that were let go (rule 8)."""

    elsewhere: int
    let_go: int


class Outbox:
    """An outbox that is held for writing. What a method did is durable when it returns."""

    def __init__(self, held: LockedJournal, content: _Content) -> None:
        self._held = held
        self._content = content

    @property
    def expects(self) -> bool:
        """True if cases were to be registered of which nothing was made yet (rule 7)."""
        return self._content.after is not None

    def expect(self, cases: Cases, to: Sequence[str]) -> None:
        """Cases that the casebook doesn't have yet as worth acting on are to be told of (rule 7)."""
        after, below, names = self._content.after, self._content.below, tuple(map(self._name, to))
        if after is None:
            after, below = cases.last_case(), cases.never_worth()
        told = tuple(dict.fromkeys([*self._content.to, *names]))
        self._keep(replace(self._content, after=after, below=below, to=told))

    def collect(self, book: Cases, *, ledger: str, host: str, at: int) -> None:
        """Makes a notice of the cases that were expected."""
        after = self._content.after
        if after is None:
            return
        cases = [_noticed(case) for case in book.once_worth(after, self._content.below)]
        made = Notice(id=os.urandom(16).hex(), at=at, ledger=ledger, host=host, cases=tuple(cases), to=self._content.to)
        waiting = (*self._content.waiting, *([made] if cases else ()))
        self._keep(replace(self._content, after=None, below=(), to=(), waiting=waiting))

    def waiting_for(self, address: str) -> list[Notice]:
        """The notices that an address has not had, in their order."""
        return [notice for notice in self._content.waiting if self._name(address) not in notice.had]

    def sent(self, notice: Notice, address: str) -> None:
        """Writes down that an address has a notice (rule 9)."""
        name = self._name(address)
        waiting = [
            replace(one, had=(*one.had, name), to=tuple(to for to in one.to if to != name))
            if one.id == notice.id
            else one
            for one in self._content.waiting
        ]
        self._keep(replace(self._content, waiting=tuple(waiting)))

    def settle(self, to: Sequence[str], *, at: int) -> Left:
        """Lets go of what everybody has (rule 8). to: the addresses that were given."""
        given = set(map(self._name, to))
        kept, elsewhere, let_go = [], 0, 0
        for notice in self._content.waiting:
            if given <= {*notice.had}:
                if not notice.to:
                    continue
                if notice.at < at - DAYS * _DAY:
                    let_go += 1
                    continue
            elsewhere += bool({*notice.to} - given)
            kept.append(notice)
        if len(kept) < len(self._content.waiting):
            self._keep(replace(self._content, waiting=tuple(kept)))
        return Left(elsewhere=elsewhere, let_go=let_go)

    def _name(self, address: str) -> str:
        return name_of(address, self._content.salt)

    def _keep(self, content: _Content) -> None:
        self._held.replace(json.dumps(plain(content), ensure_ascii=False).encode() + b"\n")
        self._content = content


@contextmanager
def open_outbox(folder: Path) -> Iterator[Outbox]:
    """The outbox of a casebook's folder, which is made where there is none.

    OutboxError: it is damaged; JournalBusyError: another process has it; OSError.
    """
    folder.mkdir(_FOLDER_MODE, exist_ok=True)
    path = folder / FILE
    with lock_journal(path, new=True) as held:
        yield Outbox(held, _read(held.content, path))


def count_waiting(folder: Path) -> int:
    """How many notices of a casebook's folder wait for somebody. OutboxError; OSError."""
    try:
        content = (folder / FILE).read_bytes()
    except FileNotFoundError:
        return 0
    return sum(bool(one.to) for one in _read(content, folder / FILE).waiting)


def _read(content: bytes, path: Path) -> _Content:
    if not content:
        return _Content(wayseal=2, salt=os.urandom(16).hex())
    try:
        return parse_json(content, _Content)
    except ValueError as wrong:
        raise OutboxError(
            "the notices that wait can't be read; move the file away, and look through `wayseal case list --state new`",
            file=path,
            key=str(wrong) or None,
        ) from None


def _noticed(case: Noticeable) -> NoticedCase:
    loss = round(case.score * case.parcels_a_day, 3)
    told = {"score": round(case.score, 6), "expected_loss": loss}
    return NoticedCase(id=case.id, accounts=case.accounts, alerted_at=case.alerted_at, **told)


@cache
def name_of(address: str, salt: str) -> str:
    """Rule 10."""
    return hashlib.scrypt(
        address.encode("utf-8", "surrogateescape"), salt=salt.encode(), n=1 << 14, r=8, p=1, dklen=16
    ).hex()


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


CHATS = frozenset({"dingtalk", "feishu", "lark", "wecombot", "slack"})
"""Services that people may choose by themselves: each has hosts of its own, so that nobody points us elsewhere."""
_WEBHOOKS = frozenset({"json", "mmost"})
_ROBOTS = (
    (re.compile(r"https://oapi\.dingtalk\.com/robot/send\?access_token=([0-9A-Za-z]+)"), "dingtalk"),
    (re.compile(r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([0-9A-Za-z-]+)/?"), "feishu"),
)
"""Links as these services show them, where Apprise takes none."""
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")


def own_address(typed: str, hosts: Sequence[str], *, mail: bool) -> str | None:
    """Return what somebody typed as an address that notices of theirs may go to; None: they may not.

    Args:
        typed: A mail address, the link of a group's robot, or an address of Apprise.
        hosts: Those to which webhooks may go, with a port where it isn't the usual one.
        mail: There is a server for mails.
    """
    if _MAIL.fullmatch(typed):
        return typed if mail else None
    for link, service in _ROBOTS:
        if (found := link.fullmatch(typed)) is not None:
            typed = f"{service}://{found[1]}"
    plugins = list(_sender(typed) or ())
    if len(plugins) != 1:
        return None
    service = str(plugins[0].secure_protocol)
    host = f"{plugins[0].host}:{plugins[0].port}" if plugins[0].port else str(plugins[0].host)
    free = service in CHATS or (service.removesuffix("s") in _WEBHOOKS and host in hosts)
    if not free:
        return None
    return str(plugins[0].url()) if typed.startswith("https:") else typed  # type: ignore[no-untyped-call]


def send_text(address: str, mail: str | None, title: str, body: str, seconds: float) -> bool:
    """Send a text once, and tell whether it went out.

    Args:
        address: As `own_address` gave it.
        mail: Apprise's address of the server for mails.
        title: Of it.
        body: The text.
        seconds: So long the other side may take.
    """
    if _MAIL.fullmatch(address):
        if mail is None:
            return False
        address = f"{mail}{'&' if '?' in mail else '?'}to={address}"
    sender = _sender(address)
    for plugin in sender or ():
        # Whatever the address says of it: nobody holds us up, and what failed isn't told as sent.
        plugin.socket_connect_timeout = plugin.socket_read_timeout = seconds
        plugin.retry, plugin.wait, plugin.optional = 0, 0.0, False
    return bool(sender and sender.notify(body=body, title=title))
