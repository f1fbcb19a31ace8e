"""Pages that were seen, as they are remembered: with what a site is asked whether one is still the same.

1. A page is asked for on condition only while the capture that shows it can be read, and for `HOLDS` at most: a site
   that always says "unchanged" is asked in full again.
2. What a site says is unchanged is read out of that capture: it counts as seen, with all that it shows, and nothing is
   kept anew.
3. Only pages that were seen in their usual shape, at the address that was asked, and that have validators are
   remembered; not those that scripts draw, as what they ask for changes by itself.
4. The memory may be lost: all is then asked in full.

What lies where in a watch's folder (see `_place`), and a source as text.

One process looks at a time.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from wayseal.market.errors import CaptureError, RecordBusyError, RecordDiskError
from wayseal.market.fetching.types import Fetched, Validators
from wayseal.market.sources import Source
from wayseal.market.types import Capture
from wayseal.model.times import HOUR_US
from wayseal.store.durable import replace_file

SOURCES, CAPTURES, SITES, IMPORTS, LOCK = "sources", "captures", "sites", "imports", "watch.lock"


def source_text(said: Mapping[str, str]) -> str:
    """A source as TOML: a string of JSON is one of TOML as well."""
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in said.items())


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Hold a folder to look from it. RecordBusyError: another process does. RecordDiskError."""
    path = folder / LOCK
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        raise RecordDiskError("the folder can't be written", file=path.parent) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecordBusyError("another process looks at the market from this folder", file=path) from None
        yield
    finally:
        os.close(handle)


HOLDS = 7 * 24 * HOUR_US
MOST = 5_000
"""Pages of a source; of more those that were kept first are forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A page. media_type: with its parameters; body: of its capture."""

    validators: Validators
    media_type: str
    capture: Capture
    body: bytes = field(repr=False)


class Pages:
    """The memory of pages, a file a source."""

    def __init__(self, folder: Path, body: Callable[[Capture], bytes | None], now: Callable[[], int]) -> None:
        """Takes where it lies.

        Args:
            folder: That of what is remembered of sites.
            body: The body of a capture; None: it was purged.
            now: The time (µs).
        """
        self._folder, self._body, self._now = folder, body, now
        self._known: dict[str, dict[str, dict[str, object]]] = {}
        self._changed: set[str] = set()

    def known(self, source: Source, url: str) -> Remembered | None:
        """A page that may be asked for on condition (rule 1)."""
        found = self._of(source).get(url)
        try:
            if found is None:
                return None
            capture = Capture(**found["capture"])  # type: ignore[arg-type]
            validators = Validators(etag=str(found["etag"]), last_modified=str(found["last_modified"]))
            body = self._body(capture) if 0 <= self._now() - capture.at < HOLDS else None
        except (KeyError, TypeError, CaptureError, OSError):
            return None
        if body is None:
            return None
        return Remembered(validators=validators, media_type=str(found["media_type"]), capture=capture, body=body)

    def note(self, source: Source, answer: Fetched, capture: Capture) -> None:
        """Remembers a page that was seen (rule 3)."""
        pages = self._of(source)
        if pages.pop(answer.asked, None) is not None:
            self._changed.add(source.name)
        validators = answer.validators
        if source.scripts or answer.hops or not (validators.etag or validators.last_modified):
            return
        pages[answer.asked] = {**asdict(validators), "media_type": answer.media_type, "capture": asdict(capture)}
        self._changed.add(source.name)
        while len(pages) > MOST:
            del pages[next(iter(pages))]

    def save(self, source: Source) -> None:
        """Writes down what is remembered of a source's pages, whole or not at all."""
        if source.name in self._changed:
            replace_file(self._place(source), json.dumps(self._of(source)).encode())
            self._changed.discard(source.name)

    def forget(self, source: Source) -> None:
        """Forgets what was noted of a source's pages since it was saved."""
        self._known.pop(source.name, None)
        self._changed.discard(source.name)

    def _of(self, source: Source) -> dict[str, dict[str, object]]:
        if source.name not in self._known:
            try:
                found = json.loads(self._place(source).read_bytes())
            except (OSError, ValueError):
                found = {}
            self._known[source.name] = found if isinstance(found, dict) else {}
        return self._known[source.name]

    def _place(self, source: Source) -> Path:
        return self._folder / f"pages-{hashlib.sha256(source.name.encode()).hexdigest()[:16]}.json"
