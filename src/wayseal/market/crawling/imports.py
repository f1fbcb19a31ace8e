"""What was brought: exports of chats, screenshots, pictures of purchases, as a source of their own.

1. Files are copied into the watch's folder before their source is written: a source never names what isn't there.
2. A name stands for one form; what comes under it later is added, and takes the place of a file of the same name.
3. Files are read one by one before they are brought in; each that can't be is said by its name and left out.

What can be brought in, and how files of it lie.

An export lies on top of its source's folder; pictures that it names keep their place beside it.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePosixPath

from wayseal.market.crawling._folder import IMPORTS, SITES, SOURCES, source_text
from wayseal.market.errors import MarketError, PictureError, SourceError
from wayseal.market.fetching import Fetched, Fetcher
from wayseal.market.pictures import read_picture
from wayseal.market.sources import PICTURES, TEXTS, Source, parse_apart, parse_source, read_export
from wayseal.market.sources.source import Fields, Flaw, Problem
from wayseal.market.types import FailureReason, Listing, VisitStatus
from wayseal.model.messages import N_, Message
from wayseal.store.durable import replace_file

__all__ = [
    "ImportForm",
    "Named",
    "bring_in",
    "check_files",
    "free_name",
    "place_files",
    "read_feed",
    "write_source",
]


class ImportForm(StrEnum):
    """The form of an import."""

    CHAT = "chat"
    TELEGRAM = "telegram"
    CSV = "csv"
    JSON = "json"
    PICTURES = "pictures"


EXPORTS: Mapping[ImportForm, tuple[str, ...]] = {
    ImportForm.CHAT: (".txt", ".html", ".htm", ".mht", ".mhtml", ".json"),
    ImportForm.TELEGRAM: (".json",),
    ImportForm.CSV: (".csv", ".tsv", ".txt"),
    ImportForm.JSON: (".json", ".jsonl", ".ndjson"),
    ImportForm.PICTURES: (),
}
"""How names of exports end, by form. Of pictures each file stands for itself."""
Named = tuple[str, Path]
"""A path below the source's folder, with `/`, and where the file lies now."""


def place_files(form: ImportForm, found: Sequence[Named]) -> tuple[list[Named], list[str]]:
    """Files as they are to lie in their source's folder.

    Args:
        form: What they are taken for.
        found: Their paths as they came, and where they lie now.

    Returns:
        They, exports first, each path once; and names of what is no part of such an import.
    """
    endings = EXPORTS[form]
    if not endings:
        return _once(found), []
    exports = [one for one in found if one[0].lower().endswith(endings)]
    beside = [one for one in found if one not in exports and "/" in one[0]]
    other = [name for name, _ in found if "/" not in name and not name.lower().endswith(endings)]
    return _once([*((name.replace("/", "_"), file) for name, file in exports), *beside]), other


def _once(found: Sequence[Named]) -> list[Named]:
    taken: dict[str, Path] = {}
    for name, file in found:
        taken[free_name(name, taken)] = file
    return list(taken.items())


def free_name(name: str, taken: Iterable[str]) -> str:
    """A name, or one near it that isn't among `taken`."""
    place, number, taken = PurePosixPath(name), 1, set(taken)
    while name in taken:
        number += 1
        name = str(place.with_name(f"{place.stem}-{number}{place.suffix}"))
    return name


_NEITHER = N_("no picture and no text")
_NOTHING = N_("nothing in it can be read like that")
_FLAWS = {
    Flaw.BAD_RECORD: N_("{name}: {count:,} {count:record|records} can't be read; left out (first: number {first:,})"),
    Flaw.NO_TEXT: N_("{name}: {count:,} {count:record|records} that {count:says|say} nothing; left out"),
    Flaw.CUT_FILE: N_("{name} ends in the middle; what stands before is taken"),
    Flaw.BAD_TIME: N_(
        "{name}: {count:,} {count:time|times} that can't be read; these offers have none (first: number {first:,})"
    ),
    Flaw.CUT_TEXT: N_(
        "{name}: {count:,} {count:text is|texts are} longer than is kept; the rest is in the capture alone"
    ),
    Flaw.ENCODING: N_("{name}: {count:,} {count:place|places} in another encoding than the rest"),
}
_OTHER = N_("{name}: {count:,} {count:record|records} left out")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """The result of a check.

    offers: so many; flaws: what is wrong with others; first: the first record that has it; wrong: why there are none.
    """

    offers: int = 0
    flaws: Mapping[Flaw, int] = field(default_factory=dict)
    first: Mapping[Flaw, int] = field(default_factory=dict)
    wrong: Message | None = None


def check_files(
    form: ImportForm,
    files: Sequence[Named],
    say: Callable[..., None],
    step: Callable[[int, int], None],
    *,
    fields: Mapping[str, str] | None = None,
    seen: Callable[[str, Listing], None] = lambda _name, _offer: None,
) -> list[Named]:
    """Reads files that may be brought in, one by one, and keeps nothing of them (rule 3).

    Args:
        form: What they are taken for.
        files: As `place_files` has them.
        say: Told of each: an English text with named blanks, and what fills them.
        step: Told how many are read, of how many.
        fields: Where parts of an offer stand, as `brought_source` has it.
        seen: Told of each offer of an export, and in which file it stands.

    Returns:
        Those of which something can be read.

    Raises:
        SourceError: Of no export anything can be read.
        OSError: One can't be read.
    """
    endings = EXPORTS[form]
    good: list[Named] = []
    exports = 0
    for done, (name, file) in enumerate(files):
        step(done, len(files))
        export = not endings or name.lower().endswith(endings)
        found = _check_file(form if export else ImportForm.PICTURES, file, fields, partial(seen, name))
        if found.wrong is not None:
            say(N_("{name}: {why}; left out"), name=name, why=found.wrong)
            continue
        if endings and export:
            say(N_("{name}: {count:,} {count:offer|offers}"), name=name, count=found.offers)
        for flaw, count in sorted(found.flaws.items()):
            say(_FLAWS.get(flaw, _OTHER), name=name, count=count, first=found.first.get(flaw, 0))
        good.append((name, file))
        exports += export
    if not exports:
        raise SourceError("nothing of what was sent can be read like that: was the right form chosen?")
    return good


