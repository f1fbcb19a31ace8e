"""Files that pages refer to: ours, and those of others that the lock brings; each under an address with its digest.

1. What isn't in the table isn't there: no path of a request ever reaches the disk.
2. They are read once, at start, and packed once.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable

from starlette.responses import Response

from wayseal.console.errors import ConsoleError

OWN = {
    "console.css": "text/css; charset=utf-8",
    "entry.css": "text/css; charset=utf-8",
    "jobs.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "trace.css": "text/css; charset=utf-8",
    "desk.css": "text/css; charset=utf-8",
    "lanes.js": "text/javascript; charset=utf-8",
    "reads.css": "text/css; charset=utf-8",
    "market.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
REPORTS = {
    "tokens.css": "text/css; charset=utf-8",
    "pictures.css": "text/css; charset=utf-8",
}
"""What the reports' pages have too: colours and pictures are said once."""
OTHERS = {
    "bootstrap.min.css": "text/css; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
}
"""What `scripts/front_end.py` puts into `third_party`."""
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asset:
    kind: str
    plain: bytes = field(repr=False)
    packed: bytes = field(repr=False)


class Assets:
    """The files, by the name under which they are asked for."""

    def __init__(self) -> None:
        console, reports = resources.files("wayseal.console"), resources.files("wayseal.page")
        self._by_name: dict[str, _Asset] = {}
        self._named: dict[str, str] = {}
        for folder, kinds in (
            (reports.joinpath("templates"), REPORTS),
            (console.joinpath("static"), OWN),
            (console.joinpath("third_party"), OTHERS),
        ):
            for name, kind in kinds.items():
                content = _read(folder.joinpath(name))
                stem, _, rest = name.partition(".")
                address = f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}.{rest}"
                asset = _Asset(kind=kind, plain=content, packed=gzip.compress(content, mtime=0))
                self._by_name[address] = asset
                self._named[name] = f"/static/{address}"

    @property
    def addresses(self) -> Mapping[str, str]:
        """Name → address."""
        return self._named

    def answer(self, name: str, *, packed: bool) -> Response | None:
        """A file; None: there is none of that name (rule 1)."""
        asset = self._by_name.get(name)
        if asset is None:
            return None
        headers = _KEPT | ({"Content-Encoding": "gzip"} if packed else {})
        return Response(asset.packed if packed else asset.plain, media_type=asset.kind, headers=headers)


def _read(file: Traversable) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise ConsoleError(
            "the console's front end ({name}) isn't there: run `make setup-console` in the checkout", name=file.name
        ) from None
