"""What remains of reports that were acknowledged when the portal is killed again and again while reports come in.

    python -m benchmarks run portal_kills --work FOLDER [--kills 100] [--at-once 4] [--seconds 1.5] [--kilobytes 700]

Several portals run at once, each with four reporters who send a report with a file, one after the other, and a console
that fetches what came. Each is killed (SIGKILL) at a moment by chance, and started again on the same files. After each
kill a word that stands in every text, file and name of a file is looked for in the portal's folder, in its folder for
temporary files and in its log. At the end all is fetched and opened with the team's private keys: of what was
acknowledged text and file are there, by SHA-256, under the receipt that was shown; of all else nothing is, or all.

Ends with 1 where anything was lost, torn or found.
"""

import hashlib
import mmap
import random
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.portal._service import FORM, WAIT, Portal, body_of, held, receipt_of
from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.errors import SealedError
from wayseal.cases.hotline.keyring import PRIVATE, load_private_keys
from wayseal.cases.hotline.letters import PrivateKeys, Sender
from wayseal.cases.hotline.receipts import Receipt, derive
from wayseal.cases.hotline.sealing import open_chunks, open_letter, open_secret
from wayseal.console.hotline_client import ExchangeError, HotlineClient
from wayseal.database import Database, open_database
from wayseal.database.migrations import upgrade
from wayseal.portal import PortalSettings
from wayseal.portal.serve import open_portal

WORD = secrets.token_hex(16)
_REPORTERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How often, and how much."""

    work: Path = option(text="an empty folder")
    kills: int = option(100)
    at_once: int = option(4, "so many portals, which share the kills")
    seconds: float = option(1.5, "so long reports come at most before each")
    kilobytes: int = option(700, "of each file")
    seed: int = option(1)


@dataclass(slots=True)
class Book:
    """What came of one portal. shown: receipts by text; digests: of files, by text; torn, lost: texts; clear: files."""

    sent: int = 0
    shown: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    torn: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
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
    shares = [options.kills // options.at_once + (n < options.kills % options.at_once) for n in range(options.at_once)]
    with ThreadPoolExecutor(options.at_once) as pool:
        books = list(pool.map(lambda n: _run(options, n, shares[n]), range(options.at_once)))
    told = [sum(len(getattr(one, name)) for one in books) for name in ("shown", "lost", "torn", "clear")]
    sent = sum(one.sent for one in books)
    yield Table(
        ("what", "kills", "sent", "acknowledged", "lost", "torn", "in clear"),
        [("reports", f"{options.kills}", f"{sent:,}", *(f"{n:,}" for n in told))],
    )
    if sum(told[1:]) or not told[0]:
        raise UnsoundError("; ".join(str((one.lost, one.torn, one.clear)) for one in books))


def _run(options: Options, number: int, kills: int) -> Book:
    book, chance, over = Book(), random.Random(f"{options.seed}-{number}"), threading.Event()
    with ExitStack() as last:
        portal = last.enter_context(closing(Portal(options.work / f"{number}", reports_an_hour=1_000_000)))
        database = last.enter_context(open_database(f"sqlite:///{portal.folder.parent}/console.sqlite"))
        upgrade(database, mailbox.MAILBOX)
        client = last.enter_context(closing(HotlineClient(portal.exchange, portal.token, database)))
        portal.start()
        with ThreadPoolExecutor(_REPORTERS + 1) as pool:
            running = [pool.submit(_report, options, portal, book, f"{number}-{n}", over) for n in range(_REPORTERS)]
            running.append(pool.submit(_fetch, client, over))
            for _ in range(kills):
                time.sleep(WAIT + chance.uniform(0.2, options.seconds))
                portal.kill()
                book.clear += [str(one) for one in _files(portal) if _has_word(one)]
                portal.start()
            over.set()
            for one in running:
                one.result()
        while client.pull():
            pass
        portal.kill()
        _look(portal, database, book)
    return book


def _report(options: Options, portal: Portal, book: Book, name: str, over: threading.Event) -> None:
    """Sends one report after the other, each with a form of the process that runs."""
    count = 0
    while not over.is_set():
        with suppress(httpx.TransportError, ValueError), httpx.Client(base_url=portal.address, timeout=30) as browser:
            forms = [held(browser.get("/report?type=sale").text) for _ in range(6)]
            time.sleep(WAIT)
            for form in forms:
                count, book.sent = count + 1, book.sent + 1
                text = f"{WORD} {name} {count}"
                file = b"\x80" + f"{text} ".encode() * (1000 * options.kilobytes // len(text))
                book.digests[text] = hashlib.sha256(file).hexdigest()
                body = body_of(form | {"text": text}, file, f"{WORD}.jpg")
                receipt = receipt_of(browser.post("/report", content=body, headers=FORM).text)
                if receipt:
                    book.shown[text] = receipt
                if not receipt or over.is_set():
                    break  # forms of another process are none
        time.sleep(0.05)


def _fetch(client: HotlineClient, over: threading.Event) -> None:
    while not over.wait(0.3):
        with suppress(ExchangeError):
            client.pull()


def _files(portal: Portal) -> list[Path]:
    folders = (portal.folder, portal.temp)
    return [portal.log, *(one for folder in folders for one in folder.rglob("*") if one.is_file())]


def _has_word(path: Path) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(WORD.encode()) >= 0


def _look(portal: Portal, console: Database, book: Book) -> None:
    """Opens all that was fetched, and looks for what was acknowledged."""
    keys, found = load_private_keys(portal.team / PRIVATE), dict[str, bytes]()
    for box, letters in console.read(mailbox.all_boxes):
        text, digest = _open(console, box.box, keys) if len(letters) == 1 else ("", "")
        if text in found or book.digests.get(text) != digest:
            book.torn.append(box.box.hex())
        found[text] = box.box
    with open_portal(PortalSettings(folder=portal.folder)) as own, ThreadPoolExecutor(2) as pool:
        site, cost, database = own.intake.site, own.intake.cost, own.intake.database
        derived = pool.map(lambda one: derive(Receipt(one), site, cost), book.shown.values())
        for text, one in zip(book.shown, derived, strict=True):
            its = database.read(mailbox.find_box, one.lookup)
            if its is None or found.get(text) != its.box:
                book.lost.append(text)


def _open(console: Database, box: bytes, keys: PrivateKeys) -> tuple[str, str]:
    """A report's text, and the digest of its file; empty: it isn't whole."""
    stored = console.read(mailbox.find_letter, box, Sender.REPORTER, 1)
    files = {one.file.hex(): one for one in console.read(mailbox.files_of, box)}
    try:
        assert stored is not None
        letter = open_letter(stored, keys)
        (file,) = letter.files
        numbers = range(1, files[file.file].chunks + 1)
        chunks = (console.read(mailbox.find_chunk, bytes.fromhex(file.file), n) or b"" for n in numbers)
        content = b"".join(open_chunks(chunks, open_secret(stored, keys), file))
    except (SealedError, ValueError, KeyError):
        return "", ""
    return letter.text, hashlib.sha256(content).hexdigest()
