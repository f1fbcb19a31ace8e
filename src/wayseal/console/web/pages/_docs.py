"""The docs as a site, as `make docs` built them: public texts, for whoever can't sign in as well.

1. What isn't in the table isn't there: no path of a request ever reaches the disk.
2. The policy of content makes no exception for them: nothing of theirs is inline or from elsewhere (`scripts/site.py`).
"""

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.responses import Response

from wayseal.console.web._ask import Ask, Pages

PAGES = Pages()
FOLDER = Path(__file__).parents[2] / "docs"
START = {"en": "index.html", "zh": "zh/index.html"}
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".xml": "application/xml",
}
_PICTURES = (".png",)
_CACHED = {"Cache-Control": "public, max-age=600", "Vary": "Accept-Encoding"}


@cache
def _files(folder: Path) -> Mapping[str, Path]:
    """Every file of the site by its path in it; none where it wasn't built."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
    return {name: path for name, path in found.items() if path.suffix in _KINDS}


@PAGES.get("/docs/{name:path}", None, bare=True)
def show_docs(ask: Ask) -> Response:
    """A page or file of the site; without a name, its first page in the reader's language."""
    name = ask.names["name"]
    files = _files(FOLDER)
    if not files:
        return ask.refuse(404, code="docs_missing")
    if not name:
        return ask.go(f"/docs/{START[ask.lang]}")
    if name not in files:
        return ask.refuse(404)
    path = files[name]
    headers, content = dict(_CACHED), path.read_bytes()
    if ask.packed and path.suffix not in _PICTURES:
        headers["Content-Encoding"] = "gzip"
        content = gzip.compress(content, 1, mtime=0)
    return Response(content, media_type=_KINDS[path.suffix], headers=headers)
