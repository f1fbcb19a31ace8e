"""The list of blocked accounts on a subject of NATS: the newest whole copy, and what each change was.

1. `SUBJECT` carries the list as its file has it, `SUBJECT.changes` what changed, with the version before: whoever has
   another one fetches the list. A stream of JetStream that takes both keeps them for whoever comes later.
2. A list is told once the stream has both. Nobody waits for that: file and HTTP go on while the broker is away, and
   what changed meanwhile goes out as one change when it is back.
3. What is larger than the broker takes goes without entries, as a change that nobody can apply (rule 1).
"""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from nats.aio.client import Client
from nats.errors import Error

from wayseal.live.errors import LiveError, WatchSettingsError
from wayseal.live.sources import Outage
from wayseal.live.sources.secrets import nats_options
from wayseal.live.spool import Say
from wayseal.store.blocked import BlockedFile, BlockedList, Fails

CHANGES: Final = ".changes"
"""Behind the subject: where changes go."""
TICK: Final = 0.05
"""Seconds between two looks at the file."""
_SECONDS = 10.0
"""That a broker has for all of a change."""
_SUBJECT = re.compile(r"/([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)")


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
        parts = urlsplit(url)
        subject = _SUBJECT.fullmatch(parts.path)
        if parts.scheme != "nats" or not parts.netloc or "@" in parts.netloc or subject is None or parts.query:
            raise WatchSettingsError("blocked_subject is nats://HOST:PORT/SUBJECT, without name and password")
        self._server, self._subject = parts.netloc, subject[1]
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
            asyncio.run(asyncio.wait_for(self._publish(listed), _SECONDS))
        except (OSError, TimeoutError, Error, LiveError) as error:
            self._outage.note(type(error).__name__)
            return
        self._told = listed
        self._outage.end()

    async def _publish(self, listed: BlockedList) -> None:
        """The copy goes first, so that whoever fetches it because of a change has that change."""
        client = Client()
        await client.connect(**nats_options(self._server, _SECONDS / 2))
        try:
            stream = client.jetstream(timeout=_SECONDS / 2)
            for behind, body in (("", listed.to_bytes()), (CHANGES, listed.changes(self._told))):
                whole = len(body) <= client.max_payload
                await stream.publish(self._subject + behind, body if whole else listed.changes(None))
        finally:
            await client.close()
