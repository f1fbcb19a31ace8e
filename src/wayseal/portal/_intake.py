"""From a form to sealed rows: what somebody typed and sent is in memory in the clear, and nowhere else.

1. Of a file no more than a few chunks are held. It is cleaned and sealed as it comes, and its name is dropped: a
   camera's tells the minute.
2. A letter is whole or not there (`mailbox`): whatever ends the reading drops the chunks. Those that can't be dropped
   now, as on a full disk, are dropped later (`sweep`).
3. What can't be taken never costs what can: a file that is too large is named, and the text comes in.
4. Of a body that is too long as much is read as brings its fields back; the rest is passed over.
5. A body comes at 1 kB a second at least, after a minute, and none for `service.multipart`'s silence; where others wait
   for its place, at 64 kB a second, after ten.
"""

import asyncio
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.types import Message as AsgiMessage

from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.forms import Entered
from wayseal.cases.hotline.letters import (
    Letter,
    LetterFile,
    LetterKind,
    PublicKeys,
    SealedLetter,
    Sender,
    new_nonce,
    spell_letter,
)
from wayseal.cases.hotline.mailbox import Box, StoredFile
from wayseal.cases.hotline.receipts import Derived, Receipt, SiteSecret, derive, new_receipt
from wayseal.cases.hotline.sealing import FileSealer, seal_letter
from wayseal.cases.hotline.transit import TypedIn
from wayseal.database import Connection, Database, DatabaseError
from wayseal.model.messages import N_, Message
from wayseal.portal._clean import Cleaner
from wayseal.portal.errors import FormError
from wayseal.portal.settings import PortalSettings
from wayseal.service.argon2 import Cost
from wayseal.service.multipart import read_parts

ROOM = 1_500_000
"""Bytes of all fields: what is too long for a letter comes back, up to here."""
MOST_LETTERS = 500
"""Letters in a box, beyond which it takes no message."""
_CHUNKS = 4
"""Chunks that are stored at once."""
_DRAINED, _DRAIN_SECONDS = 10 << 20, 30.0
_GRACE, _PACE = {False: 60.0, True: 10.0}, {False: 1024, True: 65_536}
_ANY = 1 << 62
_BEHIND = 2 << 20
"""Bytes that are read of a body which is too long, so that its fields come back."""
TOO_LARGE = N_("larger than {most} MB")
TOO_MANY = N_("more than {most} files at once")
NO_ROOM = N_("there is no room for files here just now")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Missed:
    """A file that wasn't taken, and why."""

    name: str
    why: Message


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sent:
    """What came. wrong: why it wasn't read to its end; then no file is left of it."""

    fields: Mapping[str, str]
    files: tuple["TakenFile", ...] = ()
    missed: tuple[Missed, ...] = ()
    secret: bytes = b""
    wrong: FormError | None = None

    @property
    def names(self) -> list[str]:
        """What the files were called."""
        return [*(one.name for one in self.files), *(one.name for one in self.missed)]

    def drop(self) -> None:
        """Drops its files."""
        for one in self.files:
            one.drop()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Filed:
    """A report that is stored, for the page that says so."""

    receipt: Receipt
    derived: Derived
    box: bytes
    letter: Letter