def _check_file(
    form: ImportForm, file: Path, fields: Mapping[str, str] | None, seen: Callable[[Listing], None]
) -> _Checked:
    """Check a file; of a picture see if it can be looked at, without lines and numbers."""
    if form is ImportForm.PICTURES:
        return _check_picture(file)
    offers, flaws, first = 0, Counter[Flaw](), dict[Flaw, int]()
    for one in read_export(parse_source(brought_source("check", form, fields)), file):
        if isinstance(one, Problem):
            flaws[one.flaw] += one.count
            first.setdefault(one.flaw, one.item)
        else:
            offers += 1
            seen(one)
    return _Checked(offers=offers, flaws=flaws, first=first, wrong=None if offers else Message(_NOTHING))


def _check_picture(file: Path) -> _Checked:
    ending = file.suffix.lower()
    if ending in TEXTS:
        return _Checked(offers=1) if file.stat().st_size else _Checked(wrong=Message(_NOTHING))
    if ending not in PICTURES:
        return _Checked(wrong=Message(_NEITHER))
    try:
        read_picture(file.read_bytes(), text=False)
    except PictureError as error:
        return _Checked(wrong=error.message)
    return _Checked(offers=1)


def brought_source(name: str, form: ImportForm, fields: Mapping[str, str] | None = None) -> str:
    """The source that what is brought becomes, as TOML.

    Args:
        name: What it is called.
        form: What is brought.
        fields: Of a table, field → heading, where a person said so.

    Returns:
        Its text.

    Raises:
        SourceError: It can't be called so.
    """
    place = f"../{IMPORTS}/{name}"
    if form is ImportForm.PICTURES:
        said: dict[str, str] = {"name": name, "kind": "folder", "files": place}
    else:
        said = {"name": name, "kind": "chat", "format": form.value, "files": f"{place}/*"}
    text = source_text(said)
    if form in {ImportForm.CSV, ImportForm.JSON}:
        text += "\n[fields]\n" + source_text(fields or {name: name for name in Fields.__slots__ if name != "url"})
    parse_source(text)
    return text


def read_feed(
    folder: Path, url: str, *, name: str, contact: str, allow_inside: bool
) -> tuple[str, FailureReason | None]:
    """Looks at a feed once that is to be a source, with the manners of every look.

    Args:
        folder: The watch's.
        url: The feed's address.
        name: What the source is called.
        contact: Of whoever looks.
        allow_inside: Whether the address may be one inside.

    Returns:
        The source as TOML; and why it can't be seen (`CHANGED`: what stands there is no feed), or None.

    Raises:
        SourceError: It can't be called so, or the address or the contact is none.
    """
    text = source_text({"name": name, "kind": "feed", "contact": contact, "start": url})
    text += "allow_inside = true\n" if allow_inside else ""
    source = parse_source(text)
    answer = Fetcher(folder / SITES).fetch(source, url)
    if not isinstance(answer, Fetched) or answer.hindrance is not None:
        return text, answer.hindrance or FailureReason.ERROR_PAGE
    seen = parse_apart(source, answer.body, answer.media_type, answer.url)
    return text, None if seen.sight is VisitStatus.SEEN else FailureReason.CHANGED


def write_source(folder: Path, text: str | bytes, file: Path | None, *, replace: bool) -> Path | None:
    """Takes a source into a watch's folder; None: one of its name is there. SourceError: it has a mistake.

    file: from where its text is, for errors.
    """
    source = parse_source(text, file)
    path = folder / SOURCES / f"{source.name}.toml"
    if path.exists() and not replace:
        return None
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, text if isinstance(text, bytes) else text.encode())
    return path


def bring_in(
    folder: Path,
    name: str,
    form: ImportForm,
    files: Iterable[tuple[str, Path]],
    fields: Mapping[str, str] | None = None,
) -> Source:
    """Copies files into a watch's folder, and names them as a source (rules 1 and 2).

    Args:
        folder: The watch's.
        name: What the source is called: small letters, digits, hyphens.
        form: What is brought.
        files: The path of each below the source's folder, and where it lies now.
        fields: As `brought_source` has it.

    Returns:
        The source; a look at it takes in what is new.

    Raises:
        SourceError: It can't be called so.
        MarketError: Another source has the name.
        OSError: The disk refuses.
    """
    text = brought_source(name, form, fields)
    place = folder / SOURCES / f"{name}.toml"
    if place.exists() and place.read_text("utf-8") != text:
        raise MarketError("another source has this name", key="name")
    (folder / IMPORTS / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path, file in files:
        to = folder / IMPORTS / name / path
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(file, to)
    place.write_text(text, "utf-8")
    return parse_source(text, place)
