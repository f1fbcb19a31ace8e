"""A report of blocks in any of its forms."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

from wayseal.page._blocks import Document
from wayseal.page._html import render_page
from wayseal.page._text import render_lines
from wayseal.page.languages import known_lang
from wayseal.page.programs import as_json
from wayseal.page.words import Saying, Voice, catalogue

R = TypeVar("R")

FORMS = ("text", "json", "html")


class Report(Saying, Generic[R]):
    """What there is to say of a result, in a voice: a page's voice gives Markup, in which ids look like ids.

    Attributes:
        texts: Package of its texts.
        r: The result.
    """

    texts: ClassVar[str]

    def __init__(self, result: R, voice: Voice) -> None:
        """Of this result, in this voice."""
        super().__init__(voice)
        self.r = result

    @abstractmethod
    def document(self) -> Document:
        """The whole report.

        Returns:
            Its blocks.
        """

    @abstractmethod
    def keys(self) -> Mapping[str, object]:
        """What it is for programs.

        Returns:
            What JSON has of it.
        """

    @classmethod
    def render(cls, result: R, format: str, lang: str, *, color: bool = False, width: int = 88) -> str:  # noqa: A002
        """The report.

        Args:
            result: What it is about.
            format: "text", "json" or "html".
            lang: "en" or "zh".
            color: Whether text has ANSI colours.
            width: Cells a line of text.

        Returns:
            The report.

        Raises:
            ValueError: The format or language isn't known.
        """
        language = known_lang(lang)
        if format not in FORMS:
            raise ValueError("format must be one of " + ", ".join(FORMS))
        voice = Voice(language, html=format == "html", more=catalogue(language, cls.texts))
        said = cls(result, voice)
        if format == "json":
            return as_json(said.keys())
        if format == "text":
            return render_lines(said.document(), voice, color=color, width=width)
        return render_page(said.document(), voice)
