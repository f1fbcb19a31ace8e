"""The console's side of the exchange: it brings over what reporters sent, and takes there what they may read.

1. A letter is noted as taken once it is here and durable, with its files; whatever breaks off before is done again, and
   what is done again changes nothing.
2. No letter holds up others, whatever the portal says of it.
3. What a portal sends isn't believed beyond its size and place: letters open or don't (`sealing`). It can't fill the
   disk: a round takes `LETTERS` and `BYTES`, and all of them what is set.
4. Each round writes, whoever came: the times of the database's files tell when the console last asked, and no more.
"""

import json
import secrets
import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.letters import Sender
from wayseal.cases.hotline.receipts import Receipt, parse_receipt
from wayseal.cases.hotline.transit import MOST_CARRIED, MOST_CHUNK, Carried, Gone, Held, TypedIn, Untaken
from wayseal.console.errors import ConsoleError
from wayseal.database import Database
from wayseal.model.messages import N_
from wayseal.model.schema import parse_json, plain

SECONDS: Final = 30.0
LETTERS: Final = 1000
BYTES: Final = 4 << 30
T = TypeVar("T")
Key = tuple[bytes, int]
"""Box and place of a letter."""


class ExchangeError(ConsoleError):
    """The portal can't be asked now."""


class AnswerError(ExchangeError):
    """The portal's answer is none that the console can use."""


class FullError(AnswerError):
    """What the portal has goes beyond what is taken, in a round or in all."""