class Faults:
    """What broke, counted by its kind and place: a line as it happens would tell the time of a visit."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def note(self, error: str, place: str = "") -> None:
        """One more."""
        with self._lock:
            self._counts[error, place] = self._counts.get((error, place), 0) + 1

    def take(self) -> Mapping[tuple[str, str], int]:
        """Those since the last call."""
        with self._lock:
            counts, self._counts = self._counts, {}
        return counts


class TakenFile:
    """A file as it comes: cleaned, sealed and stored by chunks (rules 1 and 2). What `service.multipart` writes to."""

    def __init__(self, intake: "Intake", secret: bytes, name: str) -> None:
        self._intake, self.name = intake, name
        self.file = secrets.token_bytes(16)
        self._sealer, self._cleaner = FileSealer(secret, self.file), Cleaner()
        self._waiting: list[bytes] = []
        self._size = self.chunks = 0
        self.too_large = False

    def write(self, part: memoryview) -> None:
        """Takes some more of it."""
        self._size += len(part)
        if not self.too_large and self._size > self._intake.most_of_file:
            self.too_large = True
            self.drop()
        if not self.too_large:
            self._add(self._sealer.write(self._cleaner.feed(part)))

    def done(self) -> "TakenFile":
        """It is whole."""
        if not self.too_large:
            self._add(self._sealer.write(self._cleaner.end()))
            self._add(self._sealer.finish())
            self._store()
        return self

    def drop(self) -> None:
        """It goes."""
        self._waiting.clear()
        self._intake.drop(self.file)

    def described(self) -> LetterFile:
        """What the letter says of it."""
        return self._sealer.described(self._cleaner.kind, cleaned=self._cleaner.cleaned)

    def _add(self, sealed: Iterable[bytes]) -> None:
        for one in sealed:
            self._waiting.append(one)
            if len(self._waiting) >= _CHUNKS:
                self._store()

    def _store(self) -> None:
        self._intake.database.write(_add_chunks, self.file, self.chunks, self._waiting)
        self.chunks += len(self._waiting)
        self._waiting.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes letters in. today: the site's day; now: a clock that only goes on."""

    settings: PortalSettings
    database: Database
    team: PublicKeys
    site: SiteSecret = field(repr=False)
    faults: Faults
    today: Callable[[], date]
    cost: Cost
    now: Callable[[], float] = time.monotonic
    lane: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    """In which reports cost their Argon2id, one at a time."""
    _left: set[bytes] = field(default_factory=set)

    @property
    def most_of_file(self) -> int:
        """Bytes."""
        return self.settings.file_megabytes << 20

    def takes_files(self) -> bool:
        """Whether there is room for files."""
        return self.database.size() < self.settings.most_gigabytes << 30

    def takes_letters(self) -> bool:
        """Whether there is room for anything."""
        return 10 * self.database.size() < 11 * (self.settings.most_gigabytes << 30)

    async def read(
        self,
        request: Request,
        may: Callable[[Mapping[str, str]], bool],
        *,
        files: bool = True,
        crowded: Callable[[], bool] = lambda: False,
    ) -> Sent:
        """Reads a form.

        may: whether files are taken behind these fields; files: whether this form has any; crowded: whether others wait
        for its place (rule 5).

        What was read is in the answer, whatever ended the reading, and the rest of the body is passed over, so that the
        browser shows the page.
        """
        seen: Mapping[str, str] = {}
        secret, opened, why = secrets.token_bytes(32), 0, Message("")

        def opens(_: str, name: str, fields: Mapping[str, str]) -> TakenFile | None:
            nonlocal seen, opened, why
            seen = fields
            if not may(fields):
                return None
            most = self.settings.letter_files
            why = Message(TOO_MANY, {"most": most}) if opened >= most else Message(NO_ROOM)
            if opened >= most or not self.takes_files():
                return None
            opened += 1
            return TakenFile(self, secret, name)

        most = ROOM + 65_536 + (self.most_of_file * self.settings.letter_files if files else 0)
        length = request.headers.get("content-length", "")
        over = length.isdigit() and len(length) < 20 and int(length) > most
        body = _Body(request, self.now, ROOM + _BEHIND if over else most, crowded)
        try:
            paced = Request(request.scope, body.receive)
            parts = await read_parts(paced, most=_ANY, room=ROOM, opens=opens, error=FormError)
        except (FormError, DatabaseError) as error:
            await body.drain()
            if isinstance(error, DatabaseError):
                self.faults.note(type(error).__name__, "intake")
                error = FormError("this can't be stored just now; nothing of it was kept")
            return Sent(fields=seen, wrong=error)
        large = Message(TOO_LARGE, {"most": self.settings.file_megabytes})
        missed = [Missed(name=one.name, why=large) for one in parts.files if one.too_large]
        missed += [Missed(name=name, why=why) for _, name in parts.unread]
        return Sent(
            fields=parts.fields,
            files=tuple(one for one in parts.files if not one.too_large),
            missed=tuple(missed),
            secret=secret,
        )

    def file_report(self, receipt: Receipt, entered: Entered, sent: Sent) -> Filed:
        """Stores a report; it is there when this returns. DatabaseError: nothing is."""
        return self._file_report(receipt, self._letter(LetterKind.REPORT, entered, sent), entered.identity, sent)

    def receipt_for(self, form: bytes) -> Receipt:
        """The receipt of what comes by a form. form: random, and in it alone: pressed again, it gives the same one."""
        number = int.from_bytes(hmac.digest(self.site.pepper, form, "sha256"))
        return new_receipt(lambda below: number % below)

    async def type_in(self, typed: TypedIn) -> Receipt:
        """Stores a report that staff typed in, as `file_report` does; the same one again has the same receipt."""
        said = f"typed {typed.once} {typed.identity}\0".encode() + spell_letter(typed.letter)
        receipt, nothing = self.receipt_for(said), Sent(fields={})
        await run_sync(self._file_report, receipt, typed.letter, typed.identity, nothing, True, limiter=self.lane)
        return receipt

    def _file_report(self, receipt: Receipt, letter: Letter, identity: str, sent: Sent, again: bool = False) -> Filed:
        derived, box = derive(receipt, self.site, self.cost), secrets.token_bytes(16)
        sealed = self._seal(letter, derived.public, box, 1, identity, sent)
        row = Box(box=box, public=derived.public, day=letter.day, lookup=derived.lookup)

        def work(c: Connection) -> None:
            if again and mailbox.find_box(c, derived.lookup):
                return
            mailbox.add_box(c, row, sealed, _stored(sent, box, 1))
            mailbox.count(c, letter.day, "report")

        self._write(work, sent)
        return Filed(receipt=receipt, derived=derived, box=box, letter=letter)

    def file_message(self, box: bytes, entered: Entered, sent: Sent) -> bool:
        """Stores a message; False: the box takes none any more. DatabaseError: nothing is stored."""
        letter = self._letter(LetterKind.MESSAGE, entered, sent)

        def work(c: Connection) -> bool:
            there, place = mailbox.box_of(c, box), mailbox.next_place(c, box)
            if there is None or there.gone or place > MOST_LETTERS:
                return False
            sealed = self._seal(letter, there.public, box, place, "", sent)
            mailbox.add_letter(c, sealed, _stored(sent, box, place))
            mailbox.count(c, letter.day, "message")
            return True

        return self._write(work, sent)

    def drop(self, file: bytes) -> None:
        """Drops a file (rule 2)."""
        try:
            self.database.write(mailbox.drop_file, file)
            self._left.discard(file)
        except DatabaseError as error:
            self._left.add(file)
            self.faults.note(type(error).__name__, "drop")

    def sweep(self) -> None:
        """Drops what couldn't be dropped before."""
        for file in tuple(self._left):
            self.drop(file)

    def _letter(self, kind: LetterKind, entered: Entered, sent: Sent) -> Letter:
        return Letter(
            kind=kind,
            day=self.today(),
            type=entered.type,
            text=entered.text,
            fields=entered.fields,
            files=tuple(one.described() for one in sent.files),
            identity=bool(entered.identity),
            nonce=new_nonce(),
        )

    def _seal(self, letter: Letter, reader: bytes, box: bytes, place: int, identity: str, sent: Sent) -> SealedLetter:
        return seal_letter(
            letter,
            self.team,
            reader,
            box=box,
            sender=Sender.REPORTER,
            place=place,
            secret=sent.secret if sent.files else b"",
            identity=identity,
        )

    def _write(self, work: Callable[[Connection], T], sent: Sent) -> T:
        try:
            return self.database.write(work)
        except DatabaseError:
            sent.drop()
            raise


