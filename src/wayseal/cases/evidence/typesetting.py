"""Documents as PDF, set by typst: PDF/A-2a and UA-1, the same bytes for the same data and time, without the network."""

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from wayseal.cases.evidence.errors import DocumentError
from wayseal.model.times import SECOND_US

STANDARDS = ("a-2a", "ua-1")
SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Sans CJK SC", "Source Han Sans SC")
SANS = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Serif CJK SC", "Source Han Serif SC")
"""Families with Chinese letters, the first that is installed is taken."""


class Typesetter:
    """Sets documents with the fonts of this machine. DocumentError: a package or a Chinese font is missing."""

    def __init__(self) -> None:
        try:
            import typst
        except ModuleNotFoundError:
            raise DocumentError(
                "typst is not installed: pip install 'WHEEL[console]', or `make setup-console` in a checkout"
            ) from None
        self._typst = typst
        self._fonts = typst.Fonts(include_embedded_fonts=False)
        known = set(self._fonts.families())
        found = [next((name for name in names if name in known), "") for names in (SERIF, SANS)]
        if not all(found):
            raise DocumentError(
                "no font with Chinese letters is installed: Debian's package fonts-noto-cjk brings one (apt install "
                "fonts-noto-cjk)"
            )
        self._serif, self._sans = found

    def pdf(self, template: str, data: Mapping[str, object], at: int) -> bytes:
        """A document as PDF.

        Args:
            template: Name of its template.
            data: What it says.
            at: The time that stands in the file, microseconds after 1970.

        Returns:
            The file.
        """
        return self._compile(template, data, at, format="pdf", pdf_standards=list(STANDARDS))[0]

    def pictures(self, template: str, data: Mapping[str, object], at: int) -> list[bytes]:
        """Its pages as PNG."""
        return self._compile(template, data, at, format="png", ppi=80)

    def _compile(self, template: str, data: Mapping[str, object], at: int, **how: Any) -> list[bytes]:
        given = {"data": json.dumps({**data, "serif": self._serif, "sans": self._sans}, ensure_ascii=False)}
        with resources.as_file(resources.files("wayseal.cases.evidence").joinpath("templates")) as folder:
            compiler = self._typst.Compiler(
                Path(folder) / f"{template}.typ", root=str(folder), font_paths=self._fonts, sys_inputs=given
            )
            made: Any = compiler.compile(timestamp=at // SECOND_US, **how)
        return [made] if isinstance(made, bytes) else list(made)
