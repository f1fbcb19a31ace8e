"""Files that a source names: exports of chats, and folders of pictures and texts.

1. Only what lies below the named place is read, in the order of names; links that lead out of it are left alone, and
   so is what begins with a dot.
2. In a folder a picture and a text of one name are one offer; its key is that name.
"""

from collections.abc import Iterator
from pathlib import Path

from wayseal.market.sources._build import LONGEST, Builder
from wayseal.market.sources._chat import read_chat
from wayseal.market.sources._encoding import decode
from wayseal.market.sources.errors import SourceError
from wayseal.market.sources.source import Source, SourceKind
from wayseal.market.sources.types import Flaw, Problem
from wayseal.market.types import Listing
from wayseal.model.errors import disk_says

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic"})
TEXTS = frozenset({".txt", ".md", ".text"})
_MOST_TEXT = 1 << 20


def files_of(source: Source) -> Iterator[Path]:
    """The files of a source, each once.

    Args:
        source: Of the kinds chat or folder.

    Returns:
        Paths, by name (rule 1).

    Raises:
        SourceError: Nothing is there.
    """
    base = source.file.parent if source.file else Path()
    place = base / (source.files or "")
    if place.is_dir():
        found = sorted(p for p in place.rglob("*") if p.is_file())
    elif place.is_file():
        found = [place]
    else:
        found = sorted(p for p in place.parent.glob(place.name) if p.is_file())
    root = (place if place.is_dir() else place.parent).resolve()
    kept = [p for p in found if p.name[0] != "." and p.resolve().is_relative_to(root)]
    if not kept and not place.is_dir():
        raise SourceError("there is no such file or folder", file=source.file, key="files")
    yield from kept


def picture_of(source: Source, name: str) -> Path:
    """Where a picture lies that an offer of a file names.

    Args:
        source: Of the kinds chat or folder.
        name: As the offer has it: a path below the place of the source's files.

    Returns:
        The file, whether it is there or not.

    Raises:
        FileNotFoundError: It would lie elsewhere (rule 1).
    """
    root = _root(source).resolve()
    found = (root / name).resolve()
    if not found.is_relative_to(root):
        raise FileNotFoundError
    return found


def _root(source: Source) -> Path:
    base = (source.file.parent if source.file else Path()) / (source.files or "")
    return base if base.is_dir() else base.parent


def read_export(source: Source, file: Path) -> Iterator[Listing | Problem]:
    """What a file of a source holds, one by one, of any size.

    Args:
        source: Of the kinds chat or folder.
        file: One of `files_of`; for a folder the text or picture of one name brings the offer of both.

    Returns:
        Offers, and what is wrong with others.

    Raises:
        SourceError: The file can't be read.
    """
    try:
        if source.kind is SourceKind.CHAT:
            with file.open("rb") as opened:
                yield from read_chat(source, opened, "")
        else:
            yield from _read_pair(source, file)
    except OSError as error:
        raise SourceError("can't be read ({reason})", file=file, reason=disk_says(error)) from error


def _read_pair(source: Source, file: Path) -> Iterator[Listing | Problem]:
    """The offer of a picture, a text or both; of both only the first by name brings it."""
    kinds = PICTURES | TEXTS
    together = sorted(p for p in file.parent.iterdir() if p.stem == file.stem and p.suffix.lower() in kinds)
    if not together or together[0].name != file.name:
        return
    root = _root(source)
    names = {p: p.relative_to(root).as_posix() for p in together}
    builder = Builder(source=source, base="")
    text, unreadable = "", 0
    for one in together:
        if one.suffix.lower() in TEXTS:
            with one.open("rb") as opened:
                said, _, wrong = decode(opened.read(_MOST_TEXT))
            text, unreadable = f"{text}\n{said}".strip("\n"), unreadable + wrong
    key = Path(names[together[0]]).with_suffix("").as_posix()
    pictures = [names[p] for p in together if p.suffix.lower() in PICTURES]
    made = builder.make(1, {"key": key, "text": text[: LONGEST + 1]}, pictures)
    if made:
        yield made
    yield from builder.problems
    if unreadable:
        yield Problem(flaw=Flaw.ENCODING, count=unreadable)
