"""The list of blocked accounts on a subject of NATS: the newest whole copy, and what each change was.

1. `SUBJECT` carries the list as its file has it, `SUBJECT.changes` what changed, with the version before: whoever has
   another one fetches the list. A stream of JetStream that takes both keeps them for whoever comes later.
2. A list is told once the stream has both. Nobody waits for that: file and HTTP go on while the broker is away, and
   what changed meanwhile goes out as one change when it is back.
3. What is larger than the broker takes goes without entries, as a change that nobody can apply (rule 1).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from nats.errors import Error

from wayseal.client.brokers import name_in, split_address
from wayseal.live.brokers import Published, publish_nats
from wayseal.live.errors import LiveError, WatchSettingsError
from wayseal.live.sources import Outage
from wayseal.live.spool import Say
from wayseal.store.blocked import BlockedFile, BlockedList, Fails

CHANGES: Final = ".changes"
"""Behind the subject: where changes go."""
TICK: Final = 0.05
"""Seconds between two looks at the file."""
_SECONDS = 10.0
"""That a broker has for all of a change."""


class BlockedSubject:
    """Tells the subject of each list that the file has."""

    def __init__(self, url: str, file: Path, say: Say) -> None:
        """Takes where lists go, and come from.

        Args:
            url: `nats://HOST:PORT/SUBJECT`.
            file: The list's.
            say: Is told that the broker is away, and that it is back.

        Raises:
            WatchSettingsError: That is no such address.
        """
        parts = split_address(url)
        if parts is None or parts.scheme != "nats" or parts.query or "" in name_in(parts).split("."):
            raise WatchSettingsError("blocked_subject is nats://HOST:PORT/SUBJECT, without name and password")
        self._server, self._subject = parts.netloc, name_in(parts)
        self._file = BlockedFile(file, fails=Fails.OPEN)
        self._outage = Outage(url, say)
        self._told: BlockedList | None = None

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tells it in a thread meanwhile, and of what changed last at the end."""
        end = threading.Event()
        thread = threading.Thread(target=self._run, args=(end,), name="blocked subject")
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    def _run(self, end: threading.Event) -> None:
        while not end.wait(TICK):
            self._tell()
        self._tell()

    def _tell(self) -> None:
        listed = self._file.current()
        if listed is None or listed is self._told or not self._outage.wait(TICK):
            return
        try:
            publish_nats(self._server, _SECONDS, partial(self._messages, listed))
        except (OSError, TimeoutError, Error, LiveError) as error:
            self._outage.note(type(error).__name__)
            return
        self._told = listed
        self._outage.end()

    def _messages(self, listed: BlockedList, most: int) -> Iterator[Published]:
        """The copy goes first, so that whoever fetches it because of a change has that change."""
        for behind, body in (("", listed.to_bytes()), (CHANGES, listed.changes(self._told))):
            yield self._subject + behind, body if len(body) <= most else listed.changes(None), None
