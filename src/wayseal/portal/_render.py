"""Templates and words of the portal's pages: everything escaped, in the reader's language, and no script.

1. Whatever isn't markup of ours is escaped; what hides in a text, or turns what stands around it, is made visible.
2. Texts stand where they are said: `_("…")`.
3. What somebody may be told about by its length is filled up to steps of `STEP` bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Self

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import Response

from wayseal.cases.hotline.letters import FileKind, LetterFile, LetterKind, ReportType
from wayseal.model.fields import FieldKind
from wayseal.model.messages import N_
from wayseal.page.environment import make_environment
from wayseal.page.languages import LANGS, Lang, pick_lang
from wayseal.page.words import Translator
from wayseal.portal.settings import PortalSettings
from wayseal.service.assets import Assets

_KNEW: Mapping[FieldKind, str] = {
    FieldKind.NAME: N_("my name"),
    FieldKind.PHONE: N_("my phone number"),
    FieldKind.ADDRESS: N_("my address"),
    FieldKind.GOODS: N_("what I had bought"),
}
_KINDS: Mapping[FileKind, str] = {
    FileKind.JPEG: N_("a picture (JPEG) that couldn't be followed to its end: nothing behind that place was taken out"),
    FileKind.PNG: N_("a picture (PNG) that couldn't be followed to its end: nothing behind that place was taken out"),
    FileKind.GIF: N_("a picture (GIF): may hold remarks of the program that made it"),
    FileKind.WEBP: N_("a picture (WebP): may hold time, place and device"),
    FileKind.TIFF: N_("a picture (TIFF): may hold time, place and device"),
    FileKind.HEIC: N_("a picture of a phone (HEIC): holds time, device and often the place where it was taken"),
    FileKind.SOUND: N_("a recording: may hold time and device; your voice can be known"),
    FileKind.VIDEO: N_("a film: may hold time, device and place; what is seen and heard can tell who you are"),
    FileKind.OFFICE: N_("a document: often holds the name of whoever wrote it, the company's, and earlier versions"),
    FileKind.ARCHIVE: N_("an archive: what is in it holds all that it held before"),
    FileKind.PDF: N_("a PDF: may hold the name of whoever made it, and the program"),
    FileKind.TEXT: N_("a text: what stands in it may tell who had it"),
    FileKind.UNKNOWN: N_("a file of a kind that isn't known here: what it holds can't be said"),
}
"""What a file that wasn't cleaned may tell."""
_ENDINGS = {
    FileKind.JPEG: "jpg",
    FileKind.TIFF: "tif",
    FileKind.SOUND: "audio",
    FileKind.OFFICE: "document",
    FileKind.ARCHIVE: "archive",
    FileKind.TEXT: "txt",
    FileKind.UNKNOWN: "file",
}
_LETTERS: Mapping[LetterKind, str] = {
    LetterKind.REPORT: N_("Your report"),
    LetterKind.MESSAGE: N_("Your message"),
    LetterKind.ANSWER: N_("Answer of the team"),
    LetterKind.STATE: N_("State of your report"),
    LetterKind.REWARD: N_("Reward"),
    LetterKind.PROOF: N_("Proof"),
    LetterKind.CLOSING: N_("Outcome"),
}
STEP, _FRAME = 16_384, len("<!---->\n")
_CSS = "text/css; charset=utf-8"


def read_assets() -> Assets:
    """The files to which pages refer."""
    own, reports = resources.files("wayseal.portal"), resources.files("wayseal.page")
    return Assets(
        (reports.joinpath("templates"), {"tokens.css": _CSS, "public.css": _CSS}),
        (own.joinpath("static"), {"icon.svg": "image/svg+xml"}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request, and the language of its answer."""

    request: Request
    lang: Lang

    @classmethod
    def of(cls, request: Request) -> Self:
        """The language is the one that the address names, else the browser's; it is kept nowhere."""
        accepted = request.headers.get("accept-language", "")
        return cls(request=request, lang=pick_lang(request.query_params.get("lang"), accepted, "zh"))

    def others(self) -> list[tuple[Lang, str]]:
        """Other languages of a page that was asked for, and where they are."""
        if self.request.method != "GET":
            return []
        kind = self.request.query_params.get("type")
        path = f"{self.request.scope['path']}?{f'type={kind}&' if kind in list(ReportType) else ''}lang="
        return [(one, path + one) for one in LANGS if one != self.lang]


class Renderer:
    """Makes pages."""

    def __init__(self, assets: Mapping[str, str], settings: PortalSettings) -> None:
        self._environments = {lang: _environment(lang, assets, settings) for lang in LANGS}

    def page(self, ask: Ask, template: str, *, status: int = 200, padded: bool = False, **values: Any) -> Response:
        """A page. padded: its length is to tell nothing (rule 3); values: what its template asks for."""
        found = self._environments[ask.lang].get_template(f"{template}.html.j2")
        content = found.render(others=ask.others(), page=template, **values).encode()
        if padded:
            content += b"<!--" + b"." * (-(len(content) + _FRAME) % STEP) + b"-->\n"
        return Response(content, status, media_type="text/html")


def _environment(lang: Lang, assets: Mapping[str, str], settings: PortalSettings) -> Environment:
    made = make_environment("wayseal.portal", lang, assets)
    made.globals.update(
        _=Translator(lang, html=True).gettext,
        settings=settings,
        knew=_KNEW,
        kind_texts=_KINDS,
        letter_texts=_LETTERS,
        file_name=file_name,
    )
    for name in made.list_templates():
        made.get_template(name)  # read at the first visit, its file would have that visit's time
    return made


def file_name(number: int, file: LetterFile) -> str:
    """What a file is called: its own name may tell the minute."""
    return f"file-{number}.{_ENDINGS.get(file.kind, file.kind.value)}"