class _Body:
    """What gives a body, and ends it where it is too long or comes too slowly (rules 4 and 5)."""

    def __init__(self, request: Request, now: Callable[[], float], most: int, crowded: Callable[[], bool]) -> None:
        self._receive, self._now, self._most, self._last = request.receive, now, most, now()
        self._crowded, self._late = crowded, dict.fromkeys(_GRACE, 0.0)
        self._size, self._ended, self._over = 0, False, False

    async def receive(self) -> AsgiMessage:
        """What comes next."""
        message, size = await self._receive(), self._size
        self._size += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        passed, self._last = self._now() - self._last, self._now()
        for how, late in self._late.items():  # what came quickly before excuses nobody who is slow now
            self._late[how] = max(0.0, late + passed - (self._size - size) / _PACE[how])
        if self._late[crowded := self._crowded()] > _GRACE[crowded]:
            raise TimeoutError
        if self._size > self._most and not self._over:
            self._over = True
            raise FormError("this is more than can be sent at once: choose fewer or smaller files")
        return message

    async def drain(self) -> None:
        """Passes over the rest, up to a bound."""
        self._over, most = True, self._size + _DRAINED
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self._ended and self._size < most:
                    await self.receive()


def _add_chunks(c: Connection, file: bytes, before: int, sealed: Iterable[bytes]) -> None:
    for n, one in enumerate(sealed, start=before + 1):
        mailbox.add_chunk(c, file, n, one)


def _stored(sent: Sent, box: bytes, place: int) -> list[StoredFile]:
    return [StoredFile(file=one.file, box=box, place=place, chunks=one.chunks) for one in sent.files]