class HotlineClient:
    """Asks one portal; one collector at a time. full: there was no room for something, the last time.

    Args:
        url: Of the exchange.
        token: The file with the console's token.
        database: The console's mailbox.
        transport: What carries requests; None: the network.
        most: Bytes of the mailbox from which on nothing is brought over.
    """

    def __init__(
        self, url: str, token: Path, database: Database, *, transport: httpx.BaseTransport | None = None,
        most: int = 1 << 62,
    ) -> None:  # fmt: skip
        self._token, self._database, self._most = token, database, most
        self._room, self.full = 0, False
        transport = transport or httpx.HTTPTransport(verify=ssl.create_default_context())
        self._http = httpx.Client(base_url=url, timeout=SECONDS, trust_env=False, transport=transport)

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def pull(self) -> list[Key]:
        """Brings over what came; those that couldn't be: the portal withholds them, or another letter is here.

        ExchangeError: the portal can't be asked.
        """
        letters = _parsed(self._ask("GET", "untaken")[1], Untaken).letters
        self._room, self.full = min(BYTES, self._most - self._database.size()), len(letters) > LETTERS
        left = [key for key in letters[:LETTERS] if not self._tried(self._bring, *key)] + [*letters[LETTERS:]]
        if letters:
            self._database.write(mailbox.drop_orphans)  # of files that were taken back meanwhile
        self._database.write(mailbox.beat, secrets.token_bytes(64))
        self._database.empty_log()
        return left

    def push(self) -> list[Key]:
        """Takes there what staff wrote and deleted; letters that couldn't be: no such box there, or another letter.

        ExchangeError: the portal can't be asked.
        """
        held = _parsed(self._ask("GET", "held")[1], Held)
        known, gone = set(held.letters), set(held.gone)
        ours = self._database.read(partial(mailbox.letters_for_reporters, whole=True))
        letters = {*self._database.read(mailbox.untaken, Sender.STAFF), *(one for one in ours if one not in known)}
        left = [key for key in sorted(letters) if not self._tried(self._take_there, *key)]
        for box in self._database.read(mailbox.gone_boxes):
            if box.box not in gone:
                self._tried(self._delete_there, box)
        return left

    def type_in(self, report: TypedIn) -> Receipt:
        """Has the portal seal and store what somebody said or wrote to staff. ExchangeError: it may not have been."""
        answer = _parsed(self._ask("POST", "typed", report)[1], dict[str, str])
        receipt = parse_receipt(answer.get("receipt", ""))
        if receipt is None:
            raise _odd()
        return receipt

    def _tried(self, act: Callable[..., bool], *args: Any) -> bool:
        """Rule 2."""
        try:
            return act(*args)
        except AnswerError as error:
            self.full |= isinstance(error, FullError)
            return False

    def _bring(self, box: bytes, place: int) -> bool:
        carried = self._letter(box, place)
        if self._database.read(mailbox.find_letter, box, Sender.REPORTER, place) is None:
            chunks = [(one.file, n) for one in carried.files for n in range(1, one.chunks + 1)]
            if sum(self._bring_chunk(*one) for one in chunks) < len(chunks):
                # A file that was taken back is no longer listed; one that is can't be opened, and says so.
                carried = self._letter(box, place)
        letter = replace(carried.letter, taken=True)
        if not self._database.write(mailbox.add_box, carried.box, letter, carried.files):
            return False
        self._ask("POST", f"letters/{box.hex()}/{place}/taken")
        return True

    def _letter(self, box: bytes, place: int) -> Carried:
        self._take_room(MOST_CHUNK)
        carried = _parsed(self._ask("GET", f"letters/{box.hex()}/{place}")[1], Carried)
        letter = carried.letter
        if (letter.box, letter.place, letter.sender) != (box, place, Sender.REPORTER):
            raise _odd()
        return carried

    def _take_room(self, size: int) -> None:
        """Rule 3."""
        if self._room < size:
            raise FullError(N_("there is no room for what the portal has"))
        self._room -= size

    def _bring_chunk(self, file: bytes, n: int) -> bool:
        if self._database.read(mailbox.find_chunk, file, n) is None:
            self._take_room(MOST_CHUNK)
            status, chunk = self._ask("GET", f"files/{file.hex()}/{n}", most=MOST_CHUNK, also=(404,))
            if status == httpx.codes.NOT_FOUND:
                return False
            self._database.write(mailbox.add_chunk, file, n, chunk)
        return True

    def _take_there(self, box: bytes, place: int) -> bool:
        its = self._database.read(mailbox.box_of, box)
        letter = self._database.read(mailbox.find_letter, box, Sender.STAFF, place)
        if its is not None and letter is not None and letter.sealed is not None:
            self._ask("PUT", f"letters/{box.hex()}/{place}", Carried.of(its, letter))
        self._database.write(mailbox.take, Sender.STAFF, [(box, place)])
        return True

    def _delete_there(self, box: mailbox.Box) -> bool:
        assert box.gone is not None and box.rule is not None  # noqa: S101, PT018 (it is asked for)
        self._ask("PUT", f"boxes/{box.box.hex()}/gone", Gone(day=box.gone, rule=box.rule), also=(404,))
        return True

    def _ask(
        self, method: str, path: str, body: Any = None, *, most: int = MOST_CARRIED, also: tuple[int, ...] = ()
    ) -> tuple[int, bytes]:
        """Status and body of an answer. AnswerError: another status than 200, 204 and `also`, or a longer body."""
        content = None if body is None else json.dumps(plain(body)).encode()
        try:
            known = {"Authorization": f"Bearer {self._token.read_text('ascii').strip()}", "Accept-Encoding": "identity"}
            with self._http.stream(method, f"/exchange/{path}", content=content, headers=known) as answer:
                found = bytearray()
                for part in answer.iter_raw():
                    found += part
                    if len(found) > most:
                        raise _odd()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            raise ExchangeError(N_("the portal can't be reached, or the file of its token can't be read")) from None
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise ExchangeError(N_("the portal doesn't know the console's token"))
        if answer.status_code not in (200, 204, *also):
            raise _odd()
        return answer.status_code, bytes(found)


def _odd() -> AnswerError:
    return AnswerError(N_("the portal's answer can't be used"))


def _parsed(content: bytes, kind: Callable[..., T]) -> T:
    try:
        return parse_json(content, kind)
    except ValueError:
        raise _odd() from None
