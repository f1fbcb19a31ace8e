"""Bulletins as static pages and feeds, in both languages, that any web server can carry.

1. Pages hold no script and ask nobody else for anything; what was typed is text and the Markdown that `page` allows.
2. The same record makes the same bytes. A file is swapped for a whole one, feeds last, so that no link leads nowhere;
   what a crash left half-done is put right by the next act.
3. Ids in feeds are tags (RFC 4151) and stay for ever; `updated` moves when a page is corrected or withdrawn (RFC 4287).
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from markupsafe import Markup

from wayseal.cases.bulletins.acts import Bulletin, Written
from wayseal.model.messages import N_
from wayseal.model.times import stamp
from wayseal.page.environment import make_environment
from wayseal.page.languages import HTML_LANG, LANGS, Lang, translated
from wayseal.page.markdown import make_markdown
from wayseal.page.visible import written
from wayseal.page.words import Translator
from wayseal.store.durable import replace_file

ATOM: Final = "http://www.w3.org/2005/Atom"
TITLE: Final = N_("Bulletins")
NOT_GIVEN: Final = N_("not given", context="bulletin.figure")
MOST: Final = 50
"""Entries of a feed."""
_STYLES = "tokens.css", "public.css"
_SENTENCE = re.compile(r"[^。！？；.!?;\n]*(?:[。！？；.!?;]+\s*|\n+|$)")
_MARKDOWN = make_markdown(lambda url: url.startswith("https://"), "heading")


def filled(text: Written, lang: Lang) -> str:
    """A text with its figures in it, as everybody reads it."""
    body, held = text.text.of(lang), translated(NOT_GIVEN, lang, "bulletin.figure")
    for one in text.figures:
        body = body.replace(one.asked, f"{one.count:,}" if one.given else held)
    return written(body)


def shown(text: Written, lang: Lang) -> Markup:
    """The same as HTML."""
    return Markup(_MARKDOWN.render(filled(text, lang)))  # noqa: S704 (the parser escapes what was typed)


def differences(old: str, new: str) -> Iterator[tuple[str, str]]:
    """What stayed (""), went ("del") and came ("ins"), sentence by sentence."""
    before, after = (_SENTENCE.findall(text) for text in (old, new))
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after).get_opcodes():
        parts = [("", before[a:b])] if tag == "equal" else [("del", before[a:b]), ("ins", after[c:d])]
        yield from ((kind, "".join(some)) for kind, some in parts if "".join(some))


@dataclass(frozen=True, slots=True, kw_only=True)
class Website:
    """Where bulletins are published. authority: who and since when, for tags: `courier.example,2026-01-01`."""

    folder: Path
    address: str
    authority: str
    unit: str

    def build(self, bulletins: Iterable[Bulletin]) -> None:
        """Makes all files of those that were published (rule 2), for whoever holds their record. OSError."""
        every = sorted((one for one in bulletins if one.editions), key=lambda one: -one.told)
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, content in self._files(every):
            if not (path := self.folder / name).exists() or path.read_bytes() != content:
                replace_file(path, content, mode=0o644)

    def _files(self, every: Sequence[Bulletin]) -> Iterator[tuple[str, bytes]]:
        for name in _STYLES:
            yield name, resources.files("wayseal.page").joinpath("templates", name).read_bytes()
        for lang in LANGS:
            made = make_environment("wayseal.cases.bulletins", lang, {})
            made.globals.update(_=Translator(lang, html=True).gettext, site=self, end=_end(lang), title_text=TITLE)
            made.globals.update(shown=shown, filled=filled, differences=differences, stamp=stamp)
            index, bulletin = (made.get_template(f"{name}.html.j2") for name in ("index", "bulletin"))
            yield from ((f"{one.id}{_end(lang)}.html", bulletin.render(page=one.id, one=one).encode()) for one in every)
            yield f"index{_end(lang)}.html", index.render(page="index", every=every).encode()
        yield from ((f"atom{_end(lang)}.xml", self._feed(every[:MOST], lang)) for lang in LANGS)

    def _feed(self, every: Sequence[Bulletin], lang: Lang) -> bytes:
        feed = ET.Element("feed", {"xmlns": ATOM, "xml:lang": HTML_LANG[lang]})
        _put(feed, "title", f"{self.unit} · {translated(TITLE, lang)}")
        _put(feed, "id", f"tag:{self.authority}:bulletins/{lang}")
        _put(feed, "updated", stamp(every[0].told) if every else f"{self.authority.partition(',')[2]}T00:00:00Z")
        _put(ET.SubElement(feed, "author"), "name", self.unit)
        _put(feed, "link", rel="self", href=f"{self.address}/atom{_end(lang)}.xml")
        _put(feed, "link", href=f"{self.address}/index{_end(lang)}.html")
        for one in every:
            self._enter(ET.SubElement(feed, "entry"), one, lang)
        return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True)) + b"\n"

    def _enter(self, entry: ET.Element, one: Bulletin, lang: Lang) -> None:
        last, (say, plain) = one.editions[-1][1], (Translator(lang, html=html).gettext for html in (True, False))
        title, text = last.title.of(lang), str(shown(last, lang))
        if one.withdrawn is not None and one.withdrawn.reason is not None:
            title = plain(N_("Withdrawn: {title}"), title=title)
            text = say(N_("This bulletin was withdrawn: {reason}"), reason=one.withdrawn.reason.of(lang))
        elif last.reason is not None:
            text = say(N_("This bulletin was corrected: {reason}"), reason=last.reason.of(lang)) + text
        _put(entry, "title", title)
        _put(entry, "id", f"tag:{self.authority}:{one.id}/{lang}")
        _put(entry, "updated", stamp(one.told))
        _put(entry, "published", stamp(one.editions[0][0]))
        _put(entry, "link", href=f"{self.address}/{one.id}{_end(lang)}.html")
        _put(entry, "content", text, type="html")


def _end(lang: Lang) -> str:
    """How names of pages end: Chinese ones stand first."""
    return "" if lang == "zh" else f".{lang}"


def _put(parent: ET.Element, name: str, text: str = "", **more: str) -> None:
    ET.SubElement(parent, name, more).text = text or None
