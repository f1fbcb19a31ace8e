"""What remains of reports that were acknowledged when the portal is killed again and again while reports come in.

    python -m benchmarks run portal_kills --work FOLDER [--kills 100] [--at-once 4] [--seconds 1.5]

Several portals run at once, each with four reporters who send a report with a file, one after the other, and a console
that fetches what came. Each is killed (SIGKILL) at a moment by chance, and started again on the same files. After each
kill a word that stands in every text, file and name of a file is looked for in the portal's folder, in its folder for
temporary files and in its log. At the end all is fetched and opened with the team's private keys: of what was
acknowledged text and file are there, by SHA-256, under the receipt that was shown; of all else nothing is, or all.

Ends with 1 where anything was lost, torn or found.
"""

import hashlib
import random
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from benchmarks.portal._service import FORM, TYPED, WAIT, Portal, body_of, held, receipt_of
from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.desk import Hotline
from wayseal.cases.hotline.keyring import PRIVATE, load_private_keys
from wayseal.cases.hotline.receipts import Receipt, derive
from wayseal.console.hotline_client import ExchangeError, HotlineClient
from wayseal.database import Database, open_database
from wayseal.database.migrations import upgrade
from wayseal.model.errors import WaysealError
from wayseal.portal import PortalSettings
from wayseal.portal.serve import open_portal

WORD = secrets.token_hex(16).encode()
_REPORTERS, _REPEATED = 4, 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How often, and how much."""

    work: Path = option(text="an empty folder")
    kills: int = option(100)
    at_once: int = option(4, "so many portals, which share the kills")
    seconds: float = option(1.5, "so long reports come at most before each")
    seed: int = option(1)


@dataclass(slots=True)
class Book:
    """What came of one portal. sent: digests of files, by text; shown: receipts, by text; clear: names of files."""

    sent: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    clear: list[str] = field(default_factory=list)


@benchmark(
    minutes=3,
    kept=[
        Kept("reports with a file, acknowledged under kills", "reports", "acknowledged"),
        Kept("reports lost after kills", "reports", "lost", most=0),
        Kept("reports torn after kills", "reports", "torn", most=0),
        Kept("files with clear text after kills", "reports", "in clear", most=0),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Kill, and look."""
    with ThreadPoolExecutor(options.at_once) as pool:
        books = list(pool.map(partial(_run, options), range(options.at_once)))
    told = [sum(len(getattr(one, name)) for one in books) for name in Book.__slots__]
    kills = options.kills // options.at_once * options.at_once
    head = ("what", "kills", "sent", "acknowledged", "lost", "torn", "in clear")
    yield Table(head, [("reports", *(f"{n:,}" for n in (kills, *told)))])
    if sum(told[2:]) or not told[1]:
        raise UnsoundError("; ".join(str((one.lost, one.torn, one.clear)) for one in books))


def _run(options: Options, number: int) -> Book:
    book, chance, over = Book(), random.Random(f"{options.seed}-{number}"), threading.Event()
    with ExitStack() as last:
        portal = last.enter_context(closing(Portal(options.work / f"{number}", reports_an_hour=1_000_000)))
        database = last.enter_context(open_database(f"sqlite:///{portal.folder.parent}/console.sqlite"))
        upgrade(database, mailbox.MAILBOX)
        client = last.enter_context(closing(HotlineClient(portal.exchange, portal.token, database)))
        portal.start("/how")
        with ThreadPoolExecutor(_REPORTERS + 1) as pool:
            running = [pool.submit(_report, portal, book, f"{number}-{n}", over) for n in range(_REPORTERS)]
            running.append(pool.submit(_fetch, client, over))
            for _ in range(options.kills // options.at_once):
                time.sleep(WAIT + chance.uniform(0.2, options.seconds))
                portal.kill()
                files = [portal.log, *portal.folder.rglob("*"), *portal.temp.rglob("*")]
                book.clear += [one.name for one in files if one.is_file() and WORD in one.read_bytes()]
                portal.start("/how")
            over.set()
            for one in running:
                one.result()
        book.torn += [box.hex() for box, _ in client.pull()]
        portal.kill()
        _look(portal, database, book)
    return book


def _report(portal: Portal, book: Book, name: str, over: threading.Event) -> None:
    """Sends one report after the other, each with a form of the process that runs."""
    while not over.wait(0.05):
        with suppress(httpx.TransportError, ValueError), httpx.Client(base_url=portal.address, timeout=30) as browser:
            forms = [held(browser.get(TYPED).text) for _ in range(6)]
            time.sleep(WAIT)
            for form in forms:
                text = f"{WORD.decode()} {name} {time.time_ns()}"
                file = b"\x80" + f"{text} ".encode() * _REPEATED
                book.sent[text] = hashlib.sha256(file).hexdigest()
                body = body_of(form | {"text": text}, file, f"{WORD.decode()}.jpg")
                if not (receipt := receipt_of(browser.post("/report", content=body, headers=FORM).text)):
                    break  # the form is one of the process before
                book.shown[text] = receipt


def _fetch(client: HotlineClient, over: threading.Event) -> None:
    while not over.wait(0.3):
        with suppress(ExchangeError):
            client.pull()


def _look(portal: Portal, console: Database, book: Book) -> None:
    """Opens all that was fetched, and looks for what was acknowledged."""
    with open_portal(PortalSettings(folder=portal.folder)) as own, ThreadPoolExecutor(2) as pool:
        intake, keys, found = own.intake, load_private_keys(portal.team / PRIVATE), dict[str, bytes]()
        desk = Hotline(portal.team, console, intake.team, keys, str)
        for report in desk.reports():
            text, digest = _read(desk, report.id)
            if text in found or book.sent.get(text) != digest:
                book.torn.append(report.id)
            found[text] = report.box.box
        derived = pool.map(lambda one: derive(Receipt(one), intake.site, intake.cost), book.shown.values())
        for text, one in zip(book.shown, derived, strict=True):
            box = intake.database.read(mailbox.find_box, one.lookup)
            if box is None or found.get(text) != box.box:
                book.lost.append(text)


def _read(desk: Hotline, id_: str) -> tuple[str, str]:
    """A report's text, and the digest of its file; empty: it isn't whole."""
    try:
        _, (read,) = desk.read(id_, "officer")
        (file,) = read.letter.files if read.letter else ()
        content = b"".join(desk.take_file(id_, bytes.fromhex(file.file), "officer", apart=True)[1])
    except (WaysealError, ValueError):
        return "", ""
    return read.letter.text if read.letter else "", hashlib.sha256(content).hexdigest()
