"""The files that pages refer to, each under an address with its digest.

1. What isn't in a table isn't there: no path of a request ever reaches the disk.
2. They are read once, at start, and packed once; caches may keep them for ever.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable

from starlette.responses import Response

_CACHED = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asset:
    kind: str
    plain: bytes = field(repr=False)
    packed: bytes = field(repr=False)


class Assets:
    """The files, by the name under which they are asked for."""

    def __init__(self, *tables: tuple[Traversable, Mapping[str, str]]) -> None:
        """Reads them. tables: folders, and name → type of their files. FileNotFoundError: one isn't there."""
        self._by_name: dict[str, _Asset] = {}
        self._named: dict[str, str] = {}
        for folder, kinds in tables:
            for name, kind in kinds.items():
                content = folder.joinpath(name).read_bytes()
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
        headers = _CACHED | ({"Content-Encoding": "gzip"} if packed else {})
        return Response(asset.packed if packed else asset.plain, media_type=asset.kind, headers=headers)
